package cloudwatch

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// operand is a value of an expression at one time: a number, or a series' data point, which may be missing.
type operand struct {
	value  float64
	there  bool
	scalar bool
}

var missing = operand{}

func point(value float64) operand {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return missing
	}
	return operand{value: value, there: true}
}

// expression is an expression of metric math. It computes one data point of those that its variables have at the same time.
//
// Assumption CW-2: CloudWatch computes metric math for each time of a data point. In arithmetic and comparisons of two series it takes
// 0 for a data point that only one of them has; a division by zero gives no data point. IF(a, b, c) has no data point where a has
// none, and 0 where a is true and b has none. FILL(a, 0) is 0 where a has none (CloudWatch user guide, "Using metric math", as of
// awsdocs/amazon-cloudwatch-user-guide, using-metric-math.md).
//
// FILL also fills a metric that has no data point at all. AWS does not say whether it does. No expression of this project's alarms
// depends on that, because each adds what it fills to a series that has data points.
type expression func(variables map[string]operand) operand

// longestExpression bounds the characters of an expression (API reference, MetricDataQuery). It also bounds how deep the parser recurses.
const longestExpression = 2048

// parseExpression reads an expression, and returns the names of its variables.
func parseExpression(text string) (expression, []string, error) {
	if n := utf8.RuneCountInString(text); n > longestExpression {
		return nil, nil, fmt.Errorf("the expression has %d characters: Member must have length less than or equal to %d", n, longestExpression)
	}
	if word, _, _ := strings.Cut(strings.TrimSpace(text), " "); strings.EqualFold(word, "SELECT") {
		return nil, nil, unimitated(fmt.Sprintf("a query of Metrics Insights (%s)", text))
	}
	p := parser{rest: text}
	p.next()
	e := p.logical()
	if p.err == nil && p.token != "" {
		p.fail("%q is unexpected", p.token)
	}
	if p.err != nil {
		return nil, nil, fmt.Errorf("the expression %q: %w", text, p.err)
	}
	return e, p.names, nil
}

// unimitated is what an expression uses and CloudWatch alone has.
type unimitated string

func (what unimitated) Error() string { return string(what) + " is not imitated on one machine" }

// withRemedy adds what to do where an expression uses something that is not imitated.
func withRemedy(err error, remedy string) error {
	if what := unimitated(""); errors.As(err, &what) {
		return fmt.Errorf("%w; %s", err, remedy)
	}
	return err
}

// parser reads an expression by recursive descent. After the first error it reads nothing.
type parser struct {
	rest, token string
	names       []string
	err         error
}

func (p *parser) fail(format string, values ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, values...)
	}
	p.rest, p.token = "", ""
}

// next reads the next token.
func (p *parser) next() {
	p.rest = strings.TrimLeft(p.rest, " \t\n")
	size := 1
	for _, two := range []string{"&&", "||", "==", "!=", "<=", ">="} {
		if strings.HasPrefix(p.rest, two) {
			size = 2
		}
	}
	if p.rest != "" && isWord(p.rest[0]) {
		for size < len(p.rest) && isWord(p.rest[size]) {
			size++
		}
	}
	size = min(size, len(p.rest))
	p.token, p.rest = p.rest[:size], p.rest[size:]
}

