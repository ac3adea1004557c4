package verify

import (
	"slices"
	"strconv"
	"time"
)

func itoa(n int) string { return strconv.Itoa(n) }

// hopOf summarises a hop. A negative latency is of an event that did not take it.
func hopOf(name string, events []*event, took func(*event) time.Duration) (Hop, bool) {
	var all []time.Duration
	for _, e := range events {
		if d := took(e); d >= 0 {
			all = append(all, d)
		}
	}
	if len(all) == 0 {
		return Hop{}, false
	}
	slices.Sort(all)
	return Hop{name, len(all), all[len(all)/2], all[len(all)-1]}, true
}
