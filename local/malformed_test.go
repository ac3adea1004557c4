package local

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// malformed are requests that Go's HTTP server or the check of the host name answers before the API sees them. They are the list of
// docs/local.md, "How it differs from AWS".
var malformed = []struct {
	name, sent string
	status     int
}{
	{"OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n", 200},
	{"no request line", "hello\r\n\r\n", 400},
	{"TLS", "\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03\r\n\r\n", 400},
	{"a bad escape", "POST /dev/%zz HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
	{"a header's name with a space", "POST /dev/submit HTTP/1.1\r\nHost: localhost\r\nA b: c\r\n\r\n", 400},
	{"a control character", "POST /dev/submit HTTP/1.1\r\nHost: localhost\r\nA: \x01\r\n\r\n", 400},
	{"two lengths", "POST /dev/submit HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400},
	{"no Host", "POST /dev/submit HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", 400},
	{"HTTP/1.0 without Host", "POST /dev/submit HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}", 403},
	{"an empty Host", "POST /dev/submit HTTP/1.1\r\nHost:\r\nContent-Length: 2\r\n\r\n{}", 403},
	{"another Host", "POST /dev/submit HTTP/1.1\r\nHost: example.com\r\nContent-Length: 2\r\n\r\n{}", 403},
	{"another Expect", "POST /dev/submit HTTP/1.1\r\nHost: localhost\r\nExpect: the-best\r\nContent-Length: 2\r\n\r\n{}", 417},
	{"more than 1 MiB", "POST /dev/submit HTTP/1.1\r\nHost: localhost\r\nA: " + strings.Repeat("a", 1<<20+8<<10) + "\r\n\r\n", 431},
	{"another Transfer-Encoding", "POST /dev/submit HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
	{"another version", "POST /dev/submit HTTP/2.0\r\nHost: localhost\r\n\r\n", 505},
}

// The list of docs/local.md is right: such an answer has plain text or no body, and no CORS headers, and no event counts.
func TestMalformedRequests(t *testing.T) {
	p := devPipeline(t)
	for _, test := range malformed {
		t.Run(test.name, func(t *testing.T) {
			status, header, text := sendRaw(t, p.apiServer.listener.Addr().String(), test.sent)
			if status != test.status {
				t.Errorf("%d, want %d: %s", status, test.status, text)
			}
			if kind := header.Get("Content-Type"); text != "" && kind != "text/plain; charset=utf-8" {
				t.Errorf("the body has the type %q: %s", kind, text)
			}
			for name := range header {
				if strings.HasPrefix(name, "Access-Control-") || strings.HasPrefix(name, "X-Amz") {
					t.Errorf("the answer has the API's header %s", name)
				}
			}
		})
	}
	if seen := p.api.Status().Requests; seen != 0 {
		t.Errorf("the API has seen %d requests", seen)
	}
}

// The document names each of their statuses, and no other.
func TestTheDocumentsMalformedRequests(t *testing.T) {
	page, err := os.ReadFile("../docs/local.md")
	if err != nil {
		t.Fatal(err)
	}
	_, item, _ := strings.Cut(string(page), "\n- Go's HTTP server ")
	item, _, _ = strings.Cut(item, "\n- ")
	var want, got []string
	for _, test := range malformed {
		want = append(want, strconv.Itoa(test.status))
	}
	for _, found := range regexp.MustCompile(`\b(\d{3}) for `).FindAllStringSubmatch(item, -1) {
		got = append(got, found[1])
	}
	if want = slices.Compact(want); !slices.Equal(got, want) {
		t.Errorf("docs/local.md lists %q, want %q", got, want)
	}
}

// sendRaw writes a request as it is, and reads the answer.
func sendRaw(t *testing.T, address, request string) (status int, header http.Header, body string) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header, string(text)
}
