package iam

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// condition is one key below one operator. It holds if the request's values of the key match the statement's by the operator (IAM
// User Guide, reference_policies_elements_condition_operators).
type condition struct {
	key       string // in lower case: AWS ignores the case of keys
	quantity  quantity
	negated   bool
	ifExists  bool
	null      bool // the operator Null
	wantsNull bool
	tests     []test
	// variables are the keys of the variables in the statement's values.
	variables []string
}

// test compares one value of the request with one of the statement's.
type test func(value string, r *request) bool

// quantity says how an operator treats a key with several values.
type quantity int

const (
	oneValue quantity = iota
	forAnyValue
	forAllValues
)

// operator is an operator without its prefix (ForAnyValue:) and its suffix (IfExists).
type operator struct {
	negated bool
	// test parses one value of the statement, and returns the keys of its variables.
	test func(text string, variables bool) (test, []string, error)
}

// operators are all of AWS's operators except Null.
var operators = map[string]operator{
	"StringEquals":              {false, testText(equalText)},
	"StringNotEquals":           {true, testText(equalText)},
	"StringEqualsIgnoreCase":    {false, testText(equalFold)},
	"StringNotEqualsIgnoreCase": {true, testText(equalFold)},
	"StringLike":                {false, testPattern((*pattern).matches)},
	"StringNotLike":             {true, testPattern((*pattern).matches)},
	// "ArnEquals and ArnLike behave identically."
	"ArnEquals":    {false, testPattern((*pattern).matchesARN)},
	"ArnLike":      {false, testPattern((*pattern).matchesARN)},
	"ArnNotEquals": {true, testPattern((*pattern).matchesARN)},
	"ArnNotLike":   {true, testPattern((*pattern).matchesARN)},

	"NumericEquals":            {false, testNumber(func(order int) bool { return order == 0 })},
	"NumericNotEquals":         {true, testNumber(func(order int) bool { return order == 0 })},
	"NumericLessThan":          {false, testNumber(func(order int) bool { return order < 0 })},
	"NumericLessThanEquals":    {false, testNumber(func(order int) bool { return order <= 0 })},
	"NumericGreaterThan":       {false, testNumber(func(order int) bool { return order > 0 })},
	"NumericGreaterThanEquals": {false, testNumber(func(order int) bool { return order >= 0 })},

	"DateEquals":            {false, testDate(func(order int) bool { return order == 0 })},
	"DateNotEquals":         {true, testDate(func(order int) bool { return order == 0 })},
	"DateLessThan":          {false, testDate(func(order int) bool { return order < 0 })},
	"DateLessThanEquals":    {false, testDate(func(order int) bool { return order <= 0 })},
	"DateGreaterThan":       {false, testDate(func(order int) bool { return order > 0 })},
	"DateGreaterThanEquals": {false, testDate(func(order int) bool { return order >= 0 })},

	"Bool":         {false, testBool},
	"BinaryEquals": {false, testBinary},
	"IpAddress":    {false, testAddress},
	"NotIpAddress": {true, testAddress},
}

func parseConditions(value any, variables bool) ([]condition, error) {
	byOperator, ok := value.(map[string]any)
	if !ok && value != nil {
		return nil, errors.New(`"Condition" is not an object`)
	}
	var found []condition
	for _, name := range slices.Sorted(maps.Keys(byOperator)) {
		byKey, ok := byOperator[name].(map[string]any)
		if !ok {
			return nil, fmt.Errorf(`"Condition": %q is not an object`, name)
		}
		for _, key := range slices.Sorted(maps.Keys(byKey)) {
			c, err := parseCondition(name, key, byKey[key], variables)
			if err != nil {
				return nil, fmt.Errorf(`"Condition": %q: %w`, name, err)
			}
			found = append(found, c)
		}
	}
	return found, nil
}

func parseCondition(name, key string, value any, variables bool) (condition, error) {
	c := condition{key: strings.ToLower(key)}
	base := name
	if rest, ok := strings.CutPrefix(base, "ForAnyValue:"); ok {
		base, c.quantity = rest, forAnyValue
	} else if rest, ok := strings.CutPrefix(base, "ForAllValues:"); ok {
		base, c.quantity = rest, forAllValues
	}
	base, c.ifExists = strings.CutSuffix(base, "IfExists")
	given, err := scalars(value)
	if err != nil {
		return c, fmt.Errorf("%q %w", key, err)
	}
	if base == "Null" && c.quantity == oneValue && !c.ifExists {
		return c, c.readNull(key, given)
	}
	op, known := operators[base]
	switch {
	case !known:
		return c, errors.New("it is not a known operator")
	case c.quantity == forAnyValue && c.ifExists:
		// AWS documents each of them, but not the combination.
		return c, errors.New("ForAnyValue and IfExists together are not evaluated here")
	}
	c.negated = op.negated
	for _, text := range given {
		t, keys, err := op.test(text, variables)
		if err != nil {
			return c, fmt.Errorf("%q: %w", key, err)
		}
		c.tests, c.variables = append(c.tests, t), append(c.variables, keys...)
	}
	return c, nil
}

func (c *condition) readNull(key string, given []string) error {
	if len(given) != 1 || given[0] != "true" && given[0] != "false" {
		return fmt.Errorf("%q must be true or false", key)
	}
	c.null, c.wantsNull = true, given[0] == "true"
	return nil
}

