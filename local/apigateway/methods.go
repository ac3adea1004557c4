package apigateway

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"

	"cdk.tf/go/ingest/tfjson"
)

// These are the values of a method's authorization.
const (
	authNone    = "NONE"
	authIAM     = "AWS_IAM"
	authCognito = "COGNITO_USER_POOLS"
	authCustom  = "CUSTOM"
)

var verbs = []string{"ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}

func (r *reader) readMethods() {
	each(r, "aws_api_gateway_method", func(res tfjson.Resource, block methodBlock) {
		if !r.ours(res, block.API) || !r.checkMethod(res, block) {
			return
		}
		at := r.resources[block.Resource]
		m := &method{
			number: len(r.api.methods), resource: at, verb: block.Method, authorization: block.Authorization,
			keyRequired: block.APIKeyRequired, models: map[string]*model{},
		}
		if !r.validator(res, block, m) {
			return
		}
		at.methods[block.Method] = m
		r.api.methods = append(r.api.methods, m)
		r.declareParameters(res, block, m)
		r.guard(res, block, m)
	})
	if len(r.api.methods) == 0 && len(r.problems) == 0 {
		r.problem(r.stack.Resources("aws_api_gateway_rest_api")[0], "no aws_api_gateway_method belongs to it, so there is nothing to serve; API Gateway refuses to deploy such an API")
	}
}

func (r *reader) checkMethod(res tfjson.Resource, block methodBlock) bool {
	before := len(r.problems)
	at, known := r.resources[block.Resource]
	if !known {
		r.dangling(res, "resource", "resource_id is %q, which is no resource of the API", block.Resource)
	}
	if !slices.Contains(verbs, block.Method) {
		r.problem(res, "http_method is %q; use one of %s", block.Method, strings.Join(verbs, ", "))
	}
	if !slices.Contains([]string{authNone, authIAM, authCognito, authCustom}, block.Authorization) {
		r.problem(res, "authorization is %q; use %s, %s, %s or %s", block.Authorization, authNone, authIAM, authCognito, authCustom)
	}
	// Deployed on AWS by badmintoncryer/cdk-preflight (pf-apigw-method-authorization-scopes-cognito).
	if len(block.AuthorizationScopes) > 0 && block.Authorization != authCognito {
		r.problem(res, "authorization_scopes is set, and authorization is %s; API Gateway takes scopes with %s alone", block.Authorization, authCognito)
	}
	if known && at.methods[block.Method] != nil {
		r.problem(res, "http_method is %s, which %s has already", block.Method, at.path)
	}
	return known && len(r.problems) == before
}

// validator sets the checks of a request. A model or a required parameter without a validator has no effect, as in API Gateway.
func (r *reader) validator(res tfjson.Resource, block methodBlock, m *method) bool {
	before := len(r.problems)
	checkMediaTypes(r, res, "request_models", block.RequestModels)
	for _, contentType := range sortedKeys(block.RequestModels) {
		model, err := r.models.get(block.RequestModels[contentType])
		if err != nil {
			r.dangling(res, "model", "request_models of %s: %w", contentType, err)
		}
		m.models[strings.ToLower(contentType)] = model
	}
	if block.Validator != "" {
		validator, known := r.validators[block.Validator]
		if !known {
			r.dangling(res, "request_validator", "request_validator_id is %q, which is no request validator of the API", block.Validator)
		}
		m.checkBody = validator.Body
		if validator.Parameters {
			m.required = required(block.RequestParameters)
		}
	}
	return len(r.problems) == before
}

// required returns the required parameters, in the order in which API Gateway lists missing ones: by their whole name
// (localstack's test_api_gateway_request_validator, validated on AWS).
func required(parameters map[string]bool) []requiredParameter {
	var all []requiredParameter
	for _, key := range sortedKeys(parameters) {
		place, name, _ := strings.Cut(strings.TrimPrefix(key, "method.request."), ".")
		if parameters[key] {
			all = append(all, requiredParameter{place, name})
		}
	}
	return all
}

// declareParameters records which parameters of a request a mapping may name, and refuses anything that is not a parameter.
func (r *reader) declareParameters(res tfjson.Resource, block methodBlock, m *method) {
	names, keys := map[string]bool{}, map[string]string{}
	for _, key := range sortedKeys(block.RequestParameters) {
		place, name, _ := strings.Cut(strings.TrimPrefix(key, "method.request."), ".")
		if !strings.HasPrefix(key, "method.request.") || !isParameter(place, name) {
			r.problem(res, "request_parameters has %q; use method.request.header.NAME, method.request.querystring.NAME or method.request.path.NAME", key)
			continue
		}
		// "Parameter names must be unique across querystring, header and path" (localstack's test_method_request_parameters,
		// recorded on AWS).
		if other, taken := keys[name]; taken {
			r.problem(res, "request_parameters has %q, and %q with the same name; API Gateway takes a name once across header, querystring and path", key, other)
		}
		names[place+"."+name], keys[name] = true, key
	}
	r.parameters[m] = declaredParameters{request: names, response: map[string]map[string]bool{}}
}

// headerName is the form of an HTTP header's name (RFC 9110, "token").
var headerName = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")

// isParameter reports whether a place of a request can have a parameter of the name.
func isParameter(place, name string) bool {
	switch place {
	case "header":
		return headerName.MatchString(name)
	case "querystring", "path":
		return name != ""
	}
	return false
}

// place finds the method that a resource belongs to. A resource without a method is a problem.
func (r *reader) place(res tfjson.Resource, api, resourceID, verb string) *method {
	if !r.ours(res, api) {
		return nil
	}
	if at := r.resources[resourceID]; at != nil && at.methods[verb] != nil {
		return at.methods[verb]
	}
	r.dangling(res, "method", "resource_id %q has no method %s in the stack", resourceID, cmp.Or(verb, `""`))
	return nil
}

func (r *reader) readMethodResponses() {
	each(r, "aws_api_gateway_method_response", func(res tfjson.Resource, block methodResponseBlock) {
		m := r.place(res, block.API, block.Resource, block.Method)
		if m == nil {
			return
		}
		if !status.MatchString(block.Status) {
			r.problem(res, "status_code is %q; use one of 200 to 599", block.Status)
			return
		}
		if r.parameters[m].response[block.Status] != nil {
			r.problem(res, "status_code is %s, for which %s %s has a response already; declare one", block.Status, m.verb, m.resource.path)
			return
		}
		checkMediaTypes(r, res, "response_models", block.Models)
		names := maps.Clone(block.Parameters)
		if names == nil {
			names = map[string]bool{}
		}
		for _, key := range sortedKeys(names) {
			if name, ok := strings.CutPrefix(key, "method.response.header."); !ok || !headerName.MatchString(name) {
				r.problem(res, "response_parameters has %q; use method.response.header.NAME", key)
			}
			names[key] = true
		}
		r.parameters[m].response[block.Status] = names
	})
}
