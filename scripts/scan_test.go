// Package scripts tests the scripts in this folder.
package scripts

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"cdk.tf/go/ingest/internal/lacking"
)

const (
	noTrivy  = "trivy is not installed; install Trivy (https://trivy.dev/docs/latest/getting-started/installation), or name its program in TRIVY\n"
	noTFLint = "tflint is not installed; install tflint (https://github.com/terraform-linters/tflint#installation), or name its program in TFLINT\n"
	clean    = "no finding of severity HIGH or above, and no lower one that is not listed\n"
)

// good is a stack without unlisted findings of either program; bad is one with findings of both.
const (
	good = `{"terraform":{"required_version":">= 1.10","required_providers":{"aws":{"source":"aws","version":"~> 5.99"}}},` +
		`"resource":{"aws_kinesis_stream":{"s":{"name":"events","encryption_type":"KMS","kms_key_id":"alias/aws/kinesis"}},` +
		`"aws_api_gateway_method":{"api_submit_options":{"authorization":"NONE","http_method":"OPTIONS","resource_id":"${aws_api_gateway_resource.submit.id}","rest_api_id":"${aws_api_gateway_rest_api.api.id}"}},` +
		`"aws_api_gateway_resource":{"submit":{"parent_id":"p","path_part":"submit","rest_api_id":"${aws_api_gateway_rest_api.api.id}"}},` +
		`"aws_api_gateway_rest_api":{"api":{"name":"api"}}}}`
	bad = `{"terraform":{"required_version":">= 1.10","required_providers":{"aws":{"source":"aws","version":"~> 5.99"}}},` +
		`"resource":{"aws_kinesis_stream":{"s":{"name":"no stream's name","encryption_type":"NONE"}}}}`
	// versioned has a finding that Trivy reports only in the native syntax.
	versioned = `{"resource":{"aws_s3_bucket":{"b":{"bucket":"b"}},"aws_s3_bucket_versioning":{"b":{` +
		`"bucket":"${aws_s3_bucket.b.id}","versioning_configuration":{"status":"Suspended"}}}}}`
)

func TestScanSaysHowToInstallWhatIsMissing(t *testing.T) {
	standIns(t)
	for _, test := range []struct {
		name              string
		arguments, unlike []string
		status            int
		stdout, stderr    string
	}{
		{"both", nil, []string{"TRIVY=/nowhere/trivy", "TFLINT=/nowhere/tflint"}, 1, "", "/nowhere/" + noTrivy + "/nowhere/" + noTFLint + "nothing was scanned\n"},
		{"both, if found", []string{"--if-found"}, []string{"TRIVY=/nowhere/trivy", "TFLINT=/nowhere/tflint"}, 0, "", "/nowhere/" + noTrivy + "/nowhere/" + noTFLint + "nothing was scanned\n"},
		{"trivy", nil, []string{"TRIVY=/nowhere/trivy"}, 1, clean, "/nowhere/" + noTrivy},
		{"trivy, if found", []string{"--if-found"}, []string{"TRIVY=/nowhere/trivy"}, 0, clean, "/nowhere/" + noTrivy},
		{"tflint", nil, []string{"TFLINT=/nowhere/tflint"}, 1, clean, "/nowhere/" + noTFLint},
		{"the AWS rules", nil, []string{"STAND_IN_RULES="}, 1, clean, "tflint lacks the AWS rules of scripts/tflint.hcl; install them: tflint --init --config scripts/tflint.hcl\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := scan(t, good, test.arguments, test.unlike...)
			if got.status != test.status || !strings.HasSuffix(got.stdout, test.stdout) || got.stderr != test.stderr {
				t.Errorf("it ends with %d and says\n%s%s\nwant %d and\n%s%s", got.status, got.stdout, got.stderr, test.status, test.stdout, test.stderr)
			}
		})
	}
}

