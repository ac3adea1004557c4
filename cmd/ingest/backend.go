package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"cdk.tf/go/ingest/backend"
)

const backendLong = `Prints, as a Terraform JSON stack of its own, the bucket that environments keep their Terraform state in: private,
versioned, encrypted, answering over TLS alone, and protected against a destroy. It calls nothing on AWS. How to apply it is
said on standard error.

With --env it reads what the environment says of its state (State.S3) from cdktf.out/stacks/ENV/cdk.tf.json; otherwise
--bucket and --region say it. The same input prints the same bytes.`

type backendFlags struct {
	env, bucket, region, kmsKey, out string
}

func backendCommand() *cobra.Command {
	var f backendFlags
	command := &cobra.Command{
		Use:   "backend",
		Short: "Prints the stack of the bucket that Terraform's state lies in",
		Long:  backendLong,
		Args:  cobra.NoArgs,
		RunE:  func(command *cobra.Command, _ []string) error { return printBackend(command, f) },
	}
	flags := command.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.env, "env", "", "environment whose synthesised stack says what follows")
	flags.StringVar(&f.bucket, "bucket", "", "name of the bucket to make")
	flags.StringVar(&f.region, "region", "", "AWS region of the bucket")
	flags.StringVar(&f.kmsKey, "kms-key", "", "ARN of a KMS key, or of its alias, that encrypts the state (default: S3's own keys)")
	flags.StringVar(&f.out, "out", "", "folder to write main.tf.json to, in place of standard output")
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
	folder, save := f.out, ""
	if f.out == "" {
		folder, save = "state-backend", "  (save this as state-backend/main.tf.json)\n"
		if _, err := command.OutOrStdout().Write(text); err != nil {
			return err
		}
	} else if err := writeStack(f.out, text); err != nil {
		return err
	}
	env := f.env
	if env == "" {
		env = "ENV"
	}
	fmt.Fprintf(command.ErrOrStderr(), `to make the bucket, once:
%[4]s  terraform -chdir=%[1]s init
  terraform -chdir=%[1]s apply
and keep %[1]s/terraform.tfstate: it is the state of this bucket itself.
in an environment in stacks/:
  %[2]s
where the environment has been deployed with its state elsewhere:
  npx cdktf deploy %[3]s --migrate-state
`, folder, cfg.Spec(), env, save)
	return nil
}

func (f backendFlags) config(command *cobra.Command) (backend.Config, error) {
	cfg := backend.Config{Bucket: f.bucket, Region: f.region, KMSKeyARN: f.kmsKey}
	if !command.Flags().Changed("env") {
		if cfg == (backend.Config{}) {
			return cfg, errors.New("--env or --bucket and --region are missing; name an environment that keeps its state in S3, or the bucket to make")
		}
		return cfg, cfg.Check()
	}
	if cfg != (backend.Config{}) {
		return cfg, errors.New("--env is given beside --bucket, --region or --kms-key; give one or the other: the environment says all three")
	}
	stack, err := readEnvironment(f.env)
	if err != nil {
		return cfg, err
	}
	if cfg, err = backend.Of(stack); err != nil {
		return cfg, fmt.Errorf("--env %s: %w", f.env, err)
	}
	if err := cfg.Check(); err != nil {
		return cfg, fmt.Errorf("--env %s says it so: %w", f.env, err)
	}
	return cfg, nil
}

// writeStack writes main.tf.json whole, or not at all.
func writeStack(folder string, text []byte) error {
	const remedy = "name a folder that can be written"
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("--out: %w; %s", err, remedy)
	}
	file := filepath.Join(folder, "main.tf.json")
	if err := os.WriteFile(file+".tmp", text, 0o644); err != nil {
		return fmt.Errorf("--out: %w; %s", err, remedy)
	}
	if err := os.Rename(file+".tmp", file); err != nil {
		return fmt.Errorf("--out: %w; %s", err, remedy)
	}
	return nil
}
