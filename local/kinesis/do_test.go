package kinesis_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/local/kinesis"
)

const imitated = "AddTagsToStream, CreateStream, DecreaseStreamRetentionPeriod, DeleteStream, DescribeStream, DescribeStreamSummary, GetRecords, " +
	"GetShardIterator, IncreaseStreamRetentionPeriod, ListShards, ListStreams, ListTagsForResource, ListTagsForStream, MergeShards, PutRecord, PutRecords, " +
	"RemoveTagsFromStream, SplitShard, TagResource, UntagResource, UpdateShardCount"

// The messages are AWS's own, from kinesalite's tests, unless an assumption says otherwise.
func TestErrors(t *testing.T) {
	clock := clockwork.NewFakeClockAt(noon)
	s := open(t, kinesis.Options{Clock: clock}, map[string]int{"e": 3})
	const none = `Stream none under account 000000000000 not found.`
	large := base64.StdEncoding.EncodeToString(make([]byte, 1<<20))
	number := call(t, s, "PutRecord", `{"StreamName":"e","PartitionKey":"a","Data":""}`)["SequenceNumber"].(string)
	for _, test := range []struct{ action, body, typ, message string }{
		{"Whatever", `{}`, "UnknownOperationException", `Kinesis's operation "Whatever" is not imitated on one machine; these are: ` + imitated},
		{"PutRecord", ``, "SerializationException", ""},
		{"PutRecord", `[]`, "SerializationException", ""},
		{"PutRecord", `{} {}`, "SerializationException", ""},
		{"PutRecord", "{\"StreamName\":\"\xff\"}", "SerializationException", ""},
		{"PutRecord", `{"Data":3}`, "SerializationException", "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to a Blob"},
		{"PutRecord", `{"Data":"23456"}`, "SerializationException", "'23456' can not be converted to a Blob: Base64 encoded length is expected a multiple of 4 bytes but found: 5"},
		{"PutRecord", `{"Data":"=+/="}`, "SerializationException", "'=+/=' can not be converted to a Blob: Invalid Base64 character: '='"},
		{"PutRecord", `{"Data":"+/+="}`, "SerializationException", "'+/+=' can not be converted to a Blob: Invalid last non-pad Base64 character dectected"},
		{"PutRecord", `{"PartitionKey":{}}`, "SerializationException", "Start of structure or map found where not expected."},
		{"PutRecord", `{}`, "ValidationException", "3 validation errors detected: Value null at 'partitionKey' failed to satisfy constraint: Member must not be null; " +
			"Value null at 'data' failed to satisfy constraint: Member must not be null; Value null at 'streamName' failed to satisfy constraint: Member must not be null"},
		{"PutRecord", `{"StreamName":"e","PartitionKey":"","Data":""}`, "ValidationException",
			"1 validation error detected: Value '' at 'partitionKey' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{"PutRecord", `{"StreamName":"e","PartitionKey":"` + strings.Repeat("é", 257) + `","Data":""}`, "ValidationException",
			"1 validation error detected: Value '" + strings.Repeat("é", 257) + "' at 'partitionKey' failed to satisfy constraint: Member must have length less than or equal to 256"},
		{"PutRecord", `{"StreamName":"e","PartitionKey":"k","Data":"` + base64.StdEncoding.EncodeToString(make([]byte, 1<<20+1)) + `"}`, "ValidationException",
			"1 validation error detected: Value 'java.nio.HeapByteBuffer[pos=0 lim=1048577 cap=1048577]' at 'data' failed to satisfy constraint: Member must have length less than or equal to 1048576"},
		{"PutRecord", `{"StreamName":"e","PartitionKey":"k","Data":"` + large + `"}`, "InvalidArgumentException",
			"The record has 1048577 bytes of data and partition key; a record of this stream has at most 1048576."},
		{"PutRecord", `{"StreamName":"none","PartitionKey":"k","Data":""}`, "ResourceNotFoundException", none},
		{"PutRecord", `{"StreamName":"e","PartitionKey":"k","Data":"","ExplicitHashKey":"01"}`, "ValidationException",
			`1 validation error detected: Value '01' at 'explicitHashKey' failed to satisfy constraint: Member must satisfy regular expression pattern: 0|([1-9]\d{0,38})`},
		{"PutRecord", `{"StreamName":"e","PartitionKey":"k","Data":"","ExplicitHashKey":"340282366920938463463374607431768211456"}`, "InvalidArgumentException",
			"Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was 340282366920938463463374607431768211456"},
		{"PutRecord", `{"StreamName":"e","PartitionKey":"k","Data":"","SequenceNumberForOrdering":"26227199374822427428162556223570313216"}`, "InvalidArgumentException",
			"ExclusiveMinimumSequenceNumber 26227199374822427428162556223570313216 used in PutRecord on stream e under account 000000000000 is invalid."},
		{"PutRecord", `{"StreamId":"x","StreamName":"e","PartitionKey":"k","Data":""}`, "InvalidArgumentException",
			"StreamId is reserved by AWS and not imitated; name the stream by StreamName or StreamARN."},
		{"PutRecord", `{"StreamARN":"e","PartitionKey":"k","Data":""}`, "ValidationException",
			`1 validation error detected: Value 'e' at 'streamARN' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:aws.*:kinesis:.*:\d{12}:stream/\S+`},
		{"PutRecord", `{"StreamARN":"arn:aws:kinesis:us-east-2:000000000000:stream/e","PartitionKey":"k","Data":""}`, "ResourceNotFoundException",
			"Stream arn:aws:kinesis:us-east-2:000000000000:stream/e not found; here e is arn:aws:kinesis:us-east-1:000000000000:stream/e."},
		{"PutRecord", `{"StreamName":"x","StreamARN":"arn:aws:kinesis:us-east-1:000000000000:stream/e","PartitionKey":"k","Data":""}`, "InvalidArgumentException",
			"StreamName x is not that of StreamARN arn:aws:kinesis:us-east-1:000000000000:stream/e."},
		{"PutRecords", `{"StreamName":"e","Records":[]}`, "ValidationException",
			"1 validation error detected: Value '[]' at 'records' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{"PutRecords", `{"StreamName":"e","Records":[{"PartitionKey":"","Data":""},null]}`, "ValidationException",
			"2 validation errors detected: Value '' at 'records.1.member.partitionKey' failed to satisfy constraint: Member must have length greater than or equal to 1; " +
				"Value null at 'records.2.member' failed to satisfy constraint: Member must not be null"},
		{"PutRecords", `{"StreamName":"e","Records":["x"]}`, "SerializationException", "Expected null"},
		{"PutRecords", `{"StreamName":"e","Records":{}}`, "SerializationException", "Start of structure or map found where not expected."},
		{"PutRecords", `{"StreamName":"none","Records":[{"PartitionKey":"k","Data":""}]}`, "ResourceNotFoundException", none},
		{"PutRecords", `{"StreamName":"e","Records":[` + strings.Repeat(`{"PartitionKey":"k","Data":"`+large[:1<<20]+`"},`, 13) + `{"PartitionKey":"k","Data":"` + large[:1<<20] + `"}]}`, "InvalidArgumentException",
			"Records size exceeds 10 MB limit"},
		{"GetShardIterator", `{"StreamName":"e","ShardId":"shardId-5","ShardIteratorType":"LATEST"}`, "ResourceNotFoundException",
			"Shard shardId-000000000005 in stream e under account 000000000000 does not exist"},
		{"GetShardIterator", `{"StreamName":"e","ShardId":"2147483648","ShardIteratorType":"LATEST"}`, "ResourceNotFoundException",
			"Could not find shard 2147483648 in stream e under account 000000000000."},
		{"GetShardIterator", `{"StreamName":"e","ShardId":"shardId-1","ShardIteratorType":"AT_SEQUENCE_NUMBER","StartingSequenceNumber":"` + number + `"}`, "InvalidArgumentException",
			"Invalid StartingSequenceNumber. It encodes shardId-000000000000, while it was used in a call to a shard with shardId-000000000001"},
		{"GetShardIterator", `{"StreamName":"e","ShardId":"shardId-0","ShardIteratorType":"AT_SEQUENCE_NUMBER"}`, "InvalidArgumentException",
			"Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified AT_SEQUENCE_NUMBER and no StartingSequenceNumber."},
		{"GetShardIterator", `{"StreamName":"e","ShardId":"shardId-0","ShardIteratorType":"LATEST","StartingSequenceNumber":"5"}`, "InvalidArgumentException",
			"Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified LATEST and also a StartingSequenceNumber."},
		{"GetShardIterator", `{"StreamName":"e","ShardId":"shardId-0","ShardIteratorType":"AT_SEQUENCE_NUMBER","StartingSequenceNumber":"36893488147419103234"}`, "InvalidArgumentException",
			"Invalid StartingSequenceNumber. It encodes shardId-000000000002, while it was used in a call to a shard with shardId-000000000000"},
		{"GetShardIterator", `{"StreamName":"e","ShardId":"shardId-0","ShardIteratorType":"AT_TIMESTAMP"}`, "InvalidArgumentException",
			"Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current request has no timestamp parameter."},
		{"GetShardIterator", `{"StreamName":"e","ShardId":"shardId-0","ShardIteratorType":"AT_TIMESTAMP","Timestamp":1772625601.5}`, "InvalidArgumentException",
			"The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. timestampInMillis: 1772625601500, currentTimestampInMillis: 1772625600000"},
		{"GetRecords", `{"ShardIterator":"x"}`, "InvalidArgumentException", "Invalid ShardIterator."},
		{"GetRecords", `{"ShardIterator":"x","Limit":10001}`, "ValidationException",
			"1 validation error detected: Value '10001' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 10000"},
		{"CreateStream", `{"StreamName":"e","ShardCount":1}`, "ResourceInUseException", "Stream e under account 000000000000 already exists."},
		{"CreateStream", `{"StreamName":"f","StreamModeDetails":{"StreamMode":"PROVISIONED"}}`, "ValidationException",
			"1 validation error detected: Value null at 'shardCount' failed to satisfy constraint: Member must not be null"},
		{"CreateStream", `{"StreamName":"f","ShardCount":9998}`, "LimitExceededException", "This request would exceed the shard limit for the account 000000000000 in us-east-1. " +
			"Current shard count for the account: 3. Limit: 10000. Number of additional shards that would have resulted from this request: 9998. " +
			"Refer to the AWS Service Limits page (http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current limits and how to request higher limits."},
		{"AddTagsToStream", `{}`, "ValidationException", "2 validation errors detected: Value null at 'tags' failed to satisfy constraint: Member must not be null; " +
			"Value null at 'streamName' failed to satisfy constraint: Member must not be null"},
		{"AddTagsToStream", `{"StreamName":"e","Tags":[]}`, "SerializationException", "Start of list found where not expected"},
		{"AddTagsToStream", `{"StreamName":"e","Tags":{}}`, "ValidationException",
			"1 validation error detected: Value '{}' at 'tags' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{"AddTagsToStream", `{"StreamName":"e","Tags":{"a%":"b"}}`, "InvalidArgumentException",
			"Failed to add tags to stream e under account 000000000000 because some tags contained illegal characters. The allowed characters are " +
				"Unicode letters, digits, white-spaces, '_', '.', ':', '/', '=', '+', '-', '@'."},
		{"AddTagsToStream", `{"StreamName":"e","Tags":{"aws:x":"b"}}`, "InvalidArgumentException",
			"Failed to add tags to stream e under account 000000000000 because the key aws:x begins with aws:, which is reserved for AWS."},
		{"CreateStream", `{"StreamName":"f","ShardCount":1,"Tags":{"a":"!"}}`, "InvalidArgumentException",
			"Failed to add tags to stream f under account 000000000000 because some tags contained illegal characters. The allowed characters are " +
				"Unicode letters, digits, white-spaces, '_', '.', ':', '/', '=', '+', '-', '@'."},
		{"AddTagsToStream", `{"StreamName":"none","Tags":{"a":"b"}}`, "ResourceNotFoundException", none},
		{"RemoveTagsFromStream", `{"StreamName":"e","TagKeys":"a"}`, "SerializationException", "Expected list or null"},
		{"IncreaseStreamRetentionPeriod", `{"StreamName":"e","RetentionPeriodHours":23}`, "InvalidArgumentException",
			"Minimum allowed retention period is 24 hours. Requested retention period (23 hours) is too short."},
		{"IncreaseStreamRetentionPeriod", `{"StreamName":"e","RetentionPeriodHours":8761}`, "InvalidArgumentException",
			"Maximum allowed retention period is 8760 hours. Requested retention period (8761 hours) is too long."},
		{"DecreaseStreamRetentionPeriod", `{"StreamName":"e","RetentionPeriodHours":25}`, "InvalidArgumentException",
			"Requested retention period (25 hours) for stream e can not be longer than existing retention period (24 hours). Use IncreaseRetentionPeriod API."},
		{"CreateStream", `{"StreamName":"f","ShardCount":1,"MaxRecordSizeInKiB":2048}`, "InvalidArgumentException",
			"MaxRecordSizeInKiB 2048 is not imitated on one machine; leave it out, or use 1024."},
		{"CreateStream", `{"StreamName":"f","ShardCount":4,"StreamModeDetails":{"StreamMode":"ON_DEMAND"}}`, "InvalidArgumentException",
			"ShardCount 4 is not allowed with StreamMode ON_DEMAND; leave it out."},
		{"CreateStream", `{"StreamName":"f","StreamModeDetails":{"StreamMode":"X"}}`, "ValidationException",
			"2 validation errors detected: Value 'X' at 'streamModeDetails.streamMode' failed to satisfy constraint: Member must satisfy enum value set: [PROVISIONED, ON_DEMAND]; " +
				"Value null at 'shardCount' failed to satisfy constraint: Member must not be null"},
		{"DeleteStream", `{"StreamName":"none"}`, "ResourceNotFoundException", none},
		{"DescribeStream", `{"StreamName":"none"}`, "ResourceNotFoundException", none},
		{"DescribeStreamSummary", `{"StreamName":"none"}`, "ResourceNotFoundException", none},
		{"ListShards", `{}`, "InvalidArgumentException", "Either NextToken or StreamName should be provided."},
		{"ListShards", `{"NextToken":"x","ExclusiveStartShardId":"shardId-0"}`, "InvalidArgumentException", "NextToken and ExclusiveStartShardId cannot be provided together."},
		{"ListShards", `{"NextToken":"x","StreamCreationTimestamp":1}`, "InvalidArgumentException", "NextToken and StreamCreationTimestamp cannot be provided together."},
		{"ListShards", `{"StreamName":"e","NextToken":"x"}`, "InvalidArgumentException", "NextToken and StreamName cannot be provided together."},
		{"ListShards", `{"NextToken":"x"}`, "InvalidArgumentException", "NextToken is invalid."},
		{"ListShards", `{"StreamName":"e","ShardFilter":{"Type":"AFTER_SHARD_ID"}}`, "InvalidArgumentException", "ShardFilter of type AFTER_SHARD_ID needs a ShardId."},
		{"ListShards", `{"StreamName":"e","StreamCreationTimestamp":1}`, "ResourceNotFoundException", "Stream e under account 000000000000 not found."},
		{"ListStreams", `{"NextToken":"?"}`, "InvalidArgumentException", "NextToken is invalid."},
		{"ListStreams", `{"Limit":"x"}`, "SerializationException", "class java.lang.String can not be converted to an Integer"},
	} {
		r := s.Do(context.Background(), test.action, []byte(test.body))
		var got struct {
			Type    string `json:"__type"`
			Message string `json:"message"` // or Message: Go does not mind
		}
		if err := json.Unmarshal(r.Body, &got); err != nil || r.Status != 400 || got.Type != test.typ || got.Message != test.message {
			t.Errorf("%s %.100s\n     %d %.600s\nwant 400 %s: %s", test.action, test.body, r.Status, r.Body, test.typ, test.message)
		}
		if !regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`).MatchString(r.RequestID) {
			t.Errorf("request id %q", r.RequestID)
		}
	}
	if status := s.Status(); status.Refused < 50 || status.Streams[0].Shards[0].Records != 1 {
		t.Errorf("status %+v", status)
	}
}

func TestIteratorsAndTokensExpire(t *testing.T) {
	clock := clockwork.NewFakeClockAt(noon)
	s := open(t, kinesis.Options{Clock: clock}, map[string]int{"e": 3})
	it := call(t, s, "GetShardIterator", `{"StreamName":"e","ShardId":"shardId-0","ShardIteratorType":"LATEST"}`)["ShardIterator"].(string)
	token := call(t, s, "ListShards", `{"StreamName":"e","MaxResults":1}`)["NextToken"].(string)
	clock.Advance(5*time.Minute - time.Millisecond)
	call(t, s, "GetRecords", fmt.Sprintf(`{"ShardIterator":"%s"}`, it))
	call(t, s, "ListShards", fmt.Sprintf(`{"NextToken":"%s"}`, token))
	clock.Advance(2 * time.Millisecond)
	for _, test := range []struct{ action, body, want string }{
		{"GetRecords", fmt.Sprintf(`{"ShardIterator":"%s"}`, it), `{"__type":"ExpiredIteratorException","message":"Iterator expired. The iterator was created at time ` +
			`Wed Mar 04 12:00:00 UTC 2026 while right now it is Wed Mar 04 12:05:00 UTC 2026 which is further in the future than the tolerated delay of 300000 milliseconds."}`},
		{"ListShards", fmt.Sprintf(`{"NextToken":"%s"}`, token), `{"__type":"ExpiredNextTokenException","message":"NextToken is older than 300 seconds."}`},
	} {
		if r := s.Do(context.Background(), test.action, []byte(test.body)); r.Status != 400 || string(r.Body) != test.want {
			t.Errorf("%s: %d %s\nwant %s", test.action, r.Status, r.Body, test.want)
		}
	}
}

