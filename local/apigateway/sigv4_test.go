package apigateway_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

var annsKey = aws.Credentials{AccessKeyID: "AKIDANN", SecretAccessKey: "verysecret"}

func hashOf(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

// signed returns a request to prod, signed by the SDK.
func signed(t *testing.T, target, body string, key aws.Credentials, service, inRegion string, at time.Time) *http.Request {
	t.Helper()
	r := request(http.MethodPost, target, body, "Content-Type: application/json", "X-Custom: a  b")
	if err := v4.NewSigner().SignHTTP(context.Background(), key, r, hashOf(body), service, inRegion, at); err != nil {
		t.Fatal(err)
	}
	return r
}

func messageOf(t *testing.T, a got) string {
	t.Helper()
	var body struct{ Message string }
	if err := json.Unmarshal([]byte(a.body), &body); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
	return body.Message
}

const doesNotMatch = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."

func TestSignatures(t *testing.T) {
	other := aws.Credentials{AccessKeyID: "AKIDANN", SecretAccessKey: "wrong"}
	nobody := aws.Credentials{AccessKeyID: "AKIDNOBODY", SecretAccessKey: "x"}
	session := aws.Credentials{AccessKeyID: "AKIDANN", SecretAccessKey: "verysecret", SessionToken: "token"}
	sign := func(change func(*http.Request)) *http.Request {
		r := signed(t, "/prod/submit?b=2&a=%2F+x&a=1", ok, annsKey, "execute-api", region, noon)
		if change != nil {
			change(r)
		}
		return r
	}
	for _, test := range []struct {
		name            string
		request         *http.Request
		status          int
		errorType, want string
	}{
		{"good", sign(nil), 200, "", "accepted"},
		{"a session", signed(t, "/prod/submit", ok, session, "execute-api", region, noon), 200, "", "accepted"},
		{"4 minutes 59 ago", signed(t, "/prod/submit", ok, annsKey, "execute-api", region, noon.Add(-299*time.Second)), 200, "", "accepted"},
		{"headers on the way", sign(func(r *http.Request) { r.Header.Set("Via", "1.1 proxy") }), 200, "", "accepted"},
		{"none", request("POST", "/prod/submit", ok), 403, "MissingAuthenticationTokenException", "Missing Authentication Token"},
		{"another body", sign(func(r *http.Request) { r.Body = http.NoBody; r.ContentLength = 0 }), 403, "InvalidSignatureException", doesNotMatch},
		{"another query", sign(func(r *http.Request) { r.URL.RawQuery += "&c=3" }), 403, "InvalidSignatureException", doesNotMatch},
		{"another header", sign(func(r *http.Request) { r.Header.Set("X-Custom", "c") }), 403, "InvalidSignatureException", doesNotMatch},
		{"another host", sign(func(r *http.Request) { r.Host = "a.example" }), 403, "InvalidSignatureException", doesNotMatch},
		{"another secret", signed(t, "/prod/submit", ok, other, "execute-api", region, noon), 403, "InvalidSignatureException", doesNotMatch},
		{"another key", signed(t, "/prod/submit", ok, nobody, "execute-api", region, noon), 403, "UnrecognizedClientException", "The security token included in the request is invalid."},
		{"expired", signed(t, "/prod/submit", ok, annsKey, "execute-api", region, noon.Add(-301*time.Second)), 403, "InvalidSignatureException",
			"Signature expired: 20260701T115459Z is now earlier than 20260701T115500Z (20260701T120000Z - 5 min.)"},
		{"early", signed(t, "/prod/submit", ok, annsKey, "execute-api", region, noon.Add(301*time.Second)), 403, "InvalidSignatureException",
			"Signature not yet current: 20260701T120501Z is still later than 20260701T120500Z (20260701T120000Z + 5 min.)"},
		{"another region", signed(t, "/prod/submit", ok, annsKey, "execute-api", "eu-west-1", noon), 403, "InvalidSignatureException",
			"Credential should be scoped to a valid region, not 'eu-west-1'."},
		{"another service", signed(t, "/prod/submit", ok, annsKey, "kinesis", region, noon), 403, "InvalidSignatureException",
			"Credential should be scoped to correct service: 'execute-api'."},
		{"another day", sign(func(r *http.Request) { r.Header.Set("X-Amz-Date", "20260702T000000Z") }), 403, "InvalidSignatureException",
			"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20260701' != '20260702', from '20260702T000000Z'."},
		{"not the host", sign(func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "host;", "", 1))
		}), 403, "InvalidSignatureException", "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."},
		{"no date", sign(func(r *http.Request) { r.Header.Del("X-Amz-Date") }), 403, "IncompleteSignatureException",
			"Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. Authorization=AWS4-HMAC-SHA256"},
		{"no signature", sign(func(r *http.Request) {
			r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDANN/20260701/us-east-1/execute-api/aws4_request")
		}), 403, "IncompleteSignatureException",
			"Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization=AWS4-HMAC-SHA256"},
		{"a bearer token", request("POST", "/prod/submit", ok, "Authorization: Bearer abc"), 403, "IncompleteSignatureException",
			"'Bearer' not a valid key=value pair (missing equal-sign) in Authorization header: 'Bearer abc'."},
		{"a token at no path", request("POST", "/prod/x", ok, "Authorization: abc"), 403, "IncompleteSignatureException",
			"'abc' not a valid key=value pair (missing equal-sign) in Authorization header: 'abc'."},
		{"half a credential", request("POST", "/prod/submit", ok, "X-Amz-Date: 20260701T120000Z", "Authorization: AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=0"), 403,
			"IncompleteSignatureException", "Credential must have at least 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'a/b'"},
		{"no time", sign(func(r *http.Request) { r.Header.Set("X-Amz-Date", "noon") }), 403, "IncompleteSignatureException",
			"Date must be in ISO-8601 'basic format'. Got 'noon'. See http://en.wikipedia.org/wiki/ISO_8601"},
	} {
		t.Run(test.name, func(t *testing.T) {
			g := serve(t, loadRaw(t, "prod"))
			a := g.do(test.request)
			got := messageOf(t, a)
			if test.want == doesNotMatch { // what follows is in TestExplainsSignatures
				got, _, _ = strings.Cut(got, "\n")
			}
			if a.status != test.status || a.header["x-amzn-errortype"] != test.errorType || got != test.want {
				t.Errorf("%d %s %s\nwant %d %s %s", a.status, a.header["x-amzn-errortype"], got, test.status, test.errorType, test.want)
			}
			if called := len(g.kinesis.calls) == 1; called != (test.status == 200) {
				t.Errorf("calls: %d", len(g.kinesis.calls))
			}
			if a.header["access-control-allow-origin"] == "" {
				t.Errorf("no CORS: %v", a.header)
			}
		})
	}
}

