// Package s3 keeps buckets as folders and objects as plain files, DIR/BUCKET/KEY, so that cat, jq and zcat read them. It serves
// them in S3's wire protocol by gofakes3.
//
// An object is written under another name, synced to disk, and then renamed. So it exists whole or not at all, also after a crash or
// on a full disk, and it is durable once Put or the request has succeeded. Its content type, ETag and user metadata lie in a hidden
// folder beside the buckets. A file that another program puts into a bucket's folder is an object too.
//
// The parts of a multipart upload lie in another hidden folder until the upload is completed or aborted. An upload ends with the
// process; S3 would keep it.
//
// An object's ETag is the MD5 of its content, or for one that was uploaded in parts the MD5 of the parts' MD5s with their number.
//
// A key must be the path of a file. "..", empty segments (so also a "/" at either end), segments of more than 255 bytes, and keys
// that are a folder of another object are refused. On a file system that ignores case, keys that differ only in case are one.
package s3

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/tfjson"
)

// defaultRegion is the region that S3 leaves out of a bucket's location and of the request that creates one.
const defaultRegion = "us-east-1"

// Options of a service.
type Options struct {
	// Dir holds the buckets; Open makes it. The caller ensures that one process uses it at a time.
	Dir    string
	Clock  clockwork.Clock // nil: the real one
	Logger *slog.Logger    // nil: none
	// Region is the region of the buckets; "" is us-east-1.
	Region string
	// Account is the id of the account that owns the buckets; "" is 000000000000.
	Account string
	// ByHost finds the bucket that a request's host names, or "", and the host's name without it; nil finds none.
	ByHost func(host string) (bucket, address string)
	// NotImitated is called with a description of each refused request that is not imitated; nil is not called.
	NotImitated func(text string)
}

// Service keeps buckets. It is safe for concurrent use.
type Service struct {
	root *os.Root
	// folder is the one that root has open.
	folder fs.FileInfo
	clock  clockwork.Clock
	logger *slog.Logger
	byHost func(host string) (bucket, address string)
	region string
	// account owns the buckets.
	account string
	// requests counts the requests, for their ids.
	requests atomic.Int64
	tell     func(text string)
	// mu is held for writing while names change, and for reading where a file and its metadata must be of one generation.
	mu sync.RWMutex
	// last is the latest modification time given to a file. No two files get the same one.
	last    time.Time
	uploads uploads
	// fault makes a step of a write fail in tests.
	fault func(step string) error
}

// Names in Dir that are not buckets: a bucket's name does not begin with a dot.
const (
	temporary = ".tmp"
	hidden    = ".meta"
)

