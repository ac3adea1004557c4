package replay

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"cdk.tf/go/ingest/internal/readable"
	"cdk.tf/go/ingest/internal/wholefile"
)

// objectID identifies the object of a line. An object that is written again under its key has another ETag (S3's API reference,
// Object), so its lines are other lines.
type objectID struct{ key, etag string }

// settled has the settled lines of one object.
type settled struct {
	// version is the object's version if the bucket keeps versions. It helps people to find what was put.
	version string
	// lines is the number of its lines, or -1 until it was read to its end.
	lines int
	// done are the lines that the stream has confirmed, and empty lines.
	done ranges
}

// checkpoint has the records that are in the stream. It is written whole, and never has more than the stream has confirmed. It
// has less only after a crash between the confirmation and the write.
type checkpoint struct {
	path string
	sync syncs
	of   identity
	// before is when the first replay began that could read what it puts, or zero. Objects that were written later can hold it.
	before  time.Time
	objects map[objectID]*settled
}

// syncs puts a file on disk, or the names in a folder. A nil one is the file's own.
type syncs func(*os.File) error

func (s syncs) of(file *os.File) error {
	if s == nil {
		return file.Sync()
	}
	return s(file)
}

// identity is the source and the target of a checkpoint. The lines that one stream confirmed mean nothing for another.
type identity struct {
	Delivered bool   `json:"delivered,omitempty"`
	Bucket    string `json:"bucket"`
	Stream    string `json:"stream"`
	Region    string `json:"region"`
	Endpoint  string `json:"endpoint,omitempty"`
	// ToRegion and ToEndpoint are the stream's. Empty means the bucket's.
	ToRegion   string `json:"toRegion,omitempty"`
	ToEndpoint string `json:"toEndpoint,omitempty"`
}

func (o Options) identity() identity {
	i := identity{Delivered: o.Delivered, Bucket: o.Bucket, Stream: o.Stream, Region: o.Region, Endpoint: o.Endpoint}
	if o.ToRegion != o.Region {
		i.ToRegion = o.ToRegion
	}
	if o.ToEndpoint != o.Endpoint {
		i.ToEndpoint = cmp.Or(o.ToEndpoint, AWS)
	}
	return i
}

func (i identity) String() string {
	from, to := place(i.Region, i.Endpoint), place(cmp.Or(i.ToRegion, i.Region), cmp.Or(i.ToEndpoint, i.Endpoint))
	text := i.Bucket
	if i.Delivered {
		text = "the delivered objects of " + text
	}
	if from != to {
		text += " in " + from
	}
	return text + " to " + i.Stream + " in " + to
}

// place names a region, and the address if it is not AWS's.
func place(region, endpoint string) string {
	if endpoint == "" {
		return region
	}
	return region + " at " + endpoint
}

// file is the checkpoint's form on disk.
type file struct {
	identity
	Before  time.Time    `json:"before,omitzero"`
	Objects []fileObject `json:"objects"`
}

type fileObject struct {
	Key     string `json:"key"`
	ETag    string `json:"etag"`
	Version string `json:"version,omitempty"`
	Lines   int    `json:"lines"`
	Done    ranges `json:"done"`
}

// check refuses what this program does not write: such a checkpoint could skip records that were never put.
func (f file) check() error {
	seen := map[objectID]bool{}
	for i, o := range f.Objects {
		id := objectID{o.Key, o.ETag}
		switch {
		case o.Key == "":
			return fmt.Errorf("object %d has no key", i+1)
		case seen[id]:
			return fmt.Errorf("the object %s is in it twice", o.Key)
		case o.Lines < -1 || len(o.Done) > 0 && o.Lines >= 0 && o.Done[len(o.Done)-1][1] > o.Lines:
			return fmt.Errorf("the object %s has %d lines, but later lines are done", o.Key, o.Lines)
		}
		seen[id] = true
	}
	return nil
}

// loadCheckpoint reads a checkpoint. If the file does not exist, the checkpoint is empty.
func loadCheckpoint(path string, of identity) (*checkpoint, error) {
	c := &checkpoint{path: path, of: of, objects: map[objectID]*settled{}}
	text, err := readable.File(path)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	const remedy = "or name another to put everything again"
	if err != nil {
		return nil, fmt.Errorf("--checkpoint: %w, %s", err, remedy)
	}
	var f file
	if err := readable.JSON(text, &f); err != nil {
		return nil, fmt.Errorf("--checkpoint: %s is not a checkpoint: %w; restore it, %s", path, err, remedy)
	}
	if f.Bucket == "" || f.Stream == "" || f.Region == "" {
		return nil, fmt.Errorf("--checkpoint: %s is not a checkpoint: it does not name its bucket, stream and region; restore it, %s", path, remedy)
	}
	if f.identity != of {
		return nil, fmt.Errorf("--checkpoint: %s belongs to a replay of %s, not of %s; name another", path, f.identity, of)
	}
	if err := f.check(); err != nil {
		return nil, fmt.Errorf("--checkpoint: %s is damaged: %w; restore it, %s", path, err, remedy)
	}
	c.before = f.Before
	for _, o := range f.Objects {
		c.objects[objectID{o.Key, o.ETag}] = &settled{version: o.Version, lines: o.Lines, done: o.Done}
	}
	return c, nil
}

