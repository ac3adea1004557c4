package verify

import (
	"encoding/json"
	"io"
	"slices"
	"time"
)

// Status is what a check found.
type Status string

// The statuses of a check.
const (
	// Holds is what the stack, the documents or AWS's sources say.
	Holds Status = "holds"
	// Differs is something else: the result has both.
	Differs Status = "differs"
	// Unknown could not be looked at, although it should have been: a permission is missing, or AWS did not answer.
	Unknown Status = "unknown"
	// NotShown cannot be seen on this pipeline, in this way or by a request at all: the result says why.
	NotShown Status = "not shown"
)

// Result is what one check found.
type Result struct {
	// ID is unique in a report, such as way/bucket or API-14.
	ID string `json:"id"`
	// Title says what holds.
	Title  string `json:"title"`
	Status Status `json:"status"`
	// Want and Got are both sides of a difference. Got is also the reason of Unknown and NotShown.
	Want string `json:"want,omitempty"`
	Got  string `json:"got,omitempty"`
	// Remedy is what to do about a difference.
	Remedy string `json:"remedy,omitempty"`
	// Note is what a check measured.
	Note string `json:"note,omitempty"`
	// Millis is how long the check took, in milliseconds.
	Millis int64 `json:"millis"`
}

// Report is what a run found.
type Report struct {
	// Environment is the stack's name.
	Environment string `json:"environment"`
	SubmitURL   string `json:"submitUrl"`
	Region      string `json:"region"`
	// Local reports whether ingest up ran the pipeline.
	Local   bool      `json:"local"`
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended"`
	// Interrupted reports whether the run ended before its last check.
	Interrupted bool `json:"interrupted"`
	// Mark names the run. markField of an event begins with it, and Marked reports whether every event of the run has it.
	Mark   string `json:"mark"`
	Marked bool   `json:"marked"`
	// Events are the events that the run left in the pipeline.
	Events []Event `json:"events"`
	// Deleted are the keys of the objects that Options.Clean deleted.
	Deleted []string `json:"deleted,omitempty"`
	Hops    []Hop    `json:"hops"`
	Results []Result `json:"results"`
}

// Event is an event that the API acknowledged.
type Event struct {
	RequestID      string `json:"requestId"`
	ShardID        string `json:"shardId"`
	SequenceNumber string `json:"sequenceNumber"`
	// Object is the key of the object that has the event; "" if the run found none.
	Object string `json:"object,omitempty"`
}

// Hop is how long events took for a part of the way.
type Hop struct {
	Name   string `json:"name"`
	Events int    `json:"events"`
	// Median and Longest are in milliseconds.
	Median  int64 `json:"medianMillis"`
	Longest int64 `json:"longestMillis"`
}

// Count is how many results have a status.
func (r *Report) Count(status Status) int {
	n := 0
	for _, result := range r.Results {
		if result.Status == status {
			n++
		}
	}
	return n
}

// Holds reports whether the run came to its end, nothing differs, and nothing that should have been looked at is unknown.
func (r *Report) Holds() bool {
	return !r.Interrupted && r.Count(Differs) == 0 && r.Count(Unknown) == 0
}

// JSON writes a report for programs.
func (r *Report) JSON(out io.Writer) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(r)
}

// of are the results of a group.
func (r *Report) of(group string) []Result {
	return slices.DeleteFunc(slices.Clone(r.Results), func(result Result) bool { return groupOf(result.ID) != group })
}

// hopOf summarises a hop. A negative time is of an event that did not take it.
func hopOf(name string, events []*event, took func(*event) time.Duration) (Hop, bool) {
	var all []time.Duration
	for _, e := range events {
		if d := took(e); d >= 0 {
			all = append(all, d)
		}
	}
	if len(all) == 0 {
		return Hop{}, false
	}
	slices.Sort(all)
	return Hop{name, len(all), all[len(all)/2].Milliseconds(), all[len(all)-1].Milliseconds()}, true
}
