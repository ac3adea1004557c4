package policy

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"cdk.tf/go/ingest/tfjson"
)

// readable refuses constructs that would hide a part of the stack from the other rules.
func readable(c *checker) {
	for _, r := range slices.Concat(c.stack.Data(), c.stack.All()) {
		c.declaredOnce(r)
		if problem := unreadable(r.Body); problem != "" {
			c.breach(r.Address(), problem, "write it out")
		}
	}
	c.oneBackend()
	c.hidden()
	c.templates(integration, "request_templates")
	c.templates(integrationResponse, "response_templates")
	c.ownedParts()
	c.ownedByMethods()
	c.otherDoors()
}

// oneBackend: an app that adds a backend has the environment's too, and Terraform refuses both.
func (c *checker) oneBackend() {
	types, err := c.stack.Backends()
	if err != nil {
		c.breach("terraform.backend", "cannot be read: "+err.Error(), "name one backend")
	}
	if len(types) < 2 {
		return
	}
	superfluous := "terraform.backend." + types[len(types)-1]
	if slices.Contains(types, "cloud") {
		superfluous = "terraform.cloud"
	}
	if slices.Contains(types, "local") {
		superfluous = "terraform.backend.local"
	}
	c.breach("terraform.backend", "the stack names the backends "+strings.Join(types, ", ")+", and Terraform takes one",
		fmt.Sprintf("leave the others out, such as with AddOverride(%q, cdktf.Token_NullValue())", superfluous))
}

// templates checks that a mapping template shows its whole effect. Its only expressions may be names and ARNs.
func (c *checker) templates(typ, key string) {
	for _, r := range c.stack.Resources(typ) {
		written, isObject := r.Body[key].(map[string]any)
		if !isObject && r.Body[key] != nil {
			c.undecidable(in(r), key)
		}
		for _, kind := range slices.Sorted(maps.Keys(written)) {
			if _, err := c.textAndNames(written[kind]); err != nil {
				c.breach(r.Address(), fmt.Sprintf("%s for %q cannot be read: %v", key, kind, err), "write it out")
			}
			if found := composing.FindString(velocity(written[kind])); found != "" {
				c.breach(r.Address(), fmt.Sprintf("%s for %q has %s, whose text no rule reads", key, kind, found), "write it out")
			}
		}
	}
}

// composing are the directives that insert a text from elsewhere, or evaluate one that the template composes.
var composing = regexp.MustCompile(`#\{?(?:evaluate|include|parse)\b`)

func (c *checker) declaredOnce(r tfjson.Resource) {
	for _, argument := range []string{"count", "for_each"} {
		if r.Body[argument] != nil {
			c.breach(r.Address(), argument+" hides how many resources it declares", "declare each one separately")
		}
	}
}

// unreadable says which part of a body it cannot read; "" if it can read all.
func unreadable(v any) string {
	switch v := v.(type) {
	case string:
		if _, err := tfjson.Parse(v); err != nil {
			return err.Error()
		}
	case []any:
		for _, item := range v {
			if problem := unreadable(item); problem != "" {
				return problem
			}
		}
	case map[string]any:
		return unreadableObject(v)
	}
	return ""
}

func unreadableObject(object map[string]any) string {
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if _, ok := literalText(key); !ok {
			return fmt.Sprintf("the name %q is an expression", key)
		}
		_, isText := object[key].(string)
		if key == "dynamic" && !isText { // a tag may have that name
			return "a dynamic block hides its contents"
		}
		if problem := unreadable(object[key]); problem != "" {
			return problem
		}
	}
	return ""
}

// ownedParts: if a part's API is unknown, no rule checks the part.
func (c *checker) ownedParts() {
	for _, typ := range []string{
		apiDeployment, gatewayResponse, integration, integrationResponse, apiMethod, methodResponse, methodSettings,
		apiModel, requestValidator, apiResource, apiStage, restAPIPolicy,
	} {
		for _, r := range c.stack.Resources(typ) {
			if _, ok := c.api(r); !ok {
				c.breach(r.Address(), "rest_api_id refers to no REST API of the stack", "refer to the id of one")
			}
		}
	}
}

// verbs leave out ANY, because CORS must name each method.
var verbs = []string{"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}

func (c *checker) ownedByMethods() {
	known := map[methodKey]bool{}
	for _, r := range c.stack.Resources(apiMethod) {
		c.want(in(r), "http_method", verbs...)
		if _, ok := c.path(r); !ok {
			c.breach(r.Address(), "resource_id refers to no path of the stack", "refer to a resource's id or to an API's root_resource_id")
		}
		if key, ok := c.methodKey(r); ok {
			known[key] = true
		}
	}
	for _, typ := range []string{integration, integrationResponse, methodResponse} {
		for _, r := range c.stack.Resources(typ) {
			if key, ok := c.methodKey(r); !ok || !known[key] {
				c.breach(r.Address(), "belongs to no method of the stack", "refer to a method's API, resource and http_method")
			}
		}
	}
}
