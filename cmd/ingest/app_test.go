package main

import (
	"os"
	"path/filepath"
	"testing"
)

// A missing program is named before a shell meets it.
func TestTheAppsProgramIsMissing(t *testing.T) {
	for app, want := range map[string]string{
		"go run .":       `go is not on PATH; cdktf.json runs "go run ." to synthesise: install Go (https://go.dev/doc/install)`,
		"synthesiser -v": `synthesiser is not on PATH; cdktf.json runs "synthesiser -v" to synthesise: install it, or correct "app"`,
	} {
		atProject(t)
		must(t, os.WriteFile("cdktf.json", []byte(`{"app": "`+app+`"}`), 0o644))
		t.Setenv("PATH", t.TempDir())
		status, stdout, stderr := ingest(t, "up", "--api", "127.0.0.1:0", "--aws", "127.0.0.1:0")
		if status != statusFailed || stdout != "" || stderr != "error: "+want+"\n" {
			t.Errorf("%s: it ends with %d and says\n%s%s", app, status, stdout, stderr)
		}
	}
}

// The message says that Go compiles if its cache has no bindings, and not for another program.
func TestTheBeginningOfASynthesis(t *testing.T) {
	folder, err := filepath.Abs("../..")
	must(t, err)
	const long = "synthesising; Go compiles the AWS provider's bindings first, which takes about a minute"
	if got := (project{folder: folder, App: "./synthesise"}).beginning(t.Context()); got != "synthesising" {
		t.Errorf("of another program it says %q", got)
	}
	t.Setenv("GOCACHE", t.TempDir())
	if got := (project{folder: folder, App: "go run ."}).beginning(t.Context()); got != long {
		t.Errorf("of an empty cache it says %q", got)
	}
	// A go command that knows the package stands for a filled cache, which takes minutes to fill.
	bin, cache := t.TempDir(), t.TempDir()
	must(t, os.Mkdir(filepath.Join(cache, "00"), 0o755))
	for said, want := range map[string]string{"false": "synthesising", "true": long} {
		script := "#!/bin/sh\nif [ \"$1\" = env ]; then echo " + cache + "; else echo " + said + "; fi\n"
		must(t, os.WriteFile(filepath.Join(bin, "go"), []byte(script), 0o755))
		t.Setenv("PATH", bin)
		if got := (project{folder: folder, App: "go run ."}).beginning(t.Context()); got != want {
			t.Errorf("where go list says %s: %q", said, got)
		}
	}
}
