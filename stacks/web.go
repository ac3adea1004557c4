package stacks

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"strings"

	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/modules/apigateway"
	"cdk.tf/go/ingest/modules/cloudfront"
	"cdk.tf/go/ingest/modules/s3"
	"cdk.tf/go/ingest/spec"
)

// WebFolder is the folder of a hosted page's files in the stack's folder, where Terraform reads them.
const WebFolder = "web"

// declareWeb declares the hosted page and returns its address. settings are the text of its config.json.
func declareWeb(stack cdktf.TerraformStack, env spec.Environment, page []spec.PageFile, api *apigateway.API, settings string) string {
	protected := env.Removal == spec.Protected
	bucket := s3.New(stack, "web-bucket", s3.Config{
		Name: env.WebBucketName(),
		Lifecycle: spec.Bucket{
			NoncurrentExpireAfterDays: env.Bucket.NoncurrentExpireAfterDays,
			AbortUploadsAfterDays:     env.Bucket.AbortUploadsAfterDays,
		},
		// Its objects are copies of a build's files.
		Disposable: !protected,
	})
	distribution := cloudfront.New(stack, "web", cloudfront.Config{
		Name:         env.WebName(),
		Comment:      "The web page of " + env.APIName(),
		BucketDomain: bucket.DomainName,
		RootObject:   spec.PageIndex,
		PriceClass:   env.Web.PriceClass,
		Connect:      []string{api.StageURL + "/"},
		Protected:    protected,
	})
	bucket.Publish(distribution.ARN)
	putPage(bucket, page, settings)
	return distribution.URL
}

// putPage declares the objects. The page itself comes last, when the files that it names exist.
func putPage(bucket *s3.Bucket, page []spec.PageFile, settings string) {
	before := []cdktf.ITerraformDependable{bucket.Put(s3.Object{
		Key: spec.PageConfig, ContentType: contentType(spec.PageConfig), CacheControl: cacheControl(spec.PageConfig),
		Content: settings,
	})}
	var index s3.Object
	for _, file := range page {
		sum := sha256.Sum256(file.Text)
		object := s3.Object{
			Key: file.Key, ContentType: contentType(file.Key), CacheControl: cacheControl(file.Key),
			Source: path.Join(WebFolder, file.Key), SourceHash: hex.EncodeToString(sum[:]),
		}
		if file.Key == spec.PageIndex {
			index = object
			continue
		}
		before = append(before, bucket.Put(object))
	}
	if index.Key == "" {
		panic(fmt.Sprintf("Web.Hosted is true and the page has no %s; pass the files of Environment.Page to stacks.New", spec.PageIndex))
	}
	index.DependsOn = before
	bucket.Put(index)
}

// contentTypes are the types by a file's extension. Go's own table depends on the machine. The header nosniff forbids a browser to
// guess, so it would not run a script with a wrong type.
var contentTypes = map[string]string{
	".css":         "text/css; charset=utf-8",
	".gif":         "image/gif",
	".html":        "text/html; charset=utf-8",
	".ico":         "image/x-icon",
	".jpeg":        "image/jpeg",
	".jpg":         "image/jpeg",
	".js":          "text/javascript; charset=utf-8",
	".json":        "application/json",
	".map":         "application/json",
	".mjs":         "text/javascript; charset=utf-8",
	".png":         "image/png",
	".svg":         "image/svg+xml",
	".txt":         "text/plain; charset=utf-8",
	".wasm":        "application/wasm",
	".webmanifest": "application/manifest+json",
	".webp":        "image/webp",
	".woff2":       "font/woff2",
}

func contentType(key string) string {
	if known, ok := contentTypes[strings.ToLower(path.Ext(key))]; ok {
		return known
	}
	return "application/octet-stream"
}

// builtFolder is the folder for the build's files with a digest in their names (webapp/vite.config). If a file's content changes,
// so does its name.
const builtFolder = "_web/"

func cacheControl(key string) string {
	if strings.HasPrefix(key, builtFolder) {
		return "public, max-age=31536000, immutable"
	}
	// A browser keeps the file, and revalidates it each time.
	return "no-cache"
}
