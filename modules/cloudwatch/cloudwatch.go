// Package cloudwatch declares log groups that keep their lines for a set time, alarms, and dashboards.
package cloudwatch

import (
	"fmt"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudwatchloggroup"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudwatchlogstream"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/modules/iam"
	"cdk.tf/go/ingest/modules/internal/tf"
)

// Config of a log group.
type Config struct {
	Name          string
	RetentionDays int
	// Stream is the name of a log stream in the group, for a writer that does not make its own. Empty makes none.
	Stream string
	// KeyARN of the key that encrypts the group. Its policy must let CloudWatch Logs use it. Empty uses the service's own key.
	KeyARN string
}

// LogGroup is the declared log group. StreamName is empty without a log stream.
type LogGroup struct {
	Name       string
	ARN        string
	StreamName string
	// Ready is the last resource to be made. A writer must depend on it.
	Ready cdktf.ITerraformDependable

	streamARN string
}

// New declares the log group, and a log stream in it if cfg names one.
func New(scope constructs.Construct, id string, cfg Config) *LogGroup {
	c := constructs.NewConstruct(scope, jsii.String(id))
	resource := tf.New(c, "Default", cloudwatchloggroup.NewCloudwatchLogGroup,
		&cloudwatchloggroup.CloudwatchLogGroupConfig{
			Name:            jsii.String(cfg.Name),
			RetentionInDays: jsii.Number(cfg.RetentionDays),
			KmsKeyId:        tf.Optional(cfg.KeyARN),
		})
	group := &LogGroup{Name: *resource.Name(), ARN: *resource.Arn(), Ready: resource}
	if cfg.Stream != "" {
		stream := tf.New(c, "stream", cloudwatchlogstream.NewCloudwatchLogStream,
			&cloudwatchlogstream.CloudwatchLogStreamConfig{
				Name:         jsii.String(cfg.Stream),
				LogGroupName: resource.Name(),
			})
		group.StreamName, group.streamARN, group.Ready = *stream.Name(), *stream.Arn(), stream
	}
	return group
}

// Write allows writing lines to the group's stream.
func (g *LogGroup) Write() iam.Statement {
	return iam.Statement{Actions: []string{"logs:PutLogEvents"}, Resources: []string{g.streamARN}}
}

// Push allows the actions that API Gateway requires of an account's logging role, in one account and region: those of AWS's
// AmazonAPIGatewayPushToCloudWatchLogs. API Gateway tries them when the account's setting is made, and refuses a role with fewer.
// The resource is every log group there, because API Gateway names and makes the execution logs' groups itself.
func Push(partition, region, account string) iam.Statement {
	return iam.Statement{
		Actions: []string{
			"logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogGroups", "logs:DescribeLogStreams",
			"logs:FilterLogEvents", "logs:GetLogEvents", "logs:PutLogEvents",
		},
		Resources: []string{fmt.Sprintf("arn:%s:logs:%s:%s:*", partition, region, account)},
	}
}
