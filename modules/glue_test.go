package modules_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/modules/glue"
	"cdk.tf/go/ingest/modules/internal/tftest"
	"cdk.tf/go/ingest/spec"
)

func glueDefaults() glue.Config {
	env := spec.Default("dev")
	partitioning, _ := env.Delivery.Partitioning()
	return glue.Config{
		Database: env.QueryDatabaseName(), Table: env.QueryTableName(), Description: "Events", Bucket: "bucket",
		Partitioning: partitioning, TimeZone: env.Delivery.TimeZone, Since: env.Query.Since, Format: env.Delivery.Format, Columns: env.Query.Columns,
	}
}

func TestGlueDefaults(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) { glue.New(stack, "table", glueDefaults()) })
	resources.ExpectAddresses(t, "aws_glue_catalog_database.table_database", "aws_glue_catalog_table.table")
	resources.Expect(t, "aws_glue_catalog_database.table_database", `{"name": "api_kinesis_dev", "description": "Events"}`)
	resources.Expect(t, "aws_glue_catalog_table.table", `{
		"database_name": "${aws_glue_catalog_database.table_database.name}",
		"name": "events",
		"description": "Events",
		"table_type": "EXTERNAL_TABLE",
		"parameters": {
			"EXTERNAL": "TRUE",
			"classification": "json",
			"projection.enabled": "true",
			"projection.year.type": "date",
			"projection.year.format": "yyyy",
			"projection.year.range": "2026,NOW",
			"projection.year.interval": "1",
			"projection.year.interval.unit": "YEARS",
			"projection.month.type": "integer",
			"projection.month.range": "1,12",
			"projection.month.digits": "2",
			"projection.day.type": "integer",
			"projection.day.range": "1,31",
			"projection.day.digits": "2",
			"projection.hour.type": "integer",
			"projection.hour.range": "0,23",
			"projection.hour.digits": "2",
			"storage.location.template": "s3://bucket/events/year=$${year}/month=$${month}/day=$${day}/hour=$${hour}/"
		},
		"partition_keys": [
			{"name": "year", "type": "string", "comment": "yyyy of the delivery, UTC"},
			{"name": "month", "type": "string", "comment": "MM of the delivery, UTC"},
			{"name": "day", "type": "string", "comment": "dd of the delivery, UTC"},
			{"name": "hour", "type": "string", "comment": "HH of the delivery, UTC"}
		],
		"storage_descriptor": {
			"location": "s3://bucket/events/",
			"input_format": "org.apache.hadoop.mapred.TextInputFormat",
			"output_format": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
			"ser_de_info": {
				"serialization_library": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
				"parameters": {"serialization.format": "1"}
			},
			"columns": [{"name": "event", "type": "string", "comment": "the event as it was sent"}]
		}
	}`)
}

func TestGlueEverythingOverridden(t *testing.T) {
	cfg := glue.Config{
		Database: "d", Table: "t", Description: "What came", Bucket: "b",
		Partitioning: spec.Partitioning{Folder: "a/b/", Partitions: []spec.Partition{{Name: "dt", Pattern: "yyyy-MM-dd"}}},
		TimeZone:     "Asia/Tokyo", Since: 2031, Format: spec.FormatParquet,
		Columns: []spec.Column{{Name: "type", Type: "string", Comment: "What ${it} is"}, {Name: "tags", Type: "array<string>"}},
	}
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) { glue.New(stack, "table", cfg) })
	resources.Expect(t, "aws_glue_catalog_table.table", `{
		"database_name": "${aws_glue_catalog_database.table_database.name}",
		"name": "t",
		"description": "What came",
		"table_type": "EXTERNAL_TABLE",
		"parameters": {
			"EXTERNAL": "TRUE",
			"classification": "parquet",
			"projection.enabled": "true",
			"projection.dt.type": "date",
			"projection.dt.format": "yyyy-MM-dd",
			"projection.dt.range": "2031-01-01,NOW+14HOURS",
			"projection.dt.interval": "1",
			"projection.dt.interval.unit": "DAYS",
			"storage.location.template": "s3://b/a/b/dt=$${dt}/"
		},
		"partition_keys": [{"name": "dt", "type": "string", "comment": "yyyy-MM-dd of the delivery, Asia/Tokyo"}],
		"storage_descriptor": {
			"location": "s3://b/a/b/",
			"input_format": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
			"output_format": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
			"ser_de_info": {
				"serialization_library": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
				"parameters": {"serialization.format": "1"}
			},
			"columns": [
				{"name": "type", "type": "string", "comment": "What $${it} is"},
				{"name": "tags", "type": "array<string>"}
			]
		}
	}`)
}

