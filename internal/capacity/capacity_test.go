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

// The numbers of shards are those of whole numbers: no fraction of a key or a record decides. Peaks that fill keys or shards exactly
// are among them, as are those a record above and below.
func TestTheLeastShardsOfManyLoads(t *testing.T) {
	holds := func(peak, keys, n, limit int) bool { return ((keys+n-1)/n)*peak <= limit*keys }
	try := func(peak, keys int) {
		l := load(func(l *Load) { l.PeakPerSecond, l.Keys, l.EventBytes = float64(peak), keys, 1 })
		least, ok := LeastShards(l)
		if possible := peak <= 1000*keys; ok != possible {
			t.Errorf("%d records/s with %d keys: LeastShards finds a number: %t, want %t", peak, keys, ok, possible)
		}
		if ok && (!holds(peak, keys, least, 1000) || least > 1 && holds(peak, keys, least-1, 1000)) {
			t.Errorf("%d records/s with %d keys: %d shards are not the least", peak, keys, least)
		}
		for _, n := range []int{1, 2, 7, max(1, least-1), max(1, least), least + 1, keys} {
			hop := hopOf(t, with(standard, func(s *Shape) { s.Shards = n }), l, "Kinesis, records in shards")
			if hop.Fits() != holds(peak, keys, n, 1000) || ok && hop.Need != "at least "+strconv.Itoa(least) {
				t.Errorf("%d records/s with %d keys on %d shards: use %v of %v fits: %t; need %s", peak, keys, n, hop.Use, hop.Limit, hop.Fits(), hop.Need)
			}
		}
	}
	for keys := 1; keys <= 120; keys++ {
		for _, times := range []int{1, 2, 10} {
			for _, off := range []int{-1, 0, 1} {
				try(max(1, keys*1000/times+off), keys)
			}
		}
		for n := 1; n <= 20; n++ { // as many records as fill the fullest of n shards
			if fullest := (keys + n - 1) / n; keys*1000%fullest == 0 {
				try(keys*1000/fullest, keys)
				try(keys*1000/fullest+1, keys)
			}
		}
	}
	for _, keys := range []int{999_999_937, 1_000_000_000} {
		try(10_000_000, keys)
	}
}

func hopOf(t *testing.T, s Shape, l Load, name string) Hop {
	t.Helper()
	hops := Hops(s, l)
	i := slices.IndexFunc(hops, func(h Hop) bool { return h.Name == name })
	if i < 0 {
		t.Fatalf("no limit is named %s", name)
	}
	return hops[i]
}

// A limit that a load just reaches holds it, and the next record does not fit. In floating point most of these are a hair above.
func TestExactlyFull(t *testing.T) {
	keys := UsagePlan{Keys: 7, RateLimit: 0.7, Quota: 3, Period: "DAY"}
	for _, test := range []struct {
		name  string
		shape Shape
		load  Load
		need  string
	}{
		{"Kinesis, records in shards", with(standard, func(s *Shape) { s.Shards = 7 }), load(func(l *Load) { l.PeakPerSecond, l.Keys = 5800, 29 }), "at least 6"},
		{"Kinesis, records in shards", with(standard, func(s *Shape) { s.Shards = 13 }), load(func(l *Load) { l.PeakPerSecond, l.Keys = 10_600, 53 }), "at least 11"},
		{"Kinesis, records in shards", with(standard, func(s *Shape) { s.Shards = 14 }), load(func(l *Load) { l.PeakPerSecond, l.Keys = 11_600, 58 }), "at least 12"},
		{"Kinesis, records in shards", with(standard, func(s *Shape) { s.Shards = 75 }), load(func(l *Load) { l.PeakPerSecond, l.Keys = 75_000, 75 }), "at least 75"},
		{"Kinesis, records of each key", with(standard, func(s *Shape) { s.Shards = 0 }), load(func(l *Load) { l.PeakPerSecond, l.Keys = 75_000, 75 }), "at least 75"},
		{"Usage plan, all keys", with(standard, func(s *Shape) { s.Plan = keys }), load(func(l *Load) { l.PeakPerSecond, l.BatchSize = 49, 10 }), "at least 1"},
		{"Usage plan, quota of all keys", with(standard, func(s *Shape) { s.Plan = keys }), load(func(l *Load) { l.EventsPerMonth = 21 * 730 / 24. }), "at least 3"},
		{"Athena, one hour of events", with(standard, func(s *Shape) { s.ScanLimit = 3 }), load(func(l *Load) { l.EventsPerMonth, l.EventBytes = 219, 10 }), "at least 1"},
	} {
		hop := hopOf(t, test.shape, test.load, test.name)
		if !hop.Fits() || hop.Use > hop.Limit || hop.Need != test.need {
			t.Errorf("%s: needs %v of %v, %s; want that it fits, and %s", test.name, hop.Use, hop.Limit, hop.Need, test.need)
		}
		more := test.load
		more.PeakPerSecond++
		more.EventsPerMonth *= 1.2
		if hop := hopOf(t, test.shape, more, test.name); hop.Fits() {
			t.Errorf("%s: one more record a second fits", test.name)
		}
	}
}

// A hop of another package's making has no fractions.
func TestAHopWithoutFractions(t *testing.T) {
	if !(Hop{}).Fits() || !(Hop{Limit: 1, Use: 1}).Fits() || (Hop{Limit: 1, Use: 2}).Fits() {
		t.Error("a hop of two numbers does not compare them")
	}
}

