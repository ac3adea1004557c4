// Package draft4 compiles JSON schemas as API Gateway reads them: of draft 4, the only draft that it validates (developer
// guide, "Data models for REST APIs").
package draft4

import (
	"time"

	"github.com/dlclark/regexp2"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// URL is what a schema of draft 4 may call its "$schema", with or without a "#" at its end.
const URL = "http://json-schema.org/draft-04/schema"

// NewCompiler is a compiler that reads neither files nor the network. Patterns are those of ECMA-262, which is draft 4's and
// API Gateway's: Go's own regular expressions know no look-ahead. One such as ^(a+)+$ takes hours over a few dozen
// characters, and no context stops it: where a match takes longer than patternTime, validating panics with a [SlowPattern].
func NewCompiler(patternTime time.Duration) *jsonschema.Compiler {
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft4)
	compiler.UseLoader(nil)
	compiler.UseRegexpEngine(func(text string) (jsonschema.Regexp, error) { return compilePattern(text, patternTime) })
	registerFormats(compiler)
	return compiler
}

func compilePattern(text string, patternTime time.Duration) (jsonschema.Regexp, error) {
	compiled, err := regexp2.Compile(text, regexp2.ECMAScript)
	if err != nil {
		return nil, err
	}
	compiled.MatchTimeout = patternTime
	return pattern{compiled}, nil
}

// SlowPattern is the panic of a pattern that takes too long: the validator takes a yes or a no, and either would let a body
// pass somewhere.
type SlowPattern string

type pattern struct{ *regexp2.Regexp }

func (p pattern) MatchString(text string) bool {
	matched, err := p.Regexp.MatchString(text)
	if err != nil { // has no other than that the time is over
		panic(SlowPattern(p.String()))
	}
	return matched
}
