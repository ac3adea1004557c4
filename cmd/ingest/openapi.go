package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"cdk.tf/go/ingest/internal/readable"
	"cdk.tf/go/ingest/internal/wholefile"
	"cdk.tf/go/ingest/openapi"
)

const openapiLong = `Write the API of a synthesised stack as an OpenAPI 3.1 document in JSON: its routes, the schemas of what it
takes, its authorisation, and every answer with its status, headers and examples. Client generators and
Postman import it.

The document names the address of ingest up on this machine, and the API's domain where the stack has one.
--outputs takes the address from the outputs of a deployment. --server gives another. The command calls
nothing on AWS, and the same input writes the same bytes.`

const openapiExample = `  ingest openapi --env dev --out openapi.json
  ingest openapi --stack cdktf.out/stacks/dev/cdk.tf.json | less

  npx cdktf output dev --outputs-file outputs.json
  ingest openapi --env dev --outputs outputs.json --out openapi.json
  ingest openapi --env prod --server https://events.example.com --out openapi.json`

type openapiFlags struct {
	env, stack, out, outputs, server string
}

func openapiCommand() *cobra.Command {
	var f openapiFlags
	command := &cobra.Command{
		Use:     "openapi [flags]",
		Short:   "Write the API of an environment as an OpenAPI document",
		Long:    openapiLong,
		Example: openapiExample,
		Args:    noArguments,
		RunE:    func(command *cobra.Command, _ []string) error { return writeOpenAPI(command, f) },
	}
	flags := command.Flags()
	flags.StringVar(&f.env, "env", "dev", "Describe the environment `ENV`, as it was last synthesised")
	flags.StringVar(&f.stack, "stack", "", "Describe the synthesised stack `FILE`, in place of --env")
	flags.StringVar(&f.out, "out", "", "Write the document to `FILE` (default standard output)")
	flags.StringVar(&f.outputs, "outputs", "", "Take the API's address from `FILE`, of cdktf output --outputs-file or terraform output -json")
	flags.StringVar(&f.server, "server", "", "Name the address `URL` of the API before its paths, such as https://events.example.com")
	return command
}

func writeOpenAPI(command *cobra.Command, f openapiFlags) error {
	if err := f.check(command); err != nil {
		return err
	}
	stack, source, err := readStack(f.env, f.stack)
	if err != nil {
		return err
	}
	opts := openapi.Options{Server: f.server}
	if f.outputs != "" {
		text, err := readable.File(f.outputs)
		if err == nil {
			opts.Server, err = openapi.ServerOf(stack, text)
		}
		if err != nil {
			return ofFile("--outputs", f.outputs, err)
		}
	}
	text, err := openapi.JSON(stack, opts)
	if err != nil {
		return fmt.Errorf("%s: %w", source, err)
	}
	if f.out == "" {
		_, err := command.OutOrStdout().Write(text)
		return err
	}
	return writeOut(f.out, text, "name a file in a folder that can be written")
}

// check finds every problem of the flags at once.
func (f openapiFlags) check(command *cobra.Command) error {
	errs := []error{bothGiven(command, [2]string{"env", "stack"})}
	changed := command.Flags().Changed
	if changed("outputs") && changed("server") {
		errs = append(errs, errors.New("--outputs and --server are both given; give one: each names the API's address"))
	}
	errs = append(errs, emptyFlags(command, map[string]string{"outputs": aFile, "out": aFile, "stack": aFile, "server": ""}))
	if changed("server") {
		if err := openapi.CheckServer(f.server); err != nil {
			errs = append(errs, fmt.Errorf("--server %w", err))
		}
	}
	errs = append(errs, otherThan("--out", f.out, "--stack", f.stack), otherThan("--out", f.out, "--outputs", f.outputs))
	if f.stack == "" {
		errs = append(errs, otherThanStackOf(f.env, "--out", f.out))
	}
	if err := errors.Join(errs...); err != nil {
		return asUsage(err)
	}
	return checkStackFile(command, f.stack)
}

// writeOut writes the file of --out. remedy says what to name instead.
func writeOut(file string, text []byte, remedy string) error {
	err := wholefile.Write(file, text)
	switch {
	case err == nil:
		return nil
	case readable.HasRemedy(err):
		return fmt.Errorf("--out: %w", err)
	default:
		return fmt.Errorf("--out: %w; %s", err, remedy)
	}
}

// ofFile says which flag's file an error is of. An error of the file's path names the file itself.
func ofFile(flag, file string, err error) error {
	if readable.HasRemedy(err) {
		return fmt.Errorf("%s: %w", flag, err)
	}
	return fmt.Errorf("%s %s: %w", flag, file, err)
}

// otherThan refuses the file of one flag if another flag's is the same: the one would be lost.
func otherThan(flag, file, other, otherFile string) error {
	if file == "" || otherFile == "" || !wholefile.Same(file, otherFile) {
		return nil
	}
	return usagef("%s and %s both use %s; name two files", other, flag, file)
}

// otherThanStackOf refuses the file of a flag if it is the last synthesised stack of an environment. If there is none, what reads the
// stack says so.
func otherThanStackOf(env, flag, file string) error {
	stack, err := environmentFile("--env", env, "")
	if err == nil {
		return otherThan(flag, file, "--env "+env, stack)
	}
	return nil
}
