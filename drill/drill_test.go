package drill

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/internal/goldens"
	"cdk.tf/go/ingest/internal/sdkhttp"
	"cdk.tf/go/ingest/local"
	"cdk.tf/go/ingest/local/firehose"
	"cdk.tf/go/ingest/tfjson"
	"cdk.tf/go/ingest/verify"
)

// output is a text that is written while it is read.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// pipeline is a running pipeline whose time passes only while a drill waits.
type pipeline struct {
	t     *testing.T
	clock *clockwork.FakeClock
	out   *output
	opts  Options
	// open are the requests that have no answer yet.
	open atomic.Int64
}

// RoundTrip counts the requests in flight.
func (p *pipeline) RoundTrip(r *http.Request) (*http.Response, error) {
	p.open.Add(1)
	defer p.open.Add(-1)
	return http.DefaultTransport.RoundTrip(r)
}

// wait lets time pass, in steps that are short against a minute. Before each step, requests that do not wait for the clock end: otherwise
// they would look slow.
func (p *pipeline) wait(ctx context.Context, d time.Duration) error {
	longest := 5 * time.Second
	if d >= ripening {
		longest = time.Minute
	}
	for d > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		for range 20 {
			if p.open.Load() == 0 {
				break
			}
			time.Sleep(time.Millisecond)
		}
		now := min(d, longest)
		p.clock.Advance(now)
		d -= now
		time.Sleep(500 * time.Microsecond) // the pipeline's own timers
	}
	return nil
}

var addressOf = regexp.MustCompile(`(?m)^  API +(http://[^/]+)/`)

// start runs an environment on a clock of the test's.
func start(t *testing.T, env string) *pipeline {
	t.Helper()
	p := &pipeline{t: t, clock: clockwork.NewFakeClockAt(time.Date(2026, 1, 2, 12, 0, 7, 0, time.UTC)), out: &output{}}
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
	t.Cleanup(func() {
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
	sender, err := verify.NewSender(deployed, verify.Caller{AWS: keys, Token: "local"}, client, p.clock, "drill")
	must(p.t, err)
	return Options{
		Environment: stack.Name(), Local: base, Stream: deliveries[0].StreamName, PartitionQuery: deliveries[0].PartitionQuery, Sender: sender,
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
	for id, a := range (&run{}).alarmsOf(s) {
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
			t.Run(env+"/"+d.Name, func(t *testing.T) {
				if d.Name == "full-shards" && (env != "prod" || testing.Short()) {
					t.Skip("it sends 800,000 records; one environment without -short is enough")
				}
				p := start(t, env)
				must(t, p.wait(t.Context(), time.Minute))
				err := Run(t.Context(), d, p.opts)
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

// An alarm's name chooses its drill, and then the drill waits for that alarm alone.
func TestFind(t *testing.T) {
	for name, want := range map[string]string{
		"api-5xx": "submit-denied api-5xx", "delivery-stale": "bucket-denied delivery-stale", "stream-refused": "key-disabled stream-refused",
		"bucket-denied": "bucket-denied delivery-errors delivery-failed delivery-stale", "hot-key": "hot-key stream-throttled",
	} {
		d, err := Find(name)
		if got := strings.Join(append([]string{d.Name}, d.Alarms...), " "); err != nil || got != want {
			t.Errorf("%s is %q, %v, want %q", name, got, err, want)
		}
	}
	for _, name := range []string{"", "hot-keys", "api-5x", "README"} {
		if _, err := Find(name); err == nil || !strings.Contains(err.Error(), "hot-key") || !strings.Contains(err.Error(), strconv.Quote(name)) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// An interrupted drill undoes its cause, and so does one whose alarm never goes off.
func TestTheCauseIsAlwaysUndone(t *testing.T) {
	d, err := Find("submit-denied")
	must(t, err)
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
		if err := Run(ctx, d, p.opts); !errors.Is(err, context.Canceled) {
			t.Errorf("the error is %v", err)
		}
		p.states()
		if !strings.Contains(p.out.String(), "the fault submit-denied ends: it was undone") {
			t.Errorf("%s", p.out)
		}
	})
	t.Run("no alarm", func(t *testing.T) {
		p := start(t, "prod")
		silent := d
		silent.load = func(*run) error { return nil }
		err := Run(t.Context(), silent, p.opts)
		if err == nil || !strings.HasPrefix(err.Error(), "api-5xx has not gone off within 5m0s: it is OK, with no data, threshold 0.01.") {
			t.Errorf("the error is %v", err)
		}
		p.states()
	})
	t.Run("killed", func(t *testing.T) {
		p := start(t, "prod")
		r := &run{Options: p.opts, ctx: t.Context(), drill: d}
		must(t, r.beginFault(t.Context()))
		if err := Run(t.Context(), d, p.opts); err == nil || !strings.HasPrefix(err.Error(), "another drill is in progress: the fault submit-denied is in force until ") {
			t.Errorf("the error is %v", err)
		}
		must(t, p.wait(t.Context(), lease))
		p.states()
		if !strings.Contains(p.out.String(), "the fault submit-denied ends: nobody renewed it") {
			t.Errorf("%s", p.out)
		}
	})
}

// A drill refuses to begin where it would show nothing.
func TestWhereADrillIsNotPossible(t *testing.T) {
	hot, err := Find("hot-key")
	must(t, err)
	stale, err := Find("delivery-errors")
	must(t, err)
	t.Run("no alarms", func(t *testing.T) {
		p := start(t, "dev")
		if err := Run(t.Context(), hot, p.opts); err == nil || err.Error() != "dev declares no alarms; set Alarms.Enabled, or run an environment that has them: make up ENV=prod" {
			t.Errorf("the error is %v", err)
		}
	})
	t.Run("unlimited", func(t *testing.T) {
		p := start(t, "prod")
		p.opts.Unlimited = true
		if err := Run(t.Context(), hot, p.opts); err == nil || err.Error() != "the drill hot-key is not possible: the pipeline runs with --unlimited, so no shard has limits; start it without" {
			t.Errorf("the error is %v", err)
		}
	})
	t.Run("in ALARM already", func(t *testing.T) {
		p := start(t, "prod")
		must(t, Run(t.Context(), stale, p.opts))
		r := &run{Options: p.opts, ctx: t.Context(), drill: stale, slots: make(chan struct{}, maxInFlight), answers: &answers{byStatus: map[int]int{}}}
		for range 30 {
			must(t, r.press(stale.load))
			must(t, p.wait(t.Context(), step))
		}
		must(t, r.undo(t.Context()))
		if err := Run(t.Context(), stale, p.opts); err == nil || !strings.HasPrefix(err.Error(), "delivery-errors is in ALARM already, since ") {
			t.Errorf("the error is %v", err)
		}
	})
}

// The cause stays as long as the person asked for.
func TestHold(t *testing.T) {
	d, err := Find("submit-denied")
	must(t, err)
	p := start(t, "prod")
	p.opts.Hold = 10 * time.Minute
	began := p.clock.Now()
	must(t, Run(t.Context(), d, p.opts))
	out := p.out.String()
	if !strings.Contains(out, "the cause stays for 10m0s") || p.clock.Since(began) < 13*time.Minute {
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
