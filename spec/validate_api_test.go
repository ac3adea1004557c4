package spec

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"cdk.tf/go/ingest/internal/quota"
)

func partitioned(key PartitionKey) func(e *Environment) {
	return func(e *Environment) { e.API.PartitionKey = key }
}

func TestPartitionKeyRefused(t *testing.T) {
	const (
		path = `; use a path such as "$.user.id", "$.items[0].id" or "$['user-id']": ` +
			`names of letters, digits and "_", in brackets also "-", and indexes of at most 9 digits`
		header = `; use a header's name of letters, digits, "_" and "-", such as "X-Device-Id"`
		hidden = `; use another header: API Gateway drops or changes this one`
		secret = `; use another header: this one is a credential, and every record would hold it`
	)
	rows := []refusal{
		{"authorization", func(e *Environment) { e.API.Authorization.Kind = "JWT" },
			[]string{`API.Authorization.Kind is "JWT"; use "NONE", "AWS_IAM", "API_KEY", "COGNITO_USER_POOLS" or "CUSTOM"`}},
		{"source", partitioned(PartitionKey{Source: "body", Name: "$.id"}),
			[]string{`API.PartitionKey.Source is "body"; use "request id", "JSON path" or "header"`}},
		{"request id with a name", partitioned(PartitionKey{Source: KeyFromRequestID, Name: "id"}),
			[]string{`API.PartitionKey.Name is "id"; leave it empty: the request id has no name`}},
		{"path of 257 characters", partitioned(PartitionByJSONPath("$." + strings.Repeat("a", 255))),
			[]string{`API.PartitionKey.Name is 257 characters long; use at most 256`}},
	}
	for _, bad := range []string{
		"", "$", "user", "$.", "$..id", "$.user-id", "$.1st", "$.a[*]", "$.a[-1]", "$[0].a", "$.a'b", "$.a.b ",
		"$['']", "$['a'b']", "$['a b']", "$['$b']", "$['#b']", "$['a\"b']", "$['a\\b']", `$["user-id"]`, "$[user-id]", "$.['a']", "$['a','b']",
		"$.a[1234567890]", "$.a[0][99999999999999999999].b",
	} {
		rows = append(rows, refusal{"path " + bad, partitioned(PartitionByJSONPath(bad)),
			[]string{"API.PartitionKey.Name " + is(bad) + path}})
	}
	for _, bad := range []string{"", "X-Device:", "X Device", "X-Gerät", "*", "X'Device", "X$Device"} {
		rows = append(rows, refusal{"header " + bad, partitioned(PartitionByHeader(bad)),
			[]string{"API.PartitionKey.Name " + is(bad) + header}})
	}
	for _, bad := range []string{
		"Authorization", "Connection", "Content-Length", "Expect", "Host", "Proxy-Authenticate", "TE", "Trailer",
		"Transfer-Encoding", "Upgrade", "hOsT", "Content-MD5", "Max-Forwards", "Server", "WWW-Authenticate",
	} {
		rows = append(rows, refusal{"header " + bad, partitioned(PartitionByHeader(bad)),
			[]string{"API.PartitionKey.Name " + is(bad) + hidden}})
	}
	for _, bad := range []string{"X-Amzn-Trace-Id", "x-amzn-trace-id", "X-Forwarded-Port", "X-Forwarded-Proto"} {
		rows = append(rows, refusal{"header " + bad, partitioned(PartitionByHeader(bad)),
			[]string{"API.PartitionKey.Name " + is(bad) + "; use another header, such as one of your own: API Gateway writes this one itself, in place of what the client sent"}})
	}
	for _, bad := range []string{"Cookie", "X-Amz-Security-Token", "X-Api-Key", "x-api-key", "Proxy-Authorization", "proxy-authorization"} {
		rows = append(rows, refusal{"header " + bad, partitioned(PartitionByHeader(bad)),
			[]string{"API.PartitionKey.Name " + is(bad) + secret}})
	}
	testRefusals(t, rows)
}

