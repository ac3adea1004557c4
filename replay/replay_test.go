package replay

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// A replay puts the records below the error prefix once, and deletes no object. It ignores other objects.
func TestReplayPutsEachRecordOnce(t *testing.T) {
	w := newWorld(t, 2)
	want := w.failures(5, 7)
	_, err := w.objects.PutObject(t.Context(), &awss3.PutObjectInput{Bucket: aws.String(bucketName), Key: aws.String("events/1"), Body: strings.NewReader(line("delivered"))})
	w.must(err)
	summary := w.mustRun()
	w.expect("the stream", want, w.put())
	w.expect("the summary", Summary{Objects: 5, Begun: 5, Put: 35, Bytes: 35 * 13, ByCode: map[string]int{"Lambda.FunctionError": 35}, Rate: 1000}, summary)
	w.expect("another replay", Summary{Objects: 5, Complete: 5, ByCode: map[string]int{}, Rate: 1000}, w.mustRun())
	w.expect("the stream", want, w.put())
	list, err := w.objects.ListObjectsV2(t.Context(), &awss3.ListObjectsV2Input{Bucket: aws.String(bucketName)})
	w.must(err)
	w.expect("the objects", 6, len(list.Contents))
}

// controls is a bucket in which each "1" of a key is a control character, which the local S3 takes in none.
type controls struct{ *awss3.Client }

func (c controls) ListObjectsV2(ctx context.Context, in *awss3.ListObjectsV2Input, options ...func(*awss3.Options)) (*awss3.ListObjectsV2Output, error) {
	if in.EncodingType == "" {
		return nil, errors.New("XML syntax error: illegal character code U+0001")
	}
	page, err := c.Client.ListObjectsV2(ctx, in, options...)
	if err == nil {
		for i, object := range page.Contents {
			page.Contents[i].Key = aws.String(strings.ReplaceAll(*object.Key, "1", "%01"))
		}
	}
	return page, err
}

func (c controls) GetObject(ctx context.Context, in *awss3.GetObjectInput, options ...func(*awss3.Options)) (*awss3.GetObjectOutput, error) {
	in.Key = aws.String(strings.ReplaceAll(*in.Key, "\x01", "1"))
	return c.Client.GetObject(ctx, in, options...)
}

// A key may have any character: XML 1.0 cannot have some of them.
func TestReplayOfKeysThatXMLCannotHave(t *testing.T) {
	w := newWorld(t, 1)
	for i, key := range []string{"a1b", "c d+e%2Bf", "g&<ü>"} {
		w.write("processing-failed/"+key, line(fmt.Sprint(i)))
	}
	w.opts.From = controls{w.objects}
	if summary := w.mustRun(); summary.Put != 3 {
		t.Errorf("it puts %d records, want 3", summary.Put)
	}
	w.expect("the stream", []string{"0", "1", "2"}, w.put())
}

// A folder that cannot be made is no disk without room.
func TestRejectedBelowAFile(t *testing.T) {
	w := newWorld(t, 1)
	w.write("processing-failed/1", "no JSON")
	file := filepath.Join(w.dir, "file")
	w.must(os.WriteFile(file, nil, 0o600))
	w.opts.Rejected = filepath.Join(file, "folder", "r.jsonl")
	want := "--rejected: " + filepath.Join(file, "folder") + " lies below a file, which holds none; correct the path, or name another file"
	if _, err := w.run(); err == nil || err.Error() != want {
		t.Errorf("it ends with %v, want %s", err, want)
	}
}

const (
	objectCount = 5
	recordCount = 5
	// With this size batches end within objects and span several.
	batch   = 4
	batches = (objectCount*recordCount + batch - 1) / batch
)

// eachBoundary runs a test for each batch before or after which something may end a replay.
func eachBoundary(t *testing.T, test func(w *world, boundary int, want []string)) {
	for boundary := 1; boundary <= batches; boundary++ {
		t.Run(fmt.Sprint(boundary), func(t *testing.T) {
			w := newWorld(t, 3)
			w.opts.Rate = batch
			test(w, boundary, w.failures(objectCount, recordCount))
		})
	}
}

// atCall calls do before the stream gets that call.
func (w *world) atCall(number int, do func()) {
	w.stream.put = func(call int, in *awskinesis.PutRecordsInput, forward forward) (*awskinesis.PutRecordsOutput, error) {
		if call == number {
			do()
		}
		return forward(in)
	}
}

// Ctrl-C during a call: the batch is confirmed and saved, nothing else is put, and the next replay puts the rest.
func TestInterruptedAtEveryBatch(t *testing.T) {
	eachBoundary(t, func(w *world, boundary int, want []string) {
		ctx, cancel := context.WithCancel(w.Context())
		w.atCall(boundary, cancel)
		summary, err := Run(ctx, w.opts)
		if last := boundary == batches; last && err != nil || !last && !errors.Is(err, ErrInterrupted) {
			w.Fatalf("it ends with %v", err)
		}
		w.expect("confirmed", min(boundary*batch, len(want)), summary.Put)
		if boundary == 1 && summary.Begun >= summary.Objects {
			w.Errorf("after the first batch it says that it has begun %d of %d objects", summary.Begun, summary.Objects)
		}
		w.expect("in the stream", summary.Put, len(w.put()))
		w.stream.put = nil
		w.expect("the rest", len(want)-summary.Put, w.mustRun().Put)
		w.expect("the stream", want, w.put())
	})
}

