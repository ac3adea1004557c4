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

// noStreamID refuses a member that AWS reserves ("Not Implemented").
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

// createStream makes a stream at once. Assumption KIN-7: it is ACTIVE when the call returns, where AWS takes some seconds of
// CREATING (API reference, CreateStream); a client that waits for ACTIVE finds it.
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
		return nil, invalid("ShardCount %d stands beside StreamMode %s; leave it out.", cfg.Shards, onDemand)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if problem := s.room(cfg); problem != nil {
		return nil, problem
	}
	if err := s.create(cfg); err != nil {
		return nil, failure(err)
	}
	return nil, nil
}

func (in input) integer(name string) int64 {
	number, _ := in[name].(int64)
	return number
}

func modeOf(in input) string {
	details, given := in["StreamModeDetails"].(input)
	if !given {
		return provisioned // API reference, CreateStream
	}
	return details.text("StreamMode")
}

func shardCountNeeded(in input) string {
	if modeOf(in) != onDemand && in["ShardCount"] == nil {
		return constraint("null", "shardCount", "Member must not be null")
	}
	return ""
}

// room is called with mu held.
func (s *Service) room(cfg Config) *refusal {
	streams := *s.streams.Load()
	if _, exists := streams[cfg.Name]; exists {
		return refuse("ResourceInUseException", "Stream %s under account %s already exists.", cfg.Name, s.options.Account)
	}
	count := 0
	for _, stream := range streams {
		count += len(stream.shards)
	}
	more := cfg.Shards
	if cfg.Mode == onDemand {
		more = onDemandShards
	}
	if count+more <= maxShards {
		return nil
	}
	return refuse("LimitExceededException", "This request would exceed the shard limit for the account %s in %s. "+
		"Current shard count for the account: %d. Limit: %d. Number of additional shards that would have resulted from this request: %d. "+
		"Refer to the AWS Service Limits page (http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) "+
		"for current limits and how to request higher limits.", s.options.Account, s.options.Region, count, maxShards, more)
}

var deleteStreamInput = []field{
	{name: "StreamName", kind: stringKind, checks: nameChecks},
	{name: "StreamARN", kind: stringKind, checks: arnChecks},
	{name: "StreamId", kind: stringKind},
	{name: "EnforceConsumerDeletion", kind: booleanKind}, // no stream here has registered consumers
}

