package verify

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"

	"cdk.tf/go/ingest/tfjson"
)

// tree is an answer of AWS's, or a member of one.
type tree = map[string]any

// drift is what a check must say of a value that AWS has and the stack does not declare.
type drift struct {
	// check compares the value.
	check string
	// at is where the value stands in AWS's answers: the call, and the members without the places in lists.
	at string
	// says is a part of what the check has found: the name under which it compares the value.
	says string
	// without says why no check compares the value; says is empty then.
	without string
}

const (
	destination   = "DescribeDeliveryStream.DeliveryStreamDescription.Destinations.ExtendedS3DestinationDescription."
	source        = "DescribeDeliveryStream.DeliveryStreamDescription.Source.KinesisStreamSourceDescription."
	streamSummary = "DescribeStreamSummary.StreamDescriptionSummary."
	alarm         = "DescribeAlarms.DescribeAlarmsResponse.DescribeAlarmsResult.MetricAlarms.member."
	settings      = "stage.methodSettings.*/*."
	plan          = "usageplans.item."
	table         = "GetTable.Table."
	rule          = "lifecycle.LifecycleConfiguration.Rule."
	webACL        = "GetWebACL.WebACL."
	authorizer    = "authorizers.item."
	namedQuery    = "GetNamedQuery.NamedQuery."
	page          = "GetDistribution.Distribution.DistributionConfig."
	pageBehaviour = page + "DefaultCacheBehavior."
	workgroup     = "GetWorkGroup.WorkGroup."
	firewallLog   = "GetLoggingConfiguration.LoggingConfiguration."
	asked         = "the call asked for it"
	deploymentID  = "d3p10y"
)

// drifts are the values of AWS's right answers.
var drifts = slices.Concat(driftsOfTheStream, driftsOfBuckets, driftsOfTheFirewall, driftsOfTheRest)

var driftsOfTheStream = []drift{
	{"stream", streamSummary + "StreamStatus", "status", ""},
	{"stream", streamSummary + "StreamModeDetails.StreamMode", "mode", ""},
	{"stream", streamSummary + "OpenShardCount", "shards", ""},
	{"stream", streamSummary + "RetentionPeriodHours", "retention in hours", ""},
	{"stream", streamSummary + "EncryptionType", "encryption", ""},
	{"stream", streamSummary + "KeyId", "key", ""},
	{"stream", streamSummary + "MaxRecordSizeInKiB", "KiB of a record", ""},
	{"delivery", "DescribeDeliveryStream.DeliveryStreamDescription.DeliveryStreamStatus", "status", ""},
	{"delivery", source + "KinesisStreamARN", "source", ""},
	{"delivery", source + "RoleARN", "role at the source", ""},
	{"delivery", destination + "BucketARN", "bucket", ""},
	{"delivery", destination + "RoleARN", "role", ""},
	{"delivery", destination + "Prefix", "prefix", ""},
	{"delivery", destination + "ErrorOutputPrefix", "error prefix", ""},
	{"delivery", destination + "CompressionFormat", "compression", ""},
	{"delivery", destination + "CustomTimeZone", "time zone", ""},
	{"delivery", destination + "FileExtension", "extension", ""},
	{"delivery", destination + "BufferingHints.IntervalInSeconds", "buffer in seconds", ""},
	{"delivery", destination + "BufferingHints.SizeInMBs", "buffer in MiB", ""},
	{"delivery", destination + "EncryptionConfiguration.KMSEncryptionConfig.AWSKMSKeyARN", "key", ""},
	{"delivery", destination + "CloudWatchLoggingOptions.Enabled", "error log", ""},
	{"delivery", destination + "CloudWatchLoggingOptions.LogGroupName", "log group", ""},
	{"delivery", destination + "CloudWatchLoggingOptions.LogStreamName", "log stream", ""},
	{"delivery", destination + "ProcessingConfiguration.Enabled", "processors", ""},
	{"delivery", destination + "ProcessingConfiguration.Processors.Type", "processors", ""},
	{"delivery", destination + "ProcessingConfiguration.Processors.Parameters.ParameterName", "processors", ""},
	{"delivery", destination + "ProcessingConfiguration.Processors.Parameters.ParameterValue", "processors", ""},
	{"delivery", destination + "DynamicPartitioningConfiguration.Enabled", "partitions by field", ""},
	{"delivery", destination + "DynamicPartitioningConfiguration.RetryOptions.DurationInSeconds", "retry of partitions in seconds", ""},
	{"delivery", destination + "DataFormatConversionConfiguration.Enabled", "conversion to Parquet", ""},
	{"delivery", destination + "DataFormatConversionConfiguration.SchemaConfiguration.DatabaseName", "database of the schema", ""},
	{"delivery", destination + "DataFormatConversionConfiguration.SchemaConfiguration.TableName", "table of the schema", ""},
	{"delivery", destination + "DataFormatConversionConfiguration.SchemaConfiguration.RoleARN", "role for the schema", ""},
	{"delivery", destination + "DataFormatConversionConfiguration.SchemaConfiguration.CatalogId", "catalog of the schema", ""},
	{"delivery", destination + "DataFormatConversionConfiguration.SchemaConfiguration.Region", "region of the schema", ""},
	{"delivery", destination + "DataFormatConversionConfiguration.SchemaConfiguration.VersionId", "version of the schema", ""},
	{"delivery", destination + "DataFormatConversionConfiguration.OutputFormatConfiguration.Serializer.ParquetSerDe.Compression", "output format", ""},
	{"delivery", destination + "S3BackupMode", "backup", ""},
}

var driftsOfBuckets = []drift{
	{"bucket-private", "publicAccessBlock.PublicAccessBlockConfiguration.BlockPublicAcls", "block_public_acls", ""},
	{"bucket-private", "publicAccessBlock.PublicAccessBlockConfiguration.BlockPublicPolicy", "block_public_policy", ""},
	{"bucket-private", "publicAccessBlock.PublicAccessBlockConfiguration.IgnorePublicAcls", "ignore_public_acls", ""},
	{"bucket-private", "publicAccessBlock.PublicAccessBlockConfiguration.RestrictPublicBuckets", "restrict_public_buckets", ""},
	{"bucket-private", "ownershipControls.OwnershipControls.Rule.ObjectOwnership", "ownership", ""},
	{"bucket-private", "policyStatus.PolicyStatus.IsPublic", "public by its policy", ""},
	{"bucket-encryption", "encryption.ServerSideEncryptionConfiguration.Rule.ApplyServerSideEncryptionByDefault.SSEAlgorithm", "algorithm", ""},
	{"bucket-encryption", "encryption.ServerSideEncryptionConfiguration.Rule.ApplyServerSideEncryptionByDefault.KMSMasterKeyID", "key", ""},
	{"bucket-encryption", "encryption.ServerSideEncryptionConfiguration.Rule.BucketKeyEnabled", "bucket key", ""},
	{"bucket-versioning", "versioning.VersioningConfiguration.Status", "versioning", ""},
	{"bucket-policy", "policy.Text", "as JSON", ""},
	{"bucket-lifecycle", rule + "ID", "lifecycle rule", ""},
	{"bucket-lifecycle", rule + "Status", "lifecycle rule", ""},
	{"bucket-lifecycle", rule + "Filter.Prefix", "lifecycle rule", ""},
	{"bucket-lifecycle", rule + "Expiration.Days", "lifecycle rule", ""},
	{"bucket-lifecycle", rule + "NoncurrentVersionExpiration.NoncurrentDays", "lifecycle rule", ""},
	{"bucket-lifecycle", rule + "AbortIncompleteMultipartUpload.DaysAfterInitiation", "lifecycle rule", ""},
	{"bucket-lifecycle", rule + "Transition.Days", "lifecycle rule", ""},
	{"bucket-lifecycle", rule + "Transition.StorageClass", "lifecycle rule", ""},
	{"bucket-lock", "object-lock.ObjectLockConfiguration.ObjectLockEnabled", "lock", ""},
	{"bucket-lock", "object-lock.ObjectLockConfiguration.Rule.DefaultRetention.Mode", "mode of the lock", ""},
	{"bucket-lock", "object-lock.ObjectLockConfiguration.Rule.DefaultRetention.Days", "days of the lock", ""},
	{"bucket-logging", "logging.BucketLoggingStatus.LoggingEnabled.TargetBucket", "access log in", ""},
	{"bucket-logging", "logging.BucketLoggingStatus.LoggingEnabled.TargetPrefix", "prefix of the access log", ""},
	{"bucket-logging", "logging.BucketLoggingStatus.LoggingEnabled.TargetObjectKeyFormat.PartitionedPrefix.PartitionDateSource", "keys of the access log", ""},
}

