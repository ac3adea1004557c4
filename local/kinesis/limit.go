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

// tokenBucket holds at most the tokens of one second, and is refilled steadily. Its zero value is full.
//
// Assumption KIN-2: Kinesis measures a shard's write capacity with a token bucket, which is refilled at a steady rate (developer
// guide, "Handle large records"). So after a pause a shard takes one second's worth at once, and over t seconds at most t+1 seconds'
// worth. AWS says "per second" and does not document how it measures a second.
type tokenBucket struct {
	spent float64
}

func (b *tokenBucket) refill(rate float64, elapsed time.Duration) {
	b.spent = max(0, b.spent-rate*elapsed.Seconds())
}

func (b *tokenBucket) has(rate, amount float64) bool { return b.spent+amount <= rate }

// limits are the limits of one shard.
type limits struct {
	mu             sync.Mutex
	last           time.Time
	records, bytes tokenBucket
	calls, read    tokenBucket
}

// advance refills the buckets. A clock that jumps back refills nothing.
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

// gave takes the bytes that a call returned. If they exceed a second's worth, calls fail until the bucket has recovered: after 10 MiB for
// 5 seconds (API reference, GetRecords).
func (l *limits) gave(bytes int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if bytes > readBytes {
		l.read.spent = max(l.read.spent, readBytes)
	}
	l.read.spent += float64(bytes)
}
