package apigateway_test

import (
	"slices"
	"strings"
	"testing"

	"cdk.tf/go/ingest/local/apigateway"
)

// edit changes attributes of a resource; nil removes one.
func (r raw) edit(typ, name string, attributes map[string]any) {
	body := r.body(typ, name)
	for key, value := range attributes {
		if value == nil {
			delete(body, key)
		} else {
			body[key] = value
		}
	}
}

type attributes = map[string]any

func TestRefusesStacks(t *testing.T) {
	api := func(a attributes) func(raw) { return func(r raw) { r.edit("rest_api", "api", a) } }
	method := func(a attributes) func(raw) { return func(r raw) { r.edit("method", "api_submit_post", a) } }
	integration := func(a attributes) func(raw) {
		return func(r raw) { r.edit("integration", "api_submit_post_integration", a) }
	}
	response := func(a attributes) func(raw) {
		return func(r raw) { r.edit("integration_response", "api_submit_post_200-mapping", a) }
	}
	stage := func(a attributes) func(raw) { return func(r raw) { r.edit("stage", "api_stage", a) } }
	settings := func(a attributes) func(raw) {
		return func(r raw) { r.edit("method_settings", "api_settings", attributes{"settings": a}) }
	}
	gatewayResponse := func(a attributes) func(raw) {
		return func(r raw) { r.edit("gateway_response", "api_throttled", a) }
	}
	model := func(schema string) func(raw) {
		return func(r raw) { r.edit("model", "api_event", attributes{"schema": schema}) }
	}
	endpoint := func(a attributes) func(raw) { return api(attributes{"endpoint_configuration": a}) }
	quota := func(a attributes) func(raw) {
		return func(r raw) { r.add("usage_plan", "p", attributes{"name": "p", "quota_settings": a}) }
	}
	sibling := func(part string) func(raw) { // of {proxy+}
		return func(r raw) {
			for name, part := range map[string]string{"sibling_1": "{proxy+}", "sibling_2": part} {
				r.add("resource", name, attributes{"rest_api_id": "${aws_api_gateway_rest_api.api.id}", "parent_id": "${aws_api_gateway_rest_api.api.root_resource_id}", "path_part": part})
			}
		}
	}
	const apiAddress, methodAddress = "aws_api_gateway_rest_api.api: ", "aws_api_gateway_method.api_submit_post: "
	const integrationAddress = "aws_api_gateway_integration.api_submit_post_integration: "
	const responseAddress = "aws_api_gateway_integration_response.api_submit_post_200-mapping: "
	const stageAddress, settingsAddress = "aws_api_gateway_stage.api_stage: ", "aws_api_gateway_method_settings.api_settings: "
	const gatewayAddress, modelAddress = "aws_api_gateway_gateway_response.api_throttled: ", "aws_api_gateway_model.api_event: "
	const leave = "leave it out of the environment that runs here"
	for _, test := range []struct {
		name string
		edit func(raw)
		want string
	}{
		{"an unknown attribute", api(attributes{"colour": "red"}), apiAddress + "the attribute colour is not imitated on one machine; " + leave},
		{"an unknown kind", func(r raw) { r.add("vpc_link", "l", attributes{"name": "l"}) },
			"aws_api_gateway_vpc_link.l: there is no VPC on one machine; " + leave},
		{"a domain without a name", func(r raw) { r.add("domain_name", "d", attributes{}) },
			"aws_api_gateway_domain_name.d: domain_name is empty; give the domain one"},
		{"a domain of another API", func(r raw) {
			r.add("base_path_mapping", "m", attributes{"domain_name": "a.example", "api_id": "other"})
		}, `aws_api_gateway_base_path_mapping.m: api_id is "other"; the stack's API is "API"`},
		{"a domain of no stage", func(r raw) {
			r.add("base_path_mapping", "m", attributes{"domain_name": "a.example", "api_id": "${aws_api_gateway_rest_api.api.id}", "stage_name": "x"})
		}, `aws_api_gateway_base_path_mapping.m: stage_name is "x", which is no stage of the API`},
		{"a kind of tomorrow's", func(r raw) { r.add("teapot", "t", attributes{}) },
			"aws_api_gateway_teapot.t: aws_api_gateway_teapot is not imitated on one machine; " + leave},
		{"no authorizer", method(attributes{"authorization": "CUSTOM"}), methodAddress + "authorization is CUSTOM, but authorizer_id is empty; name an authorizer, or API Gateway refuses the method"},
		{"another's authorizer", func(r raw) {
			r.add("authorizer", "a", attributes{"rest_api_id": "${aws_api_gateway_rest_api.api.id}", "name": "a"})
			method(attributes{"authorization": "COGNITO_USER_POOLS", "authorizer_id": "${aws_api_gateway_authorizer.a.id}"})(r)
		}, methodAddress + "authorization is COGNITO_USER_POOLS, but aws_api_gateway_authorizer.a is of type TOKEN; use CUSTOM"},
		{"OpenAPI", api(attributes{"body": "{}"}), apiAddress + "body (an OpenAPI definition) is not imitated on one machine; " + leave + ", or declare resources and methods"},
		{"no endpoint", api(attributes{"disable_execute_api_endpoint": true}), apiAddress + "disable_execute_api_endpoint is true, and the stack has no aws_api_gateway_domain_name: the API would answer nobody; declare one, or leave it out"},
		{"compression", api(attributes{"minimum_compression_size": "10485761"}), apiAddress + `minimum_compression_size is "10485761"; use -1, which is off, or 0 to 10485760`},
		{"compression of less than nothing", api(attributes{"minimum_compression_size": -2}), apiAddress + `minimum_compression_size is "-2"; use -1, which is off, or 0 to 10485760`},
		{"compression of no number", api(attributes{"minimum_compression_size": "1k"}), apiAddress + `minimum_compression_size is "1k"; use -1, which is off, or 0 to 10485760`},
		{"keys of an authorizer", api(attributes{"api_key_source": "AUTHORIZER"}), apiAddress + `api_key_source is "AUTHORIZER"; use HEADER: the keys that a Lambda authorizer returns do not exist on one machine`},
		{"a method of no API", method(attributes{"rest_api_id": "other"}), methodAddress + `rest_api_id is "other"; the stack's API is "API"`},
		{"a verb", method(attributes{"http_method": "post"}), methodAddress + `http_method is "post"; use one of ANY, DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT`},
		{"an authorization", method(attributes{"authorization": "BASIC"}), methodAddress + `authorization is "BASIC"; use NONE, AWS_IAM, COGNITO_USER_POOLS or CUSTOM`},
		{"no such resource", method(attributes{"resource_id": "x"}), methodAddress + `resource_id is "x", which is no resource of the API`},
		{"no such model", method(attributes{"request_models": attributes{"application/json": "Nope"}}), methodAddress + `request_models of application/json: the API has no model "Nope"`},
		{"no such validator", method(attributes{"request_validator_id": "x"}), methodAddress + `request_validator_id is "x", which is no request validator of the API`},
		{"a parameter", method(attributes{"request_parameters": attributes{"header.X": true}}), methodAddress + `request_parameters has "header.X"; use method.request.header.NAME, method.request.querystring.NAME or method.request.path.NAME`},
		{"HTTP", integration(attributes{"type": "HTTP"}), integrationAddress + `type is "HTTP"; use AWS or MOCK, the only types that run on one machine`},
		{"HTTP_PROXY", integration(attributes{"type": "HTTP_PROXY"}), integrationAddress + `type is "HTTP_PROXY"; use AWS or MOCK, the only types that run on one machine`},
		{"AWS_PROXY", integration(attributes{"type": "AWS_PROXY"}), integrationAddress + `type is "AWS_PROXY"; use AWS or MOCK, the only types that run on one machine`},
		{"a URI", integration(attributes{"uri": "https://a.example"}), integrationAddress + `uri is "https://a.example"; use arn:aws:apigateway:REGION:SERVICE:action/ACTION`},
		{"a path", integration(attributes{"uri": "arn:aws:apigateway:us-east-1:s3:path/b/k"}), integrationAddress + `uri is "arn:aws:apigateway:us-east-1:s3:path/b/k"; calls by path are not imitated on one machine, use SERVICE:action/ACTION`},
		{"a query", integration(attributes{"uri": "arn:aws:apigateway:us-east-1:kinesis:action/PutRecord&A=b"}), integrationAddress + `uri is "arn:aws:apigateway:us-east-1:kinesis:action/PutRecord&A=b"; only an action is imitated on one machine, put its parameters in the request template`},
		{"no role", integration(attributes{"credentials": nil}), integrationAddress + "credentials is empty; name the role that API Gateway assumes for the call"},
		{"the caller's role", integration(attributes{"credentials": "arn:aws:iam::*:user/*"}), integrationAddress + `credentials is "arn:aws:iam::*:user/*"; calls with the caller's own identity are not imitated on one machine, name a role`},
		{"GET", integration(attributes{"integration_http_method": "GET"}), integrationAddress + `integration_http_method is "GET"; use POST, as the services' JSON protocol does`},
		{"passthrough", integration(attributes{"passthrough_behavior": "ALWAYS"}), integrationAddress + `passthrough_behavior is "ALWAYS"; use WHEN_NO_MATCH, WHEN_NO_TEMPLATES or NEVER`},
		{"handling", integration(attributes{"content_handling": "GZIP"}), integrationAddress + `content_handling is "GZIP"; use CONVERT_TO_TEXT, CONVERT_TO_BINARY or nothing`},
		{"a short timeout", integration(attributes{"timeout_milliseconds": 10}), integrationAddress + "timeout_milliseconds is 10; use 50 to 300000"},
		{"a long timeout", integration(attributes{"timeout_milliseconds": 300001}), integrationAddress + "timeout_milliseconds is 300001; use 50 to 300000"},
		{"a mapping's name", integration(attributes{"request_parameters": attributes{"integration.header.X": "'x'"}}), integrationAddress + `request_parameters has "integration.header.X"; use integration.request.header.NAME, integration.request.querystring.NAME or integration.request.path.NAME`},
		{"a mapping's source", integration(attributes{"request_parameters": attributes{"integration.request.header.X": "x"}}), integrationAddress + `request_parameters of integration.request.header.X: "x" is no source of a value; use 'text in single quotes', context.NAME, stageVariables.NAME or method.request.{header,querystring,path,body}`},
		{"an undeclared parameter", integration(attributes{"request_parameters": attributes{"integration.request.header.X": "method.request.header.Y"}}), integrationAddress + "request_parameters of integration.request.header.X: method.request.header.Y is not among the request_parameters of the method; declare method.request.header.Y there, or API Gateway refuses the mapping"},
		{"a JSONPath", integration(attributes{"request_parameters": attributes{"integration.request.header.X": "method.request.body.a["}}), integrationAddress + `request_parameters of integration.request.header.X: "$.a[" is not a JSONPath expression: not terminated at 5 in $.a[`},
		{"a JSONPath with a function", integration(attributes{"request_parameters": attributes{"integration.request.header.X": "method.request.body.a.length()"}}), integrationAddress + `request_parameters of integration.request.header.X: the JSONPath expression "$.a.length()" has a function at its end, which is not imitated here`},
		{"a context variable", integration(attributes{"request_parameters": attributes{"integration.request.header.X": "context.nope"}}), integrationAddress + "request_parameters of integration.request.header.X: $context.nope is no variable of API Gateway's REST APIs"},
		{"a header of its own", integration(attributes{"request_parameters": attributes{"integration.request.header.Content-Length": "'1'"}}), integrationAddress + `request_parameters has "integration.request.header.Content-Length"; API Gateway sets that header itself and answers 500 where it is mapped`},
		{"a template", integration(attributes{"request_templates": attributes{"application/json": "\n  #if(true)"}}), integrationAddress + "request_templates of application/json: the template is refused: "},
		{"a long template", integration(attributes{"request_templates": attributes{"application/json": strings.Repeat("x", 300<<10+1)}}), integrationAddress + "request_templates of application/json: the template is refused: line 1, column 1: the template has 307201 bytes; API Gateway takes no more than 307200"},
		{"a pattern", response(attributes{"selection_pattern": "("}), responseAddress + "selection_pattern is \"(\"; use a regular expression of RE2's: error parsing regexp: missing closing ): `^(?:()$`"},
		{"two without a pattern", response(attributes{"selection_pattern": nil}), "aws_api_gateway_integration_response.api_submit_post_502-mapping: selection_pattern is empty, as for another integration response of POST /submit; AWS does not define which of them answers"},
		{"an unannounced status with a header", response(attributes{"status_code": "201", "response_parameters": attributes{"method.response.header.X": "'x'"}}), responseAddress + `response_parameters has "method.response.header.X", which its aws_api_gateway_method_response does not declare; add it there, or API Gateway refuses this`},
		{"an invalid status of an answer", response(attributes{"status_code": "wrong"}), responseAddress + `status_code is "wrong"; use one of 200 to 599`},
		{"an undeclared header", response(attributes{"response_parameters": attributes{"method.response.header.X": "'x'"}}), responseAddress + `response_parameters has "method.response.header.X", which its aws_api_gateway_method_response does not declare; add it there, or API Gateway refuses this`},
		{"a header's source", response(attributes{"response_parameters": attributes{"method.response.header.Retry-After": "integration.response.status"}}), responseAddress + `response_parameters of method.response.header.Retry-After: "integration.response.status" is no source of a header; use integration.response.header.NAME or integration.response.body.PATH`},
		{"a method's status", func(r raw) {
			r.edit("method_response", "api_submit_post_429", attributes{"status_code": "100"})
		}, `aws_api_gateway_method_response.api_submit_post_429: status_code is "100"; use one of 200 to 599`},
		{"a gateway response's type", gatewayResponse(attributes{"response_type": "TEAPOT"}), gatewayAddress + `response_type is "TEAPOT"; use one of ACCESS_DENIED, API_CONFIGURATION_ERROR, AUTHORIZER_CONFIGURATION_ERROR, AUTHORIZER_FAILURE, BAD_REQUEST_BODY, BAD_REQUEST_PARAMETERS, DEFAULT_4XX, DEFAULT_5XX, EXPIRED_TOKEN, INTEGRATION_FAILURE, INTEGRATION_TIMEOUT, INVALID_API_KEY, INVALID_SIGNATURE, MISSING_AUTHENTICATION_TOKEN, QUOTA_EXCEEDED, REQUEST_TOO_LARGE, RESOURCE_NOT_FOUND, THROTTLED, UNAUTHORIZED, UNSUPPORTED_MEDIA_TYPE, WAF_FILTERED`},
		{"a type twice", gatewayResponse(attributes{"response_type": "DEFAULT_4XX"}), gatewayAddress + "response_type is DEFAULT_4XX, which another declares already"},
		{"a gateway response's status", gatewayResponse(attributes{"status_code": "42"}), gatewayAddress + `status_code is "42"; use one of 200 to 599`},
		{"a gateway response's variable", gatewayResponse(attributes{"response_templates": attributes{"application/json": "$context.nope"}}), gatewayAddress + "response_templates of application/json: $context.nope is no variable of API Gateway's REST APIs"},
		{"a gateway response's header", gatewayResponse(attributes{"response_parameters": attributes{"header.X": "'x'"}}), gatewayAddress + `response_parameters has "header.X"; use gatewayresponse.header.NAME`},
		{"a schema that is no JSON", model("{"), modelAddress + "schema is not JSON: unexpected EOF"},
		{"a schema that is no object", model("[]"), modelAddress + "schema is not a JSON object"},
		{"another draft", model(`{"$schema": "http://json-schema.org/draft-07/schema#"}`), modelAddress + `schema has the "$schema" "http://json-schema.org/draft-07/schema#"; use "http://json-schema.org/draft-04/schema#", the only draft that API Gateway validates, or leave it out`},
		{"a keyword of a later draft", model(`{"not": {"const": 1}}`), modelAddress + `schema has the keyword "const" at "/not/const", which draft 4 does not have and API Gateway refuses; use "enum" with this one value`},
		{"a pattern of another dialect", model(`{"not": {"pattern": "(?i)a"}}`), modelAddress + `schema has the pattern "(?i)a" at "/not/pattern" with the flags (?i), which ECMA-262 does not have and API Gateway refuses; remove them; for (?i) write both cases, such as [aA]`},
		{"a reference to itself", model(`{"anyOf": [{"$ref": "#"}]}`), modelAddress + `schema has the reference "#" at "/anyOf/0/$ref", which leads back to the schema that it is a part of; refer to that schema from "properties" or "items", or remove the reference`},
		{"a reference to nowhere", model(`{"$ref": "https://a.example/schema"}`), modelAddress + `schema has the reference "https://a.example/schema" at "/$ref", which API Gateway refuses; use one within the schema, such as "#/definitions/user", or the URL of a model of the API, https://apigateway.amazonaws.com/restapis/API/models/NAME`},
		{"a reference to a model by its name", model(`{"items": {"$ref": "Events"}}`), modelAddress + `schema has the reference "Events" at "/items/$ref", which API Gateway refuses; use one within the schema, such as "#/definitions/user", or the URL of a model of the API, https://apigateway.amazonaws.com/restapis/API/models/NAME`},
		{"a reference to the meta-schema", model(`{"$ref": "http://json-schema.org/draft-04/schema#"}`), modelAddress + `schema has the reference "http://json-schema.org/draft-04/schema#" at "/$ref", which API Gateway refuses; use one within the schema, such as "#/definitions/user", or the URL of a model of the API, https://apigateway.amazonaws.com/restapis/API/models/NAME`},
		{"a reference to no model", model(`{"$ref": "https://apigateway.amazonaws.com/restapis/${aws_api_gateway_rest_api.api.id}/models/Gone"}`), modelAddress + `schema has a reference to the model "Gone", which the API does not have; declare it, or correct the name`},
		{"a model's name", func(r raw) { r.edit("model", "api_event", attributes{"name": "Event-1"}) }, modelAddress + `name is "Event-1"; API Gateway accepts letters and digits only`},
		{"no deployment", stage(attributes{"deployment_id": "x"}), stageAddress + `deployment_id is "x", which is no deployment of the API`},
		{"a stage's name", stage(attributes{"stage_name": "a b"}), stageAddress + `stage_name is "a b"; use 1 to 128 letters, digits, "-" and "_"`},
		{"a cache", stage(attributes{"cache_cluster_enabled": true}), stageAddress + "cache_cluster_enabled is true; a cache is not imitated on one machine, " + leave},
		{"a canary", stage(attributes{"canary_settings": attributes{"percent_traffic": 1}}), stageAddress + "canary_settings is not imitated on one machine; " + leave},
		{"a log without an id", stage(attributes{"access_log_settings": attributes{"destination_arn": "a", "format": "$context.stage"}}), stageAddress + "access_log_settings.format has neither $context.requestId nor $context.extendedRequestId; API Gateway requires one of them"},
		{"a log of two lines", stage(attributes{"access_log_settings": attributes{"destination_arn": "a", "format": "$context.requestId\nx"}}), stageAddress + "access_log_settings.format has more than one line; API Gateway takes one"},
		{"a log's variable", stage(attributes{"access_log_settings": attributes{"destination_arn": "a", "format": "$context.requestId $context.nope"}}), stageAddress + "access_log_settings.format: $context.nope is no variable of API Gateway's REST APIs"},
		{"a log of stage variables", stage(attributes{"access_log_settings": attributes{"destination_arn": "a", "format": "$context.requestId $stageVariables.a"}}), stageAddress + "access_log_settings.format: $stageVariables.a is no variable of an access log, which has only $context"},
		{"a stage variable that is not there", integration(attributes{"credentials": "$${stageVariables.role}"}), stageAddress + `variables has no "role", which the integration of POST /submit names`},
		{"a level", settings(attributes{"logging_level": "DEBUG"}), settingsAddress + `settings.logging_level is "DEBUG"; use OFF, ERROR or INFO`},
		{"caching", settings(attributes{"caching_enabled": true}), settingsAddress + "settings.caching_enabled is true; a cache is not imitated on one machine, " + leave},
		{"settings of no method", func(r raw) { r.edit("method_settings", "api_settings", attributes{"method_path": "submit/GET"}) }, settingsAddress + `method_path is "submit/GET", which is no method of the API`},
		{"settings of a path that begins with a slash", func(r raw) {
			r.edit("method_settings", "api_settings", attributes{"method_path": "/submit/POST"})
		}, settingsAddress + `method_path is "/submit/POST", in which API Gateway takes only the last "/" for one; use submit/POST`},
		{"settings of a path below another", func(r raw) {
			r.edit("method_settings", "api_settings", attributes{"method_path": "submit/batch/POST"})
		}, settingsAddress + `method_path is "submit/batch/POST", in which API Gateway takes only the last "/" for one; use submit~1batch/POST`},
		{"settings of many", func(r raw) { r.edit("method_settings", "api_settings", attributes{"method_path": "*/GET"}) }, settingsAddress + `method_path is "*/GET"; use */*, or PATH/METHOD such as submit/POST`},
		{"settings of no stage", func(r raw) { r.edit("method_settings", "api_settings", attributes{"stage_name": "x"}) }, settingsAddress + `stage_name is "x", which is no stage of the API`},
		{"a stage of a deployment", func(r raw) { r.edit("deployment", "api_deployment", attributes{"stage_name": "x"}) }, "aws_api_gateway_deployment.api_deployment: stage_name, variables and canary_settings make a stage of a deployment, which is not imitated on one machine; declare an aws_api_gateway_stage"},
		{"a part of a path", func(r raw) { r.edit("resource", "api_submit", attributes{"path_part": "a{b}"}) }, `aws_api_gateway_resource.api_submit: path_part is "a{b}"; API Gateway takes letters, digits, "_", "-", ".", ":" and ",", or one parameter such as {id} or {proxy+}`},
		{"an orphan", func(r raw) { r.edit("resource", "api_submit", attributes{"parent_id": "x"}) }, `aws_api_gateway_resource.api_submit: parent_id is "x", which is no resource of the API`},
		{"a short key", func(r raw) { r.add("api_key", "k", attributes{"name": "k", "value": "short"}) }, "aws_api_gateway_api_key.k: value has 5 characters; use 20 to 128"},
		{"a quota", func(r raw) {
			r.add("usage_plan", "p", attributes{"name": "p", "quota_settings": attributes{"limit": 1, "period": "HOUR"}})
		}, `aws_api_gateway_usage_plan.p: quota_settings is 1 requests per "HOUR" with the offset 0; use a limit of at least 1 per DAY, WEEK or MONTH`},
		{"a plan of no stage", func(r raw) {
			r.add("usage_plan", "p", attributes{"name": "p", "api_stages": attributes{"api_id": "x", "stage": "y"}})
		}, `aws_api_gateway_usage_plan.p: api_stages names the stage "y" of the API "x", which is not in the stack`},
		{"an invalid timeout", integration(attributes{"timeout_milliseconds": "soon"}), integrationAddress + `timeout_milliseconds: it is "soon"; it must be a number`},
		{"a timeout below zero", integration(attributes{"timeout_milliseconds": -1}), integrationAddress + "timeout_milliseconds is -1; use 50 to 300000"},
		{"another service", integration(attributes{"uri": "arn:aws:apigateway:us-east-1:sns:action/Publish"}), integrationAddress + `uri is "arn:aws:apigateway:us-east-1:sns:action/Publish"; kinesis is the only service that runs on one machine, ` + leave},
		{"another region", integration(attributes{"uri": "arn:aws:apigateway:eu-west-1:kinesis:action/PutRecord"}), integrationAddress + `uri is "arn:aws:apigateway:eu-west-1:kinesis:action/PutRecord", of another region than the stack's; use us-east-1, there is one region on one machine`},
		{"an invalid role", integration(attributes{"credentials": "me"}), integrationAddress + `credentials is "me"; use the ARN of a role, arn:PARTITION:iam::ACCOUNT:role/NAME`},
		{"a header's name", integration(attributes{"request_parameters": attributes{"integration.request.header.X Y": "'x'"}}), integrationAddress + `request_parameters has "integration.request.header.X Y"; use integration.request.header.NAME, integration.request.querystring.NAME or integration.request.path.NAME`},
		{"invalid templates", integration(attributes{"request_templates": "x"}), integrationAddress + `request_templates: it is "x"; it must be an object`},
		{"an unfinished template", integration(attributes{"request_templates": attributes{"application/json": "#foreach($x in"}}), integrationAddress + "request_templates of application/json: the template is refused: line 1, column 15: the template ends where a value is expected"},
		{"no name", api(attributes{"name": nil}), apiAddress + "name is empty; give the API one"},
		{"a verb", method(attributes{"http_method": "post"}), methodAddress + `http_method is "post"; use one of ANY, DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT`},
		{"another's method", method(attributes{"rest_api_id": "x"}), methodAddress + `rest_api_id is "x"; the stack's API is "API"`},
		{"an attribute of a method", method(attributes{"colour": "red"}), methodAddress + "the attribute colour is not imitated on one machine; " + leave},
		{"an attribute of a model", func(r raw) { r.edit("model", "api_event", attributes{"colour": "red"}) }, modelAddress + "the attribute colour is not imitated on one machine; " + leave},
		{"an attribute of a deployment", func(r raw) { r.edit("deployment", "api_deployment", attributes{"colour": "red"}) }, "aws_api_gateway_deployment.api_deployment: the attribute colour is not imitated on one machine; " + leave},
		{"an attribute of a resource", func(r raw) { r.edit("resource", "api_submit", attributes{"colour": "red"}) }, "aws_api_gateway_resource.api_submit: the attribute colour is not imitated on one machine; " + leave},
		{"an invalid status of a method", func(r raw) { r.edit("method_response", "api_submit_post_200", attributes{"status_code": "abc"}) }, `aws_api_gateway_method_response.api_submit_post_200: status_code is "abc"; use one of 200 to 599`},
		{"a path with a space", func(r raw) { r.edit("resource", "api_submit", attributes{"path_part": "sub mit"}) }, `aws_api_gateway_resource.api_submit: path_part is "sub mit"; API Gateway takes letters, digits, "_", "-", ".", ":" and ",", or one parameter such as {id} or {proxy+}`},
		{"a path twice", func(r raw) {
			r.add("resource", "again", attributes{"rest_api_id": "${aws_api_gateway_rest_api.api.id}", "parent_id": "${aws_api_gateway_rest_api.api.root_resource_id}", "path_part": "submit"})
		}, `aws_api_gateway_resource.api_submit: path_part is "submit", which its parent has already`},
		{"a method twice", func(r raw) {
			r.add("method", "twice", attributes{"rest_api_id": "${aws_api_gateway_rest_api.api.id}", "resource_id": "${aws_api_gateway_resource.api_submit.id}", "http_method": "POST", "authorization": "NONE"})
		}, "aws_api_gateway_method.twice: http_method is POST, which /submit has already"},
		{"a method's status twice", func(r raw) {
			r.add("method_response", "twice", attributes{"rest_api_id": "${aws_api_gateway_rest_api.api.id}", "resource_id": "${aws_api_gateway_resource.api_submit.id}", "http_method": "POST", "status_code": "200"})
		}, "aws_api_gateway_method_response.twice: status_code is 200, for which POST /submit has a response already; declare one"},
		{"a status twice", func(r raw) {
			r.add("integration_response", "twice", attributes{"rest_api_id": "${aws_api_gateway_rest_api.api.id}", "resource_id": "${aws_api_gateway_resource.api_submit.id}", "http_method": "POST", "status_code": "200", "selection_pattern": "201"})
		}, "aws_api_gateway_integration_response.twice: status_code is 200, for which POST /submit has an integration response already; API Gateway keeps one, declare one"},
		{"a model of every API's", func(r raw) { r.edit("model", "api_event", attributes{"name": "Empty"}) }, modelAddress + "name is Empty, a model that every API has; use another"},
		{"a model twice", func(r raw) {
			r.add("model", "twice", attributes{"rest_api_id": "${aws_api_gateway_rest_api.api.id}", "name": "Event", "content_type": "application/json", "schema": "{}"})
		}, "aws_api_gateway_model.twice: name is Event, which aws_api_gateway_model.api_event has; use another"},
		{"a rate below zero", settings(attributes{"throttling_rate_limit": -5}), settingsAddress + "settings.throttling_rate_limit is -5; use at least 0, or -1 for the account's"},
		{"a burst below zero", settings(attributes{"throttling_burst_limit": -5}), settingsAddress + "settings.throttling_burst_limit is -5; use at least 0, or -1 for the account's"},
		{"no settings", func(r raw) { r.edit("method_settings", "api_settings", attributes{"settings": nil}) }, settingsAddress + "settings is there 0 times; give one"},
		{"a parameter beside the rest", sibling("{dynamic}"), `aws_api_gateway_resource.sibling_2: path_part is "{dynamic}", but its parent has {proxy+} already; API Gateway takes one parameter below a resource`},
		{"the rest beside the rest", sibling("{all+}"), `aws_api_gateway_resource.sibling_2: path_part is "{all+}", but its parent has {proxy+} already; API Gateway takes one parameter below a resource`},
		{"one name in two places", method(attributes{"request_parameters": attributes{"method.request.header.id": false, "method.request.querystring.id": true}}), methodAddress + `request_parameters has "method.request.querystring.id", and "method.request.header.id" with the same name; API Gateway takes a name once across header, querystring and path`},
		{"one name in the path too", method(attributes{"request_parameters": attributes{"method.request.path.id": true, "method.request.header.id": true}}), methodAddress + `request_parameters has "method.request.path.id", and "method.request.header.id" with the same name; API Gateway takes a name once across header, querystring and path`},
		{"an empty schema", model(""), modelAddress + "schema is empty, which API Gateway refuses; give the model one, at least {}"},
		{"no schema", func(r raw) { r.edit("model", "api_event", attributes{"schema": nil}) }, modelAddress + "schema is empty, which API Gateway refuses; give the model one, at least {}"},
		{"a model's content type", func(r raw) { r.edit("model", "api_event", attributes{"content_type": "notacontenttype"}) }, modelAddress + `content_type is "notacontenttype", which API Gateway refuses; use a media type, such as application/json`},
		{"a request template's content type", integration(attributes{"request_templates": attributes{"123": "{}"}}), integrationAddress + `request_templates has "123", which API Gateway refuses; use a media type, such as application/json`},
		{"a response template's content type", response(attributes{"response_templates": attributes{"123": "{}"}}), responseAddress + `response_templates has "123", which API Gateway refuses; use a media type, such as application/json`},
		{"a gateway response's content type", gatewayResponse(attributes{"response_templates": attributes{"123": "{}"}}), gatewayAddress + `response_templates has "123", which API Gateway refuses; use a media type, such as application/json`},
		{"a request model's content type", method(attributes{"request_models": attributes{"123": "Event"}}), methodAddress + `request_models has "123", which API Gateway refuses; use a media type, such as application/json`},
		{"a response model's content type", func(r raw) {
			r.edit("method_response", "api_submit_post_200", attributes{"response_models": attributes{"123": "Empty"}})
		}, `aws_api_gateway_method_response.api_submit_post_200: response_models has "123", which API Gateway refuses; use a media type, such as application/json`},
		{"a long name of a key", func(r raw) { r.add("api_key", "k", attributes{"name": strings.Repeat("a", 1025)}) }, "aws_api_gateway_api_key.k: name has 1025 characters; use at most 1024"},
		{"a long description of a key", func(r raw) {
			r.add("api_key", "k", attributes{"name": "k", "description": strings.Repeat("a", 125_001)})
		}, "aws_api_gateway_api_key.k: description has 125001 characters; use at most 125000"},
		{"a validator without a name", func(r raw) {
			r.add("request_validator", "v", attributes{"rest_api_id": "${aws_api_gateway_rest_api.api.id}", "name": " "})
		}, `aws_api_gateway_request_validator.v: name is " "; give the validator one`},
		{"two types of endpoint", endpoint(attributes{"types": []any{"EDGE", "REGIONAL"}}), apiAddress + "endpoint_configuration.types has EDGE, REGIONAL; use one of EDGE, PRIVATE, REGIONAL"},
		{"a type of endpoint", endpoint(attributes{"types": []any{"GLOBAL"}}), apiAddress + "endpoint_configuration.types has GLOBAL; use one of EDGE, PRIVATE, REGIONAL"},
		{"a private API of IPv4", endpoint(attributes{"types": []any{"PRIVATE"}, "ip_address_type": "ipv4"}), apiAddress + `endpoint_configuration.ip_address_type is "ipv4"; use dualstack, the only one for a PRIVATE API`},
		{"an address type", endpoint(attributes{"types": []any{"REGIONAL"}, "ip_address_type": "ipv6"}), apiAddress + `endpoint_configuration.ip_address_type is "ipv6"; use ipv4 or dualstack`},
		{"endpoints of a public API", endpoint(attributes{"types": []any{"REGIONAL"}, "vpc_endpoint_ids": []any{"vpce-1"}}), apiAddress + "endpoint_configuration.vpc_endpoint_ids is there, and types is not PRIVATE; API Gateway accepts it for a PRIVATE API only"},
		{"scopes without Cognito", method(attributes{"authorization_scopes": []any{"a"}}), methodAddress + "authorization_scopes is set, and authorization is NONE; API Gateway takes scopes with COGNITO_USER_POOLS alone"},
		{"a cache key", integration(attributes{"cache_key_parameters": []any{"method.request.header.X"}}), integrationAddress + `cache_key_parameters has "method.request.header.X", which is not among the request_parameters of the method; declare it there, or API Gateway refuses this`},
		{"a stage variable's name", stage(attributes{"variables": attributes{"a-b": "x"}}), stageAddress + `variables has "a-b"; API Gateway takes names of letters, digits and "_"`},
		{"a stage variable's value", stage(attributes{"variables": attributes{"a": "x!"}}), stageAddress + `variables has a = "x!"; API Gateway takes letters, digits, " " and -._~:/?#&=, in a value`},
		{"a quota's offset in a day", quota(attributes{"limit": 1, "period": "DAY", "offset": 1}), "aws_api_gateway_usage_plan.p: quota_settings.offset is 1; use 0 in a DAY"},
		{"a quota's offset in a week", quota(attributes{"limit": 1, "period": "WEEK", "offset": 7}), "aws_api_gateway_usage_plan.p: quota_settings.offset is 7; use 0 to 6 in a WEEK"},
		{"a quota's offset in a month", quota(attributes{"limit": 1, "period": "MONTH", "offset": 28}), "aws_api_gateway_usage_plan.p: quota_settings.offset is 28; use 0 to 27 in a MONTH"},
		{"a key of nobody", func(r raw) {
			r.add("usage_plan_key", "k", attributes{"key_id": "x", "key_type": "API_KEY", "usage_plan_id": "y"})
		}, `aws_api_gateway_usage_plan_key.k: key_id is "x", which is no API key of the stack`},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := loadRaw(t, "dev")
			test.edit(r)
			stack := r.resolve(t)
			_, err := apigateway.Read(stack)
			if err == nil {
				t.Fatal("read")
			}
			id, _ := stack.Attribute("aws_api_gateway_rest_api.api", "id")
			want := strings.NewReplacer(`"API"`, `"`+id+`"`, "/API/", "/"+id+"/").Replace(test.want)
			first, _, _ := strings.Cut(err.Error(), "\n")
			if first != err.Error() {
				t.Errorf("one mistake is said as several: %v", err)
			}
			cut := strings.HasSuffix(want, ": ") // what follows is a library's
			if first != want && (!cut || !strings.HasPrefix(first, want)) {
				t.Errorf("error: %v\nwant:  %s", err, want)
			}
		})
	}
}

