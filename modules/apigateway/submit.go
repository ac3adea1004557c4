package apigateway

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	integration "github.com/cdktf/cdktf-provider-aws-go/aws/v19/apigatewayintegration"
	integrationresponse "github.com/cdktf/cdktf-provider-aws-go/aws/v19/apigatewayintegrationresponse"
	method "github.com/cdktf/cdktf-provider-aws-go/aws/v19/apigatewaymethod"
	methodresponse "github.com/cdktf/cdktf-provider-aws-go/aws/v19/apigatewaymethodresponse"
	model "github.com/cdktf/cdktf-provider-aws-go/aws/v19/apigatewaymodel"
	validator "github.com/cdktf/cdktf-provider-aws-go/aws/v19/apigatewayrequestvalidator"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/internal/quota"
	"cdk.tf/go/ingest/internal/tftext"
	"cdk.tf/go/ingest/modules/internal/tf"
	"cdk.tf/go/ingest/spec"
)

// intake is a method that writes events to the stream.
type intake struct {
	// action is Kinesis's action for them.
	action   string
	model    model.ApiGatewayModel
	template string
	// lines is the template for NDJSON; empty if the method does not take it.
	lines   string
	answers []answer
	// overrides are the statuses that a template may set instead of its answer's status.
	overrides []int
	// many says that one request has several events.
	many bool
}

// answer is one integration response, for some of the integration's statuses.
type answer struct {
	status int
	// pattern is a regular expression over the integration's HTTP status. The empty one matches everything else.
	pattern  string
	template string
}

// answers are fail-closed: only a 200 of Kinesis becomes a 200, and a status that no pattern matches is a failure. Patterns apply
// only to the status (an integration of type AWS other than Lambda), so the template of a 400 decides its meaning.
func answers(accepted string) []answer {
	return []answer{
		{status: http.StatusOK, pattern: "200", template: accepted},
		{status: http.StatusBadRequest, pattern: `4\d{2}`, template: refusedTemplate},
		{status: http.StatusBadGateway, pattern: "", template: "failed.vtl"},
	}
}

// kind is a kind of events with a path of its own: one of the environment's event types, or any event.
type kind struct {
	// eventType is empty for any event, whose path is submitPath.
	eventType string
	schema    string
}

// path of the kind's method below the stage.
func (k kind) path() string {
	if k.eventType == "" {
		return submitPath
	}
	return submitPath + "/" + k.eventType
}

// modelName is the name of a kind's model. API Gateway takes letters and digits.
func (k kind) modelName(begin string) string {
	for part := range strings.SplitSeq(k.eventType, "-") {
		if part != "" {
			begin += strings.ToUpper(part[:1]) + part[1:]
		}
	}
	return begin
}

// accept declares the methods that accept a kind of events: one, and where the environment has batches, up to 500. Their models are
// below scope. It returns the verb of the first.
func (a *api) accept(at place, scope constructs.Construct, of kind) *string {
	one := a.eventModel(scope, of)
	post := a.submit(at.method("post"), of, one)
	a.preflight(at.method("options"))
	if a.cfg.API.Batch {
		batch := a.resource(at, "batch")
		a.batch(batch.method("post"), of, a.batchModel(scope, of, one))
		a.preflight(batch.method("options"))
	}
	return post
}

// submit declares a method that accepts one event. It returns the method's verb.
func (a *api) submit(at place, of kind, event model.ApiGatewayModel) *string {
	return a.take(at, intake{
		action:    "PutRecord",
		model:     event,
		template:  submitTemplate(a.cfg.StreamName, a.cfg.API, of),
		answers:   answers("accepted.vtl"),
		overrides: []int{http.StatusTooManyRequests},
	})
}

// batch declares a method that accepts up to 500 events. It returns the method's verb.
func (a *api) batch(at place, of kind, events model.ApiGatewayModel) *string {
	return a.take(at, intake{
		action:    "PutRecords",
		model:     events,
		template:  batchTemplate(a.cfg.StreamName, a.cfg.API, of),
		lines:     linesTemplate(a.cfg.StreamName, a.cfg.API, of),
		answers:   answers("accepted-batch.vtl"),
		overrides: []int{http.StatusMultiStatus, http.StatusTooManyRequests},
		many:      true,
	})
}

// take declares a method that writes to the stream, and returns its verb.
func (a *api) take(at place, in intake) *string {
	config := &method.ApiGatewayMethodConfig{
		RestApiId:          a.id,
		ResourceId:         at.resourceID,
		HttpMethod:         jsii.String(http.MethodPost),
		RequestModels:      tf.StringMap(a.forEachType(*in.model.Name())),
		RequestValidatorId: a.body.Id(),
	}
	a.authorize(config)
	post := tf.New(at.scope, "Default", method.NewApiGatewayMethod, config)
	verb := post.HttpMethod()
	put := tf.New(at.scope, "integration", integration.NewApiGatewayIntegration, &integration.ApiGatewayIntegrationConfig{
		RestApiId:             a.id,
		ResourceId:            at.resourceID,
		HttpMethod:            verb,
		Type:                  jsii.String("AWS"),
		IntegrationHttpMethod: jsii.String(http.MethodPost),
		Uri:                   jsii.String(fmt.Sprintf("arn:%s:apigateway:%s:kinesis:action/%s", a.cfg.Partition, a.cfg.Region, in.action)),
		Credentials:           jsii.String(a.cfg.SubmitRoleARN),
		// API Gateway answers an unmapped content type with 415, and does not pass the body to Kinesis.
		PassthroughBehavior: jsii.String("NEVER"),
		RequestParameters: tf.StringMap(map[string]string{
			"integration.request.header.Content-Type": "'application/x-amz-json-1.1'",
		}),
		RequestTemplates: a.templates(in),
	})
	for _, answer := range in.answers {
		a.answer(at, verb, put, answer, in.many)
	}
	for _, status := range in.overrides {
		a.announce(at, verb, status)
	}
	return verb
}

