package verify

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"

	"cdk.tf/go/ingest/internal/quota"
	"cdk.tf/go/ingest/tfjson"
)

func deliveryAsDeclared(ctx context.Context, r *run) outcome {
	body := r.stack.Resources("aws_kinesis_firehose_delivery_stream")[0].Body
	name := text(body["name"])
	answer, err := r.AWS.Firehose.DescribeDeliveryStream(ctx, &firehose.DescribeDeliveryStreamInput{DeliveryStreamName: aws.String(name)})
	if err != nil {
		return unread(err, "firehose:DescribeDeliveryStream", "the delivery stream "+name)
	}
	is, d := answer.DeliveryStreamDescription, differences{}
	if is == nil {
		return withoutMember("DescribeDeliveryStream", "DeliveryStreamDescription")
	}
	d.compare("status", types.DeliveryStreamStatusActive, is.DeliveryStreamStatus)
	source := &types.KinesisStreamSourceDescription{}
	if is.Source != nil {
		source = cmp.Or(is.Source.KinesisStreamSourceDescription, source)
	}
	d.compare("source", r.actual(text(tfjson.At(body, "kinesis_source_configuration", "kinesis_stream_arn"))), aws.ToString(source.KinesisStreamARN))
	d.compare("role at the source", r.actual(text(tfjson.At(body, "kinesis_source_configuration", "role_arn"))), aws.ToString(source.RoleARN))
	blocks, _ := tfjson.Blocks(body, "extended_s3_configuration")
	if len(is.Destinations) != 1 || is.Destinations[0].ExtendedS3DestinationDescription == nil {
		d.add("a destination in S3", "none")
		return d.outcome("", redeploy)
	}
	r.compareDestination(&d, blocks[0], is.Destinations[0].ExtendedS3DestinationDescription)
	if r.Local {
		return d.outcome("the buffer, the key and the error log are not compared: ingest up has its own interval, no encryption, and its log in a file", redeploy)
	}
	return d.outcome("", redeploy)
}

// compareDestination compares what Firehose writes and where. What the stack leaves out has the default of Firehose (API reference,
// ExtendedS3DestinationConfiguration) or of the provider.
func (r *run) compareDestination(d *differences, s3 map[string]any, is *types.ExtendedS3DestinationDescription) {
	d.compare("bucket", r.actual(text(s3["bucket_arn"])), aws.ToString(is.BucketARN))
	d.compare("role", r.actual(text(s3["role_arn"])), aws.ToString(is.RoleARN))
	d.compare("prefix", text(s3["prefix"]), aws.ToString(is.Prefix))
	d.compare("error prefix", text(s3["error_output_prefix"]), aws.ToString(is.ErrorOutputPrefix))
	d.compare("compression", cmp.Or(text(s3["compression_format"]), "UNCOMPRESSED"), is.CompressionFormat)
	d.compare("time zone", cmp.Or(text(s3["custom_time_zone"]), "UTC"), cmp.Or(aws.ToString(is.CustomTimeZone), "UTC"))
	d.compare("extension", text(s3["file_extension"]), aws.ToString(is.FileExtension))
	d.compare("processors", strings.Join(processorsOf(s3), " "), strings.Join(processors(is.ProcessingConfiguration), " "))
	r.compareConversion(d, s3, is.DataFormatConversionConfiguration)
	comparePartitions(d, s3, is.DynamicPartitioningConfiguration)
	r.compareBackup(d, s3, is)
	if r.Local {
		return
	}
	hints := cmp.Or(is.BufferingHints, &types.BufferingHints{})
	d.compare("buffer in seconds", r.delivery.interval.Seconds(), aws.ToInt32(hints.IntervalInSeconds))
	d.compare("buffer in MiB", r.delivery.mebibytes, aws.ToInt32(hints.SizeInMBs))
	key := r.actual(text(s3["kms_key_arn"]))
	if got := keyOfObjects(is.EncryptionConfiguration); !sameKey(key, got) {
		d.add("key "+quoteEmpty(key), "key "+quoteEmpty(got))
	}
	r.compareErrorLog(d, s3, is.CloudWatchLoggingOptions)
}

