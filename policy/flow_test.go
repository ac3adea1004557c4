package policy_test

import "testing"

func TestIntegrationsThatWrite(t *testing.T) {
	check(t, []breaking{
		{
			name:    "no integration",
			changes: []change{drop(submit)},
			want: []string{
				`flow: aws_api_gateway_method.api_submit_post: answers a success and has no integration; call PutRecord or PutRecords of Kinesis, with the type AWS, or use the verb GET for what takes no event`,
				`flow: aws_kinesis_firehose_delivery_stream.delivery: reads aws_kinesis_stream.stream, which no integration of the API writes; read the stream that the API writes`,
			},
		},
		{
			name:    "another action",
			changes: []change{edit(submit, "PutRecord", "DescribeStream", "uri")},
			want: []string{
				`flow: aws_api_gateway_integration.api_submit_post_integration: writes to no stream, and aws_api_gateway_method.api_submit_post answers a success; call PutRecord or PutRecords of Kinesis, with the type AWS, or use the verb GET for what takes no event`,
				`flow: aws_kinesis_firehose_delivery_stream.delivery: reads aws_kinesis_stream.stream, which no integration of the API writes; read the stream that the API writes`,
			},
		},
		{
			name:    "an action known only after an apply",
			changes: []change{edit(submit, "PutRecord", "${var.action}", "uri")},
			want: []string{
				`flow: aws_api_gateway_integration.api_submit_post_integration: writes to no stream, and aws_api_gateway_method.api_submit_post answers a success; call PutRecord or PutRecords of Kinesis, with the type AWS, or use the verb GET for what takes no event`,
				`flow: aws_kinesis_firehose_delivery_stream.delivery: reads aws_kinesis_stream.stream, which no integration of the API writes; read the stream that the API writes`,
			},
		},
		{
			name:    "an action that is not a template",
			changes: []change{set(submit, "${", "uri")},
			want: []string{
				`readable: aws_api_gateway_integration.api_submit_post_integration: "${" is not a Terraform template: Missing expression; write it out`,
				`flow: aws_api_gateway_integration.api_submit_post_integration: writes to no stream, and aws_api_gateway_method.api_submit_post answers a success; call PutRecord or PutRecords of Kinesis, with the type AWS, or use the verb GET for what takes no event`,
				`flow: aws_kinesis_firehose_delivery_stream.delivery: reads aws_kinesis_stream.stream, which no integration of the API writes; read the stream that the API writes`,
			},
		},
		{
			name:    "an action that the role may not do",
			changes: []change{edit(submit, "PutRecord", "PutRecords", "uri")},
			want: []string{
				`flow: aws_iam_role.submit-role: is not allowed kinesis:PutRecords on ${aws_kinesis_stream.stream.arn}, which aws_api_gateway_integration.api_submit_post_integration needs; allow it in an inline policy, without conditions`,
			},
		},
		{
			name:    "another type",
			changes: []change{set(submit, "HTTP", "type")},
			want: []string{
				`flow: aws_api_gateway_integration.api_submit_post_integration: writes to no stream, and aws_api_gateway_method.api_submit_post answers a success; call PutRecord or PutRecords of Kinesis, with the type AWS, or use the verb GET for what takes no event`,
				`flow: aws_kinesis_firehose_delivery_stream.delivery: reads aws_kinesis_stream.stream, which no integration of the API writes; read the stream that the API writes`,
			},
		},
		{
			name:    "another method",
			changes: []change{set(submit, "GET", "integration_http_method")},
			want: []string{
				`flow: aws_api_gateway_integration.api_submit_post_integration: integration_http_method is "GET"; set it to "POST"`,
			},
		},
		{
			name:    "no credentials",
			changes: []change{unset(submit, "credentials")},
			want: []string{
				`flow: aws_api_gateway_integration.api_submit_post_integration: credentials refers to no role of the stack; refer to the ARN of one`,
			},
		},
		{
			name:    "the caller's credentials",
			changes: []change{set(submit, "arn:aws:iam::*:user/*", "credentials")},
			want: []string{
				`flow: aws_api_gateway_integration.api_submit_post_integration: credentials refers to no role of the stack; refer to the ARN of one`,
			},
		},
		{
			name:    "a role that API Gateway cannot assume",
			changes: []change{set(submit, "${aws_iam_role.delivery-role.arn}", "credentials")},
			want: []string{
				`flow: aws_api_gateway_integration.api_submit_post_integration: credentials refers to aws_iam_role.delivery-role, which does not trust apigateway.amazonaws.com; refer to a role that does`,
				`flow: aws_iam_role.delivery-role: is not allowed kinesis:PutRecord on ${aws_kinesis_stream.stream.arn}, which aws_api_gateway_integration.api_submit_post_integration needs; allow it in an inline policy, without conditions`,
			},
		},
		{
			name:    "no template",
			changes: []change{unset(submit, "request_templates")},
			want: []string{
				`flow: aws_api_gateway_integration.api_submit_post_integration: has no request template that names a stream; declare one`,
				`flow: aws_kinesis_firehose_delivery_stream.delivery: reads aws_kinesis_stream.stream, which no integration of the API writes; read the stream that the API writes`,
			},
		},
		{
			name:    "a template that names a stream by hand",
			changes: []change{edit(submit, "${aws_kinesis_stream.stream.name}", "api-kinesis-stream-dev", "request_templates", "application/json")},
			want: []string{
				`flow: aws_api_gateway_integration.api_submit_post_integration: its request template for "application/json" refers to 0 streams of the stack; refer to one`,
				`flow: aws_kinesis_firehose_delivery_stream.delivery: reads aws_kinesis_stream.stream, which no integration of the API writes; read the stream that the API writes`,
			},
		},
		{
			name: "a template that names two streams",
			changes: []change{
				add("aws_kinesis_stream.other", `{"encryption_type": "KMS"}`),
				edit(submit, "${aws_kinesis_stream.stream.name}", "${aws_kinesis_stream.stream.name} ${aws_kinesis_stream.other.name}", "request_templates", "application/json"),
			},
			want: []string{
				`flow: aws_api_gateway_integration.api_submit_post_integration: its request template for "application/json" refers to 2 streams of the stack; refer to one`,
				`flow: aws_iam_role.submit-role: is not allowed kinesis:PutRecord on ${aws_kinesis_stream.other.arn}, which aws_api_gateway_integration.api_submit_post_integration needs; allow it in an inline policy, without conditions`,
				`flow: aws_kinesis_stream.other: no delivery stream reads it, and the API writes it; declare one`,
			},
		},
		{
			name:    "a role without a policy",
			changes: []change{drop(putRecord)},
			want: []string{
				`flow: aws_iam_role.submit-role: is not allowed kinesis:PutRecord on ${aws_kinesis_stream.stream.arn}, which aws_api_gateway_integration.api_submit_post_integration needs; allow it in an inline policy, without conditions`,
			},
		},
		{
			name:    "a role that may write under a condition",
			changes: []change{edit(putRecord, `"Resource"`, `"Condition":{"Bool":{"aws:SecureTransport":"true"}},"Resource"`, "policy")},
			want: []string{
				`flow: aws_iam_role.submit-role: is not allowed kinesis:PutRecord on ${aws_kinesis_stream.stream.arn}, which aws_api_gateway_integration.api_submit_post_integration needs; allow it in an inline policy, without conditions`,
			},
		},
		{
			name:    "a role that is denied it",
			changes: []change{edit(putRecord, `"Statement":[`, `"Statement":[{"Effect":"Deny","Action":"Kinesis:Put*","Resource":"*"},`, "policy")},
			want: []string{
				`flow: aws_iam_role.submit-role: is not allowed kinesis:PutRecord on ${aws_kinesis_stream.stream.arn}, which aws_api_gateway_integration.api_submit_post_integration needs; allow it in an inline policy, without conditions`,
			},
		},
		{
			name:    "a role that is denied all but something",
			changes: []change{edit(putRecord, `"Statement":[`, `"Statement":[{"Effect":"Deny","NotAction":"s3:*","Resource":"*"},`, "policy")},
			want: []string{
				`flow: aws_iam_role.submit-role: is not allowed kinesis:PutRecord on ${aws_kinesis_stream.stream.arn}, which aws_api_gateway_integration.api_submit_post_integration needs; allow it in an inline policy, without conditions`,
			},
		},
	})
}

