package deploytest

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	apigatewaytypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	firehosetypes "github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	kinesistypes "github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// expected are the values in which the deployed environments differ, as the test must read them back.
type expected struct {
	env           string
	authorization string
	// batch says whether there is POST /submit/batch.
	batch bool
	// signing is the curl command's addition if the API requires a signature.
	signing        string
	loggingLevel   string
	tracing        bool
	streamHours    int32
	noncurrentDays int32
	// In days.
	logDays, executionLogDays int32
	// key is the customer key's ARN, or empty. It is unknown before the apply; its alias is known.
	key string
	// complete says whether there are a customer key, an access log, alarms with their dashboard, queries and a firewall.
	complete bool
}

var (
	expectedDev = expected{
		env: "dev", authorization: "NONE", batch: true, loggingLevel: "INFO", streamHours: 24, noncurrentDays: 30, logDays: 30, executionLogDays: 30,
	}
	expectedProd = expected{
		env: "prod", complete: true, authorization: "AWS_IAM", loggingLevel: "ERROR", tracing: true, streamHours: 168, noncurrentDays: 365, logDays: 365, executionLogDays: 14,
		signing: " \\\n  --aws-sigv4 aws:amz:us-east-1:execute-api \\\n" + `  --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" ` + "\\\n" +
			`  -H "X-Amz-Security-Token: $AWS_SESSION_TOKEN"`,
	}
)

func (e expected) stream() string { return "api-kinesis-stream-" + e.env }
func (e expected) streamARN() string {
	return "arn:aws:kinesis:us-east-1:123456789012:stream/" + e.stream()
}
func (e expected) delivery() string  { return "api-kinesis-firehose-" + e.env }
func (e expected) bucket() string    { return "api-kinesis-firehose-bucket-" + e.env }
func (e expected) bucketARN() string { return "arn:aws:s3:::" + e.bucket() }
func (e expected) accessLog() string { return "/aws/apigateway/api-kinesis-" + e.env + "/access" }

func (e expected) accessLogBucket() string { return "api-kinesis-access-log-" + e.env }
func (e expected) resultBucket() string    { return "api-kinesis-query-" + e.env }
func (e expected) firewallLog() string     { return "aws-waf-logs-api-kinesis-" + e.env }

// role is the name of a role; what is submit, logging or delivery.
func (e expected) role(what string) string { return "api-kinesis-" + what + "-" + e.env }
func (e expected) roleARN(what string) string {
	return "arn:aws:iam::123456789012:role/" + e.role(what)
}

func (e expected) executionLog(api string) string {
	return "API-Gateway-Execution-Logs_" + api + "/" + e.env
}

// inventory has the names of all resources of an environment.
func (e expected) inventory(api string) []string {
	there := []string{
		"REST API api-kinesis-" + e.env,
		"account's logging role " + e.roleARN("logging"),
		"bucket " + e.bucket(),
		"delivery stream " + e.delivery(),
		"log group " + e.accessLog(),
		"log group /aws/kinesisfirehose/" + e.delivery(),
		"log group " + e.executionLog(api),
		"role " + e.role("delivery"),
		"role " + e.role("logging"),
		"role " + e.role("submit"),
		"stream " + e.stream(),
	}
	if e.complete {
		there = append(there, "bucket "+e.accessLogBucket(), "bucket "+e.resultBucket(), "log group "+e.firewallLog())
	}
	slices.Sort(there)
	return there
}

// checkDeployed reads an environment back, service by service.
func checkDeployed(t *testing.T, p *pipeline, want expected) {
	t.Helper()
	outputs := p.outputs()
	api := outputs["api_id"]
	expect(t, "what there is", want.inventory(api), p.cloud.inventory(t))
	if want.complete {
		want.key = keyOf(t, p.endpoint, "alias/api-kinesis-"+want.env)
	}
	for _, check := range []deployedCheck{
		{"outputs", func(t *testing.T) { checkOutputs(t, outputs, want) }},
		{"API", func(t *testing.T) { checkSubmit(t, p.cloud, api, want); checkGatewayResponses(t, p.cloud, api) }},
		{"stage", func(t *testing.T) { checkStage(t, p.cloud, api, want) }},
		{"stream", func(t *testing.T) { checkStream(t, p.cloud, want) }},
		{"delivery stream", func(t *testing.T) { checkDelivery(t, p.cloud, want) }},
		{"bucket", func(t *testing.T) { checkBucket(t, p.cloud, want); checkBucketAccess(t, p.cloud, want) }},
		{"roles", func(t *testing.T) { checkRoles(t, p.cloud, want) }},
		{"log groups", func(t *testing.T) { checkLogGroups(t, p.cloud, api, want) }},
	} {
		t.Run(check.name, check.run)
	}
	if want.complete {
		for _, check := range checksOfComplete(p, api, want) {
			t.Run(check.name, check.run)
		}
	}
}