// The script's verdict on the two programs' output, with stand-ins instead of any version of them.
func TestScanJudges(t *testing.T) {
	standIns(t)
	const read = "read stacks/x 60\n"
	for _, test := range []struct {
		name, trivy, tflint string
		status              int
		stdout, stderr      string
	}{
		{"nothing", read, "", 0, "0 findings, all listed\n", ""},
		{"what is listed", read + "listed LOW      AWS-0004 a.tf: open -- a reason\n", "", 0, "listed LOW      AWS-0004 a.tf: open -- a reason\n", ""},
		{"below HIGH and not listed", read + "new    LOW      AWS-0017 a.tf: open\n", "", 1, "new    LOW      AWS-0017 a.tf: open\n",
			"error: trivy has new findings (1); change the environment (stacks/) as they ask, or, below severity HIGH, list them in scripts/trivyignore.yaml with a reason\n"},
		{"HIGH", read + "new    HIGH     AWS-0132 a.tf: open\n", "", 1, "new    HIGH     AWS-0132 a.tf: open\n",
			"error: trivy has new findings (1); change the environment (stacks/) as they ask, or, below severity HIGH, list them in scripts/trivyignore.yaml with a reason\n"},
		{"HIGH and listed", read + "listed CRITICAL AWS-0012 a.tf: open -- a reason\n", "", 1, "listed CRITICAL AWS-0012 a.tf: open -- a reason\n",
			"error: a finding of severity HIGH or above must not be listed; fix it\n"},
		{"nothing read", "", "", 1, "", "error: trivy found nothing in x that it has a check for, so this is not a result\n"},
		{"only another read", "read stacks/xy 60\n", "", 1, "", "error: trivy found nothing in x that it has a check for, so this is not a result\n"},
		{"trivy fails", "fail", "", 1, "", "error: trivy failed\n"},
		{"tflint finds", read, "a.tf:1:1: Warning - open (rule)", 1, "a.tf:1:1: Warning - open (rule)\n",
			"error: tflint has findings in x; fix them, or turn the rule off in scripts/tflint.hcl with a reason\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := scan(t, good, nil, "STAND_IN_TRIVY="+test.trivy, "STAND_IN_TFLINT="+test.tflint)
			if got.status != test.status || !strings.Contains(got.stdout, test.stdout) || !strings.Contains(got.stderr, test.stderr) || (test.stderr == "") != (got.stderr == "") {
				t.Errorf("it ends with %d and says\n%s%s\nwant %d and\n%s%s", got.status, got.stdout, got.stderr, test.status, test.stdout, test.stderr)
			}
		})
	}
}

// A scan of every environment that is not public fails for a listed finding that none of them has.
func TestScanFindsUnneededEntries(t *testing.T) {
	if testing.Short() {
		t.Skip("it synthesises every environment; run it without -short")
	}
	standIns(t)
	const needed = "listed LOW      AWS-0004 a.tf: open -- a browser sends its preflight without credentials, so OPTIONS cannot require them; the check means to leave OPTIONS out, but compares with OPTION\n"
	got := run(t, nil, "STAND_IN_TRIVY=read stacks/staging 60\nread stacks/prod 60\n"+needed)
	const vain = "error: no finding needs this entry of scripts/trivyignore.yaml any more; remove it: "
	if got.status != 1 || !strings.Contains(got.stderr, vain+"the API takes only writes") || strings.Contains(got.stderr, vain+"a browser") {
		t.Errorf("it ends with %d and says\n%s%s", got.status, got.stdout, got.stderr)
	}
}

func TestScanRefusesArguments(t *testing.T) {
	standIns(t)
	for argument, want := range map[string]string{
		"--all": "error: --all is not an option; the only one is --if-found\n",
		"more":  " is a second folder; name only one, which holds stacks/NAME/cdk.tf.json\n",
	} {
		if got := scan(t, good, []string{argument}); got.status != 1 || !strings.HasSuffix(got.stderr, want) {
			t.Errorf("%s: it ends with %d and says %s, want %s", argument, got.status, got.stderr, want)
		}
	}
}

// These tests use the real programs if they are installed. CI does not fail without them.
func TestScanWithTrivy(t *testing.T) {
	found(t, "TRIVY", "trivy")
	for _, test := range []struct {
		name, stack string
		status      int
		stdout      string
	}{
		{"good", good, 0, "listed LOW      AWS-0004 stacks/x/aws_api_gateway_method.api_submit_options.tf: "},
		{"bad", bad, 1, "new    HIGH     AWS-0064 stacks/x/aws_kinesis_stream.s.tf: "},
		{"in a nested block", versioned, 1, "new    MEDIUM   AWS-0090 stacks/x/aws_s3_bucket_versioning.b.tf: "},
		{"in a nested block, fixed", strings.Replace(versioned, "Suspended", "Enabled", 1), 1, "! AWS-0090 stacks/x/aws_s3_bucket_versioning.b.tf: "},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := scan(t, test.stack, []string{"--if-found"}, "TFLINT=/nowhere/tflint")
			want, absent := strings.CutPrefix(test.stdout, "! ")
			if got.status != test.status || strings.Contains(got.stdout, want) == absent {
				t.Errorf("it ends with %d and says\n%s%s\nwant %d and: %s", got.status, got.stdout, got.stderr, test.status, test.stdout)
			}
		})
	}
}

