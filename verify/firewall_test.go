package verify

import "testing"

// AWS shows a rule that counts requests with the provider's defaults, which an edited stack may leave out; another value is a difference.
func TestARateRuleWithTheProvidersDefaults(t *testing.T) {
	declared := []any{map[string]any{"name": "limit", "statement": map[string]any{"rate_based_statement": map[string]any{"limit": float64(2000)}}}}
	for key, want := range map[string]int{"IP": 0, "FORWARDED_IP": 1} {
		is := map[string]any{"Rules": []any{map[string]any{"Name": "limit", "Statement": map[string]any{"RateBasedStatement": map[string]any{
			"Limit": float64(2000), "AggregateKeyType": key, "EvaluationWindowSec": float64(300),
		}}}}}
		var d differences
		compareRules(&d, "acl", map[string]any{"rule": declared}, is)
		if len(d.want) != want {
			t.Errorf("%s: %v, and on AWS %v", key, d.want, d.got)
		}
	}
	if len(declared[0].(map[string]any)["statement"].(map[string]any)["rate_based_statement"].(map[string]any)) != 1 {
		t.Error("the stack's rule is changed")
	}
}
