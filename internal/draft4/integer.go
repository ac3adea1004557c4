package draft4

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// IsInteger reports whether a number of JSON is written as an integer. In draft 4 an integer is a number without a fraction or an
// exponent part, so 1.0 and 1e2 are none.
func IsInteger(number string) bool { return !strings.ContainsAny(number, ".eE") }

// integers is a vocabulary that refuses numbers such as 1.0, which the compiler takes for integers as later drafts do.
var integers = &jsonschema.Vocabulary{
	URL: "urn:draft-04:integers",
	Compile: func(_ *jsonschema.CompilerContext, schema map[string]any) (jsonschema.SchemaExt, error) {
		types, isList := schema["type"].([]any)
		if !isList {
			types = []any{schema["type"]}
		}
		if !slices.Contains(types, any("integer")) || slices.Contains(types, any("number")) {
			return nil, nil // the schema has no rule of this vocabulary
		}
		var want integerOr
		for _, name := range types {
			if name, ok := name.(string); ok {
				want = append(want, name)
			}
		}
		return want, nil
	},
}

// integerOr has the types that a value may have.
type integerOr []string

func (want integerOr) Validate(ctx *jsonschema.ValidatorContext, value any) {
	if number, ok := value.(json.Number); ok && !IsInteger(number.String()) {
		ctx.AddError(&kind.Type{Got: "number", Want: want})
	}
}
