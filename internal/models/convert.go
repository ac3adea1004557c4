// Package models knows the models of an API, which are JSON schemas of draft 4: it converts them to draft 2020-12, and finds an
// example that one allows.
package models

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// SchemaRef is where the document keeps its schemas.
const SchemaRef = "#/components/schemas/"

// Keywords of draft 4 that hold one schema, a list of schemas, or schemas by name.
var (
	oneSchema     = []string{"not", "additionalProperties", "additionalItems"}
	listOfSchemas = []string{"allOf", "anyOf", "oneOf"}
	namedSchemas  = []string{"properties", "patternProperties", "definitions"}
	// plainKeywords mean the same in draft 4 and in draft 2020-12, and hold no schema. "format" is among them, although a
	// validator of 2020-12 need not check it. So is "type", although 1.0 is an integer there and none in draft 4.
	plainKeywords = []string{
		"title", "description", "default", "type", "enum", "format", "pattern", "required", "multipleOf", "minimum", "maximum",
		"minLength", "maxLength", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties",
	}
)

// keywords are those of draft 4.
var keywords = slices.Concat(oneSchema, listOfSchemas, namedSchemas, plainKeywords, []string{
	"items", "dependencies", "exclusiveMaximum", "exclusiveMinimum", "id", "$ref", "$schema",
})

// Converter makes schemas of JSON Schema draft 2020-12, which is OpenAPI 3.1's, of the API's models, which are of draft 4.
// What draft 4 does not know is left out: API Gateway refuses it, and 2020-12 might mean something by it.
type Converter struct {
	// Components are the converted schemas by name.
	Components map[string]object
	// texts are the models, as they are written, by name.
	texts map[string]object
	// names are the components' names by the address of the schema: the model, and a pointer into it.
	names map[address]string
	api   string // its models' URL, with "/" at the end
}

// address is a place in a model's schema.
type address struct{ model, pointer string }

// NewConverter returns a converter of the models of an API, by their names.
func NewConverter(apiID string, models map[string]object) *Converter {
	c := &Converter{
		Components: map[string]object{}, texts: models, names: map[address]string{},
		api: "https://apigateway.amazonaws.com/restapis/" + apiID + "/models/",
	}
	for _, name := range sortedKeys(models) {
		c.names[address{name, ""}] = name
	}
	return c
}

func join(base, reference string) string {
	from, err := url.Parse(base)
	if err != nil {
		return reference
	}
	joined, err := from.Parse(reference)
	if err != nil {
		return reference
	}
	return joined.String()
}

// each visits the schemas right below a schema, in order.
func each(schema object, visit func(path string, below object)) {
	visitOne := func(path string, value any) {
		if below, ok := value.(object); ok {
			visit(path, below)
		}
	}
	for _, key := range sortedKeys(schema) {
		named := slices.Contains(namedSchemas, key) || key == "dependencies"
		single := slices.Contains(oneSchema, key) || key == "items"
		list, isList := schema[key].([]any)
		below, _ := schema[key].(object)
		switch {
		case named:
			for _, name := range sortedKeys(below) {
				visitOne("/"+key+"/"+escapeToken(name), below[name])
			}
		case isList && (slices.Contains(listOfSchemas, key) || key == "items"):
			for i, item := range list {
				visitOne("/"+key+"/"+strconv.Itoa(i), item)
			}
		case single:
			visitOne("/"+key, schema[key])
		}
	}
}

func escapeToken(name string) string {
	return strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
}

// Model converts a model with everything that it refers to, and returns a reference to it. It fails where a reference leads nowhere.
func (c *Converter) Model(name string) (object, error) { return c.component(address{name, ""}) }

// component converts the schema at an address, as a component of its own.
func (c *Converter) component(at address) (object, error) {
	name, named := c.names[at]
	if !named {
		name = c.unique(at)
		c.names[at] = name
	}
	if _, done := c.Components[name]; !done {
		schema, err := c.find(at)
		if err != nil {
			return nil, err
		}
		c.Components[name] = object{} // a schema may refer to itself
		if c.Components[name], err = c.convert(at, schema); err != nil {
			return nil, fmt.Errorf("the schema of the model %s: %w", at.model, err)
		}
	}
	return object{"$ref": SchemaRef + name}, nil
}

