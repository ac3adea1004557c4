package spec

import (
	"fmt"
	"math"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"cdk.tf/go/ingest/internal/quota"
)

func (p *problems) api(api API, region string) {
	p.authorization(api, region)
	p.access(api.Access)
	p.schema("API.Schema", api.Schema)
	p.example("API", api.Schema, api.Example)
	p.eventTypes(api)
	p.contentTypes("API.ContentTypes", api)
	p.within("API.MinimumCompressionBytes", api.MinimumCompressionBytes, quota.NoCompression, quota.MaxMinimumCompression)
	p.partitionKey(api)
	p.envelope(api)
	p.cors(api)
	p.rate("API.Throttle", api.Throttle.RateLimit, api.Throttle.BurstLimit)
}

var (
	// jsonPathPattern excludes filters, and quotes except around a name in brackets: the path becomes part of a mapping
	// template, which must not evaluate any of it. An index has the digits of a 32-bit integer: API Gateway's JSONPath fails at a larger
	// one, and so would each event (json-path/JsonPath, ArrayIndexOperation.java).
	jsonPathPattern = regexp.MustCompile(`^\$((\.[A-Za-z_][A-Za-z0-9_]*|\['[A-Za-z0-9_-]+'\])(\[[0-9]{1,9}\])*)+$`)
	// keyHeaderPattern is narrower than HTTP's, for the same reason.
	keyHeaderPattern = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
)

// maxKeyName is this project's bound, against a path or a name that was pasted by mistake. API Gateway bounds only the whole template.
const maxKeyName = 256

// droppedHeaders are the headers that API Gateway drops from each request (localstack's header_utils.py, whose tests ran on AWS).
var droppedHeaders = []string{
	"Connection", "Content-Length", "Content-MD5", "Expect", "Max-Forwards", "Proxy-Authenticate", "Server", "TE", "Trailer", "Transfer-Encoding",
	"Upgrade", "WWW-Authenticate",
}

// changedHeaders are those that API Gateway replaces or renames on the way to an integration (API Gateway developer guide, "Important
// notes"). This project infers that a mapping template cannot rely on them either. An authorizer gets them as the client sent them.
var changedHeaders = []string{"Authorization", "Host"}

// setHeaders are the headers that API Gateway writes itself, whatever the client sent (its trace: X-Ray developer guide, "Amazon API
// Gateway active tracing support for AWS X-Ray"; local/apigateway sets the same). Each request has another trace, which would keep no order.
// All requests have the same port and scheme, which would fill one shard. X-Forwarded-For is none of them: API Gateway appends to it.
var setHeaders = []string{"X-Amzn-Trace-Id", "X-Forwarded-Port", "X-Forwarded-Proto"}

// proxyCredentials is the header with which a client proves to a proxy who it is (RFC 9110, section 11.7.2). A proxy need not remove it.
const proxyCredentials = "Proxy-Authorization"

func (p *problems) partitionKey(api API) {
	const field = "API.PartitionKey.Name"
	key := api.PartitionKey
	oneOf(p, "API.PartitionKey.Source", key.Source, KeyFromRequestID, KeyFromJSONPath, KeyFromHeader)
	switch {
	case key.Source == KeyFromRequestID && key.Name != "":
		p.add(field, is(key.Name), "leave it empty: the request id has no name")
	case key.Source != KeyFromRequestID && len(key.Name) > maxKeyName:
		p.add(field, fmt.Sprintf("is %d characters long", len(key.Name)), fmt.Sprintf("use at most %d", maxKeyName))
	case key.Source == KeyFromJSONPath:
		p.match(field, key.Name, jsonPathPattern, `use a path such as "$.user.id", "$.items[0].id" or "$['user-id']": `+
			`names of letters, digits and "_", in brackets also "-", and indexes of at most 9 digits`)
	case key.Source == KeyFromHeader:
		p.keyHeader(field, key.Name, api.Authorization.Lambda)
	}
}

// keyHeader refuses credentials: as a partition key they would be visible to every reader of the stream.
func (p *problems) keyHeader(field, name string, lambda LambdaAuthorizer) {
	switch {
	case containsFold(droppedHeaders, name) || containsFold(changedHeaders, name):
		p.add(field, is(name), "use another header: API Gateway drops or changes this one")
	case containsFold(setHeaders, name):
		p.add(field, is(name), "use another header, such as one of your own: API Gateway writes this one itself, in place of what the client sent")
	case containsFold(CredentialHeaders(), name) || strings.EqualFold(name, proxyCredentials):
		p.add(field, is(name), "use another header: this one is a credential, and every record would hold it")
	case lambda.reads(name):
		p.add(field, is(name)+", an identity source of API.Authorization.Lambda",
			"use another header: this one identifies a caller to the function, and every record would hold it")
	default:
		p.match(field, name, keyHeaderPattern, `use a header's name of letters, digits, "_" and "-", such as "X-Device-Id"`)
	}
}

// maxContentTypes is this project's bound. Each type adds a copy of the mapping template to the stack.
const maxContentTypes = 10

