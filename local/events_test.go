package local

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// asked requests a path of an open pipeline's front.
func (p *Pipeline) asked(t *testing.T, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	p.front().ServeHTTP(w, r)
	return w
}

// seen are the events of a pipeline in few words, the oldest first.
func (p *Pipeline) seen(t *testing.T) (events []string) {
	t.Helper()
	var answer struct {
		Events []struct {
			Fate, Reason, Text, Path string
			Status                   int
			ShardID, SequenceNumber  string
			Batch                    struct{ Of int }
		}
	}
	if err := json.Unmarshal(p.asked(t, http.MethodGet, "/_local/events?order=oldest", "").Body.Bytes(), &answer); err != nil {
		t.Fatal(err)
	}
	for _, e := range answer.Events {
		if stored := e.ShardID != "" && e.SequenceNumber != ""; stored != (e.Fate == "accepted") {
			t.Errorf("%+v: its place in the stream does not fit its fate", e)
		}
		events = append(events, strings.TrimSpace(fmt.Sprintf("%d %s %s %s", e.Status, e.Fate, e.Text, e.Reason)))
	}
	return events
}

// An edited stack's events have the fates that Kinesis gave them, whatever its templates answer.
func TestEventsOfAnEditedStack(t *testing.T) {
	const submit, batch = "api_submit_post", "api_submit_batch_post"
	template := func(s editable, name, text string) {
		s.body("aws_api_gateway_integration", name+"_integration")["request_templates"] = object{"application/json": text}
	}
	answers := func(s editable, name, text string) {
		for _, status := range []string{"200", "400", "502"} {
			s.body("aws_api_gateway_integration_response", name+"_"+status+"-mapping")["response_templates"] = object{"application/json": text}
		}
	}
	rewrite := func(body object, attribute, old, with string) {
		body[attribute] = strings.Replace(body[attribute].(string), old, with, 1)
	}
	const denied = `AccessDeniedException: User: arn:aws:sts::000000000000:assumed-role/api-kinesis-submit-dev/BackplaneAssumeRoleSession is not authorized to perform: ` +
		`kinesis:PutRecords on resource: arn:aws:kinesis:us-east-1:000000000000:stream/api-kinesis-stream-dev because no identity-based policy allows the kinesis:PutRecords action`
	for _, test := range []struct {
		name       string
		edit       func(editable)
		path, body string
		want       []string
	}{
		{"other words for everything", func(s editable) {
			answers(s, submit, `thanks, or not`)
		}, "/dev/submit", `{"a":1}`, []string{`200 accepted {"a":1}`}},
		{"a template that always says 200", func(s editable) {
			template(s, submit, `{"StreamName": "${aws_kinesis_stream.stream.name}", "PartitionKey": "", "Data": ""}`)
			answers(s, submit, `#set($context.responseOverride.status = 200){"sequenceNumber": "49", "shardId": "s"}`)
		}, "/dev/submit", `{"a":1}`, []string{`200 rejected {"a":1} ValidationException: 1 validation error detected: Value '' at 'partitionKey' failed to satisfy constraint: Member must have length greater than or equal to 1`}},
		{"a template that fails after the event is stored", func(s editable) {
			answers(s, submit, `$input.path("$[").x`)
		}, "/dev/submit", `{"a":1}`, []string{`500 accepted {"a":1} API_CONFIGURATION_ERROR: Internal server error`}},
		{"a batch in another form, that no model checks", func(s editable) {
			template(s, batch, `{"StreamName": "${aws_kinesis_stream.stream.name}", "Records": [#foreach($i in $input.path("$.items")){"PartitionKey": "k", "Data": "$util.base64Encode($input.json("$.items[$foreach.index]"))"}#if($foreach.hasNext),#end #end]}`)
			s.body("aws_api_gateway_method", batch)["request_validator_id"] = nil
			answers(s, batch, `ok`)
		}, "/dev/submit/batch", `{"app": "x", "items": [{"a":1}, {"b":2}]}`, []string{`200 accepted {"a":1}`, `200 accepted {"b":2}`}},
		{"two records for one body", func(s editable) {
			template(s, batch, `{"StreamName": "${aws_kinesis_stream.stream.name}", "Records": [{"PartitionKey": "k", "Data": "$util.base64Encode("one")"}, {"PartitionKey": "k", "Data": "$util.base64Encode("two")"}]}`)
		}, "/dev/submit/batch", `{"events": [{"a":1}]}`, []string{`200 accepted one`, `200 accepted two`}},
		{"no role", func(s editable) {
			rewrite(s.body("aws_iam_role", "submit-role"), "assume_role_policy", "apigateway.amazonaws.com", "firehose.amazonaws.com")
		}, "/dev/submit", `{"a":1}`, []string{`502 rejected {"a":1} INTEGRATION_FAILURE: Internal server error`}},
		{"no permission", func(s editable) {
			rewrite(s.body("aws_iam_role_policy", "submit-role_put-record"), "policy", "kinesis:PutRecords", "kinesis:ListShards")
		}, "/dev/submit/batch", `[{"a":1},{"b":2}]`, []string{`502 rejected {"a":1} ` + denied, `502 rejected {"b":2} ` + denied}},
	} {
		t.Run(test.name, func(t *testing.T) {
			stack := devStack(t)
			test.edit(stack)
			p, err := Open(optionsOf(t, stack.write(t)))
			if err != nil {
				t.Fatal(err)
			}
			defer p.close()
			w := p.asked(t, http.MethodPost, test.path, test.body)
			if diff := cmp.Diff(test.want, p.seen(t)); diff != "" {
				t.Errorf("%d %s\n%s", w.Code, w.Body, diff)
			}
		})
	}
}

