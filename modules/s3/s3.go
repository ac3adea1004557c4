// Package s3 declares buckets, such as the one that events land in, and objects in them.
package s3

import (
	"strings"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/s3bucket"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/s3bucketownershipcontrols"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/s3bucketpolicy"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/s3bucketpublicaccessblock"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/s3bucketserversideencryptionconfiguration"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/s3bucketversioning"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/modules/iam"
	"cdk.tf/go/ingest/modules/internal/tf"
	"cdk.tf/go/ingest/spec"
)

// Config of a bucket.
type Config struct {
	Name      string
	Lifecycle spec.Bucket
	// Disposable lets a destroy delete the bucket with the objects in it.
	Disposable bool
	// Protected makes Terraform refuse to destroy the bucket.
	Protected bool
}

// Bucket is what was made.
type Bucket struct {
	Name string
	ARN  string
	// DomainName is where the bucket answers in its own region.
	DomainName string

	c          constructs.Construct
	versioning cdktf.ITerraformDependable
	policy     s3bucketpolicy.S3BucketPolicy
	document   iam.Document
}

// New declares a private, encrypted, versioned bucket that answers over TLS only.
func New(scope constructs.Construct, id string, cfg Config) *Bucket {
	c := constructs.NewConstruct(scope, jsii.String(id))
	bucket := tf.Named(s3bucket.NewS3Bucket(c, jsii.String("Default"), &s3bucket.S3BucketConfig{
		Bucket:       jsii.String(cfg.Name),
		ForceDestroy: jsii.Bool(cfg.Disposable),
		Lifecycle:    tf.Protect(cfg.Protected),
	}))
	private := closeToPublic(c, bucket)
	encrypt(c, bucket)
	versioning := keepVersions(c, bucket)
	declareLifecycle(c, bucket, cfg.Lifecycle, versioning)
	b := &Bucket{
		Name: *bucket.Bucket(), ARN: *bucket.Arn(), DomainName: *bucket.BucketRegionalDomainName(),
		c: c, versioning: versioning,
	}
	b.requireTLS(private)
	return b
}

func closeToPublic(c constructs.Construct, bucket s3bucket.S3Bucket) cdktf.ITerraformDependable {
	tf.Named(s3bucketownershipcontrols.NewS3BucketOwnershipControls(c, jsii.String("ownership"),
		&s3bucketownershipcontrols.S3BucketOwnershipControlsConfig{
			Bucket: bucket.Bucket(),
			Rule: &s3bucketownershipcontrols.S3BucketOwnershipControlsRule{
				ObjectOwnership: jsii.String("BucketOwnerEnforced"),
			},
		}))
	return tf.Named(s3bucketpublicaccessblock.NewS3BucketPublicAccessBlock(c, jsii.String("access"),
		&s3bucketpublicaccessblock.S3BucketPublicAccessBlockConfig{
			Bucket:                bucket.Bucket(),
			BlockPublicAcls:       jsii.Bool(true),
			BlockPublicPolicy:     jsii.Bool(true),
			IgnorePublicAcls:      jsii.Bool(true),
			RestrictPublicBuckets: jsii.Bool(true),
		}))
}

func encrypt(c constructs.Construct, bucket s3bucket.S3Bucket) {
	tf.Named(s3bucketserversideencryptionconfiguration.NewS3BucketServerSideEncryptionConfigurationA(c, jsii.String("encryption"),
		&s3bucketserversideencryptionconfiguration.S3BucketServerSideEncryptionConfigurationAConfig{
			Bucket: bucket.Bucket(),
			Rule: []s3bucketserversideencryptionconfiguration.S3BucketServerSideEncryptionConfigurationRuleA{{
				ApplyServerSideEncryptionByDefault: &s3bucketserversideencryptionconfiguration.S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA{
					SseAlgorithm: jsii.String("AES256"),
				},
			}},
		}))
}

func keepVersions(c constructs.Construct, bucket s3bucket.S3Bucket) cdktf.ITerraformDependable {
	return tf.Named(s3bucketversioning.NewS3BucketVersioningA(c, jsii.String("versioning"),
		&s3bucketversioning.S3BucketVersioningAConfig{
			Bucket: bucket.Bucket(),
			VersioningConfiguration: &s3bucketversioning.S3BucketVersioningVersioningConfiguration{
				Status: jsii.String("Enabled"),
			},
		}))
}

// requireTLS denies every request that is not encrypted in transit. It waits for the access block, because S3
// refuses two changes of a bucket's access at the same time.
func (b *Bucket) requireTLS(private cdktf.ITerraformDependable) {
	b.document = iam.Document{{
		Sid:       "TLSOnly",
		Effect:    "Deny",
		Principal: "*",
		Actions:   []string{"s3:*"},
		Resources: []string{b.ARN, b.ARN + "/*"},
		Conditions: map[string]map[string][]string{
			"Bool": {"aws:SecureTransport": {"false"}},
		},
	}}
	b.policy = tf.Named(s3bucketpolicy.NewS3BucketPolicy(b.c, jsii.String("policy"), &s3bucketpolicy.S3BucketPolicyConfig{
		Bucket:    jsii.String(b.Name),
		Policy:    jsii.String(b.document.JSON()),
		DependsOn: &[]cdktf.ITerraformDependable{private},
	}))
}

// Publish lets one CloudFront distribution read the bucket's objects, and nobody else (CloudFront developer guide, "Give
// CloudFront permission to access the S3 bucket").
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

// Deliver allows what Firehose needs to write objects under the given prefixes, which may hold Firehose's expressions.
func (b *Bucket) Deliver(prefixes ...string) []iam.Statement {
	objects := make([]string, len(prefixes))
	for i, prefix := range prefixes {
		fixed, _, _ := strings.Cut(prefix, "!{")
		objects[i] = b.ARN + "/" + fixed + "*"
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
