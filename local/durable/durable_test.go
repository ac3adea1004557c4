package durable_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"cdk.tf/go/ingest/local/durable"
)

func expectFiles(t *testing.T, folder string, want map[string]string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != len(want) {
		t.Errorf("the folder holds %v, want %v", entries, want)
	}
	for name, content := range want {
		if got, err := os.ReadFile(filepath.Join(folder, name)); err != nil || string(got) != content {
			t.Errorf("%s holds %q, error %v; want %q", name, got, err, content)
		}
	}
}

func TestWriteFile(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "f")
	if err := os.WriteFile(path+".tmp", []byte("what a crash left, which is longer"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, content := range []string{"one", "two, longer", ""} {
		if err := durable.WriteFile(path, []byte(content)); err != nil {
			t.Fatal(err)
		}
		expectFiles(t, folder, map[string]string{"f": content})
	}
}

// If the file cannot be replaced, it stays, and no temporary file is left.
func TestWriteFileThatFails(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "f")
	if err := os.MkdirAll(filepath.Join(path, "a folder that is not empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := durable.WriteFile(path, []byte("x")); err == nil || !strings.Contains(err.Error(), "rename") {
		t.Errorf("error %v, want one of renaming", err)
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 1 {
		t.Errorf("left over %v, error %v", entries, err)
	}
}

func TestAFolderThatIsNotThere(t *testing.T) {
	absent := filepath.Join(t.TempDir(), "absent")
	for name, err := range map[string]error{
		"SyncFolder": durable.SyncFolder(absent), "WriteFile": durable.WriteFile(filepath.Join(absent, "f"), nil),
	} {
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: error %v, want one of a folder that is not there", name, err)
		}
	}
}

func TestSyncOpened(t *testing.T) {
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	folder, err := root.Open(".")
	if err := durable.SyncOpened(folder, err); err != nil {
		t.Error(err)
	}
	if err := folder.Close(); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("closing it again: error %v, want that it is closed", err)
	}
	if err := root.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestIsFull(t *testing.T) {
	at := func(number syscall.Errno) error { return &fs.PathError{Op: "write", Path: "f", Err: number} }
	for _, test := range []struct {
		err  error
		want bool
	}{
		{nil, false}, {errors.New("full"), false}, {at(syscall.EACCES), false}, {at(syscall.ENOSPC), true}, {at(syscall.EDQUOT), true}, {at(syscall.EFBIG), true},
		{fmt.Errorf("opening: %w", at(syscall.ENOSPC)), true}, {errors.New("file resize error: " + at(syscall.ENOSPC).Error()), true},
	} {
		if got := durable.IsFull(test.err); got != test.want {
			t.Errorf("%v: %t, want %t", test.err, got, test.want)
		}
	}
}

// watch notes each sync with what held at that time.
func watch(t *testing.T, then func() string) *[]string {
	t.Helper()
	var syncs []string
	t.Cleanup(durable.Watch(func(path string) { syncs = append(syncs, filepath.Base(path)+": "+then()) }))
	return &syncs
}

// The new content is on disk before it gets its name, and the name before WriteFile returns.
func TestWriteFileSyncs(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "f")
	syncs := watch(t, func() string {
		text, err := os.ReadFile(path)
		return fmt.Sprintf("%q %t", text, err == nil)
	})
	for _, content := range []string{"one", "two"} {
		if err := durable.WriteFile(path, []byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{`f.tmp: "" false`, filepath.Base(folder) + `: "one" true`, `f.tmp: "one" true`, filepath.Base(folder) + `: "two" true`}
	if !slices.Equal(*syncs, want) {
		t.Errorf("the syncs are %q, want %q", *syncs, want)
	}
}

// A sync that fails is an error, and nothing is synced.
func TestSyncThatFails(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "f"))
	if err != nil {
		t.Fatal(err)
	}
	syncs := watch(t, func() string { return "" })
	if err := durable.Sync(file); err != nil || len(*syncs) != 1 {
		t.Errorf("%v, %q", err, *syncs)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	if err := durable.Sync(file); !errors.Is(err, fs.ErrClosed) || len(*syncs) != 1 {
		t.Errorf("a closed file: %v, %q", err, *syncs)
	}
}
