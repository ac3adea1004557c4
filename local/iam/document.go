// Package iam decides what a stack's roles may do, by the policies that the stack gives them, as AWS's IAM does.
//
// It evaluates a policy as AWS documents it. An element, operator or condition key that it does not know is an error when the policy
// is read, because ignoring one could allow what AWS would deny.
package iam

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"cdk.tf/go/ingest/tfjson"
)

// document is a policy document: an identity's policy, a resource's, or a role's trust policy.
type document struct {
	statements []statement
}

// statement is one statement of a document, ready to be evaluated.
type statement struct {
	allows bool // false: denies
	// text is the statement as JSON, for messages; id is its Sid.
	text, id string

	actions    element
	resources  element
	principals *principals // nil in an identity's policy
	conditions []condition
}

// element is Action or Resource, or, if not is set, NotAction or NotResource. Without patterns it is absent.
type element struct {
	not      bool
	patterns []pattern
}

// The elements of a document and of a statement (IAM User Guide, reference_policies_grammar).
var (
	documentElements  = []string{"Id", "Statement", "Version"}
	statementElements = []string{
		"Action", "Condition", "Effect", "NotAction", "NotPrincipal", "NotResource", "Principal", "Resource", "Sid",
	}
)

// parseDocument reads a policy document. Variables such as ${aws:PrincipalAccount} are replaced if the document's version is
// 2012-10-17; in the older version they are text (IAM User Guide, reference_policies_variables).
func parseDocument(text string) (document, error) {
	value, err := tfjson.Decode([]byte(text))
	if err != nil {
		return document{}, err
	}
	object, ok := value.(map[string]any)
	if !ok {
		return document{}, errors.New("a policy document is a JSON object")
	}
	if err := onlyKnown(object, documentElements); err != nil {
		return document{}, err
	}
	variables, err := hasVariables(object["Version"])
	if err != nil {
		return document{}, err
	}
	bodies, err := tfjson.Blocks(object, "Statement")
	if err != nil {
		return document{}, err
	}
	if len(bodies) == 0 {
		return document{}, errors.New(`"Statement" is missing`)
	}
	var parsed document
	for i, body := range bodies {
		s, err := parseStatement(body, variables)
		if err != nil {
			return document{}, fmt.Errorf("statement %d: %w", i+1, err)
		}
		parsed.statements = append(parsed.statements, s)
	}
	return parsed, nil
}

func hasVariables(version any) (bool, error) {
	switch version {
	case "2012-10-17":
		return true, nil
	case nil, "2008-10-17":
		return false, nil
	default:
		return false, fmt.Errorf(`"Version" is %v; it must be 2012-10-17 or 2008-10-17`, version)
	}
}

func onlyKnown(object map[string]any, known []string) error {
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if !slices.Contains(known, key) {
			return fmt.Errorf("%q is not a known element", key)
		}
		if object[key] == nil {
			return fmt.Errorf("%q is null", key)
		}
	}
	return nil
}

func parseStatement(body map[string]any, variables bool) (statement, error) {
	s := statement{text: compact(body)}
	if err := onlyKnown(body, statementElements); err != nil {
		return s, err
	}
	id, ok := body["Sid"].(string)
	if !ok && body["Sid"] != nil {
		return s, errors.New(`"Sid" is not text`)
	}
	s.id = id
	effect, _ := body["Effect"].(string)
	if effect != "Allow" && effect != "Deny" {
		return s, errors.New(`"Effect" is neither Allow nor Deny`)
	}
	s.allows = effect == "Allow"
	var err error
	if s.actions, err = parseElement(body, "Action", false); err != nil {
		return s, err
	}
	if s.resources, err = parseElement(body, "Resource", variables); err != nil {
		return s, err
	}
	if s.principals, err = parsePrincipals(body); err != nil {
		return s, err
	}
	if s.conditions, err = parseConditions(body["Condition"], variables); err != nil {
		return s, err
	}
	return s, s.check()
}

// check refuses statements that are wrong in every kind of policy.
func (s *statement) check() error {
	switch {
	case s.actions.patterns == nil:
		return errors.New(`"Action" is missing`)
	case s.principals != nil && s.principals.not && s.allows:
		return errors.New(`"NotPrincipal" with "Allow" would allow everybody else; AWS takes it only with "Deny"`)
	case s.resources.patterns == nil && s.principals == nil:
		return errors.New(`"Resource" is missing`)
	case s.resources.patterns == nil && !s.onlySTS():
		return errors.New(`"Resource" is missing; only a role's trust policy has none, and its actions are sts:…`)
	default:
		return nil
	}
}

// onlySTS reports whether every action is one of STS's, as in a trust policy.
func (s *statement) onlySTS() bool {
	return !s.actions.not && !slices.ContainsFunc(s.actions.patterns, func(p pattern) bool {
		return !strings.HasPrefix(p.text, "sts:")
	})
}

// parseElement reads an element or its inverse, such as Action or NotAction. AWS takes only one of the two.
func parseElement(body map[string]any, name string, variables bool) (element, error) {
	inverted := "Not" + name
	if body[name] != nil && body[inverted] != nil {
		return element{}, fmt.Errorf("%q and %q exclude each other", name, inverted)
	}
	e := element{}
	if body[inverted] != nil {
		name, e.not = inverted, true
	}
	if body[name] == nil {
		return e, nil
	}
	given, err := texts(body[name])
	if err != nil {
		return e, fmt.Errorf("%q %w", name, err)
	}
	for _, text := range given {
		p, err := parsePattern(name, text, variables)
		if err != nil {
			return e, fmt.Errorf("%q: %w", name, err)
		}
		e.patterns = append(e.patterns, p)
	}
	return e, nil
}

func parsePattern(name, text string, variables bool) (pattern, error) {
	if strings.HasSuffix(name, "Action") {
		service, _, found := strings.Cut(text, ":")
		if text != "*" && (!found || service == "") {
			return pattern{}, fmt.Errorf("%q is not an action; write service:Action", text)
		}
		return compile(strings.ToLower(text), false)
	}
	p, err := compile(text, variables)
	if err == nil && name == "NotResource" && p.variables != nil {
		// AWS does not document what a variable without a value excludes.
		err = fmt.Errorf("%q holds a variable, which is not evaluated here", text)
	}
	if err == nil && text != "*" && !strings.HasPrefix(text, "arn:") {
		err = fmt.Errorf("%q is not a resource; write an ARN or \"*\"", text)
	}
	return p, err
}

// texts reads a string, or a list of at least one string.
func texts(value any) ([]string, error) {
	items, isList := value.([]any)
	if !isList {
		items = []any{value}
	}
	if len(items) == 0 {
		return nil, errors.New("is empty")
	}
	found := make([]string, len(items))
	for i, item := range items {
		text, ok := item.(string)
		if !ok {
			return nil, errors.New("holds something other than text")
		}
		found[i] = text
	}
	return found, nil
}

// conditionKeys are the condition keys that the document tests or uses as variables, in lower case, sorted. The code that evaluates
// the document must give each of them a value, or know that AWS gives it none.
func (d document) conditionKeys() []string {
	found := map[string]bool{}
	for _, s := range d.statements {
		for _, p := range s.resources.patterns {
			p.addKeys(found)
		}
		for _, c := range s.conditions {
			found[c.key] = true
			for _, key := range c.variables {
				found[key] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}
