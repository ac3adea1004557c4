package spec

import (
	"slices"
	"testing"
)

// expected is a change that declares a load of single events of 1,000 bytes, and another change.
func expected(perSecond int, changes ...func(e *Environment)) func(e *Environment) {
	return func(e *Environment) {
		e.Load = Load{PeakPerSecond: perSecond, EventBytes: 1000, EventsPerMonth: 1_000_000}
		e.API.Throttle = Throttle{RateLimit: 100_000, BurstLimit: 5000}
		e.Stream.Capacity = Provisioned(10)
		for _, change := range changes {
			change(e)
		}
	}
}

func inBatches(size int) func(e *Environment) {
	return func(e *Environment) { e.API.Batch, e.Load.BatchSize = true, size }
}

func TestLoadRefused(t *testing.T) {
	loaded := func(load Load) func(e *Environment) { return func(e *Environment) { e.Load = load } }
	testRefusals(t, []refusal{
		{"a rate alone", loaded(Load{PeakPerSecond: 10}), []string{
			`Load.EventBytes is 0; use 1 to 1048540`,
			`Load.EventsPerMonth is 0, of at most 26784000; use 1 to what Load.PeakPerSecond brings in 31 days`,
		}},
		{"one event too many", expected(10, func(e *Environment) { e.Load.EventsPerMonth = 26_784_001 }), []string{
			`Load.EventsPerMonth is 26784001, of at most 26784000; use 1 to what Load.PeakPerSecond brings in 31 days`,
		}},
		{"each field too small", loaded(Load{-1, -1, -1, -1, -1}), []string{
			`Load.PeakPerSecond is -1; use 1 to 10000000`,
			`Load.EventBytes is -1; use 1 to 1048540`,
			`Load.EventsPerMonth is -1, of at most 2678400; use 1 to what Load.PeakPerSecond brings in 31 days`,
			`Load.BatchSize is -1; use 0 to 500`,
			`Load.Keys is -1; use 0 to 1000000000`,
		}},
		{"each field too large", func(e *Environment) {
			e.API.PartitionKey = PartitionByJSONPath("$.user")
			e.API.Batch = true
			e.Load = Load{10_000_001, 1_048_541, 26_784_000_000_001, 501, 1_000_000_001}
		}, []string{
			`Load.PeakPerSecond is 10000001; use 1 to 10000000`,
			`Load.EventBytes is 1048541; use 1 to 1048540`,
			`Load.EventsPerMonth is 26784000000001, of at most 26784000000000; use 1 to what Load.PeakPerSecond brings in 31 days`,
			`Load.BatchSize is 501; use 0 to 500`,
			`Load.Keys is 1000000001; use 0 to 1000000000`,
		}},
		{"batches without API.Batch", expected(10, inBatches(100), func(e *Environment) { e.API.Batch = false }),
			[]string{`Load.BatchSize is 100 and API.Batch is false; use 1, or set API.Batch`}},
		{"keys of request IDs", expected(10, func(e *Environment) { e.Load.Keys = 3 }),
			[]string{`Load.Keys is set and each request ID is a key of its own; use 0, or another API.PartitionKey`}},
		{"the stage", expected(1200, func(e *Environment) { e.API.Throttle.RateLimit = 1000 }), []string{
			`API.Throttle.RateLimit does not hold Load: API Gateway, stage takes 1000 requests/s and needs 1200; use at least 1200`,
		}},
		{"a stage below one request a second", expected(1, func(e *Environment) { e.API.Throttle.RateLimit = 0.005 }), []string{
			`API.Throttle.RateLimit does not hold Load: API Gateway, stage takes 0.005 requests/s and needs 1; use at least 1`,
		}},
		{"the stage, where batches would do", expected(1200, inBatches(1), func(e *Environment) { e.API.Throttle.RateLimit = 500 }), []string{
			`API.Throttle.RateLimit does not hold Load: API Gateway, stage takes 500 requests/s and needs 1200; use at least 1200, or a Load.BatchSize of at least 3`,
		}},
		{"records in shards", expected(2500, func(e *Environment) { e.Stream.Capacity = Provisioned(2) }), []string{
			`Stream.Capacity.Shards does not hold Load: Kinesis, records in shards takes 2000 records/s and needs 2500; use at least 3`,
			`Stream.Capacity.Shards does not hold Load: Kinesis, bytes in shards takes 2097152 bytes/s and needs 2590000; use at least 3`,
		}},
		{"shards by bytes", expected(100, func(e *Environment) { e.Load.EventBytes, e.Stream.Capacity = 50_000, Provisioned(4) }), []string{
			`Stream.Capacity.Shards does not hold Load: Kinesis, bytes in shards takes 4194304 bytes/s and needs 5003600; use at least 5`,
		}},
		{"few keys that spread unevenly", expected(1800, func(e *Environment) {
			e.API.PartitionKey, e.Load.Keys, e.Stream.Capacity = PartitionByJSONPath("$.shop"), 3, Provisioned(2)
		}), []string{
			// Two of the three keys are on one shard: 1,200 of 1,800 records.
			`Stream.Capacity.Shards does not hold Load: Kinesis, records in shards takes 2000 records/s and needs 2400; use at least 3`,
			`Stream.Capacity.Shards does not hold Load: Kinesis, bytes in shards takes 2097152 bytes/s and needs 2486400; use at least 3`,
		}},
		{"too few keys for any number of shards", expected(2500, func(e *Environment) {
			e.API.PartitionKey, e.Load.Keys = PartitionByJSONPath("$.shop"), 2
		}), []string{
			`Load.Keys does not hold Load: Kinesis, records in shards takes 10000 records/s and needs 12500; use at least 3`,
			`Load.Keys does not hold Load: Kinesis, bytes in shards takes 10485760 bytes/s and needs 12950000; use at least 3`,
		}},
		{"a hot key on demand", expected(2500, func(e *Environment) {
			e.API.PartitionKey, e.Load.Keys, e.Stream.Capacity = PartitionByJSONPath("$.shop"), 2, OnDemand()
		}), []string{`Load.Keys does not hold Load: Kinesis, records of each key takes 2000 records/s and needs 2500; use at least 3`}},
		{"a body", expected(10, inBatches(500), func(e *Environment) { e.Load.EventBytes = 30_000 }), []string{
			`Load.BatchSize does not hold Load: API Gateway, body takes 10485760 bytes and needs 15000512; use at most 349`,
			`Load.BatchSize does not hold Load: Kinesis, one call takes 10485760 bytes and needs 15018000; use at most 349`,
		}},
		{"a body before the firewall", expected(10, inBatches(100), func(e *Environment) { e.Firewall.Enabled = true }), []string{
			`Load.BatchSize does not hold Load: Firewall, body takes 65536 bytes and needs 100112; use at most 65`,
		}},
		{"one event before the firewall", expected(10, func(e *Environment) { e.Firewall.Enabled, e.Load.EventBytes = true, 70_000 }), []string{
			`Load.EventBytes does not hold Load: Firewall, body takes 65536 bytes and needs 70000; use at most 65536`,
		}},
		{"keys of clients", expected(100, func(e *Environment) {
			e.API.Authorization = AuthorizeAPIKey(UsagePlan{Keys: []string{"a", "b"}, RateLimit: 20, BurstLimit: 20, Quota: 10_000, QuotaPeriod: PerDay})
		}), []string{
			`API.Authorization.UsagePlan.RateLimit does not hold Load: Usage plan, all keys takes 40 requests/s and needs 100; use at least 50`,
			`API.Authorization.UsagePlan.Quota does not hold Load: Usage plan, quota of all keys takes 20000 requests a day and needs 32877; use at least 16439`,
		}},
		{"a query of an hour", expected(1000, func(e *Environment) {
			e.Query.Enabled, e.Query.ScanLimitMiB, e.Load.EventsPerMonth = true, 100, 730_000_000
		}), []string{`Query.ScanLimitMiB does not hold Load: Athena, one hour of events takes 104857600 bytes and needs 1000000000; use at least 954`}},
	})
	testAcceptances(t, []acceptance{
		{"no load", loaded(Load{})},
		{"as many events as a month of the peak has", expected(10, func(e *Environment) { e.Load.EventsPerMonth = 26_784_000 })},
		{"one event a month", expected(1, func(e *Environment) { e.Load.EventsPerMonth, e.Load.EventBytes = 1, 1 })},
		{"the largest batch", expected(1000, inBatches(500))},
		{"exactly the stage", expected(1000, func(e *Environment) { e.API.Throttle.RateLimit = 1000 })},
		{"exactly the shards", expected(10_000)},
		{"batches", expected(5000, inBatches(100), func(e *Environment) { e.API.Throttle.RateLimit = 50 })},
		{"a quota of the account, which is a warning", expected(20_000, func(e *Environment) { e.Stream.Capacity = Provisioned(20) })},
		{"compressed objects", expected(1000, func(e *Environment) {
			e.Query.Enabled, e.Query.ScanLimitMiB, e.Load.EventsPerMonth, e.Delivery.Compression = true, 100, 730_000_000, GZIP
		})},
	})
}

