package tfjson

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"

	"cdk.tf/go/ingest/internal/quota"
	"cdk.tf/go/ingest/internal/region"
)

// This file computes the attributes that the provider sets in an apply. Their forms are those of the AWS provider 5.100.0.
// Those of the repository's dev stack were compared with the state after an apply on moto, and with the provider's schema
// (terraform providers schema -json).
//
// Ids and other random values of AWS are derived from the account, the resource's address, and the arguments whose change
// replaces the resource. So a stack always resolves to the same values. Creation dates are not computed: nothing was created.

// attributes computes the attributes of one type, by name.
type attributes map[string]func(*computation) any

// computed has the resource types with computed attributes. An argument that a body sets overrides the entry here, which is its
// default.
var computed = map[string]attributes{
	"data.aws_caller_identity": {
		// Assumption TFJSON-1: in a stack that runs here, the caller of Terraform (aws_caller_identity) is the account's root
		// user. The caller is not known here, and every account has that one (IAM User Guide, "AWS account root user").
		"account_id": account, "id": account, "user_id": account,
		"arn": func(c *computation) any { return c.arn("iam", "", c.account(), "root") },
	},
	"data.aws_cognito_user_pool": {
		"id":  argument("user_pool_id"),
		"arn": userPoolARN,
	},
	"data.aws_cognito_user_pools": {
		// Assumption TFJSON-3: in a stack that runs here, one Cognito user pool has the name that the stack looks up. A name may
		// have several, but nothing here knows them (the AWS provider's documentation, data source aws_cognito_user_pools).
		"id":   argument("name"),
		"ids":  func(c *computation) any { return []any{c.namedPoolID()} },
		"arns": func(c *computation) any { return []any{c.userPoolARN(c.namedPoolID())} },
	},
	"data.aws_partition": {
		"partition":  func(c *computation) any { return c.r.where.Partition },
		"id":         func(c *computation) any { return c.r.where.Partition },
		"dns_suffix": func(c *computation) any { return c.dnsSuffix() },
		"reverse_dns_prefix": func(c *computation) any {
			labels := strings.Split(c.dnsSuffix(), ".")
			slices.Reverse(labels)
			return strings.Join(labels, ".")
		},
	},
	"data.aws_region": {
		"name": func(c *computation) any { return c.r.region },
		"id":   func(c *computation) any { return c.text("name") },
		"endpoint": func(c *computation) any {
			return "ec2." + c.text("name") + "." + c.dnsSuffix()
		},
	},

	"aws_acm_certificate": {
		"id":                        argument("arn"),
		"arn":                       func(c *computation) any { return c.arn("acm", c.r.region, c.account(), "certificate/"+c.uuid()) },
		"domain_validation_options": validationOptions,
		"tags_all":                  tagsAll,
	},
	// The id of the validation is the time at which the certificate was issued.
	"aws_acm_certificate_validation": {},

	"aws_api_gateway_account": {"id": fixed("api-gateway-account"), "api_key_version": fixed("1")},
	"aws_api_gateway_api_key": {
		"id":      func(c *computation) any { return c.id(10, "name") },
		"arn":     func(c *computation) any { return c.apiGatewayARN("/apikeys/" + c.text("id")) },
		"enabled": fixed(true),
		// Assumption TFJSON-2: an API key whose value AWS generates has 40 characters (the AWS provider's documentation,
		// aws_api_gateway_api_key: "20 to 128").
		"value":    func(c *computation) any { return c.derived("value", 40, "name") },
		"tags_all": tagsAll,
	},
	"aws_api_gateway_authorizer": {
		"id": func(c *computation) any { return c.id(6, "rest_api_id") },
		"arn": func(c *computation) any {
			return c.apiGatewayARN("/restapis/" + c.text("rest_api_id") + "/authorizers/" + c.text("id"))
		},
		"authorizer_result_ttl_in_seconds": fixed(300.0),
		"identity_source":                  fixed("method.request.header.Authorization"),
		"type":                             fixed("TOKEN"),
	},
	"aws_api_gateway_base_path_mapping": {
		"id": func(c *computation) any { return c.text("domain_name") + "/" + c.optional("base_path") },
	},
	"aws_api_gateway_deployment": {
		"id":            func(c *computation) any { return c.id(6, "rest_api_id", "triggers", "variables") },
		"execution_arn": func(c *computation) any { return c.executionARN(c.optional("stage_name")) },
		"invoke_url":    func(c *computation) any { return c.invokeURL(c.optional("stage_name")) },
	},
	"aws_api_gateway_domain_name": {
		"id":  argument("domain_name"),
		"arn": func(c *computation) any { return c.apiGatewayARN("/domainnames/" + c.text("domain_name")) },
		"regional_domain_name": func(c *computation) any {
			return "d-" + c.derived("regional_domain_name", 10, "domain_name") + ".execute-api." + c.r.region + "." + c.dnsSuffix()
		},
		// API Gateway has one in each region.
		"regional_zone_id": func(c *computation) any { return "Z" + strings.ToUpper(c.derived("regional_zone_id", 13)) },
		"security_policy":  fixed("TLS_1_2"),
		"tags_all":         tagsAll,
	},
	"aws_api_gateway_gateway_response": {
		"id": func(c *computation) any { return c.dashed("aggr", "rest_api_id", "response_type") },
	},
	"aws_api_gateway_integration": {
		"id":                   func(c *computation) any { return c.dashed("agi", "rest_api_id", "resource_id", "http_method") },
		"cache_namespace":      func(c *computation) any { return c.text("resource_id") },
		"connection_type":      fixed("INTERNET"),
		"passthrough_behavior": fixed("WHEN_NO_MATCH"),
		"timeout_milliseconds": fixed(float64(quota.IntegrationTimeout.Milliseconds())),
	},
	"aws_api_gateway_integration_response": {
		"id": func(c *computation) any {
			return c.dashed("agir", "rest_api_id", "resource_id", "http_method", "status_code")
		},
	},
	"aws_api_gateway_method": {
		"id":               func(c *computation) any { return c.dashed("agm", "rest_api_id", "resource_id", "http_method") },
		"api_key_required": fixed(false),
	},
	"aws_api_gateway_method_response": {
		"id": func(c *computation) any {
			return c.dashed("agmr", "rest_api_id", "resource_id", "http_method", "status_code")
		},
	},
	"aws_api_gateway_method_settings": {
		"id": func(c *computation) any {
			return c.text("rest_api_id") + "-" + c.text("stage_name") + "-" + c.text("method_path")
		},
	},
	"aws_api_gateway_model":             {"id": func(c *computation) any { return c.id(6, "rest_api_id", "name") }},
	"aws_api_gateway_request_validator": {"id": func(c *computation) any { return c.id(6, "rest_api_id") }, "validate_request_body": fixed(false), "validate_request_parameters": fixed(false)},
	"aws_api_gateway_resource": {
		"id":   func(c *computation) any { return c.id(6, "rest_api_id", "parent_id") },
		"path": resourcePath,
	},
	"aws_api_gateway_rest_api": {
		"id":                           func(c *computation) any { return c.id(10, "name") },
		"arn":                          func(c *computation) any { return c.apiGatewayARN("/restapis/" + c.text("id")) },
		"execution_arn":                func(c *computation) any { return c.arn("execute-api", c.r.region, c.account(), c.text("id")) },
		"root_resource_id":             func(c *computation) any { return c.derived("root", 10, "name") },
		"api_key_source":               fixed("HEADER"),
		"disable_execute_api_endpoint": fixed(false),
		"tags_all":                     tagsAll,
	},
	"aws_api_gateway_rest_api_policy": {"id": argument("rest_api_id")},
	"aws_api_gateway_stage": {
		"id": func(c *computation) any { return c.dashed("ags", "rest_api_id", "stage_name") },
		"arn": func(c *computation) any {
			return c.apiGatewayARN("/restapis/" + c.text("rest_api_id") + "/stages/" + c.text("stage_name"))
		},
		"execution_arn": func(c *computation) any { return c.executionARN(c.text("stage_name")) },
		"invoke_url": func(c *computation) any {
			if base := c.r.where.APIBase; base != "" {
				return strings.TrimRight(base, "/") + "/" + c.text("stage_name")
			}
			return c.invokeURL(c.text("stage_name"))
		},
		// An aws_wafv2_web_acl_association, which comes after the stage, sets it.
		"web_acl_arn": fixed(""),
		"tags_all":    tagsAll,
	},
	"aws_api_gateway_usage_plan": {
		"id":       func(c *computation) any { return c.id(6) },
		"arn":      func(c *computation) any { return c.apiGatewayARN("/usageplans/" + c.text("id")) },
		"tags_all": tagsAll,
	},
	"aws_api_gateway_usage_plan_key": {
		"id":    argument("key_id"),
		"name":  func(c *computation) any { return c.other("aws_api_gateway_api_key", "key_id", "name") },
		"value": func(c *computation) any { return c.other("aws_api_gateway_api_key", "key_id", "value") },
	},

	"aws_athena_named_query": {
		"id":        func(c *computation) any { return c.uuid() },
		"workgroup": fixed("primary"),
	},
	"aws_athena_workgroup": {
		"id":            argument("name"),
		"arn":           func(c *computation) any { return c.arn("athena", c.r.region, c.account(), "workgroup/"+c.text("name")) },
		"force_destroy": fixed(false),
		"state":         fixed("ENABLED"),
		"tags_all":      tagsAll,
	},

	"aws_cloudfront_distribution": {
		"id":          func(c *computation) any { return "E" + strings.ToUpper(c.id(13)) },
		"arn":         func(c *computation) any { return c.arn("cloudfront", "", c.account(), "distribution/"+c.text("id")) },
		"domain_name": func(c *computation) any { return c.derived("domain_name", 14) + ".cloudfront.net" },
		// All distributions have this zone (provider: cloudFrontRoute53ZoneID).
		"hosted_zone_id": fixed("Z2FDTNDATAQYW2"),
		"tags_all":       tagsAll,
	},
	"aws_cloudfront_origin_access_control":   {"id": func(c *computation) any { return "E" + strings.ToUpper(c.id(13)) }},
	"aws_cloudfront_response_headers_policy": {"id": func(c *computation) any { return c.uuid() }},

	"aws_cloudwatch_dashboard": {
		"id": argument("dashboard_name"),
		"dashboard_arn": func(c *computation) any {
			return c.arn("cloudwatch", "", c.account(), "dashboard/"+c.text("dashboard_name"))
		},
	},

	"aws_cloudwatch_log_group": {
		"id": argument("name"),
		// Without ":*", unlike the API's own (provider: TrimLogGroupARNWildcardSuffix).
		"arn":               func(c *computation) any { return c.arn("logs", c.r.region, c.account(), "log-group:"+c.text("name")) },
		"name":              generatedName,
		"log_group_class":   fixed("STANDARD"),
		"retention_in_days": fixed(0.0),
		"skip_destroy":      fixed(false),
		"tags_all":          tagsAll,
	},
	"aws_cloudwatch_log_stream": {
		"id": argument("name"),
		"arn": func(c *computation) any {
			return c.arn("logs", c.r.region, c.account(), "log-group:"+c.text("log_group_name")+":log-stream:"+c.text("name"))
		},
	},
	"aws_cloudwatch_metric_alarm": {
		"id": argument("alarm_name"),
		"arn": func(c *computation) any {
			return c.arn("cloudwatch", c.r.region, c.account(), "alarm:"+c.text("alarm_name"))
		},
		"actions_enabled":    fixed(true),
		"treat_missing_data": fixed("missing"),
		"tags_all":           tagsAll,
	},

	// Authorizers refer to the types of Cognito and Lambda. Their forms are from the provider's documentation.
	"aws_cognito_resource_server": {
		"id": func(c *computation) any { return c.text("user_pool_id") + "|" + c.text("identifier") },
	},
	"aws_cognito_user_pool": {
		"id":  func(c *computation) any { return c.r.region + "_" + c.id(9) },
		"arn": userPoolARN,
		"endpoint": func(c *computation) any {
			return "cognito-idp." + c.r.region + "." + c.dnsSuffix() + "/" + c.text("id")
		},
		"tags_all": tagsAll,
	},
	"aws_cognito_user_pool_client": {
		"id": func(c *computation) any { return c.id(26, "user_pool_id") },
		// Without generate_secret there is none.
		"client_secret": func(c *computation) any {
			if c.optional("generate_secret") != "true" {
				return ""
			}
			return c.derived("client_secret", 51, "user_pool_id")
		},
	},
	"aws_cognito_user_pool_domain": {
		"id":             argument("domain"),
		"aws_account_id": account,
	},

	"aws_glue_catalog_database": {
		"id":         func(c *computation) any { return c.text("catalog_id") + ":" + c.text("name") },
		"arn":        func(c *computation) any { return c.arn("glue", c.r.region, c.account(), "database/"+c.text("name")) },
		"catalog_id": account,
		"tags_all":   tagsAll,
	},
	"aws_glue_catalog_table": {
		"id": func(c *computation) any {
			return c.text("catalog_id") + ":" + c.text("database_name") + ":" + c.text("name")
		},
		"arn": func(c *computation) any {
			return c.arn("glue", c.r.region, c.account(), "table/"+c.text("database_name")+"/"+c.text("name"))
		},
		"catalog_id": account,
	},

	"aws_iam_policy": {
		"id":        argument("arn"),
		"arn":       func(c *computation) any { return c.arn("iam", "", c.account(), "policy"+c.text("path")+c.text("name")) },
		"name":      generatedName,
		"path":      fixed("/"),
		"policy_id": func(c *computation) any { return c.uniqueID("ANPA") },
		"tags_all":  tagsAll,
	},
	"aws_iam_role": {
		"id":                    argument("name"),
		"arn":                   func(c *computation) any { return c.arn("iam", "", c.account(), "role"+c.text("path")+c.text("name")) },
		"name":                  generatedName,
		"path":                  fixed("/"),
		"unique_id":             func(c *computation) any { return c.uniqueID("AROA") },
		"force_detach_policies": fixed(false),
		"max_session_duration":  fixed(3600.0),
		"tags_all":              tagsAll,
	},
	"aws_iam_role_policy": {
		"id":   func(c *computation) any { return c.text("role") + ":" + c.text("name") },
		"name": generatedName,
	},
	"aws_iam_role_policy_attachment": {
		"id": func(c *computation) any { return c.text("role") + "-" + c.derived("id", 26, "policy_arn") },
	},

	"aws_kinesis_firehose_delivery_stream": {
		"id": argument("arn"),
		"arn": func(c *computation) any {
			return c.arn("firehose", c.r.region, c.account(), "deliverystream/"+c.text("name"))
		},
		"destination_id": fixed("destinationId-000000000001"),
		"version_id":     fixed("1"),
		"tags_all":       tagsAll,
	},
	"aws_kinesis_stream": {
		"id":                        argument("arn"),
		"arn":                       func(c *computation) any { return c.arn("kinesis", c.r.region, c.account(), "stream/"+c.text("name")) },
		"encryption_type":           fixed("NONE"),
		"enforce_consumer_deletion": fixed(false),
		"retention_period":          fixed(24.0),
		"tags_all":                  tagsAll,
	},

	"aws_kms_alias": {
		"id":             argument("name"),
		"arn":            func(c *computation) any { return c.arn("kms", c.r.region, c.account(), c.text("name")) },
		"target_key_arn": func(c *computation) any { return c.other("aws_kms_key", "target_key_id", "arn") },
	},
	"aws_kms_key": {
		"id":     argument("key_id"),
		"key_id": func(c *computation) any { return c.uuid() },
		"arn":    func(c *computation) any { return c.arn("kms", c.r.region, c.account(), "key/"+c.text("key_id")) },

		"bypass_policy_lockout_safety_check": fixed(false),
		"customer_master_key_spec":           fixed("SYMMETRIC_DEFAULT"),
		"enable_key_rotation":                fixed(false),
		"is_enabled":                         fixed(true),
		"key_usage":                          fixed("ENCRYPT_DECRYPT"),
		"multi_region":                       fixed(false),
		"tags_all":                           tagsAll,
	},

	"aws_lambda_alias": {
		"id":         argument("arn"),
		"arn":        func(c *computation) any { return c.functionARN() + ":" + c.text("name") },
		"invoke_arn": func(c *computation) any { return c.invokeARN(c.text("arn")) },
	},
	"aws_lambda_function": {
		"id":                   argument("function_name"),
		"arn":                  func(c *computation) any { return c.functionARN() },
		"invoke_arn":           func(c *computation) any { return c.invokeARN(c.text("arn")) },
		"qualified_arn":        func(c *computation) any { return c.text("arn") + ":" + c.text("version") },
		"qualified_invoke_arn": func(c *computation) any { return c.invokeARN(c.text("qualified_arn")) },
		"tags_all":             tagsAll,
		// The first version, if one is published.
		"version": func(c *computation) any {
			if True(c.optional("publish")) {
				return "1"
			}
			return "$LATEST"
		},
	},
	"aws_lambda_permission": {
		"id":           argument("statement_id"),
		"statement_id": generatedName,
	},

	"aws_route53_record": {
		"id": func(c *computation) any {
			return c.text("zone_id") + "_" + strings.TrimSuffix(c.text("name"), ".") + "_" + c.text("type")
		},
		// This project's names are fully qualified. AWS appends the zone's name to any other.
		"fqdn": func(c *computation) any { return strings.TrimSuffix(c.text("name"), ".") },
	},

	"aws_s3_bucket": {
		"id":     argument("bucket"),
		"arn":    func(c *computation) any { return c.arn("s3", "", "", c.text("bucket")) },
		"bucket": generatedName,
		"bucket_domain_name": func(c *computation) any {
			return c.text("bucket") + ".s3." + c.dnsSuffix()
		},
		"bucket_regional_domain_name": func(c *computation) any {
			return c.text("bucket") + ".s3." + c.r.region + "." + c.dnsSuffix()
		},
		"region":        func(c *computation) any { return c.r.region },
		"force_destroy": fixed(false),
		"tags_all":      tagsAll,
	},
	"aws_s3_object": {
		"id":  argument("key"),
		"arn": func(c *computation) any { return c.arn("s3", "", "", c.text("bucket")+"/"+c.text("key")) },
	},
	"aws_s3_bucket_accelerate_configuration":             {"id": bucketID},
	"aws_s3_bucket_cors_configuration":                   {"id": bucketID},
	"aws_s3_bucket_lifecycle_configuration":              {"id": bucketID, "transition_default_minimum_object_size": fixed("all_storage_classes_128K")},
	"aws_s3_bucket_logging":                              {"id": bucketID},
	"aws_s3_bucket_notification":                         {"id": argument("bucket")},
	"aws_s3_bucket_object_lock_configuration":            {"id": bucketID},
	"aws_s3_bucket_ownership_controls":                   {"id": argument("bucket")},
	"aws_s3_bucket_policy":                               {"id": argument("bucket")},
	"aws_s3_bucket_public_access_block":                  {"id": argument("bucket"), "block_public_acls": fixed(false), "block_public_policy": fixed(false), "ignore_public_acls": fixed(false), "restrict_public_buckets": fixed(false)},
	"aws_s3_bucket_request_payment_configuration":        {"id": bucketID},
	"aws_s3_bucket_server_side_encryption_configuration": {"id": bucketID},
	"aws_s3_bucket_versioning":                           {"id": bucketID},

	"aws_sns_topic": {
		"id":       argument("arn"),
		"arn":      func(c *computation) any { return c.arn("sns", c.r.region, c.account(), c.text("name")) },
		"name":     generatedName,
		"owner":    account,
		"tags_all": tagsAll,
	},
	"aws_sns_topic_policy": {"id": argument("arn"), "owner": account},

	"aws_wafv2_web_acl": {
		"id": func(c *computation) any { return c.uuid() },
		"arn": func(c *computation) any {
			scope := strings.ToLower(c.text("scope"))
			if scope == "cloudfront" {
				scope = "global"
			}
			return c.arn("wafv2", c.r.region, c.account(), scope+"/webacl/"+c.text("name")+"/"+c.text("id"))
		},
		"name":     generatedName,
		"tags_all": tagsAll,
	},
	"aws_wafv2_web_acl_association": {
		"id": func(c *computation) any { return c.text("web_acl_arn") + "," + c.text("resource_arn") },
	},
	"aws_wafv2_web_acl_logging_configuration": {"id": argument("resource_arn")},
}

