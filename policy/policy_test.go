package policy_test

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cdk.tf/go/ingest/internal/goldens"
	"cdk.tf/go/ingest/policy"
	"cdk.tf/go/ingest/tfjson"
)

// change breaks or varies a good stack.
type change func(t *testing.T, root map[string]any)

// good is a stack without options.
func good(t *testing.T, changes ...change) *tfjson.Stack {
	t.Helper()
	return changed(t, "option-none", changes)
}

// changed is the stack of a golden with changes.
func changed(t *testing.T, golden string, changes []change) *tfjson.Stack {
	t.Helper()
	root := decode(t, string(goldens.Read(t, golden)))
	for _, change := range changes {
		change(t, root)
	}
	edited, err := json.Marshal(root)
	if err != nil {
		t.Fatal(err)
	}
	stack, err := tfjson.Read(strings.NewReader(string(edited)))
	if err != nil {
		t.Fatal(err)
	}
	return stack
}

func decode(t *testing.T, text string) map[string]any {
	t.Helper()
	var object map[string]any
	if err := json.Unmarshal([]byte(text), &object); err != nil {
		t.Fatal(err)
	}
	return object
}

// byName is the section of the stack that contains an address, and the resource's name in it.
func byName(root map[string]any, address string) (map[string]any, string) {
	section := "resource"
	if rest, isData := strings.CutPrefix(address, "data."); isData {
		section, address = "data", rest
	}
	types := root[section].(map[string]any)
	typ, name, _ := strings.Cut(address, ".")
	if types[typ] == nil {
		types[typ] = map[string]any{}
	}
	return types[typ].(map[string]any), name
}

// inner walks down a path of names and indexes to the value that contains the last one.
func inner(t *testing.T, root map[string]any, address string, path []string) (map[string]any, string) {
	t.Helper()
	names, name := byName(root, address)
	v := names[name]
	for _, step := range path[:len(path)-1] {
		switch container := v.(type) {
		case map[string]any:
			v = container[step]
		case []any:
			index, err := strconv.Atoi(step)
			if err != nil {
				t.Fatal(err)
			}
			v = container[index]
		}
	}
	object, ok := v.(map[string]any)
	if !ok {
		t.Fatalf("%s has no %s", address, strings.Join(path, " "))
	}
	return object, path[len(path)-1]
}

func set(address string, value any, path ...string) change {
	return func(t *testing.T, root map[string]any) {
		object, key := inner(t, root, address, path)
		object[key] = value
	}
}

func unset(address string, path ...string) change {
	return func(t *testing.T, root map[string]any) {
		object, key := inner(t, root, address, path)
		if _, there := object[key]; !there {
			t.Fatalf("%s has no %s", address, strings.Join(path, " "))
		}
		delete(object, key)
	}
}

// edit replaces every occurrence of a text in a string.
func edit(address, before, after string, path ...string) change {
	return func(t *testing.T, root map[string]any) {
		object, key := inner(t, root, address, path)
		text, _ := object[key].(string)
		if !strings.Contains(text, before) {
			t.Fatalf("%s: %s has no %s", address, strings.Join(path, " "), before)
		}
		object[key] = strings.ReplaceAll(text, before, after)
	}
}

// add declares a resource, written as JSON.
func add(address, body string) change {
	return func(t *testing.T, root map[string]any) {
		names, name := byName(root, address)
		names[name] = decode(t, body)
	}
}

func drop(addresses ...string) change {
	return func(t *testing.T, root map[string]any) {
		for _, address := range addresses {
			names, name := byName(root, address)
			if names[name] == nil {
				t.Fatalf("%s is not in the stack", address)
			}
			delete(names, name)
		}
	}
}

// breaking is a change with the lines of all its breaches, without the rules' reasons. The environment is public unless private
// is set.
type breaking struct {
	name    string
	changes []change
	private bool
	want    []string
}

func check(t *testing.T, tests []breaking) {
	t.Helper()
	checkFile(t, "option-none", tests)
}

