package apigateway_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cdk.tf/go/ingest/local/apigateway"
)

// ok is an event that dev accepts.
const ok = `{"a":1}`

func TestReadsEveryEnvironment(t *testing.T) {
	for _, environment := range []string{"dev", "staging", "prod"} {
		cfg, err := apigateway.Read(loadRaw(t, environment).resolve(t))
		if err != nil {
			t.Errorf("%s: %v", environment, err)
			continue
		}
		if got := cfg.Stages(); len(got) != 1 || got[0] != environment || cfg.Name != "api-kinesis-"+environment || cfg.ID == "" {
			t.Errorf("%s: stages %v, name %q, id %q", environment, got, cfg.Name, cfg.ID)
		}
	}
}

func TestSubmit(t *testing.T) {
	g := serve(t, loadRaw(t, "dev"))
	a := g.post(`{"a": "it's"}`)
	id := a.header["x-amzn-requestid"]
	want := `{"message": "accepted", "requestId": "` + id + `", "shardId": "shardId-000000000000", "sequenceNumber": "49590338271490256608559692538361571095921575989136588898"}`
	if a.status != http.StatusOK || strings.TrimSpace(a.body) != want {
		t.Errorf("%d %s\nwant %s", a.status, a.body, want)
	}
	for name, value := range map[string]string{
		"content-type": "application/json", "access-control-allow-origin": "*",
		"access-control-expose-headers": "Retry-After,x-amzn-ErrorType,x-amzn-RequestId",
	} {
		if a.header[name] != value {
			t.Errorf("%s: %q, want %q", name, a.header[name], value)
		}
	}
	if len(id) != 36 || len(a.header["x-amz-apigw-id"]) != 16 || !strings.HasPrefix(a.header["x-amzn-trace-id"], "Root=1-6a450140-") {
		t.Errorf("ids: %v", a.header)
	}
	call := g.kinesis.calls[0]
	var record struct{ StreamName, PartitionKey, Data string }
	if err := json.Unmarshal(call.Body, &record); err != nil {
		t.Fatalf("%v in %s", err, call.Body)
	}
	data, err := base64.StdEncoding.DecodeString(record.Data)
	if err != nil || string(data) != `{"a": "it's"}` || record.PartitionKey != id || record.StreamName == "" {
		t.Errorf("%+v, data %s, error %v", record, data, err)
	}
	if call.Service != "kinesis" || call.Action != "PutRecord" || !strings.HasPrefix(call.RoleARN, "arn:aws:iam::000000000000:role/") {
		t.Errorf("call: %+v", call)
	}
	if got := call.Header.Get("Content-Type"); got != "application/x-amz-json-1.1" {
		t.Errorf("Content-Type of the call: %q", got)
	}
}

func TestAnswersOfKinesis(t *testing.T) {
	const throttling = "the stream is at its write limit; send the event again after Retry-After seconds"
	for _, test := range []struct {
		name   string
		status int
		body   string
		want   int
		text   string
		retry  string
	}{
		{"throttled", 400, `{"__type":"ProvisionedThroughputExceededException","message":"Rate exceeded"}`, 429, throttling, "1"},
		{"limit", 400, `{"__type":"com.amazonaws.kinesis.v20131202#LimitExceededException"}`, 429, throttling, "1"},
		{"invalid", 400, `{"__type":"ValidationException","message":"1 \"validation\" error"}`, 400, "the stream refused the event", ""},
		{"denied", 400, `{"__type":"AccessDeniedException","Message":"User: …"}`, 502, "the stream could not take the event; send it again", ""},
		{"no body", 413, ``, 502, "the stream could not take the event; send it again", ""},
		{"failed", 500, `{"__type":"InternalFailure"}`, 502, "the stream could not take the event; send it again", ""},
		{"unconfirmed", 200, `{}`, 502, "the stream did not confirm the event; send it again", ""},
		{"a redirect", 301, `{}`, 502, "the stream could not take the event; send it again", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			g := serve(t, loadRaw(t, "dev"))
			g.kinesis.answer = answers(test.status, test.body)
			a := g.post(ok)
			var body map[string]string
			if err := json.Unmarshal([]byte(a.body), &body); err != nil {
				t.Fatalf("%v in %s", err, a.body)
			}
			if a.status != test.want || body["message"] != test.text || a.header["retry-after"] != test.retry {
				t.Errorf("%d %v %v", a.status, a.header, body)
			}
			if a.header["access-control-allow-origin"] != "*" || body["requestId"] != a.header["x-amzn-requestid"] {
				t.Errorf("no CORS or another request id: %v %v", a.header, body)
			}
		})
	}
}

// A browser cannot read an answer without the header, not even the answer to a wrong request.
func TestEveryAnswerOfDevHasCORS(t *testing.T) {
	big := strings.Repeat("x", 10<<20+1)
	for _, test := range []struct {
		name    string
		request *http.Request
		set     func(*gateway)
		status  int
		kind    string // x-amzn-ErrorType
	}{
		{"accepted", request("POST", "/dev/submit", ok), nil, 200, ""},
		{"preflight", request("OPTIONS", "/dev/submit", "", "Origin: https://a.example", "Access-Control-Request-Method: POST"), nil, 204, ""},
		{"no such path", request("GET", "/dev/nothing", ""), nil, 403, "MissingAuthenticationTokenException"},
		{"no such method", request("PUT", "/dev/submit", ok), nil, 403, "MissingAuthenticationTokenException"},
		{"HEAD", request("HEAD", "/dev/submit", ""), nil, 403, "MissingAuthenticationTokenException"},
		{"the stage alone", request("GET", "/dev", ""), nil, 403, "MissingAuthenticationTokenException"},
		{"no JSON", request("POST", "/dev/submit", "{"), nil, 400, "BadRequestException"},
		{"no object", request("POST", "/dev/submit", "[]"), nil, 400, "BadRequestException"},
		{"media type", request("POST", "/dev/submit", "a=1", "Content-Type: application/x-www-form-urlencoded"), nil, 415, "BadRequestException"},
		{"failure", request("POST", "/dev/submit", ok), func(g *gateway) {
			g.kinesis.answer = func(context.Context, apigateway.Call) (apigateway.Answer, error) {
				return apigateway.Answer{}, errors.New("no such host")
			}
		}, 502, "InternalServerErrorException"},
		{"throttled", request("POST", "/dev/submit", ok), func(g *gateway) {
			for range 500 {
				g.post(ok)
			}
		}, 429, "TooManyRequestsException"},
	} {
		t.Run(test.name, func(t *testing.T) {
			g := serve(t, loadRaw(t, "dev"))
			if test.set != nil {
				test.set(g)
			}
			a := g.do(test.request)
			if a.status != test.status || a.header["x-amzn-errortype"] != test.kind {
				t.Errorf("%d %q, want %d %q; %s", a.status, a.header["x-amzn-errortype"], test.status, test.kind, a.body)
			}
			if a.header["access-control-allow-origin"] != "*" || a.header["access-control-expose-headers"] == "" {
				t.Errorf("no CORS: %v", a.header)
			}
		})
	}
	t.Run("except 413 and an unknown stage, as on AWS", func(t *testing.T) {
		g := serve(t, loadRaw(t, "dev"))
		if a := g.do(request("POST", "/dev/submit", big)); a.status != 413 || a.header["access-control-allow-origin"] != "" || a.body != `{"message":"Request Too Long"}` {
			t.Errorf("%d %v %s", a.status, a.header, a.body)
		}
		if a := g.do(request("POST", "/prod/submit", ok)); a.status != 403 || a.body != `{"message":"Forbidden"}` || a.header["x-amzn-errortype"] != "ForbiddenException" {
			t.Errorf("%d %v %s", a.status, a.header, a.body)
		}
	})
}

// bare is the dev stack without gateway responses, so the answers are AWS's.
func bare(t testing.TB) raw {
	r := loadRaw(t, "dev")
	resources := r["resource"].(map[string]any)
	delete(resources, "aws_api_gateway_gateway_response")
	deployment := r.body("deployment", "api_deployment")
	deployment["depends_on"] = slices.DeleteFunc(deployment["depends_on"].([]any), func(v any) bool {
		return strings.HasPrefix(v.(string), "aws_api_gateway_gateway_response.")
	})
	return r
}

