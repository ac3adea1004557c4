// Package s3 declares buckets, such as the one in which events land and the one for its access log, and objects in them.
package s3

import (
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/s3bucket"
	lock "github.com/cdktf/cdktf-provider-aws-go/aws/v19/s3bucketobjectlockconfiguration"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/s3bucketownershipcontrols"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/s3bucketpolicy"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/s3bucketpublicaccessblock"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/s3bucketserversideencryptionconfiguration"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/s3bucketversioning"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/internal/objectname"
	"cdk.tf/go/ingest/modules/iam"
	"cdk.tf/go/ingest/modules/internal/tf"
	"cdk.tf/go/ingest/spec"
)

// Config of a bucket.
type Config struct {
	Name string
	// Lifecycle says how long the bucket keeps objects. 0 days for noncurrent versions or for incomplete uploads, which S3 takes in no
	// rule, means the days of spec.Default.
	Lifecycle spec.Bucket
	// KeyARN of the key that encrypts objects; empty for S3's own keys.
	KeyARN string
	// DependsOn are the resources that must outlive the bucket: the key, without which nobody can read the remaining objects.
	DependsOn []cdktf.ITerraformDependable
	// Disposable lets a destroy delete the bucket with its objects. Any other bucket is kept: Terraform refuses each plan that
	// destroys it or one of its settings. There is no option between the two. Terraform destroys a bucket's settings before the
	// bucket. If S3 then refuses to delete a bucket with objects, its policy, its encryption and its public access block are
	// gone. A condition cannot prevent that: before a destroy, a failed condition is only a warning (hashicorp/terraform,
	// internal/terraform/node_resource_plan_instance.go, preDestroyRefresh).
	Disposable bool
}

// Bucket is the declared bucket.
type Bucket struct {
	Name string
	ARN  string
	// DomainName is the bucket's regional domain name.
	DomainName string
	// Ready are the bucket's settings. A writer must depend on them, or they do not apply to its first objects.
	Ready []cdktf.ITerraformDependable

	c          constructs.Construct
	versioning cdktf.ITerraformDependable
	policy     s3bucketpolicy.S3BucketPolicy
	document   iam.Document
}

// New declares a private, encrypted, versioned bucket that answers over TLS only.
func New(scope constructs.Construct, id string, cfg Config) *Bucket {
	c := constructs.NewConstruct(scope, jsii.String(id))
	bucket := declareBucket(c, cfg)
	name := bucket.Bucket()
	s := &settings{c: c, bucket: name, kept: !cfg.Disposable}
	private := s.closeToPublic()
	s.encrypt(cfg.KeyARN)
	versioning := s.keepVersions()
	s.lifecycle(cfg.Lifecycle, versioning)
	b := &Bucket{
		Name: *name, ARN: *bucket.Arn(), DomainName: *bucket.BucketRegionalDomainName(),
		c: c, versioning: versioning,
	}
	b.document = iam.Document{requireTLS(b.ARN)}
	if cfg.KeyARN != "" {
		b.document = append(b.document, requireKey(b.ARN, cfg.KeyARN)...)
	}
	if cfg.Lifecycle.ObjectLock != (spec.ObjectLock{}) {
		s.lockObjects(cfg.Lifecycle.ObjectLock, versioning)
	}
	b.policy = s.attach(b.document, private)
	b.Ready = s.made
	return b
}

func declareBucket(c constructs.Construct, cfg Config) s3bucket.S3Bucket {
	return tf.New(c, "Default", s3bucket.NewS3Bucket, &s3bucket.S3BucketConfig{
		Bucket:       jsii.String(cfg.Name),
		ForceDestroy: jsii.Bool(cfg.Disposable),
		DependsOn:    tf.DependsOn(cfg.DependsOn),
		Lifecycle:    tf.Protect(!cfg.Disposable),
	})
}

// settings are the resources that each have one setting of a bucket. They are kept with the bucket.
type settings struct {
	c      constructs.Construct
	bucket *string
	kept   bool
	made   []cdktf.ITerraformDependable
}

// setting declares one of the settings.
func setting[E cdktf.TerraformElement, C any](s *settings, id string, constructor func(constructs.Construct, *string, C) E, config C) E {
	element := tf.New(s.c, id, constructor, config)
	s.made = append(s.made, any(element).(cdktf.ITerraformDependable))
	return element
}

func (s *settings) closeToPublic() cdktf.ITerraformDependable {
	setting(s, "ownership", s3bucketownershipcontrols.NewS3BucketOwnershipControls,
		&s3bucketownershipcontrols.S3BucketOwnershipControlsConfig{
			Bucket: s.bucket,
			Rule: &s3bucketownershipcontrols.S3BucketOwnershipControlsRule{
				ObjectOwnership: jsii.String("BucketOwnerEnforced"),
			},
			Lifecycle: tf.Protect(s.kept),
		})
	return setting(s, "access", s3bucketpublicaccessblock.NewS3BucketPublicAccessBlock,
		&s3bucketpublicaccessblock.S3BucketPublicAccessBlockConfig{
			Bucket:                s.bucket,
			BlockPublicAcls:       jsii.Bool(true),
			BlockPublicPolicy:     jsii.Bool(true),
			IgnorePublicAcls:      jsii.Bool(true),
			RestrictPublicBuckets: jsii.Bool(true),
			Lifecycle:             tf.Protect(s.kept),
		})
}

