// Package spec declares what an environment of the pipeline is: plain Go types, their defaults and their validation.
//
// It does not depend on CDKTF. You start from [Default] and change fields. [Environment.Validate] checks the environment before
// anything is constructed from it:
//
//	env := spec.Default("dev")
//	env.Stream.Capacity = spec.OnDemand()
//	env.API.PartitionKey = spec.PartitionByJSONPath("$.userId")
package spec

import (
	"cmp"
	"time"
)

// Environment is one deployment of the pipeline: one Terraform stack with one API Gateway stage, one stream, one delivery
// stream and one bucket of events. It may also have a web page that exercises them.
type Environment struct {
	// Name is the name of the stack and of the API Gateway stage, and the suffix of every derived name: 1 to 35 characters
	// of a-z, 0-9 and "-". It begins with a letter and ends with a letter or a digit. With the default Names.Prefix, 35
	// characters keep the derived bucket name within S3's limit of 63.
	Name string

	// Region is the AWS region of every resource, such as "eu-west-1". It may be in China ("cn-"), in GovCloud ("us-gov-") or in the
	// European Sovereign Cloud ("eusc-"), and not in an isolated partition, such as that of "us-iso-east-1".
	// Version 5 of the AWS provider learns no new regions, so a newer one, such as "ap-southeast-6", needs [Provider6].
	Region string

	// Account is the 12-digit ID of the only AWS account that Terraform may deploy to. Terraform refuses any other account.
	// If it is empty, Terraform deploys to the account of your credentials.
	Account string

	Names Names

	// Tags are added to every resource, beside the tags Project, Environment and ManagedBy: at most 47, because AWS allows 50
	// tags on a resource. If the stack hosts a web page, the limit is 7: the page's files are S3 objects, which take 10 tags.
	// A tag named Project or ManagedBy replaces the default one. The tag Environment is always the environment's name, and
	// you cannot set it. Two keys may not differ in case alone. Neither a key nor a value begins with "aws:".
	Tags map[string]string

	// Removal says what a destroy, or a change that replaces a resource, may delete.
	Removal Removal

	// Provider says which major version of the AWS provider applies the stack. docs/leaving.md has the steps to version 6.
	Provider Provider

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
	Load       Load
	State      State
}

// Removal is what Terraform may destroy.
type Removal string

const (
	// Disposable lets `terraform destroy` delete everything, delivered events included (force_destroy).
	Disposable Removal = "disposable"
	// Retained makes Terraform refuse any plan that destroys the bucket, the bucket of its access log, their settings or their
	// key (prevent_destroy). Terraform refuses before it destroys anything. A plan may still destroy or replace the rest, such
	// as the stream.
	Retained Removal = "retained"
	// Protected makes Terraform also refuse any plan that destroys the API, the stream, the delivery stream, or the
	// distribution and the bucket of a hosted page.
	Protected Removal = "protected"
)

// Provider is a constraint on the version of the AWS provider.
type Provider string

const (
	// Provider5 takes version 5.99 or newer, and no version 6. The tests apply the stacks with it.
	Provider5 Provider = "~> 5.99"
	// Provider6 takes any version 6. The tests compare the stacks with its schema, and apply nothing with it. A destroy of the
	// environment that manages the region's CloudWatch role of API Gateway then always empties that setting. With [Provider5]
	// it does so for a [Disposable] environment alone.
	Provider6 Provider = "~> 6.0"
)

