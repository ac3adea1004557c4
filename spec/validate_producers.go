package spec

import (
	"fmt"
	"regexp"
	"slices"
)

// maxProducers keeps the lists readable; maxPolicy bounds what they make.
const maxProducers = 50

var (
	// producerRole's group is the account. A path may stand before the name (IAM API reference, CreateRole). The pattern
	// excludes the characters of a path that mean something to Terraform or IAM.
	producerRole = regexp.MustCompile(`^arn:aws[a-z-]*:iam::([0-9]{12}):role/([A-Za-z0-9_+=,.@/-]{1,510}/)?[A-Za-z0-9_+=,.@-]{1,64}$`)
	// organizationID is the form of ids in AWS Organizations (API reference, Organization).
	organizationID = regexp.MustCompile(`^o-[a-z0-9]{10,32}$`)
)

// producers checks the producers in other accounts, and the length of the resource policy.
func (p *problems) producers(e Environment) {
	const field = "API.Access.Producers"
	producers := e.API.Access.Producers
	if e.API.Authorization.Kind != ByIAM {
		p.unused(fmt.Sprintf("API.Authorization.Kind %s", is(string(e.API.Authorization.Kind))),
			"use AuthorizeIAM, the only kind that identifies accounts and roles, or leave it out",
			option{field, producers.set()})
	}
	p.atMost(field+".Accounts", len(producers.Accounts), maxProducers)
	for i, account := range producers.Accounts {
		p.producerAccount(item(field+".Accounts", i), account, account, producers.Accounts[:i], e.Account)
	}
	p.atMost(field+".Roles", len(producers.Roles), maxProducers)
	for i, role := range producers.Roles {
		p.producerRole(item(field+".Roles", i), role, i, e)
	}
	if producers.Organization != "" {
		p.match(field+".Organization", producers.Organization, organizationID, `use an organisation's id, such as "o-a1b2c3d4e5"`)
	}
	if length := e.API.policyLength(); length > maxPolicy {
		remedy := "use fewer or shorter entries"
		if len(e.API.EventTypes) > 0 {
			remedy += ", or fewer API.EventTypes"
		}
		p.add("API.Access", fmt.Sprintf("makes a resource policy of up to %d characters", length), fmt.Sprintf("%s: API Gateway takes %d", remedy, maxPolicy))
	}
}

func (p *problems) atMost(field string, count, most int) {
	if count > most {
		p.add(field, fmt.Sprintf("has %d entries", count), fmt.Sprintf("use at most %d", most))
	}
}

// producerAccount checks the account that the value names.
func (p *problems) producerAccount(field, value, account string, before []string, own string) {
	switch {
	case !accountPattern.MatchString(account):
		p.add(field, is(value), "use the 12 digits of an account's id")
	case slices.Contains(before, value):
		p.add(field, is(value), repeatedRemedy)
	case account == own:
		p.add(field, is(value)+", in the environment's own account", "leave it out: within the account a principal's own policy is enough")
	}
}

func (p *problems) producerRole(field, role string, i int, e Environment) {
	producers := e.API.Access.Producers
	parts := producerRole.FindStringSubmatch(role)
	switch {
	case parts == nil:
		p.add(field, is(role), `use the ARN of one IAM role, such as "arn:aws:iam::444455556666:role/producer"`)
	case slices.Contains(producers.Accounts, parts[1]):
		p.add(field, is(role)+", of an account in API.Access.Producers.Accounts", "leave one of the two out: the account decides for its roles")
	default:
		p.producerAccount(field, role, parts[1], producers.Roles[:i], e.Account)
		p.arn(field, role, e.Region)
	}
}

// maxPolicy is the number of characters that a resource policy may have (API Gateway developer guide, "Quotas for configuring
// and running a REST API": AWS can increase it).
const maxPolicy = 8192

// These are upper bounds of the characters in a resource policy beside its entries: without producers, and added by producers.
// A test in modules/apigateway measures both.
const (
	policyWithoutEntries = 1100
	policyOfProducers    = 900
	rootARN              = "arn:aws-us-gov:iam::123456789012:root"
	// methodARN is that of a type's method up to its name, with the longest region and environment's name.
	methodARN = "arn:aws-us-gov:execute-api:ap-southeast-99:123456789012:abcdefghij/12345678901234567890123456789012345/POST/submit/"
)

// policyLength returns the most characters that the resource policy can have. Each entry counts with its quotes and its comma.
func (a API) policyLength() int {
	access := a.Access
	if access.Open() {
		return 0
	}
	length := policyWithoutEntries
	lists := 0 // of the submitting methods: for the account, for principals and for an organisation
	if access.Private() && a.Authorization.Kind == ByIAM {
		lists++
	}
	if access.Producers.set() {
		length += policyOfProducers
		lists += 2
	}
	for _, kind := range a.EventTypes {
		paths := len(methodARN) + len(kind.Name) + len(`"",`)
		if a.Batch {
			paths += paths + len("/batch")
		}
		length += lists * paths
	}
	for _, entry := range slices.Concat(access.SourceIPs, access.VPCEndpoints, access.Producers.Roles) {
		length += len(entry) + len(`"",`)
	}
	return length + len(access.Producers.Accounts)*(len(rootARN)+len(`"",`))
}
