package apigateway

import "slices"

// The blocks below are the attributes of API Gateway's Terraform resources that this package knows. Read refuses any other
// attribute by name. Read ignores an attribute whose comment says "no effect": it changes nothing that is visible on one
// machine. Read refuses the values of an "only checked" attribute that API Gateway refuses, and otherwise ignores it.

type restAPIBlock struct {
	Name                   string          `tf:"name"`
	BinaryMediaTypes       []string        `tf:"binary_media_types"`
	APIKeySource           string          `tf:"api_key_source"`
	Endpoint               []endpointBlock `tf:"endpoint_configuration"`
	MinimumCompressionSize string          `tf:"minimum_compression_size"`
	DisableExecuteAPI      bool            `tf:"disable_execute_api_endpoint"`
	Policy                 string          `tf:"policy"`
	OpenAPI                string          `tf:"body"`

	Description    string            `tf:"description"`       // no effect: for people
	FailOnWarnings bool              `tf:"fail_on_warnings"`  // no effect without a body
	PutMode        string            `tf:"put_rest_api_mode"` // no effect without a body
	Parameters     map[string]string `tf:"parameters"`        // no effect without a body
	Tags           map[string]string `tf:"tags"`              // no effect: for bills and policies
}

type endpointBlock struct {
	Types         []string `tf:"types"`
	IPAddressType string   `tf:"ip_address_type"` // only checked: the address served on is the caller's choice
	VPCEndpoints  []string `tf:"vpc_endpoint_ids"`
}

type resourceBlock struct {
	API      string `tf:"rest_api_id"`
	Parent   string `tf:"parent_id"`
	PathPart string `tf:"path_part"`
}

type methodBlock struct {
	API                 string            `tf:"rest_api_id"`
	Resource            string            `tf:"resource_id"`
	Method              string            `tf:"http_method"`
	Authorization       string            `tf:"authorization"`
	AuthorizerID        string            `tf:"authorizer_id"`
	AuthorizationScopes []string          `tf:"authorization_scopes"`
	APIKeyRequired      bool              `tf:"api_key_required"`
	RequestModels       map[string]string `tf:"request_models"`
	RequestParameters   map[string]bool   `tf:"request_parameters"`
	Validator           string            `tf:"request_validator_id"`
	OperationName       string            `tf:"operation_name"` // no effect: names a method of generated SDKs
}

type authorizerBlock struct {
	API  string `tf:"rest_api_id"`
	Name string `tf:"name"`
	Type string `tf:"type"`

	// No effect: an authorizer runs nowhere here, see Config.Unverified.
	URI          string   `tf:"authorizer_uri"`
	Credentials  string   `tf:"authorizer_credentials"`
	ResultTTL    string   `tf:"authorizer_result_ttl_in_seconds"`
	Source       string   `tf:"identity_source"`
	Validation   string   `tf:"identity_validation_expression"`
	ProviderARNs []string `tf:"provider_arns"`
}

type validatorBlock struct {
	API        string `tf:"rest_api_id"`
	Name       string `tf:"name"`
	Body       bool   `tf:"validate_request_body"`
	Parameters bool   `tf:"validate_request_parameters"`
}

type modelBlock struct {
	API         string `tf:"rest_api_id"`
	Name        string `tf:"name"`
	ContentType string `tf:"content_type"` // only checked: a method's request_models says where a model applies
	Description string `tf:"description"`  // no effect: for people
	Schema      string `tf:"schema"`
}

type integrationBlock struct {
	API               string            `tf:"rest_api_id"`
	Resource          string            `tf:"resource_id"`
	Method            string            `tf:"http_method"`
	Type              string            `tf:"type"`
	IntegrationMethod string            `tf:"integration_http_method"`
	URI               string            `tf:"uri"`
	Credentials       string            `tf:"credentials"`
	RequestTemplates  map[string]string `tf:"request_templates"`
	RequestParameters map[string]string `tf:"request_parameters"`
	Passthrough       string            `tf:"passthrough_behavior"`
	ContentHandling   string            `tf:"content_handling"`
	TimeoutMillis     int               `tf:"timeout_milliseconds"`
	CacheKeys         []string          `tf:"cache_key_parameters"` // only checked: a stage with a cache is refused
	CacheNamespace    string            `tf:"cache_namespace"`      // no effect: a stage with a cache is refused
}

type integrationResponseBlock struct {
	API             string            `tf:"rest_api_id"`
	Resource        string            `tf:"resource_id"`
	Method          string            `tf:"http_method"`
	Status          string            `tf:"status_code"`
	Pattern         string            `tf:"selection_pattern"`
	Templates       map[string]string `tf:"response_templates"`
	Parameters      map[string]string `tf:"response_parameters"`
	ContentHandling string            `tf:"content_handling"`
}

type methodResponseBlock struct {
	API        string            `tf:"rest_api_id"`
	Resource   string            `tf:"resource_id"`
	Method     string            `tf:"http_method"`
	Status     string            `tf:"status_code"`
	Parameters map[string]bool   `tf:"response_parameters"`
	Models     map[string]string `tf:"response_models"` // only checked: API Gateway does not validate answers
}

type gatewayResponseBlock struct {
	API        string            `tf:"rest_api_id"`
	Type       string            `tf:"response_type"`
	Status     string            `tf:"status_code"`
	Templates  map[string]string `tf:"response_templates"`
	Parameters map[string]string `tf:"response_parameters"`
}

type deploymentBlock struct {
	API       string            `tf:"rest_api_id"`
	StageName string            `tf:"stage_name"`
	Canary    []map[string]any  `tf:"canary_settings"`
	Variables map[string]string `tf:"variables"`

	Description      string            `tf:"description"`       // no effect: for people
	StageDescription string            `tf:"stage_description"` // no effect: for people
	Triggers         map[string]string `tf:"triggers"`          // no effect: what runs here is always what is declared
}

