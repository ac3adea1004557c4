package capacity

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// standard takes 1,000 single events/s of 1,000 bytes, and no more.
var (
	standard = Shape{Region: "us-east-1", RateLimit: 2000, Shards: 1, BufferBytes: 1 << 20, BufferInterval: time.Minute}
	single   = Load{PeakPerSecond: 500, EventBytes: 1000, EventsPerMonth: 1_000_000, BatchSize: 1}
)

func with(s Shape, change func(s *Shape)) Shape { change(&s); return s }

func load(change func(l *Load)) Load { l := single; change(&l); return l }

// The highest rate is that of the limit that ends first, whatever the present rate is.
func TestMaxRate(t *testing.T) {
	for _, test := range []struct {
		name  string
		shape Shape
		load  Load
		want  float64
		first string
	}{
		{"records", standard, single, 1000, "Kinesis, records in shards"},
		{"another rate", standard, load(func(l *Load) { l.PeakPerSecond = 7000 }), 1000, "Kinesis, records in shards"},
		{"bytes", standard, load(func(l *Load) { l.EventBytes = 8156 }), 128, "Kinesis, bytes in shards"},
		{"the stage", with(standard, func(s *Shape) { s.RateLimit = 100 }), single, 100, "API Gateway, stage"},
		{"batches", with(standard, func(s *Shape) { s.RateLimit, s.Batch, s.Shards = 100, true, 100 }), load(func(l *Load) { l.BatchSize = 10 }), 1000, "API Gateway, stage"},
		{"the account", with(standard, func(s *Shape) { s.RateLimit, s.Shards = 50_000, 50 }), single, 10_000, "API Gateway, account and region"},
		{"keys of clients", with(standard, func(s *Shape) { s.Plan = UsagePlan{Keys: 3, RateLimit: 10} }), single, 30, "Usage plan, all keys"},
		{"keys on shards", with(standard, func(s *Shape) { s.Shards = 2 }), load(func(l *Load) { l.Keys = 3 }), 1500, "Kinesis, records in shards"},
		{"growth does not end it", with(standard, func(s *Shape) { s.Shards = 0 }), single, 2000, "API Gateway, stage"},
	} {
		got, first := MaxRate(test.shape, test.load)
		if math.Abs(got-test.want) > 1e-6 || first.Name != test.first {
			t.Errorf("%s: %v, and then %s fails; want %v, %s", test.name, got, first.Name, test.want, test.first)
		}
	}
}

// The shards that a limit asks for hold the load, and one less does not. Where no number of shards does, it asks for keys.
func TestTheShardsThatAreNeeded(t *testing.T) {
	records := func(shards int, l Load) Hop {
		hops := Hops(with(standard, func(s *Shape) { s.Shards = shards }), l)
		return hops[slices.IndexFunc(hops, func(h Hop) bool { return h.Name == "Kinesis, records in shards" })]
	}
	for keys := range 30 {
		for _, rate := range []float64{1001, 4321, 19_999} {
			l := load(func(l *Load) { l.PeakPerSecond, l.Keys = rate, keys })
			hop := records(1, l)
			needed, err := strconv.Atoi(strings.TrimPrefix(hop.Need, "at least "))
			if err != nil {
				t.Fatal(err)
			}
			if hop.Option == "Load.Keys" {
				if records(10_000, l).Fits() || rate/float64(needed) > 1000 || rate/float64(needed-1) <= 1000 {
					t.Errorf("%v records/s with %d keys need %d keys", rate, keys, needed)
				}
				continue
			}
			if hop.Fits() || !records(needed, l).Fits() || records(needed-1, l).Fits() {
				t.Errorf("%v records/s with %d keys need %d shards", rate, keys, needed)
			}
		}
	}
}

func TestObjects(t *testing.T) {
	for _, test := range []struct {
		name string
		load Load
		want float64
	}{
		{"one for each event", load(func(l *Load) { l.EventsPerMonth = 10 }), 10},
		{"one a minute", single, 43_800},
		{"one for each full buffer", load(func(l *Load) { l.EventsPerMonth = 1 << 30 }), 1_024_000},
	} {
		if got := Objects(standard, test.load); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}
