package s3

import (
	"crypto/md5" //nolint:gosec // S3's own checksum
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/johannesboyne/gofakes3"

	"cdk.tf/go/ingest/internal/bucketname"
)

// backend adapts a service to gofakes3's interfaces. Its methods return gofakes3's errors unwrapped, because gofakes3 does not unwrap.
// asked is the request being served, because gofakes3 passes on only a part of it; nil means that the pipeline itself calls.
type backend struct {
	*Service
	asked *http.Request
	// passed are the headers of the request that gofakes3 has, and answered those of the answer.
	passed, answered http.Header
	// tag gets the ETag of the object that is read.
	tag *string
}

func (s *Service) backend() backend { return backend{Service: s} }

// header returns a header of the request, "" without a request.
func (s backend) header(name string) string {
	if s.asked == nil {
		return ""
	}
	return s.asked.Header.Get(name)
}

// failed turns an error of the file system into S3's InternalError with its text. If the error wraps one of S3's, it returns
// that one.
func failed(err error) error {
	var known gofakes3.Error
	if err == nil {
		return nil
	}
	if errors.As(err, &known) {
		return known
	}
	return gofakes3.ErrorMessage(gofakes3.ErrInternal, err.Error())
}

// ListBuckets implements gofakes3.Backend.
func (s backend) ListBuckets() ([]gofakes3.BucketInfo, error) {
	entries, err := s.readFolder(".")
	if err != nil {
		return nil, failed(err)
	}
	var buckets []gofakes3.BucketInfo
	for _, entry := range entries {
		if !entry.IsDir() || !isBucketName(entry.Name()) {
			continue
		}
		created, err := s.root.Stat(path.Join(hidden, entry.Name()))
		if err != nil {
			created, err = s.root.Stat(entry.Name()) // a folder that another program made
		}
		if err != nil {
			return nil, failed(err)
		}
		buckets = append(buckets, gofakes3.BucketInfo{Name: entry.Name(), CreationDate: gofakes3.NewContentTime(created.ModTime().UTC())})
	}
	return buckets, nil
}

// CreateBucket implements gofakes3.Backend.
func (s backend) CreateBucket(name string) error {
	if bucketname.Remedy(name) != "" {
		return gofakes3.ErrorMessage(gofakes3.ErrInvalidBucketName, "The specified bucket is not valid.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.root.Mkdir(name, 0o755); errors.Is(err, fs.ErrExist) {
		return gofakes3.ResourceError(gofakes3.ErrBucketAlreadyExists, name)
	} else if err != nil {
		return failed(err)
	}
	return failed(s.syncFolder("."))
}

// BucketExists implements gofakes3.Backend.
func (s backend) BucketExists(name string) (bool, error) {
	if !isBucketName(name) {
		return false, nil
	}
	info, err := s.root.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, failed(err)
	}
	return info.IsDir(), nil
}

func (s *Service) needBucket(name string) error {
	exists, err := s.backend().BucketExists(name)
	if err == nil && !exists {
		return gofakes3.BucketNotFound(name)
	}
	return err
}

// DeleteBucket implements gofakes3.Backend.
func (s backend) DeleteBucket(name string) error {
	if err := s.needBucket(name); err != nil {
		return err
	}
	err := s.removeBucket(name)
	if err == nil {
		s.endUploads(name)
	}
	return err
}

func (s *Service) removeBucket(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	full, err := s.holdsFile(name)
	if err != nil {
		return failed(err)
	}
	if full {
		return gofakes3.ResourceError(gofakes3.ErrBucketNotEmpty, name)
	}
	err = s.root.RemoveAll(name)
	err = errors.Join(err, s.root.RemoveAll(path.Join(hidden, name)), s.syncFolder("."))
	return failed(err)
}

// ForceDeleteBucket implements gofakes3.Backend. It is another server's extension, not S3's.
func (backend) ForceDeleteBucket(string) error { return gofakes3.ErrNotImplemented }

// object opens a file and finds its metadata, both of the same generation.
func (s *Service) object(bucket, key string) (*os.File, fs.FileInfo, metadata, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	file, info, err := s.open(bucket, key)
	if err != nil {
		return nil, nil, metadata{}, err
	}
	meta, err := s.metadataOf(bucket, key, info, file)
	if err != nil {
		_ = file.Close() // it was only read
		return nil, nil, metadata{}, failed(err)
	}
	return file, info, meta, nil
}

// open opens an object's file. A link is not an object, as in a listing.
func (s *Service) open(bucket, key string) (*os.File, fs.FileInfo, error) {
	if err := s.needBucket(bucket); err != nil {
		return nil, nil, err
	}
	if !isKey(key) {
		return nil, nil, gofakes3.KeyNotFound(key)
	}
	name := path.Join(bucket, key)
	info, err := s.root.Lstat(name) // first, because to open a pipe would wait for its writer
	if isAbsent(err) || err == nil && !info.Mode().IsRegular() {
		return nil, nil, gofakes3.KeyNotFound(key)
	}
	if err != nil {
		return nil, nil, failed(err)
	}
	file, err := s.root.Open(name)
	if err == nil {
		if info, err = file.Stat(); err == nil && info.Mode().IsRegular() {
			return file, info, nil
		}
		_ = file.Close() // it was only read
	}
	if err == nil || isAbsent(err) { // replaced or deleted meanwhile
		err = gofakes3.KeyNotFound(key)
	}
	return nil, nil, failed(err)
}

