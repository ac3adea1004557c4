package policy_test

import "testing"

const accessPolicy = "aws_api_gateway_rest_api_policy.access"

func withAccess(statements string) change {
	return add(accessPolicy, `{"rest_api_id": "${aws_api_gateway_rest_api.api.id}", "policy": "{\"Version\":\"2012-10-17\",\"Statement\":[`+statements+`]}"}`)
}

func TestAccess(t *testing.T) {
	const (
		arn     = `${aws_api_gateway_rest_api.api.execution_arn}`
		all     = `{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":[\"execute-api:Invoke\"],\"Resource\":[\"` + arn + `/*\"]}`
		outside = `{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":[\"execute-api:Invoke\"],\"Resource\":[\"` + arn + `/*\"],\"Condition\":{\"NotIpAddress\":{\"aws:SourceIp\":[\"203.0.113.0/24\"]}}}`
		partly  = `{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":[\"execute-api:Invoke\"],\"Resource\":[\"` + arn + `/dev/GET/*\"],\"Condition\":{\"NotIpAddress\":{\"aws:SourceIp\":[\"203.0.113.0/24\"]}}}`
		twofold = `{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":[\"execute-api:Invoke\"],\"Resource\":[\"` + arn + `/*\"],\"Condition\":{\"NotIpAddress\":{\"aws:SourceIp\":[\"203.0.113.0/24\"]},\"Bool\":{\"aws:SecureTransport\":[\"false\"]}}}`
		open    = `access: ` + accessPolicy + `: policy: statement 1 lets callers in from everywhere; deny execute-api:Invoke on the whole API where NotIpAddress or StringNotEquals aws:SourceVpce holds, or leave the policy out`
		wide    = `access: ` + accessPolicy + `: policy: statement 1 allows execute-api:Invoke on "` + arn + `/*", which aws_api_gateway_method.api_submit_post leaves to IAM; allow the preflight alone, .../*/OPTIONS/*`
	)
	deployed := func(c change) []change {
		return []change{c, waits(accessPolicy)}
	}
	check(t, []breaking{
		{name: "no bound", changes: deployed(withAccess(all)), want: []string{open}},
		{name: "a bound of a part", changes: deployed(withAccess(all + "," + partly)), want: []string{open}},
		{name: "a bound with a second condition", changes: deployed(withAccess(all + "," + twofold)), want: []string{open}},
		{
			name: "everybody beside IAM", private: true,
			changes: append(deployed(withAccess(all+","+outside)), set(post, "AWS_IAM", "authorization")),
			want:    []string{wide},
		},
		{
			name:    "a private API without a policy",
			changes: []change{set("aws_api_gateway_rest_api.api", []any{"PRIVATE"}, "endpoint_configuration", "types")},
			want: []string{
				`access: aws_api_gateway_rest_api.api: is private and has no resource policy; declare an aws_api_gateway_rest_api_policy: a private API answers nobody without one`,
			},
		},
	})
}

// waits adds an address to what the deployment waits for.
func waits(address string) change {
	return func(t *testing.T, root map[string]any) {
		names, name := byName(root, "aws_api_gateway_deployment.api_deployment")
		body := names[name].(map[string]any)
		list, _ := body["depends_on"].([]any)
		body["depends_on"] = append(list, address)
	}
}
