// Package capacity holds what a pipeline takes against what it is expected to take, limit by limit along an event's path.
//
// Package spec asks it at the synthesis, and package plan asks it of a synthesised stack, so both say the same.
package capacity

import (
	"math"
	"math/big"
	"strconv"
	"time"

	"cdk.tf/go/ingest/internal/quota"
)

// Load is what a pipeline is expected to take.
type Load struct {
	// PeakPerSecond is the most events that come in one second.
	PeakPerSecond float64
	// EventBytes is the average size of an event's record in bytes, its envelope included.
	EventBytes int
	// EventsPerMonth is how many events come in a month.
	EventsPerMonth float64
	// BatchSize is how many events a request has, at least 1.
	BatchSize int
	// Keys is how many partition keys share the events of a busy second evenly. 0 means as many as there are events.
	Keys int
}

// Requests is how many requests a number of events takes.
func (l Load) Requests(events float64) float64 { return float(l.requests(events)) }

func (l Load) requests(events float64) *big.Rat {
	return quotient(fraction(events), integer(max(1, l.BatchSize)))
}

// bodyBytes is the size of a request's body: an event, or {"events": […]}.
func (l Load) bodyBytes() int {
	if l.BatchSize <= 1 {
		return l.EventBytes
	}
	return len(`{"events":[]}`) + l.BatchSize*(l.EventBytes+1) - 1
}

// At is the load with another peak. The events of a month change in proportion.
func (l Load) At(peak float64) Load {
	if l.PeakPerSecond > 0 {
		l.EventsPerMonth = float(quotient(product(fraction(l.EventsPerMonth), fraction(peak)), fraction(l.PeakPerSecond)))
	}
	l.PeakPerSecond = peak
	return l
}

// peak is in records a second, and peakBytes what the stream takes then, partition keys included.
func (l Load) peak() *big.Rat { return fraction(l.PeakPerSecond) }

func (l Load) peakBytes() *big.Rat { return product(l.peak(), integer(l.EventBytes+KeyBytes)) }

// KeyBytes is the size of a partition key: that of a request ID, which is a UUID.
const KeyBytes = 36

// LongestMonth is in seconds.
const LongestMonth = 31 * 24 * 3600

// Shape is what decides how much a pipeline takes.
type Shape struct {
	Region string
	// Batch says whether a request may have several events.
	Batch bool
	// RateLimit is the stage's throttle in requests per second, below 0 without one.
	RateLimit float64
	// Plan is the usage plan of API keys, the zero value without one.
	Plan UsagePlan
	// AddressLimit is how many requests the firewall lets one IP address send in 5 minutes; 0 without a firewall.
	AddressLimit int
	// MaxBodyBytes is the largest body that the firewall lets through; 0 without a firewall.
	MaxBodyBytes int
	// Shards is the number of shards; 0 on demand.
	Shards int
	// BufferBytes and BufferInterval are when Firehose writes an object.
	BufferBytes    int
	BufferInterval time.Duration
	// ScanLimit is the most bytes that a query may read; 0 without queries, and where objects are compressed, because their size
	// is then unknown.
	ScanLimit int
}

// UsagePlan is what API keys may send.
type UsagePlan struct {
	// Keys is the number of keys; 0 without a plan.
	Keys int
	// RateLimit is each key's steady rate in requests per second, below 0 without one.
	RateLimit float64
	// Quota is how many requests each key may send in a period; 0 is no quota.
	Quota int
	// Period is DAY, WEEK or MONTH.
	Period string
}

// Kind says what becomes of a limit that is too low.
type Kind int

const (
	// Declared is a limit that an option of the environment sets.
	Declared Kind = iota
	// Fixed is a limit of AWS's that nobody can raise here. The load has to change.
	Fixed
	// Quota is a limit of the account, which AWS raises on request.
	Quota
	// Growing is a limit that rises by itself with the traffic.
	Growing
	// Each is a limit of each client, whose number is not known.
	Each
)

// Hop is one limit on an event's path.
type Hop struct {
	// Name says what is limited, and Unit in what.
	Name, Unit string
	Limit, Use float64
	Kind       Kind
	// Option is the option to change: one of the environment, or of its Load.
	Option string
	// Need is the value of the option that would do, such as "at least 5".
	Need string
	// Quota is the quota's name, and Code its code in Service Quotas, which is empty where AWS does not publish one.
	Quota, Code string
	// Rises says whether the use rises with the rate of events, and with those of a month, as [Load.At] has them. The size of a
	// request does not.
	Rises bool
	// Batch is the smallest batch that would do, where batches would; 0 otherwise.
	Batch int

	// limit and use are Limit and Use before they were rounded.
	limit, use *big.Rat
}

