package kinesis

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// iteratorAge is how long a shard iterator can be used (API reference, GetShardIterator).
const iteratorAge = 5 * time.Minute

// iterator is a position in a shard. On the wire it is base64 of: 1 (8 bytes) · checksum (16) · made, in milliseconds (8) ·
// stream's creation (8) · index (8) · shard (4) · length of the name (2) · name · zeros up to a length of 8 and a
// multiple of 16, at least 152.
//
// Assumption KIN-5: a shard iterator of Kinesis is opaque base64 that begins with the bytes 0 0 0 0 0 0 0 1, and has at least 152
// bytes and 8 more than a multiple of 16 (kinesalite, test/helpers.js).
type iterator struct {
	made    time.Time
	created int64
	index   uint64
	shard   int
	stream  string
}

const (
	iteratorHead  = 24
	iteratorLeast = 152
)

func (i iterator) String() string {
	data := make([]byte, iteratorHead, 280)
	data[7] = 1
	data = binary.BigEndian.AppendUint64(data, uint64(i.made.UnixMilli()))
	data = binary.BigEndian.AppendUint64(data, uint64(i.created))
	data = binary.BigEndian.AppendUint64(data, i.index)
	data = binary.BigEndian.AppendUint32(data, uint32(i.shard))
	data = binary.BigEndian.AppendUint16(data, uint16(len(i.stream)))
	data = append(data, i.stream...)
	for len(data) < iteratorLeast || len(data)%16 != iteratorLeast%16 {
		data = append(data, 0)
	}
	sum := sha256.Sum256(data[iteratorHead:])
	copy(data[8:iteratorHead], sum[:])
	return base64.StdEncoding.EncodeToString(data)
}

// parseIterator reads an iterator, with or without a quote at either end.
//
// Assumption KIN-9: Kinesis accepts an iterator in double quotes, as the AWS command line prints it (localstack/localstack#9884, whose
// test was run on AWS). Which other characters it ignores is not documented.
func parseIterator(text string) (iterator, error) {
	text = strings.TrimSuffix(strings.TrimPrefix(text, `"`), `"`)
	data, err := base64.StdEncoding.Strict().DecodeString(text)
	bad := errors.New("not an iterator")
	if err != nil || len(data) < iteratorLeast || binary.BigEndian.Uint64(data) != 1 {
		return iterator{}, bad
	}
	sum := sha256.Sum256(data[iteratorHead:])
	body := data[iteratorHead:]
	size := int(binary.BigEndian.Uint16(body[28:]))
	if string(sum[:16]) != string(data[8:iteratorHead]) || len(body) < 30+size {
		return iterator{}, bad
	}
	return iterator{
		made:    time.UnixMilli(int64(binary.BigEndian.Uint64(body))),
		created: int64(binary.BigEndian.Uint64(body[8:])),
		index:   binary.BigEndian.Uint64(body[16:]),
		shard:   int(binary.BigEndian.Uint32(body[24:])),
		stream:  string(body[30 : 30+size]),
	}, nil
}

// parseShardID reads the number at the end of a shard id, whatever comes before it, as AWS does (kinesalite, test/getShardIterator.js:
// "2147483647", "a-00002147483647" and "x-2147483647" are all shardId-002147483647).
func parseShardID(id string) (int, bool) {
	pieces := strings.Split(id, "-")
	if len(pieces) > 1 && pieces[1] != "" {
		id = pieces[1]
	}
	for _, c := range []byte(id) {
		if c < '0' || c > '9' {
			return 0, false
		}
	}
	n, err := strconv.ParseInt(id, 10, 32)
	return int(n), err == nil
}

var getShardIteratorInput = slices.Concat([]field{
	{name: "ShardId", kind: stringKind, required: true, checks: nameChecks},
	{name: "ShardIteratorType", kind: stringKind, required: true, checks: []check{
		oneOf("AFTER_SEQUENCE_NUMBER", "LATEST", "AT_TIMESTAMP", "AT_SEQUENCE_NUMBER", "TRIM_HORIZON"),
	}},
	{name: "StartingSequenceNumber", kind: stringKind, checks: []check{sequenceCheck}},
}, namedStream, []field{
	{name: "Timestamp", kind: timestampKind},
})

func (s *Service) getShardIterator(body []byte) ([]byte, *refusal) {
	in, problem := decode(body, getShardIteratorInput, streamNeeded)
	if problem != nil {
		return nil, problem
	}
	name, problem := s.streamName(in)
	if problem != nil {
		return nil, problem
	}
	ix, ok := parseShardID(in.text("ShardId"))
	if !ok {
		return nil, s.couldNotFind(in.text("ShardId"), name)
	}
	found, problem := s.shardAt(name, ix)
	if problem != nil {
		return nil, problem
	}
	index, problem := s.start(found, in)
	if problem != nil {
		return nil, problem
	}
	it := iterator{made: s.options.Clock.Now(), created: found.stream.created, index: index, shard: ix, stream: name}
	return []byte(`{"ShardIterator":"` + it.String() + `"}`), nil
}

