package draft4

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/dlclark/regexp2"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// SlowPattern is the panic of a pattern that takes too long: the validator takes a yes or a no, and either would let a body
// pass somewhere.
type SlowPattern string

// pattern is a regular expression of ECMA-262, edition 5.1. It sees a text as JavaScript does, in units of UTF-16.
type pattern struct {
	text     string
	compiled *regexp2.Regexp
}

func compilePattern(text string, patternTime time.Duration) (jsonschema.Regexp, error) {
	read, err := readPattern(text)
	if err != nil {
		return nil, err
	}
	compiled, err := regexp2.Compile(read.translated.String(), regexp2.ECMAScript)
	if err != nil {
		return nil, err
	}
	compiled.MatchTimeout = patternTime
	return pattern{text, compiled}, nil
}

func (p pattern) String() string { return p.text }

func (p pattern) MatchString(text string) bool {
	matched, err := p.compiled.MatchRunes(units(text))
	if err != nil { // has no other than that the time is over
		panic(SlowPattern(p.text))
	}
	return matched
}

// units returns a text with two surrogates for each character beyond 16 bits.
func units(text string) []rune {
	all := make([]rune, 0, len(text))
	for _, c := range text {
		if high, low := utf16.EncodeRune(c); high != '\uFFFD' {
			all = append(all, high, low)
		} else {
			all = append(all, c)
		}
	}
	return all
}

// UnmeantEscape returns the first escape of a pattern that has a meaning in other regular expressions and is a plain letter in those of
// ECMA-262, edition 5.1, such as \p or \A. It is empty if the pattern has none.
func UnmeantEscape(text string) string {
	read, err := readPattern(text)
	if err != nil {
		return ""
	}
	return read.unmeant
}

// reading is the reading of a pattern. regexp2 knows ECMA-262's classes and anchors, and takes more groups, escapes and sets than
// ECMA-262 has, so the reading refuses or escapes those.
type reading struct {
	rest       []rune
	inSet      bool
	anchor     string // that was read last, such as ^ or \b
	translated strings.Builder
	unmeant    string
}

func readPattern(text string) (*reading, error) {
	r := &reading{rest: []rune(text)}
	for len(r.rest) > 0 {
		if err := r.next(); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (r *reading) next() error {
	c := r.rest[0]
	if err := r.afterAnchor(c); err != nil {
		return err
	}
	switch {
	case c == '\\' && len(r.rest) > 1:
		r.escape()
		return nil
	case r.inSet:
		r.inside(c)
		return nil
	case c == '(' && len(r.rest) > 1 && r.rest[1] == '?' && (len(r.rest) == 2 || !strings.ContainsRune(":=!", r.rest[2])):
		return groupOf(string(r.rest))
	case c == '.':
		r.write(1, `[^\n\r\u2028\u2029]`)
		return nil
	case c == '^', c == '$':
		r.anchor = string(c)
	default:
		r.inSet = c == '['
	}
	r.write(1, literal(c))
	return nil
}

// afterAnchor checks the character after an anchor, which cannot be repeated. Rhino takes a brace there for a plain character.
func (r *reading) afterAnchor(c rune) error {
	anchor := r.anchor
	r.anchor = ""
	switch {
	case anchor == "":
	case strings.ContainsRune("*+?", c):
		return fmt.Errorf("ECMA-262 has no %s%c: %s matches a place, which cannot be repeated; remove the %c", anchor, c, anchor, c)
	case c == '{':
		r.translated.WriteByte('\\')
	}
	return nil
}

// inside reads a character of a set. There is no subtraction and no [:alpha:], and a hyphen before a class is one: Rhino takes [.-\d] for
// a point, a hyphen and the digits.
func (r *reading) inside(c rune) {
	r.inSet = c != ']'
	beforeClass := len(r.rest) > 2 && r.rest[1] == '\\' && strings.ContainsRune("dDwWsS", r.rest[2])
	if c == '[' || c == '-' && beforeClass {
		r.write(1, `\`+string(c))
		return
	}
	r.write(1, literal(c))
}

// foreignGroup is the error of a group that ECMA-262, edition 5.1, does not have.
type foreignGroup struct{ name, remedy string }

func (g foreignGroup) Error() string { return "ECMA-262 has no " + g.name }

// ForeignGroup returns the first group of a pattern that other regular expressions have and those of ECMA-262, edition 5.1, do not, such
// as (?i), and what to write in its place. Both are empty if the pattern has none.
func ForeignGroup(text string) (name, remedy string) {
	var foreign foreignGroup
	if _, err := readPattern(text); errors.As(err, &foreign) {
		return foreign.name, foreign.remedy
	}
	return "", ""
}

// groupOf returns the error for a text that begins with "(?" and is no group of ECMA-262.
func groupOf(text string) foreignGroup {
	const before = "match the text before it too, without (?<"
	for begin, group := range map[string]foreignGroup{
		"(?<=": {"look-behind (?<=", before},
		"(?<!": {"look-behind (?<!", before},
		"(?P<": {"named group (?P<", "write ( alone"},
		"(?>":  {"atomic group (?>", "write (?:"},
		"(?#":  {"comment (?#", "remove it"},
	} {
		if strings.HasPrefix(text, begin) {
			return group
		}
	}
	if strings.HasPrefix(text, "(?<") || strings.HasPrefix(text, "(?'") {
		return foreignGroup{"named group " + text[:len("(?<")], "write ( alone"}
	}
	flags := text
	if end := strings.IndexAny(text, "):"); end >= 0 {
		flags = text[:end+1]
	}
	return foreignGroup{"flags " + flags, "remove them; for (?i) write both cases, such as [aA]"}
}

// write adds to the translation, in place of the next characters of the pattern.
func (r *reading) write(characters int, translated string) {
	r.rest = r.rest[characters:]
	r.translated.WriteString(translated)
}

// literal writes a character beyond 16 bits as its two surrogates.
func literal(c rune) string {
	if high, low := utf16.EncodeRune(c); high != '\uFFFD' {
		return fmt.Sprintf(`\u%04x\u%04x`, high, low)
	}
	return string(c)
}

// escape reads what begins with a backslash.
func (r *reading) escape() {
	c := r.rest[1]
	isLetter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
	switch {
	case c > 127:
		r.write(2, literal(c))
	case !r.inSet && (c == 'b' || c == 'B'):
		r.anchor = `\` + string(c)
		r.write(2, r.anchor)
	case !isLetter, strings.ContainsRune("dDwWsSbBtnvfr", c), r.hasArgument(c):
		r.write(2, `\`+string(c))
	default:
		if r.unmeant == "" {
			r.unmeant = `\` + string(c)
		}
		r.write(2, string(c))
	}
}

// hasArgument reports whether \c, \x or \u has after it what makes it a character.
func (r *reading) hasArgument(c rune) bool {
	const hex, letters = "0123456789abcdefABCDEF", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	after, of := 0, hex
	switch c {
	case 'c':
		after, of = 1, letters
	case 'x':
		after = 2
	case 'u':
		after = 4
	default:
		return false
	}
	if len(r.rest) < 2+after {
		return false
	}
	for _, digit := range r.rest[2 : 2+after] {
		if !strings.ContainsRune(of, digit) {
			return false
		}
	}
	return true
}
