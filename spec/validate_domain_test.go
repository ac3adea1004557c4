package spec

import (
	"strings"
	"testing"
)

const (
	certificate      = "arn:aws:acm:us-east-1:111122223333:certificate/12345678-90ab-cdef-1234-567890abcdef"
	otherCertificate = "arn:aws:acm:us-east-1:111122223333:certificate/fedcba09-8765-4321-fedc-ba0987654321"
)

// named gives the API a good domain and changes it.
func named(change func(d *Domain)) func(e *Environment) {
	return func(e *Environment) {
		e.API.Domain = Domain{Name: "events.example.com", ZoneID: "Z0123456789ABCDEFGHIJ"}
		change(&e.API.Domain)
	}
}

// mutual asks clients for a certificate too.
func mutual(change func(d *Domain)) func(e *Environment) {
	return named(func(d *Domain) {
		d.MutualTLS.TruststoreURI, d.DisableDefaultEndpoint = "s3://trust/store.pem", true
		change(d)
	})
}

func TestDomainRefused(t *testing.T) {
	const (
		name    = `; use a host name such as "events.example.com", in lower case and of at most 64 characters`
		zone    = `; use a hosted zone's id, such as "Z0123456789ABCDEFGHIJ"`
		arn     = `; use the ARN of a certificate in ACM, such as "arn:aws:acm:us-east-1:111122223333:certificate/…"`
		foreign = `, a certificate of another account than Account; use one of 999988887777: no account shares a certificate of ACM`
		store   = `; use an object in S3, such as "s3://bucket/truststore.pem"`
	)
	rows := []refusal{
		{"a private API", func(e *Environment) {
			named(func(*Domain) {})(e)
			e.API.Access.VPCEndpoints = []string{"vpce-0123456789abcdef0"}
		}, []string{`API.Domain.Name is "events.example.com" while API.Access.VPCEndpoints is set; leave it out: a private API answers only at its VPC endpoints`}},
		{"no zone and no certificate", named(func(d *Domain) { d.ZoneID = "" }),
			[]string{`API.Domain.ZoneID is empty and so is API.Domain.CertificateARN; set the zone, in which ACM validates the domain, or name an existing certificate`}},
		{"a zone's name", named(func(d *Domain) { d.ZoneID = "example.com" }), []string{`API.Domain.ZoneID is "example.com"` + zone}},
		{"a zone's ARN", named(func(d *Domain) { d.ZoneID = "/hostedzone/Z1" }), []string{`API.Domain.ZoneID is "/hostedzone/Z1"` + zone}},
		{"a certificate's id", named(func(d *Domain) { d.CertificateARN = "12345678" }), []string{`API.Domain.CertificateARN is "12345678"` + arn}},
		{"a certificate elsewhere", func(e *Environment) {
			named(func(d *Domain) { d.CertificateARN = certificate })(e)
			e.Region = "eu-west-1"
		}, []string{`API.Domain.CertificateARN is "` + certificate + `"; use a certificate in eu-west-1, where the API is`}},
		{"a version of nothing", named(func(d *Domain) { d.MutualTLS.TruststoreVersion = "1" }),
			[]string{"API.Domain.MutualTLS has no TruststoreURI; set it, or leave the others out: they have no effect without it"}},
		{"a truststore on a disk", mutual(func(d *Domain) { d.MutualTLS.TruststoreURI = "truststore.pem" }),
			[]string{`API.Domain.MutualTLS.TruststoreURI is "truststore.pem"` + store}},
		{"a truststore by an expression", mutual(func(d *Domain) { d.MutualTLS.TruststoreURI = "s3://trust/${x}" }),
			[]string{`API.Domain.MutualTLS.TruststoreURI is "s3://trust/${x}"` + store}},
		{"a truststore in no bucket", mutual(func(d *Domain) { d.MutualTLS.TruststoreURI = "s3://a..b/store.pem" }),
			[]string{`API.Domain.MutualTLS.TruststoreURI is "s3://a..b/store.pem"` + store}},
		{"a truststore among the events", mutual(func(d *Domain) { d.MutualTLS.TruststoreURI = "s3://api-kinesis-firehose-bucket-dev/store.pem" }), []string{
			`API.Domain.MutualTLS.TruststoreURI is "s3://api-kinesis-firehose-bucket-dev/store.pem", in a bucket that this environment makes; use a bucket that exists before the environment: API Gateway reads the object when it makes the domain`}},
		{"a bucket", mutual(func(d *Domain) { d.MutualTLS.TruststoreURI = "s3://trust" }), []string{`API.Domain.MutualTLS.TruststoreURI is "s3://trust"` + store}},
		{"certificates of another account", func(e *Environment) {
			mutual(func(d *Domain) { d.CertificateARN, d.MutualTLS.OwnershipCertificateARN = certificate, otherCertificate })(e)
			e.Account = "999988887777"
		}, []string{
			`API.Domain.CertificateARN is "` + certificate + `"` + foreign, `API.Domain.MutualTLS.OwnershipCertificateARN is "` + otherCertificate + `"` + foreign,
		}},
		{"a version by words", mutual(func(d *Domain) { d.MutualTLS.TruststoreVersion = "the newest" }),
			[]string{`API.Domain.MutualTLS.TruststoreVersion is "the newest"; use the version of an object in S3, or leave it empty for the newest`}},
		{"a proof of what needs none", mutual(func(d *Domain) { d.MutualTLS.OwnershipCertificateARN = certificate }),
			[]string{`API.Domain.MutualTLS.OwnershipCertificateARN is "` + certificate + `" while API.Domain.CertificateARN is empty; leave it out: ACM issues the certificate that the stack requests`}},
		{"an invalid ownership certificate", mutual(func(d *Domain) {
			d.CertificateARN, d.MutualTLS.OwnershipCertificateARN = certificate, "x"
		}), []string{`API.Domain.MutualTLS.OwnershipCertificateARN is "x"` + arn}},
		{"a way round", mutual(func(d *Domain) { d.DisableDefaultEndpoint = false }),
			[]string{"API.Domain.DisableDefaultEndpoint is false while clients need a certificate (API.Domain.MutualTLS); set it to true: the API's own address does not ask for one"}},
		{"a page that could not submit", func(e *Environment) {
			mutual(func(*Domain) {})(e)
			e.Web.Hosted = true
		}, []string{"Web.Hosted is true while clients need a certificate (API.Domain.MutualTLS); set it to false: browsers send preflights without one, so no page could submit events"}},
	}
	for _, bad := range []string{
		"events", "Events.example.com", "*.example.com", "events.example.com.", "https://events.example.com", "-a.example.com",
		"a..example.com", "192.0.2.1", "${x}.example.com", strings.Repeat("a", 53) + ".example.com",
	} {
		rows = append(rows, refusal{bad, named(func(d *Domain) { d.Name = bad }), []string{"API.Domain.Name " + is(bad) + name}})
	}
	testRefusals(t, rows)
}

