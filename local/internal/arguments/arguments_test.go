package arguments_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cdk.tf/go/ingest/internal/goldens"
	"cdk.tf/go/ingest/local/internal/arguments"
	"cdk.tf/go/ingest/tfjson"
)

// The project's own stacks keep every rule.
func TestOwnStacks(t *testing.T) {
	names, err := goldens.Names()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		written, err := tfjson.Read(strings.NewReader(string(goldens.Read(t, name))))
		if err != nil {
			t.Fatal(err)
		}
		stack, err := written.Resolve(tfjson.Surroundings{Account: "000000000000", APIBase: "http://127.0.0.1:8080"})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := arguments.Problems(stack); len(got) > 0 {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestProblems(t *testing.T) {
	for _, test := range []struct{ typ, body, want string }{
		{"aws_cloudwatch_log_group", `{"name": "/a/b", "retention_in_days": 30}`, ""},
		{"aws_cloudwatch_log_group", `{"name": "/a/b", "retention_in_days": "30"}`, ""},
		{"aws_cloudwatch_log_group", `{"name": "a b"}`, `name is "a b"; use 1 to 512 letters, digits, "_", ".", "/", "#" and "-"`},
		{"aws_cloudwatch_log_group", `{"retention_in_days": 31}`, "retention_in_days is 31; use 0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653"},
		{"aws_cloudwatch_log_group", `{"name": "a", "name_prefix": "b"}`, "name_prefix is there beside name; give one of them"},
		{"aws_cloudwatch_log_group", `{"name": "a", "name_prefix": null}`, ""},
		{"aws_cloudwatch_log_group", `{"name_prefix": "b"}`, ""},
		{"aws_cloudwatch_log_stream", `{"log_group_name": "a", "name": "a:b"}`, `name is "a:b"; use 1 to 512 characters without ":" and "*"`},
		{"aws_cloudwatch_log_stream", `{"name": "a"}`, "log_group_name is missing; give it"},
		{"aws_cloudwatch_metric_alarm", `{"alarm_actions": ["arn:aws:sns:us-east-1:000000000000:t", "bogus"]}`, `alarm_actions is "bogus"; use an ARN`},
		{"aws_iam_role", `{"name": "a b"}`, `name is "a b"; use 1 to 64 letters, digits and "_+=,.@-"`},
		{"aws_iam_role", `{"max_session_duration": 60}`, "max_session_duration is 60; use 3600 to 43200"},
		{"aws_kinesis_stream", `{"shard_level_metrics": ["IncomingBytes", "Bogus"]}`, `shard_level_metrics is "Bogus"; use IncomingBytes, IncomingRecords, OutgoingBytes, OutgoingRecords, WriteProvisionedThroughputExceeded, ReadProvisionedThroughputExceeded, IteratorAgeMilliseconds or ALL`},
		{"aws_kinesis_stream", `{"stream_mode_details": [{"stream_mode": "PROVISIONED"}, {"stream_mode": "PROVISIONED"}]}`, "stream_mode_details is there 2 times; give one"},
		{"aws_kms_alias", `{"name": "alias/aws/x", "target_key_id": "k"}`, `name is "alias/aws/x"; use another: AWS reserves what begins with alias/aws/`},
		{"aws_kms_alias", `{"name": "alias/awsx", "target_key_id": "k"}`, ""},
		{"aws_kms_key", `{"policy": "{", "deletion_window_in_days": 3}`, `deletion_window_in_days is 3; use 7 to 30` + "\n" + `policy is "{"; use JSON`},
		{"aws_s3_bucket_versioning", `{"bucket": "b", "versioning_configuration": {"status": "enabled"}}`, `versioning_configuration.status is "enabled"; use Enabled, Suspended or Disabled`},
		{"aws_s3_bucket_versioning", `{"bucket": "b", "expected_bucket_owner": "me"}`, `expected_bucket_owner is "me"; use an account's id of 12 digits` + "\nversioning_configuration is missing; give it"},
		{"aws_s3_bucket_lifecycle_configuration", `{"bucket": "b", "rule": [{"status": "Enabled", "expiration": [{"days": 0}]}, {"status": "Enabled", "expiration": {"days": 0}}]}`, "rule.expiration.days is 0; use at least 1"},
		{"aws_s3_bucket_server_side_encryption_configuration", `{"bucket": "b", "rule": [{"apply_server_side_encryption_by_default": {"sse_algorithm": "` + strings.Repeat("x", 300) + `"}}]}`,
			`rule.apply_server_side_encryption_by_default.sse_algorithm is "` + strings.Repeat("x", 79) + `…; use AES256, aws:kms or aws:kms:dsse`},
		{"aws_sns_topic", `{"name": "a b"}`, `name is "a b"; use 1 to 256 letters, digits, "_" and "-"; the name of a FIFO topic ends with .fifo`},
	} {
		stack, err := tfjson.Read(strings.NewReader(fmt.Sprintf(`{"provider": {"aws": [{"region": "us-east-1"}]}, "resource": {%q: {"r": %s}}}`, test.typ, test.body)))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, strings.Join(arguments.Problems(stack)[test.typ+".r"], "\n")); diff != "" {
			t.Errorf("%s %s: %s", test.typ, test.body, diff)
		}
	}
}
