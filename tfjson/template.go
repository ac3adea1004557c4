package tfjson

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"cdk.tf/go/ingest/internal/excerpt"
	"cdk.tf/go/ingest/internal/tftext"
)

// Reference is what an expression names: an attribute of a resource or of a data source. For anything else, such as var.region,
// Type is the first name and Name the second, and Find does not find it.
type Reference struct {
	Data bool
	Type string
	Name string
	// Attribute is the rest: "arn", or "rule[0].id". It is empty if the reference is to the whole resource.
	Attribute string
}

// Address returns the address of the resource or data source.
func (r Reference) Address() string {
	address := r.Type + "." + r.Name
	if r.Data {
		return "data." + address
	}
	return address
}

// String returns the reference as an expression.
func (r Reference) String() string {
	if r.Attribute == "" || strings.HasPrefix(r.Attribute, "[") {
		return r.Address() + r.Attribute
	}
	return r.Address() + "." + r.Attribute
}

// Part is one part of a string. Exactly one of its fields is set.
type Part struct {
	// Literal is text, without Terraform's escapes.
	Literal string
	// Reference is an expression that is only a reference, such as ${aws_s3_bucket.bucket.arn}.
	Reference *Reference
	// Expression is the source of any other expression.
	Expression string
}

// String returns the part as a template.
func (p Part) String() string {
	switch {
	case p.Reference != nil:
		return "${" + p.Reference.String() + "}"
	case p.Expression != "":
		return "${" + p.Expression + "}"
	default:
		return tftext.Escape(p.Literal)
	}
}

// Parse splits a string of a stack into text and expressions. Two literals are never adjacent. The caller must not change the parts.
func Parse(text string) ([]Part, error) {
	if withoutExpressions(text) {
		if text == "" {
			return nil, nil
		}
		return []Part{{Literal: text}}, nil
	}
	if parts, known := parsed.find(text); known {
		return parts, nil
	}
	parts, err := parseParts(text)
	if err == nil {
		parsed.add(text, parts)
	}
	return parts, err
}

func parseParts(text string) ([]Part, error) {
	expression, err := parse(text)
	if err != nil {
		return nil, err
	}
	var parts []Part
	for _, e := range split(expression) {
		if part := toPart(e, text); part != (Part{}) {
			parts = append(parts, part)
		}
	}
	return parts, nil
}

// withoutExpressions reports whether a text certainly has no expressions, as most strings of a stack. It saves the parser,
// which reads each letter several times. It is false for letters beyond ASCII, because the parser may change them (Unicode's
// form NFC).
func withoutExpressions(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return !strings.Contains(text, "${") && !strings.Contains(text, "%{")
}

// References returns everything that the expressions in a string refer to, in their order.
func References(text string) ([]Reference, error) {
	expression, err := parse(text)
	if err != nil {
		return nil, err
	}
	var found []Reference
	for _, traversal := range expression.Variables() {
		found = append(found, toReference(traversal))
	}
	return found, nil
}

// maxTokens bounds the expressions of one string. Their parser is recursive: 100,000 open parentheses exhaust Go's stack, which
// ends the process. A policy document with 500 references has 3,500 tokens.
const maxTokens = 5000

func parse(text string) (hclsyntax.Expression, error) {
	if err := bound(text); err != nil {
		return nil, err
	}
	expression, diagnostics := hclsyntax.ParseTemplate([]byte(text), "", hcl.InitialPos)
	if diagnostics.HasErrors() {
		return nil, fmt.Errorf("%s is not a Terraform template: %s", quoted(text), diagnostics[0].Summary)
	}
	return expression, nil
}

func bound(text string) error {
	if len(text) < maxTokens {
		return nil // a token has at least one byte, except the one that ends the text
	}
	tokens, _ := hclsyntax.LexTemplate([]byte(text), "", hcl.InitialPos) // the parser reports problems
	count := 0
	for _, token := range tokens {
		if token.Type != hclsyntax.TokenStringLit && token.Type != hclsyntax.TokenQuotedLit {
			count++
		}
	}
	if count > maxTokens {
		return fmt.Errorf("%s holds expressions of %d tokens; at most %d are read", quoted(text), count, maxTokens)
	}
	return nil
}

// quoted shortens a long text for an error of one line.
func quoted(text string) string {
	return fmt.Sprintf("%q", excerpt.Of(text, 60))
}

func split(e hclsyntax.Expression) []hclsyntax.Expression {
	switch e := e.(type) {
	case *hclsyntax.TemplateWrapExpr: // one expression and no text around it
		return []hclsyntax.Expression{e.Wrapped}
	case *hclsyntax.TemplateExpr:
		return e.Parts
	default:
		return []hclsyntax.Expression{e}
	}
}

func toPart(e hclsyntax.Expression, text string) Part {
	switch e := e.(type) {
	case *hclsyntax.LiteralValueExpr:
		if e.Val.Type() == cty.String && e.Val.IsKnown() && !e.Val.IsNull() {
			return Part{Literal: e.Val.AsString()}
		}
	case *hclsyntax.ScopeTraversalExpr:
		reference := toReference(e.Traversal)
		return Part{Reference: &reference}
	}
	return Part{Expression: source(e, text)}
}

func source(e hclsyntax.Expression, text string) string {
	if r := e.Range(); r.CanSliceBytes([]byte(text)) && !r.Empty() {
		return string(r.SliceBytes([]byte(text)))
	}
	return "…"
}

func toReference(traversal hcl.Traversal) Reference {
	ref := Reference{Type: traversal.RootName()}
	rest := traversal[1:]
	if ref.Type == "data" {
		ref.Data = true
		ref.Type, rest = name(rest)
	}
	ref.Name, rest = name(rest)
	for _, step := range rest {
		ref.Attribute += stepText(step)
	}
	ref.Attribute = strings.TrimPrefix(ref.Attribute, ".")
	return ref
}

// name takes the name that a traversal begins with, or "" if there is none.
func name(steps hcl.Traversal) (string, hcl.Traversal) {
	if len(steps) > 0 {
		if step, ok := steps[0].(hcl.TraverseAttr); ok {
			return step.Name, steps[1:]
		}
	}
	return "", steps
}

func stepText(step hcl.Traverser) string {
	switch step := step.(type) {
	case hcl.TraverseAttr:
		return "." + step.Name
	case hcl.TraverseIndex:
		if step.Key.Type() == cty.String {
			return fmt.Sprintf("[%q]", step.Key.AsString())
		}
		// The digits of 1e9999999 take half a minute to write, and no list has such an index.
		if _, ok := measure(step.Key, true); !ok {
			return "[…]"
		}
		return "[" + step.Key.AsBigFloat().Text('f', -1) + "]"
	default:
		return "[*]"
	}
}
