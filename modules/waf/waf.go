// Package waf declares a web ACL of AWS WAF for an API's stage, and its log.
package waf

import (
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/wafv2webacl"
	association "github.com/cdktf/cdktf-provider-aws-go/aws/v19/wafv2webaclassociation"

	"cdk.tf/go/ingest/modules/cloudwatch"
	"cdk.tf/go/ingest/modules/internal/tf"
	"cdk.tf/go/ingest/spec"
)

// Config of a firewall.
type Config struct {
	Name     string
	Firewall spec.Firewall
	// StageARN of the API's stage that the web ACL protects.
	StageARN string
	// LogGroup is the log group's name, which begins with "aws-waf-logs-".
	LogGroup      string
	RetentionDays int
	// Secrets are request headers that the log leaves out, in addition to the usual ones with credentials.
	Secrets []string
	// KeyARN of the key that encrypts the log. Its policy must let CloudWatch Logs use it. Empty uses the service's own key.
	KeyARN string
}

// Firewall is the declared web ACL.
type Firewall struct {
	LogGroup string
}

// New declares the web ACL, its log and its association with the stage.
//
// It has no custom response, so API Gateway's response WAF_FILTERED answers a blocked request. Its default is DEFAULT_4XX: 403, with
// CORS headers. WAF's custom responses would take precedence (API Gateway developer guide, "Gateway response types for API
// Gateway").
func New(scope constructs.Construct, id string, cfg Config) *Firewall {
	c := constructs.NewConstruct(scope, jsii.String(id))
	acl := tf.New(c, "Default", wafv2webacl.NewWafv2WebAcl, &wafv2webacl.Wafv2WebAclConfig{
		Name:          jsii.String(cfg.Name),
		Description:   jsii.String("Stands before the API " + cfg.Name),
		Scope:         jsii.String("REGIONAL"),
		DefaultAction: &wafv2webacl.Wafv2WebAclDefaultAction{Allow: &wafv2webacl.Wafv2WebAclDefaultActionAllow{}},
		AssociationConfig: &wafv2webacl.Wafv2WebAclAssociationConfig{
			RequestBody: []*wafv2webacl.Wafv2WebAclAssociationConfigRequestBody{{
				ApiGateway: &wafv2webacl.Wafv2WebAclAssociationConfigRequestBodyApiGateway{
					DefaultSizeInspectionLimit: jsii.String(inspected(cfg.Firewall.MaxBodyBytes)),
				},
			}},
		},
		DataProtectionConfig: protected(cfg.Secrets),
		Rule:                 rules(cfg.Firewall),
		VisibilityConfig: &wafv2webacl.Wafv2WebAclVisibilityConfig{
			CloudwatchMetricsEnabled: jsii.Bool(true),
			MetricName:               jsii.String(cfg.Name),
			SampledRequestsEnabled:   jsii.Bool(false),
		},
	})
	log := cloudwatch.New(c, "log", cloudwatch.Config{Name: cfg.LogGroup, RetentionDays: cfg.RetentionDays, KeyARN: cfg.KeyARN})
	logTo(c, acl, log, cfg)
	tf.New(c, "association", association.NewWafv2WebAclAssociation, &association.Wafv2WebAclAssociationConfigA{
		ResourceArn: jsii.String(cfg.StageARN),
		WebAclArn:   acl.Arn(),
	})
	return &Firewall{LogGroup: log.Name}
}

// inspected is the part of a body that API Gateway passes to WAF: 16, 32, 48 or 64 KB. It is no more than the limit for bodies
// needs, because above 16 KB each larger request costs more (AWS WAF developer guide, "Managing body inspection size limits").
func inspected(maxBodyBytes int) string {
	switch {
	case maxBodyBytes <= 16<<10: // also for 0, where no limit needs more
		return "KB_16"
	case maxBodyBytes <= 32<<10:
		return "KB_32"
	case maxBodyBytes <= 48<<10:
		return "KB_48"
	}
	return "KB_64"
}
