// Package prices has AWS's list prices as data: in dollars, by region, each with its source and the date on which it was read.
//
// docs/prices.md is written from it (make docs). What the documents, the comments and `ingest plan` say of costs comes from
// here. A region without a price of its own has that of us-east-1, and [Region.Own] says so.
package prices

import (
	"maps"
	"math"
	"slices"
)

// Item is what AWS charges.
type Item string

// These are the items, in the order of an event's path.
const (
	APIRequests    Item = "REST API requests"
	FirewallACLs   Item = "Web ACLs"
	FirewallRules  Item = "Firewall rules"
	FirewallChecks Item = "Requests that a firewall inspects"
	Traces         Item = "X-Ray traces"
	ShardHours     Item = "Shard hours"
	RetentionHours Item = "Shard hours with more than 24 hours of retention"
	PutUnits       Item = "PUT payload units"
	OnDemandHours  Item = "On-demand stream hours"
	OnDemandIn     Item = "On-demand data written"
	OnDemandOut    Item = "On-demand data read"
	Delivered      Item = "Firehose data from a stream"
	Converted      Item = "Firehose data converted to Parquet"
	Partitioned    Item = "Firehose data partitioned by its content"
	PartitionPuts  Item = "Firehose objects of partitions"
	PartitionHours Item = "Firehose JQ processing hours"
	Puts           Item = "S3 PUT requests"
	Storage        Item = "S3 Standard storage"
	Keys           Item = "KMS keys"
	KeyRequests    Item = "KMS requests"
	LogsWritten    Item = "CloudWatch Logs ingestion"
	LogsKept       Item = "CloudWatch Logs storage"
	Metrics        Item = "CloudWatch metrics"
	AlarmMetrics   Item = "CloudWatch alarm metrics"
	Dashboards     Item = "CloudWatch dashboards"
	Scanned        Item = "Athena data scanned"
	PageTransfer   Item = "CloudFront data to browsers"
	PageRequests   Item = "CloudFront HTTPS requests"
)

// HoursOfAMonth is the month by which AWS and this project compute: 8,760 hours a year.
const HoursOfAMonth = 730

// Units in which AWS meters. AWS's own examples of Firehose divide by 1,048,576 KB for a GB
// (https://aws.amazon.com/firehose/pricing/).
const (
	kb = 1 << 10
	GB = 1 << 30
	tb = 1 << 40
	// PutUnit is a PUT payload unit: "25 KB payload chunks that comprise a record"
	// (https://aws.amazon.com/kinesis/data-streams/pricing/, provisioned mode).
	PutUnit = 25 * kb
	// OnDemandUnit is what on-demand mode rounds each record up to (the same page, on-demand mode, "Data-In").
	OnDemandUnit = kb
	// DeliveredUnit is what Firehose rounds each record up to. It applies to a Kinesis data stream as the source as well as to
	// direct puts (https://aws.amazon.com/firehose/pricing/, "Direct PUT and KDS as a source ingestion": "billed per GB ingested
	// in 5KB increments (a 3KB record is billed as 5KB, a 12KB record is billed as 15KB, etc.)"), and to the conversion of formats.
	DeliveredUnit = 5 * kb
)

// Price is the price of an item in one region.
type Price struct {
	// Tiers are the prices by the month's quantity, in ascending order. The first begins at 0.
	Tiers []Tier
	// Source is the page of the price.
	Source string
	// Read is the date of the source's text, YYYY-MM or YYYY-MM-DD.
	Read string
	// Through says who transcribed the price where AWS's own page was not read. It is empty otherwise.
	Through string
}

// Tier is a price from a quantity on.
type Tier struct {
	// From is the quantity of a month at which the price begins, in the item's single units: requests, hours, bytes.
	From float64
	// Dollars is the price of one [Measure] of units.
	Dollars float64
}

// Measure is the quantity to which an item's prices apply.
type Measure struct {
	// Name is such as "million requests".
	Name string
	// Units is the number of single units in it.
	Units float64
}

// Region has a region's prices.
type Region struct {
	// Name is the region's name, such as "eu-central-1".
	Name string
}

// In is the prices of a region. Any region has prices: those that are not known are us-east-1's.
func In(region string) Region { return Region{region} }

// Home is the region whose prices stand in for those that are not known.
const Home = "us-east-1"

// Regions are the regions that have prices of their own, [Home] first.
func Regions() []string {
	others := slices.DeleteFunc(slices.Sorted(maps.Keys(list)), func(name string) bool { return name == Home })
	return append([]string{Home}, others...)
}

// Items are all items, in the order of an event's path.
func Items() []Item { return order }

// Of is the price of an item, and whether it is the region's own. If it is not, us-east-1's stands in for it.
func (r Region) Of(item Item) (price Price, own bool) {
	if price, own = list[r.Name][item]; own {
		return price, true
	}
	return list[Home][item], r.Name == Home || slices.Contains(worldwide, item)
}

// Own reports whether the region has prices of its own for all of the items.
func (r Region) Own(items ...Item) bool {
	return !slices.ContainsFunc(items, func(item Item) bool { _, own := r.Of(item); return !own })
}

// MeasureOf is the quantity to which an item's prices apply.
func MeasureOf(item Item) Measure { return measures[item] }

// Cost is what a month's quantity of an item costs in dollars. The quantity is in single units: requests, hours, bytes,
// byte-months.
func (r Region) Cost(item Item, quantity float64) float64 {
	price, _ := r.Of(item)
	cost := 0.0
	for i, tier := range price.Tiers {
		until := math.Inf(1)
		if i+1 < len(price.Tiers) {
			until = price.Tiers[i+1].From
		}
		if quantity > tier.From {
			cost += (min(quantity, until) - tier.From) / measures[item].Units * tier.Dollars
		}
	}
	return cost
}

// RoundUp is a size in bytes rounded up to whole units, at least one.
func RoundUp(bytes, unit int) int { return max(1, (bytes+unit-1)/unit) * unit }
