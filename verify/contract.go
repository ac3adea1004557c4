package verify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"syscall"

	"cdk.tf/go/ingest/internal/quota"
	"cdk.tf/go/ingest/tfjson"
)

// probe is a row of docs/clients.md: a request that a route refuses, and the answer that it gets. A probe writes no event: where the
// order of API Gateway's checks allows it, its body breaks the schema, so that a pipeline that lacks one check refuses it by another.
type probe struct {
	// id follows the route's path, and begins with the answer's status.
	id string
	// title says what happens to what was sent; the route goes before it.
	title string
	// at are the routes that it is sent to.
	at func(*Pipeline, route) bool
	// hidden says why it cannot be shown.
	hidden func(*run, route) string
	ask    func(*run, route) (request, error)
	want   func(*Pipeline, route) expectation
	// leavesNone also looks into the stream for the request's events, where their schema lets them have the run's mark.
	leavesNone bool
}

// contractChecks compare what clients are answered with docs/clients.md.
func contractChecks(p *Pipeline) []check {
	var checks []check
	for _, to := range p.routes {
		for _, one := range slices.Concat(bodyProbes(), typeProbes(), callerProbes(), sizeProbes(), batchProbes()) {
			if one.at(p, to) {
				checks = append(checks, one.check(to))
			}
		}
		checks = append(checks, preflightChecks(to)...)
	}
	return slices.Concat(checks, []check{
		{id: "contract/403-path", title: "A path that does not exist gets 403", look: unknownPath},
		{
			id: "contract/403-default-endpoint", title: "The address that API Gateway makes is closed: clients use the domain",
			hidden: openEndpoint, look: closedEndpoint,
		},
		{id: "contract/429-throttle", title: "Requests over the limit get 429 with Retry-After", hidden: noThrottle, look: throttled},
	}, neverShown(p))
}

func (one probe) check(to route) check {
	c := check{id: "contract" + to.path + "/" + one.id, title: "POST " + to.path + ": " + one.title}
	if one.hidden != nil {
		c.hidden = func(r *run) string { return one.hidden(r, to) }
	}
	c.look = func(ctx context.Context, r *run) outcome {
		what, err := one.ask(r, to)
		if err != nil {
			return unknown(err, knowEvent)
		}
		want := one.want(r.Pipeline, to)
		if limit := r.firewallLimit(); limit > 0 && len(what.body) > limit && !slices.Contains(want.statuses, http.StatusForbidden) {
			return notShown(fmt.Sprintf("the firewall blocks bodies over %d bytes, and this one has %d", limit, len(what.body)))
		}
		if one.leavesNone && bytes.Contains(what.body, r.refusedMark()) {
			return r.leavesNone(ctx, func() outcome { return r.refused(ctx, to, what, want) })
		}
		return r.refused(ctx, to, what, want)
	}
	return c
}

// refused sends a request that must be refused, and compares its answer. What is accepted all the same counts as sent.
func (r *run) refused(ctx context.Context, to route, what request, want expectation) outcome {
	a, err := r.send(ctx, to, what)
	if err != nil {
		return unsent(err)
	}
	r.keep(to, what, a)
	if slices.Contains(want.statuses, a.status) {
		return r.compare(a, want)
	}
	if found, shut := to.shuts(a); shut {
		return found
	}
	if found, down := r.takesNothing(ctx, to, a); down {
		return found
	}
	return r.compare(a, want)
}

// shuts reports whether an answer refuses the credentials that sign requests, in which case it shows nothing of what the request was sent
// for. Where a policy denies it by name, that may be the API's own.
func (to route) shuts(a answer) (outcome, bool) {
	code, _, _ := strings.Cut(a.header.Get("X-Amzn-Errortype"), ":")
	switch {
	case to.authorization != "AWS_IAM" || a.status != http.StatusForbidden:
	case slices.Contains(untrusted, code):
		return unknown(errors.New(a.String()), "the API does not take the signature: use credentials that are valid and have not expired (AWS_PROFILE, or AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN)"), true
	case slices.Contains(denied, code) && !strings.Contains(a.field("message"), "explicit deny"):
		return unknown(errors.New(a.String()), "allow execute-api:Invoke on the output submit_arn to the credentials that run the command, or use others"), true
	}
	return outcome{}, false
}

