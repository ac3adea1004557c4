package openapi

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/internal/quota"
	"cdk.tf/go/ingest/local/apigateway"
	"cdk.tf/go/ingest/tfjson"
)

// prober asks the API that a stack declares what it answers. It runs the stack's own templates by the code that serves them on
// one machine; in place of Kinesis there is a service that answers what a probe wants.
type prober struct {
	api     *apigateway.API
	clock   *clockwork.FakeClock
	region  string
	key     string // of a client that is let in
	origins []string
	// service is what answers the next call; called tells whether it was asked.
	service func(context.Context, apigateway.Call) (apigateway.Answer, error)
	called  bool
}

// What every probe has in common, so that two documents of one stack are the same.
const (
	accessKey = "AKIAIOSFODNN7EXAMPLE"
	secretKey = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" // AWS's documentation has it in its examples
	requestID = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
	traceID   = "Root=1-5759e988-bd862e3fe1be46a994272793"
	account   = tfjson.NoAccount
	// sampleOrigin is a page's; origins of the stack's own go before it.
	sampleOrigin = "https://app.example.com"
)

var probeTime = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func newProber(cfg apigateway.Config, region string, origins []string) (*prober, error) {
	p := &prober{clock: clockwork.NewFakeClockAt(probeTime), region: region, origins: origins}
	if keys := cfg.Keys(); len(keys) > 0 {
		p.key = keys[slices.Min(slices.Collect(maps.Keys(keys)))]
	}
	api, err := apigateway.New(cfg, apigateway.Options{
		Invoke: func(ctx context.Context, call apigateway.Call) (apigateway.Answer, error) {
			p.called = true
			return p.service(ctx, call)
		},
		Clock: p.clock, Logger: slog.New(slog.DiscardHandler), Account: account, Region: region,
		Credentials: func(id string) (string, string, bool) {
			return secretKey, "arn:aws:iam::" + account + ":user/probe", id == accessKey
		},
		AllowUnverified: true, Unlimited: true,
	})
	p.api = api
	return p, err
}

// outcome is an answer, and when it is given.
type outcome struct {
	name, when  string
	status      int
	header      http.Header
	contentType string
	body        []byte
}

// request is what a probe sends.
type request struct {
	verb, path  string
	contentType string
	body        []byte
	length      int64 // in place of the body's own
	header      map[string]string
	query       map[string]string
	// unsigned, wrong and keyless requests lack what the method asks for.
	unsigned, wrong, keyless bool
	iam                      bool
}

// send sends a request as a program would, or as a page does.
func (p *prober) send(from request, page bool, serve func(http.ResponseWriter, *http.Request) error) (outcome, error) {
	r := httptest.NewRequest(from.verb, from.path, bytes.NewReader(from.body))
	r.Header = http.Header{}
	query := r.URL.Query()
	for name, value := range from.query {
		query.Set(name, value)
	}
	r.URL.RawQuery = query.Encode()
	if from.contentType != "" {
		r.Header.Set("Content-Type", from.contentType)
	}
	for name, value := range from.header {
		r.Header.Set(name, value)
	}
	r.Header.Set("X-Amzn-Requestid", requestID)
	r.Header.Set("X-Amzn-Trace-Id", traceID)
	if p.key != "" && !from.keyless {
		r.Header.Set("X-Api-Key", p.key)
	}
	if page {
		r.Header.Set("Origin", p.origin())
		r.Header.Set("Sec-Fetch-Site", "cross-site") // as a browser says
	}
	if from.iam && !from.unsigned {
		if err := p.sign(r, from); err != nil {
			return outcome{}, err
		}
	}
	if from.length > 0 {
		r.ContentLength, r.Body = from.length, http.NoBody
	}
	p.called = false
	w := httptest.NewRecorder()
	if err := serve(w, r); err != nil {
		return outcome{}, err
	}
	answer := w.Result()
	defer func() { _ = answer.Body.Close() }() // is in memory
	body, err := io.ReadAll(answer.Body)
	return outcome{status: answer.StatusCode, header: answer.Header, contentType: answer.Header.Get("Content-Type"), body: body}, err
}