// What identifies a caller to a Lambda authorizer goes into no record.
func TestTokensAreNoKeys(t *testing.T) {
	identified := func(kind LambdaAuthorizerKind, header string, sources ...string) func(e *Environment) {
		return func(e *Environment) {
			asked(func(l *LambdaAuthorizer) { l.Kind, l.IdentitySources = kind, sources })(e)
			e.API.PartitionKey = PartitionByHeader(header)
			e.API.Envelope = Envelope{Enabled: true, UserAgent: true}
		}
	}
	key := func(name string) string {
		return "API.PartitionKey.Name is " + strconv.Quote(name) + ", an identity source of API.Authorization.Lambda; " +
			"use another header: this one identifies a caller to the function, and every record would hold it"
	}
	const userAgent = "API.Envelope.UserAgent is true while the header User-Agent is an identity source of API.Authorization.Lambda; " +
		"set it to false: the header identifies a caller to the function, and every record would hold it"
	testRefusals(t, []refusal{
		{"a token", identified(TokenAuthorizer, "X-Token", "method.request.header.X-Token"), []string{key("X-Token")}},
		{"a token in other case", identified(TokenAuthorizer, "x-token", "method.request.header.X-Token"), []string{key("x-token")}},
		{"the last source", identified(RequestAuthorizer, "X-Client", "context.identity.sourceIp", "method.request.querystring.t", "method.request.header.x-client"), []string{key("X-Client")}},
		{"the user agent", identified(RequestAuthorizer, "User-Agent", "method.request.header.user-agent"), []string{key("User-Agent"), userAgent}},
		{"the context's user agent", identified(RequestAuthorizer, "user-agent", "context.identity.userAgent"), []string{key("user-agent"), userAgent}},
	})
	testAcceptances(t, []acceptance{
		{"another header", identified(TokenAuthorizer, "X-Token-Id", "method.request.header.X-Token")},
		{"a parameter of that name", identified(RequestAuthorizer, "X-Client", "method.request.querystring.X-Client")},
	})
}

func TestPartitionKeyAccepted(t *testing.T) {
	var rows []acceptance
	for _, good := range []string{
		"$.id", "$.user.id", "$.items[0].id", "$.grid[0][12]", "$.a[999999999]", "$._a1.B_2", "$['user-id']", "$['1st'][0].a['b_c']",
		"$." + strings.Repeat("a", 254),
	} {
		rows = append(rows, acceptance{good, partitioned(PartitionByJSONPath(good))})
	}
	for _, good := range []string{"X-Device-Id", "x-device-id", "Host-2", "A", "X_Device", "X-Forwarded-For"} {
		rows = append(rows, acceptance{good, partitioned(PartitionByHeader(good))})
	}
	testAcceptances(t, append(rows,
		acceptance{"request id", partitioned(PartitionByRequestID())},
		acceptance{"IAM", func(e *Environment) { e.API.Authorization = AuthorizeIAM() }}))
}

func origins(list ...string) func(e *Environment) {
	return func(e *Environment) { e.API.CORS.AllowOrigins = list }
}

func manyOrigins(count int) []string {
	list := make([]string, count)
	for i := range list {
		list[i] = fmt.Sprintf("https://%d.example", i)
	}
	return list
}

func TestOriginsRefused(t *testing.T) {
	const remedy = `; use an origin such as "https://app.example.com": scheme, host and port only`
	rows := []refusal{
		{"none", origins(),
			[]string{`API.CORS.AllowOrigins is empty; use "*" alone, or origins such as "https://app.example.com"`}},
		{"any and one", origins("https://a.example", "*"),
			[]string{`API.CORS.AllowOrigins[1] is "*"; use "*" alone, or only origins`}},
		{"any twice", origins("*", "*"), []string{
			`API.CORS.AllowOrigins[0] is "*"; use "*" alone, or only origins`,
			`API.CORS.AllowOrigins[1] is "*"; leave it out: it is there already`,
		}},
		{"one twice", origins("https://a.example", "https://b.example", "https://a.example"),
			[]string{`API.CORS.AllowOrigins[2] is "https://a.example"; leave it out: it is there already`}},
		{"second bad", origins("https://a.example", "example.com/"),
			[]string{`API.CORS.AllowOrigins[1] is "example.com/"` + remedy}},
		{"101", origins(manyOrigins(101)...), []string{`API.CORS.AllowOrigins has 101 entries; use at most 100`}},
		{"too long", origins("https://" + strings.Repeat("a.", 143) + "b"), []string{`API.CORS.AllowOrigins[0] is 295 characters long; use at most 294`}},
		{"port of https", origins("https://a.example:443"), []string{`API.CORS.AllowOrigins[0] is "https://a.example:443"; ` +
			`leave the port out: browsers do not send it, so the two would never match`}},
		{"port of http", origins("http://a.example:80"), []string{`API.CORS.AllowOrigins[0] is "http://a.example:80"; ` +
			`leave the port out: browsers do not send it, so the two would never match`}},
	}
	for _, bad := range []string{
		"", "null", "example.com", "ftp://a.example", "https://", "https://a.example/", "https://a.example/path",
		"https://A.example", "https://*.example.com", "https://a.example:", "https://a.example:0", "https://a.example:65536",
		"https://a.example:123456", "https://-a.example", "https://a-.example", "https://a..example", "https://user@a.example",
		"https://a.example?x", "https://a'b.example", "https://a.example\n",
		"blob://a.example", "data://a", "file://a", "javascript://a", "ws://a.example", "wss://a.example", "Capacitor://localhost", "1app://localhost", "capacitor://", "capacitor:localhost", strings.Repeat("a", 33) + "://a",
		"http://[::1", "http://::1", "http://[::1]/", "http://[]", "http://[0:0:0:0:0:0:0:1]", "http://[::A]", "http://[1.2.3.4]", "http://[::1]:0", "http://[fe80::1%25en0]",
	} {
		rows = append(rows, refusal{bad, origins(bad), []string{"API.CORS.AllowOrigins[0] " + is(bad) + remedy}})
	}
	testRefusals(t, rows)
}

