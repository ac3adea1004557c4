package deploytest

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-exec/tfexec"

	"cdk.tf/go/ingest/stacks"
)

// deprecated is version 5.100's warning of what version 6 does without being told: see docs/adr/0002.
const deprecated = `The "reset_on_delete" attribute will be removed in a future version of the provider`

// TestValidate has the provider's own schema check every environment.
func TestValidate(t *testing.T) {
	t.Parallel()
	program := terraform(t)
	for _, env := range stacks.All() {
		t.Run(env.Name, func(t *testing.T) {
			// A backend that lies elsewhere is not asked.
			p := initialised(t, nowhere, program, env, tfexec.Backend(false))
			verdict, err := p.tf.Validate(p.context())
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range verdict.Diagnostics {
				if strings.Contains(d.Detail, deprecated) {
					continue
				}
				t.Errorf("%s: %s: %s", d.Severity, d.Summary, d.Detail)
			}
			if !verdict.Valid {
				t.Error("Terraform finds the configuration invalid")
			}
		})
	}
}
