package events

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/local/apigateway"
	"cdk.tf/go/ingest/local/internal/pipes"
)

// A wait may take longer than the server's ReadTimeout, at which net/http cancels a request.
func TestAWaitOutlivesTheReadTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		listener := make(pipes.Listener)
		server := &http.Server{Handler: http.HandlerFunc(New(clockwork.NewRealClock()).Serve), ReadTimeout: time.Second}
		go func() { _ = server.Serve(listener) }()
		connection := listener.Dial()
		began := time.Now()
		if _, err := io.WriteString(connection, "GET /_local/events?least=1&wait=5s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		response, err := http.ReadResponse(bufio.NewReader(connection), nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if took := time.Since(began); response.StatusCode != http.StatusOK || took != 5*time.Second {
			t.Errorf("%s after %s", response.Status, took)
		}
		_ = connection.Close()
		close(listener)
		_ = server.Close()
	})
}

// Many waiters look at the list seldom, however many events come, and miss none.
func TestManyWaitersRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const waiters, events = 1000, 2000
		clock := &looks{Clock: clockwork.NewRealClock()}
		l := New(clock)
		var group sync.WaitGroup
		for range waiters {
			group.Go(func() {
				if err := l.wait(t.Context(), &query{fate: every, least: events, wait: time.Minute}); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		for range events {
			l.Add(apigateway.Submission{At: time.Now()})
			time.Sleep(time.Millisecond)
		}
		added := time.Now()
		group.Wait()
		if took := time.Since(added); took > 200*time.Millisecond {
			t.Errorf("the waiters end %s after the last event", took)
		}
		if n := clock.n.Load(); n < waiters || n > waiters*events/50 {
			t.Errorf("%d waiters looked %d times at %d events", waiters, n, events)
		}
	})
}

// looks counts the looks of waiters, which ask for the time.
type looks struct {
	clockwork.Clock
	n atomic.Int64
}

func (l *looks) Now() time.Time {
	l.n.Add(1)
	return l.Clock.Now()
}

// A client that goes away ends its wait.
func TestAWaitEndsWithItsClient(t *testing.T) {
	l := New(clockwork.NewFakeClockAt(noon))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.wait(ctx, &query{fate: every, least: 1, wait: time.Second}); !errors.Is(err, context.Canceled) {
		t.Errorf("the wait ends with %v", err)
	}
	w := httptest.NewRecorder()
	l.Serve(w, httptest.NewRequest(http.MethodGet, "/_local/events?least=1", http.NoBody).WithContext(ctx))
	if w.Body.Len() > 0 {
		t.Errorf("the client that has gone gets %s", w.Body)
	}
}
