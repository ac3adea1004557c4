// Package vtl renders API Gateway's mapping templates: Velocity 1.7's language, the variables $input,
// $util, $context and $stageVariables, and the methods of Java's strings, lists, maps and numbers that templates call.
//
// What of API Gateway it assumes (AG is awsdocs/amazon-api-gateway-developer-guide; "recorded" means that the answer
// of API Gateway itself is kept in the snapshot files of localstack/airspeed, tests/test_templating.snapshot.json, or of
// localstack/localstack, tests/aws/services/apigateway):
//
// Assumption VTL-1: a reference without a value is the empty string, everywhere: it renders as nothing, "#if($missing)" is
// true, "$missing == ”" is true, "#set($a = $missing)" sets it to "". In Velocity's own default it renders as its
// source and is false. Recorded: test_unmatched_name_does_not_get_substituted, test_if_statement_considers_None_to_be_truthy,
// test_input_path_template_formatting; also ToQoz/api-gateway-mapping-template#5. Inferred: 197 of the 198 answers recorded
// by localstack/airspeed are those of Velocity 1.7 with an InvalidReferenceEventHandler that returns "", and the 198th
// differs in the order of a map; without that handler it is 181.
//
// Assumption VTL-2: the engine is Velocity 1.7: $velocityHasNext works (recorded: test_has_next), which 2.0 removed, and
// "#if(”)" and "#if(0)" are not the same as in 2.x. Odd corners follow the 1.7 tag of apache/velocity-engine.
//
// Assumption VTL-3: JSON comes as json-smart of Jayway's JSONPath gives it: an object is a LinkedHashMap with the text
// {a=1, b=2}, an array has JSON as its text, also inside an object: {a=[{"b":1}]} (recorded:
// test_input_path_template_formatting), in which "/" is "\/" and U+007F to U+009F and U+2000 to U+20FF are \uXXXX (JSONArray's
// toString has the style NO_COMPRESS: netplex/json-smart-v2, JSONStyle.java and JStylerObj.java). $input.json's text has
// none of these: Jayway writes it with LT_COMPRESS, which leaves "/", and what that does with the others is the same JSON.
// A whole number is an Integer, a Long or a BigInteger; another is a Double, written as Java writes it (1.50 becomes 1.5), or
// a BigDecimal from 19 characters on (inferred from json-smart's code).
// A Double has the fewest digits that tell it apart, as from Java 19 on; Java 17 sometimes writes one more.
//
// Assumption VTL-4: an empty payload is {} (recorded: test_input_body_formatting). A payload is UTF-8 (AG, "the default
// character set is UTF-8"); what is none becomes U+FFFD, as Java decodes it (inferred).
//
// Assumption VTL-5: $input.path of what is missing is the empty string, and $input.json of it is "" with its quotes
// (localstack/localstack#12774, found in the AWS console).
//
// Assumption VTL-6: $util.escapeJavaScript is Apache commons-lang 2.x's: also ' becomes \' (AG,
// api-gateway-mapping-template-reference), / becomes \/, and what is not ASCII \uXXXX (inferred from that library).
//
// Assumption VTL-7: $context.requestOverride has header, path and querystring, $context.responseOverride has header
// (recorded: test_sqs_amz_json_protocol). An override is given once; a second time API Gateway answers 5XX (AG,
// apigateway-override-request-response-parameters), so it is an error here. Several values are joined by "," (same page).
// What a request template set there, its response template finds again, see [Result.Overrides]. A status that is no whole number
// from 100 to 599 is ignored (localstack's integration_response.py says so of AWS; its test_handler_integration_response.py).
//
// Assumption VTL-8: #foreach goes round 1,000 times at most (AG, limits). API Gateway does not say what happens then; here
// it is an error, not a silent loss of the rest.
//
// Assumption VTL-9: $input.params() lists path, querystring and header, each sorted by name: the order is nowhere said.
// $input.params('a') searches them in that order (AG), and is case-sensitive.
//
// Assumption VTL-10: what API Gateway does with a number beyond a Double (1e400) and with deep nesting is not documented.
// json-smart reads the first as Infinity, which it writes as null (netplex/json-smart-v2, JSONParserBase.extractFloat and
// JsonWriter), and from 2.4.9 on throws beyond 400 levels (JSONParserBase.MAX_DEPTH). Here a rendering fails with a [PayloadError]
// where it reads a deeper payload, or one with a number of more than 10,000 digits, and where it would write that null: a value
// is never lost without a word.
//
// Assumption VTL-11: a payload is read by json-smart in its permissive mode. So a payload that is no JSON is a text, that of
// $input.path('$'); {a:1}, {'a':1,} and [1,,2] are JSON; and what follows a value is not looked at. What it cannot read either,
// such as {a, is a [PayloadError], and 400 (ToQoz/api-gateway-mapping-template, test/_.md, recorded on AWS, whose errors name
// net.minidev.json.parser; the rules are those of netplex/json-smart-v2 at version 2.6). A number with a control character after
// it, whose value json-smart makes of that too, is refused here.
//
// Assumption VTL-12: $input and $util are written as {} (ToQoz/api-gateway-mapping-template, test/_.md, recorded on AWS; its index.js).
// A function of $util takes a map or a list by its text; AWS does not document it.
package vtl

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

