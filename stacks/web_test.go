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

// object has the arguments of an S3 object.
type object struct {
	Type, Cache, Source, Hash string
}

func objects(t *testing.T, doc document) map[string]object {
	t.Helper()
	found := map[string]object{}
	for _, resource := range doc.Resource["aws_s3_object"] {
		body, _ := resource.(map[string]any)
		text := func(key string) string { value, _ := body[key].(string); return value }
		found[text("key")] = object{text("content_type"), text("cache_control"), text("source"), text("source_hash")}
	}
	return found
}

func TestNoPageUnasked(t *testing.T) {
	doc := synth(t, spec.Default("dev"))
	for typ := range doc.Resource {
		if strings.HasPrefix(typ, "aws_cloudfront_") || typ == "aws_s3_object" {
			t.Errorf("the stack has %v", slices.Collect(maps.Keys(doc.Resource[typ])))
		}
	}
	if _, there := doc.Output["web_url"]; there || len(doc.Resource["aws_s3_bucket"]) != 1 {
		t.Errorf("the outputs are %v, and the buckets %v", doc.Output, doc.Resource["aws_s3_bucket"])
	}
}

func TestPageObjects(t *testing.T) {
	const (
		each    = "no-cache"
		forever = "public, max-age=31536000, immutable"
		sum     = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb" // of "a"
	)
	env := spec.Default("dev")
	env.Web.Hosted = true
	want := map[string]object{
		"config.json":            {Type: "application/json", Cache: each},
		"index.html":             {"text/html; charset=utf-8", each, "web/index.html", sum},
		"_web/index-Ab_1.js":     {"text/javascript; charset=utf-8", forever, "web/_web/index-Ab_1.js", sum},
		"_web/index-Ab_1.js.map": {"application/json", forever, "web/_web/index-Ab_1.js.map", sum},
		"_web/index-Cd_2.css":    {"text/css; charset=utf-8", forever, "web/_web/index-Cd_2.css", sum},
		"about/_web/LOGO.SVG":    {"image/svg+xml", each, "web/about/_web/LOGO.SVG", sum},
		"_web.bin":               {"application/octet-stream", each, "web/_web.bin", sum},
		"LICENSE":                {"application/octet-stream", each, "web/LICENSE", sum},
	}
	var page []spec.PageFile
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if key != spec.PageConfig {
			page = append(page, spec.PageFile{Key: key, Text: []byte("a")})
		}
	}
	doc := synth(t, env, page...)
	if diff := cmp.Diff(want, objects(t, doc)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for name, resource := range doc.Resource["aws_s3_object"] {
		before, _ := resource.(map[string]any)["depends_on"].([]any)
		// The bucket's versioning, and for the page itself all other objects.
		if most := map[bool]int{true: len(want), false: 1}[strings.HasPrefix(name, "web-bucket_index-html-")]; len(before) != most {
			t.Errorf("%s waits for %v, which should be %d", name, before, most)
		}
	}
}

// onePage is the least that a hosted page has.
var onePage = spec.PageFile{Key: "index.html", Text: []byte("a")}

// Without the file that CloudFront serves at "/", the page would be an object without a key, which Terraform refuses.
func TestHostingNoPage(t *testing.T) {
	env := spec.Default("dev")
	env.Web.Hosted = true
	for _, page := range [][]spec.PageFile{nil, {{Key: "about/index.html"}}} {
		func() {
			defer func() {
				const want = "Web.Hosted is true and the page has no index.html; pass the files of Environment.Page to stacks.New"
				if said := recover(); said != want {
					t.Errorf("%v: panic is %v, want %s", page, said, want)
				}
			}()
			synth(t, env, page...)
		}()
	}
}

// Everybody can read a page's settings, so they contain no ARN, no account and no bucket.
func TestPageSettings(t *testing.T) {
	env := spec.Default("dev")
	env.Region, env.API.Authorization, env.Web.Hosted = "eu-west-1", spec.AuthorizeIAM(), true
	env.API.Batch = true
	doc := synth(t, env, onePage)
	var got map[string]map[string]string
	for _, resource := range doc.Resource["aws_s3_object"] {
		body, _ := resource.(map[string]any)
		if text, _ := body["content"].(string); body["key"] == spec.PageConfig {
			if err := json.Unmarshal([]byte(text), &got); err != nil {
				t.Fatal(err)
			}
		}
	}
	want := map[string]map[string]string{"dev": {}}
	for _, id := range []string{"authorization", "batch_url", "curl", "region", "submit_url"} {
		want["dev"][id] = doc.Output[id].Value
	}
	if diff := cmp.Diff(want, got); diff != "" || got["dev"]["authorization"] != "iam" || got["dev"]["region"] != "eu-west-1" {
		t.Errorf("config.json and the outputs of its names (-outputs +config.json):\n%s", diff)
	}
	if url := doc.Output["web_url"].Value; url != "https://${aws_cloudfront_distribution.web.domain_name}/" {
		t.Errorf("the page's address is %s", url)
	}
}
