// Package cloudfront declares a distribution that serves a private bucket as a web page.
package cloudfront

import (
	"strings"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	distribution "github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudfrontdistribution"
	access "github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudfrontoriginaccesscontrol"

	"cdk.tf/go/ingest/modules/internal/tf"
	"cdk.tf/go/ingest/spec"
)

// Config of a distribution.
type Config struct {
	// Name of the distribution's origin access control and headers policy, which must be unique in the account. A distribution
	// itself has no name.
	Name    string
	Comment string
	// BucketDomain is the bucket's domain name.
	BucketDomain string
	// RootObject is the object for the distribution's address without a path.
	RootObject string
	PriceClass spec.PriceClass
	// Connect are the addresses that the page's scripts may call, in addition to the page's own. They may contain references. One
	// that ends with "/" includes all addresses below it.
	Connect []string
	// Protected makes Terraform refuse to destroy the distribution, whose address AWS chooses.
	Protected bool
}

// Distribution is the declared distribution.
type Distribution struct {
	ARN string
	URL string
}

const (
	// cachingOptimized is a managed cache policy of AWS (developer guide, "Use managed cache policies"): compressed objects,
	// without cookies and queries. It obeys Cache-Control, except that it caches for at least a second.
	cachingOptimized = "658327ea-f89d-4fab-a63d-7e88639e58f6"
	originID         = "bucket"
)

// New declares the distribution, its origin access control, which signs its requests to the bucket, and its headers policy.
//
// It has CloudFront's own certificate, for which TLS 1.2 cannot be the minimum: CloudFront sets TLSv1 for it, whatever the
// configuration (API reference, ViewerCertificate).
func New(scope constructs.Construct, id string, cfg Config) *Distribution {
	c := constructs.NewConstruct(scope, jsii.String(id))
	control := tf.New(c, "access", access.NewCloudfrontOriginAccessControl, &access.CloudfrontOriginAccessControlConfig{
		Name:                          jsii.String(cfg.Name),
		Description:                   jsii.String(cfg.Comment),
		OriginAccessControlOriginType: jsii.String("s3"),
		SigningBehavior:               jsii.String("always"),
		SigningProtocol:               jsii.String("sigv4"),
	})
	headers := securityHeaders(c, cfg)
	made := tf.New(c, "Default", distribution.NewCloudfrontDistribution, &distribution.CloudfrontDistributionConfig{
		Comment:           jsii.String(cfg.Comment),
		Enabled:           jsii.Bool(true),
		DefaultRootObject: jsii.String(cfg.RootObject),
		HttpVersion:       jsii.String("http2and3"),
		IsIpv6Enabled:     jsii.Bool(true),
		PriceClass:        jsii.String(string(cfg.PriceClass)),
		Origin: []distribution.CloudfrontDistributionOrigin{{
			OriginId:              jsii.String(originID),
			DomainName:            jsii.String(cfg.BucketDomain),
			OriginAccessControlId: control.Id(),
		}},
		DefaultCacheBehavior: behaviour(headers.Id()),
		Restrictions: &distribution.CloudfrontDistributionRestrictions{
			GeoRestriction: &distribution.CloudfrontDistributionRestrictionsGeoRestriction{RestrictionType: jsii.String("none")},
		},
		ViewerCertificate: &distribution.CloudfrontDistributionViewerCertificate{CloudfrontDefaultCertificate: jsii.Bool(true)},
		Lifecycle:         tf.Protect(cfg.Protected),
	})
	return &Distribution{ARN: *made.Arn(), URL: "https://" + *made.DomainName() + "/"}
}

func behaviour(headers *string) *distribution.CloudfrontDistributionDefaultCacheBehavior {
	return &distribution.CloudfrontDistributionDefaultCacheBehavior{
		TargetOriginId:          jsii.String(originID),
		ViewerProtocolPolicy:    jsii.String("redirect-to-https"),
		AllowedMethods:          jsii.Strings("GET", "HEAD"),
		CachedMethods:           jsii.Strings("GET", "HEAD"),
		Compress:                jsii.Bool(true),
		CachePolicyId:           jsii.String(cachingOptimized),
		ResponseHeadersPolicyId: headers,
	}
}

// contentSecurity allows a page to load only its own files, and to call itself and the addresses.
func contentSecurity(connect []string) string {
	return strings.Join([]string{
		"default-src 'none'",
		"script-src 'self'",
		"style-src 'self'",
		"img-src 'self' data:",
		strings.Join(append([]string{"connect-src 'self'"}, connect...), " "),
		"base-uri 'none'",
		"form-action 'none'",
		"frame-ancestors 'none'",
	}, "; ")
}
