package apigateway

import (
	"regexp"

	"cdk.tf/go/ingest/tfjson"
)

// mediaTypePattern is "TYPE/SUBTYPE" of HTTP's tokens, with whatever parameters (RFC 9110, "Media Type").
//
// Assumption API-19: API Gateway refuses what is no media type wherever templates and models are listed by one ("Invalid content
// type specified: 123" of an integration response's template, localstack's
// test_integration_response_invalid_responsetemplates, and of a model's content type, pf-apigw-model-content-type in
// badmintoncryer/cdk-preflight: both recorded on AWS). Which characters it takes is not documented, so that only what no media
// type can be is refused here.
var mediaTypePattern = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+/[!#$%&'*+.^_`|~0-9A-Za-z-]+[ \t]*(;.*)?$")

func isMediaType(text string) bool { return mediaTypePattern.MatchString(text) }

// checkMediaTypes checks the keys of what is listed by media type.
func checkMediaTypes[value any](r *reader, res tfjson.Resource, attribute string, listed map[string]value) {
	for _, key := range sortedKeys(listed) {
		if !isMediaType(key) {
			r.problem(res, "%s has %q, which API Gateway refuses; use a media type, such as application/json", attribute, key)
		}
	}
}
