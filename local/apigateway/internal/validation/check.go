package validation

import (
	"fmt"
	"slices"
	"time"

	"cdk.tf/go/ingest/internal/draft4"
	"cdk.tf/go/ingest/local/apigateway/internal/jsontape"
	"cdk.tf/go/ingest/local/apigateway/internal/jsontext"
)

// Bounds of one check.
//
// Assumption API-17: API Gateway does not document its own, so that what they refuse it may take. No body of 10 MB reaches them
// by a schema that asks six things of each value.
const (
	// maxSteps is how many values are held to a schema, each as often as it is, together with the names that are put in order
	// and each 64 bytes of a text that is read.
	maxSteps = 32 << 20
	// maxDepth is how deep a value may be nested, each alternative and reference on the way counted. It is four times what
	// encoding/json takes of arrays and objects, and ends a schema that refers to itself and to nothing else.
	maxDepth = 40_000
	// maxFindings is how many wrong things are looked for. A client of 1 MB of wrong items has no use for 100,000 messages.
	maxFindings = 100
)

// exceeded is the panic of a check that is over one of its bounds: neither a yes nor a no is known then, and either would let
// a body pass somewhere in a schema.
type exceeded string

// checker is one check.
type checker struct {
	steps    int // that are left
	depth    int
	quiet    int // inside alternatives, whose reasons nobody reports
	found    findings
	findings int      // with the one beyond maxFindings
	members  []member // room for those of the objects around

	left, patternTime time.Duration // of all matches together
	now               func() time.Time
}

// Broken is what is wrong with a value; the zero value is nothing.
type Broken struct {
	// Says is API Gateway's validationErrorString, which may quote the value.
	Says string
	// Rule is which rules of the schema are broken, in the schema's own words alone.
	Rule string
}

// Check says what is wrong with a value.
func (s *Schema) Check(value jsontape.Value) Broken { return s.checker(time.Now).check(s, value) }

func (s *Schema) checker(now func() time.Time) *checker {
	return &checker{steps: maxSteps, left: s.patternTime, patternTime: s.patternTime, now: now}
}

func (c *checker) check(s *Schema, value jsontape.Value) (broken Broken) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case exceeded:
			broken = outOfBounds(string(p))
		case draft4.SlowPattern:
			broken = outOfBounds(fmt.Sprintf(`ECMA 262 regex "%s" takes more than %s to match an input string`, cut(string(p)), s.patternTime))
		default:
			panic(p)
		}
	}()
	if c.own(s.root, value) {
		c.below(s.root, value)
	}
	return c.found.broken(c.findings > maxFindings)
}

// outOfBounds is of words that hold nothing of the body.
func outOfBounds(words string) Broken {
	return Broken{Says: "[" + words + "]", Rule: "[" + words + "]"}
}

func (c *checker) spend(steps int) {
	if c.steps -= steps; c.steps < 0 {
		panic(exceeded(fmt.Sprintf("the body takes more than %d steps to be checked against its model", maxSteps)))
	}
}

// enter counts a step down; its caller leaves again by c.depth--.
func (c *checker) enter() {
	c.spend(1)
	if c.depth++; c.depth > maxDepth {
		panic(exceeded(fmt.Sprintf("the body is nested more than %d levels deep for its model, or the model refers to itself alone", maxDepth)))
	}
}

// stops is true where the check is decided.
func (c *checker) stops(valid bool) bool { return !valid && c.quiet > 0 || c.findings > maxFindings }

// valid tells whether a value is as a schema says, and nothing of the reasons.
func (c *checker) valid(s *schema, v jsontape.Value) bool {
	c.quiet++
	valid := c.own(s, v) && c.below(s, v)
	c.quiet--
	return valid
}

