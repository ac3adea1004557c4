package iam

import (
	"fmt"
	"regexp"
	"strings"
)

// pattern is text with wildcards, "*" for any characters and "?" for one, and variables, whose values are literal.
type pattern struct {
	text string
	// symbols are the text's runes and wildcards, and for each variable a number from firstVariable down. They are nil if
	// the text is literal and can be compared as it is.
	symbols   []rune
	variables []variable
}

// variable is ${key}, or ${key, 'default'}.
type variable struct {
	key         string // in lower case
	fallback    string
	hasFallback bool
}

const (
	anyRunes rune = -1
	oneRune  rune = -2
	// firstVariable is the symbol of a pattern's first variable; the next is one less.
	firstVariable rune = -3
)

// variableText matches the text between ${ and } (IAM User Guide, reference_policies_variables).
var variableText = regexp.MustCompile(`^([A-Za-z0-9]+:[A-Za-z0-9:/._-]+)(?:, ?'([^']*)')?$`)

// compile reads a pattern. If the document has variables, ${*}, ${?} and ${$} are the characters themselves.
func compile(text string, variables bool) (pattern, error) {
	p := pattern{text: text}
	variables = variables && strings.Contains(text, "${")
	if !variables && !strings.ContainsAny(text, "*?") {
		return p, nil
	}
	for rest := text; rest != ""; {
		if variables && strings.HasPrefix(rest, "${") {
			inside, after, closed := strings.Cut(rest[2:], "}")
			if !closed {
				return p, fmt.Errorf("%q holds a ${ without }", text)
			}
			if err := p.addVariable(inside); err != nil {
				return p, fmt.Errorf("%q: %w", text, err)
			}
			rest = after
			continue
		}
		r, size := firstRune(rest)
		p.symbols = append(p.symbols, symbol(r))
		rest = rest[size:]
	}
	return p, nil
}

func symbol(r rune) rune {
	switch r {
	case '*':
		return anyRunes
	case '?':
		return oneRune
	default:
		return r
	}
}

func (p *pattern) addVariable(inside string) error {
	switch inside {
	case "*", "?", "$":
		p.symbols = append(p.symbols, rune(inside[0]))
		return nil
	}
	parts := variableText.FindStringSubmatch(inside)
	if parts == nil {
		return fmt.Errorf("${%s} is not a known variable", inside)
	}
	p.symbols = append(p.symbols, firstVariable-rune(len(p.variables)))
	p.variables = append(p.variables, variable{
		key: strings.ToLower(parts[1]), fallback: parts[2], hasFallback: strings.Contains(inside, ","),
	})
	return nil
}

func (p *pattern) addKeys(found map[string]bool) {
	for _, v := range p.variables {
		found[v.key] = true
	}
}

// matches reports whether the pattern matches the whole text. A variable without a value matches nothing.
func (p *pattern) matches(text string, r *request) bool {
	if p.symbols == nil {
		return p.text == text
	}
	symbols, ok := p.expand(r)
	return ok && glob(symbols, text)
}

// expand puts in the variables' values.
func (p *pattern) expand(r *request) ([]rune, bool) {
	if p.variables == nil {
		return p.symbols, true
	}
	var expanded []rune
	for _, s := range p.symbols {
		if s > firstVariable {
			expanded = append(expanded, s)
			continue
		}
		value, ok := p.variables[firstVariable-s].value(r)
		if !ok {
			return nil, false
		}
		expanded = append(expanded, []rune(value)...)
	}
	return expanded, true
}

// value returns the variable's value. A key with several values has none (reference_policies_variables).
func (v variable) value(r *request) (string, bool) {
	values, ok := r.context.get(v.key)
	if ok && len(values) == 1 {
		return values[0], true
	}
	return v.fallback, v.hasFallback
}

