package signature_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"cdk.tf/go/ingest/local/internal/signature"
)

func TestScopeAndKey(t *testing.T) {
	for _, c := range []struct{ name, header, query, key, region, service string }{
		{name: "unsigned"},
		{name: "a header", header: "AWS4-HMAC-SHA256 Credential=K/20260101/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=x", key: "K", region: "eu-west-1", service: "s3"},
		{name: "a presigned URL", query: "X-Amz-Credential=K%2F20260101%2Feu-west-1%2Fs3%2Faws4_request", key: "K", region: "eu-west-1", service: "s3"},
		{name: "both", header: "AWS4-HMAC-SHA256 Credential=H/20260101/eu-west-1/kinesis/aws4_request", query: "X-Amz-Credential=Q%2F20260101%2Fus-east-1%2Fs3%2Faws4_request", key: "H", region: "eu-west-1", service: "kinesis"},
		{name: "version 4A, without a region", header: "AWS4-ECDSA-P256-SHA256 Credential=K/20260101/s3/aws4_request, Signature=x", key: "K", service: "s3"},
		{name: "another terminator", header: "AWS4-HMAC-SHA256 Credential=K/20260101/eu-west-1/s3/aws5_request", key: "K"},
		{name: "too short", header: "AWS4-HMAC-SHA256 Credential=K/s3/aws4_request", key: "K"},
		{name: "another scheme", header: "Bearer abc"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/?"+c.query, nil)
			r.Header.Set("Authorization", c.header)
			if region, service := signature.Scope(r); region != c.region || service != c.service {
				t.Errorf("signed for %q in %q; want %q in %q", service, region, c.service, c.region)
			}
			if key := signature.KeyID(r); key != c.key {
				t.Errorf("signed with %q; want %q", key, c.key)
			}
		})
	}
}
