package replay

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/snappy/xerial"

	"cdk.tf/go/ingest/internal/unpack"
	"cdk.tf/go/ingest/local/apigateway/vtl"
)

// newDelivered returns a world whose replays read delivered objects.
func newDelivered(t *testing.T, shards int) *world {
	w := newWorld(t, shards)
	w.opts.Delivered, w.opts.Feeds, w.opts.Prefix = true, true, "events/"
	w.opts.Since = start
	w.clock.Advance(time.Hour)
	return w
}

// deliver writes an object as Firehose delivers it.
func (w *world) deliver(name, content string) {
	w.Helper()
	_, err := w.objects.PutObject(w.Context(), &awss3.PutObjectInput{Bucket: aws.String(bucketName), Key: aws.String("events/" + name), Body: strings.NewReader(content)})
	w.must(err)
	w.clock.Advance(time.Second) // a replay leaves out the objects of the second in which it begins
}

// rejected returns the file of rejected records.
func (w *world) rejected() []rejection {
	w.Helper()
	text, err := os.ReadFile(w.opts.Rejected)
	w.must(err)
	var all []rejection
	for line := range strings.Lines(string(text)) {
		var one rejection
		w.must(json.Unmarshal([]byte(line), &one))
		all = append(all, one)
	}
	return all
}

// A replay puts each delivered line once, byte for byte, and neither error objects nor others.
func TestDeliveredRecords(t *testing.T) {
	w := newDelivered(t, 2)
	w.write("processing-failed/1", line("failed"))
	w.deliver("1", "{\"a\": 1.10 }\r\n\n  {\"b\":12345678901234567890}\n")
	w.deliver("2", "\"a text\"\n7\nnull\n{\"last\":true}") // no newline at the end
	want := []string{"  {\"b\":12345678901234567890}", `"a text"`, "7", "null", `{"a": 1.10 }` + "\r", `{"last":true}`}
	summary := w.mustRun()
	w.expect("the stream", want, w.put())
	w.expect("the summary", Summary{Objects: 2, Begun: 2, Put: 6, Bytes: int64(len(strings.Join(want, ""))), ByCode: map[string]int{}, Rate: 1000}, summary)
	w.expect("another replay", Summary{Objects: 2, Complete: 2, ByCode: map[string]int{}, Rate: 1000}, w.mustRun())
}

// hadoopSnappy has texts of a length and in each several blocks, as Hadoop writes them.
func hadoopSnappy(data []byte, whole, block int) []byte {
	var out []byte
	for text := range slices.Chunk(data, whole) {
		out = binary.BigEndian.AppendUint32(out, uint32(len(text)))
		for part := range slices.Chunk(text, block) {
			packed := s2.EncodeSnappy(nil, part)
			out = append(binary.BigEndian.AppendUint32(out, uint32(len(packed))), packed...)
		}
	}
	return out
}

// compressions are the forms in which an object can be.
var compressions = map[string]func(data []byte) []byte{
	"none": func(data []byte) []byte { return data },
	"GZIP": func(data []byte) []byte {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, _ = w.Write(data)
		_ = w.Close()
		return b.Bytes()
	},
	"ZIP": func(data []byte) []byte { return zipped(data) },
	"Snappy of snappy-java": func(data []byte) []byte {
		return xerial.Encode(nil, data)
	},
	"Snappy of Hadoop":                    func(data []byte) []byte { return hadoopSnappy(data, 32<<10, 32<<10) },
	"Snappy of Hadoop, in several blocks": func(data []byte) []byte { return hadoopSnappy(data, 256<<10, 10_000) },
	"Snappy with frames": func(data []byte) []byte {
		var b bytes.Buffer
		w := s2.NewWriter(&b, s2.WriterSnappyCompat())
		_, _ = w.Write(data)
		_ = w.Close()
		return b.Bytes()
	},
}

// zipped is an archive with an entry for each text.
func zipped(texts ...[]byte) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i, text := range texts {
		entry, _ := w.Create(fmt.Sprint("entry", i))
		_, _ = entry.Write(text)
	}
	_ = w.Close()
	return b.Bytes()
}

// events returns lines of random content, which does not compress to nothing.
func events(count int) []string {
	random := rand.New(rand.NewPCG(1, 2))
	var all []string
	for i := range count {
		all = append(all, fmt.Sprintf(`{"id":%d,"text":"%x%x"}`, i, random.Uint64(), random.Uint64()))
	}
	return all
}

