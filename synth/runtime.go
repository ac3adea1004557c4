package synth

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"

	_ "cdk.tf/go/ingest/internal/nodeenv" // before jsii reads the environment
)

const (
	// oldestNode is the oldest major version of Node.js on which this project is tested.
	oldestNode = 20
	// nodeRemedy says how to install Node.js.
	nodeRemedy = "CDKTF runs in Node.js; install Node.js 20 or newer (https://nodejs.org), or set JSII_NODE to the path of its program"
)

// nodeVersion's group is the major version.
var nodeVersion = regexp.MustCompile(`^v([0-9]+)\.`)

// checkRuntime returns an error if CDKTF's runtime is unusable, because jsii would panic.
func checkRuntime() error {
	if os.Getenv("SYNTH_HCL_OUTPUT") == "true" {
		return errors.New("SYNTH_HCL_OUTPUT is true, but the policy is checked on Terraform JSON; synthesise without --hcl")
	}
	if os.Getenv("JSII_RUNTIME") != "" {
		return nil // the user has chosen the whole runtime
	}
	node := cmp.Or(os.Getenv("JSII_NODE"), "node")
	if _, err := exec.LookPath(node); err != nil {
		return fmt.Errorf("%s cannot be found: %s", node, nodeRemedy)
	}
	output, err := exec.Command(node, "--version").Output()
	if err != nil {
		return fmt.Errorf("%s --version fails (%w%s): %s", node, err, saidBy(err), nodeRemedy)
	}
	return checkVersion(node, firstLine(string(output)))
}

// saidBy is the first line that a failed command wrote to standard error.
func saidBy(err error) string {
	var exit *exec.ExitError
	if !errors.As(err, &exit) || len(exit.Stderr) == 0 {
		return ""
	}
	return ": " + firstLine(string(exit.Stderr))
}

// checkVersion refuses an old Node.js, on which CDKTF's code fails at some point.
func checkVersion(node, version string) error {
	parts := nodeVersion.FindStringSubmatch(version)
	if parts == nil {
		return fmt.Errorf("%s --version prints %q, which is not a version: %s", node, version, nodeRemedy)
	}
	if major, err := strconv.Atoi(parts[1]); err == nil && major < oldestNode {
		return fmt.Errorf("%s is Node.js %s: %s", node, strings.TrimPrefix(version, "v"), nodeRemedy)
	}
	return nil
}
