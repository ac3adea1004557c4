package firehose

import (
	"github.com/aws/jsii-runtime-go"
	delivery "github.com/cdktf/cdktf-provider-aws-go/aws/v19/kinesisfirehosedeliverystream"
)

// convert makes Firehose write Parquet files. A record that does not fit the columns goes below the error prefix, as
// format-conversion-failed.
func convert(s3 *delivery.KinesisFirehoseDeliveryStreamExtendedS3Configuration, cfg Config) {
	s3.DataFormatConversionConfiguration = &delivery.KinesisFirehoseDeliveryStreamExtendedS3ConfigurationDataFormatConversionConfiguration{
		InputFormatConfiguration: &delivery.KinesisFirehoseDeliveryStreamExtendedS3ConfigurationDataFormatConversionConfigurationInputFormatConfiguration{
			Deserializer: &delivery.KinesisFirehoseDeliveryStreamExtendedS3ConfigurationDataFormatConversionConfigurationInputFormatConfigurationDeserializer{
				OpenXJsonSerDe: &delivery.KinesisFirehoseDeliveryStreamExtendedS3ConfigurationDataFormatConversionConfigurationInputFormatConfigurationDeserializerOpenXJsonSerDe{},
			},
		},
		OutputFormatConfiguration: &delivery.KinesisFirehoseDeliveryStreamExtendedS3ConfigurationDataFormatConversionConfigurationOutputFormatConfiguration{
			Serializer: &delivery.KinesisFirehoseDeliveryStreamExtendedS3ConfigurationDataFormatConversionConfigurationOutputFormatConfigurationSerializer{
				ParquetSerDe: &delivery.KinesisFirehoseDeliveryStreamExtendedS3ConfigurationDataFormatConversionConfigurationOutputFormatConfigurationSerializerParquetSerDe{
					Compression: jsii.String(string(cfg.Delivery.Parquet.Compression)),
				},
			},
		},
		SchemaConfiguration: &delivery.KinesisFirehoseDeliveryStreamExtendedS3ConfigurationDataFormatConversionConfigurationSchemaConfiguration{
			DatabaseName: jsii.String(cfg.Schema.Database),
			TableName:    jsii.String(cfg.Schema.Table),
			RoleArn:      jsii.String(cfg.RoleARN),
		},
	}
}
