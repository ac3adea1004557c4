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
		if got, err := FileName(name); err != nil || filepath.ToSlash(got) != want {
			t.Errorf("FileName(%q) = %q, %v; want %q", name, got, err, want)
		}
	}
	for _, name := range []string{"../x", "/a/../../x", "a//b"} {
		want := `log group "` + name + `" has no place below a folder; use a name without ".." and "//"`
		if got, err := FileName(name); err == nil || err.Error() != want {
			t.Errorf("FileName(%q) = %q, %v; want the error %s", name, got, err, want)
		}
	}
}

func TestRead(t *testing.T) {
	stack, err := tfjson.Read(strings.NewReader(`{
		"provider": {"aws": {"region": "eu-west-1"}},
		"resource": {"aws_cloudwatch_log_group": {"a": {"name": "/a", "retention_in_days": 30}}}
	}`))
	if err != nil {
		t.Fatal(err)
	}
	resolved, err := stack.Resolve(tfjson.Surroundings{Account: "111122223333", Partition: "aws"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := Read(resolved)
	want := []Config{{Name: "/a", ARN: "arn:aws:logs:eu-west-1:111122223333:log-group:/a", RetentionDays: 30}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
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
