package spec

import (
	"slices"
	"strings"

	"cdk.tf/go/ingest/internal/jq16"
	"cdk.tf/go/ingest/internal/objectname"
)

// PartitionField is a field of the events by which Firehose partitions them.
type PartitionField struct {
	// Name names the folders, NAME=VALUE/, and the partition's column in the query table: a-z, 0-9 and "_", beginning with a letter,
	// at most 255 characters, or 230 with Query.Enabled, and no reserved word of Athena's.
	Name string
	// Query is an expression of jq 1.6 that gives the field's value for a whole record, such as .tenant, or .event.tenant with
	// API.Envelope. It must give one string, number or boolean, and may not depend on anything else, such as the time. Keep "/" out of the values: it would make
	// subfolders. API.Schema can require a pattern of the field.
	Query string
	// Values are the values that a query of the table finds, when you know all: 1 to 100 of letters, digits, "_", "." and "-", at
	// most 255 characters each. An event with another value is delivered too, but the table does not show it. Without values, each
	// query of the table must name the value: WHERE tenant = 'acme'.
	Values []string
}

func (d Delivery) partitionedBy(name string) bool {
	return slices.ContainsFunc(d.PartitionBy, func(field PartitionField) bool { return field.Name == name })
}

// KeyPrefix is the prefix of delivered objects: Delivery.Prefix with the folders of Delivery.PartitionBy after its fixed folder.
func (d Delivery) KeyPrefix() string {
	if len(d.PartitionBy) == 0 {
		return d.Prefix
	}
	folder := objectname.FixedFolder(d.Prefix)
	var text strings.Builder
	text.WriteString(folder)
	for _, field := range d.PartitionBy {
		text.WriteString(field.Name + "=!{" + objectname.QueryNamespace + ":" + field.Name + "}/")
	}
	text.WriteString(d.Prefix[len(folder):])
	return text.String()
}

// PartitionQuery is the one query of jq that gives the values of all fields of Delivery.PartitionBy.
func (d Delivery) PartitionQuery() string {
	names, queries := make([]string, len(d.PartitionBy)), make([]string, len(d.PartitionBy))
	for i, field := range d.PartitionBy {
		names[i], queries[i] = field.Name, field.Query
	}
	return jq16.Object(names, queries)
}