// compute returns an attribute that a body does not set.
func (r *resolver) compute(n *node, name string) (any, error) {
	typ := n.resource.Type
	if n.resource.Data {
		typ = "data." + typ
	}
	attributes, known := computed[typ]
	if !known {
		return nil, fmt.Errorf("only an apply knows the attribute %s of %s; the attributes of this type are not computed here", name, typ)
	}
	attribute, ok := attributes[name]
	if !ok {
		return nil, fmt.Errorf("%s does not set %s, which is not computed here; these attributes are: %s",
			n.address, name, strings.Join(slices.Sorted(maps.Keys(attributes)), ", "))
	}
	c := r.computation(n)
	value := attribute(c)
	if c.err != nil {
		return nil, c.err
	}
	return value, nil
}

// computation computes one resource's attributes. Its error is the first one of its steps.
type computation struct {
	r *resolver
	n *node
	// attribute is the resolver's method. It is a field because the table above cannot refer to a function that refers to the
	// table.
	attribute func(n *node, name string) (any, error)
	err       error
}

func (r *resolver) computation(n *node) *computation {
	return &computation{r: r, n: n, attribute: r.attribute}
}

func (c *computation) of(n *node) *computation {
	return &computation{r: c.r, n: n, attribute: c.attribute}
}

func fixed(value any) func(*computation) any {
	return func(*computation) any { return value }
}