func TestOriginsAccepted(t *testing.T) {
	var rows []acceptance
	for _, good := range []string{
		"*", "https://app.example.com", "http://localhost:3000", "http://127.0.0.1:8080", "https://a.example:65535",
		"https://a.example:1", "http://a.example:443", "https://a.example:80", "https://xn--bcher-kva.example",
		"capacitor://localhost", "ionic://localhost", "tauri://localhost", "chrome-extension://aapbdbdomjkkjkaonfhkkikfgjllcleb",
		"moz-extension://2e4b2c1a-0d4f-4a5e-9c1b-0123456789ab", "app://a.example:443", "http://[::1]:3000", "https://[2001:db8::7]",
	} {
		rows = append(rows, acceptance{good, origins(good)})
	}
	testAcceptances(t, append(rows,
		acceptance{"two", origins("https://a.example", "http://a.example")},
		acceptance{"the longest", origins(strings.Repeat("s", 32) + "://" + strings.Repeat("a.", 126) + "b:65535")},
		acceptance{"100", origins(manyOrigins(100)...)}))
}

func TestCORSRefused(t *testing.T) {
	const (
		header      = `; use a header's name such as "Content-Type", or "*"`
		method      = `; use "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS" or "*"`
		credentials = `; use false, or list each one instead of "*": browsers do not honour "*" with credentials`
	)
	testRefusals(t, []refusal{
		{"no header", func(e *Environment) { e.API.CORS.AllowHeaders = nil },
			[]string{`API.CORS.AllowHeaders has no "Content-Type"; add it: without it no page can send JSON`}},
		{"as many headers as make a long answer", func(e *Environment) {
			e.API.CORS.AllowHeaders = []string{"Content-Type", strings.Repeat("a", 4084)}
			e.API.CORS.ExposeHeaders = []string{strings.Repeat("a", 4097)}
		}, []string{
			"API.CORS.AllowHeaders makes a header of 4097 characters; use fewer or shorter names: at most 4096",
			"API.CORS.ExposeHeaders makes a header of 4097 characters; use fewer or shorter names: at most 4096",
		}},
		{"header with a space", func(e *Environment) { e.API.CORS.AllowHeaders = []string{"Content-Type", "X Device"} },
			[]string{`API.CORS.AllowHeaders[1] is "X Device"` + header}},
		{"header with a quote", func(e *Environment) { e.API.CORS.AllowHeaders = []string{"Content-Type", "it's"} },
			[]string{`API.CORS.AllowHeaders[1] is "it's"` + header}},
		{"empty header", func(e *Environment) { e.API.CORS.AllowHeaders = []string{"Content-Type", ""} },
			[]string{`API.CORS.AllowHeaders[1] is ""` + header}},
		{"header with a wildcard", func(e *Environment) { e.API.CORS.AllowHeaders = []string{"Content-Type", "X-*"} },
			[]string{`API.CORS.AllowHeaders[1] is "X-*"` + header}},
		{"two headers in one", func(e *Environment) { e.API.CORS.AllowHeaders = []string{"Content-Type", "A,B"} },
			[]string{`API.CORS.AllowHeaders[1] is "A,B"` + header}},
		{"header twice", func(e *Environment) { e.API.CORS.AllowHeaders = []string{"content-type", "X-A", "x-a"} },
			[]string{`API.CORS.AllowHeaders[2] is "x-a"; leave it out: it is there already`}},
		{"no methods", func(e *Environment) { e.API.CORS.AllowMethods = nil },
			[]string{`API.CORS.AllowMethods has no "POST"; add it: events are submitted with it`}},
		{"no POST", func(e *Environment) { e.API.CORS.AllowMethods = []string{"OPTIONS"} },
			[]string{`API.CORS.AllowMethods has no "POST"; add it: events are submitted with it`}},
		{"method in lower case", func(e *Environment) { e.API.CORS.AllowMethods = []string{"POST", "get"} },
			[]string{`API.CORS.AllowMethods[1] is "get"` + method}},
		{"method twice", func(e *Environment) { e.API.CORS.AllowMethods = []string{"POST", "POST"} },
			[]string{`API.CORS.AllowMethods[1] is "POST"; leave it out: it is there already`}},
		{"exposed header", func(e *Environment) { e.API.CORS.ExposeHeaders = []string{"a:b"} },
			[]string{`API.CORS.ExposeHeaders[0] is "a:b"` + header}},
		{"exposed header twice", func(e *Environment) { e.API.CORS.ExposeHeaders = []string{"X-A", "X-A"} },
			[]string{`API.CORS.ExposeHeaders[1] is "X-A"; leave it out: it is there already`}},
		{"credentials from anywhere", func(e *Environment) { e.API.CORS.AllowCredentials = true },
			[]string{`API.CORS.AllowCredentials is true while API.CORS.AllowOrigins has "*"` + credentials}},
		{"credentials with anything", func(e *Environment) {
			e.API.CORS.AllowOrigins = []string{"https://a.example"}
			e.API.CORS.AllowHeaders = []string{"*", "Authorization"}
			e.API.CORS.AllowMethods = []string{"*"}
			e.API.CORS.ExposeHeaders = []string{"*"}
			e.API.CORS.AllowCredentials = true
		}, []string{
			`API.CORS.AllowCredentials is true while API.CORS.AllowHeaders has "*"` + credentials,
			`API.CORS.AllowCredentials is true while API.CORS.AllowMethods has "*"` + credentials,
			`API.CORS.AllowCredentials is true while API.CORS.ExposeHeaders has "*"` + credentials,
		}},
		{"negative age", func(e *Environment) { e.API.CORS.MaxAge = -time.Second },
			[]string{`API.CORS.MaxAge is -1s; use whole seconds, 0 to 86400`}},
		{"more than a day", func(e *Environment) { e.API.CORS.MaxAge = 24*time.Hour + time.Second },
			[]string{`API.CORS.MaxAge is 24h0m1s; use whole seconds, 0 to 86400`}},
		{"part of a second", func(e *Environment) { e.API.CORS.MaxAge = 1500 * time.Millisecond },
			[]string{`API.CORS.MaxAge is 1.5s; use whole seconds, 0 to 86400`}},
	})
}

