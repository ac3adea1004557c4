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
// Assumption API-17: API Gateway does not document bounds of time and nesting for the validation of a body. The bounds here exist
// only here, so AWS may accept a body that they refuse. With a schema of six rules for each value, no body of 10 MB reaches them.
const (
	// maxSteps is the number of steps of a check. A step is the check of a value against a schema, the sorting of a name, or
	// the reading of 64 bytes of text.
	maxSteps = 32 << 20
	// maxDepth is the largest nesting of a value, where each alternative and reference counts too. It is four times the nesting
	// that encoding/json accepts, and it ends a schema that refers only to itself.
	maxDepth = 40_000
	// maxFindings is the number of faults after which a check ends. The client of a body with 1 MB of wrong items does not need
	// 100,000 messages.
	maxFindings = 100
)

// exceeded is the panic of a check that exceeds a bound. Its verdict is then unknown, and either verdict could let a body pass
// somewhere in a schema.
type exceeded string

// checker is one check.
type checker struct {
	steps    int // that are left
	depth    int
	quiet    int // depth of alternatives, whose faults are not reported
	found    findings
	findings int      // with the one beyond maxFindings
	members  []member // room for the members of the enclosing objects

	left, patternTime time.Duration // of all matches together
	now               func() time.Time
}

// Broken is the fault of a value. The zero value means no fault.
type Broken struct {
	// Says is API Gateway's validationErrorString. It may quote the value.
	Says string
	// Rule has the rules of the schema that the value breaks. It quotes only the schema.
	Rule string
}

// Check returns the fault of a value.
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

// outOfBounds makes a fault of words that quote nothing of the body.
func outOfBounds(words string) Broken {
	return Broken{Says: "[" + words + "]", Rule: "[" + words + "]"}
}

func (c *checker) spend(steps int) {
	if c.steps -= steps; c.steps < 0 {
		panic(exceeded(fmt.Sprintf("the body takes more than %d steps to be checked against its model", maxSteps)))
	}
}

// enter counts a level of nesting. Its caller leaves the level with c.depth--.
func (c *checker) enter() {
	c.spend(1)
	if c.depth++; c.depth > maxDepth {
		panic(exceeded(fmt.Sprintf("the body is nested more than %d levels deep for its model, or the model refers only to itself", maxDepth)))
	}
}

// stops reports whether the verdict of the check is known.
func (c *checker) stops(valid bool) bool { return !valid && c.quiet > 0 || c.findings > maxFindings }

// valid reports whether a value satisfies a schema, without the faults.
func (c *checker) valid(s *schema, v jsontape.Value) bool {
	c.quiet++
	valid := c.own(s, v) && c.below(s, v)
	c.quiet--
	return valid
}

// own checks the rules for the value itself, such as lengths. They come before the values in it (assumption API-9).
func (c *checker) own(s *schema, v jsontape.Value) bool {
	c.enter()
	defer func() { c.depth-- }()
	if s.ref != nil {
		return c.own(s.ref, v)
	}
	before, valid := len(c.found), c.kind(s, v)
	if !c.stops(valid) {
		valid = c.ofKind(s, v) && valid
	}
	if s.asksAlternatives && !c.stops(valid) {
		valid = c.alternatives(s, v) && valid
	}
	sortFindings(c.found[before:])
	return valid
}

// ofKind checks the rules for values of one kind.
func (c *checker) ofKind(s *schema, v jsontape.Value) bool {
	switch v.Kind() {
	case '{':
		return c.object(s, v)
	case '[':
		return c.array(s, v)
	case '"':
		return c.string(s, v)
	case '0':
		return c.number(s, v)
	}
	return true
}

// kind checks the rules for values of every kind.
func (c *checker) kind(s *schema, v jsontape.Value) bool {
	valid := true
	if len(s.types) > 0 && !hasType(s.types, v) {
		valid = c.wrong(s, "type", func() string {
			return fmt.Sprintf("instance type (%s) does not match any allowed primitive type (allowed: %s)", typeOf(v), jsontext.Of(withInteger(s.types)))
		})
	}
	if s.enum != nil && !c.stops(valid) && !slices.ContainsFunc(s.enum, func(allowed any) bool { return c.equals(v, allowed) }) {
		valid = c.wrong(s, "enum", func() string {
			return fmt.Sprintf("instance value (%s) not found in enum (possible values: %s)", quoted(v), s.allowed)
		})
	}
	if s.format != "" && v.Kind() == '"' && !c.stops(valid) {
		if fault := c.formatFault(s.format, c.text(v)); fault != "" {
			valid = c.wrong(s, "format", func() string { return fault })
		}
	}
	return valid
}

// alternatives checks the schemas that apply to the value as a whole.
func (c *checker) alternatives(s *schema, v jsontape.Value) bool {
	valid := true
	if s.not != nil && c.valid(s.not, v) {
		valid = c.wrong(s, "not", func() string { return "instance matched a schema which it should not have" })
	}
	if matched := c.matching(s.allOf, v); matched < len(s.allOf) {
		valid = c.wrong(s, "allOf", func() string {
			return fmt.Sprintf("instance failed to match all required schemas (matched only %d out of %d)", matched, len(s.allOf))
		})
	}
	if len(s.anyOf) > 0 && !slices.ContainsFunc(s.anyOf, func(each *schema) bool { return c.valid(each, v) }) {
		valid = c.wrong(s, "anyOf", func() string {
			return fmt.Sprintf("instance failed to match at least one required schema among %d", len(s.anyOf))
		})
	}
	if matched := c.matching(s.oneOf, v); matched != 1 && len(s.oneOf) > 0 {
		valid = c.wrong(s, "oneOf", func() string {
			return fmt.Sprintf("instance failed to match exactly one schema (matched %d out of %d)", matched, len(s.oneOf))
		})
	}
	return valid
}

// matching is the number of schemas that a value satisfies.
func (c *checker) matching(schemas []*schema, v jsontape.Value) int {
	matched := 0
	for _, each := range schemas {
		if c.valid(each, v) {
			matched++
		}
	}
	return matched
}

// below checks the values in a value, unless a fault is known (assumption API-9).
func (c *checker) below(s *schema, v jsontape.Value) bool {
	if c.quiet == 0 && c.findings > 0 {
		return false
	}
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

// both checks one value against several schemas.
func (c *checker) both(schemas []*schema, v jsontape.Value) bool {
	valid := true
	for _, s := range schemas {
		valid = c.own(s, v) && c.below(s, v) && valid
		if c.stops(valid) {
			return valid
		}
	}
	return valid
}
