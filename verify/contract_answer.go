package verify

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// expectation is what an answer has, by docs/clients.md and by what the stack declares.
type expectation struct {
	// statuses are those that are right; of several AWS does not say which.
	statuses []int
	// response is the type of the gateway response that answers; "" is a default, or a method's template.
	response string
	// reason is in the body.
	reason bool
	// bare is an answer that is not the API's to write: it need not have a message and CORS headers.
	bare bool
	// retry is the header Retry-After.
	retry bool
}

// difference is one thing that an answer lacks.
type difference struct{ want, got string }

// compare compares an answer with what is expected.
func (r *run) compare(a answer, want expectation) outcome {
	if !slices.Contains(want.statuses, a.status) {
		if a.limited() {
			return a.notLooked()
		}
		return differs(statusNames(want.statuses), a.String(), remedyForContract(a.status))
	}
	var all []difference
	switch {
	case a.status == http.StatusRequestEntityTooLarge, a.status == http.StatusRequestHeaderFieldsTooLarge:
		// "API Gateway lets nobody change them" (docs/clients.md, "Answers").
		all = compareHeaders(a, []header{{"Access-Control-Allow-Origin", ""}})
	case !want.bare:
		all = append(r.compareBody(a, want), r.compareCORS(a)...)
	}
	if got := a.header.Get("Retry-After"); want.retry && got == "" {
		all = append(all, difference{"the header Retry-After", "none"})
	}
	if len(all) > 0 {
		return lacking(a, all)
	}
	return holds("%d", a.status)
}

func lacking(a answer, all []difference) outcome {
	var want, got []string
	for _, one := range all {
		want, got = append(want, one.want), append(got, one.got)
	}
	return differs(strings.Join(want, "; "), strings.Join(got, "; ")+"; the answer is "+a.String(),
		"the deployed answer is not the stack's: compare the deployment with the stack (make diff), and deploy it again")
}

func statusNames(statuses []int) string {
	var names []string
	for _, status := range statuses {
		names = append(names, fmt.Sprintf("%s (%d)", http.StatusText(status), status))
	}
	return strings.Join(names, " or ")
}

// remedyForContract is what an operator does about another status than that of docs/clients.md.
func remedyForContract(status int) string {
	switch {
	case status >= http.StatusOK && status < http.StatusMultipleChoices:
		return "the API takes what it must refuse: compare the method, its validator, model and authorisation with the stack (make diff), and deploy the API again"
	case status == http.StatusBadRequest, status == http.StatusUnsupportedMediaType:
		return "the API refuses it for another reason: compare the method and its authorisation with the stack (make diff), and deploy the API again"
	}
	return remedyFor(status)
}

// compareBody compares the answer's form: JSON with message and requestId, and the reason.
func (r *run) compareBody(a answer, want expectation) []difference {
	var all []difference
	if got := a.header.Get("Content-Type"); !isJSON(got) {
		all = append(all, difference{"Content-Type: " + jsonType, fmt.Sprintf("Content-Type: %q", got)})
	}
	fields := a.fields()
	if fields == nil {
		return append(all, difference{"a JSON object", "none"})
	}
	required := []string{"message", "requestId"}
	if want.reason {
		required = append(required, "reason")
	}
	for _, name := range required {
		if text(fields[name]) == "" {
			all = append(all, difference{"the field " + name, "none"})
		}
	}
	if says := r.says[want.response]; says != "" && text(fields["message"]) != says {
		all = append(all, difference{fmt.Sprintf("the message %q", says), fmt.Sprintf("%q", text(fields["message"]))})
	}
	return all
}

func isJSON(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && media == jsonType
}

// hasCORS compares an answer's CORS headers with those that the stack declares.
func (r *run) hasCORS(a answer, otherwise outcome) outcome {
	if all := r.compareCORS(a); len(all) > 0 {
		return lacking(a, all)
	}
	return otherwise
}

