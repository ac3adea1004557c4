package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cdk.tf/go/ingest/internal/goldens"
)

// Without a file and without --local the outputs are those in the state, which the program that deploys reads: Terraform, or the one in
// TERRAFORM_BINARY_NAME.
func TestVerifyReadsOutputsWithTheProgramThatDeploys(t *testing.T) {
	const state, read = `echo '{"region": {"value": "us-east-1"}}'`, `what was read has no output submit_url of "dev"`
	for _, test := range []struct{ name, program, script, variable, want string }{
		{"Terraform", "terraform", state, "", read},
		{"OpenTofu", "tofu", state, "tofu", read},
		{"neither", "", "", "", "terraform is not on PATH, which reads the outputs from the state; install it, name another program in TERRAFORM_BINARY_NAME, or name a file of outputs with --outputs"},
		{"no OpenTofu", "terraform", state, "tofu", "tofu is not on PATH, which reads"},
		{"OpenTofu fails", "tofu", "echo 'Error: no backend' >&2; exit 1", "tofu", `tofu output says "Error: no backend"; deploy the environment from this folder first (make deploy ENV=dev), run tofu -chdir=cdktf.out/stacks/dev init where`},
		{"Terraform warns first", "terraform", "echo 'There are problems: │ Warning: no file │ Error: Backend initialization required' >&2; exit 1", "", `terraform output says "Error: Backend initialization required"; deploy the`},
		{"no outputs", "terraform", "echo '{}'", "", "--env dev: the state has no outputs, so nothing is deployed; deploy the environment first (make deploy ENV=dev), name a file of outputs with --outputs (npx cdktf output ENV --outputs-file FILE), or verify a running ingest up with --local"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			must(t, os.WriteFile("cdktf.json", []byte(`{"app": "true"}`), 0o644))
			must(t, os.MkdirAll("cdktf.out/stacks/dev", 0o755))
			stack, err := os.ReadFile(goldens.File(t, "dev"))
			must(t, err)
			must(t, os.WriteFile("cdktf.out/stacks/dev/cdk.tf.json", stack, 0o644))
			bin := t.TempDir()
			if test.program != "" {
				script := "#!/bin/sh\n[ \"$*\" = '-chdir=cdktf.out/stacks/dev output -json -no-color' ] || exit 9\n" + test.script + "\n"
				must(t, os.WriteFile(filepath.Join(bin, test.program), []byte(script), 0o755))
			}
			t.Setenv("PATH", bin)
			t.Setenv("TERRAFORM_BINARY_NAME", test.variable)
			var stdout, stderr bytes.Buffer
			if status := run(t.Context(), []string{"verify", "--env", "dev"}, &stdout, &stderr); status != statusFailed || !strings.Contains(stderr.String(), test.want) {
				t.Errorf("it ends with %d and says %s%s\nwant %s", status, &stdout, &stderr, test.want)
			}
		})
	}
}

// Credentials of another account than the deployment's are refused before the first event: nothing of the deployment exists there.
func TestVerifyRefusesCredentialsOfAnotherAccount(t *testing.T) {
	sent := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			sent++
		}
		fmt.Fprint(w, `<GetCallerIdentityResponse><GetCallerIdentityResult><Account>210987654321</Account><Arn>arn:aws:iam::210987654321:user/other</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>`)
	}))
	t.Cleanup(server.Close)
	for name, value := range map[string]string{"AWS_ENDPOINT_URL": server.URL, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_MAX_ATTEMPTS": "1"} {
		t.Setenv(name, value)
	}
	outputs := filepath.Join(t.TempDir(), "outputs.json")
	must(t, os.WriteFile(outputs, []byte(`{"submit_url": "`+server.URL+`/dev/submit", "stream_arn": "arn:aws:kinesis:us-east-1:123456789012:stream/s"}`), 0o600))
	var stdout, stderr bytes.Buffer
	status := run(t.Context(), []string{"verify", "--stack", goldens.File(t, "dev"), "--outputs", outputs, "--groups", "way"}, &stdout, &stderr)
	const want = "the credentials are of the account 210987654321 (arn:aws:iam::210987654321:user/other), and the output stream_arn of the deployment names the account 123456789012: use credentials of that account"
	if status != statusFailed || !strings.Contains(stderr.String(), want) || sent > 0 {
		t.Errorf("it ends with %d, sends %d requests, and says %s%s\nwant %s", status, sent, &stdout, &stderr, want)
	}
}

// Outputs without what AWS made up are refused: the checks would compare the deployment with other ids. A smoke test needs none of them.
func TestVerifyRefusesIncompleteOutputs(t *testing.T) {
	for name, value := range map[string]string{"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_MAX_ATTEMPTS": "1"} {
		t.Setenv(name, value)
	}
	outputs := filepath.Join(t.TempDir(), "outputs.json")
	must(t, os.WriteFile(outputs, []byte(`{"submit_url": "http://127.0.0.1:1/prod/submit", "key_arn": ""}`), 0o600))
	for flags, want := range map[string]string{
		"--groups=surroundings": "error: the outputs have no access_log_group, api_id, key_arn, stream_arn, which the stack declares: give all outputs of the deployment (terraform output -json), or deploy the stack again",
		"--smoke":               "1 check did not hold",
	} {
		var stdout, stderr bytes.Buffer
		if status := run(t.Context(), []string{"verify", "--stack", goldens.File(t, "prod"), "--outputs", outputs, flags}, &stdout, &stderr); status != statusFailed || !strings.Contains(stderr.String(), want) {
			t.Errorf("%s ends with %d and says %s%s\nwant %s", flags, status, &stdout, &stderr, want)
		}
	}
}
