package apigateway

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"cdk.tf/go/ingest/internal/draft4"
)

func modelOf(t testing.TB, schema string) *model {
	t.Helper()
	m := &models{compiler: draft4.NewCompiler(patternTime), texts: map[string]map[string]any{}, compiled: map[string]*model{}}
	m.compiler.AssertFormat()
	if err := m.add("api", "M", schema); err != nil {
		t.Fatal(err)
	}
	if err := m.compile("api", "M"); err != nil {
		t.Fatal(err)
	}
	return m.compiled["M"]
}

// A log has the rule that a body breaks, and no data of the body.
func TestBrokenRules(t *testing.T) {
	for _, test := range []struct{ schema, body, want string }{
		{`{"type": "object"}`, `{"a": s}`, `the body is not JSON`},
		{`{"type": "object"}`, `["s"]`, `M#/type`},
		{`{"required": ["b", "a"]}`, `{"s": 1}`, `M#/required`},
		{`{"additionalProperties": false}`, `{"s": 1}`, `M#/additionalProperties`},
		{`{"patternProperties": {"^s": {"enum": [1]}}}`, `{"s": 2, "st": 3}`, `M#/patternProperties/%5Es/enum`},
		{`{"properties": {"mail": {"pattern": "^a+$"}}}`, `{"mail": "s"}`, `M#/properties/mail/pattern`},
		{`{"properties": {"a": {"$ref": "#/definitions/x"}}, "definitions": {"x": {"maxLength": 1}}}`, `{"a": "secret"}`, `M#/definitions/x/maxLength`},
		{`{"items": {"minimum": 5}}`, `[1, 2, 3]`, `M#/items/minimum`},
		{`{"properties": {"a": {"type": "string"}, "b": {"format": "email"}}}`, `{"b": "s", "a": 1}`, `M#/properties/a/type, M#/properties/b/format`},
		{`{"dependencies": {"a": ["b"]}}`, `{"a": "s"}`, `M#/dependencies`},
		{`{"not": {"type": "string"}}`, `"s"`, `M#/not`},
		{`{"oneOf": [{"type": "null"}, {"enum": ["t"]}]}`, `"s"`, `M#/oneOf`},
		{`{"pattern": "^(a+)+$"}`, `"` + strings.Repeat("a", 40) + `s"`, `[ECMA 262 regex "^(a+)+$" takes more than 1s to match an input string]`},
	} {
		if got := modelOf(t, test.schema).check(&parsedBody{text: []byte(test.body)}); got.rule != test.want {
			t.Errorf("%s of %s: the rule is %q, want %q", test.body, test.schema, got.rule, test.want)
		}
	}
}