func TestPresignedURLs(t *testing.T) {
	presigned := func(expires string, at time.Time, body string) *http.Request {
		r := request(http.MethodPost, "/prod/submit?q=1"+expires, body)
		r.ContentLength = 0 // not known yet
		target, _, err := v4.NewSigner().PresignHTTP(context.Background(), annsKey, r, hashOf(body), "execute-api", region, at)
		if err != nil {
			t.Fatal(err)
		}
		return request(http.MethodPost, strings.TrimPrefix(target, "http://127.0.0.1:8080"), ok, "Content-Type: application/json")
	}
	for _, test := range []struct {
		name    string
		request *http.Request
		status  int
		want    string
	}{
		{"good", presigned("&X-Amz-Expires=600", noon.Add(-599*time.Second), ok), 200, "accepted"},
		{"without an end", presigned("", noon, ok), 200, "accepted"},
		{"over", presigned("&X-Amz-Expires=30", noon.Add(-31*time.Second), ok), 403, "Signature expired: 20260701T115929Z is now earlier than 20260701T115930Z (20260701T120000Z - 30 sec.)"},
		{"another body", presigned("&X-Amz-Expires=600", noon, "other"), 403, doesNotMatch},
		{"too long", presigned("&X-Amz-Expires=604801", noon, ok), 403, "X-Amz-Expires must be a number between 1 and 604800: '604801'."},
		{"nothing else", request("POST", "/prod/submit?X-Amz-Algorithm=AWS4-HMAC-SHA256", ok), 403,
			"AWS query-string parameters must include 'X-Amz-Credential'. AWS query-string parameters must include 'X-Amz-Date'. AWS query-string parameters must include 'X-Amz-Signature'. AWS query-string parameters must include 'X-Amz-SignedHeaders'. Re-examine the query-string parameters."},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := serve(t, loadRaw(t, "prod")).do(test.request)
			got := messageOf(t, a)
			if test.want == doesNotMatch {
				got, _, _ = strings.Cut(got, "\n")
			}
			if a.status != test.status || got != test.want {
				t.Errorf("%d %s\nwant %d %s", a.status, got, test.status, test.want)
			}
		})
	}
}

