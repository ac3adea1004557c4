package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"cdk.tf/go/ingest/tfjson"
)

const (
	restAPIPolicy = "aws_api_gateway_rest_api_policy"
	invokeAPI     = "execute-api:Invoke"
	preflights    = "/*/OPTIONS/*"
)

// access: a resource policy stands beside the methods' authorization, and what its Allow and its silence mean depends on that
// (API Gateway developer guide, "How API Gateway resource policies affect authorization workflow"):
//
//   - With IAM in the same account and with a Lambda authorizer an Allow of either is enough (Table A). So an Allow to everybody
//     lets in whom they would not.
//   - Without authorization and with Cognito the policy has to allow: its silence refuses.
//   - With IAM across accounts both have to allow (Table B), so that producers of other accounts are named.
//
// One that lets everybody in must say from where, and that of a private API from which endpoints.
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
			c.breach(api.Address(), "is private and has no resource policy", "declare an "+restAPIPolicy+": a private API answers nobody without one")
		}
	}
}

// accessPolicy is the resource policy of an API: holder is the resource that has it, which may be the API itself.
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

// boundBy tells whether a statement denies everybody the whole API, on one condition that holds for who comes from elsewhere.
func (p accessPolicy) boundBy(operator string, keys ...string) bool {
	return slices.ContainsFunc(p.statements, func(s statement) bool {
		whole := len(s.resources) == 1 && strings.HasSuffix(s.resources[0], "execution_arn}/*")
		return s.effect == deny && len(s.inverted) == 0 && whole && isEverybody(s) && coversAny(s.actions, invokeAPI) &&
			len(s.conditions) == 1 && boundsOrigin(s.conditions[operator], keys)
	})
}

// boundsOrigin tells whether conditions are one, on a key of an origin, whose values are not every address.
func boundsOrigin(conditions map[string][]string, keys []string) bool {
	for key, values := range conditions {
		known := slices.ContainsFunc(keys, func(k string) bool { return strings.EqualFold(k, key) })
		return len(conditions) == 1 && known && len(values) > 0 && !slices.ContainsFunc(values, isEveryAddress)
	}
	return false
}

func isEveryAddress(value string) bool { return strings.HasSuffix(value, "/0") }

func (p accessPolicy) boundByEndpoint() bool {
	return p.boundBy("StringNotEquals", "aws:SourceVpce", "aws:SourceVpc")
}

func (p accessPolicy) bound() bool {
	return p.boundByEndpoint() || p.boundBy("NotIpAddress", "aws:SourceIp", "aws:VpcSourceIp")
}

// ofOrganization tells whether a statement is about an organisation's principals alone.
func ofOrganization(s statement) bool {
	for key := range s.conditions["StringEquals"] {
		if strings.EqualFold(key, "aws:PrincipalOrgID") {
			return true
		}
	}
	return false
}

// leavesOutAnAccount: whether it is this one cannot be told of digits.
func leavesOutAnAccount(s statement) bool {
	for key, values := range s.conditions["StringNotEquals"] {
		if strings.EqualFold(key, "aws:PrincipalAccount") && len(values) == 1 && accountID.MatchString(values[0]) {
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
		c.breach(p.holder.Address(), where+" lets callers in from everywhere", "deny execute-api:Invoke on the whole API where NotIpAddress or StringNotEquals aws:SourceVpce holds, or leave the policy out")
	}
	for _, m := range c.methodsOf(p.api) {
		somebody := c.leftTo(m)
		if somebody == "" {
			continue
		}
		for _, resource := range s.resources {
			if !strings.HasSuffix(resource, preflights) {
				c.breach(p.holder.Address(), fmt.Sprintf("%s allows %s on %q, which %s leaves to %s", where, strings.Join(s.actions, ", "), resource, m.Address(), somebody),
					"allow the preflight alone, ..."+preflights)
			}
		}
	}
}

// leftTo is who decides about a method's callers, so that an Allow of the policy would decide in their stead; "" where the policy
// has to allow.
func (c *checker) leftTo(m method) string {
	switch authorization, _ := c.value(m.Body["authorization"]); authorization {
	case "NONE", "COGNITO_USER_POOLS":
		return ""
	case "AWS_IAM":
		return "IAM"
	case "CUSTOM":
		return "a Lambda function"
	default:
		return "what cannot be told"
	}
}

var methodResource = regexp.MustCompile(`execution_arn\}/[^/*?]+/[^/*?]+/[^*?]+$`)

// letsPrincipals: the accounts, roles and organisations that producers are in. Who is in this account is no producer: an
// organisation's statement leaves the account out, and an Allow to the account itself leaves the decision to its policies (IAM
// User Guide, "AWS JSON policy elements: Principal", "AWS account principals").
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
	case ofOrganization(s) && !leavesOutAnAccount(s):
		c.breach(holder, where+" lets in this account's own principals of the organisation, whatever their policies say",
			"add the condition StringNotEquals aws:PrincipalAccount with the account's id")
	}
	for _, m := range c.methodsOf(p.api) {
		authorization, ok := c.value(m.Body["authorization"])
		if m.verb != options && ok && authorization != "AWS_IAM" {
			c.breach(holder, fmt.Sprintf("%s lets in principals, whom %s cannot tell: its authorization is %q", where, m.Address(), authorization),
				`set it to "AWS_IAM", or leave the statement out`)
		}
	}
}

// answersSomebody: what nobody has to sign for needs an Allow to everybody, or the policy refuses it to all.
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
			c.breach(m.Address(), fmt.Sprintf("answers nobody: its authorization is %q, and no policy of the API allows it to everybody", authorization),
				"allow execute-api:Invoke on ..."+resource+` to "*", or leave the policy out`)
		}
	}
}

// allowsEverybody looks at the verb: a resource's path is not followed.
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
