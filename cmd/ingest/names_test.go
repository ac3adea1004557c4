package main

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"cdk.tf/go/ingest/internal/goldens"
)

// A prefix and the account's id are in the stack's names as they are, so that each command finds what is named so.
func TestNamesOfOnesOwn(t *testing.T) {
	const env, named = "option-names", "web-clicks-firehose-bucket-111122223333-option-names"
	stack, err := goldens.Write(env, t.TempDir())
	must(t, err)
	data := filepath.Join(t.TempDir(), "data")
	p := begin(t, stack, data)
	answer := p.mustPost(`{"id":"1"}`)
	if answer.Status != http.StatusOK {
		t.Fatalf("the API answers %+v", answer)
	}
	atProjectOf(t, env, stack)
	status, stdout, stderr := ingest(t, "replay", "--env", env, "--endpoint-url", p.aws)
	if want := "from s3://" + named + "/errors/ to web-clicks-stream-option-names in us-east-1\n"; status != 0 || !strings.HasPrefix(stderr, want) {
		t.Errorf("a replay ends with %d and says\n%s\n%s\nwant %s", status, stdout, stderr, want)
	}
	if status := p.end(); status != 0 {
		t.Fatalf("the process ends with %d:\n%s", status, p.stderr)
	}
	checkDelivered(t, linesOf(t, data, named), map[string]string{"1": answer.SequenceNumber})
}
