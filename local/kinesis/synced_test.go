package kinesis

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"cdk.tf/go/ingest/local/durable"
)

// expectSyncs fails if a commit of the service would not be synced to disk.
func expectSyncs(t *testing.T, s *Service, when string) {
	t.Helper()
	if s.db.NoSync || s.db.NoGrowSync {
		t.Errorf("%s, a commit is not synced: NoSync %t, NoGrowSync %t", when, s.db.NoSync, s.db.NoGrowSync)
	}
}

// Every commit is synced to disk, and so a record before its acknowledgement: with a new file, at a later start, and with a file that was
// rewritten. The file's name is synced at each start. A rewritten file is synced before it replaces the damaged one.
func TestWhatIsSyncedBeforeAnAcknowledgement(t *testing.T) {
	w := newWreck(t)
	var syncs []string
	damaged := true
	defer durable.Watch(func(path string) {
		if text, err := os.ReadFile(w.path); path == w.path+".repairing" && (err != nil || len(text) != len(w.image)/2) != !damaged {
			t.Errorf("the file was replaced before the new one was synced")
		}
		syncs = append(syncs, path)
	})()
	for _, test := range []struct {
		when  string
		begin func() error
		want  []string
	}{
		{"with a new file", func() error { damaged = false; return os.Remove(w.path) }, []string{filepath.Dir(w.path)}},
		{"at a later start", func() error { return nil }, []string{filepath.Dir(w.path)}},
		{
			"with a rewritten file", func() error { damaged = true; return os.WriteFile(w.path, w.image[:len(w.image)/2], 0o600) },
			[]string{w.path + ".repairing", filepath.Dir(w.path), filepath.Dir(w.path)},
		},
	} {
		if err := test.begin(); err != nil {
			t.Fatal(err)
		}
		syncs = nil
		s, err := Open(Options{Path: w.path})
		if err != nil {
			t.Fatal(err)
		}
		expectSyncs(t, s, test.when)
		if !slices.Equal(syncs, test.want) {
			t.Errorf("%s, the syncs are %q, want %q", test.when, syncs, test.want)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// A copy of the damaged file, where the file system has no hard links, is on disk before the file is replaced.
func TestACopyIsSynced(t *testing.T) {
	from := filepath.Join(t.TempDir(), "kinesis.db")
	if err := os.WriteFile(from, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	var syncs []string
	defer durable.Watch(func(path string) { syncs = append(syncs, path) })()
	if err := copyTo(from, from+".damaged"); err != nil || !slices.Equal(syncs, []string{from + ".damaged"}) {
		t.Errorf("%v, %q", err, syncs)
	}
}
