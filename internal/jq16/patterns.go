package jq16

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/rangetable"
)

// expression is a regular expression of Oniguruma, which jq 1.6 uses, written as one of Go. Of two of its places Go has no counterpart:
// a boundary of a word in Unicode, and the end of a text before a last newline.
type expression struct {
	text          string
	boundary, end bool
}

// translate writes a regular expression with the classes of Oniguruma, which are Unicode's: Go's are ASCII's. The error is a clause with
// its remedy.
func translate(pattern string) (expression, error) {
	r := &oniguruma{rest: pattern}
	for r.rest != "" && r.err == nil {
		r.next()
	}
	r.made.text = r.written.String()
	return r.made, r.err
}

// oniguruma is the reading of a regular expression.
type oniguruma struct {
	rest    string
	inSet   bool
	written strings.Builder
	made    expression
	err     error
}

func (r *oniguruma) write(read int, text string) {
	r.rest = r.rest[read:]
	r.written.WriteString(text)
}

func (r *oniguruma) fail(has, remedy string) { r.err = errors.New(has + "; " + remedy) }

func (r *oniguruma) next() {
	switch {
	case r.rest[0] == '\\' && len(r.rest) > 1:
		r.escape()
	case r.inSet:
		r.inside()
	case r.rest[0] == '[':
		r.inSet = true
		begin := beginOfSet.FindString(r.rest)
		r.write(len(begin), strings.Replace(begin, "]", `\]`, 1))
	case strings.HasPrefix(r.rest, "(?") && ungreedy.MatchString(r.rest):
		r.fail("with the flag U, which jq 1.6 does not know", "write ? after what repeats")
	default:
		r.made.end = r.made.end || r.rest[0] == '$'
		r.write(1, r.rest[:1])
	}
}

var (
	// A bracket at the begin of a set is a character of the set.
	beginOfSet = regexp.MustCompile(`^\[\^?\]?`)
	ungreedy   = regexp.MustCompile(`^\(\?[a-z-]*U`)
)

// inside reads a part of a set. Oniguruma has sets in a set, and what two sets share.
func (r *oniguruma) inside() {
	switch class := posixClass.FindStringSubmatch(r.rest); {
	case class != nil:
		r.posix(class[0], class[1] != "", class[2])
	case r.rest[0] == '[':
		r.fail("with a set in a set, which is not imitated on one machine", `write one set, or \[ for the bracket`)
	case strings.HasPrefix(r.rest, "&&"):
		r.fail(`with "&&" in a set, which is not imitated on one machine`, `write the characters out, or \& for an ampersand`)
	default:
		r.inSet = r.rest[0] != ']'
		r.write(1, r.rest[:1])
	}
}

var posixClass = regexp.MustCompile(`^\[:(\^?)([a-z]+):\]`)

func (r *oniguruma) posix(class string, others bool, name string) {
	switch tables := classes[name]; {
	case tables != nil:
		r.write(len(class), members(tables, others))
	case name == "ascii" || name == "xdigit":
		r.write(len(class), class)
	default:
		r.fail("with the class "+class+", which is not imitated on one machine", "write the characters out")
	}
}

// classes are those of Oniguruma for a text in UTF-8 (doc/RE, "Unicode Case").
var classes = map[string][]*unicode.RangeTable{
	"alnum": {unicode.L, unicode.Nl, unicode.Other_Alphabetic, unicode.Nd},
	"alpha": {unicode.L, unicode.Nl, unicode.Other_Alphabetic},
	"digit": {unicode.Nd},
	"lower": {unicode.Ll, unicode.Other_Lowercase},
	"space": {unicode.White_Space},
	"upper": {unicode.Lu, unicode.Other_Uppercase},
	"word":  {unicode.L, unicode.Nl, unicode.Other_Alphabetic, unicode.M, unicode.Nd, unicode.Pc},
}

