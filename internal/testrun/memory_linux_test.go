package main

import (
	"os"
	"path/filepath"
	"testing"
)

// Two runs use the folder at once: the first to end must not remove what the other still writes.
func TestTheLastRunRemovesTheFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shared")
	first, removeFirst := sharedFolder(path)
	second, removeSecond := sharedFolder(path)
	if first != path || second != path {
		t.Fatalf("the folders are %q and %q, want %q", first, second, path)
	}
	kept := filepath.Join(path, "kept")
	if err := os.WriteFile(kept, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	removeFirst()
	if _, err := os.Stat(kept); err != nil {
		t.Errorf("after the first run: %v", err)
	}
	removeSecond()
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("after both runs: %v, want no folder", err)
	}
}

func TestAFolderThatOthersMayWriteIsNotUsed(t *testing.T) {
	open, link := filepath.Join(t.TempDir(), "open"), filepath.Join(t.TempDir(), "link")
	if err := os.Mkdir(open, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(open, link); err != nil {
		t.Fatal(err)
	}
	if folder, _ := sharedFolder(link); folder != "" {
		t.Errorf("a link gives %q", folder)
	}
	if err := os.Chmod(open, 0o777); err != nil { //nolint:gosec // what the test is about
		t.Fatal(err)
	}
	if folder, _ := sharedFolder(open); folder != "" {
		t.Errorf("a folder that others may write gives %q", folder)
	}
}