// checkFile fails on a test that wants no breach, because it would pass with a rule that checks nothing.
func checkFile(t *testing.T, file string, tests []breaking) {
	t.Helper()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			err := policy.Check(changed(t, file, test.changes), policy.Expect{Public: !test.private})
			if got := lines(err); len(test.want) == 0 || !slices.Equal(got, test.want) {
				t.Errorf("breaches:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

// lines are breaches without their rule's reason, which each must contain.
func lines(err error) []string {
	if err == nil {
		return nil
	}
	found := strings.Split(err.Error(), "\n")
	for i, line := range found {
		name, _, _ := strings.Cut(line, ": ")
		before, after, ok := strings.Cut(line, reasons[name])
		if !ok || reasons[name] == "" {
			panic("no reason in the breach " + line)
		}
		found[i] = before + after
	}
	return found
}

// reasons are the rules' reasons, as a breach quotes them.
var reasons = func() map[string]string {
	found := map[string]string{}
	for _, rule := range policy.Rules() {
		found[rule.Name] = " (" + rule.Reason + ")"
	}
	return found
}()

func TestTheGoodStackBreachesNothing(t *testing.T) {
	if err := policy.Check(good(t), policy.Expect{Public: true}); err != nil {
		t.Error(err)
	}
}

func TestBreachesComeTogetherInOrder(t *testing.T) {
	stack := good(t,
		set("aws_kinesis_stream.stream", "NONE", "encryption_type"),
		set("aws_cloudwatch_log_group.delivery-log", 0, "retention_in_days"),
		set("aws_cloudwatch_log_group.api_access", 0, "retention_in_days"),
		set("aws_s3_bucket_versioning.bucket_versioning", "Suspended", "versioning_configuration", "status"),
	)
	want := []string{
		`private-bucket: aws_s3_bucket_versioning.bucket_versioning: versioning_configuration.status is "Suspended"; set it to "Enabled"`,
		`log-retention: aws_cloudwatch_log_group.api_access: retention_in_days is "0"; set it to a number of days`,
		`log-retention: aws_cloudwatch_log_group.delivery-log: retention_in_days is "0"; set it to a number of days`,
		`stream-encryption: aws_kinesis_stream.stream: encryption_type is "NONE"; set it to "KMS"`,
	}
	for range 20 { // a map's order changes each time
		if got := lines(policy.Check(stack, policy.Expect{Public: true})); !slices.Equal(got, want) {
			t.Fatalf("breaches:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

func TestNoStack(t *testing.T) {
	const want = "policy: there is no stack to check; read one with tfjson.ReadFile, and handle its error first"
	if err := policy.Check(nil, policy.Expect{}); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestAnEmptyStack(t *testing.T) {
	stack, err := tfjson.Read(strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`flow: aws_api_gateway_integration: the stack has none; declare one`,
		`flow: aws_kinesis_stream: the stack has none; declare one`,
		`flow: aws_kinesis_firehose_delivery_stream: the stack has none; declare one`,
		`flow: aws_s3_bucket: the stack has none; declare one`,
	}
	if got := lines(policy.Check(stack, policy.Expect{})); !slices.Equal(got, want) {
		t.Errorf("breaches:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// Variations of the good stack that are also good.
func TestGoodVariations(t *testing.T) {
	for _, test := range []struct {
		name    string
		changes []change
		private bool
	}{
		{
			name:    "a private environment",
			changes: []change{set(post, "AWS_IAM", "authorization")},
			private: true,
		},
		{
			name:    "a private environment by API key",
			changes: []change{set(post, true, "api_key_required")},
			private: true,
		},
		{
			name:    "a boolean as text, which Terraform accepts",
			changes: []change{set("aws_s3_bucket_public_access_block.bucket_access", "true", "block_public_acls")},
		},
		{
			name: "blocks as lists",
			changes: []change{
				set("aws_s3_bucket_versioning.bucket_versioning", []any{map[string]any{"status": "Enabled"}}, "versioning_configuration"),
				set("aws_s3_bucket_ownership_controls.bucket_ownership", []any{map[string]any{"object_ownership": "BucketOwnerEnforced"}}, "rule"),
			},
		},
		{
			name: "a value by reference to an argument that contains it",
			changes: []change{
				add("aws_kinesis_stream.other", `{"encryption_type": "${aws_kinesis_stream.stream.encryption_type}"}`),
			},
		},
		{
			name: "a bucket by reference to another argument that refers to it",
			changes: []change{
				set("aws_s3_bucket_policy.bucket_policy", "${aws_s3_bucket_versioning.bucket_versioning.bucket}", "bucket"),
			},
		},
		{
			name: "an execution log by the stage's name",
			changes: []change{
				set("aws_cloudwatch_log_group.api_execution", "API-Gateway-Execution-Logs_${aws_api_gateway_rest_api.api.id}/${aws_api_gateway_stage.api_stage.stage_name}", "name"),
			},
		},
		{
			name: "no account setting",
			changes: []change{
				drop("aws_iam_role.logging-role", "aws_iam_role_policy.logging-role_push-logs", "aws_api_gateway_account.api_account"),
			},
		},
		{
			name: "a role's policies within it, as single statement and single texts",
			changes: []change{
				drop("aws_iam_role_policy.submit-role_put-record"),
				set(submitRole, map[string]any{"name": "put-record", "policy": `{"Statement":{"Effect":"Allow","Action":"kinesis:PutRecord","Resource":"${aws_kinesis_stream.stream.arn}"}}`}, "inline_policy"),
			},
		},
		{
			name: "a denial of everything but what the roles need",
			changes: []change{
				edit(putRecord, `"Statement":[`, `"Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"},`, "policy"),
			},
		},
		{
			name: "a policy with every element",
			changes: []change{
				edit(putRecord, `"Statement":[`, `"Id":"all","Statement":[{"Sid":"Names","Effect":"Allow","Action":"s3:ListBucket","Resource":[`+
					`"arn:${data.aws_partition.current.partition}:s3:::${aws_s3_bucket.bucket.bucket}","arn:aws:s3:::${aws_s3_bucket.bucket.id}",`+
					`"arn:aws:kinesis:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:stream/${aws_kinesis_stream.stream.name}",`+
					`"arn:aws:kinesis:${data.aws_region.current.id}:123456789012:stream/x"]},`, "policy"),
			},
		},
		{
			name: "a request that names the stream by its ARN, in a Velocity variable",
			changes: []change{
				edit(submit, "${aws_kinesis_stream.stream.name}", "${aws_kinesis_stream.stream.arn} $${context.requestId}", "request_templates", "application/json"),
			},
		},
		{
			name: "attached policies whose documents are in the stack or narrow",
			changes: []change{
				add("aws_iam_policy.put", `{"policy": "{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"kinesis:PutRecord\",\"Resource\":\"${aws_kinesis_stream.stream.arn}\"}]}"}`),
				add("aws_iam_role_policy_attachment.put", `{"policy_arn": "${aws_iam_policy.put.arn}"}`),
				add("aws_iam_role_policy_attachment.logs", `{"policy_arn": "arn:${data.aws_partition.current.partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"}`),
			},
		},
		{
			name: "a delivery role whose account is written out",
			changes: []change{
				edit(deliveryRole, "${data.aws_caller_identity.current.account_id}", "123456789012", "assume_role_policy"),
			},
		},
		{
			name: "API Gateway's trust under another condition",
			changes: []change{
				edit(submitRole, `"Action":["sts:AssumeRole"]`, `"Action":"sts:AssumeRole","Condition":{"Bool":{"aws:SecureTransport":true}}`, "assume_role_policy"),
			},
		},
		{
			name: "many origins and credentials",
			changes: []change{
				unset(accepted, "response_parameters", origin),
				edit(accepted, "## Without", echo+"## Without", "response_templates", "application/json"),
				set(accepted, "'true'", "response_parameters", "method.response.header.Access-Control-Allow-Credentials"),
				set(throttled, "method.request.header.origin", "response_parameters", "gatewayresponse.header.Access-Control-Allow-Origin"),
				set(throttled, "'true'", "response_parameters", "gatewayresponse.header.Access-Control-Allow-Credentials"),
			},
		},
		{
			name: "headers in lower case",
			changes: []change{
				unset(accepted, "response_parameters", origin),
				set(accepted, "'https://app.example.com'", "response_parameters", "method.response.header.access-control-allow-origin"),
			},
		},
		{
			name:    "every method allowed",
			changes: []change{set(preflight, "'*'", "response_parameters", "method.response.header.Access-Control-Allow-Methods")},
		},
		{
			name: "a bucket that is encrypted by a key and denies in two statements",
			changes: []change{
				set("aws_s3_bucket_server_side_encryption_configuration.bucket_encryption", "aws:kms", "rule", "0", "apply_server_side_encryption_by_default", "sse_algorithm"),
				set(bucketPolicy, `{"Statement":[`+
					`{"Effect":"Deny","Principal":{"AWS":"*"},"Action":"*","Resource":"${aws_s3_bucket.bucket.arn}","Condition":{"Bool":{"AWS:securetransport":false}}},`+
					`{"Effect":"Deny","Principal":"*","Action":["s3:*"],"Resource":"${aws_s3_bucket.bucket.arn}/*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`, "policy"),
			},
		},
		{
			name: "a bucket policy that lets in a role of the stack",
			changes: []change{
				edit(bucketPolicy, `"Statement":[`, `"Statement":[{"Effect":"Allow","Principal":{"AWS":["${aws_iam_role.delivery-role.arn}"]},"Action":"s3:GetObject","Resource":"${aws_s3_bucket.bucket.arn}/events/x"},`, "policy"),
			},
		},
		{
			name: "errors without a prefix",
			changes: []change{
				unset(delivery, "extended_s3_configuration", "error_output_prefix"),
				edit(writeBucket, "/errors/*", "/*", "policy"),
			},
		},
		{
			name:    "a model by its name",
			changes: []change{set(post, "Event", "request_models", "application/json")},
		},
		{
			name:    "a tag named dynamic",
			changes: []change{set("aws_s3_bucket.bucket", map[string]any{"dynamic": "yes"}, "tags")},
		},
		{
			name: "a method at the API's root",
			changes: []change{
				set(post, rootID, "resource_id"),
				set(options, rootID, "resource_id"),
				func(t *testing.T, root map[string]any) {
					for _, typ := range []string{"integration", "integration_response", "method_response"} {
						names, _ := byName(root, "aws_api_gateway_"+typ+".x")
						for name := range names {
							set("aws_api_gateway_"+typ+"."+name, rootID, "resource_id")(t, root)
						}
					}
				},
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if err := policy.Check(good(t, test.changes...), policy.Expect{Public: !test.private}); err != nil {
				t.Error(err)
			}
		})
	}
}

// No stack makes Check panic, and each breach is one line that is the same every time.
func FuzzCheck(f *testing.F) {
	f.Add(string(goldens.Read(f, "option-none")))
	f.Add(`{"resource": {"aws_iam_role": {"a": {"assume_role_policy": "{}", "inline_policy": [{"policy": "[]"}]}}}}`)
	f.Add(`{"resource": {"aws_api_gateway_rest_api": {"a": {"body": []}}, "aws_api_gateway_stage": {"b": {"access_log_settings": 1}}}}`)
	f.Fuzz(func(t *testing.T, text string) {
		stack, err := tfjson.Read(strings.NewReader(text))
		if err != nil {
			return
		}
		breaches := lines(policy.Check(stack, policy.Expect{})) // lines panics at a part of a line
		if again := lines(policy.Check(stack, policy.Expect{})); !slices.Equal(breaches, again) {
			t.Errorf("breaches:\n%s\nand then:\n%s", strings.Join(breaches, "\n"), strings.Join(again, "\n"))
		}
	})
}

// Addresses, names and texts that tests repeat.
const (
	post         = "aws_api_gateway_method.api_submit_post"
	options      = "aws_api_gateway_method.api_submit_options"
	submit       = "aws_api_gateway_integration.api_submit_post_integration"
	mock         = "aws_api_gateway_integration.api_submit_options_integration"
	accepted     = "aws_api_gateway_integration_response.api_submit_post_200-mapping"
	failed       = "aws_api_gateway_integration_response.api_submit_post_502-mapping"
	preflight    = "aws_api_gateway_integration_response.api_submit_options_204-mapping"
	throttled    = "aws_api_gateway_gateway_response.api_throttled"
	stage        = "aws_api_gateway_stage.api_stage"
	settings     = "aws_api_gateway_method_settings.api_settings"
	deployment   = "aws_api_gateway_deployment.api_deployment"
	submitRole   = "aws_iam_role.submit-role"
	deliveryRole = "aws_iam_role.delivery-role"
	putRecord    = "aws_iam_role_policy.submit-role_put-record"
	readStream   = "aws_iam_role_policy.delivery-role_read-stream"
	writeBucket  = "aws_iam_role_policy.delivery-role_write-bucket"
	pushLogs     = "aws_iam_role_policy.logging-role_push-logs"
	bucketPolicy = "aws_s3_bucket_policy.bucket_policy"
	delivery     = "aws_kinesis_firehose_delivery_stream.delivery"

	origin = "method.response.header.Access-Control-Allow-Origin"
	echo   = "#set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)\n"
	rootID = "${aws_api_gateway_rest_api.api.root_resource_id}"
)