// encrypt makes S3 encrypt new objects, with the key if there is one. It then uses an S3 Bucket Key, with which S3 asks KMS for a
// data key from time to time and not for each object.
func (s *settings) encrypt(keyARN string) {
	rule := &s3bucketserversideencryptionconfiguration.S3BucketServerSideEncryptionConfigurationRuleA{
		ApplyServerSideEncryptionByDefault: &s3bucketserversideencryptionconfiguration.S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA{
			SseAlgorithm: jsii.String("AES256"),
		},
	}
	if keyARN != "" {
		rule.BucketKeyEnabled = jsii.Bool(true)
		rule.ApplyServerSideEncryptionByDefault.SseAlgorithm = jsii.String("aws:kms")
		rule.ApplyServerSideEncryptionByDefault.KmsMasterKeyId = jsii.String(keyARN)
	}
	setting(s, "encryption", s3bucketserversideencryptionconfiguration.NewS3BucketServerSideEncryptionConfigurationA,
		&s3bucketserversideencryptionconfiguration.S3BucketServerSideEncryptionConfigurationAConfig{
			Bucket:    s.bucket,
			Rule:      []*s3bucketserversideencryptionconfiguration.S3BucketServerSideEncryptionConfigurationRuleA{rule},
			Lifecycle: tf.Protect(s.kept),
		})
}

func (s *settings) keepVersions() cdktf.ITerraformDependable {
	return setting(s, "versioning", s3bucketversioning.NewS3BucketVersioningA,
		&s3bucketversioning.S3BucketVersioningAConfig{
			Bucket: s.bucket,
			VersioningConfiguration: &s3bucketversioning.S3BucketVersioningVersioningConfiguration{
				Status: jsii.String("Enabled"),
			},
			Lifecycle: tf.Protect(s.kept),
		})
}

// lockObjects turns the lock on in place, which S3 supports since 2023. The bucket's own argument would replace the bucket
// (hashicorp/terraform-provider-aws, issue 36529). S3 requires versioning first.
func (s *settings) lockObjects(cfg spec.ObjectLock, versioning cdktf.ITerraformDependable) {
	setting(s, "lock", lock.NewS3BucketObjectLockConfigurationA, &lock.S3BucketObjectLockConfigurationAConfig{
		Bucket: s.bucket,
		Rule: &lock.S3BucketObjectLockConfigurationRuleA{
			DefaultRetention: &lock.S3BucketObjectLockConfigurationRuleDefaultRetentionA{
				Mode: jsii.String(string(cfg.Mode)),
				Days: jsii.Number(cfg.Days),
			},
		},
		DependsOn: &[]cdktf.ITerraformDependable{versioning},
		Lifecycle: tf.Protect(s.kept),
	})
}

// attach declares the bucket's policy. It waits for the access block, because S3 refuses two simultaneous changes of a bucket's
// access.
func (s *settings) attach(document iam.Document, private cdktf.ITerraformDependable) s3bucketpolicy.S3BucketPolicy {
	return setting(s, "policy", s3bucketpolicy.NewS3BucketPolicy, &s3bucketpolicy.S3BucketPolicyConfig{
		Bucket:    s.bucket,
		Policy:    jsii.String(document.JSON()),
		DependsOn: &[]cdktf.ITerraformDependable{private},
		Lifecycle: tf.Protect(s.kept),
	})
}

// requireTLS denies every request that is not encrypted in transit.
func requireTLS(bucketARN string) iam.Statement {
	return iam.Statement{
		Sid:       "TLSOnly",
		Effect:    "Deny",
		Principal: "*",
		Actions:   []string{"s3:*"},
		Resources: []string{bucketARN, bucketARN + "/*"},
		Conditions: map[string]map[string][]string{
			"Bool": {"aws:SecureTransport": {"false"}},
		},
	}
}

// requireKey denies each object that requests another encryption: with S3's keys, with another KMS key, or with a key in the
// request. A request without an encryption gets the bucket's default, which is the key.
func requireKey(bucketARN, keyARN string) []iam.Statement {
	deny := func(sid string, conditions map[string]map[string][]string) iam.Statement {
		return iam.Statement{
			Sid: sid, Effect: "Deny", Principal: "*", Actions: []string{"s3:PutObject"}, Resources: []string{bucketARN + "/*"},
			Conditions: conditions,
		}
	}
	return []iam.Statement{
		// If a request names an algorithm and no key, the second condition is true too, because a negated operator is true for
		// an absent key (IAM User Guide, condition operators).
		deny("NoOtherKey", map[string]map[string][]string{
			"Null":            {"s3:x-amz-server-side-encryption": {"false"}},
			"StringNotEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": {keyARN}},
		}),
		deny("NoKeyOfTheClients", map[string]map[string][]string{
			"Null": {"s3:x-amz-server-side-encryption-customer-algorithm": {"false"}},
		}),
	}
}

// Publish lets only one CloudFront distribution read the bucket's objects (CloudFront developer guide, "Give CloudFront permission
// to access the S3 bucket").
func (b *Bucket) Publish(distributionARN string) {
	b.document = append(b.document, iam.Statement{
		Sid:        "DistributionReads",
		Principal:  map[string]string{"Service": "cloudfront.amazonaws.com"},
		Actions:    []string{"s3:GetObject"},
		Resources:  []string{b.ARN + "/*"},
		Conditions: map[string]map[string][]string{"StringEquals": {"AWS:SourceArn": {distributionARN}}},
	})
	b.policy.SetPolicy(jsii.String(b.document.JSON()))
}

// Deliver allows what Firehose needs to write objects under the prefixes, which may contain Firehose's expressions.
func (b *Bucket) Deliver(prefixes ...string) []iam.Statement {
	objects := make([]string, len(prefixes))
	for i, prefix := range prefixes {
		objects[i] = b.ARN + "/" + objectname.FixedPrefix(prefix) + "*"
	}
	return []iam.Statement{
		{
			Actions:   []string{"s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"},
			Resources: []string{b.ARN},
		},
		{
			Actions:   []string{"s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"},
			Resources: objects,
		},
	}
}
