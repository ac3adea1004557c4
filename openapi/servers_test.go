package openapi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cdk.tf/go/ingest/internal/goldens"
	"cdk.tf/go/ingest/openapi"
)

func TestServers(t *testing.T) {
	local := func(name, base string) object {
		return object{"url": base + "/" + name, "description": "The pipeline on this machine (ingest up)"}
	}
	for _, test := range []struct {
		name string
		opts openapi.Options
		want []any
	}{
		{"dev", openapi.Options{}, []any{local("dev", "http://127.0.0.1:8080")}},
		{"dev", openapi.Options{Local: "http://localhost:9000"}, []any{local("dev", "http://localhost:9000")}},
		{"dev", openapi.Options{Server: "https://abc.execute-api.us-east-1.amazonaws.com/dev/"}, []any{object{"url": "https://abc.execute-api.us-east-1.amazonaws.com/dev"}}},
		{"option-domain", openapi.Options{}, []any{local("option-domain", "http://127.0.0.1:8080"), object{"url": "https://events.example.com", "description": "The API's domain"}}},
	} {
		_, doc := describe(t, stackOf(t, goldens.Read(t, test.name)), test.opts)
		if diff := cmp.Diff(test.want, doc["servers"]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestServerOfOutputs(t *testing.T) {
	const deployedURL = "https://abc123.execute-api.us-east-1.amazonaws.com/dev"
	const form = `; write the file with "npx cdktf output ENV --outputs-file FILE" or "terraform output -json"`
	const again = "it has none of the outputs batch_url, submit_url with the API's address; write it again after a deployment (npx cdktf output ENV --outputs-file FILE), or pass --server"
	for _, test := range []struct{ name, outputs, want, problem string }{
		{"dev", `{"dev": {"submit_url": "` + deployedURL + `/submit", "curl": "curl"}}`, deployedURL, ""},
		{"dev", `{"other": {"submit_url": "` + deployedURL + `/submit"}}`, deployedURL, ""},
		{"dev", `{"other": {"submit_url": "x"}, "dev": {"batch_url": "` + deployedURL + `/submit/batch"}}`, deployedURL, ""},
		{"option-domain", `{"option-domain": {"submit_url": "https://events.example.com/submit"}}`, "https://events.example.com", ""},
		{"dev", `{"submit_url": {"sensitive": false, "type": "string", "value": "` + deployedURL + `/submit"}}`, deployedURL, ""},
		{"dev", `{"submit_url": {"type": "string", "value": "https://events.example.com/submit"}, "api_stage": {"type": "string", "value": "prod"}}`, "", "it holds no outputs of a stack dev" + form},
		{"dev", `{"dev": {"submit_url": "` + deployedURL + `/elsewhere"}}`, "", again},
		{"dev", `{"dev": {}}`, "", again},
		{"dev", `{"prod": {"submit_url": "https://abc123.execute-api.us-east-1.amazonaws.com/prod/submit"}}`, "", again},
		{"dev", `{"prod": {"submit_url": "https://events.example.com/submit", "api_stage": "prod"}}`, "", "it holds no outputs of a stack dev" + form},
		{"dev", `{"a": {}, "b": {}}`, "", "it holds no outputs of a stack dev" + form},
		{"dev", `[]`, "", "it holds no outputs of a stack dev" + form},
		{"dev", `{`, "", "not JSON: unexpected end of JSON input" + form},
	} {
		got, err := openapi.ServerOf(stackOf(t, goldens.Read(t, test.name)), []byte(test.outputs))
		if test.problem == "" && (err != nil || got != test.want) {
			t.Errorf("%s: it is %q (%v), want %s", test.outputs, got, err, test.want)
		}
		if test.problem != "" && (err == nil || err.Error() != test.problem) {
			t.Errorf("%s: it is %q (%v), want the error %s", test.outputs, got, err, test.problem)
		}
	}
}

// edited is the dev stack after a change of its JSON.
func edited(t *testing.T, change func(resources object)) []byte {
	t.Helper()
	var stack object
	if err := json.Unmarshal(goldens.Read(t, "dev"), &stack); err != nil {
		t.Fatal(err)
	}
	change(stack["resource"].(object))
	text, err := json.Marshal(stack)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// An API without a valid example is described all the same, with every answer.
func TestASchemaWithoutAnExample(t *testing.T) {
	text := edited(t, func(resources object) {
		model := resources["aws_api_gateway_model"].(object)["api_event"].(object)
		model["schema"] = `{"type": "object", "required": ["id"], "properties": {"id": {"type": "string", "pattern": "^(?=x)(?!text)x[0-9]+$"}}}`
	})
	document, doc := describe(t, stackOf(t, text), openapi.Options{})
	check(t, document)
	if got, want := statusesOf(t, doc, "/submit", "post"), "200 400 413 415 429 431 500 502 504"; got != want {
		t.Errorf("the statuses are %s, want %s", got, want)
	}
	content := at(t, doc, "paths", "/submit", "post", "requestBody", "content", "application/json").(object)
	if content["examples"] != nil {
		t.Errorf("the examples are %v", content["examples"])
	}
}

// Of several origins an answer names the one that asked, and need not name any.
func TestSeveralOrigins(t *testing.T) {
	text := goldens.Read(t, "dev")
	text = bytes.ReplaceAll(text, []byte(`"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"`), []byte(`"gatewayresponse.header.Access-Control-Allow-Origin": "method.request.header.origin"`))
	_, doc := describe(t, stackOf(t, text), openapi.Options{})
	want := object{"$ref": "#/components/headers/Access-Control-Allow-Origin-optional"}
	if diff := cmp.Diff(want, at(t, doc, "paths", "/submit", "post", "responses", "415", "headers", "Access-Control-Allow-Origin")); diff != "" {
		t.Error(diff)
	}
	if got := at(t, doc, "components", "headers", "Access-Control-Allow-Origin-optional", "example"); got != "https://app.example.com" {
		t.Errorf("the example is %v", got)
	}
}

// An address that is none, or that OpenAPI reads as another, does not get into the document.
func TestCheckServer(t *testing.T) {
	for _, address := range []string{
		"http://127.0.0.1:8080/dev", "https://events.example.com/", "HTTPS://X.example:65535", "https://[::1]:443/a%20b/%7Bc%7D", "http://x/a,b;c=d",
	} {
		if err := openapi.CheckServer(address); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, address := range []string{
		"", "events.example.com", "//events.example.com", "ftp://x", "https:///dev", "https://:443/dev", "https://x:65536", "https://x/#", `https://x"y/`, "https://x<y>/", "https://x/?", "https://x/?a=b",
		"https://x/#a", "https://a@x", "https://x/{stage}", "https://{id}.example.com", "https://x/a b", "https://x/a|b", "https://x/%zz", " https://x",
	} {
		if err := openapi.CheckServer(address); err == nil || !strings.HasPrefix(err.Error(), fmt.Sprintf("is %q; use the address before the paths", address)) {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// A path with parameters and a method that stands for all have what OpenAPI has for them.
func TestParametersAndAny(t *testing.T) {
	text := edited(t, func(resources object) {
		const api, at = "${aws_api_gateway_rest_api.api.id}", "${aws_api_gateway_resource.rest.id}"
		resources["aws_api_gateway_resource"].(object)["rest"] = object{"rest_api_id": api, "parent_id": "${aws_api_gateway_rest_api.api.root_resource_id}", "path_part": "{proxy+}"}
		resources["aws_api_gateway_method"].(object)["rest"] = object{
			"rest_api_id": api, "resource_id": at, "http_method": "ANY", "authorization": "NONE",
			"request_parameters": object{"method.request.querystring.page": true},
		}
		resources["aws_api_gateway_integration"].(object)["rest"] = object{
			"rest_api_id": api, "resource_id": at, "http_method": "ANY", "type": "MOCK", "request_templates": object{"application/json": `{"statusCode": 200}`},
		}
		resources["aws_api_gateway_method_response"].(object)["rest"] = object{"rest_api_id": api, "resource_id": at, "http_method": "ANY", "status_code": "200"}
		resources["aws_api_gateway_integration_response"].(object)["rest"] = object{"rest_api_id": api, "resource_id": at, "http_method": "ANY", "status_code": "200"}
	})
	document, doc := describe(t, stackOf(t, text), openapi.Options{})
	check(t, document)
	if verbs := at(t, doc, "paths", "/{proxy}").(object); len(verbs) != 7 {
		t.Errorf("ANY stands for %d methods", len(verbs))
	}
	if got := at(t, doc, "paths", "/{proxy}", "get", "operationId"); got != "getProxy" {
		t.Errorf("the operation is %v", got)
	}
	parameter := func(in, name string) object {
		return object{"in": in, "name": name, "required": true, "schema": object{"type": "string"}}
	}
	if diff := cmp.Diff([]any{parameter("path", "proxy"), parameter("query", "page")}, at(t, doc, "paths", "/{proxy}", "get", "parameters")); diff != "" {
		t.Error(diff)
	}
}

// What cannot be described is refused with the place and the remedy.
func TestRefusedStacks(t *testing.T) {
	noSchema := edited(t, func(r object) { r["aws_api_gateway_model"].(object)["api_event"].(object)["schema"] = "{" })
	for _, test := range []struct{ name, stack, want string }{
		{"no API", `{"provider": {"aws": {"region": "us-east-1"}}, "resource": {"aws_s3_bucket": {"b": {"bucket": "b"}}}}`,
			"the stack declares 0 of aws_api_gateway_rest_api; one is served, at /STAGE/"},
		{"a schema that is no JSON", string(noSchema), "aws_api_gateway_model.api_event: schema is not JSON: unexpected EOF"},
	} {
		if _, err := openapi.JSON(stackOf(t, []byte(test.stack)), openapi.Options{}); err == nil || err.Error() != test.want {
			t.Errorf("%s: %v, want %s", test.name, err, test.want)
		}
	}
}
