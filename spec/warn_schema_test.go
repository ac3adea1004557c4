package spec

import (
	"slices"
	"testing"
)

func TestUnknownKeywordsOfASchema(t *testing.T) {
	const after = ", which JSON schema draft 4 does not have, so API Gateway does not check it; "
	for schema, want := range map[string][]string{
		Default("a").API.Schema: nil,
		`{"type": "object", "properties": {"const": {"type": "string"}}, "definitions": {"if": {"enum": [{"then": 1}]}}}`: nil,
		`{"type": "object", "example": {"enums": 1}, "default": {"const": 1}}`:                                            nil,
		`{"enums": ["id"]}`: {`API.Schema has the keyword "enums" at "/enums"` + after + `did you mean "enum"?`},
		`{"properties": {"a": {"items": [{"const": 1}]}, "b": {"anyOf": [{"const": 2}]}}, "dependencies": {"a": ["b"], "c": {"contains": {}}}}`: {
			`API.Schema has the keyword "const" at "/properties/a/items/0/const"` + after + `remove it, or write the rule with a keyword of draft 4`,
			`API.Schema has the keyword "contains" at "/dependencies/c/contains"` + after + `remove it, or write the rule with a keyword of draft 4`,
		},
	} {
		env := Default("a")
		env.API.Schema = schema
		if got := unknownKeywords(env); !slices.Equal(got, want) {
			t.Errorf("%s:\ngot  %q\nwant %q", schema, got, want)
		}
	}
}
