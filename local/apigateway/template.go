package apigateway

import (
	"fmt"
	"maps"
	"regexp"
	"slices"

	"cdk.tf/go/ingest/local/apigateway/vtl"
)

// template is a mapping template, and which of a request's variables it can ask for: a map that no template looks into
// is not made.
type template struct {
	parsed  *vtl.Template
	empty   bool // API Gateway passes a body through an empty template as it is
	context []string
	params  bool
}

// contextUse finds every mention of $context in a template, with the name that follows it.
var contextUse = regexp.MustCompile(`\bcontext\b(?:\.([A-Za-z]+))?`)

// paramsUse finds every use of $input.params: there is no other way to a parameter.
var paramsUse = regexp.MustCompile(`\bparams\b`)

func parseTemplate(text string) (*template, error) {
	parsed, err := vtl.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("the template is refused: %w", err)
	}
	t := &template{parsed: parsed, empty: text == "", params: paramsUse.MatchString(text)}
	for _, use := range contextUse.FindAllStringSubmatch(text, -1) {
		name := use[1]
		if name == "responseOverride" || name == "requestOverride" {
			continue // the interpreter's own
		}
		if contextTree[name] == nil { // the whole of it, or a method of the map
			t.context = sortedKeys(contextTree)
			break
		}
		if !slices.Contains(t.context, name) {
			t.context = append(t.context, name)
		}
	}
	return t, nil
}

// render fills in a template with a body, and with what it asks for of an exchange. payload is the body taken apart, or
// zero. overrides are those that the request's template set, for the response's.
func (t *template) render(x *exchange, body []byte, payload vtl.Payload, overrides map[string]any) (vtl.Result, error) {
	request := vtl.Request{Body: body, Payload: payload, StageVariables: x.stage.variables, Context: make(map[string]any, len(t.context)+len(overrides))}
	maps.Copy(request.Context, overrides)
	for _, name := range t.context {
		if value := contextTree[name](x); value != nil {
			request.Context[name] = value
		}
	}
	if t.params {
		request.Path, request.Query, request.Header = x.pathParameters(), x.queryParameters(), x.headerParameters()
	}
	return t.parsed.Render(x.r.Context(), &request)
}
