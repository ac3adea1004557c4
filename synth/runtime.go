package synth

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"

	_ "cdk.tf/go/ingest/internal/nodeenv" // before jsii reads the environment
)

// checkRuntime says what CDKTF's runtime lacks, where jsii would panic.
func checkRuntime() error {
	if os.Getenv("SYNTH_HCL_OUTPUT") == "true" {
		return errors.New("SYNTH_HCL_OUTPUT is true, but the policy is checked on Terraform JSON; synthesise without --hcl")
	}
	if os.Getenv("JSII_RUNTIME") != "" {
		return nil // the whole runtime is somebody's choice
	}
	node := cmp.Or(os.Getenv("JSII_NODE"), "node")
	if _, err := exec.LookPath(node); err != nil {
		return fmt.Errorf("%s is not to be found: CDKTF runs in Node.js; install Node.js 20 or newer (https://nodejs.org), or name its program in JSII_NODE", node)
	}
	if output, err := exec.Command(node, "--version").CombinedOutput(); err != nil {
		return fmt.Errorf("%s --version fails (%w: %s): CDKTF runs in Node.js; install Node.js 20 or newer (https://nodejs.org), or name its program in JSII_NODE", node, err, firstLine(string(output)))
	}
	return nil
}
