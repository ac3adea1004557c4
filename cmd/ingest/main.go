// The command ingest runs a synthesised stack on one machine, and helps to operate one on AWS.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"cdk.tf/go/ingest/replay"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	// The reader of the output may go away: the pipeline continues.
	signal.Ignore(syscall.SIGPIPE)
	// A second Ctrl-C ends the process at once.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

const rootExample = `  ingest up --env dev                   Run dev on this machine.
  ingest replay --env prod --dry-run    Count the records that Firehose could not deliver.`

// newRoot makes the program's command line.
func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "ingest",
		Short:         "Run the pipeline of a synthesised stack on this machine, and help to operate it on AWS",
		Example:       rootExample,
		Args:          unknownCommand,
		RunE:          func(command *cobra.Command, _ []string) error { return command.Help() },
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(flagError)
	root.SetUsageFunc(printUsage)
	root.SetHelpCommand(helpCommand())
	root.AddCommand(upCommand(), replayCommand(), openapiCommand(), backendCommand(), deployerCommand(), hclCommand(), planCommand(), verifyCommand(), drillCommand())
	root.InitDefaultHelpCmd() // Execute does this too, but only after checkCommand
	root.InitDefaultCompletionCmd()
	addHelpFlags(append(root.Commands(), root)...)
	takeOneStack(root.Commands()...)
	return root
}

// run is the whole program. Its arguments are everything that it uses from outside. It returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := checkCommand(root, args)
	if err == nil {
		err = root.ExecuteContext(ctx)
	}
	if err == nil {
		return statusDone
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		fmt.Fprintln(stderr, "error:", line)
	}
	var usage usageError
	switch {
	case errors.Is(err, replay.ErrInterrupted), errors.Is(err, errInterrupted):
		return statusInterrupted
	case errors.As(err, &usage):
		return statusUsage
	}
	return statusFailed
}
