package apigateway

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/modules/internal/tftest"
	"cdk.tf/go/ingest/spec"
)

// submitMethod has the arguments of POST /submit that depend on its authorization.
func submitMethod(t *testing.T, resources tftest.Resources) map[string]any {
	t.Helper()
	got := map[string]any{}
	for _, key := range []string{"authorization", "authorizer_id", "authorization_scopes", "api_key_required"} {
		if value, there := resources["aws_api_gateway_method.api_submit_post"][key]; there {
			got[key] = value
		}
	}
	options := resources["aws_api_gateway_method.api_submit_options"]
	if options["authorization"] != "NONE" || options["authorizer_id"] != nil || options["api_key_required"] != nil {
		t.Errorf("a preflight asks for credentials, which browsers do not send: %v", options)
	}
	return got
}

func TestAPIKeys(t *testing.T) {
	cfg := defaults()
	cfg.API.Authorization = spec.AuthorizeAPIKey(spec.UsagePlan{
		Keys: []string{"web", "mobile"}, RateLimit: 10, BurstLimit: 20, Quota: 1000, QuotaPeriod: spec.PerDay,
	})
	var made *API
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) { made = New(stack, "api", cfg) })
	if diff := cmp.Diff(map[string]any{"authorization": "NONE", "api_key_required": true}, submitMethod(t, resources)); diff != "" {
		t.Error(diff)
	}
	resources.Expect(t, "aws_api_gateway_usage_plan.api_usage-plan", `{
		"name": "api-kinesis-dev",
		"description": "What each key of api-kinesis-dev may send",
		"api_stages": [{"api_id": "${aws_api_gateway_rest_api.api.id}", "stage": "${aws_api_gateway_stage.api_stage.stage_name}"}],
		"throttle_settings": {"rate_limit": 10, "burst_limit": 20},
		"quota_settings": {"limit": 1000, "period": "DAY"}
	}`)
	resources.Expect(t, "aws_api_gateway_gateway_response.api_quota-exceeded", `{
		"rest_api_id": "${aws_api_gateway_rest_api.api.id}", "response_type": "QUOTA_EXCEEDED", "status_code": "429",
		"response_parameters": {
			"gatewayresponse.header.Access-Control-Allow-Origin": "'*'",
			"gatewayresponse.header.Access-Control-Expose-Headers": "'Retry-After,x-amzn-ErrorType,x-amzn-RequestId'"
		},
		"response_templates": {"application/json": `+quote(template("gateway-quota.json"))+`}
	}`)
	for _, client := range []string{"web", "mobile"} {
		resources.Expect(t, "aws_api_gateway_api_key.api_usage-plan_"+client+"_key", `{"name": "api-kinesis-dev-`+client+`"}`)
		resources.Expect(t, "aws_api_gateway_usage_plan_key.api_usage-plan_"+client, `{
			"key_id": "${aws_api_gateway_api_key.api_usage-plan_`+client+`_key.id}", "key_type": "API_KEY",
			"usage_plan_id": "${aws_api_gateway_usage_plan.api_usage-plan.id}"
		}`)
		if made.APIKeys[client] == "" {
			t.Errorf("%s has no key", client)
		}
	}
}

func TestAPlanWithoutAQuota(t *testing.T) {
	cfg := defaults()
	cfg.API.Authorization = spec.AuthorizeAPIKey(spec.UsagePlan{Keys: []string{"web"}, RateLimit: 10, BurstLimit: 20})
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) { New(stack, "api", cfg) })
	if quota := resources["aws_api_gateway_usage_plan.api_usage-plan"]["quota_settings"]; quota != nil {
		t.Errorf("it has the quota %v", quota)
	}
	if answer := resources["aws_api_gateway_gateway_response.api_quota-exceeded"]; answer != nil {
		t.Errorf("it has an answer for a quota: %v", answer)
	}
}

func TestCognito(t *testing.T) {
	const pool = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_a"
	cfg := defaults()
	cfg.API.Authorization = spec.AuthorizeCognito(spec.Cognito{UserPoolARNs: []string{pool}, Scopes: []string{"events/submit", "a/${b}%{c}"}})
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) { New(stack, "api", cfg) })
	want := map[string]any{
		"authorization": "COGNITO_USER_POOLS", "authorizer_id": "${aws_api_gateway_authorizer.api_authorizer.id}",
		"authorization_scopes": []any{"events/submit", "a/$${b}%%{c}"}, // no expressions of Terraform
	}
	if diff := cmp.Diff(want, submitMethod(t, resources)); diff != "" {
		t.Error(diff)
	}
	resources.Expect(t, "aws_api_gateway_authorizer.api_authorizer", `{
		"rest_api_id": "${aws_api_gateway_rest_api.api.id}", "name": "submit-cognito", "type": "COGNITO_USER_POOLS",
		"provider_arns": ["`+pool+`"], "identity_source": "method.request.header.Authorization"
	}`)
}

