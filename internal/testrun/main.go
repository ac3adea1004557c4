// The program testrun runs the project's tests, several parts at a time, and reports its progress: go run ./internal/testrun [-short]
//
// It prints a line when a package ends, and every so often what runs, for how long, and what is next. At the end it prints what
// failed, one line for each test that was skipped, with its reason, and the number of tests. With -short it runs the Go tests alone
// that take little time; make check does so. The exit status is 1 where a test failed, and 130 after an interrupt
// or the end of what reads its output.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
)

// module is what stands before each package's path.
const module = "cdk.tf/go/ingest"

// endless is the time-out of a test binary: it ends what hangs, and no slow machine comes near it.
const endless = "3h"

func main() {
	short := flag.Bool("short", false, "run the Go tests alone that take little time")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "error: testrun takes no %q; it runs the tests of every package, and go test runs those of one\n", flag.Arg(0))
		os.Exit(2)
	}
	// Without SIGPIPE here, a reader of the output that ends, such as head, would end this program alone, and the tests would go on.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGPIPE)
	status, err := run(ctx, *short)
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		status = 1
	}
	if ctx.Err() != nil {
		status = 130
	}
	stop()
	os.Exit(status)
}

// longest are the packages whose tests take longest, from the last to the first of them.
var longest = []string{module + "/verify", module + "/local", module + "/drill", module + "/local/kinesis", module + "/cmd/ingest", module + "/internal/catalogue", module + "/synth"}

// part is some of the tests, which one command runs.
type part struct {
	name    string
	command []string
	// goTests is whether the command is go test -json.
	goTests bool
}

// lanes are the parts: those of a lane run one after another, beside those of the other lanes.
func lanes(short bool, packages []string) [][]part {
	// No vet, which make lint and make check run, and no symbols for a debugger: both take the linker and the compiler longer than
	// the tests take.
	test := []string{"go", "test", "-json", "-vet=off", "-ldflags=-s", "-timeout", endless}
	quick := slices.DeleteFunc(slices.Clone(packages), func(path string) bool { return path == module+"/deploytest" })
	// go test begins with the first package of the list. Tests that take a minute on one processor would otherwise end alone.
	slices.SortStableFunc(quick, func(a, b string) int { return slices.Index(longest, b) - slices.Index(longest, a) })
	if short {
		return [][]part{{{"Go, -short", append(append(test, "-short"), quick...), true}}}
	}
	deploy := append(slices.Clone(test), "./deploytest")
	if _, err := exec.LookPath("tofu"); err == nil {
		deploy = append(slices.Clone(test), "-tags=tofu", "./deploytest")
	}
	return [][]part{
		{
			// The other lanes have a longest way that no second processor shortens; these tests fill what they leave. Two of these
			// packages, cmd/ingest and drill, mostly wait: a third runs beside them.
			{"Go", slices.Concat([]string{"nice", "-n", "10"}, test, []string{"-p=3"}, quick), true},
		},
		{
			{"deploytest", deploy, true},
		},
		{
			{"page in a browser", []string{"npm", "--prefix", "webapp", "run", "test:browser"}, false},
			{"page", []string{"npm", "--prefix", "webapp", "test"}, false},
		},
	}
}

func run(ctx context.Context, short bool) (status int, err error) {
	packages, err := listPackages(ctx)
	if err != nil {
		return 1, err
	}
	folder, remove := inMemory()
	defer remove()
	all, env := lanes(short, packages), testEnvironment(os.Environ(), folder)
	p := newProgress(os.Stdout, all)
	defer p.stop()
	var running sync.WaitGroup
	for number, lane := range all {
		running.Go(func() {
			for _, part := range lane {
				if ctx.Err() != nil {
					return
				}
				p.begin(number, part)
				p.end(number, runPart(ctx, p, part, env))
			}
		})
	}
	running.Wait()
	p.stop()
	return p.summarise(), nil
}

func listPackages(ctx context.Context) ([]string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "./...").Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return nil, fmt.Errorf("go list: %s", strings.TrimSpace(string(exit.Stderr)))
		}
		return nil, fmt.Errorf("go list: %w", err)
	}
	return strings.Fields(string(out)), nil
}