var driftsOfTheFirewall = []drift{
	{"firewall-rules", webACL + "Rules.Name", "also has rate-limitx", ""},
	{"firewall-rules", webACL + "Rules.Priority", "rule rate-limit: priority 1", ""},
	{"firewall-rules", webACL + "Rules.Statement.RateBasedStatement.AggregateKeyType", "rule rate-limit: statement.rate_based_statement.aggregate_key_type", ""},
	{"firewall-rules", webACL + "Rules.Statement.RateBasedStatement.EvaluationWindowSec", "rule rate-limit: statement.rate_based_statement.evaluation_window_sec 301", ""},
	{"firewall-rules", webACL + "Rules.Statement.RateBasedStatement.Limit", "rule rate-limit: statement.rate_based_statement.limit 30001", ""},
	{"firewall-rules", webACL + "Rules.Statement.SizeConstraintStatement.ComparisonOperator", "rule body-size: statement.size_constraint_statement.comparison_operator", ""},
	{"firewall-rules", webACL + "Rules.Statement.SizeConstraintStatement.FieldToMatch.Body.OversizeHandling", "field_to_match.body.oversize_handling", ""},
	{"firewall-rules", webACL + "Rules.Statement.SizeConstraintStatement.Size", "rule body-size: statement.size_constraint_statement.size 65537", ""},
	{"firewall-rules", webACL + "Rules.Statement.SizeConstraintStatement.TextTransformations.Priority", "text_transformation.priority", ""},
	{"firewall-rules", webACL + "Rules.Statement.SizeConstraintStatement.TextTransformations.Type", "text_transformation.type", ""},
	{"firewall-rules", webACL + "Rules.Statement.ManagedRuleGroupStatement.Name", "managed_rule_group_statement[AWSManagedRulesAmazonIpReputationListx]", ""},
	{"firewall-rules", webACL + "Rules.Statement.ManagedRuleGroupStatement.VendorName", "vendor_name", ""},
	{"firewall-rules", webACL + "Rules.Statement.ManagedRuleGroupStatement.RuleActionOverrides.Name", "rule_action_override[CrossSiteScripting_BODYx]", ""},
	{"firewall-rules", webACL + "Rules.VisibilityConfig.CloudWatchMetricsEnabled", "rule rate-limit: visibility_config.cloudwatch_metrics_enabled", ""},
	{"firewall-rules", webACL + "Rules.VisibilityConfig.MetricName", "rule rate-limit: visibility_config.metric_name rate-limitx", ""},
	{"firewall-rules", webACL + "Rules.VisibilityConfig.SampledRequestsEnabled", "rule rate-limit: visibility_config.sampled_requests_enabled true", ""},
	{"firewall-rules", webACL + "VisibilityConfig.CloudWatchMetricsEnabled", "visibility_config: cloudwatch_metrics_enabled", ""},
	{"firewall-rules", webACL + "VisibilityConfig.MetricName", "visibility_config: metric_name", ""},
	{"firewall-rules", webACL + "VisibilityConfig.SampledRequestsEnabled", "visibility_config: sampled_requests_enabled true", ""},
	{"firewall-rules", webACL + "AssociationConfig.RequestBody.API_GATEWAY.DefaultSizeInspectionLimit", "association_config: request_body.api_gateway.default_size_inspection_limit KB_64x", ""},
	{"firewall-rules", webACL + "DataProtectionConfig.DataProtections.Action", "data_protection_config: data_protection", ""},
	{"firewall-rules", webACL + "DataProtectionConfig.DataProtections.ExcludeRuleMatchDetails", "exclude_rule_match_detail=true", ""},
	{"firewall-rules", webACL + "DataProtectionConfig.DataProtections.Field.FieldType", "BODYx", ""},
	{"firewall-rules", webACL + "DataProtectionConfig.DataProtections.Field.FieldKeys", "authorizationx", ""},
	{"firewall-rules", firewallLog + "LogDestinationConfigs", "log arn:aws:logs:", ""},
	{"firewall-rules", firewallLog + "RedactedFields.SingleHeader.Name", "fields that the log leaves out", ""},
	{"firewall-rules", firewallLog + "LoggingFilter.DefaultBehavior", "requests that the log has: default_behavior DROPx", ""},
	{"firewall-rules", firewallLog + "LoggingFilter.Filters.Behavior", "requests that the log has: filter.behavior KEEPx", ""},
	{"firewall-rules", firewallLog + "LoggingFilter.Filters.Requirement", "requests that the log has: filter.requirement", ""},
	{"firewall-rules", firewallLog + "LoggingFilter.Filters.Conditions.ActionCondition.Action", "BLOCKx", ""},
	{"firewall-rules", firewallLog + "LoggingFilter.Filters.Conditions.LabelNameCondition.LabelName", "_Bodyx", ""},
	{"", webACL + "Name", "", asked},
	{"", "ListWebACLs.WebACLs.Name", "", "the next calls ask for the web ACL that it names, and TestSurroundings has others"},
	{"", "ListWebACLs.WebACLs.Id", "", "the next call asks for it"},
	{"", "ListWebACLs.WebACLs.ARN", "", "the next call asks for it"},
	{"", webACL + "Capacity", "", "AWS counts it from the rules"},
	{"", webACL + "LabelNamespace", "", "AWS makes it of the account and the name"},
}

var driftsOfTheRest = []drift{
	{"api", "api.policy", "the API's policy", ""},
	{"api", "api.endpointConfiguration.types", "endpoint", ""},
	{"api", "api.endpointConfiguration.vpcEndpointIds", "endpoints of VPCs", ""},
	{"api", "api.disableExecuteApiEndpoint", "default endpoint closed", ""},
	{"api", "api.apiKeySource", "place of API keys", ""},
	{"api", "api.minimumCompressionSize", "least bytes to compress", ""},
	{"", "stage.webAclArn", "", "AWS makes up its end, and TestSurroundings has others"},
	{"deployment", "stage.deploymentId", "the stage serves d3p10yx, and the API also has d3p10y", ""},
	{"deployment", "deployments.item.id", "the API also has d3p10yx", ""},
	{"deployment", "snapshot.apiSummary.*.authorizationType", "authorization", ""},
	{"deployment", "snapshot.apiSummary.*.apiKeyRequired", "API key required", ""},
	{"usage-plans", plan + "name", "it does not exist", ""},
	{"usage-plans", plan + "apiStages.apiId", "stages", ""},
	{"usage-plans", plan + "apiStages.stage", "stages", ""},
	{"usage-plans", plan + "throttle.rateLimit", "requests a second of a key", ""},
	{"usage-plans", plan + "throttle.burstLimit", "burst of a key", ""},
	{"usage-plans", plan + "quota.limit", "quota", ""},
	{"usage-plans", plan + "quota.offset", "offset of the quota", ""},
	{"usage-plans", plan + "quota.period", "period of the quota", ""},
	{"usage-plans", "keys.item.name", "it has none of that name", ""},
	{"usage-plans", "apikey.enabled", "enabled", ""},
	{"", plan + "id", "", asked},
	{"", "keys.item.id", "", "the next call asks for the key that it names"},
	{"tables", table + "TableType", "type", ""},
	{"tables", table + "StorageDescriptor.Location", "location", ""},
	{"tables", table + "StorageDescriptor.Columns.Name", "columns", ""},
	{"tables", table + "StorageDescriptor.Columns.Type", "columns", ""},
	{"tables", table + "StorageDescriptor.InputFormat", "input format", ""},
	{"tables", table + "StorageDescriptor.OutputFormat", "output format", ""},
	{"tables", table + "StorageDescriptor.SerdeInfo.SerializationLibrary", "reader", ""},
	{"tables", table + "StorageDescriptor.SerdeInfo.Parameters.serialization.format", "parameters of the reader", ""},
	{"tables", table + "PartitionKeys.Name", "partitions", ""},
	{"tables", table + "PartitionKeys.Type", "partitions", ""},
	{"tables", table + "Parameters.*", "parameters", ""},
	{"", table + "Name", "", asked},
	{"access-log-settings", "stage.accessLogSettings.destinationArn", "destination", ""},
	{"access-log-settings", "stage.accessLogSettings.format", "format", ""},
	{"execution-log", "stage.tracingEnabled", "tracing", ""},
	{"execution-log", settings + "loggingLevel", "logging level", ""},
	{"execution-log", settings + "dataTraceEnabled", "data trace", ""},
	{"execution-log", settings + "metricsEnabled", "metrics", ""},
	{"execution-log", settings + "throttlingRateLimit", "requests a second", ""},
	{"execution-log", settings + "throttlingBurstLimit", "burst", ""},
	{"logging-role", "account.cloudwatchRoleArn", "role", ""},
	{"log-groups", "DescribeLogGroups.logGroups.logGroupName", "it does not exist", ""},
	{"log-groups", "DescribeLogGroups.logGroups.retentionInDays", "retention in days", ""},
	{"log-groups", "DescribeLogGroups.logGroups.kmsKeyId", "key", ""},
	{"log-groups", "DescribeLogStreams.logStreams.logStreamName", "it does not exist", ""},
	{"dashboards", "GetDashboard.GetDashboardResponse.GetDashboardResult.DashboardBody", "as JSON", ""},
	{"roles", "GetRole.GetRoleResponse.GetRoleResult.Role.AssumeRolePolicyDocument", "the trust of", ""},
	{"roles", "GetRolePolicy.GetRolePolicyResponse.GetRolePolicyResult.PolicyDocument", "'s ", ""},
	{"roles", "ListRolePolicies.ListRolePoliciesResponse.ListRolePoliciesResult.PolicyNames.member", "it also has", ""},
	{"alarms", alarm + "AlarmName", "it does not exist", ""},
	{"alarms", alarm + "ComparisonOperator", "comparison", ""},
	{"alarms", alarm + "Threshold", "threshold", ""},
	{"alarms", alarm + "EvaluationPeriods", "periods", ""},
	{"alarms", alarm + "DatapointsToAlarm", "datapoints", ""},
	{"alarms", alarm + "TreatMissingData", "missing data", ""},
	{"alarms", alarm + "ActionsEnabled", "actions enabled", ""},
	{"alarms", alarm + "AlarmActions.member", "alarm_actions", ""},
	{"alarms", alarm + "OKActions.member", "ok_actions", ""},
	{"alarms", alarm + "Namespace", "metric", ""},
	{"alarms", alarm + "MetricName", "metric", ""},
	{"alarms", alarm + "Statistic", "metric", ""},
	{"alarms", alarm + "Period", "metric", ""},
	{"alarms", alarm + "Dimensions.member.Name", "metric", ""},
	{"alarms", alarm + "Dimensions.member.Value", "metric", ""},
	{"alarms", alarm + "Metrics.member.Id", "metrics", ""},
	{"alarms", alarm + "Metrics.member.Expression", "metrics", ""},
	{"alarms", alarm + "Metrics.member.ReturnData", "metrics", ""},
	{"alarms", alarm + "Metrics.member.MetricStat.Metric.Namespace", "metrics", ""},
	{"alarms", alarm + "Metrics.member.MetricStat.Metric.MetricName", "metrics", ""},
	{"alarms", alarm + "Metrics.member.MetricStat.Metric.Dimensions.member.Name", "metrics", ""},
	{"alarms", alarm + "Metrics.member.MetricStat.Metric.Dimensions.member.Value", "metrics", ""},
	{"alarms", alarm + "Metrics.member.MetricStat.Period", "metrics", ""},
	{"alarms", alarm + "Metrics.member.MetricStat.Stat", "metrics", ""},
	{"authorizers", authorizer + "name", "it does not exist", ""},
	{"authorizers", authorizer + "type", "type TOKENx", ""},
	{"authorizers", authorizer + "providerARNs", "user pools [arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_aBcDeF123x]", ""},
	{"authorizers", authorizer + "authorizerUri", "function arn:", ""},
	{"authorizers", authorizer + "authorizerCredentials", "role of the function's call", ""},
	{"authorizers", authorizer + "identitySource", "source of the token", ""},
	{"authorizers", authorizer + "authorizerResultTtlInSeconds", "seconds for which a decision is kept 1", ""},
	{"", authorizer + "authType", "", "AWS makes it of the type"},
	{"workgroups", workgroup + "State", "state ENABLEDx", ""},
	{"workgroups", workgroup + "Configuration.BytesScannedCutoffPerQuery", "bytes that a query may read 10737418241", ""},
	{"workgroups", workgroup + "Configuration.EnforceWorkGroupConfiguration", "clients keep to these settings", ""},
	{"workgroups", workgroup + "Configuration.PublishCloudWatchMetricsEnabled", "metrics", ""},
	{"workgroups", workgroup + "Configuration.RequesterPaysEnabled", "requester pays", ""},
	{"workgroups", workgroup + "Configuration.EngineVersion.SelectedEngineVersion", "engine", ""},
	{"workgroups", workgroup + "Configuration.ResultConfiguration.OutputLocation", "results in", ""},
	{"workgroups", workgroup + "Configuration.ResultConfiguration.ExpectedBucketOwner", "account of the results' bucket", ""},
	{"workgroups", workgroup + "Configuration.ResultConfiguration.EncryptionConfiguration.EncryptionOption", "encryption of results", ""},
	{"workgroups", workgroup + "Configuration.ResultConfiguration.EncryptionConfiguration.KmsKey", "key of results", ""},
	{"", workgroup + "Configuration.EngineVersion.EffectiveEngineVersion", "", "AWS chooses it"},
	{"named-queries", namedQuery + "Name", "it does not exist", ""},
	{"named-queries", namedQuery + "Database", "database", ""},
	{"named-queries", namedQuery + "Description", "description", ""},
	{"named-queries", namedQuery + "QueryString", "SQL", ""},
	{"", "ListNamedQueries.NamedQueryIds", "", "the next calls ask for the queries that it names"},
	{"page-distribution", page + "Enabled", "enabled false", ""},
	{"page-distribution", page + "DefaultRootObject", "object of the root", ""},
	{"page-distribution", page + "HttpVersion", "version of HTTP", ""},
	{"page-distribution", page + "IsIPV6Enabled", "IPv6", ""},
	{"page-distribution", page + "PriceClass", "price class", ""},
	{"page-distribution", page + "Restrictions.GeoRestriction.RestrictionType", "restriction by country", ""},
	{"page-distribution", page + "ViewerCertificate.CloudFrontDefaultCertificate", "certificate of CloudFront", ""},
	{"page-distribution", page + "Origins.Items.Origin.Id", "origins", ""},
	{"page-distribution", page + "Origins.Items.Origin.DomainName", "origins", ""},
	{"", page + "Origins.Items.Origin.OriginAccessControlId", "", "AWS makes it up"},
	{"page-distribution", pageBehaviour + "TargetOriginId", "origin bucketx", ""},
	{"page-distribution", pageBehaviour + "ViewerProtocolPolicy", "protocols", ""},
	{"page-distribution", pageBehaviour + "AllowedMethods.Items.Method", "methods", ""},
	{"page-distribution", pageBehaviour + "AllowedMethods.CachedMethods.Items.Method", "cached methods", ""},
	{"page-distribution", pageBehaviour + "Compress", "compression", ""},
	{"page-distribution", pageBehaviour + "CachePolicyId", "cache policy", ""},
	{"", pageBehaviour + "ResponseHeadersPolicyId", "", "AWS makes it up"},
	{"page-distribution", "ListDistributions.DistributionList.Items.DistributionSummary.DomainName", "the account has none of this name", ""},
	{"", "ListDistributions.DistributionList.Items.DistributionSummary.Id", "", "the next call asks for it"},
	{"keys", "DescribeKey.KeyMetadata.KeyState", "state Enabledx", ""},
	{"keys", "DescribeKey.KeyMetadata.Arn", "leads to", ""},
	{"keys", "GetKeyRotationStatus.KeyRotationEnabled", "rotation false", ""},
	{"keys", "GetKeyRotationStatus.RotationPeriodInDays", "days of a rotation 366", ""},
	{"keys", "GetKeyPolicy.Policy", "as JSON", ""},
	{"", "GetRole.GetRoleResponse.GetRoleResult.Role.RoleName", "", asked},
	{"", "GetRole.GetRoleResponse.GetRoleResult.Role.Path", "", "no policy and no ARN of the stack has another"},
}