// takesNothing reports whether an answer is that of an outage, in which no answer shows what the request was sent for. After an answer of
// 500 or more, an event that the API must take tells an outage from a wrong answer to this request. If the API takes that event, it is
// in the pipeline.
func (r *run) takesNothing(ctx context.Context, to route, a answer) (outcome, bool) {
	if a.status < http.StatusInternalServerError {
		return outcome{}, false
	}
	event, err := r.make(to, len(r.events)+len(r.report.Events)+1)
	if err != nil {
		return outcome{}, false
	}
	good, err := r.send(ctx, to, request{body: r.payload(to, jsonType, [][]byte{event})})
	if err == nil && good.status < http.StatusInternalServerError {
		r.note(good)
		return outcome{}, false
	}
	return unknown(errors.New(a.String()), "the pipeline takes no event now: end the outage, and run the command again; "+remedyFor(a.status)), true
}

// unsent is the outcome of a request without an answer.
func unsent(err error) outcome {
	if found, ok := spentOutcome(err); ok {
		return found
	}
	if strings.Contains(err.Error(), "request header list larger than peer's advertised limit") { // http2 of net/http, which has no type for it
		return notShown("the server's settings of HTTP/2 keep this client from sending such headers")
	}
	if errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) {
		return unknown(err, "the server closed the connection before it had the whole request, and its answer was lost; run the command again")
	}
	return unknown(err, "check the address and your network")
}

// keep remembers the events that the API has accepted although it should have refused them.
func (r *run) keep(to route, what request, a answer) {
	results := []any{any(a.fields())}
	if list, ok := a.fields()["results"].([]any); ok {
		results = list
	}
	for _, one := range results {
		fields, _ := one.(map[string]any)
		if number := text(fields["sequenceNumber"]); number != "" && a.status < http.StatusMultipleChoices {
			r.report.Marked = r.report.Marked && bytes.Contains(what.body, []byte(r.Mark))
			r.events = append(r.events, &event{
				route: to, body: what.body, requestID: a.field("requestId"), shard: text(fields["shardId"]), number: number, asked: a.asked, answered: a.answered,
			})
		}
	}
}

// everywhere, first and single are where probes go. What a method declares is probed at each; what the API does is probed at the first
// route of each kind.
func everywhere(*Pipeline, route) bool { return true }

func first(p *Pipeline, to route) bool {
	i := slices.IndexFunc(p.routes, func(r route) bool { return r.batch == to.batch })
	return p.routes[i].path == to.path
}

func single(p *Pipeline, to route) bool { return first(p, to) && !to.batch }

func batches(_ *Pipeline, to route) bool { return to.batch }

// bodyProbes are bodies that the method's validator refuses.
func bodyProbes() []probe {
	badBody := func(*Pipeline, route) expectation {
		return expectation{statuses: []int{http.StatusBadRequest}, response: "BAD_REQUEST_BODY", reason: true}
	}
	return []probe{
		{
			id: "400-schema", title: "a body that breaks the schema gets 400 with the reason", at: everywhere, want: badBody,
			hidden: func(r *run, to route) string {
				if _, known := r.broken(to); !known {
					return "the schema allows every body that a verification can make"
				}
				return noModel(r, to)
			},
			ask: func(r *run, to route) (request, error) { return request{body: r.harmless(to)}, nil },
		},
		{
			id: "400-not-json", title: "a body that is no JSON gets 400 with the reason", at: first, hidden: noModel, want: badBody,
			ask: func(*run, route) (request, error) { return request{body: []byte(noJSON)}, nil },
		},
		{
			id: "400-no-body", title: "a request without a body gets 400 with the reason", at: first, want: badBody,
			hidden: func(r *run, to route) string {
				if why := noModel(r, to); why != "" {
					return why
				}
				if r.samples.Allows(to.models[jsonType], map[string]any{}) {
					return "the schema allows {}, which API Gateway takes for a body that is missing"
				}
				return ""
			},
			ask: func(*run, route) (request, error) { return request{}, nil },
		},
	}
}

// noJSON is a text that is no JSON, and that no template takes for JSON.
const noJSON = "this text of ingest verify is no JSON"

