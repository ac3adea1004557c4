package verify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// event is an event that a run has sent and that the API has acknowledged.
type event struct {
	route         route
	body          []byte
	rewritten     bool // API Gateway writes the JSON of a batch anew
	requestID     string
	shard, number string
	asked         time.Time
	answered      time.Time
	// found in the stream:
	key     string
	data    []byte
	arrived time.Time
	// found in the bucket:
	object    string
	position  int // among all lines that the run has read
	delivered time.Time
}

// knowEvent is the remedy where [run.make] knows no event.
const knowEvent = "declare API.Example, or the type's, and deploy again"

// make is the nth event of the run for a route: the example, with the run's mark where the schema allows it.
func (r *run) make(of route, n int) ([]byte, error) {
	example := of.example
	if example == "" {
		value, ok := r.samples.Example(of.models[jsonType])
		if !ok {
			return nil, fmt.Errorf("no event is known that POST %s takes", of.path)
		}
		written, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		example = string(written)
	}
	marked, ok := withMark(example, r.Mark+"/"+itoa(n))
	if !ok || !r.allows(of, marked) {
		r.report.Marked = false
		return []byte(example), nil
	}
	return marked, nil
}

// withMark adds the mark to an event as its last field. It is not ok where the event is no object.
func withMark(example, mark string) ([]byte, bool) {
	inner, ok := bytes.CutSuffix(bytes.TrimSpace([]byte(example)), []byte("}"))
	if !ok || !bytes.HasPrefix(inner, []byte("{")) {
		return nil, false
	}
	inner = bytes.TrimSpace(inner)
	if len(inner) > 1 {
		inner = append(bytes.Clone(inner), ", "...)
	}
	return fmt.Appendf(bytes.Clone(inner), "%q: %q}", markField, mark), true
}

// allows reports whether a route's model allows an event. A batch has a model of its own, of which the event is a part.
func (r *run) allows(of route, body []byte) bool {
	model := of.models[jsonType]
	if model == "" || !of.validated {
		return true
	}
	var value any
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if decoder.Decode(&value) != nil {
		return false
	}
	if of.batch {
		value = map[string]any{"events": []any{value}}
	}
	return r.samples.Allows(model, value)
}

// hops are the latencies of the events that were found.
func (r *run) hops() []Hop {
	var hops []Hop
	for _, hop := range []struct {
		name string
		took func(*event) time.Duration
	}{
		{"from a request to its answer", func(e *event) time.Duration { return e.answered.Sub(e.asked) }},
		{"from its arrival in the stream to its object", func(e *event) time.Duration {
			if e.object == "" {
				return -1
			}
			return e.delivered.Sub(e.arrived.Truncate(time.Second)) // S3's times have whole seconds
		}},
	} {
		if one, ok := hopOf(hop.name, r.events, hop.took); ok {
			hops = append(hops, one)
		}
	}
	return hops
}
