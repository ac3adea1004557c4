package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"cdk.tf/go/ingest/policy"
)

// letting is a resource's policy, as JSON in a text, with one statement for principals.
func letting(principals, more string) string {
	statement := `{"Statement":[{"Effect":"Allow",` + principals + `,"Action":"x:Y","Resource":"*"` + more + `}]}`
	return `"` + strings.ReplaceAll(statement, `"`, `\"`) + `"`
}

const (
	anybody = `"Principal":"*"`
	anS3    = `"Principal":{"Service":"s3.amazonaws.com"}`
)

func TestPoliciesBesideThePipeline(t *testing.T) {
	const (
		queue  = "aws_sqs_queue_policy.x"
		name   = `; name the principals that may, or add a condition such as aws:PrincipalOrgID, aws:SourceArn or aws:SourceAccount`
		source = `policy: statement 1 lets in Service "s3.amazonaws.com" on behalf of any account; add a condition on aws:SourceArn or aws:SourceAccount`
	)
	var tests []breaking
	policyIn := func(address, key string) {
		tests = append(tests, breaking{
			name:    address,
			changes: []change{add(address, `{"`+key+`": `+letting(anybody, "")+`}`)},
			want:    []string{`closed-resource: ` + address + `: ` + key + `: statement 1 lets in "*"` + name},
		})
	}
	policyIn("aws_sqs_queue.x", "policy")
	policyIn(queue, "policy")
	policyIn("aws_dynamodb_resource_policy.x", "policy")
	policyIn("aws_secretsmanager_secret.x", "policy")
	policyIn("aws_secretsmanager_secret_policy.x", "policy")
	policyIn("aws_ecr_repository_policy.x", "policy")
	policyIn("aws_ecr_registry_policy.x", "policy")
	policyIn("aws_cloudwatch_event_bus_policy.x", "policy")
	policyIn("aws_backup_vault_policy.x", "policy")
	policyIn("aws_glacier_vault.x", "access_policy")
	policyIn("aws_codeartifact_domain_permissions_policy.x", "policy_document")
	policyIn("aws_ecr_repository_creation_template.x", "repository_policy")
	policyIn("aws_elasticsearch_domain.x", "access_policies")
	policyIn("aws_elasticsearch_domain_policy.x", "access_policies")
	policyIn("aws_media_store_container_policy.x", "policy")
	policyIn("aws_msk_cluster_policy.x", "policy")
	policyIn("aws_opensearch_domain.x", "access_policies")
	policyIn("aws_opensearch_domain_policy.x", "access_policies")
	policyIn("aws_cloudsearch_domain_service_access_policy.x", "access_policy")
	policyIn("aws_acmpca_policy.x", "policy")
	policyIn("aws_networkfirewall_resource_policy.x", "policy")
	policyIn("aws_codeartifact_repository_permissions_policy.x", "policy_document")
	policyIn("aws_codebuild_resource_policy.x", "policy")
	policyIn("aws_ecrpublic_repository_policy.x", "policy")
	policyIn("aws_glacier_vault_lock.x", "policy")
	policyIn("aws_oam_sink_policy.x", "policy")
	policyIn("aws_redshift_resource_policy.x", "policy")
	policyIn("aws_redshiftserverless_resource_policy.x", "policy")
	policyIn("aws_sagemaker_model_package_group_policy.x", "resource_policy")
	policyIn("aws_schemas_registry_policy.x", "policy")
	policyIn("aws_ses_identity_policy.x", "policy")
	policyIn("aws_sesv2_email_identity_policy.x", "policy")
	policyIn("aws_xray_resource_policy.x", "policy_document")
	refused := func(name, document string, want string) {
		tests = append(tests, breaking{name: name, changes: []change{add(queue, `{"policy": `+document+`}`)}, want: []string{`closed-resource: ` + queue + `: ` + want}})
	}
	refused("by AWS", letting(`"Principal":{"AWS":["*"]}`, ""), `policy: statement 1 lets in AWS "*"`+name)
	refused("all but one", letting(`"NotPrincipal":{"AWS":"123456789012"}`, ""), `policy: statement 1 lets in all but NotPrincipal`+name)
	refused("a service", letting(anS3, ""), source)
	refused("a service for any bucket", letting(anS3, `,"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:s3:::*"}}`), source)
	refused("a service for buckets that begin alike", letting(anS3, `,"Condition":{"ArnLike":{"aws:SourceArn":"${aws_s3_bucket.bucket.arn}*"}}`), source)
	refused("every address", letting(anybody, `,"Condition":{"IpAddress":{"aws:SourceIp":["0.0.0.0/1","128.0.0.0/1"]}}`), `policy: statement 1 lets in "*"`+name)
	refused("an open condition", letting(anybody, `,"Condition":{"StringLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/x"}}`), `policy: statement 1 lets in "*"`+name)
	refused("another condition", letting(anybody, `,"Condition":{"Bool":{"aws:SecureTransport":"true"}}`), `policy: statement 1 lets in "*"`+name)
	refused("a document that cannot be read", `"${var.policy}"`, `policy cannot be read: ${var.policy} is not a name or an ARN of the stack; `+
		`write it as one JSON document, in which names and ARNs of the stack are the only references`)
	check(t, tests)
}

