package shown_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/internal/assumptions"
	"cdk.tf/go/ingest/internal/goldens"
	"cdk.tf/go/ingest/local"
	"cdk.tf/go/ingest/local/apigateway"
	"cdk.tf/go/ingest/tfjson"
	"cdk.tf/go/ingest/verify/shown"
)

// unanswered are the assumptions that a request shows and its answer does not: whoever verifies a pipeline looks for them in the stream
// and in the bucket.
var unanswered = []string{
	"FH-1", "FH-2", "FH-3", "FH-4", "FH-9", "FH-13", "FH-14", "FH-15", "KIN-3", "REPLAY-2", "REPLAY-4", "REPLAY-5", "VTL-4",
}

// Each assumption that a request shows has a probe, unless its answer does not show it.
func TestProbesAreThoseOfTheAssumptions(t *testing.T) {
	names, ids := map[string]bool{}, map[string]bool{}
	for _, p := range shown.Probes() {
		if a, ok := assumptions.ByID(p.ID); !ok || a.Shown != assumptions.ByRequest {
			t.Errorf("the probe %q is of %s, which is shown %q", p.Name, p.ID, a.Shown)
		}
		if names[p.Name] {
			t.Errorf("two probes are %q", p.Name)
		}
		if (p.Needs == nil) != (p.Lacks == "") {
			t.Errorf("%s, %s: Needs is nil: %t, and Lacks is %q", p.ID, p.Name, p.Needs == nil, p.Lacks)
		}
		names[p.Name], ids[p.ID] = true, true
	}
	for _, a := range assumptions.All() {
		if a.Shown == assumptions.ByRequest && ids[a.ID] == slices.Contains(unanswered, a.ID) {
			t.Errorf("%s has a probe: %t; write one, or say here that its answer does not show it", a.ID, ids[a.ID])
		}
	}
}

// The probes together are a small load, and each event that is taken has the mark of the run.
func TestProbesAreHarmless(t *testing.T) {
	const most, large = 60, 2 << 20
	p := read(t, "dev")
	p.SubmitURL, p.BatchURL, p.KeyHeader, p.FirewallBody = "https://abc123.execute-api.us-east-1.amazonaws.com/dev/submit",
		"https://abc123.execute-api.us-east-1.amazonaws.com/dev/submit/batch", "X-Device-Id", 64<<10
	var sizes []string
	for _, probe := range shown.Probes() {
		req, err := probe.Request(p)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(req.Body)
		if err != nil {
			t.Fatal(err)
		}
		if probe.Writes && !bytes.Contains(body, []byte(mark)) {
			t.Errorf("%s, %s: the event %s has no mark", probe.ID, probe.Name, body)
		}
		if len(body) > large {
			sizes = append(sizes, probe.Name)
		}
	}
	if n := len(shown.Probes()); n > most || len(sizes) > 1 {
		t.Errorf("there are %d probes, and these have more than %d bytes: %q; send at most %d, and one that is large", n, large, sizes, most)
	}
}

// Every probe holds on the local pipeline, and fails on each wrong answer that it is there to see.
func TestProbes(t *testing.T) {
	shownBy := map[string]bool{}
	for _, name := range []string{"dev", "staging", "option-types", "option-intake", "option-envelope", "option-keys", "option-token", "option-certificate"} {
		t.Run(name, func(t *testing.T) {
			target := start(t, name)
			for _, probe := range shown.Probes() {
				if probe.Needs != nil && !probe.Needs(target.Pipeline) {
					continue
				}
				shownBy[probe.Name] = true
				t.Run(probe.ID+"/"+probe.Name, func(t *testing.T) { target.try(t, probe) })
			}
		})
	}
	for name, golden := range map[string]string{"UNAUTHORIZED": "option-cognito", "WAF_FILTERED": "prod"} {
		t.Run(name, func(t *testing.T) {
			target := refusing(t, golden, name)
			for _, probe := range shown.Probes() {
				if probe.ID != "API-23" || !probe.Needs(target.Pipeline) {
					continue
				}
				shownBy[probe.Name] = true
				t.Run(probe.Name, func(t *testing.T) { target.try(t, probe) })
			}
		})
	}
	for _, probe := range shown.Probes() {
		if !shownBy[probe.Name] {
			t.Errorf("no pipeline shows %s, %s", probe.ID, probe.Name)
		}
	}
}

