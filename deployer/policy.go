package deployer

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"cdk.tf/go/ingest/tfjson"
)

// statement is a statement of an IAM policy that allows.
type statement struct {
	Effect    string                         `json:"Effect"`
	Action    []string                       `json:"Action"`
	Resource  []string                       `json:"Resource"`
	Condition map[string]map[string][]string `json:"Condition,omitempty"`
}

// stackOf is a stack as it is written, and as it would be after an apply: the first shows which values AWS makes up, the second has
// the region and the tags.
type stackOf struct {
	*tfjson.Stack
	resolved *tfjson.Stack
}

// someAccount stands for the account in a resolved stack. Nothing of it gets into a policy.
const someAccount = tfjson.NoAccount

func resolve(stack *tfjson.Stack) (stackOf, error) {
	resolved, err := stack.Resolve(tfjson.Surroundings{Account: someAccount})
	return stackOf{stack, resolved}, err
}

// What a policy's ARNs hold for where the role is: the account and the partition of whoever applies the stack of the roles.
const (
	partition = "${data.aws_partition.current.partition}"
	account   = "${data.aws_caller_identity.current.account_id}"
)

// permission is one action on one resource, with a condition as JSON, which is empty where there is none.
type permission struct{ action, resource, condition string }

// policies are what a stack's two roles may do.
type policies struct {
	plan, apply map[permission]bool
}

// policiesOf derives the permissions from a stack's resources. A resource of a type that nothing is known of is an error: a policy
// without it would fail in the middle of an apply.
func policiesOf(stack stackOf) (policies, error) {
	p := policies{plan: map[permission]bool{}, apply: map[permission]bool{}}
	tags, err := conditionsOf(stack)
	if err != nil {
		return p, err
	}
	var unknown []error
	for _, resource := range stack.All() {
		known := slices.Contains(free, resource.Type)
		for _, g := range grants {
			if !slices.Contains(strings.Fields(g.types), resource.Type) {
				continue
			}
			known = true
			if g.when == "" || isSet(resource.Body[g.when]) {
				p.add(stack, resource, g, tags[g.tagged])
			}
		}
		if !known {
			unknown = append(unknown, fmt.Errorf("%s: what a deployment of this type needs is not known; add it to deployer/grants.go", resource.Address()))
		}
	}
	p.addRoles(stack)
	p.addTruststores(stack)
	return p, errors.Join(unknown...)
}

func isSet(value any) bool { return value != nil && value != false }

// add adds what a grant says of a resource.
func (p policies) add(stack stackOf, resource tfjson.Resource, g grant, condition string) {
	destroy := g.destroy
	if preventsDestroy(resource) {
		destroy = ""
	}
	for on := range strings.FieldsSeq(g.on) {
		arn := resourceARN(stack, resource, on)
		for action := range strings.FieldsSeq(g.read) {
			p.plan[permission{g.service + ":" + action, arn, condition}] = true
		}
		for action := range strings.FieldsSeq(g.read + " " + g.write + " " + destroy) {
			p.apply[permission{g.service + ":" + action, arn, condition}] = true
		}
	}
}

func preventsDestroy(resource tfjson.Resource) bool {
	blocks, err := resource.Blocks("lifecycle")
	return err == nil && slices.ContainsFunc(blocks, func(block map[string]any) bool { return tfjson.True(block["prevent_destroy"]) })
}

// placeholder is a name in braces.
var placeholder = regexp.MustCompile(`\{[a-z_]+\}`)

func resourceARN(stack stackOf, resource tfjson.Resource, on string) string {
	if on == "*" {
		return on
	}
	return "arn:" + partition + ":" + placeholder.ReplaceAllStringFunc(on, func(name string) string {
		switch name = strings.Trim(name, "{}"); name {
		case "region":
			return stack.resolved.Region()
		case "account":
			return account
		default:
			text, _ := resource.Body[name].(string)
			return literal(stack, text, 0)
		}
	})
}

