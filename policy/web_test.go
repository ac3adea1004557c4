package policy_test

import (
	"slices"
	"testing"

	"cdk.tf/go/ingest/internal/goldens"
	"cdk.tf/go/ingest/policy"
)

// withPage adds the resources of the option Web.Hosted to a stack: those that option-web has and option-none does not.
func withPage(changes ...change) []change {
	page := func(t *testing.T, root map[string]any) {
		types := root["resource"].(map[string]any)
		for typ, resources := range decode(t, string(goldens.Read(t, "option-web")))["resource"].(map[string]any) {
			if types[typ] == nil {
				types[typ] = map[string]any{}
			}
			there := types[typ].(map[string]any)
			for name, body := range resources.(map[string]any) {
				if there[name] == nil {
					there[name] = body
				}
			}
		}
	}
	return append([]change{page}, changes...)
}

func TestAGoodPageBreachesNothing(t *testing.T) {
	if err := policy.Check(good(t, withPage()...), policy.Expect{Public: true}); err != nil {
		t.Error(err)
	}
}

const (
	page        = "aws_cloudfront_distribution.web"
	pageAccess  = "aws_cloudfront_origin_access_control.web_access"
	pageHeaders = "aws_cloudfront_response_headers_policy.web_headers"
	pageBucket  = "aws_s3_bucket_policy.web-bucket_policy"
)

func TestDistribution(t *testing.T) {
	check(t, []breaking{
		{
			name:    "an origin elsewhere",
			changes: withPage(set(page, "other.s3.us-east-1.amazonaws.com", "origin", "0", "domain_name")),
			want: []string{
				`web-page: aws_cloudfront_distribution.web: origin.domain_name refers to no bucket of the stack; refer to the bucket_regional_domain_name of one`,
				`web-page: aws_s3_bucket_policy.web-bucket_policy: policy: statement 2 lets in Service "cloudfront.amazonaws.com"; allow s3:GetObject only to cloudfront.amazonaws.com, where AWS:SourceArn is the distribution of the stack that has the bucket as its origin`,
			},
		},
		{
			name:    "S3's website for an origin",
			changes: withPage(set(page, "${aws_s3_bucket.web-bucket.website_endpoint}", "origin", "0", "domain_name"), drop(pageBucket), drop("aws_s3_bucket.web-bucket")),
			want: []string{
				`web-page: aws_cloudfront_distribution.web: origin.domain_name refers to no bucket of the stack; refer to the bucket_regional_domain_name of one`,
			},
		},
		{
			name:    "unsigned requests",
			changes: withPage(unset(page, "origin", "0", "origin_access_control_id")),
			want: []string{
				`web-page: aws_cloudfront_distribution.web: origin.origin_access_control_id refers to no access control of the stack; refer to the id of one: the bucket answers only signed requests`,
			},
		},
		{
			name: "requests with another signature",
			changes: withPage(set(pageAccess, "never", "signing_behavior"), set(pageAccess, "lambda", "origin_access_control_origin_type"),
				unset(pageAccess, "signing_protocol")),
			want: []string{
				`web-page: aws_cloudfront_origin_access_control.web_access: origin_access_control_origin_type is "lambda"; set it to "s3"`,
				`web-page: aws_cloudfront_origin_access_control.web_access: signing_behavior is "never"; set it to "always"`,
				`web-page: aws_cloudfront_origin_access_control.web_access: signing_protocol is not set; set it to "sigv4"`,
			},
		},
		{
			name:    "no TLS",
			changes: withPage(set(page, "allow-all", "default_cache_behavior", "viewer_protocol_policy")),
			want: []string{
				`web-page: aws_cloudfront_distribution.web: default_cache_behavior.viewer_protocol_policy is "allow-all"; set it to "redirect-to-https" or "https-only"`,
			},
		},
		{
			name:    "no headers",
			changes: withPage(unset(page, "default_cache_behavior", "response_headers_policy_id")),
			want: []string{
				`web-page: aws_cloudfront_distribution.web: default_cache_behavior.response_headers_policy_id refers to no policy of the stack; refer to the id of one`,
			},
		},
		{
			name:    "a second behaviour",
			changes: withPage(set(page, []any{map[string]any{"path_pattern": "x"}}, "ordered_cache_behavior")),
			want: []string{
				`web-page: aws_cloudfront_distribution.web: ordered_cache_behavior.viewer_protocol_policy is not set; set it to "redirect-to-https" or "https-only"`,
				`web-page: aws_cloudfront_distribution.web: ordered_cache_behavior.response_headers_policy_id refers to no policy of the stack; refer to the id of one`,
			},
		},
		{
			name:    "the events published",
			changes: withPage(set(page, "${aws_s3_bucket.bucket.bucket_regional_domain_name}", "origin", "0", "domain_name"), drop(pageBucket), drop("aws_s3_bucket.web-bucket")),
			want: []string{
				`web-page: aws_cloudfront_distribution.web: publishes aws_s3_bucket.bucket, in which events land; publish a separate bucket`,
				`web-page: aws_cloudfront_distribution.web: may not read aws_s3_bucket.bucket; allow it in the bucket's policy`,
			},
		},
	})
}

