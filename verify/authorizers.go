package verify

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"cdk.tf/go/ingest/tfjson"
)

// authorizersAsDeclared compares who decides which callers the API lets in.
func authorizersAsDeclared(ctx context.Context, r *run) outcome {
	there, err := r.authorizersNow(ctx)
	if err != nil {
		return unread(err, "apigateway:GET", "the authorizers of the REST API")
	}
	var d differences
	declared := r.stack.Resources("aws_api_gateway_authorizer")
	for _, authorizer := range declared {
		name := text(authorizer.Body["name"])
		i := slices.IndexFunc(there, func(one types.Authorizer) bool { return aws.ToString(one.Name) == name })
		if i < 0 {
			d.add("the authorizer "+name, "it does not exist")
			continue
		}
		r.compareAuthorizer(&d, name, authorizer.Body, there[i])
	}
	return d.outcome(counted(len(declared), "authorizer"), redeploy)
}

// authorizersNow reads all pages, for which the SDK has no paginator.
func (r *run) authorizersNow(ctx context.Context) ([]types.Authorizer, error) {
	var all []types.Authorizer
	ask := &apigateway.GetAuthorizersInput{RestApiId: aws.String(r.Outputs.Text("api_id")), Limit: aws.Int32(500)}
	for {
		page, err := r.AWS.APIGateway.GetAuthorizers(ctx, ask)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if aws.ToString(page.Position) == "" {
			return all, nil
		}
		ask.Position = page.Position
	}
}

// authorizerCached is for how many seconds API Gateway keeps the decision of a function where nothing is declared (provider,
// aws_api_gateway_authorizer).
const authorizerCached = 300

func (r *run) compareAuthorizer(d *differences, name string, body map[string]any, is types.Authorizer) {
	kind := cmp.Or(text(body["type"]), string(types.AuthorizerTypeToken))
	source := text(body["identity_source"])
	if body["identity_source"] == nil {
		source = "method.request.header.Authorization"
	}
	d.compare(name+": type", kind, is.Type)
	d.compare(name+": user pools", list(body["provider_arns"]), slices.Sorted(slices.Values(is.ProviderARNs)))
	d.compare(name+": function", r.actual(text(body["authorizer_uri"])), aws.ToString(is.AuthorizerUri))
	d.compare(name+": role of the function's call", r.actual(text(body["authorizer_credentials"])), aws.ToString(is.AuthorizerCredentials))
	d.compare(name+": source of the token", sourcesText(source), sourcesText(aws.ToString(is.IdentitySource)))
	d.compare(name+": pattern of the token", text(body["identity_validation_expression"]), aws.ToString(is.IdentityValidationExpression))
	if kind == string(types.AuthorizerTypeCognitoUserPools) {
		return // it keeps no decision of a function
	}
	cached := float64(authorizerCached)
	if declared := body["authorizer_result_ttl_in_seconds"]; declared != nil {
		cached = tfjson.Number(declared)
	}
	d.compare(name+": seconds for which a decision is kept", cached, aws.ToInt32(is.AuthorizerResultTtlInSeconds))
}

// sourcesText are the parts of a request that an authorizer reads, in one order.
func sourcesText(source string) string {
	var all []string
	for part := range strings.SplitSeq(source, ",") {
		all = append(all, strings.TrimSpace(part))
	}
	return strings.Join(slices.Sorted(slices.Values(all)), ", ")
}
