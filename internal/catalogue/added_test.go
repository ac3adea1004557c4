package catalogue

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"cdk.tf/go/ingest/internal/goldens"
)

// added is an environment as a user adds one.
const added = `package stacks

import "cdk.tf/go/ingest/spec"

// QA is a name that a user may take.
func QA() spec.Environment {
	env := spec.Default("qa")
	env.API.Authorization = spec.AuthorizeIAM()
	env.Stream.Capacity = spec.Provisioned(2)
	return env
}
`

// quick are the tests that read every environment, by the arguments of go test. That two syntheses are the same is not a matter of
// one more environment, and takes as long as the others.
var quick = [][]string{
	{".", "-update", "-skip", "TestTwoSynthsAreByteIdentical"},
	{"./docs", "./internal/catalogue", "./stacks"},
	{"-run", "TestEveryEnvironmentCanBeRead", "./local"},
}

// A new environment is a file and a name in a list, and no test fails for it. Go compiles it from an overlay, as if it lay in
// stacks, and its golden is written to a copy of the goldens' folder.
func TestAnEnvironmentIsAFileAndALine(t *testing.T) {
	if testing.Short() {
		t.Skip("it runs the quick tests of other packages; run it without -short")
	}
	folder := t.TempDir()
	golden := filepath.Join(folder, "goldens")
	if err := os.CopyFS(golden, os.DirFS(filepath.Dir(goldens.Path("dev")))); err != nil {
		t.Fatal(err)
	}
	sources := filepath.Join(goldens.Root(), "stacks")
	list, err := os.ReadFile(filepath.Join(sources, "all.go"))
	if err != nil {
		t.Fatal(err)
	}
	listed := strings.Replace(string(list), "{Dev, Staging, Prod}", "{Dev, Staging, Prod, QA}", 1)

	forgotten := overlay(t, map[string]string{filepath.Join(sources, "qa.go"): added})
	out, err := goCommand(t, golden, "run", "-ldflags=-s", "-overlay", forgotten, ".")
	const want = "error: stacks/qa.go: the environment of QA is in no list; add QA to the variable declared in stacks/all.go, or delete it; if other environments begin with it, give it a parameter, such as the name"
	if err == nil || !strings.Contains(out, want) {
		t.Errorf("the synthesis of an environment in no list: %v\n%s\nwant %s", err, out, want)
	}

	both := overlay(t, map[string]string{filepath.Join(sources, "qa.go"): added, filepath.Join(sources, "all.go"): listed})
	for _, tests := range quick {
		args := append([]string{"test", "-short", "-vet=off", "-ldflags=-s", "-overlay", both}, tests...)
		if out, err := goCommand(t, golden, args...); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	if _, err := os.Stat(filepath.Join(golden, "qa.json")); err != nil {
		t.Error(err)
	}
}

// overlay is a file by which the go command takes texts for files of these paths.
func overlay(t *testing.T, files map[string]string) string {
	t.Helper()
	folder, replace := t.TempDir(), map[string]string{}
	for path, text := range files {
		replace[path] = filepath.Join(folder, filepath.Base(path))
		if err := os.WriteFile(replace[path], []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, "overlay.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func goCommand(t *testing.T, golden string, args ...string) (string, error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", args...)
	command.Dir = goldens.Root()
	command.Env = append(os.Environ(), goldens.Elsewhere+"="+golden, "CDKTF_OUTDIR="+filepath.Join(filepath.Dir(golden), "cdktf.out"))
	out, err := command.CombinedOutput()
	return string(out), err
}
