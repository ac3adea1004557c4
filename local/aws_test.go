package local

import (
	"html"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/uuid"

	"cdk.tf/go/ingest/internal/sdkhttp"
)

func (r *running) config() aws.Config {
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(r.awsURL()), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""), HTTPClient: sdkhttp.Keep(nil),
	}
}

// AWS's Go clients show what is not imitated and what is, and the log has it once.
func TestWhatIsNotImitatedSaysSo(t *testing.T) {
	p := devPipeline(t)
	ctx, config := t.Context(), p.config()
	pathStyle := func(o *awss3.Options) { o.UsePathStyle = true }
	for what, call := range map[string]func() error{
		"logs (DescribeLogGroups)": func() error {
			_, err := cloudwatchlogs.NewFromConfig(config).DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{})
			return err
		},
		"apigateway (GET /restapis)": func() error {
			_, err := apigateway.NewFromConfig(config).GetRestApis(ctx, &apigateway.GetRestApisInput{})
			return err
		},
		"iam (ListRoles)": func() error {
			_, err := iam.NewFromConfig(config).ListRoles(ctx, &iam.ListRolesInput{})
			return err
		},
		"sts (AssumeRole)": func() error {
			_, err := sts.NewFromConfig(config).AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::000000000000:role/r"), RoleSessionName: aws.String("s")})
			return err
		},
		`Kinesis's operation "DescribeLimits"`: func() error {
			_, err := awskinesis.NewFromConfig(config).DescribeLimits(ctx, &awskinesis.DescribeLimitsInput{})
			return err
		},
		`Firehose's operation "DeleteDeliveryStream"`: func() error {
			_, err := firehose.NewFromConfig(config).DeleteDeliveryStream(ctx, &firehose.DeleteDeliveryStreamInput{DeliveryStreamName: aws.String("d")})
			return err
		},
		"S3's ?tagging": func() error {
			_, err := awss3.NewFromConfig(config, pathStyle).GetBucketTagging(ctx, &awss3.GetBucketTaggingInput{Bucket: aws.String(bucket)})
			return err
		},
	} {
		for range 2 {
			if err := call(); err == nil || !strings.Contains(err.Error(), what+" is not imitated on one machine; these are: ") {
				t.Errorf("%s: %v", what, err)
			}
		}
	}
	log := p.said.String()
	for _, what := range []string{"what=\"logs (DescribeLogGroups) is not imitated", "apigateway (GET /restapis) is not", "DescribeLimits", "iam (ListRoles)", "sts (AssumeRole)", "S3's ?tagging", "DeleteDeliveryStream"} {
		if got := strings.Count(log, what); got != 1 {
			t.Errorf("%s is said %d times", what, got)
		}
	}
}

// The same holds in each of AWS's protocols, for services without a client here.
func TestWhatIsNotImitatedInEachProtocol(t *testing.T) {
	p := devPipeline(t)
	scope := func(service string) string {
		return "Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/" + service + "/aws4_request, SignedHeaders=host, Signature=x"
	}
	const form = "Content-Type: application/x-www-form-urlencoded; charset=utf-8"
	for _, test := range []struct {
		name string
		asked
		status int
		want   string
	}{
		{"ec2", asked{method: http.MethodPost, url: "/", body: "Action=DescribeVpcs", header: []string{scope("ec2"), form}}, 501, "<Response><Errors><Error><Code>NotImplemented</Code><Message>ec2 (DescribeVpcs) is not"},
		{"sqs", asked{method: http.MethodPost, url: "/", body: "Action=ListQueues", header: []string{scope("sqs"), form}}, 501, "<Error><Type>Sender</Type><Code>NotImplemented</Code><Message>sqs (ListQueues) is not"},
		{"dynamodb", asked{method: http.MethodPost, url: "/", body: "{}", header: []string{scope("dynamodb"), "X-Amz-Target: DynamoDB_20120810.ListTables"}}, 501, `"message":"dynamodb (ListTables) is not`},
		{"an unsigned target", asked{method: http.MethodPost, url: "/", body: "{}", header: []string{"X-Amz-Target: Logs_20140328.FilterLogEvents"}}, 501, `"message":"Logs (FilterLogEvents) is not`},
		{"cloudfront", asked{method: http.MethodGet, url: "/2020-05-31/distribution", header: []string{scope("cloudfront")}}, 501, "<Code>NotImplemented</Code>"},
		{"lambda", asked{method: http.MethodGet, url: "/2015-03-31/functions/", header: []string{scope("lambda")}}, 501, `"message":"lambda (GET /2015-03-31/functions/) is not`},
		{"presigned", asked{method: http.MethodGet, url: "/x?X-Amz-Credential=test/20260101/us-east-1/lambda/aws4_request"}, 501, "lambda (GET /x)"},
		{"cbor", asked{method: http.MethodPost, url: "/service/x/operation/Y", header: []string{scope("arc-region-switch"), "Smithy-Protocol: rpc-v2-cbor"}}, 501, "arc-region-switch (POST /service/x/operation/Y) is not"},
		{"a head", asked{method: http.MethodHead, url: "/x", header: []string{scope("lambda")}}, 501, ""},
		{"an unsigned form", asked{method: http.MethodPost, url: "/", body: "Action=GetCallerIdentity", header: []string{form}}, 403, "MissingAuthenticationToken"},
		{"an unsigned query", asked{method: http.MethodGet, url: "/?Action=GetCallerIdentity"}, 403, "MissingAuthenticationToken"},
		{"STS without a version", asked{method: http.MethodPost, url: "/", body: "Action=GetCallerIdentity", header: []string{scope("sts"), form}}, 400, "<Code>InvalidAction</Code><Message>Could not find operation GetCallerIdentity for version NO_VERSION_SPECIFIED. Send Version=2011-06-15."},
		{"another service's DescribeKey", asked{method: http.MethodPost, url: "/", body: "{}", header: []string{scope("kms"), "X-Amz-Target: TrentService2.DescribeKey"}}, 501, "kms (TrentService2.DescribeKey) is not"},
		{"Kinesis without a target", asked{method: http.MethodPost, url: "/", body: "{}", header: []string{scope("kinesis")}}, 403, "Unable to determine service/operation name"},
		{"S3, signed", asked{method: http.MethodGet, url: "/" + bucket, header: []string{scope("s3")}}, 200, "ListBucketResult"},
		{"S3, unsigned", asked{method: http.MethodGet, url: "/" + bucket}, 200, "ListBucketResult"},
	} {
		test.url = p.awsURL() + test.url
		if got := ask(t, test.asked); got.status != test.status || !strings.Contains(got.body, test.want) {
			t.Errorf("%s: %d %s", test.name, got.status, got.body)
		}
	}
}

