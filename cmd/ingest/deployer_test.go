package main

import (
	"os"
	"strings"
	"testing"
)

const s3State = `"s3": {"bucket": "api-kinesis-state", "encrypt": true, "key": "api-kinesis/dev.tfstate", "region": "us-east-1", "use_lockfile": true}`

func TestDeployer(t *testing.T) {
	atProject(t)
	withState(t, s3State)
	wantErr := `to make the roles, as an administrator of the account:
  (save this as deployer/main.tf.json)
  terraform -chdir=deployer init
  terraform -chdir=deployer apply
and keep deployer/terraform.tfstate: it is the state of these roles.
the outputs are the roles' ARNs; docs/github.md has the workflow that uses them.
`
	status, stdout, stderr := ingest(t, "deployer", "--env", "dev", "--repository", "octo-org/octo-repo")
	if status != 0 || stderr != wantErr || !strings.Contains(stdout, `"name": "api-kinesis-deploy-dev"`) {
		t.Errorf("it ends with %d and says\n%s\n%s", status, stdout, stderr)
	}
	again, same, _ := ingest(t, "deployer", "--stack", "cdktf.out/stacks/dev/cdk.tf.json", "--repository", "octo-org/octo-repo")
	if again != 0 || same != stdout {
		t.Errorf("with --stack it ends with %d and prints\n%s", again, same)
	}
	status, printed, stderr := ingest(t, "deployer", "--env", "dev", "--repository", "octo-org/octo-repo", "--out", "made/here")
	written, err := os.ReadFile("made/here/main.tf.json")
	if status != 0 || err != nil || printed != "" || string(written) != stdout || !strings.Contains(stderr, "\n  terraform -chdir=made/here apply\n") {
		t.Errorf("it ends with %d and says %s%s (%v)", status, printed, stderr, err)
	}
}

func TestDeployerBadInput(t *testing.T) {
	const repository = "; use OWNER/NAME, or OWNER@ID/NAME@ID where GitHub puts ids into the subject of its tokens"
	for _, test := range []struct {
		name, state string
		args        []string
		status      int
		want        string
	}{
		{"nothing", "", nil, 2, "--env is missing; name the environments to deploy, or their files with --stack\nerror: --repository is \"\"" + repository},
		{"both", "", []string{"--env", "dev", "--stack", "file", "--repository", "o/r"}, 2, "--env is given beside --stack; give one of them"},
		{"an address", "", []string{"--env", "dev", "--repository", "github.com/o/r"}, 2, `--repository is "github.com/o/r"` + repository},
		{"an unknown environment", "", []string{"--env", "dev,qa", "--repository", "o/r"}, 2, `--env: no environment named "qa" is synthesised (make synth synthesises all); use dev`},
		{"no file", "", []string{"--stack", "none.json", "--repository", "o/r"}, 1, "--stack: open none.json: no such file or directory; name a synthesised stack's file"},
		{"a local state", "", []string{"--env", "dev", "--repository", "o/r"}, 1, `dev: its state is in a backend of type "local", which a workflow loses at its end; set env.State.S3 = &spec.S3State{Bucket: "NAME"} in its file in stacks/ and synthesise again`},
		{"one twice", s3State, []string{"--env", "dev", "--env", "dev", "--repository", "o/r"}, 1, "dev: the environment is given twice; name it once"},
		{"the folder of the stack", "", []string{"--stack", "made/main.tf.json", "--repository", "o/r", "--out", "made"}, 2, "--out made would replace made/main.tf.json, which --stack names; name another folder"},
		{"a file for a folder", s3State, []string{"--env", "dev", "--repository", "o/r", "--out", "cdktf.json"}, 1, "--out: mkdir cdktf.json: not a directory; name a folder that can be written"},
	} {
		t.Run(test.name, func(t *testing.T) {
			atProject(t)
			if test.state != "" {
				withState(t, test.state)
			}
			status, stdout, stderr := ingest(t, append([]string{"deployer"}, test.args...)...)
			if want := "error: " + test.want + "\n"; status != test.status || stdout != "" || stderr != want {
				t.Errorf("it ends with %d and says\n%s%s, want %s", status, stdout, stderr, want)
			}
		})
	}
}
