package verify

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"cdk.tf/go/ingest/tfjson"
)

func pageChecks() []check {
	return []check{
		{id: "surroundings/page", title: "The page answers with the declared security headers", hidden: onlyAWS("CloudFront"), look: pageAnswers},
		{id: "surroundings/page-config", title: "The page's config.json names this API", hidden: onlyAWS("CloudFront"), look: pageConfig},
		{id: "surroundings/page-files", title: "The page serves each file with the content that the stack declares", hidden: onlyAWS("CloudFront"), look: pageFiles},
		{id: "surroundings/page-distribution", title: "CloudFront serves the page from the declared origin, with the declared methods and protocols", hidden: onlyAWS("CloudFront"), look: distributionAsDeclared},
	}
}

// served is what an address answers.
type served struct {
	status int
	header http.Header
	body   []byte
}

// get asks an address.
func (r *run) get(ctx context.Context, url string) (served, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return served{}, err
	}
	response, err := r.HTTP.Do(request)
	if err != nil {
		return served{}, err
	}
	defer func() { _ = response.Body.Close() }() // it was only read
	body, err := io.ReadAll(io.LimitReader(response.Body, maxObject))
	return served{response.StatusCode, response.Header, body}, err
}

const pageRemedy = "deploy again; a distribution that was just changed takes some minutes until each of its locations has it"

func pageAnswers(ctx context.Context, r *run) outcome {
	response, err := r.get(ctx, r.Outputs.Text("web_url"))
	if err != nil {
		return unknown(err, "check your network; a new distribution's name takes some minutes")
	}
	var d differences
	d.compare("status", http.StatusOK, response.status)
	for name, want := range sorted(r.securityHeaders()) {
		d.compare(name, want, response.header.Get(name))
	}
	return d.outcome("", pageRemedy)
}

// securityHeaders are those of the stack's response headers policy.
func (p *Pipeline) securityHeaders() map[string]string {
	headers := map[string]string{}
	for _, policy := range p.stack.Resources("aws_cloudfront_response_headers_policy") {
		blocks, _ := policy.Blocks("security_headers_config")
		for _, block := range blocks {
			for name, path := range map[string][]string{
				"Content-Security-Policy": {"content_security_policy", "content_security_policy"},
				"X-Frame-Options":         {"frame_options", "frame_option"},
				"Referrer-Policy":         {"referrer_policy", "referrer_policy"},
			} {
				if value := text(tfjson.At(block, path...)); value != "" {
					headers[name] = p.actual(value)
				}
			}
			if block["content_type_options"] != nil {
				headers["X-Content-Type-Options"] = "nosniff"
			}
			if age := tfjson.Number(tfjson.At(block, "strict_transport_security", "access_control_max_age_sec")); age > 0 {
				headers["Strict-Transport-Security"] = transportSecurity(block, age)
			}
		}
	}
	return headers
}

func transportSecurity(block map[string]any, age float64) string {
	value := fmt.Sprintf("max-age=%.0f", age)
	if tfjson.True(tfjson.At(block, "strict_transport_security", "include_subdomains")) {
		value += "; includeSubDomains"
	}
	if tfjson.True(tfjson.At(block, "strict_transport_security", "preload")) {
		value += "; preload"
	}
	return value
}

func pageConfig(ctx context.Context, r *run) outcome {
	response, err := r.get(ctx, strings.TrimSuffix(r.Outputs.Text("web_url"), "/")+"/config.json")
	if err != nil {
		return unknown(err, "check your network")
	}
	var config map[string]map[string]any
	_ = json.Unmarshal(bytes.TrimSpace(response.body), &config) // what is no JSON names no API
	var d differences
	d.compare("status", http.StatusOK, response.status)
	d.compare("submit_url", r.url("/submit"), text(config[r.Name]["submit_url"]))
	return d.outcome("", pageRemedy)
}

// pageFiles compares the SHA-256 of each file of the page with the stack's. config.json, which the stack has as a text, is a check of its own.
func pageFiles(ctx context.Context, r *run) outcome {
	var d differences
	files := 0
	for _, object := range r.stack.Resources("aws_s3_object") {
		want := text(object.Body["source_hash"])
		if want == "" {
			continue
		}
		files++
		path := (&url.URL{Path: "/" + text(object.Body["key"])}).EscapedPath()
		response, err := r.get(ctx, strings.TrimSuffix(r.Outputs.Text("web_url"), "/")+path)
		if err != nil {
			return worse(d.outcome("", pageRemedy), unknown(err, "check your network; a new distribution's name takes some minutes"))
		}
		name := object.Address() + " at " + path
		if response.status != http.StatusOK {
			d.compare(name+": status", http.StatusOK, response.status)
			continue
		}
		d.compare(name+": SHA-256", want, fmt.Sprintf("%x", sha256.Sum256(response.body)))
	}
	return d.outcome(counted(files, "file"), pageRemedy+"; make diff does not show a file that somebody put into the bucket: terraform apply -replace=ADDRESS writes it again")
}