// The messages are those of validation.properties of github.com/java-json-tools/json-schema-validator.
func TestValidationMessages(t *testing.T) {
	for _, test := range []struct{ schema, body, want string }{
		{`{"type": "object"}`, `{}`, ``},
		{`{"type": "object"}`, `{"a": }`, `[the body is not JSON: invalid character '}' looking for beginning of value]`},
		{`{"type": "object"}`, "\ufeff{}", `[the body is not JSON: a byte order mark (U+FEFF) looking for beginning of value; send the body without it]`},
		{`{"type": "object"}`, "\u00a0{}", `[the body is not JSON: invalid character U+00A0 looking for beginning of value]`},
		{`{"type": "object"}`, "{\"a\": \xe9}", `[the body is not JSON: invalid byte 0xE9, which is not UTF-8, looking for beginning of value]`},
		{`{"type": "object"}`, "{\"a\": tru\n", `[the body is not JSON: unexpected end of JSON input]`},
		{`{"type": "object"}`, `{"a": -`, `[the body is not JSON: unexpected end of JSON input]`},
		{`{"type": "object"}`, `{"a": "é`, `[the body is not JSON: unexpected end of JSON input]`},
		{`{"type": "object"}`, `{"a": tru }`, `[the body is not JSON: invalid character ' ' in literal true (expecting 'e')]`},
		{`{"type": "object"}`, `{"a": 1e}`, `[the body is not JSON: invalid character '}' in exponent of numeric literal]`},
		{`{"type": "object"}`, "{}\u2028", `[the body is not JSON: invalid character U+2028 after top-level value]`},
		{`{"type": "object"}`, `null`, `[instance type (null) does not match any allowed primitive type (allowed: ["object"])]`},
		{`{"type": ["string", "number"]}`, `true`, `[instance type (boolean) does not match any allowed primitive type (allowed: ["integer","number","string"])]`},
		{`{"type": "integer"}`, `1.5`, `[instance type (number) does not match any allowed primitive type (allowed: ["integer"])]`},
		{`{"type": "integer"}`, `1.0`, `[instance type (number) does not match any allowed primitive type (allowed: ["integer"])]`},
		{`{"type": ["integer", "null"]}`, `1e2`, `[instance type (number) does not match any allowed primitive type (allowed: ["integer","null"])]`},
		{`{"type": "integer"}`, `-0`, ``},
		{`{"type": "number"}`, `1.0`, ``},
		{`{"enum": [1]}`, `1.0`, ``},
		{`{"minProperties": 1, "type": "object"}`, `{ }`, `[object has too few properties (found 0 but schema requires at least 1)]`},
		{`{"minProperties": 1, "type": "object"}`, `{"a":1}`, ``},
		{`{"maxProperties": 1}`, `{"a":1,"b":2}`, `[object has too many properties (found 2 but schema requires at most 1)]`},
		{`{"required": ["b", "a"]}`, `{}`, `[object has missing required properties (["a","b"])]`},
		{`{"additionalProperties": false, "properties": {"a": {}}}`, `{"z":1,"b<":1,"a":1}`, `[object instance has properties which are not allowed by the schema: ["b<","z"]]`},
		{`{"additionalProperties": false, "required": ["a"]}`, `{"z":1}`, `[object instance has properties which are not allowed by the schema: ["z"], object has missing required properties (["a"])]`},
		{`{"enum": ["dog", 1, null]}`, `"bird"`, `[instance value ("bird") not found in enum (possible values: ["dog",1,null])]`},
		{`{"pattern": "^a+$"}`, `"b"`, `[ECMA 262 regex "^a+$" does not match input string "b"]`},
		{`{"pattern": "^\\p{L}$"}`, `"é"`, `[ECMA 262 regex "^\p{L}$" does not match input string "é"]`},
		{`{"pattern": "^\\p{L}$"}`, `"p{L}"`, ``},
		{`{"pattern": "^.$"}`, `"😀"`, `[ECMA 262 regex "^.$" does not match input string "😀"]`},
		{`{"minLength": 3}`, `"ü"`, `[string "ü" is too short (length: 1, required minimum: 3)]`},
		{`{"maxLength": 1}`, `"ab"`, `[string "ab" is too long (length: 2, maximum allowed: 1)]`},
		{`{"minimum": 25, "maximum": 500}`, `3.5`, `[numeric instance is lower than the required minimum (minimum: 25, found: 3.5)]`},
		{`{"maximum": 500}`, `501`, `[numeric instance is greater than the required maximum (maximum: 500, found: 501)]`},
		{`{"minimum": 1, "exclusiveMinimum": true}`, `1`, `[numeric instance is not strictly greater than the required minimum 1]`},
		{`{"maximum": 1, "exclusiveMaximum": true}`, `1`, `[numeric instance is not strictly lower than the required maximum 1]`},
		{`{"multipleOf": 2}`, `3`, `[remainder of division is not zero (3 / 2)]`},
		{`{"minItems": 1}`, `[]`, `[array is too short: must have at least 1 elements but instance has 0 elements]`},
		{`{"maxItems": 1}`, `[1,2]`, `[array is too long: must have at most 1 elements but instance has 2 elements]`},
		{`{"uniqueItems": true}`, `[1,1]`, `[array must not contain duplicate elements]`},
		{`{"items": [{}], "additionalItems": false}`, `[1,2,3]`, `[schema only allows 1 elements in array but instance has 3 elements]`},
		{`{"not": {}}`, `1`, `[instance matched a schema which it should not have]`},
		{`{"anyOf": [{"type": "string"}, {"type": "null"}]}`, `1`, `[instance failed to match at least one required schema among 2]`},
		{`{"oneOf": [{"type": "string"}, {"type": "null"}]}`, `1`, `[instance failed to match exactly one schema (matched 0 out of 2)]`},
		{`{"oneOf": [{}, {}]}`, `1`, `[instance failed to match exactly one schema (matched 2 out of 2)]`},
		{`{"dependencies": {"a": ["b"]}}`, `{"a":1}`, `[property "a" of object has missing property dependencies (schema requires ["b"]; missing: ["b"])]`},
		{`{"dependencies": {"a": ["d", "c", "b"]}}`, `{"a":1,"c":2}`, `[property "a" of object has missing property dependencies (schema requires ["b","c","d"]; missing: ["b","d"])]`},
		{`{"allOf": [{"type": "string"}, {"minimum": 2}, {"type": "integer"}]}`, `1`, `[instance failed to match all required schemas (matched only 1 out of 3)]`},
		// All rules for a value are checked, and format last.
		{`{"type": "object", "enum": ["a"], "format": "uuid", "maxLength": 1, "pattern": "^b"}`, `"xy"`, `[instance value ("xy") not found in enum (possible values: ["a"]), string "xy" is too long (length: 2, maximum allowed: 1), ` +
			`ECMA 262 regex "^b" does not match input string "xy", instance type (string) does not match any allowed primitive type (allowed: ["object"]), input string "xy" is not a valid UUID]`},
		{`{"type": "string", "minimum": 5}`, `1`, `[numeric instance is lower than the required minimum (minimum: 5, found: 1), instance type (integer) does not match any allowed primitive type (allowed: ["string"])]`},
		{`{"format": "email"}`, `"x"`, `[string "x" is not a valid email address]`},
		{`{"format": "date-time"}`, `"noon"`, `[string "noon" is invalid against requested date format(s) [yyyy-MM-dd'T'HH:mm:ssZ, yyyy-MM-dd'T'HH:mm:ss.[0-9]{1,12}Z]]`},
		{`{"format": "uuid"}`, `"%s"`, `[input string "%s" is not a valid UUID]`},
		{`{"format": "uri"}`, `"a b"`, `[string "a b" is not a valid URI]`},
		{`{"format": "hostname"}`, `"a..b"`, `[string "a..b" is not a valid hostname]`},
		{`{"format": "ipv4"}`, `"::1"`, `[string "::1" is not a valid IPv4 address]`},
		{`{"format": "ipv6"}`, `"a"`, `[string "a" is not a valid IPv6 address]`},
		{`{"format": "regex"}`, `"("`, `[string "(" is not a valid ECMA 262 regular expression]`},
		{`{"format": "json-pointer"}`, `"a"`, `[input string "a" is not a valid JSON Pointer]`},
		{`{"format": "mac"}`, `"a"`, `[input string "a" is not a valid MAC address]`},
		{`{"format": "md5"}`, `"a"`, `[input string has incorrect length (1, expected 32)]`},
		{`{"format": "sha1"}`, `"0000000000000000000000000000000000000é00"`, `[illegal character "é" in input at index 37]`},
		{`{"format": "base64"}`, `"abc"`, `[input has illegal length (must be a multiple of 4, found 3)]`},
		{`{"format": "base64"}`, `"ab-d"`, `[illegal character "-" at index 2 (not in Base64 alphabet)]`},
		{`{"format": "date"}`, `"noon"`, ``},
		{`{"format": "time"}`, `"noon"`, ``},
		{`{"properties": {"b": {"type": "string"}, "a": {"type": "string"}, "c": {"properties": {"d": {"minimum": 2}}}}}`, `{"b":1,"a":null,"c":{"d":1}}`,
			`[instance type (null) does not match any allowed primitive type (allowed: ["string"]), instance type (integer) does not match any allowed primitive type (allowed: ["string"])]`},
		// The values in a value are checked until something is wrong.
		{`{"properties": {"a": {"properties": {"d": {"minimum": 2}}}, "b": {"maxItems": 0, "items": {"minimum": 2}}, "c": {"properties": {"d": {"minimum": 2}}}}}`, `{"a":{"d":1},"b":[1],"c":{"d":1}}`,
			`[numeric instance is lower than the required minimum (minimum: 2, found: 1), array is too long: must have at most 0 elements but instance has 1 elements]`},
		{`{"required": ["x"], "properties": {"b": {"type": "string"}}}`, `{"b":1}`, `[object has missing required properties (["x"])]`},
		{`{"definitions": {"d": {"type": "string"}}, "properties": {"a": {"$ref": "#/definitions/d"}}}`, `{"a":1}`, `[instance type (integer) does not match any allowed primitive type (allowed: ["string"])]`},
	} {
		for range 3 { // the order of a map is none
			if got := modelOf(t, test.schema).check(&parsedBody{text: []byte(test.body)}).says; got != test.want {
				t.Errorf("%s of %s:\ngot  %s\nwant %s", test.body, test.schema, got, test.want)
			}
		}
	}
}

