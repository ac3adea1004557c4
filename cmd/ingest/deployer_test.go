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
  (save this as deploy-roles/main.tf.json)
  terraform -chdir=deploy-roles init
  terraform -chdir=deploy-roles apply
and keep deploy-roles/terraform.tfstate: it is the state of these roles.
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

// A token of a job with an environment does not name the branch, and the role trusts one of the two.
func TestDeployerOfABranch(t *testing.T) {
	atProject(t)
	withState(t, s3State)
	status, stdout, stderr := ingest(t, "deployer", "--env", "dev", "--repository", "o/r", "--branch", "main")
	hint := "the deploying jobs must run on main and have no line \"environment:\": GitHub's tokens name the one or the other.\n"
	if status != 0 || !strings.HasSuffix(stderr, hint) || !strings.Contains(stdout, "repo:o/r:ref:refs/heads/main") || strings.Contains(stdout, ":environment:") {
		t.Errorf("it ends with %d and says\n%s\n%s", status, stdout, stderr)
	}
}

// The state in a folder is that of the stack in it. An apply of another one there deletes what that one lacks.
func TestStacksAreNotReplacedByOthers(t *testing.T) {
	const remedy = "name a folder of its own for this stack; to delete what is there, delete the file first\n"
	role := func(name string) string { return `{"name": "api-kinesis-` + name + `"}` }
	roles := func(provider, more string) string {
		return `{"provider": {"aws": {` + provider + `}}, "resource": {"aws_iam_role": {"plan-dev": ` + role("plan-dev") + `, "deploy-dev": ` + role("deploy-dev") + more + `}}}`
	}
	deployer := []string{"deployer", "--env", "dev", "--repository", "o/r", "--out", "made"}
	for _, test := range []struct {
		name, there string
		args        []string
		want        string
	}{
		{"the same roles", roles("", ""), deployer, ""},
		{"fewer roles", `{}`, deployer, ""},
		{"another environment's", roles("", `, "plan-prod": `+role("plan-prod")), deployer,
			"made/main.tf.json declares aws_iam_role api-kinesis-plan-prod, which the next apply would delete; " + remedy},
		{"another account's", roles(`"allowed_account_ids": ["111122223333"]`, ""), deployer,
			"made/main.tf.json is for the account 111122223333, and this stack is for 444455556666; " + remedy},
		{"the bucket of the state", `{"resource": {"aws_s3_bucket": {"state": {"bucket": "states"}}}}`, deployer,
			"made/main.tf.json declares aws_s3_bucket states, which the next apply would delete; " + remedy},
		{"roles, by a bucket", roles("", ""), []string{"backend", "--env", "dev", "--out", "made"},
			"made/main.tf.json declares aws_iam_role api-kinesis-deploy-dev, which the next apply would delete; " + remedy},
		{"another bucket", `{"resource": {"aws_s3_bucket": {"state": {"bucket": "states"}}}}`, []string{"backend", "--env", "dev", "--out", "made"},
			"made/main.tf.json declares aws_s3_bucket states, which the next apply would delete; " + remedy},
		{"no JSON", `resource {}`, deployer, "made/main.tf.json is there and is no stack of this command's (invalid character 'r' looking for beginning of value); name another folder\n"},
		{"no object", `[]`, deployer, "name another folder\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			atProject(t)
			withState(t, s3State)
			if test.name == "another account's" {
				replaceIn(t, "cdktf.out/stacks/dev/cdk.tf.json", `"region": "us-east-1"`, `"allowed_account_ids": ["444455556666"], "region": "us-east-1"`)
			}
			must(t, os.MkdirAll("made", 0o755))
			must(t, os.WriteFile("made/main.tf.json", []byte(test.there), 0o600))
			status, _, stderr := ingest(t, test.args...)
			after, err := os.ReadFile("made/main.tf.json")
			must(t, err)
			if test.want == "" {
				if status != 0 || string(after) == test.there {
					t.Errorf("it ends with %d and says %s", status, stderr)
				}
				return
			}
			if status != 1 || !strings.HasPrefix(stderr, "error: --out: ") || !strings.HasSuffix(stderr, test.want) || string(after) != test.there {
				t.Errorf("it ends with %d and says %s, want %s", status, stderr, test.want)
			}
		})
	}
}

// replaceIn replaces the first occurrence of a text in a file.
func replaceIn(t *testing.T, file, before, after string) {
	t.Helper()
	text, err := os.ReadFile(file)
	must(t, err)
	if !strings.Contains(string(text), before) {
		t.Fatalf("%s has no %s", file, before)
	}
	must(t, os.WriteFile(file, []byte(strings.Replace(string(text), before, after, 1)), 0o600))
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
		{"no file", "", []string{"--stack", "none.json", "--repository", "o/r"}, 1, `--stack: there is no file "none.json"; run make synth, then name cdktf.out/stacks/ENV/cdk.tf.json`},
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
