package policy

import (
	"strings"
	"testing"

	"cdk.tf/go/ingest/tfjson"
)

func TestABreachIsOneLine(t *testing.T) {
	b := breach{rule: Rule{Name: "flow", Reason: "it must"}, resource: "a.b", problem: "holds\r\n\"x\"", remedy: "fix it"}
	if got, want := b.Error(), `flow: a.b: holds\r\n"x" (it must); fix it`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// A breach has the resource, the problem, the reason and the remedy.
func TestABreachSaysWhy(t *testing.T) {
	stack, err := tfjson.Read(strings.NewReader(`{"resource": {"aws_cloudwatch_log_group": {"g": {"retention_in_days": 0}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	const want = `log-retention: aws_cloudwatch_log_group.g: retention_in_days is "0" (without retention CloudWatch keeps a log group, and charges for it, forever); set it to a number of days`
	if got := Check(stack, Expect{}); !strings.Contains("\n"+got.Error()+"\n", "\n"+want+"\n") {
		t.Errorf("%v\nlacks\n%s", got, want)
	}
}

func TestRulesAreExplained(t *testing.T) {
	seen := map[string]bool{}
	for _, rule := range Rules() {
		if rule.Name == "" || rule.check == nil || seen[rule.Name] {
			t.Errorf("rule %q: the name and the check must be there, and the name once", rule.Name)
		}
		seen[rule.Name] = true
		if rule.Reason == "" || strings.HasSuffix(rule.Reason, ".") || strings.ContainsAny(rule.Reason, ";()\n") {
			t.Errorf("rule %q has the reason %q, want one clause without brackets", rule.Name, rule.Reason)
		}
		for _, sentence := range rule.Requires {
			if !strings.HasSuffix(sentence, ".") {
				t.Errorf("rule %q requires %q, which is no sentence", rule.Name, sentence)
			}
		}
		if len(rule.Requires) == 0 {
			t.Errorf("rule %q requires nothing", rule.Name)
		}
	}
}
