package iam

import (
	"strings"
	"unicode/utf8"

	"cdk.tf/go/ingest/internal/plainjson"
)

// request is the request that a document is evaluated for.
type request struct {
	// action is SERVICE:OPERATION, such as "kinesis:PutRecord".
	action string
	// resource is an ARN, or "*" for an action without a resource.
	resource  string
	principal principal
	context   conditionKeys
}

// conditionKeys are a request's condition keys and their values: {"aws:SourceIp": {"192.0.2.1"}}. The case of a key does not
// matter.
type conditionKeys map[string][]string

// get finds a key's values; the key is in lower case.
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

// decision is the result of evaluating one document.
type decision int

// The decisions. A Deny in any document outweighs every Allow. A request that no document allows is denied (IAM User Guide,
// reference_policies_evaluation-logic).
const (
	// silent means that the document neither allows nor denies: an implicit deny, unless another document allows.
	silent decision = iota
	// accountAllowed means that the document allows the principal's account, but not the principal itself. It leaves the decision to
	// the account: it counts as an Allow only if a policy of the identity allows as well (reference_policies_elements_principal).
	accountAllowed
	allow
	deny // explicitly
)

// String returns the decision's name.
func (d decision) String() string {
	return [...]string{"Silent", "AccountAllowed", "Allow", "Deny"}[d]
}

// evaluate decides by one document, and returns the statement that decided. An identity's policy has no principals, so it applies to
// every request.
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

// evaluate takes the action in lower case, because the case of actions does not matter.
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

// covers reports whether an element includes what matches tests. An absent element includes everything.
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

// compact returns a value as JSON on one line, with its names sorted.
func compact(value any) string {
	text, _ := plainjson.Line(value) // the value was read from JSON
	return text
}
