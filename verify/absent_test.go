package verify

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// TestAbsentMembers leaves each member out of AWS's right answers, one after another, as an emulator or a proxy does: no check panics.
func TestAbsentMembers(t *testing.T) {
	t.Parallel()
	tried := map[string]bool{}
	for _, golden := range drifting {
		a := newAccount(t, nil)
		r := deployedRun(t, golden, a)
		right := rightAnswers(t, r)
		a.setAll(t, right)
		askedBy := a.askedBy(t, r)
		for call, answer := range right {
			if answer.body["Error"] != nil {
				continue
			}
			eachMember(answer.body, answer.at, func(at string, without func() (undo func())) {
				if tried[at] {
					return
				}
				tried[at] = true
				undo := without()
				a.set(call, answer.reply(t))
				operation, _, _ := strings.Cut(call, " ")
				for _, c := range slices.Concat(askedBy[call], askedBy[operation]) {
					lookWithout(t, r, c, at)
				}
				undo()
				a.set(call, answer.reply(t))
			})
		}
	}
}

// askedBy are the checks that make each call.
func (a *account) askedBy(t *testing.T, r *run) map[string][]check {
	t.Helper()
	found := map[string][]check{}
	for _, c := range surroundingsChecks(r.Pipeline) {
		clear(a.asked)
		if !c.late {
			c.look(t.Context(), r)
		}
		for call := range a.asked {
			found[call] = append(found[call], c)
		}
	}
	return found
}

func lookWithout(t *testing.T, r *run, c check, at string) {
	t.Helper()
	defer func() {
		if problem := recover(); problem != nil {
			t.Errorf("without %s %s panics: %v", at, c.id, problem)
		}
	}()
	c.look(t.Context(), r)
}

// eachMember visits the members of an answer with what leaves each out.
func eachMember(node any, at string, visit func(at string, without func() (undo func()))) {
	switch node := node.(type) {
	case tree:
		for _, name := range slices.Sorted(maps.Keys(node)) {
			value := node[name]
			visit(at+"."+name, func() func() {
				delete(node, name)
				return func() { node[name] = value }
			})
			eachMember(value, at+"."+name, visit)
		}
	case []any:
		for _, value := range node {
			eachMember(value, at, visit)
		}
	}
}
