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
		unknown   = `, which draft 4 does not have and API Gateway refuses; `
		foreign   = `, which ECMA-262 does not have and API Gateway refuses; `
		count     = `; use an integer up to 2147483647, without a point or an exponent`
		circle    = `, which leads back to the schema that it is a part of; refer to that schema from "properties" or "items", or remove the reference`
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
		{"keywords that draft 4 does not have", schema(`{
			"$id": "urn:a", "$comment": "a", "enums": ["id"], "nullable": true, "examples": [{}], "x-order": 1,
			"properties": {"a": {"items": [{"const": 1}]}, "b": {"anyOf": [{"const": 2}]}},
			"dependencies": {"a": ["b"], "c/d": {"contains": {}}}
		}`), []string{
			`API.Schema has the keyword "$comment" at "/$comment"` + unknown + `use "description"`,
			`API.Schema has the keyword "$id" at "/$id"` + unknown + `use "id", or remove it`,
			`API.Schema has the keyword "enums" at "/enums"` + unknown + `did you mean "enum"?`,
			`API.Schema has the keyword "examples" at "/examples"` + unknown + `remove it; the field Example beside the schema takes an event`,
			`API.Schema has the keyword "nullable" at "/nullable"` + unknown + `use a list with "null" in "type"`,
			`API.Schema has the keyword "x-order" at "/x-order"` + unknown + `remove it, or write the rule with a keyword of draft 4`,
			`API.Schema has the keyword "contains" at "/dependencies/c~1d/contains"` + unknown + `remove it, or write the rule with a keyword of draft 4`,
			`API.Schema has the keyword "const" at "/properties/a/items/0/const"` + unknown + `use "enum" with this one value`,
		}},
		{"a keyword in the schema of a type", typed(EventType{Name: "a", Schema: `{"example": {}}`}), []string{
			`API.EventTypes[0].Schema has the keyword "example" at "/example"` + unknown + `remove it; the field Example beside the schema takes an event`,
		}},
		{"unknown type", schema(`{"type": "objekt"}`), []string{`API.Schema is not a JSON schema of draft 4: ` +
			`at '/type': got string, want array, at '/type': value must be one of ` + types + `; correct it`}},
		{"several mistakes", schema(`{"properties": {"b": {"minLength": -1}, "a": {"required": []}}}`),
			[]string{`API.Schema is not a JSON schema of draft 4: at '/properties/a/required': minItems: got 0, want 1, ` +
				`at '/properties/b/minLength': minimum: got -1, want 0; correct it`}},
		{"bounds of draft 6", schema(`{"minimum": 1, "exclusiveMinimum": 1, "not": {"exclusiveMaximum": 2.5}}`), []string{
			`API.Schema has the exclusiveMinimum 1 at "/exclusiveMinimum", which is true or false in draft 4; use "not": {"maximum": 1}`,
			`API.Schema has the exclusiveMaximum 2.5 at "/not/exclusiveMaximum", which is true or false in draft 4; use "maximum": 2.5, "exclusiveMaximum": true`,
		}},
		{"counts", schema(`{"minLength": 3.0, "maxLength": 3e2, "maxItems": 2147483648, "minItems": 2147483647, "minProperties": 1.5, "maxProperties": 1e99}`), []string{
			`API.Schema has the maxItems 2147483648 at "/maxItems"` + count, `API.Schema has the maxLength 3e2 at "/maxLength"` + count,
			`API.Schema has the maxProperties 1e99 at "/maxProperties"` + count, `API.Schema has the minLength 3.0 at "/minLength"` + count,
			`API.Schema has the minProperties 1.5 at "/minProperties"` + count,
		}},
		{"references that API Gateway does not follow", schema(`{
			"id": "a b", "properties": {"a": {"$ref": "#/definitions/a b"}, "b": {"$ref": "#b"}, "c": {"id": "urn:c", "items": {"$ref": "#/definitions/d"}}},
			"definitions": {"a b": {"id": "#b"}, "d": {"id": "d"}}
		}`), []string{
			`API.Schema has the id "a b" at "/id", which is no URI; write other characters as %XX, or remove it`,
			`API.Schema has the reference "#/definitions/a b" at "/properties/a/$ref", which is no URI; write other characters as %XX, such as %20 for a space`,
			`API.Schema has the reference "#b" at "/properties/b/$ref", which is to an id; use a pointer, such as "#/definitions/user": API Gateway follows no id`,
			`API.Schema has the id "urn:c" at "/properties/c/id", and a reference at "/properties/c/items/$ref" that is relative to it; remove the id: API Gateway reads a reference from the root of the schema`,
		}},
		{"a reference to itself", schema(`{"$ref": "#"}`), []string{`API.Schema has the reference "#" at "/$ref"` + circle}},
		{"a circle of references", schema(`{"properties": {"a": {"$ref": "#/definitions/a"}}, "definitions": {"a": {"allOf": [{"$ref": "#/definitions/b"}]}, "b": {"not": {"$ref": "#/definitions/a"}}}}`),
			[]string{`API.Schema has the reference "#/definitions/a" at "/definitions/b/not/$ref"` + circle}},
		{"a dependency on itself", schema(`{"dependencies": {"a/b": {"anyOf": [{}, {"$ref": "#"}]}}}`), []string{`API.Schema has the reference "#" at "/dependencies/a~1b/anyOf/1/$ref"` + circle}},
		{"an exclusive bound alone", schema(`{"exclusiveMinimum": true}`), []string{
			`API.Schema is not a JSON schema of draft 4: at '': properties 'minimum' required, if 'exclusiveMinimum' exists; correct it`}},
		{"reference to nothing", schema(`{"$ref": "#/definitions/user"}`), []string{
			`API.Schema is not a JSON schema of draft 4: json-pointer in "urn:event#/definitions/user" not found; correct it`}},
		{"another draft within", schema(`{"definitions": {"a": {"id": "http://a.example/b", "$schema": "http://a.example/c"}}}`),
			[]string{`API.Schema is not a JSON schema of draft 4: failing loading "http://a.example/c": no URLLoader set; correct it`}},
		{"groups that patterns do not have", schema(`{"properties": {"a": {"pattern": "(?i)^a"}, "b": {"pattern": "(?<=a)b"}, "c": {"pattern": "(?<n>a)"}}}`), []string{
			`API.Schema has the pattern "(?i)^a" at "/properties/a/pattern" with the flags (?i)` + foreign + `remove them; for (?i) write both cases, such as [aA]`,
			`API.Schema has the pattern "(?<=a)b" at "/properties/b/pattern" with the look-behind (?<=` + foreign + `match the text before it too, without (?<`,
			`API.Schema has the pattern "(?<n>a)" at "/properties/c/pattern" with the named group (?<` + foreign + `write ( alone`,
		}},
		{"a name's pattern with a flag", schema(`{"patternProperties": {"(?s:a)": {}}}`), []string{
			`API.Schema has the pattern "(?s:a)" at "/patternProperties" with the flags (?s:` + foreign + `remove them; for (?i) write both cases, such as [aA]`,
		}},
		{"escapes that patterns do not have", schema(`{"properties": {"a": {"pattern": "^\\p{L}+$"}, "b": {"pattern": "\\Aa\\z"}, "c": {"patternProperties": {"[\\u{e9}]": {}}}}}`), []string{
			`API.Schema has the pattern "^\\p{L}+$" at "/properties/a/pattern", in which API Gateway takes \p for the letter p, as ECMA-262 does; write the characters out, such as [A-Za-z\u00c0-\u017f]`,
			`API.Schema has the pattern "\\Aa\\z" at "/properties/b/pattern", in which API Gateway takes \A for the letter A, as ECMA-262 does; write ^`,
			`API.Schema has the pattern "[\\u{e9}]" at "/properties/c/patternProperties", in which API Gateway takes \u for the letter u, as ECMA-262 does; write four hexadecimal digits, such as \u00e9`,
		}},
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
		{"references to itself from below", schema(`{"properties": {"a": {"items": {"$ref": "#"}}}, "additionalProperties": {"$ref": "#"}}`)},
		{"references that meet", schema(`{"allOf": [{"$ref": "#/definitions/a"}, {"$ref": "#/definitions/a"}], "definitions": {"a": {"properties": {"b": {"$ref": "#/definitions/a"}}}}}`)},
		{"ids without references", schema(`{"id": "http://a.example", "properties": {"a": {"id": "http://a.example/a"}, "b": {"$ref": "#/definitions/a%20b"}}, "definitions": {"a b": {}}}`)},
		{"pattern with a look-ahead", schema(`{"pattern": "^(?!x)[a-z]+$"}`)},
		{"property named $ref", schema(`{"properties": {"$ref": {"type": "string"}}}`)},
		{"properties and definitions named like other keywords", schema(`{"properties": {"const": {"type": "string"}}, "definitions": {"if": {"enum": [{"then": 1}]}}}`)},
		{"data with other keywords", schema(`{"enum": [{"const": 1}], "default": {"examples": 1}}`)},
		{"every keyword", schema(`{
			"$schema": "http://json-schema.org/draft-04/schema#", "id": "urn:a", "title": "a", "description": "a", "default": 1, "type": "object", "enum": [{}],
			"format": "email", "pattern": "a", "minLength": 1, "maxLength": 2, "minimum": 1, "exclusiveMinimum": true, "maximum": 2, "exclusiveMaximum": false,
			"multipleOf": 0.5, "items": [{}], "additionalItems": false, "minItems": 1, "maxItems": 2, "uniqueItems": true, "properties": {"a": {"$ref": "#/definitions/a"}},
			"patternProperties": {"^a": {}}, "additionalProperties": {}, "required": ["a"], "dependencies": {"a": ["b"]}, "minProperties": 1, "maxProperties": 2,
			"allOf": [{}], "anyOf": [{}], "oneOf": [{}], "not": {}, "definitions": {"a": {}}
		}`)},
		{"data that looks like a reference", schema(`{"enum": [{"$ref": "x"}], "default": {"$ref": "x"}}`)},
	})
}

// nested is a valid schema of so many objects, one in the other.
func nested(levels int) string {
	return strings.Repeat(`{"not": `, levels-1) + "{}" + strings.Repeat("}", levels-1)
}

func TestDeepSchemas(t *testing.T) {
	const deep = ` has more than 500 objects and lists, one in the other; nest it less, with "definitions" and "$ref"`
	testRefusals(t, []refusal{
		{"of the API", schema(nested(501)), []string{"API.Schema" + deep}},
		{"of a type", typed(EventType{Name: "a", Schema: nested(3000)}), []string{"API.EventTypes[0].Schema" + deep}},
	})
	testAcceptances(t, []acceptance{{"the deepest", schema(nested(500))}})
}