func TestSecurityHeaders(t *testing.T) {
	const config = "security_headers_config"
	check(t, []breaking{
		{
			name:    "none",
			changes: withPage(unset(pageHeaders, config)),
			want: []string{
				`web-page: aws_cloudfront_response_headers_policy.web_headers: security_headers_config.content_security_policy.override is not set; set it to "true"`,
				`web-page: aws_cloudfront_response_headers_policy.web_headers: security_headers_config.content_security_policy.content_security_policy does not say "default-src 'none'"; add it`,
				`web-page: aws_cloudfront_response_headers_policy.web_headers: security_headers_config.content_security_policy.content_security_policy does not say "base-uri 'none'"; add it`,
				`web-page: aws_cloudfront_response_headers_policy.web_headers: security_headers_config.content_security_policy.content_security_policy does not say "frame-ancestors 'none'"; add it`,
				`web-page: aws_cloudfront_response_headers_policy.web_headers: security_headers_config.content_type_options.override is not set; set it to "true"`,
				`web-page: aws_cloudfront_response_headers_policy.web_headers: security_headers_config.frame_options.override is not set; set it to "true"`,
				`web-page: aws_cloudfront_response_headers_policy.web_headers: security_headers_config.frame_options.frame_option is not set; set it to "DENY"`,
				`web-page: aws_cloudfront_response_headers_policy.web_headers: security_headers_config.referrer_policy.override is not set; set it to "true"`,
				`web-page: aws_cloudfront_response_headers_policy.web_headers: security_headers_config.referrer_policy.referrer_policy is not set; set it to "no-referrer"`,
				`web-page: aws_cloudfront_response_headers_policy.web_headers: security_headers_config.strict_transport_security.override is not set; set it to "true"`,
				`web-page: aws_cloudfront_response_headers_policy.web_headers: security_headers_config.strict_transport_security.access_control_max_age_sec is ""; set it to 31536000 at least, a year`,
			},
		},
		{
			name: "others",
			changes: withPage(
				set(pageHeaders, "SAMEORIGIN", config, "frame_options", "frame_option"),
				set(pageHeaders, "unsafe-url", config, "referrer_policy", "referrer_policy"),
				set(pageHeaders, 3600, config, "strict_transport_security", "access_control_max_age_sec"),
				set(pageHeaders, false, config, "content_type_options", "override"),
			),
			want: []string{
				`web-page: aws_cloudfront_response_headers_policy.web_headers: security_headers_config.content_type_options.override is "false"; set it to "true"`,
				`web-page: aws_cloudfront_response_headers_policy.web_headers: security_headers_config.frame_options.frame_option is "SAMEORIGIN"; set it to "DENY"`,
				`web-page: aws_cloudfront_response_headers_policy.web_headers: security_headers_config.referrer_policy.referrer_policy is "unsafe-url"; set it to "no-referrer"`,
				`web-page: aws_cloudfront_response_headers_policy.web_headers: security_headers_config.strict_transport_security.access_control_max_age_sec is "3600"; set it to 31536000 at least, a year`,
			},
		},
		{
			name:    "scripts from anywhere",
			changes: withPage(edit(pageHeaders, "script-src 'self'", "script-src 'self' https://*.example.com", config, "content_security_policy", "content_security_policy")),
			want: []string{
				`web-page: aws_cloudfront_response_headers_policy.web_headers: security_headers_config.content_security_policy.content_security_policy says "script-src 'self' https://*.example.com"; name the hosts that the page needs, and keep scripts and styles in files`,
			},
		},
		{
			name:    "a source known only after an apply",
			changes: withPage(set(pageHeaders, "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; connect-src ${var.x}", config, "content_security_policy", "content_security_policy")),
			want: []string{
				`web-page: aws_cloudfront_response_headers_policy.web_headers: security_headers_config.content_security_policy.content_security_policy is "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; connect-src ${var.x}", whose value is known only after an apply; write the value itself`,
			},
		},
		{
			name:    "scripts and styles in the page",
			changes: withPage(edit(pageHeaders, "'self'; style-src 'self'", "'unsafe-inline'; style-src data:", config, "content_security_policy", "content_security_policy")),
			want: []string{
				`web-page: aws_cloudfront_response_headers_policy.web_headers: security_headers_config.content_security_policy.content_security_policy says "script-src 'unsafe-inline'"; name the hosts that the page needs, and keep scripts and styles in files`,
				`web-page: aws_cloudfront_response_headers_policy.web_headers: security_headers_config.content_security_policy.content_security_policy says "style-src data:"; name the hosts that the page needs, and keep scripts and styles in files`,
			},
		},
	})
}

