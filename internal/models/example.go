package models

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/big"
	"reflect"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"cdk.tf/go/ingest/internal/draft4"
	"cdk.tf/go/ingest/internal/plainjson"
)

// FirstEvent is the example of every schema that allows it.
const FirstEvent = `{"event": "signup", "user_id": 123}`

const (
	// patternTime bounds a match of a schema's pattern, and a check of a value against the whole schema.
	patternTime = time.Second
	// maxDepth bounds how deep an example is nested: a schema may refer to itself.
	maxDepth = 8
	// maxValues bounds the values of an example: arrays of arrays may ask for millions.
	maxValues = 10_000
)

// Sampler makes examples of models.
type Sampler struct {
	convert *Converter // for what a reference means
	schemas map[string]*jsonschema.Schema
	// left is how many values an example may still have.
	left int
	// byRules makes values of the rules alone: the examples that a schema holds may be invalid.
	byRules bool
	check   *draft4.Deadline
	// known are the examples of the models that others refer to. A model whose example is being made has none: models may refer to each
	// other.
	known map[string]example
}

type example struct {
	value any
	found bool
}

// NewSampler returns a sampler of a converter's models. It fails where a model is not a valid schema.
func NewSampler(c *Converter) (*Sampler, error) {
	compiler := draft4.NewCompiler(patternTime)
	s := &Sampler{
		convert: c, schemas: map[string]*jsonschema.Schema{}, check: draft4.NewDeadline(compiler, patternTime), known: map[string]example{},
	}
	compiler.AssertFormat()
	for _, name := range sortedKeys(c.texts) {
		// Its references are to models, whatever it calls itself (local/apigateway).
		text := without(c.texts[name], "id")
		if err := compiler.AddResource(c.api+name, text); err != nil {
			return nil, fmt.Errorf("the schema of the model %s: %w", name, err)
		}
	}
	for _, name := range sortedKeys(c.texts) {
		schema, err := compiler.Compile(c.api + name)
		if err != nil {
			return nil, fmt.Errorf("the schema of the model %s: %w", name, err)
		}
		s.schemas[name] = schema
	}
	return s, nil
}

func without(from object, key string) object {
	left := object{}
	for name, value := range from {
		if name != key {
			left[name] = value
		}
	}
	return left
}

// Allows reports whether a model allows a value. A schema that takes over a second to check a value does not allow it.
func (s *Sampler) Allows(model string, value any) bool {
	return s.check.Validate(s.schemas[model], value) == nil
}

// Example returns a value that a model allows: the first event, one that the schema gives itself, or one that is made of its rules.
// It returns false if none of these is valid.
func (s *Sampler) Example(model string) (any, bool) {
	candidates := []any{Decode(FirstEvent)}
	candidates = append(candidates, given(s.convert.texts[model])...)
	before := s.byRules
	for _, s.byRules = range []bool{false, true} {
		for _, all := range []bool{true, false} { // with all properties, and with those that are required
			candidates = append(candidates, s.start(model, all))
		}
	}
	s.byRules = before
	for _, candidate := range candidates {
		err := s.check.Validate(s.schemas[model], candidate)
		if err == nil {
			return candidate, true
		}
		if errors.Is(err, draft4.SlowError{}) {
			break // the schema would take as long for the others
		}
	}
	return nil, false
}

// start makes a value of a model's rules, within the bound of values.
func (s *Sampler) start(model string, all bool) any {
	before := s.left
	s.left = maxValues
	defer func() { s.left = before }()
	return s.make(address{model, ""}, s.convert.texts[model], all, 0)
}

// given are the examples that a schema holds.
func given(schema object) []any {
	var examples []any
	if value, there := schema["default"]; there {
		examples = append(examples, value)
	}
	if values, ok := schema["enum"].([]any); ok {
		examples = append(examples, values...)
	}
	return examples
}

