package openapi_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"cdk.tf/go/ingest/internal/draft4"
	"cdk.tf/go/ingest/internal/goldens"
	"cdk.tf/go/ingest/openapi"
	"cdk.tf/go/ingest/tfjson"
)

type object = map[string]any

func stackOf(t testing.TB, text []byte) *tfjson.Stack {
	t.Helper()
	stack, err := tfjson.Read(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return stack
}

// describe is the document of a stack.
func describe(t testing.TB, stack *tfjson.Stack, opts openapi.Options) (text []byte, doc object) {
	t.Helper()
	text, err := openapi.JSON(stack, opts)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	return text, doc
}

// at follows names into JSON.
func at(t testing.TB, value any, path ...string) any {
	t.Helper()
	for _, name := range path {
		holder, ok := value.(object)
		if !ok || holder[name] == nil {
			t.Fatalf("there is no %s", strings.Join(path, " "))
		}
		value = holder[name]
	}
	return value
}

// check compiles every schema of a document, and finds what every reference leads to. That the document is OpenAPI, a test of package
// local holds (TestDocumentsAreValid).
func check(t *testing.T, text []byte) {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	const url = "http://127.0.0.1/openapi.json"
	compiler := draft4.NewCompiler(time.Second) // for its regular expressions
	compiler.DefaultDraft(jsonschema.Draft2020)
	if err := compiler.AddResource(url, doc); err != nil {
		t.Fatal(err)
	}
	for name := range at(t, doc, "components", "schemas").(object) {
		if _, err := compiler.Compile(url + "#/components/schemas/" + name); err != nil {
			t.Error(err)
		}
	}
	var visit func(any)
	visit = func(value any) {
		switch value := value.(type) {
		case object:
			if reference, ok := value["$ref"].(string); ok {
				at(t, doc, strings.Split(strings.TrimPrefix(reference, "#/"), "/")...)
			}
			for _, below := range value {
				visit(below)
			}
		case []any:
			for _, below := range value {
				visit(below)
			}
		}
	}
	visit(doc)
}

// Every environment's document is the same each time, and none of its references leads nowhere.
func TestEveryEnvironment(t *testing.T) {
	names, err := goldens.Names()
	if err != nil || len(names) == 0 {
		t.Fatalf("%d goldens: %v", len(names), err)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			text, doc := describe(t, stackOf(t, goldens.Read(t, name)), openapi.Options{})
			check(t, text)
			if again, _ := describe(t, stackOf(t, goldens.Read(t, name)), openapi.Options{}); !bytes.Equal(text, again) {
				t.Error("two documents of one stack differ")
			}
			if title := at(t, doc, "info", "title"); title != "api-kinesis-"+name && title != "web-clicks-"+name {
				t.Errorf("the title is %v", title)
			}
		})
	}
}

// statusesOf are an operation's, in order.
func statusesOf(t testing.TB, doc object, path, verb string) string {
	t.Helper()
	var statuses []string
	for status := range at(t, doc, "paths", path, verb, "responses").(object) {
		statuses = append(statuses, status)
	}
	slices.Sort(statuses)
	return strings.Join(statuses, " ")
}

// What a method asks of its callers decides what it may refuse.
func TestStatuses(t *testing.T) {
	for _, test := range []struct{ name, path, verb, want string }{
		{"dev", "/submit", "post", "200 400 413 415 429 431 500 502 504"},
		{"dev", "/submit/batch", "post", "200 207 400 413 415 429 431 500 502 504"},
		{"dev", "/submit", "options", "204 415 429 431"},
		{"staging", "/submit", "post", "200 400 403 413 415 429 431 500 502 504"},
		{"prod", "/submit", "options", "204 403 415 429 431"},
		{"option-keys", "/submit", "post", "200 400 403 413 415 429 431 500 502 504"},
		{"option-cognito", "/submit", "post", "200 400 401 403 413 415 429 431 500 502 504"},
		{"option-intake", "/submit", "post", "200 400 413 415 429 431 500 502 504"},
		{"option-intake", "/submit/batch", "post", "200 207 400 413 415 429 431 500 502 504"},
		{"option-token", "/submit", "post", "200 400 401 403 413 415 429 431 500 502 504"},
	} {
		_, doc := describe(t, stackOf(t, goldens.Read(t, test.name)), openapi.Options{})
		if got := statusesOf(t, doc, test.path, test.verb); got != test.want {
			t.Errorf("%s %s %s: the statuses are %s, want %s", test.name, test.verb, test.path, got, test.want)
		}
	}
}

// Each content type that the API takes is there, with the same schema.
func TestContentTypes(t *testing.T) {
	_, doc := describe(t, stackOf(t, goldens.Read(t, "option-intake")), openapi.Options{})
	content := at(t, doc, "paths", "/submit", "post", "requestBody", "content").(map[string]any)
	if len(content) != 3 {
		t.Errorf("there are %d content types, want 3", len(content))
	}
	for _, typ := range []string{"application/json", "text/plain", "application/cloudevents+json"} {
		if diff := cmp.Diff(content["application/json"], content[typ]); diff != "" || content[typ] == nil {
			t.Errorf("%s differs from application/json:\n%s", typ, diff)
		}
	}
}

