package plan_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cdk.tf/go/ingest/internal/goldens"
	"cdk.tf/go/ingest/plan"
	"cdk.tf/go/ingest/tfjson"
)

var update = flag.Bool("update", false, "rewrite the plans in testdata")

// read reads an environment's golden, with some texts replaced in its JSON.
func read(t *testing.T, name string, replace ...string) (*plan.Pipeline, error) {
	t.Helper()
	text := string(goldens.Read(t, name))
	for i := 0; i < len(replace); i += 2 {
		if !strings.Contains(text, replace[i]) {
			t.Fatalf("%s has no %s", name, replace[i])
		}
	}
	stack, err := tfjson.Read(strings.NewReader(strings.NewReplacer(replace...).Replace(text)))
	if err != nil {
		t.Fatal(err)
	}
	return plan.Read(stack)
}

func report(t *testing.T, name string, try plan.Try, replace ...string) plan.Report {
	t.Helper()
	pipeline, err := read(t, name, replace...)
	if err != nil {
		t.Fatal(err)
	}
	r, err := pipeline.Report(try)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The whole plans of some environments: prod, batches on demand in another region, and partitions.
func TestPlans(t *testing.T) {
	for _, test := range []struct {
		name, file string
		try        plan.Try
		write      func(plan.Report, *bytes.Buffer, string) error
	}{
		{"prod", "prod.txt", plan.Try{}, func(r plan.Report, b *bytes.Buffer, name string) error { return r.Text(b, name) }},
		{"prod", "prod.md", plan.Try{}, func(r plan.Report, b *bytes.Buffer, name string) error { return r.Markdown(b, name) }},
		{"option-ondemand", "option-ondemand.txt", plan.Try{}, func(r plan.Report, b *bytes.Buffer, name string) error { return r.Text(b, name) }},
		{"option-tuned", "option-tuned.txt", plan.Try{Rate: 6000}, func(r plan.Report, b *bytes.Buffer, name string) error { return r.Text(b, name) }},
		{"option-partitions", "option-partitions.txt", plan.Try{Rate: 100}, func(r plan.Report, b *bytes.Buffer, name string) error { return r.Text(b, name) }},
	} {
		var got bytes.Buffer
		if err := test.write(report(t, test.name, test.try), &got, test.name); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("testdata", test.file)
		if *update {
			if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got.String()); diff != "" {
			t.Errorf("%s is not the plan; read the difference and run with -update (-file +plan):\n%s", file, diff)
		}
	}
}

func line(t *testing.T, r plan.Report, name string) plan.Line {
	t.Helper()
	i := slices.IndexFunc(r.Cost.Lines, func(l plan.Line) bool { return l.Name == name })
	if i < 0 {
		t.Fatalf("no line is named %s", name)
	}
	return r.Cost.Lines[i]
}

func limit(t *testing.T, r plan.Report, name string) plan.Limit {
	t.Helper()
	i := slices.IndexFunc(r.Limits, func(l plan.Limit) bool { return l.Name == name })
	if i < 0 {
		t.Fatalf("no limit is named %s", name)
	}
	return r.Limits[i]
}

// The bill follows the arithmetic of AWS's pages.
func TestLines(t *testing.T) {
	million := report(t, "dev", plan.Try{Rate: 1, Bytes: 1024, Month: 1_000_000})
	batched := report(t, "dev", plan.Try{Rate: 1, Bytes: 1024, Month: 1_000_000, Batch: 100})
	large := report(t, "dev", plan.Try{Rate: 1, Bytes: 26 * 1024, Month: 1_000_000})
	for _, test := range []struct {
		r    plan.Report
		name string
		want float64
	}{
		{million, "Shard hours", 730 * 0.015},
		{million, "REST API requests", 3.50},
		{batched, "REST API requests", 0.035},
		{million, "PUT payload units", 0.014},
		{batched, "PUT payload units", 0.014}, // a batch is as many records
		{large, "PUT payload units", 0.028},
		{million, "Firehose data from a stream", 5 * 1e6 / 1048576 * 0.029},
		{large, "Firehose data from a stream", 30 * 1e6 / 1048576 * 0.029},
		{million, "S3 PUT requests", 730 * 60 / 1000. * 0.005}, // one a minute; the buffer of 1 MiB is full 977 times
		{large, "S3 PUT requests", 43_800 / 1000. * 0.005},
		{million, "S3 Standard storage", 1e6 * 1024 / (1 << 30) * 0.023},
	} {
		if got := line(t, test.r, test.name).Dollars; math.Abs(got-test.want) > 1e-9 {
			t.Errorf("%s costs %v, want %v", test.name, got, test.want)
		}
	}
	if got := million.Cost; math.Abs(got.Fixed-10.95) > 1e-9 || math.Abs(got.Fixed+got.ByUse-got.Total) > 1e-9 || math.Abs(got.PerMillion-got.ByUse) > 1e-9 {
		t.Errorf("the sums are %v", got)
	}
}

// What a stack has beyond the standard is on its bill.
func TestLinesOfOptions(t *testing.T) {
	for _, test := range []struct{ env, name string }{
		{"option-parquet", "Firehose data converted to Parquet"}, {"option-partitions", "Firehose objects of partitions"}, {"option-ondemand", "On-demand data written"},
		{"option-firewall", "Requests that a firewall inspects"}, {"option-tuned", "X-Ray traces"}, {"option-encrypted", "KMS keys"}, {"prod", "Shard hours with more than 24 hours of retention"},
	} {
		if got := line(t, report(t, test.env, plan.Try{}), test.name); got.Dollars <= 0 {
			t.Errorf("%s: %v", test.env, got)
		}
	}
}

// A conversion that is off costs nothing, also where the stack says so in a text.
func TestAConversionThatIsOff(t *testing.T) {
	for enabled, want := range map[string]bool{`true`: true, `"true"`: true, `false`: false, `"false"`: false} {
		const block = `"data_format_conversion_configuration": {`
		r := report(t, "option-parquet", plan.Try{}, block, block+`"enabled": `+enabled+`,`)
		converted := slices.ContainsFunc(r.Cost.Lines, func(l plan.Line) bool { return l.Name == "Firehose data converted to Parquet" && l.Dollars > 0 })
		if converted != want {
			t.Errorf("with enabled = %s a conversion is on the bill: %t", enabled, converted)
		}
	}
}

// A saving is the difference between the two bills.
func TestSavings(t *testing.T) {
	try := plan.Try{Rate: 500, Bytes: 800}
	single := report(t, "dev", try)
	for _, other := range single.Cheaper {
		if other.Change == "batches of 100 events" {
			try.Batch = 100
			if batched := report(t, "dev", try); math.Abs(single.Cost.Total-batched.Cost.Total-other.Saves) > 1e-6 {
				t.Errorf("batches save %v, and cost %v in place of %v", other.Saves, batched.Cost.Total, single.Cost.Total)
			}
			if slices.ContainsFunc(report(t, "dev", try).Cheaper, func(o plan.Other) bool { return o.Change == "batches of 10 events" }) {
				t.Error("smaller batches are suggested")
			}
			return
		}
	}
	t.Errorf("batches are not among %v", single.Cheaper)
}

// Batches that do not fit a request are no way.
func TestNoBatchesThatDoNotFit(t *testing.T) {
	for _, other := range report(t, "dev", plan.Try{Bytes: 150_000}).Cheaper {
		if strings.Contains(other.Change, "batches of 100") || strings.Contains(other.Change, "batches of 500") {
			t.Errorf("15 MB are suggested: %s", other.Change)
		}
	}
}

// The plan is of the file as it is, also where a person edited it.
func TestEditedStacks(t *testing.T) {
	edited := report(t, "dev", plan.Try{Rate: 1500}, `"shard_count": 1`, `"shard_count": "2"`, `"throttling_rate_limit": 1000`, `"throttling_rate_limit": 1600`)
	if got := limit(t, edited, "Kinesis, records in shards"); got.Limit != 2000 || got.Verdict != "holds" {
		t.Errorf("two shards take %v", got)
	}
	if edited.First != "API Gateway, stage" || edited.MaxPerSecond != 1600 {
		t.Errorf("first %s fails, above %v", edited.First, edited.MaxPerSecond)
	}
}

// Each metric of each shard has the price of a metric.
func TestMetricsOfShards(t *testing.T) {
	before := report(t, "dev", plan.Try{}).Cost.Total
	for metrics, want := range map[string]float64{`["IncomingBytes", "OutgoingBytes"]`: 2 * 2, `["ALL"]`: 2 * 7, `[]`: 0} {
		got := report(t, "dev", plan.Try{}, `"shard_count": 1`, `"shard_count": 2, "shard_level_metrics": `+metrics).Cost.Total
		shard := report(t, "dev", plan.Try{}, `"shard_count": 1`, `"shard_count": 2`).Cost.Total - before
		if dollars := got - before - shard; math.Abs(dollars-want*0.3) > 0.001 {
			t.Errorf("%s cost %v dollars, want %v", metrics, dollars, want*0.3)
		}
	}
}

// A stage whose throttle is off has the account's limit alone.
func TestAStageWithoutAThrottle(t *testing.T) {
	for _, without := range [][]string{
		{`"throttling_rate_limit": 1000`, `"throttling_rate_limit": -1`},
		{`"throttling_rate_limit": 1000`, `"caching_enabled": false`},
	} {
		r := report(t, "dev", plan.Try{Rate: 100}, without...)
		for _, limit := range r.Limits {
			if limit.Name == "API Gateway, stage" {
				t.Errorf("%s: the stage limits to %v", without[1], limit.Limit)
			}
		}
		if r.First != "Kinesis, records in shards" || r.MaxPerSecond != 1000 {
			t.Errorf("%s: first %s fails, above %v", without[1], r.First, r.MaxPerSecond)
		}
	}
}

// A throttle of 0 lets nothing through: each use is more than all of it.
func TestAStageThatLetsNothingThrough(t *testing.T) {
	r := report(t, "dev", plan.Try{Rate: 100}, `"throttling_rate_limit": 1000`, `"throttling_rate_limit": 0`)
	var text bytes.Buffer
	if err := r.Text(&text, "dev"); err != nil {
		t.Fatal(err)
	}
	if got := limit(t, r, "API Gateway, stage"); got.Verdict != "too low" || !strings.Contains(text.String(), ">100 %") || strings.Contains(text.String(), "Inf") {
		t.Errorf("%v in\n%s", got, text.String())
	}
	if r.MaxPerSecond != 0 || r.First != "API Gateway, stage" {
		t.Errorf("first %s fails, above %v", r.First, r.MaxPerSecond)
	}
}

// A stage that takes less than one event a second lets that many through.
func TestAStageBelowOneASecond(t *testing.T) {
	for throttle, want := range map[string]string{"0.5": "0.50", "0.29": "0.29", "0.999": "0.99", "0.019": "0.01", "0.005": "0.005", "0.0000019": "0.0000019", "0.00567": "0.0056", "1.5": "1"} {
		r := report(t, "dev", plan.Try{Rate: 1}, `"throttling_rate_limit": 1000`, `"throttling_rate_limit": `+throttle)
		var text bytes.Buffer
		if err := r.Text(&text, "dev"); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(text.String(), "Such events fit up to "+want+" a second. Then API Gateway, stage fails first.") {
			t.Errorf("a rate limit of %s, want %s:\n%s", throttle, want, text.String())
		}
	}
}

// A value that an apply would refuse has no plan.
func TestValuesWithoutAPlan(t *testing.T) {
	for _, test := range []struct{ old, with, want string }{
		{`"shard_count": 1`, `"shard_count": 0`, "aws_kinesis_stream: shard_count is 0; use a whole number of 1 to 10000"},
		{`"shard_count": 1`, `"shard_count": 1.5`, "aws_kinesis_stream: shard_count is 1.5; use a whole number of 1 to 10000"},
		{`"shard_count": 1,`, ``, "aws_kinesis_stream: shard_count is missing; use a whole number of 1 to 10000"},
		{`"retention_period": 24`, `"retention_period": 23`, "aws_kinesis_stream: retention_period is 23; use a whole number of 24 to 8760"},
		{`"buffering_interval": 60`, `"buffering_interval": 901`, "aws_kinesis_firehose_delivery_stream: buffering_interval is 901; use a whole number of 0 to 900"},
		{`"destination": "extended_s3"`, `"destination": "redshift"`, `aws_kinesis_firehose_delivery_stream: destination is "redshift"; a plan needs extended_s3`},
	} {
		if _, err := read(t, "dev", test.old, test.with); err == nil || err.Error() != test.want {
			t.Errorf("%s: %v, want %s", test.with, err, test.want)
		}
	}
}

func TestTooLow(t *testing.T) {
	r := report(t, "dev", plan.Try{Rate: 20_000})
	for name, want := range map[string]plan.Limit{
		"API Gateway, account and region": {Verdict: "quota", Remedy: `raise the quota "Throttle rate" (L-8A5B8E43) to at least 20000, or batches of at least 2`},
		"API Gateway, stage":              {Verdict: "too low", Remedy: "API.Throttle.RateLimit: at least 20000, or batches of at least 20"},
		"Kinesis, records in shards":      {Verdict: "too low", Remedy: "Stream.Capacity.Shards: at least 20"},
		"Kinesis, record":                 {Verdict: "holds"},
	} {
		if got := limit(t, r, name); got.Verdict != want.Verdict || got.Remedy != want.Remedy {
			t.Errorf("%s: %v", name, got)
		}
	}
	if r.MaxPerSecond != 1000 {
		t.Errorf("at most %v", r.MaxPerSecond)
	}
}

func TestRefused(t *testing.T) {
	pipeline, err := read(t, "staging")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pipeline.Report(plan.Try{Batch: 10}); err == nil || err.Error() != "the stack takes no batches, and a batch has 10 events; use 1, or set API.Batch" {
		t.Errorf("got %v", err)
	}
	wantLoad := "output.expected_load: peak_per_second, event_bytes and events_per_month must be above 0; correct them, or set Load and synthesise again"
	if _, err := read(t, "prod", `"peak_per_second": 500`, `"peak_per_second": 0`); err == nil || err.Error() != wantLoad {
		t.Errorf("got %v", err)
	}
	stack, err := tfjson.Read(strings.NewReader(`{"provider": {"aws": {"region": "us-east-1"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	want := "the stack has 0 resources of the type aws_api_gateway_stage; a plan needs one"
	if _, err := plan.Read(stack); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}

// The JSON has all that the text has.
func TestJSON(t *testing.T) {
	want := report(t, "prod", plan.Try{})
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got plan.Report
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