func (p *prober) origin() string { return cmp.Or(first(p.origins), sampleOrigin) }

func first(all []string) string {
	if len(all) == 0 {
		return ""
	}
	return all[0]
}

func (p *prober) sign(r *http.Request, from request) error {
	secret := secretKey
	if from.wrong {
		secret = "another"
	}
	sum := sha256.Sum256(from.body)
	credentials := aws.Credentials{AccessKeyID: accessKey, SecretAccessKey: secret}
	return v4.NewSigner().SignHTTP(r.Context(), credentials, r, hex.EncodeToString(sum[:]), "execute-api", p.region, p.clock.Now())
}

func (p *prober) serve(w http.ResponseWriter, r *http.Request) error {
	p.api.ServeHTTP(w, r)
	return nil
}

// both sends a request as a program and as a page.
func (p *prober) both(name, when string, from request, serve func(http.ResponseWriter, *http.Request) error) ([]outcome, error) {
	var found []outcome
	for _, page := range []bool{false, true} {
		got, err := p.send(from, page, serve)
		if err != nil {
			return nil, fmt.Errorf("%s %s, %s: %w", from.verb, from.path, name, err)
		}
		got.name, got.when = name, when
		found = append(found, got)
	}
	return found, nil
}

// refusal sends a request that is to be refused with a type of gateway response, and keeps the answer where it is.
func (p *prober) refusal(typ, name string, from request) ([]outcome, error) {
	before := p.api.Status().Refused[typ]
	found, err := p.both(name, reasons[typ], from, p.serve)
	if err != nil || p.api.Status().Refused[typ] == before {
		return nil, err
	}
	return found, nil
}

// refuse has the API refuse a request for a reason that no request can provoke here.
func (p *prober) refuse(typ string, from request) ([]outcome, error) {
	name := strings.ToLower(strings.ReplaceAll(typ, "_", "-"))
	return p.both(name, reasons[typ], from, func(w http.ResponseWriter, r *http.Request) error {
		return p.api.Refuse(w, r, typ)
	})
}

// reasons are when API Gateway gives a gateway response (developer guide, "Gateway response types for API Gateway").
var reasons = map[string]string{
	"ACCESS_DENIED":                  "The caller may not do this: its own policies, the authorizer or the API's resource policy do not allow it.",
	"API_CONFIGURATION_ERROR":        "API Gateway could not make the call: it cannot assume its role, or a mapping template failed.",
	"AUTHORIZER_CONFIGURATION_ERROR": "API Gateway could not ask the authorizer.",
	"AUTHORIZER_FAILURE":             "The authorizer failed.",
	"BAD_REQUEST_BODY":               "The body breaks the schema, or there is none. `reason` has the rule.",
	"BAD_REQUEST_PARAMETERS":         "A required parameter is missing.",
	"EXPIRED_TOKEN":                  "The session token has expired.",
	"INTEGRATION_FAILURE":            "API Gateway could not reach the stream. Send the event again.",
	"INTEGRATION_TIMEOUT":            "The stream did not answer in time. The event may be in the stream or not.",
	"INVALID_API_KEY":                "The API key is missing, is unknown, or is in no usage plan.",
	"INVALID_SIGNATURE":              "The signature is wrong or too old.",
	"MISSING_AUTHENTICATION_TOKEN":   "The request is not signed.",
	"QUOTA_EXCEEDED":                 "The API key has used up its quota.",
	"REQUEST_TOO_LARGE":              "The body is over 10 MB.",
	"THROTTLED":                      "The request rate is over the limit of the stage or of the API key.",
	"UNAUTHORIZED":                   "The token is missing or is not valid.",
	"UNSUPPORTED_MEDIA_TYPE":         "The API does not take the content type, or the body is not compressed as `Content-Encoding` says.",
	"WAF_FILTERED":                   "The firewall (AWS WAF) blocks the request.",
}

