package kms

import (
	"fmt"

	"cdk.tf/go/ingest/modules/iam"
)

// administration is all that the key's keepers need and nothing that reads or writes data. It has no grants, which would
// give that away past this policy. Whoever may change the policy can change this too (AWS KMS Developer Guide, "Default key
// policy").
var administration = []string{
	"kms:CancelKeyDeletion", "kms:CreateAlias", "kms:DeleteAlias", "kms:DescribeKey", "kms:DisableKey",
	"kms:DisableKeyRotation", "kms:EnableKey", "kms:EnableKeyRotation", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus",
	"kms:ListGrants", "kms:ListKeyPolicies", "kms:ListKeyRotations", "kms:ListResourceTags", "kms:PutKeyPolicy",
	"kms:RevokeGrant", "kms:RotateKeyOnDemand", "kms:ScheduleKeyDeletion", "kms:TagResource", "kms:UntagResource",
	"kms:UpdateAlias", "kms:UpdateKeyDescription",
}

// cryptography is what services do with a key for their data.
var cryptography = []string{
	"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom",
	"kms:ReEncryptTo",
}

// policy is who may do what with the key. In a key's policy the resource "*" is the key itself.
//
// The account is named because no IAM policy has any effect on a key whose policy does not name it, and because a key whose
// policy names nobody else can be lost with the last user it names (same page). What IAM policies may allow is the key's
// administration, and its use through the services that hold the data: nobody can decrypt with the key itself.
func (c Config) policy() iam.Document {
	account := map[string]string{"AWS": fmt.Sprintf("arn:%s:iam::%s:root", c.Partition, c.Account)}
	services := []string{c.service("kinesis"), c.service("logs"), c.service("s3")}
	if c.Topic {
		services = append(services, c.service("sns"))
	}
	document := iam.Document{
		{Sid: "AdministrationByIAM", Principal: account, Actions: administration, Resources: []string{"*"}},
		{
			Sid: "UseThroughServicesByIAM", Principal: account, Actions: cryptography, Resources: []string{"*"},
			Conditions: map[string]map[string][]string{"StringEquals": {"kms:ViaService": services}},
		},
		c.logs(),
	}
	if c.Topic {
		document = append(document, c.alarms())
	}
	return document
}

// logs lets CloudWatch Logs encrypt the groups (CloudWatch Logs User Guide, "Encrypt log data in CloudWatch Logs using AWS
// Key Management Service", which has these actions by wildcards).
func (c Config) logs() iam.Statement {
	groups := make([]string, len(c.LogGroups))
	for i, name := range c.LogGroups {
		groups[i] = fmt.Sprintf("arn:%s:logs:%s:%s:log-group:%s", c.Partition, c.Region, c.Account, name)
	}
	return iam.Statement{
		Sid:        "LogGroups",
		Principal:  map[string]string{"Service": c.service("logs")},
		Actions:    append([]string{"kms:DescribeKey"}, cryptography...),
		Resources:  []string{"*"},
		Conditions: map[string]map[string][]string{"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
	}
}

// alarms lets CloudWatch publish (Amazon SNS Developer Guide, "Enable compatibility between event sources from AWS services
// and encrypted topics"). Which alarms may is the topic's to say.
func (c Config) alarms() iam.Statement {
	return iam.Statement{
		Sid:        "Alarms",
		Principal:  map[string]string{"Service": "cloudwatch.amazonaws.com"},
		Actions:    []string{"kms:Decrypt", "kms:GenerateDataKey"},
		Resources:  []string{"*"},
		Conditions: map[string]map[string][]string{"StringEquals": {"aws:SourceAccount": {c.Account}}},
	}
}
