package jq16

import (
	"math"
	"strings"

	"github.com/itchyny/gojq"
)

// These functions replace those parts of gojq that give other results than jq 1.6.
const (
	textFunction     = "jq16_text"
	jsonFunction     = "jq16_json"
	multiplyFunction = "jq16_multiply"
)

// indexable refuses the index of a string, which gojq answers with a character.
const indexable = `if type == "string" then error("Cannot index string with number") else . end`

// rewrite replaces what gojq reads otherwise than jq 1.6: the text of numbers, a product, and the index of a string. It changes
// the query.
func rewrite(query *gojq.Query) (*gojq.Query, error) {
	guard, err := gojq.Parse(indexable)
	if err != nil {
		return nil, err
	}
	v := &visitor{query: rewriteProduct}
	v.term = func(t *gojq.Term) {
		rewriteText(t)
		rewriteInterpolation(t)
		rewriteIndex(t, guard)
	}
	v.walk(query)
	return query, v.err
}

// texts are the functions and formats that make text of a number.
var texts = map[string]string{
	"tostring": textFunction, "@text": textFunction, "tojson": jsonFunction, "@json": jsonFunction,
}

func rewriteText(t *gojq.Term) {
	name := t.Format
	if t.Type == gojq.TermTypeFunc {
		name = t.Func.Name
	}
	if function := texts[name]; function != "" && t.Str == nil {
		t.Type, t.Format, t.Func = gojq.TermTypeFunc, "", &gojq.Func{Name: function}
	}
}

// rewriteProduct makes a function call of a product.
func rewriteProduct(q *gojq.Query) {
	if q.Op != gojq.OpMul {
		return
	}
	call := &gojq.Func{Name: multiplyFunction, Args: []*gojq.Query{q.Left, q.Right}}
	q.Left, q.Right, q.Op = nil, nil, 0
	q.Term = &gojq.Term{Type: gojq.TermTypeFunc, Func: call}
}

// rewriteInterpolation makes text of the values within a string, unless the string has a format.
func rewriteInterpolation(t *gojq.Term) {
	if t.Str == nil || t.Type == gojq.TermTypeFormat && t.Format != "@text" {
		return
	}
	for i, part := range t.Str.Queries {
		if part.Term != nil && part.Term.Type == gojq.TermTypeString && len(part.Term.Str.Queries) == 0 {
			continue
		}
		asText := &gojq.Term{Type: gojq.TermTypeFunc, Func: &gojq.Func{Name: textFunction}}
		piped := &gojq.Query{Left: part, Op: gojq.OpPipe, Right: &gojq.Query{Term: asText}}
		t.Str.Queries[i] = &gojq.Query{Term: &gojq.Term{Type: gojq.TermTypeQuery, Query: piped}}
	}
}

// rewriteIndex puts the guard before each index with an expression, such as .a[0]: (.a | guard)[0].
func rewriteIndex(t *gojq.Term, guard *gojq.Query) {
	if t.Type == gojq.TermTypeIndex && isComputed(t.Index) {
		*t = gojq.Term{
			Type: gojq.TermTypeQuery, Query: guard,
			SuffixList: append([]*gojq.Suffix{{Index: t.Index}}, t.SuffixList...),
		}
		// The suffix that has just been made needs no second guard.
		guardSuffixes(t, 1, guard)
		return
	}
	guardSuffixes(t, 0, guard)
}

func guardSuffixes(t *gojq.Term, from int, guard *gojq.Query) {
	for i := from; i < len(t.SuffixList); i++ {
		if !isComputed(t.SuffixList[i].Index) {
			continue
		}
		before := *t
		before.SuffixList = t.SuffixList[:i:i]
		rest := t.SuffixList[i:]
		*t = gojq.Term{
			Type:       gojq.TermTypeQuery,
			Query:      &gojq.Query{Left: &gojq.Query{Term: &before}, Op: gojq.OpPipe, Right: guard},
			SuffixList: rest,
		}
		i = 0
	}
}

func isComputed(i *gojq.Index) bool { return i != nil && i.Start != nil && !i.IsSlice }

// multiply is jq 1.6's product. It refuses long texts and objects: a text from the record could have any length.
func multiply(left, right any) any {
	l, leftIsNumber := number(left)
	r, rightIsNumber := number(right)
	switch {
	case leftIsNumber && rightIsNumber:
		return normal(l * r)
	case leftIsNumber:
		return repeat(right, l)
	case rightIsNumber:
		return repeat(left, r)
	}
	return failure("a product of something other than two numbers, or a number and a string, is not imitated on one machine")
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
