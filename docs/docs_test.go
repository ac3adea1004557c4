// Package docs tests what the documents say: the README, the pages that are written from the code, and the runbooks with the alarms
// that name them.
package docs

import (
	"bytes"
	"fmt"
	"os"
	"testing"

	"cdk.tf/go/ingest/internal/goldens"
	"cdk.tf/go/ingest/tfjson"
)

// TestMain goes to the repository's folder, from which the documents name files.
func TestMain(m *testing.M) {
	if err := os.Chdir(goldens.Root()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func stackOf(t *testing.T, name string) *tfjson.Stack {
	t.Helper()
	stack, err := tfjson.Read(bytes.NewReader(goldens.Read(t, name)))
	if err != nil {
		t.Fatal(err)
	}
	return stack
}
