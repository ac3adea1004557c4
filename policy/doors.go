package policy

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"cdk.tf/go/ingest/tfjson"
)

const (
	declareThem = "declare what it declares as resources of the stack"
	oneDoor     = "let events in only through a method of a REST API of the stack, whose authorization the rules read"
)

// elsewhere are the types that declare resources in a text or in a form that no rule reads.
var elsewhere = []string{
	"aws_api_gateway_rest_api_put",
	"aws_cloudcontrolapi_resource",
	"aws_cloudformation_stack",
	"aws_cloudformation_stack_instances",
	"aws_cloudformation_stack_set",
	"aws_cloudformation_stack_set_instance",
	"aws_serverlessapplicationrepository_cloudformation_stack",
	"aws_servicecatalog_provisioned_product",
}

// hidden finds the resources that declare others out of sight, and those that run commands.
func (c *checker) hidden() {
	for _, r := range c.stack.Data() {
		if r.Type == "external" {
			c.breach(r.Address(), "runs a command that no rule reads", "leave it out, and write its result itself")
		}
	}
	for _, r := range c.stack.All() {
		switch {
		case slices.Contains(elsewhere, r.Type):
			c.breach(r.Address(), "declares resources that no rule reads", declareThem)
		case strings.HasPrefix(r.Type, "awscc_"):
			c.breach(r.Address(), "is of the provider awscc, whose types no rule reads", "declare it with the provider aws")
		case (r.Type == restAPI || r.Type == "aws_apigatewayv2_api") && r.Body["body"] != nil:
			c.breach(r.Address(), "body declares methods that no rule reads", "declare each method as a resource")
		}
		if r.Body["provisioner"] != nil {
			c.breach(r.Address(), "provisioner runs commands that no rule reads", "leave it out")
		}
	}
}

// otherDoors checks that nothing but a REST API of the stack lets others write to a stream or to a bucket of events. A resource
// that does so names the stream, or the role that may write, so no other resource may name them.
func (c *checker) otherDoors() {
	guarded := c.guardedParts()
	for _, r := range c.stack.All() {
		if r.Type == "aws_apigatewayv2_integration" && c.callsKinesis(r) {
			continue // one breach is enough
		}
		if plain.MatchString(r.Type) {
			continue
		}
		for _, part := range guarded {
			if c.names(r, part) {
				c.breach(r.Address(), "refers to "+part.resource.Address()+", and no rule reads what it does with "+part.what, oneDoor)
				break
			}
		}
	}
}

// callsKinesis reports an integration of an HTTP API or a WebSocket API that writes to a stream, or that may.
func (c *checker) callsKinesis(r tfjson.Resource) bool {
	before := len(c.breaches)
	subtype, _ := c.literal(in(r), "integration_subtype")
	uri, _ := r.Body["integration_uri"].(string)
	uri = c.settle(uri)
	switch {
	case strings.HasPrefix(strings.ToLower(subtype), "kinesis"), strings.Contains(strings.ToLower(uri), ":kinesis:"):
		c.breach(r.Address(), "writes to a stream from an API that no rule reads", "declare a REST API")
	case c.isComposed(uri):
		c.undecidable(in(r), "integration_uri")
	}
	return len(c.breaches) > before
}

// isComposed reports whether a template contains something else than text and attributes of the stack's resources.
func (c *checker) isComposed(template string) bool {
	parts, err := tfjson.Parse(template)
	return err != nil || slices.ContainsFunc(parts, func(part tfjson.Part) bool {
		if part.Reference == nil {
			return part.Expression != ""
		}
		_, declared := c.stack.Find(*part.Reference)
		return !declared
	})
}

// plain are the types that may name a stream or a role that writes: other rules read them, or they write no event.
var plain = regexp.MustCompile(`^(aws_api_gateway_.+|aws_cloudwatch_(composite_alarm|dashboard|metric_alarm)|aws_iam_.+|` +
	`aws_kinesis_(firehose_delivery_stream|resource_policy|stream|stream_consumer)|aws_kms_.+|aws_s3_bucket_policy|aws_ssm_parameter|null_resource|terraform_data)$`)

// readsFrom are the arguments that name a stream as what their resource reads.
var readsFrom = map[string][]string{
	"aws_lambda_event_source_mapping": {"event_source_arn"},
	"aws_pipes_pipe":                  {"source", "source_parameters"},
}

// guardedPart is a stream, or a role that may write to one or to a bucket of events.
type guardedPart struct {
	resource tfjson.Resource
	what     string
	// literal finds the part in a text by its own name.
	literal *regexp.Regexp
}

