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
)

// spent counts what a run has asked of AWS.
type spent struct {
	requests int64 // changed atomically: a burst sends several at once
	reads    int
	queries  int
}

// errSpent is the end of a check that would ask more than the run has said.
type errSpent struct {
	what string
	most int
}

func (e errSpent) Error() string {
	return fmt.Sprintf("the run has made the %d %s that it said it makes at most", e.most, e.what)
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
	return fmt.Sprintf("at most %d requests to the API and %d to S3", requests, maxReads) + fmt.Sprintf(", which cost at most %.2f $ on AWS", math.Ceil(dollars*100)/100)
}

// minScan is what Athena charges for at least, in bytes (https://aws.amazon.com/athena/pricing/: "10 MB minimum per query").
const minScan = 10 << 20
