package kinesis

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// kind is a member's type in AWS's model of the service.
type kind int

const (
	stringKind kind = iota
	integerKind
	booleanKind
	blobKind
	timestampKind
	listKind
	structKind
	mapKind  // from strings to strings
	textList // of strings
)

// field is a member of a request. The messages are AWS's (kinesalite, validations/index.js, whose tests have been run against AWS); AWS
// promises no order among several.
type field struct {
	name     string
	kind     kind
	required bool
	checks   []check
	// children are the members of a structure, or of each structure in a list.
	children []field
}

type check struct {
	holds   func(value any) bool
	message string
}

// input is a request: strings, int64, bool, []byte, float64 (seconds), []input, input, []string and map[string]string. A null member is absent.
type input map[string]any

func (in input) text(name string) string {
	text, _ := in[name].(string)
	return text
}

func (in input) integer(name string) int64 {
	number, _ := in[name].(int64)
	return number
}

// limit is the value of a member that bounds an answer, or standard without one.
func (in input) limit(name string, standard int) int {
	if limit, given := in[name].(int64); given {
		return int(limit)
	}
	return standard
}

// decode reads a request. It ignores unknown members, as AWS does. rule adds a problem that depends on several members, and may be nil.
func decode(body []byte, fields []field, rule func(input) string) (input, *refusal) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, &refusal{Status: 400, Type: "SerializationException"}
	}
	members, isObject := value.(map[string]any)
	if _, err := decoder.Token(); !isObject || !errors.Is(err, io.EOF) || !utf8.Valid(body) {
		return nil, &refusal{Status: 400, Type: "SerializationException"}
	}
	in, err := convertAll(members, fields)
	if err != nil {
		return nil, &refusal{Status: 400, Type: "SerializationException", Message: err.Error(), capital: true}
	}
	v := validator{}
	v.all(in, fields, "")
	if rule != nil {
		if problem := rule(in); problem != "" {
			v.add(problem)
		}
	}
	return in, v.problem()
}

func convertAll(members map[string]any, fields []field) (input, error) {
	in := input{}
	for _, f := range fields {
		value, present := members[f.name]
		if !present || value == nil {
			continue
		}
		converted, err := f.convert(value)
		if err != nil {
			return nil, err
		}
		in[f.name] = converted
	}
	return in, nil
}

func (f field) convert(value any) (any, error) {
	switch f.kind {
	case listKind:
		return f.list(value)
	case structKind:
		return structure(value, f.children)
	case mapKind:
		return mapOfTexts(value)
	case textList:
		return listOfTexts(value)
	}
	switch value := value.(type) {
	case []any:
		return nil, errList
	case map[string]any:
		return nil, errStructure
	case json.Number:
		return f.number(value)
	case bool:
		if f.kind == booleanKind {
			return value, nil
		}
		return nil, f.cannot("class java.lang.Boolean")
	case string:
		return f.string(value)
	}
	return nil, f.cannot("this")
}

// cannot is AWS's message, articles included.
func (f field) cannot(what string) error {
	into := map[kind]string{
		stringKind: "an String", integerKind: "an Integer", booleanKind: "an Boolean", blobKind: "a Blob",
		timestampKind: "milliseconds since epoch",
	}[f.kind]
	return fmt.Errorf("%s can not be converted to %s", what, into)
}

func (f field) number(value json.Number) (any, error) {
	number, err := value.Float64()
	switch {
	case err != nil:
		return nil, f.cannot("class com.amazon.coral.value.json.numbers.TruncatingBigNumber")
	case f.kind == timestampKind:
		return number, nil
	case f.kind == integerKind:
		return int64(min(max(math.Floor(number), math.MinInt32), math.MaxInt32)), nil
	default:
		return nil, f.cannot("class com.amazon.coral.value.json.numbers.TruncatingBigNumber")
	}
}

func (f field) string(value string) (any, error) {
	switch f.kind {
	case stringKind:
		return value, nil
	case blobKind:
		return f.blob(value)
	case booleanKind:
		return nil, f.cannot("'" + strings.ToUpper(value) + "'")
	default:
		return nil, f.cannot("class java.lang.String")
	}
}

