package vtl

import (
	"fmt"
	"strings"

	"cdk.tf/go/ingest/internal/excerpt"
)

// parser builds nodes from tokens by the productions of Velocity 1.7's Parser.jjt.
type parser struct {
	lexer lexer
	ahead []token
	base  int // where the lexer's text begins in the template; nested texts are in string literals
	depth int // of nested blocks, expressions and strings
	names *names
	// record has the images of a directive's arguments, which are its text if it is none. Velocity leaves out there what stands
	// before a reference, and a "$" that begins none (RuntimeMacro.getLiteral).
	record  []byte
	records bool
	failed  *parseError // the first failure: the parser then sees the end of the text
}

// names assigns each variable of a template its place.
type names struct {
	index  map[string]int
	list   []string
	macros map[string]*macro // those that are declared so far
}

func (n *names) place(name string) int {
	at, ok := n.index[name]
	if !ok {
		at = len(n.list)
		n.index[name] = at
		n.list = append(n.list, name)
	}
	return at
}

type parseError struct {
	at      int
	message string
}

func newParser(text string, base, depth int, names *names) *parser {
	return &parser{lexer: lexer{text: text, state: inText}, base: base, depth: depth, names: names}
}

// fail records the first failure, at an offset of the lexer's text.
func (p *parser) fail(at int, format string, args ...any) {
	if p.failed == nil {
		p.failed = &parseError{at: p.base + at, message: fmt.Sprintf(format, args...)}
	}
}

func (p *parser) peek(n int) token {
	for len(p.ahead) < n {
		p.ahead = append(p.ahead, p.read())
	}
	if p.failed != nil {
		return token{kind: kindEOF, start: len(p.lexer.text), end: len(p.lexer.text)}
	}
	return p.ahead[n-1]
}

func (p *parser) read() token {
	if p.failed != nil {
		return token{kind: kindEOF}
	}
	t, err := p.lexer.next()
	switch {
	case err == nil:
		return t
	case err.unfinished != "":
		p.fail(err.at, "the text ends in the middle of %s; Velocity takes no %q at the very end, so write something after it",
			quote(err.unfinished), firstOf(err.unfinished))
	default:
		p.fail(err.at, "unexpected %s%s", quote(p.lexer.text[err.at:]), hintOf(p.lexer.text[err.at:], p.lexer.state))
	}
	return token{kind: kindEOF}
}

// hintOf explains syntax that people expect and Velocity 1.7 does not have.
func hintOf(text string, in state) string {
	switch {
	case text[0] == '"' || text[0] == '\'':
		return "; the string has no closing quote"
	case in == inArguments && strings.ContainsRune("+-*/%<>=!&|(", rune(text[0])):
		return "; an argument of a method is a value, not an expression: #set a variable to it first"
	case in == inIndex:
		return "; between [ and ] stands a number, a string or a reference"
	}
	return ""
}

func firstOf(text string) string {
	if strings.HasPrefix(text, "#[[") {
		return "#[["
	}
	return text[:1]
}

func (p *parser) take() token {
	t := p.peek(1)
	if len(p.ahead) > 0 {
		p.ahead = p.ahead[1:]
	}
	if p.records {
		p.record = append(p.record, t.literal()...)
	}
	return t
}

// literal is a token's image without what stands before a reference.
func (t token) literal() string {
	if t.kind == kindIdentifier || t.kind == kindReferenceOpen {
		return t.image[max(strings.LastIndexByte(t.image, '$'), 0):]
	}
	return t.image
}

func (p *parser) space() {
	if p.peek(1).kind == kindSpace {
		p.take()
	}
}

// expect takes a token of the kind. Otherwise it fails and reports the token.
func (p *parser) expect(k kind, what string) token {
	t := p.peek(1)
	if t.kind != k {
		p.unexpected(t, what)
		return t
	}
	return p.take()
}

func (p *parser) unexpected(t token, what string) {
	if t.kind == kindEOF {
		p.fail(t.start, "the template ends where %s is expected", what)
		return
	}
	hint := ""
	if word := strings.TrimSpace(t.image); word == "null" || word == "nil" {
		hint = `; Velocity has no null: compare with ""`
	} else if len(word) > 1 && word[0] == '-' {
		hint = "; put white space on both sides of a minus"
	}
	p.fail(t.start, "unexpected %s where %s is expected%s", quote(t.image), what, hint)
}

