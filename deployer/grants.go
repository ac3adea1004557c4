package deployer

// grant says what Terraform needs of IAM for a resource of some types. A type has one or more of them.
type grant struct {
	// types are resource types, separated by spaces.
	types string
	// on are the resources, separated by spaces: ARNs without "arn:PARTITION:", or "*" for actions that take no resource. {region} and
	// {account} are where the stack is deployed. Another name in braces is an argument of the resource; what AWS makes up (an id) becomes "*".
	on string
	// read are the actions of a plan, write those that an apply needs as well, and destroy those that only a destroy of this very resource
	// needs: a resource with prevent_destroy has none. They are names without the service, separated by spaces.
	read, write, destroy string
	// service is the prefix of the actions.
	service string
	// when is an argument that has to be true. Empty means always.
	when string
	// tagged bounds the actions to resources with the stack's tags Project and Environment: "request" where the request sets them,
	// "resource" where the resource has them.
	tagged string
}

// The sources: the calls that the AWS provider makes (deploytest records them, and fails where one is not granted or a grant is unused),
// and the service authorization reference for the resources that an action takes
// (https://docs.aws.amazon.com/service-authorization/latest/reference/). Where a grant is needed for what no recording shows, its comment
// says why.
var grants = []grant{
	{service: "kinesis", types: "aws_kinesis_stream", on: "kinesis:{region}:{account}:stream/{name}",
		read:    "DescribeStreamSummary ListTagsForStream",
		write:   "AddTagsToStream CreateStream DecreaseStreamRetentionPeriod IncreaseStreamRetentionPeriod RemoveTagsFromStream StartStreamEncryption UpdateShardCount UpdateStreamMode",
		destroy: "DeleteStream"},
	{service: "kinesis", types: "aws_kinesis_stream", on: "*", read: "DescribeLimits"},

	{service: "firehose", types: "aws_kinesis_firehose_delivery_stream", on: "firehose:{region}:{account}:deliverystream/{name}",
		read:    "DescribeDeliveryStream ListTagsForDeliveryStream",
		write:   "CreateDeliveryStream TagDeliveryStream UntagDeliveryStream UpdateDestination",
		destroy: "DeleteDeliveryStream"},

	{service: "iam", types: "aws_iam_role", on: "iam::{account}:role/{name}",
		read: "GetRole ListAttachedRolePolicies ListRolePolicies",
		// A role's trust and description change in place.
		write:   "CreateRole ListInstanceProfilesForRole TagRole UntagRole UpdateAssumeRolePolicy UpdateRoleDescription",
		destroy: "DeleteRole"},
	{service: "iam", types: "aws_iam_role_policy", on: "iam::{account}:role/{role}",
		read: "GetRolePolicy", write: "PutRolePolicy", destroy: "DeleteRolePolicy"},

	// HeadBucket takes s3:ListBucket.
	{service: "s3", types: "aws_s3_bucket", on: "s3:::{bucket}",
		read: "GetAccelerateConfiguration GetBucketAcl GetBucketCORS GetBucketLogging GetBucketObjectLockConfiguration GetBucketPolicy " +
			"GetBucketRequestPayment GetBucketTagging GetBucketVersioning GetBucketWebsite GetEncryptionConfiguration GetLifecycleConfiguration " +
			"GetReplicationConfiguration ListBucket",
		write: "CreateBucket PutBucketTagging", destroy: "DeleteBucket"},
	// Every bucket is versioned, so that its objects are deleted by their versions.
	{service: "s3", types: "aws_s3_bucket", when: "force_destroy", on: "s3:::{bucket}", destroy: "ListBucketVersions"},
	{service: "s3", types: "aws_s3_bucket", when: "force_destroy", on: "s3:::{bucket}/*", destroy: "DeleteObjectVersion"},
	{service: "s3", types: "aws_s3_bucket_versioning", on: "s3:::{bucket}", write: "PutBucketVersioning"},
	{service: "s3", types: "aws_s3_bucket_lifecycle_configuration", on: "s3:::{bucket}", write: "PutLifecycleConfiguration"},
	{service: "s3", types: "aws_s3_bucket_logging", on: "s3:::{bucket}", write: "PutBucketLogging"},
	{service: "s3", types: "aws_s3_bucket_object_lock_configuration", on: "s3:::{bucket}", write: "PutBucketObjectLockConfiguration"},
	// Terraform deletes what is locked in governance mode, where it may destroy the bucket with its objects.
	{service: "s3", types: "aws_s3_bucket_object_lock_configuration", on: "s3:::{bucket}/*", destroy: "BypassGovernanceRetention"},
	{service: "s3", types: "aws_s3_bucket_ownership_controls", on: "s3:::{bucket}", read: "GetBucketOwnershipControls", write: "PutBucketOwnershipControls"},
	{service: "s3", types: "aws_s3_bucket_policy", on: "s3:::{bucket}", write: "PutBucketPolicy", destroy: "DeleteBucketPolicy"},
	{service: "s3", types: "aws_s3_bucket_public_access_block", on: "s3:::{bucket}", read: "GetBucketPublicAccessBlock", write: "PutBucketPublicAccessBlock"},
	{service: "s3", types: "aws_s3_bucket_server_side_encryption_configuration", on: "s3:::{bucket}", write: "PutEncryptionConfiguration"},
	{service: "s3", types: "aws_s3_object", on: "s3:::{bucket}/*", read: "GetObject GetObjectTagging", write: "PutObject PutObjectTagging",
		destroy: "DeleteObjectVersion"},
	{service: "s3", types: "aws_s3_object", on: "s3:::{bucket}", destroy: "ListBucketVersions"},

	// AWS chooses an API's id, so that the ARNs name every REST API of the region. A DELETE of /restapis/ID is a destroy of the API; what
	// is below it has another slash.
	{service: "apigateway", types: "aws_api_gateway_rest_api", on: "apigateway:{region}::/restapis", write: "POST"},
	{service: "apigateway", types: "aws_api_gateway_rest_api", on: "apigateway:{region}::/restapis/*", read: "GET", write: "PATCH POST PUT", destroy: "DELETE"},
	{service: "apigateway", types: "aws_api_gateway_deployment", on: "apigateway:{region}::/restapis/*/*", write: "DELETE"},
	{service: "apigateway", types: "aws_api_gateway_rest_api_policy", on: "apigateway:{region}::/restapis/*", write: "UpdateRestApiPolicy"},
	// A tagged resource is created with PUT on its tags too, and a change of the tags adds and deletes some.
	{service: "apigateway", types: "aws_api_gateway_rest_api", on: "apigateway:{region}::/tags/*", write: "DELETE PUT"},
	{service: "apigateway", types: "aws_api_gateway_account", on: "apigateway:{region}::/account", read: "GET", write: "PATCH"},
	{service: "apigateway", types: "aws_api_gateway_api_key", on: "apigateway:{region}::/apikeys", write: "POST"},
	{service: "apigateway", types: "aws_api_gateway_api_key", on: "apigateway:{region}::/apikeys/*", read: "GET", write: "PATCH", destroy: "DELETE"},
	{service: "apigateway", types: "aws_api_gateway_usage_plan", on: "apigateway:{region}::/usageplans", write: "POST"},
	{service: "apigateway", types: "aws_api_gateway_usage_plan", on: "apigateway:{region}::/usageplans/*", read: "GET", write: "PATCH POST", destroy: "DELETE"},
	{service: "apigateway", types: "aws_api_gateway_domain_name", on: "apigateway:{region}::/domainnames", write: "POST"},
	{service: "apigateway", types: "aws_api_gateway_domain_name", on: "apigateway:{region}::/domainnames/{domain_name}", read: "GET",
		write: "PATCH", destroy: "DELETE"},
	{service: "apigateway", types: "aws_api_gateway_base_path_mapping", on: "apigateway:{region}::/domainnames/{domain_name}/basepathmappings",
		write: "POST"},
	{service: "apigateway", types: "aws_api_gateway_base_path_mapping", on: "apigateway:{region}::/domainnames/{domain_name}/basepathmappings/*", read: "GET",
		write: "PATCH", destroy: "DELETE"},
	// For client certificates API Gateway asks for these beside POST and PATCH.
	{service: "apigateway", types: "aws_api_gateway_domain_name", when: "mutual_tls_authentication",
		on: "apigateway:{region}::/domainnames apigateway:{region}::/domainnames/{domain_name}", write: "AddCertificateToDomain RemoveCertificateFromDomain"},

	{service: "logs", types: "aws_cloudwatch_log_group", on: "logs:{region}:{account}:log-group:{name} logs:{region}:{account}:log-group:{name}:*",
		read: "ListTagsForResource", write: "AssociateKmsKey CreateLogGroup DisassociateKmsKey PutRetentionPolicy TagResource UntagResource", destroy: "DeleteLogGroup"},
	{service: "logs", types: "aws_cloudwatch_log_group", on: "*", read: "DescribeLogGroups"},
	{service: "logs", types: "aws_cloudwatch_log_stream", on: "logs:{region}:{account}:log-group:{log_group_name} logs:{region}:{account}:log-group:{log_group_name}:*",
		read: "DescribeLogStreams", write: "CreateLogStream", destroy: "DeleteLogStream"},

	{service: "cloudwatch", types: "aws_cloudwatch_metric_alarm", on: "cloudwatch:{region}:{account}:alarm:{alarm_name}",
		read: "ListTagsForResource", write: "PutMetricAlarm TagResource UntagResource", destroy: "DeleteAlarms"},
	{service: "cloudwatch", types: "aws_cloudwatch_metric_alarm", on: "*", read: "DescribeAlarms"},
	{service: "cloudwatch", types: "aws_cloudwatch_dashboard", on: "cloudwatch::{account}:dashboard/{dashboard_name}",
		read: "GetDashboard", write: "PutDashboard", destroy: "DeleteDashboards"},

	{service: "sns", types: "aws_sns_topic", on: "sns:{region}:{account}:{name}",
		read: "GetTopicAttributes ListTagsForResource", write: "CreateTopic SetTopicAttributes TagResource UntagResource", destroy: "DeleteTopic"},
	// Subscriptions have no ARN to grant on.
	{service: "sns", types: "aws_sns_topic_subscription", on: "*",
		read: "GetSubscriptionAttributes", write: "Subscribe", destroy: "Unsubscribe"},

	{service: "glue", types: "aws_glue_catalog_database", on: "glue:{region}:{account}:catalog glue:{region}:{account}:database/{name}",
		read: "GetDatabase GetTags", write: "CreateDatabase TagResource UntagResource UpdateDatabase", destroy: "DeleteDatabase"},
	// Who deletes a database deletes its tables and functions.
	{service: "glue", types: "aws_glue_catalog_database", on: "glue:{region}:{account}:table/{name}/* glue:{region}:{account}:userDefinedFunction/{name}/*",
		destroy: "DeleteDatabase"},
	{service: "glue", types: "aws_glue_catalog_table",
		on:   "glue:{region}:{account}:catalog glue:{region}:{account}:database/{database_name} glue:{region}:{account}:table/{database_name}/{name}",
		read: "GetPartitionIndexes GetTable", write: "CreateTable UpdateTable", destroy: "DeleteTable"},

	{service: "athena", types: "aws_athena_workgroup", on: "athena:{region}:{account}:workgroup/{name}",
		read: "GetWorkGroup ListTagsForResource", write: "CreateWorkGroup TagResource UntagResource UpdateWorkGroup", destroy: "DeleteWorkGroup"},
	{service: "athena", types: "aws_athena_named_query", on: "athena:{region}:{account}:workgroup/{workgroup}",
		read: "GetNamedQuery", write: "CreateNamedQuery", destroy: "DeleteNamedQuery"},

	// AWS chooses a key's id. KMS compares tags in its place; a key gets its tags as it is created.
	{service: "kms", types: "aws_kms_key", on: "*", tagged: "request", write: "CreateKey TagResource"},
	{service: "kms", types: "aws_kms_key", on: "kms:{region}:{account}:key/*", tagged: "resource",
		read:    "DescribeKey GetKeyPolicy GetKeyRotationStatus ListResourceTags",
		write:   "EnableKeyRotation PutKeyPolicy TagResource UntagResource UpdateKeyDescription",
		destroy: "ScheduleKeyDeletion"},
	{service: "kms", types: "aws_kms_alias", on: "*", read: "ListAliases"},
	{service: "kms", types: "aws_kms_alias", on: "kms:{region}:{account}:{name}", write: "CreateAlias", destroy: "DeleteAlias"},
	{service: "kms", types: "aws_kms_alias", on: "kms:{region}:{account}:key/*", tagged: "resource", write: "CreateAlias", destroy: "DeleteAlias"},

	{service: "wafv2", types: "aws_wafv2_web_acl", on: "wafv2:{region}:{account}:regional/webacl/{name}/*",
		read: "GetLoggingConfiguration GetWebACL ListTagsForResource", write: "CreateWebACL TagResource UntagResource UpdateWebACL", destroy: "DeleteWebACL"},
	// A web ACL that uses AWS's groups of rules is created and updated with them.
	{service: "wafv2", types: "aws_wafv2_web_acl", on: "wafv2:{region}:{account}:regional/managedruleset/*/*", write: "CreateWebACL UpdateWebACL"},
	{service: "wafv2", types: "aws_wafv2_web_acl_association",
		on:   "wafv2:{region}:{account}:regional/webacl/* apigateway:{region}::/restapis/*/stages/*",
		read: "GetWebACLForResource", write: "AssociateWebACL", destroy: "DisassociateWebACL"},
	{service: "apigateway", types: "aws_wafv2_web_acl_association", on: "apigateway:{region}::/restapis/*/stages/*", write: "SetWebACL"},
	{service: "wafv2", types: "aws_wafv2_web_acl_logging_configuration", on: "wafv2:{region}:{account}:regional/webacl/*",
		read: "GetLoggingConfiguration", write: "PutLoggingConfiguration", destroy: "DeleteLoggingConfiguration"},
	// WAF lets itself write to the log group with the permissions of whoever turns its log on
	// (https://docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html).
	{service: "logs", types: "aws_wafv2_web_acl_logging_configuration", on: "*",
		write: "CreateLogDelivery DeleteLogDelivery DescribeLogGroups DescribeResourcePolicies PutResourcePolicy"},

	{service: "cloudfront", types: "aws_cloudfront_distribution", on: "cloudfront::{account}:distribution/*",
		read: "GetDistribution ListTagsForResource", write: "CreateDistribution TagResource UntagResource UpdateDistribution", destroy: "DeleteDistribution"},
	{service: "cloudfront", types: "aws_cloudfront_origin_access_control", on: "cloudfront::{account}:origin-access-control/*",
		read: "GetOriginAccessControl", write: "CreateOriginAccessControl UpdateOriginAccessControl", destroy: "DeleteOriginAccessControl"},
	{service: "cloudfront", types: "aws_cloudfront_response_headers_policy", on: "cloudfront::{account}:response-headers-policy/*",
		read: "GetResponseHeadersPolicy", write: "CreateResponseHeadersPolicy UpdateResponseHeadersPolicy", destroy: "DeleteResponseHeadersPolicy"},

	{service: "acm", types: "aws_acm_certificate", on: "*", write: "RequestCertificate"},
	{service: "acm", types: "aws_acm_certificate", on: "acm:{region}:{account}:certificate/*",
		read: "DescribeCertificate ListTagsForCertificate", write: "AddTagsToCertificate RemoveTagsFromCertificate", destroy: "DeleteCertificate"},
	{service: "route53", types: "aws_route53_record", on: "route53:::hostedzone/{zone_id}",
		read: "GetHostedZone ListResourceRecordSets", write: "ChangeResourceRecordSets"},
	{service: "route53", types: "aws_route53_record", on: "route53:::change/*", write: "GetChange"},
}

// free are the types that need nothing of their own: what they are part of has it, or AWS asks nobody for a permission.
var free = []string{
	"aws_acm_certificate_validation", "aws_api_gateway_authorizer", "aws_api_gateway_gateway_response", "aws_api_gateway_integration",
	"aws_api_gateway_integration_response", "aws_api_gateway_method", "aws_api_gateway_method_response", "aws_api_gateway_method_settings",
	"aws_api_gateway_model", "aws_api_gateway_request_validator", "aws_api_gateway_resource", "aws_api_gateway_stage",
	"aws_api_gateway_usage_plan_key", "aws_sns_topic_policy",
}
