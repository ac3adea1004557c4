package local

import (
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/internal/goldens"
)

type object = map[string]any

// editable is the dev stack's JSON, for a test to edit.
type editable object

func devStack(t testing.TB) editable {
	t.Helper()
	var stack editable
	if err := json.Unmarshal(goldens.Read(t, "dev"), &stack); err != nil {
		t.Fatal(err)
	}
	return stack
}

// types are the resources, by type and name.
func (s editable) types() object { return s["resource"].(object) }

// body is a resource's body.
func (s editable) body(typ, name string) object { return s.types()[typ].(object)[name].(object) }

// add declares a resource.
func (s editable) add(typ, name string, body object) {
	if s.types()[typ] == nil {
		s.types()[typ] = object{}
	}
	s.types()[typ].(object)[name] = body
}

// write writes the stack to a file, and returns its path.
func (s editable) write(t testing.TB) string {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "cdk.tf.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func optionsOf(t testing.TB, file string) Options {
	t.Helper()
	return Options{
		Stack: file, API: "127.0.0.1:0", AWS: "127.0.0.1:0", Data: t.TempDir(),
		Clock: clockwork.NewRealClock(), Logger: slog.New(slog.DiscardHandler), Out: io.Discard,
	}
}
