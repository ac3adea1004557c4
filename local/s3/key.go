package s3

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
	"unicode/utf8"

	"github.com/johannesboyne/gofakes3"

	"cdk.tf/go/ingest/internal/bucketname"
)

// maxSegment is the longest file name, in bytes, on common file systems.
const maxSegment = 255

// CheckKey says why no object here can have a key, or returns nil. The error is the rest of a sentence that begins with the key,
// such as: has "." or ".." for a segment.
func CheckKey(key string) error {
	if _, why := problem(key); why != "" {
		return errors.New(why)
	}
	return nil
}

// checkKey is CheckKey with S3's error codes.
func checkKey(key string) error {
	code, why := problem(key)
	if why == "" {
		return nil
	}
	return gofakes3.ErrorMessagef(code, "the key %q %s; the local S3 stores objects as files, so choose another key", key, why)
}

// problem says why a key cannot be the path of a file, with S3's error code; why is "" if it can.
func problem(key string) (code gofakes3.ErrorCode, why string) {
	if len(key) > gofakes3.KeySizeLimit {
		return gofakes3.ErrKeyTooLong, fmt.Sprintf("has %d bytes; S3 takes at most %d", len(key), gofakes3.KeySizeLimit)
	}
	if !utf8.ValidString(key) || strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r == '\uFFFE' || r == '\uFFFF' }) {
		return gofakes3.ErrInvalidArgument, "holds a character that XML, and so a listing, cannot hold"
	}
	for segment := range strings.SplitSeq(key, "/") {
		switch {
		case segment == "":
			return gofakes3.ErrInvalidArgument, `begins or ends with "/" or holds "//"`
		case segment == "." || segment == "..":
			return gofakes3.ErrInvalidArgument, `has "." or ".." for a segment`
		case len(segment) > maxSegment:
			return gofakes3.ErrKeyTooLong, fmt.Sprintf(`has %d bytes between two "/"; a file name has at most %d`, len(segment), maxSegment)
		}
	}
	return "", ""
}

func isKey(key string) bool { return checkKey(key) == nil }

// isBucketName reports whether a folder may be a bucket. gofakes3 refuses labels of fewer than three characters, which S3 accepts.
func isBucketName(name string) bool { return bucketname.Valid(name) }

// isFolder is the error for a key that is a folder of other objects.
func isFolder(key string) error {
	return gofakes3.ErrorMessagef(gofakes3.ErrInvalidArgument, "the key %q is a folder of other objects; the local S3 stores objects as files, so choose another key", key)
}

// hasFile is the error for a key that needs another object to be a folder.
func hasFile(key string) error {
	return gofakes3.ErrorMessagef(gofakes3.ErrInvalidArgument, "a part of the key %q before a \"/\" is an object; the local S3 stores objects as files, so choose another key", key)
}

// isAbsent reports whether an error means that there is no such file, also because its path leads through a file.
func isAbsent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.ENAMETOOLONG)
}
