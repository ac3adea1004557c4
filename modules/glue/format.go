package glue

import "cdk.tf/go/ingest/spec"

// format has the Hive classes with which Athena reads an object.
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

// wholeLines has one column, which is the line. LazySimpleSerDe splits at \001, its default, and no JSON text contains that
// character: in a string it must be escaped (RFC 8259, section 7). Without escape.delim the SerDe unescapes nothing, so the text
// stays as it was sent.
var wholeLines = format{
	classification: "json", input: textInput, output: textOutput,
	serde:      "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
	parameters: map[string]string{"serialization.format": "1"},
}

// jsonLines has a column for each property. It uses OpenX's SerDe, with which Firehose also converts to Parquet. It ignores the
// case of names. It can also skip a line that is not JSON, such as a part of an event with line breaks, at which Hive's own SerDe
// would end the query (Athena user guide, "OpenX JSON SerDe").
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
