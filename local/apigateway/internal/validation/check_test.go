package validation

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"cdk.tf/go/ingest/internal/draft4"
	"cdk.tf/go/ingest/local/apigateway/internal/jsontape"
)

func compile(t testing.TB, text string) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	compiler := draft4.NewCompiler(time.Second)
	compiler.AssertFormat()
	if err := compiler.AddResource("urn:test", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("urn:test")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func read(t testing.TB, text string) jsontape.Value {
	t.Helper()
	value, err := jsontape.Read([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// schemas hold every keyword of draft 4.
var schemas = []string{
	`{"type": "object", "minProperties": 1}`,
	`{"type": "object", "required": ["events"], "properties": {"events": {"type": "array", "minItems": 1, "maxItems": 3, "items": {"type": "object", "minProperties": 1}}}}`,
	`{"type": ["object", "null"], "maxProperties": 2, "additionalProperties": false, "properties": {"a": {}, "b": {"type": "integer"}}}`,
	`{"additionalProperties": {"type": ["number", "string"]}, "properties": {"a": {"type": "boolean"}}, "minProperties": 2}`,
	`{"properties": {"a": {"enum": [1, "x", null, 1.5e1, false, [1, {}], {"b": 1.0}]}, "b": {"pattern": "^x", "minLength": 2}, "c": {"format": "email"}, "d": {"minimum": 2}}}`,
	`{"definitions": {"tree": {"type": "object", "properties": {"a": {"$ref": "#/definitions/tree"}}}}, "$ref": "#/definitions/tree"}`,
	`{"properties": {"a": {"$ref": "#"}, "b": {"items": {"type": "string"}}, "c": {"items": [{"type": "string"}], "additionalItems": false}}}`,
	`{"properties": {"a": {"uniqueItems": true}, "b": {"not": {"type": "null"}}, "c": {"dependencies": {"a": ["b"]}}}}`,
	`{"type": "array", "items": {"type": "number", "multipleOf": 0.5}, "uniqueItems": true}`,
	`{"patternProperties": {"^[ab]$": {"type": "integer"}, "b": {"maximum": 5}}, "properties": {"b": {"minimum": 1, "exclusiveMinimum": true}}, "additionalProperties": {"type": "null"}}`,
	`{"dependencies": {"a": {"required": ["b"], "properties": {"b": {"maxLength": 1}}}}, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}`,
	`{"items": [{"type": "integer"}], "additionalItems": {"oneOf": [{"minimum": 3}, {"multipleOf": 2}, {"type": "string"}]}}`,
	`{"properties": {"a": {"allOf": [{"type": "string"}, {"format": "date-time"}]}, "b": {"maximum": 1e2, "exclusiveMaximum": true, "multipleOf": 2.5}}}`,
}

var bodies = []string{
	`{}`, `null`, `[]`, `1`, `"a"`, ` {"a":1} `, `{"a":1,"a":"x"}`, `{"a":"x","a":1}`, `true`, `[false]`,
	`{"events":[]}`, `{"events":[{}]}`, `{"events":[{"a":1}]}`, `{"events":[{"a":1},{"b":2},{"c":3}]}`, `{"events":[{"a":1},1]}`,
	`{"events":[{"a":1},{"b":2},{"c":3},{"d":4}]}`, `{"events":[{"a":1}],"events":[]}`, `{"\u0065vents":[{"a":1}]}`, `{"events":{}}`,
	`{"a":true,"b":1}`, `{"b":1.0}`, `{"b":1e2}`, `{"b":99.99}`, `{"b":-0}`, `{"b":12345678901234567890}`, `{"b":1.5}`, `{"a":1,"b":2,"c":3}`, `{"z":null}`,
	`{"a":null,"b":"xé","c":"a@b.c","d":2}`, `{"a":"x","b":"x","c":"ab","d":1.9}`, `{"a":2,"b":"yy"}`, `{"a":1e400}`, `{"d":1e400}`, `{"d":-1e-400}`,
	`{"a":15,"b":"xx"}`, `{"a":[1,{}]}`, `{"a":{"b":1}}`, `{"a":{"b":1,"b":2}}`, `{"a":false}`, `{"a":"2026-03-07T15:00:00Z","b":97.5}`,
	`{"a":{"a":{"a":{}}}}`, `{"a":{"a":{"a":1}}}`, `{"b":["x",1]}`, `{"b":["x"]}`, `{"c":["x"]}`, `{"c":["x",1]}`, `{"c":[1]}`,
	`{"a":[1,2]}`, `{"a":[1,1.0]}`, `{"a":[{"b":1},{"b":1}]}`, `{"c":{"a":1}}`, `{"c":{"a":1,"b":2}}`, `[1,2.5,1e3]`, `[1,"2"]`, `[1,2.25]`,
	`{"a":[[[1],2],[[1,2]],[-1],[1],["ab","c"],["a","bc"]]}`, `{"a":[{"a":1,"b":2},{"b":2,"a":1}]}`, `{"a":[0,-0.0]}`, `[0,-1,1,10,100e-2]`,
	`{"a":"\ud83d\ude00\ud83d","b":"x\/"}`, "{\"a\":\"\xff\"}", `{"":""}`, `{"a":1,"b":"xy"}`, `{"b":"xy"}`, `{"b":0,"ab":3,"c":null}`, `{"ab":9}`,
	`[1,2]`, `[1,3]`, `[1,6,"x"]`, `[1.5]`, `[5,4,3]`, `{"a":1,"b":"y"}`,
}

// writtenOut matches a number that the library writes out.
var writtenOut = regexp.MustCompile(`[eE][+-]?\d{5}`)

// saysTheSame fails if the library that compiles the schemas has another verdict.
func saysTheSame(t *testing.T, schema, body string) {
	t.Helper()
	if writtenOut.MatchString(body) {
		return // takes the library too long, or is its nil pointer
	}
	value, err := jsontape.Read([]byte(body))
	instance, libraryErr := jsonschema.UnmarshalJSON(strings.NewReader(body))
	if (err == nil) != (libraryErr == nil) {
		t.Fatalf("%q: read with %v, by the library with %v", body, err, libraryErr)
	}
	if err != nil {
		return
	}
	compiled := compile(t, schema)
	got, want := New(compiled, time.Second).Check(value).Says, compiled.Validate(instance)
	if (got == "") != (want == nil) {
		t.Errorf("%q of %s: %q, the library says %v", body, schema, got, want)
	}
}

func TestVerdictsAreTheLibrarys(t *testing.T) {
	for _, schema := range schemas {
		for _, body := range bodies {
			saysTheSame(t, schema, body)
		}
	}
}

// Each match may take patternTime, and all of them together may take it once.
func TestPatternsShareTheirTime(t *testing.T) {
	s := New(compile(t, `{"items": {"not": {"pattern": "^b"}}}`), time.Second)
	now, matches := time.Time{}, 0
	tick := func() time.Time {
		matches++
		now = now.Add(time.Second / 10)
		return now
	}
	got := s.checker(tick).check(s, read(t, `[`+strings.Repeat(`"a",`, 1000)+`"a"]`)).Says
	const want = `[the model's patterns take more than 1s to match the body, the last of them ECMA 262 regex "^b"]`
	if got != want || matches != 22 {
		t.Errorf("%s after asking for the time %d times, want %s after 22", got, matches, want)
	}
}

func TestMessagesAreShort(t *testing.T) {
	long := strings.Repeat("é", 5000)
	for schema, want := range map[string]string{
		`{"maxLength": 2}`:                 `[string "` + long[:1024] + `…" is too long (length: 5000, maximum allowed: 2)]`,
		`{"pattern": "^x"}`:                `[ECMA 262 regex "^x" does not match input string "` + long[:1024] + `…"]`,
		`{"format": "email"}`:              `[string "` + long[:1024] + `…" is not a valid email address]`,
		`{"enum": [1]}`:                    `[instance value ("` + long[:1022] + `…) not found in enum (possible values: [1])]`,
		`{"type": "object"}`:               `[instance type (string) does not match any allowed primitive type (allowed: ["object"])]`,
		`{"minLength": 1, "type": "null"}`: `[instance type (string) does not match any allowed primitive type (allowed: ["null"])]`,
	} {
		s := New(compile(t, schema), time.Second)
		if got := s.Check(read(t, `"`+long+`"`)).Says; got != want {
			t.Errorf("%s: %s\nwant %s", schema, got, want)
		}
	}
}

func FuzzCheck(f *testing.F) {
	for i, body := range bodies {
		f.Add(uint(i), body)
	}
	f.Fuzz(func(t *testing.T, schema uint, body string) {
		saysTheSame(t, schemas[schema%uint(len(schemas))], body)
	})
}
