package vtl

import (
	"unicode"
	"unicode/utf16"
)

// char is Java's Character, the result of String.charAt: one UTF-16 unit. It is not text: a method with a String parameter does
// not accept it.
type char uint16

// text returns the character as text. Half of a character outside the BMP becomes U+FFFD.
func (c char) text() string { return string(rune(c)) }

// unitAt is String.charAt.
func unitAt(s string, at int) (char, bool) {
	if at < 0 {
		return 0, false
	}
	for _, c := range s {
		first, second := unitsOf(c)
		if at == 0 {
			return char(first), true
		}
		if at--; second == 0 {
			continue
		}
		if at == 0 {
			return char(second), true
		}
		at--
	}
	return 0, false
}

// unitsOf are a character's UTF-16 units; one in the BMP has one.
func unitsOf(c rune) (first, second rune) {
	if c > 0xFFFF {
		return utf16.EncodeRune(c)
	}
	return c, 0
}

func stringCharAt(c *call) (any, error) {
	self, _ := c.self.(string)
	at, ok := c.int(0)
	if !ok {
		return nil, errNoMethod
	}
	unit, ok := unitAt(self, at)
	if !ok {
		return nil, failuref("charAt %d of a text of length %d", at, length(self))
	}
	return unit, nil
}

// onChar makes a method of a function over a char: the argument, as of a static method of Character.
func onChar(do func(c rune) any) signature {
	return signature{1, 1, func(c *call) (any, error) {
		unit, ok := c.args[0].(char)
		if !ok {
			return nil, errNoMethod
		}
		return do(rune(unit)), nil
	}}
}

var charClass = &type1{
	methods: map[string]signature{
		"toString":        {0, 0, textMethod},
		"equals":          {1, 1, equalsMethod},
		"charValue":       {0, 0, func(c *call) (any, error) { return c.self, nil }},
		"hashCode":        {0, 0, func(c *call) (any, error) { unit, _ := c.self.(char); return int32(unit), nil }},
		"compareTo":       {1, 1, charCompareTo},
		"isDigit":         onChar(func(c rune) any { return unicode.IsDigit(c) }),
		"isLetter":        onChar(func(c rune) any { return unicode.IsLetter(c) }),
		"isLetterOrDigit": onChar(func(c rune) any { return unicode.IsLetter(c) || unicode.IsDigit(c) }),
		"isLowerCase":     onChar(func(c rune) any { return unicode.IsLower(c) }),
		"isUpperCase":     onChar(func(c rune) any { return unicode.IsUpper(c) }),
		"toLowerCase":     onChar(func(c rune) any { return char(unicode.ToLower(c)) }),
		"toUpperCase":     onChar(func(c rune) any { return char(unicode.ToUpper(c)) }),
	},
	unknown: setOf("charCount", "codePointAt", "codePointBefore", "compare", "describeConstable", "digit", "forDigit", "getName",
		"getNumericValue", "getType", "highSurrogate", "isAlphabetic", "isDefined", "isISOControl", "isIdentifierIgnorable",
		"isIdeographic", "isMirrored", "isSpace", "isSpaceChar", "isSurrogate", "isTitleCase", "isWhitespace", "lowSurrogate",
		"reverseBytes", "toChars", "toCodePoint", "toTitleCase", "valueOf"),
}

func charCompareTo(c *call) (any, error) {
	self, _ := c.self.(char)
	other, ok := c.args[0].(char)
	if !ok {
		return nil, failuref("compareTo of a character takes a character, not %s", typeName(c.args[0]))
	}
	return int32(self) - int32(other), nil
}
