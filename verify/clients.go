package verify

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Clients are the AWS clients that the checks use.
type Clients struct {
	Kinesis *kinesis.Client
	S3      *s3.Client
}

// NewClients makes the clients of a configuration. With an endpoint of its own, such as ingest up's, S3 has its buckets in the path.
func NewClients(cfg aws.Config) Clients {
	return Clients{
		Kinesis: kinesis.NewFromConfig(cfg),
		S3:      s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = cfg.BaseEndpoint != nil }),
	}
}
