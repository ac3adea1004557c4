package policy_test

import "testing"

const (
	methods     = "method.response.header.Access-Control-Allow-Methods"
	headers     = "method.response.header.Access-Control-Allow-Headers"
	credentials = "method.response.header.Access-Control-Allow-Credentials"
	gateway     = "gatewayresponse.header.Access-Control-Allow-Origin"
)

// overriding removes the fixed origin from the answer to an accepted event and puts text before its template.
func overriding(text string) []change {
	return []change{
		unset(accepted, "response_parameters", origin),
		edit(accepted, "## Without", text+"## Without", "response_templates", "application/json"),
	}
}

func TestPreflights(t *testing.T) {
	check(t, []breaking{
		{
			name: "no preflight",
			changes: []change{
				drop(options, mock, preflight, "aws_api_gateway_method_response.api_submit_options_204"),
			},
			want: []string{
				`cors: aws_api_gateway_resource.api_submit: has methods and no OPTIONS; declare OPTIONS with a MOCK integration`,
			},
		},
		{
			name:    "a preflight that requires credentials",
			changes: []change{set(options, "AWS_IAM", "authorization")},
			want: []string{
				`cors: aws_api_gateway_method.api_submit_options: authorization is "AWS_IAM"; set it to "NONE"`,
			},
		},
		{
			name:    "a preflight that requires a key",
			changes: []change{set(options, true, "api_key_required")},
			want: []string{
				`cors: aws_api_gateway_method.api_submit_options: api_key_required is "true"; leave it out or set it to "false"`,
			},
		},
		{
			name:    "a preflight that is not a mock",
			changes: []change{set(mock, "HTTP", "type")},
			want: []string{
				`cors: aws_api_gateway_method.api_submit_options: OPTIONS has no MOCK integration; answer it in API Gateway`,
				`fail-closed: aws_api_gateway_integration_response.api_submit_options_204-mapping: answers with 204 when no other pattern matches; set its selection_pattern, such as "200"`,
			},
		},
		{
			name:    "a preflight without an answer",
			changes: []change{drop(preflight)},
			want: []string{
				`cors: aws_api_gateway_method.api_submit_options: has no integration response to set Access-Control-Allow-Origin in; declare one`,
			},
		},
		{
			name:    "a preflight that fails",
			changes: []change{set(preflight, "403", "status_code")},
			want: []string{
				`cors: aws_api_gateway_integration_response.api_submit_options_204-mapping: answers OPTIONS with status "403"; answer with one from 200 to 299`,
			},
		},
		{
			name:    "a preflight known only after an apply",
			changes: []change{set(preflight, "${var.status}", "status_code")},
			want: []string{
				`cors: aws_api_gateway_integration_response.api_submit_options_204-mapping: status_code is "${var.status}", whose value is known only after an apply; write the value itself`,
			},
		},
		{
			name:    "a preflight without an origin",
			changes: []change{unset(preflight, "response_parameters", origin)},
			want: []string{
				`cors: aws_api_gateway_integration_response.api_submit_options_204-mapping: does not always set Access-Control-Allow-Origin to a known value; set it to an origin in single quotes, or in every response template`,
			},
		},
		{
			name:    "a preflight without methods",
			changes: []change{unset(preflight, "response_parameters", methods)},
			want: []string{
				`cors: aws_api_gateway_integration_response.api_submit_options_204-mapping: Access-Control-Allow-Methods has no POST; add it, inside the same single quotes`,
			},
		},
		{
			name:    "a preflight without the method",
			changes: []change{set(preflight, "'GET, OPTIONS'", "response_parameters", methods)},
			want: []string{
				`cors: aws_api_gateway_integration_response.api_submit_options_204-mapping: Access-Control-Allow-Methods has no POST; add it, inside the same single quotes`,
			},
		},
		{
			name: "a preflight of every method, with credentials",
			changes: []change{
				set(preflight, "'*'", "response_parameters", methods),
				set(preflight, "'https://app.example.com'", "response_parameters", origin),
				set(preflight, "'true'", "response_parameters", credentials),
			},
			want: []string{
				`cors: aws_api_gateway_integration_response.api_submit_options_204-mapping: Access-Control-Allow-Methods has no POST; add it, inside the same single quotes`,
			},
		},
		{
			name:    "a preflight without headers",
			changes: []change{unset(preflight, "response_parameters", headers)},
			want: []string{
				`cors: aws_api_gateway_integration_response.api_submit_options_204-mapping: Access-Control-Allow-Headers is not set; set it to the headers that a page may send, in single quotes`,
			},
		},
		{
			name:    "a preflight with no header",
			changes: []change{set(preflight, "''", "response_parameters", headers)},
			want: []string{
				`cors: aws_api_gateway_integration_response.api_submit_options_204-mapping: Access-Control-Allow-Headers is not set; set it to the headers that a page may send, in single quotes`,
			},
		},
		{
			name:    "a preflight without anything",
			changes: []change{unset(preflight, "response_parameters")},
			want: []string{
				`cors: aws_api_gateway_integration_response.api_submit_options_204-mapping: does not always set Access-Control-Allow-Origin to a known value; set it to an origin in single quotes, or in every response template`,
				`cors: aws_api_gateway_integration_response.api_submit_options_204-mapping: Access-Control-Allow-Headers is not set; set it to the headers that a page may send, in single quotes`,
				`cors: aws_api_gateway_integration_response.api_submit_options_204-mapping: Access-Control-Allow-Methods has no POST; add it, inside the same single quotes`,
			},
		},
	})
}

