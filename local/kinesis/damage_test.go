package kinesis

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
	"go.etcd.io/bbolt"

	"cdk.tf/go/ingest/internal/lockedbuffer"
	"cdk.tf/go/ingest/internal/quota"
)

// wreck is a real file with records, and its content.
type wreck struct {
	path   string
	image  []byte
	report *report
	// events are the data by shard's bucket and sequence number, each with its location in the file.
	events map[string]map[string]wrecked
}

type wrecked struct {
	data       string
	begin, end int64 // of key and value
}

// newWreck makes a file with a resharded stream and every kind of page: a tree of pages of records, one of small records, a bucket that
// lies in its parent's page, records that need more than a page, and free pages.
func newWreck(t testing.TB) *wreck {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kinesis.db")
	clock := clockwork.NewFakeClockAt(noon)
	s, err := Open(Options{Path: path, Clock: clock, Unlimited: true})
	if err != nil {
		t.Fatal(err)
	}
	for name, shards := range map[string]int{"events": 2, "few": 1, "split": 1} {
		if err := s.Declare(Config{Name: name, Mode: provisioned, Shards: shards, Retention: quota.MinRetention}); err != nil {
			t.Fatal(err)
		}
	}
	put := func(stream, data string) {
		t.Helper()
		body := fmt.Sprintf(`{"StreamName":"%s","PartitionKey":"%x","Data":"%s"}`, stream, len(data)%7, base64.StdEncoding.EncodeToString([]byte(data)))
		if r := s.DoAs(context.Background(), "PutRecord", []byte(body), nil); r.Status != 200 {
			t.Fatalf("%d %s", r.Status, r.Body)
		}
	}
	for i := range 200 {
		put("events", fmt.Sprintf("old %d %s", i, strings.Repeat("o", i*13%3000)))
	}
	clock.Advance(25 * time.Hour)
	for i := range 300 {
		put("events", fmt.Sprintf("event %d %s", i, strings.Repeat("e", i*37%1500)))
		if i%75 == 0 {
			put("events", fmt.Sprintf("large %d %s", i, strings.Repeat("l", 60_000)))
			put("few", fmt.Sprintf("few %d", i))
			put("split", fmt.Sprintf("split %d %s", i, strings.Repeat("s", i)))
		}
	}
	body := `{"StreamName":"split","ShardToSplit":"0","NewStartingHashKey":"100000000000000000000000000000000000000"}`
	if r := s.DoAs(context.Background(), "SplitShard", []byte(body), nil); r.Status != 200 {
		t.Fatalf("%d %s", r.Status, r.Body)
	}
	for i := range 20 {
		put("split", fmt.Sprintf("child %d %s", i, strings.Repeat("c", 7*i)))
	}
	trimAll(s)
	put("few", "the last")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	w := &wreck{path: path, events: map[string]map[string]wrecked{}}
	if w.image, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	_, newest, err := openPages(bytes.NewReader(w.image), int64(len(w.image)))
	if err != nil {
		t.Fatal(err)
	}
	w.image = w.image[:newest.high*pageSize] // bbolt makes a file larger than it needs
	w.report = inspect(bytes.NewReader(w.image), int64(len(w.image)), true)
	if err := w.report.damage(); err != nil {
		t.Fatal(err)
	}
	for bucket, found := range w.report.shards {
		w.events[bucket] = map[string]wrecked{}
		shard := w.shard(bucket)
		for _, l := range found.records {
			r, err := readStored(seedOf([]byte(bucket)), indexKey(l.index), w.image[l.at:l.at+int64(l.size)])
			if err != nil {
				t.Fatal(err)
			}
			if l.arrived < clock.Now().Add(-24*time.Hour).UnixMilli() {
				continue // a placeholder, without an event
			}
			w.events[bucket][shard.number(l.index, l.arrived).String()] = wrecked{string(r.data), l.at - 8, l.at + int64(l.size)}
		}
	}
	return w
}

func (w *wreck) shard(bucket string) *shard {
	for _, d := range w.report.streams {
		for _, shard := range newStream(d).all() {
			if string(shard.bucket) == bucket {
				return shard
			}
		}
	}
	panic("no shard " + bucket)
}

// hit is a change of the file at an offset.
type hit struct {
	name string
	at   int
	with []byte
}

