package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"

	"cdk.tf/go/ingest/deployer"
	"cdk.tf/go/ingest/internal/catalogue"
	"cdk.tf/go/ingest/internal/goldens"
	"cdk.tf/go/ingest/policy"
	"cdk.tf/go/ingest/spec"
	"cdk.tf/go/ingest/stacks"
	"cdk.tf/go/ingest/synth"
	"cdk.tf/go/ingest/tfjson"
)

var update = flag.Bool("update", false, "rewrite the golden files from what is synthesised")

// synthesised is a folder that holds every environment's stack, made once for all tests.
var synthesised = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "ingest-test-")
	if err != nil {
		return "", err
	}
	return dir, synth.Run(context.Background(), catalogue.All(), filepath.Join(dir, "cdktf.out"))
})

func TestMain(m *testing.M) {
	status := m.Run()
	jsii.Close()
	if dir, err := synthesised(); err == nil {
		_ = os.RemoveAll(dir)
	}
	os.Exit(status)
}

func output(t *testing.T) string {
	t.Helper()
	dir, err := synthesised()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "cdktf.out")
}

func stackOf(t *testing.T, env spec.Environment) *tfjson.Stack {
	t.Helper()
	stack, err := tfjson.ReadFile(filepath.Join(output(t), synth.StackFile(env.Name)))
	if err != nil {
		t.Fatal(err)
	}
	return stack
}

// The goldens are what a reviewer reads of a change: testdata/goldens, in the form that package goldens describes.
func TestGoldens(t *testing.T) {
	if err := stacks.CheckDeclared(); err != nil { // it would have no golden, and nothing would say so
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, env := range catalogue.All() {
		got[env.Name] = read(t, filepath.Join(output(t), synth.StackFile(env.Name)))
	}
	for name, config := range catalogue.Backends() {
		text, err := config.JSON()
		if err != nil {
			t.Fatal(err)
		}
		got[name] = string(text)
	}
	got["deployer/tuned"] = rolesOf(t, got["option-tuned"])
	for _, name := range slices.Sorted(maps.Keys(got)) {
		checkGolden(t, name, got[name])
	}
	if *update {
		removeGoldensOfNobody(t, got)
	}
	names, err := goldens.Names()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if got[name] == "" {
			t.Errorf("%s is the golden of no environment; run %q", goldens.Path(name), goldens.Remedy)
		}
	}
}

// rolesOf is the stack of the roles that a workflow deploys a stack with.
func rolesOf(t *testing.T, text string) string {
	t.Helper()
	stack, err := tfjson.Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	roles, err := deployer.Config{Stacks: []*tfjson.Stack{stack}, Repository: "octo-org/octo-repo"}.JSON()
	if err != nil {
		t.Fatal(err)
	}
	return string(roles)
}

