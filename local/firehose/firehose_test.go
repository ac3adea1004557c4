package firehose_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cdk.tf/go/ingest/local/firehose"
)

func TestDeliversAfterTheInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var delivered []firehose.Object
		w.opts.Delivered = func(o firehose.Object) { delivered = append(delivered, o) }
		d := w.start()
		defer func() { w.stop() }()
		w.advance(time.Hour) // an empty buffer waits for nothing
		w.stream.put("shard-0", `{"a":1}`)
		synctest.Wait()
		w.advance(30 * time.Second)
		w.stream.put("shard-0", `{"b":2}`)
		synctest.Wait()
		status := d.Status()
		if status.BufferedRecords != 2 || status.BufferedBytes != 16 || !status.NextDelivery.Equal(start.Add(time.Hour+time.Minute)) {
			t.Errorf("status %+v", status)
		}
		w.advance(30*time.Second - time.Nanosecond)
		w.expectBodies("")
		w.advance(time.Nanosecond)
		w.expectBodies("{\"a\":1}\n{\"b\":2}\n")
		o := w.bucket.objects[0]
		// The records came at 16:04:05 and 16:04:35; the oldest names the object.
		if !regexp.MustCompile(`^e/16/delivery-1-2026-03-07-16-04-05-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`).MatchString(o.key) ||
			o.contentType != "application/octet-stream" || o.encoding != "" {
			t.Errorf("%+v", o)
		}
		want := firehose.Object{Bucket: "events", Key: o.key, Records: 2, Bytes: 16, Compression: "UNCOMPRESSED", TimeZone: "UTC", DeliveredAt: start.Add(time.Hour + time.Minute)}
		if len(delivered) != 1 || delivered[0] != want {
			t.Errorf("delivered %+v, want %+v", delivered, want)
		}
		status = d.Status()
		if status.BufferedRecords != 0 || status.NextDelivery != nil || status.DeliveredObjects != 1 || status.DeliveredRecords != 2 ||
			status.DeliveredBytes != 16 || !slices.Equal(status.LastObjects, delivered) {
			t.Errorf("status %+v", status)
		}
		if got := w.checkpoint(); !strings.Contains(got, `"shard-0": "2"`) {
			t.Errorf("checkpoint %s", got)
		}
	})
}

func TestNoIntervalDeliversAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.cfg.BufferInterval = 0
		w.start()
		defer func() { w.stop() }()
		w.stream.put("shard-0", "a")
		w.expectBodies("a\n")
	})
}

func TestDeliversABacklogInManyObjects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.cfg.Delimiter = ""
		d := w.open()
		line := strings.Repeat("x", 499) + "\n"
		for range 20_000 {
			w.stream.put("shard-0", line)
		}
		w.run(d)
		defer func() { w.stop() }()
		w.advance(time.Minute)
		if got := len(w.bucket.bodies()); got != 20_000*500 {
			t.Errorf("%d bytes, want %d", got, 20_000*500)
		}
		for i, o := range w.bucket.objects {
			if last := i == len(w.bucket.objects)-1; len(o.body) >= 1<<20+500 || len(o.body) < 1<<20 && !last {
				t.Errorf("object %d has %d bytes", i, len(o.body))
			}
		}
		if w.stream.most > 3000 { // one buffer's worth is 2098
			t.Errorf("one read took %d records", w.stream.most)
		}
	})
}

func TestReadsAheadNoMoreThanOneRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		d := w.open()
		w.bucket.fail = func(int) error { return errS3 }
		for range 100 {
			w.stream.put("shard-0", strings.Repeat("x", 1<<20))
		}
		w.run(d)
		w.advance(time.Hour)
		if got := d.Status().BufferedBytes; got > 2<<20 {
			t.Errorf("%d bytes are buffered", got)
		}
		if w.stream.reads > 3 {
			t.Errorf("%d reads while nothing can be delivered", w.stream.reads)
		}
		w.stop()
	})
}