// openCheckpoint locks and reads the checkpoint of a replay. A symbolic link is followed, so that two names of one file have one
// lock, and a write replaces the file and not the link.
func openCheckpoint(opts Options) (*checkpoint, *os.File, error) {
	const remedy = "or name another to put everything again"
	path, regular, err := wholefile.Target(opts.Checkpoint)
	if err != nil {
		return nil, nil, fmt.Errorf("--checkpoint: %w, %s", err, remedy)
	}
	if info, err := os.Stat(path); !regular && err == nil && !info.IsDir() {
		return nil, nil, fmt.Errorf("--checkpoint: %s is no regular file, so nothing can be read from it again; name a file", opts.Checkpoint)
	}
	var lock *os.File
	if !opts.DryRun {
		if lock, err = lockCheckpoint(path); err != nil {
			return nil, nil, err
		}
	}
	c, err := loadCheckpoint(path, opts.identity())
	if err == nil {
		c.sync = opts.sync
	}
	return c, lock, err
}

// lockCheckpoint keeps a second replay from using the checkpoint. The lock ends with the process, also after a crash.
func lockCheckpoint(path string) (*os.File, error) {
	const remedy = "name a file in a folder that can be written"
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("--checkpoint: %w; %s", err, remedy)
	}
	lock, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("--checkpoint: %w", withRemedy(readable.ExplainWrite(path+".lock", err), remedy))
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = lock.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("--checkpoint: another replay is using %s; wait for its end, or name another to put everything a second time", path)
		}
		return nil, fmt.Errorf("--checkpoint: %s.lock cannot be locked: %w", path, err)
	}
	return lock, nil
}

// withRemedy adds a remedy to an error of a file. Where the error has one already, the new one is the other way out.
func withRemedy(err error, remedy string) error {
	if readable.HasRemedy(err) {
		return fmt.Errorf("%w, or %s", err, remedy)
	}
	return fmt.Errorf("%w; %s", err, remedy)
}

// unwritten is the error of a checkpoint that could not be written before a batch. put says what of the stream.
func unwritten(err error, put string) error {
	room := "make room, and "
	if readable.HasRemedy(err) {
		room = ""
	}
	return fmt.Errorf("--checkpoint: %w; %s: %srun the same command again to continue", err, put, room)
}

// has reports whether a line is settled.
func (c *checkpoint) has(id objectID, line int) bool {
	s := c.objects[id]
	return s != nil && s.done.has(line)
}

// complete reports whether every line of an object is settled.
func (c *checkpoint) complete(id objectID) bool {
	s := c.objects[id]
	return s != nil && s.lines >= 0 && s.done.all(s.lines)
}

// object returns the settled lines of an object. It adds an entry if there is none.
func (c *checkpoint) object(id objectID) *settled {
	s := c.objects[id]
	if s == nil {
		s = &settled{lines: -1}
		c.objects[id] = s
	}
	return s
}

// mark settles the lines of a batch, and returns a function that undoes it.
func (c *checkpoint) mark(batch []entry) (undo func()) {
	before := map[*settled]ranges{}
	for _, e := range batch {
		s := c.object(e.object)
		if _, touched := before[s]; !touched {
			before[s] = s.done
			s.done = slices.Clone(s.done)
		}
		s.done = s.done.add(e.line)
	}
	return func() {
		for s, done := range before {
			s.done = done
		}
	}
}

// prepare writes the next checkpoint to disk, beside the current one, before a batch is put. So a failure to write it, such as
// a full disk, happens before the batch is put and not after.
func (c *checkpoint) prepare(batch []entry) error {
	undo := c.mark(batch)
	defer undo()
	text, err := json.Marshal(c.file())
	if err != nil {
		return err
	}
	tmp, err := os.Create(c.path + ".tmp")
	if err != nil {
		return readable.ExplainWrite(c.path+".tmp", err)
	}
	_, err = tmp.Write(append(text, '\n'))
	return errors.Join(err, c.sync.of(tmp), tmp.Close())
}

// commit replaces the checkpoint with the one that prepare wrote for the same batch.
func (c *checkpoint) commit(batch []entry) error {
	c.mark(batch)
	if err := os.Rename(c.path+".tmp", c.path); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(c.path))
	if err != nil {
		return err
	}
	return errors.Join(c.sync.of(folder), folder.Close())
}

func (c *checkpoint) file() file {
	f := file{identity: c.of, Before: c.before, Objects: []fileObject{}}
	for id, s := range c.objects {
		if len(s.done) > 0 {
			f.Objects = append(f.Objects, fileObject{id.key, id.etag, s.version, s.lines, s.done})
		}
	}
	slices.SortFunc(f.Objects, func(a, b fileObject) int {
		return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.ETag, b.ETag))
	})
	return f
}
