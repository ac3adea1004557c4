package spec

import (
	"fmt"
	"strings"
	"testing"
)

const oneRole = "arn:aws:iam::444455556666:role/team/producer"

func produced(producers Producers) func(e *Environment) {
	return func(e *Environment) {
		e.Account, e.API.Authorization, e.API.Access.Producers = "111122223333", AuthorizeIAM(), producers
	}
}

func TestProducersRefused(t *testing.T) {
	const (
		accounts = "API.Access.Producers.Accounts"
		roles    = "API.Access.Producers.Roles"
		own      = ", in the environment's own account; leave it out: within the account a principal's own policy is enough"
		role     = `; use the ARN of one IAM role, such as "arn:aws:iam::444455556666:role/producer"`
		id       = `; use an organisation's id, such as "o-a1b2c3d4e5"`
		needsIAM = `; use AuthorizeIAM, the only kind that identifies accounts and roles, or leave it out`
	)
	others := func(auth Authorization) func(e *Environment) {
		return func(e *Environment) {
			produced(Producers{Organization: "o-a1b2c3d4e5"})(e)
			e.API.Authorization = auth
		}
	}
	rows := []refusal{
		{"nobody signs", others(AuthorizeNone()), []string{`API.Access.Producers is set and API.Authorization.Kind is "NONE"` + needsIAM}},
		{"keys", others(AuthorizeAPIKey(goodPlan())), []string{`API.Access.Producers is set and API.Authorization.Kind is "API_KEY"` + needsIAM}},
		{"a function", others(AuthorizeLambda(goodLambda())), []string{`API.Access.Producers is set and API.Authorization.Kind is "CUSTOM"` + needsIAM}},
		{"pools", others(AuthorizeCognito(Cognito{UserPoolARNs: []string{onePool}})),
			[]string{`API.Access.Producers is set and API.Authorization.Kind is "COGNITO_USER_POOLS"` + needsIAM}},
		{"no account", produced(Producers{Accounts: []string{"4444"}}), []string{accounts + `[0] is "4444"; use the 12 digits of an account's id`}},
		{"an account twice", produced(Producers{Accounts: []string{"444455556666", "444455556666"}}), []string{accounts + `[1] is "444455556666"; ` + repeatedRemedy}},
		{"the own account", produced(Producers{Accounts: []string{"111122223333"}}), []string{accounts + `[0] is "111122223333"` + own}},
		{"a role of the own account", produced(Producers{Roles: []string{"arn:aws:iam::111122223333:role/r"}}), []string{roles + `[0] is "arn:aws:iam::111122223333:role/r"` + own}},
		{"a role twice", produced(Producers{Roles: []string{oneRole, oneRole}}), []string{roles + "[1] " + is(oneRole) + "; " + repeatedRemedy}},
		{"a role of an account that is in", produced(Producers{Accounts: []string{"444455556666"}, Roles: []string{oneRole}}),
			[]string{roles + "[0] " + is(oneRole) + ", of an account in API.Access.Producers.Accounts; leave one of the two out: the account decides for its roles"}},
		{"51 accounts", produced(Producers{Accounts: accountsOf(51)}), []string{accounts + " has 51 entries; use at most 50"}},
		{"51 roles", produced(Producers{Roles: rolesOf(51, 1)}), []string{roles + " has 51 entries; use at most 50"}},
		{"a policy that is a character too long", produced(Producers{Roles: append(rolesOf(11, 479), rolesOf(12, 480)[11])}),
			[]string{"API.Access makes a resource policy of up to 8193 characters; use fewer or shorter entries: API Gateway takes 8192"}},
		{"a policy that is too long", produced(Producers{Roles: rolesOf(50, 200)}),
			[]string{"API.Access makes a resource policy of up to 13850 characters; use fewer or shorter entries: API Gateway takes 8192"}},
	}
	for _, bad := range []string{
		"arn:aws:iam::444455556666:role/*", "arn:aws:iam::444455556666:role/", "arn:aws:iam::444455556666:user/u", "arn:aws:iam::444455556666:root",
		"arn:aws:sts::444455556666:assumed-role/r/s", "arn:aws:iam::444455556666:role/${x}", "role/r", "",
	} {
		rows = append(rows, refusal{"the role " + bad, produced(Producers{Roles: []string{bad}}), []string{roles + "[0] " + is(bad) + role}})
	}
	for _, bad := range []string{"o-short", "r-a1b2c3d4e5", "o-A1B2C3D4E5", "o-*", "a1b2c3d4e5"} {
		rows = append(rows, refusal{"the organisation " + bad, produced(Producers{Organization: bad}), []string{"API.Access.Producers.Organization " + is(bad) + id}})
	}
	testRefusals(t, rows)
}