func (f field) blob(value string) (any, error) {
	wrong := func(format string, values ...any) error {
		return fmt.Errorf("%w: "+format, append([]any{f.cannot("'" + value + "'")}, values...)...)
	}
	if len(value)%4 != 0 {
		return nil, wrong("Base64 encoded length is expected a multiple of 4 bytes but found: %d", len(value))
	}
	for i, c := range value {
		known := c == '+' || c == '/' || c < utf8.RuneSelf && (unicode.IsLetter(c) || unicode.IsDigit(c))
		if !known && (c != '=' || strings.Trim(value[i:], "=") != "") {
			return nil, wrong("Invalid Base64 character: '%c'", c)
		}
	}
	data, err := base64Strict.DecodeString(value)
	if err != nil {
		return nil, wrong("Invalid last non-pad Base64 character dectected")
	}
	return data, nil
}

func (f field) list(value any) (any, error) {
	switch value := value.(type) {
	case map[string]any:
		return nil, errStructure
	case []any:
		items := []input{}
		for _, item := range value {
			converted, err := structure(item, f.children)
			if err != nil {
				return nil, err
			}
			items = append(items, converted)
		}
		return items, nil
	default:
		return nil, errNoList
	}
}

func structure(value any, fields []field) (input, error) {
	switch value := value.(type) {
	case nil:
		return nil, nil
	case []any:
		return nil, errList
	case map[string]any:
		return convertAll(value, fields)
	default:
		return nil, errNoStructure
	}
}

var textField = field{kind: stringKind}

func mapOfTexts(value any) (any, error) {
	members, isMap := value.(map[string]any)
	if !isMap {
		return structure(value, nil) // returns the error
	}
	converted := map[string]string{}
	for name, value := range members {
		if value == nil {
			continue
		}
		text, err := textField.convert(value)
		if err != nil {
			return nil, err
		}
		converted[name], _ = text.(string)
	}
	return converted, nil
}

func listOfTexts(value any) (any, error) {
	items, isList := value.([]any)
	if !isList {
		return field{}.list(value) // returns the error
	}
	converted := []string{}
	for _, item := range items {
		if item == nil {
			continue
		}
		text, err := textField.convert(item)
		if err != nil {
			return nil, err
		}
		name, _ := text.(string)
		converted = append(converted, name)
	}
	return converted, nil
}

// mistyped is an error with AWS's message, which begins with a capital and may end with a full stop.
type mistyped string

func (m mistyped) Error() string { return string(m) }

const (
	errList        mistyped = "Start of list found where not expected"
	errStructure   mistyped = "Start of structure or map found where not expected."
	errNoList      mistyped = "Expected list or null"
	errNoStructure mistyped = "Expected null"
)

// mostProblems bounds the problems of a request that AWS names.
const mostProblems = 10

type validator struct{ problems []string }

func (v *validator) add(problem string) {
	if len(v.problems) < mostProblems {
		v.problems = append(v.problems, problem)
	}
}

func (v *validator) problem() *refusal {
	switch len(v.problems) {
	case 0:
		return nil
	case 1:
		return refuse("ValidationException", "1 validation error detected: %s", v.problems[0])
	default:
		return refuse("ValidationException", "%d validation errors detected: %s", len(v.problems), strings.Join(v.problems, "; "))
	}
}

func (v *validator) all(in input, fields []field, parent string) {
	for _, f := range fields {
		path := parent + strings.ToLower(f.name[:1]) + f.name[1:]
		value, present := in[f.name]
		if !present {
			if f.required {
				v.add(constraint("null", path, "Member must not be null"))
			}
			continue
		}
		for _, c := range f.checks {
			if !c.holds(value) {
				v.add(constraint("'"+show(value)+"'", path, c.message))
			}
		}
		switch value := value.(type) {
		case input:
			v.all(value, f.children, path+".")
		case []input:
			for i, item := range value {
				v.item(item, f.children, fmt.Sprintf("%s.%d.member", path, i+1))
			}
		}
	}
}

func (v *validator) item(item input, fields []field, path string) {
	if item == nil {
		v.add(constraint("null", path, "Member must not be null"))
		return
	}
	v.all(item, fields, path+".")
}

func constraint(value, path, message string) string {
	return fmt.Sprintf("Value %s at '%s' failed to satisfy constraint: %s", value, path, message)
}