// deeper bounds the parser's recursion.
func (p *parser) deeper(at int) bool {
	p.depth++
	if p.depth > maxNesting {
		p.fail(at, "more than %d levels of nesting", maxNesting)
	}
	return p.failed == nil
}

// quoted is a text in a message that may be a client's. Logs leave it out ([Error.Plain]).
type quoted string

// quote shows the beginning of a text in a message.
func quote(text string) quoted {
	return quoted(fmt.Sprintf("%q", excerpt.Of(strings.ToValidUTF8(text, "?"), 24)))
}

// template parses the whole text.
func (p *parser) template() block {
	body := p.block()
	if t := p.peek(1); t.kind != kindEOF && p.failed == nil {
		p.misplaced(t)
	}
	return body
}

// misplaced refuses a token that begins no statement.
func (p *parser) misplaced(t token) {
	switch t.kind {
	case kindEnd, kindElse, kindElseif:
		p.fail(t.start, "%s without its #if or #foreach", strings.TrimSpace(t.image))
	case kindTrue, kindFalse:
		p.fail(t.start, "%s is no reference in Velocity", quote(t.image))
	default:
		p.fail(t.start, "unexpected %s", quote(t.image))
	}
}

// block parses statements up to a token that begins none.
func (p *parser) block() block {
	var body block
	var texts []byte // neighbouring texts, to be one node
	for p.failed == nil {
		statement, ok := p.statement()
		if !ok {
			break
		}
		if t, isText := statement.(text); isText {
			texts = append(texts, t...)
			continue
		}
		if statement != nil {
			body, texts = append(appendText(body, texts), statement), nil
		}
	}
	return appendText(body, texts)
}

func appendText(body block, texts []byte) block {
	if len(texts) == 0 {
		return body
	}
	return append(body, text(texts))
}

func (p *parser) statement() (node, bool) {
	t := p.peek(1)
	switch t.kind {
	case kindIf:
		return p.ifStatement(), true
	case kindIdentifier:
		return p.reference(), true
	case kindReferenceOpen:
		if p.peek(2).kind == kindIdentifier {
			return p.reference(), true
		}
		return text(p.take().plain()), true
	case kindLineComment, kindCommentEnd:
		return p.comment(), true
	case kindTextblock:
		image := p.take().image
		return text(image[len("#[[") : len(image)-len("]]#")]), true
	case kindSet:
		return p.set(), true
	case kindEscapedDirective:
		return text(p.unescapedDirective(p.take().image)), true
	case kindDoubleEscape:
		return p.escape(), true
	case kindWord, kindBracketedWord:
		return p.directive(), true
	case kindText, kindDot, kindParenClose, kindParenOpen, kindInteger, kindFloat, kindString, kindEscape,
		kindReferenceClose, kindEmptyIndex:
		return text(p.take().plain()), true
	}
	return nil, false
}

// plain is a token as text.
func (t token) plain() string { return t.special + t.image }

// comment returns the text before it, such as the "$" of "$##".
func (p *parser) comment() node {
	t := p.take()
	if t.kind == kindLineComment && p.peek(1).kind == kindLineCommentEnd {
		p.take()
	}
	at := strings.Index(t.image, "##")
	if at < 0 {
		at = strings.Index(t.image, "#*")
	}
	return text(t.image[:max(at, 0)])
}

