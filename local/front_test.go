package local

import (
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/internal/goldens"
)

// The API gets every path as it was sent, and none of the local pages' paths.
func TestFront(t *testing.T) {
	file := goldens.File(t, "dev")
	p, err := Open(Options{
		Stack: file, API: "127.0.0.1:0", AWS: "127.0.0.1:0", Data: t.TempDir(),
		Web:   fstest.MapFS{"index.html": {Data: []byte("<html>")}, "_web/app.js": {Data: []byte("app")}},
		Clock: clockwork.NewRealClock(), Logger: slog.New(slog.DiscardHandler), Out: io.Discard,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	if err := p.buckets.Put(t.Context(), "api-kinesis-firehose-bucket-dev", "events/a b+c", []byte("<script>"), "", ""); err != nil {
		t.Fatal(err)
	}
	objects := "/_local/objects/api-kinesis-firehose-bucket-dev/"
	for _, test := range []struct {
		method, path string
		status       int
		body         string // its beginning
	}{
		{http.MethodGet, "/", 200, "<html>"},
		{http.MethodGet, "/_web/app.js", 200, "app"},
		{http.MethodGet, "/_web/nothing.js", 404, "404"},
		{http.MethodHead, "/", 200, ""},
		{http.MethodPost, "/", 403, `{"message":"Forbidden"}`}, // an event for a wrong address
		{http.MethodPost, "/_web/app.js", 405, "Method Not Allowed"},
		{http.MethodGet, "/_local/status", 200, `{"stack":"` + file + `"`},
		{http.MethodGet, "/_local/alarms", 200, `{"alarms":[]}`},
		{http.MethodGet, "/_local/runbooks/api-5xx", 200, "# api-5xx\n"},
		{http.MethodGet, "/_local/runbooks/nothing", 404, `{"message":"there is no runbook \"nothing\"; /_local/alarms has`},
		{http.MethodGet, "/config.json", 200, `{"dev":{"access_log_group":`},
		{http.MethodGet, "/_local/openapi.json", 200, "{\n  \"openapi\": \"3.1.0\""},
		{http.MethodGet, "/_local/events", 200, `{"counts":{"accepted":0,"rejected":1,"unknown":0},"forgotten":0,`},
		{http.MethodPost, "/_local/events", 405, `{"message":"/_local/events takes GET, HEAD, not POST"}`},
		{http.MethodGet, "/_local/reset", 405, `{"message":"/_local/reset takes POST, not GET"}`},
		{http.MethodGet, "/_local/status?x=1", 400, `{"message":"the query is \"x=1\"; leave it out, this path has no parameters"}`},
		{http.MethodGet, "/_local/alarms?limit=1", 400, `{"message":"the query is \"limit=1\"; leave it out, this path has no parameters"}`},
		{http.MethodGet, "/_local/runbooks/api-5xx?x", 400, `{"message":"the query is \"x\"; leave it out, this path has no parameters"}`},
		{http.MethodGet, "/_local/openapi.json?x=1", 400, `{"message":"the query is \"x=1\"; leave it out, this path has no parameters"}`},
		{http.MethodGet, "/_local/faults?holder=a", 400, `{"message":"the query is \"holder=a\"; leave it out, this path has no parameters"}`},
		{http.MethodGet, objects + "x?y", 400, `{"message":"the query is \"y\"; leave it out, this path has no parameters"}`},
		{http.MethodGet, "/_local/record", 404, `{"message":"there is no path /_local/record; did you mean /_local/records? There are /_local/alarms, `},
		{http.MethodGet, "/_local/metrics", 404, `{"message":"there is no path /_local/metrics; use /_local/alarms, `},
		{http.MethodPost, "/_local/reset", 200, `{"counts":{"accepted":0,"rejected":1,"unknown":0},"forgotten":0}`},
		{http.MethodGet, objects + "events/a%20b+c", 200, "<script>"},
		{http.MethodGet, objects + "events/nothing", 404, `{"message":"s3://`},
		{http.MethodGet, objects + "events", 404, `{"message":"s3://`},
		{http.MethodGet, objects + "../../kinesis.db", 404, `{"message":"s3://`},
		{http.MethodGet, "/_local/objects/.meta/x", 404, `{"message":"s3://`},
		{http.MethodGet, "/_local/objects/../kinesis.db", 404, `{"message":"s3://`},
		{http.MethodPost, objects + "events/x", 405, `{"message":"` + objects + `events/x takes GET, HEAD, not POST"}`},
		{http.MethodHead, objects + "events/a%20b+c", 200, ""},
		{http.MethodHead, objects + "events/nothing", 404, ""},
		{http.MethodGet, "/_local", 404, `{"message":"there is no path /_local; did you mean /_local/alarms? There are `},
		{http.MethodGet, "/_local/", 404, `{"message":"there is no path /_local/; did you mean /_local/alarms? There are `},
		{http.MethodGet, "/_local//records?limit=1", 404, `{"message":"there is no path /_local//records; did you mean /_local/records? There are`},
		{http.MethodGet, "/_local/../config.json", 404, `{"message":"there is no path /_local/../config.json; `},
		{http.MethodGet, "/_local/records/", 404, `{"message":"there is no path /_local/records/; did you mean /_local/records? There are`},
		{http.MethodPost, "/dev/submit", 200, `{"message": "accepted"`},
		{http.MethodPost, "/dev//submit", 200, `{"message": "accepted"`}, // a base address that ends in "/"
		{http.MethodPost, "//dev/submit", 200, `{"message": "accepted"`},
		{http.MethodPost, "/dev/../dev/submit", 403, `{"message": "Missing Authentication Token"`},
		{http.MethodPost, "/nostage/submit", 403, `{"message":"Forbidden"}`},
	} {
		request := httptest.NewRequest(test.method, test.path, strings.NewReader(`{"id":1}`))
		request.Header.Set("Content-Type", "application/json")
		recorder := httptest.NewRecorder()
		p.front().ServeHTTP(recorder, request)
		if recorder.Code != test.status || !strings.HasPrefix(recorder.Body.String(), test.body) {
			t.Errorf("%s %s: %d %.100s, want %d %s", test.method, test.path, recorder.Code, recorder.Body, test.status, test.body)
		}
		policy := recorder.Header().Get("Content-Security-Policy")
		if want := policyOf(test.path); recorder.Code == 200 && policy != want {
			t.Errorf("%s has the policy %q, want %q", test.path, policy, want)
		}
	}
}

// policyOf is the Content-Security-Policy of a path: no frame may hold the page, and data may do nothing.
func policyOf(path string) string {
	switch {
	case path == "/" || strings.HasPrefix(path, "/_web/"):
		return "frame-ancestors 'none'"
	case strings.HasPrefix(path, "/_local/") || path == "/config.json":
		return "sandbox"
	default:
		return ""
	}
}

// config.json tells the page where the pipeline is, in the format that cdktf output writes.
func TestConfig(t *testing.T) {
	keys := func(keys map[string]string) func(*Options) { return func(o *Options) { o.AccessKeys = keys } }
	for name, c := range map[string]struct {
		options func(*Options)
		want    map[string]any
	}{
		"by default":                   {keys(map[string]string{"test": "test"}), map[string]any{"local_test_keys": "true"}},
		"with keys of a person":        {keys(map[string]string{"test": "s3cret", "mine": "test"}), nil},
		"without keys":                 {keys(nil), nil},
		"without limits, without keys": {func(o *Options) { o.Unlimited = true }, map[string]any{"local_unlimited": "true"}},
	} {
		t.Run(name, func(t *testing.T) {
			options := Options{
				Stack: goldens.File(t, "staging"), API: "127.0.0.1:0", AWS: "127.0.0.1:0", Data: t.TempDir(),
				Web: fstest.MapFS{}, Clock: clockwork.NewRealClock(), Logger: slog.New(slog.DiscardHandler), Out: io.Discard,
			}
			c.options(&options)
			p, err := Open(options)
			if err != nil {
				t.Fatal(err)
			}
			defer p.close()
			want := map[string]any{"submit_url": p.apiBase() + "/staging/submit", "authorization": "iam", "region": "us-east-1", "local": "true",
				"local_test_keys": nil, "local_unlimited": nil}
			maps.Copy(want, c.want)
			got := config(t, p, p.apiServer.listener.Addr().String())
			for name, value := range want {
				if got[name] != value {
					t.Errorf("%s is %v, want %v", name, got[name], value)
				}
			}
		})
	}
}

// A client gets addresses with the name by which it has reached the pipeline.
func TestConfigHasTheHostThatWasAskedFor(t *testing.T) {
	p, err := Open(Options{
		Stack: goldens.File(t, "staging"), API: "127.0.0.1:0", AWS: "127.0.0.1:0", AllowHosts: []string{"pipeline"}, Data: t.TempDir(),
		Web: fstest.MapFS{}, Clock: clockwork.NewRealClock(), Logger: slog.New(slog.DiscardHandler), Out: io.Discard,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	_, apiPort, _ := net.SplitHostPort(p.apiServer.listener.Addr().String())
	_, awsPort, _ := net.SplitHostPort(p.awsServer.listener.Addr().String())
	for _, name := range []string{"localhost", "pipeline", "127.0.0.1", "[::1]"} {
		got := config(t, p, name+":"+apiPort)
		at := "http://" + name + ":"
		for output, want := range map[string]string{"submit_url": at + apiPort + "/staging/submit", "local_aws_url": at + awsPort} {
			if got[output] != want {
				t.Errorf("%s by %s is %v, want %s", output, name, got[output], want)
			}
		}
		if curl, _ := got["curl"].(string); !strings.Contains(curl, at+apiPort+"/staging/submit") {
			t.Errorf("curl by %s is %s", name, curl)
		}
	}
}

// config is what the page gets to know about staging by a host's name.
func config(t *testing.T, p *Pipeline, host string) map[string]any {
	t.Helper()
	recorder := httptest.NewRecorder()
	request := httptest.NewRequest(http.MethodGet, "/config.json", http.NoBody)
	request.Host = host
	p.front().ServeHTTP(recorder, request)
	var config map[string]map[string]any
	if err := json.Unmarshal(recorder.Body.Bytes(), &config); err != nil {
		t.Fatal(err)
	}
	return config["staging"]
}
