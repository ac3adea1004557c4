package kinesis

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"
)

// blank is what bbolt writes first, of the version that is used here.
func TestBlankIsBoltsNewFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new.db")
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{PageSize: pageSize})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, blank()) {
		t.Errorf("%d bytes, %v: not those of blank", len(got), err)
	}
}

// A first start on a full disk leaves the beginning of a file. The next start makes the file anew, and says so.
func TestAFileThatWasCutOffAtItsCreation(t *testing.T) {
	zeros := make([]byte, len(blank()))
	for name, text := range map[string][]byte{
		"a byte": blank()[:1], "half a meta page": blank()[:40], "a block": blank()[:4096], "both meta pages": blank()[:2*pageSize],
		"all but a byte": blank()[:len(blank())-1], "zeros": zeros, "few zeros": zeros[:512],
	} {
		path := filepath.Join(t.TempDir(), "kinesis.db")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		var log bytes.Buffer
		s, err := Open(Options{Path: path, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !strings.Contains(log.String(), "it is made anew") {
			t.Errorf("%s: the log has %q", name, log.String())
		}
		if err := s.Close(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A short file of something else stays.
func TestAShortFileOfAnotherProgram(t *testing.T) {
	records := slicesOf(blank(), 100, 4096, 2*pageSize-1)
	for i := range records {
		records[i][99] ^= 1
	}
	for _, text := range append(records, []byte("notes"), append(make([]byte, 4096), 'x')) {
		path := filepath.Join(t.TempDir(), "kinesis.db")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if s, err := Open(Options{Path: path}); err == nil {
			_ = s.Close()
			t.Errorf("%d bytes: it opens", len(text))
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, text) {
			t.Errorf("%d bytes have changed to %d, %v", len(text), len(got), err)
		}
	}
}

// What keeps a damaged file from being rewritten is named, with the remedy.
func TestAFileThatCannotBeRewritten(t *testing.T) {
	w := newWreck(t)
	if err := os.WriteFile(w.path, w.image[:len(w.image)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(w.path+".repairing", "x"), 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := Open(Options{Path: w.path})
	if err == nil || !strings.HasPrefix(err.Error(), w.path+": ") || !strings.Contains(err.Error(), "it cannot be rewritten (") ||
		!strings.HasSuffix(err.Error(), "see to it that "+w.path+".repairing can be made: remove what has its name; then start again") {
		t.Errorf("%v", err)
	}
}

func slicesOf(text []byte, lengths ...int) (all [][]byte) {
	for _, length := range lengths {
		all = append(all, bytes.Clone(text[:length]))
	}
	return all
}
