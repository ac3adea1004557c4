package apigateway

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/modules/internal/tftest"
	"cdk.tf/go/ingest/spec"
)

func TestMain(m *testing.M) { tftest.Main(m) }

func defaults() Config {
	env := spec.Default("dev")
	return Config{
		Name: env.APIName(), Stage: env.Name, API: env.API, Logs: env.Logs, AccessLogGroup: "access",
		StreamName: "events", SubmitRoleARN: "arn:submit", LoggingRoleARN: "arn:logging",
		Partition: "aws", Region: "eu-west-1",
	}
}

func quote(text string) string {
	out, _ := json.Marshal(text)
	return string(out)
}

func TestDefaults(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) { New(stack, "api", defaults()) })
	resources.ExpectAddresses(t,
		"aws_api_gateway_account.api_account",
		"aws_api_gateway_deployment.api_deployment",
		"aws_api_gateway_gateway_response.api_bad-request-body",
		"aws_api_gateway_gateway_response.api_default-4xx",
		"aws_api_gateway_gateway_response.api_default-5xx",
		"aws_api_gateway_gateway_response.api_integration-failure",
		"aws_api_gateway_gateway_response.api_integration-timeout",
		"aws_api_gateway_gateway_response.api_throttled",
		"aws_api_gateway_gateway_response.api_unsupported-media-type",
		"aws_api_gateway_integration.api_submit_options_integration",
		"aws_api_gateway_integration.api_submit_post_integration",
		"aws_api_gateway_integration_response.api_submit_options_204-mapping",
		"aws_api_gateway_integration_response.api_submit_post_200-mapping",
		"aws_api_gateway_integration_response.api_submit_post_400-mapping",
		"aws_api_gateway_integration_response.api_submit_post_502-mapping",
		"aws_api_gateway_method.api_submit_options",
		"aws_api_gateway_method.api_submit_post",
		"aws_api_gateway_method_response.api_submit_options_204",
		"aws_api_gateway_method_response.api_submit_post_200",
		"aws_api_gateway_method_response.api_submit_post_400",
		"aws_api_gateway_method_response.api_submit_post_429",
		"aws_api_gateway_method_response.api_submit_post_502",
		"aws_api_gateway_method_settings.api_settings",
		"aws_api_gateway_model.api_event",
		"aws_api_gateway_request_validator.api_body",
		"aws_api_gateway_resource.api_submit",
		"aws_api_gateway_rest_api.api",
		"aws_api_gateway_stage.api_stage",
		"aws_cloudwatch_log_group.api_access",
		"aws_cloudwatch_log_group.api_execution",
	)
	resources.Expect(t, "aws_api_gateway_rest_api.api", `{
		"name": "api-kinesis-dev",
		"description": "Takes events and writes them to events",
		"endpoint_configuration": {"types": ["REGIONAL"]},
		"minimum_compression_size": "-1"
	}`)
	resources.Expect(t, "aws_api_gateway_method.api_submit_post", `{
		"rest_api_id": "${aws_api_gateway_rest_api.api.id}",
		"resource_id": "${aws_api_gateway_resource.api_submit.id}",
		"http_method": "POST",
		"authorization": "NONE",
		"request_models": {"application/json": "${aws_api_gateway_model.api_event.name}"},
		"request_validator_id": "${aws_api_gateway_request_validator.api_body.id}"
	}`)
	resources.Expect(t, "aws_api_gateway_model.api_event", `{
		"rest_api_id": "${aws_api_gateway_rest_api.api.id}",
		"name": "Event",
		"description": "The body of POST /submit",
		"content_type": "application/json",
		"schema": `+quote(spec.Default("dev").API.Schema)+`
	}`)
	resources.Expect(t, "aws_api_gateway_integration.api_submit_post_integration", `{
		"rest_api_id": "${aws_api_gateway_rest_api.api.id}",
		"resource_id": "${aws_api_gateway_resource.api_submit.id}",
		"http_method": "${aws_api_gateway_method.api_submit_post.http_method}",
		"type": "AWS",
		"integration_http_method": "POST",
		"uri": "arn:aws:apigateway:eu-west-1:kinesis:action/PutRecord",
		"credentials": "arn:submit",
		"passthrough_behavior": "NEVER",
		"request_parameters": {"integration.request.header.Content-Type": "'application/x-amz-json-1.1'"},
		"request_templates": {"application/json": `+quote(submitTemplate("events", spec.API{PartitionKey: spec.PartitionByRequestID()}, kind{}))+`}
	}`)
	for _, answer := range answers("accepted.vtl") {
		pattern := ""
		if answer.pattern != "" {
			pattern = `"selection_pattern": ` + quote(answer.pattern) + `,`
		}
		resources.Expect(t, fmt.Sprintf("aws_api_gateway_integration_response.api_submit_post_%d-mapping", answer.status), fmt.Sprintf(`{
			"rest_api_id": "${aws_api_gateway_rest_api.api.id}",
			"resource_id": "${aws_api_gateway_resource.api_submit.id}",
			"http_method": "${aws_api_gateway_method.api_submit_post.http_method}",
			"status_code": "${aws_api_gateway_method_response.api_submit_post_%d.status_code}",
			%s
			"response_parameters": {
				"method.response.header.Access-Control-Allow-Origin": "'*'",
				"method.response.header.Access-Control-Expose-Headers": "'Retry-After,x-amzn-ErrorType,x-amzn-RequestId'"
			},
			"response_templates": {"application/json": %s},
			"depends_on": ["aws_api_gateway_integration.api_submit_post_integration"]
		}`, answer.status, pattern, quote(responseTemplate(answer.template, false, spec.API{}))))
	}
	resources.Expect(t, "aws_api_gateway_integration.api_submit_options_integration", `{
		"rest_api_id": "${aws_api_gateway_rest_api.api.id}",
		"resource_id": "${aws_api_gateway_resource.api_submit.id}",
		"http_method": "${aws_api_gateway_method.api_submit_options.http_method}",
		"type": "MOCK",
		"passthrough_behavior": "NEVER",
		"request_templates": {"application/json": "{\"statusCode\": 204}\n"}
	}`)
	resources.Expect(t, "aws_api_gateway_gateway_response.api_throttled", `{
		"rest_api_id": "${aws_api_gateway_rest_api.api.id}",
		"response_type": "THROTTLED",
		"status_code": "429",
		"response_parameters": {
			"gatewayresponse.header.Access-Control-Allow-Origin": "'*'",
			"gatewayresponse.header.Access-Control-Expose-Headers": "'Retry-After,x-amzn-ErrorType,x-amzn-RequestId'",
			"gatewayresponse.header.Retry-After": "'1'"
		},
		"response_templates": {"application/json": `+quote(template("gateway-throttled.json"))+`}
	}`)
	resources.Expect(t, "aws_api_gateway_account.api_account", `{"cloudwatch_role_arn": "arn:logging"}`)
	resources.Expect(t, "aws_api_gateway_stage.api_stage", `{
		"rest_api_id": "${aws_api_gateway_rest_api.api.id}",
		"deployment_id": "${aws_api_gateway_deployment.api_deployment.id}",
		"stage_name": "dev",
		"access_log_settings": {
			"destination_arn": "${aws_cloudwatch_log_group.api_access.arn}",
			"format": `+quote(accessLogFormat())+`
		},
		"xray_tracing_enabled": false,
		"depends_on": ["aws_api_gateway_account.api_account", "aws_cloudwatch_log_group.api_execution"]
	}`)
	resources.Expect(t, "aws_cloudwatch_log_group.api_execution", `{
		"name": "API-Gateway-Execution-Logs_${aws_api_gateway_rest_api.api.id}/dev", "retention_in_days": 30
	}`)
	resources.Expect(t, "aws_api_gateway_method_settings.api_settings", `{
		"rest_api_id": "${aws_api_gateway_rest_api.api.id}",
		"stage_name": "${aws_api_gateway_stage.api_stage.stage_name}",
		"method_path": "*/*",
		"settings": {
			"logging_level": "INFO",
			"data_trace_enabled": false,
			"metrics_enabled": true,
			"throttling_rate_limit": 1000,
			"throttling_burst_limit": 500
		}
	}`)
}

