package deploytest

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/hashicorp/terraform-exec/tfexec"

	"cdk.tf/go/ingest/internal/catalogue"
	"cdk.tf/go/ingest/spec"
)

// TestDev creates dev, changes it and destroys it.
func TestDev(t *testing.T) {
	inParallel(t)
	p, _ := makeAndChange(t, catalogue.Named("dev"), expectedDev)
	destroyDev(t, p)
}

// makeAndChange makes an environment, reads it back and changes it, with an empty plan after each step. It returns the changed
// environment.
func makeAndChange(t *testing.T, env spec.Environment, want expected) (*pipeline, spec.Environment) {
	t.Helper()
	p := newPipeline(t, local(env))
	p.apply()
	checkDeployed(t, p, want)
	p.expectPlan(map[string]string{})
	p.expectNativePlan()
	changed := change(t, p, local(env))
	p.expectPlan(map[string]string{})
	return p, changed
}

// local keeps the state in a file and allows any account: a test must not touch an environment's real state, and nobody has moto's
// account.
func local(env spec.Environment) spec.Environment {
	env.State, env.Account = spec.State{}, ""
	return env
}

// change changes a mapping template, which must reach the stage by a new deployment, the number of shards, and the rules that the
// firewall counts.
func change(t *testing.T, p *pipeline, env spec.Environment) spec.Environment {
	t.Helper()
	api := p.outputs()["api_id"]
	before := deploymentOf(t, p.cloud, api, env.Name)

	env.API.PartitionKey = spec.PartitionByJSONPath("$.user.id")
	env.Stream.Capacity = spec.Provisioned(2)
	if env.Firewall.Enabled {
		env.Firewall.RateLimit, env.Firewall.Count = 100, []string{"GenericRFI_BODY", "Log4JRCE_BODY"}
	}
	synthesise(t, env, filepath.Dir(filepath.Dir(p.folder)))
	changes := map[string]string{
		"aws_kinesis_stream.stream":                               "update",
		"aws_api_gateway_integration.api_submit_post_integration": "update",
		"aws_api_gateway_deployment.api_deployment":               "create before destroy",
		"aws_api_gateway_stage.api_stage":                         "update",
	}
	if env.API.Batch {
		changes["aws_api_gateway_integration.api_submit_batch_post_integration"] = "update"
	}
	if env.Firewall.Enabled {
		changes["aws_wafv2_web_acl.firewall"] = "update"
		changes["aws_wafv2_web_acl_logging_configuration.firewall_logging"] = "update"
	}
	if env.Alarms.Enabled { // more shards have a higher limit
		changes["aws_cloudwatch_metric_alarm.alarms_stream-full"] = "update"
		changes["aws_cloudwatch_dashboard.dashboard"] = "update"
	}
	plan := p.expectPlan(changes, unread)
	p.apply(tfexec.DirOrPlan(plan))

	after := deploymentOf(t, p.cloud, api, env.Name)
	if after == before {
		t.Errorf("the stage still serves deployment %s", before)
	}
	deployments := call(t, p.cloud.apigateway.GetDeployments, apigateway.GetDeploymentsInput{RestApiId: &api}).Items
	if len(deployments) != 1 || *deployments[0].Id != after {
		t.Errorf("%d deployments are left, want %s alone", len(deployments), after)
	}
	summary := call(t, p.cloud.kinesis.DescribeStreamSummary, kinesis.DescribeStreamSummaryInput{
		StreamName: ref(env.StreamName()),
	}).StreamDescriptionSummary
	expect(t, "shards", 2, *summary.OpenShardCount)
	if env.Firewall.Enabled {
		checkFirewall(t, p.endpoint, api, env.Name, "BLOCK",
			"awswaf:managed:aws:core-rule-set:GenericRFI_Body", "awswaf:managed:aws:known-bad-inputs:Log4JRCE_Body")
	}
	expectText(t, "the template", submitIntegration(t, p.cloud, api).RequestTemplates["application/json"],
		"#set($keyName = '$.user.id')\n")
	return env
}

func deploymentOf(t *testing.T, c cloud, api, stageName string) string {
	t.Helper()
	stage := call(t, c.apigateway.GetStage, apigateway.GetStageInput{RestApiId: &api, StageName: &stageName})
	return *stage.DeploymentId
}

// destroyDev destroys dev with an event in its bucket, written twice, so that there is an old version too.
func destroyDev(t *testing.T, p *pipeline, options ...tfexec.DestroyOption) {
	t.Helper()
	for _, event := range []string{"{}\n", "{}\n{}\n"} {
		call(t, p.cloud.s3.PutObject, s3.PutObjectInput{
			Bucket: ref("api-kinesis-firehose-bucket-dev"),
			Key:    ref("events/year=2026/month=01/day=01/hour=00/object"),
			Body:   strings.NewReader(event),
		})
	}
	if err := p.destroy(options...); err != nil {
		t.Fatalf("terraform destroy: %v", err)
	}
	expect(t, "the state", nil, p.addresses())
	expect(t, "what is left", nil, p.cloud.inventory(t))
}

func ref[T any](value T) *T { return &value }
