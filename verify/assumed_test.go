package verify

import (
	"strings"
	"testing"
	"time"
)

func TestSentence(t *testing.T) {
	for text, want := range map[string]string{
		"One thing (guide, \"A. B\"). Another.":                     "One thing",
		"A name (developer guide), and a version 1.2 (x), go. More": "A name, and a version 1.2, go",
		"No end":   "No end",
		"The end.": "The end",
	} {
		if got := sentence(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

var arrived = time.Date(2026, 11, 28, 2, 30, 15, 0, time.UTC)

const object = "events/hour=02/api-kinesis-firehose-dev-1-2026-11-28-02-30-15-98dc744d-d32e-4773-b401-e2bb2ff335fe.ndjson"

// aRun has one event, which came through the pipeline.
func aRun() *run {
	return &run{
		Pipeline: &Pipeline{delivery: delivery{
			name: "api-kinesis-firehose-dev", prefix: "events/hour=!{timestamp:HH}/", zone: time.UTC, interval: time.Minute, extension: ".ndjson", compression: "GZIP",
		}},
		report: &Report{},
		heads:  map[string]head{object: {"gzip", []byte("\x1f\x8b\x08")}},
		events: []*event{{
			data: []byte("{}"), key: "a", shard: "shardId-000000000000", number: "100", arrived: arrived, delivered: arrived.Add(time.Minute).Truncate(time.Second),
			object: object, position: 1,
		}},
	}
}

// Each assumption that an object shows holds for an event as it should come, and differs where the object is another.
func TestDelivered(t *testing.T) {
	anotherHour := func(r *run) { r.events[0].object = strings.Replace(object, "hour=02", "hour=03", 1) }
	faults := map[string]func(*run){
		"FH-1": anotherHour, "FH-2": anotherHour,
		"FH-3":     func(r *run) { r.events[0].object = strings.TrimSuffix(object, ".ndjson") },
		"FH-4":     func(r *run) { r.heads[object] = head{"", r.heads[object].bytes} },
		"REPLAY-4": func(r *run) { r.heads[object] = head{"gzip", []byte("{}")} },
		"REPLAY-5": func(r *run) { r.events[0].delivered = arrived.Add(-3 * time.Second) },
	}
	for id, look := range delivered {
		r := aRun()
		if got := look(t.Context(), r); got.status != Holds {
			t.Errorf("%s: %+v, want it to hold", id, got)
		}
		faults[id](r)
		if got := look(t.Context(), r); got.status != Differs || got.want == "" || got.got == "" || got.remedy == "" {
			t.Errorf("%s: %+v, want both sides and a remedy", id, got)
		}
	}
}

// Events of one key must lie in their order; those of two keys need not.
func TestInOrder(t *testing.T) {
	r := aRun()
	second := *r.events[0]
	second.number, second.position = "101", 2
	r.events = append(r.events, &second)
	if got := inOrder(t.Context(), r); got.status != Holds {
		t.Errorf("%+v, want it to hold", got)
	}
	second.position = 0
	if got := inOrder(t.Context(), r); got.status != Differs || got.got != "101 lies before 100" {
		t.Errorf("in one object: %+v, want a difference", got)
	}
	second.object, second.delivered, second.position = "another", arrived, 3
	if got := inOrder(t.Context(), r); got.status != Differs {
		t.Errorf("in an earlier object: %+v, want a difference", got)
	}
	second.key = "b"
	if got := inOrder(t.Context(), r); got.status != Holds {
		t.Errorf("of two keys: %+v, want it to hold", got)
	}
}
