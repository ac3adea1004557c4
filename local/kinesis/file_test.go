package kinesis

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
	"go.etcd.io/bbolt"

	"cdk.tf/go/ingest/internal/lockedbuffer"
	"cdk.tf/go/ingest/internal/quota"
)

// opened is a service on a new file with a stream "events".
func opened(t *testing.T, options Options) *Service {
	t.Helper()
	if options.Path == "" {
		options.Path = filepath.Join(t.TempDir(), "kinesis.db")
	}
	options.Unlimited = true
	s, err := Open(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if err := s.Declare(Config{Name: "events", Mode: provisioned, Shards: 1, Retention: quota.MinRetention}); err != nil {
		t.Fatal(err)
	}
	return s
}

const onlyShard = "shardId-000000000000"

func (s *Service) putText(data []byte) Response {
	return s.Do(context.Background(), "PutRecord", fmt.Appendf(nil, `{"StreamName":"events","PartitionKey":"k","Data":"%s"}`, base64.StdEncoding.EncodeToString(data)))
}

// texts returns the data of all records.
func texts(t *testing.T, s *Service) (data []string) {
	t.Helper()
	for after := ""; ; {
		records, err := s.Records(context.Background(), "events", onlyShard, after, readMost)
		if err != nil {
			t.Fatal(err)
		}
		if len(records) == 0 {
			return data
		}
		for _, r := range records {
			if r.SequenceNumber <= after {
				t.Fatalf("%s comes after %s", r.SequenceNumber, after)
			}
			if after = r.SequenceNumber; r.Empty {
				continue
			}
			data = append(data, string(r.Data))
		}
	}
}

func mustPut(t *testing.T, s *Service, data string) {
	t.Helper()
	if r := s.putText([]byte(data)); r.Status != 200 {
		t.Fatalf("%q: %d %s", data, r.Status, r.Body)
	}
}

// mustPutMany puts count records, named by prefix and number, in few calls.
func mustPutMany(t *testing.T, s *Service, prefix string, count int) {
	t.Helper()
	for from := 0; from < count; from += maxRecords {
		var records []string
		for i := from; i < min(count, from+maxRecords); i++ {
			records = append(records, fmt.Sprintf(`{"PartitionKey":"k","Data":"%s"}`, base64.StdEncoding.EncodeToString(fmt.Append(nil, prefix, i))))
		}
		r := s.Do(context.Background(), "PutRecords", fmt.Appendf(nil, `{"StreamName":"events","Records":[%s]}`, strings.Join(records, ",")))
		if r.Status != 200 || !bytes.HasPrefix(r.Body, []byte(`{"FailedRecordCount":0,`)) {
			t.Fatalf("%d %.200s", r.Status, r.Body)
		}
	}
}

func copyFile(t *testing.T, from string) string {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "copy.db")
	if err := os.WriteFile(to, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return to
}

func TestASecondProcessIsRefused(t *testing.T) {
	s := opened(t, Options{})
	_, err := Open(Options{Path: s.options.Path})
	want := s.options.Path + ": in use by another process; stop that process, or start with another --data folder"
	if !errors.Is(err, errLocked) || err.Error() != want {
		t.Errorf("error %v\nwant  %s", err, want)
	}
}

// The newest of bbolt's two meta pages is torn, so bbolt sees the file as the commit before left it. The records of the torn page's
// commit are found nonetheless, because they may have been acknowledged.
func TestTornWrite(t *testing.T) {
	for name, tear := range map[string]func(page []byte){
		"half of it is old": func(page []byte) { clear(page[:60]) },
		"it is garbage":     func(page []byte) { copy(page, bytes.Repeat([]byte("garbage"), 600)) },
		"it is empty":       func(page []byte) { clear(page) },
	} {
		t.Run(name, func(t *testing.T) {
			s := opened(t, Options{})
			mustPut(t, s, "one")
			mustPut(t, s, "two")
			mustPut(t, s, "three")
			path := copyFile(t, s.options.Path)
			file, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			size := pageSize
			newest := file[:size]
			if txid(file[size:]) > txid(file) {
				newest = file[size : 2*size]
			}
			tear(newest)
			if err := os.WriteFile(path, file, 0o600); err != nil {
				t.Fatal(err)
			}
			s = opened(t, Options{Path: path})
			if got := texts(t, s); fmt.Sprint(got) != "[one two three]" {
				t.Errorf("after the tear there are %v", got)
			}
			mustPut(t, s, "four")
			if got := texts(t, s); fmt.Sprint(got) != "[one two three four]" {
				t.Errorf("after a further record there are %v", got)
			}
		})
	}
}

// txid is the number of the transaction that wrote a meta page (bbolt, internal/common/meta.go).
func txid(page []byte) uint64 { return binary.NativeEndian.Uint64(page[16+48:]) }

func TestDamagedFile(t *testing.T) {
	s := opened(t, Options{})
	for i := range 200 {
		mustPut(t, s, strings.Repeat(fmt.Sprint(i%10), 2000))
	}
	size := pageSize
	for name, damage := range map[string]func(file []byte) []byte{
		"of another program":        func([]byte) []byte { return bytes.Repeat([]byte("not a database\n"), 1000) },
		"a few bytes":               func(file []byte) []byte { return file[:100] },
		"it is cut after the metas": func(file []byte) []byte { return file[:2*size] },
		"it is cut in the middle":   func(file []byte) []byte { return file[:20*size] },
		"all but its metas is zero": func(file []byte) []byte { clear(file[2*size:]); return file },
		"all but its metas is random": func(file []byte) []byte {
			copy(file[2*size:], bytes.Repeat([]byte("\xa5\x5a\x01\xff\x00\x02\x10"), len(file)/7))
			return file
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := copyFile(t, s.options.Path)
			file, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, damage(file), 0o600); err != nil {
				t.Fatal(err)
			}
			broken, err := Open(Options{Path: path})
			if err == nil {
				t.Fatal("the file is opened", broken.Close())
			}
			const begin, end = ": this file of the local Kinesis cannot be read (", "); restore a copy of it, or move it away to start with an empty file"
			if text := err.Error(); !strings.HasPrefix(text, path+begin) || !strings.HasSuffix(text, end) || strings.Contains(text, "\n") {
				t.Errorf("error %q", text)
			}
			// The lock is released, so you can inspect the file.
			if db, err := os.OpenFile(path, os.O_RDWR, 0); err != nil || db.Close() != nil {
				t.Error(err)
			}
		})
	}
}

