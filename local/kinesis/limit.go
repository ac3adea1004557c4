package kinesis

import (
	"sync"
	"time"

	"cdk.tf/go/ingest/internal/quota"
)

const (
	mib = 1 << 20

	// Reads of a shard are at most 2 MiB and five calls per second, in both capacity modes (API reference, CreateStream and GetRecords).
	writeRecords = quota.ShardRecords
	writeBytes   = quota.ShardBytes
	readCalls    = 5
	readBytes    = 2 * mib
)

// tank holds at most one second of a rate and is refilled steadily (a token bucket). Its zero value is full.
//
// Assumption KIN-2: Kinesis measures a shard's write capacity like a tank that is refilled at a steady rate (developer guide,
// "Handle large records"). So after a pause a shard takes one second's worth at once, and over t seconds at most t+1 seconds'
// worth. AWS says "per second" and does not document how it measures a second.
type tank struct {
	spent float64
}

func (t *tank) refill(rate float64, elapsed time.Duration) {
	t.spent = max(0, t.spent-rate*elapsed.Seconds())
}

func (t *tank) has(rate, amount float64) bool { return t.spent+amount <= rate }

// limits are the limits of one shard.
type limits struct {
	mu             sync.Mutex
	last           time.Time
	records, bytes tank
	calls, read    tank
}

// advance refills the tanks. A clock that jumps back refills nothing.
func (l *limits) advance(now time.Time) {
	if elapsed := now.Sub(l.last); elapsed > 0 && !l.last.IsZero() {
		l.records.refill(writeRecords, elapsed)
		l.bytes.refill(writeBytes, elapsed)
		l.calls.refill(readCalls, elapsed)
		l.read.refill(readBytes, elapsed)
	}
	l.last = now
}

// write takes one record of a size in bytes, or takes nothing and returns false.
func (l *limits) write(now time.Time, bytes int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.advance(now)
	if !l.records.has(writeRecords, 1) || !l.bytes.has(writeBytes, float64(bytes)) {
		return false
	}
	l.records.spent++
	l.bytes.spent += float64(bytes)
	return true
}

// call takes one GetRecords call, or takes nothing and returns false.
func (l *limits) call(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.advance(now)
	if !l.calls.has(readCalls, 1) || !l.read.has(readBytes, 0) {
		return false
	}
	l.calls.spent++
	return true
}

// gave takes the bytes that a call returned. If they exceed a second's worth, calls fail until the tank has recovered: after 10 MiB for
// 5 seconds (API reference, GetRecords).
func (l *limits) gave(bytes int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if bytes > readBytes {
		l.read.spent = max(l.read.spent, readBytes)
	}
	l.read.spent += float64(bytes)
}