func TestEventTypes(t *testing.T) {
	cfg := defaults()
	cfg.API.Batch, cfg.API.Envelope.Enabled = true, true
	cfg.API.EventTypes = []spec.EventType{{Name: "page-view", Schema: `{"title": "Page view"}`}, {Name: "post", Schema: `{"title": "Post"}`}}
	var api *API
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) { api = New(stack, "api", cfg) })
	for address, want := range map[string]string{
		"aws_api_gateway_resource.api_submit_types_page-view":       `{"path_part": "page-view", "parent_id": "${aws_api_gateway_resource.api_submit.id}"}`,
		"aws_api_gateway_resource.api_submit_types_page-view_batch": `{"path_part": "batch", "parent_id": "${aws_api_gateway_resource.api_submit_types_page-view.id}"}`,
		"aws_api_gateway_model.api_submit_types_page-view_event":    `{"name": "EventPageView", "description": "The body of POST /submit/page-view", "schema": "{\"title\": \"Page view\"}"}`,
		"aws_api_gateway_model.api_submit_types_page-view_events":   `{"name": "EventsPageView", "description": "The body of POST /submit/page-view/batch"}`,
		"aws_api_gateway_model.api_submit_types_post_event":         `{"name": "EventPost"}`,
		"aws_api_gateway_method.api_submit_types_post_post":         `{"request_models": {"application/json": "${aws_api_gateway_model.api_submit_types_post_event.name}"}}`,
		"aws_api_gateway_method.api_submit_types_post_batch_post":   `{"request_models": {"application/json": "${aws_api_gateway_model.api_submit_types_post_events.name}"}}`,
		"aws_api_gateway_method.api_submit_types_post_options":      `{"http_method": "OPTIONS", "authorization": "NONE"}`,
	} {
		var subset map[string]any
		if err := json.Unmarshal([]byte(want), &subset); err != nil {
			t.Fatal(err)
		}
		for key, value := range subset {
			if got := resources[address][key]; !reflect.DeepEqual(got, value) {
				t.Errorf("%s: %s is %v, want %v", address, key, got, value)
			}
		}
	}
	for address, kind := range map[string]string{
		"api_submit_post": `null`, "api_submit_batch_post": `null`, "api_submit_types_page-view_post": `"page-view"`,
		"api_submit_types_page-view_batch_post": `"page-view"`, "api_submit_types_post_post": `"post"`,
	} {
		templates, _ := resources["aws_api_gateway_integration."+address+"_integration"]["request_templates"].(map[string]any)
		if text, _ := templates["application/json"].(string); strings.Count(text, `',"type":`+kind+`'`) != 1 {
			t.Errorf("%s does not write the type %s:\n%s", address, kind, text)
		}
	}
	if !slices.Equal(api.Types, []string{"page-view", "post"}) || !strings.HasSuffix(api.TypeURL("post"), "/submit/post") || !strings.HasSuffix(api.TypeARN("post"), "/submit/post") {
		t.Errorf("the types are %v, with the address %s and the ARN %s", api.Types, api.TypeURL("post"), api.TypeARN("post"))
	}
	moved := api.At("https://events.example.com")
	if got := moved.TypeURL("post"); got != "https://events.example.com/submit/post" {
		t.Errorf("at a domain the address is %s", got)
	}
}

