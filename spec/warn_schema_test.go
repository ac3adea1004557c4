package spec

import (
	"slices"
	"testing"
)

func TestMisleadingSchemas(t *testing.T) {
	const unchecked = `, which API Gateway does not check; use a "pattern", or one of the formats ` +
		`base64, date-time, email, hostname, ipv4, ipv6, json-pointer, mac, md5, regex, sha1, sha256, sha512, uri, uuid`
	for schema, want := range map[string][]string{
		Default("a").API.Schema: nil,
		`{"properties": {"format": {"format": "uuid"}, "b": {"format": "date-time"}}, "enum": [{"format": "date"}]}`: nil,
		`{"properties": {"a": {"format": "date"}, "b": {"items": [{"format": "date"}, {"format": "int32"}]}}}`: {
			`API.Schema has the format "date" at "/properties/a/format"` + unchecked,
			`API.Schema has the format "int32" at "/properties/b/items/1/format"` + unchecked,
		},
		`{"properties": {"a": {"minimum": 0, "exclusiveMinimum": true}, "b": {"minimum": 0, "exclusiveMinimum": false, "maximum": 2, "exclusiveMaximum": true}, "exclusiveMinimum": {}}}`: {
			`API.Schema has "exclusiveMinimum" at "/properties/a/exclusiveMinimum", which API Gateway's developer guide calls unsupported; use "not": {"maximum": 0}`,
		},
	} {
		env := Default("a")
		env.API.Schema = schema
		if got := misleadingSchemas(env); !slices.Equal(got, want) {
			t.Errorf("%s:\ngot  %q\nwant %q", schema, got, want)
		}
	}
	env := Default("a")
	typed(EventType{Name: "a", Schema: `{"format": "time"}`})(&env)
	if got := misleadingSchemas(env); len(got) != 1 || got[0] != `API.EventTypes[0].Schema has the format "time" at "/format"`+unchecked {
		t.Errorf("of a type: %q", got)
	}
}
