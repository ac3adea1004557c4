package deploytest

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"cdk.tf/go/ingest/spec"
	"cdk.tf/go/ingest/stacks"
)

// TestCLI deploys dev as a person does, with the cdktf command, in a folder of its own: in the repository's, cdktf
// would write to the state of whoever deploys from there.
func TestCLI(t *testing.T) {
	t.Parallel()
	if stacks.Dev().State != (spec.State{}) {
		t.Skip("dev keeps its state elsewhere, where a test has no business")
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
		// Locking asks the registry, even where Terraform has a mirror.
		"--skip-provider-lock")
	if output, err := deploy.CombinedOutput(); err != nil {
		t.Fatalf("cdktf deploy: %v\n%s", err, output)
	}
	t.Logf("cdktf deploy: %s", time.Since(start).Round(time.Second))
	if _, err := os.Stat(filepath.Join(folder, "terraform.dev.tfstate")); err != nil {
		t.Errorf("the state is not beside cdktf.json: %v", err)
	}

	p := openPipeline(t, endpoint, program, stackFolder(filepath.Join(folder, "cdktf.out"), "dev"))
	checkOutputs(t, p.outputs())
	p.expectPlan(map[string]string{})
}

// writeProject makes a project that is this one to cdktf: its cdktf.json with a built app, and its npm packages.
func writeProject(t *testing.T, folder, packages string) {
	t.Helper()
	app := filepath.Join(folder, "app")
	build := command(t, root(t), environment(nowhere), "go", "build", "-o", app, ".")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, output)
	}
	text, err := os.ReadFile(filepath.Join(root(t), "cdktf.json"))
	if err != nil {
		t.Fatal(err)
	}
	config := decode[map[string]any](t, "cdktf.json", string(text))
	config["app"] = app
	if text, err = json.Marshal(config); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "cdktf.json"), text, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(packages, filepath.Join(folder, "node_modules")); err != nil {
		t.Fatal(err)
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
