package apigateway

import (
	"cmp"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go/logging"
)

// Signature Version 4 (IAM user guide, "AWS Signature Version 4 for API requests").
const (
	algorithm   = "AWS4-HMAC-SHA256"
	signedName  = "execute-api"
	amzTime     = "20060102T150405Z"
	maxSkew     = 5 * time.Minute // "Signature expired: … (… - 5 min.)"
	maxPresign  = 7 * 24 * time.Hour
	notMatching = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
)

// caller is the principal that signed a request. A key that is given to this process may invoke everything, because a stack
// does not declare the policies of people.
type caller struct{ accessKey, arn string }

// signature is a request's signature, from its header or its query string.
type signature struct {
	accessKey, date, region, service, terminator string
	signedHeaders                                []string
	signature                                    string
	time                                         time.Time
	expires                                      time.Duration // of a presigned URL
	presigned                                    bool
}

func failSignature(text string, args ...any) *failure {
	return &failure{responseType: invalidSignature, errorType: "InvalidSignatureException", message: fmt.Sprintf(text, args...)}
}

func failIncomplete(text string, args ...any) *failure {
	return &failure{responseType: invalidSignature, errorType: "IncompleteSignatureException", message: fmt.Sprintf(text, args...)}
}

// authorize checks the signature of a request to a method with IAM authorisation. It includes the body, whose hash is signed.
func (x *exchange) authorize() *failure {
	if x.method.authorization != authIAM {
		return nil // NONE; New lets nothing else through unless it was told to
	}
	signed, fail := parseSignature(x.r)
	if fail != nil {
		return fail
	}
	if fail := signed.checkScope(x.api.opts.Region); fail != nil {
		return fail
	}
	if fail := signed.checkTime(x.arrived); fail != nil {
		return fail
	}
	secret, arn, known := x.api.opts.Credentials(signed.accessKey)
	if !known {
		return &failure{responseType: accessDenied, errorType: "UnrecognizedClientException", message: "The security token included in the request is invalid."}
	}
	if fail := x.readBody(); fail != nil {
		return fail
	}
	if fail := signed.verify(x.api.signer, x.r, x.request.text, secret); fail != nil {
		return fail
	}
	x.caller = caller{accessKey: signed.accessKey, arn: arn}
	return nil
}

// parseSignature reads the signature of a request. A request without one has its own failure.
func parseSignature(r *http.Request) (signature, *failure) {
	if header := r.Header.Get("Authorization"); header != "" {
		return parseHeader(r, header)
	}
	if strings.Contains(r.URL.RawQuery, "X-Amz-Algorithm=") {
		return parsePresigned(signedQuery(r.URL.RawQuery))
	}
	return signature{}, failMissingToken
}

// parseHeader reads "AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…".
func parseHeader(r *http.Request, header string) (signature, *failure) {
	scheme, rest, _ := strings.Cut(header, " ")
	fields := map[string]string{}
	if scheme != algorithm {
		rest = header
	}
	for _, field := range strings.FieldsFunc(rest, func(c rune) bool { return c == ',' || c == ' ' }) {
		name, value, ok := strings.Cut(field, "=")
		if !ok {
			return signature{}, failIncomplete("'%s' not a valid key=value pair (missing equal-sign) in Authorization header: '%s'.", field, header)
		}
		fields[name] = value
	}
	if scheme != algorithm {
		return signature{}, failMissingToken
	}
	var missing strings.Builder
	for _, name := range []string{"Credential", "Signature", "SignedHeaders"} {
		if fields[name] == "" {
			fmt.Fprintf(&missing, "Authorization header requires '%s' parameter. ", name)
		}
	}
	date := cmp.Or(r.Header.Get("X-Amz-Date"), basicDate(r.Header.Get("Date")))
	if date == "" {
		missing.WriteString("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ")
	}
	if missing.Len() > 0 {
		return signature{}, failIncomplete("%sAuthorization=%s", missing.String(), scheme)
	}
	return newSignature(fields["Credential"], date, fields["SignedHeaders"], fields["Signature"])
}

// basicDate spells HTTP's Date as X-Amz-Date is spelt. It returns any other text as it is.
func basicDate(date string) string {
	at, err := http.ParseTime(date)
	if err != nil {
		return date
	}
	return at.UTC().Format(amzTime)
}

