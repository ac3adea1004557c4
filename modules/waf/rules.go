package waf

import (
	"slices"
	"strings"

	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/wafv2webacl"

	"cdk.tf/go/ingest/spec"
)

// rules run in this order until one blocks. The limits come first, so that they apply to every request. Their capacity is
//
//	rate-limit                                 2
//	body-size                          1 + 10 = 11   (at most: a text transformation is 10, and NONE is one by its form)
//	AWSManagedRulesAmazonIpReputationList     25
//	AWSManagedRulesKnownBadInputsRuleSet     200
//	AWSManagedRulesCommonRuleSet             700
//
// which is 938 of the 1,500 units that a web ACL has for its basic price (AWS WAF developer guide, "Web ACL capacity units
// (WCUs) in AWS WAF", and the page of each statement and group).
func rules(firewall spec.Firewall) []*wafv2webacl.Wafv2WebAclRule {
	all := []*wafv2webacl.Wafv2WebAclRule{own("rate-limit", rateLimit(firewall.RateLimit))}
	if firewall.MaxBodyBytes > 0 {
		all = append(all, own("body-size", bodySize(firewall.MaxBodyBytes)))
	}
	counted := firewall.Counted()
	for _, group := range spec.ManagedRuleGroups() {
		all = append(all, managed(group, counted))
	}
	for i, rule := range all {
		rule.Priority = jsii.Number(i)
		rule.VisibilityConfig = &wafv2webacl.Wafv2WebAclRuleVisibilityConfig{
			CloudwatchMetricsEnabled: jsii.Bool(true),
			MetricName:               rule.Name,
			// Samples show all headers, because redacted fields are left out only of the log (API reference, LoggingConfiguration,
			// RedactedFields).
			SampledRequestsEnabled: jsii.Bool(false),
		}
	}
	return all
}

// object is a block of a rule's statement. CDKTF has no type for it, because statements contain statements.
type object = map[string]any

func own(name string, statement object) *wafv2webacl.Wafv2WebAclRule {
	return &wafv2webacl.Wafv2WebAclRule{
		Name:      jsii.String(name),
		Action:    &wafv2webacl.Wafv2WebAclRuleAction{Block: &wafv2webacl.Wafv2WebAclRuleActionBlock{}},
		Statement: statement,
	}
}

// rateWindow is in seconds, and WAF's default.
const rateWindow = 300

func rateLimit(requests int) object {
	return object{"rate_based_statement": object{
		"limit": requests, "aggregate_key_type": "IP", "evaluation_window_sec": rateWindow,
	}}
}

// bodySize compares the size of a body. WAF has only the part that API Gateway passes to it. With MATCH, a larger body exceeds the
// limit whatever its size. Without MATCH, WAF would compare the size of the passed part, and the body would pass (AWS WAF developer
// guide, "Size constraint rule statement" and "Oversize web request components").
func bodySize(most int) object {
	return object{"size_constraint_statement": object{
		"comparison_operator": "GT",
		"size":                most,
		"field_to_match":      object{"body": object{"oversize_handling": "MATCH"}},
		"text_transformation": []object{{"priority": 0, "type": "NONE"}},
	}}
}

// managed declares a managed group of AWS, in AWS's default version, with the rules of it that only count.
func managed(group spec.ManagedRules, counted map[string]bool) *wafv2webacl.Wafv2WebAclRule {
	statement := object{"vendor_name": "AWS", "name": group.Group}
	var overrides []object
	byName := func(a, b spec.ManagedRule) int { return strings.Compare(a.Name, b.Name) }
	for _, rule := range slices.SortedFunc(slices.Values(group.Rules), byName) {
		if counted[rule.Name] {
			overrides = append(overrides, object{"name": rule.Name, "action_to_use": object{"count": object{}}})
		}
	}
	if overrides != nil {
		statement["rule_action_override"] = overrides
	}
	return &wafv2webacl.Wafv2WebAclRule{
		Name:           jsii.String(strings.TrimPrefix(group.Group, "AWSManagedRules")),
		OverrideAction: &wafv2webacl.Wafv2WebAclRuleOverrideAction{None: &wafv2webacl.Wafv2WebAclRuleOverrideActionNone{}},
		Statement:      object{"managed_rule_group_statement": statement},
	}
}
