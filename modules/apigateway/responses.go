package apigateway

import (
	"maps"
	"strings"

	"github.com/aws/jsii-runtime-go"
	gatewayresponse "github.com/cdktf/cdktf-provider-aws-go/aws/v19/apigatewaygatewayresponse"

	"cdk.tf/go/ingest/modules/internal/tf"
	"cdk.tf/go/ingest/spec"
)

// gatewayAnswer is an answer of API Gateway before or without the integration.
type gatewayAnswer struct {
	responseType string
	// status replaces API Gateway's own status; empty keeps it.
	status   string
	template string
	headers  map[string]string
	// types replaces TYPES in the template.
	types string
}

// acceptedTypes lists the content types that the API takes, for a person to read.
func acceptedTypes(api spec.API) string {
	if len(api.ContentTypes) == 0 {
		return jsonType
	}
	names := []string{jsonType}
	for _, typ := range api.ContentTypes {
		name := string(typ)
		if typ == spec.NDJSON {
			name += " (a batch)"
		}
		names = append(names, name)
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

// gatewayAnswers are the gateway responses. The defaults add CORS headers to API Gateway's other answers. The rest replace its fixed
// messages with more helpful ones.
func gatewayAnswers(api spec.API) []gatewayAnswer {
	answers := []gatewayAnswer{
		{responseType: "DEFAULT_4XX", template: "gateway-error.json"},
		{responseType: "DEFAULT_5XX", template: "gateway-error.json"},
		{responseType: "BAD_REQUEST_BODY", status: "400", template: "gateway-bad-body.json"},
		{responseType: "UNSUPPORTED_MEDIA_TYPE", status: "415", template: "gateway-media-type.json", types: acceptedTypes(api)},
		{responseType: "THROTTLED", status: "429", template: "gateway-throttled.json", headers: map[string]string{"Retry-After": quoted("1")}},
		// API Gateway's own status is 504, but Kinesis did answer or could not be reached at all.
		{responseType: "INTEGRATION_FAILURE", status: "502", template: "gateway-failed.json"},
		{responseType: "INTEGRATION_TIMEOUT", status: "504", template: "gateway-timeout.json"},
	}
	if api.Authorization.Kind == spec.ByAPIKey && api.Authorization.UsagePlan.Quota > 0 {
		// No Retry-After, because no variable says how much of the period is left.
		answers = append(answers, gatewayAnswer{responseType: "QUOTA_EXCEEDED", status: "429", template: "gateway-quota.json"})
	}
	return answers
}

// gatewayResponses declares the gateway responses.
func (a *api) gatewayResponses() {
	for _, answer := range gatewayAnswers(a.cfg.API) {
		headers := gatewayHeaders(a.cfg.API.CORS)
		maps.Copy(headers, answer.headers)
		config := &gatewayresponse.ApiGatewayGatewayResponseConfig{
			RestApiId:          a.id,
			ResponseType:       jsii.String(answer.responseType),
			ResponseParameters: mapped("gatewayresponse.header.", headers),
			ResponseTemplates:  jsonTemplate(strings.ReplaceAll(template(answer.template), "TYPES", answer.types)),
		}
		if answer.status != "" {
			config.StatusCode = jsii.String(answer.status)
		}
		id := strings.ToLower(strings.ReplaceAll(answer.responseType, "_", "-"))
		tf.New(a.c, id, gatewayresponse.NewApiGatewayGatewayResponse, config)
	}
}
