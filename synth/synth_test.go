package synth

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/jsii-runtime-go"

	"cdk.tf/go/ingest/spec"
	"cdk.tf/go/ingest/stacks"
)

func TestMain(m *testing.M) {
	status := m.Run()
	jsii.Close()
	os.Exit(status)
}

// tree is every file below dir, with its text.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		files[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestRunReplacesStacksAndKeepsTheRest(t *testing.T) {
	outdir := filepath.Join(t.TempDir(), "cdktf.out")
	write(t, filepath.Join(outdir, StackFile("dev")), "old")
	write(t, filepath.Join(outdir, StackFile("gone")), "old")
	write(t, filepath.Join(outdir, "stacks", "dev", ".terraform.lock.hcl"), "lock")
	if err := Run([]spec.Environment{stacks.Dev()}, outdir); err != nil {
		t.Fatal(err)
	}
	files := tree(t, outdir)
	if len(files) != 3 || files["stacks/dev/.terraform.lock.hcl"] != "lock" {
		t.Errorf("the output holds %d files, with the lock file %q; want the stack, the manifest and the lock file", len(files), files["stacks/dev/.terraform.lock.hcl"])
	}
	if !strings.HasPrefix(files["stacks/dev/cdk.tf.json"], "{") {
		t.Errorf("the stack is %q", files["stacks/dev/cdk.tf.json"])
	}
}

func TestAFailureLeavesTheOutputAsItWas(t *testing.T) {
	invalid := stacks.Dev()
	invalid.Region = "nowhere"
	for name, test := range map[string]struct {
		environments []spec.Environment
		prepare      func(t *testing.T)
	}{
		"an invalid environment": {[]spec.Environment{invalid}, func(*testing.T) {}},
		"no Node.js":             {[]spec.Environment{stacks.Dev()}, func(t *testing.T) { t.Setenv("JSII_NODE", "no-such-node") }},
		"a broken Node.js":       {[]spec.Environment{stacks.Dev()}, func(t *testing.T) { t.Setenv("JSII_NODE", "false") }},
		"HCL asked for":          {[]spec.Environment{stacks.Dev()}, func(t *testing.T) { t.Setenv("SYNTH_HCL_OUTPUT", "true") }},
	} {
		t.Run(name, func(t *testing.T) {
			test.prepare(t)
			parent := t.TempDir()
			outdir := filepath.Join(parent, "cdktf.out")
			write(t, filepath.Join(outdir, StackFile("dev")), "old")
			err := Run(test.environments, outdir)
			if err == nil {
				t.Fatal("no error")
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("the error has more than one line: %v", err)
			}
			files := tree(t, parent)
			if len(files) != 1 || files["cdktf.out/stacks/dev/cdk.tf.json"] != "old" {
				t.Errorf("the output is now %v", files)
			}
		})
	}
}

// CDKTF throws on a stack's id with a space, which validation never lets through.
func TestAPanicOfCDKTFIsAnErrorOfOneLine(t *testing.T) {
	env := spec.Default("a b")
	err := declare([]spec.Environment{env}, t.TempDir())
	if err == nil {
		t.Fatal("no error")
	}
	if text := err.Error(); !strings.HasPrefix(text, "CDKTF failed in Node.js") || strings.Contains(text, "\n") || !strings.Contains(text, "a b") {
		t.Errorf("the error is %q", text)
	}
}

func TestABreachOfPolicyNamesTheEnvironment(t *testing.T) {
	dir := t.TempDir()
	env := stacks.Dev()
	write(t, filepath.Join(dir, StackFile(env.Name)), `{"resource": {}}`)
	err := checkPolicy([]spec.Environment{env}, dir)
	if err == nil || !strings.HasPrefix(err.Error(), "environment \"dev\" breaches policy:\n") {
		t.Errorf("the error is %v", err)
	}
}
