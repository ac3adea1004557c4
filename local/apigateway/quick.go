package apigateway

import (
	"reflect"
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"cdk.tf/go/ingest/local/apigateway/vtl"
)

// quick says of a payload that it is valid, or that it does not know. It looks at the payload that the mapping template
// reads too, where the validator needs the body taken apart in a form of its own, which takes longer than all the rest
// of a batch.
type quick struct {
	types []string // none is any

	required   []string
	properties map[string]*quick
	// additional is for members that are not among the properties; nil is that they may be anything, unless closed.
	additional *quick
	closed     bool
	members    bounds

	items    *quick
	elements bounds

	// whole is a schema with other keywords, which is the validator's.
	whole *jsonschema.Schema
}

// bounds are of a number of elements; nil is none.
type bounds struct{ least, most *int }

func (b bounds) hold(n int) bool {
	return (b.least == nil || n >= *b.least) && (b.most == nil || n <= *b.most)
}

// quickKeywords are the fields of a compiled schema that are understood here, or that say nothing of an instance.
var quickKeywords = []string{
	"Types", "Required", "Properties", "AdditionalProperties", "MinProperties", "MaxProperties", "Items", "MinItems", "MaxItems",
	"DraftVersion", "Location", "ID", "Title", "Description", "Default",
}

// quickOf is nil of a schema that the validator alone understands.
func quickOf(schema *jsonschema.Schema) *quick {
	if q := (quickReader{}).read(schema); q.whole == nil {
		return q
	}
	return nil
}

// quickReader has what is known of schemas; nil is one that is being read.
type quickReader map[*jsonschema.Schema]*quick

func (r quickReader) read(schema *jsonschema.Schema) *quick {
	q, known := r[schema]
	if known && q != nil {
		return q
	}
	items, isSchema := schema.Items.(*jsonschema.Schema)
	switch {
	case known: // it is in itself
		return &quick{whole: schema}
	case schema.Ref != nil && onlyHas(schema, "Ref", "DraftVersion", "Location"):
		r[schema] = nil
		q = r.read(schema.Ref)
	case !onlyHas(schema, quickKeywords...) || schema.Items != nil && !isSchema:
		q = &quick{whole: schema}
	default:
		r[schema] = nil
		q = r.readKeywords(schema)
		if items != nil {
			q.items = r.read(items)
		}
	}
	r[schema] = q
	return q
}

func (r quickReader) readKeywords(schema *jsonschema.Schema) *quick {
	q := &quick{
		required: schema.Required, properties: make(map[string]*quick, len(schema.Properties)),
		members: bounds{schema.MinProperties, schema.MaxProperties}, elements: bounds{schema.MinItems, schema.MaxItems},
	}
	if schema.Types != nil {
		q.types = schema.Types.ToStrings()
	}
	for name, property := range schema.Properties {
		q.properties[name] = r.read(property)
	}
	switch additional := schema.AdditionalProperties.(type) {
	case bool:
		q.closed = !additional
	case *jsonschema.Schema:
		q.additional = r.read(additional)
	}
	return q
}

// onlyHas tells whether a compiled schema has no other fields set than these.
func onlyHas(schema *jsonschema.Schema, fields ...string) bool {
	value := reflect.ValueOf(schema).Elem()
	for i := range value.NumField() {
		field := value.Type().Field(i)
		if field.IsExported() && !value.Field(i).IsZero() && !slices.Contains(fields, field.Name) {
			return false
		}
	}
	return true
}

// holds is true of a payload that is surely valid.
func (q *quick) holds(p vtl.Payload) bool {
	if q.whole != nil {
		instance, ok := p.Instance()
		return ok && q.whole.Validate(instance) == nil
	}
	kind := p.Type()
	if len(q.types) > 0 && !slices.Contains(q.types, kind) && (kind != "integer" || !slices.Contains(q.types, "number")) {
		return false
	}
	switch kind {
	case "object":
		return q.holdsObject(p)
	case "array":
		return q.holdsArray(p)
	}
	return true
}

func (q *quick) holdsObject(p vtl.Payload) bool {
	if !q.members.hold(p.Len()) {
		return false
	}
	for _, name := range q.required {
		if !p.Has(name) {
			return false
		}
	}
	if len(q.properties) == 0 && q.additional == nil && !q.closed {
		return true
	}
	for i := range p.Len() {
		if !q.holdsMember(p.Name(i), p.Element(i)) {
			return false
		}
	}
	return true
}

func (q *quick) holdsMember(name string, value vtl.Payload) bool {
	property, known := q.properties[name]
	switch {
	case known:
		return property.holds(value)
	case q.additional != nil:
		return q.additional.holds(value)
	}
	return !q.closed
}

func (q *quick) holdsArray(p vtl.Payload) bool {
	if !q.elements.hold(p.Len()) {
		return false
	}
	for i := range p.Len() {
		if q.items != nil && !q.items.holds(p.Element(i)) {
			return false
		}
	}
	return true
}
