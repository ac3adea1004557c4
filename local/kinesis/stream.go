package kinesis

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"
	"sort"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
)

const (
	provisioned = "PROVISIONED"
	onDemand    = "ON_DEMAND"

	// The types of encryption.
	unencrypted = "NONE"
	encrypted   = "KMS"

	// onDemandShards is the number of shards of a new on-demand stream (developer guide, "On-demand mode": 4 MB/s of writes).
	onDemandShards = 4

	// groupSize is how many neighbouring shards share one sequence of indexes.
	//
	// Assumption KIN-3: five neighbouring shards share one sequence of indexes in their sequence numbers (kinesalite,
	// actions/putRecord.js; see KIN-1).
	groupSize = 5
)

// description describes a stream in the file, as JSON.
type description struct {
	Name string
	ARN  string
	Mode string
	// Shards is the number of open shards.
	Shards int
	// RetentionHours is 24 to 8,760.
	RetentionHours int
	// Created is the shards' creation time in sequence numbers, in seconds. No two streams of a file have the same, so it also
	// identifies the stream.
	Created   int64
	CreatedAt time.Time
	// Key is the KMS key that the stream's declaration names; "" without encryption.
	Key  string            `json:",omitempty"`
	Tags map[string]string `json:",omitempty"`
	// Lineage are the shards of a resharded stream, in order of their indexes. Without it, the stream has the shards of its
	// creation.
	Lineage []shardEntry `json:",omitempty"`
	// Scaled are the times of the calls that changed the number of shards, in milliseconds, of the last 24 hours.
	Scaled []int64 `json:",omitempty"`
}

// shardEntry describes a shard in the file.
type shardEntry struct {
	Index int
	// First and Last are the hash keys at the ends of its range.
	First, Last hashKey
	// Parents are the indexes of the shard that was split, or of the two that were merged: the lower range first.
	Parents []int `json:",omitempty"`
	// Created is the shard's creation time in sequence numbers, in seconds.
	Created int64
	// Opened and Closed are times in milliseconds. An open shard has no Closed.
	Opened int64
	Closed int64 `json:",omitempty"`
}

// entries are all shards that a stream keeps, in order of their indexes.
func (d *description) entries() []shardEntry {
	if d.Lineage != nil {
		return d.Lineage
	}
	entries := make([]shardEntry, d.Shards)
	for i, r := range split(d.Shards) {
		entries[i] = shardEntry{Index: i, First: r.start, Last: r.end, Created: d.Created, Opened: d.CreatedAt.UnixMilli()}
	}
	return entries
}

// check reports whether the shards are as [draft] leaves them: each hash key belongs to exactly one open shard.
func (d *description) check() bool {
	if d.Shards < 1 || d.Shards > maxShards {
		return false
	}
	if d.Lineage == nil {
		return true
	}
	inOrder := slices.IsSortedFunc(d.Lineage, func(a, b shardEntry) int { return cmp.Or(cmp.Compare(a.Index, b.Index), -1) })
	open := openOf(d.Lineage)
	if !inOrder || len(open) != d.Shards || d.Lineage[0].Index < 0 {
		return false
	}
	next := hashKey{}
	for _, at := range open {
		entry := d.Lineage[at]
		if entry.First != next || entry.Last.compare(entry.First) < 0 {
			return false
		}
		next = entry.Last.plusOne()
	}
	return next == hashKey{}
}

// openOf are the positions of the open shards, in order of their hash keys.
func openOf(entries []shardEntry) (open []int) {
	for at := range entries {
		if entries[at].Closed == 0 {
			open = append(open, at)
		}
	}
	slices.SortFunc(open, func(a, b int) int { return entries[a].First.compare(entries[b].First) })
	return open
}

// stream is a live stream.
type stream struct {
	description atomic.Pointer[description] // only its retention, mode, tags and shards may change
	name        string
	created     int64
	// shards points to a set that is replaced and never changed.
	shards atomic.Pointer[shardSet]
	// routing is held for reading from the choice of a record's shard until the record is on disk, and for writing while shards
	// are closed. So no record goes to a closed shard. It is taken before the service's mu.
	routing sync.RWMutex
	// indexes are the last given indexes, by group of shards. They belong to the committer.
	indexes []uint64
	deleted atomic.Bool
}