// If the checkpoint cannot be written, a replay stops before it puts records that it could not save.
func TestNoRoomForTheCheckpointAtEveryBatch(t *testing.T) {
	eachBoundary(t, func(w *world, boundary int, want []string) {
		blocked := w.opts.Checkpoint + ".tmp"
		w.stream.put = func(call int, in *awskinesis.PutRecordsInput, forward forward) (*awskinesis.PutRecordsOutput, error) {
			out, err := forward(in)
			if call == boundary { // for the next batch there is a folder in place of the file
				w.Cleanup(func() { _ = os.Remove(blocked) })
				w.must(os.Rename(blocked, w.opts.Checkpoint))
				w.must(os.Mkdir(blocked, 0o755))
			}
			return out, err
		}
		_, err := w.run()
		if err == nil || !strings.HasPrefix(err.Error(), "--checkpoint: ") {
			w.Fatalf("it ends with %v", err)
		}
		w.expect("in the stream", min(boundary*batch, len(want)), len(w.put()))
		w.must(os.Remove(blocked))
		w.stream.put = nil
		w.mustRun()
		w.expect("the stream", want, w.put())
	})
}

// Before a batch is put, its checkpoint is on disk; after it, the checkpoint's name is. A rejected record is on disk at the end.
func TestTheCheckpointIsOnDisk(t *testing.T) {
	w := newWorld(t, 1)
	w.failures(1, 3)
	w.write("processing-failed/bad", "no JSON")
	var done []string
	w.opts.sync = func(file *os.File) error {
		done = append(done, "sync "+filepath.Base(file.Name()))
		if file.Name() == w.opts.Checkpoint+".tmp" {
			if text, err := os.ReadFile(file.Name()); err != nil || !json.Valid(text) {
				w.Errorf("the checkpoint is synced as %s, %v", text, err)
			}
		}
		if _, err := os.Stat(w.opts.Checkpoint); err != nil && file.Name() == filepath.Dir(w.opts.Checkpoint) {
			w.Errorf("the folder is synced before it has the checkpoint: %v", err)
		}
		return file.Sync()
	}
	w.stream.put = func(_ int, in *awskinesis.PutRecordsInput, forward forward) (*awskinesis.PutRecordsOutput, error) {
		done = append(done, "put")
		return forward(in)
	}
	w.mustRun()
	w.expect("what was done", []string{"sync c.json.tmp", "put", "sync replay", "sync c.json.tmp", "sync replay", "sync c.rejected.jsonl"}, done)
}

// A disk that refuses a sync has nothing for certain: nothing is put after a checkpoint that is not on disk.
func TestTheCheckpointIsNotOnDisk(t *testing.T) {
	for name, want := range map[string]struct {
		says string
		put  []string
	}{
		"c.json.tmp":       {"--checkpoint: no sync; nothing was put since the last batch: make room, and run the same command again to continue", nil},
		"replay":           {"--checkpoint: no sync; the last 1 records are in the stream and not in the checkpoint, so the next replay puts them again", []string{"a"}},
		"c.rejected.jsonl": {"--rejected: no sync; the records are still in their objects", []string{"a"}},
	} {
		w := newWorld(t, 1)
		w.write("processing-failed/1", line("a"), "no JSON")
		w.opts.sync = func(file *os.File) error {
			if filepath.Base(file.Name()) == name {
				return errors.New("no sync")
			}
			return file.Sync()
		}
		if _, err := w.run(); err == nil || err.Error() != want.says {
			t.Errorf("%s: %v, want %s", name, err, want.says)
		}
		w.expect(name+": the stream", want.put, w.put())
	}
}

// Only confirmed records that could not be saved are put twice, and the error has their number.
func TestCheckpointLostAfterABatch(t *testing.T) {
	eachBoundary(t, func(w *world, boundary int, want []string) {
		var lost []string
		w.stream.put = func(call int, in *awskinesis.PutRecordsInput, forward forward) (*awskinesis.PutRecordsOutput, error) {
			if call == boundary {
				w.must(os.Remove(w.opts.Checkpoint + ".tmp"))
				for _, record := range in.Records {
					lost = append(lost, string(record.Data))
				}
			}
			return forward(in)
		}
		_, err := w.run()
		wantText := fmt.Sprintf("; the last %d records are in the stream and not in the checkpoint, so the next replay puts them again", len(lost))
		if err == nil || !strings.HasSuffix(err.Error(), wantText) {
			w.Fatalf("it ends with %v", err)
		}
		w.stream.put = nil
		w.mustRun()
		all := slices.Concat(want, lost)
		slices.Sort(all)
		w.expect("the stream", all, w.put())
	})
}

// kill -9 between the stream's answer and the checkpoint: the next replay ignores the prepared checkpoint.
func TestKilledAfterABatch(t *testing.T) {
	w := newWorld(t, 1)
	want := w.failures(1, 3)
	w.must(os.MkdirAll(filepath.Dir(w.opts.Checkpoint), 0o755))
	w.must(os.WriteFile(w.opts.Checkpoint+".tmp", []byte(`{"half of it`), 0o644))
	w.mustRun()
	w.expect("the stream", want, w.put())
}

