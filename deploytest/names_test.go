package deploytest

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/hashicorp/terraform-exec/tfexec"

	"cdk.tf/go/ingest/internal/catalogue"
	"cdk.tf/go/ingest/spec"
)

// TestNames makes an environment with another prefix, another name of a role and the account's id in its buckets' names, renames it, and
// destroys it.
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
		"role api-kinesis-submit-option-names",
		"role web-clicks-delivery-named",
		"role web-clicks-logging-named",
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
	renamed := rename(t, p, env)
	expect(t, "the role's name", "api-kinesis-submit-option-names", submitRole(t, p.cloud, outputs["api_id"]))
	replaceSubmitRole(t, p, renamed)
	expect(t, "the role's name", "renamed-submit-named", submitRole(t, p.cloud, outputs["api_id"]))
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
		// The role stays, or Terraform would replace the integration, which the method would lack afterwards.
		role, submit             = "aws_iam_role.submit-role", "aws_api_gateway_integration.api_submit_post_integration"
		bucket, stream, delivery = "aws_s3_bucket.bucket", "aws_kinesis_stream.stream", "aws_kinesis_firehose_delivery_stream.delivery"
		api, stage               = "aws_api_gateway_rest_api.api", "aws_api_gateway_stage.api_stage"
		replaced                 = "destroy before create"
		// The deployment depends on it, so Terraform makes the new one before it deletes the old one.
		replacedFirst = "create before destroy"
	)
	before, err := os.ReadFile(filepath.Join(p.folder, "cdk.tf.json"))
	if err != nil {
		t.Fatal(err)
	}
	prefix := withPrefix(env)
	for _, test := range []struct {
		env  spec.Environment
		want map[string]string
	}{
		{prefix, map[string]string{bucket: replaced, stream: replacedFirst, delivery: replaced, api: "update", stage: "update", role: "update", submit: "update"}},
		{keepingBuckets(env, prefix), map[string]string{bucket: "update", stream: replacedFirst, delivery: replaced, api: "update", stage: "update", role: "update", submit: "update"}},
	} {
		synthesise(t, test.env, filepath.Dir(filepath.Dir(p.folder)))
		waitForNothing(t, p)
		expectChanges(t, p, test.want)
	}

	other := keepingBuckets(env, env)
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
	expectChanges(t, moved, map[string]string{bucket: "update", stream: replacedFirst, delivery: replaced, api: "update", stage: replaced, role: "update", submit: "update"})
}

// withPrefix has another prefix, and a derived name of the submit role in place of its own.
func withPrefix(env spec.Environment) spec.Environment {
	env.Names.Prefix, env.Names.SubmitRole = "renamed", ""
	return env
}

// keepingBuckets pins the names of the buckets to those of the deployed environment, as docs/renaming.md says.
func keepingBuckets(deployed, env spec.Environment) spec.Environment {
	env.Bucket.Name, env.Bucket.AccessLogName = deployed.BucketName(), deployed.AccessLogBucketName()
	env.Query.ResultBucket, env.Web.BucketName = deployed.QueryBucketName(), deployed.WebBucketName()
	env.Names.AccountInBuckets = false // these names contain it
	return env
}

// rename applies another prefix, and looks for all that POST /submit needs afterwards.
func rename(t *testing.T, p *pipeline, env spec.Environment) spec.Environment {
	t.Helper()
	api := p.outputs()["api_id"]
	before := deploymentOf(t, p.cloud, api, env.Name)
	env = keepingBuckets(env, withPrefix(env))
	env.Tags = map[string]string{"Project": "web-clicks"} // as it was: moto cannot change the tags of an API
	synthesise(t, env, filepath.Dir(filepath.Dir(p.folder)))
	waitForNothing(t, p)
	file, _ := p.plan(unread)
	p.apply(tfexec.DirOrPlan(file))
	checkServed(t, p, env, before)
	p.expectPlan(map[string]string{})
	return env
}

// replaceSubmitRole gives the role the derived name, as docs/renaming.md says.
func replaceSubmitRole(t *testing.T, p *pipeline, env spec.Environment) {
	t.Helper()
	before := deploymentOf(t, p.cloud, p.outputs()["api_id"], env.Name)
	removeFromState(t, p, patternIn(t, "docs/renaming.md", "## The submit role"))
	p.apply(tfexec.Replace("aws_iam_role.submit-role"))
	checkServed(t, p, env, before)
	p.expectPlan(map[string]string{})
}

// checkServed looks for the integration of POST /submit, its answers and its role, and for a deployment that has them.
func checkServed(t *testing.T, p *pipeline, env spec.Environment, before string) {
	t.Helper()
	api := p.outputs()["api_id"]
	if deploymentOf(t, p.cloud, api, env.Name) == before {
		t.Errorf("the stage still serves deployment %s", before)
	}
	post := call(t, p.cloud.apigateway.GetMethod, apigateway.GetMethodInput{
		RestApiId: &api, ResourceId: submitResource(t, p.cloud, api), HttpMethod: ref("POST"),
	})
	if post.MethodIntegration == nil {
		t.Fatal("POST /submit has no integration")
	}
	expect(t, "its answers", []string{"200", "400", "502"}, slices.Sorted(maps.Keys(post.MethodIntegration.IntegrationResponses)))
	expectText(t, "its template", post.MethodIntegration.RequestTemplates["application/json"], env.StreamName())
	role := submitRole(t, p.cloud, api)
	policy := call(t, p.cloud.iam.GetRolePolicy, iam.GetRolePolicyInput{RoleName: &role, PolicyName: ref("put-record")})
	expectText(t, "its role's policy", *policy.PolicyDocument, env.StreamName())
}

// submitRole is the name of the role of POST /submit's integration.
func submitRole(t *testing.T, c cloud, api string) string {
	t.Helper()
	_, name, _ := strings.Cut(*submitIntegration(t, c, api).Credentials, ":role/")
	return name
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