func isWord(c byte) bool {
	return c == '_' || c == '.' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// operators are the levels of binary operators, the weakest first. The guide lists them without their precedence; this is the usual one.
var operators = []map[string]func(a, b float64) float64{
	{"||": or, "OR": or},
	{"&&": and, "AND": and},
	{
		"==": func(a, b float64) float64 { return truth(a == b) }, "!=": func(a, b float64) float64 { return truth(a != b) },
		"<": func(a, b float64) float64 { return truth(a < b) }, "<=": func(a, b float64) float64 { return truth(a <= b) },
		">": func(a, b float64) float64 { return truth(a > b) }, ">=": func(a, b float64) float64 { return truth(a >= b) },
	},
	{"+": func(a, b float64) float64 { return a + b }, "-": func(a, b float64) float64 { return a - b }},
	{"*": func(a, b float64) float64 { return a * b }, "/": func(a, b float64) float64 { return a / b }},
}

func or(a, b float64) float64  { return truth(a != 0 || b != 0) }
func and(a, b float64) float64 { return truth(a != 0 && b != 0) }

func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

func (p *parser) logical() expression { return p.level(0) }

func (p *parser) level(n int) expression {
	if n == len(operators) {
		return p.unary()
	}
	left := p.level(n + 1)
	for {
		operator, ok := operators[n][p.token]
		if !ok {
			return left
		}
		p.next()
		left = both(operator, left, p.level(n+1))
	}
}

func both(operator func(a, b float64) float64, left, right expression) expression {
	return func(variables map[string]operand) operand {
		a, b := left(variables), right(variables)
		if a.scalar && b.scalar {
			return operand{value: operator(a.value, b.value), there: true, scalar: true}
		}
		if !a.there && b.scalar || !b.there && a.scalar || !a.there && !b.there {
			return missing
		}
		return point(operator(a.value, b.value)) // the value of a missing one is 0
	}
}

func (p *parser) unary() expression {
	if p.token != "-" {
		return p.power()
	}
	p.next()
	zero := func(map[string]operand) operand { return operand{there: true, scalar: true} }
	return both(func(a, b float64) float64 { return a - b }, zero, p.unary())
}

func (p *parser) power() expression {
	base := p.primary()
	if p.token != "^" {
		return base
	}
	p.next()
	return both(math.Pow, base, p.unary())
}

func (p *parser) primary() expression {
	token := p.token
	p.next()
	switch {
	case token == "(":
		inner := p.logical()
		p.expect(")")
		return inner
	case token == "":
		p.fail("it ends too early")
	case token[0] >= '0' && token[0] <= '9' || token[0] == '.':
		value, err := strconv.ParseFloat(token, 64)
		if err != nil {
			p.fail("%q is not a number", token)
		}
		return func(map[string]operand) operand { return operand{value: value, there: true, scalar: true} }
	case p.token == "(":
		return p.function(token)
	case token[0] >= 'a' && token[0] <= 'z':
		if !slices.Contains(p.names, token) {
			p.names = append(p.names, token)
		}
		return func(variables map[string]operand) operand { return variables[token] }
	default:
		p.fail("%q is unexpected", token)
	}
	return func(map[string]operand) operand { return missing }
}

func (p *parser) expect(token string) {
	if p.token != token {
		p.fail("%q is missing", token)
	}
	p.next()
}

func (p *parser) function(name string) expression {
	if name != "IF" && name != "FILL" {
		p.fail("%w", unimitated("the function "+name+" of metric math"))
		return nil
	}
	var arguments []expression
	for p.next(); ; p.next() {
		arguments = append(arguments, p.logical())
		if p.token != "," {
			break
		}
	}
	p.expect(")")
	switch {
	case name == "IF" && len(arguments) == 2:
		return choose(arguments[0], arguments[1], func(map[string]operand) operand { return missing })
	case name == "IF" && len(arguments) == 3:
		return choose(arguments[0], arguments[1], arguments[2])
	case name == "FILL" && len(arguments) == 2:
		return fill(arguments[0], arguments[1])
	}
	p.fail("%s has %d arguments", name, len(arguments))
	return nil
}

func choose(condition, yes, no expression) expression {
	return func(variables map[string]operand) operand {
		c := condition(variables)
		switch {
		case !c.there:
			return missing
		case c.value == 0:
			return asPoint(no(variables))
		}
		chosen := yes(variables)
		return operand{value: chosen.value, there: true} // 0 where it has no data point
	}
}

// asPoint makes a data point of a number.
func asPoint(o operand) operand { return operand{value: o.value, there: o.there} }

func fill(series, with expression) expression {
	return func(variables map[string]operand) operand {
		if found := series(variables); found.there {
			return asPoint(found)
		}
		return asPoint(with(variables))
	}
}