// "aws kinesis get-shard-iterator --query ShardIterator" prints the iterator in quotes, and Kinesis accepts the quotes.
func TestQuotedIterators(t *testing.T) {
	s := open(t, kinesis.Options{Unlimited: true}, map[string]int{"e": 1})
	call(t, s, "PutRecord", `{"StreamName":"e","PartitionKey":"a","Data":""}`)
	it := call(t, s, "GetShardIterator", `{"StreamName":"e","ShardId":"shardId-0","ShardIteratorType":"TRIM_HORIZON"}`)["ShardIterator"].(string)
	for sent, taken := range map[string]bool{
		it: true, `"` + it + `"`: true, `"` + it: true, it + `"`: true,
		`""` + it + `""`: false, `'` + it + `'`: false, it[:10] + `"` + it[10:]: false, `"`: false, `""`: false,
	} {
		body, err := json.Marshal(map[string]string{"ShardIterator": sent})
		if err != nil {
			t.Fatal(err)
		}
		r := s.Do(context.Background(), "GetRecords", body)
		want := `{"__type":"InvalidArgumentException","message":"Invalid ShardIterator."}`
		if taken != (r.Status == 200) || taken && !strings.Contains(string(r.Body), `"PartitionKey":"a"`) || !taken && string(r.Body) != want {
			t.Errorf("%s: %d %s", sent, r.Status, r.Body)
		}
	}
}

