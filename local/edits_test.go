package local

import (
	"maps"
	"strings"
	"testing"
)

// TestOneMistakeIsOneError makes one mistake in the dev stack. Errors that only follow from the mistake are not reported.
func TestOneMistakeIsOneError(t *testing.T) {
	const leave = "leave it out of the environment that runs here"
	set := func(typ, name, attribute string, value any) func(editable) {
		return func(s editable) { s.body(typ, name)[attribute] = value }
	}
	drop := func(typ, name, attribute string) func(editable) {
		return func(s editable) { delete(s.body(typ, name), attribute) }
	}
	end := func(block, attribute string, value any) func(editable) {
		return func(s editable) {
			s.body("aws_kinesis_firehose_delivery_stream", "delivery")[block].(object)[attribute] = value
		}
	}
	for _, test := range []struct {
		name string
		edit func(editable)
		want string
	}{
		{"no resources", func(s editable) { s["resource"] = []any{} },
			`"resource" declares nothing, so there is nothing to run; name a synthesised stack, such as cdktf.out/stacks/dev/cdk.tf.json`},
		{"null for resources", func(s editable) { s["resource"] = nil },
			`"resource" declares nothing, so there is nothing to run; name a synthesised stack, such as cdktf.out/stacks/dev/cdk.tf.json`},
		{"text for resources", func(s editable) { s["resource"] = "x" }, `"resource" is a string; it must be an object or a list of objects`},
		{"no provider", func(s editable) { delete(s, "provider") },
			"provider.aws: the stack has none; write one with its region, because nothing else defines the stack's region"},
		{"no stream", func(s editable) { delete(s.types(), "aws_kinesis_stream") },
			"aws_kinesis_stream.stream is not declared in the stack; declare it, or correct the reference (9 places refer to it, such as aws_api_gateway_deployment.api_deployment: triggers.aws_kinesis_stream.stream.name: ${aws_kinesis_stream.stream.name})"},
		{"a reference to nothing", end("kinesis_source_configuration", "role_arn", "${aws_iam_role.nobody.arn}"),
			"aws_kinesis_firehose_delivery_stream.delivery: kinesis_source_configuration.role_arn: ${aws_iam_role.nobody.arn}: aws_iam_role.nobody is not declared in the stack; declare it, or correct the reference"},
		{"a stream without a name", drop("aws_kinesis_stream", "stream", "name"),
			"aws_kinesis_stream.stream does not set name, which is not computed here; these attributes are: arn, encryption_type, enforce_consumer_deletion, id, retention_period, tags_all (9 places refer to it, such as aws_api_gateway_deployment.api_deployment: triggers.aws_kinesis_stream.stream.name: ${aws_kinesis_stream.stream.name})"},
		{"a list for a name", set("aws_s3_bucket", "bucket", "bucket", []any{"a"}),
			"aws_s3_bucket.bucket.bucket is a list; it must be text (3 places refer to it, such as aws_iam_role_policy.delivery-role_write-bucket: policy: ${aws_s3_bucket.bucket.arn})"},
		{"an object for a name", set("aws_kinesis_stream", "stream", "name", object{}),
			"aws_kinesis_stream.stream.name is an object; it must be text (7 places refer to it, such as aws_api_gateway_integration.api_submit_batch_post_integration: request_templates.application/json: ${aws_kinesis_stream.stream.name})"},
		{"text for a number", set("aws_kinesis_stream", "stream", "shard_count", "many"), `aws_kinesis_stream.stream: shard_count: it is "many"; it must be a number`},
		{"text for a block", set("aws_kinesis_stream", "stream", "stream_mode_details", "PROVISIONED"),
			`aws_kinesis_stream.stream: stream_mode_details: it is "PROVISIONED"; it must be an object or a list of objects`},
		{"a bucket that cannot be read", set("aws_s3_bucket", "bucket", "colour", "red"),
			"aws_s3_bucket.bucket: the attribute colour is not imitated on one machine; " + leave},
		{"two delivery streams of one name", func(s editable) {
			twin := maps.Clone(s.body("aws_kinesis_firehose_delivery_stream", "delivery"))
			s.add("aws_kinesis_firehose_delivery_stream", "twin", twin)
		}, `aws_kinesis_firehose_delivery_stream.twin: name is "api-kinesis-firehose-dev", but aws_kinesis_firehose_delivery_stream.delivery has that name already; use another, because AWS requires unique names`},
		{"two streams of one name", func(s editable) {
			s.add("aws_kinesis_stream", "twin", object{"name": "api-kinesis-stream-dev", "shard_count": 3.0})
		}, `aws_kinesis_stream.twin: name is "api-kinesis-stream-dev", but aws_kinesis_stream.stream has that name already; use another, because AWS requires unique names`},
		{"two log groups of one name", func(s editable) {
			s.add("aws_cloudwatch_log_group", "twin", maps.Clone(s.body("aws_cloudwatch_log_group", "api_access")))
		}, `aws_cloudwatch_log_group.twin: name is "/aws/apigateway/api-kinesis-dev/access", but aws_cloudwatch_log_group.api_access has that name already; use another, because AWS requires unique names`},
		{"a bucket's name", set("aws_s3_bucket", "bucket", "bucket", "A_B"),
			`aws_s3_bucket.bucket: bucket is "A_B", which S3 does not take as a name; use 3 to 63 of a-z, 0-9, "-" and ".", beginning and ending with a letter or a digit, without "..", and not an IP address`},
		{"a reserved prefix", set("aws_s3_bucket", "bucket", "bucket", "amzn-s3-demo-x"),
			`aws_s3_bucket.bucket: bucket is "amzn-s3-demo-x", which S3 does not take as a name; use another: S3 reserves names that begin with "amzn-s3-demo-"`},
		{"a reserved suffix", set("aws_s3_bucket", "bucket", "bucket", "events--x-s3"),
			`aws_s3_bucket.bucket: bucket is "events--x-s3", which S3 does not take as a name; use another: S3 reserves names that end with "--x-s3"`},
		{"a value that an apply refuses", set("aws_cloudwatch_log_group", "api_access", "retention_in_days", 31.0),
			"aws_cloudwatch_log_group.api_access: retention_in_days is 31; use 0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653"},
		{"count", set("aws_s3_bucket", "bucket", "count", 2.0), "aws_s3_bucket.bucket: count: it is not evaluated here; write out each resource as it is"},
		{"another's stream", end("kinesis_source_configuration", "kinesis_stream_arn", "arn:aws:kinesis:us-east-1:000000000000:stream/other"),
			`aws_kinesis_firehose_delivery_stream.delivery: kinesis_source_configuration.kinesis_stream_arn is "arn:aws:kinesis:us-east-1:000000000000:stream/other", but no aws_kinesis_stream of the stack has that ARN; refer to one that is declared`},
		{"another's bucket", end("extended_s3_configuration", "bucket_arn", "arn:aws:s3:::other"),
			`aws_kinesis_firehose_delivery_stream.delivery: extended_s3_configuration.bucket_arn is "arn:aws:s3:::other", but no aws_s3_bucket of the stack has that ARN; refer to one that is declared`},
		{"a delivery without a role", end("extended_s3_configuration", "role_arn", nil),
			`aws_kinesis_firehose_delivery_stream.delivery: extended_s3_configuration.role_arn is "", but no aws_iam_role of the stack has that ARN; refer to one that is declared`},
		{"a broken trust policy", set("aws_iam_role", "submit-role", "assume_role_policy", "{"),
			"aws_iam_role.submit-role: assume_role_policy: not JSON: unexpected end of JSON input"},
		{"a policy that is not text", set("aws_iam_role_policy", "submit-role_put-record", "policy", object{}),
			"aws_iam_role_policy.submit-role_put-record: policy: it is an object; it must be a string"},
		{"a stage with a name of this machine's", set("aws_api_gateway_stage", "api_stage", "stage_name", "_local"),
			`aws_api_gateway_stage.api_stage: stage_name is "_local", and /_local/ has this machine's own addresses here; use another name`},
		{"another's log group", func(s editable) {
			s.body("aws_api_gateway_stage", "api_stage")["access_log_settings"].(object)["destination_arn"] = "x"
		}, `aws_api_gateway_stage.api_stage: access_log_settings.destination_arn is "x", but no aws_cloudwatch_log_group of the stack has that ARN; refer to one that is declared`},
		{"a log group that cannot be a file", set("aws_cloudwatch_log_group", "api_access", "name", "../x"),
			`aws_cloudwatch_log_group.api_access: name is "../x", which is not the path of a file below a folder; use a name without ".." and "//"`},
		{"a method that cannot be read", set("aws_api_gateway_method", "api_submit_post", "colour", "red"),
			"aws_api_gateway_method.api_submit_post: the attribute colour is not imitated on one machine; " + leave},
		{"a path that cannot be read", set("aws_api_gateway_resource", "api_submit", "colour", "red"),
			"aws_api_gateway_resource.api_submit: the attribute colour is not imitated on one machine; " + leave},
		{"a validator that cannot be read", set("aws_api_gateway_request_validator", "api_body", "validate_request_body", "x"),
			`aws_api_gateway_request_validator.api_body: validate_request_body: it is "x"; it must be true or false`},
		{"a stage that cannot be read", set("aws_api_gateway_stage", "api_stage", "access_log_settings", "x"),
			`aws_api_gateway_stage.api_stage: access_log_settings: it is "x"; it must be an object or a list of objects`},
		{"a type that nothing here knows, and a reference to it", func(s editable) {
			s.add("aws_sqs_queue", "q", object{"name": "q"})
			s["output"].(object)["queue"] = object{"value": "${aws_sqs_queue.q.url}"}
		}, "aws_sqs_queue.q: a resource of type aws_sqs_queue cannot run on one machine; " + leave},
		{"a type that a room refuses", func(s editable) {
			s.add("aws_api_gateway_vpc_link", "l", object{"name": "l"})
		}, "aws_api_gateway_vpc_link.l: there is no VPC on one machine; " + leave},
	} {
		t.Run(test.name, func(t *testing.T) {
			stack := devStack(t)
			test.edit(stack)
			file := stack.write(t)
			_, err := readStack(Options{Stack: file}, "http://127.0.0.1:8080")
			if want := file + ": " + test.want; err == nil || err.Error() != want {
				t.Errorf("error: %v\nwant:  %s", err, want)
			}
		})
	}
}

