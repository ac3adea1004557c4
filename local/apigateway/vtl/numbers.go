package vtl

import (
	"cmp"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// decimal is Java's BigDecimal: unscaled × 10^-scale.
type decimal struct {
	unscaled *big.Int
	scale    int
}

func isNumber(value any) bool {
	switch value.(type) {
	case int32, int64, float64, *big.Int, *decimal:
		return true
	}
	return false
}

func isWhole(value any) bool {
	switch value.(type) {
	case int32, int64, *big.Int:
		return true
	}
	return false
}

// narrow returns an Integer if it holds the number, else a Long.
func narrow(n int64) any {
	if n == int64(int32(n)) {
		return int32(n)
	}
	return n
}

// toLong is Java's Number.longValue.
func toLong(value any) int64 {
	switch v := value.(type) {
	case int32:
		return int64(v)
	case int64:
		return v
	case float64:
		return truncated(v)
	case *big.Int:
		return lowBits(v)
	case *decimal:
		if whole, ok := v.rescaled(0); ok {
			return lowBits(whole)
		}
	}
	return 0
}

// truncated casts as Java does: toward zero, to the nearest that fits, not-a-number to 0.
func truncated(f float64) int64 {
	switch {
	case math.IsNaN(f):
		return 0
	case f >= math.MaxInt64:
		return math.MaxInt64
	case f <= math.MinInt64:
		return math.MinInt64
	}
	return int64(f)
}

func lowBits(n *big.Int) int64 {
	mask := new(big.Int).SetUint64(math.MaxUint64)
	return int64(new(big.Int).And(n, mask).Uint64()) // two's complement, as longValue
}

// toDouble is Java's Number.doubleValue.
func toDouble(value any) float64 {
	switch v := value.(type) {
	case float64:
		return v
	case *big.Int:
		f, _ := new(big.Float).SetInt(v).Float64()
		return f
	case *decimal:
		f, _ := strconv.ParseFloat(string(v.append(nil)), 64)
		return f
	}
	return float64(toLong(value))
}

func toBig(value any) *big.Int {
	if v, ok := value.(*big.Int); ok {
		return v
	}
	return big.NewInt(toLong(value))
}

func toDecimal(value any) *decimal {
	switch v := value.(type) {
	case *decimal:
		return v
	case *big.Int:
		return &decimal{unscaled: v}
	case float64:
		return exactly64(v)
	}
	return &decimal{unscaled: toBig(value)}
}

// exactly64 is new BigDecimal(double): the exact value, however many digits it has.
func exactly64(f float64) *decimal {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return &decimal{unscaled: new(big.Int)}
	}
	digits := strconv.FormatFloat(f, 'f', -1, 64)
	if exact := new(big.Rat).SetFloat64(f); exact != nil {
		digits = exact.FloatString(exact.Denom().BitLen() - 1)
	}
	d, _ := parseDecimal(digits)
	return d
}

var errTooBig = failuref("a number of more than %d digits", maxDigits)

// parseDecimal parses a JSON number.
func parseDecimal(text string) (*decimal, bool) {
	mantissa, power := text, 0
	if at := strings.IndexAny(text, "eE"); at >= 0 {
		var err error
		if power, err = strconv.Atoi(text[at+1:]); err != nil {
			return nil, false
		}
		mantissa = text[:at]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	if len(whole)+len(fraction) > maxDigits || power > maxDigits || power < -maxDigits {
		return nil, false
	}
	unscaled, ok := new(big.Int).SetString(whole+fraction, 10)
	if !ok {
		return nil, false
	}
	return &decimal{unscaled: unscaled, scale: len(fraction) - power}, true
}

// rescaled returns the unscaled value at another scale. It truncates digits.
func (d *decimal) rescaled(scale int) (*big.Int, bool) {
	by := scale - d.scale
	if by > 2*maxDigits || by < -2*maxDigits {
		return nil, false
	}
	if by >= 0 {
		return new(big.Int).Mul(d.unscaled, tenTo(by)), true
	}
	return new(big.Int).Quo(d.unscaled, tenTo(-by)), true
}

func tenTo(power int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(power)), nil)
}

