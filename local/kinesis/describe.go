package kinesis

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"cdk.tf/go/ingest/internal/quota"
)

const (
	listStreamsLimit    = 100  // API reference, ListStreams
	describeStreamLimit = 100  // API reference, DescribeStream
	listShardsLimit     = 1000 // API reference, ListShards
	listMost            = 10_000

	// tokenAge is how long the NextToken of ListShards can be used (API reference, ListShards).
	tokenAge = 300 * time.Second
)

// noStreamID refuses StreamId, which AWS reserves ("Not Implemented").
func noStreamID(in input) *refusal {
	if in.text("StreamId") != "" {
		return invalid("StreamId is reserved by AWS and not imitated; name the stream by StreamName or StreamARN.")
	}
	return nil
}

// streamName is the stream that a request names, which may not exist.
func (s *Service) streamName(in input) (string, *refusal) {
	if problem := noStreamID(in); problem != nil {
		return "", problem
	}
	name, arn := in.text("StreamName"), in.text("StreamARN")
	if arn == "" {
		return name, nil
	}
	_, inARN, _ := strings.Cut(arn, ":stream/")
	if name != "" && name != inARN {
		return "", invalid("StreamName %s is not that of StreamARN %s.", name, arn)
	}
	if found, ok := (*s.streams.Load())[inARN]; ok && found.description.Load().ARN != arn {
		return "", refuse("ResourceNotFoundException", "Stream %s not found; here %s is %s.", arn, inARN, found.description.Load().ARN)
	}
	return inARN, nil
}

func (s *Service) stream(in input) (*stream, *refusal) {
	name, problem := s.streamName(in)
	if problem != nil {
		return nil, problem
	}
	return s.find(name)
}

var createStreamInput = []field{
	{name: "ShardCount", kind: integerKind, checks: between(1, 100_000)},
	{name: "StreamName", kind: stringKind, required: true, checks: nameChecks},
	{name: "StreamModeDetails", kind: structKind, children: []field{
		{name: "StreamMode", kind: stringKind, required: true, checks: []check{oneOf(provisioned, onDemand)}},
	}},
	{name: "Tags", kind: mapKind, checks: tagChecks},
	{name: "WarmThroughputMiBps", kind: integerKind},
	{name: "MaxRecordSizeInKiB", kind: integerKind, checks: between(1024, 10240)},
}

