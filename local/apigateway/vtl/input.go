package vtl

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/ohler55/ojg/jp"
)

// input is $input, util is $util: what they read is in the run.
type (
	input struct{}
	util  struct{}
)

// payload is the body, decoded when a template first asks for it.
type payload struct {
	text   any // a string, once asked for
	parsed bool
	json   any
	ok     bool // the payload is JSON
}

// body is the payload as text, "{}" for none (assumption 4).
func (r *run) body() any {
	if r.payload.text == nil {
		text := string(r.request.Body)
		if !utf8.ValidString(text) {
			text = string([]rune(text))
		}
		if text == "" {
			text = "{}"
		}
		r.payload.text = text
	}
	return r.payload.text
}

// path evaluates a JSONPath expression over the payload; found is false for what is missing.
func (r *run) path(expression string) (value any, found bool, err error) {
	compiled, err := compilePath(expression)
	if err != nil {
		return nil, false, err
	}
	if !r.payload.parsed {
		text, _ := r.body().(string)
		r.payload.json, r.payload.ok = parseJSON(text)
		r.payload.parsed = true
		if err := r.spendBytes(len(text), nowhere); err != nil {
			return nil, false, err
		}
	}
	if !r.payload.ok {
		return nil, false, nil
	}
	if compiled.definite {
		value, found = compiled.one(r.payload.json)
		return value, found, nil
	}
	items, err := compiled.all(r.payload.json)
	if err != nil {
		return nil, false, err
	}
	text, _ := r.body().(string)
	return &list{kind: jsonArray, items: items}, true, r.spend(len(text)>>4+len(items), nowhere)
}

// jsonPath is a compiled expression.
type jsonPath struct {
	expr jp.Expr
	// definite paths have one result or none; others, with a wildcard, a filter, a slice or "..", have a list of them,
	// as in Jayway's JSONPath.
	definite bool
	// below is what follows "..", if there is one: expr is then what is before it.
	below *jsonPath
}

// paths holds compiled expressions, up to maxCached: a template can compute them from the request.
var paths = struct {
	sync.RWMutex
	compiled map[string]*jsonPath
}{compiled: map[string]*jsonPath{}}

const maxCached = 1000

// maxPath is the length of an expression in bytes: its parser is recursive.
const maxPath = 4096

func compilePath(expression string) (*jsonPath, error) {
	paths.RLock()
	compiled, ok := paths.compiled[expression]
	paths.RUnlock()
	if ok {
		return compiled, nil
	}
	compiled, err := newPath(expression)
	if err != nil {
		return nil, err
	}
	paths.Lock()
	defer paths.Unlock()
	if len(paths.compiled) < maxCached {
		paths.compiled[expression] = compiled
	}
	return compiled, nil
}

func newPath(expression string) (*jsonPath, error) {
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

// splitPath finds out what the fragments of a path come to, or what is wrong with them.
func splitPath(expr jp.Expr) (*jsonPath, string) {
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
			return &jsonPath{expr: expr[:i], below: below}, problem
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
	return &jsonPath{expr: expr, definite: definite}, ""
}

// maxUnion is how many elements lists of names and numbers may come to, multiplied with each other.
const maxUnion = 1000

// unboundedPath names what would take more than a few passes over the payload, and functions.
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

// withoutQuotes leaves out the text in quotes.
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

// bracketed writes names after a dot that the library does not take there, such as "a-b", in brackets.
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

// bracketEnd is the length of a text in brackets, with brackets and quotes in it.
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
			err = failuref("%v", p)
		}
	}()
	return jp.ParseString(text)
}

