package apigateway

import (
	"fmt"
	"testing"
)

// quickSchemas are of every keyword that the quick way knows, and of some that are the validator's.
var quickSchemas = []string{
	`{"type": "object", "minProperties": 1}`,
	`{"type": "object", "required": ["events"], "properties": {"events": {"type": "array", "minItems": 1, "maxItems": 3, "items": {"type": "object", "minProperties": 1}}}}`,
	`{"type": ["object", "null"], "maxProperties": 2, "additionalProperties": false, "properties": {"a": {}, "b": {"type": "integer"}}}`,
	`{"additionalProperties": {"type": ["number", "string"]}, "properties": {"a": {"type": "boolean"}}}`,
	`{"properties": {"a": {"enum": [1, "x", null]}, "b": {"pattern": "^x", "minLength": 2}, "c": {"format": "email"}, "d": {"minimum": 2}}}`,
	`{"definitions": {"tree": {"type": "object", "properties": {"a": {"$ref": "#/definitions/tree"}}}}, "$ref": "#/definitions/tree"}`,
	`{"properties": {"a": {"$ref": "#"}, "b": {"items": {"type": "string"}}, "c": {"items": [{"type": "string"}], "additionalItems": false}}}`,
	`{"properties": {"a": {"uniqueItems": true}, "b": {"not": {"type": "null"}}, "c": {"dependencies": {"a": ["b"]}}}}`,
	`{"type": "array", "items": {"type": "number"}}`,
}

var quickBodies = []string{
	`{}`, `null`, `[]`, `1`, `"a"`, ` {"a":1} `, "\u00a0{\"a\":1}", `{"a":}`, `{"a":1} x`, `{"a":1,"a":"x"}`, `{"a":"x","a":1}`,
	`{"events":[]}`, `{"events":[{}]}`, `{"events":[{"a":1}]}`, `{"events":[{"a":1},{"b":2},{"c":3}]}`, `{"events":[{"a":1},1]}`,
	`{"events":[{"a":1},{"b":2},{"c":3},{"d":4}]}`, `{"events":[{"a":1}],"events":[]}`, `{"\u0065vents":[{"a":1}]}`, `{"events":{}}`,
	`{"a":true,"b":1}`, `{"b":1.0}`, `{"b":1e2}`, `{"b":-0}`, `{"b":12345678901234567890}`, `{"b":1.5}`, `{"a":1,"b":2,"c":3}`, `{"z":null}`,
	`{"a":null,"b":"xé","c":"a@b.c","d":2}`, `{"a":"x","b":"x","c":"ab","d":1.9}`, `{"a":2,"b":"yy"}`, `{"a":1e400}`, `{"d":1e400}`,
	`{"a":{"a":{"a":{}}}}`, `{"a":{"a":{"a":1}}}`, `{"b":["x",1]}`, `{"b":["x"]}`, `{"c":["x"]}`, `{"c":["x",1]}`, `{"c":[1]}`,
	`{"a":[1,2]}`, `{"a":[1,1.0]}`, `{"a":[{"b":1},{"b":1}]}`, `{"c":{"a":1}}`, `{"c":{"a":1,"b":2}}`, `[1,2.5,1e3]`, `[1,"2"]`,
	`{"a":"\ud83d\ude00\ud83d","b":"x\/"}`, "{\"a\":\"\xff\"}", "{\"a\":\"\t\"}", `{"a":01}`, `{"":""}`, `{"a":"\x"}`,
}

// checkedTwice fails where the quick way says what the validator does not.
func checkedTwice(t *testing.T, schema, body string) {
	t.Helper()
	m := modelOf(t, schema)
	slow := &model{schema: m.schema}
	got, want := m.check(&parsedBody{text: []byte(body)}), slow.check(&parsedBody{text: []byte(body)})
	if got != want {
		t.Errorf("%q of %s: the quick way says %q, the slow one %q", body, schema, got, want)
	}
}

func TestQuickSaysTheSame(t *testing.T) {
	for _, schema := range quickSchemas {
		for _, body := range quickBodies {
			checkedTwice(t, schema, body)
		}
	}
}

func FuzzCheck(f *testing.F) {
	for i, body := range quickBodies {
		f.Add(uint(i), body)
	}
	f.Fuzz(func(t *testing.T, schema uint, body string) {
		checkedTwice(t, quickSchemas[schema%uint(len(quickSchemas))], body)
	})
}

// What is valid is so without the validator, also of the schemas that only parts of need it.
func TestQuickIsSure(t *testing.T) {
	for i, body := range []string{
		`{"a":1}`, `{"events":[{"a":1.5},{"b":[]}]}`, `{"a":"x","b":2}`, `{"a":true,"b":1.5,"c":"x"}`, `{"a":"x","b":"xx","c":"a@b.c","d":2}`,
		`{"a":{"a":{}}}`, `{"a":{"b":["x"]},"c":["x"]}`, `{"a":[1,2],"b":1,"c":{}}`, `[1,2.5]`,
	} {
		m := modelOf(t, quickSchemas[i])
		payload, ok, err := (&parsedBody{text: []byte(body)}).payload()
		if wrong, sure := m.quickly(payload); !ok || err != nil || wrong != (broken{}) || !sure {
			t.Errorf("%s of %s: %v %v %+v %v", body, quickSchemas[i], ok, err, wrong, sure)
		}
	}
}

// A template owns the payload that it gets: whoever asks later gets another. It gets none that it would not read itself.
func TestHandOver(t *testing.T) {
	for body, want := range map[string]bool{`{"a":1}`: true, `[1]` + "\r\n\t": true, "\u00a0{}": false, "{}\v": false, `{"a"`: false, `1`: false, ``: false} {
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