func TestDomainAccepted(t *testing.T) {
	testAcceptances(t, []acceptance{
		{"a requested certificate", named(func(*Domain) {})},
		{"an own certificate", named(func(d *Domain) { d.CertificateARN = certificate })},
		{"an own certificate, and a zone of somebody else's", named(func(d *Domain) { d.CertificateARN, d.ZoneID = certificate, "" })},
		{"a certificate of the account", func(e *Environment) {
			named(func(d *Domain) { d.CertificateARN = certificate })(e)
			e.Account = "111122223333"
		}},
		{"that address alone", named(func(d *Domain) { d.DisableDefaultEndpoint = true })},
		{"the longest name", named(func(d *Domain) { d.Name = strings.Repeat("a", 52) + ".example.com" })},
		{"an international name", named(func(d *Domain) { d.Name = "xn--bcher-kva.xn--p1ai" })},
		{"another partition", func(e *Environment) {
			e.Region = "cn-north-1"
			e.API.Domain = Domain{Name: "a.example.cn", CertificateARN: "arn:aws-cn:acm:cn-north-1:111122223333:certificate/1"}
		}},
		{"client certificates", mutual(func(d *Domain) {
			d.MutualTLS.TruststoreVersion = "3HL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY-MTRCxf3vjVBH40Nr8X8gdRQBpUMLUo"
		})},
		{"an imported certificate", mutual(func(d *Domain) {
			d.CertificateARN, d.MutualTLS.OwnershipCertificateARN = certificate, otherCertificate
		})},
		{"addresses besides", func(e *Environment) {
			mutual(func(*Domain) {})(e)
			e.API.Access.SourceIPs = []string{"203.0.113.0/24"}
		}},
	})
}