// If the stream accepts a part of a batch, only the rest is put again.
func TestPartialFailures(t *testing.T) {
	w := newWorld(t, 2)
	want := w.failures(3, 40)
	w.stream.put = func(call int, in *awskinesis.PutRecordsInput, forward forward) (*awskinesis.PutRecordsOutput, error) {
		if len(in.Records) == 1 {
			return forward(in)
		}
		// It refuses every third record, including the first.
		some := *in
		some.Records = nil
		for i, record := range in.Records {
			if i%3 > 0 {
				some.Records = append(some.Records, record)
			}
		}
		out, err := forward(&some)
		if err != nil {
			return nil, err
		}
		all := &awskinesis.PutRecordsOutput{}
		for i := range in.Records {
			if i%3 == 0 {
				all.Records = append(all.Records, refuse())
				continue
			}
			all.Records = append(all.Records, out.Records[0])
			out.Records = out.Records[1:]
		}
		return all, nil
	}
	summary := w.mustRun()
	w.expect("the stream", want, w.put())
	if summary.Retried < len(want)/3 {
		t.Errorf("%d were put again", summary.Retried)
	}
	w.expect("another replay", 0, w.mustRun().Put)
}

// If a replay is interrupted while part of a batch waits for a retry, the next replay puts only that part.
func TestInterruptedBetweenTwoTries(t *testing.T) {
	w := newWorld(t, 2)
	want := w.failures(1, 10)
	ctx, cancel := context.WithCancel(t.Context())
	w.stream.put = func(call int, in *awskinesis.PutRecordsInput, forward forward) (*awskinesis.PutRecordsOutput, error) {
		some := *in
		some.Records = in.Records[:6]
		out, err := forward(&some)
		for range in.Records[6:] {
			out.Records = append(out.Records, refuse())
		}
		cancel()
		return out, err
	}
	summary, err := Run(ctx, w.opts)
	if !errors.Is(err, ErrInterrupted) || summary.Put != 6 {
		t.Fatalf("it ends with %v and %d records", err, summary.Put)
	}
	w.stream.put = nil
	w.expect("the rest", 4, w.mustRun().Put)
	w.expect("the stream", want, w.put())
}

// A rate above the shard's own limit is throttled, and all records still arrive.
func TestThrottledByTheShard(t *testing.T) {
	w := newWorld(t, 1)
	want := w.failures(4, 1000)
	w.opts.Rate = 100_000
	summary := w.mustRun()
	w.expect("the stream", want, w.put())
	if summary.Retried == 0 {
		t.Error("nothing was throttled, so this tests nothing")
	}
	if took := w.clock.Since(start); took < 2900*time.Millisecond {
		t.Errorf("4000 records took a shard %s", took) // the shard accepts the records of one second at once
	}
}

// The default rate leaves half of each shard.
func TestRateFollowsTheShards(t *testing.T) {
	for _, test := range []struct {
		shards, rate int
		want         time.Duration
		says         string
	}{
		{1, 0, 8 * time.Second, "at most 500 records a second: half of the capacity of the stream's open shards (1), and the rest is left for new events; --rate changes it\n"},
		{4, 0, 2 * time.Second, "at most 2000 records a second: half of the capacity of the stream's open shards (4), and the rest is left for new events; --rate changes it\n"},
		{1, 100, 40 * time.Second, "at most 100 records a second\n"},
	} {
		w := newWorld(t, test.shards)
		want := w.failures(4, 1000)
		w.opts.Rate = test.rate
		w.expect("retried", 0, w.mustRun().Retried)
		w.expect("the stream", want, w.put())
		// The replay does not wait after the last batch.
		if took := w.clock.Since(start); took > test.want || took < test.want-time.Second {
			t.Errorf("4000 records took %d shards %s, want up to %s", test.shards, took, test.want)
		}
		if !strings.HasPrefix(w.stderr.String(), test.says) {
			t.Errorf("it says %q", w.stderr.String())
		}
	}
}

// Large records keep to the shard's limit of bytes, and no call exceeds its own.
func TestRateOfBytes(t *testing.T) {
	w := newWorld(t, 1)
	var lines []string
	for i := range 10 {
		lines = append(lines, line(fmt.Sprint(i)+strings.Repeat("x", 400_000)))
	}
	w.write("processing-failed/1", lines...)
	w.stream.put = func(_ int, in *awskinesis.PutRecordsInput, forward forward) (*awskinesis.PutRecordsOutput, error) {
		w.expect("records of 400 kB in a batch", 1, len(in.Records))
		return forward(in)
	}
	w.expect("retried", 0, w.mustRun().Retried)
	if took := w.clock.Since(start); took < 7*time.Second {
		t.Errorf("4 MB took half a shard %s", took)
	}
}

