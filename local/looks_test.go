package local

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/docs/runbooks"
	"cdk.tf/go/ingest/internal/lacking"
)

// needCommands ends a test without the programs of the runbooks.
func needCommands(t *testing.T) {
	t.Helper()
	for program, remedy := range map[string]string{
		"aws":  "install the AWS CLI, for example with apt-get install awscli",
		"curl": "install it, for example with apt-get install curl",
	} {
		if _, err := exec.LookPath(program); err != nil {
			lacking.End(t, program+" is not on PATH; "+remedy)
		}
	}
}

// withoutConfiguration is the environment of the AWS CLI's commands.
func withoutConfiguration() []string {
	return append(os.Environ(), "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "COLUMNS=200")
}

// quickAWS returns a PATH with a program aws whose commands are copies of one process, because the CLI takes a second of processor time to
// load. If the CLI is no module of python3, or the system has no /proc, the PATH is the test's own.
func quickAWS(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	command := exec.CommandContext(t.Context(), "python3", "testdata/clients/aws.py", folder) // the end of the test ends it
	command.Env, command.Stderr = withoutConfiguration(), t.Output()
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		return os.Getenv("PATH")
	}
	t.Cleanup(func() { _ = command.Wait() })
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		return os.Getenv("PATH")
	}
	return folder + ":" + os.Getenv("PATH")
}

// looked is a pipeline with something to look at: accepted and refused events, an object, an error of the delivery, and the metrics of
// their minute. Its clock is behind the machine's, because the commands ask for the machine's last hour.
type looked struct {
	*Pipeline
	env, path string
	clock     *clockwork.FakeClock
}

func lookAt(t *testing.T, env, path string) *looked {
	t.Helper()
	clock := clockwork.NewFakeClockAt(time.Now().Truncate(time.Minute).Add(-2 * time.Minute))
	p, _, _ := watched(t, env, func(opts *Options) {
		opts.Clock, opts.AccessKeys = clock, map[string]string{"test": "test"}
	})
	for _, s := range []server{p.apiServer, p.awsServer} {
		go func() { _ = s.http.Serve(s.listener) }() // ends when the pipeline is closed
	}
	l := &looked{p, env, path, clock}
	for _, body := range []string{`{"event": "signup", "user_id": 1, "tenant": "t"}`, `{"event": "signup", "user_id": 2}`, "oops"} {
		l.submit(t, body)
	}
	l.deliver(t)
	minute := clock.Now().Truncate(time.Minute).Add(time.Minute)
	clock.Advance(minute.Sub(clock.Now()))
	p.endMinute(minute)
	for _, group := range p.groupsWithFiles() {
		until(t, "the lines of "+group+" are in its file", func() bool {
			info, err := os.Stat(filepath.Join(p.logsDir(), filepath.FromSlash(group)+".log"))
			return err == nil && info.Size() > 0
		})
	}
	return l
}

// submit sends a signed event.
func (l *looked) submit(t *testing.T, body string) {
	t.Helper()
	request := httptest.NewRequest(http.MethodPost, l.submitURL(), strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	sign(t, request, l.declared.region, l.clock.Now(), []byte(body))
	recorder := httptest.NewRecorder()
	l.front().ServeHTTP(recorder, request)
	if recorder.Code != http.StatusOK && body != "oops" {
		t.Fatalf("%s: %d %s", body, recorder.Code, recorder.Body)
	}
}

// deliver delivers the events, on the second attempt.
func (l *looked) deliver(t *testing.T) {
	t.Helper()
	fault := func(method, query string) {
		l.front().ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(method, "/_local/faults/bucket-denied"+query, nil))
	}
	fault(http.MethodPut, "?lease=1m")
	delivered := make(chan error, 1)
	go func() { delivered <- l.deliveries[0].Flush(t.Context()) }()
	until(t, "the bucket has refused an object", func() bool { return l.deliveries[0].Status().Failures > 0 })
	fault(http.MethodDelete, "")
	until(t, "the delivery has ended", func() bool {
		l.clock.Advance(20 * time.Millisecond)
		return len(delivered) > 0
	})
	if err := <-delivered; err != nil {
		t.Fatal(err)
	}
}

// until waits for what other goroutines do.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for range 60_000 { // a busy machine takes long
		if done() {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("it never came that %s", what)
}

// names defines the shell's function out, which has the outputs of the pipeline.
func (l *looked) names() string {
	var lines strings.Builder
	for name, value := range l.outputs() {
		if text, isText := value.(string); isText && !strings.Contains(text, "'") {
			fmt.Fprintf(&lines, "%s) echo '%s' ;;\n", name, text)
		}
	}
	return "out() { case $1 in\n" + lines.String() + "*) echo no output $1 >&2; return 1 ;;\nesac; }\n"
}

// shell runs a runbook's commands, which must all succeed.
func (l *looked) shell(t *testing.T, block string) (stdout, stderr string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, "sh", "-e")
	command.Stdin = strings.NewReader(l.names() + runbooks.Here() + block)
	command.Env = append(withoutConfiguration(), "PATH="+l.path, "ENV="+l.env, "INGEST_API="+l.apiBase(),
		"AWS_ENDPOINT_URL=http://"+l.awsServer.listener.Addr().String(), "DATA="+l.opts.Data, "API_KEY=")
	var out, errs bytes.Buffer
	command.Stdout, command.Stderr = &out, &errs
	err = command.Run()
	return out.String(), errs.String(), err
}

