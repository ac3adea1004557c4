package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"cdk.tf/go/ingest/deployer"
	"cdk.tf/go/ingest/internal/wholefile"
)

const deployerLong = `Print, as a Terraform JSON stack, the roles that a GitHub workflow deploys environments with.

Each environment has a role that plans on pull requests and can only read, and a role that deploys. The
roles trust GitHub's identity provider (OIDC), so that the workflow needs no stored keys. The policies are
derived from cdktf.out/stacks/ENV/cdk.tf.json. The command calls nothing on AWS. It prints on standard
error how to apply the stack. The same input prints the same bytes.

The environments of one command are in one account. Give each account a folder of its own.

Before you deploy an option that was off, print and apply the roles again. After you turn an option off,
deploy first.`

const deployerExample = `  ingest deployer --env dev,staging --repository OWNER/NAME --out deploy-roles/test    Write two environments' roles.
  ingest deployer --env prod --repository OWNER/NAME --out deploy-roles/prod           Write another account's.`

type deployerFlags struct {
	envs, stacks                 []string
	repository, branch, boundary string
	existing                     bool
	out                          string
}

func deployerCommand() *cobra.Command {
	var f deployerFlags
	command := &cobra.Command{
		Use:     "deployer [flags]",
		Short:   "Print the stack of the roles that a GitHub workflow deploys with",
		Long:    deployerLong,
		Example: deployerExample,
		Args:    noArguments,
		RunE:    func(command *cobra.Command, _ []string) error { return printDeployer(command, f) },
	}
	flags := command.Flags()
	flags.StringSliceVar(&f.envs, "env", nil, "Deploy the environments `ENV`, separated by commas")
	flags.StringSliceVar(&f.stacks, "stack", nil, "Deploy the synthesised stack `FILE`, in place of --env")
	flags.StringVar(&f.repository, "repository", "", "Trust the GitHub repository `OWNER/NAME`, or OWNER@ID/NAME@ID")
	flags.StringVar(&f.branch, "branch", "", "Let jobs of `BRANCH` deploy (default jobs in the GitHub environment ENV)")
	flags.BoolVar(&f.existing, "existing-provider", false, "Use the account's identity provider of GitHub, and create none")
	flags.StringVar(&f.boundary, "permissions-boundary", "", "Bound the roles by the managed policy `ARN`")
	flags.StringVar(&f.out, "out", "", "Write main.tf.json to `FOLDER` (default standard output)")
	return command
}

func printDeployer(command *cobra.Command, f deployerFlags) error {
	if err := emptyFlags(command, nil); err != nil {
		return err
	}
	cfg, err := f.config()
	if err != nil {
		return err
	}
	text, err := cfg.JSON()
	if err != nil {
		return err
	}
	folder, save, err := giveStack(command, f.out, "deploy-roles", text)
	if err != nil {
		return err
	}
	fmt.Fprintf(command.ErrOrStderr(), `to make the roles, as an administrator of the account:
%[2]s  terraform -chdir=%[3]s init
  terraform -chdir=%[3]s apply
and keep %[1]s/terraform.tfstate: it is the state of these roles.
the outputs are the roles' ARNs; docs/github.md has the workflow that uses them.
`, folder, save, word(folder))
	if f.branch != "" {
		fmt.Fprintf(command.ErrOrStderr(), `the deploying jobs must run on %s and have no line "environment:": GitHub's tokens name the one or the other.
`, f.branch)
	}
	return nil
}

func (f deployerFlags) config() (deployer.Config, error) {
	cfg := deployer.Config{Repository: f.repository, Branch: f.branch, ExistingProvider: f.existing, BoundaryARN: f.boundary}
	var errs []error
	switch {
	case len(f.envs) > 0 && len(f.stacks) > 0:
		errs = append(errs, usagef("--env is given beside --stack; give one of them"))
	case len(f.envs)+len(f.stacks) == 0:
		errs = append(errs, usagef("--env is missing; name the environments to deploy, or their files with --stack"))
	}
	if err := errors.Join(append(errs, cfg.Check())...); err != nil {
		return cfg, usageError{err}
	}
	for _, env := range f.envs {
		stack, err := readEnvironment("--env", strings.TrimSpace(env), nameStack)
		if err != nil {
			return cfg, err
		}
		cfg.Stacks = append(cfg.Stacks, stack)
	}
	for _, file := range f.stacks {
		if f.out != "" && wholefile.Same(file, filepath.Join(f.out, stackFile)) {
			return cfg, usagef("--out %s would replace %s, which --stack names; name another folder", f.out, file)
		}
		if err := checkStackPath(file); err != nil {
			return cfg, err
		}
		stack, err := readStackFile(file)
		if err != nil {
			return cfg, err
		}
		cfg.Stacks = append(cfg.Stacks, stack)
	}
	return cfg, nil
}
