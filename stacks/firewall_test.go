package stacks

import (
	"slices"
	"strings"
	"testing"

	"cdk.tf/go/ingest/spec"
)

// The environment's key encrypts the firewall's log too, and its policy allows that.
func TestAFirewallsLogIsEncrypted(t *testing.T) {
	env := spec.Default("dev")
	env.Firewall.Enabled, env.Encryption.CustomerKey = true, true
	doc := synth(t, env)
	group, _ := doc.Resource["aws_cloudwatch_log_group"]["firewall_log"].(map[string]any)
	if got := group["kms_key_id"]; got != "${aws_kms_key.key.arn}" {
		t.Errorf("the log's key is %v", got)
	}
	policy := ""
	for _, kind := range []string{"aws_kms_key", "aws_kms_key_policy"} {
		for _, resource := range doc.Resource[kind] {
			text, _ := resource.(map[string]any)["policy"].(string)
			policy += text
		}
	}
	if !strings.Contains(policy, ":log-group:aws-waf-logs-api-kinesis-dev\"") {
		t.Errorf("the key's policy is %s", policy)
	}
}

// The firewall's log contains neither a token nor a partition key, whatever their header.
func TestAFirewallsLogHoldsNoTokens(t *testing.T) {
	env := spec.Default("dev")
	env.Firewall.Enabled = true
	env.API.Authorization = spec.AuthorizeLambda(spec.LambdaAuthorizer{
		FunctionARN: "arn:aws:lambda:us-east-1:123456789012:function:authorize", Kind: spec.RequestAuthorizer,
		IdentitySources: []string{"method.request.header.X-Token", "method.request.querystring.token"},
	})
	env.API.PartitionKey = spec.PartitionByHeader("X-Device-Id")
	var got []string
	logging, _ := synth(t, env).Resource["aws_wafv2_web_acl_logging_configuration"]["firewall_logging"].(map[string]any)
	fields, _ := logging["redacted_fields"].([]any)
	for _, field := range fields {
		header, _ := field.(map[string]any)["single_header"].(map[string]any)
		name, _ := header["name"].(string)
		got = append(got, name)
	}
	want := []string{"authorization", "cookie", "x-amz-security-token", "x-api-key", "x-device-id", "x-token"}
	if !slices.Equal(got, want) {
		t.Errorf("the log leaves out %q, want %q", got, want)
	}
}