func TestOrigins(t *testing.T) {
	check(t, []breaking{
		{
			name:    "an answer without an origin",
			changes: []change{unset(accepted, "response_parameters", origin)},
			want: []string{
				`cors: aws_api_gateway_integration_response.api_submit_post_200-mapping: does not always set Access-Control-Allow-Origin to a known value; set it to an origin in single quotes, or in every response template`,
			},
		},
		{
			name:    "an answer with an origin known only after an apply",
			changes: []change{set(accepted, "'${var.origin}'", "response_parameters", origin)},
			want: []string{
				`cors: aws_api_gateway_integration_response.api_submit_post_200-mapping: does not always set Access-Control-Allow-Origin to a known value; set it to an origin in single quotes, or in every response template`,
			},
		},
		{
			name:    "an answer with an origin in half of its quotes",
			changes: []change{set(accepted, "*'", "response_parameters", origin)},
			want: []string{
				`cors: aws_api_gateway_integration_response.api_submit_post_200-mapping: does not always set Access-Control-Allow-Origin to a known value; set it to an origin in single quotes, or in every response template`,
			},
		},
		{
			name:    "an answer with an origin in the other half",
			changes: []change{set(accepted, "'*", "response_parameters", origin)},
			want: []string{
				`cors: aws_api_gateway_integration_response.api_submit_post_200-mapping: does not always set Access-Control-Allow-Origin to a known value; set it to an origin in single quotes, or in every response template`,
			},
		},
		{
			name:    "an answer with the backend's origin",
			changes: []change{set(accepted, "integration.response.header.Origin", "response_parameters", origin)},
			want: []string{
				`cors: aws_api_gateway_integration_response.api_submit_post_200-mapping: does not always set Access-Control-Allow-Origin to a known value; set it to an origin in single quotes, or in every response template`,
			},
		},
		{
			name:    "an answer with the request's origin, which an integration's answer cannot have",
			changes: []change{set(accepted, "method.request.header.origin", "response_parameters", origin)},
			want: []string{
				`cors: aws_api_gateway_integration_response.api_submit_post_200-mapping: does not always set Access-Control-Allow-Origin to a known value; set it to an origin in single quotes, or in every response template`,
			},
		},
		{
			name:    "an origin in a comment",
			changes: overriding("##" + echo),
			want: []string{
				`cors: aws_api_gateway_integration_response.api_submit_post_200-mapping: does not always set Access-Control-Allow-Origin to a known value; set it to an origin in single quotes, or in every response template`,
			},
		},
		{
			name:    "an origin in a long comment",
			changes: overriding("#*\n" + echo + "*#"),
			want: []string{
				`cors: aws_api_gateway_integration_response.api_submit_post_200-mapping: does not always set Access-Control-Allow-Origin to a known value; set it to an origin in single quotes, or in every response template`,
			},
		},
		{
			name:    "another header",
			changes: overriding("#set($context.responseOverride.header.Vary = \"Origin\")\n"),
			want: []string{
				`cors: aws_api_gateway_integration_response.api_submit_post_200-mapping: does not always set Access-Control-Allow-Origin to a known value; set it to an origin in single quotes, or in every response template`,
			},
		},
		{
			name: "an origin in one of two templates",
			changes: append(overriding(echo),
				set(accepted, "{}", "response_templates", "text/plain")),
			want: []string{
				`cors: aws_api_gateway_integration_response.api_submit_post_200-mapping: does not always set Access-Control-Allow-Origin to a known value; set it to an origin in single quotes, or in every response template`,
			},
		},
		{
			name:    "no answer",
			changes: []change{drop(accepted, failed, "aws_api_gateway_integration_response.api_submit_post_400-mapping")},
			want: []string{
				`cors: aws_api_gateway_method.api_submit_post: has no integration response to set Access-Control-Allow-Origin in; declare one`,
			},
		},
		{
			name:    "every origin with credentials",
			changes: []change{set(accepted, "'true'", "response_parameters", credentials)},
			want: []string{
				`cors: aws_api_gateway_integration_response.api_submit_post_200-mapping: Access-Control-Allow-Credentials is set together with the origin "*"; leave it out or name the origins: browsers refuse the two together`,
			},
		},
		{
			name:    "every origin with credentials from the backend",
			changes: []change{set(accepted, "integration.response.header.X", "response_parameters", credentials)},
			want: []string{
				`cors: aws_api_gateway_integration_response.api_submit_post_200-mapping: Access-Control-Allow-Credentials is set together with the origin "*"; leave it out or name the origins: browsers refuse the two together`,
			},
		},
		{
			name: "every origin with credentials, by a template",
			changes: overriding("#set($context.responseOverride.header.Access-Control-Allow-Origin = \"*\")\n" +
				"#set( $context.responseOverride.header.access-control-allow-credentials = 'true' )\n"),
			want: []string{
				`cors: aws_api_gateway_integration_response.api_submit_post_200-mapping: Access-Control-Allow-Credentials is set together with the origin "*"; leave it out or name the origins: browsers refuse the two together`,
			},
		},
	})
}

