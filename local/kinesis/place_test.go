package kinesis

import (
	"fmt"
	"testing"
)

// A key goes to the shard whose range has its hash.
func TestPlacer(t *testing.T) {
	for _, shards := range []int{1, 2, 3, 7, 64} {
		ranges, place := split(shards), Placer(shards)
		for i := range 1000 {
			key := fmt.Sprint("key-", i)
			hash, at := hashOf([]byte(key)), place(key)
			if at < 0 || at >= shards || hash.compare(ranges[at].start) < 0 || hash.compare(ranges[at].end) > 0 {
				t.Fatalf("of %d shards, %s goes to %d", shards, key, at)
			}
		}
	}
}