// argument computes an attribute that equals an argument.
func argument(name string) func(*computation) any {
	return func(c *computation) any { return c.text(name) }
}

func account(c *computation) any { return c.account() }

func (c *computation) account() string { return c.r.where.Account }

func (c *computation) dnsSuffix() string { return region.DNSSuffix(c.r.region) }

// text returns an attribute of the same resource, set or computed.
func (c *computation) text(name string) string {
	value, err := c.attribute(c.n, name)
	if err != nil {
		c.fail(err)
		return ""
	}
	text, ok := Scalar(value)
	if !ok {
		c.fail(notText(c.n.address, name, value))
	}
	return text
}

// optional returns an argument, or "".
func (c *computation) optional(name string) string {
	if c.n.object()[name] == nil && !c.n.failed[name] {
		return ""
	}
	return c.text(name)
}

func (c *computation) fail(err error) {
	if c.err == nil {
		c.err = err
	}
}

func (c *computation) arn(service, region, account, resource string) string {
	return strings.Join([]string{"arn", c.r.where.Partition, service, region, account, resource}, ":")
}

func userPoolARN(c *computation) any { return c.userPoolARN(c.text("id")) }

func (c *computation) userPoolARN(id string) string {
	return c.arn("cognito-idp", c.r.region, c.account(), "userpool/"+id)
}

