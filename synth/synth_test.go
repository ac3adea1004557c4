package synth

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/jsii-runtime-go"

	"cdk.tf/go/ingest/spec"
	"cdk.tf/go/ingest/stacks"
)

func TestMain(m *testing.M) {
	runAsProgram()
	status := m.Run()
	jsii.Close()
	os.Exit(status)
}

// tree has the text of every file below dir.
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
	if err := Run(t.Context(), []spec.Environment{stacks.Dev()}, outdir); err != nil {
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

// hosting is dev with a page that has these files.
func hosting(t *testing.T, files map[string]string) spec.Environment {
	t.Helper()
	env := stacks.Dev()
	env.Web.Hosted, env.Web.Folder = true, t.TempDir()
	for name, text := range files {
		write(t, filepath.Join(env.Web.Folder, name), text)
	}
	return env
}

// pageIn has the files of dev's page in an output directory, and its stack.
func pageIn(t *testing.T, outdir string) (map[string]string, string) {
	t.Helper()
	files := tree(t, outdir)
	stack := files[StackFile("dev")]
	maps.DeleteFunc(files, func(name, _ string) bool { return !strings.HasPrefix(name, "stacks/dev/web/") })
	return files, stack
}

func TestAPageLiesBesideItsStackAndFollowsIt(t *testing.T) {
	outdir := filepath.Join(t.TempDir(), "cdktf.out")
	for _, step := range []struct {
		env  spec.Environment
		want map[string]string
	}{
		{hosting(t, map[string]string{"index.html": "1", "_web/a.js": "a", "deep/er/b.txt": "b", "config.json": "{}"}),
			map[string]string{"stacks/dev/web/index.html": "1", "stacks/dev/web/_web/a.js": "a", "stacks/dev/web/deep/er/b.txt": "b"}},
		{hosting(t, map[string]string{"index.html": "2", "_web/c.js": "c"}),
			map[string]string{"stacks/dev/web/index.html": "2", "stacks/dev/web/_web/c.js": "c"}},
		// A file with the name of a former folder, which was removed with its last file.
		{hosting(t, map[string]string{"index.html": "2", "deep": "d"}),
			map[string]string{"stacks/dev/web/index.html": "2", "stacks/dev/web/deep": "d"}},
		{stacks.Dev(), map[string]string{}},
	} {
		if err := Run(t.Context(), []spec.Environment{step.env}, outdir); err != nil {
			t.Fatal(err)
		}
		got, stack := pageIn(t, outdir)
		if !maps.Equal(got, step.want) {
			t.Errorf("the page is %v, want %v", got, step.want)
		}
		for name := range step.want {
			source := `"source": "` + strings.TrimPrefix(name, "stacks/dev/") + `"`
			if !strings.Contains(stack, source) {
				t.Errorf("the stack has no %s", source)
			}
		}
	}
	if left, err := os.ReadDir(filepath.Join(outdir, "stacks", "dev")); err != nil || len(left) != 1 {
		t.Errorf("beside the stack there is %v (%v)", left, err)
	}
}

func TestThePageOfARemovedEnvironmentIsRemoved(t *testing.T) {
	outdir := filepath.Join(t.TempDir(), "cdktf.out")
	write(t, filepath.Join(outdir, "stacks", "gone", "web", "_web", "a.js"), "old")
	write(t, filepath.Join(outdir, StackFile("gone")), "old")
	write(t, filepath.Join(outdir, "stacks", "gone", "plan"), "kept")
	if err := Run(t.Context(), []spec.Environment{stacks.Dev()}, outdir); err != nil {
		t.Fatal(err)
	}
	files := tree(t, outdir)
	if len(files) != 3 || files["stacks/gone/plan"] != "kept" {
		t.Errorf("the output holds %d files; want a stack, the manifest and the plan", len(files))
	}
}

func TestAFailureLeavesTheOutputAsItWas(t *testing.T) {
	invalid := stacks.Dev()
	invalid.Region = "nowhere"
	for name, test := range map[string]struct {
		environments []spec.Environment
		prepare      func(t *testing.T)
	}{
		"a page that is not built": {[]spec.Environment{hosting(t, nil)}, func(*testing.T) {}},
		"an invalid environment":   {[]spec.Environment{invalid}, func(*testing.T) {}},
		"no Node.js":               {[]spec.Environment{stacks.Dev()}, func(t *testing.T) { t.Setenv("JSII_NODE", "no-such-node") }},
		"a broken Node.js":         {[]spec.Environment{stacks.Dev()}, func(t *testing.T) { t.Setenv("JSII_NODE", "false") }},
		"HCL asked for":            {[]spec.Environment{stacks.Dev()}, func(t *testing.T) { t.Setenv("SYNTH_HCL_OUTPUT", "true") }},
	} {
		t.Run(name, func(t *testing.T) {
			test.prepare(t)
			parent := t.TempDir()
			outdir := filepath.Join(parent, "cdktf.out")
			write(t, filepath.Join(outdir, StackFile("dev")), "old")
			err := Run(t.Context(), test.environments, outdir)
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

// CDKTF throws on a stack's id with a space. Validation never allows one.
func TestAPanicOfCDKTFIsAnErrorOfOneLine(t *testing.T) {
	env := spec.Default("a b")
	err := declare(t.Context(), []spec.Environment{env}, nil, t.TempDir())
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
	if err == nil {
		t.Fatal("no error")
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		if !strings.HasPrefix(line, `environment "dev" breaches policy: `) || !strings.Contains(line, "; ") {
			t.Errorf("a line does not stand alone: %s", line)
		}
	}
	const want = `environment "dev" breaches policy: flow: aws_kinesis_stream: the stack has none (an event that the API accepts must reach the bucket); declare one`
	if !slices.Contains(strings.Split(err.Error(), "\n"), want) {
		t.Errorf("%v\nlacks\n%s", err, want)
	}
}

// late is a context that ends after a number of calls to it.
type late struct {
	context.Context
	asked, ends int
}

func (l *late) Err() error {
	if l.asked++; l.asked > l.ends {
		return context.Canceled
	}
	return nil
}

func TestAnInterruptionAtAnyPointLeavesTheOutputAsItWas(t *testing.T) {
	parent := t.TempDir()
	outdir := filepath.Join(parent, "cdktf.out")
	write(t, filepath.Join(outdir, StackFile("dev")), "old")
	for ends := 0; ; ends++ {
		ctx := &late{Context: context.Background(), ends: ends}
		err := Run(ctx, []spec.Environment{stacks.Dev()}, outdir)
		if err == nil {
			if ends < 3 {
				t.Errorf("Run asks %d times whether it should go on", ends)
			}
			return
		}
		files := tree(t, parent)
		if !errors.Is(err, context.Canceled) || len(files) != 1 || files["cdktf.out/stacks/dev/cdk.tf.json"] != "old" {
			t.Fatalf("ended after %d questions: %v, and the output is %v", ends, err, files)
		}
	}
}

func TestObstaclesAreFoundBeforeAnythingIsMoved(t *testing.T) {
	environments := []spec.Environment{spec.Default("dev"), spec.Default("prod")}
	for _, test := range []struct{ name, file, want string }{
		{"a folder for the manifest", "manifest.json/x", "out/manifest.json is a folder, but a file belongs there; move it away"},
		{"a folder for a stack", "stacks/prod/cdk.tf.json/x", "out/stacks/prod/cdk.tf.json is a folder, but a file belongs there; move it away"},
		{"a folder for a stack that goes", "stacks/gone/cdk.tf.json/x", "out/stacks/gone/cdk.tf.json is a folder, but a file belongs there; move it away"},
		{"a file for a stack's folder", "stacks/prod", "out/stacks/prod is a file, but a folder belongs there; move it away"},
		{"a file for all stacks", "stacks", "out/stacks is a file, but a folder belongs there; move it away"},
		{"a folder for a page's file", "stacks/dev/web/a/b", "out/stacks/dev/web/a is a folder, but a file belongs there; move it away"},
		{"a file for a page's folder", "stacks/dev/web", "out/stacks/dev/web is a file, but a folder belongs there; move it away"},
		{"a file for the output", "", "out is a file, but a folder belongs there; move it away"},
	} {
		t.Run(test.name, func(t *testing.T) {
			parent := t.TempDir()
			scratch, outdir := filepath.Join(parent, "scratch"), filepath.Join(parent, "out")
			for _, file := range []string{StackFile("dev"), StackFile("prod"), manifest, "stacks/dev/web/a"} {
				write(t, filepath.Join(scratch, file), "new")
			}
			write(t, filepath.Join(outdir, test.file), "there")
			before := tree(t, parent)
			err := publish(environments, scratch, outdir)
			if want := parent + "/" + test.want; err == nil || err.Error() != want {
				t.Errorf("the error is %v, want %s", err, want)
			}
			if after := tree(t, parent); !maps.Equal(before, after) {
				t.Errorf("the files are now %v", after)
			}
		})
	}
}

// fakeNode is a program that prints a line to standard output, or to standard error and fails.
func fakeNode(t *testing.T, script string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "node")
	if err := os.WriteFile(file, []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestNodeVersions(t *testing.T) {
	const remedy = ": CDKTF runs in Node.js; install Node.js 20 or newer (https://nodejs.org), or set JSII_NODE to the path of its program"
	for _, test := range []struct{ name, script, want string }{
		{"the oldest", "echo v20.0.0", ""},
		{"a new one", "echo v104.1.0", ""},
		{"a warning beside the version", "echo v22.1.0; echo warning >&2", ""},
		{"an old one", "echo v18.20.8", " is Node.js 18.20.8" + remedy},
		{"a very old one", "echo v0.12.18", " is Node.js 0.12.18" + remedy},
		{"another program", "echo hello", ` --version prints "hello", which is not a version` + remedy},
		{"nothing", "true", ` --version prints "", which is not a version` + remedy},
		{"a failure", "echo broken >&2; exit 3", " --version fails (exit status 3: broken)" + remedy},
	} {
		t.Run(test.name, func(t *testing.T) {
			node := fakeNode(t, test.script)
			t.Setenv("JSII_NODE", node)
			got := ""
			if err := checkRuntime(); err != nil {
				got = strings.TrimPrefix(err.Error(), node)
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// A prefix that spec allows must pass synthesis and policy, with the characters that JSON might escape.
func TestPrefixesWithUnusualCharacters(t *testing.T) {
	for _, folder := range []string{"a&b/", "<x>/", `a"b/`, `a\b/`, "it's/", "a b/", "$x/"} {
		env := stacks.Dev()
		env.Delivery.Prefix = folder
		env.Delivery.ErrorPrefix = "errors-of-" + folder + "!{firehose:error-output-type}/"
		if err := Run(t.Context(), []spec.Environment{env}, filepath.Join(t.TempDir(), "cdktf.out")); err != nil {
			t.Errorf("%s: %v", folder, err)
		}
	}
}
