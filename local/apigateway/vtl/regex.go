package vtl

import (
	"regexp"
	"strings"
	"time"

	"github.com/dlclark/regexp2"
)

// regex is a Java regular expression. Most of those in templates match only one text, and need no engine.
type regex struct {
	literal string
	re      *regexp2.Regexp // nil of a literal
}

// maxMatching is the wall time that the searches of one rendering may take: backtracking can take exponential time. A batch
// of 10 MB takes up to 1.5 s on quiet cores, and several times as long on busy ones.
var maxMatching = 10 * time.Second // a variable, so that its test need not take as long

var regexes = newCache(newRegex)

func newRegex(pattern string) (*regex, error) {
	if literal, ok := literalPattern(pattern); ok {
		return &regex{literal: literal}, nil
	}
	if len(pattern) > maxPath {
		return nil, failuref("a regular expression of %d bytes; the longest is %d", len(pattern), maxPath)
	}
	translated, err := translate(pattern)
	if err != nil {
		return nil, err
	}
	re, err := regexp2.Compile(translated, regexp2.None)
	if err != nil {
		return nil, failuref("the regular expression %s is not valid, or not imitated here: %s", quote(pattern), err)
	}
	re.MatchTimeout = maxMatching
	return &regex{re: re}, nil
}

// literalPattern returns the only text that a pattern without operators matches.
func literalPattern(pattern string) (string, bool) {
	var out strings.Builder
	for i := 0; i < len(pattern); i++ {
		c := pattern[i]
		if c == '\\' && i+1 < len(pattern) {
			i++
			if c = pattern[i]; isWord(c) || c >= 0x80 {
				return "", false
			}
		} else if strings.IndexByte(`\^$.|?*+()[]{}`, c) >= 0 {
			return "", false
		}
		out.WriteByte(c)
	}
	return out.String(), out.Len() > 0
}

// Java's classes differ from those of .NET, whose syntax regexp2 has: they are ASCII only, and "." stops at more line ends.
var classes = map[byte]string{'d': "0-9", 'w': "a-zA-Z_0-9", 's': ` \t\n\x0B\f\r`}

const (
	lineEnds = `\n\r\u0085\u2028\u2029`
	atEnd    = `(?=(?:\r\n|[` + lineEnds + `])?\z)`
)

// repetition is the text that Java accepts after a "{". Anything else is an error.
var repetition = regexp.MustCompile(`^\{\d+(,\d*)?\}`)

// translate rewrites a pattern, and refuses syntax whose meaning differs.
func translate(pattern string) (string, error) {
	var out strings.Builder
	inClass, flags := false, strings.Contains(pattern, "(?")
	for i := 0; i < len(pattern); {
		text, length, err := pattern[i:i+1], 1, error(nil)
		switch {
		case pattern[i] == '\\' && i+1 < len(pattern):
			text, err = translateEscape(pattern[i+1], inClass)
			length = 2
		case inClass && (pattern[i] == '[' || strings.HasPrefix(pattern[i:], "&&")):
			err = failuref("the regular expression %s has a class within a class, which is not imitated here", quote(pattern))
		case inClass:
			inClass = pattern[i] != ']'
		case pattern[i] == '{' && !repetition.MatchString(pattern[i:]):
			err = failuref("the regular expression %s has a { that begins no repetition; write \\{", quote(pattern))
		case strings.HasPrefix(pattern[i:], "[^"):
			text, length, inClass = "[^", 2, true
		default:
			inClass = pattern[i] == '['
			text = translateOutside(pattern[i], flags)
		}
		if err != nil {
			return "", err
		}
		out.WriteString(text)
		i += length
	}
	return out.String(), nil
}

// translateOutside translates "." and "$", unless the pattern has flags, which may change them.
func translateOutside(c byte, flags bool) string {
	switch {
	case c == '.' && !flags:
		return "[^" + lineEnds + "]"
	case c == '$' && !flags:
		return atEnd
	}
	return string([]byte{c})
}

