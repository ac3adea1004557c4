// Package catalogue holds every environment that a test synthesises, by its name: the project's own, and some that between them
// have every option on. Each has a golden file of its name in testdata/goldens.
//
// An option's test takes its environment from here by [Named] and changes what it is about. A new option is set in one of the
// environments below, or in a new one; a test names the options that are in none.
package catalogue

import (
	"fmt"
	"path/filepath"
	"time"

	"cdk.tf/go/ingest/backend"
	"cdk.tf/go/ingest/internal/goldens"
	"cdk.tf/go/ingest/spec"
	"cdk.tf/go/ingest/stacks"
)

// All are the project's environments and then the others.
func All() []spec.Environment { return append(stacks.All(), others()...) }

// Named is the environment of that name. It panics where there is none: a test that asks for it is wrong.
func Named(name string) spec.Environment {
	for _, env := range All() {
		if env.Name == name {
			return env
		}
	}
	panic(fmt.Sprintf("no environment of internal/catalogue or stacks is named %q", name))
}

// Page is the folder of a built page that stands for the web application in tests.
func Page() string { return filepath.Join(goldens.Root(), "testdata", "page") }

// others are those that no file of stacks declares. No option of theirs is a recommendation.
func others() []spec.Environment {
	var all []spec.Environment
	for _, one := range []struct {
		name string
		set  func(env *spec.Environment)
	}{
		{"option-none", func(*spec.Environment) {}},
		{"option-intake", intake},
		{"option-keys", keys}, {"option-cognito", cognito}, {"option-lambda", lambda}, {"option-token", token}, {"option-private", private}, {"option-producers", producers},
		{"option-firewall", firewall}, {"option-domain", domain}, {"option-certificate", certificate},
		{"option-tuned", tuned}, {"option-ondemand", onDemand}, {"option-encrypted", encrypted},
		{"option-envelope", envelope}, {"option-types", types}, {"option-query", query}, {"option-parquet", parquet}, {"option-partitions", partitions}, {"option-alarms", alarms}, {"option-topic", topic}, {"option-web", web}, {"option-names", names}, {"option-provider", provider}, {"option-delivery", delivery},
	} {
		env := spec.Default(one.name)
		one.set(&env)
		all = append(all, env)
	}
	return all
}

func provider(env *spec.Environment) {
	env.Provider, env.Removal = spec.Provider6, spec.Disposable
}

func keys(env *spec.Environment) {
	env.API.Authorization = spec.AuthorizeAPIKey(spec.UsagePlan{
		Keys: []string{"web", "mobile"}, RateLimit: 10, BurstLimit: 20, Quota: 100_000, QuotaPeriod: spec.PerDay,
	})
	env.API.Envelope = spec.Envelope{Enabled: true, APIKeyID: true}
}

func cognito(env *spec.Environment) {
	env.API.Authorization = spec.AuthorizeCognito(spec.Cognito{
		UserPoolARNs: []string{"arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_aBcDeF123"}, Scopes: []string{"events/submit"},
	})
	env.API.Access.SourceIPs = []string{"203.0.113.0/24", "2001:db8::/32"}
}

const function = "arn:aws:lambda:us-east-1:123456789012:function:authorize:live"

func lambda(env *spec.Environment) {
	env.API.Authorization = spec.AuthorizeLambda(spec.LambdaAuthorizer{
		FunctionARN: function, Kind: spec.RequestAuthorizer, IdentitySources: []string{"method.request.header.X-Client"}, CacheTTL: 5 * time.Minute,
	})
	env.API.Access.SourceIPs = []string{"203.0.113.0/24"}
	env.API.Batch = true
	env.API.PartitionKey = spec.PartitionByJSONPath("$.user_id")
}

func token(env *spec.Environment) {
	env.API.Authorization = spec.AuthorizeLambda(spec.LambdaAuthorizer{
		FunctionARN: function, Kind: spec.TokenAuthorizer, IdentitySources: []string{"method.request.header.X-Token"},
	})
	env.API.PartitionKey = spec.PartitionByHeader("X-Device-Id")
}

func private(env *spec.Environment) {
	env.API.Authorization = spec.AuthorizeIAM()
	env.API.Access.VPCEndpoints = []string{"vpce-0123456789abcdef0"}
}

func producers(env *spec.Environment) {
	env.API.Authorization = spec.AuthorizeIAM()
	env.API.Access.Producers = spec.Producers{
		Accounts: []string{"444455556666"}, Roles: []string{"arn:aws:iam::777788889999:role/team/producer"}, Organization: "o-a1b2c3d4e5",
	}
	env.API.Batch = true
}

func firewall(env *spec.Environment) {
	env.Firewall = spec.Firewall{
		Enabled: true, RateLimit: 500, MaxBodyBytes: 16 * 1024, Count: []string{"CrossSiteScripting_BODY", "GenericRFI_BODY"},
	}
}