// Each answer of a service has the id of its request, from which AWS's SDKs make ResponseMetadata.RequestId.
func TestEveryServiceNamesTheRequest(t *testing.T) {
	p := devPipeline(t)
	const form = "Content-Type: application/x-www-form-urlencoded"
	seen := map[string]bool{}
	for _, test := range []struct{ service, target, body string }{
		{"kinesis", "Kinesis_20131202.ListStreams", "{}"},
		{"firehose", "Firehose_20150804.ListDeliveryStreams", "{}"},
		{"firehose", "Firehose_20150804.DescribeDeliveryStream", `{"DeliveryStreamName": "none"}`},
		{"kms", "TrentService.DescribeKey", `{"KeyId": "alias/aws/s3"}`},
		{"monitoring", "GraniteServiceVersion20100801.ListMetrics", "{}"},
		{"logs", "Logs_20140328.DescribeLogGroups", "{}"},
		{"sts", "", "Action=GetCallerIdentity&Version=2011-06-15"},
		{"sts", "", "Action=AssumeRole&Version=2011-06-15"},
		{"ec2", "", "Action=DescribeVpcs&Version=2016-11-15"},
	} {
		header := []string{"X-Amz-Date: 20260101T000000Z", "Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/" + test.service + "/aws4_request, SignedHeaders=host, Signature=x"}
		if test.target == "" {
			header = append(header, form)
		} else {
			header = append(header, "X-Amz-Target: "+test.target, "Content-Type: application/x-amz-json-1.1")
		}
		got := ask(t, asked{method: http.MethodPost, url: p.awsURL() + "/", body: test.body, header: header})
		id := got.header.Get("x-amzn-RequestId")
		if uuid.Validate(id) != nil || seen[id] || test.target == "" && !strings.Contains(got.body, id) {
			t.Errorf("%s %s: the id is %q in %d %s", test.service, test.target, id, got.status, got.body)
		}
		seen[id] = true
	}
}