// pagesOf are the pages in use of a kind, by number.
func (w *wreck) pagesOf(flags uint16) (ids []int) {
	for id := range len(w.image) / pageSize {
		if page := w.image[id*pageSize:]; w.report.used.has(uint64(id)) && headOf(page).id == uint64(id) && headOf(page).flags == flags {
			ids = append(ids, id)
		}
	}
	return ids
}

// hits are changes in every kind of place.
func (w *wreck) hits(t *testing.T) (hits []hit) {
	t.Helper()
	ones, zeros := bytes.Repeat([]byte{0xff}, 64), make([]byte, 64)
	for id := range 2 {
		for _, with := range [][]byte{ones, zeros, {0x5a}} {
			for _, at := range []int{0, 8, 16, 24, 32, 48, 64, 72} {
				hits = append(hits, hit{fmt.Sprintf("meta page %d, byte %d", id, at), id*pageSize + at, with})
			}
		}
	}
	for kind, flags := range map[string]uint16{"branch": branchPage, "leaf": leafPage, "free list": freelistPage} {
		ids := w.pagesOf(flags)
		if len(ids) == 0 {
			t.Fatalf("there is no %s page", kind)
		}
		for _, id := range ids {
			for _, with := range [][]byte{ones, zeros, {0x01, 0x80}} {
				for _, at := range []int{0, 8, 10, 12, 16, 20, 24, 28, 40, 200} {
					hits = append(hits, hit{fmt.Sprintf("%s page %d, byte %d", kind, id, at), id*pageSize + at, with})
				}
			}
			for _, count := range []uint16{0, 1, 2, 0xffff} { // of elements
				hits = append(hits, hit{fmt.Sprintf("%s page %d has %d", kind, id, count), id*pageSize + 10, binary.NativeEndian.AppendUint16(nil, count)})
			}
			// A branch's first child, or the first free page, becomes each page of the file.
			if flags != leafPage {
				at := 16
				if flags == branchPage {
					at = 24
				}
				for to := range uint64(len(w.image) / pageSize) {
					hits = append(hits, hit{fmt.Sprintf("%s page %d names page %d", kind, id, to), id*pageSize + at, binary.NativeEndian.AppendUint64(nil, to)})
				}
			}
			hits = append(hits, hit{fmt.Sprintf("all of %s page %d", kind, id), id * pageSize, bytes.Repeat([]byte{0xff}, pageSize)})
		}
	}
	for bucket, events := range w.events {
		for number, e := range events {
			for name, at := range map[string]int64{"key": e.begin, "arrival": e.begin + 8, "head": e.begin + 16, "length": e.begin + 8 + lengthAt, "data": e.end - 1} {
				hits = append(hits, hit{fmt.Sprintf("%s, the %s of %s", bucket, name, number), int(at), []byte{w.image[at] ^ 0x10}})
			}
		}
	}
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same each time, for reproducible tests
	for range 400 {
		at := random.IntN(len(w.image))
		hits = append(hits, hit{fmt.Sprintf("byte %d", at), at, []byte{w.image[at] ^ 1<<random.IntN(8)}})
	}
	slices.SortFunc(hits, func(a, b hit) int { return strings.Compare(a.name, b.name) })
	return hits
}

// Whatever is damaged, nothing panics or hangs, and no wrong byte is delivered. Each record with undamaged bytes is delivered. Each other
// one lies where the shard reports missing records, at this start and at the next. Records put afterwards are kept.
func TestAnyDamage(t *testing.T) {
	w := newWreck(t)
	hits := some(w.hits(t), 120, 40)
	t.Logf("%d places of a file of %d pages are hit, one at a time", len(hits), len(w.image)/pageSize)
	for _, h := range hits {
		image := slices.Clone(w.image)
		copy(image[h.at:], h.with)
		w.check(t, h, image)
		if t.Failed() {
			t.Fatal(h.name)
		}
	}
}

// allDamage is an environment variable. With it the tests hit every place, which takes many minutes: set -timeout too.
const allDamage = "KINESIS_TEST_ALL_DAMAGE"

// some are many of the hits, or a few with -short, the same each time.
func some(hits []hit, many, few int) []hit {
	if os.Getenv(allDamage) != "" {
		return hits
	}
	if testing.Short() {
		many = few
	}
	random := rand.New(rand.NewPCG(3, 4)) //nolint:gosec // the same each time, for reproducible tests
	random.Shuffle(len(hits), func(i, j int) { hits[i], hits[j] = hits[j], hits[i] })
	return hits[:min(many, len(hits))]
}

