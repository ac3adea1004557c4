package browse

import (
	"bytes"
	"unicode/utf8"
)

// needle is a text to look for, whatever its case. It is not safe for concurrent use.
type needle struct {
	lower []byte
	// space is memory for data in lower case. A search of a million records would allocate them all otherwise.
	space []byte
}

func newNeedle(text string) *needle { return &needle{lower: bytes.ToLower([]byte(text))} }

// in reports whether data contains the text. Every data contains an empty one.
func (n *needle) in(data []byte) bool {
	if len(n.lower) == 0 || bytes.Contains(data, n.lower) {
		return true
	}
	n.space = n.space[:0]
	for _, c := range data {
		if c >= utf8.RuneSelf {
			return bytes.Contains(bytes.ToLower(data), n.lower)
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		n.space = append(n.space, c)
	}
	return bytes.Contains(n.space, n.lower)
}
