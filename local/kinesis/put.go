package kinesis

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"cdk.tf/go/ingest/internal/quota"
)

const (
	// maxRecord bounds the bytes of a record: no stream here allows more.
	maxRecord = quota.MaxRecordBytes

	maxRequest      = quota.MaxPutBytes
	maxRecords      = quota.MaxPutRecords
	maxPartitionKey = quota.MaxPartitionKey
)

var base64Strict = base64.StdEncoding.Strict()

// entry is one record of a request. A nil member is absent.
type entry struct {
	key, data, hash []byte
	// decoded means that data is no longer base64.
	decoded bool
}

func (e *entry) read(r *reader, name []byte) bool {
	switch string(name) {
	case "PartitionKey":
		r.once(&e.key, r.string())
	case "Data":
		r.once(&e.data, r.base64())
	case "ExplicitHashKey":
		r.once(&e.hash, r.string())
	default:
		return false
	}
	return true
}

// hashKey is the entry's hash key; ok is false for an invalid ExplicitHashKey.
func (e *entry) hashKey() (_ hashKey, ok bool) {
	if e.hash == nil {
		return hashOf(e.key), true
	}
	if len(e.hash) == 0 || len(e.hash) > 39 || e.hash[0] == '0' && len(e.hash) > 1 {
		return hashKey{}, false
	}
	return parseHash(string(e.hash))
}

// fits reports whether the members are present and within their bounds. If not, [decode] finds the error.
func (e *entry) fits() bool {
	return len(e.key) >= 1 && len(e.key) <= maxPartitionKey && e.data != nil &&
		base64.StdEncoding.DecodedLen(len(e.data))+len(e.key) <= maxRecord
}

// appendValue appends the record as it is stored; ok is false if its data is not base64.
func (e *entry) appendValue(to []byte) (_ []byte, ok bool) {
	start := len(to)
	to = append(to, make([]byte, headerSize)...) // the compiler does not allocate the argument
	to = append(to, e.key...)
	if e.decoded {
		to = append(to, e.data...)
	} else {
		var err error
		if to, err = base64Strict.AppendDecode(to, e.data); err != nil {
			return to, false
		}
	}
	finish(to[start:], event, len(e.key))
	return to, true
}

var (
	hashCheck     = matches(`0|([1-9]\d{0,38})`, isHashNumber)
	sequenceCheck = matches(`0|([1-9]\d{0,128})`, isSequenceNumber)
	entryInput    = []field{
		{name: "PartitionKey", kind: stringKind, required: true, checks: []check{notEmpty, atMost(maxPartitionKey)}},
		{name: "ExplicitHashKey", kind: stringKind, checks: []check{hashCheck}},
		{name: "Data", kind: blobKind, required: true, checks: []check{atMost(maxRecord)}},
	}
	putRecordInput = slices.Concat([]field{
		{name: "SequenceNumberForOrdering", kind: stringKind, checks: []check{sequenceCheck}},
	}, namedStream, entryInput)
	putRecordsInput = append([]field{
		{name: "Records", kind: listKind, required: true, children: entryInput, checks: []check{notEmpty, atMost(maxRecords)}},
	}, namedStream...)
)

func entryOf(in input) entry {
	e := entry{key: []byte(in.text("PartitionKey")), data: in["Data"].([]byte), decoded: true}
	if hash, given := in["ExplicitHashKey"].(string); given {
		e.hash = []byte(hash)
	}
	return e
}

func (s *Service) putRecord(c call) ([]byte, *refusal) {
	name, e, ok := readEntry(c.body)
	if ok {
		if found, ok := (*s.streams.Load())[string(name)]; ok {
			if hash, ok := e.hashKey(); ok {
				if problem := c.ask(found.description.Load().ARN); problem != nil {
					return nil, problem
				}
				p := s.newPut()
				if p.buffer, ok = e.appendValue(p.buffer[:0]); ok {
					return s.putOne(found, hash, p, s.options.Clock.Now())
				}
				s.free(p)
			}
		}
	}
	return asked((*Service).putRecordSlowly)(s, c)
}

