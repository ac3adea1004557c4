package jq16

import (
	"fmt"
	"maps"
	"math"
	"strings"

	"github.com/itchyny/gojq"
)

// rewrite replaces what gojq reads otherwise than jq 1.6. It changes the query.
func rewrite(query *gojq.Query) (*gojq.Query, error) {
	v := &visitor{defined: map[string]bool{}}
	v.query = func(q *gojq.Query) {
		v.define(q)
		rewriteProduct(q)
	}
	v.term = func(t *gojq.Term) {
		v.rewriteCall(t)
		rewriteInterpolation(t)
		rewriteIndex(t)
	}
	v.walk(query)
	if v.err != nil {
		return nil, v.err
	}
	return withPrelude(query)
}

// rewriteCall calls the function of jq 1.6 in place of gojq's, unless the query defines its own of that name.
func (v *visitor) rewriteCall(t *gojq.Term) {
	switch {
	case t.Type == gojq.TermTypeFormat && t.Str == nil:
		t.Type, t.Func, t.Format = gojq.TermTypeFunc, &gojq.Func{Name: replaced[t.Format]}, ""
	case t.Type != gojq.TermTypeFunc || v.defined[arity(t.Func)]:
	case regular[arity(t.Func)]:
		rewriteRegular(t.Func)
	case replaced[arity(t.Func)] != "":
		t.Func.Name = replaced[arity(t.Func)]
	}
}

func arity(f *gojq.Func) string { return fmt.Sprintf("%s/%d", f.Name, len(f.Args)) }

// rewriteRegular translates the regular expression and the flags of a call.
func rewriteRegular(f *gojq.Func) {
	f.Args[0] = call(patternFunction, f.Args[0])
	if at := flagsAt[arity(f)]; at > 0 {
		f.Args[at] = call(flagsFunction, f.Args[at])
	}
}

func call(name string, args ...*gojq.Query) *gojq.Query {
	return &gojq.Query{Term: &gojq.Term{Type: gojq.TermTypeFunc, Func: &gojq.Func{Name: name, Args: args}}}
}

// rewriteProduct makes a function call of a product.
func rewriteProduct(q *gojq.Query) {
	if q.Op != gojq.OpMul {
		return
	}
	*q = gojq.Query{FuncDefs: q.FuncDefs, Term: call(multiplyFunction, q.Left, q.Right).Term, Meta: q.Meta, Imports: q.Imports}
}

// rewriteInterpolation makes text of the values within a string, by the string's format.
func rewriteInterpolation(t *gojq.Term) {
	if t.Str == nil {
		return
	}
	format := "@text"
	if t.Type == gojq.TermTypeFormat {
		format, t.Type, t.Format = t.Format, gojq.TermTypeString, ""
	}
	for i, part := range t.Str.Queries {
		if part.Term != nil && part.Term.Type == gojq.TermTypeString && len(part.Term.Str.Queries) == 0 {
			continue
		}
		piped := &gojq.Query{Left: part, Op: gojq.OpPipe, Right: call(replaced[format])}
		t.Str.Queries[i] = &gojq.Query{Term: &gojq.Term{Type: gojq.TermTypeQuery, Query: piped}}
	}
}

// rewriteIndex puts a guard before each index with an expression, such as .a[0]: (.a | guard)[0]. gojq takes a character of a string
// there.
func rewriteIndex(t *gojq.Term) {
	if t.Type == gojq.TermTypeIndex && isComputed(t.Index) {
		*t = gojq.Term{
			Type: gojq.TermTypeQuery, Query: guardBefore(t.SuffixList),
			SuffixList: append([]*gojq.Suffix{{Index: t.Index}}, t.SuffixList...),
		}
		// The suffix that has just been made needs no second guard.
		guardSuffixes(t, 1)
		return
	}
	guardSuffixes(t, 0)
}

func guardSuffixes(t *gojq.Term, from int) {
	for i := from; i < len(t.SuffixList); i++ {
		if !isComputed(t.SuffixList[i].Index) {
			continue
		}
		before := *t
		before.SuffixList = t.SuffixList[:i:i]
		rest := t.SuffixList[i:]
		*t = gojq.Term{
			Type:       gojq.TermTypeQuery,
			Query:      &gojq.Query{Left: &gojq.Query{Term: &before}, Op: gojq.OpPipe, Right: guardBefore(rest[1:])},
			SuffixList: rest,
		}
		i = 0
	}
}

// guardBefore is the guard of an index. With a "?" after the index, a string has no result.
func guardBefore(after []*gojq.Suffix) *gojq.Query {
	if len(after) > 0 && after[0].Optional {
		return call("jq16_indexed")
	}
	return call("jq16_indexable")
}

func isComputed(i *gojq.Index) bool { return i != nil && i.Start != nil && !i.IsSlice }

// multiply is jq 1.6's product. It refuses long texts: a number from the record could ask for any length.
func multiply(left, right any) any {
	x, leftIsNumber := number(left)
	y, rightIsNumber := number(right)
	switch {
	case leftIsNumber && rightIsNumber:
		return normal(x * y)
	case leftIsNumber:
		return repeat(right, x)
	case rightIsNumber:
		return repeat(left, y)
	}
	l, leftIsObject := left.(map[string]any)
	r, rightIsObject := right.(map[string]any)
	if leftIsObject && rightIsObject {
		return merge(l, r)
	}
	return failure("these two cannot be multiplied")
}

// merge is the product of two objects: the second one's members count, and objects within are merged too.
func merge(left, right map[string]any) map[string]any {
	merged := maps.Clone(left)
	for name, value := range right {
		l, leftIsObject := left[name].(map[string]any)
		r, rightIsObject := value.(map[string]any)
		if leftIsObject && rightIsObject {
			value = merge(l, r)
		}
		merged[name] = value
	}
	return merged
}

// longest is the longest text of a product, in bytes: no partition key is longer.
const longest = 1 << 10

func repeat(value any, times float64) any {
	repeated, ok := value.(string)
	switch {
	case !ok:
		return failure("a number cannot be multiplied with this")
	case math.IsNaN(times) || times <= 0:
		return nil
	case float64(len(repeated))*math.Floor(times) > longest:
		return failure("the product of a string and a number is longer than any partition key")
	}
	return strings.Repeat(repeated, max(int(times), 1))
}

// failure is an error of the query.
type failure string

func (f failure) Error() string { return string(f) }
