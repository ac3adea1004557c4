package deploytest

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"cdk.tf/go/ingest/internal/sdkhttp"
)

const (
	region    = "us-east-1"
	accessKey = "test"
	secretKey = "test"
)

// cloud reads the deployed resources with AWS's own SDK, because Terraform would report the resources that it meant to make.
type cloud struct {
	apigateway *apigateway.Client
	kinesis    *kinesis.Client
	firehose   *firehose.Client
	s3         *s3.Client
	iam        *iam.Client
	logs       *cloudwatchlogs.Client
}

func connect(endpoint string) cloud {
	config := aws.Config{
		Region:       region,
		BaseEndpoint: aws.String(endpoint),
		Credentials:  credentials.NewStaticCredentialsProvider(accessKey, secretKey, ""),
		HTTPClient:   sdkhttp.Keep(nil),
	}
	return cloud{
		apigateway: apigateway.NewFromConfig(config),
		kinesis:    kinesis.NewFromConfig(config),
		firehose:   firehose.NewFromConfig(config),
		s3:         s3.NewFromConfig(config, func(o *s3.Options) { o.UsePathStyle = true }),
		iam:        iam.NewFromConfig(config),
		logs:       cloudwatchlogs.NewFromConfig(config),
	}
}

// call makes one call of an SDK's client.
func call[I, O, F any](t *testing.T, operation func(context.Context, *I, ...F) (*O, error), input I) *O {
	t.Helper()
	out, err := operation(t.Context(), &input)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// inventory has all existing resources of the pipeline's kinds.
func (c cloud) inventory(t *testing.T) []string {
	t.Helper()
	var found []string
	for _, api := range call(t, c.apigateway.GetRestApis, apigateway.GetRestApisInput{}).Items {
		found = append(found, "REST API "+*api.Name)
	}
	for _, key := range call(t, c.apigateway.GetApiKeys, apigateway.GetApiKeysInput{}).Items {
		found = append(found, "API key "+*key.Name)
	}
	for _, plan := range call(t, c.apigateway.GetUsagePlans, apigateway.GetUsagePlansInput{}).Items {
		found = append(found, "usage plan "+*plan.Name)
	}
	if role := deref(call(t, c.apigateway.GetAccount, apigateway.GetAccountInput{}).CloudwatchRoleArn); role != "" {
		found = append(found, "account's logging role "+role)
	}
	for _, name := range call(t, c.kinesis.ListStreams, kinesis.ListStreamsInput{}).StreamNames {
		found = append(found, "stream "+name)
	}
	for _, name := range call(t, c.firehose.ListDeliveryStreams, firehose.ListDeliveryStreamsInput{}).DeliveryStreamNames {
		found = append(found, "delivery stream "+name)
	}
	for _, bucket := range call(t, c.s3.ListBuckets, s3.ListBucketsInput{}).Buckets {
		found = append(found, "bucket "+*bucket.Name)
	}
	for _, role := range call(t, c.iam.ListRoles, iam.ListRolesInput{}).Roles {
		found = append(found, "role "+*role.RoleName)
	}
	for _, group := range call(t, c.logs.DescribeLogGroups, cloudwatchlogs.DescribeLogGroupsInput{}).LogGroups {
		found = append(found, "log group "+*group.LogGroupName)
	}
	slices.Sort(found)
	return found
}

// expect fails the test if got is not want.
func expect[T any](t *testing.T, what string, want, got T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// expectText fails the test if part is not in text.
func expectText(t *testing.T, what, text, part string) {
	t.Helper()
	if !strings.Contains(text, part) {
		t.Errorf("%s does not say %q:\n%s", what, part, text)
	}
}

// expectJSON compares the values of two JSON texts.
func expectJSON(t *testing.T, what, want, got string) {
	t.Helper()
	expect(t, what, decode[any](t, "the expected "+what, want), decode[any](t, what, got))
}

func decode[T any](t *testing.T, what, text string) T {
	t.Helper()
	var value T
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%s is not the JSON that it should be: %v: %s", what, err, text)
	}
	return value
}