// append writes as BigDecimal.toString does: plain, or with an exponent where the scale is negative or the number tiny.
func (d *decimal) append(out []byte) []byte {
	digits := new(big.Int).Abs(d.unscaled).String()
	if d.unscaled.Sign() < 0 {
		out = append(out, '-')
	}
	exponent := len(digits) - 1 - d.scale
	if d.scale == 0 {
		return append(out, digits...)
	}
	if d.scale > 0 && exponent >= -6 {
		if d.scale >= len(digits) {
			digits = strings.Repeat("0", d.scale-len(digits)+1) + digits
		}
		point := len(digits) - d.scale
		out = append(out, digits[:point]...)
		return append(append(out, '.'), digits[point:]...)
	}
	out = append(out, digits[0])
	if len(digits) > 1 {
		out = append(append(out, '.'), digits[1:]...)
	}
	if exponent == 0 {
		return out
	}
	return append(out, fmt.Sprintf("E%+d", exponent)...)
}

// appendDouble writes as Double.toString does: with a fraction always, with an exponent outside 10^-3 to 10^7.
func appendDouble(out []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(out, "NaN"...)
	case math.IsInf(f, 1):
		return append(out, "Infinity"...)
	case math.IsInf(f, -1):
		return append(out, "-Infinity"...)
	}
	size := math.Abs(f)
	if size == 0 || size >= 1e-3 && size < 1e7 {
		mark := len(out)
		out = strconv.AppendFloat(out, f, 'f', -1, 64)
		if !strings.Contains(string(out[mark:]), ".") {
			out = append(out, ".0"...)
		}
		return out
	}
	mantissa, power, _ := strings.Cut(strconv.FormatFloat(f, 'e', -1, 64), "e")
	if !strings.Contains(mantissa, ".") {
		mantissa, power, _ = strings.Cut(strconv.FormatFloat(f, 'e', 1, 64), "e") // at least two digits, which are 4.9 for 5e-324
	}
	out = append(append(out, mantissa...), 'E')
	n, _ := strconv.Atoi(power)
	return strconv.AppendInt(out, int64(n), 10)
}

// class is the way in which Velocity 1.7's MathUtils calculates with two numbers.
type class uint8

const (
	noNumbers class = iota
	longs
	bigs
	doubles
	decimals
)

func classOfBoth(left, right any) class {
	switch {
	case !isNumber(left) || !isNumber(right):
		return noNumbers
	case isDecimal(left) || isDecimal(right):
		return decimals
	case isWhole(left) && isWhole(right):
		if isBig(left) || isBig(right) {
			return bigs
		}
		return longs
	case isBig(left) || isBig(right):
		return decimals
	}
	return doubles
}

func isBig(value any) bool {
	_, ok := value.(*big.Int)
	return ok
}

func isDecimal(value any) bool {
	_, ok := value.(*decimal)
	return ok
}

// calculate returns null for an operand that is not a number, and for a division by zero.
func calculate(operator string, left, right any) (any, error) {
	both := classOfBoth(left, right)
	if both == noNumbers || (operator == "/" || operator == "%") && isZero(right) {
		return nil, nil
	}
	switch both {
	case decimals:
		return calculateDecimals(operator, toDecimal(left), toDecimal(right))
	case bigs:
		return calculateBigs(operator, toBig(left), toBig(right))
	case longs:
		return calculateLongs(operator, left, right)
	}
	return calculateDoubles(operator, toDouble(left), toDouble(right)), nil
}

func isZero(value any) bool {
	if v, ok := value.(*big.Int); ok {
		return v.Sign() == 0
	}
	if v, ok := value.(*decimal); ok {
		return v.unscaled.Sign() == 0
	}
	return toDouble(value) == 0
}

