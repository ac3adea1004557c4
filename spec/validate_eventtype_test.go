package spec

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func typed(kinds ...EventType) func(e *Environment) {
	return func(e *Environment) { e.API.EventTypes = kinds }
}

func TestEventTypesRefused(t *testing.T) {
	const (
		good  = `{"type": "object"}`
		name  = `; use 1 to 32 characters: parts of a-z and 0-9 that begin with a letter, joined by "-", such as "page-view"`
		total = `{"type": "object", "required": ["total"], "properties": {"total": {"type": "number"}}}`
	)
	var rows []refusal
	for _, bad := range []string{"", "Order", "-order", "order-", "a--b", "1st", "a-1", "a_b", "a/b", "a b", "ä", "{proxy+}", strings.Repeat("a", 33)} {
		rows = append(rows, refusal{"name " + bad, typed(EventType{Name: bad, Schema: good}), []string{"API.EventTypes[0].Name " + is(bad) + name}})
	}
	var many []EventType
	for i := range 26 {
		many = append(many, EventType{Name: fmt.Sprintf("t%d", i), Schema: good})
	}
	testRefusals(t, append(rows, []refusal{
		{"batch", typed(EventType{Name: "batch", Schema: good}), []string{`API.EventTypes[0].Name is "batch"; use another: POST /submit/batch takes batches`}},
		{"twice", typed(EventType{Name: "a", Schema: good}, EventType{Name: "b", Schema: good}, EventType{Name: "a", Schema: good}),
			[]string{`API.EventTypes[2].Name is "a", which another type has too; use another`}},
		{"26", typed(many...), []string{"API.EventTypes has 26 entries; use at most 25"}},
		{"no schema", typed(EventType{Name: "a"}), []string{`API.EventTypes[0].Schema is empty; write a JSON schema of draft 4, at least {"type": "object"}`}},
		{"a bad schema", typed(EventType{Name: "a", Schema: "[]", Example: "{}"}),
			[]string{`API.EventTypes[0].Schema is not a JSON object; write a JSON schema of draft 4, at least {"type": "object"}`}},
		{"an example that is not JSON", typed(EventType{Name: "a", Schema: total, Example: "{total: 1}"}), []string{
			`API.EventTypes[0].Example is not JSON: invalid character 't' looking for beginning of object key string; write an event that API.EventTypes[0].Schema allows`,
		}},
		{"two examples in one", typed(EventType{Name: "a", Schema: good, Example: "{} {}"}), []string{
			`API.EventTypes[0].Example is not JSON: invalid character after top-level value; write an event that API.EventTypes[0].Schema allows`,
		}},
		{"an example without a property", typed(EventType{Name: "a", Schema: total, Example: `{"sum": 1}`}), []string{
			`API.EventTypes[0].Example is no event that API.EventTypes[0].Schema allows: at '': missing property 'total'; correct the example or the schema`,
		}},
		{"an example of another type", typed(EventType{Name: "a", Schema: total, Example: `{"total": "1"}`}), []string{
			`API.EventTypes[0].Example is no event that API.EventTypes[0].Schema allows: at '/total': got string, want number; correct the example or the schema`,
		}},
		{"an example with an integer of later drafts", typed(EventType{Name: "a", Schema: `{"properties": {"n": {"type": "integer"}}}`, Example: `{"n": 1.0}`}), []string{
			`API.EventTypes[0].Example is no event that API.EventTypes[0].Schema allows: at '/n': got number, want integer; correct the example or the schema`,
		}},
		{"a long example", typed(EventType{Name: "a", Schema: good, Example: `{"a": "` + strings.Repeat("a", 8192) + `"}`}), []string{"API.EventTypes[0].Example is 8201 bytes long; use at most 8192"}},
		{"an example of no event", func(e *Environment) { e.API.Example = "{}" }, []string{
			`API.Example is no event that API.Schema allows: at '': minProperties: got 0, want 1; correct the example or the schema`,
		}},
		{"a long resource policy", func(e *Environment) {
			typed(many[:25]...)(e)
			e.API.Batch, e.API.Authorization, e.API.Access.Producers.Organization = true, AuthorizeIAM(), "o-a1b2c3d4e5"
		}, []string{"API.Access makes a resource policy of up to 14360 characters; use fewer or shorter entries, or fewer API.EventTypes: API Gateway takes 8192"}},
		{"a partition that is the column type", func(e *Environment) {
			typed(EventType{Name: "a", Schema: good})(e)
			e.API.Envelope.Enabled, e.Query.Enabled, e.Delivery.Prefix = true, true, "events/type=!{timestamp:yyyy}/"
		}, []string{`Delivery.Prefix is "events/type=!{timestamp:yyyy}/", whose partition "type" is a column of the table too; rename the partition`}},
	}...))
	testAcceptances(t, []acceptance{
		{"25", typed(many[:25]...)},
		{"names", typed(EventType{Name: "a", Schema: good}, EventType{Name: "post", Schema: good}, EventType{Name: "options", Schema: good}, EventType{Name: "page-view2", Schema: good}, EventType{Name: strings.Repeat("a", 32), Schema: good})},
		{"examples", func(e *Environment) {
			typed(EventType{Name: "a", Schema: total, Example: "{\n\"total\": 1e400}\n"})(e)
			e.API.Example = `{"a": 12345678901234567890}`
		}},
		{"the longest example", func(e *Environment) { e.API.Example = `{"a": "` + strings.Repeat("a", 8183) + `"}` }},
	})
}

