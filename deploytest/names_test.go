package deploytest

import (
	"slices"
	"testing"

	"cdk.tf/go/ingest/internal/catalogue"
	"cdk.tf/go/ingest/spec"
)

// TestNames makes an environment with a prefix of its own and the account's id in its buckets' names, and destroys it.
func TestNames(t *testing.T) {
	t.Parallel()
	env := local(catalogue.Named("option-names"))
	env.Name, env.Removal = "named", spec.Disposable
	env.Account = "123456789012" // moto's, which Terraform compares
	p := newPipeline(t, env)
	waitForNothing(t, p)
	p.apply()
	p.expectPlan(map[string]string{})

	outputs := p.outputs()
	want := []string{
		"REST API web-clicks-named",
		"account's logging role arn:aws:iam::123456789012:role/web-clicks-logging-named",
		"bucket web-clicks-access-log-123456789012-named",
		"bucket web-clicks-firehose-bucket-123456789012-named",
		"bucket web-clicks-query-123456789012-named",
		"bucket web-clicks-web-123456789012-named",
		"delivery stream web-clicks-firehose-named",
		"log group /aws/apigateway/web-clicks-named/access",
		"log group /aws/kinesisfirehose/web-clicks-firehose-named",
		"log group API-Gateway-Execution-Logs_" + outputs["api_id"] + "/named",
		"role web-clicks-delivery-named",
		"role web-clicks-logging-named",
		"role web-clicks-submit-named",
		"stream web-clicks-stream-named",
	}
	slices.Sort(want)
	expect(t, "what there is", want, p.cloud.inventory(t))
	for output, name := range map[string]string{
		"bucket_name": "web-clicks-firehose-bucket-123456789012-named", "access_log_bucket": "web-clicks-access-log-123456789012-named",
		"query_workgroup": "web-clicks-named", "query_table": "web_clicks_named.events",
		"alarm_topic_arn": "arn:aws:sns:us-east-1:123456789012:web-clicks-alarms-named",
	} {
		expect(t, output, name, outputs[output])
	}

	if err := p.destroy(); err != nil {
		t.Fatalf("terraform destroy: %v", err)
	}
	expect(t, "what is left", nil, p.cloud.inventory(t))
}