func (s *Service) shardAt(streamName string, index int) (*shard, *refusal) {
	if found, problem := s.find(streamName); problem == nil {
		if shard := find(found.all(), index); shard != nil && !shard.expired(found.horizon(s.options.Clock.Now())) {
			return shard, nil
		}
	}
	return nil, s.noShard(streamName, shardID(index))
}

// start is the first index that an iterator of the given type reads.
func (s *Service) start(found *shard, in input) (uint64, *refusal) {
	typ := in.text("ShardIteratorType")
	bySequence := typ == "AT_SEQUENCE_NUMBER" || typ == "AFTER_SEQUENCE_NUMBER"
	if sequence, given := in["StartingSequenceNumber"].(string); given && typ != "AT_TIMESTAMP" || bySequence {
		if given != bySequence {
			return 0, mismatched(typ, given)
		}
		n, problem := s.startingNumber(found, sequence)
		if problem == nil && typ == "AFTER_SEQUENCE_NUMBER" {
			n.index++
		}
		return n.index, problem
	}
	switch typ {
	case "LATEST":
		last, _ := found.newest()
		return last + 1, nil
	case "AT_TIMESTAMP":
		return s.startAt(found, in)
	default:
		return 0, nil
	}
}

func mismatched(typ string, given bool) *refusal {
	has := "and no StartingSequenceNumber"
	if given {
		has = "and also a StartingSequenceNumber"
	}
	return invalid("Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or "+
		"(2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified %s %s.", typ, has)
}

// startingNumber reads a caller's StartingSequenceNumber. The messages are kinesalite's, tested against AWS
// (test/getShardIterator.js), as is the failure for a number of Kinesis' first layout.
func (s *Service) startingNumber(found *shard, text string) (number, *refusal) {
	n, err := parseNumber(text)
	about := "StartingSequenceNumber " + text + " used in GetShardIterator on shard " + found.id + " in stream " + found.stream.name + " under account " + s.options.Account
	switch {
	case err != nil:
		return n, invalid("%s is invalid.", about)
	case n.shard != int32(found.index):
		id := shardID(int(n.shard))
		return n, invalid("Invalid StartingSequenceNumber. It encodes %s, while it was used in a call to a shard with %s", id, found.id)
	case n.version == 0:
		return n, failure(nil)
	case n.version != current || n.created != found.created:
		return n, invalid("%s is invalid because it did not come from this stream.", about)
	}
	return n, nil
}

// startAt finds the first record that arrived at a time or later. If there is none yet, it is the next record to come.
// Arrival times follow the clock, which may jump back, so startAt reads all records before it.
func (s *Service) startAt(found *shard, in input) (uint64, *refusal) {
	seconds, given := in["Timestamp"].(float64)
	if !given {
		return 0, invalid("Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current request has no timestamp parameter.")
	}
	millis := seconds * 1000
	if now := s.options.Clock.Now().UnixMilli(); millis > float64(now) {
		return 0, invalid("The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. timestampInMillis: %s, currentTimestampInMillis: %d",
			strconv.FormatFloat(millis, 'f', -1, 64), now)
	}
	last, _ := found.newest()
	index := last + 1
	// Seconds with a fraction are seldom whole milliseconds in binary: 0.001 ms is beneath their precision.
	since := int64(max(0, math.Ceil(millis-0.001)))
	_, err := s.read(context.Background(), found, query{since: since, limit: 1}, func(r stored) { index = r.index })
	if err != nil {
		return 0, failure(err)
	}
	return index, nil
}

var getRecordsInput = []field{
	{name: "Limit", kind: integerKind, checks: between(1, readMost)},
	{name: "ShardIterator", kind: stringKind, required: true, checks: []check{notEmpty, atMost(512)}},
	{name: "StreamARN", kind: stringKind, checks: arnChecks},
	{name: "StreamId", kind: stringKind},
}

func (s *Service) getRecords(c call) ([]byte, *refusal) {
	if problem := s.askFirst(c); problem != nil {
		return nil, problem
	}
	in, problem := decode(c.body, getRecordsInput, nil)
	if problem == nil {
		problem = noStreamID(in)
	}
	if problem != nil {
		return nil, problem
	}
	it, found, problem := s.readsFrom(in)
	if problem != nil {
		return nil, problem
	}
	limit := in.limit("Limit", readMost)
	if err := c.reserve(mostOf(found, it.index, limit)); err != nil {
		return nil, failure(err) // the client has gone
	}
	return s.answerRecords(found, it, limit)
}

