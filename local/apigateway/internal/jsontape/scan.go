package jsontape

import (
	"bytes"
	"unicode/utf8"
)

// scanner reads a text by RFC 8259, without recursion.
type scanner struct {
	*tape
	at   int
	open []uint32 // the nodes of the arrays and objects around
}

func (s *scanner) read() bool {
	for {
		s.space()
		inside, ok := s.value()
		if !ok {
			return false
		}
		for !inside {
			if len(s.open) == 0 {
				s.space()
				return s.at == len(s.text)
			}
			closed, ok := s.after()
			if !ok {
				return false
			}
			inside = !closed
		}
	}
}

// value reads a scalar, or the head of an array or object that has something inside.
func (s *scanner) value() (inside, ok bool) {
	switch c := s.peek(); c {
	case '{', '[':
		return s.begin(c)
	case '"':
		return false, s.string()
	case 't':
		return false, s.word("true")
	case 'f':
		return false, s.word("false")
	case 'n':
		return false, s.word("null")
	}
	return false, s.number()
}

func (s *scanner) begin(c byte) (inside, ok bool) {
	if len(s.open) == maxNesting {
		return false, false
	}
	s.nodes = append(s.nodes, node{start: uint32(s.at)}) //nolint:gosec // the text is shorter
	s.open = append(s.open, uint32(len(s.nodes)-1))      //nolint:gosec // there are no more than bytes
	s.at++
	s.space()
	if s.take(c + 2) { // "}" and "]" in ASCII
		s.end()
		return false, true
	}
	return true, c == '[' || s.name()
}

// after reads what follows a value within an array or object: its end, or what comes before the next value.
func (s *scanner) after() (closed, ok bool) {
	s.space()
	around := &s.nodes[s.open[len(s.open)-1]]
	around.count++
	c := s.text[around.start]
	switch {
	case s.take(c + 2):
		s.end()
		return true, true
	case !s.take(','):
		return false, false
	case c == '{':
		s.space()
		return false, s.name()
	}
	return false, true
}

func (s *scanner) end() {
	last := len(s.open) - 1
	s.nodes[s.open[last]].endOrNext = uint32(len(s.nodes)) //nolint:gosec // there are no more than bytes
	s.open = s.open[:last]
}

func (s *scanner) name() bool {
	if s.peek() != '"' || !s.string() {
		return false
	}
	s.space()
	return s.take(':')
}

// scalar appends the value that stands between a place and here.
func (s *scanner) scalar(start int, notLiteral uint32) {
	s.nodes = append(s.nodes, node{uint32(start), uint32(s.at), notLiteral}) //nolint:gosec // the text is shorter
}

// plain are the bytes that stand for themselves in a string: ASCII except control characters, the quotation mark and the
// backslash.
var plain = func() (is [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		is[c] = c != '"' && c != '\\'
	}
	return is
}()

func (s *scanner) string() bool {
	start := s.at
	var notLiteral uint32
	for at := s.at + 1; at < len(s.text); at++ {
		c := s.text[at]
		if plain[c] {
			continue
		}
		s.at = at
		switch {
		case c == '"':
			s.at++
			s.scalar(start, notLiteral)
			return true
		case c < ' ' || c == '\\' && !s.escape():
			return false
		}
		notLiteral, at = 1, s.at
	}
	return false
}

// escape reads an escape up to its last byte.
func (s *scanner) escape() bool {
	s.at++
	c := s.peek()
	if c != 'u' {
		return c != 0 && bytes.IndexByte([]byte(`"\/bfnrt`), c) >= 0
	}
	for range 4 {
		s.at++
		if c := s.peek(); !isDigit(c) && (c|' ' < 'a' || c|' ' > 'f') {
			return false
		}
	}
	return true
}

func (s *scanner) word(word string) bool {
	start := s.at
	if !bytes.HasPrefix(s.text[start:], []byte(word)) {
		return false
	}
	s.at += len(word)
	s.scalar(start, 0)
	return true
}

func (s *scanner) number() bool {
	start := s.at
	s.take('-')
	if zero := s.take('0'); zero == isDigit(s.peek()) {
		return false // "01", or no digit at all
	}
	s.digits()
	if s.take('.') && !s.digits() {
		return false
	}
	if s.take('e') || s.take('E') {
		if !s.take('-') {
			s.take('+')
		}
		if !s.digits() {
			return false
		}
	}
	s.scalar(start, 0)
	return true
}

func (s *scanner) digits() bool {
	start := s.at
	for isDigit(s.peek()) {
		s.at++
	}
	return s.at > start
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func (s *scanner) space() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\t', '\r', '\n':
			s.at++
		default:
			return
		}
	}
}

func (s *scanner) peek() byte {
	if s.at < len(s.text) {
		return s.text[s.at]
	}
	return 0
}

func (s *scanner) take(c byte) bool {
	if s.peek() != c {
		return false
	}
	s.at++
	return true
}
