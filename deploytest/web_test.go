package deploytest

import (
	"encoding/xml"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/hashicorp/terraform-exec/tfexec"

	"cdk.tf/go/ingest/internal/catalogue"
	"cdk.tf/go/ingest/spec"
)

const webBucket = "api-kinesis-web-dev"

// TestWeb creates a hosted page, changes it, and destroys it with everything that belongs to it. Terraform reads the files from the
// stack's own folder: the folder of the build has been deleted by then.
func TestWeb(t *testing.T) {
	inParallel(t)
	env := local(catalogue.Named("dev"))
	env.Web.Hosted, env.Web.Folder = true, copyOfPage(t)
	// With the three default tags, as many as an object can have.
	env.Tags = map[string]string{"1": "a", "2": "b", "3": "c", "4": "d", "5": "e", "6": "f", "7": "g"}
	p := newPipeline(t, env)
	waitForNothing(t, p)
	built := env.Web.Folder + ".gone"
	if err := os.Rename(env.Web.Folder, built); err != nil {
		t.Fatal(err)
	}
	p.apply()
	checkWeb(t, p, built)
	p.expectPlan(map[string]string{})
	p.expectNativePlan()

	env.Web.Folder = built
	changePage(t, p, env)
	p.expectPlan(map[string]string{})
	if err := p.destroy(unread); err != nil {
		t.Fatalf("terraform destroy: %v", err)
	}
	expect(t, "the state", nil, p.addresses())
	expect(t, "what is left", nil, p.cloud.inventory(t))
	expect(t, "distributions that are left", "0", readXML[struct{ Quantity string }](t, p, "/distribution").Quantity)
}

// waitForNothing edits the stack: the provider would check for the first time after half a minute whether a distribution is
// deployed, and moto deploys it at once.
func waitForNothing(t *testing.T, p *pipeline) {
	t.Helper()
	file := filepath.Join(p.folder, "cdk.tf.json")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	const root = `"default_root_object": "index.html",`
	edited := strings.Replace(string(text), root, root+` "wait_for_deployment": false,`, 1)
	if edited == string(text) {
		t.Fatal("the stack has no distribution to edit")
	}
	if err := os.WriteFile(file, []byte(edited), 0o644); err != nil {
		t.Fatal(err)
	}
}

func copyOfPage(t *testing.T) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "page")
	if err := os.CopyFS(folder, os.DirFS(catalogue.Page())); err != nil {
		t.Fatal(err)
	}
	return folder
}

func checkWeb(t *testing.T, p *pipeline, built string) {
	t.Helper()
	outputs := p.outputs()
	distribution := soleDistribution(t, p)
	expect(t, "web_url", "https://"+distribution.DomainName+"/", outputs["web_url"])
	checkDistribution(t, p, distribution, outputs["submit_url"])
	checkPageObjects(t, p, built)
	got := objectText(t, p, "config.json")
	settings := decode[map[string]map[string]string](t, "config.json", got)
	expect(t, "config.json", map[string]map[string]string{"dev": {
		"submit_url": outputs["submit_url"], "batch_url": outputs["batch_url"], "curl": outputs["curl"], "authorization": "none", "region": region,
	}}, settings)
	policy := call(t, p.cloud.s3.GetBucketPolicy, s3.GetBucketPolicyInput{Bucket: ref(webBucket)})
	expectJSON(t, "bucket policy", document(`{
		"Sid": "TLSOnly", "Effect": "Deny", "Principal": "*", "Action": ["s3:*"],
		"Resource": ["arn:aws:s3:::`+webBucket+`", "arn:aws:s3:::`+webBucket+`/*"],
		"Condition": {"Bool": {"aws:SecureTransport": ["false"]}}
	}, {
		"Sid": "DistributionReads", "Effect": "Allow", "Principal": {"Service": "cloudfront.amazonaws.com"},
		"Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::`+webBucket+`/*"],
		"Condition": {"StringEquals": {"AWS:SourceArn": ["`+distribution.ARN+`"]}}
	}`), *policy.Policy)
	public := call(t, p.cloud.s3.GetPublicAccessBlock, s3.GetPublicAccessBlockInput{Bucket: ref(webBucket)}).PublicAccessBlockConfiguration
	expect(t, "the public is kept out", []bool{true, true, true, true}, []bool{
		*public.BlockPublicAcls, *public.BlockPublicPolicy, *public.IgnorePublicAcls, *public.RestrictPublicBuckets,
	})
}

