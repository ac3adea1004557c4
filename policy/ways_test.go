package policy_test

import (
	"strings"
	"testing"

	"cdk.tf/go/ingest/policy"
)

// Other ways to do what a rule forbids, in a resource that the modules do not declare or in an argument that they leave out.
func TestOtherWays(t *testing.T) {
	const (
		bucket     = "aws_s3_bucket.bucket"
		everybody  = `"{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"s3:GetObject\",\"Resource\":\"*\"}]}"`
		namesThem  = `: policy: statement 1 lets in "*"; name the principals that may`
		ownBuckets = `refers to no bucket of the stack; refer to the ARN of one, which is known to be private`
	)
	granting := func(action string) change {
		return edit(putRecord, `"kinesis:PutRecord"`, `"kinesis:PutRecord","`+action+`"`, "policy")
	}
	notNeeded := func(action string) []string {
		return []string{`least-privilege: ` + putRecord + `: policy: statement 1 allows ` + action + `, which no service of the pipeline needs; leave it out`}
	}
	attaches := func(name string) breaking {
		return breaking{
			name:    "attaching " + name,
			changes: []change{add("aws_iam_role_policy_attachment.x", `{"role": "${aws_iam_role.submit-role.name}", "policy_arn": "arn:aws:iam::aws:policy/`+name+`"}`)},
			want:    []string{`least-privilege: aws_iam_role_policy_attachment.x: attaches ` + name + `; allow the actions that are needed, by name`},
		}
	}
	var tests []breaking
	for address, key := range map[string]string{
		"aws_s3control_access_grants_instance_resource_policy.p": "policy",
		"aws_s3control_access_point_policy.p":                    "policy",
		"aws_s3control_bucket_policy.p":                          "policy",
		"aws_s3tables_table_bucket_policy.p":                     "resource_policy",
		"aws_s3tables_table_policy.p":                            "resource_policy",
	} {
		tests = append(tests, breaking{name: address, changes: []change{add(address, `{"`+key+`": `+everybody+`}`)}, want: []string{
			`private-bucket: ` + address + `: ` + key + `: statement 1 lets in "*"; name the principals that may`}})
	}
	for key, own := range map[string]string{
		"cors_rule": "cors_configuration", "lifecycle_rule": "lifecycle_configuration", "object_lock_configuration": "object_lock_configuration",
		"server_side_encryption_configuration": "server_side_encryption_configuration",
	} {
		tests = append(tests, breaking{name: key, changes: []change{set(bucket, []any{map[string]any{}}, key)}, want: []string{
			`private-bucket: aws_s3_bucket.bucket: ` + key + ` is set in the bucket itself; leave it out: it and aws_s3_bucket_` + own + ` undo each other`}})
	}
	for address, key := range map[string]string{
		"aws_cloudwatch_log_delivery_destination_policy.p": "delivery_destination_policy", "aws_cloudwatch_log_destination_policy.p": "access_policy",
	} {
		document := strings.ReplaceAll(everybody, "s3:GetObject", "logs:PutSubscriptionFilter")
		tests = append(tests, breaking{name: address, changes: []change{add(address, `{"`+key+`": `+document+`}`)}, want: []string{
			`least-privilege: ` + address + `: ` + key + `: statement 1 lets in "*"; name the principals that may`}})
	}
	check(t, append(tests, []breaking{
		attaches("ReadOnlyAccess"), attaches("AmazonS3ReadOnlyAccess"), attaches("job-function/DataScientist"), attaches("SecurityAudit"),
		attaches("service-role/AWSGlueServiceRole"), attaches("AWSSupportAccess"), attaches("IAMUserChangePassword"),
		{name: "passing a role", changes: []change{granting("iam:PassRole")}, want: notNeeded("iam:PassRole")},
		{name: "acting as another role", changes: []change{granting("STS:AssumeRole")}, want: notNeeded("STS:AssumeRole")},
		{name: "destroying the stream", changes: []change{granting("kinesis:DeleteStream")}, want: notNeeded("kinesis:DeleteStream")},
		{name: "opening the stream", changes: []change{granting("kinesis:PutResourcePolicy")}, want: notNeeded("kinesis:PutResourcePolicy")},
		{
			name: "a service for anybody",
			changes: []change{edit(bucketPolicy, `"Statement":[`, `"Statement":[{"Effect":"Allow","Principal":{"Service":"logging.s3.amazonaws.com"},"Action":"s3:PutObject",`+
				`"Resource":"${aws_s3_bucket.bucket.arn}/*","Condition":{"ArnLike":{"aws:SourceArn":"*"}}},`, "policy")},
			want: []string{`private-bucket: ` + bucketPolicy + `: policy: statement 1 lets in Service "logging.s3.amazonaws.com" on behalf of any account; ` +
				`add a condition on aws:SourceArn or aws:SourceAccount`},
		},
		{
			name:    "versioning in the bucket",
			changes: []change{set(bucket, []any{map[string]any{"enabled": false}}, "versioning")},
			want:    []string{`private-bucket: aws_s3_bucket.bucket: versioning is set in the bucket itself; leave it out: it and aws_s3_bucket_versioning undo each other`},
		},
		{
			name:    "an access point for everybody",
			changes: []change{add("aws_s3_access_point.p", `{"bucket": "b", "policy": `+everybody+`, "public_access_block_configuration": {"block_public_policy": false}}`)},
			want: []string{
				`private-bucket: aws_s3_access_point.p` + namesThem,
				`private-bucket: aws_s3_access_point.p: public_access_block_configuration.block_public_policy is "false"; leave it out or set it to "true"`,
			},
		},
		{
			name:    "a stream for everybody",
			changes: []change{add("aws_kinesis_resource_policy.p", `{"resource_arn": "${aws_kinesis_stream.stream.arn}", "policy": `+everybody+`}`)},
			want:    []string{`private-bucket: aws_kinesis_resource_policy.p` + namesThem},
		},
		{
			name:    "replication elsewhere",
			changes: []change{add("aws_s3_bucket_replication_configuration.r", `{"bucket": "b", "rule": [{"destination": {"bucket": "arn:aws:s3:::elsewhere"}}]}`)},
			want:    []string{`private-bucket: aws_s3_bucket_replication_configuration.r: rule.destination.bucket ` + ownBuckets},
		},
		{
			name:    "a list of objects elsewhere",
			changes: []change{add("aws_s3_bucket_inventory.i", `{"bucket": "b", "destination": {"bucket": {"bucket_arn": "arn:aws:s3:::elsewhere"}}}`)},
			want:    []string{`private-bucket: aws_s3_bucket_inventory.i: destination.bucket.bucket ` + ownBuckets},
		},
		{
			name:    "replication elsewhere, in the bucket",
			changes: []change{set(bucket, []any{map[string]any{"rules": []any{}}}, "replication_configuration")},
			want: []string{`private-bucket: aws_s3_bucket.bucket: replication_configuration is set in the bucket itself; ` +
				`leave it out: it and aws_s3_bucket_replication_configuration undo each other`},
		},
		{
			name:    "an access log elsewhere, in the bucket",
			changes: []change{set(bucket, []any{map[string]any{"target_bucket": "elsewhere"}}, "logging")},
			want:    []string{`private-bucket: aws_s3_bucket.bucket: logging is set in the bucket itself; leave it out: it and aws_s3_bucket_logging undo each other`},
		},
		{
			name: "an analysis elsewhere",
			changes: []change{add("aws_s3_bucket_analytics_configuration.a", `{"bucket": "b", "storage_class_analysis": {"data_export": {"destination": `+
				`{"s3_bucket_destination": {"bucket_arn": "arn:aws:s3:::elsewhere"}}}}}`)},
			want: []string{`private-bucket: aws_s3_bucket_analytics_configuration.a: storage_class_analysis.data_export.destination.s3_bucket_destination.bucket ` + ownBuckets},
		},
		{
			name:    "an access point of many regions for everybody",
			changes: []change{add("aws_s3control_multi_region_access_point_policy.p", `{"details": [{"name": "x", "policy": `+everybody+`}]}`)},
			want:    []string{`private-bucket: aws_s3control_multi_region_access_point_policy.p: details.policy: statement 1 lets in "*"; name the principals that may`},
		},
		{
			name:    "a public access point of many regions",
			changes: []change{add("aws_s3control_multi_region_access_point.p", `{"details": {"public_access_block": {"block_public_acls": false}}}`)},
			want:    []string{`private-bucket: aws_s3control_multi_region_access_point.p: details.public_access_block.block_public_acls is "false"; leave it out or set it to "true"`},
		},
		{
			name:    "an access point of a function for everybody",
			changes: []change{add("aws_s3control_object_lambda_access_point_policy.p", `{"name": "x", "policy": `+everybody+`}`)},
			want:    []string{`private-bucket: aws_s3control_object_lambda_access_point_policy.p` + namesThem},
		},
		{
			name:    "a catalog for everybody",
			changes: []change{add("aws_glue_resource_policy.p", `{"policy": `+strings.ReplaceAll(everybody, "s3:GetObject", "glue:*")+`}`)},
			want: []string{`query: aws_glue_resource_policy.p: policy: statement 1 allows glue:* to "*"; ` +
				`leave it out: a role's policy allows what a delivery of Parquet needs`},
		},
		{
			name:    "the account's logs for everybody",
			changes: []change{add("aws_cloudwatch_log_resource_policy.p", `{"policy_document": `+strings.ReplaceAll(everybody, "s3:GetObject", "logs:*")+`}`)},
			want: []string{
				`least-privilege: aws_cloudwatch_log_resource_policy.p: policy_document: statement 1 lets in "*"; name the principals that may`,
				`least-privilege: aws_cloudwatch_log_resource_policy.p: policy_document: statement 1 allows the action "logs:*"; name each action in full`,
			},
		},
		{
			name: "a backup elsewhere",
			changes: []change{set(delivery, map[string]any{"bucket_arn": "arn:aws:s3:::elsewhere", "role_arn": "${aws_iam_role.delivery-role.arn}"},
				"extended_s3_configuration", "s3_backup_configuration")},
			want: []string{`private-bucket: ` + delivery + `: extended_s3_configuration.s3_backup_configuration.bucket ` + ownBuckets},
		},
		{
			name:    "the origin of a sandbox",
			changes: []change{set(accepted, "'null'", "response_parameters", origin)},
			want:    []string{`cors: ` + accepted + `: Access-Control-Allow-Origin is "null", which any page can have in a sandbox; name an origin`},
		},
		{
			name:    "the access key in the access log",
			changes: []change{edit(stage, "$context.status", "$context.identity.accessKey", "access_log_settings", "format")},
			want:    []string{quotes("$context.identity.accessKey")},
		},
		{
			name:    "a template that evaluates a text",
			changes: with(`#set($key = "input.params()")#evaluate("$d$text")`),
			want:    []string{`readable: ` + submit + `: request_templates for "application/json" has #evaluate, whose text no rule reads; write it out`},
		},
		{
			name: "another kind of API",
			changes: []change{add("aws_apigatewayv2_integration.x", `{"api_id": "x", "integration_type": "AWS_PROXY", "integration_subtype": "Kinesis-PutRecord",
				"credentials_arn": "${aws_iam_role.submit-role.arn}"}`)},
			want: []string{`readable: aws_apigatewayv2_integration.x: writes to a stream from an API that no rule reads; declare a REST API`},
		},
		{
			name:    "alarms without TLS",
			changes: withAlarm(add("aws_sns_topic_subscription.s", `{"topic_arn": "${aws_sns_topic.t.arn}", "protocol": "http", "endpoint": "http://example.com"}`)),
			want:    []string{`closed-topic: aws_sns_topic_subscription.s: sends alarms without TLS; use the protocol "https"`},
		},
	}...))
}

