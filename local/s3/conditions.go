package s3

import (
	"encoding/xml"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/johannesboyne/gofakes3"
)

// matches reports whether a header lists an entity tag, with or without quotes; "*" matches every tag.
func matches(header, tag string) bool {
	for each := range strings.SplitSeq(header, ",") {
		each = strings.TrimPrefix(strings.TrimSpace(each), "W/")
		if each == "*" || strings.Trim(each, `"`) == tag {
			return true
		}
	}
	return false
}

// errConflict has S3's words.
//
// Assumption S3-20: S3 answers ConditionalRequestConflict with 409 to a CompleteMultipartUpload whose condition holds, if its key was
// written or deleted since the upload began; a new upload works (localstack's test_multipart_if_match_with_put and
// test_multipart_if_none_match_with_delete, recorded on AWS).
var errConflict = gofakes3.ErrorMessage("ConditionalRequestConflict", "The conditional request cannot succeed due to a conflicting operation against this resource.")

var errPrecondition = gofakes3.ErrorMessage(gofakes3.ErrPreconditionFailed, "At least one of the pre-conditions you specified did not hold")

// checkRead checks an object against a request's conditions; prefix is that of the headers' names.
//
// Assumption S3-4: in a conditional request to S3, an If-Match that holds outweighs an If-Unmodified-Since that does not, and an
// If-None-Match that fails outweighs If-Modified-Since (S3 API reference, GetObject, CopyObject). A copy answers every failure
// with 412; a GET or HEAD answers a failure of the latter two with 304. An If-Modified-Since in the future is not heeded (localstack's
// test_s3_get_object_preconditions and test_s3_copy_object_preconditions, recorded on AWS).
func (s *Service) checkRead(header http.Header, prefix string, meta metadata, info fs.FileInfo) error {
	modified := info.ModTime().Truncate(time.Second)
	since := func(name string) (time.Time, bool) {
		at, err := http.ParseTime(header.Get(prefix + name))
		return at, err == nil
	}
	if match := header.Get(prefix + "If-Match"); match != "" {
		if !matches(match, meta.tag()) {
			return errPrecondition
		}
	} else if at, given := since("If-Unmodified-Since"); given && modified.After(at) {
		return errPrecondition
	}
	unchanged := false
	if none := header.Get(prefix + "If-None-Match"); none != "" {
		unchanged = matches(none, meta.tag())
	} else if at, given := since("If-Modified-Since"); given && !at.After(s.clock.Now()) {
		unchanged = !modified.After(at)
	}
	switch {
	case unchanged && prefix != "":
		return errPrecondition
	case unchanged:
		return gofakes3.ErrNotModified
	}
	return nil
}

// checkHeaders refuses a condition of a write that S3 does not have, which would let the write through.
//
// Assumption S3-17: a write to S3 takes one condition, If-None-Match with "*" or If-Match with an ETag, and answers 501 to any other
// (S3 API reference, PutObject, which expects these values; the status is that of localstack's provider, whose tests are recorded on
// AWS). An If-Match answers NoSuchKey where there is no object (S3 user guide, "How to prevent object overwrites with conditional
// writes").
func (g guard) checkHeaders(r *http.Request) error {
	_, key := named(r)
	writes := r.Method == http.MethodPut && key != "" && !r.URL.Query().Has("uploadId") || isCompletion(r)
	match, none := r.Header.Get("If-Match"), r.Header.Get("If-None-Match")
	switch {
	case !writes:
	case match != "" && none != "":
		return g.notImitated("If-Match together with If-None-Match in a write (S3 has one condition of a write; leave one of them out)")
	case none != "" && none != "*":
		return g.notImitated("If-None-Match " + none + ` in a write (S3 has only "*" there)`)
	case match == "*":
		return g.notImitated("If-Match * in a write (S3 has only an ETag there)")
	}
	return nil
}

// checkWrite checks the object under a key, if there is one, against a write's conditions.
func checkWrite(conditions *gofakes3.PutConditions, key string, exists bool, tag func() (string, error)) error {
	switch {
	case conditions.IfNoneMatch != nil && exists:
		return errPrecondition
	case conditions.IfMatch != nil && !exists:
		return gofakes3.KeyNotFound(key)
	case conditions.IfMatch != nil:
		return checkDelete(*conditions.IfMatch, exists, tag)
	}
	return nil
}

