package apigateway

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"cdk.tf/go/ingest/modules/iam"
	"cdk.tf/go/ingest/spec"
)

// decision is one policy's decision about a call.
type decision int

const (
	silent decision = iota
	// delegated is an Allow to the caller's account and not to the caller. It applies if the caller's own policy allows too (IAM
	// User Guide, "AWS JSON policy elements: Principal", "AWS account principals").
	delegated
	allowed
	denied
)

// called is a call of a method: "POST/submit", or "OPTIONS/submit/batch". The keys are a request's condition keys.
type called struct {
	method  string
	account string
	arn     string
	keys    map[string]string
}

const (
	testAPI     = "arn:aws:execute-api:eu-west-1:" + ownAccount + ":abc"
	testStage   = "dev"
	ownAccount  = "123456789012"
	otherRole   = "arn:aws:iam::444455556666:role/producer"
	otherMember = "777788889999"
)

// says evaluates a resource policy as IAM does: a Deny outweighs every Allow.
func says(t *testing.T, document iam.Document, call called) decision {
	t.Helper()
	found := silent
	for _, statement := range document {
		how := named(t, statement.Principal, call)
		covers := slices.ContainsFunc(statement.Resources, func(resource string) bool {
			return matches(resource, testAPI+"/"+testStage+"/"+call.method)
		})
		if how == silent || !covers || !holds(t, statement.Conditions, call.keys) {
			continue
		}
		if statement.Effect == "Deny" {
			how = denied
		}
		found = max(found, how)
	}
	return found
}

func named(t *testing.T, principal any, call called) decision {
	t.Helper()
	if principal == "*" {
		return allowed
	}
	byType, ok := principal.(map[string][]string)
	if !ok || len(byType) != 1 || call.account == "" {
		t.Fatalf("the principal %v is none that is known here, or the caller has no account", principal)
	}
	switch {
	case slices.Contains(byType["AWS"], call.arn):
		return allowed
	case slices.Contains(byType["AWS"], "arn:aws:iam::"+call.account+":root"):
		return delegated
	}
	return silent
}

// matches reads "*" in a resource as any text.
func matches(pattern, text string) bool {
	head, rest, wild := strings.Cut(pattern, "*")
	if !wild {
		return pattern == text
	}
	after, ok := strings.CutPrefix(text, head)
	if !ok {
		return false
	}
	for i := range len(after) + 1 {
		if matches(rest, after[i:]) {
			return true
		}
	}
	return false
}

// holds evaluates conditions. A negated operator is true for a key that the request lacks.
func holds(t *testing.T, conditions map[string]map[string][]string, keys map[string]string) bool {
	t.Helper()
	for operator, byKey := range conditions {
		for key, values := range byKey {
			value, present := keys[key]
			var fits, negated bool
			switch operator {
			case "StringEquals", "StringNotEquals":
				fits, negated = present && slices.Contains(values, value), operator == "StringNotEquals"
			case "NotIpAddress":
				fits, negated = present && slices.ContainsFunc(values, func(r string) bool {
					return netip.MustParsePrefix(r).Contains(netip.MustParseAddr(value))
				}), true
			default:
				t.Fatalf("the operator %s is none that is known here", operator)
			}
			if fits == negated {
				return false
			}
		}
	}
	return true
}

// letsIn combines the decision of the caller's own policy or the authorizer with that of the resource policy, by the sections and
// the tables of the API Gateway developer guide, "How API Gateway resource policies affect authorization workflow".
func letsIn(kind spec.AuthorizationKind, method, account string, own, policy decision) bool {
	if strings.HasPrefix(method, "OPTIONS/") {
		kind = spec.ByNothing // a preflight requires nothing
	}
	switch {
	case own == denied || policy == denied:
		return false
	case kind == spec.ByNothing || kind == spec.ByAPIKey: // "API Gateway resource policy only"
		return policy == allowed
	case kind == spec.ByCognito: // "an explicit allow is required", after the token
		return own == allowed && policy == allowed
	case kind == spec.ByIAM && account != ownAccount: // Table B
		return own == allowed && policy >= delegated
	default: // Table A: of IAM in the same account, and of a Lambda authorizer
		return own == allowed || policy == allowed
	}
}

func policyOf(auth spec.Authorization, access spec.Access) iam.Document {
	return accessPolicy(Config{
		API: spec.API{Authorization: auth, Access: access, Batch: true}, Stage: testStage, Partition: "aws", Account: ownAccount,
	}, testAPI)
}

