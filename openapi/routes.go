package openapi

import (
	"cmp"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"cdk.tf/go/ingest/internal/models"
	"cdk.tf/go/ingest/tfjson"
)

// method is a method of the API, as the stack has it.
type method struct {
	path, verb    string // verb is ANY of a method that stands for all that its path has not
	authorization string
	authorizer    tfjson.Resource // of a method that has one in the stack
	scopes        []string
	keyRequired   bool
	operation     string
	models        map[string]string // by content type
	parameters    map[string]bool   // method.request.PLACE.NAME: required or not
	uri           string
	templates     map[string]string // of the integration's request, by content type
	// refusedFor are the types of gateway responses that no request can provoke here.
	refusedFor []string
	certified  bool // by a client certificate
}

// action is the end of arn:aws:apigateway:REGION:SERVICE:action/ACTION.
func (m method) action() string { return m.uri[strings.LastIndex(m.uri, "/")+1:] }

// service is empty where the API answers by itself.
func (m method) service() string {
	if parts := strings.Split(m.uri, ":"); len(parts) > 4 {
		return parts[4]
	}
	return m.uri
}

// reader reads methods of a resolved stack that apigateway has read, so that what it asks for is there.
type reader struct {
	stack *tfjson.Stack
	paths map[string]string // by resource id
}

func text(body map[string]any, name string) string {
	value, _ := body[name].(string)
	return value
}

func texts(body map[string]any, name string) map[string]string {
	values, _ := body[name].(map[string]any)
	all := map[string]string{}
	for key, value := range values {
		all[key], _ = value.(string)
	}
	return all
}

func (r *reader) id(resource tfjson.Resource) string {
	id, _ := r.stack.Attribute(resource.Address(), "id") // apigateway has asked for it
	return id
}

// readPaths finds every resource's path, parents first.
func (r *reader) readPaths() {
	r.paths = map[string]string{}
	for _, api := range r.stack.Resources("aws_api_gateway_rest_api") {
		root, _ := r.stack.Attribute(api.Address(), "root_resource_id") // apigateway has asked for it
		r.paths[root] = "/"
	}
	resources := r.stack.Resources("aws_api_gateway_resource")
	for range resources { // as deep as there are resources, at most
		for _, resource := range resources {
			if parent, known := r.paths[text(resource.Body, "parent_id")]; known {
				r.paths[r.id(resource)] = strings.TrimSuffix(parent, "/") + "/" + text(resource.Body, "path_part")
			}
		}
	}
}

// methods are the API's, by path and verb.
func (r *reader) methods() []method {
	r.readPaths()
	var all []method
	for _, resource := range r.stack.Resources("aws_api_gateway_method") {
		body := resource.Body
		m := method{
			path: r.paths[text(body, "resource_id")], verb: text(body, "http_method"), authorization: text(body, "authorization"),
			keyRequired: tfjson.True(body["api_key_required"]), operation: text(body, "operation_name"),
			models: texts(body, "request_models"), parameters: map[string]bool{},
		}
		required, _ := body["request_parameters"].(map[string]any)
		for name, value := range required {
			m.parameters[name] = tfjson.True(value)
		}
		scopes, _ := body["authorization_scopes"].([]any)
		for _, scope := range scopes {
			if name, ok := scope.(string); ok {
				m.scopes = append(m.scopes, name)
			}
		}
		for _, authorizer := range r.stack.Resources("aws_api_gateway_authorizer") {
			if r.id(authorizer) == text(body, "authorizer_id") {
				m.authorizer = authorizer
			}
		}
		r.integrate(&m, text(body, "resource_id"))
		m.certified = r.asksForCertificates()
		m.refusedFor = r.refusedFor(m)
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b method) int { return cmp.Or(cmp.Compare(a.path, b.path), cmp.Compare(a.verb, b.verb)) })
	return all
}

func (r *reader) integrate(m *method, resourceID string) {
	for _, integration := range r.stack.Resources("aws_api_gateway_integration") {
		body := integration.Body
		if text(body, "resource_id") != resourceID || text(body, "http_method") != m.verb {
			continue
		}
		m.templates = texts(body, "request_templates")
		if text(body, "type") == "AWS" {
			m.uri = text(body, "uri")
		}
	}
}