// Each compression is recognised by the object itself, for delivered objects and for error objects.
func TestDeliveredCompressions(t *testing.T) {
	want := events(1500)
	text := strings.Join(want, "\n") + "\n"
	for name, compress := range compressions {
		t.Run(name, func(t *testing.T) {
			w := newDelivered(t, 4)
			w.deliver("1", string(compress([]byte(text))))
			w.deliver("2", string(compress([]byte(`{"short":1}`))))
			w.mustRun()
			sorted := append(slices.Clone(want), `{"short":1}`)
			slices.Sort(sorted)
			w.expect("the stream", sorted, w.put())
			w.opts.Delivered, w.opts.Prefix, w.opts.Checkpoint = false, "errors/", w.opts.Checkpoint+"2"
			w.writeBytes("1", compress([]byte(line("failed")+"\n")))
			w.expect("error records", 1, w.mustRun().Put)
		})
	}
}

// readAll returns the lines of an object that can be put, and the error that ended it.
func readAll(object []byte) (texts []string, err error) {
	text, err := readLines(bytes.NewReader(object), "")
	if err != nil {
		return nil, err
	}
	for all := (&delivered{lines: text}); ; {
		line, err := all.next()
		if err != nil {
			return texts, err
		}
		if line.problem == nil && !blank(line.text) {
			texts = append(texts, string(line.text))
		}
	}
}

// Of an object that is cut off, or has a wrong byte, only whole lines before that place are put. No damage ends the program.
func TestDamagedObjects(t *testing.T) {
	want := events(6)
	known := map[string]bool{}
	for _, event := range want {
		known[event] = true
	}
	text := []byte(strings.Join(want, "\n") + "\n")
	for name, compress := range compressions {
		object := compress(text)
		if got, err := readAll(object); !slices.Equal(got, want) || !errors.Is(err, io.EOF) {
			t.Fatalf("%s: %d lines, %v", name, len(got), err)
		}
		for cut := range object {
			got, err := readAll(object[:cut])
			if len(got) > len(want) || !slices.Equal(got, want[:len(got)]) || errors.Is(err, io.EOF) && len(got) > 0 && name != "none" {
				t.Errorf("%s, cut off after %d bytes: %q, %v", name, cut, got, err)
			}
		}
		for at := range object {
			flipped := bytes.Clone(object)
			flipped[at] ^= 1 << (at % 8)
			if got, _ := readAll(flipped); len(got) > len(want) {
				t.Errorf("%s, byte %d: %d lines", name, at, len(got))
			}
		}
	}
}

func TestObjectsThatAreRejected(t *testing.T) {
	long := binary.BigEndian.AppendUint32(xerial.Encode(nil, nil), unpack.LongestBlock+1)
	bomb := xerial.Encode(nil, nil)
	block := binary.AppendUvarint(nil, unpack.LongestBlock+1)
	bomb = append(binary.BigEndian.AppendUint32(bomb, uint32(len(block))), block...)
	none := hadoopSnappy([]byte(`{"a":1}`), 100, 100)
	none[3] = 0 // the length of the text
	more := hadoopSnappy([]byte(strings.Repeat(" ", 200)), 200, 100)
	more[3] = 150
	for name, test := range map[string]struct{ object, want string }{
		"Parquet":                  {"PAR1....PAR1", errTable.Error()},
		"ORC":                      {"ORC....", errTable.Error()},
		"two entries":              {string(zipped([]byte("{}"), []byte("{}"))), "the ZIP archive has 2 entries, and one of Firehose's has 1"},
		"a long block":             {string(long), "it cannot be read after line 0: a block of Snappy has a length of 16777217 bytes, and 16 MiB is the most that is read"},
		"a block with a long text": {string(bomb), "it cannot be read after line 0: a block of Snappy is damaged, or longer than 16 MiB"},
		"a block that is too long": {string(more), "it cannot be read after line 0: a block of Snappy is longer than the length before it says"},
		"not one of Hadoop's":      {string(none), "it is not one JSON text: invalid character '\\x00' looking for beginning of value"},
	} {
		w := newDelivered(t, 1)
		w.deliver("1", test.object)
		w.deliver("2", `{"next":1}`)
		w.expect(name+": rejected", 1, w.mustRun().Rejected)
		w.expect(name+": the reason", test.want, w.rejected()[0].Reason)
		w.expect(name+": the stream", []string{`{"next":1}`}, w.put())
	}
}

