package kinesis

import (
	"crypto/md5"
	"math/big"
	"testing"
)

// Three shards end where AWS ends them (kinesalite, test/createStream.js).
func TestSplit(t *testing.T) {
	want := [][2]string{
		{"0", "113427455640312821154458202477256070484"},
		{"113427455640312821154458202477256070485", "226854911280625642308916404954512140969"},
		{"226854911280625642308916404954512140970", "340282366920938463463374607431768211455"},
	}
	for i, r := range split(3) {
		if got := [2]string{r.start.String(), r.end.String()}; got != want[i] {
			t.Errorf("range %d is %v, want %v", i, got, want[i])
		}
	}
	for _, shards := range []int{1, 2, 7, 64, 1000} {
		ranges := split(shards)
		for i := range ranges[1:] {
			end, _ := new(big.Int).SetString(ranges[i].end.String(), 10)
			if end.Add(end, big.NewInt(1)).String() != ranges[i+1].start.String() {
				t.Errorf("of %d shards, %d ends at %s and the next begins at %s", shards, i, ranges[i].end, ranges[i+1].start)
			}
		}
		if first, last := ranges[0].start, ranges[shards-1].end; first != (hashKey{}) || last != (hashKey{1<<64 - 1, 1<<64 - 1}) {
			t.Errorf("%d shards are from %s to %s", shards, first, last)
		}
	}
}

func TestShardFor(t *testing.T) {
	s := newStream(description{Name: "s", Shards: 3})
	for _, test := range []struct {
		hash string
		want int
	}{
		{"0", 0},
		{"113427455640312821154458202477256070484", 0},
		{"113427455640312821154458202477256070485", 1},
		{"226854911280625642308916404954512140969", 1},
		{"226854911280625642308916404954512140970", 2},
		{"340282366920938463463374607431768211455", 2},
	} {
		hash, ok := parseHash(test.hash)
		if got := s.shardFor(hash).index; !ok || got != test.want {
			t.Errorf("%s lies in %d (%v), want %d", test.hash, got, ok, test.want)
		}
	}
	if _, ok := parseHash("340282366920938463463374607431768211456"); ok {
		t.Error("2^128 is taken for a hash key")
	}
	// As on AWS (kinesalite, test/putRecords.js): key a belongs to the first of three shards, b and f to the second, e to the last.
	for key, want := range map[string]int{"a": 0, "b": 1, "e": 2, "f": 1} {
		if got := s.shardFor(hashOf([]byte(key))).index; got != want {
			t.Errorf("key %s lies in %d, want %d", key, got, want)
		}
	}
}

func TestHashKeyString(t *testing.T) {
	for _, key := range []string{"", "a", "key"} {
		sum := md5.Sum([]byte(key))
		if got, want := hashOf([]byte(key)).String(), new(big.Int).SetBytes(sum[:]).String(); got != want {
			t.Errorf("%q: %s, want %s", key, got, want)
		}
	}
	for _, text := range []string{"0", "7", "18446744073709551616", "10000000000000000000", "100000000000000000000000000000000000000"} {
		if hash, ok := parseHash(text); !ok || hash.String() != text {
			t.Errorf("%s comes back as %s", text, hash)
		}
	}
}