func TestCORSAccepted(t *testing.T) {
	testAcceptances(t, []acceptance{
		{"fewest headers", func(e *Environment) {
			e.API.CORS.AllowHeaders, e.API.CORS.ExposeHeaders = []string{"content-type"}, nil
		}},
		{"any header", func(e *Environment) { e.API.CORS.AllowHeaders = []string{"*", "Authorization"} }},
		{"unusual header", func(e *Environment) { e.API.CORS.AllowHeaders = []string{"Content-Type", "!#$%&+.^_`|~-9aZ"} }},
		{"any method", func(e *Environment) { e.API.CORS.AllowMethods = []string{"*"} }},
		{"all methods", func(e *Environment) {
			e.API.CORS.AllowMethods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
		}},
		{"the longest lists of headers", func(e *Environment) {
			e.API.CORS.AllowHeaders = []string{"Content-Type", strings.Repeat("a", 4083)}
			e.API.CORS.ExposeHeaders = []string{strings.Repeat("a", 4096)}
		}},
		{"credentials", func(e *Environment) {
			e.API.CORS.AllowOrigins, e.API.CORS.AllowCredentials = []string{"https://a.example"}, true
		}},
		{"no age", func(e *Environment) { e.API.CORS.MaxAge = 0 }},
		{"a day", func(e *Environment) { e.API.CORS.MaxAge = 24 * time.Hour }},
	})
}

