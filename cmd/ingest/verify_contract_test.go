package main

import (
	"path/filepath"
	"strings"
	"testing"

	"cdk.tf/go/ingest/verify"
)

// The command compares the answers of a running pipeline: each holds, or says why it is not shown, and no event is left.
func TestVerifyTheContract(t *testing.T) {
	p := begin(t, devStack, filepath.Join(t.TempDir(), "data"), "--buffer-interval", "0s")
	status, report := verified(t, p, devStack, "--groups", "contract")
	if status != statusDone || !report.Holds() || report.Count(verify.Holds) < 20 || len(report.Events) > 0 {
		t.Errorf("verify ends with %d, %d checks hold, and %d events are left", status, report.Count(verify.Holds), len(report.Events))
	}
	for _, result := range report.Results {
		if result.Status == verify.NotShown && result.Got == "" {
			t.Errorf("%s is not shown, and nothing says why", result.ID)
		}
	}
}

// Another origin in the answer to an event differs, although the event is taken.
func TestVerifyTheOriginOfAnAcceptedEvent(t *testing.T) {
	p := begin(t, edited(t, `"method.response.header.Access-Control-Allow-Origin": "'*'"`, `"method.response.header.Access-Control-Allow-Origin": "'https://other.example'"`),
		filepath.Join(t.TempDir(), "data"), "--buffer-interval", "0s")
	_, report := verified(t, p, devStack, "--groups", "way", "--timeout", "1m")
	got := resultOf(t, report, "way/submit")
	if got.Status != verify.Differs || !strings.Contains(got.Want, "Access-Control-Allow-Origin: *") || !strings.Contains(got.Got, "https://other.example") {
		t.Errorf("way/submit: %+v", got)
	}
}
