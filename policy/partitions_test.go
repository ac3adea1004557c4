package policy_test

import (
	"testing"
)

func TestPartitions(t *testing.T) {
	const (
		refers  = "partitions: " + delivering + ": "
		noQuery = `has no MetadataExtractionQuery for the keys of its prefix; ` +
			`add a processor of the type MetadataExtraction, whose query is an object of jq 1.6 with these keys`
	)
	check(t, []breaking{{
		name: "one key and no query",
		changes: []change{
			set(delivering, "events/year=!{timestamp:yyyy}/kind=!{partitionKeyFromQuery:kind}/", "extended_s3_configuration", "prefix"),
			set(delivering, map[string]any{"enabled": true}, "extended_s3_configuration", "dynamic_partitioning_configuration"),
		},
		want: []string{refers + noQuery},
	}})
	parameters := []any{"extended_s3_configuration", "processing_configuration", "processors", 0, "parameters", 0, "parameter_value"}
	checkQueried(t, "option-partitions", []breaking{
		{
			name:    "off",
			changes: []change{set(delivering, false, "extended_s3_configuration", "dynamic_partitioning_configuration", "enabled")},
			want:    []string{refers + `extended_s3_configuration.dynamic_partitioning_configuration.enabled is "false"; set it to "true"`},
		},
		{
			name:    "no query",
			changes: []change{setIn(delivering, "RecordDeAggregation", "extended_s3_configuration", "processing_configuration", "processors", 0, "type")},
			want:    []string{refers + noQuery},
		},
		{
			name:    "no processors",
			changes: []change{set(delivering, false, "extended_s3_configuration", "processing_configuration", "enabled")},
			want: []string{
				"query: " + delivering + `: extended_s3_configuration.processing_configuration.enabled is "false"; set it to "true"`,
				refers + `extended_s3_configuration.processing_configuration.enabled is "false"; set it to "true"`,
			},
		},
		{
			name:    "another key",
			changes: []change{setIn(delivering, "{kind:.event,shop:.shop}", parameters...)},
			want: []string{
				refers + `its MetadataExtractionQuery has the key "shop", which is not in the prefix; add it to the prefix, or leave it out`,
				refers + `its prefix has the key "tenant", which MetadataExtractionQuery does not have; add it to the query, or leave it out`,
			},
		},
		{
			name:    "the time",
			changes: []change{setIn(delivering, "{kind:.event,tenant:now}", parameters...)},
			want: []string{
				refers + `its MetadataExtractionQuery calls now/0; a partition key may depend on the record alone, so that a record that is delivered again lands in the same place; write an object of jq 1.6 with the keys of the prefix`,
			},
		},
		{
			name:    "a value that the table computes",
			changes: []change{set(eventsTable, "integer", "parameters", "projection.tenant.type")},
			want:    []string{`partitions: ` + eventsTable + `: parameters.projection.tenant.type is "integer"; set it to "enum" or "injected"`},
		},
		{
			name:    "no partition",
			changes: []change{setIn(eventsTable, "other", "partition_keys", 1, "name")},
			want:    []string{`partitions: ` + eventsTable + `: has no partition "tenant", by which ` + delivering + ` partitions the events; add it to partition_keys`},
		},
	})
}

// setIn sets a value below blocks that are in lists.
func setIn(address string, value any, path ...any) change {
	return func(t *testing.T, root map[string]any) {
		t.Helper()
		object, key := inner(t, root, address, []string{path[0].(string)})
		at := object[key]
		for i, step := range path[1:] {
			last := i == len(path)-2
			switch step := step.(type) {
			case int:
				at = at.([]any)[step]
			case string:
				if last {
					at.(map[string]any)[step] = value
					return
				}
				at = at.(map[string]any)[step]
			}
		}
	}
}
