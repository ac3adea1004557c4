package policy_test

import (
	"testing"

	"cdk.tf/go/ingest/policy"
)

// statement puts a statement before those of the submitting role.
func statement(text string) []change {
	return []change{edit(putRecord, `"Statement":[`, `"Statement":[`+text+`,`, "policy")}
}

func TestLeastPrivilege(t *testing.T) {
	check(t, []breaking{
		{
			name:    "an action with a wildcard",
			changes: []change{edit(putRecord, `"kinesis:PutRecord"`, `"kinesis:*"`, "policy")},
			want: []string{
				`least-privilege: aws_iam_role_policy.submit-role_put-record: policy: statement 1 allows the action "kinesis:*"; name each action in full`,
			},
		},
		{
			name:    "an action with a wildcard for one character",
			changes: statement(`{"Effect":"Allow","Action":"kinesis:PutRecord?","Resource":"${aws_kinesis_stream.stream.arn}"}`),
			want: []string{
				`least-privilege: aws_iam_role_policy.submit-role_put-record: policy: statement 1 allows the action "kinesis:PutRecord?"; name each action in full`,
			},
		},
		{
			name:    "an action that is a reference",
			changes: statement(`{"Effect":"Allow","Action":"${aws_kinesis_stream.stream.name}","Resource":"${aws_kinesis_stream.stream.arn}"}`),
			want: []string{
				`least-privilege: aws_iam_role_policy.submit-role_put-record: policy: statement 1 allows the action "${aws_kinesis_stream.stream.name}"; name each action in full`,
			},
		},
		{
			name:    "all but an action, on all but a resource",
			changes: statement(`{"Effect":"Allow","NotAction":"iam:*","NotResource":"${aws_kinesis_stream.stream.arn}"}`),
			want: []string{
				`least-privilege: aws_iam_role_policy.submit-role_put-record: policy: statement 1 has NotAction; name what it allows`,
				`least-privilege: aws_iam_role_policy.submit-role_put-record: policy: statement 1 has NotResource; name what it allows`,
			},
		},
		{
			name:    "every resource",
			changes: []change{edit(putRecord, `["${aws_kinesis_stream.stream.arn}"]`, `"*"`, "policy")},
			want: []string{
				`least-privilege: aws_iam_role_policy.submit-role_put-record: policy: statement 1 allows kinesis:PutRecord on "*"; name the resource in full: a wildcard is for the objects that Firehose delivers and API Gateway's logging role`,
			},
		},
		{
			name:    "a wildcard in an ARN",
			changes: statement(`{"Effect":"Allow","Action":["kinesis:PutRecord","kinesis:PutRecords"],"Resource":"arn:aws:kinesis:us-east-1:123456789012:stream/*"}`),
			want: []string{
				`least-privilege: aws_iam_role_policy.submit-role_put-record: policy: statement 1 allows kinesis:PutRecord, kinesis:PutRecords on "arn:aws:kinesis:us-east-1:123456789012:stream/*"; name the resource in full: a wildcard is for the objects that Firehose delivers and API Gateway's logging role`,
			},
		},
		{
			name:    "a wildcard for one character in an ARN",
			changes: statement(`{"Effect":"Allow","Action":"s3:PutObject","Resource":"${aws_s3_bucket.bucket.arn}/events/year=?"}`),
			want: []string{
				`least-privilege: aws_iam_role_policy.submit-role_put-record: policy: statement 1 allows s3:PutObject on "${aws_s3_bucket.bucket.arn}/events/year=?"; name the resource in full: a wildcard is for the objects that Firehose delivers and API Gateway's logging role`,
			},
		},
		{
			name:    "objects under no delivery's prefix",
			changes: statement(`{"Effect":"Allow","Action":"s3:PutObject","Resource":"${aws_s3_bucket.bucket.arn}/*"}`),
			want: []string{
				`least-privilege: aws_iam_role_policy.submit-role_put-record: policy: statement 1 allows s3:PutObject on "${aws_s3_bucket.bucket.arn}/*"; name the resource in full: a wildcard is for the objects that Firehose delivers and API Gateway's logging role`,
			},
		},
		{
			name:    "objects of another bucket",
			changes: statement(`{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::other/events/year=*"}`),
			want: []string{
				`least-privilege: aws_iam_role_policy.submit-role_put-record: policy: statement 1 allows s3:PutObject on "arn:aws:s3:::other/events/year=*"; name the resource in full: a wildcard is for the objects that Firehose delivers and API Gateway's logging role`,
			},
		},
		{
			name:    "a wildcard within an object's key",
			changes: statement(`{"Effect":"Allow","Action":"s3:PutObject","Resource":"${aws_s3_bucket.bucket.arn}/events/year=*/x*"}`),
			want: []string{
				`least-privilege: aws_iam_role_policy.submit-role_put-record: policy: statement 1 allows s3:PutObject on "${aws_s3_bucket.bucket.arn}/events/year=*/x*"; name the resource in full: a wildcard is for the objects that Firehose delivers and API Gateway's logging role`,
			},
		},
		{
			name:    "an action that no delivery needs on objects",
			changes: statement(`{"Effect":"Allow","Action":["s3:PutObject","s3:DeleteObject"],"Resource":"${aws_s3_bucket.bucket.arn}/events/year=*"}`),
			want: []string{
				`least-privilege: aws_iam_role_policy.submit-role_put-record: policy: statement 1 allows s3:DeleteObject, which no service of the pipeline needs; leave it out`,
				`least-privilege: aws_iam_role_policy.submit-role_put-record: policy: statement 1 allows s3:PutObject, s3:DeleteObject on "${aws_s3_bucket.bucket.arn}/events/year=*"; name the resource in full: a wildcard is for the objects that Firehose delivers and API Gateway's logging role`,
			},
		},
		{
			name: "objects of a delivery to a bucket that is not in the stack",
			changes: []change{
				set(delivery, "arn:aws:s3:::other", "extended_s3_configuration", "bucket_arn"),
			},
			want: []string{
				`least-privilege: aws_iam_role_policy.delivery-role_write-bucket: policy: statement 2 allows s3:AbortMultipartUpload, s3:GetObject, s3:PutObject on "${aws_s3_bucket.bucket.arn}/events/year=*"; name the resource in full: a wildcard is for the objects that Firehose delivers and API Gateway's logging role`,
				`least-privilege: aws_iam_role_policy.delivery-role_write-bucket: policy: statement 2 allows s3:AbortMultipartUpload, s3:GetObject, s3:PutObject on "${aws_s3_bucket.bucket.arn}/errors/*"; name the resource in full: a wildcard is for the objects that Firehose delivers and API Gateway's logging role`,
				`flow: aws_kinesis_firehose_delivery_stream.delivery: extended_s3_configuration.bucket_arn refers to no bucket of the stack; refer to the ARN of one`,
			},
		},
		{
			name: "logs of the account, for another role than API Gateway's",
			changes: []change{edit("aws_iam_role_policy.delivery-role_write-log", `"${aws_cloudwatch_log_stream.delivery-log_stream.arn}"`,
				`"${aws_cloudwatch_log_stream.delivery-log_stream.arn}","arn:aws:logs:us-east-1:123456789012:*"`, "policy")},
			want: []string{
				`least-privilege: aws_iam_role_policy.delivery-role_write-log: policy: statement 1 allows logs:PutLogEvents on "arn:aws:logs:us-east-1:123456789012:*"; name the resource in full: a wildcard is for the objects that Firehose delivers and API Gateway's logging role`,
			},
		},
		{
			name:    "logs of every account",
			changes: []change{edit(pushLogs, "${data.aws_caller_identity.current.account_id}", "*", "policy")},
			want: []string{
				`least-privilege: aws_iam_role_policy.logging-role_push-logs: policy: statement 1 allows logs:CreateLogGroup, logs:CreateLogStream, logs:DescribeLogGroups, logs:DescribeLogStreams, logs:FilterLogEvents, logs:GetLogEvents, logs:PutLogEvents on "arn:${data.aws_partition.current.partition}:logs:${data.aws_region.current.id}:*:*"; name the resource in full: a wildcard is for the objects that Firehose delivers and API Gateway's logging role`,
			},
		},
		{
			name:    "an action on logs that API Gateway does not need",
			changes: []change{edit(pushLogs, "logs:PutLogEvents", "logs:DeleteLogGroup", "policy")},
			want: []string{
				`least-privilege: aws_iam_role_policy.logging-role_push-logs: policy: statement 1 allows logs:DeleteLogGroup, which no service of the pipeline needs; leave it out`,
				`least-privilege: aws_iam_role_policy.logging-role_push-logs: policy: statement 1 allows logs:CreateLogGroup, logs:CreateLogStream, logs:DescribeLogGroups, logs:DescribeLogStreams, logs:FilterLogEvents, logs:GetLogEvents, logs:DeleteLogGroup on "arn:${data.aws_partition.current.partition}:logs:${data.aws_region.current.id}:${data.aws_caller_identity.current.account_id}:*"; name the resource in full: a wildcard is for the objects that Firehose delivers and API Gateway's logging role`,
			},
		},
		{
			name:    "logs of the account, in a policy of no role",
			changes: []change{add("aws_iam_policy.logs", `{"policy": "{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"logs:PutLogEvents\",\"Resource\":\"arn:aws:logs:us-east-1:123456789012:*\"}]}"}`)},
			want: []string{
				`least-privilege: aws_iam_policy.logs: policy: statement 1 allows logs:PutLogEvents on "arn:aws:logs:us-east-1:123456789012:*"; name the resource in full: a wildcard is for the objects that Firehose delivers and API Gateway's logging role`,
			},
		},
		{
			name:    "a user's policy",
			changes: []change{add("aws_iam_user_policy.admin", `{"policy": "{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}}"}`)},
			want: []string{
				`least-privilege: aws_iam_user_policy.admin: policy: statement 1 allows the action "*"; name each action in full`,
				`least-privilege: aws_iam_user_policy.admin: policy: statement 1 allows * on "*"; name the resource in full: a wildcard is for the objects that Firehose delivers and API Gateway's logging role`,
			},
		},
		{
			name:    "a group's policy",
			changes: []change{add("aws_iam_group_policy.admin", `{"policy": "{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"iam:*\",\"Resource\":[]}}"}`)},
			want: []string{
				`least-privilege: aws_iam_group_policy.admin: policy: statement 1 allows the action "iam:*"; name each action in full`,
			},
		},
		{
			name:    "a role's policy within it",
			changes: []change{set("aws_iam_role.logging-role", map[string]any{"policy": `{"Statement":{"Effect":"Allow","Action":"s3:*"}}`}, "inline_policy")},
			want: []string{
				`least-privilege: aws_iam_role.logging-role: inline_policy.policy: statement 1 allows the action "s3:*"; name each action in full`,
			},
		},
		{
			name:    "a role's policy that is not a block",
			changes: []change{set("aws_iam_role.logging-role", "${var.policies}", "inline_policy")},
			want: []string{
				`least-privilege: aws_iam_role.logging-role: inline_policy cannot be read: "inline_policy" is a string; it must be an object or a list of objects; write it as a block`,
			},
		},
	})
}

