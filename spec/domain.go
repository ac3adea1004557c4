package spec

// Domain is a name of one's own for the API, such as "events.example.com": then events are posted to
// https://events.example.com/submit, over TLS 1.2 or newer. A producer in a VPC reaches it where the VPC has a way to the internet,
// whatever endpoints the VPC has.
//
// The guide has two readings of the TLS version: a TLS_1_2 policy "rejects TLS 1.0 traffic" ("Choose a security policy for your REST
// API custom domain in API Gateway"), and where the API's policy is another, "API Gateway uses the security policy of the API to
// negotiate the TLS handshake" ("Security policies for REST APIs in API Gateway"). The API's is TLS_1_0, which provider 5 cannot
// change. So try it: curl --tls-max 1.1 has to fail.
type Domain struct {
	// Name is the host name, at most 64 characters, which is the most that a certificate of ACM's own names. Empty leaves the
	// API with the address that API Gateway makes.
	Name string
	// ZoneID is the public Route 53 hosted zone that gets the domain's record, and the record by which ACM proves the domain,
	// such as "Z0123456789ABCDEFGHIJ". Empty leaves both to somebody else: the output domain_target is what the name points
	// at. Then there must be a certificate.
	ZoneID string
	// CertificateARN of an ACM certificate for the name, in the environment's region. Empty requests one, which ACM renews as
	// long as its record is in the zone.
	CertificateARN string
	// MutualTLS asks clients for a certificate too.
	MutualTLS MutualTLS
	// DisableDefaultEndpoint turns the address off that API Gateway makes (execute-api), which takes TLS 1.0.
	DisableDefaultEndpoint bool
}

// MutualTLS is whose clients are let in, before anything else is asked. The bundle of their authorities' certificates is an
// object in S3 that is somebody else's to keep.
type MutualTLS struct {
	// TruststoreURI of the bundle in PEM, such as "s3://bucket/truststore.pem", in the environment's region. Empty asks for no
	// client certificates.
	TruststoreURI string
	// TruststoreVersion is the object's version. Empty takes the newest of the moment; API Gateway looks again only when this
	// changes.
	TruststoreVersion string
	// OwnershipCertificateARN of a certificate that ACM itself issued for the name, which API Gateway asks for where
	// CertificateARN is an imported certificate or a private authority's (API Gateway developer guide, "How to turn on mutual
	// TLS authentication for your REST APIs").
	OwnershipCertificateARN string
}

// Enabled tells whether clients need a certificate.
func (m MutualTLS) Enabled() bool { return m.TruststoreURI != "" }
