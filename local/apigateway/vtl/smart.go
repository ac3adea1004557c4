package vtl

import (
	"errors"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"
)

// errUnread is the fault of a payload that json-smart cannot read.
var errUnread = &PayloadError{"the body begins like JSON and is not JSON"}

// parseSmart reads a payload as API Gateway does (assumption VTL-11). It reads JSON with the strict parser, which is faster.
func parseSmart(text string) (any, error) {
	value, err := parseJSON(text)
	if !errors.Is(err, errNoJSON) {
		return value, err
	}
	p := smartParser{text: text}
	value, ok := p.first()
	switch {
	case ok:
		return value, nil
	case p.beyond != nil:
		return nil, p.beyond
	}
	return nil, errUnread
}

// smartParser is json-smart's JSONParser.MODE_PERMISSIVE, method by method (netplex/json-smart-v2, JSONParserBase and
// JSONParserMemory). It reads bytes where json-smart reads UTF-16. That makes no difference, because only ASCII has a meaning
// in the syntax.
type smartParser struct {
	text   string
	at     int
	beyond *PayloadError // the bound that the text exceeds
}

// endOfInput is the character that json-smart treats as the end, also within a text.
const endOfInput = 0x1A

func (p *smartParser) peek() byte {
	if p.at >= len(p.text) {
		return endOfInput
	}
	return p.text[p.at]
}

// These characters end a text without quotes. At the top level nothing ends it.
const (
	atTop    = ""
	ofKey    = ":"
	ofMember = ",}"
	ofItem   = ",]"
)

// first reads the payload. It ignores everything after the value.
func (p *smartParser) first() (any, bool) { return p.value(atTop, 0) }

func (p *smartParser) value(stop string, depth int) (any, bool) {
	for isSmartSpace(p.peek()) {
		p.at++
	}
	c := p.peek()
	switch c {
	case ':', '}', ']':
		return nil, false
	case '{':
		return p.object(depth)
	case '[':
		return p.array(depth)
	case '"', '\'':
		return p.string()
	case endOfInput:
		return "", stop == atTop
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return p.number(stop)
	}
	return bareWord(p.bare(p.at, stop), c), true
}

// bareWord returns the value of a text without quotes that begins with c.
func bareWord(text string, c byte) any {
	switch {
	case text == "" || text[0] != c: // other white space stood before it, so it is not a word
		return text
	case text == "null":
		return nil
	case text == "true", text == "false":
		return text == "true"
	case text == "NaN":
		return math.NaN()
	}
	return text
}

func isSmartSpace(c byte) bool { return c == ' ' || c == '\r' || c == '\n' || c == '\t' }

// space skips white space and all other control characters.
func (p *smartParser) space() {
	for p.at < len(p.text) && p.peek() <= ' ' && p.peek() != endOfInput {
		p.at++
	}
}

// bare reads a text without quotes, from a place on, without the white space around it.
func (p *smartParser) bare(start int, stop string) string {
	for p.at < len(p.text) && p.peek() != endOfInput && strings.IndexByte(stop, p.peek()) < 0 {
		p.at++
	}
	text := p.text[start:p.at]
	trimmed := strings.TrimFunc(text, isJavaSpace)
	if trimmed == "" && text != "" { // one character stays
		_, size := utf8.DecodeLastRuneInString(text)
		return text[len(text)-size:]
	}
	return trimmed
}

// isJavaSpace is Character.isWhitespace.
func isJavaSpace(c rune) bool {
	switch {
	case c >= 0x1C && c <= 0x1F:
		return true
	case c == 0x85, c == 0xA0, c == 0x2007, c == 0x202F:
		return false
	}
	return unicode.IsSpace(c)
}

func (p *smartParser) array(depth int) (any, bool) {
	if depth >= maxDepth {
		p.beyond = errDeep
		return nil, false
	}
	p.at++
	l := &list{kind: jsonArray}
	for {
		switch c := p.peek(); {
		case isSmartSpace(c), c == ',':
			p.at++
		case c == ']':
			p.at++
			return l, true
		case c == endOfInput:
			return nil, false
		default:
			item, ok := p.value(ofItem, depth+1)
			if !ok {
				return nil, false
			}
			l.items = append(l.items, item)
		}
	}
}

