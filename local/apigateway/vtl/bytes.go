package vtl

import (
	"slices"
	"unsafe"
)

// asText makes a string of bytes that nobody writes to any more, without a copy: a payload has up to 10 MB.
func asText(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// large is the length in bytes from which a text gets room of its own size at once. Growing by a quarter again and again,
// as append does, takes several times as much.
const large = 64 << 10

// grow makes room for n bytes more, if they are many.
func grow(out []byte, n int) []byte {
	if n < large {
		return out
	}
	return slices.Grow(out, n)
}
