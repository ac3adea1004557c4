package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"cdk.tf/go/ingest/backend"
)

const backendLong = `Print a Terraform stack that makes the bucket for the Terraform state of environments.

The bucket is private, versioned, and encrypted, answers over TLS only, and refuses a destroy.
The command calls nothing on AWS. It prints on standard error how to apply the stack. The same
input prints the same bytes.

With --env, the command reads the bucket, the region, and the key from the setting State.S3 in
cdktf.out/stacks/ENV/cdk.tf.json.`

const backendExample = `  ingest backend --bucket my-states --region us-east-1 --out state-backend    Write state-backend/main.tf.json.
  ingest backend --env prod                                                   Print the stack for prod's State.S3.`

type backendFlags struct {
	env, bucket, region, kmsKey, out string
}

func backendCommand() *cobra.Command {
	var f backendFlags
	command := &cobra.Command{
		Use:     "backend [flags]",
		Short:   "Print the stack of the bucket for Terraform's state",
		Long:    backendLong,
		Example: backendExample,
		Args:    noArguments,
		RunE:    func(command *cobra.Command, _ []string) error { return printBackend(command, f) },
	}
	flags := command.Flags()
	flags.StringVar(&f.env, "env", "", "Read what the next three flags say from the synthesised stack of `ENV`")
	flags.StringVar(&f.bucket, "bucket", "", "Make the bucket `NAME`")
	flags.StringVar(&f.region, "region", "", "Make the bucket in the AWS region `REGION`")
	flags.StringVar(&f.kmsKey, "kms-key", "", "Encrypt the state with the KMS key or alias `ARN` (default S3's own keys)")
	flags.StringVar(&f.out, "out", "", "Write main.tf.json to `FOLDER` (default standard output)")
	return command
}

func printBackend(command *cobra.Command, f backendFlags) error {
	cfg, err := f.config(command)
	if err != nil {
		return err
	}
	text, err := cfg.JSON()
	if err != nil {
		return err
	}
	folder, save, err := giveStack(command, f.out, "state-backend", text)
	if err != nil {
		return err
	}
	env := f.env
	if env == "" {
		env = "ENV"
	}
	fmt.Fprintf(command.ErrOrStderr(), `to make the bucket, once:
%[4]s  terraform -chdir=%[5]s init
  terraform -chdir=%[5]s apply
and keep %[1]s/terraform.tfstate: it is the state of this bucket itself.
in an environment in stacks/:
  %[2]s
where the environment is deployed already, first move its state: docs/terraform.md, "State in S3". The plan
of %[3]s must be empty, or an apply creates everything a second time.
`, folder, cfg.Spec(), env, save, word(folder))
	return nil
}

func (f backendFlags) config(command *cobra.Command) (backend.Config, error) {
	cfg := backend.Config{Bucket: f.bucket, Region: f.region, KMSKeyARN: f.kmsKey}
	if err := emptyFlags(command, nil); err != nil {
		return cfg, err
	}
	if !command.Flags().Changed("env") {
		if cfg == (backend.Config{}) {
			return cfg, usagef("--env or --bucket and --region are missing; name an environment that keeps its state in S3, or the bucket to make")
		}
		return cfg, asUsage(cfg.Check())
	}
	if cfg != (backend.Config{}) {
		return cfg, usagef("--env is given beside --bucket, --region or --kms-key; give one or the other: the environment has all three")
	}
	stack, err := readEnvironment("--env", f.env, "leave the flag out and use the others")
	if err != nil {
		return cfg, err
	}
	if cfg, err = backend.Of(stack); err != nil {
		return cfg, fmt.Errorf("--env %s: %w", f.env, err)
	}
	if err := cfg.Check(); err != nil {
		return cfg, fmt.Errorf("--env %s: its stack's value is refused: %w", f.env, err)
	}
	return cfg, nil
}
