package spec

import (
	"slices"
	"strings"
)

// Firewall is an AWS WAF web ACL in front of the API: AWS's managed rules, a rate limit for each source address and a limit
// for bodies. WAF answers a blocked request with 403, and the request does not reach the API. The web ACL is charged by the
// month.
type Firewall struct {
	// Enabled declares the web ACL PREFIX-ENV and its log group aws-waf-logs-PREFIX-ENV. The log has the blocked requests, and
	// the requests that a rule of Firewall.Count matched. Logs.RetentionDays applies to it.
	Enabled bool
	// RateLimit is how many requests one IP address may send in any 5 minutes, batches and preflights included: 10 to
	// 2,000,000,000. WAF counts every few seconds, so that a burst may pass before WAF blocks (AWS WAF developer guide,
	// "Rate-based rule caveats"). The default is a tenth of what the default API.Throttle allows in that time.
	RateLimit int
	// MaxBodyBytes is the size in bytes of the largest body that passes: 1 to 65,536, which is the most that WAF reads of a body.
	// So WAF has read the whole of every body that passes. With 0 there is no limit, and WAF reads the first 16 KB of a
	// larger body. WAF charges a little more for requests over 16,384 bytes. If you write a literal, such as
	// spec.Firewall{Enabled: true}, and leave this field out, there is no limit: change [Default]'s fields instead.
	MaxBodyBytes int
	// Count are rules of the managed groups, such as "CrossSiteScripting_BODY", that count and log the requests that they match, and
	// do not block them. The rules for bodies look for HTML, paths and addresses, which an event may well hold. If
	// Firewall.MaxBodyBytes allows bodies over 8 KB, the rule SizeRestrictions_BODY only counts, whether you name it or not. It
	// logs only if you name it.
	Count []string
}

// defaultFirewall is off. The rate is a tenth of what the default throttle lets through in that time, 1,000/s × 300 s =
// 300,000, so one address cannot use up the whole throttle. A producer that sends the events of many clients needs a higher
// rate.
func defaultFirewall() Firewall {
	return Firewall{RateLimit: 30_000, MaxBodyBytes: maxInspected}
}

const (
	// maxInspected is the number of bytes that WAF reads at most of a body from API Gateway (API reference,
	// RequestBodyAssociatedResourceTypeConfig).
	maxInspected = 64 << 10
	// sizeRestriction and its threshold are those of the core rule set (AWS WAF developer guide, "Baseline rule groups").
	sizeRestriction      = "SizeRestrictions_BODY"
	sizeRestrictionBytes = 8 << 10
)

// ManagedRules are a rule group that AWS keeps up to date.
type ManagedRules struct {
	// Group is the rule group's name.
	Group string
	// Namespace is the beginning of its rules' labels, including the last colon.
	Namespace string
	// Rules are the rules of the group that block.
	Rules []ManagedRule
}

// ManagedRule is a rule of a group.
type ManagedRule struct {
	Name string
	// Label is the label that the rule adds to a request, without its group's namespace. Its spelling can differ from the
	// name's.
	Label string
}

