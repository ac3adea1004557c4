package plan

import (
	"fmt"

	"cdk.tf/go/ingest/internal/capacity"
	"cdk.tf/go/ingest/internal/prices"
)

// metricsOfMethod is how many metrics API Gateway has for a method: Count, 4XXError, 5XXError, Latency and IntegrationLatency
// (developer guide, "Amazon API Gateway dimensions and metrics").
const metricsOfMethod = 5

// Line is one line of a month's bill.
type Line struct {
	// Name is what AWS charges, and Fixed whether it does so without an event.
	Name  string `json:"name"`
	Fixed bool   `json:"fixed"`
	// Quantity is in Units.
	Quantity float64 `json:"quantity"`
	Units    string  `json:"units"`
	Dollars  float64 `json:"dollars"`
	// Regional is whether the price is the region's own. If it is not, it is that of us-east-1.
	Regional bool `json:"regional"`
}

// bill collects lines.
type bill struct {
	region prices.Region
	lines  []Line
}

// add adds a line for a quantity in single units. A line of nothing is left out.
func (b *bill) add(item prices.Item, fixed bool, quantity float64, units string) {
	if quantity == 0 {
		return
	}
	measure := 1.0
	if units == "GB" || units == "GB-months" {
		measure = prices.GB
	}
	b.lines = append(b.lines, Line{string(item), fixed, quantity / measure, units, b.region.Cost(item, quantity), b.region.Own(item)})
}

// lines are the lines of a month's bill, those that are charged without an event first.
func (p *Pipeline) lines(l capacity.Load) []Line {
	b := &bill{region: prices.In(p.shape.Region)}
	p.fixed(b)
	if l.EventsPerMonth > 0 {
		p.entrance(b, l)
		p.stream(b, l)
		p.delivery(b, l)
	}
	return b.lines
}

// fixed is what the stack costs before its first event.
func (p *Pipeline) fixed(b *bill) {
	if shards := float64(p.shape.Shards); shards > 0 {
		b.add(prices.ShardHours, true, shards*prices.HoursOfAMonth, "hours")
		if p.retention.Hours() > 24 {
			b.add(prices.RetentionHours, true, shards*prices.HoursOfAMonth, "hours")
		}
	} else {
		b.add(prices.OnDemandHours, true, prices.HoursOfAMonth, "hours")
	}
	b.add(prices.FirewallACLs, true, float64(p.acls), "web ACLs")
	b.add(prices.FirewallRules, true, float64(p.rules), "rules")
	b.add(prices.AlarmMetrics, true, float64(p.alarms), "metrics")
	b.add(prices.Dashboards, true, float64(p.dashboards), "dashboards")
	b.add(prices.Keys, true, float64(p.keys), "keys")
}

func (p *Pipeline) entrance(b *bill, l capacity.Load) {
	requests := l.Requests(l.EventsPerMonth)
	b.add(prices.APIRequests, false, requests, "requests")
	if p.acls > 0 {
		b.add(prices.FirewallChecks, false, requests, "requests")
	}
	if p.tracing {
		b.add(prices.Traces, false, traces(requests), "traces")
	}
	b.add(prices.Metrics, false, float64(p.metrics+p.shardMetrics), "metrics")
	// A value in a line is about as long as the variable that stands for it in the format.
	logged := requests * float64(p.logLine)
	b.add(prices.LogsWritten, false, logged, "GB")
}

// traces are how many requests X-Ray samples by its default rule: "the first request each second, and five percent of any
// additional requests" (X-Ray developer guide, "Configuring sampling rules"). The month's requests may come in any second.
func traces(requests float64) float64 {
	first := min(requests, prices.HoursOfAMonth*3600)
	return first + (requests-first)/20
}

func (p *Pipeline) stream(b *bill, l capacity.Load) {
	if p.shape.Shards > 0 {
		b.add(prices.PutUnits, false, l.EventsPerMonth*float64(prices.RoundUp(l.EventBytes, prices.PutUnit)/prices.PutUnit), "units")
		return
	}
	b.add(prices.OnDemandIn, false, l.EventsPerMonth*float64(prices.RoundUp(l.EventBytes, prices.OnDemandUnit)), "GB")
	b.add(prices.OnDemandOut, false, l.EventsPerMonth*float64(l.EventBytes), "GB")
}

func (p *Pipeline) delivery(b *bill, l capacity.Load) {
	rounded := l.EventsPerMonth * float64(prices.RoundUp(l.EventBytes, prices.DeliveredUnit))
	bytes := l.EventsPerMonth * float64(l.EventBytes)
	objects := capacity.Objects(p.shape, l)
	b.add(prices.Delivered, false, rounded, "GB")
	if p.parquet {
		b.add(prices.Converted, false, rounded, "GB")
	}
	if p.partitioned {
		b.add(prices.Partitioned, false, bytes, "GB")
		b.add(prices.PartitionPuts, false, objects, "objects")
	}
	b.add(prices.Puts, false, objects, "requests")
	if p.keyed && !p.bucketKey {
		b.add(prices.KeyRequests, false, objects, "requests")
	}
	b.add(prices.Storage, false, bytes, "GB-months")
}

// left are the costs that no line has, and why.
func (p *Pipeline) left() []string {
	notes := []string{
		"Storage is what one month of events adds to the bill of every month after it, as long as it is kept.",
		"The access log is estimated by the length of its format.",
		"Not counted: taxes, free tiers, data transfer to clients, storage of logs, and KMS requests of Kinesis and of bucket keys.",
	}
	if p.expireDays > 0 {
		notes[0] = fmt.Sprintf("Storage is what one month of events adds to each month in which it is kept: S3 deletes an event after %d days.", p.expireDays)
	}
	if p.compressed || p.parquet {
		notes = append(notes, "Storage and objects are computed from the events' size before compression, so they are upper bounds.")
	}
	if p.partitioned {
		notes = append(notes, "Not counted: more objects than one for each buffer, which each active folder adds, and the hours of JQ.")
	}
	if p.execution == "INFO" {
		notes = append(notes, "Not counted: the execution log, which has several lines for each request at the level INFO.")
	}
	if p.retention.Hours() > 7*24 || (p.shape.Shards == 0 && p.retention.Hours() > 24) {
		notes = append(notes, "Not counted: the stream's long retention, which Kinesis charges by the GB.")
	}
	if p.page {
		notes = append(notes, "Not counted: the page, which is free up to 1 TB and 10 million requests a month.")
	}
	return notes
}

func total(lines []Line, counts func(Line) bool) float64 {
	sum := 0.0
	for _, line := range lines {
		if counts(line) {
			sum += line.Dollars
		}
	}
	return sum
}

func every(Line) bool     { return true }
func isFixed(l Line) bool { return l.Fixed }