func (c *computation) namedPoolID() string { return c.r.region + "_" + c.id(9, "name") }

// apiGatewayARN returns an ARN of the control plane, which holds no account.
func (c *computation) apiGatewayARN(resource string) string {
	return c.arn("apigateway", c.r.region, "", resource)
}

func (c *computation) executionARN(stage string) string {
	return c.arn("execute-api", c.r.region, c.account(), c.text("rest_api_id")+"/"+stage)
}

func (c *computation) invokeURL(stage string) string {
	return "https://" + c.text("rest_api_id") + ".execute-api." + c.r.region + "." + c.dnsSuffix() + "/" + stage
}

// functionARN returns a Lambda function's ARN, without a version. An argument function_name may hold the ARN itself.
func (c *computation) functionARN() string {
	name := c.text("function_name")
	if strings.HasPrefix(name, "arn:") {
		return name
	}
	return c.arn("lambda", c.r.region, c.account(), "function:"+name)
}

// invokeARN returns the URI with which API Gateway invokes a function.
func (c *computation) invokeARN(function string) string {
	return c.arn("apigateway", c.r.region, "lambda", "path/2015-03-31/functions/"+function+"/invocations")
}

// dashed returns an id in the form that the provider makes for parts of an API.
func (c *computation) dashed(prefix string, names ...string) string {
	for _, name := range names {
		prefix += "-" + c.text(name)
	}
	return prefix
}

