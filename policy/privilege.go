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
	// key is the argument with the document.
	key string
	// role has the policy; nil if unknown.
	role *tfjson.Resource
}

// documented are the types of policies, with the argument that has the document.
var documented = []struct{ typ, key string }{
	{"aws_iam_group_policy", "policy"},
	{iamPolicy, "policy"},
	{iamRolePolicy, "policy"},
	{"aws_iam_user_policy", "policy"},
	{"aws_ssoadmin_permission_set_inline_policy", "inline_policy"},
}

func (c *checker) identityPolicies() []identityPolicy {
	var policies []identityPolicy
	for _, d := range documented {
		for _, r := range c.stack.Resources(d.typ) {
			policy := identityPolicy{place: in(r), key: d.key}
			if role, ok := c.follow(r.Body["role"], iamRole, "id", "name"); ok {
				policy.role = &role
			}
			policies = append(policies, policy)
		}
	}
	for _, role := range c.stack.Resources(iamRole) {
		blocks, _ := role.Blocks("inline_policy") // leastPrivilege reports a value that is not a block
		for _, body := range blocks {
			policies = append(policies, identityPolicy{place{role, "inline_policy.", body}, "policy", &role})
		}
	}
	return policies
}

func leastPrivilege(c *checker) {
	for _, role := range c.stack.Resources(iamRole) {
		c.blocks(in(role), "inline_policy")
	}
	for _, policy := range c.identityPolicies() {
		statements, _ := c.document(policy.place, policy.key)
		for i, s := range statements {
			if s.effect == allow {
				c.narrow(policy, fmt.Sprintf("%s%s: statement %d", policy.path, policy.key, i+1), s)
			}
		}
	}
	for _, l := range logPolicies {
		for _, r := range c.stack.Resources(l.typ) {
			c.logPolicy(in(r), l.key)
		}
	}
	for _, a := range c.attachments() {
		c.attached(a)
	}
	for _, l := range listing {
		for _, r := range c.stack.Resources(l.typ) {
			if _, isList := r.Body[l.key].([]any); !isList && r.Body[l.key] != nil {
				c.undecidable(in(r), l.key)
			}
		}
	}
}

// logPolicies are the types of policies of CloudWatch Logs, with the argument that has the document.
var logPolicies = []struct{ typ, key string }{
	{"aws_cloudwatch_log_delivery_destination_policy", "delivery_destination_policy"},
	{"aws_cloudwatch_log_destination_policy", "access_policy"},
	{"aws_cloudwatch_log_resource_policy", "policy_document"},
}

// logPolicy: a service writes to groups whose names it chooses, so resources may have wildcards.
func (c *checker) logPolicy(p place, key string) {
	statements, ok := c.document(p, key)
	if !ok {
		return
	}
	c.namesPrincipals(p, key, statements)
	for i, s := range statements {
		if s.effect == allow {
			c.namesActions(p, fmt.Sprintf("%s: statement %d", key, i+1), s)
		}
	}
}

