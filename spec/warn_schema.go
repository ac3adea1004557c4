package spec

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"cdk.tf/go/ingest/internal/models"
	"cdk.tf/go/ingest/internal/nearest"
)

// unknownKeywords warns of keywords that draft 4 does not have, such as "enums", or "const" of a later draft: a validator of
// draft 4, which API Gateway has (developer guide, "Data models for REST APIs"), passes over them.
func unknownKeywords(e Environment) []string {
	warnings := unknownKeywordsOf("API.Schema", e.API.Schema)
	for i, kind := range e.API.EventTypes {
		warnings = append(warnings, unknownKeywordsOf(item("API.EventTypes", i)+".Schema", kind.Schema)...)
	}
	return warnings
}

func unknownKeywordsOf(field, schema string) []string {
	places := models.Unknown(schema)
	var warnings []string
	for _, keyword := range slices.Sorted(maps.Keys(places)) {
		remedy := "remove it, or write the rule with a keyword of draft 4"
		if meant := nearest.Name(keyword, models.Keywords); meant != "" {
			remedy = "did you mean " + strconv.Quote(meant) + "?"
		}
		warnings = append(warnings, fmt.Sprintf("%s has the keyword %q at %q, which JSON schema draft 4 does not have, so API Gateway does not check it; %s",
			field, keyword, places[keyword], remedy))
	}
	return warnings
}
