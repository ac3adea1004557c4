package tfjson_test

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cdk.tf/go/ingest/internal/goldens"
	"cdk.tf/go/ingest/tfjson"
)

var here = tfjson.Surroundings{Account: "123456789012", Partition: "aws", APIBase: "http://127.0.0.1:8080"}

func environment(t *testing.T, name string) *tfjson.Stack {
	t.Helper()
	stack, err := tfjson.ReadFile(goldens.File(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return stack
}

func resolve(t *testing.T, stack *tfjson.Stack, where tfjson.Surroundings) *tfjson.Stack {
	t.Helper()
	resolved, err := stack.Resolve(where)
	if err != nil {
		t.Fatal(err)
	}
	return resolved
}

// partitionTemplate is Glue's. The stack escapes it, so it is not a Terraform expression.
const partitionTemplate = "year=${year}/month=${month}/day=${day}/hour=${hour}/"

var expression = regexp.MustCompile(`[$%]\{`)

// TestResolveEnvironments holds the values that an apply of each environment would compute. Their forms are those of an
// apply of dev with the AWS provider 5.100.0 on moto.
func TestResolveEnvironments(t *testing.T) {
	const put, puts = `"kinesis:PutRecord"`, `"kinesis:PutRecord","kinesis:PutRecords"`
	for _, env := range []struct{ name, api, days, puts string }{
		{"dev", "n4s556ogp5", "30", puts}, {"staging", "j7l490r6zb", "30", put}, {"prod", "7p7jk6bi77", "14", put},
	} {
		t.Run(env.name, func(t *testing.T) {
			stack := environment(t, env.name)
			before := bodies(t, stack)
			resolved := resolve(t, stack, here)
			after := strings.ReplaceAll(bodies(t, resolved), partitionTemplate, "")
			if at := expression.FindStringIndex(after); at != nil {
				t.Errorf("an expression is left: %s", after[at[0]:min(at[0]+200, len(after))])
			}
			if bodies(t, stack) != before {
				t.Error("Resolve changed the stack that it was given")
			}
			if got, want := addresses(resolved.All()), addresses(stack.All()); got != want {
				t.Errorf("resources %s, want %s", got, want)
			}
			for _, want := range applied {
				address, name, _ := strings.Cut(want[0], " ")
				value := strings.NewReplacer("ENV", env.name, "API", env.api, "DAYS", env.days, "PUTS", env.puts).Replace(want[1])
				if got, err := resolved.Attribute(address, name); err != nil || got != value {
					t.Errorf("%s.%s is %q, error %v; want %q", address, name, got, err, value)
				}
			}
		})
	}
}

func bodies(t *testing.T, stack *tfjson.Stack) string {
	t.Helper()
	text, err := json.Marshal([]any{stack.All(), stack.Data(), stack.Outputs()})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var applied = [][2]string{
	{"data.aws_caller_identity.current account_id", "123456789012"},
	{"data.aws_caller_identity.current arn", "arn:aws:iam::123456789012:root"},
	{"data.aws_partition.current dns_suffix", "amazonaws.com"},
	{"data.aws_partition.current reverse_dns_prefix", "com.amazonaws"},
	{"data.aws_region.current id", "us-east-1"},
	{"data.aws_region.current endpoint", "ec2.us-east-1.amazonaws.com"},
	{"aws_api_gateway_account.api_account cloudwatch_role_arn", "arn:aws:iam::123456789012:role/api-kinesis-logging-ENV"},
	{"aws_api_gateway_account.api_account id", "api-gateway-account"},
	{"aws_api_gateway_deployment.api_deployment execution_arn", "arn:aws:execute-api:us-east-1:123456789012:API/"},
	{"aws_api_gateway_deployment.api_deployment invoke_url", "https://API.execute-api.us-east-1.amazonaws.com/"},
	{"aws_api_gateway_gateway_response.api_throttled id", "aggr-API-THROTTLED"},
	{"aws_api_gateway_integration.api_submit_post_integration uri", "arn:aws:apigateway:us-east-1:kinesis:action/PutRecord"},
	{"aws_api_gateway_integration.api_submit_post_integration credentials", "arn:aws:iam::123456789012:role/api-kinesis-submit-ENV"},
	{"aws_api_gateway_integration_response.api_submit_post_200-mapping status_code", "200"},
	{"aws_api_gateway_method_settings.api_settings id", "API-ENV-*/*"},
	{"aws_api_gateway_resource.api_submit path", "/submit"},
	{"aws_api_gateway_rest_api.api arn", "arn:aws:apigateway:us-east-1::/restapis/API"},
	{"aws_api_gateway_rest_api.api description", "Takes events and writes them to api-kinesis-stream-ENV"},
	{"aws_api_gateway_rest_api.api execution_arn", "arn:aws:execute-api:us-east-1:123456789012:API"},
	{"aws_api_gateway_rest_api.api id", "API"},
	{"aws_api_gateway_stage.api_stage arn", "arn:aws:apigateway:us-east-1::/restapis/API/stages/ENV"},
	{"aws_api_gateway_stage.api_stage execution_arn", "arn:aws:execute-api:us-east-1:123456789012:API/ENV"},
	{"aws_api_gateway_stage.api_stage id", "ags-API-ENV"},
	{"aws_api_gateway_stage.api_stage invoke_url", "http://127.0.0.1:8080/ENV"},
	{"aws_api_gateway_stage.api_stage web_acl_arn", ""},
	{"aws_cloudwatch_log_group.api_access arn", "arn:aws:logs:us-east-1:123456789012:log-group:/aws/apigateway/api-kinesis-ENV/access"},
	{"aws_cloudwatch_log_group.api_execution retention_in_days", "DAYS"},
	{"aws_cloudwatch_log_stream.delivery-log_stream arn", "arn:aws:logs:us-east-1:123456789012:log-group:/aws/kinesisfirehose/api-kinesis-firehose-ENV:log-stream:S3Delivery"},
	{"aws_cloudwatch_log_stream.delivery-log_stream id", "S3Delivery"},
	{"aws_iam_role.delivery-role arn", "arn:aws:iam::123456789012:role/api-kinesis-delivery-ENV"},
	{"aws_iam_role.delivery-role id", "api-kinesis-delivery-ENV"},
	{"aws_iam_role.delivery-role path", "/"},
	{"aws_iam_role_policy.submit-role_put-record id", "api-kinesis-submit-ENV:put-record"},
	{"aws_iam_role_policy.submit-role_put-record policy", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[PUTS],"Resource":["arn:aws:kinesis:us-east-1:123456789012:stream/api-kinesis-stream-ENV"]}]}`},
	{"aws_kinesis_firehose_delivery_stream.delivery arn", "arn:aws:firehose:us-east-1:123456789012:deliverystream/api-kinesis-firehose-ENV"},
	{"aws_kinesis_firehose_delivery_stream.delivery destination_id", "destinationId-000000000001"},
	{"aws_kinesis_stream.stream arn", "arn:aws:kinesis:us-east-1:123456789012:stream/api-kinesis-stream-ENV"},
	{"aws_kinesis_stream.stream id", "arn:aws:kinesis:us-east-1:123456789012:stream/api-kinesis-stream-ENV"},
	{"aws_kinesis_stream.stream shard_count", "1"},
	{"aws_s3_bucket.bucket arn", "arn:aws:s3:::api-kinesis-firehose-bucket-ENV"},
	{"aws_s3_bucket.bucket bucket_domain_name", "api-kinesis-firehose-bucket-ENV.s3.amazonaws.com"},
	{"aws_s3_bucket.bucket bucket_regional_domain_name", "api-kinesis-firehose-bucket-ENV.s3.us-east-1.amazonaws.com"},
	{"aws_s3_bucket.bucket region", "us-east-1"},
	{"aws_s3_bucket_versioning.bucket_versioning id", "api-kinesis-firehose-bucket-ENV"},
}

func TestRefersTo(t *testing.T) {
	const sections = `"locals": {"a": "${local.b}${aws_kinesis_stream.s.name}", "b": "${aws_s3_bucket.b.arn}"}, "resource": {
		"aws_kinesis_stream": {"s": {"name": "s"}},
		"aws_s3_bucket": {"b": {"bucket": "b", "depends_on": ["aws_kinesis_stream.s"]}},
		"a_b": {"c": {"tags": {"x": ["${local.a}"]}}, "d": {"x": "plain"}}}`
	stack := read(t, inStack(sections))
	resolved := resolve(t, stack, here)
	for address, want := range map[string]string{
		"a_b.c": "aws_kinesis_stream.s aws_s3_bucket.b", "aws_s3_bucket.b": "aws_kinesis_stream.s", "a_b.d": "", "a_b.e": "",
	} {
		if got := strings.Join(resolved.RefersTo(address), " "); got != want {
			t.Errorf("%s refers to %q, want %q", address, got, want)
		}
	}
	if got := stack.RefersTo("a_b.c"); got != nil {
		t.Errorf("before Resolve it refers to %v, want nothing", got)
	}
}

func TestOutputs(t *testing.T) {
	resolved := resolve(t, environment(t, "dev"), here)
	got := map[string]any{}
	for _, output := range resolved.Outputs() {
		got[output.Name] = output.Value
	}
	want := map[string]any{
		"access_log_group": "/aws/apigateway/api-kinesis-dev/access",
		"api_id":           "n4s556ogp5",
		"api_stage":        "dev",
		"authorization":    "none",
		"batch_arn":        "arn:aws:execute-api:us-east-1:123456789012:n4s556ogp5/dev/POST/submit/batch",
		"batch_url":        "http://127.0.0.1:8080/dev/submit/batch",
		"bucket_name":      "api-kinesis-firehose-bucket-dev",
		"curl": "curl -sS -X POST \\\n  http://127.0.0.1:8080/dev/submit \\\n  -H 'Content-Type: application/json' \\\n" +
			`  -d '{"event": "signup", "user_id": 123}'`,
		"delivery_log_group":   "/aws/kinesisfirehose/api-kinesis-firehose-dev",
		"delivery_stream_name": "api-kinesis-firehose-dev",
		"execution_log_group":  "API-Gateway-Execution-Logs_n4s556ogp5/dev",
		"region":               "us-east-1",
		"stream_arn":           "arn:aws:kinesis:us-east-1:123456789012:stream/api-kinesis-stream-dev",
		"stream_name":          "api-kinesis-stream-dev",
		"submit_arn":           "arn:aws:execute-api:us-east-1:123456789012:n4s556ogp5/dev/POST/submit",
		"submit_url":           "http://127.0.0.1:8080/dev/submit",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if first := resolved.Outputs()[0]; first.Name != "access_log_group" || first.Description != "One JSON line a request" {
		t.Errorf("the first output is %+v", first)
	}
	if unresolved := environment(t, "dev").Outputs(); unresolved != nil {
		t.Errorf("before Resolve the outputs are %v, want none", unresolved)
	}
}

// inStack makes a stack of a provider block in us-east-1 and more sections.
func inStack(sections string) string {
	return `{"provider": {"aws": {"region": "us-east-1", "default_tags": [{"tags": {"Team": "data"}}]}}, ` + sections + `}`
}

// evaluated returns the value of the output o of a stack with more sections.
func evaluated(t *testing.T, where tfjson.Surroundings, sections, expression string) any {
	t.Helper()
	value, err := json.Marshal(expression)
	if err != nil {
		t.Fatal(err)
	}
	if sections != "" {
		sections += ", "
	}
	resolved := resolve(t, read(t, inStack(sections+`"output": {"o": {"value": `+string(value)+`}}`)), where)
	return resolved.Outputs()[0].Value
}

func TestResolveEvaluates(t *testing.T) {
	const sections = `
		"variable": {"size": {"default": "2", "type": "number"}, "tags": {"default": {"a": "b"}, "type": "map(string)"},
			"free": {"default": [1, "a"]}, "names": {"type": "list", "default": ["x", "y"]}, "none": {"default": null}},
		"locals": [{"prefix": "p-${var.size}", "list": ["a", "${upper(\"b\")}"]}, {"twice": "${local.prefix}${local.prefix}", "//": "comment"}],
		"data": {"aws_region": {"other": {"name": "eu-west-1"}, "current": {}}},
		"resource": {
			"aws_kinesis_stream": {"s": {"name": "s-${local.prefix}", "shard_count": "${var.size}", "kms_key_id": null,
				"stream_mode_details": {"stream_mode": "PROVISIONED"}}},
			"aws_s3_bucket": {"b": {"bucket_prefix": "pre-", "tags": {"Own": "${aws_kinesis_stream.s.name}"}}},
			"somebody_else": {"x": {"given": "${aws_kinesis_stream.s.arn}", "rule": [{"id": "a"}, {"id": "b", "sub": {"n": 1}}]}}
		}`
	for _, test := range []struct {
		expression string
		want       any
	}{
		{"plain", "plain"},
		{"", ""},
		{"${aws_kinesis_stream.s.arn}", "arn:aws:kinesis:us-east-1:123456789012:stream/s-p-2"},
		{"<${aws_kinesis_stream.s.name}>", "<s-p-2>"},
		{"$${aws_kinesis_stream.s.arn} %%{if}", "${aws_kinesis_stream.s.arn} %{if}"},
		{"$context.requestId !{timestamp:yyyy} 100% $$ {x}", "$context.requestId !{timestamp:yyyy} 100% $$ {x}"},
		{"e\u0301", "\u00e9"}, // Terraform keeps text in the composed form
		{"${aws_kinesis_stream.s.shard_count}", 2.0},
		{"${aws_kinesis_stream.s.shard_count + 1}", 3.0},
		{"n=${aws_kinesis_stream.s.shard_count}", "n=2"},
		{"${aws_kinesis_stream.s.retention_period}", 24.0},
		{"${true}", true},
		{"${null}", nil},
		{"${var.none}", nil},
		{"${var.free}", []any{1.0, "a"}},
		{"${var.names[1]}", "y"},
		{"${var.tags[\"a\"]}", "b"},
		{"${local.twice}", "p-2p-2"},
		{"${local.list}", []any{"a", "B"}},
		{"${[for x in local.list : lower(x) if x != \"a\"]}", []any{"b"}},
		{"${{for i, x in local.list : x => i}}", map[string]any{"a": 0.0, "B": 1.0}},
		{"${var.size > 1 ? \"many\" : \"one\"}", "many"},
		{"%{ if var.size > 1 }many%{ else }one%{ endif }", "many"},
		{"%{ for x in local.list ~} ${x} %{ endfor }", "a B "},
		{"${aws_kinesis_stream.s.stream_mode_details[0].stream_mode}", "PROVISIONED"},
		{"${aws_kinesis_stream.s.stream_mode_details.0.stream_mode}", "PROVISIONED"},
		{"${aws_kinesis_stream.s.stream_mode_details[*].stream_mode}", []any{"PROVISIONED"}},
		{"${somebody_else.x.rule[1].id}", "b"},
		{"${somebody_else.x.rule[1].sub[0].n}", 1.0},
		{"${somebody_else.x.rule[*].id}", []any{"a", "b"}},
		{"${somebody_else.x.rule[1].sub[0].n}-${somebody_else.x.rule[0].id}", "1-a"},
		{"${somebody_else.x.given}", "arn:aws:kinesis:us-east-1:123456789012:stream/s-p-2"},
		{"${aws_s3_bucket.b.tags_all}", map[string]any{"Own": "s-p-2", "Team": "data"}},
		{"${aws_s3_bucket.b.id == aws_s3_bucket.b.bucket}", true},
		{"${data.aws_region.other.id}/${data.aws_region.current.name}", "eu-west-1/us-east-1"},
		{"${<<EOT\nx${local.prefix}\nEOT\n}", "xp-2\n"},
	} {
		if diff := cmp.Diff(test.want, evaluated(t, here, sections, test.expression)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.expression, diff)
		}
	}
}

func TestFunctions(t *testing.T) {
	for _, test := range []struct {
		expression string
		want       any
	}{
		{`abs(-2)`, 2.0}, {`ceil(1.2)`, 2.0}, {`floor(1.8)`, 1.0}, {`max(1, 3, 2)`, 3.0}, {`min(1, 3, 2)`, 1.0},
		{`pow(2, 3)`, 8.0}, {`signum(-4)`, -1.0}, {`log(8, 2)`, 3.0}, {`parseint("ff", 16)`, 255.0}, {`sum([1, 2.5])`, 3.5},
		{`lower("A")`, "a"}, {`upper("a")`, "A"}, {`title("ab c")`, "Ab C"}, {`strrev("ab")`, "ba"}, {`trimspace(" a ")`, "a"},
		{`trim("?a?", "?")`, "a"}, {`trimprefix("ab", "a")`, "b"}, {`trimsuffix("ab", "b")`, "a"}, {`chomp("a\n")`, "a"},
		{`indent(2, "a\nb")`, "a\n  b"}, {`substr("abc", 1, 1)`, "b"}, {`split(",", "a,b")`, []any{"a", "b"}},
		{`join(",", ["a", "b"])`, "a,b"}, {`replace("abc", "b", "x")`, "axc"}, {`replace("abc", "/[ab]/", "x")`, "xxc"},
		{`replace("abc", "/(b)/", "<$1>")`, "a<b>c"}, {`regex("[a-z]", "1b")`, "b"}, {`regexall("[a-z]", "a1b")`, []any{"a", "b"}},
		{`format("%s-%03d", "a", 7)`, "a-007"}, {`formatlist("%s!", ["a", "b"])`, []any{"a!", "b!"}},
		{`formatdate("YYYY", "2025-01-02T03:04:05Z")`, "2025"}, {`timeadd("2025-01-02T03:04:05Z", "1h")`, "2025-01-02T04:04:05Z"},
		{`startswith("abc", "ab")`, true}, {`endswith("abc", "ab")`, false}, {`strcontains("abc", "b")`, true},
		{`jsonencode({a = [1, "<&>"]})`, `{"a":[1,"\u003c\u0026\u003e"]}`}, {`jsondecode("{\"a\": [1, null]}")`, map[string]any{"a": []any{1.0, nil}}},
		{`base64encode("a")`, "YQ=="}, {`base64decode("YQ==")`, "a"}, {`urlencode("a b/c")`, "a+b%2Fc"},
		{`md5("a")`, "0cc175b9c0f1b6a831c399e269772661"}, {`sha1("a")`, "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"},
		{`sha256("a")`, "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"},
		{`base64sha256("a")`, "ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs="}, {`substr(sha512("a"), 0, 8)`, "1f40fc92"},
		{`length("äb")`, 2.0}, {`length([1, 2])`, 2.0}, {`length({a = 1})`, 1.0}, {`length(toset(["a", "a"]))`, 1.0},
		{`concat([1], ["a"])`, []any{1.0, "a"}}, {`merge({a = 1}, {b = 2})`, map[string]any{"a": 1.0, "b": 2.0}},
		{`element(["a", "b"], 3)`, "b"}, {`index(["a", "b"], "b")`, 1.0}, {`lookup({a = 1}, "a")`, 1.0}, {`lookup({a = 1}, "b", 2)`, 2.0},
		{`keys({b = 1, a = 2})`, []any{"a", "b"}}, {`values({b = 1, a = 2})`, []any{2.0, 1.0}}, {`zipmap(["a"], [1])`, map[string]any{"a": 1.0}},
		{`coalesce(null, "", "a")`, "a"}, {`coalescelist([], ["a"])`, []any{"a"}}, {`compact(["a", ""])`, []any{"a"}},
		{`contains(["a"], "a")`, true}, {`distinct(["a", "a"])`, []any{"a"}}, {`flatten([["a"], ["b"]])`, []any{"a", "b"}},
		{`chunklist(["a", "b", "c"], 2)`, []any{[]any{"a", "b"}, []any{"c"}}}, {`slice(["a", "b"], 1, 2)`, []any{"b"}},
		{`reverse(["a", "b"])`, []any{"b", "a"}}, {`sort(["b", "a"])`, []any{"a", "b"}}, {`range(3)`, []any{0.0, 1.0, 2.0}},
		{`one([])`, nil}, {`one(["a"])`, "a"}, {`setunion(["a"], ["b"])`, []any{"a", "b"}}, {`setsubtract(["a", "b"], ["b"])`, []any{"a"}},
		{`setintersection(["a", "b"], ["b"])`, []any{"b"}}, {`csvdecode("a,b\n1,2")`, []any{map[string]any{"a": "1", "b": "2"}}},
		{`tostring(1)`, "1"}, {`tonumber("1")`, 1.0}, {`tobool("true")`, true}, {`tolist(["a", 1])`, []any{"a", "1"}},
		{`toset(["b", "a", "b"])`, []any{"a", "b"}}, {`tomap({a = 1})`, map[string]any{"a": 1.0}},
	} {
		if diff := cmp.Diff(test.want, evaluated(t, here, "", "${"+test.expression+"}")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.expression, diff)
		}
	}
}

func TestResolveDerivesNamesAndIDs(t *testing.T) {
	const sections = `"resource": {
		"aws_api_gateway_rest_api": {"a": {"name": "one"}, "b": {"name": "one"}},
		"aws_api_gateway_resource": {"v1": {"rest_api_id": "${aws_api_gateway_rest_api.a.id}", "parent_id": "${aws_api_gateway_rest_api.a.root_resource_id}", "path_part": "v1"},
			"id": {"rest_api_id": "${aws_api_gateway_rest_api.a.id}", "parent_id": "${aws_api_gateway_resource.v1.id}", "path_part": "{id}"}},
		"aws_api_gateway_api_key": {"k": {"name": "k"}, "given": {"name": "g", "value": "0123456789012345678901"}},
		"aws_api_gateway_usage_plan": {"p": {"name": "p"}},
		"aws_api_gateway_usage_plan_key": {"pk": {"key_id": "${aws_api_gateway_api_key.given.id}", "key_type": "API_KEY", "usage_plan_id": "${aws_api_gateway_usage_plan.p.id}"}},
		"aws_iam_role": {"r": {"name_prefix": "p-", "path": "/x/"}, "s": {"assume_role_policy": ""}},
		"aws_iam_policy": {"p": {"name": "p", "path": "/x/"}},
		"aws_cloudwatch_log_group": {"g": {}},
		"aws_kms_key": {"k": {}}, "aws_kms_alias": {"k": {"name": "alias/k", "target_key_id": "${aws_kms_key.k.key_id}"}},
		"aws_s3_bucket_versioning": {"v": {"bucket": "b", "expected_bucket_owner": "210987654321"}},
		"aws_cloudfront_distribution": {"d": {}}, "aws_cloudfront_response_headers_policy": {"h": {"name": "h"}},
		"aws_s3_object": {"o": {"bucket": "b", "key": "k/l"}},
		"aws_api_gateway_authorizer": {"a": {"name": "a", "rest_api_id": "abc"}},
		"aws_cognito_user_pool": {"p": {"name": "p"}},
		"aws_cognito_resource_server": {"s": {"user_pool_id": "${aws_cognito_user_pool.p.id}", "identifier": "events"}},
		"aws_cognito_user_pool_client": {"open": {"user_pool_id": "p"}, "secret": {"user_pool_id": "p", "generate_secret": true}},
		"aws_cognito_user_pool_domain": {"d": {"domain": "events", "user_pool_id": "p"}},
		"aws_lambda_function": {"f": {"function_name": "check"}, "v": {"function_name": "check", "publish": "1"}},
		"aws_lambda_alias": {"live": {"name": "live", "function_name": "${aws_lambda_function.f.arn}"}},
		"aws_lambda_permission": {"p": {"function_name": "check"}}}`
	first, again := resolve(t, read(t, inStack(sections)), here), resolve(t, read(t, inStack(sections)), here)
	shapes := map[string]string{
		"aws_api_gateway_rest_api.a id":                   "??????????",
		"aws_api_gateway_rest_api.a root_resource_id":     "??????????",
		"aws_api_gateway_resource.v1 id":                  "??????",
		"aws_api_gateway_resource.id path":                "/v1/{id}",
		"aws_api_gateway_api_key.k id":                    "??????????",
		"aws_api_gateway_api_key.k value":                 "????????????????????????????????????????",
		"aws_api_gateway_api_key.given value":             "0123456789012345678901",
		"aws_api_gateway_usage_plan.p id":                 "??????",
		"aws_api_gateway_usage_plan_key.pk name":          "g",
		"aws_api_gateway_usage_plan_key.pk value":         "0123456789012345678901",
		"aws_iam_role.r name":                             "p-??????????????????????????",
		"aws_iam_role.r arn":                              "arn:aws:iam::123456789012:role/x/p-??????????????????????????",
		"aws_iam_role.r unique_id":                        "AROA?????????????????",
		"aws_iam_role.s name":                             "terraform-??????????????????????????",
		"aws_iam_policy.p id":                             "arn:aws:iam::123456789012:policy/x/p",
		"aws_cloudwatch_log_group.g id":                   "terraform-??????????????????????????",
		"aws_cloudwatch_log_group.g arn":                  "arn:aws:logs:us-east-1:123456789012:log-group:terraform-??????????????????????????",
		"aws_kms_key.k id":                                "????????-????-4???-????-????????????",
		"aws_kms_key.k arn":                               "arn:aws:kms:us-east-1:123456789012:key/????????-????-4???-????-????????????",
		"aws_kms_alias.k id":                              "alias/k",
		"aws_kms_alias.k arn":                             "arn:aws:kms:us-east-1:123456789012:alias/k",
		"aws_kms_alias.k target_key_arn":                  "arn:aws:kms:us-east-1:123456789012:key/????????-????-4???-????-????????????",
		"aws_s3_bucket_versioning.v id":                   "b,210987654321",
		"aws_api_gateway_usage_plan_key.pk usage_plan_id": "??????",

		"aws_cloudfront_distribution.d arn":           "arn:aws:cloudfront::123456789012:distribution/E?????????????",
		"aws_cloudfront_distribution.d domain_name":   "??????????????.cloudfront.net",
		"aws_cloudfront_response_headers_policy.h id": "????????-????-????-????-????????????",
		"aws_s3_object.o arn":                         "arn:aws:s3:::b/k/l",

		"aws_api_gateway_authorizer.a id":                   "??????",
		"aws_api_gateway_authorizer.a arn":                  "arn:aws:apigateway:us-east-1::/restapis/abc/authorizers/??????",
		"aws_api_gateway_authorizer.a type":                 "TOKEN",
		"aws_api_gateway_authorizer.a identity_source":      "method.request.header.Authorization",
		"aws_cognito_user_pool.p id":                        "us-east-1_?????????",
		"aws_cognito_user_pool.p arn":                       "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_?????????",
		"aws_cognito_user_pool.p endpoint":                  "cognito-idp.us-east-1.amazonaws.com/us-east-1_?????????",
		"aws_cognito_resource_server.s id":                  "us-east-1_?????????|events",
		"aws_cognito_user_pool_client.open id":              "??????????????????????????",
		"aws_cognito_user_pool_client.open client_secret":   "",
		"aws_cognito_user_pool_client.secret client_secret": "???????????????????????????????????????????????????",
		"aws_cognito_user_pool_domain.d id":                 "events",
		"aws_cognito_user_pool_domain.d aws_account_id":     "123456789012",
		"aws_lambda_function.f invoke_arn":                  "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:check/invocations",
		"aws_lambda_function.f qualified_arn":               "arn:aws:lambda:us-east-1:123456789012:function:check:$LATEST",
		"aws_lambda_function.v qualified_arn":               "arn:aws:lambda:us-east-1:123456789012:function:check:1",
		"aws_lambda_alias.live arn":                         "arn:aws:lambda:us-east-1:123456789012:function:check:live",
		"aws_lambda_alias.live invoke_arn":                  "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:check:live/invocations",
		"aws_lambda_permission.p id":                        "terraform-??????????????????????????",
	}
	for key, shape := range shapes {
		address, name, _ := strings.Cut(key, " ")
		got, err := first.Attribute(address, name)
		same, _ := again.Attribute(address, name)
		if err != nil || got != same || !like(got, shape) {
			t.Errorf("%s: %q, then %q, error %v; want the same twice, like %s", key, got, same, err, shape)
		}
	}
	a, _ := first.Attribute("aws_api_gateway_rest_api.a", "id")
	b, _ := first.Attribute("aws_api_gateway_rest_api.b", "id")
	if a == b {
		t.Errorf("two APIs of one name have the id %s", a)
	}
}

func like(text, shape string) bool {
	if len(text) != len(shape) {
		return false
	}
	for i := range shape {
		if shape[i] != text[i] && shape[i] != '?' {
			return false
		}
	}
	return true
}

// Pools that a stack looks up get names in AWS's form, and always the same ones.
func TestResolveUserPoolsOfOthers(t *testing.T) {
	const data = `"data": {"aws_cognito_user_pools": {"a": {"name": "users"}, "b": {"name": "users"}}, "aws_cognito_user_pool": {"one": {"user_pool_id": "us-east-1_aBcDeF123"}}}`
	const pools = "data.aws_cognito_user_pools.a"
	for _, test := range []struct{ expression, shape string }{
		{pools + ".id", "users"},
		{"one(" + pools + ".ids)", "us-east-1_?????????"},
		{"one(" + pools + ".arns)", "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_?????????"},
		{"data.aws_cognito_user_pool.one.id", "us-east-1_aBcDeF123"},
		{"data.aws_cognito_user_pool.one.arn", "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_aBcDeF123"},
	} {
		got := evaluated(t, here, data, "${"+test.expression+"}")
		if text, _ := got.(string); !like(text, test.shape) || got != evaluated(t, here, data, "${"+test.expression+"}") {
			t.Errorf("%s: %v, want the same twice, like %s", test.expression, got, test.shape)
		}
	}
	arns := evaluated(t, here, data, "${"+pools+".arns}").([]any)
	ids := evaluated(t, here, data, "${"+pools+".ids}").([]any)
	if len(arns) != 1 || len(ids) != 1 || !strings.HasSuffix(arns[0].(string), "userpool/"+ids[0].(string)) {
		t.Errorf("arns %v of ids %v", arns, ids)
	}
}

func TestResolveElsewhere(t *testing.T) {
	const data = `"data": {"aws_partition": {"p": {}}}, "resource": {"aws_api_gateway_stage": {"s": {"rest_api_id": "abc", "stage_name": "v1"}}}`
	for _, test := range []struct {
		region, partition, suffix string
	}{
		{"cn-north-1", "aws-cn", "amazonaws.com.cn"}, {"us-gov-west-1", "aws-us-gov", "amazonaws.com"}, {"eu-west-1", "aws", "amazonaws.com"},
		{"eusc-de-east-1", "aws-eusc", "amazonaws.eu"},
	} {
		stack := read(t, strings.ReplaceAll(inStack(data), "us-east-1", test.region))
		resolved := resolve(t, stack, tfjson.Surroundings{Account: "123456789012"})
		partition, _ := resolved.Attribute("data.aws_partition.p", "partition")
		url, _ := resolved.Attribute("aws_api_gateway_stage.s", "invoke_url")
		want := "https://abc.execute-api." + test.region + "." + test.suffix + "/v1"
		if partition != test.partition || url != want || resolved.Region() != test.region || resolved.Surroundings().Partition != partition {
			t.Errorf("%s: partition %s, invoke_url %s, region %s; want %s", test.region, partition, url, resolved.Region(), want)
		}
	}
}

func TestResolveRegionOfVariable(t *testing.T) {
	stack := read(t, `{"variable": {"r": {"default": "eu-west-1"}}, "locals": {"region": "${var.r}"}, "provider": {"aws": [{"region": "${local.region}"}], "random": {}},
		"data": {"aws_region": {"current": {}}}}`)
	if got, err := resolve(t, stack, here).Attribute("data.aws_region.current", "name"); err != nil || got != "eu-west-1" {
		t.Errorf("the region is %q, error %v", got, err)
	}
}

func TestResolveKeepsTerraformsOwn(t *testing.T) {
	resolved := resolve(t, read(t, inStack(`"resource": {"aws_s3_bucket": {"a": {}, "b": {"depends_on": ["aws_s3_bucket.a"],
		"lifecycle": {"ignore_changes": ["${x"], "prevent_destroy": true}, "provider": "aws"}}}`)), here)
	want := map[string]any{"depends_on": []any{"aws_s3_bucket.a"}, "provider": "aws",
		"lifecycle": map[string]any{"ignore_changes": []any{"${x"}, "prevent_destroy": true}}
	if diff := cmp.Diff(want, resolved.Resources("aws_s3_bucket")[1].Body); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestResolveRefuses(t *testing.T) {
	for _, test := range []struct{ name, sections, want string }{
		{"an unknown part", `"import": [], "check": {}`,
			"check: this part of a stack is not evaluated here; leave it out\nimport: this part of a stack is not evaluated here; leave it out"},
		{"what is not declared", `"output": {"o": {"value": "x${aws_s3_bucket.b.arn}"}}`,
			`output.o: value: ${aws_s3_bucket.b.arn}: aws_s3_bucket.b is not declared in the stack; declare it, or correct the reference`},
		{"deep in a body", `"resource": {"a_b": {"c": {"rule": [{"x": 1}, {"y": {"z": "${a_b.d.id}"}}]}}}`,
			`a_b.c: rule[1].y.z: ${a_b.d.id}: a_b.d is not declared in the stack; declare it, or correct the reference`},
		{"in a key", `"resource": {"a_b": {"c": {"tags": {"${var.x}": "y"}}}}`,
			`a_b.c: tags.${var.x}: ${var.x}: var.x is not declared in the stack; declare it, or correct the reference`},
		{"one that several refer to", `"resource": {"a_b": {"c": {"x": "${a_b.d.id}", "y": "${a_b.d.id} ${a_b.d.arn}", "depends_on": ["a_b.d"]}}}`,
			"a_b.d is not declared in the stack; declare it, or correct the reference (4 places refer to it, such as a_b.c: depends_on)"},
		{"one without an argument that several need", `"resource": {"aws_kinesis_stream": {"s": {}}}, "output": {"o": {"value": "${aws_kinesis_stream.s.arn}"}, "p": {"value": "${aws_kinesis_stream.s.id}"}}`,
			`aws_kinesis_stream.s does not set name, which is not computed here; these attributes are: arn, encryption_type, enforce_consumer_deletion, id, retention_period, tags_all (2 places refer to it, such as output.o: value: ${aws_kinesis_stream.s.arn})`},
		{"several, once each", `"locals": {"a": "${local.x}${local.x}${upper(1, 2)}", "b": "${local.a}"}, "output": {"o": {"value": "${local.a}"}}`,
			"local.a: ${local.x}: local.x is not declared in the stack; declare it, or correct the reference"},
		{"a computed attribute of an unknown type", `"resource": {"a_b": {"c": {"x": "y"}}}, "output": {"o": {"value": "${a_b.c.arn}"}}`,
			`output.o: value: ${a_b.c.arn}: only an apply knows the attribute arn of a_b; the attributes of this type are not computed here`},
		{"a policy document", `"data": {"aws_iam_policy_document": {"d": {"statement": {}}}}, "output": {"o": {"value": "${data.aws_iam_policy_document.d.json}"}}`,
			`output.o: value: ${data.aws_iam_policy_document.d.json}: only an apply knows the attribute json of data.aws_iam_policy_document; the attributes of this type are not computed here`},
		{"an attribute that is neither given nor computed", `"resource": {"aws_iam_role_policy": {"p": {"role": "r"}}}, "output": {"o": {"value": "${aws_iam_role_policy.p.policy}"}}`,
			`output.o: value: ${aws_iam_role_policy.p.policy}: aws_iam_role_policy.p does not set policy, which is not computed here; these attributes are: id, name`},
		{"a computed attribute without what it needs", `"resource": {"aws_kinesis_stream": {"s": {}}}, "output": {"o": {"value": "${aws_kinesis_stream.s.arn}"}}`,
			`output.o: value: ${aws_kinesis_stream.s.arn}: aws_kinesis_stream.s does not set name, which is not computed here; these attributes are: arn, encryption_type, enforce_consumer_deletion, id, retention_period, tags_all`},
		{"a computed attribute of no text", `"resource": {"aws_kinesis_stream": {"s": {"name": ["x"]}}}, "output": {"o": {"value": "${aws_kinesis_stream.s.arn}"}}`,
			`output.o: value: ${aws_kinesis_stream.s.arn}: aws_kinesis_stream.s.name is a list; it must be text`},
		{"a path that leads nowhere", `"resource": {"aws_api_gateway_resource": {"r": {"path_part": "x", "parent_id": "y", "rest_api_id": "z"}}}, "output": {"o": {"value": "${aws_api_gateway_resource.r.path}"}}`,
			`output.o: value: ${aws_api_gateway_resource.r.path}: no resource of the stack has the id that aws_api_gateway_resource.r.parent_id holds`},
		{"a plan key of no key", `"resource": {"aws_api_gateway_usage_plan_key": {"k": {"key_id": "x"}}}, "output": {"o": {"value": "${aws_api_gateway_usage_plan_key.k.value}"}}`,
			`output.o: value: ${aws_api_gateway_usage_plan_key.k.value}: no aws_api_gateway_api_key of the stack has the id that aws_api_gateway_usage_plan_key.k.key_id holds`},
		{"a whole resource", `"resource": {"aws_s3_bucket": {"b": {}}}, "output": {"o": {"value": "${jsonencode(aws_s3_bucket.b)}"}}`,
			`output.o: value: ${aws_s3_bucket.b}: it names no attribute, and a whole resource is not evaluated here; name the attribute that is meant`},
		{"one of several", `"resource": {"aws_s3_bucket": {"b": {}}}, "output": {"o": {"value": "${aws_s3_bucket.b[0].arn}"}}`,
			`output.o: value: ${aws_s3_bucket.b[0].arn}: it selects an instance, which only count and for_each make; they are not evaluated here`},
		{"Terraform's own", `"resource": {"aws_s3_bucket": {"b": {"depends_on": []}}}, "output": {"o": {"value": "${aws_s3_bucket.b.depends_on}"}}`,
			`output.o: value: ${aws_s3_bucket.b.depends_on}: depends_on is Terraform's own argument and not an attribute`},
		{"Terraform's names", `"output": {"o": {"value": "${path.module}${terraform.workspace}${each.key}"}}`,
			"output.o: value: ${each.key}: each is not evaluated here; write the value itself\n" +
				"output.o: value: ${path.module}: path is not evaluated here; write the value itself\n" +
				"output.o: value: ${terraform.workspace}: terraform is not evaluated here; write the value itself"},
		{"an unknown function", `"output": {"o": {"value": "${[for x in [] : uuid()]}${file(\"x\")}${provider::aws::arn_parse(\"x\")}"}}`,
			"output.o: value: \"file(\\\"x\\\")\": the function file is not evaluated here; write its value\n" +
				"output.o: value: \"provider::aws::arn_parse(\\\"x\\\")\": the function provider::aws::arn_parse is not evaluated here; write its value\n" +
				"output.o: value: \"uuid()\": the function uuid is not evaluated here; write its value"},
		{"a function's error", `"output": {"o": {"value": "${element([], 0)}"}}`,
			`output.o: value: "element([], 0)": Call to function "element" failed: cannot use element function with an empty list`},
		{"null in text", `"output": {"o": {"value": "a${null}"}}`,
			`output.o: value: "null": The expression result is null. Cannot include a null value in a string template`},
		{"an attribute of text", `"locals": {"a": "x"}, "output": {"o": {"value": "${local.a.b}"}}`,
			`output.o: value: "local.a.b": Can't access attributes on a primitive-typed value (string)`},
		{"an index out of range", `"resource": {"a_b": {"c": {"rule": {"id": "x"}}}}, "output": {"o": {"value": "${a_b.c.rule[1].id}"}}`,
			`output.o: value: "a_b.c.rule[1].id": The given key does not identify an element in this collection value: the given index is greater than or equal to the length of the collection`},
		{"no template", `"output": {"o": {"value": "${"}}`,
			`output.o: value: "${" is not a Terraform template: Missing expression`},
		{"a circle", `"locals": {"a": "${local.b}", "b": "${local.c}", "c": "${local.a}", "d": "${local.a}"}`,
			`local.a: it refers to itself: local.a -> local.b -> local.c -> local.a`},
		{"itself", `"resource": {"aws_s3_bucket": {"b": {"bucket": "${aws_s3_bucket.b.arn}"}}}`,
			`aws_s3_bucket.b: it refers to itself: aws_s3_bucket.b -> aws_s3_bucket.b`},
		{"a circle by depends_on", `"resource": {"a_b": {"c": {"depends_on": ["a_b.d"]}, "d": {"x": "${a_b.c.y}"}}}`,
			`a_b.c: it refers to itself: a_b.c -> a_b.d -> a_b.c`},
		{"depends_on nothing", `"resource": {"a_b": {"c": {"depends_on": ["a_b.d", 1, "${a_b.e}", "local.x"]}, "d": {"depends_on": "a_b.c"}}}`,
			"a_b.c: depends_on: a_b.e is not declared in the stack; declare it, or correct the reference\na_b.c: depends_on: it holds a number; it must hold addresses\n" +
				"a_b.c: depends_on: local.x is not declared in the stack; declare it, or correct the reference\na_b.d: depends_on: it is a string; it must be a list of addresses"},
		{"meta-arguments", `"resource": {"a_b": {"c": {"count": 2, "for_each": {}, "provisioner": {}, "connection": {}, "provider": "aws.other", "dynamic": {"rule": {"for_each": [], "content": {}}},
				"x": [{"dynamic": [{"y": [{"content": {}}]}]}], "tags": {"dynamic": {"a": {"b": "c"}}}, "lifecycle": [{"precondition": {}, "postcondition": {}}]}}}`,
			"a_b.c: connection: it is not evaluated here; write out each resource as it is\n" +
				"a_b.c: count: it is not evaluated here; write out each resource as it is\n" +
				"a_b.c: dynamic: it is not evaluated here; write out each block as it is\n" +
				"a_b.c: for_each: it is not evaluated here; write out each resource as it is\n" +
				"a_b.c: lifecycle.postcondition: conditions are not evaluated here; leave it out\n" +
				"a_b.c: lifecycle.precondition: conditions are not evaluated here; leave it out\n" +
				"a_b.c: provider: a stack has one block of the provider aws here, without an alias\n" +
				"a_b.c: provisioner: it is not evaluated here; write out each resource as it is\n" +
				"a_b.c: x[0].dynamic: it is not evaluated here; write out each block as it is"},
		{"lifecycle as text", `"resource": {"a_b": {"c": {"lifecycle": "x"}}}`,
			`a_b.c: "lifecycle" is a string; it must be an object or a list of objects`},
		{"a key twice", `"locals": {"a": {"${\"x\"}": 1, "x": 2, "${[]}": 3}}`,
			"local.a: ${[]}: the key is a list; it must be a string\nlocal.a: x: the key \"x\" is there twice"},
		{"a variable without a default", `"variable": {"v": {}, "unused": {"type": "string"}}, "output": {"o": {"value": "${var.v}"}}`,
			`output.o: value: ${var.v}: var.v has no default, and nothing else sets its value here; write a default`},
		{"a variable of another type", `"variable": {"v": {"type": "number", "default": "x"}, "w": {"type": "colour", "default": 1}}, "output": {"o": {"value": "${var.v}"}}`,
			"var.v: default: it does not fit the type number: a number is required\n" +
				`var.w: default: it does not fit the type colour: The keyword "colour" is not a valid type specification`},
		{"a variable's validation", `"variable": {"v": {"default": 1, "validation": {}}}`,
			`var.v: validation: validations are not evaluated here; leave it out`},
		{"invalid parts", `"variable": {"v": 1}, "locals": 1, "output": {"o": [{}, {}], "p": {}, "q": {"value": 1, "precondition": {}}}`,
			"\"locals\" is a number; it must be an object or a list of objects\n\"var.v\" is a number; it must be an object or a list of objects\n" +
				"output.o is declared 2 times; it must be once\noutput.p: an output has a value\noutput.q: precondition: conditions are not evaluated here; leave it out"},
		{"an invalid name", `"locals": [{"a b": 1, "x": 1}, {"x": 2}]`,
			`"local.a b" is not a name; use letters, digits, "_" and "-", beginning with a letter or "_"` + "\nlocal.x is declared twice"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := read(t, inStack(test.sections)).Resolve(here)
			if err == nil || err.Error() != test.want {
				t.Errorf("error:\n%v\nwant:\n%s", err, test.want)
			}
		})
	}
}

