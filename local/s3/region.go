package s3

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/johannesboyne/gofakes3"

	"cdk.tf/go/ingest/local/internal/signature"
)

// wrongRegion is the error of a request that is signed for another region; as XML it names the right one.
type wrongRegion struct {
	gofakes3.ErrorResponse
	Region string
}

// withVersion2 are the regions whose S3 takes signature version 2.
//
// Assumption S3-23: S3 refuses signature version 2 with InvalidRequest in the regions that began after January 2014 (S3 API reference,
// "Authenticating requests (AWS Signature Version 4)"; s3tools/s3cmd#402 quotes it and has the words). In the older ones it takes it
// (localstack's presigned requests of version 2, recorded in us-east-1).
var withVersion2 = []string{
	"us-east-1", "us-west-1", "us-west-2", "eu-west-1", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1", "sa-east-1", "us-gov-west-1",
}

// checkRegion checks the region that a request is signed for, and that its credential names one.
//
// Assumption S3-12: an endpoint of S3 answers a request that is signed for another region than its own with 400 and the right region,
// in the body and in x-amz-bucket-region: AuthorizationHeaderMalformed, or AuthorizationQueryParametersError for a presigned one
// (jsoma/flatware#10 has a recorded one). The AWS address is an endpoint of the stack's region. An endpoint of
// another region would redirect to it with 301, but there is none here.
func (g guard) checkRegion(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	if isInVersion2(r) && !slices.Contains(withVersion2, g.region) {
		return gofakes3.ErrorMessage("InvalidRequest", "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.")
	}
	region, service := signature.Scope(r)
	code, what := gofakes3.ErrorCode("AuthorizationHeaderMalformed"), "The authorization header is malformed"
	if query.Has("X-Amz-Credential") {
		code, what = "AuthorizationQueryParametersError", "Error parsing the X-Amz-Credential parameter"
	}
	if service == "" && isSigned(r) {
		// The words are those of localstack's test_presigned_double_encoded_credentials, recorded on AWS.
		return gofakes3.ErrorMessagef(code, `%s; the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".`, what)
	}
	if region == "" || region == g.region {
		return nil
	}
	if bucket, _ := named(r); bucket != "" {
		w.Header().Set("X-Amz-Bucket-Region", g.region)
	}
	return &wrongRegion{gofakes3.ErrorResponse{Code: code, Message: fmt.Sprintf("%s; the region '%s' is wrong; expecting '%s'", what, region, g.region)}, g.region}
}

// isInVersion2 reports whether a request is signed with signature version 2.
func isInVersion2(r *http.Request) bool {
	query := r.URL.Query()
	return strings.HasPrefix(r.Header.Get("Authorization"), "AWS ") || query.Has("Signature") && query.Has("AWSAccessKeyId")
}

// isSigned reports whether a request has a credential of signature version 4, or should have.
func isSigned(r *http.Request) bool {
	return r.URL.Query().Has("X-Amz-Credential") || strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-")
}
