package apigateway

import (
	"cmp"
	"strconv"
	"strings"

	"cdk.tf/go/ingest/tfjson"
)

// These are the types of gateway responses that can occur here.
const (
	accessDenied       = "ACCESS_DENIED"
	apiConfiguration   = "API_CONFIGURATION_ERROR"
	badBody            = "BAD_REQUEST_BODY"
	badParameters      = "BAD_REQUEST_PARAMETERS"
	default4xx         = "DEFAULT_4XX"
	default5xx         = "DEFAULT_5XX"
	integrationFailure = "INTEGRATION_FAILURE"
	integrationTimeOut = "INTEGRATION_TIMEOUT"
	invalidKey         = "INVALID_API_KEY"
	invalidSignature   = "INVALID_SIGNATURE"
	missingToken       = "MISSING_AUTHENTICATION_TOKEN"
	quotaExceeded      = "QUOTA_EXCEEDED"
	tooLarge           = "REQUEST_TOO_LARGE"
	throttled          = "THROTTLED"
	unsupportedMedia   = "UNSUPPORTED_MEDIA_TYPE"
)

// responseTypes are all types of gateway responses with their statuses (developer guide, "Gateway response types"). The last
// six cannot occur here, but a stack may declare them.
var responseTypes = map[string]int{
	accessDenied: 403, apiConfiguration: 500, badBody: 400, badParameters: 400, default4xx: 400, default5xx: 500,
	integrationFailure: 504, integrationTimeOut: 504, invalidKey: 403, invalidSignature: 403, missingToken: 403,
	quotaExceeded: 429, tooLarge: 413, throttled: 429, unsupportedMedia: 415,

	"AUTHORIZER_CONFIGURATION_ERROR": 500, "AUTHORIZER_FAILURE": 500, "EXPIRED_TOKEN": 403, "RESOURCE_NOT_FOUND": 404,
	"UNAUTHORIZED": 401, "WAF_FILTERED": 403,
}

// failure is the reason for an answer that API Gateway gives itself. The header x-amzn-ErrorType has its kind.
type failure struct {
	responseType string
	// status replaces the gateway response's own status. 0 keeps that.
	status    int
	message   string
	errorType string
	// broken is the fault of a body.
	broken broken
	// cause is for the execution log only. It holds no data of the request.
	cause error
}

func (f *failure) text() string {
	if f == nil {
		return ""
	}
	return f.message
}

func (f *failure) typeName() string {
	if f == nil {
		return ""
	}
	return f.responseType
}

func (f *failure) validationText() string {
	if f == nil {
		return ""
	}
	return f.broken.says
}

// These failures have fixed messages. The error types are those of localstack's gateway_response.py. Its tests validate
// MissingAuthenticationTokenException, BadRequestException, ForbiddenException and InternalServerErrorException on AWS.
var (
	failMissingToken = &failure{responseType: missingToken, message: "Missing Authentication Token", errorType: "MissingAuthenticationTokenException"}
	failKey          = &failure{responseType: invalidKey, message: "Forbidden", errorType: "ForbiddenException"}
	failThrottled    = &failure{responseType: throttled, message: "Too Many Requests", errorType: "TooManyRequestsException"}
	failQuota        = &failure{responseType: quotaExceeded, message: "Limit Exceeded", errorType: "LimitExceededException"}
	failNoStage      = &failure{message: "Forbidden", errorType: "ForbiddenException"}
	failHeader       = &failure{message: "HTTP header is larger than 10240 bytes."}
	failTooLarge     = &failure{responseType: tooLarge, message: "Request Too Long", errorType: "RequestTooLargeException"}
	failMedia        = &failure{responseType: unsupportedMedia, message: "Unsupported Media Type", errorType: "BadRequestException"}
)

func failInternal(responseType string, cause error) *failure {
	message := "Internal server error"
	if responseType == integrationTimeOut {
		message = "Endpoint request timed out"
	}
	return &failure{responseType: responseType, message: message, errorType: "InternalServerErrorException", cause: cause}
}

// failBody returns the failure for a body that the API refuses.
func failBody(wrong broken, cause error) *failure {
	return &failure{responseType: badBody, message: "Invalid request body", errorType: "BadRequestException", broken: wrong, cause: cause}
}

// gatewayResponse is the answer to a type of failure.
type gatewayResponse struct {
	status  int
	bodies  map[string]format // by media type, in lower case
	first   string
	headers []mapping
}

// defaultBody is the body of the gateway responses that a stack does not declare, and deniedBody the one that AWS writes
// differently (localstack's test_gateway_response_crud, validated on AWS).
//
// Assumption API-3: AWS's own body of the gateway response ACCESS_DENIED names its text "Message", with a capital letter; all
// others name it "message" (localstack's gateway_exception.py says so of AWS, although its declared template does not differ).
const (
	defaultBody = `{"message":$context.error.messageString}`
	deniedBody  = `{"Message":$context.error.messageString}`
)