func TestResolveRefusesSurroundings(t *testing.T) {
	const remedy = "because nothing else defines the stack's region"
	for _, test := range []struct {
		name, text string
		where      tfjson.Surroundings
		want       string
	}{
		{"no provider", `{}`, here, "provider.aws: the stack has none; write one with its region, " + remedy},
		{"another provider", `{"provider": {"random": {}}}`, here, "provider.aws: the stack has none; write one with its region, " + remedy},
		{"no region", `{"provider": {"aws": {"profile": "x"}}}`, here, "provider.aws: it has no region; write one into the stack, " + remedy},
		{"an invalid region", `{"provider": {"aws": {"region": "Virginia"}}}`, here, `provider.aws: region: "Virginia" is not a supported region; use a region such as "eu-west-1": an area, a direction and a number`},
		{"an open region", `{"provider": {"aws": {"region": "${var.x}"}}}`, here, `provider.aws: region: ${var.x}: var.x is not declared in the stack; declare it, or correct the reference`},
		{"a resource's region", `{"provider": {"aws": {"region": "${a_b.c.x}"}}, "resource": {"a_b": {"c": {"x": "us-east-1"}}}}`, here,
			`provider.aws: it refers to a_b.c, which depends on the provider itself; refer to variables and local values`},
		{"two providers", `{"provider": {"aws": [{"region": "us-east-1"}, {"region": "us-east-2", "alias": "b"}]}}`, here,
			"provider.aws: there are 2; a stack has one block of the provider aws here, without an alias"},
		{"an alias", `{"provider": {"aws": {"region": "us-east-1", "alias": "b"}}}`, here,
			"provider.aws: alias: a stack has one block of the provider aws here, without an alias"},
		{"an invalid provider", `{"provider": {"aws": 1}}`, here,
			"provider.aws: the stack has none; write one with its region, " + remedy + "\n" + `provider: "aws" is a number; it must be an object or a list of objects`},
		{"another partition", `{"provider": {"aws": {"region": "cn-north-1"}}}`, here, `provider.aws: region: cn-north-1 is in the partition aws-cn, and not in "aws"`},
		{"an isolated region", `{"provider": {"aws": {"region": "us-isob-east-1"}}}`, here, `provider.aws: region: "us-isob-east-1" is not a supported region; use a region such as "eu-west-1": this one is in the isolated partition "aws-iso-b", which this project does not support`},
		{"no account", `{"provider": {"aws": {"region": "us-east-1"}}}`, tfjson.Surroundings{Account: "me"}, `the account id is "me"; use 12 digits`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := read(t, test.text).Resolve(test.where)
			if err == nil || err.Error() != test.want {
				t.Errorf("error:\n%v\nwant:\n%s", err, test.want)
			}
		})
	}
}

