package deploytest

import (
	"bytes"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	// nowhere is an endpoint for commands that must not call AWS: nothing listens there.
	nowhere = "http://127.0.0.1:1"
	// motoStart bounds the wait for a moto server: it loads every service it knows before it listens.
	motoStart = 10 * time.Minute
	// logTail is how much of a server's log a failed test shows.
	logTail = 40
)

// startMoto runs a moto server that is the test's own, mended by motomend, and returns its endpoint.
func startMoto(t *testing.T) string {
	t.Helper()
	address := freeAddress(t)
	host, port, _ := net.SplitHostPort(address)
	logFile := filepath.Join(t.TempDir(), "moto.log")
	out, err := os.Create(logFile)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = out.Close() }()
	server := exec.Command(motoServer(t), "-H", host, "-p", port)
	server.Stdout, server.Stderr = out, out
	// The last entry of a name counts.
	server.Env = append(os.Environ(), "PYTHONPATH="+filepath.Join(root(t), "deploytest", "motomend")+
		string(os.PathListSeparator)+os.Getenv("PYTHONPATH"),
		"MOTO_ACM_VALIDATION_WAIT=1") // seconds until a certificate is issued, and a minute if nobody says otherwise
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() {
		_ = server.Wait()
		close(exited)
	}()
	t.Cleanup(func() {
		_ = server.Process.Kill()
		<-exited
		if t.Failed() {
			t.Logf("the end of moto's log:\n%s", tail(logFile))
		}
	})
	endpoint := "http://" + address
	waitForMoto(t, endpoint, exited)
	return endpoint
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

func waitForMoto(t *testing.T, endpoint string, exited <-chan struct{}) {
	t.Helper()
	client := http.Client{Timeout: time.Minute}
	poll := time.NewTicker(100 * time.Millisecond)
	defer poll.Stop()
	for deadline := time.After(motoStart); ; {
		select {
		case <-exited:
			t.Fatal("moto_server ended before it listened")
		case <-deadline:
			t.Fatalf("moto_server does not answer at %s after %s", endpoint, motoStart)
		case <-poll.C:
			if response, err := client.Get(endpoint + "/moto-api/data.json"); err == nil {
				_ = response.Body.Close()
				return
			}
		}
	}
}

func tail(file string) []byte {
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Append(nil, err)
	}
	lines := bytes.SplitAfter(text, []byte("\n"))
	return bytes.Join(lines[max(0, len(lines)-logTail):], nil)
}

// environment is that of a command which takes the endpoint for AWS. The caller's own AWS and Terraform settings stay
// behind, so that no test can reach a real account, or be changed by a variable of somebody's shell.
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
		// Terraform and its provider spend less of their time on garbage (a seventh of all), and have the memory for it.
		"GOGC": "400", "GOMEMLIMIT": "1GiB",
	})
	return env
}

// private tells of a variable whether it is the caller's own. What says where Terraform finds its providers is not;
// ENV chooses what the CDKTF app synthesises.
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