type stageBlock struct {
	API        string `tf:"rest_api_id"`
	Deployment string `tf:"deployment_id"`
	Name       string `tf:"stage_name"`
	AccessLog  []struct {
		Destination string `tf:"destination_arn"` // no effect: the line goes to Options.AccessLog
		Format      string `tf:"format"`
	} `tf:"access_log_settings"`
	Variables    map[string]string `tf:"variables"`
	CacheCluster bool              `tf:"cache_cluster_enabled"`
	Canary       []map[string]any  `tf:"canary_settings"`
	Tracing      bool              `tf:"xray_tracing_enabled"`

	CacheSize         string            `tf:"cache_cluster_size"`    // no effect without a cache
	ClientCertificate string            `tf:"client_certificate_id"` // no effect: shown to HTTP backends alone
	Description       string            `tf:"description"`           // no effect: for people
	Documentation     string            `tf:"documentation_version"` // no effect: for people
	Tags              map[string]string `tf:"tags"`                  // no effect: for bills and policies
}

type methodSettingsBlock struct {
	API      string          `tf:"rest_api_id"`
	Stage    string          `tf:"stage_name"`
	Path     string          `tf:"method_path"`
	Settings []settingsBlock `tf:"settings"`
}

type settingsBlock struct {
	LoggingLevel *string  `tf:"logging_level"`
	DataTrace    *bool    `tf:"data_trace_enabled"`
	Burst        *int     `tf:"throttling_burst_limit"`
	Rate         *float64 `tf:"throttling_rate_limit"`
	Caching      bool     `tf:"caching_enabled"`
	Metrics      *bool    `tf:"metrics_enabled"`

	CacheTTL        int    `tf:"cache_ttl_in_seconds"`                       // no effect without a cache
	CacheEncrypted  bool   `tf:"cache_data_encrypted"`                       // no effect without a cache
	CacheAuthorized bool   `tf:"require_authorization_for_cache_control"`    // no effect without a cache
	CacheStrategy   string `tf:"unauthorized_cache_control_header_strategy"` // no effect without a cache
}

type apiKeyBlock struct {
	Name    string `tf:"name"`
	Enabled *bool  `tf:"enabled"`
	Value   string `tf:"value"`

	CustomerID  string            `tf:"customer_id"` // no effect: for the marketplace
	Description string            `tf:"description"` // only checked: for people
	Tags        map[string]string `tf:"tags"`        // no effect: for bills and policies
}

type usagePlanBlock struct {
	Name     string          `tf:"name"`
	Stages   []planStage     `tf:"api_stages"`
	Quota    []quotaBlock    `tf:"quota_settings"`
	Throttle []throttleBlock `tf:"throttle_settings"`

	Description string            `tf:"description"`  // no effect: for people
	ProductCode string            `tf:"product_code"` // no effect: for the marketplace
	Tags        map[string]string `tf:"tags"`         // no effect: for bills and policies
}

type planStage struct {
	API      string `tf:"api_id"`
	Stage    string `tf:"stage"`
	Throttle []struct {
		Path  string  `tf:"path"`
		Burst int     `tf:"burst_limit"`
		Rate  float64 `tf:"rate_limit"`
	} `tf:"throttle"`
}

type restAPIPolicyBlock struct {
	API    string `tf:"rest_api_id"`
	Policy string `tf:"policy"`
}

type quotaBlock struct {
	Limit  int64  `tf:"limit"`
	Offset int64  `tf:"offset"`
	Period string `tf:"period"`
}

type throttleBlock struct {
	Burst int     `tf:"burst_limit"`
	Rate  float64 `tf:"rate_limit"`
}

type usagePlanKeyBlock struct {
	Key  string `tf:"key_id"`
	Type string `tf:"key_type"`
	Plan string `tf:"usage_plan_id"`
}

// served are the resource types that Read reads.
var served = []string{
	"aws_api_gateway_api_key", "aws_api_gateway_authorizer", "aws_api_gateway_base_path_mapping", "aws_api_gateway_deployment",
	"aws_api_gateway_domain_name", "aws_api_gateway_gateway_response",
	"aws_api_gateway_integration", "aws_api_gateway_integration_response", "aws_api_gateway_method",
	"aws_api_gateway_method_response", "aws_api_gateway_method_settings", "aws_api_gateway_model",
	"aws_api_gateway_request_validator", "aws_api_gateway_resource", "aws_api_gateway_rest_api", "aws_api_gateway_rest_api_policy",
	"aws_api_gateway_stage",
	"aws_api_gateway_usage_plan", "aws_api_gateway_usage_plan_key",
}

// ignored are the resource types that have no effect on what the API serves.
var ignored = []string{
	"aws_api_gateway_account",                                                     // what API Gateway logs here goes to the caller's writer, without a role
	"aws_api_gateway_client_certificate",                                          // is shown to HTTP backends alone, which are refused
	"aws_api_gateway_documentation_part", "aws_api_gateway_documentation_version", // for people
}

// refused are the resource types that would change what the API serves, with the remedy for each.
var refused = map[string]string{
	"aws_api_gateway_domain_name_access_association": "the API answers only at its own address here; leave it out of the environment that runs here",
	"aws_api_gateway_rest_api_put":                   "an OpenAPI definition is not imitated on one machine; declare resources and methods",
	"aws_api_gateway_vpc_link":                       "there is no VPC on one machine; leave it out of the environment that runs here",
}

// Types returns the resource types that [Read] handles, sorted: those that it reads, those without an effect, and those that it
// refuses with a message of their own.
func Types() []string {
	return slices.Sorted(slices.Values(slices.Concat(served, ignored, sortedKeys(refused))))
}
