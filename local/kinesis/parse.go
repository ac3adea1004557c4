package kinesis

import (
	"encoding/json"
	"math/rand/v2"
)

// reader reads the JSON that producers send, which is nearly always plain: members that are strings of printable ASCII
// without escapes. It gives up on anything else, and then [decode] reads the whole again and finds what is wrong with it
// or that nothing is. It never says that a request is bad.
type reader struct {
	text []byte
	at   int
	bad  bool
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

// next takes c if it is next.
func (r *reader) next(c byte) bool {
	r.space()
	if r.bad || r.at >= len(r.text) || r.text[r.at] != c {
		return false
	}
	r.at++
	return true
}

func (r *reader) expect(c byte) {
	if !r.next(c) {
		r.bad = true
	}
}

// plain marks the bytes that a string may hold.
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
	r.expect('"')
	return value
}

// object calls member with each name, which reads its value.
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

// end is true if the text has been read and was plain.
func (r *reader) end() bool {
	r.space()
	return !r.bad && r.at == len(r.text)
}

// once stores a member that may come once.
func (r *reader) once(to *[]byte) {
	if *to != nil {
		r.bad = true
	}
	if *to = r.string(); *to == nil {
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

// newRequestID is a random UUID. It tells requests apart and protects nothing.
func newRequestID() string {
	const hex = "0123456789abcdef"
	var id [36]byte
	high, low := rand.Uint64(), rand.Uint64()
	high = high&^0xf000 | 0x4000
	low = low&^(0xc<<60) | 0x8<<60
	at := 0
	for i := range 32 {
		if i == 8 || i == 12 || i == 16 || i == 20 {
			id[at] = '-'
			at++
		}
		from := high
		if i >= 16 {
			from = low
		}
		id[at] = hex[from>>(60-4*(i%16))&0xf]
		at++
	}
	return string(id[:])
}
