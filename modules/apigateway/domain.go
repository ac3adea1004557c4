package apigateway

import (
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	mapping "github.com/cdktf/cdktf-provider-aws-go/aws/v19/apigatewaybasepathmapping"
	domainname "github.com/cdktf/cdktf-provider-aws-go/aws/v19/apigatewaydomainname"

	"cdk.tf/go/ingest/modules/internal/tf"
	"cdk.tf/go/ingest/spec"
)

// DomainConfig of a domain for an API's stage.
type DomainConfig struct {
	Name string
	// CertificateARN of the certificate for the name, which must be issued.
	CertificateARN string
	MutualTLS      spec.MutualTLS
	API            *API
}

// Domain is the declared domain.
type Domain struct {
	// URL is the stage's address, without a "/" at its end.
	URL string
	// Target is the endpoint to which the name must lead. ZoneID is the endpoint's hosted zone.
	Target, ZoneID string
}

// NewDomain declares the domain, and maps all of it to the stage. The scope must not be the API's own, because a domain is not part
// of the deployment, and may change without one.
func NewDomain(scope constructs.Construct, id string, cfg DomainConfig) *Domain {
	c := constructs.NewConstruct(scope, jsii.String(id))
	config := &domainname.ApiGatewayDomainNameConfig{
		DomainName:             jsii.String(cfg.Name),
		RegionalCertificateArn: jsii.String(cfg.CertificateARN),
		EndpointConfiguration:  &domainname.ApiGatewayDomainNameEndpointConfiguration{Types: jsii.Strings("REGIONAL")},
		// TLS 1.2 and 1.3 (developer guide, "Choose a security policy for your custom domain in API Gateway"). The provider
		// knows no stricter one.
		SecurityPolicy: jsii.String("TLS_1_2"),
	}
	if cfg.MutualTLS.Enabled() {
		config.MutualTlsAuthentication = &domainname.ApiGatewayDomainNameMutualTlsAuthentication{
			TruststoreUri:     jsii.String(cfg.MutualTLS.TruststoreURI),
			TruststoreVersion: tf.Optional(cfg.MutualTLS.TruststoreVersion),
		}
		config.OwnershipVerificationCertificateArn = tf.Optional(cfg.MutualTLS.OwnershipCertificateARN)
	}
	domain := tf.New(c, "Default", domainname.NewApiGatewayDomainName, config)
	// Without a base path, the domain's root is the stage, and /submit follows.
	mapped := tf.New(c, "mapping", mapping.NewApiGatewayBasePathMapping, &mapping.ApiGatewayBasePathMappingConfig{
		ApiId:      jsii.String(cfg.API.ID),
		StageName:  jsii.String(cfg.API.Stage),
		DomainName: domain.DomainName(),
	})
	return &Domain{
		// From the mapping, because the name answers nobody before the mapping exists.
		URL:    "https://" + *mapped.DomainName(),
		Target: *domain.RegionalDomainName(),
		ZoneID: *domain.RegionalZoneId(),
	}
}

// At is the same API at another address.
func (a *API) At(url string) *API {
	moved := *a
	moved.StageURL, moved.SubmitURL = url, url+submitPath
	if a.BatchURL != "" {
		moved.BatchURL = moved.SubmitURL + batchPath
	}
	return &moved
}
