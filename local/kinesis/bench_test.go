package kinesis_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cdk.tf/go/ingest/local/kinesis"
)

// BenchmarkPutRecord puts records of 500 bytes from 128 callers at once, each acknowledged when it is on disk.
func BenchmarkPutRecord(b *testing.B) {
	for _, shards := range []int{1, 4} {
		b.Run(fmt.Sprintf("shards=%d", shards), func(b *testing.B) { benchmarkPutRecord(b, shards) })
	}
}

func benchmarkPutRecord(b *testing.B, shards int) {
	s, err := kinesis.Open(kinesis.Options{Path: filepath.Join(b.TempDir(), "kinesis.db"), Unlimited: true})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if err := s.Declare(kinesis.Config{Name: "events", Mode: "PROVISIONED", Shards: shards, Retention: 24 * time.Hour}); err != nil {
		b.Fatal(err)
	}
	data := make([]byte, 500)
	for i := range data {
		data[i] = byte(rand.IntN(256))
	}
	encoded := base64.StdEncoding.EncodeToString(data)
	b.SetParallelism(64) // times two cores
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		body := fmt.Appendf(nil, `{"StreamName": "events", "PartitionKey": "%016x", "Data": "%s"}`, rand.Uint64(), encoded)
		for pb.Next() {
			if r := s.Do(context.Background(), "PutRecord", body); r.Status != 200 {
				b.Errorf("%d %s", r.Status, r.Body)
				return
			}
		}
	})
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

// BenchmarkManyShards starts a service whose stream has the maximum number of shards: the first time, when the stream is created, and
// later. Put writes a record into such a stream by one caller.
func BenchmarkManyShards(b *testing.B) {
	declare := func(b *testing.B, path string) *kinesis.Service {
		s, err := kinesis.Open(kinesis.Options{Path: path, Unlimited: true})
		if err == nil {
			err = s.Declare(kinesis.Config{Name: "events", Mode: "PROVISIONED", Shards: 10_000, Retention: 24 * time.Hour})
		}
		if err != nil {
			b.Fatal(err)
		}
		return s
	}
	b.Run("first", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = declare(b, filepath.Join(b.TempDir(), "kinesis.db")).Close()
		}
	})
	path := filepath.Join(b.TempDir(), "kinesis.db")
	_ = declare(b, path).Close()
	b.Run("later", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = declare(b, path).Close()
		}
	})
	b.Run("put", func(b *testing.B) {
		s := declare(b, path)
		defer func() { _ = s.Close() }()
		for b.Loop() {
			if r := s.Do(context.Background(), "PutRecord", fmt.Appendf(nil, `{"StreamName": "events", "PartitionKey": "%016x", "Data": "YQ=="}`, rand.Uint64())); r.Status != 200 {
				b.Fatalf("%d %s", r.Status, r.Body)
			}
		}
	})
}

// BenchmarkStart starts a service on a file of a hundred thousand records of 500 bytes, and so reads each of them.
func BenchmarkStart(b *testing.B) {
	path := filepath.Join(b.TempDir(), "kinesis.db")
	s, err := kinesis.Open(kinesis.Options{Path: path, Unlimited: true})
	if err == nil {
		err = s.Declare(kinesis.Config{Name: "events", Mode: "PROVISIONED", Shards: 4, Retention: 24 * time.Hour})
	}
	if err != nil {
		b.Fatal(err)
	}
	record := fmt.Sprintf(`{"PartitionKey":"%%d","Data":"%s"}`, base64.StdEncoding.EncodeToString(make([]byte, 500)))
	for range 200 {
		var records []string
		for range 500 {
			records = append(records, fmt.Sprintf(record, rand.Uint64()))
		}
		if r := s.Do(context.Background(), "PutRecords", fmt.Appendf(nil, `{"StreamName":"events","Records":[%s]}`, strings.Join(records, ","))); r.Status != 200 {
			b.Fatalf("%d %s", r.Status, r.Body)
		}
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(100_000 * 500)
	b.ReportAllocs()
	for b.Loop() {
		s, err := kinesis.Open(kinesis.Options{Path: path})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
