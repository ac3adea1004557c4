package apigateway

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
	"sync"
)

// Header names are case-sensitive in templates, in method.request.header.NAME and for a request validator. net/http writes them
// in its canonical form, so this file also reads the client's spelling from the connection.
//
// Assumption API-22: in a mapping template and for a request validator, a header's name has the client's spelling over HTTP/1.1
// (localstack's test_lambda_aws_proxy_integration, recorded on AWS: "tEsT-HEADeR"; its parameters_mapping.py: "the mapping is
// strict"), and is in lower case over HTTP/2 (middyjs/middy#257: a browser sends "origin"). Only Authorization, Host and
// User-Agent always have this spelling (the same recording, of "aUThorization"; aws/aws-sam-cli#1860, of curl over HTTP/2).
//
// A browser reaches API Gateway over HTTP/2. Without TLS it uses HTTP/1.1. So a browser's names are in lower case here too:
// Sec-Fetch-Site identifies a browser.

// KeepSpelling makes a server of an [API] keep the spelling of header names: it sets the server's ConnContext and wraps its
// Handler. Serve the listener that it returns. Without KeepSpelling names are in net/http's canonical form.
func KeepSpelling(server *http.Server, listener net.Listener) net.Listener {
	server.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
		if spelt, ok := conn.(*speltConn); ok {
			return context.WithValue(ctx, spellingKey{}, &spelt.heads)
		}
		return ctx
	}
	next := server.Handler
	server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if heads, ok := r.Context().Value(spellingKey{}).(*heads); ok {
			r = r.WithContext(context.WithValue(r.Context(), spellingKey{}, heads.take(r)))
		}
		next.ServeHTTP(w, r)
	})
	return speltListener{listener}
}

type spellingKey struct{}

type speltListener struct{ net.Listener }

func (l speltListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if tcp, ok := conn.(*net.TCPConn); ok {
		return &speltConn{TCPConn: tcp}, err
	}
	return conn, err
}

// speltConn records the header names of the requests that are read from it.
type speltConn struct {
	*net.TCPConn
	heads heads
}

func (c *speltConn) Read(to []byte) (int, error) {
	n, err := c.TCPConn.Read(to)
	c.heads.read(to[:n])
	return n, err
}

// head is the first line of a request and its header names, in order.
type head struct {
	first string
	names []string
}

// heads parses the requests on one connection just enough to find where each begins.
type heads struct {
	mutex   sync.Mutex // net/http reads on in the background while a request is served
	waiting []head
	in      part
	current head
	line    []byte // its beginning
	length  int64  // of the body, or of what is left of it or of a chunk; -1 for chunks
	size    int    // of the head so far, in bytes
}

type part int

const (
	inFirstLine part = iota
	inHeaders
	inBody
	inChunkSize
	inChunk
	inTrailers
	lost // not HTTP/1, or too long: net/http ends such a connection
)

func (h *heads) read(text []byte) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	for len(text) > 0 && h.in != lost {
		if h.in == inBody || h.in == inChunk {
			n := min(h.length, int64(len(text)))
			text = text[n:]
			h.length -= n
			h.endBody()
			continue
		}
		end := bytes.IndexByte(text, '\n')
		if end < 0 {
			h.keep(text)
			return
		}
		h.keep(text[:end])
		h.endLine(strings.TrimSuffix(string(h.line), "\r"))
		h.line, text = h.line[:0], text[end+1:]
	}
}

func (h *heads) endBody() {
	switch {
	case h.length > 0:
	case h.in == inBody:
		h.in = inFirstLine
	default:
		h.in = inChunkSize
	}
}

func (h *heads) keep(text []byte) {
	if h.size += len(text); h.size > http.DefaultMaxHeaderBytes {
		h.in, h.line, h.current = lost, nil, head{}
		return
	}
	h.line = append(h.line, text...)
}

func (h *heads) endLine(line string) {
	switch {
	case h.in == lost:
	case h.in == inFirstLine && line == "": // net/http passes over it too
		h.size = 0
	case h.in == inFirstLine:
		h.in, h.current, h.length = inHeaders, head{first: line}, 0
	case h.in == inHeaders && line != "":
		h.field(line)
	case h.in == inHeaders:
		h.endHead()
	case h.in == inChunkSize && line != "": // an empty one ends the chunk before
		h.beginChunk(line)
	case h.in == inTrailers && line == "":
		h.in, h.size = inFirstLine, 0
	}
}

func (h *heads) field(line string) {
	name, value, _ := strings.Cut(line, ":")
	if strings.HasPrefix(name, " ") || strings.HasPrefix(name, "\t") {
		return // goes on with the value before
	}
	h.current.names = append(h.current.names, name)
	switch value = strings.TrimSpace(value); {
	case strings.EqualFold(name, "Transfer-Encoding") && strings.EqualFold(value, "chunked"):
		h.length = -1
	case strings.EqualFold(name, "Content-Length") && h.length >= 0:
		h.length, _ = strconv.ParseInt(value, 10, 64) // net/http refuses what is no number
	}
}

func (h *heads) endHead() {
	h.waiting = append(h.waiting, h.current)
	h.current, h.size = head{}, 0
	switch {
	case h.length < 0:
		h.in = inChunkSize
	case h.length > 0:
		h.in = inBody
	default:
		h.in = inFirstLine
	}
}

func (h *heads) beginChunk(line string) {
	digits, _, _ := strings.Cut(line, ";")
	size, err := strconv.ParseInt(strings.TrimSpace(digits), 16, 64)
	switch h.size = 0; {
	case err != nil || size < 0:
		h.in = lost
	case size == 0:
		h.in = inTrailers
	default:
		h.in, h.length = inChunk, size
	}
}

// take returns the header names of a request. It skips requests that no handler saw, such as "OPTIONS *".
func (h *heads) take(r *http.Request) []string {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	first := r.Method + " " + r.RequestURI + " " + r.Proto
	for i, head := range h.waiting {
		if head.first == first {
			h.waiting = h.waiting[i+1:]
			return head.names
		}
	}
	return nil
}

// alwaysSpelt are the names with a fixed spelling, whatever the client sent (assumption API-22).
var alwaysSpelt = map[string]bool{"Authorization": true, "Host": true, "User-Agent": true}

// headers returns the request's headers, by the names that API Gateway uses.
func (x *exchange) headers() map[string][]string {
	if x.spelt != nil {
		return x.spelt
	}
	names, _ := x.r.Context().Value(spellingKey{}).([]string)
	x.spelt = make(map[string][]string, len(x.r.Header))
	lower := x.r.ProtoMajor >= 2 || x.r.Header.Get("Sec-Fetch-Site") != ""
	seen := make(map[string]int, len(names))
	for _, name := range names {
		key := textproto.CanonicalMIMEHeaderKey(name)
		if values := x.r.Header[key]; seen[key] < len(values) {
			x.addSpelt(key, name, lower, values[seen[key]])
			seen[key]++
		}
	}
	for key, values := range x.r.Header {
		x.addSpelt(key, key, lower, values[seen[key]:]...)
	}
	return x.spelt
}

func (x *exchange) addSpelt(key, name string, lower bool, values ...string) {
	switch {
	case alwaysSpelt[key]:
		name = key
	case lower:
		name = strings.ToLower(name)
	}
	if len(values) > 0 {
		x.spelt[name] = append(x.spelt[name], values...)
	}
}