// compareCORS compares the headers that every answer has. The run's requests come from an allowed origin.
func (r *run) compareCORS(a answer) []difference {
	if !r.cors.declared {
		return nil
	}
	all := compareHeaders(a, []header{
		{"Access-Control-Allow-Origin", r.cors.allowed()},
		{"Access-Control-Allow-Credentials", r.cors.credentials},
		{"Access-Control-Expose-Headers", r.cors.exposed},
	})
	return append(all, r.compareVary(a)...)
}

// compareVary looks for Origin among the headers by which answers vary: a compressed answer names another too.
func (r *run) compareVary(a answer) []difference {
	got := strings.Join(a.header.Values("Vary"), ",")
	names := strings.FieldsFunc(strings.ToLower(got), func(c rune) bool { return c == ',' || c == ' ' })
	if r.cors.vary == "" || slices.Contains(names, strings.ToLower(r.cors.vary)) {
		return nil
	}
	return []difference{{"Vary: " + r.cors.vary, fmt.Sprintf("Vary: %q", got)}}
}

// header is a header that an answer has; one with the value "" is one that it has not.
type header struct{ name, value string }

func compareHeaders(a answer, headers []header) []difference {
	var all []difference
	for _, h := range headers {
		got := strings.Join(a.header.Values(h.name), ", ")
		if got == h.value {
			continue
		}
		want := h.name + ": " + h.value
		if h.value == "" {
			want = "no " + h.name
		}
		all = append(all, difference{want, fmt.Sprintf("%s: %q", h.name, got)})
	}
	return all
}

// cors is what the stack answers to a page.
type cors struct {
	// declared reports whether a preflight is.
	declared bool
	// status of a preflight.
	status string
	// origins that are let in; "*" is any.
	origins []string
	// The values of headers; "" where there is none.
	methods, headers, maxAge, credentials, exposed, vary string
}

// ownOrigin is the origin of a run's requests where each is allowed. RFC 2606 keeps its name from everybody.
const ownOrigin = "https://ingest-verify.example"

// origin is one that the environment lets in.
func (c cors) origin() string {
	if len(c.origins) == 0 || c.origins[0] == "*" {
		return ownOrigin
	}
	return c.origins[0]
}

// allowed is the header that names the origin of the run's requests.
func (c cors) allowed() string {
	if len(c.origins) == 0 {
		return ""
	}
	return c.origins[0]
}

// severalOrigins are the origins in a template that names the request's.
var severalOrigins = regexp.MustCompile(`#set\(\$origins = (\[.*\])\)`)

func (p *Pipeline) readCORS() {
	const header = "method.response.header."
	for _, response := range p.stack.Resources("aws_api_gateway_integration_response") {
		parameters := map[string]string{}
		for name, value := range texts(response.Body["response_parameters"]) {
			parameters[strings.TrimPrefix(name, header)] = strings.Trim(value, "'")
		}
		methods, preflight := parameters["Access-Control-Allow-Methods"]
		if !preflight {
			continue
		}
		p.cors = cors{
			declared: true, status: text(response.Body["status_code"]), methods: methods, headers: parameters["Access-Control-Allow-Headers"],
			maxAge: parameters["Access-Control-Max-Age"], credentials: parameters["Access-Control-Allow-Credentials"],
			exposed: parameters["Access-Control-Expose-Headers"], vary: parameters["Vary"],
		}
		if one, fixed := parameters["Access-Control-Allow-Origin"]; fixed {
			p.cors.origins = []string{one}
		} else if found := severalOrigins.FindStringSubmatch(texts(response.Body["response_templates"])[jsonType]); found != nil {
			_ = json.Unmarshal([]byte(found[1]), &p.cors.origins) // a list in VTL is one in JSON; another leaves no origin
		}
	}
}

// readGatewayResponses reads the messages that the stack's gateway responses have. One with a variable is API Gateway's to say.
func (p *Pipeline) readGatewayResponses() {
	p.says = map[string]string{}
	for _, response := range p.stack.Resources("aws_api_gateway_gateway_response") {
		template := texts(response.Body["response_templates"])[jsonType]
		var fields map[string]any
		if json.Unmarshal([]byte(strings.ReplaceAll(template, "$context.error.messageString", `""`)), &fields) == nil {
			p.says[text(response.Body["response_type"])] = text(fields["message"])
		}
	}
}