func TestAttachedPolicies(t *testing.T) {
	check(t, []breaking{
		{
			name:    "an administrator",
			changes: []change{add("aws_iam_role_policy_attachment.admin", `{"policy_arn": "arn:aws:iam::aws:policy/AdministratorAccess"}`)},
			want: []string{
				`least-privilege: aws_iam_role_policy_attachment.admin: attaches AdministratorAccess; allow the actions that are needed, by name`,
			},
		},
		{
			name:    "a power user, by the partition's name",
			changes: []change{add("aws_iam_policy_attachment.power", `{"policy_arn": "arn:${data.aws_partition.current.partition}:iam::aws:policy/PowerUserAccess"}`)},
			want: []string{
				`least-privilege: aws_iam_policy_attachment.power: attaches PowerUserAccess; allow the actions that are needed, by name`,
			},
		},
		{
			name:    "a whole service",
			changes: []change{add("aws_iam_user_policy_attachment.full", `{"policy_arn": "arn:aws-cn:iam::aws:policy/AmazonDynamoDBFullAccess_v2"}`)},
			want: []string{
				`least-privilege: aws_iam_user_policy_attachment.full: attaches AmazonDynamoDBFullAccess_v2; allow the actions that are needed, by name`,
			},
		},
		{
			name:    "a policy of the account's",
			changes: []change{add("aws_iam_group_policy_attachment.own", `{"policy_arn": "arn:aws:iam::123456789012:policy/narrow"}`)},
			want: []string{
				`least-privilege: aws_iam_group_policy_attachment.own: attaches "arn:aws:iam::123456789012:policy/narrow", whose document is not in the stack; attach an aws_iam_policy of the stack`,
			},
		},
		{
			name:    "a policy known only after an apply",
			changes: []change{add("aws_iam_role_policy_attachment.some", `{"policy_arn": "${data.aws_iam_policy.some.arn}"}`)},
			want: []string{
				`least-privilege: aws_iam_role_policy_attachment.some: attaches "${data.aws_iam_policy.some.arn}", whose document is not in the stack; attach an aws_iam_policy of the stack`,
			},
		},
		{
			name:    "no policy",
			changes: []change{add("aws_iam_role_policy_attachment.none", `{}`)},
			want: []string{
				`least-privilege: aws_iam_role_policy_attachment.none: attaches "", whose document is not in the stack; attach an aws_iam_policy of the stack`,
			},
		},
		{
			name:    "a role's list",
			changes: []change{set(submitRole, []any{"arn:aws:iam::aws:policy/AmazonKinesisFullAccess", 1}, "managed_policy_arns")},
			want: []string{
				`least-privilege: aws_iam_role.submit-role: attaches AmazonKinesisFullAccess; allow the actions that are needed, by name`,
				`least-privilege: aws_iam_role.submit-role: attaches "1", whose document is not in the stack; attach an aws_iam_policy of the stack`,
			},
		},
		{
			name:    "a list known only after an apply",
			changes: []change{add("aws_iam_role_policy_attachments_exclusive.some", `{"policy_arns": "${var.policies}"}`)},
			want: []string{
				`least-privilege: aws_iam_role_policy_attachments_exclusive.some: policy_arns is "${var.policies}", whose value is known only after an apply; write the value itself`,
			},
		},
	})
}