func TestRefusesMethodsWithoutIntegration(t *testing.T) {
	r := loadRaw(t, "dev")
	r.add("resource", "x", attributes{"rest_api_id": "${aws_api_gateway_rest_api.api.id}", "parent_id": "${aws_api_gateway_rest_api.api.root_resource_id}", "path_part": "x"})
	r.add("method", "x", attributes{"rest_api_id": "${aws_api_gateway_rest_api.api.id}", "resource_id": "${aws_api_gateway_resource.x.id}", "http_method": "GET", "authorization": "NONE"})
	_, err := apigateway.Read(r.resolve(t))
	const want = "aws_api_gateway_method.x: no aws_api_gateway_integration belongs to it; API Gateway refuses to deploy such a method"
	if err == nil || err.Error() != want {
		t.Errorf("error: %v\nwant:  %s", err, want)
	}
}

func TestReportsEveryProblem(t *testing.T) {
	r := loadRaw(t, "dev")
	r.edit("rest_api", "api", attributes{"body": "{}"})
	r.edit("stage", "api_stage", attributes{"cache_cluster_enabled": true})
	r.edit("model", "api_event", attributes{"schema": "{"})
	_, err := apigateway.Read(r.resolve(t))
	for _, want := range []string{"body (an OpenAPI definition)", "cache_cluster_enabled", "schema is not JSON"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is not in %v", want, err)
		}
	}
}