func TestDefaultGatewayResponses(t *testing.T) {
	failing := func(context.Context, apigateway.Call) (apigateway.Answer, error) {
		return apigateway.Answer{}, errors.New("no route")
	}
	for _, test := range []struct {
		name   string
		edit   func(raw)
		answer func(context.Context, apigateway.Call) (apigateway.Answer, error)
		do     *http.Request
		status int
		body   string
		kind   string
		typ    string
	}{
		{"MISSING_AUTHENTICATION_TOKEN", nil, nil, request("GET", "/dev/x", ""), 403, `{"message":"Missing Authentication Token"}`, "MissingAuthenticationTokenException", "MISSING_AUTHENTICATION_TOKEN"},
		{"BAD_REQUEST_BODY", nil, nil, request("POST", "/dev/submit", "1"), 400, `{"message":"Invalid request body"}`, "BadRequestException", "BAD_REQUEST_BODY"},
		{"BAD_REQUEST_PARAMETERS", func(r raw) {
			r.body("request_validator", "api_body")["validate_request_parameters"] = true
			r.body("method", "api_submit_post")["request_parameters"] = map[string]any{
				"method.request.querystring.q": true, "method.request.header.X-H": true, "method.request.header.X-O": false,
			}
		}, nil, request("POST", "/dev/submit?q=%20", ok), 400, `{"message":"Missing required request parameters: [X-H, q]"}`, "BadRequestException", "BAD_REQUEST_PARAMETERS"},
		{"UNSUPPORTED_MEDIA_TYPE", nil, nil, request("POST", "/dev/submit", ok, "Content-Type: text/xml"), 415, `{"message":"Unsupported Media Type"}`, "BadRequestException", "UNSUPPORTED_MEDIA_TYPE"},
		{"INTEGRATION_FAILURE", nil, failing, request("POST", "/dev/submit", ok), 504, `{"message":"Internal server error"}`, "InternalServerErrorException", "INTEGRATION_FAILURE"},
		{"API_CONFIGURATION_ERROR", func(r raw) {
			r.body("integration_response", "api_submit_post_502-mapping")["selection_pattern"] = "5.."
		}, answers(301, ""), request("POST", "/dev/submit", ok), 500, `{"message":"Internal server error"}`, "InternalServerErrorException", "API_CONFIGURATION_ERROR"},
		{"INVALID_API_KEY", func(r raw) { r.body("method", "api_submit_post")["api_key_required"] = true }, nil,
			request("POST", "/dev/submit", ok), 403, `{"message":"Forbidden"}`, "ForbiddenException", "INVALID_API_KEY"},
		{"INVALID_SIGNATURE", func(r raw) { r.body("method", "api_submit_post")["authorization"] = "AWS_IAM" }, nil,
			request("POST", "/dev/submit", ok, "Authorization: AWS4-HMAC-SHA256 Credential"), 403,
			`{"message":"'Credential' not a valid key=value pair (missing equal-sign) in Authorization header: 'AWS4-HMAC-SHA256 Credential'."}`, "IncompleteSignatureException", "INVALID_SIGNATURE"},
		{"REQUEST_TOO_LARGE", nil, nil, request("POST", "/dev/submit", strings.Repeat(" ", 10<<20+1)), 413, `{"message":"Request Too Long"}`, "RequestTooLargeException", "REQUEST_TOO_LARGE"},
		{"THROTTLED", func(r raw) {
			r.body("method_settings", "api_settings")["settings"].(map[string]any)["throttling_burst_limit"] = 0
		}, nil,
			request("POST", "/dev/submit", ok), 429, `{"message":"Too Many Requests"}`, "TooManyRequestsException", "THROTTLED"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := bare(t)
			if test.edit != nil {
				test.edit(r)
			}
			g := serve(t, r)
			g.kinesis.answer = test.answer
			a := g.do(test.do)
			if a.status != test.status || a.body != test.body || a.header["x-amzn-errortype"] != test.kind {
				t.Errorf("%d %s %s\nwant %d %s %s", a.status, a.header["x-amzn-errortype"], a.body, test.status, test.kind, test.body)
			}
			if got := g.Status(); got.Refused[test.typ] != 1 || got.Answers[fmt.Sprint(test.status)] != 1 || got.Requests != 1 || got.InFlight != 0 {
				t.Errorf("status: %+v", got)
			}
		})
	}
}

func TestGatewayResponseOfAStack(t *testing.T) {
	r := bare(t)
	r.body("stage", "api_stage")["variables"] = map[string]any{"a": "say a"}
	r.add("gateway_response", "missing", map[string]any{
		"rest_api_id": "${aws_api_gateway_rest_api.api.id}", "response_type": "MISSING_AUTHENTICATION_TOKEN", "status_code": "404",
		"response_parameters": map[string]any{
			"gatewayresponse.header.x-request-header": "method.request.header.X-Sent", "gatewayresponse.header.x-request-query": "method.request.querystring.q",
			"gatewayresponse.header.x-stage": "context.stage", "gatewayresponse.header.x-a": "stageVariables.a", "gatewayresponse.header.x-none": "method.request.path.id",
			"gatewayresponse.header.Content-Type": "'application/problem+json'",
		},
		"response_templates": map[string]any{
			"application/json": `{"message": $context.error.messageString, "type": "$context.error.responseType", "stage": "$context.stage.", "a": "$stageVariables.a", "h": "$method.request.header.X-Sent", "none": "$context.identity.userArn", "d": "$$x"}`,
			"application/xml":  "<e>$context.error.message</e>",
		},
	})
	r.add("gateway_response", "default", map[string]any{
		"rest_api_id": "${aws_api_gateway_rest_api.api.id}", "response_type": "DEFAULT_4XX", "status_code": "418",
	})
	g := serve(t, r)
	a := g.do(request("GET", "/dev/x?q=1&q=2", "", `X-Sent: "h"`))
	want := `{"message": "Missing Authentication Token", "type": "MISSING_AUTHENTICATION_TOKEN", "stage": "dev.", "a": "say a", "h": "\"h\"", "none": "", "d": "$$x"}`
	if a.status != 404 || a.body != want {
		t.Errorf("%d %s\nwant %s", a.status, a.body, want)
	}
	for name, value := range map[string]string{
		"x-request-header": `"h"`, "x-request-query": "2", "x-stage": "dev", "x-a": "say a", "x-none": "", "content-type": "application/problem+json",
	} {
		if a.header[name] != value {
			t.Errorf("%s: %q, want %q", name, a.header[name], value)
		}
	}
	if a := g.do(request("GET", "/dev/x", "", "Accept: application/xml, application/json")); a.body != "<e>Missing Authentication Token</e>" {
		t.Errorf("xml: %s", a.body)
	}
	if a := g.post("1"); a.status != 418 || a.body != `{"message":"Invalid request body"}` {
		t.Errorf("the default's status is not every other's: %d %s", a.status, a.body)
	}
}

