package policy

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"cdk.tf/go/ingest/tfjson"
)

const (
	options          = "OPTIONS"
	allowOrigin      = "Access-Control-Allow-Origin"
	allowMethods     = "Access-Control-Allow-Methods"
	allowHeaders     = "Access-Control-Allow-Headers"
	allowCredentials = "Access-Control-Allow-Credentials"
)

func cors(c *checker) {
	byPath := map[string][]method{}
	for _, m := range c.methods() {
		address := m.path.Address()
		byPath[address] = append(byPath[address], m)
		if m.verb == options {
			c.preflight(m)
		} else {
			c.readableAnswers(m)
		}
	}
	for _, address := range slices.Sorted(maps.Keys(byPath)) {
		c.announced(address, byPath[address])
	}
	for _, api := range c.stack.Resources(restAPI) {
		c.gatewayAnswers(api)
	}
}

// preflight: a browser sends it without credentials and accepts only a success.
func (c *checker) preflight(m method) {
	c.want(in(m.Resource), "authorization", "NONE")
	c.want(in(m.Resource), "api_key_required", "", "false")
	if !c.isMock(m) {
		c.breach(m.Address(), "OPTIONS has no MOCK integration", "answer it in API Gateway")
	}
	c.readableAnswers(m)
	for _, r := range m.responses {
		if status, ok := c.literal(in(r), "status_code"); ok && !strings.HasPrefix(status, "2") {
			c.breach(r.Address(), fmt.Sprintf("answers OPTIONS with status %q", status), "answer with one from 200 to 299")
		}
		if c.answer(r).values(allowHeaders) == nil {
			c.breach(r.Address(), allowHeaders+" is not set", "set it to the headers that a page may send, in single quotes")
		}
	}
}

// readableAnswers checks what every integration response of a method must have.
func (c *checker) readableAnswers(m method) {
	if len(m.responses) == 0 {
		c.breach(m.Address(), "has no integration response to set "+allowOrigin+" in", "declare one")
	}
	for _, r := range m.responses {
		c.originOf(c.answer(r))
	}
}

// announced checks that a path has a preflight, and that it names the path's methods.
func (c *checker) announced(path string, methods []method) {
	var verbs []string
	var preflight *method
	for _, m := range methods {
		if m.verb == options {
			preflight = &m
		} else {
			verbs = append(verbs, m.verb)
		}
	}
	if preflight == nil {
		c.breach(path, "has methods and no OPTIONS", "declare OPTIONS with a MOCK integration")
		return
	}
	for _, r := range preflight.responses {
		c.namesMethods(c.answer(r), verbs)
	}
}

func (c *checker) namesMethods(a answer, verbs []string) {
	var named []string
	for _, value := range a.values(allowMethods) {
		for name := range strings.SplitSeq(value, ",") {
			named = append(named, strings.TrimSpace(name))
		}
	}
	// A browser reads "*" as every method unless it sends credentials.
	if slices.Contains(named, "*") && !a.mentions(allowCredentials) {
		return
	}
	for _, verb := range verbs {
		if !slices.Contains(named, verb) {
			c.breach(a.resource.Address(), allowMethods+" has no "+verb, "add it, inside the same single quotes")
		}
	}
}

// gatewayAnswers: API Gateway's own refusals have no CORS header unless a gateway response sets it.
func (c *checker) gatewayAnswers(api tfjson.Resource) {
	kinds := map[string]bool{}
	for _, r := range c.partsOf(api, gatewayResponse) {
		if kind, ok := c.literal(in(r), "response_type"); ok {
			kinds[kind] = true
		}
		c.originOf(c.gatewayAnswer(r))
	}
	for _, kind := range []string{"DEFAULT_4XX", "DEFAULT_5XX"} {
		if !kinds[kind] {
			c.breach(api.Address(), "has no gateway response "+kind, "declare one that sets "+allowOrigin)
		}
	}
}

