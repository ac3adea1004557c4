package firehose_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cdk.tf/go/ingest/local/firehose"
	"cdk.tf/go/ingest/local/kinesis"
	"cdk.tf/go/ingest/local/s3"
)

// realWorld is a world with a real stream of shards and a real bucket.
type realWorld struct {
	*world
	dir     string
	kinesis *kinesis.Service
	// allowPut is set by s3Away.
	allowPut bool
	s3       *s3.Service
}

func newRealWorld(t *testing.T, shards int) *realWorld {
	w := &realWorld{world: newWorld(t), dir: t.TempDir()}
	w.opts.Checkpoint = filepath.Join(w.dir, "firehose", "delivery.json")
	w.openServices(shards)
	return w
}

func (w *realWorld) openServices(shards int) {
	w.Helper()
	var err error
	w.kinesis, err = kinesis.Open(kinesis.Options{Path: filepath.Join(w.dir, "kinesis.db"), Clock: w.clock, Unlimited: true})
	w.must(err)
	w.must(w.kinesis.Declare(kinesis.Config{Name: "stream", ARN: w.cfg.StreamARN, Mode: "PROVISIONED", Shards: shards, Retention: 24 * time.Hour}))
	w.s3, err = s3.Open(s3.Options{Dir: filepath.Join(w.dir, "s3"), Clock: w.clock})
	w.must(err)
	w.must(w.s3.Declare(s3.Config{Name: "events"}))
}

func (w *realWorld) close() {
	w.Helper()
	w.stop()
	w.must(errors.Join(w.kinesis.Close(), w.s3.Close()))
}

func (w *realWorld) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *realWorld) start() *firehose.DeliveryStream {
	w.Helper()
	w.opts.Source, w.opts.Destination = w.kinesis, w.s3
	d, err := firehose.Open(w.cfg, w.opts)
	w.must(err)
	w.run(d)
	return d
}

func (w *realWorld) do(action, body string) {
	w.Helper()
	if r := w.kinesis.DoAs(w.Context(), action, []byte(body), nil); r.Status != 200 {
		w.Fatalf("%s: %d %s", action, r.Status, r.Body)
	}
	synctest.Wait()
}

func (w *realWorld) put(partitionKey, data string) {
	w.Helper()
	w.do("PutRecord", fmt.Sprintf(`{"StreamName":"stream","PartitionKey":"%s","Data":"%s"}`, partitionKey, base64.StdEncoding.EncodeToString([]byte(data))))
}

// putAll puts records, each with a different partition key, so every shard gets some.
func (w *realWorld) putAll(name string) (lines []string) {
	w.Helper()
	for i := range 20 {
		data := fmt.Sprintf("%s-%d", name, i)
		w.put(data, data)
		lines = append(lines, data)
	}
	return lines
}

// remake deletes the stream and makes it again. Waiting readers notice the deletion.
func (w *realWorld) remake(shards int) {
	w.Helper()
	w.do("DeleteStream", `{"StreamName":"stream"}`)
	w.do("CreateStream", fmt.Sprintf(`{"StreamName":"stream","ShardCount":%d}`, shards))
}

// bodies returns the contents of all objects, one after the other.
func (w *realWorld) bodies() string {
	w.Helper()
	var all strings.Builder
	w.must(filepath.WalkDir(filepath.Join(w.dir, "s3", "events"), func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		all.Write(text)
		return err
	}))
	return all.String()
}

// expectOnce expects each line once.
func (w *realWorld) expectOnce(lines []string) {
	w.Helper()
	got := w.bodies()
	for _, line := range lines {
		if n := strings.Count("\n"+got, "\n"+line+"\n"); n != 1 {
			w.Errorf("%s is there %d times, want once", line, n)
		}
	}
}

// If a stream is deleted and made again while it is read, reading continues with its new shards.
func TestAStreamThatIsMadeAgain(t *testing.T) {
	for _, test := range []struct {
		name          string
		before, after int
		records       bool // before
	}{
		{"as it was", 2, 2, true},
		{"with more shards", 1, 3, true},
		{"with fewer shards", 3, 1, true},
		{"without a record", 1, 3, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newRealWorld(t, test.before)
				defer w.close()
				w.start()
				var want []string
				if test.records {
					want = w.putAll("before")
					w.advance(time.Minute)
				}
				for i := range 2 { // and a second time
					w.remake(test.after)
					w.advance(time.Second) // they try again
					want = append(want, w.putAll(fmt.Sprintf("after-%d", i))...)
					w.advance(time.Minute)
					w.advance(time.Minute)
					w.expectOnce(want)
				}
				w.expectLog(`error="ResourceNotFoundException: Stream stream under account 000000000000 not found.; make the stream again (aws kinesis create-stream, with the --endpoint-url of this machine), or start again"`)
			})
		})
	}
}

