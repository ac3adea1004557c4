package spec

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// guarded turns the firewall on and changes it.
func guarded(change func(f *Firewall)) func(e *Environment) {
	return func(e *Environment) {
		e.Firewall.Enabled = true
		change(&e.Firewall)
	}
}

// hiding has a firewall and so many identity sources that are headers.
func hiding(count int) func(e *Environment) {
	return func(e *Environment) {
		e.Firewall.Enabled = true
		asked(func(l *LambdaAuthorizer) {
			l.Kind, l.IdentitySources = RequestAuthorizer, numbered("method.request.header.x", count)
		})(e)
	}
}

func TestFirewallRefused(t *testing.T) {
	const (
		size  = `; use 1 to 65536, the most that WAF reads, or 0 for no limit`
		known = `; use the name of a rule that blocks, such as "GenericLFI_BODY": ManagedRuleGroups in spec/firewall.go has them all`
	)
	testRefusals(t, []refusal{
		{"a rate that WAF does not take", guarded(func(f *Firewall) { f.RateLimit = 9 }), []string{`Firewall.RateLimit is 9; use 10 to 2000000000`}},
		{"no rate", guarded(func(f *Firewall) { f.RateLimit = 0 }), []string{`Firewall.RateLimit is 0; use 10 to 2000000000`}},
		{"too high a rate", guarded(func(f *Firewall) { f.RateLimit = 2_000_000_001 }),
			[]string{`Firewall.RateLimit is 2000000001; use 10 to 2000000000`}},
		{"a body that WAF does not read", guarded(func(f *Firewall) { f.MaxBodyBytes = 65537 }), []string{`Firewall.MaxBodyBytes is 65537` + size}},
		{"less than no body", guarded(func(f *Firewall) { f.MaxBodyBytes = -1 }), []string{`Firewall.MaxBodyBytes is -1` + size}},
		{"unknown rules", guarded(func(f *Firewall) { f.Count = []string{"SQLi_BODY", "GenericLFI", ""} }), []string{
			`Firewall.Count[0] is "SQLi_BODY"` + known, `Firewall.Count[1] is "GenericLFI"` + known, `Firewall.Count[2] is ""` + known,
		}},
		{"near misses", guarded(func(f *Firewall) {
			f.Count = []string{"CrossSiteScripting_Body", "genericlfi_body", "GenericRFIBody", "log4j-rce body"}
		}), []string{
			`Firewall.Count[0] is "CrossSiteScripting_Body"; use "CrossSiteScripting_BODY", as AWS spells it`, `Firewall.Count[1] is "genericlfi_body"; use "GenericLFI_BODY", as AWS spells it`,
			`Firewall.Count[2] is "GenericRFIBody"; use "GenericRFI_BODY", as AWS spells it`, `Firewall.Count[3] is "log4j-rce body"; use "Log4JRCE_BODY", as AWS spells it`,
		}},
		{"a rule that counts anyway", guarded(func(f *Firewall) { f.Count = []string{"AWSManagedIPDDoSList"} }),
			[]string{`Firewall.Count[0] is "AWSManagedIPDDoSList"` + known}},
		{"long names of headers", func(e *Environment) {
			e.Firewall.Enabled, e.API.PartitionKey = true, PartitionByHeader(strings.Repeat("a", 41))
			asked(func(l *LambdaAuthorizer) {
				l.Kind, l.IdentitySources = RequestAuthorizer, []string{"method.request.header." + strings.Repeat("b", 41), "method.request.querystring." + strings.Repeat("b", 41)}
			})(e)
		}, []string{
			"API.PartitionKey.Name is 41 characters long; use at most 40 with Firewall.Enabled: Terraform lets WAF hide no longer name in its log",
			"API.Authorization.Lambda.IdentitySources[0] names a header of 41 characters; use at most 40 with Firewall.Enabled: Terraform lets WAF hide no longer name in its log",
		}},
		{"many headers", hiding(97), []string{"API.Authorization.Lambda.IdentitySources makes 101 headers that WAF has to hide in its log; use fewer: WAF hides 100"}},
		{"a rule twice", guarded(func(f *Firewall) { f.Count = []string{"GenericLFI_BODY", "GenericRFI_BODY", "GenericLFI_BODY"} }),
			[]string{`Firewall.Count[2] is "GenericLFI_BODY"; leave it out: it is there already`}},
	})
}

