package deploytest

import (
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

const (
	streamARN   = "arn:aws:kinesis:us-east-1:123456789012:stream/api-kinesis-stream-dev"
	bucketARN   = "arn:aws:s3:::api-kinesis-firehose-bucket-dev"
	submitRole  = "arn:aws:iam::123456789012:role/api-kinesis-submit-dev"
	loggingRole = "arn:aws:iam::123456789012:role/api-kinesis-logging-dev"
	deliverRole = "arn:aws:iam::123456789012:role/api-kinesis-delivery-dev"
)

// checkDev reads dev back, service by service.
func checkDev(t *testing.T, p *pipeline) {
	t.Helper()
	outputs := p.outputs()
	api := outputs["api_id"]
	for _, check := range []struct {
		name string
		run  func(t *testing.T)
	}{
		{"outputs", func(t *testing.T) { checkOutputs(t, outputs) }},
		{"API", func(t *testing.T) { checkSubmit(t, p.cloud, api); checkGatewayResponses(t, p.cloud, api) }},
		{"stage", func(t *testing.T) { checkStage(t, p.cloud, api) }},
		{"stream", func(t *testing.T) { checkStream(t, p.cloud) }},
		{"delivery stream", func(t *testing.T) { checkDelivery(t, p.cloud) }},
		{"bucket", func(t *testing.T) { checkBucket(t, p.cloud); checkBucketAccess(t, p.cloud) }},
		{"roles", func(t *testing.T) { checkRoles(t, p.cloud) }},
		{"log groups", func(t *testing.T) { checkLogGroups(t, p.cloud, api) }},
	} {
		t.Run(check.name, check.run)
	}
}

func checkOutputs(t *testing.T, outputs map[string]string) {
	api := outputs["api_id"]
	submit := "https://" + api + ".execute-api.us-east-1.amazonaws.com/dev/submit"
	expect(t, "outputs", map[string]string{
		"submit_url":           submit,
		"curl":                 "curl -sS -X POST " + submit + ` -H 'Content-Type: application/json' -d '{"type":"signup","user":"u-1"}'`,
		"api_id":               api,
		"api_stage":            "dev",
		"submit_arn":           "arn:aws:execute-api:us-east-1:123456789012:" + api + "/dev/POST/submit",
		"access_log_group":     "/aws/apigateway/api-kinesis-dev/access",
		"execution_log_group":  "API-Gateway-Execution-Logs_" + api + "/dev",
		"stream_name":          "api-kinesis-stream-dev",
		"stream_arn":           streamARN,
		"delivery_stream_name": "api-kinesis-firehose-dev",
		"bucket_name":          "api-kinesis-firehose-bucket-dev",
		"delivery_log_group":   "/aws/kinesisfirehose/api-kinesis-firehose-dev",
	}, outputs)
}

// submitResource is the id of /submit.
func submitResource(t *testing.T, c cloud, api string) *string {
	t.Helper()
	resources := call(t, c.apigateway.GetResources, apigateway.GetResourcesInput{RestApiId: &api}).Items
	i := slices.IndexFunc(resources, func(r apigatewaytypes.Resource) bool { return *r.Path == "/submit" })
	if i < 0 {
		t.Fatal("the API has no /submit")
	}
	return resources[i].Id
}

func submitIntegration(t *testing.T, c cloud, api string) *apigateway.GetIntegrationOutput {
	t.Helper()
	return call(t, c.apigateway.GetIntegration, apigateway.GetIntegrationInput{
		RestApiId: &api, ResourceId: submitResource(t, c, api), HttpMethod: ref("POST"),
	})
}

func checkSubmit(t *testing.T, c cloud, api string) {
	post := call(t, c.apigateway.GetMethod, apigateway.GetMethodInput{
		RestApiId: &api, ResourceId: submitResource(t, c, api), HttpMethod: ref("POST"),
	})
	expect(t, "authorization", "NONE", *post.AuthorizationType)
	expect(t, "models", map[string]string{"application/json": "Event"}, post.RequestModels)

	integration := submitIntegration(t, c, api)
	expect(t, "integration", apigatewaytypes.IntegrationTypeAws, integration.Type)
	expect(t, "URI", "arn:aws:apigateway:us-east-1:kinesis:action/PutRecord", *integration.Uri)
	expect(t, "integration's method", "POST", *integration.HttpMethod)
	expect(t, "credentials", submitRole, *integration.Credentials)
	expect(t, "passthrough behaviour", "NEVER", *integration.PassthroughBehavior)
	expectText(t, "the template", integration.RequestTemplates["application/json"],
		"#set($stream = \"api-kinesis-stream-dev\")\n#set($key = $context.requestId)\n")
	patterns := map[string]string{}
	for status, response := range integration.IntegrationResponses {
		patterns[status] = deref(response.SelectionPattern)
		expect(t, "allowed origin of "+status, "'*'", response.ResponseParameters["method.response.header.Access-Control-Allow-Origin"])
	}
	expect(t, "patterns by status", map[string]string{"200": "200", "400": `4\d{2}`, "502": ""}, patterns)
	checkPreflight(t, c, api)
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

func checkStage(t *testing.T, c cloud, api string) {
	stage := call(t, c.apigateway.GetStage, apigateway.GetStageInput{RestApiId: &api, StageName: ref("dev")})
	expect(t, "access log", "arn:aws:logs:us-east-1:123456789012:log-group:/aws/apigateway/api-kinesis-dev/access",
		*stage.AccessLogSettings.DestinationArn)
	line := decode[map[string]string](t, "the access log's format", *stage.AccessLogSettings.Format)
	expect(t, "request id in the access log", "$context.requestId", line["requestId"])
	expect(t, "tracing", false, stage.TracingEnabled)
	settings, found := stage.MethodSettings["*/*"]
	if !found {
		t.Fatal("the stage has no settings for */*")
	}
	expect(t, "rate limit", 1000, settings.ThrottlingRateLimit)
	expect(t, "burst limit", 500, settings.ThrottlingBurstLimit)
	expect(t, "logging level", "INFO", *settings.LoggingLevel)
	expect(t, "data trace", false, settings.DataTraceEnabled)
	expect(t, "metrics", true, settings.MetricsEnabled)
	accountSetting := call(t, c.apigateway.GetAccount, apigateway.GetAccountInput{})
	expect(t, "account's logging role", loggingRole, *accountSetting.CloudwatchRoleArn)
}

func checkStream(t *testing.T, c cloud) {
	stream := call(t, c.kinesis.DescribeStreamSummary, kinesis.DescribeStreamSummaryInput{
		StreamName: ref("api-kinesis-stream-dev"),
	}).StreamDescriptionSummary
	expect(t, "ARN", streamARN, *stream.StreamARN)
	expect(t, "mode", kinesistypes.StreamModeProvisioned, stream.StreamModeDetails.StreamMode)
	expect(t, "shards", 1, *stream.OpenShardCount)
	expect(t, "retention in hours", 24, *stream.RetentionPeriodHours)
	expect(t, "encryption", kinesistypes.EncryptionTypeKms, stream.EncryptionType)
	expect(t, "key", "alias/aws/kinesis", *stream.KeyId)
}

func checkDelivery(t *testing.T, c cloud) {
	stream := call(t, c.firehose.DescribeDeliveryStream, firehose.DescribeDeliveryStreamInput{
		DeliveryStreamName: ref("api-kinesis-firehose-dev"),
	}).DeliveryStreamDescription
	expect(t, "type", firehosetypes.DeliveryStreamTypeKinesisStreamAsSource, stream.DeliveryStreamType)
	source := stream.Source.KinesisStreamSourceDescription
	expect(t, "source", streamARN, *source.KinesisStreamARN)
	expect(t, "source's role", deliverRole, *source.RoleARN)

	to := stream.Destinations[0].ExtendedS3DestinationDescription
	expect(t, "bucket", bucketARN, *to.BucketARN)
	expect(t, "role", deliverRole, *to.RoleARN)
	expect(t, "seconds", 60, *to.BufferingHints.IntervalInSeconds)
	expect(t, "MiB", 1, *to.BufferingHints.SizeInMBs)
	expect(t, "compression", firehosetypes.CompressionFormatUncompressed, to.CompressionFormat)
	expect(t, "prefix", "events/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/hour=!{timestamp:HH}/", *to.Prefix)
	expect(t, "error prefix",
		"errors/!{firehose:error-output-type}/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/hour=!{timestamp:HH}/",
		*to.ErrorOutputPrefix)
	expect(t, "log group", "/aws/kinesisfirehose/api-kinesis-firehose-dev", *to.CloudWatchLoggingOptions.LogGroupName)
	expect(t, "log stream", "S3Delivery", *to.CloudWatchLoggingOptions.LogStreamName)
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

func checkBucket(t *testing.T, c cloud) {
	bucket := ref("api-kinesis-firehose-bucket-dev")
	versioning := call(t, c.s3.GetBucketVersioning, s3.GetBucketVersioningInput{Bucket: bucket})
	expect(t, "versioning", s3types.BucketVersioningStatusEnabled, versioning.Status)
	encryption := call(t, c.s3.GetBucketEncryption, s3.GetBucketEncryptionInput{Bucket: bucket}).ServerSideEncryptionConfiguration
	expect(t, "encryption", s3types.ServerSideEncryptionAes256, encryption.Rules[0].ApplyServerSideEncryptionByDefault.SSEAlgorithm)
	rules := map[string]string{}
	for _, rule := range call(t, c.s3.GetBucketLifecycleConfiguration, s3.GetBucketLifecycleConfigurationInput{Bucket: bucket}).Rules {
		rules[*rule.ID] = string(rule.Status)
		switch {
		case rule.AbortIncompleteMultipartUpload != nil:
			expect(t, "days of an upload", 7, *rule.AbortIncompleteMultipartUpload.DaysAfterInitiation)
		case rule.NoncurrentVersionExpiration != nil:
			expect(t, "days of a noncurrent version", 30, *rule.NoncurrentVersionExpiration.NoncurrentDays)
		}
	}
	expect(t, "lifecycle rules", map[string]string{"abort-uploads": "Enabled", "expire-noncurrent": "Enabled"}, rules)
}

func checkBucketAccess(t *testing.T, c cloud) {
	bucket := ref("api-kinesis-firehose-bucket-dev")
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
	expectJSON(t, "bucket policy", document(`{
		"Sid": "TLSOnly", "Effect": "Deny", "Principal": "*", "Action": ["s3:*"],
		"Resource": ["`+bucketARN+`", "`+bucketARN+`/*"],
		"Condition": {"Bool": {"aws:SecureTransport": ["false"]}}
	}`), *policy.Policy)
}

func checkRoles(t *testing.T, c cloud) {
	const (
		gateway = `"Principal": {"Service": "apigateway.amazonaws.com"}, "Action": ["sts:AssumeRole"]`
		deliver = `"Principal": {"Service": "firehose.amazonaws.com"}, "Action": ["sts:AssumeRole"],
			"Condition": {"StringEquals": {"sts:ExternalId": ["123456789012"]}}`
	)
	checkRole(t, c, "api-kinesis-submit-dev", gateway, map[string]string{
		"put-record": `{"Effect": "Allow", "Action": ["kinesis:PutRecord"], "Resource": ["` + streamARN + `"]}`,
	})
	checkRole(t, c, "api-kinesis-logging-dev", gateway, map[string]string{
		"push-logs": `{"Effect": "Allow",
			"Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogGroups", "logs:DescribeLogStreams",
				"logs:FilterLogEvents", "logs:GetLogEvents", "logs:PutLogEvents"],
			"Resource": ["arn:aws:logs:us-east-1:123456789012:*"]}`,
	})
	checkRole(t, c, "api-kinesis-delivery-dev", deliver, map[string]string{
		"read-stream": `{"Effect": "Allow",
			"Action": ["kinesis:DescribeStream", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards"],
			"Resource": ["` + streamARN + `"]}`,
		"write-bucket": `{"Effect": "Allow",
			"Action": ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
			"Resource": ["` + bucketARN + `"]}, {"Effect": "Allow",
			"Action": ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"],
			"Resource": ["` + bucketARN + `/events/year=*", "` + bucketARN + `/errors/*"]}`,
		"write-log": `{"Effect": "Allow", "Action": ["logs:PutLogEvents"],
			"Resource": ["arn:aws:logs:us-east-1:123456789012:log-group:/aws/kinesisfirehose/api-kinesis-firehose-dev:log-stream:S3Delivery"]}`,
	})
}

// checkRole compares a role's trust and its inline policies, of which there are no others.
func checkRole(t *testing.T, c cloud, name, trust string, policies map[string]string) {
	t.Helper()
	role := call(t, c.iam.GetRole, iam.GetRoleInput{RoleName: &name}).Role
	expectJSON(t, "trust of "+name, document(`{"Effect": "Allow", `+trust+`}`), unescaped(t, *role.AssumeRolePolicyDocument))
	names := call(t, c.iam.ListRolePolicies, iam.ListRolePoliciesInput{RoleName: &name}).PolicyNames
	slices.Sort(names)
	expect(t, "policies of "+name, slices.Sorted(maps.Keys(policies)), names)
	for _, policy := range names {
		got := call(t, c.iam.GetRolePolicy, iam.GetRolePolicyInput{RoleName: &name, PolicyName: &policy}).PolicyDocument
		expectJSON(t, name+"'s "+policy, document(policies[policy]), unescaped(t, *got))
	}
}

func document(statements string) string {
	return `{"Version": "2012-10-17", "Statement": [` + statements + `]}`
}

// unescaped is a policy document as it was written: IAM answers with it escaped as in a URL.
func unescaped(t *testing.T, document string) string {
	t.Helper()
	text, err := url.QueryUnescape(document)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func checkLogGroups(t *testing.T, c cloud, api string) {
	days := map[string]int32{}
	for _, group := range call(t, c.logs.DescribeLogGroups, cloudwatchlogs.DescribeLogGroupsInput{}).LogGroups {
		days[*group.LogGroupName] = *group.RetentionInDays
	}
	expect(t, "log groups' retention in days", map[string]int32{
		"/aws/apigateway/api-kinesis-dev/access":        30,
		"API-Gateway-Execution-Logs_" + api + "/dev":    30,
		"/aws/kinesisfirehose/api-kinesis-firehose-dev": 30,
	}, days)
}

func deref(value *string) string {
	if value == nil {
		return ""
	}
	return *value
}
