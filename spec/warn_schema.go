package spec

import (
	"slices"

	"cdk.tf/go/ingest/internal/models"
)

// misleadingSchemas warns of what API Gateway does not check, or may not check, although a schema has it.
func misleadingSchemas(e Environment) []string {
	warnings := misleadingSchema("API.Schema", e.API.Schema)
	for i, kind := range e.API.EventTypes {
		warnings = append(warnings, misleadingSchema(item("API.EventTypes", i)+".Schema", kind.Schema)...)
	}
	return warnings
}

func misleadingSchema(field, text string) []string {
	schema, _ := models.Decode(text).(map[string]any)
	var warnings []string
	for _, fault := range slices.Concat(models.Unchecked(schema), models.Doubtful(schema)) {
		warnings = append(warnings, field+" "+fault.Has+"; "+fault.Remedy)
	}
	return warnings
}