func TestValidatesBodies(t *testing.T) {
	r := loadRaw(t, "dev")
	r.body("model", "api_event")["schema"] = `{"type": "object", "required": ["user", "a"], "properties": {"user": {"$ref": "https://apigateway.amazonaws.com/restapis/$${aws_api_gateway_rest_api.api.id}/models/User"}}}`
	r.body("model", "api_event")["schema"] = strings.ReplaceAll(r.body("model", "api_event")["schema"].(string), "$$", "$")
	r.add("model", "user", map[string]any{
		"rest_api_id": "${aws_api_gateway_rest_api.api.id}", "name": "User", "content_type": "application/json", "schema": `{"type": "string", "pattern": "^(?=u)"}`,
	})
	g := serve(t, r)
	for _, test := range []struct{ body, reason string }{
		{`{"user": "u-1", "a": 1}`, ""},
		{` {"user": "u-1", "a": 1} `, ""},
		{``, `[object has missing required properties (["a","user"])]`},
		{`{}`, `[object has missing required properties (["a","user"])]`},
		{`[]`, `[instance type (array) does not match any allowed primitive type (allowed: ["object"])]`},
		{`{"user": "x", "a": 1}`, `[ECMA 262 regex "^(?=u)" does not match input string "x"]`},
		{`{"user": 1, "a": 1}`, `[instance type (integer) does not match any allowed primitive type (allowed: ["string"])]`},
		{`{"a": 1} x`, `[the body is not JSON: invalid character 'x' after top-level value]`},
	} {
		a := g.post(test.body)
		if test.reason == "" {
			if a.status != 200 {
				t.Errorf("%s: %d %s", test.body, a.status, a.body)
			}
			continue
		}
		var body map[string]string
		if err := json.Unmarshal([]byte(a.body), &body); err != nil {
			t.Errorf("%s: %v in %s", test.body, err, a.body)
		}
		if a.status != 400 || body["reason"] != test.reason || body["message"] != "Invalid request body" {
			t.Errorf("%s: %d %s\nwant %s", test.body, a.status, a.body, test.reason)
		}
	}
	if a := g.post(ok, "Content-Type: text/plain"); a.status != 400 { // two of them: the first is JSON
		t.Errorf("two content types: %d %s", a.status, a.body)
	}
}

// The record has exactly the bytes of the body.
func TestBodiesArriveAsTheyAre(t *testing.T) {
	g := serve(t, loadRaw(t, "dev"), unlimited)
	for _, body := range []string{
		ok, `{"a":"it's \"quoted\" \\ back"}`, "{\n\t\"a\": 1\r\n}\n", `{"a":"üñí€😀"}`, `{"a":"$input.body #set($x = 1) ${y}"}`,
		`{"a":"` + strings.Repeat("x", 1<<20) + `"}`, `{"a":"\u0000\ud800"}`,
	} {
		if a := g.post(body); a.status != 200 {
			t.Errorf("%.80s: %d %s", body, a.status, a.body)
			continue
		}
		var record struct{ Data []byte }
		call := g.kinesis.calls[len(g.kinesis.calls)-1]
		if err := json.Unmarshal(call.Body, &record); err != nil || string(record.Data) != body {
			t.Errorf("%.80q became %.80q, error %v", body, record.Data, err)
		}
	}
}

func TestPayloadLimit(t *testing.T) {
	g := serve(t, loadRaw(t, "dev"), unlimited)
	most := `{"a":"` + strings.Repeat("x", 10<<20-8) + `"}`
	if a := g.post(most); a.status != 200 {
		t.Errorf("10 MB: %d %.200s", a.status, a.body)
	}
	if a := g.post(most + " "); a.status != 413 {
		t.Errorf("a byte more: %d %.200s", a.status, a.body)
	}
	chunked := request("POST", "/dev/submit", "")
	chunked.Body, chunked.ContentLength = io.NopCloser(strings.NewReader(most+" ")), -1
	if a := g.do(chunked); a.status != 413 {
		t.Errorf("a byte more, chunked: %d %.200s", a.status, a.body)
	}
	short := request("POST", "/dev/submit", "")
	short.Body, short.ContentLength = io.NopCloser(strings.NewReader("{")), 5
	if a := g.do(short); a.status != 400 || !strings.Contains(a.body, `"Bad Request"`) {
		t.Errorf("less than was said: %d %s", a.status, a.body)
	}
}

func TestContentTypes(t *testing.T) {
	for _, test := range []struct {
		passthrough any
		contentType string
		status      int
		passed      bool // as it was sent
	}{
		{"NEVER", "", 200, false},
		{"NEVER", "application/json; charset=utf-8", 200, false},
		{"NEVER", "Application/JSON", 200, false},
		{"NEVER", "text/plain", 415, false},
		{"WHEN_NO_TEMPLATES", "text/plain", 415, false},
		{"WHEN_NO_MATCH", "text/plain", 200, true},
		{nil, "text/plain", 200, true},
	} {
		r := loadRaw(t, "dev")
		r.body("integration", "api_submit_post_integration")["passthrough_behavior"] = test.passthrough
		g := serve(t, r)
		do := request("POST", "/dev/submit", `{"as":"sent"}`)
		if test.contentType != "" {
			do.Header.Set("Content-Type", test.contentType)
		}
		a := g.do(do)
		passed := len(g.kinesis.calls) == 1 && string(g.kinesis.calls[0].Body) == `{"as":"sent"}`
		if a.status != test.status || passed != test.passed {
			t.Errorf("%v %q: %d, passed %t; %s", test.passthrough, test.contentType, a.status, passed, a.body)
		}
	}
}

// A body of each declared content type is checked by the model of the method, with the same answers.
func TestDeclaredContentTypes(t *testing.T) {
	g := serve(t, loadRaw(t, "option-intake"))
	for _, test := range []struct {
		contentType string
		status      int
		message     string
	}{
		{"text/plain", 200, "accepted"},
		{"text/plain;charset=UTF-8", 200, "accepted"}, // what browsers send
		{"Text/Plain; charset=utf-8", 200, "accepted"},
		{"application/cloudevents+json", 200, "accepted"},
		{"application/cloudevents+json; charset=utf-8", 200, "accepted"},
		{"application/other+json", 415, "send the event as application/json, text/plain, application/cloudevents+json or application/x-ndjson (a batch)"},
		{"text/html", 415, "send the event as application/json, text/plain, application/cloudevents+json or application/x-ndjson (a batch)"},
		{"text/*", 415, "send the event as application/json, text/plain, application/cloudevents+json or application/x-ndjson (a batch)"},
	} {
		t.Run(test.contentType, func(t *testing.T) {
			for path, bodies := range map[string][2]string{
				"/option-intake/submit":       {`{"n": 1}`, `{}`},
				"/option-intake/submit/batch": {`{"events": [{"n": 1}]}`, `{"events": [{}]}`},
			} {
				if strings.HasSuffix(path, "batch") {
					g.kinesis.answer = answers(200, `{"FailedRecordCount": 0, "Records": [`+accepted+`]}`)
				} else {
					g.kinesis.answer = nil
				}
				before := len(g.kinesis.calls)
				a := g.do(request("POST", path, bodies[0], "Content-Type: "+test.contentType))
				if a.status != test.status || !strings.Contains(a.body, `"message": "`+test.message) {
					t.Errorf("%s: %d %s", path, a.status, a.body)
				}
				if called := len(g.kinesis.calls) > before; called != (test.status == 200) {
					t.Errorf("%s: Kinesis was called: %t", path, called)
				}
				if test.status != 200 {
					continue
				}
				for _, bad := range []string{bodies[1], "hello", "", `{"n": 1`} {
					json := g.do(request("POST", path, bad, "Content-Type: application/json", "X-Amzn-Requestid: "+someID))
					other := g.do(request("POST", path, bad, "Content-Type: "+test.contentType, "X-Amzn-Requestid: "+someID))
					if other.status != 400 || other.body != json.body {
						t.Errorf("%s of %q: %d %s, want the answer to JSON: %s", path, bad, other.status, other.body, json.body)
					}
				}
			}
		})
	}
}

