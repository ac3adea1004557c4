package faults

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
)

// served are the paths of a set, as the pipeline serves them.
func served(s *Set) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /_local/faults", s.Serve)
	mux.HandleFunc("PUT /_local/faults/{name}", s.ServeBegin)
	mux.HandleFunc("DELETE /_local/faults/{name}", s.ServeEnd)
	return mux
}

type world struct {
	*Set
	t     *testing.T
	clock *clockwork.FakeClock
	said  []string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, clock: clockwork.NewFakeClockAt(time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC))}
	w.Set = New(Options{
		Clock: w.clock, Said: func(text string) { w.said = append(w.said, text) },
		Refuses: func(name Name) string {
			if name == KeyDisabled {
				return "the stack has no key"
			}
			return ""
		},
	})
	return w
}

func (w *world) ask(method, path string) (int, string) {
	w.t.Helper()
	recorder := httptest.NewRecorder()
	served(w.Set).ServeHTTP(recorder, httptest.NewRequest(method, "/_local/faults"+path, http.NoBody))
	return recorder.Code, strings.TrimSpace(recorder.Body.String())
}

func (w *world) wants(method, path string, status int, body string) {
	w.t.Helper()
	if got, text := w.ask(method, path); got != status || text != body {
		w.t.Errorf("%s %s is answered with %d %s, want %d %s", method, path, got, text, status, body)
	}
}

func TestAFaultIsInForceUntilItIsUndone(t *testing.T) {
	w := newWorld(t)
	w.wants("GET", "", 200, `{"faults":[],"impossible":{"key-disabled":"the stack has no key"}}`)
	w.wants("PUT", "/disk-slow?lease=30s", 200, `{"name":"disk-slow","since":"2026-01-02T12:00:00Z","until":"2026-01-02T12:00:30Z"}`)
	w.clock.Advance(20 * time.Second)
	w.wants("PUT", "/disk-slow?lease=30s", 200, `{"name":"disk-slow","since":"2026-01-02T12:00:00Z","until":"2026-01-02T12:00:50Z"}`)
	w.wants("PUT", "/bucket-denied?lease=1m", 200, `{"name":"bucket-denied","since":"2026-01-02T12:00:20Z","until":"2026-01-02T12:01:20Z"}`)
	if !w.In(DiskSlow) || !w.In(BucketDenied) || w.In(SubmitDenied) || len(w.List()) != 2 || w.List()[0].Name != BucketDenied {
		t.Errorf("in force are %v", w.List())
	}
	w.wants("DELETE", "/bucket-denied", 200, `{"faults":[{"name":"disk-slow","since":"2026-01-02T12:00:00Z","until":"2026-01-02T12:00:50Z"}],"impossible":{"key-disabled":"the stack has no key"}}`)
	w.wants("DELETE", "/bucket-denied", 200, `{"faults":[{"name":"disk-slow","since":"2026-01-02T12:00:00Z","until":"2026-01-02T12:00:50Z"}],"impossible":{"key-disabled":"the stack has no key"}}`)
	if got := strings.Join(w.said, "; "); got != "the fault disk-slow begins; the fault bucket-denied begins; the fault bucket-denied ends: it was undone" {
		t.Error(got)
	}
}

// Nobody renews the fault of a drill that was killed.
func TestAFaultEndsByItself(t *testing.T) {
	for name, look := range map[string]func(*world) bool{
		"In":   func(w *world) bool { return w.In(SubmitDenied) },
		"List": func(w *world) bool { return len(w.List()) > 0 },
		"renewed": func(w *world) bool {
			_, text := w.ask("PUT", "/submit-denied?lease=5s")
			var fault Fault
			return json.Unmarshal([]byte(text), &fault) != nil || !fault.Since.Equal(w.clock.Now())
		},
	} {
		w := newWorld(t)
		w.ask("PUT", "/submit-denied?lease=5s")
		w.clock.Advance(5 * time.Second)
		if look(w) || len(w.said) < 2 || w.said[1] != "the fault submit-denied ends: nobody renewed it" {
			t.Errorf("%s: it is in force: %q", name, w.said)
		}
	}
}

