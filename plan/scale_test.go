package plan_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cdk.tf/go/ingest/plan"
)

func sized(t *testing.T, name string, way plan.Way) plan.Sized {
	t.Helper()
	pipeline, err := read(t, name)
	if err != nil {
		t.Fatal(err)
	}
	s, err := pipeline.Sized(way)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// 1,000 bytes and a key of 36 fill a shard's 1,000 records a second before its 1 MiB, and 1,024 bytes do not.
func TestSized(t *testing.T) {
	throttle := func(need float64) []plan.Quota {
		return []plan.Quota{{Name: "Throttle rate", Code: "L-8A5B8E43", Need: need}}
	}
	for _, test := range []struct {
		name             string
		way              plan.Way
		shards, accounts int
		stage, within    float64
		ends             string
		quotas           []plan.Quota
	}{
		{"single", plan.Way{Rate: 1000, Bytes: 1000}, 2, 1, 1250, 10_000, "API Gateway, account and region", nil},
		{"more than an account", plan.Way{Rate: 10_000, Bytes: 1000}, 13, 2, 12_500, 10_000, "API Gateway, account and region", throttle(12500)},
		{"bytes", plan.Way{Rate: 80_000, Bytes: 1024, Batch: 100}, 102, 1, 1000, 1_000_000, "API Gateway, account and region", nil},
		{"a batch at an account's end", plan.Way{Rate: 1_000_000, Bytes: 1000, Batch: 100}, 1250, 2, 12_500, 1_000_000, "API Gateway, account and region", throttle(12500)},
		{"on demand", plan.Way{Rate: 1000, Bytes: 1000, Batch: 500, OnDemand: true}, 0, 1, 100, 5_000_000, "API Gateway, account and region", nil},
		{"a newer region", plan.Way{Rate: 4000, Bytes: 1000, Region: "eu-central-2"}, 5, 2, 5000, 2500, "API Gateway, account and region", throttle(5000)},
		{"a region with fewer shards", plan.Way{Rate: 1_000_000, Bytes: 1000, Batch: 500, Region: "eu-central-1"}, 1250, 1, 2500, 1_000_000,
			"Kinesis, shards of the account and region", []plan.Quota{{Name: "shards of an account", Need: 1250}}},
	} {
		got := sized(t, "dev", test.way)
		if got.Shards != test.shards || got.Accounts != test.accounts || got.RateLimit != test.stage || math.Abs(got.Within-test.within) > 1e-6 || got.Ends != test.ends {
			t.Errorf("%s: %d shards, %d accounts, a stage of %v, within %v by %s", test.name, got.Shards, got.Accounts, got.RateLimit, got.Within, got.Ends)
		}
		if diff := cmp.Diff(test.quotas, got.Quotas); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
		for _, limit := range got.Report.Limits {
			if limit.Verdict == "too low" {
				t.Errorf("%s: %s is too low", test.name, limit.Name)
			}
		}
	}
}

// The bill is of the average and not of the peak: 2,628 million requests at 3.50 up to 333 million, 2.80 up to a billion, and 2.38.
func TestTheBillOfASizedEnvironment(t *testing.T) {
	r := sized(t, "dev", plan.Way{Rate: 1000, Bytes: 1000, BufferMiB: 128}).Report
	for name, want := range map[string]float64{
		"Shard hours":                 2 * 730 * 0.015,
		"REST API requests":           333*3.50 + 667*2.80 + 1628*2.38,
		"Firehose data from a stream": 2628e6 * 5120 / (1 << 30) * 0.029,
		"S3 PUT requests":             43_800 / 1000. * 0.005, // one a minute holds 57 MiB
	} {
		if got := line(t, r, name).Dollars; math.Abs(got-want) > 1e-6 {
			t.Errorf("%s costs %v, want %v", name, got, want)
		}
	}
	if r.Load.PeakPerSecond != 1250 || r.Load.EventsPerMonth != 2628e6 {
		t.Errorf("the load is %v", r.Load)
	}
}

func TestNoStreamIsLargeEnough(t *testing.T) {
	pipeline, err := read(t, "dev")
	if err != nil {
		t.Fatal(err)
	}
	const want = "a stream of 10000 shards does not take 12500000 events/s of 1000 bytes; split the load over several streams"
	if _, err := pipeline.Sized(plan.Way{Rate: 10_000_000, Bytes: 1000, Batch: 500}); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