// If a stream already has records, none is skipped.
func TestBeginsAtTheBeginningOfTheStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "shard-0", "shard-1")
		w.stream.put("shard-0", "before", "before too")
		w.open() // and dies before it runs
		if got := w.checkpoint(); !strings.Contains(got, `"shard-0": ""`) || !strings.Contains(got, `"shard-1": ""`) {
			t.Errorf("checkpoint %s", got)
		}
		w.expectLog(`level=WARN msg="there is no checkpoint, and the stream has had records: every record that it still keeps is delivered, perhaps some of them again" delivery_stream=delivery checkpoint=` + w.opts.Checkpoint + ` stream=stream`)
		w.stream.put("shard-0", "a")
		w.start()
		w.advance(time.Minute)
		w.stop()
		w.expectBodies("before\nbefore too\na\n")
	})
}

// A delivery from a new stream begins without a warning, and continues after a restart.
func TestANewStreamNeedsNoWarning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.open()
		w.stream.put("shard-0", "a")
		w.open()
		if w.log.Len() > 0 {
			t.Errorf("it says %s", w.log)
		}
	})
}

func TestALostCheckpointLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start()
		w.stream.put("shard-0", "a")
		synctest.Wait()
		w.advance(time.Minute)
		w.stop()
		w.stream.put("shard-0", "b")
		if err := os.RemoveAll(filepath.Dir(w.opts.Checkpoint)); err != nil {
			t.Fatal(err)
		}
		w.start()
		w.advance(time.Minute)
		w.stop()
		w.expectBodies("a\na\nb\n")
		w.expectLog("there is no checkpoint")
	})
}

func TestRestartContinues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start()
		w.stream.put("shard-0", "a")
		synctest.Wait()
		w.advance(time.Minute)
		w.stream.put("shard-0", "b") // buffered, not delivered
		synctest.Wait()
		w.stop()
		w.stream.put("shard-0", "c") // while nothing runs
		w.start()
		w.advance(time.Minute)
		w.stop()
		w.expectBodies("a\nb\nc\n")
	})
}

func TestANewShardIsReadFromItsBeginning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.open()
		w.stream.order = append(w.stream.order, "shard-1")
		w.stream.put("shard-1", "a")
		w.start()
		w.advance(time.Minute)
		w.stop()
		w.expectBodies("a\n")
	})
}

// TestACrashBetweenObjectAndCheckpoint saves the checkpoint when an object is written, and continues from it.
func TestACrashBetweenObjectAndCheckpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start()
		w.stream.put("shard-0", "a", "b")
		synctest.Wait()
		old := w.checkpoint()
		w.advance(time.Minute)
		w.stop()
		if err := os.WriteFile(w.opts.Checkpoint, []byte(old), 0o600); err != nil {
			t.Fatal(err)
		}
		w.stream.put("shard-0", "c")
		w.start()
		w.advance(time.Minute)
		w.stop()
		w.expectBodies("a\nb\na\nb\nc\n")
	})
}

func TestS3FailsForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "shard-0", "shard-1")
		w.bucket.fail = func(attempt int) error {
			if attempt <= 9 {
				return errS3
			}
			return nil
		}
		d := w.start()
		defer func() { w.stop() }()
		w.stream.put("shard-0", "a", "b")
		w.stream.put("shard-1", "c", "d")
		synctest.Wait()
		w.advance(time.Minute)
		w.expectLog(`level=ERROR msg="the delivery failed and is tried again" delivery_stream=delivery attempt=1 next_attempt=2026-03-07T15:05:06.000Z error="S3 is away"`)
		status := d.Status()
		if status.Failures != 1 || status.LastFailure != "delivery: S3 is away" || status.BufferedRecords != 4 {
			t.Errorf("status %+v", status)
		}
		w.stream.put("shard-0", "e")
		for range 9 {
			w.advance(time.Minute)
		}
		w.advance(time.Minute)
		var waits []time.Duration
		for i := 1; i < 3; i++ {
			waits = append(waits, w.bucket.tries[i].Sub(w.bucket.tries[i-1]))
		}
		if waits[0] < time.Second || waits[1] < 2*time.Second {
			t.Errorf("waited %v between attempts", waits)
		}
		if got := strings.Count(w.log.String(), "the delivery failed"); got != 9 {
			t.Errorf("%d failures were logged, want 9", got)
		}
		got := w.bucket.bodies()
		if len(got) != len("a\nb\nc\nd\ne\n") || strings.Index(got, "a") > strings.Index(got, "b") || strings.Index(got, "b") > strings.Index(got, "e") || strings.Index(got, "c") > strings.Index(got, "d") {
			t.Errorf("%q", got)
		}
		keys := map[string]bool{}
		for _, o := range w.bucket.objects {
			keys[o.key] = true
		}
		if len(keys) != len(w.bucket.objects) {
			t.Errorf("two objects of one name: %v", keys)
		}
	})
}