// target is a pipeline, and how to send it a request.
type target struct {
	shown.Pipeline
	send func(*http.Request) (*http.Response, error)
	key  string // of the API
}

// try sends a probe, and asks it what it thinks of the answer and of wrong ones.
func (p target) try(t *testing.T, probe shown.Probe) {
	req, err := probe.Request(p.Pipeline)
	if err != nil {
		t.Fatal(err)
	}
	if !probe.Unsigned {
		p.sign(t, req)
	}
	response, err := p.send(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	right := shown.Answer{Status: response.StatusCode, Header: response.Header, Body: body}
	if !probe.Writes && right.Status == http.StatusOK {
		t.Errorf("the event is taken: %s; say that the probe writes", right)
	}
	if err := probe.Expect(p.Pipeline, right); err != nil {
		t.Fatal(err)
	}
	faults := append([]string{"another status"}, seen[probe.Name]...)
	if len(faults) == 1 {
		t.Errorf("name what %q sees in an answer beside its status", probe.Name)
	}
	for _, fault := range faults {
		err := probe.Expect(p.Pipeline, with(t, fault, right))
		if err == nil {
			t.Errorf("an answer with %s is accepted", fault)
		} else if strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "want ") || !strings.Contains(err.Error(), "got ") {
			t.Errorf("of %s it says %q; say what is wanted and what was answered, in one line", fault, err)
		}
	}
}

// seen are the wrong answers that a probe must see, beside another status.
var seen = map[string][]string{
	"a path with a slash at its end and two within it":       {"another reason"},
	"a path with two slashes before the stage":               {"another reason"},
	"a path of no stage":                                     {"the stack's own body", "CORS headers", "another error type"},
	"another method with a content type that is not taken":   {"AWS's own body", "another error type"},
	"a body that the schema refuses, without credentials":    {"AWS's own body", "another reason"},
	"a header of more than 10,240 bytes":                     {"the stack's own body", "CORS headers"},
	"a body whose fault has quotation marks":                 {"no escapes", "another reason"},
	"a body of more than 10 MB":                              {"the stack's own body", "CORS headers"},
	"application/json with a parameter":                      {"another reason", "AWS's own body"},
	"text/plain with a parameter":                            {"another reason", "AWS's own body"},
	"an empty body":                                          {"another reason", "AWS's own body"},
	"a body that is not JSON":                                {"AWS's own body"},
	"an array in place of an object":                         {"another reason", "AWS's own body"},
	"a string in place of an object":                         {"another reason"},
	"an object without any property":                         {"another reason"},
	"a body in gzip":                                         {"another reason"},
	"a coding that is not supported":                         {"AWS's own body"},
	"a body that is not in its coding":                       {"AWS's own body"},
	"a body in zlib's format as deflate":                     {"another reason"},
	"a body in deflate without zlib's header":                {"AWS's own body"},
	"a body in gzip with a byte after it":                    {"AWS's own body"},
	"a body in two codings":                                  {"AWS's own body"},
	"a body that is larger than 10 MB once decompressed":     {"the stack's own body"},
	"an event whose answer may be in gzip":                   {"another coding", "AWS's own body"},
	"an event whose answer may rather be in br than in gzip": {"another coding", "AWS's own body"},
	"a refused body whose answer may be in gzip":             {"another coding", "AWS's own body"},
	"a signed request with a plus in its query":              {"another reason"},
	"no token":                         {"the stack's own body", "another error type", "AWS's own body"},
	"a body that the firewall blocks":  {"the stack's own body", "another error type", "AWS's own body"},
	"an event and its sequence number": {"another shard", "a short number", "another arrival", "no date", "AWS's own body"},
	"a body of 1 MiB, which is too large with its partition key":    {"AWS's own body"},
	"a partition key with quotation marks, a slash and a backslash": {"AWS's own body"},
	"a batch with a number beyond a double":                         {"a server's fault"},
	"a batch with half a surrogate pair":                            {"a server's fault"},
	"a batch that is nested more than 400 levels deep":              {"a server's fault"},
	"lines of JSON, of which only the first is a payload":           {"AWS's own body", "one line taken"},
}

