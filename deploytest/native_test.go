package deploytest

import (
	"os"
	"path/filepath"

	ingest "cdk.tf/go/ingest/tfjson"
)

// expectNativePlan fails the test if the stack in Terraform's native syntax, as `ingest hcl` writes it, differs from the JSON: its plan
// against the state of the applied JSON must be empty. Terraform gets the whole schemas for this plan, so that it would also differ if
// a smaller schema had lost a part of the state. It does not copy a hosted page's files, because the provider runs in the folder
// of the JSON. The test of the command copies them.
func (p *pipeline) expectNativePlan() {
	p.t.Helper()
	stack, err := ingest.ReadFile(filepath.Join(p.folder, "cdk.tf.json"))
	if err != nil {
		p.t.Fatal(err)
	}
	folder := p.t.TempDir()
	if err := stack.KeepState(p.folder, folder); err != nil {
		p.t.Fatal(err)
	}
	files, err := stack.Native(ingest.ByConstruct)
	if err != nil {
		p.t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			p.t.Fatal(err)
		}
	}
	defer withWholeSchemas(p.tf.ExecPath())()
	native := openPipeline(p.t, p.endpoint, p.tf.ExecPath(), folder)
	native.init()
	native.expectPlan(map[string]string{}, unread)
	if len(native.addresses()) == 0 {
		p.t.Error("the native stack has another state")
	}
}
