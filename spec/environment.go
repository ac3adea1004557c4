// Package spec says what an environment of the pipeline is: plain Go types, their defaults and their validation.
//
// It knows nothing of CDKTF. An environment starts from [Default], is changed field by field, and is checked by
// [Environment.Validate] before anything is constructed from it:
//
//	env := spec.Default("dev")
//	env.Stream.Capacity = spec.OnDemand()
//	env.API.PartitionKey = spec.PartitionByJSONPath("$.userId")
package spec

import (
	"cmp"
	"time"
)

// Environment is one deployment of the pipeline: one Terraform stack, one API Gateway stage, one stream, one delivery
// stream and one bucket of events; and, where it is asked for, the web page that exercises them.
type Environment struct {
	// Name is the stack's id, the API Gateway stage and the suffix of every name: 1 to 35 characters of a-z, 0-9 and
	// "-", beginning with a letter and ending with a letter or a digit. The bound leaves the bucket's name within S3's
	// 63 characters where Names has its default.
	Name string

	// Region is the AWS region that everything is made in, such as "eu-west-1".
	Region string

	// Account is the 12-digit id of the only AWS account that the environment may be deployed to. Terraform refuses any
	// other one. Empty allows every account.
	Account string

	// Names says how what is made is named.
	Names Names

	// Tags are put on every resource beside Project, Environment and ManagedBy; at most 47, so that with those three
	// a resource stays within AWS's 50. A tag named Project or ManagedBy replaces the default one; Environment is
	// always the environment's name, and may not be said here. No two keys may differ in case only. Where a page is hosted
	// they are at most 7: its files are S3 objects, which take 10.
	Tags map[string]string

	// Removal says what `terraform destroy` may do to the environment: see [Disposable], [Retained] and [Protected].
	Removal Removal

	API        API
	Firewall   Firewall
	Stream     Stream
	Delivery   Delivery
	Bucket     Bucket
	Query      Query
	Logs       Logs
	Encryption Encryption
	Web        Web
	Alarms     Alarms
	State      State
}

// Removal is how an environment may be destroyed.
type Removal string

const (
	// Disposable lets a destroy take everything, delivered objects included (force_destroy).
	Disposable Removal = "disposable"
	// Retained makes Terraform refuse any plan that would destroy the bucket, its access log's, what is set on them, or the
	// key (prevent_destroy). It refuses before it destroys anything. The rest may go, as where a change replaces the stream.
	Retained Removal = "retained"
	// Protected also refuses any plan that would destroy the API, the stream, the delivery stream or the hosted page's
	// distribution and bucket.
	Protected Removal = "protected"
)

// API is the REST API in front of the stream.
type API struct {
	// Authorization says who may submit.
	Authorization Authorization

	// Access says from where.
	Access Access

	// Domain is a name of one's own for the API.
	Domain Domain

	// Schema is the JSON schema, draft 4, that a request body must satisfy. It is checked by API Gateway before the
	// event reaches the stream. At most 400 KB. A request without a body is checked as {}.
	Schema string

	// Batch adds POST /submit/batch, which takes {"events": [ … ]}: 1 to 500 events, each held to the schema, with a result
	// for each. Of a batch, the request id has the event's index after it as its partition key.
	Batch bool

	// PartitionKey says where an event's partition key comes from.
	PartitionKey PartitionKey

	CORS     CORS
	Throttle Throttle

	// ManageAccount says whether this environment sets the CloudWatch Logs role of API Gateway, of which an account has
	// one per region. Where two environments share an account and a region only one may manage it; with false
	// somebody else must, or the stage cannot log.
	ManageAccount bool

	// Tracing turns on AWS X-Ray for the stage.
	Tracing bool

	// Metrics turns on CloudWatch metrics per method (detailed metrics, which are charged).
	Metrics bool
}

