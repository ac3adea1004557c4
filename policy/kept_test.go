package policy_test

import "testing"

func TestKeptBucket(t *testing.T) {
	const (
		bucket    = "aws_s3_bucket.bucket"
		companion = `set it to true, like that of aws_s3_bucket.bucket, which is kept`
	)
	check(t, []breaking{
		{
			name:    "a bucket without prevent_destroy or force_destroy",
			changes: []change{unset(bucket, "lifecycle")},
			want:    []string{`kept-bucket: aws_s3_bucket.bucket: lifecycle.prevent_destroy is not true; set it to true, or set force_destroy so that a destroy empties the bucket first`},
		},
		{
			name: "a kept bucket without its policy, encryption and public access block",
			changes: []change{
				unset("aws_s3_bucket_policy.bucket_policy", "lifecycle"),
				set("aws_s3_bucket_public_access_block.bucket_access", false, "lifecycle", "prevent_destroy"),
				set("aws_s3_bucket_server_side_encryption_configuration.bucket_encryption", []any{}, "lifecycle"),
			},
			want: []string{
				`kept-bucket: aws_s3_bucket_policy.bucket_policy: lifecycle.prevent_destroy is not true; ` + companion,
				`kept-bucket: aws_s3_bucket_public_access_block.bucket_access: lifecycle.prevent_destroy is not true; ` + companion,
				`kept-bucket: aws_s3_bucket_server_side_encryption_configuration.bucket_encryption: lifecycle.prevent_destroy is not true; ` + companion,
			},
		},
		{
			name:    "a bucket that is guarded and emptied",
			changes: []change{set(bucket, true, "force_destroy"), unset("aws_s3_bucket_versioning.bucket_versioning", "lifecycle")},
			want:    []string{`kept-bucket: aws_s3_bucket_versioning.bucket_versioning: lifecycle.prevent_destroy is not true; ` + companion},
		},
		{
			name:    "force_destroy that is not a literal",
			changes: []change{set(bucket, "${aws_s3_bucket.bucket.id}", "force_destroy"), unset(bucket, "lifecycle")},
			want:    []string{`kept-bucket: aws_s3_bucket.bucket: lifecycle.prevent_destroy is not true; set it to true, or set force_destroy so that a destroy empties the bucket first`},
		},
	})
	checkFile(t, withKeys, []breaking{
		{
			name:    "the key of a kept bucket",
			changes: []change{unset("aws_kms_key.key", "lifecycle")},
			want:    []string{`kept-bucket: aws_kms_key.key: lifecycle.prevent_destroy is not true; set it to true: without the key nobody can read aws_s3_bucket.bucket, which is kept`},
		},
		{
			name:    "the log bucket of a kept bucket",
			changes: []change{unset("aws_s3_bucket_logging.access-log_logging", "lifecycle")},
			want:    []string{`kept-bucket: aws_s3_bucket_logging.access-log_logging: lifecycle.prevent_destroy is not true; ` + companion},
		},
	})
}
