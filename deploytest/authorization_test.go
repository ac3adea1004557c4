package deploytest

import (
	"errors"
	"maps"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	apigatewaytypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/hashicorp/terraform-exec/tfexec"

	"cdk.tf/go/ingest/internal/catalogue"
	"cdk.tf/go/ingest/spec"
)

// redeployed are the additional changes of a plan that changes the deployed API.
var redeployed = map[string]string{
	"aws_api_gateway_deployment.api_deployment": "create before destroy",
	"aws_api_gateway_stage.api_stage":           "update",
}

// TestAPIKeys changes an environment from signatures to keys, changes the keys, and then removes a path and the resource policy.
func TestAPIKeys(t *testing.T) {
	inParallel(t)
	env := catalogue.Named("option-keys")
	env.Name, env.Removal = "keys", spec.Disposable
	env.API.Batch, env.API.Envelope = true, spec.Envelope{} // the envelope has the key's ID
	env.API.Authorization = spec.AuthorizeIAM()
	env.API.Access.SourceIPs = []string{"203.0.113.0/24", "2001:db8::/32"}
	env.API.Access.Producers = spec.Producers{
		Accounts: []string{"444455556666"}, Roles: []string{"arn:aws:iam::777788889999:role/team/producer"}, Organization: "o-a1b2c3d4e5",
	}
	p := newPipeline(t, env)
	p.apply()
	p.expectPlan(map[string]string{})
	api := p.outputs()["api_id"]
	signed := caller{Authorization: "AWS_IAM"}
	checkCallers(t, p.cloud, api, env.Name, map[string]caller{"/submit": signed, "/submit/batch": signed})
	checkAccess(t, p.cloud, api, "*/OPTIONS/*", env.API.Access, producersOf(env.API.Access.Producers, executionARN(api)))

	toKeys(t, p, &env)
	changeKeys(t, p, &env)
	takeAwayBatch(t, p, &env)

	if err := p.destroy(unread); err != nil {
		t.Fatalf("terraform destroy: %v", err)
	}
	expect(t, "what is left", nil, p.cloud.inventory(t))
}

// toKeys replaces neither the stream and the bucket nor the API, whose address clients use. It also allows other addresses, and no
// producers of other accounts, which a key does not identify.
func toKeys(t *testing.T, p *pipeline, env *spec.Environment) {
	t.Helper()
	env.API.Authorization = spec.AuthorizeAPIKey(spec.UsagePlan{
		Keys: []string{"web"}, RateLimit: 12.5, BurstLimit: 20, Quota: 100_000, QuotaPeriod: spec.PerDay,
	})
	env.API.Access = spec.Access{SourceIPs: []string{"203.0.113.0/24", "198.51.100.0/24"}}
	become(t, p, *env, redeployed, map[string]string{
		"aws_api_gateway_method.api_submit_post":              "update",
		"aws_api_gateway_method.api_submit_batch_post":        "update",
		"aws_api_gateway_rest_api_policy.api_resource-policy": "update",
		"aws_api_gateway_usage_plan.api_usage-plan":           "create",
		"aws_api_gateway_api_key.api_usage-plan_web_key":      "create",
		"aws_api_gateway_usage_plan_key.api_usage-plan_web":   "create",
		"aws_api_gateway_gateway_response.api_quota-exceeded": "create",
		"output.authorization":                                "update",
		"output.curl":                                         "update",
		"output.api_key_ids":                                  "create",
	})
	outputs := p.outputs()
	api := outputs["api_id"]
	withKey := caller{Authorization: "NONE", Key: true}
	checkCallers(t, p.cloud, api, env.Name, map[string]caller{"/submit": withKey, "/submit/batch": withKey})
	checkAccess(t, p.cloud, api, "*", env.API.Access)
	checkUsagePlan(t, p.cloud, api, *env)
	checkKeyOutputs(t, p, env.API.Authorization.UsagePlan.Keys)
	expect(t, "authorization", "api_key", outputs["authorization"])
	expectText(t, "curl", outputs["curl"], "/keys/submit \\\n  -H 'Content-Type: application/json' \\\n  -H \"X-Api-Key: $API_KEY\" \\\n  -d '{")
}

