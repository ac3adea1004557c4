package apigateway

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"cdk.tf/go/ingest/internal/quota"
	"cdk.tf/go/ingest/tfjson"
)

// The shortest timeout is 50 ms (developer guide, "Amazon API Gateway quotas"). With an increased quota a Regional API waits at
// most five minutes (AWS re:Post, and Terraform's own check).
const (
	shortestTimeout = 50 * time.Millisecond
	longestTimeout  = 5 * time.Minute
)

// service is the only service that runs on one machine.
const service = "kinesis"

var (
	// status is a final HTTP status. API Gateway also accepts 100 to 199, which clients do not treat as the answer.
	status = regexp.MustCompile(`^[2-5]\d\d$`)
	// role is the ARN of a role. Any part of it may be a stage variable.
	role = regexp.MustCompile(`^arn:[a-z0-9-]+:iam::\d{12}:role/.+$|\$\{stageVariables\.`)
	// action is the URI of a service call: arn:aws:apigateway:us-east-1:kinesis:action/PutRecord.
	action = regexp.MustCompile(`^arn:[a-z0-9-]+:apigateway:([a-z0-9-]+):([a-z0-9.-]+):(action|path)/(.+)$`)
)

// illegalHeaders cannot be mapped to a service call: with one of them API Gateway answers every request with 500 (localstack's
// test_apigateway_header_remapping_aws, validated on AWS).
var illegalHeaders = []string{
	"authorization", "connection", "content-length", "expect", "proxy-authenticate", "te", "transfer-encoding",
	"x-amzn-apigateway-api-id", "x-amzn-trace-id",
}

func (r *reader) readIntegrations() {
	each(r, "aws_api_gateway_integration", func(res tfjson.Resource, block integrationBlock) {
		m := r.place(res, block.API, block.Resource, block.Method)
		if m == nil || !r.checkIntegration(res, m, block) {
			return
		}
		m.integration = &integration{
			kind: block.Type, roleARN: block.Credentials, passthrough: block.Passthrough, handling: block.ContentHandling,
			timeout:   quota.IntegrationTimeout,
			templates: r.templates(res, "request_templates", block.RequestTemplates),
			headers:   r.requestMappings(res, m, block.RequestParameters),
		}
		if m.integration.passthrough == "" {
			m.integration.passthrough = whenNoMatch
		}
		if block.TimeoutMillis != 0 {
			m.integration.timeout = time.Duration(block.TimeoutMillis) * time.Millisecond
		}
		if block.Type == typeAWS {
			uri := action.FindStringSubmatch(block.URI)
			m.integration.action = uri[4]
		}
		m.integration.fixed = fixedHeaders(m.integration.headers, r.api.ID)
	})
}

func (r *reader) checkIntegration(res tfjson.Resource, m *method, block integrationBlock) bool {
	before := len(r.problems)
	switch block.Type {
	case typeAWS:
		r.checkCall(res, block)
	case typeMock:
	default:
		r.problem(res, "type is %q; use AWS or MOCK, the only types that run on one machine", block.Type)
	}
	if m.integration != nil {
		r.problem(res, "%s %s has an integration already", m.verb, m.resource.path)
	}
	if !slices.Contains([]string{"", whenNoMatch, whenNoTemplates, never}, block.Passthrough) {
		r.problem(res, "passthrough_behavior is %q; use %s, %s or %s", block.Passthrough, whenNoMatch, whenNoTemplates, never)
	}
	r.checkHandling(res, block.ContentHandling)
	r.checkCacheKeys(res, m, block.CacheKeys)
	timeout := time.Duration(block.TimeoutMillis) * time.Millisecond
	if block.TimeoutMillis != 0 && (timeout < shortestTimeout || timeout > longestTimeout) {
		r.problem(res, "timeout_milliseconds is %d; use %d to %d", block.TimeoutMillis, shortestTimeout.Milliseconds(), longestTimeout.Milliseconds())
	} else if timeout > quota.IntegrationTimeout {
		r.api.warnings = append(r.api.warnings, fmt.Sprintf("%s: timeout_milliseconds is %d; API Gateway takes more than %d only where the account's quota has been raised",
			res.Address(), block.TimeoutMillis, quota.IntegrationTimeout.Milliseconds()))
	}
	return len(r.problems) == before
}

func (r *reader) checkCall(res tfjson.Resource, block integrationBlock) {
	uri := action.FindStringSubmatch(block.URI)
	switch {
	case uri == nil:
		r.problem(res, "uri is %q; use arn:aws:apigateway:REGION:SERVICE:action/ACTION", block.URI)
	case uri[3] == "path":
		r.problem(res, "uri is %q; calls by path are not imitated on one machine, use SERVICE:action/ACTION", block.URI)
	case uri[2] != service:
		r.problem(res, "uri is %q; %s is the only service that runs on one machine, leave it out of the environment that runs here", block.URI, service)
	case strings.ContainsAny(uri[4], "&?{"):
		r.problem(res, "uri is %q; only an action is imitated on one machine, put its parameters in the request template", block.URI)
	}
	if uri != nil && uri[1] != r.stack.Region() {
		r.problem(res, "uri is %q, of another region than the stack's; use %s, there is one region on one machine", block.URI, r.stack.Region())
	}
	r.checkRole(res, block.Credentials)
	if block.IntegrationMethod != http.MethodPost {
		r.problem(res, "integration_http_method is %q; use POST, as the services' JSON protocol does", block.IntegrationMethod)
	}
}