// TestTextLikeANumber has texts that look like large numbers and are none: a short commit, or an id.
func TestTextLikeANumber(t *testing.T) {
	stack, err := read(t, inStack(`"locals": {"commit": "6e12345", "id": "6e1234567"}, "output": {
		"alone": {"value": "${local.id}"}, "within": {"value": "/a/${local.id}/${local.commit}"}, "chosen": {"value": "${true ? local.id : \"\"}"},
		"argument": {"value": "${jsonencode([local.commit])}"}, "literal": {"value": "6e1234567"}}`)).Resolve(here)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]any{}
	for _, output := range stack.Outputs() {
		got[output.Name] = output.Value
	}
	want := map[string]any{
		"alone": "6e1234567", "within": "/a/6e1234567/6e12345", "chosen": "6e1234567", "argument": `["6e12345"]`, "literal": "6e1234567",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestResolveEnds has short expressions whose values are long, or take long to compute.
func TestResolveEnds(t *testing.T) {
	doubled := `"locals": {"a0": "` + strings.Repeat("x", 100) + `"`
	for i := range 60 {
		n, m := itoa(i+1), itoa(i)
		doubled += `, "a` + n + `": "${local.a` + m + `}${local.a` + m + `}"`
	}
	const hundred = `"locals": {"l": "${range(1000)}"}, `
	for _, test := range []struct{ name, sections, want string }{
		{"each twice the one before", doubled + `}`, "produce more than 8388608 bytes"},
		{"loops in loops", hundred + `"output": {"o": {"value": "${[for a in local.l : [for b in local.l : [for c in local.l : a + b + c]]]}"}}`, "produce more than 8388608 bytes"},
		{"a large number", `"output": {"o": {"value": "n=${1e999999999}"}}`, "it is too large a number, or too small a fraction"},
		{"a small number", `"output": {"o": {"value": "n=${1e-99999}"}}`, "it is too large a number, or too small a fraction"},
		{"a large number as text", `"output": {"o": {"value": "n=${\"1e99${\"9999999\"}\" + 1}"}}`, "it is too large a number, or too small a fraction"},
		{"a large number of JSON", `"output": {"o": {"value": "n=${jsondecode(\"[1e999999999]\")[0]}"}}`, "it is too large a number, or too small a fraction"},
		{"a large number to round", `"output": {"o": {"value": "n=${floor([\"1e999999999\"]...)}"}}`, "it is too large a number, or too small a fraction"},
		{"a wide format", `"output": {"o": {"value": "${format(\"%999999999d\", 1)}"}}`, "a width of more than three digits is not evaluated here"},
		{"an argument many times", `"locals": {"x": "${join(\"\", [for i in range(1000) : \"%[1]s\"])}", "y": "${join(\"\", [for i in range(1000) : \"aaaaaaaaaa\"])}"}, "output": {"o": {"value": "${format(local.x, local.y)}"}}`,
			"the result would have more than 1048576 bytes"},
		{"a long separator", `"locals": {"l": "${range(1000)}", "y": "${join(\"\", [for i in range(1000) : \"aaaaaaaaaa\"])}"}, "output": {"o": {"value": "${join(local.y, local.l)}"}}`,
			"the result would have more than 1048576 bytes"},
		{"a long replacement", `"locals": {"y": "${join(\"\", [for i in range(1000) : \"aaaaaaaaaa\"])}"}, "output": {"o": {"value": "${replace(local.y, \"a\", local.y)}"}}`,
			"the result would have more than 1048576 bytes"},
		{"a wide indent", `"output": {"o": {"value": "${indent(1e9, \"a\\nb\")}"}}`, "the result would have more than 1048576 bytes"},
		{"a long range", `"output": {"o": {"value": "${range(1e9)}"}}`, "more than 1024 values were generated"},
		{"an abyss", `"output": {"o": {"value": "${` + strings.Repeat("(", 100_000) + `"}}`, "holds expressions of 100002 tokens; at most 5000 are read"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := read(t, inStack(test.sections)).Resolve(here)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error: %v\nwant one with: %s", err, test.want)
			}
		})
	}
}

