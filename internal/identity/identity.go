// Package identity reads where a request carries what identifies its caller to an API Gateway authorizer.
package identity

import "strings"

// Source is a part of a request: a header, or a parameter of the query.
type Source struct {
	// In is "header" or "query".
	In, Name string
}

// standard is what the AWS provider declares for an authorizer that names no source (terraform-provider-aws,
// internal/service/apigateway/authorizer.go, the default of identity_source).
const standard = "method.request.header.Authorization"

// Sources are those parts of a request that an aws_api_gateway_authorizer reads and the client sends, in the order of its identity_source.
// It may also read variables of the context or of the stage, which no client sends. An authorizer with an empty identity_source has none.
func Sources(authorizer map[string]any) []Source {
	said := standard
	if value, ok := authorizer["identity_source"].(string); ok {
		said = value
	}
	var sources []Source
	for part := range strings.SplitSeq(said, ",") {
		place, name, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(part), "method.request."), ".")
		in := map[string]string{"header": "header", "querystring": "query"}[place]
		if in != "" && name != "" {
			sources = append(sources, Source{in, name})
		}
	}
	return sources
}
