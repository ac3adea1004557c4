// Package s3 keeps buckets as folders and objects as plain files, DIR/BUCKET/KEY, so that cat, jq and zcat read them, and
// serves them in S3's wire protocol, which is gofakes3's.
//
// An object is written under another name, put on disk, and then renamed: it is there whole or not at all, also after a
// crash or on a full disk, and for good once Put or the request has succeeded. What is not content (content type, ETag,
// user metadata) lies in a hidden folder beside the buckets. A file that somebody else puts into a bucket's folder is an
// object too.
//
// The parts of an upload lie below the same hidden folder until it is complete or aborted, or the process ends: with it the
// upload is over, where S3 would keep it.
//
// An object's ETag is the MD5 of its content, however it came. S3's own of an upload in parts is made of the parts' MD5s and
// their number, which is known here when the upload is complete, and answered then, but not kept.
//
// A key must be the path of a file: "..", empty segments (so also a "/" at either end), segments of more than 255 bytes
// and keys that are a folder of another object are refused. On a file system that does not tell upper case from lower
// case, neither do keys.
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
	"sync"
	"sync/atomic"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/jonboulle/clockwork"
)

// defaultRegion is the one that S3 calls none, in a bucket's location and where a bucket is made.
const defaultRegion = "us-east-1"

// Options of a service.
type Options struct {
	// Dir holds the buckets. It is made. One process may have it at a time, which is its caller's to see to.
	Dir    string
	Clock  clockwork.Clock // nil: the real one
	Logger *slog.Logger    // nil: none
	// Region is the buckets'; "" is us-east-1.
	Region string
	// ByHost finds the bucket that a request's host names, "" for none, and the name of the address without it; nil finds none.
	ByHost func(host string) (bucket, address string)
	// NotImitated is told what a client asked for in vain, in words; nil is not told.
	NotImitated func(text string)
}

// Service keeps buckets. Its methods may be called at the same time.
type Service struct {
	root   *os.Root
	clock  clockwork.Clock
	logger *slog.Logger
	byHost func(host string) (bucket, address string)
	region string
	// requests counts them, for their ids.
	requests atomic.Int64
	tell     func(text string)
	// mu is held for writing where names change, for reading where a file and its metadata must be of one generation.
	mu sync.RWMutex
	// last is the latest modification time that was given to a file, so that no two are the same.
	last    time.Time
	uploads uploads
	// fault makes a step of a write fail in tests.
	fault func(step string) error
}

// Names in Dir that are no buckets: a bucket's name does not begin with a dot.
const (
	temporary = ".tmp"
	hidden    = ".meta"
)

// Open opens the buckets in a folder, and removes what a crash has left half done.
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
		tell:    opts.NotImitated,
		uploads: uploads{byID: map[gofakes3.UploadID]*upload{}},
		fault:   func(string) error { return nil },
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
	}
	return s, s.syncFolder(".")
}

// Close removes the parts of uploads that are not complete, and lets the folder go. Calls after it fail.
func (s *Service) Close() error {
	s.endUploads("")
	return s.root.Close()
}

// Declare makes a bucket unless it is there. Its objects stay as they are.
func (s *Service) Declare(cfg Config) error {
	if err := gofakes3.ValidateBucketName(cfg.Name); err != nil {
		return fmt.Errorf("the bucket %q: %w", cfg.Name, err)
	}
	if err := s.backend().CreateBucket(cfg.Name); err != nil && !gofakes3.IsAlreadyExists(err) {
		return fmt.Errorf("the bucket %q: %w", cfg.Name, err)
	}
	return nil
}

// Put writes an object; it is there, whole and on disk, once Put returns nil. contentType "" is S3's own
// binary/octet-stream, contentEncoding "" is none.
func (s *Service) Put(ctx context.Context, bucket, key string, body []byte, contentType, contentEncoding string) error {
	if err := ctx.Err(); err != nil {
		return err
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
		return fmt.Errorf("s3://%s/%s: %w; make the bucket again (aws s3 mb s3://%s, with the --endpoint-url of this machine), or start again", bucket, key, err, bucket)
	case err != nil:
		return fmt.Errorf("s3://%s/%s: %w", bucket, key, err)
	}
	return nil
}

// ErrNotFound is returned by [Service.Open] where there is no such object.
var ErrNotFound = errors.New("there is no such object")

// Open opens an object's content, and says its size and when it was modified. Whatever is no object, such as a folder, a
// link or a file that is still being written, is [ErrNotFound]. What was opened stays as it is when the object is replaced or deleted.
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

// Handler answers S3's wire protocol, with the bucket in the path or in the host. It needs the path as it was sent: a [http.ServeMux]
// would clean "//" and ".." out of it.
func (s *Service) Handler() http.Handler {
	return s.hosted(guard{s})
}

// server is gofakes3 for one request.
func (s *Service) server(w http.ResponseWriter, r *http.Request) http.Handler {
	return gofakes3.New(backend{s, r, w.Header()},
		gofakes3.WithTimeSource(timeSource{s.clock}),
		gofakes3.WithTimeSkewLimit(0),     // a signature's age is not checked, because signatures are not
		gofakes3.WithMetadataSizeLimit(0), // it would count every header of AWS's, a session's token too
		gofakes3.WithLogger(logger{s.logger}),
	).Server()
}

// timeSource is a clock as gofakes3 wants it.
type timeSource struct{ clockwork.Clock }

func (t timeSource) Now() time.Time { return t.Clock.Now().UTC() }

// logger passes gofakes3's errors on. What it says of each request is for debugging gofakes3.
type logger struct{ *slog.Logger }

func (l logger) Print(level gofakes3.LogLevel, v ...any) {
	if level == gofakes3.LogErr {
		l.Error("s3: " + fmt.Sprint(v...))
	}
}
