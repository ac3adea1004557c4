package tfjson

import (
	"fmt"
	"regexp"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

const (
	// maxEvaluated bounds the intermediate and final values of one stack's expressions, in bytes (and 8 for each number and
	// item). Otherwise three nested loops over 1,000 items would take all memory, or forty local values of which each holds the
	// one before it twice. The repository's own stacks use 11,000.
	maxEvaluated = 8 << 20
	// maxExponent bounds the binary exponents of numbers: 1e999999999 is short, but has very many digits. JSON's numbers are
	// float64, whose exponents end at 1024.
	maxExponent = 1100
)

// guarded puts a guard around an expression and every part of it.
func (r *resolver) guarded(expression hclsyntax.Expression) hclsyntax.Expression {
	_ = hclsyntax.Walk(expression, guardWalker{r})
	return guard{Expression: expression, r: r}
}

// guard is an expression whose values count towards the budget.
type guard struct {
	hclsyntax.Expression
	r *resolver
	// converted is whether what the expression is a part of may convert its text to a number.
	converted bool
}

// Value returns the expression's value, or an error if the budget is spent or the value is a number out of bounds.
func (g guard) Value(context *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	if g.r.budget <= 0 {
		return cty.DynamicVal, g.refuse("the stack's expressions produce more than %d bytes, the most that is evaluated here", maxEvaluated)
	}
	value, diagnostics := g.Expression.Value(context)
	size, ok := measure(value, g.converted)
	g.r.budget -= size
	if !ok {
		return cty.DynamicVal, append(diagnostics, g.refuse("it is too large a number, or too small a fraction")...)
	}
	return value, diagnostics
}

func (g guard) refuse(format string, args ...any) hcl.Diagnostics {
	at := g.Range()
	return hcl.Diagnostics{{Severity: hcl.DiagError, Summary: fmt.Sprintf(format, args...), Subject: &at}}
}

// hugeNumber matches text whose conversion to a number takes long. Names and ids may look like numbers too, so the bound is high: a
// short commit may be 6e12345.
var hugeNumber = regexp.MustCompile(`^\s*[+-]?[0-9][0-9._]*[eEpP][+-]?[0-9_]{6,}\s*$`)

// measure returns a value's size, and whether its numbers are within bounds. converted is whether its texts count as numbers.
func measure(value cty.Value, converted bool) (int, bool) {
	const item = 8
	if !value.IsKnown() || value.IsNull() {
		return item, true
	}
	switch typ := value.Type(); {
	case typ == cty.String:
		text := value.AsString()
		return item + len(text), !converted || !hugeNumber.MatchString(text)
	case typ == cty.Number:
		number := value.AsBigFloat()
		exponent := number.MantExp(nil)
		return item, !number.IsInf() && exponent < maxExponent && exponent > -maxExponent
	case value.CanIterateElements():
		size := item
		for it := value.ElementIterator(); it.Next(); {
			_, element := it.Element()
			more, ok := measure(element, converted)
			if size += more; !ok {
				return size, false
			}
		}
		return size, true
	default:
		return item, true
	}
}

// guardWalker replaces the parts of an expression with guarded ones, when it leaves them. The kinds of expression that it skips
// hold no part that could be large.
type guardWalker struct{ r *resolver }

func (guardWalker) Enter(hclsyntax.Node) hcl.Diagnostics { return nil }

func (w guardWalker) Exit(n hclsyntax.Node) hcl.Diagnostics {
	switch e := n.(type) {
	case *hclsyntax.TemplateExpr:
		w.all(e.Parts)
	case *hclsyntax.TemplateWrapExpr:
		w.one(&e.Wrapped)
	case *hclsyntax.TemplateJoinExpr:
		w.one(&e.Tuple)
	case *hclsyntax.ParenthesesExpr:
		w.one(&e.Expression)
	case *hclsyntax.BinaryOpExpr:
		w.converted(&e.LHS, &e.RHS)
	case *hclsyntax.UnaryOpExpr:
		w.converted(&e.Val)
	case *hclsyntax.ConditionalExpr:
		w.one(&e.Condition, &e.TrueResult, &e.FalseResult)
	case *hclsyntax.FunctionCallExpr:
		w.arguments(e.Args)
	case *hclsyntax.TupleConsExpr:
		w.all(e.Exprs)
	case *hclsyntax.ObjectConsExpr:
		for i := range e.Items {
			w.one(&e.Items[i].ValueExpr)
		}
	default:
		w.exitCollection(n)
	}
	return nil
}

func (w guardWalker) exitCollection(n hclsyntax.Node) {
	switch e := n.(type) {
	case *hclsyntax.ForExpr:
		w.one(&e.CollExpr, &e.KeyExpr, &e.ValExpr, &e.CondExpr)
	case *hclsyntax.SplatExpr:
		w.one(&e.Source, &e.Each)
	case *hclsyntax.IndexExpr:
		w.one(&e.Collection)
		w.converted(&e.Key)
	case *hclsyntax.RelativeTraversalExpr:
		w.one(&e.Source)
	}
}

func (w guardWalker) all(parts []hclsyntax.Expression) {
	for i := range parts {
		w.one(&parts[i])
	}
}

func (w guardWalker) arguments(of []hclsyntax.Expression) {
	for i := range of {
		w.converted(&of[i])
	}
}

func (w guardWalker) one(parts ...*hclsyntax.Expression) {
	for _, part := range parts {
		if *part != nil {
			*part = guard{Expression: *part, r: w.r}
		}
	}
}

// converted guards parts whose text may be converted to a number.
func (w guardWalker) converted(parts ...*hclsyntax.Expression) {
	for _, part := range parts {
		*part = guard{Expression: *part, r: w.r, converted: true}
	}
}
