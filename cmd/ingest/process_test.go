package main

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"cdk.tf/go/ingest/internal/goldens"
	"cdk.tf/go/ingest/internal/lockedbuffer"
	"cdk.tf/go/ingest/local"
)

// asProgram makes the test's binary the program itself: what is killed here is a real process. The tests start it more than a hundred
// times, so none of them imports CDKTF, which takes longer to start than the program.
const asProgram = "INGEST_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(runTests(m))
}

// devStack and encryptedStack are files with the goldens of these environments. The second has a key of its own, an access log and
// a lock.
var devStack, encryptedStack string

func runTests(m *testing.M) int {
	folder, err := os.MkdirTemp("", "ingest-stacks-")
	if err == nil {
		defer func() { _ = os.RemoveAll(folder) }()
		devStack, err = goldens.Write("dev", folder)
	}
	if err == nil {
		encryptedStack, err = goldens.Write("option-encrypted", folder)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// patience bounds every wait for something that is certain to come; nothing is measured by it.
const patience = 10 * time.Minute

// process is a running `ingest up`.
type process struct {
	t         *testing.T
	command   *exec.Cmd
	submitURL string
	api       string
	aws       string
	exited    chan struct{}
	stdout    *lockedbuffer.Buffer
	stderr    *lockedbuffer.Buffer
}

// begin starts the program on free ports and waits for it to say where it is.
func begin(t *testing.T, stack, data string, flags ...string) *process {
	t.Helper()
	p := spawn(t, append([]string{"up", "--stack", stack, "--api", "127.0.0.1:0", "--aws", "127.0.0.1:0", "--data", data}, flags...)...)
	p.wait("its start", func() bool {
		for line := range strings.Lines(p.stdout.String()) {
			fields := strings.Fields(line)
			switch {
			case len(fields) == 2 && fields[0] == "API" && strings.HasSuffix(line, "\n"):
				p.submitURL = fields[1]
				p.api = strings.Join(strings.SplitN(p.submitURL, "/", 4)[:3], "/")
			case len(fields) > 2 && fields[0] == "AWS":
				p.aws = fields[1]
			}
		}
		return p.submitURL != "" && p.aws != ""
	})
	return p
}

func spawn(t *testing.T, args ...string) *process {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, command: exec.Command(program, args...), exited: make(chan struct{}), stdout: &lockedbuffer.Buffer{}, stderr: &lockedbuffer.Buffer{}}
	p.command.Env = append(os.Environ(), asProgram+"=1")
	p.command.Stdout, p.command.Stderr = p.stdout, p.stderr
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.command.Wait()
		close(p.exited)
	}()
	t.Cleanup(p.kill)
	return p
}

// wait waits for something that must come, and fails where the process ends first.
func (p *process) wait(what string, came func() bool) {
	p.t.Helper()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for deadline := time.After(patience); !came(); {
		select {
		case <-poll.C:
		case <-p.exited:
			if came() {
				return
			}
			p.t.Fatalf("the process ended before %s:\n%s\n%s", what, p.stdout, p.stderr)
		case <-deadline:
			p.t.Fatalf("no %s after %s:\n%s\n%s", what, patience, p.stdout, p.stderr)
		}
	}
}

// kill is kill -9.
func (p *process) kill() {
	_ = p.command.Process.Kill()
	<-p.exited
}

// end is Ctrl-C. It returns the exit status.
func (p *process) end() int {
	p.t.Helper()
	if err := p.command.Process.Signal(syscall.SIGINT); err != nil {
		p.t.Fatal(err)
	}
	select {
	case <-p.exited:
	case <-time.After(patience):
		p.t.Fatalf("the process does not end after Ctrl-C:\n%s\n%s", p.stdout, p.stderr)
	}
	return p.command.ProcessState.ExitCode()
}

func (p *process) status() local.Status {
	p.t.Helper()
	response, err := http.Get(p.api + "/_local/status")
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var status local.Status
	if err := json.NewDecoder(response.Body).Decode(&status); err != nil {
		p.t.Fatal(err)
	}
	return status
}

// answer is what a client sees.
type answer struct {
	Status         int
	Message        string
	Reason         string
	RequestID      string
	ShardID        string
	SequenceNumber string
	Header         http.Header
}

func (p *process) post(client *http.Client, body string) (answer, error) {
	response, err := client.Post(p.submitURL, "application/json", strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{}, err
	}
	a := answer{Status: response.StatusCode, Header: response.Header}
	if err := json.Unmarshal(text, &a); err != nil {
		return a, fmt.Errorf("%w in %s", err, text)
	}
	return a, nil
}

func (p *process) mustPost(body string) answer {
	p.t.Helper()
	a, err := p.post(http.DefaultClient, body)
	if err != nil {
		p.t.Fatalf("%v\n%s", err, p.stderr)
	}
	return a
}

// lines are the lines of every delivered event object, in the order in which the objects were written: of two that were
// written in one second the names do not tell it.
func lines(t *testing.T, data string) []string {
	t.Helper()
	return linesOf(t, data, "api-kinesis-firehose-bucket-dev")
}

func linesOf(t *testing.T, data, bucket string) []string {
	t.Helper()
	written := map[string]time.Time{}
	err := filepath.WalkDir(filepath.Join(data, "s3", bucket, "events"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		written[path] = info.ModTime()
		return err
	})
	must(t, err)
	inOrder := slices.SortedFunc(maps.Keys(written), func(a, b string) int { return written[a].Compare(written[b]) })
	var found []string
	for _, path := range inOrder {
		text, err := os.ReadFile(path)
		must(t, err)
		found = append(found, strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")...)
	}
	return found
}
