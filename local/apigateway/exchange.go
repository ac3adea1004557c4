package apigateway

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"maps"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"cdk.tf/go/ingest/internal/quota"
	"cdk.tf/go/ingest/local/internal/inflight"
	"cdk.tf/go/ingest/local/internal/randomid"
)

// exchange is one request with its answer.
type exchange struct {
	api     *API
	w       http.ResponseWriter
	r       *http.Request
	arrived time.Time

	stage  *stage
	method *method // nil before it is found
	verb   string
	path   string // as it was sent, stage first, with one slash before that

	requestID, extendedID, trace string

	parameters []parameter // of the path
	queries    url.Values
	spelt      map[string][]string // the headers, see headers
	request    parsedBody
	hasBody    bool           // it was read
	reading    bool           // it was begun to be read
	share      inflight.Share // of API.bodies
	hasTurn    bool           // of API.turns
	key        *apiKey
	caller     caller
	kept       []byte // of the body, for a [Submission]; nil before it is kept
	length     int64  // of the whole body, once it is kept
	sent       []byte // what the service got, for a [Submission]

	call     callState
	response parsedBody // the integration's answer
	failure  *failure
	answer   answer

	space       [4]parameter // of parameters
	headerSpace [8]header    // of answer.headers
}

// callState is the state of the integration's call.
type callState struct {
	made      bool
	status    int
	latency   time.Duration
	requestID string
	header    http.Header
	problem   string
}

// answer is what the client gets.
type answer struct {
	status      int
	contentType string
	body        []byte
	headers     []header
}

type header struct{ name, value string }

// set sets a header, and replaces one with the same name.
func (a *answer) set(name, value string) {
	if strings.EqualFold(name, "Content-Type") {
		a.contentType = value
		return
	}
	for i := range a.headers {
		if strings.EqualFold(a.headers[i].name, name) {
			a.headers[i].value = value
			return
		}
	}
	a.headers = append(a.headers, header{name, value})
}

// ServeHTTP answers one request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.counters.inFlight.Add(1)
	x := &exchange{api: a, w: w, r: r, arrived: a.opts.Clock.Now(), path: pathOf(r), verb: r.Method, share: a.bodies.Share()}
	defer func() {
		a.counters.inFlight.Add(-1)
		x.share.Shrink(0)
	}()
	x.identify()
	x.answer.headers = x.headerSpace[:0]
	if headerSize(r) > quota.MaxHeaders {
		x.answerLargeHeader()
		x.tell()
		x.write()
		return
	}
	name, rest, _ := strings.Cut(x.path[1:], "/")
	if x.stage = a.cfg.stages[name]; x.stage == nil {
		x.answerNoStage()
		x.tell()
		x.write()
		return
	}
	if fail := x.run(rest); fail != nil {
		x.answerFailure(fail)
		a.counters.refused[fail.responseType].Add(1)
	}
	x.tell()
	x.write()
	if a.accessLog != nil && len(x.stage.accessLog) > 0 {
		a.accessLog.write(x, x.stage.accessLog)
	}
	if a.opts.Measure != nil {
		a.opts.Measure(x.measured())
	}
}

func (x *exchange) measured() Measured {
	now := x.api.opts.Clock.Now()
	m := Measured{Stage: x.stage.name, At: now, Status: x.answer.status, Latency: now.Sub(x.arrived), Integration: -1}
	if x.call.made {
		m.Integration = x.call.latency
	}
	if x.method != nil && x.stage.settings[x.method.number].detailed {
		m.Method, m.Resource = x.method.verb, x.method.resource.path
	}
	return m
}

// pathOf returns a request's path. It joins slashes before the stage, also in $context.path, and keeps those after it
// (localstack's test_lambda_aws_proxy_integration, recorded on AWS).
//
// It is the path as the client wrote it. EscapedPath decodes one with a character that no path has, such as "|" or "é", and writes it
// anew: a %2F beside it would become a slash.
func pathOf(r *http.Request) string {
	return "/" + strings.TrimLeft(cmp.Or(r.URL.RawPath, r.URL.EscapedPath()), "/")
}

