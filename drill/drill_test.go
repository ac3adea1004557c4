package drill

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/internal/goldens"
	"cdk.tf/go/ingest/internal/lockedbuffer"
	"cdk.tf/go/ingest/internal/sdkhttp"
	"cdk.tf/go/ingest/local"
	"cdk.tf/go/ingest/local/cloudwatch"
	"cdk.tf/go/ingest/local/firehose"
	"cdk.tf/go/ingest/tfjson"
	"cdk.tf/go/ingest/verify"
)

// pipeline is a running pipeline whose time passes only while a drill waits.
type pipeline struct {
	t     *testing.T
	clock *clockwork.FakeClock
	out   *lockedbuffer.Buffer
	opts  Options
	// sender makes a client with a secret of the access key test.
	sender func(secret string) *verify.Sender
	// stop ends the pipeline.
	stop func()
	// said is how much the pipeline had said at the last step.
	said int
	// open are the requests that have no answer yet.
	open atomic.Int64
}

// RoundTrip counts the requests in flight.
func (p *pipeline) RoundTrip(r *http.Request) (*http.Response, error) {
	p.open.Add(1)
	defer p.open.Add(-1)
	return http.DefaultTransport.RoundTrip(r)
}

// wait lets time pass, in steps that are short against a minute.
func (p *pipeline) wait(ctx context.Context, d time.Duration) error {
	longest := 5 * time.Second
	if d >= ripening/2 {
		longest = time.Minute
	}
	for d > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		p.answered()
		now := min(d, longest)
		p.clock.Advance(now)
		d -= now
		p.settle()
	}
	return nil
}

