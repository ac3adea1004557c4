package validation

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"cdk.tf/go/ingest/local/apigateway/internal/jsontape"
)

// hostile is a body that is large in a single respect, with a schema whose rules apply to that.
type hostile struct {
	name, schema string
	body         func(length int) string
	want         string // begins what is said of it; "" is that it is valid
}

// repeat returns a text around as many units as fit a length, joined by commas.
func repeat(head, unit, tail string) func(int) string {
	return func(length int) string {
		n := (length-len(head)-len(tail))/(len(unit)+1) - 1
		return head + strings.Repeat(unit+",", n) + unit + tail
	}
}

// filled returns a text around as many bytes as fit a length.
func filled(head, unit, tail string) func(int) string {
	return func(length int) string {
		return head + strings.Repeat(unit, (length-len(head)-len(tail))/len(unit)) + tail
	}
}

// times makes a body longer than the others, for a bound that they do not reach.
func times(n int, body func(int) string) func(int) string {
	return func(length int) string { return body(n * length) }
}

// counted returns an object or array whose members all differ.
func counted(head, format, tail string) func(int) string {
	return func(length int) string {
		var b strings.Builder
		b.WriteString(head)
		for i := 0; b.Len() < length-40; i++ {
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, format, i)
		}
		return b.String() + tail
	}
}

const batch = `{"type": "object", "required": ["events"], "properties": {"events": {"type": "array", "minItems": 1, "maxItems": 500, "items": {"type": "object", "minProperties": 1}}}}`

var hostiles = []hostile{
	{"empty items that are too many", batch, repeat(`{"events":[`, `{}`, `]}`), "[array is too long: must have at most 500 elements but instance has "},
	{"empty items", `{"items": {"minProperties": 1}}`, repeat(`[`, `{}`, `]`), "[object has too few properties (found 0 but schema requires at least 1), and more]"},
	{"empty arrays", `{"items": {"type": "array", "maxItems": 1}}`, repeat(`[`, `[]`, `]`), ""},
	{"items of another type", `{"items": {"type": "object"}}`, repeat(`[`, `1`, `]`), "[instance type (integer) does not match any allowed primitive type (allowed: [\"object\"]), and more]"},
	{"items of no alternative", `{"items": {"anyOf": [{"type": "object"}, {"minimum": 2}, {"enum": [2]}]}}`, repeat(`[`, `1`, `]`), "[instance failed to match at least one required schema among 3, and more]"},
	{"alternatives in all items", `{"anyOf": [{"items": {"enum": [0]}}, {"items": {"type": "string"}}, {"items": {"maximum": 1}}]}`, repeat(`[`, `1`, `]`), ""},
	{"objects of one member", `{"items": {"additionalProperties": {"type": "integer"}, "required": [""]}}`, repeat(`[`, `{"":1}`, `]`), ""},
	{"many properties", `{"additionalProperties": {"type": "integer"}}`, counted(`{`, `"%x":1`, `}`), ""},
	{"many wrong properties", `{"additionalProperties": {"type": "string"}}`, counted(`{`, `"%x":1`, `}`), "[instance type (integer) does not match"},
	{"many names that are not allowed", `{"additionalProperties": false}`, counted(`{`, `"%x":1`, `}`), "[object instance has properties which are not allowed by the schema: [\"0\",\"1\",\"10\","},
	{"one name many times", `{"properties": {"a": {"type": "integer"}}, "maxProperties": 1}`, repeat(`{`, `"a":1`, `}`), ""},
	{"escaped names", `{"maxProperties": 1, "properties": {"a": {"type": "string"}}}`, repeat(`{`, `"\u0061":1`, `}`), "[instance type (integer)"},
	{"a long string", `{"maxLength": 3, "minLength": 2, "enum": ["a", "b"]}`, filled(`"`, `x`, `"`), "[instance value (\"xxx"},
	{"a long string of too much", `{"maxLength": 3}`, filled(`"`, `\u00fc`, `"`), "[string \"üüü"},
	{"a long text for a pattern", `{"pattern": "^(a|b)*c$"}`, times(8, filled(`"`, `a`, `"`)), "[a text of more than 1048576 bytes is not matched against the pattern ^(a|b)*c$]"},
	{"a long text for a format", `{"format": "regex"}`, filled(`"`, `(a`, `"`), "[a text of more than 65536 bytes is not checked for the format regex]"},
	{"a number of millions of digits", `{"type": "integer", "minimum": 3, "maximum": 1e30000000, "multipleOf": 1, "not": {"enum": [1, 2]}}`, filled(``, `7`, ``), ""},
	{"a fraction of millions of digits", `{"type": "number", "maximum": 1, "multipleOf": 0.25}`, filled(`0.`, `7`, ``), "[remainder of division is not zero (0.777"},
	{"exponents", `{"items": {"type": "number", "minimum": 3, "multipleOf": 7}}`, repeat(`[`, `7e999999`, `]`), ""},
	{"exponents that no one holds", `{"uniqueItems": true, "items": {"maximum": 3}}`, counted(`[`, `1e99999999999999999%d`, `]`), "[array must not contain duplicate elements]"},
	{"exponents that differ", `{"uniqueItems": true}`, counted(`[`, `1e1%07d`, `]`), ""},
	{"arrays nested too deep", `{}`, func(length int) string { return strings.Repeat("[", length/2) + strings.Repeat("]", length/2) }, "invalid character '[' exceeded max depth"},
	{"arrays nested deep", `{"items": {"$ref": "#"}}`, repeat(`[`, strings.Repeat("[", 9_000)+strings.Repeat("]", 9_000), `]`), ""},
	{"items whose brackets alone differ", `{"uniqueItems": true}`, brackets, ""},
	{"items that all differ", `{"uniqueItems": true}`, counted(`[`, `"%x"`, `]`), ""},
	{"objects that all differ", `{"uniqueItems": true}`, counted(`[`, `{"a":%d}`, `]`), ""},
	{"a large enum", largeEnum(), repeat(`[`, `{"a":{"b":"y"}}`, `]`), "[instance value ({\"a\":{\"b\":\"y\"}}) not found in enum"},
	{"alternatives that double at each level", `{"anyOf": [{"items": {"$ref": "#"}, "maxItems": 9}, {"items": {"$ref": "#"}, "minItems": 1}], "not": {"type": "integer"}}`,
		func(int) string { return strings.Repeat("[", 200) + "1" + strings.Repeat("]", 200) }, "[the body takes more than 33554432 steps to be checked against its model]"},
	{"a schema that is in itself", `{"anyOf": [{"$ref": "#"}]}`, func(int) string { return "1" }, "[the body is nested more than 40000 levels deep for its model, or the model refers only to itself]"},
}

