package s3

import (
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	logging "github.com/cdktf/cdktf-provider-aws-go/aws/v19/s3bucketlogging"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/modules/iam"
	"cdk.tf/go/ingest/modules/internal/tf"
	"cdk.tf/go/ingest/spec"
)

// AccessLogConfig of a bucket that receives another one's access log.
type AccessLogConfig struct {
	Name string
	// Of is the logged bucket, in the same account and region.
	Of      *Bucket
	Account string
	// ExpireAfterDays is 0 to keep log files forever.
	ExpireAfterDays int
	// Disposable is like Config.Disposable.
	Disposable bool
}

const (
	// accessLogPrefix is the prefix of S3's log files. The account, the region, the bucket and the date follow it.
	accessLogPrefix = "access/"
	// accessLogNoncurrentDays is the time in which you can restore a deleted log, the default for events too.
	accessLogNoncurrentDays = 30
	accessLogUploadDays     = 7
)

// NewAccessLog declares the bucket of an access log, and makes S3 write the log. S3 delivers neither to a bucket that is encrypted
// with a KMS key nor to one with a lock (Amazon S3 User Guide, "Enabling Amazon S3 server access logging"). So this bucket has S3's
// own keys, whatever encrypts the events.
func NewAccessLog(scope constructs.Construct, id string, cfg AccessLogConfig) *Bucket {
	c := constructs.NewConstruct(scope, jsii.String(id))
	bucket := declareBucket(c, Config{Name: cfg.Name, Disposable: cfg.Disposable})
	name := bucket.Bucket()
	s := &settings{c: c, bucket: name, kept: !cfg.Disposable}
	private := s.closeToPublic()
	b := &Bucket{Name: *name, ARN: *bucket.Arn()}
	s.encrypt("")
	s.lifecycle(spec.Bucket{
		ExpireAfterDays:           cfg.ExpireAfterDays,
		NoncurrentExpireAfterDays: accessLogNoncurrentDays,
		AbortUploadsAfterDays:     accessLogUploadDays,
	}, s.keepVersions())
	policy := s.attach(iam.Document{requireTLS(b.ARN), receive(b.ARN, cfg)}, private)
	tf.New(c, "logging", logging.NewS3BucketLoggingA, &logging.S3BucketLoggingAConfig{
		Bucket:       jsii.String(cfg.Of.Name),
		TargetBucket: name,
		TargetPrefix: jsii.String(accessLogPrefix),
		TargetObjectKeyFormat: &logging.S3BucketLoggingTargetObjectKeyFormat{
			// By the time of the requests, so a day's requests are in that day's folder.
			PartitionedPrefix: &logging.S3BucketLoggingTargetObjectKeyFormatPartitionedPrefix{
				PartitionDateSource: jsii.String("EventTime"),
			},
		},
		DependsOn: &[]cdktf.ITerraformDependable{policy},
		Lifecycle: tf.Protect(!cfg.Disposable),
	})
	return b
}

// AccessLogAddresses are the Terraform addresses of the bucket that NewAccessLog declares with the same scope and id, and of the
// bucket's settings. The logging is none of them: it is a setting of the logged bucket.
func AccessLogAddresses(scope constructs.Construct, id string) []string {
	var addresses []string
	for _, resource := range []struct{ kind, id string }{
		{"aws_s3_bucket", "Default"},
		{"aws_s3_bucket_lifecycle_configuration", "lifecycle"},
		{"aws_s3_bucket_ownership_controls", "ownership"},
		{"aws_s3_bucket_policy", "policy"},
		{"aws_s3_bucket_public_access_block", "access"},
		{"aws_s3_bucket_server_side_encryption_configuration", "encryption"},
		{"aws_s3_bucket_versioning", "versioning"},
	} {
		addresses = append(addresses, tf.Address(scope, resource.kind, id+"/"+resource.id))
	}
	return addresses
}

// receive lets S3's log delivery write, only on behalf of the logged bucket (same page, "Permissions for log delivery").
func receive(bucketARN string, cfg AccessLogConfig) iam.Statement {
	return iam.Statement{
		Sid:       "AccessLog",
		Principal: map[string]string{"Service": "logging.s3.amazonaws.com"},
		Actions:   []string{"s3:PutObject"},
		Resources: []string{bucketARN + "/" + accessLogPrefix + "*"},
		Conditions: map[string]map[string][]string{
			"ArnLike":      {"aws:SourceArn": {cfg.Of.ARN}},
			"StringEquals": {"aws:SourceAccount": {cfg.Account}},
		},
	}
}