// changeKeys changes the keys' limits and adds a key. That needs no deployment, and existing keys stay valid.
func changeKeys(t *testing.T, p *pipeline, env *spec.Environment) {
	t.Helper()
	before := keyValues(t, p.cloud)
	plan := &env.API.Authorization.UsagePlan
	plan.RateLimit, plan.Quota, plan.QuotaPeriod, plan.Keys = 7.5, 2_000_000, spec.PerMonth, []string{"web", "mobile"}
	become(t, p, *env, map[string]string{
		"aws_api_gateway_usage_plan.api_usage-plan":            "update",
		"aws_api_gateway_api_key.api_usage-plan_mobile_key":    "create",
		"aws_api_gateway_usage_plan_key.api_usage-plan_mobile": "create",
		"output.api_key_ids":                                   "update",
	})
	checkUsagePlan(t, p.cloud, p.outputs()["api_id"], *env)
	checkKeyOutputs(t, p, plan.Keys)
	expect(t, "the key that there was", before["api-kinesis-keys-web"], keyValues(t, p.cloud)["api-kinesis-keys-web"])
}

// takeAwayBatch removes a path and the resource policy. A deployment with a stage needs create_before_destroy, which applies to all
// of its dependencies too (hashicorp/terraform, docs/destroying.md). So Terraform makes the new deployment before it deletes
// anything. The new deployment still contains both, and a second one is necessary.
func takeAwayBatch(t *testing.T, p *pipeline, env *spec.Environment) {
	t.Helper()
	env.API.Batch, env.API.Access = false, spec.Access{}
	become(t, p, *env, redeployed, withoutBatch())
	api := p.outputs()["api_id"]
	expect(t, "the API's policy", "", apiPolicy(t, p.cloud, api))
	withKey := caller{Authorization: "NONE", Key: true}
	checkCallers(t, p.cloud, api, env.Name, map[string]caller{"/submit": withKey, "/submit/batch": withKey})

	p.apply(tfexec.Replace("aws_api_gateway_deployment.api_deployment"))
	p.expectPlan(map[string]string{})
	checkCallers(t, p.cloud, api, env.Name, map[string]caller{"/submit": withKey})
}

// withoutBatch are the resources that a plan deletes with POST /submit/batch and the resource policy.
func withoutBatch() map[string]string {
	want := map[string]string{
		"aws_iam_role_policy.submit-role_put-record":          "update",
		"aws_api_gateway_rest_api_policy.api_resource-policy": "delete",
		"aws_api_gateway_model.api_events":                    "delete",
		"aws_api_gateway_resource.api_submit_batch":           "delete",
		"output.batch_arn":                                    "delete",
		"output.batch_url":                                    "delete",
	}
	for _, part := range []string{
		"method.api_submit_batch_options", "method.api_submit_batch_post",
		"integration.api_submit_batch_options_integration", "integration.api_submit_batch_post_integration",
		"method_response.api_submit_batch_options_204", "integration_response.api_submit_batch_options_204-mapping",
		"method_response.api_submit_batch_post_200", "integration_response.api_submit_batch_post_200-mapping",
		"method_response.api_submit_batch_post_400", "integration_response.api_submit_batch_post_400-mapping",
		"method_response.api_submit_batch_post_502", "integration_response.api_submit_batch_post_502-mapping",
		"method_response.api_submit_batch_post_207", "method_response.api_submit_batch_post_429",
	} {
		want["aws_api_gateway_"+part] = "delete"
	}
	return want
}

// The function and the pools do not exist. Moto's authorizers do not look for them.
const (
	function   = "arn:aws:lambda:us-east-1:123456789012:function:authorize:live"
	invocation = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/" + function + "/invocations"
	pool       = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_aBcDeF123"
	otherPool  = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_gHiJkL456"
)

