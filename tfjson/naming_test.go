package tfjson_test

import (
	"regexp"
	"testing"
)

// The forms are those of an apply of a domain and of a firewall with the AWS provider 5.100.0 on moto.
func TestResolveADomainAndAFirewall(t *testing.T) {
	resolved := resolve(t, read(t, inStack(`"resource": {
		"aws_acm_certificate": {"c": {"domain_name": "events.example.com"}},
		"aws_route53_record": {
			"proof": {
				"zone_id": "Z1", "type": "${tolist(aws_acm_certificate.c.domain_validation_options).0.resource_record_type}",
				"name": "${tolist(aws_acm_certificate.c.domain_validation_options)[0].resource_record_name}",
				"records": ["${tolist(aws_acm_certificate.c.domain_validation_options).0.resource_record_value}"]
			},
			"a": {"zone_id": "Z1", "name": "events.example.com", "type": "A", "alias": {"name": "${aws_api_gateway_domain_name.d.regional_domain_name}",
				"zone_id": "${aws_api_gateway_domain_name.d.regional_zone_id}", "evaluate_target_health": false}}
		},
		"aws_acm_certificate_validation": {"v": {"certificate_arn": "${aws_acm_certificate.c.arn}", "validation_record_fqdns": ["${aws_route53_record.proof.fqdn}"]}},
		"aws_api_gateway_domain_name": {"d": {"domain_name": "events.example.com", "regional_certificate_arn": "${aws_acm_certificate_validation.v.certificate_arn}"}},
		"aws_api_gateway_base_path_mapping": {
			"m": {"domain_name": "${aws_api_gateway_domain_name.d.domain_name}", "api_id": "x"},
			"n": {"domain_name": "${aws_api_gateway_domain_name.d.domain_name}", "api_id": "x", "base_path": "v1"}
		},
		"aws_wafv2_web_acl": {"w": {"name": "acl", "scope": "REGIONAL"}},
		"aws_wafv2_web_acl_association": {"a": {"resource_arn": "stage", "web_acl_arn": "${aws_wafv2_web_acl.w.arn}"}},
		"aws_wafv2_web_acl_logging_configuration": {"l": {"resource_arn": "${aws_wafv2_web_acl.w.arn}"}}
	}`)), here)
	const (
		uuid    = `[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`
		cert    = `arn:aws:acm:us-east-1:123456789012:certificate/` + uuid
		webACL  = `arn:aws:wafv2:us-east-1:123456789012:regional/webacl/acl/` + uuid
		through = `d-[0-9a-z]{10}\.execute-api\.us-east-1\.amazonaws\.com`
	)
	for _, want := range [][3]string{
		{"aws_acm_certificate.c", "arn", cert},
		{"aws_acm_certificate.c", "id", cert},
		{"aws_route53_record.proof", "id", `Z1__[0-9a-z]{32}\.events\.example\.com_CNAME`},
		{"aws_route53_record.proof", "fqdn", `_[0-9a-z]{32}\.events\.example\.com`},
		{"aws_route53_record.a", "id", `Z1_events\.example\.com_A`},
		{"aws_acm_certificate_validation.v", "certificate_arn", cert},
		{"aws_api_gateway_domain_name.d", "id", `events\.example\.com`},
		{"aws_api_gateway_domain_name.d", "arn", `arn:aws:apigateway:us-east-1::/domainnames/events\.example\.com`},
		{"aws_api_gateway_domain_name.d", "regional_domain_name", through},
		{"aws_api_gateway_domain_name.d", "regional_zone_id", `Z[0-9A-Z]{13}`},
		{"aws_api_gateway_domain_name.d", "regional_certificate_arn", cert},
		{"aws_api_gateway_base_path_mapping.m", "id", `events\.example\.com/`},
		{"aws_api_gateway_base_path_mapping.m", "domain_name", `events\.example\.com`},
		{"aws_api_gateway_base_path_mapping.n", "id", `events\.example\.com/v1`},
		{"aws_wafv2_web_acl.w", "id", uuid},
		{"aws_wafv2_web_acl.w", "arn", webACL},
		{"aws_wafv2_web_acl_association.a", "id", webACL + `,stage`},
		{"aws_wafv2_web_acl_logging_configuration.l", "id", webACL},
	} {
		got, err := resolved.Attribute(want[0], want[1])
		if err != nil || !regexp.MustCompile(`^`+want[2]+`$`).MatchString(got) {
			t.Errorf("%s.%s is %q, error %v; want %s", want[0], want[1], got, err, want[2])
		}
	}
}
