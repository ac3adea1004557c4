package local

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"cdk.tf/go/ingest/internal/goldens"
	"cdk.tf/go/ingest/local/apigateway"
)

// submitRole may write to the stack's own stream, and nothing else.
const submitRole = "arn:aws:iam::" + account + ":role/api-kinesis-submit-dev"

func TestCallersAreHeldToTheirRole(t *testing.T) {
	p, err := Open(optionsOf(t, goldens.File(t, "dev")))
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	const own, other = "api-kinesis-stream-dev", "arn:aws:kinesis:us-east-1:" + account + ":stream/other"
	const record = `"PartitionKey": "k", "Data": "YQ=="`
	for _, test := range []struct {
		name, body string
		status     int
		want       string // the beginning of the answer
	}{
		{"its own stream", `{"StreamName": "` + own + `", ` + record + `}`, http.StatusOK, `{`},
		{"another", `{"StreamName": "other", ` + record + `}`, http.StatusBadRequest, `{"__type":"AccessDeniedException","Message":"User: arn:aws:sts::000000000000:assumed-role/api-kinesis-submit-dev/`},
		{"another by its ARN", `{"StreamName": "` + own + `", "StreamARN": "` + other + `", ` + record + `}`, http.StatusBadRequest, `{"__type":"AccessDeniedException","Message":"User: `},
		{"another, under a name that Kinesis does not read", `{"StreamName": "other", "streamname": "` + own + `", ` + record + `}`, http.StatusBadRequest, `{"__type":"AccessDeniedException","Message":"User: `},
		{"two, the last of which counts", `{"StreamName": "` + own + `", "StreamName": "other", ` + record + `}`, http.StatusBadRequest, `{"__type":"AccessDeniedException","Message":"User: `},
		{"an ARN that escapes", `{"StreamARN": "\u0061rn:aws:kinesis:us-east-1:` + account + `:stream/other", ` + record + `}`, http.StatusBadRequest, `{"__type":"AccessDeniedException","Message":"User: `},
		{"none", `{` + record + `}`, http.StatusBadRequest, `{"__type":"AccessDeniedException","Message":"User: `},
		{"no JSON", `{"StreamName": `, http.StatusBadRequest, `{"__type":"SerializationException"`},
	} {
		answer, err := p.callers.invoke(t.Context(), apigateway.Call{Service: "kinesis", Action: "PutRecord", RoleARN: submitRole, Body: []byte(test.body)})
		if err != nil || answer.Status != test.status || !strings.HasPrefix(string(answer.Body), test.want) {
			t.Errorf("%s: %d %s, error %v; want %d %s", test.name, answer.Status, answer.Body, err, test.status, test.want)
		}
	}
}

// A role that may do one action on a stream may do no other, however the call names the action.
func TestCallersMayDoWhatTheirRoleSays(t *testing.T) {
	p, err := Open(optionsOf(t, goldens.File(t, "staging"))) // one event at a time
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	const plain, escaped = `{"StreamName": "api-kinesis-stream-staging", `, `{"StreamName": "api-kinesis-stream-stagin\u0067", `
	const role = "arn:aws:iam::" + account + ":role/api-kinesis-submit-staging"
	for _, stream := range []string{plain, escaped} {
		for action, body := range map[string]string{
			"PutRecords":   stream + `"Records": [{"PartitionKey": "k", "Data": "YQ=="}]}`,
			"DeleteStream": stream + `"EnforceConsumerDeletion": true}`,
		} {
			answer, err := p.callers.invoke(t.Context(), apigateway.Call{Service: "kinesis", Action: action, RoleARN: role, Body: []byte(body)})
			want := "is not authorized to perform: kinesis:" + action + " on resource: arn:aws:kinesis:us-east-1:" + account + ":stream/api-kinesis-stream-staging because"
			if err != nil || answer.Status != http.StatusBadRequest || !strings.Contains(string(answer.Body), want) {
				t.Errorf("%s: %d %s, error %v; want %s", body, answer.Status, answer.Body, err, want)
			}
		}
	}
	if status := p.streams.Status(); status.Refused != 4 || len(status.Streams) != 1 || status.Streams[0].Shards[0].Latest != "" {
		t.Errorf("%+v", status)
	}
}

// A client that makes up resource names fills neither the log nor the memory.
func TestDenialsAreLoggedOnceEachAndNotForEver(t *testing.T) {
	var log bytes.Buffer
	opts := optionsOf(t, goldens.File(t, "dev"))
	opts.Logger = slog.New(slog.NewTextHandler(&log, nil))
	p, err := Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	call := func(stream string) {
		body := fmt.Sprintf(`{"StreamName": %q, "PartitionKey": "k", "Data": "YQ=="}`, stream)
		if _, err := p.callers.invoke(context.Background(), apigateway.Call{Service: "kinesis", Action: "PutRecord", RoleARN: submitRole, Body: []byte(body)}); err != nil {
			t.Fatal(err)
		}
	}
	call("other")
	call("other")
	if got := strings.Count(log.String(), "lacks a permission"); got != 1 {
		t.Errorf("one denial twice is logged %d times:\n%s", got, log.String())
	}
	for i := range 2 * maxSaid {
		call(fmt.Sprint("made-up-", i))
	}
	if got := strings.Count(log.String(), "lacks a permission"); got != maxSaid {
		t.Errorf("%d denials are logged, want %d", got, maxSaid)
	}
	if got := strings.Count(log.String(), "no more are logged"); got != 1 {
		t.Errorf("that no more are told is told %d times", got)
	}
}