type deployedCheck struct {
	name string
	run  func(t *testing.T)
}

func checkOutputs(t *testing.T, outputs map[string]string, want expected) {
	t.Helper()
	api := outputs["api_id"]
	submit := "https://" + api + ".execute-api.us-east-1.amazonaws.com/" + want.env + "/submit"
	arn := "arn:aws:execute-api:us-east-1:123456789012:" + api + "/" + want.env + "/POST/submit"
	all := map[string]string{
		"submit_url":           submit,
		"curl":                 "curl -sS -X POST \\\n  " + submit + " \\\n  -H 'Content-Type: application/json'" + want.signing + " \\\n  -d '{\"event\": \"signup\", \"user_id\": 123}'",
		"api_id":               api,
		"api_stage":            want.env,
		"authorization":        map[string]string{"NONE": "none", "AWS_IAM": "iam"}[want.authorization],
		"region":               "us-east-1",
		"submit_arn":           arn,
		"access_log_group":     want.accessLog(),
		"execution_log_group":  want.executionLog(api),
		"stream_name":          want.stream(),
		"stream_arn":           want.streamARN(),
		"delivery_stream_name": want.delivery(),
		"bucket_name":          want.bucket(),
		"delivery_log_group":   "/aws/kinesisfirehose/" + want.delivery(),
	}
	if want.batch {
		all["batch_url"], all["batch_arn"] = submit+"/batch", arn+"/batch"
	}
	if want.complete {
		maps.Copy(all, outputsOfComplete(want))
	}
	expect(t, "outputs", all, outputs)
}

// submitResource is the id of /submit.
func submitResource(t *testing.T, c cloud, api string) *string {
	t.Helper()
	return resourceAt(t, c, api, "/submit")
}

func resourceAt(t *testing.T, c cloud, api, path string) *string {
	t.Helper()
	resources := call(t, c.apigateway.GetResources, apigateway.GetResourcesInput{RestApiId: &api}).Items
	i := slices.IndexFunc(resources, func(r apigatewaytypes.Resource) bool { return *r.Path == path })
	if i < 0 {
		t.Fatal("the API has no " + path)
	}
	return resources[i].Id
}

func submitIntegration(t *testing.T, c cloud, api string) *apigateway.GetIntegrationOutput {
	t.Helper()
	return call(t, c.apigateway.GetIntegration, apigateway.GetIntegrationInput{
		RestApiId: &api, ResourceId: submitResource(t, c, api), HttpMethod: ref("POST"),
	})
}

func checkSubmit(t *testing.T, c cloud, api string, want expected) {
	t.Helper()
	post := call(t, c.apigateway.GetMethod, apigateway.GetMethodInput{
		RestApiId: &api, ResourceId: submitResource(t, c, api), HttpMethod: ref("POST"),
	})
	expect(t, "authorization", want.authorization, *post.AuthorizationType)
	expect(t, "models", map[string]string{"application/json": "Event"}, post.RequestModels)

	integration := submitIntegration(t, c, api)
	expect(t, "integration", apigatewaytypes.IntegrationTypeAws, integration.Type)
	expect(t, "URI", "arn:aws:apigateway:us-east-1:kinesis:action/PutRecord", *integration.Uri)
	expect(t, "integration's method", "POST", *integration.HttpMethod)
	expect(t, "credentials", want.roleARN("submit"), *integration.Credentials)
	expect(t, "passthrough behaviour", "NEVER", *integration.PassthroughBehavior)
	expectText(t, "the template", integration.RequestTemplates["application/json"],
		"#set($stream = \""+want.stream()+"\")\n#set($key = $context.requestId)\n")
	patterns := map[string]string{}
	for status, response := range integration.IntegrationResponses {
		patterns[status] = deref(response.SelectionPattern)
		expect(t, "allowed origin of "+status, "'*'", response.ResponseParameters["method.response.header.Access-Control-Allow-Origin"])
	}
	expect(t, "patterns by status", map[string]string{"200": "200", "400": `4\d{2}`, "502": ""}, patterns)
	checkPreflight(t, c, api)
	if want.batch {
		checkBatch(t, c, api, want)
	}
}

