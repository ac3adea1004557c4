package policy_test

import (
	"strings"
	"testing"

	"cdk.tf/go/ingest/policy"
)

func checkQueried(t *testing.T, golden string, tests []breaking) {
	t.Helper()
	if err := policy.Check(changed(t, golden, nil), policy.Expect{Public: true}); err != nil {
		t.Errorf("unchanged: %v", err)
	}
	checkFile(t, golden, tests)
}

const (
	workgroup   = "aws_athena_workgroup.query"
	eventsTable = "aws_glue_catalog_table.events-table"
	delivering  = "aws_kinesis_firehose_delivery_stream.delivery"
	readsTable  = "aws_iam_role_policy.delivery-role_read-table"
)

func TestWorkgroup(t *testing.T) {
	checkQueried(t, "option-query", []breaking{
		{
			name:    "not enforced",
			changes: []change{set(workgroup, false, "configuration", "enforce_workgroup_configuration")},
			want:    []string{`query: aws_athena_workgroup.query: configuration.enforce_workgroup_configuration is "false"; leave it out or set it to "true"`},
		},
		{
			name:    "no limit",
			changes: []change{unset(workgroup, "configuration", "bytes_scanned_cutoff_per_query")},
			want:    []string{`query: aws_athena_workgroup.query: configuration.bytes_scanned_cutoff_per_query is ""; set it to a number of bytes: Athena charges for the bytes that a query reads`},
		},
		{
			name:    "a limit of nothing",
			changes: []change{set(workgroup, 0, "configuration", "bytes_scanned_cutoff_per_query")},
			want:    []string{`query: aws_athena_workgroup.query: configuration.bytes_scanned_cutoff_per_query is "0"; set it to a number of bytes: Athena charges for the bytes that a query reads`},
		},
		{
			name:    "plain results",
			changes: []change{unset(workgroup, "configuration", "result_configuration", "encryption_configuration")},
			want:    []string{`query: aws_athena_workgroup.query: configuration.result_configuration.encryption_configuration.encryption_option is not set; set it to "SSE_S3", "SSE_KMS" or "CSE_KMS"`},
		},
		{
			name:    "results elsewhere",
			changes: []change{set(workgroup, "s3://somebodys/", "configuration", "result_configuration", "output_location")},
			want:    []string{`query: aws_athena_workgroup.query: results go to "s3://somebodys/", which is in no bucket of the stack; send them to one of the stack, which is known to be private`},
		},
		{
			name:    "nothing said",
			changes: []change{unset(workgroup, "configuration")},
			want: []string{
				`query: aws_athena_workgroup.query: configuration.bytes_scanned_cutoff_per_query is ""; set it to a number of bytes: Athena charges for the bytes that a query reads`,
				`query: aws_athena_workgroup.query: configuration.result_configuration.encryption_configuration.encryption_option is not set; set it to "SSE_S3", "SSE_KMS" or "CSE_KMS"`,
				`query: aws_athena_workgroup.query: results go to "", which is in no bucket of the stack; send them to one of the stack, which is known to be private`,
			},
		},
	})
}

