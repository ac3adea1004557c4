package plan

import (
	"fmt"
	"math"
	"slices"

	"cdk.tf/go/ingest/internal/capacity"
	"cdk.tf/go/ingest/internal/prices"
	"cdk.tf/go/ingest/internal/quota"
)

// Try are values to compute with in place of those that the stack declares. 0 keeps a declared value.
type Try struct {
	// Rate is in events per second at the peak. The events of a month change in proportion.
	Rate int
	// Bytes is the average size of a record.
	Bytes int
	// Batch is how many events a request has.
	Batch int
	// Month is the number of events of a month.
	Month int
}

// These stand for the load of a stack that declares none.
const (
	assumedRate  = 10
	assumedBytes = 1000
)

// Report is what a pipeline takes and costs.
type Report struct {
	Region string `json:"region"`
	Load   Load   `json:"load"`
	// Declared is whether the stack declares a load, and so the load's values that no flag changed.
	Declared bool    `json:"loadDeclared"`
	Limits   []Limit `json:"limits"`
	// MaxPerSecond is the highest rate of such events that every limit holds, whole or below one in hundredths, and First the limit
	// that ends it.
	MaxPerSecond float64 `json:"maxEventsPerSecond"`
	First        string  `json:"firstToFail"`
	Steps        []Step  `json:"nextSteps"`
	Cost         Cost    `json:"cost"`
	Cheaper      []Other `json:"cheaper"`
	// OtherRegion names the items whose price is that of us-east-1 in place of the region's own.
	OtherRegion []string `json:"pricedAsUsEast1"`
	Notes       []string `json:"notes"`
	// Sample is about real events; nil without them.
	Sample *Sample `json:"sample,omitempty"`
}

// Load is the load that a report is about.
type Load struct {
	PeakPerSecond  float64 `json:"peakPerSecond"`
	EventBytes     int     `json:"eventBytes"`
	EventsPerMonth float64 `json:"eventsPerMonth"`
	BatchSize      int     `json:"batchSize"`
	Keys           int     `json:"keys"`
}

// Limit is one limit with its use at the peak.
type Limit struct {
	Name  string  `json:"name"`
	Unit  string  `json:"unit"`
	Limit float64 `json:"limit"`
	Use   float64 `json:"use"`
	// Verdict is "holds", "too low", "quota", "grows" or "each client".
	Verdict string `json:"verdict"`
	// Remedy says what would hold the load; empty where the limit does.
	Remedy string `json:"remedy,omitempty"`
}

// Step is what a multiple of the load needs.
type Step struct {
	Times float64  `json:"times"`
	Needs []string `json:"needs"`
}

// Cost is a month's bill in dollars.
type Cost struct {
	Lines []Line  `json:"lines"`
	Fixed float64 `json:"fixed"`
	ByUse float64 `json:"byUse"`
	Total float64 `json:"total"`
	// PerMillion is what a million events cost by use.
	PerMillion float64 `json:"perMillionEvents"`
}

// Other is another way, and what it saves in a month. A negative saving costs more.
type Other struct {
	Change string  `json:"change"`
	Saves  float64 `json:"saves"`
}

// Report computes with the load that the stack declares and the values to try.
func (p *Pipeline) Report(try Try) (Report, error) {
	l, err := p.load(try)
	if err != nil {
		return Report{}, err
	}
	lines := p.lines(l)
	r := Report{
		Region: p.shape.Region, Load: Load{l.PeakPerSecond, l.EventBytes, l.EventsPerMonth, l.BatchSize, l.Keys}, Declared: p.expected != nil,
		Steps: p.steps(l), Cheaper: p.cheaper(l), Notes: p.left(),
	}
	for _, hop := range capacity.Hops(p.shape, l) {
		r.Limits = append(r.Limits, limit(hop))
	}
	most, first := capacity.MaxRate(p.shape, l)
	r.MaxPerSecond, r.First = wholeRate(most), first.Name
	r.Cost = Cost{Lines: lines, Fixed: total(lines, isFixed), Total: total(lines, every)}
	r.Cost.ByUse = r.Cost.Total - r.Cost.Fixed
	r.Cost.PerMillion = r.Cost.ByUse / l.EventsPerMonth * 1e6
	for _, line := range lines {
		if !line.Regional {
			r.OtherRegion = append(r.OtherRegion, line.Name)
		}
	}
	return r, nil
}

