package s3

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/johannesboyne/gofakes3"
)

// longestPresigned is how long a presigned request is good at most (S3 API reference, "Authenticating requests: using query parameters").
const longestPresigned = 7 * 24 * time.Hour

// mostSkew is how far a clock may be ahead.
const mostSkew = 15 * time.Minute

// checkExpiry refuses a presigned request whose time is over. Its signature is not verified.
//
// Assumption S3-18: S3 answers 403 AccessDenied to a presigned request that has expired (aws/aws-sdk-php#1333; with signature version 2,
// aws/aws-sdk-js#3493), and 400 AuthorizationQueryParametersError to one whose X-Amz-Expires is no number of seconds from 0 to a week
// (bryanjos/aws_auth#31). One that is dated in the future gets 403 AccessDenied too (minio/minio#2638). AWS does not say from when on; here
// it is the 15 minutes by which S3 lets clocks differ (S3 API reference, "Error responses", RequestTimeTooSkewed).
// Without one of a signature's parameters it gets 403 AccessDenied with signature version 2, and 400 AuthorizationQueryParametersError
// with version 4 (localstack's test_s3_put_presigned_url_missing_sig_param, recorded on AWS).
func (g guard) checkExpiry(r *http.Request) error {
	query := r.URL.Query()
	now := g.clock.Now()
	if slices.ContainsFunc([]string{"Signature", "AWSAccessKeyId"}, query.Has) {
		return checkVersion2(query, now)
	}
	if !slices.ContainsFunc(version4, query.Has) {
		return nil
	}
	if missing := slices.IndexFunc(version4, func(name string) bool { return !query.Has(name) }); missing >= 0 {
		return wrongQuery("Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, "+
			"X-Amz-SignedHeaders, and X-Amz-Expires parameters. (%s is missing)", version4[missing])
	}
	seconds, err := strconv.ParseInt(query.Get("X-Amz-Expires"), 10, 32)
	since, dateErr := time.Parse("20060102T150405Z", query.Get("X-Amz-Date"))
	given := time.Duration(seconds) * time.Second
	switch {
	case !slices.Contains(algorithms, query.Get("X-Amz-Algorithm")):
		return wrongQuery("X-Amz-Algorithm is %q; it only supports %s", query.Get("X-Amz-Algorithm"), strings.Join(algorithms, " and "))
	case err != nil || given < 0 || given > longestPresigned:
		return wrongQuery("X-Amz-Expires is %q; it must be a number of seconds from 0 to %d, a week", query.Get("X-Amz-Expires"), longestPresigned/time.Second)
	case dateErr != nil:
		return wrongQuery("X-Amz-Date is %q; it must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"", query.Get("X-Amz-Date"))
	case now.After(since.Add(given)):
		return errExpired
	case since.After(now.Add(mostSkew)):
		return gofakes3.ErrorMessagef("AccessDenied", "Request is not yet valid: X-Amz-Date is %s, and it is %s here; set the clock of the client that signed it",
			query.Get("X-Amz-Date"), now.UTC().Format(time.RFC3339))
	}
	return nil
}

// version4 are the parameters that a request has if it is presigned with signature version 4.
var version4 = []string{"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Expires"}

// algorithms are those of versions 4 and 4A (S3 API reference, "Authenticating requests: using query parameters").
var algorithms = []string{"AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"}

// checkVersion2 is checkExpiry for a request that is presigned with signature version 2.
func checkVersion2(query url.Values, now time.Time) error {
	for _, name := range []string{"Signature", "Expires", "AWSAccessKeyId"} {
		if !query.Has(name) {
			return gofakes3.ErrorMessagef("AccessDenied", "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters (%s is missing)", name)
		}
	}
	until, err := strconv.ParseInt(query.Get("Expires"), 10, 64)
	switch {
	case err != nil:
		return gofakes3.ErrorMessagef("AccessDenied", "Invalid date (should be seconds since epoch): %s", query.Get("Expires"))
	case now.Unix() > until:
		return errExpired
	}
	return nil
}

var errExpired = gofakes3.ErrorMessage("AccessDenied", "Request has expired")

func wrongQuery(format string, values ...any) error {
	return gofakes3.ErrorMessagef("AuthorizationQueryParametersError", format, values...)
}