func domainChecks() []check {
	return []check{
		{id: "surroundings/domain", title: "The API's own domain is available with its certificate, and leads to this API", hidden: onlyAWS("domains"), look: domainAsDeclared},
		{id: "surroundings/domain-answers", title: "The API answers at its own domain over TLS", hidden: onlyAWS("domains"), look: domainAnswers},
	}
}

func domainAsDeclared(ctx context.Context, r *run) outcome {
	body := r.stack.Resources("aws_api_gateway_domain_name")[0].Body
	name := text(body["domain_name"])
	is, err := r.AWS.APIGateway.GetDomainName(ctx, &apigateway.GetDomainNameInput{DomainName: aws.String(name)})
	if err != nil {
		return unread(err, "apigateway:GET", "the domain "+name)
	}
	var d differences
	d.compare("status", types.DomainNameStatusAvailable, is.DomainNameStatus)
	d.compare("TLS", text(body["security_policy"]), is.SecurityPolicy)
	if len(r.stack.Resources("aws_acm_certificate")) == 0 {
		d.compare("certificate", text(body["regional_certificate_arn"]), aws.ToString(is.RegionalCertificateArn))
	}
	compareTruststore(&d, body, cmp.Or(is.MutualTlsAuthentication, &types.MutualTlsAuthentication{}))
	var to, want []string
	pages := apigateway.NewGetBasePathMappingsPaginator(r.AWS.APIGateway, &apigateway.GetBasePathMappingsInput{DomainName: aws.String(name), Limit: aws.Int32(500)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return worse(d.outcome("", redeploy), unread(err, "apigateway:GET", "the domain "+name))
		}
		for _, mapping := range page.Items {
			to = append(to, mappingText(aws.ToString(mapping.RestApiId), aws.ToString(mapping.Stage), aws.ToString(mapping.BasePath)))
		}
	}
	for _, mapping := range r.of("aws_api_gateway_base_path_mapping", "domain_name", name) {
		want = append(want, mappingText(r.actual(text(mapping["api_id"])), text(mapping["stage_name"]), text(mapping["base_path"])))
	}
	slices.Sort(to)
	slices.Sort(want)
	d.compare("leads to", strings.Join(want, " "), strings.Join(to, " "))
	return d.outcome(string(is.DomainNameStatus), redeploy)
}

// compareTruststore compares whose client certificates the domain takes. Without a version it is the object's newest at the time of the
// apply.
func compareTruststore(d *differences, body map[string]any, is *types.MutualTlsAuthentication) {
	d.compare("truststore", text(tfjson.At(body, "mutual_tls_authentication", "truststore_uri")), aws.ToString(is.TruststoreUri))
	if version := text(tfjson.At(body, "mutual_tls_authentication", "truststore_version")); version != "" {
		d.compare("version of the truststore", version, aws.ToString(is.TruststoreVersion))
	}
	for _, warning := range is.TruststoreWarnings {
		d.add("a truststore without warnings", warning)
	}
}

// mappingText is where a path of a domain leads. API Gateway has "(none)" for the root (API reference, GetBasePathMappings).
func mappingText(api, stage, path string) string {
	text := api + "/" + stage
	if path != "" && path != "(none)" {
		text += " at /" + path
	}
	return text
}

// domainAnswers opens a connection to the domain. Any answer shows that its record and its certificate work.
func domainAnswers(ctx context.Context, r *run) outcome {
	body := r.stack.Resources("aws_api_gateway_domain_name")[0].Body
	if mutual, _ := tfjson.Blocks(body, "mutual_tls_authentication"); len(mutual) > 0 {
		return notShown("the domain asks clients for a certificate; the way shows it where the command has one")
	}
	name := text(body["domain_name"])
	response, err := r.get(ctx, "https://"+name+"/")
	var certificate *tls.CertificateVerificationError
	if errors.As(err, &certificate) {
		return differs("a certificate for "+name, oneLine(err), "compare the domain's certificate with its name")
	}
	if err != nil {
		return differs("an answer of "+name, oneLine(err), "make a record of the domain that leads to the output domain_target, and wait until its time to live is over")
	}
	return holds("%d", response.status)
}