// shardSet are the shards of a stream.
type shardSet struct {
	// all are the shards in order of their indexes, the closed ones among them.
	all []*shard
	// open are the open shards in order of their hash keys.
	open []*shard
}

// newShardSet makes the shards of entries, and reuses the known ones.
func newShardSet(of *stream, entries []shardEntry, known []*shard) *shardSet {
	set := &shardSet{}
	for _, entry := range entries {
		next := find(known, entry.Index)
		if next == nil {
			next = newShard(of, entry)
		}
		set.all = append(set.all, next)
	}
	for _, at := range openOf(entries) {
		set.open = append(set.open, set.all[at])
	}
	return set
}

// find is the shard with an index, or nil.
func find(shards []*shard, index int) *shard {
	at, known := slices.BinarySearchFunc(shards, index, func(s *shard, index int) int { return cmp.Compare(s.index, index) })
	if !known {
		return nil
	}
	return shards[at]
}

// shard is a shard of a stream.
type shard struct {
	stream  *stream
	index   int
	id      string
	bucket  []byte // its bucket's name in the file
	seed    uint32 // see seedOf
	created int64  // in sequence numbers, in seconds
	opened  int64  // in milliseconds
	parents []int
	hashRange
	limits limits
	// closed is when the shard was closed, in milliseconds; 0 for an open shard. A closed shard gets no more records.
	closed atomic.Int64

	mu sync.Mutex
	// last is the index of the newest record on disk, zero if there never was one; lastArrived is its arrival, in milliseconds.
	last        uint64
	lastArrived int64
	runs        runs
	// damage describes the records that could not be read.
	damage []Damage
	// changed is a channel that the next record closes. It is nil while nothing waits.
	changed chan struct{}

	records, bytes, throttled, failed atomic.Int64

	// tx and written belong to the committer: the bucket in the open transaction, and the last index put into it.
	tx      *bbolt.Bucket
	written uint64
}

func newStream(d description) *stream {
	s := &stream{name: d.Name, created: d.Created}
	s.description.Store(&d)
	set := newShardSet(s, d.entries(), nil)
	s.shards.Store(set)
	s.indexes = make([]uint64, groups(set.all))
	return s
}

// groups is the number of groups of shards, which are in order of their indexes.
func groups(shards []*shard) int { return shards[len(shards)-1].index/groupSize + 1 }

func newShard(of *stream, entry shardEntry) *shard {
	bucket := fmt.Appendf(nil, "%s%d/%d/%s", recordsPrefix, of.created, entry.Index, of.name)
	s := &shard{
		stream: of, index: entry.Index, id: shardID(entry.Index), bucket: bucket, seed: seedOf(bucket),
		created: entry.Created, opened: entry.Opened, parents: entry.Parents, hashRange: hashRange{entry.First, entry.Last},
	}
	s.closed.Store(entry.Closed)
	return s
}

// all are the stream's shards in order of their indexes, the closed ones among them.
func (s *stream) all() []*shard { return s.shards.Load().all }

func shardID(index int) string { return fmt.Sprintf("shardId-%012d", index) }

// shardFor is the shard that takes a hash key.
func (s *stream) shardFor(key hashKey) *shard {
	open := s.shards.Load().open
	return open[sort.Search(len(open)-1, func(i int) bool { return key.compare(open[i].end) <= 0 })]
}

// horizon is the arrival, in milliseconds, before which records have expired.
func (s *stream) horizon(now time.Time) int64 {
	return now.Add(-time.Duration(s.description.Load().RetentionHours) * time.Hour).UnixMilli()
}

// number is the sequence number of a record; arrived is in milliseconds.
func (s *shard) number(index uint64, arrived int64) number {
	return number{created: s.created, index: index, arrived: arrived / 1000, shard: int32(s.index), version: current}
}

// first is the shard's starting sequence number, which no record has.
func (s *shard) first() number {
	return s.number(0, s.created*1000)
}

// endIndex is the index of a closed shard's ending sequence number, which no record has (kinesalite, test/splitShard.js,
// whose author ran it on AWS).
const endIndex = 1<<63 - 1