// answered waits until requests that do not wait for the clock have their answers: otherwise they would look slow. A busy machine takes
// longer, so it waits until few are open, because a drill that has too many ends.
func (p *pipeline) answered() {
	for waited := range 10_000 {
		if open := p.open.Load(); open == 0 || waited >= 20 && open < maxInFlight/2 {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// settle waits for the pipeline's own timers. If it has delivered something, settle waits until nothing more is due: hundreds of objects
// would otherwise take minutes of the test's time, and the next load would come on top of them.
func (p *pipeline) settle() {
	time.Sleep(500 * time.Microsecond)
	if p.out.Len() == p.said {
		return
	}
	for range 10_000 { // a fault may hold a delivery without an error
		now := p.delivery()
		if now.NextDelivery == nil || now.NextDelivery.After(p.clock.Now()) || fails(now) {
			break
		}
		time.Sleep(3 * time.Millisecond) // each look at the status takes the pipeline about one
	}
	p.said = p.out.Len()
}

// fails reports whether a delivery has failed since the last object. Its next try waits for the clock.
func fails(s firehose.Status) bool {
	return s.LastFailureAt != nil && (len(s.LastObjects) == 0 || !s.LastFailureAt.Before(s.LastObjects[0].DeliveredAt))
}

// delivery is the status of the delivery stream.
func (p *pipeline) delivery() firehose.Status {
	p.t.Helper()
	response, err := http.Get(p.opts.Local + "/_local/status") //nolint:noctx // of a test
	must(p.t, err)
	defer func() { _ = response.Body.Close() }()
	var s struct {
		Deliveries []firehose.Status `json:"deliveries"`
	}
	must(p.t, json.NewDecoder(response.Body).Decode(&s))
	return s.Deliveries[0]
}

var addressOf = regexp.MustCompile(`(?m)^  API +(http://[^/]+)/`)

// start runs an environment on a clock of the test's.
func start(t *testing.T, env string) *pipeline {
	t.Helper()
	p := &pipeline{t: t, clock: clockwork.NewFakeClockAt(time.Date(2026, 1, 2, 12, 0, 7, 0, time.UTC)), out: &lockedbuffer.Buffer{}}
	file := goldens.File(t, env)
	running, err := local.Open(local.Options{
		Stack: file, API: "127.0.0.1:0", AWS: "127.0.0.1:0", Data: filepath.Join(t.TempDir(), "data"), AccessKeys: map[string]string{"test": "test"},
		AllowUnverified: true, Clock: p.clock, Logger: slog.New(slog.DiscardHandler), Out: p.out,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- running.Run(ctx) }()
	p.stop = sync.OnceFunc(func() {
		cancel()
		for {
			select {
			case err := <-ended:
				if err != nil {
					t.Logf("the pipeline ends with %v", err) // its undelivered records are kept
				}
				return
			case <-time.After(time.Millisecond):
				p.clock.Advance(time.Second) // a delivery that waits for its next try
			}
		}
	})
	t.Cleanup(p.stop)
	for !addressOf.MatchString(p.out.String()) {
		time.Sleep(time.Millisecond)
	}
	p.opts = p.options(file, addressOf.FindStringSubmatch(p.out.String())[1])
	return p
}

// options are those of a drill of the pipeline.
func (p *pipeline) options(file, base string) Options {
	p.t.Helper()
	stack, err := tfjson.ReadFile(file)
	must(p.t, err)
	response, err := http.Get(base + "/config.json") //nolint:noctx // of a test
	must(p.t, err)
	config, err := io.ReadAll(response.Body)
	must(p.t, err)
	must(p.t, response.Body.Close())
	outputs, err := verify.ParseOutputs(config, stack.Name())
	must(p.t, err)
	deployed, err := verify.Read(stack, outputs)
	must(p.t, err)
	resolved, err := stack.Resolve(tfjson.Surroundings{Account: deployed.Account})
	must(p.t, err)
	deliveries, err := firehose.Read(resolved)
	must(p.t, err)
	keys := credentials.NewStaticCredentialsProvider("test", "test", "")
	client := &http.Client{Transport: p}
	p.sender = func(secret string) *verify.Sender {
		sender, err := verify.NewSender(deployed, verify.Caller{AWS: credentials.NewStaticCredentialsProvider("test", secret, ""), Token: "local"}, client, p.clock, "drill")
		must(p.t, err)
		return sender
	}
	return Options{
		Environment: stack.Name(), Local: base, API: "api-kinesis-" + stack.Name(), Stream: deliveries[0].StreamName, PartitionQuery: deliveries[0].PartitionQuery, Sender: p.sender("test"),
		Kinesis: Producer(aws.Config{
			Region: deployed.Region, BaseEndpoint: aws.String(outputs.Text("local_aws_url")), HTTPClient: sdkhttp.Keep(nil), Credentials: keys,
		}),
		HTTP: client, Clock: p.clock, Wait: p.wait, Out: p.out,
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// states are the states of the pipeline's alarms by their ids.
func (p *pipeline) states() map[string]string {
	p.t.Helper()
	response, err := http.Get(p.opts.Local + "/_local/status") //nolint:noctx // of a test
	must(p.t, err)
	defer func() { _ = response.Body.Close() }()
	var s status
	must(p.t, json.NewDecoder(response.Body).Decode(&s))
	if len(s.Faults) > 0 {
		p.t.Errorf("these faults are left: %v", s.Faults)
	}
	found := map[string]string{}
	for id, a := range (&run{Options: p.opts}).alarmsOf(s) {
		found[id] = string(a.State)
	}
	return found
}

// drilled are the environments that are drilled, with the drills that are not possible there.
var drilled = map[string]map[string]string{
	"prod":              {"many-partitions": "does not partition"},
	"option-partitions": {"key-disabled": "no KMS key"},
	"option-ondemand":   {"key-disabled": "no KMS key", "many-partitions": "does not partition", "full-shards": "has no alarm stream-full"},
}

// Each drill sets off its alarms and sees them recover, on the pipeline that an environment's JSON declares.
func TestEachDrill(t *testing.T) {
	for env, impossible := range drilled {
		if env != "prod" && testing.Short() {
			continue // each drill is a pipeline of its own
		}
		for _, d := range All() {
			if d.Name == "full-shards" && impossible[d.Name] == "" && (env != "prod" || testing.Short()) {
				continue // it sends 800,000 records: one environment is enough
			}
			t.Run(env+"/"+d.Name, func(t *testing.T) {
				p := start(t, env)
				must(t, p.wait(t.Context(), time.Minute))
				err := Run(t.Context(), []Drill{d}, p.opts)
				if why := impossible[d.Name]; why != "" {
					if err == nil || !strings.Contains(err.Error(), why) {
						t.Errorf("the error is %v, want %q", err, why)
					}
					return
				}
				if err != nil {
					t.Fatalf("%v\n%s", err, p.out)
				}
				states := p.states()
				for _, id := range d.Alarms {
					if state, has := states[id]; has && state != "OK" {
						t.Errorf("%s is %s", id, state)
					}
					if has := strings.Contains(p.out.String(), "docs/runbooks/"+id+".md says to look first"); has != (states[id] != "") {
						t.Errorf("the commands of %s are shown: %v\n%s", id, has, p.out)
					}
				}
			})
		}
	}
}

// Each alarm that an environment declares has a drill that is possible there.
func TestEachAlarmHasADrill(t *testing.T) {
	for env, impossible := range drilled {
		stack, err := tfjson.ReadFile(goldens.File(t, env))
		must(t, err)
		drillable := map[string]bool{}
		for _, d := range All() {
			for _, id := range d.Alarms {
				drillable[id] = drillable[id] || impossible[d.Name] == ""
			}
		}
		declared := stack.Resources("aws_cloudwatch_metric_alarm")
		for _, resource := range declared {
			name, _ := resource.Body["alarm_name"].(string)
			if id := strings.TrimPrefix(name, "api-kinesis-"+env+"-"); !drillable[id] {
				t.Errorf("%s: no drill is for %s", env, id)
			}
		}
		if len(declared) < 11 {
			t.Errorf("%s has %d alarms", env, len(declared))
		}
	}
}

// An alarm's name chooses its drills, and then a drill waits for that alarm alone.
func TestFind(t *testing.T) {
	for name, want := range map[string]string{
		"api-5xx": "submit-denied key-disabled stream-fails: api-5xx", "delivery-stale": "bucket-denied: delivery-stale",
		"stream-refused": "key-disabled stream-fails: stream-refused",
		"bucket-denied":  "bucket-denied: delivery-errors delivery-failed delivery-stale", "hot-key": "hot-key: stream-throttled",
	} {
		found, err := Find(name)
		var names []string
		for _, d := range found {
			names = append(names, d.Name)
		}
		if got := strings.Join(names, " ") + ": " + strings.Join(found[0].Alarms, " "); err != nil || got != want {
			t.Errorf("%s is %q, %v, want %q", name, got, err, want)
		}
	}
	for name, want := range map[string]string{
		"": "use submit-denied, ", "hot-keys": "did you mean hot-key? There are submit-denied, ",
		"api-5x": "did you mean the alarm api-5xx? The drills are submit-denied, ", "README": "use submit-denied, ",
	} {
		if _, err := Find(name); err == nil || !strings.HasPrefix(err.Error(), fmt.Sprintf("there is no drill and no alarm %q; %s", name, want)) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// An alarm that somebody added is not the pipeline's, also if its name ends like one of them.
func TestAlarmsOfOthers(t *testing.T) {
	var s status
	for _, name := range []string{"shop-api-5xx", "api-kinesis-prod-api-5xx", "api-kinesis-prod-old-api-5xx", "shop-stream-full"} {
		s.Alarms = append(s.Alarms, cloudwatch.AlarmStatus{Name: name})
	}
	found := (&run{Options: Options{API: "api-kinesis-prod"}}).alarmsOf(s)
	if len(found) != 1 || found["api-5xx"].Name != "api-kinesis-prod-api-5xx" {
		t.Errorf("the alarms are %v", found)
	}
}

// find is the drills of a name that is known.
func find(t *testing.T, name string) []Drill {
	t.Helper()
	found, err := Find(name)
	must(t, err)
	return found
}

// by makes a run of a drill of the pipeline, for the parts of it.
func (p *pipeline) by(d Drill) *run {
	return &run{
		Options: p.opts, ctx: p.t.Context(), drill: d, holder: "another", slots: make(chan struct{}, maxInFlight), answers: &answers{byStatus: map[int]int{}},
	}
}

// An interrupted drill undoes its cause, and so does one whose alarm never goes off.
func TestTheCauseIsAlwaysUndone(t *testing.T) {
	denied := find(t, "submit-denied")
	t.Run("interrupted", func(t *testing.T) {
		p := start(t, "prod")
		ctx, cancel := context.WithCancel(t.Context())
		steps := 0
		p.opts.Wait = func(ctx context.Context, d time.Duration) error {
			if steps++; steps == 3 {
				cancel()
			}
			return p.wait(ctx, d)
		}
		if err := Run(ctx, denied, p.opts); !errors.Is(err, context.Canceled) || errors.Is(err, ErrNotUndone) {
			t.Errorf("the error is %v", err)
		}
		p.states()
		if !strings.Contains(p.out.String(), "the fault submit-denied ends: it was undone") {
			t.Errorf("%s", p.out)
		}
	})
	t.Run("no alarm", func(t *testing.T) {
		p := start(t, "prod")
		silent := slices.Clone(denied)
		silent[0].load = func(r *run) error { return r.send(1, func(context.Context) (int, error) { return 200, nil }) }
		err := Run(t.Context(), silent, p.opts)
		if err == nil || !strings.HasPrefix(err.Error(), "api-5xx has not gone off within 5 min: it is OK, no data, threshold 0.01; the drill's requests were answered: ") {
			t.Errorf("the error is %v", err)
		}
		p.states()
	})
	t.Run("killed", func(t *testing.T) {
		p := start(t, "prod")
		must(t, p.by(denied[0]).beginFault())
		if err := Run(t.Context(), find(t, "hot-key"), p.opts); err == nil || !strings.HasPrefix(err.Error(), "a drill is running, with the fault ") {
			t.Errorf("the error is %v", err)
		}
		must(t, p.wait(t.Context(), lease))
		p.states()
		if !strings.Contains(p.out.String(), "the fault submit-denied ends: nobody renewed it") {
			t.Errorf("%s", p.out)
		}
	})
	t.Run("while the pipeline hangs", func(t *testing.T) {
		p := start(t, "prod")
		ctx, cancel := context.WithCancel(t.Context())
		p.opts.Wait = func(context.Context, time.Duration) error {
			cancel()
			p.opts.HTTP.Transport = hanging{}
			return ctx.Err()
		}
		if err := Run(ctx, denied, p.opts); !errors.Is(err, ErrNotUndone) || !strings.Contains(err.Error(), "ends by itself within 30 s") {
			t.Errorf("the error is %v", err)
		}
	})
	t.Run("after the pipeline's end", func(t *testing.T) {
		p := start(t, "prod")
		p.opts.Wait = func(context.Context, time.Duration) error {
			p.stop()
			return nil
		}
		if err := Run(t.Context(), denied, p.opts); err == nil || err.Error() != "the pipeline has ended; no fault outlives it" {
			t.Errorf("the error is %v", err)
		}
	})
}

// hanging answers no request.
type hanging struct{}

func (hanging) RoundTrip(*http.Request) (*http.Response, error) { return nil, errors.New("no answer") }

// All idle connections lead to the pipeline that has ended.
func TestAnEndedPipelineIsSaidInThoseWords(t *testing.T) {
	r := &run{Options: Options{Local: "http://127.0.0.1:1", HTTP: &http.Client{Transport: &ended{}}}}
	if err := r.ask(t.Context(), http.MethodGet, "/_local/status", nil); !errors.Is(err, errEnded) {
		t.Errorf("the error is %v, want %v", err, errEnded)
	}
}

// ended is a transport whose idle connections were closed at the other end, and whose new ones are refused.
type ended struct{ new bool }

func (e *ended) CloseIdleConnections() { e.new = true }

func (e *ended) RoundTrip(*http.Request) (*http.Response, error) {
	if e.new {
		return nil, syscall.ECONNREFUSED
	}
	return nil, io.EOF
}

// A drill refuses to begin where it would show nothing.
func TestWhereADrillIsNotPossible(t *testing.T) {
	for name, test := range map[string]struct {
		env, drill string
		edit       func(*pipeline)
		want       string
	}{
		"no alarms": {"dev", "hot-key", nil, "dev declares no alarms; set Alarms.Enabled, or run an environment that has them: make up ENV=prod"},
		"unlimited": {"prod", "hot-key", func(p *pipeline) { p.opts.Unlimited = true },
			"the drill hot-key is not possible: the pipeline runs with --unlimited, so no shard has limits; start it without"},
		"a client that is not accepted": {"prod", "api-5xx", func(p *pipeline) { p.opts.Sender = p.sender("wrong") },
			"the API answers the drill's event with 403; set API_KEY, TOKEN, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to what ingest up accepts"},
		"a fault of a person": {"prod", "api-5xx", func(p *pipeline) {
			r := p.by(Drill{})
			r.holder = ""
			must(t, r.holdPipeline(lease))
		}, "the fault load is in force until 2026-01-02T12:00:37Z; end it with DELETE /_local/faults/load, or wait"},
	} {
		t.Run(name, func(t *testing.T) {
			p := start(t, test.env)
			if test.edit != nil {
				test.edit(p)
			}
			if err := Run(t.Context(), find(t, test.drill), p.opts); err == nil || err.Error() != test.want {
				t.Errorf("the error is %v\nwant %s", err, test.want)
			}
		})
	}
	t.Run("in ALARM already", func(t *testing.T) {
		p := start(t, "prod")
		r := p.by(find(t, "delivery-errors")[0])
		for range 30 {
			must(t, r.press())
			must(t, p.wait(t.Context(), step))
		}
		must(t, r.undo(t.Context()))
		if err := Run(t.Context(), find(t, "delivery-errors"), p.opts); err == nil || !strings.HasPrefix(err.Error(), "delivery-errors is in ALARM already, since ") {
			t.Errorf("the error is %v", err)
		}
	})
}

// An alarm has another drill where the first is not possible.
func TestTheFirstPossibleDrill(t *testing.T) {
	p := start(t, "option-partitions")
	must(t, Run(t.Context(), find(t, "stream-refused"), p.opts))
	if out := p.out.String(); !strings.Contains(out, "drill stream-fails on option-partitions") {
		t.Error(out)
	}
}

// What a query of partitions reads decides which field has many values.
func TestManyPartitionsOfAQuery(t *testing.T) {
	p := start(t, "option-partitions")
	for query, possible := range map[string]bool{
		`{tenant:(.tenant)}`: true, `{tenant:(.tenant // "none")}`: true, `{tenant:(.event | ascii_downcase)}`: true,
		`{tenant:(."a-b")}`: true, `{tenant:(.["a b"].c)}`: true, `{tenant:(.event.tenant)}`: true, `{n:(.n | . + 1 | tostring)}`: true,
		`{tenant:(.user_id[0:2])}`: false, `{kind:(if .event == "order" then "order" else "other" end)}`: false,
	} {
		r := p.by(Drill{})
		r.PartitionQuery = query
		if why := noPartitions(r); (why == "") != possible {
			t.Errorf("%s: %q", query, why)
		}
	}
}

// Each of several shards gets its share.
func TestEachShardIsFilled(t *testing.T) {
	p := start(t, "option-ondemand")
	r := p.by(Drill{})
	for range 10 {
		must(t, fullShards(r))
		must(t, p.wait(t.Context(), time.Second))
	}
	var s struct {
		Streams struct {
			Streams []struct {
				Shards []struct{ Records, Throttled int }
			}
		}
	}
	must(t, r.ask(t.Context(), http.MethodGet, "/_local/status", &s))
	shards := s.Streams.Streams[0].Shards
	for _, shard := range shards {
		if shard.Records != 9000 || shard.Throttled != 0 {
			t.Errorf("a shard has %+v", shard)
		}
	}
	if len(shards) < 2 {
		t.Errorf("the stream has %d shards", len(shards))
	}
}

// The cause stays as long as the person asked for.
func TestHold(t *testing.T) {
	p := start(t, "prod")
	p.opts.Hold = 10 * time.Minute
	began := p.clock.Now()
	must(t, Run(t.Context(), find(t, "submit-denied"), p.opts))
	out := p.out.String()
	if !strings.Contains(out, "the cause stays for 10 min more") || p.clock.Since(began) < 13*time.Minute {
		t.Errorf("after %s:\n%s", p.clock.Since(began), out)
	}
}

// An hour of ordinary, bursty load through the whole pipeline raises no alarm: quiet minutes, bursts, single refused bodies, and somebody
// who looks into the stream now and then.
func TestAnHourOfLoadRaisesNoAlarm(t *testing.T) {
	p := start(t, "prod")
	r := &run{
		Options: p.opts, ctx: t.Context(), slots: make(chan struct{}, maxInFlight), answers: &answers{byStatus: map[int]int{}},
	}
	minutes := []int{0, 3, 40, 200, 900, 120, 0, 0, 300, 15}
	if testing.Short() {
		minutes = []int{0, 3, 40, 0, 60, 15}
	}
	sent := 0
	for range 60 / len(minutes) {
		for _, count := range minutes {
			for second := range 60 / 5 {
				here := count / (60 / 5)
				if second == 0 {
					here = count - here*(60/5-1)
				}
				sent += here
				for here > 0 {
					some := min(here, maxInFlight/2)
					must(t, events(some)(r))
					r.sending.Wait()
					here -= some
				}
				must(t, p.wait(t.Context(), step))
			}
			must(t, badBodies(count/100)(r))
			sent += count / 100
		}
		if _, err := r.oldest(); err != nil {
			t.Error(err)
		}
	}
	r.sending.Wait()
	if accepted := r.answers.byStatus[200]; accepted == 0 || accepted+r.answers.byStatus[400] != sent {
		t.Errorf("of %d requests, these were answered: %s", sent, r.answers)
	}
	for _, line := range strings.Split(p.out.String(), "\n") {
		if strings.HasPrefix(line, "alarm ") && !strings.HasSuffix(line, ": INSUFFICIENT_DATA -> OK") {
			t.Error(line)
		}
	}
	if len(p.states()) != 12 {
		t.Errorf("the alarms are %v", p.states())
	}
}
