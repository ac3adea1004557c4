package main

import (
	"os"
	"strings"
	"testing"
)

func TestOpenAPI(t *testing.T) {
	atProject(t)
	status, stdout, stderr := ingest(t, "openapi", "--env", "dev")
	if status != 0 || stderr != "" || !strings.Contains(stdout, `"url": "http://127.0.0.1:8080/dev"`) {
		t.Fatalf("it ends with %d and says %s%s", status, stdout, stderr)
	}
	const outputs = `{"dev": {"submit_url": "https://abc.execute-api.us-east-1.amazonaws.com/dev/submit"}}`
	must(t, os.WriteFile("outputs.json", []byte(outputs), 0o600))
	const stack = "cdktf.out/stacks/dev/cdk.tf.json"
	for _, args := range [][]string{
		{"--stack", stack, "--outputs", "outputs.json"},
		{"--server", "https://abc.execute-api.us-east-1.amazonaws.com/dev/"},
	} {
		status, stdout, stderr := ingest(t, append([]string{"openapi", "--out", "openapi.json"}, args...)...)
		text, err := os.ReadFile("openapi.json")
		if status != 0 || stdout+stderr != "" || err != nil || !strings.Contains(string(text), `"url": "https://abc.execute-api.us-east-1.amazonaws.com/dev"`) {
			t.Errorf("%v: it ends with %d and says %s%s (%v)\n%s", args, status, stdout, stderr, err, text)
		}
	}
}

// A link stays one, and the file that it names gets the document.
func TestOpenAPIThroughALink(t *testing.T) {
	atProject(t)
	must(t, os.Symlink("openapi.json", "link.json"))
	for range 2 { // the first time the link leads to no file
		if status, _, stderr := ingest(t, "openapi", "--out", "link.json"); status != 0 {
			t.Fatal(stderr)
		}
		text, err := os.ReadFile("openapi.json")
		if to, _ := os.Readlink("link.json"); err != nil || to != "openapi.json" || len(text) == 0 {
			t.Fatalf("the link leads to %q, whose file has %d bytes (%v)", to, len(text), err)
		}
		must(t, os.WriteFile("openapi.json", nil, 0o600))
	}
}

func TestOpenAPIBadInput(t *testing.T) {
	for _, test := range []struct {
		name   string
		args   []string
		status int
		want   string
	}{
		{"both stacks", []string{"--env", "dev", "--stack", "cdktf.out/stacks/dev/cdk.tf.json"}, 2, "--env and --stack are both given; give one"},
		{"both addresses", []string{"--outputs", "outputs.json", "--server", "https://a.example"}, 2, "--outputs and --server are both given; give one: each names the API's address"},
		{"no address", []string{"--server", "a.example"}, 2, `--server is "a.example"; use the address before the paths, such as https://events.example.com or https://abc123.execute-api.us-east-1.amazonaws.com/dev`},
		{"no file", []string{"--out", ""}, 2, "--out is empty; name a file, or leave the flag out"},
		{"the stack's file", []string{"--stack", "cdktf.out/stacks/dev/cdk.tf.json", "--out", "cdktf.out/stacks/../stacks/dev/cdk.tf.json"}, 2, "--stack and --out both use cdktf.out/stacks/../stacks/dev/cdk.tf.json; name two files"},
		{"the environment's file", []string{"--env", "dev", "--out", "cdktf.out/stacks/dev/cdk.tf.json"}, 2, "--env dev and --out both use cdktf.out/stacks/dev/cdk.tf.json; name two files"},
		{"the outputs' file", []string{"--outputs", "cdktf.json", "--out", "cdktf.json"}, 2, "--outputs and --out both use cdktf.json; name two files"},
		{"no folder", []string{"--out", "none/openapi.json"}, 1, "--out: none/openapi.json lies in a folder that is not there; make the folder, or correct the path"},
		{"no outputs", []string{"--outputs", "cdktf.json"}, 1, "--outputs cdktf.json: it holds no outputs of a stack dev"},
		{"an unknown environment", []string{"--env", "qa"}, 2, `--env: no environment named "qa" is synthesised (make synth synthesises all); use dev`},
		{"no stack", []string{"--stack", "none.json"}, 1, `--stack: there is no file "none.json"; run make synth, then name cdktf.out/stacks/ENV/cdk.tf.json`},
	} {
		t.Run(test.name, func(t *testing.T) {
			atProject(t)
			status, stdout, stderr := ingest(t, append([]string{"openapi"}, test.args...)...)
			if status != test.status || stdout != "" || !strings.HasPrefix(stderr, "error: "+test.want) || strings.Count(stderr, "\n") != 1 {
				t.Errorf("it ends with %d and says\n%s%s, want %s", status, stdout, stderr, test.want)
			}
		})
	}
}

// Outside a project the remedy is this command's own.
func TestOpenAPIOutsideAProject(t *testing.T) {
	t.Chdir(t.TempDir())
	status, stdout, stderr := ingest(t, "openapi")
	if status != 1 || stdout != "" || !strings.HasSuffix(stderr, "run this in the project's folder, or name a synthesised stack with --stack\n") {
		t.Errorf("it ends with %d and says\n%s%s", status, stdout, stderr)
	}
}