// brackets returns arrays with the same flat text: each has 20 brackets in different places.
func brackets(length int) string {
	var b strings.Builder
	b.WriteString(`[0`)
	for i := 0; b.Len() < length-120; i++ {
		b.WriteString(`,[`)
		for bit := range 20 {
			if i>>bit&1 == 1 {
				b.WriteString(`[],1,`)
			} else {
				b.WriteString(`[1],`)
			}
		}
		b.WriteString(`2]`)
	}
	return b.String() + `]`
}

// largeEnum returns a schema of 500 objects that differ only at their end.
func largeEnum() string {
	return counted(`{"items": {"enum": [`, `{"a": {"b": %d}}`, `]}}`)(10_000)
}

// run reads and checks a body, and returns the steps and the bytes that this took.
func (h hostile) run(s *Schema, body []byte) (wrong string, steps int, bytes uint64) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	value, err := jsontape.Read(body)
	c := s.checker(time.Now)
	if err == nil {
		wrong = c.check(s, value).Says
	} else {
		wrong = err.Error()
	}
	runtime.ReadMemStats(&after)
	return wrong, maxSteps - c.steps, after.TotalAlloc - before.TotalAlloc
}

// The memory and the steps of a check depend only on the body's length, whatever its content. The memory is at most a MiB and 64
// bytes for each byte of the body (44 with the race detector), of which nearly all is released at once. The steps are at most 16
// for each byte, or the body is refused for its steps.
func TestHostileBodies(t *testing.T) {
	for _, h := range hostiles {
		s := New(compile(t, h.schema), time.Second)
		body := []byte(h.body(256 << 10))
		length := len(body)
		wrong, steps, bytes := h.run(s, body)
		if h.want == "" && wrong != "" || !strings.HasPrefix(wrong, h.want) {
			t.Errorf("%s: %.200q, want %q", h.name, wrong, h.want)
		}
		if len(wrong) > 1<<17 {
			t.Errorf("%s: a message of %d bytes", h.name, len(wrong))
		}
		if steps > max(16*length, 2*maxDepth) && !strings.Contains(wrong, "steps") {
			t.Errorf("%s: %d steps", h.name, steps)
		}
		if bytes > 64*uint64(length)+1<<20 {
			t.Errorf("%s: %d bytes for each of the body's", h.name, bytes/uint64(length))
		}
	}
}

func BenchmarkHostileBodies(b *testing.B) {
	const length = 10 << 20
	for _, h := range hostiles {
		b.Run(strings.ReplaceAll(h.name, " ", "-"), func(b *testing.B) {
			s := New(compile(b, h.schema), time.Second)
			body := []byte(h.body(length))
			b.ReportAllocs()
			for b.Loop() {
				_, steps, _ := h.run(s, body)
				b.ReportMetric(float64(steps), "steps")
			}
		})
	}
}
