package kinesis

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"cdk.tf/go/ingest/local/durable"
)

// The file has a bucket "streams" (name to description, as JSON), a bucket "service" (the file's format, and the last
// creation that was given to a stream), and one bucket of records for each shard.
var (
	streamsBucket = []byte("streams")
	serviceBucket = []byte("service")
	formatKey     = []byte("format")
	createdKey    = []byte("created")
)

const (
	recordsPrefix = "records/"
	// format is the file's format; formatPlain is the first one, without checksums. A file with a resharded stream has
	// formatLineage, so a program that does not know closed shards refuses it.
	format        = "2"
	formatPlain   = "1"
	formatLineage = "3"

	// mapSize is the minimum mapping of the file, in bytes. A file that outgrows its mapping is mapped again, and bbolt waits for
	// all readers to finish before that.
	mapSize = 1 << 30

	// pageSize is that of a new file, in bytes; an existing file keeps its own. bbolt remembers each page that a process has written
	// while the page is in use, so pages larger than the system's 4 KiB keep the memory of a long run flat.
	pageSize = 16 << 10
)

var (
	errDamaged = errors.New("the file is damaged")
	errRewrite = errors.New("it cannot be rewritten")
)

// guard turns the failures of reading a damaged file into an error: bbolt panics on a page that makes no sense, and a page beyond the
// end of the file is a memory fault.
func guard(work func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("%w: %v", errDamaged, reason)
		}
	}()
	return work()
}

// openFile opens or creates the file. It rewrites the file if it is damaged or of an older format, and returns that repair.
func openFile(options Options) (*bbolt.DB, *repair, error) {
	path := options.Path
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, nil, err
	}
	repaired, err := repairLocked(options)
	if err != nil {
		return nil, nil, openError(path, err)
	}
	db, err := openBolt(path, options.maxSize)
	if err == nil {
		if err = guard(func() error { return prepare(db) }); err == nil {
			err = durable.SyncFolder(filepath.Dir(path))
		}
		if err != nil {
			_ = guard(db.Close)
		}
	}
	if err != nil {
		return nil, nil, openError(path, err)
	}
	return db, repaired, nil
}

// repairLocked repairs the file while it holds the file's lock. A file that does not exist is not damaged.
func repairLocked(options Options) (*repair, error) {
	info, err := os.Stat(options.Path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Mode().IsRegular() && info.Size() == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if unborn, err := isUnborn(options.Path, info.Size()); err != nil || unborn {
		if err == nil {
			options.Logger.Warn("an earlier start could not finish the stream's file, which holds no record; it is made anew", "file", options.Path)
			err = os.Remove(options.Path) // not truncated: a process that has just opened it keeps its own
		}
		return nil, err
	}
	// If it opens a file only for reading, bbolt reads only the meta pages.
	var lock *bbolt.DB
	err = guard(func() (err error) {
		lock, err = bbolt.Open(options.Path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: time.Millisecond})
		return err
	})
	var unreadable *os.PathError
	if errors.Is(err, berrors.ErrTimeout) || errors.As(err, &unreadable) {
		return nil, err
	}
	if lock != nil {
		defer func() { _ = guard(lock.Close) }()
	}
	return repairFile(options.Path, nil, options.Clock.Now(), options.maxSize)
}

// openBolt opens bbolt's file. maxSize bounds it in bytes; 0 means no bound.
//
// The list of free pages is kept in the file, although transactions would be cheaper without it: otherwise bbolt walks the whole file
// at each start and after each failed commit, and a damaged page makes it panic in another goroutine. It is the plain list, because
// bbolt's other kind breaks up long free runs. With that kind, once a million records had been trimmed, each commit made the file grow
// by new pages for the list.
func openBolt(path string, maxSize int) (db *bbolt.DB, err error) {
	err = guard(func() (err error) {
		db, err = bbolt.Open(path, 0o600, &bbolt.Options{
			PageSize:        pageSize,
			Timeout:         time.Millisecond,
			FreelistType:    bbolt.FreelistArrayType,
			InitialMmapSize: mapSize,
			MaxSize:         maxSize,
			NoStatistics:    true,
		})
		return err
	})
	return db, err
}

func openError(path string, err error) error {
	var path1 *os.PathError
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return fmt.Errorf("%s: %w; stop that process, or start with another --data folder", path, errLocked)
	case durable.IsFull(err):
		return err
	case errors.Is(err, errRewrite):
		return fmt.Errorf("%s: %w; see to it that %s can be made: remove what has its name; then start again", path, err, besideOf(path))
	case errors.As(err, &path1):
		return err
	default:
		return fmt.Errorf("%s: this file of the local Kinesis cannot be read (%w); restore a copy of it, or move it away to start with an empty file", path, err)
	}
}

