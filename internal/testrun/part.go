package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"gotest.tools/gotestsum/testjson"
)

// grace is how long a command may take to end after an interrupt, before it is killed.
const grace = time.Minute

// result is how a part ended.
type result struct {
	part part
	took time.Duration
	err  error
	// execution is what go test reported, and nil of another command.
	execution *testjson.Execution
	// output is all that another command printed.
	output string
}

// testEnvironment returns the environment of the tests. Go programs collect garbage less often, because the tests make much of it and
// keep little; memory stays bounded. Temporary files go to a folder in memory, unless it is "". What env sets itself comes later, and
// so wins.
func testEnvironment(env []string, memory string) []string {
	set := []string{"GOGC=400", "GOMEMLIMIT=1GiB"}
	if memory != "" {
		set = append(set, "TMPDIR="+memory)
	}
	return slices.Concat(set, env, []string{"FORCE_COLOR=0", "NO_COLOR=1"})
}

func runPart(ctx context.Context, p *progress, part part, env []string) result {
	start := time.Now()
	command := exec.CommandContext(ctx, part.command[0], part.command[1:]...)
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGINT) }
	command.WaitDelay = grace
	command.Env = env
	r := result{part: part}
	if part.goTests {
		r.execution, r.err = runGo(command, p)
	} else {
		var out bytes.Buffer
		command.Stdout, command.Stderr = &out, &out
		r.err = command.Run()
		r.output = out.String()
	}
	r.took = time.Since(start)
	return r
}

func runGo(command *exec.Cmd, p *progress) (*testjson.Execution, error) {
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	errs, err := command.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	execution, scanErr := testjson.ScanTestOutput(testjson.ScanConfig{
		Stdout: out, Stderr: errs, Handler: handler{p}, IgnoreNonJSONOutputLines: true,
	})
	if err := command.Wait(); err != nil {
		return execution, err
	}
	return execution, scanErr
}

// handler reports go test's events to the progress.
type handler struct{ progress *progress }

// Event is called for each event.
func (h handler) Event(event testjson.TestEvent, _ *testjson.Execution) error {
	name := strings.TrimPrefix(strings.TrimPrefix(event.Package, module), "/")
	if name == "" {
		name = "(root)"
	}
	switch {
	case event.Test == "" && event.Action == testjson.ActionPass:
		h.progress.say("ok    %s %s", name, seconds(event.Elapsed))
	case event.Test == "" && event.Action == testjson.ActionFail:
		h.progress.say("FAIL  %s %s", name, seconds(event.Elapsed))
	case event.Test != "" && !strings.Contains(event.Test, "/"):
		h.progress.test(name+" "+event.Test, event.Action == testjson.ActionRun || event.Action == testjson.ActionOutput)
	}
	return nil
}

// Err is called for each line on standard error.
func (h handler) Err(line string) error {
	h.progress.say("%s", line)
	return nil
}

func seconds(elapsed float64) string {
	if elapsed == 0 {
		return "(cached)"
	}
	return fmt.Sprintf("%.1f s", elapsed)
}
