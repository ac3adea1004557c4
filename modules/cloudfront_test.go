package modules_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/modules/cloudfront"
	"cdk.tf/go/ingest/modules/internal/tftest"
	"cdk.tf/go/ingest/spec"
)

func cloudfrontDefaults() cloudfront.Config {
	env := spec.Default("dev")
	return cloudfront.Config{
		Name: env.WebName(), BucketDomain: "page.s3.us-east-1.amazonaws.com", RootObject: spec.PageIndex, PriceClass: env.Web.PriceClass,
	}
}

func TestCloudFrontDefaults(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) {
		made := cloudfront.New(stack, "web", cloudfrontDefaults())
		if !strings.HasPrefix(made.URL, "https://${") || !strings.HasSuffix(made.URL, "}/") {
			t.Errorf("the page's address is %s", made.URL)
		}
	})
	resources.ExpectAddresses(t,
		"aws_cloudfront_distribution.web",
		"aws_cloudfront_origin_access_control.web_access",
		"aws_cloudfront_response_headers_policy.web_headers")
	resources.Expect(t, "aws_cloudfront_origin_access_control.web_access", `{
		"name": "api-kinesis-web-dev", "description": "",
		"origin_access_control_origin_type": "s3", "signing_behavior": "always", "signing_protocol": "sigv4"
	}`)
	resources.Expect(t, "aws_cloudfront_distribution.web", `{
		"comment": "", "enabled": true, "default_root_object": "index.html",
		"http_version": "http2and3", "is_ipv6_enabled": true, "price_class": "PriceClass_100",
		"origin": [{
			"origin_id": "bucket", "domain_name": "page.s3.us-east-1.amazonaws.com",
			"origin_access_control_id": "${aws_cloudfront_origin_access_control.web_access.id}"
		}],
		"default_cache_behavior": {
			"target_origin_id": "bucket", "viewer_protocol_policy": "redirect-to-https",
			"allowed_methods": ["GET", "HEAD"], "cached_methods": ["GET", "HEAD"], "compress": true,
			"cache_policy_id": "658327ea-f89d-4fab-a63d-7e88639e58f6",
			"response_headers_policy_id": "${aws_cloudfront_response_headers_policy.web_headers.id}"
		},
		"restrictions": {"geo_restriction": {"restriction_type": "none"}},
		"viewer_certificate": {"cloudfront_default_certificate": true}
	}`)
	resources.Expect(t, "aws_cloudfront_response_headers_policy.web_headers", `{
		"name": "api-kinesis-web-dev", "comment": "",
		"security_headers_config": {
			"content_security_policy": {
				"content_security_policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
				"override": true
			},
			"content_type_options": {"override": true},
			"frame_options": {"frame_option": "DENY", "override": true},
			"referrer_policy": {"referrer_policy": "no-referrer", "override": true},
			"strict_transport_security": {"access_control_max_age_sec": 31536000, "override": true}
		}
	}`)
}

func TestCloudFrontEverythingOverridden(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) {
		cloudfront.New(stack, "web", cloudfront.Config{
			Name:         "n",
			Comment:      "c",
			BucketDomain: "d",
			RootObject:   "r",
			PriceClass:   spec.PriceClassAll,
			Connect:      []string{"https://a.example/b/", "${aws_x.y.url}/"},
			Protected:    true,
		})
	})
	resources.Expect(t, "aws_cloudfront_origin_access_control.web_access", `{
		"name": "n", "description": "c",
		"origin_access_control_origin_type": "s3", "signing_behavior": "always", "signing_protocol": "sigv4"
	}`)
	made := resources["aws_cloudfront_distribution.web"]
	for key, want := range map[string]string{"comment": "c", "default_root_object": "r", "price_class": "PriceClass_All"} {
		if made[key] != want {
			t.Errorf("%s is %v, want %s", key, made[key], want)
		}
	}
	if lifecycle, _ := made["lifecycle"].(map[string]any); lifecycle["prevent_destroy"] != true {
		t.Errorf("the lifecycle is %v", made["lifecycle"])
	}
	headers := resources["aws_cloudfront_response_headers_policy.web_headers"]
	security, _ := headers["security_headers_config"].(map[string]any)
	content, _ := security["content_security_policy"].(map[string]any)
	want := "; connect-src 'self' https://a.example/b/ ${aws_x.y.url}/; "
	if text, _ := content["content_security_policy"].(string); !strings.Contains(text, want) || headers["name"] != "n" || headers["comment"] != "c" {
		t.Errorf("the headers are %v, and their policy has no %q", headers, want)
	}
}

func TestCloudFrontTwiceInOneStack(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) {
		cloudfront.New(stack, "first", cloudfrontDefaults())
		cloudfront.New(stack, "second", cloudfrontDefaults())
	})
	resources.ExpectAddresses(t,
		"aws_cloudfront_distribution.first", "aws_cloudfront_distribution.second",
		"aws_cloudfront_origin_access_control.first_access", "aws_cloudfront_origin_access_control.second_access",
		"aws_cloudfront_response_headers_policy.first_headers", "aws_cloudfront_response_headers_policy.second_headers")
	for _, id := range []string{"first", "second"} {
		behaviour, _ := resources["aws_cloudfront_distribution."+id]["default_cache_behavior"].(map[string]any)
		if want := "${aws_cloudfront_response_headers_policy." + id + "_headers.id}"; behaviour["response_headers_policy_id"] != want {
			t.Errorf("%s has the headers %v, want %s", id, behaviour["response_headers_policy_id"], want)
		}
	}
}