// jsonTypePattern is a media type of JSON by the suffix of its name (RFC 6839, section 3.1). It is narrower than a media type's
// grammar (RFC 6838, section 4.2): the names that are in use have these characters, and one spelling of each is enough.
var jsonTypePattern = regexp.MustCompile(`^application/[a-z0-9][a-z0-9_.+-]{0,120}\+json$`)

func (p *problems) contentTypes(field string, api API) {
	types := api.ContentTypes
	if len(types) > maxContentTypes {
		p.add(field, fmt.Sprintf("has %d entries", len(types)), fmt.Sprintf("use at most %d", maxContentTypes))
	}
	for i, typ := range types {
		switch name := string(typ); {
		case typ == "application/json" || slices.Contains(types[:i], typ):
			p.add(item(field, i), is(name), repeatedRemedy)
		case strings.Contains(name, "*"):
			p.add(item(field, i), is(name), "name each type in full: API Gateway has no wildcards for them")
		case strings.Contains(name, ";"):
			p.add(item(field, i), is(name), "leave its parameters out: a type covers them")
		case typ == NDJSON:
			p.lines(item(field, i), api)
		case typ != TextPlain && !jsonTypePattern.MatchString(name):
			p.add(item(field, i), is(name), `use "text/plain", "application/x-ndjson", or a type of JSON such as "application/cloudevents+json", in lower case`)
		}
	}
}

func (p *problems) lines(field string, api API) {
	if !api.Batch {
		p.add(field, is(string(NDJSON))+" with API.Batch = false", "set API.Batch to true: NDJSON is a batch")
	}
	if api.PartitionKey.Source == KeyFromJSONPath {
		p.add(field, is(string(NDJSON))+" with PartitionByJSONPath", "use PartitionByHeader or PartitionByRequestID: no mapping template finds a path in a line")
	}
}

// maxCORSAge is the longest time that any browser caches the answer to a preflight: Firefox's 24 hours (MDN,
// Access-Control-Max-Age).
const maxCORSAge = 24 * time.Hour

func (p *problems) cors(api API) {
	cors := api.CORS
	p.origins("API.CORS.AllowOrigins", cors.AllowOrigins)
	p.headers("API.CORS.AllowHeaders", cors.AllowHeaders)
	if !containsFold(cors.AllowHeaders, "Content-Type") && !slices.Contains(cors.AllowHeaders, "*") {
		p.add("API.CORS.AllowHeaders", `has no "Content-Type"`, "add it: without it no page can send JSON")
	}
	p.preflight(api)
	p.methods("API.CORS.AllowMethods", cors.AllowMethods)
	p.headers("API.CORS.ExposeHeaders", cors.ExposeHeaders)
	if cors.AllowCredentials {
		p.credentials("AllowOrigins", cors.AllowOrigins)
		p.credentials("AllowHeaders", cors.AllowHeaders)
		p.credentials("AllowMethods", cors.AllowMethods)
		p.credentials("ExposeHeaders", cors.ExposeHeaders)
	}
	p.whole("API.CORS.MaxAge", cors.MaxAge, 0, maxCORSAge, time.Second, "seconds")
}

// originPattern is a web origin as browsers write it in the header Origin (RFC 6454, section 6.2). The web views of apps and browser
// extensions have schemes of their own, such as capacitor://localhost. Its groups are the scheme, the IPv6 address and the port.
var originPattern = regexp.MustCompile(
	`^([a-z][a-z0-9+.-]{0,31})://(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[([0-9a-f:]+)\])(?::([1-9][0-9]{0,4}))?$`)

// noOrigins are the schemes whose pages have the origin "null", or another's: WebSockets have that of their page (HTML, "Origin";
// Fetch, "HTTP network-or-cache fetch").
var noOrigins = []string{"blob", "data", "file", "ftp", "javascript", "ws", "wss"}

// isHost reports whether an origin's IPv6 address, if it has one, is written as browsers write it (URL Standard, "IPv6 serializer").
func isHost(address string) bool {
	parsed, err := netip.ParseAddr(address)
	return address == "" || err == nil && parsed.String() == address
}

// maxOrigins keeps a response's template, which lists all origins, far below API Gateway's 300 KB.
const maxOrigins = 100

// maxOrigin is the longest origin: a scheme's 32 characters, "://", a host name's 253 (RFC 1035, section 2.3.4) and a port.
const maxOrigin = 32 + len("://") + 253 + len(":65535")

func (p *problems) origins(field string, origins []string) {
	if len(origins) == 0 {
		p.add(field, "is empty", `use "*" alone, or origins such as "https://app.example.com"`)
	}
	if len(origins) > maxOrigins {
		p.add(field, fmt.Sprintf("has %d entries", len(origins)), fmt.Sprintf("use at most %d", maxOrigins))
	}
	for i, origin := range origins {
		if len(origin) > maxOrigin {
			p.add(item(field, i), fmt.Sprintf("is %d characters long", len(origin)), fmt.Sprintf("use at most %d", maxOrigin))
		} else if remedy := originRemedy(origin, origins[:i], len(origins)); remedy != "" {
			p.add(item(field, i), is(origin), remedy)
		}
	}
}

