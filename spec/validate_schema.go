package spec

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/dlclark/regexp2"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

const (
	// maxSchemaBytes is API Gateway's largest model, 400 KB (API reference, CreateModel).
	maxSchemaBytes = 400 * 1024
	// draft4 is the only draft that API Gateway validates (developer guide, "Data models for REST APIs").
	draft4 = "http://json-schema.org/draft-04/schema"
)

func (p *problems) schema(text string) {
	const field, object = "API.Schema", `write a JSON schema of draft 4, at least {"type": "object"}`
	if strings.TrimSpace(text) == "" {
		p.add(field, "is empty", object)
		return
	}
	if len(text) > maxSchemaBytes {
		p.add(field, fmt.Sprintf("is %d bytes long", len(text)), fmt.Sprintf("use at most %d", maxSchemaBytes))
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		p.add(field, "is not JSON: "+oneLine(err.Error()), object)
		return
	}
	root, isObject := doc.(map[string]any)
	if !isObject {
		p.add(field, "is not a JSON object", object)
		return
	}
	before := len(p.found)
	p.schemaDraft(field, root)
	p.schemaReferences(field, root, "")
	if len(p.found) > before {
		return // neither of those compiles
	}
	if err := compileSchema(root); err != nil {
		p.add(field, "is not a JSON schema of draft 4: "+describe(err), "correct it")
	}
}

func (p *problems) schemaDraft(field string, root map[string]any) {
	value, said := root["$schema"]
	if !said || value == draft4 || value == draft4+"#" {
		return
	}
	p.add(field, fmt.Sprintf(`has the "$schema" %q`, fmt.Sprint(value)),
		fmt.Sprintf("use %q, the only draft that API Gateway validates, or leave it out", draft4+"#"))
}

// schemaReferences refuses references out of the schema: API Gateway resolves none but those to its own models.
func (p *problems) schemaReferences(field string, value any, at string) {
	switch value := value.(type) {
	case map[string]any:
		if ref, isRef := value["$ref"].(string); isRef && !strings.HasPrefix(ref, "#") {
			p.add(field, fmt.Sprintf("has the reference %q at %q", ref, at+"/$ref"),
				`use one within the schema, such as "#/definitions/user": API Gateway follows no other`)
		}
		for _, key := range slices.Sorted(maps.Keys(value)) {
			p.keywordReferences(field, key, value[key], at+"/"+key)
		}
	case []any:
		for i, element := range value {
			p.schemaReferences(field, element, at+"/"+strconv.Itoa(i))
		}
	}
}

// keywordReferences looks where a keyword's value may hold a reference. What an enum or a default holds is data, and the
// names in properties and its like are no keywords, whatever they are called.
func (p *problems) keywordReferences(field, keyword string, value any, at string) {
	switch keyword {
	case "default", "enum":
		return
	case "definitions", "dependencies", "patternProperties", "properties":
		if named, isObject := value.(map[string]any); isObject {
			for _, name := range slices.Sorted(maps.Keys(named)) {
				p.schemaReferences(field, named[name], at+"/"+name)
			}
			return
		}
	}
	p.schemaReferences(field, value, at)
}

// compileSchema reads nothing from the network or from files.
func compileSchema(doc any) error {
	const url = "urn:event"
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft4)
	compiler.UseLoader(nil)
	compiler.UseRegexpEngine(compilePattern)
	if err := compiler.AddResource(url, doc); err != nil {
		return err
	}
	_, err := compiler.Compile(url)
	return err
}

// compilePattern reads a pattern as ECMA-262 has it, which is draft 4's and API Gateway's: Go's own regular expressions
// know no look-ahead.
func compilePattern(text string) (jsonschema.Regexp, error) {
	pattern, err := regexp2.Compile(text, regexp2.ECMAScript)
	if err != nil {
		return nil, err
	}
	return ecmaPattern{pattern}, nil
}

type ecmaPattern struct{ *regexp2.Regexp }

// MatchString is not used here: nothing is validated against the schema, the schema is.
func (p ecmaPattern) MatchString(text string) bool {
	matched, err := p.Regexp.MatchString(text)
	return matched && err == nil
}

// describe puts the compiler's error on one line, the same one each time: the compiler walks objects in any order.
func describe(err error) string {
	var invalid *jsonschema.ValidationError
	if refused := (*jsonschema.SchemaValidationError)(nil); errors.As(err, &refused) && errors.As(refused.Err, &invalid) {
		return oneLine(strings.Join(slices.Compact(slices.Sorted(slices.Values(causes(invalid)))), ", "))
	}
	return oneLine(err.Error())
}

// causes are the innermost errors; those around them say only that something within failed.
func causes(err *jsonschema.ValidationError) []string {
	if len(err.Causes) == 0 {
		return []string{err.Error()}
	}
	var all []string
	for _, cause := range err.Causes {
		all = append(all, causes(cause)...)
	}
	return all
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