// PartitionKey is where an event's partition key comes from. Made by [PartitionByRequestID], [PartitionByJSONPath] or
// [PartitionByHeader]. Where the path or the header is absent from a request, its request id is the key. Kinesis takes
// keys of 1 to 256 characters and refuses a longer one, which the client sees as a 400.
type PartitionKey struct {
	Source PartitionKeySource
	// Name is the JSON path or the header's name; empty for the request id.
	Name string
}

// PartitionKeySource is a kind of place that a partition key comes from.
type PartitionKeySource string

const (
	// KeyFromRequestID spreads events evenly over the shards.
	KeyFromRequestID PartitionKeySource = "request id"
	// KeyFromJSONPath keeps events with the same value in the body in one shard, and so in order.
	KeyFromJSONPath PartitionKeySource = "JSON path"
	// KeyFromHeader keeps events with the same header in one shard, and so in order.
	KeyFromHeader PartitionKeySource = "header"
)

// PartitionByRequestID takes API Gateway's request id as the partition key.
func PartitionByRequestID() PartitionKey { return PartitionKey{Source: KeyFromRequestID} }

// PartitionByJSONPath takes the value at path, such as "$.user.id", as the partition key. A name with "-" stands in
// brackets: "$['user-id']". At most 256 characters.
func PartitionByJSONPath(path string) PartitionKey {
	return PartitionKey{Source: KeyFromJSONPath, Name: path}
}

// PartitionByHeader takes a request header, such as "X-Device-Id", as the partition key. The header is added to
// the ones that CORS allows.
func PartitionByHeader(name string) PartitionKey {
	return PartitionKey{Source: KeyFromHeader, Name: name}
}

// CORS is which web pages may call the API and read its answers.
type CORS struct {
	// AllowOrigins is "*" alone, or up to 100 origins such as "https://app.example.com". With several, an answer names
	// the one that asked, and API Gateway's own error answers name any that asks: they hold nothing of an event.
	AllowOrigins []string
	// AllowHeaders are the request headers that a page may send.
	AllowHeaders []string
	// AllowMethods are the methods that a page may use; POST must be among them.
	AllowMethods []string
	// ExposeHeaders are the response headers that a page may read.
	ExposeHeaders []string
	// AllowCredentials lets a page send cookies and HTTP authentication. Browsers refuse it together with "*".
	AllowCredentials bool
	// MaxAge is how long a browser may keep a preflight's answer: whole seconds, 0 to 24 h (the most any browser keeps).
	MaxAge time.Duration
}

// Throttle is the stage's limit over all callers together.
type Throttle struct {
	// RateLimit is the steady rate in requests per second, more than 0. The account's quota (10,000 in most regions)
	// holds above it.
	RateLimit float64
	// BurstLimit is the token bucket's size in requests, at least 1.
	BurstLimit int
}

// Stream is the Kinesis data stream.
type Stream struct {
	Capacity Capacity
	// Retention is how long a record can be read again: whole hours, 24 h to 8,760 h.
	Retention time.Duration
}

// Capacity is how a stream scales. Made by [Provisioned] or [OnDemand].
type Capacity struct {
	Mode CapacityMode
	// Shards is the number of shards of a provisioned stream, 1 to 10,000; 0 on demand. A shard takes 1 MB/s and
	// 1,000 records/s.
	Shards int
}

// CapacityMode is a Kinesis stream mode.
type CapacityMode string

const (
	// ModeProvisioned has a fixed number of shards.
	ModeProvisioned CapacityMode = "PROVISIONED"
	// ModeOnDemand lets Kinesis choose the number of shards.
	ModeOnDemand CapacityMode = "ON_DEMAND"
)

// Provisioned is a fixed number of shards.
func Provisioned(shards int) Capacity { return Capacity{Mode: ModeProvisioned, Shards: shards} }

// OnDemand lets Kinesis scale the stream by its traffic.
func OnDemand() Capacity { return Capacity{Mode: ModeOnDemand} }

