package kinesis

import (
	"errors"
	"math/bits"
	"strconv"
)

// number is a sequence number, which has 186 bits and 56 decimal digits. Its hexadecimal digits are, from the left:
//
//	2 · shard's creation, seconds (9) · shard (1) · index (16) · 00 (2) · arrival, seconds (9) · shard (8) · 2
//
// Assumption KIN-1: a sequence number has 186 bits, whose hexadecimal digits are the shard's creation in seconds, the shard, an
// index that grows, the arrival in seconds, the shard again and 2. kinesalite's author derived this from AWS's numbers and tests
// against AWS (github.com/mhart/kinesalite, db/index.js and test/helpers.js). AWS documents only that the numbers grow within a
// shard.
//
// The index decides the order, so a clock that jumps back changes nothing.
type number struct {
	created int64  // seconds since 1970, below 2^36
	index   uint64 // below 2^63
	arrived int64  // seconds since 1970, below 2^36
	shard   int32
	version int
}

// maxCreated is the first creation time, in seconds, that Kinesis does not accept (kinesalite, db/index.js).
const maxCreated = 16025175000

const (
	ten19   = 10_000_000_000_000_000_000
	digits  = 19 // decimal digits that always fit in 64 bits
	current = 2  // the version of the layout above
)

// wide is an unsigned 192-bit number, lowest word first.
type wide [3]uint64

// append appends the number in decimal.
func (n number) append(to []byte) []byte {
	w := wide{
		current | uint64(uint32(n.shard))<<4 | uint64(n.arrived)<<36,
		uint64(n.arrived)>>28&0xff | n.index<<16,
		n.index>>48 | uint64(n.shard&0xf)<<16 | uint64(n.created)<<20 | 2<<56,
	}
	var low, middle uint64
	w, low = w.divide()
	w, middle = w.divide()
	to = strconv.AppendUint(to, w[0], 10)
	return appendPadded(appendPadded(to, middle), low)
}

func (n number) String() string {
	return string(n.append(make([]byte, 0, 56)))
}

func (w wide) divide() (quotient wide, remainder uint64) {
	for i := len(w) - 1; i >= 0; i-- {
		quotient[i], remainder = bits.Div64(remainder, w[i], ten19)
	}
	return quotient, remainder
}

func appendPadded(to []byte, value uint64) []byte {
	var text [digits]byte
	for i := len(text) - 1; i >= 0; i-- {
		text[i] = byte('0' + value%10)
		value /= 10
	}
	return append(to, text[:]...)
}

var errNumber = errors.New("not a sequence number")

// parseWide reads decimal digits. It fails on other characters, and on a number that might not fit.
func parseWide(text string) (w wide, err error) {
	if text == "" || len(text) > 3*digits {
		return wide{}, errNumber
	}
	for len(text) > 0 {
		size := min(len(text), digits)
		value, err := strconv.ParseUint(text[:size], 10, 64)
		if err != nil || text[0] == '+' {
			return wide{}, errNumber
		}
		scale := uint64(1)
		for range size {
			scale *= 10
		}
		for i := range w {
			high, low := bits.Mul64(w[i], scale)
			var carry uint64
			w[i], carry = bits.Add64(low, value, 0)
			value = high + carry
		}
		text = text[size:]
	}
	return w, nil
}

// parseNumber reads a sequence number in any layout that Kinesis has had (kinesalite, db/index.js). Only version 2 has an index; the
// others are read to refuse them with AWS's messages.
func parseNumber(text string) (number, error) {
	w, err := parseWide(text)
	if err != nil {
		return number{}, err
	}
	if w[2] == 0 && w[1] < 1<<60 {
		w[1] += 1 << 60
	}
	if w[2] == 0 || w[2] == 1 && w == (wide{0, 0, 1}) {
		return oldNumber(w)
	}
	if w[2]>>56 != 2 || w == (wide{0, 0, 2 << 56}) {
		return number{}, errNumber
	}
	return newNumber(w)
}

// newNumber reads versions 1 and 2. Where version 2 has its index, the content of version 1 is unknown.
func newNumber(w wide) (number, error) {
	n := number{version: int(w[0] & 0xf), shard: int32(uint32(w[0] >> 4)), created: int64(w[2] >> 20 & (1<<36 - 1))}
	if n.version == current {
		n.index = w[2]<<48 | w[1]>>16
		n.arrived = int64(w[1]&0xff<<28 | w[0]>>36)
	} else {
		n.arrived = int64(w[2]<<28&(1<<36-1) | w[1]>>36&(1<<28-1))
	}
	if n.version != current && n.version != 1 || n.created >= maxCreated || n.index>>63 != 0 {
		return number{}, errNumber
	}
	return n, nil
}

// oldNumber reads version 0: 1 · creation (9) · unknown (18) · shard (4).
func oldNumber(w wide) (number, error) {
	n := number{created: int64(w[1] >> 24 & (1<<36 - 1)), shard: int32(w[0] & 0xffff)}
	if n.created >= maxCreated {
		return number{}, errNumber
	}
	return n, nil
}
