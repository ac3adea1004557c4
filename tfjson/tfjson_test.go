package tfjson_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"cdk.tf/go/ingest/tfjson"
)

func read(t *testing.T, text string) *tfjson.Stack {
	t.Helper()
	stack, err := tfjson.Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return stack
}

func addresses(resources []tfjson.Resource) string {
	var all []string
	for _, r := range resources {
		all = append(all, r.Address())
	}
	return strings.Join(all, " ")
}

const small = `{
	"//": {"metadata": {}},
	"data": {"aws_region": {"current": {}}},
	"resource": {
		"aws_s3_bucket": {"b": {"//": {"metadata": {}}, "bucket": "second"}, "a": {}},
		"aws_kinesis_stream": {"stream": {"name": "events"}}
	}
}`

func TestReadGivesResourcesInOrder(t *testing.T) {
	stack := read(t, small)
	if got, want := addresses(stack.All()), "aws_kinesis_stream.stream aws_s3_bucket.a aws_s3_bucket.b"; got != want {
		t.Errorf("All: %s, want %s", got, want)
	}
	if got, want := addresses(stack.Resources("aws_s3_bucket")), "aws_s3_bucket.a aws_s3_bucket.b"; got != want {
		t.Errorf("Resources: %s, want %s", got, want)
	}
	if got, want := addresses(stack.Data()), "data.aws_region.current"; got != want {
		t.Errorf("Data: %s, want %s", got, want)
	}
}

func TestReadLeavesOutComments(t *testing.T) {
	got := read(t, small).Resources("aws_s3_bucket")[1].Body
	if want := map[string]any{"bucket": "second"}; !reflect.DeepEqual(got, want) {
		t.Errorf("body: %v, want %v", got, want)
	}
}

func TestReadTakesListsOfBlocks(t *testing.T) {
	stack := read(t, `{"resource": [
		{"aws_s3_bucket": [{"b": {}}, {"a": [{}]}]},
		{"aws_s3_bucket": {"c": {}}}
	]}`)
	if got, want := addresses(stack.All()), "aws_s3_bucket.a aws_s3_bucket.b aws_s3_bucket.c"; got != want {
		t.Errorf("All: %s, want %s", got, want)
	}
}

func TestReadRefuses(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"nothing", ``, `not JSON: unexpected end of JSON input`},
		{"no JSON", `{"resource"}`, `not JSON: invalid character '}' after object key`},
		{"two values", `{} {}`, `not JSON: invalid character '{' after top-level value`},
		{"a list", `[]`, `a stack is a JSON object; this is a list`},
		{"a name twice", `{"resource": {"a": [{"x": 1}, 2], "b": {}, "a": {}}}`, `an object holds the name "a" twice`},
		{"a name twice in a list", `{"a": [{"x": [], "x": null}]}`, `an object holds the name "x" twice`},
		{"a module", `{"module": {"vpc": {}}}`,
			`module: the resources of a module are in other files, which are not read; declare them in the stack`},
		{"invalid resources", `{"resource": 1}`, `"resource" is a number; it must be an object or a list of objects`},
		{"an invalid data source", `{"data": {"aws_region": true}}`,
			`data: "aws_region" is a boolean; it must be an object or a list of objects`},
		{"an invalid resource", `{"resource": {"aws_s3_bucket": {"b": "x"}}}`,
			`resource: "aws_s3_bucket": "b" is a string; it must be an object or a list of objects`},
		{"a list that holds no objects", `{"resource": {"aws_s3_bucket": {"b": [null]}}}`,
			`resource: "aws_s3_bucket": "b" holds null; it must hold objects`},
		{"a list of lists", `{"resource": {"aws_s3_bucket": [[]]}}`,
			`resource: "aws_s3_bucket" holds a list; it must hold objects`},
		{"a type that is no name", `{"resource": {"a\nb": {"c": {}}}}`,
			`resource: "a\nb" "c" is not an address; use letters, digits, "_" and "-", beginning with a letter or "_"`},
		{"an invalid name", `{"resource": {"a": {"b c": {}}}}`,
			`resource: "a" "b c" is not an address; use letters, digits, "_" and "-", beginning with a letter or "_"`},
		{"a name with a digit first", `{"resource": {"a": {"1st": {}}}}`,
			`resource: "a" "1st" is not an address; use letters, digits, "_" and "-", beginning with a letter or "_"`},
		{"a resource twice", `{"resource": [{"a": {"b": {}}}, {"a": {"b": {}}}]}`, `resource: a.b is declared twice`},
		{"a data source twice", `{"data": {"a": {"b": [{}, {}]}}}`, `data: data.a.b is declared twice`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := tfjson.Read(strings.NewReader(test.text))
			if err == nil || err.Error() != test.want {
				t.Errorf("error: %v\nwant:  %s", err, test.want)
			}
		})
	}
}

