package firehose_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/local/firehose"
	"cdk.tf/go/ingest/local/kinesis"
)

var start = time.Date(2026, time.March, 7, 15, 4, 5, 0, time.UTC)

// stream is a Kinesis data stream in memory.
type stream struct {
	mu     sync.Mutex
	shards map[string][]kinesis.Record
	order  []string
	last   map[string]int
	more   chan struct{} // closed when a record comes
	fail   error         // of every read
	// foreign is a sequence number that this stream has never given out.
	foreign string
	clock   clockwork.Clock
	// reads counts reads, most is the most records that one returned.
	reads, most int
}

func newStream(clock clockwork.Clock, shards ...string) *stream {
	s := &stream{shards: map[string][]kinesis.Record{}, order: shards, last: map[string]int{}, more: make(chan struct{}), clock: clock}
	for _, shard := range shards {
		s.shards[shard] = nil
	}
	return s
}

func (s *stream) put(shard string, data ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range data {
		s.last[shard]++
		s.shards[shard] = append(s.shards[shard], kinesis.Record{
			SequenceNumber: strconv.Itoa(s.last[shard]), Data: []byte(d), ArrivedAt: s.clock.Now(),
		})
	}
	close(s.more)
	s.more = make(chan struct{})
}

// expire removes a shard's first records.
func (s *stream) expire(shard string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shards[shard] = s.shards[shard][n:]
}

func (s *stream) setFail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = err
}

func (s *stream) Shards(context.Context, string) (shards []kinesis.Shard, err error) {
	for _, id := range s.order {
		shards = append(shards, kinesis.Shard{ID: id})
	}
	return shards, nil
}

func (s *stream) Latest(_ context.Context, _, shard string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last[shard] == 0 {
		return "", nil
	}
	return strconv.Itoa(s.last[shard]), nil
}

func (s *stream) Records(_ context.Context, name, shard, after string, limit int) ([]kinesis.Record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return nil, s.fail
	}
	if name != "stream" || after != "" && after == s.foreign {
		return nil, fmt.Errorf("no stream %q, or no record %q", name, after)
	}
	records := s.beyond(shard, after)
	records = slices.Clone(records[:min(limit, len(records))])
	if n, _ := strconv.Atoi(after); len(records) > 0 {
		first, _ := strconv.Atoi(records[0].SequenceNumber)
		records[0].Missed = first > n+1
	}
	s.reads++
	s.most = max(s.most, len(records))
	return records, nil
}

func (s *stream) beyond(shard, after string) []kinesis.Record {
	n, _ := strconv.Atoi(after)
	records := s.shards[shard]
	if len(records) == 0 {
		return nil
	}
	first, _ := strconv.Atoi(records[0].SequenceNumber)
	return records[min(max(n-first+1, 0), len(records)):]
}

func (s *stream) Wait(ctx context.Context, _, shard, after string) error {
	for {
		s.mu.Lock()
		there, more := len(s.beyond(shard, after)) > 0, s.more
		s.mu.Unlock()
		if there {
			return nil
		}
		select {
		case <-more:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// object is what a bucket was given.
type object struct{ key, body, contentType, encoding string }

// bucket keeps objects in memory. fail decides on each attempt.
type bucket struct {
	mu      sync.Mutex
	objects []object
	tries   []time.Time
	fail    func(attempt int) error
	before  func() // before each Put
	clock   clockwork.Clock
}

func (b *bucket) Put(ctx context.Context, name, key string, body []byte, contentType, encoding string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	b.tries = append(b.tries, b.clock.Now())
	if b.before != nil {
		b.before()
	}
	if b.fail != nil {
		if err := b.fail(len(b.tries)); err != nil {
			return err
		}
	}
	if name != "events" {
		return fmt.Errorf("no bucket %q", name)
	}
	b.objects = append(b.objects, object{key, string(body), contentType, encoding})
	return nil
}

func (b *bucket) setFail(fail func(int) error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fail = fail
}

func (b *bucket) bodies() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all strings.Builder
	for _, o := range b.objects {
		all.WriteString(o.body)
	}
	return all.String()
}

// world is a delivery stream between a stream and a bucket, in a bubble of [synctest].
type world struct {
	*testing.T
	clock  *clockwork.FakeClock
	stream *stream
	bucket *bucket
	cfg    firehose.Config
	opts   firehose.Options
	log    *bytes.Buffer
	stop   func() // ends Run and waits for it
}

func newWorld(t *testing.T, shards ...string) *world {
	clock := clockwork.NewFakeClockAt(start)
	if len(shards) == 0 {
		shards = []string{"shard-0"}
	}
	w := &world{
		T: t, clock: clock, stream: newStream(clock, shards...), bucket: &bucket{clock: clock}, log: &bytes.Buffer{}, stop: func() {},
		cfg: firehose.Config{
			Name: "delivery", ARN: "arn:aws:firehose:us-east-1:000000000000:deliverystream/delivery",
			StreamName: "stream", StreamARN: "arn:aws:kinesis:us-east-1:000000000000:stream/stream",
			Bucket: "events", BucketARN: "arn:aws:s3:::events", BufferInterval: time.Minute, BufferMiB: 1,
			Prefix: "e/!{timestamp:HH}/", LogGroup: "/aws/kinesisfirehose/delivery", LogStream: "S3Delivery", Compression: "UNCOMPRESSED", TimeZone: "UTC", Delimiter: "\n",
		},
	}
	w.opts = firehose.Options{
		Destination: w.bucket, Checkpoint: filepath.Join(t.TempDir(), "firehose", "delivery.json"), Clock: clock,
		Logger: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		}})),
	}
	return w
}

func (w *world) open() *firehose.DeliveryStream {
	w.Helper()
	w.opts.Source = w.stream
	d, err := firehose.Open(w.cfg, w.opts)
	if err != nil {
		w.Fatal(err)
	}
	return d
}

// run runs in the background until w.stop.
func (w *world) run(d *firehose.DeliveryStream) {
	w.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- d.Run(ctx) }()
	w.stop = func() {
		w.Helper()
		cancel()
		if err := <-ended; err != nil {
			w.Errorf("Run: %v", err)
		}
		w.stop = func() {}
	}
	synctest.Wait()
}

// start opens and runs.
func (w *world) start() *firehose.DeliveryStream {
	w.Helper()
	d := w.open()
	w.run(d)
	return d
}

func (w *world) advance(by time.Duration) {
	w.clock.Advance(by)
	synctest.Wait()
}

func (w *world) expectBodies(want string) {
	w.Helper()
	synctest.Wait()
	if got := w.bucket.bodies(); got != want {
		w.Errorf("the bucket holds %q, want %q", short(got), short(want))
	}
}

func short(text string) string {
	if len(text) > 200 {
		return fmt.Sprintf("%s… (%d bytes)", text[:200], len(text))
	}
	return text
}

func (w *world) expectLog(want string) {
	w.Helper()
	if !strings.Contains(w.log.String(), want) {
		w.Errorf("the log is\n%s\nwant in it\n%s", w.log, want)
	}
}

func (w *world) checkpoint() string {
	w.Helper()
	text, err := os.ReadFile(w.opts.Checkpoint)
	if err != nil {
		w.Fatal(err)
	}
	return string(text)
}

var errS3 = errors.New("S3 is away")
