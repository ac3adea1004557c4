package cloudwatch

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/tfjson"
)

func TestFileName(t *testing.T) {
	for name, want := range map[string]string{
		"/aws/apigateway/api-kinesis-dev/access":  "aws/apigateway/api-kinesis-dev/access.log",
		"API-Gateway-Execution-Logs_abc123/dev":   "API-Gateway-Execution-Logs_abc123/dev.log",
		"/aws/kinesisfirehose/api-kinesis-fh-dev": "aws/kinesisfirehose/api-kinesis-fh-dev.log",
	} {
		if got, err := fileName(name); err != nil || filepath.ToSlash(got) != want {
			t.Errorf("fileName(%q) = %q, %v; want %q", name, got, err, want)
		}
	}
	for _, name := range []string{"../x", "/a/../../x", "a//b"} {
		want := `"` + name + `", which has no place below a folder; use a name without ".." and "//"`
		if got, err := fileName(name); err == nil || err.Error() != want {
			t.Errorf("fileName(%q) = %q, %v; want the error %s", name, got, err, want)
		}
	}
}

func resolved(t *testing.T, groups string) *tfjson.Stack {
	t.Helper()
	stack, err := tfjson.Read(strings.NewReader(`{
		"provider": {"aws": {"region": "eu-west-1"}}, "resource": {"aws_cloudwatch_log_group": {` + groups + `}}}`))
	if err != nil {
		t.Fatal(err)
	}
	resolved, err := stack.Resolve(tfjson.Surroundings{Account: "111122223333", Partition: "aws"})
	if err != nil {
		t.Fatal(err)
	}
	return resolved
}

func TestRead(t *testing.T) {
	got, err := Read(resolved(t, `"a": {"name": "/a", "retention_in_days": 30, "kms_key_id": "k", "log_group_class": "STANDARD"}, "b": {"name_prefix": "b-"}`))
	want := []Config{
		{Name: "/a", ARN: "arn:aws:logs:eu-west-1:111122223333:log-group:/a"},
		{Name: "b-", ARN: "arn:aws:logs:eu-west-1:111122223333:log-group:b-"},
	}
	for i := range got { // the provider's own part of a name is 26 digits
		if prefix, generated := strings.CutSuffix(got[i].ARN, got[i].Name); generated && i == 1 {
			got[i].Name = got[i].Name[:len(got[i].Name)-26]
			got[i].ARN = prefix + got[i].Name
		}
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestReadRefuses(t *testing.T) {
	_, err := Read(resolved(t, `"a": {"name": "../a"}, "b": {"name": "b", "colour": "red"}, "c": {"name": "c"}`))
	const want = `aws_cloudwatch_log_group.a: name is "../a", which has no place below a folder; use a name without ".." and "//"
aws_cloudwatch_log_group.b: the attribute colour is not imitated on one machine; leave it out of the environment that runs here`
	if err == nil || err.Error() != want {
		t.Errorf("error: %v\nwant:  %s", err, want)
	}
}

func TestLinesAreWrittenByTheSecondAndAtTheEnd(t *testing.T) {
	dir, clock := t.TempDir(), clockwork.NewFakeClock()
	group, err := Open(dir, "/g", clock)
	if err != nil {
		t.Fatal(err)
	}
	write(t, group, "one\n")
	// The tick's receiver runs in its own goroutine: the second tick is taken only after the first was served.
	for range 2 {
		if err := clock.BlockUntilContext(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		clock.Advance(flushEvery)
	}
	write(t, group, "two\n")
	if err := group.Close(); err != nil {
		t.Fatal(err)
	}
	if got := content(t, dir); got != "one\ntwo\n" {
		t.Errorf("the file holds %q", got)
	}
	again, err := Open(dir, "/g", clock)
	if err != nil {
		t.Fatal(err)
	}
	write(t, again, "three\n")
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
	if got := content(t, dir); got != "one\ntwo\nthree\n" {
		t.Errorf("after another start the file holds %q", got)
	}
}

func write(t *testing.T, group *Group, line string) {
	t.Helper()
	if _, err := group.Write([]byte(line)); err != nil {
		t.Fatal(err)
	}
}

func content(t *testing.T, dir string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "g.log"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