// answerNoStage answers a path whose first part is not a stage.
//
// Assumption API-11: a path whose first part is not a stage gets 403 with {"message":"Forbidden"} and x-amzn-ErrorType:
// ForbiddenException. It gets none of the API's gateway responses, which belong to a deployed stage (AWS re:Post, "How do I
// troubleshoot HTTP 403 errors from API Gateway?": ForbiddenException, "Forbidden").
func (x *exchange) answerNoStage() {
	x.failure = failNoStage
	x.answer.status, x.answer.contentType, x.answer.body = http.StatusForbidden, jsonType, []byte(`{"message":"`+failNoStage.message+`"}`)
	x.answer.set("x-amzn-ErrorType", failNoStage.errorType)
}

func headerSize(r *http.Request) int {
	size := len(r.Host)
	for _, values := range r.Header {
		for _, value := range values {
			size += len(value)
		}
	}
	return size
}

// answerLargeHeader answers a request whose headers are too large.
//
// Assumption API-15: a request whose header values have more than 10,240 bytes together gets 431 (backbencher.dev, "SOLVED: 431
// Status Code", of API Gateway) with {"message":"HTTP header is larger than 10240 bytes."} (ntsblog.homedev.com.au, "AWS API
// Gateway – HTTP header is larger than 10240 bytes"). The answer comes before any stage is known, so it has no CORS headers
// (inferred).
//
// The words are those of Netty, which counts names too. The quota counts values.
func (x *exchange) answerLargeHeader() {
	x.failure = failHeader
	x.answer.status, x.answer.contentType = http.StatusRequestHeaderFieldsTooLarge, jsonType
	x.answer.body = []byte(`{"message":"` + failHeader.message + `"}`)
}

// run takes a request through API Gateway. It returns a failure if API Gateway answers itself.
//
// Assumption API-12: API Gateway checks a request in this order: the path and the method, the API key and its usage plan, the
// authorisation, the throttle, the size, the parameters and the body. AWS documents no complete order. An execution log shows the
// beginning ("API Key authorized", "Usage Plan check succeeded", then "Starting execution for request" and "Starting
// authorizer").
func (x *exchange) run(path string) *failure {
	if other := x.r.Header.Get("X-HTTP-Method-Override"); other != "" {
		x.verb = other // "API Gateway overrides the method" (developer guide, "Important notes")
	}
	x.parameters = x.space[:0]
	if x.method = x.api.cfg.root.find(path, x.verb, &x.parameters); x.method == nil {
		return x.noRoute()
	}
	if fail := x.checkKey(); fail != nil {
		return fail
	}
	if fail := x.authorize(); fail != nil {
		return fail
	}
	if !x.api.throttles.allow(x.stage, x.method) {
		return failThrottled
	}
	if fail := x.readBody(); fail != nil {
		return fail
	}
	if fail := x.decompress(); fail != nil {
		return fail
	}
	x.takeTurn()
	defer x.endTurn()
	if fail := x.validate(); fail != nil {
		return fail
	}
	if fail := x.integrate(); fail != nil {
		return fail
	}
	x.compress()
	return nil
}

// noRoute answers a path or a method that does not exist. API Gateway treats it like one with IAM authorisation, so it refuses
// any other content of the header Authorization ("not a valid key=value pair …",
// amazon-archives/aws-cognito-angular-quickstart#50).
func (x *exchange) noRoute() *failure {
	if _, fail := parseSignature(x.r); fail != nil {
		return fail
	}
	return failMissingToken
}

// checkKey looks up the API key of a request to a method that requires one, in the header x-api-key.
func (x *exchange) checkKey() *failure {
	if !x.method.keyRequired {
		return nil // "Request will not contribute to throttle or quota limits", says an execution log
	}
	key := x.api.cfg.keys[x.r.Header.Get("X-Api-Key")]
	if key == nil || !key.enabled {
		return failKey
	}
	plan := key.plans[x.stage.name]
	if plan == nil {
		return failKey
	}
	x.key = key
	return x.api.throttles.allowClient(x.stage, x.method, client{key, plan})
}

// validate checks the parameters and the body as the method's request validator requires.
func (x *exchange) validate() *failure {
	var missing []string
	for _, p := range x.method.required {
		if !x.has(p) {
			missing = append(missing, p.name)
		}
	}
	if len(missing) > 0 {
		return &failure{responseType: badParameters, errorType: "BadRequestException", message: "Missing required request parameters: [" + strings.Join(missing, ", ") + "]"}
	}
	if !x.method.checkBody {
		return nil
	}
	chosen, known := lookup(x.method.models, x.contentType())
	if !known {
		return nil // "when no model schema can be matched" the body is the passthrough behavior's (developer guide)
	}
	if broken := chosen.check(&x.request); broken.says != "" {
		return failBody(broken, nil)
	}
	return nil
}

