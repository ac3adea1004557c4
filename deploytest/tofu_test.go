//go:build tofu

package deploytest

import (
	"os/exec"
	"testing"

	"cdk.tf/go/ingest/internal/catalogue"
)

// tofuProvider is the address at which OpenTofu looks for a provider with the source "aws".
const tofuProvider = "registry.opentofu.org/hashicorp/aws"

// TestOpenTofu applies the unchanged JSON with OpenTofu. No package registry has a built OpenTofu, and a build takes minutes. So the
// test has a build tag, which make test gives where `tofu` is on PATH.
func TestOpenTofu(t *testing.T) {
	inParallel(t)
	tofu, err := exec.LookPath("tofu")
	if err != nil {
		missing(t, "tofu is not on PATH", "install OpenTofu (https://opentofu.org/docs/intro/install), or build it as docs/terraform.md says")
	}
	env := local(catalogue.Named("dev"))
	endpoint := startMoto(t)
	outdir := t.TempDir()
	synthesise(t, env, outdir)
	folder := stackFolder(outdir, env.Name)
	program, _ := lease(t, endpoint, folder).proxiedFor(t, folder, tofu, tofuProvider)
	p := openPipeline(t, endpoint, program, folder)
	p.init()
	p.apply()
	checkDeployed(t, p, expectedDev)
	p.expectPlan(map[string]string{})
	p.expectNativePlan()
	destroyDev(t, p)
}