// own holds a value to all that is not said of the values in it. Lengths are among it, so that they are known before the
// values are looked at: of one that is wrong itself nothing below is (assumption API-9).
func (c *checker) own(s *schema, v jsontape.Value) bool {
	c.enter()
	defer func() { c.depth-- }()
	if s.ref != nil {
		return c.own(s.ref, v)
	}
	if !c.kind(s, v) {
		return false
	}
	before, valid := len(c.found), true
	switch v.Kind() {
	case '{':
		valid = c.object(s, v)
	case '[':
		valid = c.array(s, v)
	case '"':
		valid = c.string(s, v)
	case '0':
		valid = c.number(s, v)
	}
	if s.asksAlternatives && !c.stops(valid) {
		valid = c.alternatives(s, v) && valid
	}
	sortFindings(c.found[before:])
	return valid
}

// kind checks what excludes all the rest: of a value of another type nothing else is said.
func (c *checker) kind(s *schema, v jsontape.Value) bool {
	if len(s.types) > 0 && !hasType(s.types, v) {
		return c.wrong(s, "type", func() string {
			return fmt.Sprintf("instance type (%s) does not match any allowed primitive type (allowed: %s)", typeOf(v), jsontext.Of(withInteger(s.types)))
		})
	}
	if s.enum != nil && !slices.ContainsFunc(s.enum, func(allowed any) bool { return c.equals(v, allowed) }) {
		return c.wrong(s, "enum", func() string {
			return fmt.Sprintf("instance value (%s) not found in enum (possible values: %s)", quoted(v), s.allowed)
		})
	}
	if s.format != nil && v.Kind() == '"' {
		if text := c.text(v); !c.hasFormat(s.format, text) {
			return c.wrong(s, "format", func() string { return ofFormat(s.format.Name, text) })
		}
	}
	return true
}

// alternatives checks the schemas that are about the value as a whole.
func (c *checker) alternatives(s *schema, v jsontape.Value) bool {
	valid := true
	if s.not != nil && c.valid(s.not, v) {
		valid = c.wrong(s, "not", func() string { return "instance matched a schema which it should not have" })
	}
	if slices.ContainsFunc(s.allOf, func(each *schema) bool { return !c.valid(each, v) }) {
		valid = c.wrong(s, "allOf", func() string { return "instance failed to match all required schemas" })
	}
	if len(s.anyOf) > 0 && !slices.ContainsFunc(s.anyOf, func(each *schema) bool { return c.valid(each, v) }) {
		valid = c.wrong(s, "anyOf", func() string {
			return fmt.Sprintf("instance failed to match at least one required schema among %d", len(s.anyOf))
		})
	}
	return c.one(s, v) && valid
}

func (c *checker) one(s *schema, v jsontape.Value) bool {
	matched := 0
	for _, each := range s.oneOf {
		if c.valid(each, v) {
			if matched++; matched > 1 {
				return c.wrong(s, "oneOf", func() string { return "instance failed to match exactly one schema (matched more than one)" })
			}
		}
	}
	if matched == 0 && len(s.oneOf) > 0 {
		return c.wrong(s, "oneOf", func() string {
			return fmt.Sprintf("instance failed to match exactly one schema (matched 0 out of %d)", len(s.oneOf))
		})
	}
	return true
}

// below holds the values in a value to what is said of them.
func (c *checker) below(s *schema, v jsontape.Value) bool {
	c.enter()
	defer func() { c.depth-- }()
	switch kind := v.Kind(); {
	case s.ref != nil:
		return c.below(s.ref, v)
	case kind == '{' && s.asksNames:
		return c.belowObject(s, v)
	case kind == '[' && s.asksItems:
		return c.belowArray(s, v)
	}
	return true
}

// both holds one value to several schemas.
func (c *checker) both(schemas []*schema, v jsontape.Value) bool {
	valid := true
	for _, s := range schemas {
		valid = c.own(s, v) && valid
		if c.stops(valid) {
			return valid
		}
	}
	if !valid {
		return false
	}
	for _, s := range schemas {
		valid = c.below(s, v) && valid
	}
	return valid
}
