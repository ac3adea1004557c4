package kinesis

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"runtime"
	"sync"

	"github.com/jonboulle/clockwork"
	"go.etcd.io/bbolt"
)

const (
	// These bound the records and bytes of a transaction, so that it stays short and its pages few.
	batchRecords = 1000
	batchBytes   = 10 * mib
)

// put is a run of records for one shard, waiting to be written.
type put struct {
	shard *shard
	// values are as in the file, except for what [seal] adds. The committer only reads them.
	values [][]byte
	bytes  int
	// first is the index of the first record; those of the others follow it. arrived is in milliseconds.
	first   uint64
	arrived int64
	err     error
	done    chan struct{}

	// one and buffer serve puts of a single record, which are reused.
	one    [1][]byte
	buffer []byte
}

// keepBuffer bounds the buffers that are reused, in bytes, so that a few large records do not fill the memory for good.
const keepBuffer = 16 << 10

func (s *Service) newPut() *put {
	if p, used := s.puts.Get().(*put); used {
		return p
	}
	return &put{done: make(chan struct{}, 1)}
}

func (s *Service) free(p *put) {
	p.shard, p.values, p.one[0], p.err = nil, nil, nil, nil
	if cap(p.buffer) > keepBuffer {
		p.buffer = nil
	}
	s.puts.Put(p)
}

// queue holds puts until the committer takes them. Its length is at most the number of callers.
type queue struct {
	mu      sync.Mutex
	waiting []*put
	closed  bool
	wake    chan struct{}
}

func newQueue() queue { return queue{wake: make(chan struct{}, 1)} }

// add queues puts. It returns false once the queue is closed.
func (q *queue) add(all ...*put) bool {
	q.mu.Lock()
	if q.closed {
		q.mu.Unlock()
		return false
	}
	q.waiting = append(q.waiting, all...)
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
	return true
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
}

func (q *queue) size() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting)
}

// take moves one batch, in order, into an empty slice that the caller reuses.
func (q *queue) take(batch []*put) []*put {
	q.mu.Lock()
	defer q.mu.Unlock()
	records, bytes, count := 0, 0, 0
	for _, p := range q.waiting {
		records, bytes = records+len(p.values), bytes+p.bytes
		if count > 0 && (records > batchRecords || bytes > batchBytes) {
			break
		}
		count++
	}
	batch = append(batch, q.waiting[:count]...)
	rest := copy(q.waiting, q.waiting[count:])
	clear(q.waiting[rest:])
	q.waiting = q.waiting[:rest]
	return batch
}

// gather lets callers that are ready to run add their puts. It does not wait for a time: it ends as soon as a round brings none.
func (q *queue) gather() {
	for before := q.size(); before < batchRecords; {
		runtime.Gosched()
		now := q.size()
		if now == before {
			return
		}
		before = now
	}
}

// write hands puts to the committer, and returns when they are on disk or have failed. Each put has its own error.
func (s *Service) write(all ...*put) {
	if !s.queue.add(all...) {
		for _, p := range all {
			p.err = errClosed
		}
		return
	}
	for _, p := range all {
		<-p.done
	}
}

// committer is the one goroutine that writes records.
type committer struct {
	*Service
	batch   []*put
	touched []*shard
	// doubtful are the indexes of a failed commit that can be seen in the file, because only the sync of its meta page
	// failed. The next transaction deletes them.
	doubtful []doubt
	failing  bool
	// trimming is true while there may be something to trim; commits counts the commits since the last trimming.
	trimming bool
	commits  int
}

type doubt struct {
	shard       *shard
	first, last uint64
}

func (s *Service) commitAll(ticker clockwork.Ticker) {
	defer close(s.finished)
	defer ticker.Stop()
	c := &committer{Service: s, trimming: true}
	for {
		busy := c.work()
		if busy || c.trimming {
			continue
		}
		select {
		case <-s.queue.wake:
		case <-ticker.Chan():
			c.trimming = true
		case <-s.closing:
			if s.queue.size() == 0 {
				return
			}
		}
	}
}

// work commits the waiting puts and trims what is due, one transaction each. It returns true if it committed.
func (c *committer) work() (busy bool) {
	if busy = c.queue.size() > 0; busy {
		c.queue.gather()
		c.commit()
		c.commits++
	}
	if c.trimming && (!busy || c.commits >= trimPace) {
		c.trimming, c.commits = c.trim() && !c.isClosing(), 0
	}
	return busy
}

