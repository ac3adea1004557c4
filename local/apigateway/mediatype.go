package apigateway

import (
	"regexp"
	"slices"
	"strings"

	"cdk.tf/go/ingest/tfjson"
)

const jsonType = "application/json"

// mediaType returns a content type without its parameters, in lower case.
//
// Assumption API-5: API Gateway selects mapping templates and models by the media type of Content-Type, without its parameters.
// So "application/json; charset=utf-8" is JSON, and "text/plain;charset=UTF-8", which browsers send with a text, is text/plain.
// AWS does not document it. It follows from clients: axios 0.x sends "application/json;charset=utf-8" (axios/axios,
// lib/defaults.js), also to APIs whose only template is for application/json and whose passthrough behaviour is NEVER
// (awslabs/aws-solutions-constructs, apigateway-helper.ts).
//
// A template for a wildcard would be one for that text: AWS documents $default alone.
func mediaType(contentType string) string {
	contentType, _, _ = strings.Cut(contentType, ";")
	contentType = strings.TrimSpace(contentType)
	if slices.ContainsFunc([]byte(contentType), func(c byte) bool { return 'A' <= c && c <= 'Z' }) {
		return strings.ToLower(contentType)
	}
	return contentType
}

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
