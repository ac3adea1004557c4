package local

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cdk.tf/go/ingest/local/firehose"
	"cdk.tf/go/ingest/local/iam"
	"cdk.tf/go/ingest/tfjson"
)

// encrypted returns a resolved stack's keys and a session of its only role, which has these statements.
func encrypted(t *testing.T, resources, statements string) (keys, *iam.Session) {
	t.Helper()
	written, err := tfjson.Read(strings.NewReader(`{"provider": {"aws": {"region": "us-east-1"}}, "resource": {
		"aws_kms_key": {"k": {}},
		"aws_iam_role": {"r": {"name": "r", "assume_role_policy": "{\"Version\": \"2012-10-17\", \"Statement\": {\"Effect\": \"Allow\", \"Principal\": {\"Service\": \"firehose.amazonaws.com\"}, \"Action\": \"sts:AssumeRole\"}}"}},
		"aws_iam_role_policy": {"r": {"name": "p", "role": "r", "policy": "{\"Version\": \"2012-10-17\", \"Statement\": [` + statements + `]}"}},
		` + resources + `}}`))
	if err != nil {
		t.Fatal(err)
	}
	stack, err := written.Resolve(tfjson.Surroundings{Account: account})
	if err != nil {
		t.Fatal(err)
	}
	roles, err := iam.Read(stack)
	if err != nil {
		t.Fatal(err)
	}
	k, err := readKeys(stack, roles)
	if err != nil {
		t.Fatal(err)
	}
	session, err := roles.Assume("arn:aws:iam::"+account+":role/r", "firehose.amazonaws.com", nil)
	if err != nil {
		t.Fatal(err)
	}
	return k, session
}

const put = `{\"Effect\": \"Allow\", \"Action\": [\"s3:PutObject\", \"kinesis:*\"], \"Resource\": \"*\"}`

func TestKeysOfOthersAreNotChecked(t *testing.T) {
	k, session := encrypted(t, `
		"aws_kinesis_stream": {
			"aws": {"name": "aws", "shard_count": 1, "encryption_type": "KMS", "kms_key_id": "alias/aws/kinesis"},
			"none": {"name": "none", "shard_count": 1},
			"other": {"name": "other", "shard_count": 1, "encryption_type": "KMS", "kms_key_id": "arn:aws:kms:us-east-1:111122223333:key/x"}
		}`, put)
	want := []string{"permissions for the key arn:aws:kms:us-east-1:111122223333:key/x are not checked, because the stack does not declare it"}
	if diff := cmp.Diff(want, k.notices); diff != "" {
		t.Errorf("notices (-want +got):\n%s", diff)
	}
	for _, stream := range []string{"aws", "none", "other"} {
		if err := k.encrypt(session, "PutRecord", "arn:aws:kinesis:us-east-1:"+account+":stream/"+stream); err != nil {
			t.Errorf("%s: %v", stream, err)
		}
	}
}

// The encryption context is the bucket's ARN with a bucket key, and the object's without.
func TestKeyOfABucket(t *testing.T) {
	const object = "arn:aws:s3:::b/events/x"
	cfg := firehose.Config{Name: "d", BucketARN: "arn:aws:s3:::b"}
	for _, test := range []struct {
		name, bucketKey, context string
		want                     bool
	}{
		{"a bucket key", `, "bucket_key_enabled": true`, "arn:aws:s3:::b", true},
		{"a bucket key, as Terraform converts texts", `, "bucket_key_enabled": "true"`, "arn:aws:s3:::b", true},
		{"a bucket key and a permission for an object", `, "bucket_key_enabled": true`, object, false},
		{"none", "", object, true},
		{"none and a permission for the bucket", "", "arn:aws:s3:::b", false},
	} {
		k, session := encrypted(t, `"aws_s3_bucket_server_side_encryption_configuration": {"b": {"bucket": "b", "rule": [{
			"apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms", "kms_master_key_id": "${aws_kms_key.k.arn}"}`+test.bucketKey+`}]}}`,
			put+`, {\"Effect\": \"Allow\", \"Action\": \"kms:GenerateDataKey\", \"Resource\": \"${aws_kms_key.k.arn}\", \"Condition\": {\"StringEquals\": {\"kms:EncryptionContext:aws:s3:arn\": \"`+test.context+`\"}}}`)
		if err := k.deliver(session, cfg, "s3:PutObject", object); (err == nil) != test.want {
			t.Errorf("%s: %v", test.name, err)
		}
		if err := k.deliver(session, cfg, "kinesis:GetRecords", "arn:aws:kinesis:us-east-1:"+account+":stream/s"); err != nil {
			t.Errorf("%s: a stream without a key: %v", test.name, err)
		}
	}
}