func itoa(i int) string { text, _ := json.Marshal(i); return string(text) }

func TestResolveLongChain(t *testing.T) {
	var text strings.Builder
	text.WriteString(`"locals": {"a0": "x"`)
	const length = 20_000
	for i := range length {
		text.WriteString(`, "a` + itoa(i+1) + `": "${local.a` + itoa(i) + `}"`)
	}
	if got := evaluated(t, here, text.String()+"}", "${local.a"+itoa(length)+"}"); got != "x" {
		t.Errorf("%v, want x", got)
	}
}

func TestAttributeRefuses(t *testing.T) {
	resolved := resolve(t, read(t, inStack(`"resource": {"aws_s3_bucket": {"b": {"tags": {"a": "b"}}}, "a_b": {"c": {}}}`)), here)
	for _, test := range []struct{ address, name, want string }{
		{"aws_s3_bucket.c", "arn", "aws_s3_bucket.c is not declared in the stack; declare it, or correct the reference"},
		{"local.x", "y", "local.x is not declared in the stack; declare it, or correct the reference"},
		{"aws_s3_bucket.b", "tags", "aws_s3_bucket.b.tags is an object, and no text"},
		{"aws_s3_bucket.b", "colour", "aws_s3_bucket.b.colour: aws_s3_bucket.b does not set colour, which is not computed here; these attributes are: arn, bucket, bucket_domain_name, bucket_regional_domain_name, force_destroy, id, region, tags_all"},
		{"a_b.c", "arn", "a_b.c.arn: only an apply knows the attribute arn of a_b; the attributes of this type are not computed here"},
	} {
		if _, err := resolved.Attribute(test.address, test.name); err == nil || err.Error() != test.want {
			t.Errorf("error: %v\nwant:  %s", err, test.want)
		}
	}
	if _, err := environment(t, "dev").Attribute("aws_s3_bucket.bucket", "arn"); err == nil || err.Error() != "the stack is not resolved" {
		t.Errorf("before Resolve: %v", err)
	}
	if _, err := resolved.Resolve(here); err == nil || err.Error() != "the stack is resolved already" {
		t.Errorf("Resolve twice: %v", err)
	}
	if region := environment(t, "dev").Region(); region != "" {
		t.Errorf("before Resolve the region is %q", region)
	}
}

