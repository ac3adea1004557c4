package deploytest

import (
	"maps"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/apigateway"

	"cdk.tf/go/ingest/internal/catalogue"
	"cdk.tf/go/ingest/spec"
)

// TestIntake makes an API that takes other content types and compresses its answers, turns both off, and destroys it.
func TestIntake(t *testing.T) {
	t.Parallel()
	env := catalogue.Named("option-intake")
	env.Name, env.Removal = "intake", spec.Disposable
	p := newPipeline(t, env)
	p.apply()
	p.expectPlan(map[string]string{})
	api := p.outputs()["api_id"]
	checkTypes(t, p.cloud, api, "application/cloudevents+json", "application/json", "text/plain")
	expect(t, "the smallest compressed answer", int32(0), *restAPI(t, p.cloud, api).MinimumCompressionSize)

	env.API.ContentTypes, env.API.MinimumCompressionBytes = nil, -1
	changes := map[string]string{
		"aws_api_gateway_rest_api.api":                                "update",
		"aws_api_gateway_gateway_response.api_unsupported-media-type": "update",
	}
	for _, path := range []string{"submit", "submit_batch"} {
		changes["aws_api_gateway_method.api_"+path+"_post"] = "update"
		changes["aws_api_gateway_integration.api_"+path+"_post_integration"] = "update"
	}
	become(t, p, env, redeployed, changes)
	checkTypes(t, p.cloud, api, "application/json")
	expect(t, "the smallest compressed answer", (*int32)(nil), restAPI(t, p.cloud, api).MinimumCompressionSize)

	if err := p.destroy(); err != nil {
		t.Fatalf("terraform destroy: %v", err)
	}
	expect(t, "what is left", nil, p.cloud.inventory(t))
}

func restAPI(t *testing.T, c cloud, api string) *apigateway.GetRestApiOutput {
	t.Helper()
	return call(t, c.apigateway.GetRestApi, apigateway.GetRestApiInput{RestApiId: &api})
}

// checkTypes compares the content types that each path has a model and a template for.
func checkTypes(t *testing.T, c cloud, api string, want ...string) {
	t.Helper()
	for path, model := range map[string]string{"/submit": "Event", "/submit/batch": "Events"} {
		id := resourceAt(t, c, api, path)
		post := call(t, c.apigateway.GetMethod, apigateway.GetMethodInput{RestApiId: &api, ResourceId: id, HttpMethod: ref("POST")})
		integration := call(t, c.apigateway.GetIntegration, apigateway.GetIntegrationInput{RestApiId: &api, ResourceId: id, HttpMethod: ref("POST")})
		expect(t, "types with a model of "+path, want, slices.Sorted(maps.Keys(post.RequestModels)))
		expect(t, "types with a template of "+path, want, slices.Sorted(maps.Keys(integration.RequestTemplates)))
		for _, typ := range want {
			expect(t, "the model of "+typ, model, post.RequestModels[typ])
			expect(t, "the template of "+typ, integration.RequestTemplates["application/json"], integration.RequestTemplates[typ])
		}
	}
}
