package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"cdk.tf/go/ingest/tfjson"
)

const (
	webACL         = "aws_wafv2_web_acl"
	aclAssociation = "aws_wafv2_web_acl_association"
	aclLogging     = "aws_wafv2_web_acl_logging_configuration"
)

// firewall checks that web ACLs protect every stage, that their rules block except those that count by name, and that their logs
// contain no credentials.
func firewall(c *checker) {
	acls := c.stack.Resources(webACL)
	for _, acl := range acls {
		c.want(in(acl), "scope", "REGIONAL")
		c.aclRules(acl)
		c.unsampled(c.block(in(acl), "visibility_config"))
		c.aclProtection(acl)
		c.aclLog(acl)
	}
	if len(acls) > 0 {
		c.associations(acls)
	}
}

// associations checks that every stage has a web ACL if the stack has any.
func (c *checker) associations(acls []tfjson.Resource) {
	used := map[string]bool{}
	guarded := map[string]bool{}
	for _, association := range c.stack.Resources(aclAssociation) {
		acl, hasACL := c.follow(association.Body["web_acl_arn"], webACL, "arn", "id")
		stage, hasStage := c.follow(association.Body["resource_arn"], apiStage, "arn")
		if !hasACL {
			c.breach(association.Address(), "web_acl_arn refers to no web ACL of the stack", "refer to the ARN of one")
		}
		if !hasStage {
			c.breach(association.Address(), "resource_arn refers to no stage of the stack", "refer to the ARN of one")
		}
		used[acl.Address()] = used[acl.Address()] || hasStage
		guarded[stage.Address()] = guarded[stage.Address()] || hasACL
	}
	for _, acl := range acls {
		if !used[acl.Address()] {
			c.breach(acl.Address(), "is associated with no stage", "declare an "+aclAssociation)
		}
	}
	for _, stage := range c.stack.Resources(apiStage) {
		if !guarded[stage.Address()] {
			c.breach(stage.Address(), "has no web ACL, and the stack has one", "declare an "+aclAssociation)
		}
	}
}

func (c *checker) aclRules(acl tfjson.Resource) {
	const remedy = "declare each rule in a block: this check does not see rules from an expression or another resource"
	if acl.Body["rule_json"] != nil {
		c.breach(acl.Address(), "rule_json is set", remedy)
	}
	rules := c.blocks(in(acl), "rule")
	if len(rules) == 0 {
		c.breach(acl.Address(), "has no rules", "add some: without rules it blocks nothing")
	}
	for _, rule := range rules {
		c.aclRule(rule)
	}
}

// aclRule: a custom rule blocks. A managed group blocks too, except for the rules that an override names to count.
func (c *checker) aclRule(rule place) {
	name, _ := c.value(rule.body["name"])
	at := place{rule.resource, fmt.Sprintf("rule %q: ", name), rule.body}
	statement := c.block(at, "statement")
	c.unsampled(c.block(at, "visibility_config"))
	c.bodyLimits(at, statement.body)
	group := c.blocks(statement, "managed_rule_group_statement")
	if len(group) == 0 {
		c.wantAction(at, "action", "block")
		return
	}
	c.wantAction(at, "override_action", "none")
	for _, override := range c.blocks(group[0], "rule_action_override") {
		overridden, _ := c.value(override.body["name"])
		c.wantAction(place{at.resource, fmt.Sprintf("%s%s: ", at.path, overridden), override.body}, "action_to_use", "block", "count")
	}
}

// wantAction reports a block whose action is not one of allowed.
func (c *checker) wantAction(p place, key string, allowed ...string) {
	actions := slices.Sorted(maps.Keys(c.block(p, key).body))
	if len(actions) == 1 && slices.Contains(allowed, actions[0]) {
		return
	}
	problem := p.path + key + " is not set"
	if len(actions) > 0 {
		problem = p.path + key + " is " + strings.Join(actions, ", ")
	}
	c.breachAt(p, problem, "set it to "+strings.Join(allowed, " or "))
}

// unsampled: samples show every header, whatever the log leaves out.
func (c *checker) unsampled(visibility place) {
	c.want(visibility, "cloudwatch_metrics_enabled", "true")
	c.want(visibility, "sampled_requests_enabled", "false")
}

// bodyLimits: WAF would measure only the beginning of a body that is larger than it reads.
func (c *checker) bodyLimits(rule place, v any) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			c.bodyLimits(rule, item)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			c.bodyLimits(rule, v[key])
		}
		limits, err := tfjson.Blocks(v, "size_constraint_statement")
		if err != nil {
			return // "block" reports it
		}
		for _, limit := range limits {
			c.bodyLimit(rule, limit)
		}
	}
}

