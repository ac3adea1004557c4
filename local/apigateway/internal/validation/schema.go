// Package validation checks bodies against JSON schemas of draft 4 as API Gateway does, within bounds of time and memory that
// hold for every body. The compiler of github.com/santhosh-tekuri/jsonschema reads the schemas; its validator has no bounds: it
// makes an error for every wrong value, compares the items of crafted arrays pairwise, and writes out all digits of 1e999999.
package validation

import (
	"encoding/json"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"cdk.tf/go/ingest/internal/draft4"
	"cdk.tf/go/ingest/local/apigateway/internal/jsontext"
)

// Schema is a JSON schema. It is safe for concurrent use.
type Schema struct {
	root        *schema
	patternTime time.Duration
}

// New makes a Schema of a compiled schema of draft 4. The pattern matches of one check may take patternTime together. The
// schema's own engine bounds each match.
func New(compiled *jsonschema.Schema, patternTime time.Duration) *Schema {
	return &Schema{root: reader{}.read(compiled), patternTime: patternTime}
}

// schema has the rules for a value. A field without a value is not a rule.
type schema struct {
	// at is the schema's place in the API's models, such as event#/properties/user.
	at  string
	ref *schema // if set, no other field is

	types            []string
	enum             []any
	allowed          string // the enum's values, as a message has them
	format           string // empty if API Gateway does not check it
	pattern          jsonschema.Regexp
	minLength        *int
	maxLength        *int
	minimum, maximum *limit
	multipleOf       *big.Rat
	unit             decimal // multipleOf

	allOf, anyOf, oneOf []*schema
	not                 *schema

	properties       map[string]*schema
	patterned        []patterned
	additional       *schema
	closed           bool // no additional properties
	required         []string
	dependencies     []dependency
	minProps         *int
	maxProps         *int
	items            *schema
	tuple            []*schema // items one by one
	additionalItems  *schema
	closedItems      bool // no items beyond the tuple
	minItems         *int
	maxItems         *int
	uniqueItems      bool
	asksNames        bool // of members by their names
	asksItems        bool // of items one by one
	asksAlternatives bool
}

// limit is a minimum or a maximum.
type limit struct {
	bound     *big.Rat
	value     decimal
	exclusive bool
}

type patterned struct {
	name   jsonschema.Regexp
	schema *schema
}

// dependency is a rule for objects that have a member.
type dependency struct {
	name   string
	needed []string
	schema *schema // nil where names are needed
}

// reader has the schemas that have been read. A schema may refer to itself.
type reader map[*jsonschema.Schema]*schema

func (r reader) read(compiled *jsonschema.Schema) *schema {
	if compiled == nil {
		return nil
	}
	if known := r[compiled]; known != nil {
		return known
	}
	url, pointer, _ := strings.Cut(compiled.Location, "#")
	s := &schema{at: url[strings.LastIndexByte(url, '/')+1:] + "#" + strings.TrimSuffix(pointer, "/")}
	r[compiled] = s
	if compiled.Ref != nil { // draft 4 ignores everything next to $ref
		s.ref = r.read(compiled.Ref)
		return s
	}
	readScalars(s, compiled)
	s.allOf, s.anyOf, s.oneOf, s.not = r.all(compiled.AllOf), r.all(compiled.AnyOf), r.all(compiled.OneOf), r.read(compiled.Not)
	s.asksAlternatives = len(s.allOf)+len(s.anyOf)+len(s.oneOf) > 0 || s.not != nil
	r.readObject(s, compiled)
	r.readArray(s, compiled)
	return s
}

func (r reader) all(compiled []*jsonschema.Schema) []*schema {
	var all []*schema
	for _, each := range compiled {
		all = append(all, r.read(each))
	}
	return all
}