// id returns a resource's id of lower-case letters and digits, with AWS's length (10 for an API and a key, 6 for a part of an
// API).
func (c *computation) id(length int, names ...string) string {
	return c.derived("id", length, names...)
}

// derived returns a text derived from the account, the resource's address, some of its arguments, and a word that distinguishes
// several values.
func (c *computation) derived(word string, length int, names ...string) string {
	sum := c.sum(word, names...)
	text := new(big.Int).SetBytes(sum[:]).Text(36)
	return strings.Repeat("0", max(0, length-len(text))) + text[max(0, len(text)-length):]
}

func (c *computation) sum(word string, names ...string) [sha256.Size]byte {
	given := map[string]any{}
	for _, name := range names {
		if c.n.failed[name] {
			c.fail(errReported)
		}
		given[name] = c.n.object()[name]
	}
	// Decoded JSON can always be encoded, and maps are encoded in order.
	text, _ := json.Marshal([]any{c.account(), c.n.address, word, given})
	return sha256.Sum256(text)
}

// uuid returns an id in the form of KMS keys, and of some resources of CloudFront.
func (c *computation) uuid() string {
	sum := c.sum("id")
	sum[6], sum[8] = sum[6]&0x0f|0x40, sum[8]&0x3f|0x80 // version 4, variant 1 (RFC 9562)
	text := hex.EncodeToString(sum[:16])
	return strings.Join([]string{text[:8], text[8:12], text[12:16], text[16:20], text[20:]}, "-")
}