// has reports whether a required parameter is "included and non-blank" (developer guide, "Request validation").
func (x *exchange) has(p requiredParameter) bool {
	switch p.place {
	case "header":
		return strings.TrimSpace(last(x.headers()[p.name])) != ""
	case "querystring":
		return strings.TrimSpace(last(x.query()[p.name])) != ""
	default:
		return strings.TrimSpace(x.pathParameters()[p.name]) != ""
	}
}

// contentType returns the client's Content-Type. "When the Content-Type header is absent in the request, API Gateway assumes
// that its default value is application/json" (developer guide).
func (x *exchange) contentType() string {
	if said := x.r.Header.Get("Content-Type"); said != "" {
		return said
	}
	return jsonType
}

// lookup finds the value that is declared for a content type: with its parameters, without them, or $default.
func lookup[kept any](declared map[string]kept, contentType string) (kept, bool) {
	if found, ok := declared[contentType]; ok {
		return found, true
	}
	if found, ok := declared[mediaType(contentType)]; ok {
		return found, true
	}
	if found, ok := declared[strings.ToLower(contentType)]; ok {
		return found, true
	}
	found, ok := declared["$default"]
	return found, ok
}

// identify gives the request its ids. A client may choose the first, which must be a UUID. API Gateway makes the second
// (developer guide, "Setting up CloudWatch logging for a REST API").
func (x *exchange) identify() {
	if own := x.r.Header.Get("X-Amzn-Requestid"); own == "" {
		x.requestID = randomid.New()
	} else if len(own) == uuidLength && uuid.Validate(own) == nil {
		x.requestID = own
	} else {
		x.requestID = "UUID_REPLACED_INVALID_REQUEST_ID"
	}
	var extended [11]byte
	randomid.Fill(extended[:])
	x.extendedID = base64.StdEncoding.EncodeToString(extended[:])
}

// uuidLength is the length of the form with 8-4-4-4-12 digits. The uuid package accepts other forms too.
const uuidLength = 36

// traceID returns the trace id that API Gateway adds to an integration's answer, with the client's root if it sent one
// (localstack's test_invocation_trace_id, validated on AWS).
func (x *exchange) traceID() string {
	if x.trace == "" {
		root := ""
		for field := range strings.SplitSeq(x.r.Header.Get("X-Amzn-Trace-Id"), ";") {
			if name, value, _ := strings.Cut(strings.TrimSpace(field), "="); strings.EqualFold(name, "Root") {
				root = value
			}
		}
		if root == "" {
			var b [16]byte
			binary.BigEndian.PutUint32(b[:], uint32(x.arrived.Unix())) //nolint:gosec // X-Ray's format has 32 bits
			randomid.Fill(b[4:])
			root = "1-" + hex.EncodeToString(b[:4]) + "-" + hex.EncodeToString(b[4:])
		}
		x.trace = root
	}
	return x.trace
}

// xrayTraceID returns the trace id if the stage has tracing on.
func (x *exchange) xrayTraceID() string {
	if !x.stage.tracing {
		return ""
	}
	return x.traceID()
}

// write sends the answer.
func (x *exchange) write() {
	w := x.w
	if ended := x.passOver(); !ended || x.failure == failTooLarge {
		x.answer.set("Connection", "close")
	}
	x.answer.set("x-amzn-RequestId", x.requestID)
	x.answer.set("x-amz-apigw-id", x.extendedID)
	if x.call.made && x.failure == nil {
		x.answer.set("X-Amzn-Trace-Id", "Root="+x.traceID())
	}
	header := w.Header()
	values := make([]string, 0, len(x.answer.headers)+2)
	add := func(name, value string) {
		values = append(values, value)
		header[name] = values[len(values)-1 : len(values) : len(values)] // as it is declared, not in canonical form
	}
	add("Content-Type", x.answer.contentType)
	for _, h := range x.answer.headers {
		if !strings.EqualFold(h.name, "Transfer-Encoding") { // net/http's own
			add(h.name, h.value)
		}
	}
	if x.answer.status != http.StatusNoContent && x.answer.status != http.StatusNotModified {
		add("Content-Length", strconv.Itoa(len(x.answer.body)))
	}
	w.WriteHeader(x.answer.status)
	_, _ = w.Write(x.answer.body) // a client that has gone has gone
	x.api.counters.statuses[x.answer.status].Add(1)
}