func TestReadsOneAPI(t *testing.T) {
	r := raw{"provider": attributes{"aws": []any{attributes{"region": region}}}, "resource": attributes{}}
	const want = "the stack declares 0 of aws_api_gateway_rest_api; one is served, at /STAGE/"
	if _, err := apigateway.Read(r.resolve(t)); err == nil || err.Error() != want {
		t.Errorf("error: %v\nwant:  %s", err, want)
	}
}

func TestTypes(t *testing.T) {
	types := apigateway.Types()
	if !slices.IsSorted(types) || len(slices.Compact(slices.Clone(types))) != len(types) {
		t.Errorf("not in order, or twice: %v", types)
	}
	for _, typ := range []string{"aws_api_gateway_rest_api", "aws_api_gateway_account", "aws_api_gateway_authorizer", "aws_api_gateway_rest_api_policy"} {
		if !slices.Contains(types, typ) {
			t.Errorf("%s is not among %v", typ, types)
		}
	}
	for _, typ := range types {
		if !strings.HasPrefix(typ, "aws_api_gateway_") {
			t.Error(typ)
		}
	}
}

// Resources without an effect are ignored.
func TestIgnoresWhatIsForPeople(t *testing.T) {
	r := loadRaw(t, "dev")
	r.add("documentation_part", "p", attributes{"rest_api_id": "${aws_api_gateway_rest_api.api.id}", "location": attributes{"type": "API"}, "properties": "{}"})
	r.add("documentation_version", "v", attributes{"rest_api_id": "${aws_api_gateway_rest_api.api.id}", "version": "1"})
	r.add("client_certificate", "c", attributes{"description": "for backends"})
	if _, err := apigateway.Read(r.resolve(t)); err != nil {
		t.Error(err)
	}
}