// uniqueID returns an id in IAM's form: a prefix of four letters for the kind (IAM User Guide, reference_identifiers) and 17
// characters.
func (c *computation) uniqueID(prefix string) string {
	sum := c.sum("unique_id", "name")
	return prefix + base32.StdEncoding.EncodeToString(sum[:])[:17]
}

// generatedName returns a name that the provider generates: its prefix, or "terraform-", and 26 digits (Terraform's plugin SDK,
// helper/id).
func generatedName(c *computation) any {
	prefix := "terraform-"
	for _, name := range []string{"name_prefix", "bucket_prefix"} {
		if given := c.optional(name); given != "" {
			prefix = given
		}
	}
	sum := c.sum("name")
	return prefix + hex.EncodeToString(sum[:])[:26]
}

// validationOptions returns the record by which ACM validates a certificate's domain. A certificate here has one domain.
func validationOptions(c *computation) any {
	domain := c.text("domain_name")
	return []any{map[string]any{
		"domain_name":           domain,
		"resource_record_name":  "_" + c.derived("resource_record_name", 32, "domain_name") + "." + domain + ".",
		"resource_record_type":  "CNAME",
		"resource_record_value": "_" + c.derived("resource_record_value", 32, "domain_name") + ".acm-validations.aws.",
	}}
}