func TestContentTypesRefused(t *testing.T) {
	const (
		name   = `; use "text/plain", "application/x-ndjson", or a type of JSON such as "application/cloudevents+json", in lower case`
		again  = `; leave it out: it is there already`
		inFull = `; name each type in full: API Gateway has no wildcards for them`
		params = `; leave its parameters out: a type covers them`
	)
	types := func(types ...ContentType) func(e *Environment) {
		return func(e *Environment) { e.API.ContentTypes = types }
	}
	var eleven []ContentType
	for i := range 11 {
		eleven = append(eleven, ContentType(fmt.Sprintf("application/a%d+json", i)))
	}
	rows := []refusal{
		{"JSON itself", types("application/json"), []string{`API.ContentTypes[0] is "application/json"` + again}},
		{"twice", types(TextPlain, "application/a+json", TextPlain), []string{`API.ContentTypes[2] is "text/plain"` + again}},
		{"a wildcard", types("application/*+json"), []string{`API.ContentTypes[0] is "application/*+json"` + inFull}},
		{"any type", types("*/*"), []string{`API.ContentTypes[0] is "*/*"` + inFull}},
		{"a parameter", types("text/plain;charset=UTF-8"), []string{`API.ContentTypes[0] is "text/plain;charset=UTF-8"` + params}},
		{"NDJSON without batches", types(NDJSON), []string{`API.ContentTypes[0] is "application/x-ndjson" with API.Batch = false; set API.Batch to true: NDJSON is a batch`}},
		{"NDJSON with a key by path", func(e *Environment) {
			types(NDJSON)(e)
			e.API.Batch, e.API.PartitionKey = true, PartitionByJSONPath("$.id")
		}, []string{`API.ContentTypes[0] is "application/x-ndjson" with PartitionByJSONPath; use PartitionByHeader or PartitionByRequestID: no mapping template finds a path in a line`}},
		{"eleven", types(eleven...), []string{`API.ContentTypes has 11 entries; use at most 10`}},
	}
	for _, bad := range []ContentType{
		"", "text/html", "Text/Plain", "application/x-www-form-urlencoded", "application/A+json", "application/+json", "text/a+json",
		"application/a+JSON", "application/a+json ", "application/${a}+json", "$default",
	} {
		rows = append(rows, refusal{"name " + string(bad), types(bad), []string{"API.ContentTypes[0] " + is(string(bad)) + name}})
	}
	testRefusals(t, rows)
}

func TestContentTypesAccepted(t *testing.T) {
	testAcceptances(t, []acceptance{
		{"types", func(e *Environment) {
			e.API.ContentTypes = []ContentType{"application/vnd.example.order-v1+json", TextPlain, "application/reports+json", "application/a.b_c+d+json"}
		}},
	})
}

func TestMinimumCompressionBytes(t *testing.T) {
	from := func(bytes int) func(e *Environment) {
		return func(e *Environment) { e.API.MinimumCompressionBytes = bytes }
	}
	const remedy = "; use -1 to 10485760"
	testRefusals(t, []refusal{
		{"below", from(-2), []string{"API.MinimumCompressionBytes is -2" + remedy}},
		{"above", from(10485761), []string{"API.MinimumCompressionBytes is 10485761" + remedy}},
	})
	testAcceptances(t, []acceptance{{"off", from(quota.NoCompression)}, {"every size", from(0)}, {"10 MB", from(10485760)}})
}

func TestThrottleRefused(t *testing.T) {
	const remedy = `; use a number of requests per second, more than 0`
	rate := func(r float64) func(e *Environment) { return func(e *Environment) { e.API.Throttle.RateLimit = r } }
	burst := func(b int) func(e *Environment) { return func(e *Environment) { e.API.Throttle.BurstLimit = b } }
	testRefusals(t, []refusal{
		{"no rate", rate(0), []string{`API.Throttle.RateLimit is 0` + remedy}},
		{"negative rate", rate(-0.5), []string{`API.Throttle.RateLimit is -0.5` + remedy}},
		{"no number", rate(math.NaN()), []string{`API.Throttle.RateLimit is NaN` + remedy}},
		{"infinite rate", rate(math.Inf(1)), []string{`API.Throttle.RateLimit is +Inf` + remedy}},
		{"negative infinite rate", rate(math.Inf(-1)), []string{`API.Throttle.RateLimit is -Inf` + remedy}},
		{"a rate that Terraform writes as 0", rate(1e-7), []string{
			`API.Throttle.RateLimit is 1e-07; use at least 0.000001: Terraform would write a smaller rate as 0, which refuses every request`}},
		{"no burst", burst(0), []string{`API.Throttle.BurstLimit is 0; use 1 to 2147483647`}},
		{"too much burst", burst(math.MaxInt32 + 1), []string{`API.Throttle.BurstLimit is 2147483648; use 1 to 2147483647`}},
	})
	testAcceptances(t, []acceptance{
		{"small rate", rate(0.000001)},
		{"least burst", burst(1)},
		{"most burst", burst(math.MaxInt32)},
	})
}
