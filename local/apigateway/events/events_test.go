package events

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/internal/goldens"
	"cdk.tf/go/ingest/local/apigateway"
)

var noon = time.Date(2026, 7, 1, 12, 0, 0, 123_456_789, time.UTC)

const jsonType = "application/json"

// single is a submission of one event, which the service answers; an answer of 0 is none.
func single(body string, status int, answer string) apigateway.Submission {
	s := apigateway.Submission{
		At: noon, RequestID: "id-1", Method: http.MethodPost, Path: "/dev/submit", ContentType: jsonType, Action: apigateway.PutRecord,
		Body: []byte(body), Length: int64(len(body)), Status: 200, Called: true, Sent: []byte(`{"Data":"eA=="}`),
	}
	if status != 0 {
		s.Answer = &apigateway.Answer{Status: status, Body: []byte(answer)}
	}
	return s
}

// batch is a submission of a batch.
func batch(body string, status int, answer string, edit ...func(*apigateway.Submission)) apigateway.Submission {
	s := single(body, status, answer)
	s.Action, s.Path, s.Sent = apigateway.PutRecords, "/dev/submit/batch", nil
	for _, e := range edit {
		e(&s)
	}
	return s
}

func refused(status int, r apigateway.Refusal) func(*apigateway.Submission) {
	return func(s *apigateway.Submission) { s.Status, s.Refusal, s.Called, s.Answer = status, r, false, nil }
}

func with(s apigateway.Submission, edit ...func(*apigateway.Submission)) apigateway.Submission {
	for _, e := range edit {
		e(&s)
	}
	return s
}

const stored = `{"ShardId":"s-0","SequenceNumber":"49"}`

var (
	brokenBody = apigateway.Refusal{Type: "BAD_REQUEST_BODY", ErrorType: "BadRequestException", Message: "Invalid request body", Validation: "[no id]"}
	tooSlow    = apigateway.Refusal{Type: "INTEGRATION_TIMEOUT", ErrorType: "InternalServerErrorException", Message: "Endpoint request timed out"}
	noTemplate = apigateway.Refusal{Type: "API_CONFIGURATION_ERROR", ErrorType: "InternalServerErrorException", Message: "Internal server error"}
)

// brief is what the tests compare of an event.
func brief(e event) string {
	parts := []string{e.Fate, strconv.Itoa(e.Status)}
	if e.Batch != nil {
		parts = append(parts, fmt.Sprintf("%d/%d", e.Batch.Index, e.Batch.Of))
	}
	if e.Bytes != nil {
		parts = append(parts, fmt.Sprintf("%d bytes", *e.Bytes))
	}
	if e.Text != nil {
		parts = append(parts, *e.Text)
	}
	for _, part := range []string{string(e.Base64), e.ShardID, e.SequenceNumber, e.Reason, e.ErrorType} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if e.Cut {
		parts = append(parts, "cut")
	}
	return strings.Join(parts, " | ")
}

func briefs(events []event) []string {
	all := []string{}
	for _, e := range events {
		all = append(all, brief(e))
	}
	return all
}

// get asks a list.
func get(t testing.TB, l *List, query string) answer {
	t.Helper()
	w := httptest.NewRecorder()
	l.Serve(w, httptest.NewRequest(http.MethodGet, "/_local/events?"+query, http.NoBody))
	if w.Code != http.StatusOK {
		t.Fatalf("%s: %d %s", query, w.Code, w.Body)
	}
	var a answer
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
		t.Fatal(err)
	}
	return a
}

func listOf(submissions ...apigateway.Submission) *List {
	l := New(clockwork.NewFakeClockAt(noon))
	for _, s := range submissions {
		l.Add(s)
	}
	return l
}

