package apigateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/internal/goldens"
	"cdk.tf/go/ingest/local/apigateway"
	"cdk.tf/go/ingest/tfjson"
)

var noon = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC) // a Wednesday

const (
	account = "000000000000"
	region  = "us-east-1"
)

// raw is a stack before it is read, which a test can edit.
type raw map[string]any

func loadRaw(t testing.TB, environment string) raw {
	t.Helper()
	var r raw
	if err := json.Unmarshal(goldens.Read(t, environment), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// body returns the block of a resource of API Gateway. The type has no prefix.
func (r raw) body(typ, name string) map[string]any {
	return r["resource"].(map[string]any)["aws_api_gateway_"+typ].(map[string]any)[name].(map[string]any)
}

// add declares a resource of API Gateway.
func (r raw) add(typ, name string, body map[string]any) {
	resources := r["resource"].(map[string]any)
	if resources["aws_api_gateway_"+typ] == nil {
		resources["aws_api_gateway_"+typ] = map[string]any{}
	}
	resources["aws_api_gateway_"+typ].(map[string]any)[name] = body
}

func (r raw) resolve(t testing.TB) *tfjson.Stack {
	t.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	stack, err := tfjson.Read(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	resolved, err := stack.Resolve(tfjson.Surroundings{Account: account, Partition: "aws", APIBase: "http://127.0.0.1:8080"})
	if err != nil {
		t.Fatal(err)
	}
	return resolved
}

// kinesis is a service that accepts every record by default.
type kinesis struct {
	mutex  sync.Mutex
	calls  []apigateway.Call
	answer func(context.Context, apigateway.Call) (apigateway.Answer, error)
}

const accepted = `{"ShardId":"shardId-000000000000","SequenceNumber":"49590338271490256608559692538361571095921575989136588898"}`

func (k *kinesis) invoke(ctx context.Context, call apigateway.Call) (apigateway.Answer, error) {
	k.mutex.Lock()
	k.calls = append(k.calls, call)
	k.mutex.Unlock()
	if k.answer != nil {
		return k.answer(ctx, call)
	}
	return apigateway.Answer{Status: http.StatusOK, RequestID: "c0ffee", Body: []byte(accepted)}, nil
}

func answers(status int, body string) func(context.Context, apigateway.Call) (apigateway.Answer, error) {
	return func(context.Context, apigateway.Call) (apigateway.Answer, error) {
		return apigateway.Answer{Status: status, RequestID: "c0ffee", Body: []byte(body)}, nil
	}
}

// gateway is an API under test, with the service that it calls.
type gateway struct {
	*apigateway.API
	t       testing.TB
	clock   *clockwork.FakeClock
	kinesis *kinesis
	access  *bytes.Buffer
	log     *bytes.Buffer
}

func defaults(g *gateway) apigateway.Options {
	return apigateway.Options{
		Invoke: g.kinesis.invoke, Clock: g.clock, Account: account, Region: region, AccessLog: g.access,
		Submitted: func(apigateway.Submission) {}, // a pipeline tells its list of events
		Logger:    slog.New(slog.NewTextHandler(g.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Credentials: func(id string) (string, string, bool) {
			return "verysecret", "arn:aws:iam::" + account + ":user/ann", id == "AKIDANN"
		},
	}
}

func serve(t testing.TB, r raw, set ...func(*apigateway.Options)) *gateway {
	t.Helper()
	cfg, err := apigateway.Read(r.resolve(t))
	if err != nil {
		t.Fatal(err)
	}
	g := &gateway{t: t, clock: clockwork.NewFakeClockAt(noon), kinesis: &kinesis{}, access: &bytes.Buffer{}, log: &bytes.Buffer{}}
	opts := defaults(g)
	for _, s := range set {
		s(&opts)
	}
	if g.API, err = apigateway.New(cfg, opts); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	return g
}

func unlimited(o *apigateway.Options) { o.Unlimited = true }

// request makes a request; headers are "Name: value".
func request(verb, target, body string, headers ...string) *http.Request {
	r := httptest.NewRequest(verb, "http://127.0.0.1:8080"+target, strings.NewReader(body))
	r.RemoteAddr = "192.0.2.7:4711"
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Add(name, value)
	}
	return r
}

// got is an answer; header names are in lower case.
type got struct {
	status int
	header map[string]string
	body   string
}

func (g *gateway) do(r *http.Request) got {
	g.t.Helper()
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	result := w.Result()
	defer func() { _ = result.Body.Close() }()
	text, err := io.ReadAll(result.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	header := map[string]string{}
	for name, values := range result.Header {
		header[strings.ToLower(name)] = strings.Join(values, ", ")
	}
	return got{status: result.StatusCode, header: header, body: string(text)}
}

func (g *gateway) post(body string, headers ...string) got {
	g.t.Helper()
	return g.do(request(http.MethodPost, "/dev/submit", body, append([]string{"Content-Type: application/json"}, headers...)...))
}

var realClock = clockwork.NewRealClock()
