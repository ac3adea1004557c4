package local

import (
	"context"
	"encoding/json"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"cdk.tf/go/ingest/internal/goldens"
	"cdk.tf/go/ingest/internal/lockedbuffer"
)

// secret is a text that no log may hold. It is not a header's name, a number or JSON.
const secret = "s3cret@example.com"

// running is a running pipeline with its output and logs.
type running struct {
	*Pipeline
	said *lockedbuffer.Buffer
	stop func() error
}

// run starts a pipeline that logs everything.
func run(t *testing.T, opts Options) *running {
	t.Helper()
	said := &lockedbuffer.Buffer{}
	opts.Logger, opts.Out = slog.New(slog.NewTextHandler(said, &slog.HandlerOptions{Level: slog.LevelDebug})), said
	p, err := Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	stop := sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() { _ = stop() }) // the test looks at its error
	return &running{p, said, stop}
}

// logs returns all output, and all files of the data folder except the stream and the buckets.
func (r *running) logs(t *testing.T) string {
	t.Helper()
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	all := r.said.String()
	err := filepath.WalkDir(r.logsDir(), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		all += string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// strict is a schema with every kind of rule that a body can break.
const strict = `{"type": "object", "additionalProperties": false, "required": ["type"], "properties": {
	"type": {"type": "string"}, "email": {"pattern": "^[a-z]+$"}, "kind": {"enum": ["a", "b"]}, "short": {"maxLength": 3}, "long": {"minLength": 99},
	"host": {"format": "ipv4"}, "mail": {"format": "email"}, "at": {"format": "date-time"}, "n": {"type": "integer", "maximum": 5, "multipleOf": 2},
	"list": {"type": "array", "uniqueItems": true, "items": {"type": "object", "properties": {"id": {"pattern": "^x$"}}}},
	"either": {"oneOf": [{"type": "null"}, {"pattern": "^y$"}]}, "not": {"not": {"type": "string"}}, "open": {}
}}`

// bodies hold the secret in every place that a body has.
var bodies = []string{
	`{"type": "` + secret + `", "open": {"` + secret + `": ["` + secret + `"]}}`, // accepted
	`{"` + secret + `": 1, "type": "x"}`,
	`{"type": "x", "email": "` + secret + `"}`, `{"type": "x", "kind": "` + secret + `"}`, `{"type": "x", "short": "` + secret + `"}`,
	`{"type": "x", "long": "` + secret + `"}`, `{"type": "x", "host": "` + secret + `"}`, `{"type": "x", "mail": " ` + secret + `"}`,
	`{"type": "x", "at": "` + secret + `"}`, `{"type": "x", "n": "` + secret + `"}`, `{"type": "x", "list": ["` + secret + `"]}`,
	`{"type": "x", "list": [{"id": "` + secret + `"}]}`, `{"type": "x", "either": "` + secret + `"}`, `{"type": "x", "not": "` + secret + `"}`,
	`{"type": ["` + secret + `"]}`, secret, `{"type": "` + secret, `["` + secret + `"]`, `"` + secret + `"`, `{"type": "x"} ` + secret,
}

// headers hold the secret in each header that the pipeline reads, and in one that it does not. They leave out those that the access
// log has by design: User-Agent, the client's request id and trace id, and the name of a method.
var headers = []string{
	"Authorization: " + secret, "Authorization: Bearer " + secret, "Authorization: AWS4-HMAC-SHA256 " + secret,
	"Authorization: AWS4-HMAC-SHA256 Credential=" + secret + ", SignedHeaders=host, Signature=x",
	"Authorization: AWS4-HMAC-SHA256 Credential=" + secret + "/20260101/us-east-1/execute-api/aws4_request, SignedHeaders=host, Signature=" + secret,
	"Authorization: AWS4-HMAC-SHA256 Credential=test/" + secret + "/us-east-1/execute-api/aws4_request, SignedHeaders=host, Signature=x",
	"X-Api-Key: " + secret, "X-Amz-Security-Token: " + secret, "X-Amz-Date: " + secret, "Cookie: a=" + secret, "Content-Type: " + secret, "Accept: " + secret,
	"X-Device-Id: " + secret + strings.Repeat("x", 300), "Referer: http://127.0.0.1/" + secret, "X-Amz-Target: Kinesis_20131202." + secret, "X-Other: " + secret,
	"X-Amz-Copy-Source: /" + secret + "/" + secret, "Range: " + secret, "Expect: " + secret, "X-Forwarded-For: " + secret,
}

var queries = []string{
	"a=" + secret, secret + "=1", "X-Amz-Algorithm=" + secret, "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" + secret, "%zz" + secret,
}

// send sends a request and reads its answer, which may hold what the client sent.
func send(t *testing.T, method, url, body string, header ...string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	for _, h := range header {
		name, value, _ := strings.Cut(h, ": ")
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close() // the answer does not matter
}

// withSchema writes an environment's stack with another schema.
func withSchema(t *testing.T, environment, schema string) string {
	t.Helper()
	var stack editable
	if err := json.Unmarshal(goldens.Read(t, environment), &stack); err != nil {
		t.Fatal(err)
	}
	stack.body("aws_api_gateway_model", "api_event")["schema"] = schema
	return stack.write(t)
}

// No log holds a body, as the README promises, nor a header or a query string, whatever is wrong with them.
func TestNoLogHoldsWhatIsSent(t *testing.T) {
	for _, environment := range []string{"dev", "staging", "option-keys", "option-token", "option-tuned"} {
		t.Run(environment, func(t *testing.T) {
			opts := optionsOf(t, withSchema(t, environment, strict))
			opts.Unlimited, opts.AllowUnverified, opts.AccessKeys = true, true, map[string]string{"test": "test"}
			p := run(t, opts)
			submit := p.submitURL()
			for _, body := range bodies {
				send(t, http.MethodPost, submit, body)
				send(t, http.MethodPost, submit+"/batch", `{"events": [`+body+`]}`)
				send(t, http.MethodPost, "http://"+p.awsServer.listener.Addr().String()+"/", body, "X-Amz-Target: Kinesis_20131202.PutRecord")
				send(t, http.MethodPut, "http://"+p.awsServer.listener.Addr().String()+"/bucket/key", body)
			}
			for _, header := range headers {
				for _, url := range []string{submit, submit + "/none", p.apiBase() + "/_local/status", "http://" + p.awsServer.listener.Addr().String() + "/"} {
					send(t, http.MethodPost, url, `{"type": "x"}`, header)
				}
			}
			for _, query := range queries {
				send(t, http.MethodPost, submit+"?"+query, `{"type": "x"}`)
				send(t, http.MethodGet, p.apiBase()+"/_local/status?"+query, "")
				send(t, http.MethodGet, "http://"+p.awsServer.listener.Addr().String()+"/bucket?"+query, "")
			}
			logs := p.logs(t)
			if !strings.Contains(logs, "API Gateway answered itself") || !strings.Contains(logs, `"errorType":`) && !strings.Contains(logs, `"errorType": `) {
				t.Errorf("nothing was logged:\n%s", logs)
			}
			found := 0
			for line := range strings.SplitSeq(logs, "\n") {
				if strings.Contains(line, secret) {
					if found++; found <= 10 {
						t.Errorf("a log holds %s: %s", secret, line)
					}
				}
			}
			if found > 0 {
				t.Errorf("%d lines hold it", found)
			}
		})
	}
}