// make makes a value of a schema's rules. It may be invalid: not every rule is looked at.
func (s *Sampler) make(at address, schema object, all bool, depth int) any {
	if s.left--; s.left < 0 {
		return nil
	}
	if reference, ok := schema["$ref"].(string); ok {
		return s.follow(at, reference, all, depth)
	}
	if values, ok := schema["enum"].([]any); ok && len(values) > 0 {
		return values[0]
	}
	if examples := given(schema); len(examples) > 0 && !s.byRules {
		return examples[0]
	}
	schema, at = s.merged(at, schema, depth)
	switch typeName(schema) {
	case "object":
		return s.makeObject(at, schema, all, depth)
	case "array":
		return s.makeArray(at, schema, all, depth)
	case "string":
		return makeString(schema)
	case "integer", "number":
		return makeNumber(schema)
	case "boolean":
		return true
	default:
		return nil
	}
}

// follow makes a value of what a reference leads to. Another model has an example of its own.
func (s *Sampler) follow(at address, reference string, all bool, depth int) any {
	to, err := s.convert.target(at, reference)
	if err != nil || depth > maxDepth {
		return nil
	}
	if to.pointer == "" && to.model != at.model {
		if value, ok := s.exampleOf(to.model); ok {
			return value
		}
	}
	schema, err := s.convert.find(to)
	if err != nil {
		return nil
	}
	return s.make(to, schema, all, depth+1)
}

// exampleOf returns the example of a model that another one refers to.
func (s *Sampler) exampleOf(model string) (any, bool) {
	one, there := s.known[model]
	if !there {
		s.known[model] = one
		one.value, one.found = s.Example(model)
		s.known[model] = one
	}
	return one.value, one.found
}

// merged adds to a schema what its allOf and the first of its anyOf and oneOf say. A reference in them is followed, and then the
// references below are relative to that place: this finds the properties of one place alone.
func (s *Sampler) merged(at address, schema object, depth int) (object, address) {
	var parts []any
	all, _ := schema["allOf"].([]any)
	parts = append(parts, all...)
	for _, key := range []string{"anyOf", "oneOf"} {
		if list, ok := schema[key].([]any); ok && len(list) > 0 {
			parts = append(parts, list[0])
		}
	}
	if s.left--; len(parts) == 0 || depth > maxDepth || s.left < 0 {
		return schema, at
	}
	whole := without(schema, "allOf")
	delete(whole, "anyOf")
	delete(whole, "oneOf")
	for _, part := range parts {
		below, ok := part.(object)
		if !ok {
			continue
		}
		if reference, refers := below["$ref"].(string); refers {
			to, err := s.convert.target(at, reference)
			if err != nil {
				continue
			}
			if below, err = s.convert.find(to); err != nil {
				continue
			}
		}
		below, _ = s.merged(at, below, depth+1)
		whole = merge(whole, below)
	}
	return whole, at
}

// merge adds the keywords of one schema to another's; properties and required names are united.
func merge(into, from object) object {
	merged := without(into, "")
	for key, value := range from {
		switch value := value.(type) {
		case object:
			if have, ok := merged[key].(object); ok && key == "properties" {
				merged[key] = merge(have, value)
				continue
			}
			merged[key] = value
		case []any:
			if have, ok := merged[key].([]any); ok && key == "required" {
				merged[key] = append(slices.Clone(have), value...)
				continue
			}
			merged[key] = value
		default:
			merged[key] = value
		}
	}
	return merged
}

// typeName is the type of a schema's values; one that gives none has the one that its keywords are about.
func typeName(schema object) string {
	switch typ := schema["type"].(type) {
	case string:
		return typ
	case []any:
		if len(typ) > 0 {
			name, _ := typ[0].(string)
			return name
		}
	}
	for _, about := range []struct {
		typ  string
		keys []string
	}{
		{"object", []string{"properties", "required", "minProperties", "additionalProperties", "patternProperties"}},
		{"array", []string{"items", "minItems", "maxItems", "uniqueItems"}},
		{"string", []string{"pattern", "minLength", "maxLength", "format"}},
		{"number", []string{"minimum", "maximum", "multipleOf"}},
	} {
		for _, key := range about.keys {
			if _, there := schema[key]; there {
				return about.typ
			}
		}
	}
	return "string"
}

