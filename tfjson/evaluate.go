package tfjson

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// errReported is the error of a value whose evaluation failed and has been reported.
var errReported = errors.New("its evaluation failed")

// evaluateNode evaluates a node whose references are evaluated. It reports a failure, and records it for the nodes that refer
// to this one, so one mistake is one error.
func (r *resolver) evaluateNode(n *node) {
	n.failed = map[string]bool{}
	switch {
	case strings.HasPrefix(n.address, "var."):
		r.evaluateVariable(n)
	case strings.HasPrefix(n.address, "local."):
		value, ok := r.evaluate(n, "", n.written)
		n.value, n.failed[""] = value, !ok
	default:
		r.evaluateBody(n)
	}
}

func (r *resolver) evaluateBody(n *node) {
	written, _ := n.templates().(map[string]any)
	value := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(written)) {
		evaluated, ok := r.evaluate(n, name, written[name])
		value[name], n.failed[name] = evaluated, !ok
	}
	if n.resource != nil {
		for _, name := range notTemplates[1:] { // as written, except the comment
			if given, ok := n.resource.Body[name]; ok {
				value[name] = given
			}
		}
	}
	n.value = value
}

// evaluateVariable converts a variable's default to its type. A reference to a variable without a default is an error.
func (r *resolver) evaluateVariable(n *node) {
	body, _ := n.written.(map[string]any)
	given, ok := body["default"]
	if !ok {
		return
	}
	place := []string{n.address, "default"}
	value := toCty(given)
	if constraint, ok := body["type"].(string); ok && constraint != "" {
		typ, err := typeOf(constraint)
		if err == nil {
			value, err = convert.Convert(value, typ)
		}
		if err != nil {
			r.fail(place, "it does not fit the type %s: %s", constraint, err)
			n.failed[""] = true
			return
		}
	}
	evaluated, err := fromCty(value)
	if err != nil {
		r.fail(place, "%s", err)
	}
	n.value, n.failed[""] = evaluated, err != nil
}

// typeOf reads a type constraint, such as list(string). Terraform's older form is only a type's name in quotes.
func typeOf(constraint string) (cty.Type, error) {
	switch constraint {
	case "list", "map":
		constraint += "(any)"
	}
	if err := bound("${" + constraint + "}"); err != nil {
		return cty.NilType, err
	}
	expression, diagnostics := hclsyntax.ParseExpression([]byte(constraint), "", hcl.InitialPos)
	if !diagnostics.HasErrors() {
		var typ cty.Type
		if typ, diagnostics = typeexpr.TypeConstraint(expression); !diagnostics.HasErrors() {
			return typ, nil
		}
	}
	return cty.NilType, errors.New(summary(diagnostics[0]))
}

// evaluate evaluates a JSON value: its strings, and its keys, which are templates too. ok is false if any of it failed.
func (r *resolver) evaluate(n *node, path string, written any) (value any, ok bool) {
	switch written := written.(type) {
	case string:
		return r.evaluateText([]string{n.address, path}, written)
	case []any:
		items := make([]any, len(written))
		ok = true
		for i, item := range written {
			evaluated, fine := r.evaluate(n, fmt.Sprintf("%s[%d]", path, i), item)
			items[i], ok = evaluated, ok && fine
		}
		return items, ok
	case map[string]any:
		return r.evaluateObject(n, path, written)
	default:
		return written, true
	}
}

func (r *resolver) evaluateObject(n *node, path string, written map[string]any) (value any, ok bool) {
	object := map[string]any{}
	ok = true
	for _, name := range slices.Sorted(maps.Keys(written)) {
		place := []string{n.address, join(path, name)}
		key, fine := r.evaluateText(place, name)
		text, isText := Scalar(key)
		if fine && !isText {
			r.fail(place, "the key is %s; it must be a string", kind(key))
		}
		if _, twice := object[text]; twice && isText {
			r.fail(place, "the key %q is there twice", text)
			fine = false
		}
		evaluated, fineToo := r.evaluate(n, join(path, name), written[name])
		object[text], ok = evaluated, ok && fine && isText && fineToo
	}
	return object, ok
}

// evaluateText evaluates one string. A string that is exactly one expression has that expression's value, of any type.
func (r *resolver) evaluateText(place []string, text string) (value any, ok bool) {
	if isLiteral(text) {
		return cty.NormalizeString(text), true
	}
	t := r.template(text)
	if t.err != nil {
		r.fail(place, "%s", t.err)
		return nil, false
	}
	problems := slices.Clone(t.unknown)
	variables, known := r.variables(place, t)
	if known && len(problems) == 0 {
		value, problems = r.run(t, variables)
	}
	for _, problem := range sortedUnique(problems) {
		r.fail(place, "%s", problem)
	}
	return value, known && len(problems) == 0
}

