package draft4_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"cdk.tf/go/ingest/internal/draft4"
)

func compile(t *testing.T, schema string) (*jsonschema.Schema, error) {
	t.Helper()
	return compileWithin(t, schema, time.Minute)
}

// compileWithin gives the schema's patterns a limit. A busy machine may stop a test for longer than a short one.
func compileWithin(t *testing.T, schema string, limit time.Duration) (*jsonschema.Schema, error) {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(schema))
	if err != nil {
		t.Fatal(err)
	}
	compiler := draft4.NewCompiler(limit)
	if err := compiler.AddResource("urn:test", doc); err != nil {
		t.Fatal(err)
	}
	return compiler.Compile("urn:test")
}

// A schema without "$schema" is of draft 4, whose exclusiveMaximum is true or false, with patterns of ECMA-262.
func TestSchemasAreOfDraft4(t *testing.T) {
	schema, err := compile(t, `{"items": {"maximum": 3, "exclusiveMaximum": true, "pattern": "^(?=a)\\w+$"}}`)
	if err != nil {
		t.Fatal(err)
	}
	for instance, valid := range map[string]bool{`[2, "ab"]`: true, `[3]`: false, `["ba"]`: false, `["aé"]`: false} {
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(instance))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); (err == nil) != valid {
			t.Errorf("%s: %v", instance, err)
		}
	}
	for schema, want := range map[string]string{
		`{"exclusiveMaximum": 3}`:        "exclusiveMaximum",
		`{"pattern": "("}`:               "pattern",
		`{"$ref": "file:///etc/passwd"}`: "failing loading",
	} {
		if _, err := compile(t, schema); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error with %q", schema, err, want)
		}
	}
}

// In draft 4 a number with a fraction or an exponent part is no integer, whatever its value.
func TestIntegersAreWrittenAsIntegers(t *testing.T) {
	for text, refused := range map[string][]string{
		`{"type": "integer"}`:                      {"1.0", "1e2", "-0.0", "1E0", "1.5"},
		`{"type": ["integer", "null"]}`:            {"1.0"},
		`{"not": {"not": {"type": "integer"}}}`:    {"1.0"},
		`{"enum": [1], "not": {"type": "object"}}`: nil,
		`{"type": ["integer", "number"]}`:          nil,
		`{"type": "number"}`:                       nil,
		`{}`:                                       nil,
	} {
		schema, err := compile(t, text)
		if err != nil {
			t.Fatal(err)
		}
		for _, number := range []string{"1", "1.0"} {
			if err := schema.Validate(json.Number(number)); (err != nil) != slices.Contains(refused, number) {
				t.Errorf("%s, %s: %v", text, number, err)
			}
		}
		for _, number := range refused {
			if schema.Validate(json.Number(number)) == nil {
				t.Errorf("%s takes %s", text, number)
			}
		}
	}
	schema, err := compile(t, `{"type": ["integer", "string"]}`)
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(json.Number("2.0")); err == nil || !strings.Contains(err.Error(), "got number, want integer or string") {
		t.Error(err)
	}
}

func TestASlowPatternPanics(t *testing.T) {
	schema, err := compileWithin(t, `{"pattern": "^(a+)+$"}`, 10*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if got := recover(); got != draft4.SlowPattern("^(a+)+$") {
			t.Errorf("it panics with %v", got)
		}
	}()
	t.Errorf("it ends with %v", schema.Validate(strings.Repeat("a", 40)+"!"))
}
