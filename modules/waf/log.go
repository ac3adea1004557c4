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

// secrets are the headers that the log leaves out, in lower case as WAF requires: those with credentials, and more.
func secrets(more []string) []string {
	names := spec.CredentialHeaders()
	for _, name := range more {
		names = append(names, strings.ToLower(name))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// protected keeps a request's content out of WAF's records. The redacted fields of a log are not enough: they do not cover bodies,
// and a matching rule's details quote the matched text (AWS WAF developer guide, "Log fields for web ACL traffic" and "Data
// protection exceptions"). A query string may contain a signature.
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

// condition is one of the conditions for logging a request. A request is logged if it meets any of them.
type condition = logging.Wafv2WebAclLoggingConfigurationLoggingFilterFilterCondition

// logged are the conditions for blocked requests, and for those that a rule of Firewall.Count matched. The latter use the label
// that a rule adds whether it blocks or counts. The label stays on the request, so it is also in the record of a request that
// another rule blocks later (AWS WAF developer guide, "Web request labeling in AWS WAF" and "Log fields").
//
// COUNT and EXCLUDED_AS_COUNT would log the matches of any counting rule (API reference, ActionCondition): each event over 8 KB,
// which SizeRestrictions_BODY counts, and the matches of AWSManagedIPDDoSList. Both kinds pass, and the metrics of their labels
// count them (AWS WAF developer guide, "AWS WAF metrics and dimensions").
//
// All are conditions of one filter. With several filters, the first match decides, and the provider sends the filters in an
// arbitrary order (hashicorp/terraform-provider-aws, issue 32665). AWS states no limit for the conditions of one filter.
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

// logTo declares the log. It leaves out a request that passes: the API's access log has it anyway, and a line of WAF has a kilobyte
// and more, which would cost more than WAF itself for the request.
//
// The stack declares no resource policy for the log group. WAF makes it with the permissions of the principal that applies the
// stack, and lets delivery.logs.amazonaws.com write to the group (API reference, LoggingConfiguration; CloudWatch Logs user guide,
// "Logs sent to CloudWatch Logs"). A group has one such policy, so AWS would refuse a second one of another name
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
