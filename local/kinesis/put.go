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
	// maxRecord is every record's most bytes: no stream here allows more.
	maxRecord = quota.MaxRecordBytes

	// maxRequest is a PutRecords call's most bytes, data and partition keys together. It was 5 MiB until records of 10 MiB
	// came (API reference, PutRecords, 2025: "up to a limit of 10 MiB for the entire request, including partition keys").
	maxRequest = 10 * mib

	maxRecords      = quota.MaxPutRecords
	maxPartitionKey = 256 // characters (API reference, PutRecords)
)

var base64Strict = base64.StdEncoding.Strict()

// entry is one record of a request. Nil is absent.
type entry struct {
	key, data, hash []byte
	// decoded says that data is not base64 any more.
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

// hashKey is where the entry lies; it is not ok for an ExplicitHashKey that is none.
func (e *entry) hashKey() (_ hashKey, ok bool) {
	if e.hash == nil {
		return hashOf(e.key), true
	}
	if len(e.hash) == 0 || len(e.hash) > 39 || e.hash[0] == '0' && len(e.hash) > 1 {
		return hashKey{}, false
	}
	return parseHash(string(e.hash))
}

// fits is true of what is present and within its bounds. [decode] says what is wrong with others.
func (e *entry) fits() bool {
	return len(e.key) >= 1 && len(e.key) <= maxPartitionKey && e.data != nil &&
		base64.StdEncoding.DecodedLen(len(e.data))+len(e.key) <= maxRecord
}

// appendValue appends the record as it is stored; it is not ok if its data is not base64.
func (e *entry) appendValue(to []byte) (_ []byte, ok bool) {
	start := len(to)
	to = append(to, make([]byte, headerSize)...) // which the compiler does not allocate
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
	putRecordInput = append([]field{
		{name: "SequenceNumberForOrdering", kind: stringKind, checks: []check{sequenceCheck}},
		{name: "StreamName", kind: stringKind, checks: nameChecks},
		{name: "StreamARN", kind: stringKind, checks: arnChecks},
		{name: "StreamId", kind: stringKind},
	}, entryInput...)
	putRecordsInput = []field{
		{name: "Records", kind: listKind, required: true, children: entryInput, checks: []check{notEmpty, atMost(maxRecords)}},
		{name: "StreamName", kind: stringKind, checks: nameChecks},
		{name: "StreamARN", kind: stringKind, checks: arnChecks},
		{name: "StreamId", kind: stringKind},
	}
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

// putRecordSlowly takes any request.
func (s *Service) putRecordSlowly(body []byte) ([]byte, *refusal) {
	in, problem := decode(body, putRecordInput, streamNeeded)
	if problem != nil {
		return nil, problem
	}
	found, problem := s.stream(in)
	if problem != nil {
		return nil, problem
	}
	e := entryOf(in)
	hash, problem := place(&e)
	if problem != nil {
		return nil, problem
	}
	if ordering, given := in["SequenceNumberForOrdering"].(string); given {
		// A number of this shard is always below the next, so that ordering is kept as it is.
		if n, err := parseNumber(ordering); err != nil || n.arrived > s.options.Clock.Now().Unix() {
			return nil, invalid("ExclusiveMinimumSequenceNumber %s used in PutRecord on stream %s under account %s is invalid.", ordering, found.name, s.options.Account)
		}
	}
	p := s.newPut()
	p.buffer, _ = e.appendValue(p.buffer[:0])
	return s.putOne(found, hash, p, s.options.Clock.Now())
}

// place finds where an entry lies and checks its size.
func place(e *entry) (hashKey, *refusal) {
	hash, ok := e.hashKey()
	if !ok {
		return hash, invalid("Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was %s", e.hash)
	}
	if size := len(e.key) + len(e.data); size > maxRecord {
		// Assumption KIN-6: AWS counts the partition key too (API reference, PutRecord, Data); its wording is not documented.
		return hash, invalid("The record has %d bytes of data and partition key; a record of this stream has at most %d.", size, maxRecord)
	}
	return hash, nil
}

// putOne writes the record in p's buffer and answers.
func (s *Service) putOne(into *stream, hash hashKey, p *put, now time.Time) ([]byte, *refusal) {
	defer s.free(p)
	into.routing.RLock()
	defer into.routing.RUnlock()
	to := into.shardFor(hash)
	p.shard, p.bytes = to, len(p.buffer)-headerSize
	p.one[0] = p.buffer
	p.values = p.one[:]
	if problem := s.admit(to, p.bytes, now); problem != nil {
		return nil, problem
	}
	s.write(p)
	if p.err != nil {
		return nil, writeError(p.err)
	}
	out := make([]byte, 0, 128)
	out = append(out, `{"ShardId":"`...)
	out = append(out, to.id...)
	out = append(out, `","SequenceNumber":"`...)
	out = to.number(p.first, p.arrived).append(out)
	return append(out, `"}`...), nil
}

func writeError(err error) *refusal {
	var problem *refusal
	if errors.As(err, &problem) {
		return problem
	}
	return failure(err)
}

// admit asks the shard's limits.
func (s *Service) admit(to *shard, bytes int, now time.Time) *refusal {
	if s.options.Unlimited || to.limits.write(now, bytes) {
		return nil
	}
	if to.throttled.Add(1) == 1 {
		advice := "spread the partition keys, declare more shards, or start with --unlimited"
		if to.stream.description.Load().Mode == onDemand {
			advice = "AWS would add shards to a stream on demand, which is not imitated; start with --unlimited"
		}
		s.log.Warn("a shard is at its write limit; further records are refused as on AWS", "stream", to.stream.name, "shard", to.id, "remedy", advice)
	}
	// The words are AWS's (rockset/rocksdb-cloud#55; developer guide, "Add data to a stream", of PutRecords).
	return refuse("ProvisionedThroughputExceededException", "Rate exceeded for shard %s in stream %s under account %s.", to.id, to.stream.name, s.options.Account)
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

// putRecordsSlowly takes any request.
func (s *Service) putRecordsSlowly(body []byte) ([]byte, *refusal) {
	in, problem := decode(body, putRecordsInput, streamNeeded)
	if problem != nil {
		return nil, problem
	}
	found, problem := s.stream(in)
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
		// The words were AWS's of 5 MB (aws/amazon-kinesis-streams-for-fluent-bit#20).
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

// batch is a PutRecords call on its way.
type batch struct {
	entries []placed
	puts    []*put
	buffer  *[]byte // holds the records, see [Service.freeBatch]
}

// placed is one record of it. It is at its index among its put's records, or refused.
type placed struct {
	shard   *shard
	put     *put
	at      int
	refused *refusal
}

// newBatch sorts entries by shard, in their order. It is not ok if one of them is not as it should be.
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
		b.entries[i].shard = found.shardFor(hash)
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

// room is what the values of entries take at most, in bytes.
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

// keepBatch bounds the buffers of batches that are kept, in bytes.
const keepBatch = 1 * mib

// newBuffer has room for so many bytes, and perhaps more.
func (s *Service) newBuffer(room int) *[]byte {
	buffer, used := s.buffers.Get().(*[]byte)
	if !used {
		buffer = new([]byte)
	}
	*buffer = slices.Grow((*buffer)[:0], room)
	return buffer
}

// freeBatch gives back what holds a batch's records, once nobody writes them any more.
func (s *Service) freeBatch(b *batch) {
	if cap(*b.buffer) <= keepBatch {
		s.buffers.Put(b.buffer)
	}
}

// putAll writes entries and answers. What a shard refuses fails by itself (API reference, PutRecords). It is not ok if one of them
// is not as it should be, and then none is written.
func (s *Service) putAll(into *stream, entries []entry) (_ []byte, ok bool) {
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
	out = strconv.AppendInt(out, int64(failed), 10)
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

// characters are counted as AWS's Java counts them, in UTF-16.
func characters(text string) int {
	count := utf8.RuneCountInString(text)
	for _, r := range text {
		if r > 0xffff {
			count++
		}
	}
	return count
}