// Every content type has the template and the model of the others, so that no body passes unchecked.
func TestContentTypes(t *testing.T) {
	cfg := defaults()
	cfg.API.Batch = true
	cfg.API.ContentTypes = []spec.ContentType{spec.TextPlain, "application/cloudevents+json", spec.NDJSON}
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) { New(stack, "api", cfg) })
	for method, model := range map[string]string{"api_submit_post": "api_event", "api_submit_batch_post": "api_events"} {
		models := resources["aws_api_gateway_method."+method]["request_models"].(map[string]any)
		templates := resources["aws_api_gateway_integration."+method+"_integration"]["request_templates"].(map[string]any)
		lines, takesLines := templates[string(spec.NDJSON)].(string)
		if batch := model == "api_events"; takesLines != batch || batch && lines != linesTemplate("events", cfg.API, kind{}) {
			t.Errorf("%s has the template %q for NDJSON", method, lines)
		}
		delete(templates, string(spec.NDJSON))
		if len(models) != 3 || len(templates) != 3 {
			t.Errorf("%s has %d models and %d templates of JSON, want 3 of each", method, len(models), len(templates))
		}
		for _, typ := range []string{"application/json", "text/plain", "application/cloudevents+json"} {
			if models[typ] != "${aws_api_gateway_model."+model+".name}" || templates[typ] != templates["application/json"] {
				t.Errorf("%s of %s has the model %v and the template %v", method, typ, models[typ], templates[typ])
			}
		}
	}
	refused := resources["aws_api_gateway_gateway_response.api_unsupported-media-type"]["response_templates"].(map[string]any)["application/json"]
	want := `{"message": "send the event as application/json, text/plain, application/cloudevents+json or application/x-ndjson (a batch), ` +
		`uncompressed or with the Content-Encoding gzip or deflate", "requestId": "$context.requestId"}` + "\n"
	if refused != want {
		t.Errorf("415 says %q, want %q", refused, want)
	}
}

