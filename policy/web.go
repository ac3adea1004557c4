package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cdk.tf/go/ingest/tfjson"
)

const (
	distribution      = "aws_cloudfront_distribution"
	accessControl     = "aws_cloudfront_origin_access_control"
	headersPolicy     = "aws_cloudfront_response_headers_policy"
	cloudFrontService = "cloudfront.amazonaws.com"
)

func webPage(c *checker) {
	// The distributions that publish each bucket.
	publishers := map[string][]tfjson.Resource{}
	for _, d := range c.stack.Resources(distribution) {
		for _, bucket := range c.origins(d) {
			publishers[bucket.Address()] = append(publishers[bucket.Address()], d)
		}
		c.behaviours(d)
		c.viewers(d)
	}
	for _, control := range c.stack.Resources(accessControl) {
		c.want(in(control), "origin_access_control_origin_type", "s3")
		c.want(in(control), "signing_behavior", "always")
		c.want(in(control), "signing_protocol", "sigv4")
	}
	for _, headers := range c.stack.Resources(headersPolicy) {
		c.securityHeaders(headers)
	}
	c.readers(publishers)
	c.otherWaysToPublish()
}

// origins checks a distribution's origins and returns the buckets among them.
func (c *checker) origins(d tfjson.Resource) []tfjson.Resource {
	var buckets []tfjson.Resource
	for _, origin := range c.blocks(in(d), "origin") {
		bucket, ok := c.follow(origin.body["domain_name"], s3Bucket, "bucket_regional_domain_name")
		if !ok {
			c.breachAt(origin, "origin.domain_name refers to no bucket of the stack", "refer to the bucket_regional_domain_name of one")
			continue
		}
		buckets = append(buckets, bucket)
		if _, ok := c.follow(origin.body["origin_access_control_id"], accessControl, "id"); !ok {
			c.breachAt(origin, "origin.origin_access_control_id refers to no access control of the stack", "refer to the id of one: the bucket answers only signed requests")
		}
		for _, delivery := range c.deliveries() {
			if delivery.hasBucket && delivery.bucket.Address() == bucket.Address() {
				c.breachAt(origin, "publishes "+bucket.Address()+", in which events land", "publish a separate bucket")
			}
		}
	}
	return buckets
}

func (c *checker) behaviours(d tfjson.Resource) {
	places := slices.Concat([]place{c.block(in(d), "default_cache_behavior")}, c.blocks(in(d), "ordered_cache_behavior"))
	for _, behaviour := range places {
		c.want(behaviour, "viewer_protocol_policy", "redirect-to-https", "https-only")
		if _, ok := c.follow(behaviour.body["response_headers_policy_id"], headersPolicy, "id"); !ok {
			c.breachAt(behaviour, behaviour.path+"response_headers_policy_id refers to no policy of the stack", "refer to the id of one")
		}
	}
}

// viewers: CloudFront chooses the protocol for its own domain. For another one the certificate's block must, or old TLS is enough.
func (c *checker) viewers(d tfjson.Resource) {
	certificate := c.block(in(d), "viewer_certificate")
	if own, ok := c.value(certificate.body["cloudfront_default_certificate"]); !ok || own != "true" {
		c.want(certificate, "minimum_protocol_version", "TLSv1.2_2018", "TLSv1.2_2019", "TLSv1.2_2021", "TLSv1.2_2025", "TLSv1.3_2025")
	}
}

// leastHTTPSOnly is a year in seconds.
const leastHTTPSOnly = 365 * 24 * 60 * 60

func (c *checker) securityHeaders(policy tfjson.Resource) {
	security := c.block(in(policy), "security_headers_config")
	header := func(name string) place {
		block := c.block(security, name)
		c.want(block, "override", "true")
		return block
	}
	c.contentSecurity(header("content_security_policy"))
	header("content_type_options")
	c.want(header("frame_options"), "frame_option", "DENY")
	c.want(header("referrer_policy"), "referrer_policy", "no-referrer")
	transport := header("strict_transport_security")
	const age = "access_control_max_age_sec"
	if seconds, ok := c.literal(transport, age); ok {
		if n, err := strconv.Atoi(seconds); err != nil || n < leastHTTPSOnly {
			c.breachAt(transport, fmt.Sprintf("%s is %q", transport.path+age, seconds), fmt.Sprintf("set it to %d at least, a year", leastHTTPSOnly))
		}
	}
}

