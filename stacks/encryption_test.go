package stacks

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cdk.tf/go/ingest/spec"
)

// Removal applies to the key and the access log too: all buckets are guarded, or all are emptied.
func TestRemovalOfKeyAndAccessLog(t *testing.T) {
	for removal, want := range map[spec.Removal][2]bool{
		spec.Disposable: {true, false},
		spec.Retained:   {false, true},
		spec.Protected:  {false, true},
	} {
		env := spec.Default("dev")
		env.Removal, env.Encryption.CustomerKey, env.Bucket.AccessLog = removal, true, true
		doc := synth(t, env)
		log, _ := doc.Resource["aws_s3_bucket"]["access-log"].(map[string]any)
		if log["force_destroy"] != want[0] {
			t.Errorf("%s: force_destroy of the access log is %v", removal, log["force_destroy"])
		}
		for _, address := range [][2]string{
			{"aws_s3_bucket", "access-log"}, {"aws_s3_bucket_policy", "access-log_policy"}, {"aws_s3_bucket_logging", "access-log_logging"}, {"aws_kms_key", "key"},
		} {
			body, _ := doc.Resource[address[0]][address[1]].(map[string]any)
			lifecycle, _ := body["lifecycle"].(map[string]any)
			if protected := lifecycle["prevent_destroy"] == true; protected != want[1] {
				t.Errorf("%s: prevent_destroy of %s is %t, want %t", removal, address[0], protected, want[1])
			}
		}
	}
}

// With every option on, the key encrypts each place with data, and the role needs no other permission on it for batches.
func TestKeyOfEveryOption(t *testing.T) {
	env := spec.Default("dev")
	env.Encryption.CustomerKey, env.API.Batch, env.Alarms.Enabled, env.Query.Enabled = true, true, true, true
	doc := synth(t, env)
	const key = "${aws_kms_key.key.arn}"
	for _, row := range []struct {
		typ, name string
		path      []string
	}{
		{"aws_kinesis_stream", "stream", []string{"kms_key_id"}},
		{"aws_sns_topic", "alarm-topic", []string{"kms_master_key_id"}},
		{"aws_s3_bucket_server_side_encryption_configuration", "query-results_encryption", []string{"rule", "apply_server_side_encryption_by_default", "kms_master_key_id"}},
		{"aws_athena_workgroup", "query", []string{"configuration", "result_configuration", "encryption_configuration", "kms_key_arn"}},
	} {
		if got := at(doc.Resource[row.typ][row.name], row.path...); got != key {
			t.Errorf("%s.%s: %s is %v", row.typ, row.name, strings.Join(row.path, "."), got)
		}
	}
	bucket := doc.Resource["aws_s3_bucket"]["query-results"]
	if want := []any{"aws_kms_key.key"}; !cmp.Equal(want, at(bucket, "depends_on")) {
		t.Errorf("the results' bucket depends on %v, want %v", at(bucket, "depends_on"), want)
	}
	use, _ := at(doc.Resource["aws_iam_role_policy"]["submit-role_use-key"], "policy").(string)
	if !strings.Contains(use, `"Action":["kms:GenerateDataKey"]`) || strings.Count(use, `"Action"`) != 1 {
		t.Errorf("the submitting role may use the key so: %s", use)
	}
}

// CloudWatch may use the key only for a topic that it encrypts.
func TestCloudWatchMayUseTheKey(t *testing.T) {
	for _, test := range []struct {
		name   string
		alarms spec.Alarms
		want   bool
	}{
		{"no alarms", spec.Alarms{}, false},
		{"an own topic", spec.Alarms{Enabled: true}, true},
		{"somebody else's topic", spec.Alarms{Enabled: true, TopicARN: "arn:aws:sns:us-east-1:111122223333:on-call"}, false},
	} {
		env := spec.Default("dev")
		env.Encryption.CustomerKey = true
		env.Alarms.Enabled, env.Alarms.TopicARN = test.alarms.Enabled, test.alarms.TopicARN
		policy, _ := at(synth(t, env).Resource["aws_kms_key"]["key"], "policy").(string)
		if got := strings.Contains(policy, `{"Service":"cloudwatch.amazonaws.com"}`); got != test.want {
			t.Errorf("%s: CloudWatch may use the key: %t", test.name, got)
		}
	}
}

// at walks down a resource's attributes. A block that is a list has one element.
func at(v any, path ...string) any {
	for _, name := range path {
		if list, ok := v.([]any); ok && len(list) == 1 {
			v = list[0]
		}
		object, _ := v.(map[string]any)
		v = object[name]
	}
	return v
}
