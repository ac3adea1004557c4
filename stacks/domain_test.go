package stacks

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cdk.tf/go/ingest/spec"
)

const mapped = "https://${aws_api_gateway_base_path_mapping.domain_mapping.domain_name}"

// A hosted page calls the API by its domain, and may call nothing else.
func TestAPageOfADomain(t *testing.T) {
	env := spec.Default("dev")
	env.API.Batch, env.Web.Hosted = true, true
	env.API.Domain = spec.Domain{Name: "events.example.com", ZoneID: "Z0123456789ABCDEFGHIJ"}
	doc := synth(t, env, onePage)
	outputs := map[string]string{}
	for _, name := range []string{"submit_url", "batch_url", "domain_target"} {
		outputs[name] = doc.Output[name].Value
	}
	want := map[string]string{
		"submit_url": mapped + "/submit", "batch_url": mapped + "/submit/batch",
		"domain_target": "${aws_api_gateway_domain_name.domain.regional_domain_name}",
	}
	if diff := cmp.Diff(want, outputs); diff != "" {
		t.Errorf("outputs (-want +got):\n%s", diff)
	}
	if curl := doc.Output["curl"].Value; !strings.HasPrefix(curl, "curl -sS -X POST \\\n  "+mapped+"/submit \\\n  -H ") {
		t.Errorf("curl is %s", curl)
	}
	headers := doc.Resource["aws_cloudfront_response_headers_policy"]["web_headers"]
	if text, _ := json.Marshal(headers); !strings.Contains(string(text), "connect-src 'self' "+mapped+"/;") {
		t.Errorf("the page's headers are %s", text)
	}
	config := doc.Resource["aws_s3_object"]
	found := false
	for _, object := range config {
		content, _ := object.(map[string]any)["content"].(string)
		found = found || strings.Contains(content, `"submit_url": "`+mapped+`/submit"`)
	}
	if !found {
		t.Errorf("no object tells the page the domain: %v", config)
	}
}

// The stack does not declare a certificate or a record that somebody else makes.
func TestADomainOfSomebodyElsesZone(t *testing.T) {
	env := spec.Default("dev")
	env.API.Domain = spec.Domain{
		Name: "events.example.com", CertificateARN: "arn:aws:acm:us-east-1:111122223333:certificate/1", DisableDefaultEndpoint: true,
		MutualTLS: spec.MutualTLS{TruststoreURI: "s3://trust/store.pem"},
	}
	doc := synth(t, env)
	for _, typ := range []string{"aws_acm_certificate", "aws_acm_certificate_validation", "aws_route53_record"} {
		if found := doc.Resource[typ]; found != nil {
			t.Errorf("%s: %v", typ, slices.Collect(maps.Keys(found)))
		}
	}
	domain, _ := doc.Resource["aws_api_gateway_domain_name"]["domain"].(map[string]any)
	if got := domain["regional_certificate_arn"]; got != env.API.Domain.CertificateARN {
		t.Errorf("the certificate is %v", got)
	}
	if curl := doc.Output["curl"].Value; !strings.Contains(curl, ` --cert "$CLIENT_CERT" --key "$CLIENT_KEY" `) {
		t.Errorf("curl is %s", curl)
	}
}
