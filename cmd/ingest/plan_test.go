package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

func TestPlan(t *testing.T) {
	atProject(t)
	const stack = "cdktf.out/stacks/dev/cdk.tf.json"
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"--env", "dev"}, "Plan of dev: 10 events/s at the peak and 26,280,000 a month: single events of 1,000 bytes, in us-east-1. The stack declares no load;"},
		{[]string{"--stack", stack, "--rate", "500", "--bytes", "800", "--batch", "100"}, "Plan of dev: 500 events/s at the peak and 1,314,000,000 a month: events in batches of 100 of 800 bytes"},
		{[]string{"--rate", "10", "--month", "1000"}, "Plan of dev: 10 events/s at the peak and 1,000 a month"},
		{[]string{"--markdown"}, "## Plan of dev\n"},
	} {
		status, stdout, stderr := ingest(t, append([]string{"plan"}, test.args...)...)
		if status != 0 || stderr != "" || !strings.HasPrefix(stdout, test.want) {
			t.Errorf("%v ends with %d and says %s%s", test.args, status, stdout, stderr)
		}
	}
	must(t, os.WriteFile("events.ndjson", []byte("{\"event\": \"a\"}\n{\"event\": \"b\"}\n"), 0o600))
	status, stdout, stderr := ingest(t, "plan", "--sample", "events.ndjson")
	if status != 0 || stderr != "" || !strings.Contains(stdout, "single events of 14 bytes") || !strings.Contains(stdout, "The sample on the shards") {
		t.Errorf("it ends with %d and says %s%s", status, stdout, stderr)
	}
	_, stdout, _ = ingest(t, "plan", "--json", "--rate", "5000")
	var report struct {
		Cost struct{ Fixed, Total float64 }
		Max  float64 `json:"maxEventsPerSecond"`
	}
	if err := json.Unmarshal([]byte(stdout), &report); err != nil || report.Cost.Fixed <= 0 || report.Cost.Total <= report.Cost.Fixed || report.Max != 1000 {
		t.Errorf("%v: %v", report, err)
	}
}

func TestPlanBadInput(t *testing.T) {
	for _, test := range []struct {
		args   string
		status int
		want   string
	}{
		{"--env dev --stack cdktf.json", 2, "--env and --stack are both given; give one"},
		{"--json --markdown", 2, "--json and --markdown are both given; give one"},
		{"--rate 0", 2, "--rate is 0; use 1 to 10000000"},
		{"--bytes 1048577", 2, "--bytes is 1048577; use 1 to 1048576"},
		{"--batch 501", 2, "--batch is 501; use 1 to 500"},
		{"--month -1", 2, "--month is -1; use 1 to 1000000000000000"},
		{"--sample none.ndjson", 1, "--sample none.ndjson: open none.ndjson: no such file or directory"},
		{"--sample cdktf.out", 1, "--sample cdktf.out: read cdktf.out: is a directory"},
		{"--env qa", 2, `--env: no environment named "qa" is synthesised`},
		{"--stack none.json", 1, `--stack: there is no file "none.json"`},
		{"--stack cdktf.json", 1, "--stack cdktf.json: "},
	} {
		t.Run(test.args, func(t *testing.T) {
			atProject(t)
			status, stdout, stderr := ingest(t, append([]string{"plan"}, strings.Fields(test.args)...)...)
			if status != test.status || stdout != "" || !strings.HasPrefix(stderr, "error: "+test.want) {
				t.Errorf("it ends with %d and says\n%s%s, want %s", status, stdout, stderr, test.want)
			}
		})
	}
}