// escape halves the backslashes before a directive and leaves all others.
func (p *parser) escape() node {
	pairs := 0
	for p.peek(1).kind == kindDoubleEscape {
		p.take()
		pairs++
	}
	next := p.peek(1)
	switch next.kind {
	case kindIf, kindElse, kindElseif, kindEnd:
		return text(strings.Repeat(`\`, pairs))
	}
	if len(next.image) > 1 && p.isDirective(next.image[1:]) {
		return text(strings.Repeat(`\`, pairs))
	}
	return text(strings.Repeat(`\\`, pairs))
}

// isDirective reports whether a name is a directive's, or that of a macro declared before.
func (p *parser) isDirective(name string) bool {
	return isPluggable(name) || p.names.macros[name] != nil
}

// isPluggable reports whether a word is one of Velocity 1.7's directives, except those of its grammar.
func isPluggable(name string) bool {
	switch name {
	case "foreach", "break", "stop", "include", "parse", "macro", "evaluate", "define", "literal":
		return true
	}
	return false
}

func (p *parser) unescapedDirective(image string) string {
	last := strings.LastIndexByte(image, '\\')
	name := strings.Trim(image[last+2:], "{}")
	switch name {
	case "if", "end", "set", "else", "elseif":
	default:
		if !p.isDirective(name) {
			return image
		}
	}
	return image[:last/2] + image[last+1:]
}

func (p *parser) ifStatement() node {
	opening := p.take()
	if !p.deeper(opening.start) {
		return nil
	}
	defer func() { p.depth-- }()
	var n ifNode
	n.branches = append(n.branches, p.branch("#if"))
	for p.failed == nil {
		t := p.peek(1)
		switch t.kind {
		case kindElseif:
			p.take()
			if n.otherwise != nil {
				p.fail(t.start, "#elseif after #else")
			}
			n.branches = append(n.branches, p.branch("#elseif"))
		case kindElse:
			p.take()
			if n.otherwise != nil {
				p.fail(t.start, "a second #else")
			}
			n.otherwise = append(block{text("")}, p.block()...)
		case kindEnd:
			p.take()
			return &n
		default:
			p.unclosed(opening, t)
		}
	}
	return nil
}

// unclosed reports the directive that has no #end.
func (p *parser) unclosed(opening, t token) {
	if t.kind == kindEOF {
		p.fail(opening.start, "%s has no #end", strings.TrimSpace(opening.image))
		return
	}
	p.misplaced(t)
}

func (p *parser) branch(name string) branch {
	p.space()
	p.expect(kindParenOpen, `"(" after `+name)
	condition := p.expression()
	p.expect(kindParenClose, `")"`)
	return branch{condition: condition, body: p.block()}
}

func (p *parser) set() node {
	opening := p.take()
	p.space()
	if k := p.peek(1).kind; k != kindIdentifier && k != kindReferenceOpen {
		p.unexpected(p.peek(1), "a reference to #set")
		return nil
	}
	left := p.reference()
	p.space()
	if t := p.peek(1); t.kind != kindOperator || t.image != "=" {
		p.unexpected(t, `"="`)
		return nil
	}
	p.take()
	right := p.expression()
	p.expect(kindParenClose, `")"`)
	p.lexer.set = false
	target, ok := left.(*reference)
	if !ok {
		p.fail(opening.start, "#set of something that is not a reference")
		return nil
	}
	// Velocity names the variable by the first token without its "$". So no reference can name what "${x}" and "$!x" set.
	target.unnamed = len(target.parts) == 0 && target.source != "$"+target.name
	return &setNode{target: target, value: right}
}

// directive parses a directive that is not part of the grammar, or a word that only looks like one.
func (p *parser) directive() node {
	t := p.take()
	name := t.image[1:] // after a "$" the name is "#foreach", which is not a directive: "$#foreach" is text
	if t.kind == kindBracketedWord {
		name = t.image[2 : len(t.image)-1]
	}
	if refused(name) {
		p.fail(t.start, "#%s is not imitated here: write its text where it is used", name)
		return nil
	}
	p.lexer.state = inDirective
	var args []argument
	parens := p.lexer.parenFollows()
	p.record = nil
	if parens {
		p.records = true
		args = p.directiveArguments()
		p.records = false
	} else {
		p.lexer.pop()
	}
	if p.failed != nil {
		return nil
	}
	switch name {
	case "foreach":
		return p.foreach(t, args)
	case "break", "stop":
		if len(args) > 0 {
			p.fail(t.start, "#%s with an argument is not imitated here; leave it out", name)
		}
		return jump{stop: name == "stop"}
	case "define":
		return p.define(t, args)
	case "macro":
		return p.macro(t, args)
	}
	return p.call(t, name, args, parens)
}

// refused reports whether a name is a directive of Velocity that this package does not imitate.
func refused(name string) bool {
	switch name {
	case "parse", "include", "evaluate", "literal":
		return true
	}
	return false
}

// argument is a directive's: a value, or a word such as the "in" of #foreach.
type argument struct {
	word  string
	value expression
}

func (p *parser) directiveArguments() []argument {
	var args []argument
	p.space()
	p.expect(kindParenOpen, `"("`)
	for p.failed == nil {
		p.space()
		comma := p.peek(1).kind == kindComma
		if comma {
			p.take()
			p.space()
		}
		switch t := p.peek(1); {
		case t.kind == kindParenClose && comma:
			p.unexpected(t, `an argument after ","`)
		case t.kind == kindParenClose:
			p.take()
			return args
		case t.kind == kindWord:
			args = append(args, argument{word: p.take().image})
		default:
			args = append(args, argument{value: p.value()})
		}
	}
	return nil
}

// body parses up to a directive's #end, and returns the end.
func (p *parser) body(opening token) (block, int) {
	if !p.deeper(opening.start) {
		return nil, 0
	}
	defer func() { p.depth-- }()
	body := p.block()
	if t := p.peek(1); t.kind != kindEnd {
		p.unclosed(opening, t)
		return nil, 0
	}
	return body, p.take().end
}

// nameOf returns the name that a reference gives to the declaration of #define or #macro: its first token without the "$", or
// "" if no reference can have that name.
func nameOf(r *reference) string {
	if strings.HasPrefix(r.source, "$"+r.name) {
		return r.name
	}
	return ""
}

func (p *parser) define(opening token, args []argument) node {
	const form = "#define is written #define($name) ... #end"
	if len(args) != 1 || args[0].value == nil {
		p.fail(opening.start, form)
		return nil
	}
	n := &defineNode{}
	if r, ok := args[0].value.(*reference); ok {
		n.place, n.named = r.root, nameOf(r) != ""
	}
	n.body, _ = p.body(opening)
	return n
}

// macro parses a #macro. It declares the macro and returns no node.
func (p *parser) macro(opening token, args []argument) node {
	const form = "#macro is written #macro(name $a $b) ... #end"
	if len(args) == 0 || args[0].word == "" {
		p.fail(opening.start, form)
		return nil
	}
	m := &macro{}
	for _, arg := range args[1:] {
		var named parameter
		if r, ok := arg.value.(*reference); ok {
			named = parameter{name: nameOf(r), place: r.root}
		} else if arg.value == nil {
			p.fail(opening.start, form)
			return nil
		}
		m.parameters = append(m.parameters, named)
	}
	m.body, _ = p.body(opening)
	if name := args[0].word; p.names.macros[name] == nil {
		p.names.macros[name] = m
	}
	return nil
}

// call parses a possible call of a macro. Whether it is one is known at the end of the template.
func (p *parser) call(opening token, name string, args []argument, parens bool) node {
	n := &macroCall{name: name, arguments: args, at: p.base + opening.start, source: opening.image + string(p.record)}
	if called, withBody := strings.CutPrefix(name, "@"); withBody {
		if !parens {
			return text(opening.image)
		}
		n.name, n.withBody, n.content = called, true, p.names.place("bodyContent")
		body, end := p.body(opening)
		n.body = body
		n.source = opening.image + p.lexer.text[min(opening.end, end):end]
	}
	return n
}

func (p *parser) foreach(opening token, args []argument) node {
	if len(args) != 3 || args[1].word != "in" || args[2].value == nil {
		p.fail(opening.start, "#foreach is written #foreach($each in $list)")
		return nil
	}
	each, ok := args[0].value.(*reference)
	if !ok || len(each.parts) > 0 {
		p.fail(opening.start, "#foreach is written #foreach($each in $list)")
		return nil
	}
	body, _ := p.body(opening)
	if p.failed != nil {
		return nil
	}
	return &foreachNode{each: each.root, list: args[2].value, body: body, at: p.base + opening.start,
		scope: p.names.place("foreach"), count: p.names.place("velocityCount"), next: p.names.place("velocityHasNext")}
}
