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

// deprecated is version 5.100's warning of what version 6 does without being told: see docs/adr/0002-provider-version.md.
const deprecated = `The "reset_on_delete" attribute will be removed in a future version of the provider`

// TestValidate checks every environment, and so every option, against the provider's own schema, as it is synthesised and in the
// native syntax, as `ingest hcl` writes it. The root's TestGoldens compares the goldens with the synthesis. All use one
// folder, one after another: they need the same provider, so one init is enough.
func TestValidate(t *testing.T) {
	inParallel(t)
	names, err := goldens.Names()
	if err != nil || len(names) == 0 {
		t.Fatalf("the goldens are %v (%v)", names, err)
	}
	folder := t.TempDir()
	program, proxy := startProvider(t, nowhere, folder).proxied(t, folder)
	p := openPipeline(t, nowhere, program, folder)
	replaceFiles(t, folder, map[string][]byte{"cdk.tf.json": goldens.Read(t, names[0])})
	p.init(tfexec.Backend(false)) // do not use a remote backend
	for _, name := range names {
		for syntax, files := range map[string]map[string][]byte{
			"JSON": {"cdk.tf.json": goldens.Read(t, name)}, "native": native(t, name),
		} {
			t.Run(name+"/"+syntax, func(t *testing.T) {
				proxy.forget()
				replaceFiles(t, folder, files)
				validate(t, p)
			})
		}
	}
}

// TestNativeIsFormatted checks every environment in the native syntax with one `terraform fmt`, in a folder for each environment.
func TestNativeIsFormatted(t *testing.T) {
	inParallel(t)
	names, err := goldens.Names()
	if err != nil || len(names) == 0 {
		t.Fatalf("the goldens are %v (%v)", names, err)
	}
	root := t.TempDir()
	for _, name := range names {
		folder := filepath.Join(root, name)
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		replaceFiles(t, folder, native(t, name))
	}
	p := openPipeline(t, nowhere, terraform(t), root)
	if formatted, wrong, err := p.tf.FormatCheck(p.context(), tfexec.Recursive(true)); !formatted || err != nil {
		t.Errorf("terraform fmt would change %v (%v)", wrong, err)
	}
}

func validate(t *testing.T, p *pipeline) {
	t.Helper()
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

// native is the stack of a golden as `ingest hcl` writes it, and as Trivy reads it for scripts/scan, except for the files' names.
func native(t *testing.T, name string) map[string][]byte {
	t.Helper()
	stack, err := tfjson.Read(bytes.NewReader(goldens.Read(t, name)))
	if err != nil {
		t.Fatal(err)
	}
	files, err := stack.Native(tfjson.ByConstruct)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// replaceFiles replaces a stack's own files in its folder.
func replaceFiles(t *testing.T, folder string, files map[string][]byte) {
	t.Helper()
	old, err := filepath.Glob(filepath.Join(folder, "*.tf*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range old {
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