// contentSecurity: a page may load only its own files. Its scripts may call named hosts and the APIs of the stack.
func (c *checker) contentSecurity(p place) {
	const key = "content_security_policy"
	text, _ := p.body[key].(string)
	parts, _ := tfjson.Parse(text) // "readable" reports an invalid template
	if slices.ContainsFunc(parts, c.unknownSource) {
		c.undecidable(p, key)
	}
	var directives []string
	for directive := range strings.SplitSeq(text, ";") {
		directives = append(directives, strings.TrimSpace(directive))
	}
	for _, needed := range []string{"default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"} {
		if !slices.Contains(directives, needed) {
			c.breachAt(p, fmt.Sprintf("%s does not say %q", p.path+key, needed), "add it")
		}
	}
	for _, directive := range directives {
		for _, source := range strings.Fields(directive) {
			if isWide(source) && directive != inlineImages {
				c.breachAt(p, fmt.Sprintf("%s says %q", p.path+key, directive), "name the hosts that the page needs, and keep scripts and styles in files")
				break
			}
		}
	}
}

// addresses are the attributes with an API's address, by type.
var addresses = map[string]string{apiStage: "invoke_url", basePathMapping: "domain_name"}

// unknownSource reports whether a part of a policy is neither text nor the address of the stack's own API.
func (c *checker) unknownSource(part tfjson.Part) bool {
	if part.Literal != "" {
		return false
	}
	if part.Reference == nil {
		return true
	}
	attribute, known := addresses[part.Reference.Type]
	return !known || attribute != part.Reference.Attribute
}

// inlineImages is allowed because an image cannot do anything, whatever its source.
const inlineImages = "img-src 'self' data:"

// isWide reports whether a source allows any host, a host without TLS, or inline code (Content Security Policy, level 3, 2.3.1).
func isWide(source string) bool {
	return strings.Contains(source, "*") || strings.Contains(source, "unsafe-") || strings.HasSuffix(source, ":") || strings.HasPrefix(source, "http://")
}

// readers checks that the policy of a published bucket allows only a distribution, and that the policy of any bucket allows
// CloudFront only for a distribution that has the bucket as its origin.
func (c *checker) readers(publishers map[string][]tfjson.Resource) {
	let := map[string]bool{} // "bucket distribution"
	for _, policy := range c.stack.Resources(s3BucketPolicy) {
		statements, err := c.parseDocument(policy.Body["policy"])
		bucket, _ := c.follow(policy.Body["bucket"], s3Bucket, "bucket", "id")
		if err != nil {
			continue // "private-bucket" reports it
		}
		by := publishers[bucket.Address()]
		for i, s := range statements {
			if s.effect != allow || by == nil && !slices.Contains(s.principals["Service"], cloudFrontService) {
				continue
			}
			d := slices.IndexFunc(by, func(d tfjson.Resource) bool { return readsFor(s, bucket, d) })
			if d < 0 {
				c.breach(policy.Address(), fmt.Sprintf("policy: statement %d lets in %s", i+1, everybodyOr(s)),
					"allow s3:GetObject only to "+cloudFrontService+", where AWS:SourceArn is the distribution of the stack that has the bucket as its origin")
				continue
			}
			let[bucket.Address()+" "+by[d].Address()] = true
		}
	}
	for _, bucket := range c.stack.Resources(s3Bucket) {
		for _, d := range publishers[bucket.Address()] {
			if !let[bucket.Address()+" "+d.Address()] {
				c.breach(d.Address(), "may not read "+bucket.Address(), "allow it in the bucket's policy")
			}
		}
	}
}

// readsFor reports whether a statement lets a distribution read a bucket's objects and does nothing else.
func readsFor(s statement, bucket, d tfjson.Resource) bool {
	return len(s.inverted) == 0 && len(s.principals) == 1 && service(s) == cloudFrontService &&
		isOnly(s.actions, "s3:GetObject") && slices.Equal(s.resources, []string{arnOf(bucket) + "/*"}) &&
		onlyCondition(s, "StringEquals", "AWS:SourceArn", arnOf(d))
}

// otherWaysToPublish refuses S3's own ways: a website answers everybody, and without TLS.
func (c *checker) otherWaysToPublish() {
	const remedy = "leave it out: a distribution serves a page"
	for _, website := range c.stack.Resources("aws_s3_bucket_website_configuration") {
		c.breach(website.Address(), "publishes a bucket as an S3 website", remedy)
	}
	for _, bucket := range c.stack.Resources(s3Bucket) {
		if bucket.Body["website"] != nil {
			c.breach(bucket.Address(), "website publishes it as an S3 website", remedy)
		}
	}
	for _, typ := range []string{"aws_s3_bucket_object", "aws_s3_object", "aws_s3_object_copy"} {
		for _, object := range c.stack.Resources(typ) {
			c.want(in(object), "acl", "", "private")
			if object.Body["grant"] != nil {
				c.breach(object.Address(), "grant lets others in", "leave it out: a bucket policy controls access")
			}
		}
	}
}
