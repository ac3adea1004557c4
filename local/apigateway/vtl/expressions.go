package vtl

import (
	"math/big"
	"strconv"
	"strings"
	"unicode/utf16"
)

// precedence of the binary operators, the loosest first, as the productions of Parser.jjt nest.
var precedence = [][]string{
	{"||", "or"},
	{"&&", "and"},
	{"==", "eq", "!=", "ne"},
	{"<", "lt", ">", "gt", "<=", "le", ">=", "ge"},
	{"+", "-"},
	{"*", "/", "%"},
}

// spelled maps the spellings of an operator to one.
var spelled = map[string]string{
	"or": "||", "and": "&&", "eq": "==", "ne": "!=", "lt": "<", "gt": ">", "le": "<=", "ge": ">=", "not": "!",
}

func (p *parser) expression() expression {
	if !p.deeper(p.peek(1).start) {
		return nil
	}
	defer func() { p.depth-- }()
	return p.binary(0)
}

func (p *parser) binary(level int) expression {
	if level == len(precedence) {
		return p.unary()
	}
	left := p.binary(level + 1)
	for operators := 1; p.failed == nil; operators++ {
		t := p.peek(1)
		if t.kind != kindOperator || !contains(precedence[level], t.image) {
			break
		}
		if operators > maxOperators {
			p.fail(t.start, "more than %d operators in a row", maxOperators)
		}
		p.take()
		start := t.end
		right := p.binary(level + 1)
		operator := t.image
		if name, ok := spelled[operator]; ok {
			operator = name
		}
		left = &binary{operator: operator, left: left, right: right, at: p.base + t.start,
			source: p.lexer.text[start:p.position()]}
	}
	return left
}

// maxOperators bounds the operators of one precedence in a row: each is a level of the tree.
const maxOperators = 1000

// position is the offset of the next token.
func (p *parser) position() int {
	if t := p.peek(1); t.start > 0 {
		return t.start
	}
	return p.lexer.at
}

func contains(list []string, word string) bool {
	for _, each := range list {
		if each == word {
			return true
		}
	}
	return false
}

func (p *parser) unary() expression {
	t := p.peek(1)
	if t.kind == kindSpace {
		t = p.peek(2)
	}
	if t.kind != kindOperator || t.image != "!" && t.image != "not" {
		return p.primary()
	}
	p.space()
	p.take()
	if !p.deeper(t.start) {
		return nil
	}
	defer func() { p.depth-- }()
	return &not{of: p.unary()}
}

func (p *parser) primary() expression {
	p.space()
	var value expression
	if p.peek(1).kind == kindParenOpen {
		p.take()
		value = p.expression()
		p.expect(kindParenClose, `")"`)
	} else {
		value = p.value()
	}
	p.space()
	return value
}

// parameter is a value with white space around it: no operators, as in a method's arguments, a list or a map.
func (p *parser) parameter() expression {
	p.space()
	value := p.value()
	p.space()
	return value
}

func (p *parser) value() expression {
	t := p.peek(1)
	switch t.kind {
	case kindString:
		return p.stringLiteral()
	case kindInteger:
		return p.integer(p.take())
	case kindFloat:
		f, err := strconv.ParseFloat(p.take().image, 64)
		if err != nil && f == 0 {
			p.fail(t.start, "%s is not a number", quote(t.image))
		}
		return &constant{is: f, source: t.image}
	case kindTrue, kindFalse:
		return &constant{is: p.take().kind == kindTrue, source: t.image}
	case kindListOpen:
		return p.list()
	case kindMapOpen:
		return p.mapLiteral()
	case kindIdentifier, kindReferenceOpen:
		if r, ok := p.reference().(expression); ok {
			return r
		}
		return &constant{}
	}
	p.unexpected(t, "a value")
	return nil
}

// integer parses Java's Integer, Long or BigInteger: the smallest that holds the number.
func (p *parser) integer(t token) expression {
	image := strings.TrimSuffix(t.image, "..")
	value, ok := parseInteger(image)
	if !ok {
		p.fail(t.start, "%s has more digits than the %d that fit", quote(image), maxDigits)
	}
	return &constant{is: value, source: image}
}

func parseInteger(image string) (any, bool) {
	if n, err := strconv.ParseInt(image, 10, 64); err == nil {
		return narrow(n), true
	}
	if len(image) > maxDigits {
		return nil, false
	}
	n, ok := new(big.Int).SetString(image, 10)
	return n, ok
}