func (r *reader) readGatewayResponses() {
	declared := map[string]*gatewayResponse{}
	each(r, "aws_api_gateway_gateway_response", func(res tfjson.Resource, block gatewayResponseBlock) {
		if !r.ours(res, block.API) {
			return
		}
		if _, known := responseTypes[block.Type]; !known {
			r.problem(res, "response_type is %q; use one of %s", block.Type, strings.Join(sortedKeys(responseTypes), ", "))
			return
		}
		if declared[block.Type] != nil {
			r.problem(res, "response_type is %s, which another declares already", block.Type)
		}
		declared[block.Type] = r.gatewayResponse(res, block)
	})
	r.api.gateway = map[string]*gatewayResponse{}
	for typ, status := range responseTypes {
		r.api.gateway[typ] = resolveGatewayResponse(typ, status, declared)
	}
}

// resolveGatewayResponse picks the response to a type: its own one, else DEFAULT_4XX or DEFAULT_5XX, else AWS's. A default's
// status replaces the status of every type that it answers (developer guide, "Gateway response types").
//
// Assumption API-4: the gateway response of a 413 (REQUEST_TOO_LARGE) cannot be customised, by its own response or by DEFAULT_4XX
// (developer guide, "Important notes": "Customizing the default gateway response for 413 REQUEST_TOO_LARGE isn't currently
// supported"). So a 413 has no CORS headers.
func resolveGatewayResponse(typ string, status int, declared map[string]*gatewayResponse) *gatewayResponse {
	chosen := declared[typ]
	if chosen == nil {
		chosen = declared[default4xx]
		if status >= 500 {
			chosen = declared[default5xx]
		}
	}
	if chosen == nil || typ == tooLarge {
		text := defaultBody
		if typ == accessDenied {
			text = deniedBody
		}
		body, _ := parseFormat(text, findContext)
		return &gatewayResponse{status: status, first: jsonType, bodies: map[string]format{jsonType: body}}
	}
	resolved := *chosen
	if resolved.status == 0 {
		resolved.status = status
	}
	return &resolved
}

func (r *reader) gatewayResponse(res tfjson.Resource, block gatewayResponseBlock) *gatewayResponse {
	answer := &gatewayResponse{bodies: map[string]format{}}
	if block.Status != "" {
		if !status.MatchString(block.Status) {
			r.problem(res, "status_code is %q; use one of 200 to 599", block.Status)
		}
		answer.status, _ = strconv.Atoi(block.Status)
	}
	texts := block.Templates
	if len(texts) == 0 {
		texts = map[string]string{jsonType: defaultBody}
	}
	checkMediaTypes(r, res, "response_templates", texts)
	for _, contentType := range sortedKeys(texts) {
		body, err := parseFormat(texts[contentType], findAnywhere)
		if err != nil {
			r.problem(res, "response_templates of %s: %w", contentType, err)
		}
		answer.bodies[strings.ToLower(contentType)] = body
	}
	answer.first = sortedKeys(answer.bodies)[0]
	for _, key := range sortedKeys(block.Parameters) {
		name, ok := strings.CutPrefix(key, "gatewayresponse.header.")
		if !ok || !headerName.MatchString(name) {
			r.problem(res, "response_parameters has %q; use gatewayresponse.header.NAME", key)
			continue
		}
		value, err := gatewayValue(block.Parameters[key])
		if err != nil {
			r.problem(res, "response_parameters of %s: %w", key, err)
			continue
		}
		answer.headers = append(answer.headers, mapping{name: remapped(name), value: value})
	}
	return answer
}

// findAnywhere finds a variable of a gateway response's body: "$context variable values and $stageVariables property values, as
// well as method request parameters", in "simple variable substitutions", which are not VTL (developer guide, "Gateway
// responses in API Gateway").
func findAnywhere(name string) (variable, error) {
	if place, ok := strings.CutPrefix(name, "method.request."); ok {
		kind, parameter, _ := strings.Cut(place, ".")
		value, err := parameterValue(kind, parameter)
		return func(x *exchange) string {
			text, _ := value.from(x) // a parameter has no error
			return text
		}, err
	}
	if stageVariable, ok := strings.CutPrefix(name, "stageVariables."); ok {
		return func(x *exchange) string { return x.stage.variables[stageVariable] }, nil
	}
	return findContext(name)
}

// answerFailure answers a failure with its gateway response.
func (x *exchange) answerFailure(f *failure) {
	x.failure = f
	chosen := x.api.cfg.gateway[f.responseType]
	contentType := selectByAccept(x.r.Header.Get("Accept"), chosen.bodies, chosen.first)
	x.answer.status = cmp.Or(f.status, chosen.status)
	x.answer.contentType = contentType
	escape := strings.Contains(contentType, "json")
	x.answer.headers = x.answer.headers[:0] // an answer may have been half made
	x.answer.body = chosen.bodies[contentType].append(nil, x, "", escape)
	x.answer.set("x-amzn-ErrorType", f.errorType)
	for _, m := range chosen.headers {
		if text, err := m.value.of(x); err == nil && text != "" {
			x.answer.set(m.name, text)
		}
	}
	x.explain(f)
}

// selectByAccept picks the template of an answer: the first type that the request accepts, else JSON, else the first (developer
// guide, "Select a VTL mapping template", and "Important notes": "API Gateway only honors the first Accept media type").
func selectByAccept[template any](accept string, templates map[string]template, first string) string {
	if accept != "" {
		wanted, _, _ := strings.Cut(accept, ",")
		if wanted = mediaType(wanted); templates != nil {
			if _, ok := templates[wanted]; ok {
				return wanted
			}
		}
	}
	if _, ok := templates[jsonType]; ok {
		return jsonType
	}
	return first
}
