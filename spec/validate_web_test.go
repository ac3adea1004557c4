package spec

import (
	"strings"
	"testing"
)

// hosted is a change that hosts the page in a bucket of this name.
func hosted(bucket string) func(e *Environment) {
	return func(e *Environment) { e.Web.Hosted, e.Web.BucketName = true, bucket }
}

func TestWebRefused(t *testing.T) {
	testRefusals(t, []refusal{
		{"bucket", hosted("My-page"), []string{
			`Web.BucketName is "My-page"; use 3 to 63 of a-z, 0-9 and "-", beginning and ending with a letter or a digit`,
		}},
		{"bucket with a dot", hosted("my.page"), []string{
			`Web.BucketName is "my.page"; use "-" in place of ".": S3's TLS certificates do not match addresses of such names`,
		}},
		{"the bucket of events", hosted("api-kinesis-firehose-bucket-dev"), []string{
			`Web.BucketName is "api-kinesis-firehose-bucket-dev", which is also the bucket of events; use another: everything in the web page's bucket is public`,
		}},
		{"the page's bucket for events", func(e *Environment) { e.Web.Hosted, e.Bucket.Name = true, "api-kinesis-web-dev" }, []string{
			`Web.BucketName is "api-kinesis-web-dev", which is also the bucket of events; use another: everything in the web page's bucket is public`,
		}},
		{"the page's bucket for the state", func(e *Environment) {
			e.Web.Hosted, e.State.S3 = true, &S3State{Bucket: "api-kinesis-web-dev"}
		}, []string{
			`State.S3.Bucket is "api-kinesis-web-dev", which this environment makes; use a bucket that exists before the environment and outlives it`,
		}},
		{"8 tags", func(e *Environment) { hosted("")(e); manyTags(8)(e) }, []string{
			`Tags has 8 entries while Web.Hosted is true; use at most 7: each of the page's files gets three more, and an S3 object takes 10`,
		}},
		{"47 tags", func(e *Environment) { hosted("")(e); manyTags(47)(e) }, []string{
			`Tags has 47 entries while Web.Hosted is true; use at most 7: each of the page's files gets three more, and an S3 object takes 10`,
		}},
		{"48 tags", func(e *Environment) { hosted("")(e); manyTags(48)(e) }, []string{
			`Tags has 48 entries; use at most 47: every resource gets three more, and AWS allows 50`,
		}},
		{"price class", func(e *Environment) { e.Web.Hosted, e.Web.PriceClass = true, "100" }, []string{
			`Web.PriceClass is "100"; use "PriceClass_100", "PriceClass_200" or "PriceClass_All"`,
		}},
		{"every problem", func(e *Environment) { e.Web = Web{Hosted: true, BucketName: "a"} }, []string{
			`Web.BucketName is "a"; use 3 to 63 of a-z, 0-9 and "-", beginning and ending with a letter or a digit`,
			`Web.PriceClass is ""; use "PriceClass_100", "PriceClass_200" or "PriceClass_All"`,
		}},
	})
	env := Default("an")
	env.Web.Hosted, env.Bucket.Name = true, "my-events"
	checkError(t, env.Validate(),
		`environment "an": Web.BucketName would be "api-kinesis-web-an"; use another: S3 reserves names that end with "-an"`)
}

func TestWebAccepted(t *testing.T) {
	testAcceptances(t, []acceptance{
		{"hosted", hosted("")},
		{"hosted in a bucket of its own name", hosted(strings.Repeat("p", 63))},
		{"hosted from everywhere", func(e *Environment) { e.Web.Hosted, e.Web.PriceClass = true, PriceClassAll }},
		{"7 tags", func(e *Environment) { hosted("")(e); manyTags(7)(e) }},
		{"no page and its bucket's name for events", bucketNamed("api-kinesis-web-dev")},
		{"no page and its bucket's name for the state", inS3(func(s *S3State) { s.Bucket = "api-kinesis-web-dev" })},
	})
}
