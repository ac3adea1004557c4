package scripts

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The commands that KEEP=1 prints work as they are, also in a folder whose name has a space, and with both versions of the AWS CLI.
func TestTheCommandsForAKeptServer(t *testing.T) {
	script, err := os.ReadFile("deploy-local")
	if err != nil {
		t.Fatal(err)
	}
	_, text, found := strings.Cut(string(script), "\nhow_to_use() {")
	if !found {
		t.Fatal("deploy-local has no how_to_use")
	}
	body, _, _ := strings.Cut(text, "\n}\n")
	work := filepath.Join(t.TempDir(), "my folder")
	stack := filepath.Join(work, "stack")
	if err := os.MkdirAll(stack, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(stack, "cdk.tf.json"), []byte(`{"provider": {"aws": [{"region": "eu-west-9"}]}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command("bash", "-c", "how_to_use() {"+body+"\n}\nhow_to_use")
	command.Env = append(os.Environ(), "moto_pid=nobody", "AWS_ENDPOINT_URL=http://127.0.0.1:1", "terraform=terraform", "stack="+stack, "work="+work)
	printed, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, printed)
	}
	var commands []string
	for line := range strings.Lines(string(printed)) {
		if after, indented := strings.CutPrefix(line, "  "); indented && !strings.HasPrefix(after, "curl ") {
			commands = append(commands, after)
		}
	}
	const stubs = `aws() { echo "aws $* in $AWS_REGION and $AWS_DEFAULT_REGION"; }
terraform() { printf '<%s>' "$@"; }
kill() { :; }
`
	got, err := exec.Command("bash", "-c", stubs+strings.Join(commands, "")).CombinedOutput()
	if want := "aws kinesis list-streams in eu-west-9 and eu-west-9\n<-chdir=" + stack + "><state><list>"; err != nil || string(got) != want {
		t.Errorf("%v: the commands\n%s print %s, want %s", err, strings.Join(commands, ""), got, want)
	}
	if _, err := os.Stat(work); !os.IsNotExist(err) {
		t.Errorf("the last command leaves %s: %v", work, err)
	}
}
