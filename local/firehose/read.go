package firehose

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // custom_time_zone must not depend on what the machine has installed

	"cdk.tf/go/ingest/internal/objectname"
	"cdk.tf/go/ingest/internal/quota"
	"cdk.tf/go/ingest/tfjson"
)

// Config is a delivery stream from a Kinesis data stream to a bucket.
type Config struct {
	Name, ARN             string
	StreamName, StreamARN string
	Bucket, BucketARN     string
	// RoleARN is the role that writes to the bucket. SourceRoleARN is the role that reads the stream, usually the same.
	RoleARN, SourceRoleARN string
	// BufferInterval is from 0 s (each read is delivered at once) to 900 s.
	BufferInterval time.Duration
	// BufferMiB is from 1 to 128.
	BufferMiB int
	// Prefix is the prefix as declared, with its expressions.
	Prefix string
	// ErrorOutputPrefix is the prefix of records without a partition. Nothing else is written below it here.
	ErrorOutputPrefix string
	// Compression is UNCOMPRESSED, GZIP, ZIP, Snappy or HADOOP_SNAPPY.
	Compression string
	// FileExtension replaces the extension of the compression format, unless it is empty.
	FileExtension string
	// TimeZone is the time zone of the dates in prefixes and names, "UTC" by default.
	TimeZone string
	// Delimiter is written after each record. It may be empty.
	Delimiter string
	// PartitionQuery is the query of jq 1.6 that gives the values of the prefix's keys. It is empty without dynamic partitioning.
	PartitionQuery string
	// PartitionRetry is how long AWS retries to deliver a partition. Here a delivery is retried for as long as the process runs.
	PartitionRetry time.Duration
	// KMSKeyARN is the key that AWS encrypts the objects with, for descriptions: nothing is encrypted here.
	KMSKeyARN string
	// LogGroup and LogStream are where errors are logged; empty without.
	LogGroup, LogStream string
	// Warnings are sentences about declarations that Firehose accepts and that are probably mistakes. Each begins with the
	// delivery stream's address.
	Warnings []string
}

const typ = "aws_kinesis_firehose_delivery_stream"

// Types are the resource types that [Read] reads.
func Types() []string { return []string{typ} }

// body is the resource. Attributes of type any are not imitated: Read refuses them if they are set.
type body struct {
	Name          string       `tf:"name"`
	Destination   string       `tf:"destination"`
	ExtendedS3    []extendedS3 `tf:"extended_s3_configuration"`
	KinesisSource []source     `tf:"kinesis_source_configuration"`
	Elasticsearch any          `tf:"elasticsearch_configuration"`
	HTTPEndpoint  any          `tf:"http_endpoint_configuration"`
	Iceberg       any          `tf:"iceberg_configuration"`
	MSKSource     any          `tf:"msk_source_configuration"`
	OpenSearch    any          `tf:"opensearch_configuration"`
	Serverless    any          `tf:"opensearchserverless_configuration"`
	Redshift      any          `tf:"redshift_configuration"`
	Snowflake     any          `tf:"snowflake_configuration"`
	Splunk        any          `tf:"splunk_configuration"`
	Encryption    []switched   `tf:"server_side_encryption"`
	// Tags and timeouts have no effect on delivery.
	Tags     map[string]string `tf:"tags"`
	Timeouts any               `tf:"timeouts"`
}

type source struct {
	StreamARN string `tf:"kinesis_stream_arn"`
	RoleARN   string `tf:"role_arn"`
}

type switched struct {
	Enabled bool   `tf:"enabled"`
	KeyType string `tf:"key_type"`
	KeyARN  string `tf:"key_arn"`
}

