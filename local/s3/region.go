package s3

import (
	"fmt"
	"net/http"

	"github.com/johannesboyne/gofakes3"

	"cdk.tf/go/ingest/local/internal/signature"
)

// wrongRegion is the error of a request that is signed for another region; as XML it names the right one.
type wrongRegion struct {
	gofakes3.ErrorResponse
	Region string
}

// checkRegion checks the region that a request is signed for.
//
// Assumption S3-12: an endpoint of S3 answers a request that is signed for another region than its own with 400 and the right region,
// in the body and in x-amz-bucket-region: AuthorizationHeaderMalformed, or AuthorizationQueryParametersError for a presigned one
// (jsoma/flatware#10 has a recorded one). The AWS address is an endpoint of the stack's region. An endpoint of
// another region would redirect to it with 301, but there is none here.
func (g guard) checkRegion(w http.ResponseWriter, r *http.Request) error {
	region, _ := signature.Scope(r)
	if region == "" || region == g.region {
		return nil
	}
	if bucket, _ := named(r); bucket != "" {
		w.Header().Set("X-Amz-Bucket-Region", g.region)
	}
	code, what := gofakes3.ErrorCode("AuthorizationHeaderMalformed"), "The authorization header is malformed"
	if r.URL.Query().Has("X-Amz-Credential") {
		code, what = "AuthorizationQueryParametersError", "Error parsing the X-Amz-Credential parameter"
	}
	return &wrongRegion{gofakes3.ErrorResponse{Code: code, Message: fmt.Sprintf("%s; the region '%s' is wrong; expecting '%s'", what, region, g.region)}, g.region}
}
