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
	"github.com/spf13/pflag"

	"cdk.tf/go/ingest/replay"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	// Whoever reads what is printed may go away: the pipeline goes on.
	signal.Ignore(syscall.SIGPIPE)
	// A second Ctrl-C ends the process at once.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// flagError adds a remedy to what is wrong with a flag.
func flagError(command *cobra.Command, err error) error {
	var invalid *pflag.InvalidValueError
	if !errors.As(err, &invalid) {
		return fmt.Errorf("%w; %s --help lists the flags", err, command.CommandPath())
	}
	flag := invalid.GetFlag()
	const duration = "a number with its unit, such as 5s or 1m"
	remedy := map[string]string{"duration": duration, "interval": duration + `, or "` + ownInterval + `"`, "bool": "true or false", "int": "a whole number"}[flag.Value.Type()]
	return fmt.Errorf("--%s is %q; use %s", flag.Name, invalid.GetValue(), remedy)
}

// run is the program with everything that it takes from outside given to it. It returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := &cobra.Command{
		Use:           "ingest",
		Short:         "Runs the pipeline's synthesised stacks on one machine, and helps to operate them on AWS",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(upCommand(), replayCommand(), backendCommand())
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	if err := root.ExecuteContext(ctx); err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			fmt.Fprintln(stderr, "error:", line)
		}
		if errors.Is(err, replay.ErrInterrupted) {
			return 130 // what a shell expects after Ctrl-C
		}
		return 1
	}
	return 0
}
