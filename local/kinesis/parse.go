package kinesis

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// reader reads the JSON that producers usually send: members that are strings of printable ASCII, with other characters escaped. It
// gives up on anything else, and then [decode] reads the request again. It never refuses a request itself.
type reader struct {
	text []byte
	at   int
	bad  bool
	// unescaped holds the strings that had escapes, one after the other.
	unescaped []byte
}

func (r *reader) space() {
	for r.at < len(r.text) {
		switch r.text[r.at] {
		case ' ', '\t', '\r', '\n':
			r.at++
		default:
			return
		}
	}
}

// next takes c if it is next, after white space.
func (r *reader) next(c byte) bool {
	r.space()
	return r.take(c)
}

func (r *reader) expect(c byte) {
	if !r.next(c) {
		r.bad = true
	}
}

// take takes c if it is next, without white space before it.
func (r *reader) take(c byte) bool {
	if r.bad || r.at >= len(r.text) || r.text[r.at] != c {
		return false
	}
	r.at++
	return true
}

// plain marks the bytes that a string may hold without an escape.
var plain = func() (table [256]bool) {
	for c := ' '; c < 0x7f; c++ {
		table[c] = c != '"' && c != '\\'
	}
	return table
}()

func (r *reader) string() []byte {
	r.expect('"')
	start := r.at
	for r.at < len(r.text) && plain[r.text[r.at]] {
		r.at++
	}
	value := r.text[start:r.at]
	switch {
	case r.take('"'):
		return value
	case r.take('\\'):
		return r.escaped(value)
	}
	r.bad = true
	return nil
}

// escaped reads the rest of a string after its first backslash. API Gateway's escapeJavaScript writes "/" as "\/", so a mapping
// template's request has one in nearly each partition key.
func (r *reader) escaped(before []byte) []byte {
	out, start := r.unescaped, len(r.unescaped)
	out = append(out, before...)
	out = utf8.AppendRune(out, r.escape())
	for !r.bad && !r.take('"') {
		switch {
		case r.take('\\'):
			out = utf8.AppendRune(out, r.escape())
		case r.at < len(r.text) && plain[r.text[r.at]]:
			out = append(out, r.text[r.at])
			r.at++
		default:
			r.bad = true
		}
	}
	r.unescaped = out
	return out[start:len(out):len(out)]
}

// escape reads the characters after a backslash. It leaves control characters to [decode]: base64 may not hold line ends, which Go's
// decoder ignores.
func (r *reader) escape() rune {
	c := rune(0)
	if r.at < len(r.text) {
		c = rune(r.text[r.at])
		r.at++
	}
	switch c {
	case '"', '\\', '/':
		return c
	case 'u':
		if c = r.unit(); utf16.IsSurrogate(c) && r.take('\\') && r.take('u') {
			c = utf16.DecodeRune(c, r.unit())
		}
		if c >= ' ' && c != utf8.RuneError && !utf16.IsSurrogate(c) {
			return c
		}
	}
	r.bad = true
	return utf8.RuneError
}

// unit reads the four digits of a "\u".
func (r *reader) unit() rune {
	if len(r.text)-r.at < 4 {
		r.bad = true
		return utf8.RuneError
	}
	unit, err := strconv.ParseUint(string(r.text[r.at:r.at+4]), 16, 16)
	r.at += 4
	r.bad = r.bad || err != nil
	return rune(unit)
}

// base64 reads a string of base64 without checking its characters: the decoder finds all invalid ones but line ends. The string is most
// of a request, and this way many bytes are read at a time.
func (r *reader) base64() []byte {
	start := r.at + 1
	if !r.take('"') {
		r.bad = true
		return nil
	}
	length := bytes.IndexByte(r.text[start:], '"')
	if length < 0 {
		r.bad = true
		return nil
	}
	value := r.text[start : start+length]
	if bytes.IndexByte(value, '\\') >= 0 || bytes.IndexByte(value, '\n') >= 0 || bytes.IndexByte(value, '\r') >= 0 {
		r.at = start - 1
		return r.string()
	}
	r.at = start + length + 1
	return value
}

// object calls member with each name; member reads the value.
func (r *reader) object(member func(name []byte)) {
	r.expect('{')
	if r.next('}') {
		return
	}
	for !r.bad {
		name := r.string()
		r.expect(':')
		r.space()
		if r.bad {
			return
		}
		member(name)
		if !r.next(',') {
			r.expect('}')
			return
		}
	}
}

// end reports whether the whole text has been read and was plain.
func (r *reader) end() bool {
	r.space()
	return !r.bad && r.at == len(r.text)
}

// once stores a member that may occur only once.
func (r *reader) once(to *[]byte, value []byte) {
	if *to != nil {
		r.bad = true
	}
	if *to = value; value == nil {
		*to = []byte{}
	}
}

// appendText appends a JSON string.
func appendText(out, text []byte) []byte {
	for _, c := range text {
		if !plain[c] {
			quoted, err := json.Marshal(string(text))
			if err != nil { // a string always encodes
				return append(out, `""`...)
			}
			return append(out, quoted...)
		}
	}
	out = append(out, '"')
	out = append(out, text...)
	return append(out, '"')
}
