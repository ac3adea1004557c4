// The CDKTF app: it synthesises every environment of stacks/ to Terraform JSON. `npx cdktf synth` and `npx cdktf deploy`
// run it, and it runs by itself with `go run .`.
package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/aws/jsii-runtime-go"

	"cdk.tf/go/ingest/spec"
	"cdk.tf/go/ingest/stacks"
	"cdk.tf/go/ingest/synth"
)

const usage = `Synthesises the pipeline's environments to Terraform JSON: one stack each, validated
before it is made and checked against the project's policy after.

usage: go run . [-h]

It writes cdktf.out/stacks/ENVIRONMENT/cdk.tf.json, or nothing where something is wrong.
The environments are %s: one file each in stacks/.

Environment variables:
  ENV           which of them, separated by commas (default: all)
  CDKTF_OUTDIR  where to (default: cdktf.out; the cdktf command sets it)
  JSII_NODE     the Node.js program to run CDKTF in (default: node)

The cdktf command runs this program: npx cdktf synth, npx cdktf diff dev, npx cdktf deploy dev.
`

func main() {
	status := run(os.Args[1:], os.Getenv, stacks.All(), os.Stdout, os.Stderr)
	endRuntime()
	os.Exit(status)
}

// endRuntime ends CDKTF's Node.js process. jsii waits for it in two places, and whichever comes second reports on standard
// error that the process is gone; nobody needs to read that, and all else has been said.
func endRuntime() {
	if null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		os.Stderr = null
	}
	jsii.Close()
}

// run is the program with everything that it takes from outside given to it. It returns the exit status.
func run(args []string, getenv func(string) string, all []spec.Environment, stdout, stderr io.Writer) int {
	err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(stdout, usage, strings.Join(names(all), ", "))
		return 0
	}
	if err == nil {
		err = synthesise(getenv, all, stdout)
	}
	if err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			fmt.Fprintln(stderr, "error:", line)
		}
		return 1
	}
	return 0
}

func parse(args []string) error {
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return fmt.Errorf("%w; -h says what there is", err)
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%q is an argument too many; environments are chosen by a variable: ENV=%s", flags.Arg(0), flags.Arg(0))
	}
	return nil
}

func synthesise(getenv func(string) string, all []spec.Environment, stdout io.Writer) error {
	selected, err := stacks.Select(all, getenv("ENV"))
	if err != nil {
		return err
	}
	outdir := cmp.Or(getenv("CDKTF_OUTDIR"), "cdktf.out")
	if err := synth.Run(selected, outdir); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "synthesised %s to %s\n", strings.Join(names(selected), ", "), outdir)
	return nil
}

func names(environments []spec.Environment) []string {
	out := make([]string, len(environments))
	for i, env := range environments {
		out[i] = env.Name
	}
	return out
}
