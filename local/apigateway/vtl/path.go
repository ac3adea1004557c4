package vtl

import (
	"fmt"
	"math"
	"strings"

	"github.com/ohler55/ojg/jp"
)

// Path is a compiled JSONPath expression, as for $input.path. It is safe for concurrent use.
type Path struct {
	expr jp.Expr
	// definite paths have at most one result. Other paths, with a wildcard, a filter, a slice or "..", have a list of results,
	// as in Jayway's JSONPath.
	definite bool
	// below is the path after "..", or after the filter, if there is one. expr is then the path before it.
	below  *Path
	filter *jp.Filter
}

var paths = newCache(ParsePath)

// maxPath is the largest length of an expression in bytes. It has a bound because the parser is recursive.
const maxPath = 4096

// Text returns the first value that a path finds: text as it is, anything else as JSON. It returns "" for null, or if the path
// finds nothing.
func (p *Path) Text(in Payload) (string, error) {
	found, err := p.all(in.value)
	if err != nil || len(found) == 0 || found[0] == nil {
		return "", err
	}
	if text, ok := found[0].(string); ok {
		return text, nil
	}
	r := run{budget: budget{most: leastWork}}
	out, err := r.appendJSON(nil, found[0], 0)
	return asText(out), err
}

// ParsePath compiles an expression of at most 4,096 bytes. It returns an error with the expression if it is not imitated, such
// as one with a function at its end.
func ParsePath(expression string) (*Path, error) {
	text := expression
	if len(text) > maxPath {
		return nil, failuref("a JSONPath expression of %d bytes; the longest is %d", len(text), maxPath)
	}
	if !strings.HasPrefix(text, "$") && !strings.HasPrefix(text, "@") {
		text = "$." + text // as Jayway's JSONPath has it
	}
	if what := unboundedPath(text); what != "" {
		return nil, failuref("the JSONPath expression %s has %s, which is not imitated here", quote(expression), what)
	}
	expr, err := parsePath(bracketed(text))
	if err != nil {
		return nil, failuref("%s is not a JSONPath expression: %s", quote(expression), err)
	}
	compiled, problem := splitPath(expr)
	if problem != "" {
		return nil, failuref("the JSONPath expression %s %s", quote(expression), problem)
	}
	return compiled, nil
}

// splitPath makes a Path of the fragments, or returns what is wrong with them.
func splitPath(expr jp.Expr) (*Path, string) {
	definite, results := true, 1
	for i, fragment := range expr {
		switch f := fragment.(type) {
		case jp.Root, jp.At, jp.Child, jp.Nth:
			continue
		case jp.Descent:
			if i == len(expr)-1 {
				return nil, `ends in ".."`
			}
			below, problem := splitPath(expr[i+1:])
			return &Path{expr: expr[:i], below: below}, problem
		case *jp.Filter:
			below, problem := splitPath(expr[i+1:])
			return &Path{expr: expr[:i], filter: f, below: below}, problem
		case jp.Slice:
			if hasStep(f) {
				return nil, "has a slice with a step, which API Gateway passes over; leave the step out"
			}
		case jp.Union:
			results *= max(len(f), 1)
			if len(f) > 1 && isString(f[0]) {
				return nil, "has several names in one bracket, which is not imitated here"
			}
		}
		definite = false
		if results > maxUnion {
			return nil, fmt.Sprintf("names more than %d elements", maxUnion)
		}
	}
	return &Path{expr: expr, definite: definite}, ""
}

// hasStep reports whether a slice passes over elements. Jayway's JSONPath reads no step (ArraySliceOperation). Without one, the parser's
// is the largest integer.
func hasStep(slice jp.Slice) bool {
	return len(slice) > 2 && slice[2] != 1 && slice[2] != math.MaxInt32
}

// maxUnion is the largest number of elements that the path's lists of names and numbers select, multiplied with each other.
const maxUnion = 1000

// unboundedPath returns the part of a path that would take more than a few passes over the payload, or a function.
func unboundedPath(path string) string {
	bare := withoutQuotes(path)
	switch {
	case strings.HasSuffix(bare, ")"):
		return "a function at its end"
	case strings.Count(bare, "..") > 1:
		return `".." twice`
	case strings.Contains(bare, "?") && strings.Contains(bare[1:], "$"):
		return "a filter that looks at the whole payload"
	}
	return ""
}

// withoutQuotes removes the text in quotes.
func withoutQuotes(path string) string {
	var out strings.Builder
	var quoted byte
	for i := 0; i < len(path); i++ {
		switch c := path[i]; {
		case quoted == 0 && c != '\'' && c != '"':
			out.WriteByte(c)
		case quoted == 0:
			quoted = c
		case c == '\\':
			i++
		case c == quoted:
			quoted = 0
		}
	}
	return out.String()
}