// prepare initialises a new file, or checks an existing one. It writes nothing to an existing file, because bbolt keeps its locks
// forever if damage stops a commit.
func prepare(db *bbolt.DB) error {
	info, err := os.Stat(db.Path())
	if err != nil {
		return err
	}
	isNew := false
	err = db.View(func(tx *bbolt.Tx) error {
		if info.Size() < tx.Size() {
			return fmt.Errorf("it has %d bytes of %d", info.Size(), tx.Size())
		}
		first, _ := tx.Cursor().First()
		if isNew = first == nil; isNew {
			return nil
		}
		service := tx.Bucket(serviceBucket)
		if service == nil || tx.Bucket(streamsBucket) == nil {
			return errors.New("it belongs to another program")
		}
		return nil
	})
	if err != nil || !isNew {
		return err
	}
	return db.Update(begin)
}

// begin writes what every file holds.
func begin(tx *bbolt.Tx) error {
	service, err := tx.CreateBucket(serviceBucket)
	if err != nil {
		return err
	}
	if _, err := tx.CreateBucket(streamsBucket); err != nil {
		return err
	}
	return service.Put(formatKey, sealText([]byte(format)))
}

// present returns [ErrGone] if the open file is no longer the one at its path. The system keeps an open file, so writes to it would
// succeed, and nobody would read them again.
func (s *Service) present() error {
	s.files.RLock()
	defer s.files.RUnlock()
	info, err := os.Stat(s.options.Path)
	switch {
	case err == nil && os.SameFile(info, s.file):
		return nil
	case err == nil:
		err = errors.New("another file has replaced it")
	}
	return fmt.Errorf("%s was removed while it was in use (%w); start again: %w", s.options.Path, err, ErrGone)
}

// load reads the streams of the file.
func load(db *bbolt.DB) (map[string]*stream, error) {
	streams := map[string]*stream{}
	err := guard(func() error {
		return db.View(func(tx *bbolt.Tx) error {
			return tx.Bucket(streamsBucket).ForEach(func(name, text []byte) error {
				text, _ = unsealText(text)
				d, err := readDescription(name, text)
				if err != nil {
					return err
				}
				s := newStream(d)
				streams[s.name] = s
				return s.load(tx)
			})
		})
	})
	return streams, err
}

// load finds each shard's newest record. A bucket's sequence is the last index that was given, even if its record has been trimmed
// since.
func (s *stream) load(tx *bbolt.Tx) error {
	for _, shard := range s.all() {
		bucket := tx.Bucket(shard.bucket)
		if bucket == nil {
			return fmt.Errorf("stream %q has lost %s", s.name, shard.id)
		}
		group := shard.index / groupSize
		s.indexes[group] = max(s.indexes[group], bucket.Sequence())
		key, value := bucket.Cursor().Last()
		if key == nil {
			continue
		}
		last, err := readStored(shard.seed, key, value)
		if err != nil {
			return err
		}
		shard.last, shard.lastArrived = last.index, last.arrived
		s.indexes[group] = max(s.indexes[group], last.index)
	}
	return nil
}

// storeDescription writes a description.
func storeDescription(tx *bbolt.Tx, d *description) error {
	text, err := json.Marshal(d)
	if err != nil {
		return err
	}
	if d.Lineage != nil {
		if err := tx.Bucket(serviceBucket).Put(formatKey, sealText([]byte(formatLineage))); err != nil {
			return err
		}
	}
	return tx.Bucket(streamsBucket).Put([]byte(d.Name), sealText(text))
}

// store writes a new stream to the file, with its buckets.
func store(tx *bbolt.Tx, s *stream) error {
	if err := storeDescription(tx, s.description.Load()); err != nil {
		return err
	}
	for _, shard := range s.all() {
		if _, err := tx.CreateBucket(shard.bucket); err != nil {
			return err
		}
	}
	return tx.Bucket(serviceBucket).Put(createdKey, sealText(fmt.Append(nil, max(s.created, lastCreated(tx)))))
}

// lastCreated is the last creation number that a stream was given, 0 in a new file.
func lastCreated(tx *bbolt.Tx) int64 {
	text, _ := unsealText(tx.Bucket(serviceBucket).Get(createdKey))
	last, _ := strconv.ParseInt(string(text), 10, 64)
	return last
}
