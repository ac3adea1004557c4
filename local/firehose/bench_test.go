package firehose_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"cdk.tf/go/ingest/local/firehose"
	"cdk.tf/go/ingest/local/kinesis"
)

// backlog is a stream of n records. It makes them on reading, so the benchmark measures only the delivery stream.
type backlog struct {
	n      int
	record kinesis.Record
}

func (b *backlog) Shards(context.Context, string) ([]kinesis.Shard, error) {
	return []kinesis.Shard{{ID: "shard-0"}}, nil
}

func (b *backlog) Latest(context.Context, string, string) (string, error) { return "", nil }

func (b *backlog) Records(_ context.Context, _, _, after string, limit int) ([]kinesis.Record, error) {
	first, _ := strconv.Atoi(after)
	records := make([]kinesis.Record, min(limit, b.n-first))
	for i := range records {
		records[i] = b.record
		records[i].SequenceNumber = strconv.Itoa(first + 1 + i)
	}
	return records, nil
}

func (b *backlog) Wait(ctx context.Context, _, _, after string) error {
	if last, _ := strconv.Atoi(after); last < b.n {
		return nil
	}
	<-ctx.Done()
	return ctx.Err()
}

// discard is a bucket that keeps nothing.
type discard struct{}

func (discard) Put(context.Context, string, string, []byte, string, string) error { return nil }

// BenchmarkManyShards opens a delivery stream of as many shards as there can be, runs it until one record is delivered, and
// flushes it. It also measures the memory of its waiting readers.
func BenchmarkManyShards(b *testing.B) {
	dir := b.TempDir()
	stream, err := kinesis.Open(kinesis.Options{Path: filepath.Join(dir, "kinesis.db")})
	if err == nil {
		err = stream.Declare(kinesis.Config{Name: "stream", Mode: "PROVISIONED", Shards: 10_000, Retention: 24 * time.Hour})
	}
	if err != nil {
		b.Fatal(err)
	}
	defer stream.Close() //nolint:errcheck // nothing reads it after this
	b.ReportAllocs()
	for b.Loop() {
		delivered := make(chan struct{}, 1)
		d, err := firehose.Open(firehose.Config{
			Name: "delivery", StreamName: "stream", Bucket: "events", BufferMiB: 1, Compression: "UNCOMPRESSED", TimeZone: "UTC",
		}, firehose.Options{
			Source: stream, Destination: discard{}, Checkpoint: filepath.Join(dir, "firehose", "delivery.json"),
			Delivered: func(firehose.Object) { delivered <- struct{}{} },
		})
		if err != nil {
			b.Fatal(err)
		}
		ctx, cancel := context.WithCancel(b.Context())
		ended := make(chan error)
		go func() { ended <- d.Run(ctx) }()
		if r := stream.DoAs(ctx, "PutRecord", []byte(`{"StreamName":"stream","PartitionKey":"k","Data":"YQ=="}`), nil); r.Status != 200 {
			b.Fatalf("%d %s", r.Status, r.Body)
		}
		<-delivered
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		b.ReportMetric(float64(memory.HeapInuse+memory.StackInuse)/(1<<20), "MiB")
		cancel()
		if err := errors.Join(<-ended, d.Flush(b.Context())); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRun delivers records of 500 bytes, checkpoints on disk included. The figure is records a second.
func BenchmarkRun(b *testing.B) {
	for _, compression := range []string{"UNCOMPRESSED", "GZIP", "Snappy"} {
		for _, mib := range []int{1, 16} {
			b.Run(fmt.Sprintf("%s/%dMiB", compression, mib), func(b *testing.B) { benchmark(b, compression, mib) })
		}
	}
}

func benchmark(b *testing.B, compression string, mib int) {
	data := make([]byte, 500)
	for i := range data {
		data[i] = `{"type":"signup","user":"u-1"}`[i%30]
	}
	source := &backlog{n: b.N, record: kinesis.Record{Data: data, ArrivedAt: time.Unix(1e9, 0)}}
	left := b.N
	ctx, cancel := context.WithCancel(b.Context())
	d, err := firehose.Open(firehose.Config{
		Name: "delivery", StreamName: "stream", Bucket: "events", BufferInterval: 10 * time.Millisecond, BufferMiB: mib,
		Compression: compression, TimeZone: "UTC", Delimiter: "\n",
	}, firehose.Options{
		Source: source, Destination: discard{}, Checkpoint: filepath.Join(b.TempDir(), "checkpoint.json"),
		Delivered: func(o firehose.Object) {
			if left -= o.Records; left == 0 {
				cancel()
			}
		},
	})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	if err := d.Run(ctx); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
}