// API Gateway accepts these at an apply, mistakes or not.
func TestReadsWhatIsTaken(t *testing.T) {
	for name, edit := range map[string]func(raw){
		"a parameter beside text":    func(r raw) { r.edit("resource", "api_submit", attributes{"path_part": "{id}"}) },
		"the longest name of a key":  func(r raw) { r.add("api_key", "k", attributes{"name": strings.Repeat("ü", 1024)}) },
		"a schema that says nothing": func(r raw) { r.edit("model", "api_event", attributes{"schema": "{}"}) },
		"one name in two methods": func(r raw) {
			r.edit("method", "api_submit_post", attributes{"request_parameters": attributes{"method.request.header.id": true}})
			r.edit("method", "api_submit_options", attributes{"request_parameters": attributes{"method.request.querystring.id": true}})
		},
		"two names that differ in case": func(r raw) {
			r.edit("method", "api_submit_post", attributes{"request_parameters": attributes{"method.request.header.Id": true, "method.request.querystring.id": true}})
		},
		"a template's parameter": func(r raw) {
			r.edit("integration_response", "api_submit_post_200-mapping", attributes{"response_templates": attributes{"application/vnd.a+json; charset=utf-8": "{}"}})
		},
		"a stage's variables": func(r raw) {
			r.edit("stage", "api_stage", attributes{"variables": attributes{"a_1": "https://a.example/?b=c, d#e~"}})
		},
		"the longest offsets": func(r raw) {
			for name, quota := range map[string]attributes{
				"day": {"limit": 1, "period": "DAY"}, "week": {"limit": 1, "period": "WEEK", "offset": 6}, "month": {"limit": 1, "period": "MONTH", "offset": 27},
			} {
				r.add("usage_plan", name, attributes{"name": name, "quota_settings": quota})
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := loadRaw(t, "dev")
			edit(r)
			if _, err := apigateway.Read(r.resolve(t)); err != nil {
				t.Error(err)
			}
		})
	}
}