// A batch as an array has the bounds, the checks and the answers of one in an object.
func TestBatchForms(t *testing.T) {
	for _, test := range []struct {
		name, events string
		records      int
	}{
		{"one", `[{"n": 1}]`, 1},
		{"spread over lines", "\r\n[ {\"n\": 1},\n{\"events\": [{}]} ]\n", 2},
		{"the most", "[" + strings.Repeat(`{"n": 1},`, 499) + `{"n": 1}]`, 500},
		{"one too many", "[" + strings.Repeat(`{"n": 1},`, 500) + `{"n": 1}]`, 0},
		{"none", `[]`, 0},
		{"one that breaks the schema", `[{"n": 1}, {}]`, 0},
		{"no event", `[{"n": 1}, 1]`, 0},
		{"an array in an array", `[[{"n": 1}]]`, 0},
		{"half of one", `[{"n": 1},`, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			g := serve(t, loadRaw(t, "dev"), unlimited)
			g.kinesis.answer = func(_ context.Context, call apigateway.Call) (apigateway.Answer, error) {
				var put struct{ Records []struct{ Data []byte } }
				if err := json.Unmarshal(call.Body, &put); err != nil {
					return apigateway.Answer{}, err
				}
				results := strings.TrimSuffix(strings.Repeat(accepted+",", len(put.Records)), ",")
				return apigateway.Answer{Status: 200, Body: []byte(`{"FailedRecordCount": 0, "Records": [` + results + `]}`)}, nil
			}
			send := func(body string) got {
				return g.do(request("POST", "/dev/submit/batch", body, "Content-Type: application/json", "X-Amzn-Requestid: "+someID))
			}
			array, object := send(test.events), send(`{"events": `+test.events+`}`)
			if test.records == 0 {
				if array.status != 400 || array.body != object.body && test.name != "half of one" {
					t.Errorf("%d %s, want the answer to an object: %d %s", array.status, array.body, object.status, object.body)
				}
				if len(g.kinesis.calls) > 0 {
					t.Error("Kinesis was called")
				}
				return
			}
			if array.status != 200 || array.body != object.body || strings.Count(array.body, `"status": 200`) != test.records {
				t.Errorf("%d %.300s, want the answer to an object: %.300s", array.status, array.body, object.body)
			}
			if len(g.kinesis.calls) != 2 || !bytes.Equal(g.kinesis.calls[0].Body, g.kinesis.calls[1].Body) {
				t.Errorf("the records of the two forms differ in %d calls", len(g.kinesis.calls))
			}
		})
	}
}

const someID = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"

func TestIntegrationTimeout(t *testing.T) {
	r := loadRaw(t, "dev")
	r.body("integration", "api_submit_post_integration")["timeout_milliseconds"] = 5000
	g := serve(t, r)
	g.kinesis.answer = func(ctx context.Context, _ apigateway.Call) (apigateway.Answer, error) {
		g.clock.Advance(5 * time.Second)
		<-ctx.Done()
		return apigateway.Answer{}, ctx.Err()
	}
	a := g.post(ok)
	if a.status != 504 || !strings.Contains(a.body, "the stream did not answer in time") || a.header["x-amzn-errortype"] != "InternalServerErrorException" {
		t.Errorf("%d %s", a.status, a.body)
	}
	if got := g.Status(); got.Calls != 1 || got.FailedCalls != 1 || got.Refused["INTEGRATION_TIMEOUT"] != 1 {
		t.Errorf("%+v", got)
	}
}

// The request of a client that has gone is still completed.
func TestAClientThatGoesAwayDoesNotStopTheCall(t *testing.T) {
	g := serve(t, loadRaw(t, "dev"))
	ctx, cancel := context.WithCancel(context.Background())
	g.kinesis.answer = func(ctx context.Context, call apigateway.Call) (apigateway.Answer, error) {
		cancel()
		return apigateway.Answer{Status: 200, Body: []byte(accepted)}, ctx.Err()
	}
	if a := g.do(request("POST", "/dev/submit", ok).WithContext(ctx)); a.status != 200 {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestThrottlesPerMethod(t *testing.T) {
	g := serve(t, loadRaw(t, "dev")) // 1,000 a second, 500 at once
	count := func(verb string, n int) (taken int) {
		for range n {
			if a := g.do(request(verb, "/dev/submit", ok)); a.status < 300 {
				taken++
			}
		}
		return taken
	}
	if got := count("POST", 600); got != 500 {
		t.Errorf("%d at once, want 500", got)
	}
	if got := count("OPTIONS", 10); got != 10 {
		t.Errorf("another method has its own bucket; %d of 10", got)
	}
	g.clock.Advance(100 * time.Millisecond)
	if got := count("POST", 200); got != 100 {
		t.Errorf("%d after 100 ms, want 100", got)
	}
	a := g.post(ok)
	if a.status != 429 || a.header["retry-after"] != "1" || !strings.Contains(a.body, "the API is at its request limit") {
		t.Errorf("%d %v %s", a.status, a.header, a.body)
	}
	g = serve(t, loadRaw(t, "dev"), unlimited)
	if got := count("POST", 600); got != 600 {
		t.Errorf("unlimited: %d of 600", got)
	}
}

// whileRead is a body that does something before it arrives.
type whileRead struct {
	io.Reader
	once sync.Once
	what func()
}

func (w *whileRead) Read(to []byte) (int, error) {
	w.once.Do(w.what)
	return w.Reader.Read(to)
}

func (*whileRead) Close() error { return nil }

// A signed body is read before the throttle. A slow one neither fills the bucket for the others nor finds it as it was on its arrival.
func TestThrottlesSlowBodies(t *testing.T) {
	for name, test := range map[string]struct {
		meanwhile func(*gateway, func() int)
		want      []int // of the slow request, and of the next
	}{
		"a token is left": {func(g *gateway, post func() int) {
			g.clock.Advance(10 * time.Second)
			post()
		}, []int{200, 429}},
		"a token came": {func(g *gateway, post func() int) {
			post()
			post()
			g.clock.Advance(time.Second)
		}, []int{200, 429}},
		"none is left": {func(g *gateway, post func() int) {
			g.clock.Advance(10 * time.Second)
			post()
			post()
		}, []int{429, 429}},
	} {
		t.Run(name, func(t *testing.T) {
			r := loadRaw(t, "prod")
			settings := r.body("method_settings", "api_settings")["settings"].(map[string]any)
			settings["throttling_rate_limit"], settings["throttling_burst_limit"] = 1, 2
			g := serve(t, r)
			post := func() int {
				return g.do(signed(t, "/prod/submit", ok, annsKey, "execute-api", region, g.clock.Now())).status
			}
			slow := signed(t, "/prod/submit", ok, annsKey, "execute-api", region, g.clock.Now())
			slow.Body = &whileRead{Reader: slow.Body, what: func() { test.meanwhile(g, post) }}
			if got := []int{g.do(slow).status, post()}; !slices.Equal(got, test.want) {
				t.Errorf("%v, want %v", got, test.want)
			}
		})
	}
}

// The settings of a method go before those of */*, also with what they do not say: the provider writes no limit for that.
func TestMethodSettings(t *testing.T) {
	for name, test := range map[string]struct {
		all, own  map[string]any
		want      []int
		later     int // the status a millisecond later
		otherVerb int // OPTIONS has the settings of */*
	}{
		"a burst of its own": {map[string]any{"throttling_rate_limit": 0.5, "throttling_burst_limit": 1}, map[string]any{"throttling_burst_limit": 2},
			[]int{200, 200, 429}, 200, 204}, // the rate is the account's: 10,000 a second
		"a rate of its own": {map[string]any{"throttling_rate_limit": 0.5, "throttling_burst_limit": 0}, map[string]any{"throttling_rate_limit": 0.5},
			[]int{200, 200, 200}, 200, 429},
		"another setting": {map[string]any{"throttling_rate_limit": 0.5, "throttling_burst_limit": 1}, map[string]any{"logging_level": "ERROR"},
			[]int{200, 200, 200}, 200, 204},
		"no limit for all": {map[string]any{"throttling_rate_limit": -1, "throttling_burst_limit": -1}, map[string]any{"throttling_rate_limit": 0.5, "throttling_burst_limit": 1},
			[]int{200, 429, 429}, 429, 204},
	} {
		t.Run(name, func(t *testing.T) {
			r := loadRaw(t, "dev")
			maps.Copy(r.body("method_settings", "api_settings")["settings"].(map[string]any), test.all)
			r.add("method_settings", "a-own", map[string]any{ // read before */*, but goes before it
				"rest_api_id": "${aws_api_gateway_rest_api.api.id}", "stage_name": "dev", "method_path": "~1submit/POST",
				"settings": []any{test.own},
			})
			g := serve(t, r)
			var statuses []int
			for range 3 {
				statuses = append(statuses, g.post(ok).status)
			}
			if !slices.Equal(statuses, test.want) {
				t.Errorf("%v, want %v", statuses, test.want)
			}
			g.clock.Advance(time.Millisecond)
			if a := g.post(ok); a.status != test.later {
				t.Errorf("after a millisecond: %d %s", a.status, a.body)
			}
			if a := g.do(request("OPTIONS", "/dev/submit", "")); a.status != test.otherVerb {
				t.Errorf("OPTIONS: %d %s", a.status, a.body)
			}
		})
	}
}

// withKeys requires a key and declares two of them, one in a plan.
func withKeys(t testing.TB, plan map[string]any) raw {
	r := loadRaw(t, "dev")
	r.body("method", "api_submit_post")["api_key_required"] = true
	for name, key := range map[string]string{"ann": "ann-0123456789-0123456789", "bob": "bob-0123456789-0123456789"} {
		r.add("api_key", name, map[string]any{"name": name, "value": key})
	}
	plan["name"] = "plan"
	plan["api_stages"] = []any{map[string]any{"api_id": "${aws_api_gateway_rest_api.api.id}", "stage": "${aws_api_gateway_stage.api_stage.stage_name}"}}
	r.add("usage_plan", "plan", plan)
	r.add("usage_plan_key", "ann", map[string]any{
		"key_id": "${aws_api_gateway_api_key.ann.id}", "key_type": "API_KEY", "usage_plan_id": "${aws_api_gateway_usage_plan.plan.id}",
	})
	return r
}

const ann = "x-api-key: ann-0123456789-0123456789"

func TestAPIKeys(t *testing.T) {
	g := serve(t, withKeys(t, map[string]any{}))
	for header, status := range map[string]int{
		ann: 200, "x-api-key: nobody's": 403, "x-none: ": 403,
		"x-api-key: bob-0123456789-0123456789": 403, // in no plan of the stage
	} {
		a := g.post(ok, header)
		if a.status != status || status == 403 && !strings.Contains(a.body, `"message": "Forbidden"`) {
			t.Errorf("%s: %d %s", header, a.status, a.body)
		}
	}
	if a := g.do(request("OPTIONS", "/dev/submit", "")); a.status != 204 {
		t.Errorf("a preflight needs no key: %d", a.status)
	}
	r := withKeys(t, map[string]any{})
	r.body("api_key", "ann")["enabled"] = false
	if a := serve(t, r).post(ok, ann); a.status != 403 {
		t.Errorf("a disabled key: %d", a.status)
	}
}

func TestUsagePlanThrottles(t *testing.T) {
	plan := map[string]any{"throttle_settings": map[string]any{"burst_limit": 2, "rate_limit": 10}}
	g := serve(t, withKeys(t, plan))
	statuses := func() (all []int) {
		for range 4 {
			all = append(all, g.post(ok, ann).status)
		}
		return all
	}
	if got := statuses(); !slices.Equal(got, []int{200, 200, 429, 429}) {
		t.Errorf("%v", got)
	}
	g.clock.Advance(100 * time.Millisecond)
	if got := statuses(); !slices.Equal(got, []int{200, 429, 429, 429}) {
		t.Errorf("after 100 ms: %v", got)
	}
	r := withKeys(t, plan)
	r.body("usage_plan", "plan")["api_stages"].([]any)[0].(map[string]any)["throttle"] = map[string]any{"path": "/submit/POST", "burst_limit": 3, "rate_limit": 1}
	g = serve(t, r)
	if got := statuses(); !slices.Equal(got, []int{200, 200, 200, 429}) {
		t.Errorf("a method's own: %v", got)
	}
	g = serve(t, withKeys(t, plan), unlimited)
	if got := statuses(); !slices.Equal(got, []int{200, 200, 200, 200}) {
		t.Errorf("unlimited: %v", got)
	}
}

func TestQuotas(t *testing.T) {
	for period, test := range map[string]struct {
		next   time.Time
		offset int // API Gateway takes none of a day
	}{
		"DAY":   {time.Date(2026, 7, 2, 0, 0, 0, 0, time.UTC), 0},
		"WEEK":  {time.Date(2026, 7, 5, 0, 0, 0, 0, time.UTC), 1},
		"MONTH": {time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC), 1},
	} {
		g := serve(t, withKeys(t, map[string]any{"quota_settings": map[string]any{"limit": 3, "offset": test.offset, "period": period}}))
		statuses := func() (all []int) {
			for range 4 {
				all = append(all, g.post(ok, ann).status)
			}
			return all
		}
		want := []int{200, 200, 200, 429}
		if test.offset == 1 {
			want[2] = 429
		}
		if got := statuses(); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", period, got, want)
		}
		g.clock.Advance(test.next.Sub(noon) - time.Second)
		if a := g.post(ok, ann); a.status != 429 || a.header["x-amzn-errortype"] != "LimitExceededException" || !strings.Contains(a.body, "Limit Exceeded") {
			t.Errorf("%s, a second before the next: %d %s", period, a.status, a.body)
		}
		g.clock.Advance(time.Second)
		if got := statuses(); !slices.Equal(got, []int{200, 200, 200, 429}) {
			t.Errorf("%s, the next: %v", period, got)
		}
	}
}

