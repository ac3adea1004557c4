package docs

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"cdk.tf/go/ingest/plan"
	"cdk.tf/go/ingest/spec"
)

// digit finds a number of Go code after a name.
func digit(t *testing.T, code, before string) int {
	t.Helper()
	found := regexp.MustCompile(regexp.QuoteMeta(before) + `([0-9_]+)`).FindStringSubmatch(code)
	if found == nil {
		return 0
	}
	number, err := strconv.Atoi(strings.ReplaceAll(found[1], "_", ""))
	if err != nil {
		t.Fatal(err)
	}
	return number
}

// Each environment of docs/scale.md is valid, so its limits hold its load, and with one shard less they do not. Package spec and
// package plan agree about it.
func TestTheEnvironmentsOfScaleAreValid(t *testing.T) {
	environments := blocks(t, "docs/scale.md", "go")
	if len(environments) != 4 {
		t.Fatalf("the page has %d environments, want 4", len(environments))
	}
	for _, block := range environments {
		env := spec.Default("scale")
		env.API.Batch = strings.Contains(block, "env.API.Batch = true")
		env.API.Throttle = spec.Throttle{RateLimit: float64(digit(t, block, "RateLimit: ")), BurstLimit: digit(t, block, "BurstLimit: ")}
		env.Stream.Capacity = spec.Provisioned(digit(t, block, "Provisioned("))
		env.Delivery.BufferMiB = digit(t, block, "BufferMiB = ")
		env.Logs.Execution = spec.LogErrors
		env.Load = spec.Load{
			PeakPerSecond: digit(t, block, "PeakPerSecond: "), EventBytes: digit(t, block, "EventBytes: "),
			EventsPerMonth: digit(t, block, "EventsPerMonth: "), BatchSize: digit(t, block, "BatchSize: "),
		}
		if err := env.Validate(); err != nil {
			t.Errorf("%v of\n%s", err, block)
		}
		smaller := env
		smaller.Stream.Capacity = spec.Provisioned(env.Stream.Capacity.Shards - 1)
		if err := smaller.Validate(); err == nil {
			t.Errorf("one shard less takes the load, too:\n%s", block)
		}
		sized, err := planOf(t, "dev").Sized(plan.Way{Rate: env.Load.PeakPerSecond * 4 / 5, Bytes: env.Load.EventBytes, Batch: max(1, env.Load.BatchSize)})
		if err != nil || sized.Shards != env.Stream.Capacity.Shards || sized.RateLimit != env.API.Throttle.RateLimit {
			t.Errorf("the plan has %d shards and a stage of %v, %v, for\n%s", sized.Shards, sized.RateLimit, err, block)
		}
	}
}
