package verify

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/athena"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/wafv2"
)

// Clients are the AWS clients that the checks use. Except for a query of Athena, the checks only read.
type Clients struct {
	Kinesis    *kinesis.Client
	S3         *s3.Client
	Firehose   *firehose.Client
	APIGateway *apigateway.Client
	Logs       *cloudwatchlogs.Client
	CloudWatch *cloudwatch.Client
	SNS        *sns.Client
	IAM        *iam.Client
	Athena     *athena.Client
	Glue       *glue.Client
	STS        *sts.Client
	ACM        *acm.Client
	Route53    *route53.Client
	WAF        *wafv2.Client
	KMS        *kms.Client
	CloudFront *cloudfront.Client
}

// NewClients makes the clients of a configuration. With an endpoint of its own, such as ingest up's, S3 has its buckets in the path.
func NewClients(cfg aws.Config) Clients {
	return Clients{
		Kinesis:    kinesis.NewFromConfig(cfg),
		S3:         s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = o.BaseEndpoint != nil }),
		Firehose:   firehose.NewFromConfig(cfg),
		APIGateway: apigateway.NewFromConfig(cfg),
		Logs:       cloudwatchlogs.NewFromConfig(cfg),
		CloudWatch: cloudwatch.NewFromConfig(cfg),
		SNS:        sns.NewFromConfig(cfg),
		IAM:        iam.NewFromConfig(cfg),
		Athena:     athena.NewFromConfig(cfg),
		Glue:       glue.NewFromConfig(cfg),
		STS:        sts.NewFromConfig(cfg),
		ACM:        acm.NewFromConfig(cfg),
		Route53:    route53.NewFromConfig(cfg),
		WAF:        wafv2.NewFromConfig(cfg),
		KMS:        kms.NewFromConfig(cfg),
		CloudFront: cloudfront.NewFromConfig(cfg),
	}
}