func checkBatch(t *testing.T, c cloud, api string, want expected) {
	t.Helper()
	id := resourceAt(t, c, api, "/submit/batch")
	post := call(t, c.apigateway.GetMethod, apigateway.GetMethodInput{RestApiId: &api, ResourceId: id, HttpMethod: ref("POST")})
	expect(t, "the batch's authorization", want.authorization, *post.AuthorizationType)
	expect(t, "the batch's models", map[string]string{"application/json": "Events"}, post.RequestModels)
	expect(t, "the batch's URI", "arn:aws:apigateway:us-east-1:kinesis:action/PutRecords", *post.MethodIntegration.Uri)
	model := call(t, c.apigateway.GetModel, apigateway.GetModelInput{RestApiId: &api, ModelName: ref("Events")})
	expectText(t, "the batch's schema", *model.Schema, `"items":{"$ref":"https://apigateway.amazonaws.com/restapis/`+api+`/models/Event"}`)
}

func checkPreflight(t *testing.T, c cloud, api string) {
	options := call(t, c.apigateway.GetIntegration, apigateway.GetIntegrationInput{
		RestApiId: &api, ResourceId: submitResource(t, c, api), HttpMethod: ref("OPTIONS"),
	})
	expect(t, "preflight's integration", apigatewaytypes.IntegrationTypeMock, options.Type)
	expect(t, "preflight's headers", map[string]string{
		"method.response.header.Access-Control-Allow-Headers":  "'Authorization,Content-Type,X-Amz-Content-Sha256,X-Amz-Date,X-Amz-Security-Token,X-Api-Key'",
		"method.response.header.Access-Control-Allow-Methods":  "'OPTIONS,POST'",
		"method.response.header.Access-Control-Allow-Origin":   "'*'",
		"method.response.header.Access-Control-Expose-Headers": "'Retry-After,x-amzn-ErrorType,x-amzn-RequestId'",
		"method.response.header.Access-Control-Max-Age":        "'3600'",
	}, options.IntegrationResponses["204"].ResponseParameters)
}

func checkGatewayResponses(t *testing.T, c cloud, api string) {
	statuses := map[apigatewaytypes.GatewayResponseType]string{}
	for _, response := range call(t, c.apigateway.GetGatewayResponses, apigateway.GetGatewayResponsesInput{RestApiId: &api}).Items {
		statuses[response.ResponseType] = deref(response.StatusCode)
		expect(t, "allowed origin of "+string(response.ResponseType), "'*'",
			response.ResponseParameters["gatewayresponse.header.Access-Control-Allow-Origin"])
	}
	expect(t, "gateway responses", map[apigatewaytypes.GatewayResponseType]string{
		"DEFAULT_4XX":            "",
		"DEFAULT_5XX":            "",
		"BAD_REQUEST_BODY":       "400",
		"UNSUPPORTED_MEDIA_TYPE": "415",
		"THROTTLED":              "429",
		"INTEGRATION_FAILURE":    "502",
		"INTEGRATION_TIMEOUT":    "504",
	}, statuses)
}

