package draft4_test

import (
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"cdk.tf/go/ingest/internal/draft4"
)

func compile(t *testing.T, schema string) (*jsonschema.Schema, error) {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(schema))
	if err != nil {
		t.Fatal(err)
	}
	compiler := draft4.NewCompiler(10 * time.Millisecond)
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

func TestASlowPatternPanics(t *testing.T) {
	schema, err := compile(t, `{"pattern": "^(a+)+$"}`)
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