func (w *wreck) check(t *testing.T, h hit, image []byte) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "kinesis.db")
	if err := os.WriteFile(path, image, 0o600); err != nil {
		t.Fatal(err)
	}
	for start := range 2 {
		log := &lockedbuffer.Buffer{}
		s, err := Open(Options{Path: path, Clock: clockwork.NewFakeClockAt(noon.Add(25 * time.Hour)), Logger: slog.New(slog.NewTextHandler(log, nil))})
		if err != nil {
			t.Errorf("%s: %v", h.name, err)
			return
		}
		for bucket, events := range w.events {
			w.checkShard(t, h, s, bucket, events, log.String())
		}
		if start == 0 && !bytes.Equal(image, w.image) {
			kept, _ := filepath.Glob(path + ".damaged-*")
			if repaired := strings.Contains(log.String(), "is damaged"); repaired != (len(kept) == 1) {
				t.Errorf("%s: it says that the file is damaged: %t, and keeps %v", h.name, repaired, kept)
			}
		}
		if r := s.DoAs(context.Background(), "PutRecord", []byte(`{"StreamName":"few","PartitionKey":"k","Data":"bmV3"}`), nil); r.Status != 200 {
			t.Errorf("%s: afterwards a put answers %d %s", h.name, r.Status, r.Body)
		}
		latest, _ := s.Latest(context.Background(), "few", onlyShard)
		for _, r := range shardRecords(t, s, "few", onlyShard) {
			if r.SequenceNumber == latest && string(r.Data) != "new" {
				t.Errorf("%s: the newest record is %q", h.name, r.Data)
			}
		}
		if err := s.Close(); err != nil {
			t.Errorf("%s: %v", h.name, err)
		}
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
}

func shardRecords(t *testing.T, s *Service, stream, shard string) (all []Record) {
	t.Helper()
	for after := ""; ; after = all[len(all)-1].SequenceNumber {
		records, err := s.Records(context.Background(), stream, shard, after, readMost)
		if err != nil {
			t.Fatal(err)
		}
		if len(records) == 0 {
			return all
		}
		all = append(all, records...)
	}
}

// checkShard compares a shard with its records before the damage.
func (w *wreck) checkShard(t *testing.T, h hit, s *Service, bucket string, events map[string]wrecked, log string) {
	t.Helper()
	of := w.shard(bucket)
	seen := map[string]bool{}
	last := ""
	for _, r := range shardRecords(t, s, of.stream.name, of.id) {
		if r.SequenceNumber <= last {
			t.Errorf("%s: %s comes after %s", h.name, r.SequenceNumber, last)
		}
		last = r.SequenceNumber
		was, known := events[r.SequenceNumber]
		switch {
		case r.Empty || string(r.Data) == "new":
		case !known && strings.HasPrefix(string(r.Data), "old "): // trimmed, and found again: it was delivered once
		case !known || string(r.Data) != was.data:
			t.Errorf("%s: %s of %s is %.40q, was %.40q", h.name, r.SequenceNumber, of.id, r.Data, was.data)
		}
		seen[r.SequenceNumber] = true
	}
	var damage []Damage
	for _, stream := range s.Status().Streams {
		if stream.Name == of.stream.name {
			damage = stream.Shards[of.index].Damage
		}
	}
	for number, e := range events {
		if seen[number] {
			continue
		}
		if int64(h.at) >= e.end || int64(h.at+len(h.with)) <= e.begin {
			t.Errorf("%s: %s of %s (%d to %d) is whole and is not delivered", h.name, number, of.id, e.begin, e.end)
		}
		said := slices.ContainsFunc(damage, func(d Damage) bool { return number > d.After && (d.Before == "" || number < d.Before) })
		if !said || !strings.Contains(log, "records of this shard could not be read") || !strings.Contains(log, "send the events again") {
			t.Errorf("%s: %s of %s is missing, and the shard says %v\n%s", h.name, number, of.id, damage, log)
		}
	}
}