// deleteStream deletes at once (as assumption KIN-7 has it); the committer frees the records' space by and by.
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
	for _, shard := range found.shards {
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

func (in input) limit(name string, standard int) int {
	if limit, given := in[name].(int64); given {
		return int(limit)
	}
	return standard
}

func seconds(at time.Time) json.Number {
	return json.Number(appendSeconds(nil, at.UnixMilli()))
}

var describeStreamInput = []field{
	{name: "Limit", kind: integerKind, checks: between(1, listMost)},
	{name: "ExclusiveStartShardId", kind: stringKind, checks: nameChecks},
	{name: "StreamName", kind: stringKind, checks: nameChecks},
	{name: "StreamARN", kind: stringKind, checks: arnChecks},
	{name: "StreamId", kind: stringKind},
}

// streamDescription is what DescribeStream and DescribeStreamSummary have in common. EncryptionType is NONE whatever the
// stack declares, because records lie here as they are.
type streamDescription struct {
	StreamName              string
	StreamARN               string
	StreamStatus            string
	StreamModeDetails       modeDetails
	RetentionPeriodHours    int
	StreamCreationTimestamp json.Number
	EncryptionType          string
	EnhancedMonitoring      []monitoring
}

type monitoring struct {
	ShardLevelMetrics []string
}

func describe(s *stream) streamDescription {
	d := s.description.Load()
	return streamDescription{
		StreamName: d.Name, StreamARN: d.ARN, StreamStatus: "ACTIVE", StreamModeDetails: modeDetails{d.Mode},
		RetentionPeriodHours: d.RetentionHours, StreamCreationTimestamp: seconds(d.CreatedAt),
		EncryptionType: "NONE", EnhancedMonitoring: []monitoring{{ShardLevelMetrics: []string{}}},
	}
}

type shardDescription struct {
	ShardId      string
	HashKeyRange struct {
		StartingHashKey string
		EndingHashKey   string
	}
	// No shard is ever closed here, so none has an EndingSequenceNumber, a parent or a child.
	SequenceNumberRange struct {
		StartingSequenceNumber string
	}
}

// describeShards describes those after an id, at most limit, and says whether there are more.
func describeShards(s *stream, after string, limit int) (shards []shardDescription, more bool) {
	shards = []shardDescription{}
	for _, shard := range s.shards {
		if shard.id <= after {
			continue
		}
		if len(shards) == limit {
			return shards, true
		}
		d := shardDescription{ShardId: shard.id}
		d.HashKeyRange.StartingHashKey, d.HashKeyRange.EndingHashKey = shard.start.String(), shard.end.String()
		d.SequenceNumberRange.StartingSequenceNumber = shard.first().String()
		shards = append(shards, d)
	}
	return shards, false
}

func (s *Service) describeStream(body []byte) ([]byte, *refusal) {
	in, problem := decode(body, describeStreamInput, streamNeeded)
	if problem != nil {
		return nil, problem
	}
	found, problem := s.stream(in)
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
	d.Shards, d.HasMoreShards = describeShards(found, in.text("ExclusiveStartShardId"), in.limit("Limit", describeStreamLimit))
	return encode(answer)
}

func (s *Service) describeStreamSummary(body []byte) ([]byte, *refusal) {
	in, problem := decode(body, deleteStreamInput[:3], streamNeeded)
	if problem != nil {
		return nil, problem
	}
	found, problem := s.stream(in)
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
	d.streamDescription, d.OpenShardCount, d.MaxRecordSizeInKiB = describe(found), len(found.shards), maxRecord/1024
	return encode(answer)
}

var listShardsInput = []field{
	{name: "ExclusiveStartShardId", kind: stringKind, checks: nameChecks},
	{name: "MaxResults", kind: integerKind, checks: between(1, listMost)},
	{name: "NextToken", kind: stringKind, checks: []check{notEmpty, atMost(1 << 20)}},
	{name: "StreamCreationTimestamp", kind: timestampKind},
	{name: "StreamName", kind: stringKind, checks: nameChecks},
	{name: "StreamARN", kind: stringKind, checks: arnChecks},
	{name: "StreamId", kind: stringKind},
	{name: "ShardFilter", kind: structKind, children: []field{
		{name: "Type", kind: stringKind, required: true, checks: []check{
			oneOf("AFTER_SHARD_ID", "AT_TRIM_HORIZON", "FROM_TRIM_HORIZON", "AT_LATEST", "AT_TIMESTAMP", "FROM_TIMESTAMP"),
		}},
		{name: "ShardId", kind: stringKind, checks: nameChecks},
		{name: "Timestamp", kind: timestampKind},
	}},
}

// page is where a listing of shards goes on. On the wire it is base64 of JSON.
type page struct {
	Stream  string
	Created int64
	After   string
	Made    int64 // in milliseconds
}

func (s *Service) listShards(body []byte) ([]byte, *refusal) {
	in, problem := decode(body, listShardsInput, nil)
	if problem != nil {
		return nil, problem
	}
	found, after, problem := s.shardPage(in)
	if problem != nil {
		return nil, problem
	}
	answer := struct {
		Shards    []shardDescription
		NextToken string `json:",omitempty"`
	}{}
	var more bool
	answer.Shards, more = describeShards(found, after, in.limit("MaxResults", listShardsLimit))
	if more {
		next, problem := encode(page{found.name, found.created, answer.Shards[len(answer.Shards)-1].ShardId, s.options.Clock.Now().UnixMilli()})
		if problem != nil {
			return nil, problem
		}
		answer.NextToken = base64.StdEncoding.EncodeToString(next)
	}
	return encode(answer)
}

// shardPage is the stream to list and the shard to begin after.
func (s *Service) shardPage(in input) (found *stream, after string, problem *refusal) {
	named := in["StreamName"] != nil || in["StreamARN"] != nil
	token := in.text("NextToken")
	switch {
	case !named && token == "":
		return nil, "", invalid("Either NextToken or StreamName should be provided.")
	case named && token != "":
		return nil, "", invalid("NextToken and StreamName cannot be provided together.")
	case token != "":
		return s.nextShards(token)
	}
	if found, problem = s.stream(in); problem != nil {
		return nil, "", problem
	}
	if at, given := in["StreamCreationTimestamp"].(float64); given && int64(at) != found.description.Load().CreatedAt.Unix() {
		return nil, "", s.unknown(found.name) // it asks for an earlier stream of that name
	}
	after, problem = firstShard(in)
	return found, after, problem
}

// firstShard is the shard to begin after, which two members can say.
func firstShard(in input) (string, *refusal) {
	// Every shard is open from its stream's creation on, so that only this filter leaves any out.
	filter, given := in["ShardFilter"].(input)
	if !given || filter.text("Type") != "AFTER_SHARD_ID" {
		return in.text("ExclusiveStartShardId"), nil
	}
	if filter.text("ShardId") == "" {
		return "", invalid("ShardFilter of type AFTER_SHARD_ID needs a ShardId.")
	}
	return filter.text("ShardId"), nil
}

func (s *Service) nextShards(token string) (*stream, string, *refusal) {
	var next page
	text, err := base64Strict.DecodeString(token)
	if err != nil || json.Unmarshal(text, &next) != nil {
		return nil, "", invalid("NextToken is invalid.")
	}
	if s.options.Clock.Now().Sub(time.UnixMilli(next.Made)) > tokenAge {
		return nil, "", refuse("ExpiredNextTokenException", "NextToken is older than %d seconds.", int(tokenAge.Seconds()))
	}
	found, problem := s.find(next.Stream)
	if problem == nil && found.created != next.Created {
		problem = s.unknown(next.Stream)
	}
	return found, next.After, problem
}
