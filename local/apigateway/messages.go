package apigateway

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"cdk.tf/go/ingest/local/apigateway/internal/jsontext"
)

// finding is one thing that is wrong with a body: where, by which keyword, in words, and by which rule of the schema.
type finding struct {
	at      []string
	keyword string
	message string
	rule    string
}

// explainInvalid says what is wrong with a body as API Gateway's validationErrorString does.
// Assumption API-9: API Gateway validates with github.com/java-json-tools/json-schema-validator, whose messages its strings
// are ("[object has missing required properties ([\"body\",\"subject\",\"to\"])]", RafPe/serverless-reqvalidator-plugin#1).
// From that library: the messages (validation.properties), the order of keywords (by name) and of properties (by name),
// and that nothing below a value is checked once the value itself is wrong (InstanceValidator.process).
func explainInvalid(invalid *jsonschema.ValidationError, instance any) broken {
	var found []finding
	collect(invalid, instance, &found)
	slices.SortFunc(found, func(a, b finding) int { // a place comes before all that is below it
		if c := slices.Compare(a.at, b.at); c != 0 {
			return c
		}
		return strings.Compare(a.keyword+a.message, b.keyword+b.message)
	})
	var messages, rules []string
	var wrong []string // the place of the last one that counts
	for i, f := range found {
		if i == 0 || !above(wrong, f.at) {
			wrong = f.at
			messages, rules = append(messages, f.message), append(rules, f.rule)
		}
	}
	slices.Sort(rules) // many items break one rule
	return broken{
		says: "[" + strings.Join(listed(slices.Compact(messages)), ", ") + "]",
		rule: strings.Join(listed(slices.Compact(rules)), ", "),
	}
}

// listed are the texts of a list that is not too long.
func listed(texts []string) []string {
	if left := len(texts) - maxMessages; left > 0 {
		return append(texts[:maxMessages], fmt.Sprintf("and %d more", left))
	}
	return texts
}

// maxMessages is how many findings are listed. API Gateway's own bound is not documented; a client of 1 MB of wrong items
// has no use for 100,000 messages.
const maxMessages = 100

// above tells whether one place holds another.
func above(a, b []string) bool { return len(a) < len(b) && slices.Equal(a, b[:len(a)]) }

// collect takes the causes that say something themselves. Those below an anyOf, oneOf, allOf or not are the reasons of
// one alternative, which the library does not report.
func collect(e *jsonschema.ValidationError, instance any, found *[]finding) {
	keyword, message := inWords(e, valueAt(instance, e.InstanceLocation))
	if message != "" {
		*found = append(*found, finding{e.InstanceLocation, keyword, message, ruleOf(e)})
		return
	}
	for _, cause := range e.Causes {
		collect(cause, instance, found)
	}
}

// ruleOf is where in the API's models a broken rule stands, such as event#/properties/user/required. It is the schema's own
// and tells nothing of the body.
func ruleOf(e *jsonschema.ValidationError) string {
	url, pointer, _ := strings.Cut(e.SchemaURL, "#")
	rule := url[strings.LastIndexByte(url, '/')+1:] + "#" + strings.TrimSuffix(pointer, "/")
	switch e.ErrorKind.(type) { // these are not named there by their keywords
	case *kind.Dependency:
		return rule + "/dependencies"
	case *kind.Not:
		return rule + "/not"
	}
	if path := e.ErrorKind.KeywordPath(); len(path) > 0 {
		rule += "/" + path[0]
	}
	return rule
}

// inWords is the library's message of an error; "" is one that only holds others.
func inWords(e *jsonschema.ValidationError, value any) (keyword, message string) {
	keyword = "~"
	if path := e.ErrorKind.KeywordPath(); len(path) > 0 {
		keyword = path[0]
	}
	switch k := e.ErrorKind.(type) {
	case *kind.Schema, *kind.Group, *kind.Reference:
		return keyword, ""
	case *kind.AllOf:
		return keyword, "instance failed to match all required schemas"
	case *kind.AnyOf:
		return keyword, fmt.Sprintf("instance failed to match at least one required schema among %d", len(e.Causes))
	case *kind.OneOf:
		if len(k.Subschemas) == 0 {
			return keyword, fmt.Sprintf("instance failed to match exactly one schema (matched 0 out of %d)", len(e.Causes))
		}
		return keyword, "instance failed to match exactly one schema (matched more than one)"
	case *kind.Not:
		return keyword, "instance matched a schema which it should not have"
	case *kind.Type:
		return keyword, fmt.Sprintf("instance type (%s) does not match any allowed primitive type (allowed: %s)", typeOf(value), jsontext.Of(withInteger(k.Want)))
	case *kind.Enum:
		return keyword, fmt.Sprintf("instance value (%s) not found in enum (possible values: %s)", jsontext.Of(k.Got), jsontext.Of(k.Want))
	default:
		return keyword, ofKeyword(e, value)
	}
}