// template is a text with expressions.
type template struct {
	text       string
	expression hclsyntax.Expression // with guards around its parts
	references []hcl.Traversal
	inText     []hcl.Range // see textTraversals
	unknown    []error     // see unknownFunctions
	err        error       // why the text is no template
}

// template parses a text once: the order of the nodes needs its references, and each place that holds it has its own value.
func (r *resolver) template(text string) *template {
	if known := r.templates[text]; known != nil {
		return known
	}
	t := &template{text: text}
	r.templates[text] = t
	expression, err := parse(text)
	if err != nil {
		t.err = err
		return t
	}
	t.references, t.inText, t.unknown = expression.Variables(), textTraversals(expression), unknownFunctions(expression, text)
	t.expression = r.guarded(expression) // the last, because it changes the expression
	return t
}

// variables returns the values that a template refers to. If one is not available, it reports that and known is false.
func (r *resolver) variables(place []string, t *template) (variables map[string]any, known bool) {
	variables, known = map[string]any{}, true
	for _, traversal := range t.references {
		err := r.supply(variables, traversal)
		if err == nil && slices.Contains(t.inText, traversal.SourceRange()) {
			err = r.mustBeText(targetOf(traversal))
		}
		known = known && err == nil
		if err != nil && !errors.Is(err, errReported) {
			source := "${" + sourceOf(traversal.SourceRange(), t.text) + "}"
			r.blame(append(slices.Clone(place), source), targetOf(traversal).address, err)
		}
	}
	return variables, known
}

// textTraversals returns the places where a template has a reference within text. Such a reference cannot be a list or an
// object.
func textTraversals(expression hclsyntax.Expression) []hcl.Range {
	whole, ok := expression.(*hclsyntax.TemplateExpr)
	if !ok {
		return nil
	}
	var found []hcl.Range
	for _, part := range whole.Parts {
		if reference, ok := part.(*hclsyntax.ScopeTraversalExpr); ok {
			found = append(found, reference.Traversal.SourceRange())
		}
	}
	return found
}

// mustBeText refuses an attribute that is a list or an object. The error names the attribute, and not the many places that use
// it as text.
func (r *resolver) mustBeText(t target) error {
	if t.attribute == "" || len(t.rest) > 0 {
		return nil // the evaluation reports it
	}
	switch value, _ := r.valueOf(t); value.(type) {
	case []any, map[string]any:
		return notText(t.address, t.attribute, value)
	default:
		return nil
	}
}

func notText(address, attribute string, value any) error {
	return fmt.Errorf("%s.%s is %s; it must be text", address, attribute, kind(value))
}

// isLiteral reports whether a text has no expressions, as most texts. It need not be parsed.
func isLiteral(text string) bool {
	return !strings.Contains(text, "${") && !strings.Contains(text, "%{")
}

// run evaluates a template whose variables are known, within the budget.
func (r *resolver) run(t *template, variables map[string]any) (any, []error) {
	context := &hcl.EvalContext{Variables: map[string]cty.Value{}, Functions: functions}
	for name, value := range variables {
		context.Variables[name] = toCty(value)
	}
	result, diagnostics := t.expression.Value(context)
	var problems []error
	for _, d := range diagnostics {
		if d.Severity == hcl.DiagError {
			problems = append(problems, fmt.Errorf("%s: %s", quoted(sourceOf(placeOf(d), t.text)), summary(d)))
		}
	}
	if len(problems) > 0 {
		return nil, problems
	}
	value, err := fromCty(result)
	if err != nil {
		return nil, []error{fmt.Errorf("%s: %w", quoted(t.text), err)}
	}
	return value, nil
}

// placeOf returns the whole expression of a diagnostic, and not the position within it.
func placeOf(d *hcl.Diagnostic) hcl.Range {
	switch {
	case d.Expression != nil:
		return d.Expression.Range()
	case d.Subject != nil:
		return *d.Subject
	default:
		return hcl.Range{}
	}
}

func sourceOf(at hcl.Range, text string) string {
	if at.CanSliceBytes([]byte(text)) && !at.Empty() {
		return string(at.SliceBytes([]byte(text)))
	}
	return text
}

func summary(d *hcl.Diagnostic) string {
	if d.Detail == "" {
		return d.Summary
	}
	return strings.TrimSuffix(d.Detail, ".")
}

func sortedUnique(errs []error) []error {
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return slices.CompactFunc(errs, func(a, b error) bool { return a.Error() == b.Error() })
}