func (c *checker) narrow(policy identityPolicy, where string, s statement) {
	c.namesActions(policy.place, where, s)
	for _, action := range s.actions {
		if !strings.ContainsAny(action, "*?$") && !handlesData(action) && !isOfGlue(action) { // "query" reports Glue's
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

// namesActions checks that a statement names what it allows.
func (c *checker) namesActions(p place, where string, s statement) {
	for _, element := range s.inverted {
		c.breachAt(p, where+" has "+element, "name what it allows")
	}
	for _, action := range s.actions {
		if strings.ContainsAny(action, "*?$") {
			c.breachAt(p, fmt.Sprintf("%s allows the action %q", where, action), "name each action in full")
		}
	}
}

// The actions that read or write data. IAM's access levels are no help: "Write" includes what stops or destroys a resource.
var (
	reading = regexp.MustCompile(`(?i)^[a-z0-9-]+:(Batch|Transact)?(Describe|Filter|Get|Head|List|Query|Receive|Scan|Search|Select|SubscribeToShard)[a-z0-9]*$`)
	writing = regexp.MustCompile(`(?i)^[a-z0-9-]+:(AbortMultipartUpload|BatchWriteItem|CreateLogGroup|CreateLogStream|Decrypt|Encrypt|` +
		`GenerateDataKey(Pair)?(WithoutPlaintext)?|Invoke(Async|Function|FunctionUrl)?|Publish(Batch)?|` +
		`Put(Events|Item|LogEvents|MetricData|Object|Record|RecordBatch|Records|TelemetryRecords|TraceSegments)|ReEncrypt(From|To)|` +
		`SendMessage(Batch)?|Start(Query|Sync)?Execution|TransactWriteItems|UpdateItem|WriteRecords)$`)
	// secret are the readings that return credentials, with which a role acts as somebody else.
	secret = regexp.MustCompile(`(?i)^(iam|identitystore|organizations|sso|sso-directory|sts):|:[a-z]*(Credential|DataAccess|InstanceAccess|LoginProfile|Password|SecretValue|Token)`)
)

// handlesData reports whether an action only reads or writes data: it does not change who may do what or how a resource is set, act
// as somebody else, or destroy something.
func handlesData(action string) bool {
	return (reading.MatchString(action) || writing.MatchString(action)) && !secret.MatchString(action)
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
	return !slices.ContainsFunc(actions, func(action string) bool {
		return !slices.ContainsFunc(allowed, func(one string) bool { return strings.EqualFold(one, action) })
	})
}

// isOnly reports whether there is one action, and which.
func isOnly(actions []string, action string) bool {
	return len(actions) == 1 && only(actions, []string{action})
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

// attachment is a policy that a resource attaches by its ARN.
type attachment struct {
	resource tfjson.Resource
	arn      any
}

// attaching are the types that attach a policy, and listing those that attach a list of them, with the argument.
var (
	attaching = []struct{ typ, key string }{
		{"aws_iam_group_policy_attachment", "policy_arn"},
		{"aws_iam_policy_attachment", "policy_arn"},
		{"aws_iam_role_policy_attachment", "policy_arn"},
		{"aws_iam_user_policy_attachment", "policy_arn"},
		{"aws_ssoadmin_managed_policy_attachment", "managed_policy_arn"},
	}
	listing = []struct{ typ, key string }{
		{iamRole, "managed_policy_arns"},
		{"aws_iam_group_policy_attachments_exclusive", "policy_arns"},
		{"aws_iam_role_policy_attachments_exclusive", "policy_arns"},
		{"aws_iam_user_policy_attachments_exclusive", "policy_arns"},
	}
)

func (c *checker) attachments() []attachment {
	var found []attachment
	for _, a := range attaching {
		for _, r := range c.stack.Resources(a.typ) {
			found = append(found, attachment{r, r.Body[a.key]})
		}
	}
	for _, l := range listing {
		for _, r := range c.stack.Resources(l.typ) {
			arns, _ := r.Body[l.key].([]any) // leastPrivilege reports a value that is not a list
			for _, arn := range arns {
				found = append(found, attachment{r, arn})
			}
		}
	}
	return found
}

// awsManaged is the ARN of an AWS managed policy. Its group is the policy's name.
var awsManaged = regexp.MustCompile(`^arn:(?:aws[a-z-]*|\$\{data\.aws_partition\.[^}]+\.partition\}):iam::aws:policy/([A-Za-z0-9/_+=,.@-]+)$`)

// managed is the only policy of AWS's that a role of the pipeline may have. AWS can change what its policies allow.
const managed = "service-role/AmazonAPIGatewayPushToCloudWatchLogs"

func (c *checker) attached(a attachment) {
	if _, ok := c.follow(a.arn, iamPolicy, "arn"); ok {
		return // leastPrivilege checks its document
	}
	text, _ := tfjson.Scalar(a.arn)
	name := awsManaged.FindStringSubmatch(c.settle(text))
	switch {
	case name == nil:
		c.breach(a.resource.Address(), fmt.Sprintf("attaches %q, whose document is not in the stack", text), "attach an aws_iam_policy of the stack")
	case name[1] != managed:
		c.breach(a.resource.Address(), "attaches "+name[1], "allow the actions that are needed, by name")
	}
}
