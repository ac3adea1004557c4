package stacks

import (
	"github.com/aws/jsii-runtime-go"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/spec"
)

// keptByOption are the addresses of what an option makes and what is kept when it is turned off again: the access log with all that
// is set on its bucket, and the key, without which nobody reads what it encrypted.
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

// forget has Terraform let go of what an option made, and not destroy it, where the option is off again. prevent_destroy does not
// do that: it goes with the resource's declaration. Where there never was such a resource the block says nothing.
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