// An integration response without a method response passes an apply, and each answer with it is 500.
func TestStatusWithoutMethodResponse(t *testing.T) {
	r := loadRaw(t, "dev")
	r.edit("integration_response", "api_submit_post_200-mapping", attributes{"status_code": "201", "response_parameters": nil})
	cfg, err := apigateway.Read(r.resolve(t))
	want := []string{"POST /submit has no aws_api_gateway_method_response for the status 201 of aws_api_gateway_integration_response.api_submit_post_200-mapping: " +
		"API Gateway answers 500 where it chooses that one, although the call was made"}
	if err != nil || !slices.Equal(cfg.Warnings(), want) {
		t.Errorf("%v, warnings %q", err, cfg.Warnings())
	}
	g := serve(t, r)
	a := g.post(`{"user":"ann"}`)
	if a.status != 500 || !strings.Contains(a.body, `"Internal server error"`) || len(g.kinesis.calls) != 1 {
		t.Errorf("%d %s after %d calls", a.status, a.body, len(g.kinesis.calls))
	}
	if a.header["access-control-allow-origin"] == "" || !strings.Contains(g.log.String(), "Output mapping refers to an invalid method response: 201") {
		t.Errorf("%v\n%s", a.header, g.log)
	}
	g.kinesis.answer = answers(400, `{"__type":"ProvisionedThroughputExceededException"}`)
	if a := g.post(`{"user":"ann"}`); a.status != 429 {
		t.Errorf("another answer: %d %s", a.status, a.body)
	}
}

func TestWarnsOfNothing(t *testing.T) {
	cfg, err := apigateway.Read(loadRaw(t, "dev").resolve(t))
	if err != nil || len(cfg.Warnings()) > 0 {
		t.Errorf("%v, warnings %q", err, cfg.Warnings())
	}
}