// readEntry reads a plain PutRecord request.
func readEntry(body []byte) (name []byte, e entry, ok bool) {
	r := reader{text: body}
	r.object(func(member []byte) {
		if string(member) == "StreamName" {
			r.once(&name, r.string())
		} else if !e.read(&r, member) {
			r.bad = true
		}
	})
	return name, e, r.end() && e.fits()
}

// putRecordSlowly is PutRecord for requests that [reader] gives up on.
func (s *Service) putRecordSlowly(body []byte) ([]byte, *refusal) {
	in, found, problem := s.decodeNamed(body, putRecordInput)
	if problem != nil {
		return nil, problem
	}
	e := entryOf(in)
	hash, problem := place(&e)
	if problem != nil {
		return nil, problem
	}
	if ordering, given := in["SequenceNumberForOrdering"].(string); given {
		// Sequence numbers of a shard always grow, so a valid number needs nothing else.
		if n, err := parseNumber(ordering); err != nil || n.arrived > s.options.Clock.Now().Unix() {
			return nil, invalid("ExclusiveMinimumSequenceNumber %s used in PutRecord on stream %s under account %s is invalid.", ordering, found.name, s.options.Account)
		}
	}
	p := s.newPut()
	p.buffer, _ = e.appendValue(p.buffer[:0])
	return s.putOne(found, hash, p, s.options.Clock.Now())
}

// place finds an entry's hash key and checks its size.
func place(e *entry) (hashKey, *refusal) {
	hash, ok := e.hashKey()
	if !ok {
		return hash, invalid("Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was %s", e.hash)
	}
	if size := len(e.key) + len(e.data); size > maxRecord {
		// Assumption KIN-6: Kinesis counts a record's partition key to its size (API reference, PutRecord, Data), and refuses a
		// larger record than the stream takes with 400. Its wording is not documented.
		return hash, invalid("The record has %d bytes of data and partition key; a record of this stream has at most %d.", size, maxRecord)
	}
	return hash, nil
}

// putOne writes the record in p's buffer and returns the answer.
func (s *Service) putOne(into *stream, hash hashKey, p *put, now time.Time) ([]byte, *refusal) {
	defer s.free(p)
	into.routing.RLock()
	defer into.routing.RUnlock()
	to := into.shardFor(hash)
	p.shard, p.bytes = to, len(p.buffer)-headerSize
	p.one[0] = p.buffer
	p.values = p.one[:]
	size := dataSize(p.buffer)
	problem := s.admit(to, p.bytes, now)
	if problem == nil {
		if s.write(p); p.err != nil {
			problem = writeError(p.err)
		}
	}
	s.measurePut(into.name, size, now, problem)
	if problem != nil {
		return nil, problem
	}
	out := make([]byte, 0, 128)
	out = append(out, `{"ShardId":"`...)
	out = append(out, to.id...)
	out = append(out, `","SequenceNumber":"`...)
	out = to.number(p.first, p.arrived).append(out)
	return append(into.appendEncryption(append(out, '"')), '}'), nil
}

// appendEncryption appends the member EncryptionType of an answer, or of a record in it.
//
// Assumption KIN-17: the answers of PutRecord and PutRecords, and each record of GetRecords, have EncryptionType KMS if the stream is
// encrypted (API reference, PutRecord, PutRecords and Record). Without encryption the member is missing, as in the examples there.
//
// A record that was put before the stream's encryption changed has the present one here; AWS keeps its own.
func (s *stream) appendEncryption(out []byte) []byte {
	if s.encryption() == encrypted {
		out = append(out, `,"EncryptionType":"`+encrypted+`"`...)
	}
	return out
}

func writeError(err error) *refusal {
	var problem *refusal
	if errors.As(err, &problem) {
		return problem
	}
	return failure(err)
}