func TestGlueColumnsOfJSON(t *testing.T) {
	cfg := glueDefaults()
	cfg.Columns = []spec.Column{{Name: "type", Type: "string"}}
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) { glue.New(stack, "table", cfg) })
	storage, _ := resources["aws_glue_catalog_table.table"]["storage_descriptor"].(map[string]any)
	want := map[string]any{
		"serialization_library": "org.openx.data.jsonserde.JsonSerDe",
		"parameters":            map[string]any{"ignore.malformed.json": "true"},
	}
	if diff := cmp.Diff(want, storage["ser_de_info"]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The range of each pattern that validation allows begins with its year.
func TestGlueProjectionsOfDates(t *testing.T) {
	for pattern, want := range map[string][2]string{
		"yyyy":          {"2026,NOW", "YEARS"},
		"yyyy-MM":       {"2026-01,NOW", "MONTHS"},
		"yyyy-MM-dd":    {"2026-01-01,NOW", "DAYS"},
		"yyyy-MM-dd-HH": {"2026-01-01-00,NOW", "HOURS"},
	} {
		cfg := glueDefaults()
		cfg.Partitioning.Partitions = []spec.Partition{{Name: "at", Pattern: pattern}}
		resources := tftest.Synth(t, func(stack cdktf.TerraformStack) { glue.New(stack, "table", cfg) })
		parameters, _ := resources["aws_glue_catalog_table.table"]["parameters"].(map[string]any)
		if got := [2]any{parameters["projection.at.range"], parameters["projection.at.interval.unit"]}; got != [2]any{want[0], want[1]} {
			t.Errorf("%s: got %v, want %v", pattern, got, want)
		}
	}
}

// Athena projects the known values of a field, and takes the value of another from the query.
func TestGlueProjectionsOfFields(t *testing.T) {
	cfg := glueDefaults()
	cfg.Partitioning = spec.Partitioning{Folder: "e/", Partitions: []spec.Partition{
		{Name: "kind", Values: []string{"order", "view"}}, {Name: "tenant"}, {Name: "y", Pattern: "yyyy"},
	}}
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) { glue.New(stack, "table", cfg) })
	table := resources["aws_glue_catalog_table.table"]
	parameters, _ := table["parameters"].(map[string]any)
	for name, want := range map[string]any{
		"projection.kind.type": "enum", "projection.kind.values": "order,view",
		"projection.tenant.type": "injected", "projection.tenant.values": nil, "projection.y.type": "date",
		"storage.location.template": "s3://bucket/e/kind=$${kind}/tenant=$${tenant}/y=$${y}/",
	} {
		if parameters[name] != want {
			t.Errorf("%s is %v, want %v", name, parameters[name], want)
		}
	}
	want := []any{
		map[string]any{"name": "kind", "type": "string", "comment": "a field of the events"},
		map[string]any{"name": "tenant", "type": "string", "comment": "a field of the events"},
		map[string]any{"name": "y", "type": "string", "comment": "yyyy of the delivery, UTC"},
	}
	if diff := cmp.Diff(want, table["partition_keys"]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestGlueTwiceInOneStack(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) {
		glue.New(stack, "first", glueDefaults())
		glue.New(stack, "second", glueDefaults())
	})
	resources.ExpectAddresses(t,
		"aws_glue_catalog_database.first_database", "aws_glue_catalog_database.second_database",
		"aws_glue_catalog_table.first", "aws_glue_catalog_table.second")
}

func TestGlueRead(t *testing.T) {
	tftest.Synth(t, func(stack cdktf.TerraformStack) {
		table := glue.New(stack, "table", glueDefaults())
		got := table.Read("aws", "eu-west-1", "111122223333")
		if diff := cmp.Diff([]string{"glue:GetTable", "glue:GetTableVersion", "glue:GetTableVersions"}, got.Actions); diff != "" {
			t.Errorf("actions (-want +got):\n%s", diff)
		}
		if len(got.Resources) != 3 || got.Resources[0] != "arn:aws:glue:eu-west-1:111122223333:catalog" {
			t.Errorf("the resources are %v", got.Resources)
		}
	})
}