// Open opens the buckets in a folder, and removes unfinished files that a crash left.
func Open(opts Options) (*Service, error) {
	if err := os.MkdirAll(opts.Dir, 0o755); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(opts.Dir)
	if err != nil {
		return nil, err
	}
	s := &Service{
		root: root, clock: cmp.Or[clockwork.Clock](opts.Clock, clockwork.NewRealClock()),
		logger:  cmp.Or(opts.Logger, slog.New(slog.DiscardHandler)),
		byHost:  opts.ByHost,
		region:  cmp.Or(opts.Region, defaultRegion),
		account: cmp.Or(opts.Account, tfjson.NoAccount),
		tell:    opts.NotImitated,
		uploads: uploads{byID: map[gofakes3.UploadID]*upload{}},
		fault:   func(string) error { return nil },
	}
	if s.folder, err = root.Stat("."); err != nil {
		return nil, err
	}
	if s.tell == nil {
		s.tell = func(string) {}
	}
	if err := root.RemoveAll(temporary); err != nil {
		return nil, fmt.Errorf("removing what an earlier process left unfinished: %w", err)
	}
	for _, folder := range []string{temporary, hidden} {
		if err := root.Mkdir(folder, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		if err := s.needFolder(folder); err != nil {
			return nil, err
		}
	}
	return s, s.syncFolder(".")
}

// Close removes the parts of unfinished uploads, and closes the folder. Later calls fail.
func (s *Service) Close() error {
	s.endUploads("")
	return s.root.Close()
}

// Declare makes a bucket unless it exists. Existing objects stay as they are.
func (s *Service) Declare(cfg Config) error {
	if err := s.backend().CreateBucket(cfg.Name); err != nil && !gofakes3.IsAlreadyExists(err) {
		return fmt.Errorf("the bucket %q: %w", cfg.Name, err)
	}
	return s.needFolder(cfg.Name)
}

// needFolder returns an error where something else than a folder has a name.
func (s *Service) needFolder(name string) error {
	info, err := s.root.Stat(name)
	if err == nil && !info.IsDir() {
		err = &fs.PathError{Op: "open", Path: filepath.Join(s.root.Name(), name), Err: syscall.ENOTDIR}
	}
	return err
}

// Put writes an object. Once Put returns nil, the object is whole and durable. contentType "" is S3's default,
// binary/octet-stream; contentEncoding "" is none.
func (s *Service) Put(ctx context.Context, bucket, key string, body []byte, contentType, contentEncoding string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.present(); err != nil {
		return fmt.Errorf("s3://%s/%s: %w", bucket, key, noBucket{err})
	}
	headers := map[string]string{}
	if contentType != "" {
		headers["Content-Type"] = contentType
	}
	if contentEncoding != "" {
		headers["Content-Encoding"] = contentEncoding
	}
	_, err := s.backend().PutObject(bucket, key, headers, bytes.NewReader(body), int64(len(body)), nil)
	switch {
	case gofakes3.HasErrorCode(err, gofakes3.ErrNoSuchBucket):
		return fmt.Errorf("s3://%s/%s: %w; make the bucket again (aws s3 mb s3://%s, with the --endpoint-url of this machine), or start again", bucket, key, noBucket{err}, bucket)
	case err != nil:
		return fmt.Errorf("s3://%s/%s: %w", bucket, key, err)
	}
	return nil
}

// present returns an error if the open folder is no longer the one at its path. The system keeps an open folder: nothing can be made
// in a deleted one, and nobody would look for objects in one that was moved.
func (s *Service) present() error {
	info, err := os.Stat(s.root.Name())
	switch {
	case err == nil && os.SameFile(info, s.folder):
		return nil
	case err == nil:
		err = errors.New("another folder has replaced it")
	}
	return fmt.Errorf("the folder of the buckets was removed or moved while it was in use (%w); start again, which makes the buckets anew", err)
}

// ErrNoBucket is the error of [Service.Put] if there is no such bucket.
var ErrNoBucket = errors.New("there is no such bucket")

// noBucket is ErrNoBucket in the words of another error.
type noBucket struct{ error }

func (noBucket) Is(target error) bool { return target == ErrNoBucket }

// ErrNotFound is the error of [Service.Open] if there is no such object.
var ErrNotFound = errors.New("there is no such object")

// Open opens an object's content, and returns its size and modification time. For a folder, a link, or a file that is still being
// written, the error is [ErrNotFound]. The opened content stays the same when the object is replaced or deleted.
func (s *Service) Open(bucket, key string) (io.ReadSeekCloser, fs.FileInfo, error) {
	file, info, err := s.open(bucket, key)
	switch {
	case gofakes3.HasErrorCode(err, gofakes3.ErrNoSuchBucket), gofakes3.HasErrorCode(err, gofakes3.ErrNoSuchKey):
		return nil, nil, fmt.Errorf("s3://%s/%s: %w", bucket, key, ErrNotFound)
	case err != nil:
		return nil, nil, fmt.Errorf("s3://%s/%s: %w", bucket, key, err)
	}
	return file, info, nil
}

// Handler answers S3's wire protocol, with the bucket in the path or in the host. Do not put it behind a [http.ServeMux], which removes
// "//" and ".." from the path.
func (s *Service) Handler() http.Handler {
	return s.hosted(guard{s})
}

// pass answers a request by gofakes3.
func (s *Service) pass(w http.ResponseWriter, r *http.Request) {
	passed := withoutConditions(r)
	errs := &withMessages{ResponseWriter: w}
	defer errs.end(r)
	gofakes3.New(backend{Service: s, asked: r, passed: passed.Header, answered: w.Header(), tag: &errs.tag},
		gofakes3.WithTimeSource(timeSource{s.clock}),
		gofakes3.WithTimeSkewLimit(0),     // a signature's age is not checked, because signatures are not
		gofakes3.WithMetadataSizeLimit(0), // it would count every x-amz header, such as a session token
		gofakes3.WithLogger(logger{s.logger}),
	).Server().ServeHTTP(errs, passed)
}

// timeSource adapts a clock to gofakes3's interface.
type timeSource struct{ clockwork.Clock }

func (t timeSource) Now() time.Time { return t.Clock.Now().UTC() }

// logger passes gofakes3's errors on, and drops the rest, which is for debugging gofakes3.
type logger struct{ *slog.Logger }

func (l logger) Print(level gofakes3.LogLevel, v ...any) {
	if level == gofakes3.LogErr {
		l.Error("s3: " + fmt.Sprint(v...))
	}
}
