package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"cdk.tf/go/ingest/policy"
)

// trusted is the trust of a role that API Gateway can assume.
const trusted = `"{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\",\"Principal\":{\"Service\":\"apigateway.amazonaws.com\"}}]}"`

// elsewhere is what a breach says of a resource that names a part of the stream.
func elsewhere(address, part, what string) []string {
	return []string{`readable: ` + address + `: refers to ` + part + `, and no rule reads what it does with ` + what +
		`; let events in only through a method of a REST API of the stack, whose authorization the rules read`}
}

// A resource that no rule reads could let anybody write to the stream, so it may not name the stream or a role that writes.
func TestOtherDoors(t *testing.T) {
	const (
		stream = "aws_kinesis_stream.stream"
		api    = `"api_id": "x", "integration_type": "AWS_PROXY"`
	)
	var (
		private    = set(post, "AWS_IAM", "authorization")
		writes     = `: writes to a stream from an API that no rule reads; declare a REST API`
		unread     = `: declares resources that no rule reads; declare what it declares as resources of the stack`
		unreadBody = `: body declares methods that no rule reads; declare each method as a resource`
	)
	door := func(name, address, body string, want ...string) breaking {
		return breaking{name: name, private: true, changes: []change{private, add(address, body)}, want: want}
	}
	attaching := func(name, address, body string) breaking {
		return breaking{
			name: name, private: true, want: elsewhere("aws_apigatewayv2_integration.x", "aws_iam_role.x", "the rights of the role"),
			changes: []change{
				private,
				add("aws_iam_role.x", `{"name": "x", "assume_role_policy": `+trusted+`}`),
				add("aws_iam_policy.x", `{"policy": "{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"kinesis:PutRecord\",\"Resource\":\"arn:aws:kinesis:us-east-1:123456789012:stream/s\"}]}"}`),
				add(address, body),
				add("aws_apigatewayv2_integration.x", `{"credentials_arn": "${aws_iam_role.x.arn}"}`),
			},
		}
	}
	var tests []breaking
	for _, typ := range []string{
		"cloudformation_stack_instances", "cloudformation_stack_set", "cloudformation_stack_set_instance",
		"serverlessapplicationrepository_cloudformation_stack", "servicecatalog_provisioned_product",
	} {
		tests = append(tests, door(typ, "aws_"+typ+".x", `{"name": "x"}`, `readable: aws_`+typ+`.x`+unread))
	}
	check(t, append(tests, []breaking{
		door("an HTTP API in a text", "aws_apigatewayv2_api.x", `{"name": "x", "protocol_type": "HTTP", "body": "{\"openapi\": \"3.0.1\"}"}`,
			`readable: aws_apigatewayv2_api.x`+unreadBody),
		door("an HTTP API in a text that names the role", "aws_apigatewayv2_api.x", `{"body": "{\"credentials\": \"${aws_iam_role.submit-role.arn}\"}"}`,
			`readable: aws_apigatewayv2_api.x`+unreadBody, elsewhere("aws_apigatewayv2_api.x", submitRole, "the rights of the role")[0]),
		door("a REST API in a text", "aws_api_gateway_rest_api_put.x", `{"rest_api_id": "${aws_api_gateway_rest_api.api.id}", "body": "{}"}`,
			`readable: aws_api_gateway_rest_api_put.x`+unread),
		door("CloudFormation", "aws_cloudformation_stack.x", `{"template_url": "https://example.com"}`, `readable: aws_cloudformation_stack.x`+unread),
		door("Cloud Control", "aws_cloudcontrolapi_resource.x", `{"type_name": "AWS::ApiGatewayV2::Api"}`, `readable: aws_cloudcontrolapi_resource.x`+unread),
		door("another provider", "awscc_apigatewayv2_api.x", `{}`,
			`readable: awscc_apigatewayv2_api.x: is of the provider awscc, whose types no rule reads; declare it with the provider aws`),
		door("a command", "null_resource.x", `{"provisioner": [{"local-exec": {"command": "true"}}]}`,
			`readable: null_resource.x: provisioner runs commands that no rule reads; leave it out`),
		door("a command at each plan", "data.external.x", `{"program": ["true"]}`,
			`readable: data.external.x: runs a command that no rule reads; leave it out, and write its result itself`),
		door("a subtype in lower case", "aws_apigatewayv2_integration.x", `{`+api+`, "integration_subtype": "kinesis-PutRecord"}`,
			`readable: aws_apigatewayv2_integration.x`+writes),
		door("a WebSocket API", "aws_apigatewayv2_integration.x", `{"integration_type": "AWS", "integration_uri": "arn:aws:apigateway:us-east-1:kinesis:action/PutRecord"}`,
			`readable: aws_apigatewayv2_integration.x`+writes),
		door("a subtype by reference", "aws_apigatewayv2_integration.x", `{`+api+`, "integration_subtype": "${var.subtype}"}`,
			`readable: aws_apigatewayv2_integration.x: integration_subtype is "${var.subtype}", whose value is known only after an apply; write the value itself`),
		door("an address by an expression", "aws_apigatewayv2_integration.x", `{"integration_uri": "${join(\":\", var.uri)}"}`,
			`readable: aws_apigatewayv2_integration.x: integration_uri is "${join(\":\", var.uri)}", whose value is known only after an apply; write the value itself`),
		door("an HTTP API as the role", "aws_apigatewayv2_integration.x", `{"integration_uri": "arn:aws:apigateway:us-east-1:s3:path/b", "credentials_arn": "${aws_iam_role.submit-role.arn}"}`,
			elsewhere("aws_apigatewayv2_integration.x", submitRole, "the rights of the role")...),
		door("an HTTP API as the role of Firehose", "aws_apigatewayv2_integration.x", `{"credentials_arn": "${aws_iam_role.delivery-role.arn}"}`,
			elsewhere("aws_apigatewayv2_integration.x", deliveryRole, "the rights of the role")...),
		door("a role by its ARN", "aws_appsync_datasource.x", `{"service_role_arn": "arn:aws:iam::123456789012:role/api-kinesis-submit-option-none"}`,
			elsewhere("aws_appsync_datasource.x", submitRole, "the rights of the role")...),
		door("an event bus", "aws_cloudwatch_event_target.x", `{"arn": "${aws_kinesis_stream.stream.arn}", "role_arn": "arn:aws:iam::123456789012:role/x"}`,
			elsewhere("aws_cloudwatch_event_target.x", stream, "the stream")...),
		door("a pipe into the stream", "aws_pipes_pipe.x", `{"source": "arn:aws:sqs:us-east-1:123456789012:q", "target": "${aws_kinesis_stream.stream.arn}"}`,
			elsewhere("aws_pipes_pipe.x", stream, "the stream")...),
		door("a schedule, in a composed text", "aws_scheduler_schedule.x", `{"target": [{"arn": "${join(\"\", [aws_kinesis_stream.stream.arn])}"}]}`,
			elsewhere("aws_scheduler_schedule.x", stream, "the stream")...),
		door("a rule of things, by the stream's name", "aws_iot_topic_rule.x", `{"kinesis": {"stream_name": "api-kinesis-stream-option-none"}}`,
			elsewhere("aws_iot_topic_rule.x", stream, "the stream")...),
		door("a state machine, by the stream's name", "aws_sfn_state_machine.x", `{"definition": "{\"StreamName\": \"api-kinesis-stream-option-none\"}"}`,
			elsewhere("aws_sfn_state_machine.x", stream, "the stream")...),
		door("an event bus, by the stream's ARN", "aws_cloudwatch_event_target.x", `{"arn": "arn:aws:kinesis:us-east-1:123456789012:stream/api-kinesis-stream-option-none"}`,
			elsewhere("aws_cloudwatch_event_target.x", stream, "the stream")...),
		{
			name: "through a local value and another resource", private: true,
			changes: []change{
				private,
				func(_ *testing.T, root map[string]any) {
					root["locals"] = map[string]any{"target": "${aws_ssm_parameter.p.value}"}
				},
				add("aws_ssm_parameter.p", `{"value": "${aws_kinesis_stream.stream.arn}"}`),
				add("aws_cloudwatch_event_target.x", `{"arn": "${local.target}"}`),
			},
			want: elsewhere("aws_cloudwatch_event_target.x", stream, "the stream"),
		},
		attaching("by a list of roles", "aws_iam_policy_attachment.x", `{"roles": ["${aws_iam_role.x.id}"], "policy_arn": "${aws_iam_policy.x.arn}"}`),
		attaching("by a list of policies", "aws_iam_role_policy_attachments_exclusive.x", `{"role_name": "${aws_iam_role.x.name}", "policy_arns": ["${aws_iam_policy.x.arn}"]}`),
		attaching("by its own list", "aws_iam_role.x", `{"name": "x", "managed_policy_arns": ["${aws_iam_policy.x.arn}"], "assume_role_policy": `+trusted+`}`),
		attaching("by an attachment", "aws_iam_role_policy_attachment.x", `{"role": "${aws_iam_role.x.name}", "policy_arn": "${aws_iam_policy.x.arn}"}`),
	}...))
}

