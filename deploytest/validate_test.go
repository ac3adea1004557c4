package deploytest

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-exec/tfexec"

	"cdk.tf/go/ingest/internal/goldens"
	"cdk.tf/go/ingest/tfjson"
)

// deprecated is version 5.100's warning of what version 6 does without being told: see docs/adr/0002.
const deprecated = `The "reset_on_delete" attribute will be removed in a future version of the provider`

// TestValidate has the provider's own schema check every environment, and so every option, as it is synthesised and in the native
// syntax, in which scripts/scan has Trivy read it. The root's TestGoldens holds the goldens to what is synthesised.
func TestValidate(t *testing.T) {
	t.Parallel()
	names, err := goldens.Names()
	if err != nil || len(names) == 0 {
		t.Fatalf("the goldens are %v (%v)", names, err)
	}
	provider := startProvider(t, nowhere, t.TempDir())
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			validate(t, provider, folderOf(t, map[string][]byte{"cdk.tf.json": goldens.Read(t, name)}))
		})
		t.Run(name+" in the native syntax", func(t *testing.T) { validate(t, provider, folderOf(t, native(t, name))) })
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

// native is the stack of a golden as scripts/scan has Trivy read it.
func native(t *testing.T, name string) map[string][]byte {
	t.Helper()
	stack, err := tfjson.Read(bytes.NewReader(goldens.Read(t, name)))
	if err != nil {
		t.Fatal(err)
	}
	files, err := stack.Native()
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func folderOf(t *testing.T, files map[string][]byte) string {
	t.Helper()
	folder := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}
