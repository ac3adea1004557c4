package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"cdk.tf/go/ingest/internal/assumptions"
	"cdk.tf/go/ingest/internal/goldens"
	"cdk.tf/go/ingest/verify"
)

// verified runs ingest verify on a running pipeline, as the stack declares it. It returns the exit status and the report.
func verified(t *testing.T, p *process, stack string, flags ...string) (int, *verify.Report) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "report.json")
	var stdout, stderr bytes.Buffer
	status := run(t.Context(), append([]string{"verify", "--stack", stack, "--local=" + p.api, "--report", file}, flags...), &stdout, &stderr)
	text, err := os.ReadFile(file)
	must(t, err)
	var report verify.Report
	if err := json.Unmarshal(text, &report); err != nil {
		t.Fatalf("the report %s: %v\n%s", text, err, stderr.String())
	}
	t.Logf("%s%s", stdout.String(), stderr.String())
	return status, &report
}

// resultOf is the result of one check.
func resultOf(t *testing.T, report *verify.Report, id string) verify.Result {
	t.Helper()
	at := slices.IndexFunc(report.Results, func(r verify.Result) bool { return r.ID == id })
	if at < 0 {
		t.Fatalf("the report has no %s", id)
	}
	return report.Results[at]
}

// The way of an event holds for each kind of environment: each authorisation, content type, envelope, partition, and compression.
func TestVerifyTheWay(t *testing.T) {
	names := []string{
		"dev", "option-partitions", "staging", "prod", "option-keys", "option-cognito", "option-lambda", "option-types", "option-intake",
		"option-envelope", "option-delivery", "option-tuned", "option-ondemand", "option-none",
	}
	if testing.Short() { // each waits for deliveries
		names = names[:2]
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			stack := goldens.File(t, name)
			p := begin(t, stack, filepath.Join(t.TempDir(), "data"), "--buffer-interval", "1s", "--allow-unverified")
			if keys := regexp.MustCompile(`(?m)^with API_KEY=(\S+) for `).FindStringSubmatch(p.stdout.String()); keys != nil {
				t.Setenv("API_KEY", keys[1])
			}
			status, report := verified(t, p, stack, "--groups", "way", "--timeout", "1m")
			if status != statusDone || !report.Holds() || report.Count(verify.Holds) < 2 || len(report.Events) == 0 {
				t.Errorf("verify ends with %d, and %d checks hold", status, report.Count(verify.Holds))
			}
		})
	}
}

// Each compression is as ingest verify expects it, and so as AWS writes it.
func TestVerifyCompressions(t *testing.T) {
	if testing.Short() {
		t.Skip("it waits for a delivery of each compression; run it without -short")
	}
	for _, compression := range []string{"GZIP", "ZIP", "Snappy", "HADOOP_SNAPPY"} {
		t.Run(compression, func(t *testing.T) {
			stack := edited(t, `"compression_format": "UNCOMPRESSED"`, `"compression_format": "`+compression+`"`)
			p := begin(t, stack, filepath.Join(t.TempDir(), "data"), "--buffer-interval", "1s")
			_, report := verified(t, p, stack, "--groups", "way,assumptions", "--timeout", "1m")
			for _, id := range []string{"FH-4", "REPLAY-4"} {
				if result := resultOf(t, report, id); result.Status != verify.Holds {
					t.Errorf("%s %s: want %s, got %s", id, result.Status, result.Want, result.Got)
				}
			}
		})
	}
}

// brokenWays are pipelines that a verification must not pass: what is changed in the stack that runs, and the check that differs.
var brokenWays = map[string]struct {
	change []string
	check  string
	got    string
}{
	"the API's role may not write": {
		change: []string{`\"kinesis:PutRecord\"`, `\"kinesis:DescribeStream\"`}, check: "way/submit", got: "502 ",
	},
	"the batch's permission is missing": {
		change: []string{`\"kinesis:PutRecords\"`, `\"kinesis:DescribeStream\"`}, check: "way/submit/batch", got: "502 ",
	},
	"the template adds to the event": {
		change: []string{`\"Data\": \"$util.base64Encode($input.body)\"`, `\"Data\": \"$util.base64Encode(\"$input.body!\")\"`}, check: "way/stream", got: `}!`,
	},
	"another partition key": {
		change: []string{`#set($key = $context.requestId)\n## The whole`, `#set($key = \"one\")\n## The whole`}, check: "way/stream", got: "one",
	},
	"a 200 for an event that is not in the stream": {
		change: []string{`\"sequenceNumber\": \"$sequenceNumber\"`, `\"sequenceNumber\": \"49590338271490256608559692538361571095921575989136588898\"`}, check: "way/stream", got: "49590338271490256608559692538361571095921575989136588898",
	},
	"the delivery stands still": {
		change: []string{`\"s3:PutObject\"`, `\"s3:PutObjectTagging\"`}, check: "way/bucket", got: "after 2s 4 events missing",
	},
	"records are not lines": {
		change: []string{"\"processing_configuration\": {\n            \"enabled\": true", "\"processing_configuration\": {\n            \"enabled\": false"}, check: "way/bucket", got: "4 events missing",
	},
}

