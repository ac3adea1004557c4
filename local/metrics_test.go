package local

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/internal/goldens"
	"cdk.tf/go/ingest/local/cloudwatch"
)

// watched opens an environment with alarms, on a clock of the test's, without its servers.
func watched(t *testing.T, env string, edit func(*Options)) (*Pipeline, *clockwork.FakeClock, *bytes.Buffer) {
	t.Helper()
	clock := clockwork.NewFakeClockAt(time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC))
	said := &bytes.Buffer{}
	opts := optionsOf(t, goldens.File(t, env))
	opts.Clock, opts.Out = clock, said
	if edit != nil {
		edit(&opts)
	}
	p, err := Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.close)
	return p, clock, said
}

// post sends a body to the API of option-partitions, and returns the status of the answer.
func post(p *Pipeline, body string) int {
	request := httptest.NewRequest(http.MethodPost, "/option-partitions/submit", strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	recorder := httptest.NewRecorder()
	p.front().ServeHTTP(recorder, request)
	return recorder.Code
}

func stateOf(t *testing.T, p *Pipeline, id string) cloudwatch.AlarmStatus {
	t.Helper()
	for _, a := range p.alarms.Status() {
		if strings.HasSuffix(a.Name, "-"+id) {
			return a
		}
	}
	t.Fatalf("there is no alarm %s", id)
	return cloudwatch.AlarmStatus{}
}

// Bad bodies reach the alarm api-4xx through the API's own metrics, and the end of them brings it back. Its changes are printed and in
// the status.
func TestBadBodiesRaiseTheAlarmThatIsForThem(t *testing.T) {
	p, clock, said := watched(t, "option-partitions", nil)
	minutes := func(n int, body string) {
		for range n {
			for range 25 {
				if status := post(p, body); status != 200 && body != "oops" {
					t.Fatalf("the answer is %d", status)
				}
				clock.Advance(50 * time.Millisecond)
			}
			next := clock.Now().Truncate(time.Minute).Add(time.Minute)
			clock.Advance(next.Sub(clock.Now()))
			p.endMinute(next)
		}
	}
	const event = `{"event":"signup","user_id":1}`
	minutes(2, event)
	if a := stateOf(t, p, "api-4xx"); a.State != cloudwatch.OK || a.Value != nil && *a.Value != 0 {
		t.Fatalf("%+v", a)
	}
	minutes(15, "oops")
	a := stateOf(t, p, "api-4xx")
	if a.State != cloudwatch.Alarming || a.Value == nil || *a.Value != 100 || a.Threshold != 5 {
		t.Fatalf("%+v\n%s", a, said)
	}
	if others := stateOf(t, p, "api-5xx"); others.State != cloudwatch.OK {
		t.Errorf("%+v", others)
	}
	minutes(6, event)
	if a := stateOf(t, p, "api-4xx"); a.State != cloudwatch.OK || len(a.History) != 3 {
		t.Errorf("%+v", a)
	}
	for _, want := range []string{"api-4xx: INSUFFICIENT_DATA -> OK\n", "api-4xx: OK -> ALARM: Threshold Crossed: 3 out of the last 3 datapoints [100.0 (", "api-4xx: ALARM -> OK: Threshold Crossed: "} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("%q is not printed:\n%s", want, said)
		}
	}
}

// A machine that slept for hours measures and evaluates the same minute when it wakes.
func TestAfterASleepTheMinuteIsThatOfTheEvaluation(t *testing.T) {
	p, evaluated, _ := watched(t, "option-partitions", nil)
	clock := clockwork.NewFakeClockAt(evaluated.Now()) // for watch alone, so that the test knows when it waits
	p.opts.Clock = clock
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { p.watch(ctx); close(ended) }()
	if err := clock.BlockUntilContext(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	const sleep = 3*time.Hour + 20*time.Second
	evaluated.Advance(sleep)
	clock.Advance(sleep)
	if err := clock.BlockUntilContext(t.Context(), 1); err != nil { // it waits for the next minute
		t.Fatal(err)
	}
	if a := stateOf(t, p, "delivery-partitions"); a.Value == nil {
		t.Errorf("the minute before the evaluation was not measured: %+v", a)
	}
	cancel()
	<-ended
}
