package stacks

import (
	"github.com/aws/jsii-runtime-go"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/modules/kms"
	"cdk.tf/go/ingest/modules/s3"
	"cdk.tf/go/ingest/spec"
)

// The ids of the constructs that an option declares, and that stay when you turn the option off.
const (
	keyID       = "key"
	accessLogID = "access-log"
)

// keptByOption are the addresses of the resources that an option makes and that stay when you turn the option off: the access log's
// bucket with its settings, and the key, without which nobody can read the data that it encrypted.
func keptByOption(stack cdktf.TerraformStack, env spec.Environment) []string {
	var kept []string
	if !env.Bucket.AccessLog {
		kept = append(kept, s3.AccessLogAddresses(stack, accessLogID)...)
	}
	if !env.Encryption.CustomerKey {
		kept = append(kept, kms.Address(stack, keyID))
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
	for _, address := range keptByOption(stack, env) {
		blocks = append(blocks, map[string]any{"from": address, "lifecycle": map[string]any{"destroy": false}})
	}
	if len(blocks) > 0 {
		stack.AddOverride(jsii.String("removed"), blocks)
	}
}
