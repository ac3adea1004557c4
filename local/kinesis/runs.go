package kinesis

import (
	"encoding/binary"
	"slices"
	"sort"

	"go.etcd.io/bbolt"
)

// mostRuns bounds the memory of a shard's runs, 8 bytes each.
const mostRuns = 256

// runs divide a shard's records so that a binary search can find a time in each run. Arrivals do not decrease within a run. A new run
// begins only where the clock has jumped back, so a shard usually has one. The check at the start finds the runs, and each commit
// continues them.
type runs struct {
	// begins are the indexes at which the second and later runs begin, in order. The slice is only appended to or replaced, so a copy
	// of runs stays valid.
	begins []uint64
	// mixed is the index below which the runs were too many. The times there are in any order.
	mixed uint64
}

// begin begins a run. If there are too many, it forgets the older half.
func (r *runs) begin(index uint64) {
	r.begins = append(r.begins, index)
	if len(r.begins) > mostRuns {
		half := len(r.begins) / 2
		r.mixed, r.begins = r.begins[half], slices.Clone(r.begins[half+1:])
	}
}

// around returns the indexes at the ends of the run that an index is in, inclusive. Without a run, ok is false.
func (r runs) around(index uint64) (first, last uint64, ok bool) {
	if index < r.mixed {
		return 0, 0, false
	}
	at := sort.Search(len(r.begins), func(i int) bool { return r.begins[i] > index })
	first, last = r.mixed, maxIndex
	if at > 0 {
		first = r.begins[at-1]
	}
	if at < len(r.begins) {
		last = r.begins[at] - 1
	}
	return first, last, true
}

// firstSince returns the lowest index from first to last at or after which the records arrived at a time, in milliseconds, or later.
// It is last+1 if there is none. The indexes must be of one run.
func (s *shard) firstSince(cursor *bbolt.Cursor, first, last uint64, since int64) (uint64, error) {
	for first <= last {
		middle := first + (last-first)/2
		key, value := cursor.Seek(indexKey(middle))
		if key == nil || len(key) == 8 && binary.BigEndian.Uint64(key) > last {
			last = middle - 1
			continue
		}
		r, err := readStored(s.seed, key, value)
		switch {
		case err != nil:
			return 0, err
		case r.arrived >= since:
			last = middle - 1
		default:
			first = r.index + 1
		}
	}
	return first, nil
}
