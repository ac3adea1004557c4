package validation

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"cdk.tf/go/ingest/internal/draft4"
	"cdk.tf/go/ingest/internal/excerpt"
	"cdk.tf/go/ingest/local/apigateway/internal/jsontape"
	"cdk.tf/go/ingest/local/apigateway/internal/jsontext"
)

// Assumption API-9: API Gateway validates bodies with github.com/java-json-tools/json-schema-validator, and the reasons in its
// answers are that library's messages ("[object has missing required properties ([\"body\",\"subject\",\"to\"])]",
// RafPe/serverless-reqvalidator-plugin#1). From that library follow the messages (validation.properties), the order of keywords
// (by name, and format last) and of properties (by name), and that the values in a value are checked only while nothing in the body is
// wrong so far (InstanceValidator.process).

// finding is one fault of a body: the keyword, the message, and the rule of the schema.
type finding struct{ keyword, message, rule string }

// findings are in the order of their places in the body.
type findings []finding

// wrong reports a finding. It calls words only if it needs the message. It returns false.
func (c *checker) wrong(s *schema, keyword string, words func() string) bool {
	if c.quiet > 0 {
		return false
	}
	if c.findings++; c.findings <= maxFindings {
		c.found = append(c.found, finding{keyword, words(), s.at + "/" + keyword})
	}
	return false
}

// sortFindings sorts the findings of one place.
func sortFindings(found []finding) {
	slices.SortFunc(found, func(a, b finding) int {
		return cmp.Or(last(a)-last(b), strings.Compare(a.keyword, b.keyword), strings.Compare(a.message, b.message))
	})
}

// last is 1 for a finding that comes after those of all other keywords.
func last(f finding) int {
	if f.keyword == "format" {
		return 1
	}
	return 0
}

// broken lists the findings. Of equal messages in a row it lists one, and it lists each rule once.
func (f findings) broken(more bool) Broken {
	if len(f) == 0 {
		return Broken{}
	}
	var messages, rules []string
	for _, each := range f {
		messages, rules = append(messages, each.message), append(rules, each.rule)
	}
	slices.Sort(rules)
	messages, rules = slices.Compact(messages), slices.Compact(rules)
	if more {
		messages, rules = append(messages, "and more"), append(rules, "and more")
	}
	return Broken{Says: "[" + strings.Join(messages, ", ") + "]", Rule: strings.Join(rules, ", ")}
}

// maxQuoted is the number of bytes of a value that a message quotes. Otherwise the messages of a body of 10 MB could have 40
// MB, in the answer and in the log.
const maxQuoted = 1024

// cut shortens a text to maxQuoted bytes.
func cut(text string) string {
	return excerpt.Bytes(text, maxQuoted)
}

// quoted returns a value's JSON without white space, with sorted names of objects.
func quoted(v jsontape.Value) string {
	raw := v.Raw()
	if len(raw) > maxQuoted {
		return cut(string(bytes.ToValidUTF8(raw[:maxQuoted+1], []byte("\uFFFD"))))
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	_ = decoder.Decode(&value) // has been read
	return jsontext.Of(value)
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

// maxFormatted bounds a text, in bytes, that is checked for a format: an address, a date or a regular expression.
const maxFormatted = 64 << 10

// formatFault returns the message about a text that is not of a format. It is empty for one that is.
func (c *checker) formatFault(name, text string) string {
	if len(text) > maxFormatted {
		panic(exceeded(fmt.Sprintf("a text of more than %d bytes is not checked for the format %s", maxFormatted, name)))
	}
	return strings.Replace(draft4.FormatFault(name, text), "%s", cut(text), 1)
}