func noModel(_ *run, to route) string {
	if !to.validated || to.models[jsonType] == "" {
		return "the API checks no body: the method has no validator or no model"
	}
	return ""
}

// broken is a body that the route's model refuses.
func (r *run) broken(to route) ([]byte, bool) {
	for _, candidate := range []struct {
		text  string
		value any
	}{
		{`{}`, map[string]any{}}, {`[]`, []any{}}, {`"ingest verify"`, "ingest verify"}, {`0`, 0.0}, {`true`, true}, {`null`, nil},
	} {
		if model := to.models[jsonType]; model != "" && to.validated && !r.samples.Allows(model, candidate.value) {
			return []byte(candidate.text), true
		}
	}
	return nil, false
}

// harmless is a body that writes no event: it breaks the schema, or is no JSON where no schema is known.
func (r *run) harmless(to route) []byte {
	if body, ok := r.broken(to); ok {
		return body
	}
	return []byte(noJSON)
}

// ownType is a content type that no API declares.
const ownType = "application/x-ingest-verify"

// plainText is the content type that a page of any origin can send without a preflight.
const plainText = "text/plain"

// typeProbes are content types and codings that the API does not take.
func typeProbes() []probe {
	media := func(*Pipeline, route) expectation {
		return expectation{statuses: []int{http.StatusUnsupportedMediaType}, response: "UNSUPPORTED_MEDIA_TYPE"}
	}
	coded := func(coding string) func(*run, route) (request, error) {
		return func(r *run, _ route) (request, error) {
			// API Gateway leaves a body that is below the minimum as it is. The minimum is at most the size of the largest body.
			body := padded([]byte(noJSON), r.minimumCompression())
			return request{body: body, header: map[string]string{"Content-Encoding": coding}}, nil
		}
	}
	return []probe{
		{
			id: "415-type", title: "a content type that is not declared gets 415", at: everywhere, want: media,
			ask: func(r *run, to route) (request, error) {
				return request{contentType: ownType, body: r.harmless(to)}, nil
			},
		},
		{
			id: "415-text", title: "text/plain, which is not declared, gets 415", want: media,
			at: func(_ *Pipeline, to route) bool { return !slices.Contains(to.contentTypes, plainText) },
			ask: func(r *run, to route) (request, error) {
				return request{contentType: plainText, body: r.harmless(to)}, nil
			},
		},
		{
			id: "415-lines", title: "one event a line gets 415, because only a batch takes it", want: media,
			at: func(p *Pipeline, to route) bool { return single(p, to) && p.takesLines() },
			ask: func(r *run, to route) (request, error) {
				return request{contentType: ndjson, body: r.harmless(to)}, nil
			},
		},
		{id: "415-data", title: "a body that is not compressed as its Content-Encoding says gets 415", at: first, ask: coded("gzip"), want: media},
		{id: "415-coding", title: "a Content-Encoding that API Gateway does not know gets 415", at: single, ask: coded("br"), want: media},
	}
}

func (p *Pipeline) takesLines() bool {
	return slices.ContainsFunc(p.routes, func(r route) bool { return slices.Contains(r.contentTypes, ndjson) })
}

// minimumCompression is the size from which on API Gateway compresses and decompresses, in bytes; quota.NoCompression where that is off. The
// provider takes a number, a number in a text and an empty text, which is none.
func (p *Pipeline) minimumCompression() int {
	least := quota.NoCompression
	for _, api := range p.stack.Resources("aws_api_gateway_rest_api") {
		if declared := api.Body["minimum_compression_size"]; declared != nil && declared != "" {
			least = int(tfjson.Number(declared))
		}
	}
	return least
}

