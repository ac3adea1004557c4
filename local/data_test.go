package local

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"cdk.tf/go/ingest/local/durable"
)

// A data folder that something else uses is refused with the flag and the remedy, and before events are accepted.
func TestDataFoldersThatCannotBeUsed(t *testing.T) {
	file := devStack(t).write(t)
	for _, name := range []string{"s3", "s3/.meta", "s3/api-kinesis-firehose-bucket-dev", "logs", "firehose"} {
		opts := optionsOf(t, file)
		path := filepath.Join(opts.Data, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Open(opts)
		if err == nil {
			t.Errorf("with a file named %s it opens", name)
			continue
		}
		if got := err.Error(); !strings.HasPrefix(got, "--data "+opts.Data+": ") || !strings.Contains(got, path) ||
			!strings.HasSuffix(got, "; make it a folder that can be written, whose parts nothing else has made, or name another") {
			t.Errorf("with a file named %s: %s", name, got)
		}
	}
}

// On a full disk the remedy is room.
func TestADataFolderOnAFullDisk(t *testing.T) {
	err := inData("d", &os.PathError{Op: "write", Path: "d/kinesis.db", Err: syscall.ENOSPC})
	if want := "--data d: write d/kinesis.db: no space left on device; make room on the disk, or name another folder"; err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// The names of the data folder and of its parts are on disk before an event is accepted.
func TestNamesAreSyncedAtTheStart(t *testing.T) {
	opts := optionsOf(t, devStack(t).write(t))
	opts.Data = filepath.Join(opts.Data, "new")
	var mu sync.Mutex
	synced := map[string]bool{}
	defer durable.Watch(func(path string) {
		mu.Lock()
		defer mu.Unlock()
		synced[path] = true
	})()
	p, err := Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	p.close()
	mu.Lock()
	defer mu.Unlock()
	for _, path := range []string{filepath.Dir(opts.Data), opts.Data, filepath.Join(opts.Data, "s3")} {
		if !synced[path] {
			t.Errorf("%s is not synced, only %v", path, synced)
		}
	}
}
