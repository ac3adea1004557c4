package modules_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/modules/cloudwatch"
	"cdk.tf/go/ingest/modules/iam"
	"cdk.tf/go/ingest/modules/internal/tftest"
)

func TestCloudWatchDefaults(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) {
		group := cloudwatch.New(stack, "access", cloudwatch.Config{Name: "/access", RetentionDays: 30})
		if group.StreamName != "" {
			t.Errorf("a group without a stream has the stream %q", group.StreamName)
		}
	})
	resources.ExpectAddresses(t, "aws_cloudwatch_log_group.access")
	resources.Expect(t, "aws_cloudwatch_log_group.access", `{"name": "/access", "retention_in_days": 30}`)
}

func TestCloudWatchEverythingOverridden(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) {
		cloudwatch.New(stack, "errors", cloudwatch.Config{Name: "/errors", RetentionDays: 365, Stream: "S3Delivery", KeyARN: "arn:key"})
	})
	resources.ExpectAddresses(t, "aws_cloudwatch_log_group.errors", "aws_cloudwatch_log_stream.errors_stream")
	resources.Expect(t, "aws_cloudwatch_log_group.errors", `{"name": "/errors", "retention_in_days": 365, "kms_key_id": "arn:key"}`)
	resources.Expect(t, "aws_cloudwatch_log_stream.errors_stream", `{
		"name": "S3Delivery", "log_group_name": "${aws_cloudwatch_log_group.errors.name}"
	}`)
}

func TestCloudWatchTwiceInOneStack(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) {
		cloudwatch.New(stack, "first", cloudwatch.Config{Name: "/first", RetentionDays: 1, Stream: "s"})
		cloudwatch.New(stack, "second", cloudwatch.Config{Name: "/second", RetentionDays: 1, Stream: "s"})
	})
	resources.ExpectAddresses(t,
		"aws_cloudwatch_log_group.first", "aws_cloudwatch_log_group.second",
		"aws_cloudwatch_log_stream.first_stream", "aws_cloudwatch_log_stream.second_stream")
}

func TestCloudWatchPushIsLimitedToTheAccountAndRegion(t *testing.T) {
	want := iam.Statement{
		Actions: []string{
			"logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogGroups", "logs:DescribeLogStreams",
			"logs:FilterLogEvents", "logs:GetLogEvents", "logs:PutLogEvents",
		},
		Resources: []string{"arn:aws-cn:logs:cn-north-1:123456789012:*"},
	}
	if diff := cmp.Diff(want, cloudwatch.Push("aws-cn", "cn-north-1", "123456789012")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
