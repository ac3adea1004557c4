package s3

import (
	"errors"
	"io/fs"
	"strings"
	"syscall"
	"unicode/utf8"

	"github.com/johannesboyne/gofakes3"
)

// maxSegment is the longest name of a file on the file systems in use.
const maxSegment = 255

// checkKey refuses a key that is no path of a file, with an error that says why.
func checkKey(key string) error {
	refuse := func(why string) error {
		return gofakes3.ErrorMessagef(gofakes3.ErrInvalidArgument, "the key %q %s; objects lie as files here, choose another key", key, why)
	}
	if len(key) > gofakes3.KeySizeLimit {
		return gofakes3.ResourceError(gofakes3.ErrKeyTooLong, key)
	}
	if !utf8.ValidString(key) || strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r == '\uFFFE' || r == '\uFFFF' }) {
		return refuse("holds a character that XML, and so a listing, cannot hold")
	}
	for segment := range strings.SplitSeq(key, "/") {
		switch {
		case segment == "":
			return refuse(`begins or ends with "/" or holds "//"`)
		case segment == "." || segment == "..":
			return refuse(`has "." or ".." for a segment`)
		case len(segment) > maxSegment:
			return gofakes3.ErrorMessagef(gofakes3.ErrKeyTooLong, "the key %q has a segment of %d bytes; objects lie as files here, use at most %d between two \"/\"", key, len(segment), maxSegment)
		}
	}
	return nil
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