// An integration that writes nothing is found although another one writes the stream.
func TestEveryAcceptingMethodWrites(t *testing.T) {
	const many = "aws_api_gateway_integration.api_submit_batch_post_integration"
	silent := func(integration, method string) string {
		return "flow: " + integration + ": writes to no stream, and " + method +
			" answers a success; call PutRecord or PutRecords of Kinesis, with the type AWS, or use the verb GET for what takes no event"
	}
	checkFile(t, "option-intake", []breaking{
		{
			name:    "another service",
			changes: []change{set(many, "arn:aws:apigateway:us-east-1:s3:path/x", "uri")},
			want:    []string{silent(many, "aws_api_gateway_method.api_submit_batch_post")},
		},
		{
			name:    "no service",
			changes: []change{set(many, "MOCK", "type")},
			want:    []string{silent(many, "aws_api_gateway_method.api_submit_batch_post")},
		},
		{
			name:    "an address that ends like the action's",
			changes: []change{set(many, "arn:aws:apigateway:us-east-1:s3:path/x:kinesis:action/PutRecords", "uri")},
			want:    []string{silent(many, "aws_api_gateway_method.api_submit_batch_post")},
		},
	})
	check(t, []breaking{
		{
			name:    "another stream than the one that the template refers to",
			changes: []change{edit(submit, `"StreamName": "$stream"`, `"StreamName": "other"`, "request_templates", "application/json")},
			want: []string{
				`flow: aws_api_gateway_integration.api_submit_post_integration: its request template for "application/json" writes to "other", which is not aws_kinesis_stream.stream; name that stream`,
			},
		},
		{
			name:    "another stream in the variable",
			changes: []change{edit(submit, `"StreamName": "$stream"`, `#set($stream = "other") "StreamARN": "$stream"`, "request_templates", "application/json")},
			want: []string{
				`flow: aws_api_gateway_integration.api_submit_post_integration: its request template for "application/json" writes to "$stream", which is not aws_kinesis_stream.stream; name that stream`,
			},
		},
		{
			name:    "a record without the body",
			changes: []change{edit(submit, `$input.body`, `{}`, "request_templates", "application/json")},
			want: []string{
				`flow: aws_api_gateway_integration.api_submit_post_integration: its request template for "application/json" reads nothing of the body; write $input.body to the record`,
			},
		},
		{
			name: "a function that may drop records",
			changes: []change{set(delivery, []any{map[string]any{"type": "Lambda"}, map[string]any{"type": "AppendDelimiterToRecord"}},
				"extended_s3_configuration", "processing_configuration", "processors")},
			want: []string{
				`flow: aws_kinesis_firehose_delivery_stream.delivery: extended_s3_configuration.processing_configuration.processors.type is "Lambda"; set it to "AppendDelimiterToRecord", "MetadataExtraction" or "RecordDeAggregation"`,
			},
		},
	})
}

