package policy_test

import (
	"testing"

	"cdk.tf/go/ingest/policy"
)

func TestLogRetention(t *testing.T) {
	const group = "aws_cloudwatch_log_group.delivery-log"
	check(t, []breaking{
		{
			name:    "none",
			changes: []change{unset(group, "retention_in_days")},
			want: []string{
				`log-retention: aws_cloudwatch_log_group.delivery-log: retention_in_days is ""; set it to a number of days`,
			},
		},
		{
			name:    "for ever",
			changes: []change{set(group, 0, "retention_in_days")},
			want: []string{
				`log-retention: aws_cloudwatch_log_group.delivery-log: retention_in_days is "0"; set it to a number of days`,
			},
		},
		{
			name:    "less than nothing",
			changes: []change{set(group, -1, "retention_in_days")},
			want: []string{
				`log-retention: aws_cloudwatch_log_group.delivery-log: retention_in_days is "-1"; set it to a number of days`,
			},
		},
		{
			name:    "known only after an apply",
			changes: []change{set(group, "${var.days}", "retention_in_days")},
			want: []string{
				`log-retention: aws_cloudwatch_log_group.delivery-log: retention_in_days is "${var.days}", whose value is known only after an apply; write the value itself`,
			},
		},
	})
}

func quotes(variable string) string {
	return `stage-logs: aws_api_gateway_stage.api_stage: access_log_settings.format has ` + variable +
		`, which may contain a client's body or credentials; leave it out: $context.error.responseType says what failed`
}

// An access log may have variables whose names begin like the forbidden ones.
func TestAGoodAccessLog(t *testing.T) {
	changes := edit(stage, "$context.status", "$context.status $context.error.responseType $context.identity.apiKeyId $context.integration.status", "access_log_settings", "format")
	if err := policy.Check(good(t, changes, set(settings, "OFF", "settings", "logging_level")), policy.Expect{Public: true}); err != nil {
		t.Error(err)
	}
}