// The rate at which a limit ends is exact, so that its whole part is.
func TestMaxRateIsExact(t *testing.T) {
	for keys := 1; keys <= 200; keys++ {
		s := with(standard, func(s *Shape) { s.Shards, s.RateLimit = keys, -1 })
		for _, peak := range []float64{1, 3, 700, 5800} {
			if got, _ := MaxRate(s, load(func(l *Load) { l.PeakPerSecond, l.Keys = peak, keys })); got != min(10_000, float64(keys)*1000) {
				t.Errorf("%v records/s of %d keys on as many shards fit up to %v", peak, keys, got)
			}
		}
	}
}

// Up to the highest rate every limit holds that counts, those of a day, a month and an hour of events too. Above it the named one does not.
func TestMaxRateHoldsEveryLimit(t *testing.T) {
	keys := UsagePlan{Keys: 2, RateLimit: 10, Quota: 100, Period: "DAY"}
	for _, test := range []struct {
		shape Shape
		first string
	}{
		{standard, "Kinesis, records in shards"},
		{with(standard, func(s *Shape) { s.Plan = keys }), "Usage plan, quota of all keys"},
		{with(standard, func(s *Shape) { s.Plan = keys; s.Plan.Quota, s.Plan.Period = 1e9, "MONTH" }), "Usage plan, all keys"},
		{with(standard, func(s *Shape) { s.ScanLimit = 1 << 20 }), "Athena, one hour of events"},
	} {
		most, first := MaxRate(test.shape, single)
		if first.Name != test.first {
			t.Errorf("%s fails first, want %s", first.Name, test.first)
		}
		for _, hop := range Hops(test.shape, single.At(most*0.999)) {
			if !hop.Fits() && hop.Kind != Growing && hop.Kind != Each {
				t.Errorf("%s does not hold %v a second", hop.Name, most)
			}
		}
		if hopOf(t, test.shape, single.At(most*1.001), first.Name).Fits() {
			t.Errorf("%s holds more than %v a second", first.Name, most)
		}
	}
}

// A load that fills its month stays within the longest month at each other peak.
func TestAnotherPeak(t *testing.T) {
	for from := 1.0; from < 300; from++ {
		for to := 1.0; to < 300; to++ {
			l := Load{PeakPerSecond: from, EventsPerMonth: from * LongestMonth}.At(to)
			if l.PeakPerSecond != to || l.EventsPerMonth != to*LongestMonth {
				t.Fatalf("%v events/s at %v a second are %v a month, want %v", from, to, l.EventsPerMonth, to*LongestMonth)
			}
		}
	}
}

// What is below a limit of 0 is nothing, and no batch helps.
func TestAThrottleOfNothing(t *testing.T) {
	hop := hopOf(t, with(standard, func(s *Shape) { s.RateLimit, s.Batch = 0, true }), single, "API Gateway, stage")
	if hop.Fits() || hop.Batch != 0 || hop.Need != "at least 500" {
		t.Errorf("a throttle of 0 is %+v", hop)
	}
	if rate, first := MaxRate(with(standard, func(s *Shape) { s.RateLimit = 0 }), single); rate != 0 || first.Name != hop.Name {
		t.Errorf("a throttle of 0 lets %v through, by %s", rate, first.Name)
	}
}

// A plan without a quota has no limit by the month.
func TestAPlanWithoutAQuota(t *testing.T) {
	for _, hop := range Hops(with(standard, func(s *Shape) { s.Plan = UsagePlan{Keys: 2, RateLimit: 10, Period: "DAY"} }), single) {
		if strings.Contains(hop.Name, "quota") {
			t.Errorf("a plan without a quota has the limit %s", hop.Name)
		}
	}
}

// The quotas of the regions are those of AWS's tables.
func TestRegions(t *testing.T) {
	const account, shards, stream = AccountRequests, "Kinesis, shards of the account and region", "Kinesis, a stream on demand"
	for _, test := range []struct {
		requests, shards, stream float64
		regions                  string
	}{
		{10_000, 20_000, 10 << 30, "us-east-1 us-west-2 eu-west-1"},
		{10_000, 1000, 200 << 20, "us-east-2 us-west-1 eu-central-1 eu-north-1 ap-northeast-1 sa-east-1 ca-central-1"},
		{2500, 1000, 200 << 20, "af-south-1 eu-south-1 ap-southeast-3 me-central-1 ap-south-2 ap-southeast-4 eu-south-2 eu-central-2 " +
			"il-central-1 ca-west-1 ap-southeast-5 ap-southeast-7 mx-central-1"},
	} {
		for region := range strings.FieldsSeq(test.regions) {
			s := with(standard, func(s *Shape) { s.Region = region })
			unbounded := with(s, func(s *Shape) { s.Shards = 0 })
			for _, limit := range []struct {
				name string
				of   Shape
				want float64
			}{{account, s, test.requests}, {shards, s, test.shards}, {stream, unbounded, test.stream}} {
				if got := hopOf(t, limit.of, single, limit.name).Limit; got != limit.want {
					t.Errorf("%s: the limit %s is %v, want %v", region, limit.name, got, limit.want)
				}
			}
		}
	}
}

// Each key has a shard to itself at best, which takes so many records and so many bytes.
func TestAKeyOnDemand(t *testing.T) {
	s := with(standard, func(s *Shape) { s.Shards = 0 })
	for _, test := range []struct {
		name, need string
		bytes      int
	}{{"Kinesis, records of each key", "at least 3", 1000}, {"Kinesis, bytes of each key", "at least 24", 10_000}} {
		hop := hopOf(t, s, load(func(l *Load) { l.PeakPerSecond, l.EventBytes, l.Keys = 2500, test.bytes, 2 }), test.name)
		if hop.Fits() || hop.Option != "Load.Keys" || hop.Need != test.need {
			t.Errorf("%s: %+v", test.name, hop)
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
