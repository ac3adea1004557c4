package spec

// Domain is a domain name of your own for the API, such as "events.example.com". Clients then post events to its path /submit, over
// TLS 1.2 or newer. Producers in a VPC can use it if the VPC has a route to the internet, whatever endpoints the VPC has.
//
// AWS documents the TLS version in two ways. A TLS_1_2 policy "rejects TLS 1.0 traffic" ("Choose a security policy for your REST
// API custom domain in API Gateway"). And if the API's policy differs, "API Gateway uses the security policy of the API to
// negotiate the TLS handshake" ("Security policies for REST APIs in API Gateway"). The API's policy is TLS_1_0, which version 5 of
// the AWS provider cannot change. So test it: curl --tls-max 1.1 must fail.
type Domain struct {
	// Name is the host name, at most 64 characters: ACM does not issue a certificate for a longer name. Empty means that the
	// API has only the address that API Gateway makes.
	Name string
	// ZoneID is the ID of the public Route 53 hosted zone, such as "Z0123456789ABCDEFGHIJ". The stack writes the domain's record
	// to it, and the record by which ACM validates the domain. If it is empty, set API.Domain.CertificateARN and make the
	// domain's record yourself: it points at the output domain_target.
	ZoneID string
	// CertificateARN is the ARN of an ACM certificate for the name, in the environment's region and account. If it is empty, the stack
	// requests a certificate. ACM renews it as long as its record is in the zone.
	CertificateARN string
	MutualTLS      MutualTLS
	// DisableDefaultEndpoint turns off the address that API Gateway makes (execute-api), which takes TLS 1.0.
	// API.Domain.MutualTLS needs it.
	DisableDefaultEndpoint bool
}

// MutualTLS makes API Gateway require a client certificate, in addition to API.Authorization. The certificates of the
// authorities that you trust are one object in an S3 bucket, which the environment does not make.
type MutualTLS struct {
	// TruststoreURI is the address of the authorities' certificates in PEM, such as "s3://bucket/truststore.pem", in the
	// environment's region. Empty means that clients need no certificate.
	TruststoreURI string
	// TruststoreVersion is the version of that object. Empty means the newest version when you deploy. API Gateway reads the
	// object again only when this option changes.
	TruststoreVersion string
	// OwnershipCertificateARN is the ARN of a certificate that ACM issued for the name. API Gateway requires it if
	// API.Domain.CertificateARN is an imported certificate or one of a private authority (API Gateway developer guide, "How to
	// turn on mutual TLS authentication for your REST APIs").
	OwnershipCertificateARN string
}

// Enabled tells whether clients need a certificate.
func (m MutualTLS) Enabled() bool { return m.TruststoreURI != "" }
