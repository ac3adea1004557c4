package kinesis_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/local/kinesis"
)

func tagsOf(t *testing.T, c *sdk.Client, stream string) string {
	t.Helper()
	listed, err := c.ListTagsForStream(t.Context(), &sdk.ListTagsForStreamInput{StreamName: &stream})
	if err != nil {
		t.Fatal(err)
	}
	return said(listed.Tags)
}

func said(tags []types.Tag) (all string) {
	for _, tag := range tags {
		all += fmt.Sprintf("%s=%s ", *tag.Key, *tag.Value)
	}
	return all
}

// Tags and the retention survive a restart. A declaration replaces them by the stack's.
func TestTagsAndRetentionAreKept(t *testing.T) {
	ctx := t.Context()
	options := kinesis.Options{Path: filepath.Join(t.TempDir(), "kinesis.db")}
	s, err := kinesis.Open(options)
	if err != nil {
		t.Fatal(err)
	}
	declared := kinesis.Config{Name: "e", Mode: "PROVISIONED", Shards: 1, Retention: 24 * time.Hour, Tags: map[string]string{"Project": "api", "Environment": "dev"}}
	if err := s.Declare(declared); err != nil {
		t.Fatal(err)
	}
	c := client(t, s)
	arn := aws.String("arn:aws:kinesis:us-east-1:000000000000:stream/e")
	if got := tagsOf(t, c, "e"); got != "Environment=dev Project=api " {
		t.Error(got)
	}
	for _, err := range []error{
		call1(c.AddTagsToStream(ctx, &sdk.AddTagsToStreamInput{StreamName: aws.String("e"), Tags: map[string]string{"owner": "ünï", "Project": "other", "empty": ""}})),
		call1(c.TagResource(ctx, &sdk.TagResourceInput{ResourceARN: arn, Tags: map[string]string{"a": "b"}})),
		call1(c.RemoveTagsFromStream(ctx, &sdk.RemoveTagsFromStreamInput{StreamARN: arn, TagKeys: []string{"Environment", "none"}})),
		call1(c.UntagResource(ctx, &sdk.UntagResourceInput{ResourceARN: arn, TagKeys: []string{"empty"}})),
		call1(c.IncreaseStreamRetentionPeriod(ctx, &sdk.IncreaseStreamRetentionPeriodInput{StreamName: aws.String("e"), RetentionPeriodHours: aws.Int32(168)})),
		call1(c.DecreaseStreamRetentionPeriod(ctx, &sdk.DecreaseStreamRetentionPeriodInput{StreamName: aws.String("e"), RetentionPeriodHours: aws.Int32(48)})),
		call1(c.CreateStream(ctx, &sdk.CreateStreamInput{StreamName: aws.String("f"), ShardCount: aws.Int32(1), Tags: map[string]string{"made": "so"}})),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = kinesis.Open(options); err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // it was only read
	c = client(t, s)
	if got := tagsOf(t, c, "e") + tagsOf(t, c, "f"); got != "Project=other a=b owner=ünï made=so " {
		t.Error(got)
	}
	listed, err := c.ListTagsForResource(ctx, &sdk.ListTagsForResourceInput{ResourceARN: arn})
	if err != nil || said(listed.Tags) != "Project=other a=b owner=ünï " {
		t.Errorf("%v %v", listed, err)
	}
	page, err := c.ListTagsForStream(ctx, &sdk.ListTagsForStreamInput{StreamName: aws.String("e"), ExclusiveStartTagKey: aws.String("Project"), Limit: aws.Int32(1)})
	if err != nil || said(page.Tags) != "a=b " || !*page.HasMoreTags {
		t.Errorf("%v %v", page, err)
	}
	d, err := c.DescribeStreamSummary(ctx, &sdk.DescribeStreamSummaryInput{StreamName: aws.String("e")})
	if err != nil || *d.StreamDescriptionSummary.RetentionPeriodHours != 48 {
		t.Errorf("%+v %v", d, err)
	}
	if err := s.Declare(declared); err != nil {
		t.Fatal(err)
	}
	if got := tagsOf(t, c, "e"); got != "Environment=dev Project=api " {
		t.Errorf("declared again it has %s", got)
	}
}

func call1[T any](_ T, err error) error { return err }

func TestTagsAreAtMostFifty(t *testing.T) {
	s := open(t, kinesis.Options{}, map[string]int{"e": 1})
	c := client(t, s)
	for i := range 51 {
		_, err := c.AddTagsToStream(t.Context(), &sdk.AddTagsToStreamInput{StreamName: aws.String("e"), Tags: map[string]string{fmt.Sprint("key-", i): "x"}})
		if refused := err != nil; refused != (i == 50) {
			t.Errorf("tag %d: %v", i, err)
		}
	}
}

// A shorter retention hides older records at once, and a longer one keeps the existing records.
func TestRetentionChangesWhatIsRead(t *testing.T) {
	clock := clockwork.NewFakeClockAt(noon)
	s := open(t, kinesis.Options{Clock: clock}, map[string]int{"e": 1})
	call(t, s, "IncreaseStreamRetentionPeriod", `{"StreamName":"e","RetentionPeriodHours":72}`)
	call(t, s, "PutRecord", `{"StreamName":"e","PartitionKey":"a","Data":""}`)
	clock.Advance(48 * time.Hour)
	read := func() int {
		iterator := call(t, s, "GetShardIterator", `{"StreamName":"e","ShardId":"`+shard0+`","ShardIteratorType":"TRIM_HORIZON"}`)["ShardIterator"].(string)
		return len(call(t, s, "GetRecords", `{"ShardIterator":"`+iterator+`"}`)["Records"].([]any))
	}
	if got := read(); got != 1 {
		t.Errorf("%d records after 48 of 72 hours", got)
	}
	call(t, s, "DecreaseStreamRetentionPeriod", `{"StreamName":"e","RetentionPeriodHours":24}`)
	if got := read(); got != 0 {
		t.Errorf("%d records after 48 of 24 hours", got)
	}
}
