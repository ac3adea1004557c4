package spec

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

const (
	onePool     = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_aBcDeF123"
	oneFunction = "arn:aws:lambda:eu-west-1:123456789012:function:authorize"
	authHeader  = "method.request.header.Authorization"
)

func goodPlan() UsagePlan {
	return UsagePlan{Keys: []string{"web", "mobile-app"}, RateLimit: 10, BurstLimit: 20, Quota: 1000, QuotaPeriod: PerDay}
}

func goodLambda() LambdaAuthorizer {
	return LambdaAuthorizer{FunctionARN: oneFunction, Kind: TokenAuthorizer, IdentitySources: []string{authHeader}, CacheTTL: 5 * time.Minute}
}

func planned(change func(p *UsagePlan)) func(e *Environment) {
	return func(e *Environment) {
		plan := goodPlan()
		change(&plan)
		e.API.Authorization = AuthorizeAPIKey(plan)
	}
}

func asked(change func(l *LambdaAuthorizer)) func(e *Environment) {
	return func(e *Environment) {
		authorizer := goodLambda()
		change(&authorizer)
		e.API.Authorization = AuthorizeLambda(authorizer)
	}
}

func from(ranges ...string) func(e *Environment) {
	return func(e *Environment) { e.API.Access.SourceIPs = ranges }
}

func TestSpellingsOfRanges(t *testing.T) {
	const mapped = `; use the range of IPv4 itself, such as "203.0.113.0/24": no request has an address of IPv6 that maps one of IPv4`
	testRefusals(t, []refusal{
		{"mapped", from("203.0.113.0/24", "::ffff:198.51.100.0/120"), []string{`API.Access.SourceIPs[1] is "::ffff:198.51.100.0/120"` + mapped}},
		{"lower case again", from("203.0.113.0/24", "2001:DB8::/32", "2001:db8::/32"), []string{`API.Access.SourceIPs[2] is "2001:db8::/32"; ` + repeatedRemedy}},
		{"with its zeros again", from("203.0.113.0/24", "2001:db8::/48", "2001:db8:0::/48"), []string{`API.Access.SourceIPs[2] is "2001:db8:0::/48"; ` + repeatedRemedy}},
	})
}

// The API answers over IPv4, so that ranges of IPv6 alone would refuse everybody. A private API has both.
func TestAddressesOfIPv6Alone(t *testing.T) {
	const alone = "API.Access.SourceIPs has IPv6 ranges alone; add the callers' IPv4 ranges: the API answers over IPv4 only, so each request would get 403"
	testRefusals(t, []refusal{
		{"one", from("2001:db8::/32"), []string{alone}},
		{"two", from("2001:db8::/32", "2600:1f00::/24"), []string{alone}},
	})
	testAcceptances(t, []acceptance{
		{"beside IPv4", from("2001:db8::/32", "203.0.113.0/24")},
		{"within VPCs", func(e *Environment) {
			from("2001:db8::/32")(e)
			e.API.Access.VPCEndpoints = []string{"vpce-0123456789abcdef0"}
		}},
	})
}

// No host sends from these addresses, neither to a public nor to a private API.
func TestAddressesThatSendNothing(t *testing.T) {
	var rows []refusal
	for _, text := range []string{"0.0.0.0/8", "0.0.0.0/32", "224.0.0.0/4", "239.255.255.250/32", "ff00::/8", "ff02::1/128", "::/128"} {
		want := []string{"API.Access.SourceIPs[1] " + is(text) + ", from which no request comes; use the addresses that callers have: these are for multicast, or stand for no host"}
		rows = append(rows, refusal{text, from("203.0.113.0/24", text), want}, refusal{text + " within VPCs", func(e *Environment) {
			from("203.0.113.0/24", text)(e)
			e.API.Access.VPCEndpoints = []string{"vpce-0123456789abcdef0"}
		}, want})
	}
	testRefusals(t, rows)
}