// The service's answer decides on an event of its own.
func TestFateOfAnEvent(t *testing.T) {
	const body = `{"id":1}`
	for name, test := range map[string]struct {
		submission apigateway.Submission
		want       string
	}{
		"stored":                 {single(body, 200, stored), `accepted | 200 | 8 bytes | {"id":1} | s-0 | 49`},
		"other order and spaces": {single(body, 200, ` { "SequenceNumber" : "49", "EncryptionType":"KMS", "ShardId":"s-0" } `), `accepted | 200 | 8 bytes | {"id":1} | s-0 | 49`},
		"stored, and the response template failed": {with(single(body, 200, stored), func(s *apigateway.Submission) { s.Status, s.Refusal = 500, noTemplate }),
			`accepted | 500 | 8 bytes | {"id":1} | s-0 | 49 | API_CONFIGURATION_ERROR: Internal server error | InternalServerErrorException`},
		"refused, and the client is told 200": {single(body, 400, `{"__type":"ProvisionedThroughputExceededException","message":"Rate exceeded"}`),
			`rejected | 200 | 8 bytes | {"id":1} | ProvisionedThroughputExceededException: Rate exceeded | ProvisionedThroughputExceededException`},
		"a type with a namespace": {single(body, 400, `{"__type":"com.amazonaws.kinesis#AccessDeniedException","Message":"no"}`),
			`rejected | 200 | 8 bytes | {"id":1} | AccessDeniedException: no | AccessDeniedException`},
		"a failure without words": {single(body, 500, `{}`), `rejected | 200 | 8 bytes | {"id":1}`},
		"no sequence number":      {single(body, 200, `{"ShardId":"s-0"}`), `rejected | 200 | 8 bytes | {"id":1} | the service's answer has no SequenceNumber`},
		"an empty one":            {single(body, 200, `{"ShardId":"s-0","SequenceNumber":""}`), `rejected | 200 | 8 bytes | {"id":1} | the service's answer has no SequenceNumber`},
		"one that is no string":   {single(body, 200, `{"ShardId":"s-0","SequenceNumber":{"a":1}}`), `rejected | 200 | 8 bytes | {"id":1} | the service's answer has no SequenceNumber`},
		"not JSON":                {single(body, 200, `OK`), `rejected | 200 | 8 bytes | {"id":1} | the service answered 200 with a body that is no JSON object`},
		"not an object":           {single(body, 502, `[]`), `rejected | 200 | 8 bytes | {"id":1} | the service answered 502 with a body that is no JSON object`},
		"no answer":               {with(single(body, 0, ""), func(s *apigateway.Submission) { s.Status, s.Refusal = 504, tooSlow }), `unknown | 504 | 8 bytes | {"id":1} | INTEGRATION_TIMEOUT: Endpoint request timed out | InternalServerErrorException`},
		"a call that failed": {with(single(body, 0, ""), func(s *apigateway.Submission) {
			s.Status, s.Refusal = 502, apigateway.Refusal{Type: "INTEGRATION_FAILURE", Message: "Internal server error"}
		}), `rejected | 502 | 8 bytes | {"id":1} | INTEGRATION_FAILURE: Internal server error`},
		"refused by the model": {with(single(body, 0, ""), refused(400, brokenBody)), `rejected | 400 | 8 bytes | {"id":1} | BAD_REQUEST_BODY: Invalid request body: [no id] | BadRequestException`},
		"a body nobody read": {with(single("", 0, ""), refused(413, apigateway.Refusal{Type: "REQUEST_TOO_LARGE", Message: "Request Too Long"}), func(s *apigateway.Submission) { s.Length = 11 << 20 }),
			`rejected | 413 | 11534336 bytes | REQUEST_TOO_LARGE: Request Too Long`},
		"a body of unknown length": {with(single("", 0, ""), refused(413, apigateway.Refusal{}), func(s *apigateway.Submission) { s.Length = -1 }), `rejected | 413`},
		"an empty body":            {single("", 200, stored), `accepted | 200 | 0 bytes |  | s-0 | 49`},
		"binary data":              {single("\xff\x00", 200, stored), "accepted | 200 | 2 bytes | \xff\x00 | s-0 | 49"},
		"the beginning of a text":  {with(single(`{"é`, 200, stored), func(s *apigateway.Submission) { s.Body, s.Length = s.Body[:3], 9 }), `accepted | 200 | 9 bytes | {" | s-0 | 49 | cut`},
	} {
		t.Run(name, func(t *testing.T) {
			if got := briefs(get(t, listOf(test.submission), "").Events); len(got) != 1 || got[0] != test.want {
				t.Errorf("got %q\nwant %q", got, test.want)
			}
		})
	}
}

