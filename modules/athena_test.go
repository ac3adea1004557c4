package modules_test

import (
	"testing"

	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/modules/athena"
	"cdk.tf/go/ingest/modules/internal/tftest"
	"cdk.tf/go/ingest/spec"
)

func athenaDefaults() athena.Config {
	env := spec.Default("dev")
	return athena.Config{
		Name: env.QueryWorkgroupName(), Description: "Queries", ResultBucket: env.QueryBucketName(), Account: "111122223333",
		ScanLimitMiB: env.Query.ScanLimitMiB,
	}
}

func TestAthenaDefaults(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) { athena.New(stack, "query", athenaDefaults()) })
	resources.ExpectAddresses(t, "aws_athena_workgroup.query")
	resources.Expect(t, "aws_athena_workgroup.query", `{
		"name": "api-kinesis-dev",
		"description": "Queries",
		"state": "ENABLED",
		"force_destroy": true,
		"configuration": {
			"enforce_workgroup_configuration": true,
			"publish_cloudwatch_metrics_enabled": true,
			"bytes_scanned_cutoff_per_query": 10737418240,
			"engine_version": {"selected_engine_version": "AUTO"},
			"result_configuration": {
				"output_location": "s3://api-kinesis-query-dev/",
				"expected_bucket_owner": "111122223333",
				"encryption_configuration": {"encryption_option": "SSE_S3"}
			}
		}
	}`)
}

func TestAthenaEverythingOverridden(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) {
		athena.New(stack, "query", athena.Config{
			Name: "w", Description: "d", ResultBucket: "r", Account: "444455556666", KeyARN: "arn:key", ScanLimitMiB: 10,
			Queries: []athena.Query{{ID: "q", Name: "q", Description: "Q", Database: "db", SQL: "SELECT '${x}'"}},
		})
	})
	resources.ExpectAddresses(t, "aws_athena_named_query.query_q", "aws_athena_workgroup.query")
	resources.Expect(t, "aws_athena_workgroup.query", `{
		"name": "w",
		"description": "d",
		"state": "ENABLED",
		"force_destroy": true,
		"configuration": {
			"enforce_workgroup_configuration": true,
			"publish_cloudwatch_metrics_enabled": true,
			"bytes_scanned_cutoff_per_query": 10485760,
			"engine_version": {"selected_engine_version": "AUTO"},
			"result_configuration": {
				"output_location": "s3://r/",
				"expected_bucket_owner": "444455556666",
				"encryption_configuration": {"encryption_option": "SSE_KMS", "kms_key_arn": "arn:key"}
			}
		}
	}`)
	resources.Expect(t, "aws_athena_named_query.query_q", `{
		"name": "q", "description": "Q", "database": "db", "query": "SELECT '$${x}'", "workgroup": "${aws_athena_workgroup.query.name}"
	}`)
}

func TestAthenaTwiceInOneStack(t *testing.T) {
	cfg := athenaDefaults()
	cfg.Queries = []athena.Query{{ID: "q", Name: "q", Database: "db", SQL: "SELECT 1"}}
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) {
		athena.New(stack, "first", cfg)
		athena.New(stack, "second", cfg)
	})
	resources.ExpectAddresses(t, "aws_athena_named_query.first_q", "aws_athena_named_query.second_q",
		"aws_athena_workgroup.first", "aws_athena_workgroup.second")
}