// TestResolveNonsense changes one string or number of a stack at a time, and expects a result or an error, and no panic.
func TestResolveNonsense(t *testing.T) {
	text := goldens.Read(t, "dev")
	for _, nonsense := range []any{nil, "${", "x-${self}", 1.0, []any{nil}, map[string]any{"${null}": nil}} {
		for i := 0; ; i += 13 {
			var root any
			if err := json.Unmarshal(text, &root); err != nil {
				t.Fatal(err)
			}
			left := i
			if !spoil(&root, nonsense, &left) {
				break
			}
			spoiled, err := json.Marshal(root)
			if err != nil {
				t.Fatal(err)
			}
			stack, err := tfjson.Read(strings.NewReader(string(spoiled)))
			if err != nil {
				continue
			}
			resolved, err := stack.Resolve(here)
			if err != nil {
				continue
			}
			for _, r := range resolved.All() {
				delete(r.Body, "lifecycle") // holds no templates
			}
			if strings.Contains(bodies(t, resolved), "${self}") {
				t.Errorf("an expression is left after change %d to %v", i, nonsense)
			}
		}
	}
}

// spoil replaces the value that comes after left others.
func spoil(value *any, by any, left *int) bool {
	if *left == 0 {
		*value = by
		return true
	}
	*left--
	switch v := (*value).(type) {
	case []any:
		for i := range v {
			if spoil(&v[i], by, left) {
				return true
			}
		}
	case map[string]any:
		delete(v, "//")
		for _, name := range slices.Sorted(maps.Keys(v)) {
			item := v[name]
			done := spoil(&item, by, left)
			v[name] = item
			if done {
				return true
			}
		}
	}
	return false
}

