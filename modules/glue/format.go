package glue

import "cdk.tf/go/ingest/spec"

// format is how Hive's classes, by which Athena knows them too, read an object.
type format struct {
	classification string
	input, output  string
	serde          string
	parameters     map[string]string
}

const (
	textInput  = "org.apache.hadoop.mapred.TextInputFormat"
	textOutput = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
)

// wholeLines has one column that is the line. LazySimpleSerDe splits at \001, its default, and no JSON text holds that
// character: in a string it must be escaped (RFC 8259, section 7). It escapes nothing where escape.delim is not set, so the
// text stays as it was sent.
var wholeLines = format{
	classification: "json", input: textInput, output: textOutput,
	serde:      "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
	parameters: map[string]string{"serialization.format": "1"},
}

// jsonLines has a column for a property. OpenX's SerDe is the one that Firehose converts to Parquet with: it compares names
// without regard to case, and it can pass over a line that is no JSON, such as one of an event that was sent with line
// breaks in it, of which Hive's own would end the query (Athena user guide, "OpenX JSON SerDe").
var jsonLines = format{
	classification: "json", input: textInput, output: textOutput,
	serde:      "org.openx.data.jsonserde.JsonSerDe",
	parameters: map[string]string{"ignore.malformed.json": "true"},
}

var parquet = format{
	classification: "parquet",
	input:          "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
	output:         "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
	serde:          "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
	parameters:     map[string]string{"serialization.format": "1"},
}

func formatOf(cfg Config) format {
	switch {
	case cfg.Format == spec.FormatParquet:
		return parquet
	case len(cfg.Columns) > 0:
		return jsonLines
	}
	return wholeLines
}
