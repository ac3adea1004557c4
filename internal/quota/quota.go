// Package quota has the quotas and bounds of AWS's that more than one package goes by: what spec refuses before a deployment
// is what local refuses on one machine. A bound that one package alone knows stands there.
package quota

import "time"

// Amazon Data Firehose's bounds of a buffer, and the buffer of a delivery stream that declares none (API reference, BufferingHints;
// Terraform's defaults are the same).
const (
	// MinBufferInterval delivers each record as soon as it can.
	MinBufferInterval     time.Duration = 0
	MaxBufferInterval                   = 900 * time.Second
	DefaultBufferInterval               = 300 * time.Second

	MinBufferMiB     = 1
	MaxBufferMiB     = 128
	DefaultBufferMiB = 5
)

// Amazon Data Firehose's bounds of a prefix, in characters.
const (
	// MaxPrefix is the longest as it is written (API reference, ExtendedS3DestinationConfiguration).
	MaxPrefix = 1024
	// MaxEvaluatedPrefix is the longest prefix of an object (developer guide, "Custom prefixes"). Firehose checks it when the
	// delivery stream is made: "Length of evaluated prefix cannot be greater than 512".
	MaxEvaluatedPrefix = 512
)

// Amazon Data Firehose's bounds of dynamic partitioning.
const (
	// MinPartitionMiB and MinPartitionInterval are the smallest buffer of a partition. Firehose checks them when the delivery stream
	// is made: "BufferingHints.SizeInMBs must be at least 64 when Dynamic Partitioning is enabled.", and the same for
	// IntervalInSeconds and 60 seconds (both quoted in aws/aws-cdk, aws-kinesisfirehose/lib/private/helpers.ts).
	MinPartitionMiB      = 64
	MinPartitionInterval = 60 * time.Second
	// MaxPartitionKeys is the most keys of a delivery stream (developer guide, "Configure destination settings": "up to 50 dynamic
	// partitioning keys").
	MaxPartitionKeys = 50
	// MaxPartitionRetry is the longest time of retries, and DefaultPartitionRetry the time where none is declared (API reference,
	// RetryOptions).
	MaxPartitionRetry     = 7200 * time.Second
	DefaultPartitionRetry = 300 * time.Second
	// ActivePartitions is how many partitions a delivery stream has in its buffer at once, unless AWS has raised the quota, to at most
	// 5,000 (developer guide, "Quota").
	ActivePartitions = 500
	// MaxParameter is the longest parameter of a processor, in characters (API reference, ProcessorParameter).
	MaxParameter = 5120
)

// Amazon Kinesis Data Streams' bounds of a stream's retention, in whole hours, and that of a new stream (API reference,
// IncreaseStreamRetentionPeriod and its opposite).
const (
	MinRetention     = 24 * time.Hour
	MaxRetention     = 8760 * time.Hour
	DefaultRetention = 24 * time.Hour
)

// What Amazon Kinesis Data Streams takes and gives.
const (
	// MaxPutRecords is how many records one call has (API reference, PutRecords).
	MaxPutRecords = 500
	// MaxPutBytes is how many bytes one call has, data and partition keys together. It was 5 MiB until AWS allowed records of 10 MiB
	// (API reference, PutRecords, 2025: "up to a limit of 10 MiB for the entire request, including partition keys").
	MaxPutBytes = 10 << 20
	// MaxPartitionKey is the longest partition key, in characters (API reference, PutRecord and PutRecordsRequestEntry).
	MaxPartitionKey = 256
	// MaxGetRecords is how many records one call returns (API reference, GetRecords).
	MaxGetRecords = 10_000
	// MaxRecordBytes is a record's most bytes, data and partition key together, unless the stream allows more (developer
	// guide, "Handle large records": 1 MiB by default).
	MaxRecordBytes = 1 << 20
	// ShardRecords and ShardBytes are what a shard takes in a second, partition keys included, in both capacity modes (API
	// reference, CreateStream; "1 MB/s" in the developer guide's quotas).
	ShardRecords = 1000
	ShardBytes   = 1 << 20
	// MaxShards is the largest target of UpdateShardCount (API reference).
	MaxShards = 10_000
)

// IntegrationTimeout is how long Amazon API Gateway waits for an integration unless told otherwise, and the longest that it
// can be told without a raised quota (developer guide, "Amazon API Gateway quotas").
const IntegrationTimeout = 29 * time.Second

const (
	// AccountRate is how many requests a second Amazon API Gateway takes by default for all APIs of an account in a region (developer
	// guide, "Amazon API Gateway quotas"). Newer regions have a quarter.
	AccountRate = 10_000
	// AccountBurst is how many of these requests it takes at once (the same).
	AccountBurst = 5_000
	// MaxBody is Amazon API Gateway's largest request, in bytes, as it is sent and decompressed (developer guide, "Amazon API Gateway
	// quotas": 10 MB; the API counts 10,485,760 bytes).
	MaxBody = 10 << 20
	// MaxHeaders is the "total combined size of all header values" of a request, in bytes (developer guide, "Quotas for configuring
	// and running a REST API").
	MaxHeaders = 10_240
)

// Amazon API Gateway's minimumCompressionSize (API reference, RestApi; Terraform's provider for what turns compression off).
const (
	// NoCompression turns the compression of answers off.
	NoCompression = -1
	// MaxMinimumCompression is the largest, in bytes.
	MaxMinimumCompression = 10 << 20
)

// LogRetentions are the periods that Amazon CloudWatch Logs offers, in days (API reference, PutRetentionPolicy).
func LogRetentions() []int {
	return []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}
}