// Each event of a batch has its own fate.
func TestFatesOfABatch(t *testing.T) {
	mixed := `{"FailedRecordCount":1,"Records":[` + stored + `,{"ErrorCode":"InternalFailure","ErrorMessage":"Internal service failure."}]}`
	sent := func(text string) func(*apigateway.Submission) {
		return func(s *apigateway.Submission) { s.Sent = []byte(text) }
	}
	lines := func(s *apigateway.Submission) { s.ContentType = "application/x-ndjson; charset=utf-8" }
	model := refused(400, brokenBody)
	const why = ` | BAD_REQUEST_BODY: Invalid request body: [no id] | BadRequestException`
	for name, test := range map[string]struct {
		submission apigateway.Submission
		want       []string
	}{
		"some are stored": {batch(`{"events":[{"a":1}, {"b":2}]}`, 200, mixed),
			[]string{`accepted | 200 | 0/2 | 7 bytes | {"a":1} | s-0 | 49`, `rejected | 200 | 1/2 | 7 bytes | {"b":2} | InternalFailure: Internal service failure. | InternalFailure`}},
		"the array alone": {batch(`[{"a":1},{"b":2}]`, 0, "", model), []string{`rejected | 400 | 0/2 | 7 bytes | {"a":1}` + why, `rejected | 400 | 1/2 | 7 bytes | {"b":2}` + why}},
		"an edited stack's form": {batch(`{"app":"x","tags":["t"],"items":[{"a":1},{"b":2}]}`, 0, "", model),
			[]string{`rejected | 400 | 0/2 | 7 bytes | {"a":1}` + why, `rejected | 400 | 1/2 | 7 bytes | {"b":2}` + why}},
		"an empty array beside the events": {batch(`{"tags":[],"items":[{"a":1},{"b":2}]}`, 0, "", model),
			[]string{`rejected | 400 | 0/2 | 7 bytes | {"a":1}` + why, `rejected | 400 | 1/2 | 7 bytes | {"b":2}` + why}},
		"events that are no objects": {batch(`{"events":[1,"two"]}`, 0, "", model), []string{`rejected | 400 | 0/2 | 1 bytes | 1` + why, `rejected | 400 | 1/2 | 5 bytes | "two"` + why}},
		"one event by mistake":       {batch(`{"a":1,"tags":["t"]}`, 0, "", model), []string{`rejected | 400 | 0/1 | 20 bytes | {"a":1,"tags":["t"]}` + why}},
		"two arrays of objects":      {batch(`{"a":[{}],"b":[{}]}`, 0, "", model), []string{`rejected | 400 | 0/1 | 19 bytes | {"a":[{}],"b":[{}]}` + why}},
		"no events":                  {batch(`{"events":[]}`, 0, "", model), []string{`rejected | 400 | 0/1 | 13 bytes | {"events":[]}` + why}},
		"not JSON":                   {batch(`{"events":[`, 0, "", model), []string{`rejected | 400 | 0/1 | 11 bytes | {"events":[` + why}},
		"lines": {batch("{\"a\":1}\r\n\n {\"b\":[1,2]}", 200, mixed, lines),
			[]string{`accepted | 200 | 0/2 | 7 bytes | {"a":1} | s-0 | 49`, `rejected | 200 | 1/2 | 11 bytes | {"b":[1,2]} | InternalFailure: Internal service failure. | InternalFailure`}},
		"a template that makes other records": {batch(`{"a":1}`, 200, mixed, sent(`{"StreamName":"s","Records":[{"Data":"eA==","PartitionKey":"k"},{"Data":"%%"}]}`)),
			[]string{`accepted | 200 | 0/2 | 1 bytes | x | s-0 | 49`, `rejected | 200 | 1/2 | 13 bytes | {"Data":"%%"} | InternalFailure: Internal service failure. | InternalFailure`}},
		"other records than answers": {batch(`{"a":1}`, 200, mixed, sent(`{"Records":[{},{},{}]}`)),
			[]string{`accepted | 200 | 0/2 | s-0 | 49`, `rejected | 200 | 1/2 | InternalFailure: Internal service failure. | InternalFailure`}},
		"refused as a whole": {batch(`[{"a":1},{"b":2}]`, 400, `{"__type":"ValidationException","message":"too long"}`, sent(`{"Records":[{},{}]}`)),
			[]string{`rejected | 200 | 0/2 | 7 bytes | {"a":1} | ValidationException: too long | ValidationException`, `rejected | 200 | 1/2 | 7 bytes | {"b":2} | ValidationException: too long | ValidationException`}},
		"an answer without records": {batch(`[{"a":1}]`, 200, `{"Records":[]}`), []string{`rejected | 200 | 0/1 | 7 bytes | {"a":1} | the service's answer has no Records`}},
		"an odd record":             {batch(`[{"a":1}]`, 200, `{"Records":[null]}`), []string{`rejected | 200 | 0/1 | 7 bytes | {"a":1} | the service's answer has no SequenceNumber`}},
		"no answer": {batch(`[{"a":1},{"b":2}]`, 0, "", func(s *apigateway.Submission) { s.Status, s.Refusal = 504, tooSlow }),
			[]string{`unknown | 504 | 0/2 | 7 bytes | {"a":1} | INTEGRATION_TIMEOUT: Endpoint request timed out | InternalServerErrorException`,
				`unknown | 504 | 1/2 | 7 bytes | {"b":2} | INTEGRATION_TIMEOUT: Endpoint request timed out | InternalServerErrorException`}},
	} {
		t.Run(name, func(t *testing.T) {
			l := listOf(test.submission)
			got := get(t, l, "order=oldest")
			if diff := cmp.Diff(test.want, briefs(got.Events)); diff != "" {
				t.Error(diff)
			}
			if got.Matched != int64(len(test.want)) || got.Counts["accepted"]+got.Counts["rejected"]+got.Counts["unknown"] != int64(len(test.want)) {
				t.Errorf("%d matched, %v counted", got.Matched, got.Counts)
			}
		})
	}
}

