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

	"cdk.tf/go/ingest/internal/readable"
)

// objectID says which object lines are of. One that is written again under its key has another ETag (S3's API reference,
// Object), and so other lines.
type objectID struct{ key, etag string }

// settled is what is known of one object.
type settled struct {
	// version is the object's where the bucket keeps versions, for people who look for what was put.
	version string
	// lines is how many it has, -1 until it was read to its end.
	lines int
	// done are the lines that the stream has confirmed, and those that hold nothing.
	done ranges
}

// checkpoint says which records are in the stream. It is written whole, and never says more than the stream has
// confirmed; nor less, but for what a crash leaves between the two.
type checkpoint struct {
	path    string
	of      identity
	objects map[objectID]*settled
}

// identity is what a checkpoint is about. The positions of one stream mean nothing for another.
type identity struct {
	Bucket   string `json:"bucket"`
	Stream   string `json:"stream"`
	Region   string `json:"region"`
	Endpoint string `json:"endpoint,omitempty"`
}

func (i identity) String() string {
	where := i.Region
	if i.Endpoint != "" {
		where += " at " + i.Endpoint
	}
	return fmt.Sprintf("%s to %s in %s", i.Bucket, i.Stream, where)
}

// file is the checkpoint as it is written.
type file struct {
	identity
	Objects []fileObject `json:"objects"`
}

type fileObject struct {
	Key     string `json:"key"`
	ETag    string `json:"etag"`
	Version string `json:"version,omitempty"`
	Lines   int    `json:"lines"`
	Done    ranges `json:"done"`
}

// check refuses what this program does not write: it could leave out what was never put.
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
			return fmt.Errorf("the object %s has %d lines, of which later ones are done", o.Key, o.Lines)
		}
		seen[id] = true
	}
	return nil
}

// loadCheckpoint reads a checkpoint. One that does not exist is empty.
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
		return nil, fmt.Errorf("--checkpoint: %s is no checkpoint: %w; restore it, %s", path, err, remedy)
	}
	if f.Bucket == "" || f.Stream == "" || f.Region == "" {
		return nil, fmt.Errorf("--checkpoint: %s is no checkpoint: it does not name the bucket, the stream and the region that it is of; restore it, %s", path, remedy)
	}
	if f.identity != of {
		return nil, fmt.Errorf("--checkpoint: %s is that of a replay of %s, not of %s; name another", path, f.identity, of)
	}
	if err := f.check(); err != nil {
		return nil, fmt.Errorf("--checkpoint: %s is damaged: %w; restore it, %s", path, err, remedy)
	}
	for _, o := range f.Objects {
		c.objects[objectID{o.Key, o.ETag}] = &settled{version: o.Version, lines: o.Lines, done: o.Done}
	}
	return c, nil
}

// lockCheckpoint keeps a second replay from one checkpoint. The lock goes with the process, however that ends.
func lockCheckpoint(path string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("--checkpoint: %w; name a file in a folder that can be written", err)
	}
	lock, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("--checkpoint: %w; name a file in a folder that can be written", readable.Explain(path+".lock", err))
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = lock.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("--checkpoint: another replay is at work with %s; wait for its end, or name another to put everything a second time", path)
		}
		return nil, fmt.Errorf("--checkpoint: %s.lock cannot be locked: %w", path, err)
	}
	return lock, nil
}

// has says whether a line is settled.
func (c *checkpoint) has(id objectID, line int) bool {
	s := c.objects[id]
	return s != nil && s.done.has(line)
}

// complete says whether every line of an object is settled.
func (c *checkpoint) complete(id objectID) bool {
	s := c.objects[id]
	return s != nil && s.lines >= 0 && s.done.all(s.lines)
}

// object is what is known of an object, made where nothing is.
func (c *checkpoint) object(id objectID) *settled {
	s := c.objects[id]
	if s == nil {
		s = &settled{lines: -1}
		c.objects[id] = s
	}
	return s
}

// mark settles the lines of a batch, and returns how to take that back.
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

// prepare puts on disk, beside the checkpoint, what it will be once a batch is confirmed: what can fail of writing it,
// such as a full disk, then fails before the batch is put and not after.
func (c *checkpoint) prepare(batch []entry) error {
	undo := c.mark(batch)
	defer undo()
	text, err := json.Marshal(c.file())
	if err != nil {
		return err
	}
	tmp, err := os.Create(c.path + ".tmp")
	if err != nil {
		return err
	}
	_, err = tmp.Write(append(text, '\n'))
	return errors.Join(err, tmp.Sync(), tmp.Close())
}

// commit makes what was prepared for the same batch the checkpoint.
func (c *checkpoint) commit(batch []entry) error {
	c.mark(batch)
	if err := os.Rename(c.path+".tmp", c.path); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(c.path))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

func (c *checkpoint) file() file {
	f := file{identity: c.of, Objects: []fileObject{}}
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
