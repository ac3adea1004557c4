package modules_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/modules/firehose"
	"cdk.tf/go/ingest/modules/iam"
	"cdk.tf/go/ingest/modules/internal/tftest"
	"cdk.tf/go/ingest/spec"
)

func firehoseDefaults() firehose.Config {
	env := spec.Default("dev")
	return firehose.Config{
		Name: env.DeliveryStreamName(), Delivery: env.Delivery,
		StreamARN: "arn:stream", BucketARN: "arn:bucket", RoleARN: "arn:role", LogGroup: "group", LogStream: "stream",
	}
}

func TestFirehoseDefaults(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) { firehose.New(stack, "delivery", firehoseDefaults()) })
	resources.ExpectAddresses(t, "aws_kinesis_firehose_delivery_stream.delivery")
	resources.Expect(t, "aws_kinesis_firehose_delivery_stream.delivery", `{
		"name": "api-kinesis-firehose-dev",
		"destination": "extended_s3",
		"kinesis_source_configuration": {"kinesis_stream_arn": "arn:stream", "role_arn": "arn:role"},
		"extended_s3_configuration": {
			"role_arn": "arn:role",
			"bucket_arn": "arn:bucket",
			"buffering_interval": 60,
			"buffering_size": 1,
			"compression_format": "UNCOMPRESSED",
			"prefix": "events/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/hour=!{timestamp:HH}/",
			"error_output_prefix": "errors/!{firehose:error-output-type}/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/hour=!{timestamp:HH}/",
			"cloudwatch_logging_options": {"enabled": true, "log_group_name": "group", "log_stream_name": "stream"},
			"processing_configuration": {
				"enabled": true,
				"processors": [{
					"type": "AppendDelimiterToRecord",
					"parameters": [{"parameter_name": "Delimiter", "parameter_value": "\\n"}]
				}]
			}
		}
	}`)
}

func TestFirehoseEverythingOverridden(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) {
		role := iam.New(stack, "role", iam.Config{Name: "r", Service: "s"})
		role.Allow(map[string]iam.Document{"p": {}})
		firehose.New(stack, "batch", firehose.Config{
			Name: "batch",
			Delivery: spec.Delivery{
				BufferInterval: 0, BufferMiB: 128, Compression: spec.GZIP, Prefix: "a/", ErrorPrefix: "b/!{firehose:error-output-type}/",
				TimeZone: "Asia/Tokyo", FileExtension: ".json.gz",
			},
			StreamARN: "arn:s", BucketARN: "arn:b", RoleARN: "arn:r", KeyARN: "arn:k", LogGroup: "g", LogStream: "l",
			Protected: true, DependsOn: role.Ready,
		})
	})
	resources.Expect(t, "aws_kinesis_firehose_delivery_stream.batch", `{
		"name": "batch",
		"lifecycle": {"prevent_destroy": true},
		"destination": "extended_s3",
		"depends_on": ["aws_iam_role_policy.role_p"],
		"kinesis_source_configuration": {"kinesis_stream_arn": "arn:s", "role_arn": "arn:r"},
		"extended_s3_configuration": {
			"role_arn": "arn:r",
			"bucket_arn": "arn:b",
			"buffering_interval": 0,
			"buffering_size": 128,
			"compression_format": "GZIP",
			"prefix": "a/",
			"error_output_prefix": "b/!{firehose:error-output-type}/",
			"custom_time_zone": "Asia/Tokyo",
			"file_extension": ".json.gz",
			"kms_key_arn": "arn:k",
			"cloudwatch_logging_options": {"enabled": true, "log_group_name": "g", "log_stream_name": "l"}
		}
	}`)
}

// Parquet has its own buffer options, and no newline after a record.
func TestFirehoseParquet(t *testing.T) {
	cfg := firehoseDefaults()
	cfg.Delivery.Format, cfg.Schema = spec.FormatParquet, firehose.Schema{Database: "db", Table: "t"}
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) { firehose.New(stack, "delivery", cfg) })
	resources.Expect(t, "aws_kinesis_firehose_delivery_stream.delivery", `{
		"name": "api-kinesis-firehose-dev",
		"destination": "extended_s3",
		"kinesis_source_configuration": {"kinesis_stream_arn": "arn:stream", "role_arn": "arn:role"},
		"extended_s3_configuration": {
			"role_arn": "arn:role",
			"bucket_arn": "arn:bucket",
			"buffering_interval": 300,
			"buffering_size": 128,
			"compression_format": "UNCOMPRESSED",
			"prefix": "events/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/hour=!{timestamp:HH}/",
			"error_output_prefix": "errors/!{firehose:error-output-type}/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/hour=!{timestamp:HH}/",
			"cloudwatch_logging_options": {"enabled": true, "log_group_name": "group", "log_stream_name": "stream"},
			"data_format_conversion_configuration": {
				"input_format_configuration": {"deserializer": {"open_x_json_ser_de": {}}},
				"output_format_configuration": {"serializer": {"parquet_ser_de": {"compression": "SNAPPY"}}},
				"schema_configuration": {"database_name": "db", "table_name": "t", "role_arn": "arn:role"}
			}
		}
	}`)
}

// A partition's query is one text of jq, in which Terraform finds no expression of its own.
func TestFirehosePartitions(t *testing.T) {
	cfg := firehoseDefaults()
	cfg.Delivery.BufferMiB, cfg.Delivery.PartitionRetry = 64, 0
	cfg.Delivery.PartitionBy = []spec.PartitionField{{Name: "type", Query: ".type"}, {Name: "tenant", Query: `.event.tenant // "${none}"`}}
	parquet := cfg
	parquet.Delivery.Format, parquet.Schema = spec.FormatParquet, firehose.Schema{Database: "db", Table: "t"}
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) {
		firehose.New(stack, "json", cfg)
		firehose.New(stack, "parquet", parquet)
	})
	const query = `{
		"type": "MetadataExtraction",
		"parameters": [
			{"parameter_name": "MetadataExtractionQuery", "parameter_value": "{type:(.type),tenant:(.event.tenant // \"$${none}\")}"},
			{"parameter_name": "JsonParsingEngine", "parameter_value": "JQ-1.6"}
		]
	}`
	const line = `{"type": "AppendDelimiterToRecord", "parameters": [{"parameter_name": "Delimiter", "parameter_value": "\\n"}]}`
	for name, processors := range map[string]string{"json": query + ", " + line, "parquet": query} {
		s3, _ := resources["aws_kinesis_firehose_delivery_stream."+name]["extended_s3_configuration"].(map[string]any)
		got := map[string]any{}
		for _, attribute := range []string{"prefix", "dynamic_partitioning_configuration", "processing_configuration"} {
			got[attribute] = s3[attribute]
		}
		var want map[string]any
		if err := json.Unmarshal([]byte(`{
			"prefix": "events/type=!{partitionKeyFromQuery:type}/tenant=!{partitionKeyFromQuery:tenant}/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/hour=!{timestamp:HH}/",
			"dynamic_partitioning_configuration": {"enabled": true, "retry_duration": 0},
			"processing_configuration": {"enabled": true, "processors": [`+processors+`]}
		}`), &want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestFirehoseTwiceInOneStack(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) {
		firehose.New(stack, "first", firehoseDefaults())
		firehose.New(stack, "second", firehoseDefaults())
	})
	resources.ExpectAddresses(t,
		"aws_kinesis_firehose_delivery_stream.first", "aws_kinesis_firehose_delivery_stream.second")
}
