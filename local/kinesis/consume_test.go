package kinesis_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/local/kinesis"
)

const shard0 = "shardId-000000000000"

func put(t testing.TB, s *kinesis.Service, stream, key, data string) (shard, number string) {
	t.Helper()
	answer := call(t, s, "PutRecord", fmt.Sprintf(`{"StreamName":"%s","PartitionKey":"%s","Data":"%s"}`, stream, key, base64.StdEncoding.EncodeToString([]byte(data))))
	return answer["ShardId"].(string), answer["SequenceNumber"].(string)
}

func TestConsumer(t *testing.T) {
	ctx := context.Background()
	clock := clockwork.NewFakeClockAt(noon.Add(123456789 * time.Nanosecond))
	s := open(t, kinesis.Options{Clock: clock}, map[string]int{"e": 2})
	if shards, err := s.Shards(ctx, "e"); err != nil || fmt.Sprint(shards) != "[{shardId-000000000000 [] } {shardId-000000000001 [] }]" {
		t.Errorf("%v, %v", shards, err)
	}
	if latest, err := s.Latest(ctx, "e", shard0); err != nil || latest != "" {
		t.Errorf("the newest of none is %q, %v", latest, err)
	}
	if records, err := s.Records(ctx, "e", shard0, "", 10); err != nil || records != nil {
		t.Errorf("%v, %v", records, err)
	}
	var numbers []string
	for _, data := range []string{"one", "", "th\x00ree\n\"é"} {
		shard, number := put(t, s, "e", "a", data)
		if shard != shard0 {
			t.Fatal(shard)
		}
		numbers = append(numbers, number)
	}
	records, err := s.Records(ctx, "e", shard0, "", 10)
	if err != nil || len(records) != 3 {
		t.Fatal(records, err)
	}
	last := records[2]
	if last.SequenceNumber != numbers[2] || last.PartitionKey != "a" || string(last.Data) != "th\x00ree\n\"é" || !last.ArrivedAt.Equal(noon.Add(123*time.Millisecond)) {
		t.Errorf("%+v", last)
	}
	if records, err := s.Records(ctx, "e", shard0, numbers[0], 1); err != nil || len(records) != 1 || records[0].SequenceNumber != numbers[1] {
		t.Errorf("%v, %v", records, err)
	}
	if latest, err := s.Latest(ctx, "e", shard0); err != nil || latest != numbers[2] {
		t.Errorf("the newest is %q, %v; want %s", latest, err, numbers[2])
	}
	if err := s.Wait(ctx, "e", shard0, numbers[1]); err != nil {
		t.Error(err)
	}
}

func TestConsumerErrors(t *testing.T) {
	s := open(t, kinesis.Options{}, map[string]int{"e": 2})
	_, other := put(t, s, "e", "b", "")
	ctx := context.Background()
	records := func(stream, shard, after string) error {
		_, err := s.Records(ctx, stream, shard, after, 1)
		return err
	}
	for _, test := range []struct {
		name, want string
		err        error
		gone       bool
	}{
		{"stream", "ResourceNotFoundException: Stream x under account 000000000000 not found.", records("x", shard0, ""), true},
		{"shard", "ResourceNotFoundException: Shard y in stream e under account 000000000000 does not exist", records("e", "y", ""), true},
		{"number", "InvalidArgumentException: the sequence number 7x is not of shard shardId-000000000000 in stream e", records("e", shard0, "7x"), false},
		{"another shard's", "InvalidArgumentException: the sequence number " + other + " is not of shard shardId-000000000000 in stream e", s.Wait(ctx, "e", shard0, other), false},
	} {
		if test.err == nil || test.err.Error() != test.want || errors.Is(test.err, kinesis.ErrGone) != test.gone {
			t.Errorf("%s: %v\nwant %s, gone %t", test.name, test.err, test.want, test.gone)
		}
	}
}

func TestWaitEnds(t *testing.T) {
	s := open(t, kinesis.Options{}, map[string]int{"record": 1, "deleted": 1, "cancelled": 1, "closed": 1})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	waits := map[string]chan error{}
	for _, stream := range []string{"record", "deleted", "cancelled", "closed"} {
		done := make(chan error, 1)
		waits[stream] = done
		ctx := ctx
		if stream != "cancelled" {
			ctx = context.Background()
		}
		go func() { done <- s.Wait(ctx, stream, shard0, "") }()
	}
	put(t, s, "record", "k", "")
	if err := <-waits["record"]; err != nil {
		t.Error(err)
	}
	call(t, s, "DeleteStream", `{"StreamName":"deleted"}`)
	if err := <-waits["deleted"]; !errors.Is(err, kinesis.ErrGone) {
		t.Error(err)
	}
	cancel()
	if err := <-waits["cancelled"]; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := <-waits["closed"]; !errors.Is(err, kinesis.ErrClosed) {
		t.Error(err)
	}
	if r := s.Do(context.Background(), "PutRecord", []byte(`{"StreamName":"record","PartitionKey":"k","Data":""}`)); r.Status != 500 {
		t.Errorf("after Close: %d %s", r.Status, r.Body)
	}
}

