package browse_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/local/browse"
	"cdk.tf/go/ingest/local/firehose"
	"cdk.tf/go/ingest/local/kinesis"
	"cdk.tf/go/ingest/local/s3"
)

var start = time.Date(2026, time.March, 7, 15, 4, 5, 0, time.UTC)

const day = 24 * time.Hour

// world is a stream, a bucket and what delivers one to the other, and the browser of them.
type world struct {
	*browse.Browser
	t        *testing.T
	clock    *clockwork.FakeClock
	dir      string
	cfg      firehose.Config
	streams  *kinesis.Service
	buckets  *s3.Service
	delivery *firehose.DeliveryStream
}

// newWorld opens a world with a number of shards; set changes the delivery stream.
func newWorld(t *testing.T, shards int, set ...func(*firehose.Config)) *world {
	w := &world{t: t, clock: clockwork.NewFakeClockAt(start), dir: t.TempDir(), cfg: firehose.Config{
		Name: "d", ARN: "arn:aws:firehose:us-east-1:000000000000:deliverystream/d",
		StreamName: "s", StreamARN: "arn:aws:kinesis:us-east-1:000000000000:stream/s", Bucket: "bucket", BucketARN: "arn:aws:s3:::bucket",
		BufferInterval: time.Minute, BufferMiB: 1, Prefix: "events/", Compression: "UNCOMPRESSED", TimeZone: "UTC", Delimiter: "\n",
	}}
	for _, change := range set {
		change(&w.cfg)
	}
	w.open(shards)
	t.Cleanup(w.close)
	return w
}