// ManagedRuleGroups are the firewall's managed groups, in the order in which WAF evaluates them. Names, labels and capacities
// are from the AWS WAF developer guide, "Baseline rule groups" and "IP reputation rule groups". AWSManagedIPDDoSList is not
// among them: AWS has it count only, and the firewall does not log its matches.
func ManagedRuleGroups() []ManagedRules {
	return []ManagedRules{
		{"AWSManagedRulesAmazonIpReputationList", "awswaf:managed:aws:amazon-ip-list:", []ManagedRule{
			{"AWSManagedIPReputationList", "AWSManagedIPReputationList"},
			{"AWSManagedReconnaissanceList", "AWSManagedReconnaissanceList"},
		}},
		{"AWSManagedRulesKnownBadInputsRuleSet", "awswaf:managed:aws:known-bad-inputs:", []ManagedRule{
			{"JavaDeserializationRCE_HEADER", "JavaDeserializationRCE_Header"},
			{"JavaDeserializationRCE_BODY", "JavaDeserializationRCE_Body"},
			{"JavaDeserializationRCE_URIPATH", "JavaDeserializationRCE_URIPath"},
			{"JavaDeserializationRCE_QUERYSTRING", "JavaDeserializationRCE_QueryString"},
			{"Host_localhost_HEADER", "Host_Localhost_Header"},
			{"PROPFIND_METHOD", "Propfind_Method"},
			{"ExploitablePaths_URIPATH", "ExploitablePaths_URIPath"},
			{"Log4JRCE_HEADER", "Log4JRCE_Header"},
			{"Log4JRCE_QUERYSTRING", "Log4JRCE_QueryString"},
			{"Log4JRCE_BODY", "Log4JRCE_Body"},
			{"Log4JRCE_URIPATH", "Log4JRCE_URIPath"},
			{"ReactJSRCE_BODY", "ReactJSRCE_Body"},
		}},
		{"AWSManagedRulesCommonRuleSet", "awswaf:managed:aws:core-rule-set:", []ManagedRule{
			{"NoUserAgent_HEADER", "NoUserAgent_Header"},
			{"UserAgent_BadBots_HEADER", "BadBots_Header"},
			{"SizeRestrictions_QUERYSTRING", "SizeRestrictions_QueryString"},
			{"SizeRestrictions_Cookie_HEADER", "SizeRestrictions_Cookie_Header"},
			{sizeRestriction, "SizeRestrictions_Body"},
			{"SizeRestrictions_URIPATH", "SizeRestrictions_URIPath"},
			{"EC2MetaDataSSRF_BODY", "EC2MetaDataSSRF_Body"},
			{"EC2MetaDataSSRF_COOKIE", "EC2MetaDataSSRF_Cookie"},
			{"EC2MetaDataSSRF_URIPATH", "EC2MetaDataSSRF_URIPath"},
			{"EC2MetaDataSSRF_QUERYARGUMENTS", "EC2MetaDataSSRF_QueryArguments"},
			{"GenericLFI_QUERYARGUMENTS", "GenericLFI_QueryArguments"},
			{"GenericLFI_URIPATH", "GenericLFI_URIPath"},
			{"GenericLFI_BODY", "GenericLFI_Body"},
			{"RestrictedExtensions_URIPATH", "RestrictedExtensions_URIPath"},
			{"RestrictedExtensions_QUERYARGUMENTS", "RestrictedExtensions_QueryArguments"},
			{"GenericRFI_QUERYARGUMENTS", "GenericRFI_QueryArguments"},
			{"GenericRFI_BODY", "GenericRFI_Body"},
			{"GenericRFI_URIPATH", "GenericRFI_URIPath"},
			{"CrossSiteScripting_COOKIE", "CrossSiteScripting_Cookie"},
			{"CrossSiteScripting_QUERYARGUMENTS", "CrossSiteScripting_QueryArguments"},
			{"CrossSiteScripting_BODY", "CrossSiteScripting_Body"},
			{"CrossSiteScripting_URIPATH", "CrossSiteScripting_URIPath"},
		}},
	}
}

// Counted are the rules that count and do not block: those of Count, and the managed group's own body limit where MaxBodyBytes
// replaces it. WAF logs only what the rules of Count match.
func (f Firewall) Counted() map[string]bool {
	counted := map[string]bool{sizeRestriction: f.MaxBodyBytes == 0 || f.MaxBodyBytes > sizeRestrictionBytes}
	for _, rule := range f.Count {
		counted[rule] = true
	}
	return counted
}

// CredentialHeaders are the request headers with a caller's credentials, in lower case as WAF requires. The firewall leaves them out of
// its log.
func CredentialHeaders() []string {
	return []string{"authorization", "cookie", "x-amz-security-token", "x-api-key"}
}

// HiddenHeaders are the request headers whose values the firewall leaves out of its log, in lower case and in order: those with
// credentials, with a caller's token, or with an event's partition key.
func (a API) HiddenHeaders() []string {
	names := CredentialHeaders()
	for _, name := range a.Authorization.Lambda.headers() {
		names = append(names, strings.ToLower(name))
	}
	if a.PartitionKey.Source == KeyFromHeader {
		names = append(names, strings.ToLower(a.PartitionKey.Name))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// FirewallName is the web ACL's name.
func (e Environment) FirewallName() string { return e.APIName() }

// FirewallLogGroupName is the log group of the requests that the firewall blocked, and of those that the rules of
// Firewall.Count matched. WAF requires this beginning of the name (AWS WAF developer guide, "Sending web ACL traffic logs to a
// CloudWatch Logs log group").
func (e Environment) FirewallLogGroupName() string { return "aws-waf-logs-" + e.FirewallName() }
