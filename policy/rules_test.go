package policy

import "testing"

func TestABreachIsOneLine(t *testing.T) {
	b := breach{rule: "flow", resource: "a.b", problem: "holds\r\n\"x\"", remedy: "mend it"}
	if got, want := b.Error(), `flow: a.b: holds\r\n"x"; mend it`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestRulesHaveNamesAndReasons(t *testing.T) {
	seen := map[string]bool{}
	for _, rule := range rules() {
		if rule.name == "" || rule.reason == "" || seen[rule.name] {
			t.Errorf("rule %q, reason %q: both must be there, and the name once", rule.name, rule.reason)
		}
		seen[rule.name] = true
	}
}
