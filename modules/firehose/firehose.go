// Package firehose declares the delivery stream from a Kinesis data stream to a bucket.
package firehose

import (
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	delivery "github.com/cdktf/cdktf-provider-aws-go/aws/v19/kinesisfirehosedeliverystream"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/internal/objectname"
	"cdk.tf/go/ingest/internal/tftext"
	"cdk.tf/go/ingest/modules/internal/tf"
	"cdk.tf/go/ingest/spec"
)

// Config of a delivery stream.
type Config struct {
	Name      string
	Delivery  spec.Delivery
	StreamARN string
	BucketARN string
	// RoleARN of the role that may read the stream and write the bucket.
	RoleARN string
	// KeyARN of the key that encrypts objects; empty for the bucket's default.
	KeyARN string
	// LogGroup and LogStream receive the delivery's errors.
	LogGroup  string
	LogStream string
	// Protected makes Terraform refuse to destroy the delivery stream, also by a replacement: a new one reads from the moment
	// that it is active, and does not deliver earlier events.
	Protected bool
	// Schema is the table with the columns of Parquet files. Other formats ignore it.
	Schema Schema
	// DependsOn are the resources that must exist before the first delivery: the role's policies and the bucket's settings.
	DependsOn []cdktf.ITerraformDependable
}

// Schema is a Glue table. The delivery's role must be allowed to read it.
type Schema struct{ Database, Table string }

// DeliveryStream is the declared delivery stream.
type DeliveryStream struct {
	Name string
	// Ready is the delivery stream, for resources that must wait until it reads.
	Ready cdktf.ITerraformDependable
}

// New declares the delivery stream.
func New(scope constructs.Construct, id string, cfg Config) *DeliveryStream {
	c := constructs.NewConstruct(scope, jsii.String(id))
	stream := tf.New(c, "Default", delivery.NewKinesisFirehoseDeliveryStream,
		&delivery.KinesisFirehoseDeliveryStreamConfig{
			Name:        jsii.String(cfg.Name),
			Destination: jsii.String("extended_s3"),
			KinesisSourceConfiguration: &delivery.KinesisFirehoseDeliveryStreamKinesisSourceConfiguration{
				KinesisStreamArn: jsii.String(cfg.StreamARN),
				RoleArn:          jsii.String(cfg.RoleARN),
			},
			ExtendedS3Configuration: toS3(cfg),
			DependsOn:               tf.DependsOn(cfg.DependsOn),
			Lifecycle:               tf.Protect(cfg.Protected),
		})
	return &DeliveryStream{Name: *stream.Name(), Ready: stream}
}

func toS3(cfg Config) *delivery.KinesisFirehoseDeliveryStreamExtendedS3Configuration {
	buffer := cfg.Delivery.Buffer()
	s3 := &delivery.KinesisFirehoseDeliveryStreamExtendedS3Configuration{
		RoleArn:           jsii.String(cfg.RoleARN),
		BucketArn:         jsii.String(cfg.BucketARN),
		BufferingInterval: jsii.Number(buffer.Interval.Seconds()),
		BufferingSize:     jsii.Number(buffer.MiB),
		CompressionFormat: jsii.String(string(cfg.Delivery.Compression)),
		Prefix:            jsii.String(cfg.Delivery.KeyPrefix()),
		ErrorOutputPrefix: jsii.String(cfg.Delivery.ErrorPrefix),
		FileExtension:     tf.Optional(cfg.Delivery.FileExtension),
		KmsKeyArn:         tf.Optional(cfg.KeyARN),
		CloudwatchLoggingOptions: &delivery.KinesisFirehoseDeliveryStreamExtendedS3ConfigurationCloudwatchLoggingOptions{
			Enabled:       jsii.Bool(true),
			LogGroupName:  jsii.String(cfg.LogGroup),
			LogStreamName: jsii.String(cfg.LogStream),
		},
	}
	if cfg.Delivery.TimeZone != objectname.UTC { // the provider's default
		s3.CustomTimeZone = tf.Optional(cfg.Delivery.TimeZone)
	}
	if cfg.Delivery.Format == spec.FormatParquet {
		convert(s3, cfg)
	}
	partition(s3, cfg.Delivery)
	s3.ProcessingConfiguration = processing(cfg.Delivery)
	return s3
}

type (
	processors = delivery.KinesisFirehoseDeliveryStreamExtendedS3ConfigurationProcessingConfigurationProcessors
	parameters = delivery.KinesisFirehoseDeliveryStreamExtendedS3ConfigurationProcessingConfigurationProcessorsParameters
)

// processing has the processors of a delivery, or is nil if there are none. The one that ends each record with a newline does not
// need dynamic partitioning. Parquet has no lines.
func processing(d spec.Delivery) *delivery.KinesisFirehoseDeliveryStreamExtendedS3ConfigurationProcessingConfiguration {
	var all []*processors
	if len(d.PartitionBy) > 0 {
		all = append(all, processor("MetadataExtraction", []string{
			"MetadataExtractionQuery", tftext.Escape(d.PartitionQuery()), "JsonParsingEngine", "JQ-1.6",
		}))
	}
	if d.NewlineDelimited && d.Format != spec.FormatParquet {
		// Firehose writes the newline as a backslash and an n.
		all = append(all, processor("AppendDelimiterToRecord", []string{"Delimiter", `\n`}))
	}
	if len(all) == 0 {
		return nil
	}
	return &delivery.KinesisFirehoseDeliveryStreamExtendedS3ConfigurationProcessingConfiguration{
		Enabled: jsii.Bool(true), Processors: all,
	}
}

// processor has names and values of its parameters in turn.
func processor(kind string, namesAndValues []string) *processors {
	var all []*parameters
	for i := 0; i < len(namesAndValues); i += 2 {
		all = append(all, &parameters{ParameterName: jsii.String(namesAndValues[i]), ParameterValue: jsii.String(namesAndValues[i+1])})
	}
	return &processors{Type: jsii.String(kind), Parameters: all}
}

// partition turns dynamic partitioning on. The keys come from the processor MetadataExtraction, and the prefix names each.
func partition(s3 *delivery.KinesisFirehoseDeliveryStreamExtendedS3Configuration, d spec.Delivery) {
	if len(d.PartitionBy) == 0 {
		return
	}
	s3.DynamicPartitioningConfiguration = &delivery.KinesisFirehoseDeliveryStreamExtendedS3ConfigurationDynamicPartitioningConfiguration{
		Enabled: jsii.Bool(true), RetryDuration: jsii.Number(d.PartitionRetry.Seconds()),
	}
}