// createStream creates a stream at once.
//
// Assumption KIN-7: Kinesis's CreateStream returns while the stream is CREATING, and the stream is ACTIVE some seconds later (API
// reference, CreateStream). Here it is ACTIVE when the call returns. A client that waits for ACTIVE works with both.
func (s *Service) createStream(body []byte) ([]byte, *refusal) {
	in, problem := decode(body, createStreamInput, shardCountNeeded)
	if problem != nil {
		return nil, problem
	}
	if in["WarmThroughputMiBps"] != nil {
		return nil, invalid("WarmThroughputMiBps is not imitated on one machine; leave it out.")
	}
	if kib, given := in["MaxRecordSizeInKiB"].(int64); given && kib*1024 != maxRecord {
		return nil, invalid("MaxRecordSizeInKiB %d is not imitated on one machine; leave it out, or use %d.", kib, maxRecord/1024)
	}
	cfg := Config{Name: in.text("StreamName"), Mode: modeOf(in), Retention: quota.MinRetention, Tags: in.tags()}
	if problem := checkTags(cfg.Name, s.options.Account, cfg.Tags, nil); problem != nil {
		return nil, problem
	}
	cfg.Shards = int(in.integer("ShardCount"))
	if cfg.Mode == onDemand && cfg.Shards != 0 {
		return nil, invalid("ShardCount %d is not allowed with StreamMode %s; leave it out.", cfg.Shards, onDemand)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, exists := (*s.streams.Load())[cfg.Name]; exists {
		return nil, refuse("ResourceInUseException", "Stream %s under account %s already exists.", cfg.Name, s.options.Account)
	}
	more := cfg.Shards
	if cfg.Mode == onDemand {
		more = onDemandShards
	}
	if problem := s.roomFor(more); problem != nil {
		return nil, problem
	}
	if err := s.create(cfg); err != nil {
		return nil, failure(err)
	}
	return nil, nil
}

// modeOf is the capacity mode that a CreateStream asks for.
//
// Assumption KIN-19: Kinesis's CreateStream with neither ShardCount nor StreamModeDetails makes a stream of four shards
// (etspaceman/kinesis-mock#336; localstack's test_create_stream_without_shard_count, recorded on AWS). AWS does not document it. Four
// shards are those of a new on-demand stream, so it is one here.
func modeOf(in input) string {
	details, given := in["StreamModeDetails"].(input)
	switch {
	case given:
		return details.text("StreamMode")
	case in["ShardCount"] == nil:
		return onDemand
	}
	return provisioned
}

func shardCountNeeded(in input) string {
	if modeOf(in) != onDemand && in["ShardCount"] == nil {
		return constraint("null", "shardCount", "Member must not be null")
	}
	return ""
}

var deleteStreamInput = slices.Concat(namedStream, []field{
	{name: "EnforceConsumerDeletion", kind: booleanKind}, // no stream here has registered consumers
})

// deleteStream deletes a stream at once (see assumption KIN-7). The committer frees the records' space later.
func (s *Service) deleteStream(body []byte) ([]byte, *refusal) {
	in, problem := decode(body, deleteStreamInput, streamNeeded)
	if problem != nil {
		return nil, problem
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found, problem := s.stream(in)
	if problem != nil {
		return nil, problem
	}
	found.deleted.Store(true)
	if err := s.update(func(tx *bbolt.Tx) error { return tx.Bucket(streamsBucket).Delete([]byte(found.name)) }); err != nil {
		found.deleted.Store(false)
		return nil, failure(err)
	}
	s.replace(func(streams map[string]*stream) { delete(streams, found.name) })
	for _, shard := range found.all() {
		shard.mu.Lock()
		shard.wake()
		shard.mu.Unlock()
	}
	return nil, nil
}

var listStreamsInput = []field{
	{name: "Limit", kind: integerKind, checks: between(1, listMost)},
	{name: "ExclusiveStartStreamName", kind: stringKind, checks: nameChecks},
	{name: "NextToken", kind: stringKind, checks: []check{notEmpty, atMost(1 << 20)}},
}

type modeDetails struct {
	StreamMode string
}

type streamSummary struct {
	StreamName              string
	StreamARN               string
	StreamStatus            string
	StreamModeDetails       modeDetails
	StreamCreationTimestamp json.Number
}

func (s *Service) listStreams(body []byte) ([]byte, *refusal) {
	in, problem := decode(body, listStreamsInput, nil)
	if problem != nil {
		return nil, problem
	}
	after, limit := in.text("ExclusiveStartStreamName"), in.limit("Limit", listStreamsLimit)
	if token := in.text("NextToken"); token != "" {
		name, err := base64Strict.DecodeString(token)
		if err != nil || !isName(string(name)) {
			return nil, invalid("NextToken is invalid.")
		}
		after = string(name)
	}
	answer := struct {
		HasMoreStreams  bool
		NextToken       string `json:",omitempty"`
		StreamNames     []string
		StreamSummaries []streamSummary
	}{StreamNames: []string{}, StreamSummaries: []streamSummary{}}
	streams := *s.streams.Load()
	for _, name := range slices.Sorted(maps.Keys(streams)) {
		if name <= after {
			continue
		}
		if len(answer.StreamNames) == limit {
			answer.HasMoreStreams = true
			answer.NextToken = base64.StdEncoding.EncodeToString([]byte(answer.StreamNames[limit-1]))
			break
		}
		d := streams[name].description.Load()
		answer.StreamNames = append(answer.StreamNames, name)
		answer.StreamSummaries = append(answer.StreamSummaries, streamSummary{name, d.ARN, "ACTIVE", modeDetails{d.Mode}, seconds(d.CreatedAt)})
	}
	return encode(answer)
}

func seconds(at time.Time) json.Number {
	return json.Number(appendSeconds(nil, at.UnixMilli()))
}

var describeStreamInput = slices.Concat([]field{
	{name: "Limit", kind: integerKind, checks: between(1, listMost)},
	{name: "ExclusiveStartShardId", kind: stringKind, checks: nameChecks},
}, namedStream)

// streamDescription is the common part of DescribeStream and DescribeStreamSummary. The encryption and its key are those that the stack
// declares, although records on this machine's disk are not encrypted: the permissions for the key are checked.
type streamDescription struct {
	StreamName              string
	StreamARN               string
	StreamStatus            string
	StreamModeDetails       modeDetails
	RetentionPeriodHours    int
	StreamCreationTimestamp json.Number
	EncryptionType          string
	KeyId                   string `json:",omitempty"`
	EnhancedMonitoring      []monitoring
}

type monitoring struct {
	ShardLevelMetrics []string
}

func (s *stream) encryption() string {
	if s.description.Load().Key != "" {
		return encrypted
	}
	return unencrypted
}

func describe(s *stream) streamDescription {
	d := s.description.Load()
	return streamDescription{
		StreamName: d.Name, StreamARN: d.ARN, StreamStatus: "ACTIVE", StreamModeDetails: modeDetails{d.Mode},
		RetentionPeriodHours: d.RetentionHours, StreamCreationTimestamp: seconds(d.CreatedAt),
		EncryptionType: s.encryption(), KeyId: d.Key, EnhancedMonitoring: []monitoring{{ShardLevelMetrics: []string{}}},
	}
}

type hashKeyRange struct {
	StartingHashKey, EndingHashKey string
}

func (r hashRange) describe() hashKeyRange { return hashKeyRange{r.start.String(), r.end.String()} }

type shardDescription struct {
	ShardId               string
	ParentShardId         string `json:",omitempty"`
	AdjacentParentShardId string `json:",omitempty"`
	HashKeyRange          hashKeyRange
	SequenceNumberRange   struct {
		StartingSequenceNumber string
		EndingSequenceNumber   string `json:",omitempty"`
	}
}

func (s *shard) describe() shardDescription {
	d := shardDescription{ShardId: s.id, HashKeyRange: s.hashRange.describe()}
	d.SequenceNumberRange.StartingSequenceNumber = s.first().String()
	if ending, closed := s.ending(); closed {
		d.SequenceNumberRange.EndingSequenceNumber = ending.String()
	}
	for i, parent := range s.parents {
		*[]*string{&d.ParentShardId, &d.AdjacentParentShardId}[i] = shardID(parent)
	}
	return d
}

// describeShards describes the shards that follow an id and pass a filter, at most limit, and reports whether there are more.
func (s *Service) describeShards(of *stream, after string, limit int, filter shardFilter) (shards []shardDescription, more bool) {
	shards = []shardDescription{}
	now := s.options.Clock.Now()
	for _, shard := range of.kept(now) {
		if shard.id <= after || !filter.passes(shard, now) {
			continue
		}
		if len(shards) == limit {
			return shards, true
		}
		shards = append(shards, shard.describe())
	}
	return shards, false
}

func (s *Service) describeStream(body []byte) ([]byte, *refusal) {
	in, found, problem := s.decodeNamed(body, describeStreamInput)
	if problem != nil {
		return nil, problem
	}
	var answer struct {
		StreamDescription struct {
			streamDescription
			HasMoreShards bool
			Shards        []shardDescription
		}
	}
	d := &answer.StreamDescription
	d.streamDescription = describe(found)
	d.Shards, d.HasMoreShards = s.describeShards(found, in.text("ExclusiveStartShardId"), in.limit("Limit", describeStreamLimit), shardFilter{})
	return encode(answer)
}

func (s *Service) describeStreamSummary(body []byte) ([]byte, *refusal) {
	_, found, problem := s.decodeNamed(body, namedStream)
	if problem != nil {
		return nil, problem
	}
	var answer struct {
		StreamDescriptionSummary struct {
			streamDescription
			OpenShardCount     int
			ConsumerCount      int
			MaxRecordSizeInKiB int
		}
	}
	d := &answer.StreamDescriptionSummary
	d.streamDescription, d.OpenShardCount, d.MaxRecordSizeInKiB = describe(found), found.description.Load().Shards, maxRecord/1024
	return encode(answer)
}

var listShardsInput = slices.Concat([]field{
	{name: "ExclusiveStartShardId", kind: stringKind, checks: nameChecks},
	{name: "MaxResults", kind: integerKind, checks: between(1, listMost)},
	{name: "NextToken", kind: stringKind, checks: []check{notEmpty, atMost(1 << 20)}},
	{name: "StreamCreationTimestamp", kind: timestampKind},
}, namedStream, []field{
	{name: "ShardFilter", kind: structKind, children: []field{
		{name: "Type", kind: stringKind, required: true, checks: []check{
			oneOf("AFTER_SHARD_ID", "AT_TRIM_HORIZON", "FROM_TRIM_HORIZON", "AT_LATEST", "AT_TIMESTAMP", "FROM_TIMESTAMP"),
		}},
		{name: "ShardId", kind: stringKind, checks: nameChecks},
		{name: "Timestamp", kind: timestampKind},
	}},
})

// page says where a listing of shards continues. On the wire it is base64 of JSON.
type page struct {
	Stream  string
	Created int64
	After   string
	Made    int64 // in milliseconds
	Filter  shardFilter
}

// shardFilter selects which of a stream's shards are listed; without a Type all are.
type shardFilter struct {
	Type string `json:",omitempty"`
	At   int64  `json:",omitempty"` // in milliseconds
}

// passes reports whether a shard is listed (API reference, ShardFilter).
//
// Assumption KIN-15: in the ShardFilter of ListShards, a time before the oldest stored record counts as that record's time. The
// API reference says so only of FROM_TIMESTAMP; with AT_TIMESTAMP too a client needs shards that take every hash key, whatever
// the time.
func (f shardFilter) passes(s *shard, now time.Time) bool {
	at := max(f.At, s.stream.horizon(now), s.stream.description.Load().CreatedAt.UnixMilli())
	closed := s.closed.Load()
	switch f.Type {
	case "AT_LATEST":
		return closed == 0
	case "AT_TRIM_HORIZON", "AT_TIMESTAMP":
		return s.opened <= at && (closed == 0 || closed >= at)
	case "FROM_TIMESTAMP":
		return closed == 0 || closed >= at
	default:
		return true
	}
}

func (s *Service) listShards(body []byte) ([]byte, *refusal) {
	in, problem := decode(body, listShardsInput, nil)
	if problem != nil {
		return nil, problem
	}
	from, problem := s.shardPage(in)
	if problem != nil {
		return nil, problem
	}
	found, problem := s.find(from.Stream)
	if problem == nil && found.created != from.Created {
		problem = s.unknown(from.Stream) // it was deleted and created again
	}
	if problem != nil {
		return nil, problem
	}
	answer := struct {
		Shards    []shardDescription
		NextToken string `json:",omitempty"`
	}{}
	var more bool
	answer.Shards, more = s.describeShards(found, from.After, in.limit("MaxResults", listShardsLimit), from.Filter)
	if more {
		from.After, from.Made = answer.Shards[len(answer.Shards)-1].ShardId, s.options.Clock.Now().UnixMilli()
		next, problem := encode(from)
		if problem != nil {
			return nil, problem
		}
		answer.NextToken = base64.StdEncoding.EncodeToString(next)
	}
	return encode(answer)
}

// shardPage reads which page of shards a request lists.
func (s *Service) shardPage(in input) (from page, problem *refusal) {
	named := in["StreamName"] != nil || in["StreamARN"] != nil
	token := in.text("NextToken")
	switch {
	case !named && token == "":
		return page{}, invalid("Either NextToken or StreamName should be provided.")
	case named && token != "":
		return page{}, invalid("NextToken and StreamName cannot be provided together.")
	case token != "":
		for _, other := range []string{"ExclusiveStartShardId", "StreamCreationTimestamp"} { // the token has both (API reference, ListShards)
			if in[other] != nil {
				return page{}, invalid("NextToken and %s cannot be provided together.", other)
			}
		}
		return s.nextShards(token)
	}
	found, problem := s.stream(in)
	if problem != nil {
		return page{}, problem
	}
	if at, given := in["StreamCreationTimestamp"].(float64); given && int64(at) != found.description.Load().CreatedAt.Unix() {
		return page{}, s.unknown(found.name) // the request is about an earlier stream of that name
	}
	from = page{Stream: found.name, Created: found.created}
	from.After, from.Filter, problem = firstShard(in)
	return from, problem
}

// firstShard reads the shard to begin after, which two members can name, and the filter.
func firstShard(in input) (after string, filter shardFilter, problem *refusal) {
	given, _ := in["ShardFilter"].(input)
	filter.Type, after = given.text("Type"), in.text("ExclusiveStartShardId")
	switch filter.Type {
	case "AFTER_SHARD_ID":
		after = given.text("ShardId")
		if after == "" {
			problem = invalid("ShardFilter of type AFTER_SHARD_ID needs a ShardId.")
		}
	case "AT_TIMESTAMP", "FROM_TIMESTAMP":
		seconds, known := given["Timestamp"].(float64)
		if !known {
			problem = invalid("ShardFilter of type %s needs a Timestamp.", filter.Type)
		}
		filter.At = int64(seconds * 1000)
	}
	return after, filter, problem
}

func (s *Service) nextShards(token string) (page, *refusal) {
	var next page
	text, err := base64Strict.DecodeString(token)
	if err != nil || json.Unmarshal(text, &next) != nil {
		return page{}, invalid("NextToken is invalid.")
	}
	if s.options.Clock.Now().Sub(time.UnixMilli(next.Made)) > tokenAge {
		return page{}, refuse("ExpiredNextTokenException", "NextToken is older than %d seconds.", int(tokenAge.Seconds()))
	}
	return next, nil
}