func calculateDoubles(operator string, a, b float64) any {
	switch operator {
	case "+":
		return a + b
	case "-":
		return a - b
	case "*":
		return a * b
	case "/":
		return a / b
	}
	return math.Mod(a, b)
}

// calculateLongs widens the result if it does not fit.
func calculateLongs(operator string, left, right any) (any, error) {
	a, b := toLong(left), toLong(right)
	var result int64
	overflow := false
	switch operator {
	case "+":
		result = a + b
		overflow = (result^a) < 0 && (result^b) < 0
	case "-":
		result = a - b
		overflow = (result^a) < 0 && (result^^b) < 0
	case "*":
		result = a * b
		overflow = b != 0 && result/b != a
	case "/":
		result = a / b
	default:
		result = a % b
	}
	if overflow {
		return calculateBigs(operator, big.NewInt(a), big.NewInt(b))
	}
	_, leftLong := left.(int64)
	_, rightLong := right.(int64)
	if leftLong || rightLong {
		return result, nil
	}
	return narrow(result), nil
}

func calculateBigs(operator string, a, b *big.Int) (any, error) {
	result := new(big.Int)
	switch operator {
	case "+":
		result.Add(a, b)
	case "-":
		result.Sub(a, b)
	case "*":
		result.Mul(a, b)
	case "/":
		result.Quo(a, b)
	default:
		if b.Sign() < 0 {
			return nil, failuref("the modulus of a big number is negative")
		}
		result.Mod(a, b)
	}
	if result.BitLen() > maxDigits*3 {
		return nil, errTooBig
	}
	return result, nil
}

// calculateDecimals calculates with BigDecimals. A division keeps the left scale and rounds half down.
func calculateDecimals(operator string, a, b *decimal) (any, error) {
	scale := max(a.scale, b.scale)
	var result *big.Int
	switch operator {
	case "+", "-":
		x, fits := a.rescaled(scale)
		y, fit := b.rescaled(scale)
		if !fits || !fit {
			return nil, errTooBig
		}
		if operator == "-" {
			y.Neg(y)
		}
		result = x.Add(x, y)
	case "*":
		scale = a.scale + b.scale
		result = new(big.Int).Mul(a.unscaled, b.unscaled)
	case "/":
		scale = a.scale
		x, fits := a.rescaled(a.scale + b.scale)
		if !fits {
			return nil, errTooBig
		}
		result = halfDown(x, b.unscaled)
	default:
		return nil, failuref("the modulo of big decimal numbers cannot be calculated in Velocity")
	}
	if result.BitLen() > maxDigits*3 || scale > maxDigits || scale < -maxDigits {
		return nil, errTooBig
	}
	return &decimal{unscaled: result, scale: scale}, nil
}

func halfDown(a, b *big.Int) *big.Int {
	quotient, rest := new(big.Int).QuoRem(a, b, new(big.Int))
	twice := rest.Abs(rest)
	twice.Lsh(twice, 1)
	if twice.CmpAbs(b) > 0 {
		quotient.Add(quotient, big.NewInt(int64(a.Sign()*b.Sign())))
	}
	return quotient
}

// compare orders two numbers.
func compare(left, right any) (int, error) {
	switch classOfBoth(left, right) {
	case longs:
		return cmp.Compare(toLong(left), toLong(right)), nil
	case bigs:
		return toBig(left).Cmp(toBig(right)), nil
	case doubles:
		return compareDoubles(toDouble(left), toDouble(right)), nil
	}
	a, b := toDecimal(left), toDecimal(right)
	scale := max(a.scale, b.scale)
	x, fits := a.rescaled(scale)
	y, fit := b.rescaled(scale)
	if !fits || !fit {
		return 0, errTooBig
	}
	return x.Cmp(y), nil
}

// compareDoubles treats not-a-number as equal to everything, as Velocity does.
func compareDoubles(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
