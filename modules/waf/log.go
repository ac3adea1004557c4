package waf

import (
	"slices"
	"strings"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/wafv2webacl"
	logging "github.com/cdktf/cdktf-provider-aws-go/aws/v19/wafv2webaclloggingconfiguration"

	"cdk.tf/go/ingest/modules/cloudwatch"
	"cdk.tf/go/ingest/modules/internal/tf"
	"cdk.tf/go/ingest/spec"
)

// secrets are the headers that the log does not hold, in lower case as WAF wants them: those that say who a caller is, and more.
func secrets(more []string) []string {
	names := []string{"authorization", "cookie", "x-amz-security-token", "x-api-key"}
	for _, name := range more {
		names = append(names, strings.ToLower(name))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// protected keeps what was sent out of what WAF stores of a request. The redacted fields of a log are not enough: they know no
// bodies, and the details of a rule that matched quote what it matched (AWS WAF developer guide, "Log fields for web ACL
// traffic" and "Data protection exceptions"). A query string may hold a signature.
func protected(more []string) *wafv2webacl.Wafv2WebAclDataProtectionConfig {
	var all []*wafv2webacl.Wafv2WebAclDataProtectionConfigDataProtection
	for _, field := range []*wafv2webacl.Wafv2WebAclDataProtectionConfigDataProtectionField{
		{FieldType: jsii.String("BODY")},
		{FieldType: jsii.String("QUERY_STRING")},
		{FieldType: jsii.String("SINGLE_HEADER"), FieldKeys: jsii.Strings(secrets(more)...)},
	} {
		all = append(all, &wafv2webacl.Wafv2WebAclDataProtectionConfigDataProtection{Action: jsii.String("SUBSTITUTION"), Field: field})
	}
	return &wafv2webacl.Wafv2WebAclDataProtectionConfig{DataProtection: all}
}

// condition is one of those of which a request must meet any to be in the log.
type condition = logging.Wafv2WebAclLoggingConfigurationLoggingFilterFilterCondition

// logged are the requests that were blocked, and those in which a rule of Firewall.Count found something, by the label that a
// rule adds whether it blocks or counts. The label stays on the request until the end, so that it is also in the record of one
// that another rule blocks afterwards (AWS WAF developer guide, "Web request labeling in AWS WAF" and "Log fields").
//
// COUNT and EXCLUDED_AS_COUNT would keep what any rule counted (API reference, ActionCondition): each event over 8 KB, which
// SizeRestrictions_BODY counts by itself, and what AWSManagedIPDDoSList finds. Both pass, and the metrics of their labels
// say how many they are (AWS WAF developer guide, "AWS WAF metrics and dimensions").
//
// All are conditions of one filter. Of several filters the first that a request meets decides, and the provider sends them in
// an order of its own (hashicorp/terraform-provider-aws, issue 32665). AWS states no limit for the conditions of one.
func logged(firewall spec.Firewall) []*condition {
	conditions := []*condition{{
		ActionCondition: &logging.Wafv2WebAclLoggingConfigurationLoggingFilterFilterConditionActionCondition{Action: jsii.String("BLOCK")},
	}}
	for _, group := range spec.ManagedRuleGroups() {
		for _, rule := range group.Rules {
			if slices.Contains(firewall.Count, rule.Name) {
				conditions = append(conditions, &condition{
					LabelNameCondition: &logging.Wafv2WebAclLoggingConfigurationLoggingFilterFilterConditionLabelNameCondition{
						LabelName: jsii.String(group.Namespace + rule.Label),
					},
				})
			}
		}
	}
	return conditions
}

// logTo declares what is logged. A request that passes is in the API's access log anyway, and a line of WAF's is a kilobyte
// and more: it would cost more than WAF itself does for the request.
//
// The log group needs no resource policy of the stack's: WAF makes the group's, by which delivery.logs.amazonaws.com may
// write to it, with the permissions of whoever applies this (API reference, LoggingConfiguration; CloudWatch Logs user
// guide, "Logs sent to CloudWatch Logs"). A second one of another name would be refused, of which a group has one
// (hashicorp/terraform-provider-aws, pull request 47111).
func logTo(c constructs.Construct, acl wafv2webacl.Wafv2WebAcl, log *cloudwatch.LogGroup, cfg Config) {
	names := secrets(cfg.Secrets)
	redacted := make([]*logging.Wafv2WebAclLoggingConfigurationRedactedFields, len(names))
	for i, name := range names {
		redacted[i] = &logging.Wafv2WebAclLoggingConfigurationRedactedFields{
			SingleHeader: &logging.Wafv2WebAclLoggingConfigurationRedactedFieldsSingleHeader{Name: jsii.String(name)},
		}
	}
	tf.New(c, "logging", logging.NewWafv2WebAclLoggingConfiguration, &logging.Wafv2WebAclLoggingConfigurationConfig{
		ResourceArn:           acl.Arn(),
		LogDestinationConfigs: jsii.Strings(log.ARN),
		LoggingFilter: &logging.Wafv2WebAclLoggingConfigurationLoggingFilter{
			DefaultBehavior: jsii.String("DROP"),
			Filter: []*logging.Wafv2WebAclLoggingConfigurationLoggingFilterFilter{{
				Behavior: jsii.String("KEEP"), Requirement: jsii.String("MEETS_ANY"), Condition: logged(cfg.Firewall),
			}},
		},
		RedactedFields: redacted,
	})
}