// NotOfAName are the characters that the name of a component may not have.
var NotOfAName = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// unique is the name of what a pointer leads to: the last part of it, after the model's name.
func (c *Converter) unique(at address) string {
	last := at.pointer[strings.LastIndex(at.pointer, "/")+1:]
	name := at.model + "_" + NotOfAName.ReplaceAllString(last, "_")
	taken := map[string]bool{}
	for _, other := range c.names {
		taken[other] = true
	}
	return Free(name, func(name string) bool { return taken[name] })
}

// Free returns the name, or, if it is taken, the name with the first number that makes another one.
func Free(name string, taken func(string) bool) string {
	for n, candidate := 2, name; ; n++ {
		if !taken(candidate) {
			return candidate
		}
		candidate = name + strconv.Itoa(n)
	}
}

// find is the schema at an address.
func (c *Converter) find(at address) (object, error) {
	text, known := c.texts[at.model]
	if !known {
		return nil, fmt.Errorf("there is no model %q", at.model)
	}
	schema, ok := pointed(text, at.pointer).(object)
	if !ok {
		return nil, fmt.Errorf("%q leads to no schema of the model %s", at.pointer, at.model)
	}
	return schema, nil
}

// target is where a reference leads from a schema. No reference is to an id (see Refused).
func (c *Converter) target(at address, reference string) (address, error) {
	resource, fragment, _ := strings.Cut(join(c.api+at.model, reference), "#")
	fragment, err := url.PathUnescape(fragment)
	if err != nil || fragment != "" && !strings.HasPrefix(fragment, "/") {
		return address{}, fmt.Errorf(`"$ref" is %q, which is no pointer`, reference)
	}
	if name, ok := strings.CutPrefix(resource, c.api); ok && c.texts[name] != nil {
		return address{name, fragment}, nil
	}
	return address{}, fmt.Errorf(`"$ref" is %q, which is no model of the API`, reference)
}

// convert makes one schema of draft 2020-12. Beside "$ref" draft 4 knows no other keyword.
func (c *Converter) convert(at address, schema object) (object, error) {
	if reference, ok := schema["$ref"].(string); ok {
		to, err := c.target(at, reference)
		if err != nil {
			return nil, err
		}
		return c.component(to)
	}
	made := object{}
	for _, key := range plainKeywords {
		if value, there := schema[key]; there {
			made[key] = value
		}
	}
	if schema["type"] == "object" && schema["properties"] == nil && schema["additionalProperties"] == nil {
		// It is what its absence means. Without it openapi-typescript takes an object without properties for an empty one.
		made["additionalProperties"] = true
	}
	exclusive(schema, made, "minimum", "exclusiveMinimum")
	exclusive(schema, made, "maximum", "exclusiveMaximum")
	for _, step := range []func(address, object, object) error{c.convertBelow, c.convertItems, c.convertDependencies} {
		if err := step(at, schema, made); err != nil {
			return nil, err
		}
	}
	return made, nil
}

// exclusive makes a bound of a flag: {"minimum": 1, "exclusiveMinimum": true} is {"exclusiveMinimum": 1}.
func exclusive(schema, made object, bound, flag string) {
	if value, there := schema[bound]; there && schema[flag] == true {
		delete(made, bound)
		made[flag] = value
	}
}

// schemaOrBool converts what is a schema, or true or false.
func (c *Converter) schemaOrBool(at address, path string, value any) (any, error) {
	if below, ok := value.(object); ok {
		return c.convert(address{at.model, at.pointer + path}, below)
	}
	return value, nil
}

