package replay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"cdk.tf/go/ingest/internal/s3list"
)

// object is an object below the prefix.
type object struct {
	id       objectID
	version  string
	size     int64
	modified time.Time
}

// list returns the objects, in the order of their keys.
func (r *run) list(ctx context.Context) ([]object, error) {
	var found []object
	pages := s3.NewListObjectsV2Paginator(r.From, s3list.Input(r.Bucket, r.Prefix))
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing s3://%s/%s: %w%s", r.Bucket, r.Prefix, err, remedy(err, "s3:ListBucket on the bucket"))
		}
		for _, listed := range page.Contents {
			key, err := s3list.Key(page, listed)
			if err != nil {
				return nil, fmt.Errorf("listing s3://%s/%s: %w", r.Bucket, r.Prefix, err)
			}
			o := object{
				id:   objectID{key, strings.Trim(aws.ToString(listed.ETag), `"`)},
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

// wanted reports whether an object must be read. Firehose writes an object after it received its records. S3 truncates that
// time to seconds.
//
// Assumption REPLAY-5: the LastModified of an object that Firehose delivers is the time of its delivery, "creation date of the
// object" (S3's API reference, Object), and Firehose creates an object after all its records have arrived. AWS does not document
// the latter.
//
// A copy of an object has the time of the copy. The dates in a key are other times: those of the oldest record in the object, in
// the delivery stream's time zone (developer guide, "Configure Amazon S3 object name format"; FH-2). A delivered record has no
// time of its own, so the object's time is that of all its records.
func (r *run) wanted(o object) bool {
	if o.size == 0 && strings.HasSuffix(o.id.key, "/") { // a folder
		return false
	}
	if r.Delivered {
		return !r.outside(failed{}, o)
	}
	before := !r.Since.IsZero() && o.modified.Add(time.Second).Before(r.Since)
	return !before && strings.Contains(o.id.key, r.ErrorType)
}

// spool is an object's copy on this machine. It is needed because a batch may wait for the stream longer than S3 keeps a
// connection open. The file has no name, so it disappears with the process, also after a crash.
type spool struct {
	file *os.File
	// size is in bytes. read is the number of bytes that have been read.
	size, read int64
}

func (s *spool) Read(p []byte) (int, error) {
	n, err := s.file.Read(p)
	s.read += int64(n)
	return n, err
}

// ReadAt is for ZIP archives, whose directory is at their end.
func (s *spool) ReadAt(p []byte, at int64) (int, error) {
	n, err := s.file.ReadAt(p, at)
	s.read = min(s.read+int64(n), s.size)
	return n, err
}

func (s *spool) Size() int64 { return s.size }

func (s *spool) close() { _ = s.file.Close() }

var (
	errGone     = errors.New("the object is gone")
	errArchived = errors.New("the object is archived")
)

// fetchTries is how often a download is started: the SDK retries a request, but not a body that breaks off.
const fetchTries = 3

// fetch copies an object. It sets o to the object that it read, which may differ from the listed one.
func (r *run) fetch(ctx context.Context, o *object) (*spool, error) {
	file, err := os.CreateTemp("", "ingest-replay-*")
	if err != nil {
		return nil, fmt.Errorf("the local copy of an object cannot be made: %w; make room, or name another folder in TMPDIR", err)
	}
	if err := os.Remove(file.Name()); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("the local copy of an object cannot be unlinked: %w; name another folder in TMPDIR", err)
	}
	s := &spool{file: file}
	for try := 1; ; try++ {
		err = r.copy(ctx, o, s)
		if err == nil {
			return s, nil
		}
		var answered smithy.APIError
		if local := (*fs.PathError)(nil); errors.As(err, &local) {
			s.close()
			return nil, fmt.Errorf("the local copy of s3://%s/%s cannot be written: %w; make room, or name another folder in TMPDIR", r.Bucket, o.id.key, err)
		}
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
	return fmt.Errorf("reading s3://%s/%s: %w%s", r.Bucket, o.id.key, err, remedy(err, "s3:GetObject on it, and kms:Decrypt if you manage its key"))
}

func (r *run) copy(ctx context.Context, o *object, to *spool) error {
	answer, err := r.From.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(r.Bucket), Key: aws.String(o.id.key)})
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if _, err := to.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if err := to.file.Truncate(0); err != nil {
		return err
	}
	if to.size, err = io.Copy(to.file, answer.Body); err != nil {
		return err
	}
	o.id.etag, o.version = strings.Trim(aws.ToString(answer.ETag), `"`), aws.ToString(answer.VersionId)
	_, err = to.file.Seek(0, io.SeekStart)
	return err
}

// code returns AWS's code of an error, or "".
func code(err error) string {
	var answered smithy.APIError
	if errors.As(err, &answered) {
		return answered.ErrorCode()
	}
	return ""
}

// remedy returns the remedy to add to an error of AWS.
func remedy(err error, permission string) string {
	switch code(err) {
	case "AccessDenied", "AccessDeniedException", "KMSAccessDeniedException":
		return "; it needs " + permission
	case "NoSuchBucket", "ResourceNotFoundException":
		return "; correct the name or the region"
	case "PermanentRedirect", "MovedPermanently", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException":
		return "; the bucket is in another region: correct --region, or the environment's Region"
	case "KMSDisabledException", "KMSInvalidStateException", "KMS.DisabledException", "KMS.KMSInvalidStateException":
		return "; enable the key, or cancel its deletion first (docs/runbooks/stream-refused.md), and run the same command again to continue"
	case "KMSNotFoundException", "KMS.NotFoundException":
		return "; the key does not exist in this account and region: correct the encryption of the stream or of the bucket, and run the same command again to continue"
	case "ResourceInUseException":
		return "; wait until the stream is ACTIVE, and run the same command again to continue"
	case "ExpiredToken", "ExpiredTokenException":
		return "; renew the credentials, and run the same command again to continue"
	case "InvalidAccessKeyId", "InvalidToken", "InvalidSignatureException", "SignatureDoesNotMatch", "UnrecognizedClientException":
		return "; AWS does not accept these credentials: correct AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
	}
	return remedyWithoutCode(err)
}

// remedyWithoutCode returns the remedy for an error without a code, such as a download that broke off, or whose code says of an outage.
func remedyWithoutCode(err error) string {
	var unsent *smithyhttp.RequestSendError
	var unread *smithy.DeserializationError
	switch {
	case errors.Is(err, context.Canceled):
		return ""
	case errors.As(err, &unsent):
		return "; check the network and the region, or name another address with --endpoint-url, and run the same command again to continue"
	case errors.As(err, &unread):
		return otherService
	case code(err) != "" && !again(err): // a refusal, which says itself what is wrong
		return ""
	}
	return "; run the same command again to continue"
}
