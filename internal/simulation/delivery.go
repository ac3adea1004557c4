package simulation

import (
	"slices"
	"time"
)

// delivery is Firehose's buffer: it writes an object once the records of the buffer have a size, or an interval after the first of
// them.
type delivery struct {
	size     int
	interval time.Duration
	// first are when each record of the buffer was sent first.
	first []time.Duration
	bytes int
	since time.Duration

	objects int
	lags    []time.Duration
}

// accept adds a record to the buffer at a time.
func (d *delivery) accept(at, first time.Duration, bytes int) {
	if len(d.first) > 0 && at >= d.since+d.interval {
		d.write(d.since + d.interval)
	}
	if len(d.first) == 0 {
		d.since = at
	}
	d.first, d.bytes = append(d.first, first), d.bytes+bytes
	if d.bytes >= d.size {
		d.write(at)
	}
}

// end writes what is left when its interval is over.
func (d *delivery) end() {
	if len(d.first) > 0 {
		d.write(d.since + d.interval)
	}
}

func (d *delivery) write(at time.Duration) {
	for _, first := range d.first {
		d.lags = append(d.lags, at-first)
	}
	d.first, d.bytes = d.first[:0], 0
	d.objects++
}

// Lag is how long events took, of those that arrived.
type Lag struct{ Median, P99, Longest time.Duration }

// LagOf sorts the times that events took, and picks three.
func LagOf(lags []time.Duration) Lag {
	if len(lags) == 0 {
		return Lag{}
	}
	slices.Sort(lags)
	return Lag{lags[len(lags)/2], lags[len(lags)*99/100], lags[len(lags)-1]}
}