// A stream created again with the same name is another stream.
func TestIteratorOfADeletedStream(t *testing.T) {
	s := open(t, kinesis.Options{}, map[string]int{"e": 2})
	it := call(t, s, "GetShardIterator", `{"StreamName":"e","ShardId":"shardId-1","ShardIteratorType":"LATEST"}`)["ShardIterator"].(string)
	want := `{"__type":"ResourceNotFoundException","message":"Shard shardId-000000000001 in stream e under account 000000000000 does not exist"}`
	call(t, s, "DeleteStream", `{"StreamName":"e"}`)
	for range 2 {
		if r := s.Do(context.Background(), "GetRecords", fmt.Appendf(nil, `{"ShardIterator":"%s"}`, it)); r.Status != 400 || string(r.Body) != want {
			t.Errorf("%d %s\nwant %s", r.Status, r.Body, want)
		}
		_ = s.Do(context.Background(), "CreateStream", []byte(`{"StreamName":"e","ShardCount":2}`))
	}
}

func TestWriteLimit(t *testing.T) {
	clock := clockwork.NewFakeClockAt(noon)
	s := open(t, kinesis.Options{Clock: clock, Account: "123456789012"}, map[string]int{"e": 1})
	put := func(calls int) (taken int) {
		t.Helper()
		for range calls {
			var records []string
			for range 500 {
				records = append(records, `{"PartitionKey":"k","Data":"YQ=="}`)
			}
			answer := call(t, s, "PutRecords", `{"StreamName":"e","Records":[`+strings.Join(records, ",")+`]}`)
			taken += 500 - int(answer["FailedRecordCount"].(float64))
			for _, record := range answer["Records"].([]any) {
				if code := record.(map[string]any)["ErrorCode"]; code != nil && fmt.Sprint(record) !=
					"map[ErrorCode:ProvisionedThroughputExceededException ErrorMessage:Rate exceeded for shard shardId-000000000000 in stream e under account 123456789012.]" {
					t.Fatal(record)
				}
			}
		}
		return taken
	}
	if taken := put(4); taken != 1000 {
		t.Errorf("%d records are taken in a second", taken)
	}
	r := s.Do(context.Background(), "PutRecord", []byte(`{"StreamName":"e","PartitionKey":"k","Data":""}`))
	want := `{"__type":"ProvisionedThroughputExceededException","message":"Rate exceeded for shard shardId-000000000000 in stream e under account 123456789012."}`
	if r.Status != 400 || string(r.Body) != want {
		t.Errorf("%d %s\nwant %s", r.Status, r.Body, want)
	}
	clock.Advance(250 * time.Millisecond)
	if taken := put(4); taken != 250 {
		t.Errorf("%d records are taken a quarter of a second later", taken)
	}
	if got := s.Status().Streams[0].Shards[0]; got.Records != 1250 || got.Throttled != 1000+1+1750 || got.Bytes != 2500 {
		t.Errorf("status %+v", got)
	}
}