// callerProbes are requests of callers that may not submit. An expectation of two statuses is a Lambda function's, which decides.
func callerProbes() []probe {
	by := func(authorization string) func(*Pipeline, route) bool {
		return func(_ *Pipeline, to route) bool { return to.authorization == authorization }
	}
	keyed := func(_ *Pipeline, to route) bool { return to.keyRequired }
	token := func(_ *Pipeline, to route) bool {
		return to.authorization == "COGNITO_USER_POOLS" || to.authorization == "CUSTOM"
	}
	as := func(who credentials) func(*run, route) (request, error) {
		return func(r *run, to route) (request, error) { return request{body: r.harmless(to), as: who}, nil }
	}
	forbidden := func(*Pipeline, route) expectation { return expectation{statuses: []int{http.StatusForbidden}} }
	unauthorized := func(_ *Pipeline, to route) expectation {
		want := expectation{statuses: []int{http.StatusUnauthorized}}
		if to.authorization == "CUSTOM" {
			want.statuses = append(want.statuses, http.StatusForbidden)
		}
		return want
	}
	return []probe{
		{id: "403-unsigned", title: "an unsigned request gets 403", at: by("AWS_IAM"), ask: as(unsigned), want: forbidden},
		{id: "403-signature", title: "a request that an unknown access key signs gets 403", at: by("AWS_IAM"), ask: as(wrong), want: forbidden},
		{id: "403-no-key", title: "a request without an API key gets 403", at: keyed, ask: as(unsigned), want: forbidden},
		{id: "403-key", title: "a request with an unknown API key gets 403", at: keyed, ask: as(wrong), want: forbidden},
		{id: "401-no-token", title: "a request without a token gets 401", at: token, hidden: unverified, ask: as(unsigned), want: unauthorized},
		{id: "401-token", title: "a request with an invalid token gets 401", at: token, hidden: unverified, ask: as(wrong), want: unauthorized},
		{
			id: "403-verb", title: "another verb than POST gets 403", at: first, want: forbidden,
			ask: func(*run, route) (request, error) {
				return request{verb: http.MethodGet, contentType: "-", as: unsigned}, nil
			},
		},
	}
}

func unverified(r *run, _ route) string {
	if r.Local {
		return "ingest up has no user pool and no function, and lets each request through (--allow-unverified)"
	}
	return ""
}

func unknownPath(ctx context.Context, r *run) outcome {
	to := r.routes[0]
	return r.refused(ctx, to, request{path: "/ingest-verify", body: r.harmless(to), as: unsigned}, expectation{statuses: []int{http.StatusForbidden}})
}

// openEndpoint says why the API's own address is not looked at.
func openEndpoint(r *run) string {
	for _, api := range r.stack.Resources("aws_api_gateway_rest_api") {
		if !tfjson.True(api.Body["disable_execute_api_endpoint"]) {
			return "the environment leaves the address open that API Gateway makes"
		}
	}
	if r.Local {
		return "ingest up answers at its own address alone"
	}
	if r.Outputs.Text("api_id") == "" || r.Outputs.Text("api_stage") == "" {
		return "the outputs lack api_id or api_stage, of which that address consists"
	}
	return ""
}

// closedEndpoint asks at the address that API Gateway makes. The body is harmless in case that it answers.
func closedEndpoint(ctx context.Context, r *run) outcome {
	to := r.routes[0]
	what := request{
		base: "https://" + r.Outputs.Text("api_id") + ".execute-api." + r.Region + "." + r.stack.DNSSuffix() + "/" + r.Outputs.Text("api_stage"),
		body: r.harmless(to),
	}
	return r.refused(ctx, to, what, expectation{statuses: []int{http.StatusForbidden}, bare: true})
}

// batchProbes are batches of which no event is taken.
func batchProbes() []probe {
	badBody := func(*Pipeline, route) expectation {
		return expectation{statuses: []int{http.StatusBadRequest}, response: "BAD_REQUEST_BODY", reason: true}
	}
	byStream := func(*Pipeline, route) expectation {
		return expectation{statuses: []int{http.StatusBadRequest}, reason: true}
	}
	lines := func(_ *Pipeline, to route) bool { return to.batch && slices.Contains(to.contentTypes, ndjson) }
	noLines := func(r *run, to route) string { return r.noLines(to, ndjson) }
	return []probe{
		{
			id: "400-one-bad", title: "a batch with one bad event gets 400 with the reason, and none is in the stream", at: batches, hidden: noModel, want: badBody, leavesNone: true,
			ask: func(r *run, to route) (request, error) {
				return r.batchOf(to, jsonType, 1, r.badEvent(to))
			},
		},
		{
			id: "400-501", title: "a batch of 501 events gets 400 with the reason", at: firstBatch, hidden: noModel, want: badBody,
			ask: func(r *run, to route) (request, error) { return r.batchOf(to, jsonType, quota.MaxPutRecords+1, nil) },
		},
		{
			id: "400-bad-line", title: "a batch with one line that is no object gets 400 with the reason, and none is in the stream", at: lines, hidden: noLines, want: byStream, leavesNone: true,
			ask: func(r *run, to route) (request, error) { return r.batchOf(to, ndjson, 1, []byte("no object")) },
		},
		{
			id: "400-501-lines", title: "a batch of 501 lines gets 400 with the reason", at: lines, hidden: noLines, want: byStream,
			ask: func(r *run, to route) (request, error) { return r.batchOf(to, ndjson, quota.MaxPutRecords+1, nil) },
		},
	}
}

