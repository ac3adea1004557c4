package verify

import (
	"fmt"
	"math"
	"sync/atomic"

	"cdk.tf/go/ingest/internal/prices"
)

// The most that a run asks of AWS. It says so before it starts, and ends a check that would need more.
const (
	// maxRequests is without those of Options.Throttle.
	maxRequests = 400
	maxThrottle = 20_000
	maxReads    = 4_000
	maxQueries  = 20
	// maxGibibytes bounds the objects that are read: a busy pipeline writes some GiB while a run waits, and S3 charges for what
	// leaves its region.
	maxGibibytes = 4
)

// spent counts what a run has asked of AWS.
type spent struct {
	requests int64 // changed atomically: a burst sends several at once
	reads    int
	queries  int
	bytes    int64 // of objects
}

// errSpent is the end of a check that would ask more than the run has said.
type errSpent struct {
	what string
	most int
}

func (e errSpent) Error() string {
	return fmt.Sprintf("the run has used the %d %s that it said it uses at most", e.most, e.what)
}

// request counts a request to the API.
func (r *run) request() error {
	most := maxRequests
	if r.Throttle {
		most += maxThrottle
	}
	if atomic.AddInt64(&r.spent.requests, 1) > int64(most) {
		return errSpent{"requests to the API", most}
	}
	return nil
}

// read counts a request to S3.
func (r *run) read() error {
	if r.spent.reads >= maxReads {
		return errSpent{"requests to S3", maxReads}
	}
	r.spent.reads++
	return nil
}

// load counts an object of S3 with its size in bytes.
func (r *run) load(size int64) error {
	if r.spent.bytes+size > maxGibibytes<<30 {
		return errSpent{"GiB of objects", maxGibibytes}
	}
	r.spent.bytes += size
	return r.read()
}

// queried counts a query of Athena.
func (r *run) queried() error {
	if r.spent.queries >= maxQueries {
		return errSpent{"queries of Athena", maxQueries}
	}
	r.spent.queries++
	return nil
}

// Cost says what a run asks of AWS at most and what that costs there in dollars, by list prices.
func (o Options) Cost() string {
	requests := maxRequests
	if o.Throttle {
		requests += maxThrottle
	}
	region := prices.In(o.Pipeline.Region)
	dollars := region.Cost(prices.APIRequests, float64(requests)) + region.Cost(prices.Puts, maxReads) +
		region.Cost(prices.PutUnits, maxRequests) + region.Cost(prices.Scanned, maxQueries*minScan)
	return fmt.Sprintf("at most %d requests to the API, %d to S3 and %d queries, which cost at most %.2f $ on AWS; it reads at most %d GiB of objects, whose transfer out of the region is charged too",
		requests, maxReads, maxQueries, math.Ceil(dollars*100)/100, maxGibibytes)
}

// minScan is what Athena charges for at least, in bytes (https://aws.amazon.com/athena/pricing/: "10 MB minimum per query").
const minScan = 10 << 20
