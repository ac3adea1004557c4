package spec

import (
	"fmt"
	"math"
	"net/netip"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"cdk.tf/go/ingest/internal/addressrange"
	"cdk.tf/go/ingest/internal/nearest"
)

func (p *problems) authorization(api API, region string) {
	const field = "API.Authorization"
	auth := api.Authorization
	kinds := []AuthorizationKind{ByNothing, ByIAM, ByAPIKey, ByCognito, ByLambda}
	oneOf(p, field+".Kind", auth.Kind, kinds...)
	if slices.Contains(kinds, auth.Kind) {
		p.unusedByKind(field, auth)
	}
	switch auth.Kind {
	case ByAPIKey:
		p.usagePlan(field+".UsagePlan", auth.UsagePlan)
		p.planWithinStage(field+".UsagePlan", auth.UsagePlan, api)
	case ByCognito:
		p.cognito(field+".Cognito", auth.Cognito, region)
	case ByLambda:
		p.lambda(field+".Lambda", auth.Lambda, region)
	}
}

// unusedByKind refuses the options of other kinds. An environment with a usage plan, for example, is meant to require keys.
func (p *problems) unusedByKind(field string, auth Authorization) {
	for _, part := range []struct {
		kind        AuthorizationKind
		name, maker string
		value       any
	}{
		{ByAPIKey, "UsagePlan", "AuthorizeAPIKey", auth.UsagePlan},
		{ByCognito, "Cognito", "AuthorizeCognito", auth.Cognito},
		{ByLambda, "Lambda", "AuthorizeLambda", auth.Lambda},
	} {
		if part.kind != auth.Kind {
			p.unused(fmt.Sprintf("%s.Kind %s", field, is(string(auth.Kind))), fmt.Sprintf("use %s, or leave it out", part.maker),
				option{field + "." + part.name, !isBlank(reflect.ValueOf(part.value))})
		}
	}
}

// isBlank reports whether nothing in a part is set. A list without entries sets nothing, whether it is nil or not.
func isBlank(part reflect.Value) bool {
	switch part.Kind() {
	case reflect.Slice:
		return part.Len() == 0
	case reflect.Struct:
		for i := range part.NumField() {
			if !isBlank(part.Field(i)) {
				return false
			}
		}
		return true
	}
	return part.IsZero()
}

// keyName keeps names readable. API Gateway's limit for a key's name, 1,024 characters, is far above it.
var keyName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)

// maxKeys is this project's bound: an account and region has 10,000 (API Gateway developer guide, "Quotas").
const maxKeys = 100

func (p *problems) usagePlan(field string, plan UsagePlan) {
	p.count(field+".Keys", len(plan.Keys), maxKeys)
	for i, name := range plan.Keys {
		if slices.Contains(plan.Keys[:i], name) {
			p.add(item(field+".Keys", i), is(name), repeatedRemedy)
			continue
		}
		p.match(item(field+".Keys", i), name, keyName, `use a client's name of 1 to 32 of a-z, 0-9 and "-", beginning with a letter`)
	}
	p.rate(field, plan.RateLimit, plan.BurstLimit)
	switch {
	case plan.Quota < 0 || plan.Quota > maxBurst:
		p.within(field+".Quota", plan.Quota, 0, maxBurst)
	case plan.Quota > 0:
		oneOf(p, field+".QuotaPeriod", plan.QuotaPeriod, PerDay, PerWeek, PerMonth)
	case plan.QuotaPeriod != "":
		p.add(field+".QuotaPeriod", is(string(plan.QuotaPeriod)), "leave it empty, or set Quota")
	}
}

// planWithinStage refuses a limit that a key can never reach. API Gateway applies a client's limit first, and then the stage's
// limit to each method over all clients (developer guide, "Throttle requests to your REST APIs for better throughput in API
// Gateway", "How throttling limit settings are applied"). So the stage refuses what a plan allows beyond the methods' limits
// together. For a plan without limits of its own, use the stage's limits.
func (p *problems) planWithinStage(field string, plan UsagePlan, api API) {
	methods := api.methods()
	const fault, remedy = "is %s, more than the stage lets through", "use at most %s, or raise API.Throttle.%s"
	number := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
	// Another rule reports a limit that is out of bounds.
	if most := api.Throttle.RateLimit * float64(methods); most > 0 && plan.RateLimit > most && !math.IsInf(plan.RateLimit, 1) {
		p.add(field+".RateLimit", fmt.Sprintf(fault, number(plan.RateLimit)), fmt.Sprintf(remedy, number(most), "RateLimit"))
	}
	if most := api.Throttle.BurstLimit * methods; most > 0 && plan.BurstLimit > most && plan.BurstLimit <= maxBurst {
		p.add(field+".BurstLimit", fmt.Sprintf(fault, strconv.Itoa(plan.BurstLimit)), fmt.Sprintf(remedy, strconv.Itoa(most), "BurstLimit"))
	}
}

