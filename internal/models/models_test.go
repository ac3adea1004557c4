package models

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// converted is a model in JSON, with the components that it needs.
func converted(t *testing.T, models map[string]object) map[string]object {
	t.Helper()
	c := NewConverter("API", models)
	if _, err := c.Model("Event"); err != nil {
		t.Fatal(err)
	}
	return c.Components
}

func TestConvert(t *testing.T) {
	for _, test := range []struct{ name, draft4, want string }{
		{"an exclusive bound", `{"minimum": 0, "exclusiveMinimum": true, "maximum": 9, "exclusiveMaximum": false}`,
			`{"Event": {"exclusiveMinimum": 0, "maximum": 9}}`},
		{"$schema and id", `{"$schema": "http://json-schema.org/draft-04/schema#", "id": "https://example.com/event", "type": "object"}`,
			`{"Event": {"type": "object", "additionalProperties": true}}`},
		{"definitions", `{"properties": {"a": {"$ref": "#/definitions/name"}}, "definitions": {"name": {"type": "string"}, "unused": {}}}`,
			`{"Event": {"properties": {"a": {"$ref": "#/components/schemas/Event_name"}}}, "Event_name": {"type": "string"}}`},
		{"a definition that is named like a keyword", `{"properties": {"a": {"$ref": "#/definitions/items/properties/b~1c"}}, "definitions": {"items": {"properties": {"b/c": {"type": "null"}}}}}`,
			`{"Event": {"properties": {"a": {"$ref": "#/components/schemas/Event_b_1c"}}}, "Event_b_1c": {"type": "null"}}`},
		{"dependencies", `{"dependencies": {"a": ["b"], "c": {"required": ["d"]}}}`,
			`{"Event": {"dependentRequired": {"a": ["b"]}, "dependentSchemas": {"c": {"required": ["d"]}}}}`},
		{"a list of items", `{"items": [{"type": "string"}], "additionalItems": false}`,
			`{"Event": {"prefixItems": [{"type": "string"}], "items": false}}`},
		{"additionalItems without a list", `{"items": {"type": "string"}, "additionalItems": false}`,
			`{"Event": {"items": {"type": "string"}}}`},
		{"keywords of later drafts", `{"const": 1, "example": 1, "examples": [2], "if": {}, "then": false, "contains": {}, "propertyNames": false, "unevaluatedProperties": false, "exclusiveMinimum": true}`,
			`{"Event": {}}`},
		{"beside a reference", `{"properties": {"a": {"$ref": "#", "minProperties": 9}}}`,
			`{"Event": {"properties": {"a": {"$ref": "#/components/schemas/Event"}}}}`},
		{"a property that is named like a keyword", `{"properties": {"id": {"type": "string"}, "$ref": {"type": "string"}, "exclusiveMinimum": {"enum": [true]}}}`,
			`{"Event": {"properties": {"id": {"type": "string"}, "$ref": {"type": "string"}, "exclusiveMinimum": {"enum": [true]}}}}`},
		{"another model", `{"items": {"$ref": "https://apigateway.amazonaws.com/restapis/API/models/Other"}}`,
			`{"Event": {"items": {"$ref": "#/components/schemas/Other"}}, "Other": {"type": "integer"}}`},
		{"the rest", `{"allOf": [{"format": "email"}], "patternProperties": {"^a": {"pattern": "b"}}, "additionalProperties": {"multipleOf": 2}}`,
			`{"Event": {"allOf": [{"format": "email"}], "patternProperties": {"^a": {"pattern": "b"}}, "additionalProperties": {"multipleOf": 2}}}`},
	} {
		got := converted(t, map[string]object{"Event": Decode(test.draft4).(object), "Other": {"type": "integer"}})
		text, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(Decode(test.want), Decode(string(text))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
		compiler := jsonschema.NewCompiler() // of draft 2020-12
		if err := compiler.AddResource("doc.json", object{"components": object{"schemas": Decode(string(text))}}); err != nil {
			t.Fatal(err)
		}
		if _, err := compiler.Compile("doc.json#/components/schemas/Event"); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

func TestReferencesThatLeadNowhere(t *testing.T) {
	for reference, want := range map[string]string{
		"#/definitions/none":    `"/definitions/none" leads to no schema of the model Event`,
		"#none":                 `"$ref" is "#none", which is no pointer`,
		"https://example.com/a": `"$ref" is "https://example.com/a", which is no model of the API`,
		"https://apigateway.amazonaws.com/restapis/API/models/None": `which is no model of the API`,
	} {
		_, err := NewConverter("API", map[string]object{"Event": {"not": object{"$ref": reference}}}).Model("Event")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", reference, err, want)
		}
	}
}

// An example is valid, and is the first event where that is.
func TestExamples(t *testing.T) {
	for _, test := range []struct{ name, schema, want string }{
		{"anything", `{}`, FirstEvent},
		{"room for the first event", `{"type": "object", "required": ["event"], "properties": {"event": {"type": "string"}, "user": {"type": "object"}}}`, FirstEvent},
		{"nothing else", `{"type": "object", "additionalProperties": false, "required": ["event", "id"], "properties": {"event": {"enum": ["order"]}, "id": {"type": "integer", "minimum": 5}}}`,
			`{"event": "order", "id": 5}`},
		{"a default that is invalid", `{"type": "object", "required": ["id"], "default": {}}`, `{"id": "text"}`},
		{"a default", `{"type": "object", "required": ["id"], "default": {"id": 2}}`, `{"id": 2}`},
		{"formats", `{"type": "object", "required": ["at", "mail"], "properties": {"at": {"type": "string", "format": "date-time"}, "mail": {"type": "string", "format": "email"}}}`,
			`{"at": "2026-01-02T03:04:05Z", "mail": "user@example.com"}`},
		{"a pattern", `{"type": "object", "required": ["id"], "properties": {"id": {"type": "string", "pattern": "^u-[0-9]{3,}(a|b)?$"}}}`, `{"id": "u-000a"}`},
		{"lengths", `{"type": "array", "minItems": 2, "items": {"type": "string", "minLength": 6}}`, `["textxx", "textxx"]`},
		{"bounds", `{"type": "number", "minimum": 0, "maximum": 1, "exclusiveMinimum": true, "exclusiveMaximum": true}`, `0.5`},
		{"a multiple", `{"type": "integer", "minimum": 10, "multipleOf": 4}`, `12`},
		{"parts", `{"allOf": [{"$ref": "#/definitions/base"}, {"required": ["kind"], "properties": {"kind": {"enum": ["a"]}}}], "definitions": {"base": {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}}}`,
			`{"id": 1, "kind": "a"}`},
		{"one of itself", `{"type": "object", "additionalProperties": false, "required": ["a"], "properties": {"a": {"type": "boolean"}, "next": {"$ref": "#"}}}`, ""},
		{"properties by number", `{"type": "object", "minProperties": 4, "additionalProperties": {"type": "boolean"}}`,
			`{"property1": true, "property2": true, "property3": true, "property4": true}`},
	} {
		s, err := NewSampler(NewConverter("API", map[string]object{"Event": Decode(test.schema).(object)}))
		if err != nil {
			t.Fatal(err)
		}
		value, found := s.Example("Event")
		if !found {
			t.Errorf("%s: there is no example", test.name)
			continue
		}
		got, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(Decode(test.want), Decode(string(got))); test.want != "" && diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
		if !s.Allows("Event", Decode(string(got))) {
			t.Errorf("%s: the example %s is not valid", test.name, got)
		}
	}
}

// A schema may ask for more than an example can have, or for more than a number of Go holds.
func TestExamplesOfHugeSchemas(t *testing.T) {
	for _, schema := range []string{
		`{"type": "string", "minLength": 9223372036854775808}`, `{"type": "string", "minLength": -1e30, "maxLength": -7}`, `{"type": "string", "minLength": 2147483647}`,
		`{"type": "object", "minProperties": 1e30}`, `{"type": "array", "minItems": 9223372036854775808, "items": {"type": "string"}}`,
		`{"type": "array", "minItems": 1000, "items": {"type": "array", "minItems": 1000, "items": {"type": "array", "minItems": 1000, "items": {"type": "string"}}}}`,
	} {
		began := time.Now()
		_, _ = Example(schema)
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s: took %s", schema, took)
		}
	}
}

// Of a schema whose rules are too many for an example there is none; nothing invalid is one.
func TestNoExample(t *testing.T) {
	for _, schema := range []string{`{"not": {}}`, `{"type": "string", "pattern": "^(?=a)b?a$", "minLength": 1, "enum": ["b"]}`} {
		s, err := NewSampler(NewConverter("API", map[string]object{"Event": Decode(schema).(object)}))
		if err != nil {
			t.Fatal(err)
		}
		if value, found := s.Example("Event"); found {
			t.Errorf("%s has the example %v", schema, value)
		}
	}
}

// What all values have is required.
func TestInfer(t *testing.T) {
	got, err := json.Marshal(Infer([]any{Decode(`{"a": 1, "b": [{"c": "x"}, {"c": "y", "d": 1.5}]}`), Decode(`{"a": null, "b": []}`)}))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"type": "object", "required": ["a", "b"], "properties": {"a": {"type": ["integer", "null"]}, "b": {"type": "array", "items":
		{"type": "object", "required": ["c"], "properties": {"c": {"type": "string"}, "d": {"type": "number"}}}}}}`
	if diff := cmp.Diff(Decode(want), Decode(string(got))); diff != "" {
		t.Error(diff)
	}
}

func TestTheExampleOfASchema(t *testing.T) {
	for schema, want := range map[string]string{
		`{"type": "object", "minProperties": 1}`: FirstEvent,
		`{"type": "object", "required": ["id", "at"], "properties": {"id": {"type": "string", "pattern": "^o-[0-9]+$"}, "at": {"enum": ["here"]}},
		  "additionalProperties": false}`: `{"at":"here","id":"o-0"}`,
		`{"type": "object", "required": ["note"], "default": {"note": "<it's>"}}`: `{"note":"<it's>"}`,
		`{"type": "object", "not": {}}`:                                           "",
		`[]`:                                                                      "",
	} {
		if got, ok := Example(schema); got != want || ok != (want != "") {
			t.Errorf("%s: got %q, %v, want %q", schema, got, ok, want)
		}
	}
}

// chained is a schema of 40 definitions, each of which refers to the one before it where the form has %[1]s.
func chained(form string) string {
	var text strings.Builder
	text.WriteString(`{"$ref": "#/definitions/d40", "definitions": {"d0": {"type": "object"}`)
	for i := range 40 {
		fmt.Fprintf(&text, `, "d%d": `, i+1)
		fmt.Fprintf(&text, form, fmt.Sprintf(`{"$ref": "#/definitions/d%d"}`, i))
	}
	return text.String() + "}}"
}

// A small schema may describe a value of 10^20 parts, take as many steps to check, or describe a text that is longer than any number of Go.
func TestNoExampleOfEndlessSchemas(t *testing.T) {
	for _, schema := range []string{
		`{"type": "string", "minLength": 1e30}`, `{"type": "string", "minLength": 100000000000000000000, "maxLength": 1e300}`,
		`{"type": "array", "minItems": 1e30}`, `{"type": "object", "minProperties": 1e30}`, `{"type": "string", "pattern": "^a+$", "minLength": 1e30}`,
		`{"type": "array", "minItems": 1000, "items": {"type": "array", "minItems": 1000, "items": {"type": "array", "minItems": 1000}}}`,
		chained(`{"type": "object", "required": ["a", "b", "c", "d"], "properties": {"a": %[1]s, "b": %[1]s, "c": %[1]s, "d": %[1]s}}`),
		chained(`{"allOf": [%[1]s, %[1]s, %[1]s, %[1]s, {"required": ["a"]}]}`),
	} {
		if event, found := Example(schema); found {
			t.Errorf("%.60s has the example %.60s", schema, event)
		}
	}
}

// Two models that refer to each other have no end.
func TestModelsThatReferToEachOther(t *testing.T) {
	refersTo := func(model string) object {
		one := object{"$ref": "https://apigateway.amazonaws.com/restapis/API/models/" + model}
		return object{"type": "object", "required": []any{"a", "b"}, "properties": object{"a": one, "b": one}}
	}
	s, err := NewSampler(NewConverter("API", map[string]object{"Event": refersTo("Other"), "Other": refersTo("Event")}))
	if err != nil {
		t.Fatal(err)
	}
	if value, found := s.Example("Event"); found {
		t.Errorf("the example is %v", value)
	}
}
