package kinesis

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sort"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
)

const (
	provisioned = "PROVISIONED"
	onDemand    = "ON_DEMAND"

	// onDemandShards is what an on-demand stream begins with (developer guide, "On-demand mode": 4 MB/s of writes).
	onDemandShards = 4

	// groupSize is how many neighbouring shards share one run of indexes. Assumption KIN-3: as in numbers that AWS gave out
	// (kinesalite, actions/putRecord.js).
	groupSize = 5
)

// description is what the file says of a stream, as JSON.
type description struct {
	Name string
	ARN  string
	Mode string
	// Shards is how many there are. They never change.
	Shards int
	// RetentionHours is 24 to 8,760.
	RetentionHours int
	// Created is the shards' creation in sequence numbers, in seconds. No two streams of a file have the same, so that it
	// is the stream's identity too.
	Created   int64
	CreatedAt time.Time
}

// stream is a live stream.
type stream struct {
	description atomic.Pointer[description] // what may change in it is its retention and mode
	name        string
	created     int64
	shards      []*shard
	// indexes are the last given, by group of shards. They belong to the committer.
	indexes []uint64
	deleted atomic.Bool
}

// shard is one of a stream.
type shard struct {
	stream *stream
	index  int
	id     string
	bucket []byte // its bucket's name in the file
	hashRange
	limits limits

	mu sync.Mutex
	// last is the newest record that is on disk, zero if there never was one; lastArrived belongs to it, in milliseconds.
	last        uint64
	lastArrived int64
	// changed is closed by the next record. It is nil while nobody waits.
	changed chan struct{}

	records, bytes, throttled, failed atomic.Int64

	// tx and written belong to the committer: the bucket in the open transaction, and the last index put into it.
	tx      *bbolt.Bucket
	written uint64
}

func newStream(d description) *stream {
	s := &stream{name: d.Name, created: d.Created, indexes: make([]uint64, (d.Shards+groupSize-1)/groupSize)}
	s.description.Store(&d)
	for i, r := range split(d.Shards) {
		s.shards = append(s.shards, &shard{
			stream: s, index: i, id: shardID(i), hashRange: r,
			bucket: fmt.Appendf(nil, "%s%d/%d/%s", recordsPrefix, d.Created, i, d.Name),
		})
	}
	return s
}

func shardID(index int) string { return fmt.Sprintf("shardId-%012d", index) }

// shardFor is the shard that takes a hash key.
func (s *stream) shardFor(key hashKey) *shard {
	return s.shards[sort.Search(len(s.shards)-1, func(i int) bool { return key.compare(s.shards[i].end) <= 0 })]
}

// horizon is the arrival, in milliseconds, before which a record is trimmed.
func (s *stream) horizon(now time.Time) int64 {
	return now.Add(-time.Duration(s.description.Load().RetentionHours) * time.Hour).UnixMilli()
}

// number is the sequence number of a record; arrived is in milliseconds.
func (s *shard) number(index uint64, arrived int64) number {
	return number{created: s.stream.created, index: index, arrived: arrived / 1000, shard: int32(s.index), version: current}
}

// first is the number the shard begins with, which no record has.
func (s *shard) first() number {
	return s.number(0, s.stream.created*1000)
}

// newest is the index and arrival of the newest record that is on disk.
func (s *shard) newest() (index uint64, arrived int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last, s.lastArrived
}

// publish makes records up to index readable and wakes who waits for them.
func (s *shard) publish(index uint64, arrived int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last, s.lastArrived = index, arrived
	s.wake()
}

// wake is called with mu held.
func (s *shard) wake() {
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

// A record is stored under its index, as eight bytes in order, as: arrival in milliseconds (8) · length of the partition
// key (2) · partition key · data.
const headerSize = 10

var errRecord = errors.New("a record is damaged")

func putHeader(value []byte, keySize int) {
	binary.BigEndian.PutUint16(value[8:], uint16(keySize))
}

func setArrival(value []byte, arrived int64) {
	binary.BigEndian.PutUint64(value, uint64(arrived))
}

// stored is a record in the file's memory, valid within its transaction.
type stored struct {
	index     uint64
	arrived   int64
	key, data []byte
}

func (r stored) size() int { return len(r.key) + len(r.data) }

func readStored(key, value []byte) (stored, error) {
	if len(key) != 8 || len(value) < headerSize {
		return stored{}, errRecord
	}
	end := headerSize + int(binary.BigEndian.Uint16(value[8:]))
	if len(value) < end {
		return stored{}, errRecord
	}
	return stored{
		index: binary.BigEndian.Uint64(key), arrived: int64(binary.BigEndian.Uint64(value)),
		key: value[headerSize:end], data: value[end:],
	}, nil
}

func indexKey(index uint64) []byte {
	return binary.BigEndian.AppendUint64(nil, index)
}