// doubling is a schema with twice as many ways through it for each of its 40 definitions.
func doubling() string {
	var text strings.Builder
	text.WriteString(`{"$ref": "#/definitions/d40", "definitions": {"d0": {"type": "object"}`)
	for i := range 40 {
		fmt.Fprintf(&text, `, "d%d": {"allOf": [{"$ref": "#/definitions/d%d"}, {"$ref": "#/definitions/d%d"}]}`, i+1, i, i)
	}
	return text.String() + "}}"
}

// A check that takes hours is a problem and no hang.
func TestAnExampleOfASlowSchema(t *testing.T) {
	defer func(before time.Duration) { maxMatch = before }(maxMatch)
	maxMatch = 200 * time.Millisecond
	const no = "API.EventTypes[0].Example is no event that API.EventTypes[0].Schema allows: "
	testRefusals(t, []refusal{
		{"a slow pattern", typed(EventType{
			Name: "a", Schema: `{"properties": {"a": {"pattern": "^(a+)+$"}}}`, Example: `{"a": "` + strings.Repeat("a", 60) + `!"}`,
		}), []string{no + `the pattern "^(a+)+$" takes over 200ms to match; correct the example or the schema`}},
		{"a slow schema", typed(EventType{Name: "a", Schema: doubling(), Example: `{}`}), []string{
			no + `the schema takes over 200ms to check it, because its parts refer to each other in too many ways; correct the example or the schema`,
		}},
	})
}

func TestExampleEvents(t *testing.T) {
	const special = `{"type": "object", "required": ["a"], "properties": {"a": {"type": "string", "pattern": "^(?=x)y"}}}`
	for _, test := range []struct {
		schema, example, want string
		ok                    bool
	}{
		{`{}`, "", `{"event": "signup", "user_id": 123}`, true},
		{`{}`, `{"a": 1.50}`, `{"a": 1.50}`, true},
		{`{}`, "\n{\"a\":  1.50,\r\n \"b\": \"x\\n y\"}\n", `{"a":1.50,"b":"x\n y"}`, true},
		{`{}`, "{\t\"a\": \"x\\t\"}", `{"a":"x\t"}`, true},
		{`{"required": ["total"], "properties": {"total": {"type": "number"}}}`, "", `{"total":1}`, true},
		{special, "", `{"event": "signup", "user_id": 123}`, false},
		{`{"type": "object", "required": ["a"], "properties": {"a": {"type": "string", "minLength": 1e30}}}`, "", `{"event": "signup", "user_id": 123}`, false},
	} {
		got, ok := EventType{Schema: test.schema, Example: test.example}.ExampleEvent()
		if got != test.want || ok != test.ok {
			t.Errorf("%s, %q: %s, %v, want %s, %v", test.schema, test.example, got, ok, test.want, test.ok)
		}
	}
	env := Default("dev")
	typed(EventType{Name: "a", Schema: special})(&env)
	want := "API.EventTypes[0].Example is empty, and no event can be derived from API.EventTypes[0].Schema: the output curl and the page send an event that the schema may refuse; set it"
	if got := unknownExamples(env); len(got) != 1 || got[0] != want {
		t.Errorf("the warnings are %q, want %q", got, want)
	}
}
