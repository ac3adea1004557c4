package s3

import (
	"cmp"
	"crypto/md5" //nolint:gosec // S3's own checksum
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"
	"time"

	"github.com/johannesboyne/gofakes3"

	"cdk.tf/go/ingest/local/durable"
)

// metadata is what S3 keeps of an object beside its content. It lies in a separate file, which is named after the key and the
// content's generation (modification time and size). It is written before the object is renamed to its key, so an object always has
// the metadata that it was written with. A file without metadata was put there by another program.
type metadata struct {
	Key     string            `json:"key"`
	MD5     hexadecimal       `json:"md5"`
	Headers map[string]string `json:"headers"`
	// Tag is the ETag of an object that was uploaded in parts; "" means that it is the MD5.
	Tag string `json:"etag,omitempty"`
}

// tag is the ETag, without quotes.
func (m metadata) tag() string { return cmp.Or(m.Tag, hex.EncodeToString(m.MD5)) }

// hexadecimal is bytes that JSON shows in hexadecimal, so that you can compare them with md5sum's.
type hexadecimal []byte

// MarshalText implements encoding.TextMarshaler.
func (h hexadecimal) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(h)), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (h *hexadecimal) UnmarshalText(text []byte) (err error) {
	*h, err = hex.DecodeString(string(text))
	return err
}

// folderOf is the folder of a key's metadata.
func folderOf(bucket, key string) string {
	sum := sha256.Sum256([]byte(key))
	name := hex.EncodeToString(sum[:])
	return path.Join(hidden, bucket, name[:2], name[2:])
}

// generation is the name of the metadata file, in that folder, for a file's generation.
func generation(info fs.FileInfo) string {
	return fmt.Sprintf("%d-%d.json", info.ModTime().UnixNano(), info.Size())
}

// defaultType is S3's default content type (API reference, PutObject).
const defaultType = "binary/octet-stream"

// metadataOf finds the metadata of an open file. If there is none, it reads the content to compute it.
func (s *Service) metadataOf(bucket, key string, info fs.FileInfo, content io.ReadSeeker) (metadata, error) {
	text, err := s.root.ReadFile(path.Join(folderOf(bucket, key), generation(info)))
	meta := metadata{}
	if err == nil && json.Unmarshal(text, &meta) == nil && meta.Key == key && len(meta.MD5) == md5.Size {
		if meta.Headers == nil {
			meta.Headers = map[string]string{}
		}
		if meta.Headers["Content-Type"] == "" {
			meta.Headers["Content-Type"] = defaultType
		}
		return meta, nil
	}
	sum, err := sumOf(content)
	if err != nil {
		return meta, err
	}
	_, err = content.Seek(0, io.SeekStart)
	return metadata{Key: key, MD5: sum, Headers: map[string]string{"Content-Type": defaultType}}, err
}

// forget removes the metadata of a key's other generations. It ignores errors, because nothing reads what is left.
func (s *Service) forget(bucket, key, except string) {
	folder := folderOf(bucket, key)
	if except == "" {
		_ = s.root.RemoveAll(folder)
		return
	}
	entries, err := s.readFolder(folder)
	if err != nil {
		return
	}
	for _, entry := range entries {
		if entry.Name() != except {
			_ = s.root.Remove(path.Join(folder, entry.Name()))
		}
	}
}

// write is the writing of one object.
type write struct {
	service     *Service
	bucket, key string
	headers     map[string]string
	size        int64
	tag         string // as in [metadata]
	// upload is the one that the object is made of; nil without one.
	upload *upload
	// file is the content under its temporary name; "" before it is made and after it is renamed.
	file     string
	meta     metadata
	modified time.Time
}

// cleanUp removes the temporary file of a write that failed.
func (w *write) cleanUp() {
	if w.file == "" {
		return
	}
	if err := w.service.root.Remove(w.file); err != nil {
		w.service.logger.Warn("s3: an unfinished file is left until the next start", "file", w.file, "error", err)
	}
}

// content writes the content under a temporary name and syncs it.
func (w *write) content(input io.Reader) error {
	file, err := w.create()
	if err != nil {
		return err
	}
	sum := md5.New() //nolint:gosec // as above
	n, err := io.Copy(io.MultiWriter(file, sum), io.LimitReader(input, w.size+1))
	if err == nil && n != w.size {
		err = gofakes3.ErrIncompleteBody
	}
	if err == nil {
		err = w.service.fault("write")
	}
	if err == nil {
		w.modified = w.service.nextModified()
		err = w.service.root.Chtimes(w.file, time.Time{}, w.modified)
	}
	if err == nil {
		err = durable.Sync(file)
	}
	w.meta = metadata{Key: w.key, MD5: sum.Sum(nil), Headers: w.headers, Tag: w.tag}
	return errors.Join(err, file.Close())
}