// with is an answer with a fault.
func with(t *testing.T, fault string, a shown.Answer) shown.Answer {
	t.Helper()
	a.Header = a.Header.Clone()
	switch fault {
	case "another status":
		a.Status = http.StatusTeapot
	case "a server's fault":
		a.Status = http.StatusBadGateway
	case "AWS's own body":
		a.Body = []byte(`{"message":"Forbidden"}`)
	case "the stack's own body":
		a.Body = []byte(`{"message": "another", "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"}`)
	case "another reason":
		a.Body = []byte(`{"message": "Invalid request body", "reason": "[another]", "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"}`)
	case "no escapes":
		a.Body = bytes.ReplaceAll(a.Body, []byte(`\"`), []byte(`"`))
	case "CORS headers":
		a.Header.Set("Access-Control-Allow-Origin", "*")
	case "another error type":
		a.Header.Set("X-Amzn-Errortype", "AnotherException")
	case "another coding":
		if a.Header.Get("Content-Encoding") == "" {
			a.Header.Set("Content-Encoding", "gzip")
		} else {
			a.Header.Del("Content-Encoding")
		}
	case "another shard":
		a.Body = bytes.Replace(a.Body, []byte("shardId-000000000000"), []byte("shardId-000000000001"), 1)
	case "a short number":
		a.Body = bytes.Replace(a.Body, []byte(`"sequenceNumber": "4`), []byte(`"sequenceNumber": "`), 1)
	case "another arrival":
		a.Header.Set("Date", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))
	case "no date":
		a.Header.Del("Date")
	case "one line taken":
		a.Body = bytes.Replace(a.Body, []byte(`"accepted": 2`), []byte(`"accepted": 1`), 1)
	default:
		t.Fatalf("there is no fault %q", fault)
	}
	return a
}

const accessKey, secret, mark, account = "test", "test", "shown-test", "000000000000"