// mock adds a MOCK at a path, which answers with a template.
func (r raw) mock(path, verb, template string, edit ...func(integration, response map[string]any)) {
	name := strings.NewReplacer("/", "-", "{", "", "}", "", "+", "").Replace(path) + verb
	parent := "${aws_api_gateway_rest_api.api.root_resource_id}"
	at := "r"
	for part := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		at += "-" + strings.NewReplacer("{", "p", "}", "", "+", "plus", ".", "_").Replace(part)
		r.add("resource", at, map[string]any{"rest_api_id": "${aws_api_gateway_rest_api.api.id}", "parent_id": parent, "path_part": part})
		parent = "${aws_api_gateway_resource." + at + ".id}"
	}
	place := map[string]any{"rest_api_id": "${aws_api_gateway_rest_api.api.id}", "resource_id": parent, "http_method": verb}
	with := func(more map[string]any) map[string]any {
		maps.Copy(more, place)
		return more
	}
	integration := with(map[string]any{"type": "MOCK", "request_templates": map[string]any{"application/json": `{"statusCode": 200}`}})
	response := with(map[string]any{"status_code": "200", "response_templates": map[string]any{"application/json": template}})
	for _, e := range edit {
		e(integration, response)
	}
	r.add("method", "m"+name, with(map[string]any{"authorization": "NONE"}))
	r.add("integration", "i"+name, integration)
	r.add("method_response", "o"+name, with(map[string]any{"status_code": "200", "response_parameters": map[string]any{"method.response.header.X-From": true, "method.response.header.Server": true}}))
	r.add("integration_response", "a"+name, response)
}

func TestRoutes(t *testing.T) {
	r := loadRaw(t, "dev")
	r.mock("/pets", "GET", "pets")
	r.mock("/pets/{id}", "GET", `pet $input.params('id')`)
	r.mock("/pets/mine", "GET", "mine")
	r.mock("/pets/{id}/toys", "ANY", `toys of $input.params('id') $context.httpMethod $context.resourcePath $context.path`)
	r.mock("/files/{path+}", "GET", `file $input.params('path')`)
	r.mock("/files/fixed/x", "POST", "fixed")
	g := serve(t, r)
	for _, test := range []struct{ verb, path, want string }{
		{"GET", "/dev/pets", "pets"},
		{"GET", "/dev/pets/", "pets"},
		{"GET", "/dev/pets/7", "pet 7"},
		{"GET", "/dev/pets/7?id=8", "pet 7"},
		{"GET", "/dev/pets/a%2Fb%20c", "pet a/b c"},
		{"GET", "/dev/pets/a%2Fb|é", "pet a/b|é"},
		{"GET", "/dev/pets/mine", "mine"},
		{"PUT", "/dev/pets/mine/toys", "toys of mine PUT /pets/{id}/toys /dev/pets/mine/toys"},
		{"DELETE", "/dev/pets/7/toys", "toys of 7 DELETE /pets/{id}/toys /dev/pets/7/toys"},
		{"PUT", "/dev/pets/%2e%2e%2F|/toys", "toys of ../| PUT /pets/{id}/toys /dev/pets/%2e%2e%2F|/toys"},
		{"GET", "/dev/files/a/b/c.txt", "file a/b/c.txt"},
		{"GET", "/dev/files/fixed/x", "file fixed/x"}, // the fixed path has no GET
		{"POST", "/dev/files/fixed/x", "fixed"},
		{"GET", "/dev/files", ""},
		{"POST", "/dev/pets", ""},
		{"GET", "/dev/pets/7/other", ""},
		{"GET", "/dev//pets", "pets"},
		{"GET", "//dev/pets", "pets"},
		{"GET", "///dev///pets//", "pets"},
		{"GET", "/dev//pets//7", "pet 7"},
		{"PUT", "//dev//pets/7//toys/", "toys of 7 PUT /pets/{id}/toys /dev//pets/7//toys/"},
		{"GET", "/dev//files//a//b//", "file a//b"},
		{"GET", "/dev/%2Fpets", ""},
		{"GET", "//dev", ""},
		{"GET", "/dev/Pets", ""},
	} {
		a := g.do(request(test.verb, test.path, ""))
		if test.want == "" {
			if a.status != 403 || !strings.Contains(a.body, "Missing Authentication Token") {
				t.Errorf("%s %s: %d %s", test.verb, test.path, a.status, a.body)
			}
		} else if a.status != 200 || a.body != test.want {
			t.Errorf("%s %s: %d %q, want %q", test.verb, test.path, a.status, a.body, test.want)
		}
	}
	if a := g.do(request("POST", "/dev/pets", "", "X-HTTP-Method-Override: GET")); a.status != 200 || a.body != "pets" {
		t.Errorf("override: %d %s", a.status, a.body)
	}
}