func (r *reader) checkRole(res tfjson.Resource, arn string) {
	switch {
	case arn == "":
		r.problem(res, "credentials is empty; name the role that API Gateway assumes for the call")
	case strings.HasSuffix(arn, ":user/*"):
		r.problem(res, "credentials is %q; calls with the caller's own identity are not imitated on one machine, name a role", arn)
	case !role.MatchString(arn):
		r.problem(res, "credentials is %q; use the ARN of a role, arn:PARTITION:iam::ACCOUNT:role/NAME", arn)
	}
}

func (r *reader) checkHandling(res tfjson.Resource, handling string) {
	if !slices.Contains([]string{"", toText, toBinary}, handling) {
		r.problem(res, "content_handling is %q; use %s, %s or nothing", handling, toText, toBinary)
	}
}

// checkCacheKeys refuses parameters that the method does not declare: "Invalid cache key parameter specified" (deployed on AWS
// by badmintoncryer/cdk-preflight, pf-apigw-integration-cache-key-parameters).
func (r *reader) checkCacheKeys(res tfjson.Resource, m *method, keys []string) {
	for _, key := range keys {
		if name, ok := strings.CutPrefix(key, "method.request."); !ok || !r.parameters[m].request[name] {
			r.problem(res, "cache_key_parameters has %q, which is not among the request_parameters of the method; declare it there, or API Gateway refuses this", key)
		}
	}
}

// requestMappings returns the mapped headers of the call. It checks parameters of the query string and of the path, and then
// drops them: an action of a JSON protocol does not use them, and a MOCK makes no call.
func (r *reader) requestMappings(res tfjson.Resource, m *method, parameters map[string]string) []mapping {
	var mappings []mapping
	for _, key := range sortedKeys(parameters) {
		place, name, _ := strings.Cut(strings.TrimPrefix(key, "integration.request."), ".")
		if !strings.HasPrefix(key, "integration.request.") || !isParameter(place, name) {
			r.problem(res, "request_parameters has %q; use integration.request.header.NAME, integration.request.querystring.NAME or integration.request.path.NAME", key)
			continue
		}
		value, err := requestValue(parameters[key], r.parameters[m].request)
		if err != nil {
			r.problem(res, "request_parameters of %s: %w", key, err)
			continue
		}
		if place != "header" {
			continue
		}
		if slices.Contains(illegalHeaders, strings.ToLower(name)) {
			r.problem(res, "request_parameters has %q; API Gateway sets that header itself and answers 500 where it is mapped", key)
			continue
		}
		mappings = append(mappings, mapping{name: name, value: value})
	}
	return mappings
}

// fixedHeaders returns the headers of every call, if none of them depends on the request.
func fixedHeaders(mappings []mapping, apiID string) http.Header {
	header := http.Header{}
	for _, m := range mappings {
		if !m.value.fixed {
			return nil
		}
		header.Set(m.name, m.value.text)
	}
	setDefaults(header, "", apiID)
	return header
}

// setDefaults adds the headers that API Gateway sends unless a mapping sets them (localstack's
// test_apigateway_header_remapping_aws, validated on AWS).
func setDefaults(header http.Header, contentType, apiID string) {
	for name, value := range map[string]string{
		"Accept": "application/json", "User-Agent": "AmazonAPIGateway_" + apiID, "Content-Type": contentType,
	} {
		if value != "" && header.Get(name) == "" {
			header.Set(name, value)
		}
	}
}

func (r *reader) readIntegrationResponses() {
	each(r, "aws_api_gateway_integration_response", func(res tfjson.Resource, block integrationResponseBlock) {
		m := r.place(res, block.API, block.Resource, block.Method)
		if m == nil {
			return
		}
		if m.integration == nil {
			r.dangling(res, "integration", "%s %s has no aws_api_gateway_integration; declare one", m.verb, m.resource.path)
			return
		}
		if !status.MatchString(block.Status) { // its method response may have said so
			r.dangling(res, "method_response", "status_code is %q; use one of 200 to 599", block.Status)
			return
		}
		declared, announced := r.parameters[m].response[block.Status]
		if !announced && !r.failed["aws_api_gateway_method_response"] {
			r.api.warnings = append(r.api.warnings, fmt.Sprintf("%s %s has no aws_api_gateway_method_response for the status %s of %s: API Gateway answers 500 where it chooses that one, although the call was made",
				m.verb, m.resource.path, block.Status, res.Address()))
		}
		r.checkHandling(res, block.ContentHandling)
		number, _ := strconv.Atoi(block.Status)
		if m.integration.answers(number) {
			r.problem(res, "status_code is %s, for which %s %s has an integration response already; API Gateway keeps one, declare one", block.Status, m.verb, m.resource.path)
			return
		}
		answer := &integrationResponse{
			status: number, unannounced: !announced, handling: block.ContentHandling,
			templates: r.templates(res, "response_templates", block.Templates),
			headers:   r.responseMappings(res, block.Parameters, declared),
		}
		if keys := sortedKeys(answer.templates); len(keys) > 0 {
			answer.first = keys[0]
		}
		r.addAnswer(res, block, m, answer)
	})
}