// Delivery is the Firehose delivery stream from the stream to the bucket.
type Delivery struct {
	// BufferInterval is the longest time that a record waits: whole seconds, 0 to 900 s. A batch is delivered when the
	// interval or the size is reached, whichever comes first.
	BufferInterval time.Duration
	// BufferMiB is the size in MiB at which a batch is delivered, 1 to 128.
	BufferMiB int
	// Compression of the delivered objects.
	Compression Compression
	// NewlineDelimited ends every record with a newline, so that an object holds one event a line. Without it the
	// records are joined with nothing between them. In Parquet an event is a row, whatever stands here.
	NewlineDelimited bool
	// Format of the delivered objects. With [FormatParquet], Parquet holds in place of BufferInterval and BufferMiB.
	Format Format
	// Parquet is how Parquet files are made.
	Parquet Parquet
	// Prefix of the delivered objects, at most 1,024 characters of printable ASCII and 512 once evaluated. It begins
	// with a fixed folder. It may hold Firehose's expressions !{timestamp:…} (a Java DateTimeFormatter pattern, UTC)
	// and !{firehose:random-string}; with any of them it must hold a timestamp. [Warnings] has the letters of a pattern
	// that are seldom meant, such as YYYY.
	Prefix string
	// ErrorPrefix of the objects that hold what could not be delivered, with the same bounds. It must hold
	// !{firehose:error-output-type}. Of the two prefixes' fixed beginnings neither may begin the other.
	ErrorPrefix string
}

// Compression is a format of delivered objects.
type Compression string

const (
	// Uncompressed objects can be read with any tool.
	Uncompressed Compression = "UNCOMPRESSED"
	// GZIP objects are named ….gz.
	GZIP Compression = "GZIP"
	// ZIP objects hold one file each.
	ZIP Compression = "ZIP"
	// Snappy objects are in the blocks of snappy-java, and not in Snappy's own framing format (objects that AWS delivered,
	// floci-io/floci#2328).
	Snappy Compression = "Snappy"
)

// Bucket is the S3 bucket that events land in. All days are counted from an object's creation, at least 1.
type Bucket struct {
	// Name overrides the derived PREFIX-firehose-bucket-ENV. Bucket names are global: where another account has that one, this or
	// [Names.AccountInBuckets] must be set.
	Name string
	// ExpireAfterDays deletes events; 0 keeps them for ever.
	ExpireAfterDays int
	// NoncurrentExpireAfterDays deletes versions that were overwritten or deleted.
	NoncurrentExpireAfterDays int
	// AbortUploadsAfterDays deletes the parts of multipart uploads that were never completed.
	AbortUploadsAfterDays int
	// Transitions move events to cheaper storage classes, in ascending order of days and before ExpireAfterDays.
	Transitions []Transition
	// AccessLog makes a second bucket, which receives a line for each request to this one (S3's server access log). S3
	// delivers them within hours, and promises no completeness. Turned off again, that bucket stays, but for [Disposable]:
	// Terraform lets go of it.
	AccessLog bool
	// AccessLogName overrides the derived PREFIX-access-log-ENV.
	AccessLogName string
	// AccessLogExpireAfterDays deletes the access log's objects; 0 keeps them for ever.
	AccessLogExpireAfterDays int
	// ObjectLock keeps events from being deleted.
	ObjectLock ObjectLock
}

// Transition moves objects to another storage class: to [StandardIA] and [OneZoneIA] after 30 days at least, and from
// those to [Glacier] and [DeepArchive] after 30 more. S3 leaves objects under 128 KB where they are.
type Transition struct {
	AfterDays    int
	StorageClass StorageClass
}

// StorageClass is an S3 storage class that objects can be moved to.
type StorageClass string