// holding is the hop with its limit and its use.
func (h Hop) holding(limit, use *big.Rat) Hop {
	h.limit, h.use, h.Limit, h.Use = limit, use, float(limit), float(use)
	return h
}

// Fits reports whether the limit holds the load. A hop that this package did not make has only the rounded numbers.
func (h Hop) Fits() bool {
	if h.use == nil || h.limit == nil {
		return h.Use <= h.Limit
	}
	return h.use.Cmp(h.limit) <= 0
}

// Limits of AWS's that no option changes.
const (
	// onDemandStart is what a new on-demand stream takes in a second; it takes "up to double its previous peak" of 30 days
	// (developer guide, "Quotas and limits" and "Choose the right mode to stream in").
	onDemandStart = 4 << 20
	// maxPuts is how many objects S3 takes in a second below one prefix (user guide, "Best practices design patterns: optimizing
	// Amazon S3 performance": at least 3,500 PUT requests).
	maxPuts = 3500
	// addressWindow is the span over which the firewall counts the requests of an address, in seconds.
	addressWindow = 300
	hoursOfAMonth = 730
)

// AccountRequests is the name of the limit that all APIs of an account and region share.
const AccountRequests = "API Gateway, account and region"

// accountRate is the quota of requests per second of an account in a region (API Gateway developer guide, "Amazon API Gateway
// quotas", https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html).
func accountRate(region string) int {
	switch region {
	case "af-south-1", "eu-south-1", "ap-southeast-3", "me-central-1", "ap-south-2", "ap-southeast-4", "eu-south-2", "eu-central-2",
		"il-central-1", "ca-west-1", "ap-southeast-5", "ap-southeast-7", "mx-central-1":
		return quota.AccountRate / 4
	}
	return quota.AccountRate
}

// large reports whether Kinesis has its largest quotas in a region (developer guide, "Quotas and limits",
// https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html).
func large(region string) bool {
	return region == "us-east-1" || region == "us-west-2" || region == "eu-west-1"
}

// Hops are all limits, in the order of an event's path.
func Hops(s Shape, l Load) []Hop {
	var hops []Hop
	hops = append(hops, firewall(s, l)...)
	hops = append(hops, api(s, l)...)
	hops = append(hops, records(l)...)
	if s.Shards == 0 {
		hops = append(hops, onDemand(s, l)...)
	} else {
		hops = append(hops, shards(s, l)...)
	}
	return append(hops, storage(s, l)...)
}

func firewall(s Shape, l Load) []Hop {
	if s.MaxBodyBytes == 0 && s.AddressLimit == 0 {
		return nil
	}
	var hops []Hop
	if s.AddressLimit > 0 {
		hop := Hop{Name: "Firewall, requests of one address", Unit: "requests/s", Kind: Each, Rises: true, Option: "Firewall.RateLimit"}
		hops = append(hops, hop.holding(quotient(integer(s.AddressLimit), integer(addressWindow)), l.requests(l.PeakPerSecond)))
	}
	if s.MaxBodyBytes > 0 {
		hops = append(hops, sized("Firewall, body", s.MaxBodyBytes, l.bodyBytes(), l, 1))
	}
	return hops
}

// sized is a limit on the size of a request, which smaller batches or smaller events keep. Each event has so many bytes beside its
// own.
func sized(name string, limit, use int, l Load, beside int) Hop {
	hop := Hop{Name: name, Unit: "bytes", Kind: Fixed, Option: "Load.EventBytes", Need: "at most " + strconv.Itoa(limit)}.holding(integer(limit), integer(use))
	if most := (limit - len(`{"events":[]}`)) / (l.EventBytes + beside); l.BatchSize > 1 && most >= 1 {
		hop.Option, hop.Need = "Load.BatchSize", "at most "+strconv.Itoa(most)
	}
	return hop
}

func api(s Shape, l Load) []Hop {
	requests := l.requests(l.PeakPerSecond)
	atLeast := "at least " + whole(requests)
	account := integer(accountRate(s.Region))
	hops := []Hop{Hop{
		Name: AccountRequests, Unit: "requests/s", Kind: Quota, Rises: true, Quota: "Throttle rate", Code: "L-8A5B8E43", Need: atLeast, Batch: batchFor(s, l, account),
	}.holding(account, requests)}
	if s.RateLimit >= 0 {
		stage := fraction(s.RateLimit)
		hops = append(hops, Hop{
			Name: "API Gateway, stage", Unit: "requests/s", Kind: Declared, Rises: true, Option: "API.Throttle.RateLimit", Need: atLeast, Batch: batchFor(s, l, stage),
		}.holding(stage, requests))
	}
	hops = append(hops, usagePlan(s, l, requests)...)
	return append(hops, sized("API Gateway, body", quota.MaxBody, l.bodyBytes(), l, 1))
}