// admit checks the shard's limits.
func (s *Service) admit(to *shard, bytes int, now time.Time) *refusal {
	if s.options.Unlimited || to.limits.write(now, bytes) {
		return nil
	}
	if to.throttled.Add(1) == 1 {
		advice := "spread the partition keys, declare more shards, or start with --unlimited"
		if to.stream.description.Load().Mode == onDemand {
			advice = "AWS would add shards to an on-demand stream, which is not imitated; start with --unlimited"
		}
		s.log.Warn("a shard is at its write limit; more records are refused as on AWS", "stream", to.stream.name, "shard", to.id, "remedy", advice)
	}
	// The message is AWS's (rockset/rocksdb-cloud#55; developer guide, "Add data to a stream", for PutRecords).
	return refuse(throughputExceeded, "Rate exceeded for shard %s in stream %s under account %s.", to.id, to.stream.name, s.options.Account)
}

func (s *Service) putRecords(c call) ([]byte, *refusal) {
	name, entries, ok := readEntries(c.body)
	found := (*s.streams.Load())[string(name)]
	if ok && found != nil {
		if problem := c.ask(found.description.Load().ARN); problem != nil {
			return nil, problem
		}
		if answer, ok := s.putAll(found, entries); ok {
			return answer, nil
		}
	}
	return asked((*Service).putRecordsSlowly)(s, c)
}

// putRecordsSlowly is PutRecords for requests that [reader] gives up on.
func (s *Service) putRecordsSlowly(body []byte) ([]byte, *refusal) {
	in, found, problem := s.decodeNamed(body, putRecordsInput)
	if problem != nil {
		return nil, problem
	}
	var entries []entry
	size := 0
	for _, record := range in["Records"].([]input) {
		e := entryOf(record)
		size += len(e.key) + len(e.data)
		if _, problem := place(&e); problem != nil {
			return nil, problem
		}
		entries = append(entries, e)
	}
	if size > maxRequest {
		// The message was AWS's for the limit of 5 MB (aws/amazon-kinesis-streams-for-fluent-bit#20).
		return nil, invalid("Records size exceeds %d MB limit", maxRequest/mib)
	}
	answer, _ := s.putAll(found, entries)
	return answer, nil
}

// readEntries reads a plain PutRecords request.
func readEntries(body []byte) (name []byte, entries []entry, ok bool) {
	r := reader{text: body}
	r.object(func(member []byte) {
		switch {
		case string(member) == "StreamName":
			r.once(&name, r.string())
		case string(member) == "Records" && entries == nil && r.next('['):
			for more := true; more && !r.bad; more = r.next(',') {
				var e entry
				r.object(func(member []byte) {
					if !e.read(&r, member) {
						r.bad = true
					}
				})
				r.bad = r.bad || !e.fits()
				entries = append(entries, e)
			}
			r.expect(']')
		default:
			r.bad = true
		}
	})
	return name, entries, r.end() && len(entries) >= 1 && len(entries) <= maxRecords
}

// batch is a PutRecords call that is being written.
type batch struct {
	entries []placed
	puts    []*put
	buffer  *[]byte // holds the records, see [Service.freeBatch]
}

// placed is one record of a batch. It has its index among its put's records, or is refused.
type placed struct {
	shard   *shard
	put     *put
	at      int
	refused *refusal
	// size is the size of its data.
	size int
}

// newBatch groups entries by shard, in their order. ok is false if one of them is invalid.
func newBatch(s *Service, found *stream, entries []entry) (*batch, bool) {
	b := &batch{entries: make([]placed, len(entries)), buffer: s.newBuffer(room(entries))}
	values := make([][]byte, len(entries))
	size := 0
	all := *b.buffer
	for i := range entries {
		hash, isHash := entries[i].hashKey()
		start := len(all)
		var isData bool
		if all, isData = entries[i].appendValue(all); !isHash || !isData {
			s.freeBatch(b)
			return nil, false
		}
		values[i] = all[start:len(all):len(all)]
		b.entries[i].shard, b.entries[i].size = found.shardFor(hash), dataSize(values[i])
		size += len(values[i]) - headerSize
	}
	if size > maxRequest {
		s.freeBatch(b)
		return nil, false
	}
	now := s.options.Clock.Now()
	for i, value := range values {
		e := &b.entries[i]
		if e.refused = s.admit(e.shard, len(value)-headerSize, now); e.refused == nil {
			e.put = b.putFor(e.shard)
			e.at = len(e.put.values)
			e.put.values = append(e.put.values, value)
			e.put.bytes += len(value) - headerSize
		}
	}
	return b, true
}

