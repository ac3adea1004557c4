// Package needle finds a text in data, whatever the case of its letters.
package needle

import (
	"bytes"
	"unicode/utf8"

	"golang.org/x/text/cases"
)

// Needle is a text to look for. It is not safe for concurrent use.
type Needle struct {
	folded []byte
	// space is memory for folded data. A search of a million records would allocate them all otherwise.
	space []byte
}

// New makes a needle of a text.
func New(text string) *Needle { return &Needle{folded: fold([]byte(text))} }

// fold makes letters equal that differ in case alone. Lower case is not enough: Σ has two small letters, σ and, at a word's end, ς.
func fold(text []byte) []byte { return cases.Fold().Bytes(text) }

// In reports whether data contains the text. Every data contains an empty one.
func (n *Needle) In(data []byte) bool {
	if len(n.folded) == 0 || bytes.Contains(data, n.folded) {
		return true
	}
	n.space = n.space[:0]
	for _, c := range data {
		if c >= utf8.RuneSelf {
			return bytes.Contains(fold(data), n.folded)
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		n.space = append(n.space, c)
	}
	return bytes.Contains(n.space, n.folded)
}
