package local

import (
	"os"
	"testing"

	"cdk.tf/go/ingest/internal/assumptions"
)

// Each assumption has a unique id with the prefix of its room, cites a source and names its subject, and every mentioned id is
// declared.
func TestAssumptions(t *testing.T) {
	_, problems, err := assumptions.Read(os.DirFS(".."))
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range problems {
		t.Error(problem)
	}
}