// The functions below serve variables and mappings.

func (x *exchange) pathParameters() map[string]string {
	values := make(map[string]string, len(x.parameters))
	for _, p := range x.parameters {
		values[p.name] = p.value
	}
	return values
}

// query returns the parameters of the query string. A semicolon separates them as "&" does (developer guide, "Important
// notes").
func (x *exchange) query() url.Values {
	if x.queries == nil {
		x.queries, _ = url.ParseQuery(strings.ReplaceAll(x.r.URL.RawQuery, ";", "&")) // what is malformed is left out
	}
	return x.queries
}

// queryParameters returns the last value of each parameter, as API Gateway does (localstack's parse.py).
func (x *exchange) queryParameters() map[string]string {
	single := make(map[string]string, len(x.query()))
	for name, values := range x.query() {
		single[name] = last(values)
	}
	return single
}

// droppedHeaders never reach a mapping template (localstack's header_utils.py).
var droppedHeaders = []string{
	"Connection", "Content-Length", "Content-Md5", "Expect", "Max-Forwards", "Proxy-Authenticate", "Server", "Te",
	"Transfer-Encoding", "Trailer", "Upgrade", "Www-Authenticate",
}

// headerParameters returns the request's headers, and those that API Gateway sets whatever spelling the client used.
func (x *exchange) headerParameters() map[string]string {
	single := make(map[string]string, len(x.r.Header)+5)
	own := map[string]string{
		"Host": x.r.Host, "X-Amzn-Trace-Id": "Root=" + x.traceID(), "X-Forwarded-Port": x.port(), "X-Forwarded-Proto": x.scheme(),
		"X-Forwarded-For": strings.TrimPrefix(last(x.r.Header["X-Forwarded-For"])+", "+x.sourceIP(), ", "),
	}
	for name, values := range x.headers() {
		key := textproto.CanonicalMIMEHeaderKey(name)
		if _, set := own[key]; set || slices.Contains(droppedHeaders, key) {
			continue
		}
		if key == "Authorization" && strings.HasPrefix(last(values), algorithm) {
			continue // "dropped if it contains a Signature Version 4 signature" (developer guide, "Important notes")
		}
		single[name] = last(values)
	}
	maps.Copy(single, own)
	return single
}

func (x *exchange) scheme() string {
	if x.r.TLS != nil {
		return "https"
	}
	return "http"
}

func (x *exchange) port() string {
	if _, port, err := net.SplitHostPort(x.r.Host); err == nil {
		return port
	}
	return "80"
}

// sourceIP is "the source IP address of the immediate TCP connection" (developer guide).
func (x *exchange) sourceIP() string {
	host, _, err := net.SplitHostPort(x.r.RemoteAddr)
	if err != nil {
		return x.r.RemoteAddr
	}
	return host
}

func (x *exchange) domainName() string {
	host, _, err := net.SplitHostPort(x.r.Host)
	if err != nil {
		return x.r.Host
	}
	return host
}

func (x *exchange) resourceID() string {
	if x.method == nil {
		return ""
	}
	return x.method.resource.id
}

func (x *exchange) resourcePath() string {
	if x.method == nil {
		return ""
	}
	return x.method.resource.path
}

func (x *exchange) integrationStatus() string {
	if x.call.status == 0 {
		return ""
	}
	return strconv.Itoa(x.call.status)
}

func (x *exchange) integrationLatency() string {
	if !x.call.made {
		return ""
	}
	return strconv.FormatInt(x.call.latency.Milliseconds(), 10)
}

var errNoAnswer = errors.New("no integration response matches, and there is none without a pattern")

// errUnannounced is in the words of API Gateway's execution log (dev.classmethod.jp, "API Gateway で「Output mapping refers to an
// invalid method response: 200」が発生するときの対処方法"); PutIntegrationResponse takes such a status (localstack's
// test_put_integration_response_templates, recorded on AWS).
var errUnannounced = errors.New("Output mapping refers to an invalid method response") //nolint:staticcheck // API Gateway's own words