func TestMock(t *testing.T) {
	for _, test := range []struct {
		name, request, response string
		status                  int
		want                    string
	}{
		{"CDK's loose JSON", `{ statusCode: 200 }`, "loose", 200, "loose"},
		{"single quotes", `{'a': 1, 'statusCode': 200}`, "quotes", 200, "quotes"},
		{"not ended", `{"statusCode": 200`, "x", 500, `{"message": "Internal server error", "requestId": "ID"}`},
		{"quotes that differ", `{'statusCode": 200 }`, "x", 500, `{"message": "Internal server error", "requestId": "ID"}`},
		{"no object", `statusCode: 200`, "x", 500, `{"message": "Internal server error", "requestId": "ID"}`},
		{"a brace for a name", `{statusCode: 200, {foo: [ba r]}`, "x", 500, `{"message": "Internal server error", "requestId": "ID"}`},
		{"a fraction", `{"statusCode": 200.0}`, "x", 500, `{"message": "Internal server error", "requestId": "ID"}`},
		{"nothing at all", ``, "x", 500, `{"message": "Internal server error", "requestId": "ID"}`},
		{"a brace in a name", `{statusCode: 200,super{ f}oo: [ba r]}`, "loose", 200, "loose"},
		{"commas", `{"statusCode": 200 ,, }`, "loose", 200, "loose"},
		{"after its end", `{statusCode: 200, }foo: [ba r]}`, "loose", 200, "loose"},
		{"null", `{"statusCode": 200 , null: null }`, "loose", 200, "loose"},
		{"no status of HTTP", `{"statusCode": 0}`, "loose", 200, "loose"},
		{"nor this", `{"statusCode": -1000}`, "loose", 200, "loose"},
		{"an override out of range", `{"statusCode": 200}`, `#set($context.responseOverride.status = 600)x`, 200, "x"},
		{"an override below it", `{"statusCode": 200}`, `#set($context.responseOverride.status = 99)x`, 200, "x"},
		{"an override of text", `{"statusCode": 200}`, `#set($context.responseOverride.status = "no")x`, 200, "x"},
		{"the request's out of range", `#set($context.responseOverride.status = 600){"statusCode": 200}`, "x", 200, "x"},
		{"the caller", `{"statusCode": 200}`, `$context.identity.size() [$context.identity.caller]`, 200, "12 []"},
		{"the caller's keys", `{"statusCode": 200}`, `#foreach($k in $context.identity.keySet())$k #end`, 200,
			"accessKey accountId caller cognitoAuthenticationProvider cognitoAuthenticationType cognitoIdentityId cognitoIdentityPoolId principalOrgId sourceIp user userAgent userArn"},
		{"all of the context", `{"statusCode": 200}`, `#foreach($k in $context.keySet())$k #end$context.authorizer.keySet()$context.authorizer.claims.sub`, 200,
			"accountId apiId deploymentId domainName domainPrefix extendedRequestId httpMethod identity path protocol requestId requestOverride requestTime requestTimeEpoch resourceId resourcePath responseOverride stage"},
		{"text", `{"statusCode": "200"}`, "x", 500, `{"message": "Internal server error", "requestId": "ID"}`},
		{"nothing", `{}`, "x", 500, `{"message": "Internal server error", "requestId": "ID"}`},
		{"the answer's override", `{"statusCode": 200}`, `#set($context.responseOverride.status = 418)#set($context.responseOverride.header.X-From = "vtl")teapot`, 418, "teapot"},
		{"the request's override", `#set($context.responseOverride.status = 444){"statusCode": 200}`, "", 444, ""},
		{"stage variables", `{"statusCode": 200}`, `$stageVariables.a`, 200, "b"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := loadRaw(t, "dev")
			r.body("stage", "api_stage")["variables"] = map[string]any{"a": "b"}
			r.mock("/m", "GET", test.response, func(integration, _ map[string]any) {
				integration["request_templates"] = map[string]any{"application/json": test.request}
			})
			a := serve(t, r).do(request("GET", "/dev/m", ""))
			body := strings.TrimSpace(strings.ReplaceAll(a.body, a.header["x-amzn-requestid"], "ID"))
			if a.status != test.status || body != test.want {
				t.Errorf("%d %q", a.status, body)
			}
			if strings.HasPrefix(test.name, "the answer's") && a.header["x-from"] != "vtl" {
				t.Errorf("%v", a.header)
			}
			if a.header["x-amzn-trace-id"] != "" {
				t.Errorf("a MOCK has no trace: %v", a.header)
			}
		})
	}
}

func TestMappedHeaders(t *testing.T) {
	r := loadRaw(t, "dev")
	r.body("stage", "api_stage")["variables"] = map[string]any{"a": "b"}
	r.body("method", "api_submit_post")["request_parameters"] = map[string]any{"method.request.querystring.q": false, "method.request.header.X-H": false}
	parameters := r.body("integration", "api_submit_post_integration")["request_parameters"].(map[string]any)
	for name, source := range map[string]string{
		"q": "method.request.querystring.q", "qs": "method.request.multivaluequerystring.q", "h": "method.request.header.X-H",
		"hs": "method.request.multivalueheader.X-H", "body": "method.request.body", "path": "method.request.body.a.b[1]",
		"object": "method.request.body.a", "none": "method.request.body.z", "context": "context.httpMethod", "stage": "stageVariables.a",
	} {
		parameters["integration.request.header.X-"+name] = source
	}
	r.body("integration_response", "api_submit_post_200-mapping")["response_parameters"].(map[string]any)["method.response.header.Retry-After"] = "integration.response.body.SequenceNumber"
	r.body("integration_response", "api_submit_post_200-mapping")["response_parameters"].(map[string]any)["method.response.header.Access-Control-Expose-Headers"] = "integration.response.multivalueheader.X-Back"
	g := serve(t, r)
	g.kinesis.answer = func(context.Context, apigateway.Call) (apigateway.Answer, error) {
		return apigateway.Answer{Status: 200, Header: http.Header{"X-Back": {"1", "2"}}, Body: []byte(accepted)}, nil
	}
	a := g.do(request("POST", "/dev/submit?q=1&q=2", `{"a":{"b":[1,"two"]}}`, "X-H: x", "X-H: y"))
	if a.status != 200 || a.header["retry-after"] != "49590338271490256608559692538361571095921575989136588898" || a.header["access-control-expose-headers"] != "1,2" {
		t.Errorf("%d %v %s", a.status, a.header, a.body)
	}
	header := g.kinesis.calls[0].Header
	for name, want := range map[string]string{
		"q": "2", "qs": "1,2", "h": "y", "hs": "x,y", "body": `{"a":{"b":[1,"two"]}}`, "path": "two", "object": `{"b":[1,"two"]}`, "none": "",
		"context": "POST", "stage": "b",
	} {
		if got := header.Get("X-" + name); got != want {
			t.Errorf("X-%s: %q, want %q", name, got, want)
		}
	}
	if header.Get("Content-Type") != "application/x-amz-json-1.1" || !strings.HasPrefix(header.Get("User-Agent"), "AmazonAPIGateway_") || header.Get("Accept") != "application/json" {
		t.Errorf("%v", header)
	}
	r.body("request_validator", "api_body")["validate_request_body"] = false
	if a := serve(t, r).do(request("POST", "/dev/submit", `{"a":`)); a.status != 400 || !strings.Contains(a.body, "Invalid JSON in request body") {
		t.Errorf("no JSON to look into: %d %s", a.status, a.body)
	}
}

