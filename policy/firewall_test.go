package policy_test

import (
	"testing"

	"cdk.tf/go/ingest/policy"
)

const (
	acl            = "aws_wafv2_web_acl.w"
	aclAssociation = "aws_wafv2_web_acl_association.a"
	aclLogging     = "aws_wafv2_web_acl_logging_configuration.l"
	aclLog         = "aws_cloudwatch_log_group.w"
)

// withFirewall adds a good web ACL with its log and its association, and changes them.
func withFirewall(changes ...change) []change {
	const visible = `"visibility_config": {"cloudwatch_metrics_enabled": true, "metric_name": "m", "sampled_requests_enabled": false}`
	return append([]change{
		add(acl, `{"name": "w", "scope": "REGIONAL", "default_action": {"allow": {}}, `+visible+`, "data_protection_config": {"data_protection": [
			{"action": "SUBSTITUTION", "field": {"field_type": "BODY"}}, {"action": "HASH", "field": {"field_type": "QUERY_STRING"}, "exclude_rule_match_details": false},
			{"action": "SUBSTITUTION", "field": {"field_type": "SINGLE_HEADER", "field_keys": ["Authorization", "cookie", "x-amz-security-token", "x-api-key"]}}
		]}, "rule": [
			{"name": "size", "priority": 0, "action": {"block": {}}, `+visible+`, "statement": {"size_constraint_statement": {
				"size": 10, "comparison_operator": "GT", "field_to_match": {"body": {"oversize_handling": "MATCH"}}}}},
			{"name": "common", "priority": 1, "override_action": {"none": {}}, `+visible+`, "statement": {"managed_rule_group_statement": {
				"vendor_name": "AWS", "name": "AWSManagedRulesCommonRuleSet",
				"rule_action_override": [{"name": "SizeRestrictions_BODY", "action_to_use": {"count": {}}}]}}}
		]}`),
		add(aclLog, `{"name": "aws-waf-logs-w", "retention_in_days": 30}`),
		add(aclLogging, `{"resource_arn": "${aws_wafv2_web_acl.w.arn}", "log_destination_configs": ["${aws_cloudwatch_log_group.w.arn}"], "redacted_fields": [
			{"single_header": {"name": "authorization"}}, {"single_header": {"name": "cookie"}}, {"single_header": {"name": "x-amz-security-token"}}, {"single_header": {"name": "x-api-key"}}]}`),
		add(aclAssociation, `{"resource_arn": "${aws_api_gateway_stage.api_stage.arn}", "web_acl_arn": "${aws_wafv2_web_acl.w.arn}"}`),
	}, changes...)
}

