// Package jsontext writes text and JSON as API Gateway does, which escapes no more than JSON must have escaped:
// encoding/json also escapes "<", ">" and "&".
package jsontext

import (
	"fmt"
	"unicode/utf8"

	"cdk.tf/go/ingest/internal/plainjson"
)

// AppendEscaped appends text as the inside of a JSON string. Each byte that is not valid UTF-8 becomes U+FFFD.
func AppendEscaped(to []byte, text string) []byte {
	start := 0
	for i := 0; i < len(text); {
		c := text[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			if r, size := utf8.DecodeRuneInString(text[i:]); r != utf8.RuneError || size > 1 {
				i += size
				continue
			}
		}
		to = append(to, text[start:i]...)
		to = appendEscape(to, c)
		i++
		start = i
	}
	return append(to, text[start:]...)
}

func appendEscape(to []byte, c byte) []byte {
	const hex = "0123456789abcdef"
	if c >= utf8.RuneSelf {
		return append(to, "\ufffd"...)
	}
	switch c {
	case '"', '\\':
		return append(to, '\\', c)
	case '\b':
		return append(to, `\b`...)
	case '\f':
		return append(to, `\f`...)
	case '\n':
		return append(to, `\n`...)
	case '\r':
		return append(to, `\r`...)
	case '\t':
		return append(to, `\t`...)
	}
	return append(to, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}

// Of writes a value as JSON, with sorted names of objects. It writes a value that JSON does not have as Go does.
func Of(value any) string {
	text, err := plainjson.Line(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return text
}

// ValidUTF8 returns a text with U+FFFD for each malformed sequence, as Java decodes UTF-8 (Java SE API, CharsetDecoder; see
// malformed). It returns the text itself if it is valid.
func ValidUTF8(text []byte) []byte {
	if utf8.Valid(text) {
		return text
	}
	valid := make([]byte, 0, len(text)+len(text)/8)
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		if r == utf8.RuneError && size == 1 {
			size = malformed(text)
		}
		valid = utf8.AppendRune(valid, r)
		text = text[size:]
	}
	return valid
}

// malformed returns the number of bytes at the beginning of a text, which is not valid there, that Java replaces by one U+FFFD: those
// that could begin a character, and the three of a surrogate.
func malformed(text []byte) int {
	length, low, high := 1, byte(0x80), byte(0xBF) // of the character, and the bounds of its second byte
	switch first := text[0]; {
	case first >= 0xE0 && first <= 0xEF:
		length = 3
		if first == 0xE0 {
			low = 0xA0
		}
	case first >= 0xF0 && first <= 0xF4:
		length = 4
		if first == 0xF0 {
			low = 0x90
		}
		if first == 0xF4 {
			high = 0x8F
		}
	}
	n := 1
	for n < min(length, len(text)) && text[n] >= low && text[n] <= high {
		n, low, high = n+1, 0x80, 0xBF
	}
	return n
}
