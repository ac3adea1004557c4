// Package vtl renders API Gateway's mapping templates: Velocity 1.7's language, the variables $input,
// $util, $context and $stageVariables, and the methods of Java's strings, lists, maps and numbers that templates call.
//
// It makes these assumptions about API Gateway. "Recorded" means that API Gateway's own answer is in the snapshot files of
// localstack/airspeed, tests/test_templating.snapshot.json, or of localstack/localstack, tests/aws/services/apigateway.
//
// Assumption VTL-1: in a mapping template, a reference without a value is the empty string, everywhere: it renders as nothing,
// #if($missing) is true, a comparison with the empty string is true, and #set($a = $missing) sets an empty string. In Velocity's
// own default it renders as its source and is false. (Recorded on AWS by localstack/airspeed:
// test_unmatched_name_does_not_get_substituted, test_if_statement_considers_None_to_be_truthy,
// test_input_path_template_formatting; also ToQoz/api-gateway-mapping-template#5.)
//
// Inferred: 197 of the 198 answers recorded by localstack/airspeed are those of Velocity 1.7 with an InvalidReferenceEventHandler
// that returns "", and the 198th differs in the order of a map; without that handler it is 181.
//
// Assumption VTL-2: the engine of mapping templates is Velocity 1.7: $velocityHasNext works, which 2.0 removed (recorded on AWS
// by localstack/airspeed, test_has_next), and #if of an empty string or of 0 is not the same as in 2.x.
//
// Special cases follow the 1.7 tag of apache/velocity-engine.
//
// Assumption VTL-3: JSON values in a mapping template are those of json-smart, as Jayway's JSONPath returns them: an object is a
// LinkedHashMap with the text {a=1, b=2}, and an array has JSON as its text, also inside an object: {a=[{"b":1}]} (recorded on
// AWS by localstack/airspeed, test_input_path_template_formatting). In that JSON and in that of $input.json, U+007F to U+009F and
// U+2000 to U+20FF, such as the euro sign and typographic quotes, are \uXXXX; in an array's text "/" is \/ too
// (netplex/json-smart-v2, JSONStyle.java and JStylerObj.java: Jayway's JsonSmartJsonProvider writes $input.json with LT_COMPRESS,
// an array's text has NO_COMPRESS). A whole number is an Integer, a Long or a BigInteger; another is a Double, written as Java
// writes it (1.50 becomes 1.5), or a BigDecimal from 19 characters on (inferred from json-smart's code).
//
// A Double has the fewest digits that identify it, as from Java 19 on. Java 17 sometimes writes one more.
//
// Assumption VTL-4: a mapping template reads an empty payload as {} (recorded on AWS by localstack/airspeed,
// test_input_body_formatting). A payload is UTF-8 (developer guide, "the default character set is UTF-8"). What is not
// valid UTF-8 becomes U+FFFD, as Java decodes it (inferred): a character without its end becomes one, and so do the three bytes of
// half a surrogate pair; any other byte becomes one of its own.
//
// Assumption VTL-5: for a missing value, $input.path is the empty string, and $input.json is two quotes
// (localstack/localstack#12774, found in the AWS console).
//
// Assumption VTL-6: $util.escapeJavaScript is Apache commons-lang 2.x's: ' becomes \' (developer guide, "Mapping template
// variables for API Gateway"), / becomes \/, and a character that is not ASCII becomes \uXXXX (inferred from that library).
//
// Assumption VTL-7: in a mapping template, $context.requestOverride has header, path and querystring, and
// $context.responseOverride has header (recorded on AWS: localstack's test_sqs_amz_json_protocol). If a template sets an override
// again, API Gateway answers 5XX (developer guide, "Override your API's request and response parameters"), so it is an error
// here. Several values are joined by "," (same page). API Gateway ignores a status that is not a whole number from 100 to 599
// (localstack's integration_response.py says so of AWS; its test_handler_integration_response.py).
//
// A response template sees what its request template set there, see [Result.Overrides].
//
// Assumption VTL-8: #foreach in a mapping template has at most 1,000 iterations (developer guide, "API Gateway mapping template
// and access logging variable reference"). AWS does not document what happens beyond them. Here it is an error, so no element is
// lost silently.
//
// Assumption VTL-9: $input.params() lists path, querystring and header, each sorted by name: AWS does not document the order.
// $input.params('a') searches them in that order (developer guide), and is case-sensitive.
//
// Assumption VTL-10: what a mapping template does with a number beyond a Double (1e400) and with deep nesting is not documented.
// json-smart reads the first as Infinity, which it writes as null (netplex/json-smart-v2, JSONParserBase.extractFloat and
// JsonWriter), and from 2.4.9 on throws beyond 400 levels (JSONParserBase.MAX_DEPTH). Here the answer is 400 where a template
// reads a deeper payload, or one with a number of more than 10,000 digits, and where it would write that null, so no value is
// lost silently.
//
// The error of such a rendering is a [PayloadError].
//
// Assumption VTL-20: half of a surrogate pair (\ud800 alone) in a payload is half a character of a mapping template's Java text, and
// becomes "?" where that text is written as UTF-8 (Java SE API, String.getBytes: "replaces malformed-input and
// unmappable-character sequences with this charset's default replacement byte array"). AWS does not document it. Here the answer is
// 400 where $input.json writes a part of such a payload, so no text is lost silently.
//
// The error of such a rendering is a [PayloadError]. Elsewhere half a pair is U+FFFD.
//
// Assumption VTL-11: a mapping template reads a payload with json-smart in its permissive mode. So a payload that is not JSON is
// a text, the value of $input.path('$'). {a:1}, {'a':1,} and [1,,2] are JSON. json-smart ignores everything after a value, and
// U+007F (delete) in a text that has an escape. A payload that it cannot read, such as {a, gets the answer 400
// (ToQoz/api-gateway-mapping-template, test/_.md, recorded on AWS, whose errors name net.minidev.json.parser; the rules are those
// of netplex/json-smart-v2 at version 2.6).
//
// The error of such a payload is a [PayloadError]. This package refuses a number with a control character after it, because
// json-smart reads the character as part of the number.
//
// Assumption VTL-12: a mapping template that writes $input or $util itself writes {} (ToQoz/api-gateway-mapping-template,
// test/_.md, recorded on AWS; its index.js). A function of $util uses the text of a map or a list. AWS does not document it.
package vtl

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