type extendedS3 struct {
	BucketARN         string  `tf:"bucket_arn"`
	RoleARN           string  `tf:"role_arn"`
	BufferingInterval *int    `tf:"buffering_interval"`
	BufferingSize     *int    `tf:"buffering_size"`
	CompressionFormat string  `tf:"compression_format"`
	CustomTimeZone    string  `tf:"custom_time_zone"`
	ErrorOutputPrefix string  `tf:"error_output_prefix"`
	FileExtension     string  `tf:"file_extension"`
	Prefix            string  `tf:"prefix"`
	KMSKeyARN         string  `tf:"kms_key_arn"`
	BackupMode        string  `tf:"s3_backup_mode"`
	BackupConfig      any     `tf:"s3_backup_configuration"`
	Conversion        []maybe `tf:"data_format_conversion_configuration"`
	Partitioning      []struct {
		Enabled       *bool `tf:"enabled"`
		RetryDuration *int  `tf:"retry_duration"`
	} `tf:"dynamic_partitioning_configuration"`
	Processing []struct {
		Enabled    bool        `tf:"enabled"`
		Processors []processor `tf:"processors"`
	} `tf:"processing_configuration"`
	CloudWatchLogging []struct {
		Enabled bool   `tf:"enabled"`
		Group   string `tf:"log_group_name"`
		Stream  string `tf:"log_stream_name"`
	} `tf:"cloudwatch_logging_options"`
}

// maybe is a block that can be switched off. Its other attributes have no effect here.
type maybe struct {
	Enabled *bool          `tf:"enabled"`
	Rest    map[string]any `tf:",remain"`
}

// on reports whether a block is switched on. otherwise is the default of a block that does not say it.
func on(blocks []maybe, otherwise bool) bool {
	if len(blocks) == 0 {
		return false
	}
	if blocks[0].Enabled == nil {
		return otherwise
	}
	return *blocks[0].Enabled
}

type processor struct {
	Type       string `tf:"type"`
	Parameters []struct {
		Name  string `tf:"parameter_name"`
		Value string `tf:"parameter_value"`
	} `tf:"parameters"`
}

