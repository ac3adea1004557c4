package arguments

import (
	"strconv"

	"cdk.tf/go/ingest/internal/quota"
)

// namePattern is that of IAM's names, without its length.
const namePattern = `^[\w+=,.@-]`

// owner is an argument of each setting of a bucket.
var owner = argument{"expected_bucket_owner", account}

// onBucket are the rules of a setting of a bucket.
func onBucket(rules ...argument) []argument {
	return append([]argument{{"bucket", needed}, owner}, rules...)
}

// exclusive are the arguments of a type of which a resource has one.
var exclusive = map[string][][2]string{
	"aws_cloudwatch_log_group":    {{"name", "name_prefix"}},
	"aws_cloudwatch_metric_alarm": {{"statistic", "extended_statistic"}, {"threshold", "threshold_metric_id"}},
	"aws_iam_policy":              {{"name", "name_prefix"}},
	"aws_iam_role":                {{"name", "name_prefix"}},
	"aws_iam_role_policy":         {{"name", "name_prefix"}},
	"aws_kms_alias":               {{"name", "name_prefix"}},
	"aws_sns_topic":               {{"name", "name_prefix"}},
}

// rules are those by which version 5 of Terraform's AWS provider refuses a stack at "terraform validate" or at an apply, with the values
// that version 6 adds. A rule of AWS's own has its source beside it.
var rules = map[string][]argument{
	"aws_api_gateway_account": {{"cloudwatch_role_arn", arn}},
	"aws_api_gateway_api_key": {{"name", needed}},
	"aws_api_gateway_authorizer": {
		{"name", needed},
		{"type", oneOf("TOKEN", "REQUEST", "COGNITO_USER_POOLS")},
		{"authorizer_credentials", arn},
		{"authorizer_result_ttl_in_seconds", within(0, 3600)},
		{"provider_arns", arn},
	},
	"aws_api_gateway_integration": {
		{"content_handling", oneOf("CONVERT_TO_BINARY", "CONVERT_TO_TEXT")},
		{"passthrough_behavior", oneOf("WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER")},
		{"timeout_milliseconds", within(50, 300_000)},
	},
	"aws_api_gateway_integration_response": {{"content_handling", oneOf("CONVERT_TO_BINARY", "CONVERT_TO_TEXT")}},
	"aws_api_gateway_method_settings": {
		{"settings.logging_level", oneOf("OFF", "ERROR", "INFO")},
		{"settings.cache_ttl_in_seconds", within(0, 3600)}, // developer guide, "Cache settings for REST APIs in API Gateway"
		{"settings.unauthorized_cache_control_header_strategy", oneOf("FAIL_WITH_403", "SUCCEED_WITH_RESPONSE_HEADER", "SUCCEED_WITHOUT_RESPONSE_HEADER")},
	},
	"aws_api_gateway_model": {{"content_type", needed}},
	"aws_api_gateway_rest_api": {
		{"api_key_source", oneOf("HEADER", "AUTHORIZER")},
		{"put_rest_api_mode", oneOf("merge", "overwrite")},
		{"endpoint_configuration", once},
		{"endpoint_configuration.types", needed},
		{"endpoint_configuration.ip_address_type", oneOf("ipv4", "dualstack")},
	},
	"aws_api_gateway_rest_api_policy": {{"policy", needed}},
	"aws_api_gateway_stage": {
		{"access_log_settings", once},
		{"cache_cluster_size", oneOf("0.5", "1.6", "6.1", "13.5", "28.4", "58.2", "118", "237")},
	},
	"aws_api_gateway_usage_plan": {{"name", needed}, {"quota_settings", once}, {"throttle_settings", once}},
	"aws_cloudwatch_log_group": {
		{"name", like(`^[0-9A-Za-z_./#-]{1,512}$`, `use 1 to 512 letters, digits, "_", ".", "/", "#" and "-"`)},
		{"log_group_class", oneOf("STANDARD", "INFREQUENT_ACCESS", "DELIVERY")},
		{"retention_in_days", oneOf(retentions()...)},
	},
	"aws_cloudwatch_log_stream": {
		{"log_group_name", needed},
		{"name", all(needed, like(`^[^:*]{1,512}$`, `use 1 to 512 characters without ":" and "*"`))},
	},
	"aws_cloudwatch_metric_alarm": {
		{"alarm_actions", arn}, {"insufficient_data_actions", arn}, {"ok_actions", arn},
		{"datapoints_to_alarm", atLeast(1)},
		{"evaluate_low_sample_count_percentiles", oneOf("evaluate", "ignore")},
		{"metric_name", like(`^(?s).{1,255}$`, "use 1 to 255 characters")},
		{"namespace", like(`^[^:].{0,254}$`, `use 1 to 255 characters, and no ":" at the beginning`)},
		{"unit", oneOf("Seconds", "Microseconds", "Milliseconds", "Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes", "Bits", "Kilobits",
			"Megabits", "Gigabits", "Terabits", "Percent", "Count", "Bytes/Second", "Kilobytes/Second", "Megabytes/Second", "Gigabytes/Second",
			"Terabytes/Second", "Bits/Second", "Kilobits/Second", "Megabits/Second", "Gigabits/Second", "Terabits/Second", "Count/Second", "None")},
	},
	"aws_iam_policy": {{"name", like(namePattern+`{1,128}$`, `use 1 to 128 letters, digits and "_+=,.@-"`)}},
	"aws_iam_role": {
		{"name", like(namePattern+`{1,64}$`, `use 1 to 64 letters, digits and "_+=,.@-"`)},
		{"max_session_duration", within(3600, 43_200)},
	},
	"aws_iam_role_policy": {{"name", like(namePattern+`{1,128}$`, `use 1 to 128 letters, digits and "_+=,.@-"`)}},
	"aws_kinesis_firehose_delivery_stream": {
		{"extended_s3_configuration.cloudwatch_logging_options", once},
		{"extended_s3_configuration.processing_configuration", once},
	},
	"aws_kinesis_stream": {
		{"encryption_type", oneOf("KMS", "NONE")},
		{"shard_level_metrics", oneOf("IncomingBytes", "IncomingRecords", "OutgoingBytes", "OutgoingRecords", "WriteProvisionedThroughputExceeded",
			"ReadProvisionedThroughputExceeded", "IteratorAgeMilliseconds", "ALL")}, // API reference, EnableEnhancedMonitoring
		{"stream_mode_details", once},
		{"stream_mode_details.stream_mode", needed},
	},
	"aws_kms_alias": {
		{"name", all(
			like(`^alias/[0-9A-Za-z_/-]+$`, `use alias/ and letters, digits, "_", "/" and "-"`),
			notBeginning("alias/aws/"),
		)},
		{"target_key_id", needed},
	},
	"aws_kms_key": {
		// AWS's services use only symmetric keys (KMS developer guide, "Asymmetric keys in AWS KMS").
		{"customer_master_key_spec", oneOf("SYMMETRIC_DEFAULT")},
		{"key_usage", oneOf("ENCRYPT_DECRYPT")},
		{"deletion_window_in_days", within(7, 30)},
		{"policy", asJSON},
		{"rotation_period_in_days", within(90, 2560)},
	},
	"aws_s3_bucket_lifecycle_configuration": onBucket(
		argument{"rule.status", all(needed, oneOf("Enabled", "Disabled"))},
		argument{"rule.abort_incomplete_multipart_upload", once}, argument{"rule.expiration", once}, argument{"rule.filter", once},
		argument{"rule.abort_incomplete_multipart_upload.days_after_initiation", atLeast(1)},
		argument{"rule.expiration.days", atLeast(1)}, // S3 user guide, "Lifecycle configuration elements"
		argument{"rule.noncurrent_version_expiration.noncurrent_days", atLeast(1)},
		argument{"rule.transition.days", atLeast(0)},
		argument{"rule.transition.storage_class", all(needed, storageClass)},
		argument{"rule.noncurrent_version_transition.storage_class", all(needed, storageClass)},
		argument{"transition_default_minimum_object_size", oneOf("all_storage_classes_128K", "varies_by_storage_class")},
	),
	"aws_s3_bucket_logging": onBucket(
		argument{"target_bucket", needed}, argument{"target_prefix", needed},
		argument{"target_object_key_format", once}, argument{"target_object_key_format.partitioned_prefix", once},
		argument{"target_object_key_format.partitioned_prefix.partition_date_source", all(needed, oneOf("EventTime", "DeliveryTime"))},
	),
	"aws_s3_bucket_object_lock_configuration": onBucket(
		argument{"object_lock_enabled", oneOf("Enabled")},
		argument{"rule", once}, argument{"rule.default_retention", all(needed, once)},
		argument{"rule.default_retention.mode", oneOf("GOVERNANCE", "COMPLIANCE")},
		argument{"rule.default_retention.days", atLeast(1)}, argument{"rule.default_retention.years", atLeast(1)},
	),
	"aws_s3_bucket_ownership_controls": onBucket(
		argument{"rule", all(needed, once)},
		argument{"rule.object_ownership", all(needed, oneOf("BucketOwnerPreferred", "ObjectWriter", "BucketOwnerEnforced"))},
	),
	"aws_s3_bucket_policy":              onBucket(),
	"aws_s3_bucket_public_access_block": onBucket(),
	"aws_s3_bucket_server_side_encryption_configuration": onBucket(
		argument{"rule", needed},
		argument{"rule.apply_server_side_encryption_by_default", once},
		argument{"rule.apply_server_side_encryption_by_default.sse_algorithm", all(needed, oneOf("AES256", "aws:kms", "aws:kms:dsse"))},
	),
	"aws_s3_bucket_versioning": onBucket(
		argument{"versioning_configuration", all(needed, once)},
		argument{"versioning_configuration.status", all(needed, oneOf("Enabled", "Suspended", "Disabled"))},
		argument{"versioning_configuration.mfa_delete", oneOf("Enabled", "Disabled")},
	),
	"aws_sns_topic": {{"name", like(`^[0-9A-Za-z_-]{1,256}$|^[0-9A-Za-z_-]{1,251}\.fifo$`, `use 1 to 256 letters, digits, "_" and "-"; the name of a FIFO topic ends with .fifo`)}},
}

// retentions are the periods of CloudWatch Logs, and "0", with which Terraform's provider keeps logs forever.
func retentions() []string {
	days := []string{"0"}
	for _, offered := range quota.LogRetentions() {
		days = append(days, strconv.Itoa(offered))
	}
	return days
}

var storageClass = oneOf("GLACIER", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "DEEP_ARCHIVE", "GLACIER_IR")
