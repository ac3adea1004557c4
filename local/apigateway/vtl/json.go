package vtl

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"cdk.tf/go/ingest/local/apigateway/internal/jsontext"
)

// parseJSON parses a JSON text into a template's values, in order and with every digit of whole numbers. If an object has a
// name twice, the last value counts, at the place of the first, as in Java's LinkedHashMap. The error is errNoJSON, or the
// bound that the text exceeds.
func parseJSON(text string) (any, error) {
	value, _, err := weighJSON(text)
	return value, err
}

// weighJSON is parseJSON with the cost of the value in steps.
func weighJSON(text string) (_ any, steps int, _ error) {
	p := jsonParser{text: text}
	p.space()
	value, ok := p.value(0)
	p.space()
	switch {
	case p.beyond != nil:
		return nil, p.steps, p.beyond
	case !ok || p.at != len(p.text):
		return nil, p.steps, errNoJSON
	}
	return value, p.steps, nil
}

var errNoJSON = errors.New("not JSON")

// PayloadError is the fault of a payload that a template cannot read, or cannot pass on unchanged. Its text is for the sender
// of the payload, and quotes nothing of it.
type PayloadError struct{ reason string }

func (e *PayloadError) Error() string { return e.reason }

// The bounds of a payload (assumption VTL-10).
var (
	errDeep   = &PayloadError{fmt.Sprintf("the body is nested more than %d levels deep", maxDepth)}
	errDigits = &PayloadError{fmt.Sprintf("the body has a number of more than %d digits, or with an exponent beyond that", maxDigits)}
	errDouble = &PayloadError{"the body has a number beyond 1.7976931348623157E308, which would be written as null"}
	// errHalf is of assumption VTL-20.
	errHalf = &PayloadError{"the body has half of a surrogate pair, such as \\ud800 alone, which would be written as another character"}
)

// hasHalf reports whether a JSON text has an escape of half a surrogate pair.
func hasHalf(text string) bool {
	for {
		at := strings.IndexByte(text, '\\')
		if at < 0 || at+2 > len(text) {
			return false
		}
		text = text[at:]
		unit, ok := escapedUnit(text)
		switch {
		case !ok:
			text = text[2:] // another escape
		case !utf16.IsSurrogate(unit):
			text = text[lengthOfUnit:]
		default:
			low, _ := escapedUnit(text[lengthOfUnit:])
			if utf16.DecodeRune(unit, low) == utf8.RuneError {
				return true
			}
			text = text[2*lengthOfUnit:]
		}
	}
}

// lengthOfUnit is the length of \uXXXX.
const lengthOfUnit = 6

// escapedUnit returns the UTF-16 unit of the \uXXXX that a text begins with.
func escapedUnit(text string) (rune, bool) {
	if len(text) < lengthOfUnit || text[:2] != `\u` {
		return 0, false
	}
	unit, err := strconv.ParseUint(text[2:lengthOfUnit], 16, 16)
	return rune(unit), err == nil
}

type jsonParser struct {
	text  string
	at    int
	steps int // what the values so far take
	// beyond is the bound that the text exceeds. The text may also be invalid JSON.
	beyond *PayloadError
	// names has, for each of the first depths, the names of the last object there. The next object often has the same names,
	// and need not allocate them again.
	names [8][]any
}

func (p *jsonParser) space() {
	for p.at < len(p.text) && isSpace(p.text[p.at]) {
		p.at++
	}
}