// forEachType maps each content type of JSON that the API takes to the same value, so that no JSON passes without its model.
func (a *api) forEachType(value string) map[string]string {
	mapped := map[string]string{jsonType: value}
	for _, typ := range a.cfg.API.ContentTypes {
		if typ != spec.NDJSON {
			mapped[string(typ)] = value
		}
	}
	return mapped
}

// templates are the request templates by content type. A method without a template for NDJSON answers it with 415.
func (a *api) templates(in intake) *map[string]*string {
	mapped := a.forEachType(in.template)
	if in.lines != "" && slices.Contains(a.cfg.API.ContentTypes, spec.NDJSON) {
		mapped[string(spec.NDJSON)] = in.lines
	}
	return tf.StringMap(mapped)
}

// batchModel declares the schema of a batch's body: {"events": [ … ]}, or the array alone. The keywords of objects do not apply to an
// array, nor those of arrays to an object (JSON Schema draft 4, "Validation", 4.1), so that a fault has the same words as it has
// without the other form. "anyOf" would hide them. The model refers to the model of one event for each event (API Gateway developer
// guide, "Data models for REST APIs"), so a "$ref" inside that model keeps its meaning.
func (a *api) batchModel(scope constructs.Construct, of kind, event model.ApiGatewayModel) model.ApiGatewayModel {
	events := fmt.Sprintf(`"minItems":1,"maxItems":%d,"items":{"$ref":"https://apigateway.amazonaws.com/restapis/%s/models/%s"}`,
		quota.MaxPutRecords, *a.id, *event.Name())
	return tf.New(scope, "events", model.NewApiGatewayModel, &model.ApiGatewayModelConfig{
		RestApiId:   a.id,
		Name:        jsii.String(of.modelName("Events")),
		Description: jsii.String("The body of POST " + of.path() + batchPath),
		ContentType: jsii.String(jsonType),
		Schema: jsii.String(fmt.Sprintf(`{"$schema":"http://json-schema.org/draft-04/schema#","type":["object","array"],"required":["events"],`+
			`"properties":{"events":{"type":"array",%[1]s}},%[1]s}`, events)),
	})
}

// eventModel declares the schema of a body.
func (a *api) eventModel(scope constructs.Construct, of kind) model.ApiGatewayModel {
	return tf.New(scope, "event", model.NewApiGatewayModel, &model.ApiGatewayModelConfig{
		RestApiId:   a.id,
		Name:        jsii.String(of.modelName("Event")),
		Description: jsii.String("The body of POST " + of.path()),
		ContentType: jsii.String(jsonType),
		Schema:      jsii.String(tftext.Escape(of.schema)),
	})
}

func (a *api) bodyValidator() validator.ApiGatewayRequestValidator {
	return tf.New(a.c, "body", validator.NewApiGatewayRequestValidator, &validator.ApiGatewayRequestValidatorConfig{
		RestApiId:           a.id,
		Name:                jsii.String("body"),
		ValidateRequestBody: jsii.Bool(true),
	})
}

// answer declares an integration response. It needs the integration to exist, but has no reference to it.
func (a *api) answer(at place, verb *string, put cdktf.ITerraformDependable, answer answer, many bool) {
	response := a.announce(at, verb, answer.status)
	config := &integrationresponse.ApiGatewayIntegrationResponseConfig{
		RestApiId:          a.id,
		ResourceId:         at.resourceID,
		HttpMethod:         verb,
		StatusCode:         response.StatusCode(),
		ResponseParameters: mapped("method.response.header.", answerHeaders(a.cfg.API.CORS)),
		ResponseTemplates:  jsonTemplate(responseTemplate(answer.template, many, a.cfg.API)),
		DependsOn:          &[]cdktf.ITerraformDependable{put},
	}
	if answer.pattern != "" {
		config.SelectionPattern = jsii.String(answer.pattern)
	}
	tf.New(at.scope, strconv.Itoa(answer.status)+"-mapping", integrationresponse.NewApiGatewayIntegrationResponse, config)
}

// announce declares a status that the method may answer, with all of its possible headers.
func (a *api) announce(at place, verb *string, status int) methodresponse.ApiGatewayMethodResponse {
	set := map[string]string{allowOrigin: "", "Retry-After": ""}
	return tf.New(at.scope, strconv.Itoa(status), methodresponse.NewApiGatewayMethodResponse, &methodresponse.ApiGatewayMethodResponseConfig{
		RestApiId:          a.id,
		ResourceId:         at.resourceID,
		HttpMethod:         verb,
		StatusCode:         jsii.String(strconv.Itoa(status)),
		ResponseParameters: declared(answerHeaders(a.cfg.API.CORS), set),
		ResponseModels:     tf.StringMap(map[string]string{jsonType: "Empty"}),
	})
}