func firstBatch(p *Pipeline, to route) bool { return first(p, to) && to.batch }

// badEvent is an event that makes a batch break its schema.
func (r *run) badEvent(to route) []byte {
	for _, bad := range []struct {
		text  string
		value any
	}{{`{}`, map[string]any{}}, {`"ingest verify"`, "ingest verify"}, {`0`, 0.0}, {`[]`, []any{}}} {
		if !r.samples.Allows(to.models[jsonType], map[string]any{"events": []any{bad.value}}) {
			return []byte(bad.text)
		}
	}
	return []byte(noJSON)
}

// batchOf is a batch of a number of events, and of one more where it is given.
func (r *run) batchOf(to route, contentType string, count int, more []byte) (request, error) {
	one, err := r.make(to, 0)
	if err != nil {
		return request{}, err
	}
	all := slices.Repeat([][]byte{one}, count)
	if more != nil {
		all = append(all, more)
	}
	return request{contentType: contentType, body: r.payload(to, contentType, all)}, nil
}

// neverShown are the rows of docs/clients.md that no request can show without harm, so that a report has each row.
func neverShown(p *Pipeline) []check {
	const fault = "only a fault of AWS, or of the deployment, shows it"
	rows := []struct{ id, title, why string }{
		{"403-access", "A caller that API.Access does not let in gets 403", "only a caller from elsewhere, such as another network, sees it"},
		{"429-quota", "A request over the key's quota gets 429 without Retry-After", "a run does not use the quota of a key up"},
		{"429-stream", "An event over the stream's limit gets 429 with Retry-After", "the events before it would be in the stream"},
		{"500", "An API that cannot call Kinesis answers 500", fault},
		{"502", "A stream that cannot take an event is answered with 502", fault},
		{"504", "A stream that does not answer in time is answered with 504", fault},
	}
	has := func(what func(route) bool) bool { return slices.ContainsFunc(p.routes, what) }
	if has(func(to route) bool { return to.batch }) {
		rows = append(rows, []struct{ id, title, why string }{
			{"207", "A batch of which some events are in the stream gets 207 with a result for each", "the stream's limit has to cut a batch in two, and its other events would be in the stream"},
			{"429-batch", "A batch over the stream's limit gets 429", "the events before it would be in the stream"},
			{"502-batch", "A batch that the stream cannot take is answered with 502", fault},
		}...)
	}
	if !has(func(to route) bool { return to.authorization == "COGNITO_USER_POOLS" || to.authorization == "CUSTOM" }) {
		rows = append(rows, struct{ id, title, why string }{"401", "A request without a valid token gets 401", "the API asks for no token"})
	}
	if !has(func(to route) bool { return to.authorization == "AWS_IAM" || to.keyRequired }) {
		rows = append(rows, struct{ id, title, why string }{"403-caller", "An unsigned request, or one without a key, gets 403", "the API asks for no signature and no key"})
	}
	var checks []check
	for _, row := range rows {
		checks = append(checks, check{id: "contract/" + row.id, title: row.title, hidden: func(*run) string { return row.why }})
	}
	return checks
}

// padded is a body with white space up to a size, which changes nothing of its JSON.
func padded(body []byte, size int) []byte {
	whole := make([]byte, max(size, len(body))) // once: a body may have 10 MiB
	for i := copy(whole, body); i < len(whole); i++ {
		whole[i] = ' '
	}
	return whole
}