var (
	// userPoolARN ends with the pool's id, which begins with its region (Cognito API reference, UserPoolType). Its groups are the region and
	// the id's beginning. An id has at most 55 characters, so what follows the shortest region has 45.
	userPoolARN = regexp.MustCompile(`^arn:aws[a-z-]*:cognito-idp:([a-z0-9-]+):[0-9]{12}:userpool/([A-Za-z0-9-]+)_[0-9A-Za-z]{1,45}$`)
	// scope is OAuth's token (RFC 6749, section 3.3).
	scope = regexp.MustCompile(`^[\x21\x23-\x5B\x5D-\x7E]{1,256}$`)
	// functionARN may end with a version, $LATEST or an alias (Lambda API reference, FunctionArn and Alias).
	functionARN = regexp.MustCompile(`^arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:function:[A-Za-z0-9_-]{1,64}(:(\$LATEST|[A-Za-z0-9_-]{1,128}))?$`)
	// headerSource is a mapping expression of one header. It begins with headerSourcePrefix.
	headerSource = regexp.MustCompile(`^method\.request\.header\.[A-Za-z0-9_-]+$`)
	// requestSource matches a part of the request as an identity source of a request authorizer (API Gateway developer guide, "Use API
	// Gateway Lambda authorizers").
	requestSource = regexp.MustCompile(`^method\.request\.(header|querystring)\.[A-Za-z0-9_-]+$`)
)

const headerSourcePrefix = "method.request.header."

// contextSources are the variables that have a value before an authorizer runs (API Gateway developer guide, "Variables for data
// transformations"). API Gateway answers 401 where a source has no value. So no stage variable can be a source: no option sets one.
var contextSources = []string{
	"context.accountId", "context.apiId", "context.domainName", "context.domainPrefix", "context.extendedRequestId", "context.httpMethod",
	"context.identity.sourceIp", userAgentSource, "context.path", "context.protocol", "context.requestId",
	"context.requestTime", "context.requestTimeEpoch", "context.resourceId", "context.resourcePath", "context.stage",
}

// maxPools is API Gateway's (quotas for REST APIs: user pools per authorizer).
const maxPools = 1000

// maxScopes is this project's bound, against a list that was pasted by mistake.
const maxScopes = 100

// cognito checks user pools, which may be in another region of the partition (developer guide, "Configure cross-account Amazon Cognito
// authorizer").
func (p *problems) cognito(field string, cognito Cognito, region string) {
	p.count(field+".UserPoolARNs", len(cognito.UserPoolARNs), maxPools)
	for i, arn := range cognito.UserPoolARNs {
		at, parts := item(field+".UserPoolARNs", i), userPoolARN.FindStringSubmatch(arn)
		switch {
		case slices.Contains(cognito.UserPoolARNs[:i], arn):
			p.add(at, is(arn), repeatedRemedy)
		case parts == nil:
			p.add(at, is(arn), `use a user pool's ARN, such as "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_aBcDeF123"`)
		case parts[1] != parts[2]:
			p.add(at, fmt.Sprintf("%s, of the region %q and with the id of a pool in %q", is(arn), parts[1], parts[2]), "copy the ARN from the pool: its id begins with its region")
		default:
			p.arn(at, arn, region)
		}
	}
	p.atMost(field+".Scopes", len(cognito.Scopes), maxScopes)
	for i, name := range cognito.Scopes {
		at := item(field+".Scopes", i)
		if slices.Contains(cognito.Scopes[:i], name) {
			p.add(at, is(name), repeatedRemedy)
			continue
		}
		p.match(at, name, scope, `use an OAuth scope without spaces, such as "events/submit"`)
	}
}

// maxAuthorizerTTL is API Gateway's (API reference, authorizerResultTtlInSeconds).
const maxAuthorizerTTL = time.Hour

// These are this project's bounds, against lists and names that were pasted by mistake: no document of API Gateway's has any.
const (
	maxIdentitySources = 100
	maxIdentitySource  = 256
)