// Bounds that no template of any use comes near; they keep a mistake, or an attack, from taking the process down.
const (
	// maxTemplate is API Gateway's quota for a mapping template, in bytes (AG, limits: 300 KB).
	maxTemplate = 300 << 10
	// maxNesting is for blocks, expressions and strings within each other: recursion takes stack, and 200 levels take less
	// than a megabyte.
	maxNesting = 200
	// maxDepth is for values within values, and is json-smart's (assumption VTL-10).
	maxDepth = 400
	// maxRendered is in bytes: API Gateway's 10 MB of payload (AG, limits) in base64, with what a template puts around it.
	maxRendered = 16 << 20
	// maxIterations is API Gateway's quota for one #foreach (AG, limits).
	maxIterations = 1000
	// maxRange is the longest range: more elements than a #foreach can go over are a mistake, but can be counted.
	maxRange = 100_000
	// maxDigits is for numbers: arithmetic on longer ones takes more than linear time.
	maxDigits = 10_000
)

// Error is what is wrong with a template, or with a rendering of it, and where. Every error of [Parse] and [Template.Render]
// is one. Line and Column count from 1, Column in bytes.
type Error struct {
	Line, Column int
	Message      string
	// plain is the message without what may be a client's.
	plain string
	// payload is set where the payload is to blame, and not the template.
	payload *PayloadError
}

func (e *Error) Error() string {
	return e.at(e.Message)
}

func (e *Error) at(message string) string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, message)
}

// Plain is the error's text for a log: "…" stands for each text in it that may come from a request.
func (e *Error) Plain() string { return e.at(e.plain) }

func (e *Error) Unwrap() error {
	if e.payload == nil {
		return nil
	}
	return e.payload
}

// Request is what a template can see. A template changes none of it but the payload.
type Request struct {
	// Body is the payload as it came: of the request in a request template, of the integration in a response template. It
	// must not change afterwards either: the texts of a Result may be parts of it.
	Body []byte
	// Payload is the body taken apart, if the caller has done that already; the template owns it from then on, and may change
	// it. The zero value is that it has not.
	Payload Payload
	// Path, Query and Header are the parameters of the client's request by name, one value each, names in the client's own
	// spelling: where a name came more than once, API Gateway gives the last one.
	Path, Query, Header map[string]string
	// Context is $context: text, booleans, numbers, and map[string]any, map[string]string and []any of these. Its
	// "requestOverride" and "responseOverride" come from the request template's [Result.Overrides].
	Context        map[string]any
	StageVariables map[string]string
}

// Result is what a template made.
type Result struct {
	// Body is at most 16 MiB.
	Body []byte
	// Status is $context.responseOverride.status, 100 to 599, and 0 if the template set none.
	Status int
	// Header is $context.responseOverride.header, nil if the template set none.
	Header map[string]string
	// RequestHeader is $context.requestOverride.header, nil if the template set none.
	RequestHeader map[string]string
	// Overrides are "requestOverride" and "responseOverride" whole, for the Context of the response template to the same
	// request; nil if the template set none. A status set by a request template counts if no response template sets
	// another (recorded: test_integration_mock_with_response_override_in_request_template).
	Overrides map[string]any
}

// Template is a parsed template. It is safe for concurrent use.
type Template struct {
	source string
	body   block
	names  []string
	macros map[string]*macro
	// places of the variables that API Gateway gives; -1 where the template does not use one.
	input, util, context, stageVariables int
}

// Parse parses a template of at most 300 KiB. The error says the line and the column.
func Parse(text string) (*Template, error) {
	t := &Template{source: text}
	if len(text) > maxTemplate {
		return nil, t.failure(0, fmt.Sprintf("the template has %d bytes; API Gateway takes no more than %d", len(text), maxTemplate))
	}
	names := &names{index: map[string]int{}, macros: map[string]*macro{}}
	p := newParser(text, 0, 0, names)
	t.body = p.template()
	if p.failed != nil {
		return nil, t.failure(p.failed.at, p.failed.message)
	}
	t.names, t.macros = names.list, names.macros
	place := func(name string) int {
		if at, ok := names.index[name]; ok {
			return at
		}
		return -1
	}
	t.input, t.util, t.context, t.stageVariables = place("input"), place("util"), place("context"), place("stageVariables")
	return t, nil
}

// failure is an error at an offset of the template.
func (t *Template) failure(at int, message string) *Error {
	before := t.source[:min(max(at, 0), len(t.source))]
	line := strings.Count(before, "\n")
	return &Error{Line: line + 1, Column: len(before) - strings.LastIndexByte(before, '\n'), Message: message, plain: message}
}

// buffers are for rendering into; a result is copied out at its own size, unless its buffer is too large to be kept.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// maxKept is the largest buffer, in bytes, that is kept for the next rendering.
const maxKept = 1 << 20