// No request to a public API comes from an internal address. A private API sees such addresses.
func TestInternalAddresses(t *testing.T) {
	const unreachable = `, from which nobody reaches a public API; use the public addresses that callers have on the internet, such as those of a NAT gateway, or set API.Access.VPCEndpoints`
	var refused []refusal
	internal := []string{
		"10.0.0.0/8", "10.1.2.3/32", "172.16.0.0/12", "172.31.255.0/24", "192.168.0.0/16", "100.64.0.0/10", "100.127.0.0/16",
		"127.0.0.1/32", "169.254.0.0/16", "::1/128", "fe80::/10", "fc00::/7", "fd12:3456::/32",
		"198.18.0.0/15", "240.0.0.0/4", "255.255.255.255/32",
	}
	for _, text := range internal {
		refused = append(refused, refusal{text, from("203.0.113.0/24", text), []string{"API.Access.SourceIPs[1] " + is(text) + unreachable}})
	}
	testRefusals(t, refused)
	rows := []acceptance{{"within VPCs", func(e *Environment) {
		from(internal...)(e)
		e.API.Access.VPCEndpoints = []string{"vpce-0123456789abcdef0"}
	}}}
	for _, text := range []string{
		"8.0.0.0/6", "9.255.255.0/24", "11.0.0.0/8", "172.15.0.0/16", "172.32.0.0/16", "100.63.0.0/16", "100.128.0.0/16", "192.169.0.0/16",
		"f000::/5", "2001:db8::/32",
	} {
		rows = append(rows, acceptance{text, from("203.0.113.0/24", text)})
	}
	testAcceptances(t, rows)
}