// commit writes one batch in one transaction and answers it.
func (c *committer) commit() {
	c.batch = c.queue.take(c.batch[:0])
	if c.options.Delay != nil {
		if d := c.options.Delay(); d > 0 {
			c.options.Clock.Sleep(d)
		}
	}
	now := c.options.Clock.Now().UnixMilli()
	err := c.update(func(tx *bbolt.Tx) error { return c.fill(tx, now) })
	if err == nil && c.options.syncFails != nil {
		err = c.options.syncFails()
	}
	if err != nil {
		c.doubt()
	} else {
		c.doubtful = nil
	}
	c.report(err)
	for _, s := range c.touched {
		if err == nil {
			s.publish(s.written, now)
		}
		s.tx, s.written = nil, 0
	}
	clear(c.touched)
	c.touched = c.touched[:0]
	for _, p := range c.batch {
		if p.err == nil && err != nil {
			p.err = fmt.Errorf("the record could not be written: %w", err)
		}
		p.shard.count(p)
		p.done <- struct{}{}
	}
	clear(c.batch)
}

func (s *shard) count(p *put) {
	if p.err != nil {
		s.failed.Add(int64(len(p.values)))
		return
	}
	s.records.Add(int64(len(p.values)))
	s.bytes.Add(int64(p.bytes))
}

func (c *committer) fill(tx *bbolt.Tx, now int64) error {
	if err := c.clean(tx); err != nil {
		return err
	}
	for _, p := range c.batch {
		if p.shard.stream.deleted.Load() {
			p.err = c.unknown(p.shard.stream.name)
			continue
		}
		if err := c.append(tx, p, now); err != nil {
			return err
		}
	}
	for _, s := range c.touched {
		if err := s.tx.SetSequence(s.written); err != nil {
			return err
		}
	}
	return nil
}

func (c *committer) append(tx *bbolt.Tx, p *put, now int64) error {
	s := p.shard
	if s.tx == nil {
		if s.tx = tx.Bucket(s.bucket); s.tx == nil {
			return fmt.Errorf("%w: it has lost %s of stream %q", errDamaged, s.id, s.stream.name)
		}
		s.tx.FillPercent = 1 // indexes only grow, so a full page does not change
		c.touched = append(c.touched, s)
	}
	previous := s.written
	if previous == 0 {
		previous, _ = s.newest()
	}
	last := &s.stream.indexes[s.index/groupSize]
	p.first, p.arrived = *last+1, now
	var key [8]byte
	for _, value := range p.values {
		*last++
		seal(value, s.seed, *last, previous, now)
		previous = *last
		binary.BigEndian.PutUint64(key[:], *last)
		if err := s.tx.Put(key[:], value); err != nil {
			return err
		}
	}
	s.written = *last
	return nil
}

// doubt checks whether a failed commit can be seen in the file. Its indexes are never given again, so records that cannot be seen now
// never can.
func (c *committer) doubt() {
	_ = c.view(func(tx *bbolt.Tx) error { // in a file that cannot be read no records are visible
		for _, s := range c.touched {
			if bucket := tx.Bucket(s.bucket); bucket != nil && s.written != 0 && bucket.Sequence() == s.written {
				last, _ := s.newest()
				c.doubtful = append(c.doubtful, doubt{s, last + 1, s.written})
			}
		}
		return nil
	})
}

func (c *committer) clean(tx *bbolt.Tx) error {
	for _, d := range c.doubtful {
		bucket := tx.Bucket(d.shard.bucket)
		if bucket == nil {
			continue
		}
		var keys [][]byte
		cursor := bucket.Cursor()
		for key, _ := cursor.Seek(indexKey(d.first)); key != nil && bytes.Compare(key, indexKey(d.last)) <= 0; key, _ = cursor.Next() {
			keys = append(keys, key)
		}
		if err := deleteKeys(bucket, keys); err != nil {
			return err
		}
		last, _ := d.shard.newest() // the bucket's sequence is that of its newest record
		if err := bucket.SetSequence(last); err != nil {
			return err
		}
	}
	return nil
}

// report logs the first of several failures, and their end.
func (c *committer) report(err error) {
	switch {
	case err != nil && !c.failing:
		c.log.Error("records cannot be written; their senders get an error", "file", c.options.Path, "error", err)
	case err == nil && c.failing:
		c.log.Warn("records are written again", "file", c.options.Path)
	}
	c.failing = err != nil
}
