package modules_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/modules/internal/tftest"
	"cdk.tf/go/ingest/modules/waf"
	"cdk.tf/go/ingest/spec"
)

func wafDefaults() waf.Config {
	return waf.Config{
		Name: "api", Firewall: spec.Default("x").Firewall, StageARN: "arn:stage", LogGroup: "aws-waf-logs-api", RetentionDays: 30,
	}
}

func TestWAFDefaults(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) { waf.New(stack, "firewall", wafDefaults()) })
	resources.ExpectAddresses(t, "aws_cloudwatch_log_group.firewall_log", "aws_wafv2_web_acl.firewall",
		"aws_wafv2_web_acl_association.firewall_association", "aws_wafv2_web_acl_logging_configuration.firewall_logging")
	resources.Expect(t, "aws_wafv2_web_acl.firewall", `{
		"name": "api", "description": "Stands before the API api", "scope": "REGIONAL", "default_action": {"allow": {}},
		"association_config": {"request_body": [{"api_gateway": {"default_size_inspection_limit": "KB_64"}}]},
		"data_protection_config": {"data_protection": [
			{"action": "SUBSTITUTION", "field": {"field_type": "BODY"}},
			{"action": "SUBSTITUTION", "field": {"field_type": "QUERY_STRING"}},
			{"action": "SUBSTITUTION", "field": {
				"field_type": "SINGLE_HEADER", "field_keys": ["authorization", "cookie", "x-amz-security-token", "x-api-key"]
			}}
		]},
		"visibility_config": {"cloudwatch_metrics_enabled": true, "metric_name": "api", "sampled_requests_enabled": false},
		"rule": [
			{
				"name": "rate-limit", "priority": 0, "action": {"block": {}},
				"statement": {"rate_based_statement": {"aggregate_key_type": "IP", "evaluation_window_sec": 300, "limit": 30000}},
				"visibility_config": {"cloudwatch_metrics_enabled": true, "metric_name": "rate-limit", "sampled_requests_enabled": false}
			}, {
				"name": "body-size", "priority": 1, "action": {"block": {}},
				"statement": {"size_constraint_statement": {
					"comparison_operator": "GT", "size": 65536, "field_to_match": {"body": {"oversize_handling": "MATCH"}},
					"text_transformation": [{"priority": 0, "type": "NONE"}]
				}},
				"visibility_config": {"cloudwatch_metrics_enabled": true, "metric_name": "body-size", "sampled_requests_enabled": false}
			}, {
				"name": "AmazonIpReputationList", "priority": 2, "override_action": {"none": {}},
				"statement": {"managed_rule_group_statement": {"vendor_name": "AWS", "name": "AWSManagedRulesAmazonIpReputationList"}},
				"visibility_config": {"cloudwatch_metrics_enabled": true, "metric_name": "AmazonIpReputationList", "sampled_requests_enabled": false}
			}, {
				"name": "KnownBadInputsRuleSet", "priority": 3, "override_action": {"none": {}},
				"statement": {"managed_rule_group_statement": {"vendor_name": "AWS", "name": "AWSManagedRulesKnownBadInputsRuleSet"}},
				"visibility_config": {"cloudwatch_metrics_enabled": true, "metric_name": "KnownBadInputsRuleSet", "sampled_requests_enabled": false}
			}, {
				"name": "CommonRuleSet", "priority": 4, "override_action": {"none": {}},
				"statement": {"managed_rule_group_statement": {
					"vendor_name": "AWS", "name": "AWSManagedRulesCommonRuleSet",
					"rule_action_override": [{"name": "SizeRestrictions_BODY", "action_to_use": {"count": {}}}]
				}},
				"visibility_config": {"cloudwatch_metrics_enabled": true, "metric_name": "CommonRuleSet", "sampled_requests_enabled": false}
			}
		]
	}`)
	resources.Expect(t, "aws_wafv2_web_acl_association.firewall_association", `{
		"resource_arn": "arn:stage", "web_acl_arn": "${aws_wafv2_web_acl.firewall.arn}"
	}`)
	resources.Expect(t, "aws_cloudwatch_log_group.firewall_log", `{"name": "aws-waf-logs-api", "retention_in_days": 30}`)
	resources.Expect(t, "aws_wafv2_web_acl_logging_configuration.firewall_logging", `{
		"resource_arn": "${aws_wafv2_web_acl.firewall.arn}",
		"log_destination_configs": ["${aws_cloudwatch_log_group.firewall_log.arn}"],
		"logging_filter": {"default_behavior": "DROP", "filter": [{"behavior": "KEEP", "requirement": "MEETS_ANY", "condition": [
			{"action_condition": {"action": "BLOCK"}}
		]}]},
		"redacted_fields": [
			{"single_header": {"name": "authorization"}}, {"single_header": {"name": "cookie"}},
			{"single_header": {"name": "x-amz-security-token"}}, {"single_header": {"name": "x-api-key"}}
		]
	}`)
}

