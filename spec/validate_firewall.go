package spec

import (
	"fmt"
	"slices"
	"strings"
)

// maxRateLimit is from the API reference, RateBasedStatement. The least is in the AWS WAF developer guide, "Rate-based rule
// high-level settings".
const (
	minRateLimit = 10
	maxRateLimit = 2_000_000_000
)

func (p *problems) firewall(firewall Firewall) {
	if !firewall.Enabled {
		byDefault := defaultFirewall()
		p.unused("Firewall.Enabled is false", "set Firewall.Enabled to true, or leave it out",
			option{"Firewall.RateLimit", isSet(firewall.RateLimit, byDefault.RateLimit)},
			option{"Firewall.MaxBodyBytes", isSet(firewall.MaxBodyBytes, byDefault.MaxBodyBytes)},
			option{"Firewall.Count", len(firewall.Count) > 0})
		return
	}
	p.within("Firewall.RateLimit", firewall.RateLimit, minRateLimit, maxRateLimit)
	if firewall.MaxBodyBytes < 0 || firewall.MaxBodyBytes > maxInspected {
		p.add("Firewall.MaxBodyBytes", fmt.Sprintf("is %d", firewall.MaxBodyBytes),
			fmt.Sprintf("use 1 to %d, the most that WAF reads, or 0 for no limit", maxInspected))
	}
	for i, rule := range firewall.Count {
		remedy := countRemedy(rule)
		if slices.Contains(firewall.Count[:i], rule) {
			remedy = repeatedRemedy
		}
		if remedy != "" {
			p.add(item("Firewall.Count", i), is(rule), remedy)
		}
	}
}

// countRemedy returns an empty text for the name of a rule that blocks. A near miss is often the rule's label, whose spelling
// differs.
func countRemedy(name string) string {
	remedy := `use the name of a rule that blocks, such as "GenericLFI_BODY": ManagedRuleGroups in spec/firewall.go has them all`
	for _, group := range ManagedRuleGroups() {
		for _, rule := range group.Rules {
			if rule.Name == name {
				return ""
			}
			if letters(rule.Name) == letters(name) {
				remedy = fmt.Sprintf("use %q, as AWS spells it", rule.Name)
			}
		}
	}
	return remedy
}

// letters returns what two spellings of a rule's name have in common: the name in lower case, without separators.
func letters(name string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "", " ", "").Replace(name))
}
