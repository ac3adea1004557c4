package verify

import (
	"cmp"
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	firehosetypes "github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"cdk.tf/go/ingest/tfjson"
)

func streamAsDeclared(ctx context.Context, r *run) outcome {
	declared := r.stack.Resources("aws_kinesis_stream")
	if len(declared) != 1 {
		return notShown("the stack declares no stream")
	}
	body := declared[0].Body
	answer, err := r.AWS.Kinesis.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: aws.String(r.stream)})
	if err != nil {
		return unread(err, "kinesis:DescribeStreamSummary", "the stream "+r.stream)
	}
	is, d := answer.StreamDescriptionSummary, differences{}
	d.compare("status", types.StreamStatusActive, is.StreamStatus)
	mode := cmp.Or(text(tfjson.At(body, "stream_mode_details", "stream_mode")), string(types.StreamModeProvisioned))
	if is.StreamModeDetails != nil {
		d.compare("mode", mode, is.StreamModeDetails.StreamMode)
	}
	if mode == string(types.StreamModeProvisioned) {
		d.compare("shards", tfjson.Number(body["shard_count"]), aws.ToInt32(is.OpenShardCount))
	}
	d.compare("retention in hours", cmp.Or(tfjson.Number(body["retention_period"]), 24), aws.ToInt32(is.RetentionPeriodHours))
	if r.Local {
		return d.outcome("the encryption is not compared: ingest up has none", redeploy)
	}
	d.compare("encryption", cmp.Or(text(body["encryption_type"]), "NONE"), cmp.Or(is.EncryptionType, types.EncryptionTypeNone))
	if key := r.actual(text(body["kms_key_id"])); !sameKey(key, aws.ToString(is.KeyId)) {
		d.add("key "+quoteEmpty(key), "key "+quoteEmpty(aws.ToString(is.KeyId)))
	}
	return d.outcome("", redeploy)
}

// sameKey compares a key with how a service names it: by its ARN, by its id or by its alias.
func sameKey(want, got string) bool {
	id := func(key string) string { return key[strings.LastIndex(key, ":")+1:] }
	return want == got || strings.TrimPrefix(id(want), "key/") == strings.TrimPrefix(id(got), "key/")
}

func deliveryAsDeclared(ctx context.Context, r *run) outcome {
	body := r.stack.Resources("aws_kinesis_firehose_delivery_stream")[0].Body
	name := text(body["name"])
	answer, err := r.AWS.Firehose.DescribeDeliveryStream(ctx, &firehose.DescribeDeliveryStreamInput{DeliveryStreamName: aws.String(name)})
	if err != nil {
		return unread(err, "firehose:DescribeDeliveryStream", "the delivery stream "+name)
	}
	is, d := answer.DeliveryStreamDescription, differences{}
	d.compare("status", firehosetypes.DeliveryStreamStatusActive, is.DeliveryStreamStatus)
	source := ""
	if is.Source != nil && is.Source.KinesisStreamSourceDescription != nil {
		source = aws.ToString(is.Source.KinesisStreamSourceDescription.KinesisStreamARN)
	}
	d.compare("source", r.actual(text(tfjson.At(body, "kinesis_source_configuration", "kinesis_stream_arn"))), source)
	blocks, _ := tfjson.Blocks(body, "extended_s3_configuration")
	if len(is.Destinations) != 1 || is.Destinations[0].ExtendedS3DestinationDescription == nil {
		d.add("a destination in S3", "none")
		return d.outcome("", redeploy)
	}
	r.compareDestination(&d, blocks[0], is.Destinations[0].ExtendedS3DestinationDescription)
	if r.Local {
		return d.outcome("the buffer is not compared: ingest up has its own interval", redeploy)
	}
	return d.outcome("", redeploy)
}

func (r *run) compareDestination(d *differences, s3 map[string]any, is *firehosetypes.ExtendedS3DestinationDescription) {
	hints := is.BufferingHints
	if hints == nil {
		hints = &firehosetypes.BufferingHints{}
	}
	d.compare("bucket", r.actual(text(s3["bucket_arn"])), aws.ToString(is.BucketARN))
	d.compare("role", r.actual(text(s3["role_arn"])), aws.ToString(is.RoleARN))
	if !r.Local {
		d.compare("buffer in seconds", tfjson.Number(s3["buffering_interval"]), aws.ToInt32(hints.IntervalInSeconds))
		d.compare("buffer in MiB", tfjson.Number(s3["buffering_size"]), aws.ToInt32(hints.SizeInMBs))
	}
	d.compare("prefix", text(s3["prefix"]), aws.ToString(is.Prefix))
	d.compare("error prefix", text(s3["error_output_prefix"]), aws.ToString(is.ErrorOutputPrefix))
	d.compare("compression", cmp.Or(text(s3["compression_format"]), "UNCOMPRESSED"), is.CompressionFormat)
	if zone := text(s3["custom_time_zone"]); zone != "" {
		d.compare("time zone", zone, aws.ToString(is.CustomTimeZone))
	}
	d.compare("extension", text(s3["file_extension"]), aws.ToString(is.FileExtension))
	conversion := is.DataFormatConversionConfiguration
	d.compare("conversion to Parquet", r.delivery.parquet, conversion != nil && aws.ToBool(conversion.Enabled))
	d.compare("processors", strings.Join(processorsOf(s3), " "), strings.Join(processors(is.ProcessingConfiguration), " "))
	if key := r.actual(text(s3["kms_key_arn"])); key != "" && !r.Local {
		got := ""
		if is.EncryptionConfiguration != nil && is.EncryptionConfiguration.KMSEncryptionConfig != nil {
			got = aws.ToString(is.EncryptionConfiguration.KMSEncryptionConfig.AWSKMSKeyARN)
		}
		d.compare("key", key, got)
	}
}

// processorsOf are the types of the declared processors.
func processorsOf(s3 map[string]any) []string {
	configuration, _ := tfjson.Blocks(s3, "processing_configuration")
	var found []string
	for _, one := range configuration {
		all, _ := tfjson.Blocks(one, "processors")
		for _, processor := range all {
			found = append(found, text(processor["type"]))
		}
	}
	return found
}

func processors(configuration *firehosetypes.ProcessingConfiguration) []string {
	if configuration == nil || !aws.ToBool(configuration.Enabled) {
		return nil
	}
	var found []string
	for _, processor := range configuration.Processors {
		found = append(found, string(processor.Type))
	}
	return found
}
