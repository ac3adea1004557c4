package backend

import (
	"fmt"
	"strings"
	"testing"

	"cdk.tf/go/ingest/policy"
	"cdk.tf/go/ingest/tfjson"
)

const key = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-96ef-1234567890ab"

var configs = map[string]Config{
	"backend":     {Bucket: "api-kinesis-state", Region: "us-east-1"},
	"backend-kms": {Bucket: "api-kinesis-state", Region: "eu-west-1", KMSKeyARN: key},
}

// The project's policy rules hold for this stack too.
func TestPolicy(t *testing.T) {
	for name, config := range configs {
		text, err := config.JSON()
		if err != nil {
			t.Fatal(err)
		}
		if got := breaches(t, string(text)); got != "" {
			t.Errorf("%s: %s", name, got)
		}
		// The rules are evaluated: without its encryption the bucket breaks one.
		if got := breaches(t, strings.Replace(string(text), `"aws_s3_bucket_server_side_encryption_configuration"`, `"aws_other"`, 1)); !strings.Contains(got, "private-bucket: aws_s3_bucket.state") {
			t.Errorf("%s without encryption: %s", name, got)
		}
	}
}

// breaches are the broken rules, except those about the parts of a pipeline.
func breaches(t *testing.T, text string) string {
	t.Helper()
	stack, err := tfjson.Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for line := range strings.Lines(fmt.Sprint(policy.Check(stack, policy.Expect{}))) {
		if !strings.HasPrefix(line, "flow: ") {
			found = append(found, line)
		}
	}
	return strings.Join(found, "")
}

func stackWith(t *testing.T, terraform string) *tfjson.Stack {
	t.Helper()
	stack, err := tfjson.Read(strings.NewReader(`{"terraform":` + terraform + `}`))
	if err != nil {
		t.Fatal(err)
	}
	return stack
}

func TestOf(t *testing.T) {
	got, err := Of(stackWith(t, `{"backend":{"s3":{"bucket":"b","encrypt":true,"key":"k","kms_key_id":"`+key+`","region":"eu-west-1","use_lockfile":true}}}`))
	if want := (Config{"b", "eu-west-1", key}); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	const remedy = `set env.State.S3 = &spec.S3State{Bucket: "NAME"} in its file in stacks/ and synthesise again, or name --bucket and --region`
	for terraform, want := range map[string]string{
		`{"backend":{"local":{"path":"p"}}}`: "its state is in a local file; " + remedy,
		`{}`:                                 "its state is in a local file; " + remedy,
		`{"cloud":{"organization":"o"}}`:     "its state is in HCP Terraform, which needs no bucket; for S3 " + remedy,
		`{"backend":{"gcs":{"bucket":"b"}}}`: `its state is in a backend of type "gcs"; for S3 ` + remedy,
	} {
		if _, err := Of(stackWith(t, terraform)); fmt.Sprint(err) != want {
			t.Errorf("%s: %v, want %s", terraform, err, want)
		}
	}
}

func TestCheck(t *testing.T) {
	const bucketRemedy = `; use 3 to 63 of a-z, 0-9, "-" and ".", beginning and ending with a letter or a digit, without "..", and not an IP address`
	for _, test := range []struct {
		config Config
		want   string
	}{
		{configs["backend"], "<nil>"},
		{configs["backend-kms"], "<nil>"},
		{Config{"a.b-c", "us-gov-west-1", "arn:aws-us-gov:kms:us-gov-west-1:111122223333:alias/a/b"}, "<nil>"},
		{Config{}, `--bucket is ""` + bucketRemedy + "\n" + `--region is ""; use a region such as "eu-west-1": an area, a direction and a number`},
		{Config{"States", "eu-west-1", ""}, `--bucket is "States"` + bucketRemedy},
		{Config{"a..b", "eu-west-1", ""}, `--bucket is "a..b"` + bucketRemedy},
		{Config{"10.0.0.1", "eu-west-1", ""}, `--bucket is "10.0.0.1"` + bucketRemedy},
		{Config{"states-", "eu-west-1", ""}, `--bucket is "states-"` + bucketRemedy},
		{Config{"xn--abc", "eu-west-1", ""}, `--bucket is "xn--abc"; use another: S3 reserves names that begin with "xn--"`},
		{Config{"sthree-abc", "eu-west-1", ""}, `--bucket is "sthree-abc"; use another: S3 reserves names that begin with "sthree-"`},
		{Config{"amzn-s3-demo-x", "eu-west-1", ""}, `--bucket is "amzn-s3-demo-x"; use another: S3 reserves names that begin with "amzn-s3-demo-"`},
		{Config{"abc-s3alias", "eu-west-1", ""}, `--bucket is "abc-s3alias"; use another: S3 reserves names that end with "-s3alias"`},
		{Config{"abc--ol-s3", "eu-west-1", ""}, `--bucket is "abc--ol-s3"; use another: S3 reserves names that end with "--ol-s3"`},
		{Config{"abc.mrap", "eu-west-1", ""}, `--bucket is "abc.mrap"; use another: S3 reserves names that end with ".mrap"`},
		{Config{"abc--x-s3", "eu-west-1", ""}, `--bucket is "abc--x-s3"; use another: S3 reserves names that end with "--x-s3"`},
		{Config{"abc--table-s3", "eu-west-1", ""}, `--bucket is "abc--table-s3"; use another: S3 reserves names that end with "--table-s3"`},
		{Config{"abc-111122223333-eu-west-1-an", "eu-west-1", ""}, `--bucket is "abc-111122223333-eu-west-1-an"; use another: S3 reserves names that end with "-an"`},
		{Config{"states", "Ireland", ""}, `--region is "Ireland"; use a region such as "eu-west-1": an area, a direction and a number`},
		{Config{"states", "eu-west-1", "alias/state"}, `--kms-key is "alias/state"; use the ARN of an alias or a key, such as arn:aws:kms:eu-west-1:111122223333:alias/state or …:key/ and a UUID, whose version Terraform checks too`},
		{Config{"states", "eu-west-1", "arn:aws-cn:kms:eu-west-1:111122223333:alias/state"}, `--kms-key is in the partition "aws-cn"; use one in "aws", the partition of eu-west-1`},
		{Config{"states", "us-east-1", key}, `--kms-key is in eu-west-1 and the bucket in us-east-1; S3 takes only a key of the bucket's region`},
	} {
		if got := fmt.Sprint(test.config.Check()); got != test.want {
			t.Errorf("%+v: got %s, want %s", test.config, got, test.want)
		}
	}
}

// TestNewerRegion takes version 6 of the provider where version 5 would refuse the region.
func TestNewerRegion(t *testing.T) {
	for region, version := range map[string]string{"eu-west-1": "~> 5.99", "ap-southeast-6": "~> 6.0"} {
		text, err := Config{Bucket: "states", Region: region}.JSON()
		if err != nil || !strings.Contains(string(text), `"version": "`+version+`"`) {
			t.Errorf("the stack in %s does not ask for the provider %s (%v):\n%s", region, version, err, text)
		}
	}
}
