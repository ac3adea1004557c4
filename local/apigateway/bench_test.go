package apigateway_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/local/apigateway"
)

// event has 500 bytes.
var event = `{"type":"signup","user":"u-1","padding":"` + strings.Repeat("x", 457) + `"}`

// nowhere is an answer that nobody reads; it keeps no header from one request to the next.
type nowhere struct{ header http.Header }

func (w *nowhere) Header() http.Header            { return w.header }
func (w *nowhere) Write(text []byte) (int, error) { return len(text), nil }
func (w *nowhere) WriteHeader(int)                {}

// BenchmarkSubmit is the API's share of POST /dev/submit: all but net/http and Kinesis.
func BenchmarkSubmit(b *testing.B) {
	benchmarkSubmit(b, "dev")
}

func benchmarkSubmit(b *testing.B, environment string, headers ...string) {
	g := serve(b, loadRaw(b, environment), unlimited, func(o *apigateway.Options) {
		o.AccessLog, o.Clock, o.Logger = io.Discard, clockwork.NewRealClock(), slog.New(slog.NewTextHandler(io.Discard, nil))
		o.Invoke = func(context.Context, apigateway.Call) (apigateway.Answer, error) {
			return apigateway.Answer{Status: http.StatusOK, RequestID: "c0ffee", Body: []byte(accepted)}, nil
		}
	})
	r := request(http.MethodPost, "/"+environment+"/submit", "", append(headers, "Content-Type: application/json", "User-Agent: bench/1", "Accept: */*")...)
	r.ContentLength = int64(len(event))
	body := bytes.NewReader(nil)
	r.Body = io.NopCloser(body)
	w := &nowhere{http.Header{}}
	b.SetBytes(int64(len(event)))
	b.ReportAllocs()
	for b.Loop() {
		body.Reset([]byte(event))
		clear(w.header)
		g.ServeHTTP(w, r)
	}
}
