package deploytest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-exec/tfexec"

	"cdk.tf/go/ingest/tfjson"
)

// deprecated is version 5.100's warning of what version 6 does without being told: see docs/adr/0002.
const deprecated = `The "reset_on_delete" attribute will be removed in a future version of the provider`

// TestValidate has the provider's own schema check every environment, and every option: the goldens, which main_test.go holds
// to what is synthesised.
func TestValidate(t *testing.T) {
	t.Parallel()
	provider := startProvider(t, nowhere, t.TempDir())
	goldens, err := filepath.Glob("../testdata/*.tf.json")
	if err != nil || len(goldens) < 3 {
		t.Fatalf("the goldens are %v (%v)", goldens, err)
	}
	for _, golden := range goldens {
		t.Run(strings.TrimSuffix(filepath.Base(golden), ".tf.json"), func(t *testing.T) {
			validate(t, provider, copied(t, golden))
		})
	}
}

// TestValidateNative does the same with what scripts/scan has Trivy read: the environments that it scans, and those that have
// what these have not. Each takes seconds.
func TestValidateNative(t *testing.T) {
	t.Parallel()
	provider := startProvider(t, nowhere, t.TempDir())
	for _, name := range []string{"staging", "prod", "keys", "cognito", "encrypted", "domain", "web"} {
		t.Run(name, func(t *testing.T) { validate(t, provider, native(t, "../testdata/"+name+".tf.json")) })
	}
}

func validate(t *testing.T, provider awsPlugin, folder string) {
	t.Helper()
	p := openPipeline(t, nowhere, provider.program(t, folder), folder)
	p.init(tfexec.Backend(false)) // a backend that lies elsewhere is not asked
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
}

// copied is a folder that holds a stack alone.
func copied(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "cdk.tf.json"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

// native is a folder that holds a stack as scripts/scan has Trivy read it.
func native(t *testing.T, file string) string {
	t.Helper()
	stack, err := tfjson.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	files, err := stack.Native()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}
