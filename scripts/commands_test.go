package scripts

import (
	"encoding/json"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cdk.tf/go/ingest/internal/lacking"
)

// commandIn runs a command in the project's folder, with only the programs in bin, and with additional variables.
func commandIn(t *testing.T, bin string, variables []string, words ...string) said {
	t.Helper()
	program, err := exec.LookPath(words[0])
	if strings.HasPrefix(words[0], "scripts/") {
		program, err = filepath.Abs(filepath.Join("..", words[0]))
	}
	if err != nil {
		t.Skipf("%s is not on PATH", words[0])
	}
	command := exec.Command(program, words[1:]...)
	command.Dir = ".."
	command.Env = append([]string{"PATH=" + bin, "HOME=" + t.TempDir()}, variables...)
	var stdout, stderr strings.Builder
	command.Stdout, command.Stderr = &stdout, &stderr
	var exit *exec.ExitError
	if err := command.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return said{command.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// programs is a folder with a shell, the basic commands that a script uses, and stand-ins with these texts.
func programs(t *testing.T, standIns map[string]string) string {
	t.Helper()
	bin := t.TempDir()
	for _, name := range []string{"bash", "cat", "dirname", "env", "expand", "find", "grep", "sed", "sh"} {
		program, err := exec.LookPath(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(program, filepath.Join(bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range standIns {
		if text == "" { // the program itself
			text, err := exec.LookPath(name)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(text, filepath.Join(bin, name)); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return bin
}

// oldest are the oldest versions that the project's own files allow.
func oldest(t *testing.T) (goVersion string, nodeVersions []string, terraformVersion string) {
	t.Helper()
	find := func(file, pattern string) []string {
		text, err := os.ReadFile(filepath.Join("..", file))
		if err != nil {
			t.Fatal(err)
		}
		found := regexp.MustCompile(pattern).FindStringSubmatch(string(text))
		if found == nil {
			t.Fatalf("%s holds no %s", file, pattern)
		}
		return found[1:]
	}
	return find("go.mod", `(?m)^go (.*)$`)[0], find("webapp/package.json", nodeRange), find("internal/tfversion/tfversion.go", `">= ([0-9]+\.[0-9]+)`)[0]
}

// nodeRange is the range of Node.js's versions in a package.json; its groups are the oldest version 20, and the oldest later one.
const nodeRange = `"node": "\^(20\.[0-9]+)\.0 \|\| >=([0-9]+\.[0-9]+)\.0"`

// The page's range of Node.js's versions is that of the tools that build it, whose native code npm leaves out for other versions.
func TestNodeOfThePage(t *testing.T) {
	text, err := os.ReadFile("../webapp/package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	var lock struct {
		Packages map[string]struct{ Engines struct{ Node string } }
	}
	if err := json.Unmarshal(text, &lock); err != nil {
		t.Fatal(err)
	}
	_, versions, _ := oldest(t)
	want := "^" + versions[0] + ".0 || >=" + versions[1] + ".0"
	for _, name := range []string{"", "node_modules/vite", "node_modules/rolldown", "node_modules/@rolldown/binding-linux-x64-gnu"} {
		if got := lock.Packages[name].Engines.Node; got != want {
			t.Errorf("webapp/package-lock.json: %q asks for Node.js %q; webapp/package.json for %q", name, got, want)
		}
	}
}

// scripts/need prints a line with the remedy for each program that is missing or too old, and nothing for the others.
func TestNeed(t *testing.T) {
	goVersion, nodeVersions, terraformVersion := oldest(t)
	node20, nodeNewer := nodeVersions[0], nodeVersions[1]
	good := map[string]string{"go": "echo go1.99.0", "node": "echo v104.1.0", "npm": "true", "terraform": "echo Terraform v" + terraformVersion + ".0; echo on linux"}
	getGo := "; install Go " + goVersion + " or newer: https://go.dev/doc/install"
	getNode := "; install Node.js " + nodeNewer + " or newer, or a version 20 from " + node20 + " on: https://nodejs.org"
	getTerraform := "; install Terraform " + terraformVersion + " or newer (https://developer.hashicorp.com/terraform/install), or name the program of OpenTofu in TERRAFORM_BINARY_NAME"
	getTofu := "; name Terraform or OpenTofu " + terraformVersion + " or newer (https://opentofu.org/docs/intro/install), or unset TERRAFORM_BINARY_NAME to use terraform"
	for _, test := range []struct {
		name      string
		unlike    map[string]string // "-" takes one away
		variables []string
		want      []string
	}{
		{"all there", nil, nil, nil},
		{"the oldest", map[string]string{"go": "echo go" + goVersion, "node": "echo v" + node20 + ".0"}, nil, nil},
		{"the oldest newer Node.js", map[string]string{"node": "echo v" + nodeNewer + ".0"}, nil, nil},
		{"a pre-release", map[string]string{"go": "echo go1.100rc1"}, nil, nil},
		{
			"nothing", map[string]string{"go": "-", "node": "-", "npm": "-", "terraform": "-"}, nil,
			[]string{
				"go is not on PATH" + getGo, "node is not on PATH" + getNode,
				"npm is not on PATH; it comes with Node.js, so " + strings.TrimPrefix(getNode, "; "),
				"terraform is not on PATH" + getTerraform,
			},
		},
		{
			"too old", map[string]string{"go": "echo go1.20.3", "node": "echo v18.20.8", "terraform": "echo Terraform v1.9.8"}, nil,
			[]string{"go is Go 1.20.3" + getGo, "node is Node.js 18.20.8" + getNode, "terraform is version 1.9.8" + getTerraform},
		},
		{"a Node.js 20 that npm leaves native code out for", map[string]string{"node": "echo v20.18.3"}, nil, []string{"node is Node.js 20.18.3" + getNode}},
		{"a Node.js 21", map[string]string{"node": "echo v21.7.3"}, nil, []string{"node is Node.js 21.7.3" + getNode}},
		{"an early Node.js 22", map[string]string{"node": "echo v22.11.0"}, nil, []string{"node is Node.js 22.11.0" + getNode}},
		{
			"programs that fail", map[string]string{"go": "echo broken >&2; exit 3", "node": "echo broken; echo more; exit 3", "terraform": "exit 1"}, nil,
			[]string{"go env fails (broken)" + getGo, "node --version fails (broken)" + getNode, "terraform version prints no version" + getTerraform},
		},
		{"another program", map[string]string{"terraform": "echo hello"}, nil, []string{"terraform version prints no version" + getTerraform}},
		{"OpenTofu", map[string]string{"terraform": "-", "tofu": "echo OpenTofu v1.10.6"}, []string{"TERRAFORM_BINARY_NAME=tofu"}, nil},
		{"no OpenTofu", nil, []string{"TERRAFORM_BINARY_NAME=tofu"}, []string{"TERRAFORM_BINARY_NAME: tofu is not on PATH" + getTofu}},
		{"an old OpenTofu", map[string]string{"tofu": "echo OpenTofu v1.6.0"}, []string{"TERRAFORM_BINARY_NAME=tofu"}, []string{"tofu is version 1.6.0" + getTofu}},
	} {
		t.Run(test.name, func(t *testing.T) {
			standIns := map[string]string{}
			for _, from := range []map[string]string{good, test.unlike} {
				for name, text := range from {
					if standIns[name] = text; text == "-" {
						delete(standIns, name)
					}
				}
			}
			got := commandIn(t, programs(t, standIns), test.variables, "scripts/need", "go", "node", "npm", "terraform")
			want, status := "", 0
			for _, line := range test.want {
				want, status = want+"error: "+line+"\n", 1
			}
			if got.status != status || got.stdout != "" || got.stderr != want {
				t.Errorf("it ends with %d and says\n%s%s\nwant %d and\n%s", got.status, got.stdout, got.stderr, status, want)
			}
		})
	}
}

// scripts/compiling says that Go compiles first if the cache is empty or lacks the package.
func TestCompiling(t *testing.T) {
	cache := t.TempDir()
	of := func(stale string) map[string]string {
		return map[string]string{"go": `case "$*" in "env GOCACHE") echo ` + cache + ` ;; "list -modfile=m -f {{.Stale}} a/package") ` + stale + ` ;; *) exit 9 ;; esac`}
	}
	const long = "building; Go compiles its dependencies first, which takes a minute\n"
	words := []string{"scripts/compiling", "building", "a/package", "a minute", "-modfile=m"}
	if got := commandIn(t, programs(t, of("exit 9")), nil, words...); got.stdout != long {
		t.Errorf("of an empty cache: %+v", got)
	}
	if err := os.Mkdir(filepath.Join(cache, "00"), 0o755); err != nil {
		t.Fatal(err)
	}
	for stale, want := range map[string]string{"echo true": long, "echo false": "building\n", "exit 1": long} {
		if got := commandIn(t, programs(t, of(stale)), nil, words...); got.status != 0 || got.stdout != want || got.stderr != "" {
			t.Errorf("where go list answers %q: %+v, want %q", stale, got, want)
		}
	}
}

// With the real go, the output for a package that this test has compiled says nothing about compiling.
func TestCompilingWithGo(t *testing.T) {
	command := exec.Command("./compiling", "building", "strings", "a minute")
	output, err := command.CombinedOutput()
	if err != nil || string(output) != "building\n" {
		t.Errorf("%v: %s", err, output)
	}
}

// freeAddress is an address that nothing listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	return listener.Addr().String()
}

// An address in use is reported before anything is compiled, with another one to use.
func TestAddresses(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	taken, free := listener.Addr().String(), freeAddress(t)
	const other = " is taken; end the program that listens there, or use another address in ARGS: "
	for _, test := range []struct {
		name string
		args []string
		want string
	}{
		{"free", []string{"--api", "127.0.0.1:0", "--aws", "127.0.0.1:0"}, ""},
		{"IPv6", []string{"--api", "[::1]:0", "--aws", "localhost:0"}, ""},
		{"the API's", []string{"--api", taken, "--aws=127.0.0.1:0"}, "error: --api " + taken + other + "--api 127.0.0.1:9090\n"},
		{"the AWS address, beside a secret", []string{"--aws=" + taken, "--access-key", "a:b", "--api", "127.0.0.1:0"}, "error: --aws " + taken + other + "--aws 127.0.0.1:4567\n"},
		{
			"both", []string{"--aws", taken, "--api", taken},
			"error: --api " + taken + other + "--api 127.0.0.1:9090 --aws 127.0.0.1:4567\nerror: --aws " + taken + other + "--api 127.0.0.1:9090 --aws 127.0.0.1:4567\n",
		},
		{
			"of another machine", []string{"--api", "192.0.2.1:80", "--aws", "127.0.0.1:0"},
			"error: --api 192.0.2.1:80 cannot be listened on (EADDRNOTAVAIL); use another address in ARGS: --api 127.0.0.1:9090\n",
		},
		{"one free address for both, which ingest up refuses", []string{"--api", free, "--aws", free}, ""},
		{"no address, which ingest up refuses", []string{"--api", "nonsense", "--aws"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := commandIn(t, programs(t, map[string]string{"node": ""}), nil, append([]string{"scripts/check-addresses"}, test.args...)...)
			if got.stdout != "" || got.stderr != test.want || (got.status != 0) != (test.want != "") {
				t.Errorf("it ends with %d and says\n%s%s\nwant\n%s", got.status, got.stdout, got.stderr, test.want)
			}
		})
	}
}

// Without arguments, the remedy is the whole command with another address.
func TestTheDefaultAddressesAreTaken(t *testing.T) {
	preload := filepath.Join(t.TempDir(), "taken.js")
	const text = `require("node:net").Server.prototype.listen = function () {
  process.nextTick(() => this.emit("error", Object.assign(new Error(), { code: "EADDRINUSE" })));
};`
	if err := os.WriteFile(preload, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	variables := []string{"ENV=staging", "NODE_OPTIONS=--require " + preload}
	got := commandIn(t, programs(t, map[string]string{"node": ""}), variables, "scripts/check-addresses")
	const rest = " is taken; end the program that listens there, or use another address: make up ENV=staging ARGS=\"--api 127.0.0.1:9090 --aws 127.0.0.1:4567\"\n"
	if want := "error: --api 127.0.0.1:8080" + rest + "error: --aws 127.0.0.1:4566" + rest; got.status != 1 || got.stderr != want {
		t.Errorf("it ends with %d and says\n%s\nwant\n%s", got.status, got.stderr, want)
	}
}

// The script's defaults are those of ingest up.
func TestDefaultAddresses(t *testing.T) {
	script, err := os.ReadFile("check-addresses")
	if err != nil {
		t.Fatal(err)
	}
	command, err := os.ReadFile("../cmd/ingest/up.go")
	if err != nil {
		t.Fatal(err)
	}
	defaults := regexp.MustCompile(`(?m)^\tlocal(API|AWS) = "([^"]+)"$`).FindAllSubmatch(command, -1)
	if len(defaults) != 2 {
		t.Fatalf("ingest up has %d defaults of --api and --aws, want 2", len(defaults))
	}
	for _, flag := range defaults {
		if want := `"--` + strings.ToLower(string(flag[1])) + `": "` + string(flag[2]) + `"`; !strings.Contains(string(script), want) {
			t.Errorf("check-addresses lacks %s", want)
		}
	}
}

// Each target checks the programs that it needs before it does anything else, and make up checks its addresses.
func TestTargetsCheckFirst(t *testing.T) {
	if _, err := exec.LookPath("make"); err != nil {
		lacking.End(t, "make is not on PATH; install it, for example with apt-get install make")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	taken := listener.Addr().String()
	// A go and an npm that only print their version.
	standIns := func(without string) map[string]string {
		all := map[string]string{
			"make": "", "node": "", "go": `[ "$*" = "env GOVERSION" ] || { echo "go $*"; exit 1; }; echo go1.99.0`, "npm": `echo "npm $*"; exit 1`,
			"terraform": "echo Terraform v1.99.0",
		}
		delete(all, without)
		return all
	}
	for _, test := range []struct {
		name, without string
		target        []string
		want          string
	}{
		{"a taken address", "", []string{"up", "ARGS=--api " + taken + " --aws 127.0.0.1:0"}, "error: --api " + taken + " is taken"},
		{"up without Go", "go", []string{"up"}, "error: go is not on PATH; install Go"},
		{"up without Node.js", "node", []string{"up"}, "error: node is not on PATH; install Node.js"},
		{"synth without Node.js", "node", []string{"synth"}, "error: node is not on PATH; install Node.js"},
		{"deploy without Terraform", "terraform", []string{"deploy", "ENV=dev"}, "error: terraform is not on PATH; install Terraform"},
		{"diff without Terraform", "terraform", []string{"diff", "ENV=dev"}, "error: terraform is not on PATH; install Terraform"},
		{"destroy without Terraform", "terraform", []string{"destroy", "ENV=dev"}, "error: terraform is not on PATH; install Terraform"},
		{"output without Terraform", "terraform", []string{"output", "ENV=dev"}, "error: terraform is not on PATH; install Terraform"},
		{"curl without Terraform", "terraform", []string{"curl", "ENV=dev"}, "error: terraform is not on PATH; install Terraform"},
		{"up of two environments", "", []string{"up", "ENV=dev,prod"}, "error: ENV is dev,prod; name one environment: make up ENV=dev"},
		{"curl without an environment", "", []string{"curl"}, "error: ENV is empty; name one environment: make curl ENV=dev"},
		{"deploy without an environment", "", []string{"deploy"}, "error: ENV is empty; name one environment: make deploy ENV=dev"},
		{"destroy of a pattern", "", []string{"destroy", "ENV=*"}, "error: ENV is *; name one environment: make destroy ENV=dev"},
		{"verify of two environments", "", []string{"verify", "ENV=dev prod"}, "error: ENV is dev prod; name one environment: make verify ENV=dev"},
		{"curl of two environments", "", []string{"curl", "ENV=dev,prod"}, "error: ENV is dev,prod; name one environment: make curl ENV=dev"},
		{"deploy of a quotation mark", "", []string{"deploy", `ENV=de"v`}, "error: ENV is de\"v; name one environment: make deploy ENV=dev"},
		{"deploy-local without Terraform", "terraform", []string{"deploy-local", "ENV=dev"}, "error: terraform is not on PATH; install Terraform"},
		{"deploy-local without an environment", "", []string{"deploy-local"}, "error: ENV is empty; name one environment: make deploy-local ENV=dev"},
		{"deploy-local of two environments", "", []string{"deploy-local", "ENV=dev prod"}, "error: ENV is \"dev prod\"; name one environment: make deploy-local ENV=dev"},
		{"deploy-local of a pattern", "", []string{"deploy-local", "ENV=*"}, "error: ENV is \"*\"; name one environment: make deploy-local ENV=dev"},
		{"check without Go", "go", []string{"check"}, "error: go is not on PATH; install Go"},
		{"test without Go", "go", []string{"test"}, "error: go is not on PATH; install Go"},
		{"lint without Go", "go", []string{"lint"}, "error: go is not on PATH; install Go"},
		{"scan without Go", "go", []string{"scan"}, "error: go is not on PATH; install Go"},
		{"bench without Go", "go", []string{"bench"}, "error: go is not on PATH; install Go"},
		{"golden without Node.js", "node", []string{"golden"}, "error: node is not on PATH; install Node.js"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := commandIn(t, programs(t, standIns(test.without)), nil, append([]string{"make", "--no-print-directory"}, test.target...)...)
			if got.status == 0 || got.stdout != "" || !strings.HasPrefix(got.stderr, test.want) {
				t.Errorf("it ends with %d and says\n%s%s\nwant %s", got.status, got.stdout, got.stderr, test.want)
			}
		})
	}
}

// A target that needs an environment's stack asks first whether there is one, before it installs or builds anything. The answer knows
// what else the name may mean, so a name in capitals gets there.
func TestAnEnvironmentThatIsNotDeclared(t *testing.T) {
	if _, err := exec.LookPath("make"); err != nil {
		lacking.End(t, "make is not on PATH; install it, for example with apt-get install make")
	}
	const other = `echo "$0 $*" >&2; exit 1`
	bin := programs(t, map[string]string{
		"make": "", "node": "", "npm": other, "npx": other, "terraform": `[ "$*" = version ] || { ` + other + `; }; echo Terraform v1.99.0`,
		"go": `case "$*" in
"env GOVERSION") echo go1.99.0 ;; "env GOCACHE" | list*) ;; "run . -check") echo "error: no $ENV" >&2; exit 1 ;; *) ` + other + ` ;; esac`,
	})
	for _, target := range []string{"up", "diff", "deploy", "destroy", "output", "curl"} {
		words := []string{"make", "--no-print-directory", target, "ENV=No_pe", "ARGS=--api 127.0.0.1:0 --aws 127.0.0.1:0"}
		got := commandIn(t, bin, nil, words...)
		_, after, found := strings.Cut(got.stderr, "error: no No_pe\n")
		if got.status != 2 || !found || !strings.HasPrefix(after, "make: ***") {
			t.Errorf("%s: it ends with %d and says\n%s%s", target, got.status, got.stdout, got.stderr)
		}
	}
}

// The path of a clone may have spaces.
func TestACloneWithSpaces(t *testing.T) {
	if _, err := exec.LookPath("make"); err != nil {
		lacking.End(t, "make is not on PATH; install it, for example with apt-get install make")
	}
	clone := filepath.Join(t.TempDir(), "my clone")
	write := func(path, text string) {
		file := filepath.Join(clone, path)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o755)); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"Makefile", "go.mod", "scripts/need", "scripts/compiling"} {
		text, err := os.ReadFile(filepath.Join("..", file))
		if err != nil {
			t.Fatal(err)
		}
		write(file, string(text))
	}
	// What make would install otherwise.
	for _, folder := range []string{".", "webapp", "local/testdata/clients"} {
		write(filepath.Join(folder, "package-lock.json"), "{}")
		write(filepath.Join(folder, "node_modules/.package-lock.json"), "{}")
	}
	write("webapp/dist/index.html", "")
	bin := programs(t, map[string]string{
		"make": "", "node": "", "npm": "exit 1", "moto_server": "exit 1",
		"go": `case "$*" in "env GOVERSION") echo go1.99.0 ;; "run ./internal/testrun") echo "$INGEST" ;; esac`,
	})
	got := commandIn(t, bin, nil, "make", "--no-print-directory", "-C", clone, "test")
	if got.status != 0 || !strings.HasSuffix("\n"+got.stdout, "\n"+clone+"/bin/ingest\n") || strings.Contains(got.stdout, "Nothing to be done") {
		t.Errorf("make test ends with %d and says\n%s%s", got.status, got.stdout, got.stderr)
	}
}

// make curl prints a command and nothing else, because its output may go to a shell. Where there is none, the error names the remedy.
func TestCurlPrintsOnlyACommand(t *testing.T) {
	const (
		one      = `{\n  "bucket": {\n    "value": "\\"curl\\": {"\n  },\n  "curl": {\n    "value": ""\n  }`
		types    = one + `,\n  "curl_a": {\n  },\n  "curl_b_2": {\n  }\n}`
		deployed = `"output -json") printf '` + types + `\n' ;; "output -raw curl") printf 'curl x' ;; "output -raw curl_a") printf 'curl a' ;;`
	)
	for _, test := range []struct {
		name, terraform string
		arguments       []string
		status          int
		stdout, stderr  string
	}{
		{"deployed", deployed, nil, 0, "curl x\n", ""},
		{"a type", deployed, []string{"TYPE=a"}, 0, "curl a\n", ""},
		{
			"no such type", deployed, []string{"TYPE=a b"}, 2, "",
			"error: TYPE is a b: what is deployed of dev has no such event type; use one of: a, b_2\n",
		},
		{
			"no types", `"output -json") printf '` + one + `\n}\n' ;;`, []string{"TYPE=a"}, 2, "",
			"error: TYPE is a: what is deployed of dev has no such event type; it has none, so leave TYPE out\n",
		},
		{
			"not deployed", `*-json*) echo '{}' ;; *) echo Warning: No outputs found ;;`, nil, 2, "",
			"error: ENV is dev: its state has no outputs, so nothing is deployed; deploy it first: make deploy ENV=dev\n",
		},
		{
			"deployed in part", `*-json*) printf '{\n  "stream": {\n  }\n}\n' ;; *) echo never ;;`, nil, 2, "",
			"error: ENV is dev: its state has no output curl, so its deployment did not finish; deploy it again: make deploy ENV=dev\n",
		},
		{"no state", `*) echo 'Error: no credentials' >&2; exit 1 ;;`, nil, 2, "", "Error: no credentials\nmake: ***"},
	} {
		t.Run(test.name, func(t *testing.T) {
			stack, terraform := stackFolder(t, test.terraform)
			bin := programs(t, map[string]string{"make": "", "terraform": terraform})
			got := commandIn(t, bin, nil, append([]string{"make", "--no-print-directory", "curl", "ENV=dev", "stack=" + stack}, test.arguments...)...)
			if got.status != test.status || got.stdout != test.stdout || !strings.HasPrefix(got.stderr, test.stderr) {
				t.Errorf("it ends with %d, %q and %q; want %d, %q and %q", got.status, got.stdout, got.stderr, test.status, test.stdout, test.stderr)
			}
		})
	}
}

// cdktf prints nothing of an environment that is not deployed, and succeeds. It does not lock the providers of other platforms where
// Terraform has a configuration of its own, because that asks the registry.
func TestOutputOfNothing(t *testing.T) {
	const nothing = "error: ENV is dev: its state has no outputs, so nothing is deployed; deploy it first: make deploy ENV=dev\n"
	configuration := filepath.Join(t.TempDir(), "terraformrc")
	if err := os.WriteFile(configuration, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for json, want := range map[string]string{`{}`: nothing, `{\n  "curl": {\n  }\n}`: ""} {
		stack, terraform := stackFolder(t, `"output -json") printf '`+json+`\n' ;;`)
		bin := programs(t, map[string]string{
			"make": "", "node": "", "npm": "true", "terraform": terraform, "npx": `echo "npx $*"`,
			"go": `[ "$*" != "env GOVERSION" ] || echo go1.99.0`,
		})
		got := commandIn(t, bin, []string{"TF_CLI_CONFIG_FILE=" + configuration},
			"make", "--no-print-directory", "output", "ENV=dev", "stack="+stack, "MAKE=:") // it installs nothing
		if !strings.HasSuffix(got.stdout, "npx --no-install cdktf output dev --skip-provider-lock\n") || !strings.HasPrefix(got.stderr, want) || (got.status == 0) != (want == "") {
			t.Errorf("%s: it ends with %d and says\n%s%s", json, got.status, got.stdout, got.stderr)
		}
	}
}

// stackFolder is an initialised folder of a stack, and a stand-in for the terraform that answers in it with the cases of a shell.
func stackFolder(t *testing.T, cases string) (stack, terraform string) {
	t.Helper()
	stack = t.TempDir()
	if err := errors.Join(os.WriteFile(filepath.Join(stack, "cdk.tf.json"), nil, 0o600), os.Mkdir(filepath.Join(stack, ".terraform"), 0o700)); err != nil {
		t.Fatal(err)
	}
	return stack, `[ "$1" != version ] || { echo Terraform v1.99.0; exit; }
[ "$1" = "-chdir=` + stack + `" ] || exit 9
shift
case "$*" in ` + cases + ` esac`
}

// scripts/pull-comment updates its own comment, the last one, or writes one. Nothing in the text is a flag or a file to gh.
func TestPullComment(t *testing.T) {
	folder := t.TempDir()
	text, record := filepath.Join(folder, "text"), filepath.Join(folder, "record")
	if err := os.WriteFile(text, []byte("@plan\n\n| a | $b |\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const body = "body=<!-- limits and costs -->\n@plan\n\n| a | $b |"
	for ids, want := range map[string][]string{
		"":       {"api", "repos/o/r/issues/7/comments", "-f", body},
		`12\n34`: {"api", "--method", "PATCH", "repos/o/r/issues/comments/34", "-f", body},
	} {
		bin := programs(t, map[string]string{
			"gh": `if [ "$2" = --paginate ]; then printf '` + ids + `'; printf '%s\0' "$@" > ` + record + `.list; else printf '%s\0' "$@" > ` + record + `; fi`,
		})
		got := commandIn(t, bin, []string{"GITHUB_REPOSITORY=o/r"}, "scripts/pull-comment", "7", "limits and costs", text)
		if got.status != 0 || got.stdout+got.stderr != "" {
			t.Fatalf("it ends with %d and says %s%s", got.status, got.stdout, got.stderr)
		}
		if diff := cmp.Diff(want, arguments(t, record)); diff != "" {
			t.Errorf("gh's arguments (-want +got):\n%s", diff)
		}
		list := []string{"api", "--paginate", "repos/o/r/issues/7/comments", "--jq", `.[] | select(.body | startswith("<!-- limits and costs -->")) | .id`}
		if diff := cmp.Diff(list, arguments(t, record+".list")); diff != "" {
			t.Errorf("gh's arguments to list the comments (-want +got):\n%s", diff)
		}
	}
	failing := programs(t, map[string]string{"gh": "echo no permission >&2; exit 1"})
	if got := commandIn(t, failing, []string{"GITHUB_REPOSITORY=o/r"}, "scripts/pull-comment", "7", "x", text); got.status != 1 || got.stderr != "no permission\n" {
		t.Errorf("it ends with %d and says %s%s", got.status, got.stdout, got.stderr)
	}
	empty := filepath.Join(folder, "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	silent := programs(t, map[string]string{"gh": "echo gh was called >&2"})
	for file, want := range map[string]string{filepath.Join(folder, "none"): "No such file", empty: "error: " + empty + " is empty"} {
		got := commandIn(t, silent, []string{"GITHUB_REPOSITORY=o/r"}, "scripts/pull-comment", "7", "x", file)
		if got.status != 1 || !strings.Contains(got.stderr, want) || strings.Contains(got.stderr, "gh was called") {
			t.Errorf("%s: it ends with %d and says %s%s", file, got.status, got.stdout, got.stderr)
		}
	}
	got := commandIn(t, failing, nil, "scripts/pull-comment", "7", "x", text)
	if want := "error: GITHUB_REPOSITORY is empty; set it to OWNER/NAME\n"; got.status != 2 || got.stderr != want {
		t.Errorf("it ends with %d and says %s%s, want %s", got.status, got.stdout, got.stderr, want)
	}
	if got := commandIn(t, failing, nil, "scripts/pull-comment", "7"); got.status != 2 || !strings.HasPrefix(got.stderr, "error: name the pull request") {
		t.Errorf("it ends with %d and says %s%s", got.status, got.stdout, got.stderr)
	}
}

// A folder that holds something else gets no trace of Node.js's.
func TestProviderSchemaOfNothing(t *testing.T) {
	folder := t.TempDir()
	want := "error: " + folder + " is not the folder of @cdktn/provider-aws; the comment in this script says how to have it\n"
	got := commandIn(t, programs(t, map[string]string{"node": ""}), nil, "scripts/provider-schema", folder)
	if got.status != 1 || got.stdout != "" || got.stderr != want {
		t.Errorf("it ends with %d and says %s%s, want %s", got.status, got.stdout, got.stderr, want)
	}
}

// arguments are those that a stand-in recorded.
func arguments(t *testing.T, record string) []string {
	t.Helper()
	text, err := os.ReadFile(record)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(text), "\x00"), "\x00")
}

// make help lists each target with its text, in one format.
func TestMakeHelp(t *testing.T) {
	got := commandIn(t, programs(t, map[string]string{"make": ""}), nil, "make", "help")
	for _, part := range []string{"Usage: make TARGET", "\n  up              Run ", "\n  deploy          Deploy ENV to AWS\n", "\nExamples:\n"} {
		if !strings.Contains(got.stdout, part) {
			t.Errorf("it does not say %q:\n%s", part, got.stdout)
		}
	}
	for line := range strings.Lines(got.stdout) {
		if len(line) > 121 {
			t.Errorf("over 120 columns: %s", line)
		}
	}
}
