package apigateway

import (
	"regexp"

	"cdk.tf/go/ingest/tfjson"
)

// mediaTypePattern is "TYPE/SUBTYPE" of HTTP tokens, with any parameters (RFC 9110, "Media Type").
//
// Assumption API-19: API Gateway refuses a key of templates or models that is not a media type ("Invalid content type
// specified: 123" of an integration response's template, localstack's test_integration_response_invalid_responsetemplates, and
// of a model's content type, pf-apigw-model-content-type in badmintoncryer/cdk-preflight: both recorded on AWS). AWS does not
// document which characters it accepts, so only what cannot be a media type is refused here.
var mediaTypePattern = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+/[!#$%&'*+.^_`|~0-9A-Za-z-]+[ \t]*(;.*)?$")

func isMediaType(text string) bool { return mediaTypePattern.MatchString(text) }

// checkMediaTypes checks keys that must be media types.
func checkMediaTypes[value any](r *reader, res tfjson.Resource, attribute string, listed map[string]value) {
	for _, key := range sortedKeys(listed) {
		if !isMediaType(key) {
			r.problem(res, "%s has %q, which API Gateway refuses; use a media type, such as application/json", attribute, key)
		}
	}
}