func TestRemappedHeader(t *testing.T) {
	r := loadRaw(t, "dev")
	r.mock("/m", "GET", "", func(_, response map[string]any) {
		response["response_parameters"] = map[string]any{"method.response.header.Server": "'mine'"}
	})
	if a := serve(t, r).do(request("GET", "/dev/m", "")); a.header["x-amzn-remapped-server"] != "mine" || a.header["server"] != "" {
		t.Errorf("%v", a.header)
	}
}

func TestBinaryBodies(t *testing.T) {
	bytes := "\xff\x00\xfe"
	encoded := base64.StdEncoding.EncodeToString([]byte(bytes))
	for _, test := range []struct {
		name, types, contentType, handling, body string
		status                                   int
		passed                                   string
	}{
		{"bytes that are not text", "", "image/png", "", bytes, 200, "\ufffd\x00\ufffd"},
		{"text to binary", "", "image/png", "CONVERT_TO_BINARY", encoded, 200, bytes},
		{"text that is not base64", "", "image/png", "CONVERT_TO_BINARY", "%", 500, ""},
		{"binary", "image/png", "image/png", "", bytes, 200, bytes},
		{"binary of a family", "image/*", "image/png", "CONVERT_TO_BINARY", bytes, 200, bytes},
		{"binary to text", "*/*", "image/png", "CONVERT_TO_TEXT", bytes, 200, encoded},
		{"another type", "image/png", "text/plain", "CONVERT_TO_TEXT", "ü", 200, "ü"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := loadRaw(t, "dev")
			if test.types != "" {
				r.body("rest_api", "api")["binary_media_types"] = []any{test.types}
			}
			integration := r.body("integration", "api_submit_post_integration")
			delete(integration, "passthrough_behavior")
			if test.handling != "" {
				integration["content_handling"] = test.handling
			}
			g := serve(t, r)
			a := g.do(request("POST", "/dev/submit", test.body, "Content-Type: "+test.contentType))
			if a.status != test.status || test.status == 200 && string(g.kinesis.calls[0].Body) != test.passed {
				t.Errorf("%d %s, calls %q", a.status, a.body, g.kinesis.calls)
			}
		})
	}
}

func TestBinaryAnswers(t *testing.T) {
	const bytes, encoded = "\xff\x00", "/wA="
	for _, test := range []struct {
		name, contentType, accept, handling, body, want string
		status                                          int
	}{
		{"binary wanted", "image/png", "image/png,*/*", "", bytes, bytes, 200},
		{"binary for a text client", "image/png", "text/html,image/png", "", bytes, encoded, 200},
		{"text for a binary client", "application/json", "image/png", "", encoded, bytes, 200},
		{"text for a binary client that is not base64", "application/json", "image/png", "", "{}", "", 500},
		{"told to be text", "image/png", "image/png", "CONVERT_TO_TEXT", bytes, encoded, 200},
		{"told to be binary", "application/json", "", "CONVERT_TO_BINARY", encoded, bytes, 200},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := loadRaw(t, "dev")
			r.body("rest_api", "api")["binary_media_types"] = []any{"image/png"}
			response := r.body("integration_response", "api_submit_post_200-mapping")
			delete(response, "response_templates")
			if test.handling != "" {
				response["content_handling"] = test.handling
			}
			g := serve(t, r)
			g.kinesis.answer = func(context.Context, apigateway.Call) (apigateway.Answer, error) {
				return apigateway.Answer{Status: 200, Header: http.Header{"Content-Type": {test.contentType}}, Body: []byte(test.body)}, nil
			}
			a := g.post(ok, "Accept: "+test.accept)
			if a.status != test.status || test.status == 200 && a.body != test.want {
				t.Errorf("%d %q", a.status, a.body)
			}
		})
	}
}

func TestRequestIDs(t *testing.T) {
	g := serve(t, loadRaw(t, "dev"))
	const own = "0F9DA2C2-5B1A-4B3E-9C5D-0123456789ab"
	if a := g.post(ok, "x-amzn-RequestId: "+own); a.header["x-amzn-requestid"] != own || !strings.Contains(a.body, own) {
		t.Errorf("a client's own: %v %s", a.header, a.body)
	}
	if a := g.post(ok, "x-amzn-RequestId: 1"); a.header["x-amzn-requestid"] != "UUID_REPLACED_INVALID_REQUEST_ID" {
		t.Errorf("not a UUID: %v", a.header)
	}
	if a := g.post(ok, "X-Amzn-Trace-Id: Root=1-5e1b4151-5ac6c58f3b5d2b7a1c2d3e4f;Parent=1"); a.header["x-amzn-trace-id"] != "Root=1-5e1b4151-5ac6c58f3b5d2b7a1c2d3e4f" {
		t.Errorf("a client's trace: %v", a.header)
	}
}

func TestAccessLog(t *testing.T) {
	g := serve(t, loadRaw(t, "dev"))
	g.kinesis.answer = func(context.Context, apigateway.Call) (apigateway.Answer, error) {
		g.clock.Advance(7 * time.Millisecond)
		return apigateway.Answer{Status: 200, RequestID: "c0ffee", Body: []byte(accepted)}, nil
	}
	first := g.post(ok, `User-Agent: say "hi" \o/`)
	g.post("[", "User-Agent: a\tb")
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(g.access.String(), "\n"), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines: %s", len(lines), g.access)
	}
	var one, two map[string]string
	if err := errors.Join(json.Unmarshal([]byte(lines[0]), &one), json.Unmarshal([]byte(lines[1]), &two)); err != nil {
		t.Fatalf("%v in\n%s", err, g.access)
	}
	want := map[string]string{
		"requestId": first.header["x-amzn-requestid"], "extendedRequestId": first.header["x-amz-apigw-id"], "time": "01/Jul/2026:12:00:00 +0000",
		"timeEpochMs": "1782907200000", "apiId": one["apiId"], "stage": "dev", "method": "POST", "path": "/dev/submit", "protocol": "HTTP/1.1",
		"sourceIp": "192.0.2.7", "userAgent": `say "hi" \o/`, "principal": "-", "status": "200", "responseBytes": fmt.Sprint(len(first.body)),
		"latencyMs": "7", "integrationStatus": "200", "integrationLatencyMs": "7", "integrationRequestId": "c0ffee",
		"errorType": "-", "traceId": "-",
	}
	if !maps.Equal(one, want) || one["apiId"] == "-" {
		t.Errorf("got  %v\nwant %v", one, want)
	}
	for name, value := range map[string]string{
		"status": "400", "errorType": "BAD_REQUEST_BODY",
		"integrationStatus": "-", "integrationLatencyMs": "-", "userAgent": "a\tb",
	} {
		if two[name] != value {
			t.Errorf("%s: %q, want %q", name, two[name], value)
		}
	}
}

