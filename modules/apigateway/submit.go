package apigateway

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/aws/jsii-runtime-go"
	integration "github.com/cdktf/cdktf-provider-aws-go/aws/v19/apigatewayintegration"
	integrationresponse "github.com/cdktf/cdktf-provider-aws-go/aws/v19/apigatewayintegrationresponse"
	method "github.com/cdktf/cdktf-provider-aws-go/aws/v19/apigatewaymethod"
	methodresponse "github.com/cdktf/cdktf-provider-aws-go/aws/v19/apigatewaymethodresponse"
	model "github.com/cdktf/cdktf-provider-aws-go/aws/v19/apigatewaymodel"
	validator "github.com/cdktf/cdktf-provider-aws-go/aws/v19/apigatewayrequestvalidator"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/modules/internal/tf"
)

// answer is one integration response: which of the integration's statuses it answers, with what.
type answer struct {
	status int
	// pattern is a regular expression over the integration's HTTP status; the empty one answers everything else.
	pattern  string
	template string
}

// submitAnswers are fail-closed: only a 200 of Kinesis is a 200, and what no pattern knows is a failure. Patterns are
// over the status alone (an integration of type AWS other than Lambda), so what a 400 means is decided in its template.
var submitAnswers = []answer{
	{status: http.StatusOK, pattern: "200", template: "accepted.vtl"},
	{status: http.StatusBadRequest, pattern: `4\d{2}`, template: "refused.vtl"},
	{status: http.StatusBadGateway, pattern: "", template: "failed.vtl"},
}

// overrides are the statuses that a template sets in place of its answer's own.
var overrides = []int{http.StatusTooManyRequests}

// submit declares POST /submit.
func (a *api) submit(at place) method.ApiGatewayMethod {
	post := tf.Named(method.NewApiGatewayMethod(at.scope, jsii.String("Default"), &method.ApiGatewayMethodConfig{
		RestApiId:          a.rest.Id(),
		ResourceId:         at.resourceID,
		HttpMethod:         jsii.String(http.MethodPost),
		Authorization:      jsii.String(string(a.cfg.API.Authorization)),
		RequestModels:      tf.StringMap(map[string]string{"application/json": *a.eventModel().Name()}),
		RequestValidatorId: a.bodyValidator().Id(),
	}))
	putRecord := tf.Named(integration.NewApiGatewayIntegration(at.scope, jsii.String("integration"), &integration.ApiGatewayIntegrationConfig{
		RestApiId:             a.rest.Id(),
		ResourceId:            at.resourceID,
		HttpMethod:            post.HttpMethod(),
		Type:                  jsii.String("AWS"),
		IntegrationHttpMethod: jsii.String(http.MethodPost),
		Uri:                   jsii.String(fmt.Sprintf("arn:%s:apigateway:%s:kinesis:action/PutRecord", a.cfg.Partition, a.cfg.Region)),
		Credentials:           jsii.String(a.cfg.SubmitRoleARN),
		// An unmapped content type is answered with 415, not passed to Kinesis as it is.
		PassthroughBehavior: jsii.String("NEVER"),
		RequestParameters: tf.StringMap(map[string]string{
			"integration.request.header.Content-Type": "'application/x-amz-json-1.1'",
		}),
		RequestTemplates: jsonTemplate(submitTemplate(a.cfg.StreamName, a.cfg.API.PartitionKey)),
	}))
	for _, answer := range submitAnswers {
		a.answer(at, post, putRecord, answer)
	}
	for _, status := range overrides {
		a.announce(at, post, status)
	}
	return post
}

// eventModel declares the schema of a body.
func (a *api) eventModel() model.ApiGatewayModel {
	return tf.Named(model.NewApiGatewayModel(a.c, jsii.String("event"), &model.ApiGatewayModelConfig{
		RestApiId:   a.rest.Id(),
		Name:        jsii.String("Event"),
		Description: jsii.String("The body of POST /submit"),
		ContentType: jsii.String("application/json"),
		Schema:      jsii.String(tf.Literal(a.cfg.API.Schema)),
	}))
}

func (a *api) bodyValidator() validator.ApiGatewayRequestValidator {
	return tf.Named(validator.NewApiGatewayRequestValidator(a.c, jsii.String("body"), &validator.ApiGatewayRequestValidatorConfig{
		RestApiId:           a.rest.Id(),
		Name:                jsii.String("body"),
		ValidateRequestBody: jsii.Bool(true),
	}))
}

// answer declares what a status of Kinesis becomes. It needs the integration to exist, which no reference says.
func (a *api) answer(at place, post method.ApiGatewayMethod, putRecord cdktf.ITerraformDependable, answer answer) {
	response := a.announce(at, post, answer.status)
	config := &integrationresponse.ApiGatewayIntegrationResponseConfig{
		RestApiId:          a.rest.Id(),
		ResourceId:         at.resourceID,
		HttpMethod:         post.HttpMethod(),
		StatusCode:         response.StatusCode(),
		ResponseParameters: mapped("method.response.header.", answerHeaders(a.cfg.API.CORS)),
		ResponseTemplates:  jsonTemplate(responseTemplate(answer.template, a.cfg.API.CORS)),
		DependsOn:          &[]cdktf.ITerraformDependable{putRecord},
	}
	if answer.pattern != "" {
		config.SelectionPattern = jsii.String(answer.pattern)
	}
	tf.Named(integrationresponse.NewApiGatewayIntegrationResponse(at.scope,
		jsii.String(strconv.Itoa(answer.status)+"-mapping"), config))
}

// announce declares a status that the method may answer, with every header that it may carry.
func (a *api) announce(at place, post method.ApiGatewayMethod, status int) methodresponse.ApiGatewayMethodResponse {
	set := map[string]string{allowOrigin: "", "Retry-After": ""}
	return tf.Named(methodresponse.NewApiGatewayMethodResponse(at.scope, jsii.String(strconv.Itoa(status)), &methodresponse.ApiGatewayMethodResponseConfig{
		RestApiId:          a.rest.Id(),
		ResourceId:         at.resourceID,
		HttpMethod:         post.HttpMethod(),
		StatusCode:         jsii.String(strconv.Itoa(status)),
		ResponseParameters: declared(answerHeaders(a.cfg.API.CORS), set),
		ResponseModels:     tf.StringMap(map[string]string{"application/json": "Empty"}),
	}))
}