func TestBatch(t *testing.T) {
	cfg := defaults()
	cfg.API.Batch = true
	cfg.API.Authorization = spec.AuthorizeIAM()
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) { New(stack, "api", cfg) })
	resources.Expect(t, "aws_api_gateway_resource.api_submit_batch", `{
		"rest_api_id": "${aws_api_gateway_rest_api.api.id}",
		"parent_id": "${aws_api_gateway_resource.api_submit.id}",
		"path_part": "batch"
	}`)
	resources.Expect(t, "aws_api_gateway_method.api_submit_batch_post", `{
		"rest_api_id": "${aws_api_gateway_rest_api.api.id}",
		"resource_id": "${aws_api_gateway_resource.api_submit_batch.id}",
		"http_method": "POST",
		"authorization": "AWS_IAM",
		"request_models": {"application/json": "${aws_api_gateway_model.api_events.name}"},
		"request_validator_id": "${aws_api_gateway_request_validator.api_body.id}"
	}`)
	schema, _ := resources["aws_api_gateway_model.api_events"]["schema"].(string)
	type list struct {
		MinItems, MaxItems int
		Items              map[string]string
	}
	var document struct {
		list
		Type       []string
		Required   []string
		Properties map[string]list
	}
	if err := json.Unmarshal([]byte(schema), &document); err != nil {
		t.Fatal(err)
	}
	events := list{1, 500, map[string]string{
		"$ref": "https://apigateway.amazonaws.com/restapis/${aws_api_gateway_rest_api.api.id}/models/${aws_api_gateway_model.api_event.name}",
	}}
	if !reflect.DeepEqual(document.list, events) || !reflect.DeepEqual(document.Properties, map[string]list{"events": events}) ||
		!slices.Equal(document.Type, []string{"object", "array"}) || !slices.Equal(document.Required, []string{"events"}) {
		t.Errorf("the batch's schema is %s", schema)
	}
	integration := resources["aws_api_gateway_integration.api_submit_batch_post_integration"]
	if integration["uri"] != "arn:aws:apigateway:eu-west-1:kinesis:action/PutRecords" {
		t.Errorf("it is integrated with %v", integration["uri"])
	}
	for _, address := range []string{
		"aws_api_gateway_method.api_submit_batch_options",
		"aws_api_gateway_method_response.api_submit_batch_post_207",
		"aws_api_gateway_method_response.api_submit_batch_post_429",
		"aws_api_gateway_integration_response.api_submit_batch_post_502-mapping",
	} {
		if resources[address] == nil {
			t.Errorf("there is no %s", address)
		}
	}
}

