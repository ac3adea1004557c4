package deploytest

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/terraform-exec/tfexec"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// providerStart bounds the wait for a provider's address.
const providerStart = 10 * time.Minute

// awsPlugin is a running provider for all commands of a test.
type awsPlugin struct {
	process    *exec.Cmd
	where      tfexec.ReattachConfig
	connection *grpc.ClientConn
	// cloud is what the provider takes for AWS, and calls what answers there now.
	cloud *httptest.Server
	calls atomic.Pointer[http.Handler]
}

// silent are the variables without which the provider makes each of its messages, down to the least, for nobody to read.
var silent = []string{
	"TF_LOG_PROVIDER_AWS=off", "TF_LOG_SDK=off", "TF_LOG_SDK_FRAMEWORK=off", "TF_LOG_SDK_HELPER_SCHEMA=off", "TF_LOG_SDK_MUX=off",
	"TF_LOG_SDK_PROTO=off",
}

// idle are the providers that no test uses. A provider takes a second of processor time to start, and every Terraform command
// configures it anew.
var idle struct {
	sync.Mutex
	providers []*awsPlugin
}

// lease is a provider for the test, which uses the endpoint as AWS. It records the calls for the folder's stack.
func lease(t *testing.T, endpoint, folder string) *awsPlugin {
	t.Helper()
	if _, err := os.Stat(filepath.Join(folder, "web")); err == nil {
		// The provider reads the page's files from its working folder.
		a := startProvider(t, folder)
		t.Cleanup(a.end)
		a.use(recorded(t, endpoint, folder))
		return a
	}
	a := takeIdle()
	if a == nil {
		a = startProvider(t, "")
	}
	t.Cleanup(func() {
		if t.Failed() {
			a.end()
			return
		}
		idle.Lock()
		defer idle.Unlock()
		idle.providers = append(idle.providers, a)
	})
	a.use(recorded(t, endpoint, folder))
	return a
}

func takeIdle() *awsPlugin {
	idle.Lock()
	defer idle.Unlock()
	last := len(idle.providers) - 1
	if last < 0 {
		return nil
	}
	a := idle.providers[last]
	idle.providers = slices.Delete(idle.providers, last, last+1)
	return a
}

// endProviders ends the providers after the last test.
func endProviders() {
	for _, a := range idle.providers {
		a.end()
	}
}

func (a *awsPlugin) use(calls http.Handler) { a.calls.Store(&calls) }

func (a *awsPlugin) end() {
	_ = a.connection.Close()
	_ = a.process.Process.Kill()
	_ = a.process.Wait()
	a.cloud.Close()
}

// startProvider runs a provider in the folder from which it must read files, if any.
func startProvider(t *testing.T, folder string) *awsPlugin {
	t.Helper()
	a := &awsPlugin{process: exec.Command(providerProgram(t), "-debug")}
	a.cloud = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*a.calls.Load()).ServeHTTP(w, r) }))
	a.process.Dir = folder
	for name, value := range environment(a.cloud.URL) {
		a.process.Env = append(a.process.Env, name+"="+value)
	}
	a.process.Env = append(a.process.Env, silent...)
	a.where = a.address(t)
	connection, err := grpc.NewClient("unix:"+a.where.Addr.String, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.ForceCodec(asIs{}), grpc.MaxCallRecvMsgSize(largestMessage), grpc.MaxCallSendMsgSize(largestMessage)))
	if err != nil {
		t.Fatal(err)
	}
	a.connection = connection
	return a
}

// reattachment matches the line with the address of a provider that runs with -debug.
var reattachment = regexp.MustCompile(`TF_REATTACH_PROVIDERS='(.*)'`)

// address starts the process and returns what it prints for Terraform.
func (a *awsPlugin) address(t *testing.T) tfexec.ReattachConfig {
	t.Helper()
	out, err := a.process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := a.process.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(providerStart, func() { _ = a.process.Process.Kill() })
	defer late.Stop()
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if found := reattachment.FindStringSubmatch(lines.Text()); found != nil {
			return decode[tfexec.ReattachInfo](t, "where the provider is", found[1])[awsProvider]
		}
	}
	_ = a.process.Wait()
	t.Fatalf("the provider ended, or did not print its address within %s", providerStart)
	return tfexec.ReattachConfig{}
}