// The last flush also reads a stream that was made again, and delivers the records that were read from the former stream.
func TestFlushOfAStreamThatIsMadeAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newRealWorld(t, 2)
		defer w.close()
		d := w.start()
		want := w.putAll("before") // in the buffer
		w.stop()
		w.remake(3)
		want = append(want, w.putAll("after")...)
		w.must(d.Flush(t.Context()))
		w.expectOnce(want)
		w.must(d.Flush(t.Context())) // there is nothing
		w.start()                    // from the checkpoint
		want = append(want, w.putAll("later")...)
		w.advance(time.Minute)
		w.expectOnce(want)
	})
}

// What the log can report at the end depends on whether the stream is gone.
func TestFlushOfADeletedStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newRealWorld(t, 1)
		defer w.close()
		d := w.start()
		w.put("k", "a")
		w.do("DeleteStream", `{"StreamName":"stream"}`)
		w.stop()
		err := d.Flush(t.Context())
		if want := "flushing delivery: ResourceNotFoundException: Stream stream under account 000000000000 not found."; err == nil || err.Error() != want || !errors.Is(err, kinesis.ErrGone) {
			t.Errorf("%v\nwant %s", err, want)
		}
		w.expectOnce([]string{"a"}) // which was read before
	})
}

// Somebody removes the data folder while the delivery runs: nothing can be delivered, and the records of the stream are lost.
func TestFlushOfAFolderThatIsRemoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newRealWorld(t, 1)
		defer w.close()
		d := w.start()
		w.put("k", "a")
		if err := w.kinesis.Kept("stream"); err != nil {
			t.Errorf("before: %v", err)
		}
		w.stop()
		w.must(os.RemoveAll(w.dir))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := d.Flush(ctx); err == nil || !strings.Contains(err.Error(), "the folder of the buckets was removed") {
			t.Errorf("%v, want that the folder is gone", err)
		}
		if err := w.kinesis.Kept("stream"); !errors.Is(err, kinesis.ErrGone) {
			t.Errorf("after: %v, want that it is gone", err)
		}
	})
}

// If a bucket is deleted while the delivery runs, the log has the remedy. The bucket gets its objects when it exists again.
func TestABucketThatGoesAndComes(t *testing.T) {
	for name, remove := range map[string]func(w *realWorld) error{
		"by the wire": func(w *realWorld) error {
			answer := httptest.NewRecorder()
			w.s3.Handler().ServeHTTP(answer, httptest.NewRequest(http.MethodDelete, "/events", nil))
			if answer.Code != http.StatusNoContent {
				return fmt.Errorf("%d %s", answer.Code, answer.Body)
			}
			return nil
		},
		"on disk": func(w *realWorld) error { return os.RemoveAll(filepath.Join(w.dir, "s3", "events")) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newRealWorld(t, 1)
				defer w.close()
				d := w.start()
				w.must(remove(w))
				w.put("k", "a")
				w.advance(time.Minute)
				w.expectLog(`level=ERROR msg="the delivery failed and is tried again" delivery_stream=delivery attempt=1 next_attempt=2026-03-07T15:05:06.000Z error="s3://events/e/15/delivery-1-2026-03-07-15-04-05-`)
				w.expectLog(`: NoSuchBucket: The specified bucket does not exist; make the bucket again (aws s3 mb s3://events, with the --endpoint-url of this machine), or start again"`)
				w.advance(time.Second)
				if got := d.Status().Failures; got != 2 {
					t.Errorf("%d failures a second later, want 2", got)
				}
				w.must(w.s3.Declare(s3.Config{Name: "events"}))
				w.advance(2 * time.Second)
				w.expectOnce([]string{"a"})
			})
		})
	}
}

// With the stream's file as it is after a restart: the log reports records that have expired and been trimmed meanwhile, except
// those that were delivered before.
func TestAnOutageIsSaidAfterTheTrimmingToo(t *testing.T) {
	for _, delivered := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			w := newRealWorld(t, 1)
			d := w.start()
			w.put("k", "one")
			w.put("k", "two")
			if delivered {
				w.must(d.Flush(t.Context()))
			}
			w.stop()
			w.advance(25 * time.Hour) // the stream trims
			w.close()
			w.openServices(1)
			defer w.close()
			w.start()
			const said = "records have expired in the stream before they were delivered, and are lost"
			if got := strings.Contains(w.log.String(), said); got == delivered {
				t.Errorf("delivered %t: said %t\n%s", delivered, got, w.log)
			}
			w.put("k", "three")
			w.advance(time.Minute)
			w.expectOnce([]string{"three"})
		})
	}
}