func readScalars(s *schema, compiled *jsonschema.Schema) {
	if compiled.Types != nil {
		s.types = compiled.Types.ToStrings()
	}
	if compiled.Enum != nil {
		s.enum = compiled.Enum.Values
		s.allowed = jsontext.Of(s.enum)
	}
	// Assumption API-28: API Gateway checks the formats of the library of API-9: base64, date-time, email, hostname, ipv4, ipv6,
	// json-pointer, mac, md5, regex, sha1, sha256, sha512, uri and uuid (CommonFormatAttributesDictionary and
	// ExtraFormatsDictionary). It checks nothing for another format, such as date or int32. AWS documents no list of formats.
	// dod-ccpo/atat-web-api#315 removed the format date because requests failed with it.
	if compiled.Format != nil && slices.Contains(draft4.Formats, compiled.Format.Name) {
		s.format = compiled.Format.Name
	}
	// Assumption API-29: The patterns of a model are regular expressions of ECMA-262, edition 5.1, because the library of API-9 asks
	// Rhino for them (RhinoHelper). So API Gateway refuses a model with (?i), a look-behind or a named group, takes \p and other escapes
	// without a meaning for the plain letter, and counts a character beyond 16 bits as two. AWS does not document it.
	s.pattern, s.minLength, s.maxLength = compiled.Pattern, compiled.MinLength, compiled.MaxLength
	s.minimum, s.maximum = limitOf(compiled.Minimum, compiled.ExclusiveMinimum), limitOf(compiled.Maximum, compiled.ExclusiveMaximum)
	if s.multipleOf = compiled.MultipleOf; s.multipleOf != nil {
		s.unit = decimalOfBound(s.multipleOf)
	}
}

func limitOf(inclusive, exclusive *big.Rat) *limit {
	switch {
	case exclusive != nil:
		return &limit{exclusive, decimalOfBound(exclusive), true}
	case inclusive != nil:
		return &limit{inclusive, decimalOfBound(inclusive), false}
	}
	return nil
}

func (r reader) readObject(s *schema, compiled *jsonschema.Schema) {
	s.properties = make(map[string]*schema, len(compiled.Properties))
	for name, property := range compiled.Properties {
		s.properties[name] = r.read(property)
	}
	for name, property := range compiled.PatternProperties {
		s.patterned = append(s.patterned, patterned{name, r.read(property)})
	}
	slices.SortFunc(s.patterned, func(a, b patterned) int { return strings.Compare(a.name.String(), b.name.String()) })
	switch additional := compiled.AdditionalProperties.(type) {
	case bool:
		s.closed = !additional
	case *jsonschema.Schema:
		s.additional = r.read(additional)
	}
	for name, asked := range compiled.Dependencies {
		switch asked := asked.(type) {
		case []string:
			s.dependencies = append(s.dependencies, dependency{name: name, needed: slices.Sorted(slices.Values(asked))})
		case *jsonschema.Schema:
			s.dependencies = append(s.dependencies, dependency{name: name, schema: r.read(asked)})
		}
	}
	slices.SortFunc(s.dependencies, func(a, b dependency) int { return strings.Compare(a.name, b.name) })
	s.required = slices.Sorted(slices.Values(compiled.Required))
	s.minProps, s.maxProps = compiled.MinProperties, compiled.MaxProperties
	s.asksNames = len(s.properties)+len(s.patterned)+len(s.required)+len(s.dependencies) > 0 || s.closed || s.additional != nil
}

func (r reader) readArray(s *schema, compiled *jsonschema.Schema) {
	s.minItems, s.maxItems, s.uniqueItems = compiled.MinItems, compiled.MaxItems, compiled.UniqueItems
	switch items := compiled.Items.(type) {
	case *jsonschema.Schema:
		s.items = r.read(items)
	case []*jsonschema.Schema:
		s.tuple = r.all(items)
		switch additional := compiled.AdditionalItems.(type) {
		case bool:
			s.closedItems = !additional
		case *jsonschema.Schema:
			s.additionalItems = r.read(additional)
		}
	}
	s.asksItems = s.items != nil || len(s.tuple) > 0 || s.additionalItems != nil
}

// numberIn is a number of a schema's enum.
func numberIn(value any) (decimal, bool) {
	n, ok := value.(json.Number)
	return decimalOf(n.String()), ok
}
