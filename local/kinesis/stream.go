package kinesis

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
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
	Tags      map[string]string `json:",omitempty"`
}

// stream is a live stream.
type stream struct {
	description atomic.Pointer[description] // what may change in it is its retention, mode and tags
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
	seed   uint32 // see seedOf
	hashRange
	limits limits

	mu sync.Mutex
	// last is the newest record that is on disk, zero if there never was one; lastArrived belongs to it, in milliseconds.
	last        uint64
	lastArrived int64
	// damage is what could not be read.
	damage []Damage
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
		bucket := fmt.Appendf(nil, "%s%d/%d/%s", recordsPrefix, d.Created, i, d.Name)
		s.shards = append(s.shards, &shard{stream: s, index: i, id: shardID(i), hashRange: r, bucket: bucket, seed: seedOf(bucket)})
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

// publish makes records up to index readable and wakes who waits for them. An index below the last says nothing: the file
// was mended meanwhile.
func (s *shard) publish(index uint64, arrived int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if index > s.last {
		s.last, s.lastArrived = index, arrived
	}
	s.wake()
}

// wake is called with mu held.
func (s *shard) wake() {
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

// recordKind is what lies under an index.
type recordKind uint8

const (
	event recordKind = iota
	// lost is a place whose data is what could not be read there, as JSON of [Damage].
	lost
	// passed is a place up to where indexes may have been given that nobody knows of any more.
	passed
)

// A record is stored under its index, as eight bytes in order, as: arrival in milliseconds (8) · checksum (4) · the index of
// the shard's record before it (8) · length of all (4) · kind (1) · length of the partition key (2) · partition key · data.
//
// The checksum is CRC-32C of the length and what follows it, then of the shard, the index, the index before and the arrival:
// a record counts in its own place alone. By the index before, a record that is missing is missed. By the length, records are
// found where the page's own table of them is damaged.
const (
	headerSize = 27
	sumAt      = 8
	previousAt = 12
	lengthAt   = 20
	kindAt     = 24
	keySizeAt  = 25
)

// maxIndex bounds indexes. Sequence numbers have room for twice as many.
const maxIndex = 1 << 62

var (
	errRecord  = fmt.Errorf("%w: a record does not fit its checksum", errDamaged)
	errMissing = fmt.Errorf("%w: a record is missing", errDamaged)
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
)

// seedOf is the shard's part in the checksums of its records.
func seedOf(bucket []byte) uint32 { return crc32.Checksum(bucket, castagnoli) }

// finish writes the head of a value that holds the partition key and the data, but for what [seal] adds.
func finish(value []byte, what recordKind, keySize int) {
	binary.BigEndian.PutUint32(value[lengthAt:], uint32(len(value)))
	value[kindAt] = byte(what)
	binary.BigEndian.PutUint16(value[keySizeAt:], uint16(keySize))
	binary.BigEndian.PutUint32(value[sumAt:], crc32.Checksum(value[lengthAt:], castagnoli))
}

// seal puts a finished value in its place: once.
func seal(value []byte, seed uint32, index, previous uint64, arrived int64) {
	binary.BigEndian.PutUint64(value, uint64(arrived))
	binary.BigEndian.PutUint64(value[previousAt:], previous)
	sum := binary.BigEndian.Uint32(value[sumAt:])
	binary.BigEndian.PutUint32(value[sumAt:], sealed(sum, seed, index, previous, arrived))
}

// sealed is the checksum of a value in its place, from that of its content.
func sealed(sum, seed uint32, index, previous uint64, arrived int64) uint32 {
	var place [28]byte
	binary.BigEndian.PutUint32(place[:], seed)
	binary.BigEndian.PutUint64(place[4:], index)
	binary.BigEndian.PutUint64(place[12:], previous)
	binary.BigEndian.PutUint64(place[20:], uint64(arrived))
	return crc32.Update(sum, castagnoli, place[:])
}

// stored is a record in the file's memory, valid within its transaction.
type stored struct {
	index, previous uint64
	arrived         int64
	kind            recordKind
	key, data       []byte
}

func (r stored) size() int { return len(r.key) + len(r.data) }

// readStored reads a record of the shard with a seed, or returns errRecord.
func readStored(seed uint32, key, value []byte) (stored, error) {
	r, sum, ok := readUnsealed(key, value)
	if !ok || sum != sealed(crc32.Checksum(value[lengthAt:], castagnoli), seed, r.index, r.previous, r.arrived) {
		return stored{}, errRecord
	}
	return r, nil
}

// plausible says whether a key and the head of a value could be a record's, without the rest of it.
func plausible(key, head []byte) bool {
	index, length := binary.BigEndian.Uint64(key), binary.BigEndian.Uint32(head[lengthAt:])
	return index > 0 && index <= maxIndex && binary.BigEndian.Uint64(head[previousAt:]) < index && head[kindAt] <= byte(passed) &&
		length <= headerSize+maxRecord && headerSize+uint32(binary.BigEndian.Uint16(head[keySizeAt:])) <= length
}

// readUnsealed reads what looks like a record, and its checksum.
func readUnsealed(key, value []byte) (r stored, sum uint32, ok bool) {
	if len(key) != 8 || len(value) < headerSize || !plausible(key, value) || int(binary.BigEndian.Uint32(value[lengthAt:])) != len(value) {
		return stored{}, 0, false
	}
	r = stored{
		index: binary.BigEndian.Uint64(key), previous: binary.BigEndian.Uint64(value[previousAt:]),
		arrived: int64(binary.BigEndian.Uint64(value)), kind: recordKind(value[kindAt]),
	}
	end := headerSize + int(binary.BigEndian.Uint16(value[keySizeAt:]))
	r.key, r.data = value[headerSize:end], value[end:]
	return r, binary.BigEndian.Uint32(value[sumAt:]), true
}

func indexKey(index uint64) []byte {
	return binary.BigEndian.AppendUint64(nil, index)
}
