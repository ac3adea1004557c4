package modules_test

import (
	"testing"

	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/modules/acm"
	"cdk.tf/go/ingest/modules/internal/tftest"
)

func TestACMCertificate(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) {
		acm.New(stack, "certificate", acm.Config{Name: "events.example.com", ZoneID: "Z1"})
	})
	resources.ExpectAddresses(t, "aws_acm_certificate.certificate", "aws_acm_certificate_validation.certificate_issued", "aws_route53_record.certificate_proof")
	resources.Expect(t, "aws_acm_certificate.certificate", `{
		"domain_name": "events.example.com", "validation_method": "DNS", "lifecycle": {"create_before_destroy": true}
	}`)
	resources.Expect(t, "aws_route53_record.certificate_proof", `{
		"zone_id": "Z1", "ttl": 60, "allow_overwrite": true,
		"name": "${tolist(aws_acm_certificate.certificate.domain_validation_options).0.resource_record_name}",
		"type": "${tolist(aws_acm_certificate.certificate.domain_validation_options).0.resource_record_type}",
		"records": ["${tolist(aws_acm_certificate.certificate.domain_validation_options).0.resource_record_value}"]
	}`)
	resources.Expect(t, "aws_acm_certificate_validation.certificate_issued", `{
		"certificate_arn": "${aws_acm_certificate.certificate.arn}",
		"validation_record_fqdns": ["${aws_route53_record.certificate_proof.fqdn}"]
	}`)
}

func TestACMTwiceInOneStack(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) {
		acm.New(stack, "first", acm.Config{Name: "a.example.com", ZoneID: "Z1"})
		acm.New(stack, "second", acm.Config{Name: "b.example.com", ZoneID: "Z2"})
	})
	resources.ExpectAddresses(t, "aws_acm_certificate.first", "aws_acm_certificate.second",
		"aws_acm_certificate_validation.first_issued", "aws_acm_certificate_validation.second_issued",
		"aws_route53_record.first_proof", "aws_route53_record.second_proof")
}
