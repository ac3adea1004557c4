package assumptions

import "slices"

// How says what can show on AWS whether an assumption holds.
type How string

const (
	// ByRequest needs a request to a deployed pipeline, and perhaps the object that comes of it.
	ByRequest How = "by a request"
	// BySurroundings needs calls to AWS's own APIs: of the stream, the bucket, the roles, the logs.
	BySurroundings How = "by what surrounds it"
	// ByTime needs load, a failure or time: a throttle over minutes, a retry, a reshard.
	ByTime How = "only by load or time"
	// ByOther needs a pipeline with other settings than an environment can have, such as a mapping template of its own.
	ByOther How = "only by other settings"
	// OnlyHere is a behaviour of the local pipeline that AWS has no counterpart of.
	OnlyHere How = "only here"
)

// Hows returns every way, with what it needs.
func Hows() [][2]string {
	return [][2]string{
		{string(ByRequest), "a request to a deployed pipeline shows it, in its answer or in the object that comes of it"},
		{string(BySurroundings), "calls to AWS's own APIs show it: of the stream, the bucket, the roles, the logs"},
		{string(ByTime), "it shows only under load, after a failure or after a time"},
		{string(ByOther), "only a pipeline with settings that no environment has shows it, such as a mapping template of its own"},
		{string(OnlyHere), "the local pipeline alone behaves so; AWS has no counterpart, or documents none"},
	}
}

// shown has the ids by how they can be shown.
var shown = map[How][]string{
	ByRequest: {
		"API-1", "API-2", "API-4", "API-5", "API-7", "API-8", "API-9", "API-11", "API-12", "API-15", "API-18", "API-23", "API-24",
		"API-25", "API-26",
		"FH-1", "FH-2", "FH-3", "FH-4", "FH-9", "FH-13", "FH-14", "FH-15",
		"KIN-1", "KIN-3", "KIN-6",
		"REPLAY-2", "REPLAY-4", "REPLAY-5",
		"VTL-4", "VTL-6", "VTL-10", "VTL-11", "VTL-20",
	},
	BySurroundings: {
		"API-16", "API-19", "API-27",
		"CW-1", "CW-2", "CW-6", "CW-8", "CW-9", "CW-10", "CW-11", "CW-12", "CW-13", "CW-14", "CW-15", "CW-16",
		"FH-8", "FH-10", "FH-11",
		"IAM-1", "IAM-2", "IAM-4", "IAM-5", "IAM-6",
		"KIN-4", "KIN-5", "KIN-8", "KIN-9", "KIN-10", "KIN-11", "KIN-14", "KIN-15", "KIN-17", "KIN-18", "KIN-19",
		"LOC-2", "LOC-3", "LOC-4", "LOC-5", "LOC-6", "LOC-7",
		"S3-4", "S3-5", "S3-6", "S3-7", "S3-8", "S3-9", "S3-10", "S3-11", "S3-12", "S3-13", "S3-14", "S3-15", "S3-16", "S3-17", "S3-18", "S3-19", "S3-20", "S3-21", "S3-22", "S3-23",
		"TFJSON-2",
	},
	ByTime: {
		"API-6", "API-13",
		"CW-3", "CW-4", "CW-5",
		"FH-5", "FH-6", "FH-7", "FH-12", "FH-16", "FH-17",
		"KIN-2", "KIN-7", "KIN-12", "KIN-13", "KIN-16",
	},
	ByOther: {
		"API-3", "API-10", "API-20", "API-21", "API-22", "API-28", "API-29", "API-30", "API-31", "API-32",
		"REPLAY-1", "REPLAY-3",
		"VTL-1", "VTL-2", "VTL-3", "VTL-5", "VTL-7", "VTL-8", "VTL-9", "VTL-12", "VTL-13",
	},
	OnlyHere: {
		"API-14", "API-17",
		"CW-7",
		"IAM-3",
		"LOC-1",
		"TFJSON-1", "TFJSON-3",
	},
}

func shownBy(id string) How {
	for how, ids := range shown {
		if slices.Contains(ids, id) {
			return how
		}
	}
	return ""
}
