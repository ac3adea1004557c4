package validation

import (
	"fmt"
	"slices"
	"unicode/utf8"
	"unsafe"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"cdk.tf/go/ingest/internal/draft4"
	"cdk.tf/go/ingest/local/apigateway/internal/jsontape"
)

// text is a string's value.
func (c *checker) text(v jsontape.Value) string {
	text := v.Text()
	c.spend(len(text) / 64)
	return text
}

// raw is a number's text.
func (c *checker) raw(v jsontape.Value) string {
	raw := v.Raw()
	c.spend(len(raw) / 64)
	return unsafe.String(unsafe.SliceData(raw), len(raw)) // a tape's text does not change
}

func (c *checker) string(s *schema, v jsontape.Value) bool {
	if s.minLength == nil && s.maxLength == nil && s.pattern == nil {
		return true
	}
	text, valid := c.text(v), true
	if s.minLength != nil || s.maxLength != nil {
		valid = c.length(s, text)
	}
	if s.pattern != nil && !c.stops(valid) && !c.matches(s.pattern, text) {
		valid = c.wrong(s, "pattern", func() string {
			return fmt.Sprintf(`ECMA 262 regex "%s" does not match input string "%s"`, s.pattern, cut(text))
		})
	}
	return valid
}

func (c *checker) length(s *schema, text string) bool {
	n, valid := utf8.RuneCountInString(text), true
	if s.minLength != nil && n < *s.minLength {
		valid = c.wrong(s, "minLength", func() string {
			return fmt.Sprintf(`string "%s" is too short (length: %d, required minimum: %d)`, cut(text), n, *s.minLength)
		})
	}
	if s.maxLength != nil && n > *s.maxLength {
		valid = c.wrong(s, "maxLength", func() string {
			return fmt.Sprintf(`string "%s" is too long (length: %d, maximum allowed: %d)`, cut(text), n, *s.maxLength)
		})
	}
	return valid
}

// maxMatched bounds a text, in bytes, that is matched against a pattern: a backtracking engine records each step.
const maxMatched = 1 << 20

// matches reports whether a text matches a pattern, within the time that is left for all patterns.
func (c *checker) matches(pattern jsonschema.Regexp, text string) bool {
	c.spend(1 + len(text)/64)
	if len(text) > maxMatched {
		panic(exceeded(fmt.Sprintf("a text of more than %d bytes is not matched against the pattern %s", maxMatched, cut(pattern.String()))))
	}
	began := c.now()
	matched := pattern.MatchString(text)
	if c.left -= c.now().Sub(began); c.left < 0 {
		panic(exceeded(fmt.Sprintf(`the model's patterns take more than %s to match the body, the last of them ECMA 262 regex "%s"`, c.patternTime, cut(pattern.String()))))
	}
	return matched
}

func (c *checker) number(s *schema, v jsontape.Value) bool {
	if s.minimum == nil && s.maximum == nil && s.multipleOf == nil {
		return true
	}
	raw, valid := c.raw(v), true
	d := decimalOf(raw)
	if s.minimum != nil {
		valid = c.minimum(s, d, raw)
	}
	if s.maximum != nil {
		valid = c.maximum(s, d, raw) && valid
	}
	if s.multipleOf != nil && !d.isMultipleOf(s.unit) {
		valid = c.wrong(s, "multipleOf", func() string {
			return fmt.Sprintf("remainder of division is not zero (%s / %s)", spell(raw), spellRat(s.multipleOf))
		})
	}
	return valid
}

// minimum checks the lower bound.
//
// Assumption API-31: API Gateway's developer guide says that exclusiveMinimum "is not supported by API Gateway" ("Amazon API Gateway
// important notes", among the limits of OpenAPI documents). The library of API-9 has it (MinimumValidator), so it counts here. A
// synthesis warns of it.
func (c *checker) minimum(s *schema, d decimal, raw string) bool {
	least := s.minimum
	switch order := d.cmp(least.value); {
	case least.exclusive && order <= 0:
		return c.wrong(s, "exclusiveMinimum", func() string {
			return "numeric instance is not strictly greater than the required minimum " + spellRat(least.bound)
		})
	case order < 0:
		return c.wrong(s, "minimum", func() string {
			return fmt.Sprintf("numeric instance is lower than the required minimum (minimum: %s, found: %s)", spellRat(least.bound), spell(raw))
		})
	}
	return true
}

func (c *checker) maximum(s *schema, d decimal, raw string) bool {
	most := s.maximum
	switch order := d.cmp(most.value); {
	case most.exclusive && order >= 0:
		return c.wrong(s, "exclusiveMaximum", func() string {
			return "numeric instance is not strictly lower than the required maximum " + spellRat(most.bound)
		})
	case order > 0:
		return c.wrong(s, "maximum", func() string {
			return fmt.Sprintf("numeric instance is greater than the required maximum (maximum: %s, found: %s)", spellRat(most.bound), spell(raw))
		})
	}
	return true
}

// typeOf returns JSON schema's name for a value's type.
//
// Assumption API-30: API Gateway takes a number with a fraction or an exponent part, such as 1.0 or 1e2, for no integer. Draft 4 says so
// (section 3.5 of its core specification), and so does the library of API-9 (NodeType of java-json-tools/jackson-coreutils). AWS does
// not document it.
func typeOf(v jsontape.Value) string {
	switch v.Kind() {
	case '{':
		return "object"
	case '[':
		return "array"
	case '"':
		return "string"
	case 't', 'f':
		return "boolean"
	case 'n':
		return "null"
	}
	if draft4.IsInteger(string(v.Raw())) {
		return "integer"
	}
	return "number"
}

func hasType(types []string, v jsontape.Value) bool {
	kind := typeOf(v)
	return slices.Contains(types, kind) || kind == "integer" && slices.Contains(types, "number")
}

// equals compares a value with one of a schema's.
func (c *checker) equals(v jsontape.Value, other any) bool {
	c.enter()
	defer func() { c.depth-- }()
	switch v.Kind() {
	case '{':
		object, ok := other.(map[string]any)
		return ok && v.Len() >= len(object) && c.equalMembers(v, object)
	case '[':
		items, ok := other.([]any)
		return ok && v.Len() == len(items) && c.equalItems(v, items)
	case '"':
		text, ok := other.(string)
		return ok && text == c.text(v)
	case '0':
		n, ok := numberIn(other)
		return ok && decimalOf(c.raw(v)).cmp(n) == 0
	case 'n':
		return other == nil
	}
	return other == (v.Kind() == 't')
}

func (c *checker) equalMembers(v jsontape.Value, object map[string]any) bool {
	members := c.enterMembers(v)
	defer c.leaveMembers(members)
	if len(members) != len(object) {
		return false
	}
	for _, m := range members {
		if value, ok := object[m.name]; !ok || !c.equals(m.value, value) {
			return false
		}
	}
	return true
}

func (c *checker) equalItems(v jsontape.Value, items []any) bool {
	for i, item := range v.Items() {
		if !c.equals(item, items[i]) {
			return false
		}
	}
	return true
}