// TestAuthorizers changes a private environment from a Lambda function to user pools, to no authorization, and to IAM.
func TestAuthorizers(t *testing.T) {
	inParallel(t)
	env := catalogue.Named("option-token")
	env.Name, env.Removal, env.API.PartitionKey = "asked", spec.Disposable, spec.PartitionByRequestID()
	env.API.Access = spec.Access{VPCEndpoints: []string{"vpce-0123456789abcdef0"}, SourceIPs: []string{"10.0.0.0/8"}}
	p := newPipeline(t, env)
	p.apply()
	p.expectPlan(map[string]string{})
	outputs := p.outputs()
	checkAuthorizer(t, p.cloud, outputs["api_id"], apigatewaytypes.Authorizer{
		Name: ref("submit-lambda"), Type: "TOKEN", AuthorizerUri: ref(invocation), AuthorizerResultTtlInSeconds: ref(int32(0)),
		AuthorizerCredentials: ref("arn:aws:iam::123456789012:role/api-kinesis-authorizer-asked"),
		IdentitySource:        ref("method.request.header.X-Token"),
	}, caller{Authorization: "CUSTOM"})
	checkPrivate(t, p.cloud, outputs["api_id"], "*/OPTIONS/*", env.API.Access)
	checkRole(t, p.cloud, "api-kinesis-authorizer-asked", `"Principal": {"Service": "apigateway.amazonaws.com"}, "Action": ["sts:AssumeRole"]`,
		map[string]string{"invoke": `{"Effect": "Allow", "Action": ["lambda:InvokeFunction"], "Resource": ["` + function + `"]}`})
	expect(t, "authorization", "lambda", outputs["authorization"])
	expectText(t, "curl", outputs["curl"], " -H \"X-Token: $TOKEN\" \\\n  -d '{")

	toRequest(t, p, &env)
	toPools(t, p, &env)
	toNobody(t, p, &env)
	toSigners(t, p, &env)

	if err := p.destroy(unread); err != nil {
		t.Fatalf("terraform destroy: %v", err)
	}
	expect(t, "what is left", nil, p.cloud.inventory(t))
}

// toRequest gives the function more of a request, caches its answers, and allows another VPC.
func toRequest(t *testing.T, p *pipeline, env *spec.Environment) {
	t.Helper()
	lambda := &env.API.Authorization.Lambda
	lambda.Kind, lambda.CacheTTL = spec.RequestAuthorizer, 5*time.Minute
	lambda.IdentitySources = append(lambda.IdentitySources, "method.request.querystring.tenant")
	env.API.Access.VPCEndpoints = []string{"vpce-0123456789abcdef0", "vpce-0fedcba9876543210"}
	become(t, p, *env, redeployed, map[string]string{
		"aws_api_gateway_authorizer.api_authorizer":           "update",
		"aws_api_gateway_rest_api.api":                        "update",
		"aws_api_gateway_rest_api_policy.api_resource-policy": "update",
		"output.curl": "update",
	})
	api := p.outputs()["api_id"]
	checkAuthorizer(t, p.cloud, api, apigatewaytypes.Authorizer{
		Name: ref("submit-lambda"), Type: "REQUEST", AuthorizerUri: ref(invocation), AuthorizerResultTtlInSeconds: ref(int32(300)),
		AuthorizerCredentials: ref("arn:aws:iam::123456789012:role/api-kinesis-authorizer-asked"),
		IdentitySource:        ref("method.request.header.X-Token,method.request.querystring.tenant"),
	}, caller{Authorization: "CUSTOM"})
	checkPrivate(t, p.cloud, api, "*/OPTIONS/*", env.API.Access)
}

// toPools requires a pool's token instead of the function, whose authorizer and role it deletes. The resource policy, whose Allow
// would have bypassed the function, must now allow. A change of the pools would need no third authorizer. The test only plans that,
// because moto cannot change the pools.
func toPools(t *testing.T, p *pipeline, env *spec.Environment) {
	t.Helper()
	cognito := spec.Cognito{UserPoolARNs: []string{pool}, Scopes: []string{"events/submit"}}
	env.API.Authorization = spec.AuthorizeCognito(cognito)
	become(t, p, *env, redeployed, map[string]string{
		"aws_api_gateway_authorizer.api_authorizer":           "create before destroy",
		"aws_iam_role.authorizer-role":                        "delete",
		"aws_iam_role_policy.authorizer-role_invoke":          "delete",
		"aws_api_gateway_method.api_submit_post":              "update",
		"aws_api_gateway_rest_api_policy.api_resource-policy": "update",
		// A page no longer needs to send X-Token.
		"aws_api_gateway_integration_response.api_submit_options_204-mapping": "update",
		"output.authorization": "update",
		"output.curl":          "update",
	})
	outputs := p.outputs()
	checkAuthorizer(t, p.cloud, outputs["api_id"], apigatewaytypes.Authorizer{
		Name: ref("submit-cognito"), Type: "COGNITO_USER_POOLS", ProviderARNs: cognito.UserPoolARNs, AuthorizerResultTtlInSeconds: ref(int32(300)),
		IdentitySource: ref("method.request.header.Authorization"),
	}, caller{Authorization: "COGNITO_USER_POOLS", Scopes: cognito.Scopes})
	checkPrivate(t, p.cloud, outputs["api_id"], "*", env.API.Access)
	expect(t, "authorization", "cognito", outputs["authorization"])
	expectText(t, "curl", outputs["curl"], " -H \"Authorization: $TOKEN\" \\\n  -d '{")

	cognito.UserPoolARNs = []string{pool, otherPool}
	another := *env
	another.API.Authorization = spec.AuthorizeCognito(cognito)
	planOf(t, p, another, redeployed, map[string]string{"aws_api_gateway_authorizer.api_authorizer": "update"})
}

