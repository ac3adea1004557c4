package modules_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/modules/iam"
	"cdk.tf/go/ingest/modules/internal/tftest"
	"cdk.tf/go/ingest/modules/kms"
)

func kmsDefaults() kms.Config {
	return kms.Config{
		Alias: "alias/api-kinesis-dev", Description: "the data of dev", LogGroups: []string{"/a", "/b_*/dev"},
		DeletionWindowDays: 30,
		Partition:          "aws", Region: "eu-west-1", Account: "111122223333", DNSSuffix: "amazonaws.com",
	}
}

const kmsAdministration = `{\"Sid\":\"AdministrationByIAM\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::111122223333:root\"},\"Action\":[\"kms:CancelKeyDeletion\",\"kms:CreateAlias\",\"kms:DeleteAlias\",\"kms:DescribeKey\",\"kms:DisableKey\",\"kms:DisableKeyRotation\",\"kms:EnableKey\",\"kms:EnableKeyRotation\",\"kms:GetKeyPolicy\",\"kms:GetKeyRotationStatus\",\"kms:ListGrants\",\"kms:ListKeyPolicies\",\"kms:ListKeyRotations\",\"kms:ListResourceTags\",\"kms:PutKeyPolicy\",\"kms:RevokeGrant\",\"kms:RotateKeyOnDemand\",\"kms:ScheduleKeyDeletion\",\"kms:TagResource\",\"kms:UntagResource\",\"kms:UpdateAlias\",\"kms:UpdateKeyDescription\"],\"Resource\":[\"*\"]}`

func TestKMSDefaults(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) { kms.New(stack, "key", kmsDefaults()) })
	resources.ExpectAddresses(t, "aws_kms_alias.key_alias", "aws_kms_key.key")
	resources.Expect(t, "aws_kms_alias.key_alias", `{"name": "alias/api-kinesis-dev", "target_key_id": "${aws_kms_key.key.key_id}"}`)
	resources.Expect(t, "aws_kms_key.key", `{
		"description": "the data of dev",
		"enable_key_rotation": true,
		"deletion_window_in_days": 30,
		"policy": "{\"Version\":\"2012-10-17\",\"Statement\":[`+kmsAdministration+`,`+
		`{\"Sid\":\"UseThroughServicesByIAM\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::111122223333:root\"},\"Action\":[\"kms:Decrypt\",\"kms:Encrypt\",\"kms:GenerateDataKey\",\"kms:GenerateDataKeyWithoutPlaintext\",\"kms:ReEncryptFrom\",\"kms:ReEncryptTo\"],\"Resource\":[\"*\"],\"Condition\":{\"StringEquals\":{\"kms:ViaService\":[\"kinesis.eu-west-1.amazonaws.com\",\"logs.eu-west-1.amazonaws.com\",\"s3.eu-west-1.amazonaws.com\"]}}},`+
		`{\"Sid\":\"LogGroups\",\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"logs.eu-west-1.amazonaws.com\"},\"Action\":[\"kms:DescribeKey\",\"kms:Decrypt\",\"kms:Encrypt\",\"kms:GenerateDataKey\",\"kms:GenerateDataKeyWithoutPlaintext\",\"kms:ReEncryptFrom\",\"kms:ReEncryptTo\"],\"Resource\":[\"*\"],\"Condition\":{\"ArnLike\":{\"kms:EncryptionContext:aws:logs:arn\":[\"arn:aws:logs:eu-west-1:111122223333:log-group:/a\",\"arn:aws:logs:eu-west-1:111122223333:log-group:/b_*/dev\"]}}}]}"
	}`)
}

