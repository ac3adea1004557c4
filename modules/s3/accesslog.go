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
	// Of is the bucket that is logged, of the same account and region.
	Of      *Bucket
	Account string
	// ExpireAfterDays is 0 where lines are kept for ever.
	ExpireAfterDays int
	// Disposable is as of any bucket.
	Disposable bool
}

const (
	// accessLogPrefix is where S3 puts its files. Below it follow account, region, bucket and date.
	accessLogPrefix = "access/"
	// A log that was deleted can be brought back for as long as an event in a bucket with the defaults.
	accessLogNoncurrentDays = 30
	accessLogUploadDays     = 7
)

// NewAccessLog declares the bucket of an access log, and has S3 write it. S3 delivers neither to a bucket that is encrypted
// with a key of KMS's nor to one with a lock (Amazon S3 User Guide, "Enabling Amazon S3 server access logging"), so that this
// one has S3's own keys, whatever encrypts the events.
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
			// By the time of the requests, so that a day's are in that day's folder.
			PartitionedPrefix: &logging.S3BucketLoggingTargetObjectKeyFormatPartitionedPrefix{
				PartitionDateSource: jsii.String("EventTime"),
			},
		},
		DependsOn: &[]cdktf.ITerraformDependable{policy},
		Lifecycle: tf.Protect(!cfg.Disposable),
	})
	return b
}

// receive lets S3's log delivery in, on behalf of the logged bucket alone (same page, "Permissions for log delivery").
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
