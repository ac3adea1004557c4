package modules_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/modules/cloudwatch"
	"cdk.tf/go/ingest/modules/iam"
	"cdk.tf/go/ingest/modules/internal/tftest"
	"cdk.tf/go/ingest/modules/s3"
	"cdk.tf/go/ingest/spec"
)

func s3Defaults() s3.Config {
	env := spec.Default("dev")
	return s3.Config{Name: env.BucketName(), Lifecycle: env.Bucket}
}

// S3 takes no rule of 0 days.
func TestS3WithoutALifecycle(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) { s3.New(stack, "mine", s3.Config{Name: "mine", Disposable: true}) })
	resources.Expect(t, "aws_s3_bucket_lifecycle_configuration.mine_lifecycle", `{
		"bucket": "${aws_s3_bucket.mine.bucket}",
		"depends_on": ["aws_s3_bucket_versioning.mine_versioning"],
		"rule": [
			{"id": "abort-uploads", "status": "Enabled", "filter": [{"prefix": ""}], "abort_incomplete_multipart_upload": [{"days_after_initiation": 7}]},
			{"id": "expire-noncurrent", "status": "Enabled", "filter": [{"prefix": ""}], "noncurrent_version_expiration": [{"noncurrent_days": 30}]}
		]
	}`)
}

func TestS3Defaults(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) { s3.New(stack, "bucket", s3Defaults()) })
	resources.ExpectAddresses(t,
		"aws_s3_bucket.bucket",
		"aws_s3_bucket_lifecycle_configuration.bucket_lifecycle",
		"aws_s3_bucket_ownership_controls.bucket_ownership",
		"aws_s3_bucket_policy.bucket_policy",
		"aws_s3_bucket_public_access_block.bucket_access",
		"aws_s3_bucket_server_side_encryption_configuration.bucket_encryption",
		"aws_s3_bucket_versioning.bucket_versioning")
	resources.Expect(t, "aws_s3_bucket.bucket", `{"bucket": "api-kinesis-firehose-bucket-dev", "force_destroy": false, "lifecycle": {"prevent_destroy": true}}`)
	resources.Expect(t, "aws_s3_bucket_ownership_controls.bucket_ownership", `{
		"bucket": "${aws_s3_bucket.bucket.bucket}",
		"lifecycle": {"prevent_destroy": true},
		"rule": {"object_ownership": "BucketOwnerEnforced"}
	}`)
	resources.Expect(t, "aws_s3_bucket_public_access_block.bucket_access", `{
		"bucket": "${aws_s3_bucket.bucket.bucket}",
		"lifecycle": {"prevent_destroy": true},
		"block_public_acls": true,
		"block_public_policy": true,
		"ignore_public_acls": true,
		"restrict_public_buckets": true
	}`)
	resources.Expect(t, "aws_s3_bucket_server_side_encryption_configuration.bucket_encryption", `{
		"bucket": "${aws_s3_bucket.bucket.bucket}",
		"lifecycle": {"prevent_destroy": true},
		"rule": [{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}]
	}`)
	resources.Expect(t, "aws_s3_bucket_versioning.bucket_versioning", `{
		"bucket": "${aws_s3_bucket.bucket.bucket}",
		"lifecycle": {"prevent_destroy": true},
		"versioning_configuration": {"status": "Enabled"}
	}`)
	resources.Expect(t, "aws_s3_bucket_policy.bucket_policy", `{
		"bucket": "${aws_s3_bucket.bucket.bucket}",
		"lifecycle": {"prevent_destroy": true},
		"depends_on": ["aws_s3_bucket_public_access_block.bucket_access"],
		"policy": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"TLSOnly\",\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":[\"s3:*\"],\"Resource\":[\"${aws_s3_bucket.bucket.arn}\",\"${aws_s3_bucket.bucket.arn}/*\"],\"Condition\":{\"Bool\":{\"aws:SecureTransport\":[\"false\"]}}}]}"
	}`)
	resources.Expect(t, "aws_s3_bucket_lifecycle_configuration.bucket_lifecycle", `{
		"bucket": "${aws_s3_bucket.bucket.bucket}",
		"lifecycle": {"prevent_destroy": true},
		"depends_on": ["aws_s3_bucket_versioning.bucket_versioning"],
		"rule": [
			{"id": "abort-uploads", "status": "Enabled", "filter": [{"prefix": ""}], "abort_incomplete_multipart_upload": [{"days_after_initiation": 7}]},
			{"id": "expire-noncurrent", "status": "Enabled", "filter": [{"prefix": ""}], "noncurrent_version_expiration": [{"noncurrent_days": 30}]}
		]
	}`)
}