// A client of another region than the stack's is told both regions, in the service's protocol. What has no region answers.
func TestACallForAnotherRegionIsRefused(t *testing.T) {
	p := devPipeline(t)
	signed := func(region, service, target string) []string { // Kinesis asks for a date
		header := []string{"X-Amz-Date: 20260101T000000Z", "Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/" + region + service + "/aws4_request, SignedHeaders=host, Signature=x"}
		if target != "" {
			return append(header, "X-Amz-Target: "+target, "Content-Type: application/x-amz-json-1.1")
		}
		return append(header, "Content-Type: application/x-www-form-urlencoded")
	}
	const why = "Credential should be scoped to a valid Region, not 'eu-west-1': the stack that runs here is in us-east-1; set the client's region to it, such as with AWS_REGION=us-east-1"
	const inJSON, inXML = `"__type":"InvalidSignatureException"`, "<Code>SignatureDoesNotMatch</Code>"
	const kinesis, keys, metrics, logs, hoses = "Kinesis_20131202.ListStreams", "TrentService.DescribeKey", "GraniteServiceVersion20100801.DescribeAlarms", "Logs_20140328.FilterLogEvents", "Firehose_20150804.ListDeliveryStreams"
	for _, test := range []struct {
		name, region, service, target, body string
		status                              int
		want                                string
	}{
		{"Kinesis", "eu-west-1/", "kinesis", kinesis, "{}", 400, inJSON},
		{"Kinesis, here", "us-east-1/", "kinesis", kinesis, "{}", 200, p.declared.streams[0].Name},
		{"Kinesis, in all regions", "", "kinesis", kinesis, "{}", 200, p.declared.streams[0].Name},
		{"Firehose", "eu-west-1/", "firehose", hoses, "{}", 400, inJSON},
		{"KMS", "eu-west-1/", "kms", keys, `{"KeyId": "alias/aws/kinesis"}`, 400, inJSON},
		{"CloudWatch in JSON", "eu-west-1/", "monitoring", metrics, "{}", 400, inJSON},
		{"CloudWatch's query", "eu-west-1/", "monitoring", "", "Action=DescribeAlarms&Version=2010-08-01", 403, inXML},
		{"Logs", "eu-west-1/", "logs", logs, "{}", 400, inJSON},
		{"Logs, here", "us-east-1/", "logs", logs, "{}", 501, "NotImplemented"},
		{"STS", "eu-west-1/", "sts", "", "Action=GetCallerIdentity&Version=2011-06-15", 200, account},
	} {
		got := ask(t, asked{method: http.MethodPost, url: p.awsURL() + "/", body: test.body, header: signed(test.region, test.service, test.target)})
		text := html.UnescapeString(strings.ReplaceAll(got.body, `\u0027`, "'"))
		if got.status != test.status || !strings.Contains(text, test.want) || strings.Contains(text, why) != (test.status == 400 || test.status == 403) {
			t.Errorf("%s: %d %s", test.name, got.status, got.body)
		}
	}
	config := p.config()
	config.Region = "eu-west-1"
	if _, err := cloudwatch.NewFromConfig(config).ListMetrics(t.Context(), &cloudwatch.ListMetricsInput{}); err == nil || !strings.Contains(err.Error(), why) {
		t.Errorf("CloudWatch in CBOR: %v", err)
	}
}

// The first questions to a running pipeline: who am I, and what runs.
func TestWhoAmIAndWhatRuns(t *testing.T) {
	p := devPipeline(t)
	ctx, config := t.Context(), p.config()
	me, err := sts.NewFromConfig(config).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil || *me.Account != account || *me.Arn != "arn:aws:iam::000000000000:user/test" || *me.UserId != "test" {
		t.Errorf("%+v %v", me, err)
	}
	hoses := firehose.NewFromConfig(config)
	listed, err := hoses.ListDeliveryStreams(ctx, &firehose.ListDeliveryStreamsInput{})
	if err != nil || len(listed.DeliveryStreamNames) != 1 || *listed.HasMoreDeliveryStreams {
		t.Fatalf("%+v %v", listed, err)
	}
	cfg := p.declared.deliveries[0]
	described, err := hoses.DescribeDeliveryStream(ctx, &firehose.DescribeDeliveryStreamInput{DeliveryStreamName: &listed.DeliveryStreamNames[0]})
	if err != nil {
		t.Fatal(err)
	}
	d := described.DeliveryStreamDescription
	to := d.Destinations[0].ExtendedS3DestinationDescription
	if *d.DeliveryStreamName != cfg.Name || *d.DeliveryStreamARN != cfg.ARN || d.DeliveryStreamStatus != "ACTIVE" || *to.BucketARN != cfg.BucketARN ||
		*to.Prefix != cfg.Prefix || *to.ErrorOutputPrefix == "" || *to.BufferingHints.IntervalInSeconds != 3600 ||
		*d.Source.KinesisStreamSourceDescription.KinesisStreamARN != cfg.StreamARN || to.ProcessingConfiguration.Processors[0].Type != "AppendDelimiterToRecord" {
		t.Errorf("%+v %+v", d, to)
	}
	for _, limit := range []int32{0, 10_001} {
		if _, err := hoses.ListDeliveryStreams(ctx, &firehose.ListDeliveryStreamsInput{Limit: &limit}); err == nil {
			t.Errorf("a limit of %d is taken", limit)
		}
	}
	after, err := hoses.ListDeliveryStreams(ctx, &firehose.ListDeliveryStreamsInput{ExclusiveStartDeliveryStreamName: &cfg.Name})
	if err != nil || len(after.DeliveryStreamNames) != 0 {
		t.Errorf("%+v %v", after, err)
	}
	_, err = hoses.DescribeDeliveryStream(ctx, &firehose.DescribeDeliveryStreamInput{DeliveryStreamName: aws.String("none")})
	if err == nil || !strings.Contains(err.Error(), "Firehose none under account 000000000000 not found.") {
		t.Error(err)
	}
	tags, err := awskinesis.NewFromConfig(config).ListTagsForStream(ctx, &awskinesis.ListTagsForStreamInput{StreamName: aws.String("api-kinesis-stream-dev")})
	if err != nil || len(tags.Tags) < 3 || *tags.Tags[0].Key != "Environment" || *tags.Tags[0].Value != "dev" {
		t.Errorf("%+v %v", tags, err)
	}
}