// wafRule has the arguments of a rule that the tests below read.
type wafRule struct {
	Name      string `json:"name"`
	Statement struct {
		Rate *struct {
			Limit int `json:"limit"`
		} `json:"rate_based_statement"`
		Size *struct {
			Size int `json:"size"`
		} `json:"size_constraint_statement"`
		Managed *struct {
			Overrides []struct {
				Name   string         `json:"name"`
				Action map[string]any `json:"action_to_use"`
			} `json:"rule_action_override"`
		} `json:"managed_rule_group_statement"`
	} `json:"statement"`
}

func wafRulesOf(t *testing.T, resources tftest.Resources) []wafRule {
	t.Helper()
	text, err := json.Marshal(resources["aws_wafv2_web_acl.firewall"]["rule"])
	if err != nil {
		t.Fatal(err)
	}
	var rules []wafRule
	if err := json.Unmarshal(text, &rules); err != nil {
		t.Fatal(err)
	}
	return rules
}

func TestWAFEverythingOverridden(t *testing.T) {
	cfg := wafDefaults()
	cfg.KeyARN, cfg.RetentionDays, cfg.Secrets = "arn:key", 365, []string{"X-Token", "Authorization", "X-Device-Id"}
	cfg.Firewall = spec.Firewall{RateLimit: 10, MaxBodyBytes: 8192, Count: []string{"Log4JRCE_BODY", "GenericLFI_BODY", "AWSManagedReconnaissanceList"}}
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) { waf.New(stack, "firewall", cfg) })
	resources.Expect(t, "aws_cloudwatch_log_group.firewall_log", `{"name": "aws-waf-logs-api", "retention_in_days": 365, "kms_key_id": "arn:key"}`)
	secrets := []any{"authorization", "cookie", "x-amz-security-token", "x-api-key", "x-device-id", "x-token"}
	protections := resources["aws_wafv2_web_acl.firewall"]["data_protection_config"].(map[string]any)["data_protection"].([]any)
	if diff := cmp.Diff(secrets, protections[2].(map[string]any)["field"].(map[string]any)["field_keys"]); diff != "" {
		t.Errorf("the protected headers (-want +got):\n%s", diff)
	}
	var redacted []any
	for _, field := range resources["aws_wafv2_web_acl_logging_configuration.firewall_logging"]["redacted_fields"].([]any) {
		redacted = append(redacted, field.(map[string]any)["single_header"].(map[string]any)["name"])
	}
	if diff := cmp.Diff(secrets, redacted); diff != "" {
		t.Errorf("the redacted headers (-want +got):\n%s", diff)
	}
	counted := map[string][]string{}
	for _, r := range wafRulesOf(t, resources) {
		switch {
		case r.Statement.Rate != nil && r.Statement.Rate.Limit != 10:
			t.Errorf("the rate is %d", r.Statement.Rate.Limit)
		case r.Statement.Size != nil && r.Statement.Size.Size != 8192:
			t.Errorf("the size is %d", r.Statement.Size.Size)
		case r.Statement.Managed != nil:
			for _, o := range r.Statement.Managed.Overrides {
				if _, counts := o.Action["count"]; !counts || len(o.Action) != 1 {
					t.Errorf("%s is to %v", o.Name, o.Action)
				}
				counted[r.Name] = append(counted[r.Name], o.Name)
			}
		}
	}
	want := map[string][]string{
		"AmazonIpReputationList": {"AWSManagedReconnaissanceList"},
		"KnownBadInputsRuleSet":  {"Log4JRCE_BODY"},
		"CommonRuleSet":          {"GenericLFI_BODY"},
	}
	if diff := cmp.Diff(want, counted); diff != "" {
		t.Errorf("counted (-want +got):\n%s", diff)
	}
}