// API is the REST API in front of the stream.
type API struct {
	// Authorization says who may submit events. A preflight needs no authorisation: browsers send it without credentials.
	Authorization Authorization

	Access Access
	Domain Domain

	// Schema is the JSON schema (draft 4) of a request body, at most 400 KB and 500 levels deep. API Gateway checks a body before the event reaches
	// the stream. API Gateway checks a request without a body as {}, which the default schema refuses: it asks for an
	// object with at least one property. API Gateway takes no keyword that draft 4 does not have, such as "const" or "examples". Its
	// patterns are those of ECMA-262, edition 5.1, without (?i), look-behind and \p. An integer is written without a point or an
	// exponent: 1.0 is none. A synthesis warns of a format that API Gateway does not check, such as "date".
	Schema string

	// Example is an event that API.Schema allows, at most 8,192 bytes. The curl command, the outputs and the page send it, so do not use
	// real data. If it is empty, they send an event that is derived from the schema.
	Example string

	// EventTypes are kinds of events with a path, a schema and an example of their own, at most 25. The type "order" adds POST
	// /submit/order, and with API.Batch also POST /submit/order/batch. POST /submit stays, with API.Schema. All events go to the one
	// stream. API.Envelope adds "type", the name of the event's type, to each record; it is null for POST /submit.
	EventTypes []EventType

	// Batch adds POST /submit/batch, which takes {"events": [ … ]} or the array alone: 1 to 500 events. Each event is checked
	// against the schema and gets a result of its own. With [PartitionByRequestID] the partition key of an event is the request ID
	// followed by the event's index in the batch.
	Batch bool

	// ContentTypes are the media types of a body that the API takes besides application/json, at most 10: [TextPlain], names such
	// as "application/cloudevents+json", and for batches [NDJSON]. A body of each type but NDJSON is JSON: the same schema checks it,
	// and the answers are the same. API Gateway answers any other type with 415. A type covers its parameters, such as charset, and
	// there are no wildcards.
	ContentTypes []ContentType

	// MinimumCompressionBytes is the size in bytes, 0 to 10,485,760, from which on API Gateway compresses an answer for a client
	// whose Accept-Encoding asks for gzip or deflate first. -1 compresses no answer. The answer to one event has some 200 bytes,
	// so compression makes it little smaller.
	//
	// API Gateway decompresses a body with the Content-Encoding gzip or deflate before it checks and maps it, also with -1 (API
	// Gateway developer guide, "Payload compression for REST APIs"). If it cannot, it answers 415. With a minimum, it does not
	// decompress a body whose compressed size is smaller ("Enable payload compression for an API"). Such a body is no JSON, and the
	// client gets a 400: use 0 if clients send compressed bodies. A body has at most 10 MB, compressed and decompressed.
	MinimumCompressionBytes int

	// PartitionKey says where the partition key of an event comes from. Events with the same key go to the same shard, and so
	// keep their order. If a request lacks the value or the header, the key is its request ID. Kinesis takes keys of 1 to 256
	// characters. It refuses a longer key, and the client gets a 400.
	PartitionKey PartitionKey

	Envelope Envelope

	CORS     CORS
	Throttle Throttle

	// ManageAccount makes this environment set the CloudWatch role of API Gateway. An AWS account has one such role in each
	// region. If two environments share an account and a region, set it to true in one of them only. With false, something
	// else must set the role, or API Gateway cannot write logs.
	ManageAccount bool

	// Tracing turns on AWS X-Ray for the stage. X-Ray charges for traces.
	Tracing bool

	// Metrics turns on CloudWatch metrics for each method (detailed metrics), which CloudWatch charges for.
	Metrics bool
}

// ContentType is a media type of a body.
type ContentType string

// TextPlain is what a page sends with navigator.sendBeacon, or with fetch and a text as the body. A browser sends such a request to
// another origin without a preflight (Fetch standard, "CORS-safelisted request-header"), and so also while the page is being
// closed. API.CORS.AllowOrigins does not stop it: a page of any other origin can send events as well. It cannot read the answer.
const TextPlain ContentType = "text/plain"

// NDJSON is a batch with an event on each line, at most 500 lines. It needs API.Batch. Each event goes to the stream byte for byte.
//
// No model reads several JSON texts, so API Gateway does not check the events against a schema. The mapping template checks that each
// line that is not blank is one object, by its brackets and quotes. If one is not, the answer is 400, and no event of the batch is in
// the stream. The partition key cannot come from a JSON path.
const NDJSON ContentType = "application/x-ndjson"

