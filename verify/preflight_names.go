package verify

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

const otherPrefix = "choose another Names.Prefix"

// buckets asks for each bucket, whose name is the only one of the partition (S3 user guide, "General purpose bucket naming rules"). S3
// answers 404 for a name that is free, and 403 or 301 for a bucket of another account or region (API reference, HeadBucket).
func (p *preflight) buckets(ctx context.Context) outcome {
	var n names
	for _, resource := range p.stack.Resources("aws_s3_bucket") {
		name := text(resource.Body["bucket"])
		_, err := p.AWS.S3.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: aws.String(name)})
		if err != nil && slices.Contains(untrusted, codeOf(p.failed)) {
			n.failed = unread(p.failed, "s3:ListBucket", "the bucket "+name) // S3 says of nobody's credentials what it says of another account's
			break
		}
		switch statusOf(err) {
		case http.StatusOK:
			n.own = append(n.own, name)
		case http.StatusNotFound:
			n.free++
		case http.StatusForbidden:
			n.taken = append(n.taken, name+" is another account's, or these credentials may not see it (s3:ListBucket)")
		case http.StatusMovedPermanently:
			n.taken = append(n.taken, name+" exists in another region")
		default:
			n.failed = cmp.Or(n.failed, unread(err, "s3:ListBucket", "the bucket "+name))
		}
	}
	return n.outcome(p.deployed, "set Account and Names.AccountInBuckets, or choose another Names.Prefix")
}

// statusOf is the status of an answer; 200 without an error, and 0 where there was no answer.
func statusOf(err error) int {
	if err == nil {
		return http.StatusOK
	}
	var answer *awshttp.ResponseError
	if errors.As(err, &answer) {
		return answer.HTTPStatusCode()
	}
	return 0
}

func (p *preflight) streams(ctx context.Context) outcome {
	streams := p.each("aws_kinesis_stream", "name", "kinesis:DescribeStreamSummary", func(name string) (bool, error) {
		_, err := p.AWS.Kinesis.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: aws.String(name)})
		return true, err
	})
	deliveries := p.each("aws_kinesis_firehose_delivery_stream", "name", "firehose:DescribeDeliveryStream", func(name string) (bool, error) {
		_, err := p.AWS.Firehose.DescribeDeliveryStream(ctx, &firehose.DescribeDeliveryStreamInput{DeliveryStreamName: aws.String(name)})
		return true, err
	})
	return streams.and(deliveries).outcome(p.deployed, otherPrefix)
}

func (p *preflight) roles(ctx context.Context) outcome {
	return p.each("aws_iam_role", "name", "iam:GetRole", func(name string) (bool, error) {
		_, err := p.AWS.IAM.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String(name)})
		return true, err
	}).outcome(p.deployed, otherPrefix)
}

func (p *preflight) groups(ctx context.Context) outcome {
	return p.each("aws_cloudwatch_log_group", "name", "logs:DescribeLogGroups", func(name string) (bool, error) {
		answer, err := p.AWS.Logs.DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String(name)})
		if err != nil {
			return false, err
		}
		for _, group := range answer.LogGroups {
			if aws.ToString(group.LogGroupName) == name {
				return true, nil
			}
		}
		return false, nil
	}).outcome(p.deployed, otherPrefix)
}

// alarms asks for the alarms. CloudWatch has no quota of alarms any more (user guide, "CloudWatch service quotas": "No limit on the total
// number of alarms per account").
func (p *preflight) alarms(ctx context.Context) outcome {
	return p.each("aws_cloudwatch_metric_alarm", "alarm_name", "cloudwatch:DescribeAlarms", func(name string) (bool, error) {
		answer, err := p.AWS.CloudWatch.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{
			AlarmNames: []string{name}, AlarmTypes: []types.AlarmType{types.AlarmTypeMetricAlarm, types.AlarmTypeCompositeAlarm},
		})
		return err == nil && len(answer.MetricAlarms)+len(answer.CompositeAlarms) > 0, err
	}).outcome(p.deployed, otherPrefix)
}
