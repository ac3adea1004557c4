package spec

import (
	"cmp"
	"strings"
)

// The names of what an environment is made of, all derived from its own name.

// APIName is the REST API's name.
func (e Environment) APIName() string { return "api-kinesis-" + e.Name }

// StreamName is the Kinesis data stream's name.
func (e Environment) StreamName() string { return "api-kinesis-stream-" + e.Name }

// DeliveryStreamName is the Firehose delivery stream's name.
func (e Environment) DeliveryStreamName() string { return "api-kinesis-firehose-" + e.Name }

// BucketName is the S3 bucket's name: the environment's own choice, or derived.
func (e Environment) BucketName() string {
	return cmp.Or(e.Bucket.Name, "api-kinesis-firehose-bucket-"+e.Name)
}

// AccessLogBucketName is the name of the bucket that receives the bucket's access log: the environment's own choice, or
// derived.
func (e Environment) AccessLogBucketName() string {
	return cmp.Or(e.Bucket.AccessLogName, "api-kinesis-access-log-"+e.Name)
}

// KeyAliasName is the alias of the customer key.
func (e Environment) KeyAliasName() string { return "alias/api-kinesis-" + e.Name }

// WebName is the name of what CloudFront has of the hosted page. Its names are one per account.
func (e Environment) WebName() string { return "api-kinesis-web-" + e.Name }

// WebBucketName is the name of the hosted page's bucket: the environment's own choice, or derived.
func (e Environment) WebBucketName() string { return cmp.Or(e.Web.BucketName, e.WebName()) }

// AccessLogGroupName is the log group of the stage's access log.
func (e Environment) AccessLogGroupName() string { return "/aws/apigateway/" + e.APIName() + "/access" }

// DeliveryLogGroupName is the log group of the delivery stream's errors. Firehose's own console uses this name.
func (e Environment) DeliveryLogGroupName() string {
	return "/aws/kinesisfirehose/" + e.DeliveryStreamName()
}

// SubmitRoleName is the role with which API Gateway writes to the stream.
func (e Environment) SubmitRoleName() string { return "api-kinesis-submit-" + e.Name }

// LoggingRoleName is the role with which API Gateway writes its logs, for the whole account and region.
func (e Environment) LoggingRoleName() string { return "api-kinesis-logging-" + e.Name }

// AuthorizerRoleName is the role with which API Gateway asks a Lambda authorizer.
func (e Environment) AuthorizerRoleName() string { return "api-kinesis-authorizer-" + e.Name }

// DeliveryRoleName is the role with which Firehose reads the stream and writes the bucket.
func (e Environment) DeliveryRoleName() string { return "api-kinesis-delivery-" + e.Name }

// QueryDatabaseName is the Glue database's name. Athena takes no "-" in a name without quotes.
func (e Environment) QueryDatabaseName() string {
	return "api_kinesis_" + strings.ReplaceAll(e.Name, "-", "_")
}

// QueryTableName is the name of the Glue table over the delivered objects.
func (e Environment) QueryTableName() string { return "events" }

// QueryWorkgroupName is the Athena workgroup's name.
func (e Environment) QueryWorkgroupName() string { return "api-kinesis-" + e.Name }

// QueryBucketName is the name of the bucket of queries' results: the environment's own choice, or derived.
func (e Environment) QueryBucketName() string {
	return cmp.Or(e.Query.ResultBucket, "api-kinesis-query-"+e.Name)
}

// StateKey is the key of the state object in an S3 backend.
func (e Environment) StateKey() string {
	return cmp.Or(e.State.S3.Key, "api-kinesis/"+e.Name+".tfstate")
}

// StateRegion is the region of an S3 backend's bucket.
func (e Environment) StateRegion() string { return cmp.Or(e.State.S3.Region, e.Region) }

// StateWorkspace is the workspace of an HCP Terraform backend.
func (e Environment) StateWorkspace() string { return cmp.Or(e.State.Cloud.Workspace, e.APIName()) }
