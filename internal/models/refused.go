package models

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"cdk.tf/go/ingest/internal/draft4"
	"cdk.tf/go/ingest/internal/nearest"
)

// Fault is something that a schema has and API Gateway does not take as the schema means it.
type Fault struct {
	// Has says what and where, such as `has the keyword "const" at "/const"`.
	Has string
	// Remedy says what to write in its place.
	Remedy string
}

// Refused returns what API Gateway refuses in a schema, beyond what the meta-schema of draft 4 refuses. A keyword is named once, at its
// first place.
func Refused(schema map[string]any) []Fault {
	r := &refuser{named: map[string]bool{}}
	walk("", schema, r.visit)
	r.references(schema)
	return r.found
}

type refuser struct {
	found []Fault
	named map[string]bool // the unknown keywords
}

func (r *refuser) visit(at string, schema object) {
	for _, keyword := range sortedKeys(schema) {
		if !slices.Contains(keywords, keyword) {
			r.unknown(at, keyword)
		}
	}
	for _, keyword := range []string{"exclusiveMaximum", "exclusiveMinimum"} {
		if bound, isNumber := schema[keyword].(json.Number); isNumber {
			r.boundOfItsOwn(at, keyword, bound)
		}
	}
	for _, keyword := range counts {
		if n, isNumber := schema[keyword].(json.Number); isNumber {
			r.count(at, keyword, n)
		}
	}
	eachPattern(at, schema, func(at, pattern string) {
		if group, remedy := draft4.ForeignGroup(pattern); group != "" {
			r.add(fmt.Sprintf("has the pattern %q at %q with the %s, which ECMA-262 does not have and API Gateway refuses", pattern, at, group), remedy)
		}
	})
}

// boundOfItsOwn refuses a number where draft 4 has true or false.
func (r *refuser) boundOfItsOwn(at, keyword string, bound json.Number) {
	remedy := fmt.Sprintf(`use "not": {"maximum": %s}`, bound)
	if keyword == "exclusiveMaximum" {
		remedy = fmt.Sprintf(`use "maximum": %s, "exclusiveMaximum": true`, bound)
	}
	r.add(fmt.Sprintf("has the %s %s at %q, which is true or false in draft 4", keyword, bound, at+"/"+keyword), remedy)
}

// counts are the keywords whose values are integers.
var counts = []string{"maxItems", "maxLength", "maxProperties", "minItems", "minLength", "minProperties"}

// count refuses a number that is no integer of draft 4, or that Java's int does not hold. The meta-schema refuses negative ones.
func (r *refuser) count(at, keyword string, n json.Number) {
	if value, err := n.Int64(); err == nil && value <= math.MaxInt32 {
		return
	}
	r.add(fmt.Sprintf("has the %s %s at %q", keyword, n, at+"/"+keyword), fmt.Sprintf("use an integer up to %d, without a point or an exponent", math.MaxInt32))
}

// Doubtful returns the keywords of a schema that API Gateway's documentation calls unsupported, although draft 4 has them.
func Doubtful(schema map[string]any) []Fault {
	var found []Fault
	walk("", schema, func(at string, schema object) {
		if schema["exclusiveMinimum"] == true {
			found = append(found, Fault{
				Has:    fmt.Sprintf(`has "exclusiveMinimum" at %q, which API Gateway's developer guide calls unsupported`, at+"/exclusiveMinimum"),
				Remedy: fmt.Sprintf(`use "not": {"maximum": %v}`, schema["minimum"]),
			})
		}
	})
	return found
}

// eachPattern visits the patterns of one schema.
func eachPattern(at string, schema object, visit func(at, pattern string)) {
	if pattern, ok := schema["pattern"].(string); ok {
		visit(at+"/pattern", pattern)
	}
	named, _ := schema["patternProperties"].(object)
	for _, pattern := range sortedKeys(named) {
		visit(at+"/patternProperties", pattern)
	}
}

// unknown refuses a keyword that draft 4 does not have.
func (r *refuser) unknown(at, keyword string) {
	if r.named[keyword] {
		return
	}
	r.named[keyword] = true
	r.add(fmt.Sprintf("has the keyword %q at %q, which draft 4 does not have and API Gateway refuses", keyword, at+"/"+escapeToken(keyword)), inDraft4(keyword))
}

// replacements are what draft 4 has in place of keywords of later drafts and of OpenAPI.
var replacements = map[string]string{
	"$comment":          `use "description"`,
	"$defs":             `use "definitions"`,
	"$id":               `use "id", or remove it`,
	"const":             `use "enum" with this one value`,
	"dependentRequired": `use "dependencies"`,
	"dependentSchemas":  `use "dependencies"`,
	"else":              `use "anyOf" with a schema for each case`,
	"example":           `remove it; the field Example beside the schema takes an event`,
	"examples":          `remove it; the field Example beside the schema takes an event`,
	"if":                `use "anyOf" with a schema for each case`,
	"nullable":          `use a list with "null" in "type"`,
	"prefixItems":       `use "items" with a list`,
	"propertyNames":     `use "patternProperties" with "additionalProperties": false`,
	"then":              `use "anyOf" with a schema for each case`,
}

// Unchecked returns the formats of a schema that API Gateway does not check, each at its first place.
func Unchecked(schema map[string]any) []Fault {
	var found []Fault
	named := map[string]bool{}
	walk("", schema, func(at string, schema object) {
		format, _ := schema["format"].(string)
		if format == "" || named[format] || slices.Contains(draft4.Formats, format) {
			return
		}
		named[format] = true
		found = append(found, Fault{
			Has:    fmt.Sprintf("has the format %q at %q, which API Gateway does not check", format, at+"/format"),
			Remedy: `use a "pattern", or one of the formats ` + strings.Join(draft4.Formats, ", "),
		})
	})
	return found
}

// Misread returns the patterns of a schema that API Gateway takes, and takes otherwise than other regular expressions do.
func Misread(schema map[string]any) []Fault {
	var found []Fault
	walk("", schema, func(at string, schema object) {
		eachPattern(at, schema, func(at, pattern string) { found = append(found, misread(at, pattern)...) })
	})
	return found
}

func misread(at, pattern string) []Fault {
	escape := draft4.UnmeantEscape(pattern)
	if escape == "" {
		return nil
	}
	remedy := "remove the backslash"
	switch escape {
	case `\p`, `\P`:
		remedy = `write the characters out, such as [A-Za-z\u00c0-\u017f]`
	case `\A`:
		remedy = "write ^"
	case `\Z`, `\z`:
		remedy = "write $"
	case `\u`:
		remedy = `write four hexadecimal digits, such as \u00e9`
	case `\x`:
		remedy = `write two hexadecimal digits, such as \xe9`
	}
	letter := escape[1:]
	return []Fault{{
		Has:    fmt.Sprintf("has the pattern %q at %q, in which API Gateway takes %s for the letter %s, as ECMA-262 does", pattern, at, escape, letter),
		Remedy: remedy,
	}}
}

// walk visits a schema and every schema in it, in order.
func walk(at string, schema object, visit func(at string, schema object)) {
	visit(at, schema)
	each(schema, func(path string, below object) { walk(at+path, below, visit) })
}

// inDraft4 says what to write in place of a keyword that draft 4 does not have.
func inDraft4(keyword string) string {
	if remedy := replacements[keyword]; remedy != "" {
		return remedy
	}
	if meant := nearest.Name(keyword, keywords); meant != "" {
		return "did you mean " + strconv.Quote(meant) + "?"
	}
	return "remove it, or write the rule with a keyword of draft 4"
}