// GetObject implements gofakes3.Backend.
func (s backend) GetObject(bucket, key string, requested *gofakes3.ObjectRangeRequest) (*gofakes3.Object, error) {
	file, info, meta, err := s.object(bucket, key)
	if err != nil {
		return nil, err
	}
	part, err := within(requested, info.Size()).Range(info.Size())
	if unmet := s.checkRead(meta, info); unmet != nil {
		err = unmet
	}
	if err != nil {
		_ = file.Close() // it was only read
		return nil, err
	}
	object := meta.object(key, info)
	object.Contents = file
	if part != nil {
		object.Range = part
		object.Contents = section{io.NewSectionReader(file, part.Start, part.Length), file}
	}
	return object, nil
}

// within bounds a suffix range, such as bytes=-100, by the object's size.
//
// Assumption S3-7: S3's GetObject and HeadObject answer a suffix range that is longer than the object with 206 and the whole object (S3
// API reference, GetObject, Range; RFC 9110, section 14.1.2).
func within(requested *gofakes3.ObjectRangeRequest, size int64) *gofakes3.ObjectRangeRequest {
	if requested != nil && requested.FromEnd {
		requested.End = min(requested.End, size)
	}
	return requested
}

// passWithin is [within] for a HEAD, whose range gofakes3 reads after it has the object.
func (s backend) passWithin(size int64) {
	suffix, found := strings.CutPrefix(s.passed.Get("Range"), "bytes=-")
	if asked, err := strconv.ParseInt(suffix, 10, 64); found && err == nil && asked > size {
		s.passed.Set("Range", fmt.Sprintf("bytes=-%d", size))
	}
}

// section is a part of a file.
type section struct {
	io.Reader
	io.Closer
}

// HeadObject implements gofakes3.Backend.
func (s backend) HeadObject(bucket, key string) (*gofakes3.Object, error) {
	file, info, meta, err := s.object(bucket, key)
	if err != nil {
		return nil, err
	}
	object := meta.object(key, info)
	object.Contents = http.NoBody
	s.passWithin(info.Size())
	if err := s.checkRead(meta, info); err != nil {
		_ = file.Close() // it was only read
		return nil, err
	}
	return object, failed(file.Close())
}

// checkRead checks the request's conditions for reading an object. It ignores other methods: gofakes3 also reads the source of a copy
// this way, and a copy's conditions have other names.
func (s backend) checkRead(meta metadata, info fs.FileInfo) error {
	if s.asked == nil || s.asked.Method != http.MethodGet && s.asked.Method != http.MethodHead {
		return nil
	}
	*s.tag = meta.tag()
	err := s.Service.checkRead(s.asked.Header, "", meta, info)
	if errors.Is(err, gofakes3.ErrNotModified) {
		s.answered.Set("ETag", `"`+meta.tag()+`"`) // RFC 9110, section 15.4.5
	}
	return err
}

func (m metadata) object(key string, info fs.FileInfo) *gofakes3.Object {
	headers := maps.Clone(m.Headers)
	headers["Last-Modified"] = info.ModTime().UTC().Format(http.TimeFormat)
	return &gofakes3.Object{Name: key, Size: info.Size(), Metadata: headers, Hash: m.MD5}
}

// PutObject implements gofakes3.Backend.
func (s backend) PutObject(bucket, key string, headers map[string]string, input io.Reader, size int64, conditions *gofakes3.PutConditions) (gofakes3.PutObjectResult, error) {
	w := &write{service: s.Service, bucket: bucket, key: key, headers: s.kept(headers), size: size}
	err := w.put(input, conditions)
	return gofakes3.PutObjectResult{}, failed(err)
}

func (w *write) put(input io.Reader, conditions *gofakes3.PutConditions) error {
	if err := w.service.needBucket(w.bucket); err != nil {
		return err
	}
	if err := checkKey(w.key); err != nil {
		return err
	}
	defer w.cleanUp()
	if err := w.content(input); err != nil {
		return err
	}
	return w.commit(conditions)
}