// toNobody deletes the authorizer. This must come after the change of the methods that name it: before, API Gateway refuses it, and
// the provider treats the refusal as a success (hashicorp/terraform-provider-aws, issue 41401).
func toNobody(t *testing.T, p *pipeline, env *spec.Environment) {
	t.Helper()
	api := p.outputs()["api_id"]
	_, err := p.cloud.apigateway.DeleteAuthorizer(t.Context(), &apigateway.DeleteAuthorizerInput{
		RestApiId: &api, AuthorizerId: authorizers(t, p.cloud, api)[0].Id,
	})
	if conflict := (*apigatewaytypes.ConflictException)(nil); !errors.As(err, &conflict) {
		t.Errorf("an authorizer that a method names is deleted: %v", err)
	}

	env.API.Authorization = spec.AuthorizeNone()
	become(t, p, *env, redeployed, map[string]string{
		"aws_api_gateway_authorizer.api_authorizer": "delete",
		"aws_api_gateway_method.api_submit_post":    "update",
		"output.authorization":                      "update",
		"output.curl":                               "update",
	})
	expect(t, "the number of authorizers that are left", 0, len(authorizers(t, p.cloud, api)))
	checkCallers(t, p.cloud, api, env.Name, map[string]caller{"/submit": {Authorization: "NONE"}})
}

// toSigners requires signatures, and lets the account's own policies decide.
func toSigners(t *testing.T, p *pipeline, env *spec.Environment) {
	t.Helper()
	env.API.Authorization = spec.AuthorizeIAM()
	become(t, p, *env, redeployed, map[string]string{
		"aws_api_gateway_method.api_submit_post":              "update",
		"aws_api_gateway_rest_api_policy.api_resource-policy": "update",
		"output.authorization":                                "update",
		"output.curl":                                         "update",
	})
	api := p.outputs()["api_id"]
	checkCallers(t, p.cloud, api, env.Name, map[string]caller{"/submit": {Authorization: "AWS_IAM"}})
	checkPrivate(t, p.cloud, api, "*/OPTIONS/*", env.API.Access,
		`, {"Sid": "Account", "Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::123456789012:root"]}, "Action": ["execute-api:Invoke"],
			"Resource": ["`+executionARN(api)+`asked/POST/submit"]}`)
}

// become applies env by a plan with exactly these changes, and checks that the next plan is empty.
func become(t *testing.T, p *pipeline, env spec.Environment, changes ...map[string]string) {
	t.Helper()
	p.apply(tfexec.DirOrPlan(planOf(t, p, env, changes...)))
	p.expectPlan(map[string]string{})
}

// planOf is the file of a plan for env with exactly these changes. The plan before must have been empty.
func planOf(t *testing.T, p *pipeline, env spec.Environment, changes ...map[string]string) string {
	t.Helper()
	want := map[string]string{}
	for _, part := range changes {
		maps.Copy(want, part)
	}
	synthesise(t, env, filepath.Dir(filepath.Dir(p.folder)))
	return p.expectPlan(want, unread)
}

// caller has a method's requirements for its callers.
type caller struct {
	Authorization string
	Authorizer    string
	Scopes        []string
	Key           bool
}

func methodCaller(t *testing.T, c cloud, api, path string) caller {
	t.Helper()
	method := call(t, c.apigateway.GetMethod, apigateway.GetMethodInput{RestApiId: &api, ResourceId: resourceAt(t, c, api, path), HttpMethod: ref("POST")})
	return caller{*method.AuthorizationType, deref(method.AuthorizerId), method.AuthorizationScopes, *method.ApiKeyRequired}
}