// authorizations has one authorization of every kind.
func authorizations() []spec.Authorization {
	return []spec.Authorization{
		spec.AuthorizeNone(), spec.AuthorizeIAM(), spec.AuthorizeAPIKey(spec.UsagePlan{}), spec.AuthorizeCognito(spec.Cognito{}),
		spec.AuthorizeLambda(spec.LambdaAuthorizer{}),
	}
}

// TestAccessOpensNothing calls each method with credentials that are valid only for POST /submit, from an allowed address and from
// elsewhere, with every kind of authorization.
func TestAccessOpensNothing(t *testing.T) {
	const one, other, preflight = "POST/submit", "POST/submit/batch", "OPTIONS/submit/batch"
	for name, origin := range map[string]struct {
		access          spec.Access
		inside, outside map[string]string
	}{
		"addresses": {spec.Access{SourceIPs: []string{"203.0.113.0/24"}},
			map[string]string{"aws:SourceIp": "203.0.113.7"}, map[string]string{"aws:SourceIp": "198.51.100.7"}},
		"endpoints": {spec.Access{VPCEndpoints: []string{"vpce-1"}},
			map[string]string{"aws:SourceVpce": "vpce-1"}, map[string]string{"aws:SourceVpce": "vpce-2"}},
		"addresses behind endpoints": {spec.Access{VPCEndpoints: []string{"vpce-1"}, SourceIPs: []string{"10.0.0.0/8"}},
			map[string]string{"aws:SourceVpce": "vpce-1", "aws:VpcSourceIp": "10.1.2.3"}, map[string]string{"aws:SourceVpce": "vpce-1", "aws:VpcSourceIp": "192.168.0.1"}},
	} {
		for _, auth := range authorizations() {
			document := policyOf(auth, origin.access)
			// If the authorization does not distinguish methods, valid credentials are valid for all.
			each := auth.Kind == spec.ByIAM || auth.Kind == spec.ByLambda
			for method, want := range map[string]bool{one: true, other: !each, preflight: true} {
				own := allowed
				if method != one && each {
					own = silent
				}
				inside := called{method: method, account: ownAccount, arn: "arn:aws:iam::" + ownAccount + ":role/x", keys: origin.inside}
				if got := letsIn(auth.Kind, method, ownAccount, own, says(t, document, inside)); got != want {
					t.Errorf("%s, %s: %s from there is let in: %t, want %t", name, auth.Kind, method, got, want)
				}
				outside := inside
				outside.keys = origin.outside
				if letsIn(auth.Kind, method, ownAccount, own, says(t, document, outside)) {
					t.Errorf("%s, %s: %s from elsewhere is let in", name, auth.Kind, method)
				}
			}
		}
	}
}

// TestAPrivateAPIUnderBothReadings: the guide also says that all calls of a private API fail until the policy "grants access to your
// VPC or VPC endpoint" ("Private REST APIs in API Gateway"). So the policy also allows every permitted caller, with an Allow that
// alone opens nothing. This is impossible with a Lambda authorizer: its callers could only get an Allow to everybody, which would
// bypass the function.
func TestAPrivateAPIUnderBothReadings(t *testing.T) {
	private := spec.Access{VPCEndpoints: []string{"vpce-1"}}
	for _, auth := range authorizations() {
		for _, method := range []string{"POST/submit", "POST/submit/batch", "OPTIONS/submit"} {
			call := called{method: method, account: ownAccount, arn: "arn:aws:iam::" + ownAccount + ":role/r", keys: map[string]string{"aws:SourceVpce": "vpce-1"}}
			want := map[bool]decision{true: delegated, false: allowed}[auth.Kind == spec.ByIAM && strings.HasPrefix(method, "POST")]
			if auth.Kind == spec.ByLambda && strings.HasPrefix(method, "POST") {
				want = silent
			}
			if got := says(t, policyOf(auth, private), call); got != want {
				t.Errorf("%s: the policy's word on %s is %d, want %d", auth.Kind, method, got, want)
			}
		}
	}
}