// literal is a text as far as the stack knows it before an apply. What AWS makes up is "*".
func literal(stack stackOf, text string, depth int) string {
	parts, err := tfjson.Parse(text)
	if err != nil || text == "" || depth > maxDepth {
		return "*"
	}
	var known strings.Builder
	for _, part := range parts {
		switch {
		case part.Reference == nil && part.Expression == "":
			known.WriteString(part.Literal)
		case part.Reference != nil:
			known.WriteString(attribute(stack, *part.Reference, depth+1))
		default:
			known.WriteString("*")
		}
	}
	return known.String()
}

// maxDepth ends a circle of references, which Terraform would refuse.
const maxDepth = 20

func attribute(stack stackOf, reference tfjson.Reference, depth int) string {
	resource, ok := stack.Find(reference)
	if !ok {
		return "*"
	}
	name := reference.Attribute
	if name == "id" { // of these the id is the name
		name = map[string]string{"aws_s3_bucket": "bucket", "aws_iam_role": "name", "aws_athena_workgroup": "name"}[resource.Type]
	}
	text, _ := resource.Body[name].(string)
	return literal(stack, text, depth)
}

// addRoles lets the apply role pass the stack's roles to the services that they trust, and to no other. API Gateway makes its
// service-linked role with the permissions of whoever first needs it
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/using-service-linked-roles.html).
func (p policies) addRoles(stack stackOf) {
	for _, role := range stack.Resources("aws_iam_role") {
		trust, _ := role.Body["assume_role_policy"].(string)
		for _, service := range trusted(trust) {
			p.apply[permission{"iam:PassRole", resourceARN(stack, role, "iam::{account}:role/{name}"), equals("iam:PassedToService", service)}] = true
		}
	}
	if len(stack.Resources("aws_api_gateway_rest_api")) > 0 {
		const service = "ops.apigateway.amazonaws.com"
		on := resourceARN(stack, tfjson.Resource{}, "iam::{account}:role/aws-service-role/"+service+"/AWSServiceRoleForAPIGateway")
		p.apply[permission{"iam:CreateServiceLinkedRole", on, equals("iam:AWSServiceName", service)}] = true
	}
}

// trusted are the services that a trust policy names.
func trusted(policy string) []string {
	var document struct {
		Statement []struct {
			Principal struct{ Service any }
		}
	}
	if json.Unmarshal([]byte(policy), &document) != nil {
		return nil
	}
	var services []string
	for _, statement := range document.Statement {
		switch service := statement.Principal.Service.(type) {
		case string:
			services = append(services, service)
		case []any:
			for _, one := range service {
				text, _ := one.(string)
				services = append(services, text)
			}
		}
	}
	return services
}

// addTruststores lets the apply role read the authorities of client certificates: API Gateway reads them with its permissions.
func (p policies) addTruststores(stack stackOf) {
	for _, domain := range stack.Resources("aws_api_gateway_domain_name") {
		blocks, _ := domain.Blocks("mutual_tls_authentication")
		for _, block := range blocks {
			uri, _ := block["truststore_uri"].(string)
			if object, ok := strings.CutPrefix(uri, "s3://"); ok {
				for _, action := range []string{"s3:GetObject", "s3:GetObjectVersion"} {
					p.apply[permission{action, "arn:" + partition + ":s3:::" + object, ""}] = true
				}
			}
		}
	}
}

