package tfjson

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// node is a part of a stack that can hold references or be referred to: a resource, a data source, a local value, a variable,
// an output, or the provider block.
type node struct {
	address string
	// resource is nil unless the node is a resource or a data source.
	resource *Resource
	// written is the node's body in the stack. value is the evaluated body, in the same form.
	written, value any
	// failed are the attributes whose evaluation failed and was reported. "" means the whole node.
	failed map[string]bool
	// refersTo are addresses, sorted.
	refersTo []string
	done     bool
}

// object returns a node's value if it is a body.
func (n *node) object() map[string]any {
	object, _ := n.value.(map[string]any)
	return object
}

// sections are the parts of a stack that Resolve knows. It ignores "moved" and "removed", which refer to an earlier apply, and
// "terraform", which configures Terraform.
var sections = []string{"//", "data", "locals", "moved", "output", "provider", "removed", "resource", "terraform", "variable"}

// collect makes the nodes, and finds the addresses that each refers to.
func (r *resolver) collect() {
	for _, section := range slices.Sorted(maps.Keys(r.stack.root)) {
		if !slices.Contains(sections, section) {
			r.fail([]string{section}, "this part of a stack is not evaluated here; leave it out")
		}
	}
	for i := range r.stack.resources {
		resource := &r.stack.resources[i]
		r.checkMeta(resource)
		r.nodes[resource.Address()] = &node{address: resource.Address(), resource: resource, written: resource.Body}
	}
	r.collectNamed("locals", r.addLocals)
	r.collectNamed("variable", r.addVariables)
	r.collectNamed("output", r.addOutputs)
	r.collectProvider()
	for _, address := range slices.Sorted(maps.Keys(r.nodes)) {
		n := r.nodes[address]
		n.refersTo = r.referred(n)
	}
}

func (r *resolver) collectNamed(section string, add func(map[string]any)) {
	blocks, err := Blocks(r.stack.root, section)
	if err != nil {
		r.fail(nil, "%s", err)
	}
	for _, block := range blocks {
		add(block)
	}
}

func (r *resolver) add(n *node) {
	_, name, _ := strings.Cut(n.address, ".")
	switch {
	case r.nodes[n.address] != nil:
		r.fail(nil, "%s is declared twice", n.address)
	case !hclsyntax.ValidIdentifier(name):
		r.fail(nil, "%q is not a name; use letters, digits, \"_\" and \"-\", beginning with a letter or \"_\"", n.address)
	default:
		r.nodes[n.address] = n
	}
}

func (r *resolver) addLocals(block map[string]any) {
	for name, value := range block {
		if name != "//" {
			r.add(&node{address: "local." + name, written: value})
		}
	}
}

// addVariables uses a variable's default, because nothing else sets its value here.
func (r *resolver) addVariables(block map[string]any) {
	for name, value := range block {
		if name == "//" {
			continue
		}
		address := "var." + name
		body, ok := r.body(address, value)
		if !ok {
			continue
		}
		if body["validation"] != nil {
			r.fail([]string{address, "validation"}, "validations are not evaluated here; leave it out")
		}
		r.add(&node{address: address, written: body})
	}
}

func (r *resolver) addOutputs(block map[string]any) {
	for name, value := range block {
		if name == "//" {
			continue
		}
		address := "output." + name
		body, ok := r.body(address, value)
		if !ok {
			continue
		}
		if body["precondition"] != nil {
			r.fail([]string{address, "precondition"}, "conditions are not evaluated here; leave it out")
		}
		if _, ok := body["value"]; !ok {
			r.fail([]string{address}, "an output has a value")
		}
		r.add(&node{address: address, written: body})
	}
}

// body returns a block that must be exactly one object.
func (r *resolver) body(address string, value any) (map[string]any, bool) {
	bodies, err := Blocks(map[string]any{address: value}, address)
	switch {
	case err != nil:
		r.fail(nil, "%s", err)
	case len(bodies) != 1:
		r.fail(nil, "%s is declared %d times; it must be once", address, len(bodies))
	default:
		return bodies[0], true
	}
	return nil, false
}

const oneProvider = "a stack has one block of the provider aws here, without an alias"

func (r *resolver) collectProvider() {
	var bodies []map[string]any
	r.collectNamed("provider", func(providers map[string]any) {
		blocks, err := Blocks(providers, "aws")
		if err != nil {
			r.fail([]string{"provider"}, "%s", err)
		}
		bodies = append(bodies, blocks...)
	})
	switch {
	case len(bodies) == 0:
		r.fail([]string{providerAddress}, "the stack has none; write one with its region, because nothing else defines the stack's region")
	case len(bodies) > 1:
		r.fail([]string{providerAddress}, "there are %d; %s", len(bodies), oneProvider)
	case bodies[0]["alias"] != nil:
		r.fail([]string{providerAddress, "alias"}, oneProvider)
	default:
		r.nodes[providerAddress] = &node{address: providerAddress, written: bodies[0]}
	}
}

// metaArguments are Terraform's arguments that make several instances of a block, or run something.
var metaArguments = []string{"connection", "count", "for_each", "provisioner"}

// checkMeta refuses arguments that would need more than evaluation.
func (r *resolver) checkMeta(resource *Resource) {
	address := resource.Address()
	for _, name := range metaArguments {
		if resource.Body[name] != nil {
			r.fail([]string{address, name}, "it is not evaluated here; write out each resource as it is")
		}
	}
	if provider := resource.Body["provider"]; provider != nil && provider != "aws" && provider != "${aws}" {
		r.fail([]string{address, "provider"}, oneProvider)
	}
	lifecycles, err := resource.Blocks("lifecycle")
	if err != nil {
		r.fail(nil, "%s", err)
	}
	for _, lifecycle := range lifecycles {
		for _, name := range []string{"postcondition", "precondition"} {
			if lifecycle[name] != nil {
				r.fail([]string{address, "lifecycle." + name}, "conditions are not evaluated here; leave it out")
			}
		}
	}
	r.checkDynamic(address, "", resource.Body)
}

// checkDynamic finds blocks named dynamic, at any depth: {"dynamic": {"rule": {"for_each": …, "content": …}}}. An attribute may
// have a key of that name with other content.
func (r *resolver) checkDynamic(address, path string, value any) {
	switch value := value.(type) {
	case []any:
		for i, item := range value {
			r.checkDynamic(address, fmt.Sprintf("%s[%d]", path, i), item)
		}
	case map[string]any:
		for name, item := range value {
			if name == "dynamic" && isDynamic(item) {
				r.fail([]string{address, join(path, name)}, "it is not evaluated here; write out each block as it is")
				continue
			}
			r.checkDynamic(address, join(path, name), item)
		}
	}
}

func isDynamic(value any) bool {
	labels, _ := Blocks(map[string]any{"dynamic": value}, "dynamic")
	for _, byLabel := range labels {
		for label := range byLabel {
			blocks, _ := Blocks(byLabel, label)
			for _, block := range blocks {
				if block["for_each"] != nil || block["content"] != nil {
					return true
				}
			}
		}
	}
	return false
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
