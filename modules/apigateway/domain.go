package apigateway

import (
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	mapping "github.com/cdktf/cdktf-provider-aws-go/aws/v19/apigatewaybasepathmapping"
	domainname "github.com/cdktf/cdktf-provider-aws-go/aws/v19/apigatewaydomainname"

	"cdk.tf/go/ingest/modules/internal/tf"
	"cdk.tf/go/ingest/spec"
)

// DomainConfig is of a domain for an API's stage.
type DomainConfig struct {
	Name string
	// CertificateARN of the certificate for the name, which must be issued.
	CertificateARN string
	MutualTLS      spec.MutualTLS
	API            *API
}

// Domain is what was made.
type Domain struct {
	// URL is where the stage answers, without a "/" at its end.
	URL string
	// Target is the endpoint that the name must lead to, and ZoneID the hosted zone that it is in.
	Target, ZoneID string
}

// NewDomain declares the domain, and maps all of it to the stage. The scope must not be the API's own: a domain is no part
// of what is deployed, and may change without a deployment.
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
	// Without a base path: it is the stage that stands there, and /submit follows.
	mapped := tf.New(c, "mapping", mapping.NewApiGatewayBasePathMapping, &mapping.ApiGatewayBasePathMappingConfig{
		ApiId:      jsii.String(cfg.API.ID),
		StageName:  jsii.String(cfg.API.Stage),
		DomainName: domain.DomainName(),
	})
	return &Domain{
		// By the mapping: before it is there the name answers nobody.
		URL:    "https://" + *mapped.DomainName(),
		Target: *domain.RegionalDomainName(),
		ZoneID: *domain.RegionalZoneId(),
	}
}

// At is the same API, called at another address.
func (a *API) At(url string) *API {
	moved := *a
	moved.StageURL, moved.SubmitURL = url, url+submitPath
	if a.BatchURL != "" {
		moved.BatchURL = moved.SubmitURL + batchPath
	}
	return &moved
}
