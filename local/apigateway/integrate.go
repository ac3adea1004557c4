package apigateway

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"cdk.tf/go/ingest/local/apigateway/internal/jsontext"
	"cdk.tf/go/ingest/local/apigateway/vtl"
)

// integrate maps the request, calls the integration and maps its answer.
func (x *exchange) integrate() *failure {
	in := x.method.integration
	mapped, fail := x.mapRequest(in)
	x.endTurn()
	if fail != nil {
		return fail
	}
	sent := mapped
	if !x.logsBodies() {
		mapped.Body = nil // may be large, and nobody else wants it
	}
	if in.kind == typeMock {
		x.call.status, fail = mockStatus(sent.Body)
	} else {
		fail = x.invoke(in, sent)
	}
	if fail != nil {
		return fail
	}
	chosen := in.answer(x.call.status)
	if chosen == nil {
		return failInternal(apiConfiguration, errNoAnswer)
	}
	if chosen.unannounced {
		return failInternal(apiConfiguration, fmt.Errorf("%w: %d", errUnannounced, chosen.status))
	}
	if fail := x.mapAnswer(chosen, mapped); fail != nil {
		return fail
	}
	x.logAnswer(mapped)
	return nil
}

// mapRequest makes the integration's body from the client's.
func (x *exchange) mapRequest(in *integration) (vtl.Result, *failure) {
	chosen, found := lookup(in.templates, x.contentType())
	if !found && (in.passthrough == never || in.passthrough == whenNoTemplates && len(in.templates) > 0) {
		return vtl.Result{}, failMedia
	}
	isBinary := x.api.isBinary(x.r.Header.Get("Content-Type"))
	body, err := convertRequest(x.request.text, isBinary, in.handling)
	if err != nil {
		return vtl.Result{}, failInternal(apiConfiguration, err)
	}
	if !found || chosen.empty {
		return vtl.Result{Body: body}, nil
	}
	if isBinary && in.handling != toText || in.handling == toBinary {
		return vtl.Result{}, failInternal(apiConfiguration, errBinary)
	}
	mapped, err := chosen.render(x, body, x.request.handOver(body), nil)
	if err != nil {
		return vtl.Result{}, failRequest(err)
	}
	return mapped, nil
}

// failRequest returns a 400 if the request template cannot read the body, and a 500 if the template is wrong.
func failRequest(err error) *failure {
	var unread *vtl.PayloadError
	if errors.As(err, &unread) {
		return failBody(broken{says: "[" + unread.Error() + "]", rule: unread.Error()}, err)
	}
	return failTemplate("request", err)
}

func failTemplate(which string, err error) *failure {
	plain := err.Error()
	if place := (*vtl.Error)(nil); errors.As(err, &place) {
		plain = place.Plain()
	}
	return failInternal(apiConfiguration, fmt.Errorf("the %s template failed: %s", which, plain))
}

// errBinary is the error of a template whose body is binary by the tables below, whatever the body holds.
//
// Assumption API-21: API Gateway answers 500 where a mapping template would read a body of a type in binary_media_types that no
// content handling converts (localstack's test_apigw_s3_binary_support_request_convert_to_binary_with_request_template, validated
// on AWS; for a response its integration_response.py says so).
var errBinary = errors.New("a mapping template cannot read a binary body; set content_handling to CONVERT_TO_TEXT")

// isBinary reports whether a content type is among the API's binary_media_types.
func (a *API) isBinary(contentType string) bool {
	if len(a.cfg.binaryTypes) == 0 || contentType == "" {
		return false
	}
	media := mediaType(contentType)
	for _, declared := range a.cfg.binaryTypes {
		kind, wild := strings.CutSuffix(declared, "/*")
		if declared == "*/*" || strings.EqualFold(declared, media) || wild && strings.HasPrefix(media, strings.ToLower(kind)+"/") {
			return true
		}
	}
	return false
}

