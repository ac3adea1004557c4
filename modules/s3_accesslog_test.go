package modules_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/modules/internal/tftest"
	"cdk.tf/go/ingest/modules/s3"
	"cdk.tf/go/ingest/spec"
)

func s3AccessLog(of *s3.Bucket) s3.AccessLogConfig {
	env := spec.Default("dev")
	return s3.AccessLogConfig{
		Name: env.AccessLogBucketName(), Of: of, Account: "111122223333", ExpireAfterDays: env.Bucket.AccessLogExpireAfterDays,
	}
}

func TestS3AccessLog(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) {
		s3.NewAccessLog(stack, "log", s3AccessLog(s3.New(stack, "bucket", s3Defaults())))
	})
	resources.Of("aws_s3_bucket_logging").ExpectAddresses(t, "aws_s3_bucket_logging.log_logging")
	resources.Expect(t, "aws_s3_bucket.log", `{"bucket": "api-kinesis-access-log-dev", "force_destroy": false, "lifecycle": {"prevent_destroy": true}}`)
	resources.Expect(t, "aws_s3_bucket_logging.log_logging", `{
		"bucket": "${aws_s3_bucket.bucket.bucket}",
		"lifecycle": {"prevent_destroy": true},
		"target_bucket": "${aws_s3_bucket.log.bucket}",
		"target_prefix": "access/",
		"target_object_key_format": {"partitioned_prefix": {"partition_date_source": "EventTime"}},
		"depends_on": ["aws_s3_bucket_policy.log_policy"]
	}`)
	resources.Expect(t, "aws_s3_bucket_server_side_encryption_configuration.log_encryption", `{
		"bucket": "${aws_s3_bucket.log.bucket}",
		"lifecycle": {"prevent_destroy": true},
		"rule": [{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}]
	}`)
	resources.Expect(t, "aws_s3_bucket_public_access_block.log_access", `{
		"bucket": "${aws_s3_bucket.log.bucket}",
		"lifecycle": {"prevent_destroy": true},
		"block_public_acls": true,
		"block_public_policy": true,
		"ignore_public_acls": true,
		"restrict_public_buckets": true
	}`)
	resources.Expect(t, "aws_s3_bucket_policy.log_policy", `{
		"bucket": "${aws_s3_bucket.log.bucket}",
		"lifecycle": {"prevent_destroy": true},
		"depends_on": ["aws_s3_bucket_public_access_block.log_access"],
		"policy": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"TLSOnly\",\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":[\"s3:*\"],\"Resource\":[\"${aws_s3_bucket.log.arn}\",\"${aws_s3_bucket.log.arn}/*\"],\"Condition\":{\"Bool\":{\"aws:SecureTransport\":[\"false\"]}}},`+
		`{\"Sid\":\"AccessLog\",\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"logging.s3.amazonaws.com\"},\"Action\":[\"s3:PutObject\"],\"Resource\":[\"${aws_s3_bucket.log.arn}/access/*\"],\"Condition\":{\"ArnLike\":{\"aws:SourceArn\":[\"${aws_s3_bucket.bucket.arn}\"]},\"StringEquals\":{\"aws:SourceAccount\":[\"111122223333\"]}}}]}"
	}`)
	resources.Expect(t, "aws_s3_bucket_lifecycle_configuration.log_lifecycle", `{
		"bucket": "${aws_s3_bucket.log.bucket}",
		"lifecycle": {"prevent_destroy": true},
		"depends_on": ["aws_s3_bucket_versioning.log_versioning"],
		"rule": [
			{"id": "abort-uploads", "status": "Enabled", "filter": [{"prefix": ""}], "abort_incomplete_multipart_upload": [{"days_after_initiation": 7}]},
			{"id": "expire-noncurrent", "status": "Enabled", "filter": [{"prefix": ""}], "noncurrent_version_expiration": [{"noncurrent_days": 30}]},
			{"id": "expire-events", "status": "Enabled", "filter": [{"prefix": ""}], "expiration": [{"days": 365}]}
		]
	}`)
}

func TestS3AccessLogOverridden(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) {
		s3.NewAccessLog(stack, "audit", s3.AccessLogConfig{
			Name: "audit", Of: &s3.Bucket{Name: "events", ARN: "arn:events"}, Account: "a", Disposable: true,
		})
	})
	resources.Expect(t, "aws_s3_bucket.audit", `{"bucket": "audit", "force_destroy": true}`)
	resources.Expect(t, "aws_s3_bucket_lifecycle_configuration.audit_lifecycle", `{
		"bucket": "${aws_s3_bucket.audit.bucket}",
		"depends_on": ["aws_s3_bucket_versioning.audit_versioning"],
		"rule": [
			{"id": "abort-uploads", "status": "Enabled", "filter": [{"prefix": ""}], "abort_incomplete_multipart_upload": [{"days_after_initiation": 7}]},
			{"id": "expire-noncurrent", "status": "Enabled", "filter": [{"prefix": ""}], "noncurrent_version_expiration": [{"noncurrent_days": 30}]}
		]
	}`)
}

func TestS3AccessLogTwiceInOneStack(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) {
		bucket := &s3.Bucket{Name: "events", ARN: "arn:events"}
		s3.NewAccessLog(stack, "first", s3AccessLog(bucket))
		s3.NewAccessLog(stack, "second", s3AccessLog(bucket))
	})
	if got := len(resources); got != 16 {
		t.Errorf("two access logs make %d resources, want 16", got)
	}
	for address, body := range resources.Of("aws_s3_bucket_logging.") {
		if want := strings.Contains(address, ".second_"); want != (body["target_bucket"] == "${aws_s3_bucket.second.bucket}") {
			t.Errorf("%s logs to %v", address, body["target_bucket"])
		}
	}
}