// A line is put if it is JSON by itself, and not a part of the JSON of several lines.
func TestLinesOfDeliveredObjects(t *testing.T) {
	const (
		several    = "the JSON has several lines, and an event over several lines cannot be told from several events"
		incomplete = "the lines are no complete JSON"
		not        = "it is not one JSON text: "
	)
	type lines = []string
	for name, test := range map[string]struct {
		object   string
		put      lines
		rejected lines // "first-last reason"
	}{
		"JSON in JSON over several lines": {"{\"a\":1}\n{\n \"items\": [\n  {\"sku\": 1},\n  {\"sku\": 2}\n ]\n}\n{\"b\":2}\n", lines{`{"a":1}`, `{"b":2}`}, lines{"2-7 " + several}},
		"a list":                          {"[\n1\n,\n2\n]\n3\n", lines{"3"}, lines{"1-5 " + several}},
		"an empty line in it":             {"{\n\n}\n\n{}\n", lines{"{}"}, lines{"1-3 " + several}},
		"one after the other":             {"{\n}\n{\n}\n", nil, lines{"1-2 " + several, "3-4 " + several}},
		"without a newline between":       {"{\n\"a\":1}{\n\"b\":[\n{\"c\":2}\n]}\n{\"d\":3}\n", lines{`{"d":3}`}, lines{"1-5 " + several}},
		"text":                            {"text\n{\"a\":1}\n", lines{`{"a":1}`}, lines{"1-1 " + not + "invalid character 'e' in literal true (expecting 'r')"}},
		"two on a line":                   {"{\"a\":1}{\"b\":2}\n{\"c\":3}\n", lines{`{"c":3}`}, lines{"1-1 " + not + "invalid character '{' after top-level value"}},
		"an unfinished text":              {"{\"a\n{\"b\":2}\n", lines{`{"b":2}`}, lines{"1-1 " + not + "unexpected end of JSON input"}},
		"an unfinished object":            {"{\"a\":\n{\"b\":2}\n{\"c\":3}\n", lines{`{"c":3}`}, lines{"1-2 " + incomplete}},
		"unfinished at the end":           {"{\"a\":1}\n{\"b\":[\n1,", lines{`{"a":1}`}, lines{"2-3 " + incomplete}},
		"the last line is unfinished":     {"{\"a\":1}\n{\"b\"", lines{`{"a":1}`}, lines{"2-2 " + not + "unexpected end of JSON input"}},
		"before a line that is too long":  {"[\n1,\n\"" + strings.Repeat("x", longestLine) + "\"\n{}\n", lines{"{}"}, lines{"1-2 " + incomplete, "3-3 " + errLong.Error()}},
		"too long together":               {"[\n\"" + strings.Repeat("x", longestLine-10) + "\",\n\"" + strings.Repeat("x", 20) + "\"\n]\n", lines{`"` + strings.Repeat("x", 20) + `"`}, lines{"1-2 " + incomplete, "4-4 " + not + "invalid character ']' looking for beginning of value"}},
		"nested without an end":           {strings.Repeat("[\n", 10_001) + "{}\n", nil, lines{"1-10000 " + incomplete, "10001-10002 " + incomplete}},
		"no text":                         {"\x00\xff\n{}\n", lines{"{}"}, lines{"1-1 " + not + `invalid character '\x00' looking for beginning of value`}},
	} {
		t.Run(name, func(t *testing.T) {
			var put, rejected lines
			text, err := readLines(strings.NewReader(test.object), "")
			if err != nil {
				t.Fatal(err)
			}
			for all := (&delivered{lines: text}); ; {
				line, err := all.next()
				switch {
				case errors.Is(err, io.EOF):
					if !slices.Equal(put, test.put) || !slices.Equal(rejected, test.rejected) {
						t.Errorf("put %.300q, want %.300q\nrejected %q, want %q", put, test.put, rejected, test.rejected)
					}
					return
				case err != nil:
					t.Fatal(err)
				case line.problem != nil:
					rejected = append(rejected, fmt.Sprintf("%d-%d %v", line.number, line.last, line.problem))
				case !blank(line.text):
					put = append(put, string(line.text))
				}
			}
		})
	}
}