// The signature covers a path without redundant slashes, as botocore and the SDK for JavaScript sign it. A client that has the URL of the
// stage with a slash at its end asks for such a path.
func TestSignedPaths(t *testing.T) {
	g := serve(t, loadRaw(t, "prod"), unlimited)
	for sent, normal := range map[string]string{
		"/prod//submit": "/prod/submit", "//prod///submit": "/prod/submit", "/prod//submit/": "/prod/submit/", "/prod//%73ubmit": "/prod/%73ubmit", "/prod/submit": "/prod/submit",
	} {
		for signedAs, want := range map[string]int{normal: http.StatusOK, "/prod/submits": http.StatusForbidden} {
			r := request(http.MethodPost, sent, ok, "Content-Type: application/json", "X-Custom: a  b")
			r.Header = signed(t, signedAs, ok, annsKey, "execute-api", region, noon).Header
			if a := g.do(r); a.status != want {
				t.Errorf("%s, signed as %s: %d %s", sent, signedAs, a.status, a.body)
			}
		}
	}
}

// The signature covers a query as it was sent: curl's --aws-sigv4 signs it so.
func TestSignedQueries(t *testing.T) {
	g := serve(t, loadRaw(t, "prod"), unlimited)
	for sent, encoded := range map[string]string{
		"a=1;b=2": "a=1%3Bb%3D2", "a=%zz": "a=%25zz", "%": "%25=", "a=%%41&b=%4": "a=%25A&b=%254", "a=%e4%E4": "a=%E4%E4",
		"b&a=x=y&&": "a=x%3Dy&b=", "a=x+y": "a=x%20y", "a=x%2By+z": "a=x%2By%2Bz", "a=ü;": "a=%C3%BC%3B",
	} {
		for name, sign := range map[string]func() *http.Request{
			"header": func() *http.Request {
				return signed(t, "/prod/submit?"+encoded, ok, annsKey, "execute-api", region, noon)
			},
			"presigned": func() *http.Request {
				r := request(http.MethodPost, "/prod/submit?"+encoded, ok)
				r.ContentLength = 0
				target, _, err := v4.NewSigner().PresignHTTP(context.Background(), annsKey, r, hashOf(ok), "execute-api", region, noon)
				if err != nil {
					t.Fatal(err)
				}
				r = request(http.MethodPost, strings.TrimPrefix(target, "http://127.0.0.1:8080"), ok, "Content-Type: application/json")
				return r
			},
		} {
			r := sign()
			own := r.URL.Query()
			for parameter := range own {
				if !strings.HasPrefix(parameter, "X-Amz-") {
					own.Del(parameter)
				}
			}
			r.URL.RawQuery = sent + "&" + own.Encode()
			if a := g.do(r); a.status != http.StatusOK {
				t.Errorf("%s of %s: %d %s", name, sent, a.status, a.body)
			}
			r = sign()
			r.URL.RawQuery = sent + ";x&" + own.Encode()
			if a := g.do(r); a.status != http.StatusForbidden {
				t.Errorf("%s of %s, with something added: %d", name, sent, a.status)
			}
		}
	}
}