// A message lists the first 100 faults.
func TestManyViolations(t *testing.T) {
	m := modelOf(t, `{"additionalProperties": {"minimum": 1000}}`)
	for n, more := range map[int]string{100: "", 101: ", and more", 150: ", and more"} {
		var body, messages []string
		for i := range n {
			body = append(body, fmt.Sprintf(`"p%03d":%d`, i, i))
			messages = append(messages, fmt.Sprintf("numeric instance is lower than the required minimum (minimum: 1000, found: %d)", i))
		}
		want := "[" + strings.Join(messages[:100], ", ") + more + "]"
		if got := m.check(&parsedBody{text: []byte("{" + strings.Join(body, ",") + "}")}).says; got != want {
			t.Errorf("%d violations:\ngot  %s\nwant %s", n, got, want)
		}
	}
}

// A pattern that takes too long refuses the body, wherever the pattern is: its verdict is unknown.
func TestSlowPatterns(t *testing.T) {
	m := &models{compiler: draft4.NewCompiler(time.Millisecond), texts: map[string]map[string]any{}, compiled: map[string]*model{}}
	text := strings.Repeat("a", 50) + "!" // takes hours
	for i, test := range []struct{ schema, body string }{
		{`{"pattern": "^(a+)+$"}`, `"` + text + `"`},
		{`{"not": {"pattern": "^(a+)+$"}}`, `"` + text + `"`},
		{`{"anyOf": [{"pattern": "^(a+)+$"}, {}]}`, `"` + text + `"`},
		{`{"patternProperties": {"^(a+)+$": {"type": "null"}}}`, `{"` + text + `": 1}`},
	} {
		name := fmt.Sprintf("M%d", i)
		if err := errors.Join(m.add("api", name, test.schema), m.compile("api", name)); err != nil {
			t.Fatal(err)
		}
		const want = `[ECMA 262 regex "^(a+)+$" takes more than 1s to match an input string]`
		if got := m.compiled[name].check(&parsedBody{text: []byte(test.body)}).says; got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", test.schema, got, want)
		}
	}
}

