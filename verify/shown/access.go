package shown

import (
	"bytes"
	"net/http"
)

// accessProbes are about who may call the API.
func accessProbes() []Probe {
	return []Probe{
		{
			ID: "API-18", Name: "a signed request with a plus in its query", Needs: all(takesObjects, signed), Lacks: "needs IAM authorisation and a schema of objects",
			Request: func(p Pipeline) (*http.Request, error) { return post(p.SubmitURL+"?ingest=a+b", refused(p)) },
			Expect:  expects(status(http.StatusBadRequest), says("reason", wrongType("array"))),
		},
		{
			ID: "API-23", Name: "no token", Needs: all(withTokens, withoutKey), Lacks: "needs an authorizer, which no local pipeline verifies, and no API key", Unsigned: true,
			Request: posts(refused),
			Expect:  expects(status(http.StatusUnauthorized), says("message", "Unauthorized"), errorType("UnauthorizedException"), declared()),
		},
		{
			ID: "API-23", Name: "a body that the firewall blocks", Needs: withFirewall, Lacks: "needs a firewall, which no local pipeline has",
			Request: posts(func(p Pipeline) []byte {
				return append(refused(p), bytes.Repeat([]byte(" "), p.FirewallBody)...)
			}),
			Expect: expects(status(http.StatusForbidden), says("message", "Forbidden"), errorType("ForbiddenException"), declared()),
		},
	}
}

func signed(p Pipeline) bool       { return p.Authorization == "AWS_IAM" }
func withoutKey(p Pipeline) bool   { return !p.KeyRequired }
func withFirewall(p Pipeline) bool { return !p.Local && p.FirewallBody > 0 }
