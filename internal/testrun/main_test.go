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

// asProgram makes the test's binary the program itself.
const asProgram = "INGEST_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// program is a command that runs the program.
func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(path, args...)
	command.Env = append(os.Environ(), asProgram+"=1")
	return command
}

// The tests end with the program that reads their progress, such as head.
func TestTheReaderEnds(t *testing.T) {
	bin := t.TempDir()
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
	command := program(t, "-short")
	command.Env = append(command.Env, "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
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
	out, err := program(t, "./policy").CombinedOutput()
	const want = `error: testrun takes no "./policy"; it runs the tests of every package, and go test runs those of one` + "\n"
	if err == nil || !strings.HasPrefix(string(out), want) {
		t.Errorf("%v: %s", err, out)
	}
}