// load is the load to compute with.
func (p *Pipeline) load(try Try) (capacity.Load, error) {
	l := capacity.Load{PeakPerSecond: assumedRate, EventBytes: assumedBytes, EventsPerMonth: assumedRate * prices.HoursOfAMonth * 3600, BatchSize: 1}
	if p.expected != nil {
		l = *p.expected
	}
	if try.Rate > 0 {
		l = l.At(float64(try.Rate))
	}
	if try.Bytes > 0 {
		l.EventBytes = try.Bytes
	}
	if try.Month > 0 {
		l.EventsPerMonth = float64(try.Month)
	}
	if try.Batch > 0 {
		l.BatchSize = try.Batch
	}
	if most := l.PeakPerSecond * capacity.LongestMonth; l.EventsPerMonth > most {
		return l, fmt.Errorf("%s events a month are more than %s a second at the peak bring in 31 days; use at most %s, or a higher peak",
			count(l.EventsPerMonth), count(l.PeakPerSecond), count(most))
	}
	if l.BatchSize > 1 && !p.shape.Batch {
		return l, fmt.Errorf("the stack takes no batches, and a batch has %d events; use 1, or set API.Batch", l.BatchSize)
	}
	return l, nil
}

func limit(hop capacity.Hop) Limit {
	l := Limit{Name: hop.Name, Unit: hop.Unit, Limit: hop.Limit, Use: hop.Use, Verdict: "holds"}
	if hop.Kind == capacity.Each {
		l.Verdict, l.Remedy = "each client", fmt.Sprintf("send from %s or more addresses, or raise %s", count(math.Ceil(hop.Use/hop.Limit)), hop.Option)
		return l
	}
	if hop.Fits() {
		return l
	}
	l.Verdict, l.Remedy = map[capacity.Kind]string{capacity.Declared: "too low", capacity.Fixed: "too low", capacity.Quota: "quota", capacity.Growing: "grows"}[hop.Kind], remedy(hop)
	return l
}

// remedy says what would hold the load.
func remedy(hop capacity.Hop) string {
	said := ""
	switch {
	case hop.Kind == capacity.Growing:
		said = "raise the traffic step by step: the stream takes twice its peak of the last 30 days"
	case hop.Kind == capacity.Quota && hop.Code != "":
		said = fmt.Sprintf("raise the quota %q (%s) to %s", hop.Quota, hop.Code, hop.Need)
	case hop.Kind == capacity.Quota:
		said = fmt.Sprintf("ask AWS to raise the quota %q to %s", hop.Quota, hop.Need)
	default:
		said = fmt.Sprintf("%s: %s", hop.Option, hop.Need)
	}
	if hop.Batch > 1 {
		said += fmt.Sprintf(", or batches of at least %d", hop.Batch)
	}
	return said
}

// steps are what more load needs: twice and ten times the load.
func (p *Pipeline) steps(l capacity.Load) []Step {
	var steps []Step
	for _, times := range []float64{2, 10} {
		step := Step{Times: times, Needs: []string{}}
		for _, hop := range worst(capacity.Hops(p.shape, l.At(l.PeakPerSecond*times))) {
			step.Needs = append(step.Needs, remedy(hop))
		}
		steps = append(steps, step)
	}
	return steps
}