// scalars returns a condition's values as text. AWS also takes JSON's numbers and booleans.
func scalars(value any) ([]string, error) {
	items, isList := value.([]any)
	if !isList {
		items = []any{value}
	}
	var found []string
	for _, item := range items {
		switch item := item.(type) {
		case string:
			found = append(found, item)
		case bool:
			found = append(found, strconv.FormatBool(item))
		case float64:
			found = append(found, strconv.FormatFloat(item, 'f', -1, 64))
		default:
			return nil, errors.New("holds something other than text")
		}
	}
	if len(found) == 0 {
		return nil, errors.New("is empty")
	}
	return found, nil
}

// holds evaluates the condition. If the request does not have the key, the condition fails unless its operator is negated.
func (c *condition) holds(r *request) bool {
	values, present := r.context.get(c.key)
	present = present && len(values) > 0
	switch {
	case c.null:
		return present != c.wantsNull
	case c.quantity == forAllValues:
		return !slices.ContainsFunc(values, func(v string) bool { return !c.fits(v, r) })
	case c.quantity == forAnyValue:
		return slices.ContainsFunc(values, func(v string) bool { return c.fits(v, r) })
	case !present:
		return c.negated || c.ifExists
	case c.negated:
		return !slices.ContainsFunc(values, func(v string) bool { return !c.fits(v, r) })
	default:
		return slices.ContainsFunc(values, func(v string) bool { return c.fits(v, r) })
	}
}

// fits reports whether a value matches one of the statement's, or none of them if the operator is negated.
func (c *condition) fits(value string, r *request) bool {
	for _, t := range c.tests {
		if t(value, r) {
			return !c.negated
		}
	}
	return c.negated
}

func equalText(a, b string) bool { return a == b }
func equalFold(a, b string) bool { return strings.EqualFold(a, b) }

// testText compares text that may have variables, but no wildcards.
func testText(equal func(a, b string) bool) func(string, bool) (test, []string, error) {
	return func(text string, variables bool) (test, []string, error) {
		if !variables || !strings.Contains(text, "${") {
			return func(value string, _ *request) bool { return equal(text, value) }, nil, nil
		}
		p, err := compile(text, true)
		if err != nil {
			return nil, nil, err
		}
		for i, s := range p.symbols { // a wildcard is an ordinary character here
			switch s {
			case anyRunes:
				p.symbols[i] = '*'
			case oneRune:
				p.symbols[i] = '?'
			}
		}
		return func(value string, r *request) bool {
			expanded, ok := p.expand(r)
			return ok && equal(string(expanded), value)
		}, p.keys(), nil
	}
}

func testPattern(matches func(*pattern, string, *request) bool) func(string, bool) (test, []string, error) {
	return func(text string, variables bool) (test, []string, error) {
		p, err := compile(text, variables)
		if err != nil {
			return nil, nil, err
		}
		return func(value string, r *request) bool { return matches(&p, value, r) }, p.keys(), nil
	}
}

func (p *pattern) keys() []string {
	var found []string
	for _, v := range p.variables {
		found = append(found, v.key)
	}
	return found
}

func testNumber(fits func(order int) bool) func(string, bool) (test, []string, error) {
	return func(text string, _ bool) (test, []string, error) {
		want, ok := number(text)
		if !ok {
			return nil, nil, fmt.Errorf("%q is not a number", text)
		}
		return func(value string, _ *request) bool {
			given, ok := number(value)
			return ok && fits(given.Cmp(want))
		}, nil, nil
	}
}

// number reads a decimal without an exponent: a large one would take all memory, and no policy needs it.
func number(text string) (*big.Rat, bool) {
	if len(text) > 64 || text == "" || strings.Trim(text, "+-.0123456789") != "" {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}

func testDate(fits func(order int) bool) func(string, bool) (test, []string, error) {
	return func(text string, _ bool) (test, []string, error) {
		want, ok := date(text)
		if !ok {
			return nil, nil, fmt.Errorf("%q is not a date; write one such as 2025-01-31T00:00:00Z, or seconds since 1970", text)
		}
		return func(value string, _ *request) bool {
			given, ok := date(value)
			return ok && fits(given.Compare(want))
		}, nil, nil
	}
}

// date reads W3C's forms of ISO 8601 (https://www.w3.org/TR/NOTE-datetime) and seconds since 1970.
func date(text string) (time.Time, bool) {
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil && len(text) > 4 {
		return time.Unix(seconds, 0), true
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02", "2006-01", "2006"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

func testBool(text string, variables bool) (test, []string, error) {
	if !strings.EqualFold(text, "true") && !strings.EqualFold(text, "false") {
		if !variables || !strings.HasPrefix(text, "${") {
			return nil, nil, fmt.Errorf("%q is neither true nor false", text)
		}
	}
	return testText(equalFold)(text, variables)
}

func testBinary(text string, _ bool) (test, []string, error) {
	want, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, nil, fmt.Errorf("%q is not base64", text)
	}
	return func(value string, _ *request) bool { return value == string(want) }, nil, nil
}

func testAddress(text string, _ bool) (test, []string, error) {
	want, err := netip.ParsePrefix(text)
	if err != nil {
		address, err := netip.ParseAddr(text)
		if err != nil {
			return nil, nil, fmt.Errorf("%q is not an IP address or a range of them", text)
		}
		want = netip.PrefixFrom(address, address.BitLen())
	}
	return func(value string, _ *request) bool {
		given, err := netip.ParseAddr(value)
		return err == nil && want.Contains(given.Unmap())
	}, nil, nil
}
