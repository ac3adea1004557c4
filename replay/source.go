package replay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
)

// object is one below the error prefix.
type object struct {
	id       objectID
	version  string
	size     int64
	modified time.Time
}

// list finds the objects, in the order of their keys.
func (r *run) list(ctx context.Context) ([]object, error) {
	var found []object
	pages := s3.NewListObjectsV2Paginator(r.From, &s3.ListObjectsV2Input{Bucket: aws.String(r.Bucket), Prefix: aws.String(r.Prefix)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing s3://%s/%s: %w%s", r.Bucket, r.Prefix, err, remedy(err, "s3:ListBucket on the bucket"))
		}
		for _, listed := range page.Contents {
			o := object{
				id:   objectID{aws.ToString(listed.Key), strings.Trim(aws.ToString(listed.ETag), `"`)},
				size: aws.ToInt64(listed.Size), modified: aws.ToTime(listed.LastModified),
			}
			if r.wanted(o) {
				found = append(found, o)
			}
		}
	}
	r.summary.Objects = len(found)
	return found, nil
}

// wanted leaves out what need not be read. No record is received after its object is written; S3 cuts that time to
// seconds.
func (r *run) wanted(o object) bool {
	folder := o.size == 0 && strings.HasSuffix(o.id.key, "/")
	before := !r.Since.IsZero() && o.modified.Add(time.Second).Before(r.Since)
	return !folder && !before && strings.Contains(o.id.key, r.ErrorType)
}

// spool is an object's copy on this machine: a batch may wait for the stream for longer than S3 keeps a connection open. The
// file has no name, so that it goes with the process, however that ends.
type spool struct {
	file *os.File
	// read is how many bytes of it were.
	read int64
}

func (s *spool) Read(p []byte) (int, error) {
	n, err := s.file.Read(p)
	s.read += int64(n)
	return n, err
}

func (s *spool) close() { _ = s.file.Close() }

var (
	errGone     = errors.New("the object is gone")
	errArchived = errors.New("the object is archived")
)

// fetchTries is how often an object's download is begun: the SDK tries a request again, but not a body that breaks off.
const fetchTries = 3

// fetch copies an object, and has o be the object that was read, which may be another than the listed one.
func (r *run) fetch(ctx context.Context, o *object) (*spool, error) {
	file, err := os.CreateTemp("", "ingest-replay-*")
	if err != nil {
		return nil, fmt.Errorf("the copy of an object cannot be made: %w; make room, or name another folder in TMPDIR", err)
	}
	if err := os.Remove(file.Name()); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("the copy of an object cannot be unlinked: %w; name another folder in TMPDIR", err)
	}
	s := &spool{file: file}
	for try := 1; ; try++ {
		err = r.copy(ctx, o, file)
		if err == nil {
			return s, nil
		}
		var answered smithy.APIError
		if ctx.Err() != nil || errors.As(err, &answered) || try == fetchTries {
			s.close()
			return nil, r.fetchError(*o, err)
		}
	}
}

func (r *run) fetchError(o object, err error) error {
	switch code(err) {
	case "NoSuchKey":
		return errGone
	case "InvalidObjectState":
		return errArchived
	}
	return fmt.Errorf("reading s3://%s/%s: %w%s", r.Bucket, o.id.key, err, remedy(err, "s3:GetObject on it, and kms:Decrypt where its key is yours"))
}

func (r *run) copy(ctx context.Context, o *object, to *os.File) error {
	answer, err := r.From.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(r.Bucket), Key: aws.String(o.id.key)})
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if _, err := to.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if err := to.Truncate(0); err != nil {
		return err
	}
	if _, err := io.Copy(to, answer.Body); err != nil {
		return err
	}
	o.id.etag, o.version = strings.Trim(aws.ToString(answer.ETag), `"`), aws.ToString(answer.VersionId)
	_, err = to.Seek(0, io.SeekStart)
	return err
}

// code is AWS's name of an error, or "".
func code(err error) string {
	var answered smithy.APIError
	if errors.As(err, &answered) {
		return answered.ErrorCode()
	}
	return ""
}

// remedy is what to add to an error about a missing permission.
func remedy(err error, permission string) string {
	switch code(err) {
	case "AccessDenied", "AccessDeniedException", "KMSAccessDeniedException":
		return "; it needs " + permission
	case "NoSuchBucket", "ResourceNotFoundException":
		return "; correct the name or the region"
	case "ExpiredToken", "ExpiredTokenException":
		return "; renew the credentials, and the same command goes on"
	}
	return ""
}