func TestTable(t *testing.T) {
	const (
		folder    = "s3://api-kinesis-firehose-bucket-option-query/events/"
		partition = folder + "year=${year}/month=${month}/day=${day}/hour=${hour}/"
		remedy    = `, where no delivery stream writes; name the bucket and the prefix of one`
	)
	checkQueried(t, "option-query", []breaking{
		{
			name:    "another folder",
			changes: []change{edit(eventsTable, "/events/", "/other/", "storage_descriptor", "location")},
			want: []string{`query: aws_glue_catalog_table.events-table: is at "s3://api-kinesis-firehose-bucket-option-query/other/" with partitions at "` +
				partition + `"` + remedy},
		},
		{
			name:    "another bucket",
			changes: []change{set(eventsTable, "s3://somebodys/events/", "storage_descriptor", "location")},
			want:    []string{`query: aws_glue_catalog_table.events-table: is at "s3://somebodys/events/" with partitions at "` + partition + `"` + remedy},
		},
		{
			name:    "fewer partitions",
			changes: []change{edit(eventsTable, "hour=$${hour}/", "", "parameters", "storage.location.template")},
			want: []string{`query: aws_glue_catalog_table.events-table: is at "` + folder + `" with partitions at "` +
				strings.TrimSuffix(partition, "hour=${hour}/") + `"` + remedy},
		},
		{
			name:    "no projection",
			changes: []change{unset(eventsTable, "parameters", "projection.enabled")},
			want:    []string{`query: aws_glue_catalog_table.events-table: parameters.projection.enabled is not set; set it to "true"`},
		},
		{
			name:    "no column for a date",
			changes: []change{set(eventsTable, []any{map[string]any{"name": "year"}, map[string]any{"name": "month"}, map[string]any{"name": "day"}}, "partition_keys")},
			want: []string{`query: aws_glue_catalog_table.events-table: has no partition "hour", which is in the prefix of ` +
				`aws_kinesis_firehose_delivery_stream.delivery; add it to partition_keys`},
		},
		{
			name:    "no projection of a date",
			changes: []change{unset(eventsTable, "parameters", "projection.day.type")},
			want: []string{`query: aws_glue_catalog_table.events-table: parameters.projection.day.type is not set; ` +
				`set it to "date", "enum", "injected" or "integer"`},
		},
		{
			name:    "Parquet of JSON",
			changes: []change{set(eventsTable, "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe", "storage_descriptor", "ser_de_info", "serialization_library")},
			want:    []string{`query: aws_glue_catalog_table.events-table: is read by org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe, and aws_kinesis_firehose_delivery_stream.delivery delivers JSON; read the delivered format`},
		},
		{
			name:    "known only after an apply",
			changes: []change{set(eventsTable, "${var.location}", "storage_descriptor", "location")},
			want:    []string{`query: aws_glue_catalog_table.events-table: storage_descriptor.location is "${var.location}", whose value is known only after an apply; write the value itself`},
		},
	})
}

