package lacking

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// recorder notes how a test ends.
type recorder struct {
	testing.TB
	ended string
}

func (r *recorder) Helper()            {}
func (r *recorder) Fatal(lines ...any) { r.ended += "failed: " + lines[0].(string) }
func (r *recorder) Skip(lines ...any)  { r.ended += "skipped: " + lines[0].(string) }

func TestEnd(t *testing.T) {
	for value, want := range map[string]string{"": "skipped: no tool; install it", "false": "skipped: no tool; install it"} {
		t.Setenv("CI", value)
		r := &recorder{}
		End(r, "no tool; install it")
		if r.ended != want {
			t.Errorf("with CI=%s the test %s, want %s", value, r.ended, want)
		}
	}
	t.Setenv("CI", "true")
	r := &recorder{}
	End(r, "no tool; install it")
	if want := "failed: no tool; install it"; len(r.ended) < len(want) || r.ended[:len(want)] != want {
		t.Errorf("with CI=true the test %s, want %s", r.ended, want)
	}
}

func TestInstall(t *testing.T) {
	t.Setenv("CI", "")
	t.Setenv("MAKEFLAGS", "--dry-run") // of a make that runs the tests
	folder := t.TempDir()
	makefile := "there: ; @echo once >> made\nnowhere: ; @echo 'error: no registry' >&2; exit 3\n"
	if err := os.WriteFile(filepath.Join(folder, "Makefile"), []byte(makefile), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		r := &recorder{}
		if Install(r, folder, "there"); r.ended != "" {
			t.Errorf("the test %s", r.ended)
		}
	}
	if made, err := os.ReadFile(filepath.Join(folder, "made")); string(made) != "once\n" {
		t.Errorf("the target was made %q (%v), want once", made, err)
	}
	r := &recorder{}
	Install(r, folder, "nowhere")
	if want := "skipped: make nowhere fails: exit status 2, error: no registry; make it succeed in the repository's folder first"; r.ended != want {
		t.Errorf("the test %s, want %s", r.ended, want)
	}
	t.Setenv("PATH", "")
	r = &recorder{}
	Install(r, folder, "without make")
	if want := `skipped: make without make fails: exec: "make": executable file not found in $PATH; `; !strings.HasPrefix(r.ended, want) {
		t.Errorf("the test %s, want %s", r.ended, want)
	}
}
