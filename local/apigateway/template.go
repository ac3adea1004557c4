package apigateway

import (
	"fmt"
	"maps"
	"regexp"
	"slices"

	"cdk.tf/go/ingest/local/apigateway/vtl"
)

// template is a mapping template, with the variables of a request that it uses. Maps that the template does not use are not
// made.
type template struct {
	parsed  *vtl.Template
	empty   bool // API Gateway passes a body through an empty template as it is
	context []string
	params  bool
}

// contextUse matches every use of $context in a template, with the name that follows it.
var contextUse = regexp.MustCompile(`\bcontext\b(?:\.([A-Za-z]+))?`)

// paramsUse matches every use of $input.params, the only access to parameters.
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

// render renders a template with a body, and with the variables of an exchange that it uses. payload is the parsed body, or
// zero. overrides are the ones that the request's template set, for the response's template.
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