// The call that meets damage of an open file repairs the file: lost records are reported, and new ones are kept.
func TestDamageBeneathARunningService(t *testing.T) {
	s := opened(t, Options{})
	for i := range 200 {
		mustPut(t, s, strings.Repeat(fmt.Sprint(i%10), 2000))
	}
	file, err := os.OpenFile(s.options.Path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	size := int64(pageSize)
	if _, err := file.WriteAt(bytes.Repeat([]byte{0xa5}, int(info.Size()-2*size)), 2*size); err != nil {
		t.Fatal(err)
	}
	records, err := s.Records(context.Background(), "events", onlyShard, "", 10)
	if err != nil || len(records) != 1 || !records[0].Empty || !strings.Contains(records[0].Lost, "could not be read; send the events again") {
		t.Errorf("records %v, error %v; want a place that says what is lost", records, err)
	}
	mustPut(t, s, "x")
	if got := texts(t, s); fmt.Sprint(got) != "[x]" {
		t.Errorf("afterwards there are %v", got)
	}
	if status := s.Status().Streams[0].Shards[0]; status.Damages != 1 || status.Damage[0].File == "" {
		t.Errorf("status %+v", status)
	}
}

func TestUnknownFormat(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kinesis.db")
	db, err := openBolt(path, 0)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		return errors.Join(begin(tx), tx.Bucket(serviceBucket).Put(formatKey, sealText([]byte("4"))))
	})
	if err = errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	_, err = Open(Options{Path: path})
	want := path + `: this file of the local Kinesis cannot be read (its format is "4", this program knows up to "3"); restore a copy of it, or move it away to start with an empty file`
	if err == nil || err.Error() != want {
		t.Errorf("error %v\nwant  %s", err, want)
	}
}

