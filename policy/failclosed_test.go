package policy_test

import "testing"

func TestFailClosed(t *testing.T) {
	const refused = "aws_api_gateway_integration_response.api_submit_post_400-mapping"
	check(t, []breaking{
		{
			name:    "bodies passed through",
			changes: []change{set(submit, "WHEN_NO_MATCH", "passthrough_behavior")},
			want: []string{
				`fail-closed: aws_api_gateway_integration.api_submit_post_integration: passthrough_behavior is "WHEN_NO_MATCH"; set it to "NEVER"`,
			},
		},
		{
			name:    "bodies passed through by default",
			changes: []change{unset(submit, "passthrough_behavior")},
			want: []string{
				`fail-closed: aws_api_gateway_integration.api_submit_post_integration: passthrough_behavior is not set; set it to "NEVER"`,
			},
		},
		{
			name:    "a content type that is mapped and not validated",
			changes: []change{set(submit, "${aws_kinesis_stream.stream.name}", "request_templates", "text/plain")},
			want: []string{
				`fail-closed: aws_api_gateway_method.api_submit_post: request_models has no "text/plain", which aws_api_gateway_integration.api_submit_post_integration maps; name a model for it, or API Gateway checks no body of that content type`,
			},
		},
		{
			name:    "NDJSON, which no model reads, is no exception for another type",
			changes: []change{set(submit, "${aws_kinesis_stream.stream.name}", "request_templates", "application/x-ndjson+json")},
			want: []string{
				`fail-closed: aws_api_gateway_method.api_submit_post: request_models has no "application/x-ndjson+json", which aws_api_gateway_integration.api_submit_post_integration maps; name a model for it, or API Gateway checks no body of that content type`,
			},
		},
		{
			name:    "API Gateway's own model, which lets anything pass",
			changes: []change{set(post, "Empty", "request_models", "application/json")},
			want: []string{
				`fail-closed: aws_api_gateway_method.api_submit_post: request_models has "Empty" for "application/json", which is no model of the stack; name one: API Gateway's own model Empty lets any body pass`,
			},
		},
		{
			name:    "no validator",
			changes: []change{unset(post, "request_validator_id")},
			want: []string{
				`fail-closed: aws_api_gateway_method.api_submit_post: request_validator_id refers to no request validator of the stack; refer to the id of one`,
			},
		},
		{
			name:    "a validator of parameters alone",
			changes: []change{set("aws_api_gateway_request_validator.api_body", false, "validate_request_body")},
			want: []string{
				`fail-closed: aws_api_gateway_request_validator.api_body: validate_request_body is "false"; set it to "true"`,
			},
		},
		{
			name:    "a type known only after an apply",
			changes: []change{set(submit, "${var.type}", "type")},
			want: []string{
				`flow: aws_api_gateway_integration.api_submit_post_integration: writes to no stream, and aws_api_gateway_method.api_submit_post answers a success; call PutRecord or PutRecords of Kinesis, with the type AWS, or use the verb GET for what takes no event`,
				`flow: aws_kinesis_firehose_delivery_stream.delivery: reads aws_kinesis_stream.stream, which no integration of the API writes; read the stream that the API writes`,
				`fail-closed: aws_api_gateway_integration.api_submit_post_integration: type is "${var.type}", whose value is known only after an apply; write the value itself`,
			},
		},
		{
			name:    "a proxy",
			changes: []change{set(mock, "AWS_PROXY", "type")},
			want: []string{
				`cors: aws_api_gateway_method.api_submit_options: OPTIONS has no MOCK integration; answer it in API Gateway`,
				`fail-closed: aws_api_gateway_integration.api_submit_options_integration: type is "AWS_PROXY"; set it to "AWS", "HTTP" or "MOCK"`,
				`fail-closed: aws_api_gateway_integration_response.api_submit_options_204-mapping: answers with 204 when no other pattern matches; set its selection_pattern, such as "200"`,
			},
		},
		{
			name:    "success for everything else",
			changes: []change{unset(accepted, "selection_pattern")},
			want: []string{
				`fail-closed: aws_api_gateway_integration_response.api_submit_post_200-mapping: answers with 200 when no other pattern matches; set its selection_pattern, such as "200"`,
			},
		},
		{
			name:    "success for everything else, by an empty pattern",
			changes: []change{set(accepted, "", "selection_pattern")},
			want: []string{
				`fail-closed: aws_api_gateway_integration_response.api_submit_post_200-mapping: answers with 200 when no other pattern matches; set its selection_pattern, such as "200"`,
			},
		},
		{
			name:    "success for everything",
			changes: []change{set(accepted, ".*", "selection_pattern")},
			want: []string{
				`fail-closed: aws_api_gateway_integration_response.api_submit_post_200-mapping: selection_pattern ".*" answers 300 with 200; match successes only, such as "200"`,
			},
		},
		{
			name:    "success for a failure",
			changes: []change{set(accepted, `2\d{2}|503`, "selection_pattern")},
			want: []string{
				`fail-closed: aws_api_gateway_integration_response.api_submit_post_200-mapping: selection_pattern "2\\d{2}|503" answers 503 with 200; match successes only, such as "200"`,
			},
		},
		{
			name:    "success for the last status of a failure",
			changes: []change{set(accepted, `2\d{2}|599`, "selection_pattern")},
			want: []string{
				`fail-closed: aws_api_gateway_integration_response.api_submit_post_200-mapping: selection_pattern "2\\d{2}|599" answers 599 with 200; match successes only, such as "200"`,
			},
		},
		{
			name:    "success for an invalid pattern",
			changes: []change{set(accepted, `(?=2)`, "selection_pattern")},
			want: []string{
				`fail-closed: aws_api_gateway_integration_response.api_submit_post_200-mapping: selection_pattern "(?=2)" is not a valid regular expression; write a plain one, such as "200"`,
			},
		},
		{
			name:    "success known only after an apply",
			changes: []change{set(accepted, "${var.pattern}", "selection_pattern")},
			want: []string{
				`fail-closed: aws_api_gateway_integration_response.api_submit_post_200-mapping: selection_pattern is "${var.pattern}", whose value is known only after an apply; write the value itself`,
			},
		},
		{
			name:    "a status known only after an apply",
			changes: []change{set(accepted, "${var.status}", "status_code")},
			want: []string{
				`fail-closed: aws_api_gateway_integration_response.api_submit_post_200-mapping: status_code is "${var.status}", whose value is known only after an apply; write the value itself`,
			},
		},
		{
			name:    "a failure that a template makes a success",
			changes: []change{edit(refused, "status = 429", "status = 200", "response_templates", "application/json")},
			want: []string{
				`fail-closed: aws_api_gateway_integration_response.api_submit_post_400-mapping: a response template sets the status to 200; set one from 400 to 599`,
			},
		},
		{
			name:    "a failure that a template makes anything",
			changes: []change{edit(refused, "status = 429", "status = $status", "response_templates", "application/json")},
			want: []string{
				`fail-closed: aws_api_gateway_integration_response.api_submit_post_400-mapping: a response template sets the status to $status; set one from 400 to 599`,
			},
		},
		{
			name:    "a refusal that is a success",
			changes: []change{set(throttled, "200", "status_code")},
			want: []string{
				`fail-closed: aws_api_gateway_gateway_response.api_throttled: status_code is "200"; leave it out, or use one from 400 to 599`,
			},
		},
		{
			name:    "a refusal known only after an apply",
			changes: []change{set(throttled, "${var.status}", "status_code")},
			want: []string{
				`fail-closed: aws_api_gateway_gateway_response.api_throttled: status_code is "${var.status}", whose value is known only after an apply; write the value itself`,
			},
		},
	})
}

