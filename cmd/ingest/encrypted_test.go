package main

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

func TestAStackWithAKeyRuns(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	p := begin(t, encryptedStack, data)
	answer := p.mustPost(`{"id":"1"}`)
	if answer.Status != http.StatusOK {
		t.Fatalf("the API answers %+v", answer)
	}
	for _, notice := range []string{
		"requests to api-kinesis-firehose-bucket-option-encrypted are not logged to example-access-log",
		"objects in api-kinesis-firehose-bucket-option-encrypted are not locked",
	} {
		p.wait("the notice that "+notice, func() bool { return strings.Contains(p.stdout.String(), notice) })
	}
	if status := p.end(); status != 0 {
		t.Fatalf("the process ends with %d:\n%s", status, p.stderr)
	}
	checkDelivered(t, linesOf(t, data, "api-kinesis-firehose-bucket-option-encrypted"), map[string]string{"1": answer.SequenceNumber})
}

// Without its part of the key the API's role is refused by Kinesis, as on AWS.
func TestTheAPIsRoleMayNotUseTheKey(t *testing.T) {
	stack := editedOf(t, encryptedStack, `{\"Effect\":\"Allow\",\"Action\":[\"kms:GenerateDataKey\"]`, `{\"Effect\":\"Allow\",\"Action\":[\"kms:DescribeKey\"]`)
	p := begin(t, stack, filepath.Join(t.TempDir(), "data"))
	if answer := p.mustPost(`{"id":"1"}`); answer.Status != http.StatusBadGateway {
		t.Errorf("the API answers %+v, want 502", answer)
	}
	for _, part := range []string{"not authorized to perform: kms:GenerateDataKey", "it needs", ":key/"} {
		p.wait("the log's "+part, func() bool { return strings.Contains(p.stderr.String(), part) })
	}
}

// Without its part of the key a delivery waits, and what is in the stream is delivered when it has it.
func TestTheDeliveryRoleMayNotUseTheKey(t *testing.T) {
	for _, test := range []struct{ name, of, without, denied string }{
		{"reading", `[\"kms:Decrypt\"]`, `[\"kms:DescribeKey\"]`, "kms:Decrypt"},
		{"writing", `[\"kms:Decrypt\",\"kms:GenerateDataKey\"]`, `[\"kms:Decrypt\"]`, "kms:GenerateDataKey"},
	} {
		t.Run(test.name, func(t *testing.T) {
			data := filepath.Join(t.TempDir(), "data")
			p := begin(t, editedOf(t, encryptedStack, test.of, test.without), data, "--buffer-interval", "1s")
			answer := p.mustPost(`{"id":"1"}`)
			if answer.Status != http.StatusOK {
				t.Fatalf("the API answers %+v", answer)
			}
			for _, part := range []string{"not authorized to perform: " + test.denied, "it needs"} {
				p.wait("the log's "+part, func() bool { return strings.Contains(p.stderr.String(), part) })
			}
			p.kill()
			repaired := begin(t, encryptedStack, data)
			if status := repaired.end(); status != 0 {
				t.Fatalf("the process ends with %d:\n%s", status, repaired.stderr)
			}
			checkDelivered(t, linesOf(t, data, "api-kinesis-firehose-bucket-option-encrypted"), map[string]string{"1": answer.SequenceNumber})
		})
	}
}