// Read finds the delivery streams of a resolved stack. It refuses what this package cannot imitate. The error joins every
// problem, each with the attribute, the value and a remedy.
func Read(stack *tfjson.Stack) ([]Config, error) {
	var configs []Config
	var errs []error
	for _, r := range stack.Resources(typ) {
		var b body
		if err := r.Into(&b); err != nil {
			errs = append(errs, err)
			continue
		}
		cfg, problems := b.config()
		for _, problem := range problems {
			errs = append(errs, fmt.Errorf("%s: %w", r.Address(), problem))
		}
		for i, warning := range cfg.Warnings {
			cfg.Warnings[i] = r.Address() + ": " + warning
		}
		configs = append(configs, cfg)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return configs, nil
}

func (b body) config() (Config, []error) {
	if errs := b.refused(); len(errs) > 0 {
		return Config{}, errs
	}
	s3, from := b.ExtendedS3[0], b.KinesisSource[0]
	cfg := Config{
		Name: b.Name, StreamARN: from.StreamARN, SourceRoleARN: from.RoleARN,
		BucketARN: s3.BucketARN, RoleARN: s3.RoleARN, KMSKeyARN: s3.KMSKeyARN,
		BufferInterval: quota.DefaultBufferInterval, BufferMiB: quota.DefaultBufferMiB,
		Prefix: s3.Prefix, ErrorOutputPrefix: s3.ErrorOutputPrefix, Compression: s3.CompressionFormat, FileExtension: s3.FileExtension, TimeZone: s3.CustomTimeZone,
	}
	if cfg.Compression == "" {
		cfg.Compression = "UNCOMPRESSED"
	}
	if cfg.TimeZone == "" {
		cfg.TimeZone = objectname.UTC
	}
	if len(s3.CloudWatchLogging) > 0 && s3.CloudWatchLogging[0].Enabled {
		cfg.LogGroup, cfg.LogStream = s3.CloudWatchLogging[0].Group, s3.CloudWatchLogging[0].Stream
	}
	errs := cfg.setNames()
	errs = append(errs, cfg.setBuffer(s3)...)
	errs = append(errs, s3.refused()...)
	errs = append(errs, cfg.setProcessors(s3)...)
	errs = append(errs, cfg.setPartitions(s3)...)
	errs = append(errs, cfg.check()...)
	if len(errs) == 0 {
		errs = append(errs, cfg.checkErrors(s3.ErrorOutputPrefix)...)
	}
	if len(errs) == 0 {
		cfg.Warnings = append(s3.unmeant(), cfg.misnamed()...)
	}
	return cfg, errs
}

// refused returns errors for blocks that are not imitated, and for required blocks that are missing.
func (b body) refused() []error {
	var errs []error
	if b.Destination != "extended_s3" {
		errs = append(errs, fmt.Errorf("destination is %q, which is not imitated on one machine; use \"extended_s3\"", b.Destination))
	}
	for _, other := range []struct {
		name  string
		value any
	}{
		{"elasticsearch_configuration", b.Elasticsearch}, {"http_endpoint_configuration", b.HTTPEndpoint},
		{"iceberg_configuration", b.Iceberg}, {"msk_source_configuration", b.MSKSource},
		{"opensearch_configuration", b.OpenSearch}, {"opensearchserverless_configuration", b.Serverless},
		{"redshift_configuration", b.Redshift}, {"snowflake_configuration", b.Snowflake}, {"splunk_configuration", b.Splunk},
	} {
		if other.value != nil {
			errs = append(errs, fmt.Errorf("%s is not imitated on one machine; leave it out", other.name))
		}
	}
	if len(b.ExtendedS3) != 1 {
		errs = append(errs, fmt.Errorf("extended_s3_configuration is there %d times; declare it once", len(b.ExtendedS3)))
	}
	if len(b.KinesisSource) != 1 {
		errs = append(errs, fmt.Errorf("kinesis_source_configuration is there %d times; declare it once: direct puts are not imitated on one machine", len(b.KinesisSource)))
	}
	if len(b.Encryption) > 0 && b.Encryption[0].Enabled {
		errs = append(errs, errors.New("server_side_encryption is on, which AWS refuses with a Kinesis source; leave it out"))
	}
	return errs
}

func (s extendedS3) refused() []error {
	var errs []error
	if s.BackupMode != "" && s.BackupMode != "Disabled" {
		errs = append(errs, fmt.Errorf("s3_backup_mode is %q, which is not imitated on one machine; use \"Disabled\"", s.BackupMode))
	}
	if on(s.Conversion, true) {
		errs = append(errs, errors.New("data_format_conversion_configuration (Parquet, ORC) is not imitated on one machine; leave it out"))
	}
	return errs
}

// setNames takes the names of the stream and the bucket from their ARNs. It derives the delivery stream's ARN from the
// stream's, which has the same account and region.
func (c *Config) setNames() []error {
	var errs []error
	stream := strings.Split(c.StreamARN, ":")
	if name, ok := strings.CutPrefix(stream[len(stream)-1], "stream/"); ok && len(stream) == 6 && name != "" && stream[2] == "kinesis" {
		c.StreamName = name
		c.ARN = strings.Join([]string{"arn", stream[1], "firehose", stream[3], stream[4], "deliverystream/" + c.Name}, ":")
	} else {
		errs = append(errs, fmt.Errorf("kinesis_stream_arn is %q; use the ARN of a Kinesis data stream", c.StreamARN))
	}
	bucket := strings.Split(c.BucketARN, ":")
	if len(bucket) == 6 && bucket[2] == "s3" && bucket[5] != "" && !strings.Contains(bucket[5], "/") {
		c.Bucket = bucket[5]
	} else {
		errs = append(errs, fmt.Errorf("bucket_arn is %q; use the ARN of a bucket", c.BucketARN))
	}
	if !namePattern.MatchString(c.Name) {
		errs = append(errs, fmt.Errorf("name is %q; use 1 to 64 letters, digits, \"_\", \".\" and \"-\"", c.Name))
	}
	return errs
}

// namePattern is from the API reference (CreateDeliveryStream).
var namePattern = regexp.MustCompile(`^[a-zA-Z0-9_.-]{1,64}$`)

func (c *Config) setBuffer(s3 extendedS3) []error {
	if (s3.BufferingInterval == nil) != (s3.BufferingSize == nil) {
		return []error{errors.New("buffering_interval and buffering_size: set both or neither: Firehose requires that")}
	}
	if s3.BufferingInterval == nil {
		return nil
	}
	c.BufferInterval, c.BufferMiB = time.Duration(*s3.BufferingInterval)*time.Second, *s3.BufferingSize
	var errs []error
	if c.BufferInterval < quota.MinBufferInterval || c.BufferInterval > quota.MaxBufferInterval {
		errs = append(errs, fmt.Errorf("buffering_interval is %d; use %d to %d (seconds)", *s3.BufferingInterval,
			quota.MinBufferInterval/time.Second, quota.MaxBufferInterval/time.Second))
	}
	if c.BufferMiB < quota.MinBufferMiB || c.BufferMiB > quota.MaxBufferMiB {
		errs = append(errs, fmt.Errorf("buffering_size is %d; use %d to %d (MiB)", c.BufferMiB, quota.MinBufferMiB, quota.MaxBufferMiB))
	}
	return errs
}

// check checks the values that [Open] relies on.
func (c Config) check() []error {
	var errs []error
	if _, ok := formats[c.Compression]; !ok {
		names := []string{"UNCOMPRESSED", "GZIP", "ZIP", "Snappy", "HADOOP_SNAPPY"}
		errs = append(errs, fmt.Errorf("compression_format is %q; use one of %s", c.Compression, strings.Join(names, ", ")))
	}
	if !objectname.Extension.MatchString(c.FileExtension) {
		errs = append(errs, fmt.Errorf("file_extension is %q; begin with \".\" and use at most 128 of 0-9a-z!-_.*'()", c.FileExtension))
	}
	// Assumption FH-10: as custom_time_zone, Firehose accepts the zones of AWS's list, and UTC (developer guide, "Configure
	// Amazon S3 object name format"): "Custom time zones are limited to UTC and non-3-letter IANA time zones". It refuses EST,
	// Asia/Kolkata and Europe/Kyiv, and accepts Asia/Calcutta (badmintoncryer/cdk-preflight, pf-firehose-custom-time-zone,
	// measured on AWS on 2026-09-10; aws/aws-cdk#36089). It also refuses the list's Africa/Porto-Novo and America/Port-au-Prince,
	// because the parameter's pattern has letters, "/" and "_" alone (API reference, ExtendedS3DestinationConfiguration; inferred).
	if _, found := slices.BinarySearch(objectname.Zones(), c.TimeZone); !found {
		errs = append(errs, fmt.Errorf("custom_time_zone is %q, which Firehose refuses; use UTC or a time zone of its list (developer guide, %q) without \"-\", such as Asia/Tokyo",
			c.TimeZone, "Configure Amazon S3 object name format"))
		return errs
	}
	parsed, err := parsePrefix(c.Prefix, c.zone())
	if err == nil && len(errs) == 0 {
		err = c.checkKeys(parsed)
	}
	if err != nil {
		return append(errs, fmt.Errorf("prefix %w", err))
	}
	return append(errs, c.checkPartitions(parsed)...)
}

func (c Config) checkErrors(errorPrefix string) []error {
	parsed, err := parseErrorPrefix(errorPrefix, c.zone(), strings.Contains(c.Prefix, "!{"))
	if err == nil && c.PartitionQuery != "" {
		err = c.checkErrorKeys(parsed)
	}
	if err != nil {
		return []error{fmt.Errorf("error_output_prefix %w", err)}
	}
	return nil
}

// zone returns the time zone of dates. check has verified that it exists.
func (c Config) zone() *time.Location {
	if c.TimeZone == "" || c.TimeZone == objectname.UTC {
		return time.UTC
	}
	zone, err := time.LoadLocation(c.TimeZone)
	if err != nil {
		return time.UTC
	}
	return zone
}

func (c Config) extension() string {
	if c.FileExtension != "" {
		return c.FileExtension
	}
	return formats[c.Compression].extension
}