func TestPermissions(t *testing.T) {
	const function = "name an account, or set source_arn or source_account or principal_org_id or event_source_token"
	permission := func(address, body, want string) breaking {
		return breaking{name: address + " " + body, changes: []change{add(address, body)}, want: []string{`closed-resource: ` + address + `: ` + want}}
	}
	anybody := `lets in "*" on behalf of anybody; `
	check(t, []breaking{
		permission("aws_lambda_permission.x", `{"principal": "*"}`, anybody+function),
		permission("aws_lambda_permission.x", `{"principal": "*", "function_url_auth_type": "NONE"}`, anybody+function),
		permission("aws_lambda_permission.x", `{"principal": "*", "source_arn": "arn:aws:s3:::*"}`, anybody+function),
		permission("aws_lambda_permission.x", `{"principal": "s3.amazonaws.com", "source_arn": "${var.arn}"}`, `lets in "s3.amazonaws.com" on behalf of anybody; `+function),
		permission("aws_lambda_permission.x", `{"principal": "${var.principal}"}`, `principal is "${var.principal}", whose value is known only after an apply; write the value itself`),
		permission("aws_lambda_layer_version_permission.x", `{"principal": "*"}`, anybody+"name an account, or set organization_id"),
		permission("aws_cloudwatch_event_permission.x", `{"principal": "*"}`, anybody+"name an account, or set condition"),
		permission("aws_lambda_function_url.x", `{"authorization_type": "NONE"}`, `authorization_type is "NONE"; set it to "AWS_IAM"`),
	})
}