// A role does not write because another one has a policy that writes, or because it writes to a bucket that no event is in.
func TestARoleThatReadsIsNoDoor(t *testing.T) {
	const statement = `"{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"ACTION\",\"Resource\":\"arn:aws:kinesis:us-east-1:123456789012:stream/s\"}]}"`
	stack := good(t,
		add("aws_iam_role.reads", `{"name": "reads", "assume_role_policy": `+trusted+`}`),
		add("aws_iam_policy.reads", `{"policy": `+strings.Replace(statement, "ACTION", "kinesis:GetRecords", 1)+`}`),
		add("aws_iam_role_policy.denies", `{"role": "${aws_iam_role.reads.name}", "policy": `+strings.NewReplacer("Allow", "Deny", "ACTION", "kinesis:PutRecord").Replace(statement)+`}`),
		add("aws_iam_role_policy.elsewhere", `{"role": "${aws_iam_role.reads.name}", "policy": "{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:PutObject\",\"Resource\":\"arn:aws:s3:::elsewhere/object\"}]}"}`),
		add("aws_iam_policy.writes", `{"policy": `+strings.Replace(statement, "ACTION", "kinesis:PutRecord", 1)+`}`),
		add("aws_iam_policy_attachment.reads", `{"roles": ["${aws_iam_role.reads.name}"], "policy_arn": "${aws_iam_policy.reads.arn}"}`),
		add("aws_iam_role_policy_attachment.writes", `{"role": "${aws_iam_role.submit-role.name}", "policy_arn": "${aws_iam_policy.writes.arn}"}`),
		add("aws_apigatewayv2_integration.x", `{"credentials_arn": "${aws_iam_role.reads.arn}"}`),
	)
	if err := policy.Check(stack, policy.Expect{Public: true}); err != nil {
		t.Error(err)
	}
}