func TestQueries(t *testing.T) {
	at := func(after time.Duration, id string, s apigateway.Submission) apigateway.Submission {
		s.At, s.RequestID = noon.Add(after), id
		return s
	}
	l := listOf(
		at(0, "one", single(`{"name":"Zoë","n":1}`, 200, stored)),
		at(time.Second, "two", with(single(`{"name":"Bob","n":2}`, 0, ""), refused(400, brokenBody))),
		at(2*time.Second, "three", batch(`[{"n":3},{"n":4}]`, 200, `{"Records":[`+stored+`,{"ErrorCode":"InternalFailure"}]}`)),
	)
	three, four := `accepted | 200 | 0/2 | 7 bytes | {"n":3} | s-0 | 49`, `rejected | 200 | 1/2 | 7 bytes | {"n":4} | InternalFailure | InternalFailure`
	one, two := `accepted | 200 | 21 bytes | {"name":"Zoë","n":1} | s-0 | 49`, `rejected | 400 | 20 bytes | {"name":"Bob","n":2} | BAD_REQUEST_BODY: Invalid request body: [no id] | BadRequestException`
	for query, test := range map[string]struct {
		matched int64
		want    []string
	}{
		"":                                    {4, []string{four, three, two, one}},
		"order=oldest":                        {4, []string{one, two, three, four}},
		"fate=accepted":                       {2, []string{three, one}},
		"fate=rejected&order=oldest":          {2, []string{two, four}},
		"fate=unknown":                        {0, []string{}},
		"text=ZO%C3%8B":                       {1, []string{one}},
		"text=%22n%22:3":                      {1, []string{three}},
		"id=three":                            {2, []string{four, three}},
		"id=none":                             {0, []string{}},
		"since=2026-07-01T12:00:01.123Z":      {3, []string{four, three, two}},
		"since=2026-07-01T14:00:01.457+02:00": {2, []string{four, three}},
		"since=1782907202123":                 {2, []string{four, three}},
		"limit=1":                             {4, []string{four}},
		"limit=0&fate=accepted":               {2, []string{}},
		"limit=3&order=oldest":                {4, []string{one, two, three}},
		"least=2&fate=accepted":               {2, []string{three, one}},
	} {
		got := get(t, l, query)
		if diff := cmp.Diff(test.want, briefs(got.Events)); diff != "" || got.Matched != test.matched || got.More != (len(test.want) < int(test.matched)) {
			t.Errorf("%s: %d matched, more: %v\n%s", query, got.Matched, got.More, diff)
		}
		if diff := cmp.Diff(map[string]int64{"accepted": 2, "rejected": 2, "unknown": 0}, got.Counts); diff != "" || got.Forgotten != 0 {
			t.Errorf("%s: the counts are not of all events: %s, %d forgotten", query, diff, got.Forgotten)
		}
	}
}

