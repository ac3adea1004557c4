package local

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/jonboulle/clockwork"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"cdk.tf/go/ingest/internal/goldens"
	"cdk.tf/go/ingest/openapi"
	"cdk.tf/go/ingest/tfjson"
)

// described is a pipeline with the OpenAPI document that it serves. Its clock stands still, so a throttled request stays throttled.
type described struct {
	*Pipeline
	doc     object
	schemas *jsonschema.Compiler // of draft 2020-12, with the document as a resource
	base    string
	seen    map[string]bool // answers by "VERB PATH STATUS"
}

// documentURL is the base URL of the document's references.
const documentURL = "http://127.0.0.1/openapi.json"

func describedPipeline(t *testing.T, file string) *described {
	t.Helper()
	opts := optionsOf(t, file)
	opts.Clock = clockwork.NewFakeClockAt(time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC))
	opts.AllowUnverified, opts.AccessKeys = true, map[string]string{"test": "test"}
	p, err := Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.close)
	w := httptest.NewRecorder()
	p.front().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://127.0.0.1:8080/_local/openapi.json", http.NoBody))
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/json" {
		t.Fatalf("the document is answered with %d: %s", w.Code, w.Body)
	}
	d := &described{Pipeline: p, base: "http://127.0.0.1:8080/" + p.declared.api.Stages()[0], seen: map[string]bool{}}
	if err := json.Unmarshal(w.Body.Bytes(), &d.doc); err != nil {
		t.Fatal(err)
	}
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(w.Body.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	d.schemas = jsonschema.NewCompiler()
	if err := d.schemas.AddResource(documentURL, parsed); err != nil {
		t.Fatal(err)
	}
	return d
}

// sent is a request to an operation.
type sent struct {
	verb, path, contentType, body string
	header                        []string // lines "Name: value"
	length                        int64    // replaces the body's length
	unsigned, keyless             bool
}

