package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"cdk.tf/go/ingest/internal/addressrange"
	"cdk.tf/go/ingest/tfjson"
)

const (
	restAPIPolicy = "aws_api_gateway_rest_api_policy"
	invokeAPI     = "execute-api:Invoke"
	preflights    = "/*/OPTIONS/*"
)

// access checks a resource policy together with the methods' authorization, on which the effect of its Allow, and of a missing
// one, depends (API Gateway developer guide, "How API Gateway resource policies affect authorization workflow"):
//
//   - With IAM in the same account and with a Lambda authorizer, an Allow of either is enough (Table A). So an Allow to everybody
//     admits callers that the authorization would refuse.
//   - Without authorization and with Cognito, the policy must allow: without an Allow it refuses.
//   - With IAM across accounts, both must allow (Table B), so the policy names producers of other accounts.
//
// A policy that allows everybody must restrict the addresses, and that of a private API the endpoints.
func access(c *checker) {
	for _, p := range c.accessPolicies() {
		statements, ok := c.document(in(p.holder), "policy")
		if !ok {
			continue
		}
		p.statements = statements
		for i, s := range statements {
			if s.effect == allow {
				c.lets(p, fmt.Sprintf("policy: statement %d", i+1), s)
			}
		}
		c.answersSomebody(p)
	}
	for _, api := range c.stack.Resources(restAPI) {
		if strings.Contains(fmt.Sprint(api.Body["endpoint_configuration"]), "PRIVATE") && !c.hasAccessPolicy(api) {
			c.breach(api.Address(), "is private and has no resource policy", "declare an "+restAPIPolicy+": without one a private API refuses every caller")
		}
	}
}

// accessPolicy is an API's resource policy. holder is the resource that contains it, which may be the API itself.
type accessPolicy struct {
	holder, api tfjson.Resource
	statements  []statement
}

func (c *checker) accessPolicies() []accessPolicy {
	var found []accessPolicy
	for _, r := range c.stack.Resources(restAPIPolicy) {
		api, _ := c.api(r)
		found = append(found, accessPolicy{holder: r, api: api})
	}
	for _, api := range c.stack.Resources(restAPI) {
		if api.Body["policy"] != nil {
			found = append(found, accessPolicy{holder: api, api: api})
		}
	}
	return found
}

func (c *checker) hasAccessPolicy(api tfjson.Resource) bool {
	return slices.ContainsFunc(c.accessPolicies(), func(p accessPolicy) bool { return p.api.Address() == api.Address() })
}

// boundBy reports whether a statement denies everybody the whole API, on one condition that is true for callers from elsewhere.
func (p accessPolicy) boundBy(operator string, keys ...string) bool {
	return slices.ContainsFunc(p.statements, func(s statement) bool {
		whole := len(s.resources) == 1 && strings.HasSuffix(s.resources[0], "execution_arn}/*")
		return s.effect == deny && len(s.inverted) == 0 && whole && isEverybody(s) && coversAny(s.actions, invokeAPI) &&
			len(s.conditions) == 1 && boundsOrigin(s.conditions[operator], keys)
	})
}

// boundsOrigin reports whether there is a single condition, on one of the keys, whose values do not include every address.
func boundsOrigin(conditions map[string][]string, keys []string) bool {
	for key, values := range conditions {
		known := slices.ContainsFunc(keys, func(k string) bool { return strings.EqualFold(k, key) })
		return len(conditions) == 1 && known && len(values) > 0 && !addressrange.Every(values)
	}
	return false
}

func (p accessPolicy) boundByEndpoint() bool {
	return p.boundBy("StringNotEquals", "aws:SourceVpce", "aws:SourceVpc")
}

func (p accessPolicy) bound() bool {
	return p.boundByEndpoint() || p.boundBy("NotIpAddress", "aws:SourceIp", "aws:VpcSourceIp")
}

// ofOrganization reports whether a statement applies only to an organisation's principals.
func ofOrganization(s statement) bool {
	for key := range s.conditions["StringEquals"] {
		if strings.EqualFold(key, "aws:PrincipalOrgID") {
			return true
		}
	}
	return false
}

// leavesOutTheAccount reports whether a statement excludes the stack's account.
func (c *checker) leavesOutTheAccount(s statement) bool {
	for key, values := range s.conditions["StringNotEquals"] {
		if strings.EqualFold(key, "aws:PrincipalAccount") && len(values) == 1 && c.mayBeThisAccount(values[0]) {
			return true
		}
	}
	return false
}

func onlyPreflights(s statement) bool {
	return len(s.resources) > 0 && !slices.ContainsFunc(s.resources, func(r string) bool { return !strings.HasSuffix(r, preflights) })
}

