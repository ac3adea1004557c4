package policy_test

import (
	"strings"
	"testing"

	"cdk.tf/go/ingest/policy"
)

const (
	accessPolicy = "aws_api_gateway_rest_api_policy.access"
	theAPI       = "aws_api_gateway_rest_api.api"
	execution    = "${aws_api_gateway_rest_api.api.execution_arn}"
	ownAccount   = "${data.aws_caller_identity.current.account_id}"
)

// accessStatement is one statement of a resource policy: {"Effect":"Allow","Principal":"*","Action":"execute-api:Invoke",…}.
func accessStatement(effect, principal, resource, condition string) string {
	text := `{"Effect":"` + effect + `","Principal":` + principal + `,"Action":["execute-api:Invoke"],"Resource":["` + execution + resource + `"]`
	if condition != "" {
		text += `,"Condition":` + condition
	}
	return text + "}"
}

func accessDocument(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

// withAccess gives the stack a deployed resource policy.
func withAccess(statements ...string) []change {
	return []change{
		add(accessPolicy, `{"rest_api_id": "${aws_api_gateway_rest_api.api.id}"}`),
		set(accessPolicy, accessDocument(statements...), "policy"),
		waits(accessPolicy),
	}
}

func by(authorization string) change { return set(post, authorization, "authorization") }

const (
	fromThere   = `{"NotIpAddress":{"aws:SourceIp":["203.0.113.0/24"]}}`
	ofEndpoint  = `{"StringNotEquals":{"aws:SourceVpce":["vpce-0123456789abcdef0"]}}`
	ofOthers    = `{"StringEquals":{"aws:PrincipalOrgID":["o-a1b2c3d4e5"]},"StringNotEquals":{"aws:PrincipalAccount":["` + ownAccount + `"]}}`
	everybody   = `"*"`
	producers   = `{"AWS":["arn:aws:iam::444455556666:root","arn:aws:iam::444455556666:role/team/producer"]}`
	submitPath  = "/option-none/POST/submit"
	onPreflight = "/*/OPTIONS/*"
)

var (
	outside        = accessStatement("Deny", everybody, "/*", fromThere)
	allowPreflight = accessStatement("Allow", everybody, onPreflight, "")
	all            = accessStatement("Allow", everybody, "/*", "")
)

const (
	accessOf   = "access: " + accessPolicy + ": policy: "
	openRemedy = "; deny execute-api:Invoke on the whole API where NotIpAddress or StringNotEquals aws:SourceVpce holds, or leave the policy out"
	opened     = " allows callers from everywhere" + openRemedy
)

// wide is the breach of a statement that allows everybody a method with an authorization.
func wide(statement, resource, authorization string) string {
	return accessOf + "statement " + statement + ` allows everybody execute-api:Invoke on "` + execution + resource + `", which bypasses ` +
		authorization + " of " + post + "; allow only the preflight, .../*/OPTIONS/*"
}

func TestAccess(t *testing.T) {
	var tests []breaking
	for name, bound := range map[string]string{
		"no bound":                        "",
		"a bound of a part":               accessStatement("Deny", everybody, "/dev/GET/*", fromThere),
		"a bound with a second condition": accessStatement("Deny", everybody, "/*", `{"NotIpAddress":{"aws:SourceIp":["203.0.113.0/24"]},"Bool":{"aws:SecureTransport":["false"]}}`),
		"a bound for some":                accessStatement("Deny", producers, "/*", fromThere),
		"a bound of no address":           accessStatement("Deny", everybody, "/*", `{"NotIpAddress":{"aws:SourceIp":[]}}`),
		"a bound of every address":        accessStatement("Deny", everybody, "/*", `{"NotIpAddress":{"aws:SourceIp":["203.0.113.0/24","0.0.0.0/0"]}}`),
		"a bound of both halves":          accessStatement("Deny", everybody, "/*", `{"NotIpAddress":{"aws:SourceIp":["0.0.0.0/1","128.0.0.0/1"]}}`),
		"a bound of all of IPv6":          accessStatement("Deny", everybody, "/*", `{"NotIpAddress":{"aws:SourceIp":["203.0.113.0/24","::/1","8000::/2","c000::/2"]}}`),
		"a bound of another action":       strings.ReplaceAll(outside, "execute-api:Invoke", "execute-api:ManageConnections"),
		"a bound by something else":       accessStatement("Deny", everybody, "/*", `{"StringNotEquals":{"aws:PrincipalAccount":["444455556666"]}}`),
		"a bound by an unknown key":       accessStatement("Deny", everybody, "/*", `{"NotIpAddress":{"aws:Other":["203.0.113.0/24"]}}`),
	} {
		statements := []string{all}
		if bound != "" {
			statements = append(statements, bound)
		}
		tests = append(tests, breaking{name: name, changes: withAccess(statements...), want: []string{accessOf + "statement 1" + opened}})
	}
	tests = append(tests,
		breaking{
			name: "a policy in the API's own argument", changes: []change{set(theAPI, accessDocument(all), "policy")},
			want: []string{"access: " + theAPI + ": policy: statement 1" + opened},
		},
		breaking{
			name: "a policy of another API", changes: append(withAccess(all), set(accessPolicy, "abc", "rest_api_id")),
			want: []string{"readable: " + accessPolicy + ": rest_api_id refers to no REST API of the stack; refer to the id of one", accessOf + "statement 1" + opened},
		},
		breaking{
			name: "a policy that leaves a public method out", changes: withAccess(allowPreflight, outside),
			want: []string{`access: ` + post + `: refuses every caller: its authorization is "NONE", and no policy of the API allows it to everybody; allow execute-api:Invoke on .../* to "*", or leave the policy out`},
		},
		breaking{
			name: "a policy without preflights", private: true,
			changes: append(withAccess(accessStatement("Allow", producers, submitPath, "")), by("AWS_IAM")),
			want:    []string{`access: aws_api_gateway_method.api_submit_options: refuses every caller: its authorization is "NONE", and no policy of the API allows it to everybody; allow execute-api:Invoke on .../*/OPTIONS/* to "*", or leave the policy out`},
		},
	)
	check(t, tests)
}

// An Allow to everybody bypasses a method's authorization, of whichever kind.
func TestAccessBesideEachAuthorization(t *testing.T) {
	var tests []breaking
	for authorization, bypassed := range map[string]string{
		"AWS_IAM": "the IAM authorization", "CUSTOM": "the Lambda authorizer", "${var.authorization}": "the unknown authorization",
	} {
		want := []string{wide("1", "/*", bypassed)}
		if strings.HasPrefix(authorization, "$") {
			want = []string{
				`authorization: ` + post + `: authorization is "${var.authorization}", whose value is known only after an apply; write the value itself`, want[0],
			}
		}
		tests = append(tests,
			breaking{name: "everybody beside " + authorization, private: true, changes: append(withAccess(all, outside), by(authorization)), want: want},
			breaking{name: "one method beside " + authorization, private: true,
				changes: append(withAccess(allowPreflight, outside, accessStatement("Allow", everybody, submitPath, "")), by(authorization)),
				want:    append(want[:len(want)-1:len(want)-1], wide("3", submitPath, bypassed))},
			breaking{name: "everybody by a list beside " + authorization, private: true,
				changes: append(withAccess(allowPreflight, outside, accessStatement("Allow", `{"AWS":["arn:aws:iam::444455556666:root","*"]}`, submitPath, "")), by(authorization)),
				want:    append(want[:len(want)-1:len(want)-1], wide("3", submitPath, bypassed))},
		)
	}
	check(t, tests)
}

func TestAccessOfProducers(t *testing.T) {
	iam := func(statements ...string) []change {
		return append(withAccess(append([]string{allowPreflight}, statements...)...), by("AWS_IAM"))
	}
	named := func(problem, remedy string) []string {
		return []string{accessOf + `statement 2 ` + problem + "; " + remedy}
	}
	check(t, []breaking{
		{
			name: "more than a method", private: true, changes: iam(accessStatement("Allow", producers, "/option-none/POST/*", "")),
			want: named(`allows principals "`+execution+`/option-none/POST/*"`, "name each method, such as .../STAGE/POST/submit"),
		},
		{
			name: "everything", private: true, changes: iam(accessStatement("Allow", producers, "/*", "")),
			want: named(`allows principals "`+execution+`/*"`, "name each method, such as .../STAGE/POST/submit"),
		},
		{
			name: "a service", private: true, changes: iam(accessStatement("Allow", `{"Service":"events.amazonaws.com"}`, submitPath, "")),
			want: named(`lets in Service "events.amazonaws.com"`, "name accounts and roles, under AWS"),
		},
		{
			name: "an organisation that includes this account", private: true,
			changes: iam(accessStatement("Allow", everybody, submitPath, `{"StringEquals":{"aws:PrincipalOrgID":["o-a1b2c3d4e5"]}}`)),
			want: named("lets in this account's own principals of the organisation, whatever their policies say",
				"add the condition StringNotEquals aws:PrincipalAccount with the account's id"),
		},
		{
			name: "an organisation that excludes no account", private: true,
			changes: iam(accessStatement("Allow", everybody, submitPath, `{"StringEquals":{"aws:PrincipalOrgID":["o-a1b2c3d4e5"]},"StringNotEquals":{"aws:PrincipalAccount":["none"]}}`)),
			want: named("lets in this account's own principals of the organisation, whatever their policies say",
				"add the condition StringNotEquals aws:PrincipalAccount with the account's id"),
		},
		{
			name: "an organisation by a pattern", private: true,
			changes: iam(outside, accessStatement("Allow", everybody, submitPath, `{"StringLike":{"aws:PrincipalOrgID":["o-*"]}}`)),
			want:    []string{wide("3", submitPath, "the IAM authorization")},
		},
		{
			name: "producers beside a Lambda function", private: true,
			changes: append(withAccess(allowPreflight, outside, accessStatement("Allow", producers, submitPath, "")), by("CUSTOM")),
			want:    []string{accessOf + "statement 3 allows principals, which " + post + ` does not identify: its authorization is "CUSTOM"; set it to "AWS_IAM", or leave the statement out`},
		},
		{
			name:    "producers of a public method",
			changes: withAccess(all, outside, accessStatement("Allow", producers, submitPath, "")),
			want:    []string{accessOf + "statement 3 allows principals, which " + post + ` does not identify: its authorization is "NONE"; set it to "AWS_IAM", or leave the statement out`},
		},
	})
	for name, changes := range map[string][]change{
		"accounts and roles": iam(accessStatement("Allow", producers, submitPath, "")),
		"an organisation":    iam(accessStatement("Allow", everybody, submitPath, ofOthers)),
		"all of them from there": iam(outside, accessStatement("Allow", producers, submitPath, ""),
			accessStatement("Allow", everybody, submitPath, ofOthers)),
		"this account, whose policies decide": iam(accessStatement("Allow", `{"AWS":"arn:aws:iam::`+ownAccount+`:root"}`, submitPath, "")),
	} {
		if err := policy.Check(good(t, changes...), policy.Expect{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAccessOfAPrivateAPI(t *testing.T) {
	private := set(theAPI, []any{"PRIVATE"}, "endpoint_configuration", "types")
	const remedy = "; deny execute-api:Invoke on the whole API where StringNotEquals aws:SourceVpce holds"
	check(t, []breaking{
		{
			name:    "without a policy",
			changes: []change{private},
			want: []string{
				`access: ` + theAPI + `: is private and has no resource policy; declare an aws_api_gateway_rest_api_policy: without one a private API refuses every caller`,
			},
		},
		{
			name: "of every VPC", changes: append(withAccess(all, outside), private),
			want: []string{`access: ` + theAPI + `: is private and open to every VPC` + remedy},
		},
	})
	endpoint := accessStatement("Deny", everybody, "/*", ofEndpoint)
	if err := policy.Check(good(t, append(withAccess(all, endpoint), private)...), policy.Expect{Public: true}); err != nil {
		t.Error(err)
	}
	// The API's own argument is a policy as well.
	if err := policy.Check(good(t, private, set(theAPI, accessDocument(all, endpoint), "policy")), policy.Expect{Public: true}); err != nil {
		t.Error(err)
	}
}

// waits adds an address to the deployment's depends_on.
func waits(address string) change {
	return func(t *testing.T, root map[string]any) {
		names, name := byName(root, "aws_api_gateway_deployment.api_deployment")
		body := names[name].(map[string]any)
		list, _ := body["depends_on"].([]any)
		body["depends_on"] = append(list, address)
	}
}
