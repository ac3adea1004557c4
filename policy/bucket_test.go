package policy_test

import (
	"maps"
	"testing"

	"cdk.tf/go/ingest/policy"
)

func policyOf(before, after string) []change {
	return []change{edit(bucketPolicy, before, after, "policy")}
}

func TestPrivateBucket(t *testing.T) {
	const bucket, access = "aws_s3_bucket.bucket", "aws_s3_bucket_public_access_block.bucket_access"
	check(t, []breaking{
		{
			name:    "a public ACL in the bucket",
			changes: []change{set(bucket, "public-read", "acl")},
			want: []string{
				`private-bucket: aws_s3_bucket.bucket: acl is "public-read"; leave it out or set it to "private"`,
			},
		},
		{
			name:    "a grant in the bucket",
			changes: []change{set(bucket, map[string]any{}, "grant")},
			want: []string{
				`private-bucket: aws_s3_bucket.bucket: grant is set in the bucket itself; leave it out: BucketOwnerEnforced and an aws_s3_bucket_policy control access`,
			},
		},
		{
			name:    "a policy in the bucket",
			changes: []change{set(bucket, "{}", "policy")},
			want: []string{
				`private-bucket: aws_s3_bucket.bucket: policy is set in the bucket itself; leave it out: BucketOwnerEnforced and an aws_s3_bucket_policy control access`,
			},
		},
		{
			name:    "a public ACL",
			changes: []change{add("aws_s3_bucket_acl.acl", `{"bucket": "elsewhere", "acl": "public-read-write"}`)},
			want: []string{
				`private-bucket: aws_s3_bucket_acl.acl: acl is "public-read-write"; set it to "private" or "bucket-owner-full-control"`,
			},
		},
		{
			name:    "an ACL known only after an apply",
			changes: []change{add("aws_s3_bucket_acl.acl", `{"acl": "${var.acl}"}`)},
			want: []string{
				`private-bucket: aws_s3_bucket_acl.acl: acl is "${var.acl}", whose value is known only after an apply; write the value itself`,
			},
		},
		{
			name:    "an ACL that is a list",
			changes: []change{add("aws_s3_bucket_acl.acl", `{"acl": ["private"]}`)},
			want: []string{
				`private-bucket: aws_s3_bucket_acl.acl: acl is no single value; write the value itself`,
			},
		},
		{
			name:    "an ACL by grants",
			changes: []change{add("aws_s3_bucket_acl.acl", `{"access_control_policy": {}}`)},
			want: []string{
				`private-bucket: aws_s3_bucket_acl.acl: acl is not set; set it to "private" or "bucket-owner-full-control"`,
				`private-bucket: aws_s3_bucket_acl.acl: access_control_policy lets others in; leave it out: a bucket policy controls access`,
			},
		},
		{
			name:    "no access block",
			changes: []change{drop(access)},
			want: []string{
				`private-bucket: aws_s3_bucket.bucket: 0 resources of type aws_s3_bucket_public_access_block refer to it; declare exactly one`,
			},
		},
		{
			name:    "an access block of another bucket",
			changes: []change{set(access, "api-kinesis-firehose-bucket-dev", "bucket")},
			want: []string{
				`private-bucket: aws_s3_bucket.bucket: 0 resources of type aws_s3_bucket_public_access_block refer to it; declare exactly one`,
			},
		},
		{
			name:    "an access block with a hole",
			changes: []change{set(access, false, "block_public_acls"), unset(access, "ignore_public_acls")},
			want: []string{
				`private-bucket: aws_s3_bucket_public_access_block.bucket_access: block_public_acls is "false"; set it to "true"`,
				`private-bucket: aws_s3_bucket_public_access_block.bucket_access: ignore_public_acls is not set; set it to "true"`,
			},
		},
		{
			name:    "an access block with other holes",
			changes: []change{set(access, false, "block_public_policy"), set(access, "${var.x}", "restrict_public_buckets")},
			want: []string{
				`private-bucket: aws_s3_bucket_public_access_block.bucket_access: block_public_policy is "false"; set it to "true"`,
				`private-bucket: aws_s3_bucket_public_access_block.bucket_access: restrict_public_buckets is "${var.x}", whose value is known only after an apply; write the value itself`,
			},
		},
		{
			name:    "two access blocks",
			changes: []change{add("aws_s3_bucket_public_access_block.other", `{"bucket": "${aws_s3_bucket.bucket.id}", "lifecycle": {"prevent_destroy": true}}`)},
			want: []string{
				`private-bucket: aws_s3_bucket.bucket: 2 resources of type aws_s3_bucket_public_access_block refer to it; declare exactly one`,
			},
		},
		{
			name:    "a second bucket",
			changes: []change{add("aws_s3_bucket.other", `{"force_destroy": true}`)},
			want: []string{
				`private-bucket: aws_s3_bucket.other: 0 resources of type aws_s3_bucket_public_access_block refer to it; declare exactly one`,
				`private-bucket: aws_s3_bucket.other: 0 resources of type aws_s3_bucket_ownership_controls refer to it; declare exactly one`,
				`private-bucket: aws_s3_bucket.other: 0 resources of type aws_s3_bucket_server_side_encryption_configuration refer to it; declare exactly one`,
				`private-bucket: aws_s3_bucket.other: 0 resources of type aws_s3_bucket_versioning refer to it; declare exactly one`,
				`private-bucket: aws_s3_bucket.other: 0 resources of type aws_s3_bucket_policy refer to it; declare exactly one`,
			},
		},
		{
			name:    "no owner",
			changes: []change{drop("aws_s3_bucket_ownership_controls.bucket_ownership")},
			want: []string{
				`private-bucket: aws_s3_bucket.bucket: 0 resources of type aws_s3_bucket_ownership_controls refer to it; declare exactly one`,
			},
		},
		{
			name:    "another owner",
			changes: []change{set("aws_s3_bucket_ownership_controls.bucket_ownership", "ObjectWriter", "rule", "object_ownership")},
			want: []string{
				`private-bucket: aws_s3_bucket_ownership_controls.bucket_ownership: rule.object_ownership is "ObjectWriter"; set it to "BucketOwnerEnforced"`,
			},
		},
		{
			name:    "no rule of ownership",
			changes: []change{unset("aws_s3_bucket_ownership_controls.bucket_ownership", "rule")},
			want: []string{
				`private-bucket: aws_s3_bucket_ownership_controls.bucket_ownership: rule.object_ownership is not set; set it to "BucketOwnerEnforced"`,
			},
		},
		{
			name: "two rules of ownership",
			changes: []change{set("aws_s3_bucket_ownership_controls.bucket_ownership",
				[]any{map[string]any{"object_ownership": "BucketOwnerEnforced"}, map[string]any{}}, "rule")},
			want: []string{
				`private-bucket: aws_s3_bucket_ownership_controls.bucket_ownership: rule appears 2 times; keep one`,
			},
		},
		{
			name:    "a rule that is not a block",
			changes: []change{set("aws_s3_bucket_ownership_controls.bucket_ownership", "${var.rule}", "rule")},
			want: []string{
				`private-bucket: aws_s3_bucket_ownership_controls.bucket_ownership: rule cannot be read: "rule" is a string; it must be an object or a list of objects; write it as a block`,
				`private-bucket: aws_s3_bucket_ownership_controls.bucket_ownership: rule.object_ownership is not set; set it to "BucketOwnerEnforced"`,
			},
		},
		{
			name:    "no encryption",
			changes: []change{drop("aws_s3_bucket_server_side_encryption_configuration.bucket_encryption")},
			want: []string{
				`private-bucket: aws_s3_bucket.bucket: 0 resources of type aws_s3_bucket_server_side_encryption_configuration refer to it; declare exactly one`,
			},
		},
		{
			name: "encryption without an algorithm",
			changes: []change{unset("aws_s3_bucket_server_side_encryption_configuration.bucket_encryption", "rule", "0",
				"apply_server_side_encryption_by_default")},
			want: []string{
				`private-bucket: aws_s3_bucket_server_side_encryption_configuration.bucket_encryption: rule.apply_server_side_encryption_by_default.sse_algorithm is not set; set it to "AES256", "aws:kms" or "aws:kms:dsse"`,
			},
		},
		{
			name:    "no versioning",
			changes: []change{drop("aws_s3_bucket_versioning.bucket_versioning")},
			want: []string{
				`private-bucket: aws_s3_bucket.bucket: 0 resources of type aws_s3_bucket_versioning refer to it; declare exactly one`,
			},
		},
		{
			name:    "versioning that is off",
			changes: []change{set("aws_s3_bucket_versioning.bucket_versioning", "Suspended", "versioning_configuration", "status")},
			want: []string{
				`private-bucket: aws_s3_bucket_versioning.bucket_versioning: versioning_configuration.status is "Suspended"; set it to "Enabled"`,
			},
		},
		{
			name:    "no policy",
			changes: []change{drop(bucketPolicy)},
			want: []string{
				`private-bucket: aws_s3_bucket.bucket: 0 resources of type aws_s3_bucket_policy refer to it; declare exactly one`,
			},
		},
		{
			name:    "a policy known only after an apply",
			changes: []change{set(bucketPolicy, "${var.policy}", "policy")},
			want: []string{
				`private-bucket: aws_s3_bucket_policy.bucket_policy: policy cannot be read: ${var.policy} is not a name or an ARN of the stack; write it as one JSON document, in which names and ARNs of the stack are the only references`,
			},
		},
	})
}

