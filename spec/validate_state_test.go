package spec

import (
	"strings"
	"testing"
)

func inS3(change func(s *S3State)) func(e *Environment) {
	return func(e *Environment) {
		e.State.S3 = &S3State{Bucket: "my.state"}
		change(e.State.S3)
	}
}

func inCloud(change func(s *CloudState)) func(e *Environment) {
	return func(e *Environment) {
		e.State.Cloud = &CloudState{Organization: "acme"}
		change(e.State.Cloud)
	}
}

func TestStateRefused(t *testing.T) {
	const (
		bucket    = `; use 3 to 63 of a-z, 0-9 and "-", beginning and ending with a letter or a digit`
		slashes   = `; use a key that neither begins nor ends with "/"`
		terraform = ` out: Terraform would evaluate it as an expression`
		arn       = `; use the ARN of a key, such as "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-4bcd-8def-1234567890ab" or "…:key/mrk-1234abcd12ab34cd56ef1234567890ab", or of an alias, such as "arn:aws:kms:eu-west-1:111122223333:alias/state", or leave it empty`
		uuid      = `, whose key id is not a UUID of RFC 4122, as KMS makes them; copy the id from KMS, or name an alias such as "arn:aws:kms:eu-west-1:111122223333:alias/state": Terraform's S3 backend requires 1 to 5 as a UUID's 13th digit, and 8, 9, a or b as its 17th`
		host      = `; use a host name such as "tfe.example.com", without scheme and path, or leave it empty`
	)
	rows := []refusal{
		{"both", func(e *Environment) { e.State = State{S3: &S3State{}, Cloud: &CloudState{}} }, []string{
			`State has both S3 and Cloud; set one of them to nil`,
			`State.S3.Bucket is ""` + bucket,
			`State.Cloud.Organization is ""; use 1 to 40 letters, digits, "_" and "-", beginning with a letter or a digit`,
		}},
		{"bucket", inS3(func(s *S3State) { s.Bucket = "My-state" }), []string{`State.S3.Bucket is "My-state"` + bucket}},
		{"bucket with two dots", inS3(func(s *S3State) { s.Bucket = "my..state" }), []string{`State.S3.Bucket is "my..state"` + bucket}},
		{"address", inS3(func(s *S3State) { s.Bucket = "10.0.0.1" }), []string{`State.S3.Bucket is "10.0.0.1"` + bucket}},
		{"directory bucket", inS3(func(s *S3State) { s.Bucket = "state--use1-az4--x-s3" }),
			[]string{`State.S3.Bucket is "state--use1-az4--x-s3"; use another: S3 reserves names that end with "--x-s3"`}},
		{"the bucket it makes", inS3(func(s *S3State) { s.Bucket = "api-kinesis-firehose-bucket-dev" }),
			[]string{`State.S3.Bucket is "api-kinesis-firehose-bucket-dev", which this environment makes; ` +
				`use a bucket that exists before the environment and outlives it`}},
		{"key begins with a slash", inS3(func(s *S3State) { s.Key = "/a" }), []string{`State.S3.Key is "/a"` + slashes}},
		{"key ends with a slash", inS3(func(s *S3State) { s.Key = "a/" }), []string{`State.S3.Key is "a/"` + slashes}},
		{"key with an empty folder", inS3(func(s *S3State) { s.Key = "a//b" }), []string{`State.S3.Key is "a//b"; use a key without "//", which Terraform's S3 backend refuses`}},
		{"long key", inS3(func(s *S3State) { s.Key = strings.Repeat("k", 1018) }),
			[]string{`State.S3.Key is 1018 bytes long; use at most 1017`}},
		{"unprintable key", inS3(func(s *S3State) { s.Key = "a\tb" }), []string{`State.S3.Key is "a\tb"; use printable ASCII characters only`}},
		{"a key that begins with a space of another kind", inS3(func(s *S3State) { s.Key = "\u00a0a" }), []string{`State.S3.Key is "\u00a0a"; use printable ASCII characters only`}},
		{"expression", inS3(func(s *S3State) { s.Key = "${var.x}" }), []string{`State.S3.Key is "${var.x}"; leave "${"` + terraform}},
		{"directive", inS3(func(s *S3State) { s.Key = "%{x}" }), []string{`State.S3.Key is "%{x}"; leave "%{"` + terraform}},
		{"region", inS3(func(s *S3State) { s.Region = "Ireland" }),
			[]string{`State.S3.Region is "Ireland"; use a region such as "eu-west-1": an area, a direction and a number, or leave it empty`}},
		{"organization", inCloud(func(s *CloudState) { s.Organization = "-acme" }),
			[]string{`State.Cloud.Organization is "-acme"; use 1 to 40 letters, digits, "_" and "-", beginning with a letter or a digit`}},
		{"long organization", inCloud(func(s *CloudState) { s.Organization = strings.Repeat("o", 41) }),
			[]string{`State.Cloud.Organization is "` + strings.Repeat("o", 41) +
				`"; use 1 to 40 letters, digits, "_" and "-", beginning with a letter or a digit`}},
		{"workspace", inCloud(func(s *CloudState) { s.Workspace = "a b" }),
			[]string{`State.Cloud.Workspace is "a b"; use 1 to 90 letters, digits, "_" and "-", or leave it empty`}},
		{"long workspace", inCloud(func(s *CloudState) { s.Workspace = strings.Repeat("w", 91) }),
			[]string{`State.Cloud.Workspace is "` + strings.Repeat("w", 91) +
				`"; use 1 to 90 letters, digits, "_" and "-", or leave it empty`}},
	}
	const alias = "arn:aws:kms:eu-west-1:111122223333:alias/state"
	const inIreland = `State.S3.KMSKeyARN is "` + alias + `", a key in eu-west-1; use a key in us-east-1, the bucket's region: S3 takes no other`
	rows = append(rows,
		refusal{"a key of another region", inS3(func(s *S3State) { s.KMSKeyARN, s.Region = alias, "us-east-1" }), []string{inIreland}},
		refusal{"a key of another region than the environment's", func(e *Environment) {
			inS3(func(s *S3State) { s.KMSKeyARN = alias })(e)
			e.Region = "us-east-1"
		}, []string{inIreland}})
	for _, bad := range []string{
		"12345678-1234-4234-8234-123456789012", "alias/state", "arn:aws:s3:::state", "arn:aws:kms:eu-west-1:1111:alias/state",
		"arn:aws:kms:eu-west-1:111122223333:key/abc", "arn:aws:kms:eu-west-1:111122223333:alias/",
		"arn:aws:kms:eu-west-1:111122223333:key/mrk-1234", "arn:aws:kms:eu-west-1:111122223333:key/1234ABCD-12AB-4BCD-8DEF-1234567890AB",
	} {
		rows = append(rows, refusal{bad, inS3(func(s *S3State) { s.KMSKeyARN = bad }), []string{"State.S3.KMSKeyARN " + is(bad) + arn}})
	}
	for _, bad := range []string{
		"arn:aws:kms:eu-west-1:111122223333:key/12345678-1234-1234-1234-123456789012", "arn:aws:kms:eu-west-1:111122223333:key/12345678-1234-7234-8234-123456789012",
		"arn:aws-cn:kms:cn-north-1:111122223333:key/1234abcd-12ab-04cd-96ef-1234567890ab",
	} {
		rows = append(rows, refusal{bad, inS3(func(s *S3State) { s.KMSKeyARN = bad }), []string{"State.S3.KMSKeyARN " + is(bad) + uuid}})
	}
	for _, bad := range []string{"https://tfe.example.com", "tfe.example.com/", "tfe_example", "tfe..example", "-tfe", "tfe:port", "tfe:", "tfe:0", "tfe:65536", "tfe:123456"} {
		rows = append(rows, refusal{bad, inCloud(func(s *CloudState) { s.Hostname = bad }), []string{"State.Cloud.Hostname " + is(bad) + host}})
	}
	testRefusals(t, rows)
}

