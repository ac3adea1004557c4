// Package kms declares the key that an environment's data is encrypted with.
package kms

import (
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/kmsalias"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/kmskey"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/modules/iam"
	"cdk.tf/go/ingest/modules/internal/tf"
)

// Config of a key.
type Config struct {
	// Alias begins with "alias/".
	Alias       string
	Description string
	// LogGroups are the names of the log groups that CloudWatch Logs may encrypt with the key. "*" stands for what cannot
	// be known before the key is made.
	LogGroups []string
	// Topic lets CloudWatch's alarms publish to SNS topics that are encrypted with the key.
	Topic bool
	// DeletionWindowDays is how long a destroyed key can be brought back, 7 to 30.
	DeletionWindowDays int
	// Protected makes Terraform refuse to destroy the key.
	Protected bool

	Partition, Region, Account string
	// DNSSuffix is the partition's, which services' names end with: amazonaws.com.
	DNSSuffix string
}

// Key is what was made.
type Key struct {
	ARN string
	// Made is the key: what must not outlive it depends on it.
	Made cdktf.ITerraformDependable

	cfg Config
}

// New declares the key, rotated every year, with its policy and its alias. The policy comes with the key and not after it,
// because CloudWatch Logs tries the key when a log group is made with it.
func New(scope constructs.Construct, id string, cfg Config) *Key {
	c := constructs.NewConstruct(scope, jsii.String(id))
	key := tf.New(c, "Default", kmskey.NewKmsKey, &kmskey.KmsKeyConfig{
		Description:          jsii.String(cfg.Description),
		EnableKeyRotation:    jsii.Bool(true),
		DeletionWindowInDays: jsii.Number(cfg.DeletionWindowDays),
		Policy:               jsii.String(cfg.policy().JSON()),
		Lifecycle:            tf.Protect(cfg.Protected),
	})
	tf.New(c, "alias", kmsalias.NewKmsAlias, &kmsalias.KmsAliasConfig{
		Name:        jsii.String(cfg.Alias),
		TargetKeyId: key.KeyId(),
	})
	return &Key{ARN: *key.Arn(), Made: key, cfg: cfg}
}

// EncryptStream allows what a writer of a stream needs (Kinesis Data Streams Developer Guide, "Permissions to use
// user-generated KMS keys", as are the encryption context and DecryptStream).
func (k *Key) EncryptStream(streamARN string) iam.Statement {
	return k.by("kinesis", "aws:kinesis:arn", streamARN, "kms:GenerateDataKey")
}

// DecryptStream allows what a reader of a stream needs.
func (k *Key) DecryptStream(streamARN string) iam.Statement {
	return k.by("kinesis", "aws:kinesis:arn", streamARN, "kms:Decrypt")
}

// WriteBucket allows what Firehose needs to deliver to a bucket with an S3 Bucket Key (Firehose Developer Guide,
// "Controlling access"). With such a key the context is the bucket's ARN and not the object's, so that it cannot be limited
// to a prefix (Amazon S3 User Guide, "Reducing the cost of SSE-KMS with Amazon S3 Bucket Keys"). Decrypt is for the parts of
// large objects.
func (k *Key) WriteBucket(bucketARN string) iam.Statement {
	return k.by("s3", "aws:s3:arn", bucketARN, "kms:Decrypt", "kms:GenerateDataKey")
}

// by allows actions on the key to a role that a service acts for, and for one resource.
func (k *Key) by(service, context, arn string, actions ...string) iam.Statement {
	return iam.Statement{
		Actions:   actions,
		Resources: []string{k.ARN},
		Conditions: map[string]map[string][]string{
			"StringEquals": {
				"kms:EncryptionContext:" + context: {arn},
				"kms:ViaService":                   {k.cfg.service(service)},
			},
		},
	}
}

// service is the principal of a service in the region, which is also its name for kms:ViaService.
func (c Config) service(name string) string { return name + "." + c.Region + "." + c.DNSSuffix }
