package apigateway_test

import (
	"sync"
	"testing"

	"cdk.tf/go/ingest/local/apigateway"
)

// Each request that reaches a stage is measured: those that call Kinesis with that call's time, and with the method where the stage has
// detailed metrics.
func TestRequestsAreMeasured(t *testing.T) {
	var mu sync.Mutex
	var all []apigateway.Measured
	measure := func(o *apigateway.Options) {
		o.Measure = func(m apigateway.Measured) { mu.Lock(); all = append(all, m); mu.Unlock() }
	}
	g := serve(t, loadRaw(t, "dev"), measure)
	g.post(`{"event":"signup","user_id":1}`)
	g.post(`oops`)
	g.do(request("GET", "/dev/nowhere", ""))
	g.do(request("GET", "/elsewhere/submit", ""))
	if len(all) != 3 {
		t.Fatalf("%d requests are measured: %+v", len(all), all)
	}
	for i, want := range []struct {
		status           int
		method, resource string
		called           bool
	}{{200, "POST", "/submit", true}, {400, "POST", "/submit", false}, {403, "", "", false}} {
		m := all[i]
		if m.Stage != "dev" || m.Status != want.status || m.Method != want.method || m.Resource != want.resource || (m.Integration >= 0) != want.called ||
			m.At.IsZero() || m.Latency < m.Integration {
			t.Errorf("request %d: %+v", i+1, m)
		}
	}
	plain := loadRaw(t, "dev")
	plain.body("method_settings", "api_settings")["settings"].(map[string]any)["metrics_enabled"] = false
	all = nil
	serve(t, plain, measure).post(`{"event":"signup","user_id":1}`)
	if len(all) != 1 || all[0].Method != "" || all[0].Resource != "" {
		t.Errorf("without detailed metrics: %+v", all)
	}
}