func TestADenialIsAFailingDelivery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		denied := errors.New("is not authorized to perform: s3:PutObject; the role's policies need {…}")
		allowed := false
		var asked []string
		w.opts.Allow = func(action, resource string) error {
			asked = append(asked, action+" "+regexp.MustCompile(`delivery-1.*`).ReplaceAllString(resource, "…"))
			if action == "s3:PutObject" && !allowed {
				return denied
			}
			return nil
		}
		w.start()
		defer func() { w.stop() }()
		synctest.Wait()
		w.expectLog(`msg="nothing can be delivered: the role may not write objects with this prefix; the stream keeps the records" delivery_stream=delivery prefix=e/!{timestamp:HH}/ error="is not authorized to perform: s3:PutObject; the role's policies need {…}"`)
		w.stream.put("shard-0", "a")
		synctest.Wait()
		w.advance(time.Minute)
		w.expectBodies("")
		w.expectLog(`msg="the delivery failed and is tried again" delivery_stream=delivery attempt=1 next_attempt=2026-03-07T15:05:06.000Z error="is not authorized to perform: s3:PutObject; the role's policies need {…}"`)
		allowed = true
		w.advance(time.Second)
		w.expectBodies("a\n")
		slices.Sort(asked)
		const stream = "arn:aws:kinesis:us-east-1:000000000000:stream/stream"
		want := []string{
			"kinesis:DescribeStream " + stream, "kinesis:GetRecords " + stream, "kinesis:GetShardIterator " + stream, "kinesis:ListShards " + stream,
			"logs:PutLogEvents arn:aws:logs:us-east-1:000000000000:log-group:/aws/kinesisfirehose/delivery:log-stream:S3Delivery",
			"s3:AbortMultipartUpload arn:aws:s3:::events/e/x", "s3:GetBucketLocation arn:aws:s3:::events", "s3:GetObject arn:aws:s3:::events/e/x",
			"s3:ListBucket arn:aws:s3:::events", "s3:ListBucketMultipartUploads arn:aws:s3:::events", "s3:PutObject arn:aws:s3:::events/e/15/…",
		}
		if got := slices.Compact(asked); !slices.Equal(got, want) {
			t.Errorf("asked %q\nwant  %q", got, want)
		}
	})
}

func TestADenialOfReadingLosesNothing(t *testing.T) {
	for _, action := range []string{"kinesis:DescribeStream", "kinesis:ListShards", "kinesis:GetShardIterator", "kinesis:GetRecords"} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			allowed := false
			w.opts.Allow = func(asked, _ string) error {
				if asked == action && !allowed {
					return fmt.Errorf("no %s", action)
				}
				return nil
			}
			w.start()
			defer func() { w.stop() }()
			w.stream.put("shard-0", "a")
			w.advance(10 * time.Second)
			w.expectBodies("")
			w.expectLog(`msg="the reading of the stream failed and is tried again" delivery_stream=delivery attempt=1`)
			w.expectLog(`error="no ` + action + `"`)
			allowed = true
			for range 3 {
				w.advance(time.Minute)
			}
			w.expectBodies("a\n")
		})
	}
}

func TestAMissingPermissionThatAWSDocumentsIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.opts.Allow = func(action, _ string) error {
			if action == "s3:ListBucket" {
				return errors.New("no list")
			}
			return nil
		}
		w.start()
		defer func() { w.stop() }()
		w.expectLog(`level=WARN msg="the role lacks a permission that AWS documents as required; local delivery works without it" delivery_stream=delivery action=s3:ListBucket error="no list"`)
		w.stream.put("shard-0", "a")
		synctest.Wait()
		w.advance(time.Minute)
		w.expectBodies("a\n")
	})
}

func TestAStreamThatFailsIsReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start()
		defer func() { w.stop() }()
		w.stream.setFail(errors.New("the stream is away"))
		w.stream.put("shard-0", "a")
		w.advance(10 * time.Second)
		w.expectLog(`error="the stream is away"`)
		w.stream.setFail(nil)
		for range 3 {
			w.advance(time.Minute)
		}
		w.expectBodies("a\n")
	})
}