func (p *smartParser) object(depth int) (any, bool) {
	if depth >= maxDepth {
		p.beyond = errDeep
		return nil, false
	}
	o := newObject(4)
	for {
		p.at++ // "{", a "," or white space
		switch c := p.peek(); {
		case isSmartSpace(c), c == ',':
			continue
		case c == ':', c == '[', c == ']', c == '{':
			return nil, false
		case c == '}':
			p.at++
			return o, true
		}
		key, ok := p.key()
		if !ok {
			return nil, false
		}
		value, ok := p.value(ofMember, depth+1)
		if !ok {
			return nil, false
		}
		o.put(key, value)
		p.space()
		switch p.peek() {
		case '}':
			p.at++
			return o, true
		case ',':
		default:
			return nil, false
		}
	}
}

// key reads a name and its colon.
func (p *smartParser) key() (key string, ok bool) {
	if c := p.peek(); c == '"' || c == '\'' {
		if key, ok = p.inQuotes(); !ok {
			return "", false
		}
	} else {
		key = p.bare(p.at, ofKey)
	}
	p.space()
	if p.peek() != ':' {
		return "", false
	}
	p.at++
	return key, p.at < len(p.text)
}

func (p *smartParser) string() (any, bool) {
	text, ok := p.inQuotes()
	return text, ok
}

// inQuotes reads a text in quotes of either kind. In a text with a backslash it drops control characters.
func (p *smartParser) inQuotes() (string, bool) {
	quote := p.peek()
	p.at++
	end := strings.IndexByte(p.text[p.at:], quote)
	if end < 0 {
		return "", false
	}
	if text := p.text[p.at : p.at+end]; strings.IndexByte(text, '\\') < 0 {
		p.at += end + 1
		return text, true
	}
	var out []byte
	for {
		c := p.peek()
		p.at++
		switch {
		case c == quote:
			return asText(out), true
		case c == endOfInput:
			return "", false
		case c == '\\':
			var ok bool
			if out, ok = p.escape(out); !ok {
				return "", false
			}
		case c >= ' ' && c != deleted[0]:
			out = append(out, c)
		}
	}
}

// escape reads the escape after a backslash. It drops an unknown escape with its letter.
func (p *smartParser) escape(out []byte) ([]byte, bool) {
	strict := jsonParser{text: p.text, at: p.at}
	switch p.peek() {
	case '\'':
		out = append(out, '\'')
	case 'x':
		if len(p.text)-p.at < 3 {
			return nil, false
		}
		var unit jsonParser
		unit.text = "00" + p.text[p.at+1:p.at+3]
		c, ok := unit.unit()
		p.at += 3
		return utf8.AppendRune(out, c), ok
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't', 'u':
		var ok bool
		out, ok = strict.escape(out)
		p.at = strict.at
		return out, ok
	case endOfInput:
		return nil, false
	default:
		_, size := utf8.DecodeRuneInString(p.text[p.at:])
		p.at += size
		return out, true
	}
	p.at++
	return out, true
}

func (p *smartParser) digits() {
	for isDigit(p.peek()) {
		p.at++
	}
}

// number reads a number, or a text that begins like one.
func (p *smartParser) number(stop string) (any, bool) {
	start := p.at
	p.at++
	p.digits()
	whole := true
	if p.peek() == '.' {
		whole = false
		p.at++
		p.digits()
	}
	if c := p.peek(); c == 'e' || c == 'E' {
		whole = false
		p.at++
		if c := p.peek(); c != '+' && c != '-' && !isDigit(c) {
			return p.bare(start, stop), true
		}
		p.at++
		p.digits()
	}
	end := p.at
	p.space()
	if c := p.peek(); c < '~' && c != endOfInput && strings.IndexByte(stop, c) < 0 {
		return p.bare(start, stop), true
	}
	if strings.TrimFunc(p.text[start:p.at], isJavaSpace) != p.text[start:end] {
		return nil, false // json-smart treats the control characters after a number as digits
	}
	return p.reckon(p.text[start:end], whole)
}

func (p *smartParser) reckon(text string, whole bool) (any, bool) {
	if whole && text == "-" {
		return narrow(0), true
	}
	parse := fraction
	if whole {
		parse = parseInteger
	}
	value, ok := parse(text)
	if !ok && len(text) > maxDigits {
		p.beyond = errDigits
	}
	return value, ok
}
