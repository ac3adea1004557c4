package policy_test

import "testing"

func TestAccessLog(t *testing.T) {
	const (
		logging = "aws_s3_bucket_logging.access-log_logging"
		target  = "aws_s3_bucket_policy.access-log_policy"
		refused = `access-log: aws_s3_bucket_policy.access-log_policy: does not let S3 write the access log of aws_s3_bucket.bucket; allow s3:PutObject on ${aws_s3_bucket.access-log.arn}/access/* to logging.s3.amazonaws.com, where aws:SourceArn is the bucket's and aws:SourceAccount the account`
	)
	checkFile(t, withKeys, []breaking{
		{
			name:    "a bucket elsewhere",
			changes: []change{set(logging, "elsewhere", "target_bucket")},
			want: []string{
				// The bucket no longer receives a log, so it must be encrypted with the key.
				`customer-key: aws_s3_bucket_server_side_encryption_configuration.access-log_encryption: rule.bucket_key_enabled is not set; set it to "true"`,
				`customer-key: aws_s3_bucket_server_side_encryption_configuration.access-log_encryption: rule.apply_server_side_encryption_by_default.sse_algorithm is "AES256"; set it to "aws:kms" or "aws:kms:dsse"`,
				`customer-key: aws_s3_bucket_server_side_encryption_configuration.access-log_encryption: rule.apply_server_side_encryption_by_default.kms_master_key_id refers to no key of the stack; refer to the ARN of one`,
				`access-log: aws_s3_bucket_logging.access-log_logging: bucket and target_bucket do not both refer to buckets of the stack; refer to them`,
			},
		},
		{
			name:    "a bucket that logs to itself",
			changes: []change{set(logging, "${aws_s3_bucket.access-log.bucket}", "bucket")},
			want:    []string{`access-log: aws_s3_bucket_logging.access-log_logging: logs aws_s3_bucket.access-log to itself, so each delivered log causes another; use another bucket`},
		},
		{
			name:    "a log bucket with a key",
			changes: []change{set("aws_s3_bucket_server_side_encryption_configuration.access-log_encryption", "aws:kms", "rule", "0", "apply_server_side_encryption_by_default", "sse_algorithm")},
			want:    []string{`access-log: aws_s3_bucket_server_side_encryption_configuration.access-log_encryption: rule.apply_server_side_encryption_by_default.sse_algorithm is "aws:kms"; set it to "AES256"`},
		},
		{
			name:    "a log bucket with a lock",
			changes: []change{add("aws_s3_bucket_object_lock_configuration.more", `{"bucket": "${aws_s3_bucket.access-log.id}", "rule": {"default_retention": {"mode": "GOVERNANCE", "days": 1}}, "lifecycle": {"prevent_destroy": true}}`)},
			want:    []string{`access-log: aws_s3_bucket_object_lock_configuration.more: locks aws_s3_bucket.access-log, which receives an access log; leave it out: S3 delivers no log to a locked bucket`},
		},
		{
			name:    "a public log bucket",
			changes: []change{set("aws_s3_bucket_public_access_block.access-log_access", false, "block_public_policy")},
			want:    []string{`private-bucket: aws_s3_bucket_public_access_block.access-log_access: block_public_policy is "false"; set it to "true"`},
		},
		{name: "no writer", changes: []change{edit(target, `"Effect":"Allow"`, `"Effect":"Deny"`, "policy")}, want: []string{refused}},
		{name: "a writer for other buckets", changes: []change{edit(target, `"aws:SourceArn":["${aws_s3_bucket.bucket.arn}"]`, `"aws:SourceArn":["${aws_s3_bucket.access-log.arn}"]`, "policy")}, want: []string{refused}},
		{name: "a writer for other accounts", changes: []change{edit(target, `"aws:SourceAccount"`, `"aws:PrincipalAccount"`, "policy")}, want: []string{refused}},
		{name: "a writer under another condition", changes: []change{edit(target, `{"aws:SourceAccount":`, `{"s3:x-amz-acl":"private","aws:SourceAccount":`, "policy")}, want: []string{refused}},
		{name: "a writer elsewhere", changes: []change{set(logging, "log/", "target_prefix")}, want: []string{
			`access-log: aws_s3_bucket_policy.access-log_policy: does not let S3 write the access log of aws_s3_bucket.bucket; allow s3:PutObject on ${aws_s3_bucket.access-log.arn}/log/* to logging.s3.amazonaws.com, where aws:SourceArn is the bucket's and aws:SourceAccount the account`,
		}},
	})
}

func TestLock(t *testing.T) {
	const lock = "aws_s3_bucket_object_lock_configuration.bucket_lock"
	checkFile(t, withKeys, []breaking{
		{
			name:    "no mode",
			changes: []change{unset(lock, "rule", "default_retention", "mode")},
			want:    []string{`access-log: aws_s3_bucket_object_lock_configuration.bucket_lock: rule.default_retention.mode is not set; set it to "GOVERNANCE" or "COMPLIANCE"`},
		},
		{
			name:    "a compliance lock on a bucket that a destroy empties",
			changes: []change{set(lock, "COMPLIANCE", "rule", "default_retention", "mode"), set("aws_s3_bucket.bucket", "1", "force_destroy")},
			want:    []string{`access-log: aws_s3_bucket_object_lock_configuration.bucket_lock: locks aws_s3_bucket.bucket for everybody, and a destroy must empty it; use the mode GOVERNANCE or leave force_destroy out`},
		},
	})
}