// Athena reads a line of text as a row.
func TestTableOfLines(t *testing.T) {
	processing := func(path ...string) []string {
		return append([]string{"extended_s3_configuration", "processing_configuration"}, path...)
	}
	const (
		lacks = `query: aws_kinesis_firehose_delivery_stream.delivery: delivers JSON to a table and ends no event with a line break, ` +
			`so a query finds one event in an object; add a processor of the type AppendDelimiterToRecord`
		delivery = `query: aws_kinesis_firehose_delivery_stream.delivery: extended_s3_configuration.processing_configuration.`
		table    = `query: aws_glue_catalog_table.events-table: `
	)
	serde := []string{"storage_descriptor", "ser_de_info", "serialization_library"}
	checkQueried(t, "option-query", []breaking{
		{name: "no processing", changes: []change{unset(delivering, processing()...)}, want: []string{lacks}},
		{name: "no processor", changes: []change{set(delivering, []any{}, processing("processors")...)}, want: []string{lacks}},
		{name: "another processor", changes: []change{set(delivering, "RecordDeAggregation", processing("processors", "0", "type")...)}, want: []string{lacks}},
		{
			name:    "processing that is off",
			changes: []change{set(delivering, false, processing("enabled")...)},
			want:    []string{delivery + `enabled is "false"; set it to "true"`},
		},
		{
			name:    "processing that is off by default",
			changes: []change{unset(delivering, processing("enabled")...)},
			want:    []string{delivery + `enabled is not set; set it to "true"`},
		},
		{
			name:    "another delimiter",
			changes: []change{set(delivering, ",", processing("processors", "0", "parameters", "0", "parameter_value")...)},
			want:    []string{delivery + `processors.parameters.parameter_value is ","; set it to "\\n" or "\n"`},
		},
		{
			name:    "CSV",
			changes: []change{set(eventsTable, "org.apache.hadoop.hive.serde2.OpenCSVSerde", serde...)},
			want: []string{table + `is read by org.apache.hadoop.hive.serde2.OpenCSVSerde, and aws_kinesis_firehose_delivery_stream.delivery delivers JSON; ` +
				`read the delivered format`},
		},
		{
			name:    "files of another format",
			changes: []change{set(eventsTable, "org.apache.hadoop.hive.ql.io.orc.OrcInputFormat", "storage_descriptor", "input_format")},
			want: []string{table + `storage_descriptor.input_format is "org.apache.hadoop.hive.ql.io.orc.OrcInputFormat"; ` +
				`set it to "org.apache.hadoop.mapred.TextInputFormat"`},
		},
		{
			name:    "columns of a whole line",
			changes: []change{set(eventsTable, []any{map[string]any{"name": "a"}, map[string]any{"name": "b"}}, "storage_descriptor", "columns")},
			want: []string{table + `has 2 columns, and org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe reads a line of JSON as one; ` +
				`declare one column, or use org.openx.data.jsonserde.JsonSerDe`},
		},
		{
			name:    "a table that Athena does not read",
			changes: []change{unset(eventsTable, "table_type")},
			want:    []string{table + `table_type is not set; set it to "EXTERNAL_TABLE"`},
		},
	})
	for name, changes := range map[string][]change{
		"the default delimiter":  {unset(delivering, processing("processors", "0", "parameters")...)},
		"a line break itself":    {set(delivering, "\n", processing("processors", "0", "parameters", "0", "parameter_value")...)},
		"Hive's library of JSON": {set(eventsTable, "org.apache.hive.hcatalog.data.JsonSerDe", serde...)},
		"columns of JSON": {
			set(eventsTable, []any{map[string]any{"name": "a"}, map[string]any{"name": "b"}}, "storage_descriptor", "columns"),
			set(eventsTable, "org.openx.data.jsonserde.JsonSerDe", serde...),
		},
	} {
		if err := policy.Check(changed(t, "option-query", changes), policy.Expect{Public: true}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A table over objects that are named in another time zone, and with an extension.
func TestTableOfObjectNames(t *testing.T) {
	destination := func(key string) []string { return []string{"extended_s3_configuration", key} }
	const (
		years  = `query: aws_glue_catalog_table.events-table: parameters.projection.year.range is `
		tokyo  = `, and aws_kinesis_firehose_delivery_stream.delivery has the time zone Asia/Tokyo; end it with "NOW+14HOURS": Athena evaluates NOW in UTC`
		ending = `query: aws_kinesis_firehose_delivery_stream.delivery: extended_s3_configuration.file_extension `
		reads  = `: readers tell the compression by the end of a name, as Athena does`
	)
	checkQueried(t, "option-delivery", []breaking{
		{
			name:    "a range without the newest partitions",
			changes: []change{set(eventsTable, "2026,NOW", "parameters", "projection.year.range")},
			want:    []string{years + `"2026,NOW"` + tokyo},
		},
		{
			name:    "one with some of them",
			changes: []change{set(eventsTable, "2026, NOW + 1HOUR", "parameters", "projection.year.range")},
			want:    []string{years + `"2026, NOW + 1HOUR"` + tokyo},
		},
		{
			name:    "an extension of text",
			changes: []change{set(delivering, ".json", destination("file_extension")...)},
			want:    []string{ending + `is ".json", and the objects are compressed with GZIP; end it with ".gz"` + reads},
		},
		{
			name:    "text with an extension of GZIP",
			changes: []change{unset(delivering, destination("compression_format")...)},
			want:    []string{ending + `is ".json.gz", and the objects are not compressed; leave ".gz" out` + reads},
		},
	})
	for name, changes := range map[string][]change{
		"a value that is called NOW":  {set(eventsTable, "OLD,NOW", "parameters", "projection.kind.values")},
		"a range that ends at a date": {set(eventsTable, "2026,2030", "parameters", "projection.year.range")},
		"UTC":                         {unset(delivering, destination("custom_time_zone")...)},
		"no extension":                {unset(delivering, destination("file_extension")...)},
	} {
		if err := policy.Check(changed(t, "option-delivery", changes), policy.Expect{Public: true}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestConversion(t *testing.T) {
	const (
		rights  = `; allow glue:GetTable, glue:GetTableVersion, glue:GetTableVersions on the catalog, the database and the table of a delivery's Parquet, and nothing else in Glue`
		catalog = `arn:${data.aws_partition.current.partition}:glue:${data.aws_region.current.id}:${data.aws_caller_identity.current.account_id}:catalog`
		all     = catalog + `, ${aws_glue_catalog_database.events-table_database.arn}, ${aws_glue_catalog_table.events-table.arn}`
		inline  = `, which aws_kinesis_firehose_delivery_stream.delivery needs; allow it in an inline policy, without conditions`
		three   = `query: aws_iam_role.delivery-role: is not allowed glue:GetTable, glue:GetTableVersion, glue:GetTableVersions on `
	)
	schema := func(key string) []string {
		return []string{"extended_s3_configuration", "data_format_conversion_configuration", "schema_configuration", key}
	}
	if err := policy.Check(changed(t, "option-parquet", []change{set(delivering, ".parquet.gz", "extended_s3_configuration", "file_extension")}), policy.Expect{Public: true}); err != nil {
		t.Errorf("an extension, by which nobody tells the compression of Parquet: %v", err)
	}
	checkQueried(t, "option-parquet", []breaking{
		{
			name: "ORC",
			changes: []change{set(delivering, map[string]any{"orc_ser_de": map[string]any{}},
				"extended_s3_configuration", "data_format_conversion_configuration", "output_format_configuration", "serializer")},
			want: []string{`query: aws_kinesis_firehose_delivery_stream.delivery: extended_s3_configuration.data_format_conversion_configuration.` +
				`output_format_configuration.serializer.parquet_ser_de is not there; declare it: tables of the stack read Parquet`},
		},
		{
			name:    "JSON for a table of Parquet",
			changes: []change{unset(delivering, "extended_s3_configuration", "data_format_conversion_configuration"), drop(readsTable)},
			want:    []string{`query: aws_glue_catalog_table.events-table: is read by org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe, and aws_kinesis_firehose_delivery_stream.delivery delivers JSON; read the delivered format`},
		},
		{
			name:    "another table",
			changes: []change{set(delivering, "events", schema("table_name")...)},
			want: []string{
				`query: aws_kinesis_firehose_delivery_stream.delivery: extended_s3_configuration.data_format_conversion_configuration.schema_configuration.table_name refers to no table of the stack; refer to the name of one`,
				`query: aws_iam_role_policy.delivery-role_read-table: policy: statement 1 allows glue:GetTable, glue:GetTableVersion, glue:GetTableVersions on ` + all + rights,
			},
		},
		{
			name:    "no permission",
			changes: []change{drop(readsTable)},
			want: []string{
				three + `the account's Glue catalog` + inline,
				three + `${aws_glue_catalog_database.events-table_database.arn}` + inline,
				three + `${aws_glue_catalog_table.events-table.arn}` + inline,
			},
		},
		{
			name:    "a missing permission",
			changes: []change{edit(readsTable, `,"glue:GetTableVersions"`, ``, "policy")},
			want: []string{
				`query: aws_iam_role.delivery-role: is not allowed glue:GetTableVersions on ` + catalog + inline,
				`query: aws_iam_role.delivery-role: is not allowed glue:GetTableVersions on ${aws_glue_catalog_database.events-table_database.arn}` + inline,
				`query: aws_iam_role.delivery-role: is not allowed glue:GetTableVersions on ${aws_glue_catalog_table.events-table.arn}` + inline,
			},
		},
		{
			name:    "a superfluous permission",
			changes: []change{edit(readsTable, `"glue:GetTable",`, `"glue:GetTable","glue:UpdateTable",`, "policy")},
			want: []string{
				`query: aws_iam_role_policy.delivery-role_read-table: policy: statement 1 allows glue:GetTable, glue:UpdateTable, glue:GetTableVersion, glue:GetTableVersions on ` + all + rights,
			},
		},
		{
			name: "another role's permission",
			changes: []change{add("aws_iam_role_policy.more", `{
				"name": "more", "role": "${aws_iam_role.submit-role.name}",
				"policy": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"glue:GetTable\",\"Resource\":\"${aws_glue_catalog_table.events-table.arn}\"}]}"
			}`)},
			want: []string{`query: aws_iam_role_policy.more: policy: statement 1 allows glue:GetTable on ${aws_glue_catalog_table.events-table.arn}` + rights},
		},
	})
}