func (r *reader) asksForCertificates() bool {
	return slices.ContainsFunc(r.stack.Resources("aws_api_gateway_domain_name"), func(domain tfjson.Resource) bool {
		blocks, _ := domain.Blocks("mutual_tls_authentication") // apigateway has read them
		return len(blocks) > 0
	})
}

// refusedFor are the refusals that cannot be provoked with one request on one machine.
func (r *reader) refusedFor(m method) []string {
	types := []string{"THROTTLED"}
	if len(r.stack.Resources("aws_wafv2_web_acl_association")) > 0 {
		types = append(types, "WAF_FILTERED")
	}
	policies := len(r.stack.Resources("aws_api_gateway_rest_api_policy"))
	for _, api := range r.stack.Resources("aws_api_gateway_rest_api") {
		if text(api.Body, "policy") != "" {
			policies++
		}
	}
	if policies > 0 || m.authorization != "NONE" {
		types = append(types, "ACCESS_DENIED")
	}
	switch m.authorization {
	case "AWS_IAM":
		types = append(types, "EXPIRED_TOKEN")
	case "COGNITO_USER_POOLS":
		types = append(types, "UNAUTHORIZED", "AUTHORIZER_CONFIGURATION_ERROR")
	case "CUSTOM":
		types = append(types, "UNAUTHORIZED", "AUTHORIZER_CONFIGURATION_ERROR", "AUTHORIZER_FAILURE")
	}
	if m.keyRequired && r.hasQuota() {
		types = append(types, "QUOTA_EXCEEDED")
	}
	if m.service() != "" {
		types = append(types, "API_CONFIGURATION_ERROR")
	}
	return types
}

func (r *reader) hasQuota() bool {
	return slices.ContainsFunc(r.stack.Resources("aws_api_gateway_usage_plan"), func(plan tfjson.Resource) bool {
		quotas, _ := plan.Blocks("quota_settings") // apigateway has read them
		return len(quotas) > 0
	})
}

// origins are those that the API's answers name.
func (r *reader) origins() []string {
	var found []string
	for _, typ := range []string{"aws_api_gateway_integration_response", "aws_api_gateway_gateway_response"} {
		for _, resource := range r.stack.Resources(typ) {
			for _, attribute := range []string{"response_parameters", "response_templates"} {
				values := texts(resource.Body, attribute)
				for _, key := range sortedKeys(values) {
					found = append(found, originPattern.FindAllString(values[key], -1)...)
				}
			}
		}
	}
	return found
}

// models are the texts of the API's models by name, those of every API among them.
func (r *reader) models() map[string]object {
	all := map[string]object{}
	for name, text := range builtInModels {
		all[name] = models.Decode(text).(object)
	}
	for _, resource := range r.stack.Resources("aws_api_gateway_model") {
		if schema, ok := models.Decode(text(resource.Body, "schema")).(object); ok { // apigateway has read it
			all[text(resource.Body, "name")] = schema
		}
	}
	return all
}

// builtInModels are those that API Gateway gives every API (local/apigateway has the source).
var builtInModels = map[string]string{
	"Empty": `{"title": "Empty Schema", "type": "object"}`,
	"Error": `{"title": "Error Schema", "type": "object", "properties": {"message": {"type": "string"}}}`,
}

// anyVerbs are what ANY stands for, of the methods that OpenAPI has a name for (developer guide, "Set up a method request in API
// Gateway").
var anyVerbs = []string{http.MethodDelete, http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPatch, http.MethodPost, http.MethodPut}

// expanded has a method for each verb that an ANY stands for.
func expanded(methods []method) []method {
	own := map[string]bool{}
	for _, m := range methods {
		own[m.path+" "+m.verb] = true
	}
	var all []method
	for _, m := range methods {
		if m.verb != "ANY" {
			all = append(all, m)
			continue
		}
		for _, verb := range anyVerbs {
			if !own[m.path+" "+verb] {
				one := m
				one.verb = verb
				all = append(all, one)
			}
		}
	}
	return all
}

var pathParameter = regexp.MustCompile(`\{([^}+]+)\+?\}`)

// templated is a path as OpenAPI writes it: it has no mark for a parameter that takes the rest of the path.
func templated(path string) string { return pathParameter.ReplaceAllString(path, "{$1}") }

// filled is a path with something in place of its parameters.
func filled(path string) string { return pathParameter.ReplaceAllString(path, "text") }
