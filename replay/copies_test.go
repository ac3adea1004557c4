package replay

import (
	"os"
	"testing"

	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// A replay that is killed leaves no copy of an object: a copy has no name from the moment on in which it is made.
func TestCopiesHaveNoName(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	w := newWorld(t, 1)
	w.failures(1, 3)
	w.stream.put = func(_ int, in *awskinesis.PutRecordsInput, forward forward) (*awskinesis.PutRecordsOutput, error) {
		entries, err := os.ReadDir(temporary)
		w.must(err)
		if len(entries) > 0 {
			t.Errorf("a kill would leave %v", entries)
		}
		return forward(in)
	}
	if summary := w.mustRun(); summary.Put != 3 || w.stream.calls == 0 {
		t.Errorf("%+v", summary)
	}
}