// ending is a closed shard's ending sequence number; ok is false for an open shard.
func (s *shard) ending() (_ number, ok bool) {
	closed := s.closed.Load()
	return s.number(endIndex, closed), closed != 0
}

// expired reports whether a shard is closed and all its records have expired.
func (s *shard) expired(horizon int64) bool {
	closed := s.closed.Load()
	_, arrived := s.newest()
	return closed != 0 && max(closed, arrived) < horizon
}

// newest is the index and arrival of the newest record on disk.
func (s *shard) newest() (index uint64, arrived int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last, s.lastArrived
}

// publish makes records up to index readable and wakes those that wait for them. It ignores an index below the last: the file was
// repaired meanwhile.
func (s *shard) publish(index uint64, arrived int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if index > s.last {
		if arrived < s.lastArrived {
			s.runs.begin(s.last + 1)
		}
		s.last, s.lastArrived = index, arrived
	}
	s.wake()
}

// ordered are the runs of the records on disk.
func (s *shard) ordered() runs {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.runs
}

// wake wakes the waiting consumers. It is called with mu held.
func (s *shard) wake() {
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

// recordKind is the kind of a stored value.
type recordKind uint8

const (
	event recordKind = iota
	// lost is a placeholder for records that could not be read; its data is JSON of [Damage].
	lost
	// passed is a placeholder; indexes before it may have been given to records that are not known.
	passed
)

// A record is stored under its index, which is eight bytes in big-endian order, as: arrival in milliseconds (8) · checksum (4) · the
// index of the shard's record before it (8) · total length (4) · kind (1) · length of the partition key (2) · partition key · data.
//
// The checksum is CRC-32C of the length and what follows it, then of the shard, the index, the index before and the arrival, so a
// record is valid only in its own place. The index before reveals a missing record. The length makes it possible to find records if the
// page's table of them is damaged.
const (
	headerSize = 27
	sumAt      = 8
	previousAt = 12
	lengthAt   = 20
	kindAt     = 24
	keySizeAt  = 25
)

// maxIndex bounds indexes. Sequence numbers could hold twice as many.
const maxIndex = 1 << 62

var (
	errRecord  = fmt.Errorf("%w: a record does not fit its checksum", errDamaged)
	errMissing = fmt.Errorf("%w: a record is missing", errDamaged)
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
)

// seedOf is the shard's part of its records' checksums.
func seedOf(bucket []byte) uint32 { return crc32.Checksum(bucket, castagnoli) }

// finish writes the head of a value that holds the partition key and the data, except for what [seal] adds.
func finish(value []byte, what recordKind, keySize int) {
	binary.BigEndian.PutUint32(value[lengthAt:], uint32(len(value)))
	value[kindAt] = byte(what)
	binary.BigEndian.PutUint16(value[keySizeAt:], uint16(keySize))
	binary.BigEndian.PutUint32(value[sumAt:], crc32.Checksum(value[lengthAt:], castagnoli))
}

// seal binds a finished value to its place. It must be called only once.
func seal(value []byte, seed uint32, index, previous uint64, arrived int64) {
	binary.BigEndian.PutUint64(value, uint64(arrived))
	binary.BigEndian.PutUint64(value[previousAt:], previous)
	sum := binary.BigEndian.Uint32(value[sumAt:])
	binary.BigEndian.PutUint32(value[sumAt:], sealed(sum, seed, index, previous, arrived))
}

// sealed is the checksum of a value in its place, computed from its content's.
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

// plausible reports whether a key and the head of a value can be a record's. It does not look at the rest.
func plausible(key, head []byte) bool {
	index, length := binary.BigEndian.Uint64(key), binary.BigEndian.Uint32(head[lengthAt:])
	return index > 0 && index <= maxIndex && binary.BigEndian.Uint64(head[previousAt:]) < index && head[kindAt] <= byte(passed) &&
		length <= headerSize+maxRecord && headerSize+uint32(binary.BigEndian.Uint16(head[keySizeAt:])) <= length
}

// readUnsealed reads a plausible record, and its content's checksum.
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