// A full disk is only an error for the producer: acknowledged records stay, and when there is room again the service continues.
func TestFullDisk(t *testing.T) {
	clock := clockwork.NewFakeClockAt(noon)
	var log lockedbuffer.Buffer
	s := opened(t, Options{maxSize: 40 << 20, Clock: clock, Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))})
	data := bytes.Repeat([]byte("x"), 700_000)
	var acknowledged []string
	put := func(i int) Response {
		text := fmt.Sprintf("%06d%s", i, data)
		r := s.putText([]byte(text))
		if r.Status == 200 {
			acknowledged = append(acknowledged, text[:6])
		}
		return r
	}
	check := func() {
		t.Helper()
		got := texts(t, s)
		for i := range got {
			got[i] = got[i][:6]
		}
		if fmt.Sprint(got) != fmt.Sprint(acknowledged) {
			t.Errorf("there are %v\nacknowledged %v", got, acknowledged)
		}
	}
	refused := 0
	for i := range 100 {
		r := put(i)
		if r.Status == 200 {
			continue
		}
		refused++
		if want := `{"__type":"InternalFailure","message":"the record could not be written: database reached maximum size"}`; r.Status != 500 || string(r.Body) != want {
			t.Fatalf("record %d: %d %.200s", i, r.Status, r.Body)
		}
	}
	if refused < 40 || len(acknowledged) < 20 {
		t.Fatalf("of 100 records %d are refused, %d acknowledged", refused, len(acknowledged))
	}
	check()

	clock.Advance(25 * time.Hour) // makes room
	acknowledged = nil
	trimAll(s)
	for i := range 5 {
		if r := put(200 + i); r.Status != 200 {
			t.Fatalf("with room again: %d %.200s", r.Status, r.Body)
		}
	}
	check()
	if text := log.String(); !strings.Contains(text, "records cannot be written") || !strings.Contains(text, "records are written again") {
		t.Errorf("the log at the default level is %s", text)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = opened(t, Options{Path: s.options.Path, Clock: clock})
	check()
}

// If the sync fails after the commit is visible, the file holds a record that was not acknowledged. It never becomes readable.
func TestFailingSync(t *testing.T) {
	var failing atomic.Bool
	s := opened(t, Options{syncFails: func() error {
		if failing.Load() {
			return errors.New("input/output error")
		}
		return nil
	}})
	mustPut(t, s, "one")
	failing.Store(true)
	for range 3 {
		if r := s.putText([]byte("lost")); r.Status != 500 || string(r.Body) != `{"__type":"InternalFailure","message":"the record could not be written: input/output error"}` {
			t.Errorf("%d %s", r.Status, r.Body)
		}
	}
	if got := texts(t, s); fmt.Sprint(got) != "[one]" {
		t.Errorf("while the sync fails there are %v", got)
	}
	failing.Store(false)
	mustPut(t, s, "two")
	if got := texts(t, s); fmt.Sprint(got) != "[one two]" {
		t.Errorf("afterwards there are %v", got)
	}
	if status := s.Status().Streams[0].Shards[0]; status.Records != 2 || status.Failed != 3 {
		t.Errorf("status %+v", status)
	}
}

func trimAll(s *Service) {
	for c := (&committer{Service: s}); c.trim(); {
		continue
	}
}

