package deploytest

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

const (
	// nowhere is an endpoint for commands that must not call AWS. Nothing listens there.
	nowhere = "http://127.0.0.1:1"
	// logTail is the number of lines of a server's log that a failed test shows.
	logTail = 40
)

// motoParent is the moto_server of which each test's server is a copy (motomend/motomend_fork.py).
type motoParent struct {
	mu      sync.Mutex
	input   io.WriteCloser
	answers *bufio.Scanner
	server  *exec.Cmd
}

var (
	parent      *motoParent
	startParent sync.Once
	errParent   error
)

// begin starts the parent, which then loads the modules that its servers share.
func (p *motoParent) begin(program, motomend string) error {
	p.server = exec.Command(program)
	p.server.Stderr = os.Stderr
	// The last entry of a name counts.
	p.server.Env = append(os.Environ(), "PYTHONPATH="+motomend+string(os.PathListSeparator)+os.Getenv("PYTHONPATH"), "MOTOMEND_FORK=1",
		"MOTO_ACM_VALIDATION_WAIT=1") // seconds until a certificate is issued; the default is a minute
	input, err := p.server.StdinPipe()
	if err != nil {
		return err
	}
	output, err := p.server.StdoutPipe()
	if err != nil {
		return err
	}
	p.input, p.answers = input, bufio.NewScanner(output)
	return p.server.Start()
}

// ask writes a line to the parent and returns its answer.
func (p *motoParent) ask(line string) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, err := fmt.Fprintln(p.input, line); err != nil {
		return "", fmt.Errorf("moto_server, the parent, has ended: %w", err)
	}
	if !p.answers.Scan() {
		return "", fmt.Errorf("moto_server, the parent, has ended: %w", cmp.Or(p.answers.Err(), io.EOF))
	}
	return p.answers.Text(), nil
}

// end ends the parent, which ends its remaining servers.
func (p *motoParent) end() {
	_ = p.input.Close()
	_ = p.server.Wait()
}

// endMoto ends the parent that [startMoto] started, after the last test.
func endMoto() {
	if parent != nil && errParent == nil {
		parent.end()
	}
}

// startMoto runs a moto server for the test, with the patches of motomend, and returns its endpoint.
func startMoto(t *testing.T) string {
	t.Helper()
	program := motoServer(t)
	startParent.Do(func() {
		parent = &motoParent{}
		errParent = parent.begin(program, filepath.Join(root(t), "deploytest", "motomend"))
	})
	if errParent != nil {
		t.Fatal(errParent)
	}
	logFile := filepath.Join(t.TempDir(), "moto.log")
	answer, err := parent.ask("begin " + logFile)
	if err != nil {
		t.Fatal(err)
	}
	id, port, _ := strings.Cut(answer, " ")
	t.Cleanup(func() {
		if _, err := parent.ask("end " + id); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("the end of moto's log:\n%s", tail(logFile))
		}
	})
	return "http://127.0.0.1:" + port // which listens already
}

func tail(file string) []byte {
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Append(nil, err)
	}
	lines := bytes.SplitAfter(text, []byte("\n"))
	return bytes.Join(lines[max(0, len(lines)-logTail):], nil)
}

// environment has the variables of a command that uses the endpoint as AWS. It leaves out the caller's own AWS and Terraform
// settings, so no test can reach a real account or depend on a variable of the caller's shell.
func environment(endpoint string) map[string]string {
	env := map[string]string{}
	for _, entry := range os.Environ() {
		if name, value, _ := strings.Cut(entry, "="); !private(name) {
			env[name] = value
		}
	}
	maps.Copy(env, map[string]string{
		"AWS_ENDPOINT_URL":            endpoint,
		"AWS_ACCESS_KEY_ID":           accessKey,
		"AWS_SECRET_ACCESS_KEY":       secretKey,
		"AWS_EC2_METADATA_DISABLED":   "true",
		"AWS_CONFIG_FILE":             os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
		"CHECKPOINT_DISABLE":          "1",
		// Terraform and its provider then collect garbage less often. It took a seventh of their time, and there is enough memory.
		"GOGC": "400", "GOMEMLIMIT": "1GiB",
	})
	return env
}

// private reports whether a variable is one of the caller's own settings. Those with the place of Terraform's providers are not.
// ENV is, because it selects the environments that the CDKTF app synthesises.
func private(name string) bool {
	switch name {
	case "TF_CLI_CONFIG_FILE", "TF_PLUGIN_CACHE_DIR":
		return false
	case "ENV":
		return true
	}
	for _, prefix := range []string{"AWS_", "TF_", "CDKTF_"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}
