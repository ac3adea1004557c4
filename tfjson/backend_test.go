package tfjson

import (
	"fmt"
	"strings"
	"testing"
)

func TestBackend(t *testing.T) {
	for text, want := range map[string]string{
		`{}`: "local map[] <nil>",
		`{"terraform":{"required_version":"> 1"}}`:                                "local map[] <nil>",
		`{"terraform":{"backend":{"local":{"path":"a"}}}}`:                        "local map[path:a] <nil>",
		`{"terraform":[{"required_version":"> 1"},{"backend":{"s3":[{"a":1}]}}]}`: "s3 map[a:1] <nil>",
		`{"terraform":{"cloud":{"organization":"o"}}}`:                            "cloud map[organization:o] <nil>",
		`{"terraform":{"backend":{"s3":{},"local":{}}}}`:                          " map[] terraform: backend: it names 2 types; name one",
		`{"terraform":{"backend":{"gcs":{"a":1},"local":null}}}`:                  "gcs map[a:1] <nil>",
		`{"terraform":[{"backend":{"s3":{}}},{"backend":{"local":{}}}]}`:          " map[] terraform: backend: it names 2 types; name one",
		`{"terraform":{"backend":{"s3":{}},"cloud":{}}}`:                          " map[] terraform: backend: it names 2 types; name one",
		`{"terraform":{"backend":{"s3":1}}}`:                                      ` map[] terraform: backend: "s3" must be one object`,
		`{"terraform":{"backend":"s3"}}`:                                          ` map[] terraform: "backend" is a string; it must be an object or a list of objects`,
		`{"terraform":1}`:                                                         ` map[] "terraform" is a number; it must be an object or a list of objects`,
	} {
		stack, err := Read(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		typ, arguments, err := stack.Backend()
		if got := fmt.Sprint(typ, " ", arguments, " ", err); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

// The accounts are those of the provider that a resource has without naming one.
func TestAllowedAccounts(t *testing.T) {
	for text, want := range map[string]string{
		`{}`:                      "[]",
		`{"provider":{"aws":{}}}`: "[]",
		`{"provider":{"aws":[{"allowed_account_ids":["111122223333",444455556666]}]}}`:                                           "[111122223333 444455556666]",
		`{"provider":{"aws":[{"allowed_account_ids":["111122223333"]},{"alias":"dns","allowed_account_ids":["444455556666"]}]}}`: "[111122223333]",
		`{"provider":{"aws":[{"region":"us-east-1"},{"alias":"dns","allowed_account_ids":["444455556666"]}]}}`:                   "[]",
	} {
		stack, err := Read(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(stack.AllowedAccounts()); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

func TestKeepState(t *testing.T) {
	for text, want := range map[string]string{
		`{}`:                           "local map[path:../../out/stacks/dev/terraform.tfstate] <nil>",
		`{"terraform":{"backend":{}}}`: "local map[] terraform: backend: it names 0 types; name one",
		`{"terraform":{"required_version":"> 1"}}`:                                "local map[path:../../out/stacks/dev/terraform.tfstate] <nil>",
		`{"terraform":{"backend":{"local":{}}}}`:                                  "local map[path:../../out/stacks/dev/terraform.tfstate] <nil>",
		`{"terraform":{"backend":{"local":{"path":"../../../a.tfstate"}}}}`:       "local map[path:../../a.tfstate] <nil>",
		`{"terraform":{"backend":{"local":{"path":"/states/a"}}}}`:                "local map[path:/states/a] <nil>",
		`{"terraform":[{"required_version":"> 1"},{"backend":{"s3":[{"a":1}]}}]}`: "s3 map[a:1] <nil>",
		`{"terraform":{"cloud":{"organization":"o"}}}`:                            "cloud map[organization:o] <nil>",
	} {
		stack, err := Read(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		err = stack.KeepState("out/stacks/dev", "infra/dev")
		typ, arguments, _ := stack.Backend()
		if typ == "" {
			typ = "local"
		}
		if got := fmt.Sprint(typ, " ", arguments, " ", err); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}
