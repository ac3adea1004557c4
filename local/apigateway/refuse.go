package apigateway

import (
	"fmt"
	"net/http"
	"strings"
)

// words are the failures that Refuse makes, by their types. A request can cause the last three too. Nothing on one machine causes
// the others with these words.
//
// Assumption API-23: a request without a valid token gets 401 "Unauthorized", one that its authorizer denies gets 403 "User is
// not authorized to access this resource" (AWS re:Post, "Why am I getting API Gateway 401 Unauthorized errors after creating a
// Lambda authorizer?" and "How do I troubleshoot HTTP 403 Forbidden errors when using a Lambda authorizer with an API Gateway
// REST API?"), and one that the firewall blocks gets 403 "Forbidden" (re:Post, "How do I troubleshoot HTTP 403 errors from API
// Gateway?"). The words of an expired token and of an authorizer that fails are not documented.
var words = map[string]failure{
	accessDenied:                     {message: "User is not authorized to access this resource", errorType: "AccessDeniedException"},
	"AUTHORIZER_CONFIGURATION_ERROR": {message: "Internal server error", errorType: "AuthorizerConfigurationException"},
	"AUTHORIZER_FAILURE":             {message: "Internal server error", errorType: "AuthorizerFailureException"},
	"EXPIRED_TOKEN":                  {message: "The security token included in the request is expired", errorType: "ExpiredTokenException"},
	"UNAUTHORIZED":                   {message: "Unauthorized", errorType: "UnauthorizedException"},
	"WAF_FILTERED":                   {message: "Forbidden", errorType: "ForbiddenException"},
	apiConfiguration:                 *failInternal(apiConfiguration, nil),
	quotaExceeded:                    *failQuota,
	throttled:                        *failThrottled,
}

// Refuse answers a request to one of the API's stages as API Gateway does where it refuses it for a reason of the given type
// of gateway response, such as "THROTTLED". For whoever describes the API: a throttle cannot be provoked with one request, and
// an authorizer or a firewall not at all. Another type than those, and a path that begins with no stage, are errors.
func (a *API) Refuse(w http.ResponseWriter, r *http.Request, responseType string) error {
	fail, known := words[responseType]
	if !known {
		return fmt.Errorf("the type of gateway response is %q; use one of %s", responseType, strings.Join(sortedKeys(words), ", "))
	}
	fail.responseType = responseType
	x := &exchange{api: a, w: w, r: r, arrived: a.opts.Clock.Now(), path: pathOf(r), verb: r.Method}
	name, rest, _ := strings.Cut(x.path[1:], "/")
	if x.stage = a.cfg.stages[name]; x.stage == nil {
		return fmt.Errorf("the path is %q; begin it with one of the stages %s", x.path, strings.Join(a.cfg.Stages(), ", "))
	}
	x.identify()
	x.answer.headers, x.parameters = x.headerSpace[:0], x.space[:0]
	x.method = a.cfg.root.find(rest, x.verb, &x.parameters)
	x.answerFailure(&fail)
	x.write()
	return nil
}