func (p *jsonParser) peek() byte {
	if p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

func (p *jsonParser) take(c byte) bool {
	if p.peek() != c || p.at == len(p.text) {
		return false
	}
	p.at++
	return true
}

func (p *jsonParser) value(depth int) (any, bool) {
	c := p.peek()
	if (c == '{' || c == '[') && depth >= maxDepth {
		p.beyond = errDeep
		return nil, false
	}
	p.steps += 2 // its place in a list, and itself
	switch c {
	case '{':
		return p.object(depth)
	case '[':
		return p.array(depth)
	case '"':
		text, ok := p.string()
		return text, ok
	case 't':
		return true, p.word("true")
	case 'f':
		return false, p.word("false")
	case 'n':
		return nil, p.word("null")
	}
	return p.number()
}

func (p *jsonParser) word(word string) bool {
	if len(p.text)-p.at < len(word) || p.text[p.at:p.at+len(word)] != word {
		return false
	}
	p.at += len(word)
	return true
}

func (p *jsonParser) object(depth int) (any, bool) {
	p.at++
	p.steps += stepsOfMap
	p.space()
	if p.take('}') {
		return &object{}, true
	}
	o := newObject(p.members(depth))
	for {
		p.space()
		key, ok := p.name(depth, o.size())
		if !ok {
			return nil, false
		}
		p.space()
		if !p.take(':') {
			return nil, false
		}
		p.space()
		value, ok := p.value(depth + 1)
		if !ok {
			return nil, false
		}
		o.put(key, value)
		p.steps += stepsOfEntry
		p.space()
		if p.take('}') {
			if depth < len(p.names) {
				p.names[depth] = o.keys
			}
			return o, true
		}
		if !p.take(',') {
			return nil, false
		}
	}
}

// members returns the room to allocate for an object: the members of the last object at the depth, or a few if it had many.
func (p *jsonParser) members(depth int) int {
	if depth < len(p.names) && len(p.names[depth]) > 0 {
		return min(len(p.names[depth]), indexed)
	}
	return 4
}

// name parses the name of an object's member at a place.
func (p *jsonParser) name(depth, place int) (any, bool) {
	name, ok := p.string()
	if depth < len(p.names) && place < len(p.names[depth]) && ok {
		if known, _ := p.names[depth][place].(string); known == name {
			return p.names[depth][place], true
		}
	}
	return name, ok
}

func (p *jsonParser) array(depth int) (any, bool) {
	p.at++
	p.steps += stepsOfList
	l := &list{kind: jsonArray}
	p.space()
	if p.take(']') {
		return l, true
	}
	for {
		p.space()
		value, ok := p.value(depth + 1)
		if !ok {
			return nil, false
		}
		l.items = append(l.items, value)
		p.space()
		if p.take(']') {
			return l, true
		}
		if !p.take(',') {
			return nil, false
		}
	}
}

func (p *jsonParser) string() (string, bool) {
	if !p.take('"') {
		return "", false
	}
	start := p.at
	for p.at < len(p.text) {
		switch c := p.text[p.at]; {
		case c == '"':
			p.at++
			return p.text[start : p.at-1], true
		case c == '\\':
			return p.escaped(start)
		case c < ' ':
			return "", false
		}
		p.at++
	}
	return "", false
}

// deleted is the character that json-smart drops.
const deleted = "\x7f"

// escaped goes on with a string at its first escape. json-smart drops U+007F from a text with an escape, and from no other
// (JSONParserBase.readString2).
func (p *jsonParser) escaped(start int) (string, bool) {
	out := append(make([]byte, 0, p.at-start+32), strings.ReplaceAll(p.text[start:p.at], deleted, "")...)
	for p.at < len(p.text) {
		c := p.text[p.at]
		p.at++
		switch {
		case c == '"':
			return asText(out), true
		case c < ' ':
			return "", false
		case c == deleted[0]:
			continue
		case c != '\\':
			out = append(out, c)
			continue
		}
		var ok bool
		if out, ok = p.escape(out); !ok {
			return "", false
		}
	}
	return "", false
}

func (p *jsonParser) escape(out []byte) ([]byte, bool) {
	c := p.peek()
	p.at++
	switch c {
	case '"', '\\', '/':
		return append(out, c), true
	case 'b':
		return append(out, '\b'), true
	case 'f':
		return append(out, '\f'), true
	case 'n':
		return append(out, '\n'), true
	case 'r':
		return append(out, '\r'), true
	case 't':
		return append(out, '\t'), true
	case 'u':
		unit, ok := p.unit()
		if ok && utf16.IsSurrogate(unit) {
			return p.pair(out, unit)
		}
		return utf8.AppendRune(out, unit), ok
	}
	return nil, false
}

// pair appends the character of two surrogates, or U+FFFD for a single one.
func (p *jsonParser) pair(out []byte, high rune) ([]byte, bool) {
	before := p.at
	if p.word(`\u`) {
		low, ok := p.unit()
		if !ok {
			return nil, false
		}
		if c := utf16.DecodeRune(high, low); c != utf8.RuneError {
			return utf8.AppendRune(out, c), true
		}
		p.at = before
	}
	return utf8.AppendRune(out, utf8.RuneError), true
}

func (p *jsonParser) unit() (rune, bool) {
	if len(p.text)-p.at < 4 {
		return 0, false
	}
	unit, err := strconv.ParseUint(p.text[p.at:p.at+4], 16, 16)
	p.at += 4
	return rune(unit), err == nil
}

func (p *jsonParser) digits() bool {
	start := p.at
	for isDigit(p.peek()) {
		p.at++
	}
	return p.at > start
}

func (p *jsonParser) number() (any, bool) {
	start := p.at
	p.take('-')
	if zero := p.take('0'); zero == isDigit(p.peek()) {
		return nil, false // "01", or no digit at all
	}
	p.digits()
	whole := p.at
	if p.take('.') && !p.digits() {
		return nil, false
	}
	if (p.take('e') || p.take('E')) && !p.exponent() {
		return nil, false
	}
	parse := fraction
	if p.at == whole {
		parse = parseInteger
	}
	value, ok := parse(p.text[start:p.at])
	if !ok {
		p.beyond = errDigits
	}
	return value, ok
}

func (p *jsonParser) exponent() bool {
	if !p.take('-') {
		p.take('+')
	}
	return p.digits()
}

// exactFrom is the length in characters from which json-smart keeps every digit of a number with a fraction.
const exactFrom = 19

func fraction(text string) (any, bool) {
	if len(text) >= exactFrom {
		d, ok := parseDecimal(text)
		return d, ok
	}
	f, err := strconv.ParseFloat(text, 64)
	return f, err == nil || errors.Is(err, strconv.ErrRange) // Double.parseDouble has an infinity there
}

// appendJSON appends a value as JSON without white space.
func (r *run) appendJSON(out []byte, value any, depth int) ([]byte, error) {
	switch v := value.(type) {
	case nil:
		return append(out, "null"...), nil
	case string:
		return r.appendQuoted(out, v), nil
	case char:
		return r.appendQuoted(out, v.text()), nil
	case float64:
		if math.IsInf(v, 0) {
			return nil, errDouble
		}
		return r.appendText(out, v, depth)
	case bool, int32, int64, *big.Int, *decimal:
		return r.appendText(out, v, depth)
	}
	if depth >= maxDepth {
		return nil, failuref("a value nested more than %d levels deep, or in itself, is not JSON", maxDepth)
	}
	if err := r.pay(1); err != nil {
		return nil, err
	}
	switch v := value.(type) {
	case *object, *contextMap:
		return r.appendJSONObject(out, mapOf(v), depth)
	case *list:
		return r.appendJSONArray(out, v, depth)
	}
	return nil, failuref("%s is no JSON", typeName(value))
}

func (r *run) appendJSONObject(out []byte, o *object, depth int) ([]byte, error) {
	if err := r.pay(len(o.keys)); err != nil {
		return nil, err
	}
	out = append(out, '{')
	for i, key := range o.keys {
		if i > 0 {
			out = append(out, ',')
		}
		name, err := r.textOf(key)
		if err != nil {
			return nil, err
		}
		out = append(r.appendQuoted(out, name), ':')
		if out, err = r.appendJSON(out, o.vals[i], depth+1); err != nil {
			return nil, err
		}
		if err = checkSize(out); err != nil {
			return nil, err
		}
	}
	return append(out, '}'), nil
}

func (r *run) appendJSONArray(out []byte, l *list, depth int) ([]byte, error) {
	err := r.pay(len(l.items))
	if err != nil {
		return nil, err
	}
	out = append(out, '[')
	for i, item := range l.items {
		if i > 0 {
			out = append(out, ',')
		}
		if out, err = r.appendJSON(out, item, depth+1); err != nil {
			return nil, err
		}
		if err = checkSize(out); err != nil {
			return nil, err
		}
	}
	return append(out, ']'), nil
}

// appendQuoted appends a JSON string.
func (r *run) appendQuoted(out []byte, s string) []byte {
	out, s = r.appendProtected(append(grow(out, len(s)+2), '"'), s)
	return append(jsontext.AppendEscaped(out, s), '"')
}

// appendProtected appends a text up to the last character that json-smart escapes in another way than JSON needs, and returns the
// rest. json-smart writes the digits of an escape in upper case.
func (r *run) appendProtected(out []byte, s string) (_ []byte, rest string) {
	start := 0
	for i, c := range s {
		switch {
		case c == '/' && r.asText:
			out = append(jsontext.AppendEscaped(out, s[start:i]), `\/`...)
		case 0x7F <= c && c <= 0x9F, c < ' ' && !strings.ContainsRune("\b\t\n\f\r", c), 0x2000 <= c && c <= 0x20FF:
			out = appendUnit(jsontext.AppendEscaped(out, s[start:i]), c)
		default:
			continue
		}
		start = i + utf8.RuneLen(c)
	}
	return out, s[start:]
}
