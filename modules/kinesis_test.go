package modules_test

import (
	"testing"
	"time"

	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/modules/iam"
	"cdk.tf/go/ingest/modules/internal/tftest"
	"cdk.tf/go/ingest/modules/kinesis"
	"cdk.tf/go/ingest/spec"
)

func kinesisDefaults() kinesis.Config {
	env := spec.Default("dev")
	return kinesis.Config{Name: env.StreamName(), Capacity: env.Stream.Capacity, Retention: env.Stream.Retention}
}

func TestKinesisDefaults(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) { kinesis.New(stack, "stream", kinesisDefaults()) })
	resources.ExpectAddresses(t, "aws_kinesis_stream.stream")
	resources.Expect(t, "aws_kinesis_stream.stream", `{
		"name": "api-kinesis-stream-dev",
		"shard_count": 1,
		"stream_mode_details": {"stream_mode": "PROVISIONED"},
		"retention_period": 24,
		"encryption_type": "KMS",
		"kms_key_id": "alias/aws/kinesis"
	}`)
}

func TestKinesisEverythingOverridden(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) {
		role := iam.New(stack, "role", iam.Config{Name: "r", Service: "s"})
		kinesis.New(stack, "events", kinesis.Config{
			Name: "events", Capacity: spec.OnDemand(), Retention: 7 * 24 * time.Hour, KeyARN: "arn:key", Protected: true,
			DependsOn: []cdktf.ITerraformDependable{role.Made},
		})
	})
	resources.Expect(t, "aws_kinesis_stream.events", `{
		"name": "events",
		"stream_mode_details": {"stream_mode": "ON_DEMAND"},
		"retention_period": 168,
		"encryption_type": "KMS",
		"kms_key_id": "arn:key",
		"depends_on": ["aws_iam_role.role"],
		"lifecycle": {"prevent_destroy": true}
	}`)
}

func TestKinesisTwiceInOneStack(t *testing.T) {
	var first, second *kinesis.Stream
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) {
		first = kinesis.New(stack, "first", kinesisDefaults())
		second = kinesis.New(stack, "second", kinesisDefaults())
	})
	resources.ExpectAddresses(t, "aws_kinesis_stream.first", "aws_kinesis_stream.second")
	if first.ARN == second.ARN {
		t.Errorf("both streams have the ARN %s", first.ARN)
	}
}

func TestKinesisStatements(t *testing.T) {
	stream := &kinesis.Stream{ARN: "arn:stream"}
	if got, want := stream.WriteOne().Actions, "kinesis:PutRecord"; len(got) != 1 || got[0] != want {
		t.Errorf("WriteOne allows %v, want %s alone", got, want)
	}
	for _, statement := range []string{stream.WriteOne().Resources[0], stream.Read().Resources[0]} {
		if statement != "arn:stream" {
			t.Errorf("a statement is over %s, want the stream alone", statement)
		}
	}
}

// Terraform refuses a retention of 0 hours.
func TestKinesisWithoutARetention(t *testing.T) {
	stream := tftest.Synth(t, func(stack cdktf.TerraformStack) {
		kinesis.New(stack, "events", kinesis.Config{Name: "n", Capacity: spec.OnDemand()})
	})["aws_kinesis_stream.events"]
	if retention, set := stream["retention_period"]; set || stream == nil {
		t.Errorf("the retention is %v, want Kinesis's default", retention)
	}
}