// added are values that AWS has where the stack declares none.
var added = []struct {
	golden string
	drift
	value any
}{
	{"dev", drift{"stream", streamSummary + "EnhancedMonitoring", "metrics of shards", ""}, []any{tree{"ShardLevelMetrics": []any{"IncomingBytes"}}}},
	{"dev", drift{"delivery", destination + "CustomTimeZone", "time zone Asia/Tokyo", ""}, "Asia/Tokyo"},
	{"dev", drift{"delivery", destination + "FileExtension", "extension", ""}, ".json"},
	{"dev", drift{"delivery", destination + "EncryptionConfiguration", "key", ""}, tree{"KMSEncryptionConfig": tree{"AWSKMSKeyARN": "arn:aws:kms:us-east-1:123456789012:key/other"}}},
	{"dev", drift{"delivery", destination + "S3BackupDescription", "bucket of the backup", ""}, tree{"BucketARN": "arn:aws:s3:::other"}},
	{"dev", drift{"delivery", destination + "DynamicPartitioningConfiguration", "partitions by field", ""}, tree{"Enabled": true}},
	{"dev", drift{"delivery", destination + "DataFormatConversionConfiguration", "conversion to Parquet", ""}, tree{"Enabled": true}},
	{"option-parquet", drift{"delivery", destination + "DataFormatConversionConfiguration.InputFormatConfiguration.Deserializer", "input format", ""}, tree{"HiveJsonSerDe": tree{}}},
	{"option-parquet", drift{"delivery", destination + "DataFormatConversionConfiguration.OutputFormatConfiguration.Serializer", "output format", ""}, tree{"OrcSerDe": tree{}}},
	{"dev", drift{"delivery", "DescribeDeliveryStream.DeliveryStreamDescription.Destinations", "a destination in S3", ""}, []any{}},
	{"dev", drift{"bucket-lifecycle", "lifecycle.LifecycleConfiguration.Rule", "also has quick", ""}, []any{tree{"ID": "quick", "Status": "Enabled", "Expiration": tree{"Days": 1.0}}}},
	{"dev", drift{"bucket-lock", "object-lock.ObjectLockConfiguration", "lock", ""}, tree{"ObjectLockEnabled": "Enabled"}},
	{"dev", drift{"bucket-lock", "object-lock.ObjectLockConfiguration", "years of the lock", ""}, tree{"ObjectLockEnabled": "Enabled", "Rule": tree{"DefaultRetention": tree{"Years": 1.0, "Mode": "COMPLIANCE"}}}},
	{"dev", drift{"bucket-logging", "logging.BucketLoggingStatus.LoggingEnabled", "access log in", ""}, tree{"TargetBucket": "other"}},
	{"dev", drift{"bucket-logging", "logging.BucketLoggingStatus.LoggingEnabled", "grants of the access log", ""}, tree{"TargetGrants": tree{"Grant": tree{"Permission": "READ"}}}},
	{"dev", drift{"bucket-lifecycle", "lifecycle.LifecycleConfiguration.Rule.Filter", "lifecycle rule", ""}, tree{"Tag": tree{"Key": "a", "Value": "b"}}},
	{"dev", drift{"api", "api.binaryMediaTypes", "binary types", ""}, []any{"image/png"}},
	{"dev", drift{"api", "api.policy", "also has", ""}, `{\"Statement\": [{\"Effect\": \"Deny\"}]}`},
	{"prod", drift{"roles", "GetRole.GetRoleResponse.GetRoleResult.Role.PermissionsBoundary", "the boundary of", ""}, tree{"PermissionsBoundaryArn": "arn:aws:iam::123456789012:policy/other"}},
	{"prod", drift{"roles", "ListAttachedRolePolicies.ListAttachedRolePoliciesResponse.ListAttachedRolePoliciesResult.AttachedPolicies", "it also has", ""}, tree{"member": tree{"PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess", "PolicyName": "AdministratorAccess"}}},
	{"prod", drift{"alarms", alarm + "InsufficientDataActions", "insufficient_data_actions", ""}, tree{"member": "arn:aws:sns:us-east-1:123456789012:other"}},
	{"prod", drift{"alarms", alarm + "[Namespace].Unit", "metric", ""}, "Seconds"},
	{"dev", drift{"bucket-replication", "replication.ReplicationConfiguration", "copies Enabled, to arn:aws:s3:::other", ""}, tree{"Rule": tree{"Status": "Enabled", "Destination": tree{"Bucket": "arn:aws:s3:::other"}}}},
	{"dev", drift{"bucket-replication", "replication.ReplicationConfiguration.Role", "role of the replication", ""}, "arn:aws:iam::123456789012:role/other"},
	{"dev", drift{"bucket-notifications", "notification.NotificationConfiguration.EventBridgeConfiguration", "EventBridge", ""}, tree{}},
	{"dev", drift{"bucket-notifications", "notification.NotificationConfiguration.QueueConfiguration", "notifications arn:aws:sqs:us-east-1:123456789012:other, s3:ObjectCreated:*", ""}, tree{"Queue": "arn:aws:sqs:us-east-1:123456789012:other", "Event": "s3:ObjectCreated:*"}},
	{"prod", drift{"firewall-rules", webACL + "DefaultAction", "default_action: block {}", ""}, tree{"Allow": nil, "Block": tree{}}},
	{"prod", drift{"firewall-rules", webACL + "Rules", "also has quick", ""}, []any{tree{"Name": "quick", "Priority": 9.0}}},
	{"prod", drift{"firewall-rules", webACL + "Rules.Action", "rule rate-limit: action.count {}", ""}, tree{"Count": tree{}}},
	{"prod", drift{"firewall-rules", webACL + "Rules.[OverrideAction].OverrideAction", "rule AmazonIpReputationList: override_action.count {}", ""}, tree{"Count": tree{}}},
	{"prod", drift{"firewall-rules", webACL + "TokenDomains", "token_domains other.example", ""}, []any{"other.example"}},
	{"prod", drift{"deployment", "deployments.item", "the stage serves d3p10y, and the API also has other of 2026-03-07T15:00:00Z", ""}, []any{tree{"id": "other", "createdDate": 1772895600.0}}},
	{"prod", drift{"deployment", "snapshot.apiSummary./submit", "the stage does not serve POST /submit", ""}, tree{}},
	{"prod", drift{"deployment", "snapshot.apiSummary./submit.GET", "the stage also serves GET /submit", ""}, tree{"authorizationType": "NONE"}},
	{"option-web", drift{"page-distribution", page + "Aliases", "other names [other.example]", ""}, tree{"Items": tree{"CNAME": "other.example"}}},
	{"option-web", drift{"page-distribution", page + "WebACLId", "web ACL of the page true", ""}, "arn"},
	{"option-web", drift{"page-distribution", page + "ContinuousDeploymentPolicyId", "distribution for tests c1", ""}, "c1"},
	{"option-web", drift{"page-distribution", page + "Logging", "log of the page in other.s3.amazonaws.com", ""}, tree{"Bucket": "other.s3.amazonaws.com"}},
	{"option-web", drift{"page-distribution", page + "Restrictions.GeoRestriction.Items", "countries [NO]", ""}, tree{"Location": "NO"}},
	{"option-web", drift{"page-distribution", page + "CacheBehaviors", "paths of their own [/api/*]", ""}, tree{"Items": tree{"CacheBehavior": tree{"PathPattern": "/api/*"}}}},
	{"option-web", drift{"page-distribution", page + "CustomErrorResponses", "pages of errors [404 /index.html]", ""}, tree{"Items": tree{"CustomErrorResponse": tree{"ErrorCode": 404, "ResponsePagePath": "/index.html"}}}},
	{"option-web", drift{"page-distribution", page + "Origins.Items.Origin.OriginAccessControlId", "without a signature", ""}, ""},
	{"option-web", drift{"page-distribution", pageBehaviour + "ResponseHeadersPolicyId", "policy of headers false", ""}, ""},
	{"option-web", drift{"page-distribution", pageBehaviour + "OriginRequestPolicyId", "origin request policy o1", ""}, "o1"},
	{"option-web", drift{"page-distribution", pageBehaviour + "RealtimeLogConfigArn", "log in real time arn", ""}, "arn"},
	{"option-web", drift{"page-distribution", pageBehaviour + "TrustedKeyGroups", "signed addresses alone true", ""}, tree{"Enabled": true}},
	{"option-web", drift{"page-distribution", pageBehaviour + "FunctionAssociations", "functions [arn:f]", ""}, tree{"Items": tree{"FunctionAssociation": tree{"FunctionARN": "arn:f"}}}},
	{"option-web", drift{"page-distribution", pageBehaviour + "LambdaFunctionAssociations", "functions [arn:l]", ""}, tree{"Items": tree{"LambdaFunctionAssociation": tree{"LambdaFunctionARN": "arn:l"}}}},
	{"option-cognito", drift{"authorizers", authorizer + "identityValidationExpression", "pattern of the token ^x", ""}, "^x"},
	{"option-cognito", drift{"authorizers", authorizer + "providerARNs", "userpool/us-east-1_aBcDeF123 other]", ""}, []any{"other"}},
	{"option-keys", drift{"usage-plans", "keys.item", "it also has other", ""}, []any{tree{"id": "other", "name": "other"}}},
	{"prod", drift{"stage", "stage.canarySettings", "canary true", ""}, tree{"deploymentId": "other"}},
	{"prod", drift{"stage", "stage.canarySettings.percentTraffic", "requests to the canary in percent 10", ""}, 10.0},
	{"prod", drift{"stage", "stage.canarySettings.stageVariableOverrides", "variables of the canary to=other", ""}, tree{"to": "other"}},
	{"prod", drift{"stage", "stage.variables", "variables to=other", ""}, tree{"to": "other"}},
	{"prod", drift{"stage", "stage.cacheClusterEnabled", "cache true", ""}, true},
	{"prod", drift{"stage", "stage.clientCertificateId", "client certificate true", ""}, "abc123"},
	{"prod", drift{"execution-log", "stage.methodSettings.submit/POST", "submit/POST: logging level OFF, data trace true", ""}, tree{"dataTraceEnabled": true}},
	{"prod", drift{"execution-log", "stage.methodSettings", "settings of */*", ""}, tree{}},
}

