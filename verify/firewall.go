package verify

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/wafv2"
	"github.com/aws/aws-sdk-go-v2/service/wafv2/types"

	"cdk.tf/go/ingest/tfjson"
)

// firewallAsDeclared compares the web ACL before the stage. A stack that declares none may stand behind another's.
func firewallAsDeclared(ctx context.Context, r *run) outcome {
	stage, err := r.stageNow(ctx)
	if err != nil {
		return unread(err, "apigateway:GET", "the stage")
	}
	got := aws.ToString(stage.WebAclArn)
	declared := r.stack.Resources("aws_wafv2_web_acl_association")
	if len(declared) == 0 {
		if got != "" {
			return holds("%s stands before the stage, which the stack does not declare", got)
		}
		return holds("none is declared")
	}
	var d differences
	want := r.actual(text(declared[0].Body["web_acl_arn"]))
	if path, made := strings.CutSuffix(want, anyText); made {
		got = got[:strings.LastIndex(got, "/")+1]
		want = path
	}
	d.compare("web ACL", want, got)
	return d.outcome(aws.ToString(stage.WebAclArn), redeploy)
}

// firewallRules compares what each web ACL of the stack lets through, keeps of requests, and logs.
func firewallRules(ctx context.Context, r *run) outcome {
	there, err := r.firewallsNow(ctx)
	if err != nil {
		return unread(err, "wafv2:ListWebACLs", "the web ACLs")
	}
	var d differences
	var rules int
	for _, declared := range r.stack.Resources("aws_wafv2_web_acl") {
		name := text(declared.Body["name"])
		is, found := there[name]
		if !found {
			d.add("the web ACL "+name, "it does not exist")
			continue
		}
		rules += len(rulesByName(declared.Body["rule"]))
		if failed, ok := r.compareFirewall(ctx, &d, declared, is); !ok {
			return worse(d.outcome("", redeploy), failed)
		}
	}
	return d.outcome(counted(rules, "rule"), redeploy)
}

// firewallsNow are the web ACLs of the region by name. The SDK has no paginator for them.
func (r *run) firewallsNow(ctx context.Context) (map[string]types.WebACLSummary, error) {
	found := map[string]types.WebACLSummary{}
	ask := &wafv2.ListWebACLsInput{Scope: types.ScopeRegional, Limit: aws.Int32(100)}
	for {
		page, err := r.AWS.WAF.ListWebACLs(ctx, ask)
		if err != nil {
			return nil, err
		}
		for _, acl := range page.WebACLs {
			found[aws.ToString(acl.Name)] = acl
		}
		if aws.ToString(page.NextMarker) == "" || len(page.WebACLs) == 0 {
			return found, nil
		}
		ask.NextMarker = page.NextMarker
	}
}

// compareFirewall is not ok where a call fails.
func (r *run) compareFirewall(ctx context.Context, d *differences, declared tfjson.Resource, found types.WebACLSummary) (outcome, bool) {
	name := text(declared.Body["name"])
	answer, err := r.AWS.WAF.GetWebACL(ctx, &wafv2.GetWebACLInput{Name: found.Name, Id: found.Id, Scope: types.ScopeRegional})
	if err != nil {
		return unread(err, "wafv2:GetWebACL", "the web ACL "+name), false
	}
	if answer.WebACL == nil {
		return withoutMember("GetWebACL", "WebACL"), false
	}
	is, _ := treeOf(answer.WebACL).(map[string]any)
	for block, member := range sorted(map[string]string{
		"default_action": "DefaultAction", "association_config": "AssociationConfig", "captcha_config": "CaptchaConfig", "challenge_config": "ChallengeConfig",
		"data_protection_config": "DataProtectionConfig", "token_domains": "TokenDomains", "visibility_config": "VisibilityConfig",
	}) {
		d.compareParts(name+": "+block, declared.Body[block], is[member])
	}
	compareRules(d, name, declared.Body, is)
	return r.compareFirewallLog(ctx, d, name, declared, aws.ToString(found.ARN))
}

func compareRules(d *differences, acl string, body, is map[string]any) {
	want, got := rulesByName(body["rule"]), rulesByName(is["Rules"])
	for name, rule := range sorted(want) {
		if got[name] == nil {
			d.add(acl+" has the rule "+name, "it has none of that name")
			continue
		}
		d.compareParts(acl+": rule "+name, rule, got[name])
	}
	for name := range sorted(got) {
		if want[name] == nil {
			d.add(acl+" has only the stack's rules", "it also has "+name)
		}
	}
}

// rulesByName are rules without their names, by these.
func rulesByName(value any) map[string]map[string]any {
	rules := map[string]map[string]any{}
	for _, one := range many(value) {
		rule, _ := one.(map[string]any)
		name := nameOf(rule)
		rules[name] = withRateDefaults(maps.Clone(rule))
		delete(rules[name], "name")
		delete(rules[name], "Name")
	}
	return rules
}

// withRateDefaults fills in what the provider sends for a declared rule that counts requests and does not say so: it counts them by their
// address, for five minutes (aws_wafv2_web_acl, rate_based_statement).
func withRateDefaults(rule map[string]any) map[string]any {
	statements, err := tfjson.Blocks(rule, "statement")
	if err != nil || len(statements) != 1 {
		return rule
	}
	counts, err := tfjson.Blocks(statements[0], "rate_based_statement")
	if err != nil || len(counts) != 1 {
		return rule
	}
	filled := map[string]any{"aggregate_key_type": "IP", "evaluation_window_sec": float64(300)}
	maps.Copy(filled, counts[0])
	statement := maps.Clone(statements[0])
	statement["rate_based_statement"] = []any{filled}
	rule["statement"] = []any{statement}
	return rule
}

// compareFirewallLog compares where a web ACL logs requests, which of them, and what it leaves out. It is not ok where a call fails.
func (r *run) compareFirewallLog(ctx context.Context, d *differences, name string, acl tfjson.Resource, arn string) (outcome, bool) {
	answer, err := r.AWS.WAF.GetLoggingConfiguration(ctx, &wafv2.GetLoggingConfigurationInput{ResourceArn: aws.String(arn)})
	if err != nil && !absent(codeOf(err)) {
		return unread(err, "wafv2:GetLoggingConfiguration", "the web ACL "+name), false
	}
	is := &types.LoggingConfiguration{}
	if err == nil {
		is = cmp.Or(answer.LoggingConfiguration, is)
	}
	var body map[string]any
	if own, err := r.stack.Attribute(acl.Address(), "arn"); err == nil {
		for _, declared := range r.of("aws_wafv2_web_acl_logging_configuration", "resource_arn", own) {
			body = declared
		}
	}
	d.compare(name+": log", destinations(list(body["log_destination_configs"])), destinations(is.LogDestinationConfigs))
	d.compareParts(name+": fields that the log leaves out", body["redacted_fields"], treeOf(is.RedactedFields))
	d.compareParts(name+": requests that the log has", body["logging_filter"], treeOf(is.LoggingFilter))
	return outcome{}, true
}

// destinations are ARNs of logs on one line. That of a log group may end in ":*".
func destinations(arns []string) string {
	var all []string
	for _, arn := range arns {
		all = append(all, strings.TrimSuffix(arn, ":*"))
	}
	return strings.Join(slices.Sorted(slices.Values(all)), ", ")
}
