// Package lacking installs what a test needs, or ends the test, the same way in every package.
package lacking

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
)

// End skips a test. The line says what is missing and how to have it. With CI=true it fails the test, because a skip would look like a
// success there.
func End(t testing.TB, line string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(line)
	}
	t.Skip(line)
}

// installed are the functions that install a target of the Makefile once, by folder and target.
var installed sync.Map

// Install makes a target of the Makefile in the repository's folder, once in a process, and ends the test if that fails. So the other
// tests run meanwhile: an installation mostly waits. make does nothing where everything is there.
func Install(t testing.TB, repository, target string) {
	t.Helper()
	known, _ := installed.LoadOrStore(repository+" "+target, sync.OnceValue(func() error { return makeTarget(repository, target) }))
	if err := known.(func() error)(); err != nil {
		End(t, fmt.Sprintf("make %s fails: %v; make it succeed in the repository's folder first", target, err))
	}
}

// makeTarget returns the last line of what a target says as the error, less make's own last words. It hides from make that another make
// may run the tests: that one would share its jobs with it.
func makeTarget(repository, target string) error {
	command := exec.Command("make", "--silent", "-C", repository, target)
	command.Env = slices.DeleteFunc(os.Environ(), func(variable string) bool {
		return strings.HasPrefix(variable, "MAKE") || strings.HasPrefix(variable, "MFLAGS=")
	})
	output, err := command.CombinedOutput()
	if err == nil {
		return nil
	}
	for _, line := range slices.Backward(strings.Split(string(output), "\n")) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "make") {
			return fmt.Errorf("%w, %s", err, line)
		}
	}
	return err
}