// The same holds while the service runs: the call that meets the damage repairs the file.
func TestAnyDamageBeneathARunningService(t *testing.T) {
	w := newWreck(t)
	var hits []hit
	for _, id := range append(w.pagesOf(leafPage), w.pagesOf(branchPage)...) {
		hits = append(hits, hit{fmt.Sprintf("the head of page %d", id), id * pageSize, bytes.Repeat([]byte{0xff}, 64)},
			hit{fmt.Sprintf("all of page %d", id), id * pageSize, bytes.Repeat([]byte{0xa5}, pageSize)},
			hit{fmt.Sprintf("the count of page %d", id), id*pageSize + 10, []byte{1, 0}})
	}
	for _, events := range w.events {
		for number, e := range events {
			hits = append(hits, hit{"the data of " + number, int(e.end) - 1, []byte{w.image[e.end-1] ^ 4}}, hit{"the key of " + number, int(e.begin) + 7, []byte{w.image[e.begin+7] ^ 4}})
		}
	}
	slices.SortFunc(hits, func(a, b hit) int { return strings.Compare(a.name, b.name) })
	for _, h := range some(hits, 60, 20) {
		w.checkRunning(t, h)
		if t.Failed() {
			t.Fatal(h.name)
		}
	}
}

func (w *wreck) checkRunning(t *testing.T, h hit) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kinesis.db")
	if err := os.WriteFile(path, w.image, 0o600); err != nil {
		t.Fatal(err)
	}
	log := &lockedbuffer.Buffer{}
	s, err := Open(Options{Path: path, Clock: clockwork.NewFakeClockAt(noon.Add(25 * time.Hour)), Logger: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteAt(h.with, int64(h.at)); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	for bucket := range w.events {
		of := w.shard(bucket)
		shardRecords(t, s, of.stream.name, of.id) // meets the damage
	}
	for bucket, events := range w.events {
		w.checkShard(t, h, s, bucket, events, log.String())
	}
	for _, stream := range []string{"few", "events"} {
		var r Response
		for range 2 { // the put that meets the damage fails, the one after it does not
			if r = s.DoAs(context.Background(), "PutRecord", fmt.Appendf(nil, `{"StreamName":"%s","PartitionKey":"k","Data":"bmV3"}`, stream), nil); r.Status == 200 {
				break
			}
		}
		if r.Status != 200 {
			t.Errorf("%s: a put into %s answers %d %s", h.name, stream, r.Status, r.Body)
		}
	}
}

// plainFile writes a file of the first format, which had no checksums.
func plainFile(t *testing.T, records int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kinesis.db")
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{PageSize: pageSize})
	if err != nil {
		t.Fatal(err)
	}
	const bucket = "records/1700000000/0/events"
	err = db.Update(func(tx *bbolt.Tx) error {
		must := func(err error) {
			if err != nil {
				t.Fatal(err)
			}
		}
		service, err := tx.CreateBucket(serviceBucket)
		must(err)
		streams, err := tx.CreateBucket(streamsBucket)
		must(err)
		must(service.Put(formatKey, []byte("1")))
		must(service.Put(createdKey, []byte("1700000000")))
		must(streams.Put([]byte("events"), []byte(`{"Name":"events","ARN":"arn:aws:kinesis:us-east-1:000000000000:stream/events","Mode":"PROVISIONED","Shards":1,"RetentionHours":24,"Created":1700000000,"CreatedAt":"2026-07-01T12:00:00Z"}`)))
		b, err := tx.CreateBucket([]byte(bucket))
		must(err)
		for i := range records {
			value := binary.BigEndian.AppendUint64(nil, uint64(noon.UnixMilli()))
			value = append(value, 0, 1, 'k')
			must(b.Put(indexKey(uint64(3*i+1)), fmt.Appendf(value, "event %d", i)))
		}
		return b.SetSequence(uint64(3*records + 1)) // the newest was deleted after a failed commit
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// A file without checksums is read, and rewritten with checksums.
func TestAFileWithoutChecksums(t *testing.T) {
	for _, records := range []int{0, 1, 3000} {
		path := plainFile(t, records)
		log := &lockedbuffer.Buffer{}
		options := Options{Path: path, Clock: clockwork.NewFakeClockAt(noon), Logger: slog.New(slog.NewTextHandler(log, nil))}
		for range 2 {
			s := opened(t, options)
			got := texts(t, s)
			if len(got) != records || records > 0 && got[records-1] != fmt.Sprintf("event %d", records-1) {
				t.Errorf("of %d records %d are read", records, len(got))
			}
			if status := s.Status().Streams[0].Shards[0]; status.Damages != 0 {
				t.Errorf("status %+v", status)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if said := strings.Count(log.String(), "had a format without checksums"); said != 1 || strings.Contains(log.String(), "level=ERROR") {
			t.Errorf("it says %d times that the format was another\n%s", said, log.String())
		}
		if beside, _ := filepath.Glob(path + ".*"); len(beside) != 0 {
			t.Errorf("beside it there are %v", beside)
		}
	}
}

// A damaged file of the first format is read as far as its pages can be read, and reports that records are missing.
func TestADamagedFileWithoutChecksums(t *testing.T) {
	path := plainFile(t, 3000)
	image, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r := inspect(bytes.NewReader(image), int64(len(image)), true)
	at := r.shards["records/1700000000/0/events"].records[1500].at / pageSize * pageSize
	copy(image[at:], bytes.Repeat([]byte{0xff}, 64))
	if err := os.WriteFile(path, image, 0o600); err != nil {
		t.Fatal(err)
	}
	s := opened(t, Options{Path: path, Clock: clockwork.NewFakeClockAt(noon)})
	if got := texts(t, s); len(got) < 1500 || len(got) >= 3000 {
		t.Errorf("%d records are read", len(got))
	}
	if status := s.Status().Streams[0].Shards[0]; status.Damages != 1 {
		t.Errorf("status %+v", status)
	}
}

// Nothing is accepted while a damaged file cannot be repaired. Once it can, all acknowledged records are there.
func TestNoRoomToRepair(t *testing.T) {
	w := newWreck(t)
	clock := clockwork.NewFakeClockAt(noon.Add(25 * time.Hour))
	log := &lockedbuffer.Buffer{}
	s, err := Open(Options{Path: w.path, Clock: clock, Logger: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if err := os.Mkdir(w.path+".repairing", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(w.path+".repairing", "x"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(w.path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	for _, id := range w.pagesOf(leafPage) {
		if _, err := file.WriteAt(bytes.Repeat([]byte{0xff}, 64), int64(id)*pageSize); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		if r := s.putText([]byte("x")); r.Status != 500 || !strings.Contains(string(r.Body), "damaged") {
			t.Errorf("a put answers %d %s", r.Status, r.Body)
		}
	}
	if !strings.Contains(log.String(), "nothing is accepted or delivered until it can") || !strings.Contains(log.String(), "make room on the disk") {
		t.Errorf("the log has no remedy:\n%s", log.String())
	}
	if err := os.RemoveAll(w.path + ".repairing"); err != nil {
		t.Fatal(err)
	}
	clock.Advance(repairPause)
	mustPut(t, s, "x")
	all := append(shardRecords(t, s, "events", onlyShard), shardRecords(t, s, "events", shardID(1))...)
	if !slices.ContainsFunc(all, func(r Record) bool { return string(r.Data) == "x" }) {
		t.Errorf("the record is not among %d", len(all))
	}
}

// A description that is larger than a page is found without the pages that refer to it. The newest of several versions counts: an
// older one lacks shards.
func TestALargeDescriptionIsFound(t *testing.T) {
	s := opened(t, Options{})
	do := func(action, members string) string {
		t.Helper()
		r := s.Do(context.Background(), action, []byte(`{"StreamName":"large",`+members+`}`))
		if r.Status != 200 {
			t.Fatalf("%d %s", r.Status, r.Body)
		}
		return string(r.Body)
	}
	do("CreateStream", `"ShardCount":100`)
	for _, count := range []int{150, 200} {
		do("UpdateShardCount", fmt.Sprintf(`"ScalingType":"UNIFORM_SCALING","TargetShardCount":%d`, count))
		do("PutRecord", `"PartitionKey":"a","Data":"YQ=="`)
	}
	shards := func() (text string) {
		for _, shard := range (*s.streams.Load())["large"].all() {
			text += fmt.Sprintln(shard.id, shard.hashRange, shard.parents, shard.created, shard.closed.Load(), shard.last)
		}
		return text
	}
	want, path := shards(), s.options.Path
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	image, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := range eachIndex(image, []byte(`{"Name":"large"`)) {
		copy(image[at/pageSize*pageSize:], make([]byte, pageHeadSize)) // the head of each version's page is zeroed
	}
	if err := os.WriteFile(path, image, 0o600); err != nil {
		t.Fatal(err)
	}
	s = opened(t, Options{Path: path})
	if (*s.streams.Load())["large"] == nil {
		t.Fatal("the stream is lost")
	}
	if got := shards(); got != want {
		t.Errorf("the shards are %.2000s\nwant %.2000s", got, want)
	}
}
