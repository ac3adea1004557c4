package kinesis

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"cdk.tf/go/ingest/internal/quota"
)

const (
	// These bound the records, and the bytes of partition keys and data, of a read (API reference, GetRecords).
	readMost      = quota.MaxGetRecords
	readMostBytes = 10 * mib

	// skipMost bounds how many expired records one transaction skips.
	skipMost = 10_000
)

// Shard is a shard of a stream.
type Shard struct {
	ID string
	// Parents are the ids of the shard that was split into it, or of the two that were merged. They may have expired.
	Parents []string
	// End is the ending sequence number of a closed shard, and empty for an open one.
	End string
}

// Shards returns a stream's shards, each after its parents. If a stream or a shard does not exist, the error is [ErrGone], here and below.
func (s *Service) Shards(_ context.Context, stream string) ([]Shard, error) {
	found, problem := s.find(stream)
	if problem != nil {
		return nil, problem
	}
	var shards []Shard
	for _, shard := range found.all() {
		shards = append(shards, Shard{ID: shard.id, Parents: shard.parentIDs(), End: shard.endText()})
	}
	return shards, nil
}

func (s *shard) parentIDs() (ids []string) {
	for _, parent := range s.parents {
		ids = append(ids, shardID(parent))
	}
	return ids
}

// endText is the ending sequence number of a closed shard, and empty for an open one.
func (s *shard) endText() string {
	ending, closed := s.ending()
	if !closed {
		return ""
	}
	return ending.String()
}

// IsEnd reports whether a sequence number is the ending one of a closed shard.
func IsEnd(sequenceNumber string) bool {
	n, err := parseNumber(sequenceNumber)
	return err == nil && n.index == endIndex
}

// Latest is the sequence number of a shard's newest record, or empty if it has none. For a closed shard it is the ending one.
func (s *Service) Latest(_ context.Context, stream, shard string) (string, error) {
	found, err := s.shard(stream, shard)
	if err != nil {
		return "", err
	}
	if end := found.endText(); end != "" {
		return end, nil
	}
	index, arrived := found.newest()
	if index == 0 {
		return "", nil
	}
	return found.number(index, arrived).String(), nil
}

// Records returns records of a shard after a sequence number; empty means from the oldest. They are at most limit, 10,000 and 10 MiB.
// None means that there are none yet. A record that is [Record.Empty] holds no event; the last one of a closed shard is such a record,
// with the shard's ending sequence number. No limit of reads per second applies: on AWS, Firehose shares a shard's limit with other
// readers, and slows down by itself.
func (s *Service) Records(ctx context.Context, stream, shard, after string, limit int) ([]Record, error) {
	found, position, err := s.position(stream, shard, after)
	if err != nil {
		return nil, err
	}
	var records []Record
	last := position
	end := found.endText() // before the read: a closed shard gets no more records
	next, err := s.read(ctx, found, query{from: position + 1, limit: limit, empty: true}, func(r stored) {
		record := Record{
			SequenceNumber: found.number(r.index, r.arrived).String(), ArrivedAt: time.UnixMilli(r.arrived),
			Missed: r.previous > last, Empty: r.kind != event,
		}
		last = r.index
		switch r.kind {
		case event:
			record.PartitionKey, record.Data = string(r.key), bytes.Clone(r.data)
		case lost:
			record.Lost = readDamage(r.data).String()
		}
		records = append(records, record)
	})
	if err != nil {
		return nil, err
	}
	if newest, arrived := found.newest(); end != "" && position < endIndex && next > newest && len(records) < limit {
		records = append(records, Record{SequenceNumber: end, ArrivedAt: time.UnixMilli(max(arrived, found.closed.Load())), Missed: newest > last, Empty: true})
	}
	return records, nil
}

// Wait returns nil as soon as the shard has a record after a sequence number (empty: any record), or is closed. It returns the
// context's error, an error when the service is closed, or [ErrGone] when the stream is deleted meanwhile.
func (s *Service) Wait(ctx context.Context, stream, shard, after string) error {
	found, position, err := s.position(stream, shard, after)
	if err != nil {
		return err
	}
	for {
		changed, ready := found.watch(position, found.stream.horizon(s.options.Clock.Now()))
		switch {
		case found.stream.deleted.Load():
			return s.unknown(stream)
		case ready:
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		case <-s.closing:
			return errClosed
		}
	}
}

// watch is ready if there is an unexpired record after position. If not, it returns a channel that the next record closes.
func (s *shard) watch(position uint64, horizon int64) (changed <-chan struct{}, ready bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last > position && s.lastArrived >= horizon || s.closed.Load() != 0 && position < endIndex {
		return nil, true
	}
	if s.changed == nil {
		s.changed = make(chan struct{})
	}
	return s.changed, false
}

