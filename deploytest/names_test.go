package deploytest

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"cdk.tf/go/ingest/internal/catalogue"
	"cdk.tf/go/ingest/spec"
)

// TestNames makes an environment with another prefix and the account's id in its buckets' names, and destroys it.
func TestNames(t *testing.T) {
	inParallel(t)
	env := local(catalogue.Named("option-names"))
	env.Name, env.Removal = "named", spec.Disposable
	env.Account = "123456789012" // moto's account, which Terraform compares
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

	expectRenames(t, p, env)
	synthesise(t, env, filepath.Dir(filepath.Dir(p.folder)))
	waitForNothing(t, p)
	if err := p.destroy(unread); err != nil {
		t.Fatalf("terraform destroy: %v", err)
	}
	expect(t, "what is left", nil, p.cloud.inventory(t))
}

// expectRenames plans the changes of docs/renaming.md to a running environment: another prefix, another prefix with the old buckets'
// names, and another name with the old state and bucket.
func expectRenames(t *testing.T, p *pipeline, env spec.Environment) {
	t.Helper()
	const (
		bucket, stream, delivery = "aws_s3_bucket.bucket", "aws_kinesis_stream.stream", "aws_kinesis_firehose_delivery_stream.delivery"
		api, stage, role         = "aws_api_gateway_rest_api.api", "aws_api_gateway_stage.api_stage", "aws_iam_role.submit-role"
		replaced                 = "destroy before create"
		// The deployment depends on it, so Terraform makes the new one before it deletes the old one.
		replacedFirst = "create before destroy"
	)
	names := func(e spec.Environment) spec.Environment {
		e.Bucket.Name, e.Bucket.AccessLogName = env.BucketName(), env.AccessLogBucketName()
		e.Query.ResultBucket, e.Web.BucketName = env.QueryBucketName(), env.WebBucketName()
		e.Names.AccountInBuckets = false // these names contain it
		return e
	}
	before, err := os.ReadFile(filepath.Join(p.folder, "cdk.tf.json"))
	if err != nil {
		t.Fatal(err)
	}
	prefix := env
	prefix.Names.Prefix = "renamed"
	for _, test := range []struct {
		env  spec.Environment
		want map[string]string
	}{
		{prefix, map[string]string{bucket: replaced, stream: replacedFirst, delivery: replaced, api: "update", stage: "update", role: replacedFirst}},
		{names(prefix), map[string]string{bucket: "update", stream: replacedFirst, delivery: replaced, api: "update", stage: "update", role: replacedFirst}},
	} {
		synthesise(t, test.env, filepath.Dir(filepath.Dir(p.folder)))
		waitForNothing(t, p)
		expectChanges(t, p, test.want)
	}

	other := names(env)
	other.Name = "other"
	outdir := filepath.Join(t.TempDir(), "cdktf.out")
	synthesise(t, other, outdir)
	state, err := os.ReadFile(p.stateFile())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(outdir), "terraform.other.tfstate"), state, 0o600); err != nil {
		t.Fatal(err)
	}
	folder := stackFolder(outdir, other.Name)
	moved := openPipeline(t, p.endpoint, attached(t, p.endpoint, folder), folder)
	moved.init()
	waitForNothing(t, moved)
	noteStack(folder, before) // the plan reads its resources
	expectChanges(t, moved, map[string]string{bucket: "update", stream: replacedFirst, delivery: replaced, api: "update", stage: replaced, role: replacedFirst})
}

// expectChanges compares some of a plan's changes with the expected ones. "" means no change.
func expectChanges(t *testing.T, p *pipeline, want map[string]string) {
	t.Helper()
	file, _ := p.plan(unread)
	all := changesOf(t, file)
	for address, action := range want {
		expect(t, address, action, all[address])
	}
	t.Logf("the plan changes %v", all)
}
