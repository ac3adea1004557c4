package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
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
		{[]string{"--rate", "1", "--month", "2678400"}, "Plan of dev: 1 events/s at the peak and 2,678,400 a month"},
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

// It compares the stacks of two versions: changed, unchanged, new and removed environments, or one of them.
func TestPlanAgainst(t *testing.T) {
	atProject(t)
	dev, err := os.ReadFile("cdktf.out/stacks/dev/cdk.tf.json")
	must(t, err)
	more := strings.Replace(string(dev), `"shard_count": 1`, `"shard_count": 2`, 1)
	if more == string(dev) {
		t.Fatal("dev has no shard_count to change")
	}
	for file, text := range map[string]string{
		"cdktf.out/stacks/same/cdk.tf.json": string(dev), "base/stacks/same/cdk.tf.json": string(dev),
		"cdktf.out/stacks/new/cdk.tf.json": string(dev), "base/stacks/gone/cdk.tf.json": string(dev), "base/stacks/dev/cdk.tf.json": more,
	} {
		must(t, os.MkdirAll(filepath.Dir(file), 0o755))
		must(t, os.WriteFile(file, []byte(text), 0o600))
	}
	changed := "### What changes in the plan of dev\n\n- By list prices a month costs "
	for args, want := range map[string][]string{
		"--against base --markdown": {
			changed, "| Shard hours | 21.90 | 10.95 | -10.95 |", "### What changes in the plan of gone\n\n- The environment is removed.",
			"### What changes in the plan of new\n\n- The environment is new.", "\nNothing differs in the plan of same.\n",
		},
		"--against base --env same":                        {"Nothing differs in the plan of same.\n"},
		"--against base --env dev":                         {"What changes in the plan of dev\n\n  By list prices", "\n  Shard hours  21.90"},
		"--against base/stacks/dev/cdk.tf.json --markdown": {changed},
		"--against base/stacks/dev/cdk.tf.json --stack base/stacks/dev/cdk.tf.json --rate 2": {"Nothing differs in the plan of dev.\n"},
	} {
		status, stdout, stderr := ingest(t, append([]string{"plan"}, strings.Fields(args)...)...)
		if status != 0 || stderr != "" {
			t.Errorf("%s ends with %d and says %s", args, status, stderr)
		}
		for _, part := range want {
			if !strings.Contains(stdout, part) {
				t.Errorf("%s does not say %q:\n%s", args, part, stdout)
			}
		}
		if len(want) == 1 && strings.HasPrefix(want[0], "Nothing") && stdout != want[0] {
			t.Errorf("%s says more than one line:\n%s", args, stdout)
		}
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
		{"--rate 1 --month 2678401", 1, "--env dev: 2,678,401 events a month are more than 1 a second at the peak bring in 31 days; use at most 2,678,400, or a higher peak"},
		{"--month 99999999999", 1, "--env dev: 99,999,999,999 events a month are more than 10 a second at the peak bring in 31 days; use at most 26,784,000, or a higher peak"},
		{"--sample none.ndjson", 1, "--sample: none.ndjson is not there; correct the path"},
		{"--sample cdktf.out", 1, "--sample: cdktf.out is a folder; name a file"},
		{"--against=", 2, "--against is empty; name a synthesised stack or a folder of them, or leave the flag out"},
		{"--against x --sample y --json", 2, "--against and --sample are both given; give one\nerror: --against and --json are both given"},
		{"--against none", 1, `--against: there is no file or folder "none"; name a synthesised stack`},
		{"--against cdktf.json", 1, "--against cdktf.json: "},
		{"--against cdktf.out/stacks", 1, "--against: nothing is synthesised in cdktf.out/stacks/stacks; run make synth in the other version"},
		{"--against cdktf.out --env qa", 2, `--env: neither version has an environment named "qa"; `},
		{"--against cdktf.out --stack cdktf.out/stacks/dev/cdk.tf.json", 2, `--stack names a file, and --against the folder "cdktf.out"`},
		{"--against cdktf.out --rate 0", 2, "--rate is 0; use 1 to 10000000"},
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

// Ctrl-C ends a plan that waits for events from a pipe into which nobody writes.
func TestPlanOfASampleIsInterrupted(t *testing.T) {
	atProject(t)
	must(t, syscall.Mkfifo("events", 0o600))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout, stderr bytes.Buffer
	status := run(ctx, []string{"plan", "--sample", "events"}, &stdout, &stderr)
	if status != statusInterrupted || stdout.Len() > 0 || stderr.String() != "error: --sample events: interrupted\n" {
		t.Errorf("it ends with %d and says %s%s", status, &stdout, &stderr)
	}
}