func TestBucketPolicies(t *testing.T) {
	check(t, []breaking{
		{
			name:    "no denial",
			changes: policyOf(`"Deny"`, `"Allow"`),
			want: []string{
				`private-bucket: aws_s3_bucket_policy.bucket_policy: does not deny requests without TLS on ${aws_s3_bucket.bucket.arn}; deny s3:* there to the principal "*" where aws:SecureTransport is false`,
				`private-bucket: aws_s3_bucket_policy.bucket_policy: does not deny requests without TLS on ${aws_s3_bucket.bucket.arn}/*; deny s3:* there to the principal "*" where aws:SecureTransport is false`,
				`private-bucket: aws_s3_bucket_policy.bucket_policy: policy: statement 1 lets in "*"; name the principals that may`,
			},
		},
		{
			name:    "a denial to some",
			changes: policyOf(`"Principal":"*"`, `"Principal":{"AWS":"arn:aws:iam::123456789012:root"}`),
			want: []string{
				`private-bucket: aws_s3_bucket_policy.bucket_policy: does not deny requests without TLS on ${aws_s3_bucket.bucket.arn}; deny s3:* there to the principal "*" where aws:SecureTransport is false`,
				`private-bucket: aws_s3_bucket_policy.bucket_policy: does not deny requests without TLS on ${aws_s3_bucket.bucket.arn}/*; deny s3:* there to the principal "*" where aws:SecureTransport is false`,
			},
		},
		{
			name:    "a denial of some actions",
			changes: policyOf(`"s3:*"`, `"s3:GetObject"`),
			want: []string{
				`private-bucket: aws_s3_bucket_policy.bucket_policy: does not deny requests without TLS on ${aws_s3_bucket.bucket.arn}; deny s3:* there to the principal "*" where aws:SecureTransport is false`,
				`private-bucket: aws_s3_bucket_policy.bucket_policy: does not deny requests without TLS on ${aws_s3_bucket.bucket.arn}/*; deny s3:* there to the principal "*" where aws:SecureTransport is false`,
			},
		},
		{
			name:    "a denial of objects only",
			changes: policyOf(`"${aws_s3_bucket.bucket.arn}",`, ``),
			want: []string{
				`private-bucket: aws_s3_bucket_policy.bucket_policy: does not deny requests without TLS on ${aws_s3_bucket.bucket.arn}; deny s3:* there to the principal "*" where aws:SecureTransport is false`,
			},
		},
		{
			name:    "a denial of the bucket only",
			changes: policyOf(`,"${aws_s3_bucket.bucket.arn}/*"`, ``),
			want: []string{
				`private-bucket: aws_s3_bucket_policy.bucket_policy: does not deny requests without TLS on ${aws_s3_bucket.bucket.arn}/*; deny s3:* there to the principal "*" where aws:SecureTransport is false`,
			},
		},
		{
			name:    "a denial of what is encrypted",
			changes: policyOf(`"false"`, `"true"`),
			want: []string{
				`private-bucket: aws_s3_bucket_policy.bucket_policy: does not deny requests without TLS on ${aws_s3_bucket.bucket.arn}; deny s3:* there to the principal "*" where aws:SecureTransport is false`,
				`private-bucket: aws_s3_bucket_policy.bucket_policy: does not deny requests without TLS on ${aws_s3_bucket.bucket.arn}/*; deny s3:* there to the principal "*" where aws:SecureTransport is false`,
			},
		},
		{
			name:    "a denial under another key",
			changes: policyOf(`aws:SecureTransport`, `aws:ViaAWSService`),
			want: []string{
				`private-bucket: aws_s3_bucket_policy.bucket_policy: does not deny requests without TLS on ${aws_s3_bucket.bucket.arn}; deny s3:* there to the principal "*" where aws:SecureTransport is false`,
				`private-bucket: aws_s3_bucket_policy.bucket_policy: does not deny requests without TLS on ${aws_s3_bucket.bucket.arn}/*; deny s3:* there to the principal "*" where aws:SecureTransport is false`,
			},
		},
		{
			name:    "a denial under another operator",
			changes: policyOf(`"Bool"`, `"BoolIfExists"`),
			want: []string{
				`private-bucket: aws_s3_bucket_policy.bucket_policy: does not deny requests without TLS on ${aws_s3_bucket.bucket.arn}; deny s3:* there to the principal "*" where aws:SecureTransport is false`,
				`private-bucket: aws_s3_bucket_policy.bucket_policy: does not deny requests without TLS on ${aws_s3_bucket.bucket.arn}/*; deny s3:* there to the principal "*" where aws:SecureTransport is false`,
			},
		},
		{
			name:    "a denial under a second condition",
			changes: policyOf(`"Bool":{`, `"StringEquals":{"aws:username":"x"},"Bool":{`),
			want: []string{
				`private-bucket: aws_s3_bucket_policy.bucket_policy: does not deny requests without TLS on ${aws_s3_bucket.bucket.arn}; deny s3:* there to the principal "*" where aws:SecureTransport is false`,
				`private-bucket: aws_s3_bucket_policy.bucket_policy: does not deny requests without TLS on ${aws_s3_bucket.bucket.arn}/*; deny s3:* there to the principal "*" where aws:SecureTransport is false`,
			},
		},
		{
			name:    "a denial under a second key",
			changes: policyOf(`"Bool":{`, `"Bool":{"aws:ViaAWSService":"true",`),
			want: []string{
				`private-bucket: aws_s3_bucket_policy.bucket_policy: does not deny requests without TLS on ${aws_s3_bucket.bucket.arn}; deny s3:* there to the principal "*" where aws:SecureTransport is false`,
				`private-bucket: aws_s3_bucket_policy.bucket_policy: does not deny requests without TLS on ${aws_s3_bucket.bucket.arn}/*; deny s3:* there to the principal "*" where aws:SecureTransport is false`,
			},
		},
		{
			name:    "a denial of all but some",
			changes: policyOf(`"Sid":"TLSOnly"`, `"NotPrincipal":{"AWS":"arn:aws:iam::123456789012:root"}`),
			want: []string{
				`private-bucket: aws_s3_bucket_policy.bucket_policy: does not deny requests without TLS on ${aws_s3_bucket.bucket.arn}; deny s3:* there to the principal "*" where aws:SecureTransport is false`,
				`private-bucket: aws_s3_bucket_policy.bucket_policy: does not deny requests without TLS on ${aws_s3_bucket.bucket.arn}/*; deny s3:* there to the principal "*" where aws:SecureTransport is false`,
			},
		},
		{
			name:    "anybody let in",
			changes: policyOf(`"Statement":[`, `"Statement":[{"Effect":"Allow","Principal":{"AWS":["*"]},"Action":"s3:GetObject","Resource":"${aws_s3_bucket.bucket.arn}/x","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}},`),
			want: []string{
				`private-bucket: aws_s3_bucket_policy.bucket_policy: policy: statement 1 lets in AWS "*"; name the principals that may`,
			},
		},
		{
			name:    "anybody but some let in",
			changes: policyOf(`"Statement":[`, `"Statement":[{"Effect":"Allow","NotPrincipal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"s3:GetObject","Resource":"${aws_s3_bucket.bucket.arn}/x"},`),
			want: []string{
				`private-bucket: aws_s3_bucket_policy.bucket_policy: policy: statement 1 lets in all but NotPrincipal; name the principals that may`,
			},
		},
		{
			name:    "anybody let into another owner's bucket",
			changes: []change{add("aws_s3_bucket_policy.other", `{"bucket": "other", "policy": "{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::other/*\"}}"}`)},
			want: []string{
				`private-bucket: aws_s3_bucket_policy.other: policy: statement 1 lets in "*"; name the principals that may`,
			},
		},
	})
}

