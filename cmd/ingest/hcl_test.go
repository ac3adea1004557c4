package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cdk.tf/go/ingest/internal/goldens"
)

// TestHCL writes what deploytest plans and applies. Here is what the command adds: where the files go, and where the state is.
func TestHCL(t *testing.T) {
	atProject(t)
	must(t, os.WriteFile("cdktf.out/stacks/dev/.terraform.lock.hcl", []byte("# locked"), 0o644))
	status, stdout, stderr := ingest(t, "hcl", "--env", "dev", "--out", "infra/dev")
	want := "wrote 13 files to infra/dev; continue there:\n  terraform -chdir=infra/dev init\n  terraform -chdir=infra/dev plan\n"
	if status != 0 || stdout != want || stderr != "" {
		t.Fatalf("it ends with %d and says\n%s%s", status, stdout, stderr)
	}
	var names []string
	files, err := os.ReadDir("infra/dev")
	must(t, err)
	for _, file := range files {
		names = append(names, file.Name())
	}
	if diff := cmp.Diff([]string{
		".terraform.lock.hcl", "api.tf", "bucket.tf", "data.tf", "delivery-log.tf", "delivery-role.tf", "delivery.tf", "logging-role.tf",
		"outputs.tf", "providers.tf", "stream.tf", "submit-role.tf", "terraform.tf",
	}, names); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	// The state was ../../../terraform.dev.tfstate, from cdktf.out/stacks/dev.
	if text := read(t, "infra/dev/terraform.tf"); !strings.Contains(text, `path = "../../terraform.dev.tfstate"`) {
		t.Errorf("the state is elsewhere:\n%s", text)
	}
	if _, stdout, _ := ingest(t, "hcl", "--env", "dev", "--out", "infra/two words"); !strings.Contains(stdout, "\n  terraform -chdir='infra/two words' plan\n") {
		t.Errorf("it says %s", stdout)
	}
	// What was written may have been edited since.
	status, stdout, stderr = ingest(t, "hcl", "--env", "dev", "--out", "infra/dev")
	if want := "error: --out: infra/dev is not empty; name a new or an empty folder\n"; status != 1 || stdout != "" || stderr != want {
		t.Errorf("over the first it ends with %d and says\n%s%s", status, stdout, stderr)
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	must(t, err)
	return string(text)
}

// The files of a hosted page come along, and so does whatever else an object is made of.
func TestHCLOfAHostedPage(t *testing.T) {
	golden := goldens.Read(t, "option-web")
	t.Chdir(t.TempDir())
	must(t, os.MkdirAll("stack/web/_web", 0o755))
	must(t, os.WriteFile("stack/cdk.tf.json", golden, 0o644))
	page := []string{"web/favicon.svg", "web/index.html", "web/_web/index-0aB_1c-2.css", "web/_web/index-3dE_4f-5.js"}
	for _, file := range page[1:] {
		must(t, os.WriteFile(filepath.Join("stack", file), []byte(file), 0o644))
	}
	status, _, stderr := ingest(t, "hcl", "--stack", "stack/cdk.tf.json", "--out", "out")
	want := "error: stack/cdk.tf.json: aws_s3_object.web-bucket_favicon-svg-3f3b73: open stack/web/favicon.svg: no such file or directory; synthesise the stack again\n"
	if status != 1 || stderr != want {
		t.Errorf("without a file it ends with %d and says %s, want %s", status, stderr, want)
	}
	must(t, os.WriteFile("stack/web/favicon.svg", []byte("web/favicon.svg"), 0o644))
	if status, _, stderr := ingest(t, "hcl", "--stack", "stack/cdk.tf.json", "--out", "out"); status != 0 {
		t.Fatalf("it ends with %d and says %s", status, stderr)
	}
	for _, file := range page {
		if text := read(t, filepath.Join("out", file)); text != file {
			t.Errorf("%s holds %q", file, text)
		}
	}
}

func TestHCLBadInput(t *testing.T) {
	for _, test := range []struct {
		name, stack string
		args        []string
		want        string
	}{
		{"nothing", "", nil, "--env or --stack is missing; name an environment, or a synthesised stack"},
		{"both", "", []string{"--env", "dev", "--stack", "a"}, "--env is given beside --stack; give one or the other"},
		{"no folder", "", []string{"--env", "dev"}, "--out is missing; name a new or an empty folder"},
		{"an unknown environment", "", []string{"--env", "qa", "--out", "out"}, `--env: no environment named "qa" is synthesised (make synth synthesises all); use dev`},
		{"no stack", "", []string{"--stack", "none.json", "--out", "out"}, `--stack: there is no file "none.json"; run make synth, then name cdktf.out/stacks/ENV/cdk.tf.json`},
		{"no JSON", "{", []string{"--stack", "stack.json", "--out", "out"}, "--stack: stack.json: not JSON: unexpected end of JSON input; correct the file, or name one that make synth wrote, such as cdktf.out/stacks/dev/cdk.tf.json"},
		{"a bad backend", `{"terraform": {"backend": 1}}`, []string{"--stack", "stack.json", "--out", "out"}, `stack.json: terraform: "backend" is a number; it must be an object or a list of objects`},
		{"no form", `{"check": {}}`, []string{"--stack", "stack.json", "--out", "out"}, `stack.json: "check" has no known form in the native syntax; take it out and write it by hand`},
		{"a file elsewhere", `{"resource": {"aws_s3_object": {"a": {"source": "../a"}}}}`, []string{"--stack", "stack.json", "--out", "out"}, `stack.json: aws_s3_object.a: source is "../a", outside the stack's folder; put the file into the folder`},
		{"a file for a folder", "", []string{"--env", "dev", "--out", "cdktf.json"}, "--out: mkdir cdktf.json: not a directory; name a new or an empty folder"},
		{"an argument", "", []string{"dev"}, `ingest hcl takes no argument, but has "dev"; name an environment with --env dev`},
	} {
		t.Run(test.name, func(t *testing.T) {
			atProject(t)
			must(t, os.WriteFile("stack.json", []byte(test.stack), 0o644))
			status, stdout, stderr := ingest(t, append([]string{"hcl"}, test.args...)...)
			wrong := 1
			if strings.HasPrefix(test.want, "--env") || strings.HasPrefix(test.want, "--out is missing") || test.name == "an argument" {
				wrong = 2 // what was typed is wrong
			}
			if want := fmt.Sprintf("error: %s\n", test.want); status != wrong || stdout != "" || stderr != want {
				t.Errorf("it ends with %d and says\n%s%s, want %s", status, stdout, stderr, want)
			}
			if _, err := os.Stat("out"); err == nil {
				t.Error("it leaves a folder")
			}
		})
	}
}
