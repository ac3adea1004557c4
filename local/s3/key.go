package s3

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
	"unicode/utf8"

	"github.com/johannesboyne/gofakes3"
)

// maxSegment is the longest name of a file on the file systems in use.
const maxSegment = 255

// CheckKey says why no object can have a key here, as the rest of a sentence that begins with the key, such as: has "." or
// ".." for a segment. It is nil where one can.
func CheckKey(key string) error {
	if _, why := problem(key); why != "" {
		return errors.New(why)
	}
	return nil
}

// checkKey is CheckKey in S3's words.
func checkKey(key string) error {
	code, why := problem(key)
	if why == "" {
		return nil
	}
	return gofakes3.ErrorMessagef(code, "the key %q %s; objects lie as files here, choose another key", key, why)
}

// problem is why a key is no path of a file, and S3's code for that.
func problem(key string) (code gofakes3.ErrorCode, why string) {
	if len(key) > gofakes3.KeySizeLimit {
		return gofakes3.ErrKeyTooLong, fmt.Sprintf("has %d bytes, of which S3 takes at most %d", len(key), gofakes3.KeySizeLimit)
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
			return gofakes3.ErrKeyTooLong, fmt.Sprintf(`has %d bytes between two "/", of which a file's name has at most %d`, len(segment), maxSegment)
		}
	}
	return "", ""
}

func isKey(key string) bool { return checkKey(key) == nil }

func isBucketName(name string) bool { return gofakes3.ValidateBucketName(name) == nil }

// isFolder is the error for a key that is a folder of other objects, and hasFile for one that would need an object to be
// a folder.
func isFolder(key string) error {
	return gofakes3.ErrorMessagef(gofakes3.ErrInvalidArgument, "the key %q is a folder of other objects; objects lie as files here, choose another key", key)
}

func hasFile(key string) error {
	return gofakes3.ErrorMessagef(gofakes3.ErrInvalidArgument, "a part of the key %q before a \"/\" is an object; objects lie as files here, choose another key", key)
}

// isAbsent says whether there is no such file, also because something on the way to it is none of a folder.
func isAbsent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.ENAMETOOLONG)
}
