package kinesis

import "slices"

// Placer returns the function that tells to which of a new stream's shards a partition key goes, from 0 on.
func Placer(shards int) func(partitionKey string) int {
	ranges := split(shards)
	return func(partitionKey string) int {
		hash := hashOf([]byte(partitionKey))
		i, _ := slices.BinarySearchFunc(ranges, hash, func(r hashRange, h hashKey) int { return r.end.compare(h) })
		return i
	}
}
