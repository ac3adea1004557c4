package verify

import (
	"cmp"
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"cdk.tf/go/ingest/tfjson"
)

// eachBucket looks at every bucket of the stack.
func (r *run) eachBucket(look func(d *differences, bucket string) (outcome, bool)) outcome {
	var d differences
	var failed outcome
	var names []string
	for _, resource := range r.stack.Resources("aws_s3_bucket") {
		bucket := text(resource.Body["bucket"])
		names = append(names, bucket)
		if found, ok := look(&d, bucket); !ok {
			failed = cmp.Or(failed, found)
		}
	}
	found := d.outcome(strings.Join(names, ", "), redeploy)
	if failed.status != "" {
		return worse(found, failed)
	}
	return found
}

// setting gives the body of a setting of a bucket; nil where the stack declares none.
func (p *Pipeline) setting(typ, bucket string) map[string]any {
	if found := p.of(typ, "bucket", bucket); len(found) > 0 {
		return found[0]
	}
	return nil
}

func bucketsPrivate(ctx context.Context, r *run) outcome {
	return r.eachBucket(func(d *differences, bucket string) (outcome, bool) {
		on := "the bucket " + bucket
		access, err := r.AWS.S3.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: aws.String(bucket)})
		is := &types.PublicAccessBlockConfiguration{}
		if err == nil && access.PublicAccessBlockConfiguration != nil {
			is = access.PublicAccessBlockConfiguration
		} else if err != nil && codeOf(err) != "NoSuchPublicAccessBlockConfiguration" {
			return unread(err, "s3:GetBucketPublicAccessBlock", on), false
		}
		// S3 blocks public access where nothing is declared (S3 user guide, "Default settings for new S3 buckets FAQ").
		body := r.setting("aws_s3_bucket_public_access_block", bucket)
		for name, got := range sorted(map[string]*bool{
			"block_public_acls": is.BlockPublicAcls, "block_public_policy": is.BlockPublicPolicy,
			"ignore_public_acls": is.IgnorePublicAcls, "restrict_public_buckets": is.RestrictPublicBuckets,
		}) {
			d.compare(bucket+": "+name, body == nil || tfjson.True(body[name]), aws.ToBool(got))
		}
		if failed, ok := r.compareOwnership(ctx, d, bucket); !ok {
			return failed, false
		}
		return r.notPublic(ctx, d, bucket)
	})
}

// compareOwnership compares who owns objects. Where the bucket's owner does, ACLs play no part (S3 user guide, "Controlling ownership of
// objects and disabling ACLs for your bucket"). It does where nothing is declared.
func (r *run) compareOwnership(ctx context.Context, d *differences, bucket string) (outcome, bool) {
	want := cmp.Or(text(tfjson.At(r.setting("aws_s3_bucket_ownership_controls", bucket), "rule", "object_ownership")), string(types.ObjectOwnershipBucketOwnerEnforced))
	answer, err := r.AWS.S3.GetBucketOwnershipControls(ctx, &s3.GetBucketOwnershipControlsInput{Bucket: aws.String(bucket)})
	if err != nil && codeOf(err) != "OwnershipControlsNotFoundError" {
		return unread(err, "s3:GetBucketOwnershipControls", "the bucket "+bucket), false
	}
	got := ""
	if err == nil && answer.OwnershipControls != nil && len(answer.OwnershipControls.Rules) > 0 {
		got = string(answer.OwnershipControls.Rules[0].ObjectOwnership)
	}
	d.compare(bucket+": ownership", want, got)
	return outcome{}, true
}

// notPublic asks S3 whether the bucket's policy makes it public.
func (r *run) notPublic(ctx context.Context, d *differences, bucket string) (outcome, bool) {
	status, err := r.AWS.S3.GetBucketPolicyStatus(ctx, &s3.GetBucketPolicyStatusInput{Bucket: aws.String(bucket)})
	switch {
	case codeOf(err) == "NoSuchBucketPolicy":
		return outcome{}, true // nothing makes it public
	case err != nil:
		return unread(err, "s3:GetBucketPolicyStatus", "the bucket "+bucket), false
	case status.PolicyStatus == nil:
		return withoutMember("GetBucketPolicyStatus", "PolicyStatus"), false
	}
	d.compare(bucket+": public by its policy", false, aws.ToBool(status.PolicyStatus.IsPublic))
	return outcome{}, true
}

func bucketsEncrypted(ctx context.Context, r *run) outcome {
	return r.eachBucket(func(d *differences, bucket string) (outcome, bool) {
		answer, err := r.AWS.S3.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: aws.String(bucket)})
		if err != nil && codeOf(err) != "ServerSideEncryptionConfigurationNotFoundError" {
			return unread(err, "s3:GetEncryptionConfiguration", "the bucket "+bucket), false
		}
		is, bucketKey := &types.ServerSideEncryptionByDefault{}, false
		if err == nil && answer.ServerSideEncryptionConfiguration != nil && len(answer.ServerSideEncryptionConfiguration.Rules) > 0 {
			rule := answer.ServerSideEncryptionConfiguration.Rules[0]
			is, bucketKey = cmp.Or(rule.ApplyServerSideEncryptionByDefault, is), aws.ToBool(rule.BucketKeyEnabled)
		}
		body := r.setting("aws_s3_bucket_server_side_encryption_configuration", bucket)
		// S3 encrypts with a key of its own where nothing is declared (user guide, "Setting default server-side encryption").
		want := cmp.Or(text(tfjson.At(body, "rule", "apply_server_side_encryption_by_default", "sse_algorithm")), string(types.ServerSideEncryptionAes256))
		d.compare(bucket+": algorithm", want, is.SSEAlgorithm)
		key := r.actual(text(tfjson.At(body, "rule", "apply_server_side_encryption_by_default", "kms_master_key_id")))
		if got := aws.ToString(is.KMSMasterKeyID); !sameKey(key, got) {
			d.add(bucket+": key "+quoteEmpty(key), bucket+": key "+quoteEmpty(got))
		}
		if key != "" {
			d.compare(bucket+": bucket key", tfjson.True(tfjson.At(body, "rule", "bucket_key_enabled")), bucketKey)
		}
		return outcome{}, true
	})
}

func bucketsVersioned(ctx context.Context, r *run) outcome {
	return r.eachBucket(func(d *differences, bucket string) (outcome, bool) {
		want := text(tfjson.At(r.setting("aws_s3_bucket_versioning", bucket), "versioning_configuration", "status"))
		answer, err := r.AWS.S3.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: aws.String(bucket)})
		if err != nil {
			return unread(err, "s3:GetBucketVersioning", "the bucket "+bucket), false
		}
		d.compare(bucket+": versioning", want, answer.Status)
		return outcome{}, true
	})
}

func bucketPolicies(ctx context.Context, r *run) outcome {
	return r.eachBucket(func(d *differences, bucket string) (outcome, bool) {
		answer, err := r.AWS.S3.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: aws.String(bucket)})
		got := ""
		switch {
		case err == nil:
			got = aws.ToString(answer.Policy)
		case codeOf(err) != "NoSuchBucketPolicy":
			return unread(err, "s3:GetBucketPolicy", "the bucket "+bucket), false
		}
		d.comparePolicy(bucket, r.actual(text(r.setting("aws_s3_bucket_policy", bucket)["policy"])), got)
		return outcome{}, true
	})
}
