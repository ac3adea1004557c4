package spec

import (
	"cmp"
	"slices"
	"strings"
)

// Names says how the environment's names are derived: PREFIX-KIND-ENV. Set the options before the first deployment. A later
// change of Prefix or AccountInBuckets replaces every resource that it renames, the bucket too. A change of the prefix also changes
// the derived key or workspace of the state, so that Terraform no longer finds the state.
type Names struct {
	// Prefix begins every derived name, except where AWS requires another beginning: then it follows that. It is also the default
	// of the tag Project. It has 1 to 32 characters of a-z, 0-9 and "-", begins with a letter and ends with a letter or a digit.
	// A synthesis refuses a prefix that makes a name too long for its service.
	Prefix string
	// AccountInBuckets puts [Environment.Account] before ENV in the derived name of each bucket. It needs Account. Only bucket
	// names are global: S3 has one bucket of a name in all accounts of a partition.
	AccountInBuckets bool
	// SubmitRole is the name of the role with which API Gateway writes to the stream: 1 to 64 letters, digits and "+", "=", ",", ".",
	// "@", "_", "-". Empty derives PREFIX-submit-ENV. An apply does not rename a role that exists. So before you change Prefix or Name,
	// set this option to the role's name. Otherwise `ingest verify` and the roles of `ingest deployer` use the derived name, which no
	// role has.
	SubmitRole string
}

// defaultPrefix is the project's name.
const defaultPrefix = "api-kinesis"

// derived returns the name of a kind of resource. Without a kind it is the environment's own name.
func (e Environment) derived(kind string) string {
	return strings.Join(slices.DeleteFunc([]string{e.Names.Prefix, kind, e.Name}, func(part string) bool { return part == "" }), "-")
}

// derivedBucket returns the name of a bucket. Bucket names are global.
func (e Environment) derivedBucket(kind string) string {
	if e.Names.AccountInBuckets {
		kind += "-" + e.Account
	}
	return e.derived(kind)
}

// The names of an environment's resources are derived from its own name and the prefix.

// APIName is the REST API's name.
func (e Environment) APIName() string { return e.derived("") }

// StreamName is the Kinesis data stream's name.
func (e Environment) StreamName() string { return e.derived("stream") }

// DeliveryStreamName is the Firehose delivery stream's name.
func (e Environment) DeliveryStreamName() string { return e.derived("firehose") }

// BucketName is the S3 bucket's name: the environment's own choice, or derived.
func (e Environment) BucketName() string {
	return cmp.Or(e.Bucket.Name, e.derivedBucket("firehose-bucket"))
}

// AccessLogBucketName is the name of the bucket that receives the bucket's access log: the environment's own choice, or
// derived.
func (e Environment) AccessLogBucketName() string {
	return cmp.Or(e.Bucket.AccessLogName, e.derivedBucket("access-log"))
}

// KeyAliasName is the alias of the customer key.
func (e Environment) KeyAliasName() string { return "alias/" + e.derived("") }

// WebName is the name of the hosted page's CloudFront resources. CloudFront's names are unique within an account.
func (e Environment) WebName() string { return e.derived("web") }

// WebBucketName is the name of the hosted page's bucket: the environment's own choice, or derived.
func (e Environment) WebBucketName() string { return cmp.Or(e.Web.BucketName, e.derivedBucket("web")) }

// AccessLogGroupName is the log group of the stage's access log.
func (e Environment) AccessLogGroupName() string { return "/aws/apigateway/" + e.APIName() + "/access" }

// DeliveryLogGroupName is the log group of the delivery stream's errors. Firehose's own console uses this name.
func (e Environment) DeliveryLogGroupName() string {
	return "/aws/kinesisfirehose/" + e.DeliveryStreamName()
}

// SubmitRoleName is the role with which API Gateway writes to the stream: the environment's own choice, or derived.
func (e Environment) SubmitRoleName() string { return cmp.Or(e.Names.SubmitRole, e.derived("submit")) }

// LoggingRoleName is the role with which API Gateway writes its logs, for the whole account and region.
func (e Environment) LoggingRoleName() string { return e.derived("logging") }

// AuthorizerRoleName is the role with which API Gateway asks a Lambda authorizer.
func (e Environment) AuthorizerRoleName() string { return e.derived("authorizer") }

// DeliveryRoleName is the role with which Firehose reads the stream and writes the bucket.
func (e Environment) DeliveryRoleName() string { return e.derived("delivery") }

// QueryDatabaseName is the Glue database's name. Athena does not accept "-" in a name without quotes.
func (e Environment) QueryDatabaseName() string {
	return strings.ReplaceAll(e.derived(""), "-", "_")
}

// QueryTableName is the name of the Glue table over the delivered objects.
func (e Environment) QueryTableName() string { return "events" }

// QueryWorkgroupName is the Athena workgroup's name.
func (e Environment) QueryWorkgroupName() string { return e.derived("") }

// QueryBucketName is the name of the bucket of queries' results: the environment's own choice, or derived.
func (e Environment) QueryBucketName() string {
	return cmp.Or(e.Query.ResultBucket, e.derivedBucket("query"))
}

// StateKey is the key of the state object in an S3 backend, and empty without one.
func (e Environment) StateKey() string {
	if e.State.S3 == nil {
		return ""
	}
	return cmp.Or(e.State.S3.Key, e.Names.Prefix+"/"+e.Name+".tfstate")
}

// StateRegion is the region of an S3 backend's bucket, and empty without one.
func (e Environment) StateRegion() string {
	if e.State.S3 == nil {
		return ""
	}
	return cmp.Or(e.State.S3.Region, e.Region)
}

// StateWorkspace is the workspace of an HCP Terraform backend, and empty without one.
func (e Environment) StateWorkspace() string {
	if e.State.Cloud == nil {
		return ""
	}
	return cmp.Or(e.State.Cloud.Workspace, e.APIName())
}
