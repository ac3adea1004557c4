package policy_test

import (
	"strings"
	"testing"

	"cdk.tf/go/ingest/policy"
)

// withKeys has a customer key, an access log and a lock.
const withKeys = "option-encrypted"

func TestTheStackWithKeysBreachesNothing(t *testing.T) {
	if err := policy.Check(changed(t, withKeys, nil), policy.Expect{Public: true}); err != nil {
		t.Error(err)
	}
}

const (
	theKey     = "aws_kms_key.key"
	events     = "aws_s3_bucket.bucket"
	encryption = "aws_s3_bucket_server_side_encryption_configuration.bucket_encryption"
	submitKey  = "aws_iam_role_policy.submit-role_use-key"
	deliverKey = "aws_iam_role_policy.delivery-role_use-key"
)

// administrator is a statement that lets principals change the key.
func administrator(principals string) string {
	return `{"Effect":"Allow","Principal":{"AWS":` + principals + `},"Action":"kms:PutKeyPolicy","Resource":"*"}`
}

// foreign is the breach of a statement for principals that may be another account's.
func foreign(statement string) string {
	return `customer-key: aws_kms_key.key: policy: statement ` + statement + `, which no JSON shows to be of this account, change the key; ` +
		`write the account's id as ${data.aws_caller_identity.NAME.account_id}, or add it to allowed_account_ids of the provider: other accounts may only use the key`
}

// allowing restricts the accounts that Terraform deploys to.
func allowing(account string) change {
	return func(t *testing.T, root map[string]any) {
		root["provider"] = decode(t, `{"aws": [{"region": "us-east-1", "allowed_account_ids": ["`+account+`"]}]}`)
	}
}

