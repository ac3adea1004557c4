package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"cdk.tf/go/ingest/internal/jq16"
	"cdk.tf/go/ingest/tfjson"
)

var partitionKey = regexp.MustCompile(`!\{partitionKeyFromQuery:([^{}]*)\}`)

// partitions checks deliveries by the fields of the events.
func partitions(c *checker) {
	for _, d := range c.deliveries() {
		prefix, _ := c.value(d.body["prefix"])
		var keys []string
		for _, found := range partitionKey.FindAllStringSubmatch(prefix, -1) {
			keys = append(keys, found[1])
		}
		if query, extracts := c.extraction(d); extracts || len(keys) > 0 {
			c.partitioned(d, keys, query)
			c.projected(d, keys)
		}
	}
}

// extraction returns the query of the processor that takes the keys from a record, and whether there is one.
func (c *checker) extraction(d delivery) (query string, extracts bool) {
	for _, processing := range c.blocks(d.place, "processing_configuration") {
		for _, processor := range c.blocks(processing, "processors") {
			if kind, _ := c.value(processor.body["type"]); kind != "MetadataExtraction" {
				continue
			}
			extracts = true
			c.want(processing, "enabled", "true")
			parameters := map[string]string{}
			for _, parameter := range c.blocks(processor, "parameters") {
				name, _ := c.value(parameter.body["parameter_name"])
				parameters[name], _ = c.value(parameter.body["parameter_value"])
			}
			query = parameters["MetadataExtractionQuery"]
		}
	}
	return query, extracts
}

// partitioned compares the prefix's keys with the query's.
func (c *checker) partitioned(d delivery, keys []string, query string) {
	c.want(c.block(d.place, "dynamic_partitioning_configuration"), "enabled", "true")
	if query == "" {
		c.breachAt(d.place, "has no MetadataExtractionQuery for the keys of its prefix",
			"add a processor of the type MetadataExtraction, whose query is an object of jq 1.6 with these keys")
		return
	}
	queries, err := jq16.Parse(query)
	if err != nil {
		c.breachAt(d.place, "its MetadataExtractionQuery "+err.Error(), "write an object of jq 1.6 with the keys of the prefix")
		return
	}
	for _, name := range queries.Names {
		if !slices.Contains(keys, name) {
			c.breachAt(d.place, fmt.Sprintf("its MetadataExtractionQuery has the key %q, which is not in the prefix", name), "add it to the prefix, or leave it out")
		}
	}
	for _, key := range keys {
		if !slices.Contains(queries.Names, key) {
			c.breachAt(d.place, fmt.Sprintf("its prefix has the key %q, which MetadataExtractionQuery does not have", key), "add it to the query, or leave it out")
		}
	}
}

// projected checks that a table over a delivery finds each of its partitions. The rule "query" has compared their folders.
func (c *checker) projected(d delivery, keys []string) {
	folder, _ := c.places(d)
	for _, table := range c.stack.Resources(glueTable) {
		if location, _ := c.value(c.block(in(table), "storage_descriptor").body["location"]); location != folder {
			continue
		}
		columns := c.partitionColumns(table)
		values, _ := table.Body["parameters"].(map[string]any)
		for _, key := range keys {
			if !slices.Contains(columns, key) {
				c.breach(table.Address(), fmt.Sprintf("has no partition %q, by which %s partitions the events", key, d.resource.Address()), "add it to partition_keys")
			}
			c.want(place{table, "parameters.", values}, "projection."+strings.ToLower(key)+".type", "enum", "injected")
		}
	}
}

func (c *checker) partitionColumns(table tfjson.Resource) []string {
	var names []string
	for _, column := range c.blocks(in(table), "partition_keys") {
		name, _ := c.value(column.body["name"])
		names = append(names, name)
	}
	return names
}