func TestRetention(t *testing.T) {
	clock := clockwork.NewFakeClockAt(noon)
	s := opened(t, Options{Clock: clock})
	const each = 1500 // more than one transaction of the trimming
	mustPutMany(t, s, "old ", each)
	clock.Advance(23 * time.Hour)
	mustPutMany(t, s, "new ", each)
	if got := texts(t, s); len(got) != 2*each {
		t.Fatalf("%d records", len(got))
	}
	clock.Advance(time.Hour + time.Millisecond)
	// Readers no longer see them before they are deleted from the disk.
	if got := texts(t, s); len(got) != each || got[0] != "new 0" {
		t.Fatalf("%d records, first %s", len(got), got[0])
	}
	trimAll(s)
	if kept := bucketSize(t, s); kept != each {
		t.Errorf("the file keeps %d records, want %d", kept, each)
	}
	if got := texts(t, s); len(got) != each || got[0] != "new 0" {
		t.Errorf("%d records, first %s", len(got), got[0])
	}
	latest, _ := s.Latest(context.Background(), "events", onlyShard)
	clock.Advance(24 * time.Hour)
	trimAll(s)
	if kept := bucketSize(t, s); kept != 1 || len(texts(t, s)) != 0 {
		t.Errorf("the file keeps %d records and shows %d, want the newest, and none", kept, len(texts(t, s)))
	}
	// Sequence numbers continue, after a restart too, and the last given one is still known.
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = opened(t, Options{Path: s.options.Path, Clock: clock})
	if got, err := s.Latest(context.Background(), "events", onlyShard); err != nil || got != latest || len(texts(t, s)) != 0 {
		t.Errorf("after a restart the newest is %s (%v) and %d records show, want %s and none", got, err, len(texts(t, s)), latest)
	}
	mustPut(t, s, "last")
	if after, err := s.Latest(context.Background(), "events", onlyShard); err != nil || after <= latest {
		t.Errorf("%s (%v) does not come after %s", after, err, latest)
	}
}