// answers reports whether a status has an integration response.
func (in *integration) answers(status int) bool {
	return in.fallback != nil && in.fallback.status == status ||
		slices.ContainsFunc(in.responses, func(r *integrationResponse) bool { return r.status == status })
}

// addAnswer adds an integration response. The one without a pattern answers if no pattern matches.
func (r *reader) addAnswer(res tfjson.Resource, block integrationResponseBlock, m *method, answer *integrationResponse) {
	if block.Pattern == "" {
		if m.integration.fallback != nil {
			r.problem(res, "selection_pattern is empty, as for another integration response of %s %s; AWS does not define which of them answers", m.verb, m.resource.path)
		}
		m.integration.fallback = answer
		return
	}
	pattern, err := regexp.Compile("^(?:" + block.Pattern + ")$")
	if err != nil {
		r.problem(res, "selection_pattern is %q; use a regular expression of RE2's: %w", block.Pattern, err)
		return
	}
	answer.pattern = pattern
	m.integration.responses = append(m.integration.responses, answer)
	slices.SortStableFunc(m.integration.responses, func(a, b *integrationResponse) int { return a.status - b.status })
}

// responseMappings returns the mapped headers of an answer. The method response of its status must declare each of them, as API
// Gateway's PutIntegrationResponse requires ("Invalid mapping expression parameter specified").
func (r *reader) responseMappings(res tfjson.Resource, parameters map[string]string, declared map[string]bool) []mapping {
	var mappings []mapping
	for _, key := range sortedKeys(parameters) {
		name, ok := strings.CutPrefix(key, "method.response.header.")
		if !ok || name == "" {
			r.problem(res, "response_parameters has %q; use method.response.header.NAME", key)
			continue
		}
		if !declared[key] {
			r.problem(res, "response_parameters has %q, which its aws_api_gateway_method_response does not declare; add it there, or API Gateway refuses this", key)
			continue
		}
		value, err := responseValue(parameters[key])
		if err != nil {
			r.problem(res, "response_parameters of %s: %w", key, err)
			continue
		}
		mappings = append(mappings, mapping{name: remapped(name), value: value})
	}
	return mappings
}

// checkIntegrations refuses a method without an integration, as API Gateway's CreateDeployment does ("No integration defined
// for method").
func (r *reader) checkIntegrations() {
	if len(r.problems) > 0 {
		return // the integration may be there and be one of the problems
	}
	for _, m := range r.api.methods {
		if m.integration != nil {
			m.integration.index()
		}
	}
	each(r, "aws_api_gateway_method", func(res tfjson.Resource, block methodBlock) {
		if r.resources[block.Resource].methods[block.Method].integration == nil {
			r.problem(res, "no aws_api_gateway_integration belongs to it; API Gateway refuses to deploy such a method")
		}
	})
}

func (r *reader) templates(res tfjson.Resource, attribute string, texts map[string]string) map[string]*template {
	checkMediaTypes(r, res, attribute, texts)
	parsed := map[string]*template{}
	for _, contentType := range sortedKeys(texts) {
		t, err := parseTemplate(texts[contentType])
		if err != nil {
			r.problem(res, "%s of %s: %w", attribute, contentType, err)
			continue
		}
		parsed[strings.ToLower(contentType)] = t
	}
	return parsed
}

// index finds the answer to every status once: the first whose pattern matches the whole status, else the one without a pattern
// (developer guide, "Set up an API integration response": API Gateway matches the pattern against the status, except for
// Lambda).
func (in *integration) index() {
	for code := range in.byStatus {
		in.byStatus[code] = in.find(code)
	}
}

// answer returns the integration response of a status. A MOCK's status can be any whole number.
func (in *integration) answer(code int) *integrationResponse {
	if code >= 0 && code < len(in.byStatus) {
		return in.byStatus[code]
	}
	return in.find(code)
}

func (in *integration) find(code int) *integrationResponse {
	text := strconv.Itoa(code)
	for _, answer := range in.responses {
		if answer.pattern.MatchString(text) {
			return answer
		}
	}
	return in.fallback
}
