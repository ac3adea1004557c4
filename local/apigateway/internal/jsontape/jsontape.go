// Package jsontape reads a JSON text into a flat list of its values. A tree of Go values takes some hundred bytes for each
// value. The list takes twelve, which bounds the memory for checking a body of millions of values.
package jsontape

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"iter"
	"unicode/utf8"
	"unsafe"
)

// maxNesting is the largest nesting of arrays and objects. encoding/json has the same bound.
const maxNesting = 10_000

// node is a value, or an object's member's name, in the order of the text.
type node struct {
	start uint32
	// For a scalar, endOrNext is the end of its text. For an array or object it is the node after everything in it.
	endOrNext uint32
	// count is the number of an array's elements, or of an object's members, some of which may have the same name. For a string
	// it is 1 if its text differs from its value.
	count uint32
}

// tape is a text with the list of its values.
type tape struct {
	text  []byte
	nodes []node
}

// Value is one value of a tape.
type Value struct {
	tape *tape
	at   uint32
}

var errUnlike = errors.New("this is no JSON") // for a text that encoding/json accepts: a fuzz test found none

// Read reads a text of less than 4 GiB, which must not change afterwards. The error is encoding/json's.
func Read(text []byte) (Value, error) {
	s := scanner{tape: &tape{text: text}}
	values := 1 + bytes.Count(text, []byte{','}) + bytes.Count(text, []byte{':'}) + bytes.Count(text, []byte{'['})
	s.nodes = make([]node, 0, min(values, len(text)/4+16)) // the bytes that are counted may stand in strings too
	if !s.read() {
		var raw json.RawMessage
		return Value{}, cmp.Or(json.Unmarshal(text, &raw), errUnlike)
	}
	return Value{s.tape, 0}, nil
}

// Kind is the first byte of a value's text: one of { [ " t f n, or 0 for a number.
func (v Value) Kind() byte {
	switch c := v.tape.text[v.tape.nodes[v.at].start]; c {
	case '{', '[', '"', 't', 'f', 'n':
		return c
	}
	return '0'
}

// Len is the number of an array's elements, or of an object's members, including those that a later one of the same name
// replaces. It is 0 for anything else.
func (v Value) Len() int {
	if kind := v.Kind(); kind != '{' && kind != '[' {
		return 0
	}
	return int(v.tape.nodes[v.at].count)
}

// Items are an array's elements, with their places.
func (v Value) Items() iter.Seq2[int, Value] {
	return func(yield func(int, Value) bool) {
		item := Value{v.tape, v.at + 1}
		for i := range v.Len() {
			if !yield(i, item) {
				return
			}
			item = item.after()
		}
	}
}

// Members are an object's names and values, including those that a later one of the same name replaces.
func (v Value) Members() iter.Seq2[Value, Value] {
	return func(yield func(Value, Value) bool) {
		name := Value{v.tape, v.at + 1}
		for range v.Len() {
			value := name.after()
			if !yield(name, value) {
				return
			}
			name = value.after()
		}
	}
}

// after returns what follows a value and everything in it.
func (v Value) after() Value {
	if kind := v.Kind(); kind == '{' || kind == '[' {
		return Value{v.tape, v.tape.nodes[v.at].endOrNext}
	}
	return Value{v.tape, v.at + 1}
}

// Raw is the value's own text.
func (v Value) Raw() []byte {
	n := v.tape.nodes[v.at]
	if kind := v.Kind(); kind == '{' || kind == '[' {
		return v.tape.text[n.start : int(n.start)+bracketed(v.tape.text[n.start:])]
	}
	return v.tape.text[n.start:n.endOrNext]
}

// bracketed returns the length of the array or object that a text begins with.
func bracketed(text []byte) int {
	depth := 0
	for at, inString := 0, false; ; at++ {
		c := text[at]
		if c == '"' {
			inString = !inString
		}
		if inString {
			if c == '\\' {
				at++
			}
			continue
		}
		switch c {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return at + 1
			}
		}
	}
}

// Text is a string's value. Each byte that is not valid UTF-8 becomes U+FFFD.
func (v Value) Text() string {
	n := v.tape.nodes[v.at]
	inside := v.tape.text[n.start+1 : n.endOrNext-1]
	if n.count == 0 || !bytes.ContainsRune(inside, '\\') && utf8.Valid(inside) {
		return unsafe.String(unsafe.SliceData(inside), len(inside)) // the text does not change
	}
	var text string
	_ = json.Unmarshal(v.tape.text[n.start:n.endOrNext], &text) // has been read
	return text
}
