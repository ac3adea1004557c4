package kms

import (
	"fmt"

	"cdk.tf/go/ingest/modules/iam"
)

// administration are the actions that the key's administrators need. None reads or writes data. There are no grants, which would
// allow that without this policy. But an administrator who may change the policy can change this too (AWS KMS Developer Guide,
// "Default key policy").
var administration = []string{
	"kms:CancelKeyDeletion", "kms:CreateAlias", "kms:DeleteAlias", "kms:DescribeKey", "kms:DisableKey",
	"kms:DisableKeyRotation", "kms:EnableKey", "kms:EnableKeyRotation", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus",
	"kms:ListGrants", "kms:ListKeyPolicies", "kms:ListKeyRotations", "kms:ListResourceTags", "kms:PutKeyPolicy",
	"kms:RevokeGrant", "kms:RotateKeyOnDemand", "kms:ScheduleKeyDeletion", "kms:TagResource", "kms:UntagResource",
	"kms:UpdateAlias", "kms:UpdateKeyDescription",
}

// cryptography are the actions of services that encrypt their data with the key.
var cryptography = []string{
	"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom",
	"kms:ReEncryptTo",
}

// policy is the key's policy. In a key's policy, the resource "*" is the key itself.
//
// It names the account because IAM policies have no effect on a key whose policy does not, and because a key whose policy names only
// users becomes unmanageable when they are deleted (same page). IAM policies may allow the key's administration, and its use
// through the services that store the data: nobody can decrypt with the key directly.
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

// logs lets CloudWatch Logs encrypt the groups. Its source lists these actions with wildcards (CloudWatch Logs User Guide, "Encrypt
// log data in CloudWatch Logs using AWS Key Management Service").
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
// and encrypted topics"). The topic's policy restricts the alarms.
func (c Config) alarms() iam.Statement {
	return iam.Statement{
		Sid:        "Alarms",
		Principal:  map[string]string{"Service": "cloudwatch.amazonaws.com"},
		Actions:    []string{"kms:Decrypt", "kms:GenerateDataKey"},
		Resources:  []string{"*"},
		Conditions: map[string]map[string][]string{"StringEquals": {"aws:SourceAccount": {c.Account}}},
	}
}
