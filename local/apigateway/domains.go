package apigateway

import (
	"slices"
	"strings"

	"cdk.tf/go/ingest/tfjson"
)

type domainNameBlock struct {
	Name      string           `tf:"domain_name"`
	MutualTLS []map[string]any `tf:"mutual_tls_authentication"`

	// No effect: nobody calls by the domain here, see Config.Domains.
	CertificateARN          string            `tf:"certificate_arn"`
	CertificateBody         string            `tf:"certificate_body"`
	CertificateChain        string            `tf:"certificate_chain"`
	CertificateName         string            `tf:"certificate_name"`
	CertificateKey          string            `tf:"certificate_private_key"`
	Endpoint                []map[string]any  `tf:"endpoint_configuration"`
	OwnershipCertificateARN string            `tf:"ownership_verification_certificate_arn"`
	RegionalCertificateARN  string            `tf:"regional_certificate_arn"`
	RegionalCertificateName string            `tf:"regional_certificate_name"`
	SecurityPolicy          string            `tf:"security_policy"`
	Tags                    map[string]string `tf:"tags"`
}

type basePathMappingBlock struct {
	API      string `tf:"api_id"`
	Stage    string `tf:"stage_name"`
	Domain   string `tf:"domain_name"`
	BasePath string `tf:"base_path"`
}

// Domain is the address of a stage by a custom domain name on AWS. Here the stage answers only below "/STAGE/".
type Domain struct {
	// URL without a "/" at its end, such as "https://events.example.com" or, with a base path, "https://example.com/events".
	URL string
	// Stage is empty where the path itself names the stage.
	Stage string
}

// Domains are the custom domains that lead to the API, by URL.
func (c Config) Domains() []Domain { return slices.Clone(c.domains) }

// ClientCertificates are the declarations that require client certificates, each with its address, such as
// "aws_api_gateway_domain_name.d: mutual_tls_authentication". Here the API requires none.
func (c Config) ClientCertificates() []string { return slices.Clone(c.clientCertificates) }

func (r *reader) readDomains() {
	each(r, "aws_api_gateway_domain_name", func(res tfjson.Resource, block domainNameBlock) {
		if block.Name == "" {
			r.problem(res, "domain_name is empty; give the domain one")
		}
		if len(block.MutualTLS) > 0 {
			r.api.clientCertificates = append(r.api.clientCertificates, res.Address()+": mutual_tls_authentication")
		}
	})
	each(r, "aws_api_gateway_base_path_mapping", func(res tfjson.Resource, block basePathMappingBlock) {
		switch {
		case block.API != r.api.ID:
			r.problem(res, "api_id is %q; the stack's API is %q", block.API, r.api.ID)
		case block.Stage != "" && r.api.stages[block.Stage] == nil:
			r.dangling(res, "stage", "stage_name is %q, which is no stage of the API", block.Stage)
		default:
			url := "https://" + block.Domain
			if path := strings.Trim(block.BasePath, "/"); path != "" && path != "(none)" {
				url += "/" + path
			}
			r.api.domains = append(r.api.domains, Domain{URL: url, Stage: block.Stage})
		}
	})
	slices.SortFunc(r.api.domains, func(a, b Domain) int { return strings.Compare(a.URL, b.URL) })
}
