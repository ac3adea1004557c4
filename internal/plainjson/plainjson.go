// Package plainjson writes values as JSON that escapes nothing for HTML, so "<", ">" and "&" stay as they are: a person reads it, or a
// service compares it with its own text. The names of maps are sorted, so the same value is always the same text.
package plainjson

import (
	"bytes"
	"encoding/json"
)

// Line is a value on one line, without a line end. Its error is json.Encoder's.
func Line(value any) (string, error) {
	text, err := encode(value, "")
	return string(bytes.TrimSuffix(text, []byte("\n"))), err
}

// Indented is a value on several lines, two spaces to a level, with a line end. Its error is json.Encoder's.
func Indented(value any) ([]byte, error) { return encode(value, "  ") }

func encode(value any, indent string) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", indent)
	err := encoder.Encode(value)
	return text.Bytes(), err
}
