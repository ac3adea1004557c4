package s3

import (
	"cmp"

	"github.com/aws/jsii-runtime-go"
	lifecycle "github.com/cdktf/cdktf-provider-aws-go/aws/v19/s3bucketlifecycleconfiguration"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/modules/internal/tf"
	"cdk.tf/go/ingest/spec"
)

// lifecycle waits for versioning, because a rule for noncurrent versions has no effect before it.
func (s *settings) lifecycle(cfg spec.Bucket, versioning cdktf.ITerraformDependable) {
	setting(s, "lifecycle", lifecycle.NewS3BucketLifecycleConfiguration,
		&lifecycle.S3BucketLifecycleConfigurationConfig{
			Bucket:    s.bucket,
			Rule:      lifecycleRules(cfg),
			DependsOn: &[]cdktf.ITerraformDependable{versioning},
			Lifecycle: tf.Protect(s.kept),
		})
}

func lifecycleRules(cfg spec.Bucket) []*lifecycle.S3BucketLifecycleConfigurationRule {
	byDefault := spec.Default("").Bucket
	rules := []*lifecycle.S3BucketLifecycleConfigurationRule{
		{
			Id:     jsii.String("abort-uploads"),
			Status: jsii.String("Enabled"),
			Filter: wholeBucket(),
			AbortIncompleteMultipartUpload: []*lifecycle.S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload{
				{DaysAfterInitiation: jsii.Number(cmp.Or(cfg.AbortUploadsAfterDays, byDefault.AbortUploadsAfterDays))},
			},
		},
		{
			Id:     jsii.String("expire-noncurrent"),
			Status: jsii.String("Enabled"),
			Filter: wholeBucket(),
			NoncurrentVersionExpiration: []*lifecycle.S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration{
				{NoncurrentDays: jsii.Number(cmp.Or(cfg.NoncurrentExpireAfterDays, byDefault.NoncurrentExpireAfterDays))},
			},
		},
	}
	if cfg.ExpireAfterDays > 0 {
		rules = append(rules, &lifecycle.S3BucketLifecycleConfigurationRule{
			Id:     jsii.String("expire-events"),
			Status: jsii.String("Enabled"),
			Filter: wholeBucket(),
			Expiration: []*lifecycle.S3BucketLifecycleConfigurationRuleExpiration{
				{Days: jsii.Number(cfg.ExpireAfterDays)},
			},
		})
	}
	if len(cfg.Transitions) > 0 {
		rules = append(rules, &lifecycle.S3BucketLifecycleConfigurationRule{
			Id:         jsii.String("transition-events"),
			Status:     jsii.String("Enabled"),
			Filter:     wholeBucket(),
			Transition: transitions(cfg.Transitions),
		})
	}
	return rules
}

func transitions(from []spec.Transition) []*lifecycle.S3BucketLifecycleConfigurationRuleTransition {
	to := make([]*lifecycle.S3BucketLifecycleConfigurationRuleTransition, len(from))
	for i, t := range from {
		to[i] = &lifecycle.S3BucketLifecycleConfigurationRuleTransition{
			Days:         jsii.Number(t.AfterDays),
			StorageClass: jsii.String(string(t.StorageClass)),
		}
	}
	return to
}

// wholeBucket is the filter that every object passes. S3 requires one in each rule.
func wholeBucket() []*lifecycle.S3BucketLifecycleConfigurationRuleFilter {
	return []*lifecycle.S3BucketLifecycleConfigurationRuleFilter{{Prefix: jsii.String("")}}
}
