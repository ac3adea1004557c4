package tfjson

import (
	"errors"
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// target is what a traversal refers to.
type target struct {
	address string
	// path are the names of the value in an expression: "aws_kinesis_stream", "stream", "arn".
	path []string
	// attribute is the attribute of a resource. It is empty for anything else.
	attribute string
	// rest are the steps within the value.
	rest hcl.Traversal
	// scope is the first name, if it is one of Terraform's own.
	scope string
}

// targetOf splits a traversal. If the traversal is too short to refer to a value, so is the path.
func targetOf(traversal hcl.Traversal) target {
	t := target{path: []string{traversal.RootName()}, rest: traversal[1:]}
	length := 3 // type, name, attribute
	switch t.path[0] {
	case "local", "var":
		length, t.scope = 2, t.path[0]
	case "data":
		length = 4
	case "count", "each", "ephemeral", "module", "path", "self", "terraform":
		t.scope = t.path[0]
	}
	for len(t.path) < length {
		var step string
		if step, t.rest = name(t.rest); step == "" {
			break
		}
		t.path = append(t.path, step)
	}
	if len(t.path) < length {
		return t
	}
	named := t.path
	if t.scope == "" {
		named, t.attribute = named[:length-1], named[length-1]
	}
	for _, part := range named {
		t.address = join(t.address, part)
	}
	return t
}

// supply adds the value of a traversal to an expression's variables, at the depth that the traversal names.
func (r *resolver) supply(variables map[string]any, traversal hcl.Traversal) error {
	t := targetOf(traversal)
	value, err := r.valueOf(t)
	if err != nil {
		return err
	}
	at := variables
	last := len(t.path) - 1
	for _, step := range t.path[:last] {
		next, ok := at[step].(map[string]any)
		if !ok {
			next = map[string]any{}
			at[step] = next
		}
		at = next
	}
	if earlier, ok := at[t.path[last]]; ok {
		value = earlier // this traversal may use another part of it
	}
	at[t.path[last]] = listed(value, t.rest)
	return nil
}

func (r *resolver) valueOf(t target) (any, error) {
	switch t.scope {
	case "", "local", "var":
	default:
		return nil, fmt.Errorf("%s is not evaluated here; write the value itself", t.scope)
	}
	if t.address == "" {
		return nil, tooShort(t)
	}
	n := r.nodes[t.address]
	switch {
	case n == nil:
		return nil, undeclared(t.address)
	case n.failed[""]:
		return nil, errReported
	case t.scope == "local":
		return n.value, nil
	case t.scope == "var":
		body, _ := n.written.(map[string]any)
		if _, given := body["default"]; !given {
			return nil, fmt.Errorf("%s has no default, and nothing else sets its value here; write a default", t.address)
		}
		return n.value, nil
	}
	return r.attribute(n, t.attribute)
}

func undeclared(address string) error {
	return fmt.Errorf("%s is not declared in the stack; declare it, or correct the reference", address)
}

func tooShort(t target) error {
	if len(t.rest) > 0 {
		return errors.New("it selects an instance, which only count and for_each make; they are not evaluated here")
	}
	return errors.New("it names no attribute, and a whole resource is not evaluated here; name the attribute that is meant")
}

// attribute returns an attribute from a resource's body, or computes it as an apply would. As in Terraform, null counts as not
// set.
func (r *resolver) attribute(n *node, name string) (any, error) {
	if n.failed[name] {
		return nil, errReported
	}
	if isTerraforms(name) {
		return nil, fmt.Errorf("%s is Terraform's own argument and not an attribute", name)
	}
	if given := n.object()[name]; given != nil {
		return given, nil
	}
	return r.compute(n, name)
}

func isTerraforms(name string) bool {
	return name == "depends_on" || name == "lifecycle" || name == "provider"
}

// listed makes a list of one of each nested block that the steps index: JSON writes a single block as an object, and Terraform
// has a list.
func listed(value any, steps hcl.Traversal) any {
	if len(steps) == 0 {
		return value
	}
	switch step := steps[0].(type) {
	case hcl.TraverseAttr:
		return listedWithin(value, step.Name, steps[1:])
	case hcl.TraverseIndex:
		if step.Key.Type() == cty.String {
			return listedWithin(value, step.Key.AsString(), steps[1:])
		}
		if block, ok := value.(map[string]any); ok {
			value = []any{block}
		}
		items, _ := value.([]any)
		at, _ := step.Key.AsBigFloat().Int64()
		if at < 0 || at >= int64(len(items)) {
			return value // the evaluation reports that it is out of range
		}
		changed := append([]any(nil), items...)
		changed[at] = listed(items[at], steps[1:])
		return changed
	default:
		return value
	}
}

func listedWithin(value any, name string, steps hcl.Traversal) any {
	object, ok := value.(map[string]any)
	if !ok || object[name] == nil {
		return value
	}
	changed := make(map[string]any, len(object))
	for key, item := range object {
		changed[key] = item
	}
	changed[name] = listed(object[name], steps)
	return changed
}
