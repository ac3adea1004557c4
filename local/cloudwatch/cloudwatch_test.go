package cloudwatch

import (
	"bytes"
	"errors"
	"log/slog"
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
	if _, err := fileName("/a/" + strings.Repeat("b", 251)); err != nil {
		t.Error(err)
	}
	if _, err := fileName("/a/" + strings.Repeat("b", 252)); err == nil || !strings.HasSuffix(err.Error(), `more than 251 characters between two "/", so that no file has that name; shorten it`) {
		t.Error(err)
	}
	for _, name := range []string{"../x", "/a/../../x", "a//b"} {
		want := `"` + name + `", which is not the path of a file below a folder; use a name without ".." and "//"`
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
	for i := range got { // the provider generates 26 digits of the name
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
	const want = `aws_cloudwatch_log_group.a: name is "../a", which is not the path of a file below a folder; use a name without ".." and "//"
aws_cloudwatch_log_group.b: the attribute colour is not imitated on one machine; leave it out of the environment that runs here`
	if err == nil || err.Error() != want {
		t.Errorf("error: %v\nwant:  %s", err, want)
	}
}

func TestLinesAreWrittenByTheSecondAndAtTheEnd(t *testing.T) {
	dir, clock := t.TempDir(), clockwork.NewFakeClock()
	group, err := Open(dir, "/g", clock, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	write(t, group, "one\n")
	// The tick's receiver runs in another goroutine: it takes the second tick only after it has served the first.
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
	again, err := Open(dir, "/g", clock, slog.New(slog.DiscardHandler))
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

// smallDisk takes a limited number of bytes.
type smallDisk struct {
	taken bytes.Buffer
	room  int
}

func (d *smallDisk) Write(text []byte) (int, error) {
	n := min(len(text), d.room)
	d.room -= n
	d.taken.Write(text[:n])
	if n < len(text) {
		return n, errors.New("no space left on device")
	}
	return n, nil
}

func (d *smallDisk) Close() error { return nil }

// opened is a group whose logger writes no times.
func opened(t *testing.T, dir string, log *bytes.Buffer) *Group {
	t.Helper()
	group, err := Open(dir, "/g", clockwork.NewFakeClock(), slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	})))
	if err != nil {
		t.Fatal(err)
	}
	return group
}

func flush(g *Group) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.flush()
}

func TestDroppedLinesAreCountedAndReported(t *testing.T) {
	var log bytes.Buffer
	group := opened(t, t.TempDir(), &log)
	disk := &smallDisk{room: len("one\ntw")}
	group.file = disk
	write(t, group, "one\ntwo\nthree\n")
	flush(group) // cuts the second line off
	write(t, group, "four\n")
	flush(group)
	disk.room = 1000
	write(t, group, "five\nsix\n")
	flush(group)
	disk.room = len("seven")
	write(t, group, "seven\n") // only its newline is missing
	flush(group)
	disk.room = 1000
	write(t, group, "eight\n")
	flush(group)
	disk.room = 0
	write(t, group, "nine\nten\n")
	if err := group.Close(); err != nil {
		t.Fatal(err)
	}
	if got := disk.taken.String(); got != "one\ntw\nfive\nsix\nseven\neight\n" {
		t.Errorf("the file holds %q", got)
	}
	const cannot = `level=ERROR msg="the log cannot be written; lines are dropped until it can" log_group=/g error="no space left on device"` + "\n"
	want := cannot + `level=WARN msg="the log is written again" log_group=/g dropped_lines=3` + "\n" +
		cannot + `level=WARN msg="the log is written again" log_group=/g dropped_lines=0` + "\n" +
		cannot + `level=ERROR msg="the last lines of the log were not written" log_group=/g dropped_lines=2` + "\n"
	if diff := cmp.Diff(want, log.String()); diff != "" {
		t.Errorf("the log (-want +got):\n%s", diff)
	}
}

func TestAFileThatWasMovedIsOpenedAgain(t *testing.T) {
	var log bytes.Buffer
	dir := t.TempDir()
	group := opened(t, dir, &log)
	file := filepath.Join(dir, "g.log")
	write(t, group, "one\n")
	flush(group)
	if err := os.Rename(file, file+".1"); err != nil {
		t.Fatal(err)
	}
	write(t, group, "two\n")
	flush(group)
	if moved, err := os.ReadFile(file + ".1"); err != nil || string(moved) != "one\n" || content(t, dir) != "two\n" {
		t.Errorf("the file that was moved holds %q, %v; the new one %q", moved, err, content(t, dir))
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	write(t, group, strings.Repeat("three\n", flushSize)) // more than fits into the buffer
	if got := content(t, dir); len(got) != flushSize*len("three\n") {
		t.Errorf("the new folder's file has %d bytes", len(got))
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir, nil, 0o600); err != nil { // no folder can be made there
		t.Fatal(err)
	}
	for range 2 {
		write(t, group, "astray\n")
		flush(group)
	}
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	write(t, group, "four\n")
	if err := group.Close(); err != nil {
		t.Fatal(err)
	}
	if got := content(t, dir); got != "four\n" {
		t.Errorf("the file holds %q", got)
	}
	want := `level=ERROR msg="the log file was moved, and its path cannot be opened again; lines go to the moved file" log_group=/g error="mkdir ` + dir + `: not a directory"` + "\n"
	if diff := cmp.Diff(want, log.String()); diff != "" {
		t.Errorf("the log (-want +got):\n%s", diff)
	}
}

// A data folder that was moved or removed does not come again with its logs alone.
func TestADataFolderThatIsGone(t *testing.T) {
	for name, remove := range map[string]func(data string) error{
		"removed": os.RemoveAll, "moved": func(data string) error { return os.Rename(data, data+".moved") },
	} {
		data := filepath.Join(t.TempDir(), "data")
		if err := os.Mkdir(data, 0o755); err != nil {
			t.Fatal(err)
		}
		var log bytes.Buffer
		group := opened(t, filepath.Join(data, "logs"), &log)
		write(t, group, "one\n")
		flush(group)
		if err := remove(data); err != nil {
			t.Fatal(err)
		}
		write(t, group, "two\n")
		if err := group.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(data); err == nil {
			t.Errorf("%s: the data folder is there again", name)
		}
		if !strings.Contains(log.String(), "its path cannot be opened again; lines go to the moved file") {
			t.Errorf("%s: the log has %s", name, log.String())
		}
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