func (p target) sign(t *testing.T, req *http.Request) {
	t.Helper()
	switch {
	case p.KeyRequired:
		req.Header.Set("X-Api-Key", p.key)
	case p.Authorization == "CUSTOM":
		req.Header.Set("X-Token", "any")
	case p.Authorization == "AWS_IAM":
		body, err := io.ReadAll(req.Body)
		if err != nil {
			t.Fatal(err)
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
		sum := sha256.Sum256(body)
		as := aws.Credentials{AccessKeyID: accessKey, SecretAccessKey: secret}
		if err := v4.NewSigner().SignHTTP(t.Context(), as, req, hex.EncodeToString(sum[:]), "execute-api", "us-east-1", time.Now()); err != nil {
			t.Fatal(err)
		}
	}
}

// start runs a golden's pipeline until the test ends.
func start(t *testing.T, name string) target {
	t.Helper()
	said := make(sayings, 1)
	pipeline, err := local.Open(local.Options{
		Stack: goldens.File(t, name), API: "127.0.0.1:0", AWS: "127.0.0.1:0", Data: t.TempDir(), Unlimited: true, AllowUnverified: true,
		AccessKeys: map[string]string{accessKey: secret}, Clock: clockwork.NewRealClock(), Logger: slog.New(slog.DiscardHandler), Out: said,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- pipeline.Run(ctx) }()
	t.Cleanup(func() {
		end()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	p := target{Pipeline: read(t, name), send: client().Do}
	text := <-said
	p.SubmitURL = regexp.MustCompile(`(?m)^ +API +(\S+)$`).FindStringSubmatch(text)[1]
	if len(p.BatchTypes) > 0 {
		p.BatchURL = p.SubmitURL + "/batch"
	}
	if p.KeyRequired {
		p.key = regexp.MustCompile(`API_KEY=(\S+)`).FindStringSubmatch(text)[1]
	}
	return p
}

// sayings gets what a pipeline says as it starts, which is one write.
type sayings chan string

func (s sayings) Write(text []byte) (int, error) {
	s <- string(text)
	return len(text), nil
}

// client sends a request as it is, and returns the answer as it came.
func client() *http.Client {
	return &http.Client{Transport: &http.Transport{DisableCompression: true}}
}

// refusing is a golden's API that refuses every request for a reason that nothing on one machine has.
func refusing(t *testing.T, name, reason string) target {
	t.Helper()
	stack, err := tfjson.Read(bytes.NewReader(goldens.Read(t, name)))
	if err != nil {
		t.Fatal(err)
	}
	resolved, err := stack.Resolve(tfjson.Surroundings{Account: account})
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := apigateway.Read(resolved)
	if err != nil {
		t.Fatal(err)
	}
	api, err := apigateway.New(cfg, apigateway.Options{
		Clock: clockwork.NewRealClock(), Logger: slog.New(slog.DiscardHandler), Account: account, Region: "us-east-1", AllowUnverified: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	p := target{Pipeline: read(t, name), send: func(req *http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		err := api.Refuse(w, req, reason)
		response := w.Result()
		for name, values := range w.Header() {
			response.Header[http.CanonicalHeaderKey(name)] = values // as they come over a connection
		}
		return response, err
	}}
	p.SubmitURL, p.Local = "https://abc123.execute-api.us-east-1.amazonaws.com/"+name+"/submit", false
	return p
}

// read reads of a golden what the probes need to know.
func read(t *testing.T, name string) shown.Pipeline {
	t.Helper()
	var stack struct {
		Resource map[string]map[string]map[string]any
		Output   struct{ Curl struct{ Value string } }
	}
	if err := json.Unmarshal(goldens.Read(t, name), &stack); err != nil {
		t.Fatal(err)
	}
	of := func(typ, id string) map[string]any { return stack.Resource[typ][id] }
	method, model := of("aws_api_gateway_method", "api_submit_post"), of("aws_api_gateway_model", "api_event")
	_, example, _ := strings.Cut(strings.TrimSuffix(stack.Output.Curl.Value, "'"), "-d '")
	example = strings.ReplaceAll(example, `'\''`, "'")
	p := shown.Pipeline{
		Local: true, Mark: mark, Example: strings.TrimSuffix(example, "}") + `, "ingest_verify": "` + mark + `"}`,
	}
	p.Authorization, _ = method["authorization"].(string)
	p.KeyRequired, _ = method["api_key_required"].(bool)
	p.Schema, _ = model["schema"].(string)
	models, _ := method["request_models"].(map[string]any)
	p.ContentTypes = slices.Sorted(maps.Keys(models))
	batch := of("aws_api_gateway_integration", "api_submit_batch_post_integration")
	templates, _ := batch["request_templates"].(map[string]any)
	p.BatchTypes = slices.Sorted(maps.Keys(templates))
	single, _ := of("aws_api_gateway_integration", "api_submit_post_integration")["request_templates"].(map[string]any)
	template, _ := single["application/json"].(string)
	if header := regexp.MustCompile(`#set\(\$keyName = '([^$']+)'\)`).FindStringSubmatch(template); header != nil {
		p.KeyHeader = header[1]
	}
	p.Envelope = strings.Contains(template, "$envelope")
	minimum, _ := of("aws_api_gateway_rest_api", "api")["minimum_compression_size"].(string)
	var err error
	if p.MinimumCompression, err = strconv.Atoi(cmp.Or(minimum, "-1")); err != nil {
		t.Fatal(err)
	}
	if len(stack.Resource["aws_wafv2_web_acl"]) > 0 {
		p.FirewallBody = 64 << 10
	}
	return p
}