// originOf checks that an answer names an origin, and not every origin if a page may send credentials.
func (c *checker) originOf(a answer) {
	origins := a.values(allowOrigin)
	if !a.isSet(allowOrigin) {
		c.breach(a.resource.Address(), "does not always set "+allowOrigin+" to a known value", "set it to an origin in single quotes, or "+a.otherwise)
	}
	if slices.Contains(origins, "null") {
		c.breach(a.resource.Address(), allowOrigin+` is "null", which any page can have in a sandbox`, "name an origin")
	}
	if slices.Contains(origins, "*") && a.mentions(allowCredentials) {
		c.breach(a.resource.Address(), allowCredentials+` is set together with the origin "*"`, "leave it out or name the origins: browsers refuse the two together")
	}
}

// answer has the parts of a response that set its headers: parameters that map them, and templates that override them.
type answer struct {
	resource tfjson.Resource
	// parameters are the headers' values by name in lower case: a fixed value without its single quotes, the one permitted
	// variable, or "" for an unknown value.
	parameters map[string]string
	templates  []string
	// otherwise says how to set an origin that is not fixed.
	otherwise string
}

func (c *checker) answer(r tfjson.Resource) answer {
	return answer{r, c.parameters(r, "method.response.header.", ""), responseTemplates(r), "in every response template"}
}

// gatewayAnswer has no templates, because those of a gateway response cannot set a header. Its parameters may name the
// request's origin. They must use HTTP/2's spelling, because API Gateway's names are case-sensitive and a browser sends "origin"
// (middyjs/middy#257).
func (c *checker) gatewayAnswer(r tfjson.Resource) answer {
	const asked = "method.request.header.origin"
	return answer{r, c.parameters(r, "gatewayresponse.header.", asked), nil, "to " + asked}
}

// responseTemplates are a response's templates without their comments.
func responseTemplates(r tfjson.Resource) []string {
	templates, _ := r.Body["response_templates"].(map[string]any)
	var texts []string
	for _, kind := range slices.Sorted(maps.Keys(templates)) {
		text, _ := templates[kind].(string)
		texts = append(texts, comment.ReplaceAllString(text, ""))
	}
	return texts
}

func (c *checker) parameters(r tfjson.Resource, prefix, variable string) map[string]string {
	written, _ := r.Body["response_parameters"].(map[string]any)
	found := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(written)) {
		header, ok := cutPrefixFold(key, prefix)
		if !ok {
			continue
		}
		value, _ := c.value(written[key])
		fixed := strings.HasPrefix(value, "'") && strings.HasSuffix(value, "'")
		if !fixed && value != variable {
			value = ""
		}
		found[strings.ToLower(header)] = strings.Trim(value, "'")
	}
	return found
}

func cutPrefixFold(text, prefix string) (string, bool) {
	if len(text) < len(prefix) || !strings.EqualFold(text[:len(prefix)], prefix) {
		return "", false
	}
	return text[len(prefix):], true
}

var (
	comment  = regexp.MustCompile(`##.*|(?s:#\*.*?\*#)`)
	override = regexp.MustCompile(`(?i)#set\s*\(\s*\$context\.responseOverride\.header\.([a-z0-9-]+)\s*=\s*(.*?)\s*\)`)
)

// values are all possible values of the header; nil if nothing sets it.
func (a answer) values(header string) []string {
	var found []string
	if value := a.parameters[strings.ToLower(header)]; value != "" {
		found = append(found, value)
	}
	for _, template := range a.templates {
		found = append(found, overrides(template, header)...)
	}
	return found
}

func overrides(template, header string) []string {
	var found []string
	for _, set := range override.FindAllStringSubmatch(template, -1) {
		if strings.EqualFold(set[1], header) {
			found = append(found, strings.Trim(set[2], `"'`))
		}
	}
	return found
}

// mentions reports whether anything sets the header, even to an unknown value.
func (a answer) mentions(header string) bool {
	_, mapped := a.parameters[strings.ToLower(header)]
	return mapped || a.values(header) != nil
}

// isSet reports whether the header is set whichever template runs.
func (a answer) isSet(header string) bool {
	if a.parameters[strings.ToLower(header)] != "" {
		return true
	}
	without := func(template string) bool { return overrides(template, header) == nil }
	return len(a.templates) > 0 && !slices.ContainsFunc(a.templates, without)
}
