package cloudfront

import (
	"time"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	headers "github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudfrontresponseheaderspolicy"

	"cdk.tf/go/ingest/modules/internal/tf"
)

// httpsOnly is the time for which a browser uses only HTTPS after a visit: a year, as in the examples of RFC 6797.
const httpsOnly = 365 * 24 * time.Hour

// securityHeaders declares the headers of every answer, whatever the bucket sends.
func securityHeaders(c constructs.Construct, cfg Config) headers.CloudfrontResponseHeadersPolicy {
	override := jsii.Bool(true)
	return tf.New(c, "headers", headers.NewCloudfrontResponseHeadersPolicy, &headers.CloudfrontResponseHeadersPolicyConfig{
		Name:    jsii.String(cfg.Name),
		Comment: jsii.String(cfg.Comment),
		SecurityHeadersConfig: &headers.CloudfrontResponseHeadersPolicySecurityHeadersConfig{
			ContentSecurityPolicy: &headers.CloudfrontResponseHeadersPolicySecurityHeadersConfigContentSecurityPolicy{
				ContentSecurityPolicy: jsii.String(contentSecurity(cfg.Connect)), Override: override,
			},
			ContentTypeOptions: &headers.CloudfrontResponseHeadersPolicySecurityHeadersConfigContentTypeOptions{Override: override},
			FrameOptions: &headers.CloudfrontResponseHeadersPolicySecurityHeadersConfigFrameOptions{
				FrameOption: jsii.String("DENY"), Override: override,
			},
			ReferrerPolicy: &headers.CloudfrontResponseHeadersPolicySecurityHeadersConfigReferrerPolicy{
				ReferrerPolicy: jsii.String("no-referrer"), Override: override,
			},
			StrictTransportSecurity: &headers.CloudfrontResponseHeadersPolicySecurityHeadersConfigStrictTransportSecurity{
				AccessControlMaxAgeSec: jsii.Number(httpsOnly.Seconds()), Override: override,
			},
		},
	})
}
