package replay

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"
	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/internal/sdkhttp"
	"cdk.tf/go/ingest/local/kinesis"
	"cdk.tf/go/ingest/local/s3"
)

var start = time.Date(2026, time.March, 7, 15, 4, 5, 0, time.UTC)

const (
	bucketName = "events"
	streamName = "stream"
)

// eager is a clock on which waits take no time: a wait moves the clock.
type eager struct{ *clockwork.FakeClock }

func (e eager) NewTimer(d time.Duration) clockwork.Timer {
	timer := e.FakeClock.NewTimer(d)
	e.Advance(d)
	return timer
}

// world is a local stream and bucket behind AWS's SDK.
type world struct {
	*testing.T
	dir     string
	clock   eager
	streams *kinesis.Service
	objects *awss3.Client
	stream  *faulty
	stderr  bytes.Buffer
	opts    Options
}

// faulty is a stream whose calls a test can replace.
type faulty struct {
	*awskinesis.Client
	// calls counts PutRecords.
	calls int
	// put is called instead of PutRecords. forward makes the real call.
	put func(call int, in *awskinesis.PutRecordsInput, forward forward) (*awskinesis.PutRecordsOutput, error)
}

type forward func(*awskinesis.PutRecordsInput) (*awskinesis.PutRecordsOutput, error)

func (f *faulty) PutRecords(ctx context.Context, in *awskinesis.PutRecordsInput, options ...func(*awskinesis.Options)) (*awskinesis.PutRecordsOutput, error) {
	f.calls++
	call := func(in *awskinesis.PutRecordsInput) (*awskinesis.PutRecordsOutput, error) {
		return f.Client.PutRecords(ctx, in, options...)
	}
	if f.put == nil {
		return call(in)
	}
	return f.put(f.calls, in, call)
}

func newWorld(t *testing.T, shards int) *world {
	t.Helper()
	w := &world{T: t, dir: t.TempDir(), clock: eager{clockwork.NewFakeClockAt(start)}}
	logger := slog.New(slog.DiscardHandler)
	streams, err := kinesis.Open(kinesis.Options{
		Path: filepath.Join(w.dir, "kinesis.db"), Clock: w.clock, Logger: logger,
		Region: "us-east-1", Account: placeholder, Partition: "aws",
	})
	w.must(err)
	t.Cleanup(func() { _ = streams.Close() })
	w.must(streams.Declare(kinesis.Config{Name: streamName, Mode: "PROVISIONED", Shards: shards, Retention: 24 * time.Hour, Encryption: "NONE"}))
	buckets, err := s3.Open(s3.Options{Dir: filepath.Join(w.dir, "s3"), Clock: w.clock, Logger: logger})
	w.must(err)
	w.must(buckets.Declare(s3.Config{Name: bucketName}))
	w.streams = streams
	handler := buckets.Handler()
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		out.Header().Set("Date", w.clock.Now().UTC().Format(http.TimeFormat))
		if r.Header.Get("X-Amz-Target") != "" {
			streams.ServeHTTP(out, r)
			return
		}
		handler.ServeHTTP(out, r)
	}))
	t.Cleanup(server.Close)
	w.connect(server.URL)
	return w
}

func (w *world) connect(endpoint string) {
	cfg := aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(endpoint),
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""), HTTPClient: sdkhttp.Keep(nil),
	}
	w.objects = awss3.NewFromConfig(cfg, func(o *awss3.Options) { o.UsePathStyle = true })
	w.stream = &faulty{Client: awskinesis.NewFromConfig(cfg)}
	w.opts = Options{
		Target: Target{Bucket: bucketName, Prefix: "errors/", Stream: streamName, Region: "us-east-1", Endpoint: endpoint, ToRegion: "us-east-1", ToEndpoint: endpoint},
		From:   w.objects, To: w.stream, Clock: w.clock, Jitter: func() float64 { return 1 }, Progress: &w.stderr,
		Checkpoint: filepath.Join(w.dir, "replay", "c.json"), Rejected: filepath.Join(w.dir, "replay", "c.rejected.jsonl"),
	}
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// line returns an error record as Firehose writes it.
func line(data string) string {
	return fmt.Sprintf(`{"attemptsMade":4,"arrivalTimestamp":%d,"errorCode":"Lambda.FunctionError","errorMessage":"it failed","attemptEndingTimestamp":%d,"rawData":%q,"lambdaArn":"arn:aws:lambda:us-east-1:000000000000:function:f"}`,
		start.UnixMilli(), start.Add(time.Minute).UnixMilli(), base64.StdEncoding.EncodeToString([]byte(data)))
}

// write puts an object with these lines below the error prefix.
func (w *world) write(key string, lines ...string) {
	w.Helper()
	w.writeBytes(key, []byte(strings.Join(lines, "\n")+"\n"))
}

func (w *world) writeBytes(key string, content []byte) {
	w.Helper()
	_, err := w.objects.PutObject(w.Context(), &awss3.PutObjectInput{Bucket: aws.String(bucketName), Key: aws.String("errors/" + key), Body: bytes.NewReader(content)})
	w.must(err)
}

// failures writes objects with a number of records each, and returns the records.
func (w *world) failures(objects, records int) []string {
	w.Helper()
	var all []string
	for i := range objects {
		var lines []string
		for j := range records {
			data := fmt.Sprintf("event-%02d-%04d", i, j)
			all, lines = append(all, data), append(lines, line(data))
		}
		w.write(fmt.Sprintf("processing-failed/%02d", i), lines...)
	}
	return all
}

func (w *world) run() (Summary, error) {
	return Run(w.Context(), w.opts)
}

// mustRun runs a replay, which must succeed.
func (w *world) mustRun() Summary {
	w.Helper()
	summary, err := w.run()
	if err != nil {
		w.Fatalf("%v\n%s", err, w.stderr.String())
	}
	return summary
}

// put returns the records of the stream, sorted.
func (w *world) put() []string {
	w.Helper()
	var all []string
	for data, times := range w.counts() {
		for range times {
			all = append(all, data)
		}
	}
	slices.Sort(all)
	return all
}

// counts returns how often the stream holds each record. It fails if copies of a record are in different shards.
func (w *world) counts() map[string]int {
	w.Helper()
	found, places := map[string]int{}, map[string]map[string]bool{}
	shards, err := w.streams.Shards(w.Context(), streamName)
	w.must(err)
	for _, shard := range shards {
		for after := ""; ; {
			records, err := w.streams.Records(w.Context(), streamName, shard.ID, after, 1000)
			w.must(err)
			if len(records) == 0 {
				break
			}
			for _, record := range records {
				found[string(record.Data)]++
				if places[string(record.Data)] == nil {
					places[string(record.Data)] = map[string]bool{}
				}
				places[string(record.Data)][shard.ID+record.PartitionKey] = true
			}
			after = records[len(records)-1].SequenceNumber
		}
	}
	for data, in := range places {
		if len(in) > 1 {
			w.Errorf("%s is in %v", data, slices.Sorted(maps.Keys(in)))
		}
	}
	return found
}

func (w *world) expect(what string, want, got any) {
	w.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		w.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// refuse returns the result of a throttled record.
func refuse() types.PutRecordsResultEntry {
	return types.PutRecordsResultEntry{ErrorCode: aws.String("ProvisionedThroughputExceededException"), ErrorMessage: aws.String("Rate exceeded")}
}