// An action that neither reads nor writes data is refused, whatever its name.
func TestActionsThatNoServiceNeeds(t *testing.T) {
	var tests []breaking
	for _, action := range []string{
		"cognito-identity:GetCredentialsForIdentity", "cognito-identity:GetOpenIdToken", "ec2:GetPasswordData", "ec2:ModifyInstanceAttribute", "ec2:TerminateInstances",
		"ecr:BatchDeleteImage", "ecr:GetAuthorizationToken", "events:PutTargets", "firehose:UpdateDestination", "iam:GetRole", "kinesis:DecreaseStreamRetentionPeriod",
		"kinesis:MergeShards", "kinesis:PutResourcePolicy", "kinesis:StopStreamEncryption", "kinesis:UpdateShardCount", "kms:CreateGrant", "kms:DisableKey",
		"kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "lakeformation:GetDataAccess", "lakeformation:GrantPermissions", "lambda:AddPermission",
		"lambda:UpdateFunctionCode", "logs:PutSubscriptionFilter", "rds:RebootDBInstance", "redshift:GetClusterCredentialsWithIAM", "s3:BypassGovernanceRetention",
		"s3:DeleteObjectVersion", "s3:PutBucketAcl", "s3:PutBucketPublicAccessBlock", "s3:PutLifecycleConfiguration", "s3:PutObjectAcl", "s3:PutReplicationConfiguration",
		"S3:PUTBUCKETPOLICY", "secretsmanager:GetSecretValue", "sns:AddPermission", "sns:Subscribe", "ssm:SendCommand", "sso:ListAccounts", "PutRecord",
	} {
		tests = append(tests, breaking{
			name:    action,
			changes: []change{edit(putRecord, `"kinesis:PutRecord"`, `"kinesis:PutRecord","`+action+`"`, "policy")},
			want:    []string{`least-privilege: ` + putRecord + `: policy: statement 1 allows ` + action + `, which no service of the pipeline needs; leave it out`},
		})
	}
	check(t, append(tests, breaking{
		name:    "a permission set",
		changes: []change{add("aws_ssoadmin_permission_set_inline_policy.x", `{"inline_policy": "{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":[]}}"}`)},
		want:    []string{`least-privilege: aws_ssoadmin_permission_set_inline_policy.x: inline_policy: statement 1 allows the action "s3:*"; name each action in full`},
	}))
}

