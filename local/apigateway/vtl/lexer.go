package vtl

import "strings"

// kind is a token's kind, by Velocity 1.7's own names where there is no plainer one.
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

// state is the lexer's state; what a character means depends on it. They are those of Velocity 1.7's Parser.jjt,
// because the odd corners of the language are corners of these states.
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

// token is one token; image is its text with the beginnings before it ("$" of "$a").
type token struct {
	kind  kind
	image string
	// special is what of a reference or directive that came to nothing is text after all: "$" of "$ ".
	special string
	// start and end are offsets in the lexer's text, start that of the image's first character.
	start, end int
}

// rule is a token's form: match gives the length of the longest match at the beginning of text, 0 for none; slashes is the
// number of backslashes that text begins with.
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

// next gives the next token. The error's offset is where no token begins.
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

// longest finds the rule that matches most of the text; of equals the first.
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

// text is what is left of them; if the last begins with "##", Velocity takes it for a comment, and drops them all.
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

// specialText is what Velocity's NodeUtils.getSpecialText keeps of a reference that is none: its "$" and "#".
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

// parenFollows tells whether "(" follows, white space apart.
func (l *lexer) parenFollows() bool {
	rest := strings.TrimLeft(l.text[l.at:], " \n\r\t")
	return strings.HasPrefix(rest, "(")
}

type lexError struct {
	at         int
	unfinished string // what the text ended in the middle of
}
