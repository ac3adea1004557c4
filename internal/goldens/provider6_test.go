package goldens

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// schemas are what version 6 of the AWS provider knows: arguments by block, by type. An argument that is a block names it; the
// block "" is the type itself. scripts/provider-schema writes them.
type schemas struct {
	Version string
	Types   map[string]map[string]map[string]string
}

// meta are Terraform's own arguments, and CDKTF's comment.
var meta = []string{"//", "count", "depends_on", "for_each", "lifecycle", "provider"}

// TestProvider6KnowsEveryArgument compares every stack with the schema of version 6. Terraform validates them against version 5.
func TestProvider6KnowsEveryArgument(t *testing.T) {
	known := readSchemas(t)
	names, err := Names()
	if err != nil {
		t.Fatal(err)
	}
	unknown := map[string][]string{}
	for _, name := range names {
		for _, problem := range known.check(t, Read(t, name)) {
			unknown[problem] = append(unknown[problem], name)
		}
	}
	// Provider5 sets it of a disposable environment, and Provider6 does not: option-provider is disposable too.
	want := map[string][]string{"aws_api_gateway_account: reset_on_delete": {"dev"}}
	if diff := cmp.Diff(want, unknown); diff != "" {
		t.Errorf("what provider %s does not know (-want +got):\n%s", known.Version, diff)
	}
}

func TestProvider6KnowsTheStatesBucket(t *testing.T) {
	known := readSchemas(t)
	files, err := filepath.Glob(Path("backend/*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("the goldens are %v (%v)", files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if problems := known.check(t, text); problems != nil {
			t.Errorf("%s: provider %s does not know %v", file, known.Version, problems)
		}
	}
}

func readSchemas(t *testing.T) schemas {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(Root(), "testdata", "provider6.json"))
	if err != nil {
		t.Fatal(err)
	}
	var known schemas
	if err := json.Unmarshal(text, &known); err != nil {
		t.Fatal(err)
	}
	return known
}

type object = map[string]any

// check returns the types and arguments that are not known, each once.
func (s schemas) check(t *testing.T, text []byte) []string {
	t.Helper()
	var stack struct{ Resource, Data map[string]map[string]object }
	if err := json.Unmarshal(text, &stack); err != nil {
		t.Fatal(err)
	}
	problems := map[string]bool{}
	for prefix, types := range map[string]map[string]map[string]object{"": stack.Resource, "data.": stack.Data} {
		for name, bodies := range types {
			blocks, ok := s.Types[prefix+name]
			if !ok {
				problems[prefix+name+"; run scripts/provider-schema"] = true
				continue
			}
			for _, body := range bodies {
				checkBody(blocks, "", body, prefix+name, problems)
			}
		}
	}
	return slices.Sorted(maps.Keys(problems))
}

func checkBody(blocks map[string]map[string]string, block string, body object, path string, problems map[string]bool) {
	for name, value := range body {
		if slices.Contains(meta, name) {
			continue
		}
		nested, ok := blocks[block][name]
		if !ok {
			problems[fmt.Sprintf("%s: %s", path, name)] = true
			continue
		}
		if nested == "" {
			continue
		}
		list, ok := value.([]any)
		if !ok {
			list = []any{value}
		}
		for _, one := range list {
			if body, ok := one.(object); ok {
				checkBody(blocks, nested, body, path+"."+name, problems)
			}
		}
	}
}