func (s *Sampler) makeObject(at address, schema object, all bool, depth int) any {
	value := object{}
	properties, _ := schema["properties"].(object)
	required, _ := schema["required"].([]any)
	for _, name := range sortedKeys(properties) {
		below, ok := properties[name].(object)
		wanted := slices.Contains(required, any(name)) || all && depth < maxDepth
		if ok && wanted && depth <= maxDepth {
			value[name] = s.make(address{at.model, at.pointer + "/properties/" + escapeToken(name)}, below, all, depth+1)
		}
	}
	for _, name := range required {
		if name, ok := name.(string); ok {
			s.fill(value, name, at, schema, depth)
		}
	}
	for n := 1; len(value) < count(schema, "minProperties", 0) && n <= maxMade; n++ {
		s.fill(value, "property"+strconv.Itoa(n), at, schema, depth)
	}
	return value
}

// fill adds a property that the schema does not describe, unless it is there.
func (s *Sampler) fill(value object, name string, at address, schema object, depth int) {
	if _, there := value[name]; there {
		return
	}
	value[name] = "text"
	if additional, ok := schema["additionalProperties"].(object); ok {
		value[name] = s.make(address{at.model, at.pointer + "/additionalProperties"}, additional, false, depth+1)
	}
}

// maxMade bounds how many properties, items or characters are made.
const maxMade = 1000

func (s *Sampler) makeArray(at address, schema object, all bool, depth int) any {
	least, most := count(schema, "minItems", 0), count(schema, "maxItems", maxMade)
	values := []any{}
	if list, ok := schema["items"].([]any); ok {
		for i, item := range list {
			if below, ok := item.(object); ok {
				values = append(values, s.make(address{at.model, at.pointer + "/items/" + strconv.Itoa(i)}, below, all, depth+1))
			}
		}
		return values
	}
	item, _ := schema["items"].(object)
	count := min(max(least, 1), most, maxMade)
	if reference, ok := item["$ref"].(string); ok && depth <= 1 && schema["uniqueItems"] != true {
		if to, err := s.convert.target(at, reference); err == nil && to.model != at.model { // a batch
			count = min(max(least, 2), most, maxMade)
		}
	}
	if depth > maxDepth {
		count = min(least, maxMade)
	}
	for range count {
		values = append(values, s.make(address{at.model, at.pointer + "/items"}, item, all, depth+1))
	}
	return values
}

func number(schema object, key string, otherwise float64) float64 {
	switch value := schema[key].(type) {
	case json.Number:
		if n, err := value.Float64(); err == nil {
			return n
		}
	case float64:
		return value
	}
	return otherwise
}

// count is a keyword's number of properties, items or characters.
func count(schema object, key string, otherwise float64) int {
	return int(min(max(number(schema, key, otherwise), 0), math.MaxInt32))
}

// makeNumber makes one within the bounds, of the multiple: the first of some that fits.
func makeNumber(schema object) any {
	least, most := number(schema, "minimum", math.Inf(-1)), number(schema, "maximum", math.Inf(1))
	step := number(schema, "multipleOf", 1)
	above := func(n float64) bool { return n > least || n == least && schema["exclusiveMinimum"] != true }
	below := func(n float64) bool { return n < most || n == most && schema["exclusiveMaximum"] != true }
	from, to := math.Ceil(least/step)*step, math.Floor(most/step)*step
	for _, value := range []float64{step, from, from + step, to, to - step, (least + most) / 2} {
		if above(value) && below(value) && !math.IsInf(value, 0) {
			return numeral(value)
		}
	}
	return numeral(step)
}

// numeral writes a whole number without an exponent.
func numeral(value float64) json.Number {
	if value == math.Trunc(value) {
		return json.Number(big.NewFloat(value).Text('f', -1))
	}
	return json.Number(strconv.FormatFloat(value, 'g', -1, 64))
}

