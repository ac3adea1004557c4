package kinesis

import (
	"cmp"
	"crypto/md5"
	"encoding/binary"
	"fmt"
	"math/big"
	"math/bits"
	"strconv"
)

// hashKey is an MD5 hash as an unsigned 128-bit number.
type hashKey struct{ high, low uint64 }

// hashOf is the hash key of a partition key. Kinesis uses MD5 of the key's UTF-8 (API reference, PutRecord).
func hashOf(partitionKey []byte) hashKey {
	sum := md5.Sum(partitionKey)
	return hashKey{binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:])}
}

// parseHash reads an ExplicitHashKey; ok is false beyond 2^128-1.
func parseHash(text string) (_ hashKey, ok bool) {
	w, err := parseWide(text)
	return hashKey{w[1], w[0]}, err == nil && w[2] == 0
}

func (h hashKey) compare(other hashKey) int {
	return cmp.Or(cmp.Compare(h.high, other.high), cmp.Compare(h.low, other.low))
}

// plusOne is the next hash key; after the last it is the first.
func (h hashKey) plusOne() hashKey {
	low, carry := bits.Add64(h.low, 1, 0)
	return hashKey{h.high + carry, low}
}

// minusOne is the hash key before; before the first it is the last.
func (h hashKey) minusOne() hashKey {
	low, borrow := bits.Sub64(h.low, 1, 0)
	return hashKey{h.high - borrow, low}
}

// near reports whether two hash keys are the same end of a range except for rounding: see [split].
func (h hashKey) near(other hashKey) bool {
	lower, upper := h, other
	if h.compare(other) > 0 {
		lower, upper = other, h
	}
	low, borrow := bits.Sub64(upper.low, lower.low, 0)
	return upper.high-lower.high == borrow && low <= 2*maxShards
}

// MarshalText implements encoding.TextMarshaler.
func (h hashKey) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (h *hashKey) UnmarshalText(text []byte) error {
	parsed, ok := parseHash(string(text))
	if !ok {
		return fmt.Errorf("%q is not a hash key", text)
	}
	*h = parsed
	return nil
}

func (h hashKey) String() string {
	w, low := wide{h.low, h.high}.divide()
	w, middle := w.divide()
	switch {
	case w[0] != 0:
		return string(appendPadded(appendPadded(strconv.AppendUint(nil, w[0], 10), middle), low))
	case middle != 0:
		return string(appendPadded(strconv.AppendUint(nil, middle, 10), low))
	default:
		return strconv.FormatUint(low, 10)
	}
}

// hashRange is the range of hash keys of a shard, both ends included.
type hashRange struct{ start, end hashKey }

// split divides all hash keys among shards as Kinesis does: each range has floor(2^128/shards) keys and the last takes
// the rest (kinesalite, test/createStream.js, checked against AWS: three shards end at …484, …969 and 2^128-1).
func split(shards int) []hashRange {
	all := new(big.Int).Lsh(big.NewInt(1), 128)
	size := new(big.Int).Div(all, big.NewInt(int64(shards)))
	ranges := make([]hashRange, shards)
	for i := range ranges {
		start := new(big.Int).Mul(size, big.NewInt(int64(i)))
		end := new(big.Int).Add(start, size)
		if i == shards-1 {
			end = all
		}
		ranges[i] = hashRange{toHash(start), toHash(end.Sub(end, big.NewInt(1)))}
	}
	return ranges
}

func toHash(value *big.Int) hashKey {
	var bytes [16]byte
	value.FillBytes(bytes[:])
	return hashKey{binary.BigEndian.Uint64(bytes[:8]), binary.BigEndian.Uint64(bytes[8:])}
}
