package spec

import (
	"cmp"
	"slices"

	"cdk.tf/go/ingest/internal/capacity"
)

// Load is what an environment is expected to take. It changes no resource: a synthesis holds it against every limit on an event's
// path, and refuses an environment that cannot take it. A synthesis warns of a quota of the account that has to be raised. `ingest
// plan` shows each limit with its use, and what a month costs. Leave it out if you do not know the load.
//
//	env.Load = spec.Load{PeakPerSecond: 5000, EventBytes: 800, EventsPerMonth: 2_000_000_000, BatchSize: 100}
type Load struct {
	// PeakPerSecond is the most events that come in one second, 1 to 10,000,000.
	PeakPerSecond int
	// EventBytes is the average size of an event's record in bytes, what API.Envelope adds included: 1 to 1,048,540, which is
	// Kinesis's limit of 1 MiB less a partition key of 36 bytes.
	EventBytes int
	// EventsPerMonth is how many events come in a month, 1 to what Load.PeakPerSecond allows in 31 days.
	EventsPerMonth int
	// BatchSize is how many events a request has on average, 0 to 500. 0 means 1. More than one needs API.Batch.
	BatchSize int
	// Keys is how many partition keys share the events of a busy second evenly, 0 to 1,000,000,000. 0 means many. All events of a
	// key go to one shard, so a few keys cannot fill many shards. It has no effect with [PartitionByRequestID], whose keys are
	// all different.
	Keys int
}

// Declared reports whether there is a load.
func (l Load) Declared() bool { return l != Load{} }

// capacity is the load as package capacity takes it.
func (l Load) capacity() capacity.Load {
	return capacity.Load{
		PeakPerSecond: float64(l.PeakPerSecond), EventBytes: l.EventBytes, EventsPerMonth: float64(l.EventsPerMonth),
		BatchSize: cmp.Or(l.BatchSize, 1), Keys: l.Keys,
	}
}

// Shape is what decides how much the environment takes.
func (e Environment) Shape() capacity.Shape {
	shape := capacity.Shape{
		Region: e.Region, Batch: e.API.Batch, RateLimit: e.API.Throttle.RateLimit, Shards: e.Stream.Capacity.Shards,
		BufferBytes: e.Delivery.Buffer().MiB << 20, BufferInterval: e.Delivery.Interval(),
	}
	if auth := e.API.Authorization; auth.Kind == ByAPIKey {
		plan := auth.UsagePlan
		shape.Plan = capacity.UsagePlan{Keys: len(plan.Keys), RateLimit: plan.RateLimit, Quota: plan.Quota, Period: string(plan.QuotaPeriod)}
	}
	if e.Firewall.Enabled {
		shape.AddressLimit, shape.MaxBodyBytes = e.Firewall.RateLimit, e.Firewall.MaxBodyBytes
	}
	if e.Query.Enabled && e.Delivery.Format == FormatJSON && e.Delivery.Compression == Uncompressed {
		shape.ScanLimit = e.Query.ScanLimitMiB << 20
	}
	return shape
}

// unfit are the limits of some kinds that do not hold the environment's load.
func (e Environment) unfit(kinds ...capacity.Kind) []capacity.Hop {
	return slices.DeleteFunc(capacity.Hops(e.Shape(), e.Load.capacity()), func(hop capacity.Hop) bool {
		return hop.Fits() || !slices.Contains(kinds, hop.Kind)
	})
}
