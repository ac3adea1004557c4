// Package apigateway declares the REST API that accepts events and writes them to a Kinesis data stream.
//
// New declares the parts in the order in which a request passes them: the method and its body's model, the integration with
// Kinesis, the answers, the gateway's own answers, then the deployment of all these, and the stage with its logs.
package apigateway

import (
	"strconv"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	authorizer "github.com/cdktf/cdktf-provider-aws-go/aws/v19/apigatewayauthorizer"
	validator "github.com/cdktf/cdktf-provider-aws-go/aws/v19/apigatewayrequestvalidator"
	resource "github.com/cdktf/cdktf-provider-aws-go/aws/v19/apigatewayresource"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/apigatewayrestapi"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/modules/internal/tf"
	"cdk.tf/go/ingest/spec"
)

// Config of an API.
type Config struct {
	Name  string
	Stage string
	API   spec.API
	Logs  spec.Logs
	// AccessLogGroup is the name of the access log's group. API Gateway chooses the name of the execution log's group.
	AccessLogGroup string
	// KeyARN of the key that encrypts both groups; empty for CloudWatch Logs' own.
	KeyARN string
	// StreamName of the stream to which the API writes events.
	StreamName string
	// SubmitRoleARN of the role that may write to the stream. An apply that changes it leaves the API without integrations, so the role
	// must keep its name (iam.Config.KeepName).
	SubmitRoleARN string
	// AuthorizerRoleARN of the role that may invoke the Lambda authorizer; empty without one.
	AuthorizerRoleARN string
	// Ready are the resources that must exist before the first event: the submit role's policies, and the stream's reader.
	Ready []cdktf.ITerraformDependable
	// LoggingRoleARN of the role with which API Gateway writes logs in this account and region, and LoggingReady, its
	// policies. Empty leaves the account's setting to somebody else.
	LoggingRoleARN string
	LoggingReady   []cdktf.ITerraformDependable
	// ResetAccount empties the account's setting on a destroy, even if another API relies on it. It is for version 5 of the
	// provider: version 6 always empties the setting, and does not have the argument.
	ResetAccount bool
	Partition    string
	Region       string
	// Account is the id of the account that the API is in.
	Account string
	// Protected makes Terraform refuse to destroy the API, whose id is part of the address that clients call.
	Protected bool
}

// API is the declared API.
type API struct {
	ID    string
	Name  string
	Stage string
	// StageURL is the stage's address, without a "/" at its end.
	StageURL  string
	StageARN  string
	SubmitURL string
	// SubmitARN is the ARN of POST /submit. With IAM, a caller needs execute-api:Invoke on it.
	SubmitARN string
	// BatchURL and BatchARN are those of POST /submit/batch; empty without it.
	BatchURL, BatchARN string
	// Types are the names of the event types, in their order. TypeURL and TypeARN have their addresses.
	Types             []string
	AccessLogGroup    string
	ExecutionLogGroup string
	// APIKeys are the ids of the API keys by client.
	APIKeys map[string]string
}

// submitPath is below the stage, and batchPath below submitPath.
const submitPath, batchPath = "/submit", "/batch"

// api is the API while New declares it.
type api struct {
	cfg  Config
	c    constructs.Construct
	rest apigatewayrestapi.ApiGatewayRestApi
	// id is rest's id. It is read once, because each read is a request to Node.js.
	id *string
	// body is the validator that checks a request against its model.
	body validator.ApiGatewayRequestValidator
	// authorizer is nil if API Gateway authorises without one.
	authorizer authorizer.ApiGatewayAuthorizer
}

// place is the parent of a method: a construct, and the API's resource.
type place struct {
	scope      constructs.Construct
	resourceID *string
}

