package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cdk.tf/go/ingest/tfjson"
)

// checker reads one stack and collects its breaches.
type checker struct {
	stack    *tfjson.Stack
	expect   Expect
	rule     Rule
	breaches []error
}

func (c *checker) breach(resource, problem, remedy string) {
	c.breaches = append(c.breaches, breach{c.rule, resource, problem, remedy})
}

// place is a resource's body, or a block within it.
type place struct {
	resource tfjson.Resource
	// path leads from the resource to the block, such as "rule."; "" for the resource itself.
	path string
	body map[string]any
}

func in(r tfjson.Resource) place { return place{resource: r, body: r.Body} }

func (c *checker) breachAt(p place, problem, remedy string) {
	c.breach(p.resource.Address(), problem, remedy)
}

// blocks are the nested blocks of one name.
func (c *checker) blocks(p place, name string) []place {
	bodies, err := tfjson.Blocks(p.body, name)
	if err != nil {
		c.breachAt(p, p.path+name+" cannot be read: "+err.Error(), "write it as a block")
	}
	var places []place
	for _, body := range bodies {
		places = append(places, place{p.resource, p.path + name + ".", body})
	}
	return places
}

// block is the only nested block of a name. If there is none, it is empty, so a rule reports the attributes that it needs in it.
func (c *checker) block(p place, name string) place {
	places := c.blocks(p, name)
	switch len(places) {
	case 0:
		return place{p.resource, p.path + name + ".", nil}
	case 1:
	default:
		c.breachAt(p, fmt.Sprintf("%s appears %d times", p.path+name, len(places)), "keep one")
	}
	return places[0]
}

// want reports an attribute that has none of the allowed values. Among them, "" allows an absent attribute.
func (c *checker) want(p place, key string, allowed ...string) {
	value, ok := c.literal(p, key)
	if !ok || slices.Contains(allowed, value) {
		return
	}
	problem := fmt.Sprintf("%s is %q", p.path+key, value)
	if value == "" {
		problem = p.path + key + " is not set"
	}
	c.breachAt(p, problem, setTo(allowed))
}

func setTo(allowed []string) string {
	remedy := "set it to "
	if i := slices.Index(allowed, ""); i >= 0 {
		remedy = "leave it out or " + remedy
		allowed = slices.Delete(slices.Clone(allowed), i, i+1)
	}
	for i, value := range allowed {
		switch {
		case i == 0:
		case i == len(allowed)-1:
			remedy += " or "
		default:
			remedy += ", "
		}
		remedy += strconv.Quote(value)
	}
	return remedy
}

// literal is an attribute's value as text; "" if the attribute is absent. It reports a value that the JSON does not contain.
func (c *checker) literal(p place, key string) (string, bool) {
	value, ok := c.value(p.body[key])
	if !ok {
		c.undecidable(p, key)
	}
	return value, ok
}

func (c *checker) undecidable(p place, key string) {
	written := "no single value"
	if text, ok := p.body[key].(string); ok {
		written = fmt.Sprintf("%q, whose value is known only after an apply", text)
	}
	c.breachAt(p, p.path+key+" is "+written, "write the value itself")
}

// value is like literal, but reports nothing.
func (c *checker) value(v any) (string, bool) {
	if v == nil {
		return "", true
	}
	text, ok := tfjson.Scalar(v)
	if !ok {
		return "", false
	}
	return literalText(c.settle(text))
}

// literalText is a template without expressions.
func literalText(template string) (string, bool) {
	parts, err := tfjson.Parse(template)
	if err != nil || len(parts) > 1 {
		return "", false
	}
	if len(parts) == 0 {
		return "", true
	}
	return parts[0].Literal, parts[0].Literal != ""
}

// reference reads a template that is exactly one reference.
func reference(v any) (tfjson.Reference, bool) {
	text, _ := v.(string)
	parts, err := tfjson.Parse(text)
	if err != nil || len(parts) != 1 || parts[0].Reference == nil {
		return tfjson.Reference{}, false
	}
	return *parts[0].Reference, true
}

// maxHops bounds a chain of references, in case it is a circle.
const maxHops = 8

// settle replaces each reference to an argument of the stack with the argument's value. A value that only AWS knows, such as an
// ARN, stays a reference. Two templates for one value settle to the same text.
func (c *checker) settle(template string) string {
	parts, err := tfjson.Parse(template)
	if err != nil {
		return template
	}
	var settled strings.Builder
	for _, part := range parts {
		if part.Reference != nil {
			settled.WriteString(c.settleReference(*part.Reference))
		} else {
			settled.WriteString(part.String())
		}
	}
	return settled.String()
}

func (c *checker) settleReference(ref tfjson.Reference) string {
	for range maxHops {
		r, _ := c.stack.Find(ref)
		argument, ok := tfjson.Scalar(r.Body[ref.Attribute])
		if !ok {
			break
		}
		if _, ok := literalText(argument); ok {
			return argument
		}
		next, ok := reference(argument)
		if !ok {
			break
		}
		ref = next
	}
	return tfjson.Part{Reference: &ref}.String()
}

// follow finds the resource of a type to which a reference leads, through any arguments, by one of the attributes that identify
// the resource.
func (c *checker) follow(v any, typ string, attributes ...string) (tfjson.Resource, bool) {
	for range maxHops {
		ref, ok := reference(v)
		if !ok {
			break
		}
		r, ok := c.stack.Find(ref)
		if !ok {
			break
		}
		if !r.Data && r.Type == typ && slices.Contains(attributes, ref.Attribute) {
			return r, true
		}
		v = r.Body[ref.Attribute]
	}
	return tfjson.Resource{}, false
}

// list is a list of strings as they are written. It leaves out other items.
func list(v any) []string {
	items, _ := v.([]any)
	var texts []string
	for _, item := range items {
		if text, ok := item.(string); ok {
			texts = append(texts, text)
		}
	}
	return texts
}
