package vtl

import "strings"

// rules are Velocity 1.7's tokens, in the order of its Parser.jjt. Of two with equally long matches the earlier one counts.
var rules []rule

func init() {
	rules = append(rules, punctuation...)
	rules = append(rules, beginnings...)
	rules = append(rules, textRules...)
	rules = append(rules, literalRules...)
	rules = append(rules, operatorRules...)
	rules = append(rules, nameRules...)
}

func exactly(word string) func(string, int) int {
	return func(text string, _ int) int {
		if strings.HasPrefix(text, word) {
			return len(word)
		}
		return 0
	}
}

func oneOf(words ...string) func(string, int) int {
	return func(text string, _ int) int {
		longest := 0
		for _, word := range words {
			if len(word) > longest && strings.HasPrefix(text, word) {
				longest = len(word)
			}
		}
		return longest
	}
}

// plainly is the form of a token in which a backslash is like any other character.
func plainly(match func(text string) int) func(string, int) int {
	return func(text string, _ int) int { return match(text) }
}

func pop(l *lexer) { l.pop() }

var punctuation = []rule{
	{kindIndexOpen, inReference | inModifier, exactly("["), func(l *lexer) { l.push(inIndex) }},
	{kindIndexClose, inIndex, exactly("]"), pop},
	{kindListOpen, inDirective | inArguments, exactly("["), nil},
	{kindListClose, inDirective | inArguments, exactly("]"), nil},
	{kindComma, inDirective | inArguments, exactly(","), nil},
	{kindRange, inDirective | inArguments, exactly(".."), nil},
	{kindColon, inDirective | inArguments, exactly(":"), nil},
	{kindMapOpen, inDirective | inArguments, exactly("{"), nil},
	{kindMapClose, inDirective | inArguments, exactly("}"), nil},
	{kindParenOpen, inDirective | inModifier, exactly("("), openParen},
	{kindParenClose, inDirective, plainly(closingParen), (*lexer).closeParen},
	{kindArgumentsClose, inArguments, exactly(")"), func(l *lexer) { l.state = inReference }},
}

var beginnings = []rule{
	{kindEscapedDirective, inText, escapedDirective, nil},
	{kindSet, inText | inReference | inModifier | inArguments, plainly(setDirective), openSet},
	{kindMore, anywhere, dollar, openReference},
	{kindMore, anywhere, dollarBang, openReference},
	{kindMore, anywhere, exactly("#[["), func(l *lexer) { l.comment(inTextblock) }},
	{kindMore, anywhere, plainly(formalComment), func(l *lexer) {
		if !l.commented {
			l.at--
			l.comment(inComment)
		}
	}},
	{kindMore, anywhere, exactly("#*"), func(l *lexer) { l.comment(inComment) }},
	{kindMore, anywhere, exactly("#"), openDirective},
	{kindLineComment, inText | inName | inDirective | inReference, exactly("##"), openLineComment},
}