func TestRegionOfAFunction(t *testing.T) {
	for function, want := range map[string]string{
		"arn:aws:lambda:eu-central-1:123456789012:function:authorize:live": "eu-central-1",
		"${TfToken[TOKEN.7]}": "own", // what CDKTF puts in place of a function's ARN
	} {
		if got := regionOf(function, "own"); got != want {
			t.Errorf("%s: %s, want %s", function, got, want)
		}
	}
}

func TestLambda(t *testing.T) {
	const function = "arn:aws:lambda:eu-central-1:123456789012:function:authorize" // in another region than the API
	cfg := defaults()
	cfg.AuthorizerRoleARN = "arn:authorizer"
	cfg.API.Authorization = spec.AuthorizeLambda(spec.LambdaAuthorizer{
		FunctionARN: function, Kind: spec.RequestAuthorizer, CacheTTL: 5 * time.Minute,
		IdentitySources: []string{"method.request.header.X-Client", "method.request.querystring.t"},
	})
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) { New(stack, "api", cfg) })
	want := map[string]any{"authorization": "CUSTOM", "authorizer_id": "${aws_api_gateway_authorizer.api_authorizer.id}"}
	if diff := cmp.Diff(want, submitMethod(t, resources)); diff != "" {
		t.Error(diff)
	}
	resources.Expect(t, "aws_api_gateway_authorizer.api_authorizer", `{
		"rest_api_id": "${aws_api_gateway_rest_api.api.id}", "name": "submit-lambda", "type": "REQUEST",
		"authorizer_uri": "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/`+function+`/invocations",
		"authorizer_credentials": "arn:authorizer", "authorizer_result_ttl_in_seconds": 300,
		"identity_source": "method.request.header.X-Client,method.request.querystring.t"
	}`)
	// A page could not send the header otherwise.
	preflight := resources["aws_api_gateway_integration_response.api_submit_options_204-mapping"]["response_parameters"]
	headers := fmt.Sprint(preflight.(map[string]any)["method.response.header.Access-Control-Allow-Headers"])
	if want := "'Authorization,Content-Type,X-Amz-Content-Sha256,X-Amz-Date,X-Amz-Security-Token,X-Api-Key,X-Client'"; headers != want {
		t.Errorf("the allowed headers are %s, want %s", headers, want)
	}
}

// A function that is called for each request may read no source, which an absent identity_source would not say.
func TestLambdaWithoutASource(t *testing.T) {
	cfg := defaults()
	cfg.API.Authorization = spec.AuthorizeLambda(spec.LambdaAuthorizer{
		FunctionARN: "arn:aws:lambda:eu-west-1:123456789012:function:authorize", Kind: spec.RequestAuthorizer,
	})
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) { New(stack, "api", cfg) })
	if source := resources["aws_api_gateway_authorizer.api_authorizer"]["identity_source"]; source != "" {
		t.Errorf("the identity source is %v, want an empty text", source)
	}
}