// The answer's texts are those that a shell script looks for.
func TestAnswerAsText(t *testing.T) {
	l := listOf(batch(`[{"a":"<b>"}]`, 200, `{"Records":[`+stored+`]}`), single("\xff", 200, stored))
	w := httptest.NewRecorder()
	l.Serve(w, httptest.NewRequest(http.MethodGet, "/_local/events", http.NoBody))
	want := `{"counts":{"accepted":2,"rejected":0,"unknown":0},"forgotten":0,"matched":2,"more":false,"events":[` +
		`{"at":"2026-07-01T12:00:00.123Z","fate":"accepted","status":200,"requestId":"id-1","method":"POST","path":"/dev/submit","contentType":"application/json",` +
		`"shardId":"s-0","sequenceNumber":"49","bytes":1,"base64":"/w=="},` +
		`{"at":"2026-07-01T12:00:00.123Z","fate":"accepted","status":200,"requestId":"id-1","method":"POST","path":"/dev/submit/batch","contentType":"application/json",` +
		`"shardId":"s-0","sequenceNumber":"49","bytes":11,"text":"{\"a\":\"<b>\"}","batch":{"index":0,"of":1}}]}` + "\n"
	if w.Body.String() != want {
		t.Errorf("got  %s\nwant %s", w.Body, want)
	}
	if w.Header().Get("Content-Type") != jsonType || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("the headers are %v", w.Header())
	}
}

func TestWrongParameters(t *testing.T) {
	const all = "fate, id, least, limit, order, since, text, wait"
	for query, want := range map[string]string{
		"fates=accepted":         `"fates" is not a parameter; did you mean fate? There are ` + all,
		"colour=red":             `"colour" is not a parameter; use ` + all,
		"fate=good":              `fate is "good"; use accepted, rejected, unknown`,
		"fate=":                  `fate is ""; use accepted, rejected, unknown`,
		"id=":                    `id is ""; use a request id, or leave the parameter out`,
		"text=":                  `text is ""; use a part of the event's text, or leave the parameter out`,
		"since=noon":             `since is "noon"; use a time such as 2026-07-01T12:00:00.000Z, or the milliseconds since 1970`,
		"limit=-1":               `limit is "-1"; use a number from 0 to 10000`,
		"limit=10001":            `limit is "10001"; use a number from 0 to 10000`,
		"limit=many":             `limit is "many"; use a number from 0 to 10000`,
		"least=0":                `least is "0"; use a number from 1 to 10000`,
		"order=up":               `order is "up"; use newest or oldest`,
		"least=1&wait=10":        `wait is "10"; use a duration of 0s to 1m, such as 10s`,
		"least=1&wait=61s":       `wait is "61s"; use a duration of 0s to 1m, such as 10s`,
		"least=1&wait=-1s":       `wait is "-1s"; use a duration of 0s to 1m, such as 10s`,
		"wait=10s":               `wait is "10s" without least; add least, the number of events to wait for`,
		"limit=1&limit=2":        `limit is given 2 times; give it once`,
		"text=%zz":               `the query is "text=%zz"; write it as name=value&name=value, and escape other characters (invalid URL escape "%zz")`,
		"fate=accepted;least=%2": `the query is "fate=accepted;least=%2"; write it as name=value&name=value, and escape other characters (invalid semicolon separator in query)`,
	} {
		w := httptest.NewRecorder()
		listOf().Serve(w, httptest.NewRequest(http.MethodGet, "/_local/events?"+query, http.NoBody))
		wantBody, err := json.Marshal(map[string]string{"message": want})
		if err != nil {
			t.Fatal(err)
		}
		if w.Code != http.StatusBadRequest || strings.TrimSpace(w.Body.String()) != strings.ReplaceAll(string(wantBody), `\u0026`, "&") {
			t.Errorf("%s: %d %s\nwant %s", query, w.Code, w.Body, wantBody)
		}
	}
}