func TestAuthorizationRefused(t *testing.T) {
	const (
		plan   = "API.Authorization.UsagePlan."
		key    = `; use a client's name of 1 to 32 of a-z, 0-9 and "-", beginning with a letter`
		pool   = `; use a user pool's ARN, such as "` + onePool + `"`
		lambda = "API.Authorization.Lambda."
		ips    = "API.Access.SourceIPs"
	)
	testRefusals(t, []refusal{
		{"no key", planned(func(p *UsagePlan) { p.Keys = nil }), []string{plan + "Keys has 0 entries; use 1 to 100"}},
		{"too many keys", planned(func(p *UsagePlan) { p.Keys = numbered("k", 101) }), []string{plan + "Keys has 101 entries; use 1 to 100"}},
		{"a key's name", planned(func(p *UsagePlan) { p.Keys = []string{"Web", "-a", "b_c"} }),
			[]string{plan + `Keys[0] is "Web"` + key, plan + `Keys[1] is "-a"` + key, plan + `Keys[2] is "b_c"` + key}},
		{"a key twice", planned(func(p *UsagePlan) { p.Keys = []string{"web", "web"} }), []string{plan + `Keys[1] is "web"; leave it out: it is there already`}},
		{"rate", planned(func(p *UsagePlan) { p.RateLimit = 0 }), []string{plan + "RateLimit is 0; use a number of requests per second, more than 0"}},
		{"burst", planned(func(p *UsagePlan) { p.BurstLimit = 0 }), []string{plan + "BurstLimit is 0; use 1 to 2147483647"}},
		{"more than the stage", planned(func(p *UsagePlan) { p.RateLimit, p.BurstLimit = 1000.5, 501 }), []string{
			plan + "RateLimit is 1000.5, more than the stage lets through; use at most 1000, or raise API.Throttle.RateLimit",
			plan + "BurstLimit is 501, more than the stage lets through; use at most 500, or raise API.Throttle.BurstLimit",
		}},
		{"a million", planned(func(p *UsagePlan) { p.RateLimit = 1_000_000 }),
			[]string{plan + "RateLimit is 1000000, more than the stage lets through; use at most 1000, or raise API.Throttle.RateLimit"}},
		{"more than both methods of the stage", func(e *Environment) {
			planned(func(p *UsagePlan) { p.RateLimit, p.BurstLimit = 2001, 1001 })(e)
			e.API.Batch = true
		}, []string{
			plan + "RateLimit is 2001, more than the stage lets through; use at most 2000, or raise API.Throttle.RateLimit",
			plan + "BurstLimit is 1001, more than the stage lets through; use at most 1000, or raise API.Throttle.BurstLimit",
		}},
		{"no limit at all", planned(func(p *UsagePlan) { p.RateLimit, p.BurstLimit = math.Inf(1), math.MaxInt32+1 }), []string{
			plan + "RateLimit is +Inf; use a number of requests per second, more than 0", plan + "BurstLimit is 2147483648; use 1 to 2147483647",
		}},
		{"a stage that lets nothing through", func(e *Environment) { planned(func(*UsagePlan) {})(e); e.API.Throttle = Throttle{} }, []string{
			"API.Throttle.RateLimit is 0; use a number of requests per second, more than 0", "API.Throttle.BurstLimit is 0; use 1 to 2147483647",
		}},
		{"quota", planned(func(p *UsagePlan) { p.Quota = -1 }), []string{plan + "Quota is -1; use 0 to 2147483647"}},
		{"quota without a period", planned(func(p *UsagePlan) { p.QuotaPeriod = "" }), []string{plan + `QuotaPeriod is ""; use "DAY", "WEEK" or "MONTH"`}},
		{"period without a quota", planned(func(p *UsagePlan) { p.Quota = 0 }), []string{plan + `QuotaPeriod is "DAY"; leave it empty, or set Quota`}},
		{"parts of other kinds", func(e *Environment) {
			e.API.Authorization = Authorization{Kind: ByIAM, UsagePlan: goodPlan(), Cognito: Cognito{Scopes: []string{"?"}}, Lambda: LambdaAuthorizer{CacheTTL: 1}}
		}, []string{
			`API.Authorization.UsagePlan is set and API.Authorization.Kind is "AWS_IAM"; use AuthorizeAPIKey, or leave it out`,
			`API.Authorization.Cognito is set and API.Authorization.Kind is "AWS_IAM"; use AuthorizeCognito, or leave it out`,
			`API.Authorization.Lambda is set and API.Authorization.Kind is "AWS_IAM"; use AuthorizeLambda, or leave it out`,
		}},
		{"a plan for anybody", func(e *Environment) { e.API.Authorization.UsagePlan.Quota = 1 },
			[]string{`API.Authorization.UsagePlan is set and API.Authorization.Kind is "NONE"; use AuthorizeAPIKey, or leave it out`}},
		{"a function beside keys", func(e *Environment) {
			planned(func(*UsagePlan) {})(e)
			e.API.Authorization.Lambda = goodLambda()
		}, []string{`API.Authorization.Lambda is set and API.Authorization.Kind is "API_KEY"; use AuthorizeLambda, or leave it out`}},
		{"keys of no kind", func(e *Environment) { e.API.Authorization = Authorization{UsagePlan: goodPlan()} },
			[]string{`API.Authorization.Kind is ""; use "NONE", "AWS_IAM", "API_KEY", "COGNITO_USER_POOLS" or "CUSTOM"`}},
		{"no pool", func(e *Environment) { e.API.Authorization = AuthorizeCognito(Cognito{}) },
			[]string{"API.Authorization.Cognito.UserPoolARNs has 0 entries; use 1 to 1000"}},
		{"1,001 pools", func(e *Environment) {
			e.API.Authorization = AuthorizeCognito(Cognito{UserPoolARNs: numbered(onePool, 1001)})
		},
			[]string{"API.Authorization.Cognito.UserPoolARNs has 1001 entries; use 1 to 1000"}},
		{"101 scopes", func(e *Environment) {
			e.API.Authorization = AuthorizeCognito(Cognito{UserPoolARNs: []string{onePool}, Scopes: numbered("s", 101)})
		}, []string{"API.Authorization.Cognito.Scopes has 101 entries; use at most 100"}},
		{"pool and scope", func(e *Environment) {
			e.API.Authorization = AuthorizeCognito(Cognito{UserPoolARNs: []string{"eu-west-1_aBcDeF123"}, Scopes: []string{"a b"}})
		}, []string{
			`API.Authorization.Cognito.UserPoolARNs[0] is "eu-west-1_aBcDeF123"` + pool,
			`API.Authorization.Cognito.Scopes[0] is "a b"; use an OAuth scope without spaces, such as "events/submit"`,
		}},
		{"a pool of two regions", func(e *Environment) {
			e.API.Authorization = AuthorizeCognito(Cognito{UserPoolARNs: []string{
				"arn:aws:cognito-idp:us-east-1:123456789012:userpool/eu-west-1_aBcDeF123",
				"arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_" + strings.Repeat("a", 46),
			}})
		}, []string{
			`API.Authorization.Cognito.UserPoolARNs[0] is "arn:aws:cognito-idp:us-east-1:123456789012:userpool/eu-west-1_aBcDeF123", of the region "us-east-1" and with the id of a pool in "eu-west-1"; copy the ARN from the pool: its id begins with its region`,
			`API.Authorization.Cognito.UserPoolARNs[1] is "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_` + strings.Repeat("a", 46) + `"` + pool,
		}},
		{"no alias", asked(func(l *LambdaAuthorizer) { l.FunctionARN = oneFunction + ":$latest" }),
			[]string{lambda + `FunctionARN is "` + oneFunction + `:$latest"; use a function's ARN, such as "` + oneFunction + `"`}},
		{"function", asked(func(l *LambdaAuthorizer) { l.FunctionARN = "authorize" }),
			[]string{lambda + `FunctionARN is "authorize"; use a function's ARN, such as "` + oneFunction + `"`}},
		{"kind", asked(func(l *LambdaAuthorizer) { l.Kind = "JWT" }), []string{lambda + `Kind is "JWT"; use "TOKEN" or "REQUEST"`}},
		{"time", asked(func(l *LambdaAuthorizer) { l.CacheTTL = time.Hour + time.Second }), []string{lambda + "CacheTTL is 1h0m1s; use whole seconds, 0 to 3600"}},
		{"no source of a token", asked(func(l *LambdaAuthorizer) { l.IdentitySources = nil }),
			[]string{lambda + "IdentitySources has 0 entries; use one: API Gateway gives a TOKEN authorizer one header"}},
		{"a token from the query", asked(func(l *LambdaAuthorizer) { l.IdentitySources = []string{"method.request.querystring.t"} }),
			[]string{lambda + `IdentitySources[0] is "method.request.querystring.t"; use one header, such as "` + authHeader + `"`}},
		{"a source twice", asked(func(l *LambdaAuthorizer) {
			l.Kind, l.IdentitySources = RequestAuthorizer, []string{"method.request.header.X-A", "method.request.querystring.a", "method.request.header.x-a", "method.request.querystring.A", "method.request.querystring.a"}
		}), []string{
			lambda + `IdentitySources[2] is "method.request.header.x-a"; leave it out: it is there already`,
			lambda + `IdentitySources[4] is "method.request.querystring.a"; leave it out: it is there already`,
		}},
		{"a cached answer for all", asked(func(l *LambdaAuthorizer) { l.Kind, l.IdentitySources = RequestAuthorizer, nil }),
			[]string{lambda + "IdentitySources is empty; name what identifies a caller, or set CacheTTL to 0: otherwise one cached answer applies to all callers"}},
		{"a source", asked(func(l *LambdaAuthorizer) { l.Kind, l.IdentitySources = RequestAuthorizer, []string{"Authorization"} }),
			[]string{lambda + `IdentitySources[0] is "Authorization"; use a header, a query parameter or a variable of the context, such as "method.request.header.X-Client"`}},
		{"a variable that no option sets", asked(func(l *LambdaAuthorizer) { l.Kind, l.IdentitySources = RequestAuthorizer, []string{"stageVariables.v"} }),
			[]string{lambda + `IdentitySources[0] is "stageVariables.v"; use a part of the request, such as "method.request.header.X-Client": the stage has no variables, so API Gateway would answer every request with 401`}},
		{"a header that never comes, as a token", asked(func(l *LambdaAuthorizer) { l.IdentitySources = []string{"method.request.header.connection"} }),
			[]string{lambda + `IdentitySources[0] is "method.request.header.connection"; use another header: API Gateway drops this one, and would answer every request with 401`}},
		{"a header that never comes", asked(func(l *LambdaAuthorizer) {
			l.Kind, l.IdentitySources = RequestAuthorizer, []string{"method.request.header.Host", "method.request.header.Proxy-Authenticate"}
		}),
			[]string{lambda + `IdentitySources[1] is "method.request.header.Proxy-Authenticate"; use another header: API Gateway drops this one, and would answer every request with 401`}},
		{"no variable", asked(func(l *LambdaAuthorizer) {
			l.Kind, l.IdentitySources = RequestAuthorizer, []string{"context.identity.sourceIP"}
		}),
			[]string{lambda + `IdentitySources[0] is "context.identity.sourceIP"; did you mean context.identity.sourceIp? There are ` + strings.Join(contextSources, ", ")}},
		{"no range", from("203.0.113.7"), []string{ips + `[0] is "203.0.113.7"; use a range of addresses, such as "203.0.113.0/24" or "203.0.113.7/32"`}},
		{"a range with bits outside", from("203.0.113.7/24"), []string{ips + `[0] is "203.0.113.7/24"; use "203.0.113.0/24": the address has bits outside of its range`}},
		{"everywhere", from("0.0.0.0/0"), []string{ips + `[0] is "0.0.0.0/0"; leave the list empty: this is every address`}},
		{"everywhere in parts", from("0.0.0.0/1", "128.0.0.0/2", "192.0.0.0/2"),
			[]string{ips + ` is ["0.0.0.0/1" "128.0.0.0/2" "192.0.0.0/2"], which together are every address; leave the list empty, or name the callers' own ranges`}},
		{"everywhere in IPv6", from("203.0.113.0/24", "::/1", "8000::/1"),
			[]string{ips + ` is ["203.0.113.0/24" "::/1" "8000::/1"], which together hold every address of IPv6; name the callers' own ranges of IPv6, or none`}},
		{"everywhere in a range of IPv6", from("203.0.113.0/24", "::/0"), []string{ips + `[1] is "::/0"; leave this range out: it is every address of IPv6`}},
		{"twice", from("203.0.113.0/24", "203.0.113.0/24"), []string{ips + `[1] is "203.0.113.0/24"; leave it out: it is there already`}},
		{"part of an endpoint's id", func(e *Environment) { e.API.Access.VPCEndpoints = []string{"vpce-0123456789abcdef"} },
			[]string{`API.Access.VPCEndpoints[0] is "vpce-0123456789abcdef"; use an interface endpoint's id, such as "vpce-0123456789abcdef0"`}},
		{"an endpoint twice", func(e *Environment) {
			e.API.Access.VPCEndpoints = []string{"vpce-0123456789abcdef0", "vpce-0123456789abcdef0"}
		}, []string{`API.Access.VPCEndpoints[1] is "vpce-0123456789abcdef0"; leave it out: it is there already`}},
		{"pools and scopes twice", func(e *Environment) {
			e.API.Authorization = AuthorizeCognito(Cognito{UserPoolARNs: []string{onePool, onePool}, Scopes: []string{"a", "b", "a"}})
		}, []string{
			`API.Authorization.Cognito.UserPoolARNs[1] is "` + onePool + `"; leave it out: it is there already`,
			`API.Authorization.Cognito.Scopes[2] is "a"; leave it out: it is there already`,
		}},
		{"endpoint", func(e *Environment) { e.API.Access.VPCEndpoints = []string{"vpc-0123456789abcdef0"} },
			[]string{`API.Access.VPCEndpoints[0] is "vpc-0123456789abcdef0"; use an interface endpoint's id, such as "vpce-0123456789abcdef0"`}},
	})
}

