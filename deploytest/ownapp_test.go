package deploytest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestOwnApp checks the stacks of the example in docs/modules.md with the provider.
func TestOwnApp(t *testing.T) {
	inParallel(t)
	needNode(t)
	outdir := filepath.Join(t.TempDir(), "cdktf.out")
	app := exec.Command("go", "run", "./examples/ownapp")
	app.Dir = root(t)
	app.Env = append(os.Environ(), "CDKTF_OUTDIR="+outdir)
	if output, err := app.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	for _, name := range []string{"orders", "clicks"} {
		folder := stackFolder(outdir, name)
		p := openPipeline(t, nowhere, attached(t, nowhere, folder), folder)
		p.init()
		expectValid(t, p)
	}
}
