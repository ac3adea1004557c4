package stacks

import (
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/modules/acm"
	"cdk.tf/go/ingest/modules/apigateway"
	"cdk.tf/go/ingest/modules/route53"
	"cdk.tf/go/ingest/spec"
)

// declareDomain declares the API's own domain, if the environment has one, with its certificate and its record unless somebody
// else makes them. It returns the API at its address from then on.
func declareDomain(stack cdktf.TerraformStack, env spec.Environment, api *apigateway.API) (*apigateway.API, []output) {
	domain := env.API.Domain
	if domain.Name == "" {
		return api, nil
	}
	certificate := domain.CertificateARN
	if certificate == "" {
		certificate = acm.New(stack, "certificate", acm.Config{Name: domain.Name, ZoneID: domain.ZoneID}).ARN
	}
	made := apigateway.NewDomain(stack, "domain", apigateway.DomainConfig{
		Name: domain.Name, CertificateARN: certificate, MutualTLS: domain.MutualTLS, API: api,
	})
	if domain.ZoneID != "" {
		route53.Alias(stack, "domain-record", domain.ZoneID, domain.Name, route53.Target{DomainName: made.Target, ZoneID: made.ZoneID})
	}
	return api.At(made.URL), []output{{"domain_target", "What the domain's name leads to: for a record that is kept elsewhere", made.Target}}
}
