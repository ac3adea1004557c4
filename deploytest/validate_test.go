package deploytest

import (
	"bytes"
	"fmt"
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

// backendInModule is Terraform's warning of a backend that is not the root's.
const backendInModule = "Backend configuration ignored"

// TestValidate checks every environment, and so every option, against the provider's own schema, as it is synthesised and in the
// native syntax, as `ingest hcl` writes it. The root's TestGoldens compares the goldens with the synthesis. All are modules of one
// configuration, because a `terraform validate` takes a half second of processor time before it reads the first.
func TestValidate(t *testing.T) {
	inParallel(t)
	names, err := goldens.Names()
	if err != nil || len(names) == 0 {
		t.Fatalf("the goldens are %v (%v)", names, err)
	}
	folder, modules := t.TempDir(), map[string]map[string]string{}
	for _, name := range names {
		for syntax, files := range map[string]map[string][]byte{
			"JSON": {"cdk.tf.json": goldens.Read(t, name)}, "native": native(t, name),
		} {
			module := name + "-" + syntax
			modules[module] = map[string]string{"source": "./" + module}
			writeFiles(t, filepath.Join(folder, module), files)
		}
	}
	writeFiles(t, folder, map[string][]byte{"main.tf.json": []byte(encode(t, map[string]any{"module": modules}))})
	p := openPipeline(t, nowhere, attached(t, nowhere, folder), folder)
	p.init()
	found := diagnostics(t, p)
	for module := range modules {
		t.Run(module, func(t *testing.T) {
			for _, problem := range found[module] {
				t.Error(problem)
			}
		})
		delete(found, module)
	}
	expect(t, "the problems of no module", map[string][]string{}, found)
}

// diagnostics are what Terraform finds, by the folder of the file. It takes the files' types from the provider.
func diagnostics(t *testing.T, p *pipeline) map[string][]string {
	t.Helper()
	verdict, err := p.tf.Validate(p.context())
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]string{}
	for _, d := range verdict.Diagnostics {
		if strings.Contains(d.Detail, deprecated) || d.Summary == backendInModule {
			continue
		}
		folder := "."
		if d.Range != nil {
			folder = filepath.Dir(d.Range.Filename)
		}
		found[folder] = append(found[folder], fmt.Sprintf("%s: %s: %s", d.Severity, d.Summary, d.Detail))
	}
	if !verdict.Valid && len(found) == 0 {
		t.Error("Terraform finds the configuration invalid")
	}
	return found
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
		writeFiles(t, filepath.Join(root, name), native(t, name))
	}
	p := openPipeline(t, nowhere, terraform(t), root)
	if formatted, wrong, err := p.tf.FormatCheck(p.context(), tfexec.Recursive(true)); !formatted || err != nil {
		t.Errorf("terraform fmt would change %v (%v)", wrong, err)
	}
}

// expectValid checks the stack against the provider's own schema.
func expectValid(t *testing.T, p *pipeline) {
	t.Helper()
	expect(t, "what Terraform finds", map[string][]string{}, diagnostics(t, p))
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

func writeFiles(t *testing.T, folder string, files map[string][]byte) {
	t.Helper()
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