func accountsOf(count int) []string {
	var all []string
	for i := range count {
		all = append(all, fmt.Sprintf("%012d", 444455550000+i))
	}
	return all
}

func rolesOf(count, length int) []string {
	var all []string
	for i := range count {
		all = append(all, fmt.Sprintf("arn:aws:iam::444455556666:role/%s/%02d", strings.Repeat("p", length), i))
	}
	return all
}

func TestProducersAccepted(t *testing.T) {
	testAcceptances(t, []acceptance{
		{"accounts", produced(Producers{Accounts: accountsOf(50)})},
		{"roles", produced(Producers{Roles: append(rolesOf(49, 1), oneRole)})},
		{"an organisation", produced(Producers{Organization: "o-a1b2c3d4e5"})},
		{"the longest policy", produced(Producers{Roles: rolesOf(12, 479)})},
		{"all, from one place", func(e *Environment) {
			produced(Producers{Accounts: []string{"777788889999"}, Roles: []string{oneRole}, Organization: "o-a1b2c3d4e5"})(e)
			e.API.Access.SourceIPs = []string{"203.0.113.0/24"}
		}},
	})
}

// Each part of the resource policy counts only where it is there. A test in modules/apigateway measures real policies.
func TestPolicyLength(t *testing.T) {
	const (
		ip      = "203.0.113.0/24"
		entry   = policyWithoutEntries + len(ip) + len(`"",`)
		account = len(rootARN) + len(`"",`)
		path    = len(methodARN) + len("order") + len(`"",`)
	)
	types := []EventType{{Name: "order"}}
	ips := Access{SourceIPs: []string{ip}}
	with := func(producers Producers) Access { return Access{SourceIPs: []string{ip}, Producers: producers} }
	for name, test := range map[string]struct {
		api  API
		want int
	}{
		"no policy":              {API{EventTypes: types}, 0},
		"ranges":                 {API{Access: ips}, entry},
		"ranges and types":       {API{Access: ips, EventTypes: types}, entry},
		"an organisation":        {API{Access: with(Producers{Organization: "o-a1b2c3d4e5"})}, entry + policyOfProducers},
		"an account":             {API{Access: with(Producers{Accounts: []string{"444455556666"}})}, entry + policyOfProducers + account},
		"producers of types":     {API{Access: with(Producers{Organization: "o-a1b2c3d4e5"}), EventTypes: types}, entry + policyOfProducers + 2*path},
		"producers of batches":   {API{Access: with(Producers{Organization: "o-a1b2c3d4e5"}), EventTypes: types, Batch: true}, entry + policyOfProducers + 2*(2*path+len("/batch"))},
		"private":                {API{Access: Access{VPCEndpoints: []string{"vpce-1"}}, EventTypes: types}, policyWithoutEntries + len(`"vpce-1",`)},
		"private, with a signer": {API{Access: Access{VPCEndpoints: []string{"vpce-1"}}, EventTypes: types, Authorization: AuthorizeIAM()}, policyWithoutEntries + len(`"vpce-1",`) + path},
	} {
		if got := test.api.policyLength(); got != test.want {
			t.Errorf("%s: got %d, want %d", name, got, test.want)
		}
	}
}
