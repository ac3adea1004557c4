package deploytest

import (
	"maps"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/apigateway"

	"cdk.tf/go/ingest/spec"
)

func restAPI(t *testing.T, c cloud, api string) *apigateway.GetRestApiOutput {
	t.Helper()
	return call(t, c.apigateway.GetRestApi, apigateway.GetRestApiInput{RestApiId: &api})
}

// checkTypes compares the content types that each path has a model and a template for, and those for which batches have a template
// alone.
func checkTypes(t *testing.T, c cloud, api string, want []string, unmodelled ...spec.ContentType) {
	t.Helper()
	mapped := map[string][]string{"/submit": want, "/submit/batch": slices.Clone(want)}
	for _, typ := range unmodelled {
		mapped["/submit/batch"] = append(mapped["/submit/batch"], string(typ))
	}
	slices.Sort(mapped["/submit/batch"])
	for path, model := range map[string]string{"/submit": "Event", "/submit/batch": "Events"} {
		id := resourceAt(t, c, api, path)
		post := call(t, c.apigateway.GetMethod, apigateway.GetMethodInput{RestApiId: &api, ResourceId: id, HttpMethod: ref("POST")})
		integration := call(t, c.apigateway.GetIntegration, apigateway.GetIntegrationInput{RestApiId: &api, ResourceId: id, HttpMethod: ref("POST")})
		expect(t, "types with a model of "+path, want, slices.Sorted(maps.Keys(post.RequestModels)))
		expect(t, "types with a template of "+path, mapped[path], slices.Sorted(maps.Keys(integration.RequestTemplates)))
		for _, typ := range want {
			expect(t, "the model of "+typ, model, post.RequestModels[typ])
			expect(t, "the template of "+typ, integration.RequestTemplates["application/json"], integration.RequestTemplates[typ])
		}
	}
}