// Render renders the template for one request, until the context ends or the budget of 10,000,000 steps is spent. The error
// is an [*Error], and wraps a [PayloadError] where the payload is to blame.
func (t *Template) Render(ctx context.Context, request *Request) (Result, error) {
	buffer := buffers.Get().(*[]byte)
	r := run{budget: budget{ctx: ctx, next: lookEvery}, template: t, request: request, out: (*buffer)[:0], vars: make([]any, len(t.names))}
	r.provide()
	result, err := r.result(t.body.render(&r))
	if cap(r.out) <= maxKept {
		*buffer = r.out[:0]
	}
	buffers.Put(buffer)
	return result, err
}

// run is one rendering.
type run struct {
	budget
	template   *Template
	request    *Request
	vars       []any // by the place of their name; nil is undefined
	scope      scope // around the variables; nil is none
	depth      int   // of blocks and macros within each other
	macroDepth int
	asText     bool // JSON is written as an array's text
	out        []byte
	context    *contextMap
	payload    payload
	params     *object
	stack      []any // arguments of methods being called
	spare      *call // to be used again
	jsonSize   int   // room for the next text of $input.json: a loop's are often alike
	matching   time.Duration
}

func (r *run) provide() {
	t := r.template
	if t.input >= 0 {
		r.vars[t.input] = input{}
	}
	if t.util >= 0 {
		r.vars[t.util] = util{}
	}
	if t.context >= 0 {
		r.context = &contextMap{given: r.request.Context}
		r.vars[t.context] = r.context
	}
	if t.stageVariables >= 0 {
		r.vars[t.stageVariables] = sorted(r.request.StageVariables)
	}
}

func (r *run) result(err error) (Result, error) {
	// A #break outside a loop ends the template, as in Velocity.
	if err != nil && !errors.Is(err, errStop) && !errors.Is(err, errBreak) {
		return Result{}, r.asError(err)
	}
	result := Result{Body: r.out}
	if cap(r.out) <= maxKept || cap(r.out) > 2*len(r.out) {
		result.Body = append([]byte{}, r.out...) // make would clear it first
	}
	if r.context == nil {
		return result, nil
	}
	if err := r.overrides(&result); err != nil {
		return Result{}, r.asError(err)
	}
	return result, nil
}

// asError gives an error that has none the template's beginning as its place.
func (r *run) asError(err error) error {
	err = r.located(err, 0)
	if place := (*Error)(nil); errors.As(err, &place) {
		return place
	}
	place := r.template.failure(0, err.Error())
	place.plain = hidden
	return place
}

// problem is an error that does not know its place yet. plain is its message without what may be a client's.
type problem struct{ message, plain string }

func (p *problem) Error() string { return p.message }

// failuref makes a problem. What may be a client's is given as [quoted] or as an error: these are left out of a log.
func failuref(format string, args ...any) error {
	withheld := make([]any, len(args))
	for i, arg := range args {
		withheld[i] = arg
		switch a := arg.(type) {
		case quoted:
			withheld[i] = hidden
		case error:
			withheld[i] = plain(a)
		}
	}
	return &problem{fmt.Sprintf(format, args...), fmt.Sprintf(format, withheld...)}
}

// hidden stands in a log for what may be a client's.
const hidden = "…"

// plain is what may be logged of an error: of another package's, nothing.
func plain(err error) string {
	if p := (*problem)(nil); errors.As(err, &p) {
		return p.plain
	}
	return hidden
}

func (r *run) failure(at int, format string, args ...any) error {
	return r.located(failuref(format, args...), at)
}

// located gives an error its place.
func (r *run) located(err error, at int) error {
	if err == nil || at == nowhere { // before there is a p, which is allocated
		return err
	}
	switch e := err.(type) { //nolint:errorlint // one that wraps another has its place
	case *problem:
		place := r.template.failure(at, e.message)
		place.plain = e.plain
		return place
	case *PayloadError:
		place := r.template.failure(at, e.reason)
		place.payload, place.plain = e, e.reason
		return place
	}
	return err
}

// nowhere is the place of an error that whoever called knows the place of.
const nowhere = -1

func checkSize(out []byte) error {
	if len(out) > maxRendered {
		return failuref("more than %d bytes are rendered", maxRendered)
	}
	return nil
}

// writeText renders a text of the template.
func (r *run) writeText(s string) error {
	r.out = append(r.out, s...)
	if err := checkSize(r.out); err != nil {
		return err
	}
	return r.spend(inSteps(len(s)), nowhere)
}

// write renders a value.
func (r *run) write(value any, at int) error {
	before := len(r.out)
	if s, ok := value.(string); ok {
		r.out = grow(r.out, len(s)+len(r.template.source)) // with what the template puts around it
	}
	out, err := r.appendText(r.out, value, 0)
	if err != nil {
		return r.located(err, at)
	}
	r.out = out
	if err := checkSize(r.out); err != nil {
		return r.located(err, at)
	}
	return r.spend(inSteps(len(out)-before), at)
}
