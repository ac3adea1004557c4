package docs

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"cdk.tf/go/ingest/internal/goldens"
	"cdk.tf/go/ingest/internal/lacking"
)

// The commands of docs/modules.md make an app in a module of its own.
func TestModulesPageRuns(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds an app in a module of its own; run it without -short")
	}
	if _, err := exec.LookPath("node"); err != nil {
		lacking.End(t, "node is not on PATH; install Node.js 20 or newer (https://nodejs.org)")
	}
	block := regexp.MustCompile("(?s)```sh\n(mkdir my-app.*?)```").FindStringSubmatch(read(t, "docs/modules.md"))
	if block == nil {
		t.Fatal("the page has no block that makes an app")
	}
	folder := t.TempDir()
	if err := os.Symlink(goldens.Root(), filepath.Join(folder, "ingest")); err != nil {
		t.Fatal(err)
	}
	// By its real path, Go has compiled the repository already.
	const replace = "-replace=cdk.tf/go/ingest="
	commands := strings.Replace(block[1], replace+"../ingest\n", replace+"'"+goldens.Root()+"'\n", 1)
	if commands == block[1] {
		t.Fatal("the page does not take the repository from ../ingest")
	}
	shell := exec.Command("bash", "-euo", "pipefail", "-c", commands)
	shell.Dir = folder
	if output, err := shell.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	for _, name := range []string{"orders", "clicks"} {
		if _, err := os.Stat(filepath.Join(folder, "my-app", "cdktf.out", "stacks", name, "cdk.tf.json")); err != nil {
			t.Error(err)
		}
	}
}
