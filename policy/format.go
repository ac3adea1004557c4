package policy

import (
	"fmt"
	"slices"

	"cdk.tf/go/ingest/tfjson"
)

// format is a format in which a delivery stream writes objects, as a table reads it.
type format struct {
	name, input string
	serdes      []string
}

// wholeLine reads a line as text, so a table of JSON has one column for it.
const wholeLine = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"

// The libraries are those that Athena documents (Athena user guide, "SerDe reference").
var (
	jsonLines = format{"JSON", "org.apache.hadoop.mapred.TextInputFormat",
		[]string{wholeLine, "org.openx.data.jsonserde.JsonSerDe", "org.apache.hive.hcatalog.data.JsonSerDe"}}
	parquetFiles = format{"Parquet", "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
		[]string{"org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"}}
)

// reads checks that a table reads the format of a delivery.
func (c *checker) reads(table tfjson.Resource, storage place, serde string, d delivery) {
	delivered := jsonLines
	if c.converts(d) {
		delivered = parquetFiles
	}
	if !slices.Contains(delivered.serdes, serde) {
		c.breach(table.Address(), fmt.Sprintf("is read by %s, and %s delivers %s", serde, d.resource.Address(), delivered.name), "read the delivered format")
		return
	}
	c.want(storage, "input_format", delivered.input)
	if delivered.name == jsonLines.name {
		c.onLines(d)
	}
	if columns := len(c.blocks(storage, "columns")); serde == wholeLine && columns != 1 {
		c.breach(table.Address(), fmt.Sprintf("has %d columns, and %s reads a line of JSON as one", columns, serde), "declare one column, or use org.openx.data.jsonserde.JsonSerDe")
	}
}

// onLines checks that a delivery of JSON ends each event with a line break, because Athena reads a line as a row.
func (c *checker) onLines(d delivery) {
	for _, processing := range c.blocks(d.place, "processing_configuration") {
		for _, processor := range c.blocks(processing, "processors") {
			if kind, _ := c.value(processor.body["type"]); kind == "AppendDelimiterToRecord" {
				c.want(processing, "enabled", "true")
				c.lineBreak(processor)
				return
			}
		}
	}
	c.breachAt(d.place, "delivers JSON to a table and ends no event with a line break, so a query finds one event in an object",
		"add a processor of the type AppendDelimiterToRecord")
}

// lineBreak: without the parameter the delimiter is a line break (Firehose API reference, "Processor").
func (c *checker) lineBreak(processor place) {
	for _, parameter := range c.blocks(processor, "parameters") {
		if name, _ := c.value(parameter.body["parameter_name"]); name == "Delimiter" {
			c.want(parameter, "parameter_value", `\n`, "\n")
		}
	}
}
