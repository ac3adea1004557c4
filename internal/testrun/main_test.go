package main

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// built is the program.
func built(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "testrun")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

// The tests end with the program that reads their progress, such as head.
func TestTheReaderEnds(t *testing.T) {
	program, bin := built(t), t.TempDir()
	ended := filepath.Join(bin, "ended")
	// A go whose tests pass one after another until they are interrupted.
	text := `#!/bin/sh
[ "$1" = list ] && { echo cdk.tf/go/ingest/x; exit; }
trap 'echo yes >"` + ended + `"; exit 1' INT
while :; do echo '{"Action":"pass","Package":"cdk.tf/go/ingest/x","Elapsed":1}'; done
`
	if err := os.WriteFile(filepath.Join(bin, "go"), []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(program, "-short")
	command.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	_ = out.Close()
	var exit *exec.ExitError
	if err := command.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 130 {
		t.Errorf("it ends with %v, want the status 130", err)
	}
	if _, err := os.Stat(ended); err != nil {
		t.Errorf("its tests go on: %v", err)
	}
}

func TestNoArguments(t *testing.T) {
	out, err := exec.Command(built(t), "./policy").CombinedOutput()
	const want = `error: testrun takes no "./policy"; it runs the tests of every package, and go test runs those of one` + "\n"
	if err == nil || !strings.HasPrefix(string(out), want) {
		t.Errorf("%v: %s", err, out)
	}
}
