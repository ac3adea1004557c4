package firehose

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"hash/maphash"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"cdk.tf/go/ingest/local/kinesis"
)

// A journal lists the objects that a delivery stream has written, and for each of them the records of the stream that are in it. A
// person finds a record's place in the bucket with it, and no delivery needs it: without an entry an object is lines of text, and
// losing the whole file loses no event. So the file is not synced, and a failure to write it is logged and not retried.
//
// The file has one frame for each object: its length (4 bytes) · CRC-32C (4) · length of the head (4) · head, as JSON of [Written] ·
// pieces. A frame that a crash cut off ends the file at the next start. A damaged one stays, and the frames after it are found.
const (
	frameHead = 12
	// keptObjects and keptBytes bound the memory of a journal, about 100 bytes an object, and its file. Beyond them it forgets the
	// oldest half.
	keptObjects = 50_000
	keptBytes   = 256 << 20
)

// Written is an entry of a journal.
type Written struct {
	Object
	DeliveryStream string `json:"deliveryStream"`
	// Stored is the object's size in the bucket, in bytes.
	Stored int `json:"storedBytes"`
	// Partition has the values of the partition keys; nil without dynamic partitioning.
	Partition map[string]string `json:"partition,omitempty"`
	// Spans are the first and last record of each shard in the object.
	Spans []Span `json:"spans"`
}

// Span is a range of a shard's records, by their indexes.
type Span struct {
	Shard string `json:"shard"`
	// Created is the shard's creation, in seconds since 1970.
	Created int64  `json:"created"`
	First   uint64 `json:"first"`
	Last    uint64 `json:"last"`
}

// of reports whether a place is in the span's shard.
func (s Span) of(place kinesis.Place) bool {
	return s.Shard == place.Shard && s.Created == place.Created
}

// Piece is a part of an object: a record with its delimiter. A record that the Kinesis Producer Library aggregated is several pieces.
type Piece struct {
	kinesis.Place
	// Bytes is its length in the object, before compression.
	Bytes int
}

// pieces are the pieces of an object as they are written: for each one the distance of its index from the shard's piece before it,
// doubled, plus one if the shard is another than that of the piece before; then that shard's number among the spans; then its length.
// All are varints.
type pieces struct {
	data  []byte
	spans []Span
	at    int // of the last piece's shard among the spans
}

// add adds a piece. Sequence numbers of a shard come in order.
func (p *pieces) add(sequenceNumber string, length int) {
	place, err := kinesis.PlaceOf(sequenceNumber)
	if err != nil {
		return // of a source that is not this package's Kinesis
	}
	at := p.at
	if len(p.spans) == 0 || !p.spans[at].of(place) {
		at = slices.IndexFunc(p.spans, func(s Span) bool { return s.of(place) })
	}
	if at < 0 {
		at = len(p.spans)
		p.spans = append(p.spans, Span{Shard: place.Shard, Created: place.Created})
	}
	step := (place.Index - p.spans[at].Last) << 1
	if at != p.at {
		p.data = binary.AppendUvarint(binary.AppendUvarint(p.data, step|1), uint64(at))
	} else {
		p.data = binary.AppendUvarint(p.data, step)
	}
	p.data = binary.AppendUvarint(p.data, uint64(length))
	if p.at = at; p.spans[at].First == 0 {
		p.spans[at].First = place.Index
	}
	p.spans[at].Last = place.Index
}

// readPieces reads what add has written.
func readPieces(data []byte, spans []Span) ([]Piece, error) {
	var all []Piece
	next := func() uint64 {
		n, size := binary.Uvarint(data)
		data = data[max(size, 0):]
		if size <= 0 {
			data = nil
		}
		return n
	}
	last, at := make([]uint64, len(spans)), uint64(0)
	for len(data) > 0 {
		step := next()
		if step&1 == 1 {
			at = next()
		}
		if at >= uint64(len(spans)) {
			return nil, errors.New("the pieces of an object are damaged")
		}
		last[at] += step >> 1
		all = append(all, Piece{Place: kinesis.Place{Shard: spans[at].Shard, Created: spans[at].Created, Index: last[at]}, Bytes: int(next())})
	}
	return all, nil
}

// Journal is a delivery stream's journal. Its methods may be called at the same time.
type Journal struct {
	path string
	seed maphash.Seed

	mu sync.RWMutex
	// file is nil if it cannot be opened. The journal then has no entries. info is the file's.
	file *os.File
	info os.FileInfo
	size int64
	// damaged is how many bytes could not be read when it was opened.
	damaged int64
	entries []entry // the oldest first
	// forgotten counts the entries before the first.
	forgotten int
}

// entry is where a frame is in the file, and what selects it.
type entry struct {
	offset int64
	length int
	key    uint64 // hash of the bucket and the key
	spans  []Span
}

// openJournal opens or creates a journal, without what a crash has cut off. With an error, it returns a journal that stays empty.
func openJournal(path string) (*Journal, error) {
	empty := &Journal{path: path, seed: maphash.MakeSeed()}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return empty, err
	}
	j := &Journal{path: path, seed: empty.seed, file: file}
	if err := j.load(); err != nil {
		return empty, errors.Join(err, j.file.Close())
	}
	return j, nil
}