func domain(env *spec.Environment) {
	env.API.Domain = spec.Domain{
		Name: "events.example.com", ZoneID: "Z0123456789ABCDEFGHIJ", DisableDefaultEndpoint: true,
		MutualTLS: spec.MutualTLS{TruststoreURI: "s3://example-trust/events.pem", TruststoreVersion: "3HL4kqtJlcpXroDTDmJ"},
	}
	env.API.Batch = true
}

// certificate is a domain whose certificate and record are somebody else's.
func certificate(env *spec.Environment) {
	const arn = "arn:aws:acm:us-east-1:123456789012:certificate/"
	env.API.Domain = spec.Domain{
		Name: "certified.example.com", DisableDefaultEndpoint: true, CertificateARN: arn + "12345678-1234-1234-1234-123456789012",
		MutualTLS: spec.MutualTLS{
			TruststoreURI: "s3://example-trust/events.pem", OwnershipCertificateARN: arn + "87654321-4321-4321-4321-210987654321",
		},
	}
	env.API.Authorization = spec.AuthorizeIAM()
}

// tuned has other values for all that every environment has anyway.
func tuned(env *spec.Environment) {
	env.Region, env.Account = "eu-central-1", "111122223333"
	env.Tags = map[string]string{"Team": "events"}
	env.API.Authorization = spec.AuthorizeIAM()
	env.API.Schema = `{"type": "object", "required": ["event"], "properties": {"event": {"type": "string"}, "user": {"type": "object"}}}`
	env.API.PartitionKey = spec.PartitionByJSONPath("$.user.id")
	env.API.CORS = spec.CORS{
		AllowOrigins: []string{"https://shop.example.com"}, AllowHeaders: []string{"Content-Type", "Authorization", "X-Amz-Date", "X-Amz-Security-Token"},
		AllowMethods: []string{"OPTIONS", "POST", "HEAD"}, ExposeHeaders: []string{"x-amzn-RequestId"}, AllowCredentials: true, MaxAge: 2 * time.Hour,
	}
	env.API.Throttle = spec.Throttle{RateLimit: 3000, BurstLimit: 1500}
	env.API.ManageAccount, env.API.Tracing, env.API.Metrics = false, true, !env.API.Metrics
	env.Stream = spec.Stream{Capacity: spec.Provisioned(4), Retention: 48 * time.Hour}
	env.Load = spec.Load{PeakPerSecond: 1500, EventBytes: 2000, EventsPerMonth: 400_000_000, Keys: 50}
	env.Delivery.BufferInterval, env.Delivery.BufferMiB = 5*time.Minute, 64
	env.Delivery.Compression, env.Delivery.NewlineDelimited = spec.GZIP, false
	env.Delivery.Prefix, env.Delivery.ErrorPrefix = "facts/dt=!{timestamp:yyyy-MM-dd}/", "failed/!{firehose:error-output-type}/"
	env.Bucket.Name, env.Bucket.ExpireAfterDays, env.Bucket.NoncurrentExpireAfterDays, env.Bucket.AbortUploadsAfterDays = "example-facts", 730, 60, 3
	env.Bucket.Transitions = []spec.Transition{{AfterDays: 30, StorageClass: spec.StandardIA}, {AfterDays: 180, StorageClass: spec.DeepArchive}}
	env.Logs = spec.Logs{RetentionDays: 90, Execution: spec.LogOff, ExecutionRetentionDays: 7}
	env.State.S3 = &spec.S3State{
		Bucket: "example-states", Key: "events/tuned.tfstate", Region: "eu-central-1",
		KMSKeyARN: "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-96ef-1234567890ab",
	}
}

// onDemand is a stream on demand, whose state HCP Terraform keeps.
func onDemand(env *spec.Environment) {
	env.Stream.Capacity = spec.OnDemand()
	env.Load = spec.Load{PeakPerSecond: 3000, EventBytes: 800, EventsPerMonth: 2_000_000_000, BatchSize: 100}
	env.Removal = spec.Retained
	env.API.Batch, env.Alarms.Enabled = true, true
	env.State.Cloud = &spec.CloudState{Organization: "example", Workspace: "events-ondemand", Hostname: "app.eu.terraform.io"}
}

func encrypted(env *spec.Environment) {
	env.Removal = spec.Protected
	env.Encryption = spec.Encryption{CustomerKey: true, DeletionWindowDays: 14}
	env.Bucket.AccessLog, env.Bucket.AccessLogName, env.Bucket.AccessLogExpireAfterDays = true, "example-access-log", 400
	env.Bucket.ObjectLock = spec.ObjectLock{Mode: spec.Governance, Days: 30}
}

func envelope(env *spec.Environment) {
	env.API.Authorization = spec.AuthorizeIAM()
	env.API.Envelope = spec.Envelope{Enabled: true, SourceIP: true, UserAgent: true, Principal: true}
	env.API.Batch, env.Query.Enabled = true, true
	env.API.ContentTypes = []spec.ContentType{spec.NDJSON}
	env.Bucket.ExpireAfterDays = 365
}

