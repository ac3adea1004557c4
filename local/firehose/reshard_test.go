package firehose_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cdk.tf/go/ingest/local/firehose"
)

const (
	split    = `"ShardToSplit":"0","NewStartingHashKey":"170141183460469231731687303715884105728"}`
	mergeAll = `"ShardToMerge":"1","AdjacentShardToMerge":"2"}`
)

// into opens a delivery stream from the real stream into a bucket that keeps the order of its objects.
func (w *realWorld) into() *firehose.DeliveryStream {
	w.Helper()
	w.opts.Source, w.opts.Destination = w.kinesis, w.bucket
	d, err := firehose.Open(w.cfg, w.opts)
	w.must(err)
	return d
}

// reshard goes on from one shard to two and to one again, and puts records of 100 KB of two keys before, between and after: so
// several make a buffer, and the reader of the first shard has more than it can hand on.
func (w *realWorld) reshard() (keys [2][]string) {
	w.Helper()
	put := func(phase string) {
		for i := range 8 {
			for k, key := range []string{"a", "b"} { // which go to different shards of two
				name := fmt.Sprintf("%s-%s-%d", key, phase, i)
				w.put(key, name+" "+strings.Repeat("x", 100<<10))
				keys[k] = append(keys[k], name)
			}
		}
	}
	put("before")
	w.do("SplitShard", `{"StreamName":"stream",`+split)
	put("between")
	w.do("MergeShards", `{"StreamName":"stream",`+mergeAll)
	put("after")
	return keys
}

// expectInOrder expects that the bucket holds each key's records, first in their order.
func (w *realWorld) expectInOrder(keys [2][]string, once bool) {
	w.Helper()
	var got [2][]string
	seen := map[string]bool{}
	for line := range strings.Lines(w.bucket.bodies()) {
		name, _, _ := strings.Cut(line, " ")
		if !seen[name] || once {
			key := int(name[0] - 'a')
			got[key] = append(got[key], name)
		}
		seen[name] = true
	}
	for key := range keys {
		if got, want := strings.Join(got[key], " "), strings.Join(keys[key], " "); got != want {
			w.Errorf("the records of a key are %s\nwant %s", got, want)
		}
	}
}

// A shard's children are read when it has been read to its end, however far behind the delivery is.
func TestParentsAreDeliveredBeforeTheirChildren(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newRealWorld(t, 1)
		defer w.close()
		w.bucket.setFail(func(int) error { return errS3 })
		d := w.into()
		w.run(d)
		keys := w.reshard()
		w.bucket.setFail(nil)
		for range 20 {
			w.advance(time.Minute)
		}
		w.expectInOrder(keys, true)
		if status := d.Status(); status.BufferedRecords != 0 || status.DeliveredRecords != 48 {
			t.Errorf("%+v", status)
		}
	})
}

// A flush goes from parents to children as well. What was delivered is not delivered again at the next start, and the checkpoint
// forgets shards with the stream.
func TestFlushOfAReshardedStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newRealWorld(t, 1)
		defer w.close()
		keys := w.reshard()
		w.must(w.into().Flush(t.Context()))
		w.expectInOrder(keys, true)
		d := w.into()
		w.run(d)
		w.put("a", "a-last "+"x")
		keys[0] = append(keys[0], "a-last")
		w.advance(time.Minute)
		w.expectInOrder(keys, true)
		w.advance(25 * time.Hour)
		w.put("a", "a-later "+"x") // the stream trims with what it writes
		w.advance(time.Minute)
		w.stop()
		if before := strings.Count(w.checkpoint(), "shardId-"); before != 4 {
			t.Errorf("the checkpoint has %d shards", before)
		}
		w.into()
		if got := w.checkpoint(); strings.Count(got, "shardId-") != 1 || strings.Contains(w.log.String(), "lost") {
			t.Errorf("the checkpoint is %s\n%s", got, w.log)
		}
	})
}

// Wherever it is stopped without a flush, as by a kill: nothing is lost, and each key's records first come in their order.
func TestReshardedStreamAfterAKill(t *testing.T) {
	for _, objects := range []int{0, 1, 3} {
		synctest.Test(t, func(t *testing.T) {
			w := newRealWorld(t, 1)
			defer w.close()
			w.bucket.setFail(func(int) error { return errS3 })
			w.run(w.into())
			keys := w.reshard()
			attempts := 0
			w.bucket.setFail(func(int) error { // some objects are written, and then none
				if attempts++; attempts > objects {
					return errS3
				}
				return nil
			})
			for range 5 {
				w.advance(time.Minute)
			}
			w.stop()
			w.must(w.kinesis.Close())
			w.openServices(1)
			w.bucket.setFail(nil)
			w.run(w.into())
			for range 5 {
				w.advance(time.Minute)
			}
			w.expectInOrder(keys, false)
		})
	}
}

// A closed shard that expires while nothing runs is said at the next start. While it runs it has been read in time, and what its
// child held, which is read after it, is said.
func TestAClosedShardThatExpires(t *testing.T) {
	for running, want := range map[bool]string{false: "a-third x\n", true: "a-first x\na-third x\n"} {
		synctest.Test(t, func(t *testing.T) {
			w := newRealWorld(t, 1)
			defer w.close()
			w.bucket.setFail(func(int) error { return errS3 })
			w.run(w.into())
			w.put("a", "a-first x")
			w.advance(2 * time.Minute)
			if !running {
				w.stop()
			}
			w.do("SplitShard", `{"StreamName":"stream",`+split)
			w.put("a", "a-second x")
			w.advance(25 * time.Hour)
			w.bucket.setFail(nil)
			if !running {
				w.run(w.into())
			}
			w.put("a", "a-third x")
			for range 5 {
				w.advance(time.Minute)
			}
			w.expectBodies(want)
			w.expectLog(map[bool]string{
				false: "the stream no longer has this shard, and its undelivered records are lost",
				true:  "records have expired in the stream before they were delivered, and are lost",
			}[running])
		})
	}
}
