package vtl

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// deployed returns a template as modules/apigateway deploys it: lines that set its variables, and its files.
func deployed(t testing.TB, set string, files ...string) *Template {
	t.Helper()
	text := set
	for _, file := range files {
		content, err := os.ReadFile("../../../modules/apigateway/templates/" + file)
		if err != nil {
			t.Fatal(err)
		}
		text += string(content)
	}
	template, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return template
}

var requestContext = map[string]any{
	"requestId": "req-1", "stage": "dev", "identity": map[string]any{"sourceIp": "127.0.0.1"},
}

func TestPutRecord(t *testing.T) {
	const body = `{"user": {"name": "O'Neil \"é\""}, "n": 12345678901234567890, "u": "https://a/b"}`
	const stream = "#set($stream = \"s\")\n"
	cases := []struct {
		name, set, file string
		request         Request
		key             string // as it stands in the JSON
	}{
		{"request id", stream, "key-request-id.vtl", Request{}, `req-1`},
		{"path", stream + "#set($keyName = '$.user.name')\n", "key-json-path.vtl", Request{}, `O'Neil \"\u00E9\"`},
		{"path of a number", stream + "#set($keyName = '$.n')\n", "key-json-path.vtl", Request{}, `12345678901234567890`},
		{"path of an object", stream + "#set($keyName = '$.user')\n", "key-json-path.vtl", Request{}, `{name=O'Neil \"\u00E9\"}`},
		{"path of a URL", stream + "#set($keyName = '$.u')\n", "key-json-path.vtl", Request{}, `https:\/\/a\/b`},
		{"missing path", stream + "#set($keyName = '$.missing.deeper')\n", "key-json-path.vtl", Request{}, `req-1`},
		{"header", stream + "#set($keyName = 'X-User')\n", "key-header.vtl", Request{Header: map[string]string{"X-User": "u'1", "Accept": "*"}}, `u'1`},
		{"header in lower case", stream + "#set($keyName = 'X-User')\n", "key-header.vtl", Request{Header: map[string]string{"x-user": "u1"}}, `u1`},
		{"empty header", stream + "#set($keyName = 'X-User')\n", "key-header.vtl", Request{Header: map[string]string{"X-User": ""}}, `req-1`},
		{"missing header", stream + "#set($keyName = 'X-User')\n", "key-header.vtl", Request{}, `req-1`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			c.request.Body, c.request.Context = []byte(body), requestContext
			got := renders(t, deployed(t, c.set, c.file, "put-record.vtl"), &c.request)
			want := "{\n  \"StreamName\": \"s\",\n  \"PartitionKey\": \"" + c.key + "\",\n  \"Data\": \"" +
				base64.StdEncoding.EncodeToString([]byte(body)) + "\"\n}\n"
			if diff := cmp.Diff(want, string(got.Body)); diff != "" {
				t.Error(diff)
			}
			if !json.Valid(got.Body) {
				t.Errorf("not JSON: %s", got.Body)
			}
		})
	}
}

// The record is exactly the payload.
func TestPutRecordKeepsTheBody(t *testing.T) {
	template := deployed(t, "#set($stream = \"s\")\n", "key-request-id.vtl", "put-record.vtl")
	for _, body := range []string{
		`{}`, ` {"a" : 1}` + "\r\n", `{"a":"$input.body #set($x = 1) \\ ' \" é 😀"}`, strings.Repeat("x", 1<<20), "not JSON",
	} {
		var record struct{ Data []byte }
		if err := json.Unmarshal(renders(t, template, &Request{Body: []byte(body), Context: requestContext}).Body, &record); err != nil {
			t.Fatal(err)
		}
		if string(record.Data) != body {
			t.Errorf("%.40q became %.40q", body, record.Data)
		}
	}
}

