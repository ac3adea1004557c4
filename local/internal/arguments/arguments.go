// Package arguments refuses what an apply would refuse in the arguments that have no effect on one machine. The packages that imitate a
// service check those that have one.
package arguments

import (
	"fmt"
	"slices"
	"strings"

	"cdk.tf/go/ingest/tfjson"
)

// argument is a rule for an argument or a block of a resource.
type argument struct {
	// path has the names of the blocks around it and its own, with dots between them.
	path  string
	check check
}

// check says what is wrong with the values that a block has for an argument, and what to use; "" is a right one. No value is given
// where the argument is absent or null.
type check func(given []any) string

// Problems are a resolved stack's breaches of the rules, by the address of their resource. Each has the argument, its value and the
// remedy.
func Problems(stack *tfjson.Stack) map[string][]string {
	found := map[string][]string{}
	for _, r := range stack.All() {
		for _, a := range rules[r.Type] {
			for _, problem := range a.problems(r.Body) {
				found[r.Address()] = append(found[r.Address()], a.path+" "+problem)
			}
		}
		for _, pair := range exclusive[r.Type] {
			if len(given(r.Body[pair[0]])) > 0 && len(given(r.Body[pair[1]])) > 0 {
				found[r.Address()] = append(found[r.Address()], fmt.Sprintf("%s is there beside %s; give one of them", pair[1], pair[0]))
			}
		}
	}
	return found
}

func (a argument) problems(body map[string]any) (found []string) {
	blocks := []map[string]any{body}
	names := strings.Split(a.path, ".")
	for _, name := range names[:len(names)-1] {
		var inner []map[string]any
		for _, block := range blocks {
			for _, value := range given(block[name]) {
				if object, is := value.(map[string]any); is {
					inner = append(inner, object)
				}
			}
		}
		blocks = inner
	}
	for _, block := range blocks {
		if problem := a.check(given(block[names[len(names)-1]])); problem != "" && !slices.Contains(found, problem) {
			found = append(found, problem)
		}
	}
	return found
}

// given are the values of an argument: the elements of a list, or the value alone.
func given(value any) []any {
	switch value := value.(type) {
	case nil:
		return nil
	case []any:
		return value
	}
	return []any{value}
}
