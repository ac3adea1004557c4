package apigateway

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	apikey "github.com/cdktf/cdktf-provider-aws-go/aws/v19/apigatewayapikey"
	authorizer "github.com/cdktf/cdktf-provider-aws-go/aws/v19/apigatewayauthorizer"
	method "github.com/cdktf/cdktf-provider-aws-go/aws/v19/apigatewaymethod"
	usageplan "github.com/cdktf/cdktf-provider-aws-go/aws/v19/apigatewayusageplan"
	usageplankey "github.com/cdktf/cdktf-provider-aws-go/aws/v19/apigatewayusageplankey"

	"cdk.tf/go/ingest/internal/tftext"
	"cdk.tf/go/ingest/modules/internal/tf"
	"cdk.tf/go/ingest/spec"
)

// anonymous is API Gateway's name for the authorization of a method that anybody may call.
const anonymous = "NONE"

// authorize sets the environment's authorization on a method.
func (a *api) authorize(config *method.ApiGatewayMethodConfig) {
	auth := a.cfg.API.Authorization
	switch auth.Kind {
	case spec.ByAPIKey:
		config.Authorization, config.ApiKeyRequired = jsii.String(anonymous), jsii.Bool(true)
	case spec.ByCognito, spec.ByLambda:
		config.Authorization, config.AuthorizerId = jsii.String(string(auth.Kind)), a.authorizer.Id()
		if len(auth.Cognito.Scopes) > 0 {
			scopes := make([]string, len(auth.Cognito.Scopes))
			for i, scope := range auth.Cognito.Scopes {
				scopes[i] = tftext.Escape(scope) // OAuth allows braces
			}
			config.AuthorizationScopes = jsii.Strings(scopes...)
		}
	default:
		config.Authorization = jsii.String(string(auth.Kind))
	}
}

// declareAuthorizer declares the authorizer that checks a caller's token; nil if the authorization needs none. The authorizers of
// a function and of user pools have different names. The provider replaces one by the other
// (internal/service/apigateway/authorizer.go, CustomizeDiff), and the deployment's create_before_destroy makes Terraform create the
// new one first. API Gateway would refuse a second authorizer of the same name ("Authorizer name must be unique", aws/aws-cdk,
// issue 13711).
func (a *api) declareAuthorizer() authorizer.ApiGatewayAuthorizer {
	auth := a.cfg.API.Authorization
	config := &authorizer.ApiGatewayAuthorizerConfig{
		RestApiId: a.id, Type: jsii.String(string(auth.Kind)),
	}
	switch auth.Kind {
	case spec.ByCognito:
		config.Name = jsii.String("submit-cognito")
		config.ProviderArns = jsii.Strings(auth.Cognito.UserPoolARNs...)
		config.IdentitySource = jsii.String("method.request.header.Authorization")
	case spec.ByLambda:
		config.Name, config.Type = jsii.String("submit-lambda"), jsii.String(string(auth.Lambda.Kind))
		config.AuthorizerUri = jsii.String(fmt.Sprintf("arn:%s:apigateway:%s:lambda:path/2015-03-31/functions/%s/invocations",
			a.cfg.Partition, regionOf(auth.Lambda.FunctionARN, a.cfg.Region), auth.Lambda.FunctionARN))
		// With this role, the function's own policy, which somebody else manages, need not change.
		config.AuthorizerCredentials = jsii.String(a.cfg.AuthorizerRoleARN)
		config.AuthorizerResultTtlInSeconds = jsii.Number(auth.Lambda.CacheTTL.Seconds())
		// Empty without a source: the provider's default is the header Authorization, and API Gateway would answer 401 without it.
		config.IdentitySource = jsii.String(strings.Join(auth.Lambda.IdentitySources, ","))
	default:
		return nil
	}
	return tf.New(a.c, "authorizer", authorizer.NewApiGatewayAuthorizer, config)
}

// regionOf is the region of a function, in which API Gateway calls it: "{region} is the same as the region hosting the Lambda function"
// (API reference, CreateAuthorizer, authorizerUri). For a reference to a function of the same app, whose region the text does not have,
// it is the API's own.
func regionOf(function, own string) string {
	named, err := arn.Parse(function)
	if err != nil {
		return own
	}
	return named.Region
}

// usagePlan declares the API keys and their limits, and returns the keys' ids by client.
func (a *api) usagePlan(stage stageParts) map[string]string {
	auth := a.cfg.API.Authorization
	if auth.Kind != spec.ByAPIKey {
		return nil
	}
	plan := auth.UsagePlan
	c := constructs.NewConstruct(a.c, jsii.String("usage-plan"))
	config := &usageplan.ApiGatewayUsagePlanConfig{
		Name:        jsii.String(a.cfg.Name),
		Description: jsii.String("What each key of " + a.cfg.Name + " may send"),
		ApiStages: []*usageplan.ApiGatewayUsagePlanApiStages{
			{ApiId: a.id, Stage: stage.name},
		},
		ThrottleSettings: &usageplan.ApiGatewayUsagePlanThrottleSettings{
			RateLimit: jsii.Number(plan.RateLimit), BurstLimit: jsii.Number(plan.BurstLimit),
		},
	}
	if plan.Quota > 0 {
		config.QuotaSettings = &usageplan.ApiGatewayUsagePlanQuotaSettings{
			Limit: jsii.Number(plan.Quota), Period: jsii.String(string(plan.QuotaPeriod)),
		}
	}
	made := tf.New(c, "Default", usageplan.NewApiGatewayUsagePlan, config)
	ids := map[string]string{}
	for _, name := range plan.Keys {
		client := constructs.NewConstruct(c, jsii.String(name))
		key := tf.New(client, "key", apikey.NewApiGatewayApiKey, &apikey.ApiGatewayApiKeyConfig{
			Name: jsii.String(a.cfg.Name + "-" + name),
		})
		tf.New(client, "Default", usageplankey.NewApiGatewayUsagePlanKey, &usageplankey.ApiGatewayUsagePlanKeyConfig{
			KeyId: key.Id(), KeyType: jsii.String("API_KEY"), UsagePlanId: made.Id(),
		})
		ids[name] = *key.Id()
	}
	return ids
}