func TestReadersOfAPage(t *testing.T) {
	const (
		lets   = `web-page: aws_s3_bucket_policy.web-bucket_policy: policy: statement 2 lets in `
		alone  = `; allow s3:GetObject only to cloudfront.amazonaws.com, where AWS:SourceArn is the distribution of the stack that has the bucket as its origin`
		denied = `web-page: aws_cloudfront_distribution.web: may not read aws_s3_bucket.web-bucket; allow it in the bucket's policy`
	)
	cloudFront := []string{lets + `Service "cloudfront.amazonaws.com"` + alone, denied}
	changed := func(before, after string) []change { return withPage(edit(pageBucket, before, after, "policy")) }
	check(t, []breaking{
		{
			name:    "any distribution of any account",
			changes: changed(`,"Condition":{"StringEquals":{"AWS:SourceArn":["${aws_cloudfront_distribution.web.arn}"]}}`, ``),
			want: slices.Concat([]string{
				`private-bucket: aws_s3_bucket_policy.web-bucket_policy: policy: statement 2 lets in Service "cloudfront.amazonaws.com" on behalf of any account; add a condition on aws:SourceArn or aws:SourceAccount`,
			}, cloudFront),
		},
		{
			name:    "a distribution elsewhere",
			changes: changed("${aws_cloudfront_distribution.web.arn}", "arn:aws:cloudfront::111122223333:distribution/X"),
			want:    cloudFront,
		},
		{name: "under a wider operator", changes: changed("StringEquals", "StringLike"), want: cloudFront},
		{name: "more than reading", changes: changed(`["s3:GetObject"]`, `["s3:GetObject","s3:PutObject"]`), want: cloudFront},
		{name: "some of the objects", changes: changed(`"Resource":["${aws_s3_bucket.web-bucket.arn}/*"]`, `"Resource":["${aws_s3_bucket.web-bucket.arn}/a"]`), want: cloudFront},
		{
			name:    "somebody else",
			changes: changed(`{"Service":"cloudfront.amazonaws.com"}`, `{"AWS":"arn:aws:iam::111122223333:root"}`),
			want:    []string{lets + `AWS "arn:aws:iam::111122223333:root"` + alone, denied},
		},
		{
			name:    "another principal too",
			changes: changed(`{"Service":"cloudfront.amazonaws.com"}`, `{"Service":"cloudfront.amazonaws.com","AWS":"arn:aws:iam::111122223333:root"}`),
			want:    []string{lets + `AWS "arn:aws:iam::111122223333:root", Service "cloudfront.amazonaws.com"` + alone, denied},
		},
		{
			name:    "everybody",
			changes: changed(`{"Service":"cloudfront.amazonaws.com"}`, `"*"`),
			want: []string{
				`private-bucket: aws_s3_bucket_policy.web-bucket_policy: policy: statement 2 lets in "*"; name the principals that may`,
				lets + `"*"` + alone, denied,
			},
		},
		{name: "nobody", changes: changed(`"Effect":"Allow"`, `"Effect":"Deny"`), want: []string{denied}},
		{
			name:    "CloudFront let into the bucket of events",
			changes: withPage(edit(bucketPolicy, `"Statement":[`, `"Statement":[{"Effect":"Allow","Principal":{"Service":"cloudfront.amazonaws.com"},"Action":["s3:GetObject"],"Resource":["${aws_s3_bucket.bucket.arn}/*"],"Condition":{"StringEquals":{"AWS:SourceArn":["${aws_cloudfront_distribution.web.arn}"]}}},`, "policy")),
			want: []string{
				`web-page: aws_s3_bucket_policy.bucket_policy: policy: statement 1 lets in Service "cloudfront.amazonaws.com"` + alone,
			},
		},
	})
}

func TestOtherWaysToPublish(t *testing.T) {
	const object = "aws_s3_object.web-bucket_index-html-0eb547"
	check(t, []breaking{
		{
			name:    "S3's website",
			changes: withPage(add("aws_s3_bucket_website_configuration.site", `{"bucket": "${aws_s3_bucket.web-bucket.id}", "lifecycle": {"prevent_destroy": true}}`)),
			want: []string{
				`web-page: aws_s3_bucket_website_configuration.site: publishes a bucket as an S3 website; leave it out: a distribution serves a page`,
			},
		},
		{
			name:    "S3's website in the bucket",
			changes: []change{set("aws_s3_bucket.bucket", map[string]any{"index_document": "index.html"}, "website")},
			want: []string{
				`web-page: aws_s3_bucket.bucket: website publishes it as an S3 website; leave it out: a distribution serves a page`,
			},
		},
		{
			name:    "a public object",
			changes: withPage(set(object, "public-read", "acl"), add("aws_s3_bucket_object.old", `{"bucket": "b", "key": "k", "acl": "public-read"}`)),
			want: []string{
				`web-page: aws_s3_bucket_object.old: acl is "public-read"; leave it out or set it to "private"`,
				`web-page: aws_s3_object.web-bucket_index-html-0eb547: acl is "public-read"; leave it out or set it to "private"`,
			},
		},
		{
			name: "a copy that others may read",
			changes: []change{add("aws_s3_object_copy.c", `{"bucket": "b", "key": "k", "source": "${aws_s3_bucket.bucket.bucket}/events/x",
				"grant": [{"type": "Group", "uri": "http://acs.amazonaws.com/groups/global/AllUsers", "permissions": ["READ"]}]}`)},
			want: []string{`web-page: aws_s3_object_copy.c: grant lets others in; leave it out: a bucket policy controls access`},
		},
	})
}