// valueAt follows a place to its value.
func valueAt(value any, at []string) any {
	for _, step := range at {
		switch v := value.(type) {
		case map[string]any:
			value = v[step]
		case []any:
			index, err := strconv.Atoi(step)
			if err != nil || index >= len(v) {
				return nil
			}
			value = v[index]
		default:
			return nil
		}
	}
	return value
}

func typeOf(value any) string {
	switch v := value.(type) {
	case map[string]any:
		return "object"
	case []any:
		return "array"
	case string:
		return "string"
	case bool:
		return "boolean"
	case json.Number:
		if r, ok := new(big.Rat).SetString(v.String()); ok && r.IsInt() {
			return "integer"
		}
		return "number"
	default:
		return "null"
	}
}

// typeOrder is the library's order of types, in which "number" allows "integer" as well (DraftV4TypeDigester).
var typeOrder = []string{"array", "boolean", "integer", "null", "number", "object", "string"}

func withInteger(types []string) []string {
	var all []string
	for _, name := range typeOrder {
		if slices.Contains(types, name) || name == "integer" && slices.Contains(types, "number") {
			all = append(all, name)
		}
	}
	return all
}

func ofKeyword(e *jsonschema.ValidationError, value any) string {
	switch k := e.ErrorKind.(type) {
	case *kind.Required:
		return fmt.Sprintf("object has missing required properties (%s)", jsontext.Of(slices.Sorted(slices.Values(k.Missing))))
	case *kind.AdditionalProperties:
		return fmt.Sprintf("object instance has properties which are not allowed by the schema: %s", jsontext.Of(slices.Sorted(slices.Values(k.Properties))))
	case *kind.MinProperties:
		return fmt.Sprintf("object has too few properties (found %d but schema requires at least %d)", k.Got, k.Want)
	case *kind.MaxProperties:
		return fmt.Sprintf("object has too many properties (found %d but schema requires at most %d)", k.Got, k.Want)
	case *kind.Dependency:
		return fmt.Sprintf("property %q of object has missing property dependencies (missing: %s)", k.Prop, jsontext.Of(k.Missing))
	case *kind.MinItems:
		return fmt.Sprintf("array is too short: must have at least %d elements but instance has %d elements", k.Want, k.Got)
	case *kind.MaxItems:
		return fmt.Sprintf("array is too long: must have at most %d elements but instance has %d elements", k.Want, k.Got)
	case *kind.UniqueItems:
		return "array must not contain duplicate elements"
	case *kind.AdditionalItems:
		items, _ := value.([]any)
		return fmt.Sprintf("schema only allows %d elements in array but instance has %d elements", len(items)-k.Count, len(items))
	case *kind.MinLength:
		return fmt.Sprintf(`string "%v" is too short (length: %d, required minimum: %d)`, value, k.Got, k.Want)
	case *kind.MaxLength:
		return fmt.Sprintf(`string "%v" is too long (length: %d, maximum allowed: %d)`, value, k.Got, k.Want)
	default:
		return ofScalar(e)
	}
}

func ofScalar(e *jsonschema.ValidationError) string {
	switch k := e.ErrorKind.(type) {
	case *kind.Pattern:
		return fmt.Sprintf(`ECMA 262 regex "%s" does not match input string "%s"`, k.Want, k.Got)
	case *kind.Minimum:
		return fmt.Sprintf("numeric instance is lower than the required minimum (minimum: %s, found: %s)", number(k.Want), number(k.Got))
	case *kind.Maximum:
		return fmt.Sprintf("numeric instance is greater than the required maximum (maximum: %s, found: %s)", number(k.Want), number(k.Got))
	case *kind.ExclusiveMinimum:
		return fmt.Sprintf("numeric instance is not strictly greater than the required minimum %s", number(k.Want))
	case *kind.ExclusiveMaximum:
		return fmt.Sprintf("numeric instance is not strictly lower than the required maximum %s", number(k.Want))
	case *kind.MultipleOf:
		return fmt.Sprintf("remainder of division is not zero (%s / %s)", number(k.Got), number(k.Want))
	case *kind.Format:
		return ofFormat(k)
	default: // in the words of the validator that is used here
		return oneLine(e.Error())
	}
}

// ofFormat knows the formats of draft 4 whose messages differ.
func ofFormat(k *kind.Format) string {
	kinds := map[string]string{
		"email": "a valid email address", "hostname": "a valid hostname", "ipv4": "a valid IPv4 address",
		"ipv6": "a valid IPv6 address", "uri": "a valid URI", "regex": "a valid ECMA 262 regular expression",
	}
	if what := kinds[k.Want]; what != "" {
		return fmt.Sprintf(`string "%v" is not %s`, k.Got, what)
	}
	return fmt.Sprintf(`string "%v" is invalid against requested date format(s) %s`, k.Got, jsontext.Of([]string{"yyyy-MM-dd'T'HH:mm:ssZ", "yyyy-MM-dd'T'HH:mm:ss.[0-9]{1,12}Z"}))
}

func number(r *big.Rat) string {
	if r.IsInt() {
		return r.Num().String()
	}
	text := r.FloatString(12)
	return strings.TrimRight(text, "0")
}
