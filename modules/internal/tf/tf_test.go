package tf

import (
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

func TestNameOf(t *testing.T) {
	for path, want := range map[string]string{
		"stream/Default":          "stream",
		"api/submit/post/Default": "api_submit_post",
		"api/submit/post/200":     "api_submit_post_200",
		"submit-role/put-record":  "submit-role_put-record",
	} {
		if got := nameOf(path); got != want {
			t.Errorf("nameOf(%q) = %q, want %q", path, got, want)
		}
	}
}

func TestNameOfRefusesAnIdThatCouldBeTwoPlaces(t *testing.T) {
	defer func() {
		want := `construct id "api/put_record" holds "_", which separates ids in Terraform names; use "-"`
		if got := recover(); got != want {
			t.Errorf("panic is %v, want %s", got, want)
		}
	}()
	nameOf("api/put_record")
}

func TestLiteralIsTakenAsItStands(t *testing.T) {
	for _, text := range []string{
		"", `{"type": "object"}`, `^\${a}%{b}$`, "$ { and % { stay: $5 %", "$${a}", "$$${a}", "%%{a}", "$", "${",
	} {
		expression, diagnostics := hclsyntax.ParseTemplate([]byte(Literal(text)), "", hcl.InitialPos)
		if diagnostics.HasErrors() {
			t.Errorf("Literal(%q) = %q is no template: %v", text, Literal(text), diagnostics)
			continue
		}
		value, diagnostics := expression.Value(nil)
		if diagnostics.HasErrors() || value.AsString() != text {
			t.Errorf("Terraform reads Literal(%q) as %#v (%v)", text, value, diagnostics)
		}
	}
}
