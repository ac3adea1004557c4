package apigateway_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"cdk.tf/go/ingest/local/apigateway"
)

func dial(t *testing.T, server *httptest.Server) *net.TCPConn {
	t.Helper()
	connection, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	return connection.(*net.TCPConn)
}

// Over a real connection: what net/http does with it, and how headers are spelt.
func TestOverHTTP(t *testing.T) {
	g := serve(t, loadRaw(t, "dev"))
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	for _, test := range []struct{ name, sent, status, holds string }{
		{"a post", "POST /dev/submit HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n\r\n" + ok, "200 OK", "\r\nx-amzn-RequestId: "},
		{"its CORS", "POST /dev/submit HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n\r\n" + ok, "200 OK", "\r\nAccess-Control-Allow-Origin: *\r\n"},
		{"its length", "POST /dev/submit HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n\r\n" + ok, "200 OK", "\r\nContent-Length: "},
		{"an error's type", "POST /dev/submit HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n[", "400 Bad Request", "\r\nx-amzn-ErrorType: BadRequestException\r\n"},
		{"chunks", "POST /dev/submit HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{\"a\r\n4\r\n\":1}\r\n0\r\n\r\n", "200 OK", "accepted"},
		{"bad chunks", "POST /dev/submit HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "400 Bad Request", "Bad Request"},
		{"a preflight", "OPTIONS /dev/submit HTTP/1.1\r\nHost: x\r\nOrigin: https://a\r\n\r\n", "204 No Content", "\r\nAccess-Control-Allow-Methods: OPTIONS,POST\r\n"},
		{"HEAD", "HEAD /dev/submit HTTP/1.1\r\nHost: x\r\n\r\n", "403 Forbidden", "MissingAuthenticationTokenException"},
		{"HTTP/1.0", "POST /dev/submit HTTP/1.0\r\nContent-Length: 7\r\n\r\n" + ok, "200 OK", "accepted"},
		{"a verb of nobody's", "BREW /dev/submit HTTP/1.1\r\nHost: x\r\n\r\n", "403 Forbidden", "Missing Authentication Token"},
		{"headers at their bound", "POST /dev/submit HTTP/1.1\r\nHost: x\r\nA: " + strings.Repeat("a", 9000) + "\r\nB: " + strings.Repeat("b", 10240-9000-2) + "\r\nContent-Length: 7\r\n\r\n" + ok, "200 OK", "accepted"},
		{"headers over their bound", "POST /dev/submit HTTP/1.1\r\nHost: x\r\nA: " + strings.Repeat("a", 9000) + "\r\nB: " + strings.Repeat("b", 10240-9000-1) + "\r\nContent-Length: 7\r\n\r\n" + ok, "431 Request Header Fields Too Large", `{"message":"HTTP header is larger than 10240 bytes."}`},
		{"no host", "POST /dev/submit HTTP/1.1\r\n\r\n", "400 Bad Request", ""},
		{"a broken header", "POST /dev/submit HTTP/1.1\r\nHost: x\r\nA b: c\r\n\r\n", "400 Bad Request", ""},
		{"a null byte", "POST /dev/submit HTTP/1.1\r\nHost: x\r\nA: \x00\r\n\r\n", "400 Bad Request", ""},
		{"a bad escape", "GET /dev/%zz HTTP/1.1\r\nHost: x\r\n\r\n", "400 Bad Request", ""},
		{"two lengths", "POST /dev/submit HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\nContent-Length: 8\r\n\r\n" + ok, "400 Bad Request", ""},
		{"no HTTP", "hello\r\n\r\n", "400 Bad Request", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			connection := dial(t, server)
			if _, err := io.WriteString(connection, test.sent); err != nil {
				t.Fatal(err)
			}
			_ = connection.CloseWrite()
			text, _ := io.ReadAll(connection)
			first, _, _ := strings.Cut(string(text), "\r\n")
			if !strings.Contains(first, " "+test.status) || !strings.Contains(string(text), test.holds) {
				t.Errorf("%s", text)
			}
		})
	}
}

// A refused client that asks to close the connection gets its answer, and no reset, although nobody needs its body.
func TestARefusedBodyBeforeTheEndOfTheConnection(t *testing.T) {
	r := loadRaw(t, "dev")
	r.body("method", "api_submit_post")["api_key_required"] = true
	server := httptest.NewServer(serve(t, r))
	t.Cleanup(server.Close)
	const parts, part = 5, 40 << 10
	for _, first := range []string{
		"POST /dev/submit HTTP/1.1\r\nHost: x\r\nConnection: close\r\n", // no key
		"POST /dev/submit HTTP/1.0\r\n",
		"GET /dev/submit HTTP/1.1\r\nHost: x\r\nConnection: close\r\n", // is no event
		"POST /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n",   // no stage
	} {
		connection := dial(t, server)
		text := first + fmt.Sprintf("Content-Length: %d\r\n\r\n", parts*part)
		for range parts {
			if _, err := io.WriteString(connection, text); err != nil {
				t.Errorf("%q: %v", first, err)
			}
			text = strings.Repeat("x", part)
		}
		_, err := io.WriteString(connection, text)
		answer, readErr := io.ReadAll(connection)
		if err != nil || readErr != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 403 Forbidden") && !strings.HasPrefix(string(answer), "HTTP/1.0 403 Forbidden") {
			t.Errorf("%q: %v, %v, %s", first, err, readErr, answer)
		}
	}
	// Such a client that waits for 100 Continue sends no body, and gets its answer at once.
	connection := dial(t, server)
	if _, err := io.WriteString(connection, "POST /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 70000\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	answer, err := bufio.NewReader(connection).ReadString('\n')
	if err != nil || !strings.Contains(answer, "403 Forbidden") {
		t.Errorf("%v, %s", err, answer)
	}
}

// Requests at the same time do not mix: each line of the log is whole, each answer is its own.
func TestConcurrentRequests(t *testing.T) {
	g := serve(t, loadRaw(t, "dev"), unlimited)
	server := httptest.NewServer(g)
	var group sync.WaitGroup
	const clients, each = 8, 50
	for range clients {
		group.Go(func() {
			for i := range each {
				response, err := http.Post(server.URL+"/dev/submit", "application/json", strings.NewReader(fmt.Sprintf(`{"a":%d}`, i)))
				if err != nil {
					t.Error(err)
					return
				}
				var body struct{ RequestID string }
				if err := json.NewDecoder(response.Body).Decode(&body); err != nil || body.RequestID != response.Header.Get("x-amzn-RequestId") {
					t.Errorf("%v: %v and %v", err, body, response.Header)
				}
				_ = response.Body.Close()
			}
		})
	}
	group.Wait()
	server.Close()
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	lines := bufio.NewScanner(bytes.NewReader(g.access.Bytes()))
	for lines.Scan() {
		var line map[string]string
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatalf("%v in %s", err, lines.Text())
		}
		ids[line["requestId"]] = true
	}
	if len(ids) != clients*each {
		t.Errorf("%d ids, want %d", len(ids), clients*each)
	}
	if got := g.Status(); got.Requests != clients*each || got.Answers["200"] != clients*each || got.Calls != clients*each || got.InFlight != 0 {
		t.Errorf("%+v", got)
	}
}

var _ http.Handler = (*apigateway.API)(nil)
