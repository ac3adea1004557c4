// Package openapi describes the API of a synthesised stack as an OpenAPI 3.1 document.
//
// It reads the stack's JSON as an apply would have it. The routes, the schemas and the authorisation are the stack's. The answers
// are those that the stack's own mapping templates and gateway responses make: the package serves the API as `ingest up` does
// (local/apigateway), and asks it for every answer, with a service behind it that accepts, throttles, refuses and fails. So a stack that
// is edited by hand is described as it is. A stack whose API cannot run on one machine is refused.
package openapi

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"cdk.tf/go/ingest/internal/plainjson"
	"cdk.tf/go/ingest/local/apigateway"
	"cdk.tf/go/ingest/tfjson"
)

// object is a JSON object.
type object = map[string]any

// Options of a document.
type Options struct {
	// Local is the address of the pipeline on this machine, such as "http://127.0.0.1:8080", which is the default.
	Local string
	// Server is the address before the paths, such as "https://events.example.com". With it the document names no other.
	Server string
}

const defaultLocal = "http://127.0.0.1:8080"

func (o Options) local() string { return cmp.Or(o.Local, defaultLocal) }

// document is an OpenAPI document. The order of the fields is that of the text.
type document struct {
	OpenAPI    string              `json:"openapi"`
	Info       info                `json:"info"`
	Servers    []server            `json:"servers"`
	Paths      map[string]pathItem `json:"paths"`
	Components components          `json:"components"`
}

type info struct {
	Title       string `json:"title"`
	Version     string `json:"version"`
	Description string `json:"description"`
}

type components struct {
	Schemas         map[string]object `json:"schemas,omitempty"`
	Headers         map[string]object `json:"headers,omitempty"`
	SecuritySchemes map[string]object `json:"securitySchemes,omitempty"`
}

// pathItem has operations by method, in lower case.
type pathItem map[string]*operation

type operation struct {
	OperationID string                `json:"operationId"`
	Summary     string                `json:"summary"`
	Parameters  []parameter           `json:"parameters,omitempty"`
	RequestBody *requestBody          `json:"requestBody,omitempty"`
	Responses   map[string]*response  `json:"responses"`
	Security    []map[string][]string `json:"security"`
}

type parameter struct {
	Name        string `json:"name"`
	In          string `json:"in"`
	Description string `json:"description,omitempty"`
	Required    bool   `json:"required"`
	Schema      object `json:"schema"`
}

type requestBody struct {
	Description string               `json:"description"`
	Required    bool                 `json:"required"`
	Content     map[string]mediaType `json:"content"`
}

type mediaType struct {
	Schema   any                `json:"schema,omitempty"`
	Examples map[string]example `json:"examples,omitempty"`
}

type example struct {
	Summary string `json:"summary,omitempty"`
	Value   any    `json:"value"`
}

type response struct {
	Description string               `json:"description"`
	Headers     map[string]object    `json:"headers,omitempty"`
	Content     map[string]mediaType `json:"content,omitempty"`
}

// version is that of the description's own form. A stack has none.
const version = "1.0.0"

const about = "Paths and methods that are not listed get 403. " +
	"A client that sends an event again after 502 or 504 may write it twice: put an id into the event where that matters."

// JSON is the document as JSON, indented. The same stack and options give the same bytes.
func JSON(stack *tfjson.Stack, opts Options) ([]byte, error) {
	resolved, cfg, err := read(stack, opts.local())
	if err != nil {
		return nil, err
	}
	d, err := newDescriber(stack, resolved, cfg)
	if err != nil {
		return nil, err
	}
	doc := document{
		OpenAPI: "3.1.0", Info: info{Title: cfg.Name, Version: version, Description: about}, Servers: servers(cfg, opts),
		Paths: map[string]pathItem{},
	}
	for _, m := range expanded(d.reader.methods()) {
		described, err := d.operation(m)
		if err != nil {
			return nil, err
		}
		path := templated(m.path)
		if doc.Paths[path] == nil {
			doc.Paths[path] = pathItem{}
		}
		doc.Paths[path][strings.ToLower(m.verb)] = described
	}
	doc.Components = d.finish(doc.Paths)
	return plainjson.Indented(doc)
}

// read resolves a stack and reads its API.
func read(stack *tfjson.Stack, local string) (*tfjson.Stack, apigateway.Config, error) {
	resolved, err := stack.Resolve(tfjson.Surroundings{Account: account, APIBase: local})
	if err != nil {
		return nil, apigateway.Config{}, err
	}
	cfg, err := apigateway.Read(resolved)
	if err == nil && len(cfg.Stages()) == 0 {
		err = fmt.Errorf("the stack declares no aws_api_gateway_stage, so that its API answers nowhere; declare one")
	}
	return resolved, cfg, err
}

func sortedKeys[value any](m map[string]value) []string { return slices.Sorted(maps.Keys(m)) }