// lambda checks a function, which may be in another region of the partition (developer guide, "Configure a cross-account API Gateway
// Lambda authorizer").
func (p *problems) lambda(field string, lambda LambdaAuthorizer, region string) {
	if functionARN.MatchString(lambda.FunctionARN) {
		p.arn(field+".FunctionARN", lambda.FunctionARN, region)
	} else {
		p.add(field+".FunctionARN", is(lambda.FunctionARN), `use a function's ARN, such as "arn:aws:lambda:eu-west-1:123456789012:function:authorize"`)
	}
	oneOf(p, field+".Kind", lambda.Kind, TokenAuthorizer, RequestAuthorizer)
	p.whole(field+".CacheTTL", lambda.CacheTTL, 0, maxAuthorizerTTL, time.Second, "seconds")
	sources := field + ".IdentitySources"
	p.atMost(sources, len(lambda.IdentitySources), maxIdentitySources)
	for i, source := range lambda.IdentitySources {
		p.identitySource(item(sources, i), source, lambda.IdentitySources[:i], lambda.Kind)
	}
	count := len(lambda.IdentitySources)
	switch {
	case lambda.Kind == TokenAuthorizer && count != 1:
		p.add(sources, fmt.Sprintf("has %d entries", count), "use one: API Gateway gives a TOKEN authorizer one header")
	case lambda.Kind == RequestAuthorizer && count == 0 && lambda.CacheTTL > 0:
		p.add(sources, "is empty", "name what identifies a caller, or set CacheTTL to 0: otherwise one cached answer applies to all callers")
	}
}

func (p *problems) identitySource(field, source string, before []string, kind LambdaAuthorizerKind) {
	header, isHeader := strings.CutPrefix(source, headerSourcePrefix)
	switch {
	case repeatsSource(before, source):
		p.add(field, is(source), repeatedRemedy)
	case len(source) > maxIdentitySource:
		p.add(field, fmt.Sprintf("is %d characters long", len(source)), fmt.Sprintf("use at most %d", maxIdentitySource))
	case isHeader && containsFold(droppedHeaders, header):
		p.add(field, is(source), "use another header: API Gateway drops this one, and would answer every request with 401")
	case kind == TokenAuthorizer:
		p.match(field, source, headerSource, `use one header, such as "method.request.header.Authorization"`)
	default:
		p.requestSource(field, source)
	}
}

// repeatsSource reports whether an identity source is there already. The names of headers have no case.
func repeatsSource(before []string, source string) bool {
	if headerSource.MatchString(source) {
		return containsFold(before, source)
	}
	return slices.Contains(before, source)
}

func (p *problems) requestSource(field, source string) {
	switch {
	case requestSource.MatchString(source) || slices.Contains(contextSources, source):
	case strings.HasPrefix(source, "context."):
		p.add(field, is(source), nearest.Remedy(source, contextSources))
	case strings.HasPrefix(source, "stageVariables."):
		p.add(field, is(source), "use a part of the request, such as \"method.request.header.X-Client\": the stage has no variables, so API Gateway would answer every request with 401")
	default:
		p.add(field, is(source), `use a header, a query parameter or a variable of the context, such as "method.request.header.X-Client"`)
	}
}

// vpcEndpoint has the 8 or 17 digits of EC2's ids (EC2 user guide, "Resource IDs").
var vpcEndpoint = regexp.MustCompile(`^vpce-(?:[0-9a-f]{8}|[0-9a-f]{17})$`)

// maxAccess keeps the lists readable; maxPolicy bounds what they make.
const maxAccess = 100

func (p *problems) access(access Access) {
	before := len(p.found)
	p.atMost("API.Access.SourceIPs", len(access.SourceIPs), maxAccess)
	for i, text := range access.SourceIPs {
		field := item("API.Access.SourceIPs", i)
		if remedy := rangeRemedy(text, access.SourceIPs[:i]); remedy != "" {
			p.add(field, is(text), remedy)
		} else if within(netip.MustParsePrefix(text), noSenders) {
			p.add(field, is(text)+", from which no request comes", "use the addresses that callers have: these are for multicast, or stand for no host")
		} else if !access.Private() && within(netip.MustParsePrefix(text), internalRanges) {
			p.add(field, is(text)+", from which nobody reaches a public API",
				"use the public addresses that callers have on the internet, such as those of a NAT gateway, or set API.Access.VPCEndpoints")
		}
	}
	if len(access.SourceIPs) > 0 && !access.Private() && !slices.ContainsFunc(access.SourceIPs, isNoIPv6) {
		p.add("API.Access.SourceIPs", "has IPv6 ranges alone", "add the callers' IPv4 ranges: the API answers over IPv4 only, so each request would get 403")
	}
	inVersion4 := slices.DeleteFunc(slices.Clone(access.SourceIPs), func(text string) bool { return !isNoIPv6(text) })
	switch {
	case len(p.found) > before || !addressrange.Every(access.SourceIPs):
	case addressrange.Every(inVersion4):
		p.add("API.Access.SourceIPs", fmt.Sprintf("is %q, which together are every address", access.SourceIPs), "leave the list empty, or name the callers' own ranges")
	default:
		p.add("API.Access.SourceIPs", fmt.Sprintf("is %q, which together hold every address of IPv6", access.SourceIPs), "name the callers' own ranges of IPv6, or none")
	}
	p.endpoints(access)
}

