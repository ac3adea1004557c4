package firehose_test

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cdk.tf/go/ingest/local/firehose"
)

// No flipped bit of a checkpoint makes the delivery skip records: Open refuses the checkpoint with a remedy, or records are
// delivered again.
func TestADamagedCheckpointLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start()
		w.stream.put("shard-0", "1", "2")
		synctest.Wait()
		w.advance(time.Minute)
		w.stop()
		whole := w.checkpoint()
		if !strings.Contains(whole, `"shard-0": "2"`) {
			t.Fatal(whole)
		}
		w.stream.put("shard-0", "3", "4", "5", "6", "7", "8", "9")
		for at := range whole {
			for bit := range 8 {
				damaged := []byte(whole)
				damaged[at] ^= 1 << bit
				if err := os.WriteFile(w.opts.Checkpoint, damaged, 0o600); err != nil {
					t.Fatal(err)
				}
				w.bucket.objects = nil
				w.opts.Source = w.stream
				d, err := firehose.Open(w.cfg, w.opts)
				if err != nil {
					if !strings.Contains(err.Error(), "delete") {
						t.Errorf("%q: the error has no remedy: %v", damaged, err)
					}
					continue
				}
				if err := d.Flush(t.Context()); err != nil {
					t.Fatal(err)
				}
				if got := w.bucket.bodies(); !strings.HasSuffix(got, "3\n4\n5\n6\n7\n8\n9\n") {
					t.Errorf("with %q there is delivered %q", damaged, got)
				}
			}
		}
	})
}

// A checkpoint of an older version, without a checksum, is accepted.
func TestACheckpointWithoutAChecksum(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start()
		w.stream.put("shard-0", "1")
		synctest.Wait()
		w.advance(time.Minute)
		w.stop()
		var old []string
		for line := range strings.Lines(w.checkpoint()) {
			if !strings.Contains(line, `"checksum"`) {
				old = append(old, line)
			}
		}
		text := strings.Replace(strings.Join(old, ""), "},\n}", "}\n}", 1)
		if err := os.WriteFile(w.opts.Checkpoint, []byte(text), 0o600); err != nil || bytes.Contains([]byte(text), []byte("checksum")) {
			t.Fatal(text, err)
		}
		w.stream.put("shard-0", "2")
		w.start()
		synctest.Wait()
		w.advance(time.Minute)
		w.stop()
		w.expectBodies("1\n2\n")
	})
}
