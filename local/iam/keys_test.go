package iam

import (
	"errors"
	"strings"
	"testing"
)

const (
	delegating = `{\"Effect\": \"Allow\", \"Principal\": {\"AWS\": \"arn:aws:iam::123456789012:root\"}, \"Action\": \"kms:*\", \"Resource\": \"*\"}`
	viaKinesis = `, \"Condition\": {\"StringEquals\": {\"kms:ViaService\": \"kinesis.us-east-1.amazonaws.com\", \"kms:EncryptionContext:aws:kinesis:arn\": \"arn:stream\"}}`
)

// keyed is a stack with a key and its policy, and the session of a role with one statement.
func keyed(t *testing.T, keyPolicy, statement string) (*Roles, *Session) {
	t.Helper()
	roles := rolesOf(t, stackOf(t, `
		"aws_kms_key": {"k": {`+keyPolicy+`}},
		"aws_kms_alias": {"k": {"name": "alias/k", "target_key_id": "${aws_kms_key.k.key_id}"}},
		"aws_iam_role": {"r": {"name": "r", "assume_role_policy": "{\"Version\": \"2012-10-17\", \"Statement\": {\"Effect\": \"Allow\", \"Principal\": {\"Service\": \"firehose.amazonaws.com\"}, \"Action\": \"sts:AssumeRole\"}}"}},
		"aws_iam_role_policy": {"r": {"name": "p", "role": "${aws_iam_role.r.name}", "policy": "{\"Version\": \"2012-10-17\", \"Statement\": [`+statement+`]}"}}`))
	return roles, assume(t, roles, "r", firehose)
}

func keyPolicyOf(statements string) string {
	return `"policy": "{\"Version\": \"2012-10-17\", \"Statement\": [` + statements + `]}"`
}

func TestUseKey(t *testing.T) {
	const allowed = `{\"Effect\": \"Allow\", \"Action\": \"kms:Decrypt\", \"Resource\": \"${aws_kms_key.k.arn}\"`
	const noIdentity = "because no identity-based policy allows the kms:Decrypt action"
	const noKey = "because no resource-based policy allows the kms:Decrypt action"
	for _, test := range []struct {
		name, key, role string
		service, arn    string
		why             string // why it is denied; "" if it is allowed
	}{
		{"a key without a policy leaves it to the role", "", allowed + "}", "kinesis", "arn:stream", ""},
		{"and the role has nothing", "", `{\"Effect\": \"Allow\", \"Action\": \"kms:Encrypt\", \"Resource\": \"*\"}`, "kinesis", "arn:stream", noIdentity},
		{"a policy that leaves it to the account", keyPolicyOf(delegating), allowed + viaKinesis + "}", "kinesis", "arn:stream", ""},
		{"another service", keyPolicyOf(delegating), allowed + viaKinesis + "}", "s3", "arn:stream", noIdentity},
		{"another stream", keyPolicyOf(delegating), allowed + viaKinesis + "}", "kinesis", "arn:other", noIdentity},
		{"a policy that names nobody", keyPolicyOf(`{\"Effect\": \"Allow\", \"Principal\": {\"Service\": \"logs.us-east-1.amazonaws.com\"}, \"Action\": \"kms:Decrypt\", \"Resource\": \"*\"}`), allowed + "}", "kinesis", "arn:stream", noKey},
		{"a policy for another service", keyPolicyOf(strings.Replace(delegating, `\"Resource\": \"*\"`, `\"Resource\": \"*\", \"Condition\": {\"StringEquals\": {\"kms:ViaService\": \"s3.us-east-1.amazonaws.com\"}}`, 1)), allowed + "}", "kinesis", "arn:stream", noKey},
		{"a policy that names the role", keyPolicyOf(`{\"Effect\": \"Allow\", \"Principal\": {\"AWS\": \"arn:aws:iam::123456789012:role/r\"}, \"Action\": \"kms:Decrypt\", \"Resource\": \"*\"}`), `{\"Effect\": \"Allow\", \"Action\": \"s3:GetObject\", \"Resource\": \"*\"}`, "kinesis", "arn:stream", ""},
		{"a policy that denies", keyPolicyOf(delegating + `, {\"Effect\": \"Deny\", \"Principal\": \"*\", \"Action\": \"kms:*\", \"Resource\": \"*\", \"Condition\": {\"Bool\": {\"aws:ViaAWSService\": \"true\"}}}`), allowed + "}", "kinesis", "arn:stream", "with an explicit deny in a resource-based policy"},
	} {
		t.Run(test.name, func(t *testing.T) {
			roles, session := keyed(t, test.key, test.role)
			for range 2 { // the second is cached
				err := session.UseKey("kms:Decrypt", "alias/k", test.service, test.arn)
				var denied *Denied
				if errors.As(err, &denied) != (test.why != "") || err != nil && !strings.HasSuffix(err.Error(), test.why) {
					t.Errorf("got %v, want one that ends with %q", err, test.why)
				}
			}
			if !roles.HasKey("alias/k") || !roles.HasKey("arn:aws:kms:us-east-1:123456789012:alias/k") || roles.HasKey("alias/other") {
				t.Error("a key of the stack is not found by its aliases, or another key is found")
			}
			if err := session.UseKey("kms:Decrypt", "alias/other", "kinesis", "arn:stream"); err != nil {
				t.Errorf("a key that the stack does not declare: %v", err)
			}
		})
	}
}

// A policy can tell a request that names a key from one that names none.
func TestPutEncrypted(t *testing.T) {
	_, session := keyed(t, "", `{\"Effect\": \"Allow\", \"Action\": \"s3:PutObject\", \"Resource\": \"*\"}, {\"Effect\": \"Deny\", \"Action\": \"s3:PutObject\", \"Resource\": \"*\", \"Condition\": {\"Null\": {\"s3:x-amz-server-side-encryption\": \"false\"}, \"StringNotEquals\": {\"s3:x-amz-server-side-encryption-aws-kms-key-id\": \"arn:key\"}}}`)
	for _, test := range []struct {
		name string
		err  error
		want bool
	}{
		{"no key", session.Allow("s3:PutObject", "arn:aws:s3:::b/k"), true},
		{"the key", session.PutEncrypted("arn:aws:s3:::b/k", "arn:key"), true},
		{"another key", session.PutEncrypted("arn:aws:s3:::b/k", "arn:other"), false},
	} {
		if (test.err == nil) != test.want {
			t.Errorf("%s: %v", test.name, test.err)
		}
	}
}

func TestDisabledKey(t *testing.T) {
	_, err := Read(stackOf(t, `"aws_kms_key": {"k": {"is_enabled": false}}`))
	const want = "aws_kms_key.k: is_enabled is false; leave it out: with a disabled key nothing can be written or read"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