// periods are the periods of a quota: what a message calls one, and how many days it has. A month has 730 hours.
var periods = map[string]struct {
	name string
	days *big.Rat
}{
	"DAY": {"day", integer(1)}, "WEEK": {"week", integer(7)}, "MONTH": {"month", quotient(integer(hoursOfAMonth), integer(24))},
}

func usagePlan(s Shape, l Load, requests *big.Rat) []Hop {
	if s.Plan.Keys <= 0 {
		return nil
	}
	keys := integer(s.Plan.Keys)
	const option = "API.Authorization.UsagePlan."
	var hops []Hop
	if s.Plan.RateLimit >= 0 {
		limit := product(keys, fraction(s.Plan.RateLimit))
		hops = append(hops, Hop{
			Name: "Usage plan, all keys", Unit: "requests/s", Kind: Declared, Rises: true,
			Option: option + "RateLimit", Need: "at least " + whole(quotient(requests, keys)), Batch: batchFor(s, l, limit),
		}.holding(limit, requests))
	}
	if period, known := periods[s.Plan.Period]; known && s.Plan.Quota > 0 {
		use := quotient(product(l.requests(l.EventsPerMonth), period.days), periods["MONTH"].days)
		hops = append(hops, Hop{
			Name: "Usage plan, quota of all keys", Unit: "requests a " + period.name, Kind: Declared, Rises: true,
			Option: option + "Quota", Need: "at least " + whole(quotient(use, keys)),
		}.holding(product(keys, integer(s.Plan.Quota)), use))
	}
	return hops
}

// batchFor is the smallest batch with which the requests fit a limit; 0 where no batch does.
func batchFor(s Shape, l Load, limit *big.Rat) int {
	if !s.Batch || limit.Sign() <= 0 {
		return 0
	}
	if size := count(above(quotient(l.peak(), limit))); size <= quota.MaxPutRecords {
		return size
	}
	return 0
}

// records are the limits on what one call writes to the stream.
func records(l Load) []Hop {
	hops := []Hop{sized("Kinesis, record", quota.MaxRecordBytes-KeyBytes, l.EventBytes, Load{EventBytes: l.EventBytes}, 0)}
	if l.BatchSize > 1 {
		hops = append(hops, sized("Kinesis, one call", quota.MaxPutBytes, l.BatchSize*(l.EventBytes+KeyBytes), l, KeyBytes))
	}
	return hops
}

func shards(s Shape, l Load) []Hop {
	hops := []Hop{
		shard(s.Shards, l.Keys, "Kinesis, records in shards", "records/s", l.peak(), quota.ShardRecords),
		shard(s.Shards, l.Keys, "Kinesis, bytes in shards", "bytes/s", l.peakBytes(), quota.ShardBytes),
	}
	defaultQuota := 1000
	if large(s.Region) {
		defaultQuota = 20_000
	}
	// Other regions have 1,000 or 6,000.
	return append(hops, Hop{
		Name: "Kinesis, shards of the account and region", Unit: "shards", Kind: Quota, Quota: "shards of an account", Need: "at least " + strconv.Itoa(s.Shards),
	}.holding(integer(defaultQuota), integer(s.Shards)))
}

// shard is a limit of each of n shards, for the shard that takes the most.
func shard(n, keys int, name, unit string, use *big.Rat, limit int) Hop {
	hop := Hop{Name: name, Unit: unit, Kind: Declared, Rises: true, Option: "Stream.Capacity.Shards"}
	hop = hop.holding(product(integer(n), integer(limit)), product(use, integer(n), share(keys, n)))
	if least, ok := leastShards(keys, use, limit); ok {
		hop.Need = "at least " + strconv.Itoa(least)
		return hop
	}
	hop.Kind, hop.Option, hop.Need = Fixed, "Load.Keys", "at least "+whole(quotient(use, integer(limit)))
	return hop
}

// share is the part of the load that the fullest of n shards takes at best. Keys that share the load evenly need whole shards: of 3
// keys on 2 shards, one takes two thirds.
func share(keys, n int) *big.Rat {
	if keys <= 0 {
		return big.NewRat(1, int64(n))
	}
	fullest := (keys-1)/n + 1
	return big.NewRat(int64(fullest), int64(keys))
}

// leastShards is the smallest number of shards of which each holds its part of the load, and false where no number does.
func leastShards(keys int, use *big.Rat, limit int) (int, bool) {
	if keys <= 0 || use.Sign() <= 0 {
		return max(1, count(above(quotient(use, integer(limit))))), true
	}
	most := count(below(quotient(product(integer(limit), integer(keys)), use))) // keys that a shard holds
	if most == 0 {
		return 0, false
	}
	return (keys-1)/most + 1, true
}

