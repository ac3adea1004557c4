package verify

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/internal/identity"
)

func TestSendTokens(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/dev/submit?a=1", nil)
	sendTokens(r, []identity.Source{{In: "header", Name: "X-Client"}, {In: "query", Name: "t"}, {In: "query", Name: "u"}}, "a b&c")
	if got, want := r.Header.Get("X-Client")+" "+r.URL.RawQuery, "a b&c a=1&t=a+b%26c&u=a+b%26c"; got != want {
		t.Errorf("the tokens are %s, want %s", got, want)
	}
}

// A run waits for a key that allows few requests, and does not take its 429 for an answer to what was sent.
func TestLimitedRequests(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		refusals int // of the first requests
		wait     string
		want     Status
		sent     int
	}{
		"after one wait":         {1, "2", Holds, 2},
		"a quota that is used":   {mostTries, "", Unknown, 1},
		"a limit that stays":     {mostTries, "2", Unknown, mostTries},
		"a wait that is no time": {mostTries, "soon", Unknown, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
				if body, err := io.ReadAll(request.Body); err != nil || string(body) != "a body" {
					t.Errorf("the body is %q, %v", body, err)
				}
				if sent++; sent <= test.refusals {
					w.Header().Set("Retry-After", test.wait)
					w.WriteHeader(http.StatusTooManyRequests)
					return
				}
				w.WriteHeader(http.StatusForbidden)
			}))
			defer server.Close()
			clock := clockwork.NewFakeClock()
			r := &run{Options: Options{HTTP: server.Client(), Clock: clock}, Pipeline: &Pipeline{}, report: &Report{}}
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, bytes.NewReader([]byte("a body")))
			if err != nil {
				t.Fatal(err)
			}
			done := make(chan answer, 1)
			go func() {
				a, err := r.patiently(request)
				if err != nil {
					t.Error(err)
				}
				done <- a
			}()
			for range test.sent - 1 {
				if err := clock.BlockUntilContext(t.Context(), 1); err != nil {
					t.Fatal(err)
				}
				clock.Advance(2 * time.Second)
			}
			found := r.compare(<-done, expectation{statuses: []int{http.StatusForbidden}, bare: true})
			if found.status != test.want || sent != test.sent {
				t.Errorf("%+v after %d requests, want %s after %d", found, sent, test.want, test.sent)
			}
		})
	}
}