func TestVerifyBrokenWays(t *testing.T) {
	for name, broken := range brokenWays {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := begin(t, edited(t, broken.change...), filepath.Join(t.TempDir(), "data"), "--buffer-interval", "0s")
			status, report := verified(t, p, devStack, "--groups", "way", "--timeout", "2s")
			if got := resultOf(t, report, broken.check); got.Status != verify.Differs || !strings.Contains(got.Got, broken.got) || got.Remedy == "" {
				t.Errorf("%s: %+v, want a difference with %q", broken.check, got, broken.got)
			}
			if status != statusFailed {
				t.Errorf("verify ends with %d, want %d", status, statusFailed)
			}
		})
	}
}

// A report has each assumption of the local pipeline, and what a request shows of the local pipeline holds.
func TestVerifyAssumptions(t *testing.T) {
	p := begin(t, devStack, filepath.Join(t.TempDir(), "data"), "--buffer-interval", "0s")
	status, report := verified(t, p, devStack, "--groups", "way,assumptions")
	if status != statusDone || report.Count(verify.Holds) < 20 {
		t.Errorf("it ends with %d, and %d checks hold", status, report.Count(verify.Holds))
	}
	for _, a := range assumptions.All() {
		if got := resultOf(t, report, a.ID); got.Status == verify.NotShown && got.Got == "" {
			t.Errorf("%s is not shown, and nothing says why", a.ID)
		}
	}
	if got := resultOf(t, report, "API-11"); got.Status != verify.Holds {
		t.Errorf("API-11: %+v", got)
	}
}

// Nothing stands between the records of an object whose delivery stream has no delimiter.
func TestVerifyWithoutADelimiter(t *testing.T) {
	stack := goldens.File(t, "option-tuned")
	p := begin(t, stack, filepath.Join(t.TempDir(), "data"), "--buffer-interval", "1s")
	status, report := verified(t, p, stack, "--groups", "way,assumptions", "--timeout", "1m")
	if status != statusDone || len(report.Events) < 2 {
		t.Errorf("it ends with %d, and has sent %d events", status, len(report.Events))
	}
	for _, id := range []string{"way/bucket", "FH-4", "REPLAY-4"} {
		if got := resultOf(t, report, id); got.Status != verify.Holds {
			t.Errorf("%s: %+v", id, got)
		}
	}
}

// An answer that is not the assumed one is in the report beside it.
func TestVerifyAnAssumptionDiffers(t *testing.T) {
	p := begin(t, edited(t, `\"reason\": \"$context.error.validationErrorString\"`, `\"reason\": \"invalid\"`), filepath.Join(t.TempDir(), "data"), "--buffer-interval", "0s")
	status, report := verified(t, p, devStack, "--groups", "assumptions")
	got := resultOf(t, report, "API-9")
	if status != statusFailed || got.Status != verify.Differs || !strings.Contains(got.Want, "an array in place of an object") || !strings.Contains(got.Got, "invalid") {
		t.Errorf("it ends with %d and %+v", status, got)
	}
}

// The short form sends one event, and looks at nothing else. --clean deletes its object, which has nothing else in it.
func TestVerifySmoke(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	p := begin(t, devStack, data, "--buffer-interval", "0s")
	status, report := verified(t, p, devStack, "--smoke", "--clean")
	if status != statusDone || len(report.Results) != 3 || len(report.Events) != 1 || len(report.Deleted) != 1 {
		t.Errorf("it ends with %d, %d checks, %d events, and deletes %v", status, len(report.Results), len(report.Events), report.Deleted)
	}
	for _, key := range report.Deleted {
		if _, err := os.Stat(filepath.Join(data, "s3", bucket, key)); err == nil {
			t.Errorf("%s is still there", key)
		}
	}
}

