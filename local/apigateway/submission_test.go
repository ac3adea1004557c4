package apigateway_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cdk.tf/go/ingest/local/apigateway"
)

// tell returns an API that tells of its submissions, and the list of them.
func tell(t testing.TB, r raw) (*gateway, *[]apigateway.Submission) {
	t.Helper()
	var mutex sync.Mutex
	var told []apigateway.Submission
	return serve(t, r, func(o *apigateway.Options) {
		o.Submitted = func(s apigateway.Submission) {
			mutex.Lock()
			defer mutex.Unlock()
			told = append(told, s)
		}
	}), &told
}

func gzipped(text string) string {
	var b strings.Builder
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return b.String()
}

func noBurst(r raw) {
	r.body("method_settings", "api_settings")["settings"].(map[string]any)["throttling_burst_limit"] = 0
}

const (
	pair        = `{"events": [{"a": 1}, {"b": 2}]}`
	recordsSent = `{"Records":[` + accepted + `,` + accepted + `]}`
)

// Each request that should store an event is told, with what decides on its fate.
func TestSubmissions(t *testing.T) {
	long := `{"a":"` + strings.Repeat("x", 100<<10) + `"}`
	longBatch := `{"events":[` + strings.Repeat(`{"a":1},`, 20<<10) + `{"a":1}]}`
	cannot := func(context.Context, apigateway.Call) (apigateway.Answer, error) {
		return apigateway.Answer{}, errors.New("no role")
	}
	body := apigateway.Refusal{Type: "BAD_REQUEST_BODY", ErrorType: "BadRequestException", Message: "Invalid request body", Validation: "[object has too few properties (found 0 but schema requires at least 1)]"}
	token := apigateway.Refusal{Type: "MISSING_AUTHENTICATION_TOKEN", ErrorType: "MissingAuthenticationTokenException", Message: "Missing Authentication Token"}
	throttled := apigateway.Refusal{Type: "THROTTLED", ErrorType: "TooManyRequestsException", Message: "Too Many Requests"}
	for _, test := range []struct {
		name             string
		edit             func(raw)
		answer           func(context.Context, apigateway.Call) (apigateway.Answer, error)
		do               *http.Request
		action           string
		body             string
		length           int
		status           int
		why              apigateway.Refusal
		answered, called bool
	}{
		{name: "an event", do: request("POST", "/dev/submit?q=1", ok, "Content-Type: application/json"), action: "PutRecord", body: ok, length: 7, status: 200, called: true, answered: true},
		{name: "an event that Kinesis refuses", answer: answers(400, `{"__type":"ValidationException"}`), do: request("POST", "/dev/submit", ok), action: "PutRecord", body: ok, length: 7, status: 400, called: true, answered: true},
		{name: "no answer", answer: cannot, do: request("POST", "/dev/submit", ok), action: "PutRecord", body: ok, length: 7, status: 502, called: true,
			why: apigateway.Refusal{Type: "INTEGRATION_FAILURE", ErrorType: "InternalServerErrorException", Message: "Internal server error"}},
		{name: "a long event", do: request("POST", "/dev/submit", long), action: "PutRecord", body: long[:64<<10], length: len(long), status: 200, called: true, answered: true},
		{name: "a compressed event", do: request("POST", "/dev/submit", gzipped(ok), "Content-Encoding: gzip"), action: "PutRecord", body: ok, length: 7, status: 200, called: true, answered: true},
		{name: "a batch", answer: answers(200, recordsSent), do: request("POST", "/dev/submit/batch", pair), action: "PutRecords", body: pair, length: 32, status: 200, called: true, answered: true},
		{name: "an event that breaks the model", do: request("POST", "/dev/submit", `{}`), action: "PutRecord", body: `{}`, length: 2, status: 400, why: body},
		{name: "a long one", do: request("POST", "/dev/submit", strings.Repeat(" ", 100<<10)+`{}`), action: "PutRecord", body: strings.Repeat(" ", 64<<10), length: 100<<10 + 2, status: 400, why: body},
		{name: "another content type", do: request("POST", "/dev/submit", ok, "Content-Type: text/xml"), action: "PutRecord", body: ok, length: 7, status: 415,
			why: apigateway.Refusal{Type: "UNSUPPORTED_MEDIA_TYPE", ErrorType: "BadRequestException", Message: "Unsupported Media Type"}},
		{name: "throttled", edit: noBurst, do: request("POST", "/dev/submit", ok), action: "PutRecord", body: ok, length: 7, status: 429, why: throttled},
		{name: "throttled, long", edit: noBurst, do: request("POST", "/dev/submit", long), action: "PutRecord", body: long[:64<<10], length: len(long), status: 429, why: throttled},
		{name: "throttled, a long batch", edit: noBurst, do: request("POST", "/dev/submit/batch", longBatch), action: "PutRecords", body: longBatch, length: len(longBatch), status: 429, why: throttled},
		{name: "throttled, and it waits to be asked", edit: noBurst, do: request("POST", "/dev/submit", ok, "Expect: 100-continue"), action: "PutRecord", length: 7, status: 429, why: throttled},
		{name: "without a key", edit: func(r raw) { r.body("method", "api_submit_post")["api_key_required"] = true }, do: request("POST", "/dev/submit", ok), action: "PutRecord", body: ok, length: 7, status: 403,
			why: apigateway.Refusal{Type: "INVALID_API_KEY", ErrorType: "ForbiddenException", Message: "Forbidden"}},
		{name: "unsigned", edit: func(r raw) { r.body("method", "api_submit_post")["authorization"] = "AWS_IAM" }, do: request("POST", "/dev/submit", ok), action: "PutRecord", body: ok, length: 7, status: 403, why: token},
		{name: "too large", do: bigRequest(newBigBody(11<<20), 11<<20), action: "PutRecord", length: 11 << 20, status: 413,
			why: apigateway.Refusal{Type: "REQUEST_TOO_LARGE", ErrorType: "RequestTooLargeException", Message: "Request Too Long"}},
		{name: "too large in chunks", do: bigRequest(newBigBody(11<<20), -1), action: "PutRecord", length: -1, status: 413,
			why: apigateway.Refusal{Type: "REQUEST_TOO_LARGE", ErrorType: "RequestTooLargeException", Message: "Request Too Long"}},
		{name: "no route", do: request("POST", "/dev/nowhere", ok), body: ok, length: 7, status: 403, why: token},
		{name: "no route, by PUT", do: request("PUT", "/dev/submit", ok), body: ok, length: 7, status: 403, why: token},
		{name: "no route, in chunks", do: chunked(request("POST", "/dev/nowhere", ok)), body: ok, length: 7, status: 403, why: token},
		{name: "no route, in long chunks", do: chunked(request("POST", "/dev/nowhere", long)), body: long[:64<<10], length: -1, status: 403, why: token},
		{name: "no stage", do: request("POST", "/prod/submit", ok), body: ok, length: 7, status: 403, why: apigateway.Refusal{ErrorType: "ForbiddenException", Message: "Forbidden"}},
		{name: "large headers", do: request("POST", "/dev/submit", ok, "X-A: "+strings.Repeat("x", 11_000)), body: ok, length: 7, status: 431, why: apigateway.Refusal{Message: "HTTP header is larger than 10240 bytes."}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := loadRaw(t, "dev")
			if test.edit != nil {
				test.edit(r)
			}
			g, told := tell(t, r)
			g.kinesis.answer = test.answer
			a := g.do(test.do)
			if len(*told) != 1 {
				t.Fatalf("%d submissions: %d %s", len(*told), a.status, a.body)
			}
			s := (*told)[0]
			if s.Action != test.action || string(s.Body) != test.body || s.Length != int64(test.length) || s.Status != test.status || s.Called != test.called || (s.Answer != nil) != test.answered {
				t.Errorf("%.20q, %d of %d bytes %.80q, status %d, called %t, answer %+v", s.Action, len(s.Body), s.Length, s.Body, s.Status, s.Called, s.Answer)
			}
			if diff := cmp.Diff(test.why, s.Refusal); diff != "" {
				t.Error(diff)
			}
			if s.Status != a.status || s.RequestID != a.header["x-amzn-requestid"] || s.At != noon || s.Method != test.do.Method || s.Path != test.do.URL.Path || s.ContentType != test.do.Header.Get("Content-Type") {
				t.Errorf("%+v; the answer was %d %v", s, a.status, a.header)
			}
			if s.Called != (s.Sent != nil) || s.Called && string(s.Sent) != string(g.kinesis.calls[0].Body) {
				t.Errorf("sent is %s", s.Sent)
			}
		})
	}
}

