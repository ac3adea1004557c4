package tfjson

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

func TestNative(t *testing.T) {
	stack, err := Read(strings.NewReader(`{
		"//": {"metadata": {}},
		"terraform": {
			"required_version": ">= 1.10",
			"required_providers": {"aws": {"source": "aws", "version": "~> 5.99"}},
			"backend": {"s3": {"bucket": "b", "use_lockfile": true}}
		},
		"provider": {"aws": [{"region": "us-east-1", "default_tags": [{"tags": {"Project": "p"}}]}, {"alias": "b"}]},
		"removed": [{"from": "aws_gone.x", "lifecycle": {"destroy": false}}],
		"variable": {"a": {"type": "map(string)", "default": {"k": "v"}}},
		"locals": {"object": {"k": 1}},
		"output": {"//": "no output", "arn": {"description": "its ARN", "value": "${aws_thing.a.arn}"}, "all": {"value": {"for": ["v"], "k": 1}}},
		"data": {"aws_region": {"current": {"//": {"metadata": {}}}}},
		"resource": {"aws_thing": {"a": {
			"//": {"metadata": {}},
			"name": "a",
			"count": 2, "share": 0.5, "on": true, "off": null, "none": [],
			"whole": "${aws_other.b.arn}",
			"function": "${lower(\"A\")}",
			"part": "x \"${aws_other.b[\"k\"].name}\" $${no} %%{no} \\ \t",
			"list": ["${aws_other.b.arn}", "plain", 1],
			"one": {"inner": {"deep": "d"}},
			"many": [{"n": 1}, {"n": 2, "tags": {"a b": "${aws_other.b.arn}", "${aws_other.b.arn}": ""}}],
			"dynamic": {"rule": {"for_each": "${var.a}", "iterator": "each_rule", "content": {"n": "${each_rule.value}"}}},
			"response_parameters": {"method.response.header.X": true},
			"parameters": {},
			"nothing": {},
			"processors": {"parameters": [{"parameter_name": "Delimiter"}]},
			"depends_on": ["aws_other.b", "data.aws_region.current"],
			"lifecycle": {"prevent_destroy": true, "ignore_changes": ["name"]}
		}, "a_part": {"name": "p"}, "_": {}}}
	}`))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"terraform.tf": `terraform {
  required_version = ">= 1.10"

  backend "s3" {
    bucket       = "b"
    use_lockfile = true
  }

  required_providers {
    aws = {
      source  = "aws"
      version = "~> 5.99"
    }
  }
}
`,
		"providers.tf": `provider "aws" {
  region = "us-east-1"

  default_tags {
    tags = {
      Project = "p"
    }
  }
}

provider "aws" {
  alias = "b"
}
`,
		"removed.tf": `removed {
  from = aws_gone.x

  lifecycle {
    destroy = false
  }
}
`,
		"variables.tf": `variable "a" {
  default = {
    k = "v"
  }
  type = map(string)
}
`,
		"locals.tf": `locals {
  object = {
    k = 1
  }
}
`,
		"outputs.tf": `output "all" {
  value = {
    "for" = ["v"]
    k     = 1
  }
}

output "arn" {
  description = "its ARN"
  value       = aws_thing.a.arn
}
`,
		"data.tf": "data \"aws_region\" \"current\" {}\n",
		"main.tf": "resource \"aws_thing\" \"_\" {}\n",
		"a.tf": `resource "aws_thing" "a" {
  count      = 2
  function   = lower("A")
  list       = [aws_other.b.arn, "plain", 1]
  name       = "a"
  none       = []
  off        = null
  on         = true
  parameters = {}
  part       = "x \"${aws_other.b["k"].name}\" $${no} %%{no} \\ \t"
  response_parameters = {
    "method.response.header.X" = true
  }
  share = 0.5
  whole = aws_other.b.arn

  dynamic "rule" {
    for_each = var.a
    iterator = each_rule

    content {
      n = each_rule.value
    }
  }

  many {
    n = 1
  }

  many {
    n = 2
    tags = {
      (aws_other.b.arn) = ""
      "a b"             = aws_other.b.arn
    }
  }

  nothing {}

  one {
    inner {
      deep = "d"
    }
  }

  processors {
    parameters {
      parameter_name = "Delimiter"
    }
  }

  lifecycle {
    ignore_changes  = [name]
    prevent_destroy = true
  }

  depends_on = [aws_other.b, data.aws_region.current]
}

resource "aws_thing" "a_part" {
  name = "p"
}
`,
	}
	if diff := cmp.Diff(want, nativeTexts(t, stack, ByConstruct)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	var names []string
	for name := range nativeTexts(t, stack, ByAddress) {
		if strings.Contains(name, "aws_") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	if diff := cmp.Diff([]string{"aws_thing._.tf", "aws_thing.a.tf", "aws_thing.a_part.tf", "data.aws_region.current.tf"}, names); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func nativeTexts(t *testing.T, stack *Stack, fileOf func(Resource) string) map[string]string {
	t.Helper()
	files, err := stack.Native(fileOf)
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for name, text := range files {
		texts[name] = string(text)
	}
	return texts
}

// TestNativeStringIsTheSame has HCL evaluate what is written: it has to be what Terraform makes of the JSON.
func TestNativeStringIsTheSame(t *testing.T) {
	context := &hcl.EvalContext{
		Variables: map[string]cty.Value{"var": cty.ObjectVal(map[string]cty.Value{"a": cty.StringVal("A\n")})},
		Functions: map[string]function.Function{"chomp": stdlib.ChompFunc},
	}
	for _, text := range []string{
		"", "plain", "one\n", "two\nlines", "two\nlines\n", "\n", "\n\n", "ends in two\n\n", "tab\t\n x", "\\ \" \\n\n.",
		"$${no}\n%%{no}\n$$ %% $", "${var.a}\n.", "a\n${var.a}", "x\n EOT \nEOT_\ny", "EOT\n", "cr\r\nlf\n", "null\x00\n", "ü\nß\n",
		"#set($x = $input.params().header.get('A'))\n{\"a\": \"$x\"}\n",
	} {
		template, diagnostics := hclsyntax.ParseTemplate([]byte(text), "", hcl.InitialPos)
		if diagnostics.HasErrors() {
			t.Fatal(diagnostics)
		}
		want, diagnostics := template.Value(context)
		if diagnostics.HasErrors() {
			t.Fatal(diagnostics)
		}
		native, err := nativeString(text, true)
		if err != nil {
			t.Fatal(err)
		}
		file, diagnostics := hclsyntax.ParseConfig(hclwrite.Format([]byte("a = "+native+"\n")), "", hcl.InitialPos)
		if diagnostics.HasErrors() {
			t.Fatalf("%q: %s: %v", text, native, diagnostics)
		}
		got, diagnostics := file.Body.(*hclsyntax.Body).Attributes["a"].Expr.Value(context)
		if diagnostics.HasErrors() || !got.RawEquals(want) {
			t.Errorf("%q becomes %s, which is %#v (%v)", text, native, got, diagnostics)
		}
	}
}

func TestNativeText(t *testing.T) {
	for text, want := range map[string]string{
		"a\nb\n": "<<EOT\na\nb\nEOT", "a\nb": "chomp(<<EOT\na\nb\nEOT\n)", "EOT\n": "<<EOT_\nEOT\nEOT_", "a\n${var.a}": `"a\n${var.a}"`,
	} {
		if got, err := nativeString(text, true); err != nil || got != want {
			t.Errorf("%q becomes %q (%v), want %q", text, got, err, want)
		}
	}
	long := strings.Repeat("x", longestList)
	if got, err := nativeList([]any{long, "y"}, true); err != nil || got != "[\n"+long+",\ny,\n]" {
		t.Errorf("a long list becomes %s (%v)", got, err)
	}
}

func TestNativeRefuses(t *testing.T) {
	for text, want := range map[string]string{
		`{"check": {"a": {}}}`:                                              `"check" has no known form in the native syntax; take it out and write it by hand`,
		`{"output": {"a": {"value": "${"}}}`:                                `output: a: value: "${" is not a Terraform template: `,
		`{"output": 1}`:                                                     `output: "output" is a number; it must be an object or a list of objects`,
		`{"resource": {"aws_thing": {"a": {"name": "${"}}}}`:                `aws_thing.a: name: "${" is not a Terraform template: `,
		`{"resource": {"aws_thing": {"a": {"one": {"in": ["${"]}}}}}`:       `aws_thing.a: one: in: "${" is not a Terraform template: `,
		`{"resource": {"aws_thing": {"a": {"tags": {"${": 1}}}}}`:           `aws_thing.a: tags: "${" is not a Terraform template: `,
		`{"resource": {"aws_thing": {"a": {"dynamic": {"rule": "text"}}}}}`: `aws_thing.a: dynamic: "rule" is a string; it must be `,
	} {
		stack, err := Read(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := stack.Native(ByConstruct); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %v, want %s…", text, err, want)
		}
	}
}
