package policy

import (
	"fmt"
	"maps"
	"slices"

	"cdk.tf/go/ingest/tfjson"
)

// validated checks that API Gateway validates every body that a method writes to a stream. It validates a body only with the model
// of the body's content type, and performs no validation for a type that has none (API Gateway developer guide, "Request validation
// for REST APIs in API Gateway"). So a content type with a template and no model lets anything into the stream.
func (c *checker) validated(m method) {
	for _, r := range m.integrations {
		if _, writes := c.putsTo(r); !writes {
			continue
		}
		validator, ok := c.follow(m.Body["request_validator_id"], requestValidator, "id")
		if !ok {
			c.breach(m.Address(), "request_validator_id refers to no request validator of the stack", "refer to the id of one")
		} else {
			c.want(in(validator), "validate_request_body", "true")
		}
		c.modelled(m, r)
	}
}

// ndjson is a content type of several JSON texts. No model reads it.
const ndjson = "application/x-ndjson"

// isModel reports whether a value is the name of a model of the method's API.
func (c *checker) isModel(m method, v any) bool {
	api, ok := c.api(m.Resource)
	if !ok {
		return true // "readable" reports it
	}
	if model, ok := c.follow(v, apiModel, "name"); ok {
		return c.belongs(model, api)
	}
	name, known := c.value(v)
	return known && slices.ContainsFunc(c.partsOf(api, apiModel), func(model tfjson.Resource) bool {
		own, ok := c.value(model.Body["name"])
		return ok && own == name
	})
}

// modelled checks that each content type that an integration maps has a model, but for NDJSON.
func (c *checker) modelled(m method, r tfjson.Resource) {
	templates, _ := r.Body["request_templates"].(map[string]any)
	models, _ := m.Body["request_models"].(map[string]any)
	for _, kind := range slices.Sorted(maps.Keys(templates)) {
		if models[kind] == nil && kind != ndjson {
			c.breach(m.Address(), fmt.Sprintf("request_models has no %q, which %s maps", kind, r.Address()), "name a model for it, or API Gateway checks no body of that content type")
		} else if kind != ndjson && !c.isModel(m, models[kind]) {
			c.breach(m.Address(), fmt.Sprintf("request_models has %q for %q, which is no model of the stack", models[kind], kind), "name one: API Gateway's own model Empty lets any body pass")
		}
	}
}