// A failed call is retried with increasing waits, unless a retry does not help.
func TestFailedCalls(t *testing.T) {
	throttled := &types.ProvisionedThroughputExceededException{Message: aws.String("Rate exceeded")}
	for _, test := range []struct {
		name  string
		err   error
		times int
		want  string
	}{
		{"throttled", throttled, 5, ""},
		{"of AWS's own", &smithyhttp.ResponseError{
			Response: &smithyhttp.Response{Response: &http.Response{StatusCode: http.StatusInternalServerError}},
			Err:      &types.InternalFailureException{Message: aws.String("oops")},
		}, 2, ""},
		{"of the key's limit", &types.KMSThrottlingException{Message: aws.String("slow")}, 2, ""},
		{"no answer", context.DeadlineExceeded, 1, ""},
		{"throttled for ever", throttled, 1 << 20, "the stream stream has accepted nothing for 5m0s (ProvisionedThroughputExceededException: Rate exceeded); the checkpoint has the confirmed records: try again later, or with a lower --rate"},
		{"no permission", &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "no"}, 1, "putting into stream: api error AccessDeniedException: no; it needs kinesis:PutRecords on it, and kms:GenerateDataKey if you manage its key"},
		{"no stream", &types.ResourceNotFoundException{Message: aws.String("gone")}, 1, "putting into stream: ResourceNotFoundException: gone; correct the name or the region"},
		{"old credentials", &smithy.GenericAPIError{Code: "ExpiredTokenException", Message: "old"}, 1, "putting into stream: api error ExpiredTokenException: old; renew the credentials, and run the same command again to continue"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, 1)
			records := w.failures(1, 3)
			w.stream.put = func(call int, in *awskinesis.PutRecordsInput, forward forward) (*awskinesis.PutRecordsOutput, error) {
				if call <= test.times {
					return nil, test.err
				}
				return forward(in)
			}
			_, err := w.run()
			got := ""
			if err != nil {
				got, records = err.Error(), nil
			}
			w.expect("the error", test.want, got)
			w.expect("the stream", records, w.put())
		})
	}
}

// Where neither service can be reached, or AWS does not accept the keys, the error says what to look at.
func TestRemediesOfTheSurroundings(t *testing.T) {
	unsent := &smithyhttp.RequestSendError{Err: errors.New("no such host")}
	const network, keys = "; check the network and the region, or name another address with --endpoint-url", "; AWS does not accept these credentials: correct AWS_PROFILE"
	for _, test := range []struct {
		err  error
		want string
	}{
		{unsent, network}, {fmt.Errorf("listing: %w", unsent), network},
		{&smithyhttp.RequestSendError{Err: context.Canceled}, ""}, {&smithy.GenericAPIError{Code: "ValidationException"}, ""},
		{io.ErrUnexpectedEOF, "; run the same command again"}, {&smithy.GenericAPIError{Code: "SlowDown"}, "; run the same command again"},
		{&smithy.DeserializationError{Err: errors.New("no JSON")}, "; look whether --endpoint-url"}, {&smithy.GenericAPIError{Code: "ResourceInUseException"}, "; wait until the stream is ACTIVE"},
		{&smithy.GenericAPIError{Code: "KMSNotFoundException"}, "; the key does not exist"}, {&smithy.GenericAPIError{Code: "KMS.NotFoundException"}, "; the key does not exist"},
		{&smithy.GenericAPIError{Code: "PermanentRedirect"}, "; the bucket is in another region"}, {&smithy.GenericAPIError{Code: "KMSInvalidStateException"}, "; enable the key"},
		{&smithy.GenericAPIError{Code: "InvalidAccessKeyId"}, keys}, {&smithy.GenericAPIError{Code: "UnrecognizedClientException"}, keys},
	} {
		if got := remedy(test.err, ""); !strings.HasPrefix(got, test.want) || (got == "") != (test.want == "") {
			t.Errorf("%v: %q, want %q", test.err, got, test.want)
		}
	}
}

func TestRejectedRecords(t *testing.T) {
	w := newWorld(t, 1)
	long := line(strings.Repeat("x", 1<<20))
	w.write("processing-failed/1", line("first"), `{"errorCode":"E","rawData":"%%%"}`, `{"errorCode":"E"}`, `plain text`, "", long, line("last"))
	w.write("processing-failed/2", `PK is how a ZIP archive begins`)
	var zipped bytes.Buffer
	zip := gzip.NewWriter(&zipped)
	_, _ = zip.Write([]byte(line("zipped") + "\n" + line("cut off") + "\n"))
	_ = zip.Close()
	w.writeBytes("processing-failed/3", zipped.Bytes()[:zipped.Len()-10])
	summary := w.mustRun()
	w.expect("rejected", 6, summary.Rejected)
	got := w.put()
	w.expect("the stream", []string{"cut off", "first", "last", "zipped"}, got)
	text, err := os.ReadFile(w.opts.Rejected)
	w.must(err)
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	for i, want := range []string{
		`"line":2,"reason":"its rawData is not base64: illegal base64 data at input byte 0","errorCode":"E","record":"{\"errorCode\":\"E\",\"rawData\":\"%%%\"}"}`,
		`"line":3,"reason":"it has no rawData","errorCode":"E","record":"{\"errorCode\":\"E\"}"}`,
		`"line":4,"reason":"not one of Firehose's error records: invalid character 'p' looking for beginning of value","record":"plain text"}`,
		`"line":6,"reason":"its 1048608 bytes, partition key included, are more than the 1048576 that a record of the stream may have","errorCode":"Lambda.FunctionError","record":"{`,
		`"line":0,"reason":"the object holds no JSON lines, as Firehose writes its error records"}`,
		`"line":0,"reason":"it cannot be read after line 2: unexpected EOF"}`,
	} {
		if i >= len(lines) || !strings.Contains(lines[i], want) {
			t.Fatalf("%d rejected records are in the file; number %d should hold\n%s\n%.400s", len(lines), i+1, want, text)
		}
	}
	if !strings.Contains(w.stderr.String(), "rejected: s3://events/errors/processing-failed/1 line 3: it has no rawData\n") {
		t.Errorf("it says %s", w.stderr.String())
	}
	// Another replay rejects them again, and the file has each once.
	again := w.mustRun()
	w.expect("rejected again", 6, again.Rejected)
	w.expect("put again", 0, again.Put)
	after, err := os.ReadFile(w.opts.Rejected)
	w.must(err)
	w.expect("the file", string(text), string(after))
}