func TestDeploymentWaitsForAllThatItDeploys(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) { New(stack, "api", defaults()) })
	body := resources["aws_api_gateway_deployment.api_deployment"]
	waits := map[any]bool{}
	for _, address := range body["depends_on"].([]any) {
		waits[address] = true
	}
	// The resources that come after the deployment.
	for _, address := range []string{"account", "deployment", "settings", "stage"} {
		waits[map[string]string{
			"account":    "aws_api_gateway_account.api_account",
			"deployment": "aws_api_gateway_deployment.api_deployment",
			"settings":   "aws_api_gateway_method_settings.api_settings",
			"stage":      "aws_api_gateway_stage.api_stage",
		}[address]] = true
	}
	for address := range resources.Of("aws_api_gateway_") {
		if !waits[address] {
			t.Errorf("the deployment does not wait for %s", address)
		}
	}
}

func overridden() Config {
	cfg := defaults()
	cfg.Name, cfg.Stage, cfg.Partition, cfg.Region = "gov", "live", "aws-us-gov", "us-gov-west-1"
	cfg.LoggingRoleARN, cfg.KeyARN, cfg.Protected = "", "arn:key", true
	cfg.Logs = spec.Logs{RetentionDays: 365, Execution: spec.LogErrors}
	cfg.API = spec.API{
		Authorization: spec.AuthorizeIAM(),
		Schema:        `{"pattern": "^${a}%{b}$"}`,
		PartitionKey:  spec.PartitionByHeader("X-Device-Id"),
		CORS:          severalOrigins,
		Throttle:      spec.Throttle{RateLimit: 0.5, BurstLimit: 1},
		Tracing:       true,

		MinimumCompressionBytes: 1024,
	}
	return cfg
}

func TestTheAccountsSettingIsReset(t *testing.T) {
	cfg := defaults()
	cfg.ResetAccount = true
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) { New(stack, "api", cfg) })
	resources.Expect(t, "aws_api_gateway_account.api_account", `{"cloudwatch_role_arn": "arn:logging", "reset_on_delete": true}`)
}