// drifting are the goldens that together declare each compared value.
var drifting = []string{"dev", "prod", "option-encrypted", "option-delivery", "option-partitions", "option-parquet", "option-tuned", "option-keys", "option-private", "option-intake", "option-token", "option-cognito", "option-web"}

// TestDrift changes each value of AWS's right answers, one after another: the check that compares it says so by its name. A value that
// no row knows fails, and so does a row without a value.
func TestDrift(t *testing.T) {
	t.Parallel()
	used, tried := map[string]bool{}, map[string]bool{}
	for _, golden := range drifting {
		a := newAccount(t, nil)
		r := deployedRun(t, golden, a)
		right := rightAnswers(t, r)
		a.setAll(t, right)
		for id := range compared() {
			if !slices.ContainsFunc(surroundingsChecks(r.Pipeline), func(c check) bool { return c.id == "surroundings/"+id }) {
				continue
			}
			if found := r.look(t.Context(), surroundingsCheck(t, r.Pipeline, id)); found.Status != Holds {
				t.Errorf("%s: %s is %s on the right answers: want %s; got %s; %s", golden, id, found.Status, found.Want, found.Got, found.Remedy)
			}
		}
		for call, answer := range right {
			if answer.body["Error"] != nil {
				continue
			}
			eachLeaf(answer.body, answer.at, func(at string, value any, set func(any)) {
				i := slices.IndexFunc(drifts, func(one drift) bool { return one.at == at })
				if i < 0 {
					t.Errorf("%s: no row knows %s (%v)", golden, at, value)
					return
				}
				used[at] = true
				if one := drifts[i]; one.without == "" && !tried[at] {
					tried[at] = true
					set(other(value))
					a.set(call, answer.reply(t))
					expectDrift(t, r, golden, one)
					set(value)
					a.set(call, answer.reply(t))
				}
			})
		}
	}
	for _, one := range drifts {
		if !used[one.at] {
			t.Errorf("no golden of %v has %s", drifting, one.at)
		}
	}
}

// TestOneOrder changes every value at once: each check says the differences in one order.
func TestOneOrder(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	r := deployedRun(t, "prod", a)
	right := rightAnswers(t, r)
	for _, answer := range right {
		eachLeaf(answer.body, answer.at, func(at string, value any, set func(any)) {
			if name := at[strings.LastIndex(at, ".")+1:]; name != "webAclArn" && name != "AlarmName" && name != "Error" {
				set(other(value))
			}
		})
	}
	a.setAll(t, right)
	for id := range compared() {
		if !slices.ContainsFunc(surroundingsChecks(r.Pipeline), func(c check) bool { return c.id == "surroundings/"+id }) {
			continue
		}
		c := surroundingsCheck(t, r.Pipeline, id)
		first := r.look(t.Context(), c)
		for range 10 {
			if again := r.look(t.Context(), c); again.Got != first.Got || again.Want != first.Want {
				t.Errorf("%s says %s\nand then %s", id, first.Got, again.Got)
				break
			}
		}
	}
}

// TestDriftOfWhatIsNotDeclared adds values to AWS's right answers.
func TestDriftOfWhatIsNotDeclared(t *testing.T) {
	t.Parallel()
	for _, one := range added {
		a := newAccount(t, nil)
		r := deployedRun(t, one.golden, a)
		right := rightAnswers(t, r)
		done := false
		for _, answer := range right {
			if strings.HasPrefix(one.at, answer.at) && !done {
				done = put(answer.body, strings.Split(strings.TrimPrefix(one.at, answer.at+"."), "."), one.value)
				if strings.Contains(one.at, "S3BackupDescription") {
					mode, _ := strings.CutPrefix(destination+"S3BackupMode", answer.at+".")
					put(answer.body, strings.Split(mode, "."), "Enabled")
				}
				delete(answer.body, "Error")
			}
		}
		if !done {
			t.Errorf("%s has no answer for %s", one.golden, one.at)
		}
		a.setAll(t, right)
		expectDrift(t, r, one.golden, one.drift)
	}
}

// TestEachComparedNameDrifts holds that each name under which a check compares a value has a row.
func TestEachComparedNameDrifts(t *testing.T) {
	t.Parallel()
	var rows strings.Builder
	for _, one := range drifts {
		rows.WriteString("\n" + one.says)
	}
	for _, one := range added {
		rows.WriteString("\n" + one.says)
	}
	rows.WriteString("\nprefix of the backup\nleast size of a moved object\nweb ACL") // TestTheBackup, TestRulesOfALifecycle and TestSurroundings change them
	for _, file := range []string{"stream.go", "delivery.go", "bucketsettings.go", "bucketrules.go", "bucketsent.go", "roles.go", "logs.go", "front.go", "firewall.go", "keys.go", "workgroup.go", "authorizers.go", "deployment.go", "namedquery.go", "distribution.go", "table.go", "alarms.go"} {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(node ast.Node) bool {
			call, ok := node.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 {
				return true
			}
			if selector, ok := call.Fun.(*ast.SelectorExpr); !ok || selector.Sel.Name != "compare" {
				return true
			}
			ast.Inspect(call.Args[0], func(node ast.Node) bool {
				literal, ok := node.(*ast.BasicLit)
				if name := strings.Trim(literalText(literal, ok), ": "); name != "" && name != "the fields of the line of" && !strings.Contains(rows.String(), "\n"+name) {
					t.Errorf("%s compares %q, and no row changes it", file, name)
				}
				return true
			})
			return true
		})
	}
}

