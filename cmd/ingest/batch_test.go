package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// batchAnswer is what a client of POST /submit/batch sees.
type batchAnswer struct {
	status           int
	retryAfter       string
	Message          string
	Reason           string
	Accepted, Failed int
	Results          []struct {
		Status                         int
		ShardID, SequenceNumber, Error string
	}
}

func (p *process) postBatch(body string) batchAnswer {
	p.t.Helper()
	response, err := http.Post(p.submitURL+"/batch", "application/json", strings.NewReader(body))
	must(p.t, err)
	defer func() { _ = response.Body.Close() }()
	a := batchAnswer{status: response.StatusCode, retryAfter: response.Header.Get("Retry-After")}
	if err := json.NewDecoder(response.Body).Decode(&a); err != nil {
		p.t.Fatal(err)
	}
	if response.Header.Get("Access-Control-Allow-Origin") != "*" {
		p.t.Errorf("an answer with %d has no CORS headers", a.status)
	}
	return a
}

// A client that sends more than a shard takes, and sends again just what was not accepted, has each event delivered once.
func TestABatchIsSentAgainInParts(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	p := begin(t, devStack, data, "--buffer-interval", "900s")
	var want []string
	pending := []string{}
	for i := range 2500 {
		event := fmt.Sprintf(`{"n":%d,"text":"O'Neil \"quoted\" é $x #set"}`, i)
		pending, want = append(pending, event), append(want, event)
	}
	seen := map[int]int{} // batches by status
	for deadline := time.Now().Add(patience); len(pending) > 0; {
		if time.Now().After(deadline) {
			t.Fatalf("%d events are not accepted after %s", len(pending), patience)
		}
		batch := pending[:min(500, len(pending))]
		answer := p.postBatch(`{"events":[` + strings.Join(batch, ",") + `]}`)
		seen[answer.status]++
		if len(answer.Results) != len(batch) || answer.Accepted+answer.Failed != len(batch) {
			t.Fatalf("%d events have %d results: %d accepted, %d failed", len(batch), len(answer.Results), answer.Accepted, answer.Failed)
		}
		if complete := answer.Failed == 0; complete != (answer.status == http.StatusOK) || complete != (answer.retryAfter == "") {
			t.Fatalf("%d failed, and the status is %d with Retry-After %q", answer.Failed, answer.status, answer.retryAfter)
		}
		again := []string{}
		for i, result := range answer.Results {
			switch {
			case result.Status == http.StatusOK && result.SequenceNumber != "":
			case result.Status == http.StatusTooManyRequests && result.Error == "ProvisionedThroughputExceededException":
				again = append(again, batch[i])
			default:
				t.Fatalf("a result is %+v", result)
			}
		}
		pending = slices.Concat(again, pending[len(batch):])
	}
	if seen[http.StatusMultiStatus] == 0 || seen[http.StatusOK] == 0 {
		t.Errorf("batches by status: %v; want some whole and some in parts", seen)
	}
	if status := p.end(); status != 0 {
		t.Fatalf("the process ends with %d:\n%s", status, p.stderr)
	}
	got := lines(t, data)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%d events were delivered, want %d, each once; the first is %q", len(got), len(want), got[0])
	}
}

// A batch of which one event breaks the schema is no batch: nothing of it is in the stream.
func TestWhatIsNoBatch(t *testing.T) {
	p := begin(t, devStack, filepath.Join(t.TempDir(), "data"), "--unlimited")
	for body, reason := range map[string]string{
		`{"events":[{"a":1},7]}`:  `instance type (integer) does not match any allowed primitive type (allowed: ["object"])`,
		`{"events":[{"a":1},{}]}`: "object has too few properties (found 0 but schema requires at least 1)",
		`{"events":[]}`:           "array is too short: must have at least 1 elements but instance has 0 elements",
		`{"a":1}`:                 `object has missing required properties (["events"])`,
		`{"events":[` + strings.Repeat(`{"a":1},`, 500) + `{"a":1}]}`: "array is too long: must have at most 500 elements but instance has 501 elements",
	} {
		answer := p.postBatch(body)
		if answer.status != http.StatusBadRequest || answer.Message != "Invalid request body" || answer.Reason != "["+reason+"]" {
			t.Errorf("%.40s is answered with %d %s %s", body, answer.status, answer.Message, answer.Reason)
		}
	}
	// One event exceeds Kinesis's own limit, so the whole batch is refused.
	answer := p.postBatch(`{"events":[{"a":1},` + padded(1<<20+1) + `]}`)
	if answer.status != http.StatusBadRequest || answer.Message != "the stream refused the events" || answer.Reason == "" {
		t.Errorf("an event over 1 MiB is answered with %d %s %s", answer.status, answer.Message, answer.Reason)
	}
	if status := p.status(); status.Streams.Streams[0].Shards[0].Records != 0 {
		t.Errorf("the stream has %d records, want none", status.Streams.Streams[0].Shards[0].Records)
	}
}
