package cloudwatch

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jonboulle/clockwork"
)

// called is an API without alarms and metrics, at noon.
func called(t *testing.T) *API {
	t.Helper()
	watch, err := OpenWatch(nil, WatchOptions{Metrics: NewMetrics(), Path: filepath.Join(t.TempDir(), "alarms.json"), Clock: clockwork.NewFakeClockAt(noon)})
	if err != nil {
		t.Fatal(err)
	}
	return &API{Watch: watch, NotImitated: func(string) {}}
}

// answer is the answer to a call with headers, as NAME: VALUE.
func answer(t *testing.T, api *API, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	api.ServeHTTP(w, r)
	return w
}

// A link that somebody follows and a preflight reach no operation.
func TestOnlyAPostIsACall(t *testing.T) {
	api := called(t)
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPut} {
		w := answer(t, api, method, "/?Action=DescribeAlarms", "")
		if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != http.MethodPost {
			t.Errorf("%s: %d %v", method, w.Code, w.Header())
		}
	}
	if w := answer(t, api, http.MethodPost, "/?Action=DescribeAlarms", ""); w.Code != http.StatusOK {
		t.Errorf("POST: %d %s", w.Code, w.Body)
	}
}

// A body that nests deeper than any call is refused, and the process lives on.
func TestDeepNestingIsRefused(t *testing.T) {
	api := called(t)
	cbor, operation := []string{"Smithy-Protocol: rpc-v2-cbor"}, "/service/GraniteServiceVersion20100801/operation/DescribeAlarms"
	for name, test := range map[string]struct {
		level   string
		headers []string
		target  string
	}{
		"lists":            {"\x81", cbor, operation},
		"lists of no size": {"\x9f", cbor, operation},
		"maps":             {"\xa1\x61a", cbor, operation},
		"maps of no size":  {"\xbf\x61a", cbor, operation},
		"tags":             {"\xc1", cbor, operation},
		"JSON":             {"[", []string{"X-Amz-Target: GraniteServiceVersion20100801.DescribeAlarms"}, "/"},
		"query":            {"a.", nil, "/"},
	} {
		body := strings.Repeat(test.level, 100_000)
		if name == "query" {
			body = "Action=DescribeAlarms&" + body
		}
		w := answer(t, api, http.MethodPost, test.target, body, test.headers...)
		if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "SerializationException") {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}
