package firehose_test

import (
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cdk.tf/go/ingest/local/firehose"
)

// measured collects what a delivery stream measures.
type measured struct {
	mu     sync.Mutex
	reads  []firehose.ReadCall
	writes []firehose.Write
	held   []firehose.Held
	lines  int
}

func (m *measured) measures() firehose.Measures {
	return firehose.Measures{
		Read:   func(r firehose.ReadCall) { m.mu.Lock(); m.reads = append(m.reads, r); m.mu.Unlock() },
		Wrote:  func(w firehose.Write) { m.mu.Lock(); m.writes = append(m.writes, w); m.mu.Unlock() },
		Held:   func(h firehose.Held) { m.mu.Lock(); m.held = append(m.held, h); m.mu.Unlock() },
		Logged: func(time.Time) { m.mu.Lock(); m.lines++; m.mu.Unlock() },
	}
}

// calls counts the calls without records in a minute.
func (m *measured) calls(minute time.Time) (calls int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.reads {
		if r.Records == 0 && r.At.Truncate(time.Minute).Equal(minute) {
			calls += r.Calls
		}
	}
	return calls
}

// An idle delivery stream counts a call a second, in the minute in which it is, as long as its role may read.
func TestWaitingCountsAsACallASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, m := newWorld(t), &measured{}
		denied := false
		w.opts.Measures = m.measures()
		w.opts.Allow = func(action, _ string) error {
			if denied && action == "kinesis:GetRecords" {
				return errors.New("denied")
			}
			return nil
		}
		d := w.start()
		defer func() { w.stop() }()
		minute := start.Truncate(time.Minute) // five seconds before start
		w.advance(minute.Add(3 * time.Minute).Sub(start))
		d.Measure(w.clock.Now())
		for i, want := range []int{55, 60, 60, 0} {
			if got := m.calls(minute.Add(time.Duration(i) * time.Minute)); got != want {
				t.Errorf("minute %d has %d calls, want %d", i, got, want)
			}
		}
		denied = true
		w.advance(time.Minute)
		d.Measure(w.clock.Now())
		if got := m.calls(minute.Add(3 * time.Minute)); got != 0 {
			t.Errorf("a minute in which the role may not read has %d calls", got)
		}
		denied = false
		w.advance(time.Minute)
		d.Measure(w.clock.Now())
		if got := m.calls(minute.Add(4 * time.Minute)); got != 60 {
			t.Errorf("the minute after it has %d calls", got)
		}
		if m.reads[0].Behind != 0 || m.held[0].Age >= 0 {
			t.Errorf("without records: %+v %+v", m.reads[0], m.held[0])
		}
	})
}

// Records are measured when they are read and when they are written, and their age while they wait.
func TestRecordsAreMeasured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, m := newWorld(t), &measured{}
		w.opts.Measures = m.measures()
		d := w.start()
		defer func() { w.stop() }()
		w.stream.put("shard-0", "one", "three")
		synctest.Wait()
		w.advance(40 * time.Second)
		d.Measure(w.clock.Now())
		if h := m.held[0]; h.Age != 40*time.Second || h.Partitioned {
			t.Errorf("while they wait: %+v", h)
		}
		w.advance(20 * time.Second)
		w.expectBodies("one\nthree\n")
		records, bytes := 0, 0
		for _, r := range m.reads {
			records += r.Calls * r.Records
			bytes += r.Calls * r.Bytes
		}
		if records != 2 || bytes != len("onethree") {
			t.Errorf("%d records of %d bytes are read", records, bytes)
		}
		if got := m.writes[0]; len(m.writes) != 1 || !got.Success || got.Records != 2 || got.Bytes != len("one\nthree\n") || got.Age != time.Minute {
			t.Errorf("%+v", m.writes)
		}
		d.Measure(w.clock.Now())
		if h := m.held[1]; h.Age >= 0 {
			t.Errorf("after the delivery: %+v", h)
		}
		if m.lines != 0 {
			t.Errorf("%d errors are logged", m.lines)
		}
	})
}

// While the bucket refuses, attempts fail, the age grows, errors are logged, and the calls go on with a growing distance.
func TestFailedDeliveriesAreMeasured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, m := newWorld(t), &measured{}
		w.opts.Measures = m.measures()
		w.bucket.setFail(func(int) error { return errS3 })
		d := w.start()
		w.stream.put("shard-0", "one")
		synctest.Wait()
		w.advance(time.Minute)
		w.stream.put("shard-0", "two")
		synctest.Wait()
		for range 10 {
			w.advance(time.Minute)
		}
		d.Measure(w.clock.Now())
		if len(m.writes) < 5 || m.writes[0].Success || m.lines < 5 {
			t.Errorf("%d attempts, %d errors: %+v", len(m.writes), m.lines, m.writes)
		}
		if h := m.held[0]; h.Age != 11*time.Minute {
			t.Errorf("%+v", h)
		}
		if last := m.reads[len(m.reads)-1]; last.Records != 0 || last.Behind < 9*time.Minute || last.Calls < 1 {
			t.Errorf("the last call is %+v", last)
		}
		w.bucket.setFail(nil)
		w.advance(time.Minute)
		w.stop()
		if last := m.writes[len(m.writes)-1]; !last.Success {
			t.Errorf("%+v", last)
		}
	})
}