// A page over old TLS, or with hosts without TLS.
func TestOtherWaysToServeAPage(t *testing.T) {
	const policyText = `security_headers_config.content_security_policy.content_security_policy`
	source := func(directive string) []change {
		return withPage(edit(pageHeaders, "style-src 'self'", directive, "security_headers_config", "content_security_policy", "content_security_policy"))
	}
	wide := func(directive string) []string {
		return []string{`web-page: ` + pageHeaders + `: ` + policyText + ` says "` + directive + `"; name the hosts that the page needs, and keep scripts and styles in files`}
	}
	versions := `set it to "TLSv1.2_2018", "TLSv1.2_2019", "TLSv1.2_2021", "TLSv1.2_2025" or "TLSv1.3_2025"`
	check(t, []breaking{
		{name: "a host without TLS", changes: source("style-src http://example.com"), want: wide("style-src http://example.com")},
		{name: "compiled code", changes: source("script-src 'wasm-unsafe-eval'"), want: wide("script-src 'wasm-unsafe-eval'")},
		{
			name:    "old TLS",
			changes: withPage(put(page, `{"acm_certificate_arn": "a", "minimum_protocol_version": "TLSv1"}`, "viewer_certificate")),
			want:    []string{`web-page: ` + page + `: viewer_certificate.minimum_protocol_version is "TLSv1"; ` + versions},
		},
		{
			name:    "TLS by default",
			changes: withPage(put(page, `{"acm_certificate_arn": "a"}`, "viewer_certificate")),
			want:    []string{`web-page: ` + page + `: viewer_certificate.minimum_protocol_version is not set; ` + versions},
		},
	})
}

