package apigateway

import (
	"net/http"
	"regexp"
	"slices"
	"time"

	"golang.org/x/time/rate"
)

// Config is a REST API with its stages, as a stack declares it: read, checked and ready to serve. It is immutable, so several
// APIs can serve one Config.
type Config struct {
	// ID is API Gateway's identifier of the REST API, Name its name.
	ID, Name string

	binaryTypes []string
	// minimumCompression is the size in bytes from which on answers are compressed, or quota.NoCompression.
	minimumCompression int
	root               *resource
	methods            []*method // index is method.number
	stages             map[string]*stage
	gateway            map[string]*gatewayResponse
	keys               map[string]*apiKey // by value
	unverified         []Authorizer       // by address
	origins            []string
	producers          []string
	domains            []Domain

	clientCertificates []string
	warnings           []string
}

// Stages are the names of the API's stages, in order; each is served under "/NAME/".
func (c Config) Stages() []string { return sortedKeys(c.stages) }

// Keys are the values of the API keys by name. AWS generates the values that a stack does not give. Here they are derived from
// the keys' addresses.
func (c Config) Keys() map[string]string {
	byName := map[string]string{}
	for value, key := range c.keys {
		byName[key.name] = value
	}
	return byName
}

// Unverified are the authorizers that a method names and that cannot run on one machine, by address.
func (c Config) Unverified() []Authorizer { return slices.Clone(c.unverified) }

// Origins are the declarations that restrict where a caller may be, each with its address, such as
// "aws_api_gateway_rest_api_policy.p: a resource policy". On one machine all callers are in one place, so you can only refuse
// such an API, or open it to all.
func (c Config) Origins() []string { return slices.Clone(c.origins) }

// Producers are the addresses of the resource policies that let in principals of other accounts and keep nobody out.
func (c Config) Producers() []string { return slices.Clone(c.producers) }

// Warnings are sentences about declarations that API Gateway accepts and that are probably mistakes.
func (c Config) Warnings() []string { return slices.Clone(c.warnings) }

// Authorizer is a Cognito or Lambda authorizer, which cannot run on one machine. The API can only refuse the requests to its
// methods, or let them through unverified.
type Authorizer struct {
	// Address is the address of the aws_api_gateway_authorizer, or of the method if the stack does not declare the authorizer.
	Address string
	// Type is TOKEN, REQUEST or COGNITO_USER_POOLS. Name is the authorizer's name. If the stack does not declare the
	// authorizer, they are the method's authorization and authorizer_id.
	Name, Type string
	// Methods are the methods that name the authorizer, such as "POST /submit", in order.
	Methods []string
}

// resource is a node of the tree of paths.
type resource struct {
	id, path string
	fixed    map[string]*resource
	param    *resource // {name}
	greedy   *resource // {name+}
	name     string    // of the parameter, where the node is one
	methods  map[string]*method
}

type method struct {
	number        int
	resource      *resource
	verb          string // or ANY
	authorization string
	keyRequired   bool
	required      []requiredParameter
	checkBody     bool
	models        map[string]*model // by content type
	integration   *integration
}

type requiredParameter struct{ place, name string }

// These are the types of an integration, and the values of passthrough_behavior: what happens to a body that no template maps.
const (
	typeAWS  = "AWS"
	typeMock = "MOCK"

	whenNoMatch     = "WHEN_NO_MATCH"
	whenNoTemplates = "WHEN_NO_TEMPLATES"
	never           = "NEVER"

	toText   = "CONVERT_TO_TEXT"
	toBinary = "CONVERT_TO_BINARY"
)

type integration struct {
	kind        string
	action      string
	roleARN     string // may hold ${stageVariables.…}
	passthrough string
	handling    string
	timeout     time.Duration
	templates   map[string]*template // by media type, in lower case
	headers     []mapping
	fixed       http.Header // of headers, where all of them are fixed text
	responses   []*integrationResponse
	fallback    *integrationResponse
	byStatus    [600]*integrationResponse
}

type integrationResponse struct {
	status      int
	unannounced bool // no method response has the status
	pattern     *regexp.Regexp
	templates   map[string]*template // by media type, in lower case
	first       string               // the template that answers an Accept of none
	headers     []mapping
	handling    string
}

type stage struct {
	name       string
	deployment string
	variables  map[string]string
	tracing    bool
	accessLog  format
	settings   map[int]settings // by method.number
}

// settings are a method's settings in a stage.
type settings struct {
	logging   string // OFF, ERROR or INFO
	dataTrace bool
	detailed  bool   // its metrics are those of the method too
	limit     *limit // nil: the account's alone
}

// limit is a token bucket: its rate in requests per second, and the number of requests that may arrive at once.
type limit struct {
	rate  rate.Limit
	burst int
}

type apiKey struct {
	id, name, value string
	enabled         bool
	plans           map[string]*usagePlan // by stage
}

type usagePlan struct {
	limit    *limit
	byMethod map[string]map[int]limit // by stage and method.number
	quota    *quotaBlock
}