// TestProducersOfOtherAccounts calls the API as each producer, with its own policy that allows POST /submit, and without one.
func TestProducersOfOtherAccounts(t *testing.T) {
	const organization = "o-a1b2c3d4e5"
	all := spec.Producers{Accounts: []string{"222233334444"}, Roles: []string{otherRole}, Organization: organization}
	for _, test := range []struct {
		name          string
		account, arn  string
		organization  string
		producers     spec.Producers
		lets, unasked bool // with its own policy, and without one
	}{
		{"the own account without producers", ownAccount, "arn:aws:iam::" + ownAccount + ":role/r", organization, spec.Producers{}, true, false},
		{"the own account", ownAccount, "arn:aws:iam::" + ownAccount + ":role/r", organization, all, true, false},
		{"another account without producers", "444455556666", otherRole, organization, spec.Producers{}, false, false},
		{"a role that is named", "444455556666", otherRole, "", all, true, false},
		{"another role of its account", "444455556666", "arn:aws:iam::444455556666:role/other", "", all, false, false},
		{"an account that is named", "222233334444", "arn:aws:iam::222233334444:user/u", "", all, true, false},
		{"a member of the organisation", otherMember, "arn:aws:iam::" + otherMember + ":role/r", organization, all, true, false},
		{"a member of another one", otherMember, "arn:aws:iam::" + otherMember + ":role/r", "o-0000000000", all, false, false},
	} {
		for _, from := range []string{"203.0.113.7", "198.51.100.7"} {
			for name, access := range map[string]spec.Access{
				"from anywhere":  {Producers: test.producers},
				"from one place": {Producers: test.producers, SourceIPs: []string{"203.0.113.0/24"}},
			} {
				there := name == "from anywhere" || from == "203.0.113.7"
				document := policyOf(spec.AuthorizeIAM(), access)
				keys := map[string]string{"aws:SourceIp": from, "aws:PrincipalAccount": test.account}
				if test.organization != "" {
					keys["aws:PrincipalOrgID"] = test.organization
				}
				for method, of := range map[string]struct {
					own  decision
					want bool
				}{
					"POST/submit": {allowed, test.lets && there}, "POST/submit/batch": {silent, test.unasked}, "POST/other": {silent, false},
					"GET/submit": {silent, false}, "OPTIONS/submit": {silent, there},
				} {
					call := called{method: method, account: test.account, arn: test.arn, keys: keys}
					if got := letsIn(spec.ByIAM, method, test.account, of.own, says(t, document, call)); got != of.want {
						t.Errorf("%s %s: %s from %s is let in: %t, want %t", test.name, name, method, from, got, of.want)
					}
				}
			}
		}
	}
}

// TestPolicyLength compares the longest policies with the lengths that spec assumes without the entries (policyWithoutEntries and
// policyOfProducers). Each entry counts with its quotes and its comma.
func TestPolicyLength(t *testing.T) {
	const (
		withoutEntries, ofProducers = 1100, 900

		arn      = "arn:aws-us-gov:execute-api:ap-southeast-99:123456789012:abcdefghij"
		address  = "2001:db8:ffff:ffff::/64"
		endpoint = "vpce-0123456789abcdef0"
		root     = "arn:aws-us-gov:iam::444455556666:root"
	)
	longest := Config{
		Stage: strings.Repeat("s", 35), Partition: "aws-us-gov", Account: ownAccount,
		API: spec.API{Authorization: spec.AuthorizeIAM(), Batch: true, Access: spec.Access{SourceIPs: []string{address}, VPCEndpoints: []string{endpoint}}},
	}
	entries := len(address+endpoint) + 2*len(`"",`)
	if got := len(accessPolicy(longest, arn).JSON()) - entries; got > withoutEntries {
		t.Errorf("without producers a policy has %d characters beside its entries, more than %d", got, withoutEntries)
	}
	longest.API.Access.Producers = spec.Producers{Accounts: []string{"444455556666"}, Roles: []string{otherRole}, Organization: "o-" + strings.Repeat("a", 32)}
	entries += len(root+otherRole) + 2*len(`"",`)
	if got := len(accessPolicy(longest, arn).JSON()) - entries; got > withoutEntries+ofProducers {
		t.Errorf("with producers a policy has %d characters beside its entries, more than %d", got, withoutEntries+ofProducers)
	}

	// Each of the three statements with methods names both methods of a type.
	before := len(accessPolicy(longest, arn).JSON())
	longest.API.EventTypes = []spec.EventType{{Name: "page-view"}}
	method := arn + "/" + longest.Stage + "/POST/submit/page-view"
	if got, want := len(accessPolicy(longest, arn).JSON())-before, 3*(2*len(method)+len("/batch")+2*len(`"",`)); got != want {
		t.Errorf("a type adds %d characters, want %d", got, want)
	}
}