// create makes a temporary file with a new name.
func (w *write) create() (*os.File, error) {
	if err := w.service.fault("create"); err != nil {
		return nil, err
	}
	for i := 0; ; i++ {
		name := path.Join(temporary, fmt.Sprintf("%d-%d", w.service.nextModified().UnixNano(), i))
		file, err := w.service.root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if errors.Is(err, fs.ErrNotExist) && w.service.root.Mkdir(temporary, 0o755) == nil {
			continue // the folder was removed by hand
		}
		if err == nil {
			w.file = name
		}
		return file, err
	}
}

// nextModified is the clock's time, but always later than the last one that it returned: the modification time tells a file's
// generations apart.
func (s *Service) nextModified() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.Now()
	if !now.After(s.last) {
		now = s.last.Add(time.Nanosecond)
	}
	s.last = now
	return now
}

// commit gives the content its name, if the conditions hold.
func (w *write) commit(conditions *gofakes3.PutConditions) error {
	s := w.service
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := w.check(conditions); err != nil {
		return err
	}
	name := path.Join(w.bucket, w.key)
	if err := s.makeFolders(path.Dir(name)); err != nil {
		if errors.Is(err, syscall.ENOTDIR) || errors.Is(err, fs.ErrExist) {
			return hasFile(w.key)
		}
		return err
	}
	info, err := s.root.Stat(w.file)
	if err != nil {
		return err
	}
	if err := s.saveMetadata(folderOf(w.bucket, w.key), generation(info), w.meta); err != nil {
		return err
	}
	if err := s.fault("rename"); err != nil {
		return err
	}
	if err := s.root.Rename(w.file, name); err != nil {
		return err
	}
	w.file = ""
	s.uploads.overtake(w.bucket, w.key)
	s.forget(w.bucket, w.key, generation(info))
	return errors.Join(s.fault("sync"), s.syncFolder(path.Dir(name)))
}

// check returns nil if the object may be written under its key.
func (w *write) check(conditions *gofakes3.PutConditions) error {
	name := path.Join(w.bucket, w.key)
	if err := w.service.needBucket(w.bucket); err != nil {
		return err // it was deleted meanwhile
	}
	exists, err := w.makeRoom(name)
	if err != nil || conditions == nil {
		return err
	}
	err = checkWrite(conditions, w.key, exists, func() (string, error) { return w.existingTag(name) })
	if err == nil && w.upload != nil && w.upload.overtaken.Load() {
		return errConflict
	}
	return err
}

// makeRoom reports whether there is an object already, and fails if there cannot be one.
func (w *write) makeRoom(name string) (exists bool, err error) {
	info, err := w.service.root.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case errors.Is(err, syscall.ENOTDIR):
		return false, hasFile(w.key)
	case errors.Is(err, syscall.ENAMETOOLONG):
		return false, gofakes3.ErrorMessagef(gofakes3.ErrKeyTooLong, "the key %q is too long for a file here", w.key)
	case err != nil || !info.IsDir():
		return err == nil, err
	}
	full, err := w.service.holdsFile(name)
	if err != nil {
		return false, err
	}
	if full {
		return false, isFolder(w.key)
	}
	return false, w.service.root.RemoveAll(name) // an empty folder does not count
}

func (w *write) existingTag(name string) (string, error) {
	file, err := w.service.root.Open(name)
	if err != nil {
		return "", err
	}
	defer file.Close() //nolint:errcheck // it was only read
	info, err := file.Stat()
	if err != nil {
		return "", err
	}
	meta, err := w.service.metadataOf(w.bucket, w.key, info, file)
	return meta.tag(), err
}

func (s *Service) saveMetadata(folder, name string, meta metadata) error {
	if err := s.fault("metadata"); err != nil {
		return err
	}
	text, err := json.MarshalIndent(meta, "", "  ")
	if err != nil {
		return err
	}
	if err := s.makeFolders(folder); err != nil {
		return err
	}
	// No rename here: nothing reads it before the object has its name, and by then it is whole.
	file, err := s.root.OpenFile(path.Join(folder, name), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = file.Write(append(text, '\n'))
	err = errors.Join(err, durable.Sync(file), file.Close(), s.syncFolder(folder))
	if err != nil {
		_ = s.root.Remove(path.Join(folder, name))
	}
	return err
}

// makeFolders makes a folder and those above it, and syncs the names of new ones.
func (s *Service) makeFolders(folder string) error {
	info, err := s.root.Stat(folder)
	if err == nil && info.IsDir() {
		return nil
	}
	at := ""
	for segment := range strings.SplitSeq(folder, "/") {
		above := path.Join(".", at)
		at = path.Join(at, segment)
		if err := s.root.Mkdir(at, 0o755); err == nil {
			if err := s.syncFolder(above); err != nil {
				return err
			}
		} else if info, statErr := s.root.Stat(at); statErr != nil || !info.IsDir() {
			return err
		}
	}
	return nil
}

// syncFolder syncs the names in a folder to disk.
func (s *Service) syncFolder(name string) error { return durable.SyncOpened(s.root.Open(name)) }
