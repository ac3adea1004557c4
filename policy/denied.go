package policy

import (
	"fmt"
	"slices"
	"strings"

	"cdk.tf/go/ingest/internal/addressrange"
	"cdk.tf/go/ingest/tfjson"
)

// need is what a part of the pipeline does to a resource that has a policy: its actions, on each of the patterns.
type need struct {
	user, role tfjson.Resource
	actions    []string
	patterns   []string
}

// deniedToThePipeline checks that no policy of a resource takes away what a role's own policy allows.
func (c *checker) deniedToThePipeline(written map[string]bool) {
	for _, d := range c.deliveries() {
		policy, ok := c.bucketPart(d.bucket, s3BucketPolicy)
		if !d.hasBucket || !ok {
			continue
		}
		role, _ := c.follow(d.body["role_arn"], iamRole, "arn")
		objects := need{d.resource, role, writeObjects, nil}
		for _, prefix := range d.fixedPrefixes {
			objects.patterns = append(objects.patterns, arnOf(d.bucket)+"/"+prefix+"*")
		}
		c.leaves(policy, objects, need{d.resource, role, useBucket, []string{arnOf(d.bucket)}})
	}
	for _, policy := range c.stack.Resources("aws_kinesis_resource_policy") {
		stream, ok := c.follow(policy.Body["resource_arn"], kinesisStream, "arn")
		if !ok || !written[stream.Address()] {
			continue
		}
		for _, r := range c.stack.Resources(integration) {
			if action, writes := c.putsTo(r); writes {
				role, _ := c.follow(r.Body["credentials"], iamRole, "arn")
				c.leaves(policy, need{r, role, []string{"kinesis:" + action}, []string{arnOf(stream)}})
			}
		}
		for _, d := range c.deliveries() {
			role, _ := c.follow(c.block(in(d.resource), "kinesis_source_configuration").body["role_arn"], iamRole, "arn")
			c.leaves(policy, need{d.resource, role, readStream, []string{arnOf(stream)}})
		}
	}
}

// leaves checks that a policy leaves the pipeline what it needs. One breach for each statement is enough.
func (c *checker) leaves(policy tfjson.Resource, needs ...need) {
	statements, _ := c.parseDocument(policy.Body["policy"]) // "private-bucket" reports one that cannot be read
	for i, s := range statements {
		for _, n := range needs {
			if action := c.deniedBy(n, s); action != "" {
				c.breach(policy.Address(), fmt.Sprintf("policy: statement %d denies %s, which %s needs", i+1, action, n.user.Address()),
					"leave its role out with the condition ArnNotEquals on aws:PrincipalArn: a service's requests come from no network of yours")
				break
			}
		}
	}
}

// deniedBy is the first action that a statement denies; "" if it denies none.
func (c *checker) deniedBy(n need, s statement) string {
	if s.effect != deny || !c.concerns(s, n.role) || !meetsService(s) {
		return ""
	}
	for _, action := range n.actions {
		if s.isAbout(action) && slices.ContainsFunc(n.patterns, s.isOn) {
			return action
		}
	}
	return ""
}

// concerns reports whether a denial is for a role that a service assumes: a denial to the account is for all its principals. NotPrincipal
// leaves out the role only if it also has the role's session (IAM-2), whose name the service chooses.
func (c *checker) concerns(s statement, role tfjson.Resource) bool {
	if slices.Contains(s.inverted, "NotPrincipal") {
		others := s.notPrincipals["AWS"]
		isSession := func(principal string) bool { return strings.Contains(principal, ":assumed-role/") }
		return !slices.Contains(others, arnOf(role)) || !slices.ContainsFunc(others, isSession)
	}
	return isEverybody(s) || c.isAccount(s) || slices.Contains(s.principals["AWS"], arnOf(role))
}

// meetsService reports whether a statement's conditions are true for a service's own requests. They come through no VPC, and from
// addresses of AWS's. A negated operator is true for a key that a request does not have (IAM User Guide, "Condition operators").
// Of other conditions the rule assumes that they leave the service out.
func meetsService(s statement) bool {
	for operator, keys := range s.conditions {
		for key, values := range keys {
			network := slices.Contains([]string{"aws:sourceip", "aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip"}, strings.ToLower(key))
			negated := strings.Contains(operator, "Not") && len(values) > 0 && !addressrange.Every(values)
			missing := operator == "Null" && !strings.EqualFold(key, "aws:SourceIp") && slices.Equal(values, []string{"true"})
			if !network || !negated && !missing {
				return false
			}
		}
	}
	return true
}
