package spec

import (
	_ "embed"
	"maps"
	"strings"
	"time"

	"cdk.tf/go/ingest/internal/objectname"
	"cdk.tf/go/ingest/internal/quota"
)

// defaultSchema requires at least one property. API Gateway validates an empty body as {} (localstack/localstack, pull request
// 7916, which measured it), so without this rule a request without a body would become an event. Two measurements disagree on
// that event: $input.body is {} (pull request 12413), or nothing (12774).
//
//go:embed event.schema.json
var defaultSchema string

// Default returns an environment with the default of every option. This function sets every default.
func Default(name string) Environment {
	return Environment{
		Name:    name,
		Region:  "us-east-1",
		Names:   Names{Prefix: defaultPrefix},
		Removal: Retained, Provider: Provider5,
		API: API{
			Authorization:           AuthorizeNone(),
			Schema:                  strings.TrimSpace(defaultSchema),
			PartitionKey:            PartitionByRequestID(),
			MinimumCompressionBytes: quota.NoCompression,
			CORS: CORS{
				AllowOrigins: []string{"*"},
				// What a browser client of this API may need: the body's type, an API key, and the headers of a
				// Signature Version 4.
				AllowHeaders: []string{
					"Authorization", "Content-Type", "X-Amz-Content-Sha256", "X-Amz-Date", "X-Amz-Security-Token",
					"X-Api-Key",
				},
				AllowMethods: []string{"OPTIONS", "POST"},
				// What a client needs to retry and to report a failure.
				ExposeHeaders: []string{"Retry-After", "x-amzn-ErrorType", "x-amzn-RequestId"},
				MaxAge:        time.Hour,
			},
			// One shard takes 1,000 records/s; the bucket lets half a second of it through at once.
			Throttle:      Throttle{RateLimit: 1000, BurstLimit: 500},
			ManageAccount: true,
			Metrics:       true,
		},
		Firewall: defaultFirewall(),
		Stream: Stream{
			Capacity:  Provisioned(1),
			Retention: 24 * time.Hour,
		},
		Delivery: defaultDelivery(),
		Bucket: Bucket{
			NoncurrentExpireAfterDays: 30,
			AbortUploadsAfterDays:     7,
			AccessLogExpireAfterDays:  365,
		},
		Query: Query{
			// This project's pipelines delivered nothing before this year.
			Since: 2026,
			// 10 GiB of a query are about 5 US cents.
			ScanLimitMiB:          10 * 1024,
			ResultExpireAfterDays: 30,
		},
		Logs: Logs{
			RetentionDays: 30,
			Execution:     LogInfo,
		},
		// The longest window: you notice that a key is gone only when you cannot read something.
		Encryption: Encryption{DeletionWindowDays: 30},
		// What `make webapp` builds.
		Web:    Web{Folder: "webapp/dist", PriceClass: PriceClass100},
		Alarms: defaultAlarms(),
	}
}

func defaultDelivery() Delivery {
	return Delivery{
		BufferInterval:   60 * time.Second,
		BufferMiB:        1,
		Compression:      Uncompressed,
		NewlineDelimited: true,
		Format:           FormatJSON,
		Parquet: Parquet{
			// Readers read each column of a file separately, which pays with many rows in a file. So these are Firehose's
			// own defaults (API reference, BufferingHints: 128 MiB with format conversion, 300 s).
			BufferInterval: 300 * time.Second,
			BufferMiB:      128,
			Compression:    ParquetSnappy,
		},
		PartitionRetry: 5 * time.Minute, // Firehose's own (API reference, RetryOptions)
		Prefix:         "events/" + datePartitions,
		ErrorPrefix:    "errors/!{firehose:error-output-type}/" + datePartitions,
		TimeZone:       objectname.UTC,
	}
}

// datePartitions are Hive partitions, which Athena and Spark can find in the keys.
const datePartitions = "year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/hour=!{timestamp:HH}/"

// AllTags are the tags that every resource carries: the defaults, the environment's own over them, and its name.
func (e Environment) AllTags() map[string]string {
	tags := map[string]string{"Project": e.Names.Prefix, "ManagedBy": "cdktf"}
	maps.Copy(tags, e.Tags)
	tags["Environment"] = e.Name
	return tags
}
