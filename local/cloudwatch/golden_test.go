package cloudwatch

import (
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/internal/goldens"
	"cdk.tf/go/ingest/local/apigateway"
	"cdk.tf/go/ingest/local/firehose"
	"cdk.tf/go/ingest/local/kinesis"
	"cdk.tf/go/ingest/tfjson"
)

// world is an environment's alarms over what its services would measure.
type world struct {
	clock    *clockwork.FakeClock
	watch    *Watch
	api      func(apigateway.Measured)
	stage    string
	stream   *StreamMetrics
	name     string // of the stream
	delivery firehose.Measures
	prefix   string // of the alarms' names
	changes  []Change
}

// synthesised opens the alarms of an environment from its JSON.
func synthesised(t *testing.T, env string) *world {
	t.Helper()
	written, err := tfjson.ReadFile(goldens.File(t, env))
	if err != nil {
		t.Fatal(err)
	}
	stack, err := written.Resolve(tfjson.Surroundings{Account: "000000000000", Partition: "aws"})
	if err != nil {
		t.Fatal(err)
	}
	alarms, err := ReadAlarms(stack)
	if err != nil {
		t.Fatal(err)
	}
	if unmeasured := Unmeasured(alarms); len(unmeasured) > 0 {
		t.Errorf("nothing measures %v", unmeasured)
	}
	deliveries, err := firehose.Read(stack)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{clock: clockwork.NewFakeClockAt(noon), stage: env, name: deliveries[0].StreamName, prefix: strings.TrimSuffix(alarms[0].name, "api-4xx")}
	metrics := NewMetrics()
	api := stack.Resources("aws_api_gateway_rest_api")[0].Body["name"].(string)
	w.stage = stack.Resources("aws_api_gateway_stage")[0].Body["stage_name"].(string)
	w.api, w.stream = MeasureAPI(metrics, api, ""), NewStreamMetrics(metrics, w.name)
	w.delivery = MeasureDelivery(metrics, w.stream, deliveries[0])
	w.watch, err = OpenWatch(alarms, WatchOptions{
		Metrics: metrics, Path: filepath.Join(t.TempDir(), "cloudwatch", "alarms.json"), Clock: w.clock, Logger: slog.New(slog.DiscardHandler),
		Changed: func(c Change) { w.changes = append(w.changes, c) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// happens is what happens in one minute.
type happens struct {
	requests, client, server, slow int
	writes, refused, throttled     int
	bytes, batches                 int // of each write; batches are PutRecords calls of ten records
	reads, readsThrottled          int
	behind                         time.Duration
	objects, failedObjects, logged int
	age                            time.Duration // of the oldest record in Firehose; negative without one
	tooManyPartitions              bool
}

// ordinary is a minute with a load.
func ordinary(requests int) happens {
	h := happens{requests: requests, writes: requests, bytes: 500, reads: 60, age: -1, behind: 200 * time.Millisecond}
	if requests > 0 {
		h.objects, h.age = 1, 50*time.Second
	}
	return h
}

// pass lets a minute pass.
func (w *world) pass(h happens) {
	at := w.clock.Now().Add(30 * time.Second)
	for i := range h.requests {
		r := apigateway.Measured{Stage: w.stage, Method: "POST", Resource: "/submit", At: at, Status: 200, Latency: 20 * time.Millisecond, Integration: 15 * time.Millisecond}
		switch {
		case i < h.client:
			r.Status, r.Integration = 400, -1
		case i < h.client+h.server:
			r.Status = 502
		case i < h.client+h.server+h.slow:
			r.Latency = 3 * time.Second
		}
		w.api(r)
	}
	for i := range h.writes {
		write := kinesis.Written{Stream: w.name, At: at, Latency: 5 * time.Millisecond}
		switch {
		case i < h.refused:
		case i < h.refused+h.throttled:
			write.Throttled = 1
		default:
			write.Records, write.Bytes = 1, h.bytes
		}
		w.stream.Written(write)
	}
	for range h.batches {
		w.stream.Written(kinesis.Written{Stream: w.name, Batch: true, At: at, Records: 10, Bytes: 10 * h.bytes})
	}
	w.deliver(h, at)
	w.clock.Advance(time.Minute)
	w.watch.Evaluate()
}

func (w *world) deliver(h happens, at time.Time) {
	if h.reads > 0 {
		w.delivery.Read(firehose.ReadCall{At: at, Calls: h.reads, Behind: h.behind})
	}
	for range h.readsThrottled {
		w.stream.Read(kinesis.ReadCall{Stream: w.name, At: at, Throttled: true})
	}
	for range h.objects {
		w.delivery.Wrote(firehose.Write{At: at, Success: true, Records: h.writes, Bytes: 1000, Age: h.age})
	}
	for range h.failedObjects {
		w.delivery.Wrote(firehose.Write{At: at})
	}
	for range h.logged {
		w.delivery.Logged(at)
	}
	w.delivery.Held(firehose.Held{At: at, Age: h.age, Partitioned: true, Exceeded: h.tooManyPartitions})
}

func (w *world) states() map[string]State {
	found := map[string]State{}
	for _, a := range w.watch.Status() {
		found[strings.TrimPrefix(a.Name, w.prefix)] = a.State
	}
	return found
}

// raised are the alarms that are not in the state OK.
func (w *world) raised() []string {
	var found []string
	for id, state := range w.states() {
		if state != OK {
			found = append(found, id+" "+string(state))
		}
	}
	slices.Sort(found)
	return found
}

func (w *world) alarm(id string) Alarm {
	at := slices.IndexFunc(w.watch.alarms, func(a Alarm) bool { return a.name == w.prefix+id })
	return w.watch.alarms[at]
}

// load is the number of requests in an ordinary minute.
const load = 40

// conditions are what each alarm is for, by its id. Each changes an ordinary minute.
var conditions = map[string]func(*happens){
	"api-4xx":                func(h *happens) { h.client = 4 },
	"api-5xx":                func(h *happens) { h.server = 2 },
	"api-latency":            func(h *happens) { h.slow = 2 },
	"stream-refused":         func(h *happens) { h.refused = 2 },
	"stream-throttled":       func(h *happens) { h.throttled = 2 },
	"stream-full":            func(h *happens) { h.bytes = 1 << 20 * 60 * 9 / 10 / load },
	"stream-unread":          func(h *happens) { h.reads = 0 },
	"stream-age":             func(h *happens) { h.behind = 60 * time.Hour }, // of 168 hours
	"stream-reads-throttled": func(h *happens) { h.readsThrottled = 3 },
	"delivery-stale":         func(h *happens) { h.age = 20 * time.Minute; h.objects = 0 },
	"delivery-failed":        func(h *happens) { h.failedObjects = 1 },
	"delivery-errors":        func(h *happens) { h.logged = 1 },
	"delivery-partitions":    func(h *happens) { h.tooManyPartitions = true },
}

// watchedEnvironments have a key of their own and all options off (prod), a batch on a stream on demand, and partitions.
var watchedEnvironments = []string{"prod", "option-alarms", "option-ondemand", "option-partitions"}

// Each alarm of each environment goes off for what it is for, alone, within the time of its periods, and returns to OK.
func TestEachSynthesisedAlarmFiresAndRecovers(t *testing.T) {
	for i, env := range watchedEnvironments {
		if i > 0 && testing.Short() {
			t.Skip("-short is set: only prod is tried, because each change of a state is synced to disk")
		}
		ids := slices.Sorted(maps.Keys(synthesised(t, env).states()))
		for _, id := range ids {
			t.Run(env+"/"+id, func(t *testing.T) {
				condition := conditions[id]
				if condition == nil {
					t.Fatalf("no condition is known for %s", id)
				}
				w := synthesised(t, env)
				for range 20 {
					w.pass(ordinary(load))
				}
				if raised := w.raised(); raised != nil {
					t.Fatalf("after 20 ordinary minutes: %v", raised)
				}
				a := w.alarm(id)
				periods := a.datapoints
				if id == "stream-unread" { // data that is missing breaches once the last data has left the evaluation range
					periods = a.evaluationRange()
				}
				promised := int(time.Duration(periods)*a.period/time.Minute) + 2
				for range promised {
					h := ordinary(load)
					condition(&h)
					w.pass(h)
				}
				if raised := w.raised(); !slices.Equal(raised, []string{id + " ALARM"}) {
					t.Fatalf("after %d minutes of the condition: %v, want %s alone", promised, raised, id)
				}
				for range int(time.Duration(a.evaluationRange()+1) * a.period / time.Minute) {
					w.pass(ordinary(load))
				}
				if raised := w.raised(); raised != nil {
					t.Errorf("after the condition: %v; %+v", raised, w.changes)
				}
			})
		}
		if len(ids) < 11 {
			t.Errorf("%s has %d alarms", env, len(ids))
		}
	}
}

// How many minutes prod's alarms take from the first minute of their condition to ALARM, and from its end to OK. The share of a metric over
// five minutes breaches before all of them are bad. Data that is missing breaches only once the last data has left the evaluation range.
func TestHowLongProdsAlarmsTake(t *testing.T) {
	want := map[string][2]int{
		"api-4xx":                {13, 3},
		"api-5xx":                {3, 1},
		"api-latency":            {12, 4},
		"stream-refused":         {3, 1},
		"stream-throttled":       {5, 1},
		"stream-full":            {15, 1},
		"stream-unread":          {17, 1},
		"stream-age":             {11, 5},
		"stream-reads-throttled": {11, 5},
		"delivery-stale":         {11, 5},
		"delivery-failed":        {11, 5},
		"delivery-errors":        {1, 15}, // its log has no data points without errors, so the last one counts for three periods
	}
	for id := range want {
		w := synthesised(t, "prod")
		until := func(state State, h happens) (minutes int) {
			for w.states()[id] != state && minutes < 60 {
				w.pass(h)
				minutes++
			}
			return minutes
		}
		for range 20 {
			w.pass(ordinary(load))
		}
		h := ordinary(load)
		conditions[id](&h)
		if got := [2]int{until(Alarming, h), until(OK, ordinary(load))}; got != want[id] {
			t.Errorf("%s takes %d minutes, and %d back; want %v", id, got[0], got[1], want[id])
		}
	}
}

// Minutes without requests do not end a row of bad ones: CloudWatch looks at the newest data points of five minutes.
func TestPausesDoNotEndARow(t *testing.T) {
	w := synthesised(t, "prod")
	for range 10 {
		w.pass(ordinary(0))
	}
	for _, requests := range []int{1, 0, 1, 0, 1} {
		h := ordinary(requests)
		h.server = requests
		w.pass(h)
	}
	if raised := w.raised(); !slices.Equal(raised, []string{"api-5xx ALARM"}) {
		t.Errorf("%v", raised)
	}
}

// An hour without a request leaves each alarm in OK.
func TestQuietIsOK(t *testing.T) {
	for _, env := range watchedEnvironments {
		w := synthesised(t, env)
		for range 60 {
			w.pass(ordinary(0))
		}
		if raised := w.raised(); raised != nil {
			t.Errorf("%s: %v", env, raised)
		}
		for _, c := range w.changes {
			if c.To != OK {
				t.Errorf("%s: %+v", env, c)
			}
		}
	}
}

// bursty is an hour's ordinary load: quiet minutes, bursts near the limit of a shard, single bad requests, a late failure, and a reader
// that falls behind for some seconds.
func bursty(minute int) happens {
	requests := []int{0, 3, 40, 300, 3000, 120, 0, 0, 900, 15}[minute%10]
	h := ordinary(requests)
	h.behind = time.Duration(minute%7) * 800 * time.Millisecond
	h.client, h.slow = requests/40, requests/200 // 2.5 percent, and half a percent
	if minute%13 == 5 {
		h.server, h.refused = min(requests, 1), min(requests, 1)
	}
	if requests == 3000 {
		h.throttled = 70 // a burst above one second's worth
	}
	if minute == 31 {
		h.readsThrottled = 2 // somebody looks into the stream
	}
	return h
}

func TestAnHourOfBurstyLoadRaisesNoAlarm(t *testing.T) {
	for _, env := range watchedEnvironments {
		w := synthesised(t, env)
		for minute := range 70 {
			w.pass(bursty(minute))
		}
		for _, c := range w.changes {
			if c.To != OK {
				t.Errorf("%s, at minute %v: %+v", env, c.At.Sub(noon).Minutes(), c)
			}
		}
		if raised := w.raised(); raised != nil {
			t.Errorf("%s: %v", env, raised)
		}
	}
}

// A state outlives the process, and the time in which nothing ran is no missing data.
func TestStatesAreKeptOverRestarts(t *testing.T) {
	w := synthesised(t, "prod")
	for range 40 {
		h := ordinary(load)
		conditions["stream-unread"](&h)
		w.pass(h)
	}
	before := w.states()
	if before["stream-unread"] != Alarming {
		t.Fatalf("the state is %v", before)
	}
	restart := func() {
		opts := w.watch.opts
		opts.Metrics = NewMetrics()
		again, err := OpenWatch(w.watch.alarms, opts)
		if err != nil {
			t.Fatal(err)
		}
		w.watch = again
	}
	w.clock.Advance(8 * time.Hour)
	restart()
	changes := len(w.changes)
	w.watch.Evaluate()
	if now := w.states(); !maps.Equal(now, before) || len(w.changes) != changes {
		t.Errorf("after the restart: %v %+v", now, w.changes[changes:])
	}
	for range 15 {
		w.clock.Advance(time.Minute)
		w.watch.Evaluate()
	}
	if now := w.states(); now["stream-unread"] != Alarming || now["api-5xx"] != OK {
		t.Errorf("after a quarter of an hour: %v", now)
	}
	if history := w.watch.history(w.prefix + "stream-unread"); len(history) < 1 || history[len(history)-1].To != Alarming {
		t.Errorf("the history is %+v", history)
	}
	if err := os.WriteFile(w.watch.opts.Path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenWatch(w.watch.alarms, w.watch.opts); err == nil || !strings.Contains(err.Error(), "remove the file, and each alarm begins anew") {
		t.Error(err)
	}
}

// A fresh pipeline whose stream is not read is in INSUFFICIENT_DATA, and not in ALARM, until the periods have passed.
func TestAStartIsNotMissingData(t *testing.T) {
	w := synthesised(t, "prod")
	for minute := range 16 {
		h := ordinary(0)
		h.reads = 0
		w.pass(h)
		want := InsufficientData
		if minute >= 14 {
			want = Alarming
		}
		if got := w.states()["stream-unread"]; got != want {
			t.Errorf("after minute %d: %s, want %s", minute+1, got, want)
		}
	}
}

func TestHistoryIsBounded(t *testing.T) {
	w := synthesised(t, "option-alarms")
	for i := range 3 * keptChanges {
		h := ordinary(load)
		if i%2 == 0 {
			w.clock.Advance(time.Hour)
		}
		h.logged = (i + 1) % 2
		w.pass(h)
		for range 15 * ((i + 1) % 2) {
			w.pass(ordinary(load))
		}
	}
	if n := len(w.watch.history(w.prefix + "delivery-errors")); n != keptChanges {
		t.Errorf("%d changes are kept", n)
	}
}
