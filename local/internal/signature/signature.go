// Package signature reads for whom and for what a request to an AWS service is signed. It does not check the signature.
package signature

import (
	"net/http"
	"strings"
)

// Scope is the region and the service that a request is signed for, from its credential: KEY/DATE/REGION/SERVICE/aws4_request, and
// without a region in version 4A (IAM user guide, "Elements of an AWS API request signature"). Both are "" without such a credential.
func Scope(r *http.Request) (region, service string) {
	scope := strings.Split(credential(r), "/")
	n := len(scope)
	if n < 4 || scope[n-1] != "aws4_request" {
		return "", ""
	}
	if n > 4 {
		region = scope[n-3]
	}
	return region, scope[n-2]
}

// KeyID is the id of the access key that a request is signed with; "" if it is not signed.
func KeyID(r *http.Request) string {
	id, _, _ := strings.Cut(credential(r), "/")
	return id
}

// credential is a signature's credential, from the header or else from the query.
func credential(r *http.Request) string {
	text := r.URL.Query().Get("X-Amz-Credential")
	if _, after, found := strings.Cut(r.Header.Get("Authorization"), "Credential="); found {
		text, _, _ = strings.Cut(after, ",")
	}
	return strings.TrimSpace(text)
}