func TestAccessLogOfFailures(t *testing.T) {
	r := loadRaw(t, "dev")
	r.body("stage", "api_stage")["xray_tracing_enabled"] = true
	r.body("stage", "api_stage")["access_log_settings"].(map[string]any)["format"] =
		"$context.requestId $context.error.messageString $context.integrationErrorMessage $context.authorizer.principalId [$context.xrayTraceId] $context.domainName/$context.domainPrefix $context.identity.apiKey"
	g := serve(t, r)
	g.kinesis.answer = func(context.Context, apigateway.Call) (apigateway.Answer, error) {
		return apigateway.Answer{}, errors.New("no\nroute")
	}
	a := g.post(ok, "X-Amzn-Trace-Id: Root=1-2-3")
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	want := a.header["x-amzn-requestid"] + ` "Internal server error" no\nroute - [1-2-3] 127.0.0.1/127 -` + "\n"
	if got := g.access.String(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestAnAccessLogThatFailsDoesNotStopTheAPI(t *testing.T) {
	cfg, err := apigateway.Read(loadRaw(t, "dev").resolve(t))
	if err != nil {
		t.Fatal(err)
	}
	g := &gateway{t: t, kinesis: &kinesis{}, access: &bytes.Buffer{}, log: &bytes.Buffer{}}
	opts := defaults(g)
	opts.Clock, opts.AccessLog, opts.Unlimited = realClock, failingWriter{}, true
	if g.API, err = apigateway.New(cfg, opts); err != nil {
		t.Fatal(err)
	}
	for range 10_000 { // more than may wait
		if a := g.post(ok); a.status != 200 {
			t.Fatalf("%d %s", a.status, a.body)
		}
	}
	if err := g.Close(); err == nil || err.Error() != "disk full" {
		t.Errorf("error: %v", err)
	}
	if !strings.Contains(g.log.String(), "the access log cannot be written") {
		t.Error("nobody was told")
	}
}

// guarded is the stack with a method for each of some authorizers, by their types.
func guarded(t *testing.T, types ...string) raw {
	r := loadRaw(t, "dev")
	for _, typ := range types {
		body := attributes{"rest_api_id": "${aws_api_gateway_rest_api.api.id}", "name": "guard"}
		authorization := "CUSTOM"
		switch typ {
		case "COGNITO_USER_POOLS":
			authorization = typ
			body["provider_arns"] = []any{"arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_x"}
			fallthrough
		case "REQUEST":
			body["type"] = typ
		}
		r.add("authorizer", typ, body)
		path := strings.ToLower(typ)
		r.mock("/"+path, "GET", "")
		r.edit("method", "m-"+path+"GET", attributes{"authorization": authorization, "authorizer_id": "${aws_api_gateway_authorizer." + typ + ".id}"})
	}
	return r
}

func TestAuthorizersAreRefused(t *testing.T) {
	r := guarded(t, "COGNITO_USER_POOLS", "REQUEST", "TOKEN")
	r.add("authorizer", "unused", attributes{"rest_api_id": "${aws_api_gateway_rest_api.api.id}", "name": "unused"})
	post := r.body("method", "api_submit_post")
	post["authorization"], post["authorizer_id"] = "CUSTOM", "${aws_api_gateway_authorizer.TOKEN.id}"
	options := r.body("method", "api_submit_options")
	options["authorization"], options["authorizer_id"] = "CUSTOM", "abc123"
	cfg, err := apigateway.Read(r.resolve(t))
	if err != nil {
		t.Fatal(err)
	}
	want := []apigateway.Authorizer{
		{Address: "aws_api_gateway_authorizer.COGNITO_USER_POOLS", Name: "guard", Type: "COGNITO_USER_POOLS", Methods: []string{"GET /cognito_user_pools"}},
		{Address: "aws_api_gateway_authorizer.REQUEST", Name: "guard", Type: "REQUEST", Methods: []string{"GET /request"}},
		{Address: "aws_api_gateway_authorizer.TOKEN", Name: "guard", Type: "TOKEN", Methods: []string{"GET /token", "POST /submit"}},
		{Address: "aws_api_gateway_method.api_submit_options", Name: "abc123", Type: "CUSTOM", Methods: []string{"OPTIONS /submit"}},
	}
	if got := cfg.Unverified(); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	const remedy = "; pass --allow-unverified to let requests through unverified, or use NONE or AWS_IAM in the environment that runs here"
	wanted := []string{
		"aws_api_gateway_authorizer.COGNITO_USER_POOLS: an authorizer of type COGNITO_USER_POOLS cannot run on one machine, and guards GET /cognito_user_pools" + remedy,
		"aws_api_gateway_authorizer.REQUEST: an authorizer of type REQUEST cannot run on one machine, and guards GET /request" + remedy,
		"aws_api_gateway_authorizer.TOKEN: an authorizer of type TOKEN cannot run on one machine, and guards GET /token, POST /submit" + remedy,
		"aws_api_gateway_method.api_submit_options: an authorizer of type CUSTOM cannot run on one machine, and guards OPTIONS /submit" + remedy,
	}
	if _, err = apigateway.New(cfg, apigateway.Options{}); err == nil || err.Error() != strings.Join(wanted, "\n") {
		t.Errorf("error: %v\nwant:  %s", err, strings.Join(wanted, "\n"))
	}
	if a := serve(t, r, func(o *apigateway.Options) { o.AllowUnverified = true }).post(ok); a.status != 200 {
		t.Errorf("allowed: %d %s", a.status, a.body)
	}
}

func TestExecutionLog(t *testing.T) {
	for _, test := range []struct {
		level string
		trace bool
		want  map[string]bool
	}{
		{"OFF", true, map[string]bool{"level=ERROR": false, "API Gateway answered": false, "secret": false}},
		{"ERROR", false, map[string]bool{"level=ERROR": true, "cause=gone": true, `msg="API Gateway answered itself"`: true, "integrationStatus": false, "secret": false}},
		{"INFO", false, map[string]bool{"level=ERROR": true, "integrationStatus=200": true, "secret": false}},
		{"INFO", true, map[string]bool{"integrationRequest": true, "secret": true}},
	} {
		r := loadRaw(t, "dev")
		settings := r.body("method_settings", "api_settings")["settings"].(map[string]any)
		settings["logging_level"], settings["data_trace_enabled"] = test.level, test.trace
		g := serve(t, r)
		g.post(`{"a":"secret"}`)
		g.kinesis.answer = func(context.Context, apigateway.Call) (apigateway.Answer, error) {
			return apigateway.Answer{}, errors.New("gone")
		}
		g.post(`{"a":"secret"}`)
		for text, want := range test.want {
			if got := strings.Contains(g.log.String(), text); got != want {
				t.Errorf("%s, trace %t: %q is there: %t\n%s", test.level, test.trace, text, got, g.log)
			}
		}
	}
}

// A mistake of the stack that affects every request is logged once, and counted.
func TestErrorsAreLoggedOnce(t *testing.T) {
	for level, want := range map[slog.Level]struct{ lines, unlogged int64 }{slog.LevelInfo: {2, 198}, slog.LevelDebug: {200, 0}} {
		var log bytes.Buffer
		g := serve(t, loadRaw(t, "dev"), unlimited, func(o *apigateway.Options) {
			o.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: level}))
		})
		for i := range 200 {
			g.kinesis.answer = func(context.Context, apigateway.Call) (apigateway.Answer, error) {
				return apigateway.Answer{}, fmt.Errorf("gone %d", i%2)
			}
			g.post(ok)
		}
		lines := strings.Count(log.String(), `level=ERROR msg="API Gateway answered itself"`)
		if got := g.Status().UnloggedErrors; int64(lines) != want.lines || got != want.unlogged {
			t.Errorf("%s: %d lines and %d errors without one, want %v", level, lines, got, want)
		}
	}
}

// Causes that quote a client's data do not fill the memory.
func TestErrorsAreLoggedWithinBounds(t *testing.T) {
	var log bytes.Buffer
	g := serve(t, loadRaw(t, "dev"), unlimited, func(o *apigateway.Options) { o.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	for i := range 1100 {
		g.kinesis.answer = func(context.Context, apigateway.Call) (apigateway.Answer, error) {
			return apigateway.Answer{}, fmt.Errorf("gone %d", i)
		}
		g.post(ok)
	}
	if lines, unlogged := strings.Count(log.String(), "level=ERROR"), g.Status().UnloggedErrors; lines != 1000 || unlogged != 100 {
		t.Errorf("%d lines and %d errors without one, want 1000 and 100", lines, unlogged)
	}
}
