package tfjson_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"cdk.tf/go/ingest/tfjson"
)

func TestReferences(t *testing.T) {
	for _, test := range []struct {
		text string
		want []tfjson.Reference
	}{
		{"", nil},
		{"events/year=!{timestamp:yyyy}/", nil},
		{"$context.requestId and #set($a = $b)", nil},
		{"$${aws_s3_bucket.bucket.arn}", nil},
		{"${aws_kinesis_stream.stream.arn}", []tfjson.Reference{{Type: "aws_kinesis_stream", Name: "stream", Attribute: "arn"}}},
		{"${aws_iam_role.submit-role.arn}", []tfjson.Reference{{Type: "aws_iam_role", Name: "submit-role", Attribute: "arn"}}},
		{"${aws_s3_bucket.bucket}", []tfjson.Reference{{Type: "aws_s3_bucket", Name: "bucket"}}},
		{"arn:${data.aws_partition.current.partition}:s3:::${aws_s3_bucket.b.bucket}", []tfjson.Reference{
			{Data: true, Type: "aws_partition", Name: "current", Attribute: "partition"},
			{Type: "aws_s3_bucket", Name: "b", Attribute: "bucket"},
		}},
		{"${join(\",\", [a.b.c, a.b.d])}", []tfjson.Reference{
			{Type: "a", Name: "b", Attribute: "c"}, {Type: "a", Name: "b", Attribute: "d"},
		}},
		{"%{ if a.b.c }x%{ endif }", []tfjson.Reference{{Type: "a", Name: "b", Attribute: "c"}}},
		{"${a.b.rule[0].id}", []tfjson.Reference{{Type: "a", Name: "b", Attribute: "rule[0].id"}}},
		{"${a.b[\"k\"].id}", []tfjson.Reference{{Type: "a", Name: "b", Attribute: "[\"k\"].id"}}},
		{"${a.b[1.5]}", []tfjson.Reference{{Type: "a", Name: "b", Attribute: "[1.5]"}}},
		{"${a.b[1e999999999]}", []tfjson.Reference{{Type: "a", Name: "b", Attribute: "[…]"}}},
		{"${a[*].id}", []tfjson.Reference{{Type: "a"}}},
		{"${var.region}", []tfjson.Reference{{Type: "var", Name: "region"}}},
		{"${a}", []tfjson.Reference{{Type: "a"}}},
		{"${data}", []tfjson.Reference{{Data: true}}},
	} {
		got, err := tfjson.References(test.text)
		if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%s: %+v, error %v; want %+v", test.text, got, err, test.want)
		}
	}
}

func TestReferenceString(t *testing.T) {
	for _, want := range []string{
		"aws_kinesis_stream.stream.arn", "data.aws_region.current.name", "a.b", "a.b.rule[0].id", `a.b["k"].id`,
	} {
		refs, err := tfjson.References("${" + want + "}")
		if err != nil || len(refs) != 1 || refs[0].String() != want {
			t.Errorf("%v, error %v; want %s", refs, err, want)
		}
	}
}

func TestParse(t *testing.T) {
	stream := &tfjson.Reference{Type: "aws_kinesis_stream", Name: "stream", Attribute: "arn"}
	for _, test := range []struct {
		text string
		want []tfjson.Part
	}{
		{"", nil},
		{"plain", []tfjson.Part{{Literal: "plain"}}},
		{"two\nlines $a", []tfjson.Part{{Literal: "two\nlines $a"}}},
		{"$${a.b.c} %%{if}", []tfjson.Part{{Literal: "${a.b.c} %{if}"}}},
		{"${aws_kinesis_stream.stream.arn}", []tfjson.Part{{Reference: stream}}},
		{"x${aws_kinesis_stream.stream.arn}/*", []tfjson.Part{{Literal: "x"}, {Reference: stream}, {Literal: "/*"}}},
		{"${upper(\"a\")}", []tfjson.Part{{Expression: "upper(\"a\")"}}},
		{"${\"*\"}", []tfjson.Part{{Expression: "\"*\""}}},
		{"${5}", []tfjson.Part{{Expression: "5"}}},
		{"${null}", []tfjson.Part{{Expression: "null"}}},
		{"${(a.b.c)}", []tfjson.Part{{Expression: "(a.b.c)"}}},
		{"a%{ if true }b%{ endif }", []tfjson.Part{{Literal: "a"}, {Expression: "%{ if true }b%{ endif }"}}},
	} {
		for range 2 { // the second time from the memo
			got, err := tfjson.Parse(test.text)
			if err != nil || show(got) != show(test.want) {
				t.Errorf("%q: %s, error %v; want %s", test.text, show(got), err, show(test.want))
			}
		}
	}
}

func show(parts []tfjson.Part) string {
	var text strings.Builder
	for _, p := range parts {
		fmt.Fprintf(&text, "[%q %v %q]", p.Literal, p.Reference, p.Expression)
	}
	return text.String()
}

func TestPartString(t *testing.T) {
	for _, want := range []string{"plain", "$${a} %%{b}", "x-${a.b.c}-y", "${upper(\"a\")}"} {
		parts, err := tfjson.Parse(want)
		if err != nil {
			t.Fatal(err)
		}
		var got string
		for _, p := range parts {
			got += p.String()
		}
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	deep := "${" + strings.Repeat("(", 100_000)
	for _, test := range []struct{ name, text, want string }{
		{"an open expression", "${aws_s3_bucket.", `"${aws_s3_bucket." is not a Terraform template: Invalid attribute name`},
		{"two lines", "${\n)", `"${\n)" is not a Terraform template: Invalid expression`},
		{"a long text", strings.Repeat("x", 60) + "${)}",
			`"` + strings.Repeat("x", 60) + `…" is not a Terraform template: Invalid expression`},
		{"an abyss", deep, `"${` + strings.Repeat("(", 58) + `…" holds expressions of 100002 tokens; at most 5000 are read`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := tfjson.Parse(test.text)
			if err == nil || err.Error() != test.want {
				t.Errorf("error: %v\nwant:  %s", err, test.want)
			}
			if _, again := tfjson.References(test.text); again == nil || again.Error() != err.Error() {
				t.Errorf("References: %v\nwant:  %v", again, err)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"", "${a.b.c}", "$${a}", "%{if a}b%{endif}", "${f(a[0].b, \"${c.d}\")}", "${a[*].b}", "${~ a ~}", "${[for x in a.b : x]}",
		"${a.b[", "${\"", "$%{", "%%{", "\x00${\xff}", "${a.0.b}", "${<<E\nx\nE\n}",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		parts, err := tfjson.Parse(text)
		refs, again := tfjson.References(text)
		if (err == nil) != (again == nil) {
			t.Fatalf("Parse says %v, References %v", err, again)
		}
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("an error of more than one line: %q", err)
		}
		for _, p := range parts {
			if p.Reference != nil && !slices.Contains(refs, *p.Reference) {
				t.Errorf("%s is a part of %q and not among its references %v", p.Reference, text, refs)
			}
		}
	})
}
