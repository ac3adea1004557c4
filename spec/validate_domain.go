package spec

import (
	"fmt"
	"regexp"
	"slices"

	"cdk.tf/go/ingest/internal/bucketname"
)

var (
	// hostPattern requires at least two labels and allows no wildcard: the API answers under one name.
	hostPattern = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$`)
	// zonePattern is the form of hosted zone ids, which have at most 32 characters (Route 53 API reference).
	zonePattern = regexp.MustCompile(`^[A-Z0-9]{1,32}$`)
	// certificatePattern's groups are the region and the account.
	certificatePattern = regexp.MustCompile(`^arn:aws[a-z-]*:acm:([a-z0-9-]+):([0-9]{12}):certificate/[A-Za-z0-9-]+$`)
	// truststorePattern has no characters that Terraform takes for an expression. Its groups are the bucket and the key.
	truststorePattern  = regexp.MustCompile(`^s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/([A-Za-z0-9!_.*'()/=+@:,-]{1,900})$`)
	objectVersion      = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)
	certificateExample = `use the ARN of a certificate in ACM, such as "arn:aws:acm:%s:111122223333:certificate/…"`
)

// maxCommonName is ACM's bound on the length of a certificate's domain name (API reference, RequestCertificate).
const maxCommonName = 64

func (p *problems) domain(e Environment) {
	domain := e.API.Domain
	if domain.Name == "" {
		p.withoutDomain(domain)
		return
	}
	if len(domain.Name) > maxCommonName || !hostPattern.MatchString(domain.Name) {
		p.add("API.Domain.Name", is(domain.Name), fmt.Sprintf(
			`use a host name such as "events.example.com", in lower case and of at most %d characters`, maxCommonName))
	}
	if e.API.Access.Private() {
		p.add("API.Domain.Name", is(domain.Name)+" while API.Access.VPCEndpoints is set",
			"leave it out: a private API answers only at its VPC endpoints")
	}
	if domain.ZoneID != "" {
		p.match("API.Domain.ZoneID", domain.ZoneID, zonePattern, `use a hosted zone's id, such as "Z0123456789ABCDEFGHIJ"`)
	} else if domain.CertificateARN == "" {
		p.add("API.Domain.ZoneID", "is empty and so is API.Domain.CertificateARN",
			"set the zone, in which ACM validates the domain, or name an existing certificate")
	}
	p.certificate("API.Domain.CertificateARN", domain.CertificateARN, e)
	p.mutualTLS(e)
}

func (p *problems) withoutDomain(domain Domain) {
	p.unused("API.Domain.Name is empty", "set API.Domain.Name, or leave it out",
		option{"API.Domain.ZoneID", domain.ZoneID != ""},
		option{"API.Domain.CertificateARN", domain.CertificateARN != ""},
		option{"API.Domain.MutualTLS", domain.MutualTLS != MutualTLS{}},
		option{"API.Domain.DisableDefaultEndpoint", domain.DisableDefaultEndpoint})
}

// certificate checks that the certificate is in the environment's region, as API Gateway requires for a regional domain
// (developer guide, "Set up a regional custom domain name"), and in its account: each account needs certificates of its own (AWS Security
// Blog, "How to deploy public ACM certificates across multiple AWS accounts and Regions using AWS CloudFormation StackSets").
func (p *problems) certificate(field, arn string, e Environment) {
	if arn == "" {
		return
	}
	parts := certificatePattern.FindStringSubmatch(arn)
	switch {
	case parts == nil:
		p.add(field, is(arn), fmt.Sprintf(certificateExample, e.Region))
	case parts[1] != e.Region:
		p.add(field, is(arn), "use a certificate in "+e.Region+", where the API is")
	case e.Account != "" && parts[2] != e.Account:
		p.add(field, is(arn)+", a certificate of another account than Account", "use one of "+e.Account+": no account shares a certificate of ACM")
	default:
		p.arn(field, arn, e.Region)
	}
}

func (p *problems) mutualTLS(e Environment) {
	const field = "API.Domain.MutualTLS"
	domain, mutual := e.API.Domain, e.API.Domain.MutualTLS
	if !mutual.Enabled() {
		if mutual != (MutualTLS{}) {
			p.add(field, "has no TruststoreURI", "set it, or leave the others out: they have no effect without it")
		}
		return
	}
	p.truststore(field+".TruststoreURI", e)
	if mutual.TruststoreVersion != "" {
		p.match(field+".TruststoreVersion", mutual.TruststoreVersion, objectVersion, "use the version of an object in S3, or leave it empty for the newest")
	}
	if mutual.OwnershipCertificateARN != "" && domain.CertificateARN == "" {
		p.add(field+".OwnershipCertificateARN", is(mutual.OwnershipCertificateARN)+" while API.Domain.CertificateARN is empty",
			"leave it out: ACM issues the certificate that the stack requests")
	}
	p.certificate(field+".OwnershipCertificateARN", mutual.OwnershipCertificateARN, e)
	if !domain.DisableDefaultEndpoint {
		p.add("API.Domain.DisableDefaultEndpoint", "is false while clients need a certificate (API.Domain.MutualTLS)",
			"set it to true: the API's own address does not ask for one")
	}
	if e.Web.Hosted {
		p.add("Web.Hosted", "is true while clients need a certificate (API.Domain.MutualTLS)",
			"set it to false: browsers send preflights without one, so no page could submit events")
	}
}

// truststore checks that the object may exist before the domain, whose creation reads it.
func (p *problems) truststore(field string, e Environment) {
	uri := e.API.Domain.MutualTLS.TruststoreURI
	parts := truststorePattern.FindStringSubmatch(uri)
	switch {
	case parts == nil || !bucketname.Valid(parts[1]):
		p.add(field, is(uri), `use an object in S3, such as "s3://bucket/truststore.pem"`)
	case hasDotSegment(parts[2]):
		p.add(field, is(uri), dotSegmentRemedy)
	case slices.Contains(e.ownBuckets(), parts[1]):
		p.add(field, is(uri)+", in a bucket that this environment makes", "use a bucket that exists before the environment: API Gateway reads the object when it makes the domain")
	}
}
