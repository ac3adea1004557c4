package local

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cdk.tf/go/ingest/docs/runbooks"
)

// alarmsOf asks for the alarms as the page does.
func alarmsOf(t *testing.T, p *Pipeline) map[string]map[string]any {
	t.Helper()
	recorder := httptest.NewRecorder()
	p.front().ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/_local/alarms", http.NoBody))
	var answer struct{ Alarms []map[string]any }
	if err := json.Unmarshal(recorder.Body.Bytes(), &answer); err != nil || recorder.Code != http.StatusOK {
		t.Fatalf("%d %.200s: %v", recorder.Code, recorder.Body, err)
	}
	byID := map[string]map[string]any{}
	for _, a := range answer.Alarms {
		byID[a["id"].(string)] = a
	}
	if len(byID) != len(p.declared.alarms) {
		t.Fatalf("%d alarms with ids of their own, and %d are declared", len(byID), len(p.declared.alarms))
	}
	return byID
}

// The page gets each alarm with what it means, its state, its values and its runbook, after real requests.
func TestThePageGetsTheAlarms(t *testing.T) {
	p, clock, _ := watched(t, "option-partitions", nil)
	for range 14 { // the alarm goes off as soon as its oldest period has 100 requests
		for range 25 {
			post(p, "oops")
			clock.Advance(50 * time.Millisecond)
		}
		next := clock.Now().Truncate(time.Minute).Add(time.Minute)
		clock.Advance(next.Sub(clock.Now()))
		p.endMinute(next)
	}
	a := alarmsOf(t, p)["api-4xx"]
	for name, want := range map[string]any{
		"name": "api-kinesis-option-partitions-api-4xx", "level": "notice", "says": "An unusual share of the requests is refused with 400 to 429.",
		"state": "ALARM", "threshold": 5.0, "comparison": "GreaterThanThreshold", "periodSeconds": 300.0, "datapoints": 3.0, "periods": 3.0,
		"runbook": "/_local/runbooks/api-4xx",
	} {
		if a[name] != want {
			t.Errorf("%s is %v, want %v", name, a[name], want)
		}
	}
	if reason, _ := a["reason"].(string); !strings.HasPrefix(reason, "Threshold Crossed: 3 out of the last 3 datapoints [100.0 (") {
		t.Errorf("the reason is %q", reason)
	}
	if history, _ := a["history"].([]any); len(history) != 2 || history[0].(map[string]any)["to"] != "ALARM" {
		t.Errorf("the history is %v", a["history"])
	}
	values, _ := a["values"].([]any)
	if len(values) != 180 {
		t.Fatalf("%d values", len(values))
	}
	now, before := values[179].([]any), values[179-14].([]any)
	if now[0] != float64(clock.Now().Unix()) || now[1] != 100.0 || before[1] != nil {
		t.Errorf("now %v, before the start %v", now, before)
	}
}

// The value of a minute that has just ended can be asked for before it is measured. The next answer has it.
func TestTheValuesFollowTheEvaluation(t *testing.T) {
	p, clock, _ := watched(t, "option-partitions", nil)
	next := clock.Now().Add(time.Minute)
	clock.Advance(time.Minute)
	newest := func() any {
		values := alarmsOf(t, p)["delivery-partitions"]["values"].([]any)
		return values[len(values)-1].([]any)[1]
	}
	if got := newest(); got != nil {
		t.Fatalf("the minute is not measured, and its value is %v", got)
	}
	p.endMinute(next)
	if got := newest(); got != 0.0 {
		t.Errorf("the value is %v", got)
	}
}

// Prod's alarms each have a page, which is served as text.
func TestEachAlarmLeadsToItsRunbook(t *testing.T) {
	p, _, _ := watched(t, "prod", nil)
	for id, a := range alarmsOf(t, p) {
		path, _ := a["runbook"].(string)
		recorder := httptest.NewRecorder()
		p.front().ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, path, http.NoBody))
		want, _ := runbooks.Page(id)
		if recorder.Code != http.StatusOK || recorder.Header().Get("Content-Type") != "text/markdown; charset=utf-8" || want == "" || recorder.Body.String() != want {
			t.Errorf("%s of %s: %d %s %.60q", path, id, recorder.Code, recorder.Header().Get("Content-Type"), recorder.Body)
		}
	}
	for _, path := range []string{"nothing", "README", "..%2Frunbooks.go", "runbooks.go", ""} {
		recorder := httptest.NewRecorder()
		p.front().ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/_local/runbooks/"+path, http.NoBody))
		if recorder.Code != http.StatusNotFound {
			t.Errorf("%q: %d %.60s", path, recorder.Code, recorder.Body)
		}
	}
}

// A description of another form is a sentence alone, and an address of a page that is not here is passed on.
func TestDescribe(t *testing.T) {
	for description, want := range map[string]shownAlarm{
		"page: It is down. Runbook: docs/runbooks/api-5xx.md":               {ID: "api-5xx", Level: "page", Says: "It is down.", Runbook: "/_local/runbooks/api-5xx"},
		"notice: Odd. Runbook: https://git.example.com/own/api-5xx.md":      {ID: "api-5xx", Level: "notice", Says: "Odd.", Runbook: "/_local/runbooks/api-5xx"},
		"notice: Odd. Runbook: https://git.example.com/own/disk-full.md":    {ID: "disk-full", Level: "notice", Says: "Odd.", Runbook: "https://git.example.com/own/disk-full.md"},
		"Odd. Runbook: javascript:alert(1)//disk-full.md":                   {ID: "disk-full", Says: "Odd."},
		"The page: Runbook: is what https://git.example.com/x.md is called": {ID: "end", Says: "The page: Runbook: is what https://git.example.com/x.md is called"},
		"": {ID: "end"},
	} {
		got := shownAlarm{ID: "end"}
		got.describe(description)
		if got.ID != want.ID || got.Level != want.Level || got.Says != want.Says || got.Runbook != want.Runbook {
			t.Errorf("%q: %+v", description, got)
		}
	}
}

func TestCommonStart(t *testing.T) {
	for _, c := range []struct {
		names []string
		want  int
	}{
		{nil, 0}, {[]string{"a-b"}, 0}, {[]string{"app-api-4xx", "app-api-5xx", "app-apis"}, 4}, {[]string{"app", "app-x"}, 0}, {[]string{"", "x"}, 0},
		{[]string{"x-1", "y-1"}, 0},
	} {
		if got := commonStart(c.names); got != c.want {
			t.Errorf("%q: %d, want %d", c.names, got, c.want)
		}
	}
}
