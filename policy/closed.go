package policy

import (
	"fmt"
	"slices"
	"strings"

	"cdk.tf/go/ingest/tfjson"
)

// beside are the types that an app declares beside the pipeline and that have a policy, with the argument that has the document.
// The policies of a network (a VPC endpoint, a file system's mount targets) are not here: everybody in them is somebody inside.
var beside = []struct{ typ, key string }{
	{"aws_acmpca_policy", "policy"},
	{"aws_backup_vault_policy", "policy"},
	{"aws_cloudsearch_domain_service_access_policy", "access_policy"},
	{"aws_cloudwatch_event_bus_policy", "policy"},
	{"aws_codeartifact_domain_permissions_policy", "policy_document"},
	{"aws_codeartifact_repository_permissions_policy", "policy_document"},
	{"aws_codebuild_resource_policy", "policy"},
	{"aws_dynamodb_resource_policy", "policy"},
	{"aws_ecr_registry_policy", "policy"},
	{"aws_ecr_repository_creation_template", "repository_policy"},
	{"aws_ecr_repository_policy", "policy"},
	{"aws_ecrpublic_repository_policy", "policy"},
	{"aws_elasticsearch_domain", "access_policies"},
	{"aws_elasticsearch_domain_policy", "access_policies"},
	{"aws_glacier_vault", "access_policy"},
	{"aws_glacier_vault_lock", "policy"},
	{"aws_media_store_container_policy", "policy"},
	{"aws_msk_cluster_policy", "policy"},
	{"aws_networkfirewall_resource_policy", "policy"},
	{"aws_oam_sink_policy", "policy"},
	{"aws_opensearch_domain", "access_policies"},
	{"aws_opensearch_domain_policy", "access_policies"},
	{"aws_redshift_resource_policy", "policy"},
	{"aws_redshiftserverless_resource_policy", "policy"},
	{"aws_sagemaker_model_package_group_policy", "resource_policy"},
	{"aws_schemas_registry_policy", "policy"},
	{"aws_secretsmanager_secret", "policy"},
	{"aws_secretsmanager_secret_policy", "policy"},
	{"aws_ses_identity_policy", "policy"},
	{"aws_sesv2_email_identity_policy", "policy"},
	{"aws_sqs_queue", "policy"},
	{"aws_sqs_queue_policy", "policy"},
	{"aws_xray_resource_policy", "policy_document"},
}

// permissions are the types that let one principal in, with the arguments that say for whom.
var permissions = []struct {
	typ    string
	bounds []string
}{
	{"aws_cloudwatch_event_permission", []string{"condition"}},
	{"aws_lambda_layer_version_permission", []string{"organization_id"}},
	{"aws_lambda_permission", []string{"source_arn", "source_account", "principal_org_id", "event_source_token"}},
}

// closedResource checks the resources of an app beside the pipeline, which often hold what it makes of the events.
func closedResource(c *checker) {
	for _, b := range beside {
		for _, r := range c.stack.Resources(b.typ) {
			if r.Body[b.key] != nil && !c.isGuarded(r) {
				c.closedToOthers(in(r), b.key)
			}
		}
	}
	for _, p := range permissions {
		for _, r := range c.stack.Resources(p.typ) {
			c.permits(r, p.bounds)
		}
	}
	for _, url := range c.stack.Resources("aws_lambda_function_url") {
		c.want(in(url), "authorization_type", "AWS_IAM")
	}
}

var searchDomains = []string{"aws_elasticsearch_domain", "aws_opensearch_domain"}

// isGuarded reports whether the domain of a search engine, or that of a domain's policy, lets nobody in by its policy alone: it is in a
// VPC, or it asks for its own users. With those, AWS recommends an open policy (Amazon OpenSearch Service developer guide, "Fine-grained
// access control").
func (c *checker) isGuarded(r tfjson.Resource) bool {
	domain := in(r)
	if typ, isPolicy := strings.CutSuffix(r.Type, "_policy"); isPolicy && slices.Contains(searchDomains, typ) {
		domain = in(c.searchDomain(typ, r.Body["domain_name"]))
	}
	users, _ := c.value(c.block(domain, "advanced_security_options").body["enabled"])
	return len(c.blocks(domain, "vpc_options")) > 0 || tfjson.True(users)
}

// searchDomain is the stack's domain of a name; the zero value where it has none.
func (c *checker) searchDomain(typ string, name any) tfjson.Resource {
	want, known := c.value(name)
	for _, domain := range c.stack.Resources(typ) {
		if is, ok := c.value(domain.Body["domain_name"]); ok && known && is == want {
			return domain
		}
	}
	return tfjson.Resource{}
}

// closedToOthers is less strict than closed: a condition may say who is let in.
func (c *checker) closedToOthers(p place, key string) {
	statements, ok := c.document(p, key)
	if !ok {
		return
	}
	for i, s := range statements {
		switch {
		case s.effect != allow || namesCallers(s):
		case letsInAnybody(s):
			c.breachAt(p, fmt.Sprintf("%s: statement %d lets in %s", key, i+1, everybodyOr(s)),
				"name the principals that may, or add a condition such as aws:PrincipalOrgID, aws:SourceArn or aws:SourceAccount")
		case len(s.principals["Service"]) > 0:
			c.breachAt(p, fmt.Sprintf("%s: statement %d lets in %s on behalf of any account", key, i+1, principalsText(s)),
				"add a condition on aws:SourceArn or aws:SourceAccount")
		}
	}
}

// callers are the keys of conditions that say who is let in, or on whose behalf, where a statement's principal does not.
var callers = []string{
	"aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid",
	"aws:sourceowner", "aws:sourcevpc", "aws:sourcevpce",
}

// namesCallers reports whether a condition is true only for some callers.
func namesCallers(s statement) bool {
	return hasBound(s, func(key string) bool { return slices.Contains(callers, strings.ToLower(key)) }) ||
		boundsOrigin(s.conditions["IpAddress"], []string{"aws:SourceIp", "aws:VpcSourceIp"})
}

// permits checks a resource that lets in one principal: everybody and a service need a bound.
func (c *checker) permits(r tfjson.Resource, bounds []string) {
	principal, ok := c.literal(in(r), "principal")
	isService := strings.Contains(principal, ".") && !strings.HasPrefix(principal, "arn:")
	if !ok || principal != "*" && !isService {
		return
	}
	for _, key := range bounds {
		v := r.Body[key]
		if key == "condition" {
			v = c.block(in(r), key).body["value"]
		}
		if c.isBound(v) {
			return
		}
	}
	c.breach(r.Address(), fmt.Sprintf("lets in %q on behalf of anybody", principal),
		"name an account, or set "+strings.Join(bounds, " or "))
}

// isBound reports whether an argument names resources or accounts: it is set, and has no wildcard for others' resources.
func (c *checker) isBound(v any) bool {
	text, _ := tfjson.Scalar(v)
	text = c.settle(text)
	return text != "" && !c.isComposed(text) && !isOpen(text)
}