func TestExpiredRecordsAreSaidLoudly(t *testing.T) {
	const some = `level=ERROR msg="records have expired in the stream before they were delivered, and are lost: nothing was delivered for longer than its retention" delivery_stream=delivery shard=shard-0 delivered_up_to=1 expired_before=4`
	const all = `level=ERROR msg="records have expired in the stream before they were delivered, and are lost: nothing was delivered for longer than its retention" delivery_stream=delivery shard=shard-0 delivered_up_to=1 expired_up_to=4`
	for expired, want := range map[int]string{0: "", 3: some, 4: all} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.start()
			w.stream.put("shard-0", "1")
			synctest.Wait()
			w.advance(time.Minute)
			w.stop()
			w.stream.put("shard-0", "2", "3", "4")
			w.stream.expire("shard-0", expired)
			for range 2 { // the second time there is nothing new to log
				w.start()
				w.advance(time.Minute)
				w.stop()
			}
			if want == "" {
				if strings.Contains(w.log.String(), "expired") {
					t.Errorf("%d expired: %s", expired, w.log)
				}
				return
			}
			if got := strings.Count(w.log.String(), want); got != 1 {
				t.Errorf("%d expired: said %d times in\n%s\nwant once\n%s", expired, got, w.log, want)
			}
		})
	}
}

// While a bucket is unavailable for longer than the retention, records outside the buffer expire.
func TestRecordsThatExpireWhileItRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.bucket.fail = func(int) error { return errS3 }
		d := w.start()
		w.stream.put("shard-0", strings.Repeat("x", 1<<20))
		synctest.Wait()
		w.stream.put("shard-0", strings.Repeat("y", 1<<20)) // is read ahead
		synctest.Wait()
		w.stream.put("shard-0", "lost", "lost too")
		w.stream.expire("shard-0", 4)
		w.bucket.setFail(nil)
		w.advance(time.Minute)
		w.advance(time.Minute)
		const want = `level=ERROR msg="records have expired in the stream before they were delivered, and are lost: nothing was delivered for longer than its retention" delivery_stream=delivery shard=shard-0 delivered_up_to=2 expired_up_to=4`
		w.expectLog(want)
		if got := d.Status().LastFailure; got != `reading of the stream: records of shard-0 after "2" up to 4 have expired before they were delivered` {
			t.Errorf("the status says %q", got)
		}
		w.stop()
		for _, next := range []string{"next", "and next"} { // the flush itself must skip the gap
			if err := d.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			w.stream.put("shard-0", next)
		}
		if err := d.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(w.log.String(), want); got != 1 {
			t.Errorf("said %d times, want once:\n%s", got, w.log)
		}
		if got := w.bucket.bodies(); !strings.HasSuffix(got, "y\nnext\nand next\n") {
			t.Errorf("the bucket ends with %q", got[max(0, len(got)-20):])
		}
	})
}

func TestAnotherStreamOfTheSameName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start()
		w.stream.put("shard-0", "1", "2", "3")
		synctest.Wait()
		w.advance(time.Minute)
		w.stop()
		w.stream.shards["shard-0"], w.stream.last["shard-0"] = nil, 0 // deleted and made again
		w.stream.put("shard-0", "a")
		w.start()
		w.advance(time.Minute)
		w.stop()
		w.expectBodies("1\n2\n3\na\n")
		w.expectLog(`level=ERROR msg="the last record that was read is not in this stream, so the stream must have been deleted and made again; delivering from its beginning. Undelivered records of the former stream are lost" delivery_stream=delivery shard=shard-0 read_up_to=3 end=1`)
	})
}

// TestAStreamThatRefusesTheCheckpoint has a stream that was made again with larger sequence numbers than the old ones.
func TestAStreamThatRefusesTheCheckpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start()
		w.stream.put("shard-0", "1")
		synctest.Wait()
		w.advance(time.Minute)
		w.stop()
		w.stream.foreign = "1"
		w.stream.put("shard-0", "a")
		w.start()
		w.advance(time.Minute)
		w.stop()
		w.expectBodies("1\n1\na\n")
		w.expectLog("the last record that was read is not in this stream")
	})
}