func (c *checker) bodyLimit(rule place, limit map[string]any) {
	match := c.block(place{rule.resource, rule.path + "size_constraint_statement.", limit}, "field_to_match")
	for _, field := range []string{"body", "json_body"} {
		for _, body := range c.blocks(match, field) {
			c.want(body, "oversize_handling", "MATCH")
		}
	}
}

// aclProtection: a matching rule's details quote the matched text, whatever the log leaves out (AWS WAF developer guide, "Log
// fields for web ACL traffic").
func (c *checker) aclProtection(acl tfjson.Resource) {
	hidden := map[string]bool{} // fields, and headers in lower case
	for _, protection := range c.blocks(c.block(in(acl), "data_protection_config"), "data_protection") {
		field, _ := c.value(c.block(protection, "field").body["field_type"])
		shown, known := c.value(protection.body["exclude_rule_match_details"])
		hides := known && (shown == "" || shown == "false")
		hidden[field] = hidden[field] || hides
		for _, key := range list(c.block(protection, "field").body["field_keys"]) {
			hidden[strings.ToLower(key)] = hidden[strings.ToLower(key)] || hides && field == "SINGLE_HEADER"
		}
	}
	for _, secret := range secretHeaders {
		if !hidden[secret] {
			c.breach(acl.Address(), fmt.Sprintf("stores what its rules match in the header %q", secret), "add it to data_protection_config, with its match details")
		}
	}
	for _, field := range []string{"BODY", "QUERY_STRING"} {
		if !hidden[field] {
			c.breach(acl.Address(), "stores what its rules match in the "+field, "add it to data_protection_config, with its match details")
		}
	}
}

// aclLog checks that each web ACL has one log, in a log group of the stack, without credentials.
func (c *checker) aclLog(acl tfjson.Resource) {
	count := 0
	for _, logging := range c.stack.Resources(aclLogging) {
		if to, ok := c.follow(logging.Body["resource_arn"], webACL, "arn", "id"); !ok || to.Address() != acl.Address() {
			continue
		}
		count++
		destinations := list(logging.Body["log_destination_configs"])
		for _, destination := range destinations {
			if _, ok := c.follow(destination, logGroup, "arn"); !ok {
				c.breach(logging.Address(), "log_destination_configs refers to no log group of the stack", "refer to the ARN of one")
			}
		}
		if len(destinations) == 0 {
			c.breach(logging.Address(), "log_destination_configs is empty", "refer to the ARN of a log group of the stack")
		}
		c.redacted(logging)
		for _, filter := range c.blocks(in(logging), "logging_filter") {
			c.keepsBlocks(filter)
		}
	}
	if count != 1 {
		c.breach(acl.Address(), fmt.Sprintf("%d resources of type %s refer to it", count, aclLogging), "declare exactly one")
	}
}

// keepsBlocks checks that a filter of the log keeps each request that the web ACL blocks, in whatever order WAF applies its parts.
func (c *checker) keepsBlocks(filter place) {
	kept, _ := c.value(filter.body["default_behavior"])
	keeps := kept == "KEEP"
	for _, part := range c.blocks(filter, "filter") {
		conditions := c.blocks(part, "condition")
		requirement, _ := c.value(part.body["requirement"])
		switch behavior, _ := c.value(part.body["behavior"]); {
		case behavior == "KEEP":
			ofBlock := func(condition place) bool { return c.filtered(condition) == "BLOCK" }
			keeps = keeps || slices.ContainsFunc(conditions, ofBlock) && (requirement == "MEETS_ANY" || len(conditions) == 1)
		case slices.ContainsFunc(conditions, func(condition place) bool {
			action := c.filtered(condition)
			return action == "" || action == "BLOCK"
		}):
			c.breachAt(filter, "logging_filter may drop a request that the web ACL blocks", "drop by the actions of other requests alone, such as COUNT")
		}
	}
	if !keeps {
		c.breachAt(filter, "logging_filter does not keep each request that the web ACL blocks", `keep those of the action BLOCK, with the requirement "MEETS_ANY"`)
	}
}

// filtered is the action by which a condition selects requests; "" for a label, which a blocked request may have.
func (c *checker) filtered(condition place) string {
	action, _ := c.value(c.block(condition, "action_condition").body["action"])
	return action
}

func (c *checker) redacted(logging tfjson.Resource) {
	var names []string
	for _, field := range c.blocks(in(logging), "redacted_fields") {
		for _, header := range c.blocks(field, "single_header") {
			name, _ := c.value(header.body["name"])
			names = append(names, name)
		}
	}
	for _, secret := range secretHeaders {
		if !slices.Contains(names, secret) {
			c.breach(logging.Address(), fmt.Sprintf("logs the header %q", secret), "add it to redacted_fields, in lower case")
		}
	}
}