func TestGatewayResponses(t *testing.T) {
	check(t, []breaking{
		{
			name:    "no defaults",
			changes: []change{drop("aws_api_gateway_gateway_response.api_default-4xx", "aws_api_gateway_gateway_response.api_default-5xx")},
			want: []string{
				`cors: aws_api_gateway_rest_api.api: has no gateway response DEFAULT_4XX; declare one that sets Access-Control-Allow-Origin`,
				`cors: aws_api_gateway_rest_api.api: has no gateway response DEFAULT_5XX; declare one that sets Access-Control-Allow-Origin`,
			},
		},
		{
			name:    "a type known only after an apply",
			changes: []change{set("aws_api_gateway_gateway_response.api_default-5xx", "${var.type}", "response_type")},
			want: []string{
				`cors: aws_api_gateway_gateway_response.api_default-5xx: response_type is "${var.type}", whose value is known only after an apply; write the value itself`,
				`cors: aws_api_gateway_rest_api.api: has no gateway response DEFAULT_5XX; declare one that sets Access-Control-Allow-Origin`,
			},
		},
		{
			name:    "no origin",
			changes: []change{unset(throttled, "response_parameters", gateway)},
			want: []string{
				`cors: aws_api_gateway_gateway_response.api_throttled: does not always set Access-Control-Allow-Origin to a known value; set it to an origin in single quotes, or to method.request.header.origin`,
			},
		},
		{
			name:    "an origin in a spelling that no browser uses over HTTP/2",
			changes: []change{set(throttled, "method.request.header.Origin", "response_parameters", gateway)},
			want: []string{
				`cors: aws_api_gateway_gateway_response.api_throttled: does not always set Access-Control-Allow-Origin to a known value; set it to an origin in single quotes, or to method.request.header.origin`,
			},
		},
		{
			name:    "no parameters",
			changes: []change{unset(throttled, "response_parameters")},
			want: []string{
				`cors: aws_api_gateway_gateway_response.api_throttled: does not always set Access-Control-Allow-Origin to a known value; set it to an origin in single quotes, or to method.request.header.origin`,
			},
		},
		{
			name: "an origin by a template, which does not run there",
			changes: []change{
				unset(throttled, "response_parameters", gateway),
				set(throttled, echo, "response_templates", "application/json"),
			},
			want: []string{
				`cors: aws_api_gateway_gateway_response.api_throttled: does not always set Access-Control-Allow-Origin to a known value; set it to an origin in single quotes, or to method.request.header.origin`,
			},
		},
		{
			name:    "every origin with credentials",
			changes: []change{set(throttled, "'true'", "response_parameters", "gatewayresponse.header.Access-Control-Allow-Credentials")},
			want: []string{
				`cors: aws_api_gateway_gateway_response.api_throttled: Access-Control-Allow-Credentials is set together with the origin "*"; leave it out or name the origins: browsers refuse the two together`,
			},
		},
	})
}
