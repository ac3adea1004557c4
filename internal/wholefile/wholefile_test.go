package wholefile_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"cdk.tf/go/ingest/internal/wholefile"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// kinds makes one of each kind of file, and returns their folder.
func kinds(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	must(t, os.WriteFile(in("file"), []byte("old"), 0o600))
	must(t, os.Link(in("file"), in("hard")))
	must(t, os.Mkdir(in("folder"), 0o755))
	must(t, os.WriteFile(in("folder/below"), []byte("old"), 0o600))
	for link, to := range map[string]string{
		"link": "folder/below", "links": "link", "absolute": in("folder/below"), "dangling": "folder/new", "shelf": "folder", "folder/up": "../file",
		"loop": "loop", "nowhere": "none/x",
	} {
		must(t, os.Symlink(to, in(link)))
	}
	return dir
}

func TestWrite(t *testing.T) {
	for name, target := range map[string]string{
		"file": "file", "new": "new", "link": "folder/below", "links": "folder/below", "absolute": "folder/below", "dangling": "folder/new",
		"shelf/below": "folder/below", "shelf/up": "file",
	} {
		dir := kinds(t)
		path := filepath.Join(dir, name)
		before, err := os.Lstat(path)
		was := fs.FileMode(0o644)
		if err == nil {
			was = before.Mode()
		}
		must(t, wholefile.Write(path, []byte("new")))
		after, err := os.Lstat(path)
		must(t, err)
		if after.Mode() != was {
			t.Errorf("%s is %s after the write, want %s", name, after.Mode(), was)
		}
		if got, _ := os.ReadFile(filepath.Join(dir, target)); string(got) != "new" {
			t.Errorf("%s: its target %s has %q", name, target, got)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "*tmp*")); len(left) > 0 {
			t.Errorf("%s: %s is left", name, left)
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	dir := kinds(t)
	for name, want := range map[string]string{
		"loop": "is, or lies below, a symbolic link that leads back to itself", "folder": "is a folder; name a file", "shelf": "is a folder; name a file",
		"none/x": "lies in a folder that is not there", "nowhere": "lies in a folder that is not there",
	} {
		err := wholefile.Write(filepath.Join(dir, name), []byte("new"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
}

func TestWriteIntoWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	pipe, link := filepath.Join(dir, "pipe"), filepath.Join(dir, "link")
	must(t, syscall.Mkfifo(pipe, 0o600))
	must(t, os.Symlink("pipe", link))
	for _, path := range []string{pipe, link} {
		read := make(chan string)
		go func() {
			reader, err := os.Open(pipe)
			if err != nil {
				read <- err.Error()
				return
			}
			text, _ := io.ReadAll(reader)
			_ = reader.Close()
			read <- string(text)
		}()
		must(t, wholefile.Write(path, []byte("new")))
		if got := <-read; got != "new" {
			t.Errorf("the pipe's reader got %q", got)
		}
	}
	if info, err := os.Lstat(pipe); err != nil || info.Mode()&fs.ModeNamedPipe == 0 {
		t.Errorf("the pipe is %v after the write, %v", info, err)
	}
	_, err := os.Stat("/proc/self/fd/1")
	if err != nil {
		return // no Linux
	}
	open, err := os.Create(filepath.Join(dir, "open"))
	must(t, err)
	defer func() { _ = open.Close() }()
	before, err := open.Stat()
	must(t, err)
	must(t, os.Symlink(fmt.Sprintf("/proc/self/fd/%d", open.Fd()), filepath.Join(dir, "descriptor")))
	must(t, wholefile.Write(filepath.Join(dir, "descriptor"), []byte("new")))
	after, err := os.Stat(open.Name())
	must(t, err)
	if !os.SameFile(before, after) || after.Size() != 3 {
		t.Errorf("the open file has %d bytes, want the 3 in the same file", after.Size())
	}
}

func TestSame(t *testing.T) {
	dir := kinds(t)
	t.Chdir(dir)
	for _, test := range []struct {
		one, other string
		want       bool
	}{
		{"file", "hard", true}, {"link", "folder/below", true}, {"links", "absolute", true}, {"new", "./new", true}, {"new", filepath.Join(dir, "new"), true},
		{"dangling", "shelf/new", true}, {"shelf/up", "file", true}, {"none/x", "none/x", true},
		{"file", "link", false}, {"file", "new", false}, {"none/x", "none/y", false}, {os.DevNull, os.DevNull, false},
	} {
		if got := wholefile.Same(test.one, test.other); got != test.want {
			t.Errorf("%s and %s are the same: %v, want %v", test.one, test.other, got, test.want)
		}
	}
}

// largestFile is more than go test writes in its own log of a test: the limit is the process's.
const largestFile = 1 << 20

// limitFiles lets no file of the process grow beyond largestFile bytes, until the returned function is called.
func limitFiles(t *testing.T) (end func()) {
	t.Helper()
	signal.Ignore(syscall.SIGXFSZ) // which would end the process
	var before syscall.Rlimit
	must(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before))
	must(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: largestFile, Max: before.Max}))
	return func() {
		must(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before))
		signal.Reset(syscall.SIGXFSZ)
	}
}

// On a disk that takes only a part of it, a write is an error. The file has its old content, and nothing is left beside it.
func TestWriteToAFullDisk(t *testing.T) {
	dir := kinds(t)
	for _, name := range []string{"file", "new", "link"} {
		end := limitFiles(t)
		err := wholefile.Write(filepath.Join(dir, name), make([]byte, largestFile+1))
		end()
		if !errors.Is(err, syscall.EFBIG) {
			t.Errorf("%s: %v, want that it is too large", name, err)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "*tmp*")); len(left) > 0 {
			t.Errorf("%s: %s is left", name, left)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "folder", "*tmp*")); len(left) > 0 {
			t.Errorf("%s: %s is left", name, left)
		}
	}
	for name, want := range map[string]string{"file": "old", "link": "old", "new": ""} {
		if got, _ := os.ReadFile(filepath.Join(dir, name)); string(got) != want {
			t.Errorf("%s has %q", name, got)
		}
	}
}

// What is no file takes a part of a text or nothing, too.
func TestWriteIntoAFullDevice(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		return // no Linux
	}
	if err := wholefile.Write("/dev/full", []byte("new")); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("%v, want that the device is full", err)
	}
}
