package spec

import (
	"fmt"
	"slices"
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
		switch {
		case slices.Contains(firewall.Count[:i], rule):
			p.add(item("Firewall.Count", i), is(rule), repeatedRemedy)
		case !isManagedRule(rule):
			p.add(item("Firewall.Count", i), is(rule),
				`use the name of a rule that blocks in one of AWS's managed groups (spec.ManagedRuleGroups), such as "GenericLFI_BODY"`)
		}
	}
}

func isManagedRule(name string) bool {
	return slices.ContainsFunc(ManagedRuleGroups(), func(group ManagedRules) bool {
		return slices.ContainsFunc(group.Rules, func(rule ManagedRule) bool { return rule.Name == name })
	})
}
