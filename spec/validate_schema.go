package spec

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"cdk.tf/go/ingest/internal/draft4"
	"cdk.tf/go/ingest/internal/models"
)

// maxSchemaBytes is API Gateway's largest model, 400 KB (API reference, CreateModel).
const maxSchemaBytes = 400 * 1024

// maxSchemaDepth is this project's bound on the objects and lists of a schema, one in the other. The time to compile a schema grows with
// the fourth power of its depth: 3,000 levels take minutes.
const maxSchemaDepth = 500

func (p *problems) schema(field, text string) {
	const object = `write a JSON schema of draft 4, at least {"type": "object"}`
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
	if depthOf(root) > maxSchemaDepth {
		p.add(field, fmt.Sprintf("has more than %d objects and lists, one in the other", maxSchemaDepth), `nest it less, with "definitions" and "$ref"`)
		return
	}
	before := len(p.found)
	p.schemaDraft(field, root)
	p.schemaReferences(field, root, "")
	p.schemaNumbers(field, root, "")
	for _, fault := range slices.Concat(models.Refused(root), models.Misread(root)) {
		p.add(field, fault.Has, fault.Remedy)
	}
	if len(p.found) > before {
		return // the schema would not compile
	}
	if _, err := compileSchema(root); err != nil {
		p.add(field, "is not a JSON schema of draft 4: "+describe(err), "correct it")
	}
}

// depthOf counts the objects and lists, one in the other, of a value in JSON.
func depthOf(value any) int {
	var below []any
	switch value := value.(type) {
	case map[string]any:
		below = slices.Collect(maps.Values(value))
	case []any:
		below = value
	default:
		return 0
	}
	deepest := 0
	for _, one := range below {
		deepest = max(deepest, depthOf(one))
	}
	return 1 + deepest
}

func (p *problems) schemaDraft(field string, root map[string]any) {
	value, said := root["$schema"]
	if !said || value == draft4.URL || value == draft4.URL+"#" {
		return
	}
	p.add(field, fmt.Sprintf(`has the "$schema" %q`, fmt.Sprint(value)),
		fmt.Sprintf("use %q, the only draft that API Gateway validates, or leave it out", draft4.URL+"#"))
}

// schemaReferences refuses references out of the schema: API Gateway resolves only references to its own models.
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

// schemaNumbers refuses numbers beyond the range of 64-bit floating point: Terraform reads the model's text into such numbers, and
// refuses the stack (hashicorp/terraform-plugin-sdk, helper/validation, StringIsJSON).
func (p *problems) schemaNumbers(field string, value any, at string) {
	switch value := value.(type) {
	case json.Number:
		if _, err := value.Float64(); err != nil {
			p.add(field, fmt.Sprintf("has the number %s at %q", value, at), "use one between -1.7e308 and 1.7e308: Terraform reads no other")
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			p.schemaNumbers(field, value[key], at+"/"+key)
		}
	case []any:
		for i, element := range value {
			p.schemaNumbers(field, element, at+"/"+strconv.Itoa(i))
		}
	}
}

// keywordReferences visits the parts of a keyword's value that may hold a reference. The values of an enum or a default are
// data. The names in properties and similar keywords are not keywords themselves.
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

// describe puts the compiler's error on one line. It sorts the causes, because the compiler visits the members of an object in
// any order.
func describe(err error) string {
	var invalid *jsonschema.ValidationError
	if refused := (*jsonschema.SchemaValidationError)(nil); errors.As(err, &refused) && errors.As(refused.Err, &invalid) {
		return oneLine(strings.Join(slices.Compact(slices.Sorted(slices.Values(causes(invalid)))), ", "))
	}
	return oneLine(err.Error())
}

// causes returns the innermost errors. The outer ones say only that an inner one failed.
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
