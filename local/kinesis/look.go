package kinesis

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"
)

// Seen is a record that [Service.Look] passes by. Key and Data are valid only until the call returns.
type Seen struct {
	// Index orders the records of a shard. It is part of the sequence number.
	Index     uint64
	ArrivedAt time.Time
	Key, Data []byte

	of      *shard
	arrived int64
}

// Place is the record's place.
func (s Seen) Place() Place { return Place{s.of.id, s.of.created, s.Index} }

// SequenceNumber is the record's sequence number.
func (s Seen) SequenceNumber() string { return s.of.number(s.Index, s.arrived).String() }

// Look is a walk over the records of a shard, for a person who searches them.
type Look struct {
	// From and To are the lowest and highest index, inclusive.
	From, To uint64
	// Newest walks from To down to From.
	Newest bool
	// Since and Until are the earliest and latest arrival, in milliseconds, inclusive. A look seeks to them. Arrivals follow the clock,
	// which may jump back, so it seeks in each of the shard's runs.
	Since, Until int64
	// Limit bounds the records that one call passes by. They are read in one transaction, so keep it in the thousands. A seek counts
	// as one, and so do eight records outside of the times where the clock has jumped too often for seeks.
	Limit int
}

// lookBytes bounds the bytes of keys and data that one call passes by: while its transaction is open, the file cannot be mapped anew.
const lookBytes = 4 << 20

// outside is how many records outside of a look's times count as one if each must be read.
const outside = 8

// Look calls take with the records of a shard, in the look's order, that have not expired, until take returns false. It returns how
// many it passed by, and the look that continues after the last one for which take returned true. At the end, that look's From is above
// its To. A stream or shard that does not exist is [ErrGone].
func (s *Service) Look(ctx context.Context, stream, shard string, look Look, take func(Seen) bool) (rest Look, passed int, err error) {
	found, err := s.shard(stream, shard)
	if err != nil {
		return look, 0, err
	}
	newest, _ := found.newest() // records above it are not acknowledged yet
	look.To = min(look.To, newest)
	look.Since = max(look.Since, found.stream.horizon(s.options.Clock.Now()))
	w := walk{Look: look, shard: found, take: take, runs: found.ordered()}
	for repaired := false; w.From <= w.To; {
		if err := ctx.Err(); err != nil {
			return w.Look, w.passed + w.skipped, err
		}
		known := s.generation.Load()
		err := s.view(func(tx *bbolt.Tx) error { return w.pass(tx.Bucket(found.bucket)) })
		if errors.Is(err, errDamaged) && !repaired && s.repair(known) == nil {
			repaired, w.runs = true, found.ordered()
			continue
		}
		if err != nil {
			return w.Look, w.passed + w.skipped, fmt.Errorf("stream %s, %s: %w", stream, shard, err)
		}
		break
	}
	return w.Look, w.passed + w.skipped, nil
}

// walk is the progress of one look.
type walk struct {
	Look
	shard           *shard
	take            func(Seen) bool
	runs            runs
	passed, skipped int
	// bytes are those of the records that take was called with.
	bytes int
}

// pass is the transaction of a walk. The bucket is nil if the stream was deleted.
func (w *walk) pass(bucket *bbolt.Bucket) error {
	if bucket == nil && !w.shard.stream.deleted.Load() {
		return errMissing
	}
	if bucket == nil {
		w.end()
		return nil
	}
	cursor := bucket.Cursor()
	for key, value := w.first(cursor); key != nil && w.covers(key); {
		moved := false
		var err error
		switch where := w.when(key, value); {
		case w.full():
			return nil
		case where == within:
			var more bool
			if more, err = w.give(key, value); err == nil && !more {
				return nil
			}
		default:
			moved, err = w.skip(cursor, key, value, where)
		}
		if err != nil {
			return err
		}
		if moved {
			key, value = w.first(cursor)
		} else {
			key, value = w.next(cursor)
		}
	}
	w.end()
	return nil
}