// distribution has the parts of a distribution, its access control and its headers that the tests read. The project's libraries
// include no client for CloudFront.
type distribution struct {
	ID         string `xml:"Id"`
	ARN        string
	DomainName string
	Config     struct {
		Enabled, IsIPV6Enabled                     bool
		DefaultRootObject, HttpVersion, PriceClass string
		Origins                                    []origin  `xml:"Origins>Items>Origin"`
		Behaviour                                  behaviour `xml:"DefaultCacheBehavior"`
	} `xml:"DistributionConfig"`
}

type origin struct {
	DomainName string
	Access     string `xml:"OriginAccessControlId"`
}

type behaviour struct {
	ViewerProtocolPolicy string
	Methods              []string `xml:"AllowedMethods>Items>Method"`
	CachePolicyID        string   `xml:"CachePolicyId"`
	Headers              string   `xml:"ResponseHeadersPolicyId"`
	Compress             bool
}

func soleDistribution(t *testing.T, p *pipeline) distribution {
	t.Helper()
	all := readXML[struct {
		IDs []string `xml:"Items>DistributionSummary>Id"`
	}](t, p, "/distribution").IDs
	if len(all) != 1 {
		t.Fatalf("there are %d distributions", len(all))
	}
	return readXML[distribution](t, p, "/distribution/"+all[0])
}

func checkDistribution(t *testing.T, p *pipeline, d distribution, submitURL string) {
	t.Helper()
	c := d.Config
	expect(t, "enabled, IPv6, compressed", []bool{true, true, true}, []bool{c.Enabled, c.IsIPV6Enabled, c.Behaviour.Compress})
	expect(t, "root object, HTTP, price class", []string{"index.html", "http2and3", "PriceClass_100"},
		[]string{c.DefaultRootObject, c.HttpVersion, c.PriceClass})
	expect(t, "TLS", "redirect-to-https", c.Behaviour.ViewerProtocolPolicy)
	expect(t, "cache policy", "658327ea-f89d-4fab-a63d-7e88639e58f6", c.Behaviour.CachePolicyID)
	slices.Sort(c.Behaviour.Methods)
	expect(t, "methods", []string{"GET", "HEAD"}, c.Behaviour.Methods)
	if len(c.Origins) != 1 {
		t.Fatalf("the distribution has %d origins", len(c.Origins))
	}
	expect(t, "origin", webBucket+".s3.us-east-1.amazonaws.com", c.Origins[0].DomainName)

	type control struct{ Name, OriginAccessControlOriginType, SigningBehavior, SigningProtocol string }
	expect(t, "access control", control{"api-kinesis-web-dev", "s3", "always", "sigv4"}, readXML[struct {
		Config control `xml:"OriginAccessControlConfig"`
	}](t, p, "/origin-access-control/"+c.Origins[0].Access).Config)

	type headers struct {
		Content   string `xml:"ContentSecurityPolicy>ContentSecurityPolicy"`
		Frame     string `xml:"FrameOptions>FrameOption"`
		Referrer  string `xml:"ReferrerPolicy>ReferrerPolicy"`
		Transport string `xml:"StrictTransportSecurity>AccessControlMaxAgeSec"`
		NoSniff   bool   `xml:"ContentTypeOptions>Override"`
	}
	expect(t, "headers", headers{
		"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' " +
			strings.TrimSuffix(submitURL, "submit") + "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
		"DENY", "no-referrer", "31536000", true,
	}, readXML[struct {
		Headers headers `xml:"ResponseHeadersPolicyConfig>SecurityHeadersConfig"`
	}](t, p, "/response-headers-policy/"+c.Behaviour.Headers).Headers)
}

