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
	"slices"
	"strings"
	"time"

	"cdk.tf/go/ingest/internal/nearest"
)

// options are the options of a run.
type options struct {
	events      int
	connections int
	bytes       int
	// part is the only part to measure; empty means all.
	part string
}

func main() {
	var o options
	flag.IntVar(&o.events, "events", 1_000_000, "events of the throughput run")
	flag.IntVar(&o.connections, "connections", 128, "concurrent connections")
	flag.IntVar(&o.bytes, "bytes", 500, "bytes of an event's body")
	flag.StringVar(&o.part, "part", "", "measure one part alone: "+strings.Join(partNames(), ", "))
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

// parts are what a run measures, in order.
var parts = []struct {
	name    string
	measure func(ctx context.Context, o options, program, dir string) ([]row, error)
}{{"throughput", throughput}, {"batches", batches}, {"limited", limited}, {"reading", reading}, {"kinesalite", kinesalite}}

func partNames() (names []string) {
	for _, part := range parts {
		names = append(names, part.name)
	}
	return names
}

// row is one line of the table.
type row struct{ what, figure string }

func measure(ctx context.Context, o options) error {
	if o.part != "" && !slices.Contains(partNames(), o.part) {
		return fmt.Errorf("-part is %q; %s", o.part, nearest.Remedy(o.part, partNames()))
	}
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
	for _, part := range parts {
		if o.part != "" && o.part != part.name {
			continue
		}
		found, err := part.measure(ctx, o, program, dir)
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