func bucketSize(t *testing.T, s *Service) (keys int) {
	t.Helper()
	err := s.view(func(tx *bbolt.Tx) error {
		return tx.Bucket((*s.streams.Load())["events"].all()[0].bucket).ForEach(func(_, _ []byte) error { keys++; return nil })
	})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// Trimming reaches every shard, even with more shards than one transaction trims, and those of a deleted stream.
func TestTrimmingOfManyShards(t *testing.T) {
	clock := clockwork.NewFakeClockAt(noon)
	s := opened(t, Options{Clock: clock, Unlimited: true})
	const shards = 2*trimShards + 1
	for _, name := range []string{"many", "gone"} {
		if err := s.Declare(Config{Name: name, Mode: provisioned, Shards: shards, Retention: quota.MinRetention}); err != nil {
			t.Fatal(err)
		}
	}
	all := (*s.streams.Load())["many"].all()
	for range 2 {
		for _, shard := range all {
			body := fmt.Sprintf(`{"StreamName":"many","PartitionKey":"k","ExplicitHashKey":"%s","Data":""}`, shard.start)
			if r := s.Do(context.Background(), "PutRecord", []byte(body)); r.Status != 200 {
				t.Fatalf("%d %s", r.Status, r.Body)
			}
		}
	}
	if r := s.Do(context.Background(), "DeleteStream", []byte(`{"StreamName":"gone"}`)); r.Status != 200 {
		t.Fatalf("%d %s", r.Status, r.Body)
	}
	clock.Advance(25 * time.Hour)
	trimAll(s)
	err := s.view(func(tx *bbolt.Tx) error {
		for _, shard := range all {
			if first, _ := tx.Bucket(shard.bucket).Cursor().First(); !bytes.Equal(first, indexKey(shard.last)) {
				t.Errorf("%s begins with %x, want its newest record, %x", shard.id, first, indexKey(shard.last))
			}
		}
		return tx.ForEach(func(name []byte, _ *bbolt.Bucket) error {
			if bytes.HasSuffix(name, []byte("/gone")) {
				t.Errorf("%s is left", name)
			}
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The ticker alone causes the trimming.
func TestTrimmingFollowsTheClock(t *testing.T) {
	clock := clockwork.NewFakeClockAt(noon)
	s := opened(t, Options{Clock: clock})
	mustPut(t, s, "old")
	mustPut(t, s, "newest")
	clock.Advance(25 * time.Hour)
	for bucketSize(t, s) != 1 { // hangs, and the test run times out, if the committer does not trim
		runtime.Gosched()
	}
}

// The space that trimming frees is reused: in the long run the file does not grow.
func TestFileDoesNotGrowWithoutBound(t *testing.T) {
	clock := clockwork.NewFakeClockAt(noon)
	s := opened(t, Options{Clock: clock})
	data := strings.Repeat("x", 2000)
	size := func() int64 {
		var size int64
		if err := s.view(func(tx *bbolt.Tx) error { size = tx.Size(); return nil }); err != nil {
			t.Fatal(err)
		}
		return size
	}
	var early int64
	for day := range 12 {
		mustPutMany(t, s, data, 500)
		clock.Advance(13 * time.Hour)
		trimAll(s)
		if day == 4 {
			early = size()
		}
	}
	if late := size(); late > early+early/5 {
		t.Errorf("the file grew from %d to %d bytes", early, late)
	}
}

func TestDeletedStreamFreesItsSpace(t *testing.T) {
	s := opened(t, Options{})
	mustPutMany(t, s, "", 1200)
	before, _ := s.Latest(context.Background(), "events", onlyShard)
	for _, call := range [][2]string{{"DeleteStream", `{"StreamName":"events"}`}, {"CreateStream", `{"StreamName":"events","ShardCount":1}`}} {
		if r := s.Do(context.Background(), call[0], []byte(call[1])); r.Status != 200 {
			t.Fatalf("%d %s", r.Status, r.Body)
		}
	}
	if got := texts(t, s); len(got) != 0 {
		t.Errorf("the new stream has %d records", len(got))
	}
	mustPut(t, s, "first")
	after, _ := s.Latest(context.Background(), "events", onlyShard)
	if after <= before {
		t.Errorf("%s of the new stream does not come after %s of the old", after, before)
	}
	if _, err := s.Records(context.Background(), "events", onlyShard, before, 10); err == nil {
		t.Error("a sequence number of the old stream is taken")
	}
	trimAll(s)
	buckets := 0
	err := s.view(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, _ *bbolt.Bucket) error {
			if bytes.HasPrefix(name, []byte(recordsPrefix)) {
				buckets++
			}
			return nil
		})
	})
	if err != nil || buckets != 1 {
		t.Errorf("%d buckets of records, error %v; want 1", buckets, err)
	}
	if got := texts(t, s); fmt.Sprint(got) != "[first]" {
		t.Errorf("the new stream has %v", got)
	}
}

// The fast reader agrees with the thorough one, or gives up.
func FuzzPutRecord(f *testing.F) {
	for _, seed := range []string{
		`{"StreamName": "events", "PartitionKey": "k", "Data": "YQ=="}`,
		`{"StreamName":"events","PartitionKey":"k","Data":"","ExplicitHashKey":"0"}`,
		`{"StreamName":"events","PartitionKey":"\u00e9","Data":"YQ=="}`,
		`{"StreamName":"events","PartitionKey":"\ud83d\ude00\/\"\\","Data":"\/\u002F8="}`,
		`{"StreamName":"events","PartitionKey":"\ud83d","Data":"YQ=="}`,
		`{"StreamName":"events","PartitionKey":"\ud83d\u0041","Data":"YQ=="}`,
		`{"StreamName":"events","PartitionKey":"\ude00\ud83d","Data":"YQ=="}`,
		`{"StreamName":"events","PartitionKey":"\ufffd\u00","Data":"YQ=="}`,
		`{"StreamName":"events","PartitionKey":"\n\t\x","Data":"YQ=="}`,
		`{"StreamName":"events","PartitionKey":"k","Data":"YQ==\n"}`,
		`{"StreamName":"events","PartitionKey":"k","D\u0061ta":"YQ=="}`,
		"{\"StreamName\":\"events\",\"PartitionKey\":\"k\t\",\"Data\":\"YQ==\"}",
		"{\"StreamName\":\"events\",\"PartitionKey\":\"\\/\n\",\"Data\":\"YQ==\"}",
		`{"StreamName":"events","PartitionKey":"k","Data":"YQ==","Data":"Yg=="}`,
		`{"StreamName":"events","PartitionKey":"k","Data":"YR=="}`,
		`{"StreamName":"events","PartitionKey":"k","Data":"YQ="}`,
		`{"StreamName":"events","PartitionKey":null,"Data":"YQ=="}`,
		`{"StreamName":"events","PartitionKey":"k","Data":"YQ=="} x`,
		`{"StreamName":"events","PartitionKey":"k","Data":"YQ==",}`,
		`{}`, `[]`, `"`, "{\"StreamName\":\"\xff\"}", `{"StreamName":"events","Records":[{"PartitionKey":"k","Data":"YQ=="}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		name, e, ok := readEntry(body)
		value, isData := e.appendValue(nil)
		_, isHash := e.hashKey()
		if !ok || !isData || !isHash || !isName(string(name)) || len(name) > 128 {
			return
		}
		in, problem := decode(body, putRecordInput, streamNeeded)
		if problem != nil {
			t.Fatalf("%q is taken; it is refused with %v", body, problem)
		}
		slow := entryOf(in)
		if want, _ := slow.appendValue(nil); !bytes.Equal(value, want) || in.text("StreamName") != string(name) || !bytes.Equal(slow.hash, e.hash) {
			t.Errorf("%q is read as %q, want %q", body, value, want)
		}
	})
}

// The fast reader of many records agrees with the thorough one, or gives up.
func FuzzPutRecords(f *testing.F) {
	for _, seed := range []string{
		`{"StreamName":"events","Records":[{"PartitionKey":"k","Data":"YQ=="},{"Data":"","PartitionKey":"a\/1","ExplicitHashKey":"7"}]}`,
		`{"Records":[{"PartitionKey":"\u00e9\ud83d\ude00","Data":"YQ=="},{"PartitionKey":"\"","Data":"\/w=="}],"StreamName":"events"}`,
		`{"StreamName":"events","Records":[{"PartitionKey":"k","Data":"YQ=="},]}`, `{"StreamName":"events","Records":[]}`,
		`{"StreamName":"events","Records":[{"PartitionKey":"k","Data":"YQ=="}],"Records":[{"PartitionKey":"l","Data":"YQ=="}]}`,
		`{"StreamName":"events","Records":[{"Data":,"PartitionKey":"k"}]}`, `{"StreamName":"events","Records":[{"PartitionKey":"k\x","Data":"YQ=="}]}`,
		`{"StreamName":"events","Records":[{"PartitionKey":"","Data":"YQ=="}]}`, `{"StreamName":"events","Records":[null]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		name, entries, ok := readEntries(body)
		if !ok || !isName(string(name)) || len(name) > 128 {
			return
		}
		in, problem := decode(body, putRecordsInput, streamNeeded)
		for i := range entries {
			value, isData := entries[i].appendValue(nil)
			if _, isHash := entries[i].hashKey(); !isData || !isHash {
				return
			}
			if problem != nil {
				continue
			}
			records, _ := in["Records"].([]input)
			slow := entryOf(records[i])
			if want, _ := slow.appendValue(nil); len(records) != len(entries) || !bytes.Equal(value, want) || !bytes.Equal(slow.hash, entries[i].hash) {
				t.Errorf("%q has %d records, want %d; of %d %q, want %q", body, len(entries), len(records), i, value, want)
			}
		}
		if problem != nil || in.text("StreamName") != string(name) {
			t.Errorf("%q is taken for the stream %q; want %q, %v", body, name, in.text("StreamName"), problem)
		}
	})
}

// The fast reader reads the requests of a mapping template, which escape "/" and all characters that are not ASCII.
func TestEscapesAreReadFast(t *testing.T) {
	name, entries, ok := readEntries([]byte(`{"StreamName":"events","Records":[{"Data":"YQ==","PartitionKey":"c0ffee\/1"},{"Data":"\/w==","PartitionKey":"\u00E9\uD83D\uDE00\"\\"}]}`))
	if !ok || string(name) != "events" || len(entries) != 2 || string(entries[0].key) != "c0ffee/1" || string(entries[1].key) != `é😀"\` || string(entries[1].data) != "/w==" {
		t.Errorf("%v: %s %+v", ok, name, entries)
	}
}

// No request makes the service panic, and each answer is JSON.
func FuzzDo(f *testing.F) {
	var names []string
	for name := range actions {
		names = append(names, name)
	}
	for _, seed := range []string{
		`{"StreamName":"events","ShardId":"shardId-0","ShardIteratorType":"AT_TIMESTAMP","Timestamp":1e300}`,
		`{"StreamARN":"arn:aws:kinesis:us-east-1:000000000000:stream/events"}`,
		`{"StreamName":"events","Records":[{"PartitionKey":"k","Data":"YQ=="},null]}`,
		`{"ShardIterator":"AAAAAAAAAAE="}`, `{"NextToken":"e30=","MaxResults":1}`, `{"StreamName":"x","ShardCount":2.5}`,
	} {
		f.Add([]byte(seed))
	}
	path := filepath.Join(f.TempDir(), "kinesis.db")
	s, err := Open(Options{Path: path})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, name := range names {
			r := s.Do(context.Background(), name, body)
			if r.Status != 200 && r.Status != 400 || len(r.Body) > 0 && !json.Valid(r.Body) {
				t.Errorf("%s of %q: %d %q", name, body, r.Status, r.Body)
			}
		}
	})
}

// A closed shard is deleted with its bucket when its retention is over, and its number is not given again.
func TestClosedShardsExpire(t *testing.T) {
	clock := clockwork.NewFakeClockAt(noon)
	s := opened(t, Options{Clock: clock})
	do := func(action, members string) string {
		t.Helper()
		r := s.Do(context.Background(), action, []byte(`{"StreamName":"events",`+members+`}`))
		if r.Status != 200 {
			t.Fatalf("%d %s", r.Status, r.Body)
		}
		return string(r.Body)
	}
	shards := func() (text string) {
		for _, shard := range (*s.streams.Load())["events"].all() {
			text += fmt.Sprint(shard.index, shard.parents, shard.closed.Load() != 0, " ")
		}
		return text
	}
	put := func(want string) {
		t.Helper()
		if got := do("PutRecord", `"PartitionKey":"a","Data":""`); !strings.Contains(got, want) {
			t.Errorf("%s, want %s", got, want)
		}
	}
	put("shardId-000000000000")
	clock.Advance(time.Hour)
	do("SplitShard", `"ShardToSplit":"0","NewStartingHashKey":"170141183460469231731687303715884105728"`)
	put("shardId-000000000001")
	clock.Advance(24 * time.Hour)
	trimAll(s)
	if got, want := shards(), "0 [] true 1 [0] false 2 [0] false "; got != want {
		t.Errorf("a day after the split there are %s, want %s", got, want)
	}
	clock.Advance(time.Millisecond)
	if list := do("ListShards", `"MaxResults":10`); strings.Contains(list, `"ShardId":"shardId-000000000000"`) || !strings.Contains(list, `"ParentShardId":"shardId-000000000000"`) {
		t.Errorf("a moment later %s", list)
	}
	trimAll(s)
	do("MergeShards", `"ShardToMerge":"1","AdjacentShardToMerge":"2"`)
	put("shardId-000000000003")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = opened(t, Options{Path: s.options.Path, Clock: clock})
	put("shardId-000000000003")
	if got, want := shards(), "1 [0] true 2 [0] true 3 [1 2] false "; got != want {
		t.Errorf("after the merge there are %s, want %s", got, want)
	}
	err := s.view(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, _ *bbolt.Bucket) error {
			if bytes.HasSuffix(name, []byte("/0/events")) {
				t.Errorf("%s is left", name)
			}
			return nil
		})
	})
	if err != nil {
		t.Error(err)
	}
}
