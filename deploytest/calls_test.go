package deploytest

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"cdk.tf/go/ingest/deployer"
	"cdk.tf/go/ingest/tfjson"
)

// Every call of the AWS provider goes through a proxy, which records the IAM action and the resource that the call needs. At the end of
// a test, the roles that `ingest deployer` prints for the test's stacks must grant each of them: the planning role those of plans, the
// applying role the others. The test also compares the actions with testdata/calls, so a granted action that no test uses is found
// without a deployment (TestGrantsAreUsed).

// update rewrites testdata/calls from the tests' calls.
var update = flag.Bool("update", false, "rewrite testdata/calls")

// recording has the AWS provider's calls for one stack's folder.
type recording struct {
	lock sync.Mutex
	// planning is true while Terraform only makes a plan and changes nothing.
	planning bool
	// plan has the needs of calls during plans, and apply those of all other calls.
	plan, apply map[need]bool
	// stacks are all texts of the folder's stack since the first call.
	stacks map[string]bool
}

// recordings are those of the currently deployed stacks, by folder.
var recordings sync.Map

// recorded forwards each call to the moto server and records its needs.
func recorded(t *testing.T, endpoint, folder string) http.Handler {
	t.Helper()
	if endpoint == nowhere {
		return http.NotFoundHandler()
	}
	to, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	r := &recording{plan: map[need]bool{}, apply: map[need]bool{}, stacks: map[string]bool{}}
	// Terraform has ten requests at once. A new connection for each would be a new thread of moto's.
	transport := &http.Transport{MaxIdleConnsPerHost: 20}
	proxy := &httputil.ReverseProxy{Rewrite: func(request *httputil.ProxyRequest) { request.SetURL(to) }, Transport: transport}
	recordings.Store(folder, r)
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		recordings.Delete(folder)
		r.check(t)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(request.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		r.note(needsOf(request, body))
		request.Body = io.NopCloser(bytes.NewReader(body))
		proxy.ServeHTTP(w, request)
	})
}

func (r *recording) note(needs []need) {
	r.lock.Lock()
	defer r.lock.Unlock()
	calls := r.apply
	if r.planning {
		calls = r.plan
	}
	for _, n := range needs {
		calls[n] = true
	}
}

// planning marks the calls as part of a plan, until the function that it returns is called.
func planning(folder string) (done func()) {
	set := func(planning bool) {
		if found, ok := recordings.Load(folder); ok {
			r := found.(*recording)
			r.lock.Lock()
			defer r.lock.Unlock()
			r.planning = planning
		}
	}
	set(true)
	return func() { set(false) }
}

// noteStack records a stack that Terraform reads. The roles of an earlier stack grant the destroy of its resources.
func noteStack(folder string, text []byte) {
	if found, ok := recordings.Load(folder); ok {
		r := found.(*recording)
		r.lock.Lock()
		defer r.lock.Unlock()
		r.stacks[string(text)] = true
	}
}

// check compares the recorded calls with the policies, and with the test's file of calls.
func (r *recording) check(t *testing.T) {
	t.Helper()
	roles := map[string][]policyDocument{}
	for text := range r.stacks {
		if !strings.Contains(text, `"aws_kinesis_stream"`) {
			return // the stack of a state's bucket
		}
		for role, documents := range rolesOf(t, text) {
			roles[role] = append(roles[role], documents...)
		}
	}
	for role, calls := range map[string]map[need]bool{"plan": r.plan, "deploy": r.apply} {
		for n := range calls {
			if !slices.ContainsFunc(roles[role], func(d policyDocument) bool { return d.allows(n) }) {
				t.Errorf("the %s role may not %s on %s%s", role, n.action, n.resource, n.passed())
			}
		}
	}
	if !t.Failed() {
		compareCalls(t, t.Name(), r.lines())
	}
}

// lines are the called actions with the role that needs them, sorted.
func (r *recording) lines() string {
	lines := map[string]bool{}
	for n := range r.plan {
		lines["plan "+n.action] = true
	}
	for n := range r.apply {
		lines["deploy "+n.action] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(lines)), "\n") + "\n"
}

func callsFile(name string) string {
	return filepath.Join("testdata", "calls", strings.ReplaceAll(name, "/", "-")+".txt")
}