// list parses [1, 2] and [1..5].
func (p *parser) list() expression {
	opening := p.take()
	if !p.deeper(opening.start) {
		return nil
	}
	defer func() { p.depth-- }()
	items := &listLiteral{}
	if p.peek(1).kind == kindListClose { // no white space stands between the two, in Velocity
		items.source = p.since(opening, p.take())
		return items
	}
	for p.failed == nil {
		items.items = append(items.items, p.parameter())
		switch t := p.peek(1); {
		case t.kind == kindComma:
			p.take()
		case t.kind == kindListClose:
			items.source = p.since(opening, p.take())
			return items
		case t.kind == kindRange && len(items.items) == 1:
			p.bound(items.items[0], opening)
			next := p.take()
			last := p.parameter()
			p.bound(last, next)
			source := p.since(opening, p.expect(kindListClose, `"]"`))
			return &rangeLiteral{first: items.items[0], last: last, at: p.base + opening.start, source: source}
		default:
			p.unexpected(t, `"," or "]"`)
		}
	}
	return nil
}

// bound refuses an end of a range that Velocity's grammar does not have. before is the token before it.
func (p *parser) bound(end expression, before token) {
	if end == nil { // the fault is reported already
		return
	}
	_, isReference := end.(*reference)
	number, isConstant := end.(*constant)
	if !isReference && (!isConstant || !isWhole(number.is)) {
		p.fail(before.end, "a range begins and ends with a whole number or a reference, such as [1..$n], not with %s", quote(end.literal()))
	}
}

// since returns the source from one token to another.
func (p *parser) since(first, last token) string {
	return p.lexer.text[first.start:max(first.start, last.end)]
}

func (p *parser) mapLiteral() expression {
	opening := p.take()
	if !p.deeper(opening.start) {
		return nil
	}
	defer func() { p.depth-- }()
	m := &mapLiteral{}
	p.space()
	if k := p.peek(1).kind; k == kindMapClose || k == kindReferenceClose {
		m.source = p.since(opening, p.take())
		return m
	}
	for p.failed == nil {
		key := p.parameter()
		p.expect(kindColon, `":"`)
		value := p.parameter()
		m.keys, m.values = append(m.keys, key), append(m.values, value)
		switch t := p.peek(1); t.kind {
		case kindComma:
			p.take()
		case kindMapClose, kindReferenceClose:
			m.source = p.since(opening, p.take())
			return m
		default:
			p.unexpected(t, `"," or "}"`)
		}
	}
	return nil
}

// stringLiteral parses the text of a double-quoted string that holds "$" or "#" as a template of its own.
func (p *parser) stringLiteral() expression {
	t := p.take()
	quoteMark := t.image[0]
	content := t.image[1 : len(t.image)-1]
	if quoteMark == '"' {
		unescaped, ok := unescapeUnicode(content)
		if !ok {
			p.fail(t.start, `after \u in a string stand four hexadecimal digits`)
		}
		content = unescaped
	}
	content = strings.ReplaceAll(content, string([]byte{quoteMark, quoteMark}), string(quoteMark))
	if quoteMark == '\'' || !strings.ContainsAny(t.image, "$#") {
		return &constant{is: content, source: t.image}
	}
	return p.interpolated(t, content)
}

func (p *parser) interpolated(t token, content string) expression {
	if !p.deeper(t.start) {
		return nil
	}
	defer func() { p.depth-- }()
	// Velocity appends a space before it parses the text, so a "$" at the end is text, and removes it afterwards.
	padded := !strings.Contains(content, "##")
	if padded {
		content += " "
	}
	inner := newParser(content, p.base+t.start+1, p.depth, p.names)
	body := inner.template()
	if inner.failed != nil {
		p.failed = inner.failed
		return nil
	}
	if value, ok := constantText(body, padded); ok {
		return &constant{is: value, source: t.image}
	}
	return &interpolation{body: body, padded: padded, source: t.image}
}

// constantText returns the text of a body without anything to evaluate.
func constantText(body block, padded bool) (string, bool) {
	if len(body) != 1 {
		return "", len(body) == 0
	}
	only, ok := body[0].(text)
	if ok && padded {
		return string(only[:len(only)-1]), true
	}
	return string(only), ok
}

// unescapeUnicode replaces \uXXXX, the one escape of a Velocity string.
func unescapeUnicode(s string) (string, bool) {
	if !strings.Contains(s, `\u`) {
		return s, true
	}
	var units []uint16
	for {
		at := strings.Index(s, `\u`)
		if at < 0 {
			return string(utf16.Decode(append(units, utf16.Encode([]rune(s))...))), true
		}
		units = append(units, utf16.Encode([]rune(s[:at]))...)
		if len(s) < at+6 {
			return "", false
		}
		unit, err := strconv.ParseUint(s[at+2:at+6], 16, 16)
		if err != nil {
			return "", false
		}
		units = append(units, uint16(unit))
		s = s[at+6:]
	}
}