var (
	metricCommand = regexp.MustCompile(`(?m)^metric (\S+) (\S+) (\S+)`)
	askCommand    = regexp.MustCompile(`(?m)^ask "\$([A-Z]+)"`)
)

// unmeasured is a metric that has no data here: see assumption CW-10.
const unmeasured = "ThrottledGetRecords"

// check compares what a block prints with what its commands are for.
func (l *looked) check(t *testing.T, block, stdout, stderr string) {
	t.Helper()
	for _, m := range metricCommand.FindAllStringSubmatch(block, -1) {
		table := regexp.MustCompile(`(?s)` + regexp.QuoteMeta(m[2]) + `\n-+\n\| +GetMetricStatistics +\|.*?\| +` + m[3] + ` +\|.*?\| +[0-9.]+ +\| +[0-9T:+-]+ +\|`)
		if m[2] == unmeasured {
			table = regexp.MustCompile(regexp.QuoteMeta(m[2]) + `\n  no data in the last hour\n`)
		}
		if !table.MatchString(stdout) {
			t.Errorf("the datapoints of %s are not there", m[0])
		}
	}
	asked := askCommand.FindAllStringSubmatch(block, -1)
	for _, log := range asked {
		line := map[string]string{"ACCESS": `"status":"400"`, "DELIVERY": `"errorCode":"S3.AccessDenied"`}[log[1]]
		if line == "" || !strings.Contains(stdout, line) {
			t.Errorf("the log %s has no %s", log[1], line)
		}
	}
	if got := strings.Count(stderr, "\n"); got != len(asked) || strings.Count(stderr, "ask: queries do not run on this machine; the last lines of ") != got {
		t.Errorf("the errors are more than that no query is run")
	}
	for command, want := range map[string]string{
		"attempt":                            "HTTP/1.1 200 OK",
		"describe-key":                       `"Enabled"`,
		"describe-delivery-stream":           `"ACTIVE"`,
		"StreamDescriptionSummary.Retention": map[string]string{"prod": "168", "option-names": "24"}[l.env],
		"StreamDescriptionSummary.OpenShard": "\n1\n",
		`describe-stream-summary --stream-name "$STREAM"` + "\n": `"OpenShardCount": 1`,
		"errors/\"":     " errors/metadata-extraction-failed/year=",
		"events/$(date": l.delivered(),
	} {
		if strings.Contains(block, command) && !strings.Contains(stdout, want) {
			t.Errorf("%s does not show %q", command, want)
		}
	}
}

// delivered is what the listing of the day's objects shows. The events are some minutes old, and so of the day before after midnight.
func (l *looked) delivered() string {
	at := l.started.UTC()
	if at.YearDay() != time.Now().UTC().YearDay() {
		return ""
	}
	return at.Format(" events/year=2006/month=01/day=02/hour=15/")
}

// The commands of "Look first" of every runbook work on one machine, as a person enters them. Those that do not say so, and fail.
func TestTheRunbooksFirstCommands(t *testing.T) {
	if testing.Short() {
		t.Skip("runs some forty commands of the AWS CLI")
	}
	needCommands(t)
	path := quickAWS(t)
	pipelines := map[string]*looked{"prod": lookAt(t, "prod", path), "option-partitions": lookAt(t, "option-partitions", path)}
	pipelines["option-names"] = lookAt(t, "option-names", path)
	pages, err := filepath.Glob("../docs/runbooks/*-*.md")
	if err != nil || len(pages) < 13 {
		t.Fatalf("%d pages: %v", len(pages), err)
	}
	t.Run("pages", func(t *testing.T) { // ends when all of them have
		for _, page := range pages {
			id := strings.TrimSuffix(filepath.Base(page), ".md")
			l := pipelines["prod"]
			switch id {
			case "delivery-partitions", "delivery-errors":
				l = pipelines["option-partitions"]
			case "api-latency", "delivery-stale", "stream-age", "stream-unread":
				l = pipelines["option-names"] // other names, which the commands must not have of their own
			}
			t.Run(id, func(t *testing.T) {
				t.Parallel()
				l.look(t, runbooks.LookFirst(id))
			})
		}
	})
}

// look runs the blocks of a page.
func (l *looked) look(t *testing.T, blocks []string) {
	t.Helper()
	if len(blocks) == 0 {
		t.Fatal("the page has no commands")
	}
	for _, block := range blocks {
		stdout, stderr, err := l.shell(t, block)
		if strings.HasPrefix(block, runbooks.OnAWSOnly+"\n") {
			if err == nil || !strings.Contains(stderr, "is not imitated on one machine") && !strings.Contains(stderr, "ask: there is no ") {
				t.Errorf("on AWS only, and not refused: %v\n%s%s%s", err, block, stdout, stderr)
			}
			continue
		}
		if err != nil {
			t.Errorf("%v", err)
		}
		l.check(t, block, stdout, stderr)
		if t.Failed() {
			t.Fatalf("%s\nstdout:\n%s\nstderr:\n%s", block, stdout, stderr)
		}
	}
}