func chunked(r *http.Request) *http.Request {
	r.ContentLength = -1
	return r
}

// A request that should store nothing is no submission.
func TestOtherRequestsAreNoSubmissions(t *testing.T) {
	r := loadRaw(t, "dev")
	r.body("integration", "api_submit_batch_post_integration")["uri"] = "arn:aws:apigateway:us-east-1:kinesis:action/ListStreams"
	g, told := tell(t, r)
	for _, r := range []*http.Request{
		request("OPTIONS", "/dev/submit", ""), request("GET", "/dev/submit", ""), request("GET", "/favicon.ico", ""), request("HEAD", "/dev/submit", ""),
		request("DELETE", "/dev/submit", ""), request("POST", "/dev/submit/batch", pair),
	} {
		if g.do(r); len(*told) != 0 {
			t.Fatalf("%s %s is told: %+v", r.Method, r.URL, *told)
		}
	}
}

// A client that has its answer finds its event in the list.
func TestASubmissionIsToldBeforeItsAnswer(t *testing.T) {
	w := httptest.NewRecorder()
	told := 0
	g := serve(t, loadRaw(t, "dev"), func(o *apigateway.Options) {
		o.Submitted = func(apigateway.Submission) {
			if told++; w.Body.Len() > 0 {
				t.Error("the answer was sent before")
			}
		}
	})
	g.ServeHTTP(w, request("POST", "/dev/submit", ok))
	if told != 1 || w.Body.Len() == 0 {
		t.Errorf("%d submissions, and the answer %s", told, w.Body)
	}
}

