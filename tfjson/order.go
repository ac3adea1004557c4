package tfjson

import (
	"maps"
	"slices"
	"strings"
)

// referred returns the addresses that a node refers to. The evaluation reports invalid templates and references to something
// undeclared.
func (r *resolver) referred(n *node) []string {
	found := map[string]bool{}
	walk(n.templates(), func(text string) {
		if isLiteral(text) {
			return
		}
		for _, traversal := range r.template(text).references {
			if target := targetOf(traversal); r.nodes[target.address] != nil {
				found[target.address] = true
			}
		}
	})
	for _, address := range r.dependsOn(n) {
		found[address] = true
	}
	return slices.Sorted(maps.Keys(found))
}

// walk visits every string that can hold an expression, keys among them.
func walk(value any, visit func(string)) {
	switch value := value.(type) {
	case string:
		visit(value)
	case []any:
		for _, item := range value {
			walk(item, visit)
		}
	case map[string]any:
		for name, item := range value {
			visit(name)
			walk(item, visit)
		}
	}
}

// templates returns the part of a node whose strings are templates. The strings of Terraform's own arguments are addresses, and
// those of a variable are literal.
func (n *node) templates() any {
	switch {
	case strings.HasPrefix(n.address, "var."):
		return nil
	case n.resource == nil && !strings.HasPrefix(n.address, "output."):
		return n.written
	}
	body, _ := n.written.(map[string]any)
	body = maps.Clone(body)
	for _, name := range notTemplates {
		delete(body, name)
	}
	return body
}

// notTemplates are Terraform's own arguments of a resource or output that Resolve accepts.
var notTemplates = []string{"//", "depends_on", "lifecycle", "provider"}

// dependsOn returns the addresses in depends_on. Their values are not needed, but Terraform orders by them too, and refuses a
// cycle.
func (r *resolver) dependsOn(n *node) []string {
	body, _ := n.written.(map[string]any)
	given := body["depends_on"]
	if given == nil || n.resource == nil && !strings.HasPrefix(n.address, "output.") {
		return nil
	}
	items, ok := given.([]any)
	if !ok {
		r.fail([]string{n.address, "depends_on"}, "it is %s; it must be a list of addresses", kind(given))
	}
	var found []string
	for _, item := range items {
		text, ok := item.(string)
		address := strings.TrimSuffix(strings.TrimPrefix(text, "${"), "}")
		switch {
		case !ok:
			r.fail([]string{n.address, "depends_on"}, "it holds %s; it must hold addresses", kind(item))
		case r.nodes[address] == nil || r.nodes[address].resource == nil:
			r.blame([]string{n.address, "depends_on"}, address, undeclared(address))
		default:
			found = append(found, address)
		}
	}
	return found
}

// order returns the addresses in groups. Everything that a group refers to comes before the group. A group of more than one
// address is a cycle. The algorithm is Tarjan's for strongly connected components.
func (r *resolver) order() [][]string {
	t := tarjan{nodes: r.nodes, index: map[string]int{}, low: map[string]int{}, on: map[string]bool{}}
	for _, address := range slices.Sorted(maps.Keys(r.nodes)) {
		if t.index[address] == 0 {
			t.visit(address)
		}
	}
	return t.groups
}

type tarjan struct {
	nodes      map[string]*node
	index, low map[string]int
	on         map[string]bool
	stack      []string
	groups     [][]string
}

func (t *tarjan) visit(address string) {
	number := len(t.index) + 1
	t.index[address], t.low[address], t.on[address] = number, number, true
	t.stack = append(t.stack, address)
	for _, next := range t.nodes[address].refersTo {
		if t.index[next] == 0 {
			t.visit(next)
			t.low[address] = min(t.low[address], t.low[next])
		} else if t.on[next] {
			t.low[address] = min(t.low[address], t.index[next])
		}
	}
	if t.low[address] != number {
		return
	}
	var group []string
	for t.on[address] {
		last := t.stack[len(t.stack)-1]
		t.stack = t.stack[:len(t.stack)-1]
		t.on[last] = false
		group = append(group, last)
	}
	t.groups = append(t.groups, group)
}

// evaluateGroup evaluates a node whose references are evaluated, or reports a cycle.
func (r *resolver) evaluateGroup(group []string) {
	first := r.nodes[group[0]]
	if first.done {
		return
	}
	if len(group) == 1 && !slices.Contains(first.refersTo, first.address) {
		first.done = true
		r.evaluateNode(first)
		return
	}
	for _, address := range group {
		r.nodes[address].done = true
		r.nodes[address].failed = map[string]bool{"": true}
	}
	circle := r.circle(group)
	r.fail([]string{circle[0]}, "it refers to itself: %s", strings.Join(circle, " -> "))
}

// circle returns a shortest cycle from the first address of a group back to itself.
func (r *resolver) circle(group []string) []string {
	start, within := slices.Min(group), map[string]bool{}
	for _, address := range group {
		within[address] = true
	}
	from := map[string]string{}
	for queue := []string{start}; ; queue = queue[1:] {
		for _, next := range r.nodes[queue[0]].refersTo {
			if next == start {
				from[start] = queue[0]
				return wayBack(from, start)
			}
			if _, seen := from[next]; !seen && within[next] {
				from[next] = queue[0]
				queue = append(queue, next)
			}
		}
	}
}

func wayBack(from map[string]string, start string) []string {
	way := []string{start}
	for at := from[start]; at != start; at = from[at] {
		way = append(way, at)
	}
	way = append(way, start)
	slices.Reverse(way)
	return way
}
