package deploytest

import (
	"context"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"cdk.tf/go/ingest/internal/catalogue"
	"cdk.tf/go/ingest/spec"
)

// TestCLI deploys dev as a user does, with the cdktf command, in a new folder: in the repository's folder, cdktf would write to the
// user's own state.
func TestCLI(t *testing.T) {
	t.Parallel()
	if dev := catalogue.Named("dev"); dev.State != (spec.State{}) || dev.Account != "" {
		missing(t, "dev's state or its account is somebody's, with which a test has no business",
			"set State and Account in staging or prod, and leave dev without")
	}
	program, packages := terraform(t), nodeModules(t)
	endpoint := startMoto(t)
	folder := t.TempDir()
	writeProject(t, folder, packages)
	env := environment(endpoint)
	env["CI"] = "true"
	env["TERRAFORM_BINARY_NAME"] = program
	start := time.Now()
	deploy := command(t, folder, env, "npx", "--no-install", "cdktf", "deploy", "dev", "--auto-approve",
		// Locking asks the registry, even if Terraform has a mirror.
		"--skip-provider-lock")
	if output, err := deploy.CombinedOutput(); err != nil {
		t.Fatalf("cdktf deploy: %v\n%s", err, output)
	}
	t.Logf("cdktf deploy: %s", time.Since(start).Round(time.Second))
	if _, err := os.Stat(filepath.Join(folder, "terraform.dev.tfstate")); err != nil {
		t.Errorf("the state is not beside cdktf.json: %v", err)
	}

	stack := stackFolder(filepath.Join(folder, "cdktf.out"), "dev")
	p := openPipeline(t, endpoint, attached(t, endpoint, stack), stack)
	checkOutputs(t, p.outputs(), expectedDev)
	p.expectPlan(map[string]string{})
}

// writeProject makes a copy of this project for cdktf by links: cdktf.json with its `go run .`, the sources for that, and the npm
// packages. It has no state and no output.
func writeProject(t *testing.T, folder, packages string) {
	t.Helper()
	link := func(from, name string) {
		if err := os.Symlink(from, filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	link(packages, "node_modules")
	for _, name := range []string{
		"cdktf.json", "go.mod", "go.sum", "main.go", "internal", "modules", "policy", "spec", "stacks", "synth", "tfjson",
	} {
		link(filepath.Join(root(t), name), name)
	}
}

func command(t *testing.T, folder string, env map[string]string, name string, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), commandLimit)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = folder
	for _, key := range slices.Sorted(maps.Keys(env)) {
		cmd.Env = append(cmd.Env, key+"="+env[key])
	}
	return cmd
}
