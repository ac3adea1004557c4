package replay

import (
	"encoding/json"
	"fmt"
	"slices"
)

// ranges are line numbers, as pairs of the first and the last of each run. The pairs are in order and do not touch.
type ranges [][2]int

// find returns the index of the pair that holds n, or of the first pair after it.
func (r ranges) find(n int) (int, bool) {
	return slices.BinarySearchFunc(r, n, func(pair [2]int, n int) int {
		switch {
		case pair[1] < n:
			return -1
		case pair[0] > n:
			return 1
		}
		return 0
	})
}

func (r ranges) has(n int) bool {
	_, found := r.find(n)
	return found
}

// add changes the pairs in place and returns them.
func (r ranges) add(n int) ranges {
	at, found := r.find(n)
	if found {
		return r
	}
	before, after := at > 0 && r[at-1][1] == n-1, at < len(r) && r[at][0] == n+1
	switch {
	case before && after:
		r[at-1][1] = r[at][1]
		return slices.Delete(r, at, at+1)
	case before:
		r[at-1][1] = n
	case after:
		r[at][0] = n
	default:
		return slices.Insert(r, at, [2]int{n, n})
	}
	return r
}

// all reports whether the lines are exactly those from 1 to n.
func (r ranges) all(n int) bool {
	return n == 0 || len(r) == 1 && r[0] == [2]int{1, n}
}

// UnmarshalJSON refuses pairs that add does not make: with them a line could be missed.
func (r *ranges) UnmarshalJSON(text []byte) error {
	var pairs [][2]int
	if err := json.Unmarshal(text, &pairs); err != nil {
		return err
	}
	last := -1
	for _, pair := range pairs {
		if pair[0] <= last+1 || pair[1] < pair[0] {
			return fmt.Errorf("the lines %d to %d are out of order", pair[0], pair[1])
		}
		last = pair[1]
	}
	*r = pairs
	return nil
}