// checkCallers compares the stage's deployment with the requirements of each path's POST. A preflight requires nothing.
func checkCallers(t *testing.T, c cloud, api, stage string, want map[string]caller) {
	t.Helper()
	deployment := call(t, c.apigateway.GetDeployment, apigateway.GetDeploymentInput{
		RestApiId: &api, DeploymentId: ref(deploymentOf(t, c, api, stage)), Embed: []string{"apisummary"},
	})
	all, served := map[string]caller{}, map[string]caller{}
	for path, post := range want {
		all["POST "+path], all["OPTIONS "+path] = caller{Authorization: post.Authorization, Key: post.Key}, caller{Authorization: "NONE"}
	}
	for path, methods := range deployment.ApiSummary {
		for verb, method := range methods {
			served[verb+" "+path] = caller{Authorization: *method.AuthorizationType, Key: method.ApiKeyRequired}
		}
	}
	expect(t, "what the stage serves", all, served)
	expect(t, "what POST /submit asks", want["/submit"], methodCaller(t, c, api, "/submit"))
}

func authorizers(t *testing.T, c cloud, api string) []apigatewaytypes.Authorizer {
	t.Helper()
	return call(t, c.apigateway.GetAuthorizers, apigateway.GetAuthorizersInput{RestApiId: &api}).Items
}

// checkAuthorizer fails if the API has another authorizer or more than one, or if its method names another.
func checkAuthorizer(t *testing.T, c cloud, api string, want apigatewaytypes.Authorizer, who caller) {
	t.Helper()
	found := authorizers(t, c, api)
	if len(found) != 1 {
		t.Fatalf("the API has %d authorizers, want one", len(found))
	}
	want.Id = found[0].Id
	who.Authorizer = *found[0].Id
	expectAuthorizer(t, want, found[0])
	checkCallers(t, c, api, "asked", map[string]caller{"/submit": who})
}

func expectAuthorizer(t *testing.T, want, got apigatewaytypes.Authorizer) {
	t.Helper()
	plain := func(a apigatewaytypes.Authorizer) map[string]any {
		return map[string]any{
			"id": deref(a.Id), "name": deref(a.Name), "type": a.Type, "URI": deref(a.AuthorizerUri), "credentials": deref(a.AuthorizerCredentials),
			"identity source": deref(a.IdentitySource), "seconds": *a.AuthorizerResultTtlInSeconds, "pools": strings.Join(a.ProviderARNs, " "),
		}
	}
	expect(t, "the authorizer", plain(want), plain(got))
}

func checkPrivate(t *testing.T, c cloud, api, allowed string, access spec.Access, others ...string) {
	t.Helper()
	endpoint := call(t, c.apigateway.GetRestApi, apigateway.GetRestApiInput{RestApiId: &api}).EndpointConfiguration
	expect(t, "the endpoint", []apigatewaytypes.EndpointType{"PRIVATE"}, endpoint.Types)
	expect(t, "the VPC endpoints", access.VPCEndpoints, endpoint.VpcEndpointIds)
	checkAccess(t, c, api, allowed, access, others...)
}

func executionARN(api string) string {
	return "arn:aws:execute-api:us-east-1:123456789012:" + api + "/"
}

// checkAccess compares the whole of the API's policy. The other statements begin with a comma.
func checkAccess(t *testing.T, c cloud, api, allowed string, access spec.Access, others ...string) {
	t.Helper()
	arn := executionARN(api)
	text := `{"Sid": "Methods", "Effect": "Allow", "Principal": "*", "Action": ["execute-api:Invoke"], "Resource": ["` + arn + allowed + `"]}`
	text += strings.Join(others, "")
	deny := func(sid, operator, key string, values []string) {
		if len(values) > 0 {
			text += `, {"Sid": "` + sid + `", "Effect": "Deny", "Principal": "*", "Action": ["execute-api:Invoke"], "Resource": ["` + arn + `*"],
				"Condition": {"` + operator + `": {"` + key + `": ["` + strings.Join(values, `", "`) + `"]}}}`
		}
	}
	deny("Endpoints", "StringNotEquals", "aws:SourceVpce", access.VPCEndpoints)
	deny("Addresses", "NotIpAddress", map[bool]string{false: "aws:SourceIp", true: "aws:VpcSourceIp"}[access.Private()], access.SourceIPs)
	expectJSON(t, "the API's policy", document(text), apiPolicy(t, c, api))
}