func TestFormat(t *testing.T) {
	x := &exchange{stage: &stage{variables: map[string]string{"a": "1"}}, verb: "GET", requestID: "id"}
	for _, test := range []struct{ text, want string }{
		{"", ""},
		{"plain $ $$ $5 ${x} $contextual", "plain $ $$ $5 ${x} $contextual"},
		{"$context.requestId-$context.httpMethod.", "id-GET."},
		{"${context.requestId}x ${context.requestId", "idx ${context.requestId"},
		{"$stageVariables.a$stageVariables.b", "1"},
		{"$context.error.messageString|$context.error.message", `""|`},
	} {
		parsed, err := parseFormat(test.text, findAnywhere)
		if err != nil {
			t.Errorf("%q: %v", test.text, err)
			continue
		}
		if got := string(parsed.append(nil, x, "", true)); got != test.want {
			t.Errorf("%q: %q, want %q", test.text, got, test.want)
		}
	}
}

// Every type that AWS lists has its status and its body, even those that cannot occur here.
func TestEveryGatewayResponse(t *testing.T) {
	if len(responseTypes) != 21 {
		t.Errorf("%d types; AWS lists 21", len(responseTypes))
	}
	declared := map[string]*gatewayResponse{
		default4xx: {bodies: map[string]format{jsonType: {{literal: "4"}}}},
		default5xx: {status: 599, bodies: map[string]format{jsonType: {{literal: "5"}}}},
	}
	for typ, status := range responseTypes {
		plain := resolveGatewayResponse(typ, status, nil)
		if plain.status != status || len(plain.bodies[jsonType]) == 0 {
			t.Errorf("%s: %+v", typ, plain)
		}
		custom := resolveGatewayResponse(typ, status, declared)
		want, text := status, "4"
		if status >= 500 {
			want, text = 599, "5"
		}
		if typ == tooLarge {
			text = `{"message":`
		}
		if custom.status != want || custom.bodies[jsonType][0].literal != text {
			t.Errorf("%s with defaults: %+v", typ, custom)
		}
	}
}

// BenchmarkManyViolations checks bodies of about 1 MB in which every value breaks the model.
func BenchmarkManyViolations(b *testing.B) {
	const n = 100_000
	for _, bench := range []struct{ name, schema, body string }{
		{"items", `{"items": {"type": "string", "maxLength": 2}}`, "[" + strings.Repeat(`"abc",12345,`, n/2) + "1]"},
		{"properties", `{"additionalProperties": {"type": "string"}}`, manyProperties(n)},
		{"names", `{"additionalProperties": false}`, manyProperties(n)},
	} {
		b.Run(bench.name, func(b *testing.B) {
			m := modelOf(b, bench.schema)
			b.SetBytes(int64(len(bench.body)))
			b.ReportAllocs()
			for b.Loop() {
				if m.check(&parsedBody{text: []byte(bench.body)}).says == "" {
					b.Fatal("valid")
				}
			}
		})
	}
}

func manyProperties(n int) string {
	var text strings.Builder
	text.WriteString(`{"a":0`)
	for i := range n {
		fmt.Fprintf(&text, `,"k%05d":0`, i)
	}
	return text.String() + "}"
}