// room bounds the bytes that the values of entries take.
func room(entries []entry) int {
	size := 0
	for i := range entries {
		size += headerSize + len(entries[i].key) + len(entries[i].data)
	}
	return size
}

func (b *batch) putFor(to *shard) *put {
	for _, p := range b.puts {
		if p.shard == to {
			return p
		}
	}
	p := &put{shard: to, done: make(chan struct{}, 1)}
	b.puts = append(b.puts, p)
	return p
}

// keepBatch bounds the buffers of batches that are reused, in bytes.
const keepBatch = 1 * mib

// newBuffer returns a buffer with room for at least so many bytes.
func (s *Service) newBuffer(room int) *[]byte {
	buffer, used := s.buffers.Get().(*[]byte)
	if !used {
		buffer = new([]byte)
	}
	*buffer = slices.Grow((*buffer)[:0], room)
	return buffer
}

// freeBatch returns a batch's buffer for reuse, once its records are written.
func (s *Service) freeBatch(b *batch) {
	if cap(*b.buffer) <= keepBatch {
		s.buffers.Put(b.buffer)
	}
}

// putAll writes entries and returns the answer. A record that its shard refuses fails alone (API reference, PutRecords). If an entry is
// invalid, ok is false and none is written.
func (s *Service) putAll(into *stream, entries []entry) (_ []byte, ok bool) {
	began := s.options.Clock.Now()
	into.routing.RLock()
	defer into.routing.RUnlock()
	b, ok := newBatch(s, into, entries)
	if !ok {
		return nil, false
	}
	defer s.freeBatch(b)
	// Each shard's records are written together. AWS promises no order among shards (API reference, PutRecords).
	slices.SortFunc(b.puts, func(x, y *put) int { return cmp.Compare(y.shard.index, x.shard.index) })
	s.write(b.puts...)
	out := append(make([]byte, 0, 64+128*len(b.entries)), `{"FailedRecordCount":`...)
	failed := 0
	for i := range b.entries {
		if e := &b.entries[i]; e.refused == nil && e.put.err != nil {
			e.refused = writeError(e.put.err)
		}
		if b.entries[i].refused != nil {
			failed++
		}
	}
	s.measureBatch(into.name, b, began)
	out = into.appendEncryption(strconv.AppendInt(out, int64(failed), 10))
	out = append(out, `,"Records":[`...)
	for i, e := range b.entries {
		if i > 0 {
			out = append(out, ',')
		}
		out = e.append(out)
	}
	return append(out, `]}`...), true
}

func (e *placed) append(out []byte) []byte {
	if e.refused != nil {
		out = fmt.Appendf(out, `{"ErrorCode":"%s","ErrorMessage":`, e.refused.Type)
		return append(appendText(out, []byte(cmp.Or(e.refused.Message, "Internal service failure."))), '}')
	}
	out = append(out, `{"ShardId":"`...)
	out = append(out, e.shard.id...)
	out = append(out, `","SequenceNumber":"`...)
	out = e.shard.number(e.put.first+uint64(e.at), e.put.arrived).append(out)
	return append(out, `"}`...)
}

// characters counts characters as AWS's Java does, in UTF-16.
func characters(text string) int {
	count := utf8.RuneCountInString(text)
	for _, r := range text {
		if r > 0xffff {
			count++
		}
	}
	return count
}
