package docs

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"cdk.tf/go/ingest/deployer"
	"cdk.tf/go/ingest/internal/goldens"
	"cdk.tf/go/ingest/tfjson"
)

// workflows are the project's own and those that docs/github.md and docs/testing.md have a user copy.
var workflows = []string{".github/workflows/ci.yml", "docs/examples/github/deploy.yml", "docs/examples/clienttest/workflow.yml"}

// actionlint reads a workflow as GitHub does: the syntax, the expressions, the events, the permissions.
func TestWorkflowsAreValid(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles actionlint; run it without -short")
	}
	output, err := exec.Command("go", append([]string{"tool", "-modfile=tools/actionlint.mod", "actionlint"}, workflows...)...).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, output)
	}
}

// Actions of GitHub's and HashiCorp's own are pinned by version, those of others by commit, with the version beside it.
func TestWorkflowsPinActions(t *testing.T) {
	own := regexp.MustCompile(`^(actions|hashicorp)/[a-z-]+@v[0-9]+$`)
	others := regexp.MustCompile(`^[A-Za-z0-9-]+/[a-z-]+@[0-9a-f]{40} # v[0-9.]+$`)
	for _, file := range workflows {
		found := 0
		for _, use := range regexp.MustCompile(`(?m)^\s*- uses: (.*)$`).FindAllStringSubmatch(read(t, file), -1) {
			found++
			if !own.MatchString(use[1]) && !others.MatchString(use[1]) {
				t.Errorf("%s: %s is not pinned", file, use[1])
			}
		}
		if found == 0 {
			t.Errorf("%s uses no action: this test no longer reads it", file)
		}
	}
}

// tflint reads the rules to install from its own default file unless it is told otherwise, and says that all are there. scripts/scan then
// finds none.
func TestWorkflowInstallsTheRulesThatAreScannedWith(t *testing.T) {
	_, remedy, _ := strings.Cut(read(t, "scripts/scan"), "install them: ")
	command, _, _ := strings.Cut(remedy, `"`)
	if !strings.HasPrefix(command, "tflint --init ") || !strings.Contains(read(t, ".github/workflows/ci.yml"), "run: "+command+"\n") {
		t.Errorf("the workflow does not run %q, as scripts/scan says", command)
	}
}

// The workflow runs what there is: the targets of the Makefile, the folders of the stacks, and the roles of ingest deployer.
func TestWorkflowRunsWhatThereIs(t *testing.T) {
	text := read(t, "docs/examples/github/deploy.yml")
	makefile := read(t, "Makefile")
	targets := regexp.MustCompile(`\bmake ([a-z-]+)`).FindAllStringSubmatch(text, -1)
	if len(targets) == 0 {
		t.Error("the workflow runs no target of the Makefile: this test no longer reads it")
	}
	for _, target := range targets {
		if !strings.Contains(makefile, "\n"+target[1]+":") {
			t.Errorf("the Makefile has no target %q", target[1])
		}
	}
	printed := rolesOf(t, "option-tuned")
	for _, task := range []string{"plan", "deploy"} {
		role := regexp.MustCompile(`:role/(api-kinesis-` + task + `-)\$\{\{ matrix\.environment \}\}`).FindStringSubmatch(text)
		if role == nil || !strings.Contains(printed, `"name": "`+role[1]+`option-tuned"`) {
			t.Errorf("the workflow's role to %s is not the one that ingest deployer prints", task)
		}
	}
	if !strings.Contains(text, "STACK: cdktf.out/stacks/${{ matrix.environment }}") {
		t.Error("the workflow does not plan in the stack's folder")
	}
	if !strings.Contains(printed, "octo-org/octo-repo:environment:option-tuned") || strings.Count(text, "environment: ${{ matrix.environment }}") != 1 {
		t.Error("the deploying job is not in the environment that the role trusts")
	}
}

// step is the script of a workflow's step, which GitHub runs with bash -e.
func step(t *testing.T, workflow, job, name string) string {
	t.Helper()
	_, text, _ := strings.Cut(workflow, "\n  "+job+":\n")
	_, text, _ = strings.Cut(text, "\n      - name: "+name+"\n")
	script := regexp.MustCompile(`(?m)^        run: \|\n((?:          .*\n)+)`).FindStringSubmatch(text)
	if script == nil {
		t.Fatalf("the job %s has no step %s with a script", job, name)
	}
	return regexp.MustCompile(`(?m)^          `).ReplaceAllString(script[1], "")
}

// A comment says what the last push did, whatever failed: with the one of the push before, a reviewer would approve another plan.
func TestWorkflowCommentsOnAFailure(t *testing.T) {
	text := read(t, "docs/examples/github/deploy.yml")
	const terraform = "#!/bin/sh\ncase \"$*\" in *\" $FAILS \"*) echo \"$FAILS fails\"; exit 1 ;; esac\necho \"$2 is done\"\n"
	comment := `mkdir -p scripts && printf 'cat "$3"' > scripts/pull-comment && chmod +x scripts/pull-comment` + "\n"
	for _, test := range []struct{ name, job, before, want string }{
		{"a plan", "plan", step(t, text, "plan", "Plan"), "init is done\nplan is done\n\n```\n"},
		{"init fails", "plan", "FAILS=init; export FAILS\n" + step(t, text, "plan", "Plan"), "init fails\n\n```\n"},
		{"the plan fails", "plan", "FAILS=plan; export FAILS\n" + step(t, text, "plan", "Plan"), "init is done\nplan fails\n\n```\n"},
		{"an earlier step fails", "plan", "", "There is no plan: a step before it failed. See the log of the job.\n\n```\n"},
		{"nothing to compare", "cost", "touch difference.md", "The versions could not be compared. See the log of the job.\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			bin := t.TempDir()
			if err := os.WriteFile(filepath.Join(bin, "terraform"), []byte(terraform), 0o755); err != nil {
				t.Fatal(err)
			}
			folder := t.TempDir()
			env := []string{"STACK=stack", "ENVIRONMENT=dev", "OUTCOME=outcome", "PULL=1", "FAILS=nothing"}
			shell(t, folder, bin, "bash -e -c "+quoted(test.before), env...)
			status, stdout, stderr := shell(t, folder, bin, "bash -e -c "+quoted(comment+step(t, text, test.job, "Comment")), env...)
			if status != 0 || !strings.HasSuffix(stdout, test.want) || stderr != "" {
				t.Errorf("it ends with %d and comments\n%s%s", status, stdout, stderr)
			}
		})
	}
	if strings.Count(text, "!cancelled()") != 2 {
		t.Error("a comment is written only after a success")
	}
}

// quoted is a text as one word of a shell.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

func rolesOf(t *testing.T, env string) string {
	t.Helper()
	stack, err := tfjson.ReadFile(goldens.File(t, env))
	if err != nil {
		t.Fatal(err)
	}
	text, err := deployer.Config{Stacks: []*tfjson.Stack{stack}, Repository: "octo-org/octo-repo"}.JSON()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
