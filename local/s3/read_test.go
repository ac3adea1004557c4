package s3_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cdk.tf/go/ingest/local/s3"
	"cdk.tf/go/ingest/tfjson"
)

func readStack(t *testing.T, text string) ([]s3.Config, error) {
	t.Helper()
	stack, err := tfjson.Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	stack, err = stack.Resolve(tfjson.Surroundings{Account: "000000000000", Partition: "aws"})
	if err != nil {
		t.Fatal(err)
	}
	return s3.Read(stack)
}

const provider = `"provider": {"aws": [{"region": "us-east-1"}]},`

func TestReadTheProjectsOwnStacks(t *testing.T) {
	for _, env := range []string{"dev", "staging", "prod"} {
		written, err := tfjson.ReadFile("../../testdata/" + env + ".tf.json")
		if err != nil {
			t.Fatal(err)
		}
		stack, err := written.Resolve(tfjson.Surroundings{Account: "000000000000", Partition: "aws"})
		if err != nil {
			t.Fatal(err)
		}
		got, err := s3.Read(stack)
		name := "api-kinesis-firehose-bucket-" + env
		want := []s3.Config{{Name: name, ARN: "arn:aws:s3:::" + name, Notices: []string{
			"nothing in " + name + " expires or changes its storage class",
			"whoever reaches the AWS address may read and write " + name,
			"encryption at rest of " + name + " is not imitated",
			"old versions of the objects in " + name + " are not kept",
		}}}
		if err != nil || !cmp.Equal(got, want) {
			t.Errorf("%s: error %v, %s", env, err, cmp.Diff(want, got))
		}
	}
}

func TestReadRefuses(t *testing.T) {
	for _, test := range []struct{ name, resources, want string }{
		{"an attribute that is not known", `"aws_s3_bucket": {"b": {"bucket": "events", "acl": "private"}}`,
			`aws_s3_bucket.b: the attribute acl is not imitated on one machine; leave it out of the environment that runs here`},
		{"no name", `"aws_s3_bucket": {"b": {"bucket_prefix": "x"}}`,
			`aws_s3_bucket.b: the attribute bucket_prefix is not imitated on one machine; leave it out of the environment that runs here`},
		{"no name at all", `"aws_s3_bucket": {"b": {}}`,
			`aws_s3_bucket.b: bucket is missing; name the bucket: a name that AWS makes up is not imitated on one machine`},
		{"another resource", `"aws_s3_bucket": {"b": {"bucket": "events"}}, "aws_s3_bucket_cors_configuration": {"c": {"bucket": "events"}}`,
			`aws_s3_bucket_cors_configuration.c: aws_s3_bucket_cors_configuration is not imitated on one machine; leave it out of the environment that runs here`},
		{"a bucket of somebody else", `"aws_s3_bucket_versioning": {"v": {"bucket": "other", "versioning_configuration": {"status": "Enabled"}}}`,
			`aws_s3_bucket_versioning.v: the bucket "other" is none of the stack's; declare it`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := readStack(t, `{`+provider+`"resource": {`+test.resources+`}}`)
			if err == nil || err.Error() != test.want {
				t.Errorf("%v\nwant: %s", err, test.want)
			}
		})
	}
}

func TestReadWhatIsSwitchedOff(t *testing.T) {
	got, err := readStack(t, `{`+provider+`"resource": {
		"aws_s3_bucket": {"b": {"bucket": "events", "force_destroy": true, "tags": {"a": "b"}}},
		"aws_s3_bucket_versioning": {"v": {"bucket": "events", "versioning_configuration": {"status": "Suspended"}}},
		"aws_s3_bucket_lifecycle_configuration": {"l": {"bucket": "events", "rule": {"id": "x", "status": "Disabled"}}},
		"aws_s3_bucket_policy": {"p": {"bucket": "events", "policy": "{}"}}
	}}`)
	if want := []s3.Config{{Name: "events", ARN: "arn:aws:s3:::events"}}; err != nil || !cmp.Equal(got, want) {
		t.Errorf("error %v, %s", err, cmp.Diff(want, got))
	}
}
