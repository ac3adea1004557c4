package docs

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cdk.tf/go/ingest/internal/assumptions"
	"cdk.tf/go/ingest/internal/catalogue"
	"cdk.tf/go/ingest/internal/goldens"
	"cdk.tf/go/ingest/internal/plainjson"
	"cdk.tf/go/ingest/internal/reference"
	"cdk.tf/go/ingest/policy"
	"cdk.tf/go/ingest/spec"
	"cdk.tf/go/ingest/stacks"
)

var update = flag.Bool("update", false, "rewrite the pages that are written from the code")

// docs/options.md is what the declarations of package spec say. It leaves out the environments that a user adds.
func TestOptionsPage(t *testing.T) {
	shown := slices.DeleteFunc(stacks.All(), func(env spec.Environment) bool {
		return !slices.Contains([]string{"dev", "staging", "prod"}, env.Name)
	})
	want, err := reference.Options(goldens.Root(), shown, catalogue.All())
	if err != nil {
		t.Fatal(err)
	}
	isWritten(t, "docs/options.md", want)
}

// docs/policy.md is what package policy says. Its example is what a synthesis would say of dev if dev were not public.
func TestPolicyPage(t *testing.T) {
	breach, _, _ := strings.Cut(policy.Check(stackOf(t, "dev"), policy.Expect{Public: false}).Error(), "\n")
	want, err := reference.Policy(`environment "dev" breaches policy: ` + breach)
	if err != nil {
		t.Fatal(err)
	}
	isWritten(t, "docs/policy.md", want)
}

// docs/prices.md is what package prices says.
func TestPricesPage(t *testing.T) { isWritten(t, "docs/prices.md", reference.Prices()) }

// internal/assumptions/list.json and docs/assumptions.md are what the comments say.
func TestAssumptionsPage(t *testing.T) {
	all, _, err := assumptions.Read(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	list, err := plainjson.Indented(all)
	if err != nil {
		t.Fatal(err)
	}
	isWritten(t, "internal/assumptions/list.json", string(list))
	isWritten(t, "docs/assumptions.md", reference.Assumptions(all))
}

// docs/scale.md is what packages plan and simulation say of dev.
func TestScalePage(t *testing.T) {
	want, err := reference.Scale(planOf(t, "dev"))
	if err != nil {
		t.Fatal(err)
	}
	isWritten(t, "docs/scale.md", want)
}

// isWritten compares a page with what the code says, or rewrites it.
func isWritten(t *testing.T, page, want string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want, read(t, page)); diff != "" {
		t.Errorf("%s is not what the code says; run %q (-want +got):\n%s", page, reference.Remedy, diff)
	}
}
