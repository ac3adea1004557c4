package events

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"
	"unicode/utf8"

	"cdk.tf/go/ingest/local/answers"
	"cdk.tf/go/ingest/local/apigateway"
)

// event is an event of an answer.
type event struct {
	At             string  `json:"at"` // when its request arrived
	Fate           string  `json:"fate"`
	Status         int     `json:"status"`
	RequestID      string  `json:"requestId"`
	Method         string  `json:"method"`
	Path           string  `json:"path"`
	ContentType    string  `json:"contentType,omitempty"`
	Reason         string  `json:"reason,omitempty"`
	ErrorType      string  `json:"errorType,omitempty"`
	ShardID        string  `json:"shardId,omitempty"`
	SequenceNumber string  `json:"sequenceNumber,omitempty"`
	Bytes          *int64  `json:"bytes,omitempty"` // nil if nobody knows
	Text           *string `json:"text,omitempty"`
	Base64         []byte  `json:"base64,omitempty"` // in place of Text, if it is not UTF-8
	Cut            bool    `json:"cut,omitempty"`    // Text is only its first bytes
	Batch          *place  `json:"batch,omitempty"`
}

// place is an event's place in its batch. The first has the index 0.
type place struct {
	Index int `json:"index"`
	Of    int `json:"of"`
}

// milliseconds is RFC 3339 with milliseconds, in UTC.
const milliseconds = "2006-01-02T15:04:05.000Z"

// answer is the answer to GET. Its counts are those of all events since the last reset, whatever the query wants.
type answer struct {
	Counts    map[string]int64 `json:"counts"`
	Forgotten int64            `json:"forgotten"` // of these, the list no longer holds so many
	Matched   int64            `json:"matched"`   // events of the list that the query wants
	More      bool             `json:"more"`      // not all of them are in Events
	Events    []event          `json:"events"`
}

// Serve answers GET with the events that the query string asks for.
func (l *List) Serve(w http.ResponseWriter, r *http.Request) {
	q, err := parse(r.URL.RawQuery)
	if err != nil {
		answers.Refuse(w, http.StatusBadRequest, err)
		return
	}
	if q.waiting {
		// net/http would cancel the request at the end of the server's ReadTimeout, although its body was read.
		_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // a recorder has none
		if l.wait(r.Context(), &q) != nil {
			return // the client has gone
		}
	}
	now := l.after(0)
	a := answer{Counts: byName(now.counts), Forgotten: now.forgotten, Events: []event{}}
	if !q.oldest {
		slices.Reverse(now.entries)
	}
	for _, e := range now.entries {
		left := q.limit - len(a.Events)
		if left == 0 {
			a.Matched += q.count(e)
			continue
		}
		for _, f := range q.events(e) {
			if a.Matched++; left > 0 {
				a.Events = append(a.Events, eventOf(e, f))
				left--
			}
		}
	}
	a.More = a.Matched > int64(len(a.Events))
	answers.JSON(w, http.StatusOK, a)
}

// Each event wakes all waiters, so after each look at the list a waiter rests leastRest for each of the waiters. Looks that take
// longer than longLook come one at a time, and each is followed by a pause of its length. So all waiters together take a part of a
// processor that does not grow with their number. They rest in real time, not by the list's clock.
const (
	leastRest = 100 * time.Microsecond
	longLook  = time.Millisecond
)

// wait returns when the list has had as many events as the query wants, or when the query's time is over. Its error is that of ctx.
func (l *List) wait(ctx context.Context, q *query) error {
	over := l.clock.NewTimer(q.wait)
	defer over.Stop()
	l.waiters.Add(1)
	defer l.waiters.Add(-1)
	seen := seen{}
	for {
		l.looking.Lock()
		began := l.clock.Now()
		changed := seen.look(l, q)
		if worked := l.clock.Since(began); worked > longLook {
			time.Sleep(worked)
		}
		l.looking.Unlock()
		if seen.matched >= int64(q.least) {
			return nil
		}
		for _, next := range []<-chan struct{}{closedAfter(leastRest * time.Duration(l.waiters.Load())), changed} {
			select {
			case <-next:
			case <-over.Chan():
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
}

func closedAfter(wait time.Duration) <-chan struct{} {
	over := make(chan struct{})
	time.AfterFunc(wait, func() { close(over) })
	return over
}

// seen is what a waiter has seen of the list.
type seen struct {
	matched, last int64
	resets        int
}

// look counts the new events. It returns a channel that is closed when there are others. After a reset the count begins anew.
func (s *seen) look(l *List, q *query) (changed <-chan struct{}) {
	now := l.after(s.last)
	if now.resets != s.resets {
		s.matched = 0
	}
	s.resets = now.resets
	for _, e := range now.entries {
		s.matched += q.count(e)
		s.last = e.number
	}
	return now.changed
}

// ServeReset answers POST: it empties the list and sets its counts to 0. The answer says what they were. Records in the stream and
// objects in the bucket stay.
func (l *List) ServeReset(w http.ResponseWriter, r *http.Request) {
	if r.URL.RawQuery != "" {
		answers.Refuse(w, http.StatusBadRequest, fmt.Errorf("the query is %q; leave it out, a reset has no parameters", r.URL.RawQuery))
		return
	}
	was := l.reset()
	answers.JSON(w, http.StatusOK, struct {
		Counts    map[string]int64 `json:"counts"`
		Forgotten int64            `json:"forgotten"`
	}{byName(was.counts), was.forgotten})
}

func byName(counts tally) map[string]int64 {
	named := map[string]int64{}
	for f, n := range counts {
		named[fateNames[f]] = n
	}
	return named
}

// eventOf is an event as an answer shows it.
func eventOf(e *entry, f found) event {
	shown := event{
		At: e.At.UTC().Format(milliseconds), Fate: fateNames[f.fate], Status: e.Status, RequestID: e.RequestID, Method: e.Method, Path: e.Path,
		ContentType: e.ContentType, Reason: f.reason, ErrorType: f.errorType, ShardID: f.shardID, SequenceNumber: f.sequenceNumber,
	}
	if f.fate == accepted { // the event is in the stream, although the client may have got another answer
		shown.Reason, shown.ErrorType = reasonOf(e.Refusal), e.Refusal.ErrorType
	}
	if f.of > 1 || e.Action == apigateway.PutRecords {
		shown.Batch = &place{f.index, f.of}
	}
	if f.bytes >= 0 {
		shown.Bytes = &f.bytes
	}
	kept := f.text[:min(len(f.text), maxText)]
	if shown.Cut = f.bytes < 0 || f.bytes > int64(len(kept)); shown.Cut {
		kept = whole(kept)
	}
	switch {
	case f.text == nil || len(kept) == 0 && shown.Cut: // nothing of it was kept
		shown.Cut = false
	case utf8.Valid(kept):
		text := string(kept)
		shown.Text = &text
	default:
		shown.Base64 = f.text[:len(kept)]
	}
	return shown
}

// whole leaves out the beginning of a character at a text's end.
func whole(text []byte) []byte {
	for i := 1; i <= utf8.UTFMax && i <= len(text); i++ {
		if end := len(text) - i; utf8.RuneStart(text[end]) {
			if !utf8.FullRune(text[end:]) {
				return text[:end]
			}
			break
		}
	}
	return text
}