// New declares the API, its deployment and its stage.
func New(scope constructs.Construct, id string, cfg Config) *API {
	a := &api{cfg: cfg, c: constructs.NewConstruct(scope, jsii.String(id))}
	rest := &apigatewayrestapi.ApiGatewayRestApiConfig{
		Name:                  jsii.String(cfg.Name),
		Description:           jsii.String("Takes events and writes them to " + cfg.StreamName),
		EndpointConfiguration: endpoint(cfg.API.Access),
		Lifecycle:             tf.Protect(cfg.Protected),
		// -1 is written too: the provider keeps the API's value where the argument is not there (Computed), and takes -1 for an API
		// without one as no difference (hashicorp/terraform-provider-aws, internal/service/apigateway/rest_api.go).
		MinimumCompressionSize: jsii.String(strconv.Itoa(cfg.API.MinimumCompressionBytes)),
	}
	if cfg.API.Domain.DisableDefaultEndpoint {
		// This has an effect only after a deployment (developer guide, "Disable the default endpoint for REST APIs"). It is part
		// of the API's definition, so a change causes one.
		rest.DisableExecuteApiEndpoint = jsii.Bool(true)
	}
	a.rest = tf.New(a.c, "Default", apigatewayrestapi.NewApiGatewayRestApi, rest)
	a.id = a.rest.Id()

	a.resourcePolicy()
	a.body, a.authorizer = a.bodyValidator(), a.declareAuthorizer()
	submit := a.resource(place{a.c, a.rest.RootResourceId()}, "submit")
	post := a.accept(submit, a.c, kind{schema: cfg.API.Schema})
	a.acceptTypes(submit)
	a.gatewayResponses()
	deployment := a.deploy()
	stage := a.stage(deployment)

	url := *stage.stage.InvokeUrl()
	made := &API{
		APIKeys:           a.usagePlan(stage),
		ID:                *a.id,
		Name:              *a.rest.Name(),
		Stage:             *stage.name,
		StageURL:          url,
		StageARN:          *stage.stage.Arn(),
		SubmitURL:         url + submitPath,
		SubmitARN:         *stage.stage.ExecutionArn() + "/" + *post + submitPath,
		AccessLogGroup:    stage.access.Name,
		ExecutionLogGroup: stage.execution.Name,
	}
	for _, of := range cfg.API.EventTypes {
		made.Types = append(made.Types, of.Name)
	}
	if cfg.API.Batch {
		made.BatchURL, made.BatchARN = made.SubmitURL+batchPath, made.SubmitARN+batchPath
	}
	return made
}

// TypeURL returns the address for events of a type. Their batches, where the environment has some, go to the path "/batch" below it.
func (a *API) TypeURL(eventType string) string { return a.SubmitURL + "/" + eventType }

// TypeARN returns the ARN of the method for events of a type. That of their batches has "/batch" after it.
func (a *API) TypeARN(eventType string) string { return a.SubmitARN + "/" + eventType }

// acceptTypes declares the paths of the event types. They have a construct of their own below the path of any event, so a type can
// have the name of a method.
func (a *api) acceptTypes(submit place) {
	if len(a.cfg.API.EventTypes) == 0 {
		return
	}
	types := place{constructs.NewConstruct(submit.scope, jsii.String("types")), submit.resourceID}
	for _, of := range a.cfg.API.EventTypes {
		at := a.resource(types, of.Name)
		a.accept(at, at.scope, kind{of.Name, of.Schema})
	}
}

func endpoint(access spec.Access) *apigatewayrestapi.ApiGatewayRestApiEndpointConfiguration {
	if !access.Private() {
		return &apigatewayrestapi.ApiGatewayRestApiEndpointConfiguration{Types: jsii.Strings("REGIONAL")}
	}
	return &apigatewayrestapi.ApiGatewayRestApiEndpointConfiguration{
		Types: jsii.Strings("PRIVATE"), VpcEndpointIds: jsii.Strings(access.VPCEndpoints...),
	}
}

// method is the place of one of a resource's methods.
func (p place) method(id string) place {
	return place{constructs.NewConstruct(p.scope, jsii.String(id)), p.resourceID}
}

// resource declares a path below another.
func (a *api) resource(below place, part string) place {
	c := constructs.NewConstruct(below.scope, jsii.String(part))
	r := tf.New(c, "Default", resource.NewApiGatewayResource, &resource.ApiGatewayResourceConfig{
		RestApiId: a.id,
		ParentId:  below.resourceID,
		PathPart:  jsii.String(part),
	})
	return place{scope: c, resourceID: r.Id()}
}
