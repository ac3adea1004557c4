package policy_test

import (
	"fmt"
	"testing"
)

// A role with an unreadable policy lacks its permissions, so each of these breaches the rule flow too.
const unread = "least-privilege: aws_iam_role_policy.submit-role_put-record: policy cannot be read: %s; " +
	"write it as one JSON document, in which names and ARNs of the stack are the only references"

const unwritten = "flow: aws_iam_role.submit-role: is not allowed kinesis:PutRecord on ${aws_kinesis_stream.stream.arn}, " +
	"which aws_api_gateway_integration.api_submit_post_integration needs; allow it in an inline policy, without conditions"

func TestDocuments(t *testing.T) {
	var tests []breaking
	for _, test := range []struct {
		name    string
		policy  any
		problem string
	}{
		{"no document", nil, `it is not text`},
		{"an object for text", map[string]any{"Statement": []any{}}, `it is not text`},
		{"an expression", `${jsonencode({Statement = []})}`, `"jsonencode({Statement = []})" is an expression`},
		{"a data source's document", `${data.aws_iam_policy_document.x.json}`,
			`${data.aws_iam_policy_document.x.json} is not a name or an ARN of the stack`},
		{"no JSON", `{"Statement": [}`, `not JSON: invalid character '}' looking for beginning of value`},
		{"a list", `[]`, `it is not a JSON object`},
		{"an element twice", `{"Statement": [], "Statement": [{"Effect":"Allow"}]}`, `an object holds the name "Statement" twice`},
		{"an element that IAM does not know", `{"Statements": []}`, `"Statements" is an unknown element`},
		{"statements that are none", `{"Statement": "x"}`, `"Statement" is a string; it must be an object or a list of objects`},
		{"a statement's element that IAM does not know", `{"Statement": [{"Effect":"Deny"},{"Effect":"Allow","action":"*"}]}`,
			`statement 2: "action" is an unknown element`},
		{"no effect", `{"Statement": {"Action":"*"}}`, `statement 1: "Effect" is neither Allow nor Deny`},
		{"an action that is no text", `{"Statement": {"Effect":"Allow","Action":[{}]}}`,
			`statement 1: "Action" contains something other than text`},
		{"a resource that is no text", `{"Statement": {"Effect":"Allow","Resource":{}}}`,
			`statement 1: "Resource" contains something other than text`},
		{"a principal that is no text", `{"Statement": {"Effect":"Allow","Principal":{"AWS":[null]}}}`,
			`statement 1: "AWS" contains something other than text`},
		{"principals in a list", `{"Statement": {"Effect":"Allow","Principal":[[]]}}`,
			`statement 1: "*" contains something other than text`},
		{"a condition that is no object", `{"Statement": {"Effect":"Allow","Condition":"x"}}`,
			`statement 1: "Condition" is not an object`},
		{"an operator that is no object", `{"Statement": {"Effect":"Allow","Condition":{"Bool":"x"}}}`,
			`statement 1: "Bool" is not an object`},
		{"a condition's value that is no text", `{"Statement": {"Effect":"Allow","Condition":{"Bool":{"x":{}}}}}`,
			`statement 1: "x" contains something other than text`},
		{"a policy variable", `{"Statement": {"Effect":"Allow","Resource":"arn:aws:s3:::x/$${aws:username}"}}`,
			`it contains a policy variable or a \u escape`},
		{"an escape that hides one", `{"Statement": {"Effect":"Allow","Resource":"\u0024{aws_kinesis_stream.stream.arn}"}}`,
			`it contains a policy variable or a \u escape`},
		{"a resource that is not in the stack", `{"Statement": {"Effect":"Allow","Resource":"${aws_kinesis_stream.gone.arn}"}}`,
			`${aws_kinesis_stream.gone.arn} is not a name or an ARN of the stack`},
		{"an attribute that names nothing", `{"Statement": {"Effect":"Allow","Resource":"${aws_iam_role.submit-role.description}"}}`,
			`${aws_iam_role.submit-role.description} is not a name or an ARN of the stack`},
		{"a data source that names nothing", `{"Statement": {"Effect":"Allow","Resource":"${data.aws_region.current.description}"}}`,
			`${data.aws_region.current.description} is not a name or an ARN of the stack`},
	} {
		tests = append(tests, breaking{
			name:    test.name,
			changes: []change{set(putRecord, test.policy, "policy")},
			want:    []string{fmt.Sprintf(unread, test.problem), unwritten},
		})
	}
	check(t, tests)
	check(t, []breaking{
		{
			name:    "no template",
			changes: []change{set(putRecord, "${", "policy")},
			want: []string{
				`readable: aws_iam_role_policy.submit-role_put-record: "${" is not a Terraform template: Missing expression; write it out`,
				fmt.Sprintf(unread, `"${" is not a Terraform template: Missing expression`),
				unwritten,
			},
		},
		{
			name: "a name that holds a wildcard",
			changes: []change{
				set(putRecord, `{"Statement": {"Effect":"Allow","Resource":"${aws_cloudwatch_log_group.any.name}"}}`, "policy"),
				add("aws_cloudwatch_log_group.any", `{"name": "*", "retention_in_days": 1}`),
			},
			want: []string{
				fmt.Sprintf(unread, "${aws_cloudwatch_log_group.any.name} is not a name or an ARN of the stack"),
				unwritten,
			},
		},
	})
}