func TestFirewallAccepted(t *testing.T) {
	testAcceptances(t, []acceptance{
		{"as many headers as WAF hides", hiding(96)},
		{"long names without a firewall", func(e *Environment) { e.API.PartitionKey = PartitionByHeader(strings.Repeat("a", 41)) }},
		{"as it is", guarded(func(*Firewall) {})},
		{"the least", guarded(func(f *Firewall) { f.RateLimit, f.MaxBodyBytes = 10, 1 })},
		{"the most", guarded(func(f *Firewall) { f.RateLimit, f.MaxBodyBytes = 2_000_000_000, 65536 })},
		{"bodies of any size", guarded(func(f *Firewall) { f.MaxBodyBytes = 0 })},
		{"every rule counts", guarded(func(f *Firewall) {
			for _, group := range ManagedRuleGroups() {
				for _, rule := range group.Rules {
					f.Count = append(f.Count, rule.Name)
				}
			}
		})},
		{"before a private API", func(e *Environment) {
			e.Firewall.Enabled, e.API.Access.VPCEndpoints = true, []string{"vpce-0123456789abcdef0"}
		}},
	})
}

// Otherwise two rules could match a near miss.
func TestRulesDifferInLetters(t *testing.T) {
	names := map[string]string{}
	for _, group := range ManagedRuleGroups() {
		for _, rule := range group.Rules {
			if other, taken := names[letters(rule.Name)]; taken {
				t.Errorf("%s and %s differ in case or marks only", other, rule.Name)
			}
			names[letters(rule.Name)] = rule.Name
		}
	}
}

func TestCounted(t *testing.T) {
	for _, test := range []struct {
		firewall Firewall
		want     []string
	}{
		{Firewall{MaxBodyBytes: 8192}, nil},
		{Firewall{MaxBodyBytes: 8193}, []string{"SizeRestrictions_BODY"}},
		{Firewall{MaxBodyBytes: 0}, []string{"SizeRestrictions_BODY"}},
		{Firewall{MaxBodyBytes: 1, Count: []string{"SizeRestrictions_BODY"}}, []string{"SizeRestrictions_BODY"}},
		{Firewall{MaxBodyBytes: 65536, Count: []string{"GenericLFI_BODY", "Log4JRCE_BODY"}},
			[]string{"GenericLFI_BODY", "Log4JRCE_BODY", "SizeRestrictions_BODY"}},
	} {
		var got []string
		for rule, counted := range test.firewall.Counted() {
			if counted {
				got = append(got, rule)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, test.want) {
			t.Errorf("%+v counts %q, want %q", test.firewall, got, test.want)
		}
	}
}

// Each label is in the form of a condition of a log's filter (API reference, LabelNameCondition), and is one rule's alone: in
// the log it stands for the rule.
func TestLabels(t *testing.T) {
	form := regexp.MustCompile(`^awswaf:managed:aws:[a-z-]+:[0-9A-Za-z_]+$`)
	rules := map[string]string{}
	for _, group := range ManagedRuleGroups() {
		for _, rule := range group.Rules {
			label := group.Namespace + rule.Label
			if !form.MatchString(label) {
				t.Errorf("%s: the label is %q", rule.Name, label)
			}
			if other, taken := rules[label]; taken {
				t.Errorf("%s and %s have the label %q", other, rule.Name, label)
			}
			rules[label] = rule.Name
		}
	}
}