// What the services of a pipeline, and of an app beside it, do with data.
func TestActionsOnData(t *testing.T) {
	for _, action := range []string{
		"dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem", "events:PutEvents", "execute-api:Invoke", "firehose:PutRecordBatch",
		"kinesis:DescribeStreamSummary", "kinesis:SubscribeToShard", "kms:GenerateDataKeyWithoutPlaintext", "lambda:InvokeFunction", "s3:GetObjectVersion",
		"s3:ListBucketVersions", "sns:Publish", "sqs:ReceiveMessage", "sqs:SendMessage", "states:StartSyncExecution", "xray:PutTraceSegments",
	} {
		change := edit(putRecord, `"Statement":[`, `"Statement":[{"Effect":"Allow","Action":"`+action+`","Resource":"arn:aws:x:us-east-1:123456789012:y"},`, "policy")
		if err := policy.Check(good(t, change), policy.Expect{Public: true}); err != nil {
			t.Errorf("%s: %v", action, err)
		}
	}
}

func TestListsOfAttachedPolicies(t *testing.T) {
	var tests []breaking
	for _, typ := range []string{"aws_iam_group_policy_attachments_exclusive", "aws_iam_role_policy_attachments_exclusive", "aws_iam_user_policy_attachments_exclusive"} {
		tests = append(tests, breaking{
			name:    typ,
			changes: []change{add(typ+".x", `{"policy_arns": ["arn:aws:iam::aws:policy/AdministratorAccess"]}`)},
			want:    []string{`least-privilege: ` + typ + `.x: attaches AdministratorAccess; allow the actions that are needed, by name`},
		})
	}
	check(t, append(tests, breaking{
		name:    "a permission set",
		changes: []change{add("aws_ssoadmin_managed_policy_attachment.x", `{"managed_policy_arn": "arn:aws:iam::aws:policy/AdministratorAccess"}`)},
		want:    []string{`least-privilege: aws_ssoadmin_managed_policy_attachment.x: attaches AdministratorAccess; allow the actions that are needed, by name`},
	}))
}