// checkDelete checks an object against If-Match. exists is false if there is no object; then no condition matches.
func checkDelete(match string, exists bool, tag func() (string, error)) error {
	if match == "" {
		return nil
	}
	if !exists {
		return errPrecondition
	}
	if match == "*" {
		return nil
	}
	is, err := tag()
	if err == nil && !matches(match, is) {
		err = errPrecondition
	}
	return err
}

const copySource = "X-Amz-Copy-Source"

// sourceOf is the object that a request copies.
func sourceOf(r *http.Request) (bucket, key string, err error) {
	given := r.Header.Get(copySource)
	name, _, _ := strings.Cut(given, "?") // there is one version
	name, err = url.QueryUnescape(name)
	bucket, key, _ = strings.Cut(strings.TrimPrefix(name, "/"), "/")
	if err != nil || bucket == "" || key == "" {
		err = gofakes3.ErrorMessagef(gofakes3.ErrInvalidArgument, `x-amz-copy-source is %q; it must be BUCKET/KEY in URL encoding, in which a "%%" is %%25`, given)
	}
	return bucket, key, err
}

// checkSource refuses a copy whose source is no object's name. gofakes3 has no reason for that, and calls it a failure of its own.
func (g guard) checkSource(r *http.Request) error {
	given := r.Header.Get(copySource)
	if r.Method != http.MethodPut || given == "" {
		return nil
	}
	bucket, _, err := sourceOf(r)
	if strings.HasPrefix(bucket, "arn:") {
		return g.notImitated("access point (x-amz-copy-source " + given + ")")
	}
	return err
}

// source opens the object that a request copies, if the request's conditions hold.
func (s backend) source() (io.ReaderAt, io.Closer, fs.FileInfo, metadata, error) {
	bucket, key, err := sourceOf(s.asked)
	if err != nil {
		return nil, nil, nil, metadata{}, err
	}
	file, info, meta, err := s.object(bucket, key)
	if err != nil {
		return nil, nil, nil, metadata{}, err
	}
	if err := s.Service.checkRead(s.asked.Header, copySource+"-", meta, info); err != nil {
		_ = file.Close() // it was only read
		return nil, nil, nil, metadata{}, err
	}
	return file, file, info, meta, nil
}

type copyPartResult struct {
	XMLName      xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ CopyPartResult"`
	LastModified string
	ETag         string
}

// copyPart is UploadPartCopy: it uploads an object, or a range of one, as a part.
func (s backend) copyPart() (*copyPartResult, error) {
	query := s.asked.URL.Query()
	number, err := strconv.Atoi(query.Get("partNumber"))
	if err != nil || number < 1 || number > gofakes3.MaxUploadPartNumber {
		return nil, gofakes3.ErrorMessage(gofakes3.ErrInvalidArgument, "partNumber must be an integer between 1 and 10000, inclusive")
	}
	from, file, info, _, err := s.source()
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // it was only read
	first, size, err := rangeOf(s.asked.Header.Get(copySource+"-Range"), info.Size())
	if err != nil {
		return nil, err
	}
	bucket, key := named(s.asked)
	tag, err := s.UploadPart(bucket, key, gofakes3.UploadID(query.Get("uploadId")), number, size, io.NewSectionReader(from, first, size))
	return &copyPartResult{LastModified: inXML(s.clock.Now()), ETag: tag}, err
}

// rangeOf reads bytes=FIRST-LAST. Both are required and lie within the object (S3 API reference, UploadPartCopy); "" is all of it.
func rangeOf(header string, size int64) (first, length int64, err error) {
	if header == "" {
		return 0, size, nil
	}
	var last int64
	if n, err := fmt.Sscanf(header+"\n", "bytes=%d-%d\n", &first, &last); err != nil || n != 2 || first < 0 || last < first {
		return 0, 0, gofakes3.ErrorMessage(gofakes3.ErrInvalidArgument, "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy")
	}
	if first >= size { // the codes and words of both are recorded (localstack's test_upload_part_copy_range)
		return 0, 0, gofakes3.ErrorMessage("InvalidRequest", "The specified copy range is invalid for the source object size")
	}
	if last >= size {
		return 0, 0, gofakes3.ErrorMessagef(gofakes3.ErrInvalidArgument, "Range specified is not valid for source object of size: %d", size)
	}
	return first, last - first + 1, nil
}
