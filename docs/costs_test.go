package docs

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"cdk.tf/go/ingest/internal/catalogue"
	"cdk.tf/go/ingest/internal/prices"
	"cdk.tf/go/ingest/plan"
)

// cents is an amount as the documents write it.
func cents(dollars float64) string { return fmt.Sprintf("%.2f", dollars) }

// million is the plan of a million events of 1 KB in a month.
func million(t *testing.T, batch int) plan.Report {
	t.Helper()
	report, err := planOf(t, "dev").Report(plan.Try{Rate: 1, Bytes: 1024, Month: 1_000_000, Batch: batch})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// charged is what some lines of a plan's bill cost together.
func charged(t *testing.T, report plan.Report, items ...prices.Item) float64 {
	t.Helper()
	sum := 0.0
	for _, item := range items {
		i := slices.IndexFunc(report.Cost.Lines, func(line plan.Line) bool { return line.Name == string(item) })
		if i < 0 {
			t.Fatalf("the bill has no %s", item)
		}
		sum += report.Cost.Lines[i].Dollars
	}
	return sum
}

// costs is what some lines of the plan of an environment cost together.
func costs(t *testing.T, name string, items ...prices.Item) float64 {
	t.Helper()
	report, err := planOf(t, name).Report(plan.Try{})
	if err != nil {
		t.Fatal(err)
	}
	return charged(t, report, items...)
}

// one is the price of one measure of an item.
func one(item prices.Item) float64 {
	return prices.In(prices.Home).Cost(item, prices.MeasureOf(item).Units)
}

// Each figure of costs that a document or a comment states comes from the prices and from a plan.
func TestWhatTheDocumentsSayOfCosts(t *testing.T) {
	home := prices.In(prices.Home)
	hours := func(item prices.Item) string { return cents(home.Cost(item, prices.HoursOfAMonth)) }
	shard, kept := hours(prices.ShardHours), hours(prices.RetentionHours)
	single, batched := million(t, 1), million(t, 100)
	added := charged(t, single, prices.APIRequests, prices.LogsWritten, prices.PutUnits, prices.Delivered, prices.Puts, prices.Storage)
	requests, inBatches := cents(charged(t, single, prices.APIRequests)), cents(charged(t, batched, prices.APIRequests))
	alarms, onDemand := costs(t, "option-alarms", prices.AlarmMetrics), costs(t, "option-alarms", prices.AlarmMetrics)-2*one(prices.AlarmMetrics)
	acl, rules := one(prices.FirewallACLs), costs(t, "option-firewall", prices.FirewallRules)
	const everySecond = prices.HoursOfAMonth * 3600
	const folders = 100 * prices.HoursOfAMonth * 60
	for page, sentences := range map[string][]string{
		"README.md": {
			fmt.Sprintf("A pipeline without traffic costs its shard: **%s a month**. A million events of 1 KB add > about **%s**, of which %s are API Gateway's requests", shard, cents(added), requests),
			fmt.Sprintf("events in batches of 100 cost %s of these %s", inBatches, requests),
		},
		"docs/costs.md": {
			fmt.Sprintf("costs its shard: %.3f × 730 h = **%s a month**, and %s more for one that keeps its records longer than 24 h (%.3f × 730 h, up to seven days)", one(prices.ShardHours), shard, kept, one(prices.RetentionHours)),
			fmt.Sprintf("A million events of 1 KB in a month add about **%s**", cents(added)),
			fmt.Sprintf("| API Gateway | %s | a million requests |", requests),
			fmt.Sprintf("| CloudWatch Logs | %s | the access log |", cents(charged(t, single, prices.LogsWritten))),
			fmt.Sprintf("| Kinesis | %s | put units of 25 KB |", cents(charged(t, single, prices.PutUnits))),
			fmt.Sprintf("| Firehose | %s | volume; it rounds each record up to 5 KB |", cents(charged(t, single, prices.Delivered))),
			fmt.Sprintf("| S3 | up to %s | an object a minute |", cents(charged(t, single, prices.Puts))),
			fmt.Sprintf("| S3 | %s | storage, again in each further month |", cents(charged(t, single, prices.Storage))),
			fmt.Sprintf("in batches of 100, a million events cost %s of API Gateway's %s", inBatches, requests),
			fmt.Sprintf("(`API.Tracing`): %s for a million traces", cents(one(prices.Traces))),
			fmt.Sprintf("up to %s a month, and one in twenty", cents(home.Cost(prices.Traces, everySecond))),
			fmt.Sprintf("five a method at %s a month, for the hours in which it is called: %s for POST and its preflight", cents(one(prices.Metrics)), cents(costs(t, "prod", prices.Metrics))),
			fmt.Sprintf("**The firewall** costs **%s a month** (%s, and %s for each of its %.0f rules) and %s for a million requests", cents(acl+rules), cents(acl), cents(one(prices.FirewallRules)), rules/one(prices.FirewallRules), cents(one(prices.FirewallChecks))),
			fmt.Sprintf("**The alarms** watch %.0f metrics (%.0f on demand) at %s each: **%s a month** (%s)", alarms/one(prices.AlarmMetrics), onDemand/one(prices.AlarmMetrics), cents(one(prices.AlarmMetrics)), cents(alarms), cents(onDemand)),
			fmt.Sprintf("A dashboard is %s", cents(one(prices.Dashboards))),
			fmt.Sprintf("is %s a month, and its requests", cents(one(prices.Keys))),
			fmt.Sprintf("cost %s for each GB that is delivered, %.3f for 1,000 objects, and %s for each hour that the queries run, besides S3's %.3f for 1,000 objects", cents(one(prices.Partitioned)), one(prices.PartitionPuts), cents(one(prices.PartitionHours)), one(prices.Puts)),
			// 100 folders, an object each in every minute, charged by Firehose and by S3.
			fmt.Sprintf("%.1f million objects a month are up to %s", folders/1e6, cents(home.Cost(prices.PartitionPuts, folders)+home.Cost(prices.Puts, folders))),
		},
		"docs/query.md": {fmt.Sprintf("Athena charges %s dollars for each TB", cents(one(prices.Scanned)))},
		"stacks/prod.go": {
			fmt.Sprintf("It costs %s dollars a month before its first event", costOf(t, catalogue.Named("prod"))),
			fmt.Sprintf("shard %s, its // week of retention %s, firewall %s, alarms %s, dashboard %s, key %s", shard, kept, cents(costs(t, "prod", prices.FirewallACLs, prices.FirewallRules)),
				cents(costs(t, "prod", prices.AlarmMetrics)), cents(costs(t, "prod", prices.Dashboards)), cents(costs(t, "prod", prices.Keys))),
		},
	} {
		text := unfolded(read(t, page))
		for _, sentence := range sentences {
			if !strings.Contains(text, sentence) {
				t.Errorf("%s does not say %q", page, sentence)
			}
		}
	}
}