// Whom a policy names may read and write, and not open the bucket to others or destroy what must be recoverable.
func TestControlOverABucket(t *testing.T) {
	const other = `AWS "arn:aws:iam::111122223333:root"`
	const remedy = `; name only actions that read or write data: the account's own principals need their own policies for the others`
	letting := func(action string) []change {
		return policyOf(`"Statement":[`, `"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},`+action+
			`,"Resource":["${aws_s3_bucket.bucket.arn}","${aws_s3_bucket.bucket.arn}/*"]},`)
	}
	var tests []breaking
	all := map[string]string{}
	for _, name := range []string{
		"BypassGovernanceRetention", "DeleteBucket", "DeleteBucketPolicy", "DeleteObjectVersion", "PutBucketAcl", "PutBucketOwnershipControls",
		"PutBucketPolicy", "PutBucketPublicAccessBlock", "PutBucketVersioning", "PutEncryptionConfiguration", "PutLifecycleConfiguration",
		"PutReplicationConfiguration",
	} {
		all[`"Action":"s3:`+name+`"`] = "s3:" + name
	}
	maps.Copy(all, map[string]string{
		`"Action":"s3:*"`: "s3:BypassGovernanceRetention",
		`"Action":["s3:GetObject","s3:PutBucketPolicy"]`: "s3:PutBucketPolicy",
		`"Action":"S3:deleteobjectversion"`:              "s3:DeleteObjectVersion",
		`"Action":["s3:GetObject","s3:Put*"]`:            "s3:PutBucketAcl",
	})
	for action, first := range all {
		tests = append(tests, breaking{name: action, changes: letting(action), want: []string{
			`private-bucket: aws_s3_bucket_policy.bucket_policy: policy: statement 1 allows ` + first + ` to ` + other + remedy}})
	}
	for _, action := range []string{"kinesis:DeleteResourcePolicy", "kinesis:DeleteStream", "kinesis:PutResourcePolicy", "kinesis:StopStreamEncryption"} {
		tests = append(tests, breaking{
			name: action,
			changes: []change{add("aws_kinesis_resource_policy.p", `{"resource_arn": "${aws_kinesis_stream.stream.arn}",
				"policy": "{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::111122223333:root\"},\"Action\":\"`+action+`\",\"Resource\":\"*\"}]}"}`)},
			want: []string{`private-bucket: aws_kinesis_resource_policy.p: policy: statement 1 allows ` + action + ` to ` + other + remedy},
		})
	}
	tests = append(tests,
		breaking{name: "all but one", changes: letting(`"NotAction":"s3:GetObject"`), want: []string{
			`private-bucket: aws_s3_bucket_policy.bucket_policy: policy: statement 1 has NotAction; name what it allows`}},
		breaking{
			name: "a stream",
			changes: []change{add("aws_kinesis_resource_policy.p", `{"resource_arn": "${aws_kinesis_stream.stream.arn}",
				"policy": "{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::111122223333:root\"},\"Action\":\"kinesis:*\",\"Resource\":\"*\"}]}"}`)},
			want: []string{`private-bucket: aws_kinesis_resource_policy.p: policy: statement 1 allows kinesis:DeleteResourcePolicy to ` + other + remedy},
		},
	)
	check(t, tests)
	for _, action := range []string{`"Action":["s3:Get*","s3:List*"]`, `"Action":["s3:PutObject","s3:DeleteObject"]`} {
		if err := policy.Check(good(t, letting(action)...), policy.Expect{Public: true}); err != nil {
			t.Errorf("%s: %v", action, err)
		}
	}
}

