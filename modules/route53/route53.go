// Package route53 declares records in a hosted zone that is somebody else's to keep.
package route53

import (
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/route53record"

	"cdk.tf/go/ingest/modules/internal/tf"
)

// Target is an endpoint of AWS's that a name leads to.
type Target struct {
	DomainName string
	ZoneID     string
}

// Alias declares the address record of a name: an alias, which follows the target's addresses and costs nothing to ask for.
// It is for IPv4 alone, as API Gateway's regional endpoints are where nobody asks for more.
func Alias(scope constructs.Construct, id, zoneID, name string, target Target) {
	c := constructs.NewConstruct(scope, jsii.String(id))
	tf.New(c, "Default", route53record.NewRoute53Record, &route53record.Route53RecordConfig{
		ZoneId: jsii.String(zoneID),
		Name:   jsii.String(name),
		Type:   jsii.String("A"),
		Alias: &route53record.Route53RecordAlias{
			Name:   jsii.String(target.DomainName),
			ZoneId: jsii.String(target.ZoneID),
			// There is no second answer to give where the only one is ill.
			EvaluateTargetHealth: jsii.Bool(false),
		},
	})
}

// proofTTL is how long resolvers keep a proof, in seconds: short, because a mistake in it holds up the certificate.
const proofTTL = 60

// Proof declares the record by which a certificate authority knows who has a domain, and returns its name. A second
// certificate for the same domain has the same record, which then is taken over.
func Proof(scope constructs.Construct, id, zoneID, name, kind, value string) (fqdn string) {
	c := constructs.NewConstruct(scope, jsii.String(id))
	record := tf.New(c, "Default", route53record.NewRoute53Record, &route53record.Route53RecordConfig{
		ZoneId:         jsii.String(zoneID),
		Name:           jsii.String(name),
		Type:           jsii.String(kind),
		Records:        jsii.Strings(value),
		Ttl:            jsii.Number(proofTTL),
		AllowOverwrite: jsii.Bool(true),
	})
	return *record.Fqdn()
}
