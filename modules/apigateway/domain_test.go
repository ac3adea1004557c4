package apigateway

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/modules/internal/tftest"
	"cdk.tf/go/ingest/spec"
)

// withDomain makes the default API with a domain.
func withDomain(t *testing.T, mutual spec.MutualTLS) tftest.Resources {
	t.Helper()
	return tftest.Synth(t, func(stack cdktf.TerraformStack) {
		NewDomain(stack, "domain", DomainConfig{
			Name: "events.example.com", CertificateARN: "arn:certificate", MutualTLS: mutual, API: New(stack, "api", defaults()),
		})
	})
}

func TestDomain(t *testing.T) {
	resources := withDomain(t, spec.MutualTLS{})
	resources.Expect(t, "aws_api_gateway_domain_name.domain", `{
		"domain_name": "events.example.com", "regional_certificate_arn": "arn:certificate",
		"endpoint_configuration": {"types": ["REGIONAL"]}, "security_policy": "TLS_1_2"
	}`)
	resources.Expect(t, "aws_api_gateway_base_path_mapping.domain_mapping", `{
		"domain_name": "${aws_api_gateway_domain_name.domain.domain_name}",
		"api_id": "${aws_api_gateway_rest_api.api.id}", "stage_name": "${aws_api_gateway_stage.api_stage.stage_name}"
	}`)
	if off, there := resources["aws_api_gateway_rest_api.api"]["disable_execute_api_endpoint"]; there {
		t.Errorf("disable_execute_api_endpoint is %v", off)
	}
}

func TestDomainOverridden(t *testing.T) {
	resources := withDomain(t, spec.MutualTLS{
		TruststoreURI: "s3://trust/store.pem", TruststoreVersion: "v1", OwnershipCertificateARN: "arn:ownership",
	})
	resources.Expect(t, "aws_api_gateway_domain_name.domain", `{
		"domain_name": "events.example.com", "regional_certificate_arn": "arn:certificate",
		"endpoint_configuration": {"types": ["REGIONAL"]}, "security_policy": "TLS_1_2",
		"mutual_tls_authentication": {"truststore_uri": "s3://trust/store.pem", "truststore_version": "v1"},
		"ownership_verification_certificate_arn": "arn:ownership"
	}`)
}

// The newest truststore has no version.
func TestDomainWithTheNewestTruststore(t *testing.T) {
	domain := withDomain(t, spec.MutualTLS{TruststoreURI: "s3://trust/store.pem"})["aws_api_gateway_domain_name.domain"]
	if diff := cmp.Diff(map[string]any{"truststore_uri": "s3://trust/store.pem"}, domain["mutual_tls_authentication"]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A change of a domain causes no deployment. Turning the API's own address off causes one.
func TestADomainIsNotDeployed(t *testing.T) {
	deployment := func(resources tftest.Resources) map[string]any {
		return resources["aws_api_gateway_deployment.api_deployment"]
	}
	without := deployment(tftest.Synth(t, func(stack cdktf.TerraformStack) { New(stack, "api", defaults()) }))
	for name, with := range map[string]tftest.Resources{
		"a domain": withDomain(t, spec.MutualTLS{}), "a domain that asks for certificates": withDomain(t, spec.MutualTLS{TruststoreURI: "s3://a/b"}),
	} {
		if diff := cmp.Diff(without, deployment(with)); diff != "" {
			t.Errorf("%s deploys otherwise (-without +with):\n%s", name, diff)
		}
	}
	off := tftest.Synth(t, func(stack cdktf.TerraformStack) {
		cfg := defaults()
		cfg.API.Domain = spec.Domain{Name: "events.example.com", DisableDefaultEndpoint: true}
		New(stack, "api", cfg)
	})
	if got := off["aws_api_gateway_rest_api.api"]["disable_execute_api_endpoint"]; got != true {
		t.Errorf("disable_execute_api_endpoint is %v", got)
	}
	if cmp.Equal(without["triggers"], deployment(off)["triggers"]) {
		t.Error("an API whose own address goes off is not deployed again")
	}
}

func TestTwoDomains(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) {
		api := New(stack, "api", defaults())
		NewDomain(stack, "first", DomainConfig{Name: "a.example.com", CertificateARN: "arn:a", API: api})
		NewDomain(stack, "second", DomainConfig{Name: "b.example.com", CertificateARN: "arn:b", API: api})
	})
	resources.Of("aws_api_gateway_domain_name").ExpectAddresses(t, "aws_api_gateway_domain_name.first", "aws_api_gateway_domain_name.second")
	resources.Of("aws_api_gateway_base_path_mapping").ExpectAddresses(t,
		"aws_api_gateway_base_path_mapping.first_mapping", "aws_api_gateway_base_path_mapping.second_mapping")
}

// There is no gateway response for WAF, so the one for every 4xx answers a blocked request: with CORS headers, and in the form of
// every other refusal.
func TestABlockedRequestIsAnsweredAsAnyRefusal(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) { New(stack, "api", defaults()) })
	for address, body := range resources.Of("aws_api_gateway_gateway_response") {
		if body["response_type"] == "WAF_FILTERED" {
			t.Errorf("%s is %v", address, body)
		}
	}
	refusal := resources["aws_api_gateway_gateway_response.api_default-4xx"]
	headers, _ := refusal["response_parameters"].(map[string]any)
	if headers["gatewayresponse.header.Access-Control-Allow-Origin"] != "'*'" || refusal["response_type"] != "DEFAULT_4XX" {
		t.Errorf("the answer to every 4xx is %v", refusal)
	}
}
