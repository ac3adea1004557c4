package iam

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// principal makes a request: an AWS service, an identity of an account, or an anonymous caller.
type principal struct {
	// service is a service's principal, such as firehose.amazonaws.com.
	service string
	// account is the identity's account id; empty for a service and an anonymous caller.
	account string
	// arns are the identity's ARNs: a role's session has its own and the role's.
	arns []string
}

// principals is Principal, or, if not is set, NotPrincipal.
type principals struct {
	not      bool
	everyone bool
	services []string
	aws      []awsPrincipal
}

// awsPrincipal is an account, all accounts, or an identity.
type awsPrincipal struct {
	account string // "*" means all
	arn     string
}

// principalTypes are those of the IAM User Guide, reference_policies_elements_principal. No caller here has a canonical user id or
// is federated, so those two match nothing.
var principalTypes = []string{"AWS", "CanonicalUser", "Federated", "Service"}

func parsePrincipals(body map[string]any) (*principals, error) {
	name := "Principal"
	given, inverted := body["Principal"], body["NotPrincipal"]
	if given != nil && inverted != nil {
		return nil, errors.New(`"Principal" and "NotPrincipal" exclude each other`)
	}
	p := &principals{}
	if inverted != nil {
		name, given, p.not = "NotPrincipal", inverted, true
	}
	switch given := given.(type) {
	case nil:
		return nil, nil
	case string:
		if given != "*" {
			return nil, fmt.Errorf(`%q is %q; it must be "*" or an object`, name, given)
		}
		p.everyone = true
		return p, nil
	case map[string]any:
		return p, p.read(name, given)
	default:
		return nil, fmt.Errorf(`%q must be "*" or an object`, name)
	}
}

func (p *principals) read(name string, byType map[string]any) error {
	for _, typ := range slices.Sorted(maps.Keys(byType)) {
		if !slices.Contains(principalTypes, typ) {
			return fmt.Errorf("%q: %q is not a known kind of principal", name, typ)
		}
		given, err := texts(byType[typ])
		if err != nil {
			return fmt.Errorf("%q: %q %w", name, typ, err)
		}
		switch typ {
		case "AWS":
			err = p.readAWS(given)
		case "Service":
			p.services = append(p.services, given...)
		}
		if err != nil {
			return fmt.Errorf("%q: %w", name, err)
		}
	}
	return nil
}

var (
	accountID    = regexp.MustCompile(`^[0-9]{12}$`)
	principalARN = regexp.MustCompile(`^arn:aws[a-z-]*:(?:iam|sts)::([0-9]{12}):(root|(?:role|user|assumed-role|federated-user)/[^*?]+)$`)
)

func (p *principals) readAWS(given []string) error {
	for _, text := range given {
		parts := principalARN.FindStringSubmatch(text)
		switch {
		case text == "*":
			p.everyone = true // the same as "Principal": "*" (reference_policies_elements_principal)
		case accountID.MatchString(text):
			p.aws = append(p.aws, awsPrincipal{account: text})
		case parts == nil:
			return fmt.Errorf("%q is not a principal; it must be \"*\", an account, or the ARN of one identity", text)
		case parts[2] == "root":
			p.aws = append(p.aws, awsPrincipal{account: parts[1]})
		default:
			p.aws = append(p.aws, awsPrincipal{arn: text})
		}
	}
	return nil
}

// match says how a statement's principals name the request's principal.
type match int

const (
	notNamed match = iota
	// accountNamed means that the identity's account is named, but not the identity itself.
	accountNamed
	named
)

func (p *principals) match(who principal) match {
	if p.not {
		return p.matchInverted(who)
	}
	best := notNamed
	switch {
	case p.everyone:
		return named
	case who.service != "":
		if slices.Contains(p.services, who.service) || slices.Contains(p.services, "*") {
			return named
		}
		return notNamed
	}
	for _, a := range p.aws {
		switch {
		case a.arn != "" && slices.Contains(who.arns, a.arn):
			return named
		case a.account != "" && a.account == who.account:
			best = accountNamed
		}
	}
	return best
}

// matchInverted evaluates NotPrincipal: the principal is named unless the exception covers it.
//
// Assumption IAM-2: in a policy's NotPrincipal, an exception covers a role's session only if its account, the role and the
// session are listed (IAM User Guide, reference_policies_elements_notprincipal: "you must also specify the account ARN of the
// not-denied principal", and for an assumed role the role and the session).
func (p *principals) matchInverted(who principal) match {
	switch {
	case p.everyone:
		return notNamed
	case who.service != "":
		if slices.Contains(p.services, who.service) {
			return notNamed
		}
		return named
	}
	listed := func(a awsPrincipal) bool { return slices.Contains(p.aws, a) }
	if who.account == "" || !listed(awsPrincipal{account: who.account}) {
		return named
	}
	for _, arn := range who.arns {
		if !listed(awsPrincipal{arn: arn}) && !strings.HasSuffix(arn, ":root") {
			return named
		}
	}
	return notNamed
}
