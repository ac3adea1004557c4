package docs

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"cdk.tf/go/ingest/internal/catalogue"
	"cdk.tf/go/ingest/plan"
	"cdk.tf/go/ingest/spec"
)

// unfolded is a text without its line breaks, at which a sentence may be folded anywhere.
func unfolded(text string) string { return strings.Join(strings.Fields(text), " ") }

// tableOfEnvironments has what an environment costs before its first event, in a column that has the environment's name.
var tableOfEnvironments = regexp.MustCompile(`(?s)\n\| \|([^\n]*)\|\n\|---.*?\n\| dollars a month, \[before the first event\]\(#costs\) \|([^\n]*)\|\n`)

// stacks/prod.go and the README's table of environments say what each costs before its first event.
func TestWhatAnEnvironmentCosts(t *testing.T) {
	table := tableOfEnvironments.FindStringSubmatch(read(t, "README.md"))
	if table == nil {
		t.Fatal("the README has no table of the environments with their costs")
	}
	names, said := strings.Split(table[1], "|"), strings.Split(table[2], "|")
	for i, name := range names {
		want := costOf(t, catalogue.Named(strings.TrimSpace(name)))
		if got := strings.TrimSpace(said[i]); got != want {
			t.Errorf("the README says that %s costs %q, want %q", name, got, want)
		}
	}
	if want := "It costs " + costOf(t, catalogue.Named("prod")) + " dollars a month before its first event"; !strings.Contains(read(t, "stacks/prod.go"), want) {
		t.Errorf("stacks/prod.go does not say %q", want)
	}
}

// costOf is what an environment costs a month in dollars, before its first event.
func costOf(t *testing.T, env spec.Environment) string {
	t.Helper()
	report, err := planOf(t, env.Name).Report(plan.Try{})
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%.2f", report.Cost.Fixed)
}