// convertRequest follows the developer guide's table "API request content type conversions in API Gateway". Text becomes valid
// UTF-8.
func convertRequest(body []byte, isBinary bool, handling string) ([]byte, error) {
	switch {
	case isBinary && handling == toText:
		return encode(body), nil
	case isBinary:
		return body, nil
	case handling == toBinary:
		return decode(body)
	default:
		return jsontext.ValidUTF8(body), nil
	}
}

// convertResponse follows the table "API Gateway response content type conversions".
func convertResponse(body []byte, isBinary, wantsBinary bool, handling string) ([]byte, error) {
	switch {
	case isBinary && (handling == toText || handling == "" && !wantsBinary):
		return encode(body), nil
	case isBinary:
		return body, nil
	case handling == toBinary || handling == "" && wantsBinary:
		return decode(body)
	default:
		return jsontext.ValidUTF8(body), nil
	}
}

func encode(body []byte) []byte {
	return base64.StdEncoding.AppendEncode(nil, body)
}

func decode(body []byte) ([]byte, error) {
	decoded, err := base64.StdEncoding.AppendDecode(nil, body)
	if err != nil {
		return nil, fmt.Errorf("the text that CONVERT_TO_BINARY converts is not base64: %w", err)
	}
	return decoded, nil
}

// mockStatus returns the status of a MOCK's answer: statusCode in the body that the template made, any whole number (developer
// guide, "Set up mock integrations in API Gateway"). API Gateway answers a body without one with 500.
//
// Assumption API-20: API Gateway reads what a MOCK integration's template makes with json-smart (see VTL-11). So it accepts CDK's
// own {statusCode: 200} and {"statusCode": 200 ,, }, and answers 500 where the object does not end and where statusCode is the
// string "200" (localstack's test_mock_integration.py, whose cases this explains).
func mockStatus(body []byte) (int, *failure) {
	if payload, ok := vtl.ParsePayload(body); ok {
		if code, ok := payload.Integer("statusCode"); ok {
			return code, nil
		}
	}
	return 0, failInternal(apiConfiguration, errors.New("unable to parse statusCode. It should be an integer that is defined in the request template"))
}

func inRange(code int) bool { return code >= 100 && code <= 599 }

// invoke makes the call.
//
// Assumption API-13: a client that disconnects does not stop the call of an integration, because API Gateway cannot cancel the
// call. AWS does not document it.
func (x *exchange) invoke(in *integration, mapped vtl.Result) *failure {
	headers, fail := x.callHeaders(in, mapped)
	if fail != nil {
		return fail
	}
	// Not clockwork's own context: its Err waits on a fake clock.
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(x.r.Context()))
	defer cancel(nil)
	if x.submits() {
		x.keepBody(x.request.text, int64(len(x.request.text)))
		x.sent = mapped.Body
	}
	if !x.logsBodies() {
		x.request = parsedBody{} // is mapped, and may be large
	}
	defer x.api.opts.Clock.AfterFunc(in.timeout, func() { cancel(context.DeadlineExceeded) }).Stop()
	x.api.counters.calls.Add(1)
	began := x.api.opts.Clock.Now()
	got, err := x.api.opts.Invoke(ctx, Call{
		Service: service, Action: in.action, RoleARN: x.api.roles[x.stage.name][x.method.number], Header: headers, Body: mapped.Body,
	})
	x.call.made, x.call.latency = true, x.api.opts.Clock.Since(began)
	if err == nil && !inRange(got.Status) {
		err = fmt.Errorf("the service answered with the status %d", got.Status)
	}
	if err != nil {
		x.api.counters.failedCalls.Add(1)
		x.call.problem = err.Error()
		if ctx.Err() != nil {
			x.call.problem = "Execution failed due to a timeout error"
			return failInternal(integrationTimeOut, err)
		}
		return failInternal(integrationFailure, err)
	}
	x.call.status, x.call.requestID, x.call.header, x.response.text = got.Status, got.RequestID, got.Header, got.Body
	return nil
}

