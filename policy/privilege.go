package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"cdk.tf/go/ingest/tfjson"
)

const (
	iamRole       = "aws_iam_role"
	iamPolicy     = "aws_iam_policy"
	iamRolePolicy = "aws_iam_role_policy"
)

// identityPolicy is a policy document of a role, a user or a group.
type identityPolicy struct {
	place
	// role has the policy; nil if unknown.
	role *tfjson.Resource
}

func (c *checker) identityPolicies() []identityPolicy {
	var policies []identityPolicy
	for _, typ := range []string{"aws_iam_group_policy", iamPolicy, iamRolePolicy, "aws_iam_user_policy"} {
		for _, r := range c.stack.Resources(typ) {
			policy := identityPolicy{place: in(r)}
			if role, ok := c.follow(r.Body["role"], iamRole, "id", "name"); ok {
				policy.role = &role
			}
			policies = append(policies, policy)
		}
	}
	for _, role := range c.stack.Resources(iamRole) {
		blocks, _ := role.Blocks("inline_policy") // leastPrivilege reports a value that is not a block
		for _, body := range blocks {
			policies = append(policies, identityPolicy{place{role, "inline_policy.", body}, &role})
		}
	}
	return policies
}

func leastPrivilege(c *checker) {
	for _, role := range c.stack.Resources(iamRole) {
		c.blocks(in(role), "inline_policy")
	}
	for _, policy := range c.identityPolicies() {
		statements, _ := c.document(policy.place, "policy")
		for i, s := range statements {
			if s.effect == allow {
				c.narrow(policy, fmt.Sprintf("%spolicy: statement %d", policy.path, i+1), s)
			}
		}
	}
	c.attachments()
}

func (c *checker) narrow(policy identityPolicy, where string, s statement) {
	for _, element := range s.inverted {
		c.breachAt(policy.place, where+" has "+element, "name what it allows")
	}
	for _, action := range s.actions {
		if strings.ContainsAny(action, "*?$") {
			c.breachAt(policy.place, fmt.Sprintf("%s allows the action %q", where, action), "name each action in full")
		} else if beyond.MatchString(action) {
			c.breachAt(policy.place, fmt.Sprintf("%s allows %s, which no service of the pipeline needs", where, action), "leave it out")
		}
	}
	for _, resource := range s.resources {
		if strings.ContainsAny(resource, "*?") && !c.excepted(policy, s.actions, resource) {
			c.breachAt(policy.place, fmt.Sprintf("%s allows %s on %q", where, strings.Join(s.actions, ", "), resource),
				"name the resource in full: a wildcard is for "+exceptionNames())
		}
	}
}

// exceptions are the only permitted wildcards in resources. For the reasons, see the functions.
var exceptions = []struct {
	name  string
	holds func(c *checker, policy identityPolicy, actions []string, resource string) bool
}{
	{"the objects that Firehose delivers", deliveredObjects},
	{"API Gateway's logging role", loggingRole},
}

func exceptionNames() string {
	names := make([]string, len(exceptions))
	for i, exception := range exceptions {
		names[i] = exception.name
	}
	return strings.Join(names, " and ")
}

func (c *checker) excepted(policy identityPolicy, actions []string, resource string) bool {
	for _, exception := range exceptions {
		if exception.holds(c, policy, actions, resource) {
			return true
		}
	}
	return false
}

// only reports whether all actions are among the allowed ones.
func only(actions, allowed []string) bool {
	return !slices.ContainsFunc(actions, func(action string) bool { return !slices.Contains(allowed, action) })
}

