package spec

import (
	"strconv"
	"strings"
)

// Warnings are what valid environments may not mean: a line each, with the environments that it is about. What is surely wrong
// [ValidateAll] refuses.
func Warnings(envs []Environment) []string {
	var found []string
	for _, warning := range []struct {
		text  string
		holds func(Environment) bool
	}{
		// Of a regional API's own address the security policy is TLS_1_0, of a private one's TLS_1_2 (API Gateway developer guide,
		// "Choose a security policy for your REST API custom domain in API Gateway").
		{"API.Domain.DisableDefaultEndpoint is false: the API's own address takes TLS 1.0; set API.Domain.Name, whose address takes TLS 1.2 or newer, and set this to true",
			func(e Environment) bool { return !e.API.Domain.DisableDefaultEndpoint && !e.API.Access.Private() }},
		// Whose networks a producer of another account has nobody here can look up (AWS re:Post, "Why do I get an HTTP 403 Forbidden
		// error when I connect to my API Gateway APIs from a VPC?").
		{"API.Domain.Name is empty: in a VPC that has an execute-api endpoint with private DNS the API's own address leads to that endpoint, which answers 403; set API.Domain for such producers",
			func(e Environment) bool {
				return e.API.Access.Producers.set() && e.API.Domain.Name == "" && !e.API.Access.Private()
			}},
	} {
		var names []string
		for _, env := range envs {
			if warning.holds(env) {
				names = append(names, strconv.Quote(env.Name))
			}
		}
		switch len(names) {
		case 0:
		case 1:
			found = append(found, "environment "+names[0]+": "+warning.text)
		default:
			found = append(found, "environments "+strings.Join(names, ", ")+": "+warning.text)
		}
	}
	return found
}