// ofFormat are strings of the formats that draft 4 knows, and of some that later drafts do.
var ofFormat = map[string]string{
	"date-time": "2026-01-02T03:04:05Z", "date": "2026-01-02", "time": "03:04:05Z", "email": "user@example.com",
	"hostname": "host.example.com", "ipv4": "192.0.2.1", "ipv6": "2001:db8::1", "uri": "https://example.com/",
	"uuid": "123e4567-e89b-12d3-a456-426614174000", "uri-reference": "/path", "json-pointer": "/path", "regex": "^a$",
}

func makeString(schema object) any {
	format, _ := schema["format"].(string)
	text := cmp.Or(ofFormat[format], "text")
	least, most := count(schema, "minLength", 0), count(schema, "maxLength", maxMade)
	if pattern, ok := schema["pattern"].(string); ok {
		parsed, err := syntax.Parse(pattern, syntax.Perl)
		if err == nil {
			text = matching(parsed, least)
		}
		return text
	}
	if missing := min(least, maxMade) - len(text); missing > 0 {
		text += strings.Repeat("x", missing)
	}
	if len(text) > most {
		text = text[:max(most, 0)]
	}
	return text
}

// matching is a text that a regular expression matches, of a length or longer where a repetition allows that. Look-ahead is not
// Go's to parse: an example with such a pattern has to be given.
func matching(e *syntax.Regexp, least int) string {
	switch e.Op {
	case syntax.OpLiteral:
		return string(e.Rune)
	case syntax.OpCharClass:
		return string(printable(e.Rune))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return "a"
	case syntax.OpCapture:
		return matching(e.Sub[0], least)
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
		return repeated(e, least)
	case syntax.OpAlternate:
		return matching(e.Sub[0], least)
	case syntax.OpConcat:
		text := ""
		for _, part := range e.Sub {
			text += matching(part, least-len(text))
		}
		return text
	default: // what matches no character
		return ""
	}
}

func repeated(e *syntax.Regexp, least int) string {
	lower, upper := 0, maxMade
	switch e.Op {
	case syntax.OpPlus:
		lower = 1
	case syntax.OpQuest:
		upper = 1
	case syntax.OpRepeat:
		lower = e.Min
		if e.Max >= 0 {
			upper = e.Max
		}
	}
	text := ""
	for n := 0; (n < min(max(lower, 1), upper) || n < upper && len(text) < least) && len(text) < maxMade; n++ {
		before := len(text)
		if text += matching(e.Sub[0], 0); len(text) == before {
			break
		}
	}
	return text
}

// printable is a letter or a digit of a class, where it has one.
func printable(class []rune) rune {
	for _, wanted := range "a0A_-. " {
		for i := 0; i+1 < len(class); i += 2 {
			if class[i] <= wanted && wanted <= class[i+1] {
				return wanted
			}
		}
	}
	if len(class) == 0 {
		return 'a'
	}
	return class[0]
}

// Decode decodes JSON that is known to be valid, or nil. Numbers stay as they are written.
func Decode(text string) any {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		return nil
	}
	return value
}

type object = map[string]any

func sortedKeys[value any](m map[string]value) []string { return slices.Sorted(maps.Keys(m)) }

// Example returns an event that a schema of draft 4 allows, as JSON on one line: [FirstEvent] if it is allowed, else one of the
// schema's own examples, else one that is made of its rules. It returns false if none of these is valid, and if the schema is not
// a JSON object.
func Example(schema string) (string, bool) {
	text, ok := Decode(schema).(object)
	if !ok {
		return "", false
	}
	const name = "Event"
	samples, err := NewSampler(NewConverter("", map[string]object{name: text}))
	if err != nil {
		return "", false
	}
	value, ok := samples.Example(name)
	if !ok {
		return "", false
	}
	if reflect.DeepEqual(value, Decode(FirstEvent)) {
		return FirstEvent, true
	}
	line, err := plainjson.Line(value)
	return line, err == nil
}
