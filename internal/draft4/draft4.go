// Package draft4 compiles JSON schemas as API Gateway reads them: of draft 4, the only draft that it validates (developer
// guide, "Data models for REST APIs").
package draft4

import (
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// URL is what a schema of draft 4 may call its "$schema", with or without a "#" at its end.
const URL = "http://json-schema.org/draft-04/schema"

// NewCompiler is a compiler that reads neither files nor the network. Patterns are those of ECMA-262, which is draft 4's and
// API Gateway's: Go's own regular expressions have no look-ahead. One such as ^(a+)+$ takes hours over a few dozen
// characters, and no context stops it: where a match takes longer than patternTime, validating panics with a [SlowPattern].
func NewCompiler(patternTime time.Duration) *jsonschema.Compiler {
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft4)
	compiler.UseLoader(nil)
	compiler.UseRegexpEngine(func(text string) (jsonschema.Regexp, error) { return compilePattern(text, patternTime) })
	compiler.RegisterVocabulary(integers)
	registerFormats(compiler)
	return compiler
}