// A condition whose values include other accounts binds no service.
func TestServicesForOtherAccounts(t *testing.T) {
	test := func(condition string) breaking {
		return breaking{
			name: condition,
			changes: []change{edit(bucketPolicy, `"Statement":[`, `"Statement":[{"Effect":"Allow","Principal":{"Service":"logging.s3.amazonaws.com"},"Action":"s3:PutObject",`+
				`"Resource":"${aws_s3_bucket.bucket.arn}/*","Condition":`+condition+`},`, "policy")},
			want: []string{`private-bucket: ` + bucketPolicy + `: policy: statement 1 lets in Service "logging.s3.amazonaws.com" on behalf of any account; ` +
				`add a condition on aws:SourceArn or aws:SourceAccount`},
		}
	}
	check(t, []breaking{
		test(`{"ArnLike":{"aws:SourceArn":"arn:*"}}`),
		test(`{"ArnLike":{"aws:SourceArn":"arn:aws:s3:::*"}}`),
		test(`{"ArnLike":{"aws:SourceArn":["${aws_s3_bucket.bucket.arn}","arn:*:*:*:*:*"]}}`),
		test(`{"ArnLike":{"aws:SourceArn":"arn:aws:*:*:123456789012:*"}}`),
		test(`{"ArnEquals":{"aws:SourceArn":"arn:aws:logs:us-east-1:12345678901?:x"}}`),
		test(`{"StringLike":{"aws:SourceAccount":"**"}}`),
		test(`{"StringLike":{"aws:SourceAccount":"1*"}}`),
		test(`{"StringLike":{"aws:SourceAccount":"????????????"}}`),
		test(`{"StringEquals":{"aws:SourceAccount":[]}}`),
		test(`{"StringEqualsIfExists":{"aws:SourceAccount":"123456789012"}}`),
		test(`{"StringNotEquals":{"aws:SourceAccount":"123456789012"}}`),
		test(`{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control"}}`),
	})
}