// convertBelow converts the keywords that hold schemas and are the same in both drafts. Definitions become components, where
// something refers to them.
func (c *Converter) convertBelow(at address, schema, made object) (err error) {
	for _, key := range []string{"not", "additionalProperties"} {
		if value, there := schema[key]; there {
			if made[key], err = c.schemaOrBool(at, "/"+key, value); err != nil {
				return err
			}
		}
	}
	for _, key := range listOfSchemas {
		if list, ok := schema[key].([]any); ok {
			if made[key], err = c.convertList(at, "/"+key, list); err != nil {
				return err
			}
		}
	}
	for _, key := range []string{"properties", "patternProperties"} {
		named, ok := schema[key].(object)
		if !ok {
			continue
		}
		converted := object{}
		for _, name := range sortedKeys(named) {
			if converted[name], err = c.schemaOrBool(at, "/"+key+"/"+escapeToken(name), named[name]); err != nil {
				return err
			}
		}
		made[key] = converted
	}
	return nil
}

func (c *Converter) convertList(at address, path string, list []any) ([]any, error) {
	converted := make([]any, len(list))
	for i, item := range list {
		var err error
		if converted[i], err = c.schemaOrBool(at, path+"/"+strconv.Itoa(i), item); err != nil {
			return nil, err
		}
	}
	return converted, nil
}

// convertItems makes "prefixItems" of a list of items; what comes after the list is "additionalItems" in draft 4, which means
// nothing without one, and "items" in 2020-12.
func (c *Converter) convertItems(at address, schema, made object) (err error) {
	switch items := schema["items"].(type) {
	case object:
		made["items"], err = c.convert(address{at.model, at.pointer + "/items"}, items)
	case []any:
		if len(items) > 0 { // 2020-12 wants one at least
			if made["prefixItems"], err = c.convertList(at, "/items", items); err != nil {
				return err
			}
		}
		if rest, there := schema["additionalItems"]; there {
			made["items"], err = c.schemaOrBool(at, "/additionalItems", rest)
		}
	}
	return err
}

// convertDependencies tells those that are a list of names from those that are a schema.
func (c *Converter) convertDependencies(at address, schema, made object) error {
	dependencies, _ := schema["dependencies"].(object)
	required, schemas := object{}, object{}
	for _, name := range sortedKeys(dependencies) {
		if names, isList := dependencies[name].([]any); isList {
			required[name] = names
			continue
		}
		converted, err := c.schemaOrBool(at, "/dependencies/"+escapeToken(name), dependencies[name])
		if err != nil {
			return err
		}
		schemas[name] = converted
	}
	if len(required) > 0 {
		made["dependentRequired"] = required
	}
	if len(schemas) > 0 {
		made["dependentSchemas"] = schemas
	}
	return nil
}

// Infer returns a schema of the given values. It requires the properties that all of them have.
func Infer(values []any) object {
	types := map[string]bool{}
	var objects []object
	var items []any
	for _, value := range values {
		types[typeOf(value)] = true
		switch value := value.(type) {
		case object:
			objects = append(objects, value)
		case []any:
			items = append(items, value...)
		}
	}
	if types["number"] {
		delete(types, "integer")
	}
	schema := object{}
	switch names := sortedKeys(types); len(names) {
	case 0:
	case 1:
		schema["type"] = names[0]
	default:
		schema["type"] = names
	}
	if len(objects) > 0 {
		inferProperties(objects, schema)
	}
	if len(items) > 0 {
		schema["items"] = Infer(items)
	}
	return schema
}

func inferProperties(objects []object, schema object) {
	seen := map[string][]any{}
	for _, value := range objects {
		for name, property := range value {
			seen[name] = append(seen[name], property)
		}
	}
	properties, required := object{}, []string{}
	for _, name := range sortedKeys(seen) {
		properties[name] = Infer(seen[name])
		if len(seen[name]) == len(objects) {
			required = append(required, name)
		}
	}
	schema["properties"] = properties
	if len(required) > 0 {
		schema["required"] = required
	}
}

func typeOf(value any) string {
	switch value := value.(type) {
	case object:
		return "object"
	case []any:
		return "array"
	case string:
		return "string"
	case bool:
		return "boolean"
	case json.Number:
		if _, err := value.Int64(); err == nil {
			return "integer"
		}
		return "number"
	default:
		return "null"
	}
}
