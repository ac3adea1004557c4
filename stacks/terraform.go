package stacks

import (
	"github.com/aws/jsii-runtime-go"
	awsprovider "github.com/cdktf/cdktf-provider-aws-go/aws/v19/provider"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/internal/tfversion"
	"cdk.tf/go/ingest/spec"
)

// configureTerraform declares the provider, the versions and the place of the state.
func configureTerraform(stack cdktf.TerraformStack, env spec.Environment) {
	tags := map[string]*string{}
	for key, value := range env.AllTags() {
		tags[key] = jsii.String(value)
	}
	config := &awsprovider.AwsProviderConfig{
		Region:      jsii.String(env.Region),
		DefaultTags: []*awsprovider.AwsProviderDefaultTags{{Tags: &tags}},
	}
	if env.Account != "" {
		config.AllowedAccountIds = jsii.Strings(env.Account)
	}
	awsprovider.NewAwsProvider(stack, jsii.String("aws"), config)
	stack.AddOverride(jsii.String("terraform.required_version"), tfversion.Terraform)
	// The Go bindings were generated from 5.99.1 and would pin just that. docs/adr/0002 has the reasons.
	stack.AddOverride(jsii.String("terraform.required_providers.aws.version"), string(env.Provider))
	configureState(stack, env)
}

func configureState(stack cdktf.TerraformStack, env spec.Environment) {
	switch {
	case env.State.S3 != nil:
		config := &cdktf.S3BackendConfig{
			Bucket:  jsii.String(env.State.S3.Bucket),
			Key:     jsii.String(env.StateKey()),
			Region:  jsii.String(env.StateRegion()),
			Encrypt: jsii.Bool(true),
		}
		if env.State.S3.KMSKeyARN != "" {
			config.KmsKeyId = jsii.String(env.State.S3.KMSKeyARN)
		}
		cdktf.NewS3Backend(stack, config)
		// CDKTF 0.21 has no field for this argument.
		stack.AddOverride(jsii.String("terraform.backend.s3.use_lockfile"), true)
	case env.State.Cloud != nil:
		config := &cdktf.CloudBackendConfig{
			Organization: jsii.String(env.State.Cloud.Organization),
			Workspaces:   cdktf.NewNamedCloudWorkspace(jsii.String(env.StateWorkspace()), nil),
		}
		if env.State.Cloud.Hostname != "" {
			config.Hostname = jsii.String(env.State.Cloud.Hostname)
		}
		cdktf.NewCloudBackend(stack, config)
	default:
		// Terraform runs in cdktf.out/stacks/ENV. The state is three folders up, beside cdktf.json. CDKTF's default is an absolute
		// path, which would make the synthesis differ between machines.
		cdktf.NewLocalBackend(stack, &cdktf.LocalBackendConfig{
			Path: jsii.String("../../../terraform." + env.Name + ".tfstate"),
		})
	}
}
