package main

import (
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"cdk.tf/go/ingest/internal/sdkhttp"
)

const (
	bucket = "api-kinesis-firehose-bucket-dev"
	stream = "api-kinesis-stream-dev"
	// recordLimit is the largest size of a record, data and partition key together: 1 MiB. requestIDLength is the length of a
	// request id, which is the partition key.
	recordLimit     = 1 << 20
	requestIDLength = 36
)

func (p *process) config() aws.Config {
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(p.aws),
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""), HTTPClient: sdkhttp.Keep(nil),
	}
}

// padded is an event of so many bytes.
func padded(size int) string {
	const around = `{"pad":""}`
	return `{"pad":"` + strings.Repeat("x", size-len(around)) + `"}`
}

// What a client sends is what lies in the stream and in the bucket, byte for byte.
func TestEndToEnd(t *testing.T) {
	bodies := []string{
		`{"event": "signup", "user_id": 123}`,
		`{"quotes":"\"'` + "`" + `\\","apostrophe":"it's"}`,
		"{\n  \"lines\": \"a\\nb\\r\\n\",\r\n\t\"spaces\" : 1  }",
		`{"unicode":"Zoë — 事件 😀 \u0000\ud83d\ude00","ключ":"значение"}`,
		`{"velocity":"$context.requestId #set($x = 1) ${x} $!input.body ## #end","terraform":"${a} %{b}"}`,
		`{"html":"<b>&amp;</b>","big":12345678901234567890,"fraction":1.10}`,
		`{"same":1,"same":2}`,
		`{}`,
		padded(recordLimit - requestIDLength),
	}
	data := filepath.Join(t.TempDir(), "data")
	// The default schema refuses an empty object, which has its own test.
	p := begin(t, edited(t, `,\n  \"minProperties\": 1`, ``), data, "--unlimited", "--buffer-interval", "900s")
	var numbers []string
	for _, body := range bodies {
		answer := p.mustPost(body)
		if answer.Status != http.StatusOK || answer.ShardID != "shardId-000000000000" || answer.RequestID == "" {
			t.Fatalf("%.80q is answered with %+v", body, answer)
		}
		numbers = append(numbers, answer.SequenceNumber)
	}
	for i, record := range p.records(t, len(bodies)) {
		if string(record.Data) != bodies[i] || *record.SequenceNumber != numbers[i] {
			t.Errorf("the stream holds %.80q as %s; sent was %.80q as %s", record.Data, *record.SequenceNumber, bodies[i], numbers[i])
		}
	}
	if status := p.end(); status != 0 {
		t.Fatalf("the process ends with %d:\n%s", status, p.stderr)
	}
	again := begin(t, devStack, data)
	want := strings.Join(bodies, "\n") + "\n"
	objects := again.objects(t)
	// The names of two objects of the same second do not show which came first.
	slices.SortFunc(objects, func(a, b string) int { return strings.Index(want, a) - strings.Index(want, b) })
	if got := strings.Join(objects, ""); got != want {
		t.Errorf("the bucket holds %d bytes, sent were %d with a newline each: %.200q", len(got), len(want), got)
	}
}

// records reads the stream's first records by the SDK.
func (p *process) records(t *testing.T, count int) []types.Record {
	t.Helper()
	client := kinesis.NewFromConfig(p.config())
	iterator, err := client.GetShardIterator(t.Context(), &kinesis.GetShardIteratorInput{
		StreamName: aws.String(stream), ShardId: aws.String("shardId-000000000000"), ShardIteratorType: types.ShardIteratorTypeTrimHorizon,
	})
	must(t, err)
	var found []types.Record
	for next := iterator.ShardIterator; len(found) < count; {
		answer, err := client.GetRecords(t.Context(), &kinesis.GetRecordsInput{ShardIterator: next})
		must(t, err)
		if len(answer.Records) == 0 {
			t.Fatalf("the stream holds %d records, want %d", len(found), count)
		}
		found = append(found, answer.Records...)
		next = answer.NextShardIterator
	}
	return found
}

// objects reads the bucket's events by the SDK.
func (p *process) objects(t *testing.T) []string {
	t.Helper()
	client := s3.NewFromConfig(p.config(), func(o *s3.Options) { o.UsePathStyle = true })
	list, err := client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String(bucket), Prefix: aws.String("events/")})
	must(t, err)
	var all []string
	for _, object := range list.Contents {
		answer, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String(bucket), Key: object.Key})
		must(t, err)
		text, err := io.ReadAll(answer.Body)
		must(t, err)
		must(t, answer.Body.Close())
		all = append(all, string(text))
	}
	return all
}

// What is no event is refused by the rule that it breaks, and is not in the stream.
func TestWhatIsNoEvent(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	p := begin(t, devStack, data, "--unlimited")
	for _, test := range []struct {
		name, body string
		status     int
		message    string
		reason     string
	}{
		{"an empty object", `{}`, 400, "Invalid request body", "[object has too few properties (found 0 but schema requires at least 1)]"},
		{"no body", ``, 400, "Invalid request body", "[object has too few properties (found 0 but schema requires at least 1)]"},
		{"a list", `[1]`, 400, "Invalid request body", `[instance type (array) does not match any allowed primitive type (allowed: ["object"])]`},
		{"a record over 1 MiB", padded(recordLimit + 1), 400, "the stream refused the event", "1 validation error detected: Value 'java.nio.HeapByteBuffer[pos=0 lim=1048577 cap=1048577]' at 'data' failed to satisfy constraint: Member must have length less than or equal to 1048576"},
		{"a body over 10 MB", padded(10<<20 + 1), 413, "Request Too Long", ""},
	} {
		answer := p.mustPost(test.body)
		if answer.Status != test.status || answer.Message != test.message || answer.Reason != test.reason {
			t.Errorf("%s is answered with %+v", test.name, answer)
		}
	}
	if status := p.end(); status != 0 {
		t.Fatalf("the process ends with %d:\n%s", status, p.stderr)
	}
	if found, _ := filepath.Glob(filepath.Join(data, "s3", bucket, "*")); len(found) != 0 {
		t.Errorf("the bucket holds %v", found)
	}
}
