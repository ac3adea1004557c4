// Package jq16 runs the queries of Firehose's dynamic partitioning: expressions of jq 1.6, with github.com/itchyny/gojq.
//
// gojq knows functions and syntax of later versions, and jq 1.6 has functions that gojq lacks. [Check] accepts only what both read
// alike, so a query that runs here also runs in Firehose. The tests compare the results with those of the program jq 1.6.
package jq16

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/itchyny/gojq"
)

// Queries are a partition's queries by name, as Firehose's MetadataExtractionQuery has them in one object.
type Queries struct {
	// Names of the keys, in the order of the text.
	Names []string
	code  *gojq.Code
}

// Check returns an error if one query is not an expression that jq 1.6 and gojq read alike. The error is a clause with its remedy,
// such as `calls now/0; …`.
func Check(query string) error {
	parsed, err := parse(query)
	if err != nil {
		return err
	}
	return compilable(parsed)
}

// Object returns the object that extracts the queries by their names. Both have the same length, and the names are identifiers.
func Object(names, queries []string) string {
	members := make([]string, len(names))
	for i, name := range names {
		members[i] = name + ":(" + queries[i] + ")"
	}
	return "{" + strings.Join(members, ",") + "}"
}

// Parse reads a MetadataExtractionQuery: the construction of one object, whose keys are written as they are.
func Parse(text string) (*Queries, error) {
	parsed, err := parse(text)
	if err != nil {
		return nil, err
	}
	names, err := namesOf(parsed)
	if err != nil {
		return nil, err
	}
	rewritten, err := rewrite(parsed)
	if err != nil {
		return nil, err
	}
	code, err := compile(rewritten)
	if err != nil {
		return nil, err
	}
	return &Queries{Names: names, code: code}, nil
}

const objectRemedy = `write one object such as {tenant:.tenant}, with keys of letters, digits and "_"`

func namesOf(query *gojq.Query) ([]string, error) {
	if query.Term == nil || query.Term.Type != gojq.TermTypeObject || len(query.Term.SuffixList) > 0 || len(query.FuncDefs) > 0 {
		return nil, errors.New("is not the construction of one object; " + objectRemedy)
	}
	var names []string
	seen := map[string]bool{}
	for _, member := range query.Term.Object.KeyVals {
		name := member.Key
		if member.KeyString != nil && len(member.KeyString.Queries) == 0 {
			name = member.KeyString.Str
		}
		switch {
		case !isIdentifier(name):
			return nil, errors.New("has a key that is computed; " + objectRemedy)
		case seen[name]:
			return nil, fmt.Errorf("has the key %q twice; leave one out", name)
		case member.Val == nil:
			return nil, fmt.Errorf("has the key %q without a query; write %s:.%s", name, name, name)
		}
		seen[name] = true
		names = append(names, name)
	}
	if len(names) == 0 {
		return nil, errors.New("has no keys; " + objectRemedy)
	}
	return names, nil
}

func isIdentifier(text string) bool {
	for i, r := range text {
		isLetter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !isLetter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return text != ""
}

// parse reads one expression, and checks its text and its syntax against jq 1.6.
func parse(text string) (*gojq.Query, error) {
	if strings.TrimSpace(text) == "" {
		return nil, errors.New("is empty; write an expression of jq, such as .tenant")
	}
	if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return nil, errors.New("holds a control character or is not UTF-8; write it on one line")
	}
	query, err := gojq.Parse(text)
	if path, isJSONPath := strings.CutPrefix(text, "$."); err != nil && isJSONPath {
		return nil, fmt.Errorf("is JSONPath and not an expression of jq 1.6 (%w); write it without the $, such as .%s", err, path)
	}
	if err != nil {
		return nil, fmt.Errorf("is not an expression of jq 1.6 (%w); correct it", err)
	}
	return query, check(text, query)
}

func compilable(query *gojq.Query) error {
	rewritten, err := rewrite(query)
	if err != nil {
		return err
	}
	_, err = compile(rewritten)
	return err
}

// Functions that a rewritten query calls, besides those of the prelude.
const (
	patternFunction  = "jq16_pattern"
	flagsFunction    = "jq16_flags"
	multiplyFunction = "jq16_multiply"
)

func compile(query *gojq.Query) (*gojq.Code, error) {
	code, err := gojq.Compile(query,
		gojq.WithFunction("jq16_text", 0, 0, func(v any, _ []any) any { return text(v) }),
		gojq.WithFunction("jq16_json", 0, 0, func(v any, _ []any) any { return jsonText(v) }),
		gojq.WithFunction("jq16_trimmed", 0, 0, func(v any, _ []any) any { return trimmed(v) }),
		gojq.WithFunction("jq16_percent", 0, 0, func(v any, _ []any) any { return percent(v) }),
		gojq.WithFunction("jq16_offsets", 1, 1, func(v any, args []any) any { return offsets(v, args[0]) }),
		gojq.WithFunction(patternFunction, 1, 1, func(v any, args []any) any { return pattern(v, args[0]) }),
		gojq.WithFunction(flagsFunction, 1, 1, func(_ any, args []any) any { return flags(args[0]) }),
		gojq.WithFunction(multiplyFunction, 2, 2, func(_ any, args []any) any { return multiply(args[0], args[1]) }),
	)
	if err != nil {
		return nil, fmt.Errorf("is not imitated on one machine (%w); write it otherwise", err)
	}
	return code, nil
}
