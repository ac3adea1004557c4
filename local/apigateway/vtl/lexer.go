package vtl

import "strings"

// kind is a token's kind. Some names are Velocity 1.7's own.
type kind uint8

const (
	kindEOF kind = iota
	kindIndexOpen
	kindIndexClose
	kindListOpen
	kindListClose
	kindComma
	kindRange
	kindColon
	kindMapOpen
	kindMapClose
	kindParenOpen
	kindParenClose
	kindArgumentsClose
	kindEscapedDirective
	kindSet
	kindMore // a beginning: the token goes on in another state
	kindLineComment
	kindLineCommentEnd
	kindCommentEnd
	kindTextblock
	kindSkip
	kindDoubleEscape
	kindEscape
	kindText
	kindSpace
	kindString
	kindTrue
	kindFalse
	kindOperator
	kindEnd
	kindIf
	kindElseif
	kindElse
	kindInteger
	kindFloat
	kindWord
	kindBracketedWord
	kindIdentifier
	kindDot
	kindReferenceOpen
	kindReferenceClose
	kindSpecial // ends a reference or a directive's name, and is given back
	kindEmptyIndex
)

// state is the lexer's state, on which the meaning of a character depends. The states are those of Velocity 1.7's Parser.jjt,
// because the language's special cases follow from them.
type state uint16

const (
	inText      state = 1 << iota // DEFAULT
	inReference                   // REFERENCE: after "$"
	inModifier                    // REFMODIFIER: after "$a."
	inArguments                   // REFMOD2: after "$a.b("
	inIndex                       // REFINDEX: after "$a["
	inName                        // PRE_DIRECTIVE: after "#"
	inDirective                   // DIRECTIVE
	inLineComment
	inComment
	inTextblock

	anywhere = 1<<10 - 1
)

// token is one token. image is its text, including the beginnings before it ("$" of "$a").
type token struct {
	kind  kind
	image string
	// special is the text of an incomplete reference or directive: "$" of "$ ".
	special string
	// start and end are offsets in the lexer's text. start is the offset of the image's first character.
	start, end int
}

// rule is a token's form. match returns the length of the longest match at the beginning of text, or 0. slashes is the number
// of backslashes that text begins with.
type rule struct {
	kind   kind
	states state
	match  func(text string, slashes int) int
	act    func(l *lexer)
}

type saved struct {
	lparen, rparen int
	state          state
}

// lexer splits a text into tokens as Velocity 1.7's token manager does.
type lexer struct {
	text           string
	at             int
	state          state
	lparen, rparen int
	stack          []saved
	commented      bool // in a comment or a text block
	set            bool // between "#set(" and its ")"
	slashesEnd     int  // of the last backslashes in a row that were counted, so that none is counted twice
}

func (l *lexer) push(next state) {
	l.stack = append(l.stack, saved{l.lparen, l.rparen, l.state})
	l.lparen = 0
	l.state = next
}

func (l *lexer) pop() bool {
	if len(l.stack) == 0 {
		l.lparen = 0
		l.state = inText
		return false
	}
	top := l.stack[len(l.stack)-1]
	l.stack = l.stack[:len(l.stack)-1]
	l.lparen, l.rparen, l.state = top.lparen, top.rparen, top.state
	return true
}

// closeParen leaves a directive when its first parenthesis closes.
func (l *lexer) closeParen() {
	if l.commented {
		return
	}
	for l.lparen == 0 {
		if !l.pop() {
			return
		}
	}
	if l.lparen == l.rparen+1 {
		l.pop()
	} else {
		l.rparen++
	}
}

// next returns the next token. The error has the offset at which no token begins.
func (l *lexer) next() (token, *lexError) {
	var special specials
	start, more := l.at, false
	for l.at < len(l.text) {
		found, length := l.longest()
		if found == nil {
			return token{}, &lexError{at: l.at}
		}
		l.at += length
		image := l.text[start:l.at]
		if found.kind == kindSpecial {
			special = append(special, image)
			l.at--
		}
		if found.act != nil {
			found.act(l)
		}
		switch found.kind {
		case kindMore:
			more = true
		case kindSkip, kindSpecial:
			start, more = l.at, false
		default:
			return l.token(found.kind, start, special), nil
		}
	}
	if more {
		return token{}, &lexError{at: start, unfinished: l.text[start:]}
	}
	return token{kind: kindEOF, special: special.text(), start: l.at, end: l.at}, nil
}

func (l *lexer) token(k kind, start int, special specials) token {
	t := token{kind: k, image: l.text[start:l.at], special: special.text(), start: start, end: l.at}
	if k == kindDot {
		t.image = "." // whatever began before it is lost, as in Velocity
	}
	return t
}

// longest finds the rule with the longest match. Of equal ones it returns the first.
func (l *lexer) longest() (*rule, int) {
	var best *rule
	length := 0
	text := l.text[l.at:]
	slashes := l.slashes()
	for i := range rules {
		r := &rules[i]
		if r.states&l.state == 0 {
			continue
		}
		if n := r.match(text, slashes); n > length {
			best, length = r, n
		}
	}
	return best, length
}

// slashes is the number of backslashes that follow.
func (l *lexer) slashes() int {
	if l.at >= l.slashesEnd || l.text[l.at] != '\\' {
		l.slashesEnd = l.at + backslashes(l.text[l.at:])
	}
	return l.slashesEnd - l.at
}

// specials are the broken references and directives before a token.
type specials []string

// text returns their text. If the last one begins with "##", Velocity treats it as a comment and drops them all.
func (s specials) text() string {
	if len(s) == 0 || strings.HasPrefix(s[len(s)-1], "##") {
		return ""
	}
	out := ""
	for _, image := range s {
		out += specialText(image)
	}
	return out
}

// specialText is Velocity's NodeUtils.getSpecialText: it keeps the "$" and "#" of an incomplete reference.
func specialText(image string) string {
	var out strings.Builder
	for i := 0; i < len(image); i++ {
		switch image[i] {
		case '#', '$':
			out.WriteByte(image[i])
		case '\\':
			end := i
			for end < len(image) && image[end] == '\\' {
				end++
			}
			if end < len(image) && image[end] == '$' {
				out.WriteString(image[i : end+1])
				i = end + 1 // Velocity passes over one more
			}
		}
	}
	return out.String()
}

// parenFollows reports whether "(" follows, with or without white space before it.
func (l *lexer) parenFollows() bool {
	rest := strings.TrimLeft(l.text[l.at:], " \n\r\t")
	return strings.HasPrefix(rest, "(")
}

type lexError struct {
	at         int
	unfinished string // what the text ended in the middle of
}