// Independent mistakes are reported together, whichever package finds them.
func TestEveryMistakeIsReported(t *testing.T) {
	stack := devStack(t)
	stack.body("aws_kinesis_stream", "stream")["shard_count"] = "many"
	stack.body("aws_s3_bucket_versioning", "bucket_versioning")["colour"] = "red"
	stack.body("aws_iam_role_policy", "submit-role_put-record")["policy"] = "{}"
	stack.body("aws_cloudwatch_log_group", "api_access")["name"] = "a//b"
	stack.add("aws_sqs_queue", "q", object{"name": "q"})
	file := stack.write(t)
	_, err := readStack(Options{Stack: file}, "http://127.0.0.1:8080")
	if err == nil {
		t.Fatal("read")
	}
	got := strings.Split(err.Error(), "\n")
	want := []string{
		file + ": 5 problems:", "aws_kinesis_stream.stream: ", "aws_s3_bucket_versioning.bucket_versioning: ",
		"aws_cloudwatch_log_group.api_access: ", "aws_iam_role_policy.submit-role_put-record: ", "aws_sqs_queue.q: ",
	}
	if len(got) != len(want) {
		t.Fatalf("%d lines, want %d:\n%v", len(got), len(want), err)
	}
	for i, line := range got {
		if !strings.HasPrefix(line, want[i]) {
			t.Errorf("line %d is %q, want %q at its beginning", i, line, want[i])
		}
	}
}
