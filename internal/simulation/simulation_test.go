package simulation

import (
	"fmt"
	"math"
	"testing"
	"time"

	"cdk.tf/go/ingest/internal/capacity"
	"cdk.tf/go/ingest/local/kinesis"
)

// wide takes all that these tests send, unless a test changes it.
var wide = Pipeline{RateLimit: 1_000_000, BurstLimit: 1_000_000, Shards: 1000, BufferBytes: 1 << 20, BufferInterval: time.Minute}

func limitedTo(change func(p *Pipeline)) Pipeline { p := wide; change(&p); return p }

// Without retries, the share of 429s follows from the limit: it takes its rate, and at the start what its bucket holds.
func TestShares(t *testing.T) {
	for _, test := range []struct {
		name     string
		pipeline Pipeline
		traffic  Traffic
		accepted float64 // in 100 seconds
	}{
		{"all", wide, Traffic{Rate: 1000, EventBytes: 100}, math.Inf(1)},
		{"the stage", limitedTo(func(p *Pipeline) { p.RateLimit, p.BurstLimit = 200, 5000 }), Traffic{Rate: 1000, EventBytes: 100}, 25_000},
		{"a shard's records", limitedTo(func(p *Pipeline) { p.Shards = 1 }), Traffic{Rate: 1500, EventBytes: 100}, 101_000},
		{"a shard's bytes", limitedTo(func(p *Pipeline) { p.Shards = 1 }), Traffic{Rate: 20, EventBytes: 100_000}, 101 * (1 << 20) / (100_000. + capacity.KeyBytes)},
		{"one key", limitedTo(func(p *Pipeline) { p.Shards = 10 }), Traffic{Rate: 1500, Keys: 1, EventBytes: 100}, 101_000},
		{"bursts", limitedTo(func(p *Pipeline) { p.RateLimit, p.BurstLimit = 100, 50 }), Traffic{Rate: 50, Times: 10, Every: 10 * time.Second, Lasts: time.Second, EventBytes: 100}, 10*(100+50) + 90*50},
	} {
		test.traffic.Seed, test.traffic.For = 7, 100*time.Second
		got := Run(test.pipeline, test.traffic)
		want := max(0, 1-test.accepted/float64(got.Events))
		if math.Abs(got.Share()-want) > 0.02*want {
			t.Errorf("%s: %.4f of the answers are 429, want %.4f", test.name, got.Share(), want)
		}
		if got.Answers != got.Events || got.GivenUp != got.Throttled || got.ByStage+got.ByShards != got.Throttled {
			t.Errorf("%s: %+v", test.name, got)
		}
	}
}

// Each event arrives or is given up, and a retry is an answer more.
func TestRetries(t *testing.T) {
	traffic := Traffic{Seed: 3, For: 20 * time.Second, Rate: 1000, Times: 3, Every: 10 * time.Second, Lasts: 3 * time.Second, EventBytes: 100, Tries: 6}
	p := limitedTo(func(p *Pipeline) { p.Shards = 1 })
	m := newModel(p)
	arrived := map[int]bool{}
	outcome := Play(traffic, func(at time.Duration, events []Event) []bool {
		accepted := make([]bool, len(events))
		for i, event := range events {
			if accepted[i] = m.send(at, event, traffic.EventBytes); accepted[i] && arrived[event.ID] {
				t.Errorf("the event %d arrives twice", event.ID)
			}
			arrived[event.ID] = arrived[event.ID] || accepted[i]
			if event.Tries > 0 && at-event.First < retryAfter {
				t.Errorf("the event %d comes again after %s", event.ID, at-event.First)
			}
		}
		return accepted
	})
	took := 0
	for _, accepted := range arrived {
		if accepted {
			took++
		}
	}
	if took+outcome.GivenUp != outcome.Events || took+outcome.Throttled != outcome.Answers {
		t.Errorf("%d events arrive of %+v", took, outcome)
	}
	traffic.Tries = 1
	if once := Run(p, traffic); once.GivenUp <= outcome.GivenUp || once.Events != outcome.Events {
		t.Errorf("with retries %d of %d events are given up, without %d of %d", outcome.GivenUp, outcome.Events, once.GivenUp, once.Events)
	}
}

