package draft4_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"cdk.tf/go/ingest/internal/draft4"
)

// doubling is a schema whose check takes 2^40 steps.
func doubling() string {
	var text strings.Builder
	text.WriteString(`{"$ref": "#/definitions/d40", "definitions": {"d0": {"type": "object"}`)
	for i := range 40 {
		fmt.Fprintf(&text, `, "d%d": {"allOf": [{"$ref": "#/definitions/d%d"}, {"$ref": "#/definitions/d%d"}]}`, i+1, i, i)
	}
	return text.String() + "}}"
}

func TestDeadline(t *testing.T) {
	// A busy machine may stop a test for longer than the short limit, so only what has to reach a limit has it.
	const short, long = 20 * time.Millisecond, time.Hour
	for _, test := range []struct {
		schema         string
		pattern, whole time.Duration
		value          any
		want           error
	}{
		{doubling(), long, short, map[string]any{}, draft4.SlowError{}},
		{`{"pattern": "^(a+)+$"}`, short, long, strings.Repeat("a", 40) + "!", draft4.SlowError{Pattern: "^(a+)+$"}},
		{`{"type": "string"}`, long, long, "a", nil},
	} {
		compiler := draft4.NewCompiler(test.pattern)
		deadline := draft4.NewDeadline(compiler, test.whole)
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(test.schema))
		if err != nil {
			t.Fatal(err)
		}
		if err := compiler.AddResource("urn:schema", doc); err != nil {
			t.Fatal(err)
		}
		compiled, err := compiler.Compile("urn:schema")
		if err != nil {
			t.Fatal(err)
		}
		if err := deadline.Validate(compiled, test.value); !errors.Is(err, test.want) {
			t.Errorf("%.40s: got %v, want %v", test.schema, err, test.want)
		}
	}
}
