package local

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/internal/goldens"
)

// BenchmarkSubmit is an event's way from the HTTP handler to the disk, without a network and without a client: what
// `make bench` measures, less those two.
func BenchmarkSubmit(b *testing.B) {
	p, err := Open(Options{
		Stack: goldens.File(b, "dev"), API: "127.0.0.1:0", AWS: "127.0.0.1:0", Data: b.TempDir(), Unlimited: true,
		Clock: clockwork.NewRealClock(), Logger: slog.New(slog.DiscardHandler), Out: io.Discard,
	})
	if err != nil {
		b.Fatal(err)
	}
	defer p.close()
	handler := p.front()
	body := `{"id":1,"type":"page_view","pad":"` + strings.Repeat("x", 464) + `"}`
	var failed atomic.Int64
	b.SetParallelism(128 / 2)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			request := httptest.NewRequest(http.MethodPost, "/dev/submit", strings.NewReader(body))
			request.Header.Set("Content-Type", "application/json")
			recorder := httptest.NewRecorder()
			handler.ServeHTTP(recorder, request)
			if recorder.Code != http.StatusOK {
				failed.Add(1)
			}
		}
	})
	if failed.Load() > 0 {
		b.Errorf("%d events were refused", failed.Load())
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