func (d *described) request(t *testing.T, s sent) *http.Request {
	t.Helper()
	r := httptest.NewRequest(s.verb, d.base+s.path, strings.NewReader(s.body))
	if s.contentType != "" {
		r.Header.Set("Content-Type", s.contentType)
	}
	for _, h := range s.header {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	for _, scheme := range d.schemes(s) {
		switch {
		case scheme == "api_key" && !s.keyless:
			for _, key := range d.declared.api.Keys() {
				r.Header.Set("X-Api-Key", key)
			}
		case scheme == "sigv4" && !s.unsigned:
			sign(t, r, d.declared.region, d.opts.Clock.Now(), []byte(s.body))
		}
	}
	if s.length > 0 {
		r.ContentLength, r.Body = s.length, http.NoBody
	}
	return r
}

// schemes are the security schemes that the document gives for an operation.
func (d *described) schemes(s sent) []string {
	var names []string
	for _, requirement := range d.operation(s)["security"].([]any) {
		for name := range requirement.(object) {
			names = append(names, name)
		}
	}
	return names
}

func (d *described) operation(s sent) object {
	return d.doc["paths"].(object)[s.path].(object)[strings.ToLower(s.verb)].(object)
}

// send sends a request and checks the answer against the document: its status, headers, content type and body.
func (d *described) send(t *testing.T, s sent) int {
	t.Helper()
	w := httptest.NewRecorder()
	d.front().ServeHTTP(w, d.request(t, s))
	status := strconv.Itoa(w.Code)
	place := s.verb + " " + s.path + " " + status
	d.seen[place] = true
	response, known := d.operation(s)["responses"].(object)[status].(object)
	if !known {
		t.Errorf("%s: the document has no such answer: %s", place, w.Body)
		return w.Code
	}
	d.checkHeaders(t, place, response, w.Header())
	d.checkBody(t, place, response, w)
	return w.Code
}

// checkBody checks that the body has the document's schema for its content type, or that there is no body if the document has none.
func (d *described) checkBody(t *testing.T, place string, response object, w *httptest.ResponseRecorder) {
	t.Helper()
	contents, _ := response["content"].(object)
	content, known := contents[w.Header().Get("Content-Type")].(object)
	if !known {
		if w.Body.Len() > 0 {
			t.Errorf("%s: the document has no such body: %s", place, w.Body)
		}
		return
	}
	d.hold(t, place, content["schema"], w.Body.Bytes())
}

// hold validates JSON by one of the document's schemas.
func (d *described) hold(t *testing.T, place string, reference any, text []byte) {
	t.Helper()
	schema, err := d.schemas.Compile(documentURL + reference.(object)["$ref"].(string))
	if err != nil {
		t.Fatalf("%s: %v", place, err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Errorf("%s: %v: %s", place, err, text)
		return
	}
	if err := schema.Validate(value); err != nil {
		t.Errorf("%s: %v: %s", place, err, text)
	}
}

func sign(t *testing.T, r *http.Request, region string, now time.Time, body []byte) {
	t.Helper()
	sum := sha256.Sum256(body)
	key := aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}
	if err := v4.NewSigner().SignHTTP(t.Context(), key, r, hex.EncodeToString(sum[:]), "execute-api", region, now); err != nil {
		t.Fatal(err)
	}
}

// checkHeaders checks that the answer has every header that the document requires, and none that it does not list.
func (d *described) checkHeaders(t *testing.T, place string, response object, got http.Header) {
	t.Helper()
	headers, _ := response["headers"].(object)
	for name, value := range headers {
		header := value.(object)
		if reference, ok := header["$ref"].(string); ok {
			header = d.doc["components"].(object)["headers"].(object)[strings.TrimPrefix(reference, "#/components/headers/")].(object)
		}
		values := got[name]
		if header["required"] == true && len(values) == 0 {
			t.Errorf("%s: the header %s is missing", place, name)
		}
		if header["schema"].(object)["type"] == "integer" && len(values) > 0 {
			if _, err := strconv.Atoi(values[0]); err != nil {
				t.Errorf("%s: the header %s is %s", place, name, values[0])
			}
		}
	}
	for name := range got {
		known := slices.Contains([]string{"Content-Type", "Content-Length", "Connection"}, name) || headers[name] != nil
		if !known {
			t.Errorf("%s: the document does not have the header %s", place, name)
		}
	}
}

// eachExample visits the examples of an operation's request.
func (d *described) eachExample(t *testing.T, visit func(sent)) {
	t.Helper()
	for path, item := range d.doc["paths"].(object) {
		for verb, operation := range item.(object) {
			s := sent{verb: strings.ToUpper(verb), path: path}
			body, _ := operation.(object)["requestBody"].(object)
			if body == nil {
				visit(s)
				continue
			}
			for contentType, content := range body["content"].(object) {
				examples, _ := content.(object)["examples"].(object)
				noLines := path == "/submit/celsius/batch" && contentType == "application/x-ndjson" // its events are numbers, and a line is an object
				if len(examples) == 0 && !noLines {
					t.Errorf("%s %s: there is no example of %s", s.verb, path, contentType)
				}
				for _, example := range examples {
					text, err := json.Marshal(example.(object)["value"])
					if err != nil {
						t.Fatal(err)
					}
					s.contentType, s.body = contentType, string(text)
					if schema := content.(object)["schema"]; schema != nil { // NDJSON has none
						d.hold(t, s.verb+" "+path+", an example", schema, text)
					}
					visit(s)
				}
			}
		}
	}
}

// Every environment's document is valid OpenAPI by the specification's own schema, and all its references resolve.
func TestDocumentsAreValid(t *testing.T) {
	names, err := goldens.Names()
	if err != nil || len(names) == 0 {
		t.Fatalf("%d goldens: %v", len(names), err)
	}
	folder := t.TempDir()
	for _, name := range names {
		stack, err := tfjson.ReadFile(goldens.File(t, name))
		if err != nil {
			t.Fatal(err)
		}
		text, err := openapi.JSON(stack, openapi.Options{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := os.WriteFile(filepath.Join(folder, name+".json"), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("DOCUMENTS", folder)
	driveNode(t, "", "openapi.mjs")
}

// Each example of each environment's document is accepted, and each answer and refusal that a test can cause matches the document.
func TestAnswersAreTheDocuments(t *testing.T) {
	names, err := goldens.Names()
	if err != nil || len(names) == 0 {
		t.Fatalf("%d goldens: %v", len(names), err)
	}
	for _, name := range names {
		if name == "option-parquet" { // refused on one machine (local/firehose)
			continue
		}
		t.Run(name, func(t *testing.T) {
			d := describedPipeline(t, goldens.File(t, name))
			d.eachExample(t, func(s sent) {
				want := map[string]int{http.MethodPost: 200, http.MethodOptions: 204}[s.verb]
				for _, header := range [][]string{nil, {"Origin: https://shop.example.com", "Sec-Fetch-Site: cross-site"}} {
					s.header = header
					if got := d.send(t, s); got != want {
						t.Errorf("%s %s: the example %s is answered with %d, want %d", s.verb, s.path, s.body, got, want)
					}
				}
				if s.verb == http.MethodPost {
					d.provoke(t, s)
				}
			})
		})
	}
}

// provoke makes the API refuse an example in each way that needs only one request.
func (d *described) provoke(t *testing.T, valid sent) {
	t.Helper()
	refuse := func(want int, set func(*sent)) {
		t.Helper()
		s := valid
		set(&s)
		if got := d.send(t, s); got != want {
			t.Errorf("%s %s: it is answered with %d, want %d", s.verb, s.path, got, want)
		}
	}
	refuse(400, func(s *sent) { s.body = `{` })
	refuse(400, func(s *sent) { s.body, s.contentType = "", "" })
	refuse(413, func(s *sent) { s.length = 10<<20 + 1 })
	refuse(415, func(s *sent) { s.contentType = "text/html" })
	refuse(431, func(s *sent) { s.header = []string{"X-Large: " + strings.Repeat("x", 10_241)} })
	for _, scheme := range d.schemes(valid) {
		switch scheme {
		case "api_key":
			refuse(403, func(s *sent) { s.keyless = true })
		case "sigv4":
			refuse(403, func(s *sent) { s.unsigned = true })
		}
	}
}

// The answers to a record that is too large, and to one over the write limit, match the document.
func TestRefusalsOfTheStreamAreTheDocuments(t *testing.T) {
	d := describedPipeline(t, goldens.File(t, "dev"))
	event := func(bytes int) string {
		return fmt.Sprintf(`{"event": "signup", "text": %q}`, strings.Repeat("x", bytes))
	}
	const json = "application/json"
	for _, test := range []struct {
		name, path, body string
		want             int
	}{
		{"over 1 MiB", "/submit", event(1 << 20), 400},
		{"the first of a second", "/submit/batch", `{"events": [` + event(700_000) + "," + event(700_000) + `]}`, 207},
		{"over the write limit", "/submit", event(700_000), 429},
		{"all over the write limit", "/submit/batch", `{"events": [` + event(700_000) + "," + event(700_000) + `]}`, 429},
	} {
		if got := d.send(t, sent{verb: http.MethodPost, path: test.path, contentType: json, body: test.body}); got != test.want {
			t.Errorf("%s: it is answered with %d, want %d", test.name, got, test.want)
		}
	}
	for range 2000 { // the stage's throttle
		if d.send(t, sent{verb: http.MethodOptions, path: "/submit"}) == http.StatusTooManyRequests {
			break
		}
	}
	if !d.seen["OPTIONS /submit 429"] {
		t.Error("the stage throttles nothing")
	}
}

// The document describes an edited stack. Here the API's role lacks its permission, so Kinesis refuses the API's calls.
func TestAnEditedStackIsDescribed(t *testing.T) {
	stack := devStack(t)
	delete(stack.types()["aws_iam_role_policy"].(object), "submit-role_put-record")
	for _, r := range stack.types() {
		for _, body := range r.(object) {
			dependsOn, _ := body.(object)["depends_on"].([]any)
			if dependsOn != nil {
				body.(object)["depends_on"] = slices.DeleteFunc(dependsOn, func(a any) bool { return a == "aws_iam_role_policy.submit-role_put-record" })
			}
		}
	}
	stack.body("aws_api_gateway_gateway_response", "api_unsupported-media-type")["status_code"] = "406"
	d := describedPipeline(t, stack.write(t))
	d.eachExample(t, func(s sent) {
		if s.verb != http.MethodPost {
			return
		}
		if got := d.send(t, s); got != http.StatusBadGateway {
			t.Errorf("%s: it is answered with %d", s.path, got)
		}
		s.contentType = "text/plain"
		if got := d.send(t, s); got != http.StatusNotAcceptable {
			t.Errorf("%s: it is answered with %d", s.path, got)
		}
	})
}