// Matches of rules that count by another choice, here every event over 8 KB, are not logged.
func TestWAFLogged(t *testing.T) {
	cfg := wafDefaults()
	for _, test := range []struct{ count, labels []string }{
		{nil, nil},
		{[]string{"UserAgent_BadBots_HEADER", "Host_localhost_HEADER", "AWSManagedReconnaissanceList"}, []string{
			"awswaf:managed:aws:amazon-ip-list:AWSManagedReconnaissanceList",
			"awswaf:managed:aws:known-bad-inputs:Host_Localhost_Header",
			"awswaf:managed:aws:core-rule-set:BadBots_Header",
		}},
		{[]string{"SizeRestrictions_BODY"}, []string{"awswaf:managed:aws:core-rule-set:SizeRestrictions_Body"}},
	} {
		cfg.Firewall.Count = test.count
		resources := tftest.Synth(t, func(stack cdktf.TerraformStack) { waf.New(stack, "firewall", cfg) })
		conditions := []any{map[string]any{"action_condition": map[string]any{"action": "BLOCK"}}}
		for _, label := range test.labels {
			conditions = append(conditions, map[string]any{"label_name_condition": map[string]any{"label_name": label}})
		}
		want := map[string]any{
			"default_behavior": "DROP",
			"filter":           []any{map[string]any{"behavior": "KEEP", "requirement": "MEETS_ANY", "condition": conditions}},
		}
		got := resources["aws_wafv2_web_acl_logging_configuration.firewall_logging"]["logging_filter"]
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", test.count, diff)
		}
	}
}

// WAF gets no more of a body than the limit for bodies needs.
func TestWAFInspectedBody(t *testing.T) {
	for size, want := range map[int]string{
		0: "KB_16", 1: "KB_16", 16384: "KB_16", 16385: "KB_32", 32768: "KB_32", 32769: "KB_48", 49152: "KB_48", 49153: "KB_64", 65536: "KB_64",
	} {
		cfg := wafDefaults()
		cfg.Firewall.MaxBodyBytes = size
		resources := tftest.Synth(t, func(stack cdktf.TerraformStack) { waf.New(stack, "firewall", cfg) })
		got, _ := resources["aws_wafv2_web_acl.firewall"]["association_config"].(map[string]any)
		if diff := cmp.Diff(map[string]any{"request_body": []any{map[string]any{"api_gateway": map[string]any{"default_size_inspection_limit": want}}}}, got); diff != "" {
			t.Errorf("%d (-want +got):\n%s", size, diff)
		}
		limited := false
		for _, r := range wafRulesOf(t, resources) {
			limited = limited || r.Name == "body-size"
		}
		if limited != (size > 0) {
			t.Errorf("%d: bodies are limited: %t", size, limited)
		}
	}
}

func TestWAFTwiceInOneStack(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) {
		waf.New(stack, "first", wafDefaults())
		waf.New(stack, "second", wafDefaults())
	})
	resources.ExpectAddresses(t, "aws_cloudwatch_log_group.first_log", "aws_cloudwatch_log_group.second_log",
		"aws_wafv2_web_acl.first", "aws_wafv2_web_acl.second",
		"aws_wafv2_web_acl_association.first_association", "aws_wafv2_web_acl_association.second_association",
		"aws_wafv2_web_acl_logging_configuration.first_logging", "aws_wafv2_web_acl_logging_configuration.second_logging")
}
