package firehose_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/local/kinesis"
)

// asleep is a machine's clock. Its times also have a monotonic part, which stops while the machine sleeps, as on Linux
// (clock_gettime(2), CLOCK_MONOTONIC).
type asleep struct {
	clockwork.Clock
	origin, began time.Time

	mu    sync.Mutex
	slept time.Duration
}

// outside of a bubble of synctest, which has no monotonic time.
var outside = time.Now()

func newAsleep(clock clockwork.Clock) *asleep {
	return &asleep{Clock: clock, origin: clock.Now(), began: outside}
}

func (a *asleep) Now() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.began.Add(a.Clock.Now().Sub(a.origin) + a.slept)
	// The second word of a time is its monotonic part (time.Time.ext), which Add has moved too.
	monotonic := (*int64)(unsafe.Add(unsafe.Pointer(&now), 8))
	*monotonic -= int64(a.slept)
	return now
}

func (a *asleep) sleep(long time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.slept += long
}

// A machine sleeps for longer than the retention while events wait. Only its wall clock shows how long. The log reports expired
// records, and the rest is delivered.
func TestWhatExpiresWhileTheMachineSleepsIsSaid(t *testing.T) {
	for _, left := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			w := newRealWorld(t, 1)
			w.must(w.kinesis.Close())
			clock := newAsleep(w.clock)
			before := clock.Now()
			clock.sleep(time.Hour)
			if after := clock.Now(); after.Sub(before) != 0 || after.Round(0).Sub(before.Round(0)) != time.Hour {
				t.Fatalf("the clock's parts go on by %s and %s", after.Sub(before), after.Round(0).Sub(before.Round(0)))
			}
			w.opts.Clock = clock
			stream, err := kinesis.Open(kinesis.Options{Path: w.dir + "/kinesis.db", Clock: clock, Unlimited: true})
			w.must(err)
			w.kinesis = stream
			defer w.close()
			large := strings.Repeat("x", 700_000)
			w.s3Away(true)
			d := w.start()
			for range 3 { // two fill the buffer, the third is read ahead
				w.put("k", large)
			}
			for i := range 5 {
				w.put("k", fmt.Sprint("lost ", i))
			}
			clock.sleep(23 * time.Hour)
			if left {
				w.put("k", "left")
			}
			clock.sleep(2 * time.Hour)
			w.s3Away(false)
			for range 4 { // in less than a minute of monotonic time
				w.advance(5 * time.Second)
			}
			w.put("k", "next")
			w.advance(time.Minute)
			w.advance(time.Minute)
			got := w.bodies()
			if strings.Contains(got, "lost") || !strings.Contains(got, "next") || strings.Contains(got, "left") != left || strings.Count(got, large) != 3 {
				t.Errorf("%d bytes are delivered, ending in %q", len(got), got[max(0, len(got)-20):])
			}
			w.expectLog("records have expired in the stream before they were delivered, and are lost")
			if count := strings.Count(w.log.String(), "have expired in the stream"); count != 1 {
				t.Errorf("it is said %d times:\n%s", count, w.log)
			}
			if failure := d.Status().LastFailure; !strings.Contains(failure, "have expired before they were delivered") {
				t.Errorf("the status says %q", failure)
			}
		})
	}
}

// s3Away makes the bucket unavailable, or available again.
func (w *realWorld) s3Away(away bool) {
	w.Helper()
	w.allowPut = !away
	w.opts.Allow = func(action, _ string) error {
		if action == "s3:PutObject" && !w.allowPut {
			return errS3
		}
		return nil
	}
}

// The same at a start: nothing was delivered before the machine slept, and only some has expired.
func TestWhatExpiredBeforeAStartIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newRealWorld(t, 1)
		w.s3Away(true)
		w.start()
		w.stop() // with a checkpoint: nothing is delivered yet
		w.put("k", "lost")
		w.clock.Advance(23 * time.Hour)
		w.put("k", "left")
		w.clock.Advance(2 * time.Hour)
		w.s3Away(false)
		w.start()
		w.advance(time.Minute)
		w.expectOnce([]string{"left"})
		w.expectLog("records have expired in the stream before they were delivered, and are lost")
		w.close()
	})
}

// A clock that was ahead has dated records in the future. Once it is right, records between others expire first.
func TestWhatExpiresBetweenOthersIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newRealWorld(t, 1)
		clock := newAsleep(w.clock)
		w.must(w.kinesis.Close())
		var err error
		w.kinesis, err = kinesis.Open(kinesis.Options{Path: w.dir + "/kinesis.db", Clock: clock, Unlimited: true})
		w.must(err)
		put := func(data string) {
			w.put("k", data)
		}
		clock.sleep(48 * time.Hour)
		put("ahead")
		clock.sleep(-48 * time.Hour)
		put("lost")
		clock.sleep(30 * time.Hour)
		put("left")
		w.opts.Clock = clock
		w.start()
		w.advance(time.Minute)
		w.expectOnce([]string{"ahead", "left"})
		w.expectLog("records have expired in the stream before they were delivered, and are lost")
		w.close()
	})
}
