package tftext

import (
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

func TestAnEscapedTextIsReadAsItIs(t *testing.T) {
	for _, text := range []string{
		"", `{"type": "object"}`, `^\${a}%{b}$`, "$ { and % { stay: $5 %", "$${a}", "$$${a}", "%%{a}", "$", "${",
	} {
		expression, diagnostics := hclsyntax.ParseTemplate([]byte(Escape(text)), "", hcl.InitialPos)
		if diagnostics.HasErrors() {
			t.Errorf("Escape(%q) = %q is no template: %v", text, Escape(text), diagnostics)
			continue
		}
		value, diagnostics := expression.Value(nil)
		if diagnostics.HasErrors() || value.AsString() != text {
			t.Errorf("Terraform reads Escape(%q) as %#v (%v)", text, value, diagnostics)
		}
	}
}
