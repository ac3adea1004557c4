package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"cdk.tf/go/ingest/internal/nearest"
	"cdk.tf/go/ingest/plan"
	"cdk.tf/go/ingest/tfjson"
)

// checkAgainst finds the flags that --against leaves no meaning.
func (f planFlags) checkAgainst(changed func(string) bool) []error {
	if !changed("against") {
		return nil
	}
	var errs []error
	if f.sample != "" {
		errs = append(errs, errors.New("--against and --sample are both given; give one"))
	}
	if f.json {
		errs = append(errs, errors.New("--against and --json are both given; give one, or compare what --json writes for each version"))
	}
	return errs
}

// writeDifferences writes what differs from the plans of another version.
func (f planFlags) writeDifferences(command *cobra.Command) error {
	info, err := os.Stat(f.against)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("--against: there is no file or folder %q; name a synthesised stack, or a folder of them such as cdktf.out", f.against)
	}
	if err != nil {
		return fmt.Errorf("--against: %w", err)
	}
	compare := f.compareFile
	if info.IsDir() {
		compare = f.compareFolder
	}
	differences, err := compare(command)
	if err != nil {
		return err
	}
	if f.markdown {
		return plan.DifferencesMarkdown(command.OutOrStdout(), differences)
	}
	return plan.DifferencesText(command.OutOrStdout(), differences)
}

// compareFile compares the stack of --env or --stack with one file.
func (f planFlags) compareFile(*cobra.Command) ([]plan.Difference, error) {
	stack, source, err := readStack(f.env, f.stack)
	if err != nil {
		return nil, err
	}
	after, err := f.reportOf(stack, source)
	if err != nil {
		return nil, err
	}
	before, err := f.reportOfFile("--against", f.against)
	if err != nil {
		return nil, err
	}
	return []plan.Difference{plan.Compare(environmentOf(stack, f.stack), before, after)}, nil
}

// compareFolder compares every environment, or the one of --env, with the stacks in a folder.
func (f planFlags) compareFolder(command *cobra.Command) ([]plan.Difference, error) {
	if command.Flags().Changed("stack") {
		return nil, usagef("--stack names a file, and --against the folder %q; name a file with both, or leave --stack out", f.against)
	}
	p, err := thisProject()
	if err != nil {
		return nil, fmt.Errorf("--against: %w, or name files with --stack and --against", err)
	}
	now, then := filepath.Join(p.folder, p.Output, "stacks"), filepath.Join(f.against, "stacks")
	made, former := names(now), names(then)
	switch {
	case len(made) == 0:
		return nil, fmt.Errorf("--against: nothing is synthesised in %s; run make synth", short(now))
	case len(former) == 0:
		return nil, fmt.Errorf("--against: nothing is synthesised in %s; run make synth in the other version, and name its cdktf.out", then)
	}
	all := slices.Concat(made, former)
	slices.Sort(all)
	all = slices.Compact(all)
	if command.Flags().Changed("env") {
		if !slices.Contains(all, f.env) {
			return nil, usagef("--env: neither version has an environment named %q; %s", f.env, nearest.Remedy(f.env, all))
		}
		all = []string{f.env}
	}
	var differences []plan.Difference
	for _, env := range all {
		before, err := f.reportIn("--against", then, env, former)
		if err != nil {
			return nil, err
		}
		after, err := f.reportIn("--env", now, env, made)
		if err != nil {
			return nil, err
		}
		differences = append(differences, plan.Compare(env, before, after))
	}
	return differences, nil
}

// reportIn is the report of an environment in a folder of stacks; nil if the folder does not have it.
func (f planFlags) reportIn(flag, stacks, env string, made []string) (*plan.Report, error) {
	if !slices.Contains(made, env) {
		return nil, nil
	}
	return f.reportOfFile(flag, short(filepath.Join(stacks, env, "cdk.tf.json")))
}

func (f planFlags) reportOfFile(flag, file string) (*plan.Report, error) {
	source := flag + " " + file
	stack, err := tfjson.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", source, err)
	}
	return f.reportOf(stack, source)
}

func (f planFlags) reportOf(stack *tfjson.Stack, source string) (*plan.Report, error) {
	pipeline, err := plan.Read(stack)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", source, err)
	}
	report, err := pipeline.Report(f.try)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", source, err)
	}
	return &report, nil
}
