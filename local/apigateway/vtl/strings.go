package vtl

import (
	"math/big"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// The positions in a Java string count UTF-16 units. In an ASCII string they are bytes. Other strings are decoded.

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// length is String.length.
func length(s string) int {
	n := 0
	for _, c := range s {
		n++
		if c > 0xFFFF {
			n++
		}
	}
	return n
}

// slice is String.substring. Half of a character outside the BMP becomes U+FFFD. Java would keep the half.
func slice(s string, from, to int) (string, bool) {
	if isASCII(s) {
		if from < 0 || to > len(s) || from > to {
			return "", false
		}
		return s[from:to], true
	}
	units := utf16.Encode([]rune(s))
	if from < 0 || to > len(units) || from > to {
		return "", false
	}
	return string(utf16.Decode(units[from:to])), true
}

// offset converts a position to an offset in bytes, within the string.
func offset(s string, position int) int {
	if position <= 0 {
		return 0
	}
	for at, c := range s {
		if position <= 0 {
			return at
		}
		position--
		if c > 0xFFFF {
			position--
		}
	}
	return len(s)
}

// position converts an offset in bytes, or -1, to a position.
func position(s string, offset int) any {
	if offset < 0 {
		return int32(-1)
	}
	return int32(length(s[:offset]))
}

// onText makes a method of a function of the String and its arguments, which must all be Strings.
func onText(do func(self string, args []string) any) func(*call) (any, error) {
	return func(c *call) (any, error) {
		args, ok := c.texts()
		if !ok {
			return nil, errNoMethod
		}
		self, _ := c.self.(string)
		value := do(self, args)
		if s, ok := value.(string); ok {
			return s, c.run.spendBytes(len(s), nowhere)
		}
		return value, nil
	}
}

var stringClass = &type1{
	methods: map[string]signature{
		"length":           {0, 0, onText(func(s string, _ []string) any { return int32(length(s)) })},
		"isEmpty":          {0, 0, onText(func(s string, _ []string) any { return s == "" })},
		"contains":         {1, 1, onText(func(s string, a []string) any { return strings.Contains(s, a[0]) })},
		"startsWith":       {1, 2, stringStartsWith},
		"endsWith":         {1, 1, onText(func(s string, a []string) any { return strings.HasSuffix(s, a[0]) })},
		"indexOf":          {1, 2, stringIndexOf},
		"lastIndexOf":      {1, 2, stringLastIndexOf},
		"substring":        {1, 2, stringSubstring},
		"subSequence":      {2, 2, stringSubstring},
		"charAt":           {1, 1, stringCharAt},
		"replace":          {2, 2, stringReplace},
		"replaceAll":       {2, 2, func(c *call) (any, error) { return stringReplaceRegex(c, -1) }},
		"replaceFirst":     {2, 2, func(c *call) (any, error) { return stringReplaceRegex(c, 1) }},
		"matches":          {1, 1, stringMatches},
		"split":            {1, 2, stringSplit},
		"trim":             {0, 0, onText(func(s string, _ []string) any { return strings.TrimFunc(s, func(c rune) bool { return c <= ' ' }) })},
		"toLowerCase":      {0, 0, onText(func(s string, _ []string) any { return strings.ToLower(s) })},
		"toUpperCase":      {0, 0, onText(func(s string, _ []string) any { return strings.ToUpper(strings.ReplaceAll(s, "ß", "SS")) })},
		"equals":           {1, 1, stringEquals},
		"equalsIgnoreCase": {1, 1, stringEqualsIgnoreCase},
		"concat":           {1, 1, onText(func(s string, a []string) any { return s + a[0] })},
		"contentEquals":    {1, 1, onText(func(s string, a []string) any { return s == a[0] })},
		"toString":         {0, 0, onText(func(s string, _ []string) any { return s })},
		"intern":           {0, 0, onText(func(s string, _ []string) any { return s })},
		"hashCode":         {0, 0, onText(func(s string, _ []string) any { return hashCode(s) })},
		"compareTo":        {1, 1, stringCompareTo},
		"compareToIgnoreCase": {1, 1, onText(func(s string, a []string) any {
			return compareTo(strings.ToLower(strings.ToUpper(s)), strings.ToLower(strings.ToUpper(a[0])))
		})},
		"valueOf": {1, 1, func(c *call) (any, error) { return c.run.textOf(c.args[0]) }},
	},
	unknown: setOf("bytes", "chars", "codePointAt", "codePointBefore", "codePointCount", "codePoints", "copyValueOf",
		"describeConstable", "format", "formatted", "getBytes", "getChars", "indent", "isBlank", "join", "lines",
		"offsetByCodePoints", "regionMatches", "repeat", "resolveConstantDesc", "strip", "stripIndent", "stripLeading",
		"stripTrailing", "toCharArray", "transform", "translateEscapes"),
}

func stringStartsWith(c *call) (any, error) {
	self, _ := c.self.(string)
	prefix, ok := c.text(0)
	if !ok {
		return nil, errNoMethod
	}
	if len(c.args) == 1 {
		return strings.HasPrefix(self, prefix), nil
	}
	from, ok := c.int(1)
	if !ok {
		return nil, errNoMethod
	}
	if from < 0 || from > length(self) {
		return false, nil
	}
	return strings.HasPrefix(self[offset(self, from):], prefix), nil
}

// searched returns the String, the text to look for (a String, or the number of a character), and the position to start from.
func (c *call) searched(otherwise int) (self, what string, from int, ok bool) {
	self, _ = c.self.(string)
	switch v := c.args[0].(type) {
	case string:
		what = v
	case int32:
		what = string(v)
	default:
		return "", "", 0, false
	}
	if len(c.args) == 1 {
		return self, what, otherwise, true
	}
	from, ok = c.int(1)
	return self, what, from, ok
}

func stringIndexOf(c *call) (any, error) {
	self, what, from, ok := c.searched(0)
	if !ok {
		return nil, errNoMethod
	}
	start := offset(self, from)
	at := strings.Index(self[start:], what)
	if at >= 0 {
		at += start
	}
	return position(self, at), nil
}

func stringLastIndexOf(c *call) (any, error) {
	self, what, from, ok := c.searched(maxRendered)
	if !ok {
		return nil, errNoMethod
	}
	if from < 0 {
		return int32(-1), nil
	}
	end := min(offset(self, from)+len(what), len(self))
	return position(self, strings.LastIndex(self[:end], what)), nil
}

func stringSubstring(c *call) (any, error) {
	self, _ := c.self.(string)
	from, ok := c.int(0)
	if !ok {
		return nil, errNoMethod
	}
	to := -1
	if len(c.args) == 2 {
		if to, ok = c.int(1); !ok {
			return nil, errNoMethod
		}
	}
	size := length(self)
	if len(c.args) == 1 {
		to = size
	}
	out, ok := slice(self, from, to)
	if !ok {
		return nil, failuref("substring from %d to %d of a text of length %d", from, to, size)
	}
	return out, c.run.pay(inSteps(len(out)))
}

func stringReplace(c *call) (any, error) {
	args, ok := c.texts()
	before, isChar := c.args[0].(char)
	after, both := c.args[1].(char)
	if isChar && both {
		args, ok = []string{before.text(), after.text()}, true
	}
	if !ok {
		return nil, errNoMethod
	}
	self, _ := c.self.(string)
	return c.run.replaced(self, args[0], args[1])
}

// replaced computes the length of the result first, and pays for it.
func (r *run) replaced(s, before, after string) (any, error) {
	times := strings.Count(s, before)
	if times == 0 {
		return s, nil
	}
	if err := r.spendBytes(len(s)+times*len(after), nowhere); err != nil {
		return nil, err
	}
	return strings.ReplaceAll(s, before, after), nil
}

func stringEquals(c *call) (any, error) { return c.args[0] == c.self, nil }

func stringEqualsIgnoreCase(c *call) (any, error) {
	self, _ := c.self.(string)
	if c.args[0] == nil {
		return false, nil
	}
	other, ok := c.text(0)
	if !ok {
		return nil, errNoMethod
	}
	return strings.EqualFold(self, other), nil
}

func hashCode(s string) any {
	var hash int32
	for _, c := range s {
		if c > 0xFFFF {
			high, low := utf16.EncodeRune(c)
			hash, c = 31*hash+high, low
		}
		hash = 31*hash + c
	}
	return hash
}

func stringCompareTo(c *call) (any, error) {
	self, _ := c.self.(string)
	other, ok := c.text(0)
	if !ok {
		return nil, failuref("compareTo of text takes text, not %s", typeName(c.args[0]))
	}
	return compareTo(self, other), nil
}

// compareTo returns the difference of the first units that differ, or of the lengths.
func compareTo(a, b string) any {
	at := 0
	for at < min(len(a), len(b)) && a[at] == b[at] {
		at++
	}
	for at > 0 && at < max(len(a), len(b)) && !utf8.RuneStart(longer(a, b)[at]) {
		at--
	}
	a, b = a[at:], b[at:]
	if a == "" || b == "" {
		return int32(length(a) - length(b))
	}
	x, _ := utf8.DecodeRuneInString(a)
	y, _ := utf8.DecodeRuneInString(b)
	highX, lowX := unitsOf(x)
	highY, lowY := unitsOf(y)
	if highX != highY {
		return highX - highY
	}
	return lowX - lowY
}

func longer(a, b string) string {
	if len(a) > len(b) {
		return a
	}
	return b
}

// textMethod is Object.toString.
func textMethod(c *call) (any, error) { return c.run.textOf(c.self) }

// equalsMethod is Object.equals.
func equalsMethod(c *call) (any, error) { return c.run.equal(c.self, c.args[0], 0) }

var booleanClass = &type1{
	methods: map[string]signature{
		"toString":     {0, 0, textMethod},
		"booleanValue": {0, 0, func(c *call) (any, error) { return c.self, nil }},
		"equals":       {1, 1, equalsMethod},
		"parseBoolean": {1, 1, parseBoolean},
		"valueOf":      {1, 1, parseBoolean},
	},
	unknown: setOf("compare", "compareTo", "describeConstable", "getBoolean", "logicalAnd", "logicalOr", "logicalXor"),
}

func parseBoolean(c *call) (any, error) {
	if b, ok := c.args[0].(bool); ok {
		return b, nil
	}
	s, ok := c.text(0)
	if !ok {
		return nil, errNoMethod
	}
	return strings.EqualFold(s, "true"), nil
}

// numberClass has the methods that Integer, Long, Double, BigInteger and BigDecimal share, and the static ones that templates
// call on a number, as in "$n.parseInt('5')".
var numberClass = &type1{
	methods: map[string]signature{
		"toString":    {0, 0, textMethod},
		"equals":      {1, 1, equalsMethod},
		"intValue":    {0, 0, func(c *call) (any, error) { return intValue(c.self), nil }},
		"longValue":   {0, 0, func(c *call) (any, error) { return toLong(c.self), nil }},
		"doubleValue": {0, 0, func(c *call) (any, error) { return toDouble(c.self), nil }},
		"compareTo":   {1, 1, numberCompareTo}, // of the number's own class
		"parseInt":    {1, 1, parseInt},
		"parseLong":   {1, 1, parseLong},
		"parseDouble": {1, 1, parseDouble},
		"valueOf":     {1, 1, numberValueOf},
	},
	unknown: setOf("abs", "add", "and", "andNot", "bitCount", "bitLength", "byteValue", "compare", "compareUnsigned", "decode",
		"describeConstable", "divide", "divideUnsigned", "doubleToLongBits", "floatValue", "gcd", "getInteger", "getLong",
		"highestOneBit", "isFinite", "isInfinite", "isNaN", "isNan", "isInfinite", "longBitsToDouble", "lowestOneBit", "max", "min",
		"mod", "multiply", "negate", "numberOfLeadingZeros", "numberOfTrailingZeros", "parseUnsignedInt", "pow", "precision",
		"remainder", "reverse", "rotateLeft", "rotateRight", "round", "scale", "setScale", "shortValue", "signum", "sqrt",
		"stripTrailingZeros", "subtract", "sum", "toBigInteger", "toBinaryString", "toEngineeringString", "toHexString",
		"toOctalString", "toPlainString", "toUnsignedString", "unscaledValue", "isNaN"),
}

// intValue is Java's cast: the low 32 bits, or for a Double the nearest int.
func intValue(value any) any {
	if f, ok := value.(float64); ok {
		return int32(min(max(truncated(f), -1<<31), 1<<31-1))
	}
	return int32(toLong(value))
}

func numberCompareTo(c *call) (any, error) {
	if !sameNumberClass(c.self, c.args[0]) {
		return nil, failuref("compareTo of a number takes one of the same Java class; Integer, Long and Double are three")
	}
	if err := c.run.spendNumbers(c.self, c.args[0], nowhere); err != nil {
		return nil, err
	}
	order, err := compare(c.self, c.args[0])
	return int32(order), err
}

func sameNumberClass(a, b any) bool {
	var same bool
	switch a.(type) {
	case int32:
		_, same = b.(int32)
	case int64:
		_, same = b.(int64)
	case float64:
		_, same = b.(float64)
	case *big.Int:
		_, same = b.(*big.Int)
	case *decimal:
		_, same = b.(*decimal)
	}
	return same
}

func parseWhole(bits int, of func(self any) bool) func(*call) (any, error) {
	return func(c *call) (any, error) {
		s, ok := c.text(0)
		if !ok || !of(c.self) {
			return nil, errNoMethod
		}
		n, err := strconv.ParseInt(s, 10, bits)
		if err != nil {
			return nil, failuref("%s is not a whole number of %d bits", quote(s), bits)
		}
		if bits == 32 {
			return int32(n), nil
		}
		return n, nil
	}
}

func parseDouble(c *call) (any, error) {
	s, ok := c.text(0)
	if _, isDouble := c.self.(float64); !ok || !isDouble {
		return nil, errNoMethod
	}
	trimmed := strings.TrimFunc(s, func(c rune) bool { return c <= ' ' })
	f, err := strconv.ParseFloat(trimmed, 64)
	if strings.ContainsAny(trimmed, "xX_iInN") || err != nil && f == 0 {
		return nil, failuref("%s is not a number", quote(s))
	}
	return f, nil
}

func numberValueOf(c *call) (any, error) {
	if sameNumberClass(c.self, c.args[0]) && !isBig(c.self) && !isDecimal(c.self) {
		return c.args[0], nil
	}
	if !isString(c.args[0]) {
		return widened(c.self, c.args[0])
	}
	switch c.self.(type) {
	case int32:
		return parseInt(c)
	case int64:
		return parseLong(c)
	case float64:
		return parseDouble(c)
	}
	return nil, errNoMethod
}

// widened converts a number to a larger class.
func widened(self, value any) (any, error) {
	_, isInt := value.(int32)
	_, isLong := value.(int64)
	switch self.(type) {
	case int64:
		if isInt {
			return toLong(value), nil
		}
	case *big.Int:
		if isInt || isLong {
			return toBig(value), nil
		}
	case float64:
		if isInt || isLong {
			return toDouble(value), nil
		}
	}
	return nil, errNoMethod
}

var (
	parseInt  = parseWhole(32, func(self any) bool { _, ok := self.(int32); return ok })
	parseLong = parseWhole(64, func(self any) bool { _, ok := self.(int64); return ok })
)
