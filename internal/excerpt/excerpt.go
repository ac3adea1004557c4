// Package excerpt shortens texts that messages quote.
package excerpt

import "strings"

// Of returns a text, cut after most characters, with "…" for the rest.
func Of(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// Bytes returns a text, cut after most bytes, with "…" for the rest. It leaves out the beginning of a character at the cut.
func Bytes(text string, most int) string {
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}
