package firehose_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cdk.tf/go/ingest/local/durable"
)

// The checkpoint is on disk before Flush returns, and moves only after the object: until the new checkpoint is synced under its
// temporary name, the old one counts.
func TestWhatIsSyncedBeforeTheCheckpointMoves(t *testing.T) {
	w := newWorld(t)
	d := w.open()
	w.stream.put("shard-0", "a")
	folder := filepath.Dir(w.opts.Checkpoint)
	var syncs []string
	defer durable.Watch(func(path string) {
		text, _ := os.ReadFile(w.opts.Checkpoint)
		moved := strings.Contains(string(text), `"shard-0": "1"`)
		if len(w.bucket.objects) == 0 || moved != (path == folder) {
			t.Errorf("at the sync of %s there are %d objects, and the checkpoint is %s", path, len(w.bucket.objects), text)
		}
		syncs = append(syncs, path)
	})()
	if err := d.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := []string{w.opts.Checkpoint + ".tmp", folder}; !slices.Equal(syncs, want) {
		t.Errorf("the syncs are %q, want %q", syncs, want)
	}
}

// A checkpoint's folder that was removed is made again, with its name on disk.
func TestTheCheckpointsFolderIsSynced(t *testing.T) {
	w := newWorld(t)
	d := w.open()
	w.stream.put("shard-0", "a")
	folder := filepath.Dir(w.opts.Checkpoint)
	var syncs []string
	defer durable.Watch(func(path string) { syncs = append(syncs, path) })()
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	if err := d.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(syncs, filepath.Dir(folder)) {
		t.Errorf("the syncs are %q, without %s", syncs, filepath.Dir(folder))
	}
}
