package verify

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"cdk.tf/go/ingest/tfjson"
)

// keysAsDeclared compares each key of the stack: whether it can be used and for how long, and who may use it.
func keysAsDeclared(ctx context.Context, r *run) outcome {
	var d differences
	remedy := redeploy
	keys := r.stack.Resources("aws_kms_key")
	for _, key := range keys {
		derived, err := r.stack.Attribute(key.Address(), "arn")
		if err != nil {
			return unknown(err, readStack)
		}
		if !r.knows("key_arn", derived) {
			return worse(d.outcome("", remedy), notShown("AWS made up the ARN of "+key.Address()+", and the output key_arn does not have it"))
		}
		arn := r.actual(derived)
		usable, failed := r.compareKey(ctx, &d, key.Body, arn)
		if failed.status != "" {
			return worse(d.outcome("", remedy), failed)
		}
		if !usable {
			remedy = useKey
		}
		if failed := r.compareAliases(ctx, &d, derived, arn); failed.status != "" {
			return worse(d.outcome("", remedy), failed)
		}
	}
	return d.outcome(counted(len(keys), "key"), remedy)
}

// knows reports whether an output of the deployment has what AWS made up in place of a value.
func (p *Pipeline) knows(output, derived string) bool {
	return p.Outputs.Text(output) != "" && slices.ContainsFunc(p.stack.Outputs(), func(one tfjson.Output) bool {
		return one.Name == output && text(one.Value) == derived
	})
}

// compareKey reports whether the key can be used. It has an outcome where a call fails.
func (r *run) compareKey(ctx context.Context, d *differences, body map[string]any, arn string) (usable bool, failed outcome) {
	on := "the key " + arn
	answer, err := r.AWS.KMS.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: aws.String(arn)})
	if err != nil {
		return false, unread(err, "kms:DescribeKey", on)
	}
	is := answer.KeyMetadata
	if is == nil {
		return false, withoutMember("DescribeKey", "KeyMetadata")
	}
	state := types.KeyStateEnabled
	if body["is_enabled"] != nil && !tfjson.True(body["is_enabled"]) {
		state = types.KeyStateDisabled
	}
	d.compare(arn+": state", state, is.KeyState)
	if is.KeyState == types.KeyStatePendingDeletion {
		return false, outcome{} // the rest plays no part until somebody cancels the deletion
	}
	rotation, err := r.AWS.KMS.GetKeyRotationStatus(ctx, &kms.GetKeyRotationStatusInput{KeyId: aws.String(arn)})
	if err != nil {
		return false, unread(err, "kms:GetKeyRotationStatus", on)
	}
	d.compare(arn+": rotation", tfjson.True(body["enable_key_rotation"]), rotation.KeyRotationEnabled)
	if rotation.KeyRotationEnabled && tfjson.True(body["enable_key_rotation"]) {
		d.compare(arn+": days of a rotation", cmp.Or(tfjson.Number(body["rotation_period_in_days"]), rotationDays), cmp.Or(aws.ToInt32(rotation.RotationPeriodInDays), rotationDays))
	}
	if text(body["policy"]) == "" { // KMS gives such a key a policy
		return is.KeyState == state, outcome{}
	}
	policy, err := r.AWS.KMS.GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{KeyId: aws.String(arn), PolicyName: aws.String("default")})
	if err != nil {
		return false, unread(err, "kms:GetKeyPolicy", on)
	}
	d.comparePolicy("the policy of "+arn, r.actual(text(body["policy"])), aws.ToString(policy.Policy))
	return is.KeyState == state, outcome{}
}

// rotationDays is how often KMS rotates a key where nothing is declared (API reference, EnableKeyRotation).
const rotationDays = 365

// compareAliases compares to which key each alias of a key leads.
func (r *run) compareAliases(ctx context.Context, d *differences, derived, arn string) (failed outcome) {
	for _, alias := range r.stack.Resources("aws_kms_alias") {
		target, name := text(alias.Body["target_key_id"]), text(alias.Body["name"])
		if !strings.HasSuffix(derived, target) {
			continue
		}
		answer, err := r.AWS.KMS.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: aws.String(name)})
		if err != nil {
			return unread(err, "kms:DescribeKey", "the alias "+name)
		}
		if answer.KeyMetadata == nil {
			return withoutMember("DescribeKey", "KeyMetadata")
		}
		d.compare(name+": leads to", arn, aws.ToString(answer.KeyMetadata.Arn))
	}
	return outcome{}
}