// The account may be written as digits that the provider allows, also without the rest of the ARN. Another account may use the key through
// a service, and look at it.
func TestAKeyOfOwnAndOtherAccounts(t *testing.T) {
	const own = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root"
	reader := `{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":["kms:DescribeKey","kms:Decrypt"],"Resource":"*",` +
		`"Condition":{"StringEquals":{"kms:ViaService":"s3.us-east-1.amazonaws.com"}}}`
	for name, changes := range map[string][]change{
		"digits":          {allowing("111122223333"), edit(theKey, own, "arn:aws:iam::111122223333:root", "policy")},
		"digits alone":    {allowing("111122223333"), edit(theKey, own, "111122223333", "policy")},
		"a reader":        {edit(theKey, `"Statement":[`, `"Statement":[`+reader+`,`, "policy")},
		"an own role":     {edit(theKey, `"Statement":[`, `"Statement":[`+administrator(`"${aws_iam_role.submit-role.arn}"`)+`,`, "policy")},
		"the own account": {edit(theKey, `"Statement":[`, `"Statement":[`+administrator(`"${data.aws_caller_identity.current.account_id}"`)+`,`, "policy")},
	} {
		if err := policy.Check(changed(t, withKeys, changes), policy.Expect{Public: true}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// withoutLastCondition removes the last statement's condition from a policy.
func withoutLastCondition(address string) change {
	return func(t *testing.T, root map[string]any) {
		object, key := inner(t, root, address, []string{"policy"})
		text, _ := object[key].(string)
		object[key] = text[:strings.LastIndex(text, `,"Condition":`)] + "}]}"
	}
}

func TestKeyPolicy(t *testing.T) {
	keyPolicy := func(before, after string) []change { return []change{edit(theKey, before, after, "policy")} }
	const (
		own       = "${data.aws_caller_identity.current.account_id}:root"
		lockedOut = `customer-key: aws_kms_key.key: policy: the account may not change it; allow kms:PutKeyPolicy to the account's root, or nobody can manage the key when the principals that it names are gone`
	)
	const account = `AWS "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root"`
	checkFile(t, withKeys, []breaking{
		{
			name:    "no rotation",
			changes: []change{unset(theKey, "enable_key_rotation")},
			want:    []string{`customer-key: aws_kms_key.key: enable_key_rotation is not set; set it to "true"`},
		},
		{
			name:    "a key that is off, and that nobody may change",
			changes: []change{set(theKey, false, "is_enabled"), set(theKey, true, "bypass_policy_lockout_safety_check")},
			want: []string{
				`customer-key: aws_kms_key.key: is_enabled is "false"; leave it out or set it to "true"`,
				`customer-key: aws_kms_key.key: bypass_policy_lockout_safety_check is "true"; leave it out or set it to "false"`,
			},
		},
		{
			name:    "the default policy of KMS",
			changes: []change{unset(theKey, "policy")},
			want:    []string{`customer-key: aws_kms_key.key: policy cannot be read: it is not text; write it as one JSON document, in which names and ARNs of the stack are the only references`},
		},
		{
			name:    "everybody",
			changes: keyPolicy(`"Principal":{"Service":"logs.${data.aws_region.current.id}.${data.aws_partition.current.dns_suffix}"}`, `"Principal":"*"`),
			want:    []string{`customer-key: aws_kms_key.key: policy: statement 3 lets in "*"; name the principals that may`},
		},
		{
			name:    "every account",
			changes: keyPolicy(`"Service":"logs.${data.aws_region.current.id}.${data.aws_partition.current.dns_suffix}"`, `"AWS":"arn:aws:iam::*:root"`),
			want:    []string{`customer-key: aws_kms_key.key: policy: statement 3 lets in AWS "arn:aws:iam::*:root"; name the principals that may`},
		},
		{
			name: "every principal but one",
			changes: []change{add("aws_kms_key_policy.more", `{"key_id": "${aws_kms_key.key.id}",
				"policy": "{\"Statement\":[{\"Effect\":\"Allow\",\"NotPrincipal\":{\"AWS\":\"arn:aws:iam::111122223333:root\"},\"NotAction\":\"kms:Decrypt\",\"Resource\":\"*\"}]}"}`)},
			want: []string{
				`customer-key: aws_kms_key_policy.more: policy: statement 1 has NotAction; name what it allows`,
				`customer-key: aws_kms_key_policy.more: policy: statement 1 has NotPrincipal; name what it allows`,
				`customer-key: aws_kms_key_policy.more: policy: the account may not change it; allow kms:PutKeyPolicy to the account's root, or nobody can manage the key when the principals that it names are gone`,
			},
		},
		{
			name:    "a service on behalf of any caller",
			changes: []change{withoutLastCondition(theKey)},
			want:    []string{`customer-key: aws_kms_key.key: policy: statement 3 lets in Service "logs.${data.aws_region.current.id}.${data.aws_partition.current.dns_suffix}" on behalf of any caller; add a condition on the encryption context, or on aws:SourceArn`},
		},
		{
			name:    "a service for the logs of every account",
			changes: keyPolicy(`:${data.aws_caller_identity.current.account_id}:log-group:`, `:*:log-group:`),
			want:    []string{`customer-key: aws_kms_key.key: policy: statement 3 lets in Service "logs.${data.aws_region.current.id}.${data.aws_partition.current.dns_suffix}" on behalf of any caller; add a condition on the encryption context, or on aws:SourceArn`},
		},
		{
			name:    "everything to the account",
			changes: keyPolicy(`"kms:CancelKeyDeletion"`, `"kms:*"`),
			want: []string{
				`customer-key: aws_kms_key.key: policy: statement 1 allows the action "kms:*"; name each action in full`,
				`customer-key: aws_kms_key.key: policy: statement 1 lets ` + account + ` use the key directly; add a condition on kms:ViaService under StringEquals: read data through the service that stores it`,
			},
		},
		{
			name:    "grants by the account",
			changes: keyPolicy(`"kms:CancelKeyDeletion"`, `"kms:CreateGrant"`),
			want:    []string{`customer-key: aws_kms_key.key: policy: statement 1 lets ` + account + ` use the key directly; add a condition on kms:ViaService under StringEquals: read data through the service that stores it`},
		},
		{
			name:    "use without a service",
			changes: keyPolicy(`"kms:ViaService"`, `"kms:CallerAccount"`),
			want:    []string{`customer-key: aws_kms_key.key: policy: statement 2 lets ` + account + ` use the key directly; add a condition on kms:ViaService under StringEquals: read data through the service that stores it`},
		},
		{
			name:    "a policy that nobody may change",
			changes: keyPolicy(`"kms:PutKeyPolicy",`, ``),
			want:    []string{`customer-key: aws_kms_key.key: policy: the account may not change it; allow kms:PutKeyPolicy to the account's root, or nobody can manage the key when the principals that it names are gone`},
		},
		{
			name:    "a policy that the account may change under a condition alone",
			changes: keyPolicy(`"kms:UpdateKeyDescription"],"Resource":["*"]`, `"kms:UpdateKeyDescription"],"Resource":["*"],"Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`),
			want:    []string{lockedOut},
		},
		{
			name:    "another account's root in place of the account",
			changes: keyPolicy(own, "444455556666:root"),
			want:    []string{foreign(`1 lets AWS "arn:${data.aws_partition.current.partition}:iam::444455556666:root"`), lockedOut},
		},
		{
			name:    "the account's digits, which no provider allows",
			changes: []change{allowing("111122223333"), edit(theKey, own, "444455556666:root", "policy")},
			want:    []string{foreign(`1 lets AWS "arn:${data.aws_partition.current.partition}:iam::444455556666:root"`), lockedOut},
		},
		{
			name: "another account beside a service",
			changes: keyPolicy(`"Statement":[`, `"Statement":[{"Effect":"Allow","Principal":{"Service":"logs.us-east-1.amazonaws.com","AWS":"444455556666"},`+
				`"Action":"kms:PutKeyPolicy","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalAccount":"444455556666"}}},`),
			want: []string{foreign(`1 lets AWS "444455556666"`)},
		},
		{
			name:    "another account, in another case",
			changes: keyPolicy(`"Statement":[`, `"Statement":[`+strings.ReplaceAll(administrator(`"444455556666"`), "kms:PutKeyPolicy", "KMS:putkeypolicy")+`,`),
			want:    []string{foreign(`1 lets AWS "444455556666"`)},
		},
		{
			name:    "another account beside the account",
			changes: keyPolicy(`"Statement":[`, `"Statement":[`+administrator(`"444455556666"`)+`,`),
			want:    []string{foreign(`1 lets AWS "444455556666"`)},
		},
		{
			name:    "a role of another account",
			changes: keyPolicy(`"Statement":[`, `"Statement":[`+administrator(`["${aws_iam_role.submit-role.arn}","arn:aws:iam::444455556666:role/admin"]`)+`,`),
			want:    []string{foreign(`1 lets AWS "arn:aws:iam::444455556666:role/admin"`)},
		},
		{
			name:    "a grant",
			changes: []change{add("aws_kms_grant.grant", `{}`)},
			want:    []string{`customer-key: aws_kms_grant.grant: allows the use of a key that its policy does not allow; leave it out: allow it in a role's policy`},
		},
	})
}

func TestTheKeyEncryptsEverything(t *testing.T) {
	checkFile(t, withKeys, []breaking{
		{
			name: "a stream, a log group without it",
			changes: []change{
				set("aws_kinesis_stream.stream", "alias/aws/kinesis", "kms_key_id"),
				unset("aws_cloudwatch_log_group.api_execution", "kms_key_id"),
			},
			want: []string{
				`customer-key: aws_kinesis_stream.stream: kms_key_id refers to no key of the stack; refer to the ARN of one`,
				`customer-key: aws_cloudwatch_log_group.api_execution: kms_key_id refers to no key of the stack; refer to the ARN of one`,
			},
		},
		{
			name:    "a topic without it",
			changes: withAlarm(),
			want:    []string{`customer-key: aws_sns_topic.t: kms_master_key_id refers to no key of the stack; refer to the ARN of one`},
		},
		{
			name:    "a topic whose alarms may not use it",
			changes: withAlarm(set(topic, "${aws_kms_key.key.arn}", "kms_master_key_id")),
			want: []string{`customer-key: aws_kms_key.key: policy: cloudwatch.amazonaws.com may not use it, so no alarm reaches aws_sns_topic.t; ` +
				`allow it kms:Decrypt, kms:GenerateDataKey where aws:SourceAccount is the account's`},
		},
		{
			name:    "results of queries without it",
			changes: []change{add("aws_athena_workgroup.query", `{"configuration": [{"bytes_scanned_cutoff_per_query": 1, "result_configuration": [{"output_location": "s3://${aws_s3_bucket.bucket.bucket}/", "encryption_configuration": [{"encryption_option": "SSE_S3"}]}]}]}`)},
			want: []string{
				`customer-key: aws_athena_workgroup.query: configuration.result_configuration.encryption_configuration.encryption_option is "SSE_S3"; set it to "SSE_KMS"`,
				`customer-key: aws_athena_workgroup.query: configuration.result_configuration.encryption_configuration.kms_key_arn refers to no key of the stack; refer to the ARN of one`,
			},
		},
		{
			name:    "a delivery with another key",
			changes: []change{set("aws_kinesis_firehose_delivery_stream.delivery", "arn:aws:kms:us-east-1:111122223333:key/x", "extended_s3_configuration", "kms_key_arn")},
			want:    []string{`customer-key: aws_kinesis_firehose_delivery_stream.delivery: extended_s3_configuration.kms_key_arn refers to no key of the stack; refer to the ARN of one`},
		},
		{
			name:    "a bucket without a bucket key",
			changes: []change{unset(encryption, "rule", "0", "bucket_key_enabled")},
			want:    []string{`customer-key: aws_s3_bucket_server_side_encryption_configuration.bucket_encryption: rule.bucket_key_enabled is not set; set it to "true"`},
		},
		{
			name: "a bucket with S3's own keys",
			changes: []change{
				set(encryption, "AES256", "rule", "0", "apply_server_side_encryption_by_default", "sse_algorithm"),
				unset(encryption, "rule", "0", "apply_server_side_encryption_by_default", "kms_master_key_id"),
			},
			want: []string{
				`customer-key: aws_s3_bucket_server_side_encryption_configuration.bucket_encryption: rule.apply_server_side_encryption_by_default.sse_algorithm is "AES256"; set it to "aws:kms" or "aws:kms:dsse"`,
				`customer-key: aws_s3_bucket_server_side_encryption_configuration.bucket_encryption: rule.apply_server_side_encryption_by_default.kms_master_key_id refers to no key of the stack; refer to the ARN of one`,
			},
		},
		{
			name:    "a key that goes before its bucket",
			changes: []change{unset(events, "depends_on")},
			want:    []string{`customer-key: aws_s3_bucket.bucket: does not depend on aws_kms_key.key; add it to depends_on, or a destroy that cannot delete the bucket deletes the key of its objects`},
		},
		{
			name:    "objects with other keys",
			changes: policyOf(`"Null":{"s3:x-amz-server-side-encryption":["false"]},`, ``),
			want:    []string{`customer-key: aws_s3_bucket_policy.bucket_policy: does not deny objects with another encryption than aws_kms_key.key; deny s3:PutObject to the principal "*" where s3:x-amz-server-side-encryption is given and s3:x-amz-server-side-encryption-aws-kms-key-id is not ${aws_kms_key.key.arn}`},
		},
		{
			name:    "objects with the client's keys",
			changes: policyOf(`"s3:x-amz-server-side-encryption-customer-algorithm":["false"]`, `"s3:x-amz-server-side-encryption-customer-algorithm":["true"]`),
			want:    []string{`customer-key: aws_s3_bucket_policy.bucket_policy: does not deny objects with another encryption than aws_kms_key.key; deny s3:PutObject to the principal "*" where s3:x-amz-server-side-encryption-customer-algorithm is given`},
		},
	})
}

// A bucket that a distribution serves to everybody needs no key of the environment.
func TestAPublishedBucketNeedsNoKey(t *testing.T) {
	if err := policy.Check(changed(t, withKeys, withPage()), policy.Expect{Public: true}); err != nil {
		t.Error(err)
	}
}

// A replica in another region decrypts what its primary key encrypts, by a policy of its own.
func TestOtherKeys(t *testing.T) {
	const lockout = `: policy: the account may not change it; allow kms:PutKeyPolicy to the account's root, or nobody can manage the key when the principals that it names are gone`
	var tests []breaking
	for _, address := range []string{"aws_kms_external_key.k", "aws_kms_replica_external_key.k", "aws_kms_replica_key.k"} {
		tests = append(tests,
			breaking{
				name: address + " for everybody", changes: []change{add(address, `{"policy": `+letting(anybody, "")+`}`)},
				want: []string{`customer-key: ` + address + `: policy: statement 1 lets in "*"; name the principals that may`, `customer-key: ` + address + lockout},
			},
			breaking{
				name: address + " with the default policy", changes: []change{add(address, `{"bypass_policy_lockout_safety_check": true}`)},
				want: []string{
					`customer-key: ` + address + `: bypass_policy_lockout_safety_check is "true"; leave it out or set it to "false"`,
					`customer-key: ` + address + `: policy cannot be read: it is not text; write it as one JSON document, in which names and ARNs of the stack are the only references`,
				},
			},
		)
	}
	check(t, tests)
	replica := func(t *testing.T, root map[string]any) {
		key, _ := inner(t, root, theKey, []string{"policy"})
		add("aws_kms_replica_key.k", `{"primary_key_arn": "${aws_kms_key.key.arn}"}`)(t, root)
		set("aws_kms_replica_key.k", key["policy"], "policy")(t, root)
	}
	named := set(mock, `{"statusCode": 204} ## ${aws_kinesis_stream.stream.name}`, "request_templates", "application/json")
	otherCase := func(address, before, after string) change { return edit(address, before, after, "policy") }
	for name, varied := range map[string]change{
		"an action in another case":        otherCase(theKey, "kms:PutKeyPolicy", "KMS:putKeyPolicy"),
		"a service's key in another case":  otherCase(theKey, "kms:ViaService", "KMS:viaservice"),
		"a role's key in another case":     otherCase(submitKey, "kms:EncryptionContext:aws:kinesis:arn", "kms:encryptioncontext:AWS:Kinesis:arn"),
		"a role's service in another case": otherCase(deliverKey, "kms:ViaService", "kms:viaService"),
		"an object's key in another case":  otherCase("aws_s3_bucket_policy.bucket_policy", "s3:x-amz-server-side-encryption", "s3:X-Amz-Server-Side-Encryption"),
		"an access log's in another case":  otherCase("aws_s3_bucket_policy.access-log_policy", "aws:SourceA", "AWS:SourceA"),
		"a replica with the key's policy":  replica, "a mock that names the stream": named,
	} {
		if err := policy.Check(changed(t, withKeys, []change{varied}), policy.Expect{Public: true}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// An alarm reaches an encrypted topic if the topic's key lets CloudWatch use it for the account's alarms.
func TestAKeyThatAlarmsMayUse(t *testing.T) {
	const statement = `{"Effect":"Allow","Principal":{"Service":"cloudwatch.amazonaws.com"},"Action":["kms:Decrypt","kms:GenerateDataKey"],"Resource":["*"],` +
		`"Condition":{"StringEquals":{"aws:SourceAccount":["${data.aws_caller_identity.current.account_id}"]}}}`
	changes := withAlarm(set(topic, "${aws_kms_key.key.arn}", "kms_master_key_id"), edit(theKey, `"Statement":[`, `"Statement":[`+statement+`,`, "policy"))
	if err := policy.Check(changed(t, withKeys, changes), policy.Expect{Public: true}); err != nil {
		t.Error(err)
	}
}

// CloudWatch needs both actions, of its own statement, for this account.
func TestAKeyThatAlarmsMayNotUse(t *testing.T) {
	statement := func(service, action, account string) []change {
		return withAlarm(set(topic, "${aws_kms_key.key.arn}", "kms_master_key_id"), edit(theKey, `"Statement":[`, `"Statement":[{"Effect":"Allow","Principal":{"Service":"`+service+
			`"},"Action":`+action+`,"Resource":["*"],"Condition":{"StringEquals":{"aws:SourceAccount":"`+account+`"}}},`, "policy"))
	}
	const both = `["kms:Decrypt","kms:GenerateDataKey"]`
	var tests []breaking
	for name, changes := range map[string][]change{
		"reading alone":    statement("cloudwatch.amazonaws.com", `"kms:Decrypt"`, "123456789012"),
		"writing alone":    statement("cloudwatch.amazonaws.com", `["kms:GenerateDataKey"]`, "123456789012"),
		"another action":   statement("cloudwatch.amazonaws.com", `"kms:DescribeKey"`, "123456789012"),
		"another service":  statement("events.amazonaws.com", both, "123456789012"),
		"an open account":  statement("cloudwatch.amazonaws.com", both, "123456789012x"),
		"no such account ": statement("cloudwatch.amazonaws.com", both, ""),
	} {
		tests = append(tests, breaking{name: name, changes: changes, want: []string{
			`customer-key: aws_kms_key.key: policy: cloudwatch.amazonaws.com may not use it, so no alarm reaches aws_sns_topic.t; ` +
				`allow it kms:Decrypt, kms:GenerateDataKey where aws:SourceAccount is the account's`}})
	}
	checkFile(t, withKeys, tests)
}

func TestTheRolesMayUseTheKey(t *testing.T) {
	const (
		stream = "${aws_kms_key.key.arn} through kinesis for ${aws_kinesis_stream.stream.arn}"
		bucket = "${aws_kms_key.key.arn} through s3 for ${aws_s3_bucket.bucket.arn}"
		post   = "aws_api_gateway_integration.api_submit_post_integration"
		remedy = "; allow it in an inline policy, with conditions on kms:ViaService and on kms:EncryptionContext:aws:"
	)
	submit := `customer-key: aws_iam_role.submit-role: is not allowed kms:GenerateDataKey on ` + stream + `, which ` + post + ` needs` + remedy + `kinesis:arn at most`
	read := `customer-key: aws_iam_role.delivery-role: is not allowed kms:Decrypt on ` + stream + `, which aws_kinesis_firehose_delivery_stream.delivery needs` + remedy + `kinesis:arn at most`
	checkFile(t, withKeys, []breaking{
		{name: "a writer without it", changes: []change{edit(submitKey, "kms:GenerateDataKey", "kms:Decrypt", "policy")}, want: []string{submit}},
		{name: "a writer through another service", changes: []change{edit(submitKey, `"kinesis.`, `"s3.`, "policy")}, want: []string{submit}},
		{name: "a writer to another stream", changes: []change{edit(submitKey, "${aws_kinesis_stream.stream.arn}", "arn:aws:kinesis:us-east-1:111122223333:stream/x", "policy")}, want: []string{submit}},
		{name: "a writer with another condition", changes: []change{edit(submitKey, `"StringEquals"`, `"StringNotEquals"`, "policy")}, want: []string{submit}},
		{
			name:    "a reader without it",
			changes: []change{edit(deliverKey, `"kms:Decrypt"],"Resource":["${aws_kms_key.key.arn}"],"Condition":{"StringEquals":{"kms:EncryptionContext:aws:kinesis`, `"kms:DescribeKey"],"Resource":["${aws_kms_key.key.arn}"],"Condition":{"StringEquals":{"kms:EncryptionContext:aws:kinesis`, "policy")},
			want:    []string{read},
		},
		{
			name:    "a delivery by the objects' names, which a bucket key leaves out",
			changes: []change{edit(deliverKey, "${aws_s3_bucket.bucket.arn}", "${aws_s3_bucket.bucket.arn}/events/x", "policy")},
			want:    []string{`customer-key: aws_iam_role.delivery-role: is not allowed kms:Decrypt, kms:GenerateDataKey on ` + bucket + `, which aws_kinesis_firehose_delivery_stream.delivery needs` + remedy + `s3:arn at most`},
		},
	})
}
