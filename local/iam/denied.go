package iam

import (
	"fmt"
	"strings"
)

// Denied is the error of a request that the policies do not allow.
type Denied struct {
	// Principal made the request: the ARN of a role's session, or a service.
	Principal string
	Action    string
	Resource  string
	// Policy is the kind of policy that denied, in AWS's words: "identity-based", "resource-based" or "role trust".
	Policy string
	// Explicit is true if a statement denies the request, and false if no statement allows it.
	Explicit bool

	statement, place string
}

func (d *Denied) by(policy attached, s *statement) *Denied {
	d.Explicit, d.statement, d.place = true, s.text, policy.place
	return d
}

// Error is AWS's own message (IAM User Guide, troubleshoot_access-denied). Only S3 puts the resource in quotes (Amazon S3 User
// Guide, troubleshoot-403-errors). A denial by a trust policy does not name the resource.
func (d *Denied) Error() string {
	where := " on resource: " + d.Resource
	switch {
	case d.Policy == "role trust":
		where = ""
	case strings.HasPrefix(d.Action, "s3:"):
		where = ` on resource: "` + d.Resource + `"`
	}
	why := fmt.Sprintf("because no %s policy allows the %s action", d.Policy, d.Action)
	if d.Explicit {
		why = fmt.Sprintf("with an explicit deny in %s %s policy", article(d.Policy), d.Policy)
	}
	return fmt.Sprintf("User: %s is not authorized to perform: %s%s %s", d.Principal, d.Action, where, why)
}

func article(policy string) string {
	switch policy {
	case "identity-based":
		return "an"
	case "role trust":
		return "the"
	default:
		return "a"
	}
}

// Remedy is the statement that would allow the request, as JSON on one line. If a statement denies the request, no other statement
// helps, and Remedy names the one to change.
func (d *Denied) Remedy() string {
	if d.Explicit {
		return fmt.Sprintf("a change to the statement that denies it, because no Allow outweighs a Deny: %s: %s", d.place, d.statement)
	}
	if d.Policy == "role trust" {
		return compact(struct {
			Effect    string
			Principal map[string]string
			Action    string
		}{"Allow", map[string]string{"Service": d.Principal}, d.Action})
	}
	return compact(struct{ Effect, Action, Resource string }{"Allow", d.Action, d.Resource})
}