// addState lets the roles read the state, and the apply role write and lock it
// (https://developer.hashicorp.com/terraform/language/backend/s3). A plan is made without the lock, so that its role changes nothing.
// A state in HCP Terraform needs nothing of AWS.
func (p policies) addState(stack stackOf) error {
	typ, arguments, err := stack.Backend()
	if err != nil {
		return err
	}
	switch typ {
	case "s3":
	case "cloud":
		return nil
	default:
		return fmt.Errorf(`its state is in a backend of type %q, which a workflow loses at its end; set env.State.S3 = &spec.S3State{Bucket: "NAME"} in its file in stacks/ and synthesise again`, typ)
	}
	text := func(name string) string {
		value, _ := arguments[name].(string)
		return value
	}
	bucket := "arn:" + partition + ":s3:::" + text("bucket")
	object, lock := bucket+"/"+text("key"), bucket+"/"+text("key")+".tflock"
	both := []permission{{"s3:ListBucket", bucket, ""}, {"s3:GetObject", object, ""}}
	applies := []permission{{"s3:PutObject", object, ""}, {"s3:GetObject", lock, ""}, {"s3:PutObject", lock, ""}, {"s3:DeleteObject", lock, ""}}
	if key := text("kms_key_id"); key != "" {
		arn, condition := stateKey(key)
		both = append(both, permission{"kms:Decrypt", arn, condition})
		applies = append(applies, permission{"kms:GenerateDataKey", arn, condition})
	}
	for _, one := range both {
		p.plan[one], p.apply[one] = true, true
	}
	for _, one := range applies {
		p.apply[one] = true
	}
	return nil
}

// stateKey is what a policy grants the use of the state's key on. An alias names no key in a policy's Resource
// (https://docs.aws.amazon.com/kms/latest/developerguide/cmks-in-iam-policies.html): so it is every key of the alias's account and region
// that has the alias (https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html).
func stateKey(key string) (arn, condition string) {
	place, name, isAlias := strings.Cut(key, ":alias/")
	if !isAlias {
		return key, ""
	}
	// A key has several aliases, so that the condition names an operator for sets.
	return place + ":key/*", conditionBy(forAnyValue+"StringEquals", map[string][]string{"kms:ResourceAliases": {"alias/" + name}})
}

// forAnyValue begins an operator that compares a key of a request with several values.
const forAnyValue = "ForAnyValue:"

// conditionsOf are the conditions of grants that compare tags, as JSON, by the grant's field.
func conditionsOf(stack stackOf) (map[string]string, error) {
	project, environment, err := nameOf(stack)
	if err != nil {
		return nil, err
	}
	both := func(key string) string {
		return condition(map[string][]string{"aws:" + key + "/Project": {project}, "aws:" + key + "/Environment": {environment}})
	}
	return map[string]string{"": "", "request": both("RequestTag"), "resource": both("ResourceTag")}, nil
}

// nameOf is how a stack is named by the tags that every resource gets.
func nameOf(stack stackOf) (project, environment string, err error) {
	for _, resource := range stack.Resources("aws_kinesis_stream") {
		tags := stack.resolved.Tags(resource.Address())
		project, environment = tags["Project"], tags["Environment"]
	}
	if project == "" || environment == "" {
		return "", "", errors.New("its stream has no tags Project and Environment; synthesise it with this project")
	}
	return project, environment, nil
}

func equals(key, value string) string { return condition(map[string][]string{key: {value}}) }

func condition(values map[string][]string) string { return conditionBy("StringEquals", values) }

func conditionBy(operator string, values map[string][]string) string {
	text, _ := json.Marshal(map[string]map[string][]string{operator: values}) // texts always become JSON
	return string(text)
}

// statements are the permissions as few statements: the actions that are allowed on the same resources are one, sorted.
func statements(permissions map[permission]bool) []statement {
	type place struct{ resource, condition string }
	actions := map[place][]string{}
	for p := range permissions {
		at := place{p.resource, p.condition}
		actions[at] = append(actions[at], p.action)
	}
	type same struct{ actions, condition string }
	resources := map[same][]string{}
	for at, some := range actions {
		slices.Sort(some)
		key := same{strings.Join(some, " "), at.condition}
		resources[key] = append(resources[key], at.resource)
	}
	var all []statement
	for _, key := range slices.SortedFunc(maps.Keys(resources), func(a, b same) int {
		return cmp.Or(cmp.Compare(a.actions, b.actions), cmp.Compare(a.condition, b.condition))
	}) {
		s := statement{Effect: "Allow", Action: strings.Fields(key.actions), Resource: resources[key]}
		slices.Sort(s.Resource)
		if key.condition != "" {
			_ = json.Unmarshal([]byte(key.condition), &s.Condition) // it is JSON of condition's
		}
		all = append(all, s)
	}
	return all
}