func literalText(literal *ast.BasicLit, ok bool) string {
	if !ok {
		return ""
	}
	return strings.Trim(literal.Value, "`\"")
}

// TestTheDestinationIsComparedWhole holds that each member of a destination in S3 has a row, those that AWS adds among them.
func TestTheDestinationIsComparedWhole(t *testing.T) {
	t.Parallel()
	for field := range reflect.TypeFor[types.ExtendedS3DestinationDescription]().Fields() {
		known := slices.ContainsFunc(drifts, func(one drift) bool { return strings.HasPrefix(one.at, destination+field.Name) }) ||
			slices.ContainsFunc(added, func(one struct {
				golden string
				drift
				value any
			}) bool {
				return strings.HasPrefix(one.at, destination+field.Name)
			})
		if !known && field.IsExported() {
			t.Errorf("no row has %s", field.Name)
		}
	}
}

// compared are the checks that the rows name.
func compared() map[string]bool {
	found := map[string]bool{}
	for _, one := range drifts {
		if one.check != "" {
			found[one.check] = true
		}
	}
	return found
}

func expectDrift(t *testing.T, r *run, golden string, one drift) {
	t.Helper()
	found := r.look(t.Context(), surroundingsCheck(t, r.Pipeline, one.check))
	if found.Status != Differs || !strings.Contains(found.Got+found.Want, one.says) {
		t.Errorf("%s: another %s leaves %s %q (want %s; got %s; %s); it should differ and say %q", golden, one.at, one.check, found.Status, found.Want, found.Got, found.Remedy, one.says)
	}
}

// other is another value of the same kind.
func other(value any) any {
	switch value := value.(type) {
	case bool:
		return !value
	case float64:
		return value + 1
	}
	return fmt.Sprint(value) + "x"
}

// eachLeaf visits the values of an answer with what sets each.
func eachLeaf(node any, at string, visit func(at string, value any, set func(any))) {
	switch node := node.(type) {
	case tree:
		for _, name := range slices.Sorted(maps.Keys(node)) {
			switch value := node[name].(type) {
			case tree, []any:
				eachLeaf(value, at+"."+name, visit)
			default:
				row := at + "." + name
				if strings.HasSuffix(at, ".Table.Parameters") {
					row = at + ".*"
				}
				if strings.HasPrefix(at, "snapshot.apiSummary.") {
					row = "snapshot.apiSummary.*." + name
				}
				visit(row, value, func(to any) { node[name] = to })
			}
		}
	case []any:
		for i, value := range node {
			switch value.(type) {
			case tree, []any:
				eachLeaf(value, at, visit)
			default:
				visit(at, value, func(to any) { node[i] = to })
			}
		}
	}
}

// put sets a member of the first of each list on the way, or of the first that has the member in brackets, and adds to a list where the value is one.
func put(node any, path []string, value any) bool {
	switch node := node.(type) {
	case tree:
		if len(path) > 1 {
			if node[path[0]] == nil {
				node[path[0]] = tree{}
			}
			return put(node[path[0]], path[1:], value)
		}
		before, _ := node[path[0]].([]any)
		if more, ok := value.([]any); ok && len(more) > 0 {
			value = append(slices.Clone(before), more...)
		}
		node[path[0]] = value
		return true
	case []any:
		having, chosen := strings.CutPrefix(path[0], "[")
		for _, one := range node {
			if members, _ := one.(tree); !chosen {
				return put(one, path, value)
			} else if members[strings.TrimSuffix(having, "]")] != nil {
				return put(one, path[1:], value)
			}
		}
	}
	return false
}

// rightAnswer is an answer of AWS's as a tree.
type rightAnswer struct {
	at   string // its name in rows
	body tree
	kind string // json, xml or text
}