// All faults in force have one holder, and a holder that has ended begins nothing more, however late its request comes.
func TestHolders(t *testing.T) {
	w := newWorld(t)
	w.wants("PUT", "/load?lease=30s&holder=a", 200, `{"name":"load","since":"2026-01-02T12:00:00Z","until":"2026-01-02T12:00:30Z","holder":"a"}`)
	w.wants("PUT", "/load?lease=30s&holder=b", 409, `{"message":"a drill is running, with the fault load; end it with Ctrl-C in its shell, or wait for its end; one that was killed ends at 2026-01-02T12:00:30Z"}`)
	w.wants("PUT", "/disk-slow?lease=30s&holder=b", 409, `{"message":"a drill is running, with the fault load; end it with Ctrl-C in its shell, or wait for its end; one that was killed ends at 2026-01-02T12:00:30Z"}`)
	w.wants("PUT", "/disk-slow?lease=30s", 409, `{"message":"a drill is running, with the fault load; end it with Ctrl-C in its shell, or wait for its end; one that was killed ends at 2026-01-02T12:00:30Z"}`)
	w.wants("DELETE", "/load", 409, `{"message":"a drill is running, with the fault load; end it with Ctrl-C in its shell, or wait for its end; one that was killed ends at 2026-01-02T12:00:30Z"}`)
	if status, text := w.ask("PUT", "/disk-slow?lease=30s&holder=a"); status != 200 {
		t.Error(text)
	}
	for _, name := range []string{"disk-slow", "load"} {
		if status, text := w.ask("DELETE", "/"+name+"?holder=a"); status != 200 {
			t.Error(text)
		}
	}
	w.wants("PUT", "/disk-slow?lease=30s&holder=a", 409, `{"message":"the holder \"a\" has ended the fault disk-slow; begin anew with another"}`)
	if status, text := w.ask("PUT", "/disk-slow?lease=30s"); status != 200 {
		t.Error(text)
	}
	w.wants("PUT", "/load?lease=30s&holder=b", 409, `{"message":"the fault disk-slow is in force until 2026-01-02T12:00:30Z; end it with DELETE /_local/faults/disk-slow, or wait"}`)
	w.wants("PUT", "/load?lease=30s&holder="+strings.Repeat("x", 101), 400, `{"message":"holder has 101 bytes; use at most 100"}`)
	if got := strings.Join(w.said, "; "); got != "the load of a drill begins; the fault disk-slow begins; the fault disk-slow ends: it was undone; the load of a drill ends: it was undone; the fault disk-slow begins" {
		t.Error(got)
	}
}

// The longest lease and the longest holder are taken.
func TestBounds(t *testing.T) {
	w := newWorld(t)
	longest := strings.Repeat("x", 100)
	w.wants("PUT", "/disk-slow?lease=5m&holder="+longest, 200, `{"name":"disk-slow","since":"2026-01-02T12:00:00Z","until":"2026-01-02T12:05:00Z","holder":"`+longest+`"}`)
}

func TestRefusals(t *testing.T) {
	w := newWorld(t)
	const all = "submit-denied, read-denied, bucket-denied, key-disabled, stream-fails, disk-slow"
	w.wants("PUT", "/slow-disk?lease=30s", 404, `{"message":"there is no fault \"slow-disk\"; use `+all+`"}`)
	w.wants("DELETE", "/disk-slo", 404, `{"message":"there is no fault \"disk-slo\"; did you mean disk-slow? There are `+all+`"}`)
	w.wants("PUT", "/disk-slow", 400, `{"message":"lease is \"\"; use a time of at most 5m0s, such as 30s"}`)
	w.wants("PUT", "/disk-slow?leese=30s", 400, `{"message":"there is no parameter leese; did you mean lease? There are lease, holder"}`)
	w.wants("PUT", "/disk-slow?lease=5m&lease=1s", 400, `{"message":"lease is given 2 times; give it once"}`)
	w.wants("PUT", "/disk-slow?lease=5m&holder=a&holder=b", 400, `{"message":"holder is given 2 times; give it once"}`)
	w.wants("PUT", "/disk-slow?lease=%zz", 400, `{"message":"the query is \"lease=%zz\"; write it as name=value&name=value, and escape other characters (invalid URL escape \"%zz\")"}`)
	w.wants("DELETE", "/disk-slow?lease=30s", 400, `{"message":"there is no parameter lease; use holder"}`)
	w.wants("DELETE", "/disk-slow?holder=a&holder=b", 400, `{"message":"holder is given 2 times; give it once"}`)
	w.wants("PUT", "/disk-slow?lease=1h", 400, `{"message":"lease is \"1h\"; use a time of at most 5m0s, such as 30s"}`)
	w.wants("PUT", "/disk-slow?lease=-1s", 400, `{"message":"lease is \"-1s\"; use a time of at most 5m0s, such as 30s"}`)
	w.wants("PUT", "/disk-slow?lease=0s", 400, `{"message":"lease is \"0s\"; use a time of at most 5m0s, such as 30s"}`)
	w.wants("PUT", "/key-disabled?lease=30s", 409, `{"message":"the fault key-disabled is not possible here: the stack has no key"}`)
	if len(w.List()) != 0 || len(w.said) != 0 {
		t.Errorf("in force are %v: %q", w.List(), w.said)
	}
	var none *Set
	if none.In(DiskSlow) {
		t.Error("a pipeline without faults has one")
	}
}