func checkGolden(t *testing.T, name, text string) {
	t.Helper()
	got, err := goldens.Readable(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	file := goldens.Path(name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil { // all of the stack would be its difference
		t.Errorf("%s: %v; if the environment is new, run %q and commit the file", name, err, goldens.Remedy)
		return
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s differs from what is synthesised; if that is meant, run %q and review the change (-golden +synthesised):\n%s",
			file, goldens.Remedy, diff)
	}
}

func removeGoldensOfNobody(t *testing.T, got map[string]string) {
	t.Helper()
	names, err := goldens.Names()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if got[name] == "" {
			if err := os.Remove(goldens.Path(name)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTwoSynthsAreByteIdentical(t *testing.T) {
	again := filepath.Join(t.TempDir(), "cdktf.out")
	if err := synth.Run(t.Context(), catalogue.All(), again); err != nil {
		t.Fatal(err)
	}
	files := []string{"manifest.json"}
	for _, env := range catalogue.All() {
		files = append(files, synth.StackFile(env.Name))
	}
	page, err := catalogue.Named("option-web").Page()
	if err != nil || len(page) == 0 {
		t.Fatalf("the page of %d files: %v", len(page), err)
	}
	for _, file := range page {
		files = append(files, filepath.Join("stacks", "option-web", stacks.WebFolder, file.Key))
	}
	for _, file := range files {
		if read(t, filepath.Join(output(t), file)) != read(t, filepath.Join(again, file)) {
			t.Errorf("two synths make two different %s", file)
		}
	}
}

func TestPolicyIsClean(t *testing.T) {
	for _, env := range catalogue.All() {
		expect := policy.Expect{Public: env.API.Authorization.Kind == spec.ByNothing}
		if err := policy.Check(stackOf(t, env), expect); err != nil {
			t.Errorf("%s: %v", env.Name, err)
		}
	}
}

func TestHowTheProjectsEnvironmentsDiffer(t *testing.T) {
	for name, want := range map[string]struct {
		public  bool
		removal spec.Removal
	}{
		"dev": {true, spec.Disposable}, "staging": {false, spec.Retained}, "prod": {false, spec.Protected},
	} {
		env := catalogue.Named(name)
		if public := env.API.Authorization.Kind == spec.ByNothing; public != want.public || env.Removal != want.removal {
			t.Errorf("%s: public is %t and the removal %q, want %t and %q", name, public, env.Removal, want.public, want.removal)
		}
		// To publish a page is for whoever deploys it to decide.
		if env.Web.Hosted {
			t.Errorf("%s hosts the page", name)
		}
	}
}

// three are the environments of the tests of the command.
func three() []spec.Environment {
	return []spec.Environment{catalogue.Named("dev"), catalogue.Named("staging"), catalogue.Named("prod")}
}

// call runs the program and returns its status and what it printed.
func call(t *testing.T, all []spec.Environment, env map[string]string, args ...string) (int, string, string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status := run(t.Context(), args, func(name string) string { return env[name] }, all, &stdout, &stderr)
	return status, stdout.String(), stderr.String()
}

func TestHelp(t *testing.T) {
	status, stdout, stderr := call(t, three(), nil, "-h")
	if status != 0 || stderr != "" {
		t.Errorf("-h ends with %d and says %q", status, stderr)
	}
	for _, part := range []string{"Usage:\n  [ENV=dev,prod] go run . [-check]\n", "dev, staging, prod", "CDKTF_OUTDIR"} {
		if !strings.Contains(stdout, part) {
			t.Errorf("-h does not say %q:\n%s", part, stdout)
		}
	}
}

// -check finds a wrong name before anything is synthesised: make deploy asks it before cdktf runs.
func TestCheckOfNames(t *testing.T) {
	outdir := filepath.Join(t.TempDir(), "out")
	status, stdout, stderr := call(t, three(), map[string]string{"ENV": "prod", "CDKTF_OUTDIR": outdir}, "-check")
	if _, err := os.Stat(outdir); status != 0 || stdout+stderr != "" || err == nil {
		t.Errorf("got %d, %q, %q and %v; want 0, nothing said, and nothing written", status, stdout, stderr, err)
	}
	status, _, stderr = call(t, three(), map[string]string{"ENV": "prd"}, "-check")
	if status != 2 || !strings.Contains(stderr, `no environment is named "prd"; did you mean prod?`) {
		t.Errorf("got %d, %q", status, stderr)
	}
}

func TestSynthesisOfSome(t *testing.T) {
	outdir := filepath.Join(t.TempDir(), "out")
	settings := map[string]string{"CDKTF_OUTDIR": outdir, "ENV": "prod, dev"}
	status, stdout, stderr := call(t, three(), settings)
	const warning = `warning: environments "prod", "dev": API.Domain.DisableDefaultEndpoint is false`
	if want := "synthesised prod, dev to " + outdir + "\n"; status != 0 || stdout != want || !strings.HasPrefix(stderr, warning) || strings.Count(stderr, "\n") != 1 {
		t.Errorf("got %d, %q, %q; want 0, %q, %q and no more", status, stdout, stderr, want, warning)
	}
	made, err := filepath.Glob(filepath.Join(outdir, "stacks", "*"))
	if err != nil || len(made) != 2 {
		t.Errorf("two environments make %v (%v)", made, err)
	}
}

// A signal ends the program with the status that a shell expects, in one line, and leaves nothing behind.
func TestInterruption(t *testing.T) {
	for signal, want := range map[syscall.Signal]struct {
		status int
		line   string
	}{
		syscall.SIGINT:  {130, "error: ended by a signal (interrupt); nothing was written\n"},
		syscall.SIGTERM: {143, "error: ended by a signal (terminated); nothing was written\n"},
	} {
		silenced := false
		ctx, stop := interruptible(func() { silenced = true })
		if err := syscall.Kill(os.Getpid(), signal); err != nil {
			t.Fatal(err)
		}
		<-ctx.Done()
		dir := t.TempDir()
		settings := map[string]string{"CDKTF_OUTDIR": filepath.Join(dir, "cdktf.out")}
		var stdout, stderr bytes.Buffer
		status := run(ctx, nil, func(name string) string { return settings[name] }, three(), &stdout, &stderr)
		stop()
		if status != want.status || stdout.String() != "" || stderr.String() != want.line || !silenced {
			t.Errorf("%s: got %d, %q, %q, silenced: %t", signal, status, stdout.String(), stderr.String(), silenced)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 0 {
			t.Errorf("%s: it left %v behind", signal, left)
		}
	}
}

// Whatever is wrong is said in one line each, and leaves no output behind.
func TestBadInput(t *testing.T) {
	invalid := spec.Default("dev")
	invalid.Stream.Capacity.Shards = 0
	invalid.Delivery.BufferMiB = 129
	unbuilt := spec.Default("dev")
	unbuilt.Web.Hosted, unbuilt.Web.Folder, unbuilt.Delivery.BufferMiB = true, "no/page", 129
	for _, test := range []struct {
		name string
		all  []spec.Environment
		env  map[string]string
		path string
		args []string
		want string
		// status is 1 where it is not given.
		status int
	}{
		{
			name: "an unknown flag", args: []string{"-x"},
			want: "error: flag provided but not defined: -x; see go run . -h\n", status: 2,
		},
		{
			name: "an argument", args: []string{"dev"},
			want: "error: \"dev\": this program takes no arguments; choose environments with a variable: ENV=dev\n", status: 2,
		},
		{
			name: "an unknown environment", env: map[string]string{"ENV": "tset"},
			want: "error: ENV: no environment is named \"tset\"; use dev, staging, prod\n", status: 2,
		},
		{
			name: "two slips of the keyboard", env: map[string]string{"ENV": "prd,dev,stagin"}, status: 2,
			want: "error: ENV: no environment is named \"prd\"; did you mean prod? There are dev, staging, prod\n" +
				"error: ENV: no environment is named \"stagin\"; did you mean staging? There are dev, staging, prod\n",
		},
		{
			name: "an invalid environment", all: []spec.Environment{invalid},
			want: "error: environment \"dev\": Stream.Capacity.Shards is 0; use 1 to 10000\n" +
				"error: environment \"dev\": Delivery.BufferMiB is 129; use 1 to 128\n",
		},
		{
			name: "a page that is not built, and more", all: []spec.Environment{unbuilt},
			want: "error: environment \"dev\": Delivery.BufferMiB is 129; use 1 to 128\n" +
				"error: environment \"dev\": Web.Folder is \"no/page\", where there is no index.html; " +
				"build the page with \"make webapp\", name the folder that holds it, or set Web.Hosted = false\n",
		},
		{
			name: "no Node.js", path: t.TempDir(),
			want: "error: node cannot be found: CDKTF runs in Node.js; install Node.js 20 or newer (https://nodejs.org), or set JSII_NODE to the path of its program\n",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.path != "" {
				t.Setenv("PATH", test.path)
			}
			if test.all == nil {
				test.all = three()
			}
			dir := t.TempDir()
			settings := map[string]string{"CDKTF_OUTDIR": filepath.Join(dir, "cdktf.out"), "ENV": test.env["ENV"]}
			status, stdout, stderr := call(t, test.all, settings, test.args...)
			if want := max(test.status, 1); status != want || stdout != "" || stderr != test.want {
				t.Errorf("got %d, %q, %q; want %d and %q", status, stdout, stderr, want, test.want)
			}
			if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 0 {
				t.Errorf("it left %v behind", left)
			}
		})
	}
}

// A role that was made seconds ago is not known everywhere. So the roles come first, what takes its time comes after them, and what
// tries a role as soon as it is made comes last, after the role's policies too.
func TestRolesComeFirst(t *testing.T) {
	for _, env := range catalogue.All() {
		before := precedents(t, stackOf(t, env))
		for address := range before {
			for _, later := range []string{"aws_kinesis_stream.stream", "aws_kinesis_firehose_delivery_stream.delivery", "aws_api_gateway_account.api_account"} {
				of, isPolicy := strings.CutPrefix(address, "aws_iam_role_policy.")
				role, _, _ := strings.Cut(of, "_")
				tries := strings.HasSuffix(later, ".delivery") && role == "delivery-role" || strings.HasSuffix(later, "_account") && role == "logging-role"
				switch {
				case before[later] == nil: // somebody else manages the account
				case strings.HasPrefix(address, "aws_iam_role."), isPolicy && tries,
					strings.HasPrefix(address, "aws_s3_bucket") && strings.Contains(address, ".bucket") && !strings.HasSuffix(later, ".stream"):
					if !before[later][address] {
						t.Errorf("%s: %s may be made before %s", env.Name, later, address)
					}
				}
			}
		}
	}
}

// replacing are the arguments for which the provider replaces a part of the API instead of an update (hashicorp/terraform-provider-aws,
// internal/service/apigateway, ForceNew).
var replacing = map[string][]string{
	"aws_api_gateway_method":               {"rest_api_id", "resource_id", "http_method"},
	"aws_api_gateway_method_response":      {"rest_api_id", "resource_id", "http_method", "status_code"},
	"aws_api_gateway_integration_response": {"rest_api_id", "resource_id", "http_method", "status_code"},
	"aws_api_gateway_integration": {
		"rest_api_id", "resource_id", "http_method", "type", "credentials", "integration_http_method", "passthrough_behavior",
	},
}

// Terraform would delete a replaced part of the API last, and with it the new one, which has the same place. So no option changes an
// argument that replaces one, and the role that an integration refers to keeps its name.
func TestNoOptionReplacesAPartOfTheAPI(t *testing.T) {
	seen := map[string]any{}
	for _, env := range catalogue.All() {
		stack := stackOf(t, env)
		for typ, arguments := range replacing {
			for _, r := range stack.Resources(typ) {
				for _, argument := range arguments {
					of := r.Address() + "." + argument
					if before, there := seen[of]; there && before != r.Body[argument] {
						t.Errorf("%s: %s is %v, and %v in another environment", env.Name, of, r.Body[argument], before)
					}
					seen[of] = r.Body[argument]
				}
			}
		}
		role, _ := stack.Find(tfjson.Reference{Type: "aws_iam_role", Name: "submit-role"})
		if diff := cmp.Diff(map[string]any{"ignore_changes": []any{"name"}}, role.Body["lifecycle"]); diff != "" {
			t.Errorf("%s: the lifecycle of the submit role (-want +got):\n%s", env.Name, diff)
		}
	}
	if arn := seen["aws_api_gateway_integration.api_submit_post_integration.credentials"]; arn != "${aws_iam_role.submit-role.arn}" {
		t.Errorf("POST /submit has the role %v", arn)
	}
}

var addressPattern = regexp.MustCompile(`\baws_[a-z0-9_]+\.[A-Za-z0-9_-]+`)

// precedents are, of each resource, all that Terraform makes before it.
func precedents(t *testing.T, stack *tfjson.Stack) map[string]map[string]bool {
	t.Helper()
	direct := map[string][]string{}
	for _, r := range stack.All() {
		text, err := json.Marshal(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		direct[r.Address()] = addressPattern.FindAllString(string(text), -1)
	}
	all := map[string]map[string]bool{}
	var visit func(address string) map[string]bool
	visit = func(address string) map[string]bool {
		if all[address] == nil {
			all[address] = map[string]bool{}
			for _, before := range direct[address] {
				if _, there := direct[before]; there {
					all[address][before] = true
					maps.Copy(all[address], visit(before))
				}
			}
		}
		return all[address]
	}
	for address := range direct {
		visit(address)
	}
	return all
}