func (c *checker) lets(p accessPolicy, where string, s statement) {
	if len(s.inverted) > 0 {
		c.breach(p.holder.Address(), where+" has "+strings.Join(s.inverted, ", "), "name what it allows")
	}
	switch {
	case onlyPreflights(s):
	case isEverybody(s) && !ofOrganization(s):
		c.letsEverybody(p, where, s)
	default:
		c.letsPrincipals(p, where, s)
	}
}

func (c *checker) letsEverybody(p accessPolicy, where string, s statement) {
	if !p.bound() {
		c.breach(p.holder.Address(), where+" allows callers from everywhere", "deny execute-api:Invoke on the whole API where NotIpAddress or StringNotEquals aws:SourceVpce holds, or leave the policy out")
	}
	for _, m := range c.methodsOf(p.api) {
		somebody := c.leftTo(m)
		if somebody == "" {
			continue
		}
		for _, resource := range s.resources {
			if !strings.HasSuffix(resource, preflights) {
				c.breach(p.holder.Address(), fmt.Sprintf("%s allows everybody %s on %q, which bypasses %s of %s", where, strings.Join(s.actions, ", "), resource, somebody, m.Address()),
					"allow only the preflight, ..."+preflights)
			}
		}
	}
}

// leftTo names the authorization that an Allow of the policy would bypass; "" for a method that the policy must allow.
func (c *checker) leftTo(m method) string {
	switch authorization, _ := c.value(m.Body["authorization"]); authorization {
	case "NONE", "COGNITO_USER_POOLS":
		return ""
	case "AWS_IAM":
		return "the IAM authorization"
	case "CUSTOM":
		return "the Lambda authorizer"
	default:
		return "the unknown authorization"
	}
}

var methodResource = regexp.MustCompile(`execution_arn\}/[^/*?]+/[^/*?]+/[^*?]+$`)

// letsPrincipals checks a statement for the accounts, roles and organisations of producers. A producer belongs to another
// account: an organisation's statement excludes this account. An Allow to the account itself is harmless, because it leaves the
// decision to the account's policies (IAM User Guide, "AWS JSON policy elements: Principal", "AWS account principals").
func (c *checker) letsPrincipals(p accessPolicy, where string, s statement) {
	holder := p.holder.Address()
	for _, resource := range s.resources {
		if !methodResource.MatchString(resource) {
			c.breach(holder, fmt.Sprintf("%s allows principals %q", where, resource), "name each method, such as .../STAGE/POST/submit")
		}
	}
	switch {
	case !isEverybody(s) && (len(s.principals) != 1 || len(s.principals["AWS"]) == 0):
		c.breach(holder, where+" lets in "+principalsText(s), "name accounts and roles, under AWS")
	case ofOrganization(s) && !c.leavesOutTheAccount(s):
		c.breach(holder, where+" lets in this account's own principals of the organisation, whatever their policies say",
			"add the condition StringNotEquals aws:PrincipalAccount with the account's id")
	}
	for _, m := range c.methodsOf(p.api) {
		authorization, ok := c.value(m.Body["authorization"])
		if m.verb != options && ok && authorization != "AWS_IAM" {
			c.breach(holder, fmt.Sprintf("%s allows principals, which %s does not identify: its authorization is %q", where, m.Address(), authorization),
				`set it to "AWS_IAM", or leave the statement out`)
		}
	}
}

// answersSomebody: a method that needs no signature needs an Allow to everybody, or the policy refuses every caller.
func (c *checker) answersSomebody(p accessPolicy) {
	if strings.Contains(fmt.Sprint(p.api.Body["endpoint_configuration"]), "PRIVATE") && !p.boundByEndpoint() {
		c.breach(p.api.Address(), "is private and open to every VPC", "deny execute-api:Invoke on the whole API where StringNotEquals aws:SourceVpce holds")
	}
	for _, m := range c.methodsOf(p.api) {
		authorization, _ := c.value(m.Body["authorization"])
		resource := "/*"
		if m.verb == options {
			resource = preflights
		}
		if c.leftTo(m) == "" && !p.allowsEverybody(m.verb) {
			c.breach(m.Address(), fmt.Sprintf("refuses every caller: its authorization is %q, and no policy of the API allows it to everybody", authorization),
				"allow execute-api:Invoke on ..."+resource+` to "*", or leave the policy out`)
		}
	}
}

// allowsEverybody compares only the verb, and not a resource's path.
func (p accessPolicy) allowsEverybody(verb string) bool {
	return slices.ContainsFunc(p.statements, func(s statement) bool {
		return s.effect == allow && isEverybody(s) && len(s.conditions) == 0 && slices.ContainsFunc(s.resources, func(r string) bool {
			return strings.HasSuffix(r, "execution_arn}/*") || strings.Contains(r, "/"+verb+"/")
		})
	})
}

func (c *checker) methodsOf(api tfjson.Resource) []method {
	var found []method
	for _, m := range c.methods() {
		if c.belongs(m.Resource, api) {
			found = append(found, m)
		}
	}
	return found
}
