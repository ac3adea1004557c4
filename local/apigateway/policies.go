package apigateway

import (
	"net/http"
	"slices"
	"strings"

	"cdk.tf/go/ingest/tfjson"
)

// policyText is a resource policy: of the resource at address, which may be the API itself.
type policyText struct{ address, text string }

func (r *reader) readPolicies() {
	each(r, "aws_api_gateway_rest_api_policy", func(res tfjson.Resource, block restAPIPolicyBlock) {
		if r.ours(res, block.API) {
			r.policies = append(r.policies, policyText{res.Address(), block.Policy})
		}
	})
}

// keepPolicies distinguishes policies that only add callers from policies that keep callers out, for example by their address.
//
// Assumption API-16: with IAM authorisation, a resource policy without a Deny does not keep out principals of the API's own
// account whose own policies allow the call (API Gateway developer guide, "How API Gateway resource policies affect authorization
// workflow", Table A). Here each key belongs to that account and may invoke everything.
func (r *reader) keepPolicies() {
	signed := !slices.ContainsFunc(r.api.methods, func(m *method) bool { return m.verb != http.MethodOptions && m.authorization != authIAM })
	for _, policy := range r.policies {
		if signed && onlyAddsProducers(policy.text) {
			r.api.producers = append(r.api.producers, policy.address)
		} else {
			r.api.origins = append(r.api.origins, policy.address+": policy (a resource policy)")
		}
	}
}

// onlyAddsProducers reports whether the policy allows everybody the preflight, and otherwise only allows principals by name or
// organisation.
func onlyAddsProducers(text string) bool {
	value, err := tfjson.Decode([]byte(text))
	document, ok := value.(map[string]any)
	if err != nil || !ok {
		return false
	}
	statements, err := tfjson.Blocks(document, "Statement")
	if err != nil || slices.ContainsFunc(statements, func(s map[string]any) bool { return !onlyAllows(s) }) {
		return false
	}
	return slices.ContainsFunc(statements, allowsPreflight)
}

// onlyAllows reports whether a statement allows, and has only keys that this function checks.
func onlyAllows(statement map[string]any) bool {
	for name := range statement {
		if !slices.Contains([]string{"Action", "Condition", "Effect", "Principal", "Resource", "Sid"}, name) {
			return false
		}
	}
	operators, _ := statement["Condition"].(map[string]any)
	for _, keys := range operators {
		byKey, _ := keys.(map[string]any)
		for key := range byKey {
			if !strings.HasPrefix(strings.ToLower(key), "aws:principal") {
				return false
			}
		}
	}
	return statement["Effect"] == "Allow"
}

func allowsPreflight(statement map[string]any) bool {
	resources, isList := statement["Resource"].([]any)
	if !isList {
		resources = []any{statement["Resource"]}
	}
	everyPath := slices.ContainsFunc(resources, func(resource any) bool {
		text, _ := resource.(string)
		return strings.HasSuffix(text, "/*/OPTIONS/*")
	})
	return statement["Principal"] == "*" && statement["Condition"] == nil && everyPath
}