func TestAGoodFirewallBreachesNothing(t *testing.T) {
	for name, changes := range map[string][]change{
		"as it is":                withFirewall(),
		"a rule that blocks anew": withFirewall(put(acl, `{"block": {}}`, "rule", "1", "statement", "managed_rule_group_statement", "rule_action_override", "0", "action_to_use")),
		"no overrides":            withFirewall(unset(acl, "rule", "1", "statement", "managed_rule_group_statement", "rule_action_override")),
		"a size of something else": withFirewall(put(acl, `{"query_string": {}}`,
			"rule", "0", "statement", "size_constraint_statement", "field_to_match")),
	} {
		if err := policy.Check(good(t, changes...), policy.Expect{Public: true}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// put is like set, with an object in JSON.
func put(address, text string, path ...string) change {
	return func(t *testing.T, root map[string]any) { set(address, decode(t, text), path...)(t, root) }
}

func TestFirewall(t *testing.T) {
	const about = `firewall: aws_wafv2_web_acl.w: `
	size := []string{"rule", "0", "statement", "size_constraint_statement"}
	stored := func(field string) string {
		return about + `stores what its rules match in the ` + field + `; add it to data_protection_config, with its match details`
	}
	check(t, []breaking{
		{
			name:    "without data protection",
			changes: withFirewall(unset(acl, "data_protection_config")),
			want: []string{
				stored(`header "authorization"`), stored(`header "cookie"`), stored(`header "x-amz-security-token"`), stored(`header "x-api-key"`),
				stored("BODY"), stored("QUERY_STRING"),
			},
		},
		{
			name:    "with the text that its rules match in a credential",
			changes: withFirewall(set(acl, []any{"authorization", "x-api-key", "x-amz-security-token"}, "data_protection_config", "data_protection", "2", "field", "field_keys")),
			want:    []string{stored(`header "cookie"`)},
		},
		{
			name:    "with names that are not those of headers",
			changes: withFirewall(set(acl, "SINGLE_COOKIE", "data_protection_config", "data_protection", "2", "field", "field_type")),
			want: []string{
				stored(`header "authorization"`), stored(`header "cookie"`), stored(`header "x-amz-security-token"`), stored(`header "x-api-key"`),
			},
		},
		{
			name:    "with the text that its rules match in a body",
			changes: withFirewall(set(acl, true, "data_protection_config", "data_protection", "0", "exclude_rule_match_details")),
			want:    []string{stored("BODY")},
		},
		{
			name:    "with protection known only after an apply",
			changes: withFirewall(set(acl, "${var.shown}", "data_protection_config", "data_protection", "1", "exclude_rule_match_details")),
			want:    []string{stored("QUERY_STRING")},
		},
		{
			name:    "of CloudFront",
			changes: withFirewall(set(acl, "CLOUDFRONT", "scope")),
			want:    []string{about + `scope is "CLOUDFRONT"; set it to "REGIONAL"`},
		},
		{
			name:    "without an association",
			changes: withFirewall(drop(aclAssociation)),
			want: []string{
				about + `is associated with no stage; declare an aws_wafv2_web_acl_association`,
				`firewall: aws_api_gateway_stage.api_stage: has no web ACL, and the stack has one; declare an aws_wafv2_web_acl_association`,
			},
		},
		{
			name:    "associated with something else",
			changes: withFirewall(set(aclAssociation, "arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/x/y", "resource_arn")),
			want: []string{
				`firewall: aws_wafv2_web_acl_association.a: resource_arn refers to no stage of the stack; refer to the ARN of one`,
				about + `is associated with no stage; declare an aws_wafv2_web_acl_association`,
				`firewall: aws_api_gateway_stage.api_stage: has no web ACL, and the stack has one; declare an aws_wafv2_web_acl_association`,
			},
		},
		{
			name: "associated with something else too",
			changes: withFirewall(add("aws_wafv2_web_acl_association.b", `{"web_acl_arn": "${aws_wafv2_web_acl.w.arn}",
				"resource_arn": "arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/x/y"}`)),
			want: []string{`firewall: aws_wafv2_web_acl_association.b: resource_arn refers to no stage of the stack; refer to the ARN of one`},
		},
		{
			name:    "another web ACL before the stage",
			changes: withFirewall(set(aclAssociation, "arn:aws:wafv2:us-east-1:111122223333:regional/webacl/x/y", "web_acl_arn")),
			want: []string{
				`firewall: aws_wafv2_web_acl_association.a: web_acl_arn refers to no web ACL of the stack; refer to the ARN of one`,
				about + `is associated with no stage; declare an aws_wafv2_web_acl_association`,
				`firewall: aws_api_gateway_stage.api_stage: has no web ACL, and the stack has one; declare an aws_wafv2_web_acl_association`,
			},
		},
		{
			name:    "no rules",
			changes: withFirewall(unset(acl, "rule")),
			want:    []string{about + `has no rules; add some: without rules it blocks nothing`},
		},
		{
			name:    "rules by JSON",
			changes: withFirewall(set(acl, "[]", "rule_json")),
			want:    []string{about + `rule_json is set; declare each rule in a block: this check does not see rules from an expression or another resource`},
		},
		{
			name:    "a rule that counts",
			changes: withFirewall(put(acl, `{"count": {}}`, "rule", "0", "action")),
			want:    []string{about + `rule "size": action is count; set it to block`},
		},
		{
			name:    "a rule without an action",
			changes: withFirewall(unset(acl, "rule", "0", "action")),
			want:    []string{about + `rule "size": action is not set; set it to block`},
		},
		{
			name:    "a group that counts as a whole",
			changes: withFirewall(put(acl, `{"count": {}}`, "rule", "1", "override_action")),
			want:    []string{about + `rule "common": override_action is count; set it to none`},
		},
		{
			name:    "a rule of a group that lets in",
			changes: withFirewall(put(acl, `{"allow": {}}`, "rule", "1", "statement", "managed_rule_group_statement", "rule_action_override", "0", "action_to_use")),
			want:    []string{about + `rule "common": SizeRestrictions_BODY: action_to_use is allow; set it to block or count`},
		},
		{
			name:    "a body whose beginning alone is measured",
			changes: withFirewall(set(acl, "CONTINUE", append(size, "field_to_match", "body", "oversize_handling")...)),
			want:    []string{about + `rule "size": size_constraint_statement.field_to_match.body.oversize_handling is "CONTINUE"; set it to "MATCH"`},
		},
		{
			name: "the same, inside another statement",
			changes: withFirewall(put(acl, `{"and_statement": {"statement": [{"size_constraint_statement": {"field_to_match": {"json_body": {}}}}]}}`,
				"rule", "0", "statement")),
			want: []string{about + `rule "size": size_constraint_statement.field_to_match.json_body.oversize_handling is not set; set it to "MATCH"`},
		},
		{
			name: "samples",
			changes: withFirewall(set(acl, true, "visibility_config", "sampled_requests_enabled"),
				set(acl, true, "rule", "1", "visibility_config", "sampled_requests_enabled"), set(acl, false, "rule", "0", "visibility_config", "cloudwatch_metrics_enabled")),
			want: []string{
				about + `rule "size": visibility_config.cloudwatch_metrics_enabled is "false"; set it to "true"`,
				about + `rule "common": visibility_config.sampled_requests_enabled is "true"; set it to "false"`,
				about + `visibility_config.sampled_requests_enabled is "true"; set it to "false"`,
			},
		},
		{
			name:    "no log",
			changes: withFirewall(drop(aclLogging)),
			want:    []string{about + `0 resources of type aws_wafv2_web_acl_logging_configuration refer to it; declare exactly one`},
		},
		{
			name:    "a log elsewhere",
			changes: withFirewall(set(aclLogging, []any{"arn:aws:s3:::aws-waf-logs-x"}, "log_destination_configs")),
			want: []string{
				`firewall: aws_wafv2_web_acl_logging_configuration.l: log_destination_configs refers to no log group of the stack; refer to the ARN of one`,
			},
		},
		{
			name:    "a log nowhere",
			changes: withFirewall(unset(aclLogging, "log_destination_configs")),
			want: []string{
				`firewall: aws_wafv2_web_acl_logging_configuration.l: log_destination_configs is empty; refer to the ARN of a log group of the stack`,
			},
		},
		{
			name:    "credentials in the log",
			changes: withFirewall(put(aclLogging, `{"single_header": {"name": "cookie"}}`, "redacted_fields")),
			want: []string{
				`firewall: aws_wafv2_web_acl_logging_configuration.l: logs the header "authorization"; add it to redacted_fields, in lower case`,
				`firewall: aws_wafv2_web_acl_logging_configuration.l: logs the header "x-amz-security-token"; add it to redacted_fields, in lower case`,
				`firewall: aws_wafv2_web_acl_logging_configuration.l: logs the header "x-api-key"; add it to redacted_fields, in lower case`,
			},
		},
	})
}

// API Gateway answers a blocked request with its response WAF_FILTERED, or DEFAULT_4XX if there is none. A page can read the 403
// only with CORS headers.
func TestTheFirewallsAnswerHasCORS(t *testing.T) {
	check(t, []breaking{{
		name: "an answer of its own without CORS",
		changes: withFirewall(add("aws_api_gateway_gateway_response.waf",
			`{"rest_api_id": "${aws_api_gateway_rest_api.api.id}", "response_type": "WAF_FILTERED"}`),
			func(t *testing.T, root map[string]any) {
				object, key := inner(t, root, "aws_api_gateway_deployment.api_deployment", []string{"depends_on"})
				object[key] = append(object[key].([]any), "aws_api_gateway_gateway_response.waf")
			}),
		want: []string{"cors: aws_api_gateway_gateway_response.waf: does not always set Access-Control-Allow-Origin to a known value; " +
			"set it to an origin in single quotes, or to method.request.header.origin"},
	}})
}

// filtered sets the filter of the log: its default behaviour and its filters.
func filtered(byDefault, filters string) []change {
	return withFirewall(put(aclLogging, `{"default_behavior": "`+byDefault+`", "filter": [`+filters+`]}`, "logging_filter"))
}

const (
	blocked = `{"action_condition": {"action": "BLOCK"}}`
	counted = `{"action_condition": {"action": "COUNT"}}`
	labels  = `{"label_name_condition": {"label_name": "awswaf:x"}}`
)

func someOf(behavior, requirement, conditions string) string {
	return `{"behavior": "` + behavior + `", "requirement": "` + requirement + `", "condition": [` + conditions + `]}`
}

func TestFirewallLogKeepsBlockedRequests(t *testing.T) {
	const (
		drops = `firewall: aws_wafv2_web_acl_logging_configuration.l: logging_filter may drop a request that the web ACL blocks; ` +
			`drop by the actions of other requests alone, such as COUNT`
		lacks = `firewall: aws_wafv2_web_acl_logging_configuration.l: logging_filter does not keep each request that the web ACL blocks; ` +
			`keep those of the action BLOCK, with the requirement "MEETS_ANY"`
	)
	check(t, []breaking{
		{name: "drops them", changes: filtered("KEEP", someOf("DROP", "MEETS_ANY", blocked)), want: []string{drops}},
		{name: "drops them among others", changes: filtered("KEEP", someOf("DROP", "MEETS_ANY", counted+","+blocked)), want: []string{drops}},
		{name: "drops by a label", changes: filtered("KEEP", someOf("DROP", "MEETS_ANY", labels)), want: []string{drops}},
		{name: "keeps others alone", changes: filtered("DROP", someOf("KEEP", "MEETS_ANY", counted)), want: []string{lacks}},
		{name: "keeps some of them", changes: filtered("DROP", someOf("KEEP", "MEETS_ALL", blocked+","+labels)), want: []string{lacks}},
		{name: "keeps and drops them", changes: filtered("DROP", someOf("KEEP", "MEETS_ANY", blocked)+","+someOf("DROP", "MEETS_ALL", blocked)), want: []string{drops}},
		{name: "known only after an apply", changes: filtered("${var.behavior}", someOf("KEEP", "MEETS_ANY", counted)), want: []string{lacks}},
	})
	for name, changes := range map[string][]change{
		"all but the counted":     filtered("KEEP", someOf("DROP", "MEETS_ANY", counted)),
		"the blocked and a label": filtered("DROP", someOf("KEEP", "MEETS_ANY", labels+","+blocked)),
		"the blocked":             filtered("DROP", someOf("KEEP", "MEETS_ALL", blocked)),
	} {
		if err := policy.Check(good(t, changes...), policy.Expect{Public: true}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAFirewallsOwnAnswerIsAFailure(t *testing.T) {
	answer := func(status string) string { return `{"block": {"custom_response": {"response_code": ` + status + `}}}` }
	want := func(status string) []string {
		return []string{`fail-closed: aws_wafv2_web_acl.w: custom_response.response_code is "` + status + `"; use one from 400 to 599`}
	}
	override := []string{"rule", "1", "statement", "managed_rule_group_statement", "rule_action_override", "0", "action_to_use"}
	check(t, []breaking{
		{name: "a success of a rule", changes: withFirewall(put(acl, answer("200"), "rule", "0", "action")), want: want("200")},
		{name: "a redirection of a group", changes: withFirewall(put(acl, answer("302"), override...)), want: want("302")},
		{name: "a success for everything", changes: withFirewall(put(acl, answer(`"204"`), "default_action")), want: want("204")},
		{
			name:    "known only after an apply",
			changes: withFirewall(put(acl, answer(`"${var.status}"`), "rule", "0", "action")),
			want:    []string{`fail-closed: aws_wafv2_web_acl.w: custom_response.response_code is "${var.status}", whose value is known only after an apply; write the value itself`},
		},
	})
	if err := policy.Check(good(t, withFirewall(put(acl, answer("429"), "rule", "0", "action"))...), policy.Expect{Public: true}); err != nil {
		t.Error(err)
	}
}
