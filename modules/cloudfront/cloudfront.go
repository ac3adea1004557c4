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
	// Name of what belongs to the distribution, which has none itself: one per account.
	Name    string
	Comment string
	// BucketDomain is where the bucket answers.
	BucketDomain string
	// RootObject answers for the distribution's address without a path.
	RootObject string
	PriceClass spec.PriceClass
	// Connect are the addresses, beside its own, that the page's scripts may call; they may hold references. One that ends
	// with "/" is all that begins so.
	Connect []string
	// Protected makes Terraform refuse to destroy the distribution, whose address is AWS's choice.
	Protected bool
}

// Distribution is what was made.
type Distribution struct {
	ARN string
	URL string
}

const (
	// cachingOptimized is a cache policy that AWS keeps (developer guide, "Use managed cache policies"): compressed objects,
	// and neither cookies nor queries. It obeys Cache-Control but for its least time, a second.
	cachingOptimized = "658327ea-f89d-4fab-a63d-7e88639e58f6"
	originID         = "bucket"
)

// New declares the distribution, what signs its requests to the bucket, and what its answers' headers say.
//
// It has CloudFront's own certificate, with which TLS 1.2 cannot be made the least: CloudFront takes TLSv1 for it whatever
// is said (API reference, ViewerCertificate).
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

// contentSecurity is what a page may load, and call: what came with it, and the addresses.
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
