package apigateway

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The names do not depend on how the bytes of a connection are split into reads.
func TestHeadsInPieces(t *testing.T) {
	const sent = "POST /a HTTP/1.1\r\nX-a: 1\r\n b: folded\r\nContent-Length: 3\r\n\r\nX:\n" +
		"POST /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\nx-B: 2\r\n\r\nA;e=1\r\n0123456789\r\n0\r\nT: 1\r\n\r\n" +
		"GET /c HTTP/1.1\r\nX-C: 3\r\n\r\n"
	want := []head{
		{"POST /a HTTP/1.1", []string{"X-a", "Content-Length"}}, {"POST /b HTTP/1.1", []string{"Transfer-Encoding", "x-B"}}, {"GET /c HTTP/1.1", []string{"X-C"}},
	}
	for size := 1; size <= len(sent); size++ {
		var h heads
		for rest := sent; rest != ""; rest = rest[min(size, len(rest)):] {
			h.read([]byte(rest[:min(size, len(rest))]))
		}
		if diff := cmp.Diff(want, h.waiting, cmp.AllowUnexported(head{})); diff != "" {
			t.Fatalf("in pieces of %d bytes (-want +got):\n%s", size, diff)
		}
	}
}

// Data that is not HTTP/1 takes no memory beyond that of a head.
func TestHeadsOfNoHTTP(t *testing.T) {
	for name, sent := range map[string]string{
		"a line without an end": strings.Repeat("x", 1<<16), "headers without an end": "GET / HTTP/1.1\r\n" + strings.Repeat("a: b\r\n", 1<<14),
		"a bad chunk": "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
	} {
		var h heads
		for range 64 {
			h.read([]byte(sent))
		}
		if h.in != lost || len(h.line) > 0 || len(h.current.names) > http.DefaultMaxHeaderBytes/4 {
			t.Errorf("%s: %d, %d bytes and %d names are kept", name, h.in, len(h.line), len(h.current.names))
		}
	}
}