func (w *world) open(shards int) {
	var err error
	w.streams, err = kinesis.Open(kinesis.Options{
		Path: filepath.Join(w.dir, "kinesis.db"), Clock: w.clock, Region: "us-east-1", Account: "000000000000", Partition: "aws", Unlimited: true,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.streams.Declare(kinesis.Config{Name: "s", Mode: "PROVISIONED", Shards: shards, Retention: day, Encryption: "NONE"}); err != nil {
		w.t.Fatal(err)
	}
	if w.buckets, err = s3.Open(s3.Options{Dir: filepath.Join(w.dir, "s3"), Clock: w.clock}); err != nil {
		w.t.Fatal(err)
	}
	if err := w.buckets.Declare(s3.Config{Name: "bucket"}); err != nil {
		w.t.Fatal(err)
	}
	w.delivery, err = firehose.Open(w.cfg, firehose.Options{
		Source: w.streams, Destination: w.buckets, Checkpoint: filepath.Join(w.dir, "firehose", "d.json"), Clock: w.clock,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.Browser = browse.New(browse.Options{
		Streams: w.streams, Names: []string{"s"}, Buckets: w.buckets, Clock: clockwork.NewRealClock(),
		Deliveries: []browse.Delivery{{DeliveryStream: w.delivery, Stream: "s", Bucket: "bucket", Delimiter: w.cfg.Delimiter}},
	})
}

func (w *world) close() {
	for _, end := range []func() error{w.delivery.Close, w.streams.Close, w.buckets.Close} {
		if err := end(); err != nil {
			w.t.Error(err)
		}
	}
}

// put puts a record and returns its sequence number.
func (w *world) put(key, data string) string {
	w.t.Helper()
	return w.call("PutRecord", map[string]any{"StreamName": "s", "PartitionKey": key, "Data": []byte(data)})["SequenceNumber"].(string)
}

// call calls Kinesis.
func (w *world) call(action string, in any) (out map[string]any) {
	w.t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		w.t.Fatal(err)
	}
	answer := w.streams.DoAs(context.Background(), action, body, nil)
	if answer.Status != http.StatusOK {
		w.t.Fatalf("%s: %d %s", action, answer.Status, answer.Body)
	}
	if len(answer.Body) > 0 {
		if err := json.Unmarshal(answer.Body, &out); err != nil {
			w.t.Fatal(err)
		}
	}
	return out
}

// flush delivers what is in the stream.
func (w *world) flush() {
	w.t.Helper()
	if err := w.delivery.Flush(context.Background()); err != nil {
		w.t.Fatal(err)
	}
}

// record and answer are what a client reads.
type (
	record struct {
		ShardID, SequenceNumber, PartitionKey, Text, Base64, State string
		ArrivedAt                                                  *time.Time
		Bytes                                                      int
		Cut                                                        bool
		Objects                                                    []struct {
			Bucket, Key           string
			Record, Offset, Bytes int
		}
	}
	answer struct {
		Message, Cursor, Tail string
		Records               []record
		Objects               []struct {
			Bucket, Key, ErrorType      string
			Records, Bytes              int
			StoredBytes                 int
			Partition                   map[string]string
			DeliveredAt                 time.Time
			Compression, DeliveryStream string
		}
		Problems []string
		More     bool
		Scanned  int
	}
)

// ask asks an endpoint, with its parameters in turn as names and values, and returns the status too.
func (w *world) ask(endpoint string, parameters ...string) (got answer, status int) {
	w.t.Helper()
	query := url.Values{}
	for at := 0; at < len(parameters); at += 2 {
		query.Add(parameters[at], parameters[at+1])
	}
	handler := map[string]http.HandlerFunc{"records": w.Records, "objects": w.Objects, "delivered": w.Delivered}[endpoint]
	recorder := httptest.NewRecorder()
	handler(recorder, httptest.NewRequest(http.MethodGet, "/_local/"+endpoint+"?"+query.Encode(), nil))
	if err := json.Unmarshal(recorder.Body.Bytes(), &got); err != nil {
		w.t.Fatalf("%s: %v", recorder.Body, err)
	}
	return got, recorder.Code
}

// texts asks an endpoint and returns the records' texts.
func (w *world) texts(endpoint string, parameters ...string) string {
	w.t.Helper()
	got, status := w.ask(endpoint, parameters...)
	if status != http.StatusOK {
		w.t.Fatalf("%d: %s", status, got.Message)
	}
	return textsOf(got)
}

func textsOf(got answer) string {
	var texts []string
	for _, r := range got.Records {
		texts = append(texts, r.Text)
	}
	return strings.Join(texts, " ")
}

func TestRecordsAreSelected(t *testing.T) {
	w := newWorld(t, 1)
	for n := range 10 {
		w.put(fmt.Sprintf("user-%d", n%3), fmt.Sprintf("Event%d", n))
		w.clock.Advance(time.Second)
	}
	third := textOf(start.Add(2 * time.Second))
	got, _ := w.ask("records", "order", "oldest")
	sequence := got.Records[4].SequenceNumber
	for _, test := range []struct {
		parameters []string
		want       string
	}{
		{nil, "Event9 Event8 Event7 Event6 Event5 Event4 Event3 Event2 Event1 Event0"},
		{[]string{"order", "oldest", "limit", "3"}, "Event0 Event1 Event2"},
		{[]string{"key", "user-1"}, "Event7 Event4 Event1"},
		{[]string{"key", "USER-1"}, ""},
		{[]string{"text", "eVENT7"}, "Event7"},
		{[]string{"text", "USER-2"}, "Event8 Event5 Event2"},
		{[]string{"text", "event", "key", "user-0", "limit", "2"}, "Event9 Event6"},
		{[]string{"from", third, "order", "oldest", "limit", "2"}, "Event2 Event3"},
		{[]string{"to", third}, "Event2 Event1 Event0"},
		{[]string{"from", third, "to", third}, "Event2"},
		{[]string{"from", fmt.Sprint(start.Add(8 * time.Second).UnixMilli())}, "Event9 Event8"},
		{[]string{"from", start.Add(8 * time.Second).In(time.FixedZone("", 3600)).Format(time.RFC3339)}, "Event9 Event8"},
		{[]string{"from", "2026-03-07T16:04:13 01:00"}, "Event9 Event8"}, // a "+" that was not escaped
		{[]string{"sequence", sequence}, "Event4"},
		{[]string{"from", sequence, "order", "oldest", "limit", "2"}, "Event4 Event5"},
		{[]string{"to", sequence, "limit", "2"}, "Event4 Event3"},
		{[]string{"shard", "shardId-000000000000", "limit", "1"}, "Event9"},
		{[]string{"stream", "s", "text", "nothing has this"}, ""},
	} {
		if got := w.texts("records", test.parameters...); got != test.want {
			t.Errorf("%q: %s, want %s", test.parameters, got, test.want)
		}
	}
}

func textOf(at time.Time) string { return at.Format(time.RFC3339Nano) }

// Each wrong parameter gets 400, with the parameter, the value and the remedy.
func TestWrongParameters(t *testing.T) {
	w := newWorld(t, 2)
	w.put("k", "x")
	w.flush()
	older, _ := w.ask("records")
	cursors, _ := w.ask("records", "order", "oldest", "limit", "1")
	for _, test := range []struct {
		endpoint, name, value, want string
	}{
		{"records", "shrad", "1", `the parameter "shrad" does not exist; did you mean shard? There are stream, shard, order, from, to, sequence, key, text, limit, most, cursor`},
		{"objects", "text", "x", `the parameter "text" does not exist; use bucket, prefix, order, from, to, limit, cursor`},
		{"delivered", "shard", "x", `the parameter "shard" does not exist; use bucket, prefix, object, record, order, from, to, text, limit, most, cursor`},
		{"records", "order", "latest", `order is "latest"; use "newest" or "oldest"`},
		{"records", "limit", "0", `limit is "0"; use a whole number from 1 to 1000`},
		{"records", "limit", "1001", `limit is "1001"; use a whole number from 1 to 1000`},
		{"records", "limit", "many", `limit is "many"; use a whole number from 1 to 1000`},
		{"records", "most", "-1", `most is "-1"; use a whole number from 1 to 1073741824`},
		{"records", "from", "yesterday", `from is "yesterday"; use a time such as 2026-01-31T15:04:05Z, milliseconds since 1970, or a sequence number`},
		{"records", "to", "0", `to is "0"; use a time such as 2026-01-31T15:04:05Z, milliseconds since 1970, or a sequence number`},
		{"records", "sequence", "12", `sequence is "12", which is not a sequence number; use the number of an answer or a record`},
		{"records", "stream", "t", `stream is "t", which the stack does not declare; use s`},
		{"records", "shard", "shardId-000000000007", `shard is "shardId-000000000007", which the stream does not have; did you mean shardId-000000000000? There are shardId-000000000000, shardId-000000000001`},
		{"records", "cursor", "???", `cursor is "???", which is not a cursor of records; use the cursor or the tail of an answer`},
		{"records", "cursor", older.Tail, `cursor is of the other order; use order=oldest with it`},
		{"objects", "bucket", "other", `bucket is "other", to which the stack delivers nothing; use bucket`},
		{"objects", "cursor", cursors.Tail, fmt.Sprintf(`cursor is %q, which is not a cursor of objects; use the cursor of an answer`, cursors.Tail)},
		{"objects", "from", cursors.Records[0].SequenceNumber, `from or to is a sequence number, and objects are selected by the time of their delivery; use a time such as 2026-01-31T15:04:05Z`},
		{"delivered", "record", "2", `record is 2, and it counts the records of one object; name the object too`},
	} {
		got, status := w.ask(test.endpoint, test.name, test.value)
		if status != http.StatusBadRequest || got.Message != test.want {
			t.Errorf("%s?%s=%s: %d\n%s, want\n%s", test.endpoint, test.name, test.value, status, got.Message, test.want)
		}
	}
	if got, status := w.ask("records", "limit", "1", "limit", "2"); status != http.StatusBadRequest || got.Message != `the parameter "limit" is there 2 times; give it once` {
		t.Errorf("twice: %d %s", status, got.Message)
	}
	if got, status := w.ask("records", "from", textOf(start.Add(time.Hour)), "to", textOf(start)); status != http.StatusBadRequest ||
		got.Message != `from is "2026-03-07T16:04:05Z", which is after to, "2026-03-07T15:04:05Z"; exchange them` {
		t.Errorf("exchanged: %d %s", status, got.Message)
	}
	for name, value := range map[string]string{"prefix": "zzz", "from": "2030-01-01T00:00:00Z", "to": "2030-01-01T00:00:00Z"} {
		want := fmt.Sprintf("%s is %q, and it selects among objects; leave it out beside object, which names one", name, value)
		if got, status := w.ask("delivered", "object", "events/none", name, value); status != http.StatusBadRequest || got.Message != want {
			t.Errorf("object and %s: %d %s", name, status, got.Message)
		}
	}
	if got, status := w.ask("delivered", "object", "events/none"); status != http.StatusNotFound || got.Message != "s3://bucket/events/none: there is no such object" {
		t.Errorf("no object: %d %s", status, got.Message)
	}
}

// Records of several shards are merged by their arrival, also over pages, and none is there twice or missing.
func TestShardsAreMerged(t *testing.T) {
	w := newWorld(t, 4)
	var want []string
	for n := range 200 {
		w.put(fmt.Sprintf("key-%d", n*7919), fmt.Sprint(n))
		w.clock.Advance(time.Millisecond)
		want = append(want, fmt.Sprint(n))
	}
	for _, order := range []string{"oldest", "newest"} {
		var got []string
		shards := map[string]bool{}
		for cursor := ""; ; {
			page, _ := w.ask("records", "order", order, "limit", "7", "cursor", cursor)
			for _, r := range page.Records {
				got = append(got, r.Text)
				shards[r.ShardID] = true
			}
			if cursor = page.Cursor; !page.More {
				break
			}
		}
		if order == "newest" {
			for i, j := 0, len(got)-1; i < j; i, j = i+1, j-1 {
				got[i], got[j] = got[j], got[i]
			}
		}
		if strings.Join(got, " ") != strings.Join(want, " ") || len(shards) != 4 {
			t.Errorf("%s: %q of %d shards", order, got, len(shards))
		}
	}
}

// A sequence number bounds all shards: its own by the place, and the others by the record's time.
func TestASequenceNumberBoundsAllShards(t *testing.T) {
	w := newWorld(t, 3)
	for n := range 30 {
		w.put(fmt.Sprintf("key-%d", n*7919), fmt.Sprint(n))
		w.clock.Advance(time.Millisecond)
	}
	all, _ := w.ask("records", "order", "oldest")
	number := func(n int) string { return all.Records[n].SequenceNumber }
	for _, test := range []struct {
		parameters []string
		want       []record
	}{
		{[]string{"from", number(10)}, all.Records[10:]},
		{[]string{"to", number(10)}, all.Records[:11]},
		{[]string{"from", number(4), "to", number(21)}, all.Records[4:22]},
		{[]string{"from", textOf(*all.Records[4].ArrivedAt), "to", number(21)}, all.Records[4:22]},
	} {
		got, status := w.ask("records", append(test.parameters, "order", "oldest")...)
		if want := textsOf(answer{Records: test.want}); status != http.StatusOK || textsOf(got) != want {
			t.Errorf("%q: %d %s, want %s", test.parameters, status, textsOf(got), want)
		}
	}
	got, status := w.ask("records", "from", number(20), "to", number(10))
	if want := fmt.Sprintf("from is %q, which is after to, %q; exchange them", number(20), number(10)); status != http.StatusBadRequest || got.Message != want {
		t.Errorf("%d %s", status, got.Message)
	}
	w.clock.Advance(day)
	w.put("key-0", "later")
	w.put("key-7919", "later")
	w.put("key-15838", "later")
	got, status = w.ask("records", "from", number(10))
	if want := fmt.Sprintf("from is %q, and the stream has no such record any more, whose time bounds the other shards; use a time", number(10)); status != http.StatusBadRequest || got.Message != want {
		t.Errorf("%d %s", status, got.Message)
	}
}

// A cursor continues where its answer ended, whatever arrives meanwhile; a tail has what arrives after its answer, once.
func TestCursorsWhileRecordsArrive(t *testing.T) {
	w := newWorld(t, 2)
	for n := range 6 {
		w.put(fmt.Sprint(n), fmt.Sprint("old", n))
		w.clock.Advance(time.Second)
	}
	first, _ := w.ask("records", "limit", "2")
	w.put("a", "new0")
	w.clock.Advance(time.Second)
	second, _ := w.ask("records", "limit", "9", "cursor", first.Cursor)
	if got := textsOf(first) + " " + textsOf(second); got != "old5 old4 old3 old2 old1 old0" || second.More {
		t.Errorf("the pages are %s, more %v", got, second.More)
	}
	tail, _ := w.ask("records", "order", "oldest", "cursor", first.Tail)
	w.put("b", "new1")
	again, _ := w.ask("records", "order", "oldest", "cursor", tail.Tail)
	if got := textsOf(tail) + " " + textsOf(again); got != "new0 new1" {
		t.Errorf("the tail is %s", got)
	}
	if got := w.texts("records", "order", "oldest", "cursor", again.Tail); got != "" {
		t.Errorf("nothing has arrived, and the tail is %s", got)
	}
}

// A record says where it is: in the stream, in the buffer, then in an object, whose record leads back to it.
func TestARecordIsFoundInItsObject(t *testing.T) {
	for _, compression := range []string{"UNCOMPRESSED", "GZIP", "ZIP", "Snappy", "HADOOP_SNAPPY"} {
		t.Run(compression, func(t *testing.T) {
			w := newWorld(t, 2, func(c *firehose.Config) { c.Compression = compression })
			data := []string{`{"n":0}`, "several\nlines\n", "ünï", "", strings.Repeat("long ", 9000)}
			var numbers []string
			for n, text := range data {
				numbers = append(numbers, w.put(fmt.Sprint("key", n), text))
			}
			if got, _ := w.ask("records", "sequence", numbers[0]); got.Records[0].State != "unread" {
				t.Errorf("before a read: %+v", got.Records)
			}
			w.flush()
			for n, number := range numbers {
				got, _ := w.ask("records", "sequence", number)
				r := got.Records[0]
				if r.Text != data[n] || r.State != "delivered" || len(r.Objects) != 1 || r.SequenceNumber != number || r.Bytes != len(data[n]) {
					t.Fatalf("%q is %+v", data[n], r)
				}
				at := r.Objects[0]
				lines, status := w.ask("delivered", "object", at.Key, "record", fmt.Sprint(at.Record), "limit", "1")
				if status != http.StatusOK || len(lines.Records) != 1 {
					t.Fatalf("%d %s %+v", status, lines.Message, lines.Records)
				}
				back := lines.Records[0]
				if back.Text != data[n] || back.SequenceNumber != number || back.PartitionKey != fmt.Sprint("key", n) || back.Objects[0] != at || back.ArrivedAt == nil {
					t.Errorf("in the object it is %+v, want %+v", back, r)
				}
			}
			objects, _ := w.ask("objects")
			if o := objects.Objects[0]; len(objects.Objects) != 1 || o.Records != len(data) || o.Compression != compression || o.StoredBytes == 0 || o.DeliveryStream != "d" {
				t.Errorf("the objects are %+v", objects.Objects)
			}
			if got := w.texts("delivered", "text", "ÜNÏ"); got != "ünï" {
				t.Errorf("the search in the objects found %q", got)
			}
		})
	}
}

// The answer cuts a text between two characters, and shows in base64 what is not UTF-8.
func TestDataInAnAnswer(t *testing.T) {
	w := newWorld(t, 1)
	w.put("k", "aé€")
	w.put("k", "\xff\x00b")
	got, _ := w.ask("records", "most", "2", "order", "oldest")
	w.put("k", "")
	recorder := httptest.NewRecorder()
	w.Records(recorder, httptest.NewRequest(http.MethodGet, "/_local/records?limit=1", nil))
	if empty := recorder.Body.String(); !strings.Contains(empty, `"bytes":0,"text":""`) {
		t.Errorf("a record without data is %s", empty)
	}
	if text, binary := got.Records[0], got.Records[1]; text.Text != "a" || !text.Cut || text.Bytes != 6 ||
		binary.Base64 != base64.StdEncoding.EncodeToString([]byte("\xff\x00")) || binary.Text != "" || !binary.Cut {
		t.Errorf("the records are %+v", got.Records)
	}
}

// An answer has at most 16 MiB of data, whatever its limit, and the cursor continues.
func TestAnAnswerIsBounded(t *testing.T) {
	w := newWorld(t, 2)
	large := strings.Repeat("x", 900_000)
	for n := range 40 {
		w.put(fmt.Sprint(n), large)
		w.clock.Advance(time.Second)
	}
	w.flush()
	for _, endpoint := range []string{"records", "delivered"} {
		total := 0
		for cursor, pages := "", 0; ; pages++ {
			got, _ := w.ask(endpoint, "limit", "1000", "cursor", cursor)
			bytes := 0
			for _, r := range got.Records {
				bytes += len(r.Text)
			}
			if total += len(got.Records); bytes > 17<<20 {
				t.Errorf("%s: an answer has %d bytes", endpoint, bytes)
			}
			if cursor = got.Cursor; !got.More {
				if pages < 2 {
					t.Errorf("%s: %d answers for 36 MB", endpoint, pages+1)
				}
				break
			}
		}
		if total != 40 {
			t.Errorf("%s: %d records", endpoint, total)
		}
	}
}

// Expired records are not shown. A record of an object that has expired in the stream keeps its place in the object.
func TestExpiredRecords(t *testing.T) {
	w := newWorld(t, 1)
	w.put("k", "old")
	w.flush()
	w.clock.Advance(day + time.Minute)
	w.put("k", "new")
	if got := w.texts("records"); got != "new" {
		t.Errorf("the stream shows %s", got)
	}
	got, _ := w.ask("delivered")
	if r := got.Records[0]; len(got.Records) != 1 || r.Text != "old" || r.SequenceNumber != "" || r.ShardID == "" {
		t.Errorf("the object shows %+v", got.Records)
	}
}

// The records of a split shard and of its children are one list.
func TestAReshardedStream(t *testing.T) {
	w := newWorld(t, 1)
	w.put("a", "0")
	w.clock.Advance(time.Second)
	w.call("UpdateShardCount", map[string]any{"StreamName": "s", "TargetShardCount": 2, "ScalingType": "UNIFORM_SCALING"})
	tail, _ := w.ask("records")
	for n := 1; n < 9; n++ {
		w.clock.Advance(time.Second)
		w.put(fmt.Sprint("k", n), fmt.Sprint(n))
	}
	if got := w.texts("records"); got != "8 7 6 5 4 3 2 1 0" {
		t.Errorf("the records are %s", got)
	}
	if got := w.texts("records", "order", "oldest", "cursor", tail.Tail); got != "1 2 3 4 5 6 7 8" {
		t.Errorf("the tail is %s", got)
	}
	w.flush()
	if got, _ := w.ask("records", "limit", "9"); got.Records[8].State != "delivered" || got.Records[0].State != "delivered" {
		t.Errorf("the records are %+v", got.Records)
	}
}

// With dynamic partitioning each record is in its partition's object, or below the error prefix with its reason.
func TestPartitions(t *testing.T) {
	w := newWorld(t, 1, func(c *firehose.Config) {
		c.Prefix, c.ErrorOutputPrefix = "t=!{partitionKeyFromQuery:t}/", "errors/!{firehose:error-output-type}/"
		c.PartitionQuery, c.BufferMiB = "{t:.t}", 64
	})
	var numbers []string
	for n, tenant := range []string{`"a"`, `"b"`, `"a"`, `null`, `"b"`} {
		numbers = append(numbers, w.put("k", fmt.Sprintf(`{"n":%d,"t":%s}`, n, tenant)))
	}
	w.flush()
	var places []string
	for _, number := range numbers {
		got, _ := w.ask("records", "sequence", number)
		at := got.Records[0].Objects[0]
		places = append(places, fmt.Sprint(strings.SplitN(at.Key, "/", 2)[0], at.Record))
	}
	if got := strings.Join(places, " "); got != "t=a1 t=b1 t=a2 errors1 t=b2" {
		t.Errorf("the records are at %s", got)
	}
	objects, _ := w.ask("objects")
	found := map[string]int{}
	for _, o := range objects.Objects {
		found[o.Partition["t"]+o.ErrorType] = o.Records
	}
	if want := map[string]int{"a": 2, "b": 2, "metadata-extraction-failed": 1}; fmt.Sprint(found) != fmt.Sprint(want) {
		t.Errorf("the objects are %v", found)
	}
	if got, _ := w.ask("objects", "prefix", "t=a/"); len(got.Objects) != 1 || got.Objects[0].Partition["t"] != "a" {
		t.Errorf("with a prefix: %+v", got.Objects)
	}
	if got := w.texts("delivered", "prefix", "t=b/", "order", "oldest"); got != `{"n":1,"t":"b"} {"n":4,"t":"b"}` {
		t.Errorf("with a prefix: %s", got)
	}
}

// After a restart the journal is the same, and an object that it does not have, or no longer fits, is lines.
func TestObjectsOfOthers(t *testing.T) {
	w := newWorld(t, 1)
	w.put("k", "two\nlines")
	w.flush()
	w.close()
	w.open(1)
	got, _ := w.ask("delivered")
	if len(got.Records) != 1 || got.Records[0].Text != "two\nlines" {
		t.Fatalf("after a restart: %+v", got.Records)
	}
	key := got.Records[0].Objects[0].Key
	ctx := context.Background()
	for _, other := range []string{"events/other", key} {
		if err := w.buckets.Put(ctx, "bucket", other, []byte("one\ntwo\nlast"), "", ""); err != nil {
			t.Fatal(err)
		}
		lines, status := w.ask("delivered", "object", other, "limit", "2")
		if status != http.StatusOK || textsOf(lines) != "one two" || !lines.More || lines.Records[0].ShardID != "" {
			t.Errorf("%s: %d %+v", other, status, lines)
		}
		if got := w.texts("delivered", "object", other, "cursor", lines.Cursor); got != "last" {
			t.Errorf("%s: the rest is %s", other, got)
		}
	}
	if err := w.buckets.Put(ctx, "bucket", key, []byte("\x1f\x8b no gzip at all"), "", ""); err != nil {
		t.Fatal(err)
	}
	if got, status := w.ask("delivered"); status != http.StatusOK || len(got.Problems) != 1 || !strings.HasPrefix(got.Problems[0], "s3://bucket/"+key+" cannot be read: ") {
		t.Errorf("a damaged object: %d %+v", status, got)
	}
	if got, status := w.ask("delivered", "object", key); status != http.StatusInternalServerError || !strings.Contains(got.Message, "cannot be read") {
		t.Errorf("a damaged object by its key: %d %s", status, got.Message)
	}
}

// A tail beside writers of four shards misses nothing and repeats nothing.
func TestATailUnderLoad(t *testing.T) {
	const writers, each = 4, 300
	w := newWorld(t, 4)
	begin, _ := w.ask("records")
	var writing sync.WaitGroup
	for n := range writers {
		writing.Go(func() {
			for i := range each {
				text := fmt.Sprintf("%d/%d", n, i)
				body, _ := json.Marshal(map[string]any{"StreamName": "s", "PartitionKey": text, "Data": []byte(text)})
				if answer := w.streams.DoAs(context.Background(), "PutRecord", body, nil); answer.Status != http.StatusOK {
					t.Errorf("%s", answer.Body)
				}
			}
		})
	}
	seen := map[string]int{}
	for tail, patience := begin.Tail, 0; len(seen) < writers*each && patience < 100_000; patience++ {
		got, status := w.ask("records", "order", "oldest", "limit", "1000", "cursor", tail)
		if status != http.StatusOK {
			t.Fatal(got.Message)
		}
		for _, r := range got.Records {
			seen[r.Text]++
		}
		if tail = got.Tail; got.More {
			tail = got.Cursor
		}
	}
	writing.Wait()
	for text, times := range seen {
		if times != 1 {
			t.Errorf("%s was there %d times", text, times)
		}
	}
	if len(seen) != writers*each {
		t.Errorf("the tail had %d of %d records", len(seen), writers*each)
	}
}

// Each parameter has a row in the documentation.
func TestParametersAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/local-api.md")
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, 1)
	sections := strings.Split(string(text), "\n## ")
	for n, endpoint := range []string{"records", "objects", "delivered"} {
		got, _ := w.ask(endpoint, "?", "")
		_, names, _ := strings.Cut(got.Message, "use ")
		for name := range strings.SplitSeq(names, ", ") {
			if !regexp.MustCompile("(?m)^\\| [^|]*`" + name + "`").MatchString(sections[n+1]) {
				t.Errorf("docs/local-api.md has no row for %s of %s", name, endpoint)
			}
		}
	}
}
