package drill

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
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
	const longest = 5 * time.Second
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
			case <-ended:
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
		Kinesis: kinesis.NewFromConfig(aws.Config{
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

// Each drill sets off its alarms and sees them recover, on the pipeline that an environment's JSON declares; and each alarm has a drill.
func TestEachDrill(t *testing.T) {
	for env, impossible := range drilled {
		rung := map[string]bool{}
		var mu sync.Mutex
		var declared map[string]string
		t.Run(env, func(t *testing.T) {
			for _, d := range All() {
				t.Run(d.Name, func(t *testing.T) {
					p := start(t, env)
					must(t, p.wait(t.Context(), time.Minute))
					err := Run(t.Context(), d, p.opts)
					if os.Getenv("SAY") != "" {
						t.Log(p.out.String())
					}
					if why := impossible[d.Name]; why != "" {
						if err == nil || !strings.Contains(err.Error(), why) {
							t.Errorf("the error is %v, want %q", err, why)
						}
						return
					}
					if err != nil {
						t.Fatalf("%v\n%s", err, p.out)
					}
					mu.Lock()
					defer mu.Unlock()
					declared = p.states()
					for _, id := range d.Alarms {
						rung[id] = true
						if state, has := declared[id]; has && state != "OK" {
							t.Errorf("%s is %s", id, state)
						}
					}
				})
			}
		})
		for id := range declared {
			if !rung[id] {
				t.Errorf("no drill sets off %s of %s", id, env)
			}
		}
	}
}
