package policy

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"cdk.tf/go/ingest/tfjson"
)

const assumeRole = "sts:AssumeRole"

// services are the services that assume roles in this pipeline, with the check of each for a trust's conditions.
var services = map[string]func(*checker, tfjson.Resource, statement){
	apiGatewayService: noSourceCondition,
	firehoseService:   externalID,
}

func trust(c *checker) {
	for _, role := range c.stack.Resources(iamRole) {
		if statements, ok := c.document(in(role), "assume_role_policy"); ok {
			c.trustOf(role, statements)
		}
	}
}

func (c *checker) trustOf(role tfjson.Resource, statements []statement) {
	if len(statements) != 1 {
		c.breach(role.Address(), fmt.Sprintf("its trust has %d statements", len(statements)), "leave one, which allows "+assumeRole)
		return
	}
	s := statements[0]
	if s.effect != allow || len(s.inverted) > 0 || !isOnly(s.actions, assumeRole) {
		c.breach(role.Address(), "its trust does more than allow "+assumeRole, "allow that action and nothing else")
	}
	demand, known := services[service(s)]
	if !known {
		c.breach(role.Address(), "its trust is in "+principalsText(s),
			"trust one service: "+strings.Join(slices.Sorted(maps.Keys(services)), " or "))
		return
	}
	demand(c, role, s)
}

// service is the service that a statement names, if it names no other principal; otherwise "".
func service(s statement) string {
	names := s.principals["Service"]
	if len(s.principals) != 1 || len(names) != 1 {
		return ""
	}
	return names[0]
}

func principalsText(s statement) string {
	var all []string
	for _, kind := range slices.Sorted(maps.Keys(s.principals)) {
		for _, name := range s.principals[kind] {
			all = append(all, strings.TrimPrefix(fmt.Sprintf("%s %q", kind, name), "* "))
		}
	}
	if all == nil {
		return "no principal"
	}
	return strings.Join(all, ", ")
}

// trusts reports whether a service can assume the role.
func (c *checker) trusts(role tfjson.Resource, name string) bool {
	statements, err := c.parseDocument(role.Body["assume_role_policy"])
	return err == nil && len(statements) == 1 && statements[0].effect == allow && service(statements[0]) == name
}

// noSourceCondition: API Gateway sends neither key when it assumes an integration's role, so every call would fail with 500
// (aws-solutions-library-samples/accelerated-intelligent-document-processing-on-aws, pull request 479).
func noSourceCondition(c *checker, role tfjson.Resource, s statement) {
	for _, operator := range slices.Sorted(maps.Keys(s.conditions)) {
		for _, key := range slices.Sorted(maps.Keys(s.conditions[operator])) {
			if strings.EqualFold(key, "aws:SourceAccount") || strings.EqualFold(key, "aws:SourceArn") {
				c.breach(role.Address(), "its trust has a condition on "+key, "leave it out: API Gateway does not send it, and every call would fail")
			}
		}
	}
}

var accountID = regexp.MustCompile(`^([0-9]{12}|\$\{data\.aws_caller_identity\.[^}.]+\.account_id\})$`)

// isThisAccount reports whether a text is shown to be the id of the stack's account: Terraform reads it, or the provider allows it.
func (c *checker) isThisAccount(id string) bool {
	isDigits := !strings.HasPrefix(id, "${")
	return accountID.MatchString(id) && (!isDigits || slices.Contains(c.stack.AllowedAccounts(), id))
}

// mayBeThisAccount is true also for the id of a stack that any account may have: the JSON then does not show whose it is.
func (c *checker) mayBeThisAccount(id string) bool {
	return c.isThisAccount(id) || accountID.MatchString(id) && len(c.stack.AllowedAccounts()) == 0
}

// externalID checks the condition that keeps Firehose from assuming the role for another account (Firehose developer guide,
// "Controlling access").
func externalID(c *checker, role tfjson.Resource, s statement) {
	for key, values := range s.conditions["StringEquals"] {
		if strings.EqualFold(key, "sts:ExternalId") && len(values) == 1 && c.mayBeThisAccount(values[0]) {
			return
		}
	}
	c.breach(role.Address(), "its trust in Firehose has no condition that sts:ExternalId is the account's id",
		"add one under StringEquals, or Firehose may assume the role for another account")
}