// LeastShards is the smallest number of shards that hold a load, and false where no number does: then it has too few keys.
func LeastShards(l Load) (int, bool) {
	records, ok := leastShards(l.Keys, l.peak(), quota.ShardRecords)
	bytes, too := leastShards(l.Keys, l.peakBytes(), quota.ShardBytes)
	return max(records, bytes), ok && too
}

func onDemand(s Shape, l Load) []Hop {
	most := 200 << 20
	if large(s.Region) {
		most = 10 << 30
	}
	starting := l.peakBytes() // 4 MB/s is four shards, which also take 1,000 records/s each
	if records := product(l.peak(), big.NewRat(quota.ShardBytes, quota.ShardRecords)); records.Cmp(starting) > 0 {
		starting = records
	}
	hops := []Hop{
		Hop{Name: "Kinesis, a new stream on demand", Unit: "bytes/s", Kind: Growing, Rises: true, Option: "Stream.Capacity"}.holding(integer(onDemandStart), starting),
		Hop{
			Name: "Kinesis, a stream on demand", Unit: "bytes/s", Kind: Quota, Rises: true,
			Quota: "write throughput of an on-demand stream", Need: "at least " + whole(l.peakBytes()) + " bytes/s",
		}.holding(integer(most), l.peakBytes()),
	}
	if l.Keys > 0 {
		hops = append(hops, eachKey(l))
	}
	return hops
}

// eachKey is the limit that a key reaches first when it has a shard to itself. A shard takes the same in both modes (developer guide,
// "Create and manage Kinesis data streams").
func eachKey(l Load) Hop {
	records := shard(l.Keys, l.Keys, "Kinesis, records of each key", "records/s", l.peak(), quota.ShardRecords)
	bytes := shard(l.Keys, l.Keys, "Kinesis, bytes of each key", "bytes/s", l.peakBytes(), quota.ShardBytes)
	if quotient(bytes.use, bytes.limit).Cmp(quotient(records.use, records.limit)) > 0 {
		return bytes
	}
	return records
}

func storage(s Shape, l Load) []Hop {
	size := integer(l.EventBytes)
	bytes := product(l.peak(), size)
	const mebibyte = 1 << 20
	hops := []Hop{Hop{
		Name: "S3, objects below one prefix", Unit: "objects/s", Kind: Declared, Rises: true,
		Option: "Delivery.BufferMiB", Need: "at least " + whole(quotient(bytes, integer(maxPuts*mebibyte))),
	}.holding(integer(maxPuts), quotient(bytes, integer(max(1, s.BufferBytes))))}
	if s.ScanLimit > 0 {
		hour := quotient(product(fraction(l.EventsPerMonth), size), integer(hoursOfAMonth))
		hops = append(hops, Hop{
			Name: "Athena, one hour of events", Unit: "bytes", Kind: Declared, Rises: true, Option: "Query.ScanLimitMiB", Need: "at least " + whole(quotient(hour, integer(mebibyte))),
		}.holding(integer(s.ScanLimit), hour))
	}
	return hops
}

// Objects is how many objects Firehose writes in a month: one for each full buffer, or one for each interval in which there are
// events, at most one for each event.
func Objects(s Shape, l Load) float64 {
	seconds := hoursOfAMonth * 3600 / max(1, s.BufferInterval.Seconds())
	bytes := l.EventsPerMonth * float64(l.EventBytes)
	return max(min(l.EventsPerMonth, seconds), bytes/float64(max(1, s.BufferBytes)))
}

// MaxRate is the highest rate of events per second that all limits hold, and the name of the one that ends it. Limits that grow
// or that apply to each client do not count.
func MaxRate(s Shape, l Load) (rate float64, first Hop) {
	var least *big.Rat
	for _, hop := range Hops(s, l) {
		if !hop.Rises || hop.Kind == Growing || hop.Kind == Each || hop.use.Sign() <= 0 {
			continue
		}
		if most := hop.most(l); least == nil || most.Cmp(least) < 0 {
			least, first = most, hop
		}
	}
	if least == nil {
		return math.Inf(1), first
	}
	return float(least), first
}

// most is the highest rate of events per second that the limit holds. Its use is above 0.
func (h Hop) most(l Load) *big.Rat { return quotient(product(l.peak(), h.limit), h.use) }

// Most is the highest rate of events per second that a limit of a load's holds.
func (h Hop) Most(l Load) float64 {
	if h.use.Sign() <= 0 {
		return math.Inf(1)
	}
	return float(h.most(l))
}
