// Package kms declares the key that encrypts an environment's data.
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
	// LogGroups are the names of the log groups that CloudWatch Logs may encrypt with the key. "*" stands for a part that is
	// unknown before the key is made.
	LogGroups []string
	// Topic lets CloudWatch's alarms publish to SNS topics that are encrypted with the key.
	Topic bool
	// DeletionWindowDays is the number of days in which you can restore a destroyed key, 7 to 30. With 0 it is KMS's default, 30.
	DeletionWindowDays int
	// Protected makes Terraform refuse to destroy the key.
	Protected bool

	Partition, Region, Account string
	// DNSSuffix is the partition's suffix of services' names, such as amazonaws.com.
	DNSSuffix string
}

// Key is the declared key.
type Key struct {
	ARN string
	// Made is the key. Resources that must not outlive the key depend on it.
	Made cdktf.ITerraformDependable

	cfg Config
}

// New declares the key, rotated every year, with its policy and its alias. The policy is part of the key resource and not a separate
// one, because CloudWatch Logs tries the key when it makes an encrypted log group.
func New(scope constructs.Construct, id string, cfg Config) *Key {
	c := constructs.NewConstruct(scope, jsii.String(id))
	config := &kmskey.KmsKeyConfig{
		Description:       jsii.String(cfg.Description),
		EnableKeyRotation: jsii.Bool(true),
		Policy:            jsii.String(cfg.policy().JSON()),
		Lifecycle:         tf.Protect(cfg.Protected),
	}
	if cfg.DeletionWindowDays != 0 {
		config.DeletionWindowInDays = jsii.Number(cfg.DeletionWindowDays)
	}
	key := tf.New(c, "Default", kmskey.NewKmsKey, config)
	tf.New(c, "alias", kmsalias.NewKmsAlias, &kmsalias.KmsAliasConfig{
		Name:        jsii.String(cfg.Alias),
		TargetKeyId: key.KeyId(),
	})
	return &Key{ARN: *key.Arn(), Made: key, cfg: cfg}
}

// Address is the Terraform address of the key that New declares with the same scope and id.
func Address(scope constructs.Construct, id string) string {
	return tf.Address(scope, "aws_kms_key", id+"/Default")
}

// EncryptStream allows what a writer of a stream needs. The source of this, of the encryption context and of DecryptStream is
// Kinesis Data Streams Developer Guide, "Permissions to use user-generated KMS keys".
func (k *Key) EncryptStream(streamARN string) iam.Statement {
	return k.by("kinesis", "aws:kinesis:arn", streamARN, "kms:GenerateDataKey")
}

// DecryptStream allows what a reader of a stream needs.
func (k *Key) DecryptStream(streamARN string) iam.Statement {
	return k.by("kinesis", "aws:kinesis:arn", streamARN, "kms:Decrypt")
}

// WriteBucket allows what Firehose needs to deliver to a bucket with an S3 Bucket Key (Firehose Developer Guide, "Controlling
// access"). With such a key, the encryption context is the bucket's ARN and not the object's, so the permission cannot be limited to
// a prefix (Amazon S3 User Guide, "Reducing the cost of SSE-KMS with Amazon S3 Bucket Keys"). Decrypt is for the parts of large
// objects.
func (k *Key) WriteBucket(bucketARN string) iam.Statement {
	return k.by("s3", "aws:s3:arn", bucketARN, "kms:Decrypt", "kms:GenerateDataKey")
}

// by allows a role actions on the key, only through a service and for one resource.
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

// service is the regional name of a service: its principal, and its value for kms:ViaService.
func (c Config) service(name string) string { return name + "." + c.Region + "." + c.DNSSuffix }