// The records of a stream exist after the next start unless the stream or the file is gone. Then no more records are acknowledged.
func TestKept(t *testing.T) {
	for _, test := range []struct {
		name   string
		remove func(s *kinesis.Service, path string) error
		want   string // of Kept, %s is the path; empty for none
	}{
		{"nothing", func(*kinesis.Service, string) error { return nil }, ""},
		{"the stream", func(s *kinesis.Service, _ string) error {
			call(t, s, "DeleteStream", `{"StreamName":"e"}`)
			return nil
		}, "ResourceNotFoundException: Stream e under account 000000000000 not found."},
		{"the folder", func(_ *kinesis.Service, path string) error { return os.RemoveAll(filepath.Dir(path)) },
			"%[1]s was removed while it was in use (stat %[1]s: no such file or directory); start again: it is gone"},
		{"the file, by another one", func(_ *kinesis.Service, path string) error {
			return errors.Join(os.Rename(path, path+".old"), os.WriteFile(path, nil, 0o600))
		}, "%s was removed while it was in use (another file has replaced it); start again: it is gone"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "data", "kinesis.db")
			s := open(t, kinesis.Options{Path: path}, map[string]int{"e": 1})
			put(t, s, "e", "k", "")
			if err := test.remove(s, path); err != nil {
				t.Fatal(err)
			}
			err := s.Kept("e")
			r := s.Do(context.Background(), "PutRecord", []byte(`{"StreamName":"e","PartitionKey":"k","Data":""}`))
			if test.want == "" {
				if err != nil || r.Status != 200 {
					t.Errorf("Kept says %v, a put is answered %d %s", err, r.Status, r.Body)
				}
				return
			}
			want := test.want
			if strings.Contains(want, "%") {
				want = fmt.Sprintf(want, path)
			}
			if err == nil || err.Error() != want || !errors.Is(err, kinesis.ErrGone) {
				t.Errorf("Kept says %v\nwant %s", err, want)
			}
			if r.Status == 200 {
				t.Errorf("a put is answered %d %s", r.Status, r.Body)
			}
		})
	}
}

// A consumer whose next records have been trimmed sleeps; it does not spin on an empty shard.
func TestWaitSkipsTrimmedRecords(t *testing.T) {
	clock := clockwork.NewFakeClockAt(noon)
	s := open(t, kinesis.Options{Clock: clock}, map[string]int{"e": 1})
	_, old := put(t, s, "e", "k", "old")
	clock.Advance(25 * time.Hour)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.Wait(ctx, "e", shard0, ""); !errors.Is(err, context.Canceled) {
		t.Errorf("there is nothing to read, and Wait says %v", err)
	}
	put(t, s, "e", "k", "new")
	if err := s.Wait(context.Background(), "e", shard0, old); err != nil {
		t.Error(err)
	}
	if records, err := s.Records(context.Background(), "e", shard0, "", 10); err != nil || len(records) != 1 || string(records[0].Data) != "new" {
		t.Errorf("%v, %v", records, err)
	}
}

// With concurrent producers and consumers each record is read once, and each shard's in order.
func TestConcurrentProducersAndConsumers(t *testing.T) {
	const producers, each, shards = 32, 100, 3
	s := open(t, kinesis.Options{Unlimited: true}, map[string]int{"e": shards})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	found := make(chan kinesis.Record)
	var consumers sync.WaitGroup
	ids, _ := s.Shards(ctx, "e")
	for _, id := range ids {
		consumers.Go(func() { consume(ctx, t, s, id.ID, found) })
	}
	var working sync.WaitGroup
	var acknowledged sync.Map // sequence number by data
	for p := range producers {
		working.Go(func() {
			for i := range each {
				data := fmt.Sprintf("%d-%d", p, i)
				_, number := put(t, s, "e", fmt.Sprintf("key %d", p), data) // all records of one producer go to one shard
				acknowledged.Store(data, number)
			}
		})
	}
	next := map[string]int{}
	var read []kinesis.Record
	for range producers * each {
		r := <-found
		read = append(read, r)
		var p, i int
		if _, err := fmt.Sscanf(string(r.Data), "%d-%d", &p, &i); err != nil {
			t.Fatal(err)
		}
		if next[r.PartitionKey] != i {
			t.Fatalf("of %s record %d comes where %d should", r.PartitionKey, i, next[r.PartitionKey])
		}
		next[r.PartitionKey]++
	}
	working.Wait()
	for _, r := range read {
		if number, ok := acknowledged.Load(string(r.Data)); !ok || number != r.SequenceNumber {
			t.Errorf("%s has number %s and was acknowledged with %v", r.Data, r.SequenceNumber, number)
		}
	}
	cancel()
	consumers.Wait()
}

func consume(ctx context.Context, t *testing.T, s *kinesis.Service, shard string, to chan<- kinesis.Record) {
	for after := ""; ; {
		if err := s.Wait(ctx, "e", shard, after); err != nil {
			if !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			return
		}
		records, err := s.Records(ctx, "e", shard, after, 50)
		if err != nil && ctx.Err() == nil {
			t.Error(err)
			return
		}
		for _, r := range records {
			if r.SequenceNumber <= after {
				t.Errorf("%s comes after %s", r.SequenceNumber, after)
			}
			to <- r
			after = r.SequenceNumber
		}
	}
}

// Streams are created and deleted while producers put.
func TestStreamsComeAndGo(t *testing.T) {
	s := open(t, kinesis.Options{Unlimited: true, Path: filepath.Join(t.TempDir(), "k.db")}, nil)
	var working sync.WaitGroup
	stop := make(chan struct{})
	for range 8 {
		working.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				r := s.Do(context.Background(), "PutRecord", []byte(`{"StreamName":"e","PartitionKey":"k","Data":"YQ=="}`))
				if want := `{"__type":"ResourceNotFoundException","message":"Stream e under account 000000000000 not found."}`; r.Status != 200 && string(r.Body) != want {
					t.Errorf("%d %s", r.Status, r.Body)
				}
				s.Status()
			}
		})
	}
	for range 30 {
		call(t, s, "CreateStream", `{"StreamName":"e","ShardCount":2}`)
		put(t, s, "e", "k", "")
		call(t, s, "DeleteStream", `{"StreamName":"e"}`)
	}
	close(stop)
	working.Wait()
}
