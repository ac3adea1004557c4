package simulation

import (
	"crypto/md5"
	"encoding/binary"
	"math/bits"
	"time"
)

// bucket is a token bucket that is full at the start. It counts in billionths of a token, so a nanosecond refills a whole number.
type bucket struct {
	perSecond, size, level int64
	last                   time.Duration
}

func newBucket(perSecond, size int) *bucket {
	full := int64(size) * int64(time.Second)
	return &bucket{int64(perSecond), full, full, 0}
}

// has reports whether the bucket has some tokens at a time, which is not before that of an earlier call.
func (b *bucket) has(at time.Duration, tokens int) bool {
	// More than this fills it, and would overflow.
	elapsed := min(int64(at-b.last), b.size/b.perSecond+1)
	b.level, b.last = min(b.size, b.level+elapsed*b.perSecond), at
	return b.level >= int64(tokens)*int64(time.Second)
}

// take takes tokens that the bucket has.
func (b *bucket) take(tokens int) { b.level -= int64(tokens) * int64(time.Second) }

// shardOf is the shard of a partition key: Kinesis maps its MD5, a number of 128 bits, to equal ranges (developer guide, "Amazon
// Kinesis Data Streams terminology and concepts"). Its first 64 bits decide but for one key in billions.
func shardOf(key string, shards int) int {
	sum := md5.Sum([]byte(key))
	shard, _ := bits.Mul64(binary.BigEndian.Uint64(sum[:8]), uint64(shards))
	return int(shard)
}
