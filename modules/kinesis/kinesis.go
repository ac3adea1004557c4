// Package kinesis declares the data stream of the events.
package kinesis

import (
	"cmp"
	"time"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/kinesisstream"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/modules/iam"
	"cdk.tf/go/ingest/modules/internal/tf"
	"cdk.tf/go/ingest/spec"
)

// Config of a stream.
type Config struct {
	Name     string
	Capacity spec.Capacity
	// Retention in whole hours. With 0 it is Kinesis's default, 24.
	Retention time.Duration
	// KeyARN of the key that encrypts the stream; empty for the AWS-managed key.
	KeyARN string
	// DependsOn are the resources to make before the stream.
	DependsOn []cdktf.ITerraformDependable
	// Protected makes Terraform refuse to destroy the stream.
	Protected bool
}

// Stream is the declared stream.
type Stream struct {
	Name string
	ARN  string
}

// managedKey is the AWS-managed key of Kinesis. It costs nothing, and a user of the stream needs no permission on it.
const managedKey = "alias/aws/kinesis"

// New declares the stream, encrypted.
func New(scope constructs.Construct, id string, cfg Config) *Stream {
	c := constructs.NewConstruct(scope, jsii.String(id))
	config := &kinesisstream.KinesisStreamConfig{
		Name: jsii.String(cfg.Name),
		StreamModeDetails: &kinesisstream.KinesisStreamStreamModeDetails{
			StreamMode: jsii.String(string(cfg.Capacity.Mode)),
		},
		EncryptionType: jsii.String("KMS"),
		KmsKeyId:       jsii.String(cmp.Or(cfg.KeyARN, managedKey)),
		DependsOn:      tf.DependsOn(cfg.DependsOn),
		Lifecycle:      tf.Protect(cfg.Protected),
	}
	if cfg.Retention != 0 {
		config.RetentionPeriod = jsii.Number(cfg.Retention.Hours())
	}
	if cfg.Capacity.Mode == spec.ModeProvisioned {
		config.ShardCount = jsii.Number(cfg.Capacity.Shards)
	}
	stream := tf.New(c, "Default", kinesisstream.NewKinesisStream, config)
	return &Stream{Name: *stream.Name(), ARN: *stream.Arn()}
}

// WriteOne allows what writing single records needs.
func (s *Stream) WriteOne() iam.Statement {
	return iam.Statement{Actions: []string{"kinesis:PutRecord"}, Resources: []string{s.ARN}}
}

// WriteMany allows what writing single records and batches needs.
func (s *Stream) WriteMany() iam.Statement {
	return iam.Statement{Actions: []string{"kinesis:PutRecord", "kinesis:PutRecords"}, Resources: []string{s.ARN}}
}

// Read allows what Firehose needs to read the stream.
func (s *Stream) Read() iam.Statement {
	return iam.Statement{
		Actions: []string{
			"kinesis:DescribeStream", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards",
		},
		Resources: []string{s.ARN},
	}
}