// S3 announces new objects only to what belongs to the account.
func TestNotifications(t *testing.T) {
	const remedy = `; refer to the ARN of a resource of the stack, or write the account of the ARN as ${data.aws_caller_identity.NAME.account_id}`
	to := func(block, key, arn string) breaking {
		return breaking{
			name:    arn,
			changes: []change{add("aws_s3_bucket_notification.n", `{"bucket": "b", "`+block+`": [{"`+key+`": "`+arn+`"}]}`)},
			want:    []string{`private-bucket: aws_s3_bucket_notification.n: ` + block + `.` + key + ` is "` + arn + `", which may be another account's` + remedy},
		}
	}
	check(t, []breaking{
		to("topic", "topic_arn", "arn:aws:sns:us-east-1:999999999999:x"),
		to("queue", "queue_arn", "arn:aws:sqs:us-east-1:999999999999:x"),
		to("queue", "queue_arn", "${aws_sqs_queue.not-declared.arn}"),
		to("queue", "queue_arn", "${data.aws_sqs_queue.x.arn}"),
		to("queue", "queue_arn", "arn:aws:sqs:us-east-1:${data.aws_caller_identity.not-declared.account_id}:x"),
		to("lambda_function", "lambda_function_arn", "arn:aws:lambda:us-east-1:999999999999:function:x"),
	})
	for _, arn := range []string{
		"${aws_sqs_queue.q.arn}",
		"arn:aws:sqs:us-east-1:${data.aws_caller_identity.current.account_id}:x",
		"arn:${data.aws_partition.current.partition}:sqs:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:x",
	} {
		stack := good(t, add("aws_sqs_queue.q", `{"name": "q"}`), add("aws_s3_bucket_notification.n", `{"bucket": "b", "eventbridge": true, "queue": {"queue_arn": "`+arn+`"}}`))
		if err := policy.Check(stack, policy.Expect{Public: true}); err != nil {
			t.Errorf("%s: %v", arn, err)
		}
	}
}

// The provider's default for a setting that is left out is false, which would open every bucket of the account.
func TestTheAccountsPublicAccessBlock(t *testing.T) {
	const account = "aws_s3_account_public_access_block.a"
	check(t, []breaking{{
		name:    "holes",
		changes: []change{add(account, `{"block_public_acls": true, "block_public_policy": true, "restrict_public_buckets": false}`)},
		want: []string{
			`private-bucket: ` + account + `: ignore_public_acls is not set; set it to "true"`,
			`private-bucket: ` + account + `: restrict_public_buckets is "false"; set it to "true"`,
		},
	}})
	whole := good(t, add(account, `{"block_public_acls": true, "block_public_policy": true, "ignore_public_acls": true, "restrict_public_buckets": true}`))
	if err := policy.Check(whole, policy.Expect{Public: true}); err != nil {
		t.Error(err)
	}
}
