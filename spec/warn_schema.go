package spec

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"cdk.tf/go/ingest/internal/nearest"
)

// Keywords of draft 4 (JSON Schema Validation, draft-fge-json-schema-validation-00), by what they hold, and those that only explain.
var (
	keywordsOfOne   = []string{"not", "additionalProperties", "additionalItems", "items"}
	keywordsOfList  = []string{"allOf", "anyOf", "oneOf", "items"}
	keywordsOfNamed = []string{"properties", "patternProperties", "definitions", "dependencies"}
	otherKeywords   = []string{
		"$ref", "$schema", "default", "description", "enum", "example", "examples", "exclusiveMaximum", "exclusiveMinimum", "format", "id",
		"maxItems", "maxLength", "maxProperties", "maximum", "minItems", "minLength", "minProperties", "minimum", "multipleOf", "pattern",
		"required", "title", "type", "uniqueItems", "$comment",
	}
)

// unknownKeywords warns of keywords that draft 4 does not have, such as "enums", or "const" of a later draft: a validator of
// draft 4, which API Gateway has (developer guide, "Data models for REST APIs"), passes over them.
func unknownKeywords(e Environment) []string {
	var schema any
	if json.Unmarshal([]byte(e.API.Schema), &schema) != nil {
		return nil // the validation says so
	}
	places := map[string]string{}
	visitKeywords(schema, "", places)
	known := slices.Concat(keywordsOfOne, keywordsOfList, keywordsOfNamed, otherKeywords)
	var warnings []string
	for _, keyword := range slices.Sorted(maps.Keys(places)) {
		if slices.Contains(known, keyword) {
			continue
		}
		remedy := "remove it, or write the rule with a keyword of draft 4"
		if meant := nearest.Name(keyword, known); meant != "" {
			remedy = "did you mean " + strconv.Quote(meant) + "?"
		}
		warnings = append(warnings, fmt.Sprintf("API.Schema has the keyword %q at %q, which JSON schema draft 4 does not have, so API Gateway does not check it; %s",
			keyword, places[keyword], remedy))
	}
	return warnings
}

// visitKeywords notes the first place of each keyword of a schema and of the schemas in it. Names of properties are no keywords.
func visitKeywords(schema any, at string, places map[string]string) {
	object, ok := schema.(map[string]any)
	if !ok {
		return
	}
	for _, keyword := range slices.Sorted(maps.Keys(object)) {
		place := at + "/" + keyword
		if _, seen := places[keyword]; !seen {
			places[keyword] = place
		}
		if slices.Contains(keywordsOfOne, keyword) {
			visitKeywords(object[keyword], place, places)
		}
		if list, isList := object[keyword].([]any); isList && slices.Contains(keywordsOfList, keyword) {
			for i, element := range list {
				visitKeywords(element, place+"/"+strconv.Itoa(i), places)
			}
		}
		if named, isObject := object[keyword].(map[string]any); isObject && slices.Contains(keywordsOfNamed, keyword) {
			for _, name := range slices.Sorted(maps.Keys(named)) {
				visitKeywords(named[name], place+"/"+name, places)
			}
		}
	}
}