const (
	tooManyBytes  = quota.MaxBody + 1
	tooManyInHead = quota.MaxHeaders + 1
	// unknownType is a content type that no API takes.
	unknownType = "application/x-unknown"
)

// refusals are the answers that API Gateway gives before an integration.
func (p *prober) refusals(m method, valid request) ([]outcome, error) {
	var all []outcome
	var errs []error
	add := func(found []outcome, err error) {
		all, errs = append(all, found...), append(errs, err)
	}
	change := func(set func(*request)) request {
		from := valid
		set(&from)
		return from
	}
	if m.service() != "" {
		add(p.badBody(valid))
		add(p.refusal("BAD_REQUEST_PARAMETERS", "missing-parameter", change(func(r *request) { r.header, r.query = nil, nil })))
		add(p.refusal("REQUEST_TOO_LARGE", "too-large", change(func(r *request) { r.length = tooManyBytes })))
	}
	add(p.refusal("UNSUPPORTED_MEDIA_TYPE", "unsupported-media-type", change(func(r *request) { r.contentType = unknownType })))
	add(p.refusal("INVALID_API_KEY", "invalid-api-key", change(func(r *request) { r.keyless = true })))
	add(p.refusal("MISSING_AUTHENTICATION_TOKEN", "unsigned", change(func(r *request) { r.unsigned = true })))
	add(p.refusal("INVALID_SIGNATURE", "invalid-signature", change(func(r *request) { r.wrong = true })))
	for _, typ := range m.refusedFor {
		add(p.refuse(typ, valid))
	}
	large, err := p.both("large-headers", "The headers have more than 10,240 bytes together.",
		change(func(r *request) { r.header = map[string]string{"X-Large": strings.Repeat("x", tooManyInHead)} }), p.serve)
	add(large, err)
	return all, errors.Join(errs...)
}

// badBody finds a body that the method refuses.
func (p *prober) badBody(valid request) ([]outcome, error) {
	for _, body := range []string{`{}`, `[]`, `"text"`, `{"event":`} {
		from := valid
		from.body = []byte(body)
		if found, err := p.refusal("BAD_REQUEST_BODY", "bad-body", from); err != nil || len(found) > 0 {
			return found, err
		}
	}
	return nil, nil
}

// scene is what the service answers, and when.
type scene struct {
	name, when string
	answer     func(context.Context, apigateway.Call) (apigateway.Answer, error)
}

func says(status int, body string) func(context.Context, apigateway.Call) (apigateway.Answer, error) {
	return func(context.Context, apigateway.Call) (apigateway.Answer, error) {
		return apigateway.Answer{Status: status, RequestID: requestID, Header: http.Header{"Content-Type": {"application/x-amz-json-1.1"}}, Body: []byte(body)}, nil
	}
}

func fails(typ, message string) func(context.Context, apigateway.Call) (apigateway.Answer, error) {
	status := http.StatusBadRequest
	if typ == "InternalFailure" {
		status = http.StatusInternalServerError
	}
	text, _ := json.Marshal(map[string]string{"__type": typ, "message": message}) // always works: two strings
	return says(status, string(text))
}

const (
	shard    = "shardId-000000000000"
	sequence = "49590338271490256608559692538361571095921575989136588898"

	throttledWhen = "The stream is at its write limit."
	refusedWhen   = "Kinesis refuses the record: it is over 1 MiB, its partition key is over 256 characters, or it does not fit its envelope or its line. `reason` says why."
	deniedWhen    = "Kinesis refuses the API: a permission, the stream or a key is missing."
	failedWhen    = "Kinesis could not take the event. Send it again."
)