// full reports whether the walk has passed by enough for one transaction.
func (w *walk) full() bool { return w.passed+w.skipped/outside >= w.Limit || w.bytes >= lookBytes }

// give calls take with a record. It returns false if take does.
func (w *walk) give(key, value []byte) (more bool, err error) {
	r, err := readStored(w.shard.seed, key, value)
	if err != nil {
		return false, err
	}
	seen := Seen{Index: r.index, ArrivedAt: time.UnixMilli(r.arrived), Key: r.key, Data: r.data, of: w.shard, arrived: r.arrived}
	if r.kind == event && !w.take(seen) {
		return false, nil
	}
	w.bytes += r.size()
	w.passed++
	w.move(key)
	return true, nil
}

// skip passes by a record that arrived outside of the look's times, and by those of its run that did too. It reports whether the walk
// continues elsewhere than at the cursor.
func (w *walk) skip(cursor *bbolt.Cursor, key, value []byte, where when) (moved bool, err error) {
	index := binary.BigEndian.Uint64(key)
	first, last, ok := w.runs.around(index)
	if !ok {
		w.skipped++
		w.move(key)
		return false, nil
	}
	w.passed++
	if _, err := readStored(w.shard.seed, key, value); err != nil { // its time decides about others
		return false, err
	}
	first, last = max(first, w.From, 1), min(last, w.To)
	switch {
	case where == late && !w.Newest:
		w.From = last + 1
	case where == early && w.Newest:
		w.To = first - 1
	case where == early:
		w.From, err = w.shard.firstSince(cursor, index+1, last, w.Since)
	default:
		var next uint64
		if next, err = w.shard.firstSince(cursor, first, index, w.Until+1); err == nil {
			w.To = next - 1
		}
	}
	return true, err
}

func (w *walk) first(cursor *bbolt.Cursor) (key, value []byte) {
	if !w.Newest {
		return cursor.Seek(indexKey(w.From))
	}
	if key, value = cursor.Seek(indexKey(w.To)); key == nil {
		return cursor.Last()
	}
	if !bytes.Equal(key, indexKey(w.To)) {
		return cursor.Prev()
	}
	return key, value
}

func (w *walk) next(cursor *bbolt.Cursor) (key, value []byte) {
	if w.Newest {
		return cursor.Prev()
	}
	return cursor.Next()
}

// covers reports whether a record's index is in the look. A key of another length is left to readStored.
func (w *walk) covers(key []byte) bool {
	return len(key) != 8 || bytes.Compare(key, indexKey(w.From)) >= 0 && bytes.Compare(key, indexKey(w.To)) <= 0
}

// when is where an arrival is in relation to a look's times.
type when int

const (
	within when = iota
	early
	late
)

// when reads an arrival without the checksum. What cannot be a record is left to readStored.
func (w *walk) when(key, value []byte) when {
	if len(key) != 8 || len(value) < headerSize {
		return within
	}
	switch arrived := int64(binary.BigEndian.Uint64(value)); {
	case arrived < w.Since:
		return early
	case w.Until > 0 && arrived > w.Until:
		return late
	}
	return within
}

// move continues after a record.
func (w *walk) move(key []byte) {
	if index := binary.BigEndian.Uint64(key); w.Newest {
		w.To = index - 1
	} else {
		w.From = index + 1
	}
}

// end leaves nothing to look at.
func (w *walk) end() { w.From = w.To + 1 }

// Place is a record's place among the records of all streams that a data folder has ever had.
type Place struct {
	Shard string
	// Created is the shard's creation, in seconds since 1970. Another stream of the same name has other shards of the same ids.
	Created int64
	Index   uint64
}

// PlaceOf is the place that a sequence number names.
func PlaceOf(sequenceNumber string) (Place, error) {
	n, err := parseNumber(sequenceNumber)
	if err != nil || n.version != current {
		return Place{}, errNumber
	}
	return Place{shardID(int(n.shard)), n.created, n.index}, nil
}
