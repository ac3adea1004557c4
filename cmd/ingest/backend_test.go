package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cdk.tf/go/ingest/internal/goldens"
)

func TestBackend(t *testing.T) {
	golden := goldens.Read(t, "backend/s3")
	atProject(t)
	wantErr := `to make the bucket, once:
  (save this as state-backend/main.tf.json)
  terraform -chdir=state-backend init
  terraform -chdir=state-backend apply
and keep state-backend/terraform.tfstate: it is the state of this bucket itself.
in an environment in stacks/:
  env.State.S3 = &spec.S3State{Bucket: "api-kinesis-state", Region: "us-east-1"}
where the environment is deployed already, first move its state: docs/terraform.md, "State in S3". The plan
of ENV must be empty, or an apply creates everything a second time.
`
	status, stdout, stderr := ingest(t, "backend", "--bucket", "api-kinesis-state", "--region", "us-east-1")
	if status != 0 || stdout != string(golden) || stderr != wantErr {
		t.Errorf("it ends with %d and says\n%s\n%s", status, stdout, stderr)
	}
	// An environment gives the same stack.
	withState(t, `"s3": {"bucket": "api-kinesis-state", "encrypt": true, "key": "api-kinesis/dev.tfstate", "region": "us-east-1", "use_lockfile": true}`)
	must(t, os.MkdirAll("made/here", 0o755))
	must(t, os.Symlink("../kept.tf.json", "made/here/main.tf.json"))
	for range 2 { // the second time overwrites the first
		status, stdout, stderr = ingest(t, "backend", "--env", "dev", "--out", "made/here")
		written, err := os.ReadFile("made/here/main.tf.json")
		if status != 0 || err != nil || stdout != "" || string(written) != string(golden) ||
			!strings.Contains(stderr, "\n  terraform -chdir=made/here apply\n") || !strings.Contains(stderr, "\nof dev must be empty, ") {
			t.Fatalf("it ends with %d and says %s%s (%v)", status, stdout, stderr, err)
		}
	}
	to, _ := os.Readlink("made/here/main.tf.json")
	if made, _ := filepath.Glob("made/here/*"); len(made) != 1 || to != "../kept.tf.json" {
		t.Errorf("it leaves %v, and the link leads to %q", made, to)
	}
}

// withState has the dev stack keep its state in another backend.
func withState(t *testing.T, backend string) {
	t.Helper()
	const file = "cdktf.out/stacks/dev/cdk.tf.json"
	text, err := os.ReadFile(file)
	must(t, err)
	const before = "\"backend\": {\n      \"local\": {\n        \"path\": \"../../../terraform.dev.tfstate\"\n      }\n    }"
	if !strings.Contains(string(text), before) {
		t.Fatal("the dev stack no longer keeps its state in a local file")
	}
	must(t, os.WriteFile(file, []byte(strings.Replace(string(text), before, `"backend": {`+backend+`}`, 1)), 0o644))
}

func TestBackendBadInput(t *testing.T) {
	for _, test := range []struct {
		name, state string
		args        []string
		status      int
		want        string
	}{
		{"nothing", "", nil, 2, "--env or --bucket and --region are missing; name an environment that keeps its state in S3, or the bucket to make"},
		{"both", "", []string{"--env", "dev", "--bucket", "b"}, 2, "--env is given beside --bucket, --region or --kms-key; give one or the other: the environment has all three"},
		{"no region", "", []string{"--bucket", "states"}, 2, `--region is ""; use a region such as "eu-west-1": an area, a direction and a number`},
		{"a bad key", "", []string{"--bucket", "states", "--region", "eu-west-1", "--kms-key", "key"}, 2, `--kms-key is "key"; use the ARN of an alias or a key, such as arn:aws:kms:eu-west-1:111122223333:alias/state or …:key/ and a UUID, whose version Terraform checks too`},
		{"an unknown environment", "", []string{"--env", "qa"}, 2, `--env: no environment named "qa" is synthesised (make synth synthesises all); use dev`},
		{"a local state", "", []string{"--env", "dev"}, 1, `--env dev: its state is in a local file; set env.State.S3 = &spec.S3State{Bucket: "NAME"} in its file in stacks/ and synthesise again, or name --bucket and --region`},
		{"an edited stack", `"s3": {"bucket": "states"}`, []string{"--env", "dev"}, 1, `--env dev: its stack's value is refused: --region is ""; use a region such as "eu-west-1": an area, a direction and a number`},
		{"a file for a folder", "", []string{"--bucket", "states", "--region", "eu-west-1", "--out", "cdktf.json"}, 1, "--out: mkdir cdktf.json: not a directory; name a folder that can be written"},
		{"an argument", "", []string{"dev"}, 2, `ingest backend takes no argument, but has "dev"; name an environment with --env dev`},
	} {
		t.Run(test.name, func(t *testing.T) {
			atProject(t)
			if test.state != "" {
				withState(t, test.state)
			}
			status, stdout, stderr := ingest(t, append([]string{"backend"}, test.args...)...)
			if want := "error: " + test.want + "\n"; status != test.status || stdout != "" || stderr != want {
				t.Errorf("it ends with %d and says\n%s%s, want %d and %s", status, stdout, stderr, test.status, want)
			}
		})
	}
}
