package iam

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// request is what a document is evaluated for.
type request struct {
	// action is a service's and an operation's name, such as "kinesis:PutRecord".
	action string
	// resource is an ARN, or "*" for an action that is about none.
	resource  string
	principal principal
	context   conditionKeys
}

// conditionKeys are the condition keys that a request has, and their values: {"aws:SourceIp": {"192.0.2.1"}}. Their case does
// not matter.
type conditionKeys map[string][]string

// get finds a key that is given in lower case.
func (c conditionKeys) get(key string) ([]string, bool) {
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

// decision is what one document says to a request.
type decision int

// What a document can say. A Deny in any document outweighs every Allow; where nothing is said, the request is denied
// (IAM User Guide, reference_policies_evaluation-logic).
const (
	// silent is of a document that neither allows nor denies: an implicit deny, unless another document allows.
	silent decision = iota
	// accountAllowed is of a document that allows the account of who asks, and not who asks: it leaves the decision to the
	// account, and counts as an Allow only where a policy of the identity allows as well (reference_policies_elements_principal).
	accountAllowed
	// allow allows.
	allow
	// deny is an explicit deny.
	deny
)

// String is the decision's name.
func (d decision) String() string {
	return [...]string{"Silent", "AccountAllowed", "Allow", "Deny"}[d]
}

// evaluate decides by one document, and gives the statement that decided. An identity's policy is about whoever has it, so
// the principal is not looked at.
func (d document) evaluate(r *request) (decision, *statement) {
	best, by := silent, (*statement)(nil)
	action := strings.ToLower(r.action)
	for i := range d.statements {
		s := &d.statements[i]
		decision := s.evaluate(action, r)
		if decision > best {
			best, by = decision, s
		}
		if best == deny {
			break
		}
	}
	return best, by
}

// evaluate takes the action in lower case: actions are compared without regard to case.
func (s *statement) evaluate(action string, r *request) decision {
	if !s.actions.covers(func(p *pattern) bool { return p.matches(action, r) }) ||
		!s.resources.covers(func(p *pattern) bool { return p.matchesResource(r.resource, r) }) {
		return silent
	}
	how := named
	if s.principals != nil {
		how = s.principals.match(r.principal)
	}
	if how == notNamed {
		return silent
	}
	for i := range s.conditions {
		if !s.conditions[i].holds(r) {
			return silent
		}
	}
	switch {
	case !s.allows:
		return deny
	case how == accountNamed:
		return accountAllowed
	default:
		return allow
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