// What reads the stream, and what has nothing to do with it, is no door.
func TestNoDoors(t *testing.T) {
	for address, body := range map[string]string{
		"aws_apigatewayv2_api.x":            `{"protocol_type": "HTTP", "target": "https://example.com"}`,
		"aws_apigatewayv2_integration.x":    `{"integration_type": "AWS_PROXY", "integration_uri": "${aws_s3_bucket.bucket.arn}"}`,
		"aws_cloudwatch_event_target.x":     `{"arn": "arn:aws:kinesis:us-east-1:123456789012:stream/api-kinesis-stream-option-none-2"}`,
		"aws_kinesis_stream_consumer.x":     `{"stream_arn": "${aws_kinesis_stream.stream.arn}"}`,
		"aws_lambda_event_source_mapping.x": `{"event_source_arn": "${aws_kinesis_stream.stream.arn}"}`,
		"aws_pipes_pipe.x":                  `{"source": "${aws_kinesis_stream.stream.arn}", "depends_on": ["aws_kinesis_stream.stream"]}`,
		"aws_sqs_queue.x":                   `{"name": "api-kinesis-stream-option-none"}`,
		"aws_ssm_parameter.x":               `{"value": "${aws_kinesis_stream.stream.name}"}`,
	} {
		if err := policy.Check(good(t, add(address, body)), policy.Expect{Public: true}); err != nil {
			t.Error(fmt.Errorf("%s: %w", address, err))
		}
	}
	circle := func(_ *testing.T, root map[string]any) {
		root["locals"] = map[string]any{"a": "${local.b}", "b": "${local.a}"}
	}
	if err := policy.Check(good(t, circle, add("aws_sqs_queue.x", `{"name": "${local.a}"}`)), policy.Expect{Public: true}); err != nil {
		t.Errorf("local values in a circle: %v", err)
	}
}