// Several lines that are rejected together are one reject, with their text. The next replay rejects them again.
func TestRejectedLinesOfDeliveredObjects(t *testing.T) {
	w := newDelivered(t, 1)
	w.deliver("1", "{\"a\":1}\n{\n \"b\": [\n  {\"c\":2}\n ]\n}\ntext\n{\"d\":3}")
	for range 2 {
		w.expect("rejected", 2, w.mustRun().Rejected)
	}
	w.expect("the stream", []string{`{"a":1}`, `{"d":3}`}, w.put())
	got := w.rejected()
	for i := range got {
		got[i].ETag = ""
	}
	w.expect("the file", []rejection{
		{Bucket: bucketName, Key: "events/1", Line: 2, LastLine: 6, Record: "{\n \"b\": [\n  {\"c\":2}\n ]\n}",
			Reason: "the JSON has several lines, and an event over several lines cannot be told from several events"},
		{Bucket: bucketName, Key: "events/1", Line: 7, Record: "text", Reason: "it is not one JSON text: invalid character 'e' in literal true (expecting 'r')"},
	}, got)
	if want := "rejected: s3://events/events/1 lines 2 to 6: the JSON has"; !strings.Contains(w.stderr.String(), want) {
		t.Errorf("it says %s", w.stderr.String())
	}
}

// Of random events, those on one line are put and those on several are rejected, and no part of one is taken for an event.
func TestRandomEvents(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		var object strings.Builder
		var want, several []string
		for range random.IntN(8) {
			text, err := json.Marshal(randomValue(random, 0))
			if err != nil {
				t.Fatal(err)
			}
			if random.IntN(2) == 0 {
				var b bytes.Buffer
				if err := json.Indent(&b, text, "", strings.Repeat(" ", random.IntN(2))); err != nil {
					t.Fatal(err)
				}
				text = b.Bytes()
			}
			if bytes.Contains(text, []byte("\n")) {
				several = append(several, string(text))
			} else {
				want = append(want, string(text))
			}
			object.Write(append(text, '\n'))
		}
		lines, err := readLines(strings.NewReader(object.String()), "")
		if err != nil {
			t.Fatal(err)
		}
		var got, rejected []string
		for all := (&delivered{lines: lines}); ; {
			line, err := all.next()
			if err != nil {
				break
			}
			if line.problem == nil {
				got = append(got, string(line.text))
			} else {
				rejected = append(rejected, string(line.text))
			}
		}
		if !slices.Equal(got, want) || !slices.Equal(rejected, several) {
			t.Fatalf("%s\nput %q, want %q\nrejected %q, want %q", object.String(), got, want, rejected, several)
		}
	}
}

func randomValue(random *rand.Rand, depth int) any {
	switch random.IntN(5 - min(depth, 3)) {
	case 0:
		return random.IntN(1000)
	case 1:
		return "a\nb}]\"{[" + fmt.Sprint(random.IntN(10))
	case 2, 3:
		values := map[string]any{}
		for i := range random.IntN(4) {
			values[fmt.Sprint("k", i)] = randomValue(random, depth+1)
		}
		return values
	}
	values := []any{}
	for range random.IntN(4) {
		values = append(values, randomValue(random, depth+1))
	}
	return values
}

// The time of a delivered record is the one at which its object was written: since is inclusive, and until exclusive.
func TestSinceAndUntilOfDeliveredObjects(t *testing.T) {
	w := newDelivered(t, 1)
	begin := w.clock.Now()
	for i := range 4 {
		w.deliver(fmt.Sprint(4-i), fmt.Sprintf("{\"second\":%d}\n", i))
	}
	w.opts.Since, w.opts.Until = begin.Add(time.Second), begin.Add(3*time.Second)
	w.expect("objects", 2, w.mustRun().Objects)
	w.expect("the stream", []string{`{"second":1}`, `{"second":2}`}, w.put())
	w.opts.Until = begin.Add(time.Hour)
	w.mustRun()
	w.expect("the stream", []string{`{"second":1}`, `{"second":2}`, `{"second":3}`}, w.put())
}

