package kinesis_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/internal/sdkhttp"
	"cdk.tf/go/ingest/local/kinesis"
)

// client is AWS's client for a service on a real socket. It does not retry.
func client(t *testing.T, s *kinesis.Service) *sdk.Client {
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return sdk.New(sdk.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(server.URL),
		Credentials: credentials.NewStaticCredentialsProvider("any", "thing", ""),
		Retryer:     aws.NopRetryer{},
		HTTPClient:  sdkhttp.Keep(nil),
	})
}

func TestSDK(t *testing.T) {
	ctx := t.Context()
	c := client(t, open(t, kinesis.Options{Unlimited: true}, nil))
	if _, err := c.CreateStream(ctx, &sdk.CreateStreamInput{StreamName: aws.String("e"), ShardCount: aws.Int32(3)}); err != nil {
		t.Fatal(err)
	}
	if err := sdk.NewStreamExistsWaiter(c).Wait(ctx, &sdk.DescribeStreamInput{StreamName: aws.String("e")}, time.Minute); err != nil {
		t.Fatal(err)
	}
	summary, err := c.DescribeStreamSummary(ctx, &sdk.DescribeStreamSummaryInput{StreamARN: aws.String("arn:aws:kinesis:us-east-1:000000000000:stream/e")})
	if err != nil {
		t.Fatal(err)
	}
	if d := summary.StreamDescriptionSummary; d.StreamStatus != types.StreamStatusActive || *d.OpenShardCount != 3 ||
		d.StreamModeDetails.StreamMode != types.StreamModeProvisioned || time.Since(*d.StreamCreationTimestamp) > time.Minute {
		t.Errorf("%+v", d)
	}
	data := map[string]string{"plain": "a", "quotes": `"'\`, "lines": "a\r\nb\n", "unicode": "é日本😀", "empty": "", "binary": "\x00\xff", "large": strings.Repeat("x", 1<<20-5)}
	put := map[string]string{} // key by sequence number
	for key, value := range data {
		out, err := c.PutRecord(ctx, &sdk.PutRecordInput{StreamName: aws.String("e"), PartitionKey: aws.String(key), Data: []byte(value)})
		if err != nil {
			t.Fatal(err)
		}
		put[*out.SequenceNumber] = key
	}
	many, err := c.PutRecords(ctx, &sdk.PutRecordsInput{StreamName: aws.String("e"), Records: []types.PutRecordsRequestEntry{
		{PartitionKey: aws.String("plain"), Data: []byte("b")}, {PartitionKey: aws.String("é\n"), Data: []byte("c"), ExplicitHashKey: aws.String("0")},
	}})
	if err != nil || *many.FailedRecordCount != 0 || len(many.Records) != 2 || *many.Records[1].ShardId != shard0 {
		t.Fatalf("%+v %v", many, err)
	}
	put[*many.Records[0].SequenceNumber], put[*many.Records[1].SequenceNumber] = "plain", "é\n"
	data["é\n"] = "c"
	shards, err := c.ListShards(ctx, &sdk.ListShardsInput{StreamName: aws.String("e")})
	if err != nil {
		t.Fatal(err)
	}
	for _, shard := range shards.Shards {
		for _, r := range readAll(t, c, *shard.ShardId, 2) {
			if key := put[*r.SequenceNumber]; key != *r.PartitionKey || data[key] != string(r.Data) && string(r.Data) != "b" || time.Since(*r.ApproximateArrivalTimestamp).Abs() > time.Minute {
				t.Errorf("%s: %q %.20q", *r.SequenceNumber, *r.PartitionKey, r.Data)
			}
			delete(put, *r.SequenceNumber)
		}
	}
	if len(put) != 0 {
		t.Errorf("not read: %v", put)
	}
}

// Each answer about a record says that the stream is encrypted.
func TestSDKOfAnEncryptedStream(t *testing.T) {
	ctx := t.Context()
	for key, want := range map[string]types.EncryptionType{"KMS": types.EncryptionTypeKms, "NONE": ""} {
		s := open(t, kinesis.Options{}, nil)
		if err := s.Declare(kinesis.Config{Name: "e", ARN: "arn:aws:kinesis:us-east-1:000000000000:stream/e", Mode: "PROVISIONED", Shards: 1, Retention: 24 * time.Hour, Encryption: key, Key: "alias/aws/kinesis"}); err != nil {
			t.Fatal(err)
		}
		c := client(t, s)
		one, err := c.PutRecord(ctx, &sdk.PutRecordInput{StreamName: aws.String("e"), PartitionKey: aws.String("k"), Data: []byte("a")})
		if err != nil || one.EncryptionType != want {
			t.Errorf("PutRecord: %+v %v", one, err)
		}
		many, err := c.PutRecords(ctx, &sdk.PutRecordsInput{StreamName: aws.String("e"), Records: []types.PutRecordsRequestEntry{{PartitionKey: aws.String("k"), Data: []byte("b")}}})
		if err != nil || many.EncryptionType != want {
			t.Errorf("PutRecords: %+v %v", many, err)
		}
		records := readAll(t, c, shard0, 1)
		for _, r := range records {
			if r.EncryptionType != want {
				t.Errorf("GetRecords: %+v", r)
			}
		}
		if len(records) != 2 {
			t.Errorf("%d records are read", len(records))
		}
	}
}

// readAll reads a shard from its oldest record, with a limit for each call.
func readAll(t *testing.T, c *sdk.Client, shard string, limit int32) (records []types.Record) {
	t.Helper()
	start, err := c.GetShardIterator(t.Context(), &sdk.GetShardIteratorInput{
		StreamName: aws.String("e"), ShardId: aws.String(shard), ShardIteratorType: types.ShardIteratorTypeTrimHorizon,
	})
	if err != nil {
		t.Fatal(err)
	}
	for next := start.ShardIterator; ; {
		out, err := c.GetRecords(t.Context(), &sdk.GetRecordsInput{ShardIterator: next, Limit: aws.Int32(limit)})
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Records) > int(limit) {
			t.Errorf("%d records of a limit of %d", len(out.Records), limit)
		}
		records, next = append(records, out.Records...), out.NextShardIterator
		if len(out.Records) == 0 {
			return records
		}
	}
}

func TestSDKIterators(t *testing.T) {
	clock := clockwork.NewFakeClockAt(noon)
	c := client(t, open(t, kinesis.Options{Clock: clock, Unlimited: true}, map[string]int{"e": 1}))
	var numbers []string
	for i := range 5 { // at noon, a second later, …
		out, err := c.PutRecord(t.Context(), &sdk.PutRecordInput{StreamName: aws.String("e"), PartitionKey: aws.String("k"), Data: fmt.Append(nil, i)})
		if err != nil {
			t.Fatal(err)
		}
		numbers = append(numbers, *out.SequenceNumber)
		clock.Advance(time.Second)
	}
	at := func(d time.Duration) *time.Time { return aws.Time(noon.Add(d)) }
	for _, test := range []struct {
		typ    types.ShardIteratorType
		number int // -1 for none
		time   *time.Time
		want   string
		behind int64
	}{
		{types.ShardIteratorTypeTrimHorizon, -1, nil, "01234", 0},
		{types.ShardIteratorTypeAtSequenceNumber, 2, nil, "234", 0},
		{types.ShardIteratorTypeAfterSequenceNumber, 2, nil, "34", 0},
		{types.ShardIteratorTypeAfterSequenceNumber, 4, nil, "", 0},
		{types.ShardIteratorTypeLatest, -1, nil, "", 0},
		{types.ShardIteratorTypeAtTimestamp, -1, at(-time.Hour), "01234", 0},
		{types.ShardIteratorTypeAtTimestamp, -1, at(2 * time.Second), "234", 0},
		{types.ShardIteratorTypeAtTimestamp, -1, at(2*time.Second + time.Millisecond), "34", 0},
		{types.ShardIteratorTypeAtTimestamp, -1, at(4500 * time.Millisecond), "", 0},
	} {
		in := &sdk.GetShardIteratorInput{StreamName: aws.String("e"), ShardId: aws.String(shard0), ShardIteratorType: test.typ, Timestamp: test.time}
		if test.number >= 0 {
			in.StartingSequenceNumber = &numbers[test.number]
		}
		it, err := c.GetShardIterator(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		out, err := c.GetRecords(t.Context(), &sdk.GetRecordsInput{ShardIterator: it.ShardIterator})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, r := range out.Records {
			got += string(r.Data)
		}
		if got != test.want || *out.MillisBehindLatest != 0 {
			t.Errorf("%s %d %v: %q, %d ms behind; want %q", test.typ, test.number, test.time, got, *out.MillisBehindLatest, test.want)
		}
		one, err := c.GetRecords(t.Context(), &sdk.GetRecordsInput{ShardIterator: it.ShardIterator, Limit: aws.Int32(1)})
		if err != nil {
			t.Fatal(err)
		}
		if want := max(0, int64(len(test.want))*1000); len(test.want) > 1 && *one.MillisBehindLatest != want {
			t.Errorf("%s %d: after one record %d ms behind, want %d", test.typ, test.number, *one.MillisBehindLatest, want)
		}
	}
}

func TestSDKErrors(t *testing.T) {
	c := client(t, open(t, kinesis.Options{Clock: clockwork.NewFakeClockAt(noon)}, map[string]int{"e": 1}))
	entries := make([]types.PutRecordsRequestEntry, 500)
	for i := range entries {
		entries[i] = types.PutRecordsRequestEntry{PartitionKey: aws.String("k"), Data: []byte("x")}
	}
	failed := int32(0)
	for range 3 {
		out, err := c.PutRecords(t.Context(), &sdk.PutRecordsInput{StreamName: aws.String("e"), Records: entries})
		if err != nil {
			t.Fatal(err)
		}
		failed += *out.FailedRecordCount
	}
	if failed != 500 {
		t.Errorf("%d of 1,500 records are refused, want 500", failed)
	}
	_, err := c.PutRecord(t.Context(), &sdk.PutRecordInput{StreamName: aws.String("e"), PartitionKey: aws.String("k"), Data: []byte("x")})
	if throttled := (*types.ProvisionedThroughputExceededException)(nil); !errors.As(err, &throttled) {
		t.Error(err)
	}
	_, err = c.PutRecord(t.Context(), &sdk.PutRecordInput{StreamName: aws.String("none"), PartitionKey: aws.String("k"), Data: []byte("x")})
	if missing := (*types.ResourceNotFoundException)(nil); !errors.As(err, &missing) {
		t.Error(err)
	}
	_, err = c.ListStreamConsumers(t.Context(), &sdk.ListStreamConsumersInput{StreamARN: aws.String("arn:aws:kinesis:us-east-1:000000000000:stream/e")})
	if err == nil || !strings.Contains(err.Error(), "UnknownOperationException") || !strings.Contains(err.Error(), "these are: AddTagsToStream") {
		t.Error(err)
	}
}

func TestSDKPages(t *testing.T) {
	ctx := context.Background()
	streams := map[string]int{}
	for i := range 7 {
		streams[fmt.Sprintf("stream-%d", i)] = 5
	}
	c := client(t, open(t, kinesis.Options{}, streams))
	var names []string
	for pages := sdk.NewListStreamsPaginator(c, &sdk.ListStreamsInput{Limit: aws.Int32(3)}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, page.StreamNames...)
	}
	if got := fmt.Sprint(names); got != "[stream-0 stream-1 stream-2 stream-3 stream-4 stream-5 stream-6]" {
		t.Error(got)
	}
	var shards []string
	in := &sdk.ListShardsInput{StreamName: aws.String("stream-1"), MaxResults: aws.Int32(2), ShardFilter: &types.ShardFilter{Type: types.ShardFilterTypeAfterShardId, ShardId: aws.String(shard0)}}
	for {
		page, err := c.ListShards(ctx, in)
		if err != nil {
			t.Fatal(err)
		}
		for _, shard := range page.Shards {
			shards = append(shards, strings.TrimLeft(strings.TrimPrefix(*shard.ShardId, "shardId-"), "0"))
			if shard.ParentShardId != nil || shard.SequenceNumberRange.EndingSequenceNumber != nil {
				t.Errorf("%+v", shard)
			}
		}
		if page.NextToken == nil {
			break
		}
		in = &sdk.ListShardsInput{NextToken: page.NextToken, MaxResults: aws.Int32(2)}
	}
	if got := fmt.Sprint(shards); got != "[1 2 3 4]" {
		t.Error(got)
	}
	d, err := c.DescribeStream(ctx, &sdk.DescribeStreamInput{StreamName: aws.String("stream-1"), Limit: aws.Int32(2), ExclusiveStartShardId: aws.String(shard0)})
	if err != nil || len(d.StreamDescription.Shards) != 2 || !*d.StreamDescription.HasMoreShards {
		t.Errorf("%+v, %v", d.StreamDescription, err)
	}
}
