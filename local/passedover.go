package local

// passedOver are the types that are ignored, each with the notice that says so. No event passes through them.
var passedOver = map[string]string{
	"aws_acm_certificate":                     named,
	"aws_acm_certificate_validation":          named,
	"aws_api_gateway_domain_name":             named,
	"aws_route53_record":                      named,
	"aws_wafv2_web_acl":                       unguarded,
	"aws_wafv2_web_acl_association":           unguarded,
	"aws_wafv2_web_acl_logging_configuration": unguarded,
	"aws_athena_named_query":                  queried,
	"aws_athena_workgroup":                    queried,
	"aws_glue_catalog_database":               queried,
	"aws_glue_catalog_table":                  queried,
	"aws_cloudwatch_dashboard":                unwatched,
	"aws_sns_topic":                           unwatched,
	"aws_sns_topic_policy":                    unwatched,
	"aws_sns_topic_subscription":              unwatched,
	"aws_cloudfront_distribution":             hostedPage,
	"aws_cloudfront_origin_access_control":    hostedPage,
	"aws_cloudfront_response_headers_policy":  hostedPage,
	"aws_s3_object":                           "objects that the stack declares (aws_s3_object) are not in their buckets",
}

const (
	hostedPage = "CloudFront is not imitated: a page that the stack hosts is not served from its bucket"
	named      = "the API answers at its local address, not at its domain"
	unguarded  = "the firewall is not imitated: WAF blocks nothing here"
	queried    = "Glue and Athena are not imitated: DuckDB reads the same objects"
	unwatched  = "alarms are evaluated, and notify nobody; the dashboard is not shown"
)