func checkStage(t *testing.T, c cloud, api string, want expected) {
	t.Helper()
	stage := call(t, c.apigateway.GetStage, apigateway.GetStageInput{RestApiId: &api, StageName: &want.env})
	expect(t, "access log", "arn:aws:logs:us-east-1:123456789012:log-group:"+want.accessLog(),
		*stage.AccessLogSettings.DestinationArn)
	line := decode[map[string]string](t, "the access log's format", *stage.AccessLogSettings.Format)
	expect(t, "request id in the access log", "$context.requestId", line["requestId"])
	expect(t, "tracing", want.tracing, stage.TracingEnabled)
	settings, found := stage.MethodSettings["*/*"]
	if !found {
		t.Fatal("the stage has no settings for */*")
	}
	expect(t, "rate limit", 1000, settings.ThrottlingRateLimit)
	expect(t, "burst limit", 500, settings.ThrottlingBurstLimit)
	expect(t, "logging level", want.loggingLevel, *settings.LoggingLevel)
	expect(t, "data trace", false, settings.DataTraceEnabled)
	expect(t, "metrics", true, settings.MetricsEnabled)
	accountSetting := call(t, c.apigateway.GetAccount, apigateway.GetAccountInput{})
	expect(t, "account's logging role", want.roleARN("logging"), *accountSetting.CloudwatchRoleArn)
}

func checkStream(t *testing.T, c cloud, want expected) {
	t.Helper()
	stream := call(t, c.kinesis.DescribeStreamSummary, kinesis.DescribeStreamSummaryInput{
		StreamName: ref(want.stream()),
	}).StreamDescriptionSummary
	expect(t, "ARN", want.streamARN(), *stream.StreamARN)
	expect(t, "mode", kinesistypes.StreamModeProvisioned, stream.StreamModeDetails.StreamMode)
	expect(t, "shards", 1, *stream.OpenShardCount)
	expect(t, "retention in hours", want.streamHours, *stream.RetentionPeriodHours)
	expect(t, "encryption", kinesistypes.EncryptionTypeKms, stream.EncryptionType)
	expect(t, "key", cmp.Or(want.key, "alias/aws/kinesis"), *stream.KeyId)
}

func checkDelivery(t *testing.T, c cloud, want expected) {
	t.Helper()
	stream := call(t, c.firehose.DescribeDeliveryStream, firehose.DescribeDeliveryStreamInput{
		DeliveryStreamName: ref(want.delivery()),
	}).DeliveryStreamDescription
	expect(t, "type", firehosetypes.DeliveryStreamTypeKinesisStreamAsSource, stream.DeliveryStreamType)
	source := stream.Source.KinesisStreamSourceDescription
	expect(t, "source", want.streamARN(), *source.KinesisStreamARN)
	expect(t, "source's role", want.roleARN("delivery"), *source.RoleARN)

	to := stream.Destinations[0].ExtendedS3DestinationDescription
	expect(t, "bucket", want.bucketARN(), *to.BucketARN)
	expect(t, "role", want.roleARN("delivery"), *to.RoleARN)
	expect(t, "seconds", 60, *to.BufferingHints.IntervalInSeconds)
	expect(t, "MiB", 1, *to.BufferingHints.SizeInMBs)
	expect(t, "compression", firehosetypes.CompressionFormatUncompressed, to.CompressionFormat)
	expect(t, "prefix", "events/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/hour=!{timestamp:HH}/", *to.Prefix)
	expect(t, "error prefix",
		"errors/!{firehose:error-output-type}/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/hour=!{timestamp:HH}/",
		*to.ErrorOutputPrefix)
	expect(t, "log group", "/aws/kinesisfirehose/"+want.delivery(), *to.CloudWatchLoggingOptions.LogGroupName)
	expect(t, "log stream", "S3Delivery", *to.CloudWatchLoggingOptions.LogStreamName)
	if want.key != "" {
		expect(t, "key", want.key, *to.EncryptionConfiguration.KMSEncryptionConfig.AWSKMSKeyARN)
	}
	checkDelimiter(t, to.ProcessingConfiguration)
}

func checkDelimiter(t *testing.T, processing *firehosetypes.ProcessingConfiguration) {
	if !*processing.Enabled || len(processing.Processors) != 1 {
		t.Fatalf("processing enabled: %v, with %d processors; want one, enabled", *processing.Enabled, len(processing.Processors))
	}
	processor := processing.Processors[0]
	expect(t, "processor", firehosetypes.ProcessorTypeAppendDelimiterToRecord, processor.Type)
	parameters := map[firehosetypes.ProcessorParameterName]string{}
	for _, parameter := range processor.Parameters {
		parameters[parameter.ParameterName] = *parameter.ParameterValue
	}
	expect(t, "processor's parameters", map[firehosetypes.ProcessorParameterName]string{"Delimiter": `\n`}, parameters)
}