func TestReadReportsItsReader(t *testing.T) {
	broken := errors.New("broken pipe")
	if _, err := tfjson.Read(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("error: %v, want %v", err, broken)
	}
}

func TestReadFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cdk.tf.json")
	if _, err := tfjson.ReadFile(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error: %v, want one that the file is absent", err)
	}
	write(t, path, small)
	stack, err := tfjson.ReadFile(path)
	if err != nil || len(stack.All()) != 3 {
		t.Errorf("stack %v, error %v; want three resources", stack, err)
	}
	write(t, path, "[]")
	want := path + ": a stack is a JSON object; this is a list"
	if _, err := tfjson.ReadFile(path); err == nil || err.Error() != want {
		t.Errorf("error: %v\nwant:  %s", err, want)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestFind(t *testing.T) {
	stack := read(t, small)
	for _, test := range []struct{ text, want string }{
		{"${aws_kinesis_stream.stream.arn}", "aws_kinesis_stream.stream"},
		{"${data.aws_region.current.name}", "data.aws_region.current"},
		{"${aws_region.current.name}", ""},
		{"${data.aws_kinesis_stream.stream.arn}", ""},
		{"${aws_kinesis_stream.other.arn}", ""},
		{"${var.region}", ""},
	} {
		refs, err := tfjson.References(test.text)
		if err != nil || len(refs) != 1 {
			t.Fatalf("%s: references %v, error %v; want one", test.text, refs, err)
		}
		found, ok := stack.Find(refs[0])
		if ok != (test.want != "") || ok && found.Address() != test.want {
			t.Errorf("%s: found %q, %t; want %q", test.text, found.Address(), ok, test.want)
		}
	}
}

func TestBlocks(t *testing.T) {
	stack := read(t, `{"resource": {"a": {"b": {
		"one": {"x": 1}, "many": [{"x": 1}, {"x": 2}], "none": null, "empty": [], "text": "x", "mixed": [{}, 1]
	}}}}`)
	r := stack.All()[0]
	one, two := map[string]any{"x": 1.0}, map[string]any{"x": 2.0}
	for _, test := range []struct {
		name string
		want []map[string]any
	}{
		{"one", []map[string]any{one}}, {"many", []map[string]any{one, two}},
		{"none", nil}, {"absent", nil}, {"empty", []map[string]any{}},
	} {
		got, err := r.Blocks(test.name)
		if err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: %v, error %v; want %v", test.name, got, err, test.want)
		}
	}
	for _, test := range []struct{ name, want string }{
		{"text", `a.b: "text" is a string; it must be an object or a list of objects`},
		{"mixed", `a.b: "mixed" holds a number; it must hold objects`},
	} {
		if _, err := r.Blocks(test.name); err == nil || err.Error() != test.want {
			t.Errorf("%s: error %v\nwant: %s", test.name, err, test.want)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{small, `{"resource": [{"a": [{"b": [{}]}]}]}`, `{"data": null}`, `{"a": [[{}]], "b": {"c": {}}}`, `[`, "\xff"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		stack, err := tfjson.Read(strings.NewReader(string(text)))
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("an error of more than one line: %q", err)
			}
			return
		}
		for _, r := range append(stack.All(), stack.Data()...) {
			found, ok := stack.Find(tfjson.Reference{Data: r.Data, Type: r.Type, Name: r.Name})
			if !ok || found.Address() != r.Address() {
				t.Errorf("%s is not found by its own address", r.Address())
			}
			for name, value := range r.Body {
				_, _ = r.Blocks(name)
				if text, ok := value.(string); ok {
					_, _ = tfjson.Parse(text)
				}
			}
		}
	})
}