// originRemedy returns an empty text for a good origin.
func originRemedy(origin string, before []string, count int) string {
	parts := originPattern.FindStringSubmatch(origin)
	switch {
	case slices.Contains(before, origin):
		return repeatedRemedy
	case origin == "*" && count > 1:
		return `use "*" alone, or only origins`
	case origin == "*":
		return ""
	case parts == nil || !isHost(parts[2]) || !isPort(parts[3]) || slices.Contains(noOrigins, parts[1]):
		return `use an origin such as "https://app.example.com": scheme, host and port only`
	case parts[1] == "http" && parts[3] == "80", parts[1] == "https" && parts[3] == "443":
		return "leave the port out: browsers do not send it, so the two would never match"
	}
	return ""
}

func isPort(digits string) bool {
	if digits == "" {
		return true
	}
	port, err := strconv.Atoi(digits)
	return err == nil && port > 0 && port <= math.MaxUint16
}

// headerPattern is HTTP's token (RFC 9110, section 5.6.2), or "*" for any header. The token excludes "'", because API Gateway
// writes the names between single quotes, and "*".
var headerPattern = regexp.MustCompile("^([A-Za-z0-9!#$%&+.^_`|~-]+|\\*)$")

// maxHeaderList keeps the two lists of headers in the answer to a preflight within the 10,240 bytes of header values that API Gateway
// passes on (developer guide, "Quotas for configuring and running a REST API").
const maxHeaderList = 4096

func (p *problems) headers(field string, names []string) {
	if length := headerListLength(names); length > maxHeaderList {
		p.add(field, fmt.Sprintf("makes a header of %d characters", length), fmt.Sprintf("use fewer or shorter names: at most %d", maxHeaderList))
	}
	for i, name := range names {
		if containsFold(names[:i], name) {
			p.add(item(field, i), is(name), repeatedRemedy)
			continue
		}
		p.match(item(field, i), name, headerPattern, `use a header's name such as "Content-Type", or "*"`)
	}
}

// preflight bounds the list of headers that a preflight allows, with those that the API itself reads. Other rules report what is too
// long alone.
func (p *problems) preflight(api API) {
	all, own := api.PreflightHeaders(), len(api.CORS.AllowHeaders)
	isLong := func(name string) bool { return len(name) > maxKeyName }
	if headerListLength(all[:own]) > maxHeaderList || len(api.Authorization.Lambda.IdentitySources) > maxIdentitySources || slices.ContainsFunc(all[own:], isLong) {
		return
	}
	if length := headerListLength(all); length > maxHeaderList {
		p.add("API.CORS.AllowHeaders", fmt.Sprintf("makes a header of %d characters with the headers of API.Authorization and API.PartitionKey", length),
			fmt.Sprintf("use fewer or shorter names in the three: at most %d", maxHeaderList))
	}
}

func headerListLength(names []string) int { return len(strings.Join(names, ",")) }

func (p *problems) methods(field string, methods []string) {
	for i, method := range methods {
		if slices.Contains(methods[:i], method) {
			p.add(item(field, i), is(method), repeatedRemedy)
			continue
		}
		oneOf(p, item(field, i), method, "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "*")
	}
	if !slices.Contains(methods, "POST") && !slices.Contains(methods, "*") {
		p.add(field, `has no "POST"`, "add it: events are submitted with it")
	}
}

// credentials refuses "*" beside credentials. With credentials, browsers refuse the origin "*", and read "*" in the other lists
// as a literal name (Fetch standard, "CORS protocol and credentials").
func (p *problems) credentials(list string, values []string) {
	if slices.Contains(values, "*") {
		p.add("API.CORS.AllowCredentials", fmt.Sprintf(`is true while API.CORS.%s has "*"`, list),
			`use false, or list each one instead of "*": browsers do not honour "*" with credentials`)
	}
}

// maxBurst is the largest value of API Gateway's burstLimit, a 32-bit integer.
const maxBurst = math.MaxInt32

// minRate is the least rate that the AWS provider passes on: it writes six decimals
// (hashicorp/terraform-provider-aws, internal/service/apigateway/method_settings.go).
const minRate = 0.000001

func (p *problems) rate(field string, rate float64, burst int) {
	switch {
	case rate > 0 && rate < minRate:
		p.add(field+".RateLimit", "is "+strconv.FormatFloat(rate, 'g', -1, 64), "use at least 0.000001: Terraform would write a smaller rate as 0, which refuses every request")
	// The condition also refuses NaN, for which every comparison is false.
	case !(rate > 0) || math.IsInf(rate, 1):
		p.add(field+".RateLimit", "is "+strconv.FormatFloat(rate, 'g', -1, 64),
			"use a number of requests per second, more than 0")
	}
	// 0 would refuse every request.
	p.within(field+".BurstLimit", burst, 1, maxBurst)
}

const repeatedRemedy = "leave it out: it is there already"

// item is the path of a list's element.
func item(field string, i int) string { return fmt.Sprintf("%s[%d]", field, i) }

// containsFold looks for a value without regard to case.
func containsFold(values []string, value string) bool {
	return slices.ContainsFunc(values, func(v string) bool { return strings.EqualFold(v, value) })
}
