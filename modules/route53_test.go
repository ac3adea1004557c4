package modules_test

import (
	"testing"

	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/modules/internal/tftest"
	"cdk.tf/go/ingest/modules/route53"
)

var route53Target = route53.Target{DomainName: "d-1.execute-api.eu-west-1.amazonaws.com", ZoneID: "Z2"}

func TestRoute53Alias(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) {
		route53.Alias(stack, "record", "Z1", "events.example.com", route53Target)
	})
	resources.ExpectAddresses(t, "aws_route53_record.record")
	resources.Expect(t, "aws_route53_record.record", `{
		"zone_id": "Z1", "name": "events.example.com", "type": "A",
		"alias": {"name": "d-1.execute-api.eu-west-1.amazonaws.com", "zone_id": "Z2", "evaluate_target_health": false}
	}`)
}

func TestRoute53Proof(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) {
		route53.Proof(stack, "proof", "Z1", "_x.events.example.com.", "CNAME", "_y.acm-validations.aws.")
	})
	resources.Expect(t, "aws_route53_record.proof", `{
		"zone_id": "Z1", "name": "_x.events.example.com.", "type": "CNAME", "records": ["_y.acm-validations.aws."], "ttl": 60, "allow_overwrite": true
	}`)
}

func TestRoute53TwiceInOneStack(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) {
		route53.Alias(stack, "first", "Z1", "a.example.com", route53Target)
		route53.Alias(stack, "second", "Z1", "b.example.com", route53Target)
		route53.Proof(stack, "third", "Z1", "_a", "CNAME", "_b")
		route53.Proof(stack, "fourth", "Z1", "_c", "CNAME", "_d")
	})
	resources.ExpectAddresses(t, "aws_route53_record.first", "aws_route53_record.fourth", "aws_route53_record.second", "aws_route53_record.third")
}
