package iam

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// Request is what a document is evaluated for.
type Request struct {
	// Action is a service's and an operation's name, such as "kinesis:PutRecord".
	Action string
	// Resource is an ARN, or "*" for an action that is about none.
	Resource  string
	Principal Principal
	Context   Context
}

// Context are the condition keys that a request has, and their values: {"aws:SourceIp": {"192.0.2.1"}}. Their case does
// not matter.
type Context map[string][]string

// get finds a key that is given in lower case.
func (c Context) get(key string) ([]string, bool) {
	if values, ok := c[key]; ok {
		return values, true
	}
	for name, values := range c {
		if len(name) == len(key) && strings.EqualFold(name, key) {
			return values, true
		}
	}
	return nil, false
}

// Decision is what one document says to a request.
type Decision int

// What a document can say. A Deny in any document outweighs every Allow; where nothing is said, the request is denied
// (IAM User Guide, reference_policies_evaluation-logic).
const (
	// Silent is of a document that neither allows nor denies: an implicit deny, unless another document allows.
	Silent Decision = iota
	// AccountAllowed is of a document that allows the account of who asks, and not who asks: it leaves the decision to the
	// account, and counts as an Allow only where a policy of the identity allows as well (reference_policies_elements_principal).
	AccountAllowed
	// Allow allows.
	Allow
	// Deny is an explicit deny.
	Deny
)

// String is the decision's name.
func (d Decision) String() string {
	return [...]string{"Silent", "AccountAllowed", "Allow", "Deny"}[d]
}

// Evaluate decides by one document. An identity's policy is about whoever has it, so the principal is not looked at.
func (d Document) Evaluate(r Request) Decision {
	decision, _ := d.evaluate(&r)
	return decision
}

// evaluate gives the statement that decided too.
func (d Document) evaluate(r *Request) (Decision, *statement) {
	best, by := Silent, (*statement)(nil)
	action := strings.ToLower(r.Action)
	for i := range d.statements {
		s := &d.statements[i]
		decision := s.evaluate(action, r)
		if decision > best {
			best, by = decision, s
		}
		if best == Deny {
			break
		}
	}
	return best, by
}

// evaluate takes the action in lower case: actions are compared without regard to case.
func (s *statement) evaluate(action string, r *Request) Decision {
	if !s.actions.covers(func(p *pattern) bool { return p.matches(action, r) }) ||
		!s.resources.covers(func(p *pattern) bool { return p.matchesARN(r.Resource, r) }) {
		return Silent
	}
	how := named
	if s.principals != nil {
		how = s.principals.match(r.Principal)
	}
	if how == notNamed {
		return Silent
	}
	for i := range s.conditions {
		if !s.conditions[i].holds(r) {
			return Silent
		}
	}
	switch {
	case !s.allows:
		return Deny
	case how == accountNamed:
		return AccountAllowed
	default:
		return Allow
	}
}

// covers tells whether an element takes in what matches tests. An absent element takes in everything.
func (e *element) covers(matches func(*pattern) bool) bool {
	if e.patterns == nil {
		return true
	}
	for i := range e.patterns {
		if matches(&e.patterns[i]) {
			return !e.not
		}
	}
	return e.not
}

func firstRune(text string) (rune, int) {
	if text[0] < utf8.RuneSelf {
		return rune(text[0]), 1
	}
	return utf8.DecodeRuneInString(text)
}

// compact is a value as JSON on one line, with its names in order.
func compact(value any) string {
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(value) // what was JSON is JSON
	return strings.TrimSuffix(text.String(), "\n")
}
