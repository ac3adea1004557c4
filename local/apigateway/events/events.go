// Package events remembers what clients sent to an API and what became of it, so that a client's test can assert on it over HTTP.
//
// An event is accepted if it is in the stream, rejected if it is not, and unknown if nobody can tell. The service's answer to the
// integration decides, and not the answer to the client, because a stack's mapping templates write the latter:
//
//   - PutRecord: a status of 2xx with a SequenceNumber means accepted. Every other answer means rejected.
//   - PutRecords: Records of the answer has an entry for each event. One with a SequenceNumber means accepted, another means rejected.
//   - A call whose answer does not come in time (INTEGRATION_TIMEOUT) leaves its events unknown.
//   - Without a call, API Gateway refused the request or could not call the service, and its events are rejected.
//
// So a stack whose template answers 200 for a record that Kinesis refused shows a rejected event with the status 200.
//
// The events of a batch are the elements of the body's array, or the body's lines. If the service got another number of records,
// because a template made others, then their data are the events.
package events

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/local/apigateway"
)

const (
	// maxEvents is the number of events that a list holds, the newest ones.
	maxEvents = 10_000
	// maxBytes bounds what these events take: their bodies, the answers, and entryBytes for each request.
	maxBytes   = 32 << 20
	entryBytes = 512
	// maxText is how many bytes of an event's text are shown.
	maxText = 64 << 10
	// maxPath is how many bytes of a path are kept.
	maxPath = 4 << 10
	// inTurn is the length of a body from which on bodies are searched for events one at a time, because that takes a multiple of it.
	inTurn = 16 << 10
)

// fate is what became of an event.
type fate int

const (
	accepted fate = iota
	rejected
	unknown
	fates = iota
)

var fateNames = []string{"accepted", "rejected", "unknown"}

// tally counts events by their fates.
type tally [fates]int64

func (t *tally) add(other tally) {
	for f, n := range other {
		t[f] += n
	}
}

func (t tally) sum() (sum int64) {
	for _, n := range t {
		sum += n
	}
	return sum
}

// List holds the newest 10,000 events in at most 32 MiB. It is safe for concurrent use.
//
// It adds a request as a whole, and looks for its events when somebody asks: that costs more than all the rest, and nobody asks for most
// requests.
type List struct {
	clock   clockwork.Clock
	reading sync.Mutex // of large bodies
	looking sync.Mutex // of waiters
	waiters atomic.Int64

	mutex     sync.Mutex
	entries   []*entry // the oldest first
	bytes     int      // of the entries
	held      int64    // events of the entries
	counts    tally    // of all events, with those that are forgotten
	forgotten int64
	last      int64         // the number of the newest entry
	began     time.Time     // at the last reset
	resets    int           // so far
	changed   chan struct{} // is closed by the next change; nil if nobody waits for it
}

// entry is a request in the list. It does not change.
type entry struct {
	apigateway.Submission
	number int64
	counts tally // of the events that it shows
	bytes  int
}

// New makes an empty list.
func New(clock clockwork.Clock) *List { return &List{clock: clock} }

// Add adds the events of a submission. It leaves out a submission that arrived before the last reset.
func (l *List) Add(s apigateway.Submission) {
	counts := l.count(&s)
	e := newEntry(s, counts)
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if s.At.Before(l.began) {
		return
	}
	l.last++
	e.number = l.last
	l.entries = append(l.entries, e)
	l.bytes += e.bytes
	l.held += e.counts.sum()
	l.counts.add(counts)
	l.forgotten += counts.sum() - e.counts.sum()
	l.forget()
	l.change()
}

// count counts the events of a submission by their fates.
func (l *List) count(s *apigateway.Submission) (counts tally) {
	v := verdictOf(s)
	if v.each {
		for _, record := range v.records.Items() {
			counts[ofRecord(record).fate]++
		}
		return counts
	}
	if len(s.Body) >= inTurn {
		l.reading.Lock()
		defer l.reading.Unlock()
	}
	_, n := texts(s, 0)
	counts[v.all.fate] = int64(n)
	return counts
}

// newEntry keeps of a submission what the list shows.
func newEntry(s apigateway.Submission, counts tally) *entry {
	s.Path = strings.Clone(s.Path[:min(len(s.Path), maxPath)]) // it is part of the request's first line, which may be long
	if s.Action == apigateway.PutRecord {
		s.Sent = nil // the body is the event
	}
	if cap(s.Body) > 2*len(s.Body) {
		s.Body = slices.Clone(s.Body)
	}
	e := &entry{Submission: s, bytes: entryBytes + len(s.Path) + len(s.ContentType) + len(s.Refusal.Message) + len(s.Refusal.Validation) + cap(s.Body) + cap(s.Sent)}
	if s.Answer != nil {
		e.Answer = &apigateway.Answer{Status: s.Answer.Status, Body: s.Answer.Body}
		e.bytes += cap(s.Answer.Body)
	}
	left := int64(maxEvents)
	for f, n := range counts { // more than maxEvents only if all have the same fate
		e.counts[f] = min(n, left)
		left -= e.counts[f]
	}
	return e
}

// forget removes the oldest entries beyond the bounds.
func (l *List) forget() {
	first := 0
	for ; l.held > maxEvents || l.bytes > maxBytes; first++ {
		gone := l.entries[first]
		l.entries[first] = nil
		l.bytes -= gone.bytes
		l.held -= gone.counts.sum()
		l.forgotten += gone.counts.sum()
	}
	l.entries = l.entries[first:]
}

func (l *List) change() {
	if l.changed != nil {
		close(l.changed)
		l.changed = nil
	}
}

// totals are the counts of all events since the last reset, and of those that the list no longer holds.
type totals struct {
	counts    tally
	forgotten int64
}

// reset empties the list, and returns what it counted.
func (l *List) reset() totals {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	was := totals{l.counts, l.forgotten}
	l.entries, l.bytes, l.held, l.counts, l.forgotten = nil, 0, 0, tally{}, 0
	l.began = l.clock.Now()
	l.resets++
	l.change()
	return was
}

// view is the list at one time.
type view struct {
	totals
	entries []*entry
	resets  int
	changed <-chan struct{} // is closed when the list has changed
}

// after returns the list, with the entries after the one of a number.
func (l *List) after(number int64) view {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.changed == nil {
		l.changed = make(chan struct{})
	}
	from, _ := slices.BinarySearchFunc(l.entries, number+1, func(e *entry, wanted int64) int { return int(e.number - wanted) })
	return view{totals{l.counts, l.forgotten}, slices.Clone(l.entries[from:]), l.resets, l.changed}
}