// scenes are what a service may answer to an action. A status tells Kinesis's errors apart no further than 400 and 500; their types
// are in the body (Kinesis API reference, "PutRecord" and "PutRecords", "Errors").
func (p *prober) scenes(action string) []scene {
	all := []scene{
		{"stream-throttled", throttledWhen, fails("ProvisionedThroughputExceededException", "Rate exceeded for shard "+shard+" in stream events under account "+account+".")},
		{"record-refused", refusedWhen, fails("ValidationException", "1 validation error detected: Value at 'data' failed to satisfy constraint: Member must have length less than or equal to 1048576")},
		{"api-refused", deniedWhen, fails("AccessDeniedException", "The API's role may not do this")},
		{"stream-failed", failedWhen, fails("InternalFailure", "Internal failure")},
		{"stream-unreachable", reasons["INTEGRATION_FAILURE"], func(context.Context, apigateway.Call) (apigateway.Answer, error) {
			return apigateway.Answer{}, errors.New("the service cannot be reached")
		}},
		{"stream-timeout", reasons["INTEGRATION_TIMEOUT"], p.timeOut},
	}
	switch action {
	case "PutRecord":
		return append([]scene{
			{"accepted", "The event is in the stream.", says(http.StatusOK, `{"ShardId": "`+shard+`", "SequenceNumber": "`+sequence+`"}`)},
			{"unconfirmed", "Kinesis did not confirm the event. Send it again.", says(http.StatusOK, `{}`)},
		}, all...)
	case "PutRecords":
		return append([]scene{
			{"accepted", "All events are in the stream.", records("")},
			{"some-accepted", "Some events are in the stream. `results` has one entry for each event, in the same order. Send those again whose `status` is not 200.", records("ok", "ProvisionedThroughputExceededException")},
			{"all-throttled", "No event is in the stream, because it is at its write limit.", records("ProvisionedThroughputExceededException")},
			{"all-failed", "No event is in the stream.", records("InternalFailure")},
		}, all...)
	default:
		return append([]scene{{"answered", "The service answered.", says(http.StatusOK, `{}`)}}, all...)
	}
}

// records answers PutRecords: each record gets the next of the errors, the last of them for the rest. "" and "ok" are none.
func records(errorCodes ...string) func(context.Context, apigateway.Call) (apigateway.Answer, error) {
	return func(ctx context.Context, call apigateway.Call) (apigateway.Answer, error) {
		var sent struct{ Records []json.RawMessage }
		if err := json.Unmarshal(call.Body, &sent); err != nil {
			return apigateway.Answer{}, err
		}
		made, failed := []map[string]string{}, 0
		for i := range sent.Records {
			switch code := errorCodes[min(i, len(errorCodes)-1)]; code {
			case "", "ok":
				made = append(made, map[string]string{"ShardId": shard, "SequenceNumber": sequence})
			default:
				failed++
				made = append(made, map[string]string{"ErrorCode": code, "ErrorMessage": "the record was not put"})
			}
		}
		body, err := json.Marshal(map[string]any{"FailedRecordCount": failed, "Records": made})
		if err != nil {
			return apigateway.Answer{}, err
		}
		return says(http.StatusOK, string(body))(ctx, call)
	}
}

// longestWait is more than any integration's timeout.
const longestWait = time.Hour

// timeOut answers when API Gateway waits no more.
func (p *prober) timeOut(ctx context.Context, _ apigateway.Call) (apigateway.Answer, error) {
	p.clock.Advance(longestWait)
	<-ctx.Done()
	return apigateway.Answer{}, ctx.Err()
}

// answers are those that an integration leads to; made is false where the request did not come so far.
func (p *prober) answers(m method, valid request) (all []outcome, made bool, err error) {
	if m.service() == "" {
		when := "The API answers by itself."
		if m.verb == http.MethodOptions {
			when = "The answer to a preflight request."
		}
		found, err := p.both("answered", when, valid, p.serve)
		return found, true, err
	}
	for _, s := range p.scenes(m.action()) {
		p.service = s.answer
		found, err := p.both(s.name, s.when, valid, p.serve)
		if err != nil {
			return nil, false, err
		}
		if !p.called {
			return nil, false, nil
		}
		all = append(all, found...)
	}
	return all, true, nil
}

// originPattern finds origins in mapping templates and in header mappings.
var originPattern = regexp.MustCompile(`https?://[A-Za-z0-9.-]+(:[0-9]+)?`)
