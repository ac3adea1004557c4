package apigateway_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cdk.tf/go/ingest/local/apigateway"
)

const showNames = `#foreach($n in $input.params().header.keySet())$n=$input.params($n);#end`

// spelling serves an API whose GET and POST /names answer with the names that a template sees.
func spelling(t *testing.T) *httptest.Server {
	t.Helper()
	r := loadRaw(t, "dev")
	r.mock("/names", "ANY", showNames)
	r.mock("/device", "GET", `[$input.params('X-Device-Id')]`, func(integration, _ map[string]any) {
		integration["request_parameters"] = map[string]any{"integration.request.header.X-Id": "method.request.header.X-Device-Id"}
	})
	r.body("method", "m-deviceGET")["request_parameters"] = map[string]any{"method.request.header.X-Device-Id": false}
	r.body("gateway_response", "api_default-4xx")["response_parameters"] = map[string]any{
		"gatewayresponse.header.x-one": "method.request.header.X-Device-Id", "gatewayresponse.header.x-all": "method.request.multivalueheader.X-Device-Id",
	}
	server := httptest.NewUnstartedServer(serve(t, r))
	server.Listener = apigateway.KeepSpelling(server.Config, server.Listener)
	server.Start()
	t.Cleanup(server.Close)
	return server
}

// send writes requests as they are, and reads as many answers.
func send(t *testing.T, server *httptest.Server, texts ...string) []got {
	t.Helper()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, strings.Join(texts, "")); err != nil {
		t.Fatal(err)
	}
	reader := bufio.NewReader(conn)
	var answers []got
	for range texts {
		response, err := http.ReadResponse(reader, nil)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		header := map[string]string{}
		for name, values := range response.Header {
			header[strings.ToLower(name)] = strings.Join(values, ", ")
		}
		answers = append(answers, got{response.StatusCode, header, string(body)})
	}
	return answers
}

const from = "Host: x:1\r\n"

func TestHeaderNamesAreAsTheyWereSent(t *testing.T) {
	server := spelling(t)
	for _, test := range []struct {
		name, headers string
		has, hasNot   string
	}{
		{"mixed", "tEsT-HEADeR: a\r\n", "tEsT-HEADeR=a;", "Test-Header"},
		{"lower case", "x-device-id: 7\r\ncontent-type: application/json\r\n", "x-device-id=7;", "X-Device-Id"},
		{"always spelt so", "aUThorization: b\r\nuser-agent: c\r\nhOST-X: d\r\n", "Authorization=b;Host=x:1;User-Agent=c;", "aUThorization"},
		{"the gateway's own", "x-forwarded-for: 192.0.2.1\r\nx-forwarded-proto: gopher\r\n", "X-Forwarded-For=192.0.2.1, 127.0.0.1;", "x-forwarded"},
		{"what is dropped", "cONNECTION: keep-alive\r\nte: trailers\r\n", "Host=x:1;", "railers"},
		{"one name in two spellings", "X-A: 1\r\nx-a: 2\r\nX-A: 3\r\n", "X-A=3;", "A=1;"},
		{"the other of the two", "X-A: 1\r\nx-a: 2\r\nX-A: 3\r\n", "x-a=2;", "a=1;"},
		{"a browser", "Sec-Fetch-Site: cross-site\r\nOrigin: https://a\r\n", "origin=https://a;sec-fetch-site=cross-site;", "Origin"},
	} {
		a := send(t, server, "GET /dev/names HTTP/1.1\r\n"+from+test.headers+"\r\n")[0]
		if a.status != 200 || !strings.Contains(a.body, test.has) || strings.Contains(a.body, test.hasNot) {
			t.Errorf("%s: %d %s; want %s, and no %s", test.name, a.status, a.body, test.has, test.hasNot)
		}
	}
}

func TestMappingsAndTemplatesAreStrict(t *testing.T) {
	server := spelling(t)
	for _, test := range []struct{ sent, template, one, all string }{
		{"X-Device-Id: 7\r\nX-Device-Id: 8\r\n", "[8]", "8", "7,8"},
		{"x-device-id: 7\r\n", "[]", "", ""},
		{"X-DEVICE-ID: 7\r\nX-Device-Id: 8\r\n", "[8]", "8", "8"},
	} {
		answers := send(t, server, "GET /dev/device HTTP/1.1\r\n"+from+test.sent+"\r\n", "GET /dev/nothing HTTP/1.1\r\n"+from+test.sent+"\r\n")
		if answers[0].status != 200 || answers[0].body != test.template {
			t.Errorf("%q: %d %s, want %s", test.sent, answers[0].status, answers[0].body, test.template)
		}
		if header := answers[1].header; answers[1].status != 403 || header["x-one"] != test.one || header["x-all"] != test.all {
			t.Errorf("%q: %d %v, want %q and %q", test.sent, answers[1].status, header, test.one, test.all)
		}
	}
}

// A required header must have the declared spelling, too.
func TestARequiredHeaderIsStrict(t *testing.T) {
	r := loadRaw(t, "dev")
	r.body("request_validator", "api_body")["validate_request_parameters"] = true
	r.body("method", "api_submit_post")["request_parameters"] = map[string]any{"method.request.header.X-Must": true}
	server := httptest.NewUnstartedServer(serve(t, r))
	server.Listener = apigateway.KeepSpelling(server.Config, server.Listener)
	server.Start()
	defer server.Close()
	for sent, status := range map[string]int{"X-Must": 200, "x-must": 400} {
		a := send(t, server, "POST /dev/submit HTTP/1.1\r\n"+from+"Content-Length: 7\r\n"+sent+": y\r\n\r\n"+ok)[0]
		if a.status != status {
			t.Errorf("%s: %d %s", sent, a.status, a.body)
		}
	}
}

// Bytes between two requests of a connection are not a header of the next, whatever they look like.
func TestSpellingOfRequestsOnOneConnection(t *testing.T) {
	server := spelling(t)
	body := "GET /dev/names HTTP/1.1\r\nX-Fake: 1\r\n\r\n"
	answers := send(t, server,
		"POST /dev/names HTTP/1.1\r\n"+from+"a-A: 1\r\ncontent-LENGTH: 39\r\n\r\n"+body,
		"\r\nPOST /dev/names HTTP/1.1\r\n"+from+"a-B: 2\r\ntransfer-encoding: chunked\r\n\r\n3;x=y\r\nGET\r\n2\r\n\r\n\r\n0\r\nX-Trailer: t\r\n\r\n",
		"OPTIONS * HTTP/1.1\r\n"+from+"a-C: 3\r\n\r\n",
		"GET /dev/names HTTP/1.1\r\n"+from+"a-D: 4\r\n\r\n",
		"GET /dev/names HTTP/1.1\n"+strings.TrimSuffix(from, "\r\n")+"\na-E: 5\n\n")
	for i, want := range []string{"a-A=1;", "a-B=2;", "", "a-D=4;", "a-E=5;"} {
		if !strings.Contains(answers[i].body, want) || strings.Contains(answers[i].body, "Fake") {
			t.Errorf("request %d: %d %s, want %s", i, answers[i].status, answers[i].body, want)
		}
	}
}