func TestAccess(t *testing.T) {
	const api = "arn:aws:execute-api:eu-west-1:123456789012:abc"
	ips := []string{"203.0.113.0/24", "2001:db8::/32"}
	endpoints := []string{"vpce-0123456789abcdef0"}
	const allowAll = `{"Sid":"Methods","Effect":"Allow","Principal":"*","Action":["execute-api:Invoke"],"Resource":["` + api + `/*"]}`
	const allowPreflight = `{"Sid":"Methods","Effect":"Allow","Principal":"*","Action":["execute-api:Invoke"],"Resource":["` + api + `/*/OPTIONS/*"]}`
	const onSubmit = `"Action":["execute-api:Invoke"],"Resource":["` + api + `/dev/POST/submit"`
	deny := func(sid, condition string) string {
		return `{"Sid":"` + sid + `","Effect":"Deny","Principal":"*","Action":["execute-api:Invoke"],"Resource":["` + api + `/*"],"Condition":` + condition + `}`
	}
	for _, test := range []struct {
		name       string
		auth       spec.Authorization
		access     spec.Access
		batch      bool
		statements string
	}{
		{"addresses", spec.AuthorizeNone(), spec.Access{SourceIPs: ips}, false,
			allowAll + "," + deny("Addresses", `{"NotIpAddress":{"aws:SourceIp":["203.0.113.0/24","2001:db8::/32"]}}`)},
		{"addresses with IAM", spec.AuthorizeIAM(), spec.Access{SourceIPs: ips[:1]}, false,
			allowPreflight + "," + deny("Addresses", `{"NotIpAddress":{"aws:SourceIp":["203.0.113.0/24"]}}`)},
		{"addresses with Lambda", spec.AuthorizeLambda(spec.LambdaAuthorizer{}), spec.Access{SourceIPs: ips[:1]}, false,
			allowPreflight + "," + deny("Addresses", `{"NotIpAddress":{"aws:SourceIp":["203.0.113.0/24"]}}`)},
		{"addresses with Cognito", spec.AuthorizeCognito(spec.Cognito{}), spec.Access{SourceIPs: ips[:1]}, false,
			allowAll + "," + deny("Addresses", `{"NotIpAddress":{"aws:SourceIp":["203.0.113.0/24"]}}`)},
		{"endpoints", spec.AuthorizeNone(), spec.Access{VPCEndpoints: endpoints}, false,
			allowAll + "," + deny("Endpoints", `{"StringNotEquals":{"aws:SourceVpce":["vpce-0123456789abcdef0"]}}`)},
		{"endpoints with IAM", spec.AuthorizeIAM(), spec.Access{VPCEndpoints: endpoints}, false, allowPreflight +
			`,{"Sid":"Account","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::123456789012:root"]},` + onSubmit + `]},` +
			deny("Endpoints", `{"StringNotEquals":{"aws:SourceVpce":["vpce-0123456789abcdef0"]}}`)},
		{"endpoints with Lambda", spec.AuthorizeLambda(spec.LambdaAuthorizer{}), spec.Access{VPCEndpoints: endpoints}, false, allowPreflight + "," +
			deny("Endpoints", `{"StringNotEquals":{"aws:SourceVpce":["vpce-0123456789abcdef0"]}}`)},
		{"both", spec.AuthorizeNone(), spec.Access{SourceIPs: []string{"10.0.0.0/8"}, VPCEndpoints: endpoints}, false,
			allowAll + "," + deny("Endpoints", `{"StringNotEquals":{"aws:SourceVpce":["vpce-0123456789abcdef0"]}}`) +
				"," + deny("Addresses", `{"NotIpAddress":{"aws:VpcSourceIp":["10.0.0.0/8"]}}`)},
		{"producers", spec.AuthorizeIAM(), spec.Access{Producers: spec.Producers{
			Accounts: []string{"444455556666"}, Roles: []string{"arn:aws:iam::777788889999:role/team/r"}, Organization: "o-a1b2c3d4e5",
		}}, false, allowPreflight +
			`,{"Sid":"Producers","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::444455556666:root","arn:aws:iam::777788889999:role/team/r"]},` + onSubmit + `]},` +
			`{"Sid":"Organization","Effect":"Allow","Principal":"*",` + onSubmit + `],"Condition":{"StringEquals":{"aws:PrincipalOrgID":["o-a1b2c3d4e5"]},` +
			`"StringNotEquals":{"aws:PrincipalAccount":["123456789012"]}}}`},
		{"producers of many events from one place", spec.AuthorizeIAM(), spec.Access{SourceIPs: ips[:1], Producers: spec.Producers{Accounts: []string{"444455556666"}}}, true,
			allowPreflight + `,{"Sid":"Producers","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::444455556666:root"]},` + onSubmit + `,"` + api + `/dev/POST/submit/batch"]},` +
				deny("Addresses", `{"NotIpAddress":{"aws:SourceIp":["203.0.113.0/24"]}}`)},
	} {
		got := accessPolicy(Config{Partition: "aws", Account: "123456789012", Stage: "dev", API: spec.API{Authorization: test.auth, Access: test.access, Batch: test.batch}}, api).JSON()
		if want := `{"Version":"2012-10-17","Statement":[` + test.statements + `]}`; got != want {
			t.Errorf("%s:\n got %s\nwant %s", test.name, got, want)
		}
	}
}

func TestAPrivateAPI(t *testing.T) {
	cfg := defaults()
	cfg.API.Access = spec.Access{VPCEndpoints: []string{"vpce-0123456789abcdef0"}}
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) { New(stack, "api", cfg) })
	resources.Expect(t, "aws_api_gateway_rest_api.api", `{
		"name": "api-kinesis-dev",
		"description": "Takes events and writes them to events",
		"endpoint_configuration": {"types": ["PRIVATE"], "vpc_endpoint_ids": ["vpce-0123456789abcdef0"]},
		"minimum_compression_size": "-1"
	}`)
	policy := resources["aws_api_gateway_rest_api_policy.api_resource-policy"]
	if policy["rest_api_id"] != "${aws_api_gateway_rest_api.api.id}" {
		t.Errorf("the policy is %v", policy)
	}
	// API Gateway applies a policy with the next deployment.
	deployment := resources["aws_api_gateway_deployment.api_deployment"]
	if waits := fmt.Sprint(deployment["depends_on"]); !strings.Contains(waits, "aws_api_gateway_rest_api_policy.api_resource-policy") {
		t.Errorf("the deployment waits for %s", waits)
	}
}