// load reads the frames. It cuts off an end that a crash has left, and passes over what is damaged: later appends come after it.
func (j *Journal) load() error {
	info, err := j.file.Stat()
	if err != nil {
		return err
	}
	j.info, j.entries, j.size = info, nil, 0
	for j.size < info.Size() {
		j.loadFrom(info.Size())
		if j.size == info.Size() {
			break
		}
		next, others := findFrame(j.file, j.size+1, info.Size())
		lost := info.Size() - j.size
		if !others && j.isCutOff(lost) {
			return errors.Join(j.file.Truncate(j.size), j.shrink())
		}
		if next > 0 {
			lost = next - j.size
		}
		j.damaged += lost
		j.size += lost
	}
	return j.shrink()
}

// loadFrom reads the frames from the journal's size on, up to the first that is not whole.
func (j *Journal) loadFrom(size int64) {
	reader := bufio.NewReaderSize(io.NewSectionReader(j.file, j.size, size-j.size), 1<<20)
	for {
		frame, err := readFrame(reader, size-j.size)
		if err != nil {
			return
		}
		written, _, err := decodeFrame(frame)
		if err != nil {
			return
		}
		j.note(written, len(frame))
	}
}

// isCutOff reports whether the last bytes of the file, in which no other frame begins, are the beginning of a frame.
func (j *Journal) isCutOff(bytes int64) bool {
	var head [4]byte
	if n, _ := j.file.ReadAt(head[:], j.size); n < len(head) {
		return true
	}
	length := int64(binary.BigEndian.Uint32(head[:]))
	return length > bytes && length <= keptBytes
}

// headBegin is how the head of a frame begins.
var headBegin = []byte(`{"bucket":`)

// findFrame returns the offset of the first whole frame from an offset on, or -1, and whether any frame begins there, damaged or not.
func findFrame(file io.ReaderAt, from, size int64) (next int64, begun bool) {
	window := make([]byte, 1<<20)
	for at := from; at < size; at += int64(len(window) - len(headBegin) + 1) {
		n, _ := file.ReadAt(window, at)
		for start := 0; start < n; start++ {
			head := bytes.Index(window[start:n], headBegin)
			if head < 0 {
				break
			}
			start += head
			begin := at + int64(start) - frameHead
			if begin < from {
				continue
			}
			begun = true
			if _, err := readFrame(io.NewSectionReader(file, begin, size-begin), size-begin); err == nil {
				return begin, true
			}
		}
	}
	return -1, begun
}

