package verify

import (
	"fmt"
	"io"
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
	// Want and Got are both sides of a difference. Got is the reason of Unknown and NotShown.
	Want string `json:"want,omitempty"`
	Got  string `json:"got,omitempty"`
	// Remedy is what to do about a difference.
	Remedy string `json:"remedy,omitempty"`
	// Note is what a check measured.
	Note string        `json:"note,omitempty"`
	Took time.Duration `json:"tookNanoseconds"`
}

// Group is the part of ID before "/"; an assumption's is "assumptions".
func (r Result) Group() string { return groupOf(r.ID) }

// Report is what a run found.
type Report struct {
	// Environment is the stack's name.
	Environment string    `json:"environment"`
	SubmitURL   string    `json:"submitUrl"`
	Local       bool      `json:"local"`
	Mark        string    `json:"mark"`
	Started     time.Time `json:"started"`
	Ended       time.Time `json:"ended"`
	Results     []Result  `json:"results"`
	// Hops are the latencies of the events that the run sent.
	Hops []Hop `json:"hops,omitempty"`
	// Sent are the events that the run left in the pipeline.
	Sent int `json:"sent"`
	// Marked reports whether the events have Mark in the field MarkField.
	Marked bool `json:"marked"`
}

// Hop is how long events took for a part of the way.
type Hop struct {
	Name   string        `json:"name"`
	Events int           `json:"events"`
	Median time.Duration `json:"medianNanoseconds"`
	Max    time.Duration `json:"maxNanoseconds"`
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

// Holds reports whether nothing differs and nothing that should have been looked at is unknown.
func (r *Report) Holds() bool { return r.Count(Differs) == 0 && r.Count(Unknown) == 0 }

// Text writes a report for a person.
func (r *Report) Text(out io.Writer) error {
	for _, result := range r.Results {
		fmt.Fprintf(out, "%-9s  %-30s  %s\n", result.Status, result.ID, result.Title)
		if result.Status != Holds {
			fmt.Fprintf(out, "    want: %s\n    got: %s\n    remedy: %s\n", result.Want, result.Got, result.Remedy)
		}
	}
	for _, hop := range r.Hops {
		fmt.Fprintf(out, "%s: median %s, max %s of %d\n", hop.Name, hop.Median, hop.Max, hop.Events)
	}
	return nil
}