func TestDeliveries(t *testing.T) {
	const source, destination = "kinesis_source_configuration", "extended_s3_configuration"
	check(t, []breaking{
		{
			name:    "errors that nobody sees",
			changes: []change{set(delivery, false, destination, "cloudwatch_logging_options", "enabled")},
			want: []string{
				`flow: aws_kinesis_firehose_delivery_stream.delivery: extended_s3_configuration.cloudwatch_logging_options.enabled is "false"; set it to "true"`,
			},
		},
		{
			name:    "errors without a log stream",
			changes: []change{unset(delivery, destination, "cloudwatch_logging_options", "log_stream_name")},
			want: []string{
				`flow: aws_kinesis_firehose_delivery_stream.delivery: extended_s3_configuration.cloudwatch_logging_options.log_stream_name refers to no aws_cloudwatch_log_stream of aws_cloudwatch_log_group.delivery-log; refer to the name of one: Firehose makes none`,
			},
		},
		{
			name:    "errors to a log stream of another group",
			changes: []change{set("aws_cloudwatch_log_stream.delivery-log_stream", "${aws_cloudwatch_log_group.api_access.name}", "log_group_name")},
			want: []string{
				`flow: aws_kinesis_firehose_delivery_stream.delivery: extended_s3_configuration.cloudwatch_logging_options.log_stream_name refers to no aws_cloudwatch_log_stream of aws_cloudwatch_log_group.delivery-log; refer to the name of one: Firehose makes none`,
			},
		},
		{
			name:    "errors that the role may not log",
			changes: []change{drop("aws_iam_role_policy.delivery-role_write-log")},
			want: []string{
				`flow: aws_iam_role.delivery-role: is not allowed logs:PutLogEvents on ${aws_cloudwatch_log_stream.delivery-log_stream.arn}, which aws_kinesis_firehose_delivery_stream.delivery needs; allow it in an inline policy, without conditions`,
			},
		},
		{
			name:    "no delivery",
			changes: []change{drop(delivery)},
			want: []string{
				`least-privilege: aws_iam_role_policy.delivery-role_write-bucket: policy: statement 2 allows s3:AbortMultipartUpload, s3:GetObject, s3:PutObject on "${aws_s3_bucket.bucket.arn}/events/year=*"; name the resource in full: a wildcard is for the objects that Firehose delivers and API Gateway's logging role`,
				`least-privilege: aws_iam_role_policy.delivery-role_write-bucket: policy: statement 2 allows s3:AbortMultipartUpload, s3:GetObject, s3:PutObject on "${aws_s3_bucket.bucket.arn}/errors/*"; name the resource in full: a wildcard is for the objects that Firehose delivers and API Gateway's logging role`,
				`flow: aws_kinesis_firehose_delivery_stream: the stack has none; declare one`,
				`flow: aws_kinesis_stream.stream: no delivery stream reads it, and the API writes it; declare one`,
			},
		},
		{
			name:    "no source",
			changes: []change{unset(delivery, source)},
			want: []string{
				`flow: aws_kinesis_firehose_delivery_stream.delivery: kinesis_source_configuration.kinesis_stream_arn refers to no stream of the stack; refer to the ARN of the one that the API writes`,
				`flow: aws_kinesis_firehose_delivery_stream.delivery: kinesis_source_configuration.role_arn refers to no role of the stack; refer to the ARN of one`,
				`flow: aws_kinesis_stream.stream: no delivery stream reads it, and the API writes it; declare one`,
			},
		},
		{
			name:    "a source that is not in the stack",
			changes: []change{set(delivery, "arn:aws:kinesis:us-east-1:123456789012:stream/x", source, "kinesis_stream_arn")},
			want: []string{
				`flow: aws_kinesis_firehose_delivery_stream.delivery: kinesis_source_configuration.kinesis_stream_arn refers to no stream of the stack; refer to the ARN of the one that the API writes`,
				`flow: aws_kinesis_stream.stream: no delivery stream reads it, and the API writes it; declare one`,
			},
		},
		{
			name: "a source that the API does not write",
			changes: []change{
				add("aws_kinesis_stream.other", `{"encryption_type": "KMS"}`),
				set(delivery, "${aws_kinesis_stream.other.arn}", source, "kinesis_stream_arn"),
			},
			want: []string{
				`flow: aws_kinesis_firehose_delivery_stream.delivery: reads aws_kinesis_stream.other, which no integration of the API writes; read the stream that the API writes`,
				`flow: aws_iam_role.delivery-role: is not allowed kinesis:DescribeStream, kinesis:GetRecords, kinesis:GetShardIterator, kinesis:ListShards on ${aws_kinesis_stream.other.arn}, which aws_kinesis_firehose_delivery_stream.delivery needs; allow it in an inline policy, without conditions`,
				`flow: aws_kinesis_stream.stream: no delivery stream reads it, and the API writes it; declare one`,
			},
		},
		{
			name:    "a source without a role",
			changes: []change{unset(delivery, source, "role_arn")},
			want: []string{
				`flow: aws_kinesis_firehose_delivery_stream.delivery: kinesis_source_configuration.role_arn refers to no role of the stack; refer to the ARN of one`,
			},
		},
		{
			name:    "a role that may not read the stream",
			changes: []change{edit(readStream, `"kinesis:GetRecords","kinesis:GetShardIterator",`, ``, "policy")},
			want: []string{
				`flow: aws_iam_role.delivery-role: is not allowed kinesis:GetRecords, kinesis:GetShardIterator on ${aws_kinesis_stream.stream.arn}, which aws_kinesis_firehose_delivery_stream.delivery needs; allow it in an inline policy, without conditions`,
			},
		},
		{
			name:    "two destinations",
			changes: []change{set(delivery, []any{}, destination)},
			want: []string{
				`least-privilege: aws_iam_role_policy.delivery-role_write-bucket: policy: statement 2 allows s3:AbortMultipartUpload, s3:GetObject, s3:PutObject on "${aws_s3_bucket.bucket.arn}/events/year=*"; name the resource in full: a wildcard is for the objects that Firehose delivers and API Gateway's logging role`,
				`least-privilege: aws_iam_role_policy.delivery-role_write-bucket: policy: statement 2 allows s3:AbortMultipartUpload, s3:GetObject, s3:PutObject on "${aws_s3_bucket.bucket.arn}/errors/*"; name the resource in full: a wildcard is for the objects that Firehose delivers and API Gateway's logging role`,
				`flow: aws_kinesis_firehose_delivery_stream.delivery: extended_s3_configuration.cloudwatch_logging_options.enabled is not set; set it to "true"`,
				`flow: aws_kinesis_firehose_delivery_stream.delivery: extended_s3_configuration.cloudwatch_logging_options.log_group_name refers to no log group of the stack; refer to the name of one, or nobody learns why a delivery fails`,
				`flow: aws_kinesis_firehose_delivery_stream.delivery: extended_s3_configuration.bucket_arn refers to no bucket of the stack; refer to the ARN of one`,
				`flow: aws_kinesis_firehose_delivery_stream.delivery: extended_s3_configuration.role_arn refers to no role of the stack; refer to the ARN of one`,
			},
		},
		{
			name:    "another destination",
			changes: []change{set(delivery, "http_endpoint", "destination")},
			want: []string{
				`flow: aws_kinesis_firehose_delivery_stream.delivery: destination is "http_endpoint"; set it to "extended_s3"`,
			},
		},
		{
			name:    "a prefix known only after an apply",
			changes: []change{set(delivery, "${var.prefix}", destination, "prefix")},
			want: []string{
				`least-privilege: aws_iam_role_policy.delivery-role_write-bucket: policy: statement 2 allows s3:AbortMultipartUpload, s3:GetObject, s3:PutObject on "${aws_s3_bucket.bucket.arn}/events/year=*"; name the resource in full: a wildcard is for the objects that Firehose delivers and API Gateway's logging role`,
				`flow: aws_kinesis_firehose_delivery_stream.delivery: extended_s3_configuration.prefix is "${var.prefix}", whose value is known only after an apply; write the value itself`,
			},
		},
		{
			name:    "a prefix that the role may not write",
			changes: []change{set(delivery, "raw/", destination, "prefix")},
			want: []string{
				`least-privilege: aws_iam_role_policy.delivery-role_write-bucket: policy: statement 2 allows s3:AbortMultipartUpload, s3:GetObject, s3:PutObject on "${aws_s3_bucket.bucket.arn}/events/year=*"; name the resource in full: a wildcard is for the objects that Firehose delivers and API Gateway's logging role`,
				`flow: aws_iam_role.delivery-role: is not allowed s3:AbortMultipartUpload, s3:GetObject, s3:PutObject on ${aws_s3_bucket.bucket.arn}/raw/*, which aws_kinesis_firehose_delivery_stream.delivery needs; allow it in an inline policy, without conditions`,
			},
		},
		{
			name:    "a destination without a role",
			changes: []change{unset(delivery, destination, "role_arn")},
			want: []string{
				`flow: aws_kinesis_firehose_delivery_stream.delivery: extended_s3_configuration.role_arn refers to no role of the stack; refer to the ARN of one`,
			},
		},
		{
			name:    "a role that Firehose cannot assume",
			changes: []change{set(delivery, "${aws_iam_role.submit-role.arn}", destination, "role_arn")},
			want: []string{
				`flow: aws_kinesis_firehose_delivery_stream.delivery: extended_s3_configuration.role_arn refers to aws_iam_role.submit-role, which does not trust firehose.amazonaws.com; refer to a role that does`,
				`flow: aws_iam_role.submit-role: is not allowed s3:GetBucketLocation, s3:ListBucket, s3:ListBucketMultipartUploads on ${aws_s3_bucket.bucket.arn}, which aws_kinesis_firehose_delivery_stream.delivery needs; allow it in an inline policy, without conditions`,
				`flow: aws_iam_role.submit-role: is not allowed s3:AbortMultipartUpload, s3:GetObject, s3:PutObject on ${aws_s3_bucket.bucket.arn}/events/year=*, which aws_kinesis_firehose_delivery_stream.delivery needs; allow it in an inline policy, without conditions`,
				`flow: aws_iam_role.submit-role: is not allowed s3:AbortMultipartUpload, s3:GetObject, s3:PutObject on ${aws_s3_bucket.bucket.arn}/errors/*, which aws_kinesis_firehose_delivery_stream.delivery needs; allow it in an inline policy, without conditions`,
			},
		},
		{
			name:    "a role that may not use the bucket",
			changes: []change{edit(writeBucket, `"s3:GetBucketLocation",`, ``, "policy")},
			want: []string{
				`flow: aws_iam_role.delivery-role: is not allowed s3:GetBucketLocation on ${aws_s3_bucket.bucket.arn}, which aws_kinesis_firehose_delivery_stream.delivery needs; allow it in an inline policy, without conditions`,
			},
		},
		{
			name:    "a role that may not write objects",
			changes: []change{edit(writeBucket, `,"s3:PutObject"`, ``, "policy")},
			want: []string{
				`flow: aws_iam_role.delivery-role: is not allowed s3:PutObject on ${aws_s3_bucket.bucket.arn}/events/year=*, which aws_kinesis_firehose_delivery_stream.delivery needs; allow it in an inline policy, without conditions`,
				`flow: aws_iam_role.delivery-role: is not allowed s3:PutObject on ${aws_s3_bucket.bucket.arn}/errors/*, which aws_kinesis_firehose_delivery_stream.delivery needs; allow it in an inline policy, without conditions`,
			},
		},
		{
			name:    "a role with a policy known only after an apply",
			changes: []change{set(writeBucket, "${aws_iam_role.other.name}", "role")},
			want: []string{
				`flow: aws_iam_role.delivery-role: is not allowed s3:GetBucketLocation, s3:ListBucket, s3:ListBucketMultipartUploads on ${aws_s3_bucket.bucket.arn}, which aws_kinesis_firehose_delivery_stream.delivery needs; allow it in an inline policy, without conditions`,
				`flow: aws_iam_role.delivery-role: is not allowed s3:AbortMultipartUpload, s3:GetObject, s3:PutObject on ${aws_s3_bucket.bucket.arn}/events/year=*, which aws_kinesis_firehose_delivery_stream.delivery needs; allow it in an inline policy, without conditions`,
				`flow: aws_iam_role.delivery-role: is not allowed s3:AbortMultipartUpload, s3:GetObject, s3:PutObject on ${aws_s3_bucket.bucket.arn}/errors/*, which aws_kinesis_firehose_delivery_stream.delivery needs; allow it in an inline policy, without conditions`,
			},
		},
	})
}
