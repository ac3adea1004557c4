package apigateway

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"cdk.tf/go/ingest/internal/quota"
	"cdk.tf/go/ingest/tfjson"
)

// reader collects the declarations of a stack and every problem. A problem stops the reading of its resource only.
type reader struct {
	stack    *tfjson.Stack
	api      *Config
	problems []error

	// failed are the types of resources with a problem. A dangling reference may be to one of them, and one mistake should be
	// one problem.
	failed map[string]bool

	resources   map[string]*resource      // by id
	validators  map[string]validatorBlock // by id
	authorizers map[string]*Authorizer    // by id
	policies    []policyText
	models      *models
	parameters  map[*method]declaredParameters
}

// declaredParameters are the parameters of a method that a mapping may name.
type declaredParameters struct {
	request  map[string]bool            // such as "header.X-Id"
	response map[string]map[string]bool // by status, such as "method.response.header.X-Id"; nil without a method response
}

// Read reads the REST API of a resolved stack: one aws_api_gateway_rest_api with all that belongs to it. The error joins every
// problem, each with the resource, the attribute, the value and the remedy. A stack must have exactly one REST API, only the
// attributes and resource types that this package imitates, and nothing that API Gateway itself would refuse.
func Read(stack *tfjson.Stack) (Config, error) {
	r := &reader{
		stack: stack,
		api: &Config{
			stages: map[string]*stage{}, keys: map[string]*apiKey{},
			root: &resource{path: "/", methods: map[string]*method{}},
		},
		failed: map[string]bool{}, resources: map[string]*resource{}, validators: map[string]validatorBlock{},
		authorizers: map[string]*Authorizer{}, parameters: map[*method]declaredParameters{},
	}
	r.refuseUnknown()
	if !r.restAPI() {
		return Config{}, errors.Join(r.problems...)
	}
	for _, step := range []func(){
		r.readResources, r.readValidators, r.readPolicies, r.readAuthorizers, r.readModels, r.readMethods, r.keepUnverified, r.keepPolicies, r.readMethodResponses, r.readIntegrations,
		r.readIntegrationResponses, r.checkIntegrations, r.readGatewayResponses, r.readStages, r.readDomains, r.readMethodSettings, r.readUsage,
	} {
		step()
	}
	if len(r.problems) > 0 {
		return Config{}, errors.Join(r.problems...)
	}
	return *r.api, nil
}

func (r *reader) problem(resource tfjson.Resource, text string, args ...any) {
	r.fail(resource, fmt.Errorf(resource.Address()+": "+text, args...))
}

func (r *reader) fail(resource tfjson.Resource, err error) {
	r.failed[resource.Type] = true
	r.problems = append(r.problems, err)
}

// dangling reports a reference to a resource that does not exist, unless a resource of that type has a problem itself.
func (r *reader) dangling(resource tfjson.Resource, to, text string, args ...any) {
	if !r.failed["aws_api_gateway_"+to] {
		r.problem(resource, text, args...)
	}
	r.failed[resource.Type] = true
}

// each decodes every resource of a type into a block and calls use with it. A resource that it cannot decode is a problem.
func each[block any](r *reader, typ string, use func(tfjson.Resource, block)) {
	for _, res := range r.stack.Resources(typ) {
		var b block
		if err := res.Into(&b); err != nil {
			r.fail(res, err)
			continue
		}
		use(res, b)
	}
}

// declared is a resource with its block.
type declared[block any] struct {
	res   tfjson.Resource
	block block
}

// refuseUnknown refuses API Gateway's resource types that this package does not imitate.
func (r *reader) refuseUnknown() {
	for _, res := range r.stack.All() {
		if !strings.HasPrefix(res.Type, "aws_api_gateway_") || slices.Contains(served, res.Type) || slices.Contains(ignored, res.Type) {
			continue
		}
		if remedy := refused[res.Type]; remedy != "" {
			r.problem(res, "%s", remedy)
			continue
		}
		r.problem(res, "%s is not imitated on one machine; leave it out of the environment that runs here", res.Type)
	}
}

// restAPI reads the API itself. It reports whether the stack has exactly one.
func (r *reader) restAPI() bool {
	all := r.stack.Resources("aws_api_gateway_rest_api")
	if len(all) != 1 {
		r.problems = append(r.problems, fmt.Errorf("the stack declares %d of aws_api_gateway_rest_api; one is served, at /STAGE/", len(all)))
		return false
	}
	var block restAPIBlock
	if err := all[0].Into(&block); err != nil {
		r.problems = append(r.problems, err)
		return false
	}
	r.checkRestAPI(all[0], block)
	r.api.ID, r.api.Name, r.api.binaryTypes = r.id(all[0]), block.Name, block.BinaryMediaTypes
	root, err := r.stack.Attribute(all[0].Address(), "root_resource_id")
	if err != nil {
		r.problems = append(r.problems, err)
		return false
	}
	r.api.root.id = root
	r.resources[root] = r.api.root
	return true
}

