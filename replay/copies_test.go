package replay

import (
	"context"
	"os"
	"testing"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
)

// A killed replay leaves no copy of an object, because the copy's file has no name.
func TestCopiesHaveNoName(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	w := newWorld(t, 1)
	w.failures(1, 3)
	downloads := 0
	w.opts.From = downloading{w.objects, func() {
		downloads++
		entries, err := os.ReadDir(temporary)
		w.must(err)
		if len(entries) > 0 {
			t.Errorf("a kill would leave %v", entries)
		}
	}}
	if summary := w.mustRun(); summary.Put != 3 || downloads == 0 {
		t.Errorf("%+v, %d downloads", summary, downloads)
	}
}

// downloading is a bucket that signals a request for an object. The object's copy is open by then.
type downloading struct {
	*awss3.Client
	begun func()
}

func (d downloading) GetObject(ctx context.Context, in *awss3.GetObjectInput, options ...func(*awss3.Options)) (*awss3.GetObjectOutput, error) {
	d.begun()
	return d.Client.GetObject(ctx, in, options...)
}