func numbered(name string, count int) []string {
	names := make([]string, count)
	for i := range names {
		names[i] = fmt.Sprintf("%s%d", name, i)
	}
	return names
}

func TestAuthorizationAccepted(t *testing.T) {
	testAcceptances(t, []acceptance{
		{"keys", planned(func(*UsagePlan) {})},
		{"the most keys", planned(func(p *UsagePlan) { p.Keys = numbered("k", 100) })},
		{"one key", planned(func(p *UsagePlan) { p.Keys = []string{"k"} })},
		{"the most pools", func(e *Environment) {
			e.API.Authorization = AuthorizeCognito(Cognito{UserPoolARNs: numbered(onePool, 1000)})
		}},
		{"the most scopes", func(e *Environment) {
			e.API.Authorization = AuthorizeCognito(Cognito{UserPoolARNs: []string{onePool}, Scopes: numbered("s", 100)})
		}},
		{"the most ranges", func(e *Environment) {
			for i := range 100 {
				e.API.Access.SourceIPs = append(e.API.Access.SourceIPs, fmt.Sprintf("203.0.113.%d/32", i))
			}
		}},
		{"empty lists of other kinds", func(e *Environment) {
			e.API.Authorization = AuthorizeIAM()
			e.API.Authorization.UsagePlan.Keys, e.API.Authorization.Cognito.Scopes = []string{}, []string{}
			e.API.Authorization.Lambda.IdentitySources = []string{}
		}},
		{"keys that only the stage limits", planned(func(p *UsagePlan) { p.RateLimit, p.BurstLimit = 1000, 500 })},
		{"keys that only both methods of the stage limit", func(e *Environment) {
			planned(func(p *UsagePlan) { p.RateLimit, p.BurstLimit = 2000, 1000 })(e)
			e.API.Batch = true
		}},
		{"the largest quota", planned(func(p *UsagePlan) { p.Quota = math.MaxInt32 })},
		{"keys without a quota", planned(func(p *UsagePlan) { p.Quota, p.QuotaPeriod = 0, "" })},
		{"pools", func(e *Environment) {
			e.API.Authorization = AuthorizeCognito(Cognito{UserPoolARNs: []string{onePool}, Scopes: []string{"events/submit"}})
		}},
		{"token", asked(func(*LambdaAuthorizer) {})},
		{"an alias", asked(func(l *LambdaAuthorizer) { l.FunctionARN += ":live" })},
		{"the newest version", asked(func(l *LambdaAuthorizer) { l.FunctionARN += ":$LATEST" })},
		{"the longest pool", func(e *Environment) {
			e.API.Authorization = AuthorizeCognito(Cognito{UserPoolARNs: []string{"arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_" + strings.Repeat("a", 45)}})
		}},
		{"request", asked(func(l *LambdaAuthorizer) {
			l.Kind, l.IdentitySources = RequestAuthorizer, []string{"method.request.header.X-Client", "method.request.querystring.t", "context.identity.sourceIp"}
		})},
		{"each variable that has a value", asked(func(l *LambdaAuthorizer) {
			l.Kind, l.IdentitySources = RequestAuthorizer, []string{
				"context.accountId", "context.apiId", "context.domainName", "context.domainPrefix", "context.extendedRequestId", "context.httpMethod",
				"context.identity.sourceIp", "context.identity.userAgent", "context.path", "context.protocol", "context.requestId",
				"context.requestTime", "context.requestTimeEpoch", "context.resourceId", "context.resourcePath", "context.stage",
			}
		})},
		{"each request", asked(func(l *LambdaAuthorizer) { l.Kind, l.IdentitySources, l.CacheTTL = RequestAuthorizer, nil, 0 })},
		{"ranges", from("203.0.113.0/24", "2001:db8::/32", "192.0.2.7/32")},
		{"ranges within others", from("0.0.0.0/1", "8.0.0.0/8", "128.0.0.0/2", "128.0.0.0/3")},
		{"endpoints", func(e *Environment) { e.API.Access.VPCEndpoints = []string{"vpce-0123456789abcdef0"} }},
	})
}