// compareCalls fails the test if it calls an action that its file lacks. An action that it no longer calls stays in the file until the
// next -update, because moto's speed decides whether the provider asks a second time. A test without a file is compared only with the
// policies.
func compareCalls(t *testing.T, name, got string) {
	t.Helper()
	file := callsFile(name)
	if *update {
		writeCalls(t, file, got)
		return
	}
	want, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	known := strings.Split(string(want), "\n")
	for line := range strings.Lines(got) {
		if line = strings.TrimSpace(line); !slices.Contains(known, line) {
			t.Errorf("it calls %q, which %s lacks; run go test ./deploytest -run '^%s$' -update", line, file, name)
		}
	}
}

// written are the lines of the files that this run has written, because a test may deploy several stacks.
var written sync.Map

func writeCalls(t *testing.T, file, got string) {
	t.Helper()
	if earlier, ok := written.Load(file); ok {
		lines := strings.Split(strings.TrimSpace(earlier.(string)+got), "\n")
		slices.Sort(lines)
		got = strings.Join(slices.Compact(lines), "\n") + "\n"
	}
	written.Store(file, got)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
		t.Fatal(err)
	}
}

// policyDocument is a policy of a role.
type policyDocument struct {
	Statement []struct {
		Effect           string
		Action, Resource []string
		Condition        map[string]map[string][]string
	}
}

const motoAccount = "123456789012"

// rolesOf are the policies that `ingest deployer` prints for a stack, by the role's task: plan or deploy.
func rolesOf(t *testing.T, text string) map[string][]policyDocument {
	t.Helper()
	printed := decode[struct {
		Resource struct {
			Policies map[string]struct{ Policy string } `json:"aws_iam_policy"`
		}
	}](t, "the roles' stack", string(printedRoles(t, text)))
	roles := map[string][]policyDocument{}
	known := strings.NewReplacer("${data.aws_partition.current.partition}", "aws", "${data.aws_caller_identity.current.account_id}", motoAccount)
	for name, policy := range printed.Resource.Policies {
		task, _, _ := strings.Cut(name, "-")
		roles[task] = append(roles[task], decode[policyDocument](t, name, known.Replace(policy.Policy)))
	}
	return roles
}

// printedRoles is the stack of the roles that may deploy a stack, with its state in S3.
func printedRoles(t *testing.T, text string) []byte {
	t.Helper()
	declared := decode[map[string]any](t, "a stack", text)
	declared["terraform"] = map[string]any{"backend": map[string]any{"s3": map[string]any{"bucket": "states", "key": "state"}}}
	stack, err := tfjson.Read(strings.NewReader(encode(t, declared)))
	if err != nil {
		t.Fatal(err)
	}
	roles, err := deployer.Config{Stacks: []*tfjson.Stack{stack}, Repository: "octo-org/octo-repo"}.JSON()
	if err != nil {
		t.Fatal(err)
	}
	return roles
}

// allows compares a need with a policy. It evaluates only the conditions that name a service. The others compare tags, which every
// resource of a stack has.
func (d policyDocument) allows(n need) bool {
	for _, s := range d.Statement {
		covers := func(pattern string) bool {
			return like(pattern, n.resource) || n.resource == anyWorkgroup && strings.HasPrefix(pattern, anyWorkgroup)
		}
		if !slices.Contains(s.Action, n.action) || !slices.ContainsFunc(s.Resource, covers) {
			continue
		}
		if services := s.Condition["StringEquals"]["iam:PassedToService"]; services == nil || slices.Contains(services, n.service) {
			return true
		}
	}
	return false
}

// like compares a text with a pattern in which "*" is any text.
func like(pattern, text string) bool {
	first, rest, wild := strings.Cut(pattern, "*")
	if !wild {
		return pattern == text
	}
	text, ok := strings.CutPrefix(text, first)
	if !ok {
		return false
	}
	for i := 0; i <= len(text); i++ {
		if like(rest, text[i:]) {
			return true
		}
	}
	return false
}

func (n need) passed() string {
	if n.service == "" {
		return ""
	}
	return fmt.Sprintf(" to %s", n.service)
}