func FuzzResolve(f *testing.F) {
	for _, seed := range []string{
		"${a_b.c.x}", "${[for x in local.l : x.y]}", "${{for k, v in local.m : k => v...}}", "%{for x in local.l}${x}%{endfor}", "${local.l[*].y}",
		"${format(\"%s\", local.s)}", "${jsonencode(local.m)}", "${jsondecode(local.s)}", "${local.l[0]}", "${local.m[\"k\"]}", "${-local.n}",
		"${local.n == 1 ? local.l : local.m}", "${1e400}", "${1/0}", "${merge(local.m...)}", "${aws_s3_bucket.b.arn}", "${data.aws_region.r.id}",
		"${replace(local.s, \"/(/\", \"\")}", "${a_b.c.rule[0].z[0]}", "${a_b.c.rule[1e9]}", "${a_b.c.rule[-1.5]}", "$${x}", "${<<E\nE\n}",
		"${substr(\"a\", 0, 1e30)}", "${element(local.l, -1)}", "${formatdate(\"'\", \"x\")}", "${csvdecode(\"a\\n\\\"\")}", "${one(local.l)}",
		"${coalesce()}", "${lookup(local.m, null)}", "${index(local.l, local.l)}", "${sum([null])}", "${tomap(local.l)}", "${toset([[]])}",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		value, err := json.Marshal(text)
		if err != nil {
			return
		}
		stack := read(t, inStack(`"locals": {"s": "x", "n": 1, "l": [1, {"y": "z"}], "m": {"k": "v", "t": `+string(value)+`}},
			"data": {"aws_region": {"r": {}}}, "resource": {"aws_s3_bucket": {"b": {"bucket": "b"}}, "a_b": {"c": {"x": "y", "rule": {"z": {}}}, "d": {"v": `+
			string(value)+`}}}, "output": {"o": {"value": [`+string(value)+`]}}`))
		resolved, err := stack.Resolve(here)
		if err != nil {
			for _, line := range strings.Split(err.Error(), "\n") {
				if !strings.Contains(line, ": ") {
					t.Errorf("an error of more than one line: %q", err)
				}
			}
			return
		}
		if _, err := json.Marshal(resolved.Outputs()); err != nil {
			t.Errorf("the value of %q is none of JSON: %v", text, err)
		}
	})
}

func BenchmarkResolve(b *testing.B) {
	stack, err := tfjson.ReadFile(goldens.File(b, "prod"))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := stack.Resolve(here); err != nil {
			b.Fatal(err)
		}
	}
}
