// Package acm declares a certificate that ACM issues and renews.
package acm

import (
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/acmcertificate"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/acmcertificatevalidation"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/modules/internal/tf"
	"cdk.tf/go/ingest/modules/route53"
)

// Config of a certificate.
type Config struct {
	// Name is the certificate's only host name.
	Name string
	// ZoneID of the hosted zone of that name, in which ACM looks for the proof.
	ZoneID string
}

// Certificate is the declared certificate. ARN is known once ACM has issued it, so a resource that refers to it waits some minutes.
type Certificate struct {
	ARN string
}

// New declares the certificate, the record that proves the domain, and the wait until it is issued. The record stays: ACM
// looks for it again before each renewal (ACM user guide, "Managed certificate renewal").
func New(scope constructs.Construct, id string, cfg Config) *Certificate {
	c := constructs.NewConstruct(scope, jsii.String(id))
	certificate := tf.New(c, "Default", acmcertificate.NewAcmCertificate, &acmcertificate.AcmCertificateConfig{
		DomainName:       jsii.String(cfg.Name),
		ValidationMethod: jsii.String("DNS"),
		// A certificate that is in use cannot be deleted.
		Lifecycle: &cdktf.TerraformResourceLifecycle{CreateBeforeDestroy: jsii.Bool(true)},
	})
	option := certificate.DomainValidationOptions().Get(jsii.Number(0)) // one name has one option
	proof := route53.Proof(c, "proof", cfg.ZoneID,
		*option.ResourceRecordName(), *option.ResourceRecordType(), *option.ResourceRecordValue())
	issued := tf.New(c, "issued", acmcertificatevalidation.NewAcmCertificateValidation,
		&acmcertificatevalidation.AcmCertificateValidationConfig{
			CertificateArn:        certificate.Arn(),
			ValidationRecordFqdns: jsii.Strings(proof),
		})
	return &Certificate{ARN: *issued.CertificateArn()}
}