func TestKMSEverythingOverridden(t *testing.T) {
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) {
		kms.New(stack, "secret", kms.Config{
			Alias: "alias/secret", Description: "d", LogGroups: []string{"/a"}, Topic: true, DeletionWindowDays: 7, Protected: true,
			Partition: "aws-cn", Region: "cn-north-1", Account: "111122223333", DNSSuffix: "amazonaws.com.cn",
		})
	})
	resources.Expect(t, "aws_kms_alias.secret_alias", `{"name": "alias/secret", "target_key_id": "${aws_kms_key.secret.key_id}"}`)
	resources.Expect(t, "aws_kms_key.secret", `{
		"description": "d",
		"enable_key_rotation": true,
		"deletion_window_in_days": 7,
		"lifecycle": {"prevent_destroy": true},
		"policy": "{\"Version\":\"2012-10-17\",\"Statement\":[`+strings.ReplaceAll(kmsAdministration, "arn:aws:", "arn:aws-cn:")+`,`+
		`{\"Sid\":\"UseThroughServicesByIAM\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws-cn:iam::111122223333:root\"},\"Action\":[\"kms:Decrypt\",\"kms:Encrypt\",\"kms:GenerateDataKey\",\"kms:GenerateDataKeyWithoutPlaintext\",\"kms:ReEncryptFrom\",\"kms:ReEncryptTo\"],\"Resource\":[\"*\"],\"Condition\":{\"StringEquals\":{\"kms:ViaService\":[\"kinesis.cn-north-1.amazonaws.com.cn\",\"logs.cn-north-1.amazonaws.com.cn\",\"s3.cn-north-1.amazonaws.com.cn\",\"sns.cn-north-1.amazonaws.com.cn\"]}}},`+
		`{\"Sid\":\"LogGroups\",\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"logs.cn-north-1.amazonaws.com.cn\"},\"Action\":[\"kms:DescribeKey\",\"kms:Decrypt\",\"kms:Encrypt\",\"kms:GenerateDataKey\",\"kms:GenerateDataKeyWithoutPlaintext\",\"kms:ReEncryptFrom\",\"kms:ReEncryptTo\"],\"Resource\":[\"*\"],\"Condition\":{\"ArnLike\":{\"kms:EncryptionContext:aws:logs:arn\":[\"arn:aws-cn:logs:cn-north-1:111122223333:log-group:/a\"]}}},`+
		`{\"Sid\":\"Alarms\",\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"cloudwatch.amazonaws.com\"},\"Action\":[\"kms:Decrypt\",\"kms:GenerateDataKey\"],\"Resource\":[\"*\"],\"Condition\":{\"StringEquals\":{\"aws:SourceAccount\":[\"111122223333\"]}}}]}"
	}`)
}

// Terraform refuses a window of 0 days.
func TestKMSWithoutAWindow(t *testing.T) {
	cfg := kmsDefaults()
	cfg.DeletionWindowDays = 0
	key := tftest.Synth(t, func(stack cdktf.TerraformStack) { kms.New(stack, "key", cfg) })["aws_kms_key.key"]
	if window, set := key["deletion_window_in_days"]; set || key == nil {
		t.Errorf("the window is %v, want KMS's default", window)
	}
}

func TestKMSTwiceInOneStack(t *testing.T) {
	var first, second *kms.Key
	resources := tftest.Synth(t, func(stack cdktf.TerraformStack) {
		first, second = kms.New(stack, "first", kmsDefaults()), kms.New(stack, "second", kmsDefaults())
	})
	resources.ExpectAddresses(t, "aws_kms_alias.first_alias", "aws_kms_alias.second_alias", "aws_kms_key.first", "aws_kms_key.second")
	if first.ARN == second.ARN {
		t.Errorf("both keys have the ARN %s", first.ARN)
	}
}

// Each statement allows the actions of one use, through one service, for one resource.
func TestKMSUse(t *testing.T) {
	tftest.Synth(t, func(stack cdktf.TerraformStack) {
		key := kms.New(stack, "key", kmsDefaults())
		by := func(service, context, arn string, actions ...string) iam.Statement {
			return iam.Statement{
				Actions: actions, Resources: []string{key.ARN},
				Conditions: map[string]map[string][]string{"StringEquals": {
					"kms:ViaService": {service + ".eu-west-1.amazonaws.com"}, "kms:EncryptionContext:" + context: {arn},
				}},
			}
		}
		for _, row := range []struct {
			of        string
			got, want iam.Statement
		}{
			{"EncryptStream", key.EncryptStream("arn:stream"), by("kinesis", "aws:kinesis:arn", "arn:stream", "kms:GenerateDataKey")},
			{"DecryptStream", key.DecryptStream("arn:stream"), by("kinesis", "aws:kinesis:arn", "arn:stream", "kms:Decrypt")},
			{"WriteBucket", key.WriteBucket("arn:bucket"), by("s3", "aws:s3:arn", "arn:bucket", "kms:Decrypt", "kms:GenerateDataKey")},
		} {
			if diff := cmp.Diff(row.want, row.got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", row.of, diff)
			}
		}
	})
}