// The list holds the newest events within its bounds. The counts are those of all.
func TestBounds(t *testing.T) {
	events := func(n int) string { return `[` + strings.Repeat(`1,`, n-1) + `1]` }
	refuse := refused(400, brokenBody)
	for name, test := range map[string]struct {
		submissions     []apigateway.Submission
		held, forgotten int64
	}{
		"single events":                    {repeat(maxEvents+5, single(`{}`, 200, stored)), maxEvents, 5},
		"batches leave as a whole":         {repeat(26, batch(events(400), 0, "", refuse)), 10_000, 400},
		"a batch of too many":              {repeat(1, batch(events(maxEvents+7), 0, "", refuse)), maxEvents, 7},
		"large bodies":                     {repeat(40, batch(events(5)+strings.Repeat(" ", 1<<20), 0, "", refuse)), 5 * 31, 5 * 9},
		"one that is larger than the list": {repeat(1, batch(events(5), 0, "", refuse, func(s *apigateway.Submission) { s.Sent = make([]byte, maxBytes) })), 0, 5},
	} {
		t.Run(name, func(t *testing.T) {
			l := listOf(test.submissions...)
			got := get(t, l, "limit=10000")
			if got.Matched != test.held || int64(len(got.Events)) != test.held || got.Forgotten != test.forgotten {
				t.Errorf("%d matched, %d shown, %d forgotten; want %d and %d", got.Matched, len(got.Events), got.Forgotten, test.held, test.forgotten)
			}
			if all := got.Counts["accepted"] + got.Counts["rejected"]; all != test.held+test.forgotten {
				t.Errorf("%d are counted, want %d", all, test.held+test.forgotten)
			}
			if l.bytes > maxBytes || l.held > maxEvents {
				t.Errorf("the list holds %d events in %d bytes", l.held, l.bytes)
			}
		})
	}
}

func repeat(n int, s apigateway.Submission) (all []apigateway.Submission) {
	for range n {
		all = append(all, s)
	}
	return all
}

// A long path and the room beyond a body do not stay in memory.
func TestEntriesAreSmall(t *testing.T) {
	s := single(`{}`, 200, stored)
	s.Path, s.Body, s.Answer.Header = "/"+strings.Repeat("x", 1<<20), append(make([]byte, 0, 1<<20), `{}`...), http.Header{"A": {"b"}}
	l := listOf(s)
	e := l.entries[0]
	if len(e.Path) != maxPath || cap(e.Body) > 64 || e.Sent != nil || e.Answer.Header != nil {
		t.Errorf("it keeps %d bytes of the path, %d of the body, %d of the call and %v", len(e.Path), cap(e.Body), len(e.Sent), e.Answer.Header)
	}
	if l.bytes > 2*maxPath {
		t.Errorf("it is counted with %d bytes", l.bytes)
	}
}

