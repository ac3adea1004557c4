package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	passing = "package x\n\nimport \"testing\"\n\nfunc TestGood(t *testing.T) {}\n\n" +
		"func TestLess(t *testing.T) { t.Skip(\"no tool: install it\") }\n"
	failing = "package x\n\nimport \"testing\"\n\nfunc TestBad(t *testing.T) { t.Error(\"seven is not eight\") }\n"
)

// ofPackage runs go test over a package of its own, with the summary's text and status.
func ofPackage(t *testing.T, test string) (status int, said string) {
	t.Helper()
	folder := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module x\n\ngo 1.26\n", "x_test.go": test} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	p := newProgress(&out, [][]part{{{"Go", nil, true}, {"page", nil, false}}})
	defer p.stop()
	p.begin(0, p.lanes[0][0])
	command := exec.CommandContext(t.Context(), "go", "test", "-json", "-vet=off", "-ldflags=-s", "./...")
	command.Dir = folder
	r := result{part: p.lanes[0][0]}
	r.execution, r.err = runGo(command, p)
	p.end(0, r)
	return p.summarise(), out.String()
}

func TestSummary(t *testing.T) {
	status, said := ofPackage(t, passing)
	for _, want := range []string{
		"begin Go; next: page\n", "] ok    x ", "\nskipped: x TestLess: no tool: install it\n", "Go: 1 passed, 0 failed, 1 skipped\n",
	} {
		if status != 0 || !strings.Contains(said, want) {
			t.Errorf("status %d, and it does not say %q:\n%s", status, want, said)
		}
	}
}

func TestSummaryOfAFailure(t *testing.T) {
	for test, wants := range map[string][]string{
		failing:        {"] FAIL  x ", "seven is not eight", "Go: 0 passed, 1 failed, 0 skipped\n"},
		"package x\n(": {"== Go: exit status 1", "expected declaration", "Go: 0 passed, "},
	} {
		status, said := ofPackage(t, test)
		for _, want := range wants {
			if status != 1 || !strings.Contains(said, want) {
				t.Errorf("status %d, and it does not say %q:\n%s", status, want, said)
			}
		}
	}
}

func TestSummaryOfAnotherCommand(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(&out, [][]part{{{"page", nil, false}}})
	p.stop()
	page := p.lanes[0][0]
	p.results = []result{{part: page, output: "a line\n  Tests  5 passed (5)\nskipped: no Chromium: install it\n"}}
	if status := p.summarise(); status != 0 || !strings.Contains(out.String(), "== page\nTests  5 passed (5)\n") ||
		!strings.Contains(out.String(), "\nskipped: no Chromium: install it\n") || strings.Contains(out.String(), "a line") {
		t.Errorf("status %d:\n%s", status, &out)
	}
	out.Reset()
	p.results = []result{{part: page, err: errors.New("exit status 1"), output: "a line\n"}}
	if status := p.summarise(); status != 1 || !strings.Contains(out.String(), "== page: exit status 1\na line\n") {
		t.Errorf("status %d:\n%s", status, &out)
	}
}

func TestStatus(t *testing.T) {
	p := newProgress(&bytes.Buffer{}, lanes(false, []string{module, module + "/deploytest"}))
	p.stop()
	p.begin(0, p.lanes[0][0])
	p.begin(1, p.lanes[1][0])
	p.begin(2, p.lanes[2][0])
	p.test("deploytest TestProd", true)
	p.tests["deploytest TestProd"] = time.Now().Add(-65 * time.Second)
	p.test("local TestShort", true)
	p.test("local TestShort", false)
	const want = "running: Go for 0:00 | deploytest for 0:00 | page in a browser for 0:00; next: page | 1 tests, the longest: deploytest TestProd 1:05"
	if got := p.status(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// deploytest is run once, and every other package with the rest.
func TestLanes(t *testing.T) {
	all := lanes(false, []string{module, module + "/deploytest", module + "/spec"})
	own := func(word string) bool { return strings.HasPrefix(word, module) }
	got, want := slices.DeleteFunc(all[0][0].command, func(word string) bool { return !own(word) }), []string{module, module + "/spec"}
	if !slices.Equal(got, want) {
		t.Errorf("the packages are %q, want %q", got, want)
	}
	if got := lanes(true, []string{module}); len(got) != 1 || !slices.Contains(got[0][0].command, "-short") {
		t.Errorf("-short runs %v", got)
	}
}

func TestEnvironment(t *testing.T) {
	last := func(env []string, name string) (value string) {
		for _, pair := range env {
			if name, found := strings.CutPrefix(pair, name+"="); found {
				value = name
			}
		}
		return value
	}
	env := testEnvironment([]string{"A=1", "GOGC=50"}, "/memory")
	if last(env, "TMPDIR") != "/memory" || last(env, "GOGC") != "50" || last(env, "A") != "1" {
		t.Errorf("%q; want the folder in memory, and what was set", env)
	}
	if env := testEnvironment([]string{"TMPDIR=/own"}, "/memory"); last(env, "TMPDIR") != "/own" {
		t.Errorf("%q; want TMPDIR as it was set", env)
	}
	if env := testEnvironment(nil, ""); slices.ContainsFunc(env, func(pair string) bool { return strings.HasPrefix(pair, "TMPDIR=") }) {
		t.Errorf("%q; want no TMPDIR where no folder is in memory", env)
	}
}