// show formats a value as AWS does, which is how Java does.
func show(value any) string {
	switch value := value.(type) {
	case []byte:
		return fmt.Sprintf("java.nio.HeapByteBuffer[pos=0 lim=%d cap=%d]", len(value), len(value))
	case []input:
		items := make([]string, len(value))
		for i := range items {
			items[i] = "com.amazonaws.kinesis.v20131202.PutRecordsRequestEntry@c965e310"
		}
		return "[" + strings.Join(items, ", ") + "]"
	case []string:
		return "[" + strings.Join(value, ", ") + "]"
	case map[string]string:
		items := make([]string, 0, len(value))
		for _, key := range slices.Sorted(maps.Keys(value)) {
			items = append(items, key+"="+value[key])
		}
		return "{" + strings.Join(items, ", ") + "}"
	default:
		return fmt.Sprint(value)
	}
}

func length(value any) int {
	switch value := value.(type) {
	case string:
		return characters(value)
	case []byte:
		return len(value)
	case []input:
		return len(value)
	case []string:
		return len(value)
	case map[string]string:
		return len(value)
	default:
		return 0
	}
}

var notEmpty = check{func(value any) bool { return length(value) > 0 }, "Member must have length greater than or equal to 1"}

func atMost(size int) check {
	return check{func(value any) bool { return length(value) <= size }, "Member must have length less than or equal to " + strconv.Itoa(size)}
}

func between(least, most int64) []check {
	return []check{
		{func(value any) bool { return value.(int64) >= least }, fmt.Sprintf("Member must have value greater than or equal to %d", least)},
		{func(value any) bool { return value.(int64) <= most }, fmt.Sprintf("Member must have value less than or equal to %d", most)},
	}
}

func oneOf(values ...string) check {
	return check{func(value any) bool {
		text, _ := value.(string)
		return slices.Contains(values, text)
	}, "Member must satisfy enum value set: [" + strings.Join(values, ", ") + "]"}
}

func matches(pattern string, holds func(string) bool) check {
	return check{func(value any) bool { return holds(value.(string)) }, "Member must satisfy regular expression pattern: " + pattern}
}

var (
	nameChecks = []check{matches("[a-zA-Z0-9_.-]+", isName), notEmpty, atMost(128)}
	arnChecks  = []check{matches(`arn:aws.*:kinesis:.*:\d{12}:stream/\S+`, isARN), notEmpty, atMost(2048)}
)

func isName(text string) bool {
	for _, c := range []byte(text) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && c != '_' && c != '.' && c != '-' {
			return false
		}
	}
	return text != ""
}

func isHashNumber(text string) bool { return isDecimal(text, 39) }

func isSequenceNumber(text string) bool { return isDecimal(text, 129) }

// isDecimal reports whether a text is a decimal number without leading zeros.
func isDecimal(text string, most int) bool {
	return text == "0" || text != "" && text[0] != '0' && len(text) <= most && isDigits(text)
}

func isDigits(text string) bool {
	for _, c := range []byte(text) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return text != ""
}

// isARN reports whether a text is arn:PARTITION:kinesis:REGION:ACCOUNT:stream/NAME.
func isARN(text string) bool {
	parts := strings.SplitN(text, ":", 6)
	return len(parts) == 6 && parts[0] == "arn" && strings.HasPrefix(parts[1], "aws") && parts[2] == "kinesis" &&
		len(parts[4]) == 12 && isDigits(parts[4]) && strings.HasPrefix(parts[5], "stream/") && len(parts[5]) > len("stream/") &&
		!strings.ContainsFunc(parts[5], unicode.IsSpace)
}

// namedStream are the members that name a stream.
var namedStream = []field{
	{name: "StreamName", kind: stringKind, checks: nameChecks},
	{name: "StreamARN", kind: stringKind, checks: arnChecks},
	{name: "StreamId", kind: stringKind},
}

// decodeNamed reads a request that must name a stream, and finds the stream.
func (s *Service) decodeNamed(body []byte, fields []field) (in input, found *stream, problem *refusal) {
	if in, problem = decode(body, fields, streamNeeded); problem == nil {
		found, problem = s.stream(in)
	}
	return in, found, problem
}

// streamNeeded is the rule of calls that must name a stream.
func streamNeeded(in input) string {
	if in["StreamName"] == nil && in["StreamARN"] == nil {
		return constraint("null", "streamName", "Member must not be null")
	}
	return ""
}
