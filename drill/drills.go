package drill

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"cdk.tf/go/ingest/internal/nearest"
	"cdk.tf/go/ingest/local/faults"
)

// Drill is a cause of alarms.
type Drill struct {
	Name string
	// Alarms are the ids of the alarms that it sets off, such as "api-5xx".
	Alarms []string
	// Says is a sentence about the cause.
	Says string

	// fault breaks the pipeline; "" where the load alone is the cause.
	fault faults.Name
	// load is what the drill sends at the start of each step. every is the time between two steps.
	load  func(*run) error
	every time.Duration
	// onset is how long the cause takes to show in an alarm's metric; nil is at once.
	onset func(*run, alarm) (time.Duration, error)
	// ripens is true for a cause that is nothing but the time of its onset.
	ripens bool
	// impossible says why the pipeline cannot have the cause; nil and "" where it can.
	impossible func(*run) string
}

// step is the usual time between two loads.
const step = 5 * time.Second

// All are the drills, in the order in which an event passes the parts that they break.
func All() []Drill {
	return []Drill{
		{
			Name: "submit-denied", Alarms: []string{"api-5xx"}, fault: faults.SubmitDenied, load: events(5), every: step,
			Says: "The API's role loses the permission to put records, as by a wrong change of its policy.",
		},
		{
			Name: "bad-bodies", Alarms: []string{"api-4xx"}, load: badBodies(15), every: step,
			Says: "A client sends bodies that the API refuses, several a second.",
		},
		{
			Name: "disk-slow", Alarms: []string{"api-latency"}, fault: faults.DiskSlow, load: events(5), every: step,
			Says: fmt.Sprintf("Each write to the stream takes %s longer, as on a slow disk.", faults.SlowWrite),
		},
		{
			Name: "key-disabled", Alarms: []string{"stream-refused", "api-5xx"}, fault: faults.KeyDisabled, load: events(5), every: step,
			Says: "Somebody disables the KMS key of the stream and the bucket.",
		},
		{
			Name: "stream-fails", Alarms: []string{"stream-refused", "api-5xx"}, fault: faults.StreamFails, load: events(5), every: step,
			Says: "Kinesis answers each put with 500, as in an outage.",
		},
		{
			Name: "hot-key", Alarms: []string{"stream-throttled"}, load: hotKey, every: step, impossible: unlimited,
			Says: "A producer gives all its records one partition key, so that one shard gets them.",
		},
		{
			Name: "full-shards", Alarms: []string{"stream-full"}, load: fullShards, every: time.Second, impossible: unlimited,
			Says: "A producer sends nine tenths of the records that the shards take.",
		},
		{
			Name: "read-denied", Alarms: []string{"stream-unread"}, fault: faults.ReadDenied, load: events(1), every: step,
			Says: "The delivery stream's role loses the permission to read the stream, so its reader stops.",
		},
		{
			Name: "late-reader", Alarms: []string{"stream-age"}, load: readOldest, every: step, onset: untilOld, ripens: true,
			Says: "Somebody reads the stream from its oldest record, which is as old as a quarter of the retention: hours, on a new stream.",
		},
		{
			Name: "second-reader", Alarms: []string{"stream-reads-throttled"}, load: readTooOften, every: step, impossible: unlimited,
			Says: "Another program reads each shard more often than a shard allows.",
		},
		{
			Name: "bucket-denied", Alarms: []string{"delivery-errors", "delivery-failed", "delivery-stale"}, fault: faults.BucketDenied, load: events(1), every: step,
			Says: "The bucket refuses the delivery stream's objects, as by a wrong bucket policy.", onset: untilStale,
		},
		{
			Name: "many-partitions", Alarms: []string{"delivery-partitions", "delivery-errors"}, load: manyPartitions, every: time.Minute, impossible: noPartitions,
			Says: "Events come with more values of the partition's field than Firehose has active partitions for.",
		},
	}
}

// Find returns the drill of a name, or the drills that set off the alarm of that id, each with that alarm alone. The error lists the
// names.
func Find(name string) ([]Drill, error) {
	all := All()
	if at := slices.IndexFunc(all, func(d Drill) bool { return d.Name == name }); at >= 0 {
		return all[at : at+1], nil
	}
	var found []Drill
	var names, alarms []string
	for _, d := range all {
		names, alarms = append(names, d.Name), append(alarms, d.Alarms...)
		if slices.Contains(d.Alarms, name) {
			d.Alarms = []string{name}
			found = append(found, d)
		}
	}
	if len(found) > 0 {
		return found, nil
	}
	remedy := nearest.Remedy(name, names)
	if near := nearest.Name(name, alarms); near != "" && nearest.Name(name, names) == "" {
		remedy = fmt.Sprintf("did you mean the alarm %s? The drills are %s", near, strings.Join(names, ", "))
	}
	return nil, fmt.Errorf("there is no drill and no alarm %q; %s; \"ingest drill\" says what each does", name, remedy)
}