// A crash may truncate the file of rejected records within a line.
func TestRejectedFileWithATornLine(t *testing.T) {
	w := newWorld(t, 1)
	w.write("processing-failed/1", `{"errorCode":"E"}`)
	w.must(os.MkdirAll(filepath.Dir(w.opts.Rejected), 0o755))
	w.must(os.WriteFile(w.opts.Rejected, []byte(`{"bucket":"ev`), 0o600))
	w.mustRun()
	text, err := os.ReadFile(w.opts.Rejected)
	w.must(err)
	if !strings.HasPrefix(string(text), "{\"bucket\":\"ev\n{\"bucket\":\"events\",\"key\":\"errors/processing-failed/1\"") {
		t.Errorf("the file holds %s", text)
	}
}

func TestCompressedObjects(t *testing.T) {
	w := newWorld(t, 1)
	var zipped bytes.Buffer
	zip := gzip.NewWriter(&zipped)
	_, _ = zip.Write([]byte(line("one") + "\n" + line("two"))) // no newline at the end
	_ = zip.Close()
	_, err := w.objects.PutObject(t.Context(), &awss3.PutObjectInput{
		Bucket: aws.String(bucketName), Key: aws.String("errors/processing-failed/1.gz"), Body: bytes.NewReader(zipped.Bytes()), ContentEncoding: aws.String("gzip"),
	})
	w.must(err)
	w.mustRun()
	w.expect("the stream", []string{"one", "two"}, w.put())
	w.expect("another replay", 1, w.mustRun().Complete)
}

// at returns an error record that was received at a time after the start.
func at(data string, after time.Duration) string {
	return fmt.Sprintf(`{"arrivalTimestamp":"%d","rawData":%q}`, start.Add(after).UnixMilli(), base64.StdEncoding.EncodeToString([]byte(data)))
}

// Since and until select records by the time at which Firehose received them. Another replay with the same checkpoint puts the
// others, and none twice.
func TestSinceAndUntil(t *testing.T) {
	w := newWorld(t, 1)
	w.clock.Advance(10 * time.Minute)
	w.write("processing-failed/1", at("1", time.Minute), at("2", 2*time.Minute), at("3", 3*time.Minute), `{"rawData":"`+base64.StdEncoding.EncodeToString([]byte("no time"))+`"}`)
	w.opts.Since, w.opts.Until = start.Add(2*time.Minute), start.Add(3*time.Minute)
	summary := w.mustRun()
	w.expect("the stream", []string{"2"}, w.put())
	w.expect("outside", 3, summary.Outside)
	w.opts.Until = time.Time{}
	w.mustRun()
	w.expect("the stream", []string{"2", "3", "no time"}, w.put())
	w.opts.Since = start.Add(20 * time.Minute)
	w.expect("objects written before --since", 0, w.mustRun().Objects)
	w.opts.Since = time.Time{}
	w.expect("without bounds", 1, w.mustRun().Put)
	w.expect("the stream", []string{"1", "2", "3", "no time"}, w.put())
}

func TestErrorType(t *testing.T) {
	w := newWorld(t, 1)
	w.write("format-conversion-failed/1", line("converted"))
	w.write("processing-failed/1", line("processed"))
	w.opts.ErrorType = "format-conversion-failed"
	w.mustRun()
	w.expect("the stream", []string{"converted"}, w.put())
}

// A dry run counts what a replay would do, and writes nothing.
func TestDryRun(t *testing.T) {
	w := newWorld(t, 1)
	w.failures(2, 3)
	w.write("format-conversion-failed/1", `{"lastErrorCode":"DataFormatConversion.ParseError","rawData":"eA=="}`, `{"rawData":"eA=="}`, `{}`)
	w.opts.DryRun = true
	want := Summary{
		Objects: 3, Begun: 3, Put: 8, Bytes: 6*13 + 2, Rejected: 1, Rate: 500,
		ByCode: map[string]int{"Lambda.FunctionError": 6, "DataFormatConversion.ParseError": 1, "": 1},
	}
	w.expect("the summary", want, w.mustRun())
	w.expect("calls", 0, w.stream.calls)
	if _, err := os.Stat(filepath.Dir(w.opts.Checkpoint)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a dry run writes files (%v)", err)
	}
	w.opts.DryRun = false
	w.mustRun()
	w.opts.DryRun = true
	after := w.mustRun()
	w.expect("after a replay", []int{0, 2, 2, 1}, []int{after.Put, after.Complete, after.Earlier, after.Rejected})
}

