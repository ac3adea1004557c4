package apigateway

import (
	"fmt"
	"slices"
	"strings"

	"cdk.tf/go/ingest/tfjson"
)

// Types of authorizers: two of Lambda functions, one of Cognito.
const (
	ofToken   = "TOKEN"
	ofRequest = "REQUEST"
	ofCognito = "COGNITO_USER_POOLS"
)

func (r *reader) readAuthorizers() {
	each(r, "aws_api_gateway_authorizer", func(res tfjson.Resource, block authorizerBlock) {
		switch {
		case !r.ours(res, block.API):
		case !slices.Contains([]string{"", ofToken, ofRequest, ofCognito}, block.Type):
			r.problem(res, "type is %q; use %s, %s or %s", block.Type, ofToken, ofRequest, ofCognito)
		default:
			if block.Type == "" {
				block.Type = ofToken
			}
			r.authorizers[r.id(res)] = &Authorizer{Address: res.Address(), Name: block.Name, Type: block.Type}
		}
	})
}

// guard records which authorizer guards a method. The stack need not declare the authorizer: another one may have made it.
func (r *reader) guard(res tfjson.Resource, block methodBlock, m *method) {
	if m.authorization != authCognito && m.authorization != authCustom {
		return
	}
	if block.AuthorizerID == "" {
		r.problem(res, "authorization is %s, but authorizer_id is empty; name an authorizer, or API Gateway refuses the method", block.Authorization)
		return
	}
	found := r.authorizers[block.AuthorizerID]
	if found == nil {
		if r.failed["aws_api_gateway_authorizer"] {
			return
		}
		found = &Authorizer{Address: res.Address(), Name: block.AuthorizerID, Type: block.Authorization}
		r.authorizers[block.AuthorizerID] = found
	}
	if (found.Type == ofCognito) != (m.authorization == authCognito) {
		r.problem(res, "authorization is %s, but %s is of type %s; use %s", block.Authorization, found.Address, found.Type, authorizationOf(found.Type))
		return
	}
	found.Methods = append(found.Methods, m.verb+" "+m.resource.path)
}

// authorizationOf returns the authorization that a method needs for an authorizer of the type.
func authorizationOf(typ string) string {
	if typ == ofCognito {
		return authCognito
	}
	return authCustom
}

// keepUnverified lists the authorizers that guard something.
func (r *reader) keepUnverified() {
	for _, id := range sortedKeys(r.authorizers) {
		if a := r.authorizers[id]; len(a.Methods) > 0 {
			slices.Sort(a.Methods)
			r.api.unverified = append(r.api.unverified, *a)
		}
	}
	slices.SortFunc(r.api.unverified, func(a, b Authorizer) int { return strings.Compare(a.Address, b.Address) })
}

func (a Authorizer) refuse() error {
	return fmt.Errorf("%s: an authorizer of type %s cannot run on one machine, and guards %s; pass --allow-unverified to let requests through unverified, or use NONE or AWS_IAM in the environment that runs here",
		a.Address, a.Type, strings.Join(a.Methods, ", "))
}