// one follows a definite path.
func (p *jsonPath) one(in any) (any, bool) {
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
func (p *jsonPath) all(in any) (found []any, err error) {
	defer func() {
		if problem := recover(); problem != nil {
			err = failuref("the JSONPath expression %s cannot be evaluated: %v", quote(p.expr.String()), problem)
		}
	}()
	return p.get(in), nil
}

func (p *jsonPath) get(in any) []any {
	switch {
	case p.definite:
		if value, ok := p.one(in); ok {
			return []any{value}
		}
		return nil
	case p.below == nil:
		return p.expr.Get(in)
	}
	var found []any
	for _, top := range p.expr.Get(in) {
		found = p.below.descend(found, top)
	}
	return found
}

// descend looks in a value, and then in everything within it, in the order of the payload.
func (p *jsonPath) descend(found []any, in any) []any {
	var within []any
	switch v := in.(type) {
	case *object:
		within = v.vals
	case *list:
		within = v.items
	default:
		return found
	}
	found = append(found, p.get(in)...)
	for _, each := range within {
		found = p.descend(found, each)
	}
	return found
}

var inputClass = &type1{methods: map[string]signature{
	"getBody": {0, 0, func(c *call) (any, error) { return c.run.body(), nil }},
	"path":    {1, 1, inputPath},
	"json":    {1, 1, inputJSON},
	"params":  {0, 1, inputParams},
}}

func inputPath(c *call) (any, error) {
	expression, ok := c.text(0)
	if !ok {
		return nil, failuref("$input.path takes a JSONPath expression, not %s", typeName(c.args[0]))
	}
	value, _, err := c.run.path(expression)
	return value, err
}

// inputJSON gives "" in its quotes for what is missing (assumption 5).
func inputJSON(c *call) (any, error) {
	expression, ok := c.text(0)
	if !ok {
		return nil, failuref("$input.json takes a JSONPath expression, not %s", typeName(c.args[0]))
	}
	value, found, err := c.run.path(expression)
	if err != nil {
		return nil, err
	}
	if !found {
		return `""`, nil
	}
	out, err := c.run.appendJSON(nil, value, 0)
	if err != nil {
		return nil, err
	}
	return string(out), c.run.spendBytes(len(out), nowhere)
}

// inputParams searches path, query string and header in that order (AG); a missing one is empty.
func inputParams(c *call) (any, error) {
	request := c.run.request
	if len(c.args) == 1 {
		name, ok := c.text(0)
		if !ok {
			return nil, errNoMethod
		}
		for _, parameters := range [...]map[string]string{request.Path, request.Query, request.Header} {
			if value, ok := parameters[name]; ok {
				return value, nil
			}
		}
		return "", nil
	}
	if c.run.params == nil {
		all := newObject(3)
		all.put("path", sorted(request.Path))
		all.put("querystring", sorted(request.Query))
		all.put("header", sorted(request.Header))
		c.run.params = all
	}
	return c.run.params, nil
}

var utilClass = &type1{methods: map[string]signature{
	"escapeJavaScript": {1, 1, textFunction("escapeJavaScript", func(s string) (string, error) { return escapeJavaScript(s), nil })},
	"base64Encode": {1, 1, textFunction("base64Encode", func(s string) (string, error) {
		return base64.StdEncoding.EncodeToString([]byte(s)), nil
	})},
	"base64Decode": {1, 1, textFunction("base64Decode", base64Decode)},
	"urlEncode":    {1, 1, textFunction("urlEncode", func(s string) (string, error) { return urlEncode(s), nil })},
	"urlDecode": {1, 1, textFunction("urlDecode", func(s string) (string, error) {
		out, err := url.QueryUnescape(s)
		if err != nil {
			return "", failuref("$util.urlDecode: %s is not URL-encoded", quote(s))
		}
		return strings.ToValidUTF8(out, "\uFFFD"), nil
	})},
	"parseJson": {1, 1, func(c *call) (any, error) {
		s, ok := c.text(0)
		if !ok {
			return nil, failuref("$util.parseJson takes text, not %s", typeName(c.args[0]))
		}
		value, ok := parseJSON(s)
		if !ok {
			return nil, failuref("$util.parseJson: %s is not JSON", quote(s))
		}
		return value, c.run.spendBytes(len(s), nowhere)
	}},
}, unknown: setOf("toJson", "quiet", "qr", "error", "time", "autoId", "dynamodb", "defaultIfNull", "isNull", "validate")}

// textFunction takes text, a number or a boolean. What API Gateway makes of a map or a list there is not known.
func textFunction(name string, do func(string) (string, error)) func(*call) (any, error) {
	return func(c *call) (any, error) {
		switch c.args[0].(type) {
		case *object, *contextMap, *list, *entry, *loop, input, util:
			return nil, failuref("$util.%s takes text, not %s: $input.json gives the text of a part of the payload", name, typeName(c.args[0]))
		}
		s, err := c.run.textOf(c.args[0])
		if err != nil {
			return nil, err
		}
		out, err := do(s)
		if err != nil {
			return nil, err
		}
		return out, c.run.spendBytes(len(out), nowhere)
	}
}

func base64Decode(s string) (string, error) {
	out, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		out, err = base64.RawStdEncoding.DecodeString(s) // Java's decoder takes it without its padding too
	}
	if err != nil {
		return "", failuref("$util.base64Decode: %s is not base64", quote(s))
	}
	return strings.ToValidUTF8(string(out), "\uFFFD"), nil
}

// urlEncode is java.net.URLEncoder's: letters, digits and ".-*_" stay, a space is "+".
func urlEncode(s string) string {
	const digits = "0123456789ABCDEF"
	out := make([]byte, 0, len(s)+len(s)/2)
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case isAlpha(c), isDigit(c), c == '.', c == '-', c == '*', c == '_':
			out = append(out, c)
		case c == ' ':
			out = append(out, '+')
		default:
			out = append(out, '%', digits[c>>4], digits[c&15])
		}
	}
	return string(out)
}

// escapeJavaScript is org.apache.commons.lang.StringEscapeUtils.escapeJavaScript (assumption 6).
func escapeJavaScript(s string) string {
	at := 0
	for at < len(s) && !needsEscape(s[at]) {
		at++
	}
	if at == len(s) {
		return s
	}
	out := append(make([]byte, 0, len(s)+len(s)/8+8), s[:at]...)
	for _, c := range s[at:] {
		switch {
		case c > 0xFFFF:
			high, low := utf16.EncodeRune(c)
			out = appendUnit(appendUnit(out, high), low)
		case c > 0x7F:
			out = appendUnit(out, c)
		case needsEscape(byte(c)):
			out = appendEscape(out, byte(c))
		default:
			out = append(out, byte(c))
		}
	}
	return string(out)
}

func needsEscape(c byte) bool {
	return c < ' ' || c > 0x7F || c == '\'' || c == '"' || c == '\\' || c == '/'
}

func appendEscape(out []byte, c byte) []byte {
	if c >= ' ' {
		return append(out, '\\', c)
	}
	if at := strings.IndexByte("\b\n\t\f\r", c); at >= 0 {
		return append(out, '\\', "bntfr"[at])
	}
	return appendUnit(out, rune(c))
}

func appendUnit(out []byte, unit rune) []byte {
	const digits = "0123456789ABCDEF"
	return append(out, '\\', 'u', digits[unit>>12&15], digits[unit>>8&15], digits[unit>>4&15], digits[unit&15])
}
