package apigateway_test

import (
	"net/http"
	"strings"
	"testing"
)

// A form reaches the stream as text, and lenient JSON as JSON. A body that cannot be read is a 400, and not a lost event.
func TestBodiesThatAreNoJSON(t *testing.T) {
	r := loadRaw(t, "dev")
	r.body("request_validator", "api_body")["validate_request_body"] = false
	r.body("integration", "api_submit_post_integration")["request_templates"] = map[string]any{
		"application/json": `{"Data": "$util.base64Encode($input.path('$'))", "Raw": $input.json('$')}`,
	}
	for body, want := range map[string]string{
		"a=1&b=2":  `{"Data": "YT0xJmI9Mg==", "Raw": "a=1&b=2"}`,
		`"a"`:      `{"Data": "YQ==", "Raw": "a"}`,
		`"{'a':1`:  "",
		`{a`:       "",
		`[a`:       "",
		`{"a":`:    "",
		`<a b="c"`: `{"Data": "PGEgYj0iYyI=", "Raw": "<a b=\"c\""}`,
	} {
		g := serve(t, r)
		a := g.post(body)
		if want == "" {
			if a.status != 400 || !strings.Contains(a.body, `"message": "Invalid request body", "reason": "[the body begins like JSON and is not JSON]"`) || len(g.kinesis.calls) > 0 {
				t.Errorf("%s: %d %s", body, a.status, a.body)
			}
			continue
		}
		if a.status != 200 || string(g.kinesis.calls[0].Body) != want {
			t.Errorf("%s: %d %s, want the call %s", body, a.status, a.body, want)
		}
	}
}

// An unreadable answer of the integration is not the client's fault.
func TestAnAnswerThatIsNoJSON(t *testing.T) {
	for body, status := range map[string]int{`{a`: http.StatusInternalServerError, `<html>`: http.StatusBadGateway, `{"SequenceNumber":'1',}`: http.StatusOK} {
		g := serve(t, loadRaw(t, "dev"))
		g.kinesis.answer = answers(http.StatusOK, body)
		if a := g.post(ok); a.status != status {
			t.Errorf("%s: %d %s, want %d", body, a.status, a.body, status)
		}
	}
}

// A mapping reads a body as a template does.
func TestMappedLenientJSON(t *testing.T) {
	r := loadRaw(t, "dev")
	r.body("request_validator", "api_body")["validate_request_body"] = false
	r.body("integration", "api_submit_post_integration")["request_parameters"].(map[string]any)["integration.request.header.X-A"] = "method.request.body.a"
	for body, want := range map[string]string{`{'a':'x',}`: "x", `{a:y}`: "y", `{"a":"z"} tail`: "z", `a=1`: ""} {
		g := serve(t, r)
		if a := g.post(body); a.status != 200 || g.kinesis.calls[0].Header.Get("X-A") != want {
			t.Errorf("%s: %d %s", body, a.status, a.body)
		}
	}
}

// A template cannot read a body that is binary by the conversion tables, whatever its content.
func TestTemplatesOfBinaryBodies(t *testing.T) {
	r := loadRaw(t, "dev")
	r.mock("/answer", "GET", "x", func(_, response map[string]any) { response["content_handling"] = "CONVERT_TO_BINARY" })
	r.mock("/request", "POST", "x", func(integration, _ map[string]any) { integration["content_handling"] = "CONVERT_TO_BINARY" })
	r.mock("/text", "POST", "x", func(integration, response map[string]any) {
		integration["content_handling"], response["content_handling"] = "CONVERT_TO_TEXT", "CONVERT_TO_TEXT"
	})
	r.mock("/plain", "POST", "x", func(integration, _ map[string]any) {
		integration["request_templates"] = map[string]any{"application/json": `{"statusCode": 200}`, "application/pdf": `{"statusCode": 200}`}
	})
	r.body("rest_api", "api")["binary_media_types"] = []any{"application/pdf"}
	g := serve(t, r)
	for _, test := range []struct {
		do     *http.Request
		status int
	}{
		{request("GET", "/dev/answer", ""), 500},
		{request("POST", "/dev/request", "e30="), 500}, // "{}", which is UTF-8
		{request("POST", "/dev/text", "e30="), 200},
		{request("POST", "/dev/text", "e30=", "Accept: application/pdf"), 200},
		{request("POST", "/dev/plain", "{}"), 200},
		{request("POST", "/dev/plain", "{}", "Content-Type: application/pdf"), 500},
		{request("POST", "/dev/plain", "{}", "Accept: application/pdf"), 500},
	} {
		if a := g.do(test.do); a.status != test.status {
			t.Errorf("%s, %v: %d %s, want %d", test.do.URL.Path, test.do.Header, a.status, a.body, test.status)
		}
	}
}