func TestWaysThatAreGood(t *testing.T) {
	for name, changes := range map[string][]change{
		"a service for this account": {edit(bucketPolicy, `"Statement":[`, `"Statement":[{"Effect":"Allow","Principal":{"Service":"logging.s3.amazonaws.com"},"Action":"s3:PutObject",`+
			`"Resource":"${aws_s3_bucket.bucket.arn}/*","Condition":{"StringEquals":{"AWS:SourceAccount":["${data.aws_caller_identity.current.account_id}"]}}},`, "policy")},
		"a service for resources of an account": {edit(bucketPolicy, `"Statement":[`, `"Statement":[{"Effect":"Allow","Principal":{"Service":"logging.s3.amazonaws.com"},"Action":"s3:PutObject",`+
			`"Resource":"${aws_s3_bucket.bucket.arn}/*","Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:logs:*:${data.aws_caller_identity.current.account_id}:*"}}},`, "policy")},
		"a service of logs": {add("aws_cloudwatch_log_resource_policy.p", `{"policy_document": "{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"delivery.logs.amazonaws.com\"},`+
			`\"Action\":\"logs:PutLogEvents\",\"Resource\":\"*\"}]}"}`)},
		"a service for what is within a resource": {edit(bucketPolicy, `"Statement":[`, `"Statement":[{"Effect":"Allow","Principal":{"Service":"delivery.logs.amazonaws.com"},"Action":"s3:PutObject",`+
			`"Resource":"${aws_s3_bucket.bucket.arn}/*","Condition":{"ArnLike":{"aws:SourceArn":"${aws_cloudwatch_log_group.delivery-log.arn}:*"}}},`, "policy")},
		"an access point of a VPC":        {add("aws_s3_access_point.p", `{"bucket": "b", "vpc_configuration": {"vpc_id": "v"}}`)},
		"replication in the stack":        {add("aws_s3_bucket_replication_configuration.r", `{"bucket": "b", "rule": [{"destination": {"bucket": "${aws_s3_bucket.bucket.arn}"}}]}`)},
		"another kind of API":             {add("aws_apigatewayv2_integration.x", `{"api_id": "x", "integration_type": "HTTP_PROXY", "integration_uri": "https://example.com"}`)},
		"publishing in another case":      withAlarm(edit(topicPolicy, "sns:Publish", "SNS:Publish", "policy")),
		"assuming a role in another case": {edit(submitRole, "sts:AssumeRole", "STS:AssumeRole", "assume_role_policy")},
		"reading a page in another case":  withPage(edit(pageBucket, "s3:GetObject", "S3:getObject", "policy")),
		"everything in another case":      {edit(bucketPolicy, "s3:*", "S3:*", "policy")},
		"delivering in another case":      {edit(writeBucket, "s3:PutObject", "s3:putObject", "policy")},
		"alarms over TLS":                 withAlarm(add("aws_sns_topic_subscription.s", `{"topic_arn": "${aws_sns_topic.t.arn}", "protocol": "https", "endpoint": "https://example.com"}`)),
		"an own domain of a page":         withPage(put(page, `{"acm_certificate_arn": "a", "minimum_protocol_version": "TLSv1.2_2021"}`, "viewer_certificate")),
	} {
		if err := policy.Check(good(t, changes...), policy.Expect{Public: true}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
