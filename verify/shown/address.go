package shown

import (
	"net/http"
	"path"
	"strings"

	"cdk.tf/go/ingest/internal/quota"
)

// addressProbes are about a request before its body is read: its path, its stage, its header.
func addressProbes() []Probe {
	return []Probe{
		{
			ID: "API-1", Name: "a path with a slash at its end and two within it", Needs: all(takesObjects, withoutSignature),
			Lacks: "needs a schema of objects, and an API that takes requests without a signature, because signers differ in how they write slashes",
			Request: postsTo(func(of string) string {
				return path.Dir(of) + "//" + path.Base(of) + "/"
			}),
			Expect: expects(status(http.StatusBadRequest), says("reason", wrongType("array"))),
		},
		{
			ID: "API-1", Name: "a path with two slashes before the stage", Needs: all(takesObjects, withoutSignature, withStage),
			Lacks:   "needs a schema of objects, an API that takes requests without a signature, and API Gateway's own address",
			Request: doubledSlash,
			Expect:  expects(status(http.StatusBadRequest), says("reason", wrongType("array"))),
		},
		{
			ID: "API-11", Name: "a path of no stage", Needs: withStage, Lacks: "needs API Gateway's own address: a domain has no stage in its paths",
			Unsigned: true, Request: postsTo(func(string) string { return "/ingest-verify-none/submit" }),
			Expect: expects(status(http.StatusForbidden), fixed(`{"message":"Forbidden"}`), errorType("ForbiddenException"), withoutCORS()),
		},
		{
			ID: "API-12", Name: "another method with a content type that is not taken", Unsigned: true,
			Request: func(p Pipeline) (*http.Request, error) {
				req, err := post(p.SubmitURL, refused(p), "Content-Type", "application/x-ingest-verify")
				if err == nil {
					req.Method = http.MethodPut
				}
				return req, err
			},
			Expect: expects(status(http.StatusForbidden), errorType("MissingAuthenticationTokenException"), declared()),
		},
		{
			ID: "API-12", Name: "a body that the schema refuses, without credentials", Needs: all(takesObjects, withCredentials),
			Lacks: "needs a schema of objects, and an API that asks for credentials which this pipeline verifies", Unsigned: true,
			Request: posts(refused),
			Expect: func(p Pipeline, a Answer) error {
				return meet(a, status(withoutCredentials(p)), declared(), noReason())
			},
		},
		{
			ID: "API-15", Name: "a header of more than 10,240 bytes", Needs: withoutFirewall, Lacks: "is not sent through the firewall", Unsigned: true,
			Request: posts(refused, "X-Ingest-Verify", strings.Repeat("x", quota.MaxHeaders+1)),
			Expect: expects(status(http.StatusRequestHeaderFieldsTooLarge), fixed(`{"message":"HTTP header is larger than 10240 bytes."}`),
				withoutCORS()),
		},
	}
}

func withoutSignature(p Pipeline) bool { return p.Authorization != "AWS_IAM" }
func withStage(p Pipeline) bool        { return !p.Domain }
func withoutFirewall(p Pipeline) bool  { return p.FirewallBody == 0 }

// withTokens reports whether the API asks for a token and verifies it.
func withTokens(p Pipeline) bool {
	return !p.Local && (p.Authorization == "COGNITO_USER_POOLS" || p.Authorization == "CUSTOM")
}

// withCredentials reports whether the API refuses a request without any.
func withCredentials(p Pipeline) bool {
	return p.Authorization == "AWS_IAM" || p.KeyRequired || withTokens(p)
}

// withoutCredentials is the status of a request without any. An API looks for a key before it asks for a token.
func withoutCredentials(p Pipeline) int {
	if withTokens(p) && !p.KeyRequired {
		return http.StatusUnauthorized
	}
	return http.StatusForbidden
}

func noReason() expectation {
	return expectation{"no reason of the body's", func(a Answer) bool { return a.field("reason") == "" }}
}

// doubledSlash is a refused body to the submit URL with two slashes before the stage.
func doubledSlash(p Pipeline) (*http.Request, error) {
	req, err := post(p.SubmitURL, refused(p))
	if err == nil {
		req.URL.Path = "/" + req.URL.Path
	}
	return req, err
}
