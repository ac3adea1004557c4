package policy_test

import (
	"slices"
	"testing"
)

func TestStreamEncryption(t *testing.T) {
	const stream = "aws_kinesis_stream.stream"
	check(t, []breaking{
		{
			name:    "none",
			changes: []change{set(stream, "NONE", "encryption_type")},
			want: []string{
				`stream-encryption: aws_kinesis_stream.stream: encryption_type is "NONE"; set it to "KMS"`,
			},
		},
		{
			name:    "not set",
			changes: []change{unset(stream, "encryption_type")},
			want: []string{
				`stream-encryption: aws_kinesis_stream.stream: encryption_type is not set; set it to "KMS"`,
			},
		},
		{
			name:    "known only after an apply",
			changes: []change{set(stream, "${var.encryption}", "encryption_type")},
			want: []string{
				`stream-encryption: aws_kinesis_stream.stream: encryption_type is "${var.encryption}", whose value is known only after an apply; write the value itself`,
			},
		},
	})
}

// without removes an address from the deployment's depends_on.
func without(address string) change {
	return func(_ *testing.T, root map[string]any) {
		names, name := byName(root, deployment)
		body := names[name].(map[string]any)
		body["depends_on"] = slices.DeleteFunc(body["depends_on"].([]any), func(v any) bool { return v == address })
	}
}

func TestDeployment(t *testing.T) {
	var parts []change
	for _, part := range []string{
		"aws_api_gateway_gateway_response.more", "aws_api_gateway_model.more",
	} {
		parts = append(parts, add(part, `{"rest_api_id": "${aws_api_gateway_rest_api.api.id}", "response_parameters": {"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"}}`))
	}
	for _, part := range []string{
		"aws_api_gateway_integration.more", "aws_api_gateway_integration_response.more", "aws_api_gateway_method_response.more",
	} {
		parts = append(parts, add(part, `{"rest_api_id": "${aws_api_gateway_rest_api.api.id}", "resource_id": "${aws_api_gateway_resource.api_submit.id}", "http_method": "OPTIONS", "type": "MOCK", "status_code": "200",
			"response_parameters": {"method.response.header.Access-Control-Allow-Origin": "'*'", "method.response.header.Access-Control-Allow-Headers": "'*'", "method.response.header.Access-Control-Allow-Methods": "'*'"}}`))
	}
	check(t, []breaking{
		{
			name:    "a stage that the deployment makes",
			changes: []change{set(deployment, "open", "stage_name")},
			want:    []string{`deployment: aws_api_gateway_deployment.api_deployment: stage_name makes a stage that no rule reads; declare an aws_api_gateway_stage`},
		},
		{
			name:    "a canary of another snapshot",
			changes: []change{put(stage, `{"deployment_id": "abc123", "percent_traffic": 10}`, "canary_settings")},
			want:    []string{`deployment: aws_api_gateway_stage.api_stage: canary_settings.deployment_id refers to no deployment of its API; refer to the id of one`},
		},
		{
			name:    "no deployment",
			changes: []change{drop(deployment)},
			want: []string{
				`deployment: aws_api_gateway_rest_api.api: has no deployment; declare one`,
				`deployment: aws_api_gateway_stage.api_stage: deployment_id refers to no deployment of its API; refer to the id of one`,
			},
		},
		{
			name:    "no triggers",
			changes: []change{unset(deployment, "triggers")},
			want: []string{
				`deployment: aws_api_gateway_deployment.api_deployment: has no triggers; add a hash of everything that it deploys, or Terraform never deploys a change`,
			},
		},
		{
			name:    "empty triggers",
			changes: []change{set(deployment, map[string]any{}, "triggers")},
			want: []string{
				`deployment: aws_api_gateway_deployment.api_deployment: has no triggers; add a hash of everything that it deploys, or Terraform never deploys a change`,
			},
		},
		{
			name:    "the old deployment destroyed first",
			changes: []change{unset(deployment, "lifecycle")},
			want: []string{
				`deployment: aws_api_gateway_deployment.api_deployment: lifecycle.create_before_destroy is not set; set it to "true"`,
			},
		},
		{
			name:    "parts that it does not wait for",
			changes: parts,
			want: []string{
				`deployment: aws_api_gateway_deployment.api_deployment: does not depend on aws_api_gateway_integration.more, aws_api_gateway_integration_response.more, aws_api_gateway_method_response.more, aws_api_gateway_gateway_response.more, aws_api_gateway_model.more; add it to depends_on, or the deployment may lack it`,
			},
		},
		{
			name:    "a method that it does not wait for",
			changes: []change{without(post)},
			want: []string{
				`deployment: aws_api_gateway_deployment.api_deployment: does not depend on aws_api_gateway_method.api_submit_post; add it to depends_on, or the deployment may lack it`,
			},
		},
		{
			name:    "no stage",
			changes: []change{drop(stage, settings)},
			want: []string{
				`deployment: aws_api_gateway_rest_api.api: has no stage; declare one`,
			},
		},
		{
			name:    "a stage of no deployment",
			changes: []change{set(stage, "abc123", "deployment_id")},
			want: []string{
				`deployment: aws_api_gateway_stage.api_stage: deployment_id refers to no deployment of its API; refer to the id of one`,
			},
		},
		{
			name: "a stage of another API's deployment",
			changes: []change{
				add("aws_api_gateway_rest_api.other", `{}`),
				add("aws_api_gateway_deployment.other", `{"rest_api_id": "${aws_api_gateway_rest_api.other.id}", "triggers": {"x": "y"}, "lifecycle": {"create_before_destroy": true}}`),
				set(stage, "${aws_api_gateway_deployment.other.id}", "deployment_id"),
			},
			want: []string{
				`cors: aws_api_gateway_rest_api.other: has no gateway response DEFAULT_4XX; declare one that sets Access-Control-Allow-Origin`,
				`cors: aws_api_gateway_rest_api.other: has no gateway response DEFAULT_5XX; declare one that sets Access-Control-Allow-Origin`,
				`deployment: aws_api_gateway_stage.api_stage: deployment_id refers to no deployment of its API; refer to the id of one`,
				`deployment: aws_api_gateway_rest_api.other: has no stage; declare one`,
			},
		},
	})
}

// A snapshot without the resource policy answers everybody.
func TestDeploymentOfAResourcePolicy(t *testing.T) {
	checkFile(t, "option-private", []breaking{{
		name:    "not in the snapshot",
		changes: []change{without("aws_api_gateway_rest_api_policy.api_resource-policy")},
		want: []string{`deployment: aws_api_gateway_deployment.api_deployment: does not depend on aws_api_gateway_rest_api_policy.api_resource-policy; ` +
			`add it to depends_on, or the deployment may lack it`},
	}})
}