// CopyObject implements gofakes3.Backend. It ignores the headers that gofakes3 gives, which merge the source's and the request's: S3
// takes either the one or the other (S3 API reference, CopyObject, x-amz-metadata-directive).
func (s backend) CopyObject(fromBucket, fromKey, bucket, key string, _ map[string]string) (gofakes3.CopyObjectResult, error) {
	from, file, info, meta, err := s.source()
	if err != nil {
		return gofakes3.CopyObjectResult{}, failed(err)
	}
	defer file.Close() //nolint:errcheck // it was only read
	headers := meta.Headers
	if s.header("X-Amz-Metadata-Directive") == "REPLACE" {
		headers = s.kept(nil)
	} else if fromBucket == bucket && fromKey == key && !s.changesStorage() {
		return gofakes3.CopyObjectResult{}, gofakes3.ErrorMessage("InvalidRequest", "This copy request is illegal because it is trying to copy an object to itself "+
			"without changing the object's metadata, storage class, website redirect location or encryption attributes.")
	}
	w := &write{service: s.Service, bucket: bucket, key: key, headers: headers, size: info.Size()}
	if err := w.put(io.NewSectionReader(from, 0, info.Size()), s.writeConditions()); err != nil {
		return gofakes3.CopyObjectResult{}, failed(err)
	}
	return gofakes3.CopyObjectResult{ETag: gofakes3.FormatETag(w.meta.MD5), LastModified: gofakes3.NewContentTime(w.modified.UTC().Truncate(time.Second))}, nil // as in the header Last-Modified
}

// changesStorage reports whether a copy names a storage class or an encryption: S3 lets an object be copied to itself for that, even if
// the object has them already (localstack's test_s3_copy_object_in_place_metadata_directive, recorded on AWS).
func (s backend) changesStorage() bool {
	return s.header("X-Amz-Storage-Class") != "" || s.header(encryption) != ""
}

// writeConditions reads the conditions of a write from the request. gofakes3 passes on only PutObject's.
func (s backend) writeConditions() *gofakes3.PutConditions {
	match, none := s.header("If-Match"), s.header("If-None-Match")
	if match == "" && none == "" {
		return nil
	}
	conditions := &gofakes3.PutConditions{}
	if match != "" {
		conditions.IfMatch = &match
	}
	if none != "" {
		conditions.IfNoneMatch = &none
	}
	return conditions
}

// DeleteObject implements gofakes3.Backend. Deleting an object that does not exist succeeds.
func (s backend) DeleteObject(bucket, key string) (gofakes3.ObjectDeleteResult, error) {
	if err := s.needBucket(bucket); err != nil {
		return gofakes3.ObjectDeleteResult{}, err
	}
	if !isKey(key) {
		return gofakes3.ObjectDeleteResult{}, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	name := path.Join(bucket, key)
	info, err := s.root.Lstat(name)
	absent := isAbsent(err) || err == nil && info.IsDir()
	w := write{service: s.Service, bucket: bucket, key: key}
	if unmet := checkDelete(s.header("If-Match"), !absent, func() (string, error) { return w.existingTag(name) }); unmet != nil {
		return gofakes3.ObjectDeleteResult{}, failed(unmet)
	}
	if absent {
		return gofakes3.ObjectDeleteResult{}, nil
	}
	if err == nil {
		err = s.root.Remove(name)
	}
	if err != nil {
		return gofakes3.ObjectDeleteResult{}, failed(err)
	}
	s.uploads.overtake(bucket, key)
	s.forget(bucket, key, "")
	folder := path.Dir(name)
	for folder != bucket && s.root.Remove(folder) == nil { // fails where something is left in it
		folder = path.Dir(folder)
	}
	return gofakes3.ObjectDeleteResult{}, failed(s.syncFolder(folder))
}

// DeleteMulti implements gofakes3.Backend.
func (s backend) DeleteMulti(bucket string, keys ...string) (result gofakes3.MultiDeleteResult, err error) {
	if err := s.needBucket(bucket); err != nil {
		return result, err
	}
	for _, key := range keys {
		if _, err := s.DeleteObject(bucket, key); err != nil {
			failure := gofakes3.ErrorResultFromError(err)
			failure.Key = key
			result.Error = append(result.Error, failure)
			continue
		}
		result.Deleted = append(result.Deleted, gofakes3.ObjectID{Key: key})
	}
	return result, nil
}

// objectHeaders are the system metadata that a client may set and that S3 keeps (S3 user guide, "Working with object metadata").
var objectHeaders = []string{"Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Type", "Expires"}

const userMetadata = "X-Amz-Meta-"

// kept returns the headers that belong to an object, without the rest of a request's, such as its signature. gofakes3 gives only some
// of them, so they are read from the request too.
func (s backend) kept(headers map[string]string) map[string]string {
	object := map[string]string{}
	add := func(name, value string) {
		name = http.CanonicalHeaderKey(name)
		switch {
		case strings.HasPrefix(name, userMetadata):
			object[name] = decodedMetadata(value)
		case value != "" && slices.Contains(objectHeaders, name):
			object[name] = value
		}
	}
	for name, value := range headers {
		add(name, value)
	}
	if s.asked != nil {
		for name, values := range s.asked.Header {
			add(name, strings.Join(values, ","))
		}
	}
	return object
}

func sumOf(r io.Reader) ([]byte, error) {
	sum := md5.New() //nolint:gosec // as above
	_, err := io.Copy(sum, r)
	return sum.Sum(nil), err
}
