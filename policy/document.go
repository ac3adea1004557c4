package policy

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"cdk.tf/go/ingest/tfjson"
)

// statement is one statement of a policy document. Its texts are templates, as [tfjson.Part] writes them.
type statement struct {
	effect     string
	actions    []string
	resources  []string
	principals map[string][]string
	conditions map[string]map[string][]string
	// inverted are the statement's elements among NotAction, NotPrincipal and NotResource. The three after it have what they leave out.
	inverted      []string
	notActions    []string
	notPrincipals map[string][]string
	notResources  []string
}

const (
	documentRemedy = "write it as one JSON document, in which names and ARNs of the stack are the only references"
	allow          = "Allow"
	deny           = "Deny"
)

// document is a place's policy document. It reports a document that it cannot read.
func (c *checker) document(p place, key string) ([]statement, bool) {
	statements, err := c.parseDocument(p.body[key])
	if err != nil {
		c.breachAt(p, p.path+key+" cannot be read: "+err.Error(), documentRemedy)
	}
	return statements, err == nil
}

// parseDocument ignores nothing, because an unknown element may be the one that matters.
func (c *checker) parseDocument(v any) ([]statement, error) {
	text, err := c.documentText(v)
	if err != nil {
		return nil, err
	}
	value, err := tfjson.Decode([]byte(text))
	if err != nil {
		return nil, err
	}
	document, ok := value.(map[string]any)
	if !ok {
		return nil, errors.New("it is not a JSON object")
	}
	if err := onlyKnown(document, "Id", "Statement", "Version"); err != nil {
		return nil, err
	}
	bodies, err := tfjson.Blocks(document, "Statement")
	if err != nil {
		return nil, err
	}
	statements := make([]statement, len(bodies))
	for i, body := range bodies {
		if statements[i], err = parseStatement(body); err != nil {
			return nil, fmt.Errorf("statement %d: %w", i+1, err)
		}
	}
	return statements, nil
}

// documentText is the document with its expressions checked. Terraform inserts their values before anybody reads the
// JSON, so it accepts only values that cannot contain JSON or a wildcard. It refuses texts that later look like an expression
// (an IAM policy variable, a "$" written with JSON's \u), so "${" is always a reference.
func (c *checker) documentText(v any) (string, error) {
	parts, err := c.textAndNames(v)
	if err != nil {
		return "", err
	}
	var text strings.Builder
	for _, part := range parts {
		switch {
		case strings.Contains(part.Literal, "${"), strings.Contains(part.Literal, `\u`):
			return "", errors.New("it contains a policy variable or a \\u escape")
		case part.Literal != "":
			text.WriteString(part.Literal)
		default:
			text.WriteString(part.String())
		}
	}
	return text.String(), nil
}

// textAndNames are the parts of a template that has only text and names, so the template shows its whole effect.
func (c *checker) textAndNames(v any) ([]tfjson.Part, error) {
	template, ok := v.(string)
	if !ok {
		return nil, errors.New("it is not text")
	}
	parts, err := tfjson.Parse(template)
	if err != nil {
		return nil, err
	}
	for _, part := range parts {
		if part.Expression != "" {
			return nil, fmt.Errorf("%q is an expression", part.Expression)
		}
		if part.Reference != nil && !c.isName(*part.Reference) {
			return nil, fmt.Errorf("%s is not a name or an ARN of the stack", part)
		}
	}
	return parts, nil
}

// The attributes whose values are names, which in AWS have no quotes or wildcards.
var (
	namedOfResources = []string{"arn", "bucket", "execution_arn", "id", "name"}
	namedOfData      = map[string][]string{
		"aws_caller_identity": {"account_id"},
		"aws_partition":       {"dns_suffix", "partition"},
		"aws_region":          {"id", "name", "region"},
	}
)