func parsePresigned(query url.Values) (signature, *failure) {
	var missing strings.Builder
	for _, name := range []string{"X-Amz-Credential", "X-Amz-Date", "X-Amz-Signature", "X-Amz-SignedHeaders"} {
		if query.Get(name) == "" {
			fmt.Fprintf(&missing, "AWS query-string parameters must include '%s'. ", name)
		}
	}
	if missing.Len() > 0 || query.Get("X-Amz-Algorithm") != algorithm {
		return signature{}, failIncomplete("%sRe-examine the query-string parameters.", missing.String())
	}
	s, fail := newSignature(query.Get("X-Amz-Credential"), query.Get("X-Amz-Date"), query.Get("X-Amz-SignedHeaders"), query.Get("X-Amz-Signature"))
	s.presigned = true
	if text := query.Get("X-Amz-Expires"); text != "" && fail == nil {
		seconds, err := strconv.ParseInt(text, 10, 32)
		s.expires = time.Duration(seconds) * time.Second
		if err != nil || seconds < 1 || s.expires > maxPresign {
			return s, failIncomplete("X-Amz-Expires must be a number between 1 and %d: '%s'.", int(maxPresign.Seconds()), text)
		}
	}
	return s, fail
}

func newSignature(credential, date, signedHeaders, text string) (signature, *failure) {
	scope := strings.Split(credential, "/")
	if len(scope) < 5 {
		return signature{}, failIncomplete("Credential must have at least 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '%s'", credential)
	}
	at, err := time.Parse(amzTime, date)
	if err != nil {
		return signature{}, failIncomplete("Date must be in ISO-8601 'basic format'. Got '%s'. See http://en.wikipedia.org/wiki/ISO_8601", date)
	}
	n := len(scope)
	return signature{
		accessKey: strings.Join(scope[:n-4], "/"), date: scope[n-4], region: scope[n-3], service: scope[n-2], terminator: scope[n-1],
		signedHeaders: strings.Split(strings.ToLower(signedHeaders), ";"), signature: text, time: at,
	}, nil
}

func (s signature) checkScope(region string) *failure {
	var wrong strings.Builder
	if day := s.time.Format("20060102"); s.date != day {
		fmt.Fprintf(&wrong, "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '%s' != '%s', from '%s'. ", s.date, day, s.time.Format(amzTime))
	}
	if s.region != region {
		fmt.Fprintf(&wrong, "Credential should be scoped to a valid region, not '%s'. ", s.region)
	}
	if s.service != signedName {
		fmt.Fprintf(&wrong, "Credential should be scoped to correct service: '%s'. ", signedName)
	}
	if s.terminator != "aws4_request" {
		fmt.Fprintf(&wrong, "Credential should be scoped with a valid terminator: 'aws4_request', not '%s'. ", s.terminator)
	}
	if !slices.Contains(s.signedHeaders, "host") {
		wrong.WriteString("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization. ")
	}
	if wrong.Len() > 0 {
		return failSignature("%s", strings.TrimSpace(wrong.String()))
	}
	return nil
}

// checkTime refuses a signature whose time differs by more than 5 minutes, or whose presigned URL has expired (mhart/aws4#118
// for the words).
func (s signature) checkTime(now time.Time) *failure {
	now = now.UTC()
	allowed := cmp.Or(s.expires, maxSkew)
	if oldest := now.Add(-allowed); s.time.Before(oldest) {
		return failSignature("Signature expired: %s is now earlier than %s (%s - %s)", s.time.Format(amzTime), oldest.Format(amzTime), now.Format(amzTime), spell(allowed))
	}
	if newest := now.Add(maxSkew); s.time.After(newest) {
		return failSignature("Signature not yet current: %s is still later than %s (%s + 5 min.)", s.time.Format(amzTime), newest.Format(amzTime), now.Format(amzTime))
	}
	return nil
}

func spell(d time.Duration) string {
	if d%time.Minute == 0 {
		return fmt.Sprintf("%d min.", int(d.Minutes()))
	}
	return fmt.Sprintf("%d sec.", int(d.Seconds()))
}

// verify signs the request again with the SDK's own signer, and compares.
//
// The signer leaves out the headers User-Agent, X-Amzn-Trace-Id, Expect and Transfer-Encoding, as every AWS SDK does. So this
// package refuses a signature over one of them, which AWS would accept.
func (s signature) verify(signer *v4.Signer, r *http.Request, body []byte, secret string) *failure {
	credentials := aws.Credentials{AccessKeyID: s.accessKey, SecretAccessKey: secret}
	sum := sha256.Sum256(body)
	var right signing
	for _, query := range signedQueries(r.URL.RawQuery) {
		var now signing
		got, err := s.sign(signer, s.signedPart(r, query), credentials, hex.EncodeToString(sum[:]), &now)
		if err != nil {
			fail := failSignature(notMatching)
			fail.cause = err
			return fail
		}
		if subtle.ConstantTimeCompare([]byte(got), []byte(s.signature)) == 1 {
			return nil
		}
		if right == (signing{}) { // as AWS's SDKs read the query
			right = now
		}
	}
	return failSignature(notMatching+shouldHaveBeen, right.canonical, right.toSign)
}

