package local

import (
	"fmt"
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

// benchmarkEvent has 500 bytes.
var benchmarkEvent = `{"id":1,"type":"page_view","pad":"` + strings.Repeat("x", 464) + `"}`

// BenchmarkSubmit takes an event from the HTTP handler to the disk: what `make bench` measures, without the network and the client.
func BenchmarkSubmit(b *testing.B) {
	benchmarkPosts(b, "/dev/submit", benchmarkEvent, 1)
}

// BenchmarkSubmitBatch does the same with a batch of events.
func BenchmarkSubmitBatch(b *testing.B) {
	for _, events := range []int{100, 500} {
		body := `{"events":[` + strings.Repeat(benchmarkEvent+",", events-1) + benchmarkEvent + `]}`
		b.Run(fmt.Sprintf("events=%d", events), func(b *testing.B) { benchmarkPosts(b, "/dev/submit/batch", body, events) })
	}
}

func benchmarkPosts(b *testing.B, path, body string, events int) {
	p, err := Open(Options{
		Stack: goldens.File(b, "dev"), API: "127.0.0.1:0", AWS: "127.0.0.1:0", Data: b.TempDir(), Unlimited: true,
		Clock: clockwork.NewRealClock(), Logger: slog.New(slog.DiscardHandler), Out: io.Discard,
	})
	if err != nil {
		b.Fatal(err)
	}
	defer p.close()
	handler := p.front()
	var failed atomic.Int64
	b.SetParallelism(128 / 2)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			request := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
			request.Header.Set("Content-Type", "application/json")
			recorder := httptest.NewRecorder()
			handler.ServeHTTP(recorder, request)
			if recorder.Code != http.StatusOK {
				failed.Add(1)
			}
		}
	})
	if failed.Load() > 0 {
		b.Errorf("%d requests were refused", failed.Load())
	}
	b.ReportMetric(float64(b.N*events)/b.Elapsed().Seconds(), "events/s")
}
