package apigateway

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/jsii-runtime-go"
	integration "github.com/cdktf/cdktf-provider-aws-go/aws/v19/apigatewayintegration"
	integrationresponse "github.com/cdktf/cdktf-provider-aws-go/aws/v19/apigatewayintegrationresponse"
	method "github.com/cdktf/cdktf-provider-aws-go/aws/v19/apigatewaymethod"
	methodresponse "github.com/cdktf/cdktf-provider-aws-go/aws/v19/apigatewaymethodresponse"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/modules/internal/tf"
	"cdk.tf/go/ingest/spec"
)

const allowOrigin = "Access-Control-Allow-Origin"

// answerHeaders are the CORS headers of every answer, as API Gateway's mapping expressions: a fixed value in quotes.
func answerHeaders(cors spec.CORS) map[string]string {
	headers := map[string]string{}
	if len(cors.AllowOrigins) == 1 {
		headers[allowOrigin] = quoted(cors.AllowOrigins[0])
	}
	if !slices.Equal(cors.AllowOrigins, []string{"*"}) {
		headers["Vary"] = quoted("Origin")
	}
	if cors.AllowCredentials {
		headers["Access-Control-Allow-Credentials"] = quoted("true")
	}
	if len(cors.ExposeHeaders) > 0 {
		headers["Access-Control-Expose-Headers"] = quoted(strings.Join(cors.ExposeHeaders, ","))
	}
	return headers
}

// gatewayHeaders are the CORS headers of API Gateway's own answers. No template runs for those, so with several allowed origins
// they name the request's origin, whichever it is. Such an answer tells a page only what was wrong with its own request.
//
// The name is in lower case: API Gateway looks for a header in its client's spelling, and a browser over HTTP/2 sends "origin"
// (middyjs/middy#257). So the answer names no origin for a page over HTTP/1.1, through a proxy. Two parameters whose names differ
// only in case would serve both, but no source says that API Gateway accepts them.
func gatewayHeaders(cors spec.CORS) map[string]string {
	headers := answerHeaders(cors)
	if len(cors.AllowOrigins) > 1 {
		headers[allowOrigin] = "method.request.header.origin"
	}
	return headers
}

// preflightHeaders are the headers that answer OPTIONS.
func preflightHeaders(api spec.API) map[string]string {
	headers := answerHeaders(api.CORS)
	headers["Access-Control-Allow-Headers"] = quoted(strings.Join(api.PreflightHeaders(), ","))
	headers["Access-Control-Allow-Methods"] = quoted(strings.Join(api.CORS.AllowMethods, ","))
	headers["Access-Control-Max-Age"] = quoted(strconv.Itoa(int(api.CORS.MaxAge.Seconds())))
	return headers
}

func quoted(value string) string { return "'" + value + "'" }

// declared are the headers as a method response announces them: by name, and whether they are required.
func declared(headers ...map[string]string) *map[string]interface{} {
	out := map[string]interface{}{}
	for _, set := range headers {
		for name := range set {
			out["method.response.header."+name] = true
		}
	}
	return &out
}

// mapped are the headers as an integration response or a gateway response sets them.
func mapped(prefix string, headers map[string]string) *map[string]*string {
	out := map[string]string{}
	for name, value := range headers {
		out[prefix+name] = value
	}
	return tf.StringMap(out)
}

// preflight declares OPTIONS: a mock, anonymous because browsers send a preflight without credentials.
func (a *api) preflight(at place) {
	headers := preflightHeaders(a.cfg.API)
	announced := maps.Clone(headers)
	if _, fixed := headers[allowOrigin]; !fixed {
		announced[allowOrigin] = "" // set by the template
	}
	options := tf.New(at.scope, "Default", method.NewApiGatewayMethod, &method.ApiGatewayMethodConfig{
		RestApiId:     a.id,
		ResourceId:    at.resourceID,
		HttpMethod:    jsii.String("OPTIONS"),
		Authorization: jsii.String(anonymous),
	})
	verb := options.HttpMethod()
	mock := tf.New(at.scope, "integration", integration.NewApiGatewayIntegration, &integration.ApiGatewayIntegrationConfig{
		RestApiId:           a.id,
		ResourceId:          at.resourceID,
		HttpMethod:          verb,
		Type:                jsii.String("MOCK"),
		PassthroughBehavior: jsii.String("NEVER"),
		RequestTemplates:    jsonTemplate(template("preflight.vtl")),
	})
	response := tf.New(at.scope, "204", methodresponse.NewApiGatewayMethodResponse, &methodresponse.ApiGatewayMethodResponseConfig{
		RestApiId:          a.id,
		ResourceId:         at.resourceID,
		HttpMethod:         verb,
		StatusCode:         jsii.String("204"),
		ResponseParameters: declared(announced),
	})
	config := &integrationresponse.ApiGatewayIntegrationResponseConfig{
		RestApiId:          a.id,
		ResourceId:         at.resourceID,
		HttpMethod:         verb,
		StatusCode:         response.StatusCode(),
		ResponseParameters: mapped("method.response.header.", headers),
		DependsOn:          &[]cdktf.ITerraformDependable{mock},
	}
	if echo := echoOrigin(a.cfg.API.CORS); echo != "" {
		config.ResponseTemplates = jsonTemplate(echo)
	}
	tf.New(at.scope, "204-mapping", integrationresponse.NewApiGatewayIntegrationResponse, config)
}

// jsonType is the content type of every answer, and of a body without one.
const jsonType = "application/json"

func jsonTemplate(text string) *map[string]*string {
	return tf.StringMap(map[string]string{jsonType: text})
}