// members writes the characters of some tables, or all others, as the inside of a set.
func members(tables []*unicode.RangeTable, others bool) string {
	var set strings.Builder
	span := func(first, last rune) {
		if first <= last {
			fmt.Fprintf(&set, `\x{%x}-\x{%x}`, first, last)
		}
	}
	first, next := rune(0), rune(0) // of the span that is open
	rangetable.Visit(rangetable.Merge(tables...), func(c rune) {
		switch {
		case c == next:
		case others:
			span(next, c-1)
		default:
			span(first, next-1)
			first = c
		}
		next = c + 1
	})
	if others {
		span(next, unicode.MaxRune)
	} else {
		span(first, next-1)
	}
	return set.String()
}

// escaped are the classes that an escape with a letter stands for. The capital letter stands for all other characters.
var escaped = map[byte]string{'d': "digit", 's': "space", 'w': "word"}

// escape reads what begins with a backslash.
func (r *oniguruma) escape() {
	c := r.rest[1]
	name := escaped[c|' ']
	switch {
	case name != "" && r.inSet:
		r.write(2, members(classes[name], c < 'a'))
	case name != "":
		r.write(2, "["+members(classes[name], c < 'a')+"]")
	case c == 'Q' && !r.inSet:
		literal, _, _ := strings.Cut(r.rest, `\E`)
		r.write(min(len(literal)+len(`\E`), len(r.rest)), regexp.QuoteMeta(literal[2:]))
	case (c == 'p' || c == 'P') && !strings.HasPrefix(r.rest[2:], "{"):
		r.fail(fmt.Sprintf(`with \%c, which is the letter %c without braces`, c, c), fmt.Sprintf(`write \%c{L}`, c))
	default:
		r.made.boundary = r.made.boundary || !r.inSet && (c == 'b' || c == 'B')
		_, size := utf8.DecodeRuneInString(r.rest[1:])
		r.write(1+size, r.rest[:1+size])
	}
}

// pattern is a regular expression for a text, and for a list that of its first item. It fails where the places that Go lacks matter.
func pattern(subject, value any) any {
	switch value := value.(type) {
	case string:
		return patternFor(subject, value)
	case []any:
		made := make([]any, 0, len(value))
		for i, part := range value {
			switch i {
			case 0:
				part = pattern(subject, part)
			case 1:
				part = flags(part)
			}
			if err, failed := part.(error); failed {
				return err
			}
			made = append(made, part)
		}
		return made
	}
	return value
}

func patternFor(subject any, text string) any {
	made, err := translate(text)
	if err != nil {
		return failure(fmt.Sprintf("the regular expression %q, %v", text, err))
	}
	matched, _ := subject.(string)
	switch {
	case made.boundary && strings.ContainsFunc(matched, func(c rune) bool { return c > unicode.MaxASCII }):
		return failure(fmt.Sprintf(`the regular expression %q, with \b or \B, is imitated on one machine for ASCII alone`, text))
	case made.end && strings.HasSuffix(matched, "\n"):
		return failure(fmt.Sprintf("the regular expression %q, with $, is not imitated on one machine for a text that ends with a newline", text))
	}
	return made.text
}

// flags are the flags of a regular expression as gojq has them. In jq 1.6 the flag s is what holds without it, and p is gojq's m.
func flags(value any) any {
	text, isText := value.(string)
	if !isText {
		return value
	}
	if fault := flagsFault(text); fault != "" {
		return failure("the flags of a regular expression have " + fault)
	}
	return strings.NewReplacer("s", "", "p", "m").Replace(text)
}

// flagsFault says which flag is none of jq 1.6's, or is not imitated. It is empty if none is so.
func flagsFault(text string) string {
	at := strings.IndexFunc(text, func(c rune) bool { return !strings.ContainsRune("gisp", c) })
	if at < 0 {
		return ""
	}
	c, _ := utf8.DecodeRuneInString(text[at:])
	if strings.ContainsRune("xln", c) {
		return fmt.Sprintf("%q, which is not imitated on one machine; write the expression without it", c)
	}
	return fmt.Sprintf("%q, which jq 1.6 does not know; use g, i, s or p", c)
}