func TestS3EverythingOverridden(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) {
		log := cloudwatch.New(stack, "before", cloudwatch.Config{Name: "/before", RetentionDays: 1})
		s3.New(stack, "archive", s3.Config{
			Name:       "archive",
			KeyARN:     "arn:key",
			DependsOn:  []cdktf.ITerraformDependable{log.Ready},
			Disposable: true,
			Lifecycle: spec.Bucket{
				ObjectLock:                spec.ObjectLock{Mode: spec.Compliance, Days: 400},
				ExpireAfterDays:           400,
				NoncurrentExpireAfterDays: 1,
				AbortUploadsAfterDays:     2,
				Transitions: []spec.Transition{
					{AfterDays: 30, StorageClass: spec.StandardIA},
					{AfterDays: 90, StorageClass: spec.DeepArchive},
				},
			},
		})
	})
	resources.Expect(t, "aws_s3_bucket.archive", `{
		"bucket": "archive", "force_destroy": true,
		"depends_on": ["aws_cloudwatch_log_group.before"]
	}`)
	resources.Expect(t, "aws_s3_bucket_server_side_encryption_configuration.archive_encryption", `{
		"bucket": "${aws_s3_bucket.archive.bucket}",
		"rule": [{
			"apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms", "kms_master_key_id": "arn:key"},
			"bucket_key_enabled": true
		}]
	}`)
	resources.Expect(t, "aws_s3_bucket_object_lock_configuration.archive_lock", `{
		"bucket": "${aws_s3_bucket.archive.bucket}",
		"depends_on": ["aws_s3_bucket_versioning.archive_versioning"],
		"rule": {"default_retention": {"mode": "COMPLIANCE", "days": 400}}
	}`)
	resources.Expect(t, "aws_s3_bucket_policy.archive_policy", `{
		"bucket": "${aws_s3_bucket.archive.bucket}",
		"depends_on": ["aws_s3_bucket_public_access_block.archive_access"],
		"policy": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"TLSOnly\",\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":[\"s3:*\"],\"Resource\":[\"${aws_s3_bucket.archive.arn}\",\"${aws_s3_bucket.archive.arn}/*\"],\"Condition\":{\"Bool\":{\"aws:SecureTransport\":[\"false\"]}}},`+
		`{\"Sid\":\"NoOtherKey\",\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":[\"s3:PutObject\"],\"Resource\":[\"${aws_s3_bucket.archive.arn}/*\"],\"Condition\":{\"Null\":{\"s3:x-amz-server-side-encryption\":[\"false\"]},\"StringNotEquals\":{\"s3:x-amz-server-side-encryption-aws-kms-key-id\":[\"arn:key\"]}}},`+
		`{\"Sid\":\"NoKeyOfTheClients\",\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":[\"s3:PutObject\"],\"Resource\":[\"${aws_s3_bucket.archive.arn}/*\"],\"Condition\":{\"Null\":{\"s3:x-amz-server-side-encryption-customer-algorithm\":[\"false\"]}}}]}"
	}`)
	resources.Expect(t, "aws_s3_bucket_lifecycle_configuration.archive_lifecycle", `{
		"bucket": "${aws_s3_bucket.archive.bucket}",
		"depends_on": ["aws_s3_bucket_versioning.archive_versioning"],
		"rule": [
			{"id": "abort-uploads", "status": "Enabled", "filter": [{"prefix": ""}], "abort_incomplete_multipart_upload": [{"days_after_initiation": 2}]},
			{"id": "expire-noncurrent", "status": "Enabled", "filter": [{"prefix": ""}], "noncurrent_version_expiration": [{"noncurrent_days": 1}]},
			{"id": "expire-events", "status": "Enabled", "filter": [{"prefix": ""}], "expiration": [{"days": 400}]},
			{"id": "transition-events", "status": "Enabled", "filter": [{"prefix": ""}], "transition": [
				{"days": 30, "storage_class": "STANDARD_IA"},
				{"days": 90, "storage_class": "DEEP_ARCHIVE"}
			]}
		]
	}`)
}

func TestS3TwiceInOneStack(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) {
		s3.New(stack, "first", s3Defaults())
		s3.New(stack, "second", s3Defaults())
	})
	if first, second := len(resources.Of("aws_s3_bucket")), 14; first != second {
		t.Errorf("two buckets make %d resources, want %d", first, second)
	}
	for address, body := range resources.Of("aws_s3_bucket_") {
		if own := strings.Contains(address, ".second_"); own != (body["bucket"] == "${aws_s3_bucket.second.bucket}") {
			t.Errorf("%s is of the bucket %v", address, body["bucket"])
		}
	}
}

