package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"cdk.tf/go/ingest/tfjson"
)

const hclLong = `Write a synthesised stack in Terraform's native syntax (HCL), for a project that leaves CDKTF.

The folder gets one file for each part of the pipeline, formatted as terraform fmt does, the files
of a hosted page, and the provider's lock file. Every resource keeps its address, and the state
stays where it is, so that a plan finds nothing to change. The command calls nothing on AWS.

With --env, the command reads cdktf.out/stacks/ENV/cdk.tf.json as it was last synthesised.`

const hclExample = `  ingest hcl --env dev --out infra/dev                  Write the stack of dev to infra/dev.
  ingest hcl --stack my/cdk.tf.json --out infra/mine    Write another stack.`

type hclFlags struct {
	env, stack, out string
}

func hclCommand() *cobra.Command {
	var f hclFlags
	command := &cobra.Command{
		Use:     "hcl [flags]",
		Short:   "Write a stack in Terraform's native syntax",
		Long:    hclLong,
		Example: hclExample,
		Args:    noArguments,
		RunE:    func(command *cobra.Command, _ []string) error { return writeHCL(command, f) },
	}
	flags := command.Flags()
	flags.StringVar(&f.env, "env", "", "Write the synthesised stack of `ENV`")
	flags.StringVar(&f.stack, "stack", "", "Write the synthesised stack in `FILE`")
	flags.StringVar(&f.out, "out", "", "Write to `FOLDER`, which must be new or empty")
	return command
}

func writeHCL(command *cobra.Command, f hclFlags) error {
	if err := emptyFlags(command, nil); err != nil {
		return err
	}
	file, err := f.file()
	if err != nil {
		return err
	}
	if err := checkStackFile(command, f.stack); err != nil {
		return err
	}
	stack, _, err := readStack(f.env, f.stack)
	if err != nil {
		return err
	}
	if err := stack.KeepState(filepath.Dir(file), f.out); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	files, err := stack.Native(tfjson.ByConstruct)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if err := addOthers(files, stack, file); err != nil {
		return err
	}
	if err := writeFolder(f.out, files); err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	fmt.Fprintf(command.OutOrStdout(), "wrote %d files to %s; continue there:\n", len(files), f.out)
	fmt.Fprintf(command.OutOrStdout(), "  terraform -chdir=%[1]s init\n  terraform -chdir=%[1]s plan\n", word(f.out))
	return nil
}

func (f hclFlags) file() (string, error) {
	switch {
	case f.env == "" && f.stack == "":
		return "", usagef("--env or --stack is missing; name an environment, or a synthesised stack")
	case f.env != "" && f.stack != "":
		return "", usagef("--env is given beside --stack; give one or the other")
	case f.out == "":
		return "", usagef("--out is missing; name a new or an empty folder")
	case f.stack != "":
		return f.stack, nil
	}
	return environmentFile("--env", f.env, nameStack)
}

const lockFile = ".terraform.lock.hcl"

// addOthers adds what the stack reads beside itself: the objects' files, and the lock file where Terraform has written one.
func addOthers(files map[string][]byte, stack *tfjson.Stack, file string) error {
	folder := filepath.Dir(file)
	for _, object := range stack.Resources("aws_s3_object") {
		source, ok := object.Body["source"].(string)
		if !ok || filepath.IsAbs(source) {
			continue
		}
		if !filepath.IsLocal(source) {
			return fmt.Errorf("%s: %s: source is %q, outside the stack's folder; put the file into the folder", file, object.Address(), source)
		}
		text, err := os.ReadFile(filepath.Join(folder, source))
		if err != nil {
			return fmt.Errorf("%s: %s: %w; synthesise the stack again", file, object.Address(), err)
		}
		files[source] = text
	}
	lock, err := os.ReadFile(filepath.Join(folder, lockFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	files[lockFile] = lock
	return err
}

// writeFolder writes files by their paths to a folder that is new or empty, so that it mixes with nothing and changes nothing.
func writeFolder(folder string, files map[string][]byte) error {
	const remedy = "name a new or an empty folder"
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("%w; %s", err, remedy)
	}
	there, err := os.ReadDir(folder)
	if err != nil {
		return fmt.Errorf("%w; %s", err, remedy)
	}
	if len(there) > 0 {
		return fmt.Errorf("%s is not empty; %s", folder, remedy)
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, files[name], 0o644); err != nil {
			return err
		}
	}
	return nil
}