// The storage classes in the order in which S3 lets objects descend through them, except from [OneZoneIA] to
// [GlacierIR].
const (
	StandardIA         StorageClass = "STANDARD_IA"
	IntelligentTiering StorageClass = "INTELLIGENT_TIERING"
	OneZoneIA          StorageClass = "ONEZONE_IA"
	GlacierIR          StorageClass = "GLACIER_IR"
	Glacier            StorageClass = "GLACIER"
	DeepArchive        StorageClass = "DEEP_ARCHIVE"
)

// Logs are the CloudWatch log groups of the API and of the delivery stream.
type Logs struct {
	// RetentionDays is how long a log line is kept: one of the periods that CloudWatch Logs offers.
	RetentionDays int
	// Execution is how much API Gateway writes to its execution log.
	Execution ExecutionLevel
	// ExecutionRetentionDays is how long a line of the execution log is kept, one of the same periods; 0 takes RetentionDays. That
	// log may quote values of events, which the others do not.
	ExecutionRetentionDays int
}

// KeptExecutionDays is how long a line of the execution log is kept, in days.
func (l Logs) KeptExecutionDays() int { return cmp.Or(l.ExecutionRetentionDays, l.RetentionDays) }

// ExecutionLevel is how much API Gateway's execution log tells. Request and response bodies are never logged as a whole; but
// API Gateway "publishes the validation results in CloudWatch Logs" (developer guide, "Request validation for REST APIs in API
// Gateway"), and these quote the values that broke API.Schema. Only LogOff keeps them out: AWS does not say at which of the
// other levels they are written, and offers no setting for them.
type ExecutionLevel string

const (
	// LogErrors writes the requests that failed.
	LogErrors ExecutionLevel = "ERROR"
	// LogInfo writes every step of every request.
	LogInfo ExecutionLevel = "INFO"
	// LogOff writes nothing. The log group stays, for as long as another level is needed to find a mistake.
	LogOff ExecutionLevel = "OFF"
)

// Web is the web page that exercises the pipeline, as the stack hosts it: the files of a folder in a private bucket, and a
// CloudFront distribution that alone may read it. Beside them the stack puts config.json, with what the page needs to
// know of the API: whoever has the page's address can read that.
type Web struct {
	// Hosted says whether there is a page. Where API.CORS.AllowOrigins is not "*", the page's own origin has to be added to
	// it once an apply has told it (output web_url).
	Hosted bool
	// Folder that holds the built page, seen from the folder that the synthesis runs in; read by [Environment.Page].
	Folder string
	// BucketName overrides the derived PREFIX-web-ENV. Bucket names are global.
	BucketName string
	// PriceClass is which of CloudFront's locations answer.
	PriceClass PriceClass
}

// PriceClass is a set of CloudFront's locations, by what they cost (developer guide, "Choose the price class").
type PriceClass string

const (
	// PriceClass100 is North America, Europe and Israel.
	PriceClass100 PriceClass = "PriceClass_100"
	// PriceClass200 is all but South America, Australia and New Zealand.
	PriceClass200 PriceClass = "PriceClass_200"
	// PriceClassAll is all of them.
	PriceClassAll PriceClass = "PriceClass_All"
)

// State is where Terraform keeps the environment's state: in a local file where both fields are nil.
type State struct {
	S3    *S3State
	Cloud *CloudState
}

// S3State keeps the state in a bucket, encrypted, with a lock file beside it (no DynamoDB table).
type S3State struct {
	Bucket string
	// Key of the state object, at most 1,017 bytes, so that the lock file's fits in S3's 1,024; empty means
	// PREFIX/ENV.tfstate.
	Key string
	// Region of the state's bucket; empty means the environment's.
	Region string
	// KMSKeyARN of the key that encrypts the state, or of its alias; empty means the bucket's default encryption.
	KMSKeyARN string
}

// CloudState keeps the state, and by the workspace's settings the runs, in HCP Terraform or Terraform Enterprise.
type CloudState struct {
	Organization string
	// Workspace name; empty means PREFIX-ENV.
	Workspace string
	// Hostname of Terraform Enterprise; empty means app.terraform.io.
	Hostname string
}
