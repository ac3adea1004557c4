package iam

import (
	"testing"
)

// In an environment with a KMS key, the roles may use it as the pipeline does, and for nothing else.
func TestKeysOfAnEnvironment(t *testing.T) {
	roles := environment(t, "option-encrypted")
	const (
		key    = "alias/api-kinesis-option-encrypted"
		stream = "arn:aws:kinesis:us-east-1:" + account + ":stream/api-kinesis-stream-option-encrypted"
		bucket = "arn:aws:s3:::api-kinesis-firehose-bucket-option-encrypted"
	)
	submit, deliver := assume(t, roles, "api-kinesis-submit-option-encrypted", apigateway), assume(t, roles, "api-kinesis-delivery-option-encrypted", firehose)
	for _, test := range []struct {
		session              *Session
		action, service, arn string
		want                 bool
	}{
		{submit, "kms:GenerateDataKey", "kinesis", stream, true},
		{submit, "kms:Decrypt", "kinesis", stream, false},
		{submit, "kms:GenerateDataKey", "s3", bucket, false},
		{submit, "kms:GenerateDataKey", "kinesis", stream + "x", false},
		{deliver, "kms:Decrypt", "kinesis", stream, true},
		{deliver, "kms:GenerateDataKey", "kinesis", stream, false},
		{deliver, "kms:GenerateDataKey", "s3", bucket, true},
		{deliver, "kms:Decrypt", "s3", bucket, true},
		{deliver, "kms:GenerateDataKey", "s3", bucket + "/events/x", false},
		{deliver, "kms:Encrypt", "s3", bucket, false},
	} {
		if err := test.session.UseKey(test.action, key, test.service, test.arn); (err == nil) != test.want {
			t.Errorf("%s: %s through %s for %s: %v", test.session.arn(), test.action, test.service, test.arn, err)
		}
	}
	for _, session := range []*Session{submit, deliver} {
		if session.Allow("kms:Decrypt", "arn:aws:kms:us-east-1:"+account+":key/x") == nil {
			t.Errorf("%s may use a key itself", session.arn())
		}
	}
}
