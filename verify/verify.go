// Package verify shows that a deployed pipeline works: it sends events of its own, finds each of them in the stream and in the bucket,
// and compares what clients are answered, and what surrounds the pipeline, with what the stack declares.
//
// The same checks run against AWS and against `ingest up`. A check is an entry of one of the lists of its group (way.go,
// contract.go, …): an id, a sentence that holds, why it cannot be shown on some pipelines, and a function. [Run] is the only way
// through them, and a [Report] what is left.
package verify

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/jonboulle/clockwork"
)

// markField is the field in which an event of a run names the run, where its schema allows the field.
const markField = "ingest_verify"

// Options are what a run needs.
type Options struct {
	Pipeline *Pipeline
	// Mark names the run in its events. It is unique, and has letters, digits and hyphens alone.
	Mark string
	// Caller are the credentials that a client of the API has.
	Caller Caller
	// AWS has the clients with which the run looks for its events and at what surrounds them.
	AWS Clients
	// HTTP sends the requests to the API. It decompresses no answer and follows no redirect.
	HTTP *http.Client
	// Groups are the groups of checks to run; none is all.
	Groups []string
	// Smoke runs the shortest proof alone: one event is taken, is in the stream and in the bucket.
	Smoke bool
	// Clean deletes the objects that have nothing but events of this run.
	Clean bool
	// Timeout bounds the wait for the events in the bucket. 0 is three times the delivery stream's buffer interval, and two minutes.
	Timeout time.Duration
	// Poll is the time between two looks into the bucket.
	Poll time.Duration
	// Throttle lets the run send more than the API's rate, to see 429.
	Throttle bool
	Clock    clockwork.Clock
	// Progress gets a line for each check.
	Progress io.Writer
}

// Caller are the credentials of a client of the API.
type Caller struct {
	// AWS signs requests where the API asks for it.
	AWS aws.CredentialsProvider
	// APIKey and Token are the key, and the token in the authorizer's header.
	APIKey, Token string
}

// check is one sentence about a pipeline.
type check struct {
	id, title string
	// late checks wait for the delivery; the others run before them.
	late bool
	// hidden says why a check cannot be shown; nil and "" where it can.
	hidden func(*run) string
	look   func(context.Context, *run) outcome
}

// outcome is what a check found.
type outcome struct {
	status                  Status
	want, got, remedy, note string
}

func holds(note string, args ...any) outcome {
	return outcome{status: Holds, note: fmt.Sprintf(note, args...)}
}

func differs(want, got, remedy string) outcome {
	return outcome{status: Differs, want: want, got: got, remedy: remedy}
}

func unknown(err error, remedy string) outcome {
	return outcome{status: Unknown, got: oneLine(err), remedy: remedy}
}

func notShown(why string) outcome { return outcome{status: NotShown, got: why} }

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

// Groups are the names of the groups of checks, in the order of a report.
var Groups = []string{"way", "contract", "surroundings", "assumptions"}

// preflightGroup is the group of [Preflight], which no run has.
const preflightGroup = "preflight"

func groupOf(id string) string {
	group, _, found := strings.Cut(id, "/")
	if !found {
		return "assumptions"
	}
	return group
}

// run is one verification.
type run struct {
	Options
	*Pipeline
	report *Report
	events []*event
	spent  spent
	// lines are the lines of the objects that the run has read, by key, and own those that are its events.
	lines, own map[string]int
	// heads are the beginnings of these objects.
	heads map[string]head
}

// Run runs the checks. Its error is that of an interruption, with the report of what was found until then.
func Run(ctx context.Context, opts Options) (*Report, error) {
	opts.Timeout = cmp.Or(opts.Timeout, 3*opts.Pipeline.delivery.interval+2*time.Minute)
	r := &run{Options: opts, Pipeline: opts.Pipeline, lines: map[string]int{}, own: map[string]int{}, heads: map[string]head{}, report: &Report{
		Environment: opts.Pipeline.Name, SubmitURL: opts.Pipeline.SubmitURL(), Region: opts.Pipeline.Region, Local: opts.Pipeline.Local,
		Mark: opts.Mark, Marked: true, Started: opts.Clock.Now().UTC(), Events: []Event{}, Hops: []Hop{},
	}}
	r.spent.mostRequests = mostRequests(r.Pipeline, r.Groups, r.Smoke)
	checks := checksOf(r.Pipeline, r.Groups, r.Smoke)
	results := make([]Result, len(checks))
	for _, late := range []bool{false, true} {
		for i, c := range checks {
			if c.late != late {
				continue
			}
			if ctx.Err() != nil {
				break
			}
			results[i] = r.look(ctx, c)
		}
	}
	r.report.Results = slices.DeleteFunc(results, func(result Result) bool { return result.ID == "" })
	if opts.Clean && ctx.Err() == nil {
		r.clean(ctx)
	}
	r.report.Ended, r.report.Interrupted = opts.Clock.Now().UTC(), ctx.Err() != nil
	r.report.Hops = append(r.report.Hops, r.hops()...)
	for _, e := range r.events {
		r.report.Events = append(r.report.Events, Event{e.requestID, e.shard, e.number, e.object})
	}
	return r.report, ctx.Err()
}

// smokeChecks are the checks of [Options.Smoke]. Parquet has no lines to find an event in, so there Athena shows that the bucket has
// new rows.
func smokeChecks(p *Pipeline) []string {
	checks := []string{"way/submit", "way/stream", "way/bucket"}
	if p.delivery.parquet {
		checks = append(checks, "surroundings/query")
	}
	return checks
}

// checksOf are the checks of a pipeline in some groups; none is all.
func checksOf(p *Pipeline, groups []string, smokeOnly bool) []check {
	smoke := smokeChecks(p)
	all := slices.Concat(wayChecks(p), contractChecks(p), surroundingsChecks(p), assumptionChecks(p))
	return slices.DeleteFunc(all, func(c check) bool {
		return len(groups) > 0 && !slices.Contains(groups, groupOf(c.id)) || smokeOnly && !slices.Contains(smoke, c.id)
	})
}

// look runs one check and says what it found.
func (r *run) look(ctx context.Context, c check) Result {
	began := r.Clock.Now()
	why := ""
	if c.hidden != nil {
		why = c.hidden(r)
	}
	found := notShown(why)
	if why == "" {
		found = c.look(ctx, r)
	}
	result := Result{
		ID: c.id, Title: c.title, Status: found.status, Want: found.want, Got: found.got, Remedy: found.remedy, Note: found.note, Millis: r.Clock.Since(began).Milliseconds(),
	}
	if ctx.Err() != nil && found.status == Unknown {
		return Result{} // it was interrupted, and found nothing
	}
	fmt.Fprintf(r.Progress, "%-9s  %s: %s\n", result.Status, result.ID, result.Title)
	return result
}