// keyOfObjects is the KMS key that Firehose names in its puts; "" where it leaves the encryption to the bucket.
func keyOfObjects(is *types.EncryptionConfiguration) string {
	if is == nil || is.KMSEncryptionConfig == nil {
		return ""
	}
	return aws.ToString(is.KMSEncryptionConfig.AWSKMSKeyARN)
}

func (r *run) compareErrorLog(d *differences, s3 map[string]any, is *types.CloudWatchLoggingOptions) {
	is = cmp.Or(is, &types.CloudWatchLoggingOptions{})
	enabled := tfjson.True(tfjson.At(s3, "cloudwatch_logging_options", "enabled"))
	d.compare("error log", enabled, aws.ToBool(is.Enabled))
	if enabled {
		d.compare("log group", r.actual(text(tfjson.At(s3, "cloudwatch_logging_options", "log_group_name"))), aws.ToString(is.LogGroupName))
		d.compare("log stream", r.actual(text(tfjson.At(s3, "cloudwatch_logging_options", "log_stream_name"))), aws.ToString(is.LogStreamName))
	}
}

func comparePartitions(d *differences, s3 map[string]any, is *types.DynamicPartitioningConfiguration) {
	is = cmp.Or(is, &types.DynamicPartitioningConfiguration{})
	enabled := tfjson.True(tfjson.At(s3, "dynamic_partitioning_configuration", "enabled"))
	d.compare("partitions by field", enabled, aws.ToBool(is.Enabled))
	if enabled {
		retry := cmp.Or(is.RetryOptions, &types.RetryOptions{})
		d.compare("retry of partitions in seconds", cmp.Or(tfjson.Number(tfjson.At(s3, "dynamic_partitioning_configuration", "retry_duration")), quota.DefaultPartitionRetry.Seconds()), aws.ToInt32(retry.DurationInSeconds))
	}
}

// compareBackup compares whether Firehose also writes each record as it came, and where.
func (r *run) compareBackup(d *differences, s3 map[string]any, is *types.ExtendedS3DestinationDescription) {
	mode := cmp.Or(text(s3["s3_backup_mode"]), string(types.S3BackupModeDisabled))
	bucket, prefix := "", ""
	if is.S3BackupDescription != nil {
		bucket, prefix = aws.ToString(is.S3BackupDescription.BucketARN), aws.ToString(is.S3BackupDescription.Prefix)
	}
	d.compare("backup", mode, cmp.Or(is.S3BackupMode, types.S3BackupModeDisabled))
	if mode != string(types.S3BackupModeDisabled) || is.S3BackupMode == types.S3BackupModeEnabled {
		d.compare("bucket of the backup", r.actual(text(tfjson.At(s3, "s3_backup_configuration", "bucket_arn"))), bucket)
		d.compare("prefix of the backup", text(tfjson.At(s3, "s3_backup_configuration", "prefix")), prefix)
	}
}

func (r *run) compareConversion(d *differences, s3 map[string]any, is *types.DataFormatConversionConfiguration) {
	const conversion = "data_format_conversion_configuration"
	is = cmp.Or(is, &types.DataFormatConversionConfiguration{})
	enabled := aws.ToBool(is.Enabled)
	d.compare("conversion to Parquet", r.delivery.parquet, enabled)
	if !r.delivery.parquet || !enabled {
		return
	}
	schema := cmp.Or(is.SchemaConfiguration, &types.SchemaConfiguration{})
	want := func(name string) string {
		return r.actual(text(tfjson.At(s3, conversion, "schema_configuration", name)))
	}
	d.compare("database of the schema", want("database_name"), aws.ToString(schema.DatabaseName))
	d.compare("table of the schema", want("table_name"), aws.ToString(schema.TableName))
	d.compare("role for the schema", want("role_arn"), aws.ToString(schema.RoleARN))
	d.compare("catalog of the schema", cmp.Or(want("catalog_id"), r.Account), cmp.Or(aws.ToString(schema.CatalogId), r.Account))
	d.compare("region of the schema", cmp.Or(want("region"), r.Region), cmp.Or(aws.ToString(schema.Region), r.Region))
	d.compare("version of the schema", cmp.Or(want("version_id"), "LATEST"), cmp.Or(aws.ToString(schema.VersionId), "LATEST"))
	d.compare("output format", outputOf(s3), outputNow(is.OutputFormatConfiguration))
	d.compare("input format", inputOf(s3), inputNow(is.InputFormatConfiguration))
}

