package verify

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync/atomic"

	"cdk.tf/go/ingest/internal/prices"
	"cdk.tf/go/ingest/verify/shown"
)

// The most that a run asks of AWS. It says so before it starts, and ends a check that would need more.
const (
	// leastRequests is how many requests each run may send to the API. A run that has more to send may try each so many times, because
	// a limit may refuse some. Options.Throttle allows maxThrottle more.
	leastRequests  = 400
	triesOfRequest = 3
	maxThrottle    = 20_000
	maxReads       = 4_000
	maxQueries     = 20
	// maxGibibytes bounds the objects that are read: a busy pipeline writes some GiB while a run waits, and S3 charges for what
	// leaves its region.
	maxGibibytes = 4
)

// spent counts what a run has asked of AWS.
type spent struct {
	requests int64 // changed atomically: a burst sends several at once
	// mostRequests bounds requests; 0 is leastRequests.
	mostRequests int
	reads        int
	queries      int
	bytes        int64 // of objects
}

// errSpent is the end of a check that would ask more than the run has said.
type errSpent struct {
	what   string
	most   int
	remedy string
}

func (e errSpent) Error() string {
	return fmt.Sprintf("the run has used the %d %s that it said it uses at most", e.most, e.what)
}

// spentOutcome is the outcome of a check that a bound of the run has ended, and false for another error.
func spentOutcome(err error) (outcome, bool) {
	var bound errSpent
	if !errors.As(err, &bound) {
		return outcome{}, false
	}
	return unknown(err, bound.remedy), true
}

// mostRequests bounds the requests of a run by what it checks: one for each check of the way and of the contract, and one for each
// probe of an assumption.
func mostRequests(p *Pipeline, groups []string, smokeOnly bool) int {
	sent := 0
	for _, c := range checksOf(p, groups, smokeOnly) {
		if group := groupOf(c.id); group == "way" || group == "contract" {
			sent++
		}
	}
	if !smokeOnly && (len(groups) == 0 || slices.Contains(groups, "assumptions")) {
		sent += len(shown.Probes())
	}
	return max(leastRequests, triesOfRequest*sent)
}

// request counts a request to the API.
func (r *run) request() error {
	most := cmp.Or(r.spent.mostRequests, leastRequests)
	if r.Throttle {
		most += maxThrottle
	}
	if atomic.AddInt64(&r.spent.requests, 1) > int64(most) {
		return errSpent{"requests to the API", most, "a limit of requests refused many of them: use a key with a higher rate, or verify one group at a time with --groups"}
	}
	return nil
}

// muchWritten is the remedy where the bucket gets more than a run reads.
const muchWritten = "the pipeline wrote much while the run waited for its events: run it at a time with less traffic"

// read counts a request to S3.
func (r *run) read() error {
	if r.spent.reads >= maxReads {
		return errSpent{"requests to S3", maxReads, muchWritten}
	}
	r.spent.reads++
	return nil
}

// load counts an object of S3 with its size in bytes.
func (r *run) load(size int64) error {
	if r.spent.bytes+size > maxGibibytes<<30 {
		return errSpent{"GiB of objects", maxGibibytes, muchWritten}
	}
	r.spent.bytes += size
	return r.read()
}

// queried counts a query of Athena.
func (r *run) queried() error {
	if r.spent.queries >= maxQueries {
		return errSpent{"queries of Athena", maxQueries, "the table had no row in time: run the command again with a longer --timeout, and read docs/runbooks/delivery-stale.md"}
	}
	r.spent.queries++
	return nil
}

// Cost says what a run asks of AWS at most and what that costs there in dollars, by list prices.
func (o Options) Cost() string {
	puts := mostRequests(o.Pipeline, o.Groups, o.Smoke)
	requests := puts
	if o.Throttle {
		requests += maxThrottle
	}
	region := prices.In(o.Pipeline.Region)
	dollars := region.Cost(prices.APIRequests, float64(requests)) + region.Cost(prices.Puts, maxReads) +
		region.Cost(prices.PutUnits, float64(puts)) + region.Cost(prices.Scanned, maxQueries*minScan)
	by := ""
	if !region.Own(prices.APIRequests, prices.Puts, prices.PutUnits, prices.Scanned) {
		by = " by the prices of " + prices.Home + " where those of " + o.Pipeline.Region + " are not known here"
	}
	return fmt.Sprintf("at most %d requests to the API, %d to S3 and %d queries, which cost at most %.2f $ on AWS%s; it reads at most %d GiB of objects, whose transfer out of the region is charged too",
		requests, maxReads, maxQueries, math.Ceil(dollars*100)/100, by, maxGibibytes)
}

// minScan is what Athena charges for at least, in bytes (https://aws.amazon.com/athena/pricing/: "10 MB minimum per query").
const minScan = 10 << 20
