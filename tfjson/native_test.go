package tfjson

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNative(t *testing.T) {
	stack, err := Read(strings.NewReader(`{
		"//": {"metadata": {}},
		"terraform": {"required_version": ">= 1.10"},
		"output": {"arn": {"value": "${aws_thing.a.arn}"}},
		"data": {"aws_region": {"current": {"//": {"metadata": {}}}}},
		"resource": {"aws_thing": {"a": {
			"//": {"metadata": {}},
			"name": "a",
			"count": 2, "share": 0.5, "on": true, "off": null, "none": [],
			"whole": "${aws_other.b.arn}",
			"function": "${lower(\"A\")}",
			"part": "x \"${aws_other.b[\"k\"].name}\" $${no} %%{no} \\ \n",
			"list": ["${aws_other.b.arn}", "plain", 1],
			"one": {"inner": {"deep": "d"}},
			"many": [{"n": 1}, {"n": 2, "tags": {"a b": "${aws_other.b.arn}"}}],
			"response_parameters": {"method.response.header.X": true},
			"depends_on": ["aws_other.b", "data.aws_region.current"],
			"lifecycle": {"prevent_destroy": true, "ignore_changes": ["name"]}
		}}}
	}`))
	if err != nil {
		t.Fatal(err)
	}
	files, err := stack.Native()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for name, text := range files {
		got[name] = string(text)
	}
	want := map[string]string{
		"data.aws_region.current.tf": "data \"aws_region\" \"current\" {\n}\n",
		"rest.tf.json": `{
  "output": {
    "arn": {
      "value": "${aws_thing.a.arn}"
    }
  },
  "terraform": {
    "required_version": ">= 1.10"
  }
}
`,
		"aws_thing.a.tf": `resource "aws_thing" "a" {
  count      = 2
  depends_on = [aws_other.b, data.aws_region.current]
  function   = lower("A")
  lifecycle {
    ignore_changes  = [name]
    prevent_destroy = true
  }
  list = [aws_other.b.arn, "plain", 1]
  many {
    n = 1
  }
  many {
    n = 2
    tags = {
      "a b" = aws_other.b.arn
    }
  }
  name = "a"
  none = []
  off  = null
  on   = true
  one {
    inner {
      deep = "d"
    }
  }
  part = "x \"${aws_other.b["k"].name}\" $${no} %%{no} \\ \n"
  response_parameters = {
    "method.response.header.X" = true
  }
  share = 0.5
  whole = aws_other.b.arn
}
`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestNativeRefusesWhatIsNoTemplate(t *testing.T) {
	for body, want := range map[string]string{
		`{"name": "${"}`:          `aws_thing.a: name: "${" is no Terraform template: `,
		`{"one": {"in": ["${"]}}`: `aws_thing.a: one: in: "${" is no Terraform template: `,
		`{"tags": {"${": 1}}`:     `aws_thing.a: tags: "${" is no Terraform template: `,
	} {
		stack, err := Read(strings.NewReader(`{"resource": {"aws_thing": {"a": ` + body + `}}}`))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := stack.Native(); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %v, want %s…", body, err, want)
		}
	}
}
