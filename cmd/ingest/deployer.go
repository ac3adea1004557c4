package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"cdk.tf/go/ingest/deployer"
	"cdk.tf/go/ingest/tfjson"
)

const deployerLong = `Prints, as a Terraform JSON stack of its own, the roles that a GitHub workflow deploys environments with: for each
environment one that plans on pull requests and may only read, and one that applies. They trust GitHub's identity provider (OIDC), so that
the workflow needs no stored keys. Their policies are derived from cdktf.out/stacks/ENV/cdk.tf.json. The command calls nothing on AWS. It
prints how to apply the stack on standard error. The same input prints the same bytes.

Before you deploy an option that was off, print and apply the roles again. After you turn one off, deploy first.`

type deployerFlags struct {
	envs, stacks                 []string
	repository, branch, boundary string
	existing                     bool
	out                          string
}

func deployerCommand() *cobra.Command {
	var f deployerFlags
	command := &cobra.Command{
		Use:   "deployer",
		Short: "Prints the stack of the roles that a GitHub workflow deploys with",
		Long:  deployerLong,
		Args:  cobra.NoArgs,
		RunE:  func(command *cobra.Command, _ []string) error { return printDeployer(command, f) },
	}
	flags := command.Flags()
	flags.SortFlags = false
	flags.StringSliceVar(&f.envs, "env", nil, "environments to deploy, separated by commas")
	flags.StringSliceVar(&f.stacks, "stack", nil, "synthesised stack files to deploy, in place of --env")
	flags.StringVar(&f.repository, "repository", "", "GitHub repository of the workflow: OWNER/NAME, or OWNER@ID/NAME@ID")
	flags.StringVar(&f.branch, "branch", "", "branch that may apply (default: jobs in the GitHub environment of the same name as ENV)")
	flags.BoolVar(&f.existing, "existing-provider", false, "uses the account's identity provider of GitHub, and makes none")
	flags.StringVar(&f.boundary, "permissions-boundary", "", "ARN of a managed policy that bounds the roles")
	flags.StringVar(&f.out, "out", "", "folder to write main.tf.json to, in place of standard output")
	return command
}

func printDeployer(command *cobra.Command, f deployerFlags) error {
	cfg, err := f.config()
	if err != nil {
		return err
	}
	text, err := cfg.JSON()
	if err != nil {
		return err
	}
	folder, save := f.out, ""
	if f.out == "" {
		folder, save = "deployer", "  (save this as deployer/main.tf.json)\n"
		if _, err := command.OutOrStdout().Write(text); err != nil {
			return err
		}
	} else if err := writeStack(f.out, text); err != nil {
		return err
	}
	fmt.Fprintf(command.ErrOrStderr(), `to make the roles, as an administrator of the account:
%[2]s  terraform -chdir=%[1]s init
  terraform -chdir=%[1]s apply
and keep %[1]s/terraform.tfstate: it is the state of these roles.
the outputs are the roles' ARNs; docs/github.md has the workflow that uses them.
`, folder, save)
	return nil
}

func (f deployerFlags) config() (deployer.Config, error) {
	cfg := deployer.Config{Repository: f.repository, Branch: f.branch, ExistingProvider: f.existing, BoundaryARN: f.boundary}
	var errs []error
	switch {
	case len(f.envs) > 0 && len(f.stacks) > 0:
		errs = append(errs, errors.New("--env is given beside --stack; give one of them"))
	case len(f.envs)+len(f.stacks) == 0:
		errs = append(errs, errors.New("--env is missing; name the environments to deploy, or their files with --stack"))
	}
	if err := errors.Join(append(errs, cfg.Check())...); err != nil {
		return cfg, err
	}
	for _, env := range f.envs {
		stack, err := readEnvironment(strings.TrimSpace(env))
		if err != nil {
			return cfg, err
		}
		cfg.Stacks = append(cfg.Stacks, stack)
	}
	for _, file := range f.stacks {
		stack, err := tfjson.ReadFile(file)
		if err != nil {
			return cfg, fmt.Errorf("--stack: %w; name a synthesised stack's file", err)
		}
		cfg.Stacks = append(cfg.Stacks, stack)
	}
	return cfg, nil
}