// readXML reads an answer of CloudFront's API. Moto reads the signature's scope, and does not verify the signature.
func readXML[T any](t *testing.T, p *pipeline, path string) T {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.endpoint+"/2020-05-31"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+accessKey+"/20260101/us-east-1/cloudfront/aws4_request, SignedHeaders=host, Signature=0")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var value T
	if err := xml.Unmarshal(text, &value); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s, %v: %s", path, response.Status, err, text)
	}
	return value
}

func checkPageObjects(t *testing.T, p *pipeline, built string) {
	t.Helper()
	keys := map[string]string{}
	for _, object := range call(t, p.cloud.s3.ListObjectsV2, s3.ListObjectsV2Input{Bucket: ref(webBucket)}).Contents {
		head := call(t, p.cloud.s3.HeadObject, s3.HeadObjectInput{Bucket: ref(webBucket), Key: object.Key})
		keys[*object.Key] = deref(head.ContentType) + " " + deref(head.CacheControl)
	}
	expect(t, "objects", map[string]string{
		"index.html":              "text/html; charset=utf-8 no-cache",
		"config.json":             "application/json no-cache",
		"favicon.svg":             "image/svg+xml no-cache",
		"_web/index-0aB_1c-2.css": "text/css; charset=utf-8 public, max-age=31536000, immutable",
		"_web/index-3dE_4f-5.js":  "text/javascript; charset=utf-8 public, max-age=31536000, immutable",
	}, keys)
	for key := range keys {
		if key != spec.PageConfig {
			want, err := os.ReadFile(filepath.Join(built, key))
			if err != nil {
				t.Fatal(err)
			}
			expect(t, key, string(want), objectText(t, p, key))
		}
	}
}

func objectText(t *testing.T, p *pipeline, key string) string {
	t.Helper()
	object := call(t, p.cloud.s3.GetObject, s3.GetObjectInput{Bucket: ref(webBucket), Key: &key})
	defer func() { _ = object.Body.Close() }()
	text, err := io.ReadAll(object.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// changePage builds the page again: a script with another name, and the page that names it.
func changePage(t *testing.T, p *pipeline, env spec.Environment) {
	t.Helper()
	script, page := filepath.Join(env.Web.Folder, "_web", "index-3dE_4f-5.js"), filepath.Join(env.Web.Folder, "index.html")
	if err := os.Rename(script, filepath.Join(env.Web.Folder, "_web", "index-new.js")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(page, []byte(`<script src="_web/index-new.js"></script>`), 0o644); err != nil {
		t.Fatal(err)
	}
	synthesise(t, env, filepath.Dir(filepath.Dir(p.folder)))
	waitForNothing(t, p)
	p.apply(tfexec.DirOrPlan(p.expectPlan(map[string]string{
		"aws_s3_object.web-bucket_index-html-0eb547":            "update",
		"aws_s3_object.web-bucket_web-index-new-js-6f7820":      "create",
		"aws_s3_object.web-bucket_web-index-3dE-4f-5-js-159c4e": "delete",
	}, unread)))
	expect(t, "the page", `<script src="_web/index-new.js"></script>`, objectText(t, p, "index.html"))
	var keys []string
	for _, object := range call(t, p.cloud.s3.ListObjectsV2, s3.ListObjectsV2Input{Bucket: ref(webBucket)}).Contents {
		keys = append(keys, *object.Key)
	}
	expect(t, "objects", []string{"_web/index-0aB_1c-2.css", "_web/index-new.js", "config.json", "favicon.svg", "index.html"}, keys)
}