// producersOf are the statements for TestAPIKeys' producers, of all three kinds and for both methods.
func producersOf(producers spec.Producers, arn string) string {
	methods := `"Action": ["execute-api:Invoke"], "Resource": ["` + arn + `keys/POST/submit", "` + arn + `keys/POST/submit/batch"]`
	return `, {"Sid": "Producers", "Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::` + producers.Accounts[0] + `:root", "` + producers.Roles[0] + `"]}, ` + methods + `}` +
		`, {"Sid": "Organization", "Effect": "Allow", "Principal": "*", ` + methods + `, "Condition": {
			"StringEquals": {"aws:PrincipalOrgID": ["` + producers.Organization + `"]}, "StringNotEquals": {"aws:PrincipalAccount": ["123456789012"]}}}`
}

// apiPolicy is the API's policy as it was written. API Gateway returns it escaped like the inside of a JSON string.
func apiPolicy(t *testing.T, c cloud, api string) string {
	t.Helper()
	policy := call(t, c.apigateway.GetRestApi, apigateway.GetRestApiInput{RestApiId: &api}).Policy
	return decode[string](t, "the API's policy", `"`+deref(policy)+`"`)
}

func checkUsagePlan(t *testing.T, c cloud, api string, env spec.Environment) {
	t.Helper()
	plans := call(t, c.apigateway.GetUsagePlans, apigateway.GetUsagePlansInput{}).Items
	if len(plans) != 1 {
		t.Fatalf("there are %d usage plans, want one", len(plans))
	}
	plan, want := plans[0], env.API.Authorization.UsagePlan
	expect(t, "the plan's name", "api-kinesis-keys", *plan.Name)
	stages := map[string]string{}
	for _, stage := range plan.ApiStages {
		stages[*stage.ApiId] = *stage.Stage
	}
	expect(t, "the plan's stages", map[string]string{api: env.Name}, stages)
	expect(t, "the plan's rate", want.RateLimit, plan.Throttle.RateLimit)
	expect(t, "the plan's burst", want.BurstLimit, int(plan.Throttle.BurstLimit))
	expect(t, "the plan's quota", want.Quota, int(plan.Quota.Limit))
	expect(t, "the quota's period", string(want.QuotaPeriod), string(plan.Quota.Period))
	names := map[string]bool{}
	for _, key := range call(t, c.apigateway.GetUsagePlanKeys, apigateway.GetUsagePlanKeysInput{UsagePlanId: plan.Id}).Items {
		names[*key.Name] = true
	}
	all := map[string]bool{}
	for _, client := range want.Keys {
		all["api-kinesis-keys-"+client] = true
	}
	expect(t, "the plan's keys", all, names)
}

// keyValues are the API keys' values by name.
func keyValues(t *testing.T, c cloud) map[string]string {
	t.Helper()
	values := map[string]string{}
	for _, key := range call(t, c.apigateway.GetApiKeys, apigateway.GetApiKeysInput{IncludeValues: ref(true)}).Items {
		if !key.Enabled || len(*key.Value) < 20 {
			t.Errorf("the key %s is of no use: enabled %t, %d characters", *key.Name, key.Enabled, len(*key.Value))
		}
		values[*key.Name] = *key.Value
	}
	return values
}

// checkKeyOutputs compares the output with the existing keys. No output may contain a key's value.
func checkKeyOutputs(t *testing.T, p *pipeline, clients []string) {
	t.Helper()
	outputs := p.state().Outputs
	ids := map[string]string{}
	for _, key := range call(t, p.cloud.apigateway.GetApiKeys, apigateway.GetApiKeysInput{}).Items {
		ids[strings.TrimPrefix(*key.Name, "api-kinesis-keys-")] = *key.Id
	}
	expect(t, "api_key_ids", ids, decode[map[string]string](t, "api_key_ids", string(outputs["api_key_ids"].Value)))
	expect(t, "the number of keys", len(clients), len(ids))
	for key, value := range keyValues(t, p.cloud) {
		for name, output := range outputs {
			if strings.Contains(string(output.Value), value) {
				t.Errorf("the output %s shows the key %s", name, key)
			}
		}
	}
}