// readFrame reads a whole frame, which its checksum proves. So many bytes are left.
func readFrame(from io.Reader, left int64) ([]byte, error) {
	var head [8]byte
	if _, err := io.ReadFull(from, head[:]); err != nil {
		return nil, err
	}
	length := int64(binary.BigEndian.Uint32(head[:]))
	if length < frameHead || length > min(left, keptBytes) {
		return nil, errors.New("no frame")
	}
	frame := make([]byte, length)
	copy(frame, head[:])
	if _, err := io.ReadFull(from, frame[8:]); err != nil {
		return nil, err
	}
	if crc32.Checksum(frame[8:], castagnoli) != binary.BigEndian.Uint32(head[4:]) {
		return nil, errors.New("no frame")
	}
	return frame, nil
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func decodeFrame(frame []byte) (written Written, pieces []byte, err error) {
	rest := frame[frameHead:]
	head := int(binary.BigEndian.Uint32(frame[8:]))
	if head > len(rest) {
		return written, nil, errors.New("no head")
	}
	err = json.Unmarshal(rest[:head], &written)
	return written, rest[head:], err
}

// note adds an entry for a frame at the end of the file.
func (j *Journal) note(written Written, length int) {
	j.entries = append(j.entries, entry{offset: j.size, length: length, key: j.hash(written.Bucket, written.Key), spans: written.Spans})
	j.size += int64(length)
}

func (j *Journal) hash(bucket, key string) uint64 { return maphash.String(j.seed, bucket+"/"+key) }

// append writes an object's entry.
func (j *Journal) append(written Written, p *pieces) error {
	written.Spans = p.spans
	head, err := json.Marshal(written)
	if err != nil {
		return err
	}
	frame := make([]byte, frameHead, frameHead+len(head)+len(p.data))
	frame = append(append(frame, head...), p.data...)
	binary.BigEndian.PutUint32(frame, uint32(len(frame)))
	binary.BigEndian.PutUint32(frame[8:], uint32(len(head)))
	binary.BigEndian.PutUint32(frame[4:], crc32.Checksum(frame[8:], castagnoli))
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil {
		return nil // Open has logged it
	}
	if err := j.restore(); err != nil {
		return err
	}
	if _, err := j.file.WriteAt(frame, j.size); err != nil {
		return err
	}
	j.note(written, len(frame))
	return j.shrink()
}

// restore writes the whole journal again if somebody has removed, moved or replaced its file.
func (j *Journal) restore() error {
	if info, err := os.Stat(j.path); err == nil && os.SameFile(info, j.info) {
		return nil
	}
	if err := makeFolder(filepath.Dir(j.path)); err != nil {
		return err
	}
	return j.rewrite(0)
}

// Problem says what of the journal could not be read when it was opened; "" if nothing.
func (j *Journal) Problem() string {
	if j.damaged == 0 {
		return ""
	}
	return fmt.Sprintf("the journal %s is damaged (%d bytes): objects are missing from it; look for a failing disk, and delete the file when its objects need not be found any more", j.path, j.damaged)
}

// shrink forgets the oldest half of a journal that has grown too large.
func (j *Journal) shrink() error {
	if len(j.entries) <= keptObjects && j.size <= keptBytes {
		return nil
	}
	from := len(j.entries) - keptObjects/2
	for from < len(j.entries)-1 && (from < 0 || j.size-j.entries[from].offset > keptBytes/2) {
		from++
	}
	return j.rewrite(from)
}

// rewrite writes the file anew, from an entry on.
func (j *Journal) rewrite(from int) error {
	beside := j.path + ".tmp"
	file, err := os.OpenFile(beside, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	first := int64(0)
	if from > 0 {
		first = j.entries[from].offset
	}
	_, err = io.Copy(file, io.NewSectionReader(j.file, first, j.size-first))
	info, statErr := file.Stat()
	if err = errors.Join(err, statErr); err == nil {
		err = os.Rename(beside, j.path)
	}
	if err != nil {
		return errors.Join(err, file.Close(), os.Remove(beside))
	}
	_ = j.file.Close() // nothing reads it any more
	j.info = info
	j.file, j.size, j.entries, j.forgotten = file, j.size-first, slices.Clone(j.entries[from:]), j.forgotten+from
	for i := range j.entries {
		j.entries[i].offset -= first
	}
	return nil
}

func (j *Journal) close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil {
		return nil
	}
	return j.file.Close()
}

// read reads the entry's frame. The caller holds mu.
func (j *Journal) read(e entry) (Written, []byte, error) {
	frame := make([]byte, e.length)
	if _, err := j.file.ReadAt(frame, e.offset); err != nil {
		return Written{}, nil, fmt.Errorf("%s: %w", j.path, err)
	}
	return decodeFrame(frame)
}

// Range returns the numbers of the oldest entry and of the one after the newest. A number stays the same while the process runs.
func (j *Journal) Range() (first, end int) {
	j.mu.RLock()
	defer j.mu.RUnlock()
	return j.forgotten, j.forgotten + len(j.entries)
}

// errForgotten is returned for an entry that the journal does not have, or has no more.
var errForgotten = errors.New("the journal does not have this object")

// Head returns an entry by its number.
func (j *Journal) Head(number int) (Written, error) {
	written, _, err := j.frame(number)
	return written, err
}

// Entry returns an entry by its number, and the pieces of its object in order.
func (j *Journal) Entry(number int) (Written, []Piece, error) {
	written, data, err := j.frame(number)
	if err != nil {
		return written, nil, err
	}
	pieces, err := readPieces(data, written.Spans)
	return written, pieces, err
}

func (j *Journal) frame(number int) (Written, []byte, error) {
	j.mu.RLock()
	defer j.mu.RUnlock()
	if number < j.forgotten || number >= j.forgotten+len(j.entries) {
		return Written{}, nil, errForgotten
	}
	return j.read(j.entries[number-j.forgotten])
}

// Of returns the number of the newest entry of an object; ok is false if there is none.
func (j *Journal) Of(bucket, key string) (number int, ok bool) {
	j.mu.RLock()
	defer j.mu.RUnlock()
	hash := j.hash(bucket, key)
	for at := len(j.entries) - 1; at >= 0; at-- {
		if j.entries[at].key != hash {
			continue
		}
		if written, _, err := j.read(j.entries[at]); err == nil && written.Bucket == bucket && written.Key == key {
			return j.forgotten + at, true
		}
	}
	return 0, false
}

// Covering returns the numbers of the entries whose spans include one of the places, the oldest first. With partitions, most of them do
// not have the record.
func (j *Journal) Covering(places []kinesis.Place) (numbers []int) {
	indexes := map[Span][]uint64{} // by spans without bounds
	for _, place := range places {
		shard := Span{Shard: place.Shard, Created: place.Created}
		indexes[shard] = append(indexes[shard], place.Index)
	}
	for _, all := range indexes {
		slices.Sort(all)
	}
	j.mu.RLock()
	defer j.mu.RUnlock()
	for at, e := range j.entries {
		if slices.ContainsFunc(e.spans, func(s Span) bool { return s.hasAny(indexes[Span{Shard: s.Shard, Created: s.Created}]) }) {
			numbers = append(numbers, j.forgotten+at)
		}
	}
	return numbers
}

// hasAny reports whether a span includes one of the indexes, which are sorted.
func (s Span) hasAny(indexes []uint64) bool {
	at, _ := slices.BinarySearch(indexes, s.First)
	return at < len(indexes) && indexes[at] <= s.Last
}
