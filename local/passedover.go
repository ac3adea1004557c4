package local

// passedOver are the types that are let in though nothing imitates them, with the notice that says so. None of them is on
// the way of an event.
var passedOver = map[string]string{
	"aws_athena_named_query":                 queried,
	"aws_athena_workgroup":                   queried,
	"aws_glue_catalog_database":              queried,
	"aws_glue_catalog_table":                 queried,
	"aws_cloudwatch_dashboard":               unwatched,
	"aws_cloudwatch_metric_alarm":            unwatched,
	"aws_sns_topic":                          unwatched,
	"aws_sns_topic_policy":                   unwatched,
	"aws_sns_topic_subscription":             unwatched,
	"aws_cloudfront_distribution":            hostedPage,
	"aws_cloudfront_origin_access_control":   hostedPage,
	"aws_cloudfront_response_headers_policy": hostedPage,
	"aws_s3_object":                          "objects that the stack itself declares (aws_s3_object) are not in their buckets",
}

const (
	hostedPage = "CloudFront is not imitated: a page that the stack hosts is not served from its bucket"
	queried    = "Glue and Athena are not imitated: DuckDB reads the same objects, as select * from read_json('.ingest/s3/*/events/**/*')"
	unwatched  = "alarms and the dashboard are not imitated: nobody is told anything"
)