// These bounds are far above those of useful templates. They keep a mistake or an attack from bringing the process down.
const (
	// maxTemplate is API Gateway's quota for a mapping template, in bytes (developer guide, limits: 300 KB).
	maxTemplate = 300 << 10
	// maxNesting bounds the nesting of blocks, expressions and strings: recursion takes stack, and 200 levels take less than a
	// megabyte.
	maxNesting = 200
	// maxDepth bounds the nesting of values, and is json-smart's bound (assumption VTL-10).
	maxDepth = 400
	// maxRendered is in bytes: API Gateway's 10 MB of payload (developer guide, limits) in base64, with what a template puts around it.
	maxRendered = 16 << 20
	// maxIterations is API Gateway's quota for one #foreach (developer guide, limits).
	maxIterations = 1000
	// maxRange is the longest range. It is longer than a #foreach allows, because a template can also count the elements.
	maxRange = 100_000
	// maxDigits bounds the digits of numbers: arithmetic on long numbers takes more than linear time.
	maxDigits = 10_000
)

// Error is a fault of a template or of a rendering, with its place. Every error of [Parse] and [Template.Render] is one. Line
// and Column count from 1, Column in bytes.
type Error struct {
	Line, Column int
	Message      string
	// plain is the message without texts that may be a client's.
	plain string
	// payload is set if the fault is the payload's and not the template's.
	payload *PayloadError
}

func (e *Error) Error() string {
	return e.at(e.Message)
}

func (e *Error) at(message string) string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, message)
}

// Plain returns the error's text for a log, with "…" for each text that may come from a request.
func (e *Error) Plain() string { return e.at(e.plain) }

func (e *Error) Unwrap() error {
	if e.payload == nil {
		return nil
	}
	return e.payload
}

// Request is the input of a template. A template changes none of it except the payload.
type Request struct {
	// Body is the payload as it came: of the request in a request template, of the integration in a response template. It must
	// not change afterwards, because the texts of a Result may refer to it.
	Body []byte
	// Payload is the parsed body, if the caller has it. The template then owns it and may change it. The zero value means that
	// the caller has not parsed the body.
	Payload Payload
	// Path, Query and Header are the parameters of the client's request by name, one value each, names in the client's own
	// spelling: if a name occurs more than once, API Gateway uses the last one.
	Path, Query, Header map[string]string
	// Context is $context: text, booleans, numbers, and map[string]any, map[string]string and []any of these. Its
	// "requestOverride" and "responseOverride" come from the request template's [Result.Overrides].
	Context        map[string]any
	StageVariables map[string]string
}

// Result is the result of a rendering.
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

// buffers are reused for renderings. Render copies a result out of its buffer, unless the buffer is too large to keep.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// maxKept is the largest buffer, in bytes, that is kept for the next rendering.
const maxKept = 1 << 20

// Render renders the template for one request, until the context ends or the budget of steps is spent. The error
// is an [*Error], and wraps a [PayloadError] where the payload is to blame.
func (t *Template) Render(ctx context.Context, request *Request) (Result, error) {
	return t.renderWithin(newBudget(ctx, len(request.Body)), request)
}

func (t *Template) renderWithin(spendable budget, request *Request) (Result, error) {
	buffer := buffers.Get().(*[]byte)
	r := run{budget: spendable, template: t, request: request, out: (*buffer)[:0], vars: make([]any, len(t.names))}
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

// asError gives an error without a place the template's beginning.
func (r *run) asError(err error) error {
	err = r.located(err, 0)
	if place := (*Error)(nil); errors.As(err, &place) {
		return place
	}
	place := r.template.failure(0, err.Error())
	place.plain = hidden
	return place
}

// problem is an error without a place yet. plain is its message without texts that may be a client's.
type problem struct{ message, plain string }

func (p *problem) Error() string { return p.message }

// failuref makes a problem. Pass a text that may be a client's as [quoted] or as an error: a log leaves these out.
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

// hidden replaces a text in a log that may be a client's.
const hidden = "…"

// plain returns the part of an error that a log may hold: nothing of another package's error.
func plain(err error) string {
	if p := (*problem)(nil); errors.As(err, &p) {
		return p.plain
	}
	return hidden
}

func (r *run) failure(at int, format string, args ...any) error {
	return r.located(failuref(format, args...), at)
}

// located adds a place to an error.
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

// nowhere means that the caller adds the place of an error.
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