func TestAnswers(t *testing.T) {
	const confirmed = `{"ShardId": "shardId-000000000000", "SequenceNumber": "49"}`
	cases := []struct {
		name, file, body string
		want             Result
	}{
		{"accepted", "accepted.vtl", confirmed, Result{
			Body: []byte(`{"message": "accepted", "requestId": "req-1", "shardId": "shardId-000000000000", "sequenceNumber": "49"}` + "\n"),
		}},
		{"not confirmed", "accepted.vtl", `{}`, Result{
			Body:   []byte(`{"message": "the stream did not confirm the event; send it again", "requestId": "req-1"}` + "\n"),
			Status: 502,
		}},
		{"not JSON", "accepted.vtl", `<html>`, Result{
			Body:   []byte(`{"message": "the stream did not confirm the event; send it again", "requestId": "req-1"}` + "\n"),
			Status: 502,
		}},
		{"throttled", "refused.vtl", `{"__type": "ProvisionedThroughputExceededException", "message": "Rate exceeded"}`, Result{
			Body: []byte(`{"message": "the stream is at its write limit; send the event again after Retry-After seconds", ` +
				`"requestId": "req-1"}` + "\n"),
			Status: 429, Header: map[string]string{"Retry-After": "1"},
		}},
		{"refused", "refused.vtl", `{"__type": "ValidationException", "message": "1 \"error\""}`, Result{
			Body: []byte(`{"message": "the stream refused the event", "reason": "1 \"error\"", "requestId": "req-1"}` + "\n"),
		}},
		{"refused without a reason", "refused.vtl", `{"__type": "InvalidArgumentException"}`, Result{
			Body: []byte(`{"message": "the stream refused the event", "reason": "", "requestId": "req-1"}` + "\n"),
		}},
		{"misconfigured", "refused.vtl", `{"__type": "AccessDeniedException"}`, Result{
			Body:   []byte(`{"message": "the stream could not take the event; send it again", "requestId": "req-1"}` + "\n"),
			Status: 502,
		}},
		{"without a type", "refused.vtl", ``, Result{
			Body:   []byte(`{"message": "the stream could not take the event; send it again", "requestId": "req-1"}` + "\n"),
			Status: 502,
		}},
		{"failed", "failed.vtl", ``, Result{
			Body: []byte(`{"message": "the stream could not take the event; send it again", "requestId": "req-1"}` + "\n"),
		}},
		{"preflight", "preflight.vtl", ``, Result{Body: []byte(`{"statusCode": 204}` + "\n")}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := renders(t, deployed(t, "", "reason.vtl", c.file), &Request{Body: []byte(c.body), Context: requestContext})
			got.Overrides = nil
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A batch is an object with the events or the array alone. Both become the same records.
func TestPutRecords(t *testing.T) {
	const array = `[{"user": {"id": "O'Neil"}, "n": 12345678901234567890, "f": 1.50}, {"other": [1, {"x": null}]}, {"user": {"id": 7}}]`
	testPutRecords(t, `{"events": `+array+`}`)
	testPutRecords(t, " \r\n\t"+array+"\n")
}

func testPutRecords(t *testing.T, body string) {
	t.Helper()
	data := []string{`{"user":{"id":"O'Neil"},"n":12345678901234567890,"f":1.5}`, `{"other":[1,{"x":null}]}`, `{"user":{"id":7}}`}
	const stream = "#set($stream = \"s\")\n"
	for _, c := range []struct {
		name, set string
		files     []string
		header    map[string]string
		keys      []string
	}{
		{"request id", stream, []string{"records-begin.vtl", "batch-key-request-id.vtl", "records-end.vtl"}, nil, []string{"req-1/0", "req-1/1", "req-1/2"}},
		// The second event has no such value, and must not get the first one's.
		{
			"path", stream + "#set($keyName = '.user.id')\n", []string{"records-begin.vtl", "batch-key-json-path.vtl", "records-end.vtl"},
			nil, []string{"O'Neil", "req-1/1", "7"},
		},
		{
			"path in brackets", stream + "#set($keyName = \"['user']['id']\")\n", []string{"records-begin.vtl", "batch-key-json-path.vtl", "records-end.vtl"},
			nil, []string{"O'Neil", "req-1/1", "7"},
		},
		{
			"header", stream + "#set($keyName = 'X-User')\n", []string{"key-header.vtl", "records-begin.vtl", "records-end.vtl"},
			map[string]string{"x-user": "u-1"}, []string{"u-1", "u-1", "u-1"},
		},
		{
			"missing header", stream + "#set($keyName = 'X-User')\n", []string{"key-header.vtl", "records-begin.vtl", "records-end.vtl"},
			nil, []string{"req-1", "req-1", "req-1"},
		},
	} {
		t.Run(c.name+" of "+body[:4], func(t *testing.T) {
			got := renders(t, deployed(t, c.set, c.files...), &Request{Body: []byte(body), Context: requestContext, Header: c.header})
			var call struct {
				StreamName string
				Records    []struct {
					Data         []byte
					PartitionKey string
				}
			}
			if err := json.Unmarshal(got.Body, &call); err != nil {
				t.Fatalf("%v in %s", err, got.Body)
			}
			if call.StreamName != "s" || len(call.Records) != len(data) {
				t.Fatalf("it is %s", got.Body)
			}
			for i, record := range call.Records {
				if string(record.Data) != data[i] || record.PartitionKey != c.keys[i] {
					t.Errorf("record %d has the key %q and is %s, want %q and %s", i, record.PartitionKey, record.Data, c.keys[i], data[i])
				}
			}
		})
	}
}

// A batch succeeds if all of its events do. Otherwise the answer has the result of each event.
func TestBatchAnswers(t *testing.T) {
	const (
		in        = `{"ShardId": "shardId-000000000000", "SequenceNumber": "49"}`
		throttled = `{"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "Rate \"exceeded\""}`
		internal  = `{"ErrorCode": "InternalFailure", "ErrorMessage": "Internal Service Failure"}`
	)
	type answer struct {
		Message          string
		Accepted, Failed int
		Results          []struct {
			Status                         int
			ShardID, SequenceNumber, Error string
		}
	}
	for _, c := range []struct {
		name, body  string
		status      int // 0: the response's own, 200
		retry       bool
		message     string
		statuses    []int
		accepted    int
		errorOfLast string
	}{
		{"all are in", `{"FailedRecordCount": 0, "Records": [` + in + `,` + in + `]}`, 0, false, "accepted", []int{200, 200}, 2, ""},
		{
			"some are in", `{"FailedRecordCount": 2, "Records": [` + throttled + `,` + in + `,` + internal + `]}`, 207, true,
			"some events are not in the stream; send again those whose status is not 200", []int{429, 200, 502}, 1, "InternalFailure",
		},
		{
			"some failed, none was throttled", `{"FailedRecordCount": 1, "Records": [` + in + `,` + internal + `]}`, 207, false,
			"some events are not in the stream; send again those whose status is not 200", []int{200, 502}, 1, "InternalFailure",
		},
		{
			"all are throttled", `{"FailedRecordCount": 2, "Records": [` + throttled + `,` + throttled + `]}`, 429, true,
			"the stream is at its write limit; send the events again after Retry-After seconds", []int{429, 429}, 0, "ProvisionedThroughputExceededException",
		},
		{
			"none is in, for two reasons", `{"FailedRecordCount": 2, "Records": [` + throttled + `,` + internal + `]}`, 502, true,
			"the stream could not take the events; send them again", []int{429, 502}, 0, "InternalFailure",
		},
		{"a success without a word of the records", `{"FailedRecordCount": 0}`, 502, false, "the stream could not take the events; send them again", nil, 0, ""},
		{"a record without a word", `{"FailedRecordCount": 0, "Records": [{}]}`, 502, false, "the stream could not take the events; send them again", []int{502}, 0, ""},
		{"not JSON", `<html>`, 502, false, "the stream could not take the events; send them again", nil, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := renders(t, deployed(t, "", "accepted-batch.vtl"), &Request{Body: []byte(c.body), Context: requestContext})
			var a answer
			if err := json.Unmarshal(got.Body, &a); err != nil {
				t.Fatalf("%v in %s", err, got.Body)
			}
			var statuses []int
			last := ""
			for _, result := range a.Results {
				statuses = append(statuses, result.Status)
				last = result.Error
				if (result.Status == 200) != (result.SequenceNumber == "49" && result.ShardID == "shardId-000000000000") {
					t.Errorf("a result is %+v", result)
				}
			}
			retry := got.Header["Retry-After"] == "1"
			if got.Status != c.status || a.Message != c.message || !slices.Equal(statuses, c.statuses) || retry != c.retry || last != c.errorOfLast {
				t.Errorf("it is %d, retry %t, %s", got.Status, retry, got.Body)
			}
			if a.Accepted != c.accepted || a.Failed != len(a.Results)-c.accepted {
				t.Errorf("it counts %d and %d in %s", a.Accepted, a.Failed, got.Body)
			}
		})
	}
}

func TestEchoOrigin(t *testing.T) {
	template := deployed(t, "#set($origins = [\"https://a.example\", \"https://b.example\"])\n", "echo-origin.vtl", "failed.vtl")
	cases := []struct {
		origin string
		want   map[string]string
	}{
		{"https://b.example", map[string]string{"Access-Control-Allow-Origin": "https://b.example"}},
		{"https://c.example", nil},
		{"", nil},
	}
	for _, c := range cases {
		request := &Request{Context: requestContext, Header: map[string]string{}}
		if c.origin != "" {
			request.Header["Origin"] = c.origin
		}
		got := renders(t, template, request)
		if diff := cmp.Diff(c.want, got.Header); diff != "" {
			t.Errorf("%q: %s", c.origin, diff)
		}
		if got.Status != 0 || !json.Valid(got.Body) {
			t.Errorf("%q: status %d, body %q", c.origin, got.Status, got.Body)
		}
	}
}

func renders(t testing.TB, template *Template, request *Request) Result {
	t.Helper()
	result, err := template.Render(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func BenchmarkRender(b *testing.B) {
	body := []byte(`{"type": "page_view", "user": "u-1", "note": "` + strings.Repeat("n", 450) + `"}`)
	answer := []byte(`{"ShardId": "shardId-000000000000", "SequenceNumber": "49650000000000000000000000000000000000000000000000000002"}`)
	headers := map[string]string{"Accept": "*/*", "Content-Type": "application/json", "Host": "localhost", "Origin": "https://b.example",
		"User-Agent": "curl", "X-User": "u-1"}
	cases := []struct {
		name, set string
		files     []string
		body      []byte
	}{
		{"put-record", "#set($stream = \"s\")\n", []string{"key-request-id.vtl", "put-record.vtl"}, body},
		{"put-record-json-path", "#set($stream = \"s\")\n#set($keyName = '$.user')\n", []string{"key-json-path.vtl", "put-record.vtl"}, body},
		{"put-record-header", "#set($stream = \"s\")\n#set($keyName = 'X-User')\n", []string{"key-header.vtl", "put-record.vtl"}, body},
		{"accepted", "", []string{"accepted.vtl"}, answer},
		{"accepted-echo-origin", "#set($origins = [\"https://a.example\", \"https://b.example\"])\n", []string{"echo-origin.vtl", "accepted.vtl"}, answer},
		{"refused", "", []string{"reason.vtl", "refused.vtl"}, []byte(`{"__type": "ProvisionedThroughputExceededException", "message": "Rate exceeded"}`)},
	}
	for _, c := range cases {
		b.Run(c.name, func(b *testing.B) {
			template := deployed(b, c.set, c.files...)
			request := &Request{Body: c.body, Context: requestContext, Header: headers}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := template.Render(b.Context(), request); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	text := "#set($stream = \"s\")\n"
	for _, file := range []string{"key-header.vtl", "put-record.vtl"} {
		content, err := os.ReadFile("../../../modules/apigateway/templates/" + file)
		if err != nil {
			b.Fatal(err)
		}
		text += string(content)
	}
	for b.Loop() {
		if _, err := Parse(text); err != nil {
			b.Fatal(err)
		}
	}
}
