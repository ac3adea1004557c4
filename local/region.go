package local

import (
	"fmt"
	"net/http"
)

// regional are the services whose calls must be signed for the stack's region. S3 has answers of its own for another region, and STS
// gives the same answer in each.
var regional = []string{"firehose", "kinesis", "kms", "logs", "monitoring"}

// refuseRegion answers a call that is signed for another region than the stack's.
//
// Assumption LOC-6: AWS refuses a call whose signature is for another region than that of the address: "Credential should be scoped
// to a valid Region" (IAM User Guide, "Troubleshoot signed requests for AWS APIs", Credential scope errors). The code is
// InvalidSignatureException with 400 in a JSON protocol (Zsmerritt/Flutter_AWS_CloudWatch#3), and SignatureDoesNotMatch with 403 in
// the query protocol (aws/aws-sdk-php#732). The address of ingest up is that of the stack's region. In another region an account has
// no resource of the stack, so no answer would be right.
func (p *Pipeline) refuseRegion(w http.ResponseWriter, r *http.Request, region string) {
	here := p.declared.region
	awsError{
		code: "InvalidSignatureException", queryCode: "SignatureDoesNotMatch", status: http.StatusBadRequest, queryStatus: http.StatusForbidden,
		why: fmt.Sprintf("Credential should be scoped to a valid Region, not '%s': the stack that runs here is in %s; set the client's region to it, "+
			"such as with AWS_REGION=%s AWS_DEFAULT_REGION=%s or --region %s", region, here, here, here, here),
	}.write(w, r, serviceOf(r))
}