func TestS3Publish(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) {
		s3.New(stack, "bucket", s3Defaults()).Publish("arn:distribution")
	})
	resources.Expect(t, "aws_s3_bucket_policy.bucket_policy", `{
		"bucket": "${aws_s3_bucket.bucket.bucket}",
		"lifecycle": {"prevent_destroy": true},
		"depends_on": ["aws_s3_bucket_public_access_block.bucket_access"],
		"policy": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"TLSOnly\",\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":[\"s3:*\"],\"Resource\":[\"${aws_s3_bucket.bucket.arn}\",\"${aws_s3_bucket.bucket.arn}/*\"],\"Condition\":{\"Bool\":{\"aws:SecureTransport\":[\"false\"]}}},{\"Sid\":\"DistributionReads\",\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"cloudfront.amazonaws.com\"},\"Action\":[\"s3:GetObject\"],\"Resource\":[\"${aws_s3_bucket.bucket.arn}/*\"],\"Condition\":{\"StringEquals\":{\"AWS:SourceArn\":[\"arn:distribution\"]}}}]}"
	}`)
}

func TestS3Objects(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) {
		bucket := s3.New(stack, "bucket", s3Defaults())
		settings := bucket.Put(s3.Object{Key: "config.json", Content: `{"url": "${aws_x.y.url}"}`})
		bucket.Put(s3.Object{
			Key: "_web/a_b.js", ContentType: "text/javascript", CacheControl: "immutable", Source: "web/_web/a_b.js", SourceHash: "12",
			DependsOn: []cdktf.ITerraformDependable{settings},
		})
		// Keys that differ only in characters that an id cannot contain, in this bucket and in another.
		bucket.Put(s3.Object{Key: "_web/a-b.js", Source: "web/_web/a-b.js", SourceHash: "34"})
		s3.New(stack, "other", s3Defaults()).Put(s3.Object{Key: "config.json", Content: "{}"})
	})
	if got := len(resources.Of("aws_s3_object.")); got != 4 {
		t.Errorf("four objects make %d resources", got)
	}
	resources.Expect(t, "aws_s3_object.bucket_config-json-587cb9", `{
		"bucket": "${aws_s3_bucket.bucket.bucket}", "key": "config.json", "content_type": "", "cache_control": "",
		"content": "{\"url\": \"${aws_x.y.url}\"}",
		"depends_on": ["aws_s3_bucket_versioning.bucket_versioning"]
	}`)
	resources.Expect(t, "aws_s3_object.bucket_web-a-b-js-5bff43", `{
		"bucket": "${aws_s3_bucket.bucket.bucket}", "key": "_web/a_b.js", "content_type": "text/javascript", "cache_control": "immutable",
		"source": "web/_web/a_b.js", "source_hash": "12",
		"depends_on": ["aws_s3_object.bucket_config-json-587cb9", "aws_s3_bucket_versioning.bucket_versioning"]
	}`)
}

// A writer waits for all settings of the bucket.
func TestS3Ready(t *testing.T) {
	locked := spec.Bucket{ObjectLock: spec.ObjectLock{Mode: spec.Governance, Days: 1}}
	for _, row := range []struct {
		name string
		cfg  s3.Config
		want int
	}{
		{"defaults", s3.Config{}, 6},
		{"a key", s3.Config{KeyARN: "arn:key"}, 6},
		{"a lock", s3.Config{Lifecycle: locked}, 7},
		{"both", s3.Config{KeyARN: "arn:key", Lifecycle: locked}, 7},
	} {
		tftest.Synth(t, func(stack cdktf.TerraformStack) {
			if got := len(s3.New(stack, "bucket", row.cfg).Ready); got != row.want {
				t.Errorf("%s: a writer waits for %d resources, want %d", row.name, got, row.want)
			}
		})
	}
}

func TestS3DeliverIsLimitedToThePrefixes(t *testing.T) {
	bucket := &s3.Bucket{ARN: "arn:bucket"}
	got := bucket.Deliver("events/!{timestamp:yyyy}/", "errors/x/")
	want := []iam.Statement{
		{
			Actions:   []string{"s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"},
			Resources: []string{"arn:bucket"},
		},
		{
			Actions:   []string{"s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"},
			Resources: []string{"arn:bucket/events/*", "arn:bucket/errors/x/*"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
