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

// resourcePolicy declares from where the API may be called.
func (a *api) resourcePolicy() {
	if a.cfg.API.Access.Open() {
		return
	}
	tf.New(a.c, "resource-policy", restapipolicy.NewApiGatewayRestApiPolicy, &restapipolicy.ApiGatewayRestApiPolicyConfig{
		RestApiId: a.id,
		Policy:    jsii.String(accessPolicy(a.cfg, *a.rest.ExecutionArn()).JSON()),
	})
}

// accessPolicy denies whoever comes from elsewhere, and allows no more than the methods' authorization needs allowed.
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
	// A private API sees its caller's address within the VPC (API Gateway developer guide, "AWS condition keys that can be
	// used in API Gateway resource policies").
	key := "aws:SourceIp"
	if api.Access.Private() {
		key = "aws:VpcSourceIp"
	}
	deny("Addresses", "NotIpAddress", key, api.Access.SourceIPs)
	return document
}

// allowedToAll are the methods that the policy allows everybody, below the API's ARN. What an Allow means depends on the
// authorization (API Gateway developer guide, "How API Gateway resource policies affect authorization workflow"):
//
//   - Without one, an API key's included, the policy decides alone, and its silence refuses.
//   - With Cognito the token is checked first, and then "an explicit allow is required".
//   - With IAM in the same account and with a Lambda authorizer an Allow counts where the caller's policy or the function's is
//     silent (Table A). It would open POST /submit/batch to who may call POST /submit alone. There the policy's silence leaves
//     the decision to them: the guide's own example for a Lambda authorizer is a Deny alone.
//
// A preflight is always anonymous, so that it always needs its Allow.
func allowedToAll(kind spec.AuthorizationKind) string {
	switch kind {
	case spec.ByNothing, spec.ByAPIKey, spec.ByCognito:
		return "/*"
	default:
		return "/*/OPTIONS/*"
	}
}

// ofOwnAccount allows the submitting methods of a private API with IAM to the account that the API is in. Of private APIs the guide
// says in one place that all calls fail until the policy grants access ("Private REST APIs in API Gateway", "Until your API has a
// resource policy that grants access to your VPC or VPC endpoint, all API calls will fail"), and by Table A the caller's own Allow
// is enough. This is right under both: an Allow to an account leaves the decision to the policies of its principals.
//
// Nothing is under both with a Lambda authorizer, whose callers are no principals: an Allow to everybody would decide in the
// function's stead. There the guide's own example for an endpoint is followed, a Deny alone.
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
	methods := []string{executionARN + "/" + cfg.Stage + "/POST" + submitPath}
	if cfg.API.Batch {
		methods = append(methods, methods[0]+batchPath)
	}
	return methods
}

// ofProducers allows the submitting methods to principals of other accounts, which need it beside their own policies (Table B). An
// account's own policies decide who of it that is: an Allow to an account allows none of its principals by itself (IAM User
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
		// An Allow to everybody of the organisation would let in each principal of this account too, whatever its own policies
		// say (Table A).
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
