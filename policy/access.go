package policy

import (
	"fmt"
	"strings"

	"cdk.tf/go/ingest/tfjson"
)

// access: a resource policy stands before the methods. One that lets everybody in must say from where, and must not let in
// whom a method by IAM would ask more of: in the same account an Allow of either is enough (API Gateway developer guide, "How
// API Gateway resource policies affect authorization workflow").
func access(c *checker) {
	for _, r := range c.stack.Resources("aws_api_gateway_rest_api_policy") {
		statements, ok := c.document(in(r), "policy")
		if !ok {
			continue
		}
		bounded := false
		for _, s := range statements {
			bounded = bounded || boundsOrigin(s)
		}
		for i, s := range statements {
			c.lets(r, fmt.Sprintf("policy: statement %d", i+1), s, bounded)
		}
	}
	for _, api := range c.stack.Resources(restAPI) {
		if strings.Contains(fmt.Sprint(api.Body["endpoint_configuration"]), "PRIVATE") && len(c.partsOf(api, "aws_api_gateway_rest_api_policy")) == 0 {
			c.breach(api.Address(), "is private and has no resource policy", "declare an aws_api_gateway_rest_api_policy: a private API answers nobody without one")
		}
	}
}

// boundsOrigin tells whether a statement denies the whole API to who comes from elsewhere.
func boundsOrigin(s statement) bool {
	if s.effect != deny || len(s.inverted) > 0 || len(s.conditions) != 1 || !coversAny(s.actions, "execute-api:Invoke") {
		return false
	}
	everything := len(s.resources) == 1 && strings.HasSuffix(s.resources[0], "execution_arn}/*")
	return everything && (len(s.conditions["NotIpAddress"]) == 1 || len(s.conditions["StringNotEquals"]) == 1)
}

func (c *checker) lets(r tfjson.Resource, where string, s statement, bounded bool) {
	if s.effect != allow {
		return
	}
	if len(s.inverted) > 0 {
		c.breach(r.Address(), where+" has "+strings.Join(s.inverted, ", "), "name what it allows")
	}
	if !bounded {
		c.breach(r.Address(), where+" lets callers in from everywhere", "deny execute-api:Invoke on the whole API where NotIpAddress or StringNotEquals aws:SourceVpce holds, or leave the policy out")
	}
	for _, m := range c.methods() {
		if authorization, _ := c.value(m.Body["authorization"]); authorization != "AWS_IAM" {
			continue
		}
		for _, resource := range s.resources {
			if !strings.HasSuffix(resource, "/*/OPTIONS/*") {
				c.breach(r.Address(), fmt.Sprintf("%s allows %s on %q, which %s leaves to IAM", where, strings.Join(s.actions, ", "), resource, m.Address()),
					"allow the preflight alone, .../*/OPTIONS/*")
			}
		}
	}
}
