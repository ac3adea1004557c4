package policy_test

import (
	"testing"

	"cdk.tf/go/ingest/policy"
)

// backends replaces the stack's settings of Terraform.
func backends(settings map[string]any) change {
	return func(_ *testing.T, root map[string]any) { root["terraform"] = settings }
}

func TestAnotherBackend(t *testing.T) {
	stack := good(t, backends(map[string]any{"backend": map[string]any{"gcs": map[string]any{"bucket": "b"}, "local": nil}}))
	if err := policy.Check(stack, policy.Expect{Public: true}); err != nil {
		t.Error(err)
	}
}

func TestReadable(t *testing.T) {
	check(t, []breaking{
		{
			name:    "a count",
			changes: []change{set("aws_s3_bucket_public_access_block.bucket_access", 0, "count")},
			want: []string{
				`readable: aws_s3_bucket_public_access_block.bucket_access: count hides how many resources it declares; declare each one separately`,
			},
		},
		{
			name:    "a data source for each",
			changes: []change{set("data.aws_region.current", map[string]any{}, "for_each")},
			want: []string{
				`readable: data.aws_region.current: for_each hides how many resources it declares; declare each one separately`,
			},
		},
		{
			name:    "two backends",
			changes: []change{backends(map[string]any{"backend": map[string]any{"gcs": map[string]any{"bucket": "b"}, "local": map[string]any{}}})},
			want: []string{
				`readable: terraform.backend: the stack names the backends gcs, local, and Terraform takes one; leave the others out, such as with AddOverride("terraform.backend.local", cdktf.Token_NullValue())`,
			},
		},
		{
			name:    "two backends elsewhere",
			changes: []change{backends(map[string]any{"backend": map[string]any{"gcs": map[string]any{}, "s3": map[string]any{}}})},
			want: []string{
				`readable: terraform.backend: the stack names the backends gcs, s3, and Terraform takes one; leave the others out, such as with AddOverride("terraform.backend.s3", cdktf.Token_NullValue())`,
			},
		},
		{
			name:    "a backend beside HCP Terraform",
			changes: []change{backends(map[string]any{"backend": map[string]any{"s3": map[string]any{}}, "cloud": map[string]any{}})},
			want: []string{
				`readable: terraform.backend: the stack names the backends s3, cloud, and Terraform takes one; leave the others out, such as with AddOverride("terraform.cloud", cdktf.Token_NullValue())`,
			},
		},
		{
			name: "HCP Terraform in the first of two blocks",
			changes: []change{func(_ *testing.T, root map[string]any) {
				root["terraform"] = []any{map[string]any{"cloud": map[string]any{}}, map[string]any{"backend": map[string]any{"s3": map[string]any{}}}}
			}},
			want: []string{
				`readable: terraform.backend: the stack names the backends cloud, s3, and Terraform takes one; leave the others out, such as with AddOverride("terraform.cloud", cdktf.Token_NullValue())`,
			},
		},
		{
			name:    "a backend that is no object",
			changes: []change{backends(map[string]any{"backend": map[string]any{"s3": "b"}})},
			want: []string{
				`readable: terraform.backend: cannot be read: terraform: backend: "s3" must be one object; name one backend`,
			},
		},
		{
			name:    "a dynamic block",
			changes: []change{set("aws_s3_bucket.bucket", map[string]any{"grant": map[string]any{}}, "dynamic")},
			want: []string{
				`readable: aws_s3_bucket.bucket: a dynamic block hides its contents; write it out`,
			},
		},
		{
			name:    "a name that is an expression",
			changes: []change{set(throttled, "'*'", "response_parameters", "${var.header}")},
			want: []string{
				`readable: aws_api_gateway_gateway_response.api_throttled: the name "${var.header}" is an expression; write it out`,
			},
		},
		{
			name:    "an invalid template, deep inside",
			changes: []change{set("aws_s3_bucket_lifecycle_configuration.bucket_lifecycle", "${", "rule", "0", "id")},
			want: []string{
				`readable: aws_s3_bucket_lifecycle_configuration.bucket_lifecycle: "${" is not a Terraform template: Missing expression; write it out`,
			},
		},
		{
			name:    "an API that is described elsewhere",
			changes: []change{set("aws_api_gateway_rest_api.api", "${file(\"openapi.json\")}", "body")},
			want: []string{
				`readable: aws_api_gateway_rest_api.api: body declares methods that no rule reads; declare each method as a resource`,
			},
		},
		{
			name:    "a response template from a file",
			changes: []change{set(accepted, "${file(\"accepted.vtl\")}", "response_templates", "application/json")},
			want: []string{
				`readable: aws_api_gateway_integration_response.api_submit_post_200-mapping: response_templates for "application/json" cannot be read: "file(\"accepted.vtl\")" is an expression; write it out`,
			},
		},
		{
			name:    "response templates known only after an apply",
			changes: []change{set(accepted, "${var.templates}", "response_templates")},
			want: []string{
				`readable: aws_api_gateway_integration_response.api_submit_post_200-mapping: response_templates is "${var.templates}", whose value is known only after an apply; write the value itself`,
			},
		},
		{
			name:    "a request template with a variable",
			changes: []change{edit(submit, "## The", "${var.key} ## The", "request_templates", "application/json")},
			want: []string{
				`readable: aws_api_gateway_integration.api_submit_post_integration: request_templates for "application/json" cannot be read: ${var.key} is not a name or an ARN of the stack; write it out`,
			},
		},
		{
			name:    "parts of an API that is not in the stack",
			changes: []change{add("aws_api_gateway_model.other", `{"rest_api_id": "${var.api}"}`), add("aws_api_gateway_request_validator.other", `{}`)},
			want: []string{
				`readable: aws_api_gateway_model.other: rest_api_id refers to no REST API of the stack; refer to the id of one`,
				`readable: aws_api_gateway_request_validator.other: rest_api_id refers to no REST API of the stack; refer to the id of one`,
			},
		},
		{
			name:    "a method of any verb",
			changes: []change{add("aws_api_gateway_method.any", `{"rest_api_id": "${aws_api_gateway_rest_api.api.id}", "resource_id": "${aws_api_gateway_resource.api_submit.id}", "http_method": "ANY", "authorization": "NONE"}`)},
			want: []string{
				`readable: aws_api_gateway_method.any: http_method is "ANY"; set it to "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST" or "PUT"`,
				`cors: aws_api_gateway_method.any: has no integration response to set Access-Control-Allow-Origin in; declare one`,
				`cors: aws_api_gateway_integration_response.api_submit_options_204-mapping: Access-Control-Allow-Methods has no ANY; add it, inside the same single quotes`,
				`deployment: aws_api_gateway_deployment.api_deployment: does not depend on aws_api_gateway_method.any; add it to depends_on, or the deployment may lack it`,
			},
		},
		{
			name:    "a method whose verb is only known at apply",
			changes: []change{add("aws_api_gateway_method.some", `{"rest_api_id": "${aws_api_gateway_rest_api.api.id}", "resource_id": "${aws_api_gateway_resource.api_submit.id}", "http_method": "${var.verb}", "authorization": "NONE"}`)},
			want: []string{
				`readable: aws_api_gateway_method.some: http_method is "${var.verb}", whose value is known only after an apply; write the value itself`,
				`deployment: aws_api_gateway_deployment.api_deployment: does not depend on aws_api_gateway_method.some; add it to depends_on, or the deployment may lack it`,
			},
		},
		{
			name:    "a method at no path",
			changes: []change{add("aws_api_gateway_method.lost", `{"rest_api_id": "${aws_api_gateway_rest_api.api.id}", "resource_id": "abc123", "http_method": "GET", "authorization": "NONE"}`)},
			want: []string{
				`readable: aws_api_gateway_method.lost: resource_id refers to no path of the stack; refer to a resource's id or to an API's root_resource_id`,
				`deployment: aws_api_gateway_deployment.api_deployment: does not depend on aws_api_gateway_method.lost; add it to depends_on, or the deployment may lack it`,
			},
		},
		{
			name:    "an integration of no method",
			changes: []change{add("aws_api_gateway_integration.lost", `{"rest_api_id": "${aws_api_gateway_rest_api.api.id}", "resource_id": "${aws_api_gateway_resource.api_submit.id}", "http_method": "PUT", "type": "MOCK"}`)},
			want: []string{
				`readable: aws_api_gateway_integration.lost: belongs to no method of the stack; refer to a method's API, resource and http_method`,
				`deployment: aws_api_gateway_deployment.api_deployment: does not depend on aws_api_gateway_integration.lost; add it to depends_on, or the deployment may lack it`,
			},
		},
		{
			name:    "answers of a method that leads in a circle",
			changes: []change{add("aws_api_gateway_method_response.circle", `{"rest_api_id": "${aws_api_gateway_rest_api.api.id}", "resource_id": "${aws_api_gateway_method_response.circle.resource_id}", "http_method": "${aws_api_gateway_method_response.circle.http_method}"}`)},
			want: []string{
				`readable: aws_api_gateway_method_response.circle: belongs to no method of the stack; refer to a method's API, resource and http_method`,
				`deployment: aws_api_gateway_deployment.api_deployment: does not depend on aws_api_gateway_method_response.circle; add it to depends_on, or the deployment may lack it`,
			},
		},
	})
}