// shouldHaveBeen follows notMatching, up to its last line end (mhart/aws4#33, aws/aws-sdk-js#2372 and
// postmanlabs/postman-app-support#1663, recorded on AWS).
const shouldHaveBeen = "\n\nThe Canonical String for this request should have been\n'%s'\n\nThe String-to-Sign should have been\n'%s'\n"

// signing has the strings that the SDK's signer signs. The signer gives them only to its logger.
type signing struct{ canonical, toSign string }

// Logf takes the two strings of the signer's one message.
func (s *signing) Logf(_ logging.Classification, _ string, signed ...any) {
	if len(signed) >= 2 {
		s.canonical, s.toSign = fmt.Sprint(signed[0]), fmt.Sprint(signed[1])
	}
}

func (s *signing) listen(o *v4.SignerOptions) { o.Logger, o.LogSigning = s, true }

// signedPart returns the signed part of a request, without the body.
func (s signature) signedPart(r *http.Request, query url.Values) *http.Request {
	part := &http.Request{Method: r.Method, Host: r.Host, URL: signedURL(r.URL), Header: http.Header{}}
	part.URL.RawQuery = query.Encode()
	for _, name := range s.signedHeaders {
		switch name {
		case "host":
		case "content-length": // the signer adds it by the length
			part.ContentLength = r.ContentLength
		default:
			part.Header[http.CanonicalHeaderKey(name)] = slices.Clone(r.Header.Values(name)) // the signer writes into it
		}
	}
	return part
}

// sign signs a request, and fills in the strings that it signed.
func (s signature) sign(signer *v4.Signer, r *http.Request, credentials aws.Credentials, hash string, what *signing) (string, error) {
	if !s.presigned {
		if err := signer.SignHTTP(r.Context(), credentials, r, hash, s.service, s.region, s.time, what.listen); err != nil {
			return "", err
		}
		_, text, found := strings.Cut(r.Header.Get("Authorization"), "Signature=")
		if !found {
			return "", errors.New("the signer signed nothing")
		}
		return text, nil
	}
	query := r.URL.Query() // signedPart encoded it
	if token := query.Get("X-Amz-Security-Token"); token != "" {
		credentials.SessionToken = token
	}
	query.Del("X-Amz-Signature")
	r.URL.RawQuery = query.Encode()
	signed, _, err := signer.PresignHTTP(r.Context(), credentials, r, hash, s.service, s.region, s.time, what.listen)
	if err != nil {
		return "", err
	}
	at, err := url.Parse(signed)
	if err != nil {
		return "", err
	}
	return at.Query().Get("X-Amz-Signature"), nil
}

// signedURL returns a URL with its path as AWS reads it for a signature (assumption API-18). The SDK's signer leaves a path as it is.
func signedURL(from *url.URL) *url.URL {
	to := *from
	sent := from.EscapedPath()
	normal := path.Clean("/" + sent)
	if strings.HasSuffix(sent, "/") && normal != "/" {
		normal += "/"
	}
	to.RawPath = normal
	to.Path, _ = url.PathUnescape(normal) // was a URL's
	return &to
}

// signedQuery reads a query string as signers do: only "&" separates parameters, and a "%" without two hexadecimal digits after
// it is literal. net/url drops parameters with a ";" or such a "%", and so does the SDK's signer.
//
// Assumption API-18: a signature (Signature Version 4) covers a path without the slashes and dot segments that say nothing, so
// //dev//submit is signed as /dev/submit (botocore, SigV4Auth; aws/aws-sdk-js-v3#3408: "the server side strips the redundant
// slashes"), and a query string whose names and values the signer has encoded again, so ";" is signed as %3B and %zz as %25zz
// (curl/curl, lib/http_aws_sigv4.c). A "+" is a space for AWS's SDKs and literal for curl: a signature of either is accepted. AWS
// does not document what API Gateway does with any such query.
func signedQuery(raw string) url.Values {
	query := url.Values{}
	for pair := range strings.SplitSeq(raw, "&") {
		if pair != "" {
			name, value, _ := strings.Cut(pair, "=")
			query.Add(unescaped(name), unescaped(value))
		}
	}
	return query
}

// signedQueries returns the possible readings of a query before it was signed.
func signedQueries(raw string) []url.Values {
	ways := []url.Values{signedQuery(raw)}
	if strings.Contains(raw, "+") {
		ways = append(ways, signedQuery(strings.ReplaceAll(raw, "+", "%2B")))
	}
	return ways
}

var strayPercent = regexp.MustCompile(`%([^0-9A-Fa-f]|[0-9A-Fa-f]?$|[0-9A-Fa-f][^0-9A-Fa-f])`)

func unescaped(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	for strayPercent.MatchString(text) { // again, because two may share what follows
		text = strayPercent.ReplaceAllString(text, "%25$1")
	}
	plain, _ := url.QueryUnescape(text) // has no other mistake
	return plain
}
