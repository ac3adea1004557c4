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

func (p *problems) firewall(e Environment) {
	firewall := e.Firewall
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
	p.hiddenHeaders(e.API)
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

const (
	// maxHiddenHeader is the longest name of a header that the AWS provider lets WAF hide (internal/service/wafv2,
	// web_acl_logging_configuration.go). WAF itself takes 64 characters (API reference, SingleHeader).
	maxHiddenHeader = 40
	// maxHiddenHeaders is how many headers WAF hides (API reference, LoggingConfiguration, RedactedFields, and FieldToProtect).
	maxHiddenHeaders = 100
)

// hiddenHeaders checks the bounds of the headers that WAF hides.
func (p *problems) hiddenHeaders(api API) {
	const sources = "API.Authorization.Lambda.IdentitySources"
	remedy := fmt.Sprintf("use at most %d with Firewall.Enabled: Terraform lets WAF hide no longer name in its log", maxHiddenHeader)
	name := api.PartitionKey.Name
	if api.PartitionKey.Source == KeyFromHeader && len(name) > maxHiddenHeader {
		p.add("API.PartitionKey.Name", fmt.Sprintf("is %d characters long", len(name)), remedy)
	}
	for i, source := range api.Authorization.Lambda.IdentitySources {
		if name, ok := strings.CutPrefix(source, headerSourcePrefix); ok && len(name) > maxHiddenHeader {
			p.add(item(sources, i), fmt.Sprintf("names a header of %d characters", len(name)), remedy)
		}
	}
	if count := len(api.HiddenHeaders()); count > maxHiddenHeaders {
		p.add(sources, fmt.Sprintf("makes %d headers that WAF has to hide in its log", count), fmt.Sprintf("use fewer: WAF hides %d", maxHiddenHeaders))
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