// bracketed puts names in brackets that the library does not accept after a dot, such as "a-b".
func bracketed(path string) string {
	var out strings.Builder
	for i := 0; i < len(path); {
		switch path[i] {
		case '[':
			end := i + bracketEnd(path[i:])
			out.WriteString(path[i:end])
			i = end
		case '.':
			n := count(path[i+1:], func(c byte) bool { return !strings.ContainsRune(".[('\"*$@ ?", rune(c)) })
			name := path[i+1 : i+1+n]
			if n == 0 || count(name, func(c byte) bool { return isAlpha(c) || isDigit(c) || c == '_' }) == n {
				out.WriteString(path[i : i+1+n])
			} else {
				if strings.HasSuffix(path[:i], ".") {
					out.WriteByte('.')
				}
				out.WriteString("['" + name + "']")
			}
			i += 1 + n
		default:
			out.WriteByte(path[i])
			i++
		}
	}
	return out.String()
}

// bracketEnd returns the length of a text in brackets, which may itself hold brackets and quotes.
func bracketEnd(text string) int {
	depth := 0
	var quoted byte
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted != 0 && c == '\\':
			i++
		case quoted != 0:
			if c == quoted {
				quoted = 0
			}
		case c == '\'' || c == '"':
			quoted = c
		case c == '[':
			depth++
		case c == ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(text)
}

// parsePath turns a panic of the library into an error.
func parsePath(text string) (expr jp.Expr, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = failuref("%s", quoted(fmt.Sprint(p)))
		}
	}()
	return jp.ParseString(text)
}

// one follows a definite path.
func (p *Path) one(in any) (any, bool) {
	for _, fragment := range p.expr {
		ok := true
		switch f := fragment.(type) {
		case jp.Child:
			o, isObject := in.(*object)
			if !isObject {
				return nil, false
			}
			in, ok = o.get(string(f))
		case jp.Nth:
			l, isList := in.(*list)
			if !isList {
				return nil, false
			}
			in, ok = nth(l, int(f))
		}
		if !ok {
			return nil, false
		}
	}
	return in, true
}

func nth(l *list, n int) (any, bool) {
	if n < 0 {
		n += len(l.items)
	}
	if n < 0 || n >= len(l.items) {
		return nil, false
	}
	return l.items[n], true
}

// all turns a panic of the library into an error.
func (p *Path) all(in any) (found []any, err error) {
	defer func() {
		if problem := recover(); problem != nil {
			err = failuref("the JSONPath expression %s cannot be evaluated: %s", quote(p.expr.String()), quoted(fmt.Sprint(problem)))
		}
	}()
	return p.get(in), nil
}

// passes returns the largest number of times that a path visits the values of a payload.
func (p *Path) passes() int {
	passes := 1
	for _, fragment := range p.expr {
		passes++
		if union, ok := fragment.(jp.Union); ok {
			passes *= max(len(union), 1)
		}
	}
	if p.below != nil {
		passes += p.below.passes()
	}
	return passes
}

// size returns the number of values within a value. A value at several places counts several times. size pays while it counts.
func (r *run) size(value any, depth int) (int, error) {
	if depth > maxDepth {
		return 0, failuref("a value nested more than %d levels deep, or in itself, cannot be searched", maxDepth)
	}
	var within []any
	switch v := value.(type) {
	case *object:
		within = v.vals
	case *list:
		within = v.items
	}
	sum := 1
	for _, each := range within {
		if err := r.pay(1); err != nil {
			return 0, err
		}
		size, err := r.size(each, depth+1)
		if err != nil {
			return 0, err
		}
		sum += size
	}
	return sum, nil
}

func (p *Path) get(in any) []any {
	switch {
	case p.definite:
		if value, ok := p.one(in); ok {
			return []any{value}
		}
		return nil
	case p.below == nil:
		return p.expr.Get(in)
	}
	tops := []any{in}
	if len(p.expr) > 0 {
		tops = p.expr.Get(in)
	}
	var found []any
	for _, top := range tops {
		if p.filter != nil {
			found = p.filtered(found, top)
		} else {
			found = p.below.descend(found, top)
		}
	}
	return found
}

// filtered applies a path from its filter on. As in Jayway's JSONPath, a filter tests the elements of an array, and an object
// itself (PredicatePathToken).
func (p *Path) filtered(found []any, in any) []any {
	var tested []any
	switch v := in.(type) {
	case *object:
		tested = []any{v}
	case *list:
		tested = v.items
	}
	for _, each := range tested {
		if p.filter.Match(each) {
			found = append(found, p.below.get(each)...)
		}
	}
	return found
}

// descend searches a value, and then everything within it, in the order of the payload.
func (p *Path) descend(found []any, in any) []any {
	var within []any
	switch v := in.(type) {
	case *object:
		within = v.vals
	case *list:
		within = v.items
	default:
		return found
	}
	// After "..", a filter also tests the array whose elements it would test (ScanPathToken).
	if p.filter == nil || len(p.expr) > 0 || p.filter.Match(in) {
		found = append(found, p.get(in)...)
	}
	for _, each := range within {
		found = p.descend(found, each)
	}
	return found
}
