package events

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"cdk.tf/go/ingest/internal/nearest"
	"cdk.tf/go/ingest/local/internal/instant"
	"cdk.tf/go/ingest/local/internal/needle"
)

const (
	defaultLimit = 100
	defaultWait  = 10 * time.Second
	maxWait      = time.Minute
)

// query says which events somebody wants, and how many of them.
type query struct {
	fate    fate // or every, for all
	since   time.Time
	text    *needle.Needle // nil without one
	id      string
	limit   int
	oldest  bool // first
	least   int
	wait    time.Duration
	waiting bool // until there are least
}

// every stands for all fates.
const every fate = -1

// parameters are what a query may have. Each reads its value, and returns what it may be if the value is wrong.
var parameters = map[string]func(q *query, value string) (remedy string){
	"fate": func(q *query, value string) string {
		q.fate = fate(slices.Index(fateNames, value))
		return unless(q.fate >= 0, "use "+strings.Join(fateNames, ", "))
	},
	"since": func(q *query, value string) (remedy string) {
		var ok bool
		q.since, ok = instant.Parse(value)
		return unless(ok, "use a time such as 2026-07-01T12:00:00.000Z, or the milliseconds since 1970")
	},
	"text": func(q *query, value string) string {
		q.text = needle.New(value)
		return unless(value != "", "use a part of the event's text, or leave the parameter out")
	},
	"id": func(q *query, value string) string {
		q.id = value
		return unless(value != "", "use a request id, or leave the parameter out")
	},
	"limit": func(q *query, value string) string { return number(&q.limit, value, 0) },
	"least": func(q *query, value string) string { return number(&q.least, value, 1) },
	"order": func(q *query, value string) string {
		q.oldest = value == "oldest"
		return unless(q.oldest || value == "newest", "use newest or oldest")
	},
	"wait": func(q *query, value string) string {
		var err error
		q.wait, err = time.ParseDuration(value)
		return unless(err == nil && q.wait >= 0 && q.wait <= maxWait, "use a duration of 0s to 1m, such as 10s")
	},
}

func unless(ok bool, remedy string) string {
	if ok {
		return ""
	}
	return remedy
}

func number(into *int, value string, least int) (remedy string) {
	var err error
	*into, err = strconv.Atoi(value)
	return unless(err == nil && *into >= least && *into <= maxEvents, fmt.Sprintf("use a number from %d to %d", least, maxEvents))
}

// parse reads a query. Its error names the parameter, the value and the remedy.
func parse(text string) (query, error) {
	q := query{fate: every, limit: defaultLimit, wait: defaultWait}
	values, err := url.ParseQuery(text)
	if err != nil {
		return q, fmt.Errorf("the query is %q; write it as name=value&name=value, and escape other characters (%w)", text, err)
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		read, known := parameters[name]
		if !known {
			return q, fmt.Errorf("%q is not a parameter; %s", name, nearest.Remedy(name, slices.Sorted(maps.Keys(parameters))))
		}
		if len(values[name]) > 1 {
			return q, fmt.Errorf("%s is given %d times; give it once", name, len(values[name]))
		}
		if remedy := read(&q, values[name][0]); remedy != "" {
			return q, fmt.Errorf("%s is %q; %s", name, values[name][0], remedy)
		}
	}
	if q.waiting = values.Has("least"); values.Has("wait") && !q.waiting {
		return q, fmt.Errorf("wait is %q without least; add least, the number of events to wait for", values.Get("wait"))
	}
	return q, nil
}

// takes reports whether a query may want events of a request.
func (q *query) takes(e *entry) bool {
	return (q.id == "" || q.id == e.RequestID) && !e.At.Before(q.since) && (q.fate == every || e.counts[q.fate] > 0)
}

// count counts the events of a request that a query wants.
func (q *query) count(e *entry) (n int64) {
	switch {
	case !q.takes(e):
		return 0
	case q.text == nil && q.fate == every:
		return e.counts.sum()
	case q.text == nil:
		return e.counts[q.fate]
	}
	return int64(len(q.events(e)))
}

// events are the events of a request that a query wants, in the order that it wants.
func (q *query) events(e *entry) []found {
	if !q.takes(e) {
		return nil
	}
	wanted := slices.DeleteFunc(eventsOf(e), func(f found) bool {
		return q.fate != every && q.fate != f.fate || q.text != nil && !q.text.In(f.text)
	})
	if !q.oldest {
		slices.Reverse(wanted)
	}
	return wanted
}
