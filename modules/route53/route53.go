// Package route53 declares records in an existing hosted zone.
package route53

import (
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/route53record"

	"cdk.tf/go/ingest/modules/internal/tf"
)

// Target is an AWS endpoint to which a name leads.
type Target struct {
	DomainName string
	ZoneID     string
}

// Alias declares the address record of a name: an alias, which follows the target's addresses, and whose queries are free. It is
// only for IPv4, like API Gateway's regional endpoints by default.
func Alias(scope constructs.Construct, id, zoneID, name string, target Target) {
	c := constructs.NewConstruct(scope, jsii.String(id))
	tf.New(c, "Default", route53record.NewRoute53Record, &route53record.Route53RecordConfig{
		ZoneId: jsii.String(zoneID),
		Name:   jsii.String(name),
		Type:   jsii.String("A"),
		Alias: &route53record.Route53RecordAlias{
			Name:   jsii.String(target.DomainName),
			ZoneId: jsii.String(target.ZoneID),
			// There is no other record to answer with if the target is unhealthy.
			EvaluateTargetHealth: jsii.Bool(false),
		},
	})
}

// proofTTL is the time in seconds for which resolvers cache a proof. It is short, because a mistake in a proof delays the
// certificate.
const proofTTL = 60

// Proof declares the record that proves the ownership of a domain to a certificate authority, and returns its name. A second
// certificate for the same domain has the same record, and overwrites it.
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