// A replay does not put records that fail again while it runs: that might never end.
func TestNewFailuresAreLeftToTheNextReplay(t *testing.T) {
	w := newWorld(t, 1)
	w.failures(2, 3)
	w.opts.Rate = 1
	w.stream.put = func(call int, in *awskinesis.PutRecordsInput, forward forward) (*awskinesis.PutRecordsOutput, error) {
		w.write(fmt.Sprintf("processing-failed/again-%d", call), line(fmt.Sprint("again ", call)))
		return forward(in)
	}
	w.expect("put", 6, w.mustRun().Put)
	w.stream.put = nil
	w.expect("put by the next", 6, w.mustRun().Put)
}

// An object that is written again under its key has other records. An object that is deleted while a replay runs is not an
// error.
func TestChangedObjects(t *testing.T) {
	w := newWorld(t, 1)
	w.write("processing-failed/1", line("old"))
	w.mustRun()
	w.write("processing-failed/1", line("new"))
	w.mustRun()
	w.expect("the stream", []string{"new", "old"}, w.put())
	w.write("processing-failed/2", line("first"))
	w.write("processing-failed/3", line("never read"))
	w.opts.From = vanishing{w.objects}
	w.expect("gone", 1, w.mustRun().Gone)
	w.expect("the stream", []string{"first", "new", "old"}, w.put())
}

// vanishing is a bucket that loses an object after the listing.
type vanishing struct{ *awss3.Client }

func (v vanishing) GetObject(ctx context.Context, in *awss3.GetObjectInput, options ...func(*awss3.Options)) (*awss3.GetObjectOutput, error) {
	if strings.HasSuffix(*in.Key, "3") {
		if _, err := v.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: in.Bucket, Key: in.Key}); err != nil {
			return nil, err
		}
	}
	return v.Client.GetObject(ctx, in, options...)
}

// refusing is a bucket that answers with an error.
type refusing struct {
	*awss3.Client
	code string
}

func (r refusing) GetObject(context.Context, *awss3.GetObjectInput, ...func(*awss3.Options)) (*awss3.GetObjectOutput, error) {
	return nil, &smithy.GenericAPIError{Code: r.code, Message: "no"}
}

func TestObjectsThatCannotBeRead(t *testing.T) {
	w := newWorld(t, 1)
	w.failures(1, 1)
	w.opts.From = refusing{w.objects, "InvalidObjectState"}
	w.expect("archived", 1, w.mustRun().Archived)
	if want := "s3://events/errors/processing-failed/00 is archived and was not read; restore it, then replay again\n"; !strings.HasSuffix(w.stderr.String(), want) {
		t.Errorf("it says %s", w.stderr.String())
	}
	w.opts.From = refusing{w.objects, "AccessDenied"}
	_, err := w.run()
	w.expect("the error", "reading s3://events/errors/processing-failed/00: api error AccessDenied: no; it needs s3:GetObject on it, and kms:Decrypt if you manage its key", fmt.Sprint(err))
	w.opts.From = w.objects
	w.opts.Bucket, w.opts.Checkpoint = "nobodys", w.opts.Checkpoint+"2"
	_, err = w.run()
	if err == nil || !strings.HasPrefix(err.Error(), "listing s3://nobodys/errors/: ") || !strings.HasSuffix(err.Error(), "; correct the name or the region") {
		t.Errorf("it ends with %v", err)
	}
	w.opts.Stream, w.opts.Checkpoint = "nobodys", w.opts.Checkpoint+"2"
	_, err = w.run()
	if err == nil || !strings.HasPrefix(err.Error(), "the stream nobodys in us-east-1: ") || !strings.HasSuffix(err.Error(), "; correct the name or the region") {
		t.Errorf("it ends with %v", err)
	}
}

// undescribed is a service at the stream's address that is not Kinesis.
type undescribed struct{ Stream }

func (undescribed) DescribeStreamSummary(context.Context, *awskinesis.DescribeStreamSummaryInput, ...func(*awskinesis.Options)) (*awskinesis.DescribeStreamSummaryOutput, error) {
	return &awskinesis.DescribeStreamSummaryOutput{}, nil
}

func TestAnswersOfAnotherService(t *testing.T) {
	w := newWorld(t, 1)
	w.failures(1, 2)
	w.stream.put = func(_ int, in *awskinesis.PutRecordsInput, forward forward) (*awskinesis.PutRecordsOutput, error) {
		answer, err := forward(in)
		answer.Records[1].SequenceNumber = nil
		return answer, err
	}
	_, err := w.run()
	w.expect("a record without a sequence number", "putting into stream: the answer neither confirms record 2 of 2 nor refuses it; it is unknown whether the stream has them, and the next replay puts them again"+otherService, fmt.Sprint(err))
	w.stream.put = nil
	w.expect("the next replay puts", 2, w.mustRun().Put)
	w.opts.To = undescribed{w.stream}
	_, err = w.run()
	w.expect("a stream that is not described", "the stream stream in us-east-1: the answer does not describe it"+otherService, fmt.Sprint(err))
}

