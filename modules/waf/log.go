package waf

import (
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/wafv2webacl"
	logging "github.com/cdktf/cdktf-provider-aws-go/aws/v19/wafv2webaclloggingconfiguration"

	"cdk.tf/go/ingest/modules/cloudwatch"
	"cdk.tf/go/ingest/modules/internal/tf"
)

// secrets are the headers that the log does not hold, in lower case as WAF wants them.
var secrets = []string{"authorization", "cookie", "x-amz-security-token", "x-api-key"}

// logged are what a rule must have done with a request for it to be in the log. The last is a rule of a managed group that
// is made to count (API reference, ActionCondition).
var logged = []string{"BLOCK", "COUNT", "EXCLUDED_AS_COUNT"}

// logTo declares what is logged. A request that passes is in the API's access log anyway, and a line of WAF's is a kilobyte
// and more: it would cost more than WAF itself does for the request.
//
// The log group needs no resource policy of the stack's: WAF makes the group's, by which delivery.logs.amazonaws.com may
// write to it, with the permissions of whoever applies this (API reference, LoggingConfiguration; CloudWatch Logs user
// guide, "Logs sent to CloudWatch Logs"). A second one of another name would be refused, of which a group has one
// (hashicorp/terraform-provider-aws, pull request 47111).
func logTo(c constructs.Construct, acl wafv2webacl.Wafv2WebAcl, log *cloudwatch.LogGroup) {
	conditions := make([]*logging.Wafv2WebAclLoggingConfigurationLoggingFilterFilterCondition, len(logged))
	for i, action := range logged {
		conditions[i] = &logging.Wafv2WebAclLoggingConfigurationLoggingFilterFilterCondition{
			ActionCondition: &logging.Wafv2WebAclLoggingConfigurationLoggingFilterFilterConditionActionCondition{Action: jsii.String(action)},
		}
	}
	redacted := make([]*logging.Wafv2WebAclLoggingConfigurationRedactedFields, len(secrets))
	for i, name := range secrets {
		redacted[i] = &logging.Wafv2WebAclLoggingConfigurationRedactedFields{
			SingleHeader: &logging.Wafv2WebAclLoggingConfigurationRedactedFieldsSingleHeader{Name: jsii.String(name)},
		}
	}
	tf.Named(logging.NewWafv2WebAclLoggingConfiguration(c, jsii.String("logging"), &logging.Wafv2WebAclLoggingConfigurationConfig{
		ResourceArn:           acl.Arn(),
		LogDestinationConfigs: jsii.Strings(log.ARN),
		LoggingFilter: &logging.Wafv2WebAclLoggingConfigurationLoggingFilter{
			DefaultBehavior: jsii.String("DROP"),
			Filter: []*logging.Wafv2WebAclLoggingConfigurationLoggingFilterFilter{{
				Behavior: jsii.String("KEEP"), Requirement: jsii.String("MEETS_ANY"), Condition: conditions,
			}},
		},
		RedactedFields: redacted,
	}))
}