// glob goes back only to the last "*", so its time is at most the product of both lengths.
func glob(symbols []rune, text string) bool {
	at, retry, retryText := 0, -1, text
	for text != "" {
		r, size := firstRune(text)
		switch {
		case at < len(symbols) && symbols[at] == anyRunes:
			retry, retryText = at, text
			at++
		case at < len(symbols) && (symbols[at] == oneRune || symbols[at] == r):
			at++
			text = text[size:]
		case retry >= 0:
			_, size := firstRune(retryText)
			retryText = retryText[size:]
			at, text = retry+1, retryText
		default:
			return false
		}
	}
	for at < len(symbols) && symbols[at] == anyRunes {
		at++
	}
	return at == len(symbols)
}

// segments is the number of parts of an ARN: arn:partition:service:region:account:resource. The last may hold colons.
const segments = 6

// matchesResource matches as AWS documents it for resources.
//
// Assumption IAM-1: in a policy's Resource, "if the * wildcard is the last character of a resource ARN segment, it can expand to
// match beyond the colon boundaries" (IAM User Guide, reference_policies_elements_resource). So arn:aws:kinesis:*:stream/s is a
// stream of every region and account. Any other "*", and each "?", stays within its segment. After a pattern's fifth colon both
// match colons too. The guide says no more about either.
func (p *pattern) matchesResource(arn string, r *request) bool {
	if p.symbols == nil {
		return p.text == arn
	}
	symbols, ok := p.expand(r)
	return ok && globSegments(symbols, arn)
}

// globSegments keeps for each prefix of the symbols whether it matches the text read so far, so its time is the product of both
// lengths.
func globSegments(symbols []rune, text string) bool {
	crosses := crossing(symbols)
	matched := make([]bool, len(symbols)+1)
	matched[0] = true
	pass := func() { // a "*" may match nothing
		for i, s := range symbols {
			matched[i+1] = matched[i+1] || s == anyRunes && matched[i]
		}
	}
	pass()
	for _, c := range text {
		for i := len(symbols) - 1; i >= 0; i-- {
			wild := c != ':' || crosses[i]
			switch symbols[i] {
			case anyRunes: // matches one more
				matched[i+1] = matched[i+1] && wild
			case oneRune:
				matched[i+1] = matched[i] && wild
			default:
				matched[i+1] = matched[i] && symbols[i] == c
			}
		}
		matched[0] = false
		pass()
	}
	return matched[len(symbols)]
}

// crossing reports which wildcards match colons.
func crossing(symbols []rune) []bool {
	crosses := make([]bool, len(symbols))
	part := 1
	for i, s := range symbols {
		if s == ':' {
			part++
		}
		last := i == len(symbols)-1 || symbols[i+1] == ':'
		crosses[i] = part >= segments || s == anyRunes && last
	}
	return crosses
}

// matchesARN matches as AWS documents it for the Arn operators: "Each of the six colon-delimited components of the ARN is
// checked separately" (IAM User Guide, reference_policies_elements_condition_operators).
//
// Assumption IAM-6: for a condition's Arn operators, a pattern that has fewer than six components and ends in "*" matches
// whatever follows. AWS does not document it.
func (p *pattern) matchesARN(arn string, r *request) bool {
	if p.text == "*" {
		return true
	}
	if p.symbols == nil {
		return p.text == arn
	}
	symbols, ok := p.expand(r)
	if !ok {
		return false
	}
	for part := 1; part < segments; part++ {
		head, tail, more := cutSymbols(symbols)
		if !more {
			return len(head) > 0 && head[len(head)-1] == anyRunes && glob(head, arn)
		}
		text, rest, found := strings.Cut(arn, ":")
		if !found || !glob(head, text) {
			return false
		}
		symbols, arn = tail, rest
	}
	return glob(symbols, arn)
}

func cutSymbols(symbols []rune) (head, tail []rune, found bool) {
	for i, s := range symbols {
		if s == ':' {
			return symbols[:i], symbols[i+1:], true
		}
	}
	return symbols, nil, false
}