// A line of NDJSON has an event of its route: no schema stands beside it, and a client may still send the example.
func TestTheExampleOfALine(t *testing.T) {
	_, doc := describe(t, stackOf(t, goldens.Read(t, "option-intake")), openapi.Options{})
	for path, want := range map[string]any{
		"/submit/batch":         object{"examples": object{"event": object{"value": object{"event": "signup", "user_id": float64(123)}}}},
		"/submit/celsius/batch": object{}, // its events are no objects
	} {
		got := at(t, doc, "paths", path, "post", "requestBody", "content", "application/x-ndjson")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s:\n%s", path, diff)
		}
	}
}

// Only an answer that says when to try again has Retry-After: a quota's does not.
func TestRetryAfter(t *testing.T) {
	_, doc := describe(t, stackOf(t, goldens.Read(t, "dev")), openapi.Options{})
	want := object{"$ref": "#/components/headers/Retry-After"}
	if diff := cmp.Diff(want, at(t, doc, "paths", "/submit", "post", "responses", "429", "headers", "Retry-After")); diff != "" {
		t.Error(diff)
	}
	if at(t, doc, "components", "headers", "Retry-After", "required") != true {
		t.Error("429 need not have Retry-After")
	}
	if _, there := at(t, doc, "paths", "/submit", "post", "responses", "200", "headers").(object)["Retry-After"]; there {
		t.Error("200 has Retry-After")
	}
	_, doc = describe(t, stackOf(t, goldens.Read(t, "option-keys")), openapi.Options{})
	want = object{"$ref": "#/components/headers/Retry-After-optional"}
	if diff := cmp.Diff(want, at(t, doc, "paths", "/submit", "post", "responses", "429", "headers", "Retry-After")); diff != "" {
		t.Error(diff)
	}
}

// The schemes are those of API Gateway's own export.
func TestSecurity(t *testing.T) {
	for _, test := range []struct {
		name        string
		requirement object
		scheme      string
		want        object
	}{
		{"staging", object{"sigv4": []any{}}, "sigv4", object{"type": "apiKey", "in": "header", "name": "Authorization", "x-amazon-apigateway-authtype": "awsSigv4"}},
		{"option-keys", object{"api_key": []any{}}, "api_key", object{"type": "apiKey", "in": "header", "name": "x-api-key"}},
		{"option-cognito", object{"submit-cognito": []any{"events/submit"}}, "submit-cognito", object{"type": "apiKey", "in": "header", "name": "Authorization", "x-amazon-apigateway-authtype": "cognito_user_pools"}},
		{"option-lambda", object{"submit-lambda": []any{}}, "submit-lambda", object{"type": "apiKey", "in": "header", "name": "X-Client", "x-amazon-apigateway-authtype": "custom"}},
		{"option-token", object{"submit-lambda": []any{}}, "submit-lambda", object{"type": "apiKey", "in": "header", "name": "X-Token", "x-amazon-apigateway-authtype": "custom"}},
		{"option-domain", object{"client_certificate": []any{}}, "client_certificate", object{"type": "mutualTLS"}},
	} {
		_, doc := describe(t, stackOf(t, goldens.Read(t, test.name)), openapi.Options{})
		if diff := cmp.Diff([]any{test.requirement}, at(t, doc, "paths", "/submit", "post", "security")); diff != "" {
			t.Errorf("%s: the requirement (-want +got):\n%s", test.name, diff)
		}
		got := at(t, doc, "components", "securitySchemes", test.scheme).(object)
		delete(got, "description")
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: the scheme (-want +got):\n%s", test.name, diff)
		}
		preflight := at(t, doc, "paths", "/submit", "options", "security").([]any)
		if test.name != "option-domain" && len(preflight) > 0 {
			t.Errorf("%s: a preflight asks for %v", test.name, preflight)
		}
	}
	_, doc := describe(t, stackOf(t, goldens.Read(t, "dev")), openapi.Options{})
	if diff := cmp.Diff([]any{}, at(t, doc, "paths", "/submit", "post", "security")); diff != "" {
		t.Error(diff)
	}
}

// A header that the mapping template reads is a parameter of the request.
func TestPartitionKeyHeader(t *testing.T) {
	_, doc := describe(t, stackOf(t, goldens.Read(t, "option-token")), openapi.Options{})
	want := []any{object{"name": "X-Device-Id", "in": "header", "description": "The mapping template reads it.", "required": false, "schema": object{"type": "string"}}}
	if diff := cmp.Diff(want, at(t, doc, "paths", "/submit", "post", "parameters")); diff != "" {
		t.Error(diff)
	}
}
