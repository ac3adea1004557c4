package deploytest

import (
	"path/filepath"
	"testing"

	"github.com/hashicorp/terraform-exec/tfexec"

	"cdk.tf/go/ingest/internal/catalogue"
	"cdk.tf/go/ingest/spec"
)

// TestProd creates prod, changes it, checks that Terraform refuses to destroy it, and then destroys it on purpose.
func TestProd(t *testing.T) {
	inParallel(t)
	env := catalogue.Named("prod")
	env.Alarms.Emails = []string{"on-call@example.com"}
	p, env := makeAndChange(t, env, expectedProd)
	checkSurroundings(t, p)
	before, there := p.addresses(), p.cloud.inventory(t)

	// A destroy stops at the API and the delivery stream, before their dependencies. A replacement reaches those.
	expectRefusal(t, p.destroy(unread), "aws_api_gateway_rest_api.api", "aws_kinesis_firehose_delivery_stream.delivery")
	for _, addresses := range [][]string{{"aws_kinesis_stream.stream", "aws_s3_bucket.bucket"}, {"aws_kms_key.key"}} {
		replacement := []tfexec.PlanOption{tfexec.Refresh(false)}
		for _, address := range addresses {
			replacement = append(replacement, tfexec.Replace(address), tfexec.Target(address))
		}
		_, err := p.tf.Plan(p.context(), replacement...)
		expectRefusal(t, err, addresses...)
	}

	expect(t, "the state", before, p.addresses())
	expect(t, "what there is", there, p.cloud.inventory(t))
	destroyOnPurpose(t, p, env)
}

// destroyOnPurpose makes an environment disposable before it destroys it, as docs/deploy.md says.
func destroyOnPurpose(t *testing.T, p *pipeline, env spec.Environment) {
	t.Helper()
	env.Removal = spec.Disposable
	synthesise(t, env, filepath.Dir(filepath.Dir(p.folder)))
	p.apply()
	if err := p.destroy(unread); err != nil {
		t.Fatalf("terraform destroy: %v", err)
	}
	expect(t, "the state", nil, p.addresses())
	expect(t, "what is left", nil, p.cloud.inventory(t))
	_, text := ask(t, p.endpoint, "wafv2", "AWSWAF_20190729.ListWebACLs", map[string]any{"Scope": "REGIONAL"})
	expectText(t, "the web ACLs that are left", string(text), `"WebACLs": []`)
}

// outputsOfComplete are the outputs that only a complete environment has.
func outputsOfComplete(want expected) map[string]string {
	return map[string]string{
		"key_arn":            want.key,
		"access_log_bucket":  want.accessLogBucket(),
		"alarm_topic_arn":    topicARN(want.env),
		"dashboard_url":      "https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#dashboards/dashboard/api-kinesis-" + want.env,
		"firewall_log_group": want.firewallLog(),
		"query_workgroup":    "api-kinesis-" + want.env,
		"query_table":        "api_kinesis_" + want.env + ".events",
	}
}

func checksOfComplete(p *pipeline, api string, want expected) []deployedCheck {
	const lines = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
	return []deployedCheck{
		{"key", func(t *testing.T) { checkKey(t, p.endpoint, want.key, "alias/api-kinesis-"+want.env) }},
		{"access log", func(t *testing.T) { checkAccessLog(t, p.cloud, want.env) }},
		{"firewall", func(t *testing.T) {
			checkFirewall(t, p.endpoint, api, want.env, "BLOCK", "awswaf:managed:aws:core-rule-set:CrossSiteScripting_Body",
				"awswaf:managed:aws:core-rule-set:EC2MetaDataSSRF_Body", "awswaf:managed:aws:core-rule-set:GenericLFI_Body",
				"awswaf:managed:aws:core-rule-set:GenericRFI_Body")
		}},
		{"table", func(t *testing.T) { checkTable(t, p.endpoint, want.env, "2026,NOW", lines) }},
		{"workgroup", func(t *testing.T) {
			checkWorkgroup(t, p.endpoint, want.env, map[string]string{"EncryptionOption": "SSE_KMS", "KmsKey": want.key})
			checkBucketKey(t, p.cloud, want.resultBucket(), want.key)
		}},
		{"alarms", func(t *testing.T) { checkAlarms(t, p.endpoint, want.env) }},
		{"topic", func(t *testing.T) { checkTopic(t, p.endpoint, want.env, want.key) }},
		{"dashboard", func(t *testing.T) { checkDashboard(t, p.endpoint, want.env) }},
	}
}

// expectRefusal fails the test if Terraform did not refuse to destroy each of the resources.
func expectRefusal(t *testing.T, err error, addresses ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("Terraform would destroy %v", addresses)
	}
	for _, address := range addresses {
		expectText(t, "the refusal", unwrapped(err.Error()),
			"Resource "+address+" has lifecycle.prevent_destroy set, but the plan calls for this resource to be destroyed.")
	}
}