func TestTwoReplaysOfOneCheckpoint(t *testing.T) {
	w := newWorld(t, 1)
	w.failures(1, 1)
	var second error
	w.stream.put = func(_ int, in *awskinesis.PutRecordsInput, forward forward) (*awskinesis.PutRecordsOutput, error) {
		_, second = Run(t.Context(), w.opts)
		return forward(in)
	}
	w.mustRun()
	w.expect("the second", "--checkpoint: another replay is using "+w.opts.Checkpoint+"; wait for its end, or name another to put everything a second time", fmt.Sprint(second))
}

// refused fails unless a replay puts nothing and ends with an error with this beginning.
func (w *world) refused(name, want string) {
	w.Helper()
	if _, err := w.run(); err == nil || !strings.HasPrefix(err.Error(), want) {
		w.Errorf("%s: it ends with %v, want %s", name, err, want)
	}
	w.expect(name, 0, w.stream.calls)
}

func TestCheckpointsThatAreRefused(t *testing.T) {
	const again = "; restore it, or name another to put everything again"
	of := func(objects string) string {
		return `{"bucket":"events","stream":"stream","region":"us-east-1","endpoint":"ENDPOINT","objects":[` + objects + `]}`
	}
	for name, test := range map[string]struct{ text, want string }{
		"cut off":         {`{"bucket":`, " is not a checkpoint: its end is cut off" + again},
		"empty":           {``, " is not a checkpoint: it is empty" + again},
		"not JSON":        {`x`, " is not a checkpoint: it is no JSON: invalid character 'x' looking for beginning of value" + again},
		"{}":              {`{}`, " is not a checkpoint: it does not name its bucket, stream and region" + again},
		"null":            {`null`, " is not a checkpoint: it is no JSON object" + again},
		"a list":          {`[]`, " is not a checkpoint: it is no JSON object" + again},
		"another type":    {`{"objects":1}`, " is not a checkpoint: its objects is a JSON number" + again},
		"another stream":  {`{"bucket":"events","stream":"other","region":"us-east-1"}`, " belongs to a replay of events to other in us-east-1, not of events to stream in us-east-1 at "},
		"lines that jump": {of(`{"key":"k","done":[[3,4],[5,6]]}`), " is not a checkpoint: the lines 5 to 6 are out of order" + again},
		"no key":          {of(`{"etag":"e","lines":1,"done":[[1,1]]}`), " is damaged: object 1 has no key" + again},
		"twice":           {of(`{"key":"k","lines":1,"done":[[1,1]]},{"key":"k","lines":2,"done":[[1,1]]}`), " is damaged: the object k is in it twice" + again},
		"too many lines":  {of(`{"key":"k","lines":1,"done":[[1,2]]}`), " is damaged: the object k has 1 lines, but later lines are done" + again},
	} {
		w := newWorld(t, 1)
		w.failures(1, 1)
		w.must(os.MkdirAll(filepath.Dir(w.opts.Checkpoint), 0o755))
		w.must(os.WriteFile(w.opts.Checkpoint, []byte(strings.ReplaceAll(test.text, "ENDPOINT", w.opts.Endpoint)), 0o644))
		w.refused(name, "--checkpoint: "+w.opts.Checkpoint+test.want)
	}
	w := newWorld(t, 1)
	w.failures(1, 1)
	w.must(os.MkdirAll(w.opts.Checkpoint, 0o755))
	w.refused("a folder", "--checkpoint: "+w.opts.Checkpoint+" is a folder; name a file, or name another to put everything again")
	w.must(os.Remove(w.opts.Checkpoint))
	w.must(os.Symlink(filepath.Base(w.opts.Checkpoint), w.opts.Checkpoint))
	const loop = " is, or lies below, a symbolic link that leads back to itself; remove the link"
	w.refused("a loop", "--checkpoint: "+w.opts.Checkpoint+loop+", or name another to put everything again")
	w.must(os.Remove(w.opts.Checkpoint))
	w.must(os.Remove(w.opts.Checkpoint + ".lock"))
	w.must(os.Symlink(filepath.Base(w.opts.Checkpoint)+".lock", w.opts.Checkpoint+".lock"))
	w.refused("a loop for the lock", "--checkpoint: "+w.opts.Checkpoint+".lock"+loop+", or name a file in a folder that can be written")
	w.must(os.Remove(w.opts.Checkpoint + ".lock"))
	w.must(os.Mkdir(w.opts.Checkpoint+".tmp", 0o755))
	w.refused("a folder for the next checkpoint", "--checkpoint: "+w.opts.Checkpoint+".tmp is a folder; name a file; nothing was put since the last batch: run the same command again to continue")
	w.must(os.Remove(w.opts.Checkpoint + ".tmp"))
	w.must(syscall.Mkfifo(w.opts.Checkpoint, 0o600))
	w.refused("a pipe", "--checkpoint: "+w.opts.Checkpoint+" is no regular file, so nothing can be read from it again; name a file")
	w.opts.Checkpoint = filepath.Join(w.dir, "kinesis.db", "c.json")
	if _, err := w.run(); err == nil || !strings.HasSuffix(err.Error(), "; name a file in a folder that can be written") {
		t.Errorf("a file for a folder: %v", err)
	}
}

