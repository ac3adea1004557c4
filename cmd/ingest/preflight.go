package main

import (
	"errors"
	"fmt"

	"github.com/jonboulle/clockwork"
	"github.com/spf13/cobra"

	"cdk.tf/go/ingest/tfjson"
	"cdk.tf/go/ingest/verify"
)

// checkPreflight refuses flags of a verification that an account before an apply has no use for.
func checkPreflight(command *cobra.Command) error {
	var errs []error
	if command.Flags().Changed("local") {
		errs = append(errs, errors.New("--preflight and --local are both given: a preflight looks at the AWS account before an apply, and ingest up needs none; give one"))
	}
	for _, flag := range []string{"smoke", "groups", "throttle", "timeout", "clean"} {
		if command.Flags().Changed(flag) {
			errs = append(errs, fmt.Errorf("--preflight and --%s are both given: a preflight sends no event; give one", flag))
		}
	}
	return errors.Join(errs...)
}

// runPreflight looks at what an apply needs. The outputs of an earlier deployment tell its own resources from those of others; before a
// first deployment there are none.
func runPreflight(command *cobra.Command, f verifyFlags) error {
	ctx := command.Context()
	stack, source, err := readStack(f.env, f.stack)
	if err != nil {
		return err
	}
	stderr := command.ErrOrStderr()
	var outputs verify.Outputs
	if f.outputs != "" || f.stack == "" {
		outputs, err = f.readOutputs(ctx, stack)
		if err != nil && f.outputs != "" {
			return err
		}
	}
	if outputs == nil {
		fmt.Fprintf(stderr, "no outputs of an earlier deployment were found: names that exist count as taken\n")
	}
	resolved, err := stack.Resolve(tfjson.Surroundings{Account: tfjson.NoAccount})
	if err != nil {
		return fmt.Errorf("%s: %w", source, err)
	}
	cfg, err := configure(ctx, resolved.Region(), "", "")
	if err != nil {
		return err
	}
	report, err := verify.Preflight(ctx, verify.PreflightOptions{
		Stack: stack, Outputs: outputs, AWS: verify.NewClients(cfg), Clock: clockwork.NewRealClock(), Progress: stderr,
	})
	if report == nil {
		return err
	}
	if err != nil {
		if writeErr := f.write(report); writeErr != nil {
			return writeErr
		}
		return fmt.Errorf("%w after %s", errInterrupted, many(len(report.Results), "check"))
	}
	return f.show(command, report)
}

// show writes a preflight's report.
func (f verifyFlags) show(command *cobra.Command, report *verify.Report) error {
	if err := f.write(report); err != nil {
		return err
	}
	fmt.Fprintln(command.ErrOrStderr())
	if err := report.Text(command.OutOrStdout()); err != nil {
		return err
	}
	if !report.Holds() {
		return fmt.Errorf("%s did not hold: an apply would fail, or change what others use; the report has the remedies", many(report.Count(verify.Differs)+report.Count(verify.Unknown), "check"))
	}
	return nil
}
