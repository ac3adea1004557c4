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
	inParallel(t)
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

// writeProject makes a project for cdktf that runs this repository's app in the repository's folder, where Go has compiled it already.
// It has cdktf.json and the npm packages, and no state and no output.
func writeProject(t *testing.T, folder, packages string) {
	t.Helper()
	if err := os.Symlink(packages, filepath.Join(folder, "node_modules")); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root(t), "cdktf.json"))
	if err != nil {
		t.Fatal(err)
	}
	config := decode[map[string]any](t, "cdktf.json", string(text))
	expect(t, "the app", any("go run ."), config["app"])
	expect(t, "the output", any("cdktf.out"), config["output"])
	config["app"] = "go -C '" + root(t) + "' run ."
	config["output"] = filepath.Join(folder, "cdktf.out")
	if err := os.WriteFile(filepath.Join(folder, "cdktf.json"), []byte(encode(t, config)), 0o600); err != nil {
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