// A link to the checkpoint stays one, and has the lock of the file that it names.
func TestCheckpointThroughALink(t *testing.T) {
	w := newWorld(t, 1)
	w.failures(1, 1)
	target := filepath.Join(w.dir, "c.json")
	w.must(os.MkdirAll(filepath.Dir(w.opts.Checkpoint), 0o755))
	w.must(os.Symlink("../c.json", w.opts.Checkpoint))
	for _, put := range []int{1, 0} {
		if summary := w.mustRun(); summary.Put != put {
			t.Errorf("it puts %d records, want %d", summary.Put, put)
		}
	}
	for _, file := range []string{target, target + ".lock"} {
		if info, err := os.Lstat(file); err != nil || !info.Mode().IsRegular() {
			t.Errorf("%s: %v", file, err)
		}
	}
	if to, err := os.Readlink(w.opts.Checkpoint); err != nil || to != "../c.json" {
		t.Errorf("the link leads to %q: %v", to, err)
	}
}

// The rejected records go into a pipe or a device as into a file.
func TestRejectedIntoADevice(t *testing.T) {
	w := newWorld(t, 1)
	r := rejects{path: os.DevNull}
	for line := range 2 {
		w.must(r.add(rejection{Bucket: "b", Key: "k", Line: line}))
	}
	w.must(r.close())
	info, err := os.Stat(os.DevNull)
	if err != nil || info.Mode()&fs.ModeDevice == 0 {
		t.Errorf("the device is %v: %v", info, err)
	}
}

// Progress appears every second on a terminal, on the same line, and every ten seconds elsewhere.
func TestProgress(t *testing.T) {
	for terminal, want := range map[bool]string{
		true:  "\r\x1b[Kobjects 3 of 10, records 90, 11 a second, about 12s left\r",
		false: "\nobjects 3 of 10, records 110, 11 a second, about 15s left\n",
	} {
		w := newWorld(t, 1)
		w.failures(10, 30)
		w.opts.Rate, w.opts.Terminal = 10, terminal
		w.mustRun()
		text := w.stderr.String()
		if !strings.Contains(text, want) {
			t.Errorf("terminal %t: it says %q", terminal, text)
		}
		if lines := strings.Count(text, "objects "); terminal && lines != 29 || !terminal && lines != 2 {
			t.Errorf("terminal %t: %d times in 30 seconds", terminal, lines)
		}
		if !strings.HasSuffix(text, "\n") {
			t.Errorf("terminal %t: the last line is not ended", terminal)
		}
	}
}

// Records of many objects are spread over the shards.
func TestPartitionKeysSpread(t *testing.T) {
	keys := map[string]bool{}
	for i := range 1000 {
		keys[partitionKey("errors/1", i)] = true
		keys[partitionKey(fmt.Sprint("errors/", i), 1)] = true
	}
	if len(keys) != 1999 {
		t.Errorf("2000 lines, one of them twice, have %d keys", len(keys))
	}
	if got := slices.Collect(maps.Keys(keys))[0]; len(got) != 32 {
		t.Errorf("a key is %q", got)
	}
}

// The waits between two tries double up to their bound, and are shortened by up to a half.
func TestWaitsBetweenTries(t *testing.T) {
	for jitter, want := range map[float64][]time.Duration{
		0: {200 * time.Millisecond, 400 * time.Millisecond, 800 * time.Millisecond, 1600 * time.Millisecond, 3200 * time.Millisecond, 6400 * time.Millisecond, 10 * time.Second, 10 * time.Second},
		1: {100 * time.Millisecond, 200 * time.Millisecond, 400 * time.Millisecond, 800 * time.Millisecond, 1600 * time.Millisecond, 3200 * time.Millisecond, 5 * time.Second, 5 * time.Second},
	} {
		r := &run{Options: Options{Jitter: func() float64 { return jitter }}}
		for i, wait := range want {
			if got := r.backoff(i + 1); got != wait {
				t.Errorf("with a jitter of %v, try %d is followed by %s, want %s", jitter, i+1, got, wait)
			}
		}
		if got, bound := r.backoff(1<<20), want[len(want)-1]; got != bound {
			t.Errorf("with a jitter of %v, a late try is followed by %s, want %s", jitter, got, bound)
		}
	}
}

// A call has as many bytes as every stream takes, partition keys included, and no more.
func TestBytesOfACall(t *testing.T) {
	w := newWorld(t, 10)
	var lines []string
	for i := range 20 {
		lines = append(lines, line(fmt.Sprint(i)+strings.Repeat("x", 900_000)))
	}
	for i, some := range [][]string{lines[:10], lines[10:]} {
		w.write(fmt.Sprintf("processing-failed/%d", i), some...)
	}
	w.opts.Rate = 10_000
	largest := 0
	w.stream.put = func(_ int, in *awskinesis.PutRecordsInput, forward forward) (*awskinesis.PutRecordsOutput, error) {
		size := 0
		for _, record := range in.Records {
			size += len(record.Data) + len(*record.PartitionKey)
		}
		largest = max(largest, size)
		return forward(in)
	}
	w.expect("put", 20, w.mustRun().Put)
	if largest > 5<<20 || largest < 4<<20 {
		t.Errorf("the largest call has %d bytes; want nearly %d", largest, 5<<20)
	}
}