// The access log and the template's variables have the signer.
func TestPrincipalIsLogged(t *testing.T) {
	r := loadRaw(t, "prod")
	r.body("stage", "api_stage")["access_log_settings"].(map[string]any)["format"] =
		"$context.requestId $context.identity.userArn $context.identity.accountId $context.identity.accessKey $context.identity.caller"
	g := serve(t, r)
	a := g.do(signed(t, "/prod/submit", ok, annsKey, "execute-api", region, noon))
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	want := a.header["x-amzn-requestid"] + " arn:aws:iam::000000000000:user/ann 000000000000 AKIDANN -\n"
	if g.access.String() != want {
		t.Errorf("got  %swant %s", g.access, want)
	}
}

// explained matches API Gateway's message about a signature (mhart/aws4#33, recorded). Its groups are the canonical string and
// the string to sign.
var explained = regexp.MustCompile("(?s)^" + regexp.QuoteMeta(doesNotMatch) +
	"\n\nThe Canonical String for this request should have been\n'(.*)'\n\nThe String-to-Sign should have been\n'(.*)'\n$")

// The strings in the 403 of a wrong signature are right: the same request with a signature over them is accepted.
func TestExplainsSignatures(t *testing.T) {
	wrong := aws.Credentials{AccessKeyID: "AKIDANN", SecretAccessKey: "wrong"}
	session := aws.Credentials{AccessKeyID: "AKIDANN", SecretAccessKey: "wrong", SessionToken: "token"}
	host := "host:127.0.0.1:8080\n"
	length := strconv.Itoa(len(ok))
	for _, test := range []struct {
		name, target, canonical string
		key                     aws.Credentials
		presigned               bool
	}{
		{"a header", "/prod/submit", "POST\n/prod/submit\n\ncontent-length:" + length + "\ncontent-type:application/json\n" + host +
			"x-amz-date:20260701T120000Z\nx-custom:a b\n\ncontent-length;content-type;host;x-amz-date;x-custom\n" + hashOf(ok), wrong, false},
		{"a query", "/prod/submit?b=2&a=%2F+x&a=1", "POST\n/prod/submit\na=%2F%20x&a=1&b=2\ncontent-length:" + length + "\ncontent-type:application/json\n" + host +
			"x-amz-date:20260701T120000Z\nx-custom:a b\n\ncontent-length;content-type;host;x-amz-date;x-custom\n" + hashOf(ok), wrong, false},
		{"a session", "/prod/submit", "POST\n/prod/submit\n\ncontent-length:" + length + "\ncontent-type:application/json\n" + host +
			"x-amz-date:20260701T120000Z\nx-amz-security-token:token\nx-custom:a b\n\ncontent-length;content-type;host;x-amz-date;x-amz-security-token;x-custom\n" + hashOf(ok), session, false},
		{"presigned", "/prod/submit?q=1", "POST\n/prod/submit\nX-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDANN%2F20260701%2Fus-east-1%2Fexecute-api%2Faws4_request" +
			"&X-Amz-Date=20260701T120000Z&X-Amz-SignedHeaders=host&q=1\n" + host + "\nhost\n" + hashOf(ok), wrong, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := signed(t, test.target, ok, test.key, "execute-api", region, noon)
			if test.presigned {
				r = presign(t, test.target, test.key)
			}
			sent, given := r.Clone(context.Background()), signatureOf(r)
			g := serve(t, loadRaw(t, "prod"))
			a := g.do(r)
			parts := explained.FindStringSubmatch(messageOf(t, a))
			if a.status != http.StatusForbidden || parts == nil {
				t.Fatalf("%d %s", a.status, a.body)
			}
			toSign := "AWS4-HMAC-SHA256\n20260701T120000Z\n20260701/us-east-1/execute-api/aws4_request\n" + hashOf(test.canonical)
			if parts[1] != test.canonical || parts[2] != toSign {
				t.Errorf("got\n%s\n%s\nwant\n%s\n%s", parts[1], parts[2], test.canonical, toSign)
			}
			right := signatureOver(parts[2], annsKey.SecretAccessKey)
			sent.Body = io.NopCloser(strings.NewReader(ok))
			sent.URL.RawQuery = strings.ReplaceAll(sent.URL.RawQuery, given, right)
			sent.Header.Set("Authorization", strings.ReplaceAll(sent.Header.Get("Authorization"), given, right))
			if test.presigned {
				sent.Header.Del("Authorization")
			}
			if a := g.do(sent); a.status != http.StatusOK {
				t.Errorf("what was said to be right is not: %d %s", a.status, a.body)
			}
		})
	}
}