// deliveredObjects: Firehose chooses an object's key after the fixed text of its prefix. The resource must begin with the prefix
// of a delivery to the same bucket, and the actions must be those that a delivery needs.
func deliveredObjects(c *checker, _ identityPolicy, actions []string, resource string) bool {
	keys, ends := strings.CutSuffix(resource, "*")
	if !ends || strings.ContainsAny(keys, "*?") || !only(actions, writeObjects) {
		return false
	}
	for _, d := range c.deliveries() {
		for _, prefix := range d.fixedPrefixes {
			if d.hasBucket && strings.HasPrefix(keys, arnOf(d.bucket)+"/"+prefix) {
				return true
			}
		}
	}
	return false
}

// pushLogs are the actions of AWS's own AmazonAPIGatewayPushToCloudWatchLogs.
var pushLogs = []string{
	"logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogGroups", "logs:DescribeLogStreams",
	"logs:FilterLogEvents", "logs:GetLogEvents", "logs:PutLogEvents",
}

// logsOfAccount is the ARN of an account's log groups. Partition, region and account are references or values.
var logsOfAccount = regexp.MustCompile(`^arn:[^:*?]+:logs:[^:*?]+:[^:*?]+:\*$`)

// loggingRole: when an account gets the role, API Gateway tries all of these actions on the account's log groups. Later it makes
// the groups of execution logs under names that it chooses.
func loggingRole(c *checker, policy identityPolicy, actions []string, resource string) bool {
	return logsOfAccount.MatchString(resource) && only(actions, pushLogs) &&
		policy.role != nil && c.trusts(*policy.role, apiGatewayService)
}

// attachments checks policies that are attached by ARN.
func (c *checker) attachments() {
	for _, typ := range []string{
		"aws_iam_group_policy_attachment", "aws_iam_policy_attachment", "aws_iam_role_policy_attachment",
		"aws_iam_user_policy_attachment",
	} {
		for _, r := range c.stack.Resources(typ) {
			c.attached(r, r.Body["policy_arn"])
		}
	}
	c.attachedLists(iamRole, "managed_policy_arns")
	c.attachedLists("aws_iam_role_policy_attachments_exclusive", "policy_arns")
}

func (c *checker) attachedLists(typ, key string) {
	for _, r := range c.stack.Resources(typ) {
		arns, isList := r.Body[key].([]any)
		if !isList && r.Body[key] != nil {
			c.undecidable(in(r), key)
		}
		for _, arn := range arns {
			c.attached(r, arn)
		}
	}
}

// awsManaged is the ARN of an AWS managed policy. Its groups are the ARN's partition and the policy's name.
var awsManaged = regexp.MustCompile(`^arn:(aws[a-z-]*|\$\{data\.aws_partition\.[^}]+\.partition\}):iam::aws:policy/([A-Za-z0-9/_+=,.@-]+)$`)

// broad are parts of the names of AWS's policies that allow a whole service or account, to read it at least.
var broad = []string{"Administrator", "FullAccess", "PowerUser", "ReadOnly", "ReadWrite", "SecurityAudit", "ViewOnly", "job-function/"}

// beyond are actions that neither API Gateway nor Firehose needs: they change who may do what, act as somebody else, or destroy.
var beyond = regexp.MustCompile(`(?i)^((iam|organizations|sts):|[a-z0-9-]+:(Delete|CreateGrant$|PassRole$|ScheduleKeyDeletion$|(Attach|Create|Put|Set|Update)[a-z]*Policy$))`)

func (c *checker) attached(r tfjson.Resource, arn any) {
	if _, ok := c.follow(arn, iamPolicy, "arn"); ok {
		return // leastPrivilege checks its document
	}
	text, _ := scalar(arn)
	parts := awsManaged.FindStringSubmatch(c.settle(text))
	if parts == nil {
		c.breach(r.Address(), fmt.Sprintf("attaches %q, whose document is not in the stack", text), "attach an aws_iam_policy of the stack")
		return
	}
	tooMuch := func(part string) bool { return strings.Contains(parts[2], part) }
	if slices.ContainsFunc(broad, tooMuch) {
		c.breach(r.Address(), "attaches "+parts[2], "allow the actions that are needed, by name")
	}
}