// PutRecords succeeds even if no record is in the stream.
func TestASuccessOfManyEvents(t *testing.T) {
	const mapped = "aws_api_gateway_integration_response.api_submit_batch_post_200-mapping"
	blind := []string{`fail-closed: ` + mapped + `: answers with 200 whatever PutRecords says of each record; let the template read Records or FailedRecordCount, and set the status of a failure`}
	checkFile(t, "option-intake", []breaking{
		{name: "fixed", changes: []change{set(mapped, `{"message": "accepted"}`, "response_templates", "application/json")}, want: blind},
		{name: "by default", changes: []change{unset(mapped, "response_templates")}, want: blind},
		{
			name:    "that tells the count alone",
			changes: []change{set(mapped, `{"failed": $input.json("$.FailedRecordCount")}`, "response_templates", "application/json")},
			want:    blind,
		},
	})
}

func TestOtherWaysToASuccess(t *testing.T) {
	const refused = "aws_api_gateway_integration_response.api_submit_post_400-mapping"
	unknown := []string{`fail-closed: ` + refused + `: a response template uses $context.responseOverride in an unknown way; write #set($context.responseOverride.status = 502), or the like with a header`}
	replaced := func(text string) []change {
		return []change{edit(refused, "#set($context.responseOverride.status = 429)", text, "response_templates", "application/json")}
	}
	check(t, []breaking{
		{name: "another name", changes: replaced(`#set($o = $context.responseOverride)#set($o.status = 200)`), want: unknown},
		{name: "braces", changes: replaced(`#set($${context.responseOverride.status} = 200)`), want: unknown},
		{name: "an index", changes: replaced(`#set($context.responseOverride["status"] = 200)`), want: unknown},
		{name: "a function", changes: replaced(`$context.responseOverride.put("status", 200)`), want: unknown},
		{
			name:    "an answer of another request",
			changes: []change{set(settings, true, "settings", "caching_enabled")},
			want:    []string{`fail-closed: ` + settings + `: settings.caching_enabled is "true"; leave it out or set it to "false"`},
		},
	})
}