// --clean leaves an object alone that has the event of somebody else.
func TestVerifyCleanLeavesOtherEvents(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	p := begin(t, devStack, data, "--buffer-interval", "2s")
	p.mustPost(`{"event": "order"}`)
	_, report := verified(t, p, devStack, "--smoke", "--clean")
	if found := lines(t, data); len(report.Deleted) == 0 && !slices.Contains(found, `{"event": "order"}`) {
		t.Errorf("the bucket has %q", found)
	}
}

func TestVerifyReportsToJUnit(t *testing.T) {
	p := begin(t, devStack, filepath.Join(t.TempDir(), "data"), "--buffer-interval", "0s")
	file := filepath.Join(t.TempDir(), "report.xml")
	_, report := verified(t, p, devStack, "--groups", "way", "--report", file)
	text, err := os.ReadFile(file)
	must(t, err)
	var suites struct {
		Tests  int `xml:"tests,attr"`
		Suites []struct {
			Name  string `xml:"name,attr"`
			Cases []struct {
				Name    string  `xml:"name,attr"`
				Skipped *string `xml:"skipped"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	must(t, xml.Unmarshal(text, &suites))
	if suites.Tests != len(report.Results) || len(suites.Suites) != 1 || len(suites.Suites[0].Cases) != len(report.Results) {
		t.Errorf("the XML has %+v, the report %d results", suites, len(report.Results))
	}
	if last := suites.Suites[0].Cases[len(report.Results)-1]; !strings.HasPrefix(last.Name, "way/order: ") || last.Skipped == nil {
		t.Errorf("the last case is %+v", last)
	}
}

// A run that fails before its first check leaves no report, and none of an earlier run. A link and a pipe stay.
func TestVerifyRemovesTheReportsOfAnEarlierRun(t *testing.T) {
	t.Chdir(t.TempDir())
	must(t, os.WriteFile("old.xml", []byte("passed"), 0o600))
	must(t, os.WriteFile("linked.json", []byte("passed"), 0o600))
	must(t, os.Symlink("linked.json", "link.json"))
	must(t, syscall.Mkfifo("pipe.json", 0o600))
	status, _, stderr := ingest(t, "verify", "--stack", devStack, "--local=http://127.0.0.1:1",
		"--report", "old.xml", "--report", "new.xml", "--report", "link.json", "--report", "pipe.json")
	if status != statusFailed || !strings.Contains(stderr, "start one with make up") {
		t.Fatalf("it ends with %d and says %s", status, stderr)
	}
	left, _ := filepath.Glob("*")
	if want := []string{"link.json", "pipe.json"}; !slices.Equal(left, want) {
		t.Errorf("it leaves %v, want %v", left, want)
	}
}

func TestVerifyBadInput(t *testing.T) {
	outputs := filepath.Join(t.TempDir(), "outputs.json")
	must(t, os.WriteFile(outputs, []byte(`{"other": {"submit_url": "https://x/submit"}}`), 0o600))
	keys := goldens.File(t, "option-keys")
	keyed := begin(t, keys, filepath.Join(t.TempDir(), "data"))
	for name, test := range map[string]struct {
		args   []string
		status int
		want   string
	}{
		"local's URL":     {[]string{"--local", "http://127.0.0.1:1"}, statusUsage, "write --local=http://127.0.0.1:1"},
		"two sources":     {[]string{"--local", "--outputs", "x"}, statusUsage, "--local and --outputs are both given; give one"},
		"no outputs":      {[]string{"--stack", devStack}, statusUsage, "--stack needs the deployment's outputs"},
		"group":           {[]string{"--local", "--groups", "ways"}, statusUsage, `--groups: there is no group "ways"; use way, contract`},
		"time":            {[]string{"--local", "--timeout", "1ms"}, statusUsage, "--timeout is 1ms; use 1s to 1h"},
		"nobody answers":  {[]string{"--stack", devStack, "--local=http://127.0.0.1:1"}, statusFailed, "start one with make up"},
		"another's":       {[]string{"--stack", devStack, "--outputs", outputs}, statusFailed, `has the outputs of "other", and none of "dev"`},
		"a local account": {[]string{"--local", "--preflight"}, statusUsage, "--preflight and --local are both given: a preflight looks at the AWS account before an apply"},
		"no event":        {[]string{"--preflight", "--smoke", "--clean"}, statusUsage, "--preflight and --clean are both given: a preflight sends no event; give one"},
		"others' outputs": {[]string{"--stack", devStack, "--preflight", "--outputs", outputs}, statusFailed, `has the outputs of "other", and none of "dev"`},
		"no such file":    {[]string{"--stack", devStack, "--outputs", outputs + "x"}, statusFailed, "outputs.jsonx is not there; correct the path"},
		"no report":       {[]string{"--stack", devStack, "--outputs", outputs, "--report", filepath.Join(outputs, "x")}, statusFailed, "name a file that can be written"},
		"two reports":     {[]string{"--stack", devStack, "--outputs", outputs, "--report", outputs + ".r", "--report", outputs + ".r"}, statusUsage, "another --report and --report both use "},
		"an input":        {[]string{"--stack", devStack, "--outputs", outputs, "--report", outputs}, statusUsage, "--outputs and --report both use " + outputs + "; name two files"},
		"no key":          {[]string{"--stack", keys, "--local=" + keyed.api}, statusFailed, "API_KEY is not set"},
		"another's local": {[]string{"--stack", devStack, "--local=" + keyed.api}, statusFailed, `has the outputs of "option-keys", and none of "dev"; choose that environment`},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			status := run(t.Context(), append([]string{"verify"}, test.args...), &stdout, &stderr)
			if status != test.status || !strings.Contains(stderr.String(), test.want) || strings.Contains(stderr.String(), "panic") {
				t.Errorf("it ends with %d and %q, want %d and %q", status, stderr.String(), test.status, test.want)
			}
		})
	}
}

// After Ctrl-C the report has what was found, and the status is that of a shell.
func TestVerifyInterrupted(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	p := begin(t, edited(t, `\"s3:PutObject\"`, `\"s3:PutObjectTagging\"`), data)
	file := filepath.Join(t.TempDir(), "report.json")
	v := spawn(t, "verify", "--stack", devStack, "--local="+p.api, "--groups", "way", "--report", file)
	v.wait("its wait for the bucket", func() bool {
		return strings.Contains(v.stderr.String(), "waiting until the events are in the bucket; ingest up writes at its own interval")
	})
	if status := v.end(); status != statusInterrupted {
		t.Errorf("it ends with %d, want %d", status, statusInterrupted)
	}
	if want := "error: interrupted after 3 checks; the events that it sent stay in the pipeline: 4 events"; !strings.Contains(v.stderr.String(), want) {
		t.Errorf("it says %s, want %s", v.stderr, want)
	}
	text, err := os.ReadFile(file)
	must(t, err)
	var report verify.Report
	must(t, json.Unmarshal(text, &report))
	if !report.Interrupted || len(report.Events) != 4 || report.Holds() {
		t.Errorf("the report is %+v", report)
	}
}

// An interrupted preflight, too, writes what it found, as JUnit's XML with an error: the checks before it may all hold.
func TestPreflightInterrupted(t *testing.T) {
	asked, done := make(chan struct{}), make(chan struct{})
	var once sync.Once
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		once.Do(func() { close(asked) })
		select {
		case <-r.Context().Done():
		case <-done:
		}
	}))
	t.Cleanup(silent.Close)
	t.Cleanup(func() { close(done) })
	for name, value := range map[string]string{"AWS_ENDPOINT_URL": silent.URL, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"} {
		t.Setenv(name, value)
	}
	file := filepath.Join(t.TempDir(), "report.xml")
	v := spawn(t, "verify", "--stack", devStack, "--preflight", "--report", file)
	<-asked
	if status := v.end(); status != statusInterrupted || !strings.Contains(v.stderr.String(), "error: interrupted after 0 checks") {
		t.Errorf("it ends with %d and says %s", status, v.stderr)
	}
	text, err := os.ReadFile(file)
	must(t, err)
	if !strings.Contains(string(text), `tests="1" failures="0" errors="1"`) || !strings.Contains(string(text), `<error message="interrupted">`) {
		t.Errorf("the report is %s", text)
	}
}
