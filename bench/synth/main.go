// The command synth measures a synthesis, as it is and with jsii's own loading, side by side in one run, and prints a table
// in Markdown: make bench-synth.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/aws/jsii-runtime-go"

	"cdk.tf/go/ingest/internal/nodeenv"
	"cdk.tf/go/ingest/spec"
	"cdk.tf/go/ingest/stacks"
	"cdk.tf/go/ingest/synth"
)

func main() {
	count := flag.Int("environments", 0, "synthesise this many environments and end; 0 measures")
	outdir := flag.String("outdir", "", "folder of the synthesised stacks")
	runs := flag.Int("runs", 5, "runs of each kind; the median counts")
	flag.Parse()
	var err error
	if *count > 0 {
		err = synth.Run(context.Background(), environments(*count), *outdir)
		stderr := os.Stderr
		os.Stderr, _ = os.OpenFile(os.DevNull, os.O_WRONLY, 0) // jsii reports the end of its own process
		jsii.Close()
		os.Stderr = stderr
	} else {
		err = measure(*runs)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// environments are the project's environments, followed by copies of dev.
func environments(count int) []spec.Environment {
	all := stacks.All()
	for i := len(all); i < count; i++ {
		env := spec.Default("dev-" + strconv.Itoa(i))
		env.API.ManageAccount = false
		all = append(all, env)
	}
	return all[:count]
}

// kind is a way of loading, by the environment variables that choose it.
type kind struct {
	name        string
	environment []string
}

// figures are the figures of one run.
type figures struct {
	wall time.Duration
	// peak is the resident memory, in MiB, of the largest process: Node.js's.
	peak int64
}

func measure(runs int) error {
	dir, err := os.MkdirTemp("", "ingest-bench-synth-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	kinds := []kind{{"as it is", nil}, {"jsii's own loading", []string{nodeenv.Stock + "=1"}}}
	version, err := exec.Command("node", "--version").Output()
	if err != nil {
		return err
	}
	fmt.Printf("%s, %s, Node.js %s, %d cores, median of %d\n\n", time.Now().Format(time.DateOnly), runtime.Version(), version[:len(version)-1], runtime.NumCPU(), runs)
	fmt.Println("| environments | as it is | jsii's own loading | wall | peak memory |\n|---|---|---|---|---|")
	for _, count := range []int{1, 3, 10, 30} {
		found, err := sideBySide(dir, kinds, count, runs)
		if err != nil {
			return err
		}
		ours, stock := found[0], found[1]
		fmt.Printf("| %d | %.2f s, %d MiB | %.2f s, %d MiB | %.2f | %.2f |\n", count,
			ours.wall.Seconds(), ours.peak, stock.wall.Seconds(), stock.peak,
			ours.wall.Seconds()/stock.wall.Seconds(), float64(ours.peak)/float64(stock.peak))
	}
	return nil
}

// sideBySide runs the kinds in turn, after one run of each that does not count, and returns the medians of each.
func sideBySide(dir string, kinds []kind, count, runs int) ([]figures, error) {
	all := make([][]figures, len(kinds))
	for run := range runs + 1 {
		for i, k := range kinds {
			f, err := one(dir, k, count)
			if err != nil {
				return nil, err
			}
			if run > 0 {
				all[i] = append(all[i], f)
			}
		}
	}
	medians := make([]figures, len(kinds))
	for i, of := range all {
		slices.SortFunc(of, func(a, b figures) int { return int(a.wall - b.wall) })
		medians[i].wall = of[len(of)/2].wall
		slices.SortFunc(of, func(a, b figures) int { return int(a.peak - b.peak) })
		medians[i].peak = of[len(of)/2].peak
	}
	return medians, nil
}

func one(dir string, k kind, count int) (figures, error) {
	program, err := os.Executable()
	if err != nil {
		return figures{}, err
	}
	command := exec.Command(program, "-environments", strconv.Itoa(count), "-outdir", filepath.Join(dir, "out"))
	// This process has set Node.js's options for itself. The measured process sets its own, or none.
	command.Env = append(append(os.Environ(), "NODE_OPTIONS=", nodeenv.Stock+"="), k.environment...)
	command.Stderr = os.Stderr
	began := time.Now()
	if err := command.Run(); err != nil {
		return figures{}, fmt.Errorf("%s, %d environments: %w", k.name, count, err)
	}
	wall := time.Since(began)
	usage, ok := command.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return figures{}, fmt.Errorf("the memory of a process cannot be read on %s", runtime.GOOS)
	}
	perMiB := int64(1024) // KiB, but bytes on macOS (getrusage(2) of each)
	if runtime.GOOS == "darwin" {
		perMiB = 1 << 20
	}
	return figures{wall: wall, peak: usage.Maxrss / perMiB}, nil
}
