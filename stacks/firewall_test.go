package stacks

import (
	"strings"
	"testing"

	"cdk.tf/go/ingest/spec"
)

// The firewall's log is encrypted with the environment's own key as the others are, and the key lets it.
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
