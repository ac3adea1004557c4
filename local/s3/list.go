package s3

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/johannesboyne/gofakes3"
)

// ListBucket implements gofakes3.Backend. It lists keys in byte order, and rolls up those with a delimiter after the prefix (S3's
// API reference, ListObjectsV2). With a page size of 0 the page is empty and the last.
func (s backend) ListBucket(bucket string, prefix *gofakes3.Prefix, page gofakes3.ListBucketPage) (*gofakes3.ObjectList, error) {
	if err := s.needBucket(bucket); err != nil {
		return nil, err
	}
	l := listing{service: s.Service, bucket: bucket, result: gofakes3.NewObjectList(), most: page.MaxKeys}
	if prefix != nil {
		l.prefix, l.delimiter = prefix.Prefix, prefix.Delimiter
	}
	if page.HasMarker {
		l.marker = page.Marker
	}
	if l.most <= 0 {
		return l.result, nil
	}
	if err := l.folder(""); err != nil && !errors.Is(err, errFull) {
		return nil, failed(err)
	}
	return l.result, nil
}

// listing is one page of a listing while it is filled.
type listing struct {
	service                           *Service
	bucket, prefix, delimiter, marker string
	most                              int64
	result                            *gofakes3.ObjectList
	last                              string // the last key or common prefix on the page
}

// errFull ends a walk when more keys are left than the page holds.
var errFull = errors.New("the page is full")

// folder lists the keys that begin with a folder's name, which is "" or ends in "/".
func (l *listing) folder(name string) error {
	names, err := l.service.namesIn(path.Join(l.bucket, name))
	if isAbsent(err) {
		return nil // deleted meanwhile
	}
	if err != nil {
		return err
	}
	names = slices.DeleteFunc(names, func(entry string) bool { return !l.mayShow(name + entry + "/") })
	return l.service.inOrder(path.Join(l.bucket, name), names, func(entry string) error {
		if strings.HasSuffix(entry, "/") {
			return l.below(name + entry)
		}
		return l.file(name + entry)
	})
}

// mayShow reports whether a folder's keys, or the file of that name, can be on the page. The folder ends in "/".
func (l *listing) mayShow(folder string) bool {
	if !strings.HasPrefix(folder, l.prefix) && !strings.HasPrefix(l.prefix, folder) {
		return false
	}
	return l.marker == "" || folder >= l.marker || strings.HasPrefix(l.marker, folder) // else all its keys are before the marker
}

// below lists a folder, unless all of it is one common prefix.
func (l *listing) below(folder string) error {
	common, rolled := l.common(folder)
	if !rolled {
		return l.folder(folder)
	}
	if common == l.last || common == l.marker {
		return nil
	}
	if strings.HasPrefix(l.marker, common) {
		return l.folder(folder) // some of its keys are before the marker and perhaps some are not
	}
	full, err := l.service.holdsFile(path.Join(l.bucket, folder))
	if err != nil || !full {
		return err
	}
	return l.roll(common)
}

func (l *listing) common(key string) (string, bool) { return commonPrefix(key, l.prefix, l.delimiter) }

// commonPrefix is the common prefix that a key is rolled up to, if it is.
func commonPrefix(key, prefix, delimiter string) (string, bool) {
	rest, ok := strings.CutPrefix(key, prefix)
	if !ok || delimiter == "" {
		return "", false
	}
	at := strings.Index(rest, delimiter)
	if at < 0 {
		return "", false
	}
	return key[:len(prefix)+at+len(delimiter)], true
}

func (l *listing) roll(common string) error {
	if common == l.last || common == l.marker {
		return nil
	}
	if err := l.room(); err != nil {
		return err
	}
	l.result.AddPrefix(common)
	l.last = common
	return nil
}

// room returns nil if the page has room for one more entry. If not, it marks the page as truncated after its last entry.
func (l *listing) room() error {
	if int64(len(l.result.Contents)+len(l.result.CommonPrefixes)) < l.most {
		return nil
	}
	l.result.IsTruncated, l.result.NextMarker = true, l.last
	return errFull
}

func (l *listing) file(key string) error {
	if !strings.HasPrefix(key, l.prefix) || l.marker != "" && key <= l.marker || !isKey(key) {
		return nil
	}
	if common, rolled := l.common(key); rolled {
		return l.roll(common)
	}
	if err := l.room(); err != nil {
		return err
	}
	file, info, meta, err := l.service.object(l.bucket, key)
	switch {
	case gofakes3.HasErrorCode(err, gofakes3.ErrNoSuchKey): // deleted meanwhile
		return nil
	case err != nil:
		return err
	}
	l.result.Add(&gofakes3.Content{
		Key: key, Size: info.Size(), ETag: `"` + meta.tag() + `"`, StorageClass: "STANDARD",
		LastModified: gofakes3.NewContentTime(info.ModTime().UTC()),
	})
	l.last = key
	return file.Close()
}

// readFolder reads a folder. It looks at each file in it, as ReadDir does below a [os.Root]: use namesIn where there may be many.
func (s *Service) readFolder(name string) ([]fs.DirEntry, error) {
	folder, err := s.root.Open(name)
	if err != nil {
		return nil, err
	}
	entries, err := folder.ReadDir(-1)
	return entries, errors.Join(err, folder.Close())
}

// namesIn returns the names in a folder, in no order.
func (s *Service) namesIn(name string) ([]string, error) {
	folder, err := s.root.Open(name)
	if err != nil {
		return nil, err
	}
	names, err := folder.Readdirnames(-1)
	return names, errors.Join(err, folder.Close())
}

// inOrder calls each with the names of a folder's files and subfolders, in the order of their keys, until it fails: a subfolder sorts as
// its name with the "/" at the end that each gets. It looks at a file only when it is its turn, because a page shows few of many.
func (s *Service) inOrder(folder string, names []string, each func(name string) error) error {
	var waiting subfolders
	slices.Sort(names)
	for _, name := range names {
		if err := waiting.passTo(each, name); err != nil {
			return err
		}
		info, err := s.root.Lstat(path.Join(folder, name))
		switch {
		case isAbsent(err): // deleted meanwhile
		case err != nil:
			return err
		case info.IsDir():
			waiting = append(waiting, name+"/")
		case info.Mode().IsRegular():
			if err := each(name); err != nil {
				return err
			}
		}
	}
	return waiting.passTo(each, "")
}

// subfolders are names with their "/", which sorts after some longer names.
type subfolders []string

// passTo calls each with those before the next name, "" for all, and drops them.
func (s *subfolders) passTo(each func(name string) error, next string) error {
	slices.Sort(*s)
	for len(*s) > 0 && (next == "" || (*s)[0] < next) {
		if err := each((*s)[0]); err != nil {
			return err
		}
		*s = (*s)[1:]
	}
	return nil
}

// holdsFile reports whether there is a file anywhere below a folder.
func (s *Service) holdsFile(name string) (bool, error) {
	names, err := s.namesIn(name)
	if isAbsent(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	for _, entry := range names {
		info, err := s.root.Lstat(path.Join(name, entry))
		full := err == nil && !info.IsDir()
		if err == nil && !full {
			full, err = s.holdsFile(path.Join(name, entry))
		}
		if full || err != nil && !isAbsent(err) {
			return full, err
		}
	}
	return false, nil
}
