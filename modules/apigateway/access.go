package apigateway

import (
	"slices"

	"github.com/aws/jsii-runtime-go"
	restapipolicy "github.com/cdktf/cdktf-provider-aws-go/aws/v19/apigatewayrestapipolicy"

	"cdk.tf/go/ingest/modules/iam"
	"cdk.tf/go/ingest/modules/internal/tf"
	"cdk.tf/go/ingest/spec"
)

const invoke = "execute-api:Invoke"

// resourcePolicy declares the policy that restricts the API's callers.
func (a *api) resourcePolicy() {
	if a.cfg.API.Access.Open() {
		return
	}
	tf.New(a.c, "resource-policy", restapipolicy.NewApiGatewayRestApiPolicy, &restapipolicy.ApiGatewayRestApiPolicyConfig{
		RestApiId: a.id,
		Policy:    jsii.String(accessPolicy(a.cfg, *a.rest.ExecutionArn()).JSON()),
	})
}

// accessPolicy denies callers from elsewhere, and allows only those methods whose authorization needs an Allow.
func accessPolicy(cfg Config, executionARN string) iam.Document {
	api, all := cfg.API, executionARN+"/*"
	document := iam.Document{{
		Sid: "Methods", Principal: "*", Actions: []string{invoke}, Resources: []string{executionARN + allowedToAll(api.Authorization.Kind)},
	}}
	document = append(document, ofOwnAccount(cfg, executionARN)...)
	document = append(document, ofProducers(cfg, executionARN)...)
	deny := func(sid, operator, key string, values []string) {
		if len(values) == 0 {
			return
		}
		document = append(document, iam.Statement{
			Sid: sid, Effect: "Deny", Principal: "*", Actions: []string{invoke}, Resources: []string{all},
			Conditions: map[string]map[string][]string{operator: {key: slices.Clone(values)}},
		})
	}
	deny("Endpoints", "StringNotEquals", "aws:SourceVpce", api.Access.VPCEndpoints)
	// A private API sees its caller's address in the VPC (API Gateway developer guide, "AWS condition keys that can be used in
	// API Gateway resource policies").
	key := "aws:SourceIp"
	if api.Access.Private() {
		key = "aws:VpcSourceIp"
	}
	deny("Addresses", "NotIpAddress", key, api.Access.SourceIPs)
	return document
}

// allowedToAll are the methods that the policy allows everybody, below the API's ARN. The effect of an Allow depends on the
// authorization (API Gateway developer guide, "How API Gateway resource policies affect authorization workflow"):
//
//   - Without authorization, or with an API key, only the policy decides, and without an Allow it refuses.
//   - With Cognito, API Gateway checks the token first, and then "an explicit allow is required".
//   - With IAM in the same account and with a Lambda authorizer, an Allow applies if the caller's or the function's policy does
//     not decide (Table A). It would open POST /submit/batch to a caller that may call only POST /submit. Without an Allow, these
//     policies decide: the guide's own example for a Lambda authorizer is only a Deny.
//
// A preflight is always anonymous, so it always needs an Allow.
func allowedToAll(kind spec.AuthorizationKind) string {
	switch kind {
	case spec.ByNothing, spec.ByAPIKey, spec.ByCognito:
		return "/*"
	default:
		return "/*/OPTIONS/*"
	}
}

// ofOwnAccount allows the submitting methods of a private API with IAM to the API's account. The guide contradicts itself about
// private APIs. In one place, all calls fail until the policy grants access ("Private REST APIs in API Gateway", "Until your API
// has a resource policy that grants access to your VPC or VPC endpoint, all API calls will fail"). By Table A, the caller's own
// Allow is enough. This Allow is right under both readings: an Allow to an account leaves the decision to the policies of its
// principals.
//
// With a Lambda authorizer, no Allow is right under both readings: its callers are not principals, and an Allow to everybody would
// bypass the function. This module follows the guide's own example for an endpoint, only a Deny.
func ofOwnAccount(cfg Config, executionARN string) iam.Document {
	if cfg.API.Authorization.Kind != spec.ByIAM || !cfg.API.Access.Private() {
		return nil
	}
	return iam.Document{{
		Sid: "Account", Principal: map[string][]string{"AWS": {rootOf(cfg, cfg.Account)}}, Actions: []string{invoke},
		Resources: submittingMethods(cfg, executionARN),
	}}
}

func submittingMethods(cfg Config, executionARN string) []string {
	kinds := []kind{{}}
	for _, of := range cfg.API.EventTypes {
		kinds = append(kinds, kind{eventType: of.Name})
	}
	var methods []string
	for _, of := range kinds {
		one := executionARN + "/" + cfg.Stage + "/POST" + of.path()
		methods = append(methods, one)
		if cfg.API.Batch {
			methods = append(methods, one+batchPath)
		}
	}
	return methods
}

// ofProducers allows the submitting methods to principals of other accounts, which need this in addition to their own policies
// (Table B). An account's own policies decide about its principals: an Allow to an account alone allows none of them (IAM User
// Guide, "AWS JSON policy elements: Principal", "AWS account principals").
func ofProducers(cfg Config, executionARN string) iam.Document {
	producers, methods := cfg.API.Access.Producers, submittingMethods(cfg, executionARN)
	var document iam.Document
	var principals []string
	for _, account := range producers.Accounts {
		principals = append(principals, rootOf(cfg, account))
	}
	if principals = append(principals, producers.Roles...); len(principals) > 0 {
		document = append(document, iam.Statement{
			Sid: "Producers", Principal: map[string][]string{"AWS": principals}, Actions: []string{invoke}, Resources: methods,
		})
	}
	if producers.Organization != "" {
		// An Allow to the whole organisation would also allow each principal of this account, whatever its own policies say
		// (Table A).
		document = append(document, iam.Statement{
			Sid: "Organization", Principal: "*", Actions: []string{invoke}, Resources: methods,
			Conditions: map[string]map[string][]string{
				"StringEquals":    {"aws:PrincipalOrgID": {producers.Organization}},
				"StringNotEquals": {"aws:PrincipalAccount": {cfg.Account}},
			},
		})
	}
	return document
}

func rootOf(cfg Config, account string) string {
	return "arn:" + cfg.Partition + ":iam::" + account + ":root"
}