var textRules = []rule{
	{kindDoubleEscape, inText, exactly(`\\`), nil},
	{kindEscape, inText, exactly(`\`), nil},
	{kindText, inText, plainly(plainText), nil},
	{kindLineCommentEnd, inLineComment, oneOf("\n", "\r", "\r\n"), closeComment},
	{kindCommentEnd, inComment, exactly("*#"), closeComment},
	{kindTextblock, inTextblock, exactly("]]#"), closeComment},
	{kindSkip, inLineComment | inComment, plainly(anyCharacter), nil},
	{kindMore, inTextblock, plainly(anyCharacter), nil},
}

var literalRules = []rule{
	{kindSpace, inDirective | inArguments | inIndex, plainly(spaces), nil},
	{kindString, inDirective | inArguments | inIndex, plainly(stringLiteral), func(l *lexer) {
		if l.state == inDirective && !l.set && l.lparen == 0 {
			l.pop()
		}
	}},
	{kindTrue, inReference | inDirective | inModifier | inArguments | inIndex, exactly("true"), nil},
	{kindFalse, inReference | inDirective | inModifier | inArguments | inIndex, exactly("false"), nil},
}

var operatorRules = []rule{
	{kindOperator, inDirective, oneOf("-", "+", "*", "/", "%", "&&", "and", "||", "or", "<", "lt", "<=", "le", ">", "gt",
		">=", "ge", "==", "eq", "!=", "ne", "!", "not", "="), nil},
}

var nameRules = []rule{
	{kindEnd, inName, wordAndLine("end"), pop},
	{kindIf, inName, oneOf("if", "{if}"), func(l *lexer) { l.state = inDirective }},
	{kindElseif, inName, oneOf("elseif", "{elseif}"), func(l *lexer) { l.state = inDirective }},
	{kindElse, inName, wordAndLine("else"), pop},
	{kindInteger, inName | inDirective | inArguments | inIndex, plainly(integer), func(l *lexer) {
		if strings.HasSuffix(l.text[:l.at], "..") {
			l.at -= 2
		}
		if l.lparen == 0 && !l.set && l.state != inArguments && l.state != inIndex {
			l.pop()
		}
	}},
	{kindFloat, inName | inDirective | inArguments | inIndex, plainly(float), func(l *lexer) {
		if l.lparen == 0 && !l.set && l.state != inArguments {
			l.pop()
		}
	}},
	{kindWord, inName | inDirective, plainly(word), nil},
	{kindBracketedWord, inName | inDirective, plainly(bracketedWord), nil},
	{kindIdentifier, inReference | inModifier | inArguments, plainly(identifier), nil},
	{kindDot, inReference | inModifier | inArguments, plainly(dot), func(l *lexer) {
		l.at--
		l.state = inModifier
	}},
	{kindReferenceOpen, inReference | inModifier, exactly("{"), nil},
	{kindReferenceClose, inReference | inModifier, exactly("}"), pop},
	{kindSpecial, inReference | inModifier, plainly(anyCharacter), pop},
	{kindSpecial, inName, plainly(anyCharacter), pop},
	{kindEmptyIndex, inText | inReference, oneOf("$[", "$![", `$\![`, "$."), nil},
}

func openParen(l *lexer) {
	if !l.commented {
		l.lparen++
	}
	if l.state == inModifier {
		l.state = inArguments
	}
}

func openSet(l *lexer) {
	if l.commented {
		return
	}
	l.push(inDirective)
	l.set = true
	l.lparen++
}

func openReference(l *lexer) {
	if l.commented {
		return
	}
	if l.state == inReference {
		l.pop()
	}
	l.push(inReference)
}

func openDirective(l *lexer) {
	if l.commented {
		return
	}
	if l.state == inReference || l.state == inModifier {
		l.pop()
	}
	l.push(inName)
}

func openLineComment(l *lexer) {
	if l.commented {
		return
	}
	if l.state == inReference {
		l.pop()
	}
	l.comment(inLineComment)
}

func (l *lexer) comment(next state) {
	if l.commented {
		return
	}
	l.commented = true
	l.push(next)
}

func closeComment(l *lexer) {
	l.commented = false
	l.pop()
}

// formalComment matches one character more. Outside of a comment the lexer puts it back.
func formalComment(text string) int {
	if len(text) > 3 && text[:3] == "#**" && text[3] != '#' {
		return 4
	}
	return 0
}

func anyCharacter(string) int { return 1 }

func plainText(text string) int {
	if end := strings.IndexAny(text, `$#\`); end >= 0 {
		return end
	}
	return len(text)
}

func count(text string, in func(c byte) bool) int {
	n := 0
	for n < len(text) && in(text[n]) {
		n++
	}
	return n
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }
func isBlank(c byte) bool { return c == ' ' || c == '\t' }
func isDigit(c byte) bool { return '0' <= c && c <= '9' }
func isAlpha(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

func isIdentifier(c byte) bool { return isAlpha(c) || isDigit(c) || c == '-' || c == '_' }
func isWord(c byte) bool       { return isAlpha(c) || isDigit(c) || c == '_' || c == '@' }

func spaces(text string) int { return count(text, isSpace) }

// line returns the length of blanks and the line end after them, which belong to a directive.
func line(text string) int {
	n := count(text, isBlank)
	switch {
	case strings.HasPrefix(text[n:], "\r\n"):
		return n + 2
	case strings.HasPrefix(text[n:], "\n"), strings.HasPrefix(text[n:], "\r"):
		return n + 1
	}
	return 0
}

func closingParen(text string) int {
	if text[0] != ')' {
		return 0
	}
	return 1 + line(text[1:])
}

// wordAndLine matches #end and #else, with the line's end after them.
func wordAndLine(name string) func(string, int) int {
	match := oneOf(name, "{"+name+"}")
	return func(text string, _ int) int {
		n := match(text, 0)
		if n > 0 {
			n += line(text[n:])
		}
		return n
	}
}

func backslashes(text string) int { return count(text, func(c byte) bool { return c == '\\' }) }

func dollar(text string, n int) int {
	if n < len(text) && text[n] == '$' {
		return n + 1
	}
	return 0
}

func dollarBang(text string, slashes int) int {
	n := dollar(text, slashes)
	if n == 0 {
		return 0
	}
	n += backslashes(text[n:])
	if n < len(text) && text[n] == '!' {
		return n + 1
	}
	return 0
}

func escapedDirective(text string, n int) int {
	if n%2 == 0 || n == len(text) || text[n] != '#' {
		return 0
	}
	n++
	if length := max(word(text[n:]), bracketedWord(text[n:])); length > 0 {
		return n + length
	}
	return 0
}

func setDirective(text string) int {
	n := count(text, isBlank)
	name := oneOf("#set", "#{set}")(text[n:], 0)
	if name == 0 {
		return 0
	}
	n += name
	n += count(text[n:], func(c byte) bool { return c == ' ' })
	if n < len(text) && text[n] == '(' {
		return n + 1
	}
	return 0
}

func word(text string) int {
	if text == "" || !isAlpha(text[0]) && text[0] != '_' && text[0] != '@' {
		return 0
	}
	return count(text, isWord)
}

func bracketedWord(text string) int {
	if len(text) < 3 || text[0] != '{' || text[1] == '@' {
		return 0
	}
	n := 1 + word(text[1:])
	if n > 1 && n < len(text) && text[n] == '}' {
		return n + 1
	}
	return 0
}

func identifier(text string) int {
	if !isAlpha(text[0]) && text[0] != '_' {
		return 0
	}
	return count(text, isIdentifier)
}

func dot(text string) int {
	if len(text) > 1 && text[0] == '.' && isAlpha(text[1]) {
		return 2
	}
	return 0
}

func integer(text string) int {
	n := 0
	if text[0] == '-' {
		n++
	}
	digits := count(text[n:], isDigit)
	if digits == 0 {
		return 0
	}
	n += digits
	if strings.HasPrefix(text[n:], "..") {
		n += 2
	}
	return n
}

func float(text string) int {
	n := 0
	if text[0] == '-' {
		n++
	}
	whole := count(text[n:], isDigit)
	n += whole
	point := n < len(text) && text[n] == '.'
	fraction := 0
	if point {
		fraction = count(text[n+1:], isDigit)
		n += 1 + fraction
	}
	power := exponent(text[n:])
	if whole == 0 && fraction == 0 || !point && power == 0 {
		return 0
	}
	return n + power
}

func exponent(text string) int {
	if text == "" || text[0] != 'e' && text[0] != 'E' {
		return 0
	}
	n := 1
	if n < len(text) && (text[n] == '+' || text[n] == '-') {
		n++
	}
	digits := count(text[n:], isDigit)
	if digits == 0 {
		return 0
	}
	return n + digits
}

// stringLiteral ends at the first quote that is not doubled. A backslash does not escape it.
func stringLiteral(text string) int {
	quote := text[0]
	if quote != '"' && quote != '\'' {
		return 0
	}
	for n := 1; n < len(text); n++ {
		if text[n] != quote {
			continue
		}
		if n+1 < len(text) && text[n+1] == quote && strings.IndexByte(text[n+2:], quote) >= 0 {
			n++ // a doubled quote, if the literal ends later
			continue
		}
		return n + 1
	}
	return 0
}
