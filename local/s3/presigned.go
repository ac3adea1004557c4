package s3

import (
	"net/http"
	"slices"
	"strings"
)

// signing are the parameters of a presigned request that are its signature's own. S3 takes what remains for headers, except these.
var signing = []string{
	"X-Amz-Algorithm", "X-Amz-Content-Sha256", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-Security-Token", "X-Amz-Signature",
	"X-Amz-Signedheaders",
}

// unheeded are the headers that S3 does not heed in a query.
var unheeded = []string{algorithmHeader, "X-Amz-Trailer"}

// withSigned returns a presigned request with the headers that its signer has moved to the query. A header that the request has
// outweighs its parameter.
//
// Assumption S3-19: in a presigned request to S3, a parameter x-amz-… is the header of that name: an upload with x-amz-meta-… in its
// query has that metadata (aws/aws-sdk-js-v3#4694, aws/aws-sdk-ruby#1808). With signature version 2 so are content-type and content-md5
// (botocore, HmacV1QueryAuth), and x-amz-tagging tags the object (floci-io/floci#3608). With version 4 so are the conditions if-match and
// if-none-match (localstack's test_pre_signed_url_if_match and test_pre_signed_url_if_none_match, recorded on AWS). S3 heeds no checksum
// there, which the SDK for JavaScript makes of an empty body (localstack/localstack#12169).
func withSigned(r *http.Request) *http.Request {
	query := r.URL.Query()
	inVersion2 := query.Has("Signature") && query.Has("Expires")
	if !inVersion2 && !query.Has("X-Amz-Signature") {
		return r
	}
	signed := *r
	signed.Header = r.Header.Clone()
	for name, values := range query {
		name = http.CanonicalHeaderKey(name)
		if signed.Header.Get(name) == "" && isSignedHeader(name, inVersion2) {
			signed.Header[name] = values
		}
	}
	return &signed
}

// isSignedHeader reports whether S3 takes a parameter of a presigned request for a header. The name is in canonical form.
func isSignedHeader(name string, inVersion2 bool) bool {
	switch name {
	case "Content-Type", "Content-Md5":
		return inVersion2
	case "If-Match", "If-None-Match":
		return !inVersion2
	}
	return strings.HasPrefix(name, "X-Amz-") && !strings.HasPrefix(name, checksumPrefix) && !slices.Contains(signing, name) && !slices.Contains(unheeded, name)
}
