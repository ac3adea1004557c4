package s3_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cdk.tf/go/ingest/internal/goldens"
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
		written, err := tfjson.ReadFile(goldens.File(t, env))
		if err != nil {
			t.Fatal(err)
		}
		stack, err := written.Resolve(tfjson.Surroundings{Account: "000000000000", Partition: "aws"})
		if err != nil {
			t.Fatal(err)
		}
		got, err := s3.Read(stack)
		if diff := cmp.Diff(bucketsOf(env), got); err != nil || diff != "" {
			t.Errorf("%s: error %v, %s", env, err, diff)
		}
	}
}

// bucketsOf are an environment's buckets.
func bucketsOf(env string) []s3.Config {
	bucket := func(name string, more ...string) s3.Config {
		return s3.Config{Name: name + env, ARN: "arn:aws:s3:::" + name + env, Notices: slices.Concat([]string{
			"nothing in %s expires or changes its storage class"}, more, []string{
			"everyone who reaches the AWS address may read and write %s",
			"old versions of the objects in %s are not kept",
		})}
	}
	if env != "prod" {
		return []s3.Config{bucket("api-kinesis-firehose-bucket-")}
	}
	return []s3.Config{
		bucket("api-kinesis-access-log-"),
		bucket("api-kinesis-firehose-bucket-", "requests to %s are not logged to api-kinesis-access-log-prod"),
		bucket("api-kinesis-query-"),
	}
}

func TestReadSaysWhatIsNotLoggedAndNotLocked(t *testing.T) {
	got, err := readStack(t, `{`+provider+`"resource": {
		"aws_s3_bucket": {"b": {"bucket": "events"}, "log": {"bucket": "log"}},
		"aws_s3_bucket_logging": {"b": {"bucket": "events", "target_bucket": "${aws_s3_bucket.log.id}", "target_prefix": "access/", "target_object_key_format": {"partitioned_prefix": {"partition_date_source": "EventTime"}}}},
		"aws_s3_bucket_object_lock_configuration": {"b": {"bucket": "events", "rule": {"default_retention": {"mode": "GOVERNANCE", "days": 1}}}}}}`)
	want := []s3.Config{
		{Name: "events", ARN: "arn:aws:s3:::events", Notices: []string{
			"requests to %s are not logged to log",
			"objects in %s are not locked: everyone with access to the folder may delete them",
		}},
		{Name: "log", ARN: "arn:aws:s3:::log"},
	}
	if err != nil || !cmp.Equal(got, want) {
		t.Errorf("error %v, %s", err, cmp.Diff(want, got))
	}
}

func TestReadRefuses(t *testing.T) {
	for _, test := range []struct{ name, resources, want string }{
		{"an attribute that is not known", `"aws_s3_bucket": {"b": {"bucket": "events", "acl": "private"}}`,
			`aws_s3_bucket.b: the attribute acl is not imitated on one machine; leave it out of the environment that runs here`},
		{"no name", `"aws_s3_bucket": {"b": {"bucket_prefix": "x"}}`,
			`aws_s3_bucket.b: the attribute bucket_prefix is not imitated on one machine; leave it out of the environment that runs here`},
		{"no name at all", `"aws_s3_bucket": {"b": {}}`,
			`aws_s3_bucket.b: bucket is missing; name the bucket: names that AWS generates are not imitated on one machine`},
		{"another resource", `"aws_s3_bucket": {"b": {"bucket": "events"}}, "aws_s3_bucket_cors_configuration": {"c": {"bucket": "events"}}`,
			`aws_s3_bucket_cors_configuration.c: aws_s3_bucket_cors_configuration is not imitated on one machine (no web page may read or write a bucket here); leave it out of the environment that runs here`},
		{"replication", `"aws_s3_bucket": {"b": {"bucket": "events"}}, "aws_s3_bucket_replication_configuration": {"r": {"bucket": "events"}}`,
			`aws_s3_bucket_replication_configuration.r: aws_s3_bucket_replication_configuration is not imitated on one machine (objects are copied to no other bucket here); leave it out of the environment that runs here`},
		{"a bucket that is not declared", `"aws_s3_bucket_versioning": {"v": {"bucket": "other", "versioning_configuration": {"status": "Enabled"}}}`,
			`aws_s3_bucket_versioning.v: the stack does not declare the bucket "other"; declare it`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := readStack(t, `{`+provider+`"resource": {`+test.resources+`}}`)
			if err == nil || err.Error() != test.want {
				t.Errorf("%v\nwant: %s", err, test.want)
			}
		})
	}
}

// Each type of Types is read or refused, so none is silently ignored.
func TestTypes(t *testing.T) {
	types := s3.Types()
	if !slices.IsSorted(types) || !slices.Contains(types, "aws_s3_bucket") || len(types) < 2 {
		t.Errorf("%q", types)
	}
	for _, typ := range types {
		if typ == "aws_s3_bucket" {
			continue
		}
		_, err := readStack(t, `{`+provider+`"resource": {"`+typ+`": {"x": {"bucket": "other"}}}}`)
		if err == nil || !strings.HasPrefix(err.Error(), typ+".x: ") {
			t.Errorf("%s of a bucket that is not there: error %v", typ, err)
		}
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
