package cloudwatch

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
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
	if w := answer(t, api, http.MethodPost, "/?Action=DescribeAlarms&Version=2010-08-01", ""); w.Code != http.StatusOK {
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
			body = "Action=DescribeAlarms&Version=2010-08-01&" + body
		}
		w := answer(t, api, http.MethodPost, test.target, body, test.headers...)
		if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "SerializationException") {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}

// A call in the query protocol names its operation and the version of the API, in a form that can be read.
func TestQueryProtocolNeedsActionAndVersion(t *testing.T) {
	for _, test := range []struct{ body, code, says string }{
		{"", "MissingAction", "Action"},
		{`{"AlarmNames": []}`, "MissingAction", "Action"},
		{"Version=2010-08-01", "MissingAction", "Action"},
		{"Action=DescribeAlarms", "InvalidAction", "DescribeAlarms for version NO_VERSION_SPECIFIED. Send Version=2010-08-01."},
		{"Action=DescribeAlarms&Version=2010-08-02", "InvalidAction", "version 2010-08-02"},
		{"Action=DescribeAlarms&Version=2010-08-01&AlarmNamePrefix=%zz", "MalformedQueryString", "%zz"},
		{"Action=DescribeAlarms;Version=2010-08-01", "MalformedQueryString", "semicolon"},
	} {
		w := answer(t, called(t), http.MethodPost, "/", test.body)
		if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "<Type>Sender</Type><Code>"+test.code+"</Code>") || !strings.Contains(w.Body.String(), test.says) {
			t.Errorf("%q: %d %s", test.body, w.Code, w.Body)
		}
	}
	w := answer(t, called(t), http.MethodPost, "/", "Action=PutMetricData&Version=2010-08-01")
	if w.Code != http.StatusNotImplemented || !strings.Contains(w.Body.String(), "<Type>Receiver</Type>") {
		t.Errorf("an operation that is not imitated: %d %s", w.Code, w.Body)
	}
}

// Each request has an id of its own, which an answer in XML repeats, so that an answer can be found in a log.
func TestEachRequestHasItsID(t *testing.T) {
	api, seen := called(t), map[string]bool{}
	for _, body := range []string{"Action=DescribeAlarms&Version=2010-08-01", "Action=DescribeAlarms&Version=2010-08-01", "Action=DescribeAlarms"} {
		w := answer(t, api, http.MethodPost, "/", body)
		id := w.Header().Get("x-amzn-RequestId")
		if seen[id] || uuid.Validate(id) != nil || !strings.Contains(w.Body.String(), "<RequestId>"+id+"</RequestId>") {
			t.Errorf("%s: the header has %q: %s", body, id, w.Body)
		}
		seen[id] = true
	}
}
