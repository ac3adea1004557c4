package replay

import (
	"context"
	"io"
	"os"
	"strings"
	"syscall"
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

// A copy that this machine cannot write is no failure of the bucket's: it is not downloaded again, and the error says what to do.
func TestNoRoomForACopy(t *testing.T) {
	w := newWorld(t, 1)
	w.failures(1, 1)
	downloads := 0
	w.opts.From = overfull{downloading{w.objects, func() { downloads++ }}}
	_, err := w.run()
	if err == nil || !strings.HasPrefix(err.Error(), "the local copy of s3://events/errors/processing-failed/00 cannot be written: ") ||
		!strings.HasSuffix(err.Error(), ": no space left on device; make room, or name another folder in TMPDIR") {
		t.Errorf("it ends with %v", err)
	}
	w.expect("downloads", 1, downloads)
}

// overfull is a bucket whose objects this machine has no room for.
type overfull struct{ downloading }

func (o overfull) GetObject(ctx context.Context, in *awss3.GetObjectInput, options ...func(*awss3.Options)) (*awss3.GetObjectOutput, error) {
	answer, err := o.downloading.GetObject(ctx, in, options...)
	if err == nil {
		answer.Body = noRoom{answer.Body}
	}
	return answer, err
}

type noRoom struct{ io.ReadCloser }

// WriteTo fails as a write to a full disk does.
func (noRoom) WriteTo(to io.Writer) (int64, error) {
	return 0, &os.PathError{Op: "write", Path: to.(*os.File).Name(), Err: syscall.ENOSPC}
}