// What a replay puts into the bucket's own stream is delivered to the bucket. The same checkpoint never reads that.
func TestNoLoop(t *testing.T) {
	w := newDelivered(t, 1)
	w.stream.put = func(call int, in *awskinesis.PutRecordsInput, forward forward) (*awskinesis.PutRecordsOutput, error) {
		out, err := forward(in)
		for i, record := range in.Records {
			w.deliver(fmt.Sprintf("copy-%d-%d", call, i), string(record.Data)+"\n")
		}
		return out, err
	}
	w.deliver("1", "{\"id\":1}\n{\"id\":2}\n")
	began := w.clock.Now()
	w.opts.DryRun = true
	w.mustRun()
	w.opts.DryRun = false
	w.expect("put", 2, w.mustRun().Put)
	if want := "objects written from " + began.UTC().Format(time.RFC3339) + " on are left out, because they can hold what this replay puts\n"; !strings.Contains(w.stderr.String(), want) {
		t.Errorf("it says %s", w.stderr.String())
	}
	w.clock.Advance(time.Hour)
	w.expect("put by the next", 0, w.mustRun().Put)
	w.opts.Until = w.clock.Now()
	w.expect("put with --until", 0, w.mustRun().Put)
	w.opts.Since, w.opts.Until = began, time.Time{}
	_, err := w.run()
	w.expect("the error", fmt.Sprintf("--since %s: the objects written from %[1]s on can hold what replays with this checkpoint have put; use an earlier time, or name another --checkpoint to read them", began.UTC().Format(time.RFC3339)), fmt.Sprint(err))
	w.opts.Feeds, w.opts.Checkpoint = false, w.opts.Checkpoint+"2"
	w.stream.put = nil
	w.expect("put into another stream", 2, w.mustRun().Put)
}

// The time at which the first replay began is in the checkpoint before anything is put.
func TestNoLoopAfterAKill(t *testing.T) {
	w := newDelivered(t, 1)
	w.deliver("1", "{\"id\":1}\n")
	w.stream.put = func(_ int, in *awskinesis.PutRecordsInput, forward forward) (*awskinesis.PutRecordsOutput, error) {
		saved, err := loadCheckpoint(w.opts.Checkpoint, w.opts.identity())
		w.must(err)
		w.expect("in the checkpoint", w.clock.Now().UTC(), saved.before)
		return forward(in)
	}
	w.mustRun()
	w.expect("calls", 1, w.stream.calls)
}

func TestSinceInTheFuture(t *testing.T) {
	w := newDelivered(t, 1)
	w.opts.Since = w.clock.Now().Add(time.Hour)
	w.refused("a time in the future", "--since 2026-03-07T17:04:05Z is in the future; use an earlier time")
}

// Ctrl-C during any call: the next replay puts the rest, and each record is in the stream once, also beside lines that are rejected.
func TestDeliveredInterruptedAtEveryBatch(t *testing.T) {
	for boundary := 1; boundary <= 5; boundary++ {
		w := newDelivered(t, 3)
		w.opts.Rate = batch
		var want []string
		for i := range 4 {
			var object strings.Builder
			for j := range 5 {
				event := fmt.Sprintf(`{"id":"%d-%d"}`, i, j)
				want = append(want, event)
				object.WriteString(event + "\n[\n{\"part\":1}\n]\n\n")
			}
			w.deliver(fmt.Sprint(i), object.String())
		}
		ctx, cancel := context.WithCancel(t.Context())
		w.atCall(boundary, cancel)
		summary, err := Run(ctx, w.opts)
		if err != nil && !errors.Is(err, ErrInterrupted) {
			t.Fatal(err)
		}
		w.expect("confirmed", boundary*batch, summary.Put)
		w.stream.put = nil
		w.expect("the rest", len(want)-summary.Put, w.mustRun().Put)
		w.expect("the stream", want, w.put())
		w.expect("rejected", 20, len(w.rejected()))
	}
}

// A checkpoint of error objects is not one of delivered objects, and none of another region's stream.
func TestCheckpointsOfOtherReplays(t *testing.T) {
	w := newDelivered(t, 1)
	w.opts.Endpoint, w.opts.ToEndpoint = "", ""
	w.deliver("1", "{}\n")
	w.mustRun()
	for want, change := range map[string]func(o *Options){
		"events to stream in us-east-1":                                                            func(o *Options) { o.Delivered = false },
		"the delivered objects of events in us-east-1 to stream in eu-west-1":                      func(o *Options) { o.ToRegion = "eu-west-1" },
		"the delivered objects of events in us-east-1 to stream in us-east-1 at http://a:1":        func(o *Options) { o.ToEndpoint = "http://a:1" },
		"the delivered objects of events in eu-west-1 at http://b:1 to stream in us-east-1":        func(o *Options) { o.Region, o.Endpoint = "eu-west-1", "http://b:1" },
		"the delivered objects of events to other in us-east-1":                                    func(o *Options) { o.Stream = "other" },
		"the delivered objects of events in us-east-1 at http://c:1 to stream in us-east-1 at ":    func(o *Options) { o.Endpoint, o.ToEndpoint = "http://c:1", "http://d:1" },
		"the delivered objects of events in us-east-1 at http://e:1 to stream in us-east-1 at AWS": func(o *Options) { o.Endpoint = "http://e:1" },
	} {
		opts := w.opts
		change(&opts)
		_, err := Run(t.Context(), opts)
		if prefix := "--checkpoint: " + opts.Checkpoint + " belongs to a replay of the delivered objects of events to stream in us-east-1, not of " + want; err == nil || !strings.HasPrefix(err.Error(), prefix) {
			t.Errorf("%v, want %s", err, prefix)
		}
	}
}

