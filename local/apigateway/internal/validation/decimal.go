package validation

import (
	"math/big"
	"strconv"
	"strings"
)

// decimal is a number's exact value, 0.digits × 10^exponent, without a zero at either end of the digits. A JSON number has at
// most as many digits as its text has bytes, but 1e999999 as a big.Int has a million. So the comparisons here use the digits.
type decimal struct {
	negative bool
	digits   string // none is 0
	exponent int64
}

// farAway stands for an exponent that int64 does not hold: it is beyond any that a schema has.
const farAway = int64(1) << 60

// decimalOf reads a number of JSON.
func decimalOf(text string) decimal {
	var d decimal
	text, d.negative = strings.CutPrefix(text, "-")
	if at := strings.IndexAny(text, "eE"); at >= 0 {
		d.exponent = exponentOf(text[at+1:])
		text = text[:at]
	}
	whole, fraction, _ := strings.Cut(text, ".")
	d.exponent += int64(len(whole))
	d.digits = whole
	if fraction != "" {
		d.digits = whole + fraction
	}
	d.digits = strings.TrimRight(d.digits, "0")
	before := len(d.digits)
	d.digits = strings.TrimLeft(d.digits, "0")
	d.exponent -= int64(before - len(d.digits))
	if d.digits == "" {
		return decimal{}
	}
	return d
}

func exponentOf(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err == nil && n < farAway && n > -farAway {
		return n
	}
	if strings.HasPrefix(text, "-") {
		return -farAway
	}
	return farAway
}

// decimalOfBound reads a bound of a schema, which was a JSON number.
func decimalOfBound(bound *big.Rat) decimal {
	return decimalOf(bound.FloatString(bound.Denom().BitLen())) // a denominator of twos and fives has as many digits at most
}

// cmp compares as [big.Rat.Cmp] does.
func (d decimal) cmp(other decimal) int {
	switch {
	case d.sign() != other.sign():
		return d.sign() - other.sign()
	case d.digits == "":
		return 0
	}
	size := strings.Compare(d.digits, other.digits)
	if d.exponent != other.exponent {
		size = 1
		if d.exponent < other.exponent {
			size = -1
		}
	}
	return size * d.sign()
}

func (d decimal) sign() int {
	switch {
	case d.digits == "":
		return 0
	case d.negative:
		return -1
	}
	return 1
}

// isMultipleOf reports whether a number is a multiple of another one, which is not 0. Its time depends on the digits, not on
// the size of the number.
func (d decimal) isMultipleOf(other decimal) bool {
	if d.digits == "" {
		return true
	}
	tens := d.exponent - int64(len(d.digits)) - (other.exponent - int64(len(other.digits)))
	if tens < 0 {
		return false // the digits end in no zero, and would have to be a multiple of ten
	}
	divisor, _ := new(big.Int).SetString(other.digits, 10)
	rest := new(big.Int)
	const atOnce = 18
	for digits := d.digits; digits != ""; {
		n := min(atOnce, len(digits))
		next, _ := strconv.ParseInt(digits[:n], 10, 64)
		rest.Mul(rest, power(int64(n), nil))
		rest.Mod(rest.Add(rest, big.NewInt(next)), divisor)
		digits = digits[n:]
	}
	rest.Mul(rest, power(tens, divisor))
	return rest.Mod(rest, divisor).Sign() == 0
}

// power returns a power of ten, modulo a divisor unless that is nil.
func power(of int64, modulo *big.Int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(of), modulo)
}

// maxSpelled is the largest number of digits, and the largest exponent, of a number that a message writes out.
const maxSpelled = 64

// spell writes a number as messages have it: without an exponent, and with 12 digits after the point at most.
func spell(text string) string {
	d := decimalOf(text)
	if len(text) > maxSpelled || d.exponent > maxSpelled || d.exponent < -maxSpelled {
		return cut(text)
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return text
	}
	return spellRat(r)
}

func spellRat(r *big.Rat) string {
	if r.IsInt() {
		return r.Num().String()
	}
	return strings.TrimRight(r.FloatString(12), "0")
}