func TestStateAccepted(t *testing.T) {
	rows := []acceptance{
		{"bucket alone", inS3(func(s *S3State) {})},
		{"bucket in an account's namespace", inS3(func(s *S3State) { s.Bucket = "state-111122223333-eu-west-1-an" })},
		{"longest key", inS3(func(s *S3State) { s.Key = strings.Repeat("k", 1017) })},
		{"region", inS3(func(s *S3State) { s.Region = "eu-west-1" })},
		{"organization alone", inCloud(func(s *CloudState) {})},
		{"longest names", inCloud(func(s *CloudState) {
			s.Organization, s.Workspace = strings.Repeat("o", 40), strings.Repeat("w", 90)
		})},
		{"host", inCloud(func(s *CloudState) { s.Hostname = "tfe.example.com" })},
		{"host with a port", inCloud(func(s *CloudState) { s.Hostname = "localhost:8443" })},
		{"host with the last port", inCloud(func(s *CloudState) { s.Hostname = "tfe.example.com:65535" })},
	}
	for _, good := range []string{
		"arn:aws:kms:eu-west-1:111122223333:key/12345678-1234-4234-8234-123456789012",
		"arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/mrk-0123456789abcdef0123456789abcdef",
		"arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-4bcd-8def-1234567890ab",
		"arn:aws:kms:eu-west-1:111122223333:key/12345678-1234-1234-b234-123456789012",
		"arn:aws:kms:eu-west-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab",
		"arn:aws:kms:eu-west-1:111122223333:alias/terraform/state",
	} {
		rows = append(rows, acceptance{good, inS3(func(s *S3State) { s.KMSKeyARN, s.Region = good, strings.Split(good, ":")[3] })})
	}
	testAcceptances(t, rows)
}