// PartitionKey is where an event's partition key comes from. [PartitionByRequestID], [PartitionByJSONPath] and
// [PartitionByHeader] make one.
type PartitionKey struct {
	// Source is the kind of place.
	Source PartitionKeySource
	// Name is the JSON path or the header's name; empty for the request ID.
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

// PartitionByRequestID uses API Gateway's request ID. It spreads events evenly over the shards.
func PartitionByRequestID() PartitionKey { return PartitionKey{Source: KeyFromRequestID} }

// PartitionByJSONPath uses a value of the body, such as "$.user.id". Put a name that holds "-" in brackets:
// "$['user-id']". A path has at most 256 characters.
func PartitionByJSONPath(path string) PartitionKey {
	return PartitionKey{Source: KeyFromJSONPath, Name: path}
}

// PartitionByHeader uses a request header, such as "X-Device-Id". API.CORS.AllowHeaders then includes the header. It may not be a
// credential, nor an identity source of API.Authorization.Lambda: every reader of the stream reads the key. Nor may it be one that API
// Gateway drops or writes itself, such as X-Amzn-Trace-Id. Its name has at most 256 characters, or 40 with Firewall.Enabled.
func PartitionByHeader(name string) PartitionKey {
	return PartitionKey{Source: KeyFromHeader, Name: name}
}

// CORS says which web pages may call the API and read its answers. It is not an access control: clients other than browsers
// ignore it.
type CORS struct {
	// AllowOrigins are the origins of the pages that may submit events: "*" alone, or up to 100 origins such as
	// "https://app.example.com", also of other schemes that browsers send, such as "capacitor://localhost". With several
	// origins, an answer names the origin that the request came from. The errors that API Gateway itself answers then name any
	// origin: they hold no event data.
	AllowOrigins []string
	// AllowHeaders are the request headers that a page may send, in addition to those that API.Authorization and
	// API.PartitionKey read. With those, the list has at most 4,096 characters.
	AllowHeaders []string
	// AllowMethods are the methods that a page may use. POST must be among them.
	AllowMethods []string
	// ExposeHeaders are the response headers that a page's scripts may read. The list has at most 4,096 characters.
	ExposeHeaders []string
	// AllowCredentials lets a page send cookies and HTTP authentication. You cannot combine it with the origin "*": browsers
	// refuse that.
	AllowCredentials bool
	// MaxAge is how long a browser may cache the answer to a preflight: whole seconds, 0 to 24 h. No browser caches longer.
	MaxAge time.Duration
}

// Throttle is the stage's limit for all callers together. API Gateway answers a throttled request with 429.
type Throttle struct {
	// RateLimit is the steady rate in requests per second, at least 0.000001. The account's quota applies too: 10,000 in most
	// regions.
	RateLimit float64
	// BurstLimit is the size of the token bucket in requests, at least 1: how many requests may arrive at once.
	BurstLimit int
}

// Stream is the Kinesis data stream.
type Stream struct {
	// Capacity says how the stream scales.
	Capacity Capacity
	// Retention is how long the stream keeps a record: whole hours, 24 h to 8,760 h (a year). Kinesis charges for each shard
	// that keeps records longer than 24 h.
	Retention time.Duration
}

// Capacity is how a stream scales. [Provisioned] and [OnDemand] make one.
type Capacity struct {
	// Mode says who chooses the number of shards.
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

// Provisioned is a fixed number of shards, 1 to 10,000. A shard takes 1 MB/s and 1,000 records/s, and is charged by the hour.
func Provisioned(shards int) Capacity { return Capacity{Mode: ModeProvisioned, Shards: shards} }

// OnDemand lets Kinesis scale the stream by its traffic.
func OnDemand() Capacity { return Capacity{Mode: ModeOnDemand} }

// Delivery is the Firehose delivery stream, which moves records from the stream to the bucket.
type Delivery struct {
	// BufferInterval is the longest time that a record waits: whole seconds, 0 to 900. Firehose delivers a batch when it
	// reaches the interval or the size, whichever comes first. With [FormatParquet], Delivery.Parquet.BufferInterval replaces it.
	BufferInterval time.Duration
	// BufferMiB is the size in MiB at which Firehose delivers a batch, 1 to 128. With [FormatParquet], Delivery.Parquet.BufferMiB
	// replaces it.
	BufferMiB int
	// Compression is the compression of the delivered objects. With Query.Enabled use [Uncompressed] or [GZIP], which Athena
	// reads. With [FormatParquet] use [Uncompressed]: Delivery.Parquet.Compression compresses the files.
	Compression Compression
	// NewlineDelimited ends every record with a newline, so that an object has one event on each line. With false, nothing
	// separates the records. Query.Enabled needs true, because Athena reads one event on each line. In Parquet each event is
	// a row, and this option has no effect.
	NewlineDelimited bool
	// Format is the format of the delivered objects. With [FormatParquet], the options of Delivery.Parquet replace
	// Delivery.BufferInterval and Delivery.BufferMiB.
	Format Format
	// Parquet is how Firehose makes Parquet files.
	Parquet Parquet
	// Prefix begins the key of every delivered object. It begins with a fixed folder, such as "events/", and has at most 1,024
	// characters of printable ASCII, and 512 once it is evaluated. No folder is "." or "..". It may hold Firehose's expressions: !{timestamp:…}, with a
	// pattern of Java's DateTimeFormatter in Delivery.TimeZone, and !{firehose:random-string}. A prefix with an expression must
	// have a timestamp. A synthesis warns of letters in a pattern that are seldom meant, such as YYYY.
	Prefix string
	// PartitionBy delivers the events of each value of a field to a folder of their own (Firehose's dynamic partitioning), in this
	// order, between the fixed folder of Delivery.Prefix and its dates: events/tenant=acme/year=…. It has 1 to 50 fields, or none,
	// which turns it off. With it, Delivery.Prefix needs a folder and a timestamp, and a buffer has at least 64 MiB and 60 s for
	// each folder. Firehose writes an event for which a query fails, or gives null or "", below Delivery.ErrorPrefix
	// (metadata-extraction-failed), as it does with further folders while 500 are in its buffer (activePartitionExceeded).
	//
	// You cannot turn it on or off for a deployed delivery stream: Terraform replaces that, and a new one does not deliver events
	// that came before it was active.
	PartitionBy []PartitionField
	// PartitionRetry is how long Firehose retries to deliver a folder of Delivery.PartitionBy: whole seconds, 0 to 7200.
	PartitionRetry time.Duration
	// ErrorPrefix begins the key of every object that holds what Firehose could not deliver. It has the same bounds and must
	// hold !{firehose:error-output-type}. The fixed beginning of one prefix may not begin with that of the other.
	ErrorPrefix string
	// TimeZone is the time zone of the dates in both prefixes and in the objects' names: "UTC", or one of the time zones that
	// Firehose lists, such as "Asia/Tokyo" (developer guide, "Configure Amazon S3 object name format"). The list has no
	// abbreviations such as EST, and some names that IANA has replaced, such as Asia/Calcutta. Firehose's API accepts none with "-". Where
	// clocks are set back, a folder of an hour holds two hours of events once a year. The saved queries and the partitions of Query are
	// in this time zone. A change moves no object: those that Firehose delivered before keep the names of the former time zone.
	TimeZone string
	// FileExtension ends the name of every delivered object: "." and 1 to 127 of 0-9, a-z and ! - _ . * ' ( ), such as
	// ".json.gz". It replaces the extension that Firehose gives by itself: .gz with [GZIP], .zip with [ZIP], .snappy with [Snappy],
	// .parquet with [FormatParquet]. Empty keeps that one. Readers tell the compression by the end of a name, so end it
	// with the extension of the compression. A synthesis warns of one that doesn't. Query.Enabled refuses it, because Athena
	// could not read the objects.
	FileExtension string
}

// Compression is a compression of the delivered objects.
type Compression string

const (
	// Uncompressed objects are readable with any tool.
	Uncompressed Compression = "UNCOMPRESSED"
	// GZIP objects have names that end with .gz.
	GZIP Compression = "GZIP"
	// ZIP objects are archives of one file.
	ZIP Compression = "ZIP"
	// Snappy objects are in the block format of snappy-java, and not in Snappy's framing format (objects that AWS delivered,
	// floci-io/floci#2328).
	Snappy Compression = "Snappy"
)

// Bucket is the S3 bucket of delivered events.
type Bucket struct {
	// Name is the bucket's name. Empty derives PREFIX-firehose-bucket-ENV. Bucket names are global: if another account has
	// the derived name, set this option or Names.AccountInBuckets.
	Name string
	// ExpireAfterDays is the number of days after its creation at which an event's object expires. 0 keeps events forever.
	ExpireAfterDays int
	// NoncurrentExpireAfterDays is the number of days for which S3 keeps a version after it was overwritten or deleted, at least
	// 1 (API reference, NoncurrentVersionExpiration).
	NoncurrentExpireAfterDays int
	// AbortUploadsAfterDays is the number of days after its start at which S3 aborts an unfinished multipart upload and deletes
	// its parts, at least 1 (API reference, AbortIncompleteMultipartUpload).
	AbortUploadsAfterDays int
	// Transitions move events to cheaper storage classes, in ascending order of days and before Bucket.ExpireAfterDays.
	Transitions []Transition
	// AccessLog makes a second bucket, to which S3 writes a line for each request to this bucket (server access log). S3 writes
	// within hours and does not guarantee that the log is complete. If you turn the log off again, Terraform keeps the
	// second bucket and no longer manages it. With [Disposable] it deletes the second bucket.
	AccessLog bool
	// AccessLogName is the name of the access log's bucket. Empty derives PREFIX-access-log-ENV. Bucket names are global.
	AccessLogName string
	// AccessLogExpireAfterDays is the number of days after which S3 deletes the access log's objects. 0 keeps them forever.
	AccessLogExpireAfterDays int
	ObjectLock               ObjectLock
}

// Transition moves events to another storage class. S3 moves an object to [StandardIA] or [OneZoneIA] after 30 days at the
// earliest, and from there to [Glacier] or [DeepArchive] after 30 more. It does not move objects under 128 KB.
type Transition struct {
	// AfterDays is the number of days after which S3 moves an event: 0 to 36,500, and at least 30 to [StandardIA] and [OneZoneIA]. With 0
	// S3 moves it at the next midnight UTC.
	AfterDays int
	// StorageClass is the storage class that S3 moves it to.
	StorageClass StorageClass
}

// StorageClass is an S3 storage class that objects can be moved to.
type StorageClass string

// S3 moves objects down this list and never up, and not from [OneZoneIA] to [GlacierIR].
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
	// RetentionDays is the number of days for which CloudWatch keeps a log line. CloudWatch offers the listed periods.
	RetentionDays int
	// Execution is how much API Gateway writes to its execution log. The log has no whole request or response body. But API
	// Gateway "publishes the validation results in CloudWatch Logs" (developer guide, "Request validation for REST APIs in API
	// Gateway"), and these results quote the values that break API.Schema. Only [LogOff] keeps such values out of the log: AWS
	// does not document at which of the other levels it writes them, and has no setting for them.
	Execution ExecutionLevel
	// ExecutionRetentionDays is the number of days for which CloudWatch keeps a line of the execution log, one of the same
	// periods. 0 means Logs.RetentionDays. The execution log may quote values of events. The other logs do not.
	ExecutionRetentionDays int
}

// KeptExecutionDays is the number of days for which CloudWatch keeps a line of the execution log.
func (l Logs) KeptExecutionDays() int { return cmp.Or(l.ExecutionRetentionDays, l.RetentionDays) }

// ExecutionLevel is a level of API Gateway's execution log.
type ExecutionLevel string

const (
	// LogErrors writes the requests that failed.
	LogErrors ExecutionLevel = "ERROR"
	// LogInfo writes every step of every request.
	LogInfo ExecutionLevel = "INFO"
	// LogOff writes nothing. The log group stays, so that you can turn on another level to find an error.
	LogOff ExecutionLevel = "OFF"
)

// Web hosts the project's web page with the stack: the page's files in a private bucket, and a CloudFront distribution that
// alone may read the bucket. The stack also writes config.json, which has the API's address. The page and config.json are
// public, whatever API.Authorization says.
type Web struct {
	// Hosted makes the stack host the page. It is not available in China, GovCloud or the
	// European Sovereign Cloud. If API.CORS.AllowOrigins is not "*",
	// deploy, add the page's own origin (the output web_url) to it, and deploy again.
	Hosted bool
	// Folder is the folder of the built page, relative to the folder in which the synthesis runs. It must have an index.html.
	// `make webapp` builds the page.
	Folder string
	// BucketName is the name of the page's bucket. Empty derives PREFIX-web-ENV. Bucket names are global.
	BucketName string
	// PriceClass says which of CloudFront's locations serve the page.
	PriceClass PriceClass
}

// PriceClass is a set of CloudFront's locations, by their price (developer guide, "Choose the price class").
type PriceClass string

const (
	// PriceClass100 is North America, Europe and Israel.
	PriceClass100 PriceClass = "PriceClass_100"
	// PriceClass200 is every location outside South America, Australia and New Zealand.
	PriceClass200 PriceClass = "PriceClass_200"
	// PriceClassAll is every location.
	PriceClassAll PriceClass = "PriceClass_All"
)

// State is where Terraform keeps the environment's state. With neither S3 nor Cloud, that is a local file. Set one of them:
//
//	env.State.S3 = &spec.S3State{Bucket: "my-states"}
//	env.State.Cloud = &spec.CloudState{Organization: "my-organization"}
type State struct {
	S3    *S3State
	Cloud *CloudState
}

// S3State keeps the state in an S3 bucket, encrypted, with a lock file beside it. It needs no DynamoDB table.
type S3State struct {
	// Bucket is the name of a bucket that exists, and that no environment makes. `ingest backend` prints a Terraform stack that makes one.
	Bucket string
	// Key is the key of the state object, at most 1,017 bytes, so that the lock file's key fits in S3's limit of 1,024. Empty
	// derives PREFIX/ENV.tfstate. It holds no "//", and "." and ".." are no folders in it.
	Key string
	// Region is the bucket's region. Empty means the environment's region.
	Region string
	// KMSKeyARN is the ARN of the KMS key that encrypts the state, or of the key's alias, in the bucket's region. Empty means the
	// bucket's default encryption.
	KMSKeyARN string
}

// CloudState keeps the state in HCP Terraform or Terraform Enterprise. The workspace's settings say where Terraform runs.
type CloudState struct {
	// Organization is the organisation's name.
	Organization string
	// Workspace is the workspace's name. Empty derives PREFIX-ENV.
	Workspace string
	// Hostname is the host name of Terraform Enterprise. Empty means app.terraform.io.
	Hostname string
}