func (s *Service) shard(streamName, id string) (*shard, error) {
	found, problem := s.find(streamName)
	if problem != nil {
		return nil, problem
	}
	// The ids are in order.
	all := found.all()
	if at, exists := slices.BinarySearchFunc(all, id, func(s *shard, id string) int { return strings.Compare(s.id, id) }); exists {
		return all[at], nil
	}
	return nil, s.noShard(streamName, id)
}

func (s *Service) noShard(streamName, id string) *refusal {
	return refuse("ResourceNotFoundException", "Shard %s in stream %s under account %s does not exist", id, streamName, s.options.Account)
}

func (s *Service) position(streamName, id, after string) (*shard, uint64, error) {
	shard, err := s.shard(streamName, id)
	if err != nil || after == "" {
		return shard, 0, err
	}
	n, err := parseNumber(after)
	if err != nil || n.version != current || n.created != shard.created || n.shard != int32(shard.index) {
		return nil, 0, invalid("the sequence number %s is not of shard %s in stream %s", after, id, streamName)
	}
	return shard, n.index, nil
}

// query selects the records of a read.
type query struct {
	// from is the first index.
	from uint64
	// since is the earliest arrival, in milliseconds.
	since int64
	// limit is the maximum number of records.
	limit int
	// empty also selects placeholders, which hold no event.
	empty bool
}

// read calls take with the records that a query selects, in order, until it reaches the query's limit or one of the bounds above. It
// returns the index to continue from. It reads records that are on disk, in short transactions, because a page that a transaction can
// see is not reused. If the file is damaged, read repairs it, once.
func (s *Service) read(ctx context.Context, shard *shard, q query, take func(stored)) (next uint64, err error) {
	q.limit = min(q.limit, readMost)
	q.since = max(q.since, shard.stream.horizon(s.options.Clock.Now()))
	last, _ := shard.newest()
	scan := scan{query: q, shard: shard, last: last, take: take}
	for repaired := false; scan.from <= last && scan.limit > 0 && !scan.full; {
		if err := ctx.Err(); err != nil {
			return scan.from, err
		}
		known := s.generation.Load()
		err := s.view(func(tx *bbolt.Tx) error { return scan.step(tx.Bucket(shard.bucket)) })
		if errors.Is(err, errDamaged) && !repaired && s.repair(known) == nil {
			repaired = true
			scan.last, _ = shard.newest()
			continue
		}
		if err != nil {
			return scan.from, fmt.Errorf("stream %s, %s: %w", shard.stream.name, shard.id, err)
		}
	}
	return scan.from, nil
}

// scan is the progress of one read.
type scan struct {
	query
	shard *shard
	last  uint64
	take  func(stored)
	size  int
	full  bool
}

// step is one transaction of a read. The bucket is nil if the stream was deleted.
func (s *scan) step(bucket *bbolt.Bucket) error {
	if bucket == nil {
		if s.full = s.shard.stream.deleted.Load(); !s.full {
			return errMissing
		}
		return nil
	}
	cursor := bucket.Cursor()
	key, value := cursor.Seek(indexKey(s.from))
	for passed := 0; key != nil && passed < skipMost && s.limit > 0; key, value = cursor.Next() {
		r, err := s.stored(bucket, key, value)
		switch {
		case err != nil:
			return err
		case r.index > s.last:
			s.full = true
			return nil
		case !s.wants(r):
			passed++
		case s.size > 0 && s.size+r.size() > readMostBytes:
			s.full = true
			return nil
		default:
			s.size += r.size()
			s.limit--
			s.take(r)
		}
		s.from = r.index + 1
	}
	if s.full = key == nil; s.full {
		return s.ended()
	}
	return nil
}

// ended returns an error if a shard ends before its newest record, which is never trimmed: the file is damaged.
func (s *scan) ended() error {
	if s.last > 0 && s.from <= s.last && !s.shard.stream.deleted.Load() {
		return errMissing
	}
	return nil
}

func (s *scan) wants(r stored) bool { return r.arrived >= s.since && (r.kind == event || s.empty) }

// stored reads the next record. If the one before it is missing but was not trimmed, the file is damaged.
func (s *scan) stored(bucket *bbolt.Bucket, key, value []byte) (stored, error) {
	r, err := readStored(s.shard.seed, key, value)
	if err == nil && r.previous >= s.from && !isFirst(bucket, key) {
		err = errMissing
	}
	return r, err
}

// isFirst reports whether a key is the oldest of its bucket: all before it were trimmed.
func isFirst(bucket *bbolt.Bucket, key []byte) bool {
	first, _ := bucket.Cursor().First()
	return bytes.Equal(first, key)
}
