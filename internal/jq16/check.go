package jq16

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/itchyny/gojq"
)

// visitor calls its functions for the parts of a query. A function is nil if nobody wants the part.
type visitor struct {
	query func(*gojq.Query)
	term  func(*gojq.Term)
	// names are the functions that the query defines itself, as name/arguments.
	defined map[string]bool
	err     error
}

// check reports what gojq reads and jq 1.6 does not, and what no partition query may do.
func check(text string, query *gojq.Query) error {
	if at := dotBracket.FindStringSubmatch(withoutStrings(text)); at != nil && !keywords[at[1]] {
		return errors.New(`holds ".[" after a term, which jq 1.6 does not know; leave the "." out, as in .items[0]`)
	}
	if strings.Contains(withoutStrings(text), "#") {
		return errors.New("holds a comment, which would hide what follows it on the line; leave it out")
	}
	v := &visitor{defined: map[string]bool{}}
	v.query, v.term = v.checkQuery, v.checkTerm
	v.walk(query)
	return v.err
}

var dotBracket = regexp.MustCompile(`(?:(?:^|[^.\w$])(\w+)|[\w"\])}?])\.\[`)

// withoutStrings replaces the text between quotes, so that nothing in it looks like syntax.
func withoutStrings(text string) string {
	return stringPattern.ReplaceAllString(text, `""`)
}

var stringPattern = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

func (v *visitor) fail(format string, args ...any) {
	if v.err == nil {
		v.err = fmt.Errorf(format, args...)
	}
}

func (v *visitor) checkQuery(q *gojq.Query) {
	if q.Meta != nil || len(q.Imports) > 0 {
		v.fail("imports a module, and Firehose has none; leave it out")
	}
	if q.Op >= gojq.OpAssign {
		v.fail("changes its input with %q; compute the key without a change", q.Op.String())
	}
	v.define(q)
}

// define notes the functions that a query defines, and their arguments, which are functions too.
func (v *visitor) define(q *gojq.Query) {
	for _, def := range q.FuncDefs {
		v.defined[fmt.Sprintf("%s/%d", def.Name, len(def.Args))] = true
		for _, arg := range def.Args {
			v.defined[arg+"/0"] = true
			v.defined[strings.TrimPrefix(arg, "$")+"/0"] = true
		}
	}
}

func (v *visitor) checkTerm(t *gojq.Term) {
	switch t.Type {
	case gojq.TermTypeFunc:
		v.checkFunction(t.Func)
	case gojq.TermTypeFormat:
		if !formats[t.Format] {
			v.fail("has the format %s, which jq 1.6 or the local pipeline lacks; use %s", t.Format, "@text, @json, @csv, @tsv, @html, @uri, @sh, @base64 or @base64d")
		}
	case gojq.TermTypeIf:
		if t.If.Else == nil {
			v.fail(`has an "if" without "else", which jq 1.6 does not know; add else .`)
		}
	}
}

func (v *visitor) checkFunction(f *gojq.Func) {
	name := arity(f)
	switch {
	case strings.HasPrefix(f.Name, "$__") || f.Name == "$ENV":
		v.fail("reads %s; a partition key may depend on the record alone, so that a record that is delivered again lands in the same place", f.Name)
	case strings.HasPrefix(f.Name, "$"), v.defined[name]:
	case outside[name]:
		v.fail("calls %s; a partition key may depend on the record alone, so that a record that is delivered again lands in the same place", name)
	case changing[name]:
		v.fail("calls %s, which changes its input; compute the key without a change", name)
	case !known[name]:
		v.fail("calls %s, which jq 1.6 does not have; use a function of jq 1.6's manual", name)
	case regular[name]:
		v.checkPattern(name, f.Args)
	}
}

