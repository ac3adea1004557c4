package docs

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"cdk.tf/go/ingest/internal/catalogue"
	"cdk.tf/go/ingest/spec"
	"cdk.tf/go/ingest/tfjson"
)

// costs.md says what the firewall costs: WAF charges the web ACL and each rule or group in it.
func TestThePriceOfTheFirewall(t *testing.T) {
	const acl, rule = 5, 1 // dollars a month
	stack := stackOf(t, "option-firewall")
	blocks, err := stack.Resources("aws_wafv2_web_acl")[0].Blocks("rule")
	if err != nil {
		t.Fatal(err)
	}
	rules := len(blocks)
	want := fmt.Sprintf("**The firewall** costs **%d.00 a month** (%d.00, and %d.00 for each of its %d rules)", acl+rule*rules, acl, rule, rules)
	if !strings.Contains(unfolded(read(t, "docs/costs.md")), want) {
		t.Errorf("docs/costs.md does not say %q", want)
	}
}

// costs.md says what the alarms cost: CloudWatch charges each metric that an alarm watches.
func TestThePriceOfTheAlarms(t *testing.T) {
	const cents = 10 // a month
	metrics := alarmedMetrics(t, stackOf(t, "option-alarms"))
	// stream-full, which is not there on demand, watches two.
	want := fmt.Sprintf("**The alarms** watch %d metrics (%d on demand) at 0.10 each: **%.2f a month** (%.2f)",
		metrics, metrics-2, float64(metrics*cents)/100, float64((metrics-2)*cents)/100)
	if !strings.Contains(unfolded(read(t, "docs/costs.md")), want) {
		t.Errorf("docs/costs.md does not say %q", want)
	}
}

func alarmedMetrics(t *testing.T, stack *tfjson.Stack) int {
	t.Helper()
	metrics := 0
	for _, alarm := range stack.Resources("aws_cloudwatch_metric_alarm") {
		queries, err := alarm.Blocks("metric_query")
		if err != nil {
			t.Fatal(err)
		}
		metrics += max(1, len(queries)-1) // one is the expression
	}
	return metrics
}

// unfolded is a text without its line breaks, at which a sentence may be folded anywhere.
func unfolded(text string) string { return strings.Join(strings.Fields(text), " ") }

// tableOfEnvironments has what an environment costs before its first event, in a column that has the environment's name.
var tableOfEnvironments = regexp.MustCompile(`(?s)\n\| \|([^\n]*)\|\n\|---.*?\n\| a month, \[before the first event\]\(#costs\) \|([^\n]*)\|\n`)

// stacks/prod.go and the README's table of environments say what each costs before its first event.
func TestWhatAnEnvironmentCosts(t *testing.T) {
	table := tableOfEnvironments.FindStringSubmatch(read(t, "README.md"))
	if table == nil {
		t.Fatal("the README has no table of the environments with their costs")
	}
	names, said := strings.Split(table[1], "|"), strings.Split(table[2], "|")
	for i, name := range names {
		want := costOf(t, catalogue.Named(strings.TrimSpace(name)))
		if got := strings.TrimSpace(said[i]); got != want+" $" {
			t.Errorf("the README says that %s costs %q, want %q", name, got, want+" $")
		}
	}
	if want := "It costs " + costOf(t, catalogue.Named("prod")) + " dollars a month before its first event"; !strings.Contains(read(t, "stacks/prod.go"), want) {
		t.Errorf("stacks/prod.go does not say %q", want)
	}
}

// costOf is what an environment costs a month in dollars, before its first event.
func costOf(t *testing.T, env spec.Environment) string {
	t.Helper()
	stack := stackOf(t, env.Name)
	cents := 1095 * env.Stream.Capacity.Shards
	if env.Stream.Retention > 24*time.Hour {
		cents += 1460 * env.Stream.Capacity.Shards
	}
	for _, acl := range stack.Resources("aws_wafv2_web_acl") {
		rules, err := acl.Blocks("rule")
		if err != nil {
			t.Fatal(err)
		}
		cents += 500 + 100*len(rules)
	}
	cents += 10*alarmedMetrics(t, stack) + 300*len(stack.Resources("aws_cloudwatch_dashboard")) + 100*len(stack.Resources("aws_kms_key"))
	return fmt.Sprintf("%d.%02d", cents/100, cents%100)
}