func checkBucket(t *testing.T, c cloud, want expected) {
	t.Helper()
	bucket := ref(want.bucket())
	versioning := call(t, c.s3.GetBucketVersioning, s3.GetBucketVersioningInput{Bucket: bucket})
	expect(t, "versioning", s3types.BucketVersioningStatusEnabled, versioning.Status)
	checkBucketKey(t, c, want.bucket(), want.key)
	rules := map[string]string{}
	for _, rule := range call(t, c.s3.GetBucketLifecycleConfiguration, s3.GetBucketLifecycleConfigurationInput{Bucket: bucket}).Rules {
		rules[*rule.ID] = string(rule.Status)
		switch {
		case rule.AbortIncompleteMultipartUpload != nil:
			expect(t, "days of an upload", 7, *rule.AbortIncompleteMultipartUpload.DaysAfterInitiation)
		case rule.NoncurrentVersionExpiration != nil:
			expect(t, "days of a noncurrent version", want.noncurrentDays, *rule.NoncurrentVersionExpiration.NoncurrentDays)
		}
	}
	expect(t, "lifecycle rules", map[string]string{"abort-uploads": "Enabled", "expire-noncurrent": "Enabled"}, rules)
}

// checkBucketKey checks that a bucket encrypts with a key, or with S3's own.
func checkBucketKey(t *testing.T, c cloud, bucket, key string) {
	t.Helper()
	rule := call(t, c.s3.GetBucketEncryption, s3.GetBucketEncryptionInput{Bucket: &bucket}).ServerSideEncryptionConfiguration.Rules[0]
	want := s3types.ServerSideEncryptionAes256
	if key != "" {
		want = s3types.ServerSideEncryptionAwsKms
		expect(t, bucket+"'s bucket key", true, *rule.BucketKeyEnabled)
	}
	expect(t, bucket+"'s encryption", want, rule.ApplyServerSideEncryptionByDefault.SSEAlgorithm)
	expect(t, bucket+"'s key", key, deref(rule.ApplyServerSideEncryptionByDefault.KMSMasterKeyID))
}

func checkBucketAccess(t *testing.T, c cloud, want expected) {
	t.Helper()
	bucket := ref(want.bucket())
	public := call(t, c.s3.GetPublicAccessBlock, s3.GetPublicAccessBlockInput{Bucket: bucket}).PublicAccessBlockConfiguration
	for name, blocked := range map[string]*bool{
		"block public ACLs": public.BlockPublicAcls, "block public policy": public.BlockPublicPolicy,
		"ignore public ACLs": public.IgnorePublicAcls, "restrict public buckets": public.RestrictPublicBuckets,
	} {
		expect(t, name, true, *blocked)
	}
	ownership := call(t, c.s3.GetBucketOwnershipControls, s3.GetBucketOwnershipControlsInput{Bucket: bucket}).OwnershipControls
	expect(t, "ownership", s3types.ObjectOwnershipBucketOwnerEnforced, ownership.Rules[0].ObjectOwnership)
	policy := call(t, c.s3.GetBucketPolicy, s3.GetBucketPolicyInput{Bucket: bucket})
	statements := `{
		"Sid": "TLSOnly", "Effect": "Deny", "Principal": "*", "Action": ["s3:*"],
		"Resource": ["` + want.bucketARN() + `", "` + want.bucketARN() + `/*"],
		"Condition": {"Bool": {"aws:SecureTransport": ["false"]}}
	}`
	if want.key != "" {
		statements += "," + noOtherKey(want.bucketARN(), want.key)
	}
	expectJSON(t, "bucket policy", document(statements), *policy.Policy)
}