func TestTheSeedAloneDecides(t *testing.T) {
	traffic := Traffic{Seed: 1, For: 10 * time.Second, Rate: 1500, Hot: 20, Keys: 50, EventBytes: 100, Tries: 3}
	p := limitedTo(func(p *Pipeline) { p.Shards = 2 })
	first := Run(p, traffic)
	if again := Run(p, traffic); again != first {
		t.Errorf("a second run differs: %+v, %+v", first, again)
	}
	traffic.Seed = 2
	if other := Run(p, traffic); other == first {
		t.Error("another seed changes nothing")
	}
}

// The waits of docs/clients.md and of the page's test: Retry-After or half the bound, and up to half the bound more.
func TestWaits(t *testing.T) {
	traffic := Traffic{Seed: 1}
	for tries, want := range map[int]struct{ least, most time.Duration }{
		1: {time.Second, 1250 * time.Millisecond}, 3: {time.Second, 2 * time.Second}, 4: {2 * time.Second, 4 * time.Second}, 20: {10 * time.Second, 20 * time.Second},
	} {
		least, most := time.Hour, time.Duration(0)
		for id := range 2000 {
			wait := traffic.wait(Event{ID: id, Tries: tries})
			least, most = min(least, wait), max(most, wait)
		}
		if slack := want.most / 100; least < want.least || least > want.least+slack || most > want.most || most < want.most-slack {
			t.Errorf("after try %d a client waits %s to %s, want %s to %s", tries, least, most, want.least, want.most)
		}
	}
}

func TestBuckets(t *testing.T) {
	take := func(b *bucket, at time.Duration) (taken int) {
		for b.has(at, 1) {
			b.take(1)
			taken++
		}
		return taken
	}
	b := newBucket(1000, 500)
	for _, test := range []struct {
		at   time.Duration
		want int
	}{{0, 500}, {0, 0}, {time.Millisecond, 1}, {100 * time.Millisecond, 99}, {10 * time.Second, 500}, {1e6 * time.Hour, 500}} {
		if got := take(b, test.at); got != test.want {
			t.Errorf("at %s the bucket has %d tokens, want %d", test.at, got, test.want)
		}
	}
}

// A key goes to the shard to which local/kinesis maps it.
func TestShardsOfKeys(t *testing.T) {
	for _, shards := range []int{1, 2, 3, 4, 7, 1250} {
		place := kinesis.Placer(shards)
		for i := range 2000 {
			if key := fmt.Sprintf("key-%d", i); shardOf(key, shards) != place(key) {
				t.Errorf("of %d shards, %s goes to %d, want %d", shards, key, shardOf(key, shards), place(key))
			}
		}
	}
}

func TestDelivery(t *testing.T) {
	d := delivery{size: 100, interval: time.Minute}
	for _, record := range []struct {
		at    time.Duration
		bytes int
	}{{0, 60}, {time.Second, 40}, {2 * time.Second, 10}, {70 * time.Second, 10}} {
		d.accept(record.at, record.at, record.bytes)
	}
	d.end()
	want := []time.Duration{time.Second, 0, time.Minute, time.Minute} // full, and twice the interval
	if fmt.Sprint(d.lags) != fmt.Sprint(want) || d.objects != 3 {
		t.Errorf("%d objects after %v, want 3 after %v", d.objects, d.lags, want)
	}
}

// A key of each event's own is as long as a request ID.
func TestKeysAreAsLongAsRequestIDs(t *testing.T) {
	Play(Traffic{For: time.Second, Rate: 100}, func(_ time.Duration, events []Event) []bool {
		for _, event := range events {
			if len(event.Key) != capacity.KeyBytes {
				t.Errorf("%s has %d bytes", event.Key, len(event.Key))
			}
		}
		return make([]bool, len(events))
	})
}