// callHeaders returns the mapped headers, replaced by those of $context.requestOverride.header. Overrides of the path and of
// the query string have no effect, and neither have mappings to them.
func (x *exchange) callHeaders(in *integration, mapped vtl.Result) (http.Header, *failure) {
	if in.fixed != nil && len(mapped.RequestHeader) == 0 {
		return in.fixed, nil
	}
	header := http.Header{}
	for _, m := range in.headers {
		text, err := m.value.of(x)
		if errors.Is(err, errNoJSON) {
			return nil, &failure{responseType: default4xx, errorType: "BadRequestException", message: errNoJSON.Error()}
		}
		if err != nil {
			return nil, failInternal(apiConfiguration, err)
		}
		if text != "" {
			header.Set(m.name, text)
		}
	}
	for name, text := range mapped.RequestHeader {
		header.Set(name, text)
	}
	setDefaults(header, x.r.Header.Get("Content-Type"), x.api.cfg.ID)
	return header, nil
}

// mapAnswer makes the client's answer from the integration's.
func (x *exchange) mapAnswer(chosen *integrationResponse, mapped vtl.Result) *failure {
	accept := x.r.Header.Get("Accept")
	wanted, _, _ := strings.Cut(accept, ",")
	isBinary, wantsBinary := x.api.isBinary(x.call.header.Get("Content-Type")), x.api.isBinary(wanted)
	body, err := convertResponse(x.response.text, isBinary, wantsBinary, chosen.handling)
	if err != nil {
		return failInternal(apiConfiguration, err)
	}
	x.answer.status, x.answer.contentType, x.answer.body = chosen.status, jsonType, body
	var result vtl.Result
	if key := selectByAccept(accept, chosen.templates, chosen.first); key != "" {
		x.answer.contentType = key
		if t := chosen.templates[key]; !t.empty {
			if chosen.handling == toBinary || chosen.handling == "" && wantsBinary {
				return failInternal(apiConfiguration, errBinary)
			}
			if result, err = t.render(x, body, vtl.Payload{}, mapped.Overrides); err != nil {
				return failTemplate("response", err)
			}
			x.answer.body = result.Body
		}
	}
	for _, m := range chosen.headers {
		text, err := m.value.of(x)
		if err != nil {
			return failInternal(apiConfiguration, err)
		}
		if text != "" {
			x.answer.set(m.name, text)
		}
	}
	x.override(mapped)
	x.override(result)
	return nil
}

// override applies $context.responseOverride, which the request's template may set as well (localstack's
// test_integration_mock_with_response_override_in_request_template, validated on AWS). A status of 100 to 199 is ignored here,
// because clients do not treat it as the answer.
func (x *exchange) override(result vtl.Result) {
	if result.Status >= 200 && result.Status <= 599 {
		x.answer.status = result.Status
	}
	for name, value := range result.Header {
		x.answer.set(remapped(name), value)
	}
}

// logsBodies reports whether the stage has data traces on.
func (x *exchange) logsBodies() bool { return x.stage.settings[x.method.number].dataTrace }

// logAnswer writes a request to the execution log of a stage with the level INFO. It writes bodies only if the stage has data
// traces on.
func (x *exchange) logAnswer(mapped vtl.Result) {
	set := x.stage.settings[x.method.number]
	if set.logging != "INFO" || !x.api.opts.Logger.Enabled(x.r.Context(), slog.LevelDebug) {
		return
	}
	attributes := []any{
		"requestId", x.requestID, "stage", x.stage.name, "method", x.verb, "path", x.path,
		"integrationStatus", x.call.status, "status", x.answer.status,
	}
	if x.logsBodies() {
		attributes = append(attributes, "request", string(x.request.text), "integrationRequest", string(mapped.Body),
			"integrationResponse", string(x.response.text), "response", string(x.answer.body))
	}
	x.api.opts.Logger.Debug("API Gateway answered", attributes...)
}
