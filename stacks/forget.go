package stacks

import (
	"github.com/aws/jsii-runtime-go"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/spec"
)

// keptByOption are the addresses of the resources that an option makes and that stay when you turn the option off: the access log's
// bucket with its settings, and the key, without which nobody can read the data that it encrypted.
func keptByOption(env spec.Environment) []string {
	var kept []string
	if !env.Bucket.AccessLog {
		kept = append(kept,
			"aws_s3_bucket.access-log",
			"aws_s3_bucket_lifecycle_configuration.access-log_lifecycle",
			"aws_s3_bucket_ownership_controls.access-log_ownership",
			"aws_s3_bucket_policy.access-log_policy",
			"aws_s3_bucket_public_access_block.access-log_access",
			"aws_s3_bucket_server_side_encryption_configuration.access-log_encryption",
			"aws_s3_bucket_versioning.access-log_versioning")
	}
	if !env.Encryption.CustomerKey {
		kept = append(kept, "aws_kms_key.key")
	}
	return kept
}

// forget makes Terraform remove an option's resources from the state without destroying them, when you turn the option off.
// prevent_destroy cannot do that, because it disappears with the resource's declaration. If there never was such a resource, the
// block has no effect.
func forget(stack cdktf.TerraformStack, env spec.Environment) {
	if env.Removal == spec.Disposable {
		return
	}
	var blocks []any
	for _, address := range keptByOption(env) {
		blocks = append(blocks, map[string]any{"from": address, "lifecycle": map[string]any{"destroy": false}})
	}
	if len(blocks) > 0 {
		stack.AddOverride(jsii.String("removed"), blocks)
	}
}