// outputOf and outputNow are the format of the objects with its compression, as declared and as it is.
func outputOf(s3 map[string]any) string {
	const conversion, format = "data_format_conversion_configuration", "output_format_configuration"
	if tfjson.At(s3, conversion, format, "serializer", "orc_ser_de") != nil {
		return "ORC " + cmp.Or(text(tfjson.At(s3, conversion, format, "serializer", "orc_ser_de", "compression")), string(types.OrcCompressionSnappy))
	}
	return "Parquet " + cmp.Or(text(tfjson.At(s3, conversion, format, "serializer", "parquet_ser_de", "compression")), string(types.ParquetCompressionSnappy))
}

func outputNow(is *types.OutputFormatConfiguration) string {
	if is == nil || is.Serializer == nil {
		return ""
	}
	if orc := is.Serializer.OrcSerDe; orc != nil {
		return "ORC " + string(cmp.Or(orc.Compression, types.OrcCompressionSnappy))
	}
	parquet := cmp.Or(is.Serializer.ParquetSerDe, &types.ParquetSerDe{})
	return "Parquet " + string(cmp.Or(parquet.Compression, types.ParquetCompressionSnappy))
}

// inputOf and inputNow are the reader of the records, as declared and as it is.
func inputOf(s3 map[string]any) string {
	if tfjson.At(s3, "data_format_conversion_configuration", "input_format_configuration", "deserializer", "hive_json_ser_de") != nil {
		return "Hive"
	}
	return "OpenX"
}

func inputNow(is *types.InputFormatConfiguration) string {
	switch {
	case is == nil || is.Deserializer == nil:
		return ""
	case is.Deserializer.HiveJsonSerDe != nil:
		return "Hive"
	}
	return "OpenX"
}

// processorsOf are the declared processors with their parameters, if the processing is on.
func processorsOf(s3 map[string]any) []string {
	if !tfjson.True(tfjson.At(s3, "processing_configuration", "enabled")) {
		return nil
	}
	configuration, _ := tfjson.Blocks(s3, "processing_configuration")
	var found []string
	for _, one := range configuration {
		all, _ := tfjson.Blocks(one, "processors")
		for _, processor := range all {
			parameters := map[string]string{}
			given, _ := tfjson.Blocks(processor, "parameters")
			for _, parameter := range given {
				parameters[text(parameter["parameter_name"])] = text(parameter["parameter_value"])
			}
			found = append(found, processorText(text(processor["type"]), parameters))
		}
	}
	return found
}

func processors(configuration *types.ProcessingConfiguration) []string {
	if configuration == nil || !aws.ToBool(configuration.Enabled) {
		return nil
	}
	var found []string
	for _, processor := range configuration.Processors {
		parameters := map[string]string{}
		for _, parameter := range processor.Parameters {
			parameters[string(parameter.ParameterName)] = aws.ToString(parameter.ParameterValue)
		}
		found = append(found, processorText(string(processor.Type), parameters))
	}
	return found
}

// processorText is a processor with its parameters. Firehose gives one that calls a function some parameters that nobody declared
// (provider, aws_kinesis_firehose_delivery_stream), so of it only the function is compared.
func processorText(kind string, parameters map[string]string) string {
	var all []string
	for name, value := range parameters {
		if kind != string(types.ProcessorTypeLambda) || name == string(types.ProcessorParameterNameLambdaArn) {
			all = append(all, fmt.Sprintf("%s=%q", name, value))
		}
	}
	slices.Sort(all)
	return kind + "(" + strings.Join(all, ", ") + ")"
}
