package policy_test

import "testing"

func trust(address, before, after string) []change {
	return []change{edit(address, before, after, "assume_role_policy")}
}

func TestTrust(t *testing.T) {
	check(t, []breaking{
		{
			name:    "an unreadable trust",
			changes: []change{set(submitRole, "${var.trust}", "assume_role_policy")},
			want: []string{
				`trust: aws_iam_role.submit-role: assume_role_policy cannot be read: ${var.trust} is not a name or an ARN of the stack; write it as one JSON document, in which names and ARNs of the stack are the only references`,
				`flow: aws_api_gateway_integration.api_submit_post_integration: credentials refers to aws_iam_role.submit-role, which does not trust apigateway.amazonaws.com; refer to a role that does`,
			},
		},
		{
			name:    "two statements",
			changes: trust(submitRole, `"Statement":[`, `"Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"},`),
			want: []string{
				`trust: aws_iam_role.submit-role: its trust has 2 statements; leave one, which allows sts:AssumeRole`,
				`flow: aws_api_gateway_integration.api_submit_post_integration: credentials refers to aws_iam_role.submit-role, which does not trust apigateway.amazonaws.com; refer to a role that does`,
			},
		},
		{
			name:    "no statement",
			changes: []change{set(submitRole, `{"Statement":[]}`, "assume_role_policy")},
			want: []string{
				`trust: aws_iam_role.submit-role: its trust has 0 statements; leave one, which allows sts:AssumeRole`,
				`flow: aws_api_gateway_integration.api_submit_post_integration: credentials refers to aws_iam_role.submit-role, which does not trust apigateway.amazonaws.com; refer to a role that does`,
			},
		},
		{
			name:    "a denial",
			changes: trust(submitRole, `"Allow"`, `"Deny"`),
			want: []string{
				`trust: aws_iam_role.submit-role: its trust does more than allow sts:AssumeRole; allow that action and nothing else`,
				`flow: aws_api_gateway_integration.api_submit_post_integration: credentials refers to aws_iam_role.submit-role, which does not trust apigateway.amazonaws.com; refer to a role that does`,
			},
		},
		{
			name:    "another action",
			changes: trust(submitRole, `["sts:AssumeRole"]`, `["sts:AssumeRole","sts:TagSession"]`),
			want: []string{
				`trust: aws_iam_role.submit-role: its trust does more than allow sts:AssumeRole; allow that action and nothing else`,
			},
		},
		{
			name:    "all but an action",
			changes: trust(submitRole, `"Action":["sts:AssumeRole"]`, `"Action":"sts:AssumeRole","NotAction":"sts:TagSession"`),
			want: []string{
				`trust: aws_iam_role.submit-role: its trust does more than allow sts:AssumeRole; allow that action and nothing else`,
			},
		},
		{
			name:    "anybody",
			changes: trust(submitRole, `{"Service":"apigateway.amazonaws.com"}`, `"*"`),
			want: []string{
				`trust: aws_iam_role.submit-role: its trust is in "*"; trust one service: apigateway.amazonaws.com or firehose.amazonaws.com`,
				`flow: aws_api_gateway_integration.api_submit_post_integration: credentials refers to aws_iam_role.submit-role, which does not trust apigateway.amazonaws.com; refer to a role that does`,
			},
		},
		{
			name:    "an account",
			changes: trust(submitRole, `{"Service":"apigateway.amazonaws.com"}`, `{"AWS":"arn:aws:iam::123456789012:root"}`),
			want: []string{
				`trust: aws_iam_role.submit-role: its trust is in AWS "arn:aws:iam::123456789012:root"; trust one service: apigateway.amazonaws.com or firehose.amazonaws.com`,
				`flow: aws_api_gateway_integration.api_submit_post_integration: credentials refers to aws_iam_role.submit-role, which does not trust apigateway.amazonaws.com; refer to a role that does`,
			},
		},
		{
			name:    "an account beside the service",
			changes: trust(submitRole, `{"Service":`, `{"AWS":"*","Service":`),
			want: []string{
				`trust: aws_iam_role.submit-role: its trust is in AWS "*", Service "apigateway.amazonaws.com"; trust one service: apigateway.amazonaws.com or firehose.amazonaws.com`,
				`flow: aws_api_gateway_integration.api_submit_post_integration: credentials refers to aws_iam_role.submit-role, which does not trust apigateway.amazonaws.com; refer to a role that does`,
			},
		},
		{
			name:    "a federated principal",
			changes: trust(submitRole, `"Service"`, `"Federated"`),
			want: []string{
				`trust: aws_iam_role.submit-role: its trust is in Federated "apigateway.amazonaws.com"; trust one service: apigateway.amazonaws.com or firehose.amazonaws.com`,
				`flow: aws_api_gateway_integration.api_submit_post_integration: credentials refers to aws_iam_role.submit-role, which does not trust apigateway.amazonaws.com; refer to a role that does`,
			},
		},
		{
			name:    "two services",
			changes: trust(submitRole, `"apigateway.amazonaws.com"`, `["apigateway.amazonaws.com","firehose.amazonaws.com"]`),
			want: []string{
				`trust: aws_iam_role.submit-role: its trust is in Service "apigateway.amazonaws.com", Service "firehose.amazonaws.com"; trust one service: apigateway.amazonaws.com or firehose.amazonaws.com`,
				`flow: aws_api_gateway_integration.api_submit_post_integration: credentials refers to aws_iam_role.submit-role, which does not trust apigateway.amazonaws.com; refer to a role that does`,
			},
		},
		{
			name:    "a service that the pipeline does not use",
			changes: trust("aws_iam_role.logging-role", `apigateway.`, `lambda.`),
			want: []string{
				`least-privilege: aws_iam_role_policy.logging-role_push-logs: policy: statement 1 allows logs:CreateLogGroup, logs:CreateLogStream, logs:DescribeLogGroups, logs:DescribeLogStreams, logs:FilterLogEvents, logs:GetLogEvents, logs:PutLogEvents on "arn:${data.aws_partition.current.partition}:logs:${data.aws_region.current.id}:${data.aws_caller_identity.current.account_id}:*"; name the resource in full: a wildcard is for the objects that Firehose delivers and API Gateway's logging role`,
				`trust: aws_iam_role.logging-role: its trust is in Service "lambda.amazonaws.com"; trust one service: apigateway.amazonaws.com or firehose.amazonaws.com`,
			},
		},
		{
			name:    "nobody",
			changes: trust(submitRole, `"Principal":{"Service":"apigateway.amazonaws.com"},`, ``),
			want: []string{
				`trust: aws_iam_role.submit-role: its trust is in no principal; trust one service: apigateway.amazonaws.com or firehose.amazonaws.com`,
				`flow: aws_api_gateway_integration.api_submit_post_integration: credentials refers to aws_iam_role.submit-role, which does not trust apigateway.amazonaws.com; refer to a role that does`,
			},
		},
		{
			name:    "a condition that API Gateway never meets",
			changes: trust(submitRole, `"Action"`, `"Condition":{"StringEquals":{"AWS:SourceAccount":"${data.aws_caller_identity.current.account_id}"},"ArnLike":{"aws:SourceArn":"arn:aws:execute-api:us-east-1:123456789012:abc"}},"Action"`),
			want: []string{
				`trust: aws_iam_role.submit-role: its trust has a condition on aws:SourceArn; leave it out: API Gateway does not send it, and every call would fail`,
				`trust: aws_iam_role.submit-role: its trust has a condition on AWS:SourceAccount; leave it out: API Gateway does not send it, and every call would fail`,
			},
		},
		{
			name:    "Firehose without a condition",
			changes: trust(deliveryRole, `,"Condition":{"StringEquals":{"sts:ExternalId":["${data.aws_caller_identity.current.account_id}"]}}`, ``),
			want: []string{
				`trust: aws_iam_role.delivery-role: its trust in Firehose has no condition that sts:ExternalId is the account's id; add one under StringEquals, or Firehose may assume the role for another account`,
			},
		},
		{
			name:    "Firehose under a condition that an absent id meets",
			changes: trust(deliveryRole, `"StringEquals"`, `"StringEqualsIfExists"`),
			want: []string{
				`trust: aws_iam_role.delivery-role: its trust in Firehose has no condition that sts:ExternalId is the account's id; add one under StringEquals, or Firehose may assume the role for another account`,
			},
		},
		{
			name:    "Firehose under a condition on something else",
			changes: trust(deliveryRole, `sts:ExternalId`, `aws:PrincipalTag/x`),
			want: []string{
				`trust: aws_iam_role.delivery-role: its trust in Firehose has no condition that sts:ExternalId is the account's id; add one under StringEquals, or Firehose may assume the role for another account`,
			},
		},
		{
			name:    "Firehose for either of two accounts",
			changes: trust(deliveryRole, `["${data.`, `["123456789012","${data.`),
			want: []string{
				`trust: aws_iam_role.delivery-role: its trust in Firehose has no condition that sts:ExternalId is the account's id; add one under StringEquals, or Firehose may assume the role for another account`,
			},
		},
		{
			name:    "Firehose for an account that the provider does not allow",
			changes: append(trust(deliveryRole, `"${data.aws_caller_identity.current.account_id}"`, `"444455556666"`), allowing("111122223333")),
			want: []string{
				`trust: aws_iam_role.delivery-role: its trust in Firehose has no condition that sts:ExternalId is the account's id; add one under StringEquals, or Firehose may assume the role for another account`,
			},
		},
		{
			name:    "Firehose for something that is not an account",
			changes: trust(deliveryRole, `"${data.aws_caller_identity.current.account_id}"`, `"any"`),
			want: []string{
				`trust: aws_iam_role.delivery-role: its trust in Firehose has no condition that sts:ExternalId is the account's id; add one under StringEquals, or Firehose may assume the role for another account`,
			},
		},
	})
}
