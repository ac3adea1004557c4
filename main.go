// The CDKTF app: it synthesises every environment of stacks/ to Terraform JSON. `npx cdktf synth` and `npx cdktf deploy`
// run it, and it runs by itself with `go run .`.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/aws/jsii-runtime-go"

	"cdk.tf/go/ingest/spec"
	"cdk.tf/go/ingest/stacks"
	"cdk.tf/go/ingest/synth"
)

const usage = `Write the Terraform JSON of the environments in stacks/: %s.

The program validates each environment, writes cdktf.out/stacks/ENV/cdk.tf.json, and checks it
against the project's policy. If something is wrong, it writes nothing. The cdktf command runs
this program before each diff and deployment.

Usage:
  [ENV=dev,prod] go run . [-check]

Examples:
  go run .                     Write every environment.
  ENV=dev go run .             Write dev, and remove the stacks of the others.
  ENV=dev go run . -check      Check the names in ENV, and write nothing.
  npx cdktf deploy dev         Write every environment, and deploy dev.

Environment variables:
  ENV                Environments to write, separated by commas (default: all).
  CDKTF_OUTDIR       Folder to write to (default: cdktf.out). The cdktf command sets it.
  JSII_NODE          Program of Node.js 20 or newer (default: node).
  INGEST_STOCK_JSII  Set it to 1 to load CDKTF without the project's speed-up (docs/adr/0006).

Exit status: 0 after success and help, 1 after a failure, 2 after a usage error, 130 after Ctrl-C.
"go run" itself ends with 1 whenever the program fails.
`

// usageError is a wrong command line or a wrong value of ENV.
type usageError struct{ error }

func main() {
	stdout, stderr := os.Stdout, os.Stderr
	ctx, stop := interruptible(silenceRuntime)
	status := run(ctx, os.Args[1:], os.Getenv, stacks.All(), stdout, stderr)
	stop()
	silenceRuntime()
	jsii.Close()
	os.Exit(status)
}

// silenceRuntime is for when CDKTF's Node.js process ends, by a signal that both got or by jsii.Close. jsii waits for it in
// two places, and whichever comes second reports on standard error that the process is gone; nobody needs to read that.
func silenceRuntime() {
	if null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		os.Stderr = null
	}
}

// interrupted is the cause of a context that a signal ended.
type interrupted struct{ signal syscall.Signal }

func (i interrupted) Error() string {
	return fmt.Sprintf("ended by a signal (%s); nothing was written", i.signal)
}

// interruptible is a context that ends with SIGINT or SIGTERM, with the cause [interrupted], after calling before. A
// second signal ends the program at once.
func interruptible(before func()) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	stop := func() {
		signal.Stop(signals)
		cancel(nil)
	}
	go func() {
		select {
		case received := <-signals:
			signal.Stop(signals)
			before()
			number, _ := received.(syscall.Signal)
			cancel(interrupted{number})
		case <-ctx.Done():
		}
	}()
	return ctx, stop
}

// run is the program with everything that it takes from outside given to it. It returns the exit status.
func run(ctx context.Context, args []string, getenv func(string) string, all []spec.Environment, stdout, stderr io.Writer) int {
	checkOnly, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(stdout, usage, strings.Join(names(all), ", "))
		return 0
	}
	if err == nil && checkOnly {
		_, err = selection(getenv, all)
	} else if err == nil {
		err = synthesise(ctx, getenv, all, stdout, stderr)
	}
	if err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			fmt.Fprintln(stderr, "error:", line)
		}
		return statusOf(err)
	}
	return 0
}

// statusOf is 1, 2 of a usage error, or a shell's own status of a program that a signal ended: 130 for SIGINT, 143 for
// SIGTERM.
func statusOf(err error) int {
	var cause interrupted
	if errors.As(err, &cause) {
		return 128 + int(cause.signal)
	}
	var wrong usageError
	if errors.As(err, &wrong) {
		return 2
	}
	return 1
}

func parse(args []string) (checkOnly bool, err error) {
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.BoolVar(&checkOnly, "check", false, "")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return false, err
		}
		return false, usageError{fmt.Errorf("%w; see go run . -h", err)}
	}
	if flags.NArg() > 0 {
		return false, usageError{fmt.Errorf("%q: this program takes no arguments; choose environments with a variable: ENV=%s", flags.Arg(0), flags.Arg(0))}
	}
	return checkOnly, nil
}

// selection are the environments that ENV names.
func selection(getenv func(string) string, all []spec.Environment) ([]spec.Environment, error) {
	if err := stacks.CheckDeclared(); err != nil {
		return nil, err
	}
	selected, err := stacks.Select(all, getenv("ENV"))
	if err != nil {
		return nil, usageError{err}
	}
	return selected, nil
}

func synthesise(ctx context.Context, getenv func(string) string, all []spec.Environment, stdout, stderr io.Writer) error {
	selected, err := selection(getenv, all)
	if err != nil {
		return err
	}
	outdir := cmp.Or(getenv("CDKTF_OUTDIR"), "cdktf.out")
	if err := synth.Run(ctx, selected, outdir); err != nil {
		return err
	}
	for _, warning := range spec.Warnings(selected) {
		fmt.Fprintln(stderr, "warning:", warning)
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