// worst are the limits that do not hold, of those that one option sets the one that is furthest from holding.
func worst(hops []capacity.Hop) []capacity.Hop {
	var found []capacity.Hop
	for _, hop := range hops {
		if hop.Fits() || hop.Kind == capacity.Each {
			continue
		}
		same := slices.IndexFunc(found, func(other capacity.Hop) bool { return hop.Option != "" && other.Option == hop.Option })
		switch {
		case same < 0:
			found = append(found, hop)
		case hop.Use/hop.Limit > found[same].Use/found[same].Limit:
			found[same] = hop
		}
	}
	return found
}

// cheaper are other ways to take the same load, with what they save: those that the limits hold, the largest saving first.
func (p *Pipeline) cheaper(l capacity.Load) []Other {
	now := total(p.lines(l), every)
	var found []Other
	consider := func(change string, other Pipeline, load capacity.Load) {
		saves := now - total(other.lines(load), every)
		if math.Abs(saves) >= 0.005 {
			found = append(found, Other{change, saves})
		}
	}
	p.batches(l, consider)
	p.capacities(l, consider)
	if long := *p; p.shape.BufferInterval.Seconds() < quota.MaxBufferInterval.Seconds() || p.shape.BufferBytes < quota.MaxBufferMiB<<20 {
		long.shape.BufferInterval, long.shape.BufferBytes = quota.MaxBufferInterval, quota.MaxBufferMiB<<20
		consider("a buffer of 900 s and 128 MiB: fewer and larger objects, which arrive later", long, l)
	}
	if plain := *p; p.metrics > 0 {
		plain.metrics = 0
		consider("API.Metrics = false: no metrics for each method", plain, l)
	}
	if untraced := *p; p.tracing {
		untraced.tracing = false
		consider("API.Tracing = false: no traces", untraced, l)
	}
	if columns := *p; !p.parquet {
		columns.parquet = true
		consider("Delivery.Format = spec.FormatParquet, before what smaller objects save in storage and queries", columns, l)
	}
	sortBySaving(found)
	return found
}

// batches considers larger batches that fit a request.
func (p *Pipeline) batches(l capacity.Load, consider func(string, Pipeline, capacity.Load)) {
	for _, size := range []int{10, 100, quota.MaxPutRecords} {
		larger := l
		larger.BatchSize = size
		if size <= l.BatchSize || !fits(p.shape, larger, "Load.BatchSize") {
			continue
		}
		change := fmt.Sprintf("batches of %d events", size)
		if !p.shape.Batch {
			change += ", with API.Batch = true"
		}
		consider(change, *p, larger)
	}
}

// capacities considers the other capacity mode and fewer shards.
func (p *Pipeline) capacities(l capacity.Load, consider func(string, Pipeline, capacity.Load)) {
	if p.shape.Shards > 0 {
		other := *p
		other.shape.Shards = 0
		consider("Stream.Capacity = spec.OnDemand()", other, l)
	}
	least := *p
	shards, ok := leastShards(l)
	if !ok {
		return
	}
	least.shape.Shards = shards
	if least.shape.Shards < p.shape.Shards || p.shape.Shards == 0 {
		consider(fmt.Sprintf("Stream.Capacity = spec.Provisioned(%d), which just holds the peak", least.shape.Shards), least, l)
	}
}

// fits reports whether the limits that name one of the options hold a load.
func fits(s capacity.Shape, l capacity.Load, options ...string) bool {
	for _, hop := range capacity.Hops(s, l) {
		for _, option := range options {
			if hop.Option == option && !hop.Fits() {
				return false
			}
		}
	}
	return true
}

// wholeRate is a rate that fits, in whole events per second, and below one in hundredths, or smaller parts where it has no hundredth.
func wholeRate(most float64) float64 {
	if most >= 1 {
		return math.Floor(most)
	}
	const inexact = 1e-9 // 0.29 × 100 is 28.999999999999996
	parts := math.Pow10(decimals(most))
	return math.Floor(most*parts+inexact) / parts
}