func (c *checker) isName(ref tfjson.Reference) bool {
	attributes := namedOfResources
	if ref.Data {
		attributes = namedOfData[ref.Type]
	}
	_, declared := c.stack.Find(ref)
	return declared && slices.Contains(attributes, ref.Attribute) && !strings.ContainsAny(c.settleReference(ref), `*?"\`)
}

func onlyKnown(object map[string]any, known ...string) error {
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if !slices.Contains(known, key) {
			return fmt.Errorf("%q is an unknown element", key)
		}
	}
	return nil
}

func parseStatement(body map[string]any) (statement, error) {
	var s statement
	err := onlyKnown(body, "Action", "Condition", "Effect", "NotAction", "NotPrincipal", "NotResource", "Principal", "Resource", "Sid")
	if err != nil {
		return s, err
	}
	if s.effect, _ = body["Effect"].(string); s.effect != allow && s.effect != deny {
		return s, errors.New("\"Effect\" is neither Allow nor Deny")
	}
	for _, element := range []string{"NotAction", "NotPrincipal", "NotResource"} {
		if body[element] != nil {
			s.inverted = append(s.inverted, element)
		}
	}
	for _, element := range []struct {
		key  string
		into *[]string
	}{{"Action", &s.actions}, {"NotAction", &s.notActions}, {"Resource", &s.resources}, {"NotResource", &s.notResources}} {
		if *element.into, err = texts(body, element.key); err != nil {
			return s, err
		}
	}
	if s.principals, err = parsePrincipals(body["Principal"]); err != nil {
		return s, err
	}
	if s.notPrincipals, err = parsePrincipals(body["NotPrincipal"]); err != nil {
		return s, err
	}
	s.conditions, err = parseConditions(body)
	return s, err
}

// isAbout reports whether a statement's Action or NotAction includes an action.
func (s statement) isAbout(action string) bool {
	if slices.Contains(s.inverted, "NotAction") {
		return !coversAny(s.notActions, action)
	}
	return coversAny(s.actions, action)
}

// isOn reports whether a statement's Resource or NotResource includes a pattern.
func (s statement) isOn(pattern string) bool {
	has := func(r string) bool { return includes(r, pattern) }
	if slices.Contains(s.inverted, "NotResource") {
		return !slices.ContainsFunc(s.notResources, has)
	}
	return slices.ContainsFunc(s.resources, has)
}

// texts reads an element that is a string or a list of strings. Conditions may have booleans and numbers instead of strings.
func texts(object map[string]any, key string) ([]string, error) {
	items, isList := object[key].([]any)
	if !isList && object[key] != nil {
		items = []any{object[key]}
	}
	found := make([]string, len(items))
	for i, item := range items {
		text, ok := tfjson.Scalar(item)
		if !ok {
			return nil, fmt.Errorf("%q contains something other than text", key)
		}
		found[i] = text
	}
	return found, nil
}

// parsePrincipals reads "*" as the principal "*" of the type "*".
func parsePrincipals(v any) (map[string][]string, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case map[string]any:
		return textsByName(v)
	default:
		return textsByName(map[string]any{"*": v})
	}
}

func textsByName(object map[string]any) (map[string][]string, error) {
	found := map[string][]string{}
	for _, key := range slices.Sorted(maps.Keys(object)) {
		values, err := texts(object, key)
		if err != nil {
			return nil, err
		}
		found[key] = values
	}
	return found, nil
}

func parseConditions(body map[string]any) (map[string]map[string][]string, error) {
	operators, isObject := body["Condition"].(map[string]any)
	if !isObject && body["Condition"] != nil {
		return nil, errors.New("\"Condition\" is not an object")
	}
	found := map[string]map[string][]string{}
	for _, operator := range slices.Sorted(maps.Keys(operators)) {
		keys, ok := operators[operator].(map[string]any)
		if !ok {
			return nil, fmt.Errorf("%q is not an object", operator)
		}
		values, err := textsByName(keys)
		if err != nil {
			return nil, err
		}
		found[operator] = values
	}
	return found, nil
}

// folded are a statement's conditions with their keys in lower case: IAM ignores a key's case (IAM User Guide, "Condition").
func (s statement) folded() map[string]map[string][]string {
	folded := map[string]map[string][]string{}
	for operator, keys := range s.conditions {
		folded[operator] = map[string][]string{}
		for key, values := range keys {
			folded[operator][strings.ToLower(key)] = values
		}
	}
	return folded
}

// covers reports whether an action is or includes another. An action may contain wildcards, and IAM ignores its case.
func covers(action, other string) bool {
	matched, err := path.Match(strings.ToLower(action), strings.ToLower(other))
	return err == nil && matched
}
