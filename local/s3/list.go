package s3

import (
	"cmp"
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
	entries, err := l.service.readFolder(path.Join(l.bucket, name))
	if isAbsent(err) {
		return nil // deleted meanwhile
	}
	if err != nil {
		return err
	}
	for _, entry := range entries {
		key := name + entry.Name()
		if entry.IsDir() {
			err = l.below(key + "/")
		} else if entry.Type().IsRegular() {
			err = l.file(key)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// below lists a folder, unless nothing in it can be on the page or all of it is one common prefix.
func (l *listing) below(folder string) error {
	if !strings.HasPrefix(folder, l.prefix) && !strings.HasPrefix(l.prefix, folder) {
		return nil
	}
	if l.marker != "" && folder < l.marker && !strings.HasPrefix(l.marker, folder) {
		return nil // all its keys are before the marker too
	}
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

// common is the common prefix that a key is rolled up to, if it is.
func (l *listing) common(key string) (string, bool) {
	rest, ok := strings.CutPrefix(key, l.prefix)
	if !ok || l.delimiter == "" {
		return "", false
	}
	at := strings.Index(rest, l.delimiter)
	if at < 0 {
		return "", false
	}
	return key[:len(l.prefix)+at+len(l.delimiter)], true
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

// readFolder reads a folder in the order of its keys: a subfolder sorts as its name with a "/" at the end.
func (s *Service) readFolder(name string) ([]fs.DirEntry, error) {
	folder, err := s.root.Open(name)
	if err != nil {
		return nil, err
	}
	entries, err := folder.ReadDir(-1)
	err = errors.Join(err, folder.Close())
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return cmp.Compare(sortName(a), sortName(b)) })
	return entries, err
}

func sortName(entry fs.DirEntry) string {
	if entry.IsDir() {
		return entry.Name() + "/"
	}
	return entry.Name()
}

// holdsFile reports whether there is a file anywhere below a folder.
func (s *Service) holdsFile(name string) (bool, error) {
	entries, err := s.readFolder(name)
	if isAbsent(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	for _, entry := range entries {
		if !entry.IsDir() {
			return true, nil
		}
		if full, err := s.holdsFile(path.Join(name, entry.Name())); err != nil || full {
			return full, err
		}
	}
	return false, nil
}
