package apigateway

import (
	"errors"
	"fmt"
	"strings"

	"cdk.tf/go/ingest/local/apigateway/vtl"
)

// mapping is a parameter mapping of API Gateway: a name and the source of its value.
type mapping struct {
	name  string
	value value
}

// value is the source of a mapping's value (developer guide, "API Gateway API request and response data mapping reference").
type value struct {
	fixed bool
	text  string // where fixed
	from  func(x *exchange) (string, error)
}

// errNoJSON is the error of a mapping from a body that is not JSON.
var errNoJSON = errors.New("Invalid JSON in request body") //nolint:staticcheck // API Gateway's own words

func (v value) of(x *exchange) (string, error) {
	if v.fixed {
		return v.text, nil
	}
	return v.from(x)
}

// requestValue reads the source of a request's mapping. declared are the method's parameters: API Gateway refuses a mapping
// from any other ("Invalid mapping expression parameter specified").
func requestValue(source string, declared map[string]bool) (value, error) {
	place, isRequest := strings.CutPrefix(source, "method.request.")
	if !isRequest {
		return commonValue(source, "method.request.{header,querystring,path,body}")
	}
	if place == "body" || strings.HasPrefix(place, "body.") {
		return bodyValue(place, func(x *exchange) *parsedBody { return &x.request })
	}
	kind, name, _ := strings.Cut(place, ".")
	single := strings.TrimPrefix(kind, "multivalue")
	if !declared[single+"."+name] {
		return value{}, fmt.Errorf("%s is not among the request_parameters of the method; declare method.request.%s.%s there, or API Gateway refuses the mapping", source, single, name)
	}
	return parameterValue(kind, name)
}

// parameterValue reads a parameter of a request. If it has several values, the last one counts.
func parameterValue(kind, name string) (value, error) {
	switch kind {
	case "header":
		return value{from: func(x *exchange) (string, error) { return last(x.headers()[name]), nil }}, nil
	case "multivalueheader":
		return value{from: func(x *exchange) (string, error) { return strings.Join(x.headers()[name], ","), nil }}, nil
	case "querystring":
		return value{from: func(x *exchange) (string, error) { return last(x.query()[name]), nil }}, nil
	case "multivaluequerystring":
		return value{from: func(x *exchange) (string, error) { return strings.Join(x.query()[name], ","), nil }}, nil
	case "path":
		return value{from: func(x *exchange) (string, error) { return x.pathParameters()[name], nil }}, nil
	default:
		return value{}, fmt.Errorf("%q is no place of a parameter; use header, querystring or path", kind)
	}
}

func last(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[len(values)-1]
}

// responseValue reads the source of an answer's mapping.
func responseValue(source string) (value, error) {
	place, isResponse := strings.CutPrefix(source, "integration.response.")
	if !isResponse {
		return commonValue(source, "integration.response.{header,body}")
	}
	if place == "body" || strings.HasPrefix(place, "body.") {
		return bodyValue(place, func(x *exchange) *parsedBody { return &x.response })
	}
	kind, name, _ := strings.Cut(place, ".")
	switch kind {
	case "header":
		return value{from: func(x *exchange) (string, error) { return last(x.call.header.Values(name)), nil }}, nil
	case "multivalueheader":
		return value{from: func(x *exchange) (string, error) { return strings.Join(x.call.header.Values(name), ","), nil }}, nil
	default:
		return value{}, fmt.Errorf("%q is no source of a header; use integration.response.header.NAME or integration.response.body.PATH", source)
	}
}

// gatewayValue reads the source of a gateway response's header.
func gatewayValue(source string) (value, error) {
	place, isRequest := strings.CutPrefix(source, "method.request.")
	if !isRequest {
		return commonValue(source, "method.request.{header,querystring,path}")
	}
	kind, name, _ := strings.Cut(place, ".")
	return parameterValue(kind, name)
}

// commonValue reads a source that every mapping may use.
func commonValue(source, others string) (value, error) {
	switch {
	case len(source) >= 2 && strings.HasPrefix(source, "'") && strings.HasSuffix(source, "'"):
		return value{fixed: true, text: source[1 : len(source)-1]}, nil
	case strings.HasPrefix(source, "context."):
		found, err := findContext(source)
		if err != nil {
			return value{}, err
		}
		return value{from: func(x *exchange) (string, error) { return found(x), nil }}, nil
	case strings.HasPrefix(source, "stageVariables."):
		name := strings.TrimPrefix(source, "stageVariables.")
		return value{from: func(x *exchange) (string, error) { return x.stage.variables[name], nil }}, nil
	default:
		return value{}, fmt.Errorf("%q is no source of a value; use 'text in single quotes', context.NAME, stageVariables.NAME or %s", source, others)
	}
}

// parsedBody is a body, read as JSON at most once.
type parsedBody struct {
	text []byte
	done bool
	json vtl.Payload
	ok   bool
	err  error
}

// payload reads the body as a template does (assumption VTL-11). A body that does not begin like JSON gives no values and no
// error (localstack's parameters_mapping.py says so of AWS).
func (b *parsedBody) payload() (_ vtl.Payload, ok bool, _ error) {
	if b.done {
		return b.json, b.ok, b.err
	}
	b.done = true
	trimmed := trimJSON(b.text)
	if len(trimmed) == 0 || !strings.ContainsRune(`{["'`, rune(trimmed[0])) {
		return b.json, false, nil
	}
	if b.json, b.ok = vtl.ParsePayload(trimmed); !b.ok {
		b.err = errNoJSON
	}
	return b.json, b.ok, b.err
}

// handOver gives the payload, if it has been read, to a template of the text. The template may change it, so a later use reads
// it again.
func (b *parsedBody) handOver(text []byte) vtl.Payload {
	same := len(text) == len(b.text) && len(text) > 0 && &text[0] == &b.text[0]
	if !b.ok || !same {
		return vtl.Payload{}
	}
	payload := b.json
	*b = parsedBody{text: b.text}
	return payload
}

func bodyValue(place string, body func(x *exchange) *parsedBody) (value, error) {
	expression, isPath := strings.CutPrefix(place, "body.")
	if !isPath {
		return value{from: func(x *exchange) (string, error) { return string(body(x).text), nil }}, nil
	}
	path, err := vtl.ParsePath("$." + expression)
	if err != nil {
		return value{}, err
	}
	return value{from: func(x *exchange) (string, error) {
		payload, ok, err := body(x).payload()
		if err != nil || !ok {
			return "", err
		}
		return path.Text(payload)
	}}, nil
}

// remappedHeaders are the headers of an answer that API Gateway renames (localstack's
// test_apigateway_header_remapping_aws, validated on AWS).
var remappedHeaders = map[string]bool{
	"authorization": true, "connection": true, "content-length": true, "content-md5": true, "date": true, "expect": true,
	"host": true, "max-forwards": true, "proxy-authenticate": true, "server": true, "trailer": true, "upgrade": true,
	"user-agent": true, "www-authenticate": true,
}

func remapped(name string) string {
	if remappedHeaders[strings.ToLower(name)] {
		return "x-amzn-Remapped-" + name
	}
	return name
}
