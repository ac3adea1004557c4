package spec

import (
	"strings"
	"testing"
)

func schema(text string) func(e *Environment) { return func(e *Environment) { e.API.Schema = text } }

// schemaOfLength is a valid schema that is so many bytes long.
func schemaOfLength(bytes int) string {
	return "{}" + strings.Repeat(" ", bytes-len("{}"))
}

func TestSchemaRefused(t *testing.T) {
	const (
		object    = `; write a JSON schema of draft 4, at least {"type": "object"}`
		draft     = `; use "http://json-schema.org/draft-04/schema#", the only draft that API Gateway validates, or leave it out`
		reference = `; use one within the schema, such as "#/definitions/user": API Gateway follows no other`
		number    = `; use one between -1.7e308 and 1.7e308: Terraform reads no other`
		types     = `'array', 'boolean', 'integer', 'null', 'number', 'object', 'string'`
	)
	testRefusals(t, []refusal{
		{"empty", schema(""), []string{`API.Schema is empty` + object}},
		{"blank", schema(" \n"), []string{`API.Schema is empty` + object}},
		{"long", schema(schemaOfLength(409601)), []string{`API.Schema is 409601 bytes long; use at most 409600`}},
		{"long and bad", schema(strings.Repeat("x", 409601)), []string{
			`API.Schema is 409601 bytes long; use at most 409600`,
			`API.Schema is not JSON: invalid character 'x' looking for beginning of value` + object,
		}},
		{"unfinished", schema(`{"type": "object"`), []string{`API.Schema is not JSON: unexpected EOF` + object}},
		{"more than one value", schema(`{} {}`), []string{`API.Schema is not JSON: invalid character after top-level value` + object}},
		{"array", schema(`[]`), []string{`API.Schema is not a JSON object` + object}},
		{"true", schema(`true`), []string{`API.Schema is not a JSON object` + object}},
		{"numbers that Terraform cannot read", schema(`{"type": "object", "minimum": 1e400, "enum": [0, -2e308], "default": {"a/b": 1e9999}}`), []string{
			`API.Schema has the number 1e9999 at "/default/a/b"` + number, `API.Schema has the number -2e308 at "/enum/1"` + number, `API.Schema has the number 1e400 at "/minimum"` + number,
		}},
		{"draft 7", schema(`{"$schema": "http://json-schema.org/draft-07/schema#"}`),
			[]string{`API.Schema has the "$schema" "http://json-schema.org/draft-07/schema#"` + draft}},
		{"https", schema(`{"$schema": "https://json-schema.org/draft-04/schema#"}`),
			[]string{`API.Schema has the "$schema" "https://json-schema.org/draft-04/schema#"` + draft}},
		{"draft that is no text", schema(`{"$schema": 4}`), []string{`API.Schema has the "$schema" "4"` + draft}},
		{"references out of it", schema(`{
			"$ref": "other.json",
			"properties": {"b": {"$ref": "https://apigateway.amazonaws.com/restapis/x/models/User"}, "a": {"$ref": ""}},
			"allOf": [{}, {"$ref": "http://json-schema.org/draft-04/schema#"}]
		}`), []string{
			`API.Schema has the reference "other.json" at "/$ref"` + reference,
			`API.Schema has the reference "http://json-schema.org/draft-04/schema#" at "/allOf/1/$ref"` + reference,
			`API.Schema has the reference "" at "/properties/a/$ref"` + reference,
			`API.Schema has the reference "https://apigateway.amazonaws.com/restapis/x/models/User" at "/properties/b/$ref"` + reference,
		}},
		{"reference of a property named enum", schema(`{"properties": {"enum": {"$ref": "other.json"}}}`), []string{
			`API.Schema has the reference "other.json" at "/properties/enum/$ref"` + reference}},
		{"unknown type", schema(`{"type": "objekt"}`), []string{`API.Schema is not a JSON schema of draft 4: ` +
			`at '/type': got string, want array, at '/type': value must be one of ` + types + `; correct it`}},
		{"several mistakes", schema(`{"properties": {"b": {"minLength": -1}, "a": {"required": []}}}`),
			[]string{`API.Schema is not a JSON schema of draft 4: at '/properties/a/required': minItems: got 0, want 1, ` +
				`at '/properties/b/minLength': minimum: got -1, want 0; correct it`}},
		{"draft 6", schema(`{"minimum": 1, "exclusiveMinimum": 1}`), []string{
			`API.Schema is not a JSON schema of draft 4: at '/exclusiveMinimum': got number, want boolean; correct it`}},
		{"reference to nothing", schema(`{"$ref": "#/definitions/user"}`), []string{
			`API.Schema is not a JSON schema of draft 4: json-pointer in "urn:event#/definitions/user" not found; correct it`}},
		{"another draft within", schema(`{"definitions": {"a": {"id": "http://a.example/b", "$schema": "http://a.example/c"}}}`),
			[]string{`API.Schema is not a JSON schema of draft 4: failing loading "http://a.example/c": no URLLoader set; correct it`}},
		{"pattern with a line break", schema(`{"pattern": "(\n"}`), []string{
			"API.Schema is not a JSON schema of draft 4: at '/pattern': '(\\n' is not valid regex: " +
				"error parsing regexp: missing closing ) in `( `; correct it"}},
	})
}

func TestSchemaAccepted(t *testing.T) {
	testAcceptances(t, []acceptance{
		{"empty object", schema(`{}`)},
		{"longest", schema(schemaOfLength(409600))},
		{"draft without fragment", schema(`{"$schema": "http://json-schema.org/draft-04/schema"}`)},
		{"draft with fragment", schema(`{"$schema": "http://json-schema.org/draft-04/schema#"}`)},
		{"reference within it", schema(`{"properties": {"u": {"$ref": "#/definitions/u"}}, "definitions": {"u": {"type": "string"}}}`)},
		{"reference to itself", schema(`{"properties": {"child": {"$ref": "#"}}}`)},
		{"pattern with a look-ahead", schema(`{"pattern": "^(?!x)[a-z]+$"}`)},
		{"property named $ref", schema(`{"properties": {"$ref": {"type": "string"}}}`)},
		{"data that looks like a reference", schema(`{"enum": [{"$ref": "x"}], "default": {"$ref": "x"}}`)},
	})
}