// Signature Version 4 takes the time from HTTP's Date where there is no X-Amz-Date (IAM user guide, "Elements of an AWS API request
// signature").
func TestSignedWithADate(t *testing.T) {
	for spelling, date := range map[string]string{"HTTP": noon.UTC().Format(http.TimeFormat), "ISO 8601": "20260701T120000Z"} {
		t.Run(spelling, func(t *testing.T) {
			signed := func(signature string) *http.Request {
				return request(http.MethodPost, "/prod/submit", ok, "Content-Type: application/json", "Date: "+date,
					"Authorization: AWS4-HMAC-SHA256 Credential=AKIDANN/20260701/us-east-1/execute-api/aws4_request, SignedHeaders=date;host, Signature="+signature)
			}
			g := serve(t, loadRaw(t, "prod"))
			parts := explained.FindStringSubmatch(messageOf(t, g.do(signed("0"))))
			if parts == nil || !strings.HasPrefix(parts[2], "AWS4-HMAC-SHA256\n20260701T120000Z\n") {
				t.Fatalf("the strings are %q", parts)
			}
			if a := g.do(signed(signatureOver(parts[2], annsKey.SecretAccessKey))); a.status != http.StatusOK {
				t.Errorf("%d %s", a.status, a.body)
			}
		})
	}
}

// A canonical string has many lines, and a line of an access log is one.
func TestLogsAnExplainedSignature(t *testing.T) {
	r := loadRaw(t, "prod")
	r.body("stage", "api_stage")["access_log_settings"].(map[string]any)["format"] = "$context.requestId $context.error.message"
	g := serve(t, r)
	g.do(signed(t, "/prod/submit", ok, aws.Credentials{AccessKeyID: "AKIDANN", SecretAccessKey: "wrong"}, "execute-api", region, noon))
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	if line := g.access.String(); strings.Count(line, "\n") != 1 || !strings.Contains(line, `should have been\n'POST\n/prod/submit\n`) {
		t.Errorf("the log has %q", line)
	}
	if strings.Contains(g.log.String(), "x-custom") {
		t.Errorf("the execution log quotes the request: %s", g.log)
	}
}

// presign returns a presigned request to prod.
func presign(t *testing.T, target string, key aws.Credentials) *http.Request {
	t.Helper()
	r := request(http.MethodPost, target, ok)
	r.ContentLength = 0 // not known yet
	at, _, err := v4.NewSigner().PresignHTTP(context.Background(), key, r, hashOf(ok), "execute-api", region, noon)
	if err != nil {
		t.Fatal(err)
	}
	return request(http.MethodPost, strings.TrimPrefix(at, "http://127.0.0.1:8080"), ok, "Content-Type: application/json")
}

// signatureOf is the signature that a request carries.
func signatureOf(r *http.Request) string {
	if _, text, inHeader := strings.Cut(r.Header.Get("Authorization"), "Signature="); inHeader {
		return text
	}
	return r.URL.Query().Get("X-Amz-Signature")
}

// signatureOver signs a string to sign (IAM user guide, "Create a signed AWS API request").
func signatureOver(toSign, secret string) string {
	sum := func(key []byte, text string) []byte {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(text))
		return mac.Sum(nil)
	}
	key := []byte("AWS4" + secret)
	for _, part := range []string{noon.Format("20060102"), region, "execute-api", "aws4_request"} {
		key = sum(key, part)
	}
	return hex.EncodeToString(sum(key, toSign))
}