// reference parses a reference. Where Velocity treats a bare word as a reference ("$a{b}"), it returns the text of the word.
func (p *parser) reference() node {
	first := p.take()
	root := first
	formal := first.kind == kindReferenceOpen
	if formal {
		root = p.expect(kindIdentifier, "a name")
	}
	r, runt := newReference(first, root, p.names)
	r.at = p.base + first.start
	parts, from, end := p.parts(r, first.end, root.end)
	if formal && p.failed == nil {
		end = p.expect(kindReferenceClose, `"}" of `+string(quote(first.image+root.image))).end
	}
	if p.failed != nil {
		return nil
	}
	r.source += string(append(parts, p.lexer.text[from:end]...))
	if runt != "" {
		return text(runt)
	}
	return r
}

// newReference splits the image of a reference's first token: escapes, text before it, "!", "{".
func newReference(first, root token, names *names) (r *reference, runt string) {
	r = &reference{}
	image := first.image
	if strings.Contains(image, `\!`) {
		r.dead = true // "$\!a" names nothing
		return r, ""
	}
	if n := backslashes(image); n > 0 {
		r.escaped = n%2 == 1
		r.before = image[:n/2]
		image = image[n:]
	}
	if at := strings.LastIndexByte(image, '$'); at > 0 {
		r.more = image[:at]
		image = image[at:]
	}
	r.source = image
	var name string
	switch {
	case strings.HasPrefix(image, "$!{"), image == "${":
		name = root.image
	case strings.HasPrefix(image, "$!"):
		name = image[2:]
	case strings.HasPrefix(image, "$"):
		name = image[1:]
	default:
		return r, image
	}
	r.name = name
	r.root = names.place(name)
	return r, ""
}

// parts parses the parts after a reference's name. It returns their source, and the offsets of the text that is not in it yet:
// a dot's token can hold more than the dot ("$a#$.b" is "$a.b").
func (p *parser) parts(r *reference, from, end int) ([]byte, int, int) {
	var source []byte
	for p.failed == nil {
		for p.peek(1).kind == kindIndexOpen {
			end = p.index(r)
		}
		if p.peek(1).kind != kindDot || p.peek(2).kind != kindIdentifier {
			return source, from, end
		}
		point := p.take()
		source = append(append(source, p.lexer.text[from:point.start]...), '.')
		from = point.end
		name := p.take()
		end = name.end
		if p.methodFollows() {
			end = p.method(r, name)
			continue
		}
		r.parts = append(r.parts, newProperty(name.image, p.base+name.start))
	}
	return source, from, end
}

func (p *parser) index(r *reference) int {
	opening := p.take()
	p.space()
	key := p.indexValue()
	p.space()
	closing := p.expect(kindIndexClose, `"]"`)
	r.parts = append(r.parts, &index{key: key, at: p.base + opening.start})
	return closing.end
}

func (p *parser) indexValue() expression {
	switch t := p.peek(1); t.kind {
	case kindString, kindInteger, kindTrue, kindFalse, kindIdentifier, kindReferenceOpen:
		if !p.deeper(t.start) {
			return nil
		}
		defer func() { p.depth-- }()
		return p.value()
	default:
		p.unexpected(t, "a number, a string or a reference")
		return nil
	}
}

// methodFollows reports whether a method's "(", arguments and ")" follow.
func (p *parser) methodFollows() bool {
	if p.peek(1).kind != kindParenOpen {
		return false
	}
	switch p.peek(2).kind {
	case kindArgumentsClose, kindSpace, kindString, kindInteger, kindFloat, kindListOpen, kindMapOpen, kindTrue, kindFalse,
		kindIdentifier, kindReferenceOpen:
		return true
	}
	return false
}

func (p *parser) method(r *reference, name token) int {
	p.take()
	m := &method{name: name.image, at: p.base + name.start}
	r.parts = append(r.parts, m)
	if !p.deeper(name.start) {
		return 0
	}
	defer func() { p.depth-- }()
	if p.peek(1).kind == kindArgumentsClose {
		return p.take().end
	}
	for p.failed == nil {
		m.arguments = append(m.arguments, p.parameter())
		switch t := p.peek(1); t.kind {
		case kindComma:
			p.take()
		case kindArgumentsClose:
			return p.take().end
		default:
			p.unexpected(t, `"," or ")"`)
		}
	}
	return 0
}