// bucketID returns the id of most resources of a bucket: the bucket, and its expected owner if there is one.
func bucketID(c *computation) any {
	if owner := c.optional("expected_bucket_owner"); owner != "" {
		return c.text("bucket") + "," + owner
	}
	return c.text("bucket")
}

// tagsAll returns the resource's tags, merged over the provider's default tags.
func tagsAll(c *computation) any {
	if c.n.failed["tags"] {
		c.fail(errReported)
	}
	all := maps.Clone(c.r.defaultTags)
	if all == nil {
		all = map[string]any{}
	}
	tags, _ := c.n.object()["tags"].(map[string]any)
	maps.Copy(all, tags)
	return all
}

// other returns an attribute of the resource of a type whose id an argument holds.
func (c *computation) other(typ, idArgument, attribute string) string {
	found := c.find(typ, c.text(idArgument))
	if found == nil {
		c.fail(fmt.Errorf("no %s of the stack has the id that %s.%s holds", typ, c.n.address, idArgument))
		return ""
	}
	next := c.of(found)
	text := next.text(attribute)
	if next.err != nil {
		c.fail(next.err)
	}
	return text
}

// find returns the evaluated resource of a type with an id. A resource that refers to an id is evaluated after the one that has
// it.
func (c *computation) find(typ, id string) *node {
	for _, resource := range c.r.stack.Resources(typ) {
		n := c.r.nodes[resource.Address()]
		if n.done && n.value != nil {
			if found, err := c.attribute(n, "id"); err == nil && found == id {
				return n
			}
		}
	}
	return nil
}

// resourcePath returns the path of a resource of a REST API: its parents' path parts and its own.
func resourcePath(c *computation) any {
	path := ""
	at := c
	for seen := map[string]bool{}; c.err == nil; {
		if seen[at.n.address] {
			c.fail(errors.New("its parents form a cycle"))
			break
		}
		seen[at.n.address] = true
		part, parent := at.text("path_part"), at.text("parent_id")
		if at.err != nil {
			c.fail(at.err)
			break
		}
		path = "/" + part + path
		if next := c.find("aws_api_gateway_resource", parent); next != nil {
			at = c.of(next)
			continue
		}
		if !c.isRoot(parent) {
			c.fail(fmt.Errorf("no resource of the stack has the id that %s.parent_id holds", at.n.address))
		}
		break
	}
	return path
}

func (c *computation) isRoot(id string) bool {
	for _, api := range c.r.stack.Resources("aws_api_gateway_rest_api") {
		n := c.r.nodes[api.Address()]
		if root, err := c.attribute(n, "root_resource_id"); err == nil && root == id {
			return true
		}
	}
	return false
}