func TestReset(t *testing.T) {
	clock := clockwork.NewFakeClockAt(noon)
	l := New(clock)
	l.Add(single(`{}`, 200, stored))
	l.Add(with(single(`{}`, 0, ""), refused(400, brokenBody)))
	clock.Advance(time.Second)
	for _, want := range []string{
		`{"counts":{"accepted":1,"rejected":1,"unknown":0},"forgotten":0}`,
		`{"counts":{"accepted":0,"rejected":0,"unknown":0},"forgotten":0}`,
	} {
		w := httptest.NewRecorder()
		l.ServeReset(w, httptest.NewRequest(http.MethodPost, "/_local/reset", http.NoBody))
		if w.Code != http.StatusOK || strings.TrimSpace(w.Body.String()) != want {
			t.Errorf("%d %s, want %s", w.Code, w.Body, want)
		}
	}
	l.Add(single(`{"began":"before"}`, 200, stored))
	late := single(`{"began":"after"}`, 200, stored)
	late.At = clock.Now()
	l.Add(late)
	if got := get(t, l, ""); got.Matched != 1 || got.Counts["accepted"] != 1 || *got.Events[0].Text != `{"began":"after"}` {
		t.Errorf("after the reset the list has %v, %v", got.Counts, briefs(got.Events))
	}
	w := httptest.NewRecorder()
	l.ServeReset(w, httptest.NewRequest(http.MethodPost, "/_local/reset?all=1", http.NoBody))
	if want := `{"message":"the query is \"all=1\"; leave it out, a reset has no parameters"}`; w.Code != http.StatusBadRequest || strings.TrimSpace(w.Body.String()) != want {
		t.Errorf("%d %s, want %s", w.Code, w.Body, want)
	}
}

// waiting asks a list in the background, and returns when the list knows of the wait.
func waiting(t *testing.T, l *List, clock *clockwork.FakeClock, query string) <-chan answer {
	t.Helper()
	answers := make(chan answer, 1)
	go func() { answers <- get(t, l, query) }()
	if err := clock.BlockUntilContext(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	return answers
}

func TestWait(t *testing.T) {
	add := func(l *List, body string) { l.Add(single(body, 200, stored)) }
	for name, test := range map[string]struct {
		query string
		do    func(l *List, clock *clockwork.FakeClock)
		want  int64
	}{
		"enough are there":    {"least=1", func(l *List, _ *clockwork.FakeClock) { add(l, `{"a":1}`) }, 1},
		"others do not count": {"least=1&text=b", func(l *List, _ *clockwork.FakeClock) { add(l, `{"a":1}`); add(l, `{"b":1}`) }, 1},
		"the time is over":    {"least=2&wait=3s", func(l *List, c *clockwork.FakeClock) { add(l, `{}`); c.Advance(3 * time.Second) }, 1},
		"the time by default": {"least=1", func(_ *List, c *clockwork.FakeClock) { c.Advance(10 * time.Second) }, 0},
		"a reset begins anew": {"least=2&wait=3s", func(l *List, c *clockwork.FakeClock) {
			add(l, `{}`)
			l.reset()
			add(l, `{}`)
			c.Advance(3 * time.Second)
		}, 1},
		"more than the list holds": {"least=10000", func(l *List, _ *clockwork.FakeClock) {
			for range maxEvents {
				add(l, `{}`)
			}
		}, maxEvents},
	} {
		t.Run(name, func(t *testing.T) {
			clock := clockwork.NewFakeClockAt(noon)
			l := New(clock)
			answers := waiting(t, l, clock, test.query)
			test.do(l, clock)
			if got := <-answers; got.Matched != test.want {
				t.Errorf("%d matched, want %d", got.Matched, test.want)
			}
		})
	}
}

// Many requests and many readers use a list at the same time, and nothing is lost.
func TestConcurrentUse(t *testing.T) {
	l := New(clockwork.NewRealClock())
	now := single(`{"a":1}`, 200, stored)
	now.At = time.Now()
	var writers, readers sync.WaitGroup
	for range 8 {
		writers.Go(func() {
			for range 2000 {
				l.Add(now)
			}
		})
		readers.Go(func() { get(t, l, "least=10000&text=a&limit=1") })
	}
	writers.Wait()
	readers.Wait()
	if got := get(t, l, "limit=0"); got.Counts["accepted"] != 16_000 || got.Matched != maxEvents || got.Forgotten != 6000 {
		t.Errorf("%v, %d matched, %d forgotten", got.Counts, got.Matched, got.Forgotten)
	}
}

// docs/testing.md has a row for each parameter.
func TestParametersAreDocumented(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(goldens.Root(), "docs/testing.md"))
	if err != nil {
		t.Fatal(err)
	}
	for name := range parameters {
		if !strings.Contains(string(page), "\n| `"+name+"` | ") {
			t.Errorf("the page has no row for %s", name)
		}
	}
}