func TestScanWithTFLint(t *testing.T) {
	program := found(t, "TFLINT", "tflint")
	config, err := filepath.Abs("tflint.hcl")
	if err != nil {
		t.Fatal(err)
	}
	if version, _ := exec.Command(program, "--config", config, "--version").Output(); !strings.Contains(string(version), "ruleset.aws") {
		lacking.End(t, "tflint lacks the AWS rules of scripts/tflint.hcl; install them: tflint --init --config scripts/tflint.hcl")
	}
	if got := scan(t, good, []string{"--if-found"}, "TRIVY=/nowhere/trivy"); got.status != 0 {
		t.Errorf("of a good stack it ends with %d and says\n%s%s", got.status, got.stdout, got.stderr)
	}
	got := scan(t, bad, []string{"--if-found"}, "TRIVY=/nowhere/trivy")
	if got.status != 1 || !strings.Contains(got.stdout, "(aws_kinesis_stream_invalid_name)") {
		t.Errorf("of a bad stack it ends with %d and says\n%s%s", got.status, got.stdout, got.stderr)
	}
}

// found is a scanner's program. Without it the test is skipped, in CI too: no package registry that every machine reaches has it. The
// tests of the script itself use stand-ins and run everywhere.
func found(t *testing.T, variable, name string) string {
	t.Helper()
	if named := os.Getenv(variable); named != "" {
		name = named
	}
	program, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed; `make scan` prints how to install it", name)
	}
	return program
}

type said struct {
	status         int
	stdout, stderr string
}

// scan runs the script over one stack, named x.
func scan(t *testing.T, stack string, arguments []string, environment ...string) said {
	t.Helper()
	folder := t.TempDir()
	file := filepath.Join(folder, "stacks", "x", "cdk.tf.json")
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(stack), 0o644)); err != nil {
		t.Fatal(err)
	}
	return run(t, append([]string{folder}, arguments...), environment...)
}

// built is the folder of the programs that the tests have built; empty if they have built none.
var built string

// nativetf is the program internal/nativetf, built once: the script would build it each time.
var nativetf = sync.OnceValues(func() (program string, err error) {
	if built, err = os.MkdirTemp("", "nativetf-"); err != nil {
		return "", err
	}
	program = filepath.Join(built, "nativetf")
	return program, exec.Command("go", "build", "-o", program, "../internal/nativetf").Run()
})

func TestMain(m *testing.M) {
	status := m.Run()
	_ = os.RemoveAll(built)
	os.Exit(status)
}

func run(t *testing.T, arguments []string, environment ...string) said {
	t.Helper()
	program, err := nativetf()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command("./scan", arguments...)
	command.Env = append(os.Environ(), "SCAN_WORK="+t.TempDir(), "NATIVETF="+program)
	command.Env = append(command.Env, environment...)
	var stdout, stderr strings.Builder
	command.Stdout, command.Stderr = &stdout, &stderr
	var exit *exec.ExitError
	if err := command.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return said{command.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// standIns replaces the two by programs that print STAND_IN_TRIVY and STAND_IN_TFLINT.
func standIns(t *testing.T) {
	t.Helper()
	folder := t.TempDir()
	for name, text := range map[string]string{
		"trivy": `#!/usr/bin/env bash
while (($#)); do
  case $1 in
    --version) echo "Version: 0.0.0"; exit ;;
    --output) output=$2 ;;
  esac
  shift
done
[[ $STAND_IN_TRIVY != fail ]] || exit 1
printf %s "$STAND_IN_TRIVY" >"$output"
`,
		"tflint": `#!/usr/bin/env bash
case "$*" in
  *--version*) echo "TFLint version 0.0.0 $STAND_IN_RULES" ;;
  *) [[ -z $STAND_IN_TFLINT ]] || { echo "$STAND_IN_TFLINT"; exit 2; } ;;
esac
`,
	} {
		file := filepath.Join(folder, name)
		if err := os.WriteFile(file, []byte(text), fs.ModePerm); err != nil {
			t.Fatal(err)
		}
		t.Setenv(strings.ToUpper(name), file)
	}
	t.Setenv("STAND_IN_TRIVY", "read stacks/x 60\n")
	t.Setenv("STAND_IN_TFLINT", "")
	t.Setenv("STAND_IN_RULES", "+ ruleset.aws (0.0.0)")
}
