package tfjson_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cdk.tf/go/ingest/tfjson"
)

type rule struct {
	ID    string `tf:"id"`
	Limit int    `tf:"limit"`
}

type sample struct {
	Text   string            `tf:"text"`
	Number int               `tf:"number"`
	Large  int64             `tf:"large"`
	Rate   float64           `tf:"rate"`
	On     bool              `tf:"on"`
	Maybe  *int              `tf:"maybe"`
	List   []string          `tf:"list"`
	Map    map[string]string `tf:"map"`
	Flags  map[string]bool   `tf:"flags"`
	Any    any               `tf:"any"`
	Rules  []rule            `tf:"rule"`
	One    rule              `tf:"one"`
	May    *rule             `tf:"may"`
}

func TestInto(t *testing.T) {
	seven := 7
	for _, test := range []struct {
		name string
		body map[string]any
		want sample
	}{
		{"nothing", nil, sample{}},
		{"what JSON has", map[string]any{"text": "a", "number": 7.0, "large": 9007199254740992.0, "rate": 0.5, "on": true},
			sample{Text: "a", Number: 7, Large: 1 << 53, Rate: 0.5, On: true}},
		{"text for all", map[string]any{"number": "7", "rate": "0.5", "on": "true", "maybe": "7"},
			sample{Number: 7, Rate: 0.5, On: true, Maybe: &seven}},
		{"zero and one for a boolean", map[string]any{"on": "1", "flags": map[string]any{"a": "0", "b": true}},
			sample{On: true, Flags: map[string]bool{"a": false, "b": true}}},
		{"a number for text", map[string]any{"text": 429.0}, sample{Text: "429"}},
		{"a large number for text", map[string]any{"text": 123456789012.0}, sample{Text: "123456789012"}},
		{"a fraction for text", map[string]any{"text": 1.5}, sample{Text: "1.5"}},
		{"a boolean for text", map[string]any{"text": true, "map": map[string]any{"a": false, "b": 1.0}},
			sample{Text: "true", Map: map[string]string{"a": "false", "b": "1"}}},
		{"a list", map[string]any{"list": []any{"a", 1.0, true}}, sample{List: []string{"a", "1", "true"}}},
		{"null", map[string]any{"text": nil, "number": nil, "rule": nil, "one": nil, "may": nil, "list": nil}, sample{}},
		{"null for what target does not have", map[string]any{"colour": nil, "rule": []any{map[string]any{"id": "a", "colour": nil}}}, sample{Rules: []rule{{ID: "a"}}}},
		{"anything", map[string]any{"any": []any{map[string]any{"a": 1.0}}}, sample{Any: []any{map[string]any{"a": 1.0}}}},
		{"one block", map[string]any{"rule": map[string]any{"id": "a", "limit": "2"}}, sample{Rules: []rule{{"a", 2}}}},
		{"several blocks", map[string]any{"rule": []any{map[string]any{"id": "a"}, map[string]any{"limit": 2.0}}},
			sample{Rules: []rule{{ID: "a"}, {Limit: 2}}}},
		{"a struct's block", map[string]any{"one": map[string]any{"id": "a"}, "may": map[string]any{"id": "b"}},
			sample{One: rule{ID: "a"}, May: &rule{ID: "b"}}},
		{"a struct's block in a list", map[string]any{"one": []any{map[string]any{"id": "a"}}, "may": []any{map[string]any{"id": "b"}}},
			sample{One: rule{ID: "a"}, May: &rule{ID: "b"}}},
		{"no block", map[string]any{"one": []any{}, "rule": []any{}}, sample{Rules: []rule{}}},
		{"Terraform's own", map[string]any{"depends_on": []any{"a.b"}, "lifecycle": map[string]any{}, "provider": "aws"}, sample{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got sample
			err := tfjson.Resource{Type: "a", Name: "b", Body: test.body}.Into(&got)
			if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
				t.Errorf("error %v, difference (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestIntoRefuses(t *testing.T) {
	const unknown = "is not imitated on one machine; leave it out of the environment that runs here"
	for _, test := range []struct {
		name string
		body map[string]any
		want string
	}{
		{"text for a number", map[string]any{"number": "seven"}, `a.b: number: it is "seven"; it must be a number`},
		{"nothing for a number", map[string]any{"number": ""}, `a.b: number: it is ""; it must be a number`},
		{"infinity", map[string]any{"rate": "Inf"}, `a.b: rate: it is "Inf"; it must be a number`},
		{"a boolean for a number", map[string]any{"number": true}, `a.b: number: it is true; it must be a number`},
		{"a fraction", map[string]any{"number": 1.5}, `a.b: number: it is 1.5; it must be a whole number`},
		{"too large", map[string]any{"large": 1e16}, `a.b: large: it is 10000000000000000; it must be a whole number of 53 bits at most`},
		{"text for a boolean", map[string]any{"on": "yes"}, `a.b: on: it is "yes"; it must be true or false`},
		{"a number for a boolean", map[string]any{"on": 1.0}, `a.b: on: it is 1; it must be true or false`},
		{"a list for text", map[string]any{"text": []any{"a"}}, `a.b: text: it is a list; it must be a string`},
		{"an object for text", map[string]any{"text": map[string]any{}}, `a.b: text: it is an object; it must be a string`},
		{"text for a list", map[string]any{"list": "a"}, `a.b: list: it is "a"; it must be a list`},
		{"an object for a list of text", map[string]any{"list": map[string]any{"a": 1.0}}, `a.b: list[0]: it is an object; it must be a string`},
		{"text for a map", map[string]any{"map": "a"}, `a.b: map: it is "a"; it must be an object`},
		{"text for blocks", map[string]any{"rule": "a"}, `a.b: rule: it is "a"; it must be an object or a list of objects`},
		{"text among blocks", map[string]any{"rule": []any{"a"}}, `a.b: rule[0]: it is "a"; it must be an object`},
		{"text for a block", map[string]any{"one": "a"}, `a.b: one: it is "a"; it must be an object`},
		{"two for one block", map[string]any{"one": []any{map[string]any{}, map[string]any{}}}, `a.b: one: it is there 2 times; it must be there once`},
		{"within a block", map[string]any{"rule": []any{map[string]any{"limit": "x"}}}, `a.b: rule[0].limit: it is "x"; it must be a number`},
		{"an unknown attribute", map[string]any{"colour": "red"}, `a.b: the attribute colour ` + unknown},
		{"another case", map[string]any{"Text": "a"}, `a.b: the attribute Text ` + unknown},
		{"an unknown attribute in a block", map[string]any{"rule": map[string]any{"colour": "red"}}, `a.b: the attribute rule[0].colour ` + unknown},
		{"everything at once", map[string]any{"on": "x", "number": "y", "q": 1.0, "p": 1.0},
			"a.b: number: it is \"y\"; it must be a number\na.b: on: it is \"x\"; it must be true or false\n" +
				"a.b: the attribute p " + unknown + "\na.b: the attribute q " + unknown},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got sample
			err := tfjson.Resource{Type: "a", Name: "b", Body: test.body}.Into(&got)
			if err == nil || err.Error() != test.want {
				t.Errorf("error: %v\nwant:  %s", err, test.want)
			}
		})
	}
}
