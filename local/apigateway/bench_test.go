package apigateway_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/local/apigateway"
)

// event has 500 bytes.
var event = `{"type":"signup","user":"u-1","padding":"` + strings.Repeat("x", 457) + `"}`

// nowhere discards an answer. It keeps no header from one request to the next.
type nowhere struct{ header http.Header }

func (w *nowhere) Header() http.Header            { return w.header }
func (w *nowhere) Write(text []byte) (int, error) { return len(text), nil }
func (w *nowhere) WriteHeader(int)                {}

// BenchmarkSubmit measures the API's part of POST /dev/submit: everything except net/http and Kinesis.
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

// hostileBodies are bodies of a length, each large in a single respect. Each is valid for dev's model, except those of a batch.
func hostileBodies(length int) map[string]string {
	fill := func(head, unit, tail string) string {
		return head + strings.Repeat(unit, (length-len(head)-len(tail))/len(unit)) + tail
	}
	return map[string]string{
		"/dev/submit empty items":       fill(`{"id":"k","a":[`, `{},`, `0]}`),
		"/dev/submit empty arrays":      fill(`{"id":"k","a":[`, `[],`, `0]}`),
		"/dev/submit one member":        fill(`{"id":"k","a":[`, `{"":1},`, `0]}`),
		"/dev/submit numbers":           fill(`{"id":"k","a":[`, `1,`, `0]}`),
		"/dev/submit one name":          fill(`{"id":"k",`, `"a":1,`, `"b":1}`),
		"/dev/submit nested":            fill(`{"id":"k","a":[`, strings.Repeat("[", 150)+strings.Repeat("]", 150)+",", `0]}`),
		"/dev/submit digits":            fill(`{"id":"k","a":`, `7`, `}`),
		"/dev/submit long string":       fill(`{"id":"k","a":"`, `x`, `"}`),
		"/dev/submit nested too deep":   fill(`{"id":"k","a":`, `[`, `}`),
		"/dev/submit/batch empty items": fill(`{"events":[`, `{},`, `{}]}`),
		"/dev/submit/batch array items": fill(`[`, `{},`, `{}]`),
		"/dev/submit/batch numbers":     fill(`{"events":[`, `1,`, `1]}`),
		"/dev/submit/batch one event":   fill(`{"events":[{"id":"k","a":[`, `{},`, `0]}]}`),
	}
}

// Every body gets its answer, and takes at most 96 bytes for each of its own on the way, of which the
// most go to the template's copy of it.
func TestHostileBodiesAreAnswered(t *testing.T) {
	g := serveHostile(t)
	for name, body := range hostileBodies(256 << 10) {
		path, _, _ := strings.Cut(name, " ")
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		a := g.do(request(http.MethodPost, path, body, "Content-Type: application/json"))
		runtime.ReadMemStats(&after)
		if a.status != http.StatusOK && a.status != http.StatusBadRequest {
			t.Errorf("%s: %d %.300s", name, a.status, a.body)
		}
		if each := (after.TotalAlloc - before.TotalAlloc) / uint64(len(body)); each > 96 {
			t.Errorf("%s: %d bytes for each of the body's", name, each)
		}
	}
}

func BenchmarkHostileBodies(b *testing.B) {
	g := serveHostile(b)
	for name, body := range hostileBodies(10<<20 - 1) {
		b.Run(strings.ReplaceAll(name[1:], " ", "-"), func(b *testing.B) {
			path, _, _ := strings.Cut(name, " ")
			b.ReportAllocs()
			for b.Loop() {
				g.kinesis.calls = nil
				a := g.do(request(http.MethodPost, path, body, "Content-Type: application/json"))
				b.ReportMetric(float64(a.status), "status")
			}
		})
	}
}

func serveHostile(t testing.TB) *gateway {
	g := serve(t, keyedRaw(t), unlimited)
	g.kinesis.answer = func(_ context.Context, call apigateway.Call) (apigateway.Answer, error) {
		if call.Action == "PutRecords" {
			return apigateway.Answer{Status: http.StatusOK, Body: []byte(`{"FailedRecordCount":0,"Records":[` + accepted + `]}`)}, nil
		}
		return apigateway.Answer{Status: http.StatusOK, Body: []byte(accepted)}, nil
	}
	return g
}

// keyedRaw is dev with the event's id for a partition key, so that its template looks into the body.
func keyedRaw(t testing.TB) raw {
	t.Helper()
	r := loadRaw(t, "dev")
	templates := r.body("integration", "api_submit_post_integration")["request_templates"].(map[string]any)
	const set = "#set($key = $context.requestId)"
	template := templates["application/json"].(string)
	if !strings.Contains(template, set) {
		t.Fatalf("the template no longer holds %s", set)
	}
	templates["application/json"] = strings.Replace(template, set, "#set($key = $input.path('$.id'))", 1)
	return r
}
