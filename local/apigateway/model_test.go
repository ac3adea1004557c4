package apigateway

import (
	"fmt"
	"testing"
)

// A template owns the payload that it gets, so a later use gets another one. A template does not get a payload that it would
// not read itself.
func TestHandOver(t *testing.T) {
	for body, want := range map[string]bool{`{"a":1}`: true, `[1]` + "\r\n\t": true, "\u00a0{}": false, "{}\v": true, `{"a"`: false, `1`: false, ``: false} {
		b := &parsedBody{text: []byte(body)}
		if !b.handOver(b.text).IsZero() {
			t.Errorf("%q: a payload that nobody asked for", body)
		}
		_, _, _ = b.payload()
		if !b.handOver([]byte(body)).IsZero() {
			t.Errorf("%q: the payload of another text", body)
		}
		if got := !b.handOver(b.text).IsZero(); got != want {
			t.Errorf("%q: handed over %v, want %v", body, got, want)
		}
		if again := !b.handOver(b.text).IsZero(); again && want {
			t.Errorf("%q: handed over twice", body)
		}
	}
}

// BenchmarkCheck checks a batch of 100 events of 500 bytes.
func BenchmarkCheck(b *testing.B) {
	body := batchOf(100)
	m := modelOf(b, `{"type": "object", "required": ["events"], "properties": {"events": {"type": "array", "items": {"type": "object", "minProperties": 1}}}}`)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if wrong := m.check(&parsedBody{text: body}); wrong != (broken{}) {
			b.Fatal(wrong)
		}
	}
}

func batchOf(events int) []byte {
	out := []byte(`{"events":[`)
	for i := range events {
		if i > 0 {
			out = append(out, ',')
		}
		out = fmt.Appendf(out, `{"id":%d,"type":"page_view","pad":"%0460d"}`, i, 0)
	}
	return append(out, `]}`...)
}