// reply is the answer in its wire form. An answer with the member Error says that nothing is declared.
func (a rightAnswer) reply(t *testing.T) reply {
	t.Helper()
	if code := text(a.body["Error"]); code != "" {
		return reply{404, "<Error><Code>" + code + "</Code><Message>none</Message></Error>"}
	}
	switch a.kind {
	case "xml":
		var written strings.Builder
		writeXML(&written, a.body)
		return reply{body: written.String()}
	case "text":
		return reply{body: text(a.body["Text"])}
	}
	body, err := json.Marshal(a.body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{body: string(body)}
}

// writeXML writes each member as an element, and each of a list as one of its name.
func writeXML(to *strings.Builder, node tree) {
	for _, name := range slices.Sorted(maps.Keys(node)) {
		all, isList := node[name].([]any)
		if !isList {
			all = []any{node[name]}
		}
		for _, one := range all {
			to.WriteString("<" + name + ">")
			if members, ok := one.(tree); ok {
				writeXML(to, members)
			} else {
				to.WriteString(strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(fmt.Sprint(one)))
			}
			to.WriteString("</" + name + ">")
		}
	}
}

func (a *account) setAll(t *testing.T, answers map[string]rightAnswer) {
	t.Helper()
	for call, answer := range answers {
		a.set(call, answer.reply(t))
	}
}

// rightAnswers are AWS's answers about a pipeline that is as its stack declares, by their calls.
func rightAnswers(t *testing.T, r *run) map[string]rightAnswer {
	t.Helper()
	answers := map[string]rightAnswer{}
	defer rightTable(r, answers)
	defer rightPlans(r, answers)
	defer rightFirewall(r, answers)
	defer rightKey(r, answers)
	defer rightWorkgroup(r, answers)
	defer rightAuthorizers(r, answers)
	defer rightDeployment(r, answers)
	defer rightDistribution(r, answers)
	defer rightNamedQueries(r, answers)
	add := func(call, at, kind string, body tree) { answers[call] = rightAnswer{at, body, kind} }
	add("DescribeStreamSummary", "DescribeStreamSummary", "json", tree{"StreamDescriptionSummary": rightStream(r)})
	add("DescribeDeliveryStream", "DescribeDeliveryStream", "json", tree{"DeliveryStreamDescription": rightDelivery(r)})
	add("GET /restapis/"+r.Outputs.Text("api_id")+"/stages/"+r.Name, "stage", "json", rightStage(r))
	add("GET /restapis/"+r.Outputs.Text("api_id"), "api", "json", rightAPI(r))
	role := "arn:aws:iam::123456789012:role/another-stack"
	for _, account := range r.stack.Resources("aws_api_gateway_account") {
		role = text(account.Body["cloudwatch_role_arn"])
	}
	add("GET /account", "account", "json", tree{"cloudwatchRoleArn": role})
	add("DescribeLogGroups", "DescribeLogGroups", "json", tree{"logGroups": each(r, "aws_cloudwatch_log_group", func(body tree) tree {
		return some(tree{"logGroupName": body["name"], "retentionInDays": body["retention_in_days"], "kmsKeyId": body["kms_key_id"]})
	})})
	add("DescribeLogStreams", "DescribeLogStreams", "json", tree{"logStreams": each(r, "aws_cloudwatch_log_stream", func(body tree) tree {
		return tree{"logStreamName": body["name"]}
	})})
	for _, dashboard := range r.stack.Resources("aws_cloudwatch_dashboard") {
		add("GetDashboard", "GetDashboard", "xml", tree{"GetDashboardResponse": tree{"GetDashboardResult": tree{"DashboardBody": dashboard.Body["dashboard_body"]}}})
	}
	add("DescribeAlarms", "DescribeAlarms", "xml", tree{"DescribeAlarmsResponse": tree{"DescribeAlarmsResult": tree{"MetricAlarms": tree{
		"member": each(r, "aws_cloudwatch_metric_alarm", rightAlarm),
	}}}})
	for _, role := range r.stack.Resources("aws_iam_role") {
		rightRole(r, role.Body, add)
	}
	for _, bucket := range r.stack.Resources("aws_s3_bucket") {
		rightBucket(r, text(bucket.Body["bucket"]), add)
	}
	return answers
}

// each makes a member of each resource of a type.
func each(r *run, typ string, member func(tree) tree) []any {
	all := []any{}
	for _, resource := range r.stack.Resources(typ) {
		all = append(all, member(resource.Body))
	}
	return all
}

// some is an object without the members that have no value.
func some(members tree) tree {
	maps.DeleteFunc(members, func(_ string, value any) bool { return value == nil || value == "" })
	return members
}

// orElse is a value, or what AWS has where none is declared.
func orElse(value, otherwise any) any {
	if value == nil {
		return otherwise
	}
	return value
}

func rightStream(r *run) tree {
	body := r.stack.Resources("aws_kinesis_stream")[0].Body
	return some(tree{
		"StreamStatus": "ACTIVE", "StreamModeDetails": tree{"StreamMode": tfjson.At(body, "stream_mode_details", "stream_mode")},
		"OpenShardCount": orElse(body["shard_count"], 4.0), "RetentionPeriodHours": body["retention_period"], "MaxRecordSizeInKiB": 1024.0,
		"EnhancedMonitoring": []any{tree{"ShardLevelMetrics": []any{}}}, "EncryptionType": orElse(body["encryption_type"], "NONE"), "KeyId": body["kms_key_id"],
	})
}

func rightDelivery(r *run) tree {
	body := r.stack.Resources("aws_kinesis_firehose_delivery_stream")[0].Body
	blocks, _ := tfjson.Blocks(body, "extended_s3_configuration")
	s3 := blocks[0]
	var processors []any
	processing, _ := tfjson.Blocks(s3, "processing_configuration")
	for _, one := range processing {
		all, _ := tfjson.Blocks(one, "processors")
		for _, processor := range all {
			var given []any
			parameters, _ := tfjson.Blocks(processor, "parameters")
			for _, parameter := range parameters {
				given = append(given, tree{"ParameterName": parameter["parameter_name"], "ParameterValue": parameter["parameter_value"]})
			}
			processors = append(processors, tree{"Type": processor["type"], "Parameters": given})
		}
	}
	is := some(tree{
		"BucketARN": s3["bucket_arn"], "RoleARN": s3["role_arn"], "Prefix": s3["prefix"], "ErrorOutputPrefix": s3["error_output_prefix"],
		"CompressionFormat": orElse(s3["compression_format"], "UNCOMPRESSED"), "CustomTimeZone": s3["custom_time_zone"], "FileExtension": s3["file_extension"],
		"BufferingHints": tree{"IntervalInSeconds": s3["buffering_interval"], "SizeInMBs": s3["buffering_size"]},
		"S3BackupMode":   "Disabled",
		"CloudWatchLoggingOptions": tree{
			"Enabled":      true,
			"LogGroupName": tfjson.At(s3, "cloudwatch_logging_options", "log_group_name"), "LogStreamName": tfjson.At(s3, "cloudwatch_logging_options", "log_stream_name"),
		},
	})
	if len(processors) > 0 {
		is["ProcessingConfiguration"] = tree{"Enabled": true, "Processors": processors}
	}
	if key := s3["kms_key_arn"]; key != nil {
		is["EncryptionConfiguration"] = tree{"KMSEncryptionConfig": tree{"AWSKMSKeyARN": key}}
	}
	if retry := tfjson.At(s3, "dynamic_partitioning_configuration", "retry_duration"); retry != nil {
		is["DynamicPartitioningConfiguration"] = tree{"Enabled": true, "RetryOptions": tree{"DurationInSeconds": retry}}
	}
	if conversion, _ := tfjson.Blocks(s3, "data_format_conversion_configuration"); len(conversion) > 0 {
		schema := func(name string) any { return tfjson.At(conversion[0], "schema_configuration", name) }
		is["DataFormatConversionConfiguration"] = tree{
			"Enabled": true, "InputFormatConfiguration": tree{"Deserializer": tree{"OpenXJsonSerDe": tree{}}},
			"OutputFormatConfiguration": tree{"Serializer": tree{"ParquetSerDe": tree{
				"Compression": tfjson.At(conversion[0], "output_format_configuration", "serializer", "parquet_ser_de", "compression"),
			}}},
			"SchemaConfiguration": tree{
				"DatabaseName": schema("database_name"), "TableName": schema("table_name"), "RoleARN": schema("role_arn"),
				"CatalogId": r.Account, "Region": r.Region, "VersionId": "LATEST",
			},
		}
	}
	return tree{
		"DeliveryStreamStatus": "ACTIVE", "Destinations": []any{tree{"ExtendedS3DestinationDescription": is}},
		"Source": tree{"KinesisStreamSourceDescription": tree{
			"KinesisStreamARN": tfjson.At(body, "kinesis_source_configuration", "kinesis_stream_arn"), "RoleARN": tfjson.At(body, "kinesis_source_configuration", "role_arn"),
		}},
	}
}

func rightStage(r *run) tree {
	stage, set := r.declaredStage(), r.stack.Resources("aws_api_gateway_method_settings")[0].Body
	of := func(name string) any { return tfjson.At(set, "settings", name) }
	var firewall any
	for _, association := range r.stack.Resources("aws_wafv2_web_acl_association") {
		path, _, _ := strings.Cut(text(association.Body["web_acl_arn"]), "/webacl/")
		firewall = path + "/webacl/" + r.stack.Resources("aws_wafv2_web_acl")[0].Body["name"].(string) + "/11111111-1111-1111-1111-111111111111"
	}
	return some(tree{
		"webAclArn":         firewall,
		"deploymentId":      deploymentID,
		"tracingEnabled":    stage["xray_tracing_enabled"],
		"accessLogSettings": tree{"destinationArn": tfjson.At(stage, "access_log_settings", "destination_arn"), "format": tfjson.At(stage, "access_log_settings", "format")},
		"methodSettings": tree{text(set["method_path"]): tree{
			"loggingLevel": of("logging_level"), "dataTraceEnabled": of("data_trace_enabled"), "metricsEnabled": of("metrics_enabled"),
			"throttlingRateLimit": of("throttling_rate_limit"), "throttlingBurstLimit": of("throttling_burst_limit"),
		}},
	})
}

// rightAPI is an API with its policy in API Gateway's quotes.
func rightAPI(r *run) tree {
	body := r.stack.Resources("aws_api_gateway_rest_api")[0].Body
	of := func(name string) any {
		if values, ok := tfjson.At(body, "endpoint_configuration", name).([]any); ok {
			return slices.Clone(values)
		}
		return nil
	}
	is := some(tree{
		"endpointConfiguration": some(tree{"types": of("types"), "vpcEndpointIds": of("vpc_endpoint_ids")}), "apiKeySource": "HEADER",
		"disableExecuteApiEndpoint": tfjson.True(body["disable_execute_api_endpoint"]),
	})
	if size, err := strconv.Atoi(text(body["minimum_compression_size"])); err == nil && size >= 0 {
		is["minimumCompressionSize"] = float64(size)
	}
	for _, policy := range r.stack.Resources("aws_api_gateway_rest_api_policy") {
		is["policy"] = strings.Trim(strconv.Quote(text(policy.Body["policy"])), `"`)
	}
	return is
}

// rightPlans has the answers about usage plans and their keys.
func rightPlans(r *run, answers map[string]rightAnswer) {
	plans := each(r, "aws_api_gateway_usage_plan", func(body tree) tree {
		of := func(path ...string) any { return tfjson.At(body, path...) }
		return tree{
			"id": "plan", "name": body["name"], "apiStages": []any{tree{"apiId": r.Outputs.Text("api_id"), "stage": r.Name}},
			"throttle": tree{"rateLimit": of("throttle_settings", "rate_limit"), "burstLimit": of("throttle_settings", "burst_limit")},
			"quota":    tree{"limit": of("quota_settings", "limit"), "offset": 0.0, "period": of("quota_settings", "period")},
		}
	})
	answers["GET /usageplans"] = rightAnswer{"usageplans", tree{"item": plans}, "json"}
	keys := each(r, "aws_api_gateway_api_key", func(body tree) tree {
		id := "of-" + text(body["name"])
		answers["GET /apikeys/"+id] = rightAnswer{"apikey", tree{"enabled": true}, "json"}
		return tree{"id": id, "name": body["name"]}
	})
	answers["GET /usageplans/plan/keys"] = rightAnswer{"keys", tree{"item": keys}, "json"}
}

// rightKey has the answers about the one key.
func rightKey(r *run, answers map[string]rightAnswer) {
	for _, key := range r.stack.Resources("aws_kms_key") {
		answers["DescribeKey"] = rightAnswer{"DescribeKey", tree{"KeyMetadata": tree{"Arn": r.Outputs.Text("key_arn"), "KeyState": "Enabled"}}, "json"}
		answers["GetKeyRotationStatus"] = rightAnswer{"GetKeyRotationStatus", tree{"KeyRotationEnabled": true, "RotationPeriodInDays": 365.0}, "json"}
		answers["GetKeyPolicy"] = rightAnswer{"GetKeyPolicy", tree{"Policy": key.Body["policy"]}, "json"}
	}
}

// rightAuthorizers has the answer about the API's authorizers.
func rightAuthorizers(r *run, answers map[string]rightAnswer) {
	answers["GET /restapis/"+r.Outputs.Text("api_id")+"/authorizers"] = rightAnswer{"authorizers", tree{"item": each(r, "aws_api_gateway_authorizer", func(body tree) tree {
		is := some(tree{
			"name": body["name"], "type": body["type"], "authorizerUri": body["authorizer_uri"], "authorizerCredentials": body["authorizer_credentials"],
			"identitySource": body["identity_source"], "authorizerResultTtlInSeconds": body["authorizer_result_ttl_in_seconds"], "authType": "custom",
		})
		if pools, ok := body["provider_arns"].([]any); ok {
			is["providerARNs"] = slices.Clone(pools)
		}
		return is
	})}, "json"}
}

// rightDeployment has the answers about the API's one deployment.
func rightDeployment(r *run, answers map[string]rightAnswer) {
	methods, paths := tree{}, r.paths()
	for _, method := range r.stack.Resources("aws_api_gateway_method") {
		path := paths[text(method.Body["resource_id"])]
		if methods[path] == nil {
			methods[path] = tree{}
		}
		methods[path].(tree)[text(method.Body["http_method"])] = tree{
			"authorizationType": method.Body["authorization"], "apiKeyRequired": tfjson.True(method.Body["api_key_required"]),
		}
	}
	all := "GET /restapis/" + r.Outputs.Text("api_id") + "/deployments"
	answers[all] = rightAnswer{"deployments", tree{"item": []any{tree{"id": deploymentID}}}, "json"}
	answers[all+"/"+deploymentID+"?embed"] = rightAnswer{"snapshot", tree{"apiSummary": methods}, "json"}
}

// rightNamedQueries has the answers about the workgroup's named queries.
func rightNamedQueries(r *run, answers map[string]rightAnswer) {
	ids := each(r, "aws_athena_named_query", func(body tree) tree {
		id := "of-" + text(body["name"])
		answers["GetNamedQuery "+id] = rightAnswer{"GetNamedQuery", tree{"NamedQuery": tree{
			"Name": body["name"], "Database": body["database"], "Description": body["description"], "QueryString": body["query"],
		}}, "json"}
		return tree{"id": id}
	})
	for i, one := range ids {
		ids[i] = one.(tree)["id"]
	}
	answers["ListNamedQueries"] = rightAnswer{"ListNamedQueries", tree{"NamedQueryIds": ids}, "json"}
}

// rightDistribution has the answers about the page's distribution.
func rightDistribution(r *run, answers map[string]rightAnswer) {
	for _, distribution := range r.stack.Resources("aws_cloudfront_distribution") {
		of := func(path ...string) any { return tfjson.At(distribution.Body, path...) }
		behaviour := func(name string) any { return of("default_cache_behavior", name) }
		methods := func(name string) tree { return tree{"Method": slices.Clone(behaviour(name).([]any))} }
		origin := distribution.Body["origin"].([]any)[0].(tree)
		answers["GET /2020-05-31/distribution"] = rightAnswer{"ListDistributions", tree{"DistributionList": tree{"Items": tree{"DistributionSummary": []any{
			tree{"Id": "PAGE", "DomainName": strings.Trim(strings.TrimPrefix(r.Outputs.Text("web_url"), "https:"), "/")},
		}}}}, "xml"}
		answers["GET /2020-05-31/distribution/PAGE"] = rightAnswer{"GetDistribution", tree{"Distribution": tree{"DistributionConfig": tree{
			"Enabled": true, "DefaultRootObject": of("default_root_object"), "HttpVersion": of("http_version"), "IsIPV6Enabled": of("is_ipv6_enabled"), "PriceClass": of("price_class"),
			"Restrictions":      tree{"GeoRestriction": tree{"RestrictionType": "none"}},
			"ViewerCertificate": tree{"CloudFrontDefaultCertificate": true},
			"Origins":           tree{"Items": tree{"Origin": []any{tree{"Id": origin["origin_id"], "DomainName": origin["domain_name"], "OriginAccessControlId": "E1"}}}},
			"DefaultCacheBehavior": tree{
				"TargetOriginId": behaviour("target_origin_id"), "ViewerProtocolPolicy": behaviour("viewer_protocol_policy"), "Compress": behaviour("compress"),
				"CachePolicyId": behaviour("cache_policy_id"), "ResponseHeadersPolicyId": "E2",
				"AllowedMethods": tree{"Items": methods("allowed_methods"), "CachedMethods": tree{"Items": methods("cached_methods")}},
			},
		}}}, "xml"}
	}
}

// rightWorkgroup has the answer about the one workgroup.
func rightWorkgroup(r *run, answers map[string]rightAnswer) {
	for _, workgroup := range r.stack.Resources("aws_athena_workgroup") {
		of := func(path ...string) any {
			return tfjson.At(workgroup.Body, append([]string{"configuration"}, path...)...)
		}
		results := func(path ...string) any { return of(append([]string{"result_configuration"}, path...)...) }
		answers["GetWorkGroup"] = rightAnswer{"GetWorkGroup", tree{"WorkGroup": tree{"State": "ENABLED", "Configuration": tree{
			"BytesScannedCutoffPerQuery": of("bytes_scanned_cutoff_per_query"), "EnforceWorkGroupConfiguration": true, "PublishCloudWatchMetricsEnabled": true, "RequesterPaysEnabled": false,
			"EngineVersion": tree{"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3"},
			"ResultConfiguration": tree{
				"OutputLocation": results("output_location"), "ExpectedBucketOwner": results("expected_bucket_owner"),
				"EncryptionConfiguration": some(tree{"EncryptionOption": results("encryption_configuration", "encryption_option"), "KmsKey": results("encryption_configuration", "kms_key_arn")}),
			},
		}}}, "json"}
	}
}

// rightFirewall has the answers about the web ACL and its log, in the form of WAF's API, with what AWS adds.
func rightFirewall(r *run, answers map[string]rightAnswer) {
	for _, acl := range r.stack.Resources("aws_wafv2_web_acl") {
		is := tree{"Name": acl.Body["name"], "Capacity": 938.0, "LabelNamespace": "awswaf:123456789012:webacl:own:"}
		for _, block := range []string{"default_action", "data_protection_config", "visibility_config", "rule"} {
			is[wafName(block)] = ofWAF(acl.Body[block])
		}
		for _, one := range is["DataProtectionConfig"].(tree)["DataProtections"].([]any) {
			one.(tree)["ExcludeRuleMatchDetails"] = false
		}
		is["AssociationConfig"] = tree{"RequestBody": tree{"API_GATEWAY": tree{
			"DefaultSizeInspectionLimit": tfjson.At(acl.Body, "association_config", "request_body", "api_gateway", "default_size_inspection_limit"),
		}}}
		answers["ListWebACLs"] = rightAnswer{"ListWebACLs", tree{"WebACLs": []any{
			tree{"Name": "another", "Id": "a"}, tree{"Name": acl.Body["name"], "Id": "b", "ARN": "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/own/b"},
		}}, "json"}
		answers["GetWebACL"] = rightAnswer{"GetWebACL", tree{"WebACL": is}, "json"}
	}
	for _, log := range r.stack.Resources("aws_wafv2_web_acl_logging_configuration") {
		answers["GetLoggingConfiguration"] = rightAnswer{"GetLoggingConfiguration", tree{"LoggingConfiguration": tree{
			"LogDestinationConfigs": slices.Clone(log.Body["log_destination_configs"].([]any)), "RedactedFields": ofWAF(log.Body["redacted_fields"]), "LoggingFilter": ofWAF(log.Body["logging_filter"]),
		}}, "json"}
	}
}

// ofWAF is a block of the provider's with the names of WAF's API.
func ofWAF(value any) any {
	switch value := value.(type) {
	case tree:
		formed := tree{}
		for name, one := range value {
			formed[wafName(name)] = ofWAF(one)
		}
		return formed
	case []any:
		var all []any
		for _, one := range value {
			all = append(all, ofWAF(one))
		}
		return all
	}
	return value
}

func wafName(name string) string {
	switch name {
	case "rule", "data_protection", "filter", "condition", "text_transformation", "rule_action_override":
		name += "s"
	case "cloudwatch_metrics_enabled":
		return "CloudWatchMetricsEnabled"
	}
	var formed strings.Builder
	for word := range strings.SplitSeq(name, "_") {
		formed.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return formed.String()
}

// rightTable has the answer about the one table.
func rightTable(r *run, answers map[string]rightAnswer) {
	columns := func(value any) any {
		var all []any
		for _, one := range value.([]any) {
			all = append(all, tree{"Name": one.(tree)["name"], "Type": one.(tree)["type"]})
		}
		return all
	}
	for _, one := range r.stack.Resources("aws_glue_catalog_table") {
		storage := one.Body["storage_descriptor"].(tree)
		parameters := maps.Clone(one.Body["parameters"].(tree))
		answers["GetTable"] = rightAnswer{"GetTable", tree{"Table": tree{
			"Name": one.Body["name"], "TableType": one.Body["table_type"], "Parameters": parameters, "PartitionKeys": columns(one.Body["partition_keys"]),
			"StorageDescriptor": tree{
				"Location": storage["location"], "Columns": columns(storage["columns"]), "InputFormat": storage["input_format"], "OutputFormat": storage["output_format"],
				"SerdeInfo": tree{
					"SerializationLibrary": tfjson.At(storage, "ser_de_info", "serialization_library"),
					"Parameters":           maps.Clone(tfjson.At(storage, "ser_de_info", "parameters").(tree)),
				},
			},
		}}, "json"}
	}
}

func rightAlarm(body tree) tree {
	members := func(value any) any {
		if all, _ := value.([]any); len(all) > 0 {
			return tree{"member": slices.Clone(all)}
		}
		return nil
	}
	dimensions := func(value any) any {
		var all []any
		for name, value := range texts(value) {
			all = append(all, tree{"Name": name, "Value": value})
		}
		return members(all)
	}
	var queries []any
	declared, _ := tfjson.Blocks(body, "metric_query")
	for _, query := range declared {
		one := some(tree{"Id": query["id"], "Expression": query["expression"], "ReturnData": tfjson.True(query["return_data"])})
		if metrics, _ := tfjson.Blocks(query, "metric"); len(metrics) > 0 {
			m := metrics[0]
			one["MetricStat"] = tree{"Period": m["period"], "Stat": m["stat"], "Metric": some(tree{
				"Namespace": m["namespace"], "MetricName": m["metric_name"], "Dimensions": dimensions(m["dimensions"]),
			})}
		}
		queries = append(queries, one)
	}
	return some(tree{
		"AlarmName": body["alarm_name"], "ComparisonOperator": body["comparison_operator"], "Threshold": body["threshold"], "EvaluationPeriods": body["evaluation_periods"],
		"DatapointsToAlarm": body["datapoints_to_alarm"], "TreatMissingData": body["treat_missing_data"], "ActionsEnabled": true,
		"AlarmActions": members(body["alarm_actions"]), "OKActions": members(body["ok_actions"]), "Metrics": members(queries),
		"Namespace": body["namespace"], "MetricName": body["metric_name"], "Statistic": body["statistic"], "Period": body["period"], "Dimensions": dimensions(body["dimensions"]),
	})
}

func rightRole(r *run, body tree, add func(call, at, kind string, body tree)) {
	name := text(body["name"])
	answer := func(call, of string, result tree) {
		add(strings.TrimSpace(call+" "+name+" "+of), call, "xml", tree{call + "Response": tree{call + "Result": result}})
	}
	role := some(tree{"RoleName": name, "Path": "/", "AssumeRolePolicyDocument": url.PathEscape(text(body["assume_role_policy"]))})
	if boundary := body["permissions_boundary"]; boundary != nil {
		role["PermissionsBoundary"] = tree{"PermissionsBoundaryArn": boundary}
	}
	answer("GetRole", "", tree{"Role": role})
	names := []any{}
	for _, policy := range r.of("aws_iam_role_policy", "role", name) {
		names = append(names, policy["name"])
		answer("GetRolePolicy", text(policy["name"]), tree{"PolicyDocument": url.PathEscape(text(policy["policy"]))})
	}
	answer("ListRolePolicies", "", tree{"PolicyNames": tree{"member": names}})
	answer("ListAttachedRolePolicies", "", tree{"AttachedPolicies": tree{}})
}

// rightBucket has the answers about a bucket. One that says that nothing is declared has the member Error.
func rightBucket(r *run, bucket string, add func(call, at, kind string, body tree)) {
	answer := func(part, kind string, body tree) { add("GET /"+bucket+"?"+part, part, kind, body) }
	access, ownership := r.setting("aws_s3_bucket_public_access_block", bucket), r.setting("aws_s3_bucket_ownership_controls", bucket)
	answer("publicAccessBlock", "xml", tree{"PublicAccessBlockConfiguration": tree{
		"BlockPublicAcls": access["block_public_acls"], "BlockPublicPolicy": access["block_public_policy"],
		"IgnorePublicAcls": access["ignore_public_acls"], "RestrictPublicBuckets": access["restrict_public_buckets"],
	}})
	answer("ownershipControls", "xml", tree{"OwnershipControls": tree{"Rule": tree{"ObjectOwnership": tfjson.At(ownership, "rule", "object_ownership")}}})
	answer("policyStatus", "xml", tree{"PolicyStatus": tree{"IsPublic": false}})
	answer("replication", "xml", tree{"Error": "ReplicationConfigurationNotFoundError"})
	answer("notification", "xml", tree{"NotificationConfiguration": tree{}})
	answer("policy", "text", tree{"Text": text(r.setting("aws_s3_bucket_policy", bucket)["policy"])})
	encryption := r.setting("aws_s3_bucket_server_side_encryption_configuration", bucket)
	set := func(name string) any {
		return tfjson.At(encryption, "rule", "apply_server_side_encryption_by_default", name)
	}
	sse := tree{"ApplyServerSideEncryptionByDefault": some(tree{"SSEAlgorithm": orElse(set("sse_algorithm"), "AES256"), "KMSMasterKeyID": set("kms_master_key_id")})}
	if set("kms_master_key_id") != nil {
		sse["BucketKeyEnabled"] = tfjson.True(tfjson.At(encryption, "rule", "bucket_key_enabled"))
	}
	answer("encryption", "xml", tree{"ServerSideEncryptionConfiguration": tree{"Rule": sse}})
	answer("versioning", "xml", tree{"VersioningConfiguration": tree{"Status": tfjson.At(r.setting("aws_s3_bucket_versioning", bucket), "versioning_configuration", "status")}})
	answer("lifecycle", "xml", tree{"LifecycleConfiguration": tree{"Rule": rightRules(r.setting("aws_s3_bucket_lifecycle_configuration", bucket))}})
	if lock := r.setting("aws_s3_bucket_object_lock_configuration", bucket); lock != nil {
		answer("object-lock", "xml", tree{"ObjectLockConfiguration": tree{"ObjectLockEnabled": "Enabled", "Rule": tree{"DefaultRetention": tree{
			"Mode": tfjson.At(lock, "rule", "default_retention", "mode"), "Days": tfjson.At(lock, "rule", "default_retention", "days"),
		}}}})
	} else {
		answer("object-lock", "xml", tree{"Error": "ObjectLockConfigurationNotFoundError"})
	}
	logging := tree{}
	if log := r.setting("aws_s3_bucket_logging", bucket); log != nil {
		logging["LoggingEnabled"] = tree{
			"TargetBucket": log["target_bucket"], "TargetPrefix": log["target_prefix"],
			"TargetObjectKeyFormat": tree{"PartitionedPrefix": tree{"PartitionDateSource": tfjson.At(log, "target_object_key_format", "partitioned_prefix", "partition_date_source")}},
		}
	}
	answer("logging", "xml", tree{"BucketLoggingStatus": logging})
}

// members of a rule in the provider's names and in S3's.
var ruleMembers = [][2]string{
	{"expiration.days", "Expiration.Days"}, {"noncurrent_version_expiration.noncurrent_days", "NoncurrentVersionExpiration.NoncurrentDays"},
	{"abort_incomplete_multipart_upload.days_after_initiation", "AbortIncompleteMultipartUpload.DaysAfterInitiation"},
}

func rightRules(body tree) []any {
	var all []any
	declared, _ := tfjson.Blocks(body, "rule")
	for _, one := range declared {
		rule := tree{"ID": one["id"], "Status": one["status"], "Filter": tree{"Prefix": orElse(tfjson.At(one, "filter", "prefix"), "")}}
		for _, names := range ruleMembers {
			if value := tfjson.At(one, strings.Split(names[0], ".")...); value != nil {
				outer, inner, _ := strings.Cut(names[1], ".")
				rule[outer] = tree{inner: value}
			}
		}
		var moves []any
		transitions, _ := tfjson.Blocks(one, "transition")
		for _, move := range transitions {
			moves = append(moves, tree{"Days": move["days"], "StorageClass": move["storage_class"]})
		}
		if len(moves) > 0 {
			rule["Transition"] = moves
		}
		all = append(all, rule)
	}
	return all
}

// TestTheBackup compares where a declared backup is written.
func TestTheBackup(t *testing.T) {
	t.Parallel()
	r := deployedRun(t, "dev", newAccount(t, nil))
	declared := tree{"s3_backup_mode": "Enabled", "s3_backup_configuration": tree{"bucket_arn": "arn:aws:s3:::backup", "prefix": "raw/"}}
	for _, test := range []struct{ mode, bucket, prefix, says string }{
		{"Enabled", "backup", "raw/", ""},
		{"Enabled", "other", "raw/", "bucket of the backup arn:aws:s3:::other"},
		{"Enabled", "backup", "", "prefix of the backup none"},
		{"Disabled", "backup", "raw/", "backup Disabled"},
	} {
		var d differences
		r.compareBackup(&d, declared, &types.ExtendedS3DestinationDescription{
			S3BackupMode: types.S3BackupMode(test.mode), S3BackupDescription: &types.S3DestinationDescription{BucketARN: aws.String("arn:aws:s3:::" + test.bucket), Prefix: &test.prefix},
		})
		if got := strings.Join(d.got, "; "); got != test.says {
			t.Errorf("%v: the differences are %q", test, got)
		}
	}
}

// TestParametersOfATable holds that what Glue adds plays no part, and that what steers Athena does.
func TestParametersOfATable(t *testing.T) {
	t.Parallel()
	declared := map[string]string{"EXTERNAL": "TRUE", "projection.enabled": "true"}
	is := map[string]string{"EXTERNAL": "TRUE", "projection.enabled": "true", "transient_lastDdlTime": "1", "recordCount": "2"}
	if got := ofQueries(is, declared); !maps.Equal(got, declared) {
		t.Errorf("the parameters are %v, want %v", got, declared)
	}
	for _, name := range []string{"projection.day.type", "storage.location.template"} {
		is[name] = "more"
		if got := ofQueries(is, declared); got[name] != "more" {
			t.Errorf("%s plays no part in %v", name, got)
		}
	}
}

// TestRulesOfALifecycle compares rules with members that no environment of this project declares.
func TestRulesOfALifecycle(t *testing.T) {
	t.Parallel()
	declared := tree{"rule": []any{tree{
		"id": "all", "status": "Enabled",
		"filter":     tree{"and": tree{"prefix": "a/", "object_size_greater_than": 1.0, "object_size_less_than": 9.0, "tags": tree{"b": "2", "a": "1"}}},
		"expiration": tree{"date": "2027-01-01T00:00:00Z"}, "noncurrent_version_expiration": tree{"noncurrent_days": 3.0, "newer_noncurrent_versions": 4.0},
		"noncurrent_version_transition": []any{tree{"noncurrent_days": 5.0, "newer_noncurrent_versions": 6.0, "storage_class": "GLACIER"}},
		"transition":                    []any{tree{"days": 0.0, "storage_class": "INTELLIGENT_TIERING"}},
	}}}
	const want = "Enabled, prefix a/, above 1, below 9, tags a=1 b=2, expires on 2027-01-01, noncurrent versions expire after days 3, noncurrent versions kept 4, " +
		"noncurrent to GLACIER after days 5 kept 6, to INTELLIGENT_TIERING after days 0"
	if got := rulesOf(declared)["all"]; got != want {
		t.Errorf("the rule is %q, want %q", got, want)
	}
	a := newAccount(t, nil)
	r := deployedRun(t, "dev", a)
	bucket := r.stack.Resources("aws_s3_bucket")[0].Body["bucket"]
	r.setting("aws_s3_bucket_lifecycle_configuration", text(bucket))["rule"] = declared["rule"]
	const deployed = `<LifecycleConfiguration><Rule><ID>all</ID><Status>Enabled</Status><Filter><And><Prefix>a/</Prefix><ObjectSizeGreaterThan>1</ObjectSizeGreaterThan>
		<ObjectSizeLessThan>9</ObjectSizeLessThan><Tag><Key>a</Key><Value>1</Value></Tag><Tag><Key>b</Key><Value>2</Value></Tag></And></Filter>
		<Expiration><Date>2027-01-01T00:00:00Z</Date></Expiration><NoncurrentVersionExpiration><NoncurrentDays>3</NoncurrentDays><NewerNoncurrentVersions>4</NewerNoncurrentVersions>
		</NoncurrentVersionExpiration><NoncurrentVersionTransition><NoncurrentDays>5</NoncurrentDays><NewerNoncurrentVersions>6</NewerNoncurrentVersions><StorageClass>GLACIER</StorageClass>
		</NoncurrentVersionTransition><Transition><Days>0</Days><StorageClass>INTELLIGENT_TIERING</StorageClass></Transition></Rule></LifecycleConfiguration>`
	seen := differing{}
	c := surroundingsCheck(t, r.Pipeline, "bucket-lifecycle")
	a.set("GET /"+text(bucket)+"?lifecycle", reply{body: deployed})
	seen.expect(t, c, r, Holds, "")
	for _, part := range regexp.MustCompile(`>(\d+|a/|a|b|2027-01-01|GLACIER|INTELLIGENT_TIERING)[<T]`).FindAllStringSubmatchIndex(deployed, -1) {
		changed := deployed[:part[2]] + map[bool]string{true: "2028-01-01", false: "7"}[deployed[part[3]] == 'T'] + deployed[part[3]:]
		a.set("GET /"+text(bucket)+"?lifecycle", reply{body: changed})
		seen.expect(t, c, r, Differs, "lifecycle rule all")
	}
	a.set("GET /"+text(bucket)+"?lifecycle", reply{body: deployed})
	a.header.Set("X-Amz-Transition-Default-Minimum-Object-Size", "varies_by_storage_class")
	seen.expect(t, c, r, Differs, "least size of a moved object varies_by_storage_class")
	a.set("GET /"+text(bucket)+"?lifecycle", reply{404, "<Error><Code>NoSuchLifecycleConfiguration</Code><Message>none</Message></Error>"})
	seen.expect(t, c, r, Differs, "lifecycle rule all none")
}