func TestFlush(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "shard-0", "shard-1")
		d := w.start()
		w.stream.put("shard-0", "a")
		w.stream.put("shard-1", "b")
		synctest.Wait()
		if err := d.Flush(t.Context()); err != nil { // while it runs
			t.Fatal(err)
		}
		if got := w.bucket.bodies(); got != "a\nb\n" && got != "b\na\n" {
			t.Errorf("%q", got)
		}
		w.stream.put("shard-0", "c")
		synctest.Wait()
		w.stop()
		w.stream.put("shard-1", "d") // beyond what Run has read
		if err := d.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := w.bucket.bodies()[4:]; got != "c\nd\n" {
			t.Errorf("%q", got)
		}
		if err := d.Flush(t.Context()); err != nil { // there is nothing
			t.Fatal(err)
		}
		if len(w.bucket.objects) != 2 {
			t.Errorf("%d objects", len(w.bucket.objects))
		}
		w.run(d) // it continues
		w.stream.put("shard-0", "e")
		synctest.Wait()
		w.advance(time.Minute)
		w.stop()
		if got := w.bucket.bodies()[8:]; got != "e\n" {
			t.Errorf("%q", got)
		}
	})
}

func TestFlushEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.bucket.fail = func(int) error { return errS3 }
		d := w.start()
		w.stream.put("shard-0", "a")
		synctest.Wait()
		w.advance(time.Minute) // a delivery is under way and has the turn
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		err := d.Flush(ctx)
		if want := "flushing delivery: context deadline exceeded"; err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
		w.stop()
		ctx, cancel = context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		err = d.Flush(ctx)
		if want := "flushing delivery: delivery of delivery: S3 is away (context deadline exceeded)"; err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
		w.bucket.setFail(nil)
		if err := d.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.expectBodies("a\n")
	})
}

func TestRunEndsPromptly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.bucket.fail = func(int) error { return errS3 }
		d := w.start()
		w.stream.put("shard-0", "a")
		synctest.Wait()
		w.advance(time.Minute)
		before := time.Now() // the bubble's own time, which moves only when everybody waits for it
		w.stop()
		if waited := time.Since(before); waited != 0 {
			t.Errorf("Run took %s to end", waited)
		}
		if err := d.Run(canceled()); err != nil {
			t.Error(err)
		}
	})
}

func canceled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

func TestRunsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		d := w.start()
		defer func() { w.stop() }()
		err := d.Run(t.Context())
		if want := "the delivery stream delivery runs already"; err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	})
}

// block replaces the checkpoint's folder with a file, and returns a function that undoes it.
func (w *world) block() (unblock func()) {
	w.Helper()
	folder := filepath.Dir(w.opts.Checkpoint)
	must := func(err error) {
		w.Helper()
		if err != nil {
			w.Fatal(err)
		}
	}
	must(os.Rename(folder, folder+"-away"))
	must(os.WriteFile(folder, nil, 0o600))
	return func() {
		w.Helper()
		must(os.Remove(folder))
		must(os.Rename(folder+"-away", folder))
	}
}

func TestACheckpointThatCannotBeWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start()
		w.stream.put("shard-0", "a")
		synctest.Wait()
		unblock := w.block()
		w.advance(time.Minute)
		w.expectBodies("a\n")
		w.expectLog(`msg="the checkpoint failed and is tried again"`)
		unblock()
		w.advance(time.Second)
		if got := w.checkpoint(); !strings.Contains(got, `"shard-0": "1"`) {
			t.Errorf("checkpoint %s", got)
		}
		w.stop()
		w.expectBodies("a\n")
		left, err := filepath.Glob(filepath.Join(filepath.Dir(w.opts.Checkpoint), "*"))
		left = slices.DeleteFunc(left, func(name string) bool { return name == w.opts.Checkpoint || filepath.Ext(name) == ".objects" })
		if err != nil || len(left) != 0 {
			t.Errorf("left over %v, error %v", left, err)
		}
	})
}

// Run ends while the checkpoint of an object cannot be written. The flush writes it, so nothing is delivered again.
func TestFlushWritesACheckpointThatWasDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		d := w.start()
		w.stream.put("shard-0", "a")
		synctest.Wait()
		unblock := w.block()
		w.advance(time.Minute)
		w.stop()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := d.Flush(ctx); err == nil || !strings.Contains(err.Error(), "flushing delivery: checkpoint of delivery: ") {
			t.Errorf("%v, want that the checkpoint failed", err)
		}
		unblock()
		if err := d.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := w.checkpoint(); !strings.Contains(got, `"shard-0": "1"`) {
			t.Errorf("checkpoint %s", got)
		}
		w.start()
		w.advance(time.Minute)
		w.stop()
		w.expectBodies("a\n")
	})
}