func checkRoles(t *testing.T, c cloud, want expected) {
	t.Helper()
	const (
		gateway = `"Principal": {"Service": "apigateway.amazonaws.com"}, "Action": ["sts:AssumeRole"]`
		deliver = `"Principal": {"Service": "firehose.amazonaws.com"}, "Action": ["sts:AssumeRole"],
			"Condition": {"StringEquals": {"sts:ExternalId": ["123456789012"]}}`
	)
	puts := `"kinesis:PutRecord"`
	if want.batch {
		puts += `, "kinesis:PutRecords"`
	}
	submit := map[string]string{
		"put-record": `{"Effect": "Allow", "Action": [` + puts + `], "Resource": ["` + want.streamARN() + `"]}`,
	}
	checkRole(t, c, want.role("logging"), gateway, map[string]string{
		"push-logs": `{"Effect": "Allow",
			"Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogGroups", "logs:DescribeLogStreams",
				"logs:FilterLogEvents", "logs:GetLogEvents", "logs:PutLogEvents"],
			"Resource": ["arn:aws:logs:us-east-1:123456789012:*"]}`,
	})
	delivery := map[string]string{
		"read-stream": `{"Effect": "Allow",
			"Action": ["kinesis:DescribeStream", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards"],
			"Resource": ["` + want.streamARN() + `"]}`,
		"write-bucket": `{"Effect": "Allow",
			"Action": ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
			"Resource": ["` + want.bucketARN() + `"]}, {"Effect": "Allow",
			"Action": ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"],
			"Resource": ["` + want.bucketARN() + `/events/year=*", "` + want.bucketARN() + `/errors/*"]}`,
		"write-log": `{"Effect": "Allow", "Action": ["logs:PutLogEvents"],
			"Resource": ["arn:aws:logs:us-east-1:123456789012:log-group:/aws/kinesisfirehose/` + want.delivery() + `:log-stream:S3Delivery"]}`,
	}
	if want.key != "" {
		submit["use-key"] = useKey(want.key, "kinesis", want.streamARN(), `"kms:GenerateDataKey"`)
		delivery["use-key"] = useKey(want.key, "kinesis", want.streamARN(), `"kms:Decrypt"`) + "," +
			useKey(want.key, "s3", want.bucketARN(), `"kms:Decrypt", "kms:GenerateDataKey"`)
	}
	checkRole(t, c, want.role("submit"), gateway, submit)
	checkRole(t, c, want.role("delivery"), deliver, delivery)
}

// checkRole compares a role's trust and its inline policies, and checks that it has no others.
func checkRole(t *testing.T, c cloud, name, trust string, policies map[string]string) {
	t.Helper()
	role := call(t, c.iam.GetRole, iam.GetRoleInput{RoleName: &name}).Role
	expectJSON(t, "trust of "+name, document(`{"Effect": "Allow", `+trust+`}`), unescaped(t, *role.AssumeRolePolicyDocument))
	names := call(t, c.iam.ListRolePolicies, iam.ListRolePoliciesInput{RoleName: &name}).PolicyNames
	slices.Sort(names)
	expect(t, "policies of "+name, slices.Sorted(maps.Keys(policies)), names)
	for _, policy := range names {
		checkPolicy(t, c, name, policy, policies[policy])
	}
}

func checkPolicy(t *testing.T, c cloud, role, policy, statements string) {
	t.Helper()
	got := call(t, c.iam.GetRolePolicy, iam.GetRolePolicyInput{RoleName: &role, PolicyName: &policy}).PolicyDocument
	expectJSON(t, role+"'s "+policy, document(statements), unescaped(t, *got))
}

func document(statements string) string {
	return `{"Version": "2012-10-17", "Statement": [` + statements + `]}`
}

// unescaped is a policy document as it was written. IAM returns it escaped as in a URL.
func unescaped(t *testing.T, document string) string {
	t.Helper()
	text, err := url.QueryUnescape(document)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func checkLogGroups(t *testing.T, c cloud, api string, want expected) {
	t.Helper()
	days := map[string]int32{}
	for _, group := range call(t, c.logs.DescribeLogGroups, cloudwatchlogs.DescribeLogGroupsInput{}).LogGroups {
		days[*group.LogGroupName] = *group.RetentionInDays
		expect(t, "the key of "+*group.LogGroupName, want.key, deref(group.KmsKeyId))
	}
	all := map[string]int32{
		want.accessLog():                          want.logDays,
		want.executionLog(api):                    want.executionLogDays,
		"/aws/kinesisfirehose/" + want.delivery(): want.logDays,
	}
	if want.complete {
		all[want.firewallLog()] = want.logDays
	}
	expect(t, "log groups' retention in days", all, days)
}

func deref(value *string) string {
	if value == nil {
		return ""
	}
	return *value
}
