package spec

import (
	"slices"
	"strings"
)

// PreflightHeaders are the request headers that the answer to a preflight allows: those of CORS.AllowHeaders, and those that the API
// itself reads, which a page could not send otherwise.
func (a API) PreflightHeaders() []string {
	headers := slices.Clone(a.CORS.AllowHeaders)
	wanted := a.Authorization.headers()
	if a.PartitionKey.Source == KeyFromHeader {
		wanted = append(wanted, a.PartitionKey.Name)
	}
	for _, name := range wanted {
		if !containsFold(headers, name) {
			headers = append(headers, name)
		}
	}
	return headers
}

// headers are the request headers that identify a caller. Authorization must be named in a preflight, even with "*" (Fetch Standard,
// "CORS non-wildcard request-header name").
func (a Authorization) headers() []string {
	switch a.Kind {
	case ByIAM:
		return []string{"Authorization", "X-Amz-Content-Sha256", "X-Amz-Date", "X-Amz-Security-Token"}
	case ByAPIKey:
		return []string{"X-Api-Key"}
	case ByCognito:
		return []string{"Authorization"}
	case ByLambda:
		return a.Lambda.headers()
	}
	return nil
}

// headers are the request headers among the identity sources.
func (l LambdaAuthorizer) headers() []string {
	var names []string
	for _, source := range l.IdentitySources {
		if name, ok := strings.CutPrefix(source, headerSourcePrefix); ok {
			names = append(names, name)
		}
	}
	return names
}