// A client's whole path: events of single requests and of a batch, those that are refused before anything reads them, and a reset. The
// stream and the bucket keep their records.
func TestEventsAndReset(t *testing.T) {
	p := devPipeline(t, func(o *Options) { o.Unlimited = false })
	post := func(path, body string) {
		t.Helper()
		ask(t, asked{method: http.MethodPost, url: p.apiBase() + path, body: body, header: []string{"Content-Type: application/json"}})
	}
	post("/dev/submit", `{"event":"signup"}`)
	post("/dev/submit", `{}`)
	post("/dev/submit/batch", `[{"a":1},{"b":2}]`)
	post("/dev/submit/batch", `[{"a":1},{}]`)
	post("/dev/sumbit", `{"event":"lost"}`)
	const empty = `BAD_REQUEST_BODY: Invalid request body: [object has too few properties (found 0 but schema requires at least 1)]`
	want := []string{
		`200 accepted {"event":"signup"}`, `400 rejected {} ` + empty, `200 accepted {"a":1}`, `200 accepted {"b":2}`,
		`400 rejected {"a":1} ` + empty, `400 rejected {} ` + empty, `403 rejected {"event":"lost"} MISSING_AUTHENTICATION_TOKEN: Missing Authentication Token`,
	}
	if diff := cmp.Diff(want, p.seen(t)); diff != "" {
		t.Error(diff)
	}
	before := p.records()
	if got := ask(t, asked{method: http.MethodPost, url: p.apiBase() + "/_local/reset"}); got.body != `{"counts":{"accepted":3,"rejected":4,"unknown":0},"forgotten":0}`+"\n" {
		t.Errorf("the reset answers %d %s", got.status, got.body)
	}
	if after := p.records(); after != before {
		t.Errorf("the reset changed the stream from %s to %s", before, after)
	}
	post("/dev/submit", `{"event":"after"}`)
	if diff := cmp.Diff([]string{`200 accepted {"event":"after"}`}, p.seen(t)); diff != "" {
		t.Error(diff)
	}
}