// types are event types with schemas of their own. The last one has no example.
func types(env *spec.Environment) {
	env.API.Batch, env.API.Envelope.Enabled, env.Query.Enabled = true, true, true
	env.API.Example = `{"event": "other", "note": "it's"}`
	env.API.EventTypes = []spec.EventType{
		{
			Name:    "order",
			Schema:  `{"type": "object", "required": ["order", "total"], "properties": {"order": {"type": "string"}, "total": {"type": "number", "minimum": 0}}}`,
			Example: "{\n  \"order\": \"o-1\",\n  \"total\": 89.90\n}",
		},
		{
			Name:    "page-view",
			Schema:  `{"type": "object", "required": ["page"], "properties": {"page": {"type": "string", "pattern": "^/"}}, "additionalProperties": false}`,
			Example: `{"page": "/docs"}`,
		},
		{Name: "post", Schema: `{"type": "object", "required": ["title"], "properties": {"title": {"type": "string", "minLength": 1}}}`},
	}
	env.API.Authorization = spec.AuthorizeIAM()
	env.API.Access.Producers = spec.Producers{Accounts: []string{"444455556666"}}
}

func query(env *spec.Environment) { env.Query.Enabled = true }

// delivery names its objects by the clocks of Tokyo, and by an extension of its own.
func delivery(env *spec.Environment) {
	env.Delivery.TimeZone, env.Delivery.Compression, env.Delivery.FileExtension = "Asia/Tokyo", spec.GZIP, ".json.gz"
	env.Query.Enabled = true
}

func parquet(env *spec.Environment) {
	env.Removal = spec.Protected
	env.Delivery.Format = spec.FormatParquet
	env.Delivery.Parquet = spec.Parquet{BufferInterval: 10 * time.Minute, BufferMiB: 64, Compression: spec.ParquetGZIP}
	env.Delivery.Prefix = "facts/dt=!{timestamp:yyyy-MM-dd}/hour=!{timestamp:HH}/"
	env.Query = spec.Query{
		Enabled: true, Since: 2027, ScanLimitMiB: 100 * 1024, ResultBucket: "facts-results", ResultExpireAfterDays: 7,
		Columns: []spec.Column{
			{Name: "type", Type: "string", Comment: "What happened"},
			{Name: "user", Type: "struct<id:string,tags:array<string>>"},
			{Name: "amount", Type: "decimal(12,2)"},
		},
	}
}

// partitions has a folder for each kind of event, which are known, and in it for each tenant, who are not.
func partitions(env *spec.Environment) {
	env.Delivery.BufferMiB, env.Delivery.Compression, env.Delivery.PartitionRetry = 64, spec.GZIP, 10*time.Minute
	env.Delivery.PartitionBy = []spec.PartitionField{
		{Name: "kind", Query: `if .event == "order" or .event == "view" then .event else "other" end`, Values: []string{"order", "view", "other"}},
		{Name: "tenant", Query: ".tenant"},
	}
	env.API.Example = `{"event": "order", "tenant": "acme", "amount": 12.5}`
	env.Query.Enabled, env.Alarms.Enabled, env.Alarms.Dashboard = true, true, true
}

func alarms(env *spec.Environment) {
	env.Alarms.Enabled, env.Alarms.Dashboard = true, true
	env.Alarms.Emails = []string{"on-call@example.com"}
}

// topic has alarms that go to a topic which is somebody else's.
func topic(env *spec.Environment) {
	env.Region = "cn-north-1"
	env.Alarms.Enabled, env.Alarms.TopicARN = true, "arn:aws-cn:sns:cn-north-1:111122223333:on-call"
	env.Alarms.RunbookURL, env.Alarms.RefusedPercent, env.Alarms.LatencyP99 = "https://git.example.com/runbooks", 2, 2*time.Second
}

func web(env *spec.Environment) {
	env.Removal = spec.Protected
	env.Web = spec.Web{Hosted: true, Folder: Page(), BucketName: "example-page", PriceClass: spec.PriceClassAll}
}

// names has other names for all that it makes, each bucket among them.
func names(env *spec.Environment) {
	env.Account = "111122223333"
	env.Names = spec.Names{Prefix: "web-clicks", AccountInBuckets: true, SubmitRole: "api-kinesis-submit-option-names"}
	env.Bucket.AccessLog, env.Query.Enabled, env.Alarms.Enabled = true, true, true
	env.Web.Hosted, env.Web.Folder = true, Page()
}

// intake takes bodies of several content types, and compresses every answer.
func intake(env *spec.Environment) {
	env.API.Batch = true
	env.API.ContentTypes = []spec.ContentType{spec.TextPlain, "application/cloudevents+json", spec.NDJSON}
	env.API.MinimumCompressionBytes = 0
	env.API.EventTypes = []spec.EventType{{Name: "celsius", Schema: `{"type": "number"}`, Example: `21.5`}} // no line of NDJSON takes it
}

// Backends are the stacks of `ingest backend`, by their goldens' names: with S3's own keys, and with a customer key.
func Backends() map[string]backend.Config {
	return map[string]backend.Config{
		"backend/s3": {Bucket: "api-kinesis-state", Region: "us-east-1"},
		"backend/kms": {
			Bucket: "api-kinesis-state", Region: "eu-west-1",
			KMSKeyARN: "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-96ef-1234567890ab",
		},
	}
}
