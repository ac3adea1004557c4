package policy_test

import "testing"

func TestAuthorization(t *testing.T) {
	authorize := set(post, "AWS_IAM", "authorization")
	check(t, []breaking{
		{
			name:    "a method that is open",
			private: true,
			want: []string{
				`authorization: aws_api_gateway_method.api_submit_post: authorization is "NONE"; set it to "AWS_IAM", "COGNITO_USER_POOLS" or "CUSTOM"`,
			},
		},
		{
			name:    "a method with an unknown authorization",
			changes: []change{set(post, "none", "authorization")},
			private: true,
			want: []string{
				`authorization: aws_api_gateway_method.api_submit_post: authorization is "none"; set it to "AWS_IAM", "COGNITO_USER_POOLS" or "CUSTOM"`,
			},
		},
		{
			name:    "a method without an authorization",
			changes: []change{unset(post, "authorization")},
			private: true,
			want: []string{
				`authorization: aws_api_gateway_method.api_submit_post: authorization is not set; set it to "AWS_IAM", "COGNITO_USER_POOLS" or "CUSTOM"`,
			},
		},
		{
			name:    "a method known only after an apply",
			changes: []change{set(post, "${var.authorization}", "authorization")},
			private: true,
			want: []string{
				`authorization: aws_api_gateway_method.api_submit_post: authorization is "${var.authorization}", whose value is known only after an apply; write the value itself`,
			},
		},
		{
			name:    "a key known only after an apply",
			changes: []change{set(post, "${var.key}", "api_key_required")},
			private: true,
			want: []string{
				`authorization: aws_api_gateway_method.api_submit_post: api_key_required is "${var.key}", whose value is known only after an apply; write the value itself`,
			},
		},
		{
			name:    "OPTIONS that reaches something",
			changes: []change{authorize, set(mock, "HTTP", "type")},
			private: true,
			want: []string{
				`authorization: aws_api_gateway_method.api_submit_options: authorization is "NONE"; set it to "AWS_IAM", "COGNITO_USER_POOLS" or "CUSTOM"`,
				`cors: aws_api_gateway_method.api_submit_options: OPTIONS has no MOCK integration; answer it in API Gateway`,
				`fail-closed: aws_api_gateway_integration_response.api_submit_options_204-mapping: answers with 204 when no other pattern matches; set its selection_pattern, such as "200"`,
			},
		},
		{
			name:    "OPTIONS known only after an apply",
			changes: []change{authorize, set(mock, "${var.type}", "type")},
			private: true,
			want: []string{
				`authorization: aws_api_gateway_method.api_submit_options: authorization is "NONE"; set it to "AWS_IAM", "COGNITO_USER_POOLS" or "CUSTOM"`,
				`cors: aws_api_gateway_method.api_submit_options: OPTIONS has no MOCK integration; answer it in API Gateway`,
				`fail-closed: aws_api_gateway_integration.api_submit_options_integration: type is "${var.type}", whose value is known only after an apply; write the value itself`,
				`fail-closed: aws_api_gateway_integration_response.api_submit_options_204-mapping: answers with 204 when no other pattern matches; set its selection_pattern, such as "200"`,
			},
		},
		{
			name:    "OPTIONS without an integration",
			changes: []change{authorize, drop(mock)},
			private: true,
			want: []string{
				`authorization: aws_api_gateway_method.api_submit_options: authorization is "NONE"; set it to "AWS_IAM", "COGNITO_USER_POOLS" or "CUSTOM"`,
				`cors: aws_api_gateway_method.api_submit_options: OPTIONS has no MOCK integration; answer it in API Gateway`,
				`fail-closed: aws_api_gateway_integration_response.api_submit_options_204-mapping: answers with 204 when no other pattern matches; set its selection_pattern, such as "200"`,
			},
		},
	})
}
