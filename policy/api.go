package policy

import (
	"cmp"
	"slices"

	"cdk.tf/go/ingest/tfjson"
)

const (
	restAPI             = "aws_api_gateway_rest_api"
	apiResource         = "aws_api_gateway_resource"
	apiMethod           = "aws_api_gateway_method"
	methodResponse      = "aws_api_gateway_method_response"
	integration         = "aws_api_gateway_integration"
	integrationResponse = "aws_api_gateway_integration_response"
	gatewayResponse     = "aws_api_gateway_gateway_response"
	apiModel            = "aws_api_gateway_model"
	apiDeployment       = "aws_api_gateway_deployment"
	apiStage            = "aws_api_gateway_stage"
	methodSettings      = "aws_api_gateway_method_settings"
	requestValidator    = "aws_api_gateway_request_validator"
	basePathMapping     = "aws_api_gateway_base_path_mapping"
)

const (
	apiGatewayService = "apigateway.amazonaws.com"
	firehoseService   = "firehose.amazonaws.com"
)

// api is the REST API to which a part belongs.
func (c *checker) api(part tfjson.Resource) (tfjson.Resource, bool) {
	return c.follow(part.Body["rest_api_id"], restAPI, "id")
}

// belongs reports whether a part belongs to this API.
func (c *checker) belongs(part, api tfjson.Resource) bool {
	owner, ok := c.api(part)
	return ok && owner.Address() == api.Address()
}

// partsOf are an API's resources of one type.
func (c *checker) partsOf(api tfjson.Resource, typ string) []tfjson.Resource {
	var parts []tfjson.Resource
	for _, r := range c.stack.Resources(typ) {
		if c.belongs(r, api) {
			parts = append(parts, r)
		}
	}
	return parts
}

// path is the resource of an API that clients call; the API itself for the root.
func (c *checker) path(r tfjson.Resource) (tfjson.Resource, bool) {
	if root, ok := c.follow(r.Body["resource_id"], restAPI, "root_resource_id"); ok {
		return root, true
	}
	return c.follow(r.Body["resource_id"], apiResource, "id")
}

// method is a method with its integrations and responses.
type method struct {
	tfjson.Resource
	verb         string
	path         tfjson.Resource
	integrations []tfjson.Resource
	responses    []tfjson.Resource
}

// methodKey is the same for a method and for its parts. The rule "readable" reports resources without a key.
type methodKey struct{ api, path, verb string }

func (c *checker) methodKey(r tfjson.Resource) (methodKey, bool) {
	api, hasAPI := c.api(r)
	path, hasPath := c.path(r)
	verb, hasVerb := c.value(r.Body["http_method"])
	return methodKey{api.Address(), path.Address(), verb}, hasAPI && hasPath && hasVerb
}

// methods are the methods of every API, by path and then by address.
func (c *checker) methods() []method {
	var methods []method
	for _, r := range c.stack.Resources(apiMethod) {
		key, ok := c.methodKey(r)
		if !ok {
			continue
		}
		path, _ := c.path(r)
		methods = append(methods, method{r, key.verb, path, c.ofMethod(key, integration), c.ofMethod(key, integrationResponse)})
	}
	slices.SortStableFunc(methods, func(a, b method) int { return cmp.Compare(a.path.Address(), b.path.Address()) })
	return methods
}

func (c *checker) ofMethod(key methodKey, typ string) []tfjson.Resource {
	var found []tfjson.Resource
	for _, r := range c.stack.Resources(typ) {
		if k, ok := c.methodKey(r); ok && k == key {
			found = append(found, r)
		}
	}
	return found
}

// isMock reports whether only API Gateway answers the method.
func (c *checker) isMock(m method) bool {
	for _, r := range m.integrations {
		if kind, ok := c.value(r.Body["type"]); !ok || kind != "MOCK" {
			return false
		}
	}
	return len(m.integrations) > 0
}
