package browse

import (
	"context"
	"errors"
	"slices"
	"strings"

	"cdk.tf/go/ingest/internal/nearest"
	"cdk.tf/go/ingest/local/firehose"
	"cdk.tf/go/ingest/local/s3"
)

// object is an entry of a delivery stream's journal.
type object struct {
	firehose.Written
	// Spans stay inside.
	Spans []firehose.Span `json:"spans,omitempty"`

	of     Delivery
	number int
	pieces []firehose.Piece
}

// listing is an answer with objects.
type listing struct {
	Objects []object `json:"objects"`
	Cursor  string   `json:"cursor,omitempty"`
	More    bool     `json:"more"`
}

// shelf is a cursor of objects: for each delivery stream the next entry to look at, and in the delivered records of an object the next
// record, which counts from 0.
type shelf struct {
	Oldest bool           `json:"oldest,omitempty"`
	Next   map[string]int `json:"entries"`
	Record int            `json:"record,omitempty"`
}

func (s shelf) String() string { return encodeCursor(s) }

func parseShelf(text string, oldest bool) (s shelf, err error) {
	if !decodeCursor(text, &s) || s.Next == nil || s.Record < 0 {
		return s, wrongf("cursor is %q, which is not a cursor of objects; use the cursor of an answer", text)
	}
	return s, checkOrder(s.Oldest, oldest)
}

// readPieces reads which records the object has; they stay unknown for one that no journal has.
func (o *object) readPieces() {
	if o.of.DeliveryStream != nil {
		_, o.pieces, _ = o.of.Journal().Entry(o.number)
	}
}

// objects lists the objects that a query selects.
func (b *Browser) objects(ctx context.Context, q query) (any, error) {
	walk, err := b.shelves(&q)
	if err != nil {
		return nil, err
	}
	if walk.budget, err = b.begin(ctx); err != nil {
		return nil, err
	}
	defer walk.budget.end()
	answer := listing{Objects: []object{}}
	for len(answer.Objects) < q.limit {
		next, ok := walk.next()
		if !ok {
			if walk.paused {
				answer.Cursor, answer.More = walk.position().String(), true
			}
			return answer, nil
		}
		if !b.exists(next.Bucket, next.Key) {
			continue
		}
		next.Spans = nil
		answer.Objects = append(answer.Objects, next)
	}
	answer.Cursor, answer.More = walk.position().String(), true
	return answer, nil
}

// exists reports whether an object is still in its bucket.
func (b *Browser) exists(bucket, key string) bool {
	content, _, err := b.opts.Buckets.Open(bucket, key)
	if err == nil {
		_ = content.Close() // nothing was read
	}
	return !errors.Is(err, s3.ErrNotFound)
}

// shelves is a walk over the entries of the journals, merged by the time of delivery.
type shelves struct {
	q     query
	lanes []*shelfLane
	// record is the cursor's.
	record int
	// budget bounds the entries that are read. paused means that it ended the walk.
	budget *budget
	paused bool
}

// shelfLane is the walk over one journal: next is the next entry, and held is that entry once it was read.
type shelfLane struct {
	delivery   Delivery
	first, end int
	next       int
	held       *object
}

func (b *Browser) shelves(q *query) (walk *shelves, err error) {
	if err := b.checkBucket(q); err != nil {
		return nil, err
	}
	var from shelf
	if q.cursor != "" {
		if from, err = parseShelf(q.cursor, q.oldest); err != nil {
			return nil, err
		}
	}
	walk = &shelves{q: *q, record: from.Record}
	for _, d := range b.opts.Deliveries {
		if d.Bucket != q.bucket {
			continue
		}
		lane := &shelfLane{delivery: d}
		lane.first, lane.end = d.Journal().Range()
		if lane.next = lane.end - 1; q.oldest {
			lane.next = lane.first
		}
		if next, known := from.Next[d.Status().Name]; known {
			lane.next = next
		}
		if q.oldest && lane.next < lane.first { // the journal has forgotten that object since
			lane.next, walk.record = lane.first, 0
		}
		walk.lanes = append(walk.lanes, lane)
	}
	return walk, nil
}

// checkBucket completes the bucket of a query of objects, and checks what only a query of records may have.
func (b *Browser) checkBucket(q *query) error {
	var buckets []string
	for _, d := range b.opts.Deliveries {
		if !slices.Contains(buckets, d.Bucket) {
			buckets = append(buckets, d.Bucket)
		}
	}
	if q.bucket == "" && len(buckets) > 0 {
		q.bucket = buckets[0]
	}
	if !slices.Contains(buckets, q.bucket) {
		return wrongf("bucket is %q, to which the stack delivers nothing; %s", q.bucket, nearest.Remedy(q.bucket, buckets))
	}
	if q.from.place.Shard != "" || q.to.place.Shard != "" {
		return wrongf("from or to is a sequence number, and objects are selected by the time of their delivery; use a time such as 2026-01-31T15:04:05Z")
	}
	return nil
}

// next returns the next selected object.
func (s *shelves) next() (object, bool) {
	var best *shelfLane
	for _, lane := range s.lanes {
		if !lane.fill(s) {
			continue
		}
		if best == nil || lane.before(best, s.q.oldest) {
			best = lane
		}
	}
	if best == nil || s.paused { // the order of lanes is not known at a pause
		return object{}, false
	}
	found := *best.held
	best.held = nil
	best.move(s.q.oldest)
	return found, true
}

func (l *shelfLane) before(other *shelfLane, oldest bool) bool {
	if oldest {
		return l.held.DeliveredAt.Before(other.held.DeliveredAt)
	}
	return l.held.DeliveredAt.After(other.held.DeliveredAt)
}

func (l *shelfLane) move(oldest bool) {
	if oldest {
		l.next++
	} else {
		l.next--
	}
}

// fill reads entries up to the next selected one. It reports whether there is one.
func (l *shelfLane) fill(s *shelves) bool {
	for ; l.held == nil && l.next >= l.first && l.next < l.end; l.move(s.q.oldest) {
		if s.budget.spent() {
			s.paused = true
			return false
		}
		s.budget.entries++
		written, err := l.delivery.Journal().Head(l.next)
		if err != nil || !s.q.selects(written) {
			continue
		}
		l.held = &object{Written: written, of: l.delivery, number: l.next}
		return true
	}
	return l.held != nil
}

// selects reports whether a query selects an object. The times are those of its delivery.
func (q query) selects(w firehose.Written) bool {
	at := w.DeliveredAt.UnixMilli()
	return strings.HasPrefix(w.Key, q.prefix) && at >= q.from.millis && (q.to.millis == 0 || at <= q.to.millis)
}

// position continues with the next object.
func (s *shelves) position() shelf {
	at := shelf{Oldest: s.q.oldest, Next: map[string]int{}}
	for _, lane := range s.lanes {
		at.Next[lane.delivery.Status().Name] = lane.next
	}
	return at
}

// named is the object that the query names, with its newest entry if a journal has one.
func (s *shelves) named() object {
	for _, lane := range s.lanes {
		number, known := lane.delivery.Journal().Of(s.q.bucket, s.q.object)
		if !known {
			continue
		}
		if written, err := lane.delivery.Journal().Head(number); err == nil {
			return object{Written: written, of: lane.delivery, number: number}
		}
	}
	return object{Written: firehose.Written{Object: firehose.Object{Bucket: s.q.bucket, Key: s.q.object}}}
}
