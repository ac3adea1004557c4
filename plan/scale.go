package plan

import (
	"fmt"
	"math"

	"cdk.tf/go/ingest/internal/capacity"
	"cdk.tf/go/ingest/internal/prices"
	"cdk.tf/go/ingest/internal/quota"
)

// Headroom is how much more than the average a [Sized] environment takes in its busiest second. Without it the least burst is
// throttled, and keys that are spread at random never fill all shards evenly.
const Headroom = 1.25

const (
	// leastRate is the least throttle of a stage, in requests per second. Large batches are few requests, and with a throttle of a
	// few requests chance alone decides which are refused.
	leastRate = 100
)

// Way is one way to take a steady load.
type Way struct {
	// Rate is in events per second on average, and Bytes the size of a record.
	Rate, Bytes int
	// Batch is how many events a request has, at least 1.
	Batch int
	// OnDemand is whether the stream has the on-demand capacity mode.
	OnDemand bool
	// BufferMiB is Firehose's buffer; 0 keeps the stack's.
	BufferMiB int
	// Region replaces the stack's; "" keeps it.
	Region string
}

// Sized is the stack with the options that just hold a load, and what it takes and costs then.
type Sized struct {
	// Shards is 0 on demand.
	Shards int
	// RateLimit and BurstLimit are the stage's throttle, in requests per second and in requests.
	RateLimit  float64
	BurstLimit int
	// Requests is how many requests come in the busiest second, AccountRate the default quota of an account for them, and Accounts
	// how many accounts take them at that.
	Requests, AccountRate float64
	Accounts              int
	// Quotas are the quotas to raise in one account.
	Quotas []Quota
	// Within is the highest rate, [Headroom] included, that the default quotas of one account and region hold. Ends is the one that
	// ends it.
	Within float64
	Ends   string
	Report Report
}

// Quota is a quota of an account to raise.
type Quota struct {
	// Name is the quota's in Service Quotas, and Code its code. Code is empty where AWS does not publish one.
	Name, Code string
	// Need is the value that would do, in the quota's unit.
	Need float64
}

// Sized changes the stack's options so that they hold a load with [Headroom], and reports on it. It is an error if no number of
// shards does.
func (p *Pipeline) Sized(w Way) (Sized, error) {
	sized, peak := *p, capacity.Load{
		PeakPerSecond: math.Ceil(float64(w.Rate) * Headroom), EventBytes: w.Bytes, EventsPerMonth: float64(w.Rate) * prices.HoursOfAMonth * 3600, BatchSize: max(1, w.Batch),
	}
	sized.expected = &peak
	sized.shape.Batch = sized.shape.Batch || w.Batch > 1
	sized.shape.RateLimit = max(leastRate, math.Ceil(peak.Requests(peak.PeakPerSecond)))
	if w.Region != "" {
		sized.shape.Region = w.Region
	}
	if w.BufferMiB > 0 {
		sized.shape.BufferBytes = w.BufferMiB << 20
	}
	sized.shape.Shards = 0
	if !w.OnDemand {
		least, ok := leastShards(peak)
		if !ok {
			return Sized{}, fmt.Errorf("a stream of %d shards does not take %.0f events/s of %d bytes; split the load over several streams", quota.MaxShards, peak.PeakPerSecond, peak.EventBytes)
		}
		sized.shape.Shards = least
	}
	report, err := sized.Report(Try{})
	if err != nil {
		return Sized{}, err
	}
	found := Sized{
		Shards: sized.shape.Shards, RateLimit: sized.shape.RateLimit, BurstLimit: int(min(sized.shape.RateLimit/2, quota.AccountBurst)),
		Requests: peak.Requests(peak.PeakPerSecond), Report: report, Within: math.Inf(1),
	}
	for _, hop := range capacity.Hops(sized.shape, peak) {
		if hop.Kind == capacity.Quota {
			found.hold(hop, peak)
		}
	}
	return found, nil
}

// hold notes what a quota of the account means for the load.
func (s *Sized) hold(hop capacity.Hop, peak capacity.Load) {
	if hop.Name == capacity.AccountRequests {
		s.AccountRate, s.Accounts = hop.Limit, int(math.Ceil(hop.Use/hop.Limit))
	}
	if !hop.Fits() {
		s.Quotas = append(s.Quotas, Quota{hop.Quota, hop.Code, math.Ceil(hop.Use)})
	}
	if most := hop.Most(peak); most < s.Within {
		s.Within, s.Ends = most, hop.Name
	}
}

// leastShards is the smallest number of shards that hold a load, and whether a stream may have as many.
func leastShards(l capacity.Load) (int, bool) {
	least, ok := capacity.LeastShards(l)
	return least, ok && least <= quota.MaxShards
}