// keys are the partition keys of what is put from now on, by its data.
func (w *world) keys() map[string]string {
	keys := map[string]string{}
	w.stream.put = func(_ int, in *awskinesis.PutRecordsInput, forward forward) (*awskinesis.PutRecordsOutput, error) {
		for _, record := range in.Records {
			keys[string(record.Data)] = *record.PartitionKey
		}
		return forward(in)
	}
	return keys
}

// The partition key is what the path finds. A record in which it finds nothing gets a made one.
func TestKeyPath(t *testing.T) {
	w := newDelivered(t, 1)
	path, err := vtl.ParsePath("$.user.id")
	w.must(err)
	w.opts.KeyPath = path
	long := fmt.Sprintf(`{"user":{"id":"%s"}}`, strings.Repeat("é", 257))
	w.deliver("1", strings.Join([]string{`{"user":{"id":"ann"}}`, `{"user":{"id":17}}`, `{"user":{"id":""}}`, `{"user":{"id":null}}`, `{}`, `[1]`, long}, "\n"))
	keys := w.keys()
	w.expect("rejected", 1, w.mustRun().Rejected)
	w.expect("the reason", "its partition key has 257 characters, more than the 256 that Kinesis allows", w.rejected()[0].Reason)
	w.expect("the keys", map[string]string{
		`{"user":{"id":"ann"}}`: "ann", `{"user":{"id":17}}`: "17",
		`{"user":{"id":""}}`: partitionKey("events/1", 3), `{"user":{"id":null}}`: partitionKey("events/1", 4),
		`{}`: partitionKey("events/1", 5), `[1]`: partitionKey("events/1", 6),
	}, keys)
}

// What is in an envelope is put byte for byte, and its partition key is the event's. A record that is no envelope is rejected.
func TestOpenEnvelopes(t *testing.T) {
	w := newDelivered(t, 1)
	path, err := vtl.ParsePath("$.user")
	w.must(err)
	w.opts.KeyPath, w.opts.OpenEnvelopes = path, true
	const head = `{"receivedAt":"2026-03-07T15:00:00.000Z","requestId":"r","index":0,"event":`
	w.deliver("1", strings.Join([]string{
		head + `{ "user":"ann", "n":12345678901234567890.10e+2 }}`, head + `null}`, head + `{"receivedAt":"x"}}`,
		`{"user":"bob"}`, `{"receivedAt":1,"requestId":"r","event":{}}`, `{"requestId":"r","event":{}}`, `[1]`,
	}, "\n"))
	keys := w.keys()
	w.expect("rejected", 4, w.mustRun().Rejected)
	for i, want := range []string{
		`it is no envelope, which has "receivedAt", "requestId" and "event"`, "it is no envelope: json: cannot unmarshal number",
		`it is no envelope, which has "receivedAt", "requestId" and "event"`, "it is no envelope: json: cannot unmarshal array",
	} {
		if got := w.rejected()[i].Reason; !strings.HasPrefix(got, want) {
			t.Errorf("reason %d is %q, want %q", i, got, want)
		}
	}
	w.expect("the keys", map[string]string{
		`{ "user":"ann", "n":12345678901234567890.10e+2 }`: "ann", `null`: partitionKey("events/1", 2), `{"receivedAt":"x"}`: partitionKey("events/1", 3),
	}, keys)
}

// The progress of a ZIP archive, whose directory is read first, is never more than its size.
func TestProgressOfZIP(t *testing.T) {
	w := newDelivered(t, 1)
	w.opts.Rate, w.opts.Terminal = 10, true
	for i := range 3 {
		w.deliver(fmt.Sprint(i), string(zipped([]byte(strings.Join(events(100), "\n")))))
	}
	w.mustRun()
	if text := w.stderr.String(); !strings.Contains(text, "objects 1 of 3, ") || strings.Contains(text, "about -") {
		t.Errorf("it says %q", text)
	}
}