func TestResourcesThatAreClosed(t *testing.T) {
	byCallers := func(operator, value string, keys ...string) []string {
		var bodies []string
		for _, key := range keys {
			bodies = append(bodies, `{"policy": `+letting(anybody, `,"Condition":{"`+operator+`":{"`+key+`":"`+value+`"}}`)+`}`)
		}
		return bodies
	}
	for address, bodies := range map[string][]string{
		"aws_sqs_queue_policy.x": byCallers("StringEquals", "x", "aws:PrincipalAccount", "aws:PrincipalArn", "aws:PrincipalOrgID",
			"aws:SourceAccount", "aws:SourceArn", "aws:SourceOrgID", "aws:SourceOwner", "aws:SourceVpc", "aws:SourceVpce"),
		"aws_secretsmanager_secret_policy.x": byCallers("IpAddress", "192.0.2.0/24", "aws:SourceIp", "aws:VpcSourceIp"),
		"aws_sqs_queue.x": {
			`{"name": "q"}`,
			`{"policy": ` + letting(anS3, `,"Condition":{"ArnEquals":{"aws:SourceArn":"${aws_s3_bucket.bucket.arn}"}}`) + `}`,
			`{"policy": ` + letting(anS3, `,"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:s3:*:*:b"},"StringEquals":{"aws:SourceAccount":"123456789012"}}`) + `}`,
			`{"policy": ` + letting(anybody, `,"Condition":{"ArnEquals":{"AWS:SourceArn":"arn:aws:sns:us-east-1:123456789012:t"}}`) + `}`,
			`{"policy": ` + letting(anybody, `,"Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::123456789012:role/x"}}`) + `}`,
			`{"policy": ` + letting(anybody, `,"Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}`) + `}`,
			`{"policy": ` + letting(`"Principal":{"AWS":"arn:aws:iam::111122223333:root"}`, ``) + `}`,
			`{"policy": ` + strings.ReplaceAll(letting(anybody, ""), "Allow", "Deny") + `}`,
		},
		"aws_ecr_repository_policy.x":           {`{"policy": ` + letting(anybody, `,"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}`) + `}`},
		"aws_vpc_endpoint.x":                    {`{"policy": ` + letting(anybody, ``) + `}`},
		"aws_cloudwatch_event_permission.x":     {`{"principal": "111122223333"}`, `{"principal": "*", "condition": {"key": "aws:PrincipalOrgID", "type": "StringEquals", "value": "o-a1b2c3d4e5"}}`},
		"aws_lambda_layer_version_permission.x": {`{"principal": "*", "organization_id": "o-a1b2c3d4e5"}`},
		"aws_lambda_permission.x": {
			`{"principal": "111122223333"}`,
			`{"principal": "arn:aws:iam::111122223333:role/a.b"}`,
			`{"principal": "*", "principal_org_id": "o-a1b2c3d4e5"}`,
			`{"principal": "apigateway.amazonaws.com", "source_arn": "${aws_api_gateway_rest_api.api.execution_arn}/*/*"}`,
			`{"principal": "s3.amazonaws.com", "source_account": "${data.aws_caller_identity.current.account_id}"}`,
		},
		"aws_opensearch_domain.x":   {`{"vpc_options": {"subnet_ids": ["subnet-1"]}, "access_policies": ` + letting(`"Principal":{"AWS":"*"}`, ``) + `}`},
		"aws_lambda_function_url.x": {`{"authorization_type": "AWS_IAM"}`},
	} {
		for _, body := range bodies {
			if err := policy.Check(good(t, add(address, body)), policy.Expect{Public: true}); err != nil {
				t.Error(fmt.Errorf("%s %s: %w", address, body, err))
			}
		}
	}
}

// The policy of a domain in a VPC may be a resource of its own.
func TestThePolicyOfADomainInANetwork(t *testing.T) {
	policyOf := add("aws_opensearch_domain_policy.x", `{"domain_name": "${aws_opensearch_domain.d.domain_name}", "access_policies": `+letting(anybody, "")+`}`)
	check(t, []breaking{{
		name:    "a domain on the internet",
		changes: []change{policyOf, add("aws_opensearch_domain.d", `{"domain_name": "d"}`)},
		want: []string{`closed-resource: aws_opensearch_domain_policy.x: access_policies: statement 1 lets in "*"; ` +
			`name the principals that may, or add a condition such as aws:PrincipalOrgID, aws:SourceArn or aws:SourceAccount`},
	}})
	byName := add("aws_opensearch_domain_policy.x", `{"domain_name": "d", "access_policies": `+letting(anybody, "")+`}`)
	for _, settings := range []string{`"vpc_options": {"subnet_ids": ["subnet-1"]}`, `"advanced_security_options": {"enabled": true}`} {
		inside := add("aws_opensearch_domain.d", `{"domain_name": "d", `+settings+`}`)
		for _, of := range []change{policyOf, byName} {
			if err := policy.Check(good(t, of, inside), policy.Expect{Public: true}); err != nil {
				t.Errorf("%s: %v", settings, err)
			}
		}
	}
	for _, settings := range []string{`"vpc_options": []`, `"advanced_security_options": {"enabled": false}`} {
		outside := add("aws_opensearch_domain.d", `{"domain_name": "d", `+settings+`}`)
		if err := policy.Check(good(t, byName, outside), policy.Expect{Public: true}); err == nil {
			t.Errorf("%s: anybody is let in", settings)
		}
	}
}