func (r *reader) checkRestAPI(res tfjson.Resource, block restAPIBlock) {
	const leave = "is not imitated on one machine; leave it out of the environment that runs here"
	if block.Name == "" {
		r.problem(res, "name is empty; give the API one")
	}
	if block.OpenAPI != "" {
		r.problem(res, "body (an OpenAPI definition) %s, or declare resources and methods", leave)
	}
	if block.Policy != "" {
		r.policies = append(r.policies, policyText{res.Address(), block.Policy})
	}
	// With a domain, the local address replaces the domain's.
	if block.DisableExecuteAPI && len(r.stack.Resources("aws_api_gateway_domain_name")) == 0 {
		r.problem(res, "disable_execute_api_endpoint is true, and the stack has no aws_api_gateway_domain_name: the API would answer nobody; declare one, or leave it out")
	}
	r.readCompression(res, block.MinimumCompressionSize)
	switch block.APIKeySource {
	case "", "HEADER":
	default:
		r.problem(res, "api_key_source is %q; use HEADER: the keys that a Lambda authorizer returns do not exist on one machine", block.APIKeySource)
	}
	for _, endpoint := range block.Endpoint {
		r.checkEndpoint(res, endpoint)
		if slices.Contains(endpoint.Types, "PRIVATE") {
			r.api.origins = append(r.api.origins, res.Address()+": endpoint_configuration (PRIVATE)")
		}
	}
}

// readCompression reads minimum_compression_size.
func (r *reader) readCompression(res tfjson.Resource, text string) {
	size, err := strconv.Atoi(cmp.Or(text, strconv.Itoa(quota.NoCompression)))
	if err != nil || size < quota.NoCompression || size > quota.MaxMinimumCompression {
		r.problem(res, "minimum_compression_size is %q; use %d, which is off, or 0 to %d", text, quota.NoCompression, quota.MaxMinimumCompression)
	}
	r.api.minimumCompression = size
}

// checkEndpoint refuses what CreateRestApi does ("Cannot create an api with multiple Endpoint Types", "Only dualstack
// ipAddressType is supported for Private APIs": localstack's test_apigateway_api.py, recorded on AWS; "VPCEndpoints can only
// be specified with PRIVATE apis": deployed on AWS by badmintoncryer/cdk-preflight, pf-apigw-vpc-endpoint-ids-private-only).
func (r *reader) checkEndpoint(res tfjson.Resource, endpoint endpointBlock) {
	private := slices.Contains(endpoint.Types, "PRIVATE")
	const attribute = "endpoint_configuration."
	if len(endpoint.Types) > 1 || len(endpoint.Types) == 1 && !slices.Contains(endpointTypes, endpoint.Types[0]) {
		r.problem(res, attribute+"types has %s; use one of %s", strings.Join(endpoint.Types, ", "), strings.Join(endpointTypes, ", "))
	}
	switch kind := endpoint.IPAddressType; {
	case kind == "" || kind == "dualstack":
	case private:
		r.problem(res, attribute+"ip_address_type is %q; use dualstack, the only one for a PRIVATE API", kind)
	case kind != "ipv4":
		r.problem(res, attribute+"ip_address_type is %q; use ipv4 or dualstack", kind)
	}
	if len(endpoint.VPCEndpoints) > 0 && !private {
		r.problem(res, attribute+"vpc_endpoint_ids is there, and types is not PRIVATE; API Gateway accepts it for a PRIVATE API only")
	}
}

var endpointTypes = []string{"EDGE", "PRIVATE", "REGIONAL"}

// id returns the identifier that AWS would assign.
func (r *reader) id(res tfjson.Resource) string {
	id, err := r.stack.Attribute(res.Address(), "id")
	if err != nil {
		r.problems = append(r.problems, err)
	}
	return id
}

// ours reports whether a resource belongs to the API. A resource that does not is a problem.
func (r *reader) ours(res tfjson.Resource, api string) bool {
	if api == r.api.ID {
		return true
	}
	r.problem(res, "rest_api_id is %q; the stack's API is %q", api, r.api.ID)
	return false
}

func (r *reader) readResources() {
	var waiting []declared[resourceBlock]
	each(r, "aws_api_gateway_resource", func(res tfjson.Resource, block resourceBlock) {
		if r.ours(res, block.API) {
			waiting = append(waiting, declared[resourceBlock]{res, block})
		}
	})
	for len(waiting) > 0 { // parents first, whatever the order of the names
		var left []declared[resourceBlock]
		for _, e := range waiting {
			if parent, known := r.resources[e.block.Parent]; known {
				r.addResource(e.res, e.block, parent)
			} else {
				left = append(left, e)
			}
		}
		if len(left) == len(waiting) {
			for _, e := range left {
				r.dangling(e.res, "resource", "parent_id is %q, which is no resource of the API", e.block.Parent)
			}
			return
		}
		waiting = left
	}
}

func (r *reader) addResource(res tfjson.Resource, block resourceBlock, parent *resource) {
	id := r.id(res)
	added := &resource{id: id, path: strings.TrimSuffix(parent.path, "/") + "/" + block.PathPart, methods: map[string]*method{}}
	r.resources[id] = added
	if problem := parent.add(block.PathPart, added); problem != "" {
		r.problem(res, "path_part is %q%s", block.PathPart, problem)
	}
}

func (r *reader) readValidators() {
	each(r, "aws_api_gateway_request_validator", func(res tfjson.Resource, block validatorBlock) {
		if !r.ours(res, block.API) {
			return
		}
		if strings.TrimSpace(block.Name) == "" { // "Request Validator name cannot be blank" (localstack's test_apigateway_api.py, recorded on AWS)
			r.problem(res, "name is %q; give the validator one", block.Name)
		}
		r.validators[r.id(res)] = block
	})
}

func sortedKeys[value any](m map[string]value) []string { return slices.Sorted(maps.Keys(m)) }