// readsFrom finds where a GetRecords reads, and checks the shard's limit of reads.
func (s *Service) readsFrom(in input) (it iterator, found *shard, problem *refusal) {
	it, err := parseIterator(in.text("ShardIterator"))
	now := s.options.Clock.Now()
	switch {
	case err != nil:
		return it, nil, invalid("Invalid ShardIterator.")
	case now.Sub(it.made) >= iteratorAge:
		const layout = "Mon Jan 02 15:04:05 UTC 2006"
		return it, nil, refuse("ExpiredIteratorException", "Iterator expired. The iterator was created at time %s while right now it is %s "+
			"which is further in the future than the tolerated delay of 300000 milliseconds.", it.made.UTC().Format(layout), now.UTC().Format(layout))
	}
	found, problem = s.shardAt(it.stream, it.shard)
	switch {
	case problem != nil:
	case found.stream.created != it.created: // a later stream of that name
		problem = s.noShard(it.stream, found.id)
	case in.text("StreamARN") != "" && in.text("StreamARN") != found.stream.description.Load().ARN:
		problem = invalid("StreamARN %s is not that of the ShardIterator.", in.text("StreamARN"))
	case !s.options.Unlimited && !found.limits.call(now):
		s.measureThrottledRead(it.stream, now)
		// AWS has used these words for reads since 2023 (risingwavelabs/risingwave#7453).
		problem = refuse(throughputExceeded, "Rate exceeded for Shard - %s/%s/%s", s.options.Account, it.stream, found.id)
	}
	return it, found, problem
}

// mostOf bounds the bytes of an answer with a shard's records from an index on. Records that arrive meanwhile do not count.
func mostOf(found *shard, from uint64, limit int) int64 {
	const beside = 512 // of a record in the answer: its number, time and partition key
	last, _ := found.newest()
	if from > last {
		return 0
	}
	count := int64(min(uint64(limit), last-from+1))
	return min(count*maxRecord, readMostBytes)*4/3 + count*beside
}

func (s *Service) answerRecords(found *shard, it iterator, limit int) ([]byte, *refusal) {
	out := []byte(`{"Records":[`)
	size, behind, records, bytes := 0, int64(0), 0, 0
	now := s.options.Clock.Now()
	closed := found.closed.Load() // before the read: a closed shard gets no more records
	next, err := s.read(context.Background(), found, query{from: it.index, limit: limit}, func(r stored) {
		if size > 0 || len(out) > len(`{"Records":[`) {
			out = append(out, ',')
		}
		out = appendRecord(out, found, r)
		size += r.size()
		records++
		bytes += len(r.data)
		behind = now.UnixMilli() - r.arrived
	})
	if err != nil {
		return nil, failure(err)
	}
	found.limits.gave(size)
	last, _ := found.newest()
	ended := closed != 0 && max(next, 1) > last // the first index is 1
	switch {
	case ended:
		behind = now.UnixMilli() - closed
	case next > last:
		behind = 0
	}
	s.measureRead(found.stream.name, records, bytes, behind, now)
	out = append(out, `],"MillisBehindLatest":`...)
	out = strconv.AppendInt(out, max(0, behind), 10)
	if ended {
		return appendEnd(out, found.children(now))
	}
	it.made, it.index = now, next
	out = append(out, `,"NextShardIterator":"`...)
	out = append(out, it.String()...)
	return append(out, `"}`...), nil
}

// appendEnd ends an answer that has reached the end of a closed shard.
//
// Assumption KIN-16: the answer of GetRecords with a closed shard's last records has no next iterator, and has the shard's
// children (API reference, GetRecords: "If set to null, the shard has been closed"; ChildShards come "only when the end of the
// current shard is reached"). Amazon's client library treats one without the other as an error (awslabs/amazon-kinesis-client,
// DataRetrievalUtil.java). MillisBehindLatest is the time since the shard was closed (kinesalite, actions/getRecords.js).
func appendEnd(out []byte, children []*shard) ([]byte, *refusal) {
	type childShard struct {
		ShardId      string
		ParentShards []string
		HashKeyRange hashKeyRange
	}
	described := []childShard{}
	for _, child := range children {
		described = append(described, childShard{child.id, child.parentIDs(), child.hashRange.describe()})
	}
	text, problem := encode(described)
	if problem != nil {
		return nil, problem
	}
	out = append(out, `,"NextShardIterator":null,"ChildShards":`...)
	return append(append(out, text...), '}'), nil
}

func appendRecord(out []byte, from *shard, r stored) []byte {
	out = append(out, `{"SequenceNumber":"`...)
	out = from.number(r.index, r.arrived).append(out)
	out = append(out, `","ApproximateArrivalTimestamp":`...)
	out = appendSeconds(out, r.arrived)
	out = append(out, `,"PartitionKey":`...)
	out = appendText(out, r.key)
	out = append(out, `,"Data":"`...)
	out = base64.StdEncoding.AppendEncode(out, r.data)
	return append(from.stream.appendEncryption(append(out, '"')), '}')
}

// appendSeconds writes milliseconds as AWS writes a time: seconds with three decimals.
func appendSeconds(out []byte, millis int64) []byte {
	out = strconv.AppendInt(out, millis/1000, 10)
	part := millis % 1000
	return append(out, '.', byte('0'+part/100), byte('0'+part/10%10), byte('0'+part%10))
}