func TestStageLogs(t *testing.T) {
	check(t, []breaking{
		{
			name:    "no access log",
			changes: []change{unset(stage, "access_log_settings")},
			want: []string{
				`stage-logs: aws_api_gateway_stage.api_stage: access_log_settings.destination_arn refers to no log group of the stack; refer to the ARN of one`,
				`stage-logs: aws_api_gateway_stage.api_stage: access_log_settings.format has no $context.requestId; add it: each answer has the request ID`,
			},
		},
		{
			name:    "an access log elsewhere",
			changes: []change{set(stage, "arn:aws:logs:us-east-1:123456789012:log-group:x", "access_log_settings", "destination_arn")},
			want: []string{
				`stage-logs: aws_api_gateway_stage.api_stage: access_log_settings.destination_arn refers to no log group of the stack; refer to the ARN of one`,
			},
		},
		{
			name:    "an access log without ids",
			changes: []change{edit(stage, "$context.requestId", "$context.requestIdX", "access_log_settings", "format")},
			want: []string{
				`stage-logs: aws_api_gateway_stage.api_stage: access_log_settings.format has no $context.requestId; add it: each answer has the request ID`,
			},
		},
		{
			name: "an access log that quotes what a client sent",
			changes: []change{edit(stage, "$context.status", "$context.error.validationErrorString $${context.error.message} $context.identity.apiKey "+
				"$context.integration.error $context.integrationErrorMessage $context.authorizer.error $context.identity.apiKey", "access_log_settings", "format")},
			want: []string{
				quotes("$context.authorizer.error"), quotes("$context.error.message"), quotes("$context.error.validationErrorString"), quotes("$context.identity.apiKey"),
				quotes("$context.integration.error"), quotes("$context.integrationErrorMessage"),
			},
		},
		{
			name:    "an access log known only after an apply",
			changes: []change{set(stage, "${file(\"format\")}", "access_log_settings", "format")},
			want: []string{
				`stage-logs: aws_api_gateway_stage.api_stage: access_log_settings.format is "${file(\"format\")}", whose value is known only after an apply; write the value itself`,
			},
		},
		{
			name:    "no execution log",
			changes: []change{drop("aws_cloudwatch_log_group.api_execution")},
			want: []string{
				`stage-logs: aws_api_gateway_stage.api_stage: no log group is named API-Gateway-Execution-Logs_${aws_api_gateway_rest_api.api.id}/option-none; declare one, which sets its retention`,
			},
		},
		{
			name:    "an execution log of another stage",
			changes: []change{edit("aws_cloudwatch_log_group.api_execution", "/option-none", "/prod", "name")},
			want: []string{
				`stage-logs: aws_api_gateway_stage.api_stage: no log group is named API-Gateway-Execution-Logs_${aws_api_gateway_rest_api.api.id}/option-none; declare one, which sets its retention`,
			},
		},
		{
			name:    "no settings",
			changes: []change{drop(settings)},
			want: []string{
				`stage-logs: aws_api_gateway_stage.api_stage: no method settings have its method_path "*/*"; declare them, with a logging_level`,
			},
		},
		{
			name:    "settings of some methods",
			changes: []change{set(settings, "submit/POST", "method_path")},
			want: []string{
				`stage-logs: aws_api_gateway_stage.api_stage: no method settings have its method_path "*/*"; declare them, with a logging_level`,
			},
		},
		{
			name:    "settings known only after an apply",
			changes: []change{set(settings, "${var.path}", "method_path")},
			want: []string{
				`stage-logs: aws_api_gateway_method_settings.api_settings: method_path is "${var.path}", whose value is known only after an apply; write the value itself`,
				`stage-logs: aws_api_gateway_stage.api_stage: no method settings have its method_path "*/*"; declare them, with a logging_level`,
			},
		},
		{
			name:    "settings with an unknown level",
			changes: []change{set(settings, "DEBUG", "settings", "logging_level")},
			want: []string{
				`stage-logs: aws_api_gateway_method_settings.api_settings: settings.logging_level is "DEBUG"; set it to "ERROR", "INFO" or "OFF"`,
			},
		},
		{
			name:    "settings without a level",
			changes: []change{unset(settings, "settings")},
			want: []string{
				`stage-logs: aws_api_gateway_method_settings.api_settings: settings.logging_level is not set; set it to "ERROR", "INFO" or "OFF"`,
			},
		},
		{
			name:    "a data trace",
			changes: []change{set(settings, true, "settings", "data_trace_enabled")},
			want: []string{
				`stage-logs: aws_api_gateway_method_settings.api_settings: settings.data_trace_enabled is "true"; leave it out or set it to "false"`,
			},
		},
		{
			name:    "a data trace as text",
			changes: []change{set(settings, "1", "settings", "data_trace_enabled")},
			want: []string{
				`stage-logs: aws_api_gateway_method_settings.api_settings: settings.data_trace_enabled is "1"; leave it out or set it to "false"`,
			},
		},
		{
			name:    "a data trace of one method",
			changes: []change{add("aws_api_gateway_method_settings.post", `{"rest_api_id": "${aws_api_gateway_rest_api.api.id}", "stage_name": "option-none", "method_path": "submit/POST", "settings": [{"logging_level": "INFO", "data_trace_enabled": "${var.trace}"}]}`)},
			want: []string{
				`stage-logs: aws_api_gateway_method_settings.post: settings.data_trace_enabled is "${var.trace}", whose value is known only after an apply; write the value itself`,
			},
		},
		{
			name:    "settings of no stage",
			changes: []change{set(settings, "prod", "stage_name")},
			want: []string{
				`stage-logs: aws_api_gateway_stage.api_stage: no method settings have its method_path "*/*"; declare them, with a logging_level`,
				`stage-logs: aws_api_gateway_method_settings.api_settings: stage_name is no stage of its API in the stack; refer to a stage's stage_name`,
			},
		},
		{
			name:    "a stage known only after an apply",
			changes: []change{set(stage, "${var.stage}", "stage_name")},
			want: []string{
				`stage-logs: aws_api_gateway_stage.api_stage: stage_name is "${var.stage}", whose value is known only after an apply; write the value itself`,
				`stage-logs: aws_api_gateway_stage.api_stage: no method settings have its method_path "*/*"; declare them, with a logging_level`,
				`stage-logs: aws_api_gateway_method_settings.api_settings: stage_name is no stage of its API in the stack; refer to a stage's stage_name`,
			},
		},
		{
			name:    "settings of a stage whose name is an expression",
			changes: []change{set(settings, "${aws_api_gateway_rest_api.api.description}", "stage_name")},
			want: []string{
				`stage-logs: aws_api_gateway_stage.api_stage: no method settings have its method_path "*/*"; declare them, with a logging_level`,
				`stage-logs: aws_api_gateway_method_settings.api_settings: stage_name is no stage of its API in the stack; refer to a stage's stage_name`,
			},
		},
		{
			name:    "a stage of another API",
			changes: []change{set(stage, "abc123", "rest_api_id")},
			want: []string{
				`readable: aws_api_gateway_stage.api_stage: rest_api_id refers to no REST API of the stack; refer to the id of one`,
				`stage-logs: aws_api_gateway_stage.api_stage: no method settings have its method_path "*/*"; declare them, with a logging_level`,
				`stage-logs: aws_api_gateway_method_settings.api_settings: stage_name is no stage of its API in the stack; refer to a stage's stage_name`,
				`deployment: aws_api_gateway_rest_api.api: has no stage; declare one`,
			},
		},
	})
}