func translateEscape(c byte, inClass bool) (string, error) {
	lower := c | 0x20
	class, ok := classes[lower]
	switch {
	case ok && c == lower && inClass:
		return class, nil
	case ok && c == lower:
		return "[" + class + "]", nil
	case ok && inClass:
		return "", failuref(`\%c between [ and ] is not imitated here`, c)
	case ok:
		return "[^" + class + "]", nil
	case strings.IndexByte("QERhHvVNXpP", c) >= 0:
		return "", failuref(`\%c in a regular expression is not imitated here`, c)
	}
	return `\` + string([]byte{c}), nil
}

// pattern compiles the first argument.
func (c *call) pattern() (*regex, error) {
	pattern, ok := c.text(0)
	if !ok {
		return nil, errNoMethod
	}
	if err := c.run.pay(stepsOfPattern * min(len(pattern), maxPath)); err != nil {
		return nil, err
	}
	re, err := regexes.get(pattern)
	if err != nil || re.re == nil {
		return re, err
	}
	self, _ := c.self.(string)
	return re, c.run.pay(len(self) / bytesPerStep)
}

func errMatching() error {
	return failuref("the template's regular expressions take more than %s to match", maxMatching)
}

// stepsOfPattern is the number of steps for each byte of a compiled pattern.
const stepsOfPattern = 4

// bytesPerStep is the number of searched bytes for a step: the engine uses twelve bytes of memory for each, and more time than
// a copy.
const bytesPerStep = 4

// stepsOfMatch are the steps of a match without the texts of its groups.
const stepsOfMatch = 4

// search is one search of a rendering. It adds its time to the total of the rendering.
type search struct {
	run   *run
	since time.Time
}

func (r *run) search() search { return search{r, time.Now()} }

// late reports whether the rendering's searches have taken too long.
func (s search) late() bool { return s.run.matching+time.Since(s.since) > maxMatching }

func (s search) end() { s.run.matching += time.Since(s.since) }

func stringMatches(c *call) (any, error) {
	re, err := c.pattern()
	if err != nil {
		return nil, err
	}
	self, _ := c.self.(string)
	if re.re == nil {
		return self == re.literal, nil
	}
	pattern, _ := c.text(0)
	whole, err := regexes.get(`\A(?:` + pattern + `)\z`)
	if err != nil {
		return nil, err
	}
	search := c.run.search()
	defer search.end()
	if search.late() {
		return nil, errMatching()
	}
	matched, err := whole.re.MatchString(self)
	if err != nil {
		return nil, errMatching()
	}
	return matched, nil
}

func stringReplaceRegex(c *call, times int) (any, error) {
	re, err := c.pattern()
	if err != nil {
		return nil, err
	}
	replacement, ok := c.text(1)
	if !ok {
		return nil, errNoMethod
	}
	self, _ := c.self.(string)
	if re.re == nil && !strings.ContainsAny(replacement, `$\`) {
		if times == 1 {
			return strings.Replace(self, re.literal, replacement, 1), c.run.spendBytes(len(self)+len(replacement), nowhere)
		}
		return c.run.replaced(self, re.literal, replacement)
	}
	return c.run.replaceMatches(self, re, replacement, times)
}

// match is the place of a match, in bytes, and the texts of its groups.
type match struct {
	start, end int
	groups     []string
	names      map[string]string
}

// each calls found for every match until it returns false. Without withGroups a match has its place alone, which costs less.
func (r *run) each(s string, re *regex, withGroups bool, found func(m match) (bool, error)) error {
	if re.re == nil {
		return re.eachLiteral(s, found)
	}
	search := r.search()
	defer search.end()
	at := runeOffsets(s)
	m, err := re.re.FindStringMatch(s)
	for ; err == nil && m != nil; m, err = re.re.FindNextMatch(m) {
		if search.late() {
			return errMatching()
		}
		next := match{start: at(m.Index), end: at(m.Index + m.Length)}
		cost := stepsOfMatch
		if withGroups {
			next.readGroups(m)
			cost += stepsOfMap + stepsOfEntry*len(next.groups)
		}
		if err := r.pay(cost); err != nil {
			return err
		}
		more, err := found(next)
		if err != nil || !more {
			return err
		}
	}
	if err != nil {
		return errMatching()
	}
	return nil
}

func (m *match) readGroups(from *regexp2.Match) {
	m.names = map[string]string{}
	for _, group := range from.Groups() {
		text := group.String()
		m.groups = append(m.groups, text)
		m.names[group.Name] = text
	}
}

func (re *regex) eachLiteral(s string, found func(m match) (bool, error)) error {
	for at := 0; ; {
		next := strings.Index(s[at:], re.literal)
		if next < 0 {
			return nil
		}
		m := match{start: at + next, end: at + next + len(re.literal), groups: []string{re.literal}}
		if more, err := found(m); err != nil || !more {
			return err
		}
		at = m.end
	}
}

// runeOffsets converts the engine's positions, which count characters, to bytes.
func runeOffsets(s string) func(position int) int {
	if isASCII(s) {
		return func(position int) int { return position }
	}
	offsets := make([]int, 0, len(s)+1)
	for at := range s {
		offsets = append(offsets, at)
	}
	offsets = append(offsets, len(s))
	return func(position int) int { return offsets[position] }
}

func (r *run) replaceMatches(s string, re *regex, replacement string, times int) (any, error) {
	var out []byte
	at := 0
	err := r.each(s, re, strings.ContainsAny(replacement, `$\`), func(m match) (bool, error) {
		out = append(out, s[at:m.start]...)
		at = m.end
		var err error
		if out, err = expand(out, replacement, m); err != nil {
			return false, err
		}
		if len(out) > maxRendered {
			return false, failuref("a text of more than %d bytes", maxRendered)
		}
		times--
		return times != 0, r.pay(1 + inSteps(len(replacement)))
	})
	if err != nil {
		return nil, err
	}
	out = append(out, s[at:]...)
	return string(out), r.spendBytes(len(out), nowhere)
}

// expand appends a replacement: "$1" and "${name}" are groups, and a backslash makes the next character literal.
func expand(out []byte, replacement string, m match) ([]byte, error) {
	for i := 0; i < len(replacement); i++ {
		c := replacement[i]
		if c != '\\' && c != '$' {
			out = append(out, c)
			continue
		}
		i++
		if i == len(replacement) {
			return nil, failuref("the replacement %s ends in %c", quote(replacement), c)
		}
		if c == '\\' {
			out = append(out, replacement[i])
			continue
		}
		text, length, err := group(replacement[i:], m)
		if err != nil {
			return nil, failuref("the replacement %s: %s", quote(replacement), err)
		}
		out = append(out, text...)
		i += length - 1
	}
	return out, nil
}

// group reads a group's number, with as many digits as still name a group, or its name in braces.
func group(text string, m match) (string, int, error) {
	if text[0] == '{' {
		end := strings.IndexByte(text, '}')
		if end < 0 {
			return "", 0, failuref("${ without }")
		}
		value, ok := m.names[text[1:end]]
		if !ok {
			return "", 0, failuref("there is no group %s", quote(text[1:end]))
		}
		return value, end + 1, nil
	}
	if !isDigit(text[0]) {
		return "", 0, failuref("after $ stands a group's number; write \\$ for a dollar")
	}
	number, length := int(text[0]-'0'), 1
	for length < len(text) && isDigit(text[length]) && number*10+int(text[length]-'0') < len(m.groups) {
		number = number*10 + int(text[length]-'0')
		length++
	}
	if number >= len(m.groups) {
		return "", 0, failuref("there is no group %d", number)
	}
	return m.groups[number], length, nil
}

// stringSplit is String.split. It drops empty texts at the end, unless there is a limit.
func stringSplit(c *call) (any, error) {
	re, err := c.pattern()
	if err != nil {
		return nil, err
	}
	limit := 0
	if len(c.args) == 2 {
		var ok bool
		if limit, ok = c.int(1); !ok {
			return nil, errNoMethod
		}
	}
	self, _ := c.self.(string)
	items, err := c.run.split(self, re, limit)
	if err != nil {
		return nil, err
	}
	return &list{kind: javaArray, items: items}, nil
}

func (r *run) split(s string, re *regex, limit int) ([]any, error) {
	var items []any
	at := 0
	err := r.each(s, re, false, func(m match) (bool, error) {
		if m.end == 0 {
			return true, nil // nothing matched at the beginning
		}
		if limit > 0 && len(items) == limit-1 {
			return false, nil
		}
		items = append(items, s[at:m.start])
		at = m.end
		return true, r.pay(3)
	})
	if err != nil {
		return nil, err
	}
	if len(items) == 0 && at == 0 {
		return []any{s}, nil
	}
	items = append(items, s[at:])
	if limit == 0 {
		for len(items) > 0 && items[len(items)-1] == "" {
			items = items[:len(items)-1]
		}
	}
	return items, nil
}