// checkPattern refuses a regular expression that only jq knows, and flags that it does not know. What is computed is checked when the
// query runs.
func (v *visitor) checkPattern(name string, args []*gojq.Query) {
	if text, ok := literal(args[0]); ok {
		made, err := translate(text)
		if err != nil {
			v.fail("calls %s with the regular expression %q, %w", name, text, err)
		} else if _, err := regexp.Compile(made.text); err != nil {
			v.fail("calls %s with the regular expression %q, which the local pipeline does not know (%v); use one without look-around and back-references", name, text, err)
		}
	}
	if at := flagsAt[name]; at > 0 {
		if text, ok := literal(args[at]); ok && flagsFault(text) != "" {
			v.fail("calls %s with flags that have %s", name, flagsFault(text))
		}
	}
}

// literal returns a text that stands in a query as it is.
func literal(q *gojq.Query) (string, bool) {
	if q.Term == nil || q.Term.Type != gojq.TermTypeString || len(q.Term.Str.Queries) > 0 || len(q.Term.SuffixList) > 0 {
		return "", false
	}
	return q.Term.Str.Str, true
}

func (v *visitor) walk(q *gojq.Query) {
	if q == nil {
		return
	}
	v.query(q)
	for _, def := range q.FuncDefs {
		v.walk(def.Body)
	}
	v.walkTerm(q.Term)
	v.walk(q.Left)
	v.walk(q.Right)
	v.walkPatterns(q.Patterns)
}

func (v *visitor) walkPatterns(patterns []*gojq.Pattern) {
	for _, p := range patterns {
		if keywords[strings.TrimPrefix(p.Name, "$")] {
			v.fail("has a variable named %s, which is a keyword of jq 1.6; use another name", p.Name)
		}
		v.walkPatterns(p.Array)
		for _, member := range p.Object {
			v.walkString(member.KeyString)
			v.walk(member.KeyQuery)
			if member.Val != nil {
				v.walkPatterns([]*gojq.Pattern{member.Val})
			}
		}
	}
}

func (v *visitor) walkString(s *gojq.String) {
	if s == nil {
		return
	}
	for _, q := range s.Queries {
		v.walk(q)
	}
}

func (v *visitor) walkIndex(i *gojq.Index) {
	if i == nil {
		return
	}
	v.walkString(i.Str)
	v.walk(i.Start)
	v.walk(i.End)
}

func (v *visitor) walkTerm(t *gojq.Term) {
	if t == nil {
		return
	}
	v.term(t)
	v.walkIndex(t.Index)
	v.walkString(t.Str)
	v.walk(t.Query)
	if t.Func != nil {
		v.walkAll(t.Func.Args...)
	}
	if t.Object != nil {
		for _, member := range t.Object.KeyVals {
			v.walkString(member.KeyString)
			v.walkAll(member.KeyQuery, member.Val)
		}
	}
	if t.Array != nil {
		v.walk(t.Array.Query)
	}
	if t.Unary != nil {
		v.walkTerm(t.Unary.Term)
	}
	v.walkControl(t)
	for _, suffix := range t.SuffixList {
		v.walkIndex(suffix.Index)
	}
}

func (v *visitor) walkControl(t *gojq.Term) {
	if t.If != nil {
		v.walkAll(t.If.Cond, t.If.Then, t.If.Else)
		for _, elif := range t.If.Elif {
			v.walkAll(elif.Cond, elif.Then)
		}
	}
	if t.Try != nil {
		v.walkAll(t.Try.Body, t.Try.Catch)
	}
	if t.Reduce != nil {
		v.walkAll(t.Reduce.Query, t.Reduce.Start, t.Reduce.Update)
		v.walkPatterns(t.Reduce.Patterns)
	}
	if t.Foreach != nil {
		v.walkAll(t.Foreach.Query, t.Foreach.Start, t.Foreach.Update, t.Foreach.Extract)
		v.walkPatterns(t.Foreach.Patterns)
	}
	if t.Label != nil {
		v.walk(t.Label.Body)
	}
}

func (v *visitor) walkAll(queries ...*gojq.Query) {
	for _, q := range queries {
		v.walk(q)
	}
}