func (c *checker) guardedParts() []guardedPart {
	var parts []guardedPart
	for _, stream := range c.stack.Resources(kinesisStream) {
		parts = append(parts, guardedPart{stream, "the stream", c.literally(stream, `(?i::stream/|(?:^|[^a-z_])stream_?name\W{1,9})%s`)})
	}
	writers := c.writers()
	for _, role := range c.stack.Resources(iamRole) {
		if writers[role.Address()] {
			parts = append(parts, guardedPart{role, "the rights of the role", c.literally(role, `:role/(?:[^:"]*/)?%s`)})
		}
	}
	return parts
}

// literally is the pattern of a text that names a resource without a reference; nil if its name is not known.
func (c *checker) literally(r tfjson.Resource, pattern string) *regexp.Regexp {
	name, known := c.value(r.Body["name"])
	if !known || name == "" {
		return nil
	}
	return regexp.MustCompile(strings.Replace(pattern, "%s", regexp.QuoteMeta(name), 1) + `(?:[^\w.-]|$)`)
}

// writers are the addresses of the roles that may write events to a stream, or objects to the bucket of a delivery.
func (c *checker) writers() map[string]bool {
	found := map[string]bool{}
	for _, policy := range c.identityPolicies() {
		statements, _ := c.parseDocument(policy.body[policy.key]) // "least-privilege" reports one that cannot be read
		if !slices.ContainsFunc(statements, c.writes) {
			continue
		}
		roles := c.attachedTo(policy.resource)
		if policy.role != nil {
			roles = append(roles, *policy.role)
		}
		for _, role := range roles {
			found[role.Address()] = true
		}
	}
	return found
}

func (c *checker) writes(s statement) bool {
	if s.effect != allow {
		return false
	}
	if coversAny(s.actions, "kinesis:PutRecord") || coversAny(s.actions, "kinesis:PutRecords") {
		return true
	}
	return coversAny(s.actions, "s3:PutObject") && slices.ContainsFunc(c.deliveries(), func(d delivery) bool {
		return d.hasBucket && slices.ContainsFunc(s.resources, func(resource string) bool { return strings.HasPrefix(resource, arnOf(d.bucket)+"/") })
	})
}

// attachedTo are the roles to which a policy of the stack is attached.
func (c *checker) attachedTo(policy tfjson.Resource) []tfjson.Resource {
	var roles []tfjson.Resource
	for _, a := range c.attachments() {
		attached, ok := c.follow(a.arn, iamPolicy, "arn")
		if !ok || attached.Address() != policy.Address() {
			continue
		}
		if a.resource.Type == iamRole {
			roles = append(roles, a.resource)
		}
		named, _ := a.resource.Body["roles"].([]any)
		for _, v := range append(named, a.resource.Body["role"], a.resource.Body["role_name"]) {
			if role, ok := c.follow(v, iamRole, "id", "name"); ok {
				roles = append(roles, role)
			}
		}
	}
	return roles
}

// names reports whether a resource names a guarded part, by a reference or by its name.
func (c *checker) names(r tfjson.Resource, part guardedPart) bool {
	for _, key := range slices.Sorted(maps.Keys(r.Body)) {
		if slices.Contains(readsFrom[r.Type], key) || key == "depends_on" {
			continue
		}
		if c.leadsTo(map[string]any{key: r.Body[key]}, part, maxHops) {
			return true
		}
	}
	return false
}

// leadsTo reports whether a value names a guarded part, directly or through arguments and local values.
func (c *checker) leadsTo(v any, part guardedPart, hops int) bool {
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			text, isText := v[key].(string)
			if isText && c.textLeadsTo(text, key+"=", part, hops) || !isText && c.leadsTo(v[key], part, hops) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, func(item any) bool { return c.leadsTo(item, part, hops) })
	case string:
		return c.textLeadsTo(v, "", part, hops)
	}
	return false
}

// textLeadsTo reads a text with what precedes it: the name of its argument.
func (c *checker) textLeadsTo(text, before string, part guardedPart, hops int) bool {
	if part.literal != nil && part.literal.MatchString(before+c.settle(text)) {
		return true
	}
	references, _ := tfjson.References(text) // "readable" reports an invalid template
	return hops > 0 && slices.ContainsFunc(references, func(ref tfjson.Reference) bool {
		if ref.Type == "local" {
			return c.leadsTo(c.stack.Local(ref.Name), part, hops-1)
		}
		r, declared := c.stack.Find(ref)
		argument := r.Body[ref.Attribute]
		return declared && (r.Address() == part.resource.Address() || argument != nil && c.leadsTo(argument, part, hops-1))
	})
}