func (p *problems) endpoints(access Access) {
	p.atMost("API.Access.VPCEndpoints", len(access.VPCEndpoints), maxAccess)
	for i, id := range access.VPCEndpoints {
		if slices.Contains(access.VPCEndpoints[:i], id) {
			p.add(item("API.Access.VPCEndpoints", i), is(id), repeatedRemedy)
			continue
		}
		p.match(item("API.Access.VPCEndpoints", i), id, vpcEndpoint, `use an interface endpoint's id, such as "vpce-0123456789abcdef0"`)
	}
}

// rangeRemedy returns an empty text for a good range.
func rangeRemedy(text string, before []string) string {
	prefix, err := netip.ParsePrefix(text)
	switch {
	case err != nil:
		return `use a range of addresses, such as "203.0.113.0/24" or "203.0.113.7/32"`
	case prefix != prefix.Masked():
		return fmt.Sprintf("use %q: the address has bits outside of its range", prefix.Masked())
	case prefix.Bits() == 0 && prefix.Addr().Is4():
		return "leave the list empty: this is every address"
	case prefix.Bits() == 0:
		return "leave this range out: it is every address of IPv6"
	case prefix.Addr().Is4In6():
		return `use the range of IPv4 itself, such as "203.0.113.0/24": no request has an address of IPv6 that maps one of IPv4`
	case slices.ContainsFunc(before, func(other string) bool { return sameRange(other, prefix) }):
		return repeatedRemedy
	}
	return ""
}

// sameRange reports whether a text is another spelling of a range, such as one in upper case.
func sameRange(text string, prefix netip.Prefix) bool {
	other, err := netip.ParsePrefix(text)
	return err == nil && other == prefix
}

// internalRanges are the addresses that no packet on the internet comes from: private (RFC 1918), shared behind a carrier's NAT
// (RFC 6598), loopback (RFC 1122, 4291), link-local (RFC 3927, 4291), unique local (RFC 4193), for measurements (RFC 2544) and
// reserved (RFC 1112). A private API may name them: it sees the address within the VPC (aws:VpcSourceIp).
var internalRanges = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128"),
	netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("fe80::/10"),
	netip.MustParsePrefix("fc00::/7"), netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("240.0.0.0/4"),
}

// noSenders are the addresses that no packet comes from, within a VPC neither: "this network" (RFC 1122, section 3.2.1.3), multicast
// (RFC 5771, RFC 4291) and the unspecified address of IPv6 (RFC 4291).
var noSenders = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("224.0.0.0/4"), netip.MustParsePrefix("::/128"), netip.MustParsePrefix("ff00::/8"),
}

// within reports whether the whole range is in one of the ranges. A wider range also has other addresses.
func within(prefix netip.Prefix, ranges []netip.Prefix) bool {
	return slices.ContainsFunc(ranges, func(one netip.Prefix) bool {
		return one.Bits() <= prefix.Bits() && one.Contains(prefix.Addr())
	})
}

// isNoIPv6 reports whether a text is something else than a range of IPv6. The stack leaves API Gateway's address type at its default:
// "The default IP address type for all Regional and edge-optimized APIs is IPv4" (developer guide, "IP address types for REST APIs").
func isNoIPv6(text string) bool {
	prefix, err := netip.ParsePrefix(text)
	return err != nil || prefix.Addr().Is4()
}

// count adds a problem where a list is empty or too long.
func (p *problems) count(field string, count, most int) {
	if count < 1 || count > most {
		p.add(field, fmt.Sprintf("has %d entries", count), fmt.Sprintf("use 1 to %d", most))
	}
}