func TestEverythingOverridden(t *testing.T) {
	cfg := overridden()
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) { New(stack, "api", cfg) })
	if _, there := resources["aws_api_gateway_account.api_account"]; there {
		t.Error("the account's setting is managed without a logging role")
	}
	resources.Expect(t, "aws_api_gateway_rest_api.api", `{
		"name": "gov",
		"description": "Takes events and writes them to events",
		"endpoint_configuration": {"types": ["REGIONAL"]},
		"minimum_compression_size": "1024",
		"lifecycle": {"prevent_destroy": true}
	}`)
	expect := func(address, attribute string, want any) {
		t.Helper()
		if got := resources[address][attribute]; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s.%s is %v, want %v", address, attribute, got, want)
		}
	}
	expect("aws_api_gateway_method.api_submit_post", "authorization", "AWS_IAM")
	expect("aws_api_gateway_method.api_submit_options", "authorization", "NONE")
	expect("aws_api_gateway_model.api_event", "schema", `{"pattern": "^$${a}%%{b}$"}`)
	expect("aws_api_gateway_integration.api_submit_post_integration", "uri", "arn:aws-us-gov:apigateway:us-gov-west-1:kinesis:action/PutRecord")
	expect("aws_api_gateway_stage.api_stage", "stage_name", "live")
	expect("aws_api_gateway_stage.api_stage", "xray_tracing_enabled", true)
	expect("aws_api_gateway_stage.api_stage", "depends_on", "[aws_cloudwatch_log_group.api_execution]")
	resources.Expect(t, "aws_cloudwatch_log_group.api_access", `{"name": "access", "retention_in_days": 365, "kms_key_id": "arn:key"}`)
	resources.Expect(t, "aws_cloudwatch_log_group.api_execution", `{
		"name": "API-Gateway-Execution-Logs_${aws_api_gateway_rest_api.api.id}/live", "retention_in_days": 365, "kms_key_id": "arn:key"
	}`)
	resources.Expect(t, "aws_api_gateway_method_settings.api_settings", `{
		"rest_api_id": "${aws_api_gateway_rest_api.api.id}",
		"stage_name": "${aws_api_gateway_stage.api_stage.stage_name}",
		"method_path": "*/*",
		"settings": {
			"logging_level": "ERROR", "data_trace_enabled": false, "metrics_enabled": false,
			"throttling_rate_limit": 0.5, "throttling_burst_limit": 1
		}
	}`)
	resources.Expect(t, "aws_api_gateway_integration_response.api_submit_options_204-mapping", `{
		"rest_api_id": "${aws_api_gateway_rest_api.api.id}",
		"resource_id": "${aws_api_gateway_resource.api_submit.id}",
		"http_method": "${aws_api_gateway_method.api_submit_options.http_method}",
		"status_code": "${aws_api_gateway_method_response.api_submit_options_204.status_code}",
		"response_parameters": {
			"method.response.header.Access-Control-Allow-Credentials": "'true'",
			"method.response.header.Access-Control-Allow-Headers": "'Content-Type,Authorization,X-Amz-Content-Sha256,X-Amz-Date,X-Amz-Security-Token,X-Device-Id'",
			"method.response.header.Access-Control-Allow-Methods": "'POST'",
			"method.response.header.Access-Control-Max-Age": "'90'",
			"method.response.header.Vary": "'Origin'"
		},
		"response_templates": {"application/json": `+quote(echoOrigin(severalOrigins))+`},
		"depends_on": ["aws_api_gateway_integration.api_submit_options_integration"]
	}`)
}

// A method response must announce each header that its integration response sets, or API Gateway refuses the deployment.
func TestEveryHeaderIsAnnounced(t *testing.T) {
	for name, cfg := range map[string]Config{"defaults": defaults(), "overridden": overridden()} {
		resources := tftest.Synth(t, func(stack cdktf.TerraformStack) { New(stack, "api", cfg) })
		for address, mapping := range resources.Of("aws_api_gateway_integration_response.") {
			response := strings.NewReplacer("_integration_response", "_method_response", "-mapping", "").Replace(address)
			announced, _ := resources[response]["response_parameters"].(map[string]any)
			for header := range mapping["response_parameters"].(map[string]any) {
				if _, there := announced[header]; !there {
					t.Errorf("%s: %s sets %s, which %s does not announce", name, address, header, response)
				}
			}
			if announced["method.response.header."+allowOrigin] != true {
				t.Errorf("%s: %s does not announce %s", name, response, allowOrigin)
			}
		}
	}
}

func TestTwiceInOneStack(t *testing.T) {
	var first, second *API
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) {
		first = New(stack, "first", defaults())
		cfg := defaults()
		cfg.API.CORS.MaxAge = time.Minute
		second = New(stack, "second", cfg)
	})
	if got := len(resources); got != 60 {
		t.Errorf("two APIs make %d resources, want twice 30", got)
	}
	if first.SubmitURL == second.SubmitURL {
		t.Errorf("both APIs have the URL %s", first.SubmitURL)
	}
	for address, body := range resources.Of("aws_api_gateway_deployment.") {
		own := strings.TrimPrefix(strings.TrimSuffix(address, "_deployment"), "aws_api_gateway_deployment.")
		for _, waits := range body["depends_on"].([]any) {
			if !strings.Contains(waits.(string), "."+own) {
				t.Errorf("%s waits for %s of the other API", address, waits)
			}
		}
	}
}