// A checkpoint that is due is written at the end, even if the wait for the next attempt is cut short and the bucket fails
// meanwhile.
func TestACheckpointIsTriedOnceMoreAtTheEnd(t *testing.T) {
	for name, bucketFails := range map[string]bool{"alone": false, "with a failing bucket": true} {
		t.Run(name, func(t *testing.T) { synctest.Test(t, func(t *testing.T) { testCheckpointAtTheEnd(t, bucketFails) }) })
	}
}

func testCheckpointAtTheEnd(t *testing.T, bucketFails bool) {
	w := newWorld(t)
	d := w.start()
	w.stream.put("shard-0", "a")
	synctest.Wait()
	unblock := w.block()
	w.advance(time.Minute) // the object exists, its checkpoint does not
	w.stop()
	if bucketFails {
		w.bucket.setFail(func(int) error { return errors.New("no room") })
		w.stream.put("shard-0", "b")
	}
	ctx, end := context.WithCancel(t.Context())
	flushed := make(chan error)
	go func() { flushed <- d.Flush(ctx) }()
	synctest.Wait() // the first attempt has failed
	unblock()
	end()
	err := <-flushed
	if got := w.checkpoint(); !strings.Contains(got, `"shard-0": "1"`) {
		t.Errorf("checkpoint %s, error %v", got, err)
	}
	if bucketFails != (err != nil) || bucketFails && err.Error() != "flushing delivery: delivery of delivery: no room (context canceled)" {
		t.Errorf("the flush ends with %v", err)
	}
	w.expectBodies("a\n")
}

// Somebody may remove the folder of checkpoints while the delivery runs. The folder above it holds the stream, and is not made
// again.
func TestACheckpointWhoseFolderIsRemoved(t *testing.T) {
	for above, want := range map[bool]bool{false: true, true: false} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.opts.Checkpoint = filepath.Join(t.TempDir(), "data", "firehose", "delivery.json")
			w.start()
			folder := filepath.Dir(w.opts.Checkpoint)
			if above {
				folder = filepath.Dir(folder)
			}
			if err := os.RemoveAll(folder); err != nil {
				t.Fatal(err)
			}
			w.stream.put("shard-0", "a")
			synctest.Wait()
			w.advance(time.Minute)
			w.stop()
			w.expectBodies("a\n")
			if _, err := os.Stat(w.opts.Checkpoint); (err == nil) != want {
				t.Errorf("%s removed: the checkpoint is there: %t, want %t", folder, err == nil, want)
			}
		})
	}
}

// Run returns an error other than its context's while readers wait for records.
func TestRunEndsWithAnErrorOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "shard-0", "shard-1")
		d := w.open()
		firehose.SetRandom(d, strings.NewReader(""))
		ended := make(chan error, 1)
		go func() { ended <- d.Run(t.Context()) }()
		w.stream.put("shard-0", "a")
		synctest.Wait()
		w.advance(time.Minute)
		if err := <-ended; err == nil || err.Error() != "no randomness for an object's name: EOF" {
			t.Errorf("%v", err)
		}
		if got := d.Status().BufferedRecords; got != 1 {
			t.Errorf("%d records are in the buffer, want 1", got)
		}
	})
}

func TestOpenRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.json")
	for _, test := range []struct {
		name, checkpoint, want string
		change                 func(*firehose.Config)
	}{
		{"no JSON", `{`, `delivery: the checkpoint ` + path + ` cannot be read: its end is cut off; repair it, or delete it to deliver again all that the stream keeps`, nil},
		{"{}", `{}`, `delivery: the checkpoint ` + path + ` does not name its delivery stream and its stream; repair it, or delete it to deliver again all that the stream keeps`, nil},
		{"empty", ``, `delivery: the checkpoint ` + path + ` cannot be read: it is empty; repair it, or delete it to deliver again all that the stream keeps`, nil},
		{"another's", `{"deliveryStream": "d", "stream": "s"}`, `delivery: the checkpoint ` + path + ` is that of d reading s, not of arn:aws:firehose:us-east-1:000000000000:deliverystream/delivery reading arn:aws:kinesis:us-east-1:000000000000:stream/stream; first run its own stack once more, so no record of that stream stays undelivered; then delete this file`, nil},
		{"no number", `{"deliveryStream": "arn:aws:firehose:us-east-1:000000000000:deliverystream/delivery", "stream": "arn:aws:kinesis:us-east-1:000000000000:stream/stream", "after": {"shard-0": "x"}}`,
			`delivery: the checkpoint ` + path + ` has "x" for shard-0, which is not a sequence number; repair it, or delete it to deliver again all that the stream keeps`, nil},
		{"a wrong prefix", ``, `delivery: prefix holds "!{" that opens no expression; write !{namespace:value}, or leave it out`, func(c *firehose.Config) { c.Prefix = "!{" }},
		{"a wrong compression", ``, `delivery: compression_format is "BROTLI"; use one of UNCOMPRESSED, GZIP, ZIP, Snappy, HADOOP_SNAPPY`, func(c *firehose.Config) { c.Compression = "BROTLI" }},
	} {
		w := newWorld(t)
		w.opts.Source, w.opts.Checkpoint = w.stream, path
		if err := os.WriteFile(path, []byte(test.checkpoint), 0o600); err != nil {
			t.Fatal(err)
		}
		if test.change != nil {
			test.change(&w.cfg)
		}
		if _, err := firehose.Open(w.cfg, w.opts); err == nil || err.Error() != test.want {
			t.Errorf("%s: %v\nwant: %s", test.name, err, test.want)
		}
	}
}

// TestNothingIsLostOrReordered runs random batches into several shards, with a stream, a bucket and a role that fail at
// random, flushes, restarts and crashes between an object and its checkpoint.
func TestNothingIsLostOrReordered(t *testing.T) {
	for seed := range int64(8) {
		synctest.Test(t, func(t *testing.T) { play(t, rand.New(rand.NewSource(seed))) })
	}
}

func play(t *testing.T, random *rand.Rand) {
	shards := []string{"shard-0", "shard-1", "shard-2"}
	w := newWorld(t, shards...)
	failures := rand.New(rand.NewSource(random.Int63())) // the bucket's own: it is asked by another goroutine
	w.bucket.fail = func(int) error {
		if failures.Intn(3) == 0 {
			return errS3
		}
		return nil
	}
	put := map[string]int{}
	var old string // the checkpoint before the last object
	w.bucket.before = func() { old = w.checkpoint() }
	d := w.start()
	for range 150 {
		switch random.Intn(12) {
		default:
			shard := shards[random.Intn(3)]
			for range 1 + random.Intn(20) {
				put[shard]++
				w.stream.put(shard, fmt.Sprintf("%s %d %s", shard, put[shard], strings.Repeat("x", random.Intn(30_000))))
			}
			synctest.Wait()
		case 0, 1, 2:
			w.advance(time.Duration(random.Intn(90)) * time.Second)
		case 3:
			w.stop()
			if random.Intn(2) == 0 && old != "" { // it died before the checkpoint of its last object was written
				if err := os.WriteFile(w.opts.Checkpoint, []byte(old), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			d = w.start()
		case 4:
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			_ = d.Flush(ctx) // it may fail
			cancel()
		case 5:
			w.stream.setFail([]error{nil, errors.New("the stream is away")}[random.Intn(2)])
		}
	}
	w.stream.setFail(nil)
	w.bucket.setFail(nil)
	for range 5 {
		w.advance(time.Minute)
	}
	w.stop()
	if err := d.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	checkFirsts(t, w.bucket.bodies(), put)
}

// checkFirsts checks that each record is there and that the first occurrences of a shard's records are in order.
func checkFirsts(t *testing.T, bodies string, put map[string]int) {
	t.Helper()
	next := map[string]int{}
	for line := range strings.Lines(bodies) {
		var shard string
		var n int
		if _, err := fmt.Sscanf(line, "%s %d ", &shard, &n); err != nil {
			t.Fatalf("a broken line %q", short(line))
		}
		switch {
		case n == next[shard]+1:
			next[shard] = n
		case n > next[shard]+1:
			t.Fatalf("%s: record %d before record %d", shard, n, next[shard]+1)
		}
	}
	for shard, n := range put {
		if next[shard] != n {
			t.Errorf("%s: %d records of %d are there", shard, next[shard], n)
		}
	}
}
