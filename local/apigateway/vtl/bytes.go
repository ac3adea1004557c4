package vtl

import (
	"slices"
	"unsafe"
)

// asText makes a string of bytes without a copy, because a payload has up to 10 MB. The bytes must not change afterwards.
func asText(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// large is the length in bytes from which a text gets all its room at once. append would grow by a quarter each time, and use
// several times as much.
const large = 64 << 10

// grow makes room for n bytes more, if they are many.
func grow(out []byte, n int) []byte {
	if n < large {
		return out
	}
	return slices.Grow(out, n)
}