// What needs a quota raised is a warning with the quota's name and code.
func TestLoadWarnings(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(e *Environment)
		want   []string
	}{
		{"nothing", expected(1000), nil},
		{"the account's rate", expected(20_000, inBatches(1), func(e *Environment) { e.Stream.Capacity = Provisioned(40) }), []string{
			`Load exceeds a limit: API Gateway, account and region takes 10000 requests/s and needs 20000; ` +
				`raise the quota "Throttle rate" (L-8A5B8E43 in Service Quotas) to at least 20000, or use a Load.BatchSize of at least 2`,
		}},
		{"the account's rate in a newer region", expected(3000, func(e *Environment) { e.Region = "eu-south-2" }), []string{
			`Load exceeds a limit: API Gateway, account and region takes 2500 requests/s and needs 3000; ` +
				`raise the quota "Throttle rate" (L-8A5B8E43 in Service Quotas) to at least 3000`,
		}},
		{"the account's shards", expected(10, func(e *Environment) { e.Region, e.Stream.Capacity = "eu-central-1", Provisioned(1500) }), []string{
			`Load exceeds a limit: Kinesis, shards of the account and region takes 1000 shards and needs 1500; ask AWS to raise the quota "shards of an account" to at least 1500`,
		}},
		{"a new stream on demand", expected(6000, func(e *Environment) { e.Stream.Capacity = OnDemand() }), []string{
			`Load exceeds a limit: Kinesis, a new stream on demand takes 4194304 bytes/s and needs 6291456; raise the traffic step by step: the stream takes twice its peak of the last 30 days`,
		}},
		{"any stream on demand", expected(5000, inBatches(10), func(e *Environment) {
			e.Region, e.Stream.Capacity, e.Load.EventBytes = "eu-central-1", OnDemand(), 50_000
		}), []string{
			`Load exceeds a limit: Kinesis, a new stream on demand takes 4194304 bytes/s and needs 250180000; raise the traffic step by step: the stream takes twice its peak of the last 30 days`,
			`Load exceeds a limit: Kinesis, a stream on demand takes 209715200 bytes/s and needs 250180000; ` +
				`ask AWS to raise the quota "write throughput of an on-demand stream" to at least 250180000 bytes/s`,
		}},
	} {
		env := Default("dev")
		test.change(&env)
		checkError(t, env.Validate(), "")
		if got := quotas(env); !slices.Equal(got, test.want) {
			t.Errorf("%s:\n got %q\nwant %q", test.name, got, test.want)
		}
	}
}
