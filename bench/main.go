// The command bench measures the pipeline on this machine and prints a table in Markdown: make bench.
//
// It measures from outside, as a client would: it builds and starts the program, and vegeta sends it events over HTTP from another
// process on the same cores. In the same run it measures kinesalite's PutRecord with the same client.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"time"
)

// options are the options of a run.
type options struct {
	events      int
	connections int
	bytes       int
}

func main() {
	var o options
	flag.IntVar(&o.events, "events", 1_000_000, "events of the throughput run")
	flag.IntVar(&o.connections, "connections", 128, "concurrent connections")
	flag.IntVar(&o.bytes, "bytes", 500, "bytes of an event's body")
	flag.Parse()
	debug.SetGCPercent(400) // the client shares the cores with the measured program
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := measure(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// row is one line of the table.
type row struct{ what, figure string }

func measure(ctx context.Context, o options) error {
	dir, err := os.MkdirTemp("", "ingest-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	program, err := build(ctx, dir)
	if err != nil {
		return err
	}
	var rows []row
	for _, part := range []func(context.Context, options, string, string) ([]row, error){throughput, batches, limited, kinesalite} {
		found, err := part(ctx, o, program, dir)
		if err != nil {
			return err
		}
		rows = append(rows, found...)
	}
	fmt.Printf("\n%s, %s, %d cores, %s\n\n| what | figure |\n|---|---|\n", time.Now().Format(time.DateOnly), runtime.Version(), runtime.NumCPU(), runtime.GOOS+"/"+runtime.GOARCH)
	for _, r := range rows {
		fmt.Printf("| %s | %s |\n", r.what, r.figure)
	}
	return nil
}

func say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