// A refused batch does not wait for room: without room only its beginning is read.
func TestARefusedBatchDoesNotWaitForRoom(t *testing.T) {
	r := loadRaw(t, "dev")
	r.body("method", "api_submit_batch_post")["api_key_required"] = true
	g, told := tell(t, r)
	began, end := make(chan struct{}), make(chan struct{})
	g.kinesis.answer = func(context.Context, apigateway.Call) (apigateway.Answer, error) {
		began <- struct{}{}
		<-end
		return apigateway.Answer{}, errors.New("gone")
	}
	var group sync.WaitGroup
	for range 6 { // 60 of 64 MiB
		group.Go(func() { g.do(bigRequest(newBigBody(10*mib), 10*mib)) })
		<-began
	}
	batch := `{"events":[` + strings.Repeat(`{"a":1},`, mib) + `{"a":1}]}`
	a := g.do(request("POST", "/dev/submit/batch", batch))
	if s := (*told)[0]; a.status != 403 || len(s.Body) != 64<<10 || s.Length != int64(len(batch)) {
		t.Errorf("%d %s, %d of %d bytes are told", a.status, a.body, len(s.Body), s.Length)
	}
	close(end)
	group.Wait()
}

// A refused batch that stops arriving does not keep its room.
func TestARefusedBatchHasToKeepComing(t *testing.T) {
	r := loadRaw(t, "dev")
	noBurst(r)
	g, told := tell(t, r)
	connection := &stalled{ResponseRecorder: httptest.NewRecorder()}
	stopped := request(http.MethodPost, "/dev/submit/batch", "")
	stopped.Body, stopped.ContentLength = connection, 10*mib
	for range 8 {
		g.ServeHTTP(connection, stopped)
	}
	if s := (*told)[7]; connection.Code != 429 || connection.Header().Get("Connection") != "close" || len(connection.deadlines) != 16 || s.Length != 10*mib {
		t.Errorf("%d %v, %d deadlines, %d bytes are told", connection.Code, connection.Header(), len(connection.deadlines), s.Length)
	}
}

// A refused body that the server does not read by itself does not delay the answer by more than the time in which it is passed over.
func TestARefusalDoesNotWaitForItsBody(t *testing.T) {
	for _, length := range []int64{-1, 300 << 10} {
		g, told := tell(t, loadRaw(t, "dev"))
		connection := &stalled{ResponseRecorder: httptest.NewRecorder()}
		stopped := request(http.MethodPost, "/dev/nowhere", "")
		stopped.Body, stopped.ContentLength = connection, length
		g.ServeHTTP(connection, stopped)
		if connection.Code != 403 || len(connection.deadlines) != 2 || len(*told) != 1 {
			t.Errorf("a length of %d: %d, %d deadlines, %d submissions", length, connection.Code, len(connection.deadlines), len(*told))
		}
	}
}

// A connection goes on after a refused request, whatever part of its body was read.
func TestRefusedBodiesLeaveTheConnection(t *testing.T) {
	server := httptest.NewServer(serve(t, loadRaw(t, "dev")))
	t.Cleanup(server.Close)
	connection := dial(t, server)
	answers := bufio.NewReader(connection)
	for _, length := range []int{0, 7, 64 << 10, 100 << 10, 300 << 10} {
		_, err := fmt.Fprintf(connection, "POST /dev/nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", length, strings.Repeat("x", length))
		if err != nil {
			t.Fatal(err)
		}
		if status, body, closed := readAnswer(t, answers); status != 403 || closed {
			t.Errorf("%d bytes: %d %s, closed %t", length, status, body, closed)
		}
	}
}