// An on-demand stream begins with four shards, and keeps them.
func TestOnDemand(t *testing.T) {
	for _, unlimited := range []bool{false, true} {
		s := open(t, kinesis.Options{Clock: clockwork.NewFakeClockAt(noon), Unlimited: unlimited}, nil)
		call(t, s, "CreateStream", `{"StreamName":"e","StreamModeDetails":{"StreamMode":"ON_DEMAND"}}`)
		taken := 0
		for range 20 {
			var records []string
			for i := range 500 {
				records = append(records, fmt.Sprintf(`{"PartitionKey":"k%d","Data":"YQ=="}`, i))
			}
			taken += 500 - int(call(t, s, "PutRecords", `{"StreamName":"e","Records":[`+strings.Join(records, ",")+`]}`)["FailedRecordCount"].(float64))
		}
		if want := map[bool]int{false: 4000, true: 10_000}[unlimited]; taken != want {
			t.Errorf("unlimited %v: %d records are taken in a second, want %d", unlimited, taken, want)
		}
	}
}

func TestReadLimit(t *testing.T) {
	clock := clockwork.NewFakeClockAt(noon)
	s := open(t, kinesis.Options{Clock: clock}, map[string]int{"e": 1})
	it := call(t, s, "GetShardIterator", `{"StreamName":"e","ShardId":"shardId-0","ShardIteratorType":"TRIM_HORIZON"}`)["ShardIterator"].(string)
	for range 5 {
		call(t, s, "GetRecords", fmt.Sprintf(`{"ShardIterator":"%s"}`, it))
	}
	r := s.Do(context.Background(), "GetRecords", fmt.Appendf(nil, `{"ShardIterator":"%s"}`, it))
	want := `{"__type":"ProvisionedThroughputExceededException","message":"Rate exceeded for Shard - 000000000000/e/shardId-000000000000"}`
	if r.Status != 400 || string(r.Body) != want {
		t.Errorf("%d %s\nwant %s", r.Status, r.Body, want)
	}
}

// A call returns at most 10 MiB, and the next call the rest.
func TestGetRecordsIsBounded(t *testing.T) {
	s := open(t, kinesis.Options{Unlimited: true}, map[string]int{"e": 1})
	data := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 1<<20-1))
	for range 12 {
		call(t, s, "PutRecord", `{"StreamName":"e","PartitionKey":"k","Data":"`+data+`"}`)
	}
	it := call(t, s, "GetShardIterator", `{"StreamName":"e","ShardId":"shardId-0","ShardIteratorType":"TRIM_HORIZON"}`)["ShardIterator"].(string)
	var counts []int
	for range 3 {
		answer := call(t, s, "GetRecords", fmt.Sprintf(`{"ShardIterator":"%s"}`, it))
		counts = append(counts, len(answer["Records"].([]any)))
		it = answer["NextShardIterator"].(string)
	}
	if fmt.Sprint(counts) != "[10 2 0]" {
		t.Errorf("the calls return %v records", counts)
	}
}
