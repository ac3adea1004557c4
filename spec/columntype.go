package spec

import (
	"regexp"
	"strconv"
	"strings"
)

// isColumnType reports whether a text is a Hive type that both Athena and Firehose's conversion know, written as Glue stores
// it. Glue itself accepts any text: a wrong type then fails the first query, or Firehose's conversion of every record.
func isColumnType(text string) bool {
	rest, ok := columnType(text)
	return ok && rest == ""
}

var (
	// simpleTypePattern lists a name before any shorter name that it begins with.
	simpleTypePattern = regexp.MustCompile(`^(boolean|tinyint|smallint|bigint|int|float|double|string|date|timestamp)`)
	decimalPattern    = regexp.MustCompile(`^decimal\(([0-9]{1,2}),([0-9]{1,2})\)`)
	lengthPattern     = regexp.MustCompile(`^(char|varchar)\(([0-9]{1,5})\)`)
	memberPattern     = regexp.MustCompile(`^[a-z_][a-z0-9_]*:`)
)

// The bounds of Hive's types ("LanguageManual Types").
const (
	maxPrecision = 38
	maxChar      = 255
	maxVarchar   = 65535
)

// columnType reads one type and returns what follows it.
func columnType(text string) (rest string, ok bool) {
	switch {
	case strings.HasPrefix(text, "array<"):
		rest, ok = columnType(text[len("array<"):])
	case strings.HasPrefix(text, "map<"):
		rest, ok = mapType(text[len("map<"):])
	case strings.HasPrefix(text, "struct<"):
		rest, ok = structType(text[len("struct<"):])
	default:
		return primitiveType(text)
	}
	rest, closed := strings.CutPrefix(rest, ">")
	return rest, ok && closed
}

func mapType(text string) (rest string, ok bool) {
	rest, ok = primitiveType(text)
	rest, separated := strings.CutPrefix(rest, ",")
	if !ok || !separated {
		return "", false
	}
	return columnType(rest)
}

func structType(text string) (rest string, ok bool) {
	for {
		name := memberPattern.FindString(text)
		if name == "" {
			return "", false
		}
		if rest, ok = columnType(text[len(name):]); !ok {
			return "", false
		}
		if text, ok = strings.CutPrefix(rest, ","); !ok {
			return rest, true
		}
	}
}

// typeMarks are what tells the members of a type's structs: where a type with parts begins and ends, and the members' names.
var typeMarks = regexp.MustCompile(`<|>|([a-z_][a-z0-9_]*):`)

// repeatedMember returns a name that two members of one struct have, in a text that isColumnType accepts; empty if there is none.
func repeatedMember(text string) string {
	var open []map[string]bool
	for _, mark := range typeMarks.FindAllStringSubmatch(text, -1) {
		last, name := len(open)-1, mark[1]
		switch {
		case mark[0] == "<":
			open = append(open, map[string]bool{})
		case mark[0] == ">":
			open = open[:last]
		case open[last][name]:
			return name
		default:
			open[last][name] = true
		}
	}
	return ""
}

func primitiveType(text string) (rest string, ok bool) {
	if name := simpleTypePattern.FindString(text); name != "" {
		return text[len(name):], true
	}
	if parts := decimalPattern.FindStringSubmatch(text); parts != nil {
		precision, scale := number(parts[1]), number(parts[2])
		return text[len(parts[0]):], precision >= 1 && precision <= maxPrecision && scale <= precision
	}
	if parts := lengthPattern.FindStringSubmatch(text); parts != nil {
		length, most := number(parts[2]), maxVarchar
		if parts[1] == "char" {
			most = maxChar
		}
		return text[len(parts[0]):], length >= 1 && length <= most
	}
	return "", false
}

// number parses digits that a pattern has matched.
func number(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}
