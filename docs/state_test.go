package docs

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"cdk.tf/go/ingest/internal/lacking"
)

// synthesising stands in for make: it writes a stack whose state is in old.tfstate, and after that one whose state is in new.tfstate.
const synthesising = `#!/bin/sh
stack=cdktf.out/stacks/dev/cdk.tf.json
mkdir -p cdktf.out/stacks/dev
place=old && test -e "$stack" && place=new
printf '{"terraform": {"backend": {"local": {"path": "../../../%s.tfstate"}}}, "resource": {"terraform_data": {"event": {"input": 1}}}}' "$place" > "$stack"
`

// planned is how Terraform ends a plan: the first is that of the apply, the second that of the page.
var planned = regexp.MustCompile(`(?m)^(Plan: |No changes\.).*`)

// Terraform moves a state with the commands of the page. The plan is empty afterwards, also where the folder was made anew.
func TestThePageMovesTheState(t *testing.T) {
	if _, err := exec.LookPath("terraform"); err != nil {
		lacking.End(t, "terraform is not on PATH; install it (https://developer.hashicorp.com/terraform/install)")
	}
	_, section, _ := strings.Cut(read(t, "docs/terraform.md"), "move its state once")
	blocks := regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(section, 2)
	if len(blocks) < 2 {
		t.Fatal("the page has no commands that move a state")
	}
	_, rest, _ := strings.Cut(blocks[0][1], "\n") // the old place is not initialised
	const (
		in      = "terraform -chdir=cdktf.out/stacks/dev "
		deploy  = "make synth; " + in + "init; " + in + "apply -auto-approve; rm -r cdktf.out"
		lacks   = "Plan: 1 to add"
		changes = "No changes."
	)
	for _, test := range []struct{ name, script, want string }{
		{"the page's commands", deploy + "\n" + blocks[0][1], changes},
		{"without the first init", deploy + "\nmake synth\n" + rest, lacks},
		{"with the state's file", deploy + "\nmake synth; make synth; " + in + "init\n" + strings.ReplaceAll(blocks[1][1], "terraform.dev.tfstate", "old.tfstate") + in + "plan", changes},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			bin := t.TempDir()
			if err := os.WriteFile(filepath.Join(bin, "make"), []byte(synthesising), 0o755); err != nil {
				t.Fatal(err)
			}
			status, stdout, stderr := shell(t, t.TempDir(), bin, "yes yes | sh -ec "+quoted(test.script), "CHECKPOINT_DISABLE=1", "TF_CLI_ARGS=-no-color")
			plans := planned.FindAllString(stdout, -1)
			if status != 0 || len(plans) != 2 || !strings.HasPrefix(plans[1], test.want) {
				t.Errorf("it ends with %d and\n%s%s", status, stdout, stderr)
			}
		})
	}
}
